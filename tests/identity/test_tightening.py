"""Rules set by an act of an administrator: stricter than the files, never looser, each with a reason, on record, and taken back the same way."""

from __future__ import annotations

import sys

import pytest

from csvgen.cli.project import Project
from csvgen.errors import BadInput, Refused
from csvgen.identity.admission import floor, stricter
from csvgen.identity.directory import Directory
from csvgen.identity.tightening import RULES, acts, tighten, tightened
from csvgen.model.people import Policy

from ..tiny import cheap_secrets, clean_environment
from .house import ADMIN

FILE = Policy()
STRICTER = {
    "failures_to_lock": "2", "source_failures": "5", "source_wait_seconds": "1800", "minimum_length": "14", "password_history": "9",
    "password_days": "90", "idle_seconds": "300", "session_seconds": "3600", "reset_seconds": "3600",
}  # fmt: skip
LOOSER = {
    "failures_to_lock": "4", "source_failures": "11", "source_wait_seconds": "899", "minimum_length": "11", "password_history": "4",
    "idle_seconds": "901", "session_seconds": "43201", "reset_seconds": "86401",
}  # fmt: skip


@pytest.fixture
def office(house) -> Directory:
    return house.directory()


def test_every_rule_has_a_stricter_value_here():
    assert {*STRICTER} == {*RULES}
    assert {*LOOSER} == {*RULES} - {"password_days"}, "no end of a password is the loosest there is"


@pytest.mark.parametrize("rule", list(RULES))
def test_a_rule_counts_at_once_and_is_taken_back_with_a_reason(office: Directory, rule: str):
    tighten(office, ADMIN, floor(office, FILE), {rule: STRICTER[rule]}, "audit finding 7")
    assert stricter(office, FILE) == FILE.model_copy(update={rule: int(STRICTER[rule])})
    assert floor(office, FILE) == FILE, "the floor is what the files say"
    event = office.ledger.events()[-1]
    assert (event.action, event.record, event.reason) == ("policy-changed", "security-settings/policy-by-act", "audit finding 7")
    with pytest.raises(BadInput, match="needs a reason"):
        tighten(office, ADMIN, floor(office, FILE), {rule: ""}, " -- ")
    tighten(office, ADMIN, floor(office, FILE), {rule: ""}, "finding closed")
    assert (acts(office), stricter(office, FILE)) == ({}, FILE)
    assert office.ledger.events()[-1].reason == "finding closed"


@pytest.mark.parametrize("rule", list(LOOSER))
def test_looser_than_the_file_is_refused_and_changes_nothing(office: Directory, rule: str):
    before = office.ledger.head().count
    with pytest.raises(Refused, match="is looser than") as refusal:
        tighten(office, ADMIN, floor(office, FILE), {"password_days": "90", rule: LOOSER[rule]}, "let it be easy")
    assert refusal.value.rule == "RR-E11"
    assert (acts(office), office.ledger.head().count) == ({}, before)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"failures_to_lock": "1"}, "from 2 to 100"), ({"minimum_length": "65"}, "from 8 to 64"), ({"idle_seconds": "59"}, "from 60"),
        ({"idle_seconds": "\u0663\u0663"}, "a whole number"), ({"idle_seconds": "-1"}, "a whole number"), ({"idle_seconds": "1e3"}, "a whole number"),
        ({"argon2_kib": "8"}, "no rule 'argon2_kib'"), ({"nonsense": ""}, "no rule 'nonsense'"), ({"idle_seconds": ""}, "changes no rule"),
    ],
)  # fmt: skip
def test_nobody_locks_everybody_out_by_a_slip_of_the_pen(office: Directory, given, why):
    with pytest.raises(BadInput, match=why):
        tighten(office, ADMIN, floor(office, FILE), given, "a slip")
    assert acts(office) == {}


def test_an_act_stands_beside_another_and_a_file_that_is_stricter_still_counts(office: Directory):
    tighten(office, ADMIN, floor(office, FILE), {"idle_seconds": "600"}, "one")
    tighten(office, ADMIN, floor(office, FILE), {"failures_to_lock": "2"}, "two")
    assert acts(office) == {"failures_to_lock": 2, "idle_seconds": 600}
    assert stricter(office, FILE.model_copy(update={"idle_seconds": 120})).idle_seconds == 120
    assert tightened(FILE.model_copy(update={"password_days": 30}), {"password_days": 90}).password_days == 30


def test_at_the_command_line(stages, tmp_path):
    pexpect = pytest.importorskip("pexpect")
    tiny = stages.at("founded").copy(tmp_path / "project")
    command = [
        "-m",
        "csvgen",
        "-C",
        str(tiny.root),
        "people",
        "policy",
        "--set",
        "failures_to_lock=2",
        "--reason",
        "audit finding 7",
    ]
    with cheap_secrets():
        for person, told, code in (
            ("mara.ivens", "may not change settings", 1),
            ("ines.halvorsen", "set by an act: failures_to_lock 2", 0),
        ):
            child = pexpect.spawn(
                sys.executable, command, encoding="utf-8", timeout=60, env=clean_environment(), dimensions=(60, 200)
            )
            child.expect("User id:")
            child.sendline(person)
            child.expect("Password:")
            child.sendline(tiny.password(person))
            child.expect(pexpect.EOF)
            child.close()
            assert (told in child.before, child.exitstatus) == (True, code), child.before
    assert Project(tiny.root).directory.policy.failures_to_lock == 2
