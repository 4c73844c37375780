"""Signature: who answers for what. The record a person signs and the statement of the signature itself."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from csvgen.canonical import Digest, digest
from csvgen.model.base import Sha256, Stamp, Value
from csvgen.model.spec import DocumentKind, MeaningName

MEANINGS: dict[MeaningName, str] = {
    "authored": "I wrote this document; it says what I mean.",
    "reviewed": "I read this record; it is complete and accurate.",
    "approved": "I approve this record for its purpose.",
    "responsible": "I take responsibility for the decision stated here.",
    "issued": "I release this protocol for the execution named here and am trained for it.",
    "performed": "I performed, or issued and watched over, the execution recorded here.",
    "verified": "I compared this record with its source; they agree.",
}
"""Closed list of meanings (21 CFR 11.50(a)(3)) with the statement shown to the signer. There is no default."""


class Rendition(Value):
    """One readable form of a record. Exactly one is official."""

    file: str
    media_type: str
    sha256: Sha256
    """Digest of the file before any signature was put into it."""
    official: bool


class RequiredSignature(Value):
    number: int
    meaning: MeaningName
    role: str


DocumentFormat = Literal["csvgen.document/1", "csvgen.document/2"]


class DocumentRecord(Value):
    """document.json: one revision of one controlled record; what every signature on it binds."""

    format: DocumentFormat = "csvgen.document/2"
    """What `content` binds: since /2 also what a document prints of other parts, see `csvgen.trace.content`."""
    id: str
    kind: DocumentKind
    title: str
    revision: int
    system: str
    system_version: str
    content: Sha256
    """Digest of what the record says (specification part, protocol, run, deviation), independent of any layout.

    Records that have no other file of their own (execution orders, executed records, deviations, conditional releases)
    keep what they say beside the document record, as content.json; this is the digest of that file."""
    text: Sha256 | None = None
    """Digest of the neutral blocks all renditions were drawn from."""
    derived_from: dict[str, str] = Field(default_factory=dict)
    """Name -> digest of each artefact this was made from. Nothing points forward."""
    renditions: tuple[Rendition, ...] = ()
    signatures: tuple[RequiredSignature, ...]
    """The ordered signatures this record needs: their number is part of what is signed."""
    separation: tuple[tuple[str, str], ...]
    """Pairs of meanings one person may not both sign here."""
    demonstration: bool = False
    composed: Stamp
    composed_by: str

    @property
    def digest(self) -> Digest:
        return digest(self)


class SignatureRecord(Value):
    """01-<person>.json: everything 21 CFR 11.50 and 11.70 need, signed as these exact bytes by the person's key (.p7s)."""

    format: Literal["csvgen.signature/1"] = "csvgen.signature/1"
    record: str
    revision: int
    record_digest: Sha256
    number: int
    meaning: MeaningName
    statement: str
    reason: str
    person: str
    """Unique id of the signer, never reused."""
    printed_name: str
    role: str
    signed: Stamp
    offset: str
    components: tuple[str, ...]
    """Identification components executed at this signing, for example user id and password."""
    first_in_session: bool
    certificate: Sha256
    """Digest of the signer's certificate."""
    previous: tuple[Sha256, ...]
    """Digests of the signatures already on the record, in order."""
    audit_count: int
    audit_head: Sha256
    """State of the audit trail just before this signature."""
    demonstration: bool = False

    @property
    def digest(self) -> Digest:
        return digest(self)
