"""The stage of a trial, inside the process that executes it: a disposable instance, broken by its fault once its state was read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, cast

from csvgen.canonical import read_canonical
from csvgen.errors import ConfigError, CsvgenError, Refused
from csvgen.evidence.read import RUN, read_bytes, read_model
from csvgen.execution.session import Stage, WorkerRecorder
from csvgen.model.challenge import Seeding, Trial
from csvgen.ports import Faults, Installation, Outcome, Target

if TYPE_CHECKING:
    from csvgen.challenge.falsifying import Falsifier

MARK = "disposable"
"""Configuration value of the instance, fixed at its installation."""


def stage_of(folder: Path | None, home: Path | None) -> Stage:
    """The stage a planned folder asks for. Raises ConfigError when a trial has no instance of its own, or a run is given one."""
    plan = read_canonical(read_bytes(folder / RUN), RUN) if folder is not None else {}
    is_trial = isinstance(plan, dict) and str(plan.get("format", "")).startswith("csvgen.trial/")
    if is_trial != (home is not None):
        raise ConfigError("a trial is executed on a disposable instance, and nothing else is", rule="CHL002")
    if folder is None or home is None:
        return Stage()
    return TrialStage(read_model(Trial, read_bytes(folder / RUN), folder / RUN), home)


def _falsifier() -> Falsifier:
    """Loaded for the trials that need it: every start of pytest comes by this room."""
    from csvgen.challenge.falsifying import Falsifier

    return Falsifier()


class TrialStage(Stage):
    """Binds the disposable instance, breaks it as the trial says, and mends it again before its state is read at the end."""

    def __init__(self, trial: Trial, home: Path) -> None:
        self._trial = trial
        self._home = home
        self._failed: CsvgenError | None = None
        self._falsifier = _falsifier() if trial.manner == "falsified" else None

    def settings(self, given: Mapping[str, str]) -> Mapping[str, str]:
        if self._failed is not None:
            raise self._failed
        from csvgen.targets.local.outside import without

        return {**without(given), "root": "", "home": str(self._home), "install": "no"}

    def opened(self, target: Target, recorder: WorkerRecorder) -> Target:
        try:
            faults = require_disposable(target)
            if self._trial.fault:
                answer = faults.inject(self._trial.fault)
                self._note(recorder, "inject", answer)
                if not answer.accepted:
                    raise Refused(f"the fault {self._trial.fault} was not seeded: {answer.message}", rule="CHL008")
        except CsvgenError as problem:
            self._failed = problem
            raise
        return self._falsifier.watch(target, recorder) if self._falsifier is not None else target

    def closing(self, target: Target, recorder: WorkerRecorder) -> None:
        if self._trial.fault:
            self._note(recorder, "withdraw", cast("Faults", target.port("Faults")).withdraw(self._trial.fault))

    def _note(self, recorder: WorkerRecorder, act: str, answer: Outcome) -> None:
        recorder.note(
            "fault",
            seeding=Seeding(fault=self._trial.fault, act=act, accepted=answer.accepted, message=answer.message),
        )

    # ------------------------------------------------------------ hooks of pytest-bdd

    def pytest_bdd_before_step_call(self, step: object, step_func_args: dict[str, object]) -> None:
        if self._falsifier is not None:
            self._falsifier.before(step, step_func_args)

    def pytest_bdd_after_step(self, request: object, step: object, step_func: object, step_func_args: dict[str, object]) -> None:
        if self._falsifier is not None:
            self._falsifier.after(request, step, step_func, step_func_args)


def require_disposable(target: Target) -> Faults:
    """The port that breaks a system. Raises Refused for an instance that is not thrown away, ConfigError where nothing can break it."""
    installation = cast("Installation | None", target.port("Installation"))
    marked = installation is not None and installation.configuration().get(MARK) == "yes"
    if not marked:
        raise Refused(
            f"the instance {target.instance} of {target.name} is not disposable; it is never broken on purpose",
            rule="CHL002", hint="a challenge installs an instance of its own and marks it",
        )  # fmt: skip
    faults = target.port("Faults")
    if faults is None:
        raise ConfigError(
            f"nothing here can break {target.name}: it offers no port Faults",
            rule="CHL001", hint="install the distribution csvgen-faults beside csvgen, in an environment that validates nothing",
        )  # fmt: skip
    return cast("Faults", faults)
