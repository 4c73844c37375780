"""Read a package with nothing but Python's standard library: list its records, and check every digest and chain in it.

    python3 -I -S scripts/verify_without_csvgen.py PACKAGE

This program knows no key. It tells whether the package agrees with itself; who sealed and who signed it is told by openssl, with
the commands in docs/verify-without-csvgen.md. It shares no code with csvgen, so that the one can be held against the other.

Exit codes: 0 everything agrees, 1 something does not, 2 there is no package.
"""

import base64
import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def sha256(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def merkle_root(lines: list[bytes]) -> bytes:
    """RFC 6962, 2.1: a leaf is hashed behind 0x00, a node behind 0x01; the left side of a split is the largest power of two."""
    if not lines:
        return hashlib.sha256(b"").digest()
    level = [hashlib.sha256(b"\x00" + line).digest() for line in lines]
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=False)
        above = [hashlib.sha256(b"\x01" + left + right).digest() for left, right in pairs]
        level = above + ([level[-1]] if len(level) % 2 else [])
    return level[0]


def show(text: str) -> None:
    """What stands in a package can be anything: control characters never reach the terminal."""
    print("".join(c if c.isprintable() else "?" for c in text))


def files(folder: Path, manifest: dict[str, Any]) -> Iterator[str]:
    listed = {entry["path"]: entry for entry in manifest["files"]}
    there = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_symlink() or not p.is_dir()}
    for own in ("package.json", "package.p7s"):
        there.pop(own, None)
    for name in sorted(listed.keys() | there.keys()):
        if name not in there:
            yield f"{name} is missing"
        elif name not in listed:
            yield f"{name} does not belong to the package"
        elif there[name].is_symlink() or not there[name].is_file():
            yield f"{name} is not a file"
        elif sha256(there[name].read_bytes()) != listed[name]["sha256"]:
            yield f"{name} was changed"


def trail(folder: Path, manifest: dict[str, Any]) -> Iterator[str]:
    lines = (folder / "audit" / "events.jsonl").read_bytes().splitlines(keepends=True)
    previous = sha256(b"")
    for number, line in enumerate(lines, 1):
        event = json.loads(line)
        if event["seq"] != number:
            yield f"event {number} carries number {event['seq']}"
        if event["previous"] != previous:
            yield f"event {number} does not follow the event before it"
        previous = sha256(line)
    if (len(lines), previous) != (manifest["audit_count"], manifest["audit_head"]):
        yield "the audit trail does not end where the manifest says"
    show(f"audit trail: {len(lines)} events, root {base64.b64encode(merkle_root(lines)).decode()}")
    for note in sorted((folder / "audit").rglob("*.note")):
        origin, size, root = note.read_bytes().split(b"\n")[:3]
        if int(size) > len(lines) or base64.b64decode(root) != merkle_root(lines[: int(size)]):
            yield f"{note.name} is a checkpoint of another trail"
        show(f"checkpoint:  {int(size)} events of {origin.decode()}")


def records(folder: Path) -> Iterator[str]:
    for document in sorted(folder.glob("protocols/*/approvals/*/r*/document.json")):
        record = json.loads(document.read_bytes())
        show(f"record:      {record['id']} r{record['revision']}  {record['title']}")
        previous: list[str] = []
        for path in [*sorted(document.parent.glob("[0-9][0-9]-*.json")), *document.parent.glob("withdrawn.json")]:
            signature = json.loads(path.read_bytes())
            show(f"  signed:    {signature['printed_name']}, {signature['meaning']}, {signature['signed']} (UTC)")
            if signature["record_digest"] != sha256(document.read_bytes()):
                yield f"{document.parent.relative_to(folder)}/{path.name} stands on another record"
            if signature["previous"] != previous:
                yield f"{document.parent.relative_to(folder)}/{path.name} does not follow the signatures before it"
            previous.append(sha256(path.read_bytes()))


def runs(folder: Path) -> Iterator[str]:
    for plan in sorted(folder.glob("runs/*/run.json")):
        run = json.loads(plan.read_bytes())
        heads: dict[str, str] = {}
        for journal in sorted(plan.parent.glob("journal.*.jsonl")):
            previous = sha256(plan.read_bytes())
            for number, line in enumerate(journal.read_bytes().splitlines(keepends=True), 1):
                if json.loads(line)["prev"] != previous:
                    yield f"{plan.parent.name}/{journal.name} line {number} does not follow the line before it"
                previous = sha256(line)
            heads[journal.name.split(".")[1]] = previous
        sealed = plan.parent / "seal.json"
        seal = json.loads(sealed.read_bytes()) if sealed.exists() else None
        verdicts = ", ".join(f"{n} {v}" for v, n in seal["summary"]["verdicts"].items()) if seal else "never sealed"
        show(f"run:         {run['run']}  {verdicts}")
        if seal and (seal["plan"], seal["heads"]) != (sha256(plan.read_bytes()), heads):
            yield f"{plan.parent.name} is not the run that was sealed"
        for entry in seal["files"] if seal else []:
            path = plan.parent / entry["path"]
            if not path.is_file() or sha256(path.read_bytes()) != entry["sha256"]:
                yield f"{plan.parent.name}/{entry['path']} is not what was sealed"


def main(arguments: list[str]) -> int:
    folder = Path(arguments[0]) if len(arguments) == 1 else None
    if folder is None or not (folder / "package.json").is_file():
        print(__doc__, file=sys.stderr)
        return 2
    faults: list[str] = []
    try:
        manifest = json.loads((folder / "package.json").read_bytes())
        show(f"package:     {manifest['system_name']} {manifest['system_version']}, made {manifest['made']} (UTC)")
        for part in (files(folder, manifest), records(folder), runs(folder), trail(folder, manifest)):
            faults += part
    except (ValueError, KeyError, TypeError, AttributeError, OSError, RecursionError) as problem:
        faults.append(f"something is not of the documented form ({type(problem).__name__}: {problem})")
    for fault in faults:
        show(f"FAULT:       {fault}")
    show(
        f"{len(manifest['files']) if not faults else 0} files, {len(faults)} faults. Who sealed and signed is told by openssl, not here."
    )
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
