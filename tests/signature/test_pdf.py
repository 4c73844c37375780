"""Signed PDF files: what has to work, judged by poppler, OpenSSL and qpdf beside csvgen, and what is refused."""

from __future__ import annotations

import datetime as dt
import io
import re
import subprocess

import pikepdf
import pytest

from csvgen.crypto import certificates
from csvgen.crypto.trust import Trust
from csvgen.errors import BadInput, Refused
from csvgen.signature import pdf
from csvgen.signature.pdf import Coverage
from csvgen.signature.stamp import appearance

NAMES = ("Ada Lovelace", "Jürgen Großmann-Øst", "Ελένη Παπαδοπούλου")


def run(*command: object, **kwargs: object) -> str:
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False, **kwargs)
    return done.stdout + done.stderr


# ------------------------------------------------------------------ what has to work


def test_a_document_of_the_report_room_is_signed(pki, make):
    from csvgen.report import pdf as report

    plain = report.draw(make.report())
    signed = pki.sign_pdf(pki.sign_pdf(pdf.seal(plain, pki.system, pki.now), 0), 1)
    found = pdf.inspect(signed, pki.trust)
    assert found.faults == ()
    assert [s.field for s in found.signatures] == ["seal", "signature-1", "signature-2"]
    assert signed[: found.unsigned_length] == plain


def test_seal_and_three_signers(pki, signed_pdf):
    found = pdf.inspect(signed_pdf[-1], pki.trust)
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
    found = pdf.inspect(data, pki.trust)
    assert found.faults == ()
    assert len(found.signatures) == stage
    assert len(found.unsigned_fields) == 3 - max(stage - 1, 0)
    assert data[: found.unsigned_length] == signed_pdf[0]
    assert all(data.startswith(earlier) for earlier in signed_pdf[:stage])


def test_one_signer_without_a_seal(pki, make):
    plain = make.pdf(1, xref_stream=False)
    found = pdf.inspect(pki.sign_pdf(plain, 0), pki.trust)
    assert found.faults == ()
    assert [s.printed_name for s in found.signatures] == [NAMES[0]]
    assert found.unsigned_length == len(plain)


def test_without_roots_trust_is_unknown(signed_pdf):
    assert {s.trusted for s in pdf.inspect(signed_pdf[-1], Trust.none).signatures} == {None}


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
    assert pdf.inspect(signed, past.trust).signatures[1].claimed == past.now


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
    (tmp_path / "root.pem").write_bytes(certificates.pem(pki.trust.roots))
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
    found = pdf.inspect(pki.sign_pdf(make.pdf(1), 0, reason=reason), Trust.none).signatures[0]
    assert reason.strip() in found.reason
    assert pki.manifestation(0, reason=reason).lines(60)[2].endswith("[shortened]")


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
    assert pdf.inspect(data, pki.trust).problems


def test_an_encrypted_pdf_is_refused(pki, make):
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(make.pdf(1))) as file:
        file.save(out, encryption=pikepdf.Encryption(owner="a", user="b"))
    with pytest.raises(BadInput):
        pki.sign_pdf(out.getvalue(), 0)
    assert pdf.inspect(out.getvalue(), pki.trust).problems


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
