"""What a signature needs beside it to be believed years later: the authorities above, and what they had taken back by then.

Revocation lists and OCSP answers are asked for while their authorities still answer (RFC 5280, 4.2.1.13; RFC 6960), from the addresses in
the certificates themselves. Lists are what `trust` judges by; OCSP answers are kept as well, for programs that want those.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from csvgen.clock import stored
from csvgen.crypto.certificates import common_name, directly_issued
from csvgen.crypto.keys import signed_by
from csvgen.crypto.trust import Trust, issued_by
from csvgen.errors import CsvgenError, Exit, Refused

Fetch = Callable[[str, bytes | None], bytes]
"""Ask an address (with a body: POST) and get its answer. Raises NoAnswer."""

_Found = TypeVar("_Found")
_LARGEST = 20_000_000
"""Bytes of an answer; lists of large authorities have some millions."""
_WAIT = (5.0, 20.0)
"""Seconds for the connection, and between two bytes of the answer."""
_LONGEST = 6
"""Links from a signer to a root that are followed."""


class NoAnswer(CsvgenError):
    """A service named in a certificate could not be asked."""

    exit_code = Exit.FINDINGS


@dataclass(frozen=True)
class Material:
    """What is kept beside signatures. Nothing in it is believed by itself."""

    certificates: tuple[x509.Certificate, ...] = ()
    """Of the signers and the authorities above them, without roots."""
    crls: tuple[x509.CertificateRevocationList, ...] = ()
    ocsps: tuple[bytes, ...] = ()
    """DER of OCSPResponse."""


def over_http(url: str, body: bytes | None) -> bytes:
    """The default way to fetch: http or https, no redirection, bounded. Raises NoAnswer."""
    import requests

    headers = {"Content-Type": "application/ocsp-request"} if body is not None else {}
    method = "GET" if body is None else "POST"
    try:
        with requests.request(
            method, url, data=body, headers=headers, timeout=_WAIT, stream=True, allow_redirects=False
        ) as answer:
            if answer.status_code != requests.codes.ok:
                raise NoAnswer(f"HTTP {answer.status_code}", where=url)
            found = b""
            for piece in answer.iter_content(65_536):
                found += piece
                if len(found) > _LARGEST:
                    raise NoAnswer("its answer has no end", where=url)
            return found
    except requests.RequestException as problem:
        raise NoAnswer(f"it cannot be reached ({type(problem).__name__})", where=url) from None


def gather(certificates: Iterable[x509.Certificate], known: Trust, fetch: Fetch = over_http) -> Material:
    """Everything that shows, later and offline, that these certificates were good now.

    `known` gives roots, authorities between and lists that are at hand already. Raises Refused for a certificate that is revoked,
    NoAnswer when a certificate says where its authority publishes revocations and none of these places answers.
    """
    given = tuple(dict.fromkeys(certificates))
    pool = (*known.intermediates, *known.roots, *given)
    found: dict[x509.Certificate, None] = {}
    crls: dict[bytes, x509.CertificateRevocationList] = {}
    ocsps: dict[bytes, None] = {}
    for subject, issuer in (link for certificate in given for link in _links(certificate, pool)):
        if subject in found:
            continue
        found[subject] = None
        fresh, answers = _asked(subject, issuer, fetch)
        for crl in (*(c for c in known.crls if issued_by(c, issuer)), *fresh):
            _refuse_revoked(subject, crl)
            crls[crl.public_bytes(Encoding.DER)] = crl
        ocsps |= dict.fromkeys(answers)
    return Material(tuple(found), tuple(crls.values()), tuple(ocsps))


def _links(
    certificate: x509.Certificate, pool: Iterable[x509.Certificate]
) -> Iterator[tuple[x509.Certificate, x509.Certificate]]:
    """Subject and issuer from the signer up to the root, as far as the authorities are known."""
    subject, candidates = certificate, tuple(dict.fromkeys(pool))
    for _ in range(_LONGEST):
        issuer = next((c for c in candidates if c != subject and directly_issued(subject, c)), None)
        if issuer is None:
            return
        yield subject, issuer
        subject = issuer


def _asked(
    subject: x509.Certificate, issuer: x509.Certificate, fetch: Fetch
) -> tuple[list[x509.CertificateRevocationList], list[bytes]]:
    """List and OCSP answer from the places the certificate names. Raises NoAnswer when there are places and none answers."""
    failures: list[str] = []

    def first(urls: Iterable[str], ask: Callable[[str], _Found]) -> list[_Found]:
        for url in urls:
            try:
                return [ask(url)]
            except NoAnswer as problem:
                failures.append(f"{url}: {problem.message}")
        return []

    lists = first(_list_urls(subject), lambda url: _list(issuer, url, fetch))
    answers = first(_ocsp_urls(subject), lambda url: _ocsp(subject, issuer, url, fetch))
    if failures and not lists and not answers:
        raise NoAnswer(
            f"whether the certificate of {common_name(subject)} is revoked cannot be found out ({'; '.join(failures)})",
            hint="sign again when the authority answers",
        )
    return lists, answers


def _list(issuer: x509.Certificate, url: str, fetch: Fetch) -> x509.CertificateRevocationList:
    try:
        crl = x509.load_der_x509_crl(fetch(url, None))
    except (ValueError, UnsupportedAlgorithm):
        raise NoAnswer("its answer is no revocation list", where=url) from None
    if not issued_by(crl, issuer):
        raise NoAnswer("its list is another authority's", where=url)
    return crl


def _ocsp(subject: x509.Certificate, issuer: x509.Certificate, url: str, fetch: Fetch) -> bytes:
    question = ocsp.OCSPRequestBuilder().add_certificate(subject, issuer, hashes.SHA1()).build()  # noqa: S303 - a name, no secret
    answer = fetch(url, question.public_bytes(Encoding.DER))
    try:
        status, since = _status(answer, subject, issuer)
    except NoAnswer as problem:
        raise NoAnswer(problem.message, where=url) from None
    except Exception:  # noqa: BLE001 - a damaged answer can fail anywhere inside the ASN.1 library
        raise NoAnswer("its answer is no OCSP response", where=url) from None
    if status == "revoked":
        raise _revoked(subject, f" at {stored(since)}" if since else "")
    if status != "good":
        raise NoAnswer("it does not know this certificate", where=url)
    return answer


def _status(answer: bytes, subject: x509.Certificate, issuer: x509.Certificate) -> tuple[str, dt.datetime | None]:
    """good, revoked or unknown, and since when, from an answer signed for this issuer. Raises NoAnswer.

    Read by asn1crypto: responders write fractions of seconds, which RFC 6960 does not allow and `cryptography` does not read.
    """
    from asn1crypto import ocsp as asn1_ocsp

    read = asn1_ocsp.OCSPResponse.load(answer, strict=True)
    if read["response_status"].native != "successful":
        raise NoAnswer("it does not answer for this certificate")
    basic = read["response_bytes"]["response"].parsed
    told = next(
        (r for r in basic["tbs_response_data"]["responses"] if r["cert_id"]["serial_number"].native == subject.serial_number),
        None,
    )
    if told is None:
        raise NoAnswer("it does not answer for this certificate")
    responders = [x509.load_der_x509_certificate(c.dump()) for c in basic["certs"] or ()]
    signed, value = basic["tbs_response_data"].dump(), basic["signature"].native
    if not any(signed_by(r, signed, value) for r in (issuer, *responders) if r == issuer or _may_answer(r, issuer)):
        raise NoAnswer("its answer is not signed for this authority")
    status = told["cert_status"]
    return status.name, status.chosen["revocation_time"].native if status.name == "revoked" else None


def _may_answer(responder: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether the authority has said of another that it answers for it (RFC 6960, 4.2.2.2)."""
    try:
        uses = responder.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return False
    return ExtendedKeyUsageOID.OCSP_SIGNING in uses and directly_issued(responder, issuer)


def _refuse_revoked(subject: x509.Certificate, crl: x509.CertificateRevocationList) -> None:
    entry = crl.get_revoked_certificate_by_serial_number(subject.serial_number)
    if entry is not None:
        raise _revoked(subject, f" at {stored(entry.revocation_date_utc)}")


def _revoked(subject: x509.Certificate, when: str) -> Refused:
    return Refused(f"the certificate of {common_name(subject)} was revoked{when}", hint="issue a new certificate to this signer")


def _list_urls(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except x509.ExtensionNotFound:
        return ()
    return _urls(name for point in points for name in point.full_name or ())


def _ocsp_urls(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except x509.ExtensionNotFound:
        return ()
    return _urls(a.access_location for a in access if a.access_method == AuthorityInformationAccessOID.OCSP)


def _urls(names: Iterable[x509.GeneralName]) -> tuple[str, ...]:
    found = (n.value for n in names if isinstance(n, x509.UniformResourceIdentifier))
    return tuple(url for url in found if url.startswith(("http://", "https://")))
