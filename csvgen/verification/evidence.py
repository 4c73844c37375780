"""Checks of runs, protocols, deviations and matrix: what was approved is what ran, and what ran is what is reported."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from cryptography import x509

from csvgen.canonical import canonical_json, digest, read_canonical
from csvgen.crypto import certificates, cms
from csvgen.deviation.open import opened
from csvgen.errors import CsvgenError, NotIntact
from csvgen.evidence.read import SEAL, SEAL_SIGNATURE, read_run
from csvgen.execution.observe import judge
from csvgen.model.base import PHASES
from csvgen.model.deviation import Deviation
from csvgen.model.evidence import Evidence
from csvgen.model.execution import Verdict, worst
from csvgen.model.matrix import Matrix
from csvgen.model.package import PackageManifest
from csvgen.model.protocol import Protocol
from csvgen.model.spec import Spec
from csvgen.protocol.draft import draft
from csvgen.protocol.files import read_lock, read_protocol
from csvgen.signature.approvals import Approval, latest
from csvgen.spec.load import load_system
from csvgen.templates import Templates
from csvgen.trace.content import COMPOSED, content_of
from csvgen.trace.matrix import Disposed, trace
from csvgen.verification.checks import Checks


@dataclass(frozen=True)
class Material:
    """Everything a package holds, read once."""

    manifest: PackageManifest
    spec: Spec
    protocol: Protocol
    approvals: tuple[Approval, ...]
    runs: tuple[Evidence, ...]
    roots: tuple[x509.Certificate, ...]
    folder: Path

    @classmethod
    def read(cls, folder: Path, manifest: PackageManifest, approvals: tuple[Approval, ...], roots: tuple[x509.Certificate, ...]) -> Material:
        """Raises NotIntact when the specification or the protocol cannot be read."""
        loaded = load_system(folder / "requirements_specs", manifest.system)
        if loaded.spec is None:
            raise NotIntact("the specification cannot be read")
        protocols = folder / "protocols" / manifest.system
        protocol, findings = read_protocol(protocols, manifest.system)
        if findings.errors:
            raise NotIntact(findings.errors[0].message, where=str(findings.errors[0].location))
        runs = tuple(read_run(p.parent) for p in sorted((folder / "runs").glob("*/run.json")))
        ordered = sorted(runs, key=lambda r: (PHASES.index(r.plan.phase) if r.plan.phase in PHASES else 9, r.run))  # type: ignore[arg-type]
        return cls(manifest, loaded.spec, protocol, approvals, tuple(ordered), roots, folder)

    def approval(self, kind: str, part: str = "") -> Approval | None:
        found = [a for a in self.approvals if a.document.kind == kind and (not part or a.document.id.endswith(part))]
        return latest(tuple(found), found[-1].document.id) if found else None


def check_evidence(material: Material, checks: Checks) -> None:
    """Runs, what they executed, in which order, what deviated, and the matrix made anew."""
    from csvgen.verification.package import trust

    faults: list[str] = []
    signers = []
    for run in material.runs:
        faults += [f"{run.run}: {p}" for p in run.problems]
        if run.seal is None:
            faults.append(f"{run.run} was never sealed")
            continue
        folder = Path(run.folder)
        try:
            signer = cms.verify((folder / SEAL).read_bytes(), (folder / SEAL_SIGNATURE).read_bytes(), f"runs/{run.run}/{SEAL_SIGNATURE}")
            signers.append((signer.certificate, signer.claimed))
            if certificates.is_person(signer.certificate):
                faults.append(f"{run.run}: sealed with a person's certificate")
        except CsvgenError as problem:
            faults.append(f"{run.run}: {problem.message}")
    checks.add("runs are sealed, their journals unbroken, their evidence there", faults, f"{len(material.runs)} runs, {sum(len(r.results) for r in material.runs)} executions")
    trust(checks, "seals of the runs are trusted", signers, material.roots, "runs")
    checks.add("verdicts follow from what was observed", _verdicts(material), "every verdict worked out again from its observations")
    checks.add("what ran is what was approved and ordered", _orders(material), "each run names its signed order and the approved wording")
    checks.add("run numbers have no gap", _numbers(material), ", ".join(r.run for r in material.runs))
    checks.add("approvals, runs and reviews follow each other in time", _times(material), "approved, issued, executed, reviewed, reported, in that order")
    checks.add("every result that is not a pass has its deviation, signed before a retest", _deviations(material), f"{len(opened(material.runs))} deviations")
    checks.add("approved documents say what the package says", _contents(material), "content of each newest revision worked out again", "protocols/.../approvals")
    checks.add("records ask for the signatures their route asks for", _routes(material), "number, order, meaning and role of signatures as in protocol.yaml")
    checks.add("matrix follows from specification, protocol and runs", _matrix(material), "made anew from the package, byte for byte the same", "matrix.json")


def _verdicts(material: Material) -> list[str]:
    faults = []
    for run in material.runs:
        for result in run.results:
            label = f"{run.run} {result.case}"
            if result.verdict is Verdict.PASSED and (not result.steps or worst(s.verdict for s in result.steps) is not Verdict.PASSED):
                faults.append(f"{label}: says PASSED but its steps do not")
            for step in result.steps:
                for seen in step.observations:
                    cut = seen.actual.endswith(")") and "whole value in" in seen.actual
                    if not cut and judge(seen.comparison, seen.expected, seen.actual) != seen.holds:
                        faults.append(f"{label} step {step.number}: {seen.what}: recorded outcome does not follow from the values")
                if step.verdict is Verdict.PASSED and any(not o.holds for o in step.observations):
                    faults.append(f"{label} step {step.number}: says PASSED against its own observation")
                if step.verdict is Verdict.PASSED and step.keyword == "Then" and not any(o.comparison != "recorded" for o in step.observations):
                    faults.append(f"{label} step {step.number}: says PASSED and compared nothing")
    return faults


def _orders(material: Material) -> list[str]:
    faults = []
    by_digest = {str(a.document.digest): a for a in material.approvals if a.document.kind == "execution-order"}
    for run in material.runs:
        order = by_digest.get(str(run.plan.order))
        if order is None or order.content is None:
            faults.append(f"{run.run}: its execution order is not in the package")
            continue
        if order.content["run"] != run.run or not order.standing(()).complete:
            faults.append(f"{run.run}: {order.document.id} is not a complete order of this run")
        if run.plan.phase in PHASES and run.plan.protocol != material.protocol.digest_of(run.plan.phase):  # type: ignore[arg-type]
            faults.append(f"{run.run}: executed another wording of the protocol than the package holds")
        approved = next((a for a in material.approvals if str(a.document.digest) == order.content["document"]), None)
        if approved is None or not approved.standing(()).complete:
            faults.append(f"{run.run}: the protocol it was ordered from is not there with all its signatures")
        if run.plan.spec != material.spec.digest:
            faults.append(f"{run.run}: executed against another specification")
    used = {str(r.plan.order) for r in material.runs}
    faults += [f"{a.document.id}: ordered, and no run is there" for digest_, a in by_digest.items() if digest_ not in used]
    return faults


def _numbers(material: Material) -> list[str]:
    faults = []
    for phase in PHASES:
        runs = [r.run for r in material.runs if r.plan.phase == phase]
        wanted = [f"{phase}-{n:03d}" for n in range(1, len(runs) + 1)]
        if runs != wanted:
            faults.append(f"{phase}: found {', '.join(runs)}, expected {', '.join(wanted)}")
    return faults


def _times(material: Material) -> list[str]:
    faults: list[str] = []
    by_digest = {str(a.document.digest): a for a in material.approvals}

    def ordered(*moments: tuple[str, str]) -> None:
        for (earlier, first), (later, second) in zip(moments, moments[1:], strict=False):
            if first and second and first > second:
                faults.append(f"{later} ({second}) is before {earlier} ({first})")

    for run in material.runs:
        order = by_digest.get(str(run.plan.order))
        protocol = by_digest.get(order.content["document"]) if order is not None and order.content else None
        record = material.approval("run-record", run.run)
        steps = [s for r in run.results for s in r.steps if s.started and s.finished]
        ordered(
            (f"approval of the protocol of {run.run}", protocol.completed if protocol else ""),
            (f"issue of {run.run}", order.completed if order else ""),
            (f"begin of {run.run}", run.plan.created),
            (f"first step of {run.run}", min((s.started or "" for s in steps), default="")),
            (f"last step of {run.run}", max((s.finished or "" for s in steps), default="")),
            (f"seal of {run.run}", run.seal.sealed if run.seal else ""),
            (f"review of {run.run}", record.completed if record else ""),
        )
        for step in steps:
            ordered((f"start of a step of {run.run}", step.started or ""), ("its end", step.finished or ""))
            for a in step.attachments:
                ordered((f"start of the step of {a.id}", step.started or ""), (f"capture of {a.id}", a.captured), ("end of its step", step.finished or ""))
    return faults


def disposed(material: Material) -> tuple[Disposed, ...]:
    """The deviations the runs open, with their signed dispositions."""
    found = []
    for o in opened(material.runs):
        approval = material.approval("deviation", f"-{o.id}")
        record = Deviation.model_validate(approval.content) if approval is not None and approval.content else None
        signed = approval is not None and approval.standing(()).complete
        found.append(Disposed(id=o.id, run=o.run, case=o.case, step=o.step, record=record, signed=signed))
    return tuple(found)


def _deviations(material: Material) -> list[str]:
    faults = []
    results = {o.id: o.result for o in opened(material.runs)}
    for d in disposed(material):
        if d.record is None or not d.signed:
            faults.append(f"{d.id} ({d.case} in {d.run}) has no signed disposition")
            continue
        if d.record.result_digest != digest(results[d.id]):
            faults.append(f"{d.id}: the original result is not the one that was dispositioned")
        if (d.record.case, d.record.run) != (d.case, d.run):
            faults.append(f"{d.id}: dispositions {d.record.case} in {d.record.run}, but was opened by {d.case} in {d.run}")
        approval = material.approval("deviation", f"-{d.id}")
        later = [r for r in material.runs if r.plan.scope == "retest" and any(x.case == d.case for x in r.results) and r.run > d.run]
        faults += [
            f"{d.id}: {r.run} repeated the case before the disposition was signed"
            for r in later
            if approval is not None and approval.completed > r.plan.created and r.plan.phase == d.record.phase
        ]
    return faults


def _newest(material: Material) -> tuple[Approval, ...]:
    return tuple({a.document.id: a for a in material.approvals}.values())


def _contents(material: Material) -> list[str]:
    matrix = trace(material.spec, material.protocol, material.runs, disposed(material))
    faults = []
    for approval in _newest(material):
        document = approval.document
        if document.kind in COMPOSED:
            wanted = content_of(document.kind, material.spec, material.protocol, matrix, material.runs, disposed(material))
        elif document.kind == "procedure":
            wanted = material.spec.files.get(f"procedures/{document.id}.md", digest("missing"))
        elif document.kind == "run-record":
            seals = {r.run: str(r.digest) for r in material.runs}
            wanted = document.content if (approval.content or {}).get("seal") in seals.values() else digest("missing")
        else:
            continue
        if wanted != document.content:
            faults.append(f"{document.id} r{document.revision} was signed for other content than the package holds")
    return faults


def _routes(material: Material) -> list[str]:
    faults = []
    pairs = tuple((s.first, s.second) for s in material.spec.settings.separation)
    for approval in _newest(material):
        document = approval.document
        route = material.spec.settings.routes.get(document.kind)
        asked = [(s.meaning, s.role) for s in route.stations] if route else []
        if [(s.meaning, s.role) for s in document.signatures] != asked or tuple(document.separation) != pairs:
            faults.append(f"{document.id} r{document.revision} asks for other signatures or duties than its route")
    return faults


def _matrix(material: Material) -> list[str]:
    found = Matrix.model_validate(read_canonical((material.folder / "matrix.json").read_bytes(), "matrix.json"))
    lock = read_lock(material.folder / "protocols" / material.manifest.system)
    drafted = draft(material.spec, lock, Templates(None, str))
    protocol = replace(material.protocol, shortfalls=drafted.shortfalls)
    again = trace(material.spec, protocol, material.runs, disposed(material))
    faults = []
    if canonical_json(again) != canonical_json(found):
        faults.append("a matrix made anew from the package differs from matrix.json")
    if digest(found) != material.manifest.matrix:
        faults.append("the manifest names another matrix")
    if found.complete != material.manifest.complete or len(found.gaps) != material.manifest.gaps:
        faults.append("the manifest tells of other gaps than the matrix")
    return faults
