"""Which paragraph is answered by whom: an unanswered one is said, and only what was cited counts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from csvgen.model.protocol import Protocol
from csvgen.protocol.draft import draft
from csvgen.protocol.files import read_lock, read_protocol
from csvgen.spec.load import load_system
from csvgen.templates import Templates
from csvgen.trace.clauses import CLOSED_SYSTEM, OPEN, answers
from csvgen.trace.matrix import trace

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def shipped():
    spec = load_system(ROOT / "requirements_specs", "qc-release").spec
    folder = ROOT / "protocols" / "qc-release"
    drafted = draft(spec, read_lock(folder), Templates(ROOT / "templates", str))
    protocol, _ = read_protocol(folder, "qc-release", drafted.shortfalls)
    return spec, trace(spec, protocol, (), ())


def test_the_worked_example_answers_every_paragraph_of_subparts_b_and_c(shipped):
    found = {a.clause: a for a in answers(*shipped)}
    assert {a.clause for a in found.values() if a.state == OPEN} == set()
    assert found["11.30"].state == CLOSED_SYSTEM
    assert found["11.10(j)"].requirements == ("URS-QC-021",)
    assert found["11.10(e)"].state == "gap", "cited and not executed is not answered by a pass"


def test_a_paragraph_nobody_cites_is_open_and_a_parent_answers_for_its_parts(shipped):
    spec, matrix = shipped
    rows = tuple(
        row.model_copy(
            update={"clauses": tuple("11.200(a)(1)" if c.startswith("11.200(a)(1)") else c for c in row.clauses if c != "11.70")}
        )
        for row in matrix.rows
    )
    found = {a.clause: a for a in answers(spec, matrix.model_copy(update={"rows": rows}))}
    assert found["11.70"].state == OPEN
    assert found["11.70"].requirements == ()
    assert found["11.200(a)(1)(ii)"].requirements == found["11.200(a)(1)"].requirements != ()


def test_no_paragraph_is_answered_by_a_longer_number_that_begins_the_same(shipped):
    spec, matrix = shipped
    rows = tuple(row.model_copy(update={"clauses": ("11.1",)}) for row in matrix.rows)
    assert {a.state for a in answers(spec, matrix.model_copy(update={"rows": rows})) if a.clause.startswith("11.10")} == {OPEN}


def test_a_citation_that_no_catalog_has_is_a_row_and_not_dropped():
    spec = load_system(Path(__file__).parents[2] / "requirements_specs", "qc-release").spec
    assert spec is not None
    first = spec.requirements[0].model_copy(update={"clauses": ("ICH Q9",)})
    spec = replace(spec, requirements=(first, *spec.requirements[1:]))
    matrix = trace(spec, Protocol(system="qc-release", features=()), (), ())
    row = next(a for a in answers(spec, matrix) if a.clause in {"ICH Q9", "ICHQ9"})
    assert (row.heading, row.requirements) == ("csvgen holds no text of this", (first.id,))
