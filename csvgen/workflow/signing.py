"""Signing: what waits for whom, and one act of signing that binds record, PDF and Word file together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from csvgen.canonical import digest_bytes
from csvgen.clock import Clock, local_offset, stored
from csvgen.crypto.keys import Credential
from csvgen.errors import NotIntact, Refused
from csvgen.identity.directory import Directory, Session, signing_right
from csvgen.model.people import Account
from csvgen.model.signature import MEANINGS, DocumentRecord, RequiredSignature, SignatureRecord
from csvgen.signature import record as signature_record
from csvgen.signature.approvals import Approval, folder_of, read_approval
from csvgen.signature.record import Signature
from csvgen.signature.routing import awaiting, separation_problem
from csvgen.workflow import gates
from csvgen.workflow.documents import PDF, WORD, documents_folder
from csvgen.workflow.state import ProjectState


@dataclass(frozen=True)
class Waiting:
    """A record that waits for a signature."""

    approval: Approval
    station: RequiredSignature
    refusal: str
    """Why it cannot be signed now although it waits (a gate, damage), or an empty string."""

    @property
    def document(self) -> DocumentRecord:
        return self.approval.document


def waiting(state: ProjectState) -> tuple[Waiting, ...]:
    """Every newest revision that lacks a signature, oldest first."""
    newest = {a.document.id: a for a in state.approvals}
    found = []
    for approval in sorted(newest.values(), key=lambda a: a.document.composed):
        station = awaiting(approval.document, len(approval.signatures))
        if station is not None:
            found.append(Waiting(approval, station, gates.may_sign(state, approval)))
    return tuple(found)


def for_person(state: ProjectState, account: Account, now: str) -> tuple[Waiting, ...]:
    """What waits for this person: role, training and separation of duties allow the signature."""
    found = []
    for item in waiting(state):
        earlier = [s.record for s in item.approval.signatures]
        barred = signing_right(account, item.station.role, now) or separation_problem(
            item.document, earlier, account.id, item.station.meaning
        )
        if not barred:
            found.append(item)
    return tuple(found)


class SigningDesk:
    """Where a person signs, inside one session. Every refusal names its rule and leaves nothing behind."""

    def __init__(self, state: ProjectState, directory: Directory, clock: Clock) -> None:
        self._state = state
        self._directory = directory
        self._clock = clock

    def sign(self, session: Session, item: Waiting, *, meaning: str, reason: str, user_id: str, password: str) -> Signature:
        """One signature on one record. `user_id` may be empty at a later signing of the session (21 CFR 11.200(a)(1)(i))."""
        account = self._directory.session(session.id).account  # still alive, and the account as it is now
        document, station = item.document, item.station
        now = self._clock.now()
        self._refuse(account, item, meaning, reason, stored(now))
        first = session.signings == 0
        components = self._directory.components(session, user_id, password)
        credential = self._directory.open_key(account.id, password)
        files = self._renditions(document)
        with self._directory.ledger.change(self._directory.actor(session), reason) as change:
            self._refuse_overtaken(item)
            made = signature_record.make(
                SignatureRecord(
                    record=document.id,
                    revision=document.revision,
                    record_digest=document.digest,
                    number=station.number,
                    meaning=station.meaning,
                    statement=MEANINGS[station.meaning],
                    reason=reason,
                    person=account.id,
                    printed_name=account.printed_name,
                    role=station.role,
                    signed=stored(now),
                    offset=local_offset(),
                    components=components,
                    first_in_session=first,
                    certificate=credential.fingerprint,
                    previous=tuple(s.digest for s in item.approval.signatures),
                    audit_count=change.head.count,
                    audit_head=change.head.hash,
                    demonstration=document.demonstration,
                ),
                credential,
            )
            facts = {
                "signature": made.digest,
                "document": document.digest,
                "meaning": station.meaning,
                "components": ", ".join(components),
            }
            for path, data in self._signed_files(files, document, station, made, credential).items():
                facts[path.name] = change.file(path, data)
            folder = folder_of(self._state.config.approvals(self._state.spec.system.id), document)
            change.file(folder / f"{made.name}.json", made.body)
            change.file(folder / f"{made.name}.p7s", made.cms)
            change.note("sign", f"{document.id} r{document.revision}", facts=facts)
        return made

    def _refuse(self, account: Account, item: Waiting, meaning: str, reason: str, now: str) -> None:
        station = item.station
        if item.refusal:
            raise Refused(f"{item.document.id} cannot be signed now: {item.refusal}", rule="RR-X12")
        if meaning not in MEANINGS:
            raise Refused(f"{meaning!r} is no meaning of a signature", hint=f"one of: {', '.join(MEANINGS)}", rule="RR-M03")
        if meaning != station.meaning:
            raise Refused(
                f"{item.document.id} waits for the signature {station.meaning!r} ({station.role}), not {meaning!r}", rule="RR-F01"
            )
        if not any(c.isalnum() for c in reason):
            raise Refused("a signature needs a reason", rule="RR-M03")
        if barred := signing_right(account, station.role, now):
            raise Refused(barred, rule="RR-I01")
        earlier = [s.record for s in item.approval.signatures]
        if clash := separation_problem(item.document, earlier, account.id, meaning):
            raise Refused(clash, rule="RR-G02")

    def _refuse_overtaken(self, item: Waiting) -> None:
        """Whoever signed this record while the signer was reading it comes first; asked inside the transaction that signs."""
        now = read_approval(folder_of(self._state.config.approvals(self._state.spec.system.id), item.document))
        if [s.digest for s in now.signatures] != [s.digest for s in item.approval.signatures]:
            raise Refused(f"{item.document.id} was signed by somebody else meanwhile", hint="look at it again", rule="RR-X12")

    def _renditions(self, document: DocumentRecord) -> dict[Path, bytes]:
        """The files as they are, checked to be the ones the record names."""
        folder = documents_folder(self._state, document)
        found: dict[Path, bytes] = {}
        for rendition in document.renditions:
            if rendition.media_type not in (PDF, WORD):
                continue
            path = folder / rendition.file
            data = path.read_bytes()
            if rendition.media_type == PDF:
                from csvgen.signature.pdf_inspect import unsigned_length

                length = unsigned_length(data)  # signing inspects the rest, before anything leaves
                same = length is not None and digest_bytes(data[:length]) == rendition.sha256
            else:
                from csvgen.signature.word import without_signatures

                same = without_signatures(data) == rendition.sha256
            if not same:
                raise NotIntact("this is not the file that the document record names; nobody may sign it", where=path.name)
            found[path] = data
        return found

    def _signed_files(
        self,
        files: dict[Path, bytes],
        document: DocumentRecord,
        station: RequiredSignature,
        made: Signature,
        credential: Credential,
    ) -> dict[Path, bytes]:
        from csvgen.clock import parsed
        from csvgen.report.lines import signature_line_id
        from csvgen.signature import pdf, word
        from csvgen.signature.manifestation import Manifestation

        record = made.record
        shown = Manifestation(
            printed_name=record.printed_name, role=record.role, meaning=record.meaning, reason=record.reason, signed=record.signed,
            record_id=document.id, revision=document.revision, record_digest=document.digest, demonstration=document.demonstration,
        )  # fmt: skip
        moment = parsed(record.signed)
        field = f"signature-{station.number}"
        signed: dict[Path, bytes] = {}
        for path, data in files.items():
            if path.suffix == ".pdf":
                signed[path] = pdf.sign(data, credential, field=field, manifestation=shown, moment=moment)
            else:
                line = signature_line_id(document.id, document.revision, field)
                signed[path] = word.sign(data, credential, line_id=line, manifestation=shown, moment=moment)
        return signed
