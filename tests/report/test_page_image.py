"""The picture of a report page for the README."""

from __future__ import annotations

import io
import runpy
from pathlib import Path

import pytest
from PIL import Image

from csvgen.report import pdf

from .material import report_of
from .outside import packed, page_texts

SCRIPT = Path(__file__).parents[2] / "scripts" / "make_page_image.py"
PICTURE = Path(__file__).parents[2] / "docs" / "images" / "report-page.png"


@pytest.mark.needs("pdftotext", "pdftoppm")
def test_the_picture_shows_the_page_of_the_failed_step(tmp_path, capsys):
    script = runpy.run_path(str(SCRIPT))
    folder = tmp_path / "package" / "documents"
    folder.mkdir(parents=True)
    for revision in (2, 10):
        (folder / f"QCR-IQR-r{revision}.pdf").write_bytes(pdf.draw(report_of("iq-report", revision=revision)))
    number = script["page_of"](folder / "QCR-IQR-r10.pdf", "DEV-001")
    assert "EveryexecutionofTC-IQ-0001" in packed(page_texts(folder / "QCR-IQR-r10.pdf")[number - 1])
    script["main"].__globals__["REPOSITORY"] = tmp_path
    script["main"].__globals__["TARGET"] = tmp_path / "page.png"
    script["main"](tmp_path / "package")
    assert f"page.png: page {number} of QCR-IQR-r10.pdf" in capsys.readouterr().out
    with Image.open(tmp_path / "page.png") as image:
        assert image.width == 1100
        assert min(image.convert("RGB").getpixel((5, 5))) > 250
    with pytest.raises(SystemExit, match="no chapter about DEV-009"):
        script["page_of"](folder / "QCR-IQR-r2.pdf", "DEV-009")
    with pytest.raises(SystemExit, match="make demo"):
        script["main"](tmp_path)


def test_the_picture_in_the_repository_is_small_enough_to_show():
    assert PICTURE.stat().st_size < 250_000
    with Image.open(io.BytesIO(PICTURE.read_bytes())) as image:
        assert image.width == 1100
