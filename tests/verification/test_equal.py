"""Documents that lie, drawn and signed in due form: every digest, seal and signature holds, and verification still names the lie."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace as replace_in
from pathlib import Path
from unittest.mock import patch

import pikepdf
import pytest

from csvgen.canonical import normalised_zip, read_canonical
from csvgen.crypto.trust import Trust
from csvgen.model.evidence import Evidence
from csvgen.model.execution import Attachment, Verdict
from csvgen.model.package import PackageManifest
from csvgen.report import excel, pdf, readback, word
from csvgen.report.outline import outline
from csvgen.signature.approvals import load
from csvgen.verification.checks import Checks
from csvgen.verification.equal import BOOKS, FILES, RUNS, check_equal
from csvgen.verification.equal_runs import report_faults
from csvgen.verification.evidence import Material
from csvgen.verification.package import verify_package

from ..report.material import material, report_of
from ..tiny import cheap_secrets
from .conftest import light_copy

# ------------------------------------------------------------------ writers that lie


def in_zip(data: bytes, part: str, old: str, new: str, times: int = 1) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    assert old.encode() in parts[part], old
    parts[part] = parts[part].replace(old.encode(), new.encode(), times)
    return normalised_zip(parts.items(), first="[Content_Types].xml")


def word_that_lies(report, *more) -> bytes:
    """The first verdict of the report is another one, in the same style."""
    return in_zip(_word(report, *more), "word/document.xml", ">PASSED</w:t>", ">FAILED</w:t>")


def pdf_that_lies(report, *more) -> bytes:
    """The value that a step observed is another one, set in the same type at the same place."""
    drawn, changed = pikepdf.open(io.BytesIO(_pdf(report, *more))), 0
    for page in drawn.pages:
        body, count = SEEN.subn(rb"(2) Tj\1([one.txt]) Tj", page.Contents.read_bytes(), count=0 if changed else 1)
        if count and not changed:
            page.Contents = drawn.make_stream(body)
            changed = count
    assert changed
    out = io.BytesIO()
    drawn.save(out, deterministic_id=True)
    return out.getvalue()


def book_that_lies(*arguments, **named) -> bytes:
    """One total more has passed than the formula beside it gives."""
    data = _book(*arguments, **named)
    return in_zip(data, "xl/worksheets/sheet1.xml", "<v>4</v>", "<v>5</v>") if named.get("document_id") == "TNY-PQR" else data


_word, _pdf, _book = word.draw, pdf.draw, excel.draw
SEEN = re.compile(rb"\(1\) Tj((?:(?!Tj).)*?)\(\[one\.txt\]\) Tj", re.DOTALL)


@pytest.fixture(scope="module")
def lies(stages, tmp_path_factory):
    """The PQ report of the tiny project, drawn by three writers that lie, signed by honest people, packed, and verified."""
    folder = tmp_path_factory.mktemp("lies")
    project = stages.at("oq-closed").copy(folder / "project")
    with cheap_secrets():
        project.execute("PQ")
        project.review("PQ-001")
        with (
            patch.object(word, "draw", word_that_lies),
            patch.object(pdf, "draw", pdf_that_lies),
            patch.object(excel, "draw", book_that_lies),
        ):
            project.close_phase("PQ")
        return verify_package(project.export(folder / "package"), project.state.trust)


def failing(verification) -> dict[str, str]:
    return {c.name: c.detail for c in verification.failed}


# ------------------------------------------------------------------ in due form, and named all the same


def test_lies_that_everybody_signed_are_named_and_nothing_else_fails(lies):
    """Digests, seals, routes and signatures hold: it is the reading back alone that finds them."""
    assert not lies
    assert not lies.invalid
    assert set(failing(lies)) == {FILES, BOOKS}


def test_the_word_file_is_named_with_the_verdict_and_its_place(lies):
    told = failing(lies)[FILES]
    assert "TNY-PQR-r1.docx" in told
    assert "'FAILED' stands where 'PASSED' belongs" in told
    assert "Verdict" in told


def test_the_pdf_is_named_with_the_observed_value_and_its_place(lies):
    told = failing(lies)[FILES]
    assert "TNY-PQR-r1.pdf: page " in told
    assert "Observed: '2' stands where '1[one.txt]' belongs" in told


def test_the_workbook_is_named_with_its_total(lies):
    assert failing(lies)[BOOKS] == "TNY-PQR-r1-matrix.xlsx: the sheet Summary says PASSED 5, the matrix has 4"


# ------------------------------------------------------------------ files altered afterwards, with every system key in hand


@pytest.fixture
def packed(stages, tmp_path):
    return light_copy(stages.package(), tmp_path / "package")


def material_of(folder: Path) -> Material:
    manifest = PackageManifest.model_validate(read_canonical((folder / "package.json").read_bytes()))
    return Material.read(folder, manifest, load(folder / "protocols" / "tiny" / "approvals"), Trust.none)


def checked(folder: Path):
    checks = Checks()
    check_equal(folder, material_of(folder), checks)
    return checks.result()


def test_an_honest_package_is_equal_word_for_word(packed):
    found = checked(packed)
    assert found, failing(found)
    assert "9 documents word for word" in found.checks[0].detail


@pytest.mark.parametrize("name", ["TNY-OQR-r1.text.json", "TNY-OQR-r1-matrix.json"])
def test_a_text_or_matrix_that_the_record_does_not_bind_is_told(packed, replace, name):
    path = packed / "documents" / name
    replace(path, path.read_bytes().replace(b"PASSED", b"FAILED", 1))
    found = checked(packed)
    assert any(name in c.detail and "is not the" in c.detail for c in found.failed), found.failed


def test_a_text_that_is_gone_is_told_and_word_file_and_pdf_are_held_against_each_other(packed, replace):
    """Only records that say they were composed by 0.1 may be without it; the golden package is such a one."""
    (packed / "documents" / "TNY-IQR-r1.text.json").unlink()
    assert "TNY-IQR-r1.text.json, the text that the record binds, is not in the package" in failing(checked(packed))[FILES]
    path = packed / "documents" / "TNY-IQR-r1.docx"
    replace(path, in_zip(path.read_bytes(), "word/document.xml", ">FAILED</w:t>", ">PASSED</w:t>", times=-1))
    found = failing(checked(packed))
    assert "TNY-IQR-r1.pdf: page" in found[FILES]
    assert "TNY-IQR r1" in found[RUNS], "and the Word file says otherwise than the runs"


def test_damage_is_a_failed_check_and_never_an_error(packed, replace):
    for name in ("TNY-OQR-r1.docx", "TNY-IQR-r1.pdf", "TNY-IQR-r1-matrix.xlsx", "TNY-VP-r1.text.json"):
        replace(packed / "documents" / name, b"nothing of the kind")
    told = " ".join(failing(checked(packed)).values())
    for name in ("TNY-OQR", "TNY-IQR", "TNY-IQR-r1-matrix.xlsx", "TNY-VP"):
        assert name in told


# ------------------------------------------------------------------ a composer that lies: the text itself is not what the runs say


@pytest.fixture(scope="module")
def composed():
    runs = [r for r in material("oq-report").runs if r.plan.phase == "OQ"]
    return runs, readback.of_outline(outline(report_of("oq-report")))


FINALS = {"TC-OQ-0001": "PASSED", "TC-OQ-0002": "PASSED", "TC-OQ-0003": "BLOCKED"}


def test_an_honest_text_says_what_the_runs_say(composed):
    runs, reading = composed
    assert report_faults(reading, runs, "R", FINALS) == []


def changed(run: Evidence, number: int, **update) -> Evidence:
    results = list(run.results)
    results[number] = results[number].model_copy(update=update)
    return replace_in(run, results=tuple(results))


def first_step(run: Evidence, **update) -> Evidence:
    steps = run.results[0].steps
    seen = steps[1].observations[0].model_copy(update=update)
    return changed(run, 0, steps=(steps[0], steps[1].model_copy(update={"observations": (seen,)})))


LIES = {
    "verdict of a case": (lambda r: changed(r, 0, verdict=Verdict.FAILED), "prints the verdict PASSED, the run says FAILED"),
    "observed value": (
        lambda r: first_step(r, actual="out of specification"),
        "as observed, the run says 'out of specification'",
    ),
    "expected value": (lambda r: first_step(r, expected="pure"), "as expected, the run says 'pure'"),
    "id of a case": (lambda r: changed(r, 1, case="TC-OQ-0042"), "does not print TC-OQ-0042 of OQ-001"),
    "case left out": (lambda r: replace_in(r, results=r.results[:2]), "prints TC-OQ-0003 of OQ-001, which no run"),
    "step left out": (lambda r: changed(r, 0, steps=r.results[0].steps[:1]), "prints the steps 1, 2; the run has 1"),
    "attachment": (
        lambda r: changed(
            r, 0, steps=(r.results[0].steps[0].model_copy(update={"attachments": (FILE,)}), *r.results[0].steps[1:])
        ),
        "index of attachments: TC-OQ-0001.1.1 of OQ-001",
    ),
}
FILE = Attachment(
    id="TC-OQ-0001.1.1",
    name="a",
    media_type="text/plain",
    size=1,
    sha256="sha256:" + "e" * 64,
    captured="2026-11-21T12:00:00.000000Z",
)


@pytest.mark.parametrize("what", LIES)
def test_a_text_that_says_otherwise_than_the_run_is_told(composed, what):
    runs, reading = composed
    change, words = LIES[what]
    found = report_faults(reading, [change(runs[0])], "R", FINALS)
    assert any(words in fault for fault in found), found


def test_totals_that_are_not_those_of_the_matrix_are_told(composed):
    runs, reading = composed
    found = report_faults(reading, runs, "R", {**FINALS, "TC-OQ-0003": "PASSED"})
    assert found == [
        "R: counts 2 cases as passed; in the runs they are 3",
        "R: counts 1 cases as BLOCKED in their last run; in the runs they are 0",
    ]
