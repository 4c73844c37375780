"""What is on record of a certificate: whose it is, where its key lies, and whether it still counts."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from csvgen.model.base import Line, Sha256, Stamp, Value

Origin = Literal["issued", "registered", "binding", "seal"]
"""By our own authority for a person; by another authority, registered after an identity check; our own word on whose key a registered
certificate certifies; for the seal of the recording system."""

FILE, WITH_PASSWORD, NOWHERE = "file of the system", "under the person's password", "with the registered certificate"
"""Where a key lies that is on no token; a token's place is a URI (RFC 7512)."""


class Certificate(Value):
    """The record of one certificate. The private key is no part of any record."""

    fingerprint: Sha256
    serial: str = Field(pattern=r"^[0-9a-f]{1,42}$")
    """Hexadecimal; with the issuer it is what revocation lists name."""
    subject: Line
    issuer: Line
    origin: Origin
    person: str = ""
    """Empty for the seal."""
    key: Line
    """Where the private key lies."""
    since: Stamp
    until: Stamp
    pem: str
    identity: str = ""
    """How it was made sure that the certificate is this person's, for one that another authority issued."""
    revoked: Stamp | None = None
    reason: str = ""
    """Why it was revoked; see `crypto.revocation.REASONS`."""
    suspected: Stamp | None = None
    """Since when the key may have been in other hands, when that was before it was revoked."""
