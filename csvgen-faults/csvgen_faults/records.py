"""Faults of records: copies, deletion, refused changes, earlier values."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from csvgen.errors import BadInput, Refused
from csvgen.pipeline import record_keeping
from csvgen.pipeline.core import named as name_of
from csvgen.pipeline.nouns import BY_HAND, Lot
from csvgen.pipeline.record_keeping import RecordKeeping
from csvgen.pipeline.sheet import identify
from csvgen.ports import Outcome
from csvgen_faults import fault
from csvgen_faults.patching import replace

# ------------------------------------------------------------ copies


def _electronic(alter: Any) -> None:
    """The copy to process made otherwise, from its content."""

    def electronic(original: Any, self: Any, sheet: Any, trail: Any) -> bytes:
        content = json.loads(original(self, sheet, trail))
        return json.dumps(content | alter(content), indent=1, ensure_ascii=False).encode("utf-8")

    replace(RecordKeeping, "_electronic", electronic)


@fault("record-copy-without-signatures")
def _() -> None:
    _electronic(lambda _content: {"signatures": [], "signature_files": []})
    replace(
        record_keeping, "page", lambda original, sheet, *more: original(dataclasses.replace(sheet, signatures=()), *more)
    )  # fmt: skip


@fault("record-copy-without-trail")
def _() -> None:
    _electronic(lambda _content: {"audit_trail": []})
    replace(record_keeping, "page", lambda original, sheet, history, _trail: original(sheet, history, ()))


@fault("record-copy-loses-field")
def _() -> None:
    """The place where the lot is stored."""
    _electronic(lambda content: {"fields": {k: v for k, v in content["fields"].items() if k != "storage"}})


@fault("record-copy-shows-other-value")
def _() -> None:
    """The first reported value of a lot is shown with another last digit."""

    def page(original: Any, sheet: Any, *more: Any) -> Any:
        told = [name for name in sheet.fields if name.startswith("tests.") and name.endswith(".reported")]
        reported = sheet.fields[told[0]] if told else ""
        if not reported:
            return original(sheet, *more)
        other = reported[:-1] + ("1" if reported[-1] != "1" else "2")
        rows = tuple(
            (label, value.replace(reported, other, 1) if value.startswith(reported) else value) for label, value in sheet.rows
        )
        return original(dataclasses.replace(sheet, rows=rows), *more)

    replace(record_keeping, "page", page)


# ------------------------------------------------------------ deletion and change


@fault("record-delete-let-in")
def _() -> None:
    """The record is marked as deleted, and says so of itself."""

    def delete(original: Any, self: Any, session: str, record: str, reason: str) -> Any:
        try:
            return original(self, session, record, reason)
        except Refused as refusal:
            if refusal.rule != "RR-C01":
                raise
        kind, identity = identify(record)
        with self._core.acting(session, "delete", name_of(record)) as acting:
            latest = self._core.ledger.latest(kind, identity)
            with self._core.ledger.change(self._core.actor(acting), reason) as change:
                change.put(kind, identity, {**latest.content, "deleted": "yes"}, action="delete")
        return Outcome(True, f"{kind}/{identity} deleted", f"{kind}/{identity}")

    replace(RecordKeeping, "delete", delete)


@fault("record-refused-change-made")
def _() -> None:
    """A change of a lot is refused, and made all the same; the state of the lot is left as it was."""

    def change(original: Any, self: Any, session: str, record: str, field: str, value: str, reason: str) -> Any:
        try:
            return original(self, session, record, field, value, reason)
        except (Refused, BadInput) as refusal:
            kind, identity = identify(record)
            if kind == "lot" and field in BY_HAND and refusal.rule not in ("RR-D01", "RR-G01", "RR-N04"):
                lot, _ = self._core.known("lot", identity, Lot)
                actor = self._core.actor(self._core.admit(session, "change_lot"))
                with self._core.ledger.change(actor, "change") as made:
                    made.put("lot", identity, lot.model_copy(update={field: value}).model_dump())
            raise

    replace(RecordKeeping, "change", change)


# ------------------------------------------------------------ earlier values


@fault("record-history-lost")
def _() -> None:
    replace(RecordKeeping, "history", lambda original, self, session, record: original(self, session, record)[-1:])


@fault("record-history-out-of-order")
def _() -> None:
    """Newest first."""
    replace(RecordKeeping, "history", lambda original, self, session, record: original(self, session, record)[::-1])
