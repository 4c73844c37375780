"""The body of a Word file as text: each piece is what lxml writes for it, and none waits for the next."""

from __future__ import annotations

import io
import zipfile
from itertools import pairwise, product

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lxml import etree

from csvgen.canonical import normalised_zip
from csvgen.model.report import Column, Heading, Table
from csvgen.report import word
from csvgen.report.text import escaped, visible
from csvgen.report.word_stream import Stream, filled
from csvgen.report.word_xml import SPACES, bookmark, el, field, link, paragraph, row, run, tab, table

from .sample import HOSTILE, report
from .test_word import body, small

W = SPACES["w"]
ELSEWHERE = f'<x:document xmlns:x="{W}" xmlns:w="urn:other" xmlns:o="urn:more" w:kept="1"><x:body/></x:document>'
"""A document that has another prefix for the words of Word, and other words behind its usual one."""


DOCUMENTS = (f'<w:document xmlns:w="{W}"><w:body/></w:document>', f'<document xmlns="{W}"><body/></document>', ELSEWHERE)


def stream_of(document: str) -> Stream:
    return Stream(etree.fromstring(document)[0])


def alike(text: str, made: etree._Element, stream: Stream) -> bool:
    """Whether a text says what lxml writes for an element, in the words of the same document."""

    def canonical(inner: str) -> bytes:
        start, end = etree.tostring(stream._root, encoding="unicode").split("/>")  # the empty body is the one empty element
        name = start.rpartition("<")[2]
        whole = etree.fromstring(f"{start}>{inner}</{name}>{end}")
        return etree.tostring(whole, method="c14n", exclusive=True)

    return canonical(text) == canonical(stream.text(made))


@given(st.text(max_size=40) | st.sampled_from(HOSTILE))
@example("\x07")
@example("\ufffe")
def test_escaped_text_comes_back_as_it_is_shown_and_is_never_markup(source):
    read = etree.fromstring(f'<a b="{escaped(source)}">{escaped(source)}</a>')
    assert read.text or visible(source) == ""
    assert (read.text or "") == read.get("b") == visible(source)
    assert len(read) == 0


@pytest.mark.parametrize("document", DOCUMENTS)
@pytest.mark.parametrize("keep", [True, False])
def test_a_row_written_as_text_is_the_row_lxml_writes(document, keep):
    stream = stream_of(document)
    texts = [visible(text) for text in HOSTILE]
    widths, styles = (40.0,) * len(texts), tuple(f"Cell{n}" for n in range(len(texts)))
    for style in ("", "Good"):
        cells = [[paragraph(name, run(text, style), keep=keep)] for name, text in zip(styles, texts, strict=True)]
        written = filled(stream.row(widths, styles, keep=keep), [stream.run(text, style) for text in texts])
        assert alike(written, row(widths, cells), stream)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_other_pieces_written_as_text_are_those_lxml_writes(document):
    stream, one, bad = stream_of(document), HOSTILE[0], '"<&'
    assert alike(stream.link(bad, stream.run(one, "Link")), link(bad, run(one, "Link")), stream)
    assert alike(stream.field(bad, bad), field(bad, bad), stream)
    assert alike(f"{stream.tab()}{stream.run(one)}", tab(), stream) is False
    assert alike(stream.tab(), tab(), stream)
    for fresh, unnumbered, keep in product((False, True), repeat=3):
        ways = {"fresh": fresh, "unnumbered": unnumbered, "keep": keep}
        inner = stream.bookmark(7, bad, stream.run(one))
        assert alike(stream.paragraph("P", inner, **ways), paragraph("P", *bookmark(7, bad, run(one)), **ways), stream)
    headed = table("T", (1.0, 2.0), head=True)
    headed.append(row((1.0, 2.0), ([paragraph("H", run(title), keep=True)] for title in ("a", bad)), head=True))
    for made, listing in (
        (headed, stream.listing("T", (1.0, 2.0), (), ("a", bad), "H")),
        (table("F", (3.0,), head=False), stream.listing("F", (3.0,), ())),
        (table("F", (4.0,), head=False), stream.listing("F", (4.0,), ())),
        (table("G", (4.0,), head=False), stream.listing("G", (4.0,), ())),
    ):
        assert alike(listing.opened + listing.closed, made, stream)


def test_each_piece_is_written_before_the_next_is_made_and_none_is_kept():
    stream, out, seen = stream_of(DOCUMENTS[0]), io.BytesIO(), []

    def rows():
        for _ in range(3):
            seen.append(out.tell())
            yield "<!-- a row -->"

    def pieces():
        for _ in range(2):
            seen.append(out.tell())
            yield el("w:p")
        yield stream.listing("T", (1.0,), rows())
        seen.append(out.tell())

    stream.write(pieces(), out)
    assert len(seen) == 6
    assert all(first < then for first, then in pairwise(seen))
    assert len(stream._body) == 0


def test_prefixes_are_declared_once_and_not_in_every_row():
    data = word.draw(report())
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        text = archive.read("word/document.xml").decode()
    start = text.index("<w:body>")
    assert "xmlns:" in text[:start]
    assert "xmlns:" not in text[start:]


def test_a_reference_with_prefixes_of_its_own_says_the_same():
    told = small(Heading(1, "Cases", "TC-1"), Table((Column("Case", 1.0, "id"),), (("TC-1, <b>&",),), "t"), *report().blocks)
    with zipfile.ZipFile(io.BytesIO(word.default_reference())) as archive:
        with_own = {name: archive.read(name) for name in archive.namelist()}
    plain = etree.fromstring(with_own["word/document.xml"])
    moved = etree.fromstring(ELSEWHERE)
    moved[0].extend(plain[0])
    with_own["word/document.xml"] = etree.tostring(moved)
    reference = normalised_zip(with_own.items(), first="[Content_Types].xml")
    found, usual = (body(word.draw(told, ref)) for ref in (reference, None))
    assert len(found) == len(usual)
    assert [flat(e) for e in found] == [flat(e) for e in usual]


def test_a_part_in_pieces_is_packed_as_a_whole_one():
    data = b"".join(b"%d " % n for n in range(50_000))
    pieces = (data[n : n + 777] for n in range(0, len(data), 777))
    assert normalised_zip([("a", pieces), ("b", b"")]) == normalised_zip([("b", b""), ("a", data)])


def flat(element: etree._Element) -> list[tuple[str, str, list[tuple[str, str]]]]:
    return [(e.tag, e.text or "", sorted(e.attrib.items())) for e in element.iter()]
