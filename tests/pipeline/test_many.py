"""Many lots at once: the same records as one by one, whatever single lots, workers and the process itself do."""

from __future__ import annotations

import dataclasses
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from csvgen.canonical import canonical_json, digest, digest_bytes
from csvgen.clock import SystemClock
from csvgen.errors import BadInput, NotIntact, Refused
from csvgen.pipeline.flow.approved import Approved
from csvgen.pipeline.flow.bundle import Bundle, InProcess, pins_now
from csvgen.pipeline.flow.definition import Definition
from csvgen.pipeline.flow.flows import Flows, Given
from csvgen.pipeline.flow.record import RunRecord
from csvgen.pipeline.many import Batch, Task
from csvgen.pipeline.workers import _AHEAD, GROUP, Crew, Job

from .conftest import Lab

STEPS = """
import os
from decimal import Decimal
from pathlib import Path

from csvgen.canonical import canonical_json
from csvgen.errors import BadInput
from csvgen.pipeline.flow.step import Made, Work


def mean(work: Work) -> Made:
    words = work.inputs["readings"].decode().split()
    if words[0] == "kill":
        os.kill(os.getpid(), 9)
    if words[0] == "kill-once" and not Path(words[1]).exists():
        Path(words[1]).touch()
        os.kill(os.getpid(), 9)
    if words[0] == "unsuitable":
        return Made({}, {"spread": "7"}, "the spread is 7, at most 5 is allowed")
    if words[0] == "unreadable":
        raise BadInput("no number: 'unreadable'", where="readings:1")
    numbers = [Decimal(w) for w in words[words[0] == "kill-once" and 2 or 0 :]]
    value = sum(numbers) / len(numbers) * Decimal(work.parameters["factor"])
    row = {"name": "mean", "reported": str(value), "unit": "mg", "limit": "at least 1", "verdict": "in" if value >= 1 else "out"}
    return Made({"values": canonical_json([row])}, {"count": str(len(numbers))})
"""
DEFINITION = {
    "format": "csvgen.pipeline/1", "id": "means", "version": "1.0", "title": "Means", "subject": "lot",
    "inputs": [{"name": "readings", "title": "Readings"}],
    "steps": [{"id": "mean", "version": "1.0", "title": "Mean", "function": "mean:mean", "takes": ["readings"], "gives": ["values"],
               "parameters": ["factor"]}],
    "results": ["values"],
}  # fmt: skip


def lots(count: int = 40, seed: int = 7) -> list[Task]:
    """Made readings, always the same."""
    chance = random.Random(seed)
    return [lot(n, " ".join(f"{chance.uniform(0.5, 9):.4f}" for _ in range(3))) for n in range(count)]


def lot(number: int, readings: str, **more: Any) -> Task:
    given = {"readings": Given(f"file/L-{number}:r.txt", 1, readings.encode(), "r.txt")}
    return Task(f"lot/L-{number:05d}", given, {"factor": "2.5"}, **more)


class Plant:
    """An instance with the approved pipeline `means`."""

    def __init__(self, home: Path, folder: Path) -> None:
        (folder / "bundle").mkdir(exist_ok=True)
        (folder / "bundle" / "mean.py").write_text(STEPS)
        self.folder = folder
        self.lab = Lab(home)
        self.core: Any = self.lab.app._core
        self.acting = self.core.directory.session(self.lab.session("analyst"))

    def approve(self, *_: object) -> Approved:
        definition, bundle = Definition.model_validate(DEFINITION), Bundle(self.folder / "bundle")
        return Approved("ART-0007", definition, bundle, pins_now(definition, bundle), InProcess(bundle), "CHG-17", "0f" * 20)

    def batch(self, **settings: Any) -> Batch:
        return Batch(self.core, "means", approve=self.approve, **{"workers": 2, **settings})

    def runs(self) -> dict[str, RunRecord]:
        found = [RunRecord.model_validate(v.content) for v in self.core.ledger.all("run")]
        assert len({r.subject for r in found}) == len(found), "a lot was done twice"
        return {r.subject: r for r in found}


@pytest.fixture
def plant(home: Path, tmp_path: Path) -> Iterator[Plant]:
    made = Plant(home, tmp_path)
    yield made
    made.lab.app.close()


def test_the_same_as_one_by_one(plant: Plant) -> None:
    tasks = lots()
    batch = plant.batch(part=15).perform(plant.acting, tasks)
    assert (batch.performed, batch.failed, batch.parts, batch.state) == (40, 0, 3, "closed")
    runs = plant.runs()
    assert [runs[t.subject].id for t in tasks] == [f"RUN-{n:04d}" for n in range(1, 41)]
    flows = Flows(plant.core, plant.approve)
    for task in tasks:
        alone = flows.perform(plant.acting, "means", task.subject, task.given, task.parameters).record
        ours = runs[task.subject]
        apart = {"id", "started", "ended"}
        assert ours.model_dump(exclude={*apart, "steps"}) == alone.model_dump(exclude={*apart, "steps"})
        clockless = [[s.model_dump(exclude={"started", "ended"}) for s in r.steps] for r in (ours, alone)]
        assert clockless[0] == clockless[1]
    assert batch.outputs == digest({t.subject: runs[t.subject].outputs for t in tasks})
    assert plant.core.ledger.problems() == ()


def test_the_digest_knows_no_order(plant: Plant) -> None:
    tasks = lots()
    shuffled = random.Random(3).sample(tasks, len(tasks))
    first = plant.batch(workers=2, part=7).perform(plant.acting, tasks)
    second = plant.batch(workers=1, part=250).perform(plant.acting, shuffled)
    other = plant.batch(workers=1).perform(plant.acting, lots(seed=8))
    assert first.outputs == second.outputs
    assert first.outputs != other.outputs


def test_a_lot_that_fails_is_told_and_the_others_are_there(plant: Plant) -> None:
    tasks = lots(20)
    tasks[3] = lot(3, "unreadable")
    tasks[5] = lot(5, "1.0 x")
    tasks[7] = lot(7, "unsuitable")
    tasks[9] = Task("lot/L-00009", refused="no file that can be processed")
    tasks[11] = lot(10, "1 1 1")  # a second lot of the name of the one before
    batch = plant.batch(part=6).perform(plant.acting, tasks)
    failures = plant.batch().failures(batch.id)
    assert failures.keys() == {"lot/L-00003", "lot/L-00005", "lot/L-00009", "lot/L-00010 #2"}
    assert failures["lot/L-00003"] == "readings:1: no number: 'unreadable'"
    assert failures["lot/L-00005"].startswith("the step broke: InvalidOperation")
    assert failures["lot/L-00009"] == "no file that can be processed"
    assert "already" in failures["lot/L-00010 #2"]
    assert (batch.performed, batch.failed) == (16, 4)
    runs = plant.runs()
    assert runs["lot/L-00007"].valid == "no"
    assert runs["lot/L-00007"].why == "the spread is 7, at most 5 is allowed"
    assert runs["lot/L-00010"].inputs["readings"].sha256 == digest_bytes(tasks[10].given["readings"].data)
    told = {e.record: e.reason for e in plant.core.ledger.events(action="process-refused")}
    assert told == failures


def test_a_worker_that_is_killed_loses_nothing(plant: Plant, tmp_path: Path) -> None:
    tasks = lots(2 * GROUP + 10)
    tasks[4] = lot(4, "kill")
    tasks[GROUP + 2] = lot(GROUP + 2, f"kill-once {tmp_path / 'killed'} 2 4")
    batch = plant.batch().perform(plant.acting, tasks)
    assert (tmp_path / "killed").exists()
    assert plant.batch().failures(batch.id) == {"lot/L-00004": "its worker was killed, 2 times"}
    assert plant.runs().keys() == {t.subject for t in tasks} - {"lot/L-00004"}
    healthy = plant.batch().perform(plant.acting, [t for n, t in enumerate(tasks) if n != 4])
    assert healthy.outputs == digest(dict(plant.core.ledger.latest("batch-part", "BATCH-0001:00001").content["outputs"]))


def test_an_interrupted_batch_goes_on_where_it_was(plant: Plant) -> None:
    tasks = lots(260)
    whole = plant.batch(part=20).perform(plant.acting, tasks)

    def until_interrupted() -> Iterable[Task]:
        yield from tasks[:220]
        raise KeyboardInterrupt

    before = plant.core.ledger.head().count
    with pytest.raises(KeyboardInterrupt):
        Batch(plant.core, "means", approve=plant.approve, workers=1, part=20).perform(plant.acting, until_interrupted())
    open_batch = plant.core.ledger.latest("batch", "BATCH-0002").content
    assert open_batch["state"] == "open"
    done = sum(len(p.runs) for p in plant.batch().parts("BATCH-0002"))
    assert 0 < done < 220
    assert done % 20 == 0
    assert plant.core.ledger.head().count > before
    again = plant.batch(part=20).perform(plant.acting, tasks, resume="BATCH-0002")
    assert (again.id, again.performed, again.outputs) == ("BATCH-0002", 260, whole.outputs)
    subjects = [s for p in plant.batch().parts("BATCH-0002") for s in p.runs]
    assert sorted(subjects) == [t.subject for t in tasks]
    with pytest.raises(Refused, match="is closed"):
        plant.batch().perform(plant.acting, tasks, resume="BATCH-0002")
    with pytest.raises(BadInput, match="no batch"):
        plant.batch().perform(plant.acting, tasks, resume="BATCH-0009")


PROCESS = """
    import os, signal, sys
    from pathlib import Path
    from tests.pipeline.test_many import Plant, lots, killing

    if __name__ == "__main__":
        plant = Plant(Path(sys.argv[1]), Path(sys.argv[2]))
        plant.batch(part=10).perform(plant.acting, lots(100), killing(45))
"""


def killing(after: int) -> Any:
    """Writing run records until, in the middle of a change, this process is killed."""
    seen: list[str] = []

    def write(change: Any, task: Task, performed: Any) -> None:
        seen.append(task.subject)
        if len(seen) > after:
            sys.stdout.write(" ".join(str(child.pid) for child in multiprocessing.active_children()))
            sys.stdout.flush()
            os.kill(os.getpid(), signal.SIGKILL)
        change.put("run", performed.record.id, performed.record.model_dump())

    return write


def _alive(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False


def test_a_process_that_is_killed_in_the_middle_of_a_change(home: Path, tmp_path: Path) -> None:
    script = tmp_path / "killed.py"
    script.write_text(textwrap.dedent(PROCESS))
    root = str(Path(__file__).parents[2])
    done = subprocess.run(
        [sys.executable, str(script), str(home), str(tmp_path)],
        env={**os.environ, "PYTHONPATH": root},
        cwd=root,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    workers = [int(pid) for pid in done.stdout.split()]
    assert len(workers) == 2
    until = time.monotonic() + 30
    while (left := [pid for pid in workers if _alive(pid)]) and time.monotonic() < until:
        time.sleep(0.05)
    assert left == [], "workers end with the process they work for"
    plant = Plant(home, tmp_path)  # the lock of the dead process is gone with it
    assert len(plant.runs()) == 40
    assert [len(p.runs) for p in plant.batch().parts("BATCH-0001")] == [10, 10, 10, 10]
    batch = plant.batch(part=10).perform(plant.acting, lots(100), resume="BATCH-0001")
    assert batch.performed == 100
    assert plant.runs().keys() == {t.subject for t in lots(100)}
    assert plant.batch().perform(plant.acting, lots(100)).outputs == batch.outputs
    assert plant.core.ledger.problems() == ()
    plant.lab.app.close()


def test_what_follows_may_be_refused_for_one(plant: Plant) -> None:
    def write(change: Any, task: Task, performed: Any) -> None:
        change.put("run", performed.record.id, performed.record.model_dump())
        if task.subject.endswith("4"):
            raise Refused("lot L-4 is released; it is not processed again", rule="RR-F05")

    tasks = lots(12)
    batch = plant.batch().perform(plant.acting, tasks, write)
    assert plant.batch().failures(batch.id) == {"lot/L-00004": "lot L-4 is released; it is not processed again"}
    assert plant.runs().keys() == {t.subject for t in tasks} - {"lot/L-00004"}
    named = {str(p) for r in plant.runs().values() for p in r.products.values()} | {batch.table}
    lying = {f"sha256:{p.name}" for p in (plant.lab.home / "results").rglob("*") if p.is_file()}
    assert lying == named, "nothing is kept of what was refused"


def test_lots_are_taken_as_they_are_needed(plant: Plant) -> None:
    taken, lead, source = [0], [0], lots(600)

    def slowly() -> Iterator[Task]:
        for task in source:
            taken[0] += 1
            yield task

    def write(change: Any, task: Task, performed: Any) -> None:
        written = int(task.subject.removeprefix("lot/L-"))
        lead[0] = max(lead[0], taken[0] - written)
        change.put("run", performed.record.id, performed.record.model_dump())

    plant.batch(workers=2, part=20).perform(plant.acting, slowly(), write)
    assert 0 < lead[0] <= 20 + 2 * _AHEAD * GROUP + GROUP


def test_code_that_was_not_approved_runs_nowhere(plant: Plant) -> None:
    licence = plant.approve()
    job = Job("lot/L-1", {"readings": b"1 2 3"}, {"factor": "1"})
    wrong = licence.pins.model_copy(update={"code": digest("other")})
    crew = Crew(licence.definition, licence.bundle, wrong, licence.executor, 1)
    with pytest.raises(NotIntact, match="does not run"):
        list(crew.perform([job]))
    right = Crew(licence.definition, licence.bundle, licence.pins, licence.executor, 1)
    assert [d.failed for d in right.perform([job])] == [""]

    opened = plant.approve

    def changed(*_: object) -> Approved:
        (plant.folder / "bundle" / "mean.py").write_text(STEPS.replace("/ len(numbers)", ""))
        return opened()

    def stops() -> Iterator[Task]:
        yield from lots(3)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        plant.batch().perform(plant.acting, stops())
    with pytest.raises(NotIntact, match="began with another code"):
        Batch(plant.core, "means", approve=changed).perform(plant.acting, lots(3), resume="BATCH-0001")


def test_an_approval_that_ends_meanwhile_stops_the_batch(plant: Plant) -> None:
    asked: list[tuple[object, ...]] = []

    def approve(*about: object) -> Approved:
        asked.append(about[2:])
        if about[2] == "OLD-01":
            raise Refused("version 1 of OLD-01 is no longer effective")
        if asked.count(("", 0)) > 2:
            raise Refused("artifact ART-0007 is withdrawn")
        return plant.approve()

    tasks = [dataclasses.replace(t, method="OLD-01" if n == 3 else "LIN-01", method_version=1) for n, t in enumerate(lots(30))]
    with pytest.raises(Refused, match="is withdrawn"):
        Batch(plant.core, "means", approve=approve, workers=1, part=10).perform(plant.acting, tasks)
    assert len(plant.runs()) == 9
    assert plant.batch().failures("BATCH-0001") == {"lot/L-00003": "version 1 of OLD-01 is no longer effective"}
    assert {r.method for r in plant.runs().values()} == {"LIN-01"}
    assert sum(a == ("LIN-01", 1) for a in asked) == 1
    assert plant.core.ledger.latest("batch", "BATCH-0001").content["state"] == "open"


def test_the_table_of_a_batch(plant: Plant) -> None:
    tasks = lots(12)
    tasks[2] = lot(2, "0.1 0.1")
    batch = plant.batch().perform(plant.acting, tasks)
    table = plant.batch().table(batch.id)
    assert table.columns == ["subject", "run", "product", "name", "reported", "unit", "limit", "verdict"]
    assert table["subject"].to_list() == [t.subject for t in tasks]
    assert table.row(2) == ("lot/L-00002", "RUN-0003", "values", "mean", "0.25", "mg", "at least 1", "out")
    path = plant.lab.home / "results" / batch.table[7:9] / batch.table[7:]
    path.chmod(0o644)
    path.write_bytes(path.read_bytes().replace(b",out", b",in"))
    with pytest.raises(NotIntact):
        plant.batch().table(batch.id)


def test_a_product_that_changed_meanwhile_is_not_put_into_the_table(plant: Plant) -> None:
    def write(change: Any, task: Task, performed: Any) -> None:
        change.put("run", performed.record.id, performed.record.model_dump())
        if task.subject == "lot/L-00001":
            sha256 = performed.record.products["values"]
            path = plant.lab.home / "results" / sha256[7:9] / sha256[7:]
            path.chmod(0o644)
            path.write_bytes(canonical_json([{"name": "mean", "reported": "100"}]))

    with pytest.raises(NotIntact):
        plant.batch().perform(plant.acting, lots(3), write)


def test_the_clock_that_was_handed_in_is_the_workers_clock(plant: Plant) -> None:
    import datetime as dt

    plant.lab.clock.ahead = dt.timedelta(hours=5)
    plant.batch().perform(plant.acting, lots(2))
    for run in plant.runs().values():
        ahead = dt.datetime.fromisoformat(run.steps[0].started) - SystemClock().now()
        assert dt.timedelta(hours=4) < ahead < dt.timedelta(hours=5)
        assert run.started <= run.steps[0].started <= run.ended


SIGNALS = {"L-1": "1.000", "L-2": "0.800", "L-3": "1.010", "L-4": "1.020"}


def test_lots_of_an_instance_at_once_and_one_by_one(home: Path, installed: Path, tmp_path: Path) -> None:
    """QC release: the same records of lots, runs and investigations, whichever way."""
    other = Path(shutil.copytree(installed, tmp_path / "other"))
    single, many = Lab(other), Lab(home)
    for lab in (single, many):
        for name, measured in SIGNALS.items():
            assert lab.ingest(name, lab.plate(measured)).accepted
    for name in SIGNALS:
        single.process(name)
    outcome = many.app.many.process_many(many.session("analyst"), [*SIGNALS, "L-9"], workers=2)
    assert (outcome.accepted, outcome.facts["performed"], outcome.facts["failed"]) == (False, "4", "1")
    assert "no lot 'L-9'" in outcome.facts["lot/L-9"]
    for name in SIGNALS:
        for kind in ("lot", "status"):
            contents = [lab.app._core.ledger.latest(kind, name).content for lab in (single, many)]
            assert contents[0] == contents[1]
    runs = [{v.id: RunRecord.model_validate(v.content) for v in lab.app._core.ledger.all("run")} for lab in (single, many)]
    assert runs[0].keys() == runs[1].keys()
    for identity, run in runs[0].items():
        apart = {"started", "ended", "steps", "inputs"}
        assert run.model_dump(exclude=apart) == runs[1][identity].model_dump(exclude=apart)
        assert {n: i.sha256 for n, i in run.inputs.items()} == {n: i.sha256 for n, i in runs[1][identity].inputs.items()}
    opened = [[(v.id, v.content["reason"]) for v in lab.app._core.ledger.all("deviation")] for lab in (single, many)]
    assert opened[0] == opened[1]
    assert any("out of specification" in str(v.content) for v in many.app._core.ledger.all("deviation"))
    again = many.app.many.process_many(many.session("analyst"), SIGNALS, workers=1)
    assert again.facts["performed"] == "0"
    assert "signed assignable cause" in again.facts["lot/L-2"]
    with pytest.raises(Refused, match="may not"):
        many.app.many.process_many(many.session("reviewer"), SIGNALS)
    single.app.close()
    many.app.close()


def test_the_same_data_under_two_names_in_one_batch(lab: Lab) -> None:
    """When the second is taken in hand the first has no result yet; when it would be written, the first speaks against it."""
    for name in ("L-1", "L-2", "L-3"):
        lab.ingest(name, lab.plate("0.700" if name != "L-3" else "1.000"))
    outcome = lab.app.many.process_many(lab.session("analyst"), ["L-1", "L-2", "L-3"], workers=1)
    assert outcome.facts["performed"] == "2"
    assert "out of specification in RUN-0001" in outcome.facts["lot/L-2"]
    assert lab.app._core.state("L-2") == "registered"
