"""The room itself: one system of one project, opened once and shared by all who visit it."""

from __future__ import annotations

import secrets
import threading
from functools import cached_property

from csvgen.audit.ledger import Ledger
from csvgen.clock import Clock, SteadyClock, SystemClock, stored
from csvgen.config import Config
from csvgen.diagnostics import one_line
from csvgen.identity.directory import Directory
from csvgen.identity.sessions import Session
from csvgen.model.audit import Actor, Head
from csvgen.model.people import Account
from csvgen.portal.refusals import Key, Streams, Tally
from csvgen.portal.seats import Seats
from csvgen.portal.settings import PortalSettings
from csvgen.portal.sign_on import SignOns
from csvgen.portal.snapshot import Snapshot, Snapshots
from csvgen.workflow import opening
from csvgen.workflow.commenting import Thread, every_thread, threads_since
from csvgen.workflow.documents import Publisher
from csvgen.workflow.keys import seal_key
from csvgen.workflow.security_events import note_refused
from csvgen.workflow.sittings import Sittings

STREAM_SECONDS = 60.0
"""Longest life of a stream; the browser asks again by itself, and is let in again or not."""


class _Sessions(dict[str, Session]):
    """Sessions of many threads: who goes through them gets a list nobody changes meanwhile."""

    def values(self) -> list[Session]:  # type: ignore[override]
        return list(super().values())


class Room:
    """Everything a page needs of the project. Nothing in it belongs to one visitor but the sessions."""

    def __init__(self, config: Config, system: str, settings: PortalSettings, clock: Clock | None = None) -> None:
        self.config = config
        self.system = system
        self.settings = settings
        self.clock = clock or SystemClock()
        self.seats = Seats(secrets.token_bytes(32))
        self.hashing = threading.BoundedSemaphore(settings.hashing)
        """Held while a password is proved: it costs a core and memory."""
        self.sittings = Sittings(config.root, system)
        self.sign_ons = SignOns(config.sign_on, config.root, self.clock)
        steady = self.clock if isinstance(self.clock, SteadyClock) else SystemClock()
        self.steady = steady.steady
        self.streams = Streams(settings.streams, STREAM_SECONDS)
        self._refused = Tally()
        self._snapshots = Snapshots(
            config, system, steady.steady, lambda: stored(self.clock.now()), settings.look_seconds, settings.reading_seconds
        )
        self._sessions = _Sessions()
        self._accounts: tuple[Head, tuple[Account, ...]] | None = None
        self._threads: tuple[Head, dict[str, Thread]] | None = None

    @cached_property
    def ledger(self) -> Ledger:
        return opening.records(self.config, self.clock)

    def look(self, *, thorough: bool = False, after: int = 0) -> tuple[Snapshot, str]:
        """The project as it is shown, and until when it was so, where its files are being read; `thorough` before an act (see `Snapshots.look`)."""
        return self._snapshots.look(thorough=thorough, after=after)

    def snapshot(self, *, thorough: bool = False) -> Snapshot:
        """The project alone."""
        return self._snapshots.now(thorough=thorough)

    def keep_fresh(self, closing: threading.Event) -> None:
        """As long as the room is open and people are in it: look at the files before a page has to wait for it."""
        while not closing.wait(max(0.05, self.settings.look_seconds / 20)):
            self.freshen()

    def freshen(self) -> None:
        """Look at the files where that is due."""
        self._snapshots.freshen()

    def moment(self) -> int:
        """After something was done: a number whoever did it is shown nothing from before of."""
        return self._snapshots.moment()

    def directory(self, address: str) -> Directory:
        """The people, as a visitor from this address meets them: rights in force now, sessions of the room.

        Failures are counted by the address, so that who guesses slows down nobody but themselves; and a session goes on only from
        the address it was begun from.
        """
        source = f"review room on {opening.this_machine()}, from {one_line(address)[:60]}"
        made, _, _ = opening.people(self.config, self.ledger, self.clock, source)
        made.policy = self.settings.strict(made.policy)
        made.sessions = self._sessions
        return made

    def accounts(self, directory: Directory) -> tuple[Account, ...]:
        """All accounts as they are now. An account changes by an event: while the trail has the same head they are the same."""
        head = self.ledger.head()  # before them: what comes meanwhile is seen by whoever asks next
        kept = self._accounts
        if kept is None or kept[0] != head:
            kept = self._accounts = head, directory.accounts()
        return kept[1]

    def threads(self) -> tuple[Thread, ...]:
        """All comments as they are now. Of a trail that has grown, those that something was said to since are read again."""
        head = self.ledger.head()  # before them, as above
        kept = self._threads
        if kept is None or kept[0].count > head.count:
            kept = self._threads = head, {t.id: t for t in every_thread(self.ledger)}
        elif kept[0] != head:
            kept = self._threads = head, kept[1] | {t.id: t for t in threads_since(self.ledger, kept[0].count)}
        return tuple(kept[1].values())

    @property
    def cookie(self) -> str:
        """Name of the cookie of a session. Where browsers speak https it says itself that it is of this host alone (RFC 6265bis, 4.1.3.2)."""
        return "__Host-csvgen" if self.settings.secure else "csvgen"

    def forget_ended(self) -> None:
        """Let go of sessions that have ended: what happened in them is in the audit trail."""
        for session in self._sessions.values():
            age = (self.clock.now() - session.started).total_seconds()
            if session.ended or age > self.settings.session_seconds:
                self._sessions.pop(session.id, None)
                self.left(session.id)

    def left(self, session: str) -> None:
        """Nobody sits there any more: what the room kept of the session goes."""
        self.seats.leave(session)
        self.sign_ons.leave(session)

    def refused(self, kind: str, why: str, address: str, asked: str, actor: Actor | None = None) -> None:
        """Put a request that was turned away on record: the first at once, more of the same within a minute by their number."""
        key, times = self._refused.count((kind, address, actor.person if actor is not None else ""), self.steady())
        if times:
            self._note_refused(key, times, why, asked, actor)

    def tell_refused(self, *, all_of_them: bool = False) -> None:
        """Tell what was held back, once its minute is over, or the room closes."""
        for key, held in self._refused.due(float("inf") if all_of_them else self.steady()):
            self._note_refused(key, held, "more of what was refused before", "", None)

    def _note_refused(self, key: Key, times: int, why: str, asked: str, actor: Actor | None) -> None:
        kind, address, person = key
        facts = {"kind": kind, "from": address, "asked": asked, "times": str(times)}
        note_refused(self.directory(address), actor, why, facts | ({"person": person} if person and actor is None else {}))

    def publisher(self, actor: Actor) -> Publisher:
        """Composes and puts up records in a person's name; on a state of its own, since it looks at what it changes."""
        return Publisher(self.snapshot(thorough=True).state, self.ledger, self.clock, actor, seal_key(self.config))

    def fix(self, actor: Actor, why: str) -> tuple[str, ...]:
        """A checkpoint of the trail, as after every signature at the command line. Returns what went wrong with anchors."""
        return opening.fix(self.config, self.ledger, self.clock, actor, why)

    def keep_up(self, actor: Actor) -> tuple[str, ...]:
        """A checkpoint of the trail where one is due, as after every command."""
        return opening.keep_up(self.config, self.ledger, self.clock, actor)
