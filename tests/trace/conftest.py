"""The tiny specification and its protocol as values, and runs made by hand: tracing is a pure function."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from csvgen.canonical import digest
from csvgen.model.deviation import Deviation, Investigation
from csvgen.model.evidence import Evidence
from csvgen.model.execution import Attachment, CaseResult, PlannedCase, RunPlan, RunSummary, Seal, StepResult, Verdict
from csvgen.model.protocol import Protocol
from csvgen.model.spec import Spec
from csvgen.protocol.files import read_protocol
from csvgen.spec.load import load_system
from csvgen.trace.matrix import Disposed, trace

from ..tiny import SYSTEM, make_project

AT = "2026-11-21T10:00:00.000000Z"
P, F, E, B, S, N, U = (Verdict(v) for v in ("PASSED", "FAILED", "ERROR", "BLOCKED", "SKIPPED", "NOT_RUN", "UNDEFINED"))


@dataclass
class Bench:
    """A specification, a protocol, and the runs and deviations so far."""

    spec: Spec
    protocol: Protocol
    runs: list[Evidence] = field(default_factory=list)
    deviations: list[Disposed] = field(default_factory=list)

    def run(self, name: str, verdicts: dict[str, Verdict], **changed: object) -> Evidence:
        """A sealed formal run of the cases named."""
        results = tuple(self._result(case, verdict) for case, verdict in verdicts.items())
        plan = RunPlan(
            run=name, system=SYSTEM, phase=name[:2], mode="formal", protocol=digest("p"), target="t", scope="complete",
            planned=tuple(PlannedCase(case=r.case, digest=r.case_digest) for r in results), created=AT, account="ci-runner",
        )  # fmt: skip
        summary = RunSummary(planned=len(results), executed=len(results))
        sealed = Seal(run=name, plan=digest(plan), heads={}, files=(), summary=summary, complete=True, sealed=AT)
        made = Evidence(
            plan=plan, environment=None, target_start=None, target_end=None, results=results, seal=sealed, digest=digest(sealed), folder="",
        )  # fmt: skip
        plan_changes = {k: changed.pop(k) for k in ("mode", "scope") if k in changed}
        made = replace(made, plan=plan.model_copy(update=plan_changes), **changed)
        self.runs.append(made)
        return made

    def _result(self, case: str, verdict: Verdict) -> CaseResult:
        known = self.protocol.case.get(case)
        kept = Attachment(id=f"{case}.1.1", name="n", media_type="text/plain", size=1, sha256=digest(case), captured=AT)
        step = StepResult(number=1, keyword="Then", text="x", verdict=verdict, attachments=(kept,))
        return CaseResult(
            case=case, case_digest=known.digest if known else digest("gone"), verdict=verdict, reason="as seen", steps=(step,)
        )

    def dispose(self, identity: str, run: str, case: str, decision: str, *, signed: bool = True) -> None:
        investigation = Investigation(
            cause="system", classification="minor", root_cause="r", impact="i", correction="c", change_reference="CHG-1", decision=decision,
            restriction="never on Sundays" if decision == "accept-with-restriction" else None,
        )  # fmt: skip
        record = Deviation(
            id=identity, system=SYSTEM, phase=run[:2], run=run, case=case, step=1, requirements=(), verdict="FAILED", expected="e", actual="a",
            result_digest=digest("r"), opened=AT, investigation=investigation,
        )  # fmt: skip
        self.deviations.append(Disposed(id=identity, run=run, case=case, step=1, record=record, signed=signed))

    def without(self, *cases: str) -> None:
        """Take cases out of the protocol."""
        features = tuple(replace(f, cases=tuple(c for c in f.cases if c.id not in cases)) for f in self.protocol.features)
        self.protocol = replace(self.protocol, features=features)

    @property
    def matrix(self):
        return trace(self.spec, self.protocol, self.runs, self.deviations)

    def row(self, requirement: str):
        return next(r for r in self.matrix.rows if r.requirement == requirement)


@pytest.fixture(scope="session")
def drafted(tmp_path_factory) -> tuple[Spec, Protocol]:
    root = make_project(tmp_path_factory.mktemp("trace") / "project")
    spec = load_system(root / "requirements_specs", SYSTEM).spec
    return spec, read_protocol(root / "protocols" / SYSTEM, SYSTEM)[0]


@pytest.fixture
def bench(drafted) -> Bench:
    return Bench(*drafted)
