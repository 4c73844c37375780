"""Data that come in from another system and go out to one: whole and unaltered, once, each field as it was sent; refusals leave nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from pytest_bdd import then, when

from csvgen.canonical import canonical_json, digest_bytes
from csvgen.clock import SystemClock
from csvgen.errors import CsvgenError, Refused
from csvgen.ports import AuditEntry, Message, Outcome, RecordView
from csvgen.steps.common import Bench, answer, last, phrase
from csvgen.steps.lots import PLATE_INSTRUMENT, PLATE_METHOD, Sent, constructed_plate
from csvgen.steps.provenance import MISSING, refused
from csvgen.steps.records import record_of, same
from csvgen.steps.report import items_of
from csvgen.steps.since import when_told

STRANGER = "XX-999"
"""An instrument that is not registered."""


def _whole(bench: Bench, lot: str, signal: str) -> Message:
    """A file of an instrument with what its sender declares of it."""
    content = constructed_plate((signal,), lot=bench.lot(lot))
    manifest = {"file": "delivered.csv", "instrument": PLATE_INSTRUMENT, "sample": "S1", "method": PLATE_METHOD}
    return Message(content, manifest | {"sha256": digest_bytes(content).hex})


def _with(message: Message, content: bytes | None = None, **manifest: str | None) -> Message:
    told = {name: value for name, value in (message.manifest | manifest).items() if value is not None}  # type: ignore[operator]
    return Message(message.content if content is None else content, told)


def _digit_changed(content: bytes) -> bytes:
    """One digit of the last sample line is another: a file as whole as before."""
    place = content.rindex(b"\nend,") - 1
    return content[:place] + (b"1" if content[place : place + 1] != b"1" else b"2") + content[place + 1 :]


MESSAGES: Mapping[str, Callable[[Message], Message]] = {
    "whole": lambda m: m,
    "whole, under another name": lambda m: _with(m, file="renamed.csv"),
    "truncated": lambda m: _with(m, m.content[: len(m.content) * 2 // 3]),
    "truncated, without digest": lambda m: _with(m, m.content[: m.content.rindex(b"end,")], sha256=None),
    "one digit altered": lambda m: _with(m, _digit_changed(m.content)),
    "with the digest of other data": lambda m: _with(m, sha256=digest_bytes(b"other data").hex),
    "from an unknown source": lambda m: _with(m, instrument=STRANGER),
    "for a method that is not registered": lambda m: _with(m, method="NONE-01"),
    "without data": lambda m: _with(m, b"", sha256=digest_bytes(b"").hex),
}
"""What may be handed to an inbound interface, in the words of a criterion, made from a whole message."""


@when(
    phrase(
        'the "{role}" hands the message "{message}" about lot "{lot}" with the signal "{signal}" to the interface "{interface}"'
    )
)
def hand_over(bench: Bench, role: str, message: str, lot: str, signal: str, interface: str) -> None:
    if message not in MESSAGES:
        raise CsvgenError(f"the step library knows no message {message!r}; it knows {', '.join(MESSAGES)}")
    made, clock = MESSAGES[message](_whole(bench, lot, signal)), SystemClock()
    begun = clock.now()
    try:
        outcome: Outcome = bench.port("Interfaces").receive(bench.actors.session(role), interface, bench.lot(lot), made)
    except KeyError:
        raise CsvgenError(f"the target {bench.target.name} has no inbound interface {interface!r}") from None
    name = made.manifest["file"]
    bench.world.facts["message"] = made
    bench.world.facts.setdefault("sent", {})[(lot, name)] = Sent(made.content, outcome.reference, begun, clock.now())
    bench.world.take("Interfaces.receive", outcome)
    bench.attach(made.content, name=f"message: {message}", media_type="text/csv")
    bench.attach(canonical_json(dict(made.manifest)), name=f"manifest: {message}", media_type="application/json")
    bench.observe.note(f"message {message!r} about lot {bench.lot(lot)}", answer(outcome), source="Interfaces.receive")


def _message(bench: Bench) -> Message:
    found: Message | None = bench.world.facts.get("message")
    if found is None:
        raise CsvgenError("no message has passed an interface in this case")
    return found


@then(phrase('each field of the message, "{fields}", is in the record of what was received'))
def fields_received(bench: Bench, fields: str) -> None:
    message, reference = _message(bench), last(bench).reference
    record: RecordView | None = bench.port("Records").read(bench.actors.session("analyst"), reference) if reference else None
    if record is None:
        raise CsvgenError(f"the system names no record of what it received: {last(bench).message}")
    pairs, source = dict(items_of(fields)), f"Records.read {record.id}"
    left_out = sorted(set(message.manifest) - set(pairs))
    bench.observe(
        "fields sent that nobody compares", expected="none", actual=", ".join(left_out) or "none", source="the criterion"
    )
    for field, kept in pairs.items():
        actual = record.fields.get(kept, MISSING)
        sent = message.manifest.get(field, "(not sent)")
        bench.observe(f"{field}, received as {kept}", expected=sent, actual=actual.removeprefix("sha256:"), source=source)
    size = record.fields.get("size", str(len(message.content)))
    bench.observe("bytes received", expected=str(len(message.content)), actual=size, source=source)


@then(phrase('the audit trail of lot "{lot}" tells that the "{role}" brought the message in, with the digest of its data'))
def receipt_entered(bench: Bench, lot: str, role: str) -> None:
    digest, account = str(digest_bytes(_message(bench).content)), bench.actors.account(role)
    entries: tuple[AuditEntry, ...] = bench.port("AuditTrail").entries(bench.actors.session("analyst"), bench.lot(lot))
    found = [e for e in entries if e.new == digest]
    source = f"AuditTrail.entries ({len(entries)} entries of the lot)"
    bench.observe("entries with the digest", expected="1", actual=str(len(found)), by="at-least", source=source)
    entry = found[0]
    bench.observe("person", expected=account.user_id, actual=entry.user_id or MISSING, source=f"entry {entry.number}")
    bench.observe(
        "printed name", expected=account.printed_name, actual=entry.printed_name or MISSING, source=f"entry {entry.number}"
    )
    when_told(bench, entry)
    bench.observe("reason", expected="arrived", actual=entry.reason or MISSING, by="contains", source=f"entry {entry.number}")


# ------------------------------------------------------------ outward


@when(phrase('the "{role}" takes the message about lot "{lot}" from the interface "{interface}"'))
def take_message(bench: Bench, role: str, lot: str, interface: str) -> None:
    bench.world.facts.pop("message", None)
    try:
        message: Message = bench.port("Interfaces").send(bench.actors.session(role), interface, bench.lot(lot))
    except KeyError:
        raise CsvgenError(f"the target {bench.target.name} has no outbound interface {interface!r}") from None
    except Refused as refusal:
        outcome = refused(refusal)
    else:
        outcome = Outcome(
            True, f"{len(message.content)} bytes, signed form of {len(message.signed)} bytes", message.manifest.get("record", "")
        )
        bench.world.facts["message"] = message
        bench.attach(message.content, name=f"message about {bench.lot(lot)}", media_type="application/json")
        bench.attach(message.signed, name=f"signed form of the message about {bench.lot(lot)}", media_type="application/pdf")
    bench.world.take("Interfaces.send", outcome)
    bench.observe.note(f"message about lot {bench.lot(lot)}", answer(outcome), source="Interfaces.send")


@then("the receiver computes the digests that the sender declares of the message and of its signed form")
def digests_hold(bench: Bench) -> None:
    message = _message(bench)
    for name, data in (("sha256", message.content), ("signed_sha256", message.signed)):
        declared = message.manifest.get(name, MISSING)
        bench.observe(name, expected=declared, actual=str(digest_bytes(data)), source="Interfaces.send; digest by the receiver")


@then(phrase('the receiver finds the signed form whole, signed by the "{role}", and vouched for by the authority it was given'))
def signature_holds(bench: Bench, role: str) -> None:
    from csvgen.crypto.trust import read_trust  # with what they stand on, and most cases look at no signature
    from csvgen.signature.pdf_inspect import inspect

    message = _message(bench)
    trust = read_trust(bench.port("Interfaces").authority(), "authority of the sender")
    found = inspect(message.signed, trust, moment=SystemClock().now())
    source = "signed form, inspected by the receiver"
    bench.observe("what speaks against it", expected="nothing", actual="; ".join(found.faults) or "nothing", source=source)
    bench.observe("signatures", expected="1", actual=str(len(found.signatures)), source=source)
    for made in found.signatures:
        bench.observe("signer", expected=bench.actors.account(role).user_id, actual=made.person or MISSING, source=source)
        told = "vouched for" if made.trusted else made.distrust or "not known"
        bench.observe("the signer's certificate", expected="vouched for", actual=told, source=source)


def _flat(value: Any, prefix: str = "") -> dict[str, str]:
    """Nested data as dotted names with text values; lists of named things by their names, as the records of the system show them."""
    if isinstance(value, list) and value and all(isinstance(v, dict) and "name" in v for v in value):
        value = {v["name"]: {k: x for k, x in v.items() if k != "name"} for v in value}
    if isinstance(value, dict):
        return {n: v for k, inner in value.items() for n, v in _flat(inner, f"{prefix}.{k}" if prefix else str(k)).items()}
    if isinstance(value, list) and all(isinstance(v, str) for v in value):
        return {prefix: ", ".join(value)}
    if value is None or isinstance(value, str | int):
        return {prefix: "" if value is None else str(value)}
    return {prefix: canonical_json(value).decode("utf-8").strip()}


@then(
    phrase(
        'the message holds under "{part}" every field of the record of lot "{lot}" with its value, and beside them only "{beside}"'
    )
)
def fields_sent(bench: Bench, part: str, lot: str, beside: str) -> None:
    content = json.loads(_message(bench).content)
    told = _flat(content.get(part) if isinstance(content, dict) else None)
    record, source = record_of(bench, lot), "Interfaces.send, Records.read"
    for name, value in record.fields.items():
        same(bench, f"field {name}", value, told.get(name, MISSING), source=source)
    extra = sorted(set(told) - set(record.fields))
    bench.observe(
        "fields beside those of the record",
        expected=", ".join(sorted(beside.split("; "))),
        actual=", ".join(extra),
        source=source,
    )
    bench.observe("record the message is about", expected=record.id, actual=told.get("record", record.id), source=source)


@then("no message was given out")
def none_sent(bench: Bench) -> None:
    told = "a message" if "message" in bench.world.facts else "none"
    bench.observe("message given out", expected="none", actual=told, source="Interfaces.send")
