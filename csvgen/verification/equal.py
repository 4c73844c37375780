"""Equal by proof: the drawn files of a package are read back and held against what their records bind and what their runs say.

Signatures and digests tell that a file is the one that was signed. These checks tell that it says what it was drawn from: that no
writer, and nobody between composing and signing, made a page say otherwise than the record.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from csvgen.canonical import digest_bytes, read_canonical
from csvgen.errors import NotIntact
from csvgen.model.base import PHASES
from csvgen.model.matrix import Matrix
from csvgen.model.signature import DocumentRecord, Rendition
from csvgen.report import neutral, readback, readback_html, readback_pdf, readback_word
from csvgen.report.outline import outline
from csvgen.report.readback import Reading
from csvgen.report.wording import IN_ENGLISH, Wording
from csvgen.trace.matrix import counts
from csvgen.verification.belonging import MATRIX, screen_file
from csvgen.verification.checks import Checks
from csvgen.verification.documents import EXCEL, PDF, WORD
from csvgen.verification.equal_runs import named_runs, report_faults
from csvgen.verification.equal_workbook import matrix_faults, tables_faults

if TYPE_CHECKING:
    from csvgen.verification.evidence import Material

FILES = "Word, PDF and screen files say what their records were drawn from"
RUNS = "reports show the cases, verdicts, observations and totals of their runs"
BOOKS = "workbooks show the matrix and the tables their document was made from"
_BOOK = "-matrix.xlsx"
_NOT_KEPT = "csvgen 0.1."
"""Who composed documents before their text was kept beside them: a part of the record that is signed."""


def check_equal(folder: Path, material: Material, checks: Checks) -> None:
    """Three checks: files against the bound text, reports against their runs, workbooks against the matrix of their report."""
    files: list[str] = []
    runs: list[str] = []
    books: list[str] = []
    bound = reports = count = drawn = 0
    for document in (a.document for a in material.approvals if a.document.text is not None):
        label = f"{document.id} r{document.revision}"
        try:
            text, told = _text(folder, document)
            for rendition in _of(document, EXCEL):
                found = _book(folder, document, rendition, text.words if text is not None else IN_ENGLISH)
                count += found is not None
                books += found or ()
            files += [f"{label}: {fault}" for fault in told]
            reading = text or _fallback(folder, document)
            if reading is None:
                continue
            drawn, bound = drawn + 1, bound + (text is not None)
            files += _files(folder, document, reading, own=text is not None)
            files += _screen(folder, document, reading) if text is not None else ()
            found = _tables(folder, document, reading)
            count, books = count + (found is not None), books + (found or [])
        except NotIntact as problem:
            files.append(f"{label}: {problem.message}")
            continue
        if document.kind.endswith("-report"):
            reports += 1
            runs += report_faults(
                reading, named_runs(document.derived_from, material.runs), label, _finals(folder, document, material)
            )
    rest = f"; {drawn - bound} of before 0.2.0, where the text was not kept, Word file against PDF" if drawn > bound else ""
    checks.over(drawn, FILES, files, f"{bound} documents word for word as the text their record binds{rest}", "documents")
    checks.over(reports, RUNS, runs, f"{reports} reports, every step of every run", "documents")
    checks.over(count, BOOKS, books, f"{count} workbooks: cases, verdicts, gaps and totals", "documents")


def _finals(folder: Path, document: DocumentRecord, material: Material) -> dict[str, str] | None:
    """What each case of a report's phase came to when it was made: by the matrix of that day, or worked out from its runs."""
    phase = next(p for p in PHASES if document.kind == f"{p.lower()}-report")
    path = folder / "documents" / f"{stem(document)}{MATRIX}"
    if path.is_file():
        matrix = Matrix.model_validate(
            read_canonical(path.read_bytes(), path.name)
        )  # that it is the bound one is told with the workbook
        return {r.case: str(r.final) for r in matrix.reverse if r.phase == phase}
    runs = named_runs(document.derived_from, material.runs)
    now = document.derived_from.get(f"{phase} protocol, cases") == str(material.protocol.digest_of(phase))
    if not now or any(r.irregular for r in runs):
        return None
    cases = {c.id: str(c.digest) for c in material.protocol.of(phase)}
    found = dict.fromkeys(cases, "NOT_RUN")
    for run in (r for r in runs if counts(r)):
        found |= {r.case: str(r.verdict) for r in run.results if cases.get(r.case) == r.case_digest}
    return found


def stem(document: DocumentRecord) -> str:
    """The common beginning of the file names of a revision."""
    return f"{document.id}-r{document.revision}"


def _of(document: DocumentRecord, media_type: str) -> Iterator[Rendition]:
    return (r for r in document.renditions if r.media_type == media_type)


def _text(folder: Path, document: DocumentRecord) -> tuple[Reading | None, list[str]]:
    """The text the record binds, where it was kept, and whether it is that. The record tells whether it had to be kept."""
    path = folder / "documents" / f"{stem(document)}{neutral.ENDING}"
    if not path.is_file():
        old = document.composed_by.startswith(_NOT_KEPT)
        return None, [] if old else [f"{path.name}, the text that the record binds, is not in the package"]
    data = path.read_bytes()
    told = [] if digest_bytes(data) == document.text else [f"{path.name} is not the text that the record binds"]
    return readback.of_outline(outline(neutral.read(data, path.name))), told


def _fallback(folder: Path, document: DocumentRecord) -> Reading | None:
    word = next(_of(document, WORD), None)
    return readback_word.read((folder / "documents" / word.file).read_bytes(), word.file) if word is not None else None


def _files(folder: Path, document: DocumentRecord, reading: Reading, *, own: bool) -> Iterator[str]:
    for rendition in document.renditions:
        data = (folder / "documents" / rendition.file).read_bytes()
        if rendition.media_type == WORD and own:
            found = readback.differences(reading, readback_word.read(data, rendition.file))
        elif rendition.media_type == PDF:
            found = readback_pdf.differences(reading, data, rendition.file, own_head=not own)
        else:
            continue
        yield from (f"{rendition.file}: {fault}" for fault in found)


def _screen(folder: Path, document: DocumentRecord, reading: Reading) -> Iterator[str]:
    """The page for the screen, where there is one: the same text, and nothing in it that acts or loads."""
    path = folder / "documents" / screen_file(document)
    if path.is_file():
        found, acting = readback_html.read(path.read_bytes())
        yield from (f"{path.name}: {fault}" for fault in readback.differences(reading, found))
        yield from (f"{path.name} holds '{what}'" for what in acting)


def _tables(folder: Path, document: DocumentRecord, reading: Reading) -> list[str] | None:
    """What is wrong with a workbook of the document's own tables; None where there is none."""
    found: list[str] | None = None
    for rendition in (r for r in _of(document, EXCEL) if not r.file.endswith(_BOOK)):
        try:
            told = tables_faults((folder / "documents" / rendition.file).read_bytes(), reading, rendition.file)
        except NotIntact as problem:
            told = [problem.message]
        found = [*(found or []), *(f"{rendition.file}: {fault}" for fault in told)]
    return found


def _book(folder: Path, document: DocumentRecord, rendition: Rendition, words: Wording) -> list[str] | None:
    """What is wrong with the matrix workbook of a report; None where the matrix of that day was not kept."""
    path = folder / "documents" / f"{stem(document)}{MATRIX}"
    if not rendition.file.endswith(_BOOK) or not path.is_file():
        return None
    data = path.read_bytes()
    if str(digest_bytes(data)) != document.derived_from.get("matrix"):
        return [f"{path.name} is not the matrix that the record names"]
    try:
        matrix = Matrix.model_validate(read_canonical(data, path.name))
        found = matrix_faults((folder / "documents" / rendition.file).read_bytes(), matrix, rendition.file, words)
    except NotIntact as problem:
        found = [problem.message]
    return [f"{rendition.file}: {fault}" for fault in found]
