"""What the tests of people share: a house with a cheap password hash (same algorithm); tests/targets uses the one that ships."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from csvgen.identity import passwords
from csvgen.identity.directory import Directory
from csvgen.store.database import open_database

from .house import ADMIN, PASSWORD, House, person


@pytest.fixture
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "hasher", lambda _policy: PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Records with their tables and nothing in them: made once, for making them takes longer than most tests."""
    path = tmp_path_factory.mktemp("empty") / "records.db"
    open_database(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def house(tmp_path: Path, empty: Path, cheap: None) -> Iterator[House]:
    made = House(tmp_path / "state")
    made.folder.mkdir(mode=0o700)
    shutil.copy(empty, made.folder)
    yield made
    made.close()


@pytest.fixture
def people(house: House) -> Directory:
    """anna is active; bert waits for his password."""
    made = house.directory()
    made.add(ADMIN, person("anna"))
    made.set_password(ADMIN, "anna", PASSWORD)
    made.add(ADMIN, person("bert"))
    return made
