"""The probes of MLflow against the real server with accounts of its own: who may what, runs, models, and every way in which they can be other."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import requests

from csvgen.canonical import digest
from csvgen.clock import SystemClock
from csvgen.pipeline.experiments import Server
from csvgen.targets.mlflow.part import part
from csvgen.targets.mlflow.settings import Mlflow
from csvgen.views import Unanswered

from ...counterparts.mlflow_server import ADMIN, Tracker, with_accounts

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::Warning:mlflow", "ignore::DeprecationWarning")]
PASSWORD = "a password of this test"
OTHERS = ("pipeline", "reader")


@dataclass
class Lab:
    """A server with people, an experiment, a run under a ticket, and a model version of each kind."""

    server: Tracker
    run: str = ""
    logged: str = ""
    home: str = ""

    def act(self, path: str, body: dict[str, Any], verb: str = "POST") -> Any:
        answer = requests.request(verb, f"{self.server.url}{path}", json=body, auth=(ADMIN, PASSWORD), timeout=30)
        answer.raise_for_status()
        return answer.json()

    def grant(self, who: str, kind: str, identity: str, level: str) -> None:
        body = {"username": who, "resource_type": kind, "resource_id": identity, "permission": level}
        self.act("/api/3.0/mlflow/users/permissions/grant", body)

    def probe(self, name: str, user: str = ADMIN, **more: Any) -> dict[str, str]:
        values = {
            "url": self.server.url, "user": user, "password": {"env": "MLFLOW_PROBE_PASSWORD"}, "experiment": "qc",
            "models": ["potency/1", "potency/2"], "counterpart": {"kind": "real server", "name": "MLflow", "version": version("mlflow-skinny")},
        }  # fmt: skip
        found = part(Mlflow.model_validate(values | more), SystemClock()).probes[name]()
        assert all(f"[real server MLflow {version('mlflow-skinny')}]" in f.source for f in found)
        assert PASSWORD not in repr(found)
        return {f.name: f.value for f in found}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("mlflow")
    kept = {k: os.environ.get(k) for k in ("MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD", "MLFLOW_PROBE_PASSWORD")}
    os.environ |= {"MLFLOW_TRACKING_USERNAME": ADMIN, "MLFLOW_TRACKING_PASSWORD": PASSWORD, "MLFLOW_PROBE_PASSWORD": PASSWORD}
    try:
        with with_accounts(folder, PASSWORD) as server:
            yield filled(Lab(server), folder)
    finally:
        for name, value in kept.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def filled(lab: Lab, folder: Path) -> Lab:
    client = lab.server.client
    for who in OTHERS:
        lab.act("/api/2.0/mlflow/users/create", {"username": who, "password": PASSWORD})
    lab.home = client.create_experiment("qc")
    run = client.create_run(lab.home, run_name="RUN-0001").info.run_id
    client.log_param(run, "change_ticket", "CHG-17")
    client.set_tag(run, "change_ticket", "CHG-17")
    for step, value in enumerate((0.5, 1.0, 1e-9)):
        client.log_metric(run, "loss", value, step=step)
    (folder / "model" / "weights").mkdir(parents=True)
    (folder / "model" / "weights" / "a.bin").write_bytes(b"\x00\x01weights")
    (folder / "model" / "model.json").write_text('{"kind": "linear"}')
    client.log_artifacts(run, str(folder / "model"), "model")
    client.set_terminated(run)
    client.create_registered_model("potency")
    client.create_model_version("potency", f"runs:/{run}/model", run)
    logged = client.create_logged_model(lab.home, name="second", source_run_id=run)
    client.log_model_artifacts(logged.model_id, str(folder / "model"))
    client.finalize_logged_model(logged.model_id, "READY")
    client.create_model_version("potency", f"models:/{logged.model_id}", run, model_id=logged.model_id)
    client.set_registered_model_alias("potency", "released", "1")
    lab.grant("pipeline", "experiment", lab.home, "EDIT")
    lab.grant("reader", "experiment", lab.home, "READ")
    lab.run, lab.logged = run, logged.model_id
    return lab


def dump(lab: Lab) -> list[list[str]]:
    """Everything that the server keeps, of runs and of accounts."""
    found = []
    for name in ("mlflow.db", "accounts.db"):
        with sqlite3.connect(lab.server.folder / name) as connection:
            found.append(sorted(connection.iterdump()))
    return found


def test_who_may_do_what_and_that_nothing_is_changed_by_asking(lab: Lab) -> None:
    before = dump(lab)
    told = lab.probe("server")
    assert told == {
        "version": version("mlflow-skinny"), "authentication is on": "yes", "probed as": ADMIN, "probed as an administrator": "yes",
    }  # fmt: skip
    rights = lab.probe("rights")
    assert (rights["accounts"], rights["administrators"]) == ("3", ADMIN)
    assert rights["who may read runs of qc"] == f"{ADMIN}; pipeline; reader"
    assert rights["who may change runs of qc"] == f"{ADMIN}; pipeline"
    assert rights["who may delete runs of qc"] == ADMIN
    assert rights["who may read versions of potency"] == ADMIN
    for probe in ("experiment", "runs", "model-versions", "model-digests"):
        lab.probe(probe)
    lab.probe("sealed-runs", sealed_runs={lab.run: digest("x")})
    assert dump(lab) == before


def test_a_right_that_was_given_is_told_also_one_on_all_runs(lab: Lab) -> None:
    lab.grant("reader", "registered_model", "potency", "MANAGE")
    assert lab.probe("rights")["who may delete versions of potency"] == f"{ADMIN}; reader"
    lab.grant("reader", "run", "*", "EDIT")
    assert lab.probe("rights")["who may change runs of qc"] == f"{ADMIN}; pipeline; reader"
    answer = requests.post(
        f"{lab.server.url}/api/2.0/mlflow/runs/set-tag", json={"run_id": lab.run, "key": "seen", "value": "x"}, auth=("reader", PASSWORD), timeout=30,
    )  # fmt: skip
    assert answer.status_code == 200, "the server itself lets them: what was told is so"
    lab.server.client.delete_tag(lab.run, "seen")


def test_credentials_that_do_not_suffice_are_no_answer(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Unanswered, match="no permission"):
        lab.probe("rights", user="pipeline", models=[])
    with pytest.raises(Unanswered, match="missing, wrong or expired"):
        lab.probe("runs", user=None, password=None)
    monkeypatch.setenv("MLFLOW_PROBE_PASSWORD", "wrong")
    with pytest.raises(Unanswered, match="missing, wrong or expired"):
        lab.probe("server")


def test_runs_under_a_change_ticket(lab: Lab) -> None:
    client = lab.server.client
    told = lab.probe("runs")
    assert (told["runs"], told["runs without a change ticket"], told["tickets"], told["ticket of the latest run"]) == (
        "1",
        "(none)",
        "CHG-17",
        "CHG-17",
    )
    assert (
        told["runs whose tag and parameter differ"]
        == told["runs with metrics from after their end"]
        == told["runs that were deleted"]
        == "(none)"
    )
    client.set_tag(lab.run, "change_ticket", "CHG-99")
    assert lab.probe("runs")["runs whose tag and parameter differ"] == lab.run
    client.set_tag(lab.run, "change_ticket", "CHG-17")
    only_tag = client.create_run(lab.home, tags={"change_ticket": "CHG-18"}).info.run_id
    without = client.create_run(lab.home).info.run_id
    client.set_terminated(without)
    client.log_metric(without, "loss", 0.0, timestamp=4_102_444_800_000)
    told = lab.probe("runs")
    assert (told["runs whose ticket is a tag alone"], told["runs that have not ended"]) == (only_tag, only_tag)
    assert (told["runs without a change ticket"], told["runs with metrics from after their end"]) == (without, without)
    for run in (only_tag, without):
        client.delete_run(run)
    told = lab.probe("runs")
    assert (told["runs"], set(told["runs that were deleted"].split("; "))) == ("1", {only_tag, without})
    with pytest.raises(Unanswered, match="no experiment 'other'"):
        lab.probe("runs", experiment="other")


def test_a_run_is_read_as_the_pipeline_seals_it(lab: Lab) -> None:
    """The same digest by MLflow's own client and by GET alone: metrics with their history, files below folders, what it is linked with."""
    seal = digest(Server(lab.server.url).shown(lab.run))
    told = lab.probe("sealed-runs", sealed_runs={lab.run: seal})
    assert told[f"digest of {lab.run}"] == seal
    assert (told["runs that are not as they were sealed"], told["runs without such a record"]) == ("(none)", lab.run)
    lab.server.client.set_tag(lab.run, "change_ticket", "CHG-99")
    assert lab.probe("sealed-runs", sealed_runs={lab.run: seal})["runs that are not as they were sealed"] == lab.run
    lab.server.client.set_tag(lab.run, "change_ticket", "CHG-17")
    assert lab.probe("sealed-runs", sealed_runs={lab.run: seal})["runs that are not as they were sealed"] == "(none)"
    assert lab.probe("sealed-runs", sealed_runs={"0" * 32: seal})["runs that are gone"] == "0" * 32


def test_models_and_their_bytes(lab: Lab) -> None:
    told = lab.probe("model-versions")
    for which in ("potency/1", "potency/2"):
        assert (told[f"{which} is there"], told[f"source run of {which}"], told[f"ticket of {which}"]) == (
            "yes",
            lab.run,
            "CHG-17",
        )
        assert (told[f"experiment of {which}"], told[f"source run of {which} ended"]) == ("qc", "yes")
    assert (told["aliases of potency/1"], told["aliases of potency/2"]) == ("released", "(none)")
    assert lab.probe("model-versions", models=["potency/9"])["potency/9 is there"] == "no"
    first = lab.probe("model-digests")
    assert first["digest of potency/1"] == first["digest of potency/2"], "the same files by either way of keeping them"
    assert (first["files of potency/1"], first["versions that nobody signed"]) == ("2", "potency/1; potency/2")
    signed = {w: first[f"digest of {w}"] for w in ("potency/1", "potency/2")}
    told = lab.probe("model-digests", signed_models=signed)
    assert told["versions that nobody signed"] == told["versions with other bytes than were signed"] == "(none)"
    lab.server.client.log_text(lab.run, "{}", "model/model.json")
    told = lab.probe("model-digests", signed_models=signed)
    assert told["versions with other bytes than were signed"] == "potency/1", (
        "a file put in the place of another after the registration"
    )
    stored = next((lab.server.folder / "artifacts").rglob(f"{lab.logged}/**/a.bin"))
    stored.write_bytes(b"other")
    assert (
        lab.probe("model-digests", signed_models=signed)["versions with other bytes than were signed"] == "potency/1; potency/2"
    )


def test_without_a_server_nothing_is_known() -> None:
    values = {
        "url": "http://127.0.0.1:9",
        "experiment": "qc",
        "counterpart": {"kind": "real server", "name": "MLflow", "version": "3"},
    }
    for name, probe in part(Mlflow.model_validate(values), SystemClock()).probes.items():
        with pytest.raises(
            Unanswered, match="do not say" if name == "sealed-runs" or name.startswith("model-") else "no network"
        ):
            probe()
