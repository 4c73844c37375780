"""Blocks about the specification: requirements, functions, risks, baseline, plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from csvgen.catalog.clauses import find
from csvgen.model.report import Block, Bullets, Column, Facts, Heading, Paragraph, Table
from csvgen.model.scheme import Product, Scale, Scheme, Single, TwoStep
from csvgen.model.settings import TITLES
from csvgen.model.spec import (
    DecimalInput,
    DocumentKind,
    Drafted,
    DurationInput,
    EnumerationInput,
    Input,
    Rating,
    Residual,
    Risk,
    RoleInput,
    Spec,
)
from csvgen.model.system import Measure
from csvgen.report.wording import joined, own, say, told
from csvgen.risk.scheme import LEVELS, Assessed, assess, assess_residual, rating_scheme
from csvgen.spec.pages import title

NONE = "-"
_CATEGORIES = {"e-signature": "Electronic signature"}
"""Names of categories where the key is no English."""


def table(caption: str, columns: str, rows: Sequence[tuple[str, ...]], empty: str = "None.") -> Table:
    """`columns` as ``Title:share[:kind] | ...``; shares are percent of the width."""
    filled = tuple([tuple(row) if all(row) else tuple([cell or NONE for cell in row]) for row in rows])
    return Table(_columns(columns), filled, caption, empty)


@cache
def _columns(columns: str) -> tuple[Column, ...]:
    """The tables of some thousand cases have the same."""
    parsed = []
    for part in columns.split("|"):
        title, share, *kind = part.strip().split(":")
        parsed.append(Column(title, int(share) / 100, kind[0] if kind else "text"))  # type: ignore[arg-type]
    return tuple(parsed)


_NAMED = 1000
"""Risks of one priority that are named in one cell."""


def identification(spec: Spec) -> tuple[Block, ...]:
    """The system in six lines."""
    s = spec.system
    return (
        Facts(
            (
                ("System", f"{s.name} ({s.id})"),
                ("Version", s.version),
                ("Organisation", s.organisation),
                ("Intended use", s.intended_use),
                ("Closed or open system", joined(": ", (say(s.classification.kind), s.classification.reason))),
                *(
                    (say("Measure of 21 CFR 11.30: {name}", name=say(m.name.replace("-", " "))), _measure(m))
                    for m in s.classification.measures
                ),
                ("Time zone of this document", s.time_zone),
            )
        ),
    )


def _measure(m: Measure) -> str:
    return joined(": ", (say("used" if m.used == "yes" else "not needed"), m.reason))


def components(spec: Spec) -> tuple[Block, ...]:
    """The parts of the system and their categories."""
    rows = [(c.name, say("category {number}", number=c.gamp), c.reason) for c in spec.system.components]
    return (table("Components and their GAMP 5 category", "Component:34|Category:16|Reason:50", rows),)


def roles(spec: Spec) -> tuple[Block, ...]:
    """Who answers for what."""
    rows = [(r.name, r.responsibility) for r in spec.system.roles]
    return (table("Roles and responsibilities", "Role:34|Responsibility:66", rows),)


def records(spec: Spec) -> tuple[Block, ...]:
    """The electronic records and why they are such."""
    rows = [
        (
            r.name,
            ", ".join(r.predicate) or say("none"),
            say(r.required),
            joined(" ", [r.reason, *([say("Kept: {how_long}", how_long=r.retention)] if r.retention else [])]),
        )
        for r in spec.system.records
    ]
    caption = "Electronic records and their predicate rules (21 CFR 11.1(b))"
    return (table(caption, "Record:24|Predicate rule:24|Required:10|Decision and reason:42", rows),)


def data_flow(spec: Spec) -> tuple[Block, ...]:
    """Where records come into being, are processed and lie, and the ways between."""
    flow = spec.system.data_flow
    if flow is None:
        return ()
    record = {r.id: r.name for r in spec.system.records}
    place = {n.id: n.name for n in flow.nodes}
    part = {c.id: c.name for c in spec.system.components}
    nodes = [
        (
            n.name,
            joined(", ", map(say, n.stages)),
            ", ".join(record.get(r, r) for r in n.records),
            part.get(n.component or "", say("outside of the system")),
        )
        for n in flow.nodes
    ]
    ways = [
        (place.get(f.source, f.source), place.get(f.target, f.target), ", ".join(record.get(r, r) for r in f.records), f.how)
        for f in flow.flows
    ]
    return (
        table(
            "Data flow: where records are created, processed and stored (Annex 11, clause 4.3)",
            "Place:26|What happens:18|Records:34|Part:22",
            nodes,
        ),
        table("Data flow: from where to where", "From:22|To:22|Records:28|How:28", ways),
    )


def suppliers(spec: Spec) -> tuple[Block, ...]:
    """Who delivers what, and how far that was judged."""
    part = {c.id: c.name for c in spec.system.components}
    rows = []
    for s in spec.suppliers:
        outcome, by = say(s.outcome.replace("-", " ")), say(s.assessed_by.replace("-", " "))
        judged = (
            say("{outcome} by {means} on {day}", outcome=outcome, means=by, day=s.assessed_on)
            if s.assessed_on
            else say("{outcome} by {means}", outcome=outcome, means=by)
        )
        papers = [say("Agreement: {name}", name=s.agreement)] if s.agreement else []
        papers += [say("Document: {name}", name=s.document)] if s.document else []
        reason = joined("\n", [s.reason, *(say("Condition: {what}", what=c) for c in s.conditions), *papers])
        rows.append((s.name, ", ".join(part.get(d, d) for d in s.delivers), judged, reason))
    return (table("Suppliers and their assessment", "Supplier:20|Delivers:22|Outcome:18|Reason, conditions, agreement:40", rows),)


def environments(spec: Spec) -> tuple[Block, ...]:
    """Where the system runs, and how each place is like production."""
    rows = [(e.name, e.purpose, e.likeness) for e in spec.system.environments]
    return (table("Environments", "Environment:20|Purpose:30|Likeness to production:50", rows),)


def set_aside(spec: Spec) -> tuple[Block, ...]:
    """Findings that those who sign decided to live with, each with its reason."""
    rows = [(s.rule, told(title(s.rule)), s.id, s.reason) for s in spec.suppressions]
    return (table("Findings set aside", "Rule:10:id|What it is about:28|About:20:id|Reason:42", rows),)


def requirements(spec: Spec) -> tuple[Block, ...]:
    """One table a category, in the order of the ids."""
    blocks: list[Block] = []
    for category in dict.fromkeys(r.category for r in spec.requirements):
        blocks.append(Heading(2, say(_CATEGORIES.get(category, category.replace("-", " ").capitalize()))))
        rows = []
        for r in spec.requirements:
            if r.category == category:
                cited = "; ".join(f"{c.id} {c.heading}" if (c := find(x)) is not None else x for x in r.clauses)
                touches = f" ({', '.join(r.impact)})" if r.impact else ""
                marks = say(
                    "GxP: {yes_or_no}{impact}\n{priority}\n{phase}, by {means}",
                    yes_or_no=say(r.gxp), impact=touches, priority=say(r.priority), phase=r.phase, means=say(r.verification),
                )  # fmt: skip
                lines = [r.title, r.statement, say("Rationale: {why}", why=r.rationale)]
                lines += [f"{k}: {v}" for k, v in r.attributes.items()]
                lines += [say("Imported from {place}", place=r.origin)] if r.origin else []
                rows.append((r.id, joined("\n", [*lines, *_machine(r.drafted)]), cited or say("none"), marks))
        blocks.append(table("", "Id:12:id|Requirement:48|Clauses:24|Classification:16", rows))
    return tuple(blocks)


def _machine(mark: Drafted | None) -> list[str]:
    """The mark of text that a machine wrote (RR-AI2); it counts as written once somebody has signed as its author."""
    return [say("Drafted by a machine: {name}", name=f"{mark.generator} {mark.version}")] if mark is not None else []


def criteria(spec: Spec) -> tuple[Block, ...]:
    """Every criterion with the way it is shown."""
    rows: list[tuple[str, ...]] = []
    for r in spec.requirements:
        for c in r.criteria:
            way = say("pattern {name}", name=c.pattern) if c.pattern else say("given / when / then as written")
            inputs = [joined(": ", (name, _allowed(value))) for name, value in c.inputs.items()]
            rows.append((r.id, f"{c.id}: {c.title}", joined("\n", [way, *inputs])))
        if r.covered is not None:
            rows.append((r.id, say("met by {means}", means=say(r.verification)), f"{r.covered.by}. {r.covered.reason}"))
    by_section = {s.requirement: s.id for s in spec.installation.sections}
    rows += [(u, say("installation baseline"), say("section {number}", number=section)) for u, section in by_section.items()]
    rows += [(u, say("business scenario"), s.id) for s in spec.scenarios for u in s.covers if spec.requirement[u].phase == "PQ"]
    return (table("Acceptance criteria", "Requirement:14:id|Criterion:38|Shown by:48", sorted(rows)),)


def _allowed(value: Input) -> str:
    """A typed value with what is allowed for it."""
    match value:
        case DecimalInput() | DurationInput():
            parts = [value.text]
            if value.low or value.high:
                parts.append(say("allowed {low} to {high}", low=value.low or say("any"), high=value.high or say("any")))
            return joined(", ", [*parts, *([say("in steps of {step}", step=value.resolution)] if value.resolution else [])])
        case EnumerationInput():
            return joined(", ", (value.text, say("one of {values}", values=", ".join(value.values))))
        case RoleInput():
            return say("the role {name}", name=value.text)


def functions(spec: Spec) -> tuple[Block, ...]:
    """One form for each function."""
    blocks: list[Block] = []
    for f in spec.functions:
        blocks.append(Heading(2, own(f"{f.id} {f.title}"), f.id))
        blocks.append(
            Facts(
                (
                    ("Implements", ", ".join(f.implements)),
                    ("Behaviour", f.behaviour),
                    ("On error", f.on_error),
                    ("Configuration", f.configuration),
                    ("Design", f.design),
                    *([("Level", f.level)] if f.level != "function" else []),
                    *(("Mark", mark) for mark in _machine(f.drafted)),
                )
            )
        )
    return tuple(blocks)


def risk_scheme(spec: Spec) -> tuple[Block, ...]:
    """Scales and tables in full, so that a reader can repeat every rating."""
    s = rating_scheme(spec)
    rated = s.scales.rated
    name = say("{title}, {id} version {version}", title=told(s.title), id=s.id, version=s.version)
    facts = [("Scheme", name), ("Digest of the scheme", str(s.digest))]
    facts += [("Where the values come from", told(s.note))] if s.note else []
    facts += [(told(scale.title), told(scale.meaning)) for scale in rated.values()]
    explained = [scale for scale in rated.values() if any(g.meaning for g in scale.grades)]
    return Facts(tuple(facts)), *map(_grades, explained), *_computation(s)


def _grades(scale: Scale) -> Table:
    numbered = any(g.number for g in scale.grades)
    rows = [
        (f"{g.grade} = {g.number}" if numbered else g.grade, told(g.label), told(g.meaning) if g.meaning else "")
        for g in scale.grades
    ]
    return table(say("{scale}, from the best grade to the worst", scale=told(scale.title)), "Grade:20|Name:22|Meaning:58", rows)


def _computation(s: Scheme) -> tuple[Block, ...]:
    rated = s.scales.rated
    match s.computation:
        case TwoStep(classes=classes, priority=priority):
            across, down = rated["probability"].names, tuple(reversed(rated["severity"].names))
            first = _crossed(
                "Risk class = severity x probability (1 is the worst)", "severity", down, "probability", across, classes
            )
            across, down = rated["detectability"].names, tuple(sorted(priority))
            return first, _crossed("Risk priority = class x detectability", "class", down, "detectability", across, priority)
        case Product(bands=bands):
            bounds = [
                (say("{low} to {high}", low=b.low, high=b.high), told(b.label) if b.label else "", b.priority) for b in bands
            ]
            number = joined(" x ", [told(scale.title.lower()) for scale in rated.values()])
            caption = say("Risk priority number = {factors}", factors=number)
            return (table(caption, "Number:30|Called:35|Risk priority:35", bounds),)
        case Single(priority=level):
            rows = [(told(g.label), level[g.grade]) for g in reversed(s.scales.severity.grades)]
            by = say("Risk priority by {scale}", scale=told(s.scales.severity.title.lower()))
            return (table(by, "Rating:60|Risk priority:40", rows),)


def _crossed(
    caption: str, first: str, down: Sequence[str], second: str, across: Sequence[str], cells: Mapping[str, Mapping[str, str]]
) -> Table:  # fmt: skip
    """A table of two ratings; the columns share 60 percent of the width."""
    share = 60 // len(across)
    rows = [(say(f"{first} {{grade}}", grade=row), *(cells[row][name] for name in across)) for row in down]
    columns = (
        Column(first.capitalize(), (100 - share * len(across)) / 100),
        *(Column(say(f"{second} {{grade}}", grade=name), share / 100) for name in across),
    )
    return Table(columns, tuple(rows), caption)


def risks(spec: Spec) -> tuple[Block, ...]:
    """Every risk with its ratings, their reasons, what follows, its challenge and what is claimed with controls."""
    s = rating_scheme(spec)
    rows: list[tuple[str, ...]] = []
    for r in spec.risks:
        initial = assess(r, s)
        failure = say("{mode}\nCause: {cause}\nEffect: {effect}", mode=r.failure_mode, cause=r.cause, effect=r.effect)
        result = joined("\n", (told(initial.risk_class), say("priority {priority}", priority=initial.priority)))
        lines = [*r.controls, *_machine(r.drafted)]
        if r.challenge is not None:
            fault = [say("(fault {name})", name=r.challenge.fault)] if r.challenge.fault else []
            lines.append(joined(" ", (say("Challenge: {how}", how=r.challenge.how), *fault)))
        if r.residual is not None:
            lines += [say("With these controls:"), *_ratings(r.residual, s)]
            lines.append(say("Residual: {rating} (claimed)", rating=_of(assess_residual(r, s))))
        rows.append((f"{r.id}\n{', '.join(r.requirements)}", failure, joined("\n", _ratings(r, s)), result, joined("\n", lines)))
    caption = say("Functional risk assessment, rated by {people}", people=", ".join(spec.raters))
    columns = (
        "Risk, requirements:14:id|Failure mode, cause, effect:21|Ratings and reasons:19|Result:9|Controls and residual risk:37"
    )
    signing = {station.role for station in spec.settings.route("risk").stations}
    silent = ", ".join(rater for rater in spec.raters if rater not in signing)
    told_apart = (
        (Paragraph(say("Rated with the others, and do not sign this document: {people}.", people=silent)),) if silent else ()
    )
    return (table(caption, columns, rows), *told_apart)


def _of(assessed: Assessed) -> str:
    return joined(", ", (told(assessed.risk_class), say("priority {priority}", priority=assessed.priority)))


def _ratings(rated: Risk | Residual, s: Scheme) -> list[str]:
    """One line a rating: its mark, grade and reason. A scheme of one scale writes the name of it out."""
    lines: list[str] = []
    for factor, scale in s.scales.rated.items():
        rating: Rating | None = getattr(rated, factor, None)
        if rating is not None:
            mark = say(factor[0].upper()) if len(s.scales.rated) > 1 else told(scale.title)
            lines.append(joined("", (mark, f" {rating.rating}: {rating.reason}")))
    return lines


def risk_summary(spec: Spec) -> tuple[Block, ...]:
    """The risks by priority."""
    priorities = {r.id: assess(r, rating_scheme(spec)).priority for r in spec.risks}
    by_level = {level: [name for name, priority in priorities.items() if priority == level] for level in reversed(LEVELS)}
    rows = [(level, str(len(ids)), _named(ids)) for level, ids in by_level.items()]
    return (table("Risks by priority", "Priority:16|Number:12|Risks:72", rows),)


def _named(ids: Sequence[str]) -> str:
    """The ids, so many that a cell of a workbook can hold them; the table of risks has each with its priority."""
    more = [say(" and {number} more", number=str(len(ids) - _NAMED))] if len(ids) > _NAMED else []
    return joined("", (", ".join(ids[:_NAMED]) or say("none"), *more))


def titled(kind: DocumentKind, spec: Spec) -> str:
    """The title of a kind of document: the project's, or csvgen's own where it names none."""
    return say(TITLES[kind]) if kind in TITLES and kind not in spec.settings.routes else own(spec.settings.route(kind).title)


def separation(spec: Spec) -> tuple[Block, ...]:
    """Duties kept apart, and the signatures of each kind of record."""
    names = {r.id: r.name for r in spec.system.roles}
    rows = [(f"{s.first} / {s.second}", s.reason) for s in spec.settings.separation]
    routes = [
        (titled(kind, spec), "\n".join(f"{n}. {s.meaning}: {names.get(s.role, s.role)}" for n, s in enumerate(route.stations, 1)))
        for kind, route in sorted(spec.settings.routes.items())
    ]
    return (
        table("Duties that one person may not both sign on a record", "Duties:34|Reason:66", rows),
        table("Signatures of each kind of record, in their order", "Record:44|Signatures:56", routes),
    )


def plan_part(spec: Spec, name: str) -> tuple[Block, ...]:
    """One part of the validation plan by name."""
    p = spec.plan
    match name:
        case "plan-scope":
            rows = [(e.what, e.reason) for e in p.out_of_scope]
            return (
                Bullets(tuple(map(own, p.scope))),
                table("Out of scope", "What:40|Reason:60", rows, "Nothing is out of scope."),
            )
        case "plan-approach":
            return tuple(b for h in p.approach for b in (Heading(2, own(h.title)), Paragraph(own(h.text))))
        case "plan-deliverables":
            listed = [(d.document, d.purpose, d.decided) for d in p.deliverables]
            return (table("Deliverables", "Document:30|Purpose:32|Decision:38", listed),)
        case _:
            return (Bullets(tuple(map(own, p.acceptance)), numbered=True),)


def baseline(spec: Spec) -> tuple[Block, ...]:
    """What an installation must consist of, item by item."""
    release = spec.installation.release
    blocks: list[Block] = [
        Paragraph(say("Release: {name}. Expected values come from the release, never from the installed system.", name=release))
    ]
    for s in spec.installation.sections:
        rows = [(i.title, say(i.kind), i.subject, i.expected, i.source) for i in s.items]
        blocks.append(
            table(own(f"{s.id} {s.title} ({s.requirement})"), "Item:18|Kind:12|Subject:18|Expected:34:mono|Source:18", rows)
        )
    return tuple(blocks)
