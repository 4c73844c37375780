"""One subject, as far as the analysis may see: the row of DM, the rows of EX, nothing after the cut-off."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from csvgen.errors import BadInput
from csvgen.pipeline.clinical.dataset import Dataset, Row
from csvgen.pipeline.clinical.dates import Flag, days, when
from csvgen.pipeline.clinical.plan import Plan
from csvgen.pipeline.numbers import number

_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Interval:
    """An interval of exposure with its ends completed."""

    row: Row
    start: dt.date
    start_flag: Flag
    end: dt.date
    end_flag: Flag


@dataclass(frozen=True)
class Subject:
    """What is known of a subject. All derivations read this and the plan, nothing else."""

    dm: Row
    ex: tuple[Row, ...]
    """In order of start, then of sequence number."""
    plan: Plan
    cut: dt.date | None

    @property
    def id(self) -> str:
        """USUBJID."""
        return self.dm["USUBJID"]

    @property
    def sources(self) -> tuple[Row, ...]:
        """The rows all of it comes from."""
        return (self.dm, *self.ex)

    @property
    def randomised(self) -> bool:
        """Whether DM.ARM is an arm of the study."""
        return self.dm["ARM"] in self.plan.arms

    @property
    def treated(self) -> bool:
        """Whether any exposure began."""
        return bool(self.ex)

    @cached_property
    def intervals(self) -> tuple[Interval, ...]:
        """The exposure, each interval closed.

        An end that was not collected: of the last interval it is the end of the reference period (DM.RFENDTC), flagged ``Y``; of an
        earlier one the day before the next begins, flagged ``Y``. Nothing ends after the cut-off.
        """
        found = []
        for index, row in enumerate(self.ex):
            place = f"ex.xpt row {row.number}"
            start = when(row["EXSTDTC"], f"{place} EXSTDTC")
            end, flag = self._end(index, place)
            if self.cut and end > self.cut:
                end, flag = self.cut, ""
            if end < start.first:
                raise BadInput("the interval would end before it begins, with its end completed", where=f"{place} EXENDTC")
            found.append(Interval(row, start.first, start.flag, end, flag))
        return tuple(found)

    def _end(self, index: int, place: str) -> tuple[dt.date, Flag]:
        row = self.ex[index]
        if row["EXENDTC"]:
            end = when(row["EXENDTC"], f"{place} EXENDTC")
            return end.last, end.flag
        if index + 1 < len(self.ex):
            return when(self.ex[index + 1]["EXSTDTC"]).first - _DAY, "Y"
        ended = self.ended
        if ended is None and self.cut:
            return self.cut, "Y"
        if ended is None:
            raise BadInput("no end of the last interval, and DM.RFENDTC is missing too", where=f"{place} EXENDTC")
        return ended, "Y"

    @property
    def start(self) -> dt.date | None:
        """First day of exposure."""
        return min((i.start for i in self.intervals), default=None)

    @property
    def end(self) -> dt.date | None:
        """Last day of exposure, at most the cut-off."""
        return max((i.end for i in self.intervals), default=None)

    def flag(self, *, end: bool) -> str:
        """How the first or the last day of exposure was completed; empty when it was collected."""
        if not self.intervals:
            return ""
        if end:
            return max(self.intervals, key=lambda i: i.end).end_flag
        return min(self.intervals, key=lambda i: i.start).start_flag

    @property
    def days(self) -> int:
        """Days from first to last exposure, both counted; 0 without exposure."""
        return days(self.start, self.end) if self.start and self.end else 0

    @property
    def cumulative(self) -> Fraction:
        """Sum of dose times days over the intervals, in the unit of the dose."""
        return sum((number(i.row["EXDOSE"]) * days(i.start, i.end) for i in self.intervals), Fraction(0))

    @property
    def completed(self) -> bool:
        """Whether exposure was recorded in the last planned interval."""
        return any(i.row["VISITNUM"] == self.plan.last_visit for i in self.intervals)

    @property
    def ongoing(self) -> bool:
        """Whether exposure goes on at the cut-off."""
        return self.cut is not None and self.end == self.cut and not self.completed

    @property
    def ended(self) -> dt.date | None:
        """End of the reference period (DM.RFENDTC), if it is not after the cut-off."""
        return self._seen("RFENDTC")

    @property
    def left(self) -> dt.date | None:
        """End of participation (DM.RFPENDTC), if it is not after the cut-off."""
        return self._seen("RFPENDTC")

    @property
    def died(self) -> dt.date | None:
        """Date of death, if it is not after the cut-off."""
        return self._seen("DTHDTC")

    def _seen(self, name: str) -> dt.date | None:
        text = self.dm[name]
        if not text:
            return None
        day = when(text, f"dm.xpt row {self.dm.number} {name}").last
        return None if self.cut and day > self.cut else day


def subjects(dm: Dataset, ex: Dataset, plan: Plan, cut: dt.date | None) -> tuple[Subject, ...]:
    """Every subject of DM who was there by the cut-off, in order of USUBJID; exposure that began after it is left out."""
    return gathered(dm.each(), ex.each(), plan, cut)


def gathered(dm: Iterable[Row], ex: Iterable[Row], plan: Plan, cut: dt.date | None) -> tuple[Subject, ...]:
    """As `subjects`, from any rows: a record must come out the same from its own source rows alone."""
    exposure: dict[str, list[Row]] = defaultdict(list)
    for row in ex:
        if cut is None or when(row["EXSTDTC"]).first <= cut:
            exposure[row["USUBJID"]].append(row)
    there = [r for r in dm if not (cut and r["DMDTC"] and when(r["DMDTC"]).first > cut)]
    return tuple(
        Subject(row, tuple(sorted(exposure[row["USUBJID"]], key=_order)), plan, cut)
        for row in sorted(there, key=lambda r: r["USUBJID"])
    )


def _order(row: Row) -> tuple[dt.date, Fraction]:
    return when(row["EXSTDTC"]).first, number(row["EXSEQ"])


def analysed(found: Sequence[Subject]) -> tuple[Subject, ...]:
    """Those who were randomised or treated: the subjects of the analysis tables."""
    return tuple(s for s in found if s.randomised or s.treated)


def cut_off(plan: Plan, ts: Dataset | None) -> tuple[dt.date | None, tuple[Row, ...]]:
    """The cut-off, and the row of TS it comes from, if it comes from there."""
    if plan.cut_off:
        return dt.date.fromisoformat(plan.cut_off), ()
    told = [r for r in ts.each() if r["TSPARMCD"] == "DCUTDTC" and r["TSVAL"]] if ts else []
    if not told:
        return None, ()
    if len(told) > 1:
        raise BadInput("TS names several dates of cut-off; the plan must choose one", where="ts.xpt DCUTDTC")
    return when(told[0]["TSVAL"], f"ts.xpt row {told[0].number} TSVAL").last, (told[0],)
