"""Taking a certificate back: lists signed by the authority (RFC 5280, 5), and the plain data beside a trust file they lie in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from csvgen.crypto.certificates import authority_key, pem
from csvgen.crypto.keys import Credential
from csvgen.crypto.trust import Trust
from csvgen.errors import Refused

REASONS: Mapping[str, x509.ReasonFlags] = {
    "key-compromise": x509.ReasonFlags.key_compromise,
    "affiliation-changed": x509.ReasonFlags.affiliation_changed,
    "superseded": x509.ReasonFlags.superseded,
    "cessation-of-operation": x509.ReasonFlags.cessation_of_operation,
    "privilege-withdrawn": x509.ReasonFlags.privilege_withdrawn,
}
"""A hold is not among them: it could be lifted, and nobody could tell afterwards what was signed under it."""

_VALID = dt.timedelta(days=366)
"""Until when a new list is promised at the latest. An older one still says what it says; that nothing newer is known is told."""


@dataclass(frozen=True, slots=True)
class Revocation:
    """One entry of a list."""

    serial: int
    at: dt.datetime
    """When the authority took it back."""
    reason: str
    """A key of REASONS."""
    since: dt.datetime | None = None
    """Since when the key may have been in other hands, when that was earlier."""


def revoke(
    listed: x509.CertificateRevocationList | None, root: Credential, revocation: Revocation | None, now: dt.datetime
) -> x509.CertificateRevocationList:
    """The next list: all that was revoked before, and one more (none to renew the list as it is).

    Raises Refused for a certificate that is revoked already, a time ahead of now, or a list that is not this authority's.
    """
    if listed is not None and not listed.is_signature_valid(root.key.public_key()):
        raise Refused("the revocation list at hand is not signed by this authority; nothing was changed")
    builder = (
        x509.CertificateRevocationListBuilder().issuer_name(root.certificate.subject).last_update(now).next_update(now + _VALID)
    )
    for entry in listed or ():
        builder = builder.add_revoked_certificate(entry)
    if revocation is not None:
        if listed is not None and listed.get_revoked_certificate_by_serial_number(revocation.serial) is not None:
            raise Refused("this certificate was revoked before; what is revoked stays so")
        builder = builder.add_revoked_certificate(_entry(revocation, now))
    builder = builder.add_extension(x509.CRLNumber(_number(listed) + 1), critical=False)
    return builder.add_extension(authority_key(root), critical=False).sign(root.key, hashes.SHA256())


def _entry(revocation: Revocation, now: dt.datetime) -> x509.RevokedCertificate:
    if revocation.at > now or (revocation.since is not None and revocation.since > revocation.at):
        raise Refused("a certificate is revoked now, and suspected since then or earlier; not at a time to come")
    entry = x509.RevokedCertificateBuilder().serial_number(revocation.serial).revocation_date(revocation.at)
    entry = entry.add_extension(x509.CRLReason(REASONS[revocation.reason]), critical=False)
    if revocation.since is not None:
        entry = entry.add_extension(x509.InvalidityDate(revocation.since), critical=False)
    return entry.build()


def _number(listed: x509.CertificateRevocationList | None) -> int:
    return listed.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number if listed is not None else 0


def newest(chain: Trust, root: x509.Certificate) -> x509.CertificateRevocationList | None:
    """The authority's latest list among plain data; None when there is none."""
    from csvgen.crypto.trust import issued_by

    return max((c for c in chain.crls if issued_by(c, root)), key=_number, default=None)


def written(
    chain: Trust, *, crl: x509.CertificateRevocationList | None = None, certificates: Iterable[x509.Certificate] = ()
) -> bytes:
    """The plain data as it lies beside a trust file, with a newer list in the place of its issuer's others, and more certificates."""
    others = [c for c in chain.crls if crl is None or c.issuer != crl.issuer]
    lists = [*others, *([crl] if crl is not None else [])]
    return pem(dict.fromkeys((*chain.intermediates, *certificates))) + b"".join(c.public_bytes(Encoding.PEM) for c in lists)
