"""How old signatures are by the word of others: a time stamp or a witness over a checkpoint vouches for every event below it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from csvgen.audit import merkle
from csvgen.audit.anchors import NOTE, TOKEN, checkpoint_of
from csvgen.canonical import read_canonical
from csvgen.clock import shown, stored
from csvgen.crypto.notes import COSIGNATURE, ED25519
from csvgen.crypto.timestamps import verify_token
from csvgen.crypto.trust import Trust
from csvgen.errors import NotIntact
from csvgen.model.verification import Answer, SignatureAnswers
from csvgen.signature.approvals import Approval
from csvgen.signature.record import Signature
from csvgen.verification.anchors import Trail, seen
from csvgen.verification.outside import Outside


@dataclass(frozen=True, slots=True)
class Moment:
    """The first `size` events existed at `at`, says `by`."""

    size: int
    at: dt.datetime
    by: str


def moments(trail: Trail, trust: Trust, outside: Outside) -> tuple[Moment, ...]:
    """What others say about the age of this very trail; checkpoints of another one, and keys nobody believes, say nothing here."""
    others = seen(trail, trust, outside)
    tokens = {(h.anchor, h.name.removesuffix(TOKEN)): h for h in others.held if h.name.endswith(TOKEN)}
    roots = _roots(trail.bodies)
    found: list[Moment] = []
    for item in (h for h in others.held if h.name.endswith(NOTE)):
        try:
            note, checkpoint = checkpoint_of(item)
            vouched = note.vouched(others.verifiers)
        except NotIntact:
            continue  # told by the check of the checkpoints; here it is only no proof
        own = any(v.by.kind == ED25519 and v.by.name == checkpoint.origin for v in vouched)
        if not own or roots(checkpoint.size) != checkpoint.root:
            continue
        found += [
            Moment(checkpoint.size, v.moment, f"witness {v.by.name}") for v in vouched if v.by.kind == COSIGNATURE and v.moment
        ]
        token = tokens.get((item.anchor, item.name.removesuffix(NOTE)))
        try:
            time = verify_token(token.data, bytes(note), roots=others.roots) if token is not None else None
        except NotIntact:
            continue
        found += [Moment(checkpoint.size, time.moment, time.authority)] if time is not None else []
    return tuple(sorted(found, key=lambda m: m.at))


class _roots:  # noqa: N801 - a function that remembers how far it came
    """Root of the tree over the first so many events; sizes may be asked for in any order."""

    def __init__(self, bodies: Sequence[bytes]) -> None:
        self._bodies = bodies
        self._known = {0: merkle.EMPTY}

    def __call__(self, size: int) -> bytes | None:
        if size > len(self._bodies):
            return None
        if size not in self._known:
            self._known[size] = merkle.root([merkle.leaf_hash(body) for body in self._bodies[:size]])
        return self._known[size]


def proven(
    found: Sequence[SignatureAnswers], trail: Trail, approvals: Sequence[Approval], trust: Trust, outside: Outside
) -> list[SignatureAnswers]:
    """The answers with proven times; a certificate revoked after a proven time counts again."""
    known = moments(trail, trust, outside)
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
    moment = next((m for m in known if number is not None and m.size >= number), None)
    if moment is None or signature is None:
        return answer
    judged = signature.judged(trust, outside.external)
    if judged.revoked_at is not None and moment.at < judged.revoked_at:
        judged = signature.judged(trust, outside.external, proven=True)
    reasons = [r for r in answer.reasons if "revoked" not in r and "clock" not in r]
    reasons += [judged.reason] if judged.trusted is not True and judged.reason else []
    said = f"signed at the latest {shown(stored(moment.at))}, says {moment.by}"
    return replace(answer, trusted=Answer.of(judged.trusted), time_proven=Answer.YES, reasons=(*reasons, said))
