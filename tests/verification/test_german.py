"""What is read back and linted of documents in another language: the same faults are found as in English."""

from __future__ import annotations

import io
import shutil
from dataclasses import replace
from types import SimpleNamespace

import pytest
from openpyxl import load_workbook

from csvgen.catalog.clauses import clauses
from csvgen.crypto.trust import trust_at
from csvgen.model.execution import Verdict
from csvgen.model.report import Facts, Report, Table
from csvgen.report import excel, neutral, outline, readback
from csvgen.report.compose import clause_table, compose
from csvgen.report.markdown import escape
from csvgen.report.set_inserts import sheets
from csvgen.report.wording import wording
from csvgen.steps.visible import picture
from csvgen.templates import Templates
from csvgen.trace.clauses import answers
from csvgen.verification import gdp, gdp_documents
from csvgen.verification.equal_runs import report_faults
from csvgen.verification.equal_workbook import matrix_faults, package_faults, tables_faults
from csvgen.verification.gdp_runs import canned
from csvgen.verification.verify import verify_package

from ..report.material import material, seen
from ..tiny import cheap_secrets, redraft, specification, write_specification

GERMAN = wording("de")


def of(kind: str):
    m = material(kind)
    m = replace(m, spec=replace(m.spec, system=m.spec.system.model_copy(update={"language": "de"})), history=(), timeline=())
    return m, compose(m, Templates(None, escape))


def reading(report: Report) -> readback.Reading:
    return readback.of_outline(outline.outline(report))


def changed(report: Report, old: str, new: str) -> Report:
    """The report with one text of a table or a fact exchanged; it must be there."""
    count = 0

    def text(value: str) -> str:
        nonlocal count
        count += value == old
        return new if value == old else value

    blocks = tuple(
        replace(b, rows=tuple(tuple(map(text, row)) for row in b.rows)) if isinstance(b, Table | Facts) else b
        for b in report.blocks
    )
    assert count, old
    return replace(report, blocks=blocks)


# ------------------------------------------------------------------ equal by proof


def test_a_german_report_is_held_against_its_runs():
    m, report = of("oq-report")
    runs = [r for r in m.runs if r.plan.phase == "OQ"]
    finals = {r.case: str(r.final) for r in m.matrix.reverse if r.phase == "OQ"}
    assert report_faults(reading(report), runs, "R", finals) == []
    other = replace(runs[0], results=tuple(r.model_copy(update={"verdict": Verdict.FAILED}) for r in runs[0].results))
    assert any("prints the verdict" in f for f in report_faults(reading(report), [other], "R", finals))
    assert any("cases as passed" in f for f in report_faults(reading(report), runs, "R", {**finals, "TC-OQ-0003": "PASSED"}))
    english = replace(reading(report), words=wording(""))
    assert "R: prints no totals" in report_faults(english, runs, "R", finals), "the words decide what is found"


def test_blank_and_shortened_values_are_read_in_german():
    m, report = of("pq-report")
    runs = [r for r in m.runs if r.plan.phase == "PQ"]
    assert any("Zeichen insgesamt" in cell for b in report.blocks if isinstance(b, Table) for row in b.rows for cell in row)
    assert report_faults(reading(report), runs, "R") == []
    longer = next(o for r in runs for c in r.results for s in c.steps for o in s.observations if len(o.actual) > 300)
    cut = next(
        cell
        for b in report.blocks
        if isinstance(b, Table)
        for row in b.rows
        for cell in row
        if f"({len(longer.actual)} Zeichen" in cell
    )
    wrong = changed(report, cut, cut.replace(f"({len(longer.actual)} ", "(7 "))
    assert any("as observed" in f for f in report_faults(reading(wrong), runs, "R"))


@pytest.mark.parametrize("language", ["de", "en"])
def test_a_long_expected_value_is_shortened_and_held_against_the_run(language):
    m = material("oq-report")
    long = "a line that is expected, word for word; " * 40
    wide = seen("text", long, long)
    first, *rest = (r for r in m.runs if r.plan.phase == "OQ")
    result = first.results[0]
    steps = tuple(s.model_copy(update={"observations": (wide,)}) for s in result.steps)
    run = replace(first, results=(result.model_copy(update={"steps": steps}), *first.results[1:]))
    system = m.spec.system.model_copy(update={"language": language})
    runs = [run if r is first else r for r in m.runs]
    report = compose(replace(m, spec=replace(m.spec, system=system), history=(), timeline=(), runs=runs), Templates(None, escape))
    assert long not in repr(report)
    assert report_faults(reading(report), [run, *rest], "R") == []
    other = seen("text", f"{long[:-2]}!", long)
    changed_run = replace(run, results=(result.model_copy(update={"steps": tuple(s.model_copy(update={"observations": (other,)}) for s in steps)}),
                                        *run.results[1:]))  # fmt: skip
    assert any("as expected" in f for f in report_faults(reading(report), [changed_run, *rest], "R"))


# ------------------------------------------------------------------ workbooks


def book(m, **more) -> bytes:
    clauses = {GERMAN.say("Clauses"): clause_table(answers(m.spec, m.matrix), GERMAN)}
    return excel.draw(m.matrix, title="T", document_id="X", made_by="csvgen", extra=clauses, wording=GERMAN, **more)


def test_a_german_workbook_shows_the_same_matrix():
    m, _ = of("oq-report")
    data = book(m)
    assert matrix_faults(data, m.matrix, words=GERMAN) == []
    assert package_faults(data, m.matrix, "de") == []
    row = m.matrix.reverse[0]
    verdict = Verdict.FAILED if row.final is not Verdict.FAILED else Verdict.PASSED
    other = m.matrix.model_copy(update={"reverse": (row.model_copy(update={"final": verdict}), *m.matrix.reverse[1:])})
    assert matrix_faults(data, other, words=GERMAN) != []
    english = excel.draw(m.matrix, title="T", document_id="X", made_by="csvgen")
    assert package_faults(english, m.matrix, "de") == [], "a package of before"
    told = excel.draw(m.matrix, title="T", document_id="X", made_by="csvgen", wording=GERMAN, clauses=("A11-16",))
    assert package_faults(told, m.matrix, "de", ("A11-16",)) == []
    assert any("other clauses" in fault for fault in package_faults(told, m.matrix, "de", ("A11-13",)))


def test_no_english_phrase_is_left_in_a_german_workbook():
    m, _ = of("oq-report")
    cells = {
        str(value)
        for sheet in load_workbook(io.BytesIO(book(m))).worksheets
        for row in sheet.iter_rows(values_only=True)
        for value in row
        if value is not None
    }
    left = {k for k, v in GERMAN.phrases.items() if k != v and k in cells}
    named = {r.title for r in m.matrix.rows} | {c.heading for c in clauses().values()}
    named |= {"high", "medium", "low", *(v.value for v in Verdict)}
    assert left <= named, "titles, headings of regulations, priorities as the YAML spells them, and verdicts"
    assert {"Zusammenfassung", "Umgekehrt", "Lücken"} <= set(load_workbook(io.BytesIO(book(m))).sheetnames)


@pytest.mark.parametrize("kind", ["risk", "deviation-log", "evidence-index"])
def test_tables_of_a_german_document_are_a_german_workbook(kind):
    _, report = of(kind)
    tables = sheets(kind, report, GERMAN)
    assert tables.keys() == sheets(kind, compose(material(kind), Templates(None, escape))).keys()
    data = excel.draw_tables(
        tables, title="T", document_id="X", system="S", content=report.digest, made_by="csvgen", revision=1, wording=GERMAN
    )
    assert tables_faults(data, reading(report), "x.xlsx") == []
    first = next(iter(tables.values()))
    assert first.rows, kind
    wrong = changed(report, first.rows[0][1], "another")
    assert tables_faults(data, reading(wrong), "x.xlsx") != []


# ------------------------------------------------------------------ good documentation


def linted(kind: str, report: Report, rule: str, *, is_open: bool = False) -> list[str]:
    record = SimpleNamespace(
        id=report.id, revision=report.revision, kind=kind, system_version="1.0.0", derived_from={}, renditions=()
    )
    deviation = SimpleNamespace(open=is_open, run="OQ-001")
    package = SimpleNamespace(texts=((record, reading(report)),), deviations=(deviation,), material=material(kind))
    return [h.message for h in getattr(gdp_documents, rule)(package)]


def test_totals_and_conclusion_of_a_german_report_are_linted():
    _, report = of("oq-report")
    assert linted("oq-report", report, "totals") == linted("oq-report", report, "conclusion") == []
    passed = next(v for b in report.blocks if isinstance(b, Facts) for n, v in b.rows if n == "In ihrem letzten Lauf bestanden")
    assert passed == "2"
    worse = changed(report, passed, "3")
    assert any("the verdicts add up to 4" in t for t in linted("oq-report", worse, "totals"))
    printed = next(v for b in report.blocks if isinstance(b, Facts) for n, v in b.rows if n == "Ergebnis nach dieser Regel")
    better = changed(report, printed, "GEEIGNET: Die Phase darf als bestanden abgeschlossen werden")
    assert any("and 2 of 3 cases passed" in t for t in linted("oq-report", better, "conclusion"))
    assert any("over an open deviation" in t for t in linted("oq-report", report, "conclusion", is_open=True))


def test_the_review_by_exception_of_a_german_report_is_counted():
    _, report = of("oq-report")
    rows = next(b.rows for b in report.blocks if isinstance(b, Table) and b.caption == "Durchsicht nach Ausnahmen")
    which = {what: names for what, _, names in rows}["Abweichungen"]
    assert any(
        "'Abweichungen' counts 1 and names 2" in t
        for t in linted("oq-report", changed(report, which, f"{which}, DEV-9"), "totals")
    )
    assert any("counts 1 and names keine" in t for t in linted("oq-report", changed(report, which, "keine"), "totals"))


@pytest.mark.parametrize("text", ["wie erwartet", "Wie erwartet.", "siehe oben", "i.O.", "bestanden", "ja", "erledigt", "dito"])
def test_german_words_that_say_only_that_it_was_well(text):
    assert canned(text)


@pytest.mark.parametrize("text", ["ja, 14:02 Uhr, Charge 7", "Die Meldung lautet: gesperrt", "wie erwartet 3,2 mg"])
def test_german_words_that_say_what_was_seen(text):
    assert not canned(text)


# ------------------------------------------------------------------ a whole validation


@pytest.mark.slow
def test_a_validation_in_german_from_plan_to_certificate(stages, tmp_path):
    """Every document is German, verification holds, and the linter says of it what it says of the same one in English."""
    with cheap_secrets():
        project = stages.at("founded").copy(tmp_path / "project")
        files = specification()
        files["system.yaml"] |= {"language": "de"}
        write_specification(project.root, files)
        redraft(project.root)
        project.approve_specification()
        project.approve_protocols("IQ", "OQ", "PQ")
        project.execute("IQ")
        case = project.state.opened[0].case
        project.dispose("DEV-001", retest=(case,))
        project.configure("failures_to_lock", "3")
        project.execute("IQ", case)
        project.review("IQ-001", "IQ-002")
        project.close_phase("IQ")
        for phase in ("OQ", "PQ"):
            project.execute(phase)
            project.review(f"{phase}-001")
            project.close_phase(phase)
        project.report(
            "training-log",
            "deviation-log",
            "evidence-index",
            "traceability-matrix",
            "regulatory-assessment",
            "system-description",
        )
        project.report("supplier-assessment", "design-specification", "configuration-baseline")
        project.sign_all("ruth.amsel")
        project.report("validation-summary")
        project.sign_all("ruth.amsel")
        project.report("release-certificate")
        project.sign_all("ruth.amsel")
        package = project.export(tmp_path / "package")
        shutil.copy(project.config.trust, tmp_path / "roots.pem")
        texts = [neutral.read(p.read_bytes(), p.name) for p in sorted((package / "documents").glob(f"*{neutral.ENDING}"))]
        assert len(texts) == 21
        assert {t.language for t in texts} == {"de"}
        quoted = GERMAN.phrases["in the words of the record: {text}"].partition(":")[0]
        assert [t.id for t in texts if quoted in repr(t)] == [], "no sentence of csvgen is without its form"
        assert '<html lang="de">' in (package / "index.html").read_text(encoding="utf-8")
        assert (package / "README.txt").read_text(encoding="utf-8").startswith("VALIDIERUNGSPAKET VON ")
        boxes = [
            " ".join(line.text for line in picture(p.read_bytes()).lines) for p in sorted((package / "documents").glob("*.pdf"))
        ]
        assert all("Bedeutung: " in box and "Meaning: " not in box and "VORFÜHRUNG" in box for box in boxes)
        found = verify_package(package, trust_at(tmp_path / "roots.pem"))
        assert {a.meaning.partition(" ")[0] for a in found.signatures if a.form == "PDF"} >= {"authored", "approved"}
        assert [(c.name, c.detail) for c in found.checks if c.outcome == "fails"] == []
        assert [f"{f.rule} {f.message}" for f in gdp.lint(gdp.read(package)).items if f.rule.startswith(("GDP3", "GDP126"))] == []
