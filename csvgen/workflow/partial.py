"""A copy about one requirement: to read (PDF), as data (JSON), with the evidence files themselves; PARTIAL on every page and in the manifest.

partial.json partial.p7s    manifest and seal
copy.pdf                    the requirement, its cases, each execution with its verdict and reason, its evidence
data.json                   the same as data: requirement, row of the matrix, cases, executions
evidence/                   the evidence files, under their digests

It proves nothing about what it leaves out, and is no package: signed documents, runs as a whole and the audit trail are in the package.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from csvgen import __version__
from csvgen.audit.ledger import Ledger
from csvgen.canonical import canonical_json, digest, digest_bytes, digest_file
from csvgen.clock import Clock, shown, stored
from csvgen.crypto import cms
from csvgen.crypto.keys import Credential
from csvgen.errors import ConfigError, Refused
from csvgen.evidence.attachments import attachment_file
from csvgen.model.audit import Actor
from csvgen.model.evidence import Evidence
from csvgen.model.execution import CaseResult
from csvgen.model.package import PackagedFile, PartialManifest
from csvgen.model.protocol import TestCase
from csvgen.model.report import Block, Facts, Heading, Paragraph, Report, Table
from csvgen.model.urs import Requirement
from csvgen.report import pdf
from csvgen.report.compose import BANNER, language_of, system_line
from csvgen.report.languages import wording_for
from csvgen.report.result_blocks import reason_of
from csvgen.report.spec_blocks import table
from csvgen.report.wording import in_language, joined, own, say
from csvgen.templates import Templates
from csvgen.workflow.state import ProjectState

MANIFEST, SEAL = "partial.json", "partial.p7s"
Executed = tuple[Evidence, CaseResult]


def export_partial(
    state: ProjectState, ledger: Ledger, clock: Clock, actor: Actor, credential: Credential, destination: Path, only: str
) -> PartialManifest:
    """The copy in `destination`, which must not exist. Raises ConfigError for a requirement that is not there."""
    requirement = next((r for r in state.spec.requirements if r.id == only), None)
    if requirement is None:
        raise ConfigError(f"there is no requirement {only}", hint="csvgen find --kind requirement")
    if destination.exists():
        raise Refused("this folder exists; a copy is never overwritten", where=str(destination))
    cases = [c for c in state.protocol.cases if only in c.requirements]
    executed = [
        (run, r) for run in state.runs if run.plan.mode == "formal" for r in run.results if r.case in {c.id for c in cases}
    ]
    words = f"only requirement {only} with its cases, executions and evidence"
    with ledger.change(actor) as change:
        change.note("export-partial", state.spec.system.id, facts={"to": destination.name, "filter": words})
    made, head = stored(clock.now()), ledger.head()
    destination.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".partial-", dir=destination.parent) as temporary:
        folder = Path(temporary) / "copy"
        (folder / "evidence").mkdir(parents=True)
        evidence = _evidence(executed, folder)
        data = _data(state, requirement, cases, executed)
        (folder / "data.json").write_bytes(canonical_json(data))
        report = _report(state, requirement, cases, executed, made=made, content=digest(data))
        (folder / "copy.pdf").write_bytes(pdf.draw(report))
        every = [r for run in state.runs if run.plan.mode == "formal" for r in run.results]
        manifest = PartialManifest(
            filter=words,
            system=state.spec.system.id,
            system_name=state.spec.system.name,
            system_version=state.spec.system.version,
            demonstration=state.spec.system.demonstration == "yes",
            made=made,
            made_by=f"csvgen {__version__}",
            spec=state.spec.digest,
            matrix=digest_bytes(canonical_json(state.matrix)),
            audit_count=head.count,
            audit_head=head.hash,
            counts={
                "requirements": (1, len(state.spec.requirements)),
                "test cases": (len(cases), len(state.protocol.cases)),
                "executions": (len(executed), len(every)),
                "evidence files": (evidence, sum(len(s.attachments) for r in every for s in r.steps)),
            },
            files=tuple(
                PackagedFile(path=p.relative_to(folder).as_posix(), size=p.stat().st_size, sha256=digest_file(p))
                for p in sorted(folder.rglob("*"))
                if p.is_file()
            ),
        )
        body = canonical_json(manifest)
        (folder / MANIFEST).write_bytes(body)
        (folder / SEAL).write_bytes(cms.sign(body, credential, clock.now()))
        folder.rename(destination)
    return manifest


def _evidence(executed: Sequence[Executed], folder: Path) -> int:
    """Copy the evidence files; the number of attachments, of which several may be one file."""
    found = [(run, a) for run, result in executed for step in result.steps for a in step.attachments]
    for run, attachment in found:
        shutil.copyfile(
            attachment_file(Path(run.folder), attachment.sha256), folder / "evidence" / attachment.sha256.removeprefix("sha256:")
        )
    return len(found)


def _data(
    state: ProjectState, requirement: Requirement, cases: Sequence[TestCase], executed: Sequence[Executed]
) -> dict[str, Any]:
    return {
        "copy": "PARTIAL",
        "requirement": requirement.model_dump(mode="json"),
        "matrix row": next(r for r in state.matrix.rows if r.requirement == requirement.id).model_dump(mode="json"),
        "cases": [{"id": c.id, "title": c.title, "digest": c.digest, "steps": [s.content() for s in c.steps]} for c in cases],
        "executions": [{"run": run.run, "seal": run.digest, "result": result} for run, result in executed],
    }


def _report(
    state: ProjectState,
    requirement: Requirement,
    cases: Sequence[TestCase],
    executed: Sequence[Executed],
    *,
    made: str,
    content: str,
) -> Report:
    system = state.spec.system
    row = next(r for r in state.matrix.rows if r.requirement == requirement.id)
    holds = say("only requirement {requirement} with its cases, executions and evidence", requirement=requirement.id)
    banner: list[str] = [say("PARTIAL COPY"), holds, *([say(BANNER)] if system.demonstration == "yes" else [])]
    coverage = joined(": ", (say(row.coverage.replace("-", " ")), reason_of(row)))
    report = Report(
        id=f"{system.prefix}-PARTIAL",
        title=say("Partial copy"),
        subtitle=f"{requirement.id} {requirement.title}",
        revision=1,
        organisation=system.organisation,
        system=system_line(state.spec),
        status="PARTIAL COPY",
        banner=joined(" - ", banner),
        date=shown(made),
        made_by=f"csvgen {__version__}",
        made_from=((say("specification"), state.spec.digest), (say("matrix"), digest_bytes(canonical_json(state.matrix)))),
        content=content,
        official="pdf",
        cover=((say("Copy"), say("PARTIAL")), (say("Filter"), holds)),
        blocks=(
            Paragraph(say("This copy is partial: it holds {what}. It says nothing about the rest.", what=holds), "warning"),
            Heading(1, "Requirement", requirement.id),
            Facts((("Id", requirement.id), ("Title", requirement.title), ("Statement", requirement.statement),
                   ("Clauses", ", ".join(requirement.clauses)), ("Coverage", coverage))),
            *_cases(cases, executed),
        ),
    )  # fmt: skip
    return in_language(report, wording_for(language_of(state.spec), Templates(state.config.templates, str)))


def _cases(cases: Sequence[TestCase], executed: Sequence[Executed]) -> Sequence[Block]:
    blocks: list[Block] = [Heading(1, "Cases and executions")]
    for case in cases:
        blocks += [
            Heading(2, own(f"{case.id} {case.title}"), case.id),
            Facts((("Risks", ", ".join(case.risks) or say("none")), ("Priority", say(case.priority)))),
        ]
        steps = [(str(n), f"{s.keyword} {s.text}") for n, s in enumerate(case.steps, 1)]
        blocks.append(table("", "Step:10 | Text:90", steps))
        blocks.append(_executions([(run, r) for run, r in executed if r.case == case.id]))
    return blocks


def _executions(executed: Sequence[Executed]) -> Table:
    rows = []
    for run, result in executed:
        files = [a.sha256.removeprefix("sha256:")[:12] for s in result.steps for a in s.attachments]
        times = [t for s in result.steps for t in (s.started, s.finished) if t]
        rows.append(
            (run.run, str(result.verdict), result.reason, shown(times[0]) if times else say("not started"), ", ".join(files))
        )
    return table("", "Run:12:id | Verdict:14:verdict | Reason:26 | Begun:24 | Evidence files:24:mono", rows, "Never executed.")
