"""A look at the files of a project: for each part of it a digest of the names, sizes, times and numbers of its files."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from csvgen.config import FILE, Config
from csvgen.evidence.attachments import FOLDER as ATTACHMENTS
from csvgen.workflow.rereading import GROUND, RUN, TEMPLATES

Marks = dict[str, tuple[str, str]]
"""Part of the project -> digest of its files without attachments, and of those alone (empty when they were not looked at)."""


def look(config: Config, system: str, *, attached: bool) -> Marks:
    """Each part of a project with the digest of its files; attachments of runs only with `attached`."""
    approvals, runs = config.approvals(system), config.runs(system)
    ground = (config.requirements_specs / system, config.protocol_folder(system))
    found = {
        GROUND: _mark(ground, (config.root / FILE,), attached=attached, but=str(approvals)),
        TEMPLATES: _mark((config.templates,), attached=attached),
        "approvals": _mark((approvals,), attached=attached),
        "trust": _mark((config.trust.parent,), attached=attached),
        "challenges": _mark((config.challenges(system),), attached=attached),
        "imports": _mark((config.imported(system),), attached=attached),
    }
    for folder in sorted(runs.iterdir()) if runs.is_dir() else ():
        found[RUN + folder.name] = _mark((folder,), (folder,), attached=attached)
    return found


def changed(before: Marks, now: Marks, *, attached: bool) -> set[str]:
    """Parts that came, went, or have other files than before; with `attached`, other attachments count too."""
    other = {p for p in before.keys() & now.keys() if before[p][0] != now[p][0] or (attached and before[p][1] != now[p][1])}
    return other | (before.keys() ^ now.keys())


def _mark(folders: tuple[Path, ...], files: tuple[Path, ...] = (), *, attached: bool, but: str = "") -> tuple[str, str]:
    light, whole = hashlib.sha256(), hashlib.sha256()
    for path in files:
        light.update(_bytes(_told(path.name, path)))
    for folder in folders:
        for lines, beside in _looked(str(folder), attached=attached, but=but):
            (whole if beside else light).update(_bytes(lines))
    return light.hexdigest(), whole.hexdigest() if attached else ""


def _looked(folder: str, *, attached: bool, but: str, beside: bool = False) -> Iterator[tuple[str, bool]]:
    """The files of a folder, and of each below it, a line for each; and whether they are attachments. One turn for ten thousand files."""
    lines, below = [], []
    try:
        with os.scandir(folder) as found:
            for entry in found:
                if not entry.is_dir(follow_symlinks=False):
                    lines.append(_told(entry.name, entry))
                elif entry.path != but and (attached or entry.name != ATTACHMENTS):
                    below.append(entry)
    except OSError:
        return
    yield "".join([folder, "\n", *sorted(lines)]), beside
    for entry in sorted(below, key=lambda e: e.name):
        yield from _looked(entry.path, attached=attached, but=but, beside=beside or entry.name == ATTACHMENTS)


def _told(name: str, file: os.DirEntry[str] | Path) -> str:
    try:
        s = file.stat()
    except OSError:
        return f"{name}\0gone\n"
    return f"{name}\0{s.st_mtime_ns}\0{s.st_ctime_ns}\0{s.st_size}\0{s.st_ino}\n"


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
