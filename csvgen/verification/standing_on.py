"""The records a document stands on, each by a digest over the record and every signature on it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from csvgen.canonical import digest
from csvgen.model.spec import DocumentKind
from csvgen.signature.approvals import Approval


def standing_on(approvals: Sequence[Approval], kinds: Collection[DocumentKind]) -> Mapping[str, str]:
    """Newest revision of each record of these kinds. A signature more, a withdrawal or a refusal gives another digest."""
    newest = {a.document.id: a for a in approvals if a.document.kind in kinds}
    return {f"{a.document.id} r{a.document.revision}": _of(a) for a in newest.values()}


def _of(approval: Approval) -> str:
    signed = [s.digest for s in (*approval.signatures, *([approval.withdrawn] if approval.withdrawn else []))]
    by_hand = [p.document.digest for p in approval.paper]
    return digest([approval.document.digest, signed, by_hand])
