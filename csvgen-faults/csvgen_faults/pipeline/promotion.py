"""Faults of which code may run: promotion, withdrawal, re-validation."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from csvgen.pipeline import revalidation
from csvgen.pipeline.flow import approved
from csvgen.pipeline.promotion import Promotions
from csvgen.pipeline.revalidation import Revalidations
from csvgen_faults import fault
from csvgen_faults.patching import replace

Anything = Callable[..., Any]


@fault("pipeline-unpromoted-code-runs")
def _() -> None:
    """The artifact that was built last, as soon as it is there."""

    def in_force(original: Anything, core: Any, pipeline: str, environment: str) -> Any:
        built = [v for v in core.ledger.all("artifact") if v.content["pipeline"] == pipeline]
        return SimpleNamespace(artifact=max(built, key=lambda v: v.event).id) if built else original(core, pipeline, environment)

    replace(approved, "in_force", in_force)
    replace(approved, "once", lambda *_: None)


@fault("pipeline-builder-promotes")
def _() -> None:
    replace(Promotions, "_not_builder", lambda *_: None)


@fault("pipeline-withdrawn-code-runs")
def _() -> None:
    replace(approved, "withdrawn", lambda *_: False)


@fault("pipeline-revalidation-ignored")
def _() -> None:
    replace(revalidation, "require", lambda *_: None)


@fault("pipeline-extension-unlimited")
def _() -> None:
    """While an extension is judged, no day lies too far off."""
    extending: list[bool] = []

    def extend(original: Anything, *asked: Any, **named: Any) -> Any:
        extending.append(True)
        try:
            return original(*asked, **named)
        finally:
            extending.pop()

    def day_after(original: Anything, day: str, days: int) -> str:
        return "9999-12-31" if extending else str(original(day, days))

    replace(Revalidations, "extend", extend)
    replace(revalidation, "_day_after", day_after)
