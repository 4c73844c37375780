"""The nouns of an import: what is `Held` in a specification, and the `Plan` of what would change in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from csvgen.canonical import Digest, digest_bytes
from csvgen.diagnostics import Location
from csvgen.errors import BadInput
from csvgen.exchange.difference import Step, steps
from csvgen.exchange.model import Entry
from csvgen.marks import Path as Place
from csvgen.marks import load
from csvgen.model.urs import Requirement
from csvgen.spec.files import listed

FIELDS: tuple[str, ...] = tuple(Requirement.model_fields)
"""Names of the fields of a requirement, in their order; ``id`` first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One requirement as it stands in a file, word for word."""

    fields: Mapping[str, Any]
    """Keys and values as written; only ``importance``, the older name of priority, is called ``priority``."""
    file: Path
    path: Place
    """Where in the file: ``("requirements", 3)``."""
    place: Location
    digest: Digest
    """Of the bytes of the file when it was read."""
    older: bool = False
    """Whether the file says ``importance``."""

    @property
    def id(self) -> str:
        return str(self.fields["id"])


@dataclass(frozen=True, slots=True)
class Base:
    """What an entry was when csvgen exported it; written beside it, read back with it."""

    id: str
    digest: str
    """See `csvgen.exchange.plan.fields_digest`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Another value for one field of a requirement; None stands for no value."""

    held: Held
    field: str
    old: Any
    new: Any
    source: Location

    @property
    def steps(self) -> tuple[Step, ...]:
        """The change in its smallest parts, for showing."""
        if self.old is None or self.new is None:
            return (Step("set", (self.field,), self.old, self.new),)
        return tuple(steps(self.old, self.new, (self.field,)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Why something of the imported file cannot be carried out."""

    id: str
    place: Location
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What an import would do; nothing is done yet."""

    added: tuple[Entry, ...] = ()
    changes: tuple[Change, ...] = ()
    unchanged: tuple[str, ...] = ()
    absent: tuple[Held, ...] = ()
    """In the specification, not in the imported file. They stay."""
    conflicts: tuple[Conflict, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is anything to write."""
        return bool(self.added or self.changes)


def held(root: Path, system: str) -> tuple[Held, ...]:
    """The requirements in ``root/system/urs/*.yaml`` in the order of files and entries; none where there is no file.

    Raises BadInput with the place for a file that is not what the specification's reader takes.
    """
    return tuple(h for path in listed(root / system, "urs") for h in _held(path, root))


def _held(path: Path, root: Path) -> Iterator[Held]:
    name = f"{root.name}/{path.relative_to(root).as_posix()}"
    data = path.read_bytes()
    marked, findings = load(data, name)
    if marked is None:
        raise BadInput(findings[0].message, where=str(findings[0].location), hint=findings[0].hint or "csvgen check")
    entries = marked.value.get("requirements") if isinstance(marked.value, dict) else None
    if not isinstance(entries, list):
        raise BadInput("this file has no list of requirements", where=name, hint="csvgen check")
    read = digest_bytes(data)
    for n, entry in enumerate(entries):
        where = ("requirements", n)
        if not isinstance(entry, dict) or not isinstance(entry.get("id"), str):
            raise BadInput("this requirement has no id", where=str(marked.at(where)), hint="csvgen check")
        older = "importance" in entry and "priority" not in entry
        fields = {("priority" if older and k == "importance" else k): v for k, v in entry.items()}
        yield Held(fields=fields, file=path, path=where, place=marked.at((*where, "id")), digest=read, older=older)
