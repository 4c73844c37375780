"""Whom a reader believes: roots that come from outside, and what their authorities have taken back.

Paths are built and judged by `cryptography.x509.verification` (RFC 5280, 6.1: signatures, names, validity, basic constraints, path
length). It was chosen over pyhanko-certvalidator because it is small, pure and quick, and asks nobody: no fetching, no clock of
its own. Its one profile is that of web servers, so the extension policies here are ours: what a signature on a document needs.
It knows nothing of revocation. That part is a look-up in lists whose signatures are checked here.

Nothing but the roots is believed by itself. Authorities between and revocation lists may come with a package, from anybody.
"""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Literal

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.x509 import verification
from cryptography.x509.oid import ExtendedKeyUsageOID

from csvgen.clock import stored
from csvgen.crypto.certificates import names_people, person_id
from csvgen.crypto.keys import public_bytes
from csvgen.errors import BadInput

_USES = frozenset(
    {
        ExtendedKeyUsageOID.EMAIL_PROTECTION,
        ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,
        x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36"),  # id-kp-documentSigning, RFC 9336
        x509.ObjectIdentifier("1.3.6.1.4.1.311.10.3.12"),  # document signing, as Microsoft's authorities name it
    }
)
_LONGEST = 4
"""Authorities between a root and a signer: more than any organisation has, few enough to search."""

_LIST = re.compile(rb"-----BEGIN X509 CRL-----.+?-----END X509 CRL-----", re.DOTALL)
_CERTIFICATE = b"-----BEGIN CERTIFICATE-----"
_DER = b"\x30"

Use = Literal["signatures", "time stamps"]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is to be thought of a certificate at a moment."""

    trusted: bool | None
    """None when it cannot be known: no root was given, or the list that would tell of a revocation is not at hand."""
    reason: str = ""
    """Why it is not trusted, or why that is not known; empty when it is trusted."""
    revoked_at: dt.datetime | None = None
    """Since when its authority no longer stands by it, if it said so, whether or not that counts at the moment asked for."""
    known_until: dt.datetime | None = None
    """Issue of the newest list that speaks about it; of what came later nothing is known. None without a list."""
    root: x509.Certificate | None = None
    """Where the path ends; None when there is no path."""


@dataclass(frozen=True)
class Trust:
    """Roots from outside, with plain data that may come from anywhere."""

    none: ClassVar[Trust]
    """No root at all: trust is unknown, never true."""

    roots: tuple[x509.Certificate, ...]
    crls: tuple[x509.CertificateRevocationList, ...] = ()
    """Each counts only for certificates of the authority whose signature it carries."""
    intermediates: tuple[x509.Certificate, ...] = field(default=(), kw_only=True)
    """Authorities between, believed as far as a root vouches for them."""

    def plus(self, other: Trust) -> Trust:
        """With the lists and the authorities between of `other`, but not its roots."""
        return replace(self, crls=(*self.crls, *other.crls), intermediates=(*self.intermediates, *other.intermediates))

    def judge(
        self,
        certificate: x509.Certificate,
        moment: dt.datetime,
        *,
        intermediates: Iterable[x509.Certificate] = (),
        proven: bool = False,
        use: Use = "signatures",
    ) -> Judgement:
        """Whether a root vouches for a certificate and its `use` at `moment`, the time of the signature.

        `proven` says that somebody else (a time stamp, an anchored trail) shows the signature to be as old as `moment`. Without
        that a thief of the key could have chosen the time, so a revoked certificate counts for nothing, whenever it was revoked.
        """
        if not self.roots:
            return Judgement(None, "no trust root was given")
        if moment < certificate.not_valid_before_utc:
            return Judgement(False, f"the certificate was not yet valid: it is from {stored(certificate.not_valid_before_utc)}")
        if moment > certificate.not_valid_after_utc:
            return Judgement(False, f"the certificate had expired at {stored(certificate.not_valid_after_utc)}")
        try:
            path = self._path(certificate, moment, (*self.intermediates, *intermediates), _POLICIES[use])
        except (verification.VerificationError, ValueError, UnsupportedAlgorithm) as problem:
            return Judgement(False, _why(problem))
        return self._unless_revoked(path, moment, proven=proven)

    def judge_person(self, certificate: x509.Certificate, person: str, moment: dt.datetime, *, proven: bool = False) -> Judgement:
        """As `judge`, and whether our own authority says that the key of the certificate is this person's.

        It says so in the certificate itself, when it issued it; of a certificate issued elsewhere, in one of its own over the same
        key, which lies with the plain data. No other authority can speak of our ids, whatever it writes into its certificates.
        """
        judged = self.judge(certificate, moment, proven=proven)
        if judged.trusted is not True:
            return judged
        key = public_bytes(certificate)
        same = (certificate, *(c for c in self.intermediates if public_bytes(c) == key))
        claims = [self.judge(c, moment, proven=proven) for c in same if person_id(c) == person]
        ours = [j for j in claims if j.root is not None and names_people(j.root)]
        if any(j.trusted for j in ours):
            return judged
        fallback = Judgement(False, f"no authority of this project says that the certificate is {person}'s")
        return next((j for j in ours if j.trusted is None), next(iter(ours), fallback))

    def _unless_revoked(self, path: list[x509.Certificate], moment: dt.datetime, *, proven: bool) -> Judgement:
        revoked, known, complete = self._revocation(path)
        root = path[-1]
        if revoked is not None and not (proven and moment < revoked):
            when = f"was revoked at {stored(revoked)}"
            doubt = ", and nothing but the signer's own clock says that the signature is older"
            return Judgement(False, f"the certificate {when}{doubt if moment < revoked else ''}", revoked, known, root)
        if revoked is None and not complete:
            return Judgement(None, "its authority publishes revocations, and no list of them is at hand", None, known, root)
        return Judgement(True, "", revoked, known, root)

    def _path(
        self,
        certificate: x509.Certificate,
        moment: dt.datetime,
        between: Iterable[x509.Certificate],
        policy: verification.ExtensionPolicy,
    ) -> list[x509.Certificate]:
        """Signer first, root last. Raises VerificationError when there is no path at that moment."""
        roots = [r for r in self.roots if _is_authority(r)]  # the library takes whatever is in its store, a signer too
        if not roots:
            raise ValueError("no root")
        builder = (
            verification.PolicyBuilder()
            .store(verification.Store(roots))
            .time(moment)
            .max_chain_depth(_LONGEST)
            .extension_policies(ca_policy=_AUTHORITIES, ee_policy=policy)
        )
        return list(builder.build_client_verifier().verify(certificate, list(dict.fromkeys(between))).chain)

    def _revocation(self, path: list[x509.Certificate]) -> tuple[dt.datetime | None, dt.datetime | None, bool]:
        """Earliest revocation on the path; issue of the newest list about the signer; whether each list that ought to be there is."""
        times: list[dt.datetime] = []
        known: dt.datetime | None = None
        complete = True
        for subject, issuer in itertools.pairwise(path):
            lists = sorted((c for c in self.crls if issued_by(c, issuer)), key=lambda c: c.last_update_utc)
            entries = [e for c in lists if (e := c.get_revoked_certificate_by_serial_number(subject.serial_number)) is not None]
            times += [_since(e) for e in entries]
            if subject is path[0] and lists:
                known = lists[-1].last_update_utc
            complete = complete and (bool(lists) or not _publishes(subject))
        return min(times, default=None), known, complete


Trust.none = Trust(())


def issued_by(crl: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
    """Whether a list is this authority's: its name, its signature, and its right to sign lists (RFC 5280, 6.3.3)."""
    try:
        usage = issuer.extensions.get_extension_for_class(x509.KeyUsage).value
        return crl.issuer == issuer.subject and usage.crl_sign and crl.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]
    except (x509.ExtensionNotFound, InvalidSignature, UnsupportedAlgorithm, TypeError, ValueError):
        return False


def read_trust(data: bytes, where: str) -> Trust:
    """Roots of a PEM file: every self-signed authority in it. What else it holds is plain data. Raises BadInput when there is no root."""
    found = read_chain(data, where)
    for certificate in found.intermediates:
        if not _is_authority(certificate):
            raise BadInput(f"{certificate.subject.rfc4514_string()} is no authority; it vouches for nobody", where=where)
    roots = tuple(c for c in found.intermediates if c.issuer == c.subject)
    if not roots:
        raise BadInput("there is no root certificate in this file", where=where, hint="a self-signed authority, in PEM")
    return Trust(roots, found.crls, intermediates=tuple(c for c in found.intermediates if c not in roots))


def read_chain(data: bytes, where: str) -> Trust:
    """Plain data that leads to roots: authorities between and revocation lists, in PEM, or one list in DER. Gives back no root.

    Raises BadInput, for a list too that does not tell the whole story (RFC 5280, 5.2).
    """
    try:
        certificates = tuple(x509.load_pem_x509_certificates(data)) if _CERTIFICATE in data else ()
        crls = tuple(x509.load_pem_x509_crl(text) for text in _LIST.findall(data))
        if data.startswith(_DER):
            crls = (x509.load_der_x509_crl(data),)
        faults = [fault for crl in crls if (fault := _unusable(crl))]
    except (ValueError, UnsupportedAlgorithm):
        raise BadInput("this is not a PEM file with certificates and revocation lists", where=where) from None
    if not certificates and not crls:
        raise BadInput("there is no certificate and no revocation list in this file", where=where)
    if faults:
        raise BadInput(faults[0], where=where, hint="a full list, by the authority itself, for all reasons (RFC 5280, 5)")
    return Trust((), crls, intermediates=certificates)


def chain_file(trust: Path) -> Path:
    """Where the revocation lists and authorities between lie that belong to a trust file: ``roots.pem`` -> ``roots.chain.pem``."""
    return trust.with_suffix(".chain.pem")


def trust_at(path: Path) -> Trust:
    """The roots of a trust file with what lies beside it; `Trust.none` when the file is not there. Raises BadInput."""
    if not path.exists():
        return Trust.none
    found, beside = read_trust(path.read_bytes(), str(path)), chain_file(path)
    return found.plus(read_chain(beside.read_bytes(), str(beside))) if beside.exists() else found


def _unusable(crl: x509.CertificateRevocationList) -> str:
    """Why a list cannot be believed to be the whole story, or an empty string (RFC 5280, 5.2)."""
    for extension in crl.extensions:
        if isinstance(extension.value, x509.DeltaCRLIndicator):
            return "a revocation list holds changes only (a delta)"
        point = extension.value
        if isinstance(point, x509.IssuingDistributionPoint):
            if point.indirect_crl or point.only_some_reasons or point.only_contains_attribute_certs:
                return "a revocation list is indirect or tells only a part"
        elif extension.critical:
            return f"a revocation list has a critical extension that is not known here: {extension.oid.dotted_string}"
    return ""


def _since(entry: x509.RevokedCertificate) -> dt.datetime:
    """When the key ceased to be its owner's alone: the date of revocation, or the earlier one since which it is suspected."""
    try:
        suspected = entry.extensions.get_extension_for_class(x509.InvalidityDate).value.invalidity_date_utc
    except x509.ExtensionNotFound:
        return entry.revocation_date_utc
    return min(entry.revocation_date_utc, suspected)


def _publishes(certificate: x509.Certificate) -> bool:
    try:
        return bool(certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value)
    except x509.ExtensionNotFound:
        return False


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _must(text: str, holds: Callable[[Any], bool]) -> Callable[[Any, x509.Certificate, Any], None]:
    """A validator of one extension; None stands for one that is not there."""

    def validate(_policy: object, _certificate: x509.Certificate, value: Any) -> None:
        if value is not None and not holds(value):
            raise ValueError(text)

    return validate


_ANY = verification.Criticality.AGNOSTIC
_AUTHORITIES = (
    verification.ExtensionPolicy.permit_all()
    .require_present(x509.BasicConstraints, _ANY, _must("its issuer is no authority", lambda constraints: constraints.ca))
    .require_present(x509.KeyUsage, _ANY, _must("its issuer's key is not for certificates", lambda usage: usage.key_cert_sign))
)
_SIGNERS = (
    verification.ExtensionPolicy.permit_all()
    .may_be_present(
        x509.BasicConstraints, _ANY, _must("it is an authority's, not a signer's", lambda constraints: not constraints.ca)
    )
    .require_present(
        x509.KeyUsage, _ANY, _must("its key is not for signatures", lambda u: u.digital_signature or u.content_commitment)
    )
    .may_be_present(
        x509.ExtendedKeyUsage,
        _ANY,
        _must("it is for another use than signing documents", lambda uses: bool(_USES.intersection(uses))),
    )
)
_STAMPS = (
    verification.ExtensionPolicy.permit_all()
    .may_be_present(
        x509.BasicConstraints, _ANY, _must("it is an authority's, not a signer's", lambda constraints: not constraints.ca)
    )
    .require_present(
        x509.ExtendedKeyUsage,
        verification.Criticality.CRITICAL,
        _must("it is not for time stamps alone (RFC 3161, 2.3)", lambda uses: list(uses) == [ExtendedKeyUsageOID.TIME_STAMPING]),
    )
)
_POLICIES: dict[Use, verification.ExtensionPolicy] = {"signatures": _SIGNERS, "time stamps": _STAMPS}
_OURS = re.compile(r"ValueError: (.+?) \(encountered")


def _why(problem: Exception) -> str:
    """The words of our own policies; those of the library say nothing to a reader."""
    ours = _OURS.search(str(problem))
    return f"the certificate cannot be relied on: {ours[1]}" if ours else "no trusted root vouches for the certificate"
