"""The audit trail as people read it (port AuditTrail). Nothing here writes to it, except that an export is itself an event."""

from __future__ import annotations

from csvgen.audit.chain import read_event
from csvgen.canonical import text_of
from csvgen.model.audit import Event
from csvgen.pipeline.core import Core, belongs, named
from csvgen.pipeline.sheet import find
from csvgen.ports import AuditEntry, Outcome

_KINDS_OF_A_LOT = ("certificate", "deviation", "file", "reintegration", "run", "set-aside", "signature", "status")

_KINDS_OF_A_STUDY = ("deviation", "file", "run", "study-hold", "study-plan", "study-state")


class Trail:
    """Reading, exporting, verifying the trail."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def entries(self, session: str, record: str = "", after: int = 0) -> tuple[AuditEntry, ...]:
        """Every entry, or those about one record; a lot brings its files, runs, deviations and signatures with it.

        With `after` only those of events with a higher number: who has read a trail so far goes on from there.
        """
        self._core.admit(session, "entries", named(record) if record else "")
        return self.about("/".join(find(self._core, record)) if record else "", after)

    def about(self, record: str, after: int = 0) -> tuple[AuditEntry, ...]:
        """As `entries`, without asking for authority."""
        return tuple(entry for event in self.events(record, after) for entry in _entries(event))

    def events(self, record: str, after: int = 0) -> tuple[Event, ...]:
        """The events about a record and its family, in order; every event without a record."""
        if not record:
            return self._core.ledger.events(after=after)
        names = frozenset(self.family(record))
        spelled = tuple(text_of(name).encode("utf-8") for name in names)  # as it stands in the canonical bytes of an event
        named = (body for body in self._core.ledger.bodies(after) if any(s in body for s in spelled))
        return tuple(e for e in map(read_event, named) if e.record in names)

    def family(self, record: str) -> tuple[str, ...]:
        """The record, and those that belong to it: a lot's files, runs, deviations, changed integrations, certificate, signatures.

        A study brings its plans, files, runs, deviations and holds, and the signatures on all of them.
        """
        kind, _, identity = record.partition("/")
        if kind != "lot":
            names = (
                record,
                *(
                    f"{k}/{v.id}"
                    for k in _KINDS_OF_A_STUDY
                    for v in self._core.ledger.all(k)
                    if v.content.get("subject") == record
                ),
            )
            known = frozenset(names)
            return (*names, *(f"signature/{v.id}" for v in self._core.ledger.all("signature") if v.content["of"] in known))
        kept = ((k, v) for k in _KINDS_OF_A_LOT for v in self._core.ledger.all(k))
        return (record, *(f"{k}/{v.id}" for k, v in kept if belongs(v.content, identity)))

    def export(self, session: str) -> bytes:
        """The whole trail: one event a line, the exact bytes that were hashed, so that anybody can follow the chain."""
        with self._core.acting(session, "export") as acting, self._core.ledger.change(self._core.actor(acting)) as change:
            change.note("export")
        return b"".join(self._core.ledger.bodies())  # the export tells of itself

    def integrity(self, session: str) -> Outcome:
        """Chain, records against their events, and the anchor. The facts hold the head, to be kept outside."""
        self._core.admit(session, "integrity")
        problems = self._core.ledger.problems()
        head = self._core.ledger.head()
        facts = {"events": str(head.count), "head": str(head.hash)}
        if problems:
            return Outcome(False, "; ".join(problems[:10]), "", facts)
        return Outcome(True, f"the audit trail is unbroken: {head.count} events", "", facts)


def _entries(event: Event) -> tuple[AuditEntry, ...]:
    """One entry for each changed field; an event without changes is one entry."""
    changes = [(c.field, c.old, c.new) for c in event.changes] or [("", "", "")]
    return tuple(
        AuditEntry(
            event.seq,
            event.at,
            event.offset,
            event.person,
            event.printed_name,
            event.action,
            event.record,
            field,
            old,
            new,
            event.reason,
        )
        for field, old, new in changes
    )
