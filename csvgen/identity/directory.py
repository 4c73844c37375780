"""Directory: accounts, credentials and sessions of one system, and the components of a signing.

Used by csvgen for its own people and by the shipped QC release system for its users; the rules are the same.
Every act is an event of the audit trail; a refused one too, and never with the secret that was tried.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from csvgen.audit.ledger import Change
from csvgen.errors import Refused
from csvgen.identity import attempts, factors, passwords, sessions
from csvgen.identity.accounts import UNIFORM
from csvgen.identity.credentials import Credentials
from csvgen.identity.names import alike, folded
from csvgen.identity.passwords import trivial
from csvgen.identity.rights import signing_right
from csvgen.identity.sessions import Session
from csvgen.model.audit import Actor
from csvgen.model.people import Account, Accountability


@dataclass
class Directory(Credentials):
    """The accounts of one system, and who is logged in."""

    sessions: dict[str, Session] = field(default_factory=dict, repr=False)

    # ------------------------------------------------------------ sessions

    def log_in(
        self, person: str, password: str, code: str = "", *, place: str = "", keep: bool = False, instead_of: str = ""
    ) -> Session:
        """Begin a session. Raises Refused with one uniform message whatever was wrong; the attempt is an event.

        `place` names a terminal where one person works at a time: whoever was logged in there before is logged out. `keep` lets
        later processes go on with the session (`resume`), and `instead_of` is the kept session it replaces.
        """
        return self._begin(self._proved(person, password, code, "log-in"), place=place, keep=keep, instead_of=instead_of)

    def _begin(
        self, account: Account, *, place: str, keep: bool, instead_of: str, facts: Mapping[str, str] | None = None
    ) -> Session:
        """A session of somebody who was just proved to be the owner of the account."""
        person = account.id
        for other in self.sessions.values():
            if place and other.place == place and not other.ended:
                self._end(other, "another person logged in here" if other.account.id != person else "logged in anew")
        now = self.clock.now()
        session = Session(
            sessions.new_id(), account, now, now, source=self.source, place=place, generation=self._generation(person), kept=keep
        )
        self.sessions[session.id] = session
        with self.ledger.change(self.actor(session)) as change:
            if instead_of:
                change.keep_secret(sessions.owner_of(instead_of), "session", "")
            change.note("log-in", f"account/{person}", facts=facts)
            self._keep(change, session)
        self.tell()
        return session

    def log_out(self, session: Session) -> None:
        self._end(session, "logged out")
        with self.ledger.change(self.actor(session)) as change:
            change.note("log-out", f"account/{session.account.id}")
            self._keep(change, session)

    def session(self, identity: str) -> Session:
        """The session by its id, still alive and now used. Raises Refused when it ended, idled too long, or its person changed."""
        session = self.sessions.get(identity)
        if session is None:
            raise Refused("not logged in", rule="RR-D01")
        self._still(session)
        session.last_used = self.clock.now()
        session.account = self._known(session.account.id)
        return session

    def resume(self, identity: str) -> Session:
        """A kept session of another process of the same person, on the same host. Nothing was signed in it here.

        Raises Refused for an id nobody was given, and for a session that ended.
        """
        kept = self.ledger.secret(sessions.owner_of(identity), "session")
        account = self.account(sessions.person_of(kept)) if kept else None
        if account is None:
            raise Refused("not logged in", rule="RR-D01", hint="csvgen login")
        self.sessions[identity] = sessions.read(identity, kept, account)
        session = self.session(identity)
        with self.ledger.change(self.actor(session)) as change:
            self._keep(change, session)
        return session

    def actor(self, session: Session) -> Actor:
        account = session.account
        return Actor(account.id, account.printed_name, ", ".join(account.roles), f"{self.source}, session {session.id[:8]}")

    def _still(self, session: Session) -> None:
        """Raises Refused when the session has ended; the first to find that out puts it on record."""
        person, before = session.account.id, session.ended
        why = sessions.ending(session, self.clock.now(), self.source, self.account(person), self._generation(person), self.policy)
        if not why:
            return
        self._end(session, why)
        if not before:
            with self.ledger.change(self.actor(session)) as change:
                change.note("session-locked", f"account/{person}", reason=why)
                self._keep(change, session)
        raise Refused(f"the session has ended: {why}; log in again", rule="RR-N04")

    @staticmethod
    def _keep(change: Change, session: Session) -> None:
        if session.kept:
            change.keep_secret(sessions.owner_of(session.id), "session", sessions.written(session))

    # ------------------------------------------------------------ signing components

    def components(self, session: Session, person: str, password: str, code: str = "") -> tuple[str, ...]:
        """Prove the identification components of one signing; returns the names of those executed.

        The first signing of a session takes all components: user id, password and, of a person with a device, a one-time code; a
        later one at least the password, which only the signer can execute (21 CFR 11.200(a)(1)(i)). Where the policy says `signing`,
        every signing takes a code. Being logged in counts for none. Raises Refused; every failure counts to the lock.
        """
        account = session.account = self._known(session.account.id)  # as it is now: another process may have locked it
        if account.kind != "person":
            raise Refused("a technical account can never sign", rule="RR-N10")
        if account.state == "active":
            self._still(session)
        first = session.signings == 0
        if (first or person) and person != account.id:
            self._failed(account, account.id, "signing", "user id is not that of the session")
            raise Refused("the first signing of a session takes user id and password of the person logged in", rule="RR-N02")
        always = self.policy.second_factor == "signing"
        if account.factor != "enrolled" and (account.factor == "lost" or self.policy.second_factor != "optional"):
            why = (
                "the device for one-time codes was reported lost"
                if account.factor == "lost"
                else "a signing takes a one-time code"
            )
            self.refused(session, f"account/{account.id}", why, "RR-P03" if account.factor == "lost" else "RR-N01")
            hint = "csvgen pipeline account device" if always else "csvgen people enrol"
            raise Refused(f"{why}; no device is enrolled", rule="RR-N01", hint=hint)
        if not password:
            raise Refused("a signing takes a component that only the signer knows: the password", rule="RR-N03")
        device = account.factor == "enrolled" and (first or always or bool(code))
        self._proved(account.id, password, code, "signing", device=device)
        session.signings += 1
        session.last_used = self.clock.now()
        return (*(("user id",) if first else ()), "password", *(("one-time code",) if device else ()))

    def refused(self, session: Session, about: str, why: str, rule: str = "") -> None:
        """Put a refused signing on record, with its alert (RR-E12)."""
        with self.ledger.change(self.actor(session)) as change:
            change.note("signing-refused", about, reason=why, facts={"rule": rule} if rule else None)
            self._alert(change, session.account.id, "signing refused", f"{about}: {why}")
        self.tell()

    def refused_function(self, actor: Actor, function: str, why: str) -> None:
        """Put a refused function on record, with its alert (RR-E12)."""
        with self.ledger.change(actor) as change:
            change.note("authority-refused", "", reason=why, facts={"function": function})
            self._alert(change, actor.person, "function refused", why)
        self.tell()

    # ------------------------------------------------------------ what people do with their own password

    def acknowledge(self, person: str, password: str, policy: str, code: str = "") -> None:
        """The person takes responsibility for acts under their signature, by name and revision of the policy (21 CFR 11.10(j))."""
        account = self._proved(person, password, code, "acknowledgement")
        self._acknowledged(self.as_owner(account), person, Accountability(policy=policy, on="now").policy)

    def change_password(self, person: str, old: str, new: str, code: str = "") -> None:
        """A new password in the place of an old one, which may have expired; key and device go under the new one."""
        account = self._proved(person, old, code, "password-change", even_expired=True)
        self.set_password(self.as_owner(account), person, new, old=old)

    def enrol(self, person: str, password: str) -> str:
        """Begin the enrolment of a device: the key it shares, for its owner's eyes only. `confirm_enrolment` ends it."""
        return self._begin_enrolment(self._proved(person, password, "", "enrolment"), password)

    def lose(self, person: str, password: str, reason: str) -> None:
        """The person reports the own device lost; the password is proved, a code cannot be."""
        account = self._proved(person, password, "", "report", device=False)
        self.report_lost(self.as_owner(account), person, reason)

    # ------------------------------------------------------------ proof and failure

    def _proved(  # noqa: PLR0912, C901 - every condition in one place, each answered alike
        self, person: str, password: str, code: str, what: str, *, device: bool | None = None, even_expired: bool = False
    ) -> Account:
        """The account, when every component asked for is right. Raises Refused with one message for whatever was wrong.

        The slow work is the same for every account, known or not. What it found holds only if nothing changed until the count is
        taken under the write lock: of guesses made at once, those behind the lock are refused even when right.
        """
        now = self.clock.now()
        account = self.account(person)
        if account is not None and account.kind != "person":
            account = None
        verifiers = self._verifiers(account.id) if account else []
        verifier = verifiers[0] if verifiers else ""
        right = passwords.matches(verifier, password, self.policy)
        kept = self.ledger.secret(account.id, "code-key") if account else ""
        step = factors.step_of(factors.unlock(kept, password, self.policy), code, now)
        if account is None:
            self._failed(None, person, what, "unknown or technical account")
            raise Refused(UNIFORM, rule="RR-D02")
        asked = account.factor == "enrolled" and self.policy.second_factor != "signing" if device is None else device
        why = "" if right else "wrong password"
        if right and asked and step < 0:
            why = "wrong one-time code"
        elif right and not even_expired and self.expired(account.id):
            why = "the password has expired"
        with self.ledger.change(self._claimed(person)) as change:
            latest = change.latest("account", person)
            state = str(latest.content["state"]) if latest else "unknown"
            slowed = attempts.waiting(change, self.source, now, self.policy) > 0
            if slowed:
                why = "too many failures from this source; nothing from there is looked at for a while"
            elif state != "active":
                why = f"account is {state}"
            elif right and json.loads(change.read_secret(person, "password") or "[]")[:1] != [verifier]:
                why = "the password was changed meanwhile"
            elif not why and asked and step <= int(change.read_secret(person, "code-step") or "-1"):
                why = "this one-time code, or a later one, was used before"
            if why:
                self._count(change, account, what, why, guess=not slowed)
            else:
                if asked:
                    change.keep_secret(person, "code-step", str(step))
                if change.read_secret(person, "failures") not in ("", "0"):
                    change.keep_secret(person, "failures", "0")
                if passwords.outdated(verifier, self.policy):
                    change.keep_secret(person, "password", json.dumps([passwords.hashed(password, self.policy), *verifiers[1:]]))
        if why:
            self.tell()
            raise Refused(UNIFORM, rule="RR-D02")
        return account

    def _failed(self, account: Account | None, person: str, what: str, why: str) -> None:
        with self.ledger.change(self._claimed(person)) as change:
            self._count(change, account, what, why)
        self.tell()

    def _count(self, change: Change, account: Account | None, what: str, why: str, *, guess: bool = True) -> None:
        """Count a failure in the same transaction that reads the count, so that parallel guesses count each.

        What was not looked at, because its source has to wait, is no guess at the account: it would lock its owner out.
        """
        attempts.count_source(change, self.source, self.clock.now(), self.policy)
        if account is None:
            event = change.note(f"{what}-refused", "", reason=why)
            self._alert(change, event.person, f"{what} refused", why)
            return
        count = attempts.count_account(change, account.id) if guess else attempts.counted(change, account.id)
        change.note(f"{what}-refused", f"account/{account.id}", reason=why, facts={"failures": str(count)})
        self._alert(change, account.id, f"{what} refused", why)
        latest = change.latest("account", account.id)
        if guess and count >= self.policy.failures_to_lock and latest is not None and latest.content["state"] == "active":
            words = f"{count} failures in a row"
            change.put("account", account.id, {**latest.content, "state": "locked"}, action="lock", reason=words)
            change.note("security-alert", f"account/{account.id}", reason=f"locked after {words}")
            self._alert(change, account.id, "account locked", f"locked after {words}")
            self._end_sessions_of(account.id, "account locked")

    def _end(self, session: Session, why: str) -> None:
        session.ended = session.ended or why

    def _end_sessions_of(self, person: str, why: str) -> None:
        for session in self.sessions.values():
            if session.account.id == person:
                self._end(session, why)


__all__ = ["UNIFORM", "Directory", "Session", "alike", "folded", "signing_right", "trivial"]
