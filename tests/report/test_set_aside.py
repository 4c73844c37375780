"""Findings set aside are printed where people sign for them, and what is signed binds them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from csvgen.model.report import Heading, Report, Table
from csvgen.model.settings import Suppression
from csvgen.report import pdf
from csvgen.spec.pages import title
from csvgen.trace.content import COMPOSED, content_of

from .material import material, report_of, spec_with
from .outside import packed, page_texts

TITLE = "Findings set aside"
REASON = "The wording is fixed by contract; <b>memo</b> QA-118 {{ 7 * 7 }}.\nLooked at again with release 2."
ASIDE = (
    Suppression(rule="URS106", id="URS-QC-001", reason=REASON),
    Suppression(rule="CIT303", id="URS-QC-002", reason="As agreed."),
)
PRINTED = ("urs", "iq-report", "oq-report", "pq-report")


def tables(report: Report) -> list[Table]:
    return [b for b in report.blocks if isinstance(b, Table) and b.caption == TITLE]


def with_aside(kind: str) -> Report:
    return report_of(kind, spec=replace(spec_with(()), suppressions=ASIDE))


@pytest.mark.parametrize("kind", PRINTED)
def test_rule_title_id_and_reason_are_a_chapter_of_the_document(kind):
    report = with_aside(kind)
    (found,) = tables(report)
    assert found.rows == (
        ("URS106", title("URS106"), "URS-QC-001", REASON),
        ("CIT303", title("CIT303"), "URS-QC-002", "As agreed."),
    )
    assert Heading(1, TITLE) in report.blocks


@pytest.mark.parametrize("kind", COMPOSED)
def test_documents_without_any_are_what_they_were(kind):
    report = report_of(kind)
    assert not tables(report)
    assert not [b for b in report.blocks if isinstance(b, Heading) and b.text == TITLE]


@pytest.mark.needs("pdftotext")
@pytest.mark.parametrize("kind", ["urs", "iq-report"])
def test_the_reason_stands_in_the_pdf(tmp_path, kind):
    path = Path(tmp_path / "document.pdf")
    path.write_bytes(pdf.draw(with_aside(kind)))
    text = packed("".join(page_texts(path)))
    assert packed(TITLE) in text
    for line in REASON.split("\n"):
        assert packed(line) in text


@pytest.mark.parametrize("kind", COMPOSED)
def test_what_is_signed_binds_them_exactly_where_they_are_printed(kind):
    m = material("iq-report")

    def content(*suppressions: Suppression) -> object:
        return content_of(kind, replace(m.spec, suppressions=suppressions), m.protocol, lambda: m.matrix, m.runs, m.deviations)

    assert (content() != content(*ASIDE)) is (kind in PRINTED)
    changed = ASIDE[0].model_copy(update={"reason": "Another reason."})
    assert (content(ASIDE[0]) != content(changed)) is (kind in PRINTED)
