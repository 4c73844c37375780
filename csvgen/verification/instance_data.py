"""Checks of what an instance keeps: its trail, against what others saw of it too, its records, the outputs of its runs."""

from __future__ import annotations

import re
from pathlib import Path

from csvgen.audit.ledger import Ledger
from csvgen.canonical import Digest, digest_file
from csvgen.clock import shown
from csvgen.crypto.trust import Trust
from csvgen.errors import CsvgenError
from csvgen.pipeline.core import RESULTS
from csvgen.pipeline.landing.local import LocalStore
from csvgen.verification import anchors
from csvgen.verification.checks import Checks
from csvgen.verification.instance_seen import Seen
from csvgen.verification.outside import Outside

TRAIL, ANCHORED, GUARDS = (
    "audit trail is unbroken",
    "audit trail is the one its anchor tells of",
    "guards of the database are in place",
)
RECORDS = "records are those the audit trail tells of"
PRODUCTS = "outputs of the runs are there, unchanged"
_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")


def check_trail(seen: Seen, trust: Trust, outside: Outside, checks: Checks) -> None:
    """Chain, tree, anchor and guards; every version of every record against the event that tells of it; checkpoints from outside."""
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
    if outside.kept is None:
        checks.lacks(
            "a head of the audit trail that somebody else kept: whoever holds every key of the instance could write its end anew"
        )
    else:
        anchors.check_anchors(anchors.Trail(seen.ledger.bodies(), (), ()), trust, outside, checks, TRAIL, alone=True)


def _one(problem: str) -> list[str]:
    return [problem] if problem else []


def check_products(seen: Seen, checks: Checks) -> None:
    """What the runs made, as it lies in the results store."""
    made = {
        str(digest): f"{run} {name}"
        for run, version in seen.latest("run").items()
        for name, digest in dict(version.content.get("products") or {}).items()
    }
    faults = [f"{name}: {why}" for digest, name in made.items() if (why := file_fault(seen.home / RESULTS, digest))]
    checks.over(len(made), PRODUCTS, faults, f"{len(made)} outputs agree with the run records", RESULTS)
    named = {
        d
        for kinds in seen.records.values()
        for versions in kinds.values()
        for v in versions
        for d in _DIGEST.findall(str(v.content))
    }
    lying = (p for p in sorted((seen.home / RESULTS).rglob("*")) if p.is_symlink() or not p.is_dir())
    if strange := [p.name for p in lying if p.name not in named]:
        checks.note(
            "files in the results store that no record names", f"{len(strange)}; nothing reads them: {', '.join(strange[:3])}"
        )


def file_fault(folder: Path, digest: str) -> str:
    """What is wrong with the file kept under a digest; empty when it is whole."""
    try:
        path = LocalStore(folder).path(Digest(digest))
        if path.is_symlink() or not path.is_file():
            return "the stored file is a link, not a file" if path.is_symlink() else "the stored file is missing"
        found = digest_file(path)
    except (CsvgenError, ValueError) as problem:
        return f"no digest to look for: {problem}"
    except OSError as problem:
        return f"the stored file cannot be read: {problem.strerror}"
    return "" if found == digest else f"the stored file was changed: its digest is {found}, registered is {digest}"
