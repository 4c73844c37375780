"""A formal execution on several machines: bound to the issued order, told in the trail shard by shard, whole in the package."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from csvgen.canonical import canonical_json, digest_bytes, read_canonical
from csvgen.cli import cli
from csvgen.clock import SystemClock
from csvgen.crypto.trust import trust_at
from csvgen.errors import BadInput, ConfigError, NotIntact, Refused
from csvgen.evidence.keeping import FolderStore, fetch, keep
from csvgen.evidence.read import read_run
from csvgen.model.audit import Actor
from csvgen.model.deviation import WHOLE_RUN
from csvgen.model.evidence import Evidence
from csvgen.model.execution import Verdict
from csvgen.model.shard import ShardPlan
from csvgen.verification.history import told_runs
from csvgen.verification.kept import NAME
from csvgen.verification.outside import NOTHING
from csvgen.verification.verify import verify
from csvgen.workflow.running import formal_run
from csvgen.workflow.scaling import make_plan, merge, run_shard, shard_folder

from ..counterparts.seaweedfs import seaweedfs
from ..tiny import Stages, Tiny, cheap_secrets, runner

CLOCK = SystemClock()


@dataclass
class Formal:
    tiny: Tiny
    plan: ShardPlan

    def shard(self, number: int, plan: ShardPlan | None = None, account: str = "ci-runner"):
        tiny = self.tiny
        plan = plan or self.plan
        return run_shard(tiny.state, plan, number, CLOCK, tiny.said.append, ledger=tiny.ledger, account=account)

    def merge(self, **told):
        folders = [self.tiny.config.output / "tiny" / "shards" / self.plan.run]
        told = {"ledger": self.tiny.ledger, "account": "ci-runner", **told}
        return merge(self.tiny.config, folders, CLOCK, **told)

    def lose(self, number: int) -> Path:
        """The machine is gone, and its folder with it."""
        return Path(shutil.move(shard_folder(self.tiny.config, self.plan, number), self.tiny.root / f"lost-{number}"))


@pytest.fixture(scope="module")
def executed(stages: Stages, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Formal]:
    """The OQ ordered, planned in two shards, both executed; not merged."""
    with cheap_secrets():
        tiny = stages.at("iq-closed").copy(tmp_path_factory.mktemp("formal") / "project")
        tiny.order("OQ")
        formal = Formal(tiny, make_plan(tiny.state, "OQ", 2, CLOCK, formal=True))
        for number in (1, 2):
            assert [r.verdict for r in formal.shard(number).ends] == [Verdict.PASSED]
        yield formal


@pytest.fixture
def formal(executed: Formal, tmp_path: Path) -> Iterator[Formal]:
    with cheap_secrets():
        yield Formal(executed.tiny.copy(tmp_path / "project"), executed.plan)


def told(formal: Formal, *actions: str) -> list[tuple[str, str]]:
    return [(e.action, e.record) for e in formal.tiny.ledger.events() if e.action in actions]


ACTIONS = ("shards-begin", "run-begin", "shard-begin", "shard-seal", "run-merge", "run-seal")


def test_the_plan_is_bound_to_the_issued_order(executed: Formal) -> None:
    order = executed.tiny.state.latest("TNY-XO-OQ-001")
    plan = executed.plan
    assert (plan.run, plan.mode, plan.order, plan.scope) == ("OQ-001", "formal", order.document.digest, "complete")
    assert (plan.account, plan.account_owner) == ("ci-runner", "tomas.feld")


def test_until_it_is_merged_nothing_was_executed(executed: Formal) -> None:
    state = executed.tiny.state
    assert state.run("OQ-001") is None
    assert not any(r.plan.phase == "OQ" for r in state.runs)


def test_a_shard_that_began_is_never_begun_again_wherever_it_ran(formal: Formal) -> None:
    formal.lose(1)
    with pytest.raises(Refused, match=r"OQ-001\.1of2 began already, on .* by the audit trail") as refusal:
        formal.shard(1)
    assert refusal.value.rule == "RR-X03"
    assert not shard_folder(formal.tiny.config, formal.plan, 1).exists()


def test_a_run_that_began_in_shards_is_executed_by_no_other_plan_and_not_as_a_whole(formal: Formal) -> None:
    tiny = formal.tiny
    other = make_plan(tiny.state, "OQ", 2, CLOCK, formal=True)
    shutil.rmtree(tiny.config.output / "tiny" / "shards")
    with pytest.raises(Refused, match="OQ-001 began by another plan") as refusal:
        formal.shard(1, other)
    assert refusal.value.rule == "RR-X03"
    with pytest.raises(Refused, match=r"OQ-001 began on .* by the audit trail") as refusal:
        formal_run(tiny.state, "OQ", tiny.ledger, CLOCK, tiny.said.append, "ci-runner")
    assert refusal.value.rule == "RR-X03"


def test_a_run_that_began_as_a_whole_is_not_executed_in_shards(stages: Stages, tmp_path: Path) -> None:
    with cheap_secrets():
        tiny = stages.at("iq-closed").copy(tmp_path / "project")
        tiny.order("OQ")
        plan = make_plan(tiny.state, "OQ", 2, CLOCK, formal=True)
        with tiny.ledger.change(Actor("ci-runner", "probe", "technical", "test")) as change:
            change.note("run-begin", "OQ-001", facts={"order": str(plan.order)})
        with pytest.raises(Refused, match=r"OQ-001 began on .* by the audit trail"):
            Formal(tiny, plan).shard(1)
        assert not told(Formal(tiny, plan), "shard-begin", "shards-begin"), "the refused begin is no event"


@pytest.mark.parametrize(
    ("account", "phase", "words"),
    [
        ("another", "OQ", "is to be executed by ci-runner, not by another"),
        ("ci-runner", "PQ", "no execution of the PQ is ordered"),
    ],
)
def test_gates_of_a_formal_run_hold_for_a_shard(executed: Formal, account: str, phase: str, words: str) -> None:
    with pytest.raises(Refused, match=words):
        plan = make_plan(executed.tiny.state, phase, 2, CLOCK, formal=True)
        executed.shard(1, plan, account)


def test_a_plan_that_was_changed_is_refused(executed: Formal) -> None:
    plan = executed.plan
    cut = plan.model_copy(update={"cases": plan.cases[:1]})
    with pytest.raises(Refused, match="is not here in the wording that was planned"):
        executed.shard(1, cut)
    with pytest.raises(Refused, match="the plan is of another account_owner than this project"):
        executed.shard(1, plan.model_copy(update={"account_owner": "nobody"}))
    with pytest.raises(Refused, match="an execution order that is not here"):
        executed.shard(1, plan.model_copy(update={"order": plan.spec}))


def test_a_machine_with_other_step_code_executes_no_shard(formal: Formal) -> None:
    steps = formal.tiny.root / "protocols" / "tiny" / "conftest.py"
    steps.write_text(steps.read_text(encoding="utf-8") + "\n# another\n", encoding="utf-8")
    formal.lose(1)
    with pytest.raises(Refused, match=r"TC-OQ-000\d step 1 runs project/protocols/tiny/conftest.py, which is sha256:") as refusal:
        formal.shard(1)
    assert refusal.value.rule == "RR-F02"
    assert not shard_folder(formal.tiny.config, formal.plan, 1).exists()


def test_merged_the_run_counts_and_the_package_proves_it(formal: Formal) -> None:
    tiny = formal.tiny
    run = formal.merge()
    assert run.sealed and run.seal is not None and run.seal.complete
    assert told(formal, *ACTIONS)[-8:] == [
        ("shards-begin", "shard/OQ-001"), ("run-begin", "OQ-001"), ("shard-begin", "shard/OQ-001.1of2"), ("shard-seal", "shard/OQ-001.1of2"),
        ("shard-begin", "shard/OQ-001.2of2"), ("shard-seal", "shard/OQ-001.2of2"), ("run-merge", "OQ-001"), ("run-seal", "OQ-001"),
    ]  # fmt: skip
    assert {e.person for e in tiny.ledger.events() if e.action in ACTIONS} == {"ci-runner"}
    tiny.review("OQ-001")
    tiny.close_phase("OQ")
    package = tiny.export(tiny.root / "package")
    assert (package / "runs" / "OQ-001" / "shards" / "2" / "seal.p7s").is_file()
    trust = trust_at(tiny.config.trust)
    found = verify(package, trust, NOTHING)
    assert found, [f"{c.name}: {c.detail}" for c in found.failed]
    said = {c.name: c.detail for c in found.checks}
    assert said["step code that ran is the step code that was approved"].startswith("8 executed steps, each")
    assert "3 runs, 4 executions" in said["runs are sealed, their journals unbroken, their evidence there"]
    journal = package / "runs" / "OQ-001" / "shards" / "1" / "journal.shard.jsonl"
    journal.write_bytes(journal.read_bytes()[:-5])
    assert not verify(package, trust, NOTHING)


def test_verify_compares_shards_with_the_trail(formal: Formal) -> None:
    """A shard that the trail does not tell of, and one that it tells of and no run holds."""
    formal.merge()
    tiny = formal.tiny
    events = list(tiny.ledger.events())
    runs = tiny.state.runs
    assert told_runs(material(runs), events) == []
    silent = [e for e in events if (e.action, e.record) != ("shard-seal", "shard/OQ-001.2of2")]
    assert told_runs(material(runs), silent) == ["OQ-001.2of2: the trail does not tell that this shard was sealed so"]
    assert told_runs(material(tuple(r for r in runs if r.run != "OQ-001")), events) == [
        "the trail tells of OQ-001, which is not in the package",
        "the trail tells of the shard OQ-001.1of2, which is in no run",
        "the trail tells of the shard OQ-001.2of2, which is in no run",
    ]


def material(runs: tuple[Evidence, ...]) -> Any:
    """As much of a package as this check reads."""
    return SimpleNamespace(runs=runs)


def test_a_lost_machine_leaves_a_run_that_is_not_complete_and_a_deviation(formal: Formal) -> None:
    """Shard 2 began and its folder is gone, unsealed: what is left is put on record with a reason, and the case is open."""
    tiny = formal.tiny
    lost = formal.lose(2)
    with pytest.raises(Refused, match="shard 2 of 2 is missing: TC-OQ-000"):
        formal.merge()
    with pytest.raises(Refused, match="shard 2 of 2 was sealed by the audit trail and is not here") as refusal:
        formal.merge(reason="it failed, let us forget it")
    assert refusal.value.rule == "RR-X03"
    assert tiny.state.run("OQ-001") is None
    shutil.move(lost, shard_folder(tiny.config, formal.plan, 2))
    path = shard_folder(tiny.config, formal.plan, 2) / "journal.main.jsonl"
    path.write_bytes(path.read_bytes()[:-9])
    run = formal.merge(reason="the disk of machine 2 is broken")
    assert run.sealed and run.seal is not None and not run.seal.complete
    assert [r.verdict for r in run.ends] == [Verdict.PASSED, Verdict.NOT_RUN]
    opened = [o for o in tiny.state.opened if o.run == "OQ-001"]
    assert [o.verdict for o in opened if o.case != WHOLE_RUN] == ["NOT_RUN"]
    events = tiny.ledger.events(record_id="OQ-001", action="run-merge")
    assert events[0].reason == "the disk of machine 2 is broken"


def test_only_the_account_of_the_order_merges_and_only_formally(formal: Formal) -> None:
    with pytest.raises(Refused, match="is merged by ci-runner, not by another"):
        formal.merge(account="another")
    with pytest.raises(ConfigError, match="these are shards of a formal run"):
        formal.merge(ledger=None)


def test_shards_that_no_trail_tells_of_are_not_merged(formal: Formal, stages: Stages, tmp_path: Path) -> None:
    """Whole, sealed with the right key, of an issued order, and executed past the records."""
    with cheap_secrets():
        other = stages.at("iq-closed").copy(tmp_path / "other")
        folders = [formal.tiny.config.output / "tiny" / "shards" / "OQ-001"]
        with pytest.raises(Refused, match="the audit trail does not tell that OQ-001 began by this plan"):
            merge(other.config, folders, CLOCK, ledger=other.ledger, account="ci-runner")
        assert not (other.config.runs("tiny") / "OQ-001").exists()


# ------------------------------------------------------------ one store for many machines


@pytest.fixture(params=["folder", pytest.param("bucket", marks=[pytest.mark.slow, pytest.mark.needs("weed")])])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A place that every machine reaches."""
    if request.param == "folder":
        yield str(tmp_path / "store")
        return
    with seaweedfs(tmp_path / "seaweedfs") as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        yield f"s3://{server.bucket()}/e/?endpoint={server.endpoint}"


def command(tiny: Tiny, *arguments: str, code: int = 0) -> str:
    made = CliRunner().invoke(cli, ["-C", str(tiny.root), *arguments], env=runner(tiny.root), standalone_mode=False)
    assert made.exception is None, made.exception
    assert made.return_value == code, made.output
    return made.output


def test_evidence_of_many_machines_goes_to_one_store_and_is_merged_from_there(stages: Stages, tmp_path: Path, store: str) -> None:
    """Each shard is kept as soon as it is sealed; the machines may go then, and who merges fetches what they left."""
    with cheap_secrets():
        tiny = stages.at("iq-closed").copy(tmp_path / "project")
        tiny.order("OQ")
    settings = tiny.root / "csvgen.toml"
    settings.write_text(
        settings.read_text(encoding="utf-8") + f'\n[evidence]\nstore = "{store}"\nretention_days = 30\n', encoding="utf-8"
    )
    command(tiny, "plan", "OQ", "--formal", "--shards", "2", "--out", str(tiny.root / "shards.json"))
    for number in (1, 2):
        said = command(tiny, "run", "--plan", str(tiny.root / "shards.json"), "--shard", f"{number}/2", "--formal")
        assert f"OQ-001.{number}of2 is kept in " in said
    shards = tiny.config.output / "tiny" / "shards" / "OQ-001"
    files = {p.relative_to(shards): p.read_bytes() for p in shards.rglob("*") if p.is_file()}
    assert "0 faults" in command(tiny, "evidence", "check", "OQ-001.1of2")
    shutil.rmtree(shards)  # the machines are gone
    brought = tmp_path / "brought"
    command(tiny, "evidence", "fetch", "OQ-001.1of2", "OQ-001.2of2", "--into", str(brought))
    back = {
        Path(p.relative_to(brought).as_posix().removeprefix("OQ-001.")): p.read_bytes() for p in brought.rglob("*") if p.is_file()
    }
    assert back == files, "byte for byte"
    assert "OQ-001 is kept in " in command(tiny, "merge", "--formal", str(brought))
    run = tiny.state.run("OQ-001")
    assert run is not None and run.sealed and run.seal is not None and run.seal.complete
    with cheap_secrets():
        tiny.review("OQ-001")
        tiny.close_phase("OQ")
    found = verify(tiny.export(tiny.root / "package"), trust_at(tiny.config.trust), NOTHING)
    assert found, [f"{c.name}: {c.detail}" for c in found.failed]
    (kept,) = (c.detail for c in found.checks if c.name == NAME)
    assert all(f"{name} in " in kept for name in ("OQ-001.1of2", "OQ-001.2of2", "OQ-001"))


def test_what_is_fetched_is_never_written_over_and_only_into_its_folder(executed: Formal, tmp_path: Path) -> None:
    shard = read_run(shard_folder(executed.tiny.config, executed.plan, 1))
    there = FolderStore(tmp_path / "store")
    keep(shard, there, 30)
    fetched = fetch("tiny", "OQ-001.1of2", there, tmp_path / "into")
    assert read_run(fetched).sealed
    with pytest.raises(BadInput, match="this folder exists"):
        fetch("tiny", "OQ-001.1of2", there, tmp_path / "into")
    (index,) = (tmp_path / "store" / "runs").rglob("*.json")
    for place in ("../outside.txt", "/outside.txt"):
        said = read_canonical(index.read_bytes())
        said["files"][0]["path"] = place
        data = canonical_json({**said, "run": "OQ-009"})
        forged = tmp_path / "store" / "runs" / "tiny" / "OQ-009" / f"{digest_bytes(data).hex}.json"
        forged.parent.mkdir(exist_ok=True)
        forged.write_bytes(data)
        with pytest.raises(NotIntact, match="is no place in a run"):
            fetch("tiny", "OQ-009", there, tmp_path / "into")
        forged.unlink()
    assert not list(tmp_path.rglob("outside.txt"))
    assert [p.name for p in (tmp_path / "into").iterdir()] == ["OQ-001.1of2"]
