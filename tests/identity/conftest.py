"""What the tests of people share: a house with a cheap password hash (same algorithm); tests/targets uses the one that ships."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from csvgen.identity import passwords
from csvgen.identity.directory import Directory

from .house import ADMIN, PASSWORD, House, person


@pytest.fixture
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "hasher", lambda _policy: PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def house(tmp_path: Path, cheap: None) -> Iterator[House]:
    made = House(tmp_path / "state")
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
