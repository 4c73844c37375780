"""A small certificate authority for one organisation: a root, people, and systems.

A production site brings its own PKI; this one exists so that a signature can be checked with tools that are not ours.
The root key is used only while certificates are issued and lies under the passphrase of its custodian.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from csvgen.crypto.keys import Credential, new_key
from csvgen.errors import BadInput

_EMAIL_PROTECTION = ExtendedKeyUsageOID.EMAIL_PROTECTION
_DOCUMENT_SIGNING = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36")
"""id-kp-documentSigning, RFC 9336."""


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
    title = "csvgen DEMONSTRATION root, not for GxP" if demonstration else "csvgen signing root"
    name = _name(title, organisation)
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


def issue_person(
    root: Credential, *, person: str, printed_name: str, organisation: str, now: dt.datetime, years: int = 3
) -> Credential:
    """A certificate for one natural person: printed name as common name, the never reused id as serial number."""
    return _issue(root, _name(printed_name, organisation, "People", person), now, years, person=True)


def issue_system(root: Credential, *, name: str, organisation: str, now: dt.datetime, years: int = 10) -> Credential:
    """A certificate for the seal of a system. Its unit says that it is nobody's signature."""
    return _issue(root, _name(name, organisation, "Systems - a seal, not a signature"), now, years, person=False)


def _issue(root: Credential, name: x509.Name, now: dt.datetime, years: int, *, person: bool) -> Credential:
    key = new_key()
    usages = [_EMAIL_PROTECTION, _DOCUMENT_SIGNING]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(root.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(minutes=5))
        .not_valid_after(min(now + dt.timedelta(days=365 * years), root.certificate.not_valid_after_utc))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(digital_signature=True, content_commitment=person), critical=True)
        .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(_authority(root), critical=False)
        .sign(root.key, hashes.SHA256())
    )
    return Credential(key, certificate)


def _authority(root: Credential) -> x509.AuthorityKeyIdentifier:
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
    """The id of the person the certificate was issued to; empty for a system."""
    return _attribute(certificate, NameOID.SERIAL_NUMBER) if is_person(certificate) else ""


def is_person(certificate: x509.Certificate) -> bool:
    """Only a person's certificate may commit to content (key usage contentCommitment, once called nonRepudiation)."""
    try:
        return certificate.extensions.get_extension_for_class(x509.KeyUsage).value.content_commitment
    except x509.ExtensionNotFound:
        return False


def _attribute(certificate: x509.Certificate, oid: x509.ObjectIdentifier) -> str:
    found = certificate.subject.get_attributes_for_oid(oid)
    return str(found[0].value) if found else ""
