"""Servers that an instance stands on beside itself, and who answers there, as the project says it.

    [target.validation]
    adapter = "local"
    home = "suv"
    landing = "s3://raw-data/qc?endpoint=https://store.example"          # of an instance that is installed by csvgen
    landing_counterpart = "real server; SeaweedFS; 4.48; sha256:..."     # kind; name; version; digest of its program, where it is known

What a case sees of the system goes through these servers too: a lock that an emulator promises is not one that a store keeps. So a target
whose instance stands on a server is not bound before somebody says what it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import get_args
from urllib.parse import parse_qs, urlsplit

from pydantic import ValidationError

from csvgen.errors import ConfigError
from csvgen.model.counterpart import UNREAD, Counterpart, CounterpartKind
from csvgen.pipeline import instance
from csvgen.pipeline.instance import Settings
from csvgen.targets.probing.counterpart import answers_as_moto

PARTS = tuple(f.name for f in fields(Settings))
SAID = "_counterpart"
_LONGEST = 4
"""kind; name; version; digest"""


def parts(settings: Mapping[str, str]) -> Settings | None:
    """Where the parts of a new instance are, as the target says it; None where it says nothing. Raises ConfigError."""
    named = {key: settings[key] for key in PARTS if key in settings}
    return instance.of(named) if named else None


def beside(home: Path, name: str, settings: Mapping[str, str]) -> tuple[Counterpart, ...]:
    """Who answers each server the instance stands on. Raises ConfigError where nobody says it, or something else is said than is so."""
    found = instance.read(home)
    wanted = parts(settings)
    if wanted is not None and (apart := [k for k in PARTS if k in settings and getattr(wanted, k) != getattr(found, k)]):
        raise ConfigError(
            f"the target {name!r} says another {apart[0]} than the instance has: {getattr(found, apart[0]) or 'none'}",
            where="csvgen.toml",
        )
    for key in PARTS:
        if f"{key}{SAID}" in settings and key not in found.remote:
            raise ConfigError(f"{key}{SAID} names a server, and the {key} of the instance is none", where=f"target {name}")
    return tuple(_answering(key, getattr(found, key), settings.get(f"{key}{SAID}", ""), name) for key in found.remote)


def _answering(key: str, address: str, said: str, name: str) -> Counterpart:
    endpoint = "".join(parse_qs(urlsplit(address).query).get("endpoint", [])) if address.startswith("s3://") else ""
    if endpoint and answers_as_moto(endpoint):
        return Counterpart(kind="emulator", name=f"moto, for the {key}", version="(as it answers)")
    if said:
        return _read(key, said, name)
    raise ConfigError(
        f"the instance stands on a server for its {key}, and the target {name!r} does not say what answers there",
        where="csvgen.toml",
        hint=f'{key}{SAID} = "real server; NAME; VERSION; sha256:..." (or emulator, or stub; the digest where it is known)',
    )


def _read(key: str, said: str, name: str) -> Counterpart:
    told = [part.strip() for part in said.split(";")]
    kind, who, version, digest = (*told, *[""] * _LONGEST)[:_LONGEST]
    if kind not in get_args(CounterpartKind) or not who or not version or len(told) > _LONGEST:
        raise ConfigError(
            f"{key}{SAID} of the target {name!r} is not of the form kind; name; version; digest", where="csvgen.toml",
            hint=f"kind is one of: {', '.join(get_args(CounterpartKind))}",
        )  # fmt: skip
    try:
        return Counterpart.model_validate(
            {"kind": kind, "name": f"{who}, for the {key}", "version": version, "digest": digest or UNREAD}
        )
    except ValidationError:
        raise ConfigError(f"{key}{SAID} of the target {name!r} cannot be used", where="csvgen.toml") from None


def without(settings: Mapping[str, str]) -> dict[str, str]:
    """The settings of an instance that stands on nothing outside, as one that is thrown away does: no store locks what it writes."""
    return {k: v for k, v in settings.items() if k not in PARTS and k.removesuffix(SAID) not in PARTS}
