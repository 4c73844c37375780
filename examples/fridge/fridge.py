"""A system of a team: a log of temperatures of a refrigerator. It knows nothing of csvgen."""

from __future__ import annotations

import json
import secrets
from decimal import Decimal, InvalidOperation
from pathlib import Path

LOWEST, HIGHEST = Decimal("2.0"), Decimal("8.0")


class No(Exception):
    """A refusal: what it is about, and its words."""

    def __init__(self, kind: str, words: str) -> None:
        super().__init__(words)
        self.kind = kind


class Fridge:
    """The log in a file. One person may use it; the password comes from outside."""

    def __init__(self, file: Path, password: str) -> None:
        self.file = file
        self.password = password
        self.sessions: set[str] = set()

    def log_in(self, user: str, password: str) -> str:
        if user != "mona" or not secrets.compare_digest(password, self.password):
            raise No("credentials", "user or password is wrong")
        self.sessions.add(token := secrets.token_urlsafe(12))
        return token

    def known(self, token: str) -> None:
        if token not in self.sessions:
            raise No("session", "there is no session")

    def readings(self) -> dict[str, str]:
        return json.loads(self.file.read_text()) if self.file.is_file() else {}

    def register(self, token: str, number: str, temperature: str) -> str:
        """Keep a reading. Decimals stay as they were written."""
        self.known(token)
        try:
            value = Decimal(temperature)
        except InvalidOperation:
            raise No("input", "temperature: not a number") from None
        if not LOWEST <= value <= HIGHEST:
            raise No("input", f"temperature: outside {LOWEST} to {HIGHEST} degrees")
        if number in (there := self.readings()):
            raise No("rule", "number: there is a reading of this number")
        self.file.write_text(json.dumps({**there, number: temperature}))
        return number

    def reading(self, token: str, number: str) -> str | None:
        self.known(token)
        return self.readings().get(number)
