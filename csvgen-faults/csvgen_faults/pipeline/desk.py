"""Faults of what people do at their desk: plates and their curves, materials, certificates after the release, the list of work, batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from csvgen.pipeline import certificate_pages, materials, standing
from csvgen.pipeline.certificates import Certificates
from csvgen.pipeline.confidence import Interval
from csvgen.pipeline.materials import Material
from csvgen.pipeline.runs_many import ManyRuns
from csvgen.pipeline.suitability import Judgement
from csvgen_faults import fault
from csvgen_faults.patching import replace, swap
from csvgen_faults.steps import replace_in_steps

Anything = Callable[..., Any]


@fault("pipeline-plate-suitability-ignored")
def _() -> None:
    for name in ("of_plate", "of_curve", "of_interval"):
        replace_in_steps("csvgen.pipeline.suitability", name, lambda *_: Judgement(()))


@fault("pipeline-curve-limits-half")
def _() -> None:
    def of_level(original: Anything, *given: Any) -> Interval:
        found = original(*given)
        middle = (found.low + found.high) / 2
        return Interval((found.low + middle) / 2, (found.high + middle) / 2, found.freedom, found.quantile, found.how)

    replace_in_steps("csvgen.pipeline.confidence", "of_level", of_level)


@fault("pipeline-material-rule-ignored")
def _() -> None:
    replace(Material, "ends", lambda *_: "9999-12-31")


@fault("pipeline-expiry-ignored")
def _() -> None:
    replace(materials, "unfit", lambda *_: "")


@fault("pipeline-correction-replaces-nothing")
def _() -> None:
    def put(original: Anything, self: Certificates, change: Any, content: dict[str, object], *given: Any, **named: Any) -> Any:
        return original(self, change, content | {"replaces": ""}, *given, **named)

    replace(Certificates, "_put", put)


@fault("pipeline-copy-unmarked")
def _() -> None:
    replace(certificate_pages, "copy_of", lambda _, pdf, *__: pdf)


@fault("pipeline-work-list-wrong-role")
def _() -> None:
    other = {state: ("quality" if what == "review" else role, what) for state, (role, what) in vars(standing)["_NEXT"].items()}
    swap(standing, "_NEXT", other)


@fault("pipeline-batch-stops")
def _() -> None:
    def tasks(original: Anything, *given: Any) -> Iterator[Any]:
        for task in original(*given):
            yield task
            if task.refused:
                return

    replace(ManyRuns, "_tasks", tasks)
