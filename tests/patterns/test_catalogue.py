"""The pattern files: each says all that people and other rooms need of it, and what only describes binds nobody."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from csvgen.errors import BadInput
from csvgen.marks import load
from csvgen.patterns import bind
from csvgen.patterns.catalogue import DESCRIBING, Pattern, catalogue
from csvgen.patterns.faults import ROOMS, Fault, faults
from csvgen.patterns.pages import book, page, parameter_lines

ELSEWHERE = {
    "platform-state@1": "a platform is somebody else's account: nothing is broken there on purpose; tests/targets/platforms/ breaks stubs of it"
}
"""Patterns without faults to seed, with the reason and what shows in their place that the scripts can fail."""

ROOT = Path(__file__).parents[2]
PATTERNS = [pytest.param(p, id=p.name) for p in catalogue().values()]


@cache
def example_system() -> tuple[frozenset[str], frozenset[str]]:
    """Oracles and files of the worked example, which the examples of the patterns name."""
    folder = ROOT / "requirements_specs" / "qc-release"
    oracles = load((folder / "oracles" / "hand-worked.yaml").read_bytes(), "oracles")[0].value["oracles"]
    files = frozenset(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    return frozenset(o["id"] for o in oracles), files


@pytest.mark.parametrize("pattern", PATTERNS)
def test_says_everything(pattern: Pattern):
    assert pattern.clauses
    assert pattern.ports
    assert pattern.partitions
    assert pattern.oracle
    assert pattern.faults or pattern.name in ELSEWHERE
    assert pattern.help
    assert len({c.name for c in pattern.partitions}) == len(pattern.partitions)
    assert len(set(pattern.faults)) == len(pattern.faults)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_names_faults_that_are_known(pattern: Pattern):
    assert set(pattern.faults) <= set(faults())


@pytest.mark.parametrize("pattern", PATTERNS)
def test_the_example_is_complete_and_fits(pattern: Pattern):
    assert list(bind.problems(pattern, pattern.example, *example_system())) == []


@pytest.mark.parametrize("pattern", PATTERNS)
def test_every_script_is_drafted_from_the_example_or_is_one_the_example_chose_against(pattern: Pattern):
    for script in pattern.scripts:
        left_out = not bind.wanted(script, pattern.example)
        assert left_out or bind.rows_of(script, pattern.example), script.id
        if left_out:
            assert script.needs or script.unless


def test_a_description_changes_no_digest_and_a_step_does():
    pattern = catalogue()["lock-out@1"]
    described = pattern.model_copy(update={"help": "other", "oracle": "other", "faults": (), "partitions": (), "example": {}})
    assert described.digest == pattern.digest
    other = pattern.model_copy(update={"purpose": pattern.purpose + " More."})
    assert other.digest != pattern.digest
    assert set(Pattern.model_fields) >= DESCRIBING


def test_faults_are_named_by_room_and_there_are_enough():
    assert len(faults()) >= 40
    rooms = {f.room for f in faults().values()}
    assert rooms <= set(ROOMS)
    assert {"audit", "signature", "access", "record", "pipeline", "clock", "storage"} <= rooms
    assert len({f.broken for f in faults().values()}) == len(faults())


def test_no_fault_that_nobody_must_detect():
    assert set(faults()) == {name for p in catalogue().values() for name in p.faults}


def test_a_fault_says_what_is_broken_and_how_it_is_seen():
    with pytest.raises(ValueError, match="seen"):
        Fault.model_validate({"name": "audit-x", "broken": "Something."})


@pytest.mark.parametrize("pattern", PATTERNS)
def test_the_page_shows_all_of_it(pattern: Pattern):
    shown = page(pattern)
    expected = [pattern.name, pattern.title, pattern.purpose, pattern.oracle, pattern.help, *pattern.ports, *pattern.clauses]
    expected += [p.about for p in pattern.parameters] + [c.what for c in pattern.partitions]
    expected += [text for name in pattern.faults for text in (name, faults()[name].broken, faults()[name].seen)]
    assert [text for text in expected if str(text) not in shown] == []
    drafted = [s for s in pattern.scripts if bind.wanted(s, pattern.example)]
    assert shown.count("Scenario Outline: <tc>") == len(drafted)
    assert "{{" not in shown


@pytest.mark.parametrize("pattern", PATTERNS)
def test_the_criterion_on_the_page_is_the_example(pattern: Pattern):
    text = "\n".join(parameter_lines(pattern.example, "")) + "\n"
    if pattern.example:
        read = Pattern.model_validate({**pattern.model_dump(), "example": load(text.encode(), "x")[0].value})
        assert read.example == pattern.example


def test_the_document_is_the_one_the_files_give():
    assert (ROOT / "docs" / "patterns.md").read_text(encoding="utf-8") == book(), "python scripts/make_pattern_pages.py"


def test_an_unknown_pattern_is_told_with_the_nearest():
    with pytest.raises(BadInput, match="no pattern") as told:
        bind.find("lock-uot@1")
    assert "lock-out@1" in (told.value.hint or "")
