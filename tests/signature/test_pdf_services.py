"""Signed PDF files with real services on loopback: certomancer as authority with OCSP, revocation lists and time stamps, OpenSSL as
a second time-stamp authority; pyHanko's own judgement of long-term files beside ours."""

from __future__ import annotations

import asyncio
import datetime as dt
import io

import pikepdf
import pytest
from asn1crypto import ocsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from csvgen import clock
from csvgen.crypto.timestamps import TimeAuthority
from csvgen.crypto.trust import Trust
from csvgen.errors import Refused
from csvgen.signature import pdf, pdf_archive

from ..counterparts.certomancer import authority
from ..counterparts.openssl_tsa import openssl_tsa


@pytest.fixture(scope="module")
def services(tmp_path_factory):
    with authority(tmp_path_factory.mktemp("certomancer")) as found:
        yield found


@pytest.fixture(scope="module")
def openssl(tmp_path_factory):
    with openssl_tsa(tmp_path_factory.mktemp("openssl-tsa")) as found:
        yield found


def sign(pki, data, credential, *, tsa, trust, moment=None):
    moment = moment or dt.datetime.now(dt.UTC)
    shown = pki.manifestation(0, printed_name="Mara Ivens", signed=clock.stored(moment))
    return pdf.sign(
        data, credential, field="signature-1", manifestation=shown, moment=moment, authority=tsa, trust=trust,
    )  # fmt: skip


@pytest.fixture(scope="module")
def archived(pki, make, services):
    """Signed by somebody of an authority two steps below its root, revocation by list and OCSP, everything fetched for real."""
    credential = services.issue("Mara Ivens", "p-0001")
    tsa = TimeAuthority(services.time_stamps, services.roots)
    trust = Trust(services.roots, intermediates=(services.issuing,))
    return credential, sign(pki, make.pdf(1), credential, tsa=tsa, trust=trust)


def test_the_store_holds_what_was_fetched(services, archived):
    credential, data = archived
    with pikepdf.open(io.BytesIO(data)) as file:
        held = {k: [bytes(s.read_bytes()) for s in file.Root.DSS[k]] for k in ("/Certs", "/CRLs", "/OCSPs")}
    certificates = {x509.load_der_x509_certificate(c) for c in held["/Certs"]}
    assert {credential.certificate, services.issuing, services.tsa_certificate} <= certificates
    assert services.issuing.subject in {x509.load_der_x509_crl(c).issuer for c in held["/CRLs"]}
    told = [r for o in held["/OCSPs"] for r in ocsp.OCSPResponse.load(o).response_data["responses"]]
    serials = {r["cert_id"]["serial_number"].native: r["cert_status"].name for r in told}
    assert serials[credential.certificate.serial_number] == "good"


def test_it_is_believed_offline_by_the_root_alone(services, archived):
    """No authority between is handed in: it lies in the file. Nothing is asked for: an inspection has nothing to ask with."""
    _, data = archived
    found = pdf.inspect(data, Trust(services.roots))
    assert found.faults == ()
    assert [s.trusted for s in found.signatures] == [True]
    assert found.signatures[0].proven is not None
    assert found.time_stamps[0].authority == "Test time-stamp authority"
    assert found.at_least_as_long_as(dt.datetime.now(dt.UTC) + dt.timedelta(days=365 * 15))


@pytest.mark.parametrize(("years", "passed"), [(0, True), (5, True), (40, False)])
def test_pyhanko_judges_the_file_as_we_do_now_and_in_years(services, archived, years, passed):
    """Path validation by other hands, offline, from the file's own store: the stamp at the moment of the question, the signature at
    the time it proves. Certificates of these authorities end in 2060.

    (pyHanko's own `ades_lta_validation` wants a time stamp inside the signature and knows no other B-T: ETSI EN 319 142-1 does.)
    """
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import async_validate_pdf_signature, async_validate_pdf_timestamp
    from pyhanko.sign.validation.dss import DocumentSecurityStore

    _, data = archived
    at = dt.datetime.now(dt.UTC) + dt.timedelta(days=365 * years)
    roots = [asn1_x509.Certificate.load(r.public_bytes(Encoding.DER)) for r in services.roots]
    reader = PdfFileReader(io.BytesIO(data))
    store = DocumentSecurityStore.read_dss(reader)

    def context(moment, mode):
        return store.as_validation_context({
            "trust_roots": roots, "moment": moment, "revocation_mode": mode, "allow_fetching": False, "best_signature_time": moment,
        })  # fmt: skip

    theirs = asyncio.run(async_validate_pdf_timestamp(reader.embedded_timestamp_signatures[0], context(at, "soft-fail")))
    ours = pdf.inspect(data, Trust(services.roots), moment=at)
    assert theirs.valid and theirs.intact
    assert theirs.trusted is passed
    assert (ours.signatures[0].proven is not None) is passed
    assert theirs.timestamp == ours.time_stamps[0].moment
    signature = asyncio.run(
        async_validate_pdf_signature(reader.embedded_regular_signatures[0], context(theirs.timestamp, "hard-fail"))
    )
    assert signature.bottom_line, signature.pretty_print_details()


def test_revoked_afterwards_and_revoked_before(pki, make, services):
    """The authority takes the certificate back: what was stamped before stays, a file without a stamp does not, and nobody signs anew."""
    credential = services.issue("Mara Ivens", "p-0002")
    tsa = TimeAuthority(services.time_stamps, services.roots)
    trust = Trust(services.roots, intermediates=(services.issuing,))
    with_time = sign(pki, make.pdf(1), credential, tsa=tsa, trust=trust)
    moment = dt.datetime.now(dt.UTC)
    shown = pki.manifestation(0, printed_name="Mara Ivens", signed=clock.stored(moment))
    without = pdf.sign(make.pdf(1), credential, field="signature-1", manifestation=shown, moment=moment)
    services.revoke(credential, _second(dt.datetime.now(dt.UTC) + dt.timedelta(seconds=2)))
    newest = x509.load_der_x509_crl(services.revocation_list())
    tells = newest.get_revoked_certificate_by_serial_number(credential.certificate.serial_number)
    if (
        tells is None
    ):  # lists are of each full minute: the one that tells of it is the next; the same list, made by hand, does too
        newest = _list_by_hand(services, credential)
    known = Trust(services.roots, (newest,), intermediates=(services.issuing,))
    assert [s.trusted for s in pdf.inspect(with_time, known).signatures] == [True]
    assert [s.trusted for s in pdf.inspect(without, known).signatures] == [False]
    services.revoke(credential, _second(dt.datetime.now(dt.UTC) - dt.timedelta(minutes=3)))
    with pytest.raises(Refused, match="revoked"):
        sign(pki, make.pdf(1), credential, tsa=tsa, trust=trust)


def _second(moment):
    return moment.replace(microsecond=0)


def _list_by_hand(services, credential):
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    key = load_pem_private_key((services.folder / "keys" / "issuing.pem").read_bytes(), None)
    at = _second(dt.datetime.now(dt.UTC) + dt.timedelta(seconds=2))
    entry = x509.RevokedCertificateBuilder().serial_number(credential.certificate.serial_number).revocation_date(at).build()
    builder = x509.CertificateRevocationListBuilder().issuer_name(services.issuing.subject).last_update(at)
    return builder.next_update(at + dt.timedelta(days=1)).add_revoked_certificate(entry).sign(key, hashes.SHA256())


@pytest.mark.needs("openssl")
def test_openssl_as_authority_and_as_judge(pki, make, openssl, tmp_path):
    import subprocess

    tsa = TimeAuthority(openssl.url, openssl.roots)
    data = pdf.sign(
        make.pdf(1), pki.people[0], field="signature-1", manifestation=pki.manifestation(0), moment=pki.now, authority=tsa,
        trust=pki.trust,
    )  # fmt: skip
    found = pdf.inspect(data, pki.trust, times=Trust(openssl.roots))
    assert found.faults == ()
    assert found.signatures[0].proven is not None
    renewed = pdf_archive.renew(data, tsa, trust=pki.trust, moment=pki.now)
    assert len(pdf.inspect(renewed, pki.trust, times=Trust(openssl.roots)).time_stamps) == 2
    from csvgen.crypto.certificates import pem

    (tmp_path / "roots.pem").write_bytes(pem(openssl.roots))
    with pikepdf.open(io.BytesIO(renewed)) as file:
        for field in (f for f in file.Root.AcroForm.Fields if str(f.T).startswith("time-stamp-")):
            start, length, behind, rest = (int(n) for n in field.V.ByteRange)
            (tmp_path / "data").write_bytes(renewed[start : start + length] + renewed[behind : behind + rest])
            (tmp_path / "token").write_bytes(bytes(field.V.Contents).rstrip(b"\0") + b"\0" * 0)
            done = subprocess.run(
                ["openssl", "ts", "-verify", "-data", tmp_path / "data", "-in", tmp_path / "token", "-token_in",
                 "-CAfile", tmp_path / "roots.pem"],
                capture_output=True, text=True, check=False,
            )  # fmt: skip
            assert "Verification: OK" in done.stdout + done.stderr, done.stderr
