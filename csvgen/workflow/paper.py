"""Signatures by hand: a scan is registered by one person and compared with the paper by another (21 CFR 11.70).

Registering makes a record of its own; the station of the document is done when a second person has signed that record as
verified. Nothing here counts as an electronic signature of whoever held the pen.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ValidationError

from csvgen.canonical import digest_bytes
from csvgen.errors import BadInput, Refused
from csvgen.model.people import Account
from csvgen.model.signature import DocumentRecord
from csvgen.signature.handwritten import Handwritten, scan_type
from csvgen.workflow import gates
from csvgen.workflow.documents import Publisher


def register(
    publisher: Publisher,
    document_id: str,
    scan: bytes,
    *,
    printed_name: str,
    dated: str,
    original: str,
    registrar: Account,
    now: str,
    where: str = "scan",
) -> DocumentRecord:
    """Put a signature by hand up for verification; returns its record.

    `printed_name` and `dated` as written on the paper, `original` where the paper is kept. Raises Refused where the record does
    not wait for a signature on paper (a picture is never an electronic signature, RR-L07), BadInput for a scan of another kind.
    """
    state = publisher.state
    approval = state.latest(document_id)
    if approval is None or (station := approval.awaiting) is None:
        raise Refused(f"no signature on {document_id} is waited for", hint="csvgen status", rule="RR-L07")
    if station.by != "paper":
        raise Refused(
            f"{document_id} waits for an electronic signature ({station.meaning} as {station.role}); a picture is never one",
            hint="csvgen sign, with the signer's own components; or `by: paper` for this station in protocol.yaml",
            rule="RR-L07",
        )
    if refusal := gates.may_sign(state, approval):
        raise Refused(f"{document_id} cannot be signed now: {refusal}", rule="RR-X12")
    for pair in approval.document.separation:
        clash = {pair[0]: pair[1], pair[1]: pair[0]}.get(station.meaning)
        if clash and any(s.record.printed_name == printed_name and s.record.meaning == clash for s in approval.signatures):
            raise Refused(
                f"{printed_name} has signed this record as {clash} and may not sign it as {station.meaning}", rule="RR-G02"
            )
    extension, media_type = scan_type(scan, where)
    content = _written(
        {
            "record": document_id,
            "revision": approval.document.revision,
            "record_digest": approval.document.digest,
            "number": station.number,
            "meaning": station.meaning,
            "role": station.role,
            "printed_name": printed_name,
            "dated": dated,
            "scan": f"scan-{station.number}.{extension}",
            "scan_sha256": digest_bytes(scan),
            "original": original,
            "registered_by": registrar.id,
            "registrar": registrar.printed_name,
            "registered": now,
        }
    )
    return publisher.handwritten(content, scan, media_type)


def _written(values: Mapping[str, object]) -> Handwritten:
    try:
        return Handwritten.model_validate(values)
    except ValidationError as problem:
        first = problem.errors()[0]
        raise BadInput(f"{'.'.join(map(str, first['loc'])).replace('_', ' ')}: {first['msg']}", rule="RR-L07") from None


def not_the_same(document: DocumentRecord, content: object, account: Account) -> Refused | None:
    """Why a person may not verify a copy: they registered it, or it is their own signature; None when they may."""
    if document.kind != "handwritten" or not isinstance(content, dict):
        return None
    said = Handwritten.model_validate(content)
    if account.id == said.registered_by:
        return Refused(f"{account.id} registered this scan; a second person compares it with the paper", rule="RR-L07")
    if account.printed_name == said.printed_name:
        return Refused(f"{account.printed_name} signed this paper; another person compares the scan with it", rule="RR-L07")
    return None
