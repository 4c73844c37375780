"""What the runs of an instance read, brought once more from where it lies: the landing, a folder or a server, and tables at their version.

A server that does not answer is asked once, not for every run; what it keeps is then neither right nor wrong.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property

from csvgen.canonical import Digest
from csvgen.errors import ConfigError, CsvgenError, NotIntact, Refused
from csvgen.pipeline.core import RAW
from csvgen.pipeline.datasets import Dataset, again
from csvgen.pipeline.flow.flows import Given
from csvgen.pipeline.flow.record import RunInput
from csvgen.pipeline.instance import LOCAL
from csvgen.pipeline.landing.inventory import inventory
from csvgen.pipeline.landing.local import LocalStore
from csvgen.pipeline.landing.locked import LockedStore
from csvgen.pipeline.landing.opening import opened
from csvgen.store.worm import WormError
from csvgen.verification.checks import Checks
from csvgen.verification.instance_seen import Seen

PLACE, LANDED, LOOSE = (
    "raw files lie where the settings say",
    "raw files are those registered on arrival",
    "no raw file is there unregistered",
)
TABLES = "tables are the versions that were registered"


class Silent(CsvgenError):
    """Something that keeps inputs was asked and did not answer, or cannot be asked from here."""


@dataclass(frozen=True)
class Sources:
    """Where the inputs of runs lie."""

    seen: Seen
    _trouble: dict[str, str] = field(default_factory=dict)

    @cached_property
    def landing(self) -> LocalStore | LockedStore:
        """As the settings name it, reading the registered versions. Raises ConfigError."""
        found = opened(self.seen.settings.landing, self.seen.home / RAW, lambda: dt.datetime.now(dt.UTC))
        if isinstance(found, LockedStore):
            found.pins = self.seen.files.pin
        return found

    def bring(self, source: RunInput) -> Given:
        """An input of a run, as it lies there now. Raises NotIntact when it is gone or other, Silent."""
        version = self.seen.source(source.record, source.version)
        if version is None:
            raise NotIntact(f"{source.record} version {source.version} is not registered")
        if source.record.startswith("dataset/"):
            return self.table(Dataset.model_validate(version.content))
        with self._asked("landing"):
            data = self.landing.read(Digest(source.sha256), source.record)
        return Given(source.record, source.version, data, str(version.content.get("name", "")))

    def table(self, known: Dataset) -> Given:
        """A registered version of a table. Raises as `bring`."""
        with self._asked("delta"):
            return again(self.seen.settings.delta, known)

    @contextmanager
    def _asked(self, part: str) -> Iterator[None]:
        if part in self._trouble:
            raise Silent(self._trouble[part])
        try:
            yield
        except (Refused, ConfigError, WormError) as problem:
            self._trouble[part] = problem.message
            raise Silent(problem.message) from None


def check_landing(sources: Sources, checks: Checks) -> None:
    """Every registered file against its bytes and its lock, where it lies, and nothing beside them. A store that is a server is asked."""
    seen = sources.seen
    line, local, registered = seen.settings.landing, seen.settings.landing == LOCAL, seen.files.landed()
    elsewhere = sorted({r.place for r in registered.values()} - {sources.landing.place})
    moved = [f"files were registered in {p}, the settings name {line}" for p in elsewhere]
    checks.over(len(registered), PLACE, moved, line, line)
    try:
        found = inventory(sources.landing, registered)
    except (WormError, Refused, ConfigError) as problem:
        checks.unknown(LANDED, f"{line} cannot be asked: {problem.message}", line)
        return
    aside = ("unregistered", "unfinished", "replaced", "unreadable")
    faults = [str(f) for f in found if f.fault not in aside and not (local and f.fault == "not locked")]
    silent = [str(f) for f in found if f.fault == "unreadable"]
    if silent and not faults:
        checks.unknown(LANDED, silent[0], line)
    else:
        good = f"{len(registered)} files, each read and compared with its SHA-256 of arrival"
        checks.over(len(registered), LANDED, faults, good if local else f"{good}; the store locks each of them", line)
    loose = [str(f) for f in found if f.fault in ("unregistered", "replaced")]
    checks.add(LOOSE, loose, "every file is one that is registered", line)
    if unfinished := [f.name for f in found if f.fault == "unfinished"]:
        checks.note("arrivals that were never finished", f"{len(unfinished)}; nothing of them is registered", line)
    if open_ := [f.name for f in found if local and f.fault == "not locked"]:
        told = f"{len(open_)} of {len(registered)}; as they may be in a copy of an instance"
        checks.note("files that are not read-only", told, line)


def check_tables(sources: Sources, checks: Checks) -> None:
    """Every registered version of a table against what lies in the store of tables now."""
    known = sources.seen.latest("dataset")
    faults, silent = [], []
    for name, version in known.items():
        if version.number != 1:
            faults.append(f"dataset/{name} was written {version.number} times; a version of a table is registered once")
        try:
            sources.table(Dataset.model_validate(version.content))
        except Silent as problem:
            silent.append(f"dataset/{name}: {problem.message}")
        except CsvgenError as problem:
            faults.append(f"dataset/{name}: {problem}")
        except ValueError as problem:
            faults.append(f"dataset/{name} cannot be read: {str(problem).splitlines()[0]}")
    if silent and not faults:
        checks.unknown(TABLES, silent[0], sources.seen.settings.delta)
    elif known:
        checks.add(TABLES, faults, f"{len(known)} versions, schema, files and rows", sources.seen.settings.delta)
