"""Checks of what people decided in an instance: every signature, and that each decision has the one it needs."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import Any

from cryptography import x509

from csvgen.audit.ledger import Version
from csvgen.canonical import digest_bytes
from csvgen.crypto.keys import fingerprint
from csvgen.crypto.trust import Judgement, Trust
from csvgen.errors import CsvgenError
from csvgen.model.verification import Answer, SignatureAnswers
from csvgen.pipeline.signing import word_of
from csvgen.signature import record as signatures
from csvgen.signature.record import Signature
from csvgen.verification.answers import NO_TIME_STAMP
from csvgen.verification.asking import ask
from csvgen.verification.checks import Checks
from csvgen.verification.instance_seen import Seen
from csvgen.verification.instance_studies import check_studies

CERTIFICATES, FIXED, DECISIONS = (
    "signing certificates are those of the accounts",
    "audit trail still has the head each signature names",
    "decisions carry valid signatures",
)
_NEEDS = {"reviewed": ("reviewed",), "released": ("reviewed", "released"), "rejected": ("reviewed", "rejected")}
"""State of a lot -> meanings of the signatures it must carry."""


def check_people(seen: Seen, trust: Trust, checks: Checks) -> None:
    """Signatures, their certificates, the trail they fix, and the decisions that rest on them."""
    read = {v.id: _read(v) for v in seen.latest("signature").values()}
    held = {name: found for name, found in read.items() if isinstance(found, Signature)}
    answers = [_answers(seen, name, found, trust) for name, found in read.items()]
    checks.signed(answers)
    told = f"{len(answers)} signatures"
    for name, question in (
        ("signatures of people are intact", "intact"),
        ("signatures of people are valid", "valid"),
        ("signatures of people are trusted", "trusted"),
        ("signatures stand on the records they were made for", "whole"),
    ):
        if answers:
            ask(checks, name, answers, question, told, "")
        else:
            checks.note(name, "nothing to look at")
    checks.over(len(held), CERTIFICATES, [f for n, s in held.items() for f in _certificate(seen, n, s)], told)
    checks.over(len(held), FIXED, list(_heads(seen, held)), _fixed(held, seen))
    decided = list(_decisions(seen, held))
    counted = sum(str(v.content.get("state")) in _NEEDS for v in seen.latest("status").values())
    check_studies(seen, held, checks)
    deviations = len(seen.latest("deviation"))
    checks.over(counted + deviations, DECISIONS, decided, f"{counted} reviewed or decided, {deviations} deviations")


def _read(version: Version) -> Signature | str:
    try:
        body, cms = (base64.b64decode(str(version.content[k]), validate=True) for k in ("body", "cms"))
        return signatures.read(body, cms, version.id)
    except (CsvgenError, ValueError, KeyError) as problem:
        return problem.message if isinstance(problem, CsvgenError) else f"no signature is kept here ({type(problem).__name__})"


def _answers(seen: Seen, name: str, found: Signature | str, trust: Trust) -> SignatureAnswers:
    kept = seen.latest("signature")[name].content
    if isinstance(found, str):
        return SignatureAnswers(
            subject=name, form="record", printed_name=str(kept.get("printed_name", "")), person=str(kept.get("person", "")),
            meaning=str(kept.get("meaning", "")), intact=Answer.NO, valid=Answer.NO, reasons=(found,),
        )  # fmt: skip
    record = found.record
    judged = found.judged(trust)
    fault = _stands(seen, name, found)
    return SignatureAnswers(
        subject=name, form="record", printed_name=record.printed_name, person=record.person, role=record.role,
        meaning=word_of(record) or record.meaning, signed=record.signed, intact=Answer.YES, valid=Answer.YES,
        trusted=Answer.of(judged.trusted), whole=Answer.of(not fault), reasons=(*([fault] if fault else []), *_why(judged), NO_TIME_STAMP),
    )  # fmt: skip


def _why(judged: Judgement) -> tuple[str, ...]:
    if judged.trusted:
        return ()
    return (
        f"{judged.reason} (--trust: the ca.pem of the instance, as it was handed over)" if judged.root is None else judged.reason,
    )


def _stands(seen: Seen, name: str, found: Signature) -> str:
    """What is wrong with the bond of a signature and its record; empty when it stands on a version the record had."""
    record = found.record
    if name != f"{record.record}#{record.number}":
        return f"it was made as number {record.number} on {record.record}, and is kept as {name}"
    if seen.latest("signature")[name].content.get("digest") != found.digest:
        return "what is kept beside it is the digest of another signature"
    if not word_of(record):
        return "the meaning is none of this system's"
    kind, _, identity = record.record.partition("/")
    version = seen.version(kind, identity, record.revision)
    if version is None or version.sha256 != record.record_digest:
        return f"{record.record} version {record.revision} is not what was signed"
    return ""


def _certificate(seen: Seen, name: str, found: Signature) -> Iterator[str]:
    """The account had this certificate when it signed. Who holds the key of the authority can issue another in any name."""
    had: list[Any] = []
    for version in seen.records.get("account", {}).get(found.record.person, ()):
        if pem := str(version.content.get("certificate", "")):
            try:
                had.append(fingerprint(x509.load_pem_x509_certificate(pem.encode("utf-8"))))
            except ValueError:
                yield f"account/{found.record.person} version {version.number}: its certificate cannot be read"
    if fingerprint(found.certificate) not in had:
        yield f"{name}: the account {found.record.person} never had the certificate that signed"


def _heads(seen: Seen, held: Mapping[str, Signature]) -> Iterator[str]:
    bodies = seen.ledger.bodies()
    for name, found in held.items():
        count, head = found.record.audit_count, found.record.audit_head
        if not 0 < count <= len(bodies):
            yield f"{name}: it names event {count}, the trail has {len(bodies)}"
        elif digest_bytes(bodies[count - 1]) != head:
            yield f"{name}: event {count} is not the one it was signed after"


def _fixed(held: Mapping[str, Signature], seen: Seen) -> str:
    fixed = max((s.record.audit_count for s in held.values()), default=0)
    return f"signatures of people fix the first {fixed} of {seen.ledger.head().count} events"


# ------------------------------------------------------------ decisions


def _decisions(seen: Seen, held: Mapping[str, Signature]) -> Iterator[str]:
    on, hands = _signed(held), _hands(seen)
    for subject, status in seen.latest("status").items():
        yield from _of_lot(seen, subject, str(status.content.get("state", "")), on, hands.get(subject, set()))
    for version in seen.latest("set-aside").values():
        yield from _set_aside(seen, version, on, hands)
    for file in seen.versions("file"):
        by = str(file.content.get("decision", "")).partition(":")[0]
        if file.content.get("standing") == "set aside" and by not in seen.latest("set-aside"):
            yield f"file/{file.id} version {file.number} is set aside, and nothing on record says why"
    for name, deviation in seen.latest("deviation").items():
        if deviation.content.get("state") == "closed" and not _closed(seen, name, deviation, on):
            yield f"deviation/{name} is closed, and nobody signed its disposition"


On = Mapping[tuple[str, int, str], Mapping[str, str]]
"""Record, version and its digest -> meaning -> who signed it so."""


def _signed(held: Mapping[str, Signature]) -> On:
    found: dict[tuple[str, int, str], dict[str, str]] = {}
    for record in (s.record for s in held.values()):
        found.setdefault((record.record, record.revision, str(record.record_digest)), {})[word_of(record)] = record.person
    return found


def _hands(seen: Seen) -> dict[str, set[str]]:
    """Lot -> who brought in or processed its data."""
    found: dict[str, set[str]] = {}
    for file in seen.versions("file"):
        found.setdefault(str(file.content.get("lot")), set()).add(str(file.content.get("by")))
    for run in seen.versions("run"):
        for lot in {str(run.content.get("lot")), _subject(run)}:
            found.setdefault(lot, set()).add(str(run.content.get("operator")))
    return found


def _of_lot(seen: Seen, lot: str, state: str, on: On, hands: set[str]) -> Iterator[str]:
    latest = seen.latest("lot").get(lot)
    if latest is None:
        return
    people = on.get((f"lot/{lot}", latest.number, str(latest.sha256)), {})
    if missing := [m for m in _NEEDS.get(state, ()) if m not in people]:
        yield f"lot {lot} is {state} without a valid signature as {', '.join(missing)}"
    if people.get("reviewed") in hands:
        yield f"lot {lot} was reviewed by {people['reviewed']}, who brought in or processed its data"
    if (decider := people.get("released") or people.get("rejected")) and decider == people.get("reviewed"):
        yield f"lot {lot} was decided by {decider}, who reviewed it"
    if decider in hands:
        yield f"lot {lot} was decided by {decider}, who brought in or processed its data"


def _set_aside(seen: Seen, version: Version, on: On, hands: Mapping[str, set[str]]) -> Iterator[str]:
    """A file that was set aside: signed by another than who proposed it, read by no run, and not in the way of a release."""
    told, lot = version.content, str(version.content.get("lot"))
    if told.get("state") != "set aside":
        return
    signer = on.get((f"set-aside/{version.id}", version.number, str(version.sha256)), {}).get("set aside", "")
    if not signer:
        yield f"set-aside/{version.id} carries no valid signature"
    elif signer == told.get("by") or signer in hands.get(lot, set()):
        yield f"set-aside/{version.id} was signed by {signer}, who proposed it, or brought in or processed data of lot {lot}"
    runs = (r for r in seen.versions("run") if _subject(r) == lot)
    read = [r.id for r in runs if told.get("sha256") in [i.get("sha256") for i in dict(r.content.get("inputs") or {}).values()]]
    if read:
        yield f"set-aside/{version.id}: {told.get('file')} of lot {lot} was read by {', '.join(read)}"
    state = seen.latest("status").get(lot)
    if told.get("outside") == "yes" and state is not None and state.content.get("state") == "released":
        yield f"lot {lot} is released, and {told.get('file')}, which was set aside, reads out of specification"


def _subject(run: Version) -> str:
    return str(run.content.get("subject", "")).removeprefix("lot/")


def _closed(seen: Seen, name: str, deviation: Version, on: On) -> bool:
    """By a signature on it, or by the signed rejection of its lot."""
    own = any(on.get((f"deviation/{name}", deviation.number, str(deviation.sha256)), {}))
    lot = str(deviation.content.get("lot", ""))
    state = seen.latest("status").get(lot)
    return own or (
        deviation.content.get("decision") == "reject" and state is not None and state.content.get("state") == "rejected"
    )
