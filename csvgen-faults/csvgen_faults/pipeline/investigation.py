"""Faults of what follows a result out of specification: repeats, averages, causes, retests."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from csvgen.errors import Refused
from csvgen.pipeline import runs
from csvgen.pipeline.core import Core
from csvgen.pipeline.deviations import OUT_OF_SPECIFICATION, deviations_of
from csvgen.pipeline.flow.flows import Given
from csvgen.pipeline.investigation import Investigations
from csvgen.pipeline.rounding import OUT
from csvgen.pipeline.runs import Runs
from csvgen_faults import fault
from csvgen_faults.patching import replace

Anything = Callable[..., Any]


def _processed_again(when: Callable[[Core, Any], bool]) -> None:
    """Of a lot that fails, the newest file that no run has read takes the place of what it has, if `when` says so."""

    def to_process(original: Anything, self: Runs, lot: Any, method: Any, acting: Any) -> Any:
        if lot.verdict == OUT and when(self._core, lot):
            used = self._used(lot)
            newest = (runs.newest_of(self._core, lot, name) for name in lot.files)
            if new := [s for s in newest if s.file.standing == "accepted" and s.file.digest not in used]:
                return (max(new, key=lambda s: s.event),)
        return original(self, lot, method, acting)

    def with_tests(original: Anything, lot: Any, method: Any, tests: Iterable[Any]) -> Any:
        return original(lot, method, tuple({t.name: t for t in tests}.values()))

    replace(Runs, "_to_process", to_process)
    replace(runs, "with_tests", with_tests)


@fault("pipeline-failing-result-replaced")
def _() -> None:
    _processed_again(lambda _core, _lot: True)


@fault("pipeline-retest-without-cause")
def _() -> None:
    """It is enough that a cause was written down."""

    def written(core: Core, lot: Any) -> bool:
        found = (d for d in deviations_of(core, f"lot/{lot.lot}") if d.kind == OUT_OF_SPECIFICATION and d.state == "open")
        return any(d.cause is not None for d in found)

    _processed_again(written)


@fault("pipeline-measurements-averaged")
def _() -> None:
    """The wells of all files for one test are read as if they stood on one plate."""

    def to_process(original: Anything, self: Runs, lot: Any, method: Any, acting: Any) -> Any:
        try:
            return original(self, lot, method, acting)
        except Refused as refusal:
            if "neither chosen nor averaged" not in refusal.message:
                raise
            return tuple(runs.newest_of(self._core, lot, name) for name in lot.files)

    def inputs_of(original: Anything, core: Core, method: Any, sources: Iterable[Any]) -> Any:
        read = tuple(sources)
        given, parameters = original(core, method, read)
        plates = [s for s in read if s.file.part == "potency"]
        if len(plates) > 1:
            together = _together([core.raw.read(s.file.digest, s.file.name) for s in plates])
            given["plate"] = Given(plates[-1].record, plates[-1].version, together, plates[-1].file.name)
        return given, parameters

    replace(Runs, "_to_process", to_process)
    replace(runs, "inputs_of", inputs_of)


def _together(plates: list[bytes]) -> bytes:
    first, *others = (data.decode().splitlines() for data in plates)
    lines = [*first[:-1], *(line for other in others for line in other if line.startswith("sample,"))]
    return "\n".join([*lines, f"end,{len(lines) - 2}", ""]).encode()


@fault("pipeline-cause-signed-by-finder")
def _() -> None:
    def signed_cause(original: Anything, self: Investigations, found: Any, acting: Any) -> Any:
        own = found.cause is not None and found.cause.by == acting.account.id and acting.account.id not in self._measured(found)
        return found.cause if own else original(self, found, acting)

    replace(Investigations, "_signed_cause", signed_cause)


@fault("pipeline-retests-unlimited")
def _() -> None:
    def planned(original: Anything, self: Investigations, lot: Any, retests: str) -> int:
        return int(retests) if retests.isdigit() and int(retests) else int(original(self, lot, retests))

    replace(Investigations, "_planned", planned)


@fault("pipeline-retest-plan-forgotten")
def _() -> None:
    def as_retests(original: Anything, lot: Any, values: Any, run: str) -> Any:
        named, plans = original(lot, values, run)
        return named, tuple(p.model_copy(update={"runs": (run,) * p.count}) if p.runs else p for p in plans)

    replace(runs, "_as_retests", as_retests)
