"""A bound target: an instance installed as it ships (real hashes), copied for each test, in a process of its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from csvgen.ports import Outcome, Secret, TestAccount
from csvgen.targets import bind

from ..installed import instance

PLATE = "#qc-plate/1\nkind,id,level_or_dilution,signal\nstandard,A,0,0\nstandard,B,500,0.5\nstandard,C,1000,1\nsample,S1,1,{}\nend,4\n"


class Bench:
    """A target with its ports and the sessions of its accounts."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.target = bind("validation", {"adapter": "local", "home": str(home)})
        self._sessions: dict[str, str] = {}

    def port(self, name: str):
        return self.target.port(name)

    def account(self, key: str) -> TestAccount:
        return self.port("Access").test_account(key)

    def session(self, key: str) -> str:
        if key not in self._sessions:
            account = self.account(key)
            self._sessions[key] = self.port("Access").log_in(account.user_id, account.password).reference
        return self._sessions[key]

    def plate(self, lot: str, signal: str = "1.000") -> Outcome:
        metadata = {"method": "LIN-01", "sample": "S1", "instrument": "PR-001"}
        sent = self.port("Pipeline").ingest(self.session("analyst"), lot, "plate.csv", PLATE.format(signal).encode(), metadata)
        return self.port("Pipeline").process(self.session("analyst"), lot) if sent.accepted else sent

    def sign(self, lot: str, meaning: str, key: str, password: Secret | None = None) -> Outcome:
        account = self.account(key)
        args = (self.session(key), lot, meaning, "checked", account.user_id, password or account.password)
        if meaning == "reviewed":
            self.port("Signing").review_packet(self.session(key), lot)
        return self.port("Signing").sign(*args)


@pytest.fixture(scope="session")
def installed(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance of this worker, of which each test gets a copy."""
    return instance(shared, tmp_path_factory.mktemp("qc") / "instance", {"idle_seconds": "600"}, cheap=False)


@pytest.fixture
def home(installed: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(installed, tmp_path / "instance"))


@pytest.fixture
def bench(home: Path) -> Iterator[Bench]:
    made = Bench(home)
    yield made
    made.target.close()
