"""compose(...) -> Report: a document kind's template, filled, as neutral blocks. Pure: everything it prints is handed in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import cast

from csvgen import __version__
from csvgen.canonical import Digest
from csvgen.clock import shown
from csvgen.model.approved_code import ApprovedCode
from csvgen.model.base import Phase
from csvgen.model.challenge import Challenge
from csvgen.model.evidence import Evidence
from csvgen.model.matrix import Matrix
from csvgen.model.people import Account
from csvgen.model.protocol import Protocol
from csvgen.model.report import (
    ApprovalPage,
    Block,
    Column,
    Contents,
    Paragraph,
    Report,
    SignatureSlot,
    Table,
    Timeline,
    TimelineEntry,
)  # fmt: skip
from csvgen.model.signature import MEANINGS, OWN_TEMPLATE, WrittenConclusion
from csvgen.model.spec import DocumentKind, Spec
from csvgen.report import (
    case_blocks,
    challenge_blocks,
    depth_blocks,
    environment_blocks,
    oracle_blocks,
    pictures,
    result_blocks,
    set_inserts,
    shortfall_blocks,
    spec_blocks,
)
from csvgen.report.collecting import collected_later
from csvgen.report.deviation_blocks import SignatureLine, deviations_table
from csvgen.report.form_read import fixed_text
from csvgen.report.glyphs import with_glyphs
from csvgen.report.languages import wording_for
from csvgen.report.markdown import escape, read_blocks
from csvgen.report.spec_blocks import table, titled
from csvgen.report.summary_blocks import DocumentLine
from csvgen.report.theme import read_theme
from csvgen.report.thumbnails import Opened, Thumbnails, nothing_kept
from csvgen.report.tools_blocks import tools
from csvgen.report.wording import ENGLISH, IN_ENGLISH, Said, Wording, in_language, joined, say, told
from csvgen.templates import REFERENCE, Templates
from csvgen.trace.clauses import Answer
from csvgen.trace.conclusion import Conclusion
from csvgen.trace.matrix import Disposed
from csvgen.trace.overall import Overall

BANNER = "DEMONSTRATION - simulated signatures - not a GxP record"
STATUS = "approved when fully signed"
"""True before and after signing: the pages of a document stay what they were when it was put up for signature."""


@dataclass(frozen=True, kw_only=True)
class Reference:
    """Another document this one stands on."""

    id: str
    title: str
    revision: int
    digest: str
    approved: str


@dataclass(frozen=True, kw_only=True)
class Material:
    """Everything a document may print."""

    kind: DocumentKind
    id: str
    revision: int
    composed: str
    content: Digest
    derived_from: Mapping[str, str]
    spec: Spec
    protocol: Protocol | None = None
    remarks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    runs: Sequence[Evidence] = ()
    deviations: Sequence[Disposed] = ()
    matrix: Matrix | None = None
    conclusion: Conclusion | None = None
    references: Sequence[Reference] = ()
    history: Sequence[tuple[str, str, str]] = ()
    """Revision, date, what changed; computed from records, never typed."""
    signatures: Sequence[SignatureLine] = ()
    timeline: Sequence[TimelineEntry] = ()
    copies: Sequence[tuple[str, str, str, str]] = ()
    """Issued execution copies of the phase: copy, issue, what became of it, run."""

    repetitions: Sequence[tuple[str, str, str, str]] = ()
    """What was executed again: run, cases, what released them, why other results stay."""
    engineering: Sequence[tuple[str, str, str, str]] = ()
    """Engineering runs since the protocol was approved: run, time, what it came to, digest."""
    flags: Sequence[str] = ()
    """What the reviewers of the executed records were asked to look at."""
    challenge: Challenge | None = None
    """The challenge a report of the OQ tells of."""
    code: ApprovedCode | None = None
    """Of a protocol, the step code that is approved with it."""
    bound: Sequence[str] = ()
    """Of a report, by which approval the step code of its runs is bound."""
    overall: Overall | None = None
    """What the rule gives for the validation as a whole, for documents that tell of all phases."""
    documents: Sequence[DocumentLine] = ()
    people: Sequence[Account] = ()
    written: WrittenConclusion | None = None
    """What a named person concludes, in a report."""
    opened: Opened = nothing_kept
    """Gives what a run kept as evidence, for pictures that are made of it."""

    @property
    def phase(self) -> Phase:
        """The phase of a protocol or report."""
        return cast("Phase", self.kind[:2].upper())


@collected_later
def compose(material: Material, templates: Templates) -> Report:
    """The document as neutral blocks. Raises ConfigError when its template cannot be used."""
    spec = material.spec
    title = titled(material.kind, spec)
    words = wording_for(language_of(spec), templates)
    name = template_of(material.kind, spec)
    values = {
        "system": spec.system, "plan": spec.plan, "spec": spec, "phase": material.phase, "title": words.say(title) if isinstance(title, Said) else title,
        "conclusion": material.conclusion, "environment": spec.environment,
    }  # fmt: skip
    text = templates.render(name, **values)
    blocks = read_blocks(text, _inserts(material), f"templates/{name}")
    report = Report(
        id=material.id,
        title=titled(material.kind, spec),
        subtitle=f"{spec.system.name} {spec.system.version}",
        revision=material.revision,
        organisation=spec.system.organisation,
        system=system_line(spec),
        status=STATUS,
        banner=BANNER if spec.system.demonstration == "yes" else "",
        date=shown(material.composed),
        made_by=f"csvgen {__version__}",
        made_from=tuple((_source(name), value) for name, value in material.derived_from.items()),
        content=material.content,
        official="pdf",
        cover=_cover(material),
        blocks=blocks,
        form=fixed_text(templates.path(REFERENCE).read_bytes()),
    )
    fonts = read_theme(templates.folders[0] if len(templates.folders) > 1 else None).fonts
    return with_glyphs(in_language(report, words), fonts)


def language_of(spec: Spec) -> str:
    """The language of the documents of a project; empty for English."""
    return spec.system.language if spec.system.language != "en" else ENGLISH


_SOURCES = ("specification", "matrix")


def _source(name: str) -> str:
    """What a document was made from, by the name its record has for it."""
    if name.startswith(OWN_TEMPLATE):
        return say(f"{OWN_TEMPLATE} {{file}}", file=name.removeprefix(OWN_TEMPLATE).strip())
    phase, cases = name[:2], name[2:] == " protocol, cases"
    if name.startswith("run ") and name.endswith(", seal"):
        return say("run {run}, seal", run=name.removeprefix("run ").removesuffix(", seal"))
    return (
        say("{phase} protocol, cases", phase=phase)
        if cases
        else say(name)
        if name in _SOURCES
        else told(name)
        if name.startswith("challenge")
        else name
    )


def system_line(spec: Spec) -> str:
    """The system and its version, as every document names them."""
    s = spec.system
    return say("{system}, {version}", system=f"{s.name} ({s.id})", version=say("version {version}", version=s.version))


def template_of(kind: DocumentKind, spec: Spec) -> str:
    """The template of a document kind: the one protocol.yaml names for it, else that of its family."""
    if kind in spec.settings.templates:
        return f"documents/{spec.settings.templates[kind]}"
    family = kind.partition("-")[2] if kind.endswith(("-protocol", "-report")) else kind
    language = language_of(spec)
    return f"documents/{language}/{family}.md.j2" if language else f"documents/{family}.md.j2"


def _cover(m: Material) -> tuple[tuple[str, str], ...]:
    s = m.spec.system
    return (
        (say("GAMP 5 categories"), ", ".join(sorted({c.gamp for c in s.components}))),
        (say("GxP relevant"), say("yes")),
    )


def _inserts(m: Material) -> dict[str, Callable[[], tuple[Block, ...]]]:
    spec = m.spec
    found: dict[str, Callable[[], tuple[Block, ...]]] = {
        "approval": lambda: (_approval(m),),
        "contents": lambda: (Contents(),),
        "history": lambda: _history(m),
        "references": lambda: _references(m),
        "signatures": lambda: _signatures(m),
        "timeline": lambda: (in_time(m.timeline),),
        "tools": lambda: tools(m.runs),
        "identification": lambda: spec_blocks.identification(spec),
        "components": lambda: spec_blocks.components(spec),
        "roles": lambda: spec_blocks.roles(spec),
        "records": lambda: spec_blocks.records(spec),
        "data-flow": lambda: spec_blocks.data_flow(spec),
        "suppliers": lambda: spec_blocks.suppliers(spec),
        "environments": lambda: spec_blocks.environments(spec),
        "requirements": lambda: spec_blocks.requirements(spec),
        "criteria": lambda: spec_blocks.criteria(spec),
        "functions": lambda: spec_blocks.functions(spec),
        "risk-scheme": lambda: spec_blocks.risk_scheme(spec),
        "risks": lambda: spec_blocks.risks(spec),
        "risk-summary": lambda: spec_blocks.risk_summary(spec),
        "depth": lambda: depth_blocks.depth(spec, m.phase),
        "separation": lambda: spec_blocks.separation(spec),
        "baseline": lambda: spec_blocks.baseline(spec),
        "oracles": lambda: oracle_blocks.oracles(spec),
        "set-aside": lambda: spec_blocks.set_aside(spec),
        "justifications": lambda: challenge_blocks.justifications(spec),
        **pictures.of_specification(spec),
    }
    found |= set_inserts.of_specification(m)
    found |= set_inserts.of_results(m)
    for part in ("plan-scope", "plan-approach", "plan-deliverables", "plan-acceptance"):
        found[part] = lambda part=part: spec_blocks.plan_part(spec, part)  # type: ignore[misc]
    if m.protocol is not None:
        protocol, phase = m.protocol, m.phase
        found |= {
            "cases": lambda: case_blocks.case_list(protocol, phase),
            "scripts": lambda: case_blocks.scripts(protocol, phase, spec),
            "step-code": lambda: _step_code(m.code),
            "shortfalls": lambda: shortfall_blocks.shortfalls(protocol, phase, spec, m.remarks),
        }
    if m.protocol is not None and m.matrix is not None and m.conclusion is not None:
        matrix, conclusion = m.matrix, m.conclusion
        found |= {
            "totals": lambda: result_blocks.totals(conclusion, m.runs),
            "challenge": lambda: challenge_blocks.challenged(m.challenge, spec, protocol),
            "results": lambda: _results(m, protocol),
            "executed": lambda: case_blocks.executed(protocol, phase, m.runs, m.deviations, Thumbnails(m.opened)),
            "scenarios": lambda: case_blocks.scenarios(protocol, phase, m.runs, spec),
            "limits": lambda: case_blocks.limits(protocol, phase, m.runs),
            "copies": lambda: _copies(m),
            "deviations": lambda: deviations_table(m.deviations, phase, m.runs, m.signatures, spec.system.prefix),
            "coverage": lambda: pictures.coverage(result_blocks.coverage(matrix, phase, protocol, spec)),
            "gaps": lambda: result_blocks.gaps(matrix, phase, protocol),
            "residuals": lambda: result_blocks.residuals(matrix),
            "attachments": lambda: result_blocks.attachments(m.runs, phase, m.opened),
            "suppliers": lambda: spec_blocks.suppliers(spec),
            "environments": lambda: environment_blocks.environments(m.runs, phase, spec),
            "exceptions": lambda: result_blocks.exceptions(protocol, phase, m.runs, m.deviations, matrix, m.flags),
            "conclusion": lambda: result_blocks.conclusion_blocks(conclusion, m.deviations, m.written),
            **pictures.of_results(m.runs, matrix, phase, spec, m.opened),
        }
    return found


def _approval(m: Material) -> ApprovalPage:
    names = {r.id: r.name for r in m.spec.system.roles}
    stations = m.spec.settings.route(m.kind).stations
    return ApprovalPage(
        tuple(
            SignatureSlot(
                n, f"signature-{n}" if s.by != "paper" else "", names.get(s.role, s.role), s.meaning, MEANINGS[s.meaning]
            )
            for n, s in enumerate(stations, 1)
        )
    )


def _history(m: Material) -> tuple[Block, ...]:
    return (table("Revision history", "Revision:14|Date:28|Change:58", list(m.history)),)


def _references(m: Material) -> tuple[Block, ...]:
    if not m.references:
        return (
            Paragraph(
                "Plan, requirements, functional specification and risk assessment are drawn from one specification. They name "
                "each other by the ids of requirements, functions and risks; the digest of the specification stands at the end."
            ),
        )
    rows = [(r.id, r.title, str(r.revision), r.approved or say("not approved"), r.digest) for r in m.references]
    return (table("Referenced documents", "Document:12|Title:27|Revision:10|Approved:25|Record digest:26:mono", rows),)


def _copies(m: Material) -> tuple[Block, ...]:
    """Issued = executed + withdrawn: a copy that is neither keeps the report from being composed (RR-K03)."""
    withdrawn = sum(fate.startswith("withdrawn") for _, _, fate, _ in m.copies)
    counted = say(
        "{all} issued = {executed} executed + {withdrawn} withdrawn.",
        all=str(len(m.copies)), executed=str(len(m.copies) - withdrawn), withdrawn=str(withdrawn),
    )  # fmt: skip
    rows = list(m.copies)
    blocks: list[Block] = [table("Execution copies", "Copy:24|Issued:42|What became of it:22|Run:12", rows), Paragraph(counted)]
    blocks += [Paragraph(words) for words in m.bound]
    if m.repetitions:
        columns = "Run:10|Cases:30|Released by:20|Results that stay, and why:40"
        blocks.append(table("Repetitions: what released them, and what carried over", columns, list(m.repetitions)))
    return tuple(blocks)


def _step_code(code: ApprovedCode | None) -> tuple[Block, ...]:
    """The files whose step definitions carry out the scripts, and how many steps each carries out."""
    if code is None:
        return ()
    used = Counter(code.definitions[place].file for steps in code.cases.values() for place in steps if place is not None)
    open_ones = sum(place is None for steps in code.cases.values() for place in steps)
    rows = [(name, str(used[name]), sha256) for name, sha256 in sorted(code.files.items())]
    lacking = [say("{number} steps have no single step definition.", number=str(open_ones))] if open_ones else []
    bound = say("The signatures bind these files too. A formal execution with other step code is refused.")
    return (
        Paragraph(joined(" ", [bound, *lacking])),
        table(
            "Step code that carries out the scripts", "File:46|Steps:8|SHA-256:46:mono", rows, "No step has a step definition."
        ),
    )


def _results(m: Material, protocol: Protocol) -> tuple[Block, ...]:
    """Every formal execution; and the engineering runs since the protocol was approved, which count for nothing."""
    columns = "Run:24|Begun:24|What it came to:30|Digest of the seal:22:mono"
    none = "Since the protocol was approved there was no engineering run with a case of this phase."
    tried = table("Engineering runs since the protocol was approved: they count for nothing", columns, list(m.engineering), none)
    return (*result_blocks.results(protocol, m.phase, m.runs, m.deviations), tried)


def in_time(entries: Sequence[TimelineEntry]) -> Timeline:
    """Entries as people read them. What one person signed one after the other, nothing between, is one line with every time."""
    rows: list[tuple[TimelineEntry, list[str]]] = []
    meaning = ""
    for e in entries:
        record, _, said = e.what.rpartition(" ") if e.kind == "approval" else (e.what, "", "")
        last = rows[-1][0] if rows else None
        if said and last and (last.kind, last.who, meaning, last.when[:10]) == (e.kind, e.who, said, e.when[:10]):
            rows[-1][1].append(f"{record} ({shown(e.when)[11:19]})")
        else:
            rows.append((e, [record]))
        meaning = said
    return Timeline(tuple(_entry(e, records) for e, records in rows))


def _entry(e: TimelineEntry, records: Sequence[str]) -> TimelineEntry:
    meaning = f"{e.what.rpartition(' ')[2]}: " if e.kind == "approval" else ""
    return replace(e, when=case_blocks.utc(e.when), what=joined("", (meaning, joined(", ", records))))


def _signatures(m: Material) -> tuple[Block, ...]:
    rows = [
        (s.record, s.title, f"INVALID {s.meaning}" if s.invalid else s.meaning, f"{s.printed_name} ({s.role})",
         case_blocks.utc(s.signed) if s.signed else say("no time can be believed"))
        for s in m.signatures
    ]  # fmt: skip
    columns = "Record:18|Title:27|Meaning:12|Signer:24|Signed (UTC):19"
    return (table("Signatures on the records behind this document", columns, rows),)


__all__ = ["BANNER", "Material", "Reference", "SignatureLine", "compose", "escape", "template_of"]


def clause_table(found: Sequence[Answer], words: Wording = IN_ENGLISH) -> Table:
    """Paragraph by paragraph: who answers it, and what that came to."""
    shares = (("Clause", 0.14), ("About", 0.36), ("Requirements", 0.28), ("State", 0.22))
    columns = tuple(Column(words.say(title), share, "text" if n else "id") for n, (title, share) in enumerate(shares))
    rows = tuple((a.clause, a.heading, ", ".join(a.requirements) or words.say("none"), words.recognised(a.state)) for a in found)
    return Table(columns, rows, caption=words.say("Clauses of 21 CFR Part 11, and others that are cited"))
