"""Comments on a record, at a case or a step: asked, answered and closed, every word in the audit trail; and a reviewer's own bookmark.

A comment forbids nothing by itself. Whoever does not want to sign declines by signature, which ends the revision; comments say why,
and stay with the revision they were made on. The author answers, and puts up the next one.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from csvgen.audit.ledger import Ledger
from csvgen.canonical import digest_bytes
from csvgen.errors import BadInput, Refused
from csvgen.model.audit import Actor
from csvgen.model.base import blank, hazard
from csvgen.model.signature import DocumentRecord

KIND = "comment"
"""Kind of the records."""
LONGEST = 4_000


@dataclass(frozen=True, slots=True)
class Said:
    """One word of a thread: who, when, what."""

    person: str
    printed_name: str
    at: str
    words: str


@dataclass(frozen=True, slots=True)
class Thread:
    """One comment with its answers."""

    id: str
    record: str
    revision: int
    case: str
    step: str
    said: tuple[Said, ...]
    state: str

    @property
    def open(self) -> bool:
        return self.state == "open"

    @property
    def author(self) -> str:
        return self.said[0].person


def threads(ledger: Ledger, document: DocumentRecord | None = None, *, record: str = "") -> tuple[Thread, ...]:
    """Comments on one revision, or on every revision of a record; oldest first."""
    found = every_thread(ledger)
    wanted = record or (document.id if document is not None else "")
    chosen = (t for t in found if t.record == wanted and (document is None or t.revision == document.revision))
    return tuple(sorted(chosen, key=lambda t: (t.said[0].at, t.id)))


def every_thread(ledger: Ledger) -> tuple[Thread, ...]:
    """Comments on all records."""
    return tuple(_thread(v.id, v.content) for v in ledger.all(KIND))


def threads_since(ledger: Ledger, count: int) -> tuple[Thread, ...]:
    """Comments that something was said to after so many events, as they are now."""
    mark = f"{KIND}/"
    names = dict.fromkeys(e.record.removeprefix(mark) for e in ledger.events(after=count) if e.record.startswith(mark))
    found = (ledger.latest(KIND, name) for name in names)
    return tuple(_thread(v.id, v.content) for v in found if v is not None)


def _thread(identity: str, content: dict[str, Any]) -> Thread:
    said = tuple(Said(s["person"], s["printed_name"], s["at"], s["words"]) for s in content["said"])
    return Thread(
        identity, str(content["record"]), int(content["revision"]), str(content["case"]), str(content["step"]), said,
        str(content["state"]),
    )  # fmt: skip


def comment(
    ledger: Ledger, actor: Actor, document: DocumentRecord, *, case: str, step: str, words: str, cases: Sequence[str], now: str
) -> str:
    """Put a comment on record; its id. Raises BadInput for words that say nothing or hide something, and for a case that is none."""
    words = _plain(words)
    if case and case not in cases:
        raise BadInput(f"{document.id} has no case {case[:40]!r}")
    if step and not (step.isascii() and step.isdigit() and len(step) < 5):  # noqa: PLR2004
        raise BadInput("this is no step")
    with ledger.change(actor, words) as change:
        taken = 1 + sum(v.content["record"] == document.id for v in ledger.all(KIND))
        identity = f"{document.id}-C{taken:03d}"
        content = {
            "record": document.id, "revision": str(document.revision), "document": str(document.digest), "case": case, "step": step,
            "state": "open", "said": [_said(actor, words, now)],
        }  # fmt: skip
        change.put(KIND, identity, content, action="comment")
    return identity


def answer(
    ledger: Ledger, actor: Actor, document: DocumentRecord, identity: str, *, words: str, now: str, close: bool = False
) -> Thread:
    """Answer a comment, or close it: who made a comment closes it, nobody else. Raises BadInput and Refused."""
    if not close or words.strip():
        words = _plain(words)
    with ledger.change(actor, words or "settled") as change:
        latest = change.latest(KIND, identity)
        if latest is None or latest.content["record"] != document.id:
            raise BadInput(f"there is no comment {identity[:60]!r} on {document.id}")
        before = _thread(identity, latest.content)
        if not before.open:
            raise Refused(f"{identity} is closed", hint="make a new comment")
        if close and before.author != actor.person:
            raise Refused(f"{identity} is closed by whoever made it: {before.said[0].printed_name}", rule="RR-G02")
        said = [*latest.content["said"], *([_said(actor, words, now)] if words.strip() else [])]
        content = {**latest.content, "said": said, "state": "closed" if close else "open"}
        change.put(KIND, identity, content, action="comment-closed" if close else "answer")
    return _thread(identity, content)


def _said(actor: Actor, words: str, now: str) -> dict[str, str]:
    return {"person": actor.person, "printed_name": actor.printed_name, "at": now, "words": words}


def _plain(words: str) -> str:
    words = words.strip()
    if blank(words):
        raise BadInput("a comment says something")
    if len(words) > LONGEST:
        raise BadInput(f"a comment has at most {LONGEST} characters")
    if found := hazard(words, newline=True):
        raise BadInput(f"the comment holds {found}", hint="type it again as plain text")
    return words


# ------------------------------------------------------------ my place


def _owner(person: str) -> str:
    return f"review:{digest_bytes(person.encode('utf-8')).removeprefix('sha256:')[:40]}"


def place(ledger: Ledger, person: str, document: DocumentRecord) -> str:
    """Case at which a person kept their place in a revision, or an empty string. A convenience of theirs, no record."""
    kept = ledger.secret(_owner(person), document.id)
    found = json.loads(kept) if kept else {}
    return str(found.get("case", "")) if found.get("document") == str(document.digest) else ""


def keep_place(ledger: Ledger, actor: Actor, document: DocumentRecord, case: str) -> None:
    with ledger.change(actor) as change:
        change.keep_secret(_owner(actor.person), document.id, json.dumps({"document": str(document.digest), "case": case[:48]}))
