"""Shards: made in this process by the real recorder and the real seal, or by real processes on a tiny project."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from csvgen.canonical import canonical_json, digest
from csvgen.clock import SystemClock, stored
from csvgen.config import Config, load_config
from csvgen.crypto import certificates
from csvgen.crypto.keys import Credential, lock
from csvgen.evidence.read import read_run
from csvgen.evidence.redaction import Redaction
from csvgen.evidence.seal import seal
from csvgen.execution import session
from csvgen.execution.environment import environment
from csvgen.execution.session import WorkerRecorder, write_plan
from csvgen.execution.sharding import assign, groups
from csvgen.model.evidence import Evidence, Outcome
from csvgen.model.execution import Component, Environment, PlannedCase, RunPlan, TargetState, Verdict
from csvgen.model.protocol import Step, TestCase
from csvgen.model.shard import SHARDS, PlacedCase, ShardOf, ShardPlan
from csvgen.workflow.scaling import merge

from ..tiny import SYSTEM, clean_environment, make_project, specification

STEPS = (Step(keyword="Given", text="a thing"), Step(keyword="Then", text="it answers"))
CLOCK = SystemClock()


def case(number: int) -> TestCase:
    return TestCase(
        id=f"TC-OQ-{number:04d}", title="probe", phase="OQ", requirements=(f"URS-P-{number:03d}",), risks=(), priority="low",
        technique="positive", rule="", why="", ports=(), tags=("OQ",), steps=STEPS, feature=f"OQ/URS-P-{number:03d}.feature",
    )  # fmt: skip


def system(**configuration: str) -> TargetState:
    return TargetState(
        name="Probe", instance="one", components=(Component(name="probe", version="1.0", sha256="a" * 64),),
        configuration=tuple(sorted({"limit": "3", **configuration}.items())), read_at=stored(CLOCK.now()),
    )  # fmt: skip


@dataclass
class Shards:
    """A project with its keys, a plan of six cases in three shards, and shards of it, good or bad."""

    root: Path
    credential: Credential
    count: int = 3
    cases: tuple[TestCase, ...] = field(default_factory=lambda: tuple(case(n) for n in range(1, 7)))
    created: str = field(default_factory=lambda: stored(CLOCK.now()))

    @property
    def config(self) -> Config:
        return load_config(self.root, environ={})

    @property
    def plan(self) -> ShardPlan:
        found = groups(self.cases, {})
        placed, group = assign(found, self.count), {c: g.name for g in found for c in g.cases}
        return ShardPlan(
            run="dev-1", system="probe", phase="OQ", mode="engineering", protocol=digest("protocol"), spec=digest("spec"), target="none",
            scope="complete", account="engineering", created=self.created, shards=self.count,
            cases=tuple(PlacedCase(case=c.id, digest=c.digest, feature=c.feature, group=group[c.id], shard=placed[c.id]) for c in self.cases),
        )  # fmt: skip

    def begin(self, number: int, name: str = "", *, planned: Sequence[TestCase] | None = None, **changed: Any) -> Path:
        plan = self.plan
        mine = [c for c in self.cases if plan.shard_of[c.id] == number] if planned is None else planned
        folder = self.root / "brought" / (name or f"{number}of{self.count}")
        run = RunPlan.model_validate({
            "run": plan.name_of(number), "system": plan.system, "phase": plan.phase, "mode": plan.mode, "protocol": plan.protocol,
            "spec": plan.spec, "target": plan.target, "scope": "partial", "created": plan.created, "account": plan.account,
            "planned": tuple(PlannedCase(case=c.id, digest=c.digest) for c in mine),
            "shard": ShardOf(number=number, of=plan.shards, plan=digest(plan)), **changed,
        })  # fmt: skip
        write_plan(folder, run)
        (folder / SHARDS).write_bytes(canonical_json(plan))
        return folder

    def record(
        self, folder: Path, executed: Sequence[TestCase], *, worker: str = "main", states: Sequence[TargetState] = (),
        closes: bool = True, tools: Environment | None = None, fail: str = "", code: Mapping[str, Path] | None = None,
        secret: str = "", within: str = "", turned: bool = False,
    ) -> None:  # fmt: skip
        """`secret` stands in every answer that is recorded; `within` is a tolerance by which each is compared; `turned`: the last case first."""
        redaction = Redaction()
        redaction.add("DB_PASSWORD", secret)
        with pytest.MonkeyPatch.context() as patch:
            if tools is not None:
                patch.setattr(session, "environment", lambda _project: tools)
            recorder = WorkerRecorder(folder, worker, CLOCK, self.root, redaction=redaction)
        recorder.watch(code or {})
        for state in states[:1]:
            recorder.target(state, "start")
        for one in reversed(executed) if turned else executed:
            each = recorder.case(one)
            for step in one.steps:
                each.open(step)
                comparison, seen = ("within", "7.05") if within else ("equal", "8" if one.id == fail else "7")
                each.observe("answer", comparison, "7", seen, f"probe {secret}".rstrip(), "", within)
                each.attach(one.id.encode(), name="screen", media_type="text/plain")
                each.close(Verdict.PASSED)
            each.finish()
        for state in states[1:]:
            recorder.target(state, "end")
        if closes:
            recorder.close()

    def make(self, number: int, name: str = "", *, credential: Credential | None = None, seals: bool = True, **told: Any) -> Path:
        """A whole shard, sealed."""
        folder = self.begin(number, name)
        self.record(
            folder, [c for c in self.cases if self.plan.shard_of[c.id] == number], **{"states": (system(), system()), **told}
        )
        if seals:
            self.seal(folder, credential)
        return folder

    def seal(self, folder: Path, credential: Credential | None = None) -> Outcome:
        return seal(folder, credential or self.credential, CLOCK)

    def all(self) -> list[Path]:
        return [self.make(n) for n in range(1, self.count + 1)]

    def merge(self, *folders: Path, **told: Any) -> Evidence:
        done = merge(self.config, folders or [self.root / "brought"], CLOCK, **told)
        return read_run(Path(done.folder))

    def tools(self, **changed: Any) -> Environment:
        return environment(self.root).model_copy(update=changed)


@pytest.fixture(scope="session")
def keys() -> tuple[Credential, Credential]:
    """A root and the seal key of a recorder under it."""
    root = certificates.make_root("Probe", CLOCK.now(), demonstration=True)
    return root, certificates.issue_system(root, name="recorder", organisation="Probe", now=CLOCK.now())


def give_keys(root: Path, keys: tuple[Credential, Credential]) -> None:
    """Trust and seal key of a project, as `csvgen pki init` leaves them."""
    for folder in ("trust", "records"):
        (root / folder).mkdir(exist_ok=True)
    (root / "trust" / "roots.pem").write_bytes(certificates.pem([keys[0].certificate]))
    (root / "records" / "seal.p12").write_bytes(lock(keys[1], None))


@pytest.fixture
def shards(tmp_path: Path, keys: tuple[Credential, Credential]) -> Shards:
    (tmp_path / "csvgen.toml").write_text('[csvgen]\nproject = "probe"\nrecords = "sqlite:///records/r.db"\n', encoding="utf-8")
    give_keys(tmp_path, keys)
    return Shards(tmp_path, keys[1])


# ------------------------------------------------------------ a project executed by real processes


def numbers(many: int) -> dict[str, dict[str, object]]:
    """The tiny specification with so many requirements of one case each in the OQ, and no PQ."""
    files = specification()
    del files["pq/pq.yaml"]
    urs: Any = files["urs/urs.yaml"]["requirements"]
    first = urs[1]
    for n in range(5, many + 3):
        urs.append({**first, "id": f"URS-TNY-{n:03d}", "title": f"Number {n}"})
    ids = [r["id"] for r in urs if "criteria" in r]
    functions: Any = files["fs/fs.yaml"]["functions"]
    functions[0]["implements"] = ["URS-TNY-001", *ids]
    risks: Any = files["risk/risk.yaml"]["risks"]
    files["risk/risk.yaml"]["risks"] = [risks[0], {**risks[1], "requirements": ids}]
    return files


@pytest.fixture(scope="session")
def wide(tmp_path_factory: pytest.TempPathFactory, keys: tuple[Credential, Credential]) -> Path:
    """Seven cases in as many features, one of which fails; drafted, with keys, nothing executed, and no target to be bound."""
    root = make_project(tmp_path_factory.mktemp("wide") / "project", numbers(7))
    toml = (root / "csvgen.toml").read_text(encoding="utf-8").partition("[target")[0]
    toml += '[resources]\nreader = "URS-TNY-006 URS-TNY-007 TC-OQ-0006"\n'
    (root / "csvgen.toml").write_text(toml, encoding="utf-8")
    shutil.rmtree(root / "protocols" / SYSTEM / "IQ")
    (root / "two.txt").write_text("3\n", encoding="utf-8")
    give_keys(root, keys)
    return root


Command = Callable[..., "subprocess.CompletedProcess[str]"]


def command(root: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """csvgen as a process of its own in a project."""
    return subprocess.run(
        [sys.executable, "-m", "csvgen", *arguments], cwd=root, env={**clean_environment(), **environ}, capture_output=True, text=True,
        check=False, timeout=300,
    )  # fmt: skip


__all__ = ["SYSTEM", "Shards", "case", "command", "numbers", "system"]
