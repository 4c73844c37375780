"""What the templates of the later kinds of documents can put in by name; beside what every document has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING

from csvgen.model.report import Block, Table
from csvgen.model.spec import DocumentKind
from csvgen.report import acceptance_blocks, baseline_blocks, people_blocks, set_blocks, summary_blocks, unweighed_blocks
from csvgen.report.deviation_blocks import deviation_forms
from csvgen.report.wording import IN_ENGLISH, Wording
from csvgen.trace.open_clauses import open_clauses

if TYPE_CHECKING:
    from csvgen.model.report import Report
    from csvgen.report.compose import Material

Insert = Callable[[], tuple[Block, ...]]


def of_specification(m: Material) -> Mapping[str, Insert]:
    """What follows from the specification alone."""
    spec = m.spec
    return {
        "flow": lambda: set_blocks.flow(spec),
        "interfaces": lambda: set_blocks.interfaces(spec),
        "parts": lambda: set_blocks.parts(spec),
        "supplier-forms": lambda: set_blocks.supplier_forms(spec),
        "design": lambda: set_blocks.design(spec),
        "code-reviews": lambda: set_blocks.code_reviews(spec),
        "functions-in-short": lambda: set_blocks.functions_in_short(spec),
        "proposals": lambda: summary_blocks.proposals(spec),
        "retention": lambda: summary_blocks.retention(spec),
    }


def of_results(m: Material) -> Mapping[str, Insert]:
    """What needs executions; nothing where the material of a document has none."""
    if m.overall is None or m.matrix is None or m.protocol is None:
        return {}
    spec, whole, matrix, protocol = m.spec, m.overall, m.matrix, m.protocol
    unanswered = cache(lambda: open_clauses(spec, matrix))
    return {
        "outcome": lambda: summary_blocks.outcome(whole, m.written),
        "criteria-of-plan": lambda: acceptance_blocks.criteria(spec, matrix, m.deviations, m.runs, m.signatures),
        "release": lambda: summary_blocks.release(whole, spec, protocol, m.runs, m.challenge),
        "at-a-glance": lambda: summary_blocks.at_a_glance(
            whole, matrix, m.deviations, m.runs, unanswered(), unweighed_blocks.in_short(spec, protocol, m.runs, m.challenge)
        ),
        "unweighed": lambda: unweighed_blocks.unweighed(spec, protocol, m.runs, m.challenge),
        "phases": lambda: summary_blocks.phases(whole, m.documents),
        "documents": lambda: summary_blocks.documents(m.documents),
        "deliverables": lambda: summary_blocks.deliverables(spec, m.documents),
        "deviation-counts": lambda: summary_blocks.deviation_counts(m.deviations),
        "deviation-list": lambda: summary_blocks.deviation_list(m.deviations),
        "deviation-story": lambda: summary_blocks.deviation_story(m.deviations),
        "residual-counts": lambda: summary_blocks.residual_counts(matrix),
        "coverage-counts": lambda: summary_blocks.coverage(matrix, unanswered()),
        "executions": lambda: summary_blocks.executions(m.runs),
        "deviation-forms": lambda: deviation_forms(m.deviations, m.runs, m.signatures, spec.system.prefix),
        "installed": lambda: baseline_blocks.baseline(spec, m.runs, protocol),
        "people": lambda: people_blocks.people(m.people, m.signatures, m.runs, spec),
        "signature-log": lambda: people_blocks.signature_log(m.signatures),
        "evidence": lambda: set_blocks.evidence(m.runs, m.opened),
        "forward": lambda: set_blocks.forward(matrix),
        "backward": lambda: set_blocks.backward(matrix, protocol),
        "regulations": lambda: set_blocks.regulations(spec, matrix),
    }


def _beginnings(words: Wording, start: str) -> tuple[str, ...]:
    """How captions begin in the language of the document: the whole of each, or what stands before its first place."""
    return tuple(said.partition("{")[0] for phrase, said in words.phrases.items() if phrase.startswith(start)) or (start,)


_SHEETS: Mapping[DocumentKind, tuple[tuple[str, str], ...]] = {
    "risk": (("Functional risk assessment", "Risks"), ("Risks by priority", "By priority"), ("Risk class", "Classes"), ("Risk priority", "Priorities")),
    "deviation-log": (("Deviation log", "Deviations"), ("What was found and done", "Found and done"), ("Deviations by class", "Classes")),
    "evidence-index": (("Runs and their seals", "Runs"), ("Index of attachments", "Evidence")),
}  # fmt: skip
"""Kind -> beginning of the caption of a table, and the sheet it becomes; tables of one sheet follow each other."""


def sheets(kind: DocumentKind, report: Report, words: Wording = IN_ENGLISH) -> Mapping[str, Table]:
    """The tables of a document that are also a workbook: the same cells, sheet by sheet. Empty for a kind without one."""
    found: dict[str, Table] = {}
    for start, name in _SHEETS.get(kind, ()):
        for block in report.blocks:
            if not isinstance(block, Table) or not block.caption.startswith(_beginnings(words, start)):
                continue
            sheet = name
            while sheet in found and found[sheet].columns != block.columns:
                sheet += " (2)"
            there = found.get(sheet)
            found[sheet] = block if there is None else Table(there.columns, there.rows + block.rows, there.caption, there.empty)
    return found
