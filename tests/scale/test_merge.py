"""What merging proves, and what it refuses by name. Every shard here was written by the real recorder and sealed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from csvgen.canonical import canonical_json, digest
from csvgen.clock import SystemClock
from csvgen.config import load_config
from csvgen.crypto import certificates
from csvgen.crypto.trust import trust_at
from csvgen.errors import BadInput, ConfigError, CsvgenError, NotIntact, Refused
from csvgen.evidence.read import read_run
from csvgen.execution.timekeeping import Timekeeping
from csvgen.model.execution import ClockOffset, Component, Verdict
from csvgen.verification.outside import NOTHING
from csvgen.verification.verify import verify
from csvgen.workflow import scaling
from csvgen.workflow.state import read_state

from .conftest import CLOCK, SYSTEM, Shards, case, system


def problems(shards: Shards, run: Path) -> list[str]:
    found = verify(run, trust_at(shards.config.trust), NOTHING)
    return [] if found else [f"{c.name}: {c.outcome}: {c.detail}" for c in found.checks if c.outcome != "holds"]


# ------------------------------------------------------------ what holds


def test_three_shards_are_one_complete_run(shards: Shards) -> None:
    shards.all()
    run = shards.merge()
    assert run.sealed and run.problems == ()
    assert run.seal is not None and run.seal.complete
    assert [(r.case, r.verdict) for r in run.results] == [(c.id, Verdict.PASSED) for c in shards.cases]
    assert [r.worker for r in run.results] == ["1.main", "1.main", "2.main", "2.main", "3.main", "3.main"]
    assert run.plan.merged is not None and run.plan.merged.plan == digest(shards.plan)
    assert run.plan.shard is None and run.plan.scope == "complete"
    assert problems(shards, Path(run.folder)) == []


def test_nothing_of_a_shard_is_rewritten(shards: Shards) -> None:
    folders = shards.all()
    before = [{p.relative_to(f): p.read_bytes() for p in f.rglob("*") if p.is_file()} for f in folders]
    run = Path(shards.merge().folder)
    for number, files in enumerate(before, 1):
        kept = run / "shards" / str(number)
        assert {p.relative_to(kept): p.read_bytes() for p in kept.rglob("*") if p.is_file()} == files
        assert read_run(kept).sealed, "each still proves itself"


def test_the_order_in_which_shards_are_brought_is_of_no_matter(shards: Shards) -> None:
    first, second, third = shards.all()
    run = shards.merge(third, first, second)
    assert run.plan.merged is not None
    assert [(s.number, s.folder) for s in run.plan.merged.shards] == [(1, "shards/1"), (2, "shards/2"), (3, "shards/3")]
    assert [r.case for r in run.results] == [c.id for c in shards.cases]


def test_a_failed_case_fails_in_the_merged_run(shards: Shards) -> None:
    for number in (1, 2, 3):
        shards.make(number, fail="TC-OQ-0003")
    run = shards.merge()
    assert [r.case for r in run.results if r.verdict is Verdict.FAILED] == ["TC-OQ-0003"]
    assert run.seal is not None and run.seal.complete, "complete says that all was executed, not that all passed"


def test_a_shard_without_cases_is_a_shard(shards: Shards) -> None:
    shards.cases = (case(1), case(2))
    assert [len(shards.plan.of_shard(n)) for n in (1, 2, 3)] == [1, 0, 1]
    folders = shards.all()
    with pytest.raises(Refused, match="shard 2 of 3 is missing: no case"):
        shards.merge(folders[0], folders[2])
    run = shards.merge()
    assert run.seal is not None and run.seal.complete


def test_several_workers_of_a_shard_are_told_apart(shards: Shards) -> None:
    folder = shards.begin(1)
    shards.record(folder, [case(1)], worker="gw0", states=(system(), system()))
    shards.record(folder, [case(2)], worker="gw1")
    shards.seal(folder)
    shards.make(2), shards.make(3)
    assert [r.worker for r in shards.merge().results[:2]] == ["1.gw0", "1.gw1"]


def test_machines_may_have_an_instance_each_of_one_system(shards: Shards) -> None:
    """Components and configuration by their content make a system one; which of several equal ones it was is on record."""
    for number in (1, 2, 3):
        state = system().model_copy(update={"instance": f"machine {number}"})
        shards.make(number, states=(state, state))
    assert {t.instance for t in shards.merge().targets} == {"machine 1", "machine 2", "machine 3"}


# ------------------------------------------------------------ a shard alone


def test_a_shard_alone_is_no_evidence(shards: Shards) -> None:
    from csvgen.trace.matrix import counts

    alone = read_run(shards.make(1))
    assert alone.sealed and alone.seal is not None
    assert alone.seal.complete is False, "all of its cases passed, and it is a part"
    assert alone.seal.summary.executed == alone.seal.summary.planned == 2
    formal = replace(alone, plan=alone.plan.model_copy(update={"mode": "formal"}))
    assert counts(formal) is False
    told = verify(Path(alone.folder), trust_at(shards.config.trust), NOTHING)
    assert any("shard 1 of 3 of a run; alone it is no evidence" in c.detail for c in told.checks)


def test_a_shard_that_claims_to_be_whole_is_refused(shards: Shards) -> None:
    folder = shards.begin(1, scope="complete")
    shards.record(folder, [case(1), case(2)], states=(system(), system()))
    shards.seal(folder)
    shards.make(2), shards.make(3)
    with pytest.raises(Refused, match="1of3 claims to be a whole run"):
        shards.merge()


# ------------------------------------------------------------ refusals: each names what is wrong


def missing(shards: Shards) -> None:
    shards.make(1), shards.make(3)


def twice(shards: Shards) -> None:
    shards.all()
    shards.make(2, "again")


def copied(shards: Shards) -> None:
    shutil.copytree(shards.all()[1], shards.root / "brought" / "copy")


def in_two(shards: Shards) -> None:
    """Shard 2 executed a case of shard 1 too: both plans and both journals are whole."""
    shards.make(1), shards.make(3)
    folder = shards.begin(2, planned=[case(2), case(3), case(4)])
    shards.record(folder, [case(2), case(3), case(4)], states=(system(), system()))
    shards.seal(folder)


def fewer(shards: Shards) -> None:
    shards.make(1), shards.make(3)
    folder = shards.begin(2, planned=[case(3)])
    shards.record(folder, [case(3)], states=(system(), system()))
    shards.seal(folder)


def another_plan(shards: Shards) -> None:
    shards.make(1), shards.make(3)
    replace(shards, created="2026-01-01T00:00:00.000000Z").make(2)


def another_wording(shards: Shards) -> None:
    """Executed under the plan's digest, but in another protocol than it names."""
    shards.make(1), shards.make(3)
    folder = shards.begin(2, protocol=digest("another protocol"))
    shards.record(folder, [case(3), case(4)], states=(system(), system()))
    shards.seal(folder)


def another_system(shards: Shards) -> None:
    shards.make(1), shards.make(3)
    shards.make(2, states=(system(limit="5"), system(limit="5")))


def changed_system(shards: Shards) -> None:
    shards.make(1), shards.make(3)
    shards.make(2, states=(system(), system(limit="5")))


def another_component(shards: Shards) -> None:
    shards.make(1), shards.make(3)
    state = system().model_copy(update={"components": (Component(name="probe", version="1.0", sha256="b" * 64),)})
    shards.make(2, states=(state, state))


def unread_system(shards: Shards) -> None:
    shards.make(1), shards.make(3)
    shards.make(2, states=())


def another_csvgen(shards: Shards) -> None:
    shards.make(1), shards.make(3)
    shards.make(2, tools=shards.tools(csvgen="0.1.0"))


def another_python(shards: Shards) -> None:
    shards.make(1), shards.make(3)
    shards.make(2, tools=shards.tools(python="CPython 3.11.0"))


def another_package(shards: Shards) -> None:
    shards.make(1), shards.make(3)
    packages = tuple(c.model_copy(update={"version": "0.0.1"}) if c.name == "pydantic" else c for c in shards.tools().packages)
    shards.make(2, tools=shards.tools(packages=packages))


def another_commit(shards: Shards) -> None:
    shards.make(1), shards.make(3)
    shards.make(2, tools=shards.tools(commit="f" * 40))


def changed_byte(shards: Shards) -> None:
    path = shards.all()[1] / "journal.main.jsonl"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


def changed_evidence(shards: Shards) -> None:
    path = next(p for p in (shards.all()[1] / "evidence").rglob("*") if p.is_file())
    path.chmod(0o644)
    path.write_bytes(b"what was wished for")


def unsealed(shards: Shards) -> None:
    shards.make(1), shards.make(3)
    shards.make(2, seals=False)


def killed(shards: Shards) -> None:
    """Killed inside the last line of its journal."""
    shards.make(1), shards.make(3)
    path = shards.make(2, seals=False) / "journal.main.jsonl"
    path.write_bytes(path.read_bytes()[:-20])


def seal_without_signature(shards: Shards) -> None:
    (shards.all()[1] / "seal.p7s").unlink()


def foreign_seal(shards: Shards) -> None:
    shards.make(1), shards.make(3)
    root = certificates.make_root("Somebody", CLOCK.now(), demonstration=True)
    shards.make(2, credential=certificates.issue_system(root, name="recorder", organisation="Somebody", now=CLOCK.now()))


def seal_of_another(shards: Shards) -> None:
    """The seal and its signature of shard 1 in the place of those of shard 2."""
    first, second, _ = shards.all()
    for name in ("seal.json", "seal.p7s"):
        shutil.copyfile(first / name, second / name)


def clock_off(shards: Shards) -> None:
    from csvgen.execution import session

    shards.make(1), shards.make(3)
    read = ClockOffset(
        source="operating system clock", standard="NTP server probe, stratum 1", seconds="7.250", limit_seconds="1.000"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "offset", lambda _settings, _clock: read)
        shards.make(2)


def other_step_code(shards: Shards) -> None:
    from csvgen.execution.recorder import CaseRecorder
    from csvgen.model.execution import StepCode

    opened = CaseRecorder.open
    for number, content in ((1, "a"), (2, "b"), (3, "a")):

        def coded(self: CaseRecorder, step: object, content: str = content) -> None:
            opened(self, step)  # type: ignore[arg-type]
            self.code(StepCode(file="protocols/conftest.py", line=7, function="answers", sha256="sha256:" + content * 64))

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(CaseRecorder, "open", coded)
            shards.make(number)


def other_file_of_step_code(shards: Shards) -> None:
    """A file that the steps use, not the step itself."""
    helper = shards.root / "helper.py"
    for number, words in ((1, "LIMIT = 7"), (2, "LIMIT = 8"), (3, "LIMIT = 7")):
        helper.write_text(words, encoding="utf-8")
        shards.make(number, code={"project/protocols/helper.py": helper})


FOREIGN = "{brought}/2of3 "
WRONG: dict[Callable[[Shards], None], tuple[str, ...]] = {
    missing: ("shard 2 of 3 is missing: TC-OQ-0003, TC-OQ-0004",),
    twice: ("shard 2 of 3 is there 2 times: {brought}/2of3, {brought}/again",),
    copied: ("shard 2 of 3 is there 2 times: {brought}/2of3, {brought}/copy",),
    in_two: (FOREIGN + "holds TC-OQ-0002, which the plan has in shard 1", "shard 2 of 3 is missing"),
    fewer: (FOREIGN + "was to execute other cases than shard 2 of the plan",),
    another_plan: (FOREIGN + "is a shard of another plan",),
    another_wording: (FOREIGN + "was executed otherwise than planned",),
    another_system: ("shard 2 of 3: another system under validation: configuration limit is '5', elsewhere '3'",),
    changed_system: ("shard 2 of 3: the system under validation changed inside it: configuration limit is '5', elsewhere '3'",),
    another_component: (f"component probe is '1.0 {'b' * 64}', elsewhere '1.0 {'a' * 64}'",),
    unread_system: ("shard 2 of 3: the system under validation was not read, and in other shards it was",),
    another_csvgen: ("shard 2 of 3: other tools: csvgen is 0.1.0, elsewhere",),
    another_python: ("shard 2 of 3: other tools: Python is CPython 3.11.0, elsewhere",),
    another_package: ("shard 2 of 3: other tools: pydantic is 0.0.1, elsewhere",),
    another_commit: ("shard 2 of 3: other tools: the project is " + "f" * 40,),
    changed_byte: ("shard 2 of 3: journal.main.jsonl: line", "shard 2 of 3: journal.main.jsonl was changed after sealing"),
    changed_evidence: ("shard 2 of 3: evidence TC-OQ-000", "was changed"),
    unsealed: ("shard 2 of 3: it was never sealed",),
    killed: ("shard 2 of 3: it was never sealed", "line", "is cut off"),
    seal_without_signature: ("shard 2 of 3: seal.p7s is missing: nobody sealed it",),
    foreign_seal: ("shard 2 of 3: its seal is not trusted",),
    seal_of_another: ("shard 2 of 3: it carries the seal of dev-1.1of3",),
    clock_off: ("shard 2 of 3: its clock at the start was", "+7.250 s to NTP server probe", "BEYOND THE LIMIT"),
    other_step_code: ("shard 2 of 3: other step code: answers in protocols/conftest.py",),
    other_file_of_step_code: ("shard 2 of 3: other step code: the file project/protocols/helper.py",),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG, ids=lambda w: w.__name__)
def test_what_is_wrong_is_named_and_nothing_is_merged(shards: Shards, wrong: Callable[[Shards], None]) -> None:
    wrong(shards)
    with pytest.raises(Refused) as refusal:
        shards.merge(plan=shards.plan)
    for words in WRONG[wrong]:
        assert words.format(brought=shards.root / "brought") in refusal.value.message
    assert not list((shards.root / "output").rglob("run.json")), "nothing is left behind"


LEFT_OUT = (missing, twice, another_system, another_package, changed_byte, killed, foreign_seal, seal_of_another, clock_off)


@pytest.mark.parametrize("wrong", LEFT_OUT, ids=lambda w: w.__name__)
def test_merged_incomplete_its_cases_were_not_run(shards: Shards, wrong: Callable[[Shards], None]) -> None:
    """Whatever is wrong with a shard, the other two can be put on record, and the run is never complete."""
    wrong(shards)
    run = shards.merge(plan=shards.plan, reason="the machine of shard 2 is lost")
    assert run.sealed and run.seal is not None
    assert run.seal.complete is False
    assert [r.verdict for r in run.results] == [Verdict.PASSED] * 2 + [Verdict.NOT_RUN] * 2 + [Verdict.PASSED] * 2
    assert run.results[2].reason.startswith("shard 2 of 3 does not count: ")
    assert run.plan.merged is not None and run.plan.merged.reason == "the machine of shard 2 is lost"
    assert problems(shards, Path(run.folder)) == []


@pytest.mark.parametrize("wrong", [in_two, another_plan], ids=lambda w: w.__name__)
def test_what_is_foreign_is_never_merged(shards: Shards, wrong: Callable[[Shards], None]) -> None:
    wrong(shards)
    with pytest.raises(Refused, match="leave out what is foreign"):
        shards.merge(plan=shards.plan, reason="it should be")


def test_a_reason_for_nothing_makes_nothing_incomplete(shards: Shards) -> None:
    shards.all()
    run = shards.merge(reason="in case")
    assert run.seal is not None and run.seal.complete
    assert run.plan.merged is not None and run.plan.merged.reason is None


def test_a_whole_run_is_no_shard(shards: Shards) -> None:
    shards.all()
    run = shards.merge()
    with pytest.raises(Refused, match="is no shard of anything"):
        shards.merge(Path(run.folder), plan=shards.plan, out=shards.root / "again")


def test_a_run_is_never_merged_over_another(shards: Shards) -> None:
    shards.all()
    shards.merge()
    with pytest.raises(Refused, match="never merged over another"):
        shards.merge()


def test_a_link_in_a_shard_is_refused(shards: Shards) -> None:
    folder = shards.all()[1]
    (folder / "secret").symlink_to(shards.root / "records" / "seal.p12")
    with pytest.raises(BadInput, match="a shard holds its files itself"):
        shards.merge()


def test_a_folder_without_shards_is_told(shards: Shards, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match="there is no shard here"):
        shards.merge(tmp_path / "empty")


# ------------------------------------------------------------ a merged run is proven again by whoever reads it


def test_verify_finds_a_change_of_every_file(shards: Shards) -> None:
    """One byte in the middle of each file in turn, and each file taken away; also where the file is of a shard."""
    shards.all()
    run = Path(shards.merge().folder)
    files = sorted(p for p in run.rglob("*") if p.is_file())
    assert {p.relative_to(run).parts[0] for p in files} == {
        "run.json",
        "shards.json",
        "shards",
        "journal.merge.jsonl",
        "seal.json",
        "seal.p7s",
    }
    assert len(files) > 20
    for path in files:
        data = path.read_bytes()
        path.chmod(0o644)
        flipped = bytearray(data)
        flipped[len(data) // 2] ^= 1
        path.write_bytes(bytes(flipped))
        assert told(shards, run), f"{path} was changed"
        path.unlink()
        assert told(shards, run), f"{path} was taken away"
        path.write_bytes(data)
    assert not told(shards, run)
    (run / "shards" / "1" / "more.txt").write_text("x")
    assert told(shards, run)


def test_verify_asks_who_sealed_each_shard(shards: Shards) -> None:
    """Merged by somebody who did not ask: the seal over the whole is right, that of a shard is a stranger's."""
    foreign_seal(shards)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("csvgen.evidence.merge._unbelieved", lambda _folder, _trust: "")
        run = Path(shards.merge().folder)
    (problem,) = [p for p in problems(shards, run) if ": fails: " in p]
    assert problem.startswith("signers are trusted: fails: shards/2/seal.p7s")


def told(shards: Shards, run: Path) -> bool:
    try:
        return bool(problems(shards, run))
    except CsvgenError:
        return True


def forge(run: Path, shards: Shards, change: Callable[[dict], None]) -> None:
    """Write run.json anew with its journal and its seal, as a thief of the seal key could."""
    from csvgen.evidence.seal import seal
    from csvgen.execution.session import WorkerRecorder

    plan = json.loads((run / "run.json").read_bytes())
    change(plan)
    for name in ("run.json", "journal.merge.jsonl", "seal.json", "seal.p7s"):
        (run / name).unlink()
    (run / "run.json").write_bytes(canonical_json(plan))
    WorkerRecorder(run, "merge", CLOCK, shards.root, Timekeeping()).close()
    seal(run, shards.credential, CLOCK)


def two_for_one(plan: dict) -> None:
    """Shard 2 in the place of shard 1."""
    plan["merged"]["shards"][0].update({k: plan["merged"]["shards"][1][k] for k in ("folder", "seal")})
    plan["merged"]["shards"].pop(1)


FORGED: dict[str, tuple[Callable[[dict], object], str]] = {
    "a shard is no longer named": (lambda p: p["merged"]["shards"].pop(1), "shard 2 of 3 is missing"),
    "a shard is named by another number": (two_for_one, "is missing"),
    "another seal is named": (lambda p: p["merged"]["shards"][1].update(seal="sha256:" + "0" * 64), "carries another seal"),
    "a case is no longer planned": (lambda p: p["planned"].pop(2), "plans other cases than the plan of its shards"),
    "the run is of another time": (lambda p: p.update(created="2026-01-01T00:00:00.000000Z"), "says otherwise .* created"),
    "the run is formal": (lambda p: p.update(mode="formal"), "says otherwise .* mode"),
    "another plan is named": (lambda p: p["merged"].update(plan="sha256:" + "0" * 64), "is not the plan that the run was merged by"),
}  # fmt: skip


@pytest.mark.parametrize("forged", FORGED)
def test_a_merged_run_written_anew_cannot_be_sealed(shards: Shards, forged: str) -> None:
    """Its shards are re-proven from their own bytes each time the run is read, and so before it is sealed."""
    shards.all()
    run = Path(shards.merge().folder)
    change, words = FORGED[forged]
    with pytest.raises(NotIntact, match=words):
        forge(run, shards, change)  # type: ignore[arg-type]


def test_a_folder_outside_of_the_run_is_no_shard_of_it(shards: Shards) -> None:
    shards.all()
    run = Path(shards.merge().folder)
    with pytest.raises(NotIntact, match="not of a format known here"):
        forge(run, shards, lambda p: p["merged"]["shards"][0].update(folder="../../../brought/1of3"))


def test_two_workers_may_attach_the_same_content_at_the_same_moment(tmp_path: Path) -> None:
    """Both find that it is not there; one is first, and the other has nothing to complain of. Other content is refused as ever."""
    import os

    from csvgen.canonical import write_once

    path = tmp_path / "record"
    link = os.link
    for content, refused in ((b"same", False), (b"other", True)):
        path.unlink(missing_ok=True)

        def first(source: Path, to: Path, content: bytes = content) -> None:
            Path(to).write_bytes(content)
            link(source, to)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("csvgen.canonical.os.link", first)
            if refused:
                with pytest.raises(BadInput, match="another process wrote this record meanwhile"):
                    write_once(path, b"same")
            else:
                write_once(path, b"same")
        assert path.read_bytes() == content
        assert list(tmp_path.iterdir()) == [path], "nothing staged is left"


def test_a_shard_whose_test_runner_broke_stands_against_the_merged_run(shards: Shards) -> None:
    from csvgen.evidence.seal import seal

    broken = shards.make(2, seals=False)
    seal(broken, shards.credential, CLOCK, ended="pytest did not end with results: it met an error of its own")
    others = [shards.make(n) for n in range(1, shards.plan.shards + 1) if n != 2]
    merged = shards.merge(broken, *others)
    assert [told for told in merged.irregular if "it met an error of its own" in told and merged.run in told]


def test_how_pytest_ended_is_in_the_seal_of_a_shard(wide: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = Path(shutil.copytree(wide, tmp_path / "wide"))
    state = read_state(load_config(root), SYSTEM)
    plan = scaling.make_plan(state, None, 2, SystemClock(), formal=False)
    monkeypatch.setattr(scaling, "run_pytest", lambda *_a, **_n: 3)
    evidence = scaling.run_shard(state, plan, 1, SystemClock(), print)
    assert evidence.seal is not None and "exit code 3" in evidence.seal.ended
    assert evidence.irregular


def test_an_order_with_attended_cases_is_not_divided(wide: Path) -> None:
    state = read_state(load_config(wide), SYSTEM)
    order = SimpleNamespace(content={"phase": "OQ", "retest": [], "attended": ["TC-OQ-0001"]})
    with pytest.raises(Refused, match="TC-OQ-0001 is carried out by a person"):
        scaling._formal(state, order, 2, "")
