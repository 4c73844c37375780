"""Faults of the gates a lot passes: the order of its life, review, release, and what stands in the way of both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from csvgen.pipeline import conditions, decisions, life
from csvgen.pipeline.decisions import Decisions
from csvgen.pipeline.rounding import OUT
from csvgen_faults import fault
from csvgen_faults.patching import replace

Anything = Callable[..., Any]


def _lets(act: str, states: tuple[str, ...], to: str = "") -> None:
    """An act is possible in these states as well, and leads to `to`, or nowhere else."""

    def after(original: Anything, lot: str, state: str, asked: str) -> Any:
        return (to or state) if asked == act and state in states else original(lot, state, asked)

    replace(life, "after", after)


@fault("pipeline-review-skipped")
def _() -> None:
    def gates(original: Anything, self: Decisions, lot: Any, session: Any, act: str) -> None:
        if act != "released" or self._core.state(lot.lot) != "processed":
            original(self, lot, session, act)

    _lets("released", ("processed",), "released")
    replace(Decisions, "_gates", gates)


@fault("pipeline-review-before-processing")
def _() -> None:
    _lets("reviewed", ("registered",), "reviewed")
    replace(Decisions, "_unread", lambda original, self, lot: original(self, lot) if lot.runs else [])


@fault("pipeline-decision-undone")
def _() -> None:
    _lets("released", ("released", "rejected"), "released")
    _lets("rejected", ("released", "rejected"), "rejected")


@fault("pipeline-decided-lot-changed")
def _() -> None:
    for act in ("ingest", "process", "change"):
        _lets(act, ("released", "rejected"))


@fault("pipeline-failing-lot-released")
def _() -> None:
    def may_release(original: Anything, self: Decisions, lot: Any, session: Any) -> None:
        if lot.verdict != OUT:
            original(self, lot, session)

    replace(Decisions, "_may_release", may_release)


@fault("pipeline-deviation-does-not-block")
def _() -> None:
    def refuse_blocked(original: Anything, core: Any, subject: str, act: str) -> None:
        if act != "reviewed":
            original(core, subject, act)

    replace(decisions, "refuse_blocked", refuse_blocked)


def _not_asked(words: tuple[str, ...]) -> None:
    """What a release needs of procedures and people, without what says these words."""

    def procedure(original: Anything, *asked: Any) -> list[str]:
        return [why for why in original(*asked) if not any(w in why for w in words)]

    replace(conditions, "_procedure", procedure)


@fault("pipeline-untrained-released")
def _() -> None:
    _not_asked(("was not trained", "the training of"))


@fault("pipeline-ineffective-procedure-released")
def _() -> None:
    _not_asked(("not in effect",))


def _while(act: str, name: str, other: Anything) -> None:
    """While an act of conditions is at work, a function of its module answers otherwise."""
    at_work: list[bool] = []

    def acting(original: Anything, *asked: Any, **named: Any) -> Any:
        at_work.append(True)
        try:
            return original(*asked, **named)
        finally:
            at_work.pop()

    replace(conditions.Conditions, act, acting)
    replace(conditions, name, lambda original, *of: other() if at_work else original(*of))


@fault("pipeline-procedure-twice")
def _() -> None:
    _while("register_procedure", "_versions", tuple)


@fault("pipeline-training-untrue")
def _() -> None:
    _while("register_training", "today", lambda: "9999-12-31")
