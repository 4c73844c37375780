"""A time-stamp token as it stands in a PDF: the protected parts of what an authority gave, and nothing beside them.

A token of RFC 3161 is a CMS with the same room for bytes that nobody signed as any other (see `crypto.profile`): copies of
certificates, unsigned attributes, several spellings of one algorithm. Inside a PDF nothing else protects the last token, so
before it is put there it is built anew from what its signature protects, with one spelling for the rest; certificates of the
authorities above go into the security store, which the token is over. The result is an ordinary token, and read back it has to
be this one container to the last byte.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

from csvgen.crypto import tokens
from csvgen.crypto.certificates import common_name
from csvgen.crypto.profile import OutsideProfile

_SHA256 = "2.16.840.1.101.3.4.2.1"


@dataclass(frozen=True, slots=True)
class Token:
    """What a token says, in a container without an unprotected byte. Whether anybody believes its authority is not asked here."""

    container: bytes
    """DER of the one container these parts can have."""
    certificate: x509.Certificate
    others: tuple[x509.Certificate, ...]
    """Certificates the authority sent along; they are no part of `container`."""
    moment: dt.datetime
    """UTC."""
    imprint: bytes
    """SHA-256 of the bytes the token is over."""
    accuracy: dt.timedelta
    valid: bool
    """The signature value is this certificate's over this time."""

    @property
    def authority(self) -> str:
        """Name of the authority by its certificate."""
        return common_name(self.certificate) or self.certificate.subject.rfc4514_string()


def read_token(token: bytes, *, padded: bool = False) -> Token:
    """Read a token (DER; with `padded`, zero bytes behind). Raises OutsideProfile for what is none, or of another kind."""
    found = tokens.take_apart(token, padded=padded)
    moment, imprint, accuracy = _told(found.info)
    return Token(
        container=tokens.container(found, found.plain),
        certificate=found.authority,
        others=found.others,
        moment=moment,
        imprint=imprint,
        accuracy=accuracy,
        valid=_holds(found),
    )


def strict_token(contents: bytes) -> Token:
    """The token in /Contents of a document time stamp. Raises OutsideProfile when a byte of it is neither constant nor protected."""
    found = read_token(contents, padded=True)
    if contents != found.container.ljust(len(contents), b"\0"):
        raise OutsideProfile("bytes that nobody signed")
    return found


def _holds(token: tokens.Token) -> bool:
    """Whether digest and signature value are right."""
    try:
        tokens.check_signature(token)
    except (OutsideProfile, InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return True


def _told(info: bytes) -> tuple[dt.datetime, bytes, dt.timedelta]:
    """Time, digest and accuracy in the TSTInfo (RFC 3161, 2.4.2). Raises OutsideProfile."""
    from asn1crypto import tsp

    try:
        read = tsp.TSTInfo.load(info, strict=True)
        imprint = read["message_imprint"]
        kind = imprint["hash_algorithm"]["algorithm"].dotted
        accuracy = read["accuracy"].native or {}
        moment: dt.datetime = read["gen_time"].native
        digest = bytes(imprint["hashed_message"].native)
    except Exception as problem:  # noqa: BLE001 - a damaged structure can fail anywhere inside the ASN.1 library
        raise OutsideProfile(f"a structure that cannot be read ({type(problem).__name__})") from None
    if kind != _SHA256:
        raise OutsideProfile("a time stamp that is not over a SHA-256")
    off = dt.timedelta(
        seconds=accuracy.get("seconds") or 0,
        milliseconds=accuracy.get("millis") or 0,
        microseconds=accuracy.get("micros") or 0,
    )
    return moment.astimezone(dt.UTC), digest, off
