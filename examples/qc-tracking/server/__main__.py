"""python -m server FOLDER [--port N]: run MLflow's own server with accounts, two runs and a model, until it is stopped.

It takes the password of the administrator from QC_TRACKING_PASSWORD and writes FOLDER/platform.yaml, with the digests that the pipeline and the
promotion would have kept. `python -m server FOLDER --forge` gives a run of the running server another name, as anybody with rights on it can.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import secrets
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from importlib.metadata import distribution, version
from pathlib import Path

ADMIN, EXPERIMENT, MODEL, PASSWORD = "mara.admin", "qc-release", "potency", "QC_TRACKING_PASSWORD"
LOT = {"RUN-0001": "CHG-12", "RUN-0002": "CHG-17"}
"""Run -> the ticket under which it was made; the model came of the second."""
QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "PYTHONWARNINGS": "ignore",
}  # fmt: skip
PLATFORM = """# Written when the server was filled. The server of the organisation takes platform.yaml.
format: csvgen.platform/1
title: Tracking of QC release, validation server
mlflow:
  url: {url}
  user: {admin}
  password: {{env: {password}}}
  counterpart: {{kind: real server, name: MLflow, version: "{version}", digest: "{digest}"}}
  experiment: {experiment}
  models: [{model}/1]
  signed_models:
    {model}/1: "{signed}"
  sealed_runs:
{sealed}
"""


def digest() -> str:
    """Of the files of MLflow as they were installed: of the list of them, which names the digest of each."""
    return "sha256:" + hashlib.sha256((distribution("mlflow-skinny").read_text("RECORD") or "").encode()).hexdigest()


def command(folder: Path, port: int) -> list[str]:
    """MLflow's own program, with MLflow's own accounts; nobody may anything that was not granted."""
    (folder / "accounts.ini").write_text(
        f"[mlflow]\ndefault_permission = NO_PERMISSIONS\ndatabase_uri = sqlite:///{folder / 'accounts.db'}\nadmin_username = {ADMIN}\n"
        "authorization_function = mlflow.server.auth:authenticate_request_basic_auth\n",
        encoding="utf-8",
    )
    return [
        sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1", "--serve-artifacts",
        "--backend-store-uri", f"sqlite:///{folder / 'mlflow.db'}", "--artifacts-destination", str(folder / "artifacts"),
        "--app-name", "basic-auth",
    ]  # fmt: skip


def wait(url: str, running: subprocess.Popen[bytes]) -> None:
    """Until the server is in good health."""
    for _ in range(600):
        if running.poll() is not None:
            sys.exit("MLflow ended; its words stand above")
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    sys.exit("MLflow did not start within two minutes")


def client(url: str):  # noqa: ANN201 - made by mlflow at run time
    """As the administrator."""
    os.environ.update(MLFLOW_TRACKING_USERNAME=ADMIN, MLFLOW_TRACKING_PASSWORD=os.environ[PASSWORD])
    from mlflow import MlflowClient

    return MlflowClient(tracking_uri=url, registry_uri=url)


def act(url: str, path: str, body: dict[str, str]) -> None:
    """What the client of MLflow has no verb for."""
    import requests

    requests.post(f"{url}{path}", json=body, auth=(ADMIN, os.environ[PASSWORD]), timeout=30).raise_for_status()


def filled(url: str, folder: Path) -> dict[str, str]:
    """An account for the pipeline and one for readers, a run for each ticket, and the model. Name of each run -> its id."""
    there = client(url)
    home = there.create_experiment(EXPERIMENT)
    for who, may in {"pipeline": "EDIT", "reader": "READ"}.items():
        act(url, "/api/2.0/mlflow/users/create", {"username": who, "password": secrets.token_urlsafe(18)})
        granted = {"username": who, "resource_type": "experiment", "resource_id": home, "permission": may}
        act(url, "/api/3.0/mlflow/users/permissions/grant", granted)
    found = {}
    for name, ticket in LOT.items():
        run = found[name] = there.create_run(home, run_name=name).info.run_id
        there.log_param(run, "change_ticket", ticket)
        for step, value in enumerate((0.5, 0.25, 0.125)):
            there.log_metric(run, "loss", value, step=step)
        weights = folder / "made" / "model.json"
        weights.parent.mkdir(exist_ok=True)
        weights.write_text(f'{{"kind": "four parameters", "of": "{name}"}}\n', encoding="utf-8")
        there.log_artifact(run, str(weights), "model")
        there.set_terminated(run)
    there.create_registered_model(MODEL)
    there.create_model_version(MODEL, f"runs:/{run}/model", run)
    return found


def kept(url: str, runs: dict[str, str]) -> tuple[str, dict[str, str]]:
    """The digests as csvgen takes them: of the model at its promotion, of each run at its end. Here both are now."""
    from csvgen.clock import SystemClock
    from csvgen.targets.mlflow.part import part
    from csvgen.targets.mlflow.settings import Mlflow

    settings = Mlflow.model_validate({
        "url": url, "user": ADMIN, "password": {"env": PASSWORD}, "counterpart": {"kind": "real server", "name": "MLflow", "version": version("mlflow-skinny")},
        "models": [f"{MODEL}/1"], "sealed_runs": dict.fromkeys(runs.values(), "sha256:" + "0" * 64),
    })  # fmt: skip
    probes = part(settings, SystemClock()).probes
    told = {f.name: f.value for probe in ("model-digests", "sealed-runs") for f in probes[probe]()}
    return told[f"digest of {MODEL}/1"], {run: told[f"digest of {run}"] for run in runs.values()}


def forge(folder: Path) -> None:
    """Another ticket for the first run, after its end. MLflow keeps no trace of it."""
    lines = (folder / "platform.yaml").read_text(encoding="utf-8").splitlines()
    url = next(line.partition("url: ")[2] for line in lines if "url: " in line)
    run = lines[-1].split('"')[1]
    client(url).set_tag(run, "mlflow.runName", "RUN-0001 (repeated)")
    print(f"run {run} has another name now")


def main() -> None:
    """Serve until stopped."""
    reading = argparse.ArgumentParser(prog="python -m server")
    reading.add_argument("folder", type=Path)
    reading.add_argument("--port", type=int, default=5006)
    reading.add_argument("--forge", action="store_true", help="change a run of the running server")
    asked = reading.parse_args()
    if not os.environ.get(PASSWORD):
        sys.exit(f"export {PASSWORD}=a-long-one-of-your-own")
    folder = asked.folder.resolve()
    if asked.forge:
        forge(folder)
        return
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / "mlflow.db").exists():
        sys.exit(f"{asked.folder} holds a server already; take another folder, or remove it")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # so that MLflow ends with this
    url = f"http://127.0.0.1:{asked.port}"
    own = {"MLFLOW_AUTH_CONFIG_PATH": str(folder / "accounts.ini"), "MLFLOW_AUTH_ADMIN_PASSWORD": os.environ[PASSWORD]}
    own["MLFLOW_FLASK_SERVER_SECRET_KEY"] = secrets.token_urlsafe(32)
    with subprocess.Popen(command(folder, asked.port), env={**os.environ, **QUIET, **own}, cwd=folder) as running:
        try:
            wait(url, running)
            signed, runs = kept(url, filled(url, folder))
            sealed = "\n".join(f'    "{run}": "{seal}"' for run, seal in runs.items())
            text = PLATFORM.format(
                url=url, admin=ADMIN, password=PASSWORD, version=version("mlflow-skinny"), digest=digest(), experiment=EXPERIMENT,
                model=MODEL, signed=signed, sealed=sealed,
            )  # fmt: skip
            (folder / "platform.yaml").write_text(text, encoding="utf-8")
            print(f"MLflow answers at {url}; export CSVGEN_PLATFORM={asked.folder / 'platform.yaml'}", flush=True)
            running.wait()
        finally:
            running.terminate()


if __name__ == "__main__":
    main()
