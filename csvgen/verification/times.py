"""How old signatures are by the word of others: a time stamp or a witness over a checkpoint vouches for every event below it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from csvgen.audit.anchored import Moment, moments
from csvgen.canonical import read_canonical
from csvgen.clock import shown, stored
from csvgen.crypto.trust import Trust
from csvgen.model.verification import Answer, SignatureAnswers
from csvgen.signature.approvals import Approval
from csvgen.signature.record import Signature
from csvgen.verification.anchors import Trail, seen
from csvgen.verification.outside import Outside


def proven(
    found: Sequence[SignatureAnswers], trail: Trail, approvals: Sequence[Approval], trust: Trust, outside: Outside
) -> list[SignatureAnswers]:
    """The answers with proven times; a certificate revoked after a proven time counts again."""
    known = moments(trail.bodies, seen(trail, trust, outside))
    if not known:
        return list(found)
    told = dict(_told(trail.bodies))
    places = {f"{a.document.id} r{a.document.revision} {s.name}.json": s for a in approvals for s in a.signatures}
    return [_with_time(answer, places.get(answer.subject), told, known, trust, outside) for answer in found]


def _told(bodies: Sequence[bytes]) -> Iterator[tuple[str, int]]:
    """Digest of each signature -> number of the event that tells of it."""
    for number, body in enumerate(bodies, 1):
        event = read_canonical(body)
        if event["action"] == "sign":
            yield from ((c["new"], number) for c in event["changes"] if c["field"] == "signature")


def _with_time(
    answer: SignatureAnswers,
    signature: Signature | None,
    told: dict[str, int],
    known: Sequence[Moment],
    trust: Trust,
    outside: Outside,
) -> SignatureAnswers:
    number = told.get(str(signature.digest)) if signature is not None else None
    moment = min((m for m in known if number is not None and m.size >= number), key=lambda m: m.at, default=None)
    if moment is None or signature is None:
        return answer
    judged = signature.judged(trust, outside.external)
    if judged.revoked_at is not None and moment.at < judged.revoked_at:
        judged = signature.judged(trust, outside.external, proven=True)
    reasons = [r for r in answer.reasons if "revoked" not in r and "clock" not in r]
    reasons += [judged.reason] if judged.trusted is not True and judged.reason else []
    said = f"signed at the latest {shown(stored(moment.at))}, says {moment.by}"
    return replace(answer, trusted=Answer.of(judged.trusted), time_proven=Answer.YES, reasons=(*reasons, said))
