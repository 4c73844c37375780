"""Rules over a whole specification. One function per rule id; its docstring is the help page of `csvgen explain`.

A rule looks at an otherwise well-formed `Spec` and yields findings. Severity error blocks drafting; a warning becomes a
visible gap or a remark in the documents.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, get_args

from csvgen.catalog.clauses import find, nearest
from csvgen.diagnostics import Diagnostic, Severity
from csvgen.errors import CsvgenError
from csvgen.model.base import Level
from csvgen.model.protocol import Technique
from csvgen.model.spec import Criterion, DocumentKind, Requirement, Spec
from csvgen.patterns import bind
from csvgen.patterns.bind import IQ_PATTERNS
from csvgen.risk.scheme import assess, assess_residual, scheme

Rule = Callable[[Spec], Iterable[Diagnostic]]
RULES: dict[str, Rule] = {}

_NEEDED: tuple[DocumentKind, ...] = tuple(k for k in get_args(DocumentKind) if k != "procedure")
_TECHNIQUES = tuple(t for t in get_args(Technique) if t != "scenario")
_KEYWORD = re.compile(r"^(Given|When|Then|And|But|\*) \S")
_HAZARD = re.compile(r"^(\||\"\"\"|```|#)")


def rule(code: str) -> Callable[[Rule], Rule]:
    """Register a rule under its stable code."""

    def register(function: Rule) -> Rule:
        RULES[code] = function
        return function

    return register


def check(spec: Spec, folder: str) -> list[Diagnostic]:
    """Run every rule. A damaged cross-reference never stops the others."""
    found = [d for function in RULES.values() for d in function(spec)]
    if spec.system.id != folder:
        found.append(
            _error("SPC009", spec, "system.id", f"the folder is {folder!r} but the system calls itself {spec.system.id!r}")
        )
    return found


def _diagnostic(code: str, severity: Severity, spec: Spec, key: str, message: str, hint: str) -> Diagnostic:
    place = spec.place(key) if key in spec.places else spec.place(key.partition(".")[0])
    return Diagnostic(rule=code, severity=severity, location=place, message=message, hint=hint)


def _error(code: str, spec: Spec, key: str, message: str, hint: str = "") -> Diagnostic:
    return _diagnostic(code, Severity.ERROR, spec, key, message, hint)


def _warning(code: str, spec: Spec, key: str, message: str, hint: str = "") -> Diagnostic:
    return _diagnostic(code, Severity.WARNING, spec, key, message, hint)


def _unknown(code: str, spec: Spec, owner: str, attribute: str, ids: Iterable[str]) -> Iterator[Diagnostic]:
    for identity in ids:
        if identity not in spec.requirement:
            yield _error(code, spec, f"{owner}.{attribute}", f"{owner} names the requirement {identity}, which does not exist",
                         "correct the id, or add the requirement")  # fmt: skip


@rule("URS101")
def ids_begin_with_their_kind(spec: Spec) -> Iterator[Diagnostic]:
    """Ids say what they name: requirements URS-, risks RA-, functions FS-, scenarios PQ-, baseline sections IQ-.

    Tags in the feature files carry these ids; the prefix is how a reader and the matrix know a requirement from a risk.
    """
    kinds: list[tuple[str, Sequence[Any]]] = [
        ("URS-", spec.requirements),
        ("RA-", spec.risks),
        ("FS-", spec.functions),
        ("PQ-", spec.scenarios),
        ("IQ-", spec.installation.sections),
    ]
    for prefix, items in kinds:
        for item in items:
            if not item.id.startswith(prefix):
                yield _error("URS101", spec, item.id, f"{item.id} must begin with {prefix}")


@rule("URS102")
def test_needs_criterion(spec: Spec) -> Iterator[Diagnostic]:
    """A requirement to be verified by test has no acceptance criterion, so nothing can be drafted for it.

    It is not an error, because work goes on: it is a gap row in the matrix until a criterion is written.
    """
    by_section = {s.requirement for s in spec.installation.sections}
    by_scenario = {u for s in spec.scenarios for u in s.covers}
    for r in spec.requirements:
        covered = (r.phase == "IQ" and r.id in by_section) or (r.phase == "PQ" and r.id in by_scenario)
        if r.verification == "test" and not r.criteria and not covered:
            yield _warning(
                "URS102", spec, r.id, f"{r.id} is verified by test but has no acceptance criterion: a gap row", "add a criterion"
            )


@rule("URS103")
def met_otherwise_needs_reason(spec: Spec) -> Iterator[Diagnostic]:
    """A requirement not verified by test must say what stands for the test, and why that is enough."""
    for r in spec.requirements:
        if r.verification != "test" and r.covered is None:
            yield _error(
                "URS103",
                spec,
                f"{r.id}.verification",
                f"{r.id} is met by {r.verification} but does not say by what",
                "add covered: {by, reason}",
            )
        if r.verification == "test" and r.covered is not None:
            yield _error(
                "URS103",
                spec,
                f"{r.id}.verification",
                f"{r.id} is verified by test and also claims to be covered otherwise",
                "keep one",
            )
        if r.covered is not None and r.covered.document and r.covered.document not in spec.files:
            yield _error("URS105", spec, r.id, f"{r.id} names the document {r.covered.document!r}, which is not there")


@rule("URS106")
def one_shall(spec: Spec) -> Iterator[Diagnostic]:
    """A requirement says one testable thing: exactly one "shall" in its statement."""
    for r in spec.requirements:
        count = len(re.findall(r"\bshall\b", r.statement, re.IGNORECASE))
        if count != 1:
            text = "no shall" if not count else f"{count} times shall"
            yield _warning(
                "URS106", spec, f"{r.id}.statement", f"the statement of {r.id} has {text}", "one requirement, one shall"
            )


@rule("URS107")
def gxp_needs_risk(spec: Spec) -> Iterator[Diagnostic]:
    """A GxP requirement verified by test has no risk: nothing decides how deep it is tested."""
    for r in spec.requirements:
        if r.gxp == "yes" and r.verification == "test" and not spec.risks_of(r.id):
            yield _error(
                "URS107",
                spec,
                r.id,
                f"{r.id} is GxP-relevant but no risk names it",
                "add a risk, or set gxp: no with a rationale",
            )


@rule("URS108")
def unique_criteria(spec: Spec) -> Iterator[Diagnostic]:
    """Two criteria of one requirement have the same id; the permanent case ids hang on it."""
    for r in spec.requirements:
        for identity, count in Counter(c.id for c in r.criteria).items():
            if count > 1:
                yield _error("URS108", spec, r.id, f"{r.id} has {count} criteria called {identity}")


@rule("CIT301")
def known_clauses(spec: Spec) -> Iterator[Diagnostic]:
    """A cited clause is in none of the catalogs. Wrong paragraph letters are the most frequent citation mistake."""
    for r in spec.requirements:
        for citation in r.clauses:
            if find(citation) is None:
                near = nearest(citation)
                hint = (
                    f"did you mean {', '.join(near)}?"
                    if near
                    else "known catalogs: 21 CFR Part 11, EU GMP Annex 11, 21 CFR 211 (selection)"
                )
                yield _error("CIT301", spec, f"{r.id}.clauses", f"{r.id} cites {citation!r}, which no catalog has", hint)


@rule("CIT302")
def citable_clauses(spec: Spec) -> Iterator[Diagnostic]:
    """A cited clause cannot carry a requirement (a definition, a scope), or is too broad and hides the paragraph meant."""
    for r in spec.requirements:
        for citation in r.clauses:
            clause = find(citation)
            if clause is None:
                continue
            if clause.citable in {"no", "plan"}:
                where = "it belongs in the validation plan" if clause.citable == "plan" else "it obliges nobody to anything"
                yield _warning("CIT302", spec, f"{r.id}.clauses", f"{r.id} cites {clause.id} ({clause.heading}): {where}")
            elif clause.citable == "broad":
                yield _warning(
                    "CIT303", spec, f"{r.id}.clauses", f"{r.id} cites {clause.id}, a lead-in", "cite the paragraph that is meant"
                )


@rule("CIT305")
def procedural_clauses(spec: Spec) -> Iterator[Diagnostic]:
    """A requirement tested as software cites a clause that only people and procedures can meet (RR-R09)."""
    for r in spec.requirements:
        for citation in r.clauses:
            clause = find(citation)
            if clause is not None and clause.control == "procedural" and r.verification == "test":
                yield _warning("CIT305", spec, f"{r.id}.clauses", f"{r.id} is tested, but {clause.id} ({clause.heading}) is met by procedure",
                               "set verification: procedure and name the document")  # fmt: skip


@rule("RSK201")
def risks_have_requirements(spec: Spec) -> Iterator[Diagnostic]:
    """A risk names a requirement that does not exist: an orphan risk decides nothing."""
    for r in spec.risks:
        yield from _unknown("RSK201", spec, r.id, "requirements", r.requirements)


@rule("RSK203")
def known_scheme(spec: Spec) -> Iterator[Diagnostic]:
    """The risk scheme named is not one csvgen knows."""
    try:
        scheme(spec.scheme)
    except CsvgenError as problem:
        key = spec.risks[0].id if spec.risks else "risk"
        yield _error("RSK203", spec, key, problem.message, problem.hint)


@rule("RSK204")
def residual_not_worse(spec: Spec) -> Iterator[Diagnostic]:
    """The residual priority of a risk is worse than its initial one: controls cannot make it worse, so a rating is wrong."""
    order = ("low", "medium", "high")
    for r in spec.risks:
        try:
            initial, residual = assess(r, spec.scheme), assess_residual(r, spec.scheme)
        except CsvgenError:
            return
        if order.index(residual.priority) > order.index(initial.priority):
            yield _error(
                "RSK204",
                spec,
                r.id,
                f"{r.id}: residual priority {residual.priority} is worse than the initial {initial.priority}",
            )


@rule("FSP251")
def functions_implement(spec: Spec) -> Iterator[Diagnostic]:
    """A function of the specification implements a requirement that does not exist."""
    for f in spec.functions:
        yield from _unknown("FSP251", spec, f.id, "implements", f.implements)


@rule("FSP252")
def requirements_implemented(spec: Spec) -> Iterator[Diagnostic]:
    """A requirement met by the software is implemented by no function of the functional specification."""
    implemented = {u for f in spec.functions for u in f.implements}
    for r in spec.requirements if spec.functions else ():
        if r.verification == "test" and r.id not in implemented:
            yield _warning("FSP252", spec, r.id, f"no function implements {r.id}", "name it under implements of a function")


@rule("INS501")
def baseline_requirements(spec: Spec) -> Iterator[Diagnostic]:
    """A section of the installation baseline belongs to a requirement that does not exist or is not of phase IQ."""
    for s in spec.installation.sections:
        yield from _unknown("INS501", spec, s.id, "requirement", [s.requirement])
        found = spec.requirement.get(s.requirement)
        if found is not None and found.phase != "IQ":
            yield _error("INS501", spec, s.id, f"{s.id} belongs to {found.id}, which is verified in {found.phase}, not in IQ")


@rule("INS502")
def baseline_items(spec: Spec) -> Iterator[Diagnostic]:
    """An item of the installation baseline cannot become a case: no pattern for its kind, unfit text, or a title used twice."""
    for s in spec.installation.sections:
        for item in s.items:
            key = f"{s.id}/{item.id}"
            if item.kind not in IQ_PATTERNS:
                hint = f"kinds: {', '.join(IQ_PATTERNS)}"
                yield _error("INS502", spec, key, f"{key}: no pattern compares a baseline item of kind {item.kind!r}", hint)
            for name, text in (("title", item.title), ("subject", item.subject), ("expected", item.expected)):
                if found := bind.unfit(text):
                    yield _error("INS502", spec, key, f"{key}: the {name} {text!r} cannot be used: {found}")
        for (kind, title), count in Counter((i.kind, i.title) for i in s.items).items():
            if count > 1:
                message = f"{s.id} has {count} items of kind {kind} called {title!r}; the permanent case ids hang on the title"
                yield _error("INS502", spec, s.id, message)


@rule("PQS551")
def scenarios_cover(spec: Spec) -> Iterator[Diagnostic]:
    """A business scenario covers a requirement that does not exist, or has no steps, or steps without a keyword."""
    for s in spec.scenarios:
        yield from _unknown("PQS551", spec, s.id, "covers", s.covers)
        if not s.steps and not s.then:
            yield _error("PQS552", spec, s.id, f"{s.id} has no steps that look at anything", "add steps, or given / when / then")
        for line in s.steps:
            if not _KEYWORD.match(line):
                yield _error("PQS553", spec, s.id, f"{s.id}: the step {line!r} does not begin with Given, When, Then, And or But")


@rule("PRT401")
def patterns_fit(spec: Spec) -> Iterator[Diagnostic]:
    """A criterion names a pattern that does not exist, or its parameters do not fit the pattern."""
    for r in spec.requirements:
        for c in r.criteria:
            key = f"{r.id}/{c.id}"
            if c.pattern is None:
                yield from _written_criterion(spec, r, c)
                continue
            if c.given or c.when or c.then:
                yield _error("PRT403", spec, key, f"{key} has a pattern and given/when/then", "keep one of them")
            try:
                pattern = bind.find(c.pattern)
            except CsvgenError as problem:
                yield _error("PRT401", spec, key, f"{key}: {problem.message}", problem.hint)
                continue
            for text in bind.problems(pattern, c.parameters, spec.oracle, spec.files):
                yield _error("PRT402", spec, key, f"{key}: {text}")


def _written_criterion(spec: Spec, requirement: Requirement, criterion: Criterion) -> Iterator[Diagnostic]:
    key = f"{requirement.id}/{criterion.id}"
    if requirement.phase == "OQ" and not criterion.then:
        yield _error("PRT404", spec, key, f"{key} has neither a pattern nor a then: it looks at nothing")
    if "<tc>" in criterion.title:
        yield _error("PRT405", spec, key, f"{key}: <tc> in a title is where the case id goes")
    for line in (*criterion.given, *criterion.when, *criterion.then):
        if _HAZARD.match(line) or "<" in line or ">" in line:
            yield _error(
                "PRT405",
                spec,
                key,
                f"{key}: the step {line!r} cannot stand in Gherkin as it is",
                "avoid <, >, and a leading |, # or quotes",
            )


@rule("PRT406")
def scenario_text(spec: Spec) -> Iterator[Diagnostic]:
    """A step of a business scenario holds < or >, which Gherkin reads as a placeholder."""
    for s in spec.scenarios:
        if "<tc>" in s.title:
            yield _error("PRT406", spec, s.id, f"{s.id}: <tc> in a title is where the case id goes")
        for line in (*s.steps, *s.given, *s.when, *s.then):
            if "<" in line or ">" in line:
                yield _error("PRT406", spec, s.id, f"{s.id}: the step {line!r} holds < or >")


@rule("PRT407")
def depth_policy(spec: Spec) -> Iterator[Diagnostic]:
    """The depth policy must give each priority its techniques, by names that scripts have: a misspelt one would drop cases."""
    for level in get_args(Level):
        if level not in spec.settings.depth:
            yield _error("PRT407", spec, "protocol.depth", f"protocol.yaml gives no depth for {level} priority")
        for technique in spec.settings.depth.get(level, ()):
            if technique not in _TECHNIQUES:
                near = difflib.get_close_matches(technique, _TECHNIQUES, n=1)
                hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(_TECHNIQUES)}"
                yield _error("PRT407", spec, f"protocol.depth.{level}", f"no script has the technique {technique!r}", hint)


@rule("APR601")
def routes_complete(spec: Spec) -> Iterator[Diagnostic]:
    """Every kind of record needs a route of signatures, by roles the system knows, with approval by somebody else than the author."""
    roles = {r.id for r in spec.system.roles}
    for kind in _NEEDED:
        route = spec.settings.routes.get(kind)
        if route is None:
            yield _error("APR601", spec, "protocol.routes", f"protocol.yaml has no route for {kind}", "add it under routes")
            continue
        for station in route.stations:
            if station.role not in roles:
                yield _error("APR601", spec, f"protocol.routes.{kind}", f"the route of {kind} names the role {station.role!r}, unknown to system.yaml",
                             f"roles: {', '.join(sorted(roles))}")  # fmt: skip


@rule("APR602")
def duties_separated(spec: Spec) -> Iterator[Diagnostic]:
    """The separation of duties must keep at least author from approver and performer from reviewer (RR-G02)."""
    pairs = {frozenset((s.first, s.second)) for s in spec.settings.separation}
    for first, second in (("authored", "approved"), ("performed", "reviewed")):
        if frozenset((first, second)) not in pairs:
            yield _error("APR602", spec, "protocol.separation", f"protocol.yaml lets one person sign {first} and {second} on one record",
                         "add the pair under separation, with its reason")  # fmt: skip


@rule("SYS701")
def predicate_rules(spec: Spec) -> Iterator[Diagnostic]:
    """A record kept under a predicate rule must name one, and the decision must have its reason (21 CFR 11.1(b))."""
    for r in spec.system.records:
        if r.required == "yes" and not r.predicate:
            yield _error("SYS701", spec, r.id, f"the record {r.id} is a required one but names no predicate rule")
