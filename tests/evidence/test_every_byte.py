"""Every byte of a sealed run is held by something: flip any bit anywhere, and verification fails.

The run lies in memory where the machine has a place for that; each flip is made, verified by the function behind `csvgen verify`,
and taken back. A few go through the command itself, as a user would.
"""

from __future__ import annotations

import datetime as dt
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from csvgen.clock import SystemClock
from csvgen.crypto import certificates
from csvgen.crypto.trust import Trust, trust_at
from csvgen.verification.outside import Outside
from csvgen.verification.verify import verify

MEMORY = Path("/dev/shm")


@dataclass(frozen=True)
class Sealed:
    folder: Path
    roots: Path
    trust: Trust

    def places(self) -> list[tuple[Path, int]]:
        """Every byte: its file, and where in it."""
        return [(p, n) for p in sorted(self.folder.rglob("*")) if p.is_file() for n in range(p.stat().st_size)]

    def verifies(self) -> bool:
        return bool(verify(self.folder, self.trust, Outside()))


@pytest.fixture
def make(begun, tmp_path: Path) -> Iterator[Callable[..., Sealed]]:
    """A sealed run of some cases, in memory."""
    now = dt.datetime.now(dt.UTC)
    root = certificates.make_root("Probe", now, demonstration=True)
    begun.credential = certificates.issue_system(root, name="recorder", organisation="Probe", now=now)
    begun.clock = SystemClock()
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else tmp_path) as name:

        def made(count: int, attach: bytes) -> Sealed:
            run = begun.begin("OQ-007", *(begun.case(n) for n in range(1, count + 1)))
            for n in range(1, count + 1):
                run.record(begun.case(n), worker=f"gw{n}", attach=attach + str(n).encode())
            run.folder = Path(shutil.copytree(run.folder, Path(name) / "OQ-001"))  # the name its plan says
            assert run.seal().sealed
            roots = Path(name) / "roots.pem"
            roots.write_bytes(certificates.pem([root.certificate]))
            return Sealed(run.folder, roots, trust_at(roots))

        yield made


def missed(sealed: Sealed, places: Iterable[tuple[Path, int]], dice: random.Random) -> list[str]:
    """Flips that verification did not find, each with its file, place and bit."""
    found = []
    for path, place in places:
        data = path.read_bytes()
        bit = 1 << dice.randrange(8)
        changed = bytearray(data)
        changed[place] ^= bit
        path.chmod(0o644)
        path.write_bytes(changed)
        if sealed.verifies():
            found.append(f"{path.relative_to(sealed.folder)} byte {place}, bit {bit}: {data[max(place - 8, 0) : place + 8]!r}")
        path.write_bytes(data)
    assert sealed.verifies(), "taken back, it must verify again: otherwise nothing was shown"
    return found


def test_three_hundred_bytes_of_a_small_run(make) -> None:
    sealed, dice = make(1, b"what was seen"), random.Random(3)
    places = sealed.places()
    every_file = [next(p for p in places if p[0] == path) for path in sorted({path for path, _ in places})]
    assert missed(sealed, [*every_file, *dice.sample(places, 300)], dice) == []


@pytest.mark.slow
def test_every_byte_of_a_small_run(make) -> None:
    sealed = make(1, b"what was seen")
    assert missed(sealed, sealed.places(), random.Random(4)) == []


@pytest.mark.slow
def test_ten_thousand_bytes_of_a_larger_run(make) -> None:
    sealed, dice = make(8, b"what was seen " * 4000), random.Random(5)
    places = sealed.places()
    assert len(places) > 400_000
    assert missed(sealed, dice.sample(places, 10_000), dice) == []


def test_the_command_finds_what_the_function_finds(make) -> None:
    sealed, dice = make(1, b"what was seen"), random.Random(6)

    def asked() -> int:
        command = [sys.executable, "-m", "csvgen", "verify", str(sealed.folder), "--trust", str(sealed.roots)]
        return subprocess.run(command, capture_output=True, check=False, cwd=sealed.folder.parent).returncode

    assert asked() == 0
    for name in ("journal.gw1.jsonl", "seal.p7s"):
        path = sealed.folder / name
        data = path.read_bytes()
        place = dice.randrange(len(data))
        path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        assert asked() == 1, f"{name} byte {place}"
        path.write_bytes(data)
