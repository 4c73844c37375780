"""Changing the integration of a chromatogram, and the signatures that let it take effect; see `reintegration`."""

from __future__ import annotations

import io

from csvgen.audit.ledger import Change
from csvgen.canonical import Digest, digest_bytes
from csvgen.clock import stored
from csvgen.errors import BadInput, Refused
from csvgen.identity.directory import Session
from csvgen.pipeline import instruments, life, reintegration
from csvgen.pipeline.core import Core, line
from csvgen.pipeline.deviations import OUT_OF_SPECIFICATION, Deviation, deviations_of
from csvgen.pipeline.files import Known, file_id
from csvgen.pipeline.flow.flows import Flows, Performed
from csvgen.pipeline.flow.record import RunRecord
from csvgen.pipeline.landing import Landed
from csvgen.pipeline.nouns import FileEntry, FileRecord, Lot, Result, Withdrawn
from csvgen.pipeline.qc import results
from csvgen.pipeline.reading import reading_of
from csvgen.pipeline.reintegration import Reintegration, Signed
from csvgen.pipeline.rounding import OUT
from csvgen.pipeline.runs import (
    Source,
    announce,
    method_of,
    newest_of,
    open_investigations,
    perform,
    tell,
    with_tests,
)
from csvgen.pipeline.signing import Signatures
from csvgen.pipeline.tracking import tracking_of
from csvgen.ports import Outcome

REVIEWED, APPROVED = "integration reviewed", "integration approved"
"""Meanings: of a second person always, of quality when a failing result would pass."""
_ROLES = {REVIEWED: "reviewer", APPROVED: "quality"}


class Integrations:
    """Changed integrations of the lots of an instance."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._flows = Flows(core)
        self._signatures = Signatures(core)

    def reintegrate(self, session: str, lot: str, file: str, content: bytes, reason: str) -> Outcome:
        """Put a changed integration on record: the new export, each peak old and new, the results before and after.

        Nothing takes effect before it is signed. Raises Refused after review (RR-F01), without a reason (RR-E07), and while another
        change of the same file waits; BadInput for a file of other injections, or one with the same areas.
        """
        with self._core.acting(session, "reintegrate", f"lot/{lot[:100]}") as acting:
            found, _ = self._core.known("lot", lot, Lot)
            life.after(lot, life.state(self._core.state(lot)), "reintegrate")
            line(reason, "reason")
            if file not in found.files:
                raise BadInput(f"lot {lot} has no file {file[:60]!r}")
            source = newest_of(self._core, found, file)
            peaks = self._peaks(found, source, content)
            with self._core.raw.landed(io.BytesIO(content), file) as landed:
                before = self._in_force(found, source)
                tracking = tracking_of(self._core)
                performed = self._again(acting, found, source, content) if before else None
                after = _values(performed)
                turns = reintegration.turned(before, after, OUT)
                failed = performed.invalid if performed else ""
                unseen = not before  # what the first integration gives is on no record: nobody can say that it passed
                record = Reintegration(
                    **reintegration.begun(self._core, acting, found, file),
                    old_version=source.version,
                    old=source.file.digest,
                    new=landed.digest,
                    peaks=peaks,
                    reason=reason,
                    run=performed.record.id if performed else "",
                    before=before,
                    after=after,
                    turns="yes" if turns else "no",
                    state="refused" if failed else "waiting",
                    needs=(REVIEWED, APPROVED) if turns or unseen else (REVIEWED,),
                )
                export = _registered(record, source.file, landed, reading_of(instruments.read(file, content), source.file.sample))
                with self._core.ledger.change(self._core.actor(acting), reason) as change:
                    identity = file_id(export.about, file)
                    known = Known(identity, change.put("file", identity, export.model_dump(), action="ingest").number, export)
                    if performed:
                        change.put("run", record.run, performed.record.model_dump(), action="process")
                        announce(tracking, change, performed.record)
                    reintegration.put(change, record, action="reintegrate")
            self._core.files.add(known)
            if performed:
                tell(tracking, self._core.actor(acting), performed.record)
        if failed:
            return Outcome(
                False, f"{record.id}: the run is invalid with this integration: {failed}; the old one stays", _name(record)
            )
        told = "; ".join(f"{p.peak} {p.old} -> {p.new}" for p in peaks[:10])
        flag = "; it turns a failing result into a passing one and needs the signature of quality as well" if turns else ""
        flag = (
            "; no result of the integration before it is on record, so it needs the signature of quality as well"
            if unseen
            else flag
        )
        facts = {"turns": record.turns, "needs": ", ".join(record.needs), "run": record.run, "peaks": told}
        return Outcome(True, f"{record.id} recorded: {told}; it waits for review{flag}", _name(record), facts)

    def sign_integration(self, session: str, integration: str, reason: str, user_id: str, password: str) -> Outcome:
        """Sign a changed integration as the second person, or as quality where it needs that; with the last signature it takes effect."""
        with self._core.acting(session, "sign_integration", f"reintegration/{integration[:40]}") as acting:
            record, lot, meaning = self._may_sign(integration, acting)
            state = life.after(lot.lot, life.state(self._core.state(lot.lot)), "reintegrate")
            line(reason, "reason", blank=meaning == REVIEWED)
            hand = self._signatures.hand(acting, meaning, reason, user_id, password)
            signed = (*record.signed, Signed(meaning=meaning, person=acting.account.id))
            whole = len(signed) == len(record.needs)
            new = record.model_copy(update={"signed": signed, "state": "in effect" if whole else "waiting"})
            with self._core.ledger.change(self._core.actor(acting), reason or meaning) as change:
                version = change.put("reintegration", record.id, new.model_dump(), action="sign-integration")
                self._signatures.make(change, version, hand)
                if whole:
                    known = self._take_effect(change, new, lot)
                    change.put("status", lot.lot, {"lot": lot.lot, "state": state})
            if whole:
                self._core.files.add(known)
        words = "takes effect" if whole else f"waits for: {new.waits_for}"
        return Outcome(True, f"{record.id} signed as {meaning}; it {words}", _name(record), {"state": new.state})

    def refuse_integration(self, session: str, integration: str, reason: str) -> Outcome:
        """The second person does not agree: the old integration stays, and the attempt stays on record."""
        with self._core.acting(session, "sign_integration", f"reintegration/{integration[:40]}") as acting:
            record, _, meaning = self._may_sign(integration, acting)
            line(reason, "reason")
            new = record.model_copy(update={"state": "refused"})
            with self._core.ledger.change(self._core.actor(acting), reason) as change:
                reintegration.put(change, new, action="refuse-integration")
        return Outcome(True, f"{record.id} refused ({meaning} not given); the old integration stays", _name(record))

    # ------------------------------------------------------------ gates

    def _peaks(self, lot: Lot, source: Source, content: bytes) -> tuple[reintegration.PeakChange, ...]:
        file = source.file
        if file.standing != "accepted":
            raise Refused(f"file {file.name} is {file.standing}: {file.why}", rule="RR-H01")
        if waiting := [r.id for r in reintegration.of_lot(self._core, lot.lot) if r.file == file.name and r.state == "waiting"]:
            raise Refused(f"{', '.join(waiting)} changes the integration of {file.name} and is not signed yet", rule="RR-F05")
        decided = [d.id for d in deviations_of(self._core, f"lot/{lot.lot}") if d.part == file.part and d.decision == "reject"]
        if decided:
            raise Refused(f"the result was confirmed by {', '.join(decided)}; its integration stays", rule="RR-F05")
        old = reintegration.chromatogram(file.name, self._core.raw.read(Digest(file.digest), file.name))
        if not (found := reintegration.changes(old, reintegration.chromatogram(file.name, content))):
            raise BadInput(f"the new file has the same peaks and areas as {file.name}; there is no changed integration")
        return found

    def _in_force(self, lot: Lot, source: Source) -> tuple[Result, ...]:
        """The results that were calculated from this file and are in force."""
        of = {
            r
            for r in lot.runs
            if source.file.digest in [i.sha256 for i in self._core.known("run", r, RunRecord)[0].inputs.values()]
        }
        return tuple(t for t in lot.tests if t.part == source.file.part and t.run in of)

    def _again(self, acting: Session, lot: Lot, source: Source, content: bytes) -> Performed:
        """Calculate with the new integration. The new export is an input of its own: it is no version of the file yet."""
        named = source.file.model_copy(update={"digest": digest_bytes(content), "size": len(content)})
        return perform(self._core, self._flows, acting, lot, method_of(self._core, lot), (Source(named, source.version + 1, 0),))

    def _may_sign(self, integration: str, acting: Session) -> tuple[Reintegration, Lot, str]:
        """The record, its lot, and the meaning it waits for. Raises Refused for a person who may not give it."""
        record, _ = self._core.known("reintegration", integration, Reintegration)
        lot, _ = self._core.known("lot", record.lot, Lot)
        meaning = record.waits_for
        if not meaning:
            raise Refused(f"{record.id} waits for no signature: it is {record.state}", rule="RR-F05")
        name, person = acting.account.printed_name, acting.account.id
        if _ROLES[meaning] not in acting.account.roles:
            raise Refused(f"{record.id} waits for {meaning}; that is for the role {_ROLES[meaning]}", rule="RR-G02")
        if person in {record.by, *(s.person for s in record.signed)}:
            raise Refused(
                f"{name} changed or signed {record.id} already; another person must sign it as {meaning}", rule="RR-G02"
            )
        if any(self._core.known("run", run, RunRecord)[0].operator == person for run in lot.runs):
            raise Refused(f"{name} processed lot {lot.lot} and may not sign {record.id}", rule="RR-G02")
        source = newest_of(self._core, lot, record.file)
        if source.version != record.old_version or self._in_force(lot, source) != record.before:
            raise Refused(f"lot {lot.lot} went on since {record.id} was recorded; it has to be recorded anew", rule="RR-F01")
        return record, lot, meaning

    # ------------------------------------------------------------ effect

    def _take_effect(self, change: Change, record: Reintegration, lot: Lot) -> Known:
        """The new export becomes the newest version of the file, its results those of the lot; the old ones stay to be seen."""
        old, _ = self._core.known("file", f"{lot.lot}:{record.file}", FileRecord)
        export, _ = self._core.known("file", file_id(_name(record), record.file), FileRecord)
        named = {**old.metadata, "reintegration": record.id}
        where = {"place": export.place, "object_version": export.object_version, "kept_until": export.kept_until}
        what = {
            "digest": record.new,
            "size": export.size,
            "reading": export.reading,
            "by": record.by,
            "metadata": named,
            "at": stored(self._core.clock.now()),
        }
        file = old.model_copy(update=where | what)
        identity = file_id(file.about, record.file)
        version = change.put("file", identity, file.model_dump(), action="reintegrate")
        entry: FileEntry = lot.files[record.file].model_copy(update={"version": version.number, "sha256": record.new})
        lot = lot.model_copy(update={"files": {**lot.files, record.file: entry}})
        if record.before:
            gone = tuple(Withdrawn(value=t, by=f"reintegration/{record.id}", reason=record.reason) for t in record.before)
            kept = tuple(t for t in lot.tests if t not in record.before)
            lot = lot.model_copy(update={"withdrawn": (*lot.withdrawn, *gone), "runs": (*lot.runs, record.run)})
            lot = with_tests(lot, method_of(self._core, lot), (*kept, *record.after))
            self._investigations(change, record, lot)
        change.put("lot", lot.lot, lot.model_dump())
        return Known(identity, version.number, file)

    def _investigations(self, change: Change, record: Reintegration, lot: Lot) -> None:
        """An open investigation follows its result; with no failing value left, the signature of quality has decided it."""
        fails = any(r.verdict == OUT for r in record.after)
        runs = {t.run for t in record.before}
        found = [
            d
            for d in deviations_of(self._core, f"lot/{lot.lot}")
            if d.kind == OUT_OF_SPECIFICATION and d.state == "open" and d.run in runs and d.part == record.before[0].part
        ]
        for investigation in found:
            change.put("deviation", investigation.id, _followed(investigation, record, fails=fails).model_dump())
        if fails and not found:
            open_investigations(self._core, change, lot.lot, record.run, record.after)


def _followed(investigation: Deviation, record: Reintegration, *, fails: bool) -> Deviation:
    if fails:
        return investigation.model_copy(update={"run": record.run})
    decided = {"state": "closed", "decision": "reintegrate", "disposition": f"{record.id}: {record.reason}"}
    return investigation.model_copy(update=decided)


def _values(performed: Performed | None) -> tuple[Result, ...]:
    if performed is None or performed.invalid:
        return ()
    run = performed.record.id
    return tuple(Result(**v.model_dump(), run=run) for v in results.values(performed.products))


def _registered(record: Reintegration, old: FileRecord, landed: Landed, reading: str) -> FileRecord:
    """The new export as it arrived: a file about the changed integration, until that takes effect."""
    return old.model_copy(
        update={
            "lot": "", "subject": _name(record), "digest": landed.digest, "size": landed.size, "by": record.by, "at": record.at,
            "through": "a changed integration", "place": landed.place, "object_version": landed.version, "kept_until": landed.until,
            "reading": reading,
        }
    )  # fmt: skip


def _name(record: Reintegration) -> str:
    return f"reintegration/{record.id}"
