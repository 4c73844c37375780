"""One person, one account, for ever: ids, names, owners, and what is on record of a person before they may sign."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from csvgen.errors import BadInput
from csvgen.identity.directory import Directory
from csvgen.identity.names import claimed, shared
from csvgen.identity.rights import signing_refusal
from csvgen.model.people import Account, IdentityCheck, Policy, Training

from .house import ADMIN, OTHER, PASSWORD, WRONG, House, actions, person, refused, technical

# ------------------------------------------------------------------ ids


@pytest.mark.parametrize("other", ["anna", "ANNA", "anna ", "a-n-n-a", "аnna"])
def test_the_id_of_a_retired_person_is_never_given_again(people: Directory, house: House, other: str) -> None:
    """Not after any time, not in another process, not in another spelling (RR-U01)."""
    people.set_state(ADMIN, "anna", "retired", "left the firm")
    house.clock.wait(10**9)
    later = house.directory()
    refused(lambda: later.check_free(other), "RR-U01", "ids are never reused")
    refused(lambda: later.add(ADMIN, person("anna", "Anna Another (fictitious)")), "RR-U01")
    assert later.account("anna").printed_name == "Anna Example (fictitious)"


ADDS = """
import sys, time
from csvgen.audit.ledger import open_ledger
from csvgen.clock import SystemClock
from csvgen.errors import Refused
from csvgen.identity.directory import Directory
from csvgen.model.audit import Actor
from csvgen.model.people import Account, Policy
from csvgen.store.database import open_database

url, identity, name = sys.argv[1:]
people = Directory(open_ledger(open_database(url), SystemClock()), SystemClock(), Policy(), "tests")
account = Account(id=identity, kind="person", printed_name=name, roles=("tester",))
look = people.check_free
def late(person):
    look(person)
    print("looked", flush=True)
    sys.stdin.readline()  # both have looked before either adds
people.check_free = late
try:
    people.add(Actor("a", "A", "administrator", "tests"), account)
    print("added")
except Refused as refusal:
    print("refused", refusal.rule)
"""


def test_of_two_processes_that_add_look_alikes_at_once_one_is_refused(people: Directory, house: House, tmp_path: Path) -> None:
    """Both found the id free; the write lock decides (RR-P01)."""
    script = tmp_path / "adds.py"
    script.write_text(ADDS)
    pipe = subprocess.PIPE
    both = [
        subprocess.Popen([sys.executable, str(script), house.url, i, n], stdin=pipe, stdout=pipe, text=True)
        for i, n in (("carl.lowe", "Carl Lowe (fictitious)"), ("car1-lowe", "Carla Lowe (fictitious)"))
    ]
    for process in both:
        assert process.stdout.readline() == "looked\n"
    said = [process.communicate("go\n", timeout=60)[0].strip() for process in both]
    assert sorted(said) == ["added", "refused RR-U01"]
    assert len([a for a in people.accounts() if a.id.startswith("car")]) == 1


# ------------------------------------------------------------------ shared and generic accounts


@pytest.mark.parametrize(
    ("identity", "name"),
    [
        ("labuser", "Lab User"),
        ("labuser", "Mara Ivens"),
        ("admin", "Mara Ivens"),
        ("qc-team", "Mara Ivens"),
        ("operator1", "Mara Ivens"),
        ("operator-1", "Mara Ivens"),
        ("test.user.02", "Mara Ivens"),
        ("shared", "Mara Ivens"),
        ("o.perator", "Olga Perator"),
        ("mara.ivens", "Laboratory"),
        ("mara.ivens", "Mara"),
        ("mara.ivens", "M."),
        ("mara.ivens", "QC Team"),
        ("mara.ivens", "Night Shift"),
        ("mara.ivens", "Mara (Ivens)"),
        ("mara.ivens", "Ivens 2"),
    ],
)
def test_an_account_that_reads_as_shared_is_no_persons(people: Directory, identity: str, name: str) -> None:
    """RR-D03: everybody used "labuser" in warning letter after warning letter."""
    count = people.ledger.head().count
    refused(lambda: people.add(ADMIN, person(identity, name)), "RR-D03")
    assert people.account(identity) is None
    assert people.ledger.head().count == count


@pytest.mark.parametrize(
    ("identity", "name"),
    [
        ("mara.ivens", "Mara Ivens (fictitious)"), ("li.na", "Li Na"), ("adm.inka", "Inka Adams"), ("j-labelle", "Jean Labelle"),
        ("maria", "María José Núñez"), ("wang", "王 小明"),
    ],
)  # fmt: skip
def test_a_persons_name_is_a_persons_name(people: Directory, identity: str, name: str) -> None:
    people.add(ADMIN, person(identity, name))
    assert people.account(identity).printed_name == name


def test_an_unusual_name_is_accepted_with_a_reason_that_is_on_record_an_id_is_not(people: Directory) -> None:
    reason = "has one name only, as the passport shows"
    people.add(ADMIN, person("suharto", "Suharto (fictitious)", name_reason=reason))
    assert reason in people.ledger.bodies()[-1].decode()
    assert shared(person("suharto", "Suharto", name_reason=" - ")), "a reason says something"
    refused(lambda: people.add(ADMIN, person("labuser", "Lab User", name_reason=reason)), "RR-D03")


def test_what_is_typed_as_user_id_and_is_none_is_not_repeated_in_events(people: Directory) -> None:
    """A password typed into the wrong field must not end in the trail (RR-N08)."""
    refused(lambda: people.log_in(PASSWORD, ""), "RR-D02")
    event = people.ledger.events()[-1]
    assert (event.person, PASSWORD in event.model_dump_json()) == ("(not a user id)", False)
    assert claimed("anna") == "anna"
    assert claimed("a" * 41) == claimed("Anna") == claimed("anna\n") == "(not a user id)"


# ------------------------------------------------------------------ technical accounts


def test_a_technical_account_acts_only_while_its_owner_is_in_office(people: Directory) -> None:
    people.add(ADMIN, technical())
    token = people.make_token(ADMIN, "ci-runner", "for the builds")
    assert people.enter("ci-runner", token).owner == "anna"
    assert people.may(people.account("ci-runner"), "compose") == ""
    for state in ("locked", "retired"):
        people.set_state(ADMIN, "anna", state, "for the test")  # type: ignore[arg-type]
        refused(lambda: people.enter("ci-runner", token), "RR-D02")
        assert "has no active owner (anna is " + state in people.may(people.account("ci-runner"), "compose")
    assert people.ledger.events()[-1].action == "log-in-refused"
    refused(lambda: people.make_token(ADMIN, "ci-runner", "again"), "RR-D01", "no active owner")


@pytest.mark.parametrize("owner", ["", "nobody", "bert", "other-runner"])
def test_an_owner_is_a_person_who_is_active(people: Directory, owner: str) -> None:
    if not owner:
        refused(lambda: people.add(ADMIN, technical(owner=owner)), "RR-D01")
        assert people.account("ci-runner") is None
        return
    if owner == "other-runner":
        people.add(ADMIN, technical("other-runner"))
        people.make_token(ADMIN, "other-runner", "for the builds")
    people.add(ADMIN, technical(owner=owner))
    refused(lambda: people.make_token(ADMIN, "ci-runner", "for the builds"), "RR-D01")
    assert people.account("ci-runner").state != "active"


def test_a_technical_account_never_signs_and_never_logs_in_with_a_password(people: Directory) -> None:
    people.add(ADMIN, technical())
    token = people.make_token(ADMIN, "ci-runner", "for the builds")
    account = people.account("ci-runner")
    for function in (f for f in people.matrix.functions if f.startswith("sign ")):
        assert "can never sign" in people.may(account.model_copy(update={"roles": ("quality", "tester")}), function)
    refused(lambda: people.log_in("ci-runner", token), "RR-D02")
    refused(lambda: people.set_password(ADMIN, "ci-runner", OTHER), "RR-N10")
    assert signing_refusal(account, "automation", "2026-11-21").rule == "RR-N10"


@pytest.mark.parametrize("token", ["", "x", PASSWORD])
def test_only_the_token_of_the_account_opens_and_only_its_digest_is_kept(people: Directory, house: House, token: str) -> None:
    people.add(ADMIN, technical())
    refused(lambda: people.enter("ci-runner", token), "RR-D02")
    first = people.make_token(ADMIN, "ci-runner", "for the builds")
    refused(lambda: people.enter("ci-runner", token), "RR-D02")
    refused(lambda: people.enter("anna", first), "RR-D02")
    second = people.make_token(ADMIN, "ci-runner", "the old one was shown on a screen")
    refused(lambda: people.enter("ci-runner", first), "RR-D02")
    assert people.enter("ci-runner", second)
    assert first.encode() not in house.written()
    assert second.encode() not in house.written()
    refused(lambda: people.make_token(ADMIN, "anna", "a person has none"), "RR-D01")


# ------------------------------------------------------------------ what is needed before signing

CHECK = IdentityCheck(method="passport seen", verified_by="personnel office", on="2026-11-20")
TRAINED = Training(role="tester", subject="csvgen", on="2026-11-20")


def test_each_thing_that_is_missing_refuses_a_signing_by_its_own_rule(people: Directory) -> None:
    """RR-U02, RR-J01, RR-I01, in the order in which they are made good; each is an event with who and when."""

    def rule() -> str:
        refusal = signing_refusal(people.account("anna"), "tester", "2026-11-21T08:00:00.000000Z")
        return refusal.rule if refusal else ""

    assert rule() == "RR-U02"
    people.identify(ADMIN, "anna", CHECK)
    assert people.account("anna").identity.recorded == "2026-11-21T08:00:00.000000Z"
    assert rule() == "RR-J01"
    people.acknowledge("anna", PASSWORD, "SOP-QC-014 r3")
    assert people.account("anna").accountability.model_dump() == {
        "policy": "SOP-QC-014 r3", "on": "2026-11-21", "made": "2026-11-21T08:00:00.000000Z",
    }  # fmt: skip
    assert rule() == "RR-I01"
    people.train(ADMIN, "anna", TRAINED)
    assert rule() == ""
    assert [(e.action, e.person) for e in people.ledger.events()[-3:]] == [
        ("identify", ADMIN.person), ("acknowledge", "anna"), ("train", ADMIN.person),
    ]  # fmt: skip


def test_an_acknowledgement_is_made_by_the_person_with_the_password(people: Directory) -> None:
    refused(lambda: people.acknowledge("anna", WRONG, "SOP-QC-014 r3"), "RR-D02")
    refused(lambda: people.acknowledge("bert", PASSWORD, "SOP-QC-014 r3"), "RR-D02")
    assert people.account("anna").accountability is None
    assert actions(people)[-1] == "acknowledgement-refused"
    with pytest.raises(ValidationError):
        people.acknowledge("anna", PASSWORD, " ")


def test_nobody_verifies_trains_or_gives_roles_to_themself(people: Directory) -> None:
    before = people.account("anna")
    mine = people.as_owner(before)
    refused(lambda: people.identify(mine, "anna", CHECK), "RR-U02")
    refused(lambda: people.train(mine, "anna", TRAINED), "RR-I01")
    refused(lambda: people.give_roles(mine, "anna", ("quality",), "I can do it"), "RR-G01")
    refused(lambda: people.put_into(mine, "anna", "retired", "enough"), "RR-D01")
    assert people.account("anna") == before


@pytest.mark.parametrize("day", ["2026-11-22", "yesterday", "", "2026-13-01"])
def test_a_training_or_check_in_the_future_or_on_no_day_is_refused(people: Directory, day: str) -> None:
    with pytest.raises((BadInput, ValidationError)):
        people.train(ADMIN, "anna", Training(role="tester", subject="csvgen", on=day))
    with pytest.raises((BadInput, ValidationError)):
        people.identify(ADMIN, "anna", IdentityCheck(method="passport", verified_by="personnel", on=day))
    assert people.account("anna").training == ()


def test_an_earlier_training_record_is_never_lost(people: Directory) -> None:
    for number in range(3):
        people.train(ADMIN, "anna", TRAINED.model_copy(update={"subject": f"course {number}"}))
    assert [t.subject for t in people.account("anna").training] == ["course 0", "course 1", "course 2"]


# ------------------------------------------------------------------ people of other organisations, people of one name


def external(**changed: object) -> Account:
    entry = {
        "id": "rosa.vidal", "kind": "external", "printed_name": "Rosa Vidal (fictitious)", "roles": ("sponsor",), "identity": CHECK.model_dump(),
    }  # fmt: skip
    return Account.model_validate({**entry, **changed})


def test_an_external_person_is_registered_with_a_certificate_and_an_identity_check_and_never_logs_in(people: Directory) -> None:
    people.register_external(ADMIN, external(), "-----BEGIN CERTIFICATE-----\nx\n")
    found = people.account("rosa.vidal")
    assert (found.state, found.certificate[:10]) == ("active", "-----BEGIN")
    refused(lambda: people.set_password(ADMIN, "rosa.vidal", OTHER), "RR-N10")
    refused(lambda: people.log_in("rosa.vidal", OTHER), "RR-D02")
    refused(lambda: people.register_external(ADMIN, external(), "x"), "RR-U01")
    refused(lambda: people.register_external(ADMIN, external(id="r.vidal", identity=None), "x"), "RR-U02")
    refused(lambda: people.register_external(ADMIN, external(id="r.vidal"), " "), "RR-D01")
    refused(lambda: people.register_external(ADMIN, person("r.vidal"), "x"), "RR-D01")
    refused(lambda: people.register_external(ADMIN, external(id="sponsor"), "x"), "RR-D03")
    refused(lambda: people.add(ADMIN, external(id="r.vidal")), "RR-D01")


def test_two_people_of_one_printed_name_are_told_apart_by_id_everywhere(people: Directory) -> None:
    people.add(ADMIN, person("anna.two", "Anna Example (fictitious)"))
    people.set_password(ADMIN, "anna.two", OTHER)
    refused(lambda: people.log_in("anna.two", PASSWORD), "RR-D02")
    refused(lambda: people.log_in("anna", OTHER), "RR-D02")
    first, second = people.log_in("anna", PASSWORD), people.log_in("anna.two", OTHER)
    assert first.account.printed_name == second.account.printed_name
    assert [(e.person, e.record) for e in people.ledger.events(action="log-in")] == [
        ("anna", "account/anna"), ("anna.two", "account/anna.two"),
    ]  # fmt: skip
    refused(lambda: people.components(first, "anna.two", OTHER), "RR-N02")
    people.set_state(ADMIN, "anna.two", "retired", "left")
    assert people.session(first.id).account.id == "anna"
    refused(lambda: people.session(second.id), "RR-N04")


def test_the_validation_instance_alone_lets_names_of_jobs_stand_for_people(house: House) -> None:
    from csvgen.pipeline import settings

    assert settings.policy(settings.defaults()).shared_names == "allowed"
    assert Policy().shared_names == "refused"
