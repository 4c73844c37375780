"""Trust as a check of its own."""

from __future__ import annotations

import datetime as dt

from cryptography import x509

from csvgen.crypto import certificates
from csvgen.crypto.trust import Trust
from csvgen.verification.checks import Checks


def check_trust(
    checks: Checks,
    name: str,
    signers: list[tuple[x509.Certificate, dt.datetime]],
    trust: Trust,
    subject: str,
) -> None:
    """Trust as a check of its own: unknown without roots, failing when no root vouches."""
    if not trust.roots:
        checks.unknown(name, "no trust root was given (--trust); who signed cannot be known", subject)
        return
    judged = [(certificates.common_name(c), trust.judge(c, moment)) for c, moment in signers]
    faults = list(dict.fromkeys(f"{name}: {j.reason}" for name, j in judged if j.trusted is False))
    if not faults and (unknown := [f"{name}: {j.reason}" for name, j in judged if j.trusted is None]):
        checks.unknown(name, "; ".join(dict.fromkeys(unknown)), subject)
        return
    checks.add(name, faults, f"{len(signers)} certificate(s) vouched for by a trusted root at the claimed time", subject)
