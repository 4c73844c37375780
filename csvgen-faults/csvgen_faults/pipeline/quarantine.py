"""Faults of arrival: instruments, quarantine, the same data a second time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from csvgen.errors import Refused
from csvgen.pipeline import arrivals, aside, register, runs
from csvgen.pipeline.arrivals import Arrivals
from csvgen.pipeline.core import Core
from csvgen.pipeline.deviations import NO_INSTRUMENT
from csvgen.pipeline.judging import Judged
from csvgen.pipeline.setting_aside import SettingAside
from csvgen_faults import fault
from csvgen_faults.patching import replace

Anything = Callable[..., Any]


def _taken_as_accepted(standing: str) -> None:
    """A run reads a file that stands so as if it had been accepted."""

    def newest_of(original: Anything, core: Core, lot: Any, name: str) -> Any:
        source = original(core, lot, name)
        if source.file.standing != standing:
            return source
        return runs.Source(source.file.model_copy(update={"standing": "accepted"}), source.version, source.event)

    replace(runs, "newest_of", newest_of)


@fault("pipeline-missing-instrument-passes")
def _() -> None:
    def open_deviation(original: Anything, core: Core, change: Any, subject: str, kind: str, reason: str) -> str:
        return "" if kind == NO_INSTRUMENT else str(original(core, change, subject, kind, reason))

    def told(original: Anything, arrived: Any, opened: list[str], why: list[str]) -> Any:
        """Nothing is said of a deviation that was not opened."""
        kept = [(d, w) for d, w in zip(opened, why, strict=True) if d]
        return original(arrived, [d for d, _ in kept], [w for _, w in kept])

    replace(arrivals, "open_deviation", open_deviation)
    replace(arrivals, "_told", told)


@fault("pipeline-unknown-source-accepted")
def _() -> None:
    def judge(original: Anything, registered: Any, given: str, *asked: Any) -> Judged:
        judged: Judged = original(registered, given, *asked)
        return Judged("accepted", given) if given and given not in registered else judged

    replace(arrivals, "judge", judge)


@fault("pipeline-quarantine-processed")
def _() -> None:
    _taken_as_accepted("quarantined")


@fault("pipeline-quarantine-rejection-undone")
def _() -> None:
    """While a decision is made, what was rejected counts as still in quarantine."""
    deciding: list[bool] = []

    def decide(original: Anything, self: Arrivals, *asked: Any, **named: Any) -> Any:
        deciding.append(True)
        try:
            return original(self, *asked, **named)
        finally:
            deciding.pop()

    def known(original: Anything, self: Core, kind: str, identity: str, noun: Any) -> Any:
        found, version = original(self, kind, identity, noun)
        if deciding and kind == "file" and found.standing == "rejected":
            found = found.model_copy(update={"standing": "quarantined"})
        return found, version

    replace(Arrivals, "decide_quarantined", decide)
    replace(Core, "known", known)


@fault("pipeline-copy-counts-twice")
def _() -> None:
    def refuse_repeated(original: Anything, before: list[Any], identity: str, file: Any) -> None:
        original([k for k in before if k.id == identity], identity, file)

    def refuse_exported_anew(original: Anything, like: list[Any], identity: str, newest: Any, file: Any) -> None:
        original([k for k in like if k.id == identity], identity, newest, file)

    replace(register, "_refuse_repeated", refuse_repeated)
    replace(register, "_refuse_exported_anew", refuse_exported_anew)


@fault("pipeline-same-file-new-version")
def _() -> None:
    """No two files have the same particulars."""
    replace(register, "_particulars", lambda _, file: {"file": object(), "of": file})


@fault("pipeline-other-lot-forgives")
def _() -> None:
    replace(runs, "failed_elsewhere", lambda *_: "")


@fault("pipeline-failing-set-aside")
def _() -> None:
    def judged(original: Anything, self: SettingAside, lot: Any, source: Any) -> tuple[tuple[str, ...], bool]:
        try:
            found: tuple[tuple[str, ...], bool] = original(self, lot, source)
        except Refused:
            return (), False
        return found

    replace(SettingAside, "_judged", judged)


@fault("pipeline-proposal-not-waited-for")
def _() -> None:
    replace(aside, "refuse_waiting", lambda *_: None)


@fault("pipeline-second-measurement-silent")
def _() -> None:
    replace(Arrivals, "_measured_before", lambda *_: "")


@fault("pipeline-repeated-data-silent")
def _() -> None:
    replace(register.Register, "_repeated", lambda *_: "")


@fault("pipeline-set-aside-processed")
def _() -> None:
    _taken_as_accepted("set aside")


@fault("pipeline-decided-proposal-open")
def _() -> None:
    """While a proposal is decided, one that was refused counts as waiting."""

    def known(original: Anything, self: Core, kind: str, identity: str, noun: Any) -> Any:
        found, version = original(self, kind, identity, noun)
        if kind == aside.KIND and found.state == "refused":
            found = found.model_copy(update={"state": "proposed"})
        return found, version

    replace(Core, "known", known)
