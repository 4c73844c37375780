"""The documents around plan, protocols and reports: what they say follows from the records, and what is missing is said."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import get_args

import pytest
from openpyxl import load_workbook

from csvgen.canonical import Digest, digest
from csvgen.model.counterpart import Counterpart
from csvgen.model.execution import Component as ModelComponent
from csvgen.model.people import Account, Training
from csvgen.model.report import Column, Facts, Paragraph, Table
from csvgen.model.spec import Component, DocumentKind, Flow, FlowNode
from csvgen.model.system import CodeReview, DataFlow
from csvgen.report import excel
from csvgen.report.compose import compose
from csvgen.report.markdown import escape
from csvgen.report.set_inserts import sheets
from csvgen.templates import Templates
from csvgen.trace.assessment import assessment
from csvgen.trace.content import COMPOSED
from csvgen.trace.set_content import SET

from .material import D, at, material, report_of, spec_with
from .test_compose import facts, table, texts

SUMMED: DocumentKind = "validation-summary"


def cells(found: Table) -> list[str]:
    return [cell for row in found.rows for cell in row]


def with_system(kind: str, **changes: object):
    spec = spec_with(())
    return compose(
        material(kind, spec=replace(spec, system=spec.system.model_copy(update=changes))), Templates(None, escape)
    )  # fmt: skip


def words(report) -> str:
    return "\n".join(texts((*report.blocks,)))


def test_the_summary_says_what_the_rule_gives_and_why():
    report = report_of(SUMMED)
    found = facts(report)
    assert found["Outcome by this rule"].startswith("NOT ELIGIBLE"), "most requirements of the example have no case here"
    assert "gap, requirement without test: URS-QC-001" in found["Against a better outcome"]
    assert "OQ: TC-OQ-0003 BLOCKED (DEV-002): no production lot before it is shown" in found["Restrictions"]
    assert found["Deviations"] == "2, of them without signed disposition 0"
    outcome = {row[0]: (row[2], row[3], row[4]) for row in table(report, "Outcome of each phase").rows}
    assert outcome["IQ"] == ("IQ-001, IQ-002", "1 of 1", "ELIGIBLE")
    assert outcome["OQ"] == ("OQ-001", "2 of 3", "ELIGIBLE WITH RESTRICTIONS")
    runs = {row[0]: row[3] for row in table(report, "Formal runs").rows}
    assert set(runs) == {"IQ-001", "IQ-002", "OQ-001", "PQ-001"}, "the failed run too"
    assert [row[:4] for row in table(report, "Documents of this validation").rows] == [
        ("QCR-OQR", "Report", "2", "approved\n2026-11-21 12:00:00")
    ]


def test_an_unsigned_disposition_is_told_and_no_restriction_is_taken_for_granted():
    found = report_of(SUMMED, signed=False)
    assert facts(found)["Deviations"] == "2, of them without signed disposition 2"
    assert {row[3] for row in table(found, "Deviation log").rows} == {"NOT SIGNED"}
    assert "OQ: DEV-002 has no signed disposition" in facts(found)["Against a better outcome"]


def test_proposed_decided_and_made_stand_beside_each_other():
    rows = {row[0]: row[1:] for row in table(report_of(SUMMED), "Documents proposed").rows}
    assert rows["OQ report"][1:] == ("needed: Installation, function and use.", "QCR-OQR r2, approved")
    assert rows["Supplier Assessment"][0].startswith(
        "optional: no component names a supplier; not written for this purpose: Records"
    )
    assert rows["Release Certificate"][2] == "follows this report"
    assert rows["Validation Summary Report"][2] == "this report"
    assert rows["Supplier Assessment"][2] == "not made"


def test_the_log_has_a_form_for_each_deviation_and_says_so_when_there_is_none():
    report = report_of("deviation-log")
    assert [row[0] for row in table(report, "Deviation log").rows] == ["DEV-001", "DEV-002"]
    form = [b for b in report.blocks if isinstance(b, Facts)]
    assert [dict(f.rows)["Observed"] for f in form] == ["5", "5"]
    assert table(report, "Every execution of TC-IQ-0001").rows[0][4] == "FAILED"
    none = report_of("deviation-log", deviations=())
    assert "None: no deviation was opened." in words(none)
    assert (table(none, "Deviation log").rows, table(none, "Deviation log").empty) == ((), "No deviation was opened.")


def test_a_baseline_that_differs_from_what_was_read_is_marked():
    spec = spec_with(())
    item = next(i for s in spec.installation.sections for i in s.items if i.kind == "configuration")
    m = material("configuration-baseline")

    def compared(value: str) -> str:
        runs = tuple(
            replace(r, target_start=r.target_start.model_copy(update={"configuration": ((item.subject, value),)})) for r in m.runs
        )
        report = compose(replace(m, runs=runs), Templates(None, escape))
        return next(row[4] for row in table(report, "Configured values").rows if f"({item.subject})" in row[1])

    assert compared(item.expected) == "equal"
    assert compared("something else") == "FAILED: DIFFERS"
    unread = report_of("configuration-baseline", runs=())
    assert facts(unread)["Read from the system by"] == "no run of the IQ read the system"
    said = {row[1].rpartition("(")[2]: row[3:5] for row in table(unread, "Configured values").rows}
    assert said.pop("failures_to_lock)") == ("not read", "NOT_RUN\nTC-IQ-0001"), "a case asks for it, and was not executed"
    assert set(said.values()) == {("not read", "NOT READ")}, "no case of this protocol asks for them"


def test_what_the_system_reports_no_value_of_is_told_by_its_case_and_what_has_no_baseline_is_told_apart():
    m = material("configuration-baseline")
    read = {row[1].rpartition("(")[2]: row[3:5] for row in table(report_of("configuration-baseline"), "Configured values").rows}
    assert read["failures_to_lock)"] == ("3", "PASSED\nTC-IQ-0001"), "its last execution, not the one that failed"
    below = ModelComponent(name="SQLite", version="3.45.1", sha256="")
    runs = tuple(
        replace(r, target_start=r.target_start.model_copy(update={"components": (*r.target_start.components, below)}))
        for r in m.runs
    )
    report = compose(replace(m, runs=runs), Templates(None, escape))
    assert table(report, "Read from the system, without a value").rows == (("SQLite", "3.45.1", "not compared"),)
    assert not [
        b for b in report_of("configuration-baseline").blocks if isinstance(b, Table) and b.caption.startswith("Read from")
    ]


def test_a_baseline_tells_of_every_kind_of_item_and_of_a_platform_what_it_told():
    from csvgen.model.qualification import BaselineItem
    from csvgen.report.baseline_blocks import KINDS, baseline

    assert set(KINDS) == set(get_args(BaselineItem.model_fields["kind"].annotation))
    spec = spec_with(())
    section = spec.installation.sections[0]
    asked = tuple(
        BaselineItem(id=f"i{n}", title=f"Fact {n}", kind="platform", subject=f"aws.lock: {n}", expected="yes", source="design")
        for n in range(3)
    )
    only = spec.installation.model_copy(update={"sections": (section.model_copy(update={"items": asked}),)})
    m = material("configuration-baseline")
    run = next(r for r in m.runs if r.plan.phase == "IQ" and r.results)
    seen = run.results[0].steps[0].observations[0]
    told = tuple(
        seen.model_copy(update={"what": f"aws.lock: {n}", "actual": value, "holds": holds})
        for n, value, holds in ((0, "yes", True), (1, "no", False))
    )
    step = run.results[0].steps[0].model_copy(update={"observations": told})
    result = run.results[0].model_copy(update={"steps": (step,)})
    moto = Counterpart(kind="emulator", name="moto", version="5")
    asked_at = run.target_start.model_copy(update={"counterparts": (moto,)})
    blocks = baseline(replace(spec, installation=only), (replace(run, results=(result,), target_start=asked_at),))
    assert any("emulator moto 5" in value for b in blocks if isinstance(b, Facts) for _, value in b.rows), "who was read"
    rows = {
        row[1]: row[3:5] for block in blocks if isinstance(block, Table) and block.caption == "Platform" for row in block.rows
    }
    assert rows == {
        "Fact 0 (aws.lock: 0)": ("yes", "PASSED"),
        "Fact 1 (aws.lock: 1)": ("no", "FAILED: DIFFERS"),
        "Fact 2 (aws.lock: 2)": ("not read", "NOT READ"),
    }


def test_training_after_the_first_signature_is_said_to_be_too_late():
    def told(day: str, role: str = "tester") -> str:
        person = Account(
            id="nadia.corso", kind="person", printed_name="N. Tester", roles=("tester",), state="active",
            training=(Training(role=role, subject="protocol", on=day),),
        )  # fmt: skip
        return table(report_of("training-log", people=(person,)), "People who took part").rows[0][4]

    assert told("2026-11-21").startswith("tester: yes, first signed 2026-11-21 11:00:50")
    assert told("2026-11-22").startswith("tester: NO")
    assert told("2026-11-01", "reviewer").startswith("tester: NO"), "trained for another role"


def test_who_took_part_and_is_not_in_the_register_is_named():
    found = table(report_of("training-log", people=()), "Not in the register of people")
    assert {row[0] for row in found.rows} == {"nadia.corso", "tomas.feld", "ci-runner"}


def test_an_invalid_signature_is_listed_as_invalid():
    m = material("training-log")
    bad = replace(m.signatures[0], invalid="another certificate", signed="")
    report = compose(replace(m, signatures=(bad,)), Templates(None, escape))
    [row] = table(report, "Signature log").rows
    assert (row[0], row[3]) == ("no time can be believed", "INVALID issued: another certificate")


def test_custom_code_without_a_review_is_open_and_with_one_is_told():
    review = CodeReview(
        revision="1.0", by="reviewer", on="2026-01-02", standard="CS-1", outcome="accepted-with-findings", findings=("One.",), reference="MR-1"
    )  # fmt: skip

    def one(**more: object) -> Component:
        return Component.model_validate({"id": "a", "name": "Part A", "gamp": "5", "reason": "Ours.", **more})

    open_one = with_system("design-specification", components=(one(),))
    assert table(open_one, "Code review").rows == (("Part A", "OPEN", "no review of its source is recorded", "none"),)
    assert "Without a recorded review: Part A." in words(open_one)
    told = table(with_system("design-specification", components=(one(review=review),)), "Code review").rows[0]
    assert (told[1], told[3]) == ("ACCEPTED WITH FINDINGS", "One.")
    assert "revision 1.0\n2026-01-02" in told[2]
    bought = with_system("design-specification", components=(one(gamp="3"),))
    assert "Not applicable, because no component was written for this purpose (category 5)." in words(bought)


def test_only_what_was_written_for_this_purpose_is_called_made_in_house():
    rows = {row[0]: row[2] for row in table(report_of("supplier-assessment"), "Components that name no supplier").rows}
    assert rows["Audit trail"] == "written for this purpose"
    assert rows["Records store on SQLite"] == "OPEN: nobody is named who delivers it"


def test_ways_that_cross_the_border_are_interfaces():
    nodes = (
        FlowNode(id="balance", name="Balance", stages=("creation",), records=("raw-file",)),
        FlowNode(id="store", name="Store", stages=("storage",), records=("raw-file",), component="records-store"),
    )
    way = Flow(source="balance", target="store", records=("raw-file",), how="File copied")
    report = with_system("system-description", data_flow=DataFlow(nodes=nodes, flows=(way,)))
    assert table(report, "Interfaces").rows == (("into the system", "Balance to Store", "Instrument file", "File copied"),)
    inside = nodes[0].model_copy(update={"component": "records-store"})
    closed = with_system("system-description", data_flow=DataFlow(nodes=(inside, nodes[1]), flows=(way,)))
    assert table(closed, "Interfaces").rows == ()


def test_every_paragraph_has_an_answer_or_a_gap():
    report = report_of("regulatory-assessment")
    rows = {row[0]: row for row in table(report, "21 CFR Part 11").rows}
    assert rows["11.30"][4:] == ("N/A", f"closed system: {spec_with(()).system.classification.reason}")
    restricted = next(row for row in rows.values() if "URS-QC-031" in row[2])
    assert restricted[4] in ("GAP", "RESTRICTED")
    assert "URS-QC-031: not shown, accepted with restriction: TC-OQ-0003 BLOCKED" in restricted[5]
    passed = [row for row in rows.values() if row[4] == "PASSED"]
    assert all("PASSED" in row[3] and row[5] == "nothing" for row in passed)
    assert {row[4] for row in rows.values()} <= {"PASSED", "PROCEDURE", "RESTRICTED", "GAP", "OPEN", "N/A"}


def test_a_paragraph_is_worth_what_its_worst_requirement_is():
    m = material("regulatory-assessment")
    assert m.matrix is not None
    restricted = next(r for r in m.matrix.rows if r.requirement == "URS-QC-031")
    passed = restricted.model_copy(update={"requirement": "URS-QC-006", "coverage": "passed", "reason": "1 of 1"})
    gap = passed.model_copy(update={"requirement": "URS-QC-001", "coverage": "gap", "reason": "no test"})

    def standing(*rows) -> str:
        part11 = assessment(m.spec, m.matrix.model_copy(update={"rows": rows}))[0]
        return next(a.standing for a in part11.rows if a.clause == restricted.clauses[0])

    assert (standing(passed), standing(passed, restricted), standing(passed, restricted, gap)) == ("PASSED", "RESTRICTED", "GAP")
    assert standing() == "OPEN"


def test_the_part_of_a_paragraph_that_does_not_apply_stands_in_a_row_of_its_own():
    m = material("regulatory-assessment")
    assert m.matrix is not None
    one = next(r for r in m.matrix.rows if r.requirement == "URS-QC-022")
    assert (one.coverage, one.clauses) == ("not-applicable", ("11.200(b)", "11.300(e)"))

    def rows(**changes: object) -> list[tuple[str, ...]]:
        other = next(r for r in m.matrix.rows if r.requirement == "URS-QC-006").model_copy(
            update={"clauses": ("11.300(e)",), **changes}
        )
        matrix = m.matrix.model_copy(update={"rows": (one, other)})
        report = compose(replace(m, matrix=matrix), Templates(None, escape))
        return [row for row in table(report, "21 CFR Part 11").rows if row[0] == "11.300(e)"]

    shown, apart = rows()
    assert (shown[2], shown[4], shown[5]) == ("URS-QC-006", "PASSED", "nothing")
    assert apart[1].endswith(": what of it does not apply")
    assert (apart[2], apart[3], apart[4]) == ("URS-QC-022", "none", "N/A")
    assert apart[5].startswith("Not applicable: The system offers no biometric signature")
    [alone] = rows(clauses=("11.10(a)",))
    assert (alone[2], alone[4]) == ("URS-QC-022", "N/A")
    assert alone[5] == apart[5], "the reason stands where the column says it does"


def test_neighbours_are_told_as_a_row_and_never_bridge_a_gap():
    from csvgen.report.case_blocks import in_rows

    cases = [("TC-OQ-0001", "PASSED"), ("TC-OQ-0002", "PASSED"), ("TC-OQ-0004", "PASSED"), ("TC-OQ-0005", "FAILED")]
    assert in_rows(cases) == ["TC-OQ-0001 to 0002: 2 PASSED", "TC-OQ-0004 PASSED", "TC-OQ-0005 FAILED"]


def test_tools_are_those_the_runs_recorded_each_with_its_adequacy():
    rows = {row[0]: row for row in table(report_of(SUMMED), "Tools and data").rows}
    assert rows["csvgen"][3].startswith("not assessed")
    assert rows["csvgen (recorder of the runs)"][1] == "0.1.0"
    assert rows["Python"][3].startswith("not assessed on its own")
    assert "Python" not in {row[0] for row in table(report_of("urs", runs=()), "Tools and data").rows}, "nobody recorded one"


def test_nothing_is_blank_in_any_document_of_the_set():
    for kind in SET:
        for m in (material(kind), material(kind, deviations=(), signatures=(), people=(), documents=(), timeline=())):
            report = compose(m, Templates(None, escape))
            blanks = [b.caption for b in report.blocks if isinstance(b, Table) and any(not c.strip() for c in cells(b))]
            assert not blanks, (kind, blanks)
            assert all(b.empty.strip() for b in report.blocks if isinstance(b, Table))
            assert all(v.strip() for b in report.blocks if isinstance(b, Facts) for _, v in b.rows), kind
            assert all(b.text.strip() for b in report.blocks if isinstance(b, Paragraph))


# ------------------------------------------------------------------ workbooks


@pytest.mark.parametrize("kind", ["risk", "deviation-log", "evidence-index"])
def test_the_workbook_says_cell_by_cell_what_the_document_prints_and_nothing_is_a_formula(kind):
    report = report_of(kind, poisoned=True)
    tables = sheets(kind, report)
    assert tables
    data = excel.draw_tables(
        tables, title=report.title, document_id=report.id, system=report.system, content=Digest(D), made_by=report.made_by,
        revision=1, date=report.date, slots=report.slots,
    )  # fmt: skip
    book = load_workbook(io.BytesIO(data))
    assert book.sheetnames == [*tables, "About", "Signatures"]
    from csvgen.report.excel_text import cell_text

    for name, found in tables.items():
        rows = list(book[name].iter_rows(min_row=3))
        wanted = [tuple(cell_text(c, "") for c in row) for row in found.rows]
        assert [tuple(c.value for c in row) for row in rows] == wanted
        assert {c.data_type for row in rows for c in row} == {"s"}
    assert data == excel.draw_tables(
        tables, title=report.title, document_id=report.id, system=report.system, content=Digest(D), made_by=report.made_by,
        revision=1, date=report.date, slots=report.slots,
    )  # fmt: skip


def test_what_looks_like_a_formula_is_text():
    words = ("=1+1", "+SUM(A1)", "@x", "#N/A")
    listed = Table((Column("A", 1.0),), tuple((w,) for w in words), "List")
    data = excel.draw_tables(
        {"List": listed}, title="T", document_id="X", system="S", content=Digest(D), made_by="m", revision=1
    )  # fmt: skip
    found = [row[0] for row in load_workbook(io.BytesIO(data))["List"].iter_rows(min_row=3)]
    assert [(c.value, c.data_type) for c in found] == [(w, "s") for w in words]


def test_only_kinds_with_lists_are_workbooks():
    assert {kind for kind in COMPOSED if sheets(kind, report_of(kind))} == {"risk", "deviation-log", "evidence-index"}


def test_signatures_of_the_set_are_dated_by_their_records():
    report = report_of("training-log")
    assert [row[0] for row in table(report, "Signature log").rows] == [
        "2026-11-21 11:00:50",
        "2026-11-21 11:01:10",
        "2026-11-21 11:01:20",
    ]
    assert digest(report.digest) == digest(report_of("training-log").digest)
    assert at(50).startswith("2026-11-21T11:00:50")
