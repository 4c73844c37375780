"""Credentials by reference: the name of an environment variable, or the place in Vault. The secret itself never stands in a file."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping

from pydantic import model_validator

from csvgen.model.base import Line, Value
from csvgen.views import Secret, Unanswered

Lookup = Callable[[str], str]
"""Place in Vault (``mount/path#field``) -> value. Raises Unanswered."""

_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")
_PLACE = re.compile(r"[\w.-]+(?:/[\w.-]+)+#[\w.-]+")


class Reference(Value):
    """Where a secret is: ``env: NAME`` or ``vault: mount/path#field``."""

    env: Line | None = None
    vault: Line | None = None

    @model_validator(mode="after")
    def _one_place(self) -> Reference:
        if (self.env is None) == (self.vault is None):
            raise ValueError("say either env: NAME or vault: mount/path#field")
        if self.env is not None and not _VARIABLE.fullmatch(self.env):
            raise ValueError("env is the name of an environment variable; a secret itself has no place in a file")
        if self.vault is not None and not _PLACE.fullmatch(self.vault):
            raise ValueError("vault is a place: mount/path#field")
        return self


def secret(reference: Reference, lookup: Lookup | None = None, environ: Mapping[str, str] | None = None) -> Secret:
    """The secret a reference leads to. Raises Unanswered naming what is missing, never the value."""
    if reference.env is not None:
        value = (os.environ if environ is None else environ).get(reference.env, "").strip()
        if not value:
            raise Unanswered(
                f"no credentials: the environment variable {reference.env} is not set", hint=f"export {reference.env}"
            )
        return Secret(value)
    if lookup is None:
        raise Unanswered(
            f"the credentials are in Vault ({reference.vault}), and the settings name no Vault",
            hint="add vault: address and token",
        )
    return Secret(lookup(str(reference.vault)))
