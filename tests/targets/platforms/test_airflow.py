"""The probes of Airflow against the real server (Airflow 3, SimpleAuthManager), in a network of its own: as approved, and in every way other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from csvgen.canonical import digest_bytes
from csvgen.marks import load

from ...counterparts.airflow import USER, Airflow, Server
from ...tiny import REPOSITORY

pytestmark = [pytest.mark.slow, pytest.mark.needs("airflow", "unshare", "nsenter", "ip")]
PLATFORM = f"""format: csvgen.platform/1
title: an orchestrator
airflow:
  url: http://127.0.0.1:8080
  user: {USER}
  password: {{env: AIRFLOW_PROBE_PASSWORD}}
  counterpart: {{kind: real server, name: Airflow, version: "3"}}
  dags: [release, gone]
"""
DAG = """import datetime as dt
from airflow.sdk import dag, task, Param


@task
def begin() -> int:
    return 1


@task(retries=2, retry_delay=dt.timedelta(seconds=1))
def step(number: int) -> int:
    if number == 2:
        raise ValueError("never")
    return number


@dag(schedule=None, start_date=dt.datetime(2026, 1, 1, tzinfo=dt.UTC), catchup=False, max_active_runs=1, params={"ticket": Param("", type="string")})
def release() -> None:
    step(begin())


release()
"""
ASK = """
import json, sys
from csvgen.targets import bind
from csvgen.views import Unanswered
target = bind("validation", {"adapter": "platform", "root": sys.argv[1], "file": sys.argv[2]})
told = {}
for name in target.probes():
    try:
        told[name] = {f.name: [f.value, f.source] for f in target.probe(name)}
    except Unanswered as problem:
        told[name] = str(problem)
print(json.dumps(told))
"""


def asked(server: Server, folder: Path, text: str = PLATFORM, **variables: str) -> dict[str, Any]:
    """Answers of every probe, asked in a process inside the server's own network: value of each fact, or why there is none."""
    (folder / "platform.yaml").write_text(text)
    assert load(text.encode(), "platform.yaml")[0] is not None
    kept = json.loads((server.folder / "simple_auth_manager_passwords.json.generated").read_text())
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "AIRFLOW_PROBE_PASSWORD": kept[USER], **variables}
    done = subprocess.run(
        [*server.inside, sys.executable, "-c", ASK, str(folder), "platform.yaml"],
        env=environment, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert not any(p in done.stdout for p in kept.values()), "no password in what was told"
    told: dict[str, Any] = json.loads(done.stdout)
    answered = [v for v in told.values() if isinstance(v, dict)]
    assert all("[real server Airflow 3]" in source for probe in answered for _, source in probe.values())
    return {k: v if isinstance(v, str) else {n: value for n, (value, _) in v.items()} for k, v in told.items()}


def until(server: Server, path: str, holds: Any) -> Any:
    """The answer at a path, once it is as asked."""
    end = time.monotonic() + 120
    while True:
        status, answer = server.ask("GET", path)
        if status == 200 and holds(answer):
            return answer
        assert time.monotonic() < end, answer
        time.sleep(1)


def test_the_probes_against_the_real_server(tmp_path: Path) -> None:
    dags, home = tmp_path / "dags", tmp_path / "airflow"
    for folder in (dags, home):
        folder.mkdir()
    (dags / "release.py").write_text(DAG)
    environment: Mapping[str, str] = {
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin,vera.viewer:viewer,ugo.user:user", "AIRFLOW__API__EXPOSE_CONFIG": "True",
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "1", "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "1",
    }  # fmt: skip
    with Airflow(home, dags, environment).standalone() as server:
        assert server.log_in() == 201
        until(server, "/api/v2/dags/release/details", lambda a: a["dag_id"] == "release")
        at_first(server, tmp_path)
        after_runs(server, tmp_path)
        secrets(server, tmp_path)
        another_file(server, tmp_path, dags)
        credentials(server, tmp_path)


def at_first(server: Server, folder: Path) -> None:
    told = asked(server, folder)
    assert told["airflow.server"] == {
        "version": "3.3.2", "authentication is on": "yes", "metadatabase is healthy": "yes", "scheduler is healthy": "yes", "dag_processor is healthy": "yes",
    }  # fmt: skip
    settings = told["airflow.configuration"]
    assert (
        settings["auth manager"],
        settings["auth manager is for development only"],
        settings["everybody is an administrator"],
    ) == ("SimpleAuthManager", "yes", "no")
    assert (settings["secrets backend"], settings["examples are loaded"], settings["new DAGs are paused"]) == (
        "(none)",
        "no",
        "yes",
    )
    rights = told["airflow.rights"]
    assert (rights["accounts"], rights["administrators"], rights["who may change connections and variables"]) == ("3", USER, USER)
    assert rights["who may start and change runs"] == f"{USER}; ugo.user"
    assert rights["who may read DAGs"] == f"{USER}; ugo.user; vera.viewer"
    dag = told["airflow.dags"]
    assert (dag["release is there"], dag["gone is there"], dag["release is paused"], dag["release has import errors"]) == (
        "yes",
        "no",
        "yes",
        "no",
    )
    assert dag["digest of release"] == digest_bytes(DAG.encode())
    assert (dag["tasks of release"], dag["order of release"], dag["tasks of release that are tried again"]) == (
        "begin; step",
        "begin -> step",
        "step",
    )
    assert (dag["file of release"], dag["runs at a time of release"], dag["version of release"]) == ("release.py", "1", "1")
    assert told["airflow.import-errors"] == {"files with import errors": "(none)"}
    assert "gone" in told["airflow.runs"], "runs of a DAG that is not there are no answer"


def after_runs(server: Server, folder: Path) -> None:
    text = PLATFORM.replace(", gone", "")
    made: list[dict[str, Any]] = []
    while not made or made[-1]["state"] != "success":  # a machine under load may let a task of Airflow fail by itself
        assert len(made) < 5, made
        made.append(server.trigger("release", {"ticket": "CHG-17"}, "as approved"))
    told = asked(server, folder, text)["airflow.runs"]
    failed = sorted(r["dag_run_id"] for r in made[:-1])
    again = told.pop("tasks of the latest run of release that were tried again")
    assert again in ("(none)", "begin: success", "step: success", "begin: success; step: success")
    assert told == {
        "runs of release": str(len(made)), "runs of release without a change ticket": "(none)", "runs of release that failed": "; ".join(failed) or "(none)",
        "runs of release that nobody is named for": "(none)", "started by, release": USER, "latest run of release": made[-1]["dag_run_id"],
        "state of the latest run of release": "success", "ticket of the latest run of release": "CHG-17", "version of the latest run of release": "1",
        "tasks of the latest run of release": "2", "tasks of the latest run of release that did not succeed": "(none)",
    }  # fmt: skip
    second = server.trigger("release", {}, "no ticket")
    told = asked(server, folder, text)
    assert told["airflow.runs"]["runs of release without a change ticket"] == second["dag_run_id"]
    assert told["airflow.dags"]["release is paused"] == "no"


def secrets(server: Server, folder: Path) -> None:
    body = {"connection_id": "lims", "conn_type": "http", "host": "https://u:in-the-address@lims.example.invalid", "login": "u", "password": "in-the-field",
            "extra": json.dumps({"api_key": "in-the-extras"})}  # fmt: skip
    assert server.ask("POST", "/api/v2/connections", body)[0] == 201
    assert server.ask("POST", "/api/v2/connections", {"connection_id": "by-reference", "conn_type": "http"})[0] == 201
    for key, value in (("site", "Basel"), ("lims_password", "in-the-variable")):
        assert server.ask("POST", "/api/v2/variables", {"key": key, "value": value})[0] == 201
    told = asked(server, folder)
    found = told["airflow.secrets"]
    assert (found["connections"], found["variables"]) == ("2", "2")
    assert found["connections that hold a password"] == found["connections with a secret among their extras"] == "lims"
    assert found["connections with a password in the address"] == "lims"
    assert found["variables that hold a secret"] == "lims_password"
    assert "in-the-" not in repr(told), "no value of a secret is told"


def another_file(server: Server, folder: Path, dags: Path) -> None:
    """The file of the DAG is changed past every review, and a broken one is put beside it."""
    changed = DAG.replace("return 1", "return 2")
    (dags / "release.py").write_text(changed)
    (dags / "broken.py").write_text("from airflow.sdk import dag\nraise ValueError('x')\n")
    until(server, "/api/v2/importErrors", lambda a: a["total_entries"] == 1)
    until(server, "/api/v2/dagSources/release", lambda a: a["content"] == changed)
    told = asked(server, folder, PLATFORM.replace(", gone", ""))
    assert told["airflow.import-errors"]["files with import errors"].endswith("broken.py")
    assert told["airflow.dags"]["digest of release"] == digest_bytes(changed.encode()) != digest_bytes(DAG.encode())
    failed = server.trigger("release", {"ticket": "CHG-18"}, "the changed file")
    assert failed["state"] == "failed"
    told = asked(server, folder, PLATFORM.replace(", gone", ""))["airflow.runs"]
    assert failed["dag_run_id"] in told["runs of release that failed"].split("; ")
    assert "step: " in told["tasks of the latest run of release that did not succeed"]


def credentials(server: Server, folder: Path) -> None:
    """Wrong, missing, ended, too few: nothing is told, and what is missing is named."""
    told = asked(server, folder, AIRFLOW_PROBE_PASSWORD="wrong")
    assert all("missing, wrong or expired" in why for why in told.values()), told
    told = asked(server, folder, AIRFLOW_PROBE_PASSWORD="")
    assert all("AIRFLOW_PROBE_PASSWORD is not set" in why for why in told.values()), told
    by_token = PLATFORM.replace(f"  user: {USER}\n", "").replace("password:", "token:")
    told = asked(server, folder, by_token, AIRFLOW_PROBE_PASSWORD="eyJhbGciOiJIUzUxMiJ9.eyJzdWIiOiJ4In0.AAAA")
    assert "missing, wrong or expired" in told["airflow.dags"]
    kept = json.loads((server.folder / "simple_auth_manager_passwords.json.generated").read_text())
    told = asked(server, folder, PLATFORM.replace(USER, "vera.viewer"), AIRFLOW_PROBE_PASSWORD=kept["vera.viewer"])
    assert "no permission" in told["airflow.secrets"]
    assert told["airflow.dags"]["release is there"] == "yes"
    told = asked(server, folder, PLATFORM.replace("8080", "8089"))
    assert all("no network" in why for why in told.values()), told
