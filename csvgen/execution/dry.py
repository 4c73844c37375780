"""The dry run: every step of every case is looked up, nothing is executed, and every report of it says so first and last."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from csvgen.diagnostics import Diagnostic, Findings, Location, Severity
from csvgen.execution.compat import StepFunctionContext, StepIndex
from csvgen.execution.executor import step_code, undefined
from csvgen.model.protocol import ATTENDED, TestCase

WATERMARK = "DRY RUN: nothing was executed"
_CUTOFF = 0.3


@dataclass(frozen=True)
class Resolved:
    """What a dry run found."""

    cases: int
    steps: int
    attended: int
    whole: bool
    """Whether every feature file was looked at; only then can be told what is used nowhere."""
    library: tuple[int, int]
    """Definitions of csvgen's own library: used, and there."""
    findings: Findings

    def summary(self) -> list[str]:
        """In sentences, the watermark first and last."""
        count = f"{self.cases} cases, {self.steps} steps, {len(self.findings.items)} findings"
        lines = [f"{WATERMARK}: {count}"]
        if self.attended:
            lines.append(f"{self.attended} attended cases: no automated run executes them")
        lines.append(f"{self.library[0]} of {self.library[1]} step definitions of csvgen's library are used")
        if not self.whole:
            lines.append("step definitions that are used nowhere are looked for when all features are resolved")
        return [*lines, WATERMARK]

    def content(self) -> dict[str, Any]:
        """As JSON types."""
        return {
            "watermark": WATERMARK, "cases": self.cases, "steps": self.steps, "attended": self.attended, "whole": self.whole,
            "library": {"used": self.library[0], "there": self.library[1]},
            "findings": [
                {"rule": d.rule, "severity": str(d.severity), "file": d.location.file, "line": d.location.line, "message": d.message,
                 "hint": d.hint, "about": d.about}
                for d in self.findings.items
            ],
        }  # fmt: skip

    @classmethod
    def read(cls, content: dict[str, Any]) -> Resolved:
        """From its JSON types."""
        found = (
            Diagnostic(
                rule=f["rule"], severity=Severity(f["severity"]), location=Location(f["file"], f["line"]), message=f["message"],
                hint=f["hint"], about=f["about"],
            )
            for f in content["findings"]
        )  # fmt: skip
        library = (content["library"]["used"], content["library"]["there"])
        return cls(content["cases"], content["steps"], content["attended"], content["whole"], library, Findings.of(found))


def resolve(
    session: pytest.Session, items: Sequence[tuple[pytest.Item, TestCase]], broken: Iterable[tuple[str, str]], *, whole: bool
) -> Resolved:
    """Look up every step of the cases of `items`. `broken`: files that could not be collected, and why."""
    index = StepIndex(session._fixturemanager)  # noqa: SLF001 - see compat
    automated = [(item, case) for item, case in items if ATTENDED not in case.tags]
    found, used, texts = list(map(_broken, broken)), set[int](), set[str]()
    for item, case in automated:
        for number, step in enumerate(case.steps, 1):
            fitting = index.matches(step.keyword.lower(), step.text, item)
            used |= {id(context) for context in fitting}
            texts.add(step.text)
            if len(fitting) != 1:
                found.append(
                    Diagnostic(
                        rule="DRY002" if fitting else "DRY001", severity=Severity.ERROR, about=case.id,
                        location=Location(case.feature or Path(item.path).name, step.line),
                        message=f"{case.id} step {number} ({step.keyword} {step.text}): {undefined(step, fitting, index)}",
                        hint="give one of them other words" if fitting else "write the step definition, or correct the words",
                    )
                )  # fmt: skip
    every = list(index.contexts())
    own = [c for c in every if not step_code(c.step_func).file.startswith(("csvgen/", "pytest_bdd/"))]
    if whole:
        found += [_unused(c, texts) for c in own if id(c) not in used]
    library = [c for c in every if step_code(c.step_func).file.startswith("csvgen/")]
    return Resolved(
        len(automated), sum(len(case.steps) for _, case in automated), len(items) - len(automated), whole,
        (sum(id(c) in used for c in library), len(library)), Findings.of(found),
    )  # fmt: skip


def _broken(file: tuple[str, str]) -> Diagnostic:
    lines = [line.strip() for line in file[1].splitlines() if line.strip()] or ["it cannot be read"]
    return Diagnostic(
        rule="DRY004", severity=Severity.ERROR, location=Location(file[0]), message=f"none of its cases is known: {lines[0]}"
    )


def _unused(context: StepFunctionContext, texts: set[str]) -> Diagnostic:
    code, phrase = step_code(context.step_func), context.parser.name
    near = difflib.get_close_matches(phrase, sorted(texts), n=1, cutoff=_CUTOFF)
    return Diagnostic(
        rule="DRY003", severity=Severity.WARNING, location=Location(code.file, code.line),
        message=f"no step uses the definition {context.type or 'step'} {phrase!r}" + (f"; the nearest step is {near[0]!r}" if near else ""),
        hint="remove it, or correct the words of the step that means it",
    )  # fmt: skip
