"""What has to be true of a certificate before it signs a document, and what can be said of it afterwards."""

from __future__ import annotations

import datetime as dt

from cryptography import x509

from csvgen import clock
from csvgen.crypto import certificates
from csvgen.crypto.keys import Credential
from csvgen.crypto.trust import Trust
from csvgen.errors import Refused
from csvgen.signature.manifestation import Manifestation


def refuse_unfit_person(credential: Credential, manifestation: Manifestation, moment: dt.datetime) -> None:
    """Raises Refused unless the certificate is a person's, valid at `moment`, and is who and when the manifestation shows."""
    if not certificates.is_person(credential.certificate):
        raise Refused("a system can never sign for a person", hint="sign with the certificate of the person who answers for this")
    _refuse_outside_validity(credential, moment)
    name = certificates.common_name(credential.certificate)
    if name != manifestation.printed_name:
        raise Refused(
            f"the signature would show {manifestation.printed_name!r}, but the certificate is issued to {name!r}",
            hint="a changed name needs a new certificate",
            rule="RR-M01",
        )
    if clock.stored(moment)[:19] != manifestation.signed[:19]:
        raise Refused(
            f"the signature would show {manifestation.signed}, but it is made at {clock.stored(moment)}",
            hint="read the clock once and hand the same reading to both",
            rule="RR-M02",
        )


def refuse_unfit_system(credential: Credential, moment: dt.datetime) -> None:
    """Raises Refused unless the certificate is a system's and valid at `moment`."""
    if certificates.is_person(credential.certificate):
        raise Refused("a person's certificate cannot seal for a system", hint="seal with the certificate of the system")
    _refuse_outside_validity(credential, moment)


def _refuse_outside_validity(credential: Credential, moment: dt.datetime) -> None:
    first, last = credential.certificate.not_valid_before_utc, credential.certificate.not_valid_after_utc
    if not first <= moment <= last:
        raise Refused(
            f"the certificate is valid from {clock.stored(first)} to {clock.stored(last)}, not at {clock.stored(moment)}",
            hint="issue a new certificate to this signer",
        )


def trusted(certificate: x509.Certificate, trust: Trust, claimed: dt.datetime | None) -> bool | None:
    """Whether a root vouches for the certificate: None (unknown) without roots, False without a claimed time.

    Judged at the claimed time, which only the signer vouches for: a certificate that was ever revoked is not trusted.
    """
    if not trust.roots:
        return None
    return claimed is not None and trust.judge(certificate, claimed).trusted
