"""What waits for a person besides a signature: records that were sent back, deviations, runs that a person carries out, comments. Pure.

Each task names the function of the role matrix that it takes, so that whoever holds it sees it; what a person may do is decided where
they do it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from csvgen.model.signature import DECLINED
from csvgen.workflow.commenting import Thread
from csvgen.workflow.deviating import standing
from csvgen.workflow.state import ProjectState

_PUTS_UP: Mapping[str, str] = {"run-record": "record", "execution-order": "order", "trail-review": "review trail"}
"""Kind of a record -> who puts up the next revision; of all others whoever composes documents."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    kind: Literal["record", "deviation", "run", "comment"]
    about: str
    """Id of the record, the deviation or the run."""
    words: str
    since: str
    may: str = "use"
    """Function of the role matrix."""


def tasks(state: ProjectState) -> tuple[Task, ...]:
    """Of the project as its files are; the oldest first."""
    found = [*_sent_back(state), *_deviations(state), *_attended(state)]
    return tuple(sorted(found, key=lambda t: (t.since, t.about)))


def _sent_back(state: ProjectState) -> Iterator[Task]:
    for approval in {a.document.id: a for a in state.approvals}.values():
        d = approval.document
        if approval.ended != DECLINED or d.kind == "deviation":  # its deviation tells of that one
            continue
        r = next(s.record for s in approval.signatures if s.record.meaning == DECLINED)
        words = f"sent back by {r.printed_name} ({r.role}): {r.reason}; answer it, and put up the next revision"
        yield Task(kind="record", about=d.id, words=words, since=r.signed, may=_PUTS_UP.get(d.kind, "compose"))


def _deviations(state: ProjectState) -> Iterator[Task]:
    for o, d in zip(state.opened, state.deviations, strict=True):
        if d.signed and d.decision != "retest":
            continue
        s = standing(state, o, d)
        of = f"{s.opened.case} in {s.opened.run}"
        if s.life in ("not investigated", "disposition ended"):
            words = f"{of}: {'nobody has investigated it' if s.life == 'not investigated' else 'its disposition was sent back or withdrawn'}"
            yield Task(kind="deviation", about=s.id, words=words, since=s.opened.opened, may="investigate")
        elif s.disposed.decision == "retest" and not s.open and not s.retests and not s.ordered:
            yield Task(kind="deviation", about=s.id, words=f"{of}: its retest is not ordered", since=s.closed, may="order")


def _attended(state: ProjectState) -> Iterator[Task]:
    for run in state.runs:
        p = run.plan
        if p.mode == "formal" and run.seal is None and p.attended and run.waits:
            words = f"{len(p.attended)} {'case waits' if len(p.attended) == 1 else 'cases wait'} for a person to carry out"
            yield Task(kind="run", about=run.run, words=words, since=p.created, may="run")


def of_comments(threads: Iterable[Thread], person: str, *, composes: bool) -> tuple[Task, ...]:
    """Open comments whose next word is this person's: an answer of the author's side, or of whoever asked once it is there."""
    found = []
    for t in threads:
        last = t.said[-1]
        answered = last.person != t.author
        if not t.open or not (t.author == person if answered else composes and t.author != person):
            continue
        asked = f"answered by {last.printed_name}; go on, or close it" if answered else f"asked by {last.printed_name}; answer it"
        at = " ".join(w for w in (t.case, f"step {t.step}" if t.step else "") if w)
        words = f"comment {t.id} on revision {t.revision}{f', {at}' if at else ''}: {asked}"
        found.append(Task(kind="comment", about=t.record, words=words, since=last.at))
    return tuple(found)
