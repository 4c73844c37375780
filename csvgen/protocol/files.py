"""Protocols as files: read, compare with what would be drafted now, write. Hand-written features live beside generated ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from csvgen.canonical import digest_bytes, write
from csvgen.diagnostics import Diagnostic, Findings, Location, Severity
from csvgen.errors import Refused
from csvgen.model.protocol import Feature, Protocol, Shortfall
from csvgen.protocol.draft import Drafted
from csvgen.protocol.gherkin import read_feature, split_header
from csvgen.protocol.lock import Lock

LOCK = "protocols.lock"


class State(StrEnum):
    """How a feature file stands to the specification."""

    FRESH = "fresh"
    STALE = "stale"
    """The specification, a risk, a pattern or the policy changed since it was drafted."""
    EDITED = "edited"
    """Its body is not what csvgen wrote."""
    ORPHAN = "orphan"
    """Nothing in the specification asks for it any more."""
    MISSING = "missing"
    BY_HAND = "hand-written"


@dataclass(frozen=True)
class Standing:
    path: str
    state: State
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    """Case ids that drafting now would add, remove or change."""


def read_lock(folder: Path) -> Lock:
    path = folder / LOCK
    return Lock.read(path.read_bytes(), str(path)) if path.exists() else Lock()


def read_protocol(folder: Path, system: str, shortfalls: tuple[Shortfall, ...] = ()) -> tuple[Protocol, Findings]:
    """Every feature file below the folder as one protocol, with all findings; case ids must be unique and in the lock."""
    findings: list[Diagnostic] = []
    features: list[Feature] = []
    lock = read_lock(folder)
    seen: dict[str, str] = {}
    for path in sorted(folder.glob("*/*.feature")):
        name = path.relative_to(folder).as_posix()
        feature, found = read_feature(path.read_bytes().decode("utf-8", "replace"), name)
        findings += found
        if feature is None:
            continue
        features.append(feature)
        for case in feature.cases:
            place = Location(name, case.line, 1)
            if case.id in seen:
                message = f"{case.id} stands twice; also in {seen[case.id]}"
                findings.append(Diagnostic(rule="PRT417", severity=Severity.ERROR, location=place, message=message))
            seen.setdefault(case.id, name)
            if case.id not in lock:
                message = f"{case.id} is not an active id of {LOCK}"
                hint = "take a new id from the lock; ids are never invented or reused"
                findings.append(Diagnostic(rule="PRT418", severity=Severity.ERROR, location=place, message=message, hint=hint))
    return Protocol(system=system, features=tuple(features), shortfalls=shortfalls), Findings.of(findings)


def edited(folder: Path) -> Findings:
    """Generated feature files whose body is not what csvgen wrote; told without drafting anew."""
    found = []
    for path in sorted(folder.glob("*/*.feature")):
        _, stated, body = split_header(path.read_bytes().decode("utf-8", "replace"))
        if stated and digest_bytes(body.encode("utf-8")) != stated:
            place = Location(path.relative_to(folder).as_posix(), 1, 1)
            message, hint = (
                "this generated file was edited",
                "change the specification and draft again; csvgen draft refuses to overwrite it",
            )
            found.append(Diagnostic(rule="PRT420", severity=Severity.ERROR, location=place, message=message, hint=hint))
    return Findings.of(found)


def standings(folder: Path, drafted: Drafted) -> tuple[Standing, ...]:
    """Compare the files on disk with what would be drafted now."""
    found: list[Standing] = []
    on_disk = {
        p.relative_to(folder).as_posix(): p.read_bytes().decode("utf-8", "replace") for p in sorted(folder.glob("*/*.feature"))
    }
    for path in sorted({*on_disk, *drafted.files}):
        old, new = on_disk.get(path), drafted.files.get(path)
        if old is None:
            found.append(_standing(path, State.MISSING, "", new or ""))
            continue
        fingerprint, stated, body = split_header(old)
        if not fingerprint:
            found.append(Standing(path, State.BY_HAND))
        elif digest_bytes(body.encode("utf-8")) != stated:
            found.append(_standing(path, State.EDITED, old, new or old))
        elif new is None:
            found.append(_standing(path, State.ORPHAN, old, ""))
        elif old == new:
            found.append(Standing(path, State.FRESH))
        else:
            found.append(_standing(path, State.STALE, old, new))
    return tuple(found)


def _standing(path: str, state: State, old: str, new: str) -> Standing:
    before, after = (_cases(text, path) for text in (old, new))
    return Standing(
        path,
        state,
        added=tuple(sorted(after.keys() - before.keys())),
        removed=tuple(sorted(before.keys() - after.keys())),
        changed=tuple(sorted(i for i in before.keys() & after.keys() if before[i] != after[i])),
    )


def _cases(text: str, path: str) -> Mapping[str, str]:
    feature, _ = read_feature(text, path) if text else (None, [])
    return {c.id: c.digest for c in feature.cases} if feature else {}


def write_drafted(folder: Path, drafted: Drafted, found: tuple[Standing, ...]) -> tuple[str, ...]:
    """Write missing and stale files, remove orphans, then the lock. Raises Refused, writing nothing, if a file was edited."""
    edited = [s.path for s in found if s.state is State.EDITED]
    if edited:
        raise Refused(
            f"edited by hand since csvgen wrote it: {', '.join(edited)}",
            hint="move the change into the specification and restore the file from version control, or remove the header to own it",
            rule="PRT420",
        )
    done: list[str] = []
    # The lock first: an id that is known but unused harms nobody, an id in use but unknown could be given out twice.
    if drafted.lock != (b"" if not (folder / LOCK).exists() else (folder / LOCK).read_bytes()):
        write(folder / LOCK, drafted.lock)
    for standing in found:
        path = folder / standing.path
        if standing.state in {State.MISSING, State.STALE}:
            write(path, drafted.files[standing.path].encode("utf-8"))
            done.append(standing.path)
        elif standing.state is State.ORPHAN:
            path.unlink()
            done.append(standing.path)
    return tuple(done)
