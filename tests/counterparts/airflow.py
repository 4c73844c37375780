"""Apache Airflow 3 (PyPI apache-airflow, Apache-2.0), the real one, in a virtual environment of its own (scripts/install_airflow.sh).

    there = Airflow(folder, dags, environment)
    there.test("qc_release", conf)          one run by `airflow dags test`, with no server
    with there.standalone() as server:      API server, scheduler, DAG processor and triggerer
        server.trigger("qc_release", conf, note) -> the run, ended
        server.get(path)                    an answer of /api/v2

Two of its parts listen on every address of the machine and cannot be told otherwise. So the standalone runs in a network of its own, in
which there is nothing but loopback, and requests are made from inside it.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import TOOLS, running

BIN = TOOLS / "airflow" / "bin"
USER = "olga.operator"
_OWN_USERS = [] if os.getuid() == 0 else ["--map-root-user"]
_REQUEST = """
import json, sys, urllib.error, urllib.request
method, url, token, body = json.load(sys.stdin)
headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
request = urllib.request.Request(url, json.dumps(body).encode() if body is not None else None, headers, method=method)
try:
    with urllib.request.urlopen(request, timeout=30) as answer:
        print(json.dumps([answer.status, json.load(answer)]))
except urllib.error.HTTPError as problem:
    print(json.dumps([problem.code, problem.read().decode()]))
except OSError as problem:
    print(json.dumps([0, str(problem)]))
"""


@dataclass
class Airflow:
    folder: Path
    dags: Path
    environment: Mapping[str, str]

    @property
    def env(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW", "PYTEST", "PYTHON", "COV_"))}
        settings = {
            "AIRFLOW_HOME": self.folder, "AIRFLOW__CORE__DAGS_FOLDER": self.dags, "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__PARALLELISM": "2", "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
            "AIRFLOW__API__HOST": "127.0.0.1", "AIRFLOW__API__WORKERS": "1", "AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "1",
            "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False", "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}",
        }  # fmt: skip
        return {**kept, **{k: str(v) for k, v in settings.items()}, **self.environment}

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(BIN / "airflow"), *arguments],
            env=self.env,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=540,
        )

    def test(self, dag: str, conf: Mapping[str, Any]) -> subprocess.CompletedProcess[str]:
        migrated = self.run("db", "migrate")
        assert migrated.returncode == 0, migrated.stderr[-2000:]
        return self.run("dags", "test", dag, "--conf", json.dumps(conf))

    @contextlib.contextmanager
    def standalone(self) -> Iterator[Server]:
        command = ["unshare", *_OWN_USERS, "--net", "sh", "-c", f"ip link set lo up && exec {BIN / 'airflow'} standalone"]
        log = self.folder / "standalone.log"
        with running(command, lambda: True, log, env=self.env, cwd=self.folder) as process:
            server = Server(process.pid, self.folder)
            end = time.monotonic() + 180
            while not server.healthy():
                assert process.poll() is None and time.monotonic() < end, log.read_text(errors="replace")[-3000:]
                time.sleep(0.3)
            yield server


@dataclass
class Server:
    pid: int
    folder: Path
    _token: str = ""

    @property
    def inside(self) -> list[str]:
        """Words before a command that is to run in the server's own network."""
        return ["nsenter", f"--target={self.pid}", *(["--user", "--preserve-credentials"] if _OWN_USERS else []), "--net"]

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """A request made inside the server's own network; status (0: nobody answers) and answer."""
        given = json.dumps([method, f"http://127.0.0.1:8080{path}", self._token, body])
        done = subprocess.run(
            [*self.inside, sys.executable, "-c", _REQUEST], input=given, capture_output=True, text=True, check=True, timeout=60
        )
        status, answer = json.loads(done.stdout)
        return int(status), answer

    def healthy(self) -> bool:
        status, answer = self.ask("GET", "/api/v2/monitor/health")
        parts = ("metadatabase", "scheduler", "dag_processor")
        return status == 200 and all(answer.get(part, {}).get("status") == "healthy" for part in parts)

    def log_in(self, user: str = USER, password: str = "") -> int:
        """Get a token of /auth/token; the status of the answer."""
        kept = json.loads((self.folder / "simple_auth_manager_passwords.json.generated").read_text())
        status, answer = self.ask("POST", "/auth/token", {"username": user, "password": password or kept[user]})
        if status == 201:
            self._token = answer["access_token"]
        return status

    def trigger(self, dag: str, conf: Mapping[str, Any], note: str) -> dict[str, Any]:
        """Start a run by the interface and wait until it ended."""
        status, answer = self.ask("PATCH", f"/api/v2/dags/{dag}", {"is_paused": False})
        assert status == 200, answer
        status, run = self.ask("POST", f"/api/v2/dags/{dag}/dagRuns", {"logical_date": None, "conf": conf, "note": note})
        assert status == 200, run
        end = time.monotonic() + 480
        while run["state"] not in ("success", "failed") and time.monotonic() < end:
            time.sleep(1)
            status, seen = self.ask("GET", f"/api/v2/dags/{dag}/dagRuns/{run['dag_run_id']}")
            run = seen if status == 200 else run  # a server that is busy with the run may be late with an answer
        return dict(run)
