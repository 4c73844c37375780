"""Time stamps by somebody else (RFC 3161): what was there, and when, by a clock that is not ours.

A token is checked twice. Once against the one form it may have: built again from its protected parts and compared, because CMS
has room for bytes that nobody signed (see `profile`); what is left open are spellings of algorithm names that mean the same.
Then by rfc3161-client, which has OpenSSL verify signature and chain as of the moment in the token. Revocation of the authority's
own certificate is not asked for.
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
from csvgen.crypto.certificates import common_name, read_pem
from csvgen.crypto.der import INTEGER, OCTETS, SEQUENCE, SET, TAG_0, body, der, inside, values
from csvgen.crypto.profile import OutsideProfile
from csvgen.errors import BadInput, ConfigError, CsvgenError, Exit, NotIntact

if TYPE_CHECKING:
    from rfc3161_client import TimeStampResponse

_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
_TST_INFO = bytes.fromhex("060b2a864886f70d0109100104")
_CONTENT_TYPE = bytes.fromhex("06092a864886f70d010903")
_CERTIFICATE_IDS = {
    bytes.fromhex("060b2a864886f70d010910020c"): "sha1",
    bytes.fromhex("060b2a864886f70d010910022f"): "sha256",
}
"""signingCertificate (RFC 3161, 2.4.2) and signingCertificateV2 (RFC 5816): attribute -> digest that stands unsaid."""

_NULL = bytes.fromhex("0500")
_DIGESTS = {
    bytes.fromhex("0609608648016503040201"): "sha256",
    bytes.fromhex("0609608648016503040202"): "sha384",
    bytes.fromhex("0609608648016503040203"): "sha512",
}
_SCHEMES = {
    "sha256": (bytes.fromhex("06092a864886f70d01010b"), bytes.fromhex("06082a8648ce3d040302")),
    "sha384": (bytes.fromhex("06092a864886f70d01010c"), bytes.fromhex("06082a8648ce3d040303")),
    "sha512": (bytes.fromhex("06092a864886f70d01010d"), bytes.fromhex("06082a8648ce3d040304")),
}
"""Digest -> RSA (PKCS #1 v1.5) and ECDSA with it."""
_RSA = bytes.fromhex("06092a864886f70d010101")
"""RSA, the digest left to the field beside it."""
_TIME = re.compile(r"(\d{14})(?:\.(\d+))?Z")
_V1, _V3 = der(INTEGER, b"\x01"), der(INTEGER, b"\x03")

_LARGEST = 100_000
"""Bytes of an answer; tokens have two to eight thousand."""
_WAIT = (5.0, 20.0)
"""Seconds for the connection, and between two bytes of the answer."""


class NoTimeStamp(CsvgenError):
    """The authority could not be reached, or did not give a token that can be believed."""

    exit_code = Exit.FINDINGS


class NotTrusted(NotIntact):
    """Nothing is wrong with the token itself as far as was looked, but no given root vouches for its authority at that moment."""


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
        form = _form(token)
        leaf = form.authority
        response = _granted(token)
        proven = ProvenTime(_moment(form.info), _name(leaf), leaf, _accuracy(response))
    except OutsideProfile as problem:
        raise NotIntact(f"the token is outside the profile: {problem}", where=where) from None
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
        issuer = next((c for c in unused if _issued(subject, c)), None)
        if issuer is None:
            raise NotIntact("the token carries a certificate that is no part of its chain", where=where)
        unused.remove(issuer)
        subject = issuer


def _issued(subject: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        subject.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


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


# ------------------------------------------------------------------ the one form of a token


@dataclass(frozen=True, slots=True)
class _Form:
    authority: x509.Certificate
    others: list[x509.Certificate]
    info: bytes
    """TSTInfo, DER: what is signed."""


def _form(token: bytes) -> _Form:
    """Take a token apart in which every byte is accounted for. Raises OutsideProfile."""
    (whole,) = values(token)
    _, explicit = inside(whole)
    (signed_data,) = inside(explicit)
    if len(inside(signed_data)) != 5:  # noqa: PLR2004 - version, digests, content, certificates, signers; no revocation lists
        raise OutsideProfile("not the five parts of a token")
    _, _, content, certificates, signers = inside(signed_data)
    (signer,) = inside(signers)
    if len(inside(signer)) != 6:  # noqa: PLR2004 - version, certificate, digest, attributes, algorithm, value; nothing unsigned
        raise OutsideProfile("a signer with unsigned attributes, or without signed ones")
    _, _, digest, attributes, algorithm, value = inside(signer)
    (explicit_info,) = inside(content)[1:]
    (info,) = inside(explicit_info)
    found = inside(certificates)
    leaf = _signed_with(attributes, found)
    _, serial, _, issuer, *_ = inside(inside(leaf)[0])
    _known(digest, algorithm)
    again = der(
        SEQUENCE,
        _V1,
        der(SEQUENCE, issuer, serial),
        digest,
        der(TAG_0, *inside(attributes)),
        algorithm,
        der(OCTETS, body(value)),
    )
    encapsulated = der(SEQUENCE, _TST_INFO, der(TAG_0, der(OCTETS, body(info))))
    data = der(SEQUENCE, _V3, der(SET, digest), encapsulated, der(TAG_0, *map(_certificate, found)), der(SET, again))
    if token != der(SEQUENCE, _SIGNED_DATA, der(TAG_0, data)):
        raise OutsideProfile("bytes that nobody signed")
    others = [x509.load_der_x509_certificate(c) for c in found if c != leaf]
    return _Form(x509.load_der_x509_certificate(leaf), others, body(info))


def _certificate(raw: bytes) -> bytes:
    """A certificate built again from what its issuer signed: the outer algorithm is the inner one, no unused bits."""
    content, _, value = inside(raw)
    algorithm = inside(content)[2]
    return der(SEQUENCE, content, algorithm, der(value[0], b"\x00" + body(value)[1:]))


def _signed_with(attributes: bytes, certificates: list[bytes]) -> bytes:
    """The certificate that the signed attributes name by digest."""
    found: dict[bytes, bytes] = {}
    for attribute in inside(attributes):
        kind, content = inside(attribute)
        (found[kind],) = inside(content)
    if found.get(_CONTENT_TYPE) != _TST_INFO:
        raise OutsideProfile("a signature over something else than a time")
    named = [(kind, found[kind]) for kind in _CERTIFICATE_IDS if kind in found]
    if not named:
        raise OutsideProfile("a signature that does not name its certificate")
    kind, value = named[-1]
    digest_name = _CERTIFICATE_IDS[kind]
    first = inside(inside(inside(value)[0])[0])
    if first[0][0] == SEQUENCE:  # the digest is named, not left to the default
        digest_name, first = _DIGESTS[inside(first[0])[0]], first[1:]
    for certificate in certificates:
        if hashlib.new(digest_name, certificate, usedforsecurity=False).digest() == body(first[0]):
            return certificate
    raise OutsideProfile("a certificate other than the one signed with")


def _known(digest: bytes, algorithm: bytes) -> None:
    """Digest and signature algorithm from a closed list; their parameters absent or NULL, which mean the same (RFC 5754)."""
    (kind, *parameters), (scheme, *more) = inside(digest), inside(algorithm)
    if kind not in _DIGESTS or parameters not in ([], [_NULL]) or digest != der(SEQUENCE, kind, *parameters):
        raise OutsideProfile("another digest than SHA-256, SHA-384 or SHA-512")
    rsa, ecdsa = _SCHEMES[_DIGESTS[kind]]
    fits = (scheme in {rsa, _RSA} and more in ([], [_NULL])) or (scheme == ecdsa and not more)
    if not fits or algorithm != der(SEQUENCE, scheme, *more):
        raise OutsideProfile("another signature algorithm than RSA or ECDSA")
