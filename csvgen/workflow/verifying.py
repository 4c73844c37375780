"""What of a project can be verified offline, verified here by the same checks, with the command that repeats them elsewhere."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from csvgen.config import Config
from csvgen.errors import BadInput
from csvgen.model.verification import Verification
from csvgen.verification.outside import bring
from csvgen.verification.verify import verify
from csvgen.workflow.renditions import EXCEL, PDF, WORD
from csvgen.workflow.state import ProjectState, documents_folder

OWN_ROOTS = "trust roots that came another way (--trust): those of the project around here were taken"
_KINDS = {PDF: "PDF", WORD: "Word", EXCEL: "workbook"}


@dataclass(frozen=True, slots=True)
class Thing:
    """Something of a project that can be verified by itself."""

    name: str
    """Path below the project, with slashes; what a form names it by."""
    what: str
    changed: float
    """When the file, or the manifest of the package, was last written (seconds of the file system)."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found, and how to find it again."""

    found: Verification
    trust: str
    """Path of the trust roots below the project; empty when there are none."""
    command: str


def things(state: ProjectState) -> tuple[Thing, ...]:
    """Packages first, then the newest revision of each document in its forms, then runs; each newest first."""
    return (*_sorted(_packages(state)), *_sorted(_documents(state)), *_sorted(_runs(state)))


def _sorted(found: Iterator[Thing]) -> list[Thing]:
    return sorted(found, key=lambda t: (-t.changed, t.name))


def _packages(state: ProjectState) -> Iterator[Thing]:
    folder = state.config.output / state.spec.system.id
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        for mark, what in (("package.p7s", "package"), ("partial.p7s", "partial copy")):
            if (path / mark).is_file():
                yield _thing(state, path, what, path / mark)
        if path.suffix == ".zip" and path.is_file():
            yield _thing(state, path, "package in one file", path)


def _documents(state: ProjectState) -> Iterator[Thing]:
    for approval in {a.document.id: a for a in state.approvals}.values():
        d = approval.document
        for rendition in d.renditions:
            path = documents_folder(state, d) / rendition.file
            if rendition.media_type in _KINDS and path.is_file():
                yield _thing(state, path, f"{d.id} r{d.revision}, {_KINDS[rendition.media_type]}", path)


def _runs(state: ProjectState) -> Iterator[Thing]:
    for run in state.runs:
        if run.seal is not None:
            yield _thing(state, Path(run.folder), f"run {run.run}", Path(run.folder) / "seal.json")


def _thing(state: ProjectState, path: Path, what: str, dated: Path) -> Thing:
    return Thing(_below(state.config, path), what, dated.stat().st_mtime)


def _below(config: Config, path: Path) -> str:
    """Path below the project, or of its own where it lies elsewhere."""
    return path.relative_to(config.root).as_posix() if path.is_relative_to(config.root) else path.as_posix()


def verified(state: ProjectState, name: str) -> Verified:
    """Every check that this thing allows, against the trust roots of the project. Raises BadInput for what `things` does not name."""
    if name not in {t.name for t in things(state)}:
        raise BadInput("this is not one of the things of this project that can be verified", hint="choose one of the list")
    config = state.config
    path = config.root / name
    roots = config.trust if config.trust.exists() else None
    times = config.time_stamps.get("trust")
    brought = bring(path, roots, config.root / times if times and roots else None)
    found = brought.told(verify(path, brought.trust, brought.outside))
    if brought.trust.roots:
        found = replace(found, missing=(*found.missing, OWN_ROOTS))
    return Verified(found, _below(config, roots) if roots else "", command(config, name))


def command(config: Config, name: str) -> str:
    """What repeats it in the folder of the project, without this room, its database or a network."""
    words = ["csvgen", "verify", name]
    if config.trust.exists():
        words += ["--trust", _below(config, config.trust)]
    return shlex.join(words)
