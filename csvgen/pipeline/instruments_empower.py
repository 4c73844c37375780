"""Waters Empower sample sets (JSON), converted by allotropy after a check that every result and peak is whole and named once.

Areas are the converter's (mAU.s). What system suitability asks for and the converter does not carry over is read from the fields of
the file themselves: retention time in minutes, USP tailing, plate count and resolution, and the number of the injection. An export
holds the last three only when the processing method calculated them.
"""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

from csvgen.errors import BadInput
from csvgen.pipeline.instruments import Chromatogram, Injection, Peak
from csvgen.pipeline.instruments_gen5 import convert
from csvgen.pipeline.numbers import not_negative, number

_FIGURES = {
    "retention": ("RetentionTime",),
    "tailing": ("USPTailing", "USP Tailing"),
    "plates": ("USPPlateCount", "USP Plate Count"),
    "resolution": ("USPResolution", "USP Resolution"),
}
"""Attribute of a peak -> what Empower calls it, with and without blanks."""
_SAME = Fraction(1, 10**9)


def read_empower(file: str, data: bytes) -> Chromatogram:
    """The injections of a sample set with their peaks. Raises BadInput with file and line (or path inside the JSON)."""
    expected = _checked(file, _parsed(file, data))
    model = convert(file, data, "BENCHLING_EMPOWER")["liquid chromatography aggregate document"]
    converted = [
        Injection(str(measurement["sample document"]["sample identifier"]), _peaks(file, measurement))
        for document in model["liquid chromatography document"]
        for measurement in document["measurement aggregate document"]["measurement document"]
    ]
    if [(i.sample, [p.name for p in i.peaks]) for i in converted] != [(i.sample, [p.name for p in i.peaks]) for i in expected]:
        raise BadInput("the converter left out, moved or renamed a peak of this file", where=file)
    injections = tuple(_with_figures(file, c, e) for c, e in zip(converted, expected, strict=True))
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


def _with_figures(file: str, converted: Injection, written: Injection) -> Injection:
    """The converter's areas with the figures of the file, once all areas are seen to stand in one proportion."""
    for (a, b), (c, d) in zip(pairwise(converted.peaks), pairwise(written.peaks), strict=True):
        left, right = number(a.area) * number(d.area), number(b.area) * number(c.area)
        if abs(left - right) > _SAME * max(left, right):
            raise BadInput(f"the converter reads other areas of {a.name!r} and {b.name!r} than the file says", where=file)
    peaks = tuple(replace(w, area=c.area) for c, w in zip(converted.peaks, written.peaks, strict=True))
    return Injection(converted.sample, peaks, written.number)


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
        raise BadInput("the file was re-encoded: a sign of this line is not in UTF-8", where=f"{file}:{line}") from None
    except json.JSONDecodeError as problem:
        raise BadInput(f"the file is truncated or not JSON: {problem.msg}", where=f"{file}:{problem.lineno}") from None
    except RecursionError:
        raise BadInput("nested too deeply for an instrument file", where=f"{file}:1") from None


def _checked(file: str, value: Any) -> list[Injection]:
    """Each result as the file has it, once every peak has one name and one area that is not negative."""
    try:
        results = value["values"]["results"]
        if not isinstance(results, list) or not results:
            raise BadInput("the sample set has no results", where=f"{file}: values.results")
        return [_result(f"{file}: values.results[{i}]", result) for i, result in enumerate(results)]
    except KeyError as missing:
        raise BadInput(f"not an Empower sample set: the field {missing} is missing", where=file) from None
    except (TypeError, AttributeError):
        raise BadInput("not an Empower sample set: a field is of another kind than Empower writes", where=file) from None


def _result(where: str, result: Any) -> Injection:
    found: dict[str, Peak] = {}
    for index, peak in enumerate(result["peaks"]):
        fields, place = peak["fields"], f"{where}.peaks[{index}]"
        name, area = fields["Name"], fields["Area"]
        if not isinstance(name, str) or not name.strip():
            raise BadInput("a peak without name", where=place)
        if name in found:
            raise BadInput(f"the peak {name!r} stands here a second time", where=place)
        if isinstance(area, bool) or not isinstance(area, int | float):
            raise BadInput(f"the area of {name!r} is not a number", where=place)
        not_negative(repr(area), "the area", place)
        found[name] = Peak(name, repr(area), **{what: _figure(fields, what, place) for what in _FIGURES})
    if not found:
        raise BadInput("an injection without peaks", where=where)
    counted = result["fields"].get("Injection")
    return Injection(str(result["fields"]["SampleName"]), tuple(found.values()), "" if counted is None else str(counted))


def _figure(fields: Any, what: str, place: str) -> str:
    """A figure as decimal text; empty when the file does not hold it."""
    value = next((fields[key] for key in _FIGURES[what] if fields.get(key) not in (None, "")), None)
    if value is None:
        return ""
    text = value if isinstance(value, str) else repr(value)
    not_negative(text, f"the {what}", place)
    return text
