"""Signature: who answers for what. The record a person signs and the statement of the signature itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Self, get_args

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from csvgen.canonical import Digest, digest
from csvgen.model.base import Grown, Line, Name, Sha256, Stamp, Text, Value, later
from csvgen.model.spec import DocumentKind, MeaningName

MEANINGS: Mapping[MeaningName, str] = {
    "authored": "I wrote this document; it says what I mean.",
    "reviewed": "I read this record; it is complete and accurate.",
    "approved": "I approve this record for its purpose.",
    "responsible": "I take responsibility for the decision stated here.",
    "issued": "I release this protocol for the execution named here and am trained for it.",
    "performed": "I performed, or issued and watched over, the execution recorded here.",
    "verified": "I compared this record with its source; they agree.",
}
"""Closed list of meanings (21 CFR 11.50(a)(3)) with the statement shown to the signer. There is no default."""

Closing = Literal["declined", "withdrawn"]
"""Meanings that no route asks for: they end the way of a revision."""
DECLINED: Closing = "declined"
WITHDRAWN: Closing = "withdrawn"

STATEMENTS: Mapping[str, str] = {
    **{str(meaning): statement for meaning, statement in MEANINGS.items()},
    DECLINED: "I read this record and do not sign what was asked of me; this revision goes no further.",
    WITHDRAWN: "I withdraw this revision; nobody may rely on it.",
}
"""Every meaning a signature record can have, with its statement of intent."""

REASONS: Mapping[str, Mapping[str, str]] = {
    "authored": {
        "initial-issue": "the first revision",
        "content-changed": "what it says was changed on purpose",
        "error-corrected": "an error in the revision before was corrected",
        "periodic-review": "written anew at a periodic review",
    },
    "reviewed": {
        "complete-and-accurate": "nothing is missing and nothing is wrong",
        "remarks-resolved": "what I remarked on was resolved in this revision",
        "remarks-stated": "complete and accurate, with the remarks stated here",
    },
    "approved": {
        "fit-for-purpose": "fit for its purpose without condition",
        "conditional": "fit for its purpose under the conditions stated here",
        "disposition-agreed": "the cause, the impact and what is done about it are agreed",
    },
    "responsible": {
        "decision-taken": "the decision is mine",
        "correction-owned": "the correction is mine to see through",
        "risk-accepted": "the remaining risk is accepted",
    },
    "issued": {
        "ready": "people, instance and protocol are ready",
        "retest-released": "the repetition was released by a signed disposition",
    },
    "performed": {
        "as-written": "executed as written",
        "with-deviation": "executed, with the deviations recorded",
    },
    "verified": {
        "agrees-with-source": "compared with its source, and they agree",
        "true-copy": "the copy shows all of the original",
        "covers-requirement": "the procedure covers what the requirement asks for",
    },
    DECLINED: {
        "incorrect": "it says something wrong",
        "incomplete": "something is missing",
        "unclear": "it can be understood in more than one way",
        "not-mine-to-sign": "another person has to sign this",
    },
    WITHDRAWN: {
        "declined": "a signer declined it",
        "made-in-error": "it should not have been put up for signature",
        "no-longer-needed": "what it was for has gone",
    },
}
"""Closed list of reason codes for each meaning, with what each says. There is no default. The list only grows: records name codes."""

SCHEME = "cms-cades-bes/1"
"""How a signature is made: detached CMS with CAdES-BES attributes in the profile of `csvgen.crypto.profile`, over canonical JSON."""


OWN_TEMPLATE = "template of the project:"
"""How a document record names, among what it was made from, a template that is not the shipped one."""


class Rendition(Value):
    """One readable form of a record. Exactly one is official."""

    file: str
    media_type: str
    sha256: Sha256
    """Digest of the file before any signature was put into it."""
    official: bool


class RequiredSignature(Grown):
    number: int
    meaning: MeaningName
    role: str
    by: Literal["electronic", "paper"] = later("electronic", "How this station signs; see `csvgen.model.settings.Station`.")


class WrittenConclusion(Value):
    """What a person concludes in a report, in their own words: never better than the printed rule gives."""

    outcome: Literal["passed", "passed with restrictions", "not passed"]
    text: Text
    by: Line
    """Who wrote it: printed name and account."""


DocumentFormat = Literal["csvgen.document/1", "csvgen.document/2"]


class DocumentRecord(Grown):
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
    said: Sha256 | None = later(
        None, "Digest of said.json: what a composed document says, part by part, to name later changes by."
    )
    features: Sha256 | None = later(
        None, "Digest of features.json: of a protocol, its feature files to the byte. Drafting anew never touches these."
    )
    code: Sha256 | None = later(
        None, "Digest of code.json: of a protocol, the step code its steps resolve to. Only that code executes it formally."
    )
    conclusion: WrittenConclusion | None = later(None, "Of a report: what a named person concludes from it.")

    @property
    def digest(self) -> Digest:
        return digest(self)

    def station(self, number: int) -> RequiredSignature | None:
        """The station with this number (from 1), or None."""
        return next((s for s in self.signatures if s.number == number), None)


class SignatureRecord(Grown):
    """01-<person>.json: everything 21 CFR 11.50 and 11.70 need, signed as these exact bytes by the person's key (.p7s).

    Since /2 also the reason code, the scheme, the Merkle root of the audit trail, who vouches for the signer, and what an
    identity provider said. Records of /1 say none of these and stay what they were.
    """

    format: Literal["csvgen.signature/1", "csvgen.signature/2"] = "csvgen.signature/2"
    record: str
    revision: int
    record_digest: Sha256
    number: int
    """Number of the station on the route, from 1; 0 for a withdrawal, which is on no route."""
    meaning: MeaningName | Closing
    statement: str
    reason: str
    """In the signer's own words."""
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
    reason_code: Name | None = later(None, "From the closed list of the meaning, see `REASONS`.")
    scheme: str | None = later(None, "How the signature was made, see `SCHEME`.")
    audit_root: Sha256 | None = later(
        None, "Merkle root (RFC 6962) over the `audit_count` events of the trail before this signature."
    )
    signer: Literal["member", "external"] = later(
        "member", "A member has an account and a key here; an external signer has a certificate of another organisation."
    )
    evidence: Mapping[str, str] = later({}, "What the identity provider said at this signing (issuer, subject, time, method).")

    @model_validator(mode="after")
    def _of_its_format(self) -> Self:
        if self.format == "csvgen.signature/1":
            more = (self.reason_code, self.scheme, self.audit_root, self.evidence or None)
            if any(more) or self.signer != "member" or self.meaning in get_args(Closing):
                raise PydanticCustomError("signature_format", "a record of the first format says more than that format knows")
            return self
        if self.scheme != SCHEME or self.audit_root is None:
            raise PydanticCustomError(
                "signature_scheme", "a record of the second format names its scheme and the root of the audit trail"
            )
        if self.reason_code not in REASONS[self.meaning]:
            raise PydanticCustomError(
                "signature_reason", "the reason code is none of the meaning {meaning}", {"meaning": self.meaning}
            )
        return self

    @property
    def digest(self) -> Digest:
        return digest(self)

    @property
    def why(self) -> str:
        """Reason as it is shown: the code, and the signer's own words."""
        return f"{self.reason_code}: {self.reason}" if self.reason_code else self.reason
