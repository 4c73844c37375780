"""What drawing all documents of a validation costs: many one-step requirements beside pytest-gxp's PDF, and the worked example.

    python benchmarks/packages.py [--sizes 1000 10000] [--rivals PYTHON] [--write]

Everything in one run: some five minutes on a machine that does nothing else, three of them pytest-gxp's 10,000.
CPU seconds (user + system) of composing and drawing, and peak memory of the process that holds specification, protocol and results; a
process for each figure. The results are made up: every step passed, with one observed value. "Report": the OQ report as Word and PDF, and
the workbook of its matrix. "Package": also URS, risk assessment, OQ protocol and traceability matrix, each as Word and PDF.
pytest-gxp: `CSVValidationReport.generate_report` and `write_pdf_report` for as many requirements, with one test and one result each; its
other files are not counted. `--rivals`: the Python of a virtual environment that holds pytest-gxp[pdf]. The worked example is its own
specification and protocol with made-up results, and all of its documents.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import corpus

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from csvgen.model.evidence import Evidence
    from csvgen.model.protocol import Protocol
    from csvgen.model.spec import Spec

HERE = Path(__file__).parent
ROOT = HERE.parent
TITLE = "Packages of documents"
REPORT = ("oq-report",)
PACKAGE = ("urs", "risk", "oq-protocol", "oq-report", "traceability-matrix")
PHASES = ("IQ", "OQ", "PQ")
EARLIER = ("plan", "urs", "fs", "risk", *(f"{phase}-{what}" for phase in ("iq", "oq", "pq") for what in ("protocol", "report")))
"""Kinds of documents before those of the set."""
NOON = "2026-11-21T12:00:00.000000Z"
PER_FEATURE = 100


# ------------------------------------------------------------------ what is drawn


def many(count: int) -> tuple[Spec, Protocol]:
    """So many requirements with a risk and a case of one step each; the rest is the worked example's."""
    from csvgen.model.protocol import Feature, Protocol, Step, TestCase

    spec = example_spec()
    first = next(r for r in spec.requirements if r.phase == "OQ")
    numbers = range(1, count + 1)
    requirements = tuple(
        first.model_copy(
            update={
                "id": corpus.requirement_id(i), "title": corpus.title(i), "statement": corpus.statement(i), "rationale": corpus.rationale(i),
            }
        )
        for i in numbers
    )  # fmt: skip
    risks = tuple(
        spec.risks[0].model_copy(
            update={
                "id": corpus.risk_id(i),
                "requirements": (corpus.requirement_id(i),),
                "failure_mode": corpus.risk(i)["failure_mode"],
            }
        )
        for i in numbers
    )
    cases = tuple(
        TestCase(
            id=f"TC-OQ-{i:05d}", title=corpus.title(i), phase="OQ", requirements=(corpus.requirement_id(i),), risks=(corpus.risk_id(i),),
            priority="high", technique="positive", rule="ac-1", why="", ports=("Pipeline",), tags=(), feature="OQ/x.feature",
            steps=(Step(keyword="Then", text=corpus.then(i)),),
        )
        for i in numbers
    )  # fmt: skip
    features = tuple(
        Feature(
            path=f"OQ/{n}.feature", phase="OQ", title=f"Feature {n}", fingerprint="", text="", cases=cases[n : n + PER_FEATURE]
        )
        for n in range(0, count, PER_FEATURE)
    )
    whole = replace(spec, requirements=requirements, risks=risks, scenarios=(), functions=(), oracles=())
    return whole, Protocol(system=spec.system.id, features=features)


def example_spec() -> Spec:
    from csvgen.spec.load import load_system

    spec = load_system(ROOT / "requirements_specs", "qc-release").spec
    assert spec is not None
    return spec


def example() -> tuple[Spec, Protocol]:
    from csvgen.protocol.files import read_protocol

    spec = example_spec()
    return spec, read_protocol(ROOT / "protocols" / spec.system.id, spec.system.id)[0]


def finished(spec: Spec, protocol: Protocol) -> tuple[Evidence, ...]:
    """A run for each phase that has cases."""
    return tuple(run(spec, protocol, phase) for phase in PHASES if protocol.of(phase))


def run(spec: Spec, protocol: Protocol, phase: Any) -> Evidence:
    from csvgen.canonical import digest
    from csvgen.model.evidence import Evidence
    from csvgen.model.execution import (
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
    )  # fmt: skip

    some, passed = digest("any"), Verdict.PASSED
    target = TargetState(
        name="validation",
        instance=some,
        components=(Component(name="audit", version="0.2.0", sha256=some),),
        configuration=(),
        read_at=NOON,
    )
    plan = RunPlan(
        run=f"{phase}-001", system=spec.system.id, phase=phase, mode="formal", protocol=some, target="validation", scope="complete", planned=(),
        created=NOON, account="ci-runner", account_owner="tomas.feld",
    )  # fmt: skip
    results = tuple(
        CaseResult(
            case=case.id, case_digest=case.digest, verdict=passed, reason="", started=NOON, finished=NOON,
            steps=tuple(
                StepResult(
                    number=n, keyword=step.keyword, text=step.text, verdict=passed,
                    observations=(
                        Observation(what="entry", comparison="equal", expected=f"shown {n}", actual=f"shown {n}", unit="", source="Pipeline.lot",
                                    holds=True),
                    ),
                )
                for n, step in enumerate(case.steps, 1)
            ),
        )
        for case in protocol.of(phase)
    )  # fmt: skip
    return Evidence(
        plan=plan,
        environment=Environment(csvgen="0.2.0", python="CPython", platform="Linux", packages=(), commit="abc", dirty="clean", clock="c", time_zone="UTC"),
        target_start=target, target_end=target, results=results, digest=some, folder="runs/x",
        seal=Seal(run=plan.run, plan=some, heads={}, files=(), summary=RunSummary(planned=1, executed=1), complete=True, sealed=NOON),
    )  # fmt: skip


def drawn(kinds: Iterable[str], spec: Spec, protocol: Protocol, runs: Sequence[Evidence]) -> int:
    """Compose and draw documents; gives the bytes of all files."""
    from csvgen.canonical import digest
    from csvgen.report import excel, outline, pdf, word
    from csvgen.report.compose import Material, compose
    from csvgen.report.markdown import escape
    from csvgen.report.set_inserts import sheets
    from csvgen.templates import Templates
    from csvgen.trace.conclusion import conclude
    from csvgen.trace.matrix import trace
    from csvgen.trace.overall import overall
    from csvgen.trace.set_content import SET

    templates, total = Templates(None, escape), 0
    matrix = trace(spec, protocol, runs, ())
    for kind in kinds:
        is_report, told = kind.endswith("-report"), kind in SET and SET[kind].results
        report = compose(
            Material(
                kind=kind, id=f"X-{kind}", revision=1, composed=NOON, content=digest(kind), derived_from={"specification": digest(kind)},
                spec=spec, protocol=protocol, runs=runs,
                matrix=matrix if is_report or told else None,
                conclusion=conclude(kind[:2].upper(), protocol, matrix, runs, ()) if is_report else None,
                overall=overall(spec, protocol, matrix, runs, ()) if told else None,
            ),
            templates,
        )  # fmt: skip
        plan = outline.outline(report)  # once for both, as the workflow does
        total += len(pdf.draw(plan)) + len(word.draw(plan))
        slots = tuple(s for s in report.slots if s.field)
        if is_report:
            total += len(excel.draw(matrix, title="Matrix", document_id=report.id, made_by=report.made_by, slots=slots))
        if tables := sheets(kind, report):
            total += len(
                excel.draw_tables(
                    tables, title=report.title, document_id=report.id, system=report.system, content=digest(kind), made_by=report.made_by,
                    revision=1, slots=slots,
                )
            )  # fmt: skip
    return total


def gxp(count: int) -> int:
    """pytest-gxp's PDF; run by a Python that has it."""
    import tempfile

    from pytest_gxp.markdown_format import TestCase
    from pytest_gxp.report import CSVValidationReport

    ids = [corpus.requirement_id(i) for i in range(1, count + 1)]
    tests = {name: f"test_oq.py::test_{i:05d}" for i, name in enumerate(ids, 1)}
    cases = [
        TestCase(
            id=f"TC-OQ-{i:05d}", title=corpus.title(i), description=corpus.statement(i), requirements=[name], steps=[corpus.then(i)],
            expected_result=corpus.then(i), metadata={"spec_type": "functional"},
        )
        for i, name in enumerate(ids, 1)
    ]  # fmt: skip
    report = CSVValidationReport()
    report.generate_report(
        cases,
        test_results={case.id: "PASSED" for case in cases},
        requirement_tests={name: [test] for name, test in tests.items()},
        test_records={test: {"status": "PASSED", "requirement_ids": [name], "reason": ""} for name, test in tests.items()},
    )
    with tempfile.TemporaryDirectory() as folder:
        report.write_pdf_report(Path(folder) / "report.pdf")
        return (Path(folder) / "report.pdf").stat().st_size


# ------------------------------------------------------------------ one process for each figure


def one(name: str, count: int) -> None:
    if name == "gxp":
        begun = resource.getrusage(resource.RUSAGE_SELF)
        size = gxp(count)
    else:
        from csvgen.model.settings import TITLES

        spec, protocol = example() if name == "example" else many(count)
        runs = finished(spec, protocol)
        kinds = {"report": REPORT, "package": PACKAGE}.get(name) or (*EARLIER, *TITLES)
        begun = resource.getrusage(resource.RUSAGE_SELF)
        size = drawn(kinds, spec, protocol, runs)
    used = resource.getrusage(resource.RUSAGE_SELF)
    cpu = used.ru_utime + used.ru_stime - begun.ru_utime - begun.ru_stime
    sys.stdout.write(json.dumps({"cpu": cpu, "mb": used.ru_maxrss / 1024, "held": begun.ru_maxrss / 1024, "size": size}))


def measure(python: str, name: str, count: int) -> dict[str, float]:
    command = [python, str(HERE / "packages.py"), "--one", name, str(count)]
    done = subprocess.run(
        command, capture_output=True, check=True, text=True, env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def table(sizes: Sequence[int], rivals: str) -> str:
    names, begun = ("report", "package", *(("gxp",) if rivals else ())), os.getloadavg()[0]
    found = {(n, c): measure(rivals if n == "gxp" else sys.executable, n, c) for c in sizes for n in names}
    told = "python benchmarks/packages.py --sizes " + " ".join(map(str, sizes)) + (" --rivals PYTHON" if rivals else "")
    lines = [
        f"{time.strftime('%Y-%m-%d')}, Python {platform.python_version()}, {platform.machine()}; `{told}`.",
        "CPU seconds of composing and drawing, in brackets the peak of the process in MB.",
        "",
        "| one-step requirements | report: Word, PDF, xlsx | package of 5 documents: Word, PDF, xlsx | pytest-gxp's PDF |",
        "|---|---|---|---|",
    ]
    for count in sizes:
        cells = (found.get((n, count)) for n in ("report", "package", "gxp"))
        shown = " | ".join(f"{f['cpu']:.1f} ({f['mb']:.0f})" if f else "not measured" for f in cells)
        lines.append(f"| {count:,} | {shown} |")
    lines.append("")
    for count in sizes if rivals else ():
        theirs = found["gxp", count]
        for name in ("report", "package"):
            ours = found[name, count]
            memory = f", {ours['mb'] / theirs['mb']:.2f} of its memory (asked at 10,000: 0.25)"
            lines.append(
                f"- {name}, {count:,}: {ours['cpu'] / theirs['cpu']:.2f} of pytest-gxp's CPU (asked: at most 0.33){memory}."
            )
    own = measure(sys.executable, "example", 0)
    lines.append(
        f"- All documents of the worked example, composed and drawn as Word, PDF and workbooks from its own specification and protocol with "
        f"made-up results: {own['cpu']:.1f} s, {own['mb']:.0f} MB, {own['size'] / 1e6:.1f} MB of files (asked: under 5 s)."
    )
    lines += [
        "",
        "pytest-gxp's PDF lists tests and results, two lines for each requirement; the report of csvgen has each executed step with what was observed",
        "beside. Specification, protocol and results are in memory before the clock starts; loading what composes and draws is in the seconds, as is",
        "WeasyPrint in pytest-gxp's. The peak is that of the whole process.",
        f"Load of the machine when it began {begun:.1f}, when it ended {os.getloadavg()[0]:.1f}, on {os.cpu_count()} cores: above the cores, seconds are rough.",
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 10_000])
    parser.add_argument("--rivals", default="")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--one", nargs=2, metavar=("WHAT", "COUNT"))
    arguments = parser.parse_args()
    if arguments.one:
        one(arguments.one[0], int(arguments.one[1]))
        return
    said = table(arguments.sizes, arguments.rivals)
    print(said)
    if arguments.write:
        from results import write_section

        write_section(TITLE, said)


if __name__ == "__main__":
    main()
