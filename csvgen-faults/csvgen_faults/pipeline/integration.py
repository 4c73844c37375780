"""Faults of changed integrations."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from csvgen.errors import BadInput, Refused
from csvgen.pipeline import integrations, reintegration
from csvgen.pipeline.integrations import Integrations
from csvgen.pipeline.nouns import Lot
from csvgen.pipeline.reintegration import Reintegration
from csvgen_faults import fault
from csvgen_faults.patching import replace

Anything = Callable[..., Any]


@fault("pipeline-reintegration-unsigned")
def _() -> None:
    """It takes effect as soon as it is recorded, with a reason or not."""

    def reintegrate(original: Anything, self: Integrations, session: str, lot: str, *given: Any, **named: Any) -> Any:
        outcome = original(self, session, lot, *given, **named)
        if not outcome.accepted:
            return outcome
        core = self._core
        record, _ = core.known("reintegration", outcome.reference.partition("/")[2], Reintegration)
        with core.acting(session, "reintegrate", f"lot/{lot}") as acting:
            with core.ledger.change(core.actor(acting), record.reason) as change:
                known = self._take_effect(change, record, core.known("lot", lot, Lot)[0])
            core.files.add(known)
        return outcome

    replace(Integrations, "reintegrate", reintegrate)


@fault("pipeline-reintegration-by-one")
def _() -> None:
    def may_sign(original: Anything, self: Integrations, integration: str, acting: Any) -> Any:
        try:
            return original(self, integration, acting)
        except Refused as refusal:
            record, _ = self._core.known("reintegration", integration, Reintegration)
            if acting.account.id != record.by or "another person" not in refusal.message:
                raise
            return record, self._core.known("lot", record.lot, Lot)[0], record.waits_for

    replace(Integrations, "_may_sign", may_sign)


@fault("pipeline-reintegration-hides-old")
def _() -> None:
    def with_tests(original: Anything, lot: Any, method: Any, tests: Iterable[Any]) -> Any:
        kept = tuple(w for w in lot.withdrawn if not w.by.startswith("reintegration/"))
        return original(lot.model_copy(update={"withdrawn": kept}), method, tests)

    replace(integrations, "with_tests", with_tests)


@fault("pipeline-reintegration-turns-alone")
def _() -> None:
    replace(reintegration, "turned", lambda *_: False)


@fault("pipeline-other-injections-integrated")
def _() -> None:
    def changes(original: Anything, old: Any, new: Any) -> Any:
        try:
            return original(old, new)
        except BadInput:
            return (reintegration.PeakChange(injection="1", peak="Main", old="1", new="2"),)

    replace(reintegration, "changes", changes)


@fault("pipeline-confirmed-result-integrated")
def _() -> None:
    replace(integrations, "deviations_of", lambda original, *of: tuple(d for d in original(*of) if d.decision != "reject"))
