"""trace(spec, protocol, runs, deviations) -> Matrix. A pure function: no files, no clock, always made from scratch.

The final verdict of a case is that of its last counted run. A run counts when it is sealed, formal, not aborted and executed the case
in its approved wording; and not when a signed disposition of the run as a whole rejects it or has it repeated. A requirement is
passed only if every case that serves it passed and it has at least one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from csvgen.canonical import Digest
from csvgen.model.deviation import WHOLE_RUN, Deviation
from csvgen.model.evidence import Evidence
from csvgen.model.execution import CaseResult, Verdict
from csvgen.model.imported import Support
from csvgen.model.matrix import Attempt, Coverage, Gap, Link, Matrix, ReverseRow, Row
from csvgen.model.protocol import Protocol, TestCase
from csvgen.model.spec import Requirement, Risk, Spec
from csvgen.protocol.draft import priority_of
from csvgen.risk.residual import residual_status
from csvgen.risk.scheme import rating_scheme
from csvgen.trace.imported import beside


@dataclass(frozen=True)
class Disposed:
    """A deviation as it stands: its record, and whether its disposition has all its signatures."""

    id: str
    run: str
    case: str
    step: int
    record: Deviation | None
    """None while nobody has investigated it."""
    signed: bool

    @property
    def open(self) -> bool:
        """Not every signature of its disposition is there."""
        return not self.signed

    @property
    def whole(self) -> bool:
        """It is about the run as a whole, not about a case."""
        return self.case == WHOLE_RUN

    @property
    def decision(self) -> str:
        """The decision that was signed, or open."""
        return self.record.investigation.decision if self.record and self.signed else "open"


def trace(
    spec: Spec, protocol: Protocol, runs: Sequence[Evidence], deviations: Sequence[Disposed], imported: Sequence[Support] = ()
) -> Matrix:
    """Runs in the order they were made. Unsealed and engineering runs are left aside; they count for nothing."""
    tracer = _Tracer(spec, protocol, [r for r in runs if counts(r)], deviations)
    rows = tuple(beside(tracer.row(r), imported) for r in spec.requirements)
    return Matrix(
        system=spec.system.id,
        version=spec.system.version,
        spec=spec.digest,
        protocol={phase: protocol.digest_of(phase) for phase in ("IQ", "OQ", "PQ")},
        runs={r.run: r.digest or Digest("sha256:" + "0" * 64) for r in tracer.runs},
        rows=rows,
        reverse=tuple(tracer.reverse(c) for c in protocol.cases),
        gaps=tuple(tracer.gaps(rows)),
    )


def reported(run: Evidence) -> bool:
    """Whether a report tells of a run: each formal one that was closed, those closed as aborted too (RR-X03)."""
    return run.sealed and run.plan.mode == "formal" and run.plan.scope != "partial"


def counts(run: Evidence) -> bool:
    """Whether a run counts as evidence at all."""
    return reported(run) and not run.aborted


def _naming(cases: Iterable[TestCase], names: Callable[[TestCase], Iterable[str]]) -> dict[str, list[TestCase]]:
    """Requirement or risk -> every case that names it, in the order of the protocol."""
    found: dict[str, list[TestCase]] = {}
    for case in cases:
        for name in dict.fromkeys(names(case)):
            found.setdefault(name, []).append(case)
    return found


class _Tracer:
    def __init__(self, spec: Spec, protocol: Protocol, runs: Sequence[Evidence], deviations: Sequence[Disposed]) -> None:
        self.spec = spec
        self.protocol = protocol
        self.runs = runs
        self.deviations = deviations
        self._attempts: dict[str, list[tuple[Attempt, CaseResult]]] = {}
        for run in runs:
            for result in run.results:
                self._attempts.setdefault(result.case, []).append((self._attempt(run, result), result))
        self._of_requirement = _naming(protocol.cases, lambda case: case.requirements)
        self._of_risk = _naming(protocol.cases, lambda case: case.risks)

    def _attempt(self, run: Evidence, result: CaseResult) -> Attempt:
        case = self.protocol.case.get(result.case)
        current = case is not None and case.digest == result.case_digest
        why_not = "" if current else "executed in another wording than the protocol now has; does not count"
        refused = next((d for d in self.deviations if d.whole and d.run == run.run and d.decision in ("retest", "reject")), None)
        if refused is not None:
            why_not = f"{refused.id}: the run as a whole was not accepted ({refused.decision}); does not count"
        return Attempt(
            run=run.run,
            verdict=Verdict.NOT_RUN if why_not else result.verdict,
            reason=why_not or result.reason,
            evidence=tuple(a.id for s in result.steps for a in s.attachments),
            deviation=next((d.id for d in self.deviations if d.run == run.run and d.case == result.case), ""),
        )

    def link(self, case: TestCase) -> Link:
        attempts = tuple(a for a, _ in self._attempts.get(case.id, ()))
        final = attempts[-1].verdict if attempts else Verdict.NOT_RUN
        return Link(case=case.id, title=case.title, technique=case.technique, attempts=attempts, final=final)

    # ------------------------------------------------------------ forward

    def row(self, requirement: Requirement) -> Row:
        links = tuple(self.link(c) for c in self._of_requirement.get(requirement.id, ()))
        coverage, reason = self._coverage(requirement, links)
        return Row(
            requirement=requirement.id,
            title=requirement.title,
            category=requirement.category,
            clauses=requirement.clauses,
            functions=self.spec.functions_of(requirement.id),
            risks=tuple(r.id for r in self.spec.risks_of(requirement.id)),
            priority=priority_of(self.spec, requirement.id) if self.spec.risks_of(requirement.id) else "not rated",
            verification=requirement.verification,
            links=links,
            coverage=coverage,
            reason=reason,
            residual=tuple(self._residual(r) for r in self.spec.risks_of(requirement.id)),
        )

    def _coverage(self, requirement: Requirement, links: tuple[Link, ...]) -> tuple[Coverage, str]:
        if requirement.covered is not None:
            kinds: Mapping[str, Coverage] = {
                "procedure": "procedure",
                "vendor-evidence": "vendor-evidence",
                "inspection": "inspection",
                "justification": "not-applicable",
            }
            return kinds[requirement.verification], f"{requirement.covered.by}: {requirement.covered.reason}"
        if not links:
            return "gap", "verified by test, and no test was drafted"
        not_passed = [link for link in links if link.final is not Verdict.PASSED]
        if not not_passed:
            return "passed", f"{len(links)} of {len(links)} cases passed in their last run"
        restricted = [link for link in not_passed if self._restricted(link)]
        named = "; ".join(f"{link.case} {link.final}" for link in not_passed[:5]) + ("; ..." if len(not_passed) > 5 else "")  # noqa: PLR2004
        if len(restricted) == len(not_passed):
            return "restricted", f"not shown, accepted with restriction: {named}"
        if any(link.final in (Verdict.FAILED, Verdict.ERROR) for link in not_passed):
            return "failed", named
        return "gap", named

    def _restricted(self, link: Link) -> bool:
        last = link.attempts[-1] if link.attempts else None
        return last is not None and any(
            d.case == link.case and d.run == last.run and d.decision == "accept-with-restriction" for d in self.deviations
        )

    def _residual(self, risk: Risk) -> str:
        """What its residual rating is worth: every case that names the risk has a say, by its last counted run."""
        verdicts = {c.id: self.link(c).final for c in self._of_risk.get(risk.id, ())}
        return str(residual_status(risk, rating_scheme(self.spec), verdicts))

    # ------------------------------------------------------------ backward

    def reverse(self, case: TestCase) -> ReverseRow:
        link = self.link(case)
        return ReverseRow(
            case=case.id,
            title=case.title,
            phase=case.phase,
            requirements=case.requirements,
            risks=case.risks,
            final=link.final,
            runs=tuple(a.run for a in link.attempts),
        )

    # ------------------------------------------------------------ gaps

    def gaps(self, rows: tuple[Row, ...]) -> Iterator[Gap]:
        """Every row that stands against completeness, by kind."""
        yield from self._gaps_of_requirements(rows)
        tested = {r for c in self.protocol.cases for r in c.risks}
        for risk in self.spec.risks:
            if risk.id not in tested:
                yield Gap(kind="risk-without-test", subject=risk.id, detail=risk.failure_mode)
        yield from self._gaps_of_cases()
        for deviation in self.deviations:
            if deviation.open:
                detail = f"{deviation.case} in {deviation.run}, no signed disposition"
                yield Gap(kind="deviation-open", subject=deviation.id, detail=detail)
        for shortfall in self.protocol.shortfalls:
            yield Gap(kind="policy-shortfall", subject=shortfall.requirement, detail=f"{shortfall.what}: {shortfall.reason}")

    @staticmethod
    def _gaps_of_requirements(rows: tuple[Row, ...]) -> Iterator[Gap]:
        for row in rows:
            if row.coverage == "gap" and not row.links:
                yield Gap(kind="requirement-without-test", subject=row.requirement, detail=row.reason)
            elif row.coverage in ("gap", "failed", "restricted"):
                yield Gap(kind="requirement-not-passed", subject=row.requirement, detail=row.reason)

    def _gaps_of_cases(self) -> Iterator[Gap]:
        for case in self.protocol.cases:
            if not any(r in self.spec.requirement for r in case.requirements):
                yield Gap(kind="case-without-requirement", subject=case.id, detail=case.title)
            if self.link(case).final is Verdict.NOT_RUN:
                yield Gap(kind="case-not-run", subject=case.id, detail=case.title)
