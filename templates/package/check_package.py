"""Check this package with Python's standard library alone:  python3 -I -S check_package.py [FOLDER]

It tells whether the package agrees with itself: every file is there, unchanged, and nothing else; lines of audit trail and journals name
the line before; every run is the one that was sealed; every signature stands on its record. It does NOT tell who sealed or signed (openssl,
see README.txt), whether verdicts follow from observations and documents say what records say (csvgen verify), nor whether a newer state of
the records exists (a checkpoint kept elsewhere). Exit codes: 0 everything agrees, 1 something does not, 2 there is no package.
"""

import hashlib
import json
import sys
from pathlib import Path

SUMS, ODD = "SHA256SUMS", str.maketrans({"\\": "\\\\", "\n": "\\n", "\r": "\\r"})


def sha256(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def show(text):  # what stands in a package can be anything: control characters never reach the terminal
    print("".join(c if c.isprintable() else "?" for c in text))


def files(folder, manifest):
    listed = {entry["path"]: entry["sha256"] for entry in manifest["files"]}
    there = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_symlink() or not p.is_dir()}
    for name in sorted((listed.keys() | there.keys()) - {"package.json", "package.p7s"}):
        path = there.get(name)
        if name not in listed or path is None:
            yield f"{name} {'is missing' if path is None else 'does not belong to the package'}"
        elif path.is_symlink() or not path.is_file() or sha256(path.read_bytes()) != listed[name]:
            yield f"{name} was changed"
    lines = [(n.translate(ODD), n) for n in sorted(listed) if n != SUMS]  # as sha256sum writes odd names
    wanted = "".join(f"{'' if shown == n else chr(92)}{listed[n][7:]}  {shown}\n" for shown, n in lines)
    if (folder / SUMS).read_bytes() != wanted.encode("utf-8", "surrogateescape"):
        yield f"{SUMS} is not the list that was sealed"


def chain(lines, previous, key, where):
    for number, line in enumerate(lines, 1):
        if json.loads(line)[key] != previous:
            yield f"{where} line {number} does not follow the line before it"
        previous = sha256(line)


def trail(folder, manifest):
    lines = (folder / "audit/events.jsonl").read_bytes().splitlines(keepends=True)
    yield from chain(lines, sha256(b""), "previous", "audit/events.jsonl")
    if (len(lines), sha256(lines[-1])) != (manifest["audit_count"], manifest["audit_head"]):
        yield "the audit trail does not end where the manifest says"
    show(f"audit trail  {len(lines)} events")


def runs(folder):
    for place in sorted(p.parent for p in folder.glob("runs/*/run.json")):
        plan, heads = (place / "run.json").read_bytes(), {}
        for journal in sorted(place.glob("journal.*.jsonl")):
            lines = journal.read_bytes().splitlines(keepends=True)
            yield from chain(lines, sha256(plan), "prev", f"{place.name}/{journal.name}")
            heads[journal.name.split(".")[1]] = sha256(lines[-1]) if lines else sha256(plan)
        seal = json.loads((place / "seal.json").read_bytes()) if (place / "seal.json").exists() else None
        show(f"run          {place.name}  {seal['summary']['verdicts'] if seal else 'never sealed: it counts for nothing'}")
        if seal and (seal["plan"], seal["heads"]) != (sha256(plan), heads):
            yield f"{place.name} is not the run that was sealed"
        for path, digest in [(place / e["path"], e["sha256"]) for e in (seal["files"] if seal else [])]:
            if not path.is_file() or sha256(path.read_bytes()) != digest:
                yield f"{path.relative_to(folder)} is not what was sealed"


def signatures(folder):
    for document in sorted(folder.glob("protocols/*/approvals/*/r*/document.json")):
        before = []
        for path in [*sorted(document.parent.glob("[0-9][0-9]-*.json")), *document.parent.glob("withdrawn.json")]:
            s = json.loads(path.read_bytes())
            show(f"signature    {s['record']} r{s['revision']}  {s['printed_name']}, {s['meaning']}, {s['signed']} (UTC)")
            if s["record_digest"] != sha256(document.read_bytes()) or s["previous"] != before:
                yield f"{path.relative_to(folder)} does not stand on its record and the signatures before it"
            before.append(sha256(path.read_bytes()))


def main(folder):
    if not (folder / "package.json").is_file():
        print(__doc__, file=sys.stderr)
        return 2
    faults = []
    try:
        manifest = json.loads((folder / "package.json").read_bytes())
        for part in (files(folder, manifest), trail(folder, manifest), runs(folder), signatures(folder)):
            faults += part
    except Exception as odd:  # noqa: BLE001 - a package can hold anything, and that is a fault too
        faults.append(f"something is not of the documented form ({type(odd).__name__}: {odd})")
    for fault in faults:
        show(f"FAULT        {fault}")
    show(f"{len(faults)} faults. Not told here: see the head of this program.")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent))
