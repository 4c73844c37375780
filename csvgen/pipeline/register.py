"""Registration of raw files, whatever they are about: hashed while they are stored, then recorded with person, time and source.

The bytes land first, durably; the records follow in one change; what the change refuses is taken back. So no record ever names bytes
that are not there, and what lies there without a record is what a process left that died in between, which the inventory names.

| the same bytes are registered | what happens |
|---|---|
| under this name, with the same particulars | told as a duplicate: no new version, an event says who sent it again |
| under this name, with other particulars | a new version: the particulars were wrong or have changed |
| as an earlier version of this name | refused: what was replaced does not come back unnoticed |
| under another name of this subject | refused: one measurement would count twice |
| about another subject, for another sample | registered: one plate may serve several lots |
| about another subject, for the same sample | registered, and a deviation is opened: quality decides (setting `repeated_data`) |

Other bytes that say the same of one sample (`reading`: another line end, another number of zeros, another name of the sample) are the same data:
what is refused above is refused of them, and the last row holds. Under the name whose newest version they repeat they are its next version.

A version is another content or another statement about it; the same sent twice is neither, so it gets none.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import BinaryIO

from csvgen.audit.ledger import Change, Version, system_actor
from csvgen.clock import stored
from csvgen.diagnostics import many
from csvgen.errors import ConfigError, Refused
from csvgen.identity.directory import Session
from csvgen.model.audit import Actor
from csvgen.pipeline.core import Core
from csvgen.pipeline.deviations import deviations_of, open_deviation
from csvgen.pipeline.files import FileRecord, Known, Part, Standing, file_id, same_data
from csvgen.pipeline.landing.inventory import Finding, inventory
from csvgen.pipeline.landing.place import Landed
from csvgen.ports import Outcome

REPEATED = "duplicate file"
DAMAGED = "data integrity"
_ABOUT_DATA = ("lot", "study")
_DECIDED = ("rejected", "set aside")
"""Standings that quality gave by signature: what they say does not come back."""


@dataclass(frozen=True, slots=True)
class Arriving:
    """What is said of a file before its bytes are looked at."""

    subject: str
    """``lot/L-1``, ``study/CDISCPILOT01``, ``instrument/PR-001``."""
    name: str
    part: Part = ""
    standing: Standing = "accepted"
    why: str = ""
    """Of a quarantined file: the reason."""
    reading: str = ""
    """What it says of its sample, as a digest (`reading`); empty where nothing is read from it."""
    instrument: str = ""
    sender: str = ""
    sample: str = ""
    named: str = ""
    measured: str = ""
    calibration: str = ""
    through: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Arrived:
    """What became of it."""

    file: FileRecord
    id: str
    version: int
    duplicate: bool = False
    deviation: str = ""
    """The deviation opened because the same bytes stand elsewhere for the same sample."""
    also: tuple[str, ...] = ()
    """Where the same bytes are registered too, about other subjects."""


Consequences = Callable[[Change, Arrived], None]
"""What else becomes true with the registration, written in the same change."""


class Register:
    """The registry of raw files of one instance."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._one_at_a_time = threading.RLock()

    # ------------------------------------------------------------ arrival

    def arrive(
        self, acting: Session, arriving: Arriving, content: bytes | BinaryIO, then: Consequences = lambda *_: None
    ) -> Arrived:
        """Store and register one file; a stream passes in constant memory.

        Raises Refused when the store is full or the bytes may not come (see the table above), BadInput for an empty file, NotIntact
        when other bytes lie in its place. Nothing is registered then, and nothing was overwritten.
        """
        (arrived,) = self.arrive_all(acting, [(arriving, content)], then)
        return arrived

    def arrive_all(
        self, acting: Session, delivery: Sequence[tuple[Arriving, bytes | BinaryIO]], then: Consequences = lambda *_: None
    ) -> tuple[Arrived, ...]:
        """As `arrive`, of several files that came together, in one change: all of them, or none. The quick way for many small ones.

        One arrival after the other, whatever threads there are: taking a file back must never take what another just registered.
        """
        self._same_landing()
        arrived: list[Arrived] = []
        words = f"file {delivery[0][0].name} arrived" if len(delivery) == 1 else f"{len(delivery)} files arrived"
        with self._one_at_a_time, ExitStack() as landing:
            files = [
                self._record(acting, said, landing.enter_context(self._core.raw.landed(_stream(content), said.name)))
                for said, content in delivery
            ]
            with self._core.ledger.change(self._core.actor(acting), words) as change:
                for file in files:
                    arrived.append(self._registered(change, file, then, arrived))
        for each in arrived:
            if not each.duplicate:
                self._core.files.add(Known(each.id, each.version, each.file))
        return tuple(arrived)

    def _same_landing(self) -> None:
        if strange := self._core.files.places() - {self._core.raw.place}:
            raise ConfigError(
                f"the files of this instance lie in {', '.join(sorted(strange))}, its settings name {self._core.raw.place}",
                hint="a landing is chosen when an instance is made; name the one its files lie in",
            )

    def _record(self, acting: Session, arriving: Arriving, landed: Landed) -> FileRecord:
        kind, _, identity = arriving.subject.partition("/")
        return FileRecord(
            lot=identity if kind == "lot" else "",
            name=arriving.name,
            digest=landed.digest,
            size=landed.size,
            part=arriving.part,
            standing=arriving.standing,
            why=arriving.why,
            instrument=arriving.instrument,
            sample=arriving.sample,
            metadata=dict(arriving.metadata),
            by=acting.account.id,
            at=stored(self._core.clock.now()),
            subject=arriving.subject,
            sender=arriving.sender,
            named=arriving.named,
            measured=arriving.measured,
            calibration=arriving.calibration,
            through=arriving.through,
            place=landed.place,
            object_version=landed.version,
            kept_until=landed.until,
            reading=arriving.reading,
        )

    def _registered(self, change: Change, file: FileRecord, then: Consequences, so_far: Sequence[Arrived]) -> Arrived:
        identity = file_id(file.about, file.name)
        with_it = (Known(a.id, a.version, a.file) for a in so_far if a.file.digest == file.digest and not a.duplicate)
        before = _standing((*self._core.files.of(file.digest), *with_it), identity)
        newest = change.latest("file", identity)
        here = next((k for k in before if newest and (k.id, k.version) == (identity, newest.number)), None)
        if here and here.file.standing in _DECIDED:
            words = f"these bytes are version {here.version} of {file.name}, which quality {here.file.standing}"
            raise Refused(words, where=file.name)
        if here and (here.file.decision or _particulars(here.file) == _particulars(file)):
            change.note("duplicate-arrival", f"file/{identity}", facts={"sha256": str(file.digest), "version": str(here.version)})
            return Arrived(here.file, identity, here.version, duplicate=True)
        like = self._like(file, so_far)
        if here is None and file.about.partition("/")[0] in _ABOUT_DATA:
            _refuse_repeated(before, identity, file)
            _refuse_exported_anew(_standing(like, identity), identity, newest, file)
        elsewhere = tuple(k for k in before if k.file.about != file.about and k.file.about.partition("/")[0] in _ABOUT_DATA)
        version = change.put("file", identity, file.model_dump(), action="ingest").number
        deviation = self._repeated(change, file, version, like) if here is None else ""
        also = tuple(dict.fromkeys(f"file/{k.id} version {k.version}" for k in elsewhere))
        arrived = Arrived(file, identity, version, deviation=deviation, also=also)
        then(change, arrived)
        return arrived

    def _like(self, file: FileRecord, so_far: Sequence[Arrived]) -> tuple[Known, ...]:
        """Every version that says the same of one sample, those that came with it included."""
        with_it = (Known(a.id, a.version, a.file) for a in so_far if not a.duplicate and same_data(a.file, file))
        return (*self._core.files.like(file), *with_it)

    def _repeated(self, change: Change, file: FileRecord, version: int, like: Sequence[Known]) -> str:
        """A deviation, or by configuration an event alone, when the same data stand for another subject."""
        data = (k for k in like if k.file.about.partition("/")[0] in _ABOUT_DATA)
        same = [k for k in data if k.file.about != file.about and k.file.standing != "rejected"]
        if not same:
            return ""
        where = f"file {same[0].file.name} version {same[0].version} of {same[0].file.about.replace('/', ' ')}"
        what = "bytes" if same[0].file.digest == file.digest else "readings, exported anew,"
        words = f"file {file.name} version {version} has the {what} of {where}"
        if self._core.configuration().get("repeated_data", "deviation") == "deviation":
            return open_deviation(self._core, change, file.about, REPEATED, words)
        change.note("repeated-data", file.about, reason=words, facts={"sha256": str(file.digest)})
        return ""

    # ------------------------------------------------------------ inventory

    def check_landing(self, session: str) -> Outcome:
        """Read every stored file again and compare registry and landing. Each finding is an event, and a deviation of its subject."""
        with self._core.acting(session, "check_landing") as acting:
            findings = self.sweep(self._core.actor(acting))
        registered = len(self._core.files.landed())
        if findings:
            told = "; ".join(str(f) for f in findings[:10])
            return Outcome(
                False, f"{many(len(findings), 'finding')} in the landing: {told}", "", {"findings": str(len(findings))}
            )
        are = "is" if registered == 1 else "are"
        return Outcome(True, f"{many(registered, 'stored file')} {are} as registered on arrival", "", {"findings": "0"})

    def sweep(self, actor: Actor | None = None, *, whole: bool = True) -> tuple[Finding, ...]:
        """As `check_landing`, by the program itself when no actor is given, for a schedule."""
        registered = self._core.files.landed()
        findings = inventory(self._core.raw, registered, whole=whole)
        with self._core.ledger.change(actor or system_actor("landing check"), "check of the landing") as change:
            for finding in findings:
                about = finding.name.rsplit(" version ", 1)[0] if finding.name in registered else ""
                facts = {"fault": finding.fault, "name": finding.name}
                change.note("landing-fault", about, reason=finding.words, facts=facts)
                if about:
                    self._damaged(change, registered[finding.name], finding)
            facts = {"files": str(len(registered)), "findings": str(len(findings)), "every byte": "yes" if whole else "no"}
            change.note("landing-checked", facts=facts)
        return findings

    def _damaged(self, change: Change, landed: Landed, finding: Finding) -> None:
        """A deviation for each subject whose newest file holds these bytes; one that is open already says enough."""
        subjects = dict.fromkeys(k.file.about for k in self._core.files.of(landed.digest))
        for subject in subjects:
            if subject.partition("/")[0] not in _ABOUT_DATA:
                continue
            reason = f"{finding.name}: {finding.fault}: {finding.words}"
            if not any(
                d.kind == DAMAGED and d.state == "open" and d.reason == reason for d in deviations_of(self._core, subject)
            ):
                open_deviation(self._core, change, subject, DAMAGED, reason)


def _stream(content: bytes | BinaryIO) -> BinaryIO:
    return io.BytesIO(content) if isinstance(content, bytes) else content


def _particulars(file: FileRecord) -> dict[str, object]:
    """All that is said of a file but who said it when, and what the store added."""
    return file.model_dump(exclude={"by", "at", "kept_until", "through", "decision", "subject"})


def _standing(known: Sequence[Known], identity: str) -> list[Known]:
    """Without what quality rejected under another name or subject: those bytes count nowhere else."""
    rejected = {k.id for k in known if k.file.standing == "rejected"}
    return [k for k in known if k.id == identity or k.id not in rejected]


def _refuse_repeated(before: list[Known], identity: str, file: FileRecord) -> None:
    for known in before:
        if known.id == identity:
            words = f"quality {known.file.standing}" if known.file.standing in _DECIDED else "a later version replaced"
            raise Refused(f"these bytes are version {known.version} of {file.name}, which {words}", where=file.name)
        if known.file.about == file.about:
            raise Refused(
                f"the same bytes are registered as {known.file.name} version {known.version}; one measurement counts once",
                where=file.name,
            )


def _refuse_exported_anew(like: list[Known], identity: str, newest: Version | None, file: FileRecord) -> None:
    """As above, of other bytes that say the same: a measurement is not a second one because it was exported a second time."""
    now = FileRecord.model_validate(newest.content) if newest else None
    follows = now is not None and now.standing not in _DECIDED and same_data(now, file)
    for known in like:
        what = f"the readings of {known.file.name} version {known.version}, exported anew"
        if known.id == identity and not follows:
            words = f"quality {known.file.standing}" if known.file.standing in _DECIDED else "a later version replaced"
            raise Refused(f"{file.name} holds {what}, which {words}", where=file.name)
        if known.id != identity and known.file.about == file.about:
            raise Refused(f"{file.name} holds {what}; one measurement counts once", where=file.name)
