"""What a formal run is refused for, option by option and plugin by plugin; test_formal.py shows the refusals in a real pytest."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from csvgen.execution import collected

NAMES = {**collected._LEAVE_OUT, **collected._MORE}
MEDDLERS = (
    "pytest_rerunfailures", "flaky.flaky_pytest_plugin", "pytest_random_order.plugin", "pytest_randomly", "pytest_repeat",
    "pytest_retry.retry_plugin", "pytest_reverse", "pytest_order.plugin", "pytest_ordering",
)  # fmt: skip
"""Modules of the plugins that repeat cases or turn them round, by the names they have on the package index."""


def config(plugin: str = "", **options: Any) -> Any:
    """As much of a pytest as is looked at."""
    named = [("terminal", object()), ("/project/retry/conftest.py", object()), *([(plugin, object())] if plugin else [])]
    manager = SimpleNamespace(list_name_plugin=lambda: named, get_plugins=lambda: [p for _, p in named])
    return SimpleNamespace(option=SimpleNamespace(**options), pluginmanager=manager)


def item(name: str = "TC-OQ-0001", *marks: str) -> Any:
    found = [SimpleNamespace(name=mark) for mark in marks]
    return SimpleNamespace(name=name, nodeid=name, case=object(), iter_markers=lambda: found)


def refused(made: Any, *marks: str) -> list[str]:
    return collected.refusals(made, ["TC-OQ-0001"], [item("TC-OQ-0001", *marks)], ["TC-OQ-0001"])


def test_a_plain_pytest_is_not_refused() -> None:
    """A conftest is named by its path, in which any word may stand."""
    assert refused(config(**{**dict.fromkeys(NAMES, None), "random_order_bucket": "module"})) == []


@pytest.mark.parametrize("name", NAMES)
def test_every_option_that_leaves_out_stops_repeats_or_excuses_is_refused(name: str) -> None:
    assert refused(config(**{name: ["x"]})) == [f"the option {NAMES[name]} may not be given"]


@pytest.mark.parametrize("plugin", MEDDLERS)
def test_every_plugin_that_repeats_or_turns_round_is_refused(plugin: str) -> None:
    (told,) = refused(config(plugin))
    assert told == f"the plugin {plugin} repeats cases or turns them round"


@pytest.mark.parametrize("mark", ["skip", "skipif", "xfail", "flaky", "repeat", "order"])
def test_every_mark_that_excuses_is_refused(mark: str) -> None:
    assert refused(config(), mark) == [f"TC-OQ-0001 carries the mark {mark}"]


@pytest.mark.parametrize(
    ("planned", "cases", "told"),
    [
        (["A", "B"], ["A"], "B was planned and is left out"),
        (["A"], ["A", "B"], "B was not planned"),
        (["A", "B"], ["A", "B", "B"], "B is there 2 times"),
        (["A", "B"], ["B", "A"], "the cases are in another order than planned, from B on"),
    ],
    ids=["fewer", "more", "twice", "turned round"],
)
def test_other_cases_than_planned_are_refused(planned: list[str], cases: list[str], told: str) -> None:
    assert collected.refusals(config(), planned, [item(c) for c in cases], cases) == [told]
