"""A small certificate authority for one organisation: a root, people, and systems.

It exists so that every person has a key and a signature can be checked with tools that are not ours. Where an organisation
has a PKI of its own, people sign with its certificates, and this authority says whose they are. The root key is used only while
certificates are issued or revoked, and lies under the passphrase of its custodian.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from csvgen.crypto.keys import Credential, new_key
from csvgen.errors import BadInput

_EMAIL_PROTECTION = ExtendedKeyUsageOID.EMAIL_PROTECTION
_DOCUMENT_SIGNING = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36")
"""id-kp-documentSigning, RFC 9336."""
_ROOT, _DEMONSTRATION = "csvgen signing root", "csvgen DEMONSTRATION root, not for GxP"
_PEOPLE = "People"


def _name(common_name: str, organisation: str, unit: str = "", serial: str = "") -> x509.Name:
    parts = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation[:64])]
    if unit:
        parts.append(x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit[:64]))
    parts.append(x509.NameAttribute(NameOID.COMMON_NAME, common_name[:64]))
    if serial:
        parts.append(x509.NameAttribute(NameOID.SERIAL_NUMBER, serial[:64]))
    return x509.Name(parts)


def make_root(organisation: str, now: dt.datetime, *, demonstration: bool, years: int = 30) -> Credential:
    """A self-signed root. A demonstration root says so in its name, wherever a certificate is shown."""
    key = new_key()
    name = _name(_DEMONSTRATION if demonstration else _ROOT, organisation)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(minutes=5))
        .not_valid_after(now + dt.timedelta(days=365 * years))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return Credential(key, certificate)


def names_people(root: x509.Certificate) -> bool:
    """Whether a root is of csvgen's own making: only such a one can say whose certificate is whose (see `person_id`)."""
    return common_name(root) in (_ROOT, _DEMONSTRATION)


def issue_person(
    root: Credential,
    *,
    person: str,
    printed_name: str,
    organisation: str,
    now: dt.datetime,
    years: int = 3,
    publishes: bool = False,
) -> Credential:
    """A new key and a certificate for one natural person; see `certify_person`."""
    key = new_key()
    certificate = certify_person(
        root, key.public_key(), person=person, printed_name=printed_name, organisation=organisation, now=now,
        until=now + dt.timedelta(days=365 * years), publishes=publishes,
    )  # fmt: skip
    return Credential(key, certificate)


def certify_person(
    root: Credential,
    key: CertificatePublicKeyTypes,
    *,
    person: str,
    printed_name: str,
    organisation: str,
    now: dt.datetime,
    until: dt.datetime,
    publishes: bool,
) -> x509.Certificate:
    """A certificate over a key that may lie anywhere: printed name as common name, the never reused id as serial number.

    `publishes` says in the certificate that its authority publishes revocations: whoever has no list then knows that one is missing.
    """
    return _issue(root, key, _name(printed_name, organisation, _PEOPLE, person), now, until, person=True, publishes=publishes)


def issue_system(
    root: Credential, *, name: str, organisation: str, now: dt.datetime, years: int = 10, publishes: bool = False
) -> Credential:
    """A certificate for the seal of a system. Its unit says that it is nobody's signature."""
    key = new_key()
    subject = _name(name, organisation, "Systems - a seal, not a signature")
    until = now + dt.timedelta(days=365 * years)
    return Credential(key, _issue(root, key.public_key(), subject, now, until, person=False, publishes=publishes))


def _issue(
    root: Credential,
    key: CertificatePublicKeyTypes,
    name: x509.Name,
    now: dt.datetime,
    until: dt.datetime,
    *,
    person: bool,
    publishes: bool,
) -> x509.Certificate:
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(root.certificate.subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(minutes=5))
        .not_valid_after(min(until, root.certificate.not_valid_after_utc))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(digital_signature=True, content_commitment=person), critical=True)
        .add_extension(x509.ExtendedKeyUsage([_EMAIL_PROTECTION, _DOCUMENT_SIGNING]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(authority_key(root), critical=False)
    )
    if publishes:  # by the authority's own name: the list is handed out with its root, not fetched from an address
        place = x509.DistributionPoint([x509.DirectoryName(root.certificate.subject)], None, None, None)
        made = made.add_extension(x509.CRLDistributionPoints([place]), critical=False)
    return made.sign(root.key, hashes.SHA256())


def authority_key(root: Credential) -> x509.AuthorityKeyIdentifier:
    subject_key = root.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(subject_key)


def _usage(
    *, digital_signature: bool = False, content_commitment: bool = False, key_cert_sign: bool = False, crl_sign: bool = False
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=content_commitment,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def pem(certificates: Iterable[x509.Certificate]) -> bytes:
    return b"".join(c.public_bytes(Encoding.PEM) for c in certificates)


def read_pem(data: bytes, where: str) -> tuple[x509.Certificate, ...]:
    """Certificates of a PEM file. Raises BadInput when there is none."""
    try:
        return tuple(x509.load_pem_x509_certificates(data))
    except ValueError:
        raise BadInput("this is not a PEM file with certificates", where=where) from None


def common_name(certificate: x509.Certificate) -> str:
    return _attribute(certificate, NameOID.COMMON_NAME)


def person_id(certificate: x509.Certificate) -> str:
    """The id a certificate claims for its person, in the form of our own authority; empty for a system and for any other form.

    A claim: it counts when a root that `names_people` vouches for it (`trust.Trust.judge_person`).
    """
    ours = is_person(certificate) and _attribute(certificate, NameOID.ORGANIZATIONAL_UNIT_NAME) == _PEOPLE
    return _attribute(certificate, NameOID.SERIAL_NUMBER) if ours else ""


def is_person(certificate: x509.Certificate) -> bool:
    """Only a person's certificate may commit to content (key usage contentCommitment, once called nonRepudiation)."""
    try:
        return certificate.extensions.get_extension_for_class(x509.KeyUsage).value.content_commitment
    except x509.ExtensionNotFound:
        return False


def _attribute(certificate: x509.Certificate, oid: x509.ObjectIdentifier) -> str:
    found = certificate.subject.get_attributes_for_oid(oid)
    return str(found[0].value) if found else ""


def directly_issued(subject: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether the issuer's name and key stand behind a certificate; whether it may issue is not asked here."""
    try:
        subject.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True
