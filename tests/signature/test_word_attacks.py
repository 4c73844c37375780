"""Signed Office files, attacked in the ways known for them: by anyone, and by somebody with a real certificate."""

from __future__ import annotations

import base64
import io
import random
import re
import warnings
import zipfile

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from csvgen.crypto.trust import Trust
from csvgen.errors import NotIntact, Refused
from csvgen.signature import office, word, xml, xmldsig

NAMES = ["Ada Lovelace", "Jürgen Großmann-Øst", "Ελένη Παπαδοπούλου"]
SIG1 = "_xmlsignatures/sig1.xml"
DOCUMENT = "word/document.xml"


def parts_of(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        return {name: file.read(name) for name in file.namelist()}


def zipped(parts: dict[str, bytes] | list[tuple[str, bytes]]) -> bytes:
    out = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        warnings.simplefilter("ignore", UserWarning)  # a name used twice is what some of these files are about
        for name, content in parts.items() if isinstance(parts, dict) else parts:
            file.writestr(name, content)
    return out.getvalue()


def changed(data: bytes, **replaced: object) -> bytes:
    """The file with some parts changed: bytes, or a function of the bytes before; keys are `names` of the test."""
    parts = parts_of(data)
    for name, content in replaced["parts"].items():
        parts[name] = content(parts[name]) if callable(content) else content
    return zipped(parts)


def swap(old: bytes, new: bytes):
    def change(content: bytes) -> bytes:
        assert old in content
        return content.replace(old, new, 1)

    return change


RELS = "word/_rels/document.xml.rels"
EXTERNAL = (
    b'<Relationship Id="rId99" Type="http://x.invalid/link" Target="http://x.invalid/" TargetMode="External"/></Relationships>'
)

BROKEN = {
    "text": ({DOCUMENT: swap(b"All 12", b"All 21")}, "document.xml was changed"),
    "styles": ({"word/styles.xml": swap(b"Heading", b"Footing")}, "styles.xml was changed"),
    "a part missing": ({"word/settings.xml": None}, "settings.xml is missing"),
    "target of a relationship": ({RELS: swap(b'Target="styles.xml"', b'Target="settings.xml"')}, "rels was changed"),
    "a relationship missing": ({RELS: lambda c: re.sub(rb'<Relationship [^>]*styles.xml"[^>]*/>', b"", c)}, "is missing"),
    "mode of a relationship": (
        {RELS: swap(b'Target="styles.xml"', b'Target="styles.xml" TargetMode="External"')},
        "rels was changed",
    ),
    "content type": (
        {"[Content_Types].xml": swap(b"wordprocessingml.styles+xml", b"wordprocessingml.settings+xml")},
        "content type of",
    ),
    "comments": (
        {SIG1: swap(b"<SignatureComments>Meaning: authored", b"<SignatureComments>Meaning: approved")},
        "idOfficeObject was",
    ),
    "signing time": ({SIG1: swap(b"<xd:SigningTime>2", b"<xd:SigningTime>1")}, "idSignedProperties was changed"),
    "role": ({SIG1: swap(b"validation-lead<", b"process-owner<")}, "idSignedProperties was changed"),
    "picture of the line": ({SIG1: swap(b'idValidSigLnImg">iVBOR', b'idValidSigLnImg">iVBOS')}, "idValidSigLnImg was changed"),
    "digest and reference": ({SIG1: swap(b"</Manifest>", b"</Manifest><Manifest/>")}, "idPackageObject was changed"),
    "a forged object": ({SIG1: swap(b"<SignatureValue>", b"<Object><x/></Object><SignatureValue>")}, "not an XML signature"),
    "a forged object at the end": ({SIG1: swap(b"</Signature>", b"<Object><Forged/></Object></Signature>")}, "nobody signed"),
    "a forged object of a known id": ({SIG1: swap(b"</Signature>", b'<Object Id="idOfficeObject"/></Signature>')}, "of the id"),
    "a comment": ({SIG1: swap(b"</Signature>", b"<!-- approved --></Signature>")}, "nobody signed"),
    "a comment behind": ({SIG1: lambda c: c + b"<!-- approved -->"}, "nobody signed"),
    "loose text": ({SIG1: swap(b"</SignedInfo>", b"</SignedInfo>approved")}, "nobody signed"),
    "an entity": ({SIG1: swap(b"<Signature ", b'<!DOCTYPE x [<!ENTITY e "x">]><Signature ')}, "document type"),
    "a chain in KeyInfo": (
        {SIG1: swap(b"<X509Certificate>", b"<X509Certificate>AAAA</X509Certificate><X509Certificate>")},
        "2 certificates",
    ),
    "weaker digest": ({SIG1: swap(b"xmlenc#sha256", b"xmldsig-more#md5")}, "signature value"),
    "other algorithm": ({SIG1: swap(b"ecdsa-sha256", b"ecdsa-sha1")}, "not supported"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_change_breaks_the_signature(pki, signed_docx, name):
    replaced, words = BROKEN[name]
    parts = parts_of(signed_docx[1])
    for part, change in replaced.items():
        if change is None:
            del parts[part]
        else:
            before = parts[part]
            parts[part] = change(before)
            assert parts[part] != before
    found = word.inspect(zipped(parts), pki.trust)
    assert [s.intact for s in found.signatures] == [False]
    assert any(words in problem for problem in found.signatures[0].problems), found.signatures[0].problems


def test_a_change_in_one_signature_leaves_the_others(pki, signed_docx):
    forged = changed(signed_docx[3], parts={SIG1: swap(b"<SignatureComments>M", b"<SignatureComments>N")})
    assert [s.intact for s in word.inspect(forged, pki.trust).signatures] == [False, True, True]


INCOMPLETE = {
    "a part": ({"word/extra.xml": b"<x/>"}, "/word/extra.xml"),
    "a part in a folder of another spelling": ({"_XmlSignatures/extra.xml": b"<x/>"}, "/_XmlSignatures/extra.xml"),
    "a piece of a part": ({"word/document.xml/[0].piece.xml": b"<x/>"}, "/word/document.xml/[0].piece.xml"),
    "a second property part": ({"docProps/core2.xml": b"<x/>"}, "/docProps/core2.xml"),
    "a link": ({RELS: swap(b"</Relationships>", EXTERNAL)}, "/word/_rels/document.xml.rels (rId99)"),
    "a list of relationships": ({"word/_rels/styles.xml.rels": b'<Relationships xmlns="' + xml.RELATIONSHIPS.encode() + b'">' + EXTERNAL},
                                "/word/_rels/styles.xml.rels"),
    "another main document": (
        {"word/document2.xml": b"<x/>", "_rels/.rels": swap(b"</Relationships>",
         b'<Relationship Id="rId98" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
         b'Target="word/document2.xml"/></Relationships>')}, "/_rels/.rels (rId98)",
    ),
    "properties elsewhere": (
        {"_rels/.rels": swap(b"</Relationships>",
         b'<Relationship Id="rId98" Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties" '
         b'Target="word/styles.xml"/></Relationships>')}, "/_rels/.rels (rId98)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", INCOMPLETE)
def test_an_addition_makes_the_signature_incomplete(pki, signed_docx, name):
    """LibreOffice and Word call such a file valid."""
    replaced, part = INCOMPLETE[name]
    found = word.inspect(changed(signed_docx[1], parts=replaced), pki.trust)
    assert [(s.intact, s.complete) for s in found.signatures] == [(True, False)]
    assert part in found.signatures[0].unsigned_parts
    assert part in found.unsigned_parts
    assert found.faults


UNLINKED = {
    "another file among the signatures": ({"_xmlsignatures/note.xml": b"<x/>"}, "no listed signature"),
    "a signature nothing points to": ({"_xmlsignatures/sig9.xml": b"<x/>"}, "no listed signature"),
    "content in the origin": ({"_xmlsignatures/origin.sigs": b"approved"}, "not linked"),
    "a link out of the folder": (
        {"_xmlsignatures/_rels/origin.sigs.rels": swap(b'"sig1.xml"', b'"../word/document.xml"')}, "points to '../word/document.xml'",
    ),
    "the same signature twice": ({"_xmlsignatures/_rels/origin.sigs.rels": swap(
        b"</Relationships>", b'<Relationship Id="r9" Target="sig1.xml" Type="' + xml.RELATIONSHIPS.encode()
        + b'/digital-signature/signature"/></Relationships>')}, "points to 'sig1.xml'"),
    "the origin moved": ({"_rels/.rels": swap(b"_xmlsignatures/origin.sigs", b"_xmlsignatures/sig1.xml")}, "not linked"),
    "the origin outside": ({"_rels/.rels": swap(b'Target="_xmlsignatures/origin.sigs"',
                            b'Target="_xmlsignatures/origin.sigs" TargetMode="External"')}, "not linked"),
    "the content type of the signature": (
        {"[Content_Types].xml": swap(b"digital-signature-xmlsignature+xml", b"x+xml")}, "another content type",
    ),
    "two types for one part": ({"[Content_Types].xml": swap(
        b"</Types>", b'<Override PartName="/WORD/document.xml" ContentType="text/plain"/></Types>')}, "two content types"),
    "an unknown entry among the content types": ({"[Content_Types].xml": swap(b"</Types>", b"<Other/></Types>")}, "content types"),
    "a part without content type": ({"word/extra.none": b"x"}, "no content type"),
    "two relationships of one id": ({RELS: swap(b'Id="rId2"', b'Id="rId1"')}, "two relationships of one id"),
    "something else among the relationships": ({RELS: swap(b"<Relationship ", b"<Other/><Relationship ")}, "no relationship"),
    "an unknown attribute of a relationship": ({RELS: swap(b"<Relationship ", b'<Relationship Other="x" ')}, "no relationship"),
    "a signature type elsewhere": (
        {"word/sig.xml": b"<x/>", "[Content_Types].xml": swap(b"</Types>", b'<Override PartName="/word/sig.xml" ContentType='
         b'"application/vnd.openxmlformats-package.digital-signature-xmlsignature+xml"/></Types>')}, "no listed signature",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", UNLINKED)
def test_a_package_put_together_wrongly_is_a_problem(pki, signed_docx, name):
    replaced, words = UNLINKED[name]
    found = word.inspect(changed(signed_docx[1], parts=replaced), pki.trust)
    assert any(words in fault for fault in found.faults), found.faults


def signed_by_hand(monkeypatch, pki, data: bytes, who: int = 0, line: str | None = None, **changed: object) -> bytes:
    """A signature as a hostile program with a real certificate would make it: nobody looks before or after."""
    monkeypatch.setattr(word.signer, "refuse_unfit_person", lambda *_: None)
    monkeypatch.setattr(word, "inspect", lambda *_: word.WordInspection())
    credential = pki.people[who] if who >= 0 else pki.system
    shown = pki.manifestation(max(who, 0), **changed)
    made = word.sign(data, credential, line_id=line, manifestation=shown, moment=pki.now)
    monkeypatch.undo()
    return made


def test_a_system_that_signs_for_a_person(monkeypatch, pki, make):
    forged = signed_by_hand(monkeypatch, pki, make.docx(), -1, printed_name="csvgen at Example Ltd")
    assert word.inspect(forged, pki.trust).signatures[0].problems == (
        "the certificate is a system's; a system can never sign for a person",
    )


def test_a_manifestation_that_contradicts_its_signature(monkeypatch, pki, make):
    real = office.canonical_json
    for other in (
        {"meaning": "approved"},
        {"role": "x"},
        {"printed_name": "Somebody Else"},
        {"signed": "2001-01-01T00:00:00.000000Z"},
    ):
        said = pki.manifestation(0, **other)
        monkeypatch.setattr(office, "canonical_json", lambda _, said=said: real(said))
        forged = signed_by_hand(monkeypatch, pki, make.docx())
        assert "are not those of the signature" in word.inspect(forged, pki.trust).signatures[0].problems[0]
    monkeypatch.setattr(office, "canonical_json", lambda _: b'{"meaning":"approved"}\n')
    forged = signed_by_hand(monkeypatch, pki, make.docx())
    assert "not of a form known here" in word.inspect(forged, pki.trust).signatures[0].problems[0]


def test_a_signature_line_without_its_pictures(monkeypatch, pki, make):
    monkeypatch.setattr(office, "_images", lambda *_: [])
    forged = signed_by_hand(monkeypatch, pki, make.docx(), 0, make.lines[0])
    assert "do not fit together" in word.inspect(forged, pki.trust).signatures[0].problems[0]


def test_one_object_covered_twice(monkeypatch, pki, make):
    monkeypatch.setattr(office, "_images", lambda root, *_: [root.find(f"{{{xml.DS}}}Object")])
    forged = signed_by_hand(monkeypatch, pki, make.docx(), 0, make.lines[0])
    assert "covers two elements called idPackageObject" in word.inspect(forged, pki.trust).signatures[0].problems[0]


def test_a_weak_digest_is_not_a_digest():
    reference = etree.fromstring(
        f'<r xmlns="{xml.DS}" URI="x"><DigestMethod Algorithm="http://www.w3.org/2000/09/xmldsig#sha1"/><DigestValue>YQ==</DigestValue></r>'
    )
    with pytest.raises(NotIntact, match="unsupported digest"):
        xmldsig.digest_holds(reference, b"a")


@pytest.mark.parametrize("text", ["YR==", "YQ", "YQ=", "Y Q = =x", "YQ==YQ==", "\u00dfQ==", "*"])
def test_base64_has_one_spelling(text):
    with pytest.raises(NotIntact):
        xmldsig.decode(text, "it")
    assert xmldsig.decode("Y\n Q==\n", "it") == b"a"


def test_two_parts_of_one_name(pki, signed_docx):
    parts = list(parts_of(signed_docx[1]).items())
    for name in (DOCUMENT, "WORD/Document.xml"):
        found = word.inspect(zipped([(name, b"<forged/>"), *parts]), pki.trust)
        assert found.signatures == ()
        assert "two entries of one name" in found.problems[0]
        assert word.inspect(zipped([*parts, (name, b"<forged/>")]), pki.trust).problems


def test_a_removed_signature_leaves_no_trace_in_the_file(pki, signed_docx):
    """The limit of the format: the stage before is a good file. The record says how many signatures it needs."""
    parts = parts_of(signed_docx[2])
    del parts["_xmlsignatures/sig2.xml"]
    parts["[Content_Types].xml"] = re.sub(rb"<Override PartName=\"/_xmlsignatures/sig2[^>]*/>", b"", parts["[Content_Types].xml"])
    parts["_xmlsignatures/_rels/origin.sigs.rels"] = re.sub(
        rb"<Relationship [^>]*sig2.xml\"[^>]*/>", b"", parts["_xmlsignatures/_rels/origin.sigs.rels"]
    )
    found = word.inspect(zipped(parts), pki.trust)
    assert (found.faults, len(found.signatures)) == ((), 1)


def test_document_properties_are_open_but_not_forgotten(pki, signed_docx):
    forged = changed(signed_docx[1], parts={"docProps/core.xml": swap(b"Test report", b"Best report")})
    assert word.inspect(forged, pki.trust).faults == ()
    assert word.without_signatures(forged) != word.without_signatures(signed_docx[1])


def test_a_signature_moved_to_another_document_breaks(pki, signed_docx, make):
    other = parts_of(make.docx(make.lines[:1]))
    mine = parts_of(signed_docx[1])
    moved = {n: c if n.startswith(("_xml", "[Content", "_rels")) else other.get(n, c) for n, c in mine.items()}
    moved[DOCUMENT] = other[DOCUMENT].replace(b"All 12", b"All 99")
    assert [s.intact for s in word.inspect(zipped(moved), pki.trust).signatures] == [False]


def test_the_signers_of_another_authority_are_not_trusted(pki, attacker, make):
    forged = attacker.sign_word(make.docx(), 0, make.lines[0])
    found = word.inspect(forged, pki.trust)
    assert found.faults == ()
    assert [(s.printed_name, s.trusted) for s in found.signatures] == [(NAMES[0], False)]


def test_a_certificate_exchanged_for_one_of_the_same_name(pki, attacker, signed_docx):
    mine, theirs = (base64.b64encode(p.people[0].certificate.public_bytes(Encoding.DER)) for p in (pki, attacker))
    forged = changed(signed_docx[1], parts={SIG1: swap(mine, theirs)})
    found = word.inspect(forged, Trust((*pki.trust.roots, *attacker.trust.roots))).signatures[0]
    assert any("not the one that was signed with" in p for p in found.problems)
    assert any("signature value" in p for p in found.problems)


def test_a_flipped_bit_is_noticed_or_means_nothing(pki, signed_docx):
    """In every part. What goes unnoticed may differ in spelling only: same document, same statements of the same signers."""
    good = word.inspect(signed_docx[2], pki.trust)
    same = word.without_signatures(signed_docx[2])
    parts = parts_of(signed_docx[2])
    chance = random.Random(20261121)
    unnoticed = 0
    for name, content in parts.items():
        for _ in range(12 if content else 0):
            flipped = bytearray(content)
            flipped[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
            forged = zipped({**parts, name: bytes(flipped)})
            found = word.inspect(forged, pki.trust)
            if found.faults:
                continue
            unnoticed += 1
            assert found == good, name
            if name.startswith("docProps/"):
                assert word.without_signatures(forged) != same
            elif name != "[Content_Types].xml":  # an entry for parts that are not there may change
                assert word.without_signatures(forged) == same, name
    assert unnoticed < 40


def test_a_flipped_bit_in_the_archive_is_noticed_or_means_nothing(pki, signed_docx):
    good, same = word.inspect(signed_docx[2], pki.trust), word.without_signatures(signed_docx[2])
    chance = random.Random(20261121)
    for _ in range(200):
        flipped = bytearray(signed_docx[2])
        flipped[chance.randrange(len(flipped))] ^= 1 << chance.randrange(8)
        found = word.inspect(bytes(flipped), pki.trust)
        assert found.faults or (found, word.without_signatures(bytes(flipped))) == (good, same)


@pytest.mark.needs("soffice", "uno", "certutil")
def test_libreoffice_sees_what_it_can_see(libreoffice, signed_docx):
    files = {
        "text.docx": changed(signed_docx[1], parts={DOCUMENT: swap(b"passed", b"failed")}),
        "time.docx": changed(signed_docx[1], parts={SIG1: swap(b"<xd:SigningTime>2", b"<xd:SigningTime>1")}),
    }
    said = libreoffice(files)
    assert [s["valid"] for found in said.values() for s in found] == [False, False]
    assert all(word.inspect(data, Trust.none).faults for data in files.values())


def test_two_signatures_in_one_line_are_a_problem(pki, signed_docx):
    """Put together by hand from two files that are good by themselves."""
    one, two = parts_of(signed_docx[2]), parts_of(signed_docx[1])
    one["_xmlsignatures/sig2.xml"] = two[SIG1]
    assert "filled by more than one signature" in word.inspect(zipped(one), pki.trust).problems[0]


def test_nobody_signs_a_changed_file(pki, signed_docx):
    with pytest.raises(Refused, match="would not verify"):
        pki.sign_word(changed(signed_docx[1], parts={DOCUMENT: swap(b"All 12", b"All 21")}), 1)
