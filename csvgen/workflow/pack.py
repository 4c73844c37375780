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
from csvgen.report.compose import BANNER
from csvgen.report.html_index import Index, Link
from csvgen.report.wording import Wording, shipped_wording
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
    words = shipped_wording(state.spec.system.language)
    (folder / INDEX).write_bytes(html_index.draw(_index(folder, state, made, words), words))
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


def _index(folder: Path, state: ProjectState, made: str, words: Wording) -> Index:
    system, matrix, say = state.spec.system, state.matrix, words.say
    open_gaps = say("NOT COMPLETE: gaps: {number}.", number=str(len(matrix.gaps)))
    return Index(
        title=say("Validation package of {system}", system=f"{system.name} {system.version}"),
        organisation=system.organisation,
        banner=say(BANNER) if system.demonstration == "yes" else "",
        made=shown(made),
        made_by=f"csvgen {__version__}",
        state=say("Every requirement passed or is met otherwise.") if matrix.complete else open_gaps,
        gaps=[html_index.gap(g, words) for g in matrix.gaps],
        documents=[_document(folder, a, words) for a in state.approvals if a.document.kind in CODES],
        runs=[_run(r, words) for r in state.runs if r.plan.mode == "formal"],
        deviations=[
            (
                d.id,
                d.run,
                d.case or say("the run as a whole"),
                html_index.disposition(str(d.decision or "") if d.signed else "", words),
            )
            for d in state.deviations
        ],
        others=list(_others(folder, system.id, words)),
    )


def _document(folder: Path, approval: Approval, words: Wording) -> tuple[str, str, str, str, list[Link]]:
    d = approval.document
    done = html_index.signed(len(approval.done), len(d.signatures), approval.ended, words)
    names = [r.file for r in d.renditions]
    page = f"{d.id}-r{d.revision}{html.ENDING}"
    names += [page] if (folder / "documents" / page).is_file() else []
    official = {r.file for r in d.renditions if r.official}

    def link(name: str) -> Link:
        kind = words.say(_WORDS[ending]) if (ending := Path(name).suffix) in _WORDS else name
        return Link(words.say("{file} (official)", file=kind) if name in official else kind, f"documents/{name}")

    return d.id, str(d.revision), d.title, done, [link(n) for n in names]


def _run(run: Evidence, words: Wording) -> tuple[str, str, str, str, str, list[Link]]:
    say, seal = words.say, run.seal
    files = [Link(say("plan"), f"runs/{run.run}/run.json")]
    files += [Link(say("seal"), f"runs/{run.run}/seal.json")] if seal is not None else []
    mode = f"{say(run.plan.mode)}, {say(run.plan.scope)}"
    said = "\n".join(f"{v} {n}" for v, n in seal.summary.verdicts.items()) if seal is not None else say("never sealed")
    sealed = shown(seal.sealed) if seal is not None else say("never: it counts for nothing")
    return run.run, mode, said, shown(run.plan.created), sealed, files


def _others(folder: Path, system: str, words: Wording) -> Iterator[tuple[str, list[Link]]]:
    def there(*names: str) -> list[Link]:
        return [Link(n, n) for n in names if (folder / n).is_file()]

    def below(pattern: str) -> list[Link]:
        return [Link(p.name, p.relative_to(folder).as_posix()) for p in sorted(folder.glob(pattern)) if p.is_file()]

    yield words.say("Traceability"), there("matrix.xlsx", "matrix.json")
    yield words.say("Test scripts (Gherkin)"), below(f"protocols/{system}/*/*.feature")
    yield words.say("Specification (YAML)"), below(f"requirements_specs/{system}/**/*.yaml")
    yield words.say("Audit trail"), there("audit/events.jsonl")
    yield words.say("Manifest, sums, program that checks"), [Link(n, n) for n in (*_SEALED, SUMS, CHECKER)]  # written last
    yield words.say("What is what"), there("README.txt")
