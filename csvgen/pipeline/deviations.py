"""Deviations of lots, studies and pipelines: opened inside the change that found them, disposed of by the quality unit's signature.

The kinds are data (``data/deviations.yaml``): what each blocks while it is open, and how it may be decided. The investigation of an
out of specification result is a deviation too (INV-); its phases are kept in the same record, see `investigation`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from csvgen.audit.ledger import Change
from csvgen.errors import BadInput, Refused
from csvgen.model.base import Line, Stamp, Text, Value
from csvgen.pipeline.core import Core
from csvgen.pipeline.data_files import table

NO_INSTRUMENT = "no instrument"
OUT_OF_SPECIFICATION = "out of specification"
SECOND_MEASUREMENT = "second measurement"

Decision = Literal["", "accept", "reject", "invalidate", "reintegrate"]
PhaseName = Literal["laboratory investigation", "full investigation", "conclusion"]


class Kind(Value):
    """One kind of deviation."""

    words: Line
    number: Literal["DV", "INV"]
    decisions: tuple[Decision, ...]
    blocks: tuple[Line, ...]
    """Acts refused for the subject while one is open."""


class _Kinds(Value):
    format: Literal["qc.deviations/1"]
    kinds: Mapping[str, Kind]


class Phase(Value):
    """What one phase of an investigation looked at and found."""

    phase: PhaseName
    findings: Text
    cause: str = ""
    """The assignable cause; empty when none was found."""
    evidence: tuple[Line, ...] = ()
    """Names of records (``file/L-1:note.csv``), or where else it can be seen."""
    by: str
    printed_name: str
    at: Stamp


class Deviation(Value):
    """A deviation (DV-) or the investigation of an out of specification result (INV-)."""

    id: str
    lot: str = ""
    """Number of the lot, when it is about one."""
    subject: str = ""
    """``lot/L-1``, ``study/CDISCPILOT01``, ``pipeline/qc-release``."""
    kind: str
    state: Literal["open", "closed"]
    reason: str
    decision: Decision = ""
    disposition: str = ""
    """The reason of the person who decided."""
    run: str = ""
    """Of an investigation: the run that gave the failing values."""
    part: str = ""
    """Of an investigation: the part of the method they belong to."""
    phases: tuple[Phase, ...] = ()
    retests: int = 0
    """Of an invalidated result: how many retests were planned; all of them are measured and reported."""

    @property
    def cause(self) -> Phase | None:
        """The phase that found an assignable cause, or None."""
        return next((p for p in self.phases if p.cause), None)


def kinds() -> Mapping[str, Kind]:
    """Every kind of deviation there is."""
    return table("deviations", _Kinds).kinds


def open_deviation(core: Core, change: Change, subject: str, kind: str, reason: str, *, run: str = "", part: str = "") -> str:
    """Open the next deviation (DV-0001) or investigation (INV-0001) inside a change; returns its id.

    `subject` is the full name of a record, ``lot/L-1``, ``study/S-1``, ``pipeline/clinical``; a name without kind is a lot's.
    Raises BadInput for a kind that is not in the table.
    """
    known = kinds().get(kind)
    if known is None:
        raise BadInput(f"no kind of deviation {kind[:40]!r}; the kinds are {', '.join(kinds())}")
    subject = subject if "/" in subject else f"lot/{subject}"
    about, _, identity = subject.partition("/")
    number = sum(v.id.startswith(f"{known.number}-") for v in core.ledger.all("deviation")) + 1
    while change.latest("deviation", name := f"{known.number}-{number:04d}") is not None:
        number += 1  # opened in this very change, which others do not see yet
    deviation = Deviation(
        id=name,
        lot=identity if about == "lot" else "",
        subject=subject,
        kind=kind,
        state="open",
        reason=reason,
        run=run,
        part=part,
    )
    change.put("deviation", name, deviation.model_dump(), action="open-deviation")
    if deviation.lot and core.state(deviation.lot) == "reviewed":
        back = {"lot": deviation.lot, "state": "processed"}
        change.put("status", deviation.lot, back, reason=f"{name} was opened after the review")
    return name


def deviations_of(core: Core, subject: str) -> tuple[Deviation, ...]:
    """The deviations about a subject, by id."""
    found = (Deviation.model_validate(v.content) for v in core.ledger.all("deviation"))
    return tuple(d for d in found if subject in (d.subject, f"lot/{d.lot}"))


def refuse_blocked(core: Core, subject: str, act: str) -> None:
    """Raises Refused (RR-F04) while a deviation about the subject that blocks this act is open."""
    waiting = [d.id for d in deviations_of(core, subject) if d.state == "open" and act in kinds()[d.kind].blocks]
    if waiting:
        words = subject.replace("/", " ", 1)
        raise Refused(f"{words} has an open deviation: {', '.join(waiting)}; quality must dispose it first", rule="RR-F04")


def refuse_rejected(core: Core, subject: str) -> None:
    """Raises Refused (RR-F04) when a deviation about the subject was decided with reject."""
    if refused := [d.id for d in deviations_of(core, subject) if d.decision == "reject"]:
        words = subject.replace("/", " ", 1)
        raise Refused(f"{words} cannot be released: {', '.join(refused)} was decided with reject", rule="RR-F04")
