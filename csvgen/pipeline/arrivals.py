"""Arrival of raw files (Pipeline.ingest): registered with digest, person, time and source before anything is calculated.

| given instrument | the file names | standing |
|---|---|---|
| registered, in calibration | the same, or nothing | accepted |
| registered | another one | quarantined |
| registered, past its due date | anything | quarantined |
| not registered | anything | quarantined |
| none | a registered one | accepted for that one |
| none | one not registered | quarantined |
| none | nothing | accepted, and a deviation is opened: review waits for quality |

A quarantined file is registered and kept, and never processed. A second file of one name is a new version; the first stays.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from csvgen.audit.ledger import Change
from csvgen.clock import stored
from csvgen.errors import BadInput
from csvgen.identity.directory import Session
from csvgen.pipeline import instruments, life
from csvgen.pipeline.core import Core, line
from csvgen.pipeline.instruments import Chromatogram, Plate
from csvgen.pipeline.method import Method
from csvgen.pipeline.nouns import Deviation, DeviationKind, FileEntry, FileRecord, Instrument, Lot, Standing
from csvgen.ports import Outcome

_LOT = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,94}[A-Za-z0-9])?")
_FILE = re.compile(r"[A-Za-z0-9](?!.*\.\.)[A-Za-z0-9 ._()/-]{0,99}")
_MOST_METADATA = 40
_PREFIX: dict[DeviationKind, str] = {"no instrument": "DV", "out of specification": "INV"}


class Arrivals:
    """Bringing in files."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def ingest(self, session: str, lot: str, file_name: str, content: bytes, metadata: Mapping[str, str]) -> Outcome:
        """Register one raw file of a lot. Metadata: ``method`` (with its first file), ``sample``, ``instrument``, others.

        Raises BadInput, with file and line, for a file that is not whole and clean; nothing is kept of it.
        """
        with self._core.acting(session, "ingest", f"lot/{lot[:100]}") as acting:
            _check_names(lot, file_name, metadata)
            found = self._core.latest("lot", lot, Lot)
            state = life.after(lot, life.state(self._core.state(lot)), "ingest") if found else "registered"
            current = found[0] if found else self._new_lot(lot, metadata)
            if metadata.get("method", current.method) != current.method:
                raise BadInput(f"lot {lot} is tested by method {current.method}, not {metadata['method']}")
            measured = instruments.read(file_name, content)
            sample = _sample(measured, metadata.get("sample", ""))
            standing, instrument, why = self._standing(metadata.get("instrument", ""), measured.instrument)
            with self._core.raw.kept(content, file_name) as digest:
                arrived = FileRecord(
                    lot=lot,
                    name=file_name,
                    digest=digest,
                    size=len(content),
                    part="potency" if isinstance(measured, Plate) else "impurity",
                    standing=standing,
                    why=why,
                    instrument=instrument,
                    sample=sample,
                    metadata=dict(metadata),
                    by=acting.account.id,
                    at=stored(self._core.clock.now()),
                )
                return self._register(acting, current, arrived, state)

    def _register(self, acting: Session, lot: Lot, arrived: FileRecord, state: life.State) -> Outcome:
        name, why = arrived.name, f"file {arrived.name} arrived"
        with self._core.ledger.change(self._core.actor(acting), why) as change:
            version = change.put("file", f"{lot.lot}:{name}", arrived.model_dump(), action="ingest")
            entry = FileEntry(
                version=version.number,
                sha256=arrived.digest,
                part=arrived.part,
                standing=arrived.standing,
                instrument=arrived.instrument,
                sample=arrived.sample,
            )
            change.put("lot", lot.lot, lot.model_copy(update={"files": {**lot.files, name: entry}}).model_dump())
            change.put("status", lot.lot, {"lot": lot.lot, "state": state})
            deviation = ""
            if arrived.standing == "accepted" and not arrived.instrument:
                reason = f"file {name} version {version.number}: no instrument was given and the file names none"
                deviation = open_deviation(self._core, change, lot.lot, "no instrument", reason)
        facts = {
            "sha256": arrived.digest,
            "version": str(version.number),
            "standing": arrived.standing,
            "instrument": arrived.instrument,
        }
        reference = f"file/{lot.lot}:{name}"
        if arrived.standing == "quarantined":
            return Outcome(
                False, f"file {name} is quarantined: {arrived.why}; it is kept and will not be processed", reference, facts
            )
        if deviation:
            words = (
                f"file {name} registered as version {version.number}; deviation {deviation} opened: the instrument is not known"
            )
            return Outcome(True, words, reference, facts | {"deviation": deviation})
        return Outcome(True, f"file {name} registered as version {version.number}, {arrived.digest}", reference, facts)

    def _new_lot(self, lot: str, metadata: Mapping[str, str]) -> Lot:
        if not metadata.get("method"):
            raise BadInput(f"lot {lot} is new: the metadata must name its method")
        method, version = self._core.known("method", metadata["method"], Method)
        return Lot(lot=lot, method=method.id, method_version=version.number, files={})

    def _standing(self, given: str, named: str) -> tuple[Standing, str, str]:
        """Standing, instrument id, reason; the table at the head of this file."""
        registered = {v.id: Instrument.model_validate(v.content) for v in self._core.ledger.all("instrument")}
        if not given and not named:
            return "accepted", "", ""
        if given and given not in registered:
            return "quarantined", "", f"the instrument {given[:40]!r} is not registered"
        instrument = registered[given] if given else next((i for i in registered.values() if i.named == named), None)
        if instrument is None:
            return "quarantined", "", f"the file names the instrument {named[:40]!r}, which is not registered"
        if named and named != instrument.named:
            return "quarantined", "", f"the file names the instrument {named[:40]!r}, but {instrument.id} is {instrument.named!r}"
        if instrument.calibration_due and stored(self._core.clock.now())[:10] > instrument.calibration_due:
            return "quarantined", instrument.id, f"the calibration of {instrument.id} was due on {instrument.calibration_due}"
        return "accepted", instrument.id, ""


def open_deviation(core: Core, change: Change, lot: str, kind: DeviationKind, reason: str) -> str:
    """Open the next deviation (DV-0001) or investigation (INV-0001) inside a change; returns its id."""
    prefix = _PREFIX[kind]
    number = sum(v.id.startswith(prefix) for v in core.ledger.all("deviation")) + 1
    deviation = Deviation(id=f"{prefix}-{number:04d}", lot=lot, kind=kind, state="open", reason=reason)
    change.put("deviation", deviation.id, deviation.model_dump(), action="open-deviation")
    return deviation.id


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
