"""Signed PDF files, judged by poppler and OpenSSL beside csvgen, and attacked in the ways known for signed PDF."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import io
import itertools
import random
import re
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
from csvgen.errors import BadInput, Refused
from csvgen.signature import pdf
from csvgen.signature.pades import outside_profile
from csvgen.signature.pdf import Coverage
from csvgen.signature.stamp import appearance

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


# ------------------------------------------------------------------ what has to work


def test_a_document_of_the_report_room_is_signed(pki, make):
    from csvgen.report import pdf as report

    plain = report.draw(make.report())
    signed = pki.sign_pdf(pki.sign_pdf(pdf.seal(plain, pki.system, pki.now), 0), 1)
    found = pdf.inspect(signed, pki.roots)
    assert found.faults == ()
    assert [s.field for s in found.signatures] == ["seal", "signature-1", "signature-2"]
    assert signed[: found.unsigned_length] == plain


def test_seal_and_three_signers(pki, signed_pdf):
    found = pdf.inspect(signed_pdf[-1], pki.roots)
    assert found.faults == ()
    assert [s.field for s in found.signatures] == ["seal", "signature-1", "signature-2", "signature-3"]
    assert [s.is_seal for s in found.signatures] == [True, False, False, False]
    assert [s.printed_name for s in found.signatures] == ["csvgen at Example Ltd", *NAMES]
    assert [s.person for s in found.signatures] == ["", "p-0001", "p-0002", "p-0003"]
    assert [s.coverage for s in found.signatures] == [Coverage.REVISION] * 3 + [Coverage.FILE]
    assert all(s.intact and s.valid and s.changes_allowed and s.trusted is True for s in found.signatures)
    assert all(s.claimed == pki.now.replace(microsecond=0) for s in found.signatures)
    assert found.signatures[1].fingerprint == pki.people[0].fingerprint
    assert "not a person's signature" in found.signatures[0].reason
    assert found.signatures[2].reason == pki.manifestation(1).statement()
    assert found.whole_file
    assert found.unsigned_fields == ()


@pytest.mark.parametrize("stage", range(5))
def test_each_stage_holds_and_keeps_the_bytes_before_it(pki, signed_pdf, stage):
    data = signed_pdf[stage]
    found = pdf.inspect(data, pki.roots)
    assert found.faults == ()
    assert len(found.signatures) == stage
    assert len(found.unsigned_fields) == 3 - max(stage - 1, 0)
    assert data[: found.unsigned_length] == signed_pdf[0]
    assert all(data.startswith(earlier) for earlier in signed_pdf[:stage])


def test_one_signer_without_a_seal(pki, make):
    plain = make.pdf(1, xref_stream=False)
    found = pdf.inspect(pki.sign_pdf(plain, 0), pki.roots)
    assert found.faults == ()
    assert [s.printed_name for s in found.signatures] == [NAMES[0]]
    assert found.unsigned_length == len(plain)


def test_without_roots_trust_is_unknown(signed_pdf):
    assert {s.trusted for s in pdf.inspect(signed_pdf[-1], ()).signatures} == {None}


def test_the_seal_permits_form_filling_only(signed_pdf):
    with pikepdf.open(io.BytesIO(signed_pdf[-1])) as file:
        assert file.Root.Perms.DocMDP.Reference[0].TransformParams.P == 2
        assert file.Root.Perms.DocMDP.Name == "csvgen at Example Ltd"


def test_nothing_of_the_clock_of_the_machine_gets_in(pki, make):
    """The time in the file is the moment handed in; pyHanko alone would also write the date of the machine."""
    past = type(pki).make(dt.datetime(2021, 3, 4, 5, 6, 7, tzinfo=dt.UTC))
    signed = past.sign_pdf(pdf.seal(make.pdf(1), past.system, past.now), 0)
    with pikepdf.open(io.BytesIO(signed)) as file:
        assert {str(f.V.M)[:16] for f in file.Root.AcroForm.Fields} == {"D:20210304050607"}
    assert dt.datetime.now(dt.UTC).strftime("D:%Y").encode() not in signed
    assert pdf.inspect(signed, past.roots).signatures[1].claimed == past.now


# ------------------------------------------------------------------ other judges


@pytest.mark.needs("pdfsig")
@pytest.mark.parametrize("stage", range(1, 5))
def test_poppler_finds_every_signature_valid_at_every_stage(signed_pdf, tmp_path, stage):
    (tmp_path / "signed.pdf").write_bytes(signed_pdf[stage])
    said = run("pdfsig", "-nocert", tmp_path / "signed.pdf")
    assert said.count("Signature Validation: Signature is Valid.") == stage
    assert said.count("\n  - Total document signed") == 1
    assert said.count("ETSI.CAdES.detached") == stage


@pytest.mark.needs("pdfsig", "certutil")
def test_poppler_trusts_the_signers_by_the_root_alone(signed_pdf, nss, tmp_path):
    (tmp_path / "signed.pdf").write_bytes(signed_pdf[-1])
    trusting = run("pdfsig", "-nssdir", f"sql:{nss['with']}", tmp_path / "signed.pdf")
    assert trusting.count("Certificate is Trusted.") == 4
    doubting = run("pdfsig", "-nssdir", f"sql:{nss['without']}", tmp_path / "signed.pdf")
    assert doubting.count("Certificate is Trusted.") == 0
    assert doubting.count("Signature is Valid.") == 4


@pytest.mark.needs("openssl")
def test_openssl_verifies_every_container(pki, signed_pdf, tmp_path):
    (tmp_path / "root.pem").write_bytes(certificates.pem(pki.roots))
    data = signed_pdf[-1]
    with pikepdf.open(io.BytesIO(data)) as file:
        for field in file.Root.AcroForm.Fields:
            start, length, behind, rest = (int(n) for n in field.V.ByteRange)
            (tmp_path / "content").write_bytes(data[start : start + length] + data[behind : behind + rest])
            (tmp_path / "cms").write_bytes(bytes(field.V.Contents).rstrip(b"\0") + b"\0" * 4)
            said = run(
                "openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", tmp_path / "cms", "-out", tmp_path / "out",
                "-content", tmp_path / "content", "-CAfile", tmp_path / "root.pem", "-purpose", "any",
            )  # fmt: skip
            assert "successful" in said, said


@pytest.mark.needs("qpdf")
def test_qpdf_finds_no_fault_in_the_structure(signed_pdf, tmp_path):
    (tmp_path / "signed.pdf").write_bytes(signed_pdf[-1])
    said = run("qpdf", "--check", tmp_path / "signed.pdf")
    assert "No syntax or stream encoding errors found" in said


# ------------------------------------------------------------------ what it looks like


@pytest.mark.needs("pdftotext")
def test_the_visible_signature_shows_everything_inside_its_box(pki, signed_pdf, make, tmp_path):
    (tmp_path / "signed.pdf").write_bytes(signed_pdf[-1])
    for number in range(3):
        top = 842 - (640 - 110 * number) - make.box[1]
        area = ("-x", 72, "-y", int(top), "-W", int(make.box[0]), "-H", int(make.box[1]))
        said = " ".join(run("pdftotext", "-layout", *area, tmp_path / "signed.pdf", "-").split())
        for line in pki.manifestation(number).lines():
            assert line in said


@pytest.mark.needs("pdffonts")
def test_every_font_of_a_signature_is_embedded(pki, tmp_path):
    (tmp_path / "stamp.pdf").write_bytes(appearance(pki.manifestation(0), 226, 82))
    rows = run("pdffonts", tmp_path / "stamp.pdf").splitlines()[2:]
    assert len(rows) == 2
    assert all("LiberationSans" in row and row.split()[-5:-3] == ["yes", "yes"] for row in rows), rows


@pytest.mark.needs("pdftoppm")
@pytest.mark.parametrize("box", [(226.0, 82.0), (180.0, 60.0), (300.0, 120.0), (120.0, 82.0)])
@pytest.mark.parametrize("reason", ["", "Short.", "Every result was compared with its evidence; all deviations are closed. " * 6])
def test_a_stamp_keeps_a_margin_all_around(pki, tmp_path, box, reason):
    """Rendered on a larger sheet: between frame and text nothing is drawn, and outside the frame nothing at all."""
    from PIL import Image, ImageChops

    (tmp_path / "stamp.pdf").write_bytes(appearance(pki.manifestation(1, reason=reason), *box))
    run("pdftoppm", "-r", 144, "-gray", tmp_path / "stamp.pdf", tmp_path / "stamp")
    with Image.open(next(tmp_path.glob("stamp*.pgm"))) as image:
        picture = image.convert("L")
    inner = picture.crop((4, 4, picture.width - 4, picture.height - 4))
    ink = ImageChops.invert(inner).getbbox()
    assert ink is not None
    left, top, right, bottom = ink
    assert min(left, top, inner.width - right, inner.height - bottom) >= 3, (ink, inner.size)


def test_a_long_reason_is_shortened_in_the_picture_and_whole_in_the_signature(pki, make):
    reason = "Every result was compared with its evidence; all deviations are closed. " * 20
    found = pdf.inspect(pki.sign_pdf(make.pdf(1), 0, reason=reason), ()).signatures[0]
    assert reason.strip() in found.reason
    assert pki.manifestation(0, reason=reason).lines(60)[2].endswith("[shortened]")


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
        found = pdf.inspect(bytes(flipped), pki.roots)
        if not found.faults:
            unnoticed.append(offset)
    assert unnoticed == []


@pytest.mark.needs("pdfsig")
@pytest.mark.parametrize("attack", [overlay, free_text])
def test_what_poppler_accepts_and_csvgen_does_not(pki, signed_pdf, tmp_path, attack):
    forged = updated(signed_pdf[-1], attack)
    (tmp_path / "forged.pdf").write_bytes(forged)
    assert run("pdfsig", "-nocert", tmp_path / "forged.pdf").count("Signature is Valid.") == 4
    found = pdf.inspect(forged, pki.roots)
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
    found = pdf.inspect(forged, pki.roots)
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
    found = pdf.inspect(signers.sign_pdf(writer, meta, hand).getvalue(), pki.roots)
    assert [s.changes_allowed for s in found.signatures] == [False, False, True]


def test_a_field_listed_twice_is_a_problem(pki, make):
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(make.pdf(2))) as file:
        file.Root.AcroForm.Fields[1].T = pikepdf.String("signature-1")
        file.save(out)
    assert pdf.inspect(out.getvalue(), pki.roots).problems == ("the form lists the field 'signature-1' twice",)


def test_a_new_signature_field_after_the_seal_is_a_change(pki, signed_pdf):
    spec = pyhanko_fields.SigFieldSpec("signature-9", box=(300, 300, 400, 340))
    found = pdf.inspect(updated(signed_pdf[1], lambda w: pyhanko_fields.append_signature_field(w, spec)), pki.roots)
    assert [s.changes_allowed for s in found.signatures] == [False]


def test_bytes_behind_an_unsigned_file(make):
    assert "does not end where" in pdf.inspect(make.pdf(1) + b"% passed\n", ()).problems[0]


@pytest.mark.parametrize("tail", [b"\n", b"x", b"%%EOF\n", b"% nothing\n%%EOF\n"])
def test_bytes_behind_the_last_signature(pki, signed_pdf, tail):
    found = pdf.inspect(signed_pdf[-1] + tail, pki.roots)
    assert found.faults
    assert not found.whole_file


def test_a_file_written_anew_has_no_valid_signature(pki, signed_pdf):
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(signed_pdf[-1])) as file:
        file.save(out)
    found = pdf.inspect(out.getvalue(), pki.roots)
    assert len(found.signatures) == 4
    assert not any(s.intact for s in found.signatures)


def test_a_removed_signature_leaves_its_field_empty(pki, signed_pdf):
    """Cutting off the last revision gives back the stage before: the number of signatures must be known from elsewhere."""
    found = pdf.inspect(signed_pdf[-1][: len(signed_pdf[-2])], pki.roots)
    assert found.faults == ()
    assert found.unsigned_fields == ("signature-3",)


def test_the_signers_of_another_authority_are_not_trusted(pki, attacker, make):
    forged = pdf.seal(make.pdf(), attacker.system, attacker.now)
    for number in range(3):
        forged = attacker.sign_pdf(forged, number)
    found = pdf.inspect(forged, pki.roots)
    assert found.faults == ()
    assert [s.printed_name for s in found.signatures[1:]] == list(NAMES)
    assert [s.trusted for s in found.signatures] == [False] * 4


def test_a_signature_moved_to_another_document_breaks(pki, signed_pdf, make):
    """The revisions of the signatures, appended to another file of the same length."""
    other = bytearray(signed_pdf[0])
    at = other.index(b"/Type /Page ") if b"/Type /Page " in other else 60
    other[at] ^= 1
    found = pdf.inspect(bytes(other) + signed_pdf[-1][len(signed_pdf[0]) :], pki.roots)
    assert found.faults
    assert hashlib.sha256(bytes(other)).digest() != hashlib.sha256(signed_pdf[0]).digest()


# ------------------------------------------------------------------ what is refused


def test_an_unknown_field_is_refused_with_the_empty_ones(pki, signed_pdf):
    shown = pki.manifestation(0)
    with pytest.raises(Refused, match="no signature field 'signature-7'") as told:
        pdf.sign(signed_pdf[2], pki.people[0], field="signature-7", manifestation=shown, moment=pki.now)
    assert "signature-2, signature-3" in told.value.hint


def test_a_field_is_signed_once(pki, signed_pdf):
    with pytest.raises(Refused, match="signed already"):
        pki.sign_pdf(signed_pdf[2], 0)


@pytest.mark.parametrize("days", [-2, 365 * 4])
def test_a_certificate_not_valid_at_the_moment(pki, make, days):
    moment = pki.now + dt.timedelta(days=days)
    shown = pki.manifestation(0, signed=moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"))
    with pytest.raises(Refused, match="the certificate is valid from"):
        pdf.sign(make.pdf(1), pki.people[0], field="signature-1", manifestation=shown, moment=moment)
    if days > 0:
        moment = pki.now + dt.timedelta(days=365 * 11)
        with pytest.raises(Refused, match="the certificate is valid from"):
            pdf.seal(make.pdf(1), pki.system, moment)


def test_systems_do_not_sign_and_people_do_not_seal(pki, make):
    shown = pki.manifestation(0, printed_name="csvgen at Example Ltd")
    with pytest.raises(Refused, match=r"^a system can never sign"):
        pdf.sign(make.pdf(1), pki.system, field="signature-1", manifestation=shown, moment=pki.now)
    with pytest.raises(Refused, match="cannot seal"):
        pdf.seal(make.pdf(1), pki.people[0], pki.now)


def test_a_seal_comes_first_and_once(pki, signed_pdf, make):
    for data in (signed_pdf[1], signed_pdf[2], pki.sign_pdf(make.pdf(1), 0)):
        with pytest.raises(Refused, match="first signature"):
            pdf.seal(data, pki.system, pki.now)


def test_the_picture_shows_the_signer_and_the_moment_or_nothing(pki, make):
    for shown in (pki.manifestation(0, printed_name="Somebody Else"), pki.manifestation(0, signed="2001-01-01T00:00:00.000000Z")):
        with pytest.raises(Refused, match="would show"):
            pdf.sign(make.pdf(1), pki.people[0], field="signature-1", manifestation=shown, moment=pki.now)


def test_a_box_too_small_is_refused(pki, make):
    with pytest.raises(Refused, match="does not fit"):
        pki.sign_pdf(make.pdf(1, box=(60.0, 20.0)), 0)


def test_a_name_the_fonts_cannot_print_is_refused(pki):
    with pytest.raises(Refused, match="cannot print the name"):
        appearance(pki.manifestation(0, printed_name="陈小红"), 226, 82)


@pytest.mark.parametrize("data", [b"", b"no pdf", b"%PDF-1.7\n%%EOF\n", b"%PDF-1.7\n"])
def test_what_is_no_pdf_is_refused(pki, data):
    with pytest.raises(BadInput):
        pdf.seal(data, pki.system, pki.now)
    with pytest.raises(BadInput):
        pki.sign_pdf(data, 0)
    assert pdf.inspect(data, pki.roots).problems


def test_an_encrypted_pdf_is_refused(pki, make):
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(make.pdf(1))) as file:
        file.save(out, encryption=pikepdf.Encryption(owner="a", user="b"))
    with pytest.raises(BadInput):
        pki.sign_pdf(out.getvalue(), 0)
    assert pdf.inspect(out.getvalue(), pki.roots).problems


@pytest.mark.parametrize("field", ["printed_name", "role", "meaning", "record_id"])
@pytest.mark.parametrize("text", ["", "  ", "a\u202eb", "a\nb", "a\x00b"])
def test_a_manifestation_without_its_items_cannot_be(pki, field, text):
    with pytest.raises(Refused):
        pki.manifestation(0, **{field: text})


def test_a_demonstration_says_so_in_every_form(pki):
    shown, real = pki.manifestation(0), pki.manifestation(0, demonstration=False)
    for form in ("\n".join(shown.lines()), shown.statement(), shown.statement(200), "\n".join(shown.lines(24))):
        assert "not a GxP record" in form
    assert "GxP" not in real.statement() + "".join(real.lines())


def test_a_statement_keeps_its_limit(pki):
    long = pki.manifestation(0, reason="word " * 200)
    assert len(long.statement(255)) <= 255
    assert "[shortened]" in long.statement(255)
    assert re.fullmatch(r"Meaning: authored; Role: validation-lead; Reason: .*; Record: .*; DEMONSTRATION.*", long.statement(255))
    with pytest.raises(Refused, match="do not fit"):
        pki.manifestation(0, role="r" * 250).statement(255)


def signed_by_hand(data, credential, field, *, name=None, certify=False, subfilter="PADES", moment=None, move=0, cms_of=bytes):
    """A signature as a careless or hostile program with a real certificate would make it.

    `move` shifts the hole in the signed range forward; `cms_of` changes the finished container.
    """
    writer = IncrementalPdfFileWriter(io.BytesIO(data))
    steps = PdfCMSEmbedder(SigFieldSpec(field) if certify else None).write_cms(field, writer, existing_fields_only=not certify)
    next(steps)
    name = name or certificates.common_name(credential.certificate)
    kind = pyhanko_fields.SigSeedSubFilter[subfilter]
    dictionary = SignatureObject(timestamp=moment, subfilter=kind, name=name, bytes_reserved=8192)
    perms = pyhanko_fields.MDPPerm.FILL_FORMS if certify else None
    steps.send(SigObjSetup(sig_placeholder=dictionary, mdp_setup=SigMDPSetup(md_algorithm="sha256", certify=certify, docmdp_perms=perms)))
    prepared, out = steps.send(SigIOSetup(md_algorithm="sha256"))
    made = bytearray(out.getvalue())
    first, second = prepared.reserved_region_start, prepared.reserved_region_end
    if move:
        old = b"[0 %d %d %d]" % (first, second, len(made) - second)
        new = b"[0 %d %d %d]" % (first - move, second - move, len(made) - second + move)
        made[:] = bytes(made).replace(old + b" " * (len(new) - len(old)), new, 1)
    signed_bytes = bytes(made[: first - move] + made[second - move :])
    hand = cms.simple_signer(Credential(credential.key, credential.certificate))
    attributes = PdfCMSSignedAttributes(cades_signed_attrs=CAdESSignedAttrSpec())
    digest = hashlib.sha256(signed_bytes).digest()
    container = asyncio.run(hand.async_sign(digest, "sha256", use_pades=True, signed_attr_settings=attributes))
    text = cms_of(container.dump()).hex().upper().encode()
    made[first + 1 : first + 1 + len(text)] = text
    return bytes(made)


def test_a_signature_made_by_hand_is_the_same_as_ours(pki, make):
    """So that the tests below fail for the one thing that each of them does wrong."""
    assert pdf.inspect(signed_by_hand(make.pdf(1), pki.people[0], "signature-1", moment=pki.now), pki.roots).faults == ()


def test_a_hole_beside_the_container(pki, make):
    """The hole has the right length but lies ten bytes before its place: pyHanko alone calls that the whole file."""
    forged = signed_by_hand(make.pdf(1), pki.people[0], "signature-1", moment=pki.now, move=10)
    signature = pdf.inspect(forged, pki.roots).signatures[0]
    assert (signature.intact, signature.valid) == (True, True)
    assert signature.coverage is Coverage.UNCLEAR
    assert signature.faults


CARELESS = {
    "a person who certifies": ({"who": "person", "field": "seal", "certify": True}, "a person's certificate was used as a seal"),
    "a system that approves": ({"who": "system"}, "a system can never sign for a person"),
    "another name": ({"name": "Somebody Else"}, "another name than its certificate"),
    "no time": ({"moment": None}, "claims no signing time"),
    "another kind of signature": ({"subfilter": "ADOBE_PKCS7_DETACHED"}, "not a PAdES signature"),
}


@pytest.mark.parametrize("name", CARELESS)
def test_a_signature_made_carelessly_is_a_problem(pki, make, name):
    what, words = CARELESS[name]
    what = {"moment": pki.now, "field": "signature-1", **what}
    credential = pki.system if what.pop("who", "person") == "system" else pki.people[0]
    signature = pdf.inspect(signed_by_hand(make.pdf(1), credential, what.pop("field"), **what), pki.roots).signatures[0]
    assert any(words in problem for problem in signature.problems), signature.problems
    assert not signature.is_seal


def test_a_seal_behind_a_signature_is_a_problem(pki, make):
    forged = signed_by_hand(pki.sign_pdf(make.pdf(1), 0), pki.system, "seal", certify=True, moment=pki.now)
    assert "the seal is not the first signature" in pdf.inspect(forged, pki.roots).problems


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
    signature = pdf.inspect(forged, pki.roots).signatures[0]
    assert (signature.intact, signature.valid, signature.coverage) == (True, True, Coverage.FILE)
    assert any("outside the profile" in problem for problem in signature.problems)


def test_the_same_container_spelled_in_small_letters(pki, make):
    data = pki.sign_pdf(make.pdf(1), 0)
    start, end = data.index(b"/Contents <") + 10, data.index(b">", data.index(b"/Contents <"))
    found = pdf.inspect(data[:start] + data[start:end].lower() + data[end:], pki.roots).signatures[0]
    assert found.problems == ("its container is not spelled as it was written",)


def test_every_byte_of_a_container_is_constant_or_protected(pki, make):
    """What the profile lets pass lies in the certificate, the signed attributes or the value, which mathematics protect."""
    with pikepdf.open(io.BytesIO(pki.sign_pdf(make.pdf(1), 0))) as file:
        contents = bytes(file.Root.AcroForm.Fields[0].V.Contents)
    assert outside_profile(contents) == ""
    signed = asn1_cms.ContentInfo.load(contents)["content"]
    signer = signed["signer_infos"][0]
    protected = set()
    for part in (signer["signed_attrs"].dump(), signer["signature"].dump()):
        at = contents.index(part)
        protected |= set(range(at, at + len(part)))
    for at in range(len(contents)):
        flipped = contents[:at] + bytes([contents[at] ^ 1]) + contents[at + 1 :]
        assert at in protected or outside_profile(flipped), at


def test_a_flipped_digit_of_the_certificate_is_noticed(pki, signed_pdf):
    data = signed_pdf[-1]
    der = pki.people[2].certificate.public_bytes(Encoding.DER)
    at = data.index(der.hex().upper().encode()) + 2 * len(der) - 1
    flipped = data[:at] + (b"0" if data[at : at + 1] != b"0" else b"1") + data[at + 1 :]
    assert any("outside the profile" in fault or "cannot be read" in fault for fault in pdf.inspect(flipped, pki.roots).faults)


