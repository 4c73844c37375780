"""What every writer takes: the requirements of a system word for word, and the risks that concern them. `gather`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from csvgen.canonical import Digest, digest
from csvgen.diagnostics import Location
from csvgen.errors import BadInput, ConfigError
from csvgen.exchange.changes import Base, Held
from csvgen.exchange.model import Read
from csvgen.exchange.plan import fields_digest, held, problems
from csvgen.marks import load
from csvgen.spec.files import listed

FORMAT = "csvgen.requirements/1"
"""The mark of our own files, by which they are known when they come back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Threat:
    """A risk, as far as a copy of the requirements names it."""

    id: str
    failure_mode: str
    requirements: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Export:
    """A copy of the requirements of a system. No time is in it: the same requirements are the same copy."""

    system: str
    made_by: str
    """Program and version, for example ``csvgen 0.1.0``."""
    requirements: tuple[Held, ...]
    risks: tuple[Threat, ...] = ()

    @cached_property
    def digest(self) -> Digest:
        """Over what the requirements say, in the order of their ids."""
        return digest({h.id: fields_digest(h.fields) for h in self.requirements})

    @cached_property
    def threats(self) -> Mapping[str, tuple[str, ...]]:
        """Id of a requirement -> ids of its risks."""
        return {h.id: tuple(r.id for r in self.risks if h.id in r.requirements) for h in self.requirements}


@dataclass(frozen=True, slots=True, kw_only=True)
class Own(Read):
    """One of our own files, read back; what `csvgen.exchange.plan.plan` needs beside the entries."""

    system: str = ""
    columns: tuple[str, ...] = ()
    """Fields the file has a place for; without one of them (a column somebody deleted), that field stays as it is."""
    bases: Mapping[str, Base] = field(default_factory=dict)
    risks: Mapping[str, tuple[str, Location]] = field(default_factory=dict)
    """Id of a requirement -> what its cell of risks says, and where; only tables have such a cell."""


def exported(requirement: Held) -> str:
    """What stands beside a requirement in a copy, so that what was changed since can be told from what was not."""
    return f"{requirement.id} {fields_digest(requirement.fields)}"


def base(text: str) -> Base | None:
    """The `Base` that `exported` wrote, or None for any other text: a new row has none."""
    name, _, said = text.strip().partition(" ")
    return Base(name, said) if name and said.startswith("sha256:") else None


def gather(root: Path, system: str, made_by: str) -> Export:
    """Everything a writer needs of ``root/system``; findings of rules do not stop it, so that gaps can be filled in a copy.

    Raises BadInput for requirements that are none (``csvgen check`` says all about it), ConfigError when there are none.
    """
    found = held(root, system)
    if not found:
        raise ConfigError(f"there are no requirements in {root.name}/{system}/urs/")
    seen: dict[str, Held] = {}
    for h in found:
        if wrong := problems(h.fields):
            raise BadInput(f"{h.id}: {wrong[0]}", where=str(h.place), hint="csvgen check")
        if h.id in seen:
            raise BadInput(f"the id {h.id} is taken; first at {seen[h.id].place}", where=str(h.place), hint="csvgen check")
        seen[h.id] = h
    return Export(system=system, made_by=made_by, requirements=found, risks=threats(root, system))


def threats(root: Path, system: str) -> tuple[Threat, ...]:
    """The risks of a system, by their ids. Raises BadInput for a file of risks that is none."""
    folder = root / system
    found: dict[str, Threat] = {}
    for path in listed(folder, "risk"):
        name = f"{root.name}/{path.relative_to(root).as_posix()}"
        marked, findings = load(path.read_bytes(), name)
        if marked is None:
            raise BadInput(findings[0].message, where=str(findings[0].location), hint="csvgen check")
        entries = marked.value.get("risks") if isinstance(marked.value, dict) else None
        for entry in entries if isinstance(entries, list) else ():
            threat = _threat(entry)
            if threat is None:
                raise BadInput("this risk has no id, failure mode or requirements", where=name, hint="csvgen check")
            found[threat.id] = threat
    return tuple(found[i] for i in sorted(found))


def risks_of(root: Path, system: str, requirements: Sequence[Held]) -> dict[str, tuple[str, ...]]:
    """Id of each of these requirements -> ids of its risks."""
    found = threats(root, system)
    return {h.id: tuple(r.id for r in found if h.id in r.requirements) for h in requirements}


def _threat(entry: Any) -> Threat | None:
    said = entry if isinstance(entry, dict) else {}
    name, mode, concerns = said.get("id"), said.get("failure_mode"), said.get("requirements")
    if not (isinstance(name, str) and isinstance(mode, str) and isinstance(concerns, list)):
        return None
    return Threat(id=name, failure_mode=mode, requirements=tuple(str(c) for c in concerns))
