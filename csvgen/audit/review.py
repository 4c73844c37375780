"""Review of the trail by a person (rule RR-E10; EU GMP Annex 11, 9; PIC/S PI 041): what was looked at, what stood out, what was found.

The content is worked out here and signed as any other record. It fixes its scope: first and last event, filter, and the root of the
tree over all events up to the last, so that nobody can say later that other events were reviewed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal

from csvgen.audit.selection import Selection
from csvgen.canonical import Digest
from csvgen.errors import BadInput
from csvgen.model.audit import Event
from csvgen.model.base import Sha256, Stamp, Text, Value

_STANDS_OUT = {
    "delete": "a record was deleted",
    "reset": "an administrator reset a person's access",
    "lock": "an account was locked",
    "withdraw": "a signed record was withdrawn",
    "decline": "a signature was declined",
    "anchor-missing": "a checkpoint did not reach its anchor",
    "anchor-contradicts": "an anchor saw another trail",
    "clock-stepped-back": "the clock was set back",
    "clock-stepped-ahead": "the clock jumped ahead",
    "make-authority": "a certificate authority was made",
    "revoke-certificate": "a certificate was revoked",
    "recover": "files of a broken process were placed",
}
"""Action -> why a reviewer should look at it."""
_REFUSED = "refused"
_OTHER_KINDS = {
    "role-matrix": "who may do what was changed",
    "setting": "a setting was changed",
    "retention": "a period was changed",
}
_WHY_CLOCK = "written while the clock was in doubt"


class Count(Value):
    name: str
    events: int


class Flagged(Value):
    """An event that stands out by what it tells; a reviewer looks at each."""

    event: int
    at: Stamp
    person: str
    action: str
    record: str
    why: str


class TrailReview(Value):
    format: Literal["csvgen.trail-review/1"] = "csvgen.trail-review/1"
    first: int
    last: int
    selection: str
    """The filter in words; "all events" for none."""
    root: Sha256
    """Merkle root over the events 1 to `last`."""
    reviewed: int
    """How many events the filter took of the range."""
    actions: tuple[Count, ...]
    people: tuple[Count, ...]
    flagged: tuple[Flagged, ...]
    findings: Text
    """The reviewer's own words; "none" is a finding that somebody answers for."""


def review(bodies: Sequence[bytes], first: int, last: int, selection: Selection, root: Digest, findings: str) -> TrailReview:
    """The content of a review of events `first` to `last`. Raises BadInput for a range that is none and for findings that say nothing."""
    if not 1 <= first <= last <= len(bodies):
        raise BadInput(f"the trail has events 1 to {len(bodies)}; a review is over a part of them", where=f"{first} to {last}")
    if not any(c.isalnum() for c in findings):
        raise BadInput("the findings of a review are words; none found is a finding too", rule="RR-E10")
    events = [event for _, event in selection.of(bodies[first - 1 : last])]
    return TrailReview(
        first=first,
        last=last,
        selection=str(selection),
        root=root,
        reviewed=len(events),
        actions=_counts(e.action for e in events),
        people=_counts(e.person for e in events),
        flagged=tuple(
            Flagged(event=e.seq, at=e.at, person=e.person, action=e.action, record=e.record, why=why)
            for e in events
            if (why := stands_out(e))
        ),
        findings=findings,
    )


def stands_out(event: Event) -> str:
    """Why a reviewer should look at this event, or an empty string."""
    if _REFUSED in event.action:
        return "something was refused"
    if why := _STANDS_OUT.get(event.action, ""):
        return why
    if why := _OTHER_KINDS.get(event.record.partition("/")[0], ""):
        return why
    return _WHY_CLOCK if event.clock else ""


def _counts(names: Iterable[str]) -> tuple[Count, ...]:
    found = sorted(Counter(names).items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple(Count(name=name, events=number) for name, number in found)
