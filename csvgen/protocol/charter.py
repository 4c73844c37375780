"""The charter of an unscripted session: mission and time box are drafted, notes, issues and conclusion are a person's.

FDA, Computer Software Assurance (final guidance of 3 February 2026), accepts unscripted testing where the process risk is not high. It is
named only where the project rates its risks by the scheme of that guidance; elsewhere the depth policy alone answers for it.
"""

from __future__ import annotations

import re
from typing import Literal

from csvgen.model.depth import Depth
from csvgen.model.protocol import ATTENDED, CHARTER, Step, TestCase
from csvgen.model.spec import Requirement, Spec
from csvgen.patterns.bind import find
from csvgen.protocol.gherkin import prose

CSA = "fda-csa"
TAGS = (CHARTER, ATTENDED)
KEY = "charter/session"
_EXPLORES = 'a trained person explores the system for at most "{}" minutes and takes notes'
_NOTES = "the notes of the session are on record"
_ISSUES = "every issue found is on record, or that there was none"
_CONCLUSION = "the conclusion of the person is on record"
_TIME_BOX = re.compile(_EXPLORES.format("([1-9][0-9]{0,2})"))
Part = Literal["", "explore", "notes", "issues", "conclusion"]


def chartered(requirement: Requirement, depth: Depth) -> bool:
    """Whether a session stands for the scripts of a requirement. Patterns that keep techniques at every depth keep their scripts beside it."""
    return depth.charter == "charter" and any(c.pattern is None or not find(c.pattern).floor for c in requirement.criteria)


def keeps_scripts(pattern: str | None) -> bool:
    """Whether the scripts of a criterion are drafted beside a charter."""
    return pattern is not None and bool(find(pattern).floor)


def description(spec: Spec, requirement: Requirement, depth: Depth) -> list[str]:
    """Mission and ground of the session, as description lines."""
    aims = "; ".join(c.title for c in requirement.criteria if not keeps_scripts(c.pattern))
    ground = "the depth policy asks for an unscripted session at low priority"
    if spec.scheme == CSA:
        ground += "; unscripted testing of what is no high process risk: FDA, Computer Software Assurance, 3 February 2026"
    return [
        *prose("Mission", f"find out whether this holds, and what else happens: {requirement.statement} Looked at: {aims}"),
        *prose("Time box", f"{depth.time_box} minutes"),
        *prose("Ground", ground),
    ]


def steps(requirement: Requirement, depth: Depth) -> list[str]:
    """The steps a person takes; no automated run takes them."""
    return [
        f'Given the mission of the charter "{requirement.id}" has been read',
        f"When {_EXPLORES.format(depth.time_box)}",
        f"Then {_NOTES}",
        f"And {_ISSUES}",
        f"And {_CONCLUSION}",
    ]


def part(step: Step) -> Part:
    """Which part of a session a step of its charter is; an empty string for one that is an attended step like any other."""
    parts: dict[str, Part] = {_NOTES: "notes", _ISSUES: "issues", _CONCLUSION: "conclusion"}
    return "explore" if _TIME_BOX.fullmatch(step.text) else parts.get(step.text, "")


def time_box(case: TestCase) -> int | None:
    """Minutes the session of a charter takes at most; None where no step says so."""
    found = (_TIME_BOX.fullmatch(s.text) for s in case.steps)
    return next((int(m[1]) for m in found if m), None)
