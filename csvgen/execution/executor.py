"""The executor: runs the steps of one case, fires pytest-bdd's hooks, and gives every step a verdict of its own."""

from __future__ import annotations

import difflib
import hashlib
import inspect
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from _pytest.fixtures import FixtureRequest
from pytest_bdd.exceptions import StepDefinitionNotFoundError

from csvgen.execution import compat
from csvgen.execution.compat import StepFunctionContext, StepIndex
from csvgen.execution.observe import Blocked, ExpectationFailed
from csvgen.execution.recorder import CaseRecorder
from csvgen.model.execution import StepCode, Verdict
from csvgen.model.protocol import Feature, Step, TestCase
from csvgen.views import Unanswered


class NotPassed(Exception):
    """A case that did not pass, on its way to pytest's report. `verdict` says how."""

    def __init__(self, verdict: Verdict, reason: str) -> None:
        super().__init__(f"{verdict}: {reason}")
        self.verdict = verdict
        self.reason = reason


def execute(request: FixtureRequest, feature: Feature, case: TestCase, recorder: CaseRecorder, index: StepIndex) -> None:
    """Run the steps in order until one does not pass. Raises NotPassed then; interrupts go through as they came."""
    hook = compat.hooks(request.config)
    common: dict[str, Any] = {}
    bdd_steps: Sequence[Any] = (None,) * len(case.steps)
    if hook is not compat.UNHEARD:
        bdd_feature, scenario = compat.bdd_objects(feature, case)
        common = {"request": request, "feature": bdd_feature, "scenario": scenario}
        bdd_steps = scenario.steps
    hook.pytest_bdd_before_scenario(**common)
    try:
        for step, bdd_step in zip(case.steps, bdd_steps, strict=True):
            recorder.open(step)
            try:
                verdict, reason = perform(request, step, bdd_step, common, index, recorder)
            except BaseException as torn:  # KeyboardInterrupt, pytest.exit: the step is closed, then they go on
                recorder.close(Verdict.ERROR, f"interrupted: {type(torn).__name__}")
                raise
            result = recorder.close(verdict, reason)
            if result.verdict is not Verdict.PASSED:
                raise NotPassed(result.verdict, f"step {result.number} ({step.keyword} {step.text}): {result.reason}")
    finally:
        hook.pytest_bdd_after_scenario(**common)


def perform(
    request: FixtureRequest, step: Step, bdd_step: Any, common: dict[str, Any], index: StepIndex, recorder: CaseRecorder
) -> tuple[Verdict, str]:
    """Look a step up and call it: its verdict, and why it did not pass. `common`: what hooks are told; nothing where none is heard."""
    hook = request.config.hook if common else compat.UNHEARD
    found = index.matches(step.keyword.lower(), step.text, request.node)
    if len(found) != 1:
        reason = undefined(step, found, index)
        problem = StepDefinitionNotFoundError(reason)
        hook.pytest_bdd_step_func_lookup_error(**common, step=bdd_step, exception=problem)
        return Verdict.UNDEFINED, reason
    context = found[0]
    recorder.code(step_code(context.step_func))
    arguments = {**common, "step": bdd_step, "step_func": context.step_func, "step_func_args": {}}

    def before_call(values: dict[str, Any]) -> None:
        arguments["step_func_args"] = values
        fire(hook.pytest_bdd_before_step_call, arguments)

    fire(hook.pytest_bdd_before_step, arguments)
    try:
        compat.call_step(request, context, bdd_step, step, before_call)
    except compat.Exit:
        raise
    except compat.Skipped as skipped:
        return Verdict.SKIPPED, f"the step skipped itself: {skipped.msg}"
    except (Blocked, Unanswered) as kept:
        return Verdict.BLOCKED, lacking(kept) if isinstance(kept, Unanswered) else str(kept)
    except (ExpectationFailed, AssertionError, pytest.fail.Exception) as failure:
        hook.pytest_bdd_step_error(**arguments, exception=failure)
        return Verdict.FAILED, _message(failure)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a step raises is the step's result
        hook.pytest_bdd_step_error(**arguments, exception=error)
        return Verdict.ERROR, f"{type(error).__name__}: {_message(error)}"
    fire(hook.pytest_bdd_after_step, arguments)
    return Verdict.PASSED, ""


def lacking(kept: Unanswered) -> str:
    """What is missing, in one line: where, what, and how to mend it."""
    return " ".join(f"{kept.where + ': ' if kept.where else ''}{kept.message}{f' ({kept.hint})' if kept.hint else ''}".split())


def fire(hook: Any, arguments: dict[str, Any]) -> None:
    """Call a hook, unless nobody listens: each step has three, and most projects listen to none."""
    if hook.get_hookimpls():
        hook(**arguments)


def undefined(step: Step, found: list[StepFunctionContext], index: StepIndex) -> str:
    """Why a step has no single definition, with the nearest known phrase."""
    if found:
        places = ", ".join(f"{c.file}:{c.line}" for c in (step_code(f.step_func) for f in found))
        return f"{len(found)} step definitions fit; which one ran would be chance: {places}"
    near = difflib.get_close_matches(
        step.text, [text for kind, text in index.known() if kind in ("*", step.keyword.lower())], n=1, cutoff=0.3
    )
    return "no step definition fits" + (f"; the nearest is {near[0]!r}" if near else "")


@cache
def step_code(function: Any) -> StepCode:
    """File, line and digest of the source of a step: step code is part of the script."""
    try:
        lines, line = inspect.getsourcelines(function)
        file = inspect.getsourcefile(function) or "?"
    except (OSError, TypeError):
        return StepCode(file="unavailable", line=0, function=getattr(function, "__qualname__", "?"), sha256="sha256:" + "0" * 64)
    digest = hashlib.sha256("".join(lines).encode("utf-8")).hexdigest()
    return StepCode(file=_short(file), line=line, function=function.__qualname__, sha256=f"sha256:{digest}")


def _short(file: str) -> str:
    """A path that says nothing about the machine: below the package or below the project."""
    parts = Path(file).parts
    anchors = [place for place, part in enumerate(parts) if part in ("csvgen", "protocols", "tests")]
    return "/".join(parts[anchors[-1] if anchors else -2 :])


def _message(problem: BaseException) -> str:
    text = str(getattr(problem, "msg", None) or problem).strip()
    return text.split("\n", 1)[0] if isinstance(problem, ExpectationFailed) else text or "no message"
