"""The gate: nobody uses a function without being known, in office and allowed; whoever is refused leaves an event (RR-D01, RR-G01, RR-G03)."""

from __future__ import annotations

from pathlib import Path

import pytest

from csvgen.cli.project import Project
from csvgen.identity.admission import Credentials, Gate, in_force, put_in_force, stricter
from csvgen.identity.directory import Directory
from csvgen.identity.rights import Role, own_matrix
from csvgen.identity.settings import Security
from csvgen.model.audit import Actor
from csvgen.model.people import Policy

from ..tiny import Stages
from .house import ADMIN, OTHER, PASSWORD, WRONG, House, actions, person, refused, technical

CALLER = Actor("os:root", "operating system account root", "(not authenticated)", "csvgen on bench-1")


@pytest.fixture
def office(house: House) -> Directory:
    """dora administers, anna tests, ci-runner works for anna."""
    people = house.directory(alerts=True)
    for name, role in (("dora", "administrator"), ("anna", "tester")):
        people.add(ADMIN, person(name, roles=(role,)))
        people.set_password(ADMIN, name, PASSWORD + name[1:])
    people.add(ADMIN, technical())
    return people


def gate(people: Directory) -> Gate:
    return Gate(people, CALLER)


def typed(name: str, password: str = "") -> Credentials:
    return Credentials(ask=lambda: (name, password or PASSWORD + name[1:], ""))


@pytest.mark.parametrize("function", list(own_matrix().functions))
def test_every_function_called_anonymously_is_refused_and_told(office: Directory, house: House, function: str) -> None:
    refused(lambda: gate(office).admit(function, Credentials()), "RR-D01", "say who you are")
    event = office.ledger.events()[-3]
    assert (event.action, event.person, event.role) == ("authority-refused", "os:root", "(not authenticated)")
    assert "function refused" in house.mails()[-1]


def test_a_person_comes_in_for_what_their_role_holds(office: Directory) -> None:
    admission = gate(office).admit("run", typed("anna"))
    assert (admission.actor.person, admission.actor.role, admission.flag) == ("anna", "tester", "")
    refused(lambda: gate(office).admit("administer people", typed("anna")), "RR-G01", "the role tester may not administer people")
    refused(lambda: gate(office).admit("run", typed("dora")), "RR-G01")
    refused(lambda: gate(office).admit("run", typed("anna", WRONG)), "RR-D02")
    refused(lambda: gate(office).admit("run", typed("nobody", WRONG)), "RR-D02")


def test_a_technical_account_comes_in_with_its_token_alone(office: Directory) -> None:
    token = office.make_token(ADMIN, "ci-runner", "for the builds")
    assert gate(office).admit("compose", Credentials("ci-runner", token)).actor.person == "ci-runner"
    refused(lambda: gate(office).admit("compose", Credentials("ci-runner")), "RR-D02")
    refused(lambda: gate(office).admit("compose", Credentials("ci-runner", WRONG)), "RR-D02")
    refused(lambda: gate(office).admit("compose", Credentials("anna", PASSWORD)), "RR-D02")
    refused(lambda: gate(office).admit("sign approved", Credentials("ci-runner", token)), "RR-G01", "can never sign")
    office.put_into(ADMIN, "anna", "retired", "left")
    refused(lambda: gate(office).admit("compose", Credentials("ci-runner", token)), "RR-D02")


def test_a_session_opens_until_it_ends(office: Directory, house: House) -> None:
    session = office.log_in("anna", PASSWORD + "nna", keep=True)
    brought = Credentials(session=session.id)
    assert Gate(house.directory(), CALLER).admit("run", brought).actor.person == "anna"
    house.clock.wait(900)
    refused(lambda: Gate(house.directory(), CALLER).admit("run", brought), "RR-N04")
    again = Credentials(session=session.id, ask=typed("anna").ask)
    assert Gate(house.directory(), CALLER).admit("run", again).actor.person == "anna", "at a terminal one is asked"
    refused(lambda: gate(office).admit("run", Credentials(session="A" * 32)), "RR-D01")


# ------------------------------------------------------------------ founding


def test_the_founder_registers_people_and_nothing_else_until_an_administrator_is_in_office(house: House) -> None:
    people = house.directory()
    for function in people.matrix.functions:
        if function in ("administer people", "identify people", "issue certificates"):
            admission = gate(people).admit(function, Credentials())
            assert (admission.account, admission.actor.person, admission.actor.role) == (None, "os:root", "founder")
        else:
            refused(lambda f=function: gate(people).admit(f, Credentials()), "RR-D01", "no active administrator yet")
    founder = gate(people).admit("administer people", Credentials()).actor
    people.add(founder, person("dora", roles=("administrator",)))
    assert gate(people).founding
    people.set_password(people.as_owner(people.account("dora")), "dora", PASSWORD)
    assert not gate(people).founding
    refused(lambda: gate(people).admit("administer people", Credentials()), "RR-D01", "say who you are")
    assert next((e.person, e.role) for e in people.ledger.events(action="create")) == ("os:root", "founder"), "on record for ever"


def test_locking_or_retiring_every_administrator_does_not_bring_the_founder_back(office: Directory) -> None:
    """Three wrong guesses at the only administrator must not open the house."""
    for _ in range(3):
        refused(lambda: office.log_in("dora", WRONG))
    assert office.account("dora").state == "locked"
    refused(lambda: gate(office).admit("administer people", Credentials()), "RR-D01")
    office.set_state(ADMIN, "dora", "retired", "left")
    refused(lambda: gate(office).admit("administer people", Credentials()), "RR-D01", "say who you are")


def test_roles_rewritten_so_that_nobody_administers_do_not_bring_the_founder_back(office: Directory) -> None:
    office.matrix = own_matrix().model_copy(update={"roles": {"tester": Role(words="x", functions=("use",))}})
    refused(lambda: gate(office).admit("administer people", Credentials()), "RR-D01", "say who you are")
    assert not gate(office).founding


# ------------------------------------------------------------------ settings in force


def test_roles_somebody_wrote_into_the_file_count_when_an_administrator_puts_them_in_force(
    office: Directory, house: House
) -> None:
    """A tester with an editor does not become quality."""
    gate(office).settle(ADMIN, {"idle_seconds": 900})
    mine = {**own_matrix().roles, "tester": Role(words="everything", functions=("use", "sign approved"))}
    offered = own_matrix().model_copy(update={"roles": mine})
    matrix, warning = in_force(office, offered)
    assert "not in force" in warning
    assert not matrix.holds("tester", "sign approved")
    put_in_force(office, ADMIN, offered, "testers approve: decided on 2026-11-20")
    matrix, warning = in_force(house.directory(), offered)
    assert (warning, matrix.holds("tester", "sign approved")) == ("", True)


def test_every_change_of_the_security_settings_is_an_event_and_none_else(office: Directory) -> None:
    """RR-E11."""
    gate(office).settle(ADMIN, {"idle_seconds": 900})
    count = office.ledger.head().count
    gate(office).settle(ADMIN, {"idle_seconds": 900})
    assert office.ledger.head().count == count
    gate(office).settle(ADMIN, {"idle_seconds": 60})
    change = office.ledger.events()[-1]
    assert (change.action, change.record) == ("modify", "security-settings/policy")
    assert ("idle_seconds", "900", "60") in [(c.field, c.old, c.new) for c in change.changes]


ON_RECORD = Policy(password_days=90, second_factor="required")
LOOSER = {
    "minimum_length": 8, "failures_to_lock": 10**6, "idle_seconds": 10**6, "password_history": 0, "session_seconds": 10**6, "password_days": 0,
    "second_factor": "optional", "reset_seconds": 10**6, "source_failures": 0, "source_wait_seconds": 1, "administrators": "flagged",
}  # fmt: skip
"""A looser value than on record for each rule; the cost of Argon2id has a floor of its own, and shared names no project can allow."""


def test_every_rule_of_the_policy_is_looser_somewhere() -> None:
    assert {*LOOSER} | {"argon2_passes", "argon2_kib", "shared_names"} == {*Policy.model_fields}


@pytest.mark.parametrize("rule", list(LOOSER))
def test_a_rule_that_an_editor_loosened_counts_when_it_is_on_record(office: Directory, rule: str) -> None:
    gate(office).settle(ADMIN, Security(policy=ON_RECORD).model_dump())
    looser = ON_RECORD.model_copy(update={rule: LOOSER[rule]})
    assert stricter(office, looser) == ON_RECORD
    gate(office).settle(ADMIN, Security(policy=looser).model_dump())
    assert stricter(office, looser) == looser
    assert stricter(office, ON_RECORD) == ON_RECORD, "what is stricter counts at once"


def test_an_editor_does_not_switch_the_lock_out_off(stages: Stages, tmp_path: Path) -> None:
    """Loosen, guess, put the file back: no event told of the file, and nobody was locked."""
    tiny = stages.at("founded").copy(tmp_path / "project")
    Gate(tiny.directory, CALLER).settle(ADMIN, Security().model_dump())
    with (tiny.root / "csvgen.toml").open("a", encoding="utf-8") as settings:
        settings.write("\n[security]\nfailures_to_lock = 1000000\nsource_failures = 0\n")
    people = Project(tiny.root).directory
    for _ in range(3):
        refused(lambda: people.log_in("mara.ivens", WRONG), "RR-D02")
    assert people.account("mara.ivens").state == "locked"


def test_an_administrator_who_works_is_flagged_where_the_policy_lets_them(house: House) -> None:
    """RR-G03."""
    house.policy = Policy(administrators="flagged")
    people = house.directory()
    people.add(ADMIN, person("dora", roles=("administrator", "tester")))
    people.set_password(ADMIN, "dora", OTHER)
    admission = gate(people).admit("run", typed("dora", OTHER))
    assert "has administrator rights" in admission.flag
    assert actions(people)[-1] == "two-duties"
    people.policy = Policy()
    refused(lambda: gate(people).admit("run", typed("dora", OTHER)), "RR-G03")
