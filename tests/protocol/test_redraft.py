"""Drafting after an edit: the same files, lock and words as drafting everything; only less of it is drafted."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from csvgen.protocol import redraft

from .conftest import Project

LOW = "severity: {rating: low,"
THIRD = """  - id: URS-P-009
    title: A third thing
    statement: The probe shall say goodbye.
    rationale: Manners.
    category: function
    clauses: ["11.10(a)"]
    gxp: "no"
    phase: OQ
    criteria:
      - id: ac-1
        title: goodbye
        given: [the probe is on]
        when: [somebody leaves]
        then: ["the answer is \\"bye\\""]
"""


def new_requirement(p: Project) -> None:
    p.edit("urs/urs.yaml", "  - id: URS-P-003", THIRD + "  - id: URS-P-003")


def lost_requirement(p: Project) -> None:
    text = (p.specs / "probe" / "urs" / "urs.yaml").read_text(encoding="utf-8")
    start, end = text.index("  - id: URS-P-009"), text.index("  - id: URS-P-003")
    (p.specs / "probe" / "urs" / "urs.yaml").write_text(text[:start] + text[end:], encoding="utf-8")


def second_file(p: Project) -> None:
    text = THIRD.replace("URS-P-009", "URS-P-010").replace("third", "fourth").replace("goodbye", "farewell")
    (p.specs / "probe" / "urs" / "more.yaml").write_text("format: csvgen.urs/1\nrequirements:\n" + text, encoding="utf-8")


EDITS = {
    "a statement": lambda p: p.edit("urs/urs.yaml", "shall greet whoever asks", "shall greet everybody"),
    "a step": lambda p: p.edit("urs/urs.yaml", 'the answer is \\"hello\\"', 'the answer is \\"good day\\"'),
    "a row more": lambda p: p.edit("urs/urs.yaml", "weak: [holds", "weak: [is all blanks, holds"),
    "a row less": lambda p: p.edit("urs/urs.yaml", "weak: [is all blanks, holds", "weak: [holds"),
    "a rating": lambda p: p.edit("risk/risks.yaml", LOW, "severity: {rating: medium,"),
    "a risk names another requirement": lambda p: p.edit(
        "risk/risks.yaml", "requirements: [URS-P-002, URS-P-003]", "requirements: [URS-P-001, URS-P-002, URS-P-003]"
    ),
    "a new requirement": new_requirement,
    "a requirement less": lost_requirement,
    "a new file": second_file,
    "a file less": lambda p: (p.specs / "probe" / "urs" / "more.yaml").unlink(),
    "a scenario": lambda p: p.edit("pq/pq.yaml", "title: A short day", "title: A very short day"),
    "what a scenario covers": lambda p: p.edit("pq/pq.yaml", "covers: [URS-P-004]", "covers: [URS-P-002, URS-P-004]"),
    "the environment": lambda p: p.edit("pq/pq.yaml", "As in production.", "Nearly as in production."),
    "the baseline": lambda p: p.edit("installation.yaml", 'expected: "900"', 'expected: "901"'),
    "the depth": lambda p: p.edit("protocol.yaml", "low: [positive]", "low: [positive, negative]"),
    "a comment": lambda p: p.edit("urs/urs.yaml", "requirements:\n", "requirements:\n  # nothing\n"),
    "a file of the protocol is lost": lambda p: (p.protocols / "OQ" / "URS-P-002.feature").unlink(),
    "a file of the protocol is touched": lambda p: (p.protocols / "OQ" / "URS-P-002.feature").touch(),
    "a file nobody asks for": lambda p: shutil.copy(
        p.protocols / "OQ" / "URS-P-001.feature", p.protocols / "OQ" / "URS-P-077.feature"
    ),
}


def told(text: str) -> list[str]:
    return [line for line in text.splitlines() if not line.startswith(("said", "  at"))]


def test_with_and_without_memory_the_same_is_written_and_told(project, tmp_path: Path) -> None:
    """One project is drafted from its memory throughout; the other has never had one."""
    other = Project(tmp_path / "other")
    assert project.csvgen("draft").code == 0
    for name, edit in EDITS.items():
        if (other.root / "protocols").exists():
            shutil.rmtree(other.root)
        edit(project)
        shutil.copytree(project.root, other.root, ignore=shutil.ignore_patterns("other", "output"))
        mine, theirs = project.csvgen("draft"), other.csvgen("draft", "--anew")
        assert (mine.code, told(mine.out), mine.error) == (theirs.code, told(theirs.out), theirs.error), name
        assert project.files() == other.files(), name
        assert project.csvgen("draft", "--check").code == 0, name


def seen_by(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """What the drafting itself was given."""
    seen, inner = SimpleNamespace(ids=[]), redraft.draft

    def watched(spec, lock, templates):
        seen.ids = [*(r.id for r in spec.requirements), *(s.id for s in spec.scenarios)]
        return inner(spec, lock, templates)

    monkeypatch.setattr(redraft, "draft", watched)
    return seen


def old_enough(project: Project) -> None:
    """Files as young as the memory are read whatever their stat: make the memory younger by drafting once more, later."""
    import os

    memory = project.root / "output" / "probe" / "draft.memory"
    later = memory.stat().st_mtime_ns + 60_000_000_000
    os.utime(memory, ns=(later, later))


def test_an_edit_drafts_what_it_touches_and_nothing_else(drafted, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = seen_by(monkeypatch)
    old_enough(drafted)
    drafted.edit("urs/urs.yaml", 'minimum: "12"', 'minimum: "11"')
    said = drafted.csvgen("draft")
    assert said.code == 0
    assert seen.ids == ["URS-P-001", "URS-P-002", "URS-P-004", "PQ-P-01"], "and what the scenario beside it covers"
    assert "1 written" not in said.error and "written" in said.error


def test_nothing_is_drafted_when_nothing_was_edited(drafted, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = seen_by(monkeypatch)
    old_enough(drafted)
    assert "0 written, 6 unchanged" in drafted.csvgen("draft").error
    assert seen.ids == []


@pytest.mark.parametrize("what", ["lock", "template", "code", "memory"])
def test_the_memory_is_void_when_what_it_rests_on_changed(drafted, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    seen = seen_by(monkeypatch)
    old_enough(drafted)
    if what == "lock":
        assert drafted.csvgen("number", "OQ", "by hand").code == 0
    elif what == "template":
        folder = drafted.root / "templates" / "feature"
        folder.mkdir(parents=True)
        shipped = (Path(__file__).parents[2] / "templates" / "feature" / "protocol.feature.j2").read_text(encoding="utf-8")
        (folder / "protocol.feature.j2").write_text(shipped.replace("  Rule: ", "\n  Rule: ", 1), encoding="utf-8")
    elif what == "code":
        monkeypatch.setattr(redraft, "own_code", lambda _rooms: "other code")
    else:
        path = drafted.root / "output" / "probe" / "draft.memory"
        path.write_bytes(path.read_bytes().replace(b"URS-P-001", b"URS-P-002", 1))
    assert drafted.csvgen("draft").code == 0
    assert len(seen.ids) == 6, "everything"


def test_check_believes_no_memory(drafted) -> None:
    """A memory that lies about a file: drafting believes its stat, the check that gates and CI rest on reads the file."""
    path = drafted.protocols / "OQ" / "URS-P-001.feature"
    path.write_bytes(path.read_bytes().replace(b"hello", b"hullo"))
    memory = drafted.root / "output" / "probe" / "draft.memory"
    found = redraft.DraftMemory.read(memory, memory.read_bytes().split(b"\n", 1)[0].decode()[len("csvgen draft ") : -9])
    assert found is not None
    unit = found.unit("OQ/URS-P-001.feature")
    assert unit is not None
    found.lines["OQ/URS-P-001.feature"] = redraft.Unit(redraft.stat_of(path.stat()), unit.text, unit.cases).line()
    found.store(memory, memory.read_bytes().split(b"\n", 1)[0].decode()[len("csvgen draft ") : -9])
    old_enough(drafted)
    assert "0 written" in drafted.csvgen("draft").error, "drafting was fooled, as it may be"
    said = drafted.csvgen("draft", "--check")
    assert (said.code, said.out.splitlines()[0]) == (1, "edited   OQ/URS-P-001.feature  ~1")


def test_an_error_in_a_file_that_was_not_edited_is_still_found(drafted) -> None:
    drafted.edit("risk/risks.yaml", "requirements: [URS-P-002, URS-P-003]", "requirements: [URS-P-002, URS-P-999]")
    said = drafted.csvgen("draft")
    assert said.code == 2
    drafted.edit("urs/urs.yaml", "shall greet whoever asks", "shall greet")
    assert drafted.csvgen("draft").code == 2, "the fault is in a file that was read before"
