"""DAGs and their runs: whether they are there as approved, of which bytes, in which order of tasks, and what the last run came to."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from csvgen.canonical import digest_bytes
from csvgen.targets.airflow.client import API, one, rows
from csvgen.targets.probing.facts import Measured, facts, inside
from csvgen.targets.probing.reader import Reader
from csvgen.views import Fact, Unanswered

_DAG, _SOURCE = f"{API}/dags/...", f"{API}/dagSources/..."
_DONE = ("success", "skipped")
_WITHHELD = "REDACTED - you do not have read permission"
"""What Airflow shows in place of a file that holds other DAGs too, which this account may not see."""


def dags(a: Reader, names: Sequence[str]) -> tuple[Fact, ...]:
    """Each DAG as the server has it. The digest is that of the file of the DAG as Airflow keeps it; what the file imports is not in it."""
    made: tuple[Fact, ...] = ()
    for name in names:
        found = a.get(f"{API}/dags/{one(name)}", absent=("not found",))
        if found is None:
            made += facts(a.source(_DAG), {f"{name} is there": False})
            continue
        source = inside(a.get(f"{API}/dagSources/{one(name)}"), where=_SOURCE)
        content = inside(source, "content", kind=str, where=_SOURCE)
        if content.startswith(_WITHHELD):
            raise Unanswered(
                "the account of the probes has no permission to read all DAGs in the file", where=f"airflow {_SOURCE}"
            )
        steps = inside(a.get(f"{API}/dags/{one(name)}/tasks"), "tasks", kind=list, where=f"{_DAG}/tasks")
        made += facts(
            a.source(_DAG),
            {
                f"{name} is there": True, f"{name} is paused": bool(inside(found, "is_paused", kind=bool, where=_DAG)), f"{name} is stale": bool(found.get("is_stale")),
                f"{name} has import errors": bool(found.get("has_import_errors")), f"file of {name}": found.get("relative_fileloc"),
                f"bundle of {name}": found.get("bundle_name"), f"bundle version of {name}": found.get("bundle_version"),
                f"schedule of {name}": found.get("timetable_summary"), f"owners of {name}": found.get("owners", ()),
                f"runs at a time of {name}": None if found.get("max_active_runs") is None else Measured(int(found["max_active_runs"]), "runs"),
            },
        )  # fmt: skip
        made += facts(
            a.source(_SOURCE),
            {f"digest of {name}": digest_bytes(content.encode()), f"version of {name}": str(source.get("version_number") or "")},
        )
        made += facts(
            a.source(f"{_DAG}/tasks"),
            {
                f"tasks of {name}": [t["task_id"] for t in steps],
                f"order of {name}": [f"{t['task_id']} -> {after}" for t in steps for after in t.get("downstream_task_ids") or ()],
                f"tasks of {name} that are tried again": [t["task_id"] for t in steps if (t.get("retries") or 0) > 0],
                f"tasks of {name} that run whatever came before": [
                    t["task_id"] for t in steps if t.get("trigger_rule") != "all_success"
                ],
            },
        )
    return made


def import_errors(a: Reader) -> tuple[Fact, ...]:
    """Files that the server could not read DAGs from."""
    path = f"{API}/importErrors"
    return facts(a.source(path), {"files with import errors": [e.get("filename") for e in rows(a, path, "import_errors")]})


def runs(a: Reader, names: Sequence[str], ticket: str, form: str, most: int) -> tuple[Fact, ...]:
    """Runs of each DAG: under which change, by whom, of which version, and every task of the latest."""
    try:
        fits = re.compile(form)
    except re.error:
        raise Unanswered("airflow.ticket_form is no regular expression") from None
    made: tuple[Fact, ...] = ()
    for name in names:
        path = f"{API}/dags/{one(name)}/dagRuns"
        seen = list(rows(a, path, "dag_runs", {"order_by": "-run_after"}, most))
        said = {str(r["dag_run_id"]): str((r.get("conf") or {}).get(ticket) or "") for r in seen}
        made += facts(
            a.source(f"{_DAG}/dagRuns"),
            {
                f"runs of {name}": Measured(len(seen), "runs"), f"runs of {name} without a change ticket": [i for i, t in said.items() if not fits.fullmatch(t)],
                f"runs of {name} that failed": [r["dag_run_id"] for r in seen if r["state"] == "failed"],
                f"runs of {name} that nobody is named for": [r["dag_run_id"] for r in seen if r["run_type"] == "manual" and not r.get("triggering_user_name")],
                f"started by, {name}": [r["triggering_user_name"] for r in seen if r.get("triggering_user_name")],
                f"latest run of {name}": seen[0]["dag_run_id"] if seen else None, f"state of the latest run of {name}": seen[0]["state"] if seen else None,
                f"ticket of the latest run of {name}": next(iter(said.values()), None),
                f"version of the latest run of {name}": [v["version_number"] for v in seen[0].get("dag_versions", ())] if seen else None,
            },
        )  # fmt: skip
        made += _tasks(a, name, seen[0]) if seen else ()
    return made


def _tasks(a: Reader, name: str, run: Mapping[str, Any]) -> tuple[Fact, ...]:
    path = f"{API}/dags/{one(name)}/dagRuns/{one(str(run['dag_run_id']))}/taskInstances"
    done = list(rows(a, path, "task_instances"))
    return facts(
        a.source(f"{_DAG}/dagRuns/.../taskInstances"),
        {
            f"tasks of the latest run of {name}": Measured(len(done), "tasks"),
            f"tasks of the latest run of {name} that did not succeed": [_task(t) for t in done if t["state"] not in _DONE],
            f"tasks of the latest run of {name} that were tried again": [_task(t) for t in done if int(t.get("try_number") or 0) > 1],
        },
    )  # fmt: skip


def _task(found: Mapping[str, Any]) -> str:
    at = int(found.get("map_index", -1))
    return f"{found['task_id']}{f'[{at}]' if at >= 0 else ''}: {found['state'] or 'not begun'}"
