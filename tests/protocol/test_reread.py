"""A process that keeps what it read: after each edit the same project as one read anew, and no more read, written and parsed than was edited."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from csvgen.config import load_config
from csvgen.errors import ConfigError
from csvgen.protocol import draft as drafting
from csvgen.protocol import files
from csvgen.protocol.adopt import adopt
from csvgen.spec import check
from csvgen.spec.reading import Reading
from csvgen.workflow.rereading import GROUND, TEMPLATES, read_again, ready
from csvgen.workflow.state import ProjectState, read_state

from .conftest import Project
from .test_redraft import EDITS, second_file

SYSTEM = "probe"
_OF_FILES = ("drafted", "_read", "stale", "matrix")


def begun(project: Project) -> ProjectState:
    state = read_state(load_config(project.root), SYSTEM, Reading())
    told(state)
    return state


def told(state: ProjectState) -> list[object]:
    d = state.drafted
    digests = [state.content(kind) for kind in ("plan", "urs", "risk", "oq-protocol", "pq-protocol")]
    parts = [state.spec, state.spec.digest, list(state.spec.requirements), state.spec.files, state.protocol, state.findings.items]
    return [*parts, dict(d.files), list(d.files), d.lock, d.retired, d.shortfalls, d.remarks, state.stale, state.matrix, *digests]


def again(state: ProjectState, changed: str = GROUND) -> ProjectState:
    found = read_again(state, {changed})
    ready(found, state)
    return found


def same(state: ProjectState, project: Project) -> bool:
    return told(state) == told(read_state(load_config(project.root), SYSTEM))


@pytest.mark.parametrize("written", [True, False], ids=["drafted after each edit", "not drafted"])
def test_after_each_edit_it_is_the_project_read_anew(drafted: Project, written: bool) -> None:
    state = begun(drafted)
    for name, edit in EDITS.items():
        edit(drafted)
        state = again(state)
        assert same(state, drafted), name
        if written:
            assert drafted.csvgen("draft").code == 0
            state = again(state)
            assert same(state, drafted), f"{name}, drafted"


def test_a_file_made_ones_own_and_drafted_again(drafted: Project) -> None:
    state = begun(drafted)
    drafted.edit("protocols/probe/OQ/URS-P-002.feature", "Feature: ", "Feature: Our ")
    state = again(state)
    assert same(state, drafted)
    made = adopt(drafted.protocols, "OQ/URS-P-002.feature", "our words", read_state(load_config(drafted.root), SYSTEM).drafted)
    (drafted.protocols / made.path).write_bytes(made.text)
    (drafted.protocols / files.LOCK).write_bytes(made.lock)
    state = again(state)
    assert same(state, drafted)
    assert next(f for f in state.protocol.features if f.path == "OQ/URS-P-002.feature").adopted == "our words"


def test_ids_of_another_lock_are_written(drafted: Project) -> None:
    """Everything a file follows from is the same but for the ids."""
    state = begun(drafted)
    lock = drafted.protocols / files.LOCK
    lock.write_text(lock.read_text(encoding="utf-8").replace("TC-OQ-00", "TC-OQ-10"), encoding="utf-8")
    state = again(state)
    assert "TC-OQ-1001" in "".join(state.drafted.files.values())
    assert same(state, drafted)


def test_a_fault_in_a_file_that_nobody_mended_is_found_again(drafted: Project) -> None:
    own = drafted.protocols / "OQ" / "own.feature"
    own.write_text("@OQ\nFeature: Of our own\n\n  Scenario: without an id\n    Then something is shown\n", encoding="utf-8")
    state = begun(drafted)
    assert [d.rule for d in state.findings.items] == ["PRT414"]
    drafted.edit("urs/urs.yaml", "shall greet whoever asks", "shall greet everybody")
    state = again(state)
    assert [d.rule for d in state.findings.items] == ["PRT414"]
    assert same(state, drafted)


def test_another_template_is_written_with(drafted: Project) -> None:
    state = begun(drafted)
    folder = drafted.root / "templates" / "feature"
    folder.mkdir(parents=True)
    (folder / "part.j2").write_text("Feature", encoding="utf-8")
    shipped = (Path(__file__).parents[2] / "templates" / "feature" / "protocol.feature.j2").read_text(encoding="utf-8")
    own = shipped.replace("Feature:", '{% include "feature/part.j2" %}:')
    (folder / "protocol.feature.j2").write_text(own, encoding="utf-8")
    state = again(state, TEMPLATES)
    assert same(state, drafted)
    (folder / "part.j2").write_text("# another way\nFeature", encoding="utf-8")
    state = again(state, TEMPLATES)
    assert "# another way" in state.drafted.files["OQ/URS-P-001.feature"], "what a template includes counts, too"
    assert same(state, drafted)


def test_after_a_mistake_was_mended_it_goes_on_from_before(drafted: Project, work: SimpleNamespace) -> None:
    state = begun(drafted)
    drafted.edit("urs/urs.yaml", "shall greet whoever asks", "shall greet everybody")
    drafted.edit("risk/risks.yaml", "rating: low", "rating: lowest")
    with pytest.raises(ConfigError):
        read_again(state, {GROUND})
    drafted.edit("risk/risks.yaml", "rating: lowest", "rating: low")
    work.read.clear()
    state = again(state)
    assert same(state, drafted)


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    """What was read, written and parsed."""
    done = SimpleNamespace(read=[], written=[], parsed=[])

    def watched(where: object, name: str, into: list[str], number: int) -> None:
        real = getattr(where, name)
        monkeypatch.setattr(where, name, lambda *given: (into.append(str(given[number])), real(*given))[1])

    watched(check, "read_part", done.read, 1)
    watched(files, "read_feature", done.parsed, 1)
    real = drafting._write
    monkeypatch.setattr(drafting, "_write", lambda made, *given: (done.written.append(made.path), real(made, *given))[1])
    return done


def test_of_an_edit_that_alone_is_read_written_and_parsed(drafted: Project, work: SimpleNamespace) -> None:
    second_file(drafted)
    assert drafted.csvgen("draft").code == 0
    state = begun(drafted)
    for each in vars(work).values():
        each.clear()
    drafted.edit("urs/urs.yaml", "shall greet whoever asks", "shall greet everybody")
    state = again(state)
    many = [name for name in work.read if "/urs/" in name or "/risk/" in name or "/pq/" in name]
    assert many == ["requirements_specs/probe/urs/urs.yaml"]
    assert "OQ/URS-P-001.feature" in work.written
    assert not [path for path in work.written if "URS-P-010" in path]
    assert work.parsed == [], "no file of the protocol was touched"
    assert drafted.csvgen("draft").code == 0
    for each in vars(work).values():
        each.clear()
    again(state)
    assert "OQ/URS-P-001.feature" in work.parsed
    assert not [path for path in work.parsed if "URS-P-010" in path]


def test_what_the_rules_look_into_makes_everything_read(drafted: Project, work: SimpleNamespace) -> None:
    state = begun(drafted)
    work.read.clear()
    drafted.edit("protocol.yaml", "low: [positive]", "low: [positive, negative]")
    again(state)
    assert "requirements_specs/probe/urs/urs.yaml" in work.read


def test_a_state_that_nobody_holds_goes_without_the_collector(drafted: Project) -> None:
    """The room sets aside what the collector found alive: a circle in it would stay for ever."""
    state = begun(drafted)
    drafted.edit("urs/urs.yaml", "shall greet whoever asks", "shall greet everybody")
    gone = [weakref.ref(state)]
    state = again(state)
    gone.append(weakref.ref(state))
    drafted.edit("urs/urs.yaml", "shall greet everybody", "shall greet whoever asks")
    gc.collect()
    gc.disable()
    try:
        state = again(state)
        assert [each() for each in gone] == [None, None]
    finally:
        gc.enable()
    assert all(name in vars(state) for name in _OF_FILES)
