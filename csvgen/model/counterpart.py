"""Who answered: the system itself on a real server, an emulator, or a stub; with its version and, where it can be read, its digest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator

from csvgen.model.base import Line, Value

CounterpartKind = Literal["real server", "emulator", "stub"]

WORTH: Mapping[str, str] = {
    "real server": "what it answered is its own behaviour",
    "emulator": "AN EMULATOR: this proves the shape of our calls, and not the behaviour of the system it stands for",
    "not said": "whether a real server, an emulator or a stub answered is NOT KNOWN",
    "stub": "A STUB: this proves the shape of our calls, and not the behaviour of the system it stands for",
}
"""What an observation is worth, by who answered."""


UNREAD = "(not known)"


class Counterpart(Value):
    """What stands on the other side of a target. An adapter that cannot read a digest says so; it never makes one up."""

    kind: CounterpartKind | Literal["not said"]
    name: Line
    version: Line
    digest: Line = UNREAD
    """SHA-256 of its program, or of all files of its release, where they can be read."""

    @property
    def words(self) -> str:
        """In one line, as reports and `csvgen run` print it."""
        told = f"digest {self.digest}" if self.digest != UNREAD else "digest not known"
        return f"{self.kind} {self.name} {self.version}, {told}; {WORTH[self.kind]}"


def _said(found: Counterpart) -> Counterpart:
    if found.kind == "not said":
        raise ValueError("say who answers: real server, emulator or stub")
    return found


Said = Annotated[Counterpart, AfterValidator(_said)]
"""A counterpart as a file of settings names it: whoever writes one has to say who answers."""


NOT_SAID = Counterpart(kind="not said", name="(the adapter names nobody)", version=UNREAD)
"""Recorded of a target that does not say who answers, so that no report passes over it."""
