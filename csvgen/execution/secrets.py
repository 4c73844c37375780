"""Which secrets a run knows of: what csvgen.toml names, target settings whose key says so, and passwords of test accounts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from csvgen.errors import ConfigError
from csvgen.evidence.redaction import Redaction
from csvgen.ports import Target
from csvgen.views import TestAccount

_SECRET = re.compile(
    r"(?:^|[_.-])(?:pass(?:word|wd|phrase)?|secret|token|credentials?|pin|(?:api|access|private|secret)[_-]?key)$", re.IGNORECASE
)
_FROM_ENVIRONMENT = re.compile(r"_env(?:ironment)?$", re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LISTS = re.compile(r"[\s,\[\]'\"]+")


def listed(evidence: Mapping[str, str], targets: Mapping[str, Mapping[str, str]], environ: Mapping[str, str]) -> Redaction:
    """The secrets known before anything runs. Raises ConfigError for what is no name of a variable."""
    found = Redaction()
    for name in filter(None, _LISTS.split(evidence.get("redact", ""))):
        if not _NAME.fullmatch(name):
            raise ConfigError(
                "evidence.redact lists names of environment variables, and one of its words is none",
                where="csvgen.toml", hint='redact = "DB_PASSWORD API_TOKEN"; a secret itself has no place in this file',
            )  # fmt: skip
        found.add(f"variable {name}", environ.get(name, ""))
    for target, settings in sorted(targets.items()):
        for key, value in sorted(settings.items()):
            if _SECRET.search(key):
                found.add(f"target {target}: {key}", value)
            elif _FROM_ENVIRONMENT.search(key) and _SECRET.search(_FROM_ENVIRONMENT.sub("", key)):
                found.add(f"target {target}: {key}", environ.get(value, ""))
    return found


class Learning:
    """A target whose test accounts become known: each password a step is given is redacted from then on."""

    def __init__(self, target: Target, redaction: Redaction) -> None:
        self._target = target
        self._redaction = redaction

    def __getattr__(self, name: str) -> Any:
        return getattr(self._target, name)

    def port(self, name: str) -> Any:
        found = self._target.port(name)
        return _Accounts(found, self._redaction) if name == "Access" and found is not None else found


class _Accounts:
    """The port Access, looked at."""

    def __init__(self, port: Any, redaction: Redaction) -> None:
        self._port = port
        self._redaction = redaction

    def __getattr__(self, name: str) -> Any:
        return getattr(self._port, name)

    def __dir__(self) -> list[str]:
        return dir(self._port)

    def test_account(self, role: str) -> TestAccount:
        found: TestAccount = self._port.test_account(role)
        self._redaction.add(f"password of {found.user_id}", found.password.reveal())
        return found
