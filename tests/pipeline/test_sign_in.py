"""The application's own sign-in: sources that guess are slowed where the site says so, and somebody is told of it."""

from __future__ import annotations

import datetime as dt
import email
from email.policy import default

import pytest

from csvgen.errors import ConfigError, Refused
from csvgen.pipeline import instance

from .conftest import Lab


def guess(lab, times: int) -> None:
    for n in range(times):
        with pytest.raises(Refused):
            lab.app.access.log_in(f"nobody.{n}", "a password that is none")


def set_(lab, key: str, value: str) -> None:
    lab.app.records.configure(lab.session("administrator"), key, value, "terminals are processes of their own")


def test_by_default_no_source_is_slowed(lab) -> None:
    guess(lab, 15)
    assert lab.session("analyst", anew=True)


def test_where_the_site_says_so_a_source_has_to_wait(lab) -> None:
    set_(lab, "source_failures", "3")
    set_(lab, "source_wait_seconds", "60")
    guess(lab, 5)
    with pytest.raises(Refused):
        lab.session("analyst", anew=True)  # right, and still not looked at
    assert any("too many failures from this source" in e.reason for e in lab.events("log-in-refused"))
    lab.clock.ahead = dt.timedelta(seconds=61)
    assert lab.session("analyst", anew=True)


@pytest.mark.parametrize("alerts", ["security@example.org", ""])
def test_somebody_is_told_at_once(home, alerts: str) -> None:
    instance.Settings(alerts=alerts).write(home)
    lab = Lab(home)
    lab.session("analyst")
    for _ in range(3):
        with pytest.raises(Refused):
            lab.app.access.log_in(lab.user("analyst"), "wrong password 1")
    lab.app.close()
    if not alerts:
        assert not (home / "alerts").exists()
        return
    mails = [email.message_from_bytes(p.read_bytes(), policy=default) for p in sorted((home / "alerts").glob("*.eml"))]
    assert {m["To"] for m in mails} == {alerts}
    told = "\n".join(m.get_content() for m in mails)
    assert "locked after 3 failures in a row" in told
    assert lab.user("analyst") in told
    assert "wrong password 1" not in told


@pytest.mark.parametrize(
    "alerts", ["nobody", "smtp://mail.example:25/", "smtp://user:secret@mail.example/a@b.example", "http://x/a@b.example", "a@b.example\n", "smtp://h:no/a@b.c"]
)  # fmt: skip
def test_addresses_that_are_none(alerts: str) -> None:
    with pytest.raises(ConfigError, match=r"pipeline\.alerts"):
        instance.Settings(alerts=alerts)


def test_a_mail_server_is_an_address() -> None:
    assert instance.Settings(alerts="smtp://mail.example:2525/security@example.org").bell == (
        "security@example.org", "mail.example", 2525,
    )  # fmt: skip
