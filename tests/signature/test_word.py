"""Signed Office files, judged by LibreOffice, xmlsec1 and OpenSSL beside csvgen, and attacked in the ways known for them."""

from __future__ import annotations

import base64
import datetime as dt
import io
import random
import re
import struct
import subprocess
import warnings
import zipfile

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from lxml import etree

from csvgen import clock
from csvgen.errors import BadInput, NotIntact, Refused
from csvgen.signature import word, xml
from csvgen.signature.archive import MAX_TOTAL, read_archive
from csvgen.signature.opc import Package

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


# ------------------------------------------------------------------ what has to work


def test_a_document_of_the_report_room_is_signed(pki, make):
    from csvgen.report import word as report
    from csvgen.report.lines import signature_line_id

    plain = report.draw(make.report())
    lines = [signature_line_id("OQ-REP-001", 2, f"signature-{n}") for n in (1, 2)]
    signed = pki.sign_word(pki.sign_word(plain, 0, lines[0]), 1, lines[1])
    found = word.inspect(signed, pki.roots)
    assert found.faults == ()
    assert [s.line_id for s in found.signatures] == lines
    assert word.without_signatures(signed) == word.without_signatures(plain)


def test_three_signers_each_in_a_line(pki, signed_docx, make):
    found = word.inspect(signed_docx[-1], pki.roots)
    assert found.faults == ()
    assert [s.printed_name for s in found.signatures] == NAMES
    assert [s.person for s in found.signatures] == ["p-0001", "p-0002", "p-0003"]
    assert [s.line_id for s in found.signatures] == list(make.lines)
    assert [s.meaning for s in found.signatures] == ["authored", "reviewed", "approved"]
    assert [s.role for s in found.signatures] == ["validation-lead", "quality-assurance", "process-owner"]
    assert [s.manifestation for s in found.signatures] == [pki.manifestation(n) for n in range(3)]
    assert all(s.intact and s.complete and s.trusted is True for s in found.signatures)
    assert all(s.claimed == pki.now.replace(microsecond=0) for s in found.signatures)
    assert found.signatures[2].comments == pki.manifestation(2).statement()
    assert found.unsigned_parts == ()


@pytest.mark.parametrize("stage", range(4))
def test_each_stage_holds_and_is_the_same_document(pki, signed_docx, stage):
    found = word.inspect(signed_docx[stage], pki.roots)
    assert found.faults == ()
    assert len(found.signatures) == stage
    assert word.without_signatures(signed_docx[stage]) == word.without_signatures(signed_docx[0])


def test_a_workbook_is_signed_by_the_same_functions(pki, make):
    plain = make.xlsx()
    signed = pki.sign_word(pki.sign_word(plain, 0), 1)
    found = word.inspect(signed, pki.roots)
    assert found.faults == ()
    assert [(s.printed_name, s.line_id) for s in found.signatures] == [(NAMES[0], ""), (NAMES[1], "")]
    assert word.without_signatures(signed) == word.without_signatures(plain)


def test_without_roots_trust_is_unknown(signed_docx):
    assert {s.trusted for s in word.inspect(signed_docx[-1], ()).signatures} == {None}


def test_an_earlier_signature_is_not_touched(signed_docx):
    first, last = parts_of(signed_docx[1]), parts_of(signed_docx[3])
    assert first[SIG1] == last[SIG1]
    assert {n for n in last if first.get(n) != last[n]} == {
        "[Content_Types].xml", "_xmlsignatures/_rels/origin.sigs.rels", "_xmlsignatures/sig2.xml", "_xmlsignatures/sig3.xml",
    }  # fmt: skip


def test_the_limits_of_office_are_kept(pki, make):
    reason = "Every result was compared with its evidence; all deviations are closed. " * 20
    signed = pki.sign_word(make.docx(), 0, make.lines[0], reason=reason)
    details = etree.fromstring(parts_of(signed)[SIG1])
    assert len(details.find(f".//{{{xml.OFFICE}}}SignatureComments").text) <= 255
    assert len(details.find(f".//{{{xml.OFFICE}}}SignatureText").text) <= 100
    found = word.inspect(signed, pki.roots).signatures[0]
    assert found.manifestation.reason == reason
    with pytest.raises(Refused, match="do not fit"):
        pki.sign_word(make.docx(), 0, role="r" * 250)


# ------------------------------------------------------------------ other judges


@pytest.mark.needs("soffice", "uno", "certutil")
def test_libreoffice_finds_all_valid_and_the_certificates_trusted(libreoffice, signed_docx, pki, make):
    files = {f"stage{n}.docx": data for n, data in enumerate(signed_docx)}
    files["plain.docx"] = pki.sign_word(make.docx(()), 0)
    files["book.xlsx"] = pki.sign_word(pki.sign_word(make.xlsx(), 0), 1)
    said = libreoffice(files)
    assert [len(said[f"stage{n}.docx"]) for n in range(4)] == [0, 1, 2, 3]
    assert (len(said["plain.docx"]), len(said["book.xlsx"])) == (1, 2)
    every = [s for found in said.values() for s in found]
    assert all(s["valid"] and s["certificate"] == 0 for s in every), every
    assert [s["line"] for s in said["stage3.docx"]] == list(make.lines)
    assert all(f"CN={name}" in s["signer"] for name, s in zip(NAMES, said["stage3.docx"], strict=True))


@pytest.mark.needs("soffice", "uno", "certutil")
def test_libreoffice_finds_any_number_of_signatures_valid(libreoffice, pki, make):
    """Ids of the standard in every part would be mixed up there from the third signature on, if the signatures differ."""
    lines = tuple(f"{{11111111-2222-3333-4444-0000000000{n:02}}}" for n in range(6))
    data = make.docx(lines)
    for n, line in enumerate(lines):
        moment = pki.now + dt.timedelta(minutes=n)
        shown = pki.manifestation(n % 3, signed=clock.stored(moment), reason="word " * n)
        data = word.sign(data, pki.people[n % 3], line_id=line, manifestation=shown, moment=moment)
    assert word.inspect(data, pki.roots).faults == ()
    assert [s["valid"] for s in libreoffice({"six.docx": data})["six.docx"]] == [True] * 6
    ids = [re.findall(rb'Object Id="(idPackageObject[^"]*)"', parts_of(data)[f"_xmlsignatures/sig{n}.xml"]) for n in (1, 2, 3)]
    assert ids == [[b"idPackageObject"], [b"idPackageObject"], [b"idPackageObject_3"]]


def test_ids_by_the_standard_alone(pki, signed_docx, make):
    shown = pki.manifestation(2)
    signed = word.sign(
        signed_docx[2], pki.people[2], line_id=make.lines[2], manifestation=shown, moment=pki.now, unique_ids=False
    )
    assert word.inspect(signed, pki.roots).faults == ()
    ids = re.findall(rb'Object Id="([^"]*)"', parts_of(signed)["_xmlsignatures/sig3.xml"])
    assert ids == [b"idPackageObject", b"idOfficeObject", b"idValidSigLnImg", b"idInvalidSigLnImg"]


@pytest.mark.needs("soffice", "uno", "certutil")
def test_libreoffice_without_the_root_says_valid_but_not_trusted(libreoffice, signed_docx):
    said = libreoffice({"signed.docx": signed_docx[-1]}, root=False)["signed.docx"]
    assert [s["valid"] for s in said] == [True] * 3
    assert all(s["certificate"] != 0 for s in said)


@pytest.mark.needs("soffice", "uno", "certutil")
def test_libreoffice_agrees_about_relationships_written_with_white_space(libreoffice, pki, make):
    """The standard drops white space in lists of relationships, LibreOffice digests it: the first signature removes it."""
    spaced = {n: c.replace(b"><", b">\n  <") if n.endswith(".rels") else c for n, c in parts_of(make.docx(())).items()}
    spaced = zipped(spaced)
    signed = pki.sign_word(spaced, 0)
    assert word.without_signatures(signed) == word.without_signatures(spaced)
    assert [s["valid"] for s in libreoffice({"signed.docx": signed})["signed.docx"]] == [True]


@pytest.mark.needs("soffice", "uno", "certutil")
def test_libreoffice_sees_what_it_can_see(libreoffice, signed_docx):
    files = {
        "text.docx": changed(signed_docx[1], parts={DOCUMENT: swap(b"passed", b"failed")}),
        "time.docx": changed(signed_docx[1], parts={SIG1: swap(b"<xd:SigningTime>2", b"<xd:SigningTime>1")}),
    }
    said = libreoffice(files)
    assert [s["valid"] for found in said.values() for s in found] == [False, False]
    assert all(word.inspect(data, ()).faults for data in files.values())


@pytest.mark.needs("xmlsec1")
@pytest.mark.parametrize("number", range(3))
def test_xmlsec_verifies_the_core_of_every_signature(pki, signed_docx, tmp_path, number):
    """Another implementation of canonical XML: lxml alone would agree with itself even where it is wrong."""
    (tmp_path / "sig.xml").write_bytes(parts_of(signed_docx[-1])[f"_xmlsignatures/sig{number + 1}.xml"])
    key = pki.people[number].certificate.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "key.pem").write_bytes(key)
    ids = ("--id-attr:Id", f"{xml.DS}:Object", "--id-attr:Id", f"{xml.XADES}:SignedProperties")
    command = ["xmlsec1", "--verify", "--ignore-manifests", "--pubkey-pem", str(tmp_path / "key.pem"), *ids, str(tmp_path / "sig.xml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "SignedInfo References (ok/all): " + ("5/5", "5/5", "4/4")[number] in said


@pytest.mark.needs("xmlsec1", "openssl")
def test_openssl_verifies_the_signature_value(pki, signed_docx, tmp_path):
    """SignedInfo in canonical form is what the raw numbers r and s are over; here they are put into DER for OpenSSL."""
    root = etree.fromstring(parts_of(signed_docx[1])[SIG1])
    info = etree.tostring(root[0]).decode()
    (tmp_path / "info").write_bytes(etree.tostring(etree.fromstring(info), method="c14n"))
    raw = base64.b64decode(root[1].text)
    assert len(raw) == 64
    (tmp_path / "value").write_bytes(encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")))
    key = pki.people[0].certificate.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "key.pem").write_bytes(key)
    command = ["openssl", "dgst", "-sha256", "-verify", tmp_path / "key.pem", "-signature", tmp_path / "value", tmp_path / "info"]
    assert subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False).stdout.strip() == "Verified OK"


def test_canonical_form_of_a_part_of_a_document():
    """The trap itself: lxml writes xmlns="" into the canonical form of an element that inherits its default namespace."""
    root = etree.fromstring(b'<a xmlns="urn:a" xmlns:b="urn:b"><c><d/><!-- not a word --></c></a>')
    assert xml.canonical(root[0]) == b'<c xmlns="urn:a" xmlns:b="urn:b"><d></d></c>'
    with pytest.raises(NotIntact, match="xml: attribute"):
        xml.canonical(etree.fromstring(b'<a xml:lang="en"><c/></a>')[0])


# ------------------------------------------------------------------ tampering


RELS = "word/_rels/document.xml.rels"
EXTERNAL = b'<Relationship Id="rId99" Type="http://x.invalid/link" Target="http://x.invalid/" TargetMode="External"/></Relationships>'
FORGED = b"<Object Id='idOfficeObject'><SignatureComments>forged</SignatureComments></Object><SignedInfo"

BROKEN = {
    "text": ({DOCUMENT: swap(b"All 12", b"All 21")}, "document.xml was changed"),
    "styles": ({"word/styles.xml": swap(b"Heading", b"Footing")}, "styles.xml was changed"),
    "a part missing": ({"word/settings.xml": None}, "settings.xml is missing"),
    "target of a relationship": ({RELS: swap(b'Target="styles.xml"', b'Target="settings.xml"')}, "rels was changed"),
    "a relationship missing": ({RELS: lambda c: re.sub(rb'<Relationship [^>]*styles.xml"[^>]*/>', b"", c)}, "is missing"),
    "mode of a relationship": ({RELS: swap(b'Target="styles.xml"', b'Target="styles.xml" TargetMode="External"')}, "rels was changed"),
    "content type": (
        {"[Content_Types].xml": swap(b"wordprocessingml.styles+xml", b"wordprocessingml.settings+xml")}, "content type of",
    ),
    "comments": ({SIG1: swap(b"<SignatureComments>Meaning: authored", b"<SignatureComments>Meaning: approved")}, "idOfficeObject was"),
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
    "a chain in KeyInfo": ({SIG1: swap(b"<X509Certificate>", b"<X509Certificate>AAAA</X509Certificate><X509Certificate>")}, "2 certificates"),
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
    found = word.inspect(zipped(parts), pki.roots)
    assert [s.intact for s in found.signatures] == [False]
    assert any(words in problem for problem in found.signatures[0].problems), found.signatures[0].problems


def test_a_change_in_one_signature_leaves_the_others(pki, signed_docx):
    forged = changed(signed_docx[3], parts={SIG1: swap(b"<SignatureComments>M", b"<SignatureComments>N")})
    assert [s.intact for s in word.inspect(forged, pki.roots).signatures] == [False, True, True]


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
    found = word.inspect(changed(signed_docx[1], parts=replaced), pki.roots)
    assert [(s.intact, s.complete) for s in found.signatures] == [(True, False)]
    assert part in found.signatures[0].unsigned_parts
    assert part in found.unsigned_parts
    assert found.faults


UNLINKED = {
    "another file among the signatures": {"_xmlsignatures/note.xml": b"<x/>"},
    "a signature nothing points to": {"_xmlsignatures/sig9.xml": b"<x/>"},
    "content in the origin": {"_xmlsignatures/origin.sigs": b"approved"},
    "a link out of the folder": {"_xmlsignatures/_rels/origin.sigs.rels": swap(b'"sig1.xml"', b'"../word/document.xml"')},
    "the same signature twice": {"_xmlsignatures/_rels/origin.sigs.rels": swap(
        b"</Relationships>", b'<Relationship Id="r9" Target="sig1.xml" Type="' + xml.RELATIONSHIPS.encode()
        + b'/digital-signature/signature"/></Relationships>')},
    "the origin moved": {"_rels/.rels": swap(b"_xmlsignatures/origin.sigs", b"_xmlsignatures/sig1.xml")},
    "the content type of the signature": {"[Content_Types].xml": swap(b"digital-signature-xmlsignature+xml", b"x+xml")},
    "two types for one part": {"[Content_Types].xml": swap(
        b"</Types>", b'<Override PartName="/WORD/document.xml" ContentType="text/plain"/></Types>')},
    "two relationships of one id": {RELS: swap(b'Id="rId2"', b'Id="rId1"')},
    "something else among the relationships": {RELS: swap(b"<Relationship ", b"<Other/><Relationship ")},
}  # fmt: skip


@pytest.mark.parametrize("name", UNLINKED)
def test_a_package_put_together_wrongly_is_a_problem(pki, signed_docx, name):
    found = word.inspect(changed(signed_docx[1], parts=UNLINKED[name]), pki.roots)
    assert found.faults


def test_two_parts_of_one_name(pki, signed_docx):
    parts = list(parts_of(signed_docx[1]).items())
    for name in (DOCUMENT, "WORD/Document.xml"):
        found = word.inspect(zipped([(name, b"<forged/>"), *parts]), pki.roots)
        assert found.signatures == ()
        assert "two entries of one name" in found.problems[0]
        assert word.inspect(zipped([*parts, (name, b"<forged/>")]), pki.roots).problems


def test_a_removed_signature_leaves_no_trace_in_the_file(pki, signed_docx):
    """The limit of the format: the stage before is a good file. The record says how many signatures it needs."""
    parts = parts_of(signed_docx[2])
    del parts["_xmlsignatures/sig2.xml"]
    parts["[Content_Types].xml"] = re.sub(rb"<Override PartName=\"/_xmlsignatures/sig2[^>]*/>", b"", parts["[Content_Types].xml"])
    parts["_xmlsignatures/_rels/origin.sigs.rels"] = re.sub(
        rb"<Relationship [^>]*sig2.xml\"[^>]*/>", b"", parts["_xmlsignatures/_rels/origin.sigs.rels"]
    )
    found = word.inspect(zipped(parts), pki.roots)
    assert (found.faults, len(found.signatures)) == ((), 1)


def test_document_properties_are_open_but_not_forgotten(pki, signed_docx):
    forged = changed(signed_docx[1], parts={"docProps/core.xml": swap(b"Test report", b"Best report")})
    assert word.inspect(forged, pki.roots).faults == ()
    assert word.without_signatures(forged) != word.without_signatures(signed_docx[1])


def test_a_signature_moved_to_another_document_breaks(pki, signed_docx, make):
    other = parts_of(make.docx(make.lines[:1]))
    mine = parts_of(signed_docx[1])
    moved = {n: c if n.startswith(("_xml", "[Content", "_rels")) else other.get(n, c) for n, c in mine.items()}
    moved[DOCUMENT] = other[DOCUMENT].replace(b"All 12", b"All 99")
    assert [s.intact for s in word.inspect(zipped(moved), pki.roots).signatures] == [False]


def test_the_signers_of_another_authority_are_not_trusted(pki, attacker, make):
    forged = attacker.sign_word(make.docx(), 0, make.lines[0])
    found = word.inspect(forged, pki.roots)
    assert found.faults == ()
    assert [(s.printed_name, s.trusted) for s in found.signatures] == [(NAMES[0], False)]


def test_a_certificate_exchanged_for_one_of_the_same_name(pki, attacker, signed_docx):
    mine, theirs = (base64.b64encode(p.people[0].certificate.public_bytes(Encoding.DER)) for p in (pki, attacker))
    forged = changed(signed_docx[1], parts={SIG1: swap(mine, theirs)})
    found = word.inspect(forged, (*pki.roots, *attacker.roots)).signatures[0]
    assert any("not the one that was signed with" in p for p in found.problems)
    assert any("signature value" in p for p in found.problems)


def test_a_flipped_bit_is_noticed_or_means_nothing(pki, signed_docx):
    """In every part. What goes unnoticed may differ in spelling only: same document, same statements of the same signers."""
    good = word.inspect(signed_docx[2], pki.roots)
    same = word.without_signatures(signed_docx[2])
    parts = parts_of(signed_docx[2])
    chance = random.Random(20261121)
    unnoticed = 0
    for name, content in parts.items():
        for _ in range(12 if content else 0):
            flipped = bytearray(content)
            flipped[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
            forged = zipped({**parts, name: bytes(flipped)})
            found = word.inspect(forged, pki.roots)
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
    good, same = word.inspect(signed_docx[2], pki.roots), word.without_signatures(signed_docx[2])
    chance = random.Random(20261121)
    for _ in range(200):
        flipped = bytearray(signed_docx[2])
        flipped[chance.randrange(len(flipped))] ^= 1 << chance.randrange(8)
        found = word.inspect(bytes(flipped), pki.roots)
        assert found.faults or (found, word.without_signatures(bytes(flipped))) == (good, same)


# ------------------------------------------------------------------ the archive itself


def entry(name: bytes, content: bytes, **odd: int) -> tuple[bytes, bytes]:
    """A stored entry written by hand: its local part and its line of the directory, with odd values where asked."""
    import zlib

    crc, size, flags, real = odd.get("crc", zlib.crc32(content)), odd.get("size", len(content)), odd.get("flags", 0), len(content)
    head = struct.pack("<5H3I2H", 20, flags, odd.get("method", 0), 0, 33, crc, real, size, len(name), 0)
    line = struct.pack("<6H3I5H2I", 20, 20, flags, odd.get("method", 0), 0, 33, odd.get("other_crc", crc), real, size, len(name), 0, 0, 0, 0, 0, odd.get("offset", 0))
    return b"PK\x03\x04" + head + name + content, b"PK\x01\x02" + line + name


def archive(*entries: tuple[bytes, bytes], between: bytes = b"", count: int = -1, comment: bytes = b"") -> bytes:
    body = b"".join(local for local, _ in entries) + between
    directory = b"".join(line for _, line in entries)
    number = len(entries) if count < 0 else count
    return body + directory + b"PK\x05\x06" + struct.pack("<4H2IH", 0, 0, number, number, len(directory), len(body), len(comment)) + comment


def test_an_archive_written_by_hand_is_read():
    assert read_archive(archive(entry(b"a/b.xml", b"<x/>"))) == [("a/b.xml", b"<x/>")]
    assert read_archive(archive()) == []


BAD_ARCHIVES = {
    "nothing": b"",
    "no archive": b"x" * 100,
    "bytes before": b"x" + archive(entry(b"a", b"1")),
    "bytes behind": archive(entry(b"a", b"1")) + b"x",
    "a comment": archive(entry(b"a", b"1"), comment=b"x"),
    "bytes between": archive(entry(b"a", b"1"), between=b"x"),
    "fewer entries than counted": archive(entry(b"a", b"1"), count=2),
    "more entries than counted": archive(entry(b"a", b"1"), count=0),
    "wrong check sum": archive(entry(b"a", b"1", crc=7)),
    "headers that differ": archive(entry(b"a", b"1", other_crc=7)),
    "encrypted": archive(entry(b"a", b"1", flags=1)),
    "another way of packing": archive(entry(b"a", b"1", method=14)),
    "patched data": archive(entry(b"a", b"1", flags=32)),
    "wrong size": archive(entry(b"a", b"1", size=2)),
    "a bomb": archive(entry(b"a", b"1", size=MAX_TOTAL + 1)),
    "overlapping entries": archive(entry(b"a", b"1"), entry(b"b", b"1", offset=0)),
    "too many entries": archive(count=20_001),
    "64-bit sizes": archive(entry(b"a", b"1"), count=0xFFFF),
    **{f"name {name!r}": archive(entry(name, b"1")) for name in (
        b"", b"/a", b"a/", b"a//b", b"../a", b"a/./b", b"a\\b", b"a%2e", b"a\0b", b"a b", "ä".encode(), b"a?b", b"a.")},
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_ARCHIVES)
def test_an_archive_with_two_readings_is_not_read(pki, name):
    data = BAD_ARCHIVES[name]
    with pytest.raises(NotIntact):
        read_archive(data)
    assert word.inspect(data, pki.roots).problems
    with pytest.raises(BadInput):
        word.without_signatures(data)
    with pytest.raises(BadInput):
        pki.sign_word(data, 0)


def test_a_bomb_is_not_unpacked():
    """Ten thousand times its size, and the directory lies about it."""
    import tracemalloc
    import zlib

    bomb = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = bomb.compress(b"\0" * 100_000_000) + bomb.flush()
    head = struct.pack("<5H3I2H", 20, 0, 8, 0, 33, 0, len(packed), 10, 1, 0)
    line = struct.pack("<6H3I5H2I", 20, 20, 0, 8, 0, 33, 0, len(packed), 10, 1, 0, 0, 0, 0, 0, 0)
    data = archive((b"PK\x03\x04" + head + b"a" + packed, b"PK\x01\x02" + line + b"a"))
    tracemalloc.start()
    with pytest.raises(NotIntact, match="damaged"):
        read_archive(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10_000_000


def test_what_common_writers_write_is_read(make):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file, file.open("a.xml", "w") as stream:
        stream.write(b"<x/>" * 100)
    assert read_archive(out.getvalue()) == [("a.xml", b"<x/>" * 100)]

    class Pipe(io.RawIOBase):  # cannot seek: sizes go behind the data
        def __init__(self):
            self.data = b""

        def writable(self):
            return True

        def write(self, data):
            self.data += bytes(data)
            return len(data)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a.xml", b"<x/>" * 100)
    assert read_archive(pipe.data) == [("a.xml", b"<x/>" * 100)]
    assert "word/document.xml" in dict(read_archive(make.docx()))
    assert "xl/workbook.xml" in dict(read_archive(make.xlsx()))


@pytest.mark.needs("soffice")
def test_what_libreoffice_writes_is_read_and_signed(pki, make, tmp_path):
    (tmp_path / "plain.docx").write_bytes(make.docx(()))
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = ["soffice", profile, "--headless", "--convert-to", "docx:Office Open XML Text", "--outdir", tmp_path / "out", tmp_path / "plain.docx"]
    subprocess.run([str(c) for c in command], check=True, capture_output=True, timeout=120)
    signed = pki.sign_word((tmp_path / "out" / "plain.docx").read_bytes(), 0)
    assert word.inspect(signed, pki.roots).faults == ()


# ------------------------------------------------------------------ what is refused


def test_an_unknown_line_is_refused_with_the_known_ones(pki, make):
    for line in ("{11111111-2222-3333-4444-0000000000FF}", "nonsense"):
        with pytest.raises(Refused, match="no signature line") as told:
            pki.sign_word(make.docx(make.lines[:2]), 0, line)
        assert make.lines[0] in told.value.hint
    with pytest.raises(Refused, match="no signature line") as told:
        pki.sign_word(make.docx(()), 0, make.lines[0])
    assert "none at all" in told.value.hint


def test_a_line_is_signed_once(pki, signed_docx, make):
    with pytest.raises(Refused, match="signed already"):
        pki.sign_word(signed_docx[1], 1, make.lines[0].lower())


def test_two_signatures_in_one_line_are_a_problem(pki, signed_docx):
    """Put together by hand from two files that are good by themselves."""
    one, two = parts_of(signed_docx[2]), parts_of(signed_docx[1])
    one["_xmlsignatures/sig2.xml"] = two[SIG1]
    assert "filled by more than one signature" in word.inspect(zipped(one), pki.roots).problems[0]


def test_nobody_signs_a_changed_file(pki, signed_docx):
    with pytest.raises(Refused, match="would not verify"):
        pki.sign_word(changed(signed_docx[1], parts={DOCUMENT: swap(b"All 12", b"All 21")}), 1)


def test_unfit_certificates_are_refused(pki, make):
    with pytest.raises(Refused, match="a system can never sign"):
        shown = pki.manifestation(0, printed_name="csvgen at Example Ltd")
        word.sign(make.docx(), pki.system, line_id=None, manifestation=shown, moment=pki.now)
    late = pki.now + dt.timedelta(days=4 * 365)
    with pytest.raises(Refused, match="the certificate is valid from"):
        shown = pki.manifestation(0, signed=clock.stored(late))
        word.sign(make.docx(), pki.people[0], line_id=None, manifestation=shown, moment=late)
    with pytest.raises(Refused, match="would show"):
        pki.sign_word(make.docx(), 0, printed_name="Somebody Else")


def test_the_package_knows_what_it_leaves_out(signed_docx):
    package = Package.read(signed_docx[1])
    left_out = set(package.parts) - set(package.must_be_signed())
    assert left_out == {
        "/[Content_Types].xml", "/docProps/app.xml", "/docProps/core.xml",
        "/_xmlsignatures/origin.sigs", "/_xmlsignatures/_rels/origin.sigs.rels", "/_xmlsignatures/sig1.xml",
    }  # fmt: skip
