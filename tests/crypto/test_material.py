"""What is kept beside a signature: lists and OCSP answers as certificates name them, from services that lie, fail or say revoked."""

from __future__ import annotations

import datetime as dt

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from csvgen.crypto.keys import Credential
from csvgen.crypto.material import NoAnswer, gather
from csvgen.crypto.trust import Trust
from csvgen.errors import Refused

from .conftest import DAY, NOW, issue

LIST, OCSP = "http://lists.invalid/one.crl", "http://ocsp.invalid/"


def named(subject: str, by: Credential, *, lists: bool = True, answers: bool = True) -> x509.Certificate:
    """A signer's certificate that names where its authority publishes."""
    plain = issue(subject, by)
    builder = (
        x509.CertificateBuilder().subject_name(plain.certificate.subject).issuer_name(by.certificate.subject)
        .public_key(plain.certificate.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(NOW - DAY).not_valid_after(NOW + 365 * DAY)
    )  # fmt: skip
    if lists:
        point = x509.DistributionPoint([x509.UniformResourceIdentifier(LIST)], None, None, None)
        builder = builder.add_extension(x509.CRLDistributionPoints([point]), critical=False)
    if answers:
        place = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(OCSP))
        builder = builder.add_extension(x509.AuthorityInformationAccess([place]), critical=False)
    return builder.sign(by.key, hashes.SHA256())


def crl(by: Credential, *revoked: x509.Certificate) -> bytes:
    builder = x509.CertificateRevocationListBuilder().issuer_name(by.certificate.subject).last_update(NOW).next_update(NOW + DAY)
    for certificate in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(certificate.serial_number).revocation_date(NOW).build()
        builder = builder.add_revoked_certificate(entry)
    return builder.sign(by.key, hashes.SHA256()).public_bytes(Encoding.DER)


def answer(certificate, issuer, by, *, status=ocsp.OCSPCertStatus.GOOD, include=()) -> bytes:
    revoked = status is ocsp.OCSPCertStatus.REVOKED
    builder = ocsp.OCSPResponseBuilder().add_response(
        cert=certificate, issuer=issuer.certificate, algorithm=hashes.SHA1(), cert_status=status, this_update=NOW,
        next_update=NOW + DAY, revocation_time=NOW if revoked else None, revocation_reason=None,
    )  # fmt: skip
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, by.certificate)
    if include:
        builder = builder.certificates([c.certificate for c in include])
    return builder.sign(by.key, hashes.SHA256()).public_bytes(Encoding.DER)


@pytest.fixture
def root() -> Credential:
    return issue("Root", ca=True)


@pytest.fixture
def signer(root) -> x509.Certificate:
    return named("Mara Ivens", root)


def services(**answers):
    """A way to fetch that answers as told, and remembers what was asked."""

    def fetch(url, body):
        fetch.asked.append((url, body is not None))
        found = answers["lists" if url == LIST else "ocsp"]
        if found is None:
            raise NoAnswer("nobody there", where=url)
        return found

    fetch.asked = []
    return fetch


def test_both_are_asked_and_kept(root, signer):
    fetch = services(lists=crl(root), ocsp=answer(signer, root, root))
    found = gather([signer], Trust((root.certificate,)), fetch)
    assert fetch.asked == [(LIST, False), (OCSP, True)]
    assert (found.certificates, len(found.crls), len(found.ocsps)) == ((signer,), 1, 1)


def test_a_responder_the_authority_named(root, signer):
    responder = issue("Responder", root, extended=(ExtendedKeyUsageOID.OCSP_SIGNING,))
    fetch = services(lists=None, ocsp=answer(signer, root, responder, include=(responder,)))
    assert len(gather([signer], Trust((root.certificate,)), fetch).ocsps) == 1


@pytest.mark.parametrize("by", ["stranger", "signer of documents", "stranger's responder"])
def test_an_answer_by_somebody_else_is_none(root, signer, by):
    other = issue("Root", ca=True)
    made = {
        "stranger": other,
        "signer of documents": issue("Mallory", root),
        "stranger's responder": issue("Responder", other, extended=(ExtendedKeyUsageOID.OCSP_SIGNING,)),
    }[by]
    fetch = services(lists=None, ocsp=answer(signer, root, made, include=(made,)))
    with pytest.raises(NoAnswer, match="not signed for this authority"):
        gather([signer], Trust((root.certificate,)), fetch)


@pytest.mark.parametrize("where", ["lists", "ocsp", "at hand"])
def test_a_revoked_certificate_is_refused_whoever_says_so(root, signer, where):
    told = {"lists": crl(root), "ocsp": answer(signer, root, root)}
    known = Trust((root.certificate,))
    if where == "lists":
        told["lists"] = crl(root, signer)
    elif where == "ocsp":
        told["ocsp"] = answer(signer, root, root, status=ocsp.OCSPCertStatus.REVOKED)
    else:
        known = Trust((root.certificate,), (x509.load_der_x509_crl(crl(root, signer)),))
    with pytest.raises(Refused, match="was revoked"):
        gather([signer], known, services(**told))


@pytest.mark.parametrize(
    ("lists", "words"),
    [(None, "nobody there"), (b"<html>", "no revocation list"), ("another's", "another authority's")],
)
def test_when_no_place_answers_it_is_told_why(root, signer, lists, words):
    lists = crl(issue("Root", ca=True)) if lists == "another's" else lists
    with pytest.raises(NoAnswer, match="cannot be found out") as told:
        gather([signer], Trust((root.certificate,)), services(lists=lists, ocsp=b"\x30\x00"))
    assert words in told.value.message
    assert "no OCSP response" in told.value.message


def test_unknown_to_its_own_authority(root, signer):
    unknown = answer(signer, root, root, status=ocsp.OCSPCertStatus.UNKNOWN)
    with pytest.raises(NoAnswer, match="does not know"):
        gather([signer], Trust((root.certificate,)), services(lists=None, ocsp=unknown))


def test_an_answer_about_another_certificate(root, signer):
    other = answer(named("Somebody", root), root, root)
    with pytest.raises(NoAnswer, match="does not answer for this certificate"):
        gather([signer], Trust((root.certificate,)), services(lists=None, ocsp=other))


def test_a_certificate_that_names_no_place_is_asked_about_nowhere(root):
    plain = named("Mara Ivens", root, lists=False, answers=False)
    fetch = services(lists=None, ocsp=None)
    assert gather([plain], Trust((root.certificate,)), fetch).certificates == (plain,)
    assert fetch.asked == []


def test_authorities_between_are_kept_and_asked_about(root):
    between = issue("Between", root, ca=True)
    signer = named("Mara Ivens", between, answers=False)
    fetch = services(lists=crl(between), ocsp=None)
    found = gather([signer], Trust((root.certificate,), intermediates=(between.certificate,)), fetch)
    assert found.certificates == (signer, between.certificate)
    assert dt.timedelta(0) == NOW - found.crls[0].last_update_utc
