"""What the rule of a validation does not weigh is said with what follows, and follows from the records."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from csvgen.model.counterpart import Counterpart
from csvgen.model.report import Report, Table
from csvgen.model.spec import DocumentKind
from csvgen.report.case_blocks import RECORDED, step_rows
from csvgen.report.compose import Material, compose
from csvgen.report.markdown import escape
from csvgen.report.wording import IN_ENGLISH
from csvgen.templates import Templates
from csvgen.verification.equal_runs import _step

from .material import material, signature
from .test_compose import facts, table, texts

SUMMED: DocumentKind = "validation-summary"
RELEASE: DocumentKind = "release-certificate"


def composed(m: Material) -> Report:
    return compose(m, Templates(None, escape))


def unasked(m: Material) -> Material:
    """The same under a policy that asks for no challenge."""
    assert m.spec.depth is not None
    high = m.spec.depth.high.model_copy(update={"challenge": "no"})
    return replace(m, spec=replace(m.spec, depth=m.spec.depth.model_copy(update={"high": high})))


def on(m: Material, *targets: str) -> Material:
    """The same with the runs of the IQ on these targets, in their order."""
    names = iter(targets)
    runs = tuple(
        replace(r, plan=r.plan.model_copy(update={"target": next(names)})) if r.plan.phase == "IQ" else r for r in m.runs
    )
    return replace(m, runs=runs)


def qualified(report: Report) -> dict[str, str]:
    return {row[0]: row[2] for row in table(report, "Environments of the system").rows}


@pytest.mark.parametrize("kind", [SUMMED, RELEASE])
def test_a_challenge_that_is_asked_for_and_was_not_made_is_said_with_what_follows(kind):
    found = facts(composed(material(kind)))
    assert found["Challenge of the scripts"].startswith("NOT SHOWN: the depth policy asks for it at priority high (risks: ")
    assert "scripts of the OQ: 3)" in found["Challenge of the scripts"]
    assert "a script that passed may be one that cannot fail" in found["What follows"]
    quiet = facts(composed(unasked(material(kind))))
    assert quiet["Challenge of the scripts"] == "the depth policy asks for none, and none was made"
    assert "What follows" not in quiet


def test_an_environment_without_an_iq_of_its_own_is_no_part_of_the_release():
    m = material(RELEASE)
    report = composed(m)
    assert qualified(report) == {"Validation instance": "IQ-001, IQ-002", "Production instance": "NONE"}
    told = facts(report)["Conditions, beside the rule"]
    assert told.startswith("Production instance: no part of this release.")
    assert "nobody saw fail" in told
    assert facts(composed(material(SUMMED)))["Environments without an IQ of their own"] == "1: Production instance"
    both = composed(unasked(on(m, "validation", "production")))
    assert qualified(both) == {"Validation instance": "IQ-001", "Production instance": "IQ-002"}
    assert facts(both)["Conditions, beside the rule"] == "none"
    assert "condition" not in facts(both)["What is allowed"]
    other = composed(on(m, "bench", "bench"))
    assert qualified(other) == {"Validation instance": "NONE", "Production instance": "NONE", "bench": "IQ-001, IQ-002"}


def test_what_is_allowed_names_the_conditions_it_is_tied_to():
    m = material(RELEASE)
    assert m.overall is not None

    def allowed(given: Material, outcome: Any) -> str:
        assert given.overall is not None
        return facts(composed(replace(given, overall=replace(given.overall, outcome=outcome))))["What is allowed"]

    assert allowed(m, "eligible").endswith("in so far as the conditions below are met.")
    assert allowed(m, "eligible with restrictions").endswith("and the conditions below are met.")
    assert allowed(m, "not eligible") == "The system may not be used: the validation does not allow it."
    free = unasked(on(m, "validation", "production"))
    assert allowed(free, "eligible") == "The system may be used as intended."


def test_what_a_stub_answered_releases_nothing():
    m = unasked(on(material(RELEASE), "validation", "production"))
    assert m.overall is not None
    m = replace(m, overall=replace(m.overall, outcome="eligible with restrictions"))
    free = facts(composed(m))["What is allowed"]
    assert free.startswith("The system may be used as intended only so far")
    stub = Counterpart(kind="stub", name="a stub of the platform", version="1")
    runs = tuple(replace(r, target_start=r.target_start.model_copy(update={"counterparts": (stub,)})) for r in m.runs)
    told = facts(composed(replace(m, runs=runs)))["What is allowed"]
    assert told.startswith("The system may not be used before the same protocol has passed against the system itself")


def test_a_component_of_category_5_without_a_review_is_a_condition():
    m = unasked(on(material(RELEASE), "validation", "production"))
    components = tuple(c.model_copy(update={"review": None}) for c in m.spec.system.components)
    bare = replace(m, spec=replace(m.spec, system=m.spec.system.model_copy(update={"components": components})))
    custom = [c.name for c in components if c.gamp == "5"]
    assert custom
    told = facts(composed(bare))["Conditions, beside the rule"].split("\n")
    assert told == [f"{name}: written for this purpose (category 5), and no review of its source is recorded." for name in custom]


def test_a_system_without_described_environments_says_nothing_of_them():
    m = material(SUMMED)
    bare = replace(m, spec=replace(m.spec, system=m.spec.system.model_copy(update={"environments": ()})))
    report = composed(on(bare, "validation", "validation"))
    assert "Environments without an IQ of their own" not in facts(report)
    assert qualified(report) == {"validation": "IQ-001, IQ-002"}


def test_the_criteria_of_the_plan_stand_beside_what_the_records_say():
    def reviewed(*lines: tuple[str, str, str]) -> str:
        signed = tuple(
            replace(signature(f"QCR-RUN-{run}", meaning, person, n), person=person)
            for n, (run, meaning, person) in enumerate(lines)
        )
        return facts(composed(material(SUMMED, signatures=signed)))["Executed records reviewed by a second person"]

    assert reviewed() == "0 of 4; not: IQ-001, IQ-002, OQ-001, PQ-001"
    ours = [(run, "performed", "t") for run in ("IQ-001", "IQ-002", "OQ-001", "PQ-001")]
    assert reviewed(*ours, ("IQ-001", "reviewed", "t")).startswith("0 of 4"), "nobody reviews their own execution"
    assert reviewed(*ours, *((run, "reviewed", "r") for run, _, _ in ours)) == "4 of 4"
    found = facts(composed(material(SUMMED)))
    assert found["Restricted requirements"] == "1: URS-QC-031"
    assert found["Restricted requirements that are gap rows"] == "1: URS-QC-031"
    assert "URS-QC-001" in found["Requirements neither passed, met otherwise nor restricted"]
    assert found["Deviations without a signed disposition"] == "0"
    unsigned = facts(composed(material(SUMMED, signed=False)))
    assert unsigned["Deviations without a signed disposition"] == "2: DEV-001, DEV-002"


def test_an_iq_says_of_each_requirement_which_techniques_a_comparison_cannot_have():
    report = composed(material("iq-protocol"))
    rows = [(row[0], row[2].split(", ")) for row in table(report, "Techniques that requirements do not use").rows]
    left = next(techniques for techniques, names in rows if "URS-QC-034" in names and techniques != "challenge")
    assert left.startswith("negative, boundary,")
    assert "positive" not in left.split(", "), "that one is drafted"
    assert any("URS-QC-034" in names for techniques, names in rows if techniques == "challenge")
    assert not [names for _, names in rows if "URS-QC-033" in names], "this protocol has no case for it"
    words = {row[0] for row in table(report, "Words of the depth policy").rows}
    assert {"negative", "challenge"} <= words
    assert not words & {"t=2", "excluded", "oracle", "RR-"}, "they stand in no script of an IQ"
    assert {"t=2", "oracle"} <= {row[0] for row in table(composed(material("plan")), "Words of the depth policy").rows}


def test_a_further_observation_that_was_compared_with_nothing_has_no_word_of_a_comparison():
    step = material("pq-report").runs[-1].results[0].steps[2]
    first, second = step.observations
    noted = second.model_copy(update={"comparison": "recorded", "expected": ""})
    assert [row[4] for row in step_rows(step, "")] == ["PASSED", "holds"]
    assert [row[4] for row in step_rows(step.model_copy(update={"observations": (first, noted)}), "")] == ["PASSED", RECORDED]


def test_no_table_of_the_certificate_is_empty():
    report = composed(material(RELEASE))
    assert all(b.rows for b in report.blocks if isinstance(b, Table) and b.caption.startswith(("Environments", "Outcome")))


def test_a_report_says_what_changed_on_the_system_between_two_runs():
    m = material("iq-report")
    first, second, *others = m.runs

    def changed(**more: object) -> str:
        now = second.target_start.model_copy(update=more)
        report = composed(replace(m, runs=(first, replace(second, target_start=now), *others)))
        return facts(report)["Changed since IQ-001"]

    assert changed() == "nothing: instance, components and configuration are the same"
    assert changed(configuration=(("failures_to_lock", "3"),)) == "failures_to_lock: not there, now 3"
    assert changed(components=()).startswith("audit: 0.1.0 sha256:")
    assert changed(components=()).endswith(", now not there")


def test_who_rated_and_does_not_sign_is_named_in_the_risk_assessment():
    m = material("risk")
    assert "do not sign" not in words(composed(m))
    report = composed(replace(m, spec=replace(m.spec, raters=(*m.spec.raters, "tester"))))
    assert "Rated with the others, and do not sign this document: tester." in words(report)


def words(report: Report) -> str:
    return "\n".join(texts(report.blocks))


def test_what_is_read_back_as_recorded_was_recorded():
    step = material("pq-report").runs[-1].results[0].steps[2]
    noted = step.observations[1].model_copy(update={"comparison": "recorded", "expected": ""})
    both = step.model_copy(update={"observations": (step.observations[0], noted)})

    def faults(of: Any, word: str) -> list[str]:
        rows = [tuple(map(str, row)) for row in step_rows(of, "")]
        return list(_step(of, [rows[0], (*rows[1][:4], word, *rows[1][5:])], IN_ENGLISH))

    assert faults(both, "recorded") == faults(both, "holds") == [], "the second is the word of documents before 0.2.0"
    assert faults(both, "does not hold")
    assert faults(step, "holds") == []
    assert faults(step, "recorded"), "what was compared is no record alone"
