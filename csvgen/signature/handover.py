"""Hand-over: a record goes to a signer of another organisation, and comes back signed with a certificate of theirs (21 CFR 11.30).

handover.json      what is to be signed, by whom, over which files; its digest is told to the signer by another channel
README.txt         how to sign, and how to check without csvgen
document.json      the record, with content.json or said.json where it has one, and the signatures made so far
<renditions>       the readable files
answer/            NN-<person>.json/.p7s and the readable files with the signature in them

The channel may be anybody's. A changed package is found on both sides: there by the digest that was told, here by the digest that
the audit trail keeps. It holds nothing that needs to be hidden from the channel; whoever thinks otherwise encrypts the folder.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from csvgen.canonical import Digest, digest_file, read_canonical
from csvgen.errors import BadInput, NotIntact, Refused
from csvgen.model.base import Line, Sha256, Stamp, Value
from csvgen.model.people import PersonId
from csvgen.model.signature import DECLINED, DocumentRecord, SignatureRecord
from csvgen.model.spec import MeaningName
from csvgen.signature.approvals import DOCUMENT

HANDOVER, ANSWER, README = "handover.json", "answer", "README.txt"
COMPONENTS = ("private key of the signer's organisation", "its secret")
"""What an external signer executes: something they have, and something they know."""
_TOLD = 16
"""Least number of hex digits of the digest that are compared: 64 bits, told over a telephone in half a minute."""


class Handover(Value):
    """handover.json."""

    format: Literal["csvgen.handover/1"] = "csvgen.handover/1"
    record: str
    revision: int
    record_digest: Sha256
    title: Line
    number: int
    meaning: MeaningName
    role: str
    statement: Line
    reasons: Mapping[str, str]
    """Closed list of reason codes of the meaning."""
    decline_reasons: Mapping[str, str]
    person: PersonId
    printed_name: Line
    certificate: Sha256
    """Digest of the one certificate that is registered for this person."""
    previous: tuple[Sha256, ...]
    audit_count: int
    audit_head: Sha256
    audit_root: Sha256
    demonstration: bool
    exported: Stamp
    files: Mapping[str, Sha256]
    """Every other file of the folder but README.txt and the answer."""


def read_handover(folder: Path) -> tuple[Handover, Digest]:
    """The order of a folder and its digest. Raises BadInput when it is none, NotIntact when a file is not as it says."""
    path = folder / HANDOVER
    if not path.is_file():
        raise BadInput("there is no handover.json; this is no hand-over", where=str(folder))
    try:
        found = Handover.model_validate(read_canonical(path.read_bytes(), HANDOVER))
    except ValidationError:
        raise NotIntact("not a hand-over of a format known here", where=HANDOVER) from None
    for name, sha256 in found.files.items():
        file = folder / name
        if Path(name).name != name or file.is_symlink() or not file.is_file() or digest_file(file) != sha256:
            raise NotIntact("is not the file that was handed over", where=name)
    there = {p.name for p in folder.iterdir() if p.name not in (HANDOVER, README, ANSWER)}
    if strange := sorted(there - found.files.keys()):
        raise NotIntact("does not belong to the hand-over", where=strange[0])
    return found, digest_file(path)


def read_record(folder: Path, order: Handover) -> DocumentRecord:
    """The record handed over. Raises NotIntact when it is not the one the order names."""
    try:
        document = DocumentRecord.model_validate(read_canonical((folder / DOCUMENT).read_bytes(), DOCUMENT))
    except ValidationError:
        raise NotIntact("not a document record of a format known here", where=DOCUMENT) from None
    if (document.id, document.revision, document.digest) != (order.record, order.revision, order.record_digest):
        raise NotIntact("this is another record than the one to be signed", where=DOCUMENT)
    return document


def refuse_untold(handed: Digest, told: str) -> None:
    """Raises Refused unless `told`, heard by another channel, is the digest of the order, or at least its first 16 hex digits."""
    heard = "".join(told.split()).lower().removeprefix("sha256:")
    if len(heard) < _TOLD or not handed.hex.startswith(heard):
        raise Refused(
            "the digest that was told is not that of this folder: it was changed on its way, or is another",
            hint="ask the sender, by a channel of your own, for the digest of the hand-over; at least 16 hex digits of it",
            rule="RR-O03",
        )


def disagreement(order: Handover, handed: Digest, record: SignatureRecord) -> str:
    """Where an answer is not the one that was asked for, or an empty string."""
    asked = {
        "record": order.record, "revision": order.revision, "record_digest": order.record_digest, "number": order.number,
        "role": order.role, "person": order.person, "printed_name": order.printed_name, "certificate": order.certificate,
        "previous": order.previous, "audit_count": order.audit_count, "audit_head": order.audit_head, "audit_root": order.audit_root,
        "signer": "external", "demonstration": order.demonstration, "evidence": {"handover": handed},
    }  # fmt: skip
    for name, value in asked.items():
        if getattr(record, name) != value:
            return f"the answer says another {name.replace('_', ' ')} than was handed over"
    return "" if record.meaning in (order.meaning, DECLINED) else "the answer has another meaning than was asked for"
