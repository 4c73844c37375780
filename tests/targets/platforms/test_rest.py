"""Workspace, forges, Jira, Vault, MLflow and Airflow against stubs of ours: right and wrong settings for every probe, and everything the world can do.

A stub shows the shape of our calls and nothing of the service. Every observation says so.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
import requests

from csvgen.canonical import digest_bytes
from csvgen.clock import FixedClock, SystemClock
from csvgen.errors import ConfigError
from csvgen.model.counterpart import Counterpart
from csvgen.targets.airflow.part import part as airflow_part
from csvgen.targets.airflow.settings import Airflow
from csvgen.targets.databricks.part import part as databricks_part
from csvgen.targets.databricks.settings import Databricks
from csvgen.targets.forge.part import part as forge_part
from csvgen.targets.forge.settings import Forge
from csvgen.targets.jira.part import Jira
from csvgen.targets.jira.part import part as jira_part
from csvgen.targets.mlflow.part import part as mlflow_part
from csvgen.targets.mlflow.settings import Mlflow
from csvgen.targets.probing.counterpart import short
from csvgen.targets.probing.facts import NotAllowed
from csvgen.targets.probing.reader import Guard, Reader, guarded
from csvgen.targets.vault.part import PATHS, Client, Vault, lookup
from csvgen.targets.vault.part import part as vault_part
from csvgen.views import Unanswered

from ...counterparts.rest_stub import stub
from . import stubs, workers

STUB = {"kind": "stub", "name": "example", "version": "1"}
Change = Callable[[dict[str, Any]], None]


@pytest.fixture(autouse=True)
def token(monkeypatch):
    monkeypatch.setenv("STUB_TOKEN", "never-in-evidence")
    monkeypatch.setenv("DATABRICKS_CONFIG_FILE", "/dev/null")


def made(kind: str, address: str, clock: Any = None, **more: Any) -> Any:
    clock, token = clock or SystemClock(), {"env": "STUB_TOKEN"}
    match kind:
        case "databricks":
            return databricks_part(Databricks.model_validate({**stubs.databricks_settings(address), **more}), clock)
        case "github" | "gitlab":
            values = {"kind": kind, "url": address, "repository": "example/qc-release", "token": token, "counterpart": STUB}
            return forge_part(Forge.model_validate(values | more), clock)
        case "jira":
            values = {"url": address, "token": token, "counterpart": STUB, "change": "CHG-12", "deviations": ["DEV-3", "DEV-4"]}
            return jira_part(Jira.model_validate(values | more), clock)
        case "mlflow":
            return mlflow_part(Mlflow.model_validate({**workers.mlflow_settings(address), "counterpart": STUB, **more}), clock)
        case "airflow":
            return airflow_part(Airflow.model_validate({**workers.airflow_settings(address), "counterpart": STUB, **more}), clock)
        case _:
            values = {"url": address, "token": token, "counterpart": STUB, "secrets": ["kv/qc/signing"]}
            return vault_part(Vault.model_validate(values | more), clock)


ANSWERS = {
    "databricks": stubs.databricks,
    "github": stubs.github,
    "gitlab": stubs.gitlab,
    "jira": stubs.jira,
    "vault": stubs.vault,
    "mlflow": workers.mlflow,
    "airflow": workers.airflow,
}


def read(kind: str, probe: str, change: Change | None = None, **more: Any) -> dict[str, str]:
    answers = ANSWERS[kind]()
    if change:
        change(answers)
    with stub(kind, answers) as server:
        facts = made(kind, server.address, **more).probes[probe]()
    assert all("[stub " in f.source and "never-in-evidence" not in f.source + f.value for f in facts)
    return {f.name: f.value for f in facts}


PROTECTED = {
    "protected": "yes", "required reviews": "1", "older reviews fall away on a new commit": "yes", "owners of the code review": "yes",
    "authors may approve their own change": "no", "signed commits required": "yes", "history can be rewritten": "no", "branch can be deleted": "no",
    "somebody is outside of the rules": "no",
}  # fmt: skip
MERGED = {
    "changes": "1",
    "changes without a ticket": "(none)",
    "changes that nobody else approved": "(none)",
    "tickets": "CHG-12",
    "who approved": "7: mara",
    "who merged": "7: mara",
}
RIGHT = (
    ("databricks", "groups", {"group qc-engineers": "yes", "members of qc-release-managers": "m.duarte", "entitlements of qc-engineers": "workspace-access"}),
    ("databricks", "job-rights", {"who can change the job": "service principal sp-deploy", "CAN_VIEW on the job": "group qc-engineers"}),
    ("databricks", "policy-rights", {"CAN_USE on the cluster policy": "group qc-engineers", "who can change the cluster policy": "(none)"}),
    ("databricks", "cluster-policy", {"fixed spark_version": "15.4.x-scala2.12", "left open": "(none)", "policy": "qc validated"}),
    ("databricks", "network", {"access lists are on": "yes", "anywhere allowed": "no", "addresses allowed": "192.0.2.0/24"}),
    ("databricks", "private-link", {"private link": "yes", "public access": "no", "endpoints allowed": "1"}),
    ("databricks", "column-masks", {f"mask of {stubs.TABLE}.patient": "qc.release.mask_person", f"mask of {stubs.TABLE}.lot": "(none)"}),
    ("databricks", "table-grants", {f"who can change {stubs.TABLE}": "sp-qc-release", f"who can read {stubs.TABLE}": "qc-engineers; sp-qc-release"}),
    ("databricks", "table-versions", {f"append only {stubs.TABLE}": "yes", f"version of {stubs.TABLE}": "41", f"format of {stubs.TABLE}": "DELTA"}),
    ("databricks", "table-lineage", {f"made from, {stubs.TABLE}": "qc.landing.raw", f"made of {stubs.TABLE}": "(none)"}),
    ("databricks", "job-source", {"pinned to a commit": "yes", "Git folder is at the job's commit": "yes", "source branch": "(none)"}),
    ("databricks", "job-machines", {"runtimes": "15.4.x-scala2.12", "cluster policies": "P1", "clusters that others change": "(none)", "tasks": "2"}),
    ("databricks", "job-artifacts", {"artifacts": "1", "all artifacts are signed": "yes"}),
    ("databricks", "job-runs", {"runs": "2", "runs without a change ticket": "(none)", "ticket of the latest run": "CHG-12"}),
    ("databricks", "promotion-gate", {"edited by hand": "no", "deployed by": "BUNDLE", "runs as a person": "no", "runs as": "service principal sp-qc-release"}),
    ("github", "branch-protection", PROTECTED),
    ("gitlab", "branch-protection", PROTECTED),
    ("github", "commits", {"commits": "2", "commits without a verified signature": "(none)"}),
    ("gitlab", "commits", {"commits": "2", "commits without a verified signature": "(none)"}),
    ("github", "changes", MERGED),
    ("gitlab", "changes", MERGED),
    ("jira", "change", {"state of CHG-12": "Approved", "category of CHG-12": "done", "links of CHG-12": "DEV-3"}),
    ("jira", "deviations", {"deviations": "2", "deviations not linked with the change": "(none)", "deviations that are not done": "(none)"}),
    ("vault", "server", {"sealed": "no", "audit devices": "file/", "key shares needed": "3"}),
    ("vault", "token", {"probed as root": "no", "policies of the probes": "default; probe"}),
    ("vault", "secrets", {"kv/qc/signing is there": "yes", "version of kv/qc/signing": "3", "kv/qc/signing renewed": "2026-10-01T00:00:00Z"}),
    ("mlflow", "server", {"version": "3.17.2", "authentication is on": "yes", "probed as": "probe", "probed as an administrator": "yes"}),
    ("mlflow", "rights", {"accounts": "3", "administrators": "probe", "who may change runs of qc": "pipeline; probe", "who may delete versions of potency": "probe",
                          "who may read runs of qc": "pipeline; probe; reader"}),
    ("mlflow", "experiment", {"is there": "yes", "state": "active", "files pass through the server": "yes"}),
    ("mlflow", "runs", {"runs": "1", "runs without a change ticket": "(none)", "runs whose tag and parameter differ": "(none)", "ticket of the latest run": "CHG-17",
                        "runs with metrics from after their end": "(none)"}),
    ("mlflow", "sealed-runs", {"sealed runs": "1", "runs that are not as they were sealed": "(none)", "runs that are gone": "(none)", "runs without such a record": workers.RUN}),
    ("mlflow", "model-versions", {"potency/3 is there": "yes", "source run of potency/3": workers.RUN, "source run of potency/3 ended": "yes", "ticket of potency/3": "CHG-17"}),
    ("mlflow", "model-digests", {"model versions": "1", "versions with other bytes than were signed": "(none)", "versions that nobody signed": "(none)", "files of potency/3": "1"}),
    ("airflow", "server", {"version": "3.3.2", "authentication is on": "yes", "scheduler is healthy": "yes"}),
    ("airflow", "configuration", {"auth manager": "FabAuthManager", "auth manager is for development only": "no", "examples are loaded": "no",
                                  "secrets backend": "airflow.providers.hashicorp.secrets.vault.VaultBackend"}),
    ("airflow", "rights", {"accounts": "3", "administrators": "mara", "who may start and change runs": "mara; olga", "who may read DAGs": "mara; olga; rita",
                           "who may change connections and variables": "mara"}),
    ("airflow", "secrets", {"connections": "1", "connections that hold a password": "(none)", "variables kept in plain text": "(none)"}),
    ("airflow", "dags", {"qc_release is there": "yes", "qc_release is paused": "no", "order of qc_release": "lots -> end", "bundle version of qc_release": "4f4f",
                         "digest of qc_release": digest_bytes(workers.SOURCE.encode()), "tasks of qc_release that are tried again": "(none)"}),
    ("airflow", "import-errors", {"files with import errors": "(none)"}),
    ("airflow", "runs", {"runs of qc_release": "1", "runs of qc_release without a change ticket": "(none)", "state of the latest run of qc_release": "success",
                         "started by, qc_release": "olga", "tasks of the latest run of qc_release": "2", "tasks of the latest run of qc_release that did not succeed": "(none)"}),
)  # fmt: skip


@pytest.mark.parametrize(("kind", "probe", "expected"), RIGHT, ids=lambda v: v if isinstance(v, str) else "")
def test_a_right_setting_is_told(kind, probe, expected):
    found = read(kind, probe)
    assert {name: found.get(name) for name in expected} == expected


def put(path: str, *way: Any) -> Change:
    """Set what the way leads to: keys and places, the new value last. Ellipsis takes the last key away."""

    def change(answers: dict[str, Any]) -> None:
        here: Any
        here, keys, value = answers, (path, *way[:-1]), way[-1]
        for key in keys[:-1]:
            here = here[key]
        if value is ...:
            del here[keys[-1]]
        else:
            here[keys[-1]] = value

    return change


TASK = (stubs.JOB, "settings", "tasks", 0)
GRANTS = f"/api/2.1/unity-catalog/effective-permissions/table/{stubs.TABLE}"
ONE_TABLE = f"/api/2.1/unity-catalog/tables/{stubs.TABLE}"
HUB = f"{stubs.REPO}/branches/main/protection"
LAB = f"{stubs.PROJECT}/protected_branches/main"
APPROVED = {"user": {"login": "mara"}, "state": "APPROVED", "commit_id": "f" * 40}
BY_ADA = {"author": {"login": "ada"}, "committer": {"login": "ada"}}


def MLFLOW_RUN(**data: Any) -> Any:  # noqa: N802 - stands among constants
    """The run of the stub with other parameters, tags or metrics."""
    run = workers.mlflow()[f"{workers.API}/runs/get"]["run"]
    return {**run, "data": {**run["data"], **data}}


WRONG = (
    ("databricks", "job-rights", put("/api/2.0/permissions/jobs/77", "access_control_list", 0, {"group_name": "users", "all_permissions": [{"permission_level": "CAN_MANAGE"}]}), "who can change the job", "group users; service principal sp-deploy"),
    ("databricks", "cluster-policy", put("/api/2.0/policies/clusters/get", "definition", '{"spark_version": {"type": "unlimited"}}'), "left open", "data_security_mode; spark_version"),
    ("databricks", "network", put("/api/2.0/workspace-conf", "enableIpAccessLists", "false"), "anywhere allowed", "yes"),
    ("databricks", "network", put("/api/2.0/ip-access-lists", "ip_access_lists", 0, "ip_addresses", ["0.0.0.0/0"]), "anywhere allowed", "yes"),
    ("databricks", "network", put("/api/2.0/ip-access-lists", "ip_access_lists", 0, "enabled", False), "anywhere allowed", "yes"),
    ("databricks", "private-link", put("/api/2.0/accounts/acc/workspaces/99", "private_access_settings_id", ...), "private link", "no"),
    ("databricks", "private-link", put("/api/2.0/accounts/acc/private-access-settings/pas", "public_access_enabled", True), "public access", "yes"),
    ("databricks", "column-masks", put(ONE_TABLE, "columns", 1, "mask", ...), f"mask of {stubs.TABLE}.patient", "(none)"),
    ("databricks", "table-grants", put(GRANTS, "privilege_assignments", 1, "privileges", 0, "privilege", "ALL_PRIVILEGES"), f"who can change {stubs.TABLE}", "qc-engineers; sp-qc-release"),
    ("databricks", "table-versions", put(ONE_TABLE, "properties", "delta.appendOnly", ...), f"append only {stubs.TABLE}", "no"),
    ("databricks", "table-lineage", put("/api/2.0/lineage-tracking/table-lineage", "upstreams", []), f"made from, {stubs.TABLE}", "(none)"),
    ("databricks", "job-source", put(stubs.JOB, "settings", "git_source", {"git_branch": "main"}), "pinned to a commit", "no"),
    ("databricks", "job-source", put("/api/2.0/repos/5", "head_commit_id", "0" * 40), "Git folder is at the job's commit", "no"),
    ("databricks", "job-machines", put(*TASK, "existing_cluster_id", "c-9"), "clusters that others change", "c-9"),
    ("databricks", "job-machines", put(stubs.JOB, "settings", "job_clusters", 0, "new_cluster", "spark_version", "16.0.x"), "runtimes", "16.0.x"),
    ("databricks", "job-artifacts", put(*TASK, "libraries", 0, {"whl": "/Volumes/qc/x/other.whl"}), "artifacts that nobody signed", "/Volumes/qc/x/other.whl"),
    ("databricks", "job-artifacts", put(*TASK, "libraries", 0, {"pypi": {"package": "pandas"}}), "artifacts that nobody signed", "pypi:pandas"),
    ("databricks", "job-artifacts", put(*TASK, "for_each_task", {"task": {"notebook_task": {"notebook_path": "/Shared/n"}}}), "artifacts that nobody signed", "/Shared/n"),
    ("databricks", "job-artifacts", put(f"/api/2.0/fs/files{stubs.PLACE}", b"other bytes"), "artifacts with other bytes than were signed", stubs.PLACE),
    ("databricks", "job-artifacts", put(f"/api/2.0/fs/files{stubs.PLACE}", ...), "artifacts that cannot be read", stubs.PLACE),
    ("databricks", "job-artifacts", put(stubs.JOB, "settings", "tasks", []), "all artifacts are signed", "no"),
    ("databricks", "job-runs", put(stubs.RUNS, "runs", 0, "job_parameters", []), "runs without a change ticket", "12"),
    ("databricks", "job-runs", put(stubs.RUNS, "runs", 1, "job_parameters", 0, "value", "none"), "runs without a change ticket", "11"),
    ("databricks", "promotion-gate", put(stubs.JOB, "settings", "edit_mode", "EDITABLE"), "edited by hand", "yes"),
    ("databricks", "promotion-gate", put(stubs.JOB, "settings", "run_as", {"user_name": "ada"}), "runs as a person", "yes"),
    ("github", "branch-protection", put(HUB, (404, {"message": "Branch not protected"})), "protected", "no"),
    ("github", "branch-protection", put(HUB, "enforce_admins", "enabled", False), "somebody is outside of the rules", "yes"),
    ("github", "branch-protection", put(HUB, "required_pull_request_reviews", ...), "required reviews", "0"),
    ("github", "branch-protection", put(HUB, "required_signatures", "enabled", False), "signed commits required", "no"),
    ("gitlab", "branch-protection", put(LAB, "allow_force_push", True), "history can be rewritten", "yes"),
    ("gitlab", "branch-protection", put(LAB, "push_access_levels", [{"access_level": 40}]), "somebody is outside of the rules", "yes"),
    ("gitlab", "branch-protection", put(LAB, (404, {"message": "404 Not found"})), "protected", "no"),
    ("gitlab", "branch-protection", put(f"{stubs.PROJECT}/approvals", "merge_requests_author_approval", True), "authors may approve their own change", "yes"),
    ("gitlab", "branch-protection", put(f"{stubs.PROJECT}/push_rule", (404, {"message": "404 Not Found"})), "signed commits required", "no"),
    ("github", "commits", put(f"{stubs.REPO}/commits", 1, "commit", "verification", "verified", False), "commits without a verified signature", "b" * 12),
    ("gitlab", "commits", put(f"{stubs.PROJECT}/repository/commits/{'b' * 40}/signature", (404, {"message": "404 Signature Not Found"})), "commits without a verified signature", "b" * 12),
    ("github", "changes", put(f"{stubs.REPO}/pulls", 0, "title", "no ticket"), "changes without a ticket", "7"),
    ("github", "changes", put(f"{stubs.REPO}/pulls/7/reviews", []), "changes that nobody else approved", "7"),
    ("github", "changes", put(f"{stubs.REPO}/pulls/7/reviews", [APPROVED, {**APPROVED, "state": "CHANGES_REQUESTED"}]), "changes that nobody else approved", "7"),
    ("github", "changes", put(f"{stubs.REPO}/pulls/7/reviews", [{**APPROVED, "commit_id": "0" * 40}]), "changes that nobody else approved", "7"),
    ("github", "changes", put(f"{stubs.REPO}/pulls/7/commits", [BY_ADA, {"author": {"login": "mara"}, "committer": None}]), "changes that nobody else approved", "7"),
    ("gitlab", "changes", put(f"{stubs.PROJECT}/merge_requests/7/approvals", {"approved_by": [{"user": {"username": "ada"}}]}), "changes that nobody else approved", "7"),
    ("jira", "change", put("/rest/api/2/issue/CHG-12", "fields", "status", {"name": "Draft", "statusCategory": {"key": "new"}}), "state of CHG-12", "Draft"),
    ("jira", "deviations", put("/rest/api/2/issue/DEV-4", "fields", "issuelinks", []), "deviations not linked with the change", "DEV-4"),
    ("jira", "deviations", put("/rest/api/2/issue/DEV-3", "fields", "status", {"name": "Open", "statusCategory": {"key": "indeterminate"}}), "deviations that are not done", "DEV-3"),
    ("vault", "server", put("/v1/sys/audit", {"data": {}}), "audit devices", "(none)"),
    ("vault", "token", put("/v1/auth/token/lookup-self", "data", "policies", ["root"]), "probed as root", "yes"),
    ("vault", "secrets", put("/v1/kv/metadata/qc/signing", (404, {"errors": []})), "kv/qc/signing is there", "no"),
    ("vault", "secrets", put("/v1/kv/metadata/qc/signing", "data", "versions", "3", "destroyed", True), "kv/qc/signing is there", "no"),
    ("mlflow", "server", put(f"{workers.API}/experiments/search", {"experiments": []}), "authentication is on", "no"),
    ("mlflow", "rights", put(f"{workers.API}/experiments/search", {"experiments": []}), "who may change runs of qc", "anybody who reaches the server"),
    ("mlflow", "rights", put("/api/3.0/mlflow/users/permissions/get", {"permission": "MANAGE"}), "who may delete runs of qc", "pipeline; probe; reader"),
    ("mlflow", "experiment", put(f"{workers.API}/experiments/get-by-name", (404, {"error_code": "RESOURCE_DOES_NOT_EXIST"})), "is there", "no"),
    ("mlflow", "runs", put(f"{workers.API}/runs/search", {"runs": [MLFLOW_RUN(params=[])]}), "runs whose ticket is a tag alone", workers.RUN),
    ("mlflow", "runs", put(f"{workers.API}/runs/search", {"runs": [MLFLOW_RUN(params=[], tags=[])]}), "runs without a change ticket", workers.RUN),
    ("mlflow", "runs", put(f"{workers.API}/runs/search", {"runs": [MLFLOW_RUN(tags=[{"key": "change_ticket", "value": "CHG-99"}])]}), "runs whose tag and parameter differ", workers.RUN),
    ("mlflow", "runs", put(f"{workers.API}/runs/search", {"runs": [MLFLOW_RUN(metrics=[{"key": "r2", "value": 1.0, "timestamp": 9000}])]}),
     "runs with metrics from after their end", workers.RUN),
    ("mlflow", "sealed-runs", put(f"{workers.API}/runs/get", "run", "data", "tags", 0, "value", "CHG-99"), "runs that are not as they were sealed", workers.RUN),
    ("mlflow", "sealed-runs", put("/get-artifact", b"other bytes"), "runs that are not as they were sealed", workers.RUN),
    ("mlflow", "sealed-runs", put(f"{workers.API}/runs/get", (404, {"error_code": "RESOURCE_DOES_NOT_EXIST"})), "runs that are gone", workers.RUN),
    ("mlflow", "model-versions", put(f"{workers.API}/runs/get", "run", "info", "status", "RUNNING"), "source run of potency/3 ended", "no"),
    ("mlflow", "model-digests", put("/get-artifact", b"other bytes"), "versions with other bytes than were signed", "potency/3"),
    ("airflow", "server", put(workers.CONNECTIONS, {"connections": []}), "authentication is on", "no"),
    ("airflow", "server", put(f"{workers.V2}/monitor/health", "scheduler", "status", "unhealthy"), "scheduler is healthy", "no"),
    ("airflow", "configuration", put(f"{workers.V2}/config/section/secrets/option/backend", (404, {"detail": "Option [secrets/backend] not found."})), "secrets backend", "(none)"),
    ("airflow", "rights", put("/auth/fab/v1/users", "users", 2, "roles", [{"name": "Admin"}]), "who may change connections and variables", "mara; rita"),
    ("airflow", "secrets", put(workers.CONNECTIONS, {"connections": [{"connection_id": "lims", "password": "***", "extra": "", "host": "x"}]}), "connections that hold a password", "lims"),
    ("airflow", "secrets", put(workers.CONNECTIONS, {"connections": [{"connection_id": "lims", "host": "https://u:never@lims.example.invalid"}]}), "connections with a password in the address", "lims"),
    ("airflow", "secrets", put(workers.CONNECTIONS, {"connections": [{"connection_id": "lims", "extra": '{"token": "***"}'}]}), "connections with a secret among their extras", "lims"),
    ("airflow", "secrets", put(f"{workers.V2}/variables", "variables", 0, "is_encrypted", False), "variables kept in plain text", "site"),
    ("airflow", "dags", put(f"{workers.V2}/dags/qc_release", "is_paused", True), "qc_release is paused", "yes"),
    ("airflow", "dags", put(f"{workers.V2}/dags/qc_release", (404, {"detail": "Dag with id: qc_release was not found"})), "qc_release is there", "no"),
    ("airflow", "dags", put(f"{workers.V2}/dags/qc_release/tasks", "tasks", 0, "retries", 3), "tasks of qc_release that are tried again", "lots"),
    ("airflow", "import-errors", put(f"{workers.V2}/importErrors", "import_errors", [{"filename": "broken.py"}]), "files with import errors", "broken.py"),
    ("airflow", "runs", put(f"{workers.V2}/dags/qc_release/dagRuns", "dag_runs", 0, "conf", {}), "runs of qc_release without a change ticket", "manual__1"),
    ("airflow", "runs", put(f"{workers.LATEST}/taskInstances", "task_instances", 1, "state", "failed"), "tasks of the latest run of qc_release that did not succeed", "end: failed"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "probe", "change", "fact", "told"), WRONG, ids=lambda v: v.replace(" ", "-")[:24] if isinstance(v, str) else ""
)
def test_a_wrong_setting_is_told(kind, probe, change, fact, told):
    assert read(kind, probe, change)[fact] == told


def test_every_probe_is_shown_with_a_right_setting():
    for kind in ANSWERS:
        assert {p for k, p, _ in RIGHT if k == kind} == set(made(kind, "http://127.0.0.1:9").probes)


# ------------------------------------------------------------ what the world does


PROBES = {
    "databricks": "job-source",
    "github": "branch-protection",
    "gitlab": "branch-protection",
    "jira": "change",
    "vault": "token",
    "mlflow": "experiment",
    "airflow": "import-errors",
}
PATH = {
    "databricks": stubs.JOB,
    "github": HUB,
    "gitlab": LAB,
    "jira": "/rest/api/2/issue/CHG-12",
    "vault": "/v1/auth/token/lookup-self",
    "mlflow": f"{workers.API}/experiments/get-by-name",
    "airflow": f"{workers.V2}/importErrors",
}
WORLD = (
    ((401, {"message": "Bad credentials never-in-evidence"}), "wrong or expired|not accepted"),
    ((403, {"message": "Resource not accessible"}), "permission|no right"),
    ((429, {}, {"Retry-After": "60"}), "throttled"),
    ((500, {}), "HTTP 500|InternalServerError"),
    ((200, b"<html>a log-in page</html>"), "another program answers"),
    ((200, [1, 2]), "shape|dict|another program"),
    ((200, {}), "shape"),
)


@pytest.mark.parametrize("kind", sorted(PROBES))
@pytest.mark.parametrize(("answer", "words"), WORLD, ids=lambda v: str(v[0]) if isinstance(v, tuple) else "")
def test_what_the_world_answers_instead_is_no_answer(kind, answer, words):
    if kind == "github" and answer == (200, {}):
        answer = (404, {"message": "Not Found"})  # an empty protection is one that asks for nothing; 404 is no permission
        words = "may not see it"
    if kind == "gitlab" and answer == (200, {}):
        pytest.skip("an empty protection of GitLab is one that asks for nothing")
    with pytest.raises(Unanswered, match=words) as told:
        read(kind, PROBES[kind], put(PATH[kind], answer))
    assert "never-in-evidence" not in str(told.value)


def test_a_limit_that_is_used_up_is_throttling_not_a_missing_permission():
    spent = (403, {"message": "rate limit"}, {"X-RateLimit-Remaining": "0"})
    with pytest.raises(Unanswered, match="throttled"):
        read("github", "commits", put(f"{stubs.REPO}/commits", spent))


def test_a_token_that_airflow_does_not_know_is_no_missing_permission():
    unknown = (403, {"detail": "Invalid JWT token"})
    with pytest.raises(Unanswered, match="missing, wrong or expired"):
        read("airflow", "dags", put(f"{workers.V2}/dags/{workers.DAG}", unknown))


def test_nobody_is_followed_elsewhere_with_credentials():
    with stub("elsewhere", {}) as other:
        with pytest.raises(Unanswered, match="sends elsewhere"):
            read("github", "commits", put(f"{stubs.REPO}/commits", (301, {}, {"Location": f"{other.address}/x"})))
        assert other.asked == []


@pytest.mark.parametrize("kind", sorted(PROBES))
def test_no_network_and_no_credentials(kind, monkeypatch):
    with pytest.raises(Unanswered, match="no network"):
        made(kind, "http://127.0.0.1:9").probes[PROBES[kind]]()
    monkeypatch.delenv("STUB_TOKEN")
    with pytest.raises(Unanswered, match="STUB_TOKEN is not set"):
        made(kind, "http://127.0.0.1:9").probes[PROBES[kind]]()


LITTLE: dict[str, tuple[dict[str, Any], set[str]]] = {
    "databricks": (
        dict.fromkeys(
            ("job", "cluster_policy", "account_id", "workspace_id", "account_host", "account_token", "git_folder"), None
        )
        | {"groups": [], "tables": []},
        {"databricks.job", "databricks.tables", "databricks.groups", "databricks.cluster_policy"},
    ),
    "jira": ({"change": None, "deviations": []}, {"jira.change"}),
    "jira, no deviations": ({"deviations": []}, {"jira.deviations"}),
    "vault": ({"secrets": []}, {"vault.secrets"}),
    "mlflow": (
        {"experiment": None, "models": [], "sealed_runs": {}},
        {"mlflow.experiment", "mlflow.models", "mlflow.sealed_runs"},
    ),
    "airflow": ({"dags": []}, {"airflow.dags"}),
}
"""Settings that say no more than where the service is, and what has to be named as missing. A forge needs all of its settings: a file without is refused."""


@pytest.mark.parametrize("case", sorted(LITTLE))
def test_a_half_configured_account_is_named_setting_by_setting(case):
    kind, (bare, wanted) = case.partition(",")[0], LITTLE[case]
    named = set()
    with stub(kind, ANSWERS[kind]()) as server:
        for probe in made(kind, server.address, **bare).probes.values():
            try:
                probe()
            except Unanswered as told:
                named |= {setting for setting in wanted if told.hint == f"add {setting}"}
    assert named == wanted


@pytest.mark.parametrize("kind", sorted(PROBES))
def test_clock_skew(kind):
    late = FixedClock(dt.datetime.now(dt.UTC) + dt.timedelta(hours=1))
    with stub(kind, ANSWERS[kind]()) as server, pytest.raises(Unanswered, match="clock skew"):
        made(kind, server.address, late).probes[PROBES[kind]]()


@pytest.mark.parametrize("kind", sorted(PROBES))
def test_a_stub_that_the_settings_call_a_real_server_is_not_believed(kind):
    real = {"kind": "real server", "name": "example", "version": "1"}
    with stub(kind, ANSWERS[kind]()) as server, pytest.raises(Unanswered, match="the answer says that it is a stub"):
        made(kind, server.address, counterpart=real).probes[PROBES[kind]]()


# ------------------------------------------------------------ only reading


def test_a_call_that_writes_or_that_no_probe_needs_does_not_leave():
    with stub("x", {}) as server:
        reader = Reader("x", server.address, (r"/api/list",), Counterpart.model_validate(STUB), SystemClock())
        for method, path in (
            ("POST", "/api/list"),
            ("DELETE", "/api/list"),
            ("PUT", "/api/list"),
            ("PATCH", "/api/list"),
            ("GET", "/api/other"),
            ("GET", "/api/list/../x"),
        ):
            with pytest.raises(NotAllowed, match="was not sent"):
                reader.session.request(method, server.address + path)
        with pytest.raises(NotAllowed):
            reader.session.get(server.address + "/api/list", data="x=1")
        assert server.asked == []
        assert reader.session.get(server.address + "/api/list").status_code == requests.codes.not_found


def test_what_may_be_posted_is_the_search_alone():
    with stub("x", {"/api/search": {"rows": []}}) as server:
        reader = Reader(
            "x", server.address, (r"/api/list",), Counterpart.model_validate(STUB), SystemClock(), posted=(r"/api/search",)
        )
        assert reader.posted("/api/search", {"of": 1}) == {"rows": []}
        assert server.asked == [("POST", "/api/search")]
        for method, path in (
            ("POST", "/api/list"),
            ("POST", "/api/search/x"),
            ("DELETE", "/api/search"),
            ("GET", "/api/search"),
            ("PUT", "/api/search"),
        ):
            with pytest.raises(NotAllowed, match="was not sent"):
                reader.session.request(method, server.address + path)
        assert len(server.asked) == 1


def test_a_guard_lets_no_writing_verb_in_by_its_settings():
    with stub("x", {}) as server, stub("y", {}) as other:
        session = guarded(Guard((".*",), server.address, verbs=("GET", "POST", "DELETE")))
        with pytest.raises(NotAllowed, match="only reads"):
            session.post(server.address)
        with pytest.raises(NotAllowed, match="another address"):
            session.get(other.address)
        assert server.asked == other.asked == []


def test_the_client_of_vault_cannot_write_or_read_a_value():
    with stub("vault", stubs.vault()) as server:
        settings = Vault.model_validate({"url": server.address, "token": {"env": "STUB_TOKEN"}, "counterpart": STUB})
        client = Client(settings, Counterpart.model_validate(STUB), PATHS, SystemClock())
        kv = client._client.secrets.kv.v2
        for act in (
            lambda: kv.create_or_update_secret("qc/signing", {"a": "b"}, mount_point="kv"),
            lambda: kv.delete_metadata_and_all_versions("qc/signing", mount_point="kv"),
            lambda: kv.read_secret_version("qc/signing", mount_point="kv", raise_on_deleted_version=False),
            client._client.sys.seal,
        ):
            with pytest.raises(NotAllowed):
                act()
        assert server.asked == []


def test_a_credential_that_lies_in_vault_is_used_and_shown_nowhere():
    with stub("vault", stubs.vault()) as server:
        values = {"url": server.address, "token": {"env": "STUB_TOKEN"}, "counterpart": STUB}
        find = lookup(Vault.model_validate(values), SystemClock())
        assert find("kv/qc/signing#token") == "the secret itself"
        with pytest.raises(Unanswered, match="has no field"):
            find("kv/qc/signing#other")
        with stub("github", stubs.github()) as forge:
            values = {
                "kind": "github",
                "url": forge.address,
                "repository": "example/qc-release",
                "token": {"vault": "kv/qc/signing#token"},
                "counterpart": STUB,
            }
            facts = forge_part(Forge.model_validate(values), SystemClock(), find).probes["commits"]()
            assert forge.sent[0]["Authorization"] == "Bearer the secret itself"
            assert "the secret" not in repr(facts)


def test_a_service_principal_gets_its_token_by_the_sdk_and_a_wrong_one_is_named(monkeypatch):
    answers = stubs.databricks()
    with stub("databricks", answers) as server:
        answers = server.answers
        answers["/.well-known/databricks-config"] = {"oidc_endpoint": f"{server.address}/oidc"}
        answers["/oidc/.well-known/oauth-authorization-server"] = {
            "authorization_endpoint": f"{server.address}/a",
            "token_endpoint": f"{server.address}/oidc/v1/token",
        }
        answers["/oidc/v1/token"] = {"access_token": "given-for-an-hour", "token_type": "Bearer", "expires_in": 3600}
        principal = {"token": None, "client_id": {"env": "STUB_TOKEN"}, "client_secret": {"env": "STUB_TOKEN"}}
        found = made("databricks", server.address, **principal).probes["job-source"]()
        assert found[2].value == "yes"
        assert "Bearer given-for-an-hour" in {h.get("Authorization") for h in server.sent}
        answers["/oidc/v1/token"] = (401, {"error": "invalid_client"})
        with pytest.raises(Unanswered, match="no credentials"):
            made("databricks", server.address, **principal).probes["job-source"]()


@pytest.mark.parametrize("value", [{"env": "ghp_abcdef"}, {"vault": "x"}, {}, {"env": "A", "vault": "a/b#c"}, "ghp_abcdef"])
def test_a_secret_has_no_place_in_the_settings(value):
    with pytest.raises(ValueError, match="token"):
        Forge.model_validate({"kind": "github", "repository": "a/b", "token": value})


def test_another_address_than_the_vendors_says_what_answers():
    with pytest.raises(ConfigError, match="do not say what answers"):
        forge_part(
            Forge.model_validate(
                {"kind": "gitlab", "url": "https://git.example.invalid", "repository": "a/b", "token": {"env": "T"}}
            ),
            SystemClock(),
        )
    known = forge_part(Forge.model_validate({"kind": "github", "repository": "a/b", "token": {"env": "T"}}), SystemClock())
    assert short(known.counterparts["commits"]()) == "real server GitHub service"
    workspace = {
        "host": "https://dbc-1.cloud.databricks.com",
        "token": {"env": "T"},
        "account_host": "https://accounts.example.invalid",
    }
    with pytest.raises(ConfigError, match="do not say what answers"):
        databricks_part(Databricks.model_validate(workspace), SystemClock())
    workspace["account_host"] = "https://accounts.cloud.databricks.com"
    linked = databricks_part(Databricks.model_validate(workspace), SystemClock())
    assert short(linked.counterparts["private-link"]()) == "real server Databricks service"
