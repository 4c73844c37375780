"""What a reader is told beside the numbers: what a claim waits for, where a technique is shown, which numbers are gone, what a rule says."""

from __future__ import annotations

from dataclasses import replace

from csvgen.model.execution import Verdict
from csvgen.model.matrix import Matrix, ReverseRow
from csvgen.model.protocol import Protocol
from csvgen.model.report import Paragraph, Table
from csvgen.report.case_blocks import case_list, observed
from csvgen.report.result_blocks import residuals
from csvgen.report.rule_words import RULES, rules_in
from csvgen.report.shortfall_blocks import shortfalls
from csvgen.report.signs import key_of
from csvgen.report.summary_blocks import coverage
from csvgen.report.withdrawn_blocks import withdrawn
from csvgen.report.wording import blocks_in, spelled, told, wording
from csvgen.verification.equal_runs import _step

from .material import material, seen

GERMAN = wording("de")


def matrix_with(*cases: tuple[str, Verdict], state: str) -> Matrix:
    m = material("traceability-matrix").matrix
    assert m is not None
    row = m.rows[0].model_copy(update={"residual": (f"RA-X-1: {state}",), "risks": ("RA-X-1",)})
    reverse = tuple(
        ReverseRow(case=c, title="t", phase="PQ", requirements=(row.requirement,), risks=("RA-X-1",), final=v, runs=())
        for c, v in cases
    )
    return m.model_copy(update={"rows": (row,), "reverse": reverse})


CLAIM = "residual low claimed, not yet supported"


def test_a_claimed_rating_names_the_cases_it_waits_for_and_no_other():
    found = matrix_with(
        ("TC-PQ-0001", Verdict.NOT_RUN), ("TC-PQ-0002", Verdict.PASSED), ("TC-PQ-0003", Verdict.BLOCKED), state=CLAIM
    )
    (table,) = residuals(found)
    assert table.rows == (("RA-X-1", f"{CLAIM}; it waits for TC-PQ-0001 NOT RUN, TC-PQ-0003 BLOCKED"),)
    (nobody,) = residuals(matrix_with(state=CLAIM))
    assert nobody.rows[0][1].endswith("it waits for a case: none names it")
    (shown,) = residuals(matrix_with(("TC-PQ-0001", Verdict.NOT_RUN), state="residual low, supported by 2 passed cases"))
    assert "waits" not in shown.rows[0][1]
    (german,) = blocks_in((table,), GERMAN)
    assert "sie wartet auf TC-PQ-0001 NOT RUN" in german.rows[0][1]
    assert "in den Worten" not in german.rows[0][1]


def test_clauses_without_answer_stand_among_the_gaps_and_say_that_no_rule_counts_them():
    found = matrix_with(state=CLAIM).model_copy(update={"gaps": ()})
    _, gaps, weighed = coverage(found, ("12.3", "16"))
    assert [row[:2] for row in gaps.rows] == [("clause unanswered", "12.3"), ("clause unanswered", "16")]
    assert isinstance(weighed, Paragraph) and "does not count it" in weighed.text
    assert len(coverage(found)) == 2, "nothing is said where every clause is answered"


def test_withdrawn_numbers_are_listed_with_what_the_lock_knows():
    gone = (
        ("TC-OQ-0023", "URS-QC-004/ac-2/agrees/file=nist/Norris.dat/sample=SPL4"), ("TC-OQ-0147", "URS-QC-031/ac-1/restored"),
        ("TC-OQ-0150", "hand/OQ/own.feature/3"), ("TC-PQ-0009", "x"),
    )  # fmt: skip
    table, why = withdrawn(Protocol(system="x", features=(), withdrawn=gone), "OQ")
    assert table.rows == (
        ("TC-OQ-0023", "URS-QC-004", "ac-2", "agrees: file=nist/Norris.dat; sample=SPL4"),
        ("TC-OQ-0147", "URS-QC-031", "ac-1", "restored"),
        ("TC-OQ-0150", "none", "none", "hand/OQ/own.feature/3"),
    )
    assert "neither reason nor day" in why.text
    assert withdrawn(Protocol(system="x", features=(), withdrawn=gone), "IQ") == ()


def test_what_is_not_shown_by_a_requirement_itself_is_one_row_and_says_where_it_is_shown():
    m = material("oq-protocol")
    assert m.protocol is not None
    served = [r.id for r in m.spec.requirements if r.phase == "OQ"][:2]
    first = m.protocol.features[-1]
    case = replace(m.protocol.cases[0], id="TC-OQ-0777", technique="transition", requirements=("URS-OTHER-1",))
    protocol = replace(m.protocol, features=(*m.protocol.features, replace(first, path="OQ/z.feature", cases=(case,))))
    remarks = dict.fromkeys(served, ("transition: no states here", "boundary: no limit here"))
    _, table, elsewhere = shortfalls(protocol, "OQ", m.spec, remarks)
    rows = {row[0]: row for row in table.rows}
    assert rows["boundary"] == ("boundary", "no limit here", ", ".join(served))
    assert rows["transition"][1] == "no states here"
    assert len(table.rows) == 2
    assert elsewhere.rows == (("transition", "URS-OTHER-1 (TC-OQ-0777)"),)


def test_a_reason_that_names_a_pattern_says_which_cases_are_of_it():
    m = material("oq-protocol")
    assert m.protocol is not None
    r, c = next((r, c) for r in m.spec.requirements for c in r.criteria if c.pattern and r.phase == "OQ")
    base = replace(m.protocol.cases[0], requirements=(r.id,), rule=f"{c.id} words", technique="positive", phase="OQ")
    cases = tuple(replace(base, id=f"TC-OQ-{n:04d}") for n in (11, 12, 13, 15))
    protocol = Protocol(system="x", features=(replace(m.protocol.features[0], cases=cases),))
    name = c.pattern.partition("@")[0]
    _, table = shortfalls(protocol, "OQ", m.spec, {r.id: (f"boundary: the limit is shown by {name}",)})
    assert table.rows[0][1].splitlines()[1] == f"{name} is shown by {r.id} (TC-OQ-0011 to 0013, TC-OQ-0015)"


def test_a_rule_that_a_script_names_is_told_once_and_an_unknown_one_is_owned_up_to():
    (table,) = rules_in('refuses it by the rule "RR-F01" and "RR-F01", "RR-Z99"')
    assert [row[0] for row in table.rows] == ["RR-F01", "RR-Z99"]
    assert table.rows[0][1] == RULES["RR-F01"][0]
    assert "no words for it" in table.rows[1][1]
    assert rules_in("no rule") == ()


def test_signs_of_any_text_have_a_key_and_a_character_no_font_has_is_one():
    (table,) = key_of(("made on {today+3}", "grade \N{FULLWIDTH DIGIT TWO}"))
    assert isinstance(table, Table)
    assert [row[0] for row in table.rows] == ["{today+30}, {today-10}", "[U+FF12]"]
    assert key_of(("µ and ± are shown",)) == ()


def test_a_verdict_is_printed_without_its_underscore_and_a_sentence_with_it_has_words_in_german():
    assert spelled(Verdict.NOT_RUN) == "NOT RUN"
    assert spelled("my_NOT_RUNNER NOT_APPLICABLE_ x_y") == "my_NOT_RUNNER NOT_APPLICABLE_ x_y"
    assert GERMAN.recognised(told("TC-OQ-0001 NOT_RUN")) == "TC-OQ-0001 NOT RUN"


def test_of_two_numbers_it_is_told_which_is_certified_and_verification_reads_both():
    pair = seen("B0, certified and computed", "13", "-0.2623|-0.26232", comparison="digits")
    cell = observed(pair)
    assert cell.startswith("certified -0.2623\ncomputed -0.26232\n")
    step = material("oq-report").runs[0].results[0].steps[0].model_copy(update={"observations": (pair,)})

    def faults(text: str) -> list[str]:
        row = (str(step.number), "x", "agree in at least 13 digits", text, spelled(step.verdict), "record", "none")
        return list(_step(step, [row], wording("")))

    assert faults(cell) == []
    assert faults("-0.2623|-0.26232") == [], "as reports of before printed it"
    assert faults(cell.replace("computed -0.26232", "computed -0.2623"))
    assert faults(cell.replace("certified", "computed", 1))


def test_a_case_no_risk_names_is_not_called_rated():
    m = material("oq-protocol")
    assert m.protocol is not None
    bare = replace(m.protocol.cases[0], risks=(), priority="low", phase="OQ")
    feature = replace(m.protocol.features[0], cases=(bare,), phase="OQ")
    (table, *_) = case_list(Protocol(system="x", features=(feature,)), "OQ")
    assert table.rows[0][4] == f"not rated, tested as low, {bare.technique}"
