"""An unscripted session: what a person noted while exploring by a charter (FDA, Computer Software Assurance, 3 February 2026).

The session is an attended case whose steps are the charter. Each entry is a line of the journal when it is made, and stands in the
result of the case when that is finished. An issue makes the case FAILED, so that it opens a deviation and stands in the matrix.
"""

from __future__ import annotations

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
