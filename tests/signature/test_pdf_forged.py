"""Signed PDF files with forged containers, ranges and tables of contents: universal signature forgery, wrapping, hidden revisions."""

from __future__ import annotations

import io
import re

import pikepdf
import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name

from csvgen.signature import pdf

from .pdf_forging import appended, field, first_page, make_victim, obj


@pytest.fixture(scope="session")
def victim(pki) -> bytes:
    """Sealed, signed by the first of two; with a picture, an attachment, and a second page."""
    return make_victim(pki)


# ------------------------------------------------------------------ forged containers (universal signature forgery)


def with_dictionary(data, change):
    """The signature dictionary of the first signer replaced by an update."""

    def update(writer):
        value = field(writer, "signature-1")["/V"]
        change(value)
        writer.update_container(value)

    return appended(data, update)


NUMBERS = {
    "no range": None,
    "empty": [],
    "all zero": [0, 0, 0, 0],
    "negative": [0, -1, 10, 10],
    "one pair": [0, 100],
    "three pairs": [0, 100, 200, 100, 400, 10],
    "overlap": [0, 400, 100, 400],
    "not from the start": [10, 400, 9000, 100],
    "behind the end": [0, 400, 9000, 10**9],
}


@pytest.mark.parametrize("name", NUMBERS)
def test_an_odd_range(pki, victim, name):
    def change(value):
        if NUMBERS[name] is None:
            del value["/ByteRange"]
        else:
            value["/ByteRange"] = generic.ArrayObject(map(generic.NumberObject, NUMBERS[name]))

    found = pdf.inspect(with_dictionary(victim, change), pki.trust)
    assert all(s.faults for s in found.signatures)


CONTENTS = {
    "no container": None,
    "null": generic.NullObject(),
    "empty": generic.ByteStringObject(b""),
    "zeros": generic.ByteStringObject(bytes(4096)),
    "a number": generic.NumberObject(0),
    "an empty sequence": generic.ByteStringObject(b"\x30\x00"),
}


@pytest.mark.parametrize("name", CONTENTS)
def test_an_odd_container(pki, victim, name):
    def change(value):
        if CONTENTS[name] is None:
            del value["/Contents"]
        else:
            value["/Contents"] = CONTENTS[name]

    found = pdf.inspect(with_dictionary(victim, change), pki.trust)
    assert all(s.faults for s in found.signatures)


@pytest.mark.parametrize("key", ["/SubFilter", "/Filter", "/Type", "/Name", "/M", "/V"])
def test_a_missing_key(pki, victim, key):
    def change(value):
        value.pop(key, None)
        value["/Prop"] = pdf_name("/x")

    found = pdf.inspect(with_dictionary(victim, change), pki.trust)
    assert all(s.faults for s in found.signatures)


@pytest.mark.parametrize("key", [b"/ByteRange", b"/Contents", b"/SubFilter", b"/Type /Sig", b"/V "])
def test_a_key_broken_in_place(pki, victim, key):
    """The same inside the signed bytes, without an update: old readers skipped what they could not read."""
    at = victim.rindex(key)
    forged = victim[:at] + key[:-1] + b"X" + victim[at + len(key) :]
    assert pdf.inspect(forged, pki.trust).faults


def test_a_second_range_in_the_hole(pki, victim):
    """Signature wrapping: in the hole of the first range stands the end of the container, and another range behind it."""
    found = [int(n) for n in re.findall(rb"/ByteRange \[(\d+) (\d+) (\d+) (\d+)\]", victim)[-1]]
    _, length, behind, rest = found
    hole = victim[length:behind]
    used = hole.rstrip(b">").rstrip(b"0")
    used += b"0" * (len(used) % 2 == 0)
    evil = b"% anything at all\n"
    second = b"> /ByteRange [0 %d %d %d] /Pad <" % (length, behind + len(evil), rest)
    forged = victim[:length] + used + second + b"0" * (len(hole) - len(used) - len(second) - 1) + b">" + evil + victim[behind:]
    assert pdf.inspect(forged, pki.trust).faults
    same_size = victim[:length] + used + second + b"0" * (len(hole) - len(used) - len(second) - 1) + b">" + victim[behind:]
    assert len(same_size) == len(victim)
    assert pdf.inspect(same_size, pki.trust).faults


def test_a_signature_of_another_document(pki, victim, make):
    """The whole signature dictionary of one file in the field of another, by an update and by hand in place."""
    other = pki.sign_pdf(pdf.seal(make.pdf(2), pki.system, pki.now), 0)
    theirs = re.findall(rb"/Contents <([0-9A-F]+)>", other)[-1]
    ours = re.findall(rb"/Contents <([0-9A-F]+)>", victim)[-1]
    assert len(theirs) == len(ours)
    found = pdf.inspect(victim.replace(ours, theirs), pki.trust)
    assert not found.signatures[1].intact
    with pikepdf.open(io.BytesIO(other)) as source:
        contents = bytes(source.Root.AcroForm.Fields[0].V.Contents)
    moved = with_dictionary(victim, lambda v: v.update({pdf_name("/Contents"): generic.ByteStringObject(contents)}))
    assert all(s.faults for s in pdf.inspect(moved, pki.trust).signatures)


# ------------------------------------------------------------------ tables of contents


def classic(data, number, body, *, prev=None, extra=b""):
    """An update written by hand: one object, a classic table."""
    start = len(data)
    text = b"%d 0 obj\n%s\nendobj\n" % (number, body)
    at = start + len(text)
    last = int(re.findall(rb"startxref\s+(\d+)", data)[-1])
    root = re.findall(rb"/Root (\d+ 0 R)", data)[-1]
    trailer = b"trailer\n<< /Size 200 /Root %s /Prev %d %s >>\nstartxref\n%d\n%%%%EOF\n" % (
        root,
        last if prev is None else prev,
        extra,
        at,
    )
    return data + text + b"xref\n%d 1\n%010d 00000 n \n" % (number, start) + trailer


def page_content(data):
    with pikepdf.open(io.BytesIO(data)) as file:
        return file.pages[0].obj.Contents.objgen[0]


EVIL = b"<< /Length 40 >>\nstream\nBT /F 14 Tf 72 780 Td (all FAILED!!!!) Tj ET\nendstream"


def test_an_update_by_hand(pki, victim):
    assert pdf.inspect(classic(victim, page_content(victim), EVIL), pki.trust).faults


def test_a_table_that_skips_the_signed_revisions(pki, victim):
    """/Prev leads past the signatures: for most readers the file was never signed. Its digest and the record's count tell."""
    first = int(re.findall(rb"startxref\s+(\d+)", victim)[0])
    found = pdf.inspect(classic(victim, page_content(victim), EVIL, prev=first), pki.trust)
    assert found.faults or not found.signatures
    assert not [s for s in found.signatures if not s.faults]


def test_a_table_in_a_circle(pki, victim):
    assert pdf.inspect(classic(victim, page_content(victim), EVIL, prev=len(victim) + 10), pki.trust).faults


def test_two_tables_for_two_kinds_of_readers(pki, victim):
    """A hybrid file: /XRefStm is read by new programs and not by old ones."""
    last = int(re.findall(rb"startxref\s+(\d+)", victim)[-1])
    assert pdf.inspect(classic(victim, 199, b"null", extra=b"/XRefStm %d" % last), pki.trust).faults


def test_the_content_overridden_from_inside_an_object_stream(pki, victim):
    def update(writer):
        box = writer.prepare_object_stream()
        page = first_page(writer)
        box.add_object(page.container_ref.idnum, obj(Type=pdf_name("/Page"), Parent=page.raw_get("/Parent")))

    try:
        forged = appended(victim, update)
    except Exception:  # noqa: BLE001 - a file with classic tables cannot have object streams: then by hand
        forged = classic(victim, page_content(victim), EVIL)
    assert pdf.inspect(forged, pki.trust).faults


@pytest.mark.parametrize(
    "tail", [b"%%EOF\n", b"\n%%EOF\n", b"startxref\n0\n%%EOF\n", b"1 0 obj\nnull\nendobj\n%%EOF\n", bytes(10)]
)
def test_a_second_end(pki, victim, tail):
    assert pdf.inspect(victim + tail, pki.trust).faults


def test_bytes_before_the_header(pki, victim):
    assert pdf.inspect(b"\n" + victim, pki.trust).faults


def test_the_same_object_twice_in_an_update(pki, victim):
    """Readers that rebuild broken tables take the last object of a number; the table names the first."""
    number = page_content(victim)
    forged = classic(victim, 198, b"null")
    at = forged.rindex(b"xref\n198")
    forged = forged[:at] + b"%d 0 obj\n%s\nendobj\n" % (number, EVIL) + forged[at:]
    assert pdf.inspect(forged, pki.trust).faults
