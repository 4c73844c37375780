"""[security] of csvgen.toml: the policy for credentials and sessions, whom alerts are told, and what the organisation answers for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError, field_validator, model_validator

from csvgen.errors import ConfigError
from csvgen.identity.alerts import Bell, Mail, Outbox, Sink
from csvgen.model.base import Value
from csvgen.model.people import Policy

_WHERE = "csvgen.toml [security]"
_CLOSED = {"shared_names"}
"""Of the policy, what no project may set: a shared account is refused everywhere but in a system under validation."""
_STRONG = {47_104: 1, 19_456: 2, 12_288: 3, 9_216: 4, 7_168: 5}
"""KiB of Argon2id -> least number of passes that OWASP (Password Storage Cheat Sheet) calls equal in strength."""


class Security(Value):
    """The table, checked. Everything has a default but the people: nobody can be told whom nobody named."""

    policy: Policy = Policy()
    contact: str = Field(default="", pattern=r"^$|^[^\s@,;<>]+@[^\s@,;<>]+$")
    """Who is told of security events at once (21 CFR 11.300(d))."""
    management: str = Field(default="", pattern=r"^$|^[^\s@,;<>]+@[^\s@,;<>]+$")
    """Who is told besides."""
    smtp: str = Field(default="", pattern=r"^$|^[A-Za-z0-9.-]+:[0-9]{1,5}$")
    """Mail server as host:port."""
    outbox: str = ""
    """Folder for alerts as files; relative to the project."""
    password_review: str = ""
    """Instead of aging: how passwords are periodically checked, and why so (21 CFR 11.300(b))."""
    password_review_days: int = Field(default=365, ge=1)
    certification_letter: str = ""
    """Reference of the letter to FDA that electronic signatures are meant as handwritten ones (21 CFR 11.100(c))."""
    certification_date: str = ""

    @field_validator("certification_date")
    @classmethod
    def _a_day(cls, text: str) -> str:
        if text:
            dt.date.fromisoformat(text)
        return text

    @model_validator(mode="after")
    def _whole(self) -> Security:
        if (self.smtp or self.outbox) and not self.contact:
            raise ValueError("contact is missing: alerts need somebody to be told")
        if self.contact and not (self.smtp or self.outbox):
            raise ValueError("smtp or outbox is missing: there is no way to tell the contact")
        if bool(self.certification_letter) != bool(self.certification_date):
            raise ValueError("certification_letter and certification_date belong together")
        if self.policy.second_factor == "signing":
            raise ValueError("second_factor is optional or required here; `signing` is a setting of instances of a pipeline")
        passes = next((p for kib, p in _STRONG.items() if self.policy.argon2_kib >= kib), None)
        if passes is None or self.policy.argon2_passes < passes:
            raise ValueError("argon2_kib and argon2_passes are weaker than any setting OWASP recommends")
        return self

    def bell(self, root: Path, project: str) -> Bell | None:
        """Whom alerts are told, or None."""
        if not self.contact:
            return None
        host, _, port = self.smtp.partition(":")
        sinks: list[Sink] = [Mail(host, int(port))] if self.smtp else []
        sinks += [Outbox(root / self.outbox)] if self.outbox else []
        return Bell(self.contact, tuple(sinks), self.management, project)

    def open_points(self, first_signature: str = "", last_review: str = "", today: str = "") -> tuple[str, ...]:
        """What a reader of this project's records has to be told about its security; days as ``2026-11-21``.

        `first_signature` is the day of the first electronic signature, `last_review` that of the last check of passwords, where there is one.
        """
        found = []
        if not self.contact:
            found.append("nobody is named to be told of security events ([security] contact, 21 CFR 11.300(d)) [RR-P04]")
        if not self.policy.password_days and not self.password_review:
            found.append("neither aging nor another periodic check of passwords is chosen (21 CFR 11.300(b)) [RR-P02]")
        elif not self.policy.password_days and today and self._overdue(last_review, today):
            found.append(
                f"the check of passwords is overdue: every {self.password_review_days} days ({self.password_review}) [RR-P02]"
            )
        if not self.certification_letter:
            found.append("no certification letter for electronic signatures is named (21 CFR 11.100(c)) [RR-U03]")
        elif first_signature and first_signature[:10] < self.certification_date:
            found.append(
                f"the first electronic signature ({first_signature[:10]}) is older than the certification letter ({self.certification_date}) [RR-U03]"
            )
        return tuple(found)

    def _overdue(self, last_review: str, today: str) -> bool:
        if not last_review:
            return True
        return (dt.date.fromisoformat(today[:10]) - dt.date.fromisoformat(last_review[:10])).days > self.password_review_days


def read_security(table: Mapping[str, str]) -> Security:
    """The table [security]. Raises ConfigError for an unknown key or a value that cannot be used, naming it."""
    own = {*Security.model_fields} - {"policy"}
    of_policy = {*Policy.model_fields} - _CLOSED
    if unknown := sorted({*table} - own - of_policy):
        raise ConfigError(f"unknown setting {unknown[0]!r}", where=_WHERE, hint=f"known: {', '.join(sorted(own | of_policy))}")
    given: dict[str, Any] = {k: v for k, v in table.items() if k in own}
    given["policy"] = {k: v for k, v in table.items() if k in of_policy}
    try:
        return Security.model_validate(given)
    except ValidationError as problem:
        first = problem.errors()[0]
        name = ".".join(str(part) for part in first["loc"] if part != "policy")
        raise ConfigError(f"{name + ': ' if name else ''}{first['msg'].removeprefix('Value error, ')}", where=_WHERE) from None
