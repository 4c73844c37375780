"""Who signs next, who may not, and whether a record has all the signatures it needs. Pure functions over records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cryptography import x509

from csvgen.model.signature import DocumentRecord, RequiredSignature, SignatureRecord
from csvgen.signature.record import Signature


def awaiting(document: DocumentRecord, signed: int) -> RequiredSignature | None:
    """The signature the document waits for, given how many it has; None when it has all."""
    return document.signatures[signed] if signed < len(document.signatures) else None


def separation_problem(document: DocumentRecord, earlier: Sequence[SignatureRecord], person: str, meaning: str) -> str:
    """Why this person may not sign with this meaning after what is signed already, or an empty string (RR-G02)."""
    for first, second in document.separation:
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

    @property
    def approved(self) -> bool:
        """Complete, without problem, and trusted. Unknown trust is not trust."""
        return self.complete and not self.problems and self.trusted is True


def standing(document: DocumentRecord, signatures: Sequence[Signature], roots: tuple[x509.Certificate, ...]) -> Standing:
    """Check the signatures of a document against what the document itself says it needs."""
    problems: list[str] = []
    records = [s.record for s in signatures]
    for index, (signature, record) in enumerate(zip(signatures, records, strict=True)):
        problems += [f"signature {index + 1}: {p}" for p in _faults(document, records, index)]
        if signature.trusted(roots) is False:
            problems.append(f"signature {index + 1}: no trusted root vouches for the certificate of {record.printed_name}")
    missing = document.signatures[len(signatures) :]
    trusted = None if not roots else all(s.trusted(roots) for s in signatures)
    return Standing(not missing and not problems, tuple(missing), tuple(problems), trusted)


def _faults(document: DocumentRecord, records: Sequence[SignatureRecord], index: int) -> list[str]:
    record, earlier = records[index], records[:index]
    if index >= len(document.signatures):
        return ["the document asks for no further signature"]
    asked = document.signatures[index]
    found = {
        "stands on another record": (record.record, record.revision, record.record_digest)
        != (document.id, document.revision, document.digest),
        "has another number": record.number != index + 1,
        f"has the meaning {record.meaning}, not {asked.meaning}": record.meaning != asked.meaning,
        f"was made in the role {record.role}, not {asked.role}": record.role != asked.role,
        "does not follow the signatures before it": record.previous != tuple(r.digest for r in earlier),
        "is earlier than the record it stands on": record.signed < document.composed,
        "is earlier than the signature before it": bool(earlier) and record.signed < earlier[-1].signed,
    }
    faults = [text for text, wrong in found.items() if wrong]
    if clash := separation_problem(document, earlier, record.person, record.meaning):
        faults.append(clash)
    return faults
