"""The readable files of a composed document, drawn before anybody signs: Word and PDF, and the matrix of a report as a workbook."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from csvgen.canonical import Digest, canonical_json
from csvgen.model.report import Report, Table
from csvgen.model.spec import DocumentKind
from csvgen.report import neutral
from csvgen.report.set_inserts import sheets
from csvgen.report.wording import wording_of
from csvgen.templates import Templates
from csvgen.trace.clauses import answers
from csvgen.trace.open_clauses import open_clauses
from csvgen.verification.belonging import MATRIX
from csvgen.workflow.renditions import EXCEL, PDF, WORD
from csvgen.workflow.state import ProjectState


def drawn(state: ProjectState, kind: DocumentKind, report: Report, stem: str) -> dict[str, tuple[str, bytes]]:
    """The files of a document by name, each with its media type. The traceability matrix is a rendition of the report that prints it."""
    from csvgen.report import outline, pdf, word
    from csvgen.report.theme import read_theme

    reference = Templates(state.config.templates, str).path("reference.docx").read_bytes()
    theme = read_theme(state.config.templates)
    plan = outline.outline(report)
    files = {f"{stem}.pdf": (PDF, pdf.draw(plan, theme)), f"{stem}.docx": (WORD, word.draw(plan, reference, theme))}
    if kind.endswith("-report") or kind == "traceability-matrix":
        files[f"{stem}-matrix.xlsx"] = (EXCEL, _workbook(state, report))
    if tables := sheets(kind, report, wording_of(report)):
        files[f"{stem}-tables.xlsx"] = (EXCEL, _tables(state, report, tables))
    return files


def _tables(state: ProjectState, report: Report, tables: Mapping[str, Table]) -> bytes:
    """Tables of a document as a workbook, signed by the same people."""
    from csvgen.report import excel

    return excel.draw_tables(
        tables,
        title=report.title,
        document_id=report.id,
        system=report.system,
        content=Digest(report.content),
        made_by=report.made_by,
        revision=report.revision,
        banner=report.banner,
        date=report.date,
        slots=tuple(s for s in report.slots if s.field),
        separation=tuple((s.first, s.second) for s in state.spec.settings.separation),
        wording=wording_of(report),
    )


def bound(state: ProjectState, report: Report, stem: str, files: Collection[str]) -> dict[str, bytes]:
    """What the record binds by digest and the files were drawn from, kept beside them: they are held against it whenever a package is verified."""
    found = {f"{stem}{neutral.ENDING}": neutral.kept(report)}
    if f"{stem}-matrix.xlsx" in files:
        found[f"{stem}{MATRIX}"] = canonical_json(state.matrix)
    return found


def _workbook(state: ProjectState, report: Report) -> bytes:
    """The matrix as a workbook, signed by the same people as the report."""
    from csvgen.report import excel
    from csvgen.report.compose import clause_table

    words = wording_of(report)
    return excel.draw(
        state.matrix,
        title=words.say("Traceability matrix of {system}", system=state.spec.system.name),
        document_id=report.id,
        revision=report.revision,
        made_by=report.made_by,
        date=report.date,
        banner=report.banner,
        extra={words.say("Clauses"): clause_table(answers(state.spec, state.matrix), words)},
        clauses=open_clauses(state.spec, state.matrix),
        slots=tuple(s for s in report.slots if s.field),
        separation=tuple((s.first, s.second) for s in state.spec.settings.separation),
        wording=words,
    )
