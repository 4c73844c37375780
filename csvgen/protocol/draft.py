"""draft(spec) -> feature files: one per requirement (OQ), per section of the baseline (IQ), per business scenario (PQ).

Pure and deterministic: the same specification, patterns and lock give the same bytes on any machine, hash seed and locale.
What the depth policy asks for and cannot be drafted is a `Shortfall`, never an omission.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from csvgen.canonical import Digest, digest, digest_bytes
from csvgen.errors import BadInput, CsvgenError
from csvgen.model.base import Level, Phase
from csvgen.model.depth import Depth
from csvgen.model.protocol import ATTENDED, EVERY_STEP, Shortfall
from csvgen.model.spec import BaselineSection, Criterion, Requirement, Scenario, Spec
from csvgen.patterns.bind import IQ_PATTERNS, find, phrase, rows_of
from csvgen.patterns.catalogue import Pattern
from csvgen.patterns.rows import Row
from csvgen.protocol import charter
from csvgen.protocol.design import Approved, Designed, constraint_lines, designed
from csvgen.protocol.gherkin import cell, header, prose, read_feature
from csvgen.protocol.lock import Lock
from csvgen.protocol.naming import named
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
    made: Mapping[str, Made] = field(default_factory=dict, compare=False, repr=False)
    """Path -> what its text was written from."""


@dataclass(frozen=True, slots=True)
class Made:
    """All that the text of a drafted file follows from: as long as it is the same, so is the text."""

    words: Digest
    """Of everything that is written, with the template."""
    sources: object
    """As of its draft: the fingerprint is made of them."""


def priority_of(spec: Spec, requirement_id: str) -> Level:
    """The highest risk priority of a requirement; low when no risk names it."""
    return highest(assess(r, rating_scheme(spec)).priority for r in spec.risks_of(requirement_id))


def draft(spec: Spec, lock: Lock, templates: Templates, before: Drafted | None = None) -> Drafted:
    """Draft every protocol of a system. `lock` gets the new ids; write it together with the files.

    With what was drafted `before` from the same folder of templates, a file that follows from the same is not written and read back again.
    """
    maker = _Maker(spec, lock)
    drafts = [*maker.iq(), *maker.oq(), *maker.pq()]
    retired = lock.keep_only(maker.keys)
    template = templates.digest_of(TEMPLATE)
    made = {d.path: Made(_words(d, spec.system.id, template), d.sources) for d in drafts}
    known = {path: before.files[path] for path, m in made.items() if before.made.get(path) == m} if before is not None else {}
    files = {d.path: known.get(d.path) or _write(d, spec, templates, template) for d in drafts}
    remarks = {k: tuple(v) for k, v in sorted(maker.remarks.items())}
    return Drafted(files, lock.data, retired, tuple(maker.shortfalls), remarks, made)


def _words(made: Draft, system: str, template: Digest) -> Digest:
    return digest_bytes(repr((system, template, replace(made, sources=None))).encode("utf-8", "surrogatepass"))


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
        self.keys: dict[str, None] = {}
        """Keys drafted, in order."""
        self.shortfalls: list[Shortfall] = []
        self.remarks: dict[str, list[str]] = {}
        self._priorities: dict[str, Level] = {}

    def _priority(self, requirement_id: str) -> Level:
        if requirement_id not in self._priorities:
            self._priorities[requirement_id] = priority_of(self.spec, requirement_id)
        return self._priorities[requirement_id]

    # ------------------------------------------------------------ IQ

    def iq(self) -> Iterator[Draft]:
        for section in self.spec.installation.sections:
            requirement = self.spec.requirement[section.requirement]
            priority = self._priority(requirement.id)
            kinds = sorted({item.kind for item in section.items})
            patterns = [find(IQ_PATTERNS[kind]) for kind in kinds]
            yield Draft(
                path=f"IQ/{section.id}.feature",
                title=f"{section.id} {section.title}",
                description=[*prose("Requirement", f"{requirement.id} {requirement.statement}"), *self._risk_lines(requirement.id),
                             *prose("Release", self.spec.installation.release)],
                tags=_tags("IQ", requirement.id, *self._risk_tags(requirement.id), *self._level_tags(priority)),
                rules=[self._section_block(section, kind, pattern) for kind, pattern in zip(kinds, patterns, strict=True)],
                sources=[section, self.spec.installation.release, self._basis(requirement), [p.digest for p in patterns]],
            )  # fmt: skip

    def _section_block(self, section: BaselineSection, kind: str, pattern: Pattern) -> Block:
        items = tuple({"item": i.title, "subject": i.subject, "expected": i.expected} for i in section.items if i.kind == kind)
        block = Block(
            f"{section.id} {pattern.title}", prose("Shown by", f"pattern {pattern.name}: {pattern.purpose}"), _needs(pattern)
        )
        scripts = (Designed(s, rows_of(s, {"items": items})) for s in pattern.scripts)
        block.outlines += self._outlines("IQ", f"{section.id}/{kind}", scripts, {"items": items}, section.requirement)
        return block

    # ------------------------------------------------------------ OQ

    def oq(self) -> Iterator[Draft]:
        for requirement in self.spec.requirements:
            if requirement.verification != "test" or requirement.phase != "OQ" or not requirement.criteria:
                continue
            priority = self._priority(requirement.id)
            depth = self.spec.asked(priority)
            rules, given = self._criteria(requirement, depth)
            patterns = [find(c.pattern).digest for c in requirement.criteria if c.pattern]
            yield Draft(
                path=f"OQ/{requirement.id}.feature",
                title=f"{requirement.id} {requirement.title}",
                description=[*prose("Requirement", requirement.statement), *self._risk_lines(requirement.id),
                             *prose("Depth", asked_for(self.spec, priority))],
                tags=_tags("OQ", requirement.id, *self._risk_tags(requirement.id), *self._level_tags(priority)),
                rules=rules,
                sources=[self._basis(requirement), patterns],
            )  # fmt: skip
            self._check_depth(requirement, priority, given)

    def _criteria(self, requirement: Requirement, depth: Depth) -> tuple[list[Block], set[str]]:
        """The rules of a requirement, and the techniques they give."""
        session = charter.chartered(requirement, depth)
        rules, given = [], set[str]()
        for criterion in requirement.criteria:
            if criterion.pattern is None:
                if not session:
                    rules.append(self._written_block(requirement, criterion))
                    given.add(criterion.technique)
            elif not session or charter.keeps_scripts(criterion.pattern):
                block, scripts = self._criterion_block(requirement, criterion, depth)
                rules.append(block)
                given |= {d.script.technique for d in scripts}
        if session:
            rules.append(self._charter_block(requirement, depth))
            given.add("positive")
        return rules, given

    def _written_block(self, requirement: Requirement, criterion: Criterion) -> Block:
        block = Block(f"{criterion.id} {criterion.title}", [], [])
        steps = [
            *_with_keyword("Given", criterion.spoken("given")),
            *_with_keyword("When", criterion.spoken("when")),
            *_with_keyword("Then", criterion.spoken("then")),
        ]
        why = self._why(criterion.technique, (requirement.id,), "as written in the acceptance criterion")
        key = f"{requirement.id}/{criterion.id}/as-written"
        block.outlines.append(self._outline("OQ", key, criterion.title, criterion.technique, why, (), steps, ({},), ()))
        return block

    def _charter_block(self, requirement: Requirement, depth: Depth) -> Block:
        block = Block(
            "charter of an unscripted session", charter.description(self.spec, requirement, depth), _tags(*charter.TAGS)
        )
        why = self._why("positive", (requirement.id,), "unscripted session by a charter")
        steps, key = charter.steps(requirement, depth), f"{requirement.id}/{charter.KEY}"
        block.outlines.append(self._outline("OQ", key, "session by charter", "positive", why, (), steps, ({},), ()))
        return block

    def _criterion_block(
        self, requirement: Requirement, criterion: Criterion, depth: Depth
    ) -> tuple[Block, tuple[Designed, ...]]:
        pattern, key = find(criterion.pattern or ""), f"{requirement.id}/{criterion.id}"
        try:
            scripts = designed(pattern, criterion.parameters, depth, self._approved.get(key, ()))
        except BadInput as problem:
            raise BadInput(problem.message, where=key, hint=problem.hint, rule=problem.rule) from None
        missing = [Shortfall(requirement=requirement.id, what=d.script.technique, reason=d.missing) for d in scripts if d.missing]
        self.shortfalls += missing
        block = Block(
            f"{criterion.id} {criterion.title}",
            [*prose("Shown by", f"pattern {pattern.name}: {pattern.purpose}"),
             *(line for name, words in constraint_lines(pattern, criterion.parameters) for line in prose(f"Constraint {name}", words))],
            _needs(pattern),
        )  # fmt: skip
        block.outlines += self._outlines("OQ", key, scripts, criterion.parameters, requirement.id)
        return block, scripts

    @cached_property
    def _approved(self) -> Mapping[str, Approved]:
        """Requirement/criterion -> script and row of each active key, in the order of the lock."""
        found: dict[str, list[tuple[str, str]]] = {}
        for key in self.lock.active:
            requirement, _, rest = key.partition("/")
            criterion, _, rest = rest.partition("/")
            script, slash, row = rest.partition("/")
            found.setdefault(f"{requirement}/{criterion}", []).append((script, slash + row))
        return found

    def _check_depth(self, requirement: Requirement, priority: Level, given: set[str]) -> None:
        """What the policy asked for against what the criteria of the requirement give."""
        patterns = [find(c.pattern) for c in requirement.criteria if c.pattern]
        absent = {str(name): why for pattern in patterns for name, why in pattern.absent.items()}
        for technique in self.spec.asked(priority).techniques:
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
            priority = highest(self._priority(u) for u in scenario.covers)
            yield Draft(
                path=f"PQ/{scenario.id}.feature",
                title=f"{scenario.id} {scenario.title}",
                description=[*prose("Business process", scenario.process), *prose("End users", ", ".join(scenario.users)),
                             *prose("Environment", self.spec.environment),
                             *(line for decision in scenario.attended for line in prose("Decided by a person", decision))],
                tags=_tags("PQ", *scenario.covers, *risks, *self._level_tags(priority), *((ATTENDED,) if scenario.attended else ())),
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
        why = self._why("scenario", scenario.covers, f"end to end, by {', '.join(scenario.end_users)}")
        block.outlines.append(self._outline("PQ", f"{scenario.id}/story", scenario.title, "scenario", why, (), steps, ({},), ()))
        return block

    # ------------------------------------------------------------ shared

    def _outlines(
        self, phase: Phase, key: str, scripts: Iterable[Designed], given: Mapping[str, object], requirement: str
    ) -> Iterator[Outline]:  # fmt: skip
        for one in scripts:
            if not one.rows:
                continue
            script, steps = one.script, [phrase(step, given) for step in one.script.steps]
            reason = phrase(script.why, given) + (f"; {one.proof}" if one.proof else "")
            why = self._why(script.technique, (requirement,), reason)
            title, rows, more = named(script, given, one.rows)
            columns = (*script.columns, *more)
            yield self._outline(phase, f"{key}/{script.id}", title, script.technique, why, columns, steps, rows, script.key)

    def _why(self, technique: str, requirements: Iterable[str], reason: str) -> str:
        """The line above a table: technique, risk, reason."""
        risks = sorted({r.id for u in requirements for r in self.spec.risks_of(u)})
        priority = highest(self._priority(u) for u in requirements)
        return f"{technique} ({', '.join(risks) or 'no risk named'}; {priority} priority): {reason}"

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
            self.keys[full] = None
            table.append([self.lock.take(phase, full), *(cell(row[name]) for name in columns)])
        widths = [max(len(row[i]) for row in table) for i in range(len(table[0]))]
        padded = [[value.ljust(width) for value, width in zip(row, widths, strict=True)] for row in table]
        return Outline(title=title, why=why, tags=_tags(technique), steps=steps, table=padded)

    def _basis(self, requirement: Requirement) -> object:
        priority = self._priority(requirement.id)
        asked = (
            self.spec.settings.depth[priority] if self.spec.depth is None else [self.spec.depth.name, self.spec.asked(priority)]
        )
        return [requirement, self.spec.risks_of(requirement.id), self.spec.scheme, priority, asked]

    def _level_tags(self, priority: Level) -> list[str]:
        every_step = self.spec.asked(priority).evidence == "every-step"
        return [f"risk-{priority}", *([EVERY_STEP] if every_step else [])]

    def _risk_tags(self, requirement_id: str) -> list[str]:
        return [r.id for r in self.spec.risks_of(requirement_id)]

    def _risk_lines(self, requirement_id: str) -> list[str]:
        lines: list[str] = []
        for risk in self.spec.risks_of(requirement_id):
            assessed = assess(risk, rating_scheme(self.spec))
            lines += prose("Risk", f"{risk.id} {risk.failure_mode} ({assessed.risk_class}, priority {assessed.priority})")
        return lines


def asked_for(spec: Spec, priority: Level) -> str:
    """What the policy asks for at a priority, in one sentence."""
    depth = spec.asked(priority)
    text = f"{priority} priority asks for {', '.join(depth.techniques)}"
    if spec.depth is None:
        return text
    if depth.strength is not None:
        text += f"; combinations of {depth.strength} values"
        text += f", the full table up to {depth.full_table} rows" if depth.full_table != "0" else ""
    evidence = "evidence at every step" if depth.evidence == "every-step" else "evidence of what is observed"
    challenge = ", challenge by a seeded fault" if depth.challenge == "yes" else ""
    return f"{text}; {evidence}{challenge} (policy {spec.depth.name})"


def _needs(pattern: Pattern) -> list[str]:
    return _tags(*(f"needs-{port}" for port in sorted(pattern.ports)))


def _tags(*names: str) -> list[str]:
    return [f"@{name}" for name in names]


def _with_keyword(keyword: str, lines: tuple[str, ...]) -> list[str]:
    return [f"{keyword if index == 0 else 'And'} {line}" for index, line in enumerate(lines)]
