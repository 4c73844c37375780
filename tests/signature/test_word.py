"""Signed Office files: what has to work, judged by LibreOffice, xmlsec1 and OpenSSL beside csvgen, and what is refused."""

from __future__ import annotations

import base64
import datetime as dt
import io
import re
import subprocess
import zipfile

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from lxml import etree

from csvgen import clock
from csvgen.canonical import normalised_zip
from csvgen.crypto.trust import Trust
from csvgen.errors import NotIntact, Refused
from csvgen.signature import word, xml
from csvgen.signature.opc import Package

NAMES = ["Ada Lovelace", "Jürgen Großmann-Øst", "Ελένη Παπαδοπούλου"]
SIG1 = "_xmlsignatures/sig1.xml"
DOCUMENT = "word/document.xml"


def parts_of(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        return {name: file.read(name) for name in file.namelist()}


# ------------------------------------------------------------------ what has to work


def test_a_document_of_the_report_room_is_signed(pki, make):
    from csvgen.report import word as report
    from csvgen.report.lines import signature_line_id

    plain = report.draw(make.report())
    lines = [signature_line_id("OQ-REP-001", 2, f"signature-{n}") for n in (1, 2)]
    signed = pki.sign_word(pki.sign_word(plain, 0, lines[0]), 1, lines[1])
    found = word.inspect(signed, pki.trust)
    assert found.faults == ()
    assert [s.line_id for s in found.signatures] == lines
    assert word.without_signatures(signed) == word.without_signatures(plain)


def test_three_signers_each_in_a_line(pki, signed_docx, make):
    found = word.inspect(signed_docx[-1], pki.trust)
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
    found = word.inspect(signed_docx[stage], pki.trust)
    assert found.faults == ()
    assert len(found.signatures) == stage
    assert word.without_signatures(signed_docx[stage]) == word.without_signatures(signed_docx[0])


def test_without_roots_trust_is_unknown(signed_docx):
    assert {s.trusted for s in word.inspect(signed_docx[-1], Trust.none).signatures} == {None}


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
    found = word.inspect(signed, pki.trust).signatures[0]
    assert found.manifestation.reason == reason
    with pytest.raises(Refused, match="do not fit"):
        pki.sign_word(make.docx(), 0, role="r" * 250)


# ------------------------------------------------------------------ other judges


@pytest.mark.needs("soffice", "uno", "certutil")
def test_libreoffice_finds_all_valid_and_the_certificates_trusted(libreoffice, signed_docx, pki, make):
    files = {f"stage{n}.docx": data for n, data in enumerate(signed_docx)}
    files["plain.docx"] = pki.sign_word(make.docx(()), 0)
    said = libreoffice(files)
    assert [len(said[f"stage{n}.docx"]) for n in range(4)] == [0, 1, 2, 3]
    assert len(said["plain.docx"]) == 1
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
    assert word.inspect(data, pki.trust).faults == ()
    assert [s["valid"] for s in libreoffice({"six.docx": data})["six.docx"]] == [True] * 6
    ids = [re.findall(rb'Object Id="(idPackageObject[^"]*)"', parts_of(data)[f"_xmlsignatures/sig{n}.xml"]) for n in (1, 2, 3)]
    assert ids == [[b"idPackageObject"], [b"idPackageObject"], [b"idPackageObject_3"]]


def test_ids_by_the_standard_alone(pki, signed_docx, make):
    shown = pki.manifestation(2)
    signed = word.sign(
        signed_docx[2], pki.people[2], line_id=make.lines[2], manifestation=shown, moment=pki.now, unique_ids=False
    )
    assert word.inspect(signed, pki.trust).faults == ()
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
    spaced = normalised_zip(spaced.items(), first="[Content_Types].xml")
    signed = pki.sign_word(spaced, 0)
    assert word.without_signatures(signed) == word.without_signatures(spaced)
    assert [s["valid"] for s in libreoffice({"signed.docx": signed})["signed.docx"]] == [True]


@pytest.mark.needs("openssl")
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
