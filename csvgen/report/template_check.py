"""csvgen template check: what of a project's own templates cannot be used, all at once and before a document is composed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from csvgen.diagnostics import Diagnostic, Findings, Location, Severity
from csvgen.errors import BadInput, ConfigError
from csvgen.model.report import ApprovalPage, Heading, Report, SignatureSlot
from csvgen.report import word
from csvgen.report.form_check import problems
from csvgen.report.theme import FILE, read_theme
from csvgen.report.word_package import missing_styles
from csvgen.templates import REFERENCE, Templates

Refusals = Callable[[bytes], Sequence[str]]
"""What would keep a Word file from being signed."""


def check_templates(folder: Path, refusals: Refusals = lambda _: ()) -> tuple[Findings, tuple[str, ...]]:
    """Findings about the templates of a project, and what was looked at. Files it does not have are csvgen's own and are fine."""
    looked = tuple(sorted(path.relative_to(folder).as_posix() for path in _files(folder)))
    return Findings.of(item for name in looked for item in _problems(folder, name, refusals)), looked


def _files(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from (p for p in (folder / REFERENCE, folder / FILE) if p.is_file())
        yield from (p for p in (folder / "documents").rglob("*.j2") if p.is_file())


def _problems(folder: Path, name: str, refusals: Refusals) -> Iterator[Diagnostic]:
    if name == REFERENCE:
        yield from _reference(folder / name, refusals)
        return
    try:
        if name == FILE:
            read_theme(folder)
        else:
            Templates(folder, str).parse(name)
    except (BadInput, ConfigError) as problem:
        code = "TPL002" if name == FILE else "TPL003"
        line = problem.where.rpartition(":")[2]
        yield _finding(code, name, problem.message, problem.hint, int(line) if line.isdecimal() else 0)


def _reference(path: Path, refusals: Refusals) -> Iterator[Diagnostic]:
    data = path.read_bytes()
    try:
        missing = missing_styles(data)
    except BadInput as problem:
        yield _finding("TPL001", path.name, problem.message, "save it as .docx with Word or LibreOffice")
        return
    hint = "copy the style from csvgen's reference.docx (csvgen template write) and change its look"
    for kind, name in missing:
        yield _finding("TPL001", path.name, f"the {kind} style {name} is missing", hint)
    wrong = problems(data)
    yield from (_finding("TPL004", path.name, p.message, p.hint) for p in wrong)
    if not missing and not wrong:
        hint = "take it out of the file with Word: what is signed must show everybody the same"
        told = (why for why in refusals(word.draw(_TRIAL, data)))
        yield from (_finding("TPL005", path.name, f"nobody could sign a document drawn on it: {why}", hint) for why in told)


_TRIAL = Report(
    id="TRIAL-1", title="Trial", subtitle="A trial", revision=1, organisation="Nobody", system="none", status="DRAFT", banner="",
    date="", made_by="csvgen template check", made_from=(), content="", official="none", cover=(),
    blocks=(ApprovalPage((SignatureSlot(1, "signature-1", "Anybody", "approved", "A trial."),)), Heading(1, "Trial")),
)  # fmt: skip
"""A document of nothing, drawn to see what a reference document brings along."""


def _finding(code: str, name: str, message: str, hint: str, line: int = 0) -> Diagnostic:
    where = Location(f"templates/{name}", line)
    return Diagnostic(rule=code, severity=Severity.ERROR, location=where, message=message, hint=hint)
