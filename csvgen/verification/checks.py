"""A numbered list of named checks under construction."""

from __future__ import annotations

from csvgen.model.verification import Check, Outcome, Verification


class Checks:
    """Gathers checks in order. A check with faults fails; without decision it is unknown; never silently left out."""

    def __init__(self) -> None:
        self._checks: list[Check] = []

    def add(self, name: str, faults: list[str] | tuple[str, ...], good: str, subject: str = "") -> bool:
        """One check that holds when there is no fault. All faults are told, the first twenty in words."""
        shown = [*faults[:20], *([f"and {len(faults) - 20} more"] if len(faults) > 20 else [])]  # noqa: PLR2004
        self._append(name, Outcome.FAILS if faults else Outcome.HOLDS, "; ".join(shown) or good, subject)
        return not faults

    def unknown(self, name: str, why: str, subject: str = "") -> None:
        """One check that cannot be decided with what was given."""
        self._append(name, Outcome.UNKNOWN, why, subject)

    def note(self, name: str, text: str, subject: str = "") -> None:
        """Something said for completeness; it decides nothing."""
        self._append(name, Outcome.NOTE, text, subject)

    def _append(self, name: str, outcome: Outcome, detail: str, subject: str) -> None:
        self._checks.append(Check(number=len(self._checks) + 1, name=name, outcome=outcome, detail=detail, subject=subject))

    def result(self) -> Verification:
        """All checks so far."""
        return Verification(tuple(self._checks))
