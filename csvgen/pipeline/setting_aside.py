"""Setting a file aside before it is processed: a wrong file of a lot must not stop the lot, and must not open a way to choose.

One person, who did not bring the file in, proposes it with cause and evidence; quality signs, or refuses. An inspector asks whether this
is a way to test into compliance (21 CFR 211.192, 211.194(a); FDA, out of specification results). It is refused, when it is proposed
and once more when it is signed, for a file

- that a run has read, or whose integration somebody changed: its result is known, and stands;
- of a test that has, or had, a result out of specification in this lot: what came after a failing result is told, all of it;
- whose data failed in another lot: the same data have been seen out of limit already;
- that reads out of limit itself, while anything else of the lot could take its place: process it, and investigate.

To know the last, the file is calculated by the approved code; nothing is kept of that but what it reads, in the record itself. Where all
other files of the test read out of limit too there is nothing to choose; then one may go, and the lot can only be rejected.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from csvgen.clock import stored
from csvgen.errors import BadInput, Refused
from csvgen.identity.directory import Session
from csvgen.pipeline import aside, life, own_results, reintegration
from csvgen.pipeline.arrivals import entry_of
from csvgen.pipeline.aside import KIND, SetAside
from csvgen.pipeline.core import Core, line
from csvgen.pipeline.files import FileEntry, FileRecord, Known, file_id
from csvgen.pipeline.flow.flows import Flows
from csvgen.pipeline.flow.record import RunRecord
from csvgen.pipeline.nouns import Aside, Lot
from csvgen.pipeline.qc import results
from csvgen.pipeline.rounding import OUT
from csvgen.pipeline.runs import Source, failed_elsewhere, inputs_of, method_of, newest_of, unsuitable
from csvgen.pipeline.separation import refuse_own
from csvgen.pipeline.sheet import KINDS, told_value
from csvgen.pipeline.signing import Signatures
from csvgen.ports import Outcome

SET_ASIDE: Final = "set aside"


class SettingAside:
    """Proposing, signing and refusing."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._flows = Flows(core)
        self._signatures = Signatures(core)

    def propose(self, session: str, lot: str, file_name: str, cause: str, evidence: tuple[str, ...]) -> Outcome:
        """Put on record that a file is to be set aside, why, and where that can be seen. Nothing changes before quality has signed."""
        identity = file_id(f"lot/{lot[:100]}", file_name)
        with self._core.acting(session, "propose_aside", f"file/{identity[:200]}") as acting:
            found, source = self._file(lot, file_name)
            line(cause, "cause")
            self._check_evidence(evidence)
            if open_ := [r.id for r in aside.of_lot(self._core, lot) if r.state == "proposed" and r.file == file_name]:
                raise Refused(f"{', '.join(open_)} asks for this already", rule="RR-F05")
            if acting.account.id in {v.content["by"] for v in self._core.ledger.versions("file", identity)}:
                words = f"{acting.account.printed_name} brought in {file_name}"
                raise Refused(f"{words}; that it is to be set aside must be proposed by another person", rule="RR-G02")
            reads, outside = self._judged(found, source)
            record = SetAside(
                id=f"SA-{len(self._core.ledger.all(KIND)) + 1:04d}",
                lot=lot,
                file=file_name,
                version=source.version,
                sha256=source.file.digest,
                part=source.file.part,
                cause=cause,
                evidence=evidence,
                reads=reads,
                outside="yes" if outside else "no",
                by=acting.account.id,
                name=acting.account.printed_name,
                at=stored(self._core.clock.now()),
            )
            with self._core.ledger.change(self._core.actor(acting), cause) as change:
                change.put(KIND, record.id, record.model_dump(), action="propose-aside")
        told = f"{record.id}: {file_name} of lot {lot} is to be set aside; quality must sign it"
        return Outcome(True, told, f"{KIND}/{record.id}", {"reads": "; ".join(reads), "outside": record.outside})

    def sign(self, session: str, identity: str, reason: str, user_id: str, password: str) -> Outcome:
        """Set the file aside, by signature of quality. It stays where it lies and is shown wherever its lot is."""
        with self._core.acting(session, "set_aside", f"{KIND}/{identity[:40]}") as acting:
            record, lot, source, state = self._may_decide(identity, acting)
            line(reason, "reason")
            reads, outside = self._judged(lot, source)
            for _ in self._core.raw.pieces(source.file.landed.digest, record.file):
                pass
            hand = self._signatures.hand(acting, SET_ASIDE, reason, user_id, password)
            person = {"decided_by": acting.account.id, "decided_name": acting.account.printed_name}
            read = {"reads": reads, "outside": "yes" if outside else "no"}
            signed = record.model_copy(update={"state": SET_ASIDE, "reason": reason, **person, **read})
            put_aside = source.file.model_copy(update={"standing": SET_ASIDE, "decision": f"{signed.id}: {signed.told}"})
            file = file_id(source.file.about, record.file)
            with self._core.ledger.change(self._core.actor(acting), f"{signed.id}: {record.cause}") as change:
                version = change.put(KIND, signed.id, signed.model_dump(), action="set-aside")
                new = change.put("file", file, put_aside.model_dump(), action="set-aside")
                change.put("lot", lot.lot, self._without(lot, signed, put_aside, new.number).model_dump())
                change.put("status", lot.lot, {"lot": lot.lot, "state": state})
                self._signatures.make(change, version, hand)
            self._core.files.add(Known(file, new.number, put_aside))
        told = f"{record.file} of lot {lot.lot} is set aside by {signed.id}: {record.cause}"
        more = "; it read out of specification, so the lot can only be rejected" if outside else ""
        return Outcome(True, told + more, f"{KIND}/{signed.id}", {"reads": "; ".join(reads), "outside": signed.outside})

    def refuse(self, session: str, identity: str, reason: str) -> Outcome:
        """Quality does not agree: the file stays as it is, and the proposal stays on record."""
        with self._core.acting(session, "set_aside", f"{KIND}/{identity[:40]}") as acting:
            record = self._open(identity, acting)
            line(reason, "reason")
            person = {"decided_by": acting.account.id, "decided_name": acting.account.printed_name}
            refused = record.model_copy(update={"state": "refused", "reason": reason, **person})
            with self._core.ledger.change(self._core.actor(acting), reason) as change:
                change.put(KIND, record.id, refused.model_dump(), action="refuse-aside")
        return Outcome(True, f"{record.id} refused: {record.file} stays as it is", f"{KIND}/{record.id}")

    # ------------------------------------------------------------ gates

    def _file(self, lot: str, file_name: str) -> tuple[Lot, Source]:
        found, _ = self._core.known("lot", lot, Lot)
        life.after(lot, life.state(self._core.state(lot)), SET_ASIDE)
        if file_name not in found.files:
            raise BadInput(f"lot {lot} has no file {file_name[:100]!r}; it has {', '.join(found.files)}")
        return found, newest_of(self._core, found, file_name)

    def _open(self, identity: str, acting: Session) -> SetAside:
        record, _ = self._core.known(KIND, identity, SetAside)
        if record.state != "proposed":
            raise Refused(f"{record.id} is decided: {record.state}", rule="RR-F05")
        if acting.account.id == record.by:
            raise Refused(f"{acting.account.printed_name} proposed {record.id}; another person must decide it", rule="RR-G02")
        refuse_own(self._core, f"lot/{record.lot}", acting, "set a file of it aside")
        return record

    def _may_decide(self, identity: str, acting: Session) -> tuple[SetAside, Lot, Source, life.State]:
        record = self._open(identity, acting)
        found, source = self._file(record.lot, record.file)
        if (source.version, source.file.digest) != (record.version, record.sha256):
            raise Refused(f"{record.file} of lot {record.lot} has another version since {record.id}", rule="RR-F01")
        return record, found, source, life.after(found.lot, life.state(self._core.state(found.lot)), SET_ASIDE)

    def _check_evidence(self, evidence: tuple[str, ...]) -> None:
        if not evidence:
            raise Refused("a cause needs evidence: name the records that show it, or where else it can be seen", rule="RR-F05")
        for item in evidence:
            line(item, "evidence")
            kind, _, identity = item.partition("/")
            if kind in KINDS and self._core.ledger.latest(kind, identity) is None:
                raise BadInput(f"the evidence {item[:80]!r} names a record that is not there")

    def _judged(self, lot: Lot, source: Source) -> tuple[tuple[str, ...], bool]:
        """What the file reads, and whether that is out of limit. Raises Refused for a file that may not be set aside."""
        file, name = source.file, f"{source.file.name} of lot {lot.lot}"
        if file.standing != "accepted":
            raise Refused(f"{name} is {file.standing} already: {file.decision or file.why}", rule="RR-H01")
        self._refuse_known(lot, file, name)
        mine = [read for version in self._unread(lot, source) for read in self._reads(lot, version)]
        if not (outside := any(out for _, out in mine)):
            return tuple(words for words, _ in mine), False
        others = [newest_of(self._core, lot, n) for n in lot.files if n != file.name]
        rest = [s for s in others if s.file.part == file.part and s.file.standing == "accepted"]
        if not rest or not all(any(out for _, out in self._reads(lot, other)) for other in rest):
            words = f"{name} reads out of specification: {'; '.join(w for w, out in mine if out)}"
            hint = "process it and investigate the result; a file that stands in the way and reads in limit can be set aside"
            raise Refused(f"{words}; a failing value is investigated, never set aside", rule="RR-F05", hint=hint)
        return tuple(words for words, _ in mine), outside

    def _refuse_known(self, lot: Lot, file: FileRecord, name: str) -> None:
        """Raises Refused where a result is known already: of this file, of its test, or of the same data elsewhere."""
        for run, _ in self._core.of_lot("run", lot.lot, RunRecord):
            if str(file.digest) in [str(i.sha256) for i in run.inputs.values()]:
                raise Refused(f"{name} was processed in {run.id}; what a run has read stands", rule="RR-F05")
        known = (*lot.tests, *(w.value for w in lot.withdrawn))
        if failed := [v for v in known if v.part == file.part and v.verdict == OUT]:
            words = f"the {file.part} of lot {lot.lot} is out of specification in {failed[0].run}"
            raise Refused(f"{words}; after a failing result nothing of that test is set aside", rule="RR-F05")
        changed = [r.id for r in reintegration.of_lot(self._core, lot.lot) if r.file == file.name and r.state != "refused"]
        if changed:
            raise Refused(
                f"the integration of {name} was changed in {', '.join(changed)}: its values were looked at", rule="RR-F05"
            )
        if elsewhere := failed_elsewhere(self._core, lot, file):
            raise Refused(f"the data of {name} are {elsewhere}; they were seen out of limit", rule="RR-F05")

    def _unread(self, lot: Lot, source: Source) -> Iterator[Source]:
        """The file, and whatever was accepted under its name before and no run has read: it must not vanish behind it."""
        identity = file_id(source.file.about, source.file.name)
        versions = self._core.ledger.versions("file", identity)
        read = {str(i.sha256) for r in lot.runs for i in self._core.known("run", r, RunRecord)[0].inputs.values()}
        gone = {str(v.content["digest"]) for v in versions if v.content["standing"] in ("set aside", "rejected")}
        seen: set[tuple[str, str]] = set()
        for version in reversed(versions):
            file = FileRecord.model_validate(version.content)
            known = (str(file.digest), file.sample)
            if file.standing == "accepted" and known not in seen and known[0] not in {*read, *gone, *unsuitable(self._core, lot)}:
                seen.add(known)
                yield Source(file, version.number, version.event)

    def _reads(self, lot: Lot, source: Source) -> tuple[tuple[str, bool], ...]:
        """What a file says of its lot, calculated by the approved code: each value in words, and whether it is out of limit."""
        method, file = method_of(self._core, lot), source.file
        if file.part not in method.parts:
            return ((f"no test of method {method.id} reads it", False),)
        given, parameters = inputs_of(self._core, method, (source,))
        try:
            looked = self._flows.look(method.pipeline, given, parameters, method=method.id, method_version=lot.method_version)
        except BadInput as problem:
            return ((f"no result: {problem.message}", False),)
        own_results.require(method, given, looked.products, invalid=looked.invalid)
        if looked.invalid:
            return ((f"no result: {looked.invalid}", False),)
        values = results.values(looked.products)
        return tuple((f"{v.name} {told_value(v.model_dump())}", v.verdict == OUT) for v in values)

    # ------------------------------------------------------------ effect

    def _without(self, lot: Lot, signed: SetAside, file: FileRecord, version: int) -> Lot:
        """The lot without it among what is processed, and with it among what was set aside."""
        gone = Aside(
            file=signed.file, version=version, sha256=signed.sha256, part=signed.part, by=f"{KIND}/{signed.id}", told=signed.told
        )
        entry = self._processed(lot, signed.file) or entry_of(file, version)
        return lot.model_copy(update={"files": {**lot.files, signed.file: entry}, "aside": (*lot.aside, gone)})

    def _processed(self, lot: Lot, name: str) -> FileEntry | None:
        """Of a name that stood for other data before: the newest version that a run has read, which the lot goes on to name."""
        read = {str(i.sha256) for r in lot.runs for i in self._core.known("run", r, RunRecord)[0].inputs.values()}
        for version in reversed(self._core.ledger.versions("file", file_id(f"lot/{lot.lot}", name))):
            file = FileRecord.model_validate(version.content)
            if file.standing == "accepted" and str(file.digest) in read:
                return entry_of(file, version.number)
        return None
