"""The port Pipeline of the local target: lots, their runs, and the code, people and procedures they stand on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from csvgen import canonical
from csvgen.errors import BadInput
from csvgen.ports import DeviationView, LotStanding, LotView, Outcome, RecordCopy, Secret, TraceView
from csvgen.targets.local import attacks, bundles
from csvgen.targets.local.connection import Line, Port, SystemRefused


class LocalPipeline(Port):
    """ports.Pipeline."""

    def __init__(self, connection: Line, home: Path) -> None:
        super().__init__(connection)
        self._home = home

    def ingest(self, session: str, lot: str, file_name: str, content: bytes, metadata: Mapping[str, str]) -> Outcome:
        args = {"lot": lot, "file_name": file_name, "content": content, "metadata": dict(metadata)}
        return self._connection.outcome("Pipeline.ingest", session=session, **args)

    def process(self, session: str, lot: str) -> Outcome:
        return self._connection.outcome("Pipeline.process", session=session, lot=lot)

    def lot(self, session: str, lot: str) -> LotView | None:
        view: LotView | None = self._connection.ask("Pipeline.lot", session=session, lot=lot)
        return view

    def deviations(self, session: str, lot: str) -> tuple[DeviationView, ...]:
        return tuple(self._connection.ask("Pipeline.deviations", session=session, lot=lot))

    def dispose(self, session: str, deviation: str, decision: str, reason: str, user_id: str, password: Secret) -> Outcome:
        args = {"decision": decision, "reason": reason, "user_id": user_id, "password": password.reveal()}
        return self._connection.outcome("Pipeline.dispose", session=session, deviation=deviation, **args)

    def check_file(self, session: str, lot: str, file_name: str) -> Outcome:
        return self._connection.outcome("Pipeline.check_file", session=session, lot=lot, file_name=file_name)

    def damage_file(self, session: str, lot: str, file_name: str) -> Outcome:
        """Change one byte of the stored raw file, past the application."""
        view = self.lot(session, lot)
        if view is None or file_name not in view.files:
            raise BadInput(f"lot {lot!r} has no file {file_name!r} to damage")
        return attacks.damage(self._home, canonical.Digest(view.files[file_name]))

    def remove_file(self, session: str, lot: str, file_name: str) -> Outcome:
        """Remove the stored raw file, past the application."""
        view = self.lot(session, lot)
        if view is None or file_name not in view.files:
            raise BadInput(f"lot {lot!r} has no file {file_name!r} to remove")
        return attacks.remove(self._home, canonical.Digest(view.files[file_name]))

    def trace(self, session: str, name: str) -> TraceView:
        view: TraceView = self._connection.ask("Pipeline.trace", session=session, asked=name)
        return view

    def run_record(self, session: str, run: str) -> bytes:
        return bytes(self._connection.ask("Pipeline.run_record", session=session, run=run))

    def repeat(self, session: str, run: str, reason: str) -> Outcome:
        return self._connection.outcome("Pipeline.repeat", session=session, run=run, reason=reason)

    def investigate(
        self, session: str, investigation: str, phase: str, findings: str, cause: str, evidence: tuple[str, ...]
    ) -> Outcome:
        args = {"phase": phase, "findings": findings, "cause": cause, "evidence": evidence}
        return self._connection.outcome("Pipeline.investigate", session=session, investigation=investigation, **args)

    def invalidate(self, session: str, investigation: str, retests: str, reason: str, user_id: str, password: Secret) -> Outcome:
        about = {"investigation": investigation, "retests": retests}
        return self._signed("Pipeline.invalidate", session, reason, user_id, password, **about)

    def reintegrate(self, session: str, lot: str, file: str, content: bytes, reason: str) -> Outcome:
        args = {"file": file, "content": content, "reason": reason}
        return self._connection.outcome("Pipeline.reintegrate", session=session, lot=lot, **args)

    def sign_integration(self, session: str, integration: str, reason: str, user_id: str, password: Secret) -> Outcome:
        return self._signed("Pipeline.sign_integration", session, reason, user_id, password, integration=integration)

    def decide_quarantined(
        self, session: str, lot: str, file_name: str, decision: str, reason: str, user_id: str, password: Secret
    ) -> Outcome:
        about = {"lot": lot, "file_name": file_name, "decision": decision}
        return self._signed("Pipeline.decide_quarantined", session, reason, user_id, password, **about)

    def propose_aside(self, session: str, lot: str, file_name: str, cause: str, evidence: tuple[str, ...]) -> Outcome:
        """Ask that a file is never processed; beside the port, for systems that know this."""
        args = {"lot": lot, "file_name": file_name, "cause": cause, "evidence": evidence}
        return self._connection.outcome("Pipeline.propose_aside", session=session, **args)

    def set_aside(self, session: str, proposal: str, reason: str, user_id: str, password: Secret) -> Outcome:
        return self._signed("Pipeline.set_aside", session, reason, user_id, password, identity=proposal)

    def refuse_aside(self, session: str, proposal: str, reason: str) -> Outcome:
        return self._connection.outcome("Pipeline.refuse_aside", session=session, identity=proposal, reason=reason)

    def certificate(self, session: str, lot: str) -> RecordCopy:
        copy: RecordCopy = self._connection.ask("Pipeline.certificate", session=session, lot=lot)
        return copy

    def check_landing(self, session: str) -> Outcome:
        return self._connection.outcome("Pipeline.check_landing", session=session)

    def build_artifact(self, session: str, pipeline: str, ticket: str, commit: str, user_id: str, password: Secret) -> Outcome:
        about = {"pipeline": pipeline, "ticket": ticket, "commit": commit, "user_id": user_id, "password": password.reveal()}
        return self._connection.outcome("Pipeline.build_artifact", session=session, **about)

    def review_promotion(
        self, session: str, artifact: str, environment: str, evidence: str, reason: str, user_id: str, password: Secret
    ) -> Outcome:
        about = {"artifact": artifact, "environment": environment, "evidence": evidence}
        return self._signed("Pipeline.review_promotion", session, reason, user_id, password, **about)

    def approve_promotion(
        self, session: str, artifact: str, environment: str, reason: str, user_id: str, password: Secret
    ) -> Outcome:
        about = {"artifact": artifact, "environment": environment}
        return self._signed("Pipeline.approve_promotion", session, reason, user_id, password, **about)

    def withdraw_artifact(self, session: str, artifact: str, reason: str, user_id: str, password: Secret) -> Outcome:
        return self._signed("Pipeline.withdraw_artifact", session, reason, user_id, password, artifact=artifact)

    def register_artifact(self, session: str, files: Mapping[str, bytes], signature: bytes) -> Outcome:
        sent = [{"name": name.encode(), "content": content} for name, content in files.items()]
        return self._connection.outcome("Pipeline.register_artifact", session=session, files=sent, signature=signature)

    def offer_artifact(self, session: str, artifact: str, offer: str) -> tuple[Mapping[str, bytes], bytes]:
        """A copy of a built artifact that was tampered with, or signed otherwise."""
        return bundles.offered(self._home, self._artifact(session, artifact), offer)

    def tamper_artifact(self, session: str, artifact: str, manner: str) -> Outcome:
        """Change one byte of the stored code of an artifact, past the application, or put it back."""
        return bundles.tampered(self._home, self._artifact(session, artifact), manner)

    def _artifact(self, session: str, artifact: str) -> Mapping[str, str]:
        found = self._connection.ask("Records.read", session=session, record=f"artifact/{artifact}")
        if found is None:
            raise BadInput(f"there is no artifact {artifact!r}")
        fields: Mapping[str, str] = found.fields
        return fields

    def change_method(self, session: str, document: str, ticket: str, evidence: str, reason: str) -> Outcome:
        about = {"document": document, "ticket": ticket, "evidence": evidence, "reason": reason}
        return self._connection.outcome("Pipeline.change_method", session=session, **about)

    def approve_method(self, session: str, identity: str, reason: str, user_id: str, password: Secret) -> Outcome:
        return self._signed("Pipeline.approve_method", session, reason, user_id, password, identity=identity)

    def extend_revalidation(self, session: str, subject: str, until: str, reason: str, user_id: str, password: Secret) -> Outcome:
        about = {"subject": subject, "until": until}
        return self._signed("Pipeline.extend_revalidation", session, reason, user_id, password, **about)

    def complete_revalidation(
        self, session: str, subject: str, evidence: str, reason: str, user_id: str, password: Secret
    ) -> Outcome:
        about = {"subject": subject, "evidence": evidence}
        return self._signed("Pipeline.complete_revalidation", session, reason, user_id, password, **about)

    def register_procedure(
        self, session: str, procedure: str, title: str, version: str, effective_from: str, reason: str
    ) -> Outcome:
        about = {"title": title, "version": version, "effective_from": effective_from, "effective_until": "", "reason": reason}
        return self._connection.outcome("Pipeline.register_procedure", session=session, procedure=procedure, **about)

    def require_procedures(self, session: str, subject: str, procedures: tuple[str, ...], reason: str) -> Outcome:
        about = {"subject": subject, "procedures": procedures, "reason": reason}
        return self._connection.outcome("Pipeline.require_procedures", session=session, **about)

    def register_training(
        self, session: str, person: str, procedure: str, version: str, trained_on: str, expires: str, reason: str
    ) -> Outcome:
        about = {"procedure": procedure, "version": version, "trained_on": trained_on, "expires": expires, "reason": reason}
        return self._connection.outcome("Pipeline.register_training", session=session, person=person, **about)

    # ------------------------------------------------------------ beside the port, for systems that know it

    def change_material(self, session: str, document: str, ticket: str, reason: str) -> Outcome:
        """Propose a material, the whole of it as YAML."""
        about = {"document": document, "ticket": ticket, "reason": reason}
        return self._connection.outcome("Pipeline.change_material", session=session, **about)

    def approve_material(self, session: str, identity: str, reason: str, user_id: str, password: Secret) -> Outcome:
        return self._signed("Pipeline.approve_material", session, reason, user_id, password, identity=identity)

    def describe_lot(self, session: str, lot: str, material: str, manufactured_on: str, expires_on: str, reason: str) -> Outcome:
        """Say what a lot is a lot of; without a day of expiry the rule of the material gives it."""
        about = {"material": material, "manufactured_on": manufactured_on, "expires_on": expires_on, "reason": reason}
        return self._connection.outcome("Pipeline.describe_lot", session=session, lot=lot, **about)

    def correct_certificate(self, session: str, lot: str, remark: str, reason: str, user_id: str, password: Secret) -> Outcome:
        """A new revision of a certificate, with a remark."""
        return self._signed("Pipeline.correct_certificate", session, reason, user_id, password, lot=lot, remark=remark)

    def certificate_copy(self, session: str, lot: str) -> RecordCopy:
        """The certificate, marked as a copy."""
        copy: RecordCopy = self._connection.ask("Pipeline.certificate_copy", session=session, lot=lot)
        return copy

    def certificate_draft(self, session: str, lot: str) -> RecordCopy:
        """What the certificate of a lot would say as of now."""
        copy: RecordCopy = self._connection.ask("Pipeline.certificate_draft", session=session, lot=lot)
        return copy

    def end_procedure(self, session: str, procedure: str, until: str, reason: str) -> Outcome:
        about = {"procedure": procedure, "until": until, "reason": reason}
        return self._connection.outcome("Pipeline.end_procedure", session=session, **about)

    def standing(self, session: str) -> tuple[LotStanding, ...]:
        """Where every lot stands, and whom it waits for."""
        return tuple(self._connection.ask("Pipeline.standing", session=session))

    def waiting(self, session: str) -> tuple[str, ...]:
        """Lots that wait for processing and for nothing else."""
        return tuple(self._connection.ask("Pipeline.waiting", session=session))

    def process_batch(self, session: str, lots: tuple[str, ...]) -> tuple[Outcome, ...]:
        """Process lots as one batch: what came of each, in their order, and of the batch."""
        return tuple(self._connection.ask("Pipeline.process_batch", session=session, lots=lots))

    def process_each(self, session: str, lots: tuple[str, ...]) -> tuple[Outcome, ...]:
        """Process lots one after the other."""
        return tuple(self._connection.ask("Pipeline.process_each", session=session, lots=lots))

    def _signed(self, verb: str, session: str, reason: str, user_id: str, password: Secret, **about: str) -> Outcome:
        """An act that is a signature."""
        hand = {"reason": reason, "user_id": user_id, "password": password.reveal()}
        return self._connection.outcome(verb, session=session, **about, **hand)

    def calibrate(self, session: str, model: str, x: tuple[str, ...], y: tuple[str, ...]) -> Mapping[str, str]:
        return self._calculated("Pipeline.calibrate", session=session, model=model, x=x, y=y)

    def statistics(self, session: str, values: tuple[str, ...]) -> Mapping[str, str]:
        return self._calculated("Pipeline.statistics", session=session, values=values)

    def _calculated(self, verb: str, **args: Any) -> Mapping[str, str]:
        """The values, or ``{"refused": words}`` for input that has no answer."""
        try:
            return dict(self._connection.ask(verb, **args))
        except SystemRefused as refusal:
            if refusal.kind != "input":
                raise
            return {"refused": refusal.message}
