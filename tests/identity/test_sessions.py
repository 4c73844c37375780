"""A session is one person at one place for a limited time; whatever ends it, all components are asked again (RR-N01 to RR-N04)."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace

import pytest

from csvgen.identity import sessions
from csvgen.identity.directory import Directory
from csvgen.identity.sessions import Session
from csvgen.model.people import IdentityCheck, Policy

from .house import ADMIN, OTHER, PASSWORD, WRONG, House, actions, refused


def _log_out(people: Directory, house: House, session: Session) -> None:
    people.log_out(session)


def _lock(people: Directory, house: House, session: Session) -> None:
    people.set_state(ADMIN, "anna", "locked", "for the test")
    people.set_state(ADMIN, "anna", "active", "for the test")


def _idle(people: Directory, house: House, session: Session) -> None:
    house.clock.wait(900)


def _too_long(people: Directory, house: House, session: Session) -> None:
    for _ in range(50):
        house.clock.wait(870)
        if house.clock.at >= session.started and (house.clock.at - session.started).total_seconds() >= 43_200:
            return
        people.session(session.id)


def _process_end(people: Directory, house: House, session: Session) -> None:
    people.sessions[session.id] = session
    session.process = os.getpid() + 1


def _another_person(people: Directory, house: House, session: Session) -> None:
    people.set_password(ADMIN, "bert", OTHER)
    people.log_in("bert", OTHER, place="tty1")


def _another_host(people: Directory, house: House, session: Session) -> None:
    people.source = "csvgen on bench-2"


def _password(people: Directory, house: House, session: Session) -> None:
    elsewhere = house.directory()
    elsewhere.change_password("anna", PASSWORD, OTHER)
    elsewhere.set_password(ADMIN, "anna", PASSWORD + "-again")


def _device(people: Directory, house: House, session: Session) -> None:
    house.directory().lose("anna", PASSWORD, "left on the train")
    house.directory().identify(ADMIN, "anna", IdentityCheck(method="passport", verified_by="personnel", on="2026-11-21"))


def _roles(people: Directory, house: House, session: Session) -> None:
    house.directory().set_roles(ADMIN, "anna", ("reviewer",), "moved")


def _retired(people: Directory, house: House, session: Session) -> None:
    house.directory().set_state(ADMIN, "anna", "retired", "left")


ENDINGS: list[tuple[Callable[[Directory, House, Session], None], str]] = [
    (_log_out, "logged out"), (_lock, "account set to locked"), (_idle, "idle for 900 s or more"), (_too_long, "open for 43200 s or more"),
    (_process_end, "the process is another one"), (_another_person, "another person logged in here"),
    (_another_host, "the host or program is another one"), (_password, "credential changed"), (_device, "credential changed"),
    (_roles, "roles changed"), (_retired, "account retired"),
]  # fmt: skip


@pytest.mark.parametrize(("ends", "words"), ENDINGS, ids=lambda v: getattr(v, "__name__", "").strip("_"))
def test_each_ending_ends_the_period_and_all_components_are_asked_again(
    people: Directory, house: House, ends: Callable[[Directory, House, Session], None], words: str
) -> None:
    """RR-N04. Two signings first, so that the period is one in which the password alone would do."""
    session = people.log_in("anna", PASSWORD, place="tty1")
    assert people.components(session, "anna", PASSWORD) == ("user id", "password")
    assert people.components(session, "", PASSWORD) == ("password",)
    ends(people, house, session)
    for act in (lambda: people.session(session.id), lambda: people.components(session, "", PASSWORD)):
        refusal = refused(act)
        assert refusal.rule in ("RR-N04", "RR-D02"), refusal
    assert words in session.ended
    if ends in (_retired, _password):
        return
    people.source = "csvgen on bench-1"
    fresh = people.log_in("anna", PASSWORD, place="tty1")
    if people.account("anna").factor != "lost":
        refused(lambda: people.components(fresh, "", PASSWORD), "RR-N02", "takes user id and password")


def test_the_end_of_a_session_is_one_event_with_its_reason(people: Directory, house: House) -> None:
    session = people.log_in("anna", PASSWORD)
    house.clock.wait(900)
    for _ in range(3):
        refused(lambda: people.session(session.id), "RR-N04")
    assert [e.reason for e in people.ledger.events(action="session-locked")] == ["idle for 900 s or more"]


@pytest.mark.parametrize(
    ("person_typed", "password", "rule"),
    [
        ("", PASSWORD, "RR-N02"),  # one component
        ("anna", "", "RR-N03"),  # the other
        ("", "", "RR-N02"),  # a click
        (PASSWORD, PASSWORD, "RR-N02"),  # the same component twice
        ("anna", "anna", "RR-D02"),  # the same component twice, the other way
        ("bert", PASSWORD, "RR-N02"),
        ("Anna", PASSWORD, "RR-N02"),
        ("anna", WRONG, "RR-D02"),
    ],
)
def test_a_first_signing_takes_both_components_each_by_itself_is_refused(
    people: Directory, person_typed: str, password: str, rule: str
) -> None:
    """RR-N01, RR-N02: being logged in counts for neither."""
    session = people.log_in("anna", PASSWORD)
    refused(lambda: people.components(session, person_typed, password), rule)
    assert session.signings == 0
    assert people.components(session, "anna", PASSWORD) == ("user id", "password")


@pytest.mark.parametrize(("person_typed", "password"), [("", ""), ("anna", ""), ("", WRONG), ("bert", PASSWORD)])
def test_a_later_signing_takes_what_only_the_signer_knows(people: Directory, person_typed: str, password: str) -> None:
    """RR-N03: an id, a click, another's id do not do."""
    session = people.log_in("anna", PASSWORD)
    people.components(session, "anna", PASSWORD)
    refused(lambda: people.components(session, person_typed, password))
    assert session.signings == 1


def test_many_people_may_work_at_one_server_at_once(people: Directory) -> None:
    """Only a terminal has one person at a time; a server tells people apart by their sessions."""
    people.set_password(ADMIN, "bert", OTHER)
    first, second = people.log_in("anna", PASSWORD), people.log_in("bert", OTHER)
    assert people.session(first.id) is first
    assert people.session(second.id) is second


# ------------------------------------------------------------------ session ids


def test_a_session_id_prepared_by_somebody_else_is_never_used(people: Directory, house: House) -> None:
    """Fixation: an id planted before the log-in opens nothing then or afterwards; each log-in has a new id."""
    planted = "A" * 32
    session = people.log_in("anna", PASSWORD, keep=True)
    again = people.log_in("anna", PASSWORD, keep=True, instead_of=planted)
    assert len({planted, session.id, again.id}) == 3
    for door in (people, house.directory()):
        refused(lambda d=door: d.resume(planted), "RR-D01")
        refused(lambda d=door: d.session(planted), "RR-D01")


def test_a_kept_session_lies_in_the_database_as_a_digest_only(people: Directory, house: House) -> None:
    session = people.log_in("anna", PASSWORD, keep=True)
    assert session.id.encode() not in house.written()
    assert session.id not in repr(session) + repr(people)
    assert len(session.id) >= 32


def test_another_process_goes_on_with_a_kept_session_and_signs_with_all_components(people: Directory, house: House) -> None:
    session = people.log_in("anna", PASSWORD, keep=True)
    people.components(session, "anna", PASSWORD)
    other = house.directory()
    resumed = other.resume(session.id)
    assert resumed.account.id == "anna"
    refused(lambda: other.components(resumed, "", PASSWORD), "RR-N02")


def test_a_session_that_is_not_kept_is_of_its_process_alone(people: Directory, house: House) -> None:
    session = people.log_in("anna", PASSWORD)
    assert people.session(session.id).account.id == "anna"
    refused(lambda: house.directory().resume(session.id), "RR-D01")


@pytest.mark.parametrize("ends", [_log_out, _idle, _password, _device, _roles, _retired], ids=lambda f: f.__name__.strip("_"))
def test_a_kept_session_ends_for_every_process(people: Directory, house: House, ends: Callable[..., None]) -> None:
    session = people.log_in("anna", PASSWORD, keep=True)
    assert house.directory().resume(session.id), "alive until then"
    ends(people, house, session)
    refused(lambda: house.directory().resume(session.id), "RR-N04")


def test_a_kept_session_is_of_one_host(people: Directory, house: House) -> None:
    session = people.log_in("anna", PASSWORD, keep=True)
    assert house.directory().resume(session.id), "alive on its own"
    refused(lambda: house.directory("csvgen on bench-2").resume(session.id), "RR-N04", "the host or program is another one")


def test_using_a_kept_session_in_any_process_keeps_it_from_idling(people: Directory, house: House) -> None:
    session = people.log_in("anna", PASSWORD, keep=True)
    for _ in range(3):
        house.clock.wait(899)
        assert house.directory().resume(session.id)
    house.clock.wait(900)
    refused(lambda: house.directory().resume(session.id), "RR-N04")


def test_a_log_in_of_another_person_replaces_the_kept_session(people: Directory, house: House) -> None:
    people.set_password(ADMIN, "bert", OTHER)
    session = people.log_in("anna", PASSWORD, keep=True)
    assert house.directory().resume(session.id), "alive until then"
    people.log_in("bert", OTHER, keep=True, instead_of=session.id)
    refused(lambda: house.directory().resume(session.id), "RR-D01")


def test_an_ended_session_never_comes_back(people: Directory, house: House) -> None:
    session = people.log_in("anna", PASSWORD)
    people.log_out(session)
    revived = replace(session, ended="")
    people.sessions[session.id] = revived
    assert sessions.ending(session, house.clock.at, people.source, people.account("anna"), "", Policy()) == "logged out"
    people.set_state(ADMIN, "anna", "retired", "left")
    refused(lambda: people.components(revived, "anna", PASSWORD), "RR-D02")


def test_the_reasons_stand_in_the_trail(people: Directory, house: House) -> None:
    people.log_out(people.log_in("anna", PASSWORD))
    assert actions(people)[-2:] == ["log-in", "log-out"]
