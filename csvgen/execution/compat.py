"""Every private touch of pytest and pytest-bdd, in one place, with a canary (tests/execution/test_compat.py).

pytest-bdd is the step library, the parsers and the hook contract. It keeps step definitions as fixtures; finding them
takes its registry and pytest's fixture manager, neither of which is public. Supported: pytest 8.4 to 9, pytest-bdd 9.
"""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
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
        self._beginning: dict[int, dict[str, list[tuple[str, int]]]] = {}
        """Longest fixed part and place of each pattern, by length and words of the fixed text it begins with, in lower case."""
        self._fitting: dict[tuple[str, str], tuple[tuple[str, frozenset[int]], ...]] = {}
        """Type and text -> names, and which of the definitions below a name fit."""
        self._seen: set[int] = set()
        self._file: Any = None
        self._visible: dict[str, tuple[tuple[int, StepFunctionContext], ...]] = {}
        """Name -> depth and definition, as seen from the file whose cases are going on."""
        self._contexts: list[StepFunctionContext] = []
        for name in get_fixture_names(manager):
            if not name.startswith(_PREFIX):
                continue
            for definition in _definitions(manager, name):
                context = step_function_context_registry.get(definition.func)
                if context is None or id(context) in self._seen:
                    continue
                self._seen.add(id(context))
                self._contexts.append(context)
                if type(context.parser) is parsers.string:
                    self._exact.setdefault((context.type, context.parser.name), []).append(name)
                else:
                    self.add(name, context)

    def add(self, name: str, context: StepFunctionContext) -> None:
        """Another pattern, filed under the fixed text it begins with."""
        fixed = fixed_parts(context.parser)
        place = self._beginning.setdefault(len(fixed[0]), {}).setdefault(fixed[0], [])
        place.append((max(fixed, key=len), len(self._patterns)))
        self._patterns.append((name, context))

    def matches(self, keyword: str, text: str, node: pytest.Item) -> list[StepFunctionContext]:
        """Definitions visible from `node` that fit, the nearest scope only. More than one means ambiguous."""
        key = (keyword, text)
        if key not in self._fitting:
            self._fitting[key] = tuple(self._look_up(keyword, text))
        found: dict[int, tuple[int, StepFunctionContext]] = {}
        for name, fitting in self._fitting[key]:
            for depth, context in self._seen_from(node, name):
                if id(context) in fitting or (id(context) not in self._seen and _fits(context, *key)):
                    found[id(context)] = (depth, context)
        nearest = max((depth for depth, _ in found.values()), default=0)
        return [context for depth, context in found.values() if depth == nearest]

    def _seen_from(self, node: pytest.Item, name: str) -> tuple[tuple[int, StepFunctionContext], ...]:
        """Definitions of a name that a case may use; all cases of a file may use the same."""
        if node.parent is not self._file:
            self._file, self._visible = node.parent, {}
        if name not in self._visible:
            there = getfixturedefs(self._manager, name, node) or ()
            known = ((len(d.baseid or ""), step_function_context_registry.get(d.func)) for d in there)
            self._visible[name] = tuple((depth, context) for depth, context in known if context is not None)
        return self._visible[name]

    def _look_up(self, keyword: str, text: str) -> Iterator[tuple[str, frozenset[int]]]:
        exact = [*self._exact.get((keyword, text), ()), *self._exact.get((None, text), ())]
        patterns = [(name, context) for name, context in self._candidates(text) if _fits(context, keyword, text)]
        for name in dict.fromkeys([*exact, *(n for n, _ in patterns)]):
            fitting = {id(c) for n, c in patterns if n == name}
            if name in exact:
                below = (step_function_context_registry.get(d.func) for d in _definitions(self._manager, name))
                fitting |= {id(c) for c in below if c is not None and _fits(c, keyword, text)}
            yield name, frozenset(fitting)

    def _candidates(self, text: str) -> list[tuple[str, StepFunctionContext]]:
        """Patterns that a text can fit by the fixed parts it holds, in the order they were found."""
        if not text.isascii():  # what is one letter in lower case is a question of its own outside ASCII
            return self._patterns
        small = text.lower()
        there = [found for length, table in self._beginning.items() for found in table.get(small[:length], ())]
        return [self._patterns[place] for place in sorted([place for part, place in there if part in small])]

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


def _fits(context: StepFunctionContext, keyword: str, text: str) -> bool:
    return context.type in (None, keyword) and context.parser.is_matching(text)


def fixed_parts(parser: Any) -> tuple[str, ...]:
    """Texts, in lower case, that stand in everything a parser fits, the first at its beginning; empty where nothing is sure."""
    if type(parser) in (parsers.parse, parsers.cfparse):
        doubled = "{{" in parser.name or "}}" in parser.name
        parts = tuple(re.split("[{}]", parser.name, maxsplit=1)[:1] if doubled else re.split(r"\{[^{}]*\}", parser.name))
    else:
        parts = getattr(parser, "fixed", ("",))
    return tuple(p.lower() for p in parts) if all(p.isascii() for p in parts) else ("",)


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


@cache
def _parameters(function: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    return inspect.signature(function).parameters


@cache
def _awaited(function: Callable[..., Any]) -> bool:
    return inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)


def call_step(
    request: FixtureRequest,
    context: StepFunctionContext,
    bdd_step: BddStep,
    step: Step,
    before_call: Callable[[dict[str, Any]], None],
) -> None:
    """Parse the arguments of a step, resolve its fixtures, call it, and inject its target fixture."""
    function = context.step_func
    if _awaited(function):
        raise TypeError("this step is a coroutine; nothing would await it and it would seem to pass")
    parameters = _parameters(function)
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
