"""Time stamps by somebody else (RFC 3161): what was there, and when, by a clock that is not ours.

A token is checked twice: once by ourselves, form and signature, so that a reader without roots knows a changed token too
(`tokens`); and by rfc3161-client, which has OpenSSL verify signature and chain as of the moment in the token. Revocation of the
authority's own certificate is not asked for: `trust.Trust.judge` can be, with `ProvenTime.certificate`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.x509.oid import ExtendedKeyUsageOID

from csvgen.config import Config
from csvgen.crypto.certificates import common_name, directly_issued, read_pem
from csvgen.crypto.der import INTEGER, SEQUENCE, body, der, inside
from csvgen.crypto.profile import OutsideProfile
from csvgen.crypto.tokens import check_signature, read_token
from csvgen.errors import BadInput, ConfigError, CsvgenError, Exit, NotIntact

if TYPE_CHECKING:
    from rfc3161_client import TimeStampResponse

_TIME = re.compile(r"(\d{14})(?:\.(\d+))?Z")
_LARGEST = 100_000
"""Bytes of an answer; tokens have two to eight thousand."""
_WAIT = (5.0, 20.0)
"""Seconds for the connection, and between two bytes of the answer."""


class NoTimeStamp(CsvgenError):
    """The authority could not be reached, or did not give a token that can be believed."""

    exit_code = Exit.FINDINGS


class NotTrusted(NotIntact):
    """Nothing is wrong with the token itself, but no given root vouches for its authority at that moment."""


@dataclass(frozen=True, slots=True)
class ProvenTime:
    """The data existed at `moment`, says `authority`."""

    moment: dt.datetime
    """UTC."""
    authority: str
    """Common name in the authority's certificate."""
    certificate: x509.Certificate
    accuracy: dt.timedelta = dt.timedelta(0)
    """How far off the moment may be, either way, as the token says; zero when it says nothing."""


@dataclass(frozen=True)
class TimeAuthority:
    """A time-stamp authority that answers over HTTP (RFC 3161, 3.4), and the roots we believe for it."""

    url: str
    roots: tuple[x509.Certificate, ...]

    def stamp(self, data: bytes) -> bytes:
        """A DER TimeStampToken over `data`, already verified. Raises NoTimeStamp."""
        return self.stamp_digest(hashlib.sha256(data).digest())

    def stamp_digest(self, sha256: bytes) -> bytes:
        """A DER TimeStampToken over data with this SHA-256 (32 bytes), already verified. Raises NoTimeStamp."""
        from rfc3161_client import PKIStatus, decode_timestamp_response

        nonce = secrets.randbits(64)
        answer = self._ask(_request(sha256, nonce))
        try:
            response = decode_timestamp_response(answer)
            status = PKIStatus(response.status)
        except ValueError as problem:
            raise self._failed(f"its answer is no time-stamp response ({problem})") from None
        if status is not PKIStatus.GRANTED:
            words = " ".join(response.status_string) or status.name.lower().replace("_", " ")
            raise self._failed(f"it refused: {words}")
        token = bytes(response.time_stamp_token())
        try:
            verify_token(token, digest=sha256, roots=self.roots, where=self.url)
        except NotIntact as problem:
            raise self._failed(f"its token cannot be believed: {problem.message}") from None
        if response.tst_info.nonce != nonce:
            raise self._failed("its answer belongs to another question (nonce)")
        return token

    def _ask(self, question: bytes) -> bytes:
        import requests

        headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
        try:
            with requests.post(
                self.url, data=question, headers=headers, timeout=_WAIT, stream=True, allow_redirects=False
            ) as answer:
                if answer.status_code != requests.codes.ok:
                    raise self._failed(f"HTTP {answer.status_code}")
                found = b""
                for piece in answer.iter_content(8192):
                    found += piece
                    if len(found) > _LARGEST:
                        raise self._failed("its answer has no end")
                return found
        except requests.RequestException as problem:
            raise self._failed(f"it cannot be reached ({type(problem).__name__})") from None

    def _failed(self, why: str) -> NoTimeStamp:
        return NoTimeStamp(f"no time stamp: {why}", where=self.url, hint="[time_stamps] in csvgen.toml names the authority")


def time_authority(config: Config) -> TimeAuthority | None:
    """The authority of [time_stamps] (`url`, `trust`: a PEM file), or None when there is none. Raises ConfigError."""
    table = config.time_stamps
    if not table:
        return None
    if unknown := sorted({*table} - {"url", "trust"}):
        raise ConfigError(f"unknown setting {unknown[0]!r}", where="[time_stamps]", hint="known: url, trust")
    if missing := sorted({"url", "trust"} - {*table}):
        raise ConfigError(
            f"{missing[0]!r} is missing", where="[time_stamps]", hint="url of the authority, PEM file with its root"
        )
    return authority_at(table["url"], config.root / table["trust"], "[time_stamps]")


def authority_at(url: str, trust: Path, where: str) -> TimeAuthority:
    """An authority by URL and PEM file. Raises ConfigError for what cannot be one; a password in a URL would be a secret in a file."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.password:
        raise ConfigError("url is no plain http or https address", where=where)
    try:
        return TimeAuthority(url, read_pem(trust.read_bytes(), str(trust)))
    except (OSError, BadInput):
        raise ConfigError("trust is no PEM file with certificates", where=f"{where} {trust}") from None


def verify_token(
    token: bytes,
    data: bytes | None = None,
    *,
    digest: bytes | None = None,
    roots: Iterable[x509.Certificate],
    where: str = "time stamp",
) -> ProvenTime:
    """Check a stored token offline: over `data`, or over data with the SHA-256 `digest` (32 bytes).

    Raises NotTrusted when no root vouches for it, NotIntact for everything else that is not as it should be.
    """
    if (data is None) == (digest is None):
        raise ValueError("either the data or their digest")
    wanted = hashlib.sha256(data).digest() if data is not None else digest
    try:
        form = read_token(token)
        leaf = form.authority
        response = _granted(token)
        proven = ProvenTime(_moment(form.info), _name(leaf), leaf, _accuracy(response))
        check_signature(form)
    except (OutsideProfile, InvalidSignature) as problem:
        raise NotIntact(f"the token does not hold: {str(problem) or 'its signature'}", where=where) from None
    except (ValueError, TypeError, LookupError, UnsupportedAlgorithm) as problem:
        raise NotIntact(f"the token cannot be read ({type(problem).__name__})", where=where) from None
    imprint = response.tst_info.message_imprint
    if imprint.hash_algorithm.dotted_string != "2.16.840.1.101.3.4.2.1" or imprint.message != wanted:
        raise NotIntact("the time stamp is over other data", where=where)
    _for_time_only(leaf, proven.moment, where)
    anchors = tuple(roots)
    _vouched(response, anchors, wanted, where)
    _nothing_beside(leaf, form.others, anchors, where)
    return proven


def _request(sha256: bytes, nonce: int) -> bytes:
    from asn1crypto import tsp

    if len(sha256) != hashlib.sha256().digest_size:
        raise ValueError("a SHA-256 has 32 bytes")
    imprint = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": sha256}
    return bytes(tsp.TimeStampReq({"version": "v1", "message_imprint": imprint, "nonce": nonce, "cert_req": True}).dump())


def _granted(token: bytes) -> TimeStampResponse:
    """The token in the answer it came with, which is how the library takes it."""
    from rfc3161_client import decode_timestamp_response

    return decode_timestamp_response(der(SEQUENCE, der(SEQUENCE, der(INTEGER, b"\x00")), token))


def _vouched(response: TimeStampResponse, roots: Sequence[x509.Certificate], digest: bytes | None, where: str) -> None:
    from rfc3161_client import VerificationError, VerifierBuilder

    if not roots:
        raise NotTrusted("no root was given for the time-stamp authority", where=where)
    builder = VerifierBuilder()
    for root in dict.fromkeys(roots):
        builder = builder.add_root_certificate(root)
    try:
        builder.build().verify(response, digest or b"")
    except VerificationError as problem:
        if "certificate verify error" in str(problem):
            raise NotTrusted("no given root vouches for the time-stamp authority at that moment", where=where) from None
        raise NotIntact(f"the time stamp does not hold: {problem}", where=where) from None


def _for_time_only(leaf: x509.Certificate, moment: dt.datetime, where: str) -> None:
    """RFC 3161, 2.3: one extended key usage, time stamping, critical."""
    try:
        usage = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except (x509.ExtensionNotFound, ValueError):
        raise NotIntact("the certificate of the authority does not say that it is for time stamps", where=where) from None
    if not usage.critical or list(usage.value) != [ExtendedKeyUsageOID.TIME_STAMPING]:
        raise NotIntact("the certificate of the authority is not for time stamps alone", where=where)
    if not leaf.not_valid_before_utc <= moment <= leaf.not_valid_after_utc:
        raise NotTrusted("the certificate of the authority was not valid at that moment", where=where)


def _nothing_beside(
    leaf: x509.Certificate, between: Sequence[x509.Certificate], roots: Sequence[x509.Certificate], where: str
) -> None:
    """Every other certificate must be a link of the chain, so that a signature is over its bytes, or be one of the roots."""
    unused = [c for c in between if c not in roots]
    subject = leaf
    while unused:
        issuer = next((c for c in unused if directly_issued(subject, c)), None)
        if issuer is None:
            raise NotIntact("the token carries a certificate that is no part of its chain", where=where)
        unused.remove(issuer)
        subject = issuer


def _name(certificate: x509.Certificate) -> str:
    return common_name(certificate) or certificate.subject.rfc4514_string()


def _moment(info: bytes) -> dt.datetime:
    """The token's genTime to the microsecond; the library reads it to the second. A finer fraction is cut off."""
    text = body(inside(info)[4]).decode("ascii")
    found = _TIME.fullmatch(text)
    if found is None:
        raise OutsideProfile("a time that is not in UTC")
    return dt.datetime.strptime(f"{found[1]}{(found[2] or '').ljust(6, '0')[:6]}Z", "%Y%m%d%H%M%S%fZ").replace(tzinfo=dt.UTC)


def _accuracy(response: TimeStampResponse) -> dt.timedelta:
    found = response.tst_info.accuracy
    if found is None:
        return dt.timedelta(0)
    return dt.timedelta(seconds=found.seconds or 0, milliseconds=found.millis or 0, microseconds=found.micros or 0)
