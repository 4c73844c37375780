"""A form to begin with: csvgen's own look, and a first page with every tag, to be given the look and the words of a company."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from typing import Any

import docx

from csvgen.canonical import normalised_zip
from csvgen.report.form_tags import FACTS, LISTINGS, PREFIX
from csvgen.report.word_xml import Element, el, paragraph, qn, row, run, table

_WIDTH = 482.0
_DATE = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
"""Of the file, the same for ever: a form made twice has the same bytes."""
_TITLES = {
    "approval": ("No.", "Role", "Meaning", "Statement", "Signature"),
    "script": ("Step", "Kind", "Instruction", "Expected result"),
    "executed": ("Step", "Instruction", "Expected", "Observed", "Verdict", "Evidence", "Dev."),
}
_SHARES = {
    FACTS: (28, 72), "approval": (5, 16, 12, 20, 47), "script": (9, 16, 39, 36), "executed": (8, 22, 21, 23, 10, 9, 7),
}  # fmt: skip


def control(tag: str, *, block: bool = False, style: str = "") -> Element:
    """A content control with its tag, showing it; `block`: around a paragraph of its own."""
    text = run(f"{PREFIX}{tag}")
    content = paragraph(style, text) if block else text
    properties = el("w:sdtPr", None, el("w:alias", {"w:val": tag}), el("w:tag", {"w:val": f"{PREFIX}{tag}"}))
    return el("w:sdt", None, properties, el("w:sdtContent", None, content))


def _on_a_new_page(line: Element) -> Element:
    """A paragraph that begins a page: the rows of signatures stand together, however long the identification is."""
    properties = line.find(qn("w:pPr"))
    style = properties.find(qn("w:pStyle"))
    style.addnext(el("w:pageBreakBefore"))
    return line


def with_tags(reference: bytes) -> bytes:
    """A reference document with the places of a form in it, in the look of that reference."""
    document: Any = docx.Document(io.BytesIO(reference))
    names = {s.name.lower(): s.style_id for s in document.styles}
    body = document.element.body
    for child in [c for c in body if c.tag != qn("w:sectPr")]:
        body.remove(child)

    def line(style: str, *parts: str | Element) -> Element:
        return paragraph(names[style.lower()], *(run(p) if isinstance(p, str) else p for p in parts))

    def rows(listing: str) -> Element:
        widths = tuple(share / 100 * _WIDTH for share in _SHARES[listing])
        made = table(names["csv facts" if listing == FACTS else "csv table"], widths, head=listing != FACTS)
        if listing in _TITLES:
            made.append(row(widths, ([line("CSV Cell Head", title)] for title in _TITLES[listing]), head=True))
        made.append(row(widths, ([line("CSV Cell", control(tag))] for tag in LISTINGS[listing])))
        return made

    parts = (
        line("CSV Organisation", control("organisation")),
        line("Title", control("title")),
        line("Subtitle", control("subtitle")),
        rows(FACTS),
        line("CSV Label", "Digests"),
        line("CSV Code", "Content: ", control("content-digest")),
        line("CSV Code", "Text: ", control("text-digest")),
        line("CSV Note", control("official")),
        _on_a_new_page(line("CSV Label", "Signatures")),
        rows("approval"),
        line("CSV Gap"),
        control("body", block=True, style=names["body text"]),
        line("CSV Gap"),
        rows("script"),
        line("CSV Gap"),
        rows("executed"),
        line("CSV Gap"),
    )
    for n, part in enumerate(parts):
        body.insert(n, part)
    document.core_properties.created = document.core_properties.modified = _DATE
    out = io.BytesIO()
    document.save(out)
    with zipfile.ZipFile(out) as archive:
        return normalised_zip([(n, archive.read(n)) for n in archive.namelist()], first="[Content_Types].xml")
