"""Every form in which a signed record is read shows who, when and with which meaning; what does not verify is INVALID in each (21 CFR 11.50(b)).

The forms are listed here one by one; a rendition of a kind that is not in the list fails the test.
"""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess

import pytest

from csvgen.signature import excel, pdf, pdf_inspect, word
from csvgen.workflow import renditions, telling

from ..cli.test_commands import csvgen as entry
from ..tiny import OPERATOR, SYSTEM
from .test_ends import text_of

REPORT = "TNY-IQR"
TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+00:00")


@pytest.fixture(scope="module")
def project(stages):
    return stages.at("iq-closed")


def csvgen(root, *arguments: str) -> subprocess.CompletedProcess[str]:
    return entry(*arguments, cwd=root)


def files(project, suffix: str):
    (found,) = (project.root / "output" / SYSTEM / "documents" / REPORT).rglob(f"*{suffix}")
    return found


def flat(lines) -> str:
    return " ".join(" ".join(line.split()) for line in lines)


def _csv(project) -> str:
    rows = csv.DictReader(io.StringIO(csvgen(project.root, "show", REPORT, "--format", "csv").stdout))
    return "\n".join(" ".join(row.values()) for row in rows)


def _office(kind, suffix: str):
    def read(project) -> str:
        found = kind.inspect(files(project, suffix).read_bytes(), project.state.trust)
        return "\n".join(flat(lines) for lines in found.manifestations())

    return read


def _panel(project) -> str:
    found = pdf.inspect(files(project, ".pdf").read_bytes(), project.state.trust).signatures
    return "\n".join(flat(pdf_inspect.shown(s)) for s in found if not s.is_seal)


def _next_report(project) -> str:
    """What a document composed from the record prints of it."""
    return flat(f"{s.told}" for s in telling.signature_lines(project.state, "IQ"))


FORMS = {
    "terminal": lambda p: csvgen(p.root, "show", REPORT).stdout,
    "JSON": lambda p: csvgen(p.root, "show", REPORT, "--format", "json").stdout,
    "CSV": _csv,
    "PDF page": lambda p: text_of(files(p, ".pdf")),
    "PDF signature panel": _panel,
    "Word": _office(word, ".docx"),
    "workbook": _office(excel, ".xlsx"),
    "verify of the PDF": lambda p: csvgen(p.root, "verify", str(files(p, ".pdf"))).stdout,
    "verify of the Word file": lambda p: csvgen(p.root, "verify", str(files(p, ".docx"))).stdout,
    "verify of the workbook": lambda p: csvgen(p.root, "verify", str(files(p, ".xlsx"))).stdout,
}


@pytest.mark.needs("pdftotext")
@pytest.mark.parametrize("form", FORMS)
def test_form_shows_name_meaning_and_time_of_each_signature(project, form):
    text = FORMS[form](project)
    for signature in project.state.latest(REPORT).signatures:
        r = signature.record
        assert r.printed_name in text
        assert r.meaning in text
        assert telling.shown(r.signed) in text, "to the second, with the offset"
    assert TIME.search(text)


def test_every_rendition_of_every_document_has_its_form():
    kinds = {renditions.PDF: "PDF page", renditions.WORD: "Word", renditions.EXCEL: "workbook"}
    assert set(kinds) == set(renditions.SIGNED)
    assert set(kinds.values()) <= FORMS.keys()


def test_documents_composed_from_signed_records_print_their_signatures(project):
    text = _next_report(project)
    assert "performed: Nadia Corso (fictitious) (tester)" in text
    assert TIME.search(text)


@pytest.fixture(scope="module")
def tampered(stages, tmp_path_factory):
    """One byte changed in the signature of each form of the same record."""
    made = stages.at("iq-closed").copy(tmp_path_factory.mktemp("tampered") / "project")
    record = next((made.root / "protocols" / SYSTEM / "approvals" / REPORT / "r1").glob("01-*.json"))
    record.write_bytes(record.read_bytes().replace(b'"reason":"checked"', b'"reason":"chequed"'))
    path = files(made, ".pdf")
    data = path.read_bytes()
    at = (
        data.index(b"/Contents <", data.rindex(b"/ByteRange"))
        if b"/Contents <" in data[data.rindex(b"/ByteRange") :]
        else data.rindex(b"/Contents <")
    )
    at += len(b"/Contents <") + 1200
    path.write_bytes(data[:at] + (b"0" if data[at : at + 1] != b"0" else b"1") + data[at + 1 :])
    for suffix in (".docx", ".xlsx"):
        _spoil(files(made, suffix))
    return made


def _spoil(path) -> None:
    import zipfile

    with zipfile.ZipFile(path) as archive:
        parts = {i: archive.read(i) for i in archive.infolist()}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for info, data in parts.items():
            if info.filename.startswith("_xmlsignatures/sig1"):
                data = data.replace(b"checked", b"chequed")  # noqa: PLW2901
            archive.writestr(info, data)
    path.write_bytes(out.getvalue())


@pytest.mark.parametrize("form", [f for f in FORMS if f != "PDF page"])
def test_signature_that_no_longer_verifies_is_invalid_in_the_form(tampered, form):
    """Never left out, never shown as valid (RR-M07). A printed page cannot know; who prints one, prints a copy that says it."""
    text = FORMS[form](tampered)
    assert "INVALID" in text or "FAIL" in text, text


def test_copy_of_a_record_with_an_invalid_signature_is_marked_invalid(tampered, tmp_path):
    state = tampered.state
    approval = state.latest(REPORT)
    path = tmp_path / "copy.pdf"
    path.write_bytes(telling.reading_copy(state, approval))
    assert text_of(path).count("INVALID - copy for reading") == int(_pages(path))


def _pages(path) -> str:
    done = subprocess.run(["pdfinfo", str(path)], capture_output=True, text=True, check=True)
    return re.search(r"Pages:\s+(\d+)", done.stdout)[1]


def test_name_is_the_one_at_signing_time_after_the_person_was_renamed(tiny):
    """RR-M01: and the id stays the same person's for ever."""
    project = tiny("founded")
    project.report("plan")
    project.sign("ruth.amsel", "TNY-VP")
    account = project.directory.account("ruth.amsel")
    with project.ledger.change(OPERATOR, "married") as change:
        change.put("account", account.id, account.model_copy(update={"printed_name": "Ruth Berg (fictitious)"}).model_dump())
    (line,) = telling.signature_words(project.state, project.state.latest("TNY-VP"))
    assert "Ruth Amsel (fictitious)" in line
    assert "Berg" not in line
    (row,) = telling.told(project.state, project.state.latest("TNY-VP"))["signatures"]
    assert row["printed_name"] == "Ruth Amsel (fictitious)"
    assert json.dumps(row)
