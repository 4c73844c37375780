"""Protocols as files: read, compare with what would be drafted now, write. Hand-written features live beside generated ones."""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from csvgen.canonical import digest_bytes, write_all
from csvgen.diagnostics import Diagnostic, Findings, Location, Severity
from csvgen.errors import Refused
from csvgen.model.protocol import Feature, Protocol, Shortfall
from csvgen.protocol.changes import FeatureChange, difference
from csvgen.protocol.gherkin import read_feature, split_header
from csvgen.protocol.lock import Adoption, Lock, adoptions, ended

if TYPE_CHECKING:
    from csvgen.protocol.draft import Drafted  # it loads the specification, and who reads protocols needs none

LOCK = "protocols.lock"
_STAGED = ".drafted"
"""Ending of files that drafting has not yet put in their place."""
_IDS = re.compile(r"TC-(?:IQ|OQ|PQ)-\d{4,}")


class State(StrEnum):
    """How a feature file stands to the specification."""

    FRESH = "fresh"
    STALE = "stale"
    """The specification, a risk, a pattern or the policy changed since it was drafted."""
    EDITED = "edited"
    """Its body is not what csvgen wrote, and nobody adopted it."""
    ORPHAN = "orphan"
    """Nothing in the specification asks for it any more."""
    MISSING = "missing"
    BY_HAND = "hand-written"


@dataclass(frozen=True)
class Standing:
    path: str
    state: State
    old: str = field(default="", repr=False)
    new: str = field(default="", repr=False)
    """Text as it is and as it would be drafted, where the two are to be compared."""
    adoption: Adoption | None = None
    outdated: bool = False
    """Of an adopted file: what it had been drafted from has changed since."""

    @cached_property
    def change(self) -> FeatureChange:
        """What drafting now would change; worked out when somebody asks."""
        return difference(self.old, self.new)

    @property
    def settled(self) -> bool:
        """Nothing is to be done about it."""
        return self.state is State.FRESH or (self.state is State.BY_HAND and not self.outdated)


def features(folder: Path) -> Iterator[tuple[str, str]]:
    """Path and text of every feature file of a system."""
    below = sorted(p.name for p in folder.iterdir() if p.is_dir()) if folder.is_dir() else ()
    for phase in below:
        names = os.listdir(folder / phase)  # noqa: PTH208 - ten thousand names are sorted, no paths
        for name in sorted(n for n in names if n.endswith(".feature")):
            yield f"{phase}/{name}", (folder / phase / name).read_bytes().decode("utf-8", "replace")


def held_ids(texts: Collection[str]) -> frozenset[str]:
    """Every id that stands anywhere in files written by hand. One too many keeps an id alive; one too few would retire one in use."""
    return frozenset(i for text in texts for i in _IDS.findall(text))


def read_lock(folder: Path) -> Lock:
    """The lock of a system; ids that stand in files written by hand are held."""
    path = folder / LOCK
    lock = _lock_of(path.read_bytes(), str(path)).copy() if path.exists() else Lock()
    lock.held = held_ids([text for _, text in features(folder) if not split_header(text)[0]])
    return lock


@lru_cache(maxsize=2)
def _lock_of(data: bytes, where: str) -> Lock:
    """Drafting and reading the drafted ask for the same one; whoever gets it copies it first."""
    return Lock.read(data, where)


def read_protocol(
    folder: Path, system: str, shortfalls: tuple[Shortfall, ...] = (), before: tuple[Protocol, Findings] | None = None
) -> tuple[Protocol, Findings]:
    """Every feature file below the folder as one protocol, with all findings; case ids must be unique and in the lock.

    A file that says what it said `before`, without a finding, is not parsed again.
    """
    faulty = {d.location.file for d in before[1].items} if before is not None else set()
    known = {f.path: f for f in before[0].features if f.path not in faulty} if before is not None else {}
    findings: list[Diagnostic] = []
    found: list[Feature] = []
    lock = read_lock(folder)
    seen: dict[str, str] = {}
    for name, text in features(folder):
        same = known.get(name)
        feature, problems = (same, []) if same is not None and same.text == text else read_feature(text, name)
        findings += problems
        if feature is None:
            continue
        adoption = lock.adopted.get(name) if not feature.fingerprint else None
        reason = adoption.reason if adoption is not None else ""
        found.append(feature if feature.adopted == reason else replace(feature, adopted=reason))
        for case in feature.cases:
            place = Location(name, case.line, 1)
            if case.id in seen:
                message = f"{case.id} stands twice; also in {seen[case.id]}"
                findings.append(Diagnostic(rule="PRT417", severity=Severity.ERROR, location=place, message=message))
            seen.setdefault(case.id, name)
            if case.id not in lock:
                message = f"{case.id} is not an active id of {LOCK}"
                hint = "csvgen number gives a new id; ids are never invented or reused"
                findings.append(Diagnostic(rule="PRT418", severity=Severity.ERROR, location=place, message=message, hint=hint))
    made = Protocol(system=system, features=tuple(found), shortfalls=shortfalls, withdrawn=lock.withdrawn)
    return made, Findings.of(findings)


def edited(folder: Path) -> Findings:
    """Generated feature files whose body is not what csvgen wrote; told without drafting anew."""
    found = []
    for name, text in features(folder):
        _, stated, body = split_header(text)
        if stated and digest_bytes(body.encode("utf-8")) != stated:
            message = "this generated file was edited"
            hint = f"change the specification and draft again, or keep it as your own: csvgen adopt {name} --reason TEXT"
            place = Location(name, 1, 1)
            found.append(Diagnostic(rule="PRT420", severity=Severity.ERROR, location=place, message=message, hint=hint))
    return Findings.of(found)


def standings(folder: Path, drafted: Drafted) -> tuple[Standing, ...]:
    """Compare the files on disk with what would be drafted now."""
    there, adopted = dict(features(folder)), adoptions(drafted.lock)
    return tuple(
        standing(path, there.get(path), drafted.files.get(path), adopted.get(path)) for path in sorted({*there, *drafted.files})
    )


def standing(path: str, old: str | None, new: str | None, adoption: Adoption | None) -> Standing:
    """One file: as it is on disk (None: not there), and as it would be drafted (None: not at all)."""
    if old is None:
        return Standing(path, State.MISSING, "", new or "", adoption)
    fingerprint, stated, body = split_header(old)
    if not fingerprint and (new is None or adoption is not None):
        outdated = new is not None and adoption is not None and adoption.fingerprint != split_header(new)[0]
        return Standing(path, State.BY_HAND, *((old, new or "") if outdated else ("", "")), adoption, outdated)
    if not fingerprint or digest_bytes(body.encode("utf-8")) != stated:
        return Standing(path, State.EDITED, old, new or old)
    if new is None:
        return Standing(path, State.ORPHAN, old)
    return Standing(path, State.FRESH) if old == new else Standing(path, State.STALE, old, new)


def write_lock(folder: Path, lock: bytes) -> None:
    """Replace the lock as a whole or not at all, by a process that is alone."""
    write_all({folder / LOCK: lock}, _STAGED)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """One process at a time gives out ids and writes what carries them; others wait."""
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def refuse_edited(found: Collection[Standing]) -> None:
    """Raises Refused when a file was edited: overwriting would lose the change, leaving it would take over words nobody answers for."""
    edited = [s.path for s in found if s.state is State.EDITED]
    if edited:
        raise Refused(
            f"edited by hand since csvgen wrote it: {', '.join(edited)}",
            hint="move the change into the specification and restore the file from version control, or keep it as your own: "
            f"csvgen adopt {edited[0]} --reason TEXT",
            rule="PRT420",
        )


def write_drafted(folder: Path, drafted: Drafted, found: tuple[Standing, ...]) -> tuple[str, ...]:
    """Write missing and stale files, remove orphans, then the lock. Raises Refused, writing nothing, if a file was edited."""
    refuse_edited(found)
    with alone(folder):
        return put(folder, drafted.lock, drafted.files, found)


def put(folder: Path, lock: bytes, files: Mapping[str, str], found: Collection[Standing]) -> tuple[str, ...]:
    """As `write_drafted`, by a process that is alone. Raises Refused when somebody gave out ids since this was drafted."""
    path = folder / LOCK
    there = path.read_bytes() if path.exists() else b""
    if not lock.startswith(there):
        raise Refused(f"{LOCK} was changed meanwhile; nothing was written", hint="run the command again", where=str(path))
    written = [s for s in found if s.state in {State.MISSING, State.STALE}]
    lock += b"".join(ended(s.path) for s in written if s.adoption is not None)
    # The lock first: an id that is known but unused harms nobody, an id in use but unknown could be given out twice.
    if lock != there:
        write_lock(folder, lock)
    write_all({folder / s.path: files[s.path].encode("utf-8") for s in written}, _STAGED)
    orphans = [s for s in found if s.state is State.ORPHAN]
    for orphan in orphans:
        (folder / orphan.path).unlink()
    return tuple(s.path for s in (*written, *orphans))
