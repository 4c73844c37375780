"""Signed workbooks: what has to work, judged by LibreOffice, and seen by somebody who opens the file."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path

import openpyxl
import pytest
from PIL import Image

from csvgen.errors import Refused
from csvgen.report.lines import NOT_VALID, UNTOLD, line_picture
from csvgen.signature import excel

from .conftest import BOOK_LINES, PEOPLE
from .office_material import SIG1, changed, parts_of, swap

NAMES = [name for _, name, *_ in PEOPLE]


def test_the_sheet_of_signatures_names_who_may_sign_what(make):
    book = openpyxl.load_workbook(io.BytesIO(make.book()))
    assert book.sheetnames[-1] == "Signatures"
    rows = [[cell.value for cell in row] for row in book["Signatures"].iter_rows(min_row=2)]
    assert rows[0] == ["No.", "Meaning", "Role", "Who may sign", "Statement", "Signature"]
    assert [row[1:3] for row in rows[1:]] == [[meaning, role] for _, _, role, meaning, _ in PEOPLE]
    assert (
        rows[1][3] == "A person with the role validation-lead, trained and released to sign; not the person who signs as approved"
    )
    assert rows[2][3] == "A person with the role quality-assurance, trained and released to sign"


def test_the_unsigned_workbook_is_the_same_bytes_each_time(make):
    assert make.book() == make.book()
    assert excel.refusals(make.book()) == ()


def test_every_line_has_a_place_of_its_own(make):
    drawing = parts_of(make.book())["xl/drawings/vmlDrawing1.vml"].decode()
    assert [line in drawing for line in BOOK_LINES] == [True] * 3
    assert drawing.count("<x:Anchor>") == 3
    assert len(set(drawing.split("<x:Anchor>")[1:])) == 3


def test_three_signers_each_in_a_line(pki, signed_xlsx):
    found = excel.inspect(signed_xlsx[3], pki.trust)
    assert found.faults == ()
    assert [(s.printed_name, s.meaning, s.line_id) for s in found.signatures] == [
        (name, meaning, line) for (_, name, _, meaning, _), line in zip(PEOPLE, BOOK_LINES, strict=True)
    ]
    assert all(s.intact and s.complete and s.trusted for s in found.signatures)
    assert found.manifestations() == tuple(pki.manifestation(n).lines() for n in range(3))


@pytest.mark.parametrize("stage", range(4))
def test_each_stage_holds_and_is_the_same_workbook(pki, signed_xlsx, stage):
    found = excel.inspect(signed_xlsx[stage], pki.trust)
    assert (found.faults, len(found.signatures)) == ((), stage)
    assert excel.without_signatures(signed_xlsx[stage]) == excel.without_signatures(signed_xlsx[0])


def test_a_workbook_without_lines_can_be_signed(pki, make):
    signed = pki.sign_excel(pki.sign_excel(make.xlsx(), 0), 1)
    assert [(s.printed_name, s.line_id) for s in excel.inspect(signed, pki.trust).signatures] == [(NAMES[0], ""), (NAMES[1], "")]


def test_an_unknown_or_filled_line_is_refused(pki, make, signed_xlsx):
    with pytest.raises(Refused, match="no signature line") as told:
        pki.sign_excel(make.book(), 0, "{11111111-2222-3333-4444-0000000000FF}")
    assert BOOK_LINES[0] in told.value.hint
    with pytest.raises(Refused, match="signed already"):
        pki.sign_excel(signed_xlsx[1], 1, BOOK_LINES[0])


@pytest.mark.needs("soffice", "uno", "certutil")
def test_libreoffice_finds_all_valid_and_the_certificates_trusted(libreoffice, signed_xlsx):
    said = libreoffice({f"stage{n}.xlsx": data for n, data in enumerate(signed_xlsx)})
    assert [len(said[f"stage{n}.xlsx"]) for n in range(4)] == [0, 1, 2, 3]
    assert all(s["valid"] and s["certificate"] == 0 for found in said.values() for s in found)
    assert [s["line"] for s in said["stage3.xlsx"]] == list(BOOK_LINES)
    assert all(f"CN={name}" in s["signer"] for name, s in zip(NAMES, said["stage3.xlsx"], strict=True))


# ------------------------------------------------------------------ what a person sees who opens the file


def pictures_in(data: bytes, name: str, folder: Path, store: Path) -> list[bytes]:
    """The pixels of every picture of the size of a signature line that LibreOffice prints."""
    folder.mkdir()
    (folder / name).write_bytes(data)
    command = [
        "soffice",
        f"-env:UserInstallation=file://{folder}/profile",
        "--headless",
        "--convert-to",
        "pdf",
        "--outdir",
        folder,
        folder / name,
    ]
    import os

    environment = {**os.environ, "MOZILLA_CERTIFICATE_FOLDER": f"sql:{store}"}
    subprocess.run([str(c) for c in command], check=True, capture_output=True, timeout=180, env=environment)
    subprocess.run(["pdfimages", "-png", folder / f"{Path(name).stem}.pdf", folder / "picture"], check=True)
    found = [Image.open(path).convert("RGB") for path in sorted(folder.glob("picture*.png"))]
    return [image.tobytes() for image in found if image.size == (576, 224)]


def drawn(lines: tuple[str, ...], kind: str) -> bytes:
    return Image.open(io.BytesIO(line_picture(lines, kind=kind))).convert("RGB").tobytes()


@pytest.mark.needs("soffice", "pdfimages", "certutil")
def test_who_opens_the_file_sees_name_time_and_meaning(offices, nss, tmp_path):
    """The first two lines show the pictures in their signatures; of the third LibreOffice shows the one that says where to look."""
    for kind, office in offices.items():
        shown = pictures_in(office.stages[2], f"signed.{kind}", tmp_path / kind, nss["with"])
        wanted = [drawn(office.pki.manifestation(n).lines(120), "signed") for n in (0, 1)]
        assert [picture in shown for picture in wanted] == [True, True]


@pytest.mark.needs("soffice", "pdfimages", "certutil")
def test_who_opens_a_changed_file_sees_that_it_is_not_valid(offices, nss, tmp_path):
    """RR-M07: the picture for the bad case is in the signature as well, and says so in words."""
    for kind, office in offices.items():
        forged = changed(office.stages[1], {office.text[0]: swap(office.text[1], office.text[2])})
        shown = pictures_in(forged, f"forged.{kind}", tmp_path / kind, nss["with"])
        lines = office.pki.manifestation(0).lines(120)
        assert drawn(lines, "invalid") in shown
        assert drawn(lines, "signed") not in shown
        assert office.inspect(forged).manifestations()[0][0].startswith("INVALID: ")
        assert all(line.startswith("(claimed) ") for line in office.inspect(forged).manifestations()[0][1:])
    assert NOT_VALID.startswith("INVALID")
    assert "see the file" in UNTOLD


def test_both_pictures_are_in_the_signature(signed_xlsx):
    part = parts_of(signed_xlsx[1])[SIG1]
    assert part.count(b'Id="idValidSigLnImg"') == part.count(b'Id="idInvalidSigLnImg"') == 1
