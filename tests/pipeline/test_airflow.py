"""The same steps one at a time, as an orchestrator asks for them; and under a real Airflow 3, by hand and through its server."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from csvgen.canonical import canonical_json, digest_bytes, read_canonical
from csvgen.clock import SystemClock
from csvgen.crypto.trust import Trust
from csvgen.errors import BadInput, NotIntact
from csvgen.pipeline import stepwise
from csvgen.pipeline.flow.bundle import Bundle, InProcess
from csvgen.pipeline.flow.definition import shipped
from csvgen.pipeline.flow.performing import Carried, carry_out
from csvgen.pipeline.flow.record import OutsideRecord, RunRecord
from csvgen.pipeline.qc import results
from csvgen.pipeline.stepwise import Answer, Deployment
from csvgen.targets.local.install import master
from csvgen.verification.outside import NOTHING
from csvgen.verification.verify import verify

from ..counterparts.airflow import USER, Airflow
from .conftest import Lab

EXAMPLE = Path(__file__).parents[2] / "examples" / "airflow"
CLOCK = SystemClock()
TOLD = {"name": "test", "run_id": "run-1", "operator": "a.analyst", "ticket": "CHG-17"}


@pytest.fixture(scope="module")
def deployed() -> Deployment:
    return stepwise.deploy("qc-release")


@dataclass
class Inbox:
    """Lots as an orchestrator finds them: a folder each."""

    folder: Path

    def lot(self, name: str, *signals: str) -> str:
        (self.folder / name).mkdir(parents=True)
        (self.folder / name / "plate.csv").write_bytes(Lab.plate(*signals))
        (self.folder / name / "parameters.json").write_bytes(canonical_json(self.parameters))
        return name

    @property
    def parameters(self) -> dict[str, str]:
        method = next(m for m in master().methods if m.id == "LIN-01")
        return results.parameters(method, "S1", ["potency"])

    def in_process(self, name: str) -> Carried:
        definition = shipped("qc-release")
        inputs = {"plate": (self.folder / name / "plate.csv").read_bytes()}
        return carry_out(
            definition,
            inputs,
            self.parameters,
            executor=InProcess(Bundle.shipped()),
            now=lambda: "",
            files={"plate": "plate.csv"},
        )

    def same(self, name: str, record: OutsideRecord) -> None:
        alone = self.in_process(name)
        assert record.outputs == alone.outputs(shipped("qc-release"))
        assert record.products == {n: digest_bytes(b) for n, b in alone.products.items()}
        assert record.facts == alone.facts
        clockless = [[s.model_dump(exclude={"started", "ended"}) for s in steps] for steps in (record.steps, alone.steps)]
        assert clockless[0] == clockless[1]


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    return Inbox(tmp_path / "inbox")


def walked(deployed: Deployment, inbox: Inbox, lot: str, store: Path) -> OutsideRecord:
    files = {"plate": str(inbox.folder / lot / "plate.csv")}
    work = stepwise.begin(deployed, store, f"lot/{lot}", files, inbox.parameters, TOLD, CLOCK)
    answers: list[Answer] = []
    for name in deployed.steps:
        answers.append(stepwise.step(work, name, tuple(answers), CLOCK))
    return stepwise.end(work, tuple(answers), CLOCK)


@pytest.mark.parametrize("signal", ["1.000", "0.800"])
def test_step_by_step_is_the_same_as_at_once(deployed: Deployment, inbox: Inbox, tmp_path: Path, signal: str) -> None:
    record = walked(deployed, inbox, inbox.lot("L-1", signal), tmp_path / "store")
    inbox.same("L-1", record)
    assert record.valid == "yes"
    assert record.ticket == "CHG-17"
    assert record.environment["orchestrator.run_id"] == "run-1"
    assert {s.state for s in record.steps} == {"performed", "not applicable"}


def test_what_an_orchestrator_made_is_never_taken_for_a_record_of_the_system(
    deployed: Deployment, inbox: Inbox, tmp_path: Path
) -> None:
    record = walked(deployed, inbox, inbox.lot("L-1", "1.000"), tmp_path / "store")
    said = record.model_dump()
    assert said["ledger"] == "none: no record of the system, no result of a lot"
    with pytest.raises(ValidationError):
        RunRecord.model_validate(said)
    path = tmp_path / "L-1.json"
    path.write_bytes(canonical_json(said))
    found = verify(path, Trust.none, NOTHING)
    assert found.kind == "steps of a pipeline performed outside of an instance"
    assert {c.name: c.outcome for c in found.checks} == {
        "run record agrees with itself": "holds",
        "it was made inside an instance": "fails",
        "it is the one the audit trail holds": "fails",
    }
    path.write_bytes(canonical_json({k: v for k, v in said.items() if k != "ledger"} | {"format": "csvgen.pipeline-run/1"}))
    found = verify(path, Trust.none, NOTHING)
    (check,) = found.failed
    assert check.name == "it was made inside an instance"
    assert check.detail == "it names no signed artifact; it tells of an orchestrator"


def test_an_invalid_run_stays_invalid(deployed: Deployment, inbox: Inbox, tmp_path: Path) -> None:
    inbox.lot("L-1", "1.000")
    bent = (("0", "0.000"), ("500", "0.900"), ("1000", "0.100"), ("1500", "1.500"))
    (inbox.folder / "L-1" / "plate.csv").write_bytes(Lab.plate("1.000", standards=bent))
    record = walked(deployed, inbox, "L-1", tmp_path / "store")
    assert (record.valid, record.products.keys() & {"potency-values"}) == ("no", set())
    assert record.why
    assert "not reached" in {s.state for s in record.steps}
    inbox.same("L-1", record)


def test_bytes_that_change_between_steps_are_found(deployed: Deployment, inbox: Inbox, tmp_path: Path) -> None:
    lot, store = inbox.lot("L-1", "1.000"), tmp_path / "store"
    work = stepwise.begin(
        deployed, store, "lot/L-1", {"plate": str(inbox.folder / lot / "plate.csv")}, inbox.parameters, TOLD, CLOCK
    )
    first = stepwise.step(work, deployed.steps[0], (), CLOCK)
    (sha256,) = first.step.outputs.values()
    path = store / sha256[7:9] / sha256[7:]
    path.chmod(0o644)
    path.write_bytes(path.read_bytes().replace(b"1.000", b"1.001"))
    with pytest.raises(NotIntact):
        stepwise.step(work, deployed.steps[1], (first,), CLOCK)
    with pytest.raises(BadInput, match="no step"):
        stepwise.step(work, "release", (first,), CLOCK)
    with pytest.raises(BadInput, match="not one for each step"):
        stepwise.end(work, (first,), CLOCK)
    with pytest.raises(BadInput, match="no input"):
        stepwise.begin(deployed, store, "lot/L-1", {"notes": str(path)}, {}, TOLD, CLOCK)
    with pytest.raises(BadInput, match="cannot be read"):
        stepwise.begin(deployed, store, "lot/L-1", {"plate": str(path / "none")}, {}, TOLD, CLOCK)


@pytest.mark.parametrize("part", ["code", "definition", "lock"])
def test_what_was_not_deployed_does_not_run(deployed: Deployment, inbox: Inbox, tmp_path: Path, part: str) -> None:
    lot = inbox.lot("L-1", "1.000")
    pins = deployed.pins.model_copy(update={part: "sha256:" + "0" * 64})
    with pytest.raises(NotIntact, match="does not run"):
        walked(deployed.model_copy(update={"pins": pins}), inbox, lot, tmp_path / "store")


def asked(verb: str, text: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "csvgen.pipeline.stepwise", *([verb] if verb else [])], input=text, capture_output=True, text=True, check=False
    )  # fmt: skip


def test_the_program(deployed: Deployment, inbox: Inbox, tmp_path: Path) -> None:
    made = asked("deploy", '{"pipeline": "qc-release"}')
    assert read_canonical(made.stdout.encode()) == json.loads(canonical_json(deployed))
    lot = inbox.lot("L-1", "1.000")
    request = {
        "deployment": json.loads(made.stdout), "store": str(tmp_path / "store"), "subject": f"lot/{lot}", "parameters": {},
        "files": {"plate": str(inbox.folder / lot / "plate.csv")}, "told": TOLD,
    }  # fmt: skip
    work = json.loads(asked("begin", json.dumps(request)).stdout)
    refused = asked("step", json.dumps({"work": work, "step": "calibration", "before": "none"}))
    assert (refused.returncode, refused.stdout) == (2, "")
    assert asked("step", json.dumps({"work": work, "step": "none", "before": []})).stderr.startswith(
        "pipeline qc-release has no step"
    )
    for verb, text in (
        ("", "{}"),
        ("undo", "{}"),
        ("begin", "{}"),
        ("begin", "[]"),
        ("deploy", "no json"),
        ("deploy", '{"pipeline": "x"}'),
    ):
        done = asked(verb, text)
        assert done.returncode != 0
        assert done.stdout == ""
        assert "Traceback" not in done.stderr


# ------------------------------------------------------------ the real orchestrator


@pytest.fixture
def under_airflow(inbox: Inbox, tmp_path: Path, deployed: Deployment) -> Airflow:
    shutil.copytree(EXAMPLE / "dags", tmp_path / "dags", ignore=shutil.ignore_patterns("__pycache__", "deployment.json"))
    (tmp_path / "dags" / "deployment.json").write_bytes(canonical_json(deployed))
    (tmp_path / "airflow").mkdir()
    environment = {
        "CSVGEN_PYTHON": sys.executable, "CSVGEN_WORK": str(tmp_path / "work"), "CSVGEN_INBOX": str(inbox.folder),
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
    }  # fmt: skip
    return Airflow(tmp_path / "airflow", tmp_path / "dags", {k: v for k, v in environment.items() if v})


def written(tmp_path: Path) -> Mapping[str, OutsideRecord]:
    found = (tmp_path / "work" / "runs").glob("*/*.json")
    return {p.stem: OutsideRecord.model_validate(read_canonical(p.read_bytes())) for p in found}


@pytest.mark.slow
@pytest.mark.needs("airflow")
def test_the_dag_by_hand(under_airflow: Airflow, inbox: Inbox, tmp_path: Path) -> None:
    lots = [inbox.lot("L-1", "1.000"), inbox.lot("L-2", "0.800")]
    done = under_airflow.test("qc_release", {"lots": lots, "ticket": "CHG-17", "note": "by hand"})
    assert done.returncode == 0, done.stdout[-3000:]
    records = written(tmp_path)
    assert records.keys() == set(lots)
    for name in lots:
        inbox.same(name, records[name])
    assert records["L-1"].outputs != records["L-2"].outputs
    assert records["L-1"].environment["orchestrator.note"] == "by hand"


@pytest.mark.slow
@pytest.mark.needs("airflow", "unshare", "nsenter", "ip")
def test_the_dag_through_the_server(under_airflow: Airflow, inbox: Inbox, tmp_path: Path) -> None:
    inbox.lot("L-1", "1.000")
    inbox.lot("L-2", "0.800")
    with under_airflow.standalone() as server:
        assert server.ask("GET", "/api/v2/dags/qc_release")[0] == 401
        assert server.log_in(password="wrong") == 401
        assert server.log_in() == 201
        conf = {"lots": ["L-1", "L-2"], "ticket": "CHG-18", "note": "second shift"}
        run = server.trigger("qc_release", conf, "second shift")
        assert run["state"] == "success", run
        assert (run["triggering_user_name"], run["note"]) == (USER, "second shift")
        refused = server.trigger("qc_release", {"lots": ["L-1", "../../etc"], "ticket": "CHG-18", "note": ""}, "hostile")
        assert refused["state"] == "failed"
        plate = inbox.folder / "L-1" / "plate.csv"
        plate.write_bytes(plate.read_bytes()[:60])
        broken = server.trigger("qc_release", conf, "a truncated file")
        assert broken["state"] == "failed"
    records: dict[str, Any] = {}
    for path in (tmp_path / "work" / "runs").glob("*/*.json"):
        records[f"{path.parent.name} {path.stem}"] = OutsideRecord.model_validate(read_canonical(path.read_bytes()))
    first = {key.rpartition(" ")[2]: r for key, r in records.items() if r.id == run["dag_run_id"]}
    assert first.keys() == {"L-1", "L-2"}
    told = first["L-1"].environment
    assert told["orchestrator.dag_id"] == "qc_release"
    assert told["orchestrator.run_id"] == run["dag_run_id"]
    assert told["orchestrator.operator"] == USER
    assert told["orchestrator.note"] == "second shift"
    assert (first["L-1"].ticket, first["L-1"].operator) == ("CHG-18", USER)
    for key in ("operator", "run_id"):
        assert first["L-2"].environment[f"orchestrator.{key}"] == told[f"orchestrator.{key}"]
    assert not [r for r in records.values() if r.id == refused["dag_run_id"]]
    left = [r.subject for r in records.values() if r.id == broken["dag_run_id"]]
    assert left == ["lot/L-2"], "the lot whose file is whole is not lost with the other"
    inbox_copy = Inbox(tmp_path / "again")
    inbox_copy.lot("L-1", "1.000")
    inbox_copy.same("L-1", first["L-1"])
