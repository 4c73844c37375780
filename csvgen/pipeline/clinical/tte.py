"""Time to event (ADTTE): one record a treated subject and parameter. Structure: ADaM BDS for time-to-event analyses 1.0.

Two events can be known from DM and EX alone: treatment was discontinued, the subject died. Each record says which row of which
domain told of its event or its censoring.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from csvgen.errors import BadInput
from csvgen.pipeline.clinical.adsl import age_group, day
from csvgen.pipeline.clinical.dataset import Row
from csvgen.pipeline.clinical.dates import days
from csvgen.pipeline.clinical.subject import Subject, analysed
from csvgen.pipeline.clinical.table import Column, Record, Shape


@dataclass(frozen=True)
class End:
    """How the time of a subject ended."""

    day: dt.date
    event: bool
    text: str
    row: Row
    variable: str


@dataclass(frozen=True)
class Timed:
    """A subject's time to one event."""

    subject: Subject
    start: dt.date
    code: str
    title: str
    end: End

    @property
    def length(self) -> int:
        """Days, both ends counted."""
        return days(self.start, self.end.day)


def discontinued(s: Subject) -> End:
    """Last exposure: an event unless treatment was completed or goes on at the cut-off."""
    last = max(s.intervals, key=lambda i: i.end)
    if last.end_flag == "Y" and not (s.cut and last.end == s.cut):
        row, variable = s.dm, "RFENDTC"
    else:
        row, variable = last.row, "EXENDTC"
    if s.completed:
        return End(last.end, event=False, text="Treatment completed", row=row, variable=variable)
    if s.ongoing:
        return End(last.end, event=False, text="On treatment at cut-off", row=row, variable=variable)
    return End(last.end, event=True, text="Treatment discontinued", row=row, variable=variable)


def died(s: Subject) -> End:
    """Death; else censored at the end of participation, at the cut-off, or at the last day known of."""
    if s.died:
        return End(s.died, event=True, text="Death", row=s.dm, variable="DTHDTC")
    if s.left and s.start and s.left >= s.start:
        return End(s.left, event=False, text="Alive at end of participation", row=s.dm, variable="RFPENDTC")
    if s.cut and s.dm["RFPENDTC"]:
        return End(s.cut, event=False, text="Alive at cut-off", row=s.dm, variable="RFPENDTC")
    last = max(s.intervals, key=lambda i: i.end)
    return End(last.end, event=False, text="Alive at last exposure", row=last.row, variable="EXENDTC")


EVENTS: tuple[tuple[str, str, Callable[[Subject], End]], ...] = (
    ("TTDISC", "Time to Discontinuation of Treatment", discontinued),
    ("TTDTH", "Time to Death", died),
)
"""Parameter, its description, and what ends the time."""

_C = Column[Timed]

ADTTE: Shape[Timed] = Shape(
    name="ADTTE",
    label="Time to Event Analysis Dataset",
    rule="adtte/1.0",
    key=("USUBJID", "PARAMCD"),
    columns=(
        _C("STUDYID", "Study Identifier", "text", "as collected", "DM.STUDYID", lambda t: t.subject.dm["STUDYID"]),
        _C("SITEID", "Study Site Identifier", "text", "as collected", "DM.SITEID", lambda t: t.subject.dm["SITEID"]),
        _C("USUBJID", "Unique Subject Identifier", "text", "as collected", "DM.USUBJID", lambda t: t.subject.id),
        _C("AGE", "Age", "number", "as collected", "DM.AGE", lambda t: t.subject.dm["AGE"]),
        _C("AGEGR1", "Pooled Age Group 1", "text", "as in ADSL", "DM.AGE",
           lambda t: age_group(t.subject.dm["AGE"], t.subject.plan)[0]),
        _C("SEX", "Sex", "text", "as collected", "DM.SEX", lambda t: t.subject.dm["SEX"]),
        _C("RACE", "Race", "text", "as collected", "DM.RACE", lambda t: t.subject.dm["RACE"]),
        _C("TRTP", "Planned Treatment", "text", "TRT01P of ADSL", "DM.ARM",
           lambda t: t.subject.dm["ARM"] if t.subject.randomised else ""),
        _C("TRTA", "Actual Treatment", "text", "TRT01A of ADSL", "DM.ACTARM", lambda t: t.subject.dm["ACTARM"]),
        _C("SAFFL", "Safety Population Flag", "text", "as in ADSL; the table holds treated subjects only", "EX.EXSTDTC", lambda _: "Y"),
        _C("PARAMCD", "Parameter Code", "text", "code of the event", "", lambda t: t.code),
        _C("PARAM", "Parameter Description", "text", "the event in words", "", lambda t: t.title),
        _C("STARTDT", "Time to Event Origin Date for Subject", "day", "TRTSDT of ADSL", "EX.EXSTDTC", lambda t: day(t.start)),
        _C("ADT", "Analysis Date", "day", "day of the event or of censoring",
           "EX.EXENDTC, DM.RFENDTC, DM.DTHDTC, DM.RFPENDTC, TS.DCUTDTC", lambda t: day(t.end.day)),
        _C("AVAL", "Analysis Value", "number", "days, ADT - STARTDT + 1", "as STARTDT and ADT", lambda t: str(t.length)),
        _C("CNSR", "Censor", "number", "0: event, 1: censored", "as ADT", lambda t: "0" if t.end.event else "1"),
        _C("EVNTDESC", "Event or Censoring Description", "text", "what ended the time", "as ADT", lambda t: t.end.text),
        _C("SRCDOM", "Source Domain", "text", "domain of the row that told of it", "", lambda t: t.end.row.domain),
        _C("SRCVAR", "Source Variable", "text", "variable that told of it", "", lambda t: t.end.variable),
        _C("SRCSEQ", "Source Sequence Number", "number", "sequence number of that row", "", lambda t: t.end.row.source.seq),
    ),
)  # fmt: skip


def adtte(found: Sequence[Subject], cut_rows: Sequence[Row] = ()) -> tuple[Record, ...]:
    """The records, one for each treated subject and event. Raises BadInput for a death before treatment."""
    return tuple(
        ADTTE.record(_timed(s, s.start, code, title, ends(s)), (*s.sources, *cut_rows))
        for s in analysed(found)
        if s.start
        for code, title, ends in EVENTS
    )


def _timed(s: Subject, start: dt.date, code: str, title: str, end: End) -> Timed:
    if end.day < start:
        place = f"{end.row.domain.lower()}.xpt row {end.row.number} {end.variable}"
        raise BadInput(f"{title}: it would end on {end.day}, before treatment begins on {start}", where=place)
    return Timed(s, start, code, title, end)
