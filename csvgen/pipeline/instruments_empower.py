"""Waters Empower sample sets (JSON), converted by allotropy after a check that every result and peak is whole and named once."""

from __future__ import annotations

import json
from typing import Any

from csvgen.errors import BadInput
from csvgen.pipeline.instruments import Chromatogram, Injection, Peak
from csvgen.pipeline.instruments_gen5 import convert
from csvgen.pipeline.numbers import not_negative


def read_empower(file: str, data: bytes) -> Chromatogram:
    """The injections of a sample set with their peaks. Raises BadInput with file and line (or path inside the JSON)."""
    expected = _checked(file, _parsed(file, data))
    model = convert(file, data, "BENCHLING_EMPOWER")["liquid chromatography aggregate document"]
    injections = tuple(
        Injection(str(measurement["sample document"]["sample identifier"]), _peaks(file, measurement))
        for document in model["liquid chromatography document"]
        for measurement in document["measurement aggregate document"]["measurement document"]
    )
    found = sorted((i.sample, [p.name for p in i.peaks]) for i in injections)
    if found != sorted(expected):
        raise BadInput("the converter left out or renamed a peak of this file", where=file)
    system = str(model.get("device system document", {}).get("asset management identifier", ""))
    return Chromatogram(injections, "" if system in {"", "N/A"} else system)


def _peaks(file: str, measurement: Any) -> tuple[Peak, ...]:
    found: list[Peak] = []
    for processed in measurement["processed data aggregate document"]["processed data document"]:
        for peak in processed["peak list"]["peak"]:
            area = repr(peak["peak area"]["value"])
            not_negative(area, "the area", file)
            found.append(Peak(str(peak["written name"]), area))
    return tuple(found)


def _parsed(file: str, data: bytes) -> Any:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            twice = next(k for i, (k, _) in enumerate(pairs) if k in dict(pairs[:i]))
            raise BadInput(f"the key {twice[:60]!r} stands twice in one object", where=file)
        return found

    def constant(name: str) -> Any:
        line = data.decode("utf-8").split(name)[0].count("\n") + 1
        raise BadInput(f"{name} is not a measured value", where=f"{file}:{line}")

    if data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        raise BadInput("the file was re-encoded: it begins with a byte order mark", where=f"{file}:1")
    try:
        return json.loads(data.decode("utf-8"), object_pairs_hook=unique, parse_constant=constant)
    except UnicodeDecodeError as problem:
        line = data.count(b"\n", 0, problem.start) + 1
        raise BadInput(f"the file was re-encoded: byte {problem.start} is not UTF-8", where=f"{file}:{line}") from None
    except json.JSONDecodeError as problem:
        raise BadInput(f"the file is truncated or not JSON: {problem.msg}", where=f"{file}:{problem.lineno}") from None
    except RecursionError:
        raise BadInput("nested too deeply for an instrument file", where=f"{file}:1") from None


def _checked(file: str, value: Any) -> list[tuple[str, list[str]]]:
    """Sample and peak names of each result, once every peak has one name and one area that is not negative."""
    try:
        results = value["values"]["results"]
        if not isinstance(results, list) or not results:
            raise BadInput("the sample set has no results", where=f"{file}: values.results")
        return [_result(f"{file}: values.results[{i}]", result) for i, result in enumerate(results)]
    except (KeyError, TypeError, AttributeError) as problem:
        raise BadInput(f"not an Empower sample set: {type(problem).__name__} {problem}", where=file) from None


def _result(where: str, result: Any) -> tuple[str, list[str]]:
    names: list[str] = []
    for number, peak in enumerate(result["peaks"]):
        fields, place = peak["fields"], f"{where}.peaks[{number}]"
        name, area = fields["Name"], fields["Area"]
        if not isinstance(name, str) or not name.strip():
            raise BadInput("a peak without name", where=place)
        if name in names:
            raise BadInput(f"the peak {name!r} stands here a second time", where=place)
        if isinstance(area, bool) or not isinstance(area, int | float):
            raise BadInput(f"the area of {name!r} is not a number", where=place)
        not_negative(repr(area), "the area", place)
        names.append(name)
    if not names:
        raise BadInput("an injection without peaks", where=where)
    return str(result["fields"]["SampleName"]), names
