"""Electronic signatures: components, manifestation, linking."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pytest_bdd import given, then, when

from csvgen.clock import shown
from csvgen.errors import CsvgenError, Refused
from csvgen.ports import RecordCopy, Secret, SignatureView
from csvgen.steps.access import WRONG
from csvgen.steps.common import Bench, answer, phrase


def read_packet(bench: Bench, session: str, lot: str, meaning: str) -> None:
    """A reviewer reads the record and its audit trail before signing. Who may not is told so; the signing shows the same."""
    if meaning == "reviewed":
        try:
            packet: RecordCopy = bench.port("Signing").review_packet(session, lot)
        except Refused as refusal:
            bench.observe.note(f"review packet of {lot}", f"refused: {refusal.message}", source="Signing.review_packet")
            return
        told = f"{len(packet.human)} bytes to read, {len(packet.electronic)} bytes to process"
        bench.observe.note(f"review packet of {lot}", told, source="Signing.review_packet")


def sign(bench: Bench, role: str, lot: str, meaning: str, reason: str) -> None:
    account = bench.actors.account(role)
    session = bench.actors.session(role)
    read_packet(bench, session, bench.lot(lot), meaning)
    outcome = bench.port("Signing").sign(session, bench.lot(lot), meaning, reason, account.user_id, account.password)
    bench.world.take("Signing.sign", outcome)
    bench.observe.note(f"signature of the {role} on lot {bench.lot(lot)} as {meaning!r}", answer(outcome), source="Signing.sign")


@when(phrase('the "{role}" signs lot "{lot}" as "{meaning}" because "{reason}"'))
def when_sign(bench: Bench, role: str, lot: str, meaning: str, reason: str) -> None:
    sign(bench, role, lot, meaning, reason)


@given(phrase('lot "{lot}" has been reviewed'))
def given_reviewed(bench: Bench, lot: str) -> None:
    sign(bench, "reviewer", lot, "reviewed", "data reviewed")
    if bench.world.last is None or not bench.world.last.accepted:
        raise CsvgenError(f"lot {bench.lot(lot)} could not be reviewed: {answer(bench.world.last) if bench.world.last else ''}")


@when(phrase('the "{role}" signs lot "{lot}" as "{meaning}" entering "{components}"'))
def sign_with(bench: Bench, role: str, lot: str, meaning: str, components: str) -> None:
    account = bench.actors.account(role)
    other = bench.actors.account("analyst")
    entered: dict[str, tuple[str, Secret]] = {
        "user id and password": (account.user_id, account.password),
        "password": ("", account.password),
        "user id": (account.user_id, Secret("")),
        "nothing": ("", Secret("")),
        "a wrong password": (account.user_id, WRONG),
        "another person's user id": (other.user_id, account.password),
    }
    if components not in entered:
        raise CsvgenError(f"the step library knows no components {components!r}")
    user_id, password = entered[components]
    read_packet(bench, bench.actors.raw_session(role), bench.lot(lot), meaning)
    outcome = bench.port("Signing").sign(
        bench.actors.raw_session(role), bench.lot(lot), meaning, "data reviewed", user_id, password
    )
    bench.world.take("Signing.sign", outcome)
    bench.observe.note(f"signing of lot {bench.lot(lot)} entering {components}", answer(outcome), source="Signing.sign")


def signatures(bench: Bench, lot: str) -> tuple[SignatureView, ...]:
    return tuple(bench.port("Signing").signatures(bench.actors.session("analyst"), bench.lot(lot)))


def signature_of(bench: Bench, lot: str, role: str) -> SignatureView:
    account = bench.actors.account(role)
    found = [s for s in signatures(bench, lot) if s.user_id == account.user_id]
    if not found:
        raise CsvgenError(f"lot {bench.lot(lot)} carries no signature of {account.user_id}")
    return found[-1]


@then(phrase('lot "{lot}" carries no signature'))
def no_signature(bench: Bench, lot: str) -> None:
    found = signatures(bench, lot)
    actual = ", ".join(f"{s.meaning} by {s.user_id}" for s in found) or "none"
    bench.observe(f"signatures of lot {bench.lot(lot)}", expected="none", actual=actual, source="Signing.signatures")


def signature_blocks(text: str) -> list[Mapping[str, str]]:
    """The signatures a form shows, each as its own labelled lines: a word elsewhere in the form does not count.

    A form in JSON gives the same labels from the names of its fields.
    """
    if text.lstrip().startswith("{"):
        return [
            {"Signed by": f"{s['printed_name']} ({s['user_id']})", "Signed at": s["signed"], "Meaning": s["meaning"]}
            for s in json.loads(text)["signatures"]
        ]
    blocks: list[dict[str, str]] = []
    for line in text.splitlines():
        label, colon, value = line.strip().partition(": ")
        if label == "Signed by":
            blocks.append({})
        if blocks and colon:
            blocks[-1].setdefault(label, value)
    return list(blocks)


@then(
    phrase('the form "{form}" of lot "{lot}" shows printed name, time with offset and meaning of the signature of the "{role}"')
)
def manifestation(bench: Bench, form: str, lot: str, role: str) -> None:
    signature = signature_of(bench, lot, role)
    text = bench.port("Signing").manifestation(bench.actors.session("analyst"), bench.lot(lot), form)
    bench.attach(text, name=f"form {form} of {bench.lot(lot)}", media_type="text/plain")
    blocks = signature_blocks(text)
    bench.observe("signatures in the form", expected="1", actual=str(len(blocks)), source="Signing.manifestation")
    block = blocks[0] if blocks else {}
    by = f"{signature.printed_name} ({signature.user_id})"
    for what, expected in (("Signed by", by), ("Signed at", shown(signature.at)), ("Meaning", signature.meaning)):
        actual = block.get(what, "(not in the block of the signature)")
        bench.observe(f"{what}, in the signature shown", expected=expected, actual=actual, source="Signing.manifestation")
    bench.observe("meaning it was signed as", expected="reviewed", actual=signature.meaning, source="Signing.signatures")
    bench.observe(
        "printed name is that of the account",
        expected=bench.actors.account(role).printed_name,
        actual=signature.printed_name,
        source="Signing.signatures",
    )


@then(phrase('the system offers no other human-readable form than "{forms}"'))
def forms(bench: Bench, forms: str) -> None:
    actual = "; ".join(sorted(bench.port("Signing").forms()))
    bench.observe("human-readable forms", expected="; ".join(sorted(forms.split("; "))), actual=actual, source="Signing.forms")


@then(phrase('the signature of the "{role}" on lot "{lot}" is valid'))
def valid(bench: Bench, role: str, lot: str) -> None:
    found = signature_of(bench, lot, role)
    actual = found.status if found.valid else f"not valid, and shown as {found.status}"
    bench.observe(f"signature of the {role}", expected="valid", actual=actual, source="Signing.signatures")


@then(phrase('the signature of the "{role}" on lot "{lot}" is shown as void'))
def void(bench: Bench, role: str, lot: str) -> None:
    found = signature_of(bench, lot, role)
    bench.observe("still valid", expected="no", actual="yes" if found.valid else "no", source="Signing.signatures")
    bench.observe("status shown", expected="void", actual=found.status, by="contains", source="Signing.signatures")


@when(phrase('somebody falsifies the signature of lot "{lot}" by "{manner}" towards lot "{other}"'))
def falsify(bench: Bench, lot: str, manner: str, other: str) -> None:
    session = bench.actors.session("analyst")
    towards = bench.actors.account("quality").user_id if manner == "other-person" else bench.lot(other)
    outcome = bench.port("Signing").falsify(session, bench.lot(lot), manner, towards)
    bench.world.take("Signing.falsify", outcome)
    bench.observe.note(f"falsification by {manner}", answer(outcome), source="Signing.falsify, checked by the system")
