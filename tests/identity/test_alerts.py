"""Whoever is named hears of security events at once, by mail or by file; nobody hears a secret; what was not told is told next time."""

from __future__ import annotations

import pytest

from csvgen.identity import alerts
from csvgen.identity.alerts import Bell, Mail
from csvgen.identity.directory import Directory
from csvgen.model.people import Policy

from ..counterparts import free_port
from ..counterparts.mail import Post, mail_server
from .house import ADMIN, OTHER, PASSWORD, WRONG, House, actions, person, refused


@pytest.fixture
def told(house: House) -> Directory:
    people = house.directory(alerts=True)
    people.add(ADMIN, person("anna"))
    people.set_password(ADMIN, "anna", PASSWORD)
    return people


def by_mail(people: Directory, post: Post, **changed: str) -> Directory:
    people.bell = Bell("security@example.org", (Mail("127.0.0.1", post.port),), system="tests", **changed)
    return people


def failed_log_in(people: Directory) -> None:
    refused(lambda: people.log_in("anna", WRONG))


def unknown(people: Directory) -> None:
    refused(lambda: people.log_in("nobody", WRONG))


def locked(people: Directory) -> None:
    for _ in range(3):
        failed_log_in(people)


def refused_signing(people: Directory) -> None:
    session = people.log_in("anna", PASSWORD)
    refused(lambda: people.components(session, "anna", WRONG))


def refused_by_rule(people: Directory) -> None:
    people.refused(people.log_in("anna", PASSWORD), "TNY-URS r1", "has no training record", "RR-I01")


def refused_function(people: Directory) -> None:
    people.refused_function(
        people.as_owner(people.account("anna")), "administer people", "the role tester may not administer people"
    )


def wrong_token(people: Directory) -> None:
    refused(lambda: people.enter("ci-runner", WRONG))


ATTEMPTS = [
    (failed_log_in, "log-in-refused", "log-in refused"), (unknown, "log-in-refused", "log-in refused"), (locked, "security-alert", "account locked"),
    (refused_signing, "signing-refused", "signing refused"), (refused_by_rule, "signing-refused", "signing refused"),
    (refused_function, "authority-refused", "function refused"), (wrong_token, "log-in-refused", "log-in refused"),
]  # fmt: skip


@pytest.mark.parametrize(("attempt", "action", "words"), ATTEMPTS, ids=lambda v: getattr(v, "__name__", ""))
def test_each_attempt_is_an_event_and_reaches_the_contact_by_mail(
    told: Directory, house: House, attempt, action: str, words: str
) -> None:
    """RR-E12, RR-P04: the act returns when the server has taken the message, so the contact knows before the caller does."""
    with mail_server() as post:
        attempt(by_mail(told, post))
        bodies = [m.get_content() for m in post.messages]
    assert told.ledger.events(action=action)
    assert any(words in body for body in bodies), bodies
    assert {tuple(r) for r in post.recipients} == {("security@example.org",)}
    assert all("2026-11-21 08:00:00 +00:00" in body and "csvgen on bench-1" in body for body in bodies)
    assert not any(secret in str(m) for m in post.messages for secret in (WRONG, PASSWORD))
    assert alerts.due(told.ledger) == {}


def test_an_alert_is_told_within_a_minute_by_the_times_on_record(told: Directory) -> None:
    with mail_server() as post:
        failed_log_in(by_mail(told, post))
    event = told.ledger.events(action="log-in-refused")[-1]
    delivered = told.ledger.events(action="alert-delivered")[-1]
    assert delivered.at == event.at, "by the clock handed in, in the same act"
    assert delivered.seq > event.seq


def test_management_is_told_too_when_it_is_named(told: Directory) -> None:
    with mail_server() as post:
        failed_log_in(by_mail(told, post, management="head@example.org"))
    assert post.recipients == [["security@example.org", "head@example.org"]]


def test_an_alert_nobody_received_is_an_event_and_comes_with_the_next_act(told: Directory) -> None:
    told.bell = Bell("security@example.org", (Mail("127.0.0.1", free_port()),))
    failed_log_in(told)
    assert actions(told)[-1] == "alert-not-delivered"
    assert "refused" in told.ledger.events()[-1].reason.lower()
    assert len(alerts.due(told.ledger)) == 1
    with mail_server() as post:
        by_mail(told, post).log_in("anna", PASSWORD)
    assert len(post.messages) == 1
    assert "wrong password" in post.messages[0].get_content()
    assert alerts.due(told.ledger) == {}


def test_a_server_that_takes_it_for_one_of_two_has_not_told_both(told: Directory) -> None:
    with mail_server() as post:
        post.refuses = "head@example.org"
        failed_log_in(by_mail(told, post, management="head@example.org"))
        assert actions(told)[-1] == "alert-not-delivered"
        post.refuses = ""
        told.log_in("anna", PASSWORD)
    assert post.recipients[-1] == ["security@example.org", "head@example.org"]
    assert alerts.due(told.ledger) == {}


def test_another_process_tells_what_a_killed_one_left(told: Directory, house: House) -> None:
    """The alert is on record with the event; sending it is nobody's memory."""
    told.tell = lambda: True  # type: ignore[method-assign]  # killed between commit and sending
    failed_log_in(told)
    assert len(alerts.due(told.ledger)) == 1
    later = house.directory(alerts=True)
    later.log_in("anna", PASSWORD)
    assert len(house.mails()) == 1


def test_a_flood_is_one_message_with_its_number(told: Directory, house: House) -> None:
    house.policy = told.policy = Policy(failures_to_lock=10_000, source_failures=0)
    sent, told.tell = told.tell, lambda: True  # type: ignore[method-assign]
    for _ in range(205):
        unknown(told)
    sent()
    (mail,) = house.mails()
    assert "and 204 more" in " ".join(mail.split())
    assert "and 5 more; see the audit trail" in mail


def test_without_a_contact_there_are_events_and_no_alerts(people: Directory) -> None:
    refused(lambda: people.log_in("anna", WRONG))
    assert actions(people)[-1] == "log-in-refused"
    assert people.ledger.all("alert") == ()
    assert people.tell()


@pytest.mark.parametrize("name", ["nobody\nBcc: all@example.org", "no\r\nX: y", "\u202eydobon", "x" * 500])
def test_what_an_attacker_types_is_no_header_and_no_line_of_a_message(told: Directory, house: House, name: str) -> None:
    refused(lambda: told.log_in(name, WRONG))
    (mail,) = house.mails()
    assert "Bcc" not in mail
    assert "(not a user id)" in mail


def test_the_secret_that_was_tried_is_nowhere(told: Directory, house: House, caplog: pytest.LogCaptureFixture) -> None:
    """RR-N08: not in the database, its log, the outbox, the process's own log."""
    caplog.set_level("DEBUG")
    failed_log_in(told)
    refused(lambda: told.log_in(WRONG, OTHER))
    once = told.reset(ADMIN, "anna", "forgotten")
    refused(lambda: told.redeem("anna", WRONG, OTHER))
    told.redeem("anna", once, OTHER)
    session = told.log_in("anna", OTHER)
    refused(lambda: told.components(session, WRONG, WRONG))
    written = house.written()
    assert b"log-in refused" in written
    for secret in (PASSWORD, OTHER, WRONG, once, session.id):
        assert secret.encode() not in written
        assert secret not in caplog.text
