"""Baseline (ADBASE): one record a subject and parameter, the value before treatment. Structure: ADaMIG 1.3, section 2.3.2 (BDS)."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from csvgen.pipeline.clinical.adsl import day
from csvgen.pipeline.clinical.dataset import Row
from csvgen.pipeline.clinical.dates import study_day, when
from csvgen.pipeline.clinical.subject import Subject, analysed
from csvgen.pipeline.clinical.table import Column, Record, Shape
from csvgen.pipeline.numbers import number


@dataclass(frozen=True)
class Measured:
    """A baseline value of a subject, and the row it stands in."""

    subject: Subject
    row: Row
    code: str
    title: str
    variable: str
    number: str
    text: str
    date: dt.date | None


_C = Column[Measured]

BASELINE: Shape[Measured] = Shape(
    name="ADBASE",
    label="Baseline Values",
    rule="baseline/1.0",
    key=("USUBJID", "PARAMCD"),
    columns=(
        _C("STUDYID", "Study Identifier", "text", "as collected", "DM.STUDYID", lambda m: m.subject.dm["STUDYID"]),
        _C("USUBJID", "Unique Subject Identifier", "text", "as collected", "DM.USUBJID", lambda m: m.subject.id),
        _C("PARAMCD", "Parameter Code", "text", "name of the variable, or test code of the findings domain", "", lambda m: m.code),
        _C("PARAM", "Parameter Description", "text", "label of the parameter", "", lambda m: m.title),
        _C("AVAL", "Analysis Value", "number", "the value, if it is a number", "DM, EX, findings", lambda m: m.number),
        _C("AVALC", "Analysis Value (C)", "text", "the value as text", "DM, EX, findings", lambda m: m.text),
        _C("ADT", "Analysis Date", "day", "day it was collected", "DM.DMDTC, EX.EXSTDTC, findings --DTC", lambda m: day(m.date)),
        _C("ADY", "Analysis Relative Day", "number", "study day of ADT: TRTSDT is day 1, the day before it is day -1",
           "EX.EXSTDTC", lambda m: _relative(m)),  # noqa: PLW0108 - it stands below
        _C("ABLFL", "Baseline Record Flag", "text", "Y: last value that is not missing, on or before the day of first exposure",
           "", lambda _: "Y"),
        _C("SRCDOM", "Source Domain", "text", "domain of the row the value stands in", "", lambda m: m.row.domain),
        _C("SRCVAR", "Source Variable", "text", "variable the value stands in", "", lambda m: m.variable),
        _C("SRCSEQ", "Source Sequence Number", "number", "sequence number of that row", "", lambda m: m.row.source.seq),
    ),
)  # fmt: skip

_OF_DM = (("AGE", "Age"), ("SEX", "Sex"), ("RACE", "Race"), ("ETHNIC", "Ethnicity"))


def baseline(found: Sequence[Subject], findings: Iterable[Row] = (), cut_rows: Sequence[Row] = ()) -> tuple[Record, ...]:
    """The records. `findings`: rows of one findings domain (VS, LB, QS); empty without one."""
    tested: dict[str, list[Row]] = defaultdict(list)
    for row in findings:
        tested[row["USUBJID"]].append(row)
    return tuple(
        BASELINE.record(m, _rows(m, cut_rows)) for s in analysed(found) for m in (*_collected(s), *_tested(s, tested[s.id]))
    )


def _rows(measured: Measured, cut_rows: Sequence[Row]) -> tuple[Row, ...]:
    subject = measured.subject
    own = () if measured.row in subject.sources else (measured.row,)
    return (*subject.sources, *own, *cut_rows)


def _collected(s: Subject) -> Iterator[Measured]:
    """What DM and EX tell of the time before treatment."""
    seen = when(s.dm["DMDTC"]).last if s.dm["DMDTC"] else None
    for name, title in _OF_DM:
        if value := s.dm[name]:
            yield Measured(s, s.dm, name, title, name, value if name == "AGE" else "", value, seen)
    if s.intervals:
        first = s.intervals[0]
        dose = first.row["EXDOSE"]
        yield Measured(s, first.row, "FDOSE", f"First Dose ({first.row['EXDOSU']})", "EXDOSE", dose, dose, first.start)


def _tested(s: Subject, rows: Sequence[Row]) -> Iterator[Measured]:
    """The last value of each test that is not missing, on or before the day of first exposure. Of two on one day the later row."""
    last: dict[str, Row] = {}
    for row in rows:
        at, value = row[f"{row.domain}DTC"], row[f"{row.domain}STRESN"]
        if not at or not value or s.start is None or when(at).last > s.start:
            continue
        code = row[f"{row.domain}TESTCD"]
        if code not in last or _moment(row) >= _moment(last[code]):
            last[code] = row
    for code, row in sorted(last.items()):
        value = row[f"{row.domain}STRESN"]
        yield Measured(
            s, row, code, row[f"{row.domain}TEST"], f"{row.domain}STRESN", value, value, when(row[f"{row.domain}DTC"]).last
        )


def _moment(row: Row) -> tuple[dt.date, str, Fraction]:
    text = row[f"{row.domain}DTC"]
    return when(text).last, text[10:], number(row[f"{row.domain}SEQ"])


def _relative(m: Measured) -> str:
    return str(study_day(m.subject.start, m.date)) if m.subject.start and m.date else ""
