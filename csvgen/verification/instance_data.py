"""Checks of what an instance keeps: its trail, its records, the files that landed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from csvgen.audit.ledger import Ledger
from csvgen.canonical import Digest, digest_file
from csvgen.clock import shown
from csvgen.errors import CsvgenError
from csvgen.pipeline.core import RAW, RESULTS
from csvgen.pipeline.instance import LOCAL
from csvgen.pipeline.raw import RawStore
from csvgen.verification.checks import Checks
from csvgen.verification.instance_seen import Seen

TRAIL, ANCHORED, GUARDS = (
    "audit trail is unbroken",
    "audit trail is the one its anchor tells of",
    "guards of the database are in place",
)
RECORDS, LANDED, LOOSE = (
    "records are those the audit trail tells of",
    "raw files are those registered on arrival",
    "no raw file is there unregistered",
)


def check_trail(seen: Seen, checks: Checks) -> None:
    """Chain, tree, anchor and guards; then every version of every record against the event that tells of it."""
    problems = Ledger.problems(seen.ledger)
    of_records = [p for p in problems if p.startswith("record ")]
    head = seen.ledger.head()
    events = seen.ledger.events() if not problems else ()
    last = f", the last of {shown(events[-1].at)}" if events else ""
    checks.add(TRAIL, [p for p in problems if p not in of_records], f"{head.count} events in one chain{last}; head {head.hash}")
    checks.add(ANCHORED, _one(seen.ledger.anchor_problem()), "number and digest of the last event are those of the anchor")
    checks.add(GUARDS, _one(seen.ledger.guard_problem()), "append-only triggers as installed")
    count = sum(len(v) for kind in seen.records.values() for v in kind.values())
    checks.add(RECORDS, of_records, f"{count} versions of {sum(len(k) for k in seen.records.values())} records")
    if seen.busy:
        checks.note("another process works on this instance", f"what is checked is its state at event {head.count}")
    checks.lacks(
        "a head of the audit trail that somebody else kept: whoever holds every key of the instance could write its end anew"
    )


def _one(problem: str) -> list[str]:
    return [problem] if problem else []


def check_landing(seen: Seen, checks: Checks) -> None:
    """Every version of every registered file against its bytes; and no file beside them."""
    if seen.settings.landing != LOCAL:
        checks.unknown(LANDED, f"they lie at {seen.settings.landing}, which is not asked offline")
        return
    registered: dict[str, str] = {}
    for version in seen.versions("file"):
        registered.setdefault(str(version.content.get("digest", "")), f"file/{version.id} version {version.number}")
    faults = [f"{name}: {why}" for digest, name in registered.items() if (why := file_fault(seen.home / RAW, digest))]
    checks.add(LANDED, faults, f"{len(registered)} files, each read and compared with its SHA-256 of arrival", RAW)
    strange = [f"{path} is not registered" for path in _loose(seen.home / RAW, set(registered))]
    checks.add(LOOSE, strange, "every file is one that is registered", RAW)


def check_products(seen: Seen, checks: Checks) -> None:
    """What the runs made, as it lies in the results store."""
    made = {
        str(digest): f"{run} {name}"
        for run, version in seen.latest("run").items()
        for name, digest in dict(version.content.get("products") or {}).items()
    }
    faults = [f"{name}: {why}" for digest, name in made.items() if (why := file_fault(seen.home / RESULTS, digest))]
    checks.add("outputs of the runs are there, unchanged", faults, f"{len(made)} outputs agree with the run records", RESULTS)


def file_fault(folder: Path, digest: str) -> str:
    """What is wrong with the file kept under a digest; empty when it is whole."""
    try:
        path = RawStore(folder).path(Digest(digest))
        if path.is_symlink() or not path.is_file():
            return "the stored file is a link, not a file" if path.is_symlink() else "the stored file is missing"
        found = digest_file(path)
    except (CsvgenError, ValueError) as problem:
        return f"no digest to look for: {problem}"
    except OSError as problem:
        return f"the stored file cannot be read: {problem.strerror}"
    return "" if found == digest else f"the stored file was changed: its digest is {found}, registered is {digest}"


def _loose(folder: Path, registered: set[str]) -> Iterator[str]:
    known = {RawStore(folder).path(Digest(d)) for d in registered if d.startswith("sha256:")}
    for path in sorted(folder.rglob("*")):
        if (path.is_symlink() or not path.is_dir()) and path not in known:
            yield path.relative_to(folder).as_posix()
