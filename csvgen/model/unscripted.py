"""An unscripted session: what a person noted while exploring by a charter (FDA, Computer Software Assurance, 3 February 2026).

The session is an attended case whose steps are the charter. Each entry is a line of the journal when it is made, and stands in the
result of the case when that is finished. An issue makes the case FAILED, so that it opens a deviation and stands in the matrix.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from csvgen.model.attended import Performer
from csvgen.model.base import Stamp, Value

EntryKind = Literal["note", "issue", "conclusion"]


class SessionEntry(Value):
    """One entry of a session, in the person's own words."""

    number: int
    kind: EntryKind
    text: str
    by: Performer
    at: Stamp


def issues(entries: Iterable[SessionEntry]) -> tuple[str, ...]:
    """The issues of a session, each in its words."""
    return tuple(e.text for e in entries if e.kind == "issue")


def issues_told(entries: Iterable[SessionEntry]) -> str:
    """All issues of a session in one line; an empty string when there is none."""
    found = issues(entries)
    return f"{len(found)} issue(s): {'; '.join(f'{n}) {text}' for n, text in enumerate(found, 1))}" if found else ""
