"""A file system that fills up, under each part of an instance in turn: a named refusal, nothing of the act, and it goes on when there is room."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from csvgen.errors import CsvgenError
from csvgen.pipeline.anchored import AnchoredLedger
from csvgen.pipeline.flow import check
from csvgen.pipeline.landing.inventory import inventory
from csvgen.store.writing import StoreError

from .conftest import Lab
from .promoting import Hands, team


class Narrow:
    """An instance on a file system of its own, which can be filled."""

    def __init__(self, home: Path) -> None:
        self.lab = Lab(home)
        self.filler = home.parent / "filler"

    def fill(self, leave: int = 0) -> None:
        """Until no more than `leave` bytes are left."""
        free = os.statvfs(self.filler.parent)
        with self.filler.open("wb", buffering=0) as out, contextlib.suppress(OSError):
            for _ in range(max(0, free.f_bavail * free.f_frsize - leave) // 4096):
                out.write(b"x" * 4096)

    def empty(self) -> None:
        self.filler.unlink()

    def standing(self) -> dict[str, object]:
        core = self.lab.app._core
        kinds = ("lot", "status", "file", "run", "artifact", "deviation")
        found: dict[str, object] = {k: [(v.id, v.number, v.sha256) for v in core.ledger.all(k)] for k in kinds}
        found |= {"raw": inventory(core.raw, core.files.landed()), "chain": core.ledger.problems()}
        found |= {"results": check.orphans(core), "runs": check.problems(core)}
        return found | {"staged": [p.name for p in (self.lab.home / "artifacts").iterdir() if "staged" in p.name]}


@pytest.fixture
def narrow(installed: Path, tmp_path: Path) -> Iterator[Narrow]:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"tmpfs", os.fsencode(tmp_path), b"tmpfs", 0, b"size=48m,mode=0700"):
        pytest.skip(f"no file system can be mounted here ({os.strerror(ctypes.get_errno())})")
    try:
        made = Narrow(Path(shutil.copytree(installed, tmp_path / "instance")))
        yield made
        made.lab.app.close()
    finally:
        libc.umount2(os.fsencode(tmp_path), 2)


def ingest(narrow: Narrow) -> None:
    narrow.lab.ingest("L-2", narrow.lab.plate("1.001"))


def process(narrow: Narrow) -> None:
    narrow.lab.process("L-1")


def build(narrow: Narrow) -> None:
    source = team(narrow.lab.home.parent.parent / "team")
    (source / "large.txt").write_bytes(b"x" * 400_000)
    Hands(narrow.lab).build(source)


def test_a_disk_that_is_full_right_after_the_commit_undoes_nothing(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """The change is in the database and its anchor announced: the file that was registered stays, and the next act goes on."""
    core, write = lab.app._core, AnchoredLedger._write

    def full(ledger: AnchoredLedger, anchor: object, *, lasting: bool = True) -> None:
        if not lasting:
            raise StoreError("the anchor of the audit trail cannot be written (No space left on device)")
        write(ledger, anchor)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(AnchoredLedger, "_write", full)
        assert lab.ingest("L-1", lab.plate("1.000")).accepted
        assert lab.process("L-1").accepted
    assert (core.ledger.problems(), inventory(core.raw, core.files.landed())) == ((), ())
    lab.sign("L-1", "reviewed", "reviewer")


ACTS: dict[str, Callable[[Narrow], None]] = {"ingest": ingest, "process": process, "build": build}


@pytest.mark.parametrize("leave", [0, 24_000, 120_000])
@pytest.mark.parametrize("act", list(ACTS))
def test_all_of_an_act_or_a_named_refusal(narrow: Narrow, act: str, leave: int) -> None:
    lab = narrow.lab
    lab.ingest("L-1", lab.plate("1.000"))
    for who in ("analyst", "auditor"):
        lab.session(who)
    before = narrow.standing()
    narrow.fill(leave)
    refused = False
    try:
        ACTS[act](narrow)
    except CsvgenError as problem:
        refused = True
        assert any(word in str(problem) for word in ("full", "disk", "No space")), str(problem)
    assert refused or leave, "with no room at all nothing is written"
    if refused:
        found = narrow.standing()
        assert {**found, "results": ()} == before, "products of a run that is on no record may lie there; nothing reads them"
    narrow.empty()
    if refused:
        ACTS[act](narrow)
    after = narrow.standing()
    assert after != before
    assert (after["raw"], after["chain"], after["results"], after["runs"], after["staged"]) == ((), (), (), (), [])
