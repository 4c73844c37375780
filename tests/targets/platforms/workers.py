"""What an MLflow and an Airflow server answer when all is as it should be, in the shapes that the real ones of the slow tier have.

Stubs of ours, for what the world can do to an answer. Airflow's rights by the FAB provider have been tried against this stub alone.
"""

from __future__ import annotations

from typing import Any

from csvgen.canonical import digest, digest_bytes

RUN, DAG = "ab" * 16, "qc_release"
API, V2 = "/api/2.0/mlflow", "/api/v2"
CONNECTIONS = f"{V2}/connections"
MODEL = b"the bytes of a model"
SOURCE = "the file of a DAG\n"
LATEST = f"{V2}/dags/{DAG}/dagRuns/manual__1"


def mlflow() -> dict[str, Any]:
    info = {
        "run_id": RUN, "run_name": "RUN-0001", "experiment_id": "1", "status": "FINISHED", "lifecycle_stage": "active", "user_id": "pipeline",
        "start_time": 1000, "end_time": 2000, "artifact_uri": f"mlflow-artifacts:/1/{RUN}/artifacts",
    }  # fmt: skip
    run = {
        "info": info,
        "data": {
            "params": [{"key": "change_ticket", "value": "CHG-17"}],
            "tags": [{"key": "change_ticket", "value": "CHG-17"}],
            "metrics": [{"key": "r2", "value": 0.999, "timestamp": 1500, "step": 0}],
        },
    }

    def searched(_query: dict[str, str]) -> Any:
        return {"runs": [run]}

    def permission(query: dict[str, str]) -> Any:
        return {"permission": "EDIT" if query["username"] == "pipeline" else "READ"}

    return {
        "/version": b"3.17.2",
        f"{API}/experiments/search": (401, {}),
        f"{API}/experiments/get-by-name": {"experiment": {"experiment_id": "1", "name": "qc", "lifecycle_stage": "active", "artifact_location": "mlflow-artifacts:/1"}},
        f"{API}/experiments/get": {"experiment": {"experiment_id": "1", "name": "qc"}},
        f"{API}/runs/search": searched,
        f"{API}/runs/get": {"run": run},
        f"{API}/metrics/get-history": {"metrics": [{"key": "r2", "value": 0.999, "timestamp": 1500, "step": 0}]},
        f"{API}/artifacts/list": {"files": [{"path": "model/model.json", "is_dir": False, "file_size": 20}]},
        "/get-artifact": MODEL,
        f"{API}/model-versions/get": {"model_version": {
            "name": "potency", "version": "3", "status": "READY", "source": f"runs:/{RUN}/model", "run_id": RUN, "user_id": "pipeline", "aliases": ["released"]}},
        f"{API}/users/current": {"user": {"id": 1, "username": "probe", "is_admin": True}},
        f"{API}/users/list": {"users": [
            {"username": "probe", "is_admin": True}, {"username": "pipeline", "is_admin": False}, {"username": "reader", "is_admin": False}]},
        "/api/3.0/mlflow/users/permissions/list": {"is_admin": False, "permissions": []},
        "/api/3.0/mlflow/users/permissions/get": permission,
    }  # fmt: skip


SEAL = digest({
    "name": "RUN-0001", "experiment": "qc", "status": "FINISHED", "stage": "active", "user": "pipeline", "started": "1000", "ended": "2000",
    "params": {"change_ticket": "CHG-17"}, "metrics": {"r2": ["0.999@0"]}, "tags": {"change_ticket": "CHG-17"},
    "artifacts": {"model/model.json": digest_bytes(MODEL)}, "linked": [],
})  # fmt: skip


def mlflow_settings(address: str) -> dict[str, Any]:
    return {
        "url": address, "user": "probe", "password": {"env": "STUB_TOKEN"}, "experiment": "qc", "models": ["potency/3"],
        "signed_models": {"potency/3": digest({"model.json": digest_bytes(MODEL)})}, "sealed_runs": {RUN: SEAL},
    }  # fmt: skip


def airflow() -> dict[str, Any]:
    def option(section: str, name: str, value: str) -> tuple[str, Any]:
        return f"{V2}/config/section/{section}/option/{name}", {
            "sections": [{"name": section, "options": [{"key": name, "value": value}]}]
        }

    def permissions(*held: tuple[str, str]) -> list[Any]:
        return [{"action": {"name": a}, "resource": {"name": r}} for a, r in held]

    def connections(query: dict[str, str]) -> Any:
        rows = [
            {
                "connection_id": "lims",
                "conn_type": "http",
                "host": "lims.example.invalid",
                "login": "reader",
                "password": None,
                "extra": "{}",
            }
        ]
        return {"connections": rows, "total_entries": 1} if "limit" in query else (401, {"detail": "Not authenticated"})

    read, run, keep = ("can_read", "DAGs"), (("can_edit", f"DAG:{DAG}"), ("can_create", "DAG Runs")), ("can_edit", "Connections")
    dag_run = {
        "dag_run_id": "manual__1", "state": "success", "run_type": "manual", "triggering_user_name": "olga", "conf": {"ticket": "CHG-17"},
        "dag_versions": [{"version_number": 1}],
    }  # fmt: skip
    task = {"task_id": "lots", "state": "success", "map_index": -1, "try_number": 1}
    return {
        f"{V2}/version": {"version": "3.3.2", "git_version": None},
        f"{V2}/monitor/health": {p: {"status": "healthy"} for p in ("metadatabase", "scheduler", "dag_processor", "triggerer")},
        CONNECTIONS: connections,
        f"{V2}/variables": {"variables": [{"key": "site", "value": "A", "is_encrypted": True}], "total_entries": 1},
        f"{V2}/importErrors": {"import_errors": [], "total_entries": 0},
        f"{V2}/dags/{DAG}": {
            "dag_id": DAG, "is_paused": False, "is_stale": False, "has_import_errors": False, "relative_fileloc": "qc_release.py", "bundle_name": "qc",
            "bundle_version": "4f4f", "timetable_summary": None, "owners": ["airflow"], "max_active_runs": 1},
        f"{V2}/dagSources/{DAG}": {"content": SOURCE, "dag_id": DAG, "version_number": 1},
        f"{V2}/dags/{DAG}/tasks": {"tasks": [
            {"task_id": "lots", "retries": 0, "trigger_rule": "all_success", "downstream_task_ids": ["end"]},
            {"task_id": "end", "retries": 0, "trigger_rule": "all_success", "downstream_task_ids": []}]},
        f"{V2}/dags/{DAG}/dagRuns": {"dag_runs": [dag_run], "total_entries": 1},
        f"{LATEST}/taskInstances": {"task_instances": [task, {**task, "task_id": "end"}], "total_entries": 2},
        **dict((
            option("core", "auth_manager", "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager"),
            option("core", "load_examples", "False"), option("core", "dags_are_paused_at_creation", "True"),
            option("core", "simple_auth_manager_all_admins", "False"), option("api", "expose_config", "True"),
            option("secrets", "backend", "airflow.providers.hashicorp.secrets.vault.VaultBackend"),
        )),
        "/auth/fab/v1/users": {"users": [
            {"username": "mara", "active": True, "roles": [{"name": "Admin"}]}, {"username": "olga", "active": True, "roles": [{"name": "Operator"}]},
            {"username": "rita", "active": True, "roles": [{"name": "Reader"}]}, {"username": "left", "active": False, "roles": [{"name": "Admin"}]}]},
        "/auth/fab/v1/roles": {"roles": [
            {"name": "Admin", "actions": permissions(read, *run, keep)}, {"name": "Operator", "actions": permissions(read, *run)},
            {"name": "Reader", "actions": permissions(read, ("can_create", "DAG Runs"))}]},
    }  # fmt: skip


def airflow_settings(address: str) -> dict[str, Any]:
    return {"url": address, "token": {"env": "STUB_TOKEN"}, "dags": [DAG]}
