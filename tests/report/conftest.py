"""The sample, drawn once for all tests of this folder."""

from __future__ import annotations

import pytest

from .sample import report


@pytest.fixture(scope="session")
def drawn_pdf(tmp_path_factory):
    from csvgen.report import pdf

    path = tmp_path_factory.mktemp("pdf") / "sample.pdf"
    path.write_bytes(pdf.draw(report()))
    return path


@pytest.fixture(scope="session")
def drawn_docx(tmp_path_factory):
    from csvgen.report import word

    path = tmp_path_factory.mktemp("word") / "sample.docx"
    path.write_bytes(word.draw(report()))
    return path
