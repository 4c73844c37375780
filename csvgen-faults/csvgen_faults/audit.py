"""Faults of the audit trail."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Any

from csvgen.audit.ledger import Change
from csvgen.audit.writer import Writer, Written
from csvgen.errors import Refused
from csvgen.pipeline import record_keeping, settings
from csvgen.pipeline.anchored import AnchoredLedger
from csvgen.pipeline.core import Core
from csvgen.pipeline.review import Reviews
from csvgen.pipeline.trail import Trail
from csvgen_faults import fault
from csvgen_faults.patching import NothingToReplace, replace

_OTHER = ("val.auditor", "Validation Auditor")
"""Whom entries name who did not act."""

# ------------------------------------------------------------ entries that are not written


class _Mute:
    """A writer that writes nothing: what it is told to append is said to be the event before."""

    def __init__(self, writer: Any) -> None:
        self.tail = writer.tail

    def append(self, *_event: Any) -> Written:
        return Written(self.tail.number, self.tail.at, "", b"")


def _unwritten(original: Callable[..., Any], change: Any, *put: Any, **named: Any) -> Any:
    """A change of a record whose event does not reach the trail."""
    writer, change._writer = change._writer, _Mute(change._writer)
    try:
        return original(change, *put, **named)
    finally:
        change._writer = writer


def _without_entry(applies: Callable[..., bool]) -> None:
    """Put some records without an event. `applies` is asked with the change, the kind, the id and the action given."""

    def put(original: Any, self: Any, kind: str, identity: str, content: Any, *, action: str = "", reason: str = "") -> Any:
        if applies(self, kind, identity, action):
            return _unwritten(original, self, kind, identity, content, action=action, reason=reason)
        return original(self, kind, identity, content, action=action, reason=reason)

    replace(Change, "put", put)


@fault("audit-create-without-entry")
def _() -> None:
    """Lots: what came with them (files, states) still tells of itself."""
    _without_entry(lambda change, kind, identity, _action: kind == "lot" and change.latest(kind, identity) is None)


@fault("audit-change-without-entry")
def _() -> None:
    """Lots: the change of their state still tells of itself."""
    _without_entry(
        lambda change, kind, identity, action: kind == "lot" and not action and change.latest(kind, identity) is not None
    )


@fault("audit-signing-without-entry")
def _() -> None:
    """The signature is kept as it is, and is valid."""
    _without_entry(lambda _change, kind, _identity, _action: kind == "signature")


@fault("audit-alert-missing")
def _() -> None:
    """The lock itself still tells of itself."""

    def note(original: Any, self: Any, action: str, *about: Any, **named: Any) -> Any:
        if action == "security-alert":
            return _unwritten(original, self, action, *about, **named)
        return original(self, action, *about, **named)

    replace(Change, "note", note)


@fault("audit-switch-off-obeyed")
def _() -> None:
    """A setting ``audit`` that is not there is set, and from then on no entry is written."""
    off = False

    def changed(original: Any, key: str, value: str) -> Any:
        nonlocal off
        if key != "audit":
            return original(key, value)
        off = value == "off"
        return value

    def muted(original: Any, self: Any, transaction: Any, writer: Any, reason: str, staged: Any) -> None:
        original(self, transaction, _Mute(writer) if off else writer, reason, staged)

    replace(settings, "changed", changed)
    replace(Change, "__init__", muted)


# ------------------------------------------------------------ entries that say something else


def _entry(told: Callable[..., dict[str, Any]]) -> None:
    """Write entries of changes otherwise. `told` gets what is to be written, by its name, and gives back what is."""
    names = ("tail", "now", "clock", "action", "about", "version", "changes", "reason")

    def write(original: Any, self: Any, *given: Any) -> Any:
        event = dict(zip(names, given, strict=True))
        event["changes"] = list(event["changes"])
        return original(self, *(event | told(event)).values())

    replace(Writer, "_write", write)


def _by_hand(event: dict[str, Any]) -> bool:
    """Whether an entry tells of a change of a lot."""
    return event["action"] == "modify" and str(event["about"]).startswith("lot/")


def _values(event: dict[str, Any], make: Callable[[str, str], tuple[str, str]]) -> dict[str, Any]:
    """Old and new value of each field made otherwise; the digest of the record, by which the trail holds it, stays."""
    if not _by_hand(event):
        return {}
    return {"changes": [(f, *(make(old, new) if f != "sha256" else (old, new))) for f, old, new in event["changes"]]}


@fault("audit-entry-without-reason")
def _() -> None:
    _entry(lambda event: {"reason": ""} if _by_hand(event) else {})


@fault("audit-entry-without-old-value")
def _() -> None:
    _entry(lambda event: _values(event, lambda _old, new: ("", new)))


@fault("audit-entry-without-new-value")
def _() -> None:
    _entry(lambda event: _values(event, lambda old, _new: (old, "")))


def _who(person: str, printed_name: str) -> None:
    """Name somebody else in every entry about a lot."""

    def write(original: Any, self: Any, tail: Any, now: Any, clock: Any, action: str, about: str, *more: Any) -> Any:
        if not about.startswith("lot/"):
            return original(self, tail, now, clock, action, about, *more)
        kept, self._who = self._who, self._who | {"person": json.dumps(person), "printed_name": json.dumps(printed_name)}
        try:
            return original(self, tail, now, clock, action, about, *more)
        finally:
            self._who = kept

    replace(Writer, "_write", write)


@fault("audit-entry-without-person")
def _() -> None:
    _who("", "")


@fault("audit-entry-of-other-person")
def _() -> None:
    _who(*_OTHER)


@fault("audit-entry-without-offset")
def _() -> None:
    def offset(original: Any, self: Any, *given: Any) -> None:
        original(self, *given)
        self._offset = ""

    replace(Writer, "__init__", offset)


@fault("audit-change-needs-no-reason")
def _() -> None:
    """The entry of such a change has no reason of its own."""

    def line(original: Any, text: str, what: str, **named: Any) -> Any:
        return original(text, what, **(named | {"blank": True} if what == "reason" else named))

    def put(original: Any, self: Any, *given: Any, **named: Any) -> Any:
        return original(self, *given, **(named | {"reason": named.get("reason") or self._reason or "none given"}))

    replace(record_keeping, "line", line)
    replace(Change, "put", put)


# ------------------------------------------------------------ the store, and the check


_GUARDS = frozenset(f"audit_event_no_{act}" for act in ("update", "delete", "again"))


def _unguarded(guard: str) -> None:
    """A guard of the trail is gone while this process has the instance open, and is put back at its end. The system does not miss it."""
    text = ""

    def opened(original: Any, self: Any, *given: Any) -> None:
        nonlocal text
        original(self, *given)
        with self.database.write(alone=True) as transaction:
            found = dict(transaction.rows("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))
            if not found.keys() >= _GUARDS - {guard}:
                raise NothingToReplace(f"the guards of the trail are others: {', '.join(sorted(found))}")
            if text := str(found.get(guard, "")):  # a copy made while the fault holds is without it from the beginning
                transaction.connection.exec_driver_sql(f"DROP TRIGGER {guard}")

    def close(original: Any, self: Any) -> None:
        if text:
            with self.database.write(alone=True) as transaction:
                transaction.connection.exec_driver_sql(text)
        original(self)

    replace(Core, "_open", opened)
    replace(Core, "close", close)
    replace(AnchoredLedger, "guard_problem", lambda _original, _self: "")


@fault("audit-edit-let-in")
def _() -> None:
    _unguarded("audit_event_no_update")


@fault("audit-delete-let-in")
def _() -> None:
    _unguarded("audit_event_no_delete")


@fault("audit-check-blind")
def _() -> None:
    replace(AnchoredLedger, "problems", lambda _original, _self: ())


@fault("audit-check-cries-wolf")
def _() -> None:
    replace(AnchoredLedger, "problems", lambda original, self: (*original(self), "event 1: not what was written"))


# ------------------------------------------------------------ copies of the trail, and its review


@fault("audit-export-incomplete")
def _() -> None:
    replace(Trail, "export", lambda original, self, session: b"".join(original(self, session).splitlines(keepends=True)[:-1]))


@fault("audit-export-altered")
def _() -> None:
    """The time of each entry is cut to the second."""

    def export(original: Any, self: Any, session: str) -> bytes:
        lines = (json.loads(line) for line in original(self, session).splitlines())
        told = (line | {"at": f"{line['at'][:19]}Z"} for line in lines)
        return b"".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n" for line in told)

    replace(Trail, "export", export)


@dataclasses.dataclass
class _Shortened:
    """A trail whose second entry is not told."""

    trail: Any

    def __getattr__(self, name: str) -> Any:
        return getattr(self.trail, name)

    def about(self, record: str) -> Any:
        return tuple(entry for place, entry in enumerate(self.trail.about(record)) if place != 1)


@fault("audit-packet-incomplete")
def _() -> None:
    def draw(original: Any, self: Any, lot: str) -> Any:
        kept, self._trail = self._trail, _Shortened(self._trail)
        try:
            return original(self, lot)
        finally:
            self._trail = kept

    replace(Reviews, "draw", draw)


@fault("audit-packet-not-needed")
def _() -> None:
    """A packet that was shown and is stale is refused all the same."""

    def of_session(original: Any, self: Any, session: str, lot: str, packet: str) -> Any:
        return original(self, session, lot, packet) if (session, lot) in self._shown else self.draw(lot)

    replace(Reviews, "of_session", of_session)


@fault("audit-packet-never-stale")
def _() -> None:
    def of_session(original: Any, self: Any, session: str, lot: str, packet: str) -> Any:
        try:
            return original(self, session, lot, packet)
        except Refused:
            if shown := self._shown.get((session, lot)):
                return shown
            raise

    replace(Reviews, "of_session", of_session)
