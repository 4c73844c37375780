"""pipeline process: several lots, all that wait, and workers; each lot by itself, with the digests it has alone."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from csvgen.cli import instance_many
from csvgen.cli.instances import Desk
from csvgen.pipeline.flow.record import RunRecord
from csvgen.pipeline.many import Batch

from .conftest import Lab

SIGNALS = {"L-1": "1.000", "L-2": "0.800", "L-3": "1.010", "L-4": "1.020"}
Door = Callable[..., Result]


@pytest.fixture
def door(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Door:
    """The command as it is, at the desk of a person who has logged in."""

    @contextmanager
    def at_desk(home: Path, person: str) -> Iterator[Desk]:
        assert home == lab.home
        yield Desk(lab.app, person, lab.session(person))

    monkeypatch.setattr(instance_many, "desk", at_desk)

    def call(*arguments: str, person: str = "analyst") -> Result:
        command = [*arguments, "--home", str(lab.home), "--as", person]
        return CliRunner().invoke(instance_many.process, command, standalone_mode=False)

    return call


def brought(lab: Lab, signals: dict[str, str] | None = None) -> None:
    for name, measured in (signals or SIGNALS).items():
        assert lab.ingest(name, lab.plate(measured)).accepted


def outputs(lab: Lab) -> dict[str, str]:
    runs = (RunRecord.model_validate(v.content) for v in lab.app._core.ledger.all("run"))
    return {r.subject: str(r.outputs) for r in runs}


def test_several_lots_each_by_itself(lab: Lab, door: Door) -> None:
    brought(lab)
    done = door("L-1", "L-9", "L-2", "L-1", "L-3", "--format", "json")
    told = json.loads(done.stdout)
    assert done.return_value == 1
    assert [o["accepted"] for o in told] == [True, False, True, False, True]
    assert told[1]["message"] == "lot L-9 is not processed: no lot 'L-9' is registered"
    assert "out of specification; investigation INV-0001 opened" in told[2]["message"]
    assert "signed assignable cause" in told[3]["facts"]["refused"]
    assert [line.split()[0] for line in done.stderr.splitlines()] == ["1/5", "2/5", "3/5", "4/5", "5/5"]
    assert outputs(lab).keys() == {"lot/L-1", "lot/L-2", "lot/L-3"}
    assert lab.app._core.state("L-4") == "registered"


def test_the_digests_are_those_of_one_by_one(lab: Lab, door: Door, installed: Path, tmp_path: Path) -> None:
    alone = Lab(Path(shutil.copytree(installed, tmp_path / "alone")))
    for each in (lab, alone):
        brought(each)
    for name in SIGNALS:
        alone.process(name)
    done = door("--all", "--workers", "2", "--format", "json")
    *lots, batch = json.loads(done.stdout)
    assert done.return_value == 0
    assert outputs(lab) == outputs(alone)
    assert [o["facts"]["outputs"] for o in lots] == [outputs(alone)[f"lot/{name}"] for name in SIGNALS]
    assert batch["message"] == "batch BATCH-0001: 4 lots processed, 0 not"
    alone.app.close()


def test_all_is_what_waits_for_processing_and_nothing_else(lab: Lab, door: Door) -> None:
    brought(lab)
    lab.process("L-1")
    lab.ingest("L-5", lab.plate("0.990"), instrument="PR-404")  # quarantined
    lab.ingest("L-6", lab.plate("0.991"), instrument="")  # a deviation waits for quality
    assert lab.app.many.waiting(lab.session("analyst")) == ("L-2", "L-3", "L-4", "L-6")
    done = door("--all")
    assert (done.return_value, len(done.stdout.splitlines())) == (0, 4)
    nothing = door("--all", "--format", "json")
    assert (nothing.return_value, json.loads(nothing.stdout)) == (0, [])
    assert "no lot waits for processing" in nothing.stderr


@pytest.mark.parametrize("workers", [(), ("--workers", "1")])
def test_an_invalid_run_is_no_success(lab: Lab, door: Door, workers: tuple[str, ...]) -> None:
    brought(lab)
    lab.ingest("L-7", lab.plate("1.000", standards=(("0", "0.9"), ("500", "0.1"), ("1000", "1.0"), ("1500", "0.2"))))
    done = door("L-1", "L-7", *workers, "--format", "json")
    told = json.loads(done.stdout)
    assert done.return_value == 1
    assert told[0]["accepted"]
    assert "is invalid" in told[1]["message"]
    assert not told[1]["accepted"]
    if workers:
        assert (told[2]["accepted"], told[2]["facts"]["performed"]) == (False, "2")


def test_a_batch_in_the_order_it_was_asked_for_and_who_may_not(lab: Lab, door: Door) -> None:
    brought(lab)
    done = door("L-4", "L-9", "L-2", "L-4", "--workers", "1", "--format", "json")
    told = json.loads(done.stdout)
    assert [o["message"].split(" ")[1] for o in told] == ["L-4", "L-4", "L-9", "L-2", "BATCH-0001:"]
    assert [o["accepted"] for o in told] == [True, False, False, True, False]
    before = len(lab.events("authority-refused"))
    refused = door("L-1", "L-3", person="reviewer")
    assert "may not process" in str(refused.exception)
    assert len(lab.events("authority-refused")) == before + 1, "once, not for each lot"
    assert "either LOTS or --all" in str(door("L-1", "--all").exception)
    assert "either LOTS or --all" in str(door().exception)


def test_an_interrupted_batch_is_gone_on_with(lab: Lab, door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    brought(lab)
    perform = Batch.perform

    def interrupted(batch: Batch, *given: object, seen: Callable[[str], None], **more: object) -> object:
        def first_only(subject: str) -> None:
            seen(subject)
            if subject == "lot/L-3":
                raise KeyboardInterrupt

        batch._part = 1
        return perform(batch, *given, seen=first_only, **more)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(Batch, "perform", interrupted)
        stopped = door("--all", "--workers", "1")
    assert isinstance(stopped.exception, KeyboardInterrupt | SystemExit) or stopped.exit_code != 0
    assert "--resume BATCH-0001" in stopped.stderr
    assert outputs(lab).keys() == {"lot/L-1", "lot/L-2"}
    done = door("--all", "--resume", "BATCH-0001", "--workers", "1", "--format", "json")
    *lots, batch = json.loads(done.stdout)
    assert [o["message"].split(" ")[1] for o in lots] == ["L-3", "L-4"]
    assert batch["facts"]["performed"] == "4"
    assert outputs(lab).keys() == {f"lot/{name}" for name in SIGNALS}
    assert lab.app.many.open_batches(lab.session("analyst")) == ()
