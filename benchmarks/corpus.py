"""Specifications of any size with the same words for every tool: N requirements, each with a criterion and a risk.

The words vary by arithmetic on the number, so that no two statements say the same and every run writes the same bytes.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

PER_FILE = 100

_SUBJECTS = ("receipt of samples", "stability chamber", "weighing terminal", "label printer", "chromatography queue", "reagent register",
             "training register", "complaint intake", "cleaning log", "batch review", "reference standard store")  # fmt: skip
_VERBS = ("record", "refuse", "show", "compare", "keep", "number", "forward", "count", "close", "order", "print", "date", "index")
_OBJECTS = ("each change of a result", "a value outside its limits", "the reason of a repeat", "every superseded version", "the name of the analyst",
            "an expired reagent", "the identity of the instrument", "a missing second review", "the checksum of a file", "the number of injections",
            "a sample without label", "the time of receipt", "a calibration that is due", "an open deviation", "the planned storage place",
            "a failed interface transfer", "the released limit")  # fmt: skip
_EFFECTS = (
    "a lot is released on a wrong result",
    "a result cannot be traced to its raw file",
    "a review is done twice or not at all",
    "a sample is mixed up",
)
_GRADES = ("low", "medium", "high")


def requirement_id(i: int) -> str:
    return f"URS-B-{i:06d}"


def risk_id(i: int) -> str:
    return f"RA-B-{i:06d}"


def title(i: int) -> str:
    return f"{_VERBS[i % 13].capitalize()} {_OBJECTS[i % 17]} at the {_SUBJECTS[i % 11]}, item {i}"


def statement(i: int) -> str:
    return (
        f"The {_SUBJECTS[i % 11]} shall {_VERBS[i % 13]} {_OBJECTS[i % 17]} of work order {i} within {1 + i % 60} s of the event, together with the "
        f"name of the person, the old and the new value and the time in UTC."
    )


def rationale(i: int) -> str:
    return f"Without it nobody could tell at the {_SUBJECTS[i % 11]} what happened to work order {i} and who answers for it."


def clauses(i: int) -> tuple[str, ...]:
    return ("11.10(e)", "11.10(a)") if i % 2 else ("11.10(e)",)


def given(i: int) -> str:
    return f"work order {i} is open at the {_SUBJECTS[i % 11]}"


def when(i: int) -> str:
    return f"the analyst makes entry number {i % 97} for it"


def then(i: int) -> str:
    return f"the entry of work order {i} is shown with its time"


def risk(i: int) -> dict[str, str]:
    return {
        "failure_mode": f"The {_SUBJECTS[i % 11]} does not {_VERBS[i % 13]} {_OBJECTS[i % 17]} of work order {i}",
        "cause": f"Entry number {i % 97} is lost between two writes of item {i}",
        "effect": _EFFECTS[i % 4],
        "severity": _GRADES[i % 3], "severity_reason": f"Judged from the process at the {_SUBJECTS[i % 11]}, case {i}.",
        "probability": _GRADES[(i // 3) % 3], "probability_reason": f"{i % 9} such events in the last year, series {i}.",
        "detectability": _GRADES[(i // 9) % 3], "detectability_reason": f"The reviewer sees {i % 7 + 1} of 10 such entries, series {i}.",
        "control": f"Second review of work order {i}",
        "residual_reason": f"The control finds it at the next step of work order {i}.",
    }  # fmt: skip


def pages(n: int) -> Iterator[tuple[int, range]]:
    for start in range(1, n + 1, PER_FILE):
        yield (start - 1) // PER_FILE + 1, range(start, min(start + PER_FILE, n + 1))


# ------------------------------------------------------------------ csvgen


def urs_file(numbers: range) -> str:
    lines = ["format: csvgen.urs/1", "requirements:"]
    for i in numbers:
        lines += [
            f"  - id: {requirement_id(i)}", f"    title: {title(i)}", "    statement: >-", f"      {statement(i)}", f"    rationale: {rationale(i)}",
            "    category: function", f"    clauses: [{', '.join(clauses(i))}]", '    gxp: "yes"', "    phase: OQ", "    criteria:", "      - id: ac-1",
            f"        title: Entry of item {i}", f"        given: [{given(i)}]", f"        when: [{when(i)}]", f"        then: [{then(i)}]",
        ]  # fmt: skip
    return "\n".join(lines) + "\n"


def risk_file(numbers: range) -> str:
    lines = ["format: csvgen.risk/1", "scheme: gamp5-two-step", "raters: [quality, process-owner]", "risks:"]
    for i in numbers:
        r = risk(i)
        lines += [
            f"  - id: {risk_id(i)}",
            f"    requirements: [{requirement_id(i)}]",
            *(f"    {k}: {r[k]}" for k in ("failure_mode", "cause", "effect")),
        ]
        lines += [
            f'    {k}: {{rating: {r[k]}, reason: "{r[k + "_reason"]}"}}' for k in ("severity", "probability", "detectability")
        ]
        lines += [f"    controls: [{r['control']}]", "    residual:", f'      probability: {{rating: low, reason: "{r["residual_reason"]}"}}',
                  f'      detectability: {{rating: high, reason: "{r["residual_reason"]}"}}']  # fmt: skip
    return "\n".join(lines) + "\n"


def write_csvgen(folder: Path, n: int, small: Path) -> None:
    """A project of n requirements; its other files are those of the small system `small`."""
    shutil.rmtree(folder, ignore_errors=True)
    system = folder / "requirements_specs" / "bench"
    system.mkdir(parents=True)
    (folder / "csvgen.toml").write_text('[csvgen]\nproject = "bench"\nrecords = "sqlite:///records/records.db"\n')
    for name in ("system.yaml", "plan.yaml", "protocol.yaml", "installation.yaml"):
        text = (small / name).read_text(encoding="utf-8").replace("id: probe", "id: bench").replace("URS-P-003", "URS-IQ-003")
        (system / name).write_text(text, encoding="utf-8")
    (system / "urs").mkdir()
    (system / "risk").mkdir()
    installed = (
        urs_file(range(1, 2)).replace(requirement_id(1), "URS-IQ-003").replace("phase: OQ", "phase: IQ").split("    criteria:")[0]
    )
    (system / "urs" / "installation.yaml").write_text(
        installed.replace('gxp: "yes"', 'gxp: "no"').replace("item 1", "installation")
    )
    for page, numbers in pages(n):
        (system / "urs" / f"{page:04d}.yaml").write_text(urs_file(numbers), encoding="utf-8")
        (system / "risk" / f"{page:04d}.yaml").write_text(risk_file(numbers), encoding="utf-8")


# ------------------------------------------------------------------ StrictDoc

_FIELDS = ("UID", "CATEGORY", "CLAUSES", "GXP", "PHASE", "TITLE", "STATEMENT", "RATIONALE", "CRITERION", "GIVEN", "WHEN", "THEN")
_RISK_FIELDS = ("UID", "TITLE", "STATEMENT", "CAUSE", "EFFECT", "SEVERITY", "SEVERITY_REASON", "PROBABILITY", "PROBABILITY_REASON", "DETECTABILITY",
                "DETECTABILITY_REASON", "CONTROL", "RESIDUAL_PROBABILITY", "RESIDUAL_DETECTABILITY", "RESIDUAL_REASON")  # fmt: skip


def _grammar() -> list[str]:
    lines = ["[GRAMMAR]", "ELEMENTS:"]
    for tag, fields in (("TEXT", ("UID", "STATEMENT")), ("REQUIREMENT", _FIELDS), ("RISK", _RISK_FIELDS)):
        lines += [f"- TAG: {tag}", "  FIELDS:"]
        for field in fields:
            lines += [
                f"  - TITLE: {field}",
                "    TYPE: String",
                f"    REQUIRED: {'False' if tag == 'TEXT' and field == 'UID' else 'True'}",
            ]
        if tag == "RISK":
            lines += ["  RELATIONS:", "  - TYPE: Parent"]
    return lines


def _node(tag: str, values: dict[str, str], parent: str = "") -> list[str]:
    lines = [f"[{tag}]", *(f"{k}: {v}" for k, v in values.items())]
    return [*lines, *(["RELATIONS:", "- TYPE: Parent", f"  VALUE: {parent}"] if parent else []), ""]


def write_strictdoc(folder: Path, n: int) -> None:
    """The same content as `write_csvgen`, in StrictDoc's language: a document of requirements and one of risks a page."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "strictdoc_config.py").write_text(
        "from strictdoc.core.project_config import ProjectConfig\n\n\n"
        'def create_config() -> ProjectConfig:\n    return ProjectConfig(project_title="Bench", project_features=[])\n'
    )
    for page, numbers in pages(n):
        lines = ["[DOCUMENT]", f"TITLE: Requirements part {page}", f"UID: DOC-URS-{page}", "", *_grammar(), ""]
        for i in numbers:
            words = (requirement_id(i), "function", ", ".join(clauses(i)), "yes", "OQ", title(i), statement(i), rationale(i),
                     f"Entry of item {i}", given(i), when(i), then(i))  # fmt: skip
            lines += _node("REQUIREMENT", dict(zip(_FIELDS, words, strict=True)))
        (folder / f"urs_{page:04d}.sdoc").write_text("\n".join(lines), encoding="utf-8")
        lines = ["[DOCUMENT]", f"TITLE: Risks part {page}", f"UID: DOC-RISK-{page}", "", *_grammar(), ""]
        for i in numbers:
            r = risk(i)
            words = (risk_id(i), r["failure_mode"][:60], r["failure_mode"], r["cause"], r["effect"], r["severity"], r["severity_reason"], r["probability"],
                     r["probability_reason"], r["detectability"], r["detectability_reason"], r["control"], "low", "high", r["residual_reason"])  # fmt: skip
            lines += _node("RISK", dict(zip(_RISK_FIELDS, words, strict=True)), requirement_id(i))
        (folder / f"risk_{page:04d}.sdoc").write_text("\n".join(lines), encoding="utf-8")
