"""Files set aside: what is on record about a file that was brought in by accident and is never processed. The acts: `setting_aside`.

The file stays in the landing, in its lot, in the trail, in the review packet and in every trace; only no run reads it. What it would
have given is on record too, so that whoever reviews the lot sees whether somebody chose.
"""

from __future__ import annotations

from typing import Literal

from csvgen.errors import Refused
from csvgen.model.base import Line, Sha256, Stamp, Value
from csvgen.pipeline.core import Core
from csvgen.pipeline.files import Part

KIND = "set-aside"


class SetAside(Value):
    """A file somebody wants set aside, and what quality decided (record kind ``set-aside``)."""

    id: str
    lot: str
    file: str
    version: int
    """The version that was accepted, and is to count no more."""
    sha256: Sha256
    part: Part
    cause: Line
    evidence: tuple[Line, ...]
    """Names of records, or where else the cause can be seen."""
    reads: tuple[str, ...]
    """What the file would have given, value by value, or why nothing."""
    outside: Literal["yes", "no"]
    """Whether one of these values is out of specification. Such a lot is never released: nobody investigated that value."""
    by: str
    name: str
    at: Stamp
    state: Literal["proposed", "set aside", "refused"] = "proposed"
    decided_by: str = ""
    decided_name: str = ""
    reason: str = ""
    """Of who decided."""

    @property
    def told(self) -> str:
        """Why, and by whom, in one line."""
        who = f"proposed by {self.name} ({self.by})"
        return (
            f"{self.cause}; {who}, signed by {self.decided_name} ({self.decided_by})"
            if self.decided_by
            else f"{self.cause}; {who}"
        )


def of_lot(core: Core, lot: str) -> tuple[SetAside, ...]:
    """What was ever proposed for a lot, by id."""
    return tuple(record for record, _ in core.of_lot(KIND, lot, SetAside))


def waiting(core: Core, lot: str) -> tuple[str, ...]:
    """Proposals that quality has not decided yet."""
    return tuple(record.id for record in of_lot(core, lot) if record.state == "proposed")


def refuse_waiting(core: Core, lot: str, act: str) -> None:
    """Raises Refused (RR-F04) while somebody wants a file of the lot set aside: nothing is calculated or reviewed past that question."""
    if open_ := waiting(core, lot):
        raise Refused(
            f"lot {lot} cannot {act}: {', '.join(open_)} wants a file set aside; quality must decide it first", rule="RR-F04"
        )


def refuse_outside(core: Core, lot: str) -> None:
    """Raises Refused (RR-F04) for a lot of which a file was set aside that read out of specification: it can only be rejected."""
    if found := [f"{r.file} ({r.id})" for r in of_lot(core, lot) if r.state == "set aside" and r.outside == "yes"]:
        words = f"{', '.join(found)} was set aside and read out of specification, and no investigation found why"
        raise Refused(f"lot {lot} cannot be released: {words}; it can be rejected", rule="RR-F04")
