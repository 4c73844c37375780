"""Studies, the application: plan and deliveries in, tables out, review and release by signature, data frozen and locked.

What is refused and why stands in the words of the refusal. New data or a new plan put the tables out of force: what was signed stays
signed, and is void for what came after.
"""

from __future__ import annotations

from collections.abc import Mapping

from csvgen.audit.ledger import Change, Version
from csvgen.canonical import Digest, digest_bytes, read_canonical
from csvgen.clock import stored
from csvgen.errors import BadInput, Refused
from csvgen.identity.directory import Session
from csvgen.pipeline.clinical.delivering import Delivered, delivered, linked
from csvgen.pipeline.clinical.plan import INPUTS, Plan
from csvgen.pipeline.clinical.plan_file import read_plan
from csvgen.pipeline.clinical.planning import newest, plan_id, require_approved
from csvgen.pipeline.clinical.study import NEEDED, Delivery, PlanVersion, Study, StudyState
from csvgen.pipeline.clinical.tracing import Origin, Tracing
from csvgen.pipeline.core import Core, line
from csvgen.pipeline.datasets import Datasets
from csvgen.pipeline.deviations import deviations_of, open_deviation, refuse_blocked
from csvgen.pipeline.flow.flows import Flows, Given, Performed
from csvgen.pipeline.flow.record import RunInput, RunRecord
from csvgen.pipeline.judging import judge_sender
from csvgen.pipeline.register import Arrived, Arriving, Register
from csvgen.pipeline.sources import Sender
from csvgen.pipeline.tracking import tracking_of
from csvgen.ports import Outcome

PIPELINE = "clinical"
FINDING = "data finding"
NOT_REPRODUCIBLE = "not reproducible"


class Studies:
    """Studies of one instance. Signatures on them are made by `deciding.StudyDecisions`."""

    def __init__(self, core: Core, flows: Flows | None = None, tables: Datasets | None = None) -> None:
        self._core = core
        self._flows = flows or Flows(core)
        self._tables = tables or Datasets(core)
        self._register = Register(core)

    # ------------------------------------------------------------ plan and data

    def register(self, session: str, plan: bytes, reason: str) -> Outcome:
        """Take a new study by its plan (YAML), or a new version of its plan. Refused while its data are held.

        Deliveries are taken from now on; nothing is derived before quality has approved the plan (`StudyDecisions.approve`), and the
        version approved before stays in force until then.
        """
        with self._core.acting(session, "study_register", "study") as acting:
            line(reason, "reason")
            found = read_plan(plan, "plan")
            subject = f"study/{found.study}"
            state, before = self.state(found.study), self._core.latest("study", found.study, Study)
            if state.data != "open":
                raise Refused(f"the data of study {found.study} are {state.data}; its plan cannot change now", rule="RR-F01")
            last = newest(self._core, found.study)
            if last and last.plan == found:
                raise Refused(f"study {found.study} has this plan already: {plan_id(found.study, last.number)}")
            version = PlanVersion(
                study=found.study,
                subject=subject,
                number=last.number + 1 if last else 1,
                plan=found,
                reason=reason,
                by=acting.account.id,
                at=stored(self._core.clock.now()),
            )
            study = before[0] if before else Study(study=found.study, subject=subject, plan=found)
            with self._core.ledger.change(self._core.actor(acting), reason) as change:
                change.put("study-plan", plan_id(found.study, version.number), version.model_dump(), action="register-plan")
                if not study.plan_version:
                    self.out_of_force(change, study.model_copy(update={"plan": found}), state)
        name = plan_id(found.study, version.number)
        words = f"plan {name} registered; data are derived by it when quality has approved it"
        return Outcome(True, words, f"study-plan/{name}", {"version": str(version.number)})

    def ingest(self, session: str, study: str, name: str, file_name: str, content: bytes, metadata: Mapping[str, str]) -> Outcome:
        """Register one file of a study as the input `name` (``dm``, ``ex``, ``ts``, ``findings``, ``analysis``).

        Metadata: ``sender`` (registered, else the file is quarantined), ``encoding`` (declared, of a file that is not UTF-8),
        ``records`` and ``sha256`` (what the sender's manifest says). A second delivery of an input is a new version.
        Raises BadInput, naming file, row and variable, for a file that is not whole or breaks a structural rule; nothing is kept.
        """
        with self._core.acting(session, "study_ingest", f"study/{study[:60]}") as acting:
            found, state = self._open(study, name)
            for key, value in metadata.items():
                line(key, "name of a metadatum", longest=60)
                line(value, f"metadatum {key}", blank=True)
            line(file_name, "file name", longest=100)
            today = stored(self._core.clock.now())[:10]
            read = delivered(found.plan, name, file_name, content, metadata, today)
            return self._arrive(acting, found, state, name, read, metadata, file_name, content)

    def _arrive(
        self,
        acting: Session,
        study: Study,
        state: StudyState,
        name: str,
        read: Delivered,
        metadata: Mapping[str, str],
        file_name: str,
        content: bytes,
    ) -> Outcome:
        given = metadata.get("sender", "")
        sender = self._core.latest("sender", given, Sender) if given else None
        judged = judge_sender(sender[0] if sender else None, given)

        def then(change: Change, arrived: Arrived) -> None:
            entry = Delivery(
                version=arrived.version,
                sha256=arrived.file.digest,
                domain=read.domain,
                rows=read.rows,
                encoding=read.encoding,
                standing=judged.standing,
                sender=given,
                record=f"file/{arrived.id}",
                by=acting.account.id,
                at=arrived.file.at,
            )
            self.out_of_force(change, study.model_copy(update={"files": {**study.files, name: entry}}), state)

        arriving = Arriving(
            subject=study.subject,
            name=f"{name}.xpt",
            standing=judged.standing,
            why=judged.why,
            sender=given,
            metadata={**metadata, "file": file_name, "encoding": read.encoding},
        )
        arrived = self._register.arrive(acting, arriving, content, then)
        facts = {"sha256": str(arrived.file.digest), "version": str(arrived.version), "standing": judged.standing,
                 "rows": str(read.rows), "encoding": read.encoding}  # fmt: skip
        reference = f"file/{arrived.id}"
        if arrived.duplicate:
            return Outcome(True, f"{name} is registered already with these bytes, version {arrived.version}", reference, facts)
        if judged.standing != "accepted":
            words = f"{name} version {arrived.version} is quarantined: {judged.why}; it is kept and will not be processed"
            return Outcome(False, words, reference, facts)
        return Outcome(True, f"{name} version {arrived.version}: {read.rows} rows of {read.domain}", reference, facts)

    def link(self, session: str, study: str, name: str, dataset: str, version: int) -> Outcome:
        """Take a registered version of a table (`csvgen.pipeline.datasets`) as the input `name`, instead of a file.

        Raises BadInput for rows that break a structural rule, NotIntact for a table that is not what was registered.
        """
        with self._core.acting(session, "study_ingest", f"study/{study[:60]}") as acting:
            found, state = self._open(study, name)
            given, now = self._tables.given(dataset, version), stored(self._core.clock.now())
            read = linked(found.plan, name, given.file, given.data, now[:10])
            entry = Delivery(
                version=version,
                sha256=digest_bytes(given.data),
                domain=read.domain,
                rows=read.rows,
                encoding=read.encoding,
                standing="accepted",
                sender="",
                record=given.record,
                by=acting.account.id,
                at=now,
            )
            with self._core.ledger.change(self._core.actor(acting), f"{name} from {given.record} version {version}") as change:
                self.out_of_force(change, found.model_copy(update={"files": {**found.files, name: entry}}), state)
        facts = {"sha256": entry.sha256, "version": str(version), "rows": str(read.rows)}
        return Outcome(
            True, f"{name} is version {version} of {given.record}: {read.rows} rows of {read.domain}", found.subject, facts
        )

    def _open(self, study: str, name: str) -> tuple[Study, StudyState]:
        """A study that takes data for this input now."""
        found, state = self._core.known("study", study, Study)[0], self.state(study)
        if state.data != "open":
            words = f"the data of study {study} are {state.data}; a delivery needs them reopened by quality"
            raise Refused(words, rule="RR-F01")
        if name not in INPUTS:
            raise BadInput(f"no input {name[:20]!r}; the inputs are {', '.join(INPUTS)}")
        return found, state

    def out_of_force(self, change: Change, study: Study, state: StudyState) -> Version:
        """Put the study with no tables in force: its plan or its data are new."""
        version = change.put("study", study.study, study.model_copy(update={"run": "", "outputs": ""}).model_dump())
        change.put("study-state", study.study, state.model_copy(update={"tables": "none"}).model_dump())
        return version

    # ------------------------------------------------------------ tables

    def process(self, session: str, study: str) -> Outcome:
        """Derive the tables from the newest accepted deliveries. Findings that put the data in doubt open a deviation."""
        with self._core.acting(session, "study_process", f"study/{study[:60]}") as acting:
            found, _ = self._core.known("study", study, Study)
            if found.run:
                raise Refused(
                    f"run {found.run} gave the tables of these data under this plan; `repeat` performs it again", rule="RR-F05"
                )
            require_approved(self._core, found)
            refuse_blocked(self._core, found.subject, "process")
            given = self._given(found)
            plan = self._plan_of_run(found)
            performed = self._flows.perform(acting, PIPELINE, found.subject, given, plan.parameters())
            opened = self._keep(acting, found, performed)
        run = performed.record
        told = f"; {', '.join(opened)} opened" if opened else ""
        facts = {"run": run.id, "outputs": str(run.outputs), "deviations": ", ".join(opened), **run.facts}
        return Outcome(True, f"tables of study {study} derived in run {run.id}{told}", f"run/{run.id}", facts)

    def _keep(self, acting: Session, study: Study, performed: Performed) -> tuple[str, ...]:
        run = performed.record
        serious = [f for f in read_canonical(performed.products["conformance"]) if f["serious"] == "yes" and f["count"]]
        after = study.model_copy(update={"run": run.id, "outputs": str(run.outputs), "runs": (*study.runs, run.id)})
        with self._flows.recorded(acting, performed) as change:
            change.put("study", study.study, after.model_dump())
            change.put(
                "study-state", study.study, self.state(study.study).model_copy(update={"tables": "processed"}).model_dump()
            )
            opened = []
            for finding in serious:
                words = f"{run.id}: {finding['check']}: {', '.join(finding['where'][:5])}"
                opened.append(open_deviation(self._core, change, study.subject, FINDING, words, run=run.id))
            self._announce(change, run)
        self._send(acting, run)
        return tuple(opened)

    def _announce(self, change: Change, run: RunRecord) -> None:
        """What a tracking server will be told, sealed in the trail; nothing without one in the settings."""
        if tracking := tracking_of(self._core):
            tracking.announce(change, run)

    def _send(self, acting: Session, run: RunRecord) -> None:
        if tracking := tracking_of(self._core):
            tracking.send(self._core.actor(acting), run.id)

    def repeat(self, session: str, study: str) -> Outcome:
        """Perform the run in force once more. Other outputs without a recorded cause open a deviation; the tables stay those in force."""
        with self._core.acting(session, "study_process", f"study/{study[:60]}") as acting:
            found, _ = self._in_force(study)
            require_approved(self._core, found)
            repeated = self._flows.repeat(acting, found.run, self._again)
            with self._flows.recorded(acting, repeated.performed) as change:
                opened = ""
                if repeated.unexplained:
                    opened = open_deviation(self._core, change, found.subject, NOT_REPRODUCIBLE, repeated.words)
                self._announce(change, repeated.performed.record)
            run = repeated.performed.record
            self._send(acting, run)
        facts = {"run": run.id, "repeats": found.run, "outputs": str(run.outputs), "deviation": opened}
        if repeated.same:
            return Outcome(True, f"run {run.id} repeats {found.run} with identical outputs", f"run/{run.id}", facts)
        return Outcome(False, f"run {run.id} repeats {found.run} with other outputs: {repeated.words}", f"run/{run.id}", facts)

    def _given(self, study: Study) -> dict[str, Given]:
        if missing := [n for n in NEEDED if n not in study.files]:
            raise Refused(f"study {study.study} has no data for {', '.join(missing)}", rule="RR-X12")
        if aside := [n for n, d in study.files.items() if d.standing != "accepted"]:
            raise Refused(f"the newest file of {', '.join(aside)} is in quarantine", rule="RR-H01")
        return {name: self.bring(name, entry) for name, entry in study.files.items()}

    def bring(self, name: str, entry: Delivery) -> Given:
        """One input with its bytes. Raises NotIntact when they are gone or are not what was registered."""
        return self._again(RunInput(record=entry.record, version=entry.version, sha256=entry.sha256), name)

    def _again(self, source: RunInput, name: str) -> Given:
        kind, _, identity = source.record.partition("/")
        if kind == "dataset":
            return self._tables.given(identity, source.version)
        return Given(source.record, source.version, self._core.raw.read(Digest(source.sha256), f"{name}.xpt"), f"{name}.xpt")

    def _plan_of_run(self, study: Study) -> Plan:
        """The plan with what the deliveries add: the encodings their text was read in, and the day the last of them arrived."""
        arrived = [d.at[:10] for d in study.files.values()]
        encodings = {n: d.encoding for n, d in study.files.items() if d.encoding != "UTF-8"}
        return study.plan.model_copy(update={"encodings": encodings, "received": max(arrived)})

    # ------------------------------------------------------------ reading

    def study(self, session: str, study: str) -> tuple[Study, StudyState]:
        """A study and where it stands."""
        self._core.admit(session, "study", f"study/{study[:60]}")
        return self._core.known("study", study, Study)[0], self.state(study)

    def waiting(self, session: str, study: str) -> tuple[str, ...]:
        """Open deviations of a study."""
        self._core.admit(session, "study", f"study/{study[:60]}")
        return tuple(d.id for d in deviations_of(self._core, f"study/{study}") if d.state == "open")

    def product(self, session: str, study: str, name: str) -> bytes:
        """One product of the run in force (``adsl``, ``define``, ``adsl-xpt``). Raises NotIntact when its bytes are others now."""
        self._core.admit(session, "study", f"study/{study[:60]}")
        run = self._in_force(study)[1]
        if name not in run.products:
            raise BadInput(f"run {run.id} made no {name[:40]!r}; it made {', '.join(sorted(run.products))}")
        return self._flows.product(run, name)

    def rows(self, session: str, run: str, table: str, key: tuple[str, ...]) -> Origin:
        """The source rows a record of a derived table was made from."""
        self._core.admit(session, "study", f"run/{run[:40]}")
        return self._tracing(run).origin(table, key)

    def derived(self, session: str, run: str, domain: str, row: int) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Every derived record, table and key, that a source row went into."""
        self._core.admit(session, "study", f"run/{run[:40]}")
        return self._tracing(run).derived(domain, row)

    def state(self, study: str) -> StudyState:
        """Where a study stands; a new one when it is not known yet."""
        found = self._core.latest("study-state", study, StudyState)
        return found[0] if found else StudyState(study=study, subject=f"study/{study[:60]}")

    def _in_force(self, study: str) -> tuple[Study, RunRecord]:
        found, _ = self._core.known("study", study, Study)
        if not found.run:
            raise Refused(f"study {study} has no tables in force: its data or plan were not processed yet", rule="RR-F01")
        return found, self._core.known("run", found.run, RunRecord)[0]

    def _tracing(self, run: str) -> Tracing:
        record, _ = self._core.known("run", run, RunRecord)
        if record.pipeline != PIPELINE:
            raise BadInput(f"run {run[:40]} is not of the clinical pipeline")
        return Tracing({name: self._flows.product(record, name) for name in record.products if not name.endswith("-xpt")})
