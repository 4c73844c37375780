"""draft(spec) -> feature files: one per requirement (OQ), per section of the baseline (IQ), per business scenario (PQ).

Pure and deterministic: the same specification, patterns and lock give the same bytes on any machine, hash seed and locale.
What the depth policy asks for and cannot be drafted is a `Shortfall`, never an omission.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from csvgen.canonical import Digest, digest
from csvgen.errors import CsvgenError
from csvgen.model.base import Level, Phase
from csvgen.model.protocol import Shortfall
from csvgen.model.spec import BaselineSection, Criterion, Requirement, Scenario, Spec
from csvgen.patterns.bind import IQ_PATTERNS, find, phrase, rows_of, wanted
from csvgen.patterns.catalogue import Pattern, Script
from csvgen.patterns.rows import Row
from csvgen.protocol.gherkin import cell, header, prose, read_feature
from csvgen.protocol.lock import Lock
from csvgen.risk.scheme import assess, highest, rating_scheme
from csvgen.templates import Templates

TEMPLATE = "feature/protocol.feature.j2"


@dataclass
class Outline:
    """One Scenario Outline before it is written: `table` holds header and rows, escaped."""

    title: str
    why: str
    tags: list[str]
    steps: list[str]
    table: list[list[str]]


@dataclass
class Block:
    """One Rule: a criterion, a part of a baseline section, a business process."""

    title: str
    description: list[str]
    tags: list[str]
    outlines: list[Outline] = field(default_factory=list)


@dataclass
class Draft:
    """One feature file before it is written."""

    path: str
    title: str
    description: list[str]
    tags: list[str]
    rules: list[Block]
    sources: object
    """Everything the file follows from; its digest is the fingerprint."""


@dataclass(frozen=True)
class Drafted:
    """What `draft` gives back."""

    files: Mapping[str, str]
    """Path below protocols/<system>/ -> text."""
    lock: bytes
    retired: tuple[str, ...]
    shortfalls: tuple[Shortfall, ...]
    remarks: Mapping[str, tuple[str, ...]]
    """Requirement -> techniques that have no meaning for a pattern it uses, with the reason."""


def priority_of(spec: Spec, requirement_id: str) -> Level:
    """The highest risk priority of a requirement; low when no risk names it."""
    return highest(assess(r, rating_scheme(spec)).priority for r in spec.risks_of(requirement_id))


def draft(spec: Spec, lock: Lock, templates: Templates) -> Drafted:
    """Draft every protocol of a system. `lock` gets the new ids; write it together with the files."""
    maker = _Maker(spec, lock)
    drafts = [*maker.iq(), *maker.oq(), *maker.pq()]
    retired = lock.keep_only(maker.keys)
    template = templates.digest_of(TEMPLATE)
    files = {d.path: _write(d, spec, templates, template) for d in drafts}
    return Drafted(files, lock.data, retired, tuple(maker.shortfalls), {k: tuple(v) for k, v in sorted(maker.remarks.items())})


def _write(made: Draft, spec: Spec, templates: Templates, template: Digest) -> str:
    body = templates.render(TEMPLATE, feature=made)
    text = header(spec.system.id, digest([made.sources, template]), body) + body
    feature, findings = read_feature(text, made.path)
    if feature is None or findings:
        raise CsvgenError(
            f"the drafted file is not sound: {findings[0].message}", where=f"{made.path}:{findings[0].location.line}"
        )
    expected = sum(len(o.table) - 1 for rule in made.rules for o in rule.outlines)
    if len(feature.cases) != expected:
        raise CsvgenError(f"drafted {expected} cases but {len(feature.cases)} are read back", where=made.path)
    return text


class _Maker:
    def __init__(self, spec: Spec, lock: Lock) -> None:
        self.spec = spec
        self.lock = lock
        self.keys: list[str] = []
        self.shortfalls: list[Shortfall] = []
        self.remarks: dict[str, list[str]] = {}

    # ------------------------------------------------------------ IQ

    def iq(self) -> Iterator[Draft]:
        for section in self.spec.installation.sections:
            requirement = self.spec.requirement[section.requirement]
            priority = priority_of(self.spec, requirement.id)
            kinds = sorted({item.kind for item in section.items})
            patterns = [find(IQ_PATTERNS[kind]) for kind in kinds]
            yield Draft(
                path=f"IQ/{section.id}.feature",
                title=f"{section.id} {section.title}",
                description=[*prose("Requirement", f"{requirement.id} {requirement.statement}"), *self._risk_lines(requirement.id),
                             *prose("Release", self.spec.installation.release)],
                tags=_tags("IQ", requirement.id, *self._risk_tags(requirement.id), f"risk-{priority}"),
                rules=[self._section_block(section, kind, pattern) for kind, pattern in zip(kinds, patterns, strict=True)],
                sources=[section, self.spec.installation.release, self._basis(requirement), [p.digest for p in patterns]],
            )  # fmt: skip

    def _section_block(self, section: BaselineSection, kind: str, pattern: Pattern) -> Block:
        items = tuple({"item": i.title, "subject": i.subject, "expected": i.expected} for i in section.items if i.kind == kind)
        block = Block(
            f"{section.id} {pattern.title}", prose("Shown by", f"pattern {pattern.name}: {pattern.purpose}"), _needs(pattern)
        )
        block.outlines += self._outlines("IQ", f"{section.id}/{kind}", pattern.scripts, {"items": items})
        return block

    # ------------------------------------------------------------ OQ

    def oq(self) -> Iterator[Draft]:
        for requirement in self.spec.requirements:
            if requirement.verification != "test" or requirement.phase != "OQ" or not requirement.criteria:
                continue
            priority = priority_of(self.spec, requirement.id)
            rules = [self._criterion_block(requirement, c, priority) for c in requirement.criteria]
            patterns = [find(c.pattern).digest for c in requirement.criteria if c.pattern]
            yield Draft(
                path=f"OQ/{requirement.id}.feature",
                title=f"{requirement.id} {requirement.title}",
                description=[*prose("Requirement", requirement.statement), *self._risk_lines(requirement.id),
                             *prose("Depth", f"{priority} priority asks for {', '.join(self.spec.settings.depth[priority])}")],
                tags=_tags("OQ", requirement.id, *self._risk_tags(requirement.id), f"risk-{priority}"),
                rules=rules,
                sources=[self._basis(requirement), patterns],
            )  # fmt: skip
            self._check_depth(requirement, priority)

    def _criterion_block(self, requirement: Requirement, criterion: Criterion, priority: Level) -> Block:
        key = f"{requirement.id}/{criterion.id}"
        if criterion.pattern is None:
            block = Block(f"{criterion.id} {criterion.title}", [], [])
            steps = [
                *_with_keyword("Given", criterion.spoken("given")),
                *_with_keyword("When", criterion.spoken("when")),
                *_with_keyword("Then", criterion.spoken("then")),
            ]
            why = f"{criterion.technique}: as written in the acceptance criterion"
            block.outlines.append(
                self._outline("OQ", f"{key}/as-written", criterion.title, criterion.technique, why, (), steps, ({},), ())
            )
            return block
        pattern = find(criterion.pattern)
        block = Block(
            f"{criterion.id} {criterion.title}",
            [*prose("Shown by", f"pattern {pattern.name}: {pattern.purpose}")],
            _needs(pattern),
        )
        depth = {*self.spec.settings.depth[priority], *pattern.floor}
        scripts = tuple(s for s in pattern.scripts if s.technique in depth and wanted(s, criterion.parameters))
        block.outlines += self._outlines("OQ", key, scripts, criterion.parameters)
        return block

    def _check_depth(self, requirement: Requirement, priority: Level) -> None:
        """What the policy asked for against what the criteria of the requirement give."""
        given: set[str] = set()
        absent: dict[str, str] = {}
        for criterion in requirement.criteria:
            if criterion.pattern is None:
                given.add(criterion.technique)
            else:
                pattern = find(criterion.pattern)
                given |= {
                    s.technique for s in pattern.scripts if wanted(s, criterion.parameters) and rows_of(s, criterion.parameters)
                }
                absent |= {str(name): why for name, why in pattern.absent.items()}
        for technique in self.spec.settings.depth[priority]:
            if technique in given:
                continue
            if technique in absent:
                self.remarks.setdefault(requirement.id, []).append(f"{technique}: {absent[technique]}")
            else:
                reason = f"{priority} priority asks for it; no criterion of the requirement gives it"
                self.shortfalls.append(Shortfall(requirement=requirement.id, what=technique, reason=reason))

    # ------------------------------------------------------------ PQ

    def pq(self) -> Iterator[Draft]:
        for scenario in self.spec.scenarios:
            risks = sorted({r.id for u in scenario.covers for r in self.spec.risks_of(u)})
            priority = highest(priority_of(self.spec, u) for u in scenario.covers)
            yield Draft(
                path=f"PQ/{scenario.id}.feature",
                title=f"{scenario.id} {scenario.title}",
                description=[*prose("Business process", scenario.process), *prose("End users", ", ".join(scenario.end_users)),
                             *prose("Environment", self.spec.environment)],
                tags=_tags("PQ", *scenario.covers, *risks, f"risk-{priority}"),
                rules=[self._scenario_block(scenario)],
                sources=[scenario, self.spec.environment, [self._basis(self.spec.requirement[u]) for u in scenario.covers]],
            )  # fmt: skip

    def _scenario_block(self, scenario: Scenario) -> Block:
        steps = list(scenario.steps) or [
            *_with_keyword("Given", scenario.given),
            *_with_keyword("When", scenario.when),
            *_with_keyword("Then", scenario.then),
        ]
        block = Block(f"{scenario.id} as the business does it", [], [])
        why = f"scenario: end to end, by {', '.join(scenario.end_users)}"
        block.outlines.append(self._outline("PQ", f"{scenario.id}/story", scenario.title, "scenario", why, (), steps, ({},), ()))
        return block

    # ------------------------------------------------------------ shared

    def _outlines(self, phase: Phase, key: str, scripts: tuple[Script, ...], given: Mapping[str, object]) -> Iterator[Outline]:
        for script in scripts:
            rows = rows_of(script, given)
            if not rows:
                continue
            steps = [phrase(step, given) for step in script.steps]
            why = f"{script.technique}: {phrase(script.why, given)}"
            yield self._outline(
                phase, f"{key}/{script.id}", script.title, script.technique, why, script.columns, steps, rows, script.key
            )

    def _outline(
        self, phase: Phase, key: str, title: str, technique: str, why: str,
        columns: tuple[str, ...], steps: list[str], rows: tuple[Row, ...], identity: tuple[str, ...],
    ) -> Outline:  # fmt: skip
        table = [["tc", *columns]]
        for row in rows:
            full = key + "".join(f"/{name}={row[name]}" for name in identity)
            if full in self.keys:
                raise CsvgenError(
                    f"two rows have the same key {full!r}", hint="rows of one table must differ in their key columns"
                )
            self.keys.append(full)
            table.append([self.lock.take(phase, full), *(cell(row[name]) for name in columns)])
        widths = [max(len(row[i]) for row in table) for i in range(len(table[0]))]
        padded = [[value.ljust(width) for value, width in zip(row, widths, strict=True)] for row in table]
        return Outline(title=title, why=why, tags=_tags(technique), steps=steps, table=padded)

    def _basis(self, requirement: Requirement) -> object:
        priority = priority_of(self.spec, requirement.id)
        return [requirement, self.spec.risks_of(requirement.id), self.spec.scheme, priority, self.spec.settings.depth[priority]]

    def _risk_tags(self, requirement_id: str) -> list[str]:
        return [r.id for r in self.spec.risks_of(requirement_id)]

    def _risk_lines(self, requirement_id: str) -> list[str]:
        lines: list[str] = []
        for risk in self.spec.risks_of(requirement_id):
            assessed = assess(risk, rating_scheme(self.spec))
            lines += prose("Risk", f"{risk.id} {risk.failure_mode} ({assessed.risk_class}, priority {assessed.priority})")
        return lines


def _needs(pattern: Pattern) -> list[str]:
    return _tags(*(f"needs-{port}" for port in sorted(pattern.ports)))


def _tags(*names: str) -> list[str]:
    return [f"@{name}" for name in names]


def _with_keyword(keyword: str, lines: tuple[str, ...]) -> list[str]:
    return [f"{keyword if index == 0 else 'And'} {line}" for index, line in enumerate(lines)]
