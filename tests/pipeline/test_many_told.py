"""Runs of a batch are told to others as single runs are, and what a batch keeps is known to the check of stray files."""

from __future__ import annotations

import json

import pytest

from csvgen.pipeline.flow import check
from csvgen.pipeline.flow.flows import Flows
from csvgen.pipeline.instance import Settings
from csvgen.pipeline.many import BatchRecord

from .test_many import Plant, lot, lots


@pytest.fixture
def plant(home, tmp_path):
    Settings(lineage="lineage.jsonl").write(home)
    made = Plant(home, tmp_path)
    yield made
    made.lab.app.close()


def events(plant: Plant) -> list[dict]:
    return [json.loads(text) for text in (plant.lab.home / "lineage.jsonl").read_text().splitlines()]


def about(event: dict) -> tuple[str, str, str]:
    return event["run"]["facets"]["csvgen"]["record"], event["run"]["facets"]["csvgen"]["subject"], event["eventType"]


def test_each_run_of_a_batch_is_told_as_a_single_one(plant):
    pytest.importorskip("openlineage")
    tasks = lots(5)
    tasks[2] = lot(2, "unsuitable")
    tasks[3] = lot(3, "unreadable")
    plant.batch(part=2).perform(plant.acting, tasks)
    told, runs = events(plant), plant.runs()
    ends = {subject: "FAIL" if subject == "lot/L-00002" else "COMPLETE" for subject in runs}
    assert [about(e) for e in told] == [
        each for s, r in sorted(runs.items()) for each in ((r.id, s, "START"), (r.id, s, ends[s]))
    ], "the lot that gave no run is told in the trail alone"
    flows = Flows(plant.core, plant.approve)
    alone = flows.perform(plant.acting, "means", tasks[0].subject, tasks[0].given, tasks[0].parameters)
    with flows.recorded(plant.acting, alone):
        pass
    single, first = events(plant)[-1], next(e for e in told if about(e)[1:] == (tasks[0].subject, "COMPLETE"))
    assert single["inputs"] == first["inputs"]
    assert [o["facets"] for o in single["outputs"]] == [o["facets"] for o in first["outputs"]]


def test_a_file_that_cannot_be_written_loses_no_run(plant):
    pytest.importorskip("openlineage")
    (plant.lab.home / "lineage.jsonl").mkdir()
    batch = plant.batch().perform(plant.acting, lots(3))
    assert batch.performed == 3
    assert len(plant.lab.events("lineage-failed")) == 1


def test_the_table_of_a_batch_is_no_stray_file(plant):
    batch = plant.batch().perform(plant.acting, lots(3))
    record, _ = plant.core.known("batch", batch.id, BatchRecord)
    assert record.table
    assert check.orphans(plant.core) == ()
    with plant.core.results.kept(b"named by nothing", "stray") as stray:
        pass
    assert check.orphans(plant.core) == (stray,)
