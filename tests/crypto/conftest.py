"""Authorities of an organisation, made by hand: root, one between, people, and whatever is wrong with them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from csvgen.crypto.keys import Credential

NOW = dt.datetime(2026, 11, 21, 8, 0, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


def usage(*names: str) -> x509.KeyUsage:
    every = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign",
             "crl_sign", "encipher_only", "decipher_only")  # fmt: skip
    return x509.KeyUsage(**{name: name in names for name in every})


def name(common: str, **more: str) -> x509.Name:
    kinds = {"serial": NameOID.SERIAL_NUMBER, "unit": NameOID.ORGANIZATIONAL_UNIT_NAME}
    parts = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Fictitious Works")]
    parts += [x509.NameAttribute(kinds[k], v) for k, v in more.items()]
    return x509.Name([*parts, x509.NameAttribute(NameOID.COMMON_NAME, common)])


def issue(
    subject: x509.Name | str,
    by: Credential | None = None,
    *,
    key: Any = None,
    ca: bool = False,
    depth: int | None = None,
    uses: x509.KeyUsage | str | None = "default",
    extended: tuple[x509.ObjectIdentifier, ...] = (),
    since: dt.datetime = NOW - DAY,
    until: dt.datetime = NOW + 365 * DAY,
    publishes: bool = False,
    constraints: bool = True,
    critical: bool = False,
) -> Credential:
    """A certificate with a new key (or `key`); self-signed when nobody issues it."""
    subject = name(subject) if isinstance(subject, str) else subject
    key = key or ec.generate_private_key(ec.SECP256R1())
    if uses == "default":
        uses = usage("key_cert_sign", "crl_sign") if ca else usage("digital_signature", "content_commitment")
    made = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key()).serial_number(x509.random_serial_number()).not_valid_before(since).not_valid_after(until)
    )  # fmt: skip
    if constraints:
        made = made.add_extension(x509.BasicConstraints(ca=ca, path_length=depth), critical=True)
    if isinstance(uses, x509.KeyUsage):
        made = made.add_extension(uses, critical=True)
    if extended:
        made = made.add_extension(x509.ExtendedKeyUsage(extended), critical=critical)
    if publishes:
        place = x509.DistributionPoint([x509.UniformResourceIdentifier("http://crl.invalid/list.crl")], None, None, None)
        made = made.add_extension(x509.CRLDistributionPoints([place]), critical=False)
    return Credential(key, made.sign(by.holder if by else key, hashes.SHA256()))


def revocations(
    by: Credential, *taken: tuple[Credential, dt.datetime], issued: dt.datetime = NOW, extension: x509.ExtensionType | None = None,
    suspected: dt.datetime | None = None,
) -> x509.CertificateRevocationList:  # fmt: skip
    made = (
        x509.CertificateRevocationListBuilder().issuer_name(by.certificate.subject).last_update(issued).next_update(issued + DAY)
    )
    for credential, at in taken:
        entry = x509.RevokedCertificateBuilder().serial_number(credential.certificate.serial_number).revocation_date(at)
        if suspected:
            entry = entry.add_extension(x509.InvalidityDate(suspected), critical=False)
        made = made.add_revoked_certificate(entry.build())
    if extension is not None:
        made = made.add_extension(extension, critical=True)
    return made.sign(by.holder, hashes.SHA256())


EMAIL, SERVER = ExtendedKeyUsageOID.EMAIL_PROTECTION, ExtendedKeyUsageOID.SERVER_AUTH


@pytest.fixture(scope="session")
def corporate() -> tuple[Credential, Credential, Credential]:
    """Root, authority between, and Ada's certificate from it."""
    root = issue("Works root", ca=True)
    between = issue("Works issuing", root, ca=True, depth=0)
    return root, between, issue("Ada Lovelace", between, extended=(EMAIL,))
