"""Reading, changing, copying records; and the refusal to delete them (port Records)."""

from __future__ import annotations

import base64
import datetime as dt
import json
from dataclasses import asdict
from typing import Any

from pydantic import ValidationError

from csvgen.audit.ledger import Version
from csvgen.clock import parsed
from csvgen.crypto.certificates import pem
from csvgen.errors import BadInput, Refused
from csvgen.model.base import Value, in_words
from csvgen.pipeline import life, settings
from csvgen.pipeline.core import Core, line, named
from csvgen.pipeline.forms import as_data, page
from csvgen.pipeline.nouns import BY_HAND, Instrument, Lot
from csvgen.pipeline.sheet import SUPERSEDED, Sheet, Sheets, flat, identify
from csvgen.pipeline.trail import Trail
from csvgen.ports import Outcome, RecordCopy, RecordView


class RecordKeeping:
    """Records by name, ``lot/L-001``."""

    def __init__(self, core: Core, trail: Trail) -> None:
        self._core = core
        self._trail = trail
        self._sheets = Sheets(core)

    # ------------------------------------------------------------ reading

    def read(self, session: str, record: str) -> RecordView | None:
        """The newest version, or None when there is no such record."""
        self._core.admit(session, "read", named(record))
        versions = self._versions(record)
        return self._view(versions[-1], newest=True) if versions else None

    def history(self, session: str, record: str) -> tuple[RecordView, ...]:
        """Every version, oldest first."""
        self._core.admit(session, "history", named(record))
        versions = self._versions(record)
        return tuple(self._view(v, newest=v is versions[-1]) for v in versions)

    def _versions(self, record: str) -> tuple[Version, ...]:
        return self._core.ledger.versions(*identify(record))

    def _view(self, version: Version, *, newest: bool) -> RecordView:
        state = self._sheets.state(version) if newest else SUPERSEDED
        return RecordView(f"{version.kind}/{version.id}", version.number, state, flat(version.content))

    # ------------------------------------------------------------ changing

    def change(self, session: str, record: str, field: str, value: str, reason: str) -> Outcome:
        """Change one field of a lot (comment, sampled_on, storage), an instrument (calibration_due) or the configuration.

        A changed lot is a new version: signatures on the old one are void, and the lot is back at processed. A released or
        rejected lot is refused: nobody but the quality unit decides, and what it decided stands.
        """
        kind, identity = identify(record)
        if kind == "configuration":
            return self.configure(session, identity, value, reason)
        if kind == "instrument":
            return self._change_instrument(session, identity, field, value, reason)
        with self._core.acting(session, "change_lot", named(record)) as acting:
            if kind != "lot":
                raise BadInput(f"a {kind} record cannot be changed by hand")
            lot, version = self._core.known("lot", identity, Lot)
            if field not in BY_HAND:
                raise Refused(f"the field {field[:40]!r} of a lot cannot be changed by hand; these can: {', '.join(BY_HAND)}")
            line(value, field, blank=True)
            line(reason, "reason")
            state = life.after(identity, life.state(self._core.state(identity)), "change")
            changed = _with(lot, field, value)
            with self._core.ledger.change(self._core.actor(acting), reason) as change:
                new = change.put("lot", identity, changed.model_dump())
                if new.number == version.number:
                    raise BadInput(f"{field} is {value!r} already")
                change.put("status", identity, {"lot": identity, "state": state}, reason=f"record changed: {reason}")
        return Outcome(
            True, f"lot {identity} changed, now version {new.number}, {state}", f"lot/{identity}", {"version": str(new.number)}
        )

    def _change_instrument(self, session: str, identity: str, field: str, value: str, reason: str) -> Outcome:
        with self._core.acting(session, "change_instrument", f"instrument/{identity[:40]}") as acting:
            instrument, _ = self._core.known("instrument", identity, Instrument)
            if field != "calibration_due":
                raise Refused(f"the field {field[:40]!r} of an instrument cannot be changed; this can: calibration_due")
            line(reason, "reason")
            with self._core.ledger.change(self._core.actor(acting), reason) as change:
                new = change.put("instrument", identity, _with(instrument, field, value).model_dump())
        return Outcome(True, f"instrument {identity} changed", f"instrument/{identity}", {"version": str(new.number)})

    def configure(self, session: str, key: str, value: str, reason: str) -> Outcome:
        """Set one known setting; in force at once. There is no setting that touches the audit trail."""
        with self._core.acting(session, "configure", f"configuration/{key[:40]}") as acting:
            accepted = settings.changed(key, value)
            line(reason, "reason")
            with self._core.ledger.change(self._core.actor(acting), reason) as change:
                change.put("configuration", key, {"key": key, "value": accepted})
            self._core.directory.policy = settings.policy(self._core.configuration())
        return Outcome(True, f"{key} is now {accepted}", f"configuration/{key}", {"value": accepted})

    def delete(self, session: str, record: str, reason: str) -> Outcome:
        """Refused for every role: before the end of retention by rule, after it because this version offers no removal."""
        with self._core.acting(session, "delete", named(record)):
            line(reason, "reason")
            versions = self._versions(record)
            if not versions:
                raise BadInput(f"no record {record[:80]!r}")
            name = named(record)
            days = int(self._core.configuration()["retention_days"])
            last = next(e.at for e in self._core.ledger.events() if e.seq == versions[-1].event)
            end = parsed(last) + dt.timedelta(days=days)
            if self._core.clock.now() < end:
                raise Refused(
                    f"{name} must be kept until {end:%Y-%m-%d}: retention is {days} days; nobody can delete it before",
                    rule="RR-C01",
                )
            raise Refused(
                f"{name} is past its retention, but this system deletes nothing: removal is a procedure outside of it",
                rule="RR-C01",
            )

    # ------------------------------------------------------------ copying

    def copy(self, session: str, record: str) -> RecordCopy | None:
        """A copy to read (inert HTML) and one to process (JSON), both with versions and audit trail; None without record."""
        with self._core.acting(session, "copy", named(record)) as acting:
            if not self._versions(record):
                return None
            sheet = self._sheets.of(record)
            with self._core.ledger.change(self._core.actor(acting)) as change:
                change.note("copy", sheet.record, facts={"version": str(sheet.version)})
        trail = self._trail.about(sheet.record)  # the copy tells of itself
        earlier = self._versions(record)[:-1]
        history = [self._sheets.draw(v, SUPERSEDED) for v in earlier]
        electronic = self._electronic(sheet, [asdict(t) for t in trail])
        return RecordCopy(page(sheet, history, trail).encode("utf-8"), "text/html", electronic, "application/json")

    def _electronic(self, sheet: Sheet, trail: list[dict[str, Any]]) -> bytes:
        kept = [v for v in self._core.ledger.all("signature") if v.content["of"] == sheet.record]
        raw = {s["number"]: s for s in ({"number": v.event, "record": v.content["body"], "cms": v.content["cms"]} for v in kept)}
        content = as_data(sheet) | {
            "format": "qc.copy/1",
            "versions": [
                {"version": v.number, "sha256": v.sha256, "content": v.content, "event": v.event}
                for v in self._versions(sheet.record)
            ],
            "signature_files": [{"record": s["record"], "cms": s["cms"]} for _, s in sorted(raw.items())],
            "audit_trail": trail,
            "trust_root": pem([self._core.keys.root]).decode("ascii"),
        }
        return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode("utf-8")


def signature_files(copy: bytes) -> tuple[tuple[bytes, bytes], ...]:
    """Signed JSON and CMS of each signature in an electronic copy, in the order they were made."""
    return tuple((base64.b64decode(s["record"]), base64.b64decode(s["cms"])) for s in json.loads(copy)["signature_files"])


def _with(noun: Any, field: str, value: str) -> Value:
    try:
        return type(noun).model_validate(noun.model_dump() | {field: value})  # type: ignore[no-any-return]
    except ValidationError as problem:
        raise BadInput(f"{field} cannot be {value[:40]!r}: {in_words(problem.errors()[0])}") from None
