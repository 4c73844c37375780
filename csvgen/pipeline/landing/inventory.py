"""Inventory: what lies in a landing against what is registered. Pure but for the reading; it mends nothing.

It stands beside the lock of a store, not behind it: whoever owns the disks of a store can pass its locks, and only a list that is
kept somewhere else tells what is gone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from csvgen.canonical import Digest
from csvgen.errors import NotIntact, Refused
from csvgen.pipeline.landing.place import Landed, Landing, Lying, key_of

Fault = Literal["missing", "changed", "unreadable", "not locked", "replaced", "unregistered", "unfinished"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One file that is not as it should be."""

    fault: Fault
    name: str
    """The record that registers it; of what nobody registered its name in the landing."""
    words: str

    def __str__(self) -> str:
        return f"{self.name}: {self.fault}: {self.words}"


def inventory(landing: Landing, registered: Mapping[str, Landed], *, whole: bool = True) -> tuple[Finding, ...]:
    """Every difference, registered files first, each by name. `registered` says where each record's bytes lie.

    With `whole` every byte is read again; without it names, sizes, versions and locks are compared, and a changed byte is not seen.
    """
    there: dict[str, list[Lying]] = {}
    for each in landing.lying():
        there.setdefault(each.name, []).append(each)
    found = [f for name in sorted(registered) for f in _registered(landing, name, registered[name], there, whole=whole)]
    known = {key_of(r.digest) for r in registered.values()}
    strangers = (each for name, versions in sorted(there.items()) if name not in known for each in versions)
    return (*found, *(_stranger(s) for s in strangers))


def _registered(
    landing: Landing, name: str, landed: Landed, there: Mapping[str, list[Lying]], *, whole: bool
) -> Iterator[Finding]:
    key = key_of(landed.digest)
    versions = there.get(key, [])
    here = next((v for v in versions if v.version == landed.version), None)
    if here is None:
        words = f"version {landed.version} is gone" if versions else "nothing lies under its digest"
        yield Finding("missing", name, words)
        return
    if here.digest is None:
        yield Finding("changed", name, "no plain file lies under its digest")
        return
    if here.size != landed.size:
        yield Finding("changed", name, f"it has {here.size} bytes, {landed.size} were registered")
    elif whole and (problem := unreadable(landing, landed.digest, name)):
        yield problem
    if why := landing.lock_problem(landed.digest, landed.version):
        yield Finding("not locked", name, why)
    if not here.newest:
        yield Finding("replaced", name, "a delete marker or a later version was put over it; the registered version is there")
    for other in versions:
        if other.version != landed.version:
            yield Finding("unregistered", f"{key} version {other.version}", f"a version beside the registered one of {name}")


def unreadable(landing: Landing, sha256: Digest, name: str) -> Finding | None:
    """Why the bytes of a file are not those registered, once all are read; None when they are."""
    try:
        for _ in landing.pieces(sha256, name):
            pass
    except NotIntact as problem:
        return Finding("missing" if "missing" in problem.message else "changed", name, problem.message)
    except Refused as problem:
        return Finding("unreadable", name, problem.message)
    return None


def _stranger(lying: Lying) -> Finding:
    version = f" version {lying.version}" if lying.version else ""
    if lying.digest is None and lying.name.startswith("."):
        return Finding("unfinished", f"{lying.name}{version}", "an arrival that was never finished; nothing of it is registered")
    return Finding("unregistered", f"{lying.name}{version}", f"{lying.size} bytes that no record registers")
