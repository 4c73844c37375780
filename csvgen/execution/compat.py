"""Every private touch of pytest and pytest-bdd, in one place, with a canary (tests/execution/test_compat.py).

pytest-bdd is the step library, the parsers and the hook contract. It keeps step definitions as fixtures; finding them
takes its registry and pytest's fixture manager, neither of which is public. Supported: pytest 8.4 to 9, pytest-bdd 9.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest
from _pytest.fixtures import FixtureManager, FixtureRequest, call_fixture_func
from _pytest.outcomes import Exit, Skipped
from pytest_bdd import parsers
from pytest_bdd.compat import get_fixture_names, getfixturedefs, inject_fixture
from pytest_bdd.parser import Feature as BddFeature
from pytest_bdd.parser import Scenario as BddScenario
from pytest_bdd.parser import Step as BddStep
from pytest_bdd.steps import StepFunctionContext, StepNamePrefix, step_function_context_registry

from csvgen.model.protocol import Feature, Step, TestCase

# ``import pytest_bdd.scenario`` as a name would bind the function of that name, which shadows the module.
_scenario = importlib.import_module("pytest_bdd.scenario")

_PREFIX = StepNamePrefix.step_def.value

__all__ = [
    "BddFeature",
    "BddScenario",
    "BddStep",
    "Exit",
    "Skipped",
    "StepFunctionContext",
    "StepIndex",
    "bdd_objects",
    "call_step",
    "phrases",
    "step_functions",
    "supported",
]


def supported() -> str:
    """Why this pytest-bdd cannot be used, or an empty string. Unknown major versions are refused, not hoped for."""
    from importlib.metadata import version

    major = version("pytest-bdd").partition(".")[0]
    return "" if major == "9" else f"pytest-bdd {version('pytest-bdd')} is not a version csvgen {__package__} knows (9.x)"


class StepIndex:
    """Step definitions by type and text. Built once a session; exact texts in a table, patterns tried once per text.

    pytest-bdd looks through every fixture of the session for every step; with 500 definitions that is most of the time.
    """

    def __init__(self, manager: FixtureManager) -> None:
        self._manager = manager
        self._exact: dict[tuple[str | None, str], list[str]] = {}
        self._patterns: list[tuple[str, StepFunctionContext]] = []
        self._names: dict[tuple[str, str], tuple[str, ...]] = {}
        self._contexts: list[StepFunctionContext] = []
        seen: set[int] = set()
        for name in get_fixture_names(manager):
            if not name.startswith(_PREFIX):
                continue
            for definition in _definitions(manager, name):
                context = step_function_context_registry.get(definition.func)
                if context is None or id(context) in seen:
                    continue
                seen.add(id(context))
                self._contexts.append(context)
                if type(context.parser) is parsers.string:
                    self._exact.setdefault((context.type, context.parser.name), []).append(name)
                else:
                    self._patterns.append((name, context))

    def matches(self, keyword: str, text: str, node: pytest.Item) -> list[StepFunctionContext]:
        """Definitions visible from `node` that fit, the nearest scope only. More than one means ambiguous."""
        key = (keyword, text)
        if key not in self._names:
            exact = [*self._exact.get((keyword, text), ()), *self._exact.get((None, text), ())]
            fitting = [n for n, c in self._patterns if c.type in (None, keyword) and c.parser.is_matching(text)]
            self._names[key] = tuple(dict.fromkeys([*exact, *fitting]))
        found: dict[int, tuple[int, StepFunctionContext]] = {}
        for name in self._names[key]:
            for definition in getfixturedefs(self._manager, name, node) or ():
                context = step_function_context_registry.get(definition.func)
                if context is not None and context.type in (None, keyword) and context.parser.is_matching(text):
                    found[id(context)] = (len(definition.baseid or ""), context)
        nearest = max((depth for depth, _ in found.values()), default=0)
        return [context for depth, context in found.values() if depth == nearest]

    def contexts(self) -> Iterator[StepFunctionContext]:
        """Every definition, wherever it is visible."""
        yield from self._contexts

    def known(self) -> Iterator[tuple[str, str]]:
        """Type and text of every definition, for suggestions and for the report of unused steps."""
        for (kind, text), names in self._exact.items():
            for _ in names:
                yield kind or "*", text
        for _, context in self._patterns:
            yield context.type or "*", context.parser.name


def phrases(keyword: str) -> Iterator[tuple[str, Callable[[str], bool], str]]:
    """Phrase, test and module of every definition of a kind that was loaded into this process."""
    for context in list(step_function_context_registry.values()):
        if context.type in (None, keyword):
            yield context.parser.name, context.parser.is_matching, context.step_func.__module__


def step_functions() -> Iterator[Callable[..., Any]]:
    """The function of every step definition that was loaded into this process."""
    for context in list(step_function_context_registry.values()):
        yield context.step_func


def _definitions(manager: Any, name: str) -> Iterator[Any]:
    """Every definition registered under a name, wherever it is visible."""
    for registry in ("_arg2node2fixturedefs", "_arg2nodeid2fixturedefs"):
        for definitions in getattr(manager, registry, {}).get(name, {}).values():
            yield from definitions
    yield from getattr(manager, "_arg2fixturedefs", {}).get(name, ())


def bdd_objects(feature: Feature, case: TestCase) -> tuple[BddFeature, BddScenario]:
    """The feature and scenario as pytest-bdd's hooks expect them."""
    from collections import OrderedDict

    bdd_feature = BddFeature(
        scenarios=OrderedDict(), filename=feature.path, rel_filename=feature.path, language="en", keyword="Feature",
        name=feature.title, tags=set(case.tags), background=None, line_number=1, description="",
    )  # fmt: skip
    steps = [
        BddStep(name=s.text, type=s.keyword.lower(), indent=0, line_number=s.line, keyword=s.keyword, docstring=s.doc or None)
        for s in case.steps
    ]
    scenario = BddScenario(
        feature=bdd_feature, keyword="Scenario", name=f"{case.id} {case.title}", line_number=case.line, steps=steps,
        tags=set(case.tags), description="",
    )  # fmt: skip
    return bdd_feature, scenario


def call_step(
    request: FixtureRequest,
    context: StepFunctionContext,
    bdd_step: BddStep,
    step: Step,
    before_call: Callable[[dict[str, Any]], None],
) -> None:
    """Parse the arguments of a step, resolve its fixtures, call it, and inject its target fixture."""
    function = context.step_func
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        raise TypeError("this step is a coroutine; nothing would await it and it would seem to pass")
    parameters = inspect.signature(function).parameters
    arguments: dict[str, Any] = {k: v for k, v in _scenario.parse_step_arguments(bdd_step, context).items() if k in parameters}
    if "datatable" in parameters and step.table:
        arguments["datatable"] = [list(row) for row in step.table]
    if "docstring" in parameters and step.doc:
        arguments["docstring"] = step.doc
    for name, parameter in parameters.items():
        if name not in arguments and parameter.default is parameter.empty and parameter.kind is parameter.POSITIONAL_OR_KEYWORD:
            arguments[name] = request.getfixturevalue(name)
    before_call(arguments)
    result = call_fixture_func(cast("Any", function), request, arguments)
    if inspect.isawaitable(result):
        close = getattr(result, "close", None)
        if close is not None:
            close()
        raise TypeError("this step returned something to await; nothing awaits it and it would seem to pass")
    if context.target_fixture is not None:
        inject_fixture(request, context.target_fixture, result)
