"""Deviation: a planned result that did not come. One noun, one life: opened, investigated, dispositioned, closed."""

from __future__ import annotations

from typing import Literal

from csvgen.model.base import PLACEHOLDER, Line, Phase, Sha256, Stamp, Text, Value

Cause = Literal["system", "script", "data", "environment", "tester"]
Classification = Literal["critical", "major", "minor"]
Decision = Literal["retest", "accept-with-restriction", "reject"]


WHOLE_RUN = "(whole run)"
"""Stands for the case in a deviation of a run as a whole: no case has parentheses in its id."""


class Investigation(Value):
    """Written by a person before the disposition is signed; nothing of it is proposed by csvgen."""

    cause: Cause
    classification: Classification
    root_cause: Text
    impact: Text
    correction: Text
    change_reference: Line
    decision: Decision
    retest: tuple[Line, ...] = ()
    """Case ids the disposition releases for formal repetition."""
    restriction: Text | None = None
    """With accept-with-restriction: what may not be done until the gap is closed."""

    @property
    def lacks(self) -> str:
        """What is missing before anybody can sign it (RR-X12), or an empty string."""
        if any(PLACEHOLDER in text for text in (self.root_cause, self.impact, self.correction, self.change_reference)):
            return f"it still says {PLACEHOLDER!r}"
        if self.decision == "accept-with-restriction" and not self.restriction:
            return "it accepts with a restriction and states none"
        return ""


class Deviation(Value):
    """deviation.json: the record that the disposition signatures bind."""

    format: Literal["csvgen.deviation/1"] = "csvgen.deviation/1"
    id: str
    """``DEV-001`` in the order of opening, without gaps."""
    system: str
    phase: Phase
    run: str
    case: str
    """Id of the case, or WHOLE_RUN."""
    step: int
    requirements: tuple[str, ...]
    verdict: str
    expected: str
    actual: str
    result_digest: Sha256
    """Digest of the case result as recorded, of the seal for a run as a whole: the original result stays what it was."""
    opened: Stamp
    investigation: Investigation
