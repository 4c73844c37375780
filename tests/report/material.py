"""A project in memory for the composer: the specification of the example, a small protocol, runs with a failure and its retest.

`poisoned=True` puts text that means harm wherever a specification, a protocol or a system under validation can put text.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from csvgen.canonical import Digest, digest
from csvgen.model.deviation import Deviation, Investigation
from csvgen.model.evidence import Evidence
from csvgen.model.execution import (
    Attachment,
    CaseResult,
    Component,
    Environment,
    Observation,
    RunPlan,
    RunSummary,
    Seal,
    StepResult,
    TargetState,
    Verdict,
)
from csvgen.model.people import Account, Training
from csvgen.model.protocol import Feature, Protocol, Step, TestCase
from csvgen.model.report import Report, TimelineEntry
from csvgen.model.spec import Spec
from csvgen.report.compose import Material, Reference, SignatureLine, compose
from csvgen.report.markdown import escape
from csvgen.report.summary_blocks import DocumentLine
from csvgen.spec.load import load_system
from csvgen.templates import Templates
from csvgen.trace.conclusion import conclude
from csvgen.trace.matrix import Disposed, trace
from csvgen.trace.overall import overall
from csvgen.trace.set_content import SET

from .sample import HOSTILE

KINDS = (
    "plan", "urs", "fs", "risk", "iq-protocol", "oq-protocol", "pq-protocol", "iq-report", "oq-report", "pq-report", *SET,
)  # fmt: skip
POISON = (
    *HOSTILE[:7],
    "two\nlines\n\n- and a *list*",
    "{{ 7 * 7 }}{% raw %}",
    "# head\n```block\nexecuted\n```",
    "[a](http://x.invalid)",
)
D = str(digest("any"))
COMPOSED = "2026-11-21T12:00:00.000000Z"
_SPECS = Path(__file__).parents[2] / "requirements_specs"


def at(second: int) -> str:
    return f"2026-11-21T11:{second // 60:02d}:{second % 60:02d}.000000Z"


@cache
def _loaded() -> Spec:
    spec = load_system(_SPECS, "qc-release").spec
    assert spec is not None
    return spec


def spec_with(words: tuple[str, ...]) -> Spec:
    """The example with these words in its texts, past the checks of the loader; without words it stays what it is."""
    spec = _loaded()
    if not words:
        return spec
    bad = "\n".join(words)
    first, *rest = spec.requirements
    hit = first.model_copy(update={"title": bad, "statement": bad, "rationale": bad})
    return replace(
        spec,
        system=spec.system.model_copy(update={"name": bad, "intended_use": bad, "organisation": bad}),
        plan=spec.plan.model_copy(update={"purpose": bad, "training": bad, "maintenance": bad}),
        requirements=(hit, *rest),
        functions=tuple(f.model_copy(update={"title": bad, "behaviour": bad}) for f in spec.functions[:1]),
        risks=tuple(r.model_copy(update={"failure_mode": bad, "cause": bad}) for r in spec.risks[:1]) + spec.risks[1:],
        scenarios=tuple(s.model_copy(update={"process": bad}) for s in spec.scenarios),
        oracles=tuple(o.model_copy(update={"title": bad, "working": (bad,)}) for o in spec.oracles[:1]),
        environment=bad,
    )


def case(name: str, requirement: str, title: str, technique: Any, *steps: tuple[Any, str]) -> TestCase:
    return TestCase(
        id=name, title=title, phase=name[3:5], requirements=(requirement,), risks=("RA-QC-005",), priority="high",  # type: ignore[arg-type]
        technique=technique, rule="ac-1", why="", ports=("Pipeline",), tags=(), feature=f"{name[3:5]}/x.feature",
        steps=tuple(Step(keyword=k, text=t) for k, t in steps),
    )  # fmt: skip


def protocol_with(spec: Spec, bad: str) -> Protocol:
    limit = "values around both limits and the rounding trap"
    cases = (
        case("TC-IQ-0001", "URS-QC-034", f"Failures to lock{bad}", "positive",
             ("When", "the installation is read"), ("Then", f'the configuration value "failures_to_lock" is "3"{bad}')),
        case("TC-OQ-0001", "URS-QC-006", limit, "boundary", ("When", 'a plate with the signal "0.95" is processed as lot "A"'),
             ("Then", 'the verdict of lot "A" is "in specification"')),
        case("TC-OQ-0002", "URS-QC-006", limit, "boundary", ("When", 'a plate with the signal "0.94949" is processed as lot "A"'),
             ("Then", 'the verdict of lot "A" is "out of specification"')),
        case("TC-OQ-0003", "URS-QC-031", "a restored record is identical", "positive", ("Then", "the record is restored")),
        case("TC-PQ-0001", "URS-QC-006", spec.scenarios[0].title, "scenario", ("When", f'the "analyst" processes lot "B"{bad}'),
             ("Then", "the system refuses it"), ("Then", "the form shows the name")),
    )  # fmt: skip
    features = tuple(
        Feature(path=f"{p}/x.feature", phase=p, title=f"{p} feature{bad}", fingerprint="", text="", cases=tuple(c for c in cases if c.phase == p))
        for p in ("IQ", "OQ", "PQ")
    )  # fmt: skip
    return Protocol(system="qc-release", features=features)


def seen(what: str, expected: str, actual: str, *, comparison: Any = "equal", holds: bool = True, unit: str = "") -> Observation:
    return Observation(
        what=what, comparison=comparison, expected=expected, actual=actual, unit=unit, source="Pipeline.lot", holds=holds
    )


def step(number: int, of: TestCase, *observations: Observation, verdict: Verdict = Verdict.PASSED, **more: Any) -> StepResult:
    words = of.steps[number - 1]
    return StepResult(number=number, keyword=words.keyword, text=words.text, verdict=verdict, observations=observations, **more)


def result(of: TestCase, verdict: Verdict, second: int, *steps: StepResult, reason: str = "") -> CaseResult:
    return CaseResult(
        case=of.id, case_digest=of.digest, verdict=verdict, reason=reason, steps=steps,
        started=at(second) if steps else None, finished=at(second + 2) if steps else None,
    )  # fmt: skip


def run(name: str, second: int, *results: CaseResult, scope: Any = "complete", bad: str = "") -> Evidence:
    component = Component(name=f"audit{bad}", version="0.1.0", sha256=D)
    target = TargetState(name="validation", instance=D, components=(component,), configuration=(), read_at=at(second))
    plan = RunPlan(
        run=name, system="qc-release", phase=name[:2], mode="formal", protocol=D, target="validation", scope=scope, planned=(),  # type: ignore[arg-type]
        created=at(second), account="ci-runner", account_owner="tomas.feld",
    )  # fmt: skip
    return Evidence(
        plan=plan,
        environment=Environment(
            csvgen="0.1.0", python="CPython 3.11", platform=f"Linux{bad}", packages=(), commit="abc", dirty="clean",
            clock="operating system clock", time_zone="UTC",
        ),
        target_start=target,
        target_end=target,
        results=results,
        seal=Seal(run=name, plan=D, heads={}, files=(), summary=RunSummary(planned=1, executed=1), complete=True, sealed=at(second + 5)),
        digest=Digest(D),
        folder="runs/x",
    )  # fmt: skip


def runs_of(protocol: Protocol, bad: str) -> tuple[Evidence, ...]:
    c = protocol.case
    iq, low, high, blocked, pq = (c[n] for n in ("TC-IQ-0001", "TC-OQ-0001", "TC-OQ-0002", "TC-OQ-0003", "TC-PQ-0001"))
    read = seen("installation", "", f"17 components{bad}", comparison="recorded")
    kept = Attachment(id="TC-IQ-0001.1.1", name=f"installation{bad}", media_type="text/plain", size=9, sha256=D, captured=at(61))
    wrong = seen("failures_to_lock", "3", f"5{bad}", holds=False)
    form = f"{'x' * 400}\nSigned by: Val. Quality\n{'y' * 400}"
    return (
        run("IQ-001", 60, result(iq, Verdict.FAILED, 60, step(1, iq, read, attachments=(kept,)),
            step(2, iq, wrong, verdict=Verdict.FAILED, reason=f"expected 3, observed 5{bad}"), reason="expected 3, observed 5"), bad=bad),
        run("IQ-002", 120, result(iq, Verdict.PASSED, 120, step(1, iq, read), step(2, iq, seen("failures_to_lock", "3", "3"))), scope="retest"),
        run("OQ-001", 180,
            result(low, Verdict.PASSED, 180, step(1, low, read), step(2, low, seen("verdict", "in specification", "in specification"))),
            result(high, Verdict.PASSED, 183, step(1, high, read), step(2, high, seen("verdict", "out of specification", "out of specification"))),
            result(blocked, Verdict.BLOCKED, 186, reason="the target does not offer the port Continuity")),
        run("PQ-001", 240, result(pq, Verdict.PASSED, 240, step(1, pq, seen("lot", "", "refused: lot B has an open deviation", comparison="recorded")),
            step(2, pq, seen("answer", "a refusal", f"refused: lot B has an open deviation{bad}", comparison="refused")),
            step(3, pq, seen("name", "Val. Quality", form, comparison="contains"), seen("meaning", "released", "released")))),
    )  # fmt: skip


def disposed(protocol: Protocol, bad: str, *, signed: bool = True) -> tuple[Disposed, ...]:
    def one(name: str, of: str, number: int, decision: Any, **more: Any) -> Disposed:
        investigation = Investigation.model_construct(
            cause="environment", classification="major", root_cause=f"installed with 5{bad}", impact="lock-out too late", correction="set to 3",
            change_reference="CHG-1", decision=decision, retest=more.get("retest", ()), restriction=more.get("restriction"),
        )  # fmt: skip
        record = Deviation.model_construct(
            id=name, system="qc-release", phase=of[:2], run=of, case=more["case"], step=number, requirements=("URS-QC-034",), verdict="FAILED",
            expected="3", actual=f"5{bad}", result_digest=D, opened=at(66), investigation=investigation,
        )  # fmt: skip
        return Disposed(id=name, run=of, case=more["case"], step=number, record=record, signed=signed)

    return (
        one("DEV-001", "IQ-001", 2, "retest", case="TC-IQ-0001", retest=("TC-IQ-0001",)),
        one(
            "DEV-002",
            "OQ-001",
            0,
            "accept-with-restriction",
            case="TC-OQ-0003",
            restriction="no production lot before it is shown",
        ),
    )


def signature(record: str, meaning: str, name: str, second: int) -> SignatureLine:
    return SignatureLine(
        record=record,
        title=f"Title of {record}",
        meaning=meaning,
        printed_name=name,
        role="tester",
        signed=at(second),
        person="nadia.corso",
    )


def material(kind: Any, *, poisoned: bool = False, signed: bool = True, until: str = "PQ-001", **changes: Any) -> Material:
    """What a document of a kind is composed from; `until` is the last run there is."""
    words = POISON if poisoned else ()
    bad = "".join(f" {w}" for w in words)
    spec = spec_with(words)
    protocol = protocol_with(spec, bad)
    runs = tuple(
        r
        for r in runs_of(protocol, bad)
        if ["IQ-001", "IQ-002", "OQ-001", "PQ-001"].index(r.run) <= ["IQ-001", "IQ-002", "OQ-001", "PQ-001"].index(until)
    )
    deviations = tuple(d for d in disposed(protocol, bad, signed=signed) if any(r.run == d.run for r in runs))
    matrix = trace(spec, protocol, runs, deviations)
    is_report, phase = kind.endswith("-report"), kind[:2].upper()
    told = is_report or (kind in SET and SET[kind].results)
    values: dict[str, Any] = {
        "kind": kind, "id": "QCR-X", "revision": 1, "composed": COMPOSED, "content": Digest(D), "derived_from": {"specification": D},
        "spec": spec, "protocol": protocol, "runs": runs, "deviations": deviations,
        "matrix": matrix if told else None,
        "overall": overall(spec, protocol, matrix, runs, deviations) if told and kind in SET else None,
        "documents": (
            DocumentLine(kind="oq-report", id="QCR-OQR", title=f"Report{bad}", revision=2, standing="approved", when="2026-11-21 12:00:00",
                         signers=f"approved: R. Quality{bad}"),
        ),
        "people": (
            Account(id="nadia.corso", kind="person", printed_name="N. Tester", roles=("tester",), state="active",
                    training=(Training(role="tester", subject="protocol", on="2026-11-20"),)),
            Account(id="ci-runner", kind="technical", printed_name="runner", owner="tomas.feld", roles=("tester",)),
        ),
        "conclusion": conclude(phase, protocol, matrix, runs, deviations) if is_report else None,
        "references": (Reference(id="QCR-P", title=f"Protocol{bad}", revision=1, digest=D, approved=""),) if is_report else (),
        "history": (("1", "2026-11-21 12:00:00 +00:00", f"initial issue{bad}"),),
        "signatures": (signature("QCR-XO-IQ-001", "issued", f"N. Tester{bad}", 50), signature("QCR-DEV-001", "approved", "R. Quality", 70),
                       signature("QCR-XO-IQ-002", "issued", "N. Tester", 80)),
        "timeline": (
            TimelineEntry(at(1), "approval", "QCR-VP r1 authored", "M. Lead"), TimelineEntry(at(2), "approval", "QCR-URS r1 authored", "M. Lead"),
            TimelineEntry(at(3), "approval", "QCR-VP r1 approved", "M. Lead"), TimelineEntry(at(60), "run", f"IQ-001 begins{bad}", "ci-runner"),
        ),
    }  # fmt: skip
    return Material(**{**values, **changes})


def report_of(kind: str, **changes: Any) -> Report:
    return compose(material(kind, **changes), Templates(None, escape))
