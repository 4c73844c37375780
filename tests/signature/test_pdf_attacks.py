"""Signed PDF files, attacked in the ways known for them: by anyone, and by somebody with a real certificate."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import io
import itertools
import random
import subprocess

import pikepdf
import pytest
from asn1crypto import cms as asn1_cms
from asn1crypto import core
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields as pyhanko_fields
from pyhanko.sign import signers
from pyhanko.sign.ades.api import CAdESSignedAttrSpec
from pyhanko.sign.fields import SigFieldSpec
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigMDPSetup, SigObjSetup
from pyhanko.sign.signers.pdf_byterange import SignatureObject
from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes

from csvgen.crypto import certificates, cms
from csvgen.crypto.keys import Credential
from csvgen.crypto.profile import PADES, outside_profile
from csvgen.crypto.trust import Trust
from csvgen.errors import Refused
from csvgen.signature import pdf
from csvgen.signature.pdf import Coverage
from csvgen.signature.pdf_write import appending

NAMES = ("Ada Lovelace", "Jürgen Großmann-Øst", "Ελένη Παπαδοπούλου")


def run(*command: object, **kwargs: object) -> str:
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False, **kwargs)
    return done.stdout + done.stderr


def updated(data: bytes, change) -> bytes:
    """The file with an incremental update, as anyone can make one."""
    writer = IncrementalPdfFileWriter(io.BytesIO(data))
    change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def overlay(writer: IncrementalPdfFileWriter) -> None:
    drawing = b"q 1 1 1 rg 72 770 300 30 re f Q q 0 0 0 rg 72 770 100 20 re f Q"
    writer.add_stream_to_page(0, writer.add_object(generic.StreamObject(stream_data=drawing)))


def free_text(writer: IncrementalPdfFileWriter) -> None:
    name = generic.pdf_name
    note = generic.DictionaryObject({
        name("/Type"): name("/Annot"), name("/Subtype"): name("/FreeText"), name("/F"): generic.NumberObject(4),
        name("/Rect"): generic.ArrayObject(generic.NumberObject(n) for n in (72, 700, 300, 740)),
        name("/Contents"): generic.pdf_string("FAKE PASS"), name("/DA"): generic.pdf_string("/Helv 20 Tf 1 0 0 rg"),
    })  # fmt: skip
    page = writer.root["/Pages"]["/Kids"][0].get_object()
    page["/Annots"].append(writer.add_object(note))
    writer.update_container(page["/Annots"])


# ------------------------------------------------------------------ tampering


def test_every_flipped_bit_is_noticed_wherever_it_is(pki, signed_pdf):
    """In every revision, containers included: no byte of a file in csvgen's profile is without protection."""
    data = signed_pdf[-1]
    chance = random.Random(20261121)
    ends = [0, *(len(stage) for stage in signed_pdf)]
    offsets = [chance.randrange(*span) for span in itertools.pairwise(ends) for _ in range(12)]
    with pikepdf.open(io.BytesIO(data)) as file:
        for field in file.Root.AcroForm.Fields:
            _, length, behind, _ = (int(n) for n in field.V.ByteRange)
            used = len(bytes(field.V.Contents).rstrip(b"\0")) * 2
            offsets += [chance.randrange(length, length + used) for _ in range(12)]
            offsets += [chance.randrange(length + used, behind), length, behind - 1]
    unnoticed = []
    for offset in offsets:
        flipped = bytearray(data)
        flipped[offset] ^= 1 << chance.randrange(8)
        found = pdf.inspect(bytes(flipped), pki.trust)
        if not found.faults:
            unnoticed.append(offset)
    assert unnoticed == []


@pytest.mark.needs("pdfsig")
@pytest.mark.parametrize("attack", [overlay, free_text])
def test_what_poppler_accepts_and_csvgen_does_not(pki, signed_pdf, tmp_path, attack):
    forged = updated(signed_pdf[-1], attack)
    (tmp_path / "forged.pdf").write_bytes(forged)
    assert run("pdfsig", "-nocert", tmp_path / "forged.pdf").count("Signature is Valid.") == 4
    found = pdf.inspect(forged, pki.trust)
    assert [s.changes_allowed for s in found.signatures] == [False] * 4
    assert all(s.intact and s.valid for s in found.signatures)
    assert not found.whole_file
    assert "something was appended after the last signature" in found.problems


@pytest.mark.parametrize("attack", [overlay, free_text])
def test_nobody_signs_over_an_attack(pki, signed_pdf, attack):
    forged = updated(signed_pdf[2], attack)
    with pytest.raises(Refused, match="would not verify"):
        pki.sign_pdf(forged, 1)


def test_an_attack_that_a_rightful_signer_signed_over_still_shows(pki, signed_pdf):
    """The last signature covers the whole file; the ones before it did not agree to what came between."""
    forged = updated(signed_pdf[2], overlay)
    hand = cms.simple_signer(pki.people[1])
    meta = signers.PdfSignatureMetadata(
        field_name="signature-2", name=NAMES[1], subfilter=pyhanko_fields.SigSeedSubFilter.PADES, md_algorithm="sha256"
    )
    forged = signers.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(forged)), meta, hand).getvalue()
    found = pdf.inspect(forged, pki.trust)
    assert found.whole_file
    assert [s.changes_allowed for s in found.signatures] == [False, False, True]


def test_a_later_signer_cannot_change_the_document_properties_either(pki, signed_pdf):
    """Signed by pyHanko as it comes: it sets a new modification date, which its own default policy lets pass."""
    hand = cms.simple_signer(pki.people[1])
    meta = signers.PdfSignatureMetadata(
        field_name="signature-2", name=NAMES[1], subfilter=pyhanko_fields.SigSeedSubFilter.PADES, md_algorithm="sha256"
    )

    def title(writer):
        writer.set_info(generic.DictionaryObject({generic.pdf_name("/Title"): generic.pdf_string("All passed")}))

    writer = IncrementalPdfFileWriter(io.BytesIO(signed_pdf[2]))
    title(writer)
    found = pdf.inspect(signers.sign_pdf(writer, meta, hand).getvalue(), pki.trust)
    assert [s.changes_allowed for s in found.signatures] == [False, False, True]


def test_a_field_listed_twice_is_a_problem(pki, make):
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(make.pdf(2))) as file:
        file.Root.AcroForm.Fields[1].T = pikepdf.String("signature-1")
        file.save(out)
    assert pdf.inspect(out.getvalue(), pki.trust).problems == ("the form lists the field 'signature-1' twice",)


def test_a_new_signature_field_after_the_seal_is_a_change(pki, signed_pdf):
    spec = pyhanko_fields.SigFieldSpec("signature-9", box=(300, 300, 400, 340))
    found = pdf.inspect(updated(signed_pdf[1], lambda w: pyhanko_fields.append_signature_field(w, spec)), pki.trust)
    assert [s.changes_allowed for s in found.signatures] == [False]


def test_bytes_behind_an_unsigned_file(make):
    assert "does not end where" in pdf.inspect(make.pdf(1) + b"% passed\n", Trust.none).problems[0]


@pytest.mark.parametrize("tail", [b"\n", b"x", b"%%EOF\n", b"% nothing\n%%EOF\n"])
def test_bytes_behind_the_last_signature(pki, signed_pdf, tail):
    found = pdf.inspect(signed_pdf[-1] + tail, pki.trust)
    assert found.faults
    assert not found.whole_file


def test_a_file_written_anew_has_no_valid_signature(pki, signed_pdf):
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(signed_pdf[-1])) as file:
        file.save(out)
    found = pdf.inspect(out.getvalue(), pki.trust)
    assert len(found.signatures) == 4
    assert not any(s.intact for s in found.signatures)


def test_a_removed_signature_leaves_its_field_empty(pki, signed_pdf):
    """Cutting off the last revision gives back the stage before: the number of signatures must be known from elsewhere."""
    found = pdf.inspect(signed_pdf[-1][: len(signed_pdf[-2])], pki.trust)
    assert found.faults == ()
    assert found.unsigned_fields == ("signature-3",)


def test_the_signers_of_another_authority_are_not_trusted(pki, attacker, make):
    forged = pdf.seal(make.pdf(), attacker.system, attacker.now)
    for number in range(3):
        forged = attacker.sign_pdf(forged, number)
    found = pdf.inspect(forged, pki.trust)
    assert found.faults == ()
    assert [s.printed_name for s in found.signatures[1:]] == list(NAMES)
    assert [s.trusted for s in found.signatures] == [False] * 4


def test_a_signature_moved_to_another_document_breaks(pki, signed_pdf, make):
    """The revisions of the signatures, appended to another file of the same length."""
    other = bytearray(signed_pdf[0])
    at = other.index(b"/Type /Page ") if b"/Type /Page " in other else 60
    other[at] ^= 1
    found = pdf.inspect(bytes(other) + signed_pdf[-1][len(signed_pdf[0]) :], pki.trust)
    assert found.faults
    assert hashlib.sha256(bytes(other)).digest() != hashlib.sha256(signed_pdf[0]).digest()


# ------------------------------------------------------------------ signed by hand


def signed_by_hand(
    data, credential, field, *, name=None, certify=False, subfilter="PADES", moment=None, move=0, cms_of=bytes, times=(), new=False,
    lock=None, touch=lambda _field: None,
):  # fmt: skip
    """A signature as a careless or hostile program with a real certificate would make it.

    `move` shifts the hole in the signed range forward; `cms_of` changes the finished container; `times` are further signing times; `lock` is a
    FieldMDP, `touch` changes the field itself.
    """
    writer = appending(data)
    fresh = certify or new
    steps = PdfCMSEmbedder(SigFieldSpec(field) if fresh else None).write_cms(field, writer, existing_fields_only=not fresh)
    touch(next(steps).get_object())
    name = name or certificates.common_name(credential.certificate)
    kind = pyhanko_fields.SigSeedSubFilter[subfilter]
    dictionary = SignatureObject(timestamp=moment, subfilter=kind, name=name, bytes_reserved=8192)
    perms = pyhanko_fields.MDPPerm.FILL_FORMS if certify else None
    setup = SigMDPSetup(md_algorithm="sha256", certify=certify, docmdp_perms=perms, field_lock=lock)
    steps.send(SigObjSetup(sig_placeholder=dictionary, mdp_setup=setup))
    prepared, out = steps.send(SigIOSetup(md_algorithm="sha256"))
    made = bytearray(out.getvalue())
    first, second = prepared.reserved_region_start, prepared.reserved_region_end
    if move:
        old = b"[0 %d %d %d]" % (first, second, len(made) - second)
        new = b"[0 %d %d %d]" % (first - move, second - move, len(made) - second + move)
        made[:] = bytes(made).replace(old + b" " * (len(new) - len(old)), new, 1)
    signed_bytes = bytes(made[: first - move] + made[second - move :])
    hand = cms.simple_signer(Credential(credential.key, credential.certificate))
    attributes = PdfCMSSignedAttributes(cades_signed_attrs=CAdESSignedAttrSpec(), signing_time=times[0] if times else None)
    digest = hashlib.sha256(signed_bytes).digest()
    container = asyncio.run(hand.async_sign(digest, "sha256", use_pades=not times, signed_attr_settings=attributes))
    text = cms_of(container.dump()).hex().upper().encode()
    made[first + 1 : first + 1 + len(text)] = text
    return bytes(made)


def test_a_signature_made_by_hand_is_the_same_as_ours(pki, make):
    """So that the tests below fail for the one thing that each of them does wrong."""
    assert pdf.inspect(signed_by_hand(make.pdf(1), pki.people[0], "signature-1", moment=pki.now), pki.trust).faults == ()


def test_a_hole_beside_the_container(pki, make):
    """The hole has the right length but lies ten bytes before its place: pyHanko alone calls that the whole file."""
    forged = signed_by_hand(make.pdf(1), pki.people[0], "signature-1", moment=pki.now, move=10)
    signature = pdf.inspect(forged, pki.trust).signatures[0]
    assert (signature.intact, signature.valid) == (True, True)
    assert signature.coverage is Coverage.UNCLEAR
    assert signature.faults


CARELESS = {
    "a person who certifies": ({"who": "person", "field": "seal", "certify": True}, "a person's certificate was used as a seal"),
    "a system that approves": ({"who": "system"}, "a system can never sign for a person"),
    "another name": ({"name": "Somebody Else"}, "another name than its certificate"),
    "no time": ({"moment": None}, "claims no signing time"),
    "a second time": ({"times": (dt.datetime(2001, 1, 1, tzinfo=dt.UTC),)}, "other signed attributes"),
    "another kind of signature": ({"subfilter": "ADOBE_PKCS7_DETACHED"}, "not a PAdES signature"),
}


@pytest.mark.parametrize("name", CARELESS)
def test_a_signature_made_carelessly_is_a_problem(pki, make, name):
    what, words = CARELESS[name]
    what = {"moment": pki.now, "field": "signature-1", **what}
    credential = pki.system if what.pop("who", "person") == "system" else pki.people[0]
    signature = pdf.inspect(signed_by_hand(make.pdf(1), credential, what.pop("field"), **what), pki.trust).signatures[0]
    assert any(words in problem for problem in signature.problems), signature.problems
    assert not signature.is_seal


def test_a_seal_behind_a_signature_is_a_problem(pki, make):
    forged = signed_by_hand(pki.sign_pdf(make.pdf(1), 0), pki.system, "seal", certify=True, moment=pki.now)
    assert "the seal is not the first signature" in pdf.inspect(forged, pki.trust).problems


def with_second_certificate(der):
    info = asn1_cms.ContentInfo.load(der)
    info["content"]["certificates"].append(info["content"]["certificates"][0])
    return info.dump(force=True)


def with_unsigned_attribute(der):
    info = asn1_cms.ContentInfo.load(der)
    note = asn1_cms.CMSAttribute({"type": "1.2.3.4", "values": [core.UTF8String("approved")]})
    info["content"]["signer_infos"][0]["unsigned_attrs"] = asn1_cms.CMSAttributes([note])
    return info.dump(force=True)


@pytest.mark.parametrize("change", [with_second_certificate, with_unsigned_attribute, lambda der: der + b"approved"])
def test_what_nobody_signed_in_the_container_is_a_problem(pki, make, change):
    forged = signed_by_hand(make.pdf(1), pki.people[0], "signature-1", moment=pki.now, cms_of=change)
    signature = pdf.inspect(forged, pki.trust).signatures[0]
    assert (signature.intact, signature.valid, signature.coverage) == (True, True, Coverage.FILE)
    assert any("outside the profile" in problem for problem in signature.problems)


def test_the_same_container_spelled_in_small_letters(pki, make):
    data = pki.sign_pdf(make.pdf(1), 0)
    start, end = data.index(b"/Contents <") + 10, data.index(b">", data.index(b"/Contents <"))
    found = pdf.inspect(data[:start] + data[start:end].lower() + data[end:], pki.trust).signatures[0]
    assert found.problems == ("its container is not spelled as it was written",)


def test_every_byte_of_a_container_is_constant_or_protected(pki, make):
    """What the profile lets pass lies in the certificate, the signed attributes or the value, which mathematics protect."""
    with pikepdf.open(io.BytesIO(pki.sign_pdf(make.pdf(1), 0))) as file:
        contents = bytes(file.Root.AcroForm.Fields[0].V.Contents)
    assert outside_profile(contents, PADES, padded=True) == ""
    signed = asn1_cms.ContentInfo.load(contents)["content"]
    signer = signed["signer_infos"][0]
    protected = set()
    for part in (signer["signed_attrs"].dump(), signer["signature"].dump()):
        at = contents.index(part)
        protected |= set(range(at, at + len(part)))
    for at in range(len(contents)):
        flipped = contents[:at] + bytes([contents[at] ^ 1]) + contents[at + 1 :]
        assert at in protected or outside_profile(flipped, PADES, padded=True), at


def test_a_flipped_digit_of_the_certificate_is_noticed(pki, signed_pdf):
    data = signed_pdf[-1]
    der = pki.people[2].certificate.public_bytes(Encoding.DER)
    at = data.index(der.hex().upper().encode()) + 2 * len(der) - 1
    flipped = data[:at] + (b"0" if data[at : at + 1] != b"0" else b"1") + data[at + 1 :]
    assert any("outside the profile" in fault or "cannot be read" in fault for fault in pdf.inspect(flipped, pki.trust).faults)
