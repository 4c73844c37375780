"""Blocks of the documents around plan, protocols and reports: design, evidence, matrix, regulations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from csvgen.model.base import PHASES
from csvgen.model.evidence import Evidence
from csvgen.model.matrix import Matrix, Row
from csvgen.model.protocol import Protocol
from csvgen.model.report import Block, Facts, Heading, Paragraph
from csvgen.model.spec import Component, Spec
from csvgen.report import signs
from csvgen.report.case_blocks import in_rows, utc
from csvgen.report.result_blocks import attachments, reason_of
from csvgen.report.spec_blocks import data_flow, functions, table, titled
from csvgen.report.thumbnails import Opened, nothing_kept
from csvgen.report.wording import joined, own, say, spelled, told
from csvgen.trace.assessment import Assessed, assessment
from csvgen.trace.matrix import reported

# ------------------------------------------------------------------ what the system is


def flow(spec: Spec) -> tuple[Block, ...]:
    """The ways of the records. The drawn diagram is put in here, before its tables."""
    if spec.system.data_flow is None:
        return (Paragraph("Not described: the specification of the system names no places and ways of its records (data_flow)."),)
    return data_flow(spec)


def interfaces(spec: Spec) -> tuple[Block, ...]:
    """Ways that cross the border of the system."""
    told = spec.system.data_flow
    if told is None:
        return (Paragraph("None is described: the specification of the system names no ways of its records."),)
    inside = {n.id: n.component is not None for n in told.nodes}
    names = {n.id: n.name for n in told.nodes}
    record = {r.id: r.name for r in spec.system.records}
    crossing = [f for f in told.flows if inside.get(f.source, False) != inside.get(f.target, False)]
    rows = [
        (
            say("out of the system" if inside.get(f.source, False) else "into the system"),
            say("{source} to {target}", source=names.get(f.source, f.source), target=names.get(f.target, f.target)),
            ", ".join(record.get(r, r) for r in f.records),
            f.how,
        )
        for f in crossing
    ]
    none = "None: no record crosses the border of the system."
    return (
        table("Interfaces: ways that cross the border of the system", "Direction:18|From, to:34|Records:20|How:28", rows, none),
    )


def functions_in_short(spec: Spec) -> tuple[Block, ...]:
    """What each function does and whom it serves, a row each; how it does it stands in the functional specification."""
    rows = [(f"{f.id}\n{f.title}", f.behaviour, ", ".join(f.implements)) for f in spec.functions if f.level == "function"]
    return (table("Functions and the requirements they implement", "Function:24|What it does:54|Requirements:22:id", rows),)


def parts(spec: Spec) -> tuple[Block, ...]:
    """The components with everything the specification says of each."""
    rows = [
        (c.name, say("category {number}", number=c.gamp), c.version or say("that of the system"), c.supplier or _made(c),
         joined(", ", map(say, (c.complexity or "not rated", c.novelty or "not rated") if c.complexity or c.novelty else ("not rated",))), c.reason)
        for c in spec.system.components
    ]  # fmt: skip
    columns = "Component:19|GAMP 5:11|Version:12|Supplier:14|Complexity, novelty:17|Reason:27"
    return (table("Components", columns, rows),)


def _made(c: Component) -> str:
    """Where a part without a supplier comes from: only what was written for this purpose is known to be made in house."""
    return say("made in house" if c.gamp == "5" else "none is named")


# ------------------------------------------------------------------ suppliers


def supplier_forms(spec: Spec) -> tuple[Block, ...]:
    """One form a supplier, with the risk of what is delivered; and what comes from nobody."""
    blocks: list[Block] = []
    part = {c.id: c for c in spec.system.components}
    for s in spec.suppliers:
        delivered = [
            joined("", (f"{part[d].name} (", say("category {number}", number=part[d].gamp), ")")) if d in part else d
            for d in s.delivers
        ]
        settled = s.outcome in ("accepted", "accepted-with-conditions")
        blocks.append(Heading(2, own(s.name), s.id))
        blocks.append(
            Facts(
                (
                    ("Delivers", joined("\n", delivered)),
                    ("Assessed by", say(s.assessed_by.replace("-", " "))),
                    ("Assessed on", s.assessed_on or say("no day stated")),
                    ("Outcome", joined(": ", (say(s.outcome.replace("-", " ")), *([] if settled else [say("NOT SETTLED")])))),
                    ("Why this is enough", s.reason),
                    ("Conditions", "\n".join(s.conditions) or say("none")),
                    ("Agreement (Annex 11, clause 3.1)", s.agreement or say("none stated")),
                    ("Record of the assessment", _bound(spec, s.document)),
                )
            )
        )
    named = {d for s in spec.suppliers for d in s.delivers}
    bare = [
        (
            c.name,
            say("category {number}", number=c.gamp),
            say("written for this purpose" if c.gamp == "5" else "OPEN: nobody is named who delivers it"),
            c.reason,
        )
        for c in spec.system.components
        if c.supplier is None and c.id not in named
    ]
    lost = [c.name for c in spec.system.components if c.supplier is not None and c.supplier not in {s.id for s in spec.suppliers}]
    if not spec.suppliers:
        blocks.append(Paragraph("Not applicable, because the specification names no supplier."))
    blocks.append(Heading(2, "Components without a supplier"))
    blocks.append(
        table(
            "Components that name no supplier",
            "Component:26|Category:13|Standing:24:verdict|Reason:37",
            bare,
            "None: every component is delivered by somebody.",
        )
    )
    if lost:
        blocks.append(Paragraph(say("Names a supplier that was not assessed: {names}.", names=", ".join(lost)), "warning"))
    return tuple(blocks)


def _bound(spec: Spec, document: str | None) -> str:
    if document is None:
        return say("none: the outcome stands in this document alone")
    return f"{document}, {spec.files[document]}" if document in spec.files else joined(": ", (document, say("NOT THERE")))


# ------------------------------------------------------------------ design


def design(spec: Spec) -> tuple[Block, ...]:
    """Functions whose level is configuration or design; where there is none, what the functions say of both."""
    deeper = [f for f in spec.functions if f.level != "function"]
    rows = [(f.id, f.title, f.configuration, f.design) for f in spec.functions if f.level == "function"]
    overview = table("Configuration and design of each function", "Function:14:id|Title:22|Configuration:30|Design:34", rows)
    if not deeper:
        return overview, Paragraph("No item of a deeper level is specified: the design stands with the functions above.")
    from dataclasses import replace

    return overview, *functions(replace(spec, functions=tuple(deeper)))


def code_reviews(spec: Spec) -> tuple[Block, ...]:
    """The review of the source of each component of category 5; where there is none, that is said."""
    custom = [c for c in spec.system.components if c.gamp == "5"]
    if not custom:
        return (Paragraph("Not applicable, because no component was written for this purpose (category 5)."),)
    names = {r.id: r.name for r in spec.system.roles}
    rows: list[tuple[str, ...]] = []
    for c in custom:
        r = c.review
        if r is None:
            rows.append((c.name, "OPEN", say("no review of its source is recorded"), say("none")))
            continue
        how = say(
            "revision {revision}\n{day}, {person}\nagainst {standard}\n{reference}",
            revision=r.revision, day=r.on, person=names.get(r.by, r.by), standard=r.standard, reference=r.reference,
        )  # fmt: skip
        rows.append((c.name, say(r.outcome.replace("-", " ").upper()), how, "\n".join(r.findings) or say("none")))
    open_ones = [c.name for c in custom if c.review is None]
    blocks: list[Block] = [table("Code review", "Component:24|Outcome:18:verdict|Review:30|Findings:28", rows)]
    if open_ones:
        blocks.append(Paragraph(say("Without a recorded review: {names}.", names=", ".join(open_ones)), "warning"))
    return tuple(blocks)


# ------------------------------------------------------------------ evidence


COUNTED = (
    "The sealed files of a run are its plan, its journals and every file of evidence, each once. An attachment names the step it was kept "
    "for: steps that kept the same bytes share one file, so that a run may have more attachments than files."
)


def evidence(runs: Sequence[Evidence], opened: Opened = nothing_kept) -> tuple[Block, ...]:
    """Runs, then every file of evidence of every phase."""
    formal = [r for r in runs if reported(r)]
    rows = [
        (r.run, str(len(r.seal.files) if r.seal else 0), str(sum(len(s.attachments) for c in r.results for s in c.steps)),
         utc(r.seal.sealed) if r.seal else say("never sealed"), str(r.digest) if r.digest else say("none"))
        for r in formal
    ]  # fmt: skip
    columns = "Run:14:id|Sealed files:12|Attachments:12|Sealed (UTC):20|Digest of the seal:42:mono"
    names = (a.name for r in formal for c in r.results for s in c.steps for a in s.attachments)
    blocks: list[Block] = [table("Runs and their seals", columns, rows), Paragraph(COUNTED), *signs.key_of(names)]
    for phase in PHASES:
        if any(r.plan.phase == phase for r in formal):
            blocks.append(Heading(2, say("Evidence of the {phase}", phase=phase)))
            blocks += attachments(runs, phase, opened)
    return tuple(blocks)


# ------------------------------------------------------------------ traceability


def forward(matrix: Matrix) -> tuple[Block, ...]:
    """Requirement to evidence: one row a requirement."""
    rows = []
    for row in matrix.rows:
        grouped = in_rows([(link.case, str(link.final)) for link in row.links])
        cases = joined("\n", grouped) if grouped else reason_of(row)
        found = list(dict.fromkeys(a.deviation for link in row.links for a in link.attempts if a.deviation))
        state = "GAP, RESTRICTED" if row.coverage == "restricted" else row.coverage.replace("-", " ").upper()
        rows.append(
            (
                row.requirement,
                row.title,
                "\n".join((*row.functions, *row.risks)) or say("none"),
                cases,
                ", ".join(found) or say("none"),
                state,
            )
        )
    columns = "Requirement:14:id|Title:18|Functions, risks:13|Cases and verdicts, or reason:28|Deviations:14:id|State:13:verdict"
    return (table("Requirement to evidence", columns, rows),)


def backward(matrix: Matrix, protocol: Protocol) -> tuple[Block, ...]:
    """Case to requirement, and what is not linked."""
    rows = [
        (
            r.case,
            r.title,
            ", ".join(r.requirements) or say("none"),
            ", ".join(r.risks) or say("none"),
            ", ".join(r.runs) or say("none"),
            spelled(r.final),
        )
        for r in matrix.reverse
    ]
    columns = "Case:13:id|Title:29|Requirements:18|Risks:16|Runs:12|Final verdict:12:verdict"
    signs_of_titles = signs.key_of(r.title for r in matrix.reverse)
    return (*signs_of_titles, table("Case to requirement", columns, rows), _completeness(matrix, protocol))


def _completeness(matrix: Matrix, protocol: Protocol) -> Block:
    """The questions an inspector ticks, answered by number."""
    untested = sum(not r.links and r.verification == "test" for r in matrix.rows)
    orphans = sum(not c.requirements for c in protocol.cases)
    known = {r.requirement for r in matrix.rows}
    dangling = sorted({q for c in protocol.cases for q in c.requirements} - known)
    high = [r for r in matrix.rows if r.priority == "high" and r.verification == "test"]
    phase = {r.case: r.phase for r in matrix.reverse}
    both = sum({"OQ", "PQ"} <= {phase.get(k.case, "") for k in r.links} for r in high)
    rows = [
        (say("Requirements verified by test that have no case"), str(untested)),
        (say("Cases that serve no requirement"), str(orphans)),
        (
            say("Requirements named by a case and not specified"),
            f"{len(dangling)}{': ' + ', '.join(dangling) if dangling else ''}",
        ),
        (
            say("Requirements of high priority with cases in OQ and PQ"),
            say("{done} of {all}", done=str(both), all=str(len(high))),
        ),
        (say("Gaps"), str(len(matrix.gaps))),
    ]
    return table("Completeness", "Question:70|Answer:30", rows)


# ------------------------------------------------------------------ regulations


def regulations(spec: Spec, matrix: Matrix) -> tuple[Block, ...]:
    """One chapter a regulation: every paragraph with its answer or its gap."""
    return tuple(_regulations(spec, matrix))


def _regulations(spec: Spec, matrix: Matrix) -> Iterator[Block]:
    by_id = {row.requirement: row for row in matrix.rows}
    for found in assessment(spec, matrix):
        title = say(found.title)
        yield Heading(2, title)
        rows = [row for a in found.rows for row in _paragraph(a, by_id, spec)]
        columns = "Clause:13:id|About:14|Requirements:15|Cases, and what people do or documents say:27|Standing:13:verdict|Open, or why not applicable:18"
        yield table(title, columns, rows, found.empty or "None.")


def _paragraph(a: Assessed, rows: Mapping[str, Row], spec: Spec) -> Iterator[tuple[str, ...]]:
    """One row; and one more for the part of a paragraph that does not apply, where another part does."""
    apart = [name for name in a.requirements if rows[name].coverage == "not-applicable"]
    here = [name for name in a.requirements if name not in apart]
    against = joined("; ", [told(part) for part in a.against]) if a.against else told(a.gap) if a.gap else say("nothing")
    if here or not apart:
        yield a.clause, a.heading, "\n".join(here) or say("none"), _answered(a, rows, spec), a.standing, against
    if apart:
        about = joined(": ", (a.heading, say("what of it does not apply"))) if here else a.heading
        why = joined("\n", [reason_of(rows[name]) for name in apart])
        yield a.clause, about, "\n".join(apart), say("none"), "N/A", why


def _answered(a: Assessed, rows: Mapping[str, Row], spec: Spec) -> str:
    """The cases with their verdicts, the procedures and the documents that answer a paragraph."""
    people = [
        joined("", (f"{name}, ", say(rows[name].coverage.replace("-", " ")), ": ", reason_of(rows[name])))
        for name in a.procedural
        if rows[name].coverage != "not-applicable"
    ]
    found = (*in_rows(a.cases), *people, *_by_plan(a, spec))
    return joined("\n", found) if found else say("none")


def _by_plan(a: Assessed, spec: Spec) -> list[str]:
    """What the plan says of a paragraph: which documents answer it, and how."""
    if a.by_plan is None:
        return []
    return [joined(": ", (joined(", ", [titled(kind, spec) for kind in a.by_plan.kinds]), own(a.by_plan.words)))]
