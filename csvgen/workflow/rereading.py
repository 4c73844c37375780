"""A project read again where some of its files changed: of what is the same, the very values read before are kept.

Which part of a state is read from which files stands here, in one table. Of a changed specification the files that changed are read; of the
protocols what follows from other entries is drafted, and what has another text is parsed. What follows from several parts (the matrix, deviations) is
worked out anew, but for one thing: where the runs that count are the same ones, with deviations that stand as they stood, so is the
matrix. So a run that goes on costs the reading of that run, a signature that of the approvals, and nothing else.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from csvgen.errors import CsvgenError
from csvgen.evidence.read import read_run
from csvgen.model.evidence import Evidence
from csvgen.signature.approvals import Approval
from csvgen.trace.matrix import reported
from csvgen.workflow.state import ProjectState, read_runs, read_state, supported

GROUND = "ground"
"""Specification, protocols, settings: with another one of these everything that follows from them is another."""
TEMPLATES = "templates"
"""With another one of these so is every file that is drafted."""
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
    ground = not {GROUND, TEMPLATES}.isdisjoint(changed)
    state = read_state(config, system, before.reading) if ground else ProjectState(config, before.spec, before.reading)
    known, now = vars(before), vars(state)  # cached properties keep what they read here
    if ground:
        _drafted_again(state, before, same_templates=TEMPLATES not in changed)
    for part, names in _READ_FROM.items():
        if part not in changed and not (part == GROUND and ground):
            now |= {name: known[name] for name in names if name in known}
    with suppress(CsvgenError):  # what cannot be read is told where it is asked for
        if "approvals" in known and "approvals" in changed:
            now["approvals"] = _the_same(state.approvals, before.approvals)
    if "runs" in known:
        others = {part.removeprefix(RUN) for part in changed if part.startswith(RUN)}
        kept = {r.folder: r for r in before.runs if Path(r.folder).name not in others}
        found = read_runs(config.runs(system), lambda folder: _run(folder, kept))
        now["runs"] = before.runs if _all(found, before.runs) else found
        if not ground and "matrix" in known and _all(*([r for r in s.runs if reported(r)] for s in (before, state))):
            now["opened"] = known["opened"]
            with suppress(CsvgenError):
                if state.deviations == before.deviations and supported(state) == supported(before):
                    now |= {name: known[name] for name in ("matrix", "deviations")}
    return state


def _drafted_again(state: ProjectState, before: ProjectState, *, same_templates: bool) -> None:
    """What follows from the specification, as far as it was asked for: of what follows from the same, the very words."""
    known, now = vars(before), vars(state)
    with suppress(CsvgenError):  # as above
        if "drafted" in known:
            now["drafted"] = state.drafted_after(before.drafted if same_templates else None)
        if "_read" in known:
            now["_read"] = state.protocol_after(known["_read"])


def ready(state: ProjectState, before: ProjectState) -> None:
    """Read and work out of a state what was asked of the one before it."""
    for name in vars(before).keys() - vars(state).keys():
        getattr(state, name)


def _run(folder: Path, kept: Mapping[str, Evidence]) -> Evidence:
    found = kept.get(str(folder))
    return found if found is not None else read_run(folder)


def _the_same(found: Sequence[Approval], before: Sequence[Approval]) -> tuple[Approval, ...]:
    """Where a revision says what it said and carries what it carried, the very one that was read before, with all that was read of it."""
    known = {(a.document.id, a.document.revision): a for a in before}
    same = ((a, known.get((a.document.id, a.document.revision))) for a in found)
    return tuple(old if old is not None and old == new and old.folder == new.folder else new for new, old in same)


def _all(found: Sequence[Evidence], before: Sequence[Evidence]) -> bool:
    """Whether they are the very same, none more and none less."""
    return len(found) == len(before) and all(a is b for a, b in zip(found, before, strict=True))
