"""Proven time in signed PDF files: document time stamps, what proves signers later, renewal. The clock is always handed in."""

from __future__ import annotations

import datetime as dt
import io

import pikepdf
import pytest
from asn1crypto import cms as asn1_cms
from asn1crypto import core
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from csvgen import clock
from csvgen.crypto.material import NoAnswer
from csvgen.crypto.profile import OutsideProfile
from csvgen.crypto.timestamps import NoTimeStamp, TimeAuthority
from csvgen.crypto.trust import Trust
from csvgen.errors import BadInput, Refused
from csvgen.signature import pdf, pdf_archive
from csvgen.signature.pdf import Coverage
from csvgen.signature.pdf_copy import marked
from csvgen.signature.pdf_inspect import shown
from csvgen.signature.pdf_token import read_token, strict_token

from .test_pdf_attacks import run
from .times import Tsa

YEAR = dt.timedelta(days=365)


def signed(pki, data, number, tsa, *, moment=None, trust=None, **extra):
    """A signature with a time stamp behind it."""
    moment = moment or pki.now
    picture = pki.manifestation(number, signed=clock.stored(moment))
    return pdf.sign(
        data, pki.people[number], field=f"signature-{number + 1}", manifestation=picture, moment=moment, authority=tsa,
        trust=trust or pki.trust, **extra,
    )  # fmt: skip


@pytest.fixture(scope="session")
def tsa(pki) -> Tsa:
    return Tsa(pki.now, pki.now + 2 * YEAR)


@pytest.fixture(scope="session")
def times(tsa) -> Trust:
    return Trust(tsa.roots)


@pytest.fixture(scope="session")
def stamped(pki, make, tsa) -> tuple[bytes, ...]:
    """Sealed; then each of three people signs, with a time stamp behind each."""
    stages = [pdf.seal(make.pdf(), pki.system, pki.now)]
    for number in range(3):
        stages.append(signed(pki, stages[-1], number, tsa))
    return tuple(stages)


# ------------------------------------------------------------------ what has to work


def test_each_signature_gets_its_time(pki, stamped, times):
    found = pdf.inspect(stamped[-1], pki.trust, times=times)
    assert found.faults == ()
    assert [s.field for s in found.signatures] == ["seal", "signature-1", "signature-2", "signature-3"]
    assert [s.field for s in found.time_stamps] == ["time-stamp-1", "time-stamp-2", "time-stamp-3"]
    assert [s.revision for s in found.signatures] == [1, 2, 4, 6]
    assert [s.revision for s in found.time_stamps] == [3, 5, 7]
    assert {s.proven for s in found.signatures} == {pki.now.replace(microsecond=0)}
    assert all("Test time stamps (fictitious)" in s.proof and s.trusted for s in found.signatures)
    assert found.whole_file
    assert found.time_stamps[-1].coverage is Coverage.FILE


@pytest.mark.parametrize("stage", range(4))
def test_every_stage_holds_and_keeps_the_bytes_before_it(pki, stamped, times, stage):
    found = pdf.inspect(stamped[stage], pki.trust, times=times)
    assert found.faults == ()
    assert len(found.signatures) == stage + 1
    assert len(found.time_stamps) == stage
    assert all(stamped[stage].startswith(earlier) for earlier in stamped[:stage])


def test_the_file_alone_is_enough(pki, stamped, times):
    """Certificates and lists lie in the store; nothing is fetched: no address is in these certificates, and none would be asked."""
    with pikepdf.open(io.BytesIO(stamped[-1])) as file:
        store = file.Root.DSS
        held = {x509.load_der_x509_certificate(bytes(c.read_bytes())) for c in store.Certs}
    assert {p.certificate for p in pki.people} <= held


def test_without_a_root_for_time_the_time_is_not_proven(pki, stamped):
    found = pdf.inspect(stamped[-1], pki.trust)
    assert found.faults == ()
    assert [s.trusted for s in found.time_stamps] == [False] * 3
    assert {s.proven for s in found.signatures} == {None}
    assert all(s.proof.startswith("not proven") for s in found.signatures)
    assert found.proven_until is None


def test_a_root_for_time_vouches_for_no_signer(pki, stamped, times):
    found = pdf.inspect(stamped[-1], times, times=times)
    assert [s.trusted for s in found.signatures] == [False] * 4
    assert all(s.trusted for s in found.time_stamps)


def test_a_file_without_time_stamps_says_that_nobody_proves_its_time(pki, signed_pdf, times):
    found = pdf.inspect(signed_pdf[-1], pki.trust, times=times)
    assert all(s.proven is None and s.proof == "not proven: nobody but the signer's own clock tells it" for s in found.signatures)
    assert not found.at_least_as_long_as(pki.now)
    assert pdf_archive.due(signed_pdf[-1]) is None


def test_after_the_last_signature_the_document_is_locked(pki, stamped, signed_pdf):
    for data in (stamped[-1], signed_pdf[-1]):
        with pikepdf.open(io.BytesIO(data)) as file:
            locks = [f.V.Reference[0].TransformParams for f in file.Root.AcroForm.Fields if f.T == "signature-3"]
            assert [str(lock.Action) for lock in locks] == ["/All"]
            others = [f for f in file.Root.AcroForm.Fields if f.T in ("signature-1", "signature-2")]
            assert not any("/Reference" in f.V for f in others)


# ------------------------------------------------------------------ years later


def test_it_holds_as_long_as_the_certificate_of_the_last_stamp(pki, stamped, times, tsa):
    assert pdf_archive.due(stamped[-1]) == tsa.certificate.not_valid_after_utc
    in_time = pdf.inspect(stamped[-1], pki.trust, times=times, moment=pki.now + YEAR)
    assert in_time.proven_until == tsa.certificate.not_valid_after_utc
    assert in_time.at_least_as_long_as(pki.now + YEAR)
    assert not in_time.at_least_as_long_as(pki.now + 5 * YEAR)


def test_in_five_years_with_renewal_and_not_without(pki, stamped, times, tsa):
    later, last = pki.now + YEAR, pki.now + 5 * YEAR
    without = pdf.inspect(stamped[-1], pki.trust, times=times, moment=last)
    assert without.faults == ()  # the bytes are as they were; what has gone is the proof of time
    assert {s.proven for s in without.signatures} == {None}
    assert "expired" in without.time_stamps[-1].distrust
    next_tsa = Tsa(later, last + YEAR, root=tsa.root, name="Later time stamps (fictitious)")
    renewed = pdf_archive.renew(stamped[-1], next_tsa, trust=pki.trust, moment=later)
    found = pdf.inspect(renewed, pki.trust, times=times, moment=last)
    assert found.faults == ()
    assert [s.trusted for s in found.time_stamps] == [True] * 4
    assert {s.proven for s in found.signatures} == {pki.now.replace(microsecond=0)}
    assert all(s.trusted for s in found.signatures), "valid at the proven time, though the certificates ended two years ago"
    assert pdf_archive.due(renewed) == next_tsa.certificate.not_valid_after_utc
    assert renewed.startswith(stamped[-1])


def test_renewal_is_refused_when_it_is_too_late_or_there_is_nothing(pki, stamped, signed_pdf, tsa):
    late = Tsa(pki.now + 3 * YEAR, pki.now + 9 * YEAR, root=tsa.root)
    with pytest.raises(Refused, match="too late"):
        pdf_archive.renew(stamped[-1], late, moment=late.now)
    with pytest.raises(Refused, match="no time stamp that could be renewed"):
        pdf_archive.renew(signed_pdf[-1], tsa, moment=pki.now)
    with pytest.raises(Refused, match="not signed"):
        pdf_archive.stamp(signed_pdf[0], tsa)


def test_a_stamp_put_on_too_late_proves_no_earlier_time(pki, stamped, times, tsa):
    """Whoever goes around `renew`: the gap between two certificates of authorities stays a gap."""
    late = Tsa(pki.now + 3 * YEAR, pki.now + 9 * YEAR, root=tsa.root)
    found = pdf.inspect(pdf_archive.stamp(stamped[-1], late, trust=pki.trust), pki.trust, times=times, moment=pki.now + 5 * YEAR)
    assert [s.trusted for s in found.time_stamps] == [False, False, False, True]
    assert {s.proven for s in found.signatures} == {late.now.replace(microsecond=0)}


# ------------------------------------------------------------------ who is believed at which time


def test_a_signer_revoked_later_stays_believed_with_a_proven_time_only(pki, stamped, signed_pdf, times):
    from csvgen.crypto.revocation import Revocation, revoke

    at = pki.now + dt.timedelta(days=30)
    crl = revoke(None, pki.root, Revocation(pki.people[1].certificate.serial_number, at, "key-compromise"), at)
    trust = Trust(pki.trust.roots, (crl,))
    with_time = pdf.inspect(stamped[-1], trust, times=times)
    assert [s.trusted for s in with_time.signatures] == [True] * 4
    without = pdf.inspect(signed_pdf[-1], trust, times=times)
    assert [s.trusted for s in without.signatures] == [True, True, False, True]
    assert "revoked" in without.signatures[2].distrust


def test_a_signer_revoked_before_the_proven_time_is_not_believed(pki, stamped, times):
    from csvgen.crypto.revocation import Revocation, revoke

    at = pki.now - dt.timedelta(minutes=1)
    crl = revoke(None, pki.root, Revocation(pki.people[1].certificate.serial_number, at, "key-compromise"), pki.now)
    found = pdf.inspect(stamped[-1], Trust(pki.trust.roots, (crl,)), times=times)
    assert [s.trusted for s in found.signatures] == [True, True, False, True]


def test_nobody_signs_with_a_certificate_that_was_revoked(pki, make, tsa):
    from csvgen.crypto.revocation import Revocation, revoke

    crl = revoke(None, pki.root, Revocation(pki.people[0].certificate.serial_number, pki.now, "key-compromise"), pki.now)
    with pytest.raises(Refused, match="revoked"):
        signed(pki, make.pdf(1), 0, tsa, trust=Trust(pki.trust.roots, (crl,)))


def test_an_authority_revoked_before_it_stamped_proves_nothing(pki, stamped, times, tsa):
    crl = tsa.crl(tsa.certificate, at=pki.now - dt.timedelta(hours=1))
    found = pdf.inspect(stamped[-1], pki.trust, times=Trust(tsa.roots, (crl,)))
    assert [s.trusted for s in found.time_stamps] == [False] * 3
    assert {s.proven for s in found.signatures} == {None}


def test_a_stamp_by_an_authority_whose_certificate_had_ended(pki, make, tsa, times):
    old = Tsa(pki.now, pki.now - dt.timedelta(hours=1), start=pki.now - YEAR, root=tsa.root)
    found = pdf.inspect(signed(pki, make.pdf(1), 0, old), pki.trust, times=times)
    assert found.time_stamps[0].trusted is False
    assert found.signatures[0].proven is None


def test_a_certificate_for_something_else_cannot_stamp(pki, make, tsa, times):
    """A signer's certificate of a trusted authority makes a token; the mathematics hold, and nobody believes it."""
    wrong = Tsa(pki.now, pki.now + YEAR)
    wrong.certificate, wrong.key = pki.people[1].certificate, pki.people[1].key
    found = pdf.inspect(signed(pki, make.pdf(1), 0, wrong), pki.trust)
    assert found.faults == ()
    assert found.time_stamps[0].trusted is False
    assert found.signatures[0].proven is None


def test_a_time_claimed_later_than_the_stamp_over_it(pki, make, tsa, times):
    early = Tsa(pki.now - dt.timedelta(hours=2), pki.now + YEAR, root=tsa.root)
    found = pdf.inspect(signed(pki, make.pdf(1), 0, early), pki.trust, times=times)
    assert any("later than the time stamp over it" in fault for fault in found.faults)


def test_a_time_claimed_earlier_than_the_stamp_it_is_over(pki, make, tsa, times):
    """A clock set back: the signature covers a stamp of a later time than it claims for itself."""
    first = signed(pki, make.pdf(2), 0, Tsa(pki.now + dt.timedelta(hours=2), pki.now + YEAR, root=tsa.root), moment=pki.now)
    second = signed(pki, first, 1, Tsa(pki.now + dt.timedelta(hours=3), pki.now + YEAR, root=tsa.root))
    faults = pdf.inspect(second, pki.trust, times=times).faults
    assert faults == (
        f"signature-2: it claims to be earlier than the time stamp it is over ({clock.shown(clock.stored(pki.now.replace(microsecond=0) + dt.timedelta(hours=2)))})",
    )


# ------------------------------------------------------------------ the token


@pytest.mark.parametrize("kind", ["elliptic", "rsa"])
def test_no_byte_of_the_last_token_is_without_protection(pki, make, tsa, kind):
    key = ec.generate_private_key(ec.SECP256R1()) if kind == "elliptic" else rsa.generate_private_key(65537, 2048)
    other = Tsa(pki.now, pki.now + YEAR, root=tsa.root, key=key)
    with pikepdf.open(io.BytesIO(signed(pki, make.pdf(1), 0, other))) as file:
        field = next(f for f in file.Root.AcroForm.Fields if f.T == "time-stamp-1")
        contents = bytes(field.V.Contents)
    good = strict_token(contents)
    assert good.valid
    unnoticed = []
    for at in range(len(contents)):
        for mask in (1, 0x80):
            flipped = contents[:at] + bytes([contents[at] ^ mask]) + contents[at + 1 :]
            try:
                token = strict_token(flipped)
            except OutsideProfile:
                continue
            if token.valid and token.imprint == good.imprint:
                unnoticed.append(at)
    assert unnoticed == []


def spoiled(der, what):
    info = asn1_cms.ContentInfo.load(der)
    signer = info["content"]["signer_infos"][0]
    if what == "unsigned attribute":
        note = asn1_cms.CMSAttribute({"type": "1.2.3.4", "values": [core.UTF8String("earlier")]})
        signer["unsigned_attrs"] = asn1_cms.CMSAttributes([note])
    elif what == "further certificate":
        info["content"]["certificates"].append(info["content"]["certificates"][0])
    elif what == "spelling":
        signer["digest_algorithm"]["parameters"] = core.Null()
    return info.dump(force=True)


@pytest.mark.parametrize("what", ["unsigned attribute", "further certificate", "spelling"])
def test_what_nobody_signed_in_a_token_is_left_out_and_refused_when_it_is_there(pki, make, tsa, times, what):
    other = Tsa(pki.now, pki.now + YEAR, root=tsa.root, change=lambda der: spoiled(der, what))
    data = signed(pki, make.pdf(1), 0, other)
    assert pdf.inspect(data, pki.trust, times=times).faults == ()
    plain = read_token(tsa.stamp_digest(bytes(32))).container
    with pytest.raises(OutsideProfile):
        strict_token(spoiled(plain, what))


@pytest.mark.parametrize(
    "change",
    [lambda _: b"", lambda _: b"\x30\x00", lambda der: der[:-40], lambda der: b"\x30" + der],
)
def test_what_is_no_token_is_not_put_into_a_file(pki, make, tsa, change):
    with pytest.raises(OutsideProfile):
        read_token(change(tsa.stamp_digest(bytes(32))))


def test_a_token_over_other_bytes_does_not_leave(pki, make, tsa):
    class Wrong(Tsa):
        def stamp_digest(self, sha256):
            return super().stamp_digest(bytes(reversed(sha256)))

    with pytest.raises(Refused, match="would not verify"):
        signed(pki, make.pdf(1), 0, Wrong(pki.now, pki.now + YEAR, root=tsa.root))


def test_an_authority_with_several_certificates(pki, make, tsa, times):
    """Each token by the other certificate: what proves it would not be in the file, so after three tries it is refused."""

    changing = Tsa(pki.now, pki.now + YEAR, root=tsa.root)
    other = Tsa(pki.now, pki.now + YEAR, root=tsa.root)

    def next_one(sha256):
        changing.certificate, other.certificate = other.certificate, changing.certificate
        changing.key, other.key = other.key, changing.key
        return Tsa.stamp_digest(changing, sha256)

    changing.stamp_digest = next_one
    with pytest.raises(NoTimeStamp, match="another certificate"):
        signed(pki, make.pdf(1), 0, changing)


def test_when_the_authority_does_not_answer_nothing_is_signed(pki, make):
    from ..counterparts import free_port

    silent = TimeAuthority(f"http://127.0.0.1:{free_port()}/", pki.trust.roots)
    with pytest.raises(NoTimeStamp, match="cannot be reached"):
        signed(pki, make.pdf(1), 0, silent)


# ------------------------------------------------------------------ what is shown


def test_an_invalid_signature_is_shown_as_invalid(pki, stamped, times, tsa):
    data = bytearray(stamped[-1])
    data[11] ^= 1  # in the comment behind the header: the file reads as before, and is not the one that was signed
    found = pdf.inspect(bytes(data), pki.trust, times=times)
    for signature in found.signatures:
        lines = shown(signature)
        assert lines[0].startswith("INVALID: ")
        assert "do not rely on this" in lines[1]
    good = pdf.inspect(stamped[-1], pki.trust, times=times)
    assert [shown(s)[0] for s in good.signatures] == ["Valid"] * 4
    assert shown(good.signatures[1], pki.now)[0] == f"Valid (as of {clock.shown(clock.stored(pki.now))})"
    assert any("says Test time stamps" in line for line in shown(good.signatures[1]))
    unknown = pdf.inspect(stamped[-1], Trust.none)
    assert shown(unknown.signatures[1])[0] == "NOT DECIDED: no trust root was given"
    stranger = pdf.inspect(stamped[-1], times, times=times)
    assert shown(stranger.signatures[1])[0].startswith("INVALID: no trusted root vouches")


def test_a_signer_who_could_not_be_asked_about_is_told(pki, make, tsa):
    """A certificate that names where revocations are published, and nobody answers there: nothing is signed."""

    def nobody(url, _body):
        raise NoAnswer("nobody there", where=url)

    root = pki.root
    point = x509.DistributionPoint([x509.UniformResourceIdentifier("http://lists.invalid/a.crl")], None, None, None)
    person = pki.people[0]
    builder = (
        x509.CertificateBuilder().subject_name(person.certificate.subject).issuer_name(root.certificate.subject)
        .public_key(person.certificate.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(pki.now - dt.timedelta(days=1)).not_valid_after(pki.now + YEAR)
        .add_extension(x509.CRLDistributionPoints([point]), critical=False)
    )  # fmt: skip
    for extension in person.certificate.extensions:
        builder = builder.add_extension(extension.value, critical=extension.critical)
    certificate = builder.sign(root.key, hashes.SHA256())
    credential = type(person)(person.key, certificate)
    asked: list[str] = []

    def recorded(url, body):
        asked.append(url)
        return nobody(url, body)

    with pytest.raises(NoAnswer, match="cannot be found out"):
        pdf.sign(
            make.pdf(1), credential, field="signature-1", manifestation=pki.manifestation(0), moment=pki.now, authority=tsa,
            trust=pki.trust, fetch=recorded,
        )  # fmt: skip
    assert asked == ["http://lists.invalid/a.crl"]


@pytest.mark.needs("pdftotext")
def test_a_copy_for_reading_says_what_was_found(pki, stamped, times, tmp_path):
    """The picture of a signature is still there after the file was changed: in the copy INVALID stands over it, and on every page."""
    data = bytearray(stamped[-1])
    data[11] ^= 1
    for name, file, state in (("bad", bytes(data), "INVALID (4 invalid)"), ("good", stamped[-1], "valid (0 invalid)")):
        copy = marked(file, pdf.inspect(file, pki.trust, times=times), pki.now)
        (tmp_path / f"{name}.pdf").write_bytes(copy)
        said = " ".join(run("pdftotext", "-layout", tmp_path / f"{name}.pdf", "-").split())
        assert f"UNSIGNED COPY. 4 signatures in the original: {state}" in said
        assert "Test report: all 12 cases passed" in said
        assert name == "bad" or "INVALID" not in said
        with pikepdf.open(io.BytesIO(copy)) as read:
            assert not {"/AcroForm", "/Perms", "/DSS"} & set(read.Root.keys())
            assert not any("/Annots" in page.obj and len(page.obj.Annots) for page in read.pages)
    bad = " ".join(run("pdftotext", "-layout", tmp_path / "bad.pdf", "-").split())
    assert bad.count("INVALID (as of") >= 3 + 4, "over each box, and at the head of the page"
    assert "the signed bytes were changed" in bad


def test_what_has_no_pages_cannot_be_copied(pki):
    with pytest.raises(BadInput):
        marked(b"no pdf", pdf.inspect(b"no pdf", pki.trust), pki.now)
