"""Taking in raw files against the least that must be done: SHA-256 and a durable write of the same bytes, side by side in one run.

    python benchmarks/pipeline_ingest.py [--rounds 7] [--write]

"Least" is what no ingest can do without: read a stream, hash it while it is written, fsync the file, give it its name by a link, fsync
its folder. "Landing" is the local store alone. "Verb" is the whole: the landing, the registration in the audit trail with its own
durable commit, and the anchor of the trail. Every round measures all of them, one after the other, on the same disk; the median of
the rounds counts, because the disk of a shared machine changes its mind between minutes. Each file has bytes of its own.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import itertools
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

sys.path.insert(0, str(Path(__file__).parents[1]))

from results import write_section

from csvgen.pipeline.core import Core
from csvgen.pipeline.landing import LocalStore
from csvgen.pipeline.landing.place import PIECE
from csvgen.pipeline.register import Arriving
from tests.pipeline.conftest import Lab, install

SIZES = {"4 KiB": (4096, 60), "1 MiB": (1024 * 1024, 25), "256 MiB": (256 * 1024 * 1024, 1)}
"""Words -> bytes of a file, files in a round."""

_WHY = """\
What a small file waits for is the disk: the least syncs twice (file, folder), the verb six times: file, folder, the announced anchor of
the trail and its folder, the commit, the settled anchor. Each of the four beyond the least keeps a promise of the audit trail (no event
without its change, none cut off unseen), so one file at a time cannot come near the least before its bytes weigh more than the syncs.
A delivery (60, 25 or 1 files in one change) pays them once."""
_NUMBERS = itertools.count(1)


class Source(io.RawIOBase):
    """Bytes that no other file has, without making them anew: the first eight are a number."""

    _filling = memoryview(os.urandom(PIECE))

    def __init__(self, size: int) -> None:
        self._left, self._first = size, next(_NUMBERS).to_bytes(8, "big")

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        count = min(size, self._left, PIECE)
        self._left -= count
        piece, self._first = self._first + bytes(self._filling[: count - len(self._first)]), b""
        return piece if count else b""


def least(folder: Path) -> Callable[[BinaryIO], None]:
    """SHA-256 and a durable write, nothing else."""

    def act(source: BinaryIO) -> None:
        hashed, staged = hashlib.sha256(), folder / ".staged"
        with staged.open("wb", buffering=0) as out:
            while piece := source.read(PIECE):
                hashed.update(piece)
                out.write(piece)
            os.fsync(out.fileno())
        place = folder / hashed.hexdigest()
        os.link(staged, place)
        staged.unlink()
        handle = os.open(folder, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)

    return act


def landing(store: LocalStore) -> Callable[[BinaryIO], None]:
    def act(source: BinaryIO) -> None:
        with store.landed(source, "file"):
            pass

    return act


def _core(lab: Lab) -> Core:
    return lab.app._core  # noqa: SLF001 - the verb below the port is what is measured


def verb(lab: Lab) -> Callable[[BinaryIO], None]:
    acting = _core(lab).admit(lab.session("analyst"), "ingest")
    register, numbers = lab.app.arrivals.register, itertools.count(1)

    def act(source: BinaryIO) -> None:
        register.arrive(acting, Arriving("study/S-1", f"file-{next(numbers)}", sender="CRO-01"), source)

    return act


def delivery(lab: Lab) -> Callable[[list[Source]], None]:
    acting = _core(lab).admit(lab.session("analyst"), "ingest")
    register, numbers = lab.app.arrivals.register, itertools.count(1)

    def act(sources: list[Source]) -> None:
        register.arrive_all(acting, [(Arriving("study/S-2", f"file-{next(numbers)}", sender="CRO-01"), s) for s in sources])  # type: ignore[misc]

    return act


def measure(rounds: int) -> dict[tuple[str, str], list[float]]:
    """(size, what) -> bytes a second in each round."""
    found: dict[tuple[str, str], list[float]] = {}
    with tempfile.TemporaryDirectory(prefix="csvgen-bench-", dir=Path.cwd()) as name:
        root = Path(name)
        for part in ("least", "landing"):
            (root / part).mkdir()
        install(root / "instance", {})
        lab = Lab(root / "instance")
        acts = {"least": least(root / "least"), "landing": landing(LocalStore(root / "landing")), "verb": verb(lab)}
        together = delivery(lab)
        for folder in range(256):  # as in an instance in use: the folders are there
            for there in (root / "landing", lab.home / "raw"):
                (there / f"{folder:02x}").mkdir(exist_ok=True)
        for (words, (size, count)), _ in itertools.product(SIZES.items(), range(rounds)):
            for what, act in acts.items():
                begun = time.perf_counter()
                for _ in range(count):
                    act(Source(size))  # type: ignore[arg-type]
                found.setdefault((words, what), []).append(size * count / (time.perf_counter() - begun))
            begun = time.perf_counter()
            together([Source(size) for _ in range(count)])
            found.setdefault((words, "together"), []).append(size * count / (time.perf_counter() - begun))
        assert _core(lab).ledger.problems() == ()
        assert lab.app.arrivals.register.sweep() == ()
        lab.app.close()
    return found


def told(found: dict[tuple[str, str], list[float]], rounds: int) -> str:
    how = (
        f"`python benchmarks/pipeline_ingest.py --rounds {rounds} --write`, Python {platform.python_version()}, {os.cpu_count()} cores. "
        "MB a second: median of the rounds, lowest and highest in brackets; ratios are medians of the ratios within a round."
    )
    lines = [
        how,
        "",
        "| file | SHA-256 + durable write | landing | whole verb | verb, a delivery | landing : least | **verb : least** | **delivery : least** |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for words in SIZES:
        of = {what: found[words, what] for what in ("least", "landing", "verb", "together")}
        ratios = {
            what: statistics.median(a / b for a, b in zip(of[what], of["least"], strict=True))
            for what in ("landing", "verb", "together")
        }
        shown = " | ".join(f"{statistics.median(v) / 1e6:,.1f} ({min(v) / 1e6:,.1f}-{max(v) / 1e6:,.1f})" for v in of.values())
        lines.append(f"| {words} | {shown} | {ratios['landing']:.2f} | {ratios['verb']:.2f} | {ratios['together']:.2f} |")
    lines += ["", _WHY, "", "Afterwards the trail was walked and every byte of the landing read again: no finding."]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    text = told(measure(asked.rounds), asked.rounds)
    print(text)
    if asked.write:
        write_section("Taking in raw files", text)


if __name__ == "__main__":
    main()
