"""What pytest is about to execute, held against the plan of the run: recorded in every run, and binding in a formal one.

Options, marks, plugins and the hooks of a conftest can leave cases out, repeat them, turn them round or excuse them. An engineering run
may do so and says it. A formal run executes the planned cases, each once, in the planned order, and is refused otherwise.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

_LEAVE_OUT = {
    "keyword": "-k", "markexpr": "-m", "lf": "--lf", "deselect": "--deselect", "ignore": "--ignore", "ignore_glob": "--ignore-glob",
    "stepwise": "--stepwise",
}  # fmt: skip
"""Options that leave cases out, by the name pytest keeps them under."""
_MORE = {
    "maxfail": "-x or --maxfail", "failedfirst": "--ff", "newfirst": "--nf", "reruns": "--reruns", "force_flaky": "--force-flaky",
    "count": "--count", "random_order_bucket": "--random-order", "runxfail": "--runxfail", "collectonly": "--collect-only",
}  # fmt: skip
"""Options that stop early, repeat, excuse or turn round."""
_QUIET = {"random_order_bucket": "module"}
"""Values by which an installed plugin does nothing unless it is asked to."""
_EXCUSES = ("skip", "skipif", "xfail", "flaky", "repeat", "order")
_MEDDLERS = ("rerunfailures", "flaky", "random_order", "randomly", "repeat", "retry", "reverse", "pytest_order", "ordering")
"""Words in the names of plugins that repeat cases or turn them round."""


def selection(config: pytest.Config, names: Mapping[str, str] = _LEAVE_OUT) -> dict[str, str]:
    """Options that are set -> their values."""
    given = {name: getattr(config.option, name, None) for name in names}
    said = {names[name]: v for name, v in given.items() if v and v != _QUIET.get(name)}
    return {flag: " ".join(map(str, v)) if isinstance(v, list | tuple) else str(v) for flag, v in said.items()}


def meddlers(config: pytest.Config) -> list[str]:
    """Plugins of this process that repeat cases or turn them round."""
    named = {str(name) for name, plugin in config.pluginmanager.list_name_plugin() if plugin is not None}
    named |= {getattr(plugin, "__name__", "") for plugin in config.pluginmanager.get_plugins()}
    # A conftest is named by its path, in which any word may stand.
    return sorted(
        {n for n in named if not n.endswith("conftest.py") and any(word in n.split("/")[-1].lower() for word in _MEDDLERS)}
    )


def told(config: pytest.Config, planned: Sequence[str], found: Sequence[str]) -> dict[str, Any]:
    """The line of the journal: what was left out, in which order the rest is about to be executed, and by which options."""
    there = set(found)
    left = [case for case in planned if case not in there]
    as_planned = [case for case in planned if case in there] == list(found)
    plugins = sorted({f"{d.project_name} {d.version}" for _, d in config.pluginmanager.list_plugin_distinfo()})
    return {
        "planned": len(planned), "collected": len(found), "left_out": left, "order": [] if as_planned else list(found),
        "options": selection(config, _LEAVE_OUT | _MORE), "plugins": plugins,
    }  # fmt: skip


def refusals(config: pytest.Config, planned: Sequence[str], items: Sequence[pytest.Item], cases: Sequence[str]) -> list[str]:
    """Why a formal run does not execute this. `cases`: the ids of those items that are cases of the plan's system, in their order."""
    found = [f"the option {flag} may not be given" for flag in selection(config, _LEAVE_OUT | _MORE)]
    found += [f"the plugin {name} repeats cases or turns them round" for name in meddlers(config)]
    if len(items) > len(cases):
        others = [item.nodeid for item in items if not hasattr(item, "case")]
        found.append(f"{(others or ['a case of another system'])[0]} is no case of the protocol")
    count, of_plan = Counter(cases), set(planned)
    found += [f"{case} was planned and is left out" for case in planned if case not in count][:3]
    found += [f"{case} was not planned" for case in count if case not in of_plan][:3]
    found += [f"{case} is there {n} times" for case, n in count.items() if n > 1][:3]
    if not found and list(cases) != list(planned):
        first = next(a for a, b in zip(cases, planned, strict=True) if a != b)
        found.append(f"the cases are in another order than planned, from {first} on")
    for item in items:
        found += [f"{item.name} carries the mark {mark.name}" for mark in item.iter_markers() if mark.name in _EXCUSES][:1]
    return found


def in_order(cases: Sequence[Any], items: list[pytest.Item], plans: Mapping[str, Mapping[str, Any]]) -> None:
    """Sort items by the plans of their systems; what is in no plan comes last, as it came."""
    places = {(system, entry["case"]): n for system, plan in plans.items() for n, entry in enumerate(plan.get("planned", ()))}
    mine = {id(item): places.get((item.system, item.case.id), len(places)) for item in cases}
    items.sort(key=lambda item: mine.get(id(item), len(places)))


def grouped(folders: Iterable[str]) -> dict[str, str]:
    """Case -> its group, where a folder is that of a shard."""
    from csvgen.evidence.read import read_shard_plan
    from csvgen.model.shard import SHARDS

    plans = (read_shard_plan(path) for folder in folders if (path := Path(folder) / SHARDS).is_file())
    return {c.case: c.group for plan in plans for c in plan.cases}
