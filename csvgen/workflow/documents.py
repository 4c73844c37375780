"""Composing documents and records, and publishing a revision so that it can be signed."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from csvgen import __version__
from csvgen.audit.ledger import Ledger
from csvgen.canonical import Digest, canonical_json, digest, digest_bytes
from csvgen.clock import Clock, shown, stored
from csvgen.crypto.keys import Credential
from csvgen.errors import Refused
from csvgen.model.audit import Actor
from csvgen.model.base import Phase
from csvgen.model.deviation import Deviation, Investigation
from csvgen.model.report import Report, TimelineEntry
from csvgen.model.signature import DocumentRecord, Rendition, RequiredSignature
from csvgen.model.spec import DocumentKind
from csvgen.report.compose import Material, Reference, SignatureLine, compose
from csvgen.signature.approvals import CONTENT, DOCUMENT, Approval, folder_of
from csvgen.templates import Templates
from csvgen.trace.content import phase_of
from csvgen.workflow import gates
from csvgen.workflow.state import SPECIFICATION, ProjectState

PDF, WORD = "application/pdf", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


class Publisher:
    """Publishes documents of one system: files and audit event in one defined order (see `Ledger.change`)."""

    def __init__(self, state: ProjectState, ledger: Ledger, clock: Clock, actor: Actor, seal: Credential) -> None:
        self.state = state
        self._ledger = ledger
        self._clock = clock
        self._actor = actor
        self._seal = seal

    # ------------------------------------------------------------ documents that are drawn

    def document(self, kind: DocumentKind) -> DocumentRecord | None:
        """Compose, draw and publish a new revision; None when the newest revision says the same already."""
        if refusal := gates.may_compose(self.state, kind):
            raise Refused(f"{self.state.document_id(kind)} cannot be composed yet: {refusal}", rule="RR-F06")
        identity = self.state.document_id(kind)
        newest = self.state.latest(identity)
        if newest is not None and self.state.current(newest):
            return None
        content = self.state.content(kind)
        composed = stored(self._clock.now())
        revision = newest.document.revision + 1 if newest else 1
        material = self._material(kind, identity, revision, composed, content)
        report = compose(material, Templates(self.state.config.templates, _escape))
        pdf, word = self._draw(report)
        stem = f"{identity}-r{revision}"
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
            renditions=(
                Rendition(file=f"{stem}.pdf", media_type=PDF, sha256=digest_bytes(pdf), official=True),
                Rendition(file=f"{stem}.docx", media_type=WORD, sha256=_word_digest(word), official=False),
            ),
            signatures=self._required(kind),
            separation=self._separation(),
            demonstration=self.state.spec.system.demonstration == "yes",
            composed=composed,
            composed_by=f"csvgen {__version__}",
        )
        from csvgen.signature.pdf import seal

        folder = documents_folder(self.state, record)
        sealed = seal(pdf, self._seal, self._clock.now())
        self._publish(record, {folder / f"{stem}.pdf": sealed, folder / f"{stem}.docx": word})
        return record

    def _draw(self, report: Report) -> tuple[bytes, bytes]:
        from csvgen.report import pdf, word

        reference = Templates(self.state.config.templates, str).path("reference.docx").read_bytes()
        return pdf.draw(report), word.draw(report, reference)

    def _material(self, kind: DocumentKind, identity: str, revision: int, composed: str, content: Digest) -> Material:
        state = self.state
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
            references=self._references(kind),
            history=self._history(identity, revision, composed),
            signatures=self._signature_lines(phase) if is_report and phase else (),
            timeline=timeline(state) if is_report else (),
        )

    def _derived_from(self, kind: DocumentKind, phase: Phase | None) -> dict[str, str]:
        state = self.state
        found: dict[str, str] = {"specification": state.spec.digest}
        for other in self._stands_on(kind):
            approval = state.latest(state.document_id(other))
            if approval is not None:
                found[f"{approval.document.id} r{approval.document.revision}"] = approval.document.digest
        if phase is not None:
            found[f"{phase} protocol, cases"] = state.protocol.digest_of(phase)
        if kind.endswith("-report"):
            found |= {f"run {r.run}, seal": str(r.digest) for r in state.runs if r.plan.phase == phase and r.digest}
            found["matrix"] = digest(state.matrix)
        return found

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

    def _references(self, kind: DocumentKind) -> Sequence[Reference]:
        found = []
        for other in self._stands_on(kind):
            approval = self.state.latest(self.state.document_id(other))
            if approval is not None:
                d = approval.document
                when = shown(approval.completed) if approval.completed else "not approved"
                found.append(Reference(id=d.id, title=d.title, revision=d.revision, digest=d.digest, approved=when))
        return found

    def _history(self, identity: str, revision: int, composed: str) -> Sequence[tuple[str, str, str]]:
        earlier = [a.document for a in self.state.approvals if a.document.id == identity]
        rows = [(str(d.revision), shown(d.composed), "initial issue" if d.revision == 1 else "content changed") for d in earlier]
        return [
            *rows,
            (
                str(revision),
                shown(composed),
                "initial issue" if revision == 1 else "content changed; see the difference of the specification",
            ),
        ]

    def _signature_lines(self, phase: Phase) -> Sequence[SignatureLine]:
        kinds = ("execution-order", "run-record", "deviation", "conditional-release")
        found = []
        for approval in self.state.approvals:
            if approval.document.kind in kinds and phase in _phase_of(approval):
                found += [
                    SignatureLine(record=approval.document.id, title=approval.document.title, meaning=s.record.meaning,
                                  printed_name=s.record.printed_name, role=s.record.role, signed=s.record.signed)
                    for s in approval.signatures
                ]  # fmt: skip
        return sorted(found, key=lambda s: s.signed)

    # ------------------------------------------------------------ records of events

    def procedure(self, identity: str) -> DocumentRecord | None:
        """A procedure of the site, put up for verification: the record binds the file by its digest."""
        content = self.state.content("procedure", identity)
        newest = self.state.latest(identity)
        if newest is not None and newest.document.content == content:
            return None
        revision = newest.document.revision + 1 if newest else 1
        path = f"requirements_specs/{self.state.spec.system.id}/{self.state.spec.procedure_file(identity)}"
        rendition = Rendition(
            file=path, media_type=mimetypes.guess_type(path)[0] or "text/markdown", sha256=content, official=True
        )
        record = self._record("procedure", identity, f"Procedure {identity}", revision, content, {}, (rendition,))
        self._publish(record, {})
        return record

    def order(self, phase: Phase, retest: tuple[str, ...], account: str, owner: str) -> DocumentRecord:
        """An execution order, to be signed by a trained person. Raises Refused where the gates are shut."""
        if refusal := gates.may_order(self.state, phase, retest):
            raise Refused(f"no execution of the {phase} may be ordered: {refusal}", rule="RR-F02")
        there = gates.orders(self.state, phase)
        overtaken = bool(there) and self.state.run(str(there[-1].content["run"])) is None
        run = f"{phase}-{len(there) + (not overtaken):03d}"  # an order for a wording revised meanwhile gets a new revision
        content = {
            "format": "csvgen.execution-order/1",
            "run": run,
            "phase": phase,
            "protocol": self.state.protocol.digest_of(phase),
            "document": self.state.latest(self.state.document_id(gates.protocol_kind(phase))).document.digest,  # type: ignore[union-attr]
            "retest": list(retest),
            "target": self.state.spec.settings.target,
            "account": account,
            "account_owner": owner,
        }
        title = f"Execution order {run}" + (f", retest of {', '.join(retest)}" if retest else "")
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
        }
        return self._content_record("run-record", run, f"Executed record {run}", content)

    def deviation(self, identity: str, investigation: Investigation) -> DocumentRecord:
        """The investigated deviation, to be signed as its disposition."""
        found = next((o for o in self.state.opened if o.id == identity), None)
        if found is None:
            raise Refused(
                f"there is no deviation {identity}", hint=f"open: {', '.join(o.id for o in self.state.opened) or 'none'}"
            )
        content: Deviation = found.record(self.state.protocol, self.state.spec.system.id, investigation)
        return self._content_record(
            "deviation", identity, f"Deviation {identity}: {found.case} in {found.run}", content.model_dump(mode="python")
        )

    def conditional_release(self, phase: Phase, reason: str, conditions: Sequence[str]) -> DocumentRecord:
        """Leave to begin the next phase although this one is not closed; conditions are part of what is signed."""
        content = {"format": "csvgen.conditional-release/1", "phase": phase, "reason": reason, "conditions": list(conditions)}
        return self._content_record("conditional-release", phase, f"Conditional release of the {phase}", content)

    def _content_record(self, kind: DocumentKind, part: str, title: str, content: Mapping[str, Any]) -> DocumentRecord:
        identity = self.state.document_id(kind, part)
        body = canonical_json(content)
        newest = self.state.latest(identity)
        if newest is not None and newest.document.content == digest_bytes(body):
            return newest.document
        revision = newest.document.revision + 1 if newest else 1
        record = self._record(kind, identity, title, revision, digest_bytes(body), {}, ())
        self._publish(record, {folder_of(self.state.config.approvals(self.state.spec.system.id), record) / CONTENT: body})
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
        stations = self.state.spec.settings.routes[kind].stations
        return tuple(RequiredSignature(number=n, meaning=s.meaning, role=s.role) for n, s in enumerate(stations, 1))

    def _separation(self) -> tuple[tuple[str, str], ...]:
        return tuple((s.first, s.second) for s in self.state.spec.settings.separation)

    def _publish(self, record: DocumentRecord, files: Mapping[Path, bytes]) -> None:
        body = canonical_json(record)
        folder = folder_of(self.state.config.approvals(self.state.spec.system.id), record)
        with self._ledger.change(self._actor) as change:
            facts = {"document": record.digest, "content": str(record.content)}
            for path, data in files.items():
                facts[path.name] = change.file(path, data)
            change.file(folder / DOCUMENT, body)
            change.note("publish", f"{record.id} r{record.revision}", facts=facts)


def documents_folder(state: ProjectState, record: DocumentRecord) -> Path:
    return state.config.documents(state.spec.system.id) / record.id / f"r{record.revision}"


def timeline(state: ProjectState) -> tuple[TimelineEntry, ...]:
    """Approvals, runs and deviations in order of time, up to now."""
    found: list[TimelineEntry] = []
    for approval in state.approvals:
        d = approval.document
        for s in approval.signatures:
            r = s.record
            text = f"{d.id} r{d.revision} {r.meaning}"
            found.append(TimelineEntry(r.signed, "approval", text, f"{r.printed_name} ({r.role})"))
    for run in state.runs:
        if run.plan.mode != "formal":
            continue
        account = f"{run.plan.account} (owner {run.plan.account_owner})"
        found.append(
            TimelineEntry(
                run.plan.created,
                "run",
                f"{run.run} begins, {len(run.plan.planned)} {'case' if len(run.plan.planned) == 1 else 'cases'}, {run.plan.scope}",
                account,
            )
        )
        if run.seal is not None:
            verdicts = ", ".join(f"{v} {k}" for k, v in sorted(run.seal.summary.verdicts.items()))
            found.append(
                TimelineEntry(run.seal.sealed, "run", f"{run.run} sealed: {verdicts}", "recorder (seal, not a signature)")
            )
    found += [TimelineEntry(o.opened, "deviation", f"{o.id} opened by {o.case}", "recorder") for o in state.opened]
    return tuple(sorted(found, key=lambda e: (e.when, e.what)))


def _phase_of(approval: Approval) -> str:
    content = approval.content or {}
    return str(content.get("phase") or content.get("run") or "")


def _word_digest(word: bytes) -> Digest:
    """Digest of the parts of the Word file as they were before any signature: stays the same while signatures are added."""
    from csvgen.signature.word import without_signatures

    return without_signatures(word)


def _escape(value: Any) -> str:
    from csvgen.report.markdown import escape

    return escape(value)
