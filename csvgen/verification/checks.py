"""A numbered list of named checks under construction."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from csvgen.diagnostics import one_line
from csvgen.model.verification import Check, Outcome, SignatureAnswers, Verification

T = TypeVar("T")
_TOLD = 20
"""Faults of one check that are told in words."""


class Checks:
    """Gathers checks in order. A check with faults fails; without decision it is unknown; never silently left out."""

    def __init__(self) -> None:
        self._checks: list[Check] = []
        self._signatures: list[SignatureAnswers] = []
        self._missing: dict[str, None] = {}

    def add(self, name: str, faults: list[str] | tuple[str, ...], good: str, subject: str = "") -> bool:
        """One check that holds when there is no fault. All faults are told, the first twenty in words."""
        shown = [*faults[:_TOLD], *([f"and {len(faults) - _TOLD} more"] if len(faults) > _TOLD else [])]
        self._append(name, Outcome.FAILS if faults else Outcome.HOLDS, "; ".join(shown) or good, subject)
        return not faults

    def over(self, count: int, name: str, faults: list[str] | tuple[str, ...], good: str, subject: str = "") -> None:
        """As `add`, of a check over so many things: over none it decides nothing, and says so."""
        if count or faults:
            self.add(name, faults, good, subject)
        else:
            self.note(name, "nothing to look at", subject)

    def unknown(self, name: str, why: str, subject: str = "") -> None:
        """One check that cannot be decided with what was given."""
        self._append(name, Outcome.UNKNOWN, why, subject)

    def note(self, name: str, text: str, subject: str = "") -> None:
        """Something said for completeness; it decides nothing."""
        self._append(name, Outcome.NOTE, text, subject)

    def signed(self, found: Iterable[SignatureAnswers]) -> None:
        """Signatures with their answers; an invalid one fails the verification whatever the checks say."""
        self._signatures += found

    def lacks(self, *what: str) -> None:
        """What would be needed to know more than can be known here."""
        self._missing |= dict.fromkeys(what)

    def guarded(self, name: str, work: Callable[[], T]) -> T | None:
        """Damage can surface anywhere; wherever it does, it is a failed check with its place."""
        try:
            return work()
        except Exception as problem:  # noqa: BLE001 - what is verified may be shaped in any way
            text = str(problem).split("\n", 1)[0] or type(problem).__name__
            self.add(name, [text], "")
            return None

    def _append(self, name: str, outcome: Outcome, detail: str, subject: str) -> None:
        number = len(self._checks) + 1
        self._checks.append(Check(number=number, name=name, outcome=outcome, detail=one_line(detail), subject=one_line(subject)))

    def result(self, kind: str = "package") -> Verification:
        """All checks so far."""
        return Verification(tuple(self._checks), tuple(self._signatures), kind, tuple(self._missing))
