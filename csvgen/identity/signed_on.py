"""Accounts, sessions and signing components of people who prove themselves at the organisation's identity provider.

A subject of a provider belongs to one account for ever, as an id does. What a proof is worth is settled in `sign_on`; here it is tied
to the account, the session and the one act it was made for, and used up. A person under sign-on has no password here: the signing
key lies under a passphrase of its own or in a token, so that neither the provider nor its administrators can sign for anybody.
"""

from __future__ import annotations

import json

from csvgen.audit.ledger import Change
from csvgen.canonical import Digest, digest
from csvgen.clock import stored
from csvgen.diagnostics import one_line
from csvgen.errors import Refused
from csvgen.identity.accounts import UNIFORM
from csvgen.identity.directory import Directory
from csvgen.identity.id_token import Proof
from csvgen.identity.sessions import Session
from csvgen.model.audit import Actor
from csvgen.model.people import Account

RECORD = "subject"
"""Kind of the records: whose a subject of a provider is. Their id is a digest, for a subject may be any text."""
_LATEST = "sign-on"
"""Secret of an account: when its last accepted proof was authenticated, and the digests of tokens accepted then."""


def subject_id(issuer: str, subject: str) -> Digest:
    return digest([issuer, subject])


class SignedOn(Directory):
    """A directory whose people may prove themselves elsewhere."""

    # ------------------------------------------------------------ whose a subject is

    def link(self, actor: Actor, person: str, proof: Proof, reason: str) -> None:
        """Put on record whose a subject is; a pending account becomes active. The proof was just made by that person.

        Raises Refused when the subject belongs, or belonged, to another account, the account has another subject of this provider, or
        the person's identity was not verified.
        """
        account = self._known(person)
        if account.kind != "person" or account.state == "retired":
            raise Refused(f"{person} is not a person's account, or is retired", rule="RR-N10")
        if account.identity is None or account.identity_due is not None:
            raise Refused(
                f"the identity of {account.printed_name} has not been verified", rule="RR-U02", hint="csvgen people identify"
            )
        key = subject_id(proof.issuer, proof.subject)
        with self.ledger.change(actor, reason) as change:
            taken = change.latest(RECORD, key)
            if taken is not None and taken.content["person"] != person:
                raise Refused(
                    f"this subject belongs, or belonged, to {taken.content['person']}; subjects are never reused", rule="RR-U01"
                )
            held = [v for v in self.ledger.all(RECORD) if v.content["person"] == person and v.content["issuer"] == proof.issuer]
            if any(v.id != key for v in held):
                raise Refused(f"{person} has another subject of this provider; a subject is never exchanged", rule="RR-U01")
            change.put(RECORD, key, {"issuer": proof.issuer, "subject": proof.subject, "person": person})
            if why := self._use_up(change, account, proof):
                raise Refused(why, rule="RR-N02")
            for name in ("password", "reset"):  # one way in; a key stays under the secret it was locked with
                change.keep_secret(person, name, "")
            self._changed(change, person)
            if account.state == "pending":
                self._alter(change, person, lambda _account: {"state": "active"})
        self._end_sessions_of(person, "signs on at the identity provider from now on")

    def linked(self, person: str) -> bool:
        """Whether a person proves themselves at a provider: no password and no one-time code is asked for here then."""
        return any(v.content["person"] == person for v in self.ledger.all(RECORD))

    def _person_of(self, proof: Proof) -> Account | None:
        found = self.ledger.latest(RECORD, subject_id(proof.issuer, proof.subject))
        return self.account(str(found.content["person"])) if found else None

    # ------------------------------------------------------------ sessions and signing

    def admit(self, proof: Proof, *, place: str = "", keep: bool = False, instead_of: str = "") -> Session:
        """Begin a session with a proof; otherwise as `log_in`. Raises Refused with the uniform message."""
        account = self._accepted(self._person_of(proof), proof, "log-in")
        return self._begin(account, place=place, keep=keep, instead_of=instead_of, facts=proof.evidence)

    def set_password(
        self, actor: Actor, person: str, password: str, reason: str = "password set by its owner", *, old: str = ""
    ) -> None:
        """As ever, but for people under sign-on: a second way in would outlive the end of the first."""
        if self.linked(person):
            raise Refused(f"{person} signs on at the identity provider and has no password here", rule="RR-N07")
        super().set_password(actor, person, password, reason, old=old)

    def components_by(self, session: Session, proof: Proof) -> tuple[str, ...]:
        """The components of one signing, proved at the provider for this signing alone; the secret of the key comes on top.

        At every signing, the first and the later ones, the provider asks anew. Raises Refused when the proof is another person's, was
        used before, or was begun before the session.
        """
        account = session.account = self._known(session.account.id)
        if account.kind != "person":
            raise Refused("a technical account can never sign", rule="RR-N10")
        if account.state == "active":
            self._still(session)
        found = self._person_of(proof)
        if found is None or found.id != account.id:
            self._failed(account, account.id, "signing", "another person logged in at the identity provider")
            raise Refused("the person who logged in at the identity provider is not the person of this session", rule="RR-N02")
        self._accepted(account, proof, "signing")
        session.signings += 1
        session.last_used = self.clock.now()
        return proof.components

    def _accepted(self, account: Account | None, proof: Proof, what: str) -> Account:
        """The account, and the proof used up, under the write lock. Raises Refused, uniformly, and puts it on record."""
        if account is None or account.kind != "person":
            stranger = one_line(f"{proof.issuer} {proof.subject}")[:80]
            self._failed(None, stranger, what, "a subject of the identity provider that belongs to nobody here")
            raise Refused(UNIFORM, rule="RR-D02")
        with self.ledger.change(self._claimed(account.id)) as change:
            latest = change.latest("account", account.id)
            state = str(latest.content["state"]) if latest else "unknown"
            why = f"account is {state}" if state != "active" else self._use_up(change, account, proof)
            if why:
                self._count(change, account, what, why)
        if why:
            self.tell()
            raise Refused(UNIFORM, rule="RR-D02")
        return account

    @staticmethod
    def _use_up(change: Change, account: Account, proof: Proof) -> str:
        """Mark a proof as used; why it cannot be, or an empty string. One log-in at the provider serves one act, whatever the clocks say."""
        kept = json.loads(change.read_secret(account.id, _LATEST) or '{"at": "", "token": ""}')
        if stored(proof.authenticated) <= kept["at"] or str(proof.token) == kept["token"]:
            return "this log-in at the identity provider, or a later one, was used before"
        change.keep_secret(account.id, _LATEST, json.dumps({"at": stored(proof.authenticated), "token": str(proof.token)}))
        return ""
