"""Gen5 plate-reader exports. The converter (allotropy) reads the values; what stands here decides whether the file is whole.

A converter is made to get as much as it can out of any export. A laboratory fixes one export template with its method
(procedure, layout, results, standard curve), and a file that is not that template, whole, is refused: a plate without its
last rows would otherwise give a result from the wells that are left.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from typing import Any

from csvgen.errors import BadInput
from csvgen.pipeline.instruments import Plate, Sample, Standard, diluted, text_lines
from csvgen.pipeline.numbers import not_negative, number

_SECTIONS = ("Procedure Details", "Layout", "Results", "StdCurve Fitting Results")
_NOT_SAID = {"", "n/a", "N/A"}


@dataclass(frozen=True, slots=True)
class _Row:
    """The lines of one plate row: its letter, and label -> (line number, cells)."""

    letter: str
    line: int
    labelled: dict[str, tuple[int, list[str]]]


def read_gen5(file: str, data: bytes) -> Plate:
    """A plate from a Gen5 text export. Raises BadInput with file and line unless the export is whole and clean."""
    lines = text_lines(file, data)
    starts = _sections(file, lines)
    signals = _checked(file, lines, starts)
    model = _converted(file, data)["plate reader aggregate document"]
    standards: list[Standard] = []
    samples: list[Sample] = []
    blanks: list[str] = []
    for document in model["plate reader document"]:
        for measurement in document["measurement aggregate document"]["measurement document"]:
            sample = measurement["sample document"]
            well = str(sample["location identifier"])
            signal = repr(measurement["absorbance"]["value"])
            where, written = signals.pop(well, (file, "nothing"))
            if number(signal) != number(written, where):
                raise BadInput(f"the converter reads {signal} in well {well}, the file says {written}", where=where)
            level = repr(sample.get("custom information document", {}).get("Conc/Dil", ""))
            if (identity := str(sample["sample identifier"])).startswith("BLK"):
                blanks.append(signal)
            elif identity.startswith("STD"):
                standards.append(Standard(identity, level, signal, well))
            else:
                samples.append(Sample(identity.partition(":")[0], level, signal, well))
    if signals:
        raise BadInput(f"the converter left out well {next(iter(signals))}", where=file)
    serial = str(model.get("device system document", {}).get("equipment serial number", ""))
    return Plate(tuple(standards), tuple(samples), "" if serial in _NOT_SAID else serial, blanks=tuple(blanks))


def printed(file: str, data: bytes) -> dict[str, tuple[str, str]]:
    """Well -> (signal, concentration) as Gen5 itself printed them, to set ours beside. Raises BadInput when it printed none."""
    lines = text_lines(file, data)
    columns, rows = _table(file, lines, _sections(file, lines)["Results"])
    found: dict[str, tuple[str, str]] = {}
    for row in rows:
        if "[Concentration]" not in row.labelled:
            raise BadInput("the export holds no concentrations", where=f"{file}:{row.line}")
        signals, levels = next(iter(row.labelled.values()))[1], row.labelled["[Concentration]"][1]
        found |= {f"{row.letter}{c}": (s, x) for c, s, x in zip(columns, signals, levels, strict=True)}
    return found


def _sections(file: str, lines: list[str]) -> dict[str, int]:
    """Index of each section's title line; each must stand there once, in order."""
    if not any(line.startswith("Software Version\t") for line in lines[:5]):
        raise BadInput("not a Gen5 export: no 'Software Version' at its head", where=f"{file}:1")
    starts: dict[str, int] = {}
    for index, line in enumerate(lines):
        if line in _SECTIONS:
            if line in starts or line != _SECTIONS[len(starts)]:
                raise BadInput(f"the section {line!r} stands out of its place", where=f"{file}:{index + 1}")
            starts[line] = index
    if len(starts) < len(_SECTIONS):
        raise BadInput(f"the file is truncated: no section {_SECTIONS[len(starts)]!r}", where=f"{file}:{len(lines)}")
    return starts


def _checked(file: str, lines: list[str], starts: dict[str, int]) -> dict[str, tuple[str, str]]:
    """Well -> (place, signal as written), once layout, results and curve are found complete."""
    columns, layout = _table(file, lines, starts["Layout"])
    result_columns, results = _table(file, lines, starts["Results"])
    if (result_columns, [r.letter for r in results]) != (columns, [r.letter for r in layout]):
        raise BadInput("the file is truncated: results do not cover the layout", where=f"{file}:{starts['Results'] + 1}")
    signals: dict[str, tuple[str, str]] = {}
    labels = list(results[0].labelled)
    for laid, measured in zip(layout, results, strict=True):
        _check_layout(file, laid)
        if list(measured.labelled) != labels:
            raise BadInput(f"row {measured.letter} has other lines than the first row", where=f"{file}:{measured.line}")
        line, cells = measured.labelled[labels[0]]
        for column, cell in zip(columns, cells, strict=True):
            number(cell, f"{file}:{line}")
            signals[f"{measured.letter}{column}"] = (f"{file}:{line}", cell)
    _check_curve(file, lines, starts["StdCurve Fitting Results"])
    return signals


def _check_layout(file: str, row: _Row) -> None:
    if list(row.labelled) != ["Well ID", "Conc/Dil"]:
        raise BadInput(f"row {row.letter} of the layout must have the lines Well ID and Conc/Dil", where=f"{file}:{row.line}")
    identities, (line, levels) = row.labelled["Well ID"][1], row.labelled["Conc/Dil"]
    for identity, level in zip(identities, levels, strict=True):
        where = f"{file}:{line}"
        if not identity:
            raise BadInput(f"a well of row {row.letter} has no id", where=f"{file}:{row.line}")
        if identity.startswith("BLK"):
            continue
        if identity.startswith("STD"):
            not_negative(level, "the level", where)
        else:
            diluted(level, where)


def _table(file: str, lines: list[str], start: int) -> tuple[list[str], list[_Row]]:
    """Columns and rows of a plate table: from its title to the next blank line."""
    header = lines[start + 1].split("\t") if start + 1 < len(lines) else []
    columns = header[1:]
    if not columns or columns != [str(i) for i in range(1, len(columns) + 1)]:
        raise BadInput("the columns of the plate must be numbered 1, 2, 3 ...", where=f"{file}:{start + 2}")
    rows: list[_Row] = []
    for index in range(start + 2, len(lines)):
        if not lines[index]:
            break
        letter, *cells = lines[index].split("\t")
        if len(cells) != len(columns) + 1:
            raise BadInput(f"{len(cells)} cells where the plate has {len(columns)} and a label", where=f"{file}:{index + 1}")
        if letter:
            if letter != chr(ord("A") + len(rows)):
                raise BadInput(
                    f"row {letter!r} stands where row {chr(ord('A') + len(rows))} must: a row is missing or twice",
                    where=f"{file}:{index + 1}",
                )
            rows.append(_Row(letter, index + 1, {}))
        label = cells.pop()
        if not rows or label in rows[-1].labelled:
            raise BadInput(f"the line {label!r} stands here a second time", where=f"{file}:{index + 1}")
        rows[-1].labelled[label] = (index + 1, cells)
    if not rows:
        raise BadInput("the plate has no rows", where=f"{file}:{start + 1}")
    return columns, rows


def _check_curve(file: str, lines: list[str], start: int) -> None:
    body = [line for line in lines[start + 1 :] if line]
    if len(body) < 2 or any(len(line.split("\t")) != len(body[0].split("\t")) for line in body):  # noqa: PLR2004
        raise BadInput("the file is truncated: the standard curve is not complete", where=f"{file}:{len(lines)}")


@lru_cache(maxsize=16)
def _converted(file: str, data: bytes) -> dict[str, Any]:
    """Kept by content: the converter is slow, and a file is read when it comes and at each processing. Not to be changed."""
    return convert(file, data, "AGILENT_GEN5")


def convert(file: str, data: bytes, vendor: str) -> dict[str, Any]:
    """Allotrope Simple Model of a file. Raises BadInput when the converter cannot read it.

    Imported here and late: the converters bring pandas with them. Their dependencies warn of their own deprecations.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from allotropy.parser_factory import Vendor
        from allotropy.to_allotrope import allotrope_from_io

        try:
            return dict(allotrope_from_io(BytesIO(data), file, Vendor[vendor], encoding="utf-8"))
        except Exception as problem:  # noqa: BLE001 - a converter may fail in any way on a file that is not what it says
            raise BadInput(f"the converter cannot read this file ({type(problem).__name__})", where=file) from None
