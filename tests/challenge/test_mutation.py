"""Mutation of the components under the generated OQ: what counts as a mutant, what a red case means, and that the figure is honest."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from csvgen.canonical import Digest, digest
from csvgen.challenge.mutation import campaign, mutants, reach, score
from csvgen.challenge.mutation.campaign import Journal, Plan
from csvgen.challenge.mutation.levels import LEVELS, Case, drafted_at, protocols, specification
from csvgen.challenge.mutation.mutants import Mutant
from csvgen.config import load_config
from csvgen.errors import BadInput

ROOT = Path(__file__).parents[2]
SOME = digest("some")

TEXT = '''"""Words."""

from functools import cache

LIMIT: int | None = 3
FACTOR = LIMIT


@cache
def more(a: int | str, *, b: bool = True) -> int | None:
    """Twice + more."""
    if a == 3 and b:
        return LIMIT
    for x in [*(1, 2)]:
        continue
    return a * 2
'''


@pytest.fixture
def small(monkeypatch):
    """A small file in place of a released one."""
    monkeypatch.setattr(mutants, "text_of", lambda _: TEXT)
    mutants.Syntax.of.cache_clear()
    yield "audit/small.py"
    mutants.Syntax.of.cache_clear()


# ------------------------------------------------------------ mutants


@pytest.mark.needs("cosmic-ray")
def test_operators_of_the_field_are_applied_and_annotations_are_not_counted(small):
    found = mutants.mutants_of(small)
    lines = {m.line for m in found}
    assert {12, 16} <= lines  # the comparison, the product
    at = {(m.line, m.operator) for m in found}
    assert (9, "RemoveDecorator") in at
    assert not {m for m in found if m.line == 10 and "BitOr" in m.operator}  # annotations of a signature
    assert not {m for m in found if m.line == 5 and "BitOr" in m.operator}
    assert not {m for m in found if "Mul" in m.operator and m.line in (10, 14)}  # stars that multiply nothing
    assert len({m.id for m in found}) == len(found)


@pytest.mark.needs("cosmic-ray")
def test_an_id_stays_when_lines_come_in_above(small, monkeypatch):
    before = {m.id for m in mutants.mutants_of(small)}
    monkeypatch.setattr(mutants, "text_of", lambda _: TEXT.replace("LIMIT: int", "# a remark\n# and another\n\nLIMIT: int"))
    mutants.Syntax.of.cache_clear()
    assert {m.id for m in mutants.mutants_of(small)} == before


@pytest.mark.needs("cosmic-ray")
def test_what_does_not_compile_or_changes_no_code_is_no_mutant(small, monkeypatch):
    found = {(m.line, m.operator): m for m in mutants.mutants_of(small)}
    changed = mutants.mutated(found[16, "ReplaceBinaryOperator_Mul_Add"])
    assert changed is not None
    assert "return a + 2" in changed
    monkeypatch.setattr(
        mutants, "text_of", lambda _: "def f():\n    while True:\n        break\n    else:\n        pass\n    continue_ = 1 + 1\n"
    )
    same = Mutant("M-1", small, "ReplaceBinaryOperator_Add_Mul", 0, 6, 0)  # 1 + 1 and 1 * 1 are folded to other constants
    assert mutants.mutated(same) is not None
    monkeypatch.setattr(mutants, "text_of", lambda _: "def f():\n    return 2 + 2\n")
    assert mutants.mutated(Mutant("M-2", small, "ReplaceBinaryOperator_Add_Mul", 0, 2, 0)) is None  # 4 either way


def test_which_lines_and_names_a_mutant_belongs_to(small):
    syntax = mutants.Syntax.of(small)
    assert not syntax.when_called((5, 20))  # a constant
    assert syntax.defined_by((5, 20)) == {"LIMIT"}
    assert not syntax.when_called((9, 0))  # a decorator
    assert syntax.defined_by((9, 1)) == {"more"}
    assert not syntax.when_called((10, 38))  # a default
    assert syntax.when_called((12, 10))
    assert list(syntax.lines_of((12, 10))) == [12]
    assert list(syntax.lines_of((15, 8))) == [15]


def test_a_constant_is_reached_through_its_uses(small, monkeypatch):
    monkeypatch.setattr(reach, "sources", lambda: (small,))
    found = reach.Reach(SOME, {"a": 1.0, "b": 1.0}, {"a": {small: frozenset({13})}, "b": {small: frozenset({16})}}, {}, {}, {})
    assert found.needed(Mutant("M-1", small, "NumberReplacer", 0, 5, 20)) == {"a"}  # LIMIT is read in line 13 alone
    assert found.needed(Mutant("M-2", small, "ReplaceBinaryOperator_Mul_Add", 0, 16, 13)) == {"b"}
    assert found.needed(Mutant("M-3", small, "ReplaceContinueWithBreak", 0, 15, 8)) == set()


# ------------------------------------------------------------ the process of the system


def test_a_mutant_runs_although_no_file_and_no_digest_changes(tmp_path):
    """The trap: a mutant on disk would be found by every case for its digest, whatever it does."""
    path = ROOT / "csvgen" / "pipeline" / "qc" / "results.py"
    text = path.read_text("utf-8") + "\nMUTATED = 1\n"
    code = f"""
import json, sys
from csvgen.challenge.mutation.overlay import lay
lay("csvgen.pipeline.qc.results", "pipeline/qc/results.py", {text!r})
from csvgen.pipeline.components import component_digests
from csvgen.pipeline.flow.bundle import Bundle
from csvgen.pipeline.qc import results
bundle = Bundle.shipped()
step = bundle._code(()).module("csvgen.pipeline.qc.results")
other = bundle._code(()).module("csvgen.pipeline.potency")
print(json.dumps([results.MUTATED, step.MUTATED, hasattr(other, "MUTATED"), str(bundle.digest), str(component_digests()["pipeline"])]))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=_environment(), capture_output=True, text=True, check=True
    )
    imported, step, other, code_digest, component = json.loads(done.stdout)
    assert (imported, step, other) == (1, 1, False)  # by import, and as a step of a pipeline; and nowhere else
    from csvgen.pipeline.components import component_digests
    from csvgen.pipeline.flow.bundle import Bundle

    assert (code_digest, component) == (str(Bundle.shipped().digest), str(component_digests()["pipeline"]))


def test_a_mutant_of_what_is_imported_already_is_refused():
    from csvgen.challenge.mutation.overlay import lay

    with pytest.raises(RuntimeError, match="would not run"):
        lay("csvgen.canonical", "canonical.py", "")


def _environment() -> dict[str, str]:
    import os

    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}


# ------------------------------------------------------------ depths


def test_the_deeper_protocol_holds_the_shallower(tmp_path):
    config = load_config(ROOT)
    cases = protocols(config, "qc-release", tmp_path)
    by_level = {level: {c.key.removesuffix(f" ({level})") for c in cases if LEVELS.index(c.level) <= number}
                for number, level in enumerate(LEVELS)}  # fmt: skip
    spec = specification(config, "qc-release")
    for level in LEVELS:
        _, lock = drafted_at(config, spec, level)
        assert {key for key in lock.active if key.startswith("URS-")} <= by_level[level]
    assert by_level["low"] < by_level["high"]
    assert len({c.node for c in cases}) == len(cases)


# ------------------------------------------------------------ journal and score


def _plan(*ids: str, seed: int = 1) -> Plan:
    return Plan(SOME, seed, len(ids), tuple(Mutant(i, "audit/chain.py", "AddNot", n, 1, 0) for n, i in enumerate(ids)), 0, {})


def test_a_campaign_goes_on_behind_its_last_whole_line(tmp_path):
    path = tmp_path / "journal.jsonl"
    first = Journal(path, _plan("M-1", "M-2"))
    first.add({"mutant": "M-1", "outcome": "killed"})
    with path.open("ab") as stream:
        stream.write(b'{"mutant": "M-2", "outco')  # the process died here
    again = Journal(path, _plan("M-1", "M-2"))
    assert [e["mutant"] for e in again.entries] == ["M-1"]
    again.add({"mutant": "M-2", "outcome": "survived"})
    assert [e["mutant"] for e in Journal(path, _plan("M-1", "M-2")).entries] == ["M-1", "M-2"]


def test_the_journal_of_another_campaign_is_refused(tmp_path):
    path = tmp_path / "journal.jsonl"
    Journal(path, _plan("M-1", "M-2"))
    for other in (_plan("M-1", "M-2", seed=2), _plan("M-2", "M-1"), replace(_plan("M-1", "M-2"), basis=digest("other sources"))):
        with pytest.raises(BadInput, match="another campaign"):
            Journal(path, other)


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_the_interval_is_that_of_the_literature(hits, of, low, high):
    """R. G. Newcombe, Statistics in Medicine 17 (1998) 857-872, table I, method 3."""
    found = score.wilson(hits, of)
    assert (round(found[0], 4), round(found[1], 4)) == (low, high)


CASES = tuple(Case(f"URS/{level}", level, f"f::{level}", Digest(str(SOME))) for level in LEVELS)


def _entry(identity: str, outcome: str, level: str = "") -> dict[str, object]:
    return {"mutant": identity, "outcome": outcome, "level": level, "path": "audit/chain.py", "line": 1, "operator": "AddNot",
            "diff": "-a\n+b", "cases": 3, "ran": 3, "seconds": 2.0, "reason": "", "case": ""}  # fmt: skip


def test_a_mutant_counts_from_the_depth_that_finds_it():
    entries = [
        _entry("M-1", "killed", "low"),
        _entry("M-2", "error", "medium"),
        _entry("M-3", "timeout", "high"),
        _entry("M-4", "survived"),
    ]
    found = score.score(entries, CASES, {})
    assert [r.found for r in found.rows] == [1, 2, 3]
    assert [(r.failed, r.errors, r.timeouts) for r in found.rows] == [(1, 0, 0), (1, 1, 0), (1, 1, 1)]
    assert {r.of for r in found.rows} == {4}
    assert [r.cases for r in found.rows] == [1, 2, 3]
    assert [s["mutant"] for s in found.survivors] == ["M-4"]
    assert found.rooms["audit"][-1].found == 3
    assert found.rooms["identity"][-1].of == 0


def test_an_equivalent_mutant_leaves_the_sample_and_a_found_one_is_not_equivalent(tmp_path):
    path = tmp_path / "equivalent.yaml"
    path.write_text(
        "format: csvgen.equivalent-mutants/1\nmutants:\n"
        + "".join(f"  - id: {i}\n    where: audit/chain.py\n    change: a\n    reason: b\n" for i in ("M-1", "M-2"))
    )
    found = score.score([_entry("M-1", "survived"), _entry("M-2", "killed", "low")], CASES, score.equivalents(path))
    assert [e.id for e in found.equivalent] == ["M-1"]
    assert found.wrong == ("M-2",)
    assert found.rows[-1].of == 1
    path.write_text("format: csvgen.equivalent-mutants/1\nmutants:\n  - id: M-1\n    where: audit/chain.py\n    change: a\n")
    with pytest.raises(BadInput, match="reason"):
        score.equivalents(path)


def test_a_red_control_stands_on_the_page_and_so_does_what_the_figure_is():
    entries = [_entry("M-1", "survived"), {"control": "control-25", "of": "M-1", "outcome": "killed", "case": "URS/low", "reason": "late",
                                           "seconds": 1.0}]  # fmt: skip
    found = score.score(entries, CASES, {})
    measured = reach.Reach(SOME, {}, {}, {}, {"URS/high": "BLOCKED: no port"}, {})
    page = score.page(found, {"audit/chain.py": (3, 1)}, measured, seed=1, sample=1, discarded=0, command="x")
    assert "Controls were red" in page
    assert "never an acceptance criterion" in page or "not an acceptance criterion" in page
    assert "URS/high: BLOCKED" in page
    assert "3 on lines that a case executes" in page
    assert "1 on lines that none does" in page


def test_the_order_of_cases_is_depth_then_time(small, monkeypatch):
    measured = reach.Reach(
        SOME, {"URS/low": 9.0, "URS/medium": 1.0, "URS/high": 0.1},
        {c.key: {small: frozenset({16})} for c in CASES}, {}, {}, {},
    )  # fmt: skip
    work = campaign.Campaign.__new__(campaign.Campaign)
    work._reach, work._cases = measured, {c.key: c for c in CASES}
    ordered = work.ordered(Mutant("M-2", small, "ReplaceBinaryOperator_Mul_Add", 0, 16, 13))
    assert [c.level for c in ordered] == ["low", "medium", "high"]


def test_a_budget_takes_cases_of_each_depth_in_turn_of_their_features(small):
    """Two features, three cases each at low depth, one at high: a budget of 2.5 s is the first of each feature, then the quicker second."""
    cases = [Case(f"URS-{f}/{n}", "low", f"{f}.feature::{n}", Digest(str(SOME))) for f in "ab" for n in (1, 2, 3)]
    cases.append(Case("URS-a/9", "high", "a.feature::9", Digest(str(SOME))))
    seconds = {c.key: 0.5 + 0.1 * int(c.key[-1]) for c in cases}
    measured = reach.Reach(SOME, seconds, {c.key: {small: frozenset({16})} for c in cases}, {}, {}, {})
    work = campaign.Campaign.__new__(campaign.Campaign)
    work._reach, work._cases = measured, {c.key: c for c in cases}
    mutant = Mutant("M-2", small, "ReplaceBinaryOperator_Mul_Add", 0, 16, 13)
    work._plan = replace(_plan("M-2"), budget=2.5)
    assert [c.key for c in work.asked(mutant)] == ["URS-a/1", "URS-b/1", "URS-a/2", "URS-a/9"]
    work._plan = _plan("M-2")
    assert len(work.asked(mutant)) == len(cases), "without a budget every case that reaches it"


def test_of_a_budget_the_cases_whose_lines_few_others_execute_come_first(small):
    """Three quick cases pass through the file, a slow one is about it: it alone executes more of it than they do."""
    cases = [Case(f"URS-{f}/1", "low", f"{f}.feature::1", Digest(str(SOME))) for f in "abcd"]
    lines = {c.key: {small: frozenset({16} if c.key != "URS-d/1" else {16, 17})} for c in cases}
    seconds = {c.key: 0.5 for c in cases} | {"URS-d/1": 2.0}
    work = campaign.Campaign.__new__(campaign.Campaign)
    work._reach, work._cases = reach.Reach(SOME, seconds, lines, {}, {}, {}), {c.key: c for c in cases}
    work._plan = replace(_plan("M-2"), budget=2.6)
    mutant = Mutant("M-2", small, "ReplaceBinaryOperator_Mul_Add", 0, 16, 13)
    assert [c.key for c in work.asked(mutant)] == ["URS-d/1", "URS-a/1"]


def test_a_journal_under_another_budget_is_another_campaign(tmp_path):
    path = tmp_path / "journal.jsonl"
    Journal(path, replace(_plan("M-1", "M-2"), budget=8.0))
    with pytest.raises(BadInput, match="another campaign"):
        Journal(path, _plan("M-1", "M-2"))
