"""Blocks about the specification: requirements, functions, risks, baseline, plan."""

from __future__ import annotations

from csvgen.catalog.clauses import find
from csvgen.model.report import Block, Bullets, Column, Facts, Heading, Paragraph, Table
from csvgen.model.spec import Spec
from csvgen.protocol.draft import priority_of
from csvgen.risk.scheme import LEVELS, assess, assess_residual, scheme

NONE = "-"


def table(caption: str, columns: str, rows: list[tuple[str, ...]], empty: str = "None.") -> Table:
    """`columns` as ``Title:share[:kind] | ...``; shares are percent of the width."""
    parsed = []
    for part in columns.split("|"):
        title, share, *kind = part.strip().split(":")
        parsed.append(Column(title, int(share) / 100, kind[0] if kind else "text"))  # type: ignore[arg-type]
    return Table(tuple(parsed), tuple(tuple(cell or NONE for cell in row) for row in rows), caption, empty)


def identification(spec: Spec) -> tuple[Block, ...]:
    s = spec.system
    return (
        Facts(
            (
                ("System", f"{s.name} ({s.id})"),
                ("Version", s.version),
                ("Organisation", s.organisation),
                ("Intended use", s.intended_use),
                ("Closed or open system", f"{s.classification.kind}: {s.classification.reason}"),
                ("Time zone of this document", s.time_zone),
            )
        ),
    )


def components(spec: Spec) -> tuple[Block, ...]:
    rows = [(c.name, f"category {c.gamp}", c.reason) for c in spec.system.components]
    return (table("Components and their GAMP 5 category", "Component:34|Category:16|Reason:50", rows),)


def roles(spec: Spec) -> tuple[Block, ...]:
    rows = [(r.name, r.responsibility) for r in spec.system.roles]
    return (table("Roles and responsibilities", "Role:34|Responsibility:66", rows),)


def records(spec: Spec) -> tuple[Block, ...]:
    rows = [(r.name, ", ".join(r.predicate) or "none", r.required, r.reason) for r in spec.system.records]
    caption = "Electronic records and their predicate rules (21 CFR 11.1(b))"
    return (table(caption, "Record:24|Predicate rule:24|Required:10|Decision and reason:42", rows),)


def requirements(spec: Spec) -> tuple[Block, ...]:
    """One table a category, in the order of the ids."""
    blocks: list[Block] = []
    for category in dict.fromkeys(r.category for r in spec.requirements):
        blocks.append(Heading(2, category.replace("-", " ").capitalize()))
        rows = []
        for r in spec.requirements:
            if r.category == category:
                cited = "; ".join(f"{c.id} {c.heading}" for c in (find(x) for x in r.clauses) if c is not None)
                marks = f"GxP {r.gxp}; {r.importance}; {r.phase}; {r.verification}"
                rows.append((r.id, f"{r.title}\n{r.statement}\nRationale: {r.rationale}", cited or "none", marks))
        blocks.append(table("", "Id:13:id|Requirement:50|Clauses:23|GxP, importance, phase, verification:14", rows))
    return tuple(blocks)


def criteria(spec: Spec) -> tuple[Block, ...]:
    rows = []
    for r in spec.requirements:
        for c in r.criteria:
            shown = f"pattern {c.pattern}" if c.pattern else "given / when / then as written"
            rows.append((r.id, f"{c.id}: {c.title}", shown))
        if r.covered is not None:
            rows.append((r.id, f"met by {r.verification}", f"{r.covered.by}. {r.covered.reason}"))
    by_section = {s.requirement: s.id for s in spec.installation.sections}
    rows += [(u, "installation baseline", f"section {section}") for u, section in by_section.items()]
    rows += [(u, "business scenario", s.id) for s in spec.scenarios for u in s.covers if spec.requirement[u].phase == "PQ"]
    return (table("Acceptance criteria", "Requirement:14:id|Criterion:38|Shown by:48", sorted(rows)),)


def functions(spec: Spec) -> tuple[Block, ...]:
    blocks: list[Block] = []
    for f in spec.functions:
        blocks.append(Heading(2, f"{f.id} {f.title}", f.id))
        blocks.append(
            Facts(
                (
                    ("Implements", ", ".join(f.implements)),
                    ("Behaviour", f.behaviour),
                    ("On error", f.on_error),
                    ("Configuration", f.configuration),
                    ("Design", f.design),
                )
            )
        )
    return tuple(blocks)


def risk_scheme(spec: Spec) -> tuple[Block, ...]:
    """The matrices in full, so that a reader can repeat every rating."""
    s = scheme(spec.scheme)
    down = tuple(reversed(LEVELS))
    classes: list[tuple[str, ...]] = [(f"severity {a}", *(s.class_[a][b] for b in LEVELS)) for a in down]
    priorities: list[tuple[str, ...]] = [(f"class {c}", *(s.priority[c][d] for d in down)) for c in sorted(s.priority)]
    return (
        Paragraph(f"{s.title}, scheme {s.id} version {s.version}, digest {s.digest}."),
        Facts((("Severity", s.severity), ("Probability", s.probability), ("Detectability", s.detectability))),
        table("Risk class = severity x probability (1 is the worst)", "Severity:40|probability low:20|probability medium:20|probability high:20", classes),
        table("Risk priority = class x detectability", "Class:40|detectability high:20|detectability medium:20|detectability low:20", priorities),
    )


def risks(spec: Spec) -> tuple[Block, ...]:
    rows = []
    for r in spec.risks:
        a, b = assess(r, spec.scheme), assess_residual(r, spec.scheme)
        ratings = (
            f"S {r.severity.rating}: {r.severity.reason}\nP {r.probability.rating}: {r.probability.reason}\n"
            f"D {r.detectability.rating}: {r.detectability.reason}"
        )
        failure = f"{r.failure_mode}\nCause: {r.cause}\nEffect: {r.effect}"
        result = f"class {a.risk_class}\npriority {a.priority}"
        residual = f"P {r.residual.probability.rating}, D {r.residual.detectability.rating}: priority {b.priority} (claimed)"
        controls = "\n".join(r.controls) + f"\n{residual}\n{r.residual.detectability.reason}"
        rows.append((f"{r.id}\n{', '.join(r.requirements)}", failure, ratings, result, controls))
    caption = f"Functional risk assessment, rated by {', '.join(spec.raters)}"
    return (table(caption, "Risk, requirements:15:id|Failure mode, cause, effect:26|Ratings and reasons:27|Result:11|Controls and residual risk:21", rows),)


def risk_summary(spec: Spec) -> tuple[Block, ...]:
    by_level = {level: [r.id for r in spec.risks if assess(r, spec.scheme).priority == level] for level in reversed(LEVELS)}
    rows = [(level, str(len(ids)), ", ".join(ids)) for level, ids in by_level.items()]
    return (table("Risks by priority", "Priority:16|Number:12|Risks:72", rows),)


def depth(spec: Spec) -> tuple[Block, ...]:
    rows = [(level, ", ".join(spec.settings.depth[level])) for level in reversed(LEVELS)]
    tested = [(r.id, priority_of(spec, r.id)) for r in spec.requirements if r.verification == "test"]
    counts = ", ".join(f"{level}: {sum(p == level for _, p in tested)}" for level in reversed(LEVELS))
    return (
        table("Depth policy: what a risk priority asks of the scripts", "Priority:30|Techniques:70", rows),
        Paragraph(f"Tested requirements by priority: {counts}. Access, audit and signature patterns keep their negative tests at every priority."),
    )


def separation(spec: Spec) -> tuple[Block, ...]:
    rows = [(f"{s.first} / {s.second}", s.reason) for s in spec.settings.separation]
    routes = [(kind, route.title, "; ".join(f"{n}. {s.meaning} ({s.role})" for n, s in enumerate(route.stations, 1))) for kind, route in sorted(spec.settings.routes.items())]
    return (
        table("Duties that one person may not both sign on a record", "Duties:34|Reason:66", rows),
        table("Signatures of each kind of record, in their order", "Kind:20|Title:30|Signatures:50", routes),
    )


def plan_part(spec: Spec, name: str) -> tuple[Block, ...]:
    """One part of the validation plan by name."""
    p = spec.plan
    match name:
        case "plan-scope":
            rows = [(e.what, e.reason) for e in p.out_of_scope]
            return (Bullets(p.scope), table("Out of scope", "What:40|Reason:60", rows, "Nothing is out of scope."))
        case "plan-approach":
            return tuple(b for h in p.approach for b in (Heading(2, h.title), Paragraph(h.text)))
        case "plan-deliverables":
            return (table("Deliverables", "Document:30|Purpose:32|Decision:38", [(d.document, d.purpose, d.decided) for d in p.deliverables]),)
        case _:
            return (Bullets(p.acceptance, numbered=True),)


def baseline(spec: Spec) -> tuple[Block, ...]:
    blocks: list[Block] = [Paragraph(f"Release: {spec.installation.release}. Expected values come from the release, never from the installed system.")]
    for s in spec.installation.sections:
        rows = [(i.title, i.kind, i.subject, i.expected, i.source) for i in s.items]
        blocks.append(table(f"{s.id} {s.title} ({s.requirement})", "Item:18|Kind:12|Subject:18|Expected:34:mono|Source:18", rows))
    return tuple(blocks)


def oracles(spec: Spec) -> tuple[Block, ...]:
    blocks: list[Block] = []
    for o in spec.oracles:
        blocks.append(Heading(2, f"{o.id} {o.title}", o.id))
        blocks.append(Facts((("Method", o.method), ("Worked by", o.author), ("Checked by", o.checker))))
        rows = [tuple("; ".join(f"{k} {v}" for k, v in row.items()) for _ in (0,)) for row in o.inputs]
        blocks.append(table("Inputs", "Input:100", rows))
        blocks.append(Bullets(o.working, numbered=True))
        blocks.append(table("Expected values", "Value:50|Expected:50:mono", sorted(o.expected.items())))
    return tuple(blocks) or (Paragraph("Not applicable: no requirement is shown by a hand-worked oracle."),)
