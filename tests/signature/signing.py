"""Records to sign, for the tests of signature records, routes and approval folders."""

from __future__ import annotations

import datetime as dt

from csvgen import clock
from csvgen.canonical import digest
from csvgen.model.signature import REASONS, SCHEME, STATEMENTS, DocumentRecord, RequiredSignature, SignatureRecord
from csvgen.signature.record import Signature, make

ROUTE = (("authored", "validation-lead"), ("reviewed", "quality-assurance"), ("approved", "process-owner"))
SEPARATION = (("authored", "approved"), ("authored", "reviewed"))


def document(pki, **changed: object) -> DocumentRecord:
    """A document that waits for three signatures."""
    values = {
        "id": "TNY-URS", "kind": "urs", "title": "Requirements", "revision": 1, "system": "tiny", "system_version": "1.0",
        "content": digest("what it says"), "signatures": tuple(RequiredSignature(number=n, meaning=m, role=r) for n, (m, r) in enumerate(ROUTE, 1)),
        "separation": SEPARATION, "composed": clock.stored(pki.now), "composed_by": "csvgen",
    }  # fmt: skip
    return DocumentRecord.model_validate({**values, **changed})


def signed(
    pki, on: DocumentRecord, place: int, earlier: tuple[Signature, ...] = (), /, by: int | None = None, **changed: object
) -> Signature:
    """The signature of a place on the route (from 0), by the person of that place or another."""
    who = pki.people[place if by is None else by]
    from csvgen.crypto import certificates

    meaning = str(changed.get("meaning", ROUTE[place][0]))
    newest = {"reason_code": next(iter(REASONS.get(meaning, {"none": ""}))), "scheme": SCHEME, "audit_root": digest("root")}
    values = {
        **(newest if changed.get("format") != "csvgen.signature/1" else {}),
        "record": on.id, "revision": on.revision, "record_digest": on.digest, "number": place + 1, "meaning": meaning,
        "statement": STATEMENTS.get(meaning, ""), "reason": "read", "person": certificates.person_id(who.certificate),
        "printed_name": certificates.common_name(who.certificate), "role": ROUTE[place][1],
        "signed": clock.stored(pki.now + dt.timedelta(seconds=place + 1)), "offset": "+00:00", "components": ("user id", "password"),
        "first_in_session": True, "certificate": who.fingerprint, "previous": tuple(s.digest for s in earlier),
        "audit_count": 0, "audit_head": digest(""),
    }  # fmt: skip
    return make(SignatureRecord.model_validate({**values, **changed}), who)


def all_signed(pki, on: DocumentRecord) -> tuple[Signature, ...]:
    made: tuple[Signature, ...] = ()
    for place in range(len(ROUTE)):
        made = (*made, signed(pki, on, place, made))
    return made
