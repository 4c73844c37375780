"""The people of a training log, worked out again: accounts as the audit trail tells them, at the moment the log was put up for signature.

A change of an account is an event with every field that changed, so the trail of a package holds the register of people as it was at any
time; nothing else has to travel for it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from csvgen.errors import NotIntact
from csvgen.model.audit import Event
from csvgen.model.people import Account
from csvgen.model.report import Block, Table
from csvgen.model.signature import DocumentRecord
from csvgen.report import neutral
from csvgen.report.deviation_blocks import SignatureLine
from csvgen.report.people_blocks import people
from csvgen.report.wording import blocks_in, wording_of
from csvgen.signature.approvals import Approval
from csvgen.trace.set_content import EXECUTED, REPORTED
from csvgen.verification.checks import Checks
from csvgen.verification.evidence import Material

KIND = "training-log"
_ACCOUNT = "account/"
_OF_PEOPLE = ("People who took part", "Technical accounts that executed: they cannot sign", "Not in the register of people")
_MOST = 6


def check_people_told(folder: Path, material: Material, events: Sequence[Event], checks: Checks) -> None:
    """One check, where there is a training log that stands and whose text was kept."""
    newest = {a.document.id: a for a in material.approvals if a.document.kind == KIND}
    faults: list[str] = []
    looked = 0
    for approval in (a for a in newest.values() if not a.ended):
        document = approval.document
        path = folder / "documents" / f"{document.id}-r{document.revision}{neutral.ENDING}"
        if path.is_file():
            looked += 1
            faults += [f"{document.id}: {fault}" for fault in _differences(path, document, material, events)]
    if looked:
        good = "duties, training, identity and first signatures of everybody who took part"
        checks.add("people and training in the log are as the audit trail tells", faults, good, "documents")


def _differences(path: Path, document: DocumentRecord, material: Material, events: Sequence[Event]) -> Iterator[str]:
    put_up = next((e.seq for e in events if (e.action, e.record) == ("publish", f"{document.id} r{document.revision}")), None)
    if put_up is None:
        yield "the audit trail does not tell when it was put up for signature"
        return
    try:
        report = neutral.read(path.read_bytes(), path.name)
        words, said = wording_of(report), report.blocks
        accounts = accounts_at(events, put_up)
    except (NotIntact, ValidationError, ValueError) as odd:
        yield f"it cannot be worked out again ({type(odd).__name__})"
        return
    runs = [r for r in material.runs if f"run {r.run}, seal" in document.derived_from]
    captions = words.all(_OF_PEOPLE)
    made = people(accounts, _signed(material.approvals, document.composed), runs, material.spec)
    wanted, told = _tables(blocks_in(made, words), captions), _tables(said, captions)
    for caption in captions:
        theirs, ours = told.get(caption, ()), wanted.get(caption, ())
        yield from [f"'{caption}' tells of {_named(row)}, and the trail does not so" for row in theirs if row not in ours][:_MOST]
        yield from [f"'{caption}' does not tell of {_named(row)} as the trail does" for row in ours if row not in theirs][:_MOST]


def _named(row: tuple[str, ...]) -> str:
    return " | ".join(" ".join(cell.split()) for cell in row)[:160]


def _tables(blocks: Sequence[Block], captions: Sequence[str]) -> dict[str, tuple[tuple[str, ...], ...]]:
    return {b.caption: b.rows for b in blocks if isinstance(b, Table) and b.caption in captions}


def accounts_at(events: Sequence[Event], before: int) -> list[Account]:
    """Every account as the events before a number left it, in the order of their ids. Raises ValueError for what is no account."""
    held: dict[str, dict[str, Any]] = {}
    for event in events:
        if event.seq >= before or not event.record.startswith(_ACCOUNT) or not event.version:
            continue
        fields = held.setdefault(event.record, {})
        fields |= {c.field: _value(c.field, c.new) for c in event.changes if c.field in Account.model_fields}
    kept = ({name: value for name, value in fields.items() if value not in ("", None)} for _, fields in sorted(held.items()))
    return [Account.model_validate(fields) for fields in kept]


def _value(field: str, text: str) -> Any:
    """A field as the trail spells it: lists and parts as JSON, anything else as itself."""
    return json.loads(text) if field in ("roles", "training", "identity", "accountability") and text else text


def _signed(approvals: Sequence[Approval], before: str) -> list[SignatureLine]:
    """Every signature there was when the log was composed."""
    kinds = (*REPORTED, "procedure", *EXECUTED)
    return [
        SignatureLine(
            record=a.document.id, title=a.document.title, meaning=s.meaning, printed_name=s.printed_name, role=s.role,
            signed=s.signed, person=s.person,
        )
        for a in approvals
        if a.document.kind in kinds
        for s in (x.record for x in (*a.signatures, *([a.withdrawn] if a.withdrawn else [])))
        if s.signed <= before
    ]  # fmt: skip
