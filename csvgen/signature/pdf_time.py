"""What the time stamps of a PDF prove, worked out offline from the file and roots that come from outside.

From the newest stamp backwards (ETSI EN 319 102-1, 5.6.2, in its plain form): the newest has to be believed at the moment of the
question, and each older one at the time which the newer prove. So a stamp whose authority's certificate has run out counts as
long as a newer one was put over it in time, and no longer. A signature is at least as old as the oldest stamp over it that is believed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from cryptography import x509

from csvgen import clock
from csvgen.crypto.trust import Judgement, Trust
from csvgen.signature.pdf_found import PdfSignature, PdfTimeStamp
from csvgen.signature.pdf_policy import of

if TYPE_CHECKING:
    from pyhanko.pdf_utils.reader import PdfFileReader

TOLERANCE = dt.timedelta(minutes=5)
"""How far the clock of the signing system and that of an authority may be apart before it is told as a fault."""


def store_of(reader: PdfFileReader) -> tuple[Trust, tuple[str, ...]]:
    """Certificates and revocation lists of the security store (no root among them), and what in it cannot be read."""
    from pyhanko.pdf_utils.decode_limits import DecodePurpose

    store = of(reader.root, "/DSS")
    if store is None:
        return Trust.none, ()
    certificates: list[x509.Certificate] = []
    lists: list[x509.CertificateRevocationList] = []
    problems = []
    for entry in of(store, "/Certs", ()):
        try:
            certificates.append(x509.load_der_x509_certificate(entry.get_object().read_data(DecodePurpose.CERTIFICATE)))
        except Exception as problem:  # noqa: BLE001 - whatever stands there
            problems.append(f"a certificate in the security store cannot be read ({type(problem).__name__})")
    for entry in of(store, "/CRLs", ()):
        try:
            lists.append(x509.load_der_x509_crl(entry.get_object().read_data(DecodePurpose.CRL)))
        except Exception as problem:  # noqa: BLE001 - as above
            problems.append(f"a revocation list in the security store cannot be read ({type(problem).__name__})")
    return Trust((), tuple(lists), intermediates=tuple(certificates)), tuple(problems)


def believed(
    stamps: Sequence[tuple[PdfTimeStamp, x509.Certificate | None]], times: Trust, moment: dt.datetime | None
) -> tuple[PdfTimeStamp, ...]:
    """The stamps (by revision) with what is to be thought of their authorities, asked at `moment`.

    Without a moment the newest is asked at its own time: what it proved then, not whether it still proves it.
    """
    found: list[PdfTimeStamp] = []
    at = moment
    for stamp, certificate in reversed(stamps):
        if certificate is None or stamp.moment is None:
            found.append(replace(stamp, trusted=False if times.roots else None, distrust="it cannot be read"))
            continue
        judgement = _judged(certificate, stamp.moment, at or stamp.moment, times)
        found.append(replace(stamp, trusted=judgement.trusted, distrust=judgement.reason))
        if judgement.trusted and not stamp.faults:
            at = stamp.moment
    return tuple(reversed(found))


def _judged(certificate: x509.Certificate, stamped: dt.datetime, at: dt.datetime, times: Trust) -> Judgement:
    """An authority has to be sound when it stamped, and still at the moment until which its word is needed."""
    then = times.judge(certificate, stamped, proven=True, use="time stamps")
    if not then.trusted or at <= stamped:
        return then
    later = times.judge(certificate, at, proven=True, use="time stamps")
    if later.trusted is False:
        why = "nobody put a newer time stamp over it in time"
        return replace(later, reason=f"at {clock.shown(clock.stored(at))} {later.reason}, and {why}")
    return later


def with_time(
    signature: PdfSignature, certificate: x509.Certificate | None, stamps: Sequence[PdfTimeStamp], trust: Trust
) -> PdfSignature:
    """The signature with its proven time, and with trust as of that time, else as of the time it claims."""
    over = [s for s in stamps if s.revision > signature.revision and not s.faults and s.moment is not None]
    stamp = next((s for s in over if s.trusted), None)
    if stamp is None:
        proof = over[0].distrust if over else "nobody but the signer's own clock tells it"
        proof = f"not proven: {proof}" if not over else f"not proven: no believed time stamp ({proof})"
        proven = None
    else:
        proven, proof = stamp.moment, f"at least as old as {_text(stamp.moment)}, says {stamp.authority}"
    judgement = _signer(certificate, signature.claimed, proven, trust)
    return replace(
        signature,
        proven=proven,
        proof=proof,
        trusted=judgement.trusted,
        distrust=judgement.reason,
        problems=(*signature.problems, *_impossible(signature, stamps)),
    )


def _signer(
    certificate: x509.Certificate | None, claimed: dt.datetime | None, proven: dt.datetime | None, trust: Trust
) -> Judgement:
    if not trust.roots:
        return Judgement(None, "no trust root was given")
    if certificate is None or claimed is None:
        return Judgement(False, "there is no certificate or no time to judge it at")
    by_claim = trust.judge(certificate, claimed)
    if proven is None or claimed > proven + TOLERANCE:
        return by_claim
    by_proof = trust.judge(certificate, proven, proven=True)
    if by_proof.trusted:
        early = trust.judge(certificate, claimed, proven=True)
        return by_proof if early.trusted else early
    # A stamp put on after the certificate had run out shows nothing of the time before, and must not make a signature worse.
    return by_claim if by_proof.revoked_at is None else by_proof


def _impossible(signature: PdfSignature, stamps: Sequence[PdfTimeStamp]) -> tuple[str, ...]:
    """A claimed time that the believed stamps before and behind the signature do not allow."""
    claimed = signature.claimed
    if claimed is None:
        return ()
    problems = []
    for stamp in stamps:
        if not stamp.trusted or stamp.faults or stamp.moment is None:
            continue
        slack = TOLERANCE + stamp.accuracy
        if stamp.revision > signature.revision and claimed > stamp.moment + slack:
            problems.append(f"it claims to be later than the time stamp over it ({_text(stamp.moment)})")
        if stamp.revision < signature.revision and claimed < stamp.moment - slack:
            problems.append(f"it claims to be earlier than the time stamp it is over ({_text(stamp.moment)})")
    return tuple(problems[:1])


def _text(moment: dt.datetime | None) -> str:
    return clock.shown(clock.stored(moment)) if moment else "no time"
