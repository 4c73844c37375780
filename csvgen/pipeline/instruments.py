"""Instrument files into one neutral, frozen form. A file is read whole or refused with file and line; nothing is guessed.

| file | form | read by |
|---|---|---|
| ``.txt``  | BioTek/Agilent Gen5 plate-reader export | allotropy, after a check of its structure (`instruments_gen5`) |
| ``.json`` | Waters Empower sample set | allotropy, after a check of its structure (`instruments_empower`) |
| ``.csv``  | ``qc-plate/1`` and ``/2``, ``qc-peaks/1`` and ``/2``, for constructed data and simple exports | here |

The CSV forms are UTF-8 text. Line 1 names the form, the next the columns, the last line is ``end,<number of rows>``, so
that a truncated file shows. Numbers stay the decimal text they were. ``qc-plate/2`` has a line ``unit,<unit of the levels>`` before
the columns; ``qc-peaks/2`` has the columns ``sample,injection,name,area,retention,tailing,plates,resolution``, of which the last four
may be empty: what a file does not say it cannot answer for.

    #qc-plate/1                             #qc-peaks/1
    kind,id,level_or_dilution,signal        name,area
    standard,STD1,0,0.000                   Main,99.80
    sample,S1,1,0.986                       Impurity A,0.20
    end,2                                   end,2
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from csvgen.errors import BadInput
from csvgen.pipeline.numbers import not_negative, number

MAX_BYTES = 20_000_000
FORMS = ("#qc-plate/1", "#qc-plate/2", "#qc-peaks/1", "#qc-peaks/2")
_PEAKS_2 = "sample,injection,name,area,retention,tailing,plates,resolution"
_LONGEST_UNIT = 20
_CELL = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._:+()/-]{0,79}")


@dataclass(frozen=True, slots=True)
class Standard:
    """One well of a calibrator."""

    id: str
    level: str
    """Concentration, decimal text, not negative."""
    signal: str
    well: str = ""
    """Empty when the file does not say."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One well of a sample."""

    id: str
    dilution: str
    """1 is undiluted, 0.5 is one in two."""
    signal: str
    well: str = ""


@dataclass(frozen=True, slots=True)
class Plate:
    """A plate as read: calibrators and samples, well by well, in the order of the file."""

    standards: tuple[Standard, ...]
    samples: tuple[Sample, ...]
    instrument: str
    """What the file says it comes from (serial number); empty when it does not say."""
    unit: str = ""
    """Unit of the levels; empty when the file does not say."""
    blanks: tuple[str, ...] = ()
    """Signals of the blank wells."""

    @property
    def sample_ids(self) -> tuple[str, ...]:
        """The samples on the plate, each once."""
        return tuple(dict.fromkeys(s.id for s in self.samples))


@dataclass(frozen=True, slots=True)
class Peak:
    """One integrated peak."""

    name: str
    area: str
    """Decimal text, not negative."""
    retention: str = ""
    """Minutes. Empty, here and below: the file does not say."""
    tailing: str = ""
    """Tailing factor (USP <621>)."""
    plates: str = ""
    """Plate count."""
    resolution: str = ""
    """From the peak before."""


@dataclass(frozen=True, slots=True)
class Injection:
    """One injection with all its peaks."""

    sample: str
    """Empty when the file does not say."""
    peaks: tuple[Peak, ...]
    number: str = ""
    """Of this injection, as the file counts; empty when it does not say."""


@dataclass(frozen=True, slots=True)
class Chromatogram:
    """The injections of one sample set, in the order of the file."""

    injections: tuple[Injection, ...]
    instrument: str

    @property
    def sample_ids(self) -> tuple[str, ...]:
        """The samples that are named, each once."""
        return tuple(dict.fromkeys(i.sample for i in self.injections if i.sample))


def read(file: str, data: bytes) -> Plate | Chromatogram:
    """The neutral form of an instrument file. Raises BadInput, with file and line, for anything that is not whole and clean."""
    if not data:
        raise BadInput("the file is empty", where=file)
    if len(data) > MAX_BYTES:
        raise BadInput(f"the file has {len(data)} bytes; the limit is {MAX_BYTES}", where=file)
    if file.endswith(".txt"):
        from csvgen.pipeline.instruments_gen5 import read_gen5

        return read_gen5(file, data)
    if file.endswith(".json"):
        from csvgen.pipeline.instruments_empower import read_empower

        return read_empower(file, data)
    if file.endswith(".csv"):
        return _read_csv(file, data)
    raise BadInput(
        "no reader for this kind of file; known are .txt (Gen5), .json (Empower), .csv (qc-plate, qc-peaks)", where=file
    )


def text_lines(file: str, data: bytes) -> list[str]:
    """The lines of a whole UTF-8 text file, without their ends.

    Raises BadInput for another encoding, a mark of byte order, a missing last line end, characters that do not print.
    """
    if data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        raise BadInput("the file was re-encoded: it begins with a byte order mark", where=f"{file}:1")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as problem:
        place = data.count(b"\n", 0, problem.start) + 1
        raise BadInput("the file was re-encoded: a sign of this line is not in UTF-8", where=f"{file}:{place}") from None
    lines = text.replace("\r\n", "\n").split("\n")
    for count, line in enumerate(lines, 1):
        if any(not c.isprintable() and c != "\t" for c in line):
            raise BadInput("a character that may not stand in an instrument file", where=f"{file}:{count}")
    if lines[-1]:
        raise BadInput("the file is truncated: its last line has no end", where=f"{file}:{len(lines)}")
    return lines[:-1]


def _read_csv(file: str, data: bytes) -> Plate | Chromatogram:
    lines = text_lines(file, data)
    form = lines[0]
    if form == "#qc-plate/1":
        return _plate(file, lines, 2, "")
    if form == "#qc-plate/2":
        return _plate(file, lines, 3, _unit(file, lines))
    if form == "#qc-peaks/1":
        return _peaks(file, lines)
    if form == "#qc-peaks/2":
        return _injections(file, lines)
    raise BadInput(f"line 1 must name the form, {' or '.join(FORMS)}, not {form[:60]!r}", where=f"{file}:1")


def _unit(file: str, lines: list[str]) -> str:
    word, _, unit = (lines[1] if len(lines) > 1 else "").partition(",")
    if word != "unit" or not unit or len(unit) > _LONGEST_UNIT or unit != unit.strip():
        raise BadInput("line 2 must name the unit of the levels: 'unit,ug/mL'", where=f"{file}:2")
    return unit


def _rows(file: str, lines: list[str], columns: str, header: int = 2) -> Iterator[tuple[str, list[str]]]:
    """Each row with its place, between the line of columns (number `header`) and the line ``end,<rows>``."""
    if len(lines) < header or lines[header - 1] != columns:
        raise BadInput(f"line {header} must be {columns!r}", where=f"{file}:{header}")
    rows = lines[header:-1]
    if lines[-1] != f"end,{len(rows)}":
        raise BadInput(
            f"the file is truncated: its last line must be 'end,{len(lines) - header}' or count its rows",
            where=f"{file}:{len(lines)}",
        )
    if not rows:
        raise BadInput("the file has no rows", where=f"{file}:{len(lines)}")
    for index, line in enumerate(rows, header + 1):
        cells = line.split(",")
        if len(cells) != columns.count(",") + 1:
            raise BadInput(f"{len(cells)} cells where {columns!r} asks for {columns.count(',') + 1}", where=f"{file}:{index}")
        yield f"{file}:{index}", cells


def _plate(file: str, lines: list[str], header: int, unit: str) -> Plate:
    standards: list[Standard] = []
    samples: list[Sample] = []
    blanks: list[str] = []
    for where, (kind, identity, level, signal) in _rows(file, lines, "kind,id,level_or_dilution,signal", header):
        _named(identity, where)
        number(signal, where)
        match kind:
            case "standard":
                not_negative(level, "the level", where)
                standards.append(Standard(identity, level, signal))
            case "sample":
                diluted(level, where)
                samples.append(Sample(identity, level, signal))
            case "blank" if not level:
                blanks.append(signal)
            case _:
                raise BadInput(f"kind must be standard, sample or blank (without level), not {kind[:40]!r}", where=where)
    return Plate(tuple(standards), tuple(samples), "", unit, tuple(blanks))


def _peaks(file: str, lines: list[str]) -> Chromatogram:
    peaks: dict[str, Peak] = {}
    for where, (name, area) in _rows(file, lines, "name,area"):
        _named(name, where)
        not_negative(area, "the area", where)
        if name in peaks:
            raise BadInput(f"the peak {name!r} stands here a second time", where=where)
        peaks[name] = Peak(name, area)
    return Chromatogram((Injection("", tuple(peaks.values())),), "")


def _injections(file: str, lines: list[str]) -> Chromatogram:
    found: dict[tuple[str, str], dict[str, Peak]] = {}
    for where, (sample, number_, name, area, *figures) in _rows(file, lines, _PEAKS_2):
        for text in (sample, number_, name):
            _named(text, where)
        not_negative(area, "the area", where)
        for what, text in zip(_PEAKS_2.split(",")[4:], figures, strict=True):
            if text:
                not_negative(text, f"the {what}", where)
        peaks = found.setdefault((sample, number_), {})
        if name in peaks:
            raise BadInput(f"the peak {name!r} stands here a second time", where=where)
        peaks[name] = Peak(name, area, *figures)
    return Chromatogram(tuple(Injection(s, tuple(p.values()), n) for (s, n), p in found.items()), "")


def _named(text: str, where: str) -> None:
    if not _CELL.fullmatch(text):
        raise BadInput(f"not a name: {text[:80]!r}", where=where)


def diluted(text: str, where: str) -> None:
    """Refuse a dilution that is not above zero."""
    if not_negative(text, "the dilution", where) == 0:
        raise BadInput("a dilution of zero leaves no sample", where=where)
