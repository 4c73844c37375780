"""Step code that a protocol is approved with: which step runs which definition, and the digest of every file of it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from csvgen.model.base import Sha256, Value


class Definition(Value):
    """A step definition, by the file it stands in."""

    file: str
    """``csvgen/...``, ``project/...`` below the folder of the project, or ``elsewhere/...``."""
    line: int
    function: str
    sha256: Sha256
    """Of the source of the function."""

    @property
    def told(self) -> str:
        return f"{self.file}:{self.line}"


class ApprovedCode(Value):
    """code.json beside the record of a protocol: the step code its steps resolved to when it was composed."""

    format: Literal["csvgen.step-code/1"] = "csvgen.step-code/1"
    files: dict[str, str] = Field(default_factory=dict)
    """Name -> SHA-256: every file a step resolves to, and every Python file of the project that belongs to its step code."""
    definitions: tuple[Definition, ...] = ()
    cases: dict[str, tuple[int | None, ...]] = Field(default_factory=dict)
    """Case -> for each of its steps the place in `definitions`; None for a step that no definition fits, or several do."""

    def of(self, case: str, number: int) -> Definition | None:
        """The definition of a step, counted from 1; None where there is none."""
        steps = self.cases.get(case, ())
        place = steps[number - 1] if 0 < number <= len(steps) else None
        return self.definitions[place] if place is not None and 0 <= place < len(self.definitions) else None

    def uses(self, file: str, cases: tuple[str, ...] = ()) -> tuple[str, int] | None:
        """The first case and step (of `cases`, or of all) that runs a definition of a file."""
        for case in cases or tuple(self.cases):
            for number in range(1, len(self.cases.get(case, ())) + 1):
                found = self.of(case, number)
                if found is not None and found.file == file:
                    return case, number
        return None
