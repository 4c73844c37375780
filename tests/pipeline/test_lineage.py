"""OpenLineage events of runs: in the shape of the specification, told when a run is on record, and never a reason to lose one."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from csvgen.errors import BadInput
from csvgen.pipeline.flow.flows import Flows
from csvgen.pipeline.instance import Settings
from csvgen.pipeline.lineage import Lineage
from csvgen.pipeline.runs import Runs

from .flowing import UNIT, Tiny, given

pytest.importorskip("openlineage")
SCHEMA = json.loads((Path(__file__).parent / "data" / "openlineage" / "RunEvent.json").read_bytes())
FACETS = {"version": {"datasetVersion"}, "errorMessage": {"message", "programmingLanguage"}}
"""What the specification of each facet asks for beside producer and schema."""


class Told:
    def __init__(self, lab, tmp_path: Path) -> None:
        self.file = tmp_path / "lineage.jsonl"
        self.core, self.lab = lab.app._core, lab
        self.lineage = Lineage(self.file, "csvgen-tests")
        self.flows = Flows(self.core, approve=Tiny(tmp_path / "bundle").licence, lineage=self.lineage)
        self.acting = self.core.admit(lab.session("analyst"), "process")

    def run(self, data: bytes = b"1 2 3"):
        performed = self.flows.perform(self.acting, "tiny", "lot/L-1", given(data), UNIT)
        with self.flows.recorded(self.acting, performed):
            pass
        return performed.record

    def events(self) -> list[dict]:
        events = [json.loads(x) for x in self.file.read_text().splitlines()]
        judge = jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)
        for event in events:
            judge.validate(event)
            facets = [event["run"]["facets"], *(d["facets"] for d in (*event["inputs"], *event["outputs"]))]
            for name, facet in ((n, f) for fs in facets for n, f in fs.items()):
                assert FACETS.get(name, set()) <= set(facet), name
        return events


@pytest.fixture
def told(lab, tmp_path: Path) -> Told:
    return Told(lab, tmp_path)


def test_a_run_tells_its_start_and_its_end(told: Told) -> None:
    record = told.run()
    start, end = told.events()
    assert [start["eventType"], end["eventType"]] == ["START", "COMPLETE"]
    assert start["run"]["runId"] == end["run"]["runId"]
    assert (end["job"]["namespace"], end["job"]["name"]) == ("csvgen-tests", "tiny")
    assert end["inputs"][0]["name"] == "file/L-1:table.txt"
    assert end["inputs"][0]["facets"]["version"]["datasetVersion"] == f"1 {record.inputs['table'].sha256}"
    assert {o["name"]: o["facets"]["version"]["datasetVersion"] for o in end["outputs"]} == {
        f"RUN-0001/{name}": sha256 for name, sha256 in record.products.items()
    }
    facet = end["run"]["facets"]["csvgen"]
    assert (facet["ticket"], facet["commit"], facet["artifact"], facet["record"]) == (
        "CHG-100",
        "0a1b2c3",
        "ART-0001",
        "RUN-0001",
    )
    assert (start["eventTime"], end["eventTime"]) == (record.started, record.ended)


def test_the_validator_can_say_no(told: Told) -> None:
    told.run()
    event = told.events()[0]
    for broken in (
        event | {"eventTime": "yesterday"},
        event | {"run": {"runId": "RUN-1"}},
        {k: v for k, v in event.items() if k != "job"},
    ):
        told.file.write_text(json.dumps(broken))
        with pytest.raises(jsonschema.ValidationError):
            told.events()


def test_end_is_told_when_the_run_is_on_record_and_not_before(told: Told) -> None:
    performed = told.flows.perform(told.acting, "tiny", "lot/L-1", given(), UNIT)
    assert [e["eventType"] for e in told.events()] == ["START"]
    with pytest.raises(ZeroDivisionError), told.flows.recorded(told.acting, performed):
        raise ZeroDivisionError
    assert [e["eventType"] for e in told.events()] == ["START"]


def test_a_refusal_and_an_invalid_run_are_told_as_failures(told: Told) -> None:
    with pytest.raises(BadInput):
        told.run(b" ")
    told.run(b"1 unsuitable")
    events = told.events()
    assert [e["eventType"] for e in events] == ["START", "FAIL", "START", "FAIL"]
    assert [e["run"]["facets"]["errorMessage"]["message"] for e in events[1::2]] == [
        "the table is empty",
        "system suitability not met",
    ]
    assert events[0]["run"]["runId"] == events[1]["run"]["runId"] != events[2]["run"]["runId"], (
        "the refused run left its number to the next"
    )


def test_when_nobody_can_be_told_the_run_stays_and_the_trail_says_so(told: Told) -> None:
    told.file.mkdir()
    record = told.run()
    assert told.core.ledger.latest("run", record.id) is not None
    failed = told.lab.events("lineage-failed")
    assert len(failed) == 2
    assert all("nobody was told of a run" in e.reason for e in failed)


def test_a_recorded_run_can_be_told_again(told: Told) -> None:
    record = told.run()
    told.file.unlink()
    told.lineage.complete(record)
    assert [e["eventType"] for e in told.events()] == ["COMPLETE"]


def test_two_instances_are_not_taken_for_one_another(told: Told, tmp_path: Path) -> None:
    record = told.run()
    other = Lineage(tmp_path / "other.jsonl", "another-instance")
    other.complete(record)
    mine, theirs = told.events()[-1], json.loads(other.path.read_text())
    assert mine["run"]["runId"] != theirs["run"]["runId"]


def test_the_settings_of_an_instance_say_where_events_go(told: Told, tmp_path: Path) -> None:
    tiny = Tiny(tmp_path / "another")
    assert not list(told.core.home.glob("*.jsonl"))
    told.core.settings = Settings(lineage="events.jsonl")
    told.flows = Flows(told.core, approve=tiny.licence)
    told.run()
    events = [json.loads(x) for x in (told.core.home / "events.jsonl").read_text().splitlines()]
    assert [e["eventType"] for e in events] == ["START", "COMPLETE"]
    assert events[0]["job"]["namespace"] == told.core.keys.fingerprint


def test_processing_a_lot_tells_its_end_too(lab) -> None:
    core = lab.app._core
    core.settings = Settings(lineage="events.jsonl")
    lab.app.runs = Runs(core)
    lab.processed("L-1")
    events = [json.loads(x) for x in (core.home / "events.jsonl").read_text().splitlines()]
    assert [e["eventType"] for e in events] == ["START", "COMPLETE"]
    assert events[1]["run"]["facets"]["csvgen"]["record"] == "RUN-0001"
    assert events[1]["outputs"]
