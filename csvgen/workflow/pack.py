"""What lets people read and check a package with a browser, `sha256sum` and Python alone: index page, pages of documents, sums, a program.

All of it is drawn from what the package holds; none of it is signed by anybody, and each says so. The seal covers it like everything else.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

from csvgen import __version__
from csvgen.canonical import digest_file
from csvgen.clock import shown
from csvgen.model.evidence import Evidence
from csvgen.report import html, html_index, neutral
from csvgen.report.html_index import Index, Link
from csvgen.signature.approvals import Approval
from csvgen.templates import shipped
from csvgen.verification.belonging import CHECKER, INDEX, SUMS
from csvgen.workflow.state import CODES, ProjectState

_SEALED = ("package.json", "package.p7s")
_EPOCH = (1980, 1, 1, 0, 0, 0)
_WORDS = {".pdf": "PDF", ".docx": "Word", ".xlsx": "Excel", ".html": "screen"}


def add_guides(folder: Path, state: ProjectState, made: str) -> None:
    """Pages, program and sums, written into the folder of a package that is otherwise complete but for its manifest."""
    for path in sorted((folder / "documents").glob(f"*{neutral.ENDING}")):
        page = html.draw(neutral.read(path.read_bytes(), path.name))
        path.with_name(path.name.removesuffix(neutral.ENDING) + html.ENDING).write_bytes(page)
    (folder / CHECKER).write_bytes(
        (shipped() / "package" / CHECKER).read_bytes()
    )  # never the project's own: it checks the project
    (folder / INDEX).write_bytes(html_index.draw(_index(folder, state, made)))
    (folder / SUMS).write_bytes(sums(folder))


def sums(folder: Path) -> bytes:
    """SHA256SUMS as coreutils reads it: every file but the sums themselves and the sealed manifest, which names the sums."""
    named = {p.relative_to(folder).as_posix(): digest_file(p).removeprefix("sha256:") for p in folder.rglob("*") if p.is_file()}
    return b"".join(_sum(name, digest) for name, digest in sorted(named.items()) if name not in (*_SEALED, SUMS))


def _sum(name: str, digest: str) -> bytes:
    safe = name.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    return f"{'' if safe == name else chr(92)}{digest}  {safe}\n".encode("utf-8", "surrogateescape")


def zipped(folder: Path, destination: Path) -> None:
    """The folder as one archive, every entry below ``package/`` and without a time of its own: the same files give the same bytes."""
    with zipfile.ZipFile(destination, "x", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            entry = zipfile.ZipInfo(f"package/{path.relative_to(folder).as_posix()}", _EPOCH)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, path.read_bytes())


# ------------------------------------------------------------------ the index page


def _index(folder: Path, state: ProjectState, made: str) -> Index:
    system, matrix = state.spec.system, state.matrix
    return Index(
        title=f"Validation package of {system.name} {system.version}",
        organisation=system.organisation,
        banner="DEMONSTRATION - simulated signatures - not a GxP record" if system.demonstration == "yes" else "",
        made=shown(made),
        made_by=f"csvgen {__version__}",
        state="Every requirement passed or is met otherwise." if matrix.complete else f"NOT COMPLETE: gaps: {len(matrix.gaps)}.",
        gaps=[(g.kind.replace("-", " "), g.subject, g.detail) for g in matrix.gaps],
        documents=[_document(folder, a) for a in state.approvals if a.document.kind in CODES],
        runs=[_run(r) for r in state.runs if r.plan.mode == "formal"],
        deviations=[
            (d.id, d.run, d.case or "the run as a whole", _disposition(d.signed, str(d.decision or ""))) for d in state.deviations
        ],
        others=list(_others(folder, system.id)),
    )


def _disposition(signed: object, decision: str) -> str:
    return decision if signed and decision else "OPEN: no signed disposition"


def _document(folder: Path, approval: Approval) -> tuple[str, str, str, str, list[Link]]:
    d = approval.document
    done = f"{len(approval.done)} of {len(d.signatures)}" + (f", {approval.ended}" if approval.ended else "")
    names = [r.file for r in d.renditions]
    page = f"{d.id}-r{d.revision}{html.ENDING}"
    names += [page] if (folder / "documents" / page).is_file() else []
    official = {r.file for r in d.renditions if r.official}
    links = [Link(_WORDS.get(Path(n).suffix, n) + (" (official)" if n in official else ""), f"documents/{n}") for n in names]
    return d.id, str(d.revision), d.title, done, links


def _run(run: Evidence) -> tuple[str, str, str, str, str, list[Link]]:
    files = [Link("plan", f"runs/{run.run}/run.json")]
    files += [Link("seal", f"runs/{run.run}/seal.json")] if run.seal is not None else []
    said = (
        "\n".join(f"{verdict} {n}" for verdict, n in run.seal.summary.verdicts.items())
        if run.seal is not None
        else "never sealed"
    )
    sealed = shown(run.seal.sealed) if run.seal is not None else "never: it counts for nothing"
    return run.run, f"{run.plan.mode}, {run.plan.scope}", said, shown(run.plan.created), sealed, files


def _others(folder: Path, system: str) -> Iterator[tuple[str, list[Link]]]:
    def there(*names: str) -> list[Link]:
        return [Link(n, n) for n in names if (folder / n).is_file()]

    def below(pattern: str) -> list[Link]:
        return [Link(p.name, p.relative_to(folder).as_posix()) for p in sorted(folder.glob(pattern)) if p.is_file()]

    yield "Traceability", there("matrix.xlsx", "matrix.json")
    yield "Test scripts (Gherkin)", below(f"protocols/{system}/*/*.feature")
    yield "Specification (YAML)", below(f"requirements_specs/{system}/**/*.yaml")
    yield "Audit trail", there("audit/events.jsonl")
    yield "Manifest, sums, program that checks", [Link(n, n) for n in (*_SEALED, SUMS, CHECKER)]  # written last
    yield "What is what", there("README.txt")
