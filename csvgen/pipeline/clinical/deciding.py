"""What people decide about a study by signature: review, release and rejection of its tables; freeze, lock and reopening of its data.

Who derived the tables or brought in data does not review; who reviewed does not release; tables are released on locked data only.
"""

from __future__ import annotations

from typing import Literal

from csvgen.canonical import Digest
from csvgen.clock import stored
from csvgen.errors import BadInput, Refused
from csvgen.identity.directory import Session
from csvgen.pipeline import conditions
from csvgen.pipeline.clinical.planning import APPROVED, newest, plan_id, require_approved, superseded
from csvgen.pipeline.clinical.studies import PIPELINE, Studies
from csvgen.pipeline.clinical.study import MEANINGS, NEXT, Act, Hold, PlanVersion, Study, StudyState
from csvgen.pipeline.core import Core, line
from csvgen.pipeline.deviations import open_deviation, refuse_blocked, refuse_rejected
from csvgen.pipeline.flow.record import RunRecord
from csvgen.pipeline.signing import Judged, Signatures
from csvgen.ports import Outcome

REOPENED = "data reopened"
_SIGNED: dict[str, tuple[str, Literal["reviewed", "released", "rejected"]]] = {
    "reviewed": ("tables reviewed", "reviewed"),
    "released": ("tables released", "released"),
    "rejected": ("tables rejected", "rejected"),
}
_BEFORE = {"reviewed": ("processed",), "released": ("reviewed",), "rejected": ("processed", "reviewed")}


class StudyDecisions:
    """Signing on studies."""

    def __init__(self, core: Core, studies: Studies) -> None:
        self._core = core
        self._studies = studies
        self._signatures = Signatures(core)

    # ------------------------------------------------------------ plan

    def approve(self, session: str, plan: str, reason: str, user_id: str, password: str) -> Outcome:
        """Approve a version of a plan (``CDISCPILOT01:1``) for quality: data are derived by it from now on, and tables made by another are superseded.

        Raises Refused for who registered it (RR-G02), for a version that is not the newest, and while data are held.
        """
        with self._core.acting(session, "study_approve", f"study-plan/{plan[:60]}") as acting:
            found, version = self._core.known("study-plan", plan, PlanVersion)
            line(reason, "reason")
            study, _ = self._core.known("study", found.study, Study)
            state = self._studies.state(found.study)
            self._may_approve(acting, found, study, state)
            hand = self._signatures.hand(acting, APPROVED, reason, user_id, password)
            after = study.model_copy(update={"plan": found.plan, "plan_version": found.number})
            with self._core.ledger.change(self._core.actor(acting), f"plan {plan} approved: {reason}"[:400]) as change:
                self._signatures.make(change, version, hand)
                self._studies.out_of_force(change, after, state)
        gone = ", ".join(run for run, _ in superseded(self._core, after.model_copy(update={"run": ""})))
        told = f"; superseded are the tables of {gone}" if gone else ""
        return Outcome(
            True, f"plan {plan} is approved{told}", f"study-plan/{plan}", {"version": str(found.number), "superseded": gone}
        )

    def _may_approve(self, acting: Session, plan: PlanVersion, study: Study, state: StudyState) -> None:
        name = plan_id(plan.study, plan.number)
        if plan.number <= study.plan_version:
            raise Refused(f"plan {name} was decided on already; in force is plan {study.plan_version}", rule="RR-F05")
        last = newest(self._core, plan.study)
        if last and last.number != plan.number:
            raise Refused(f"plan {name} is not the newest: {plan_id(plan.study, last.number)} is", rule="RR-F01")
        if acting.account.id == plan.by:
            raise Refused(f"{acting.account.printed_name} registered plan {name} and may not approve it", rule="RR-G02")
        if state.data != "open":
            raise Refused(f"the data of study {plan.study} are {state.data}; its plan cannot change now", rule="RR-F01")

    # ------------------------------------------------------------ tables

    def sign(self, session: str, study: str, meaning: str, reason: str, user_id: str, password: str) -> Outcome:
        """Sign the tables in force as reviewed, released or rejected. Raises Refused, with what is missing."""
        if meaning not in _SIGNED:
            self._core.admit(session, "study", f"study/{study[:60]}")
            raise BadInput(f"no meaning {meaning[:40]!r}; tables are signed as {', '.join(_SIGNED)}", rule="RR-M03")
        word, after = _SIGNED[meaning]
        with self._core.acting(session, f"sign_tables_{meaning}", f"study/{study[:60]}") as acting:
            found, version = self._core.known("study", study, Study)
            line(reason, "reason", blank=meaning != "rejected")
            state = self._studies.state(study)
            if state.tables not in _BEFORE[meaning]:
                raise Refused(f"the tables of study {study} are {_said(state)}; they cannot be {meaning} now", rule="RR-F01")
            run, _ = self._core.known("run", found.run, RunRecord)
            require_approved(self._core, found)
            self._gates(acting, found, run, state, meaning)
            self._intact(found, run)
            hand = self._signatures.hand(acting, word, reason, user_id, password)
            with self._core.ledger.change(self._core.actor(acting), reason or meaning) as change:
                signed = self._signatures.make(change, version, hand)
                change.put(
                    "study-state", study, state.model_copy(update={"tables": after}).model_dump(), reason=f"signed as {meaning}"
                )
        facts = {
            "version": str(version.number),
            "run": run.id,
            "outputs": str(run.outputs),
            "components": ", ".join(signed.components),
        }
        return Outcome(True, f"tables of study {study} signed as {meaning}", f"signature/study/{study}#{signed.number}", facts)

    def signatures(self, session: str, study: str) -> tuple[Judged, ...]:
        """Every signature on the study record, in order, with its status now."""
        self._core.admit(session, "signatures", f"study/{study[:60]}")
        return self._signatures.of(f"study/{study}")

    def _gates(self, acting: Session, study: Study, run: RunRecord, state: StudyState, meaning: str) -> None:
        person, name = acting.account.id, acting.account.printed_name
        if run.operator == person:
            raise Refused(f"{name} derived the tables of study {study.study} and may not decide on them", rule="RR-G02")
        if person in self._senders(study):
            raise Refused(f"{name} brought in data of study {study.study} and may not decide on its tables", rule="RR-G02")
        if meaning == "reviewed":
            refuse_blocked(self._core, study.subject, "reviewed")
            return
        reviewers = self._reviewers(study)
        if person in reviewers:
            raise Refused(f"{name} reviewed the tables of study {study.study} and may not decide on their release", rule="RR-G02")
        if meaning == "released":
            self._may_release(acting, study, run, state, reviewers)

    def _may_release(self, acting: Session, study: Study, run: RunRecord, state: StudyState, reviewers: dict[str, str]) -> None:
        if not reviewers:
            raise Refused(f"study {study.study} has no valid review signature", rule="RR-F01")
        if state.data != "locked":
            raise Refused(f"the data of study {study.study} are {state.data}; tables are released on locked data", rule="RR-F01")
        held = self._hold(study.study)
        if held is None or held.act != "lock" or dict(held.files) != {n: i.sha256 for n, i in run.inputs.items()}:
            raise Refused(f"run {run.id} did not read the data that were locked", rule="RR-F04")
        refuse_blocked(self._core, study.subject, "released")
        refuse_rejected(self._core, study.subject)
        decided = (acting.account.id, stored(self._core.clock.now()))
        people = [(run.operator, str(run.ended)), *reviewers.items(), decided]
        if missing := conditions.unmet(self._core, (PIPELINE,), people):
            raise Refused(f"study {study.study} cannot be released: {'; '.join(missing)}", rule="RR-F04")

    def _reviewers(self, study: Study) -> dict[str, str]:
        """Who reviewed the version in force, and when."""
        found = (
            j for j in self._signatures.of(f"study/{study.study}") if j.valid and j.content.get("meaning") == "tables reviewed"
        )
        return {str(j.content["person"]): str(j.content["signed"]) for j in found}

    def _senders(self, study: Study) -> set[str]:
        """Everybody who ever brought in data of the study."""
        versions = (Study.model_validate(v.content) for v in self._core.ledger.versions("study", study.study))
        return {entry.by for version in versions for entry in version.files.values()}

    def _intact(self, study: Study, run: RunRecord | None) -> None:
        """Raises NotIntact when a delivery or a product is not what the records say."""
        for name, entry in study.files.items():
            self._studies.bring(name, entry)
        for name, sha256 in run.products.items() if run else ():
            self._core.results.read(Digest(sha256), f"{name} of the run in force")

    # ------------------------------------------------------------ data

    def hold(self, session: str, study: str, act: Act, reason: str, user_id: str, password: str) -> Outcome:
        """Freeze, lock or reopen the data, by signature of quality. Reopening what was locked opens a deviation."""
        with self._core.acting(session, "study_hold", f"study/{study[:60]}") as acting:
            if act not in NEXT:
                raise BadInput(f"no act {act[:20]!r}; the acts are {', '.join(NEXT)}")
            found, _ = self._core.known("study", study, Study)
            line(reason, "reason")
            state = self._studies.state(study)
            possible, after = NEXT[act]
            if state.data not in possible:
                raise Refused(
                    f"the data of study {study} are {state.data}: {act} needs them {' or '.join(possible)}", rule="RR-F01"
                )
            if not found.files:
                raise Refused(f"study {study} has no data", rule="RR-X12")
            if act != "reopen" and (waiting := [n for n, d in found.files.items() if d.standing != "accepted"]):
                raise Refused(f"the data of study {study} wait in quarantine: {', '.join(waiting)}", rule="RR-H01")
            if act != "reopen" and state.tables == "none":
                words = f"the tables of study {study} are not derived; data are held when they were derived from and looked at"
                raise Refused(words, rule="RR-F01")
            if act == "reopen" and state.tables == "released":
                raise Refused(f"the tables of study {study} are released; their data stay locked", rule="RR-F01")
            self._intact(found, self._core.known("run", found.run, RunRecord)[0] if found.run else None)
            hand = self._signatures.hand(acting, MEANINGS[act], reason, user_id, password)
            kept = Hold(
                study=study,
                subject=found.subject,
                act=act,
                files={n: d.sha256 for n, d in found.files.items()},
                reason=reason,
                by=acting.account.id,
                at=stored(self._core.clock.now()),
            )
            identity = f"{study}:{len(self._holds(study)) + 1}"
            opened = ""
            with self._core.ledger.change(self._core.actor(acting), reason) as change:
                version = change.put("study-hold", identity, kept.model_dump(), action=act)
                self._signatures.make(change, version, hand)
                change.put("study-state", study, state.model_copy(update={"data": after}).model_dump())
                if act == "reopen" and state.data == "locked":
                    opened = open_deviation(self._core, change, found.subject, REOPENED, f"locked data were reopened: {reason}")
        told = f"; deviation {opened} opened" if opened else ""
        return Outcome(
            True, f"the data of study {study} are {after}{told}", f"study-hold/{identity}", {"data": after, "deviation": opened}
        )

    def _holds(self, study: str) -> list[Hold]:
        found = [v for v in self._core.ledger.all("study-hold") if v.content.get("study") == study]
        return [Hold.model_validate(v.content) for v in sorted(found, key=lambda v: v.event)]

    def _hold(self, study: str) -> Hold | None:
        return next(iter(reversed(self._holds(study))), None)


def _said(state: StudyState) -> str:
    return "not derived" if state.tables == "none" else state.tables
