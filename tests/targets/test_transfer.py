"""The interfaces of the real target in both directions; each check is seen to fail on a message that is not right."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from csvgen.canonical import digest_bytes
from csvgen.errors import CsvgenError
from csvgen.execution.observe import ExpectationFailed
from csvgen.patterns.catalogue import catalogue
from csvgen.ports import Message
from csvgen.steps import held, transfer
from csvgen.steps.records import bring_to
from csvgen.targets import bind

from .cases import Case

EXAMPLE = catalogue()["interface-transfer@1"].example
FIELDS, IN, OUT = (str(EXAMPLE[name]) for name in ("fields", "inbound", "outbound"))


@pytest.fixture(scope="module")
def case(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    home = shutil.copytree(installed, tmp_path_factory.mktemp("transfer") / "instance")
    target = bind("validation", {"adapter": "local", "home": str(home)})
    made = Case(target, "TRANSFER", {})
    made.log_in("analyst", "quality", "auditor")
    bring_to(made, made.lot("DONE"), "released")
    yield made
    target.close()


def test_a_whole_message_is_received_field_by_field(case):
    transfer.hand_over(case, "analyst", "whole", "WHOLE", "1.000", IN)
    assert case.world.last.accepted
    transfer.fields_received(case, FIELDS)
    transfer.receipt_entered(case, "WHOLE", "analyst")
    with pytest.raises(ExpectationFailed, match="nobody compares"):
        transfer.fields_received(case, FIELDS.rpartition(";")[0])
    with pytest.raises(ExpectationFailed, match="sample"):
        transfer.fields_received(case, FIELDS.replace("sample = sample", "sample = name"))
    with pytest.raises(ExpectationFailed, match="person"):
        transfer.receipt_entered(case, "WHOLE", "reviewer")


@pytest.mark.parametrize("row", EXAMPLE["refusals"], ids=lambda row: f"{row['message']}, {row['state']}")
def test_a_message_that_is_not_right_is_refused_and_leaves_one_entry(case, row):
    lot = "DONE" if row["state"] == "released" else f"BAD-{row['message']}"
    if row["state"] == "registered":
        bring_to(case, case.lot(lot), "registered")
    held.noted(case, lot)
    transfer.hand_over(case, "analyst", row["message"], lot, "0.990", IN)
    assert not case.world.last.accepted
    assert row["words"] in case.world.last.message
    held.as_noted(case, lot)


def test_each_message_is_another_than_the_whole_one(case):
    whole = transfer._whole(case, "ANY", "1.000")
    made = {name: change(whole) for name, change in transfer.MESSAGES.items()}
    assert made.pop("whole") == whole
    assert all(message != whole for message in made.values())
    altered = made["one digit altered"].content
    assert sum(a != b for a, b in zip(altered, whole.content, strict=True)) == 1


def test_what_came_before_is_not_taken_again(case):
    for message, words, accepted in (
        ("whole", "", True),
        ("whole", EXAMPLE["again"], True),
        ("whole, under another name", EXAMPLE["renamed"], False),
    ):
        transfer.hand_over(case, "analyst", message, "AGAIN", "1.000", IN)
        assert case.world.last.accepted is accepted
        assert words in case.world.last.message
    assert len(case.port("Records").history(case.actors.session("analyst"), f"file/{case.lot('AGAIN')}:delivered.csv")) == 1


def test_a_digest_in_any_spelling_is_compared(case):
    """With or without the name of the algorithm, in capitals or not."""
    content = transfer._whole(case, "SPELLED", "1.000").content
    manifest = {"file": "a.csv", "instrument": "PR-001", "sample": "S1", "method": "LIN-01"}
    port, session = case.port("Interfaces"), case.actors.session("analyst")
    for number, spelled in enumerate((str, str.upper, "sha256:{}".format)):
        right, wrong = (manifest | {"sha256": spelled(digest_bytes(data).hex)} for data in (content, b"other"))
        refused = port.receive(session, IN, case.lot(f"SPELLED-{number}"), Message(content, wrong))
        assert (refused.accepted, "its manifest says" in refused.message) == (False, True)
        assert port.receive(session, IN, case.lot(f"SPELLED-{number}"), Message(content, right)).accepted


def test_interfaces_nobody_knows(case):
    session = case.actors.session("analyst")
    with pytest.raises(KeyError):
        case.port("Interfaces").receive(session, "elsewhere", "L", Message(b"", {}))
    with pytest.raises(KeyError):
        case.port("Interfaces").send(session, "elsewhere", "L")
    with pytest.raises(CsvgenError, match="no inbound interface"):
        transfer.hand_over(case, "analyst", "whole", "L", "1.000", "elsewhere")
    with pytest.raises(CsvgenError, match="knows no message"):
        transfer.hand_over(case, "analyst", "torn", "L", "1.000", IN)


# ------------------------------------------------------------ outward


def test_what_is_sent_is_whole_signed_and_the_record(case):
    transfer.take_message(case, "analyst", "DONE", OUT)
    message = case.world.facts["message"]
    transfer.digests_hold(case)
    transfer.signature_holds(case, "quality")
    transfer.fields_sent(case, EXAMPLE["part"], "DONE", EXAMPLE["beside"])
    told = json.loads(message.content)
    told["lot"]["storage"] = "elsewhere"
    place = message.signed.index(b"stream") + 20
    cases = [
        (transfer.digests_hold, (), dataclasses.replace(message, content=message.content.replace(b"100", b"101", 1))),
        (transfer.digests_hold, (), dataclasses.replace(message, manifest={})),
        (transfer.signature_holds, ("quality",), dataclasses.replace(message, signed=message.signed + b"\n%more")),
        (
            transfer.signature_holds,
            ("quality",),
            dataclasses.replace(message, signed=message.signed[:place] + b"!" + message.signed[place + 1 :]),
        ),
        (transfer.signature_holds, ("reviewer",), message),
        (
            transfer.fields_sent,
            (EXAMPLE["part"], "DONE", EXAMPLE["beside"]),
            dataclasses.replace(message, content=json.dumps(told).encode()),
        ),
        (transfer.fields_sent, (EXAMPLE["part"], "DONE", "record; version"), message),
    ]
    for step, arguments, wrong in cases:
        case.world.facts["message"] = wrong
        with pytest.raises(ExpectationFailed):
            step(case, *arguments)


def test_an_authority_that_was_not_given_beforehand_does_not_vouch(case, installed, tmp_path, monkeypatch):
    from csvgen.clock import SystemClock
    from csvgen.crypto import certificates

    transfer.take_message(case, "analyst", "DONE", OUT)
    other = certificates.pem([certificates.make_root("Somebody Else", SystemClock().now(), demonstration=True).certificate])
    monkeypatch.setattr(type(case.port("Interfaces")), "authority", lambda _: other)
    with pytest.raises(ExpectationFailed, match="certificate"):
        transfer.signature_holds(case, "quality")


def test_what_is_not_ready_is_not_sent(case):
    transfer.take_message(case, "analyst", "NOBODY", OUT)
    assert not case.world.last.accepted
    transfer.none_sent(case)
    case.world.facts["message"] = Message(b"", {})
    with pytest.raises(ExpectationFailed):
        transfer.none_sent(case)
