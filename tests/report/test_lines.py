"""Identifiers and pictures of the signature lines of Word."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from csvgen.report import lines
from csvgen.report.lines import LINE, line_picture, signature_line_id

from .sample import HOSTILE


def test_the_id_of_a_line_is_a_guid_that_never_changes():
    first = signature_line_id("QC-OQR-001", 2, "signature-1")
    assert first == "{983EAAA2-88C0-5D6E-8925-F244E21E0DD6}"
    others = {
        signature_line_id("QC-OQR-001", 3, "signature-1"),
        signature_line_id("QC-OQR-001", 2, "signature-2"),
        signature_line_id("QC-OQR-00", 12, "signature-1"),
    }
    assert len({first, *others}) == 4


@pytest.mark.parametrize("kind", ["unsigned", "signed", "invalid"])
def test_pictures_have_one_size_and_differ_by_kind_and_text(kind):
    said = ("Mara Ivens (fictitious)", "Process Owner: reviewed", "2026-11-21 09:20:44 +00:00")
    data = line_picture(said, kind=kind)
    with Image.open(io.BytesIO(data)) as image:
        assert image.size == (576, 224)
        assert image.width / image.height == pytest.approx(LINE[0] / LINE[1], rel=0.01)
    assert data == line_picture(list(said), kind=kind)
    assert data != line_picture(said[1:], kind=kind)
    assert len({line_picture(said, kind=k) for k in ("unsigned", "signed", "invalid")}) == 3


def test_a_picture_takes_any_text():
    for said in ((), ("",), HOSTILE, ("word " * 2000,), ("\n" * 50,)):
        with Image.open(io.BytesIO(line_picture(said, kind="signed"))) as image:
            assert image.size == (576, 224)


def test_an_invalid_signature_is_told_by_words_in_alarm_colour():
    with Image.open(io.BytesIO(line_picture(("x",), kind="invalid"))) as image:
        assert image.convert("RGB").getpixel((570, 20)) == (0xB0, 0x00, 0x20)
    with Image.open(io.BytesIO(line_picture(("x",), kind="signed"))) as image:
        assert image.convert("RGB").getpixel((570, 20)) == (255, 255, 255)


def test_the_picture_of_an_open_line_never_says_that_nobody_signed(monkeypatch):
    """A reader may show it although the line is signed."""
    assert "not signed" not in lines.UNTOLD.lower()
    assert "signatures" in lines.UNTOLD
    before = line_picture(("Quality Unit", "approved"), kind="unsigned")
    monkeypatch.setattr(lines, "UNTOLD", "Not signed")
    assert line_picture(("Quality Unit", "approved"), kind="unsigned") != before  # it is what the picture says
