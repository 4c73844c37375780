"""A laboratory for tests: an installed instance, copied for each test, opened in this process with a clock that can be set."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

from csvgen.canonical import Digest
from csvgen.pipeline.artifacts import FOLDER
from csvgen.pipeline.flow import bundle as bundles
from csvgen.pipeline.flow import lock
from csvgen.pipeline.flow.bundle import Bundle
from csvgen.pipeline.flow.definition import shipped, shipped_names
from csvgen.pipeline.release import QcRelease
from csvgen.ports import Outcome
from csvgen.targets.local.install import ACCOUNTS
from csvgen.verification import instance_runs

from ..installed import instance
from ..tiny import cheap_secrets

DATA = Path(__file__).parents[2] / "requirements_specs" / "qc-release" / "data"
LEVELS = (("0", "0.000"), ("500", "0.500"), ("1000", "1.000"), ("1500", "1.500"))


class Hands:
    """A clock whose hands are set by the test; it runs from the present, so that certificates are valid."""

    def __init__(self) -> None:
        self.ahead = dt.timedelta()

    def now(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC) + self.ahead


class Lab:
    """The application with people who log in when they are asked for something."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.clock = Hands()
        self.app = QcRelease(home, self.clock)
        self.accounts = json.loads((home / ACCOUNTS).read_bytes())
        self._sessions: dict[str, str] = {}

    def user(self, key: str) -> str:
        return self.accounts[key]["user_id"]

    def password(self, key: str) -> str:
        return self.accounts[key]["password"]

    def session(self, key: str, *, anew: bool = False) -> str:
        if anew or key not in self._sessions:
            self._sessions[key] = self.app.access.log_in(self.user(key), self.password(key)).reference
        return self._sessions[key]

    @staticmethod
    def plate(*signals: str, standards: tuple[tuple[str, str], ...] = LEVELS) -> bytes:
        rows = [f"standard,STD{i},{level},{signal}" for i, (level, signal) in enumerate(standards, 1)]
        rows += [f"sample,S1,1,{signal}" for signal in signals]
        return "\n".join(["#qc-plate/1", "kind,id,level_or_dilution,signal", *rows, f"end,{len(rows)}", ""]).encode()

    @staticmethod
    def peaks(**areas: str) -> bytes:
        rows = [f"{name.replace('_', ' ')},{area}" for name, area in areas.items()]
        return "\n".join(["#qc-peaks/1", "name,area", *rows, f"end,{len(rows)}", ""]).encode()

    def ingest(self, lot: str, content: bytes, name: str = "plate.csv", who: str = "analyst", **metadata: str) -> Outcome:
        given = {"method": "LIN-01", "sample": "S1", "instrument": "PR-001"} | metadata
        given = {k: v for k, v in given.items() if v}
        return self.app.arrivals.ingest(self.session(who), lot, name, content, given)

    def process(self, lot: str, who: str = "analyst") -> Outcome:
        return self.app.runs.process(self.session(who), lot)

    def processed(self, lot: str, signal: str = "1.000", who: str = "analyst") -> Outcome:
        self.ingest(lot, self.plate(signal), who=who)
        return self.process(lot, who)

    def sign(self, lot: str, meaning: str, who: str, reason: str = "checked") -> Outcome:
        if meaning == "reviewed" and self.app.lots.lot(self.session("auditor"), lot):
            self.app.decisions.review_packet(self.session(who), lot)
        return self.app.decisions.sign(self.session(who), lot, meaning, reason, self.user(who), self.password(who))

    def bring(self, lot: str, state: str, signal: str = "1.000") -> None:
        if state == "registered":
            self.ingest(lot, self.plate(signal))
            return
        self.processed(lot, signal)
        if state in ("reviewed", "released", "rejected"):
            self.sign(lot, "reviewed", "reviewer")
        if state in ("released", "rejected"):
            self.sign(lot, state, "quality")

    def view(self, lot: str):
        return self.app.lots.lot(self.session("auditor"), lot)

    def events(self, action: str = ""):
        return [e for e in self.app.trail.about("") if not action or e.action == action]

    def stored(self, digest: str) -> Path:
        return self.home / "raw" / Digest(digest).hex[:2] / Digest(digest).hex


@cache
def _the_tree() -> tuple[Bundle, Digest]:
    return Bundle.shipped(), lock._ground()


@cache
def _altered(distributions: tuple[str, ...]) -> tuple[str, ...]:
    found = [lock.altered(d) for d in map(shipped, shipped_names()) if d.distributions == distributions]
    return found[0]


@pytest.fixture(scope="module", autouse=True)
def the_tree_under_test() -> Iterator[None]:
    """The shipped code, and the packages below it, are read once and stay what they were when the tests began.

    Tests of changed code change code of their own, which is looked at as ever (test_flow).
    """
    (bundle, ground), ours = _the_tree(), {shipped(name).distributions for name in shipped_names()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Bundle, "shipped", classmethod(lambda _: bundle))
        patch.setattr(lock, "_ground", lambda: ground)
        for asking in (bundles, instance_runs):
            patch.setattr(asking, "altered", lambda d: _altered(d.distributions) if d.distributions in ours else lock.altered(d))
        yield


@pytest.fixture(scope="module", autouse=True)
def cheap_passwords() -> Iterator[None]:
    """The lowest cost of a password's hash; tests/targets uses the real one."""
    with cheap_secrets():
        yield


@pytest.fixture(scope="session")
def installed(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance of this worker, of which each test gets a copy."""
    return instance(shared, tmp_path_factory.mktemp("qc") / "instance", {})


@pytest.fixture
def home(installed: Path, tmp_path: Path) -> Iterator[Path]:
    """A copy of the instance. The files of its artifacts, hundreds and read-only, are the same files: whoever changes one says `own`."""
    before = _as_installed(installed)
    yield Path(shutil.copytree(installed, tmp_path / "instance", copy_function=_copied))
    if _stamps(before) != before:
        shutil.rmtree(installed)  # no test after this one may use it
        pytest.fail(
            "this test changed a file of an installed artifact for all others: take a copy of its own, `own(path)`", pytrace=False
        )


def own(path: Path) -> Path:
    """A file of an installed artifact, as one that this test alone has and may change."""
    data = path.read_bytes()
    path.unlink()
    path.write_bytes(data)
    return path


def _copied(source: str, target: str) -> None:
    if f"/{FOLDER}/" in source:
        os.link(source, target)
    else:
        shutil.copy2(source, target)


@cache
def _as_installed(home: Path) -> dict[str, tuple[int, int, int]]:
    return _stamps(str(p) for p in (home / FOLDER).rglob("*") if p.is_file())


def _stamps(paths: Iterable[str]) -> dict[str, tuple[int, int, int]]:
    return {path: (s.st_size, s.st_mtime_ns, s.st_mode) for path in paths for s in [os.stat(path)]}  # noqa: PTH116 - many


@pytest.fixture
def lab(home: Path) -> Iterator[Lab]:
    made = Lab(home)
    yield made
    made.app.close()


@pytest.fixture(scope="session")
def data() -> Path:
    return DATA
