"""What a person adds to an execution: who it was, what was corrected, what a reviewer should look at, and the notes of a session."""

from __future__ import annotations

from typing import Literal

from csvgen.model.base import Stamp, Value

FlagKind = Literal[
    "actual-is-expected", "same-words", "too-fast", "file-used-before", "file-time", "interrupted", "time-box", "verdict-lifted",
]  # fmt: skip
"""What a reviewer should look at (RR-X04, RR-X05): the actual text is word for word the expected one; the same words stand at another
step; an answer faster than a person can look; a file that serves elsewhere, or whose own time lies outside the step; a step that was
begun again; a session beyond its time box; a correction that lifted a verdict."""


class Performer(Value):
    """A person who carried out a step, authenticated at the begin of the part of the run it belongs to."""

    person: str
    printed_name: str
    role: str

    @property
    def shown(self) -> str:
        return f"{self.printed_name} ({self.person})"


class Flag(Value):
    """Something for the reviewer. A flag forbids nothing."""

    kind: FlagKind
    words: str
    reason: str = ""
    """What the person said to it, where a reason is asked for."""


class Correction(Value):
    """What an answer said before it was corrected. The step shows the corrected answer, this keeps the earlier one (RR-X07)."""

    actual: str
    verdict: str
    reason: str = ""
    why: str
    by: Performer
    """Who corrected it; who gave the first answer is the performer of the step."""
    at: Stamp
