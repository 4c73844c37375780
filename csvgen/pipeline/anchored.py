"""The ledger with an anchor: number and digest of the last event, kept in a file beside the database.

A hash chain does not show that its last events are gone, nor that an old backup was put in its place. The anchor does, as
long as the database alone was touched; whoever can write every file of the instance can also move the anchor, and only a
head kept outside shows that (`AuditTrail.integrity` reports the head for that purpose, and each signature holds one).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import select

from csvgen.audit.ledger import Change, Ledger
from csvgen.canonical import canonical_json, digest_bytes, read_canonical, write
from csvgen.clock import Clock
from csvgen.errors import NotIntact
from csvgen.model.audit import Actor
from csvgen.store.database import Database
from csvgen.store.tables import audit_event


class AnchoredLedger(Ledger):
    """A ledger that refuses to go on after a trail that does not reach its anchor."""

    def __init__(self, database: Database, clock: Clock, anchor: Path) -> None:
        super().__init__(database, clock)
        self._anchor = anchor

    @contextmanager
    def change(self, actor: Actor, reason: str = "") -> Iterator[Change]:
        """As `Ledger.change`; then the anchor moves on. Raises NotIntact when events that were anchored are gone."""
        if problem := self.anchor_problem():
            raise NotIntact(problem, where="audit trail")
        with super().change(actor, reason) as change:
            yield change
        write(self._anchor, canonical_json(self.head()))

    def anchor_problem(self) -> str:
        """What the anchor says against the trail, or an empty string. The trail may be ahead: a crash came between."""
        reached = self.head().count
        if not self._anchor.exists():
            return "the anchor of the audit trail is missing" if reached else ""
        anchored = read_canonical(self._anchor.read_bytes(), self._anchor.name)
        count = int(anchored["count"])
        if reached < count:
            return f"the trail has {reached} events, {count} were anchored: events are missing at its end"
        with self._database.read() as connection:
            body = connection.execute(select(audit_event.c.body).where(audit_event.c.seq == count)).scalar()
        if body is None or digest_bytes(body if isinstance(body, bytes) else str(body).encode("utf-8")) != anchored["hash"]:
            return f"event {count} is not the one that was anchored"
        return ""

    def problems(self) -> tuple[str, ...]:
        """All that `Ledger.problems` finds, and the anchor."""
        anchor = self.anchor_problem()
        return (*super().problems(), *((anchor,) if anchor else ()))
