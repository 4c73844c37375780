"""A conclusion that a person writes beside the rule: it may be worse than the rule gives, and never better."""

from __future__ import annotations

from csvgen.model.signature import WrittenConclusion
from csvgen.trace.conclusion import Outcome

_WRITTEN = ("not passed", "passed with restrictions", "passed")
_BY_RULE: tuple[Outcome, ...] = ("not eligible", "eligible with restrictions", "eligible")


def better_than(written: WrittenConclusion, outcome: Outcome) -> str:
    """Why a conclusion cannot be drawn, or an empty string."""
    if _WRITTEN.index(written.outcome) <= _BY_RULE.index(outcome):
        return ""
    return f"the conclusion {written.outcome!r} is better than the rule gives ({outcome})"
