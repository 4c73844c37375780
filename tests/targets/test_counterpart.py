"""Who answered: recorded with each run, printed in each report; what was recorded before says nothing of it and keeps its digest."""

from __future__ import annotations

from dataclasses import replace

from csvgen.canonical import digest, plain
from csvgen.model.counterpart import NOT_SAID, UNREAD, Counterpart
from csvgen.model.execution import TargetState
from csvgen.model.report import Facts
from csvgen.report.environment_blocks import environments
from csvgen.steps.common import target_state
from csvgen.targets.described import with_digest
from csvgen.views import ComponentState, Unanswered

from ..report.material import D, at, material
from .bound import Bound

OLD = {"name": "validation", "instance": D, "components": [], "configuration": [], "read_at": at(1)}


def test_an_old_record_keeps_its_digest() -> None:
    state = TargetState.model_validate(OLD)
    assert plain(state) == OLD
    assert digest(state) == digest(OLD)
    assert "counterparts" in plain(state.model_copy(update={"counterparts": (NOT_SAID,)}))


def test_a_target_that_names_nobody_is_recorded_as_such() -> None:
    said, silent = Bound(), Bound()
    silent.counterparts = ()
    assert [c.kind for c in target_state(said).counterparts] == ["stub"]
    assert target_state(silent).counterparts == (NOT_SAID,)
    assert "NOT KNOWN" in NOT_SAID.words


def facts(*counterparts: Counterpart) -> list[str]:
    """What a report on a run with these counterparts prints of them."""
    run = next(r for r in material("oq-report").runs if r.plan.phase == "OQ")
    told = replace(run, target_start=run.target_start.model_copy(update={"counterparts": counterparts}))
    return [
        value
        for block in environments([told], "OQ")
        if isinstance(block, Facts)
        for name, value in block.rows
        if name == "Counterpart"
    ]


def test_the_report_prints_each_of_them() -> None:
    emulator = Counterpart(kind="emulator", name="moto", version="5.2.5", digest=D)
    told = facts(Counterpart(kind="real server", name="LIMS", version="2"), emulator)
    assert told[0].startswith("real server LIMS 2, digest not known")
    assert (
        told[1]
        == f"emulator moto 5.2.5, digest {D}; AN EMULATOR: this proves the shape of our calls, and not the behaviour of the system it stands for"
    )
    assert facts() == []


def test_the_digest_of_a_described_system_is_over_what_it_tells_and_never_made_up() -> None:
    said = Counterpart(kind="real server", name="LIMS", version="2")
    app, store = (ComponentState(n, "component", "2", "sha256:" + n[0] * 64) for n in ("app", "base"))

    def silent() -> tuple[ComponentState, ...]:
        raise Unanswered("nobody answers")

    told = with_digest(said, lambda: (app, store))
    assert told.digest.startswith("sha256:")
    assert told == with_digest(said, lambda: (store, app)), "in whatever order"
    assert told != with_digest(said, lambda: (app,))
    assert with_digest(said, silent).digest == UNREAD
    assert with_digest(said, lambda: (ComponentState("app", "component", "2"),)).digest == UNREAD
    named = said.model_copy(update={"digest": D})
    assert with_digest(named, silent) == named
