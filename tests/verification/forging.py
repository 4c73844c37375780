"""What an attacker with some of the keys can do to a package: everything but sign for those whose keys he has not."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from csvgen.canonical import canonical_json, digest_bytes, digest_file, read_canonical
from csvgen.clock import FixedClock, parsed
from csvgen.crypto import cms
from csvgen.crypto.keys import Credential
from csvgen.evidence.read import RUN, SEAL, SEAL_SIGNATURE
from csvgen.evidence.seal import seal as seal_run
from csvgen.model.execution import Seal
from csvgen.model.package import PackagedFile, PackageManifest
from csvgen.signature.approvals import load
from csvgen.spec.load import load_system

from ..tiny import SYSTEM

Entry = dict[str, Any]


class Forger:
    """A package under attack. What is changed is made consistent again as far as the keys at hand go."""

    def __init__(self, folder: Path, seal: Credential) -> None:
        self.folder = folder
        self.seal = seal

    @property
    def approvals(self) -> Path:
        return self.folder / "protocols" / SYSTEM / "approvals"

    def write(self, path: Path, data: bytes) -> None:
        path.unlink(missing_ok=True)
        path.write_bytes(data)

    def edit_json(self, path: Path, change: Callable[[Entry], None]) -> None:
        value = read_canonical(path.read_bytes())
        change(value)
        self.write(path, canonical_json(value))

    # ------------------------------------------------------------ runs

    def rewrite_run(self, name: str, change: Callable[[Entry], None], plan: Callable[[Entry], None] | None = None) -> None:
        """Change entries of the journal (and the plan), chain it anew and seal the run with the stolen key, at the old time."""
        folder = self.folder / "runs" / name
        sealed = Seal.model_validate(read_canonical((folder / SEAL).read_bytes())).sealed
        for file in (SEAL, SEAL_SIGNATURE):
            (folder / file).unlink()
        if plan:
            self.edit_json(folder / RUN, plan)
        rechain(folder, change)
        seal_run(folder, self.seal, FixedClock(parsed(sealed)))

    # ------------------------------------------------------------ audit trail

    def rewrite_trail(self, change: Callable[[list[Entry]], list[Entry]]) -> None:
        """Change the events and chain them anew."""
        path = self.folder / "audit" / "events.jsonl"
        events = change([json.loads(line) for line in path.read_bytes().splitlines()])
        bodies, previous = [], digest_bytes(b"")
        for number, event in enumerate(events, 1):
            body = canonical_json({**event, "seq": number, "previous": previous})
            previous = digest_bytes(body)
            bodies.append(body)
        self.write(path, b"".join(bodies))

    def head(self) -> tuple[int, str]:
        lines = (self.folder / "audit" / "events.jsonl").read_bytes().splitlines(keepends=True)
        return len(lines), digest_bytes(lines[-1])

    # ------------------------------------------------------------ records

    def drop_record(self, identity: str) -> None:
        shutil.rmtree(self.approvals / identity)

    # ------------------------------------------------------------ the package

    def repack(self, sealer: Credential | None = None) -> Path:
        """A manifest that is right about everything, and a seal over it."""
        old = PackageManifest.model_validate(read_canonical((self.folder / "package.json").read_bytes()))
        for name in ("package.json", "package.p7s"):
            (self.folder / name).unlink()
        matrix = read_canonical((self.folder / "matrix.json").read_bytes())
        count, head = self.head()
        spec = load_system(self.folder / "requirements_specs", SYSTEM).spec
        manifest = old.model_copy(
            update={
                "spec": spec.digest if spec else old.spec,
                "matrix": digest_bytes(canonical_json(matrix)),
                "gaps": len(matrix["gaps"]),
                "complete": not matrix["gaps"],
                "audit_count": count,
                "audit_head": head,
                "signatures": sum(len(a.signatures) for a in load(self.approvals)),
                "files": tuple(
                    PackagedFile(path=p.relative_to(self.folder).as_posix(), size=p.stat().st_size, sha256=digest_file(p))
                    for p in sorted(self.folder.rglob("*"))
                    if p.is_file()
                ),
            }
        )
        body = canonical_json(manifest)
        (self.folder / "package.json").write_bytes(body)
        (self.folder / "package.p7s").write_bytes(cms.sign(body, sealer or self.seal, parsed(old.made)))
        return self.folder


def rechain(folder: Path, change: Callable[[Entry], None]) -> None:
    """The journals of a run folder with changed entries, each line naming the digest of the line before it again."""
    genesis = digest_bytes((folder / RUN).read_bytes())
    for path in folder.glob("journal.*.jsonl"):
        lines, previous = [], genesis
        for line in path.read_bytes().splitlines():
            entry = json.loads(line)
            change(entry)
            entry["prev"] = previous
            body = canonical_json(entry)
            previous = digest_bytes(body)
            lines.append(body)
        path.unlink()
        path.write_bytes(b"".join(lines))


def passing(entry: Entry) -> None:
    """Make a failed step and case of the journal say what was expected."""
    result = entry["content"].get("result")
    if not result:
        return
    for step in result.get("steps", [result]):
        for seen in step.get("observations", []):
            if not seen["holds"]:
                seen |= {"actual": seen["expected"], "holds": True}
        step |= {"verdict": "PASSED", "reason": ""}
    result |= {"verdict": "PASSED", "reason": ""}


class Hands:
    """A clock the attacker sets; it moves a millisecond at each reading."""

    def __init__(self, start: dt.datetime) -> None:
        self._now = start

    def set(self, moment: dt.datetime) -> None:
        self._now = moment

    def now(self) -> dt.datetime:
        self._now += dt.timedelta(milliseconds=1)
        return self._now
