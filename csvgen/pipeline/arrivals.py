"""Arrival of raw files of lots (Pipeline.ingest): read whole, judged, landed and registered before anything is calculated.

What is not whole and clean is refused, and nothing of it is kept. What is whole and cannot be trusted is quarantined (`judging`):
registered, kept, never processed, until quality decides on it by signature. A second file of one name is a new version; the first
stays. What happens when the same bytes come again stands in `register`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import BinaryIO

from csvgen.audit.ledger import Change
from csvgen.diagnostics import many
from csvgen.errors import BadInput, Refused
from csvgen.identity.directory import Session
from csvgen.pipeline import instruments, life
from csvgen.pipeline.acquired import acquired
from csvgen.pipeline.core import Core, line
from csvgen.pipeline.deviations import NO_INSTRUMENT, SECOND_MEASUREMENT, open_deviation
from csvgen.pipeline.files import FileEntry, FileRecord, Known, Part, file_id
from csvgen.pipeline.instruments import MAX_BYTES, Chromatogram, Plate
from csvgen.pipeline.judging import judge, refuse_altered
from csvgen.pipeline.landing.place import given as pieces_of
from csvgen.pipeline.materials import of_material
from csvgen.pipeline.method import Method
from csvgen.pipeline.nouns import Lot
from csvgen.pipeline.numbers import number
from csvgen.pipeline.reading import reading_of
from csvgen.pipeline.register import Arrived, Arriving, Register
from csvgen.pipeline.runs import unsuitable
from csvgen.pipeline.signing import Signatures
from csvgen.pipeline.sources import Instrument
from csvgen.ports import Outcome

_LOT = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,94}[A-Za-z0-9])?")
_FILE = re.compile(r"[A-Za-z0-9](?!.*\.\.)[A-Za-z0-9 ._()/-]{0,99}")
_MOST_METADATA = 40
OF_THE_LOT = ("product", "supplier", "supplier_lot")
"""Metadata that say what the lot is: one lot has one of each."""
OF_THE_RECORD = ("material", "manufactured_on", "expires_on")
"""The same, and fields of the lot record: said with the first file, or by `materials.describe`."""
IDENTICAL = "identical replicates"
_REPLICATES = 3
"""So many readings that agree to the last digit are no measurement of a thing that scatters: a stuck reader, or a copied cell."""
DECISIONS = ("accept", "reject")
DECIDED = "quarantine decided"


class Arrivals:
    """Bringing in files of lots, and deciding on those in quarantine."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self.register = Register(core)
        self._signatures = Signatures(core)

    def ingest(self, session: str, lot: str, file_name: str, content: bytes, metadata: Mapping[str, str]) -> Outcome:
        """Register one raw file of a lot. Metadata: ``method`` (with its first file), ``sample``, ``instrument``, ``sha256`` (what its
        sender declares), others.

        Raises BadInput, with file and line, for a file that is not whole and clean or not the one declared, and for a lot that is said to
        be another than it is; Refused when the store does not take it, or the same bytes may not come again. Nothing is kept of it then.
        """
        with self._core.acting(session, "ingest", f"lot/{lot[:100]}") as acting:
            return self._ingest(acting, lot, file_name, content, metadata, "application")

    def bring(
        self, session: str, lot: str, file_name: str, source: BinaryIO, metadata: Mapping[str, str], through: str
    ) -> Outcome:
        """As `ingest`, of a stream; one that is too long for an instrument file is refused before more than that is read."""
        with self._core.acting(session, "ingest", f"lot/{lot[:100]}") as acting:
            line(through, "way it came in", longest=100)
            content = bytearray()
            for piece in pieces_of(source, file_name[:100]):
                content += piece
                if len(content) > MAX_BYTES:
                    words = f"the file has more than {MAX_BYTES} bytes, the limit of an instrument file"
                    raise BadInput(words, where=file_name[:100])
            return self._ingest(acting, lot, file_name, bytes(content), metadata, through)

    def _ingest(self, acting: Session, lot: str, name: str, content: bytes, metadata: Mapping[str, str], through: str) -> Outcome:
        _check_names(lot, name, metadata)
        refuse_altered(content, metadata, name)
        found = self._core.latest("lot", lot, Lot)
        state = life.after(lot, life.state(self._core.state(lot)), "ingest") if found else "registered"
        current = found[0] if found else self._new_lot(lot, metadata)
        self._one_lot(current, metadata)
        current = self._described(current, metadata)
        measured = instruments.read(name, content)
        part: Part = "potency" if isinstance(measured, Plate) else "impurity"
        if (before := current.files.get(name)) and before.part != part:
            raise BadInput(f"{name} of lot {lot} holds {before.part}, this file {part}: was it swapped for another?", where=name)
        self._one_of_the_plan(acting, current, part, name)
        sample, times = _sample(measured, metadata.get("sample", "")), acquired(name, content)
        self._not_aside(current, part, name, str(reading_of(measured, sample)))
        judged = judge(
            self._registered_instruments(),
            metadata.get("instrument", ""),
            measured.instrument,
            times,
            self._core.clock.now(),
            int(self._core.configuration().get("ahead_seconds", "300")),
        )
        arriving = Arriving(
            subject=f"lot/{lot}",
            name=name,
            part=part,
            standing=judged.standing,
            why=judged.why,
            reading=reading_of(measured, sample),
            instrument=judged.instrument,
            sample=sample,
            named=measured.instrument,
            measured=times[-1] if times else "",
            calibration=judged.calibration,
            through=through,
            metadata=metadata,
        )
        opened: list[str] = []
        told: list[str] = []

        def then(change: Change, arrived: Arrived) -> None:
            """The lot names its newest file; a source nobody knows is a deviation."""
            files = {**current.files, name: entry_of(arrived.file, arrived.version)}
            change.put("lot", lot, current.model_copy(update={"files": files}).model_dump())
            change.put("status", lot, {"lot": lot, "state": state})
            if arrived.file.standing == "accepted" and not arrived.file.instrument:
                words = f"file {name} version {arrived.version}: no instrument was given and the file names none"
                opened.append(open_deviation(self._core, change, lot, NO_INSTRUMENT, words))
                told.append("the instrument is not known")
            if arrived.file.standing == "accepted" and (earlier := self._measured_before(current, arrived.file)):
                words = f"file {name} version {arrived.version} measures the {part} again; {earlier} was accepted before it"
                opened.append(open_deviation(self._core, change, lot, SECOND_MEASUREMENT, words))
                told.append("a second measurement")
            if words := _without_scatter(measured, sample):
                opened.append(
                    open_deviation(self._core, change, lot, IDENTICAL, f"file {name} version {arrived.version}: {words}")
                )
                told.append("replicates without scatter")

        return _told(self.register.arrive(acting, arriving, content, then), opened, told)

    def _measured_before(self, lot: Lot, file: FileRecord) -> str:
        """The newest other data that were accepted for this test and still stand; empty when there are none.

        Data whose own system suitability failed stand no more, and planned retests are asked for. Anything else would be a choice
        among measurements (21 CFR 211.194(a): complete data; FDA, out of specification results).
        """
        plan = lot.plan(file.part)
        gone = unsuitable(self._core, lot) | {a.sha256 for a in lot.aside}
        for name in reversed(tuple(lot.files)):
            for version in reversed(self._core.ledger.versions("file", file_id(f"lot/{lot.lot}", name))):
                known = FileRecord.model_validate(version.content)
                asked_for = plan is not None and (name != file.name or version.event <= plan.after)
                good = known.standing == "accepted" and known.part == file.part and known.digest not in gone
                if good and known.digest != file.digest and not asked_for:
                    return f"{name} version {version.number}"
                if good and known.sample != file.sample:  # another sample of the same plate is a choice as well
                    return f"{name} version {version.number}, sample {known.sample},"
        return ""

    def _one_of_the_plan(self, acting: Session, lot: Lot, part: Part, name: str) -> None:
        """Of planned retests: as many files as the plan says, each under a name of its own, by whom it allows.

        What could never be processed is refused here, where another file can still be brought. Raises Refused.
        """
        plan = lot.plan(part)
        if plan is None:
            return
        if acting.account.id in plan.not_by:
            words = f"{acting.account.printed_name} measured the result that {plan.investigation} invalidated"
            raise Refused(f"{words}; the method asks for another analyst", where=name, rule="RR-G02")
        gone = unsuitable(self._core, lot)
        brought = [
            each
            for each, entry in lot.files.items()
            if entry.part == part and entry.standing == "accepted" and entry.sha256 not in gone and each != name
            if self._core.known("file", file_id(f"lot/{lot.lot}", each), FileRecord)[1].event > plan.after
        ]
        if len(brought) >= plan.count:
            words = f"{plan.investigation} plans {many(plan.count, 'retest')} of {part}; there already: {', '.join(brought)}"
            raise Refused(f"{words}; every one of them counts, and no other does", where=name, rule="RR-F05")

    def _not_aside(self, lot: Lot, part: Part, name: str, reading: str) -> None:
        """What was set aside does not come back in another spelling. Raises Refused."""
        for gone in (a for a in lot.aside if a.part == part):
            known = self._core.files.of(gone.sha256)
            if any(k.file.reading == reading for k in known if k.file.about == f"lot/{lot.lot}"):
                words = f"{gone.file} says the same, and was set aside by {gone.by.partition('/')[2]}"
                raise Refused(f"{words}; data that were set aside are not brought in again", where=name, rule="RR-F05")

    def _registered_instruments(self) -> dict[str, list[Instrument]]:
        ledger = self._core.ledger
        return {
            v.id: [Instrument.model_validate(each.content) for each in ledger.versions("instrument", v.id)]
            for v in ledger.all("instrument")
        }

    def _new_lot(self, lot: str, metadata: Mapping[str, str]) -> Lot:
        if not metadata.get("method"):
            raise BadInput(f"lot {lot} is new: the metadata must name its method")
        method, version = self._core.known("method", metadata["method"], Method)
        return Lot(lot=lot, method=method.id, method_version=version.number, files={})

    def _described(self, lot: Lot, metadata: Mapping[str, str]) -> Lot:
        """The lot with what the metadata say it is a lot of; said once, and then by everybody who says it again."""
        said = {key: metadata[key] for key in OF_THE_RECORD if metadata.get(key)}
        if not said:
            return lot
        if not lot.material:
            if missing := [key for key in ("material", "manufactured_on") if key not in said]:
                words = f"lot {lot.lot}: {', '.join(said)} without {', '.join(missing)}"
                raise BadInput(f"{words}; what it is a lot of and when it was made are said together")
            return of_material(self._core, lot, said["material"], said["manufactured_on"], said.get("expires_on", ""))
        for key, now in said.items():
            if (known := str(getattr(lot, key))) != now:
                words = f"lot {lot.lot} is registered with the {key.replace('_', ' ')} {known!r}, not {now!r}"
                raise BadInput(f"{words}; two lots cannot have one id")
        return lot

    def _one_lot(self, lot: Lot, metadata: Mapping[str, str]) -> None:
        """Two lots with one id: what is said of the lot must be what was said with its earlier files."""
        if metadata.get("method", lot.method) != lot.method:
            raise BadInput(f"lot {lot.lot} is tested by method {lot.method}, not {metadata['method']}")
        for name in lot.files:
            earlier = self._core.known("file", file_id(f"lot/{lot.lot}", name), FileRecord)[0].metadata
            for key in OF_THE_LOT:
                said, now = earlier.get(key, ""), metadata.get(key, "")
                if said and now and said != now:
                    words = f"lot {lot.lot} is registered with the {key.replace('_', ' ')} {said!r}, not {now!r}"
                    raise BadInput(f"{words}; two lots cannot have one id")

    # ------------------------------------------------------------ quarantine

    def decide_quarantined(
        self, session: str, lot: str, file_name: str, decision: str, reason: str, user_id: str, password: str
    ) -> Outcome:
        """Take a quarantined file out of quarantine, by signature of quality: accept (it may be processed) or reject (never).

        Raises Refused for a file that is not in quarantine, for who brought it in, and when the bytes are not those registered.
        """
        identity = file_id(f"lot/{lot[:100]}", file_name)
        with self._core.acting(session, "decide_quarantined", f"file/{identity[:200]}") as acting:
            file, newest = self._core.known("file", identity, FileRecord)
            if file.standing != "quarantined":
                raise Refused(f"file {file_name} of lot {lot} is not in quarantine: it is {file.standing}", rule="RR-H01")
            if decision not in DECISIONS:
                raise BadInput(f"no decision {decision[:40]!r}; the decisions are {', '.join(DECISIONS)}")
            if file.by == acting.account.id:
                raise Refused(f"{acting.account.printed_name} brought this file in and may not decide on it", rule="RR-G02")
            line(reason, "reason")
            found, _ = self._core.known("lot", lot, Lot)
            state = life.after(lot, life.state(self._core.state(lot)), "ingest")
            for _ in self._core.raw.pieces(file.landed.digest, file_name):
                pass
            hand = self._signatures.hand(acting, DECIDED, reason, user_id, password)
            standing = "accepted" if decision == "accept" else "rejected"
            decided = file.model_copy(update={"standing": standing, "decision": reason})
            with self._core.ledger.change(self._core.actor(acting), reason) as change:
                version = change.put("file", identity, decided.model_dump())
                files = {**found.files, file_name: entry_of(decided, version.number)}
                change.put("lot", lot, found.model_copy(update={"files": files}).model_dump())
                change.put("status", lot, {"lot": lot, "state": state})
                self._signatures.make(change, version, hand)
            self._core.files.add(Known(identity, version.number, decided))
        facts = {"decision": decision, "version": str(version.number), "was": str(newest.number)}
        return Outcome(True, f"file {file_name} of lot {lot}: {decision}ed out of quarantine", f"file/{identity}", facts)


def _without_scatter(measured: Plate | Chromatogram, sample: str) -> str:
    """What is to be said of a sample whose replicates all read the same; empty when they scatter, or are too few to tell."""
    if not isinstance(measured, Plate):
        return ""
    readings = [s.signal for s in measured.samples if s.id == sample]
    if len(readings) < _REPLICATES or len({number(r) for r in readings}) > 1:
        return ""
    return f"all {len(readings)} readings of sample {sample} are {readings[0]}"


def entry_of(file: FileRecord, version: int) -> FileEntry:
    """What a lot says of a version of one of its files."""
    return FileEntry(
        version=version,
        sha256=file.digest,
        part=file.part,
        standing=file.standing,
        instrument=file.instrument,
        sample=file.sample,
    )


def _told(arrived: Arrived, opened: list[str], why: list[str]) -> Outcome:
    """What the person who brought the file is told; `why` says of each opened deviation what it is about."""
    file, reference, name = arrived.file, f"file/{arrived.id}", arrived.file.name
    facts = {
        "sha256": str(file.digest),
        "version": str(arrived.version),
        "standing": file.standing,
        "instrument": file.instrument,
    }
    if arrived.also:
        facts["also"] = ", ".join(arrived.also)
    if arrived.duplicate:
        words = f"file {name} is registered already as version {arrived.version} with these bytes; nothing was added"
        return Outcome(file.standing == "accepted", words, reference, facts | {"duplicate": "yes"})
    deviations = [*opened, *([arrived.deviation] if arrived.deviation else [])]
    if deviations:
        facts["deviation"] = ", ".join(deviations)
    if file.standing == "quarantined":
        words = f"file {name} is quarantined: {file.why}; it is kept and will not be processed"
        return Outcome(False, words, reference, facts)
    about = [*why, *["the same data stand elsewhere"] * bool(arrived.deviation)]
    told = "".join(f"; deviation {d} opened: {w}" for d, w in zip(deviations, about, strict=True))
    digest = "" if deviations else f", {file.digest}"
    return Outcome(True, f"file {name} registered as version {arrived.version}{digest}{told}", reference, facts)


def _check_names(lot: str, file_name: str, metadata: Mapping[str, str]) -> None:
    if not _LOT.fullmatch(lot):
        raise BadInput(f"not a lot number: {lot[:60]!r} (letters, digits, points and hyphens, at most 96)")
    if not _FILE.fullmatch(file_name):
        raise BadInput(f"not a file name: {file_name[:60]!r} (letters, digits, blanks and . _ ( ) - /, at most 100)")
    if len(metadata) > _MOST_METADATA:
        raise BadInput(f"{len(metadata)} metadata; the limit is {_MOST_METADATA}")
    for key, value in metadata.items():
        line(key, "name of a metadatum", longest=60)
        line(value, f"metadatum {key}", blank=True)


def _sample(measured: Plate | Chromatogram, given: str) -> str:
    """The sample this file speaks of for the lot. Raises BadInput when the file does not hold it or holds several."""
    ids = measured.sample_ids
    if given and ids and given not in ids:
        raise BadInput(f"the file holds no sample {given[:40]!r}; it holds {', '.join(ids)}")
    if not given and len(ids) > 1:
        raise BadInput(f"the file holds several samples, {', '.join(ids)}: the metadata must name one")
    if isinstance(measured, Plate) and not ids:
        raise BadInput("the plate holds no sample")
    return given or (ids[0] if ids else "")
