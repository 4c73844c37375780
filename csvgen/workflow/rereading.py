"""A project read again where some of its files changed: of what is the same, the very values read before are kept.

Which part of a state is read from which files stands here, in one table. What follows from several parts (the matrix, deviations) is
worked out anew, but for one thing: where the runs that count are the same ones, so is the matrix. So a run that goes on costs the
reading of that run, and nothing else.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from csvgen.evidence.read import read_run
from csvgen.model.evidence import Evidence
from csvgen.trace.matrix import reported
from csvgen.workflow.state import ProjectState, read_runs, read_state

GROUND = "ground"
"""Specification, protocols, templates, settings: with another one of these everything that follows from them is another."""
RUN = "run "
"""Before the name of a run's folder."""
_READ_FROM: Mapping[str, tuple[str, ...]] = {
    GROUND: ("drafted", "_read", "stale"),
    "approvals": ("approvals",),
    "trust": ("trust", "external"),
    "challenges": ("challenges",),
    "imports": ("imports",),
}
"""Part of a project -> what of a state is read from its files alone, and from those of the ground."""


def read_again(before: ProjectState, changed: Collection[str]) -> ProjectState:
    """The state as the files are now, when only those of the parts `changed` are others. Raises ConfigError as `read_state`."""
    config, system = before.config, before.spec.system.id
    state = read_state(config, system) if GROUND in changed else ProjectState(config, before.spec)
    known, now = vars(before), vars(state)  # cached properties keep what they read here
    for part, names in _READ_FROM.items():
        if part not in changed:
            now |= {name: known[name] for name in names if name in known}
    if "runs" in known:
        others = {part.removeprefix(RUN) for part in changed if part.startswith(RUN)}
        kept = {r.folder: r for r in before.runs if Path(r.folder).name not in others}
        now["runs"] = read_runs(config.runs(system), lambda folder: _run(folder, kept))
        if all(part.startswith(RUN) for part in changed) and "matrix" in known and _as_reported(before, state):
            now |= {name: known[name] for name in ("matrix", "deviations", "opened") if name in known}
    return state


def _run(folder: Path, kept: Mapping[str, Evidence]) -> Evidence:
    found = kept.get(str(folder))
    return found if found is not None else read_run(folder)


def _as_reported(before: ProjectState, now: ProjectState) -> bool:
    """Whether the runs that reports tell of are the same: matrix and deviations follow from no others."""
    old, new = ([r for r in state.runs if reported(r)] for state in (before, now))
    return len(old) == len(new) and all(a is b for a, b in zip(old, new, strict=True))
