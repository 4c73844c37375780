"""The composer: what each kind of document says, and that nothing a project can say becomes anything but text."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import is_dataclass, replace

import pikepdf
import pytest
from lxml import etree
from openpyxl import load_workbook

from csvgen.canonical import digest
from csvgen.errors import ConfigError
from csvgen.model.execution import ClockOffset, Component, PlannedCase, Verdict
from csvgen.model.report import ApprovalPage, Contents, Facts, Heading, Paragraph, Report, Table, Timeline, TimelineEntry
from csvgen.report import excel, pdf, word
from csvgen.report.compose import BANNER, compose, in_time, template_of
from csvgen.report.markdown import escape
from csvgen.report.text import shown
from csvgen.templates import Templates
from csvgen.trace.matrix import trace

from .material import KINDS, POISON, at, material, report_of
from .outside import cover, expected, packed, page_texts, part

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
poppler = pytest.mark.needs("pdftotext")


def table(report: Report, caption: str) -> Table:
    return next(b for b in report.blocks if isinstance(b, Table) and b.caption.startswith(caption))


def facts(report: Report) -> dict[str, str]:
    return {name: value for b in report.blocks if isinstance(b, Facts) for name, value in b.rows}


def texts(value: object) -> list[str]:
    """Every text in a value."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, tuple):
        return [t for item in value for t in texts(item)]
    return [t for name in value.__slots__ for t in texts(getattr(value, name))] if is_dataclass(value) else []


def after(report: Report, title: str) -> list[object]:
    """The blocks of the chapter with this title."""
    blocks = list(report.blocks)
    start = next(n for n, b in enumerate(blocks) if isinstance(b, Heading) and b.level == 1 and b.text == title)
    end = next((n for n in range(start + 1, len(blocks)) if isinstance(blocks[n], Heading) and blocks[n].level == 1), len(blocks))
    return blocks[start + 1 : end]


# ------------------------------------------------------------------ hostile text


@pytest.mark.parametrize("kind", KINDS)
def test_hostile_text_is_text_in_every_document(kind):
    report = report_of(kind, poisoned=True)
    blob = packed(" ".join(texts((report, *report.blocks))))
    for piece in (
        "<script>alert('x')</script>&<b>bold</b>&amp;]]><![CDATA[",
        '=HYPERLINK("http',
        "{{7*7}}{%raw%}",
    ):
        assert packed(piece) in blob, piece
    assert "49" not in {t.strip() for t in texts((*report.blocks,))}
    document = etree.fromstring(part(word.draw(report), "word/document.xml"))
    said = "".join(packed("".join(t.text or "" for t in p.iter(f"{W}t"))) for p in document.iter(f"{W}p"))
    assert said == "".join([*cover(report), *expected(report)])


@pytest.mark.parametrize("kind", ["urs", "iq-report", "pq-report"])
@poppler
def test_poppler_reads_the_hostile_text_back_from_the_pdf(kind, tmp_path):
    report = report_of(kind, poisoned=True)
    path = tmp_path / "hostile.pdf"
    path.write_bytes(pdf.draw(report))
    blob = "".join(packed(page) for page in page_texts(path))
    for piece in (w for w in POISON if "W" * 9 not in w):
        lines = [packed(shown(line)) for line in piece.split("\n") if packed(line)]
        assert all(line[:40] in blob for line in lines), piece


@pytest.mark.parametrize("kind", ["urs", "risk", "oq-protocol", "iq-report", "pq-report"])
def test_no_rendition_holds_anything_that_acts(kind):
    report = report_of(kind, poisoned=True)
    with pikepdf.open(io.BytesIO(pdf.draw(report))) as file:
        for thing in file.objects:
            if isinstance(thing, pikepdf.Dictionary):
                assert not {"/JS", "/JavaScript", "/URI", "/Launch", "/AA", "/EmbeddedFile", "/RichMedia"} & set(thing.keys())
                assert thing.get("/S") not in {"/URI", "/JavaScript", "/Launch", "/GoToR", "/SubmitForm", "/ImportData"}
    made = word.draw(report)
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        assert not [n for n in archive.namelist() if "vba" in n.lower() or "embed" in n.lower() or "altChunk" in n]
        for name in archive.namelist():
            assert b'TargetMode="External"' not in archive.read(name), name
    document = etree.fromstring(part(made, "word/document.xml"))
    assert {f.get(f"{W}instr").split()[0] for f in document.iter(f"{W}fldSimple")} <= {"SEQ", "PAGE", "NUMPAGES"}
    assert not list(document.iter(f"{W}instrText", f"{W}object", f"{W}altChunk"))


def test_a_matrix_of_hostile_text_holds_no_formula():
    source = material("pq-report", poisoned=True).matrix
    data = excel.draw(source, title="=1+1", document_id="+X", made_by="@y", banner="-z")
    book = load_workbook(io.BytesIO(data))
    cells = [(s.title, c) for s in book for row in s.iter_rows() for c in row]
    formulas = [c.value for name, c in cells if c.data_type == "f"]
    assert formulas and all(str(f).startswith("=COUNTIF('") for f in formulas)
    assert {name for name, c in cells if c.data_type == "f"} == {"Summary"}
    assert any("=HYPERLINK(" in str(c.value) for _, c in cells if c.data_type == "s")
    assert not [c for _, c in cells if c.hyperlink and (c.hyperlink.target or not c.hyperlink.location)]
    assert "[U+202E]" in " ".join(str(c.value) for _, c in cells)


# ------------------------------------------------------------------ every kind


@pytest.mark.parametrize("kind", KINDS)
def test_every_document_has_its_shell(kind):
    report = report_of(kind)
    kinds = [type(b) for b in report.blocks]
    assert kinds[0] is ApprovalPage
    assert kinds.index(Contents) < kinds.index(Heading)
    assert table(report, "Revision history").rows == (("1", "2026-11-21 12:00:00 +00:00", "initial issue"),)
    assert report.banner == BANNER
    assert report.official == "pdf"
    assert (report.content, report.status) == (str(digest("any")), "approved when fully signed")
    names = ["Document", "Revision", "Status", "Date", "System", *(name for name, _ in report.cover)]
    assert len(names) == len(set(names)), "the cover says something twice"
    assert ("Timeline of approvals and runs" in {b.text for b in report.blocks if isinstance(b, Heading)}) == kind.endswith(
        "report"
    )


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_blank_and_every_table_has_its_cells(kind):
    for block in report_of(kind).blocks:
        if isinstance(block, Table):
            assert block.empty
            assert all(len(row) == len(block.columns) for row in block.rows), block.caption
            assert all(cell.strip() for row in block.rows for cell in row), block.caption
        if isinstance(block, Facts):
            assert all(name.strip() and value.strip() for name, value in block.rows), block.rows


@pytest.mark.parametrize("kind", ["iq-report", "pq-report", "urs"])
def test_the_same_material_gives_the_same_bytes(kind):
    first, second = report_of(kind), report_of(kind)
    assert first.digest == second.digest
    assert pdf.draw(first) == pdf.draw(second)
    assert word.draw(first) == word.draw(second)


def test_a_system_that_is_no_demonstration_carries_no_such_mark():
    source = material("urs")
    system = source.spec.system.model_copy(update={"demonstration": "no"})
    report = compose(replace(source, spec=replace(source.spec, system=system)), Templates(None, escape))
    assert report.banner == ""


def test_a_template_with_an_unknown_place_is_refused_by_name(tmp_path):
    (tmp_path / "documents").mkdir()
    (tmp_path / template_of("urs", material("urs").spec)).write_text("# X\n\n```block\nexecuted\n```\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"templates/documents/urs\.md\.j2.*no block 'executed'"):
        compose(material("urs"), Templates(tmp_path, escape))


# ------------------------------------------------------------------ what reports tell


def test_signatures_of_one_person_in_a_row_are_one_line_and_keep_their_times():
    entries = (
        TimelineEntry(at(1), "approval", "A r1 authored", "P"),
        TimelineEntry(at(2), "approval", "B r1 authored", "P"),
        TimelineEntry(at(3), "approval", "C r1 reviewed", "P"),
        TimelineEntry(at(4), "run", "IQ-001 begins", "ci"),
        TimelineEntry(at(5), "approval", "D r1 reviewed", "P"),
        TimelineEntry(at(6), "approval", "E r1 reviewed", "Q"),
    )
    assert in_time(entries) == Timeline(
        (
            TimelineEntry("2026-11-21 11:00:01", "approval", "authored: A r1, B r1 (11:00:02)", "P"),
            TimelineEntry("2026-11-21 11:00:03", "approval", "reviewed: C r1", "P"),
            TimelineEntry("2026-11-21 11:00:04", "run", "IQ-001 begins", "ci"),
            TimelineEntry("2026-11-21 11:00:05", "approval", "reviewed: D r1", "P"),
            TimelineEntry("2026-11-21 11:00:06", "approval", "reviewed: E r1", "Q"),
        )
    )


@poppler
def test_a_timeline_of_forty_lines_stands_on_one_page(tmp_path):
    many = tuple(TimelineEntry(at(n), "approval", f"QCR-DOC-{n:02d} r1 approved", f"Person {n % 7} (role)") for n in range(40))
    path = tmp_path / "timeline.pdf"
    path.write_bytes(pdf.draw(report_of("iq-report", timeline=many)))
    pages = [packed(page) for page in page_texts(path)]
    assert {n for n, page in enumerate(pages) for k in range(40) if f"QCR-DOC-{k:02d}r1" in page} == {
        pages.index(next(p for p in pages if "QCR-DOC-00r1" in p))
    }


def test_the_failed_step_its_deviation_and_its_retest_stand_together():
    report = report_of("iq-report")
    executions = table(report, "Every execution of TC-IQ-0001")
    assert [(row[0].split(",")[0], row[1], row[4]) for row in executions.rows] == [
        ("IQ-001", "2", "FAILED"),
        ("IQ-002", "2", "PASSED"),
    ]
    assert "QCR-XO-IQ-002 issued by N. Tester" in executions.rows[1][0]
    assert (executions.rows[0][2].split(": ")[1], executions.rows[0][3].split("\n")[0]) == ("3", "5")
    told = facts(report)
    assert told["Signed"] == "approved: R. Quality (tester), 2026-11-21 11:01:10 +00:00"
    assert told["Step"].startswith("2: Then the configuration value")
    assert (told["Disposition"], told["Retest released for"]) == ("retest", "TC-IQ-0001")
    assert facts(report_of("iq-report", signed=False))["Disposition"] == "retest, proposed and not signed"
    runs = [b.text for b in report.blocks if isinstance(b, Heading) and b.text.startswith("TC-IQ-0001")]
    assert len(runs) == 2
    assert [row[3] for row in table(report, "Results of all runs").rows] == ["FAILED", "PASSED"]


def test_a_deviation_about_a_whole_case_says_so():
    report = report_of("oq-report")
    assert table(report, "Deviation log").rows[0][:2] == ("DEV-002", "TC-OQ-0003, the whole case")
    assert table(report, "Every execution of TC-OQ-0003").rows[0][1:5] == (
        "all", "the case is carried out and passes", "the target does not offer the port Continuity", "BLOCKED",
    )  # fmt: skip


def test_what_a_later_phase_has_to_show_is_no_gap_yet_and_is_one_when_it_failed():
    before = report_of("oq-report", until="OQ-001")
    states = {row[0]: row[3] for row in table(before, "Coverage of the requirements of the OQ").rows}
    assert states["URS-QC-006"] == "PASSED SO FAR"
    assert states["URS-QC-031"] == "GAP, RESTRICTED"
    assert states["URS-QC-022"] == "N/A"
    assert states["URS-QC-021"] == "PROCEDURE"
    subjects = [row[1] for row in table(before, "Gaps").rows]
    assert "URS-QC-031" in subjects
    assert not {"URS-QC-006", "TC-PQ-0001"} & set(subjects)
    assert any(isinstance(b, Paragraph) and "has yet to execute, TC-PQ-0001." in b.text for b in before.blocks)
    source = material("pq-report")
    failed = source.runs[-1].results[0].model_copy(update={"verdict": Verdict.FAILED})
    runs = (*source.runs[:-1], replace(source.runs[-1], results=(failed,)))
    matrix = trace(source.spec, source.protocol, runs, source.deviations)
    again = compose(replace(material("oq-report"), runs=runs, matrix=matrix), Templates(None, escape))
    assert {row[0]: row[3] for row in table(again, "Coverage of the requirements of the OQ").rows}["URS-QC-006"] == "FAILED"
    late = report_of("pq-report", until="OQ-001")
    assert {"URS-QC-006", "TC-PQ-0001"} <= {row[1] for row in table(late, "Gaps").rows}
    assert {row[0]: row[3] for row in table(late, "Coverage of all requirements").rows}["URS-QC-006"] == "GAP"


def test_the_last_report_covers_every_requirement_and_remembers_the_restriction():
    source = material("pq-report")
    report = report_of("pq-report")
    assert [row[0] for row in table(report, "Coverage of all requirements").rows] == [r.id for r in source.spec.requirements]
    told = facts(report)
    assert told["Outcome by this rule"].startswith("ELIGIBLE: ")
    assert told["Restrictions of other phases"] == "DEV-002 (TC-OQ-0003 in OQ-001): no production lot before it is shown"
    assert facts(report_of("oq-report"))["Outcome by this rule"].startswith("ELIGIBLE WITH RESTRICTIONS")
    assert facts(report_of("iq-report", signed=False))["Outcome by this rule"].startswith("NOT ELIGIBLE")


def test_a_scenario_at_a_glance_shows_refusals_and_the_part_of_a_long_text_that_decides():
    rows = table(report_of("pq-report"), "What decided TC-PQ-0001").rows
    assert [row[0] for row in rows] == ["2", "3", "3"]
    assert rows[0][1] == 'refused: the "analyst" processes lot "B"'
    assert "Signed by: Val. Quality" in rows[1][2]
    assert "characters in all" in rows[1][2]
    assert len(rows[1][2]) < 250


def test_limits_shown_before_are_named_by_what_tells_their_cases_apart():
    rows = table(report_of("pq-report"), "Values at the limits").rows
    assert [(row[0], row[1]) for row in rows] == [
        ("TC-OQ-0001 in OQ-001", "values around both limits and the rounding trap (0.95, in specification)"),
        ("TC-OQ-0002 in OQ-001", "values around both limits and the rounding trap (0.94949, out of specification)"),
    ]


def test_a_step_with_several_observations_gives_each_its_own_word():
    source = material("iq-report")
    run, *others = source.runs
    failed = run.results[0].steps[1]
    good = failed.observations[0].model_copy(update={"what": "another value", "actual": "3", "holds": True})
    step = failed.model_copy(update={"observations": (*failed.observations, good)})
    result = run.results[0].model_copy(update={"steps": (run.results[0].steps[0], step)})
    report = compose(replace(source, runs=(replace(run, results=(result,)), *others)), Templates(None, escape))
    steps = next(b for b in after(report, "Executed scripts") if isinstance(b, Table))
    assert [(row[0], row[4]) for row in steps.rows] == [("1", "PASSED"), ("2", "FAILED"), ("2", "holds")]
    assert steps.rows[0][2] == "action, recorded: installation"
    assert [row[5] for row in steps.rows] == ["1.1", "record", "record"]
    assert [row[6] for row in steps.rows] == ["none", "DEV-001", "none"]


def test_components_without_a_digest_are_named_and_equal_lines_of_the_environment_stand_once():
    source = material("iq-report")
    bare = Component(name="Stability tool", version="5.1", sha256="")
    reading = ("start", ClockOffset(source="clock", standard="none was configured", seconds="", limit_seconds="1"))

    def told(*components):
        runs = tuple(
            replace(r, clocks=(reading, reading), target_start=r.target_start.model_copy(update={"components": components}))
            for r in source.runs
        )
        return compose(replace(source, runs=runs), Templates(None, escape))

    assert table(told(bare), "Components as read in IQ-001").rows == (("Stability tool", "5.1", "not known"),)
    known = bare.model_copy(update={"name": "audit", "sha256": str(digest("any"))})
    assert table(told(known, bare), "Components as read in IQ-001").rows == (("audit", "5.1", str(digest("any"))),)
    assert "In the record of the run, packages without a digest of their own: 1." in texts(told(known, bare))
    (environment, *_) = [b for b in told(bare).blocks if isinstance(b, Facts) and any(r[0] == "Its instance" for r in b.rows)]
    assert [row[0] for row in environment.rows].count("Clock of the recorder") == 1


def test_attachments_are_one_line_each_and_environments_name_what_was_read():
    report = report_of("iq-report")
    assert table(report, "Index of attachments").rows == (
        ("IQ-001", "TC-IQ-0001.1.1", "installation", "text/plain", "9", "2026-11-21 11:01:01", str(digest("any"))),
    )
    assert table(report, "Components as read in IQ-001").rows == (("audit", "0.1.0", str(digest("any"))),)
    assert facts(report)["Equal at start and end"].startswith("yes")
    source = material("iq-report")
    changed = replace(source.runs[-1], target_end=None)
    other = compose(replace(source, runs=(*source.runs[:-1], changed, source.runs[1])), Templates(None, escape))
    assert re.search("NO, or not read", " ".join(texts((*other.blocks,)))) is None  # the changed run is of another phase
    first = replace(source.runs[0], target_end=None)
    assert "NO, or not read" in " ".join(texts(compose(replace(source, runs=(first,)), Templates(None, escape)).blocks))


def test_what_was_taken_out_and_another_order_of_execution_are_told():
    source = material("iq-report")
    run, *others = source.runs
    names = facts(report_of("iq-report"))
    assert "Secrets" not in names and "Order of execution" not in names
    result, second = run.results[0], run.results[0].model_copy(update={"case": "TC-IQ-0009"})
    seen = result.steps[0].observations[0].model_copy(update={"actual": "[redacted: DB_PASSWORD]", "redacted": ("DB_PASSWORD",)})
    kept = result.steps[0].attachments[0].model_copy(update={"redacted": 2})
    step = result.steps[0].model_copy(update={"observations": (seen,), "attachments": (kept,)})
    result = result.model_copy(update={"steps": (step, *result.steps[1:])})
    planned = tuple(PlannedCase(case=name, digest=digest(name)) for name in (result.case, "TC-IQ-0009"))
    plan = run.plan.model_copy(update={"planned": planned})
    changed = replace(
        run, plan=plan, results=(result, second), order=("TC-IQ-0009", result.case),
        redactions=(("DB_PASSWORD", "taken out", 3), ("PIN", "too short", 0)),
    )  # fmt: skip
    report = compose(replace(source, runs=(changed, *others)), Templates(None, escape))
    told = facts(report)
    assert told["Secrets"] == "DB_PASSWORD: taken out, 3 places; PIN: too short"
    assert told["Order of execution"].startswith("another than planned from case 1 on: TC-IQ-0009, TC-IQ-0001")
    steps = next(b for b in after(report, "Executed scripts") if isinstance(b, Table))
    assert steps.rows[0][3].endswith("; taken out: DB_PASSWORD]")
    assert table(report, "Index of attachments").rows[0][3] == "text/plain; secrets taken out: 2 places"
