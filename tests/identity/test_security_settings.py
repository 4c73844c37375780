"""[security] of csvgen.toml: what is known is used, what is not is refused, and what an inspector would miss is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from csvgen.errors import ConfigError
from csvgen.identity.alerts import Bell, Mail, Outbox
from csvgen.identity.settings import Security, read_security
from csvgen.model.people import Policy


def test_nothing_said_is_the_default() -> None:
    assert read_security({}).policy == Policy()
    assert read_security({}).bell(Path(), "x") is None


def test_every_setting_reaches_its_place(tmp_path: Path) -> None:
    made = read_security(
        {
            "minimum_length": "14", "failures_to_lock": "5", "idle_seconds": "600", "session_seconds": "28800", "password_history": "8",
            "password_days": "180", "second_factor": "required", "reset_seconds": "3600", "source_failures": "20", "source_wait_seconds": "300",
            "argon2_kib": "47104", "argon2_passes": "1", "administrators": "flagged", "contact": "security@example.org",
            "management": "head@example.org", "smtp": "mail.example.org:587", "outbox": "alerts", "certification_letter": "L-7",
            "certification_date": "2026-01-07",
        }
    )  # fmt: skip
    assert made.policy == Policy(
        minimum_length=14, failures_to_lock=5, idle_seconds=600, session_seconds=28_800, password_history=8, password_days=180,
        second_factor="required", reset_seconds=3_600, source_failures=20, source_wait_seconds=300, argon2_kib=47_104, argon2_passes=1,
        administrators="flagged",
    )  # fmt: skip
    bell = made.bell(tmp_path, "mine")
    assert bell == Bell(
        "security@example.org", (Mail("mail.example.org", 587), Outbox(tmp_path / "alerts")), "head@example.org", "mine"
    )


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"minimum_lenght": "14"}, "unknown setting 'minimum_lenght'"),
        ({"shared_names": "allowed"}, "unknown setting 'shared_names'"),
        ({"minimum_length": "4"}, "minimum_length"),
        ({"failures_to_lock": "0"}, "failures_to_lock"),
        ({"failures_to_lock": "many"}, "failures_to_lock"),
        ({"second_factor": "off"}, "second_factor"),
        ({"smtp": "mail.example.org:25"}, "contact is missing"),
        ({"contact": "security@example.org"}, "smtp or outbox is missing"),
        ({"contact": "security@example.org\nBcc: x@y", "outbox": "a"}, "contact"),
        ({"contact": "a@b, c@d", "outbox": "a"}, "contact"),
        ({"contact": "a@b", "smtp": "mail"}, "smtp"),
        ({"certification_letter": "L-7"}, "belong together"),
        ({"certification_letter": "L-7", "certification_date": "spring"}, "certification_date"),
        ({"argon2_kib": "8", "argon2_passes": "1"}, "weaker than any setting"),
        ({"argon2_kib": "19456", "argon2_passes": "1"}, "weaker than any setting"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(table: dict[str, str], words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_security(table)
    assert words in str(caught.value)
    assert "[security]" in caught.value.where


def test_what_is_open_is_said_and_what_is_settled_is_not() -> None:
    """RR-P02, RR-P04, RR-U03."""
    assert [p[-8:] for p in Security().open_points()] == ["[RR-P04]", "[RR-P02]", "[RR-U03]"]
    whole = read_security(
        {
            "contact": "a@b",
            "outbox": "o",
            "password_days": "365",
            "certification_letter": "L-7",
            "certification_date": "2026-03-01",
        }
    )
    assert whole.open_points("2026-03-01T08:00:00.000000Z", "", "2026-11-21") == ()


def test_a_first_signature_before_the_letter_is_flagged() -> None:
    made = read_security({"certification_letter": "L-7", "certification_date": "2026-03-01"})
    (point,) = [p for p in made.open_points("2026-02-28T23:59:59.000000Z") if "RR-U03" in p]
    assert "2026-02-28" in point
    assert "2026-03-01" in point


def test_a_check_of_passwords_is_due_when_its_time_is_over() -> None:
    made = read_security(
        {"password_review": "accounts and reports are looked through; rotation makes weak ones", "password_review_days": "180"}
    )

    def due(last: str, today: str) -> bool:
        return any("overdue" in p for p in made.open_points("", last, today))

    assert due("", "2026-11-21")
    assert not due("2026-05-25T08:00:00.000000Z", "2026-11-21T08:00:00.000000Z"), "day 180"
    assert due("2026-05-24T08:00:00.000000Z", "2026-11-21T08:00:00.000000Z"), "day 181"
