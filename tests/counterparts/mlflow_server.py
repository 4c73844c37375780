"""MLflow's tracking server (PyPI mlflow-skinny, Apache-2.0), the real one, on loopback: SQLite for runs, a folder or a bucket for files.

    with mlflow_server(folder) as there:
        there.url
        there.client            an mlflow.MlflowClient, as anybody on the network has it
        there.sql(statement)    what somebody with the server's database can do
        there.version

mlflow-skinny carries the whole server but its web pages; with Flask, Flask-CORS, graphene and huey beside it, which the `test` extra
brings, it runs. The full package adds 700 MB of machine learning to that and no line of the server. Its jobs (for language models) are
switched off, and so is what it would tell its makers.
"""

from __future__ import annotations

import contextlib
import sqlite3
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import free_port, running

ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    "PYTHONWARNINGS": "ignore",
}


@dataclass
class Tracker:
    url: str
    folder: Path

    @property
    def client(self) -> Any:
        from mlflow import MlflowClient

        return MlflowClient(tracking_uri=self.url, registry_uri=self.url)

    @property
    def version(self) -> str:
        with urllib.request.urlopen(f"{self.url}/version", timeout=20) as answer:
            return str(answer.read().decode())

    def sql(self, statement: str, *values: str) -> int:
        """Change the server's own database past its interface; the number of rows changed."""
        with contextlib.closing(sqlite3.connect(self.folder / "mlflow.db", timeout=20)) as connection:
            done = connection.execute(statement, values).rowcount
            connection.commit()
            return done


@contextlib.contextmanager
def mlflow_server(
    folder: Path,
    *,
    port: int = 0,
    artifacts: str = "",
    environment: Mapping[str, str] | None = None,
    arguments: Sequence[str] = (),
) -> Iterator[Tracker]:
    """A running server; started again in the same folder, on the same port, it is the same server."""
    folder.mkdir(parents=True, exist_ok=True)
    port = port or free_port()
    url = f"http://127.0.0.1:{port}"
    command = [
        sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1", "--serve-artifacts",
        "--backend-store-uri", f"sqlite:///{folder / 'mlflow.db'}",
        "--artifacts-destination", artifacts or str(folder / "artifacts"), *arguments,
    ]  # fmt: skip
    told = {**ENVIRONMENT, **(environment or {})}
    with running(command, lambda: _healthy(url), folder / "mlflow.log", env=told, cwd=folder, seconds=120):
        yield Tracker(url, folder)


ADMIN = "mara.admin"


@contextlib.contextmanager
def with_accounts(folder: Path, password: str) -> Iterator[Tracker]:
    """The same server with MLflow's own accounts, which it is shipped without: nobody may anything that was not granted."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "accounts.ini").write_text(
        f"[mlflow]\ndefault_permission = NO_PERMISSIONS\ndatabase_uri = sqlite:///{folder / 'accounts.db'}\nadmin_username = {ADMIN}\n"
        "authorization_function = mlflow.server.auth:authenticate_request_basic_auth\n"
    )
    told = {
        "MLFLOW_AUTH_CONFIG_PATH": str(folder / "accounts.ini"), "MLFLOW_AUTH_ADMIN_PASSWORD": password,
        "MLFLOW_FLASK_SERVER_SECRET_KEY": "of this test alone",
    }  # fmt: skip
    with mlflow_server(folder, environment=told, arguments=("--app-name", "basic-auth")) as there:
        yield there


def _healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
