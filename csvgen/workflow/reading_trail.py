"""The audit trail read in pages, newest first; what a review has already seen; what stands around the trail held against it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from csvgen.audit.anchored import Finding, outside_of, report
from csvgen.audit.chain import read_event
from csvgen.audit.ledger import Ledger
from csvgen.audit.review import TrailReview, review, stands_out
from csvgen.audit.selection import Selection, moment
from csvgen.canonical import Digest
from csvgen.config import Config
from csvgen.errors import BadInput
from csvgen.model.audit import Event, Head
from csvgen.model.base import hazard
from csvgen.signature.approvals import Approval


@dataclass(frozen=True, slots=True)
class Page:
    """A part of the trail."""

    events: tuple[Event, ...]
    """Newest first."""
    taken: int
    """How many the filter takes in all."""
    head: Head
    """The whole trail at that moment."""
    number: int
    pages: int


def selection(*, record: str, person: str, action: str, since: str, until: str, words: str = "") -> Selection:
    """The filter of what was typed, as at the command line. Raises BadInput for a time that is none and for hidden characters."""
    for name, value in (("record", record), ("person", person), ("action", action), ("words", words)):
        if found := hazard(value, newline=False):
            raise BadInput(f"{name} holds {found}", hint="type it again as plain text")
    begin, end = moment(since) if since else None, moment(until, end=True) if until else None
    return Selection(record, person, action, begin, end, words)


def page(ledger: Ledger, wanted: Selection, number: int, size: int) -> Page:
    """Page `number` (from 1) of what is wanted. Without a filter only the events of the page are read."""
    head = ledger.head()
    if not wanted.partial:
        pages = max(1, -(-head.count // size))
        number = min(number, pages)
        last = head.count - (number - 1) * size
        bodies = ledger.bodies(last - size, last)
        return Page(tuple(read_event(b) for b in reversed(bodies)), head.count, head, number, pages)
    kept: deque[Event] = deque(maxlen=number * size)
    taken = 0
    for _, event in wanted.of(ledger.each_body()):
        kept.append(event)
        taken += 1
    pages = max(1, -(-taken // size))
    if number > pages:
        return page(ledger, wanted, pages, size)
    newest = list(reversed(kept))
    return Page(tuple(newest[(number - 1) * size : number * size]), taken, head, number, pages)


def why_look(event: Event) -> str:
    """Why a reviewer should look at an event, or an empty string."""
    return stands_out(event)


def reviewed_up_to(valid: Iterable[Approval]) -> tuple[int, str]:
    """The last event that a complete review has seen, and the record of that review; 0 when there was none.

    `valid`: the revisions that trusted people have signed in full.
    """
    best = (0, "")
    for approval in valid:
        d, said = approval.document, approval.content
        whole = d.kind == "trail-review" and isinstance(said, dict) and said.get("selection") == str(Selection())
        if whole and int(said["last"]) > best[0]:
            best = (int(said["last"]), f"{d.id} r{d.revision}")
    return best


def next_name(approvals: Iterable[Approval]) -> str:
    """The number of the next review: ``001``, without gaps."""
    return f"{len({a.document.id for a in approvals if a.document.kind == 'trail-review'}) + 1:03d}"


def reviewing(ledger: Ledger, wanted: Selection, first: int, last: int | None, findings: str) -> TrailReview:
    """What a review of events `first` to `last` (the newest, without) is over: counts and what stands out. Raises BadInput as `review`."""
    bodies = ledger.bodies()
    end = last or len(bodies)
    root = Digest(f"sha256:{ledger.root(min(end, len(bodies))).hex()}")
    return review(bodies, first, end, wanted, root, findings)


@dataclass(frozen=True, slots=True)
class Held:
    """The trail held against itself and against everything the anchors of the project hold."""

    head: Head
    problems: tuple[str, ...]
    """In the database: chain, tree, records."""
    guards: tuple[str, ...]
    """What stands around the trail and should not."""
    findings: tuple[Finding, ...]
    """Against what is kept outside."""

    @property
    def sound(self) -> bool:
        return not self.problems and not self.guards and all(f.outcome in {"holds", "note"} for f in self.findings)


def held(ledger: Ledger, config: Config) -> Held:
    """As `csvgen audit check`: nothing is remembered from an earlier look."""
    problems, guards = ledger.problems(), ledger.guard_problems()
    return Held(ledger.head(), problems, guards, report(ledger.bodies(), outside_of(config)))
