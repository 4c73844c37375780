"""What two documents, or two tables of one, say of the same thing: one word, one count, and nothing typed that is not so."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from csvgen.canonical import digest
from csvgen.model.execution import ClockOffset
from csvgen.model.plan import ClauseAnswer, Plan
from csvgen.model.report import Paragraph
from csvgen.report.compose import compose
from csvgen.report.environment_blocks import environments
from csvgen.report.markdown import escape
from csvgen.report.result_blocks import exceptions, residual_state
from csvgen.templates import Templates
from csvgen.trace.assessment import assessment

from .material import material, report_of, spec_with
from .test_compose import facts, table, texts

QC = Path(__file__).parents[2] / "requirements_specs" / "qc-release"
ANSWER = ClauseAnswer(clause="A11-1", kinds=("risk", "plan"), words="Each risk is rated.")


def planned(*answers: ClauseAnswer):
    spec = spec_with(())
    return replace(spec, plan=spec.plan.model_copy(update={"answers": answers}))


def words(report) -> str:
    return "\n".join(texts((*report.blocks,)))


def test_a_clause_that_the_plan_answers_is_told_with_the_documents_that_answer_it_and_no_other_is():
    told = compose(material("regulatory-assessment", spec=planned(ANSWER)), Templates(None, escape))
    rows = {row[0]: row for row in table(told, "EU GMP Annex 11").rows}
    assert rows["A11-1"][2:] == ("none", "Risk Assessment, Validation Plan: Each risk is rated.", "DOCUMENT", "nothing")
    assert rows["A11-2"][3:] == ("none", "OPEN", "no requirement cites it")
    assert {row[4] for row in rows.values()} >= {"OPEN", "DOCUMENT"}


def test_an_answer_of_the_plan_does_not_hide_what_the_tests_of_a_clause_came_to():
    m = material("regulatory-assessment")
    cited = next(a for r in assessment(m.spec, m.matrix) for a in r.rows if a.standing == "GAP")
    spec = planned(ClauseAnswer(clause=cited.clause, kinds=("plan",), words="It is so."))
    found = next(a for r in assessment(spec, m.matrix) for a in r.rows if a.clause == cited.clause)
    assert (found.standing, found.against) == (cited.standing, cited.against)
    assert found.by_plan is not None


def test_the_summary_counts_the_clauses_that_the_assessment_leaves_open():
    for spec in (planned(), planned(ANSWER)):
        m = material("validation-summary", spec=spec)
        open_ones = [a.clause for r in assessment(m.spec, m.matrix) for a in r.rows if a.standing == "OPEN"]
        said = facts(compose(m, Templates(None, escape)))["Clauses of the regulations that nothing answers"]
        assert said == f"{len(open_ones)}: {', '.join(open_ones)}"
    assert "A11-1," not in said


def test_a_plan_without_answers_has_the_digest_it_had_before_there_were_any():
    plan = planned().plan
    assert "answers" not in plan.model_dump()
    assert digest(plan) != digest(planned(ANSWER).plan)
    assert isinstance(plan, Plan)


@pytest.mark.parametrize("kind", ["validation-summary", "release-certificate"])
def test_what_the_plan_says_is_marked_as_its_words(kind):
    report = report_of(kind)
    quoted = [b.text for b in report.blocks if isinstance(b, Paragraph) and b.style == "note"]
    plan = material(kind).spec.plan
    assert " ".join(plan.maintenance.split()) in quoted
    plain = [b.text for b in report.blocks if isinstance(b, Paragraph) and b.style == "body"]
    assert not {" ".join(t.split()) for t in (plan.purpose, plan.training, plan.maintenance)} & set(plain)


def test_the_depth_of_testing_and_the_coverage_count_the_same_requirements():
    m = material("validation-summary")
    told = next(t for t in texts((*report_of("risk").blocks,)) if t.startswith("Tested requirements by priority"))
    said = dict(part.split(": ") for part in told.split(". ")[0].removeprefix("Tested requirements by priority: ").split(", "))
    counted = Counter(row.priority for row in m.matrix.rows if row.verification == "test")
    assert {name: int(number) for name, number in said.items() if number != "0"} == dict(counted)
    assert "not rated" in counted


def test_one_case_is_counted_as_one():
    assert residual_state("residual low, supported by 1 passed cases") == "residual low, supported by 1 passed case"
    assert residual_state("residual low, supported by 11 passed cases") == "residual low, supported by 11 passed cases"


def clocked(*seconds: str):
    run = material("iq-report").runs[0]
    read = tuple(
        (
            when,
            ClockOffset(
                source="operating system clock",
                standard="time.example" if s else "none was configured",
                seconds=s,
                limit_seconds="2",
            ),
        )
        for when, s in zip(("start", "end"), seconds, strict=True)
    )
    return replace(run, clocks=read)


def test_a_clock_that_was_compared_with_nothing_is_told_once_and_is_for_the_reviewer():
    m = material("iq-report")
    run = clocked("", "")
    rows = [row for block in environments([run], "IQ") if hasattr(block, "rows") for row in block.rows if "lock" in row[0]]
    assert [row[0] for row in rows] == ["Clock of the recorder"]
    assert rows[0][1].endswith("compared with no standard at the start and at the end of the run: none was configured")
    told = {row[0]: row for row in exceptions(m.protocol, "IQ", [run], (), m.matrix)[0].rows}
    assert told["Runs whose clock was compared with no standard"][1:] == ("1", run.run)
    known = clocked("0.1", "")
    rows = [row for block in environments([known], "IQ") if hasattr(block, "rows") for row in block.rows if "lock" in row[0]]
    assert [row[0] for row in rows][1:] == ["Clock of the recorder at the start", "Clock of the recorder at the end"]
    assert not any("clock" in row[0] for row in exceptions(m.protocol, "IQ", [known], (), m.matrix)[0].rows)


def test_the_report_names_the_system_and_says_why_its_parts_have_another_version():
    m = material("iq-report")
    run = next(r for r in m.runs if r.target_start is not None)
    other = run.target_start.components[0].model_copy(update={"version": "9.9", "sha256": "sha256:" + "0" * 64})
    for components, told in (((other,), True), ((other.model_copy(update={"version": m.spec.system.version}),), False)):
        here = replace(run, target_start=run.target_start.model_copy(update={"components": components}))
        blocks = environments([here], run.plan.phase, m.spec)
        rows = {k: v for b in blocks if hasattr(b, "rows") for k, v, *_ in b.rows}
        assert rows["System under validation"].startswith(f"{m.spec.system.name} {m.spec.system.version}, reached as ")
        assert any("These components are the release" in getattr(b, "text", "") for b in blocks) is told


def test_no_two_risks_of_the_worked_example_give_one_reason_for_what_their_controls_do():
    risks = [r for path in sorted((QC / "risk").glob("*.yaml")) for r in yaml.safe_load(path.read_text())["risks"]]
    reasons = Counter(r["residual"]["probability"]["reason"] for r in risks if "residual" in r and "probability" in r["residual"])
    assert len(reasons) > 50
    assert [reason for reason, n in reasons.items() if n > 1] == []


def test_where_the_validation_instance_differs_stands_in_the_description_of_it():
    """Each value of the baseline that is one of the validation instance alone is told where the environment is described."""
    sections = yaml.safe_load((QC / "installation.yaml").read_text())["sections"]
    marked = {i["id"] for s in sections for i in s["items"] if "value of the validation instance" in i["source"]}
    likeness = yaml.safe_load((QC / "system.yaml").read_text())["environments"][0]["likeness"]
    told = {
        "idle-seconds": "idle session ends after five seconds", "repeated-data": "data that repeat are told", "environment": "qualification",
        "material": "no material is stated", "second-factor": "no second factor", "source-failures": "failed log-ins from one source",
    }  # fmt: skip
    assert set(told) == marked
    assert [name for name, said in told.items() if said not in " ".join(likeness.split())] == []
