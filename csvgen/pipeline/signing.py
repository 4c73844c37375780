"""Signatures of the application (port Signing): made with two components, bound to one version of one record.

A signature is kept as a record of kind ``signature``: the signed JSON and its CMS, as exact bytes. Whether it is valid is
never stored, it is found out at each look: the mathematics, the trust in the certificate, the record as it is now, and the
audit trail the signature names.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from csvgen.audit.ledger import Change, Version
from csvgen.canonical import Digest, digest_bytes
from csvgen.clock import local_offset, stored
from csvgen.crypto.keys import Credential
from csvgen.crypto.trust import Trust
from csvgen.errors import BadInput, NotIntact
from csvgen.identity.directory import Session
from csvgen.model.base import Line, Name, Text, Value
from csvgen.model.signature import SCHEME, SignatureRecord
from csvgen.model.spec import MeaningName
from csvgen.pipeline.core import Core
from csvgen.pipeline.data_files import table
from csvgen.pipeline.keyring import open_own
from csvgen.signature import record as records
from csvgen.signature.record import Signature

VALID = "valid"
VOID = "void: record changed after signing"


class Meaning(Value):
    """How a signature record carries one of the system's meanings."""

    record: MeaningName
    code: Name
    """Reason code; the statement says it in words."""
    statement: Text
    earlier: tuple[Text, ...] = ()
    """Statements of earlier releases; what was signed under them keeps its meaning."""

    def carried_by(self, record: SignatureRecord) -> bool:
        """Whether a signature record says this."""
        return record.meaning == self.record and record.statement in (self.statement, *self.earlier)


class _Meanings(Value):
    format: Literal["qc.meanings/2"]
    meanings: Mapping[Line, Meaning]


def meanings() -> Mapping[str, Meaning]:
    """The system's words -> how a signature record carries them."""
    return table("meanings", _Meanings).meanings


def word_of(record: SignatureRecord) -> str:
    """The system's word for what a signature means, from the signed fields; empty when they say nothing known here."""
    return next((w for w, m in meanings().items() if m.carried_by(record)), "")


@dataclass(frozen=True)
class Hand:
    """A person about to sign: components proved, key open."""

    session: Session
    word: str
    reason: str
    components: tuple[str, ...]
    credential: Credential


@dataclass(frozen=True, slots=True)
class Judged:
    """A kept signature and what is to be said of it now."""

    content: Mapping[str, Any]
    record: SignatureRecord | None
    """None when it cannot be read."""
    status: str

    @property
    def valid(self) -> bool:
        """Whether the signature belongs to the record as it is."""
        return self.status == VALID


class Signatures:
    """Making and judging signatures. The gates of each act (order, separation, completeness) stand with the act."""

    def __init__(self, core: Core) -> None:
        self._core = core

    # ------------------------------------------------------------ making

    def hand(self, session: Session, word: str, reason: str, user_id: str, password: str) -> Hand:
        """Prove the components and open the person's key. Raises Refused; every failure counts to the lock."""
        components = self._core.components(session, user_id, password)
        return Hand(session, word, reason, components, open_own(self._core.directory, session.account.id, password))

    def make(self, change: Change, version: Version, hand: Hand) -> SignatureRecord:
        """Sign one version of a record inside a change; the signature and its event become true together."""
        core, account, target = self._core, hand.session.account, f"{version.kind}/{version.id}"
        earlier = self._kept(target)
        meaning = meanings()[hand.word]
        record = SignatureRecord(
            record=target,
            revision=version.number,
            record_digest=version.sha256,
            number=len(earlier) + 1,
            meaning=meaning.record,
            statement=meaning.statement,
            reason=hand.reason,
            person=account.id,
            printed_name=account.printed_name,
            role=", ".join(account.roles),
            signed=stored(core.clock.now()),
            offset=local_offset(),
            components=hand.components,
            first_in_session="user id" in hand.components,
            certificate=hand.credential.fingerprint,
            previous=tuple(Digest(str(v.content["digest"])) for v in earlier),
            audit_count=change.head.count,
            audit_head=change.head.hash,
            demonstration=core.keys.demonstration,
            reason_code=meaning.code,
            scheme=SCHEME,
            audit_root=change.root(),
        )
        made = records.make(record, hand.credential)
        content = {
            "of": target,
            "meaning": hand.word,
            "person": account.id,
            "printed_name": account.printed_name,
            "signed": record.signed,
            "digest": record.digest,
            "body": base64.b64encode(made.body).decode("ascii"),
            "cms": base64.b64encode(made.cms).decode("ascii"),
        }
        if version.content.get("lot"):
            content["lot"] = version.content["lot"]
        change.put("signature", f"{target}#{record.number}", content, action="sign", reason=hand.reason or hand.word)
        return record

    # ------------------------------------------------------------ judging

    def of(self, target: str) -> tuple[Judged, ...]:
        """Every signature ever made on a record, in order, each with its status now."""
        return tuple(
            self._judge(target, _bytes(v.content, "body"), _bytes(v.content, "cms"), v.content) for v in self._kept(target)
        )

    def check(self, target: str, given: Sequence[tuple[bytes, bytes]]) -> tuple[str, ...]:
        """What is wrong with a set of signatures (signed JSON, CMS) offered for a record; empty when it is whole and valid."""
        problems = [
            f"signature {i}: {judged.status}"
            for i, judged in enumerate((self._judge(target, body, cms, {}) for body, cms in given), 1)
            if not judged.valid
        ]
        offered = {digest_bytes(body) for body, _ in given}
        missing = [
            f"the audit trail tells of a signature of {kept.content['person']} that is not here (event {kept.event})"
            for kept in self._kept(target)
            if kept.content["digest"] not in offered
        ]
        return (*problems, *missing)

    def _kept(self, target: str) -> tuple[Version, ...]:
        return tuple(sorted((v for v in self._core.ledger.all("signature") if v.content["of"] == target), key=lambda v: v.event))

    def _judge(self, target: str, body: bytes, cms: bytes, content: Mapping[str, Any]) -> Judged:
        try:
            signature = records.read(body, cms, target)
        except NotIntact as problem:
            return Judged(content, None, f"INVALID: {problem.message}")
        return Judged(content, signature.record, self._status(target, signature))

    def _status(self, target: str, signature: Signature) -> str:
        record = signature.record
        faults = {
            "the certificate was not issued by this system": not signature.judged(Trust((self._core.keys.root,))).trusted,
            f"this signature stands on {record.record}, not on {target}": record.record != target,
            "the meaning is none of this system's": not word_of(record),
            "the audit trail does not tell of this signature": not self._in_trail(signature),
        }
        if fault := next((words for words, found in faults.items() if found), ""):
            return f"INVALID: {fault}"
        kind, _, identity = target.partition("/")
        signed, versions = (record.revision, record.record_digest), self._core.ledger.versions(kind, identity)
        if signed not in [(v.number, v.sha256) for v in versions]:
            return "INVALID: the record never had the content that was signed"
        return VALID if record.revision == versions[-1].number else VOID

    def _in_trail(self, signature: Signature) -> bool:
        """Whether the trail holds the event of this signature, and still has the head the signature names."""
        record = signature.record
        body = self._core.ledger.body(record.audit_count)
        kept = self._core.ledger.latest("signature", f"{record.record}#{record.number}")
        named = body is not None and digest_bytes(body) == record.audit_head
        return named and kept is not None and kept.content["digest"] == signature.digest


def _bytes(content: Mapping[str, Any], name: str) -> bytes:
    try:
        return base64.b64decode(str(content[name]), validate=True)
    except (binascii.Error, KeyError) as problem:
        raise BadInput(f"not base64 text: {name} ({type(problem).__name__})") from None
