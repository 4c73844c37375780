"""What all parts of the application share: the opened instance, and the one place where authority is checked."""

from __future__ import annotations

import datetime as dt
import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, TypeVar

from csvgen.audit.ledger import Version, system_actor
from csvgen.clock import Clock
from csvgen.errors import BadInput, ConfigError, NotIntact, Refused
from csvgen.identity.alerts import Bell, Mail, Outbox, raise_alert, tell
from csvgen.identity.directory import Directory, Session
from csvgen.model.audit import Actor
from csvgen.model.base import Value, hazard
from csvgen.pipeline import access, instance, settings
from csvgen.pipeline.anchored import AnchoredLedger
from csvgen.pipeline.files import FileIndex
from csvgen.pipeline.keyring import Keyring, require_key
from csvgen.pipeline.landing import Landing, LocalStore, LockedStore, opened
from csvgen.store.database import Database, open_database

_Noun = TypeVar("_Noun", bound=Value)

DATABASE = "qc.db"
KEYS = "keys"
RAW = "raw"
RESULTS = "results"
ANCHOR = "trail.head"
LOCK = "lock"
_NOTHING_TYPED = "RR-N03"
"""Rule by which components are refused when nothing but the password is missing."""
ALERTS = "alerts"


class Unsigned(Exception):
    """An act came to its signature while it was only rehearsed: nothing it knew before speaks against it."""


class Core:
    """One opened instance. Everything in it belongs to it alone: database, raw files, keys, clock, sessions."""

    def __init__(self, home: Path, clock: Clock) -> None:
        if not (home / DATABASE).is_file() or not (home / KEYS).is_dir():
            raise ConfigError("no instance of QC release is installed here", where=home.name)
        self.home = home
        self.clock = clock
        self._lock = _sole_opener(home / LOCK)
        try:
            self._open(home, clock)
        except BaseException:
            self._lock.close()
            raise

    def _open(self, home: Path, clock: Clock) -> None:
        self.keys = Keyring(home / KEYS)
        self.database: Database = open_database(f"sqlite:///{home / DATABASE}")
        self.files = FileIndex(self.database)
        self.results = LocalStore(home / RESULTS)
        self.ledger = AnchoredLedger(self.database, clock, home / ANCHOR)
        self.ledger.recover()
        self.settings = self._settled(home)
        self.raw: Landing = self._landing(home)
        self._codes: dict[str, str] = {}
        self._rehearsed = False
        self.directory = Directory(
            self.ledger,
            clock,
            settings.policy(self.configuration()),
            f"QC release, process {os.getpid()}",
            bell=_bell(self.settings, home),
        )

    def _settled(self, home: Path) -> instance.Settings:
        """The settings in force while this is open, on record: who edited the file is not known, that it was edited is.

        Whom the settings before named for security events is told, so that nobody is left out by a line taken away.
        """
        now, before = instance.content(home), self.ledger.latest(instance.KIND, instance.FILE)
        recorded = before.content if before else {}
        if told := instance.differences(recorded, now):
            actor, words = system_actor("QC release, opening"), f"found at opening: {'; '.join(told)}"
            bell = _bell(instance.recorded(recorded), home) or _bell(instance.recorded(now), home)
            with self.ledger.change(actor, words) as change:
                change.put(instance.KIND, instance.FILE, now, action="settings-changed")
                raise_alert(
                    change, bell, self.clock, about=instance.FILE, what="settings changed", why=words, source=actor.source
                )
            tell(self.ledger, bell, actor)
        return instance.recorded(now)

    def _landing(self, home: Path) -> Landing:
        """The landing that the settings name. What a dead process left of an arrival is cleared: nobody else has it open."""
        landing = opened(self.settings.landing, home / RAW, self._kept_until)
        if isinstance(landing, LockedStore):
            landing.pins = self.files.pin
        else:
            landing.clear()
        return landing

    def _kept_until(self) -> dt.datetime:
        return self.clock.now() + dt.timedelta(days=int(self.configuration()["retention_days"]))

    # ------------------------------------------------------------ authority

    def admit(self, token: str, function: str, about: str = "") -> Session:
        """The session, if it is alive and its roles may use the function. The only check of authority there is.

        Raises Refused; the refusal is an event of the audit trail.
        """
        try:
            session = self.directory.session(token)
        except Refused as refusal:
            with self.ledger.change(Actor("unknown", "(not authenticated)", "none", self.directory.source)) as change:
                change.note("access-refused", about, reason=refusal.message, facts={"function": function})
            raise
        roles = session.account.roles
        if not access.allowed(function, roles):
            words = access.refusal(function, roles)
            with self.ledger.change(self.directory.actor(session)) as change:
                change.note("authority-refused", about, reason=words, facts={"function": function})
            raise Refused(words, rule="RR-G01")
        return session

    @contextmanager
    def acting(self, token: str, function: str, about: str = "") -> Iterator[Session]:
        """As `admit`, around an act: a refusal inside it is an event too, with the words of the refusal (RR-E12)."""
        session = self.admit(token, function, about)
        try:
            yield session
        except (Refused, BadInput, NotIntact) as refusal:
            where = f"{refusal.where}: " if refusal.where else ""
            with self.ledger.change(self.directory.actor(session)) as change:
                change.note(f"{function.replace('_', '-')}-refused", about, reason=where + refusal.message)
            raise

    def typed(self, session: Session, code: str) -> None:
        """Hold the one-time code typed for the next signature of a session, in memory alone; `components` uses it up."""
        self._codes[session.id] = code

    def components(self, session: Session, user_id: str, password: str) -> tuple[str, ...]:
        """Prove the components of one signature; gives their names. Raises Refused; every failure counts to the lock.

        The code goes with the attempt, whatever comes of it: none serves two signatures.
        """
        if self._rehearsed:
            self._may_sign(session)
            raise Unsigned
        return self.directory.components(session, user_id, password, self._codes.pop(session.id, ""))

    @contextmanager
    def rehearsal(self) -> Iterator[None]:
        """Acts inside go as far as their signature, and no further: what would be refused is refused before components are asked for."""
        self._rehearsed = True
        try:
            with suppress(Unsigned):
                yield
        finally:
            self._rehearsed = False

    def _may_sign(self, session: Session) -> None:
        """Raises Refused for whoever cannot sign whatever is typed: no key of the own, no device where one is needed."""
        person = session.account.id
        require_key(self.directory, person)
        try:
            self.directory.components(session, person, "")
        except Refused as refusal:
            if refusal.rule != _NOTHING_TYPED:
                raise

    def actor(self, session: Session) -> Actor:
        """Who acts, for the audit trail: always from the session, never from an argument."""
        return self.directory.actor(session)

    # ------------------------------------------------------------ records

    def configuration(self) -> dict[str, str]:
        """The settings in force."""
        return {v.id: str(v.content["value"]) for v in self.ledger.all("configuration")}

    def latest(self, kind: str, identity: str, noun: type[_Noun]) -> tuple[_Noun, Version] | None:
        """A record with its version, or None."""
        found = self.ledger.latest(kind, identity)
        return (noun.model_validate(found.content), found) if found else None

    def known(self, kind: str, identity: str, noun: type[_Noun]) -> tuple[_Noun, Version]:
        """As `latest`. Raises BadInput when there is no such record."""
        found = self.latest(kind, identity, noun)
        if found is None:
            raise BadInput(f"no {kind} {identity[:80]!r} is registered")
        return found

    def of_lot(self, kind: str, lot: str, noun: type[_Noun]) -> tuple[tuple[_Noun, Version], ...]:
        """The latest version of each record of a kind that belongs to a lot, by id."""
        return tuple((noun.model_validate(v.content), v) for v in self.ledger.all(kind) if belongs(v.content, lot))

    def state(self, lot: str) -> str:
        """The place of a lot in its life; empty when there is no such lot."""
        found = self.ledger.latest("status", lot)
        return str(found.content["state"]) if found else ""

    def close(self) -> None:
        """Close the database and let others open the instance."""
        self.database.close()
        self._lock.close()


def _sole_opener(path: Path) -> IO[bytes]:
    """A lock held until it is closed or the process ends: one instance, one process, one order of acts.

    Raises ConfigError when another process, or another part of this one, holds it.
    """
    lock = path.open("ab")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise ConfigError("this instance is open already; one process works on it at a time", where=path.parent.name) from None
    return lock


def _bell(parts: instance.Settings, home: Path) -> Bell | None:
    """Who is told of security events, as the settings of the instance say; None when nobody is."""
    told = parts.bell
    if told is None:
        return None
    address, host, port = told
    return Bell(address, (Mail(host, port),) if host else (Outbox(home / ALERTS),), system="QC release")


def belongs(content: Mapping[str, Any], lot: str) -> bool:
    """Whether a record is about a lot: it names the lot, or has it as its subject."""
    return content.get("lot") == lot or content.get("subject") == f"lot/{lot}"


def named(record: str) -> str:
    """The full name of a record as the trail knows it, ``lot/L-001``; a name without kind is a lot's."""
    return (record if "/" in record else f"lot/{record}")[:240]


def line(text: str, what: str, *, blank: bool = False, longest: int = 400) -> str:
    """One harmless line of text from outside. Raises BadInput."""
    if len(text) > longest:
        raise BadInput(f"the {what} has {len(text)} characters; the limit is {longest}")
    if found := hazard(text, newline=False):
        raise BadInput(f"the {what} holds {found}")
    if not blank and not any(c.isalnum() for c in text):
        raise Refused(f"the {what} is missing", rule="RR-E07")
    return text
