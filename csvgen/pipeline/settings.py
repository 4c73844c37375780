"""Configuration of an instance: known keys with bounds. Each value is a record of its own; each change is in the trail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from csvgen.errors import BadInput, Refused
from csvgen.model.base import Line, Value
from csvgen.model.people import Policy
from csvgen.pipeline.data_files import table

SECOND_FACTOR = "second_factor"
FOR_WORK = {SECOND_FACTOR: "signing", "material": "required"}
"""What an instance that people work in has unless they say otherwise; a bench has accounts behind which no person holds a device."""


class Setting(Value):
    """One setting: a whole number with its bounds, or one of a few words."""

    default: Line
    least: Line = "0"
    most: Line = "0"
    words: Line
    choices: tuple[Line, ...] = ()
    """Instead of bounds."""
    fixed: Literal["no", "yes"] = "no"
    """Given at installation and never changed: what would let one person lift a gate of another."""


class Configuration(Value):
    """The table ``data/configuration.yaml``."""

    format: Literal["qc.configuration/1"]
    settings: Mapping[str, Setting]


def known() -> Mapping[str, Setting]:
    """Every setting there is."""
    return table("configuration", Configuration).settings


def checked(key: str, value: str) -> str:
    """The value as it may be set. Raises Refused for a key that does not exist, BadInput for a value out of bounds."""
    setting = known().get(key)
    if setting is None:
        trail = "; the audit trail cannot be switched off" if "audit" in key or "trail" in key else ""
        raise Refused(f"there is no setting {key[:60]!r}{trail}", hint=f"settings: {', '.join(known())}", rule="RR-E04")
    if setting.choices:
        if value not in setting.choices:
            raise BadInput(f"{key} ({setting.words}) must be one of {', '.join(setting.choices)}, not {value[:40]!r}")
        return value
    inside = (
        value.isascii()
        and value.isdigit()
        and len(value) <= len(setting.most)
        and int(setting.least) <= int(value) <= int(setting.most)
    )
    if not inside:
        raise BadInput(
            f"{key} ({setting.words}) must be a whole number from {setting.least} to {setting.most}, not {value[:40]!r}"
        )
    return str(int(value))


def changed(key: str, value: str) -> str:
    """As `checked`, for a change while the instance is in use. Raises Refused for what is fixed at installation."""
    accepted = checked(key, value)
    if known()[key].fixed == "yes":
        raise Refused(f"{key} ({known()[key].words}) was fixed at installation and is not changed", rule="RR-E04")
    return accepted


def defaults() -> dict[str, str]:
    """Every setting with its default."""
    return {key: setting.default for key, setting in known().items()}


def policy(values: Mapping[str, str]) -> Policy:
    """The part of the configuration that governs passwords, lock-out and sessions.

    A source is a host and a program. By default none is slowed: all users of a site come through one process, and whoever guesses
    there would shut everybody out, while each account locks by itself. Where every terminal is a process of its own the setting
    `source_failures` turns it on. The accounts of a validation instance are named by what they do, because no person stands behind
    them.
    """
    given = {name: int(value) for name, value in values.items() if name in Policy.model_fields and name != SECOND_FACTOR}
    factor = "signing" if values.get(SECOND_FACTOR) == "signing" else "optional"
    return Policy(**{"source_failures": 0, **given}, shared_names="allowed", second_factor=factor)
