"""Protocol: how it will be shown. Features of test cases, each case long-lived and keyed by its id."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

from csvgen.canonical import Digest, digest
from csvgen.model.base import Level, Phase

ATTENDED = "attended"
"""Tag of a case that a person carries out; an automated run reports it as not run."""
CHARTER = "charter"
"""Tag of an attended case that is an unscripted session; its steps are the charter."""
WITNESS = "witness"
"""Tag of an attended case whose every check needs a second person; ``witness-2`` asks for one at step 2 alone."""
EVERY_STEP = "evidence-every-step"
"""Tag of a case whose every step has to leave an observation or a file."""
Keyword = Literal["Given", "When", "Then"]
Technique = Literal[
    "positive",
    "negative",
    "boundary",
    "boundary-3",
    "combination",
    "transition",
    "sneak",
    "audit-content",
    "no-change",
    "scenario",
]
"""What a script does. `boundary`: a limit and its neighbour outside; `boundary-3`: the neighbour inside, too; `combination`: rows of a
covering array or a full decision table; `transition`: a valid change of state; `sneak`: a change of state that must not be;
`audit-content`: who, when, old, new and reason of an act; `no-change`: after a refusal everything is as before (ISTQB, Foundation Level
syllabus 4.0, 4.2; Advanced Level Test Analyst syllabus, 3.2)."""
TECHNIQUES: tuple[Technique, ...] = get_args(Technique)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    keyword: Keyword
    """What kind of step it is; And, But and * have been resolved."""
    text: str
    table: tuple[tuple[str, ...], ...] = ()
    doc: str = ""
    line: int = 0
    """Line in the feature file; not part of the digest, a moved step is the same step."""

    def content(self) -> dict[str, object]:
        return {"keyword": self.keyword, "text": self.text, "table": self.table, "doc": self.doc}


@dataclass(frozen=True, kw_only=True)
class TestCase:
    """One executable case: a scenario, or one row of a scenario outline."""

    __test__ = False

    id: str
    """``TC-OQ-0014``: from the lock, permanent, never reused. The key everywhere."""
    title: str
    phase: Phase
    requirements: tuple[str, ...]
    risks: tuple[str, ...]
    priority: Level
    technique: Technique
    rule: str
    """The criterion (or section, or business process) the case belongs to."""
    why: str
    """The line above the table: technique, risk and reason."""
    ports: tuple[str, ...]
    """Ports of the target the case needs."""
    tags: tuple[str, ...]
    steps: tuple[Step, ...]
    feature: str = ""
    """Path of the feature file, relative to protocols/<system>/."""
    line: int = 0

    @property
    def attended(self) -> bool:
        """Whether a person carries it out."""
        return ATTENDED in self.tags

    def witnessed(self, number: int) -> bool:
        """Whether a step, as a person carries it out, needs a second person."""
        return f"{WITNESS}-{number}" in self.tags or (WITNESS in self.tags and self.steps[number - 1].keyword == "Then")

    @property
    def by_people(self) -> tuple[str, ...]:
        """The tags that say what people do in it; they are approved with its words."""
        own = (t for t in self.tags if t in (ATTENDED, CHARTER, WITNESS) or t.startswith(f"{WITNESS}-"))
        return tuple(sorted(own))

    @cached_property
    def digest(self) -> Digest:
        """What was approved: words and data of the steps with what they serve and what people do in it; not the line numbers."""
        return digest(
            {
                **({"by-people": self.by_people} if self.attended else {}),
                "id": self.id,
                "title": self.title,
                "requirements": self.requirements,
                "risks": self.risks,
                "priority": self.priority,
                "technique": self.technique,
                "ports": self.ports,
                "steps": [s.content() for s in self.steps],
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    path: str
    """Relative to protocols/<system>/, for example ``OQ/URS-QC-014.feature``."""
    phase: Phase
    title: str
    fingerprint: str
    """Digest of everything the file was drafted from; empty for a hand-written one."""
    text: str
    cases: tuple[TestCase, ...]
    adopted: str = ""
    """Why a drafted file is written by hand since; empty for others. From the lock."""


@dataclass(frozen=True, kw_only=True)
class Shortfall:
    """Something the depth policy asked for that could not be drafted: a row, not an omission."""

    requirement: str
    what: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Protocol:
    system: str
    features: tuple[Feature, ...]
    shortfalls: tuple[Shortfall, ...] = ()
    withdrawn: tuple[tuple[str, str], ...] = ()
    """Ids that the lock never gives out again, each with the key of the case that had it."""

    @cached_property
    def cases(self) -> tuple[TestCase, ...]:
        return tuple(c for f in self.features for c in f.cases)

    @cached_property
    def case(self) -> dict[str, TestCase]:
        return {c.id: c for c in self.cases}

    def of(self, phase: Phase) -> tuple[TestCase, ...]:
        return tuple(c for c in self.cases if c.phase == phase)

    def digest_of(self, phase: Phase) -> Digest:
        """What the approval of one phase's protocol binds: each case by id and digest, in order."""
        return digest([[c.id, c.digest] for c in self.of(phase)])
