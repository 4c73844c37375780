"""Who signs next, who may not, and whether a record has all the signatures it needs. Pure functions over records."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from csvgen.crypto.trust import Trust
from csvgen.model.signature import DECLINED, DocumentRecord, RequiredSignature, SignatureRecord
from csvgen.signature.record import Signature

ALWAYS_APART: tuple[tuple[str, str], ...] = (("authored", "approved"), ("performed", "reviewed"), ("performed", "approved"))
"""Pairs no project can do without (RR-G02): nobody is the only approver of their own work, nobody judges their own execution."""


def awaiting(document: DocumentRecord, done: Collection[int]) -> RequiredSignature | None:
    """The station the document waits for, given the numbers of those that are done; None when all are."""
    return next((s for s in document.signatures if s.number not in done), None)


def separation_problem(
    document: DocumentRecord,
    earlier: Sequence[SignatureRecord],
    person: str,
    meaning: str,
    always: tuple[tuple[str, str], ...] = (),
) -> str:
    """Why this person may not sign with this meaning after what is signed already, or an empty string (RR-G02)."""
    for first, second in (*document.separation, *always):
        clash = {first: second, second: first}.get(meaning)
        if clash and any(s.person == person and s.meaning == clash for s in earlier):
            return f"{person} has signed this record as {clash}; the same person may not sign it as {meaning}"
    return ""


@dataclass(frozen=True)
class Standing:
    """Where a document stands with its signatures."""

    complete: bool
    """Every required signature is there, in order, by the right role, over this very record."""
    missing: tuple[RequiredSignature, ...]
    problems: tuple[str, ...]
    trusted: bool | None
    """True when every signer is vouched for by a given root; None when no root was given."""
    declined: SignatureRecord | None = None
    """The signature by which somebody declined: this revision goes no further."""

    @property
    def approved(self) -> bool:
        """Complete, without problem, and trusted. Unknown trust is not trust."""
        return self.complete and not self.problems and self.trusted is True


def standing(
    document: DocumentRecord,
    signatures: Sequence[Signature],
    trust: Trust,
    external: Trust | None = None,
    paper: Mapping[int, bool | None] | None = None,
) -> Standing:
    """Check the signatures of a document against what the document itself says it needs.

    `external` as in `Signature.judged`.
    `paper` tells of stations that signed by hand: number -> whether the verified copy is trusted (as `Standing.trusted`).
    """
    paper = paper or {}
    problems: list[str] = []
    records = [s.record for s in signatures]
    judged = [s.judged(trust, external) for s in signatures]
    for index, (record, judgement) in enumerate(zip(records, judged, strict=True)):
        problems += [f"signature {index + 1}: {p}" for p in _faults(document, records, index, paper)]
        if judgement.trusted is False:
            problems.append(f"signature {index + 1}, {record.printed_name}: {judgement.reason}")
    done = {r.number for r in records if r.meaning != DECLINED} | paper.keys()
    missing = tuple(s for s in document.signatures if s.number not in done)
    trusted = all_trusted([*(j.trusted for j in judged), *paper.values()]) if trust.roots else None
    declined = next((r for r in records if r.meaning == DECLINED), None)
    return Standing(not missing and not problems, missing, tuple(problems), trusted, declined)


def all_trusted(each: Sequence[bool | None]) -> bool | None:
    """One that is not trusted decides; one of which that is not known leaves it unknown."""
    if any(t is False for t in each):
        return False
    return None if any(t is None for t in each) else True


def _faults(document: DocumentRecord, records: Sequence[SignatureRecord], index: int, paper: Collection[int] = ()) -> list[str]:
    record, earlier = records[index], records[:index]
    asked = awaiting(document, {*(r.number for r in earlier), *(n for n in paper if n < record.number)})
    if asked is None:
        return ["the document asks for no further signature"]
    found = {
        "stands on another record": (record.record, record.revision, record.record_digest)
        != (document.id, document.revision, document.digest),
        "has another number": record.number != asked.number,
        "was made electronically where the route asks for a signature on paper": asked.by == "paper",
        f"has the meaning {record.meaning}, not {asked.meaning}": record.meaning not in (asked.meaning, DECLINED),
        f"was made in the role {record.role}, not {asked.role}": record.role != asked.role,
        "does not follow the signatures before it": record.previous != tuple(r.digest for r in earlier),
        "is earlier than the record it stands on": record.signed < document.composed,
        "is earlier than the signature before it": bool(earlier) and record.signed < earlier[-1].signed,
        "follows a signature that declined the record": any(r.meaning == DECLINED for r in earlier),
    }
    faults = [text for text, wrong in found.items() if wrong]
    if clash := separation_problem(document, earlier, record.person, record.meaning):
        faults.append(clash)
    return faults
