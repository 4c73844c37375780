"""Raw files as registered, and the index of them that answers where the same bytes came before."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from sqlalchemy import select

from csvgen.canonical import Digest
from csvgen.model.base import Sha256, Stamp, Value
from csvgen.pipeline.landing.place import Landed
from csvgen.store.database import Database
from csvgen.store.tables import record

Part = Literal["potency", "impurity", ""]
"""What a file is evaluated for; empty for one that no test of a lot is about."""
Standing = Literal["accepted", "quarantined", "rejected", "set aside"]


class FileRecord(Value):
    """One version of a raw file, as registered on arrival. The bytes lie in the landing under their digest."""

    lot: str
    """Number of the lot; empty for a file about something else."""
    name: str
    digest: Sha256
    """SHA-256 on arrival. Not named sha256: the ledger keeps the digest of the record itself under that name."""
    size: int
    part: Part
    standing: Standing
    why: str
    """Of a file that was quarantined: the reason."""
    instrument: str
    sample: str
    metadata: Mapping[str, str]
    by: str
    at: Stamp
    subject: str = ""
    """What it is about, ``lot/L-1``, ``study/CDISCPILOT01``, ``instrument/PR-001``; empty in older records, which are about lots."""
    sender: str = ""
    """Who sent it, when somebody outside did."""
    named: str = ""
    """What the file itself says it comes from."""
    measured: str = ""
    """When the file itself says it was measured, as written there: often without zone."""
    calibration: str = ""
    """The calibration of the instrument in force at that time."""
    through: str = ""
    """The way it came in."""
    place: str = "local"
    """The landing it lies in."""
    object_version: str = ""
    """Version id in a landing that has versions; what is read is this one."""
    kept_until: str = ""
    """Until when the landing lets nobody delete it."""
    decision: str = ""
    """Of a quarantined file that was decided on by signature: the reason given."""
    reading: str = ""
    """Digest of what it says of its sample, whatever the spelling (`reading`); empty where nothing was read from it."""

    @property
    def about(self) -> str:
        """The subject, of older records too."""
        return self.subject or f"lot/{self.lot}"

    @property
    def landed(self) -> Landed:
        """Where it lies."""
        return Landed(Digest(self.digest), self.size, self.place, self.object_version, self.kept_until)


def same_data(one: FileRecord, other: FileRecord) -> bool:
    """Whether two files say the same of one sample of the same part: by their bytes and sample, or by what is read in them."""
    return one.part == other.part and (
        (one.digest, one.sample) == (other.digest, other.sample) or bool(one.reading and one.reading == other.reading)
    )


class FileEntry(Value):
    """What a lot says of one of its files: the newest version."""

    version: int
    sha256: Sha256
    part: Part
    standing: Standing
    instrument: str
    sample: str


def file_id(subject: str, name: str) -> str:
    """Id of the record of a file: ``L-1:plate.txt`` of a lot, ``study/S-1:dm.xpt`` of anything else."""
    kind, _, identity = subject.partition("/")
    return f"{identity if kind == 'lot' else subject}:{name}"


@dataclass(frozen=True, slots=True)
class Known:
    """One registered version of a file."""

    id: str
    version: int
    file: FileRecord


class FileIndex:
    """Every version of every registered file, by digest. Read from the database once, then kept along by who registers.

    One process has an instance open, so nothing else adds to it meanwhile.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._adding = threading.Lock()

    @cached_property
    def _by_digest(self) -> dict[str, list[Known]]:
        found: dict[str, list[Known]] = {}
        rows = select(record.c.id, record.c.version, record.c.body).where(record.c.kind == "file").order_by(record.c.event)
        with self._database.read() as connection:
            for identity, version, body in connection.execute(rows):
                known = Known(identity, version, FileRecord.model_validate(json.loads(body)))
                found.setdefault(str(known.file.digest), []).append(known)
        return found

    @cached_property
    def _by_reading(self) -> dict[str, list[Known]]:
        found: dict[str, list[Known]] = {}
        for known in (k for versions in self._by_digest.values() for k in versions if k.file.reading):
            found.setdefault(known.file.reading, []).append(known)
        return found

    @cached_property
    def _places(self) -> set[str]:
        return {k.file.place for versions in self._by_digest.values() for k in versions}

    def add(self, known: Known) -> None:
        """Remember a version that is committed."""
        with self._adding:
            by_reading, places = self._by_reading, self._places  # both are made from what was there before
            self._by_digest.setdefault(str(known.file.digest), []).append(known)
            if known.file.reading:
                by_reading.setdefault(known.file.reading, []).append(known)
            places.add(known.file.place)

    def of(self, sha256: str) -> tuple[Known, ...]:
        """Every version with these bytes, oldest first."""
        return tuple(self._by_digest.get(str(sha256), ()))

    def like(self, file: FileRecord) -> tuple[Known, ...]:
        """Every version that says the same of one sample of the same part: by its bytes and sample, or by its reading."""
        found = (*self.of(file.digest), *self._by_reading.get(file.reading, ()))
        return tuple({(k.id, k.version): k for k in found if same_data(k.file, file)}.values())

    def pin(self, sha256: Digest) -> str:
        """Version id of the object that holds these bytes; empty when none is registered."""
        return next((k.file.object_version for k in self.of(sha256) if k.file.object_version), "")

    def places(self) -> frozenset[str]:
        """The landings that registered files lie in."""
        return frozenset(self._places)

    def landed(self) -> dict[str, Landed]:
        """Record name -> where it lies; each content once, under the name it was registered by first."""
        return {
            f"file/{first.id} version {first.version}": first.file.landed
            for first in (versions[0] for versions in self._by_digest.values())
        }
