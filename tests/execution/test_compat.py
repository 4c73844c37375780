"""Canaries: every private thing of pytest and pytest-bdd that `csvgen.execution.compat` leans on, asked for one by one.

When one of these is red after an update, the message says what moved; nothing else of csvgen touches those parts. The second
half shows that the parts still do what they are used for.
"""

from __future__ import annotations

import importlib
import inspect
from importlib.metadata import version

import pytest

from csvgen.execution import compat
from csvgen.model.protocol import Feature, Step, TestCase

HERE = f"pytest {version('pytest')}, pytest-bdd {version('pytest-bdd')}"


def must(condition: object, what: str) -> None:
    if not condition:
        pytest.fail(f"{what} (found {HERE}); mend csvgen/execution/compat.py", pytrace=False)


# ------------------------------------------------------------------ what is there


def parameters(function: object) -> list[str]:
    return list(inspect.signature(function).parameters)  # type: ignore[arg-type]


NAMES = [
    ("_pytest.fixtures", "FixtureManager"), ("_pytest.fixtures", "FixtureRequest"), ("_pytest.fixtures", "call_fixture_func"),
    ("_pytest.fixtures", "FuncFixtureInfo"), ("pytest_bdd.scenario", "STEP_ARGUMENTS_RESERVED_NAMES"), ("pytest_bdd", "plugin"),
    ("_pytest.outcomes", "Exit"), ("_pytest.outcomes", "Skipped"),
    ("pytest_bdd.compat", "get_fixture_names"), ("pytest_bdd.compat", "getfixturedefs"), ("pytest_bdd.compat", "inject_fixture"),
    ("pytest_bdd.parser", "Feature"), ("pytest_bdd.parser", "Scenario"), ("pytest_bdd.parser", "Step"),
    ("pytest_bdd.steps", "StepFunctionContext"), ("pytest_bdd.steps", "StepNamePrefix"), ("pytest_bdd.steps", "step_function_context_registry"),
    ("pytest_bdd.scenario", "parse_step_arguments"), ("pytest_bdd.exceptions", "StepDefinitionNotFoundError"),
]  # fmt: skip


@pytest.mark.parametrize(("module", "name"), NAMES, ids=".".join)
def test_the_name_is_where_it_was(module: str, name: str) -> None:
    must(hasattr(importlib.import_module(module), name), f"{module} has no {name} any more")


@pytest.mark.parametrize(
    ("module", "name", "wanted"),
    [
        ("_pytest.fixtures", "call_fixture_func", ["fixturefunc", "request", "kwargs"]),
        ("pytest_bdd.compat", "get_fixture_names", ["fixturemanager"]),
        ("pytest_bdd.compat", "getfixturedefs", ["fixturemanager", "fixturename", "node"]),
        ("pytest_bdd.compat", "inject_fixture", ["request", "arg", "value"]),
        ("pytest_bdd.scenario", "parse_step_arguments", ["step", "context"]),
    ],
)
def test_the_function_takes_what_it_took(module: str, name: str, wanted: list[str]) -> None:
    found = parameters(getattr(importlib.import_module(module), name))
    must(found == wanted, f"{module}.{name} takes {found}, not {wanted}")


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        (
            "Feature",
            {
                "scenarios",
                "filename",
                "rel_filename",
                "language",
                "keyword",
                "name",
                "tags",
                "background",
                "line_number",
                "description",
            },
        ),
        ("Scenario", {"feature", "keyword", "name", "line_number", "steps", "tags", "description"}),
        ("Step", {"name", "type", "indent", "line_number", "keyword", "docstring"}),
    ],
)
def test_the_objects_of_hooks_are_built_as_before(name: str, wanted: set[str]) -> None:
    found = set(parameters(getattr(importlib.import_module("pytest_bdd.parser"), name)))
    must(wanted <= found, f"pytest_bdd.parser.{name} lost {', '.join(sorted(wanted - found))}")


def test_a_step_context_says_what_is_read_from_it() -> None:
    from pytest_bdd.steps import StepFunctionContext

    wanted, found = {"type", "step_func", "parser", "target_fixture"}, set(parameters(StepFunctionContext))
    must(wanted <= found, f"StepFunctionContext lost {', '.join(sorted(wanted - found))}")


def test_an_item_can_be_made_with_what_another_uses(request: pytest.FixtureRequest) -> None:
    must("fixtureinfo" in parameters(pytest.Function.__init__), "pytest.Function takes no fixtureinfo")
    info = compat.fixtures(request.node)
    must(info.names_closure == request.node.fixturenames, "the fixtures of an item are kept elsewhere")
    must(compat.request(request.node) is request, "the request of an item is kept elsewhere")
    must(compat.place(request.node.parent) == request.node.location[0], "the path of a file is worked out in another way")


@pytest.mark.parametrize("name", ["cucumber_json_path", "gherkin_terminal_reporter"])
def test_the_reporters_of_pytest_bdd_are_asked_for_as_they_were(name: str, pytestconfig: pytest.Config) -> None:
    must(hasattr(pytestconfig.option, name), f"pytest-bdd has no option {name} any more")


def test_the_parser_of_features_has_its_states_under_the_names_it_is_asked_for() -> None:
    from gherkin.parser import Parser

    must(
        hasattr(Parser, "match_token_at_0") and hasattr(Parser, "match_token_at_14"),
        "gherkin.parser.Parser names its states otherwise",
    )
    must(parameters(Parser.match_token) == ["self", "state", "token", "context"], "Parser.match_token takes something else")


HOOKS = {
    "pytest_bdd_before_scenario": {"request", "feature", "scenario"},
    "pytest_bdd_after_scenario": {"request", "feature", "scenario"},
    "pytest_bdd_before_step": {"request", "feature", "scenario", "step", "step_func"},
    "pytest_bdd_before_step_call": {"request", "feature", "scenario", "step", "step_func", "step_func_args"},
    "pytest_bdd_after_step": {"request", "feature", "scenario", "step", "step_func", "step_func_args"},
    "pytest_bdd_step_error": {"request", "feature", "scenario", "step", "step_func", "step_func_args", "exception"},
    "pytest_bdd_step_func_lookup_error": {"request", "feature", "scenario", "step", "exception"},
}


@pytest.mark.parametrize("name", HOOKS)
def test_the_hook_has_the_arguments_it_had(name: str) -> None:
    hook = getattr(importlib.import_module("pytest_bdd.hooks"), name, None)
    must(hook, f"the hook {name} is gone")
    must(set(parameters(hook)) == HOOKS[name], f"the hook {name} takes {parameters(hook)}")


def test_the_fixture_registry_is_one_of_those_that_are_read(request: pytest.FixtureRequest) -> None:
    manager = request.session._fixturemanager
    known = [n for n in ("_arg2node2fixturedefs", "_arg2nodeid2fixturedefs", "_arg2fixturedefs") if getattr(manager, n, None)]
    must(known, "the fixture manager keeps its definitions under another name")
    found = [d for name in ("tmp_path", "request") for d in compat._definitions(manager, name)]
    must(
        any(d.argname == "tmp_path" and callable(d.func) and hasattr(d, "baseid") for d in found),
        "a fixture definition has no func or baseid",
    )


@pytest.mark.parametrize(
    ("found", "words"),
    [("9.0.1", ""), ("9.9", ""), ("8.1.0", "pytest-bdd 8.1.0 is not a version"), ("10.0", "pytest-bdd 10.0 is not a version")],
)
def test_another_major_version_is_not_hoped_for(monkeypatch: pytest.MonkeyPatch, found: str, words: str) -> None:
    import importlib.metadata

    monkeypatch.setattr(importlib.metadata, "version", lambda _: found)
    assert compat.supported().startswith(words)
    assert bool(compat.supported()) == bool(words)


def test_the_installed_version_is_supported() -> None:
    must(not compat.supported(), compat.supported())


def test_hooks_get_objects_with_the_words_of_the_case() -> None:
    step = Step(keyword="Then", text="it is there", line=5, doc="text")
    case = TestCase(
        id="TC-OQ-0001", title="probe", phase="OQ", requirements=(), risks=(), priority="low", technique="positive", rule="", why="", ports=(),
        tags=("OQ",), steps=(step,), line=3,
    )  # fmt: skip
    feature, scenario = compat.bdd_objects(
        Feature(path="OQ/x.feature", phase="OQ", title="f", fingerprint="", text="", cases=(case,)), case
    )
    assert (feature.name, feature.rel_filename, feature.tags) == ("f", "OQ/x.feature", {"OQ"})
    assert (scenario.name, scenario.line_number, scenario.feature) == ("TC-OQ-0001 probe", 3, feature)
    (made,) = scenario.steps
    assert (made.name, made.type, made.keyword, made.line_number, made.docstring) == ("it is there", "then", "Then", 5, "text")


# ------------------------------------------------------------------ what it does

STEPS = """
import pytest
from pytest_bdd import given, when, then, step, parsers

@pytest.fixture
def base(): return "from a fixture"

@given("an exact text", target_fixture="one")
def _(base): return f"one {base}"

@given(parsers.parse("a {colour} text"), target_fixture="colour")
def _(colour): return colour

@given(parsers.re(r"(?P<number>[0-9]+) things"), converters={"number": int})
def _(number): assert type(number) is int

@given(parsers.cfparse("{many:d} more"), target_fixture="many")
def _(many): return many

@when("a table comes")
def _(datatable, observe): observe("table", expected="[['a', 'b'], ['1', '2']]", actual=str(datatable), source="probe")

@when("a text comes")
def _(docstring, observe): observe("text", expected="line", actual=docstring, source="probe")

@when("a generator step runs", target_fixture="yielded")
def _():
    yield "given"
    print("TORN DOWN")

@step("any keyword")
def _(): pass

@then("all is there")
def _(one, colour, many, yielded, observe):
    observe("values", expected="one from a fixture, green, 7, given", actual=f"{one}, {colour}, {many}, {yielded}", source="probe")

@then("whose step")
def _(observe): observe("step", expected="near", actual="far", source="probe")
"""

NEAR = """
from pytest_bdd import then

@then("whose step")
def _(observe): observe("step", expected="near", actual="near", source="probe")
"""

FEATURE = """
@OQ @URS-P-001 @risk-low
Feature: canary
  Scenario: TC-OQ-0001 all of it
    Given an exact text
    And a green text
    And 12 things
    And 7 more
    And any keyword
    When a table comes
      | a | b |
      | 1 | 2 |
    And a text comes
      \"\"\"
      line
      \"\"\"
    And a generator step runs
    And any keyword
    Then all is there
"""

WHOSE = "@OQ @URS-P-001 @risk-low\nFeature: whose\n  Scenario: TC-OQ-{:04d} nearest\n    Then whose step\n"


def test_the_step_library_works_through_these_touches(pytester: pytest.Pytester) -> None:
    """Exact, parse, regular expression and cfparse; converters, tables, texts, target fixtures, generators, any keyword."""
    pytester.makeconftest(STEPS)
    pytester.path.joinpath("canary.feature").write_text(FEATURE, encoding="utf-8")
    done = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:schemathesis", "-s", "canary.feature")
    must(done.parseoutcomes().get("passed") == 1, f"a plain step library does not run any more:\n{done.stdout.str()}")
    assert "TORN DOWN" in done.stdout.str()


def test_the_definition_nearest_to_the_feature_wins(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(STEPS)
    near = pytester.mkdir("near")
    (near / "conftest.py").write_text(NEAR, encoding="utf-8")
    (near / "near.feature").write_text(WHOSE.format(1), encoding="utf-8")
    pytester.path.joinpath("far.feature").write_text(WHOSE.format(2), encoding="utf-8")
    done = pytester.runpytest_subprocess(
        "-p", "no:cacheprovider", "-p", "no:schemathesis", "-rA", "near/near.feature", "far.feature"
    )
    must(done.parseoutcomes().get("passed") == 1, f"scope of step definitions changed:\n{done.stdout.str()}")
    assert done.parseoutcomes().get("failed") == 1


def test_hooks_fire_once_each_and_in_order(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(
        STEPS
        + "\nORDER = []\n"
        + "".join(f"def {name}(): ORDER.append('{name.removeprefix('pytest_bdd_')}')\n" for name in HOOKS)
        + "def pytest_sessionfinish(): print('ORDER ' + ' '.join(ORDER))\n"
    )
    pytester.path.joinpath("f.feature").write_text(
        '@OQ @risk-low\nFeature: f\n  Scenario: TC-OQ-0001 x\n    Given an exact text\n    When a text comes\n      """\n      other\n      """\n    Then whose step\n',
        encoding="utf-8",
    )
    done = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:schemathesis", "-s", "f.feature")
    order = next(line for line in done.outlines if "ORDER " in line).split("ORDER ")[1].split()
    assert order == [
        "before_scenario",
        "before_step",
        "before_step_call",
        "after_step",
        "before_step",
        "before_step_call",
        "step_error",
        "after_scenario",
    ]
