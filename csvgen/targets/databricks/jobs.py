"""Probes of a production job: its source, its machines, its artifacts, its runs, and who can change it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from csvgen.canonical import digest_bytes
from csvgen.targets.probing.facts import Measured, facts, inside
from csvgen.targets.probing.reader import Reader
from csvgen.views import Fact, Unanswered

_COMMIT = re.compile(r"[0-9a-f]{40}")
_GET, _RUNS = "/api/2.2/jobs/get", "/api/2.2/jobs/runs/list"


def settings_of(w: Reader, job: str) -> Mapping[str, Any]:
    """The settings of a job, with all its tasks: more than a hundred come in pages."""
    answer = inside(w.get(_GET, {"job_id": job}), kind=dict, where=_GET)
    found: dict[str, Any] = dict(inside(answer, "settings", where=_GET))
    pages = 0
    while answer.get("next_page_token") and pages < 100:  # noqa: PLR2004 - a job has at most a thousand tasks
        answer, pages = w.get(_GET, {"job_id": job, "page_token": answer["next_page_token"]}), pages + 1
        for key in ("tasks", "job_clusters"):
            found[key] = [*found.get(key, ()), *answer.get("settings", {}).get(key, ())]
    return found


def job_source(w: Reader, job: str, git_folder: str) -> tuple[Fact, ...]:
    """From which commit the job takes its code, and where the Git folder stands."""
    source = settings_of(w, job).get("git_source", {})
    commit = source.get("git_commit", "")
    told = facts(
        w.source(_GET),
        {
            "source": source.get("git_url"), "source commit": commit, "pinned to a commit": bool(_COMMIT.fullmatch(commit)),
            "source branch": source.get("git_branch"), "source tag": source.get("git_tag"),
        },
    )  # fmt: skip
    if not git_folder:
        return told
    path = f"/api/2.0/repos/{git_folder}"
    found = inside(w.get(path), kind=dict, where=path)
    head = found.get("head_commit_id")
    return told + facts(
        w.source(path),
        {
            "Git folder": found.get("url"),
            "Git folder branch": found.get("branch"),
            "Git folder commit": head,
            "Git folder is at the job's commit": bool(head) and head == commit,
        },
    )


def job_machines(w: Reader, job: str) -> tuple[Fact, ...]:
    """Runtimes and policies of the clusters on which the tasks run."""
    found = settings_of(w, job)
    tasks = found.get("tasks", ())
    clusters = [c.get("new_cluster", {}) for c in found.get("job_clusters", ())] + [
        t["new_cluster"] for t in tasks if "new_cluster" in t
    ]
    shared = [t["existing_cluster_id"] for t in tasks if "existing_cluster_id" in t]
    environments = [
        str(e.get("spec", {}).get("environment_version") or e.get("spec", {}).get("client"))
        for e in found.get("environments", ())
    ]
    return facts(
        w.source(_GET),
        {
            "tasks": Measured(len(tasks), "tasks"), "runtimes": [c.get("spark_version", "(none)") for c in clusters],
            "serverless environments": environments, "cluster policies": [c.get("policy_id", "(none)") for c in clusters],
            "access modes": [c.get("data_security_mode", "(none)") for c in clusters], "clusters that others change": shared,
        },
    )  # fmt: skip


def job_artifacts(w: Reader, job: str, signed: Mapping[str, str]) -> tuple[Fact, ...]:
    """Every artifact a task refers to, against the list that was signed: is it named there, and are its bytes those that were signed."""
    named = sorted({a for t in _each_task(settings_of(w, job)) for a in artifacts(t)})
    unsigned = [a for a in named if a not in signed]
    altered, missing = [], []
    for place in (a for a in named if a in signed):
        data = w.content(f"/api/2.0/fs/files{place}") if place.startswith("/Volumes/") else None
        if data is None:
            missing.append(place)
        elif digest_bytes(data) != signed[place]:
            altered.append(place)
    return facts(
        w.source(_GET),
        {
            "artifacts": Measured(len(named), "artifacts"), "artifacts that nobody signed": unsigned,
            "artifacts with other bytes than were signed": altered, "artifacts that cannot be read": missing,
            "all artifacts are signed": bool(named) and not (unsigned or altered or missing),
        },
    )  # fmt: skip


def _each_task(found: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for task in found.get("tasks", ()):
        yield task
        if inner := task.get("for_each_task", {}).get("task"):
            yield inner
    for environment in found.get("environments", ()):
        yield {"libraries": [{"whl": d} for d in environment.get("spec", {}).get("dependencies", ())]}


def artifacts(task: Mapping[str, Any]) -> Iterator[str]:
    """Whatever a task executes, by its place. A notebook or a file of the workspace is one too: nobody signed it unless the list says so."""
    for library in task.get("libraries", ()):
        for kind in ("whl", "jar", "egg", "requirements"):
            if kind in library:
                yield str(library[kind])
        for kind in ("pypi", "maven", "cran"):
            if kind in library:
                yield f"{kind}:{library[kind].get('package') or library[kind].get('coordinates')}"
    for key, field in (("notebook_task", "notebook_path"), ("spark_python_task", "python_file"), ("spark_jar_task", "jar_uri")):
        inner = task.get(key)
        if inner and inner.get("source") != "GIT" and inner.get(field):
            yield str(inner[field])


def runs(w: Reader, job: str, ticket: str, form: str, most: int) -> tuple[Fact, ...]:
    """Whether each run names the change ticket under which it was made, and who started it."""
    seen = list(_runs(w, job, most))
    said = {str(r.get("run_id")): _parameter(r, ticket) for r in seen}
    try:
        fits = re.compile(form)
    except re.error:
        raise Unanswered("databricks.ticket_form is no regular expression") from None
    return facts(
        w.source(_RUNS),
        {
            "runs": Measured(len(seen), "runs"), "runs without a change ticket": [i for i, t in said.items() if not fits.fullmatch(t)],
            "tickets": [t for t in said.values() if t], "started by": [r.get("creator_user_name") for r in seen],
            "latest run": next(iter(said), None), "ticket of the latest run": next(iter(said.values()), None),
            "runs that were repaired": [str(r.get("run_id")) for r in seen if len(r.get("repair_history", ())) > 1],
        },
    )  # fmt: skip


def _runs(w: Reader, job: str, most: int) -> Iterator[Mapping[str, Any]]:
    token, given = "", 0
    while given < most:
        query = {
            "job_id": job,
            "limit": str(min(25, most - given)),
            "completed_only": "true",
            **({"page_token": token} if token else {}),
        }
        answer = inside(w.get(_RUNS, query), kind=dict, where=_RUNS)
        for row in answer.get("runs", ()):
            given += 1
            yield row
        token = answer.get("next_page_token", "")
        if not token or not answer.get("has_more", bool(token)):
            return


def _parameter(run: Mapping[str, Any], name: str) -> str:
    rows = run.get("job_parameters", ())
    return next((str(p.get("value") or "") for p in rows if p.get("name") == name), "")


def promotion_gate(w: Reader, job: str) -> tuple[Fact, ...]:
    """Whether the job can be changed by hand past the gate: deployed by a bundle and locked, and as whom it runs."""
    answer = inside(w.get(_GET, {"job_id": job}), kind=dict, where=_GET)
    found = inside(answer, "settings", where=_GET)
    as_whom = found.get("run_as", {})
    runs_as = (
        f"service principal {as_whom['service_principal_name']}"
        if "service_principal_name" in as_whom
        else as_whom.get("user_name") or answer.get("run_as_user_name")
    )
    return facts(
        w.source(_GET),
        {
            "deployed by": found.get("deployment", {}).get("kind"), "edited by hand": found.get("edit_mode") != "UI_LOCKED",
            "runs as": runs_as, "runs as a person": "service_principal_name" not in as_whom, "maximum runs at a time": str(found.get("max_concurrent_runs", 1)),
        },
    )  # fmt: skip
