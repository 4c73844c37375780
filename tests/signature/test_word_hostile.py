"""Signed Office files by somebody with a real certificate and a program of their own: nobody looks before they sign."""

from __future__ import annotations

import datetime as dt
import hashlib
import re

import pytest

from csvgen import clock
from csvgen.crypto import certificates
from csvgen.errors import BadInput, Refused
from csvgen.signature import office as core
from csvgen.signature import office_part, xml, xmldsig
from csvgen.signature.office_inspect import OfficeInspection

from .conftest import PEOPLE
from .office_material import ROOT_RELS, TYPES, changed, parts_of, related, swap, typed


@pytest.fixture
def hostile(monkeypatch):
    """`hostile(office, data, number, **more)`: a signature without any of our checks."""

    def sign(office, data, number=0, line=None, **more) -> bytes:
        with monkeypatch.context() as patch:
            patch.setattr(core.signer, "refuse_unfit_person", lambda *_: None)
            patch.setattr(core, "inspect", lambda *_: OfficeInspection())
            patch.setattr(core, "refusals", lambda *_: ())
            return office.sign(data, number, line, **more)

    return sign


def problems(office, data: bytes) -> str:
    found = office.inspect(data)
    assert len(found.signatures) == 1
    assert found.manifestations()[0][0].startswith("INVALID: ")
    return "; ".join((*found.problems, *found.signatures[0].problems))


def test_a_system_that_signs_for_a_person(office, hostile, pki):
    forged = hostile(office, office.stages[0], by=pki.system, printed_name="csvgen at Example Ltd")
    assert problems(office, forged) == "the certificate is a system's; a system can never sign for a person"
    with pytest.raises(Refused, match="a system can never sign"):
        office.sign(office.stages[0], 0, by=pki.system, printed_name="csvgen at Example Ltd")


def test_an_expired_certificate(office, hostile, pki):
    late = pki.now + dt.timedelta(days=4 * 365)
    found = office.inspect(hostile(office, office.stages[0], moment=late)).signatures[0]
    assert (found.trusted, "expired" in found.distrust) == (False, True)
    with pytest.raises(Refused, match="the certificate is valid from"):
        office.sign(office.stages[0], 0, moment=late)


def test_a_certificate_of_the_same_name_from_elsewhere_is_another_certificate(office, hostile, pki, attacker):
    """Same name and same person id: what tells them apart is whose authority it is, and the fingerprint the record names."""
    mine, theirs = (office.inspect(hostile(office, office.stages[0], by=p.people[0])).signatures[0] for p in (pki, attacker))
    assert (mine.printed_name, mine.person) == (theirs.printed_name, theirs.person)
    assert (mine.trusted, theirs.trusted) == (True, False)
    assert mine.fingerprint != theirs.fingerprint


@pytest.mark.parametrize("said", [
    {"meaning": "approved"}, {"role": "x"}, {"printed_name": "Somebody Else"}, {"signed": "2001-01-01T00:00:00.000000Z"},
])  # fmt: skip
def test_a_manifestation_that_contradicts_its_signature(office, hostile, monkeypatch, pki, said):
    real, other = office_part.canonical_json, pki.manifestation(0, **said)
    monkeypatch.setattr(
        office_part, "canonical_json", lambda value: real(value if isinstance(value, office_part.Ground) else other)
    )
    forged = hostile(office, office.stages[0])
    monkeypatch.undo()
    assert "are not those of the signature" in problems(office, forged)


@pytest.mark.parametrize(("text", "words"), [
    (b'{"meaning":"approved"}\n', "not of a form known here"),
    (b'{"document":"sha256:00","earlier":[],"stamped":false}\n', "not of a form known here"),
])  # fmt: skip
def test_json_that_is_none_of_ours(office, hostile, monkeypatch, text, words):
    monkeypatch.setattr(office_part, "canonical_json", lambda _: text)
    forged = hostile(office, office.stages[0])
    monkeypatch.undo()
    assert words in problems(office, forged)


def test_a_ground_of_another_document(office, hostile, monkeypatch):
    real = office_part.Ground.of
    other = changed(
        office.stages[0],
        {"docProps/core.xml": lambda c: c.replace(b"Traceability matrix", b"Other").replace(b"Test report", b"Other")},
    )
    package = core.Package.read(other)
    monkeypatch.setattr(
        office_part.Ground, "of", classmethod(lambda cls, _, earlier, *, stamped: real(package, earlier, stamped=stamped))
    )
    forged = hostile(office, office.stages[0])
    monkeypatch.undo()
    assert "are not those that were signed" in problems(office, forged)


def test_a_signature_line_without_its_pictures(office, hostile, monkeypatch):
    monkeypatch.setattr(office_part, "_images", lambda *_: [])
    forged = hostile(office, office.stages[0], 0, office.lines[0])
    monkeypatch.undo()
    assert "do not fit together" in problems(office, forged)


def test_one_object_covered_twice(office, hostile, monkeypatch):
    monkeypatch.setattr(office_part, "_images", lambda root, *_: [root.find(f"{{{xml.DS}}}Object")])
    forged = hostile(office, office.stages[0], 0, office.lines[0])
    monkeypatch.undo()
    assert "covers two elements called idPackageObject" in problems(office, forged)


def test_an_object_that_is_signed_but_unknown(office, hostile, monkeypatch):
    """Signed by its signer, and still nothing csvgen ever puts there: the file is not of the one form."""
    real = office_part._office_object

    def more(root, order):
        made = real(root, order)
        xml.add(root, "Object", "Approved by the minister", Id="idNote")
        return made

    monkeypatch.setattr(office_part, "_office_object", more)
    forged = hostile(office, office.stages[0])
    monkeypatch.undo()
    assert "nobody signed" in problems(office, forged)


def test_a_part_left_out(office, hostile, monkeypatch):
    monkeypatch.setattr(
        core.Package, "must_be_signed", lambda self: tuple(p for p in self.parts if p in {f"/{office.main}", f"/{office.rels}"})
    )
    forged = hostile(office, office.stages[0])
    monkeypatch.undo()
    found = office.inspect(forged).signatures[0]
    assert (found.complete, f"/{office.styles}" in found.unsigned_parts) == (False, True)
    assert found.faults


def test_a_relationship_left_out(office, hostile, monkeypatch):
    real = core.Package.signed_ids
    monkeypatch.setattr(core.Package, "signed_ids", lambda self, part: real(self, part)[:-1])
    forged = hostile(office, office.stages[0])
    monkeypatch.undo()
    assert any(part.startswith(f"/{office.rels} (") for part in office.inspect(forged).signatures[0].unsigned_parts)


@pytest.mark.parametrize("where", ["references", "everywhere"])
def test_sha1_is_not_believed_whoever_signed_with_it(office, hostile, monkeypatch, where):
    """Every digest a correct SHA-1, the value by a real key: still no signature here."""
    sha1 = "http://www.w3.org/2000/09/xmldsig#sha1"
    if where == "references":
        monkeypatch.setattr(xmldsig, "SHA256", sha1)
    else:
        monkeypatch.setattr(xmldsig, "SHA256", sha1)
        monkeypatch.setattr(xmldsig, "ECDSA", "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha1")
    monkeypatch.setattr(xml, "sha256", lambda element: hashlib.sha1(xml.canonical(element)).digest())
    monkeypatch.setattr(core.Package, "sha256", lambda self, part: hashlib.sha1(self.parts[part]).digest())
    monkeypatch.setattr(core.Package, "digest_without_signatures", lambda _self: "sha256:" + 64 * "0")
    forged = hostile(office, office.stages[0])
    monkeypatch.undo()
    assert "uses an unsupported digest" in problems(office, forged) or "not supported" in problems(office, forged)


def test_a_key_too_short_is_not_believed(office, hostile, pki):
    from cryptography.hazmat.primitives.asymmetric import rsa

    from csvgen.crypto.keys import Credential

    short = rsa.generate_private_key(65537, 1024)
    person, name, *_ = PEOPLE[0]
    certificate = certificates.certify_person(
        pki.root, short.public_key(), person=person, printed_name=name, organisation="Example Ltd", now=pki.now,
        until=pki.now + dt.timedelta(days=9), publishes=False,
    )  # fmt: skip
    with pytest.raises(BadInput, match="not supported"):
        hostile(office, office.stages[0], by=Credential(short, certificate))


# ------------------------------------------------------------------ what could show something else than was signed

VBA = "http://schemas.microsoft.com/office/2006/relationships/vbaProject"


def at_start(piece: bytes, encoding: bytes = b"UTF-8"):
    """Something before the root, behind a declaration."""

    def change(content: bytes) -> bytes:
        root = re.sub(rb"^<\?xml[^>]*>\s*", b"", content)
        return b'<?xml version="1.0" encoding="' + encoding + b'"?>' + piece + root

    return change


def part(name: str, kind: str, content: bytes = b"<x/>"):
    """A part of some kind, with its content type, for `CONTENT`."""
    return lambda o: {f"{o.folder}/{name}": content, TYPES: typed(f"/{o.folder}/{name}", kind)}


BOTH = {
    "macros": (lambda o: {**part("vbaProject.bin", "application/vnd.ms-office.vbaProject", b"x")(o), o.rels: related("zz", VBA, "vbaProject.bin")}, "vbaProject"),
    "a type that lets macros run": (lambda o: {TYPES: lambda c: c.replace(
        b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml", b"application/vnd.ms-word.document.macroEnabled.main+xml").replace(
        b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml", b"application/vnd.ms-excel.sheet.macroEnabled.main+xml")}, "another type"),
    "an embedded object": (lambda o: {**part("embeddings/o.bin", "application/vnd.openxmlformats-officedocument.oleObject", b"x")(o), o.rels: related("zz", "oleObject", "embeddings/o.bin")}, "oleObject"),
    "an embedded package": (lambda o: {**part("embeddings/o.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b"x")(o), o.rels: related("zz", "package", "embeddings/o.xlsx")}, "package"),
    "an active control": (lambda o: {**part("activeX/a.xml", "application/vnd.ms-office.activeX+xml")(o), o.rels: related("zz", "control", "activeX/a.xml")}, "control"),
    "a picture from elsewhere": (lambda o: {o.rels: related("zz", "image", "https://x.invalid/a.png", "External")}, "leads out of the file"),
    "a link to a file": (lambda o: {o.rels: related("zz", "hyperlink", "file:///etc/passwd", "External")}, "leads out of the file"),
    "a link to a program": (lambda o: {o.rels: related("zz", "hyperlink", "ms-msdt:/id", "External")}, "leads out of the file"),
    "a drawing that is a program": (lambda o: {**part("media/a.svg", "image/svg+xml", b"<svg/>")(o), o.rels: related("zz", "image", "media/a.svg")}, "another type"),
    "a part nothing leads to": (part("hidden.xml", "application/xml"), "nothing leads to this part"),
    "a second main document": (lambda o: {**part("other.xml", "application/xml")(o), ROOT_RELS: related("zz", "officeDocument", f"{o.folder}/other.xml")}, "2 main parts|another type"),
    "no main document": (lambda o: {ROOT_RELS: swap(b"relationships/officeDocument", b"relationships/other")}, "0 main parts|other"),
    "a relationship to nothing": (lambda o: {o.rels: related("zz", "image", "media/none.png")}, "not there"),
    "a mode nobody knows": (lambda o: {o.rels: related("zz", "image", "media/none.png", "Perhaps")}, "unknown mode|not there"),
    "a document type": (lambda o: {o.styles: at_start(b'<!DOCTYPE x [<!ENTITY e "x">]>')}, "document type"),
    "an encoding nobody has to know": (lambda o: {o.styles: at_start(b"", encoding=b"latin1")}, "UTF-8 or UTF-16"),
    "instructions": (lambda o: {o.styles: at_start(b'<?xml-stylesheet href="x"?>')}, "instructions"),
    "text included from elsewhere": (lambda o: {o.styles: before_end(b'<i:include xmlns:i="http://www.w3.org/2001/XInclude" href="x"/>')}, "included from elsewhere"),
    "alternatives": (lambda o: {o.styles: before_end(
        b'<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><mc:Fallback/></mc:AlternateContent>')}, "alternatives"),
    "a shape that fetches its picture": (lambda o: {o.styles: before_end(b'<v:imagedata xmlns:v="urn:schemas-microsoft-com:vml" src="https://x.invalid/a.png"/>')}, "shows or leads to another file"),
    "a hidden shape": (lambda o: {o.styles: before_end(b'<v:shape xmlns:v="urn:schemas-microsoft-com:vml" style="visibility: hidden"/>')}, "hidden shape"),
    "a shape that computes": (lambda o: {o.styles: before_end(b'<x:FmlaPict xmlns:x="urn:schemas-microsoft-com:office:excel">A1</x:FmlaPict>')}, "what a program computes"),
}  # fmt: skip


def before_end(piece: bytes):
    """A piece of XML as the last child of the root."""

    def change(content: bytes) -> bytes:
        at = content.rstrip().rindex(b"</")
        return content[:at] + piece + content[at:]

    return change


W = b'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def run(code: str) -> bytes:
    """A field written in pieces, as Word writes it."""
    first, rest = code[:3].encode(), code[3:].encode()
    return (
        b'<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>' + first + b"</w:instrText></w:r><w:r><w:instrText>" + rest
        + b'</w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>x</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>'
    )  # fmt: skip


def in_body(piece: bytes):
    return lambda o: {o.main: swap(b"<w:sectPr", piece + b"<w:sectPr")}


def in_settings(piece: bytes):
    return lambda o: {"word/settings.xml": before_end(piece)}


WORD = {
    "another document, imported": (in_body(b'<w:altChunk r:id="rId1"/>'), "imported when it is opened"),
    "a part of another document": (in_body(b'<w:p><w:subDoc r:id="rId1"/></w:p>'), "shown as part of this one"),
    "text bound to data": (in_body(b'<w:sdt><w:sdtPr><w:dataBinding w:xpath="/x" w:storeItemID="{0}"/></w:sdtPr></w:sdt>'), "bound to data"),
    "text bound to data, newer": (in_body(b'<w15:dataBinding xmlns:w15="http://schemas.microsoft.com/office/word/2012/wordml"/>'), "bound to data"),
    "a file included": (in_body(run(' INCLUDETEXT "x.docx" ')), r"INCLUDETEXT"),
    "a picture included": (in_body(run(' INCLUDEPICTURE "http://x" ')), r"INCLUDEPICTURE"),
    "the date": (in_body(run(" DATE ")), r"DATE"),
    "the time, as one": (in_body(b'<w:p><w:fldSimple w:instr=" TIME "/></w:p>'), r"TIME"),
    "a program that is asked": (in_body(run(' DDEAUTO c:\\x "y" ')), r"DDEAUTO"),
    "a program that is asked, in small letters": (in_body(run(' ddeauto c:\\x "y" ')), r"DDEAUTO"),
    "a property": (in_body(run(" TITLE ")), r"TITLE"),
    "a field inside a harmless one": (in_body(run(" PAGE ").replace(b'</w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/>', b"</w:instrText></w:r>" + run(" DATE ") + b'<w:r><w:fldChar w:fldCharType="separate"/>')), r"DATE"),
    "a field that never ends": (in_body(b'<w:p><w:r><w:fldChar w:fldCharType="begin"/><w:instrText>DATE</w:instrText></w:r></w:p>'), r"DATE"),
    "a field without a name": (in_body(run("    ")), "without a name"),
    "fields computed when opened": (in_settings(b'<w:updateFields w:val="true"/>'), "compute all fields anew"),
    "a field marked as old": (in_body(b'<w:p><w:fldSimple w:instr="PAGE" w:dirty="1"/></w:p>'), "computed anew"),
    "a form field": (in_body(b"<w:p><w:r><w:ffData/></w:r></w:p>"), "form field"),
    "a linked template": (lambda o: {"word/settings.xml": before_end(b'<w:attachedTemplate r:id="rId1" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"/>')}, "template"),
    "hidden text": (in_body(b"<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>not</w:t></w:r></w:p>"), "hidden text"),
    "hidden text by a style": (lambda o: {o.styles: before_end(b"<w:style><w:rPr><w:vanish/></w:rPr></w:style>")}, "hidden text"),
    "tracked changes": (in_body(b"<w:p><w:del><w:r><w:delText>not</w:delText></w:r></w:del></w:p>"), "tracked changes"),
    "an embedded object": (in_body(b"<w:p><w:r><w:object/></w:r></w:p>"), "embedded object"),
    "mail merge": (in_settings(b"<w:mailMerge/>"), "data source"),
    "an embedded typeface": (lambda o: {o.styles: before_end(b'<w:font><w:embedRegular w:val="x"/></w:font>')}, "typeface"),
}  # fmt: skip


def in_sheet(change):
    return lambda o: {o.text[0]: change}


def cell(formula: bytes, value: bytes = b"<v>1</v>"):
    return in_sheet(swap(b"</sheetData>", b'<row r="99"><c r="A99"><f>' + formula + b"</f>" + value + b"</c></row></sheetData>"))


EXCEL = {
    "a hidden sheet": (lambda o: {o.main: lambda c: c.replace(b'state="visible"', b'state="hidden"', 1)}, "hidden sheet"),
    "a very hidden sheet": (lambda o: {o.main: lambda c: c.replace(b'state="visible"', b'state="veryHidden"', 1)}, "hidden sheet"),
    "a hidden row": (in_sheet(lambda c: c.replace(b"<row ", b'<row hidden="1" ', 1)), "hidden rows"),
    "a row without height": (in_sheet(lambda c: c.replace(b"</sheetData>", b'<row r="99" ht="0" customHeight="1"></row></sheetData>')), "hidden rows"),
    "a hidden column": (in_sheet(lambda c: c.replace(b"<col ", b'<col hidden="true" ', 1)), "hidden columns"),
    "all rows hidden": (in_sheet(lambda c: c.replace(b"<sheetFormatPr ", b'<sheetFormatPr zeroHeight="1" ', 1)), "hidden rows or columns"),
    "a filter that hides": (in_sheet(swap(b"</sheetData>", b'</sheetData><autoFilter ref="A1:B9"><filterColumn colId="0"/></autoFilter>')), "a filter that hides rows"),
    "merged cells": (in_sheet(swap(b"</sheetData>", b'</sheetData><mergeCells><mergeCell ref="A1:B9"/></mergeCells>')), "merged cells"),
    "the date": (cell(b"TODAY()"), "TODAY"),
    "the clock, in small letters": (cell(b"1+now ( )"), "NOW"),
    "chance": (cell(b'IF(RAND()&gt;0.5,"passed","failed")'), "RAND"),
    "a place that is computed": (cell(b'INDIRECT("A"&amp;1)'), "INDIRECT"),
    "another place": (cell(b"OFFSET(A1,1,1)"), "OFFSET"),
    "a web page": (cell(b'_xlfn.WEBSERVICE("http://x")'), "WEBSERVICE"),
    "another workbook": (cell(b"[1]Sheet!A1"), "asks another file"),
    "another workbook by name": (cell(b"'C:\\[b.xlsx]S'!A1"), "asks another file"),
    "a program that is asked": (cell(b"cmd|'/c calc'!A0"), "asks another file"),
    "a function behind a text": (cell(b'"a""b("&amp;NOW()'), "NOW"),
    "a formula without its value": (cell(b"1+1", b""), "without its value"),
    "a formula computed whenever opened": (in_sheet(swap(b"</sheetData>", b'<row r="99"><c r="A99"><f ca="1">1+1</f><v>2</v></c></row></sheetData>')), "computed anew"),
    "a rule of colours that asks the clock": (in_sheet(swap(b"</sheetData>", b"</sheetData><conditionalFormatting><cfRule><formula>NOW()</formula></cfRule></conditionalFormatting>")), "NOW"),
    "a name that is a formula": (lambda o: {o.main: lambda c: c.replace(b"</sheets>", b'</sheets><definedNames><definedName name="x">NOW()</definedName></definedNames>') if b"<definedNames>" not in c else c.replace(b"<definedNames>", b'<definedNames><definedName name="x">NOW()</definedName>')}, "NOW"),
    "a name that runs": (lambda o: {o.main: lambda c: c.replace(b"</sheets>", b'</sheets><definedNames><definedName name="_xlnm.Auto_Open">A1</definedName></definedNames>') if b"<definedNames>" not in c else c.replace(b"<definedNames>", b'<definedNames><definedName name="_xlnm.Auto_Open">A1</definedName>')}, "runs something"),
    "a format that shows another value": (lambda o: {o.styles: lambda c: c.replace(b"<fonts", b'<numFmts count="1"><numFmt numFmtId="164" formatCode="&quot;passed&quot;"/></numFmts><fonts', 1)}, "number formats"),
    "links to other workbooks": (lambda o: {o.main: lambda c: c.replace(b"</sheets>", b"</sheets><externalReferences/>")}, "links to other workbooks"),
    "extensions": (in_sheet(lambda c: c.replace(b"</worksheet>", b"<extLst/></worksheet>")), "extensions"),
    "views that hide": (in_sheet(swap(b"</sheetData>", b"</sheetData><customSheetViews/>")), "views that hide"),
    "another type of drawing": (in_sheet(lambda c: c.replace(b"</worksheet>", b"<drawing/></worksheet>")), "drawings over the cells"),
}  # fmt: skip

CONTENT = [*(("docx", n, *BOTH[n]) for n in BOTH), *(("xlsx", n, *BOTH[n]) for n in BOTH),
           *(("docx", n, *WORD[n]) for n in WORD), *(("xlsx", n, *EXCEL[n]) for n in EXCEL)]  # fmt: skip


@pytest.mark.parametrize(("kind", "name", "replaced", "words"), CONTENT, ids=[f"{kind}-{name}" for kind, name, *_ in CONTENT])
def test_what_could_show_something_else_is_neither_signed_nor_believed(offices, hostile, kind, name, replaced, words):
    office = offices[kind]
    odd = changed(office.stages[0], replaced(office))
    with pytest.raises((Refused, BadInput)) as told:
        office.sign(odd, 0)
    assert re.search(words, "; ".join((told.value.message, *quietly(office, odd)))), told.value.message
    try:
        forged = hostile(office, odd)
    except (Refused, BadInput):  # cannot be put into a package at all
        return
    assert re.search(words, "; ".join(office.inspect(forged).problems))


def quietly(office, data: bytes) -> tuple[str, ...]:
    try:
        return office.room.refusals(data)
    except BadInput:
        return ()


def test_what_csvgen_draws_may_be_signed(offices):
    assert [office.room.refusals(office.stages[0]) for office in offices.values()] == [(), ()]


@pytest.mark.parametrize(
    "formula", ["COUNTIF('Matrix'!$J$3:$J$9,\"passed\")", 'ISNUMBER(SEARCH(" FAILED",A3))', "SUM(A1:A9)+1", '"NOW()"']
)
def test_formulas_over_signed_cells_may_be_signed(formula):
    from csvgen.signature.excel_content import _formula

    assert _formula(formula) == ""


@pytest.mark.parametrize("code", ["PAGE", " NUMPAGES ", " SEQ Table \\* ARABIC ", ' TOC \\o "1-2" \\h ', " PAGEREF _Toc1 \\h "])
def test_fields_over_signed_text_may_be_signed(offices, code):
    office = offices["docx"]
    data = changed(office.stages[0], in_body(run(code))(office))
    assert office.inspect(office.sign(data, 0)).faults == ()


def test_the_moment_is_that_of_the_manifestation(office):
    assert parts_of(office.stages[1])
    with pytest.raises(Refused, match="would show"):
        office.sign(office.stages[0], 0, signed=clock.stored(office.pki.now + dt.timedelta(hours=1)))
