"""A house of fictitious people for tests: a clock set by hand, a directory on a connection of its own for each process there would be."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from csvgen.audit.ledger import open_ledger
from csvgen.errors import Refused
from csvgen.identity.alerts import Bell, Outbox
from csvgen.identity.directory import Directory
from csvgen.model.audit import Actor
from csvgen.model.people import Account, Policy
from csvgen.store.database import open_database

PASSWORD = "tall-Kestrel-under-Oath-41"
OTHER = "quiet-Lantern-over-Moss-52"
WRONG = "wrong-Harbour-of-Glass-63"
ADMIN = Actor("ines.halvorsen", "Ines Halvorsen (fictitious)", "administrator", "tests")


class Hands:
    """A clock set by the test."""

    def __init__(self) -> None:
        self.at = dt.datetime(2026, 11, 21, 8, 0, tzinfo=dt.UTC)

    def now(self) -> dt.datetime:
        return self.at

    def wait(self, seconds: float) -> None:
        self.at += dt.timedelta(seconds=seconds)


@dataclass
class House:
    folder: Path
    clock: Hands = field(default_factory=Hands)
    policy: Policy = field(default_factory=lambda: Policy(source_failures=1_000))
    databases: list = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"sqlite:///{self.folder / 'records.db'}"

    @property
    def outbox(self) -> Path:
        return self.folder / "outbox"

    def bell(self) -> Bell:
        return Bell("security@example.org", (Outbox(self.outbox),), system="tests")

    def directory(self, source: str = "csvgen on bench-1", *, alerts: bool = False) -> Directory:
        """As another process would open it."""
        database = open_database(self.url)
        self.databases.append(database)
        bell = self.bell() if alerts else None
        return Directory(open_ledger(database, self.clock), self.clock, self.policy, source, bell=bell)

    def close(self) -> None:
        for database in self.databases:
            database.close()

    def mails(self) -> list[str]:
        return [p.read_text() for p in sorted(self.outbox.glob("*.eml"))]

    def written(self) -> bytes:
        """Every byte that lies in the folder of the records."""
        return b"".join(p.read_bytes() for p in self.folder.rglob("*") if p.is_file())


def person(user_id: str, name: str = "", /, **changes: object) -> Account:
    printed = name or f"{user_id.split('.', maxsplit=1)[0].capitalize()} Example (fictitious)"
    return Account(id=user_id, kind="person", printed_name=printed, roles=("tester",)).model_copy(update=changes)


def technical(user_id: str = "ci-runner", owner: str = "anna") -> Account:
    return Account(id=user_id, kind="technical", printed_name="Runs orders", owner=owner, roles=("automation",))


def refused(call, rule: str = "", words: str = "") -> Refused:
    """The refusal of a call; it must be one, with that rule and those words."""
    with pytest.raises(Refused, match=re.escape(words) if words else None) as caught:
        call()
    if rule:
        assert caught.value.rule == rule, caught.value
    return caught.value


def actions(people: Directory) -> list[str]:
    return [e.action for e in people.ledger.events()]
