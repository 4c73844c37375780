"""The charter of an unscripted session: mission and time box are drafted, notes, issues and conclusion are a person's.

FDA, Computer Software Assurance (final guidance of 3 February 2026), accepts unscripted testing where the process risk is not high. It is
named only where the project rates its risks by the scheme of that guidance; elsewhere the depth policy alone answers for it.
"""

from __future__ import annotations

from csvgen.model.depth import Depth
from csvgen.model.protocol import ATTENDED
from csvgen.model.spec import Requirement, Spec
from csvgen.patterns.bind import find
from csvgen.protocol.gherkin import prose

CSA = "fda-csa"
TAGS = ("charter", ATTENDED)
KEY = "charter/session"


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
        f'When a trained person explores the system for at most "{depth.time_box}" minutes and takes notes',
        "Then the notes of the session are on record",
        "And every issue found is on record, or that there was none",
        "And the conclusion of the person is on record",
    ]
