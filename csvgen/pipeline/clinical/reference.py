"""Results beside reference values: every derived variable that has a counterpart in a reference ADaM set, for every subject.

A difference is explained only when the explanation can be read off the data of that subject; else it stands there unexplained.
Variables of the reference without a counterpart are listed with what they would need.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from csvgen.errors import BadInput
from csvgen.pipeline.clinical.dataset import Dataset, read_dataset
from csvgen.pipeline.clinical.table import read_csv
from csvgen.pipeline.clinical.xport import iso_day, read
from csvgen.pipeline.numbers import number

_Rec = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Difference:
    """One subject for whom the two do not say the same."""

    subject: str
    ours: str
    reference: str
    explanation: str
    """Empty: not explained."""


@dataclass(frozen=True, slots=True)
class Beside:
    """One variable: how many were compared, how many are the same, all that differ."""

    reference: str
    """``ADSL.TRTEDT``."""
    ours: str
    """``ADSL.TRTEDT``; empty when it is not derived."""
    compared: int
    same: int
    differences: tuple[Difference, ...]
    not_derived: str = ""
    """Why there is no counterpart."""


def beside(products: Mapping[str, bytes], references: Mapping[str, bytes]) -> tuple[Beside, ...]:
    """The comparison. `references`: ``ADSL`` and ``ADTTE`` -> XPORT bytes. Raises BadInput for a reference of other subjects."""
    ours = {r["USUBJID"]: r for r in read_csv(products["adsl"], "adsl")}
    pooled = {r["SITEID"]: r["SITEGR1"] for r in read_csv(products["sites"], "sites")}
    times = {r["USUBJID"]: r for r in read_csv(products["adtte"], "adtte") if r["PARAMCD"] == "TTDISC"}
    dm = {r["USUBJID"]: r.values for r in read_dataset(products["dm-rows"], "dm").each()}
    found: list[Beside] = []
    for name, data in references.items():
        given = read(data, name, where=f"reference {name}")
        theirs = {r["USUBJID"]: _spoken(given, r.values) for r in given.each()}
        if set(theirs) != set(ours):
            raise BadInput(f"{len(set(theirs) ^ set(ours))} subjects are in one of the two only", where=f"reference {name}")
        about = [(k, ours[k] | {"SITEGR1": pooled[ours[k]["SITEID"]]}, times.get(k, {}), theirs[k], dm[k]) for k in ours]
        found += [_compared(name, variable, about) for variable in given.names]
    return tuple(found)


def rows(found: Sequence[Beside]) -> tuple[tuple[str, ...], ...]:
    """The comparison as a table of text, for the command line and documents; the first row is the heading."""
    table = [("Reference", "Derived here", "Compared", "Same", "Different", "Remark")]
    for b in found:
        if b.not_derived:
            table.append((b.reference, "not derived", "0", "0", "0", b.not_derived))
            continue
        said = sorted({d.explanation or "NOT EXPLAINED" for d in b.differences})
        table.append((b.reference, b.ours, str(b.compared), str(b.same), str(len(b.differences)), "; ".join(said)))
    return tuple(table)


# ------------------------------------------------------------------ what is compared with what

_About = tuple[str, _Rec, _Rec, _Rec, _Rec]
"""Subject, our ADSL, our time to discontinuation, the reference, DM."""
_BY_ADTTE = ("STARTDT", "TRTP", "TRTA", "TRTEDT", "TRTDUR", "TRTSDT")
_NEEDS: Mapping[str, str] = {
    "EFFFL": "needs QS (assessments of efficacy)",
    "COMP8FL": "needs SV (visits)",
    "COMP16FL": "needs SV (visits)",
    "COMP24FL": "needs SV (visits)",
    "DSRAEFL": "needs DS (disposition)",
    "BMIBL": "needs VS (vital signs)",
    "BMIBLGR1": "needs VS (vital signs)",
    "HEIGHTBL": "needs VS (vital signs)",
    "WEIGHTBL": "needs VS (vital signs)",
    "EDUCLVL": "needs SC (characteristics)",
    "DISONSDT": "needs MH (history)",
    "DURDIS": "needs MH (history)",
    "DURDSGR1": "needs MH (history)",
    "VISIT1DT": "needs SV (visits)",
    "VISNUMEN": "needs DS and SV",
    "DCDECOD": "needs DS (disposition)",
    "DCREASCD": "needs DS (disposition)",
    "MMSETOT": "needs QS (questionnaires)",
    "PARAM": "the event of the reference needs AE (adverse events)",
    "PARAMCD": "the event of the reference needs AE (adverse events)",
    "AVAL": "the event of the reference needs AE (adverse events)",
    "CNSR": "the event of the reference needs AE (adverse events)",
    "EVNTDESC": "the event of the reference needs AE (adverse events)",
    "SRCDOM": "the event of the reference needs AE (adverse events)",
    "SRCVAR": "the event of the reference needs AE (adverse events)",
    "SRCSEQ": "the event of the reference needs AE (adverse events)",
}
_TRTAN = {"TRTAN": "TRT01AN"}
_ACTUAL = ("TRT01A", "TRT01AN", "TRTA", "TRTAN")


def _compared(table: str, variable: str, about: Sequence[_About]) -> Beside:
    name = f"{table}.{variable}"
    if variable in _NEEDS:
        return Beside(name, "", 0, 0, (), _NEEDS[variable])
    if name == "ADSL.DISCONFL":
        pairs = [(a, "Y" if a[1]["EOTSTT"] == "DISCONTINUED" else "", a[3][variable]) for a in about]
        return _told(name, "ADSL.EOTSTT (DISCONTINUED = Y)", pairs, _disposition)
    if name == "ADTTE.ADT":
        pairs = [(a, a[1]["RFENDT"], a[3]["ADT"]) for a in about if a[3]["CNSR"] == "1"]
        return _told(name, "ADSL.RFENDT (where the reference is censored)", pairs, _nothing)
    explained = _actual if variable in _ACTUAL else _nothing
    if table == "ADTTE" and variable in _BY_ADTTE and variable in about[0][2]:
        return _told(name, f"ADTTE.{variable}", [(a, a[2].get(variable, ""), a[3][variable]) for a in about], explained)
    ours = _TRTAN.get(variable, variable)
    if ours not in about[0][1]:
        return Beside(name, "", 0, 0, (), "no counterpart is derived")
    shown = "ADSITE.SITEGR1" if ours == "SITEGR1" else f"ADSL.{ours}"
    return _told(name, shown, [(a, a[1][ours], a[3][variable]) for a in about], explained)


def _told(name: str, ours: str, pairs: Sequence[tuple[_About, str, str]], explained: Callable[[_About, str, str], str]) -> Beside:
    differences = tuple(Difference(a[0], o, t, explained(a, o, t)) for a, o, t in pairs if not _same(o, t))
    return Beside(name, ours, len(pairs), len(pairs) - len(differences), differences)


def _nothing(_: _About, __: str, ___: str) -> str:
    return ""


def _actual(about: _About, ours: str, theirs: str) -> str:
    """The actual treatment: the reference repeats the planned arm, DM names another actual arm."""
    _, own, _, _, dm = about
    if ours in (dm["ACTARM"], own["TRT01AN"]) and theirs in (dm["ARM"], own["TRT01PN"]):
        return "the reference repeats the planned arm (DM.ARM); DM.ACTARM names the other"
    return ""


def _disposition(about: _About, ours: str, theirs: str) -> str:
    """Discontinued by the disposition event, though dosed in the last interval."""
    reason = about[3].get("DCDECOD", "")
    if not ours and theirs == "Y" and about[1]["EOTSTT"] == "COMPLETED" and reason not in ("", "COMPLETED"):
        return (
            f"dosed in the last planned interval; the reference goes by the disposition event ({reason}), and DS is not an input"
        )
    return ""


def _same(ours: str, theirs: str) -> bool:
    """Equal as numbers, if both are numbers, else as text."""
    one, other = _number(ours), _number(theirs)
    return one == other if one is not None and other is not None else ours == theirs


def _number(text: str) -> Fraction | None:
    try:
        return number(text)
    except BadInput:
        return None


def _spoken(data: Dataset, values: _Rec) -> dict[str, str]:
    """A reference record with its SAS dates as ISO 8601."""
    dated = {v.name for v in data.variables if v.format.startswith("DATE")}
    return {n: iso_day(v) if n in dated else v for n, v in values.items()}
