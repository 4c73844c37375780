"""Checks of runs, protocols, deviations and matrix: what was approved is what ran, and what ran is what is reported."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from csvgen.canonical import canonical_json, digest, read_canonical
from csvgen.crypto import certificates, cms
from csvgen.crypto.trust import Trust
from csvgen.deviation.open import opened
from csvgen.errors import CsvgenError, NotIntact
from csvgen.evidence.attachments import attachment_file
from csvgen.evidence.challenge_record import FOLDER, challenges
from csvgen.evidence.read import SEAL, SEAL_SIGNATURE, read_run, sealed_folders
from csvgen.exchange.results.kept import FOLDER as IMPORTED
from csvgen.exchange.results.kept import Kept, read_imports, supports
from csvgen.execution.observe import judge
from csvgen.model.base import PHASES
from csvgen.model.challenge import Challenge
from csvgen.model.deviation import Deviation
from csvgen.model.evidence import Evidence
from csvgen.model.execution import CaseResult, Observation, StepResult, Verdict, worst
from csvgen.model.imported import Support
from csvgen.model.matrix import Matrix
from csvgen.model.package import PackageManifest
from csvgen.model.protocol import Protocol
from csvgen.model.signature import DocumentRecord
from csvgen.model.spec import DocumentKind, Spec
from csvgen.protocol.draft import draft
from csvgen.protocol.files import read_lock, read_protocol
from csvgen.signature.approvals import Approval, latest
from csvgen.spec.load import load_system
from csvgen.templates import Templates
from csvgen.trace.conclusion import conclude
from csvgen.trace.content import COMPOSED, content_of, phase_of
from csvgen.trace.matrix import Disposed, trace
from csvgen.trace.open_clauses import open_clauses
from csvgen.trace.overall import overall
from csvgen.trace.written import better_than
from csvgen.verification.baseline import check_baseline
from csvgen.verification.believed import check_trust
from csvgen.verification.checks import Checks
from csvgen.verification.equal_workbook import package_faults
from csvgen.verification.history import derived, orders, phases, repetitions, times
from csvgen.verification.imported import accepted
from csvgen.verification.single import falsely_complete
from csvgen.verification.standing_on import standing_on
from csvgen.verification.step_code import check_step_code

_CUT = re.compile(r"\(\d+ characters; whole value in (\S+)\)$")
"""How the recorder marks a value it cut; see `csvgen.execution.recorder`."""


@dataclass(frozen=True)
class Material:
    """Everything a package holds, read once."""

    manifest: PackageManifest
    spec: Spec
    protocol: Protocol
    approvals: tuple[Approval, ...]
    runs: tuple[Evidence, ...]
    trust: Trust
    folder: Path
    challenges: tuple[Challenge, ...] = ()
    imported: tuple[Kept, ...] = ()

    @classmethod
    def read(cls, folder: Path, manifest: PackageManifest, approvals: tuple[Approval, ...], trust: Trust) -> Material:
        """Raises NotIntact when the specification or the protocol cannot be read."""
        loaded = load_system(folder / "requirements_specs", manifest.system)
        if loaded.spec is None:
            raise NotIntact("the specification cannot be read")
        protocols = folder / "protocols" / manifest.system
        protocol, findings = read_protocol(protocols, manifest.system)
        if findings.errors:
            raise NotIntact(findings.errors[0].message, where=str(findings.errors[0].location))
        runs = tuple(read_run(p.parent) for p in sorted((folder / "runs").glob("*/run.json")))
        ordered = sorted(runs, key=lambda r: (PHASES.index(r.plan.phase) if r.plan.phase in PHASES else 9, r.run))
        others = read_imports(folder / IMPORTED)
        return cls(manifest, loaded.spec, protocol, approvals, tuple(ordered), trust, folder, challenges(folder / FOLDER), others)

    def approval(self, kind: str, part: str = "") -> Approval | None:
        """The newest revision of the record of a kind whose id ends with `part`."""
        found = [a for a in self.approvals if a.document.kind == kind and (not part or a.document.id.endswith(part))]
        return latest(tuple(found), found[-1].document.id) if found else None


def check_evidence(material: Material, checks: Checks) -> None:
    """Runs, what they executed, in which order, what deviated, and the matrix made anew."""
    faults: list[str] = []
    signers = []
    unsealed = [run.run for run in material.runs if run.seal is None]
    for run in material.runs:
        faults += [f"{run.run}: {p}" for p in run.problems]
        if run.seal is None:
            continue  # it counts for nothing; that it really never was sealed is what the audit trail must tell
        for folder in sealed_folders(run):
            where = f"runs/{run.run}/{folder.relative_to(run.folder)}/{SEAL_SIGNATURE}".replace("/./", "/")
            try:
                signer = cms.verify((folder / SEAL).read_bytes(), (folder / SEAL_SIGNATURE).read_bytes(), where)
                signers.append((signer.certificate, signer.claimed))
                if certificates.is_person(signer.certificate):
                    faults.append(f"{run.run}: sealed with a person's certificate")
            except CsvgenError as problem:
                faults.append(f"{run.run}: {problem.message}")
            except OSError:
                faults.append(f"{where} is not there")
        if run.seal.run != run.run:
            faults.append(f"{run.run}: carries the seal of {run.seal.run}")
        faults += [f"{run.run}: {fault}" for fault in falsely_complete(run)]
    if unsealed:
        checks.note(
            "runs that were never sealed",
            f"{', '.join(unsealed)}: begun and not ended; readable, and counting for nothing",
            "runs",
        )
    if aborted := [
        f"{r.run} by {r.seal.aborted_by}: {r.seal.aborted}" for r in material.runs if r.seal is not None and r.aborted
    ]:
        checks.note("runs that were closed as aborted", f"{'; '.join(aborted)}; kept, and counting for nothing", "runs")
    checks.add(
        "runs are sealed, their journals unbroken, their evidence there",
        faults,
        f"{len(material.runs)} runs, {sum(len(r.results) for r in material.runs)} executions",
    )
    check_trust(checks, "seals of the runs are trusted", signers, material.trust, "runs")
    checks.add(
        "verdicts follow from what was observed", _verdicts(material), "every verdict worked out again from its observations"
    )
    checks.add(
        "what ran is what was approved and ordered", orders(material), "each run names its signed order and the approved wording"
    )
    check_step_code(material, checks)
    check_baseline(material, checks)
    checks.add(
        "phases began after the one before was closed",
        phases(material),
        "by an approved report, or by a signed conditional release",
    )
    checks.add(
        "repetitions were released, and what stayed was given a reason",
        repetitions(material, disposed(material)),
        "by a signed disposition or a change; a fault of the script by a new revision; earlier results by a written rationale",
    )
    checks.add("run numbers have no gap", _numbers(material), ", ".join(r.run for r in material.runs) or "no runs")
    checks.add(
        "approvals, runs and reviews follow each other in time",
        times(material),
        "approved, issued, executed, reviewed, reported, in that order",
    )
    checks.add(
        "every result that is not a pass has its deviation, signed before a retest",
        _deviations(material),
        f"{len(opened(material.runs))} deviations",
    )
    checks.add(
        "approved documents say what the package says",
        _contents(material),
        "content of each newest revision worked out again",
        "protocols/.../approvals",
    )
    checks.add(
        "documents were made from what they name",
        derived(material),
        "each named record and run is the one in the package",
        "protocols/.../approvals",
    )
    checks.add(
        "records ask for the signatures their route asks for",
        _routes(material),
        "number, order, meaning and role of signatures as in protocol.yaml",
    )
    checks.add(
        "matrix follows from specification, protocol and runs",
        _matrix(material),
        "made anew from the package, byte for byte the same",
        "matrix.json",
    )
    matrix = Matrix.model_validate(read_canonical((material.folder / "matrix.json").read_bytes(), "matrix.json"))
    unanswered = open_clauses(material.spec, matrix)
    shown = package_faults((material.folder / "matrix.xlsx").read_bytes(), matrix, material.spec.system.language, unanswered)
    checks.add("workbook shows the same matrix", shown, "coverage, verdicts and gaps as in matrix.json", "matrix.xlsx")


def _verdicts(material: Material) -> list[str]:
    faults = []
    for run in material.runs:
        for result in run.results:
            label = f"{run.run} {result.case}"
            faults += verdict_faults(Path(run.folder), label, result)
            faults += [f"{label}: {fault}" for fault in _other_steps(material, result)]
    return faults


def verdict_faults(folder: Path, label: str, result: CaseResult) -> list[str]:
    """Where a verdict does not follow from what its steps observed. `folder` holds the attachments."""
    faults = []
    if result.verdict is Verdict.PASSED and (not result.steps or worst(s.verdict for s in result.steps) is not Verdict.PASSED):
        faults.append(f"{label}: says PASSED but its steps do not")
    for step in result.steps:
        faults += [
            f"{label} step {step.number}: {seen.what}: recorded outcome does not follow from the values"
            for seen in step.observations
            if judge(seen.comparison, seen.expected, _whole(folder, step, seen), seen.tolerance) != seen.holds
            and not (
                seen.redacted and not seen.holds
            )  # what is shown may seem to agree where the secret did not; it never counts as more
        ]
        if step.verdict is Verdict.PASSED and any(not o.holds for o in step.observations):
            faults.append(f"{label} step {step.number}: says PASSED against its own observation")
        if (
            step.verdict is Verdict.PASSED
            and step.keyword == "Then"
            and not any(o.comparison != "recorded" for o in step.observations)
        ):
            faults.append(f"{label} step {step.number}: says PASSED and compared nothing")
    return faults


def _other_steps(material: Material, result: CaseResult) -> list[str]:
    """A case that passed in its approved wording passed all of its approved steps, in their words and order."""
    case = material.protocol.case.get(result.case)
    if result.verdict is not Verdict.PASSED or case is None or case.digest != result.case_digest:
        return []
    if case.attended and not result.performed_by:
        return ["says PASSED, but it is a person's to carry out, and no person did"]
    unwitnessed = [
        s for s in result.steps if s.by is not None and s.observations and case.witnessed(s.number) and s.witness is None
    ]
    if unwitnessed:
        return [f"step {unwitnessed[0].number} asks for a second person, and there was none"]
    same = [(s.number, s.keyword, s.text) for s in result.steps] == [(n, s.keyword, s.text) for n, s in enumerate(case.steps, 1)]
    return [] if same else ["says PASSED, but what was executed are not the steps that were approved"]


def _whole(folder: Path, step: StepResult, seen: Observation) -> str:
    """The observed value; a value too long for the journal is read from the attachment that the journal names."""
    named = _CUT.search(seen.actual)
    found = next((a for a in step.attachments if named and a.id == named[1]), None)
    return attachment_file(folder, found.sha256).read_bytes().decode("utf-8") if found else seen.actual


def _numbers(material: Material) -> list[str]:
    faults = []
    for phase in PHASES:
        runs = [r.run for r in material.runs if r.plan.phase == phase]
        wanted = [f"{phase}-{n:03d}" for n in range(1, len(runs) + 1)]
        if runs != wanted:
            faults.append(f"{phase}: found {', '.join(runs)}, expected {', '.join(wanted)}")
    return faults


def disposed(material: Material) -> tuple[Disposed, ...]:
    """The deviations the runs open, with their signed dispositions."""
    found = []
    for o in opened(material.runs):
        approval = material.approval("deviation", f"-{o.id}")
        record = Deviation.model_validate(approval.content) if approval is not None and approval.content else None
        signed = approval is not None and approval.standing(Trust.none).complete
        found.append(Disposed(id=o.id, run=o.run, case=o.case, step=o.step, record=record, signed=signed))
    return tuple(found)


def supported(material: Material) -> tuple[Support, ...]:
    """Imported results beside what they are about, accepted where a complete signature says so."""
    return supports(material.imported, lambda kept: accepted(material, kept))


def _deviations(material: Material) -> list[str]:
    faults = []
    originals = {o.id: o.original for o in opened(material.runs)}
    for d in disposed(material):
        if d.record is None or not d.signed:
            faults.append(f"{d.id} ({d.case} in {d.run}) has no signed disposition")
            continue
        if d.record.result_digest != originals[d.id]:
            faults.append(f"{d.id}: the original result is not the one that was dispositioned")
        if (d.record.case, d.record.run) != (d.case, d.run):
            faults.append(f"{d.id}: dispositions {d.record.case} in {d.record.run}, but was opened by {d.case} in {d.run}")
        approval = material.approval("deviation", f"-{d.id}")
        later = [r for r in material.runs if r.plan.phase == d.record.phase and r.run > d.run and _repeats(material, r, d)]
        faults += [
            f"{d.id}: {r.run} repeated the case before the disposition was signed"
            for r in later
            if approval is not None and approval.completed > r.plan.created
        ]
    signed = {a.document.id for a in material.approvals if a.document.kind == "deviation"}
    expected = {f"{material.spec.system.prefix}-{identity}" for identity in originals}
    return [*faults, *(f"{identity} is dispositioned, but no run opens it" for identity in sorted(signed - expected))]


def _repeats(material: Material, run: Evidence, d: Disposed) -> bool:
    """Whether a run executes again what a deviation is about: its case, or any case of the run it is about as a whole."""
    of = {p.case for r in material.runs if r.run == d.run for p in r.plan.planned} if d.whole else {d.case}
    return any(x.case in of for x in run.results)


def _newest(material: Material) -> tuple[Approval, ...]:
    return tuple({a.document.id: a for a in material.approvals}.values())


def _contents(material: Material) -> list[str]:
    matrix = trace(material.spec, material.protocol, material.runs, disposed(material), supported(material))
    faults = []

    def records(kinds: Sequence[DocumentKind]) -> Mapping[str, str]:
        return standing_on(material.approvals, kinds)

    for approval in _newest(material):
        document = approval.document
        wanted: str
        if document.kind in COMPOSED:
            spec, protocol, runs = material.spec, material.protocol, material.runs
            found = disposed(material)
            wanted = content_of(document.kind, spec, protocol, lambda: matrix, runs, found, document.format, records)
        elif document.kind == "procedure":
            wanted = material.spec.files.get(material.spec.procedure_file(document.id), digest("missing"))
        elif document.kind == "run-record":
            seals = {r.run: str(r.digest) for r in material.runs if r.seal is not None}
            said = approval.content or {}
            wanted = document.content if said and seals.get(said["run"]) == said["seal"] else digest("missing")
        else:
            continue
        if why := _better(material, matrix, document):
            faults.append(f"{document.id} r{document.revision}: {why}")
        if wanted != document.content:
            faults.append(f"{document.id} r{document.revision} was signed for other content than the package holds")
    reviewed = {(a.content or {}).get("run") for a in _newest(material) if a.document.kind == "run-record"}
    reported = {r.plan.phase for r in material.runs if material.approval(f"{r.plan.phase.lower()}-report") is not None}
    faults += [
        f"{r.run} is reported on without a signed executed record"
        for r in material.runs
        if r.sealed and r.run not in reviewed and r.plan.phase in reported
    ]
    return faults


def _better(material: Material, matrix: Matrix, document: DocumentRecord) -> str:
    """A written conclusion against the rule, applied anew to what the package holds."""
    if document.conclusion is None:
        return ""
    facts = (material.protocol, matrix, material.runs, disposed(material))
    phase = phase_of(document.kind)
    outcome = conclude(phase, *facts).outcome if phase is not None else overall(material.spec, *facts).outcome
    return better_than(document.conclusion, outcome)


def _routes(material: Material) -> list[str]:
    faults = []
    pairs = tuple((s.first, s.second) for s in material.spec.settings.separation)
    for approval in _newest(material):
        document = approval.document
        asked = [(s.meaning, s.role) for s in material.spec.settings.route(document.kind).stations]
        if [(s.meaning, s.role) for s in document.signatures] != asked or tuple(document.separation) != pairs:
            faults.append(f"{document.id} r{document.revision} asks for other signatures or duties than its route")
    return faults


def _matrix(material: Material) -> list[str]:
    found = Matrix.model_validate(read_canonical((material.folder / "matrix.json").read_bytes(), "matrix.json"))
    lock = read_lock(material.folder / "protocols" / material.manifest.system)
    drafted = draft(material.spec, lock, Templates(None, str))
    protocol = replace(material.protocol, shortfalls=drafted.shortfalls)
    again = trace(material.spec, protocol, material.runs, disposed(material), supported(material))
    faults = []
    if canonical_json(again) != canonical_json(found):
        faults.append("a matrix made anew from the package differs from matrix.json")
    if digest(found) != material.manifest.matrix:
        faults.append("the manifest names another matrix")
    if found.complete != material.manifest.complete or len(found.gaps) != material.manifest.gaps:
        faults.append("the manifest tells of other gaps than the matrix")
    return faults
