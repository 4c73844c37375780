"""Subject-level table (ADSL) and pooled sites: one record a subject, one a site. Structure: ADaMIG 1.3, section 2.3.1."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from csvgen.pipeline.clinical.dataset import Row
from csvgen.pipeline.clinical.plan import Plan
from csvgen.pipeline.clinical.subject import Subject, analysed
from csvgen.pipeline.clinical.table import Column, Record, Shape
from csvgen.pipeline.numbers import number, text
from csvgen.pipeline.rounding import reported

_C = Column[Subject]


def day(found: dt.date | None) -> str:
    """A day as text, empty for none."""
    return found.isoformat() if found else ""


def age_group(age: str, plan: Plan) -> tuple[str, str]:
    """Name and number of the group an age falls into; both empty for a missing age."""
    if not age:
        return "", ""
    low, high = plan.ages
    if number(age) < number(low):
        return f"<{low}", "1"
    return (f"{low}-{high}", "2") if number(age) <= number(high) else (f">{high}", "3")


def _flag(*, yes: bool) -> str:
    return "Y" if yes else "N"


def _status(s: Subject) -> str:
    if not s.treated:
        return ""
    if s.completed:
        return "COMPLETED"
    return "ONGOING" if s.ongoing else "DISCONTINUED"


def _actual(s: Subject) -> str:
    return s.dm["ACTARM"] if s.treated else ""


def _average(s: Subject) -> str:
    return reported(Fraction(s.cumulative, s.days), 1) if s.days else ""


def _cumulative(s: Subject) -> str:
    return text(s.cumulative) if s.treated else ""


def _copied(name: str, label: str, kind: str = "text") -> _C:
    return Column(name, label, "number" if kind == "number" else "text", "as collected", f"DM.{name}", lambda s: s.dm[name])


ADSL: Shape[Subject] = Shape(
    name="ADSL",
    label="Subject-Level Analysis Dataset",
    rule="adsl/1.0",
    key=("USUBJID",),
    columns=(
        _copied("STUDYID", "Study Identifier"),
        _copied("USUBJID", "Unique Subject Identifier"),
        _copied("SUBJID", "Subject Identifier for the Study"),
        _copied("SITEID", "Study Site Identifier"),
        _copied("ARM", "Description of Planned Arm"),
        _C("TRT01P", "Planned Treatment for Period 01", "text", "ARM if it is an arm of the plan", "DM.ARM",
           lambda s: s.dm["ARM"] if s.randomised else ""),
        _C("TRT01PN", "Planned Treatment for Period 01 (N)", "number", "code of TRT01P in the plan", "DM.ARM",
           lambda s: s.plan.arms.get(s.dm["ARM"], "")),
        _C("TRT01A", "Actual Treatment for Period 01", "text", "ACTARM of a treated subject", "DM.ACTARM", _actual),
        _C("TRT01AN", "Actual Treatment for Period 01 (N)", "number", "code of TRT01A in the plan", "DM.ACTARM",
           lambda s: s.plan.arms.get(_actual(s), "")),
        _C("TRTSDT", "Date of First Exposure to Treatment", "day", "earliest EXSTDTC; a partial one takes its first day",
           "EX.EXSTDTC", lambda s: day(s.start)),
        _C("TRTSDTF", "Date of First Exposure Imput. Flag", "text", "D, M or Y: what of TRTSDT was not collected",
           "EX.EXSTDTC", lambda s: s.flag(end=False)),
        _C("TRTEDT", "Date of Last Exposure to Treatment", "day",
           "latest EXENDTC; a partial one takes its last day; a missing end of the last interval takes RFENDTC, of an earlier one "
           "the day before the next; not after the cut-off", "EX.EXENDTC, DM.RFENDTC, TS.DCUTDTC", lambda s: day(s.end)),
        _C("TRTEDTF", "Date of Last Exposure Imput. Flag", "text", "D, M or Y: what of TRTEDT was not collected",
           "EX.EXENDTC", lambda s: s.flag(end=True)),
        _C("TRTDUR", "Duration of Treatment (days)", "number", "TRTEDT - TRTSDT + 1", "EX.EXSTDTC, EX.EXENDTC, DM.RFENDTC",
           lambda s: str(s.days) if s.days else ""),
        _C("CUMDOSE", "Cumulative Dose", "number", "sum over intervals of EXDOSE times days, ends completed as TRTEDT",
           "EX.EXDOSE, EX.EXSTDTC, EX.EXENDTC, DM.RFENDTC", _cumulative),
        _C("AVGDD", "Avg Daily Dose", "number", "CUMDOSE / TRTDUR, exact, then rounded half up to 1 decimal",
           "EX.EXDOSE, EX.EXSTDTC, EX.EXENDTC, DM.RFENDTC", _average),
        _C("EOTSTT", "End of Treatment Status", "text",
           "COMPLETED with exposure in the last planned interval (VISITNUM); ONGOING when it lasts to the cut-off; else DISCONTINUED",
           "EX.VISITNUM, EX.EXENDTC", _status),
        _copied("AGE", "Age", "number"),
        _copied("AGEU", "Age Units"),
        _C("AGEGR1", "Pooled Age Group 1", "text", "below, within or above the middle group of the plan, its ends within",
           "DM.AGE", lambda s: age_group(s.dm["AGE"], s.plan)[0]),
        _C("AGEGR1N", "Pooled Age Group 1 (N)", "number", "1, 2, 3 in the order of age", "DM.AGE",
           lambda s: age_group(s.dm["AGE"], s.plan)[1]),
        _copied("RACE", "Race"),
        _C("RACEN", "Race (N)", "number", "code of RACE in the plan", "DM.RACE", lambda s: s.plan.races.get(s.dm["RACE"], "")),
        _copied("SEX", "Sex"),
        _copied("ETHNIC", "Ethnicity"),
        _C("SAFFL", "Safety Population Flag", "text", "Y with any interval of exposure begun by the cut-off", "EX.EXSTDTC",
           lambda s: _flag(yes=s.treated)),
        _C("ITTFL", "Intent-To-Treat Population Flag", "text", "Y when ARM is an arm of the plan (randomised)", "DM.ARM",
           lambda s: _flag(yes=s.randomised)),
        _C("DTHFL", "Subject Died?", "text", "Y with a date of death by the cut-off", "DM.DTHDTC, DM.DTHFL",
           lambda s: "Y" if s.died or (s.cut is None and s.dm["DTHFL"] == "Y") else ""),
        _C("DTHDT", "Date of Death", "day", "DTHDTC; a partial one takes its last day", "DM.DTHDTC", lambda s: day(s.died)),
        _copied("RFSTDTC", "Subject Reference Start Date/Time"),
        _copied("RFENDTC", "Subject Reference End Date/Time"),
        _C("RFENDT", "Date of Discontinuation/Completion", "day", "day of RFENDTC, not after the cut-off", "DM.RFENDTC",
           lambda s: day(s.ended)),
    ),
)  # fmt: skip


def adsl(found: Sequence[Subject], cut_rows: Sequence[Row] = ()) -> tuple[Record, ...]:
    """The records, one for each subject randomised or treated."""
    return tuple(ADSL.record(s, (*s.sources, *cut_rows)) for s in analysed(found))


@dataclass(frozen=True)
class Site:
    """A site and its randomised subjects."""

    id: str
    rows: tuple[Row, ...]
    plan: Plan

    def count(self, arm: str) -> int:
        """Randomised subjects of an arm."""
        return Counter(r["ARM"] for r in self.rows)[arm]

    @property
    def smallest(self) -> int:
        """Of the arms at this site, the number of subjects in the smallest."""
        return min(self.count(a) for a in self.plan.arms)


SITES: Shape[Site] = Shape(
    name="ADSITE",
    label="Sites and Pooled Sites",
    rule="sites/1.0",
    key=("SITEID",),
    columns=(
        Column("SITEID", "Study Site Identifier", "text", "as collected", "DM.SITEID", lambda s: s.id),
        Column("NRAND", "Randomised Subjects", "number", "number of randomised subjects", "DM.ARM", lambda s: str(len(s.rows))),
        Column("NMIN", "Randomised in the Smallest Arm", "number", "smallest number over the arms of the plan", "DM.ARM",
               lambda s: str(s.smallest)),
        Column("SITEGR1", "Pooled Site Group 1", "text", "SITEID, or the pooled site when NMIN is below the limit of the plan",
               "DM.SITEID, DM.ARM", lambda s: s.plan.pooled if s.smallest < int(s.plan.pooled_below) else s.id),
    ),
)  # fmt: skip


def sites(found: Sequence[Subject], plan: Plan) -> tuple[Record, ...]:
    """The records, one for each site with a randomised subject."""
    rows: dict[str, list[Row]] = {}
    for s in found:
        if s.randomised:
            rows.setdefault(s.dm["SITEID"], []).append(s.dm)
    return tuple(SITES.record(site := Site(name, tuple(rows[name]), plan), site.rows) for name in sorted(rows))
