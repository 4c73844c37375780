"""Composing documents and records, and publishing a revision so that it can be signed."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from csvgen import __version__
from csvgen.audit.ledger import Ledger
from csvgen.canonical import Digest, canonical_json, digest, digest_bytes
from csvgen.clock import Clock, stored
from csvgen.crypto.keys import Credential
from csvgen.diagnostics import Findings
from csvgen.errors import Refused
from csvgen.evidence import attachments
from csvgen.evidence.attended import attended_flags
from csvgen.exchange.results.kept import Kept
from csvgen.identity.directory import Directory
from csvgen.model import lifecycle
from csvgen.model.approved_code import ApprovedCode
from csvgen.model.audit import Actor
from csvgen.model.base import Phase
from csvgen.model.deviation import Deviation, Investigation
from csvgen.model.evidence import Evidence
from csvgen.model.people import Policy
from csvgen.model.signature import OWN_TEMPLATE, DocumentRecord, Rendition, RequiredSignature, WrittenConclusion
from csvgen.model.spec import DocumentKind
from csvgen.report.compose import Material, compose, escape
from csvgen.report.glyphs import missing_glyphs
from csvgen.signature.approvals import CODE, CONTENT, DOCUMENT, FEATURES, SAID, Approval, folder_of
from csvgen.signature.handwritten import Handwritten
from csvgen.templates import Templates
from csvgen.trace.content import phase_of
from csvgen.trace.flags import flags
from csvgen.trace.set_content import SET
from csvgen.workflow import gates, repetition, set_told, step_code, telling
from csvgen.workflow.concluding import refuse_conclusion
from csvgen.workflow.drawn import bound, drawn
from csvgen.workflow.renditions import PDF, WORD, refused, unsigned_digest
from csvgen.workflow.repetition import Asked
from csvgen.workflow.state import SPECIFICATION, ProjectState, documents_folder
from csvgen.workflow.stated import stated
from csvgen.workflow.voiding import note_void

_NAMED = 8
"""So many cases are named in the title of an order; its content names all."""


class Publisher:
    """Publishes documents of one system: files and audit event in one defined order (see `Ledger.change`)."""

    def __init__(self, state: ProjectState, ledger: Ledger, clock: Clock, actor: Actor, seal: Credential) -> None:
        self.state = state
        self._ledger = ledger
        self._clock = clock
        self._actor = actor
        self._seal = seal
        self.findings = Findings.of(())  # of the last document that was composed; they did not keep it from being drawn

    @property
    def actor(self) -> Actor:
        """Whoever puts documents up here."""
        return self._actor

    # ------------------------------------------------------------ documents that are drawn

    def document(self, kind: DocumentKind, conclusion: WrittenConclusion | None = None) -> DocumentRecord | None:
        """Compose, draw and publish a new revision; None when the newest revision says the same already."""
        if refusal := gates.may_compose(self.state, kind):
            raise Refused(f"{self.state.document_id(kind)} cannot be composed yet: {refusal}", rule="RR-F06")
        refuse_conclusion(self.state, kind, conclusion)
        identity = self.state.document_id(kind)
        newest = self.state.latest(identity)
        if newest is not None and conclusion in (None, newest.document.conclusion) and self._stands(newest):
            return None
        note_void(self.state, self._ledger, self._actor)
        content = self.state.content(kind)
        beside = {SAID: canonical_json(self.state.said(kind)), **self._beside(kind)}
        composed = stored(self._clock.now())
        revision = newest.document.revision + 1 if newest else 1
        code = ApprovedCode.model_validate_json(beside[CODE]) if CODE in beside else None
        material = replace(self._material(kind, identity, revision, composed, content), code=code, written=conclusion)
        report = compose(material, Templates(self.state.config.templates, escape))
        self.findings = missing_glyphs(report)
        stem = f"{identity}-r{revision}"
        files = drawn(self.state, kind, report, stem)
        record = DocumentRecord(
            id=identity,
            kind=kind,
            title=report.title,
            revision=revision,
            system=self.state.spec.system.id,
            system_version=self.state.spec.system.version,
            content=content,
            text=report.digest,
            derived_from=dict(material.derived_from),
            renditions=tuple(
                Rendition(file=name, media_type=kind_of, sha256=_unsigned(data, kind_of), official=kind_of == PDF)
                for name, (kind_of, data) in files.items()
            ),
            signatures=self._required(kind),
            separation=self._separation(),
            demonstration=self.state.spec.system.demonstration == "yes",
            composed=composed,
            composed_by=f"csvgen {__version__}",
            said=digest_bytes(beside[SAID]),
            features=digest_bytes(beside[FEATURES]) if FEATURES in beside else None,
            code=digest_bytes(beside[CODE]) if CODE in beside else None,
            conclusion=conclusion,
        )
        from csvgen.signature.pdf import seal

        folder = documents_folder(self.state, record)
        sealed = seal(files[f"{stem}.pdf"][1], self._seal, self._clock.now())
        placed = {folder / name: sealed if kind_of == PDF else data for name, (kind_of, data) in files.items()}
        placed |= {folder / name: data for name, data in bound(self.state, report, stem, files).items()}
        self._publish(record, placed, beside)
        return record

    def _challenge(self, kind: DocumentKind) -> dict[str, str]:
        """The challenge a document tells of. It changes nothing of what the document concludes, so a later one makes none void."""
        told = self.state.challenge if kind in set_told.TELL_OF_CHALLENGE else None
        return {} if told is None else {f"challenge {told.plan.challenge}, seal": str(told.digest)}

    def _stands(self, newest: Approval) -> bool:
        """Whether a revision says what there is to say: the content, the newest challenge, the step code."""
        document, phase = newest.document, phase_of(newest.document.kind)
        if (
            newest.ended
            or not self.state.current(newest)
            or not self._challenge(document.kind).items() <= document.derived_from.items()
        ):
            return False
        return phase is None or not document.kind.endswith("-protocol") or step_code.stands(self.state, newest, phase)

    def _beside(self, kind: DocumentKind) -> dict[str, bytes]:
        """Of a protocol its feature files as they are now (drafting anew replaces them in their place), and its step code."""
        phase = phase_of(kind)
        if phase is None or not kind.endswith("-protocol"):
            return {}
        held = {f.path: f.text for f in self.state.protocol.features if f.phase == phase}
        features = canonical_json({"format": "csvgen.features/1", "features": held})
        return {FEATURES: features, CODE: canonical_json(step_code.listed(self.state, phase))}

    def _material(self, kind: DocumentKind, identity: str, revision: int, composed: str, content: Digest) -> Material:
        state = self.state
        if kind in SET:
            people = Directory(self._ledger, self._clock, Policy(), self._actor.source).accounts
            made_from = self._derived_from(kind, None)
            return set_told.material(state, kind, identity, revision, composed, content, made_from, people)
        is_report = kind.endswith("-report")
        phase = phase_of(kind)
        return Material(
            kind=kind,
            id=identity,
            revision=revision,
            composed=composed,
            content=content,
            derived_from=self._derived_from(kind, phase),
            spec=state.spec,
            protocol=state.protocol if phase else None,
            remarks=state.drafted.remarks,
            runs=state.runs if is_report else (),
            deviations=state.deviations if is_report else (),
            matrix=state.matrix if is_report else None,
            conclusion=state.conclusion(phase) if is_report and phase else None,
            references=telling.references(state, self._stands_on(kind)),
            history=telling.history(state, identity, revision, composed),
            signatures=telling.signature_lines(state, phase) if is_report and phase else (),
            timeline=telling.timeline(state) if is_report else (),
            copies=telling.copies(state, phase) if is_report and phase else (),
            repetitions=telling.repetitions(state, phase) if is_report and phase else (),
            engineering=telling.engineering(state, phase) if is_report and phase else (),
            flags=telling.flagged(state, phase) if is_report and phase else (),
            challenge=state.challenge if kind == "oq-report" else None,
            bound=step_code.told(state, phase) if is_report and phase else (),
            opened=attachments.content,
        )

    def _derived_from(self, kind: DocumentKind, phase: Phase | None) -> dict[str, str]:
        state = self.state
        found: dict[str, str] = {"specification": state.spec.digest}
        if kind in SET:
            found |= set_told.derived(state, kind) | self._challenge(kind)
        for other in self._stands_on(kind):
            approval = state.latest(state.document_id(other))
            if approval is not None:
                found[f"{approval.document.id} r{approval.document.revision}"] = approval.document.digest
        if phase is not None:
            found[f"{phase} protocol, cases"] = state.protocol.digest_of(phase)
        if kind.endswith("-report"):
            found |= {f"run {r.run}, seal": str(r.digest) for r in state.runs if r.plan.phase == phase and r.digest}
            found["matrix"] = digest(state.matrix)
            found |= self._challenge(kind)
        return found | {f"{OWN_TEMPLATE} {n}": d for n, d in Templates(state.config.templates, escape).own.items()}

    @staticmethod
    def _stands_on(kind: DocumentKind) -> tuple[DocumentKind, ...]:
        if kind.endswith("-protocol"):
            return SPECIFICATION
        if kind in ("fs", "risk"):
            return ("urs",)
        stands: dict[str, tuple[DocumentKind, ...]] = {
            "iq-report": ("iq-protocol",),
            "oq-report": ("oq-protocol", "iq-report"),
            "pq-report": ("pq-protocol", "iq-report", "oq-report"),
        }
        return stands.get(kind, ())

    # ------------------------------------------------------------ records of events

    def procedure(self, identity: str) -> DocumentRecord | None:
        """A procedure of the site, put up for verification: the record binds the file by its digest."""
        content = self.state.content("procedure", identity)
        newest = self.state.latest(identity)
        if newest is not None and newest.document.content == content and not newest.ended:
            return None
        note_void(self.state, self._ledger, self._actor)
        revision = newest.document.revision + 1 if newest else 1
        path = f"requirements_specs/{self.state.spec.system.id}/{self.state.spec.procedure_file(identity)}"
        rendition = Rendition(
            file=path, media_type=mimetypes.guess_type(path)[0] or "text/markdown", sha256=content, official=True
        )
        record = self._record("procedure", identity, f"Procedure {identity}", revision, content, {}, (rendition,))
        self._publish(record, {})
        return record

    def order(
        self, phase: Phase, retest: tuple[str, ...], account: str, owner: str, *, change: str = "", carry_over: str = ""
    ) -> DocumentRecord:
        """An execution order, to be signed by a trained person. Raises Refused where the gates are shut.

        `change` releases what no disposition does; `carry_over` says why results of an earlier revision of the protocol stay.
        """
        change = stated(change, "the change reference", "RR-F02") if change else ""
        carry_over = stated(carry_over, "the rationale of the carry-over", "RR-F02") if carry_over else ""
        retest = tuple(sorted(set(retest)))
        if refusal := gates.may_order(self.state, phase, Asked(retest, change, carry_over)):
            raise Refused(f"no execution of the {phase} may be ordered: {refusal}", rule="RR-F02")
        step_code.refuse_other_code(self.state, self.state.latest(self.state.document_id(gates.protocol_kind(phase))), retest)
        there = gates.orders(self.state, phase)
        overtaken = bool(there) and self.state.run(str(there[-1].content["run"])) is None
        run = f"{phase}-{len(there) + (not overtaken):03d}"  # an order for a wording revised meanwhile gets a new revision
        content = {
            "format": "csvgen.execution-order/2",
            "run": run,
            "phase": phase,
            "protocol": self.state.protocol.digest_of(phase),
            "document": self.state.latest(self.state.document_id(gates.protocol_kind(phase))).document.digest,  # type: ignore[union-attr]
            "retest": list(retest),
            "target": self.state.spec.settings.target,
            "account": account,
            "account_owner": owner,
            "released_by": list(repetition.released_by(self.state, phase, retest)),
            "change_reference": change,
            "carry_over": carry_over,
            "carried": list(repetition.carried(self.state, phase, retest)) if retest else [],
        }
        attended = [c.id for c in self.state.protocol.of(phase) if c.attended and (not retest or c.id in retest)]
        if attended:
            content["attended"] = attended
        title = f"Execution order {run}" + (f", retest of {', '.join(retest[:_NAMED])}" if retest else "")
        title += f" and {len(retest) - _NAMED} more" if len(retest) > _NAMED else ""
        return self._content_record("execution-order", run, title, content)

    def run_record(self, run: str) -> DocumentRecord:
        """The executed record of a sealed run, to be signed as performed and as reviewed."""
        evidence = self.state.run(run)
        if evidence is None or evidence.seal is None or evidence.digest is None:
            raise Refused(f"there is no sealed run {run}")
        if evidence.problems:
            raise Refused(f"the run {run} is damaged: {evidence.problems[0]}")
        content = {
            "format": "csvgen.run-record/1",
            "run": run,
            "seal": evidence.digest,
            "summary": evidence.seal.summary,
            "complete": "yes" if evidence.seal.complete else "no",
            **({"irregular": list(evidence.irregular)} if evidence.irregular else {}),
            **self._shown(evidence),
        }
        return self._content_record("run-record", run, f"Executed record {run}", content)

    def _shown(self, evidence: Evidence) -> dict[str, Any]:
        """What the signers of an executed record are shown: who carried out its attended cases, and every flag, each once."""
        people = (p.shown for r in evidence.results for p in r.performed_by)
        found = {"attended_by": list(dict.fromkeys(people)), "flags": self._flags(evidence)}
        return {name: value for name, value in found.items() if value}

    def flags(self, run: str) -> tuple[str, ...]:
        """What the reviewer of a run should look at; the same stands in its executed record."""
        evidence = self.state.run(run)
        return () if evidence is None else (*evidence.irregular, *self._flags(evidence))

    def _flags(self, evidence: Evidence) -> list[str]:
        """What was flagged while people carried out cases, and what comparing the record with itself raises, each once."""
        return list(dict.fromkeys((*flags(evidence, self.state.protocol, self.state.runs), *attended_flags(evidence))))

    def deviation(self, identity: str, investigation: Investigation) -> DocumentRecord:
        """The investigated deviation, to be signed as its disposition."""
        found = next((o for o in self.state.opened if o.id == identity), None)
        if found is None:
            raise Refused(
                f"there is no deviation {identity}", hint=f"open: {', '.join(o.id for o in self.state.opened) or 'none'}"
            )
        if investigation.lacks:
            raise Refused(f"the investigation of {identity} is not complete: {investigation.lacks}", rule="RR-X12")
        content: Deviation = found.record(self.state.protocol, self.state.spec.system.id, investigation)
        return self._content_record(
            "deviation", identity, f"Deviation {identity}: {found.case} in {found.run}", content.model_dump(mode="python")
        )

    def conditional_release(self, phase: Phase, reason: str, conditions: Sequence[str]) -> DocumentRecord:
        """Leave to begin the next phase although this one is not closed; conditions are part of what is signed."""
        content = {"format": "csvgen.conditional-release/1", "phase": phase, "reason": reason, "conditions": list(conditions)}
        return self._content_record("conditional-release", phase, f"Conditional release of the {phase}", content)

    def imported_evidence(self, kept: Kept) -> DocumentRecord:
        """An import with its newest table, to be accepted by signature."""
        title = f"Imported evidence {kept.record.id}: {kept.record.name}"
        return self._content_record("imported-evidence", kept.record.id, title, kept.content())

    def trail_review(self, name: str, content: Mapping[str, Any]) -> DocumentRecord:
        """A review of the audit trail with its scope and findings, to be signed as reviewed (RR-E10). `name` numbers it."""
        return self._content_record("trail-review", name, f"Review of the audit trail {name}", content)

    def handwritten(self, content: Handwritten, scan: bytes, media_type: str) -> DocumentRecord:
        """A signature by hand with its scan, to be signed as verified by a second person (RR-L07)."""
        identity = f"{content.record}-R{content.revision}-P{content.number}"
        title = f"Handwritten signature {content.number} on {content.record} revision {content.revision}"
        rendition = Rendition(file=content.scan, media_type=media_type, sha256=content.scan_sha256, official=False)
        return self._content_record("handwritten", identity, title, content.model_dump(), (rendition,), {content.scan: scan})

    def _content_record(
        self,
        kind: DocumentKind,
        part: str,
        title: str,
        content: Mapping[str, Any],
        renditions: tuple[Rendition, ...] = (),
        beside: Mapping[str, bytes] | None = None,
    ) -> DocumentRecord:
        identity = self.state.document_id(kind, part)
        body = canonical_json(content)
        newest = self.state.latest(identity)
        if newest is not None and newest.document.content == digest_bytes(body) and not newest.ended:
            return newest.document
        revision = newest.document.revision + 1 if newest else 1
        record = self._record(kind, identity, title, revision, digest_bytes(body), {}, renditions)
        self._publish(record, {}, {CONTENT: body, **(beside or {})})
        return record

    # ------------------------------------------------------------ shared

    def _record(
        self,
        kind: DocumentKind,
        identity: str,
        title: str,
        revision: int,
        content: Digest,
        derived: Mapping[str, str],
        renditions: tuple[Rendition, ...],
    ) -> DocumentRecord:
        return DocumentRecord(
            id=identity,
            kind=kind,
            title=title,
            revision=revision,
            system=self.state.spec.system.id,
            system_version=self.state.spec.system.version,
            content=content,
            derived_from=dict(derived),
            renditions=renditions,
            signatures=self._required(kind),
            separation=self._separation(),
            demonstration=self.state.spec.system.demonstration == "yes",
            composed=stored(self._clock.now()),
            composed_by=f"csvgen {__version__}",
        )

    def _required(self, kind: DocumentKind) -> tuple[RequiredSignature, ...]:
        stations = self.state.spec.settings.route(kind).stations
        return tuple(RequiredSignature(number=n, meaning=s.meaning, role=s.role, by=s.by) for n, s in enumerate(stations, 1))

    def _separation(self) -> tuple[tuple[str, str], ...]:
        return tuple((s.first, s.second) for s in self.state.spec.settings.separation)

    def _publish(self, record: DocumentRecord, files: Mapping[Path, bytes], beside: Mapping[str, bytes] | None = None) -> None:
        """Files of the record, and files `beside` the record itself, in one change with the event."""
        body = canonical_json(record)
        folder = folder_of(self.state.config.approvals(self.state.spec.system.id), record)
        files = {**files, **{folder / name: data for name, data in (beside or {}).items()}}
        with self._ledger.change(self._actor) as change:
            facts = {"document": record.digest, "content": str(record.content)}
            if record.kind != "execution-order":
                facts["life"] = lifecycle.step(record.id, "draft", "in review")
            if record.revision > 1:
                facts["supersedes"] = f"r{record.revision - 1}"
            for path, data in files.items():
                facts[path.name] = change.file(path, data)
            change.file(folder / DOCUMENT, body)
            change.note("publish", f"{record.id} r{record.revision}", facts=facts)


def _unsigned(data: bytes, media_type: str) -> Digest:
    """Digest of a file that nobody signed yet; it stays the same while signatures are added."""
    if why := refused(data, media_type):
        raise Refused(
            f"nobody could sign the {'Word file' if media_type == WORD else 'workbook'}: {why}",
            hint="mend reference.docx under the project's templates",
        )
    found = unsigned_digest(data, media_type) if media_type != PDF else digest_bytes(data)
    if found is None:
        raise AssertionError("a rendition was drawn that cannot be signed")
    return found
