"""Every private touch of pytest and pytest-bdd, in one place, with a canary (tests/execution/test_compat.py).

pytest-bdd is the step library, the parsers and the hook contract. It keeps step definitions as fixtures; finding them
takes its registry and pytest's fixture manager, neither of which is public. Supported: pytest 8.4 to 9, pytest-bdd 9.
"""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache, lru_cache
from types import SimpleNamespace
from typing import Any, cast

import pytest
from _pytest.fixtures import FixtureManager, FixtureRequest, FuncFixtureInfo, call_fixture_func
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
_bdd_plugin = importlib.import_module("pytest_bdd.plugin")

_PREFIX = StepNamePrefix.step_def.value
_REMEMBERED = 4_096

__all__ = [
    "UNHEARD",
    "BddFeature",
    "BddScenario",
    "BddStep",
    "Exit",
    "Skipped",
    "StepFunctionContext",
    "StepIndex",
    "bdd_objects",
    "call_step",
    "fixtures",
    "hooks",
    "phrases",
    "place",
    "request",
    "step_functions",
    "supported",
]


def supported() -> str:
    """Why this pytest-bdd cannot be used, or an empty string. Unknown major versions are refused, not hoped for."""
    from importlib.metadata import version

    major = version("pytest-bdd").partition(".")[0]
    return "" if major == "9" else f"pytest-bdd {version('pytest-bdd')} is not a version csvgen {__package__} knows (9.x)"


_HOOKS = (
    "before_scenario", "before_step", "before_step_call", "after_step", "step_error", "step_func_lookup_error", "after_scenario",
)  # fmt: skip


class _Nobody:
    """A hook that nobody listens to."""

    def __call__(self, **_told: object) -> None:
        pass

    def get_hookimpls(self) -> list[object]:
        return []


UNHEARD = SimpleNamespace(**{f"pytest_bdd_{name}": _Nobody() for name in _HOOKS})


def hooks(config: pytest.Config) -> Any:
    """The hooks of pytest-bdd, or `UNHEARD`: its own two reporters (Cucumber JSON, Gherkin on the terminal) listen only when they are asked for."""
    if not any(getattr(config.option, name, None) for name in ("cucumber_json_path", "gherkin_terminal_reporter")):
        heard = (impl.plugin for name in _HOOKS for impl in getattr(config.hook, f"pytest_bdd_{name}").get_hookimpls())
        if all(plugin is _bdd_plugin for plugin in heard):
            return UNHEARD
    return config.hook


def fixtures(item: pytest.Function) -> FuncFixtureInfo:
    """What an item uses before it is executed; an item of the same file can be made with it."""
    return item._fixtureinfo  # noqa: SLF001 - here and nowhere else


def request(item: pytest.Function) -> FixtureRequest:
    """The request of an item, new each time it is executed."""
    return item._request  # noqa: SLF001


def place(file: pytest.File) -> str:
    """The path of a file as pytest shows it."""
    return str(file.session._node_location_to_relpath(file.path))  # noqa: SLF001


class StepIndex:
    """Step definitions by type and text. Built once a session; exact texts in a table, patterns tried once per text.

    pytest-bdd looks through every fixture of the session for every step; with 500 definitions that is most of the time.
    """

    def __init__(self, manager: FixtureManager) -> None:
        self._manager = manager
        self._exact: dict[tuple[str | None, str], list[str]] = {}
        self._patterns: list[tuple[str, StepFunctionContext]] = []
        self._filed: dict[tuple[str, str], list[tuple[str, int]]] = {}
        """Longest fixed part of a pattern and its place, by the longest word it holds and the fixed text it begins with, in lower case."""
        self._lengths: dict[str, set[int]] = {}
        """How long the beginnings are under which something is filed, by word."""
        self._fitting: dict[tuple[str, str], tuple[tuple[str, frozenset[int]], ...]] = {}
        """Type and text -> names, and which of the definitions below a name fit; of the last few thousand texts."""
        self._seen: set[int] = set()
        self._visible: dict[Any, dict[str, tuple[tuple[int, StepFunctionContext], ...]]] = {}
        """Folder of feature files -> name -> depth and definition, as seen from there."""
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
        word, begins = _word(fixed), fixed[0]
        self._filed.setdefault((word, begins), []).append((max(fixed, key=len), len(self._patterns)))
        self._lengths.setdefault(word, set()).add(len(begins))
        self._patterns.append((name, context))

    def matches(self, keyword: str, text: str, node: pytest.Item) -> list[StepFunctionContext]:
        """Definitions visible from `node` that fit, the nearest scope only. More than one means ambiguous."""
        key = (keyword, text)
        if key not in self._fitting:
            if len(self._fitting) >= _REMEMBERED:
                self._fitting.clear()
            self._fitting[key] = tuple(self._look_up(keyword, text))
        found: dict[int, tuple[int, StepFunctionContext]] = {}
        for name, fitting in self._fitting[key]:
            for depth, context in self._seen_from(node, name):
                if id(context) in fitting or (id(context) not in self._seen and _fits(context, *key)):
                    found[id(context)] = (depth, context)
        nearest = max((depth for depth, _ in found.values()), default=0)
        return [context for depth, context in found.values() if depth == nearest]

    def _seen_from(self, node: pytest.Item, name: str) -> tuple[tuple[int, StepFunctionContext], ...]:
        """Definitions of a name that a case may use; all cases of a folder may use the same, for feature files define nothing."""
        file = node.parent
        folder = (file.parent or file) if file is not None else node
        seen = self._visible.setdefault(folder, {})
        if name not in seen:
            there = getfixturedefs(self._manager, name, node) or ()
            known = ((len(d.baseid or ""), step_function_context_registry.get(d.func)) for d in there)
            seen[name] = tuple((depth, context) for depth, context in known if context is not None)
        return seen[name]

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
        filed = [(word, small[:n]) for word in {"", *small.split()} for n in self._lengths.get(word, ()) if n <= len(small)]
        places = [place for key in filed for part, place in self._filed.get(key, ()) if part in small]
        return [self._patterns[place] for place in sorted(places)]

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
    if context.type not in (None, keyword):
        return False
    parser = context.parser
    return _parsed(parser, text) is not None if type(parser) in _PARSED else bool(parser.is_matching(text))


_PARSED = (parsers.parse, parsers.cfparse)


@lru_cache(maxsize=64)
def _parsed(parser: Any, text: str) -> dict[str, Any] | None:
    """What a parser finds in a text, None where it does not fit. A step is looked up and then called: its text is parsed once."""
    try:
        found = parser.parser.parse(text)
    except ValueError:
        return None
    return None if found is None else dict(found.named)


def _arguments(context: StepFunctionContext, bdd_step: BddStep | None, step: Step) -> Mapping[str, Any]:
    """The arguments that stand in the text of a step."""
    if type(context.parser) in _PARSED and not context.converters:
        found = _parsed(context.parser, step.text)
        if found is not None and not _scenario.STEP_ARGUMENTS_RESERVED_NAMES & found.keys():
            return found
    return cast("Mapping[str, Any]", _scenario.parse_step_arguments(bdd_step or _bdd_step(step), context))


def fixed_parts(parser: Any) -> tuple[str, ...]:
    """Texts, in lower case, that stand in everything a parser fits, the first at its beginning; empty where nothing is sure."""
    if type(parser) in (parsers.parse, parsers.cfparse):
        doubled = "{{" in parser.name or "}}" in parser.name
        parts = tuple(re.split("[{}]", parser.name, maxsplit=1)[:1] if doubled else re.split(r"\{[^{}]*\}", parser.name))
    else:
        parts = getattr(parser, "fixed", ("",))
    return tuple(p.lower() for p in parts) if all(p.isascii() for p in parts) else ("",)


def _word(fixed: tuple[str, ...]) -> str:
    """The longest word that stands whole in everything with these fixed parts; empty where none is sure."""
    words: list[str] = []
    for number, part in enumerate(fixed):
        found = part.split()
        runs_on = number < len(fixed) - 1 or number == 0  # what follows the last part is known to be the end, if there are others
        found = found[1:] if number and part[:1].strip() else found
        words += found[:-1] if runs_on and part[-1:].strip() else found
    return max(words, key=len, default="")


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
    steps = [_bdd_step(s) for s in case.steps]
    scenario = BddScenario(
        feature=bdd_feature, keyword="Scenario", name=f"{case.id} {case.title}", line_number=case.line, steps=steps,
        tags=set(case.tags), description="",
    )  # fmt: skip
    return bdd_feature, scenario


def _bdd_step(s: Step) -> BddStep:
    return BddStep(name=s.text, type=s.keyword.lower(), indent=0, line_number=s.line, keyword=s.keyword, docstring=s.doc or None)


@cache
def _parameters(function: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    return inspect.signature(function).parameters


@cache
def _awaited(function: Callable[..., Any]) -> bool:
    return inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)


def call_step(
    request: FixtureRequest,
    context: StepFunctionContext,
    bdd_step: BddStep | None,
    step: Step,
    before_call: Callable[[dict[str, Any]], None],
) -> None:
    """Parse the arguments of a step, resolve its fixtures, call it, and inject its target fixture. `bdd_step`: as hooks are told of it."""
    function = context.step_func
    if _awaited(function):
        raise TypeError("this step is a coroutine; nothing would await it and it would seem to pass")
    parameters = _parameters(function)
    arguments: dict[str, Any] = {k: v for k, v in _arguments(context, bdd_step, step).items() if k in parameters}
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
