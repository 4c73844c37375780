"""Signing: what waits for whom, and one act of signing that binds record, PDF, Word file and workbook together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from csvgen.audit.ledger import Change
from csvgen.clock import Clock, local_offset, shown, stored
from csvgen.crypto.keys import Credential
from csvgen.errors import NotIntact, Refused
from csvgen.identity.directory import Directory, Session
from csvgen.identity.id_token import Proof
from csvgen.identity.rights import signing_refusal
from csvgen.identity.signed_on import SignedOn
from csvgen.model import lifecycle
from csvgen.model.base import hazard
from csvgen.model.people import Account
from csvgen.model.signature import (
    DECLINED,
    REASONS,
    SCHEME,
    STATEMENTS,
    WITHDRAWN,
    DocumentRecord,
    RequiredSignature,
    SignatureRecord,
)
from csvgen.signature import record as signature_record
from csvgen.signature.approvals import Approval, folder_of, read_approval
from csvgen.signature.record import Signature
from csvgen.signature.routing import ALWAYS_APART, separation_problem
from csvgen.workflow import gates, keys
from csvgen.workflow.paper import not_the_same
from csvgen.workflow.renditions import authority_for, read_signed, sign_files, words_of
from csvgen.workflow.state import ProjectState, documents_folder


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

    @property
    def last(self) -> str:
        """When something was last done to the record: it was composed, or signed. No signature is earlier."""
        return max((self.document.composed, *(s.record.signed for s in self.approval.signatures)))


@dataclass(frozen=True, kw_only=True)
class Act:
    """What a person states and proves at one signing. Nothing in it has a default that would speak for the person."""

    meaning: str
    reason_code: str
    reason: str
    """In the person's own words."""
    user_id: str = ""
    """Needed at the first signing of a session (21 CFR 11.200(a)(1)(i))."""
    password: str
    one_time: str = ""
    """One-time code of the second factor, where the person has one."""
    pin: str = ""
    """PIN of the token that holds the key, where one does."""
    proof: Proof | None = None
    """What the identity provider proved for this act alone; `password` is the secret of the key then, which is nobody else's."""

    def __repr__(self) -> str:
        return f"Act({self.meaning})"


def waiting(state: ProjectState) -> tuple[Waiting, ...]:
    """Every newest revision that lacks a signature, oldest first. Declined and withdrawn ones wait for nobody."""
    newest = {a.document.id: a for a in state.approvals}
    oldest_first = sorted(newest.values(), key=lambda a: a.document.composed)
    return tuple(Waiting(a, s, gates.may_sign(state, a)) for a in oldest_first if (s := a.awaiting) is not None)


def barred(state: ProjectState, account: Account, item: Waiting, now: str) -> Refused | None:
    """Why this person may not sign at this station: right, training, separation of duties; None when they may."""
    station = item.station
    if refusal := signing_refusal(account, station.role, now):
        return Refused(refusal.words, rule=refusal.rule)
    return not_the_same(item.document, item.approval.content, account) or apart(state, item, account.id, station.meaning)


def apart(state: ProjectState, item: Waiting, person: str, meaning: str) -> Refused | None:
    """Separation of duties on the record, and on the records of the execution behind it (RR-G02)."""
    on_it = [s.record for s in item.approval.signatures]
    if clash := separation_problem(item.document, on_it, person, meaning, ALWAYS_APART):
        return Refused(clash, rule="RR-G02")
    behind = gates.performers(state, item.document)
    if meaning in ("reviewed", "approved") and person in behind:
        return Refused(
            f"{person} took part in the execution ({behind[person]}); who executes neither reviews nor approves that run",
            rule="RR-G02",
        )
    return None


def for_person(state: ProjectState, account: Account, now: str) -> tuple[Waiting, ...]:
    """What waits for this person: role, training and separation of duties allow the signature. Paper waits for no key."""
    return tuple(i for i in waiting(state) if i.station.by != "paper" and barred(state, account, i, now) is None)


def able(state: ProjectState, accounts: Iterable[Account], item: Waiting, now: str) -> str:
    """Who can sign here, by name: the people who hold role, training and right, and are not kept apart; in words for a message."""
    found = [f"{a.printed_name} ({a.id})" for a in accounts if barred(state, a, item, now) is None]
    role = f"{item.station.meaning} as {item.station.role}"
    return (
        f"{role}: {', '.join(found)}"
        if found
        else f"{role}: nobody holds this role with training, identity check and acknowledgement"
    )


def refuse_words(record: str, role: str, act: Act, expected: tuple[str, ...], now: str, last: str) -> None:
    """Raises Refused for what a person stated and may not, and for a clock that was set back.

    A word that is none of the list is not repeated: it could be a secret that was typed in the wrong place.
    """
    if act.meaning not in STATEMENTS:
        raise Refused("this is no meaning of a signature", hint=f"one of: {', '.join(STATEMENTS)}", rule="RR-M03")
    if act.meaning not in expected:
        raise Refused(f"{record} waits for the signature {expected[0]!r} ({role}), not {act.meaning!r}", rule="RR-F01")
    if act.reason_code not in REASONS[act.meaning]:
        codes = ", ".join(REASONS[act.meaning])
        raise Refused(f"this is no reason code of a signature {act.meaning!r}", hint=f"one of: {codes}", rule="RR-M03")
    if not any(c.isalnum() for c in act.reason):
        raise Refused("a signature needs a reason in the signer's own words", rule="RR-M03")
    if found := hazard(act.reason, newline=False):
        raise Refused(f"the reason holds {found}", hint="type it again as plain text", rule="RR-M03")
    if now < last:
        raise Refused(
            f"the clock reads {shown(now)}, and {record} was composed or signed at {shown(last)}: it was set back",
            hint="set the clock right; a signature is never earlier than what it stands on",
            rule="RR-E14",
        )


class SigningDesk:
    """Where a person signs, inside one session. Every refusal names its rule, leaves nothing behind and is a security event."""

    def __init__(self, state: ProjectState, directory: Directory, clock: Clock) -> None:
        self._state = state
        self._directory = directory
        self._clock = clock

    def waiting(self, session: Session) -> tuple[Waiting, ...]:
        """What waits for the person of a session."""
        return for_person(self._state, session.account, stored(self._clock.now()))

    def sign(self, session: Session, item: Waiting, act: Act) -> Signature:
        """One signature on one record, or with the meaning ``declined`` the refusal of it.

        Everything is checked, and the components are proved, before anything is written; files, record and event become true
        together.
        """
        account = self._directory.session(session.id).account  # still alive, and the account as it is now
        document, station = item.document, item.station
        now = stored(self._clock.now())
        with self._on_record(session, document):
            self._refuse(item, act, account, now)
        with self._hand(session, act, station.role, station.number, now) as hand, self._on_record(session, document):
            folder = documents_folder(self._state, document)
            files, words = read_signed(folder, document), words_of(folder, document)
            authority = authority_for(files, self._state.config)
            with self._directory.ledger.change(self._directory.actor(session), act.reason) as change:
                self._refuse_overtaken(item)
                made = self._made(change, item, act, hand)
                facts = {**_facts(made), **_life(item, act.meaning)}
                signed = sign_files(files, document, made.record, hand.credential, authority, self._state.trust, words)
                for path, data in signed.items():
                    facts[path.name] = change.file(path, data)
                self._keep(change, made, made.name)
                change.note("sign", f"{document.id} r{document.revision}", facts=facts)
                if act.meaning == DECLINED:
                    change.note("decline", f"{document.id} r{document.revision}", facts={"reason-code": act.reason_code})
        return made

    def withdraw(self, session: Session, document_id: str, act: Act) -> Signature:
        """Withdraw the newest revision of a record, by signature and with a reason; it can never be relied on again.

        Whoever holds the function in the role matrix may. Raises Refused for a record whose life has ended (RR-F01).
        """
        account = self._directory.session(session.id).account
        now = stored(self._clock.now())
        approval = self._state.latest(document_id)
        if approval is None:
            raise Refused(f"there is no record {document_id!r}", hint="csvgen status")
        item = Waiting(approval, approval.document.signatures[0], "")
        with self._on_record(session, approval.document):
            life = lifecycle.step(document_id, self._state.life(approval), "withdrawn")
            role = self._refuse_withdrawal(item, act, account, now)
        with (
            self._hand(session, act, role, 0, now) as hand,
            self._on_record(session, approval.document),
            self._directory.ledger.change(self._directory.actor(session), act.reason) as change,
        ):
            self._refuse_overtaken(item)
            made = self._made(change, item, act, hand)
            self._keep(change, made, WITHDRAWN)
            change.note("withdraw", f"{document_id} r{approval.document.revision}", facts={**_facts(made), "life": life})
        return made

    # ------------------------------------------------------------ one act

    @contextmanager
    def _hand(self, session: Session, act: Act, role: str, number: int, now: str) -> Iterator[_Hand]:
        """Prove the components and open the person's key for this one act. Every failure counts to the lock."""
        person, first = session.account.id, session.signings == 0
        evidence: Mapping[str, str] = {}
        if act.proof is None:
            components = self._directory.components(session, act.user_id, act.password, act.one_time)
        elif isinstance(self._directory, SignedOn):
            components, evidence = self._directory.components_by(session, act.proof), act.proof.evidence
        else:
            raise Refused("this project has no identity provider", hint="[sign_on] in csvgen.toml", rule="RR-N01")
        if keys.token_of(self._directory, person):
            components = (*components, "token PIN")
        elif act.proof is not None:
            components = (*components, "secret of the key")
        with keys.opened(self._directory, person, act.password, act.pin) as credential:
            yield _Hand(session.account, role, number, components, first, now, credential, evidence)

    def _made(self, change: Change, item: Waiting, act: Act, hand: _Hand) -> Signature:
        document = item.document
        return signature_record.make(
            SignatureRecord.model_validate(
                {
                    "record": document.id,
                    "revision": document.revision,
                    "record_digest": document.digest,
                    "number": hand.number,
                    "meaning": act.meaning,
                    "statement": STATEMENTS[act.meaning],
                    "reason_code": act.reason_code,
                    "reason": act.reason,
                    "person": hand.account.id,
                    "printed_name": hand.account.printed_name,
                    "role": hand.role,
                    "signed": hand.now,
                    "offset": local_offset(),
                    "components": hand.components,
                    "first_in_session": hand.first,
                    "certificate": hand.credential.fingerprint,
                    "previous": tuple(s.digest for s in item.approval.signatures),
                    "audit_count": change.head.count,
                    "audit_head": change.head.hash,
                    "audit_root": change.root(),
                    "scheme": SCHEME,
                    "evidence": hand.evidence,
                    "demonstration": document.demonstration,
                }
            ),
            hand.credential,
        )

    def _keep(self, change: Change, made: Signature, name: str) -> None:
        folder = self._approvals / made.record.record / f"r{made.record.revision}"
        change.file(folder / f"{name}.json", made.body)
        change.file(folder / f"{name}.p7s", made.cms)

    @property
    def _approvals(self) -> Path:
        return self._state.config.approvals(self._state.spec.system.id)

    # ------------------------------------------------------------ refusals

    @contextmanager
    def _on_record(self, session: Session, document: DocumentRecord) -> Iterator[None]:
        """A refusal in here is put on record before it goes on (RR-E12)."""
        try:
            yield
        except (Refused, NotIntact) as refusal:
            self._directory.refused(session, f"{document.id} r{document.revision}", refusal.message, refusal.rule)
            raise

    def _refuse(self, item: Waiting, act: Act, account: Account, now: str) -> None:
        station = item.station
        if item.refusal and act.meaning != DECLINED:
            raise Refused(f"{item.document.id} cannot be signed now: {item.refusal}", rule="RR-X12")
        if item.approval.problems:
            raise Refused(f"{item.document.id} is damaged: {item.approval.problems[0]}", rule="RR-X12")
        if station.by == "paper":
            raise Refused(
                f"{item.document.id} waits for a signature on paper ({station.role})", hint="csvgen paper", rule="RR-L07"
            )
        refuse_words(item.document.id, station.role, act, (station.meaning, DECLINED), now, item.last)
        found = barred(self._state, account, item, now)
        if found is None and (why := self._directory.may(account, f"sign {act.meaning}")):
            found = Refused(why, rule="RR-G01")
        if found is not None:
            found.hint = f"who can: {able(self._state, self._directory.accounts(), item, now)}"
            raise found

    def _refuse_withdrawal(self, item: Waiting, act: Act, account: Account, now: str) -> str:
        """The role in which the person withdraws: one that holds the function, and that the person is trained for."""
        if why := self._directory.may(account, "withdraw"):
            raise Refused(why, rule="RR-G01")
        roles = [r for r in account.roles if self._directory.matrix.holds(r, "withdraw")]
        refusals = [signing_refusal(account, r, now) for r in roles]
        if (first := refusals[0]) is not None and None not in refusals:
            raise Refused(first.words, rule=first.rule)
        role = roles[refusals.index(None)]
        refuse_words(item.document.id, role, act, (WITHDRAWN,), now, item.last)
        return role

    def _refuse_overtaken(self, item: Waiting) -> None:
        """Whoever signed this record while the signer was reading it comes first; asked inside the transaction that signs."""
        now = read_approval(folder_of(self._approvals, item.document))
        same = [s.digest for s in now.signatures] == [s.digest for s in item.approval.signatures]
        if (
            not same
            or now.withdrawn is not None
            or folder_of(self._approvals, item.document).with_name(f"r{item.document.revision + 1}").exists()
        ):
            raise Refused(
                f"{item.document.id} was signed, withdrawn or revised by somebody else meanwhile",
                hint="look at it again",
                rule="RR-X12",
            )


@dataclass(frozen=True)
class _Hand:
    """Who signs, at which station, with which components executed."""

    account: Account
    role: str
    number: int
    components: tuple[str, ...]
    first: bool
    now: str
    credential: Credential
    evidence: Mapping[str, str]
    """What the identity provider said, if it was asked."""


def _facts(made: Signature) -> dict[str, str]:
    r = made.record
    return {
        "signature": made.digest,
        "document": r.record_digest,
        "meaning": r.meaning,
        "reason-code": str(r.reason_code),
        "components": ", ".join(r.components),
        **{f"sign-on {name}": value for name, value in r.evidence.items()},
    }


def _life(item: Waiting, meaning: str) -> dict[str, str]:
    """The step in the life of the record that this signature is, if it is one (RR-F01)."""
    document = item.document
    if meaning == DECLINED:
        return {"life": lifecycle.step(document.id, "in review", "declined")}
    if document.kind == "execution-order":
        return {"life": lifecycle.step(document.id, "approved", "issued")}
    last = len(item.approval.done) + 1 == len(document.signatures)
    return {"life": lifecycle.step(document.id, "in review", "approved")} if last else {}
