"""The interface of an MLflow server: by GET, and by the one POST that searches runs."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from csvgen.clock import Clock
from csvgen.model.counterpart import Counterpart
from csvgen.targets.mlflow.settings import Mlflow
from csvgen.targets.probing.credentials import Lookup, secret
from csvgen.targets.probing.facts import inside
from csvgen.targets.probing.reader import Reader
from csvgen.views import Unanswered

API = "/api/2.0/mlflow"
PATHS = (
    r"/version",
    r"/get-artifact",
    r"/api/2\.0/mlflow/(?:experiments/search|experiments/get|experiments/get-by-name|runs/get|metrics/get-history|artifacts/list)",
    r"/api/2\.0/mlflow/model-versions/get",
    r"/api/2\.0/mlflow/users/(?:current|list)",
    r"/api/3\.0/mlflow/users/permissions/(?:get|list)",
    r"/api/2\.0/mlflow/logged-models/[\w-]+(?:/artifacts/directories)?",
    r"/ajax-api/2\.0/mlflow/logged-models/[\w-]+/artifacts/files",
)
SEARCH = f"{API}/runs/search"
POSTED = (r"/api/2\.0/mlflow/runs/search",)
"""Runs are searched by POST alone; the search changes nothing (MLflow's REST API, "Search Runs")."""
GONE = ("RESOURCE_DOES_NOT_EXIST",)
_MOST_FILES = 2_000
_MOST_PAGES = 200


def reader(settings: Mlflow, answers: Counterpart, clock: Clock, lookup: Lookup | None) -> Reader:
    """With the credentials of the probes. Raises Unanswered naming what is missing."""
    headers: dict[str, str] = {}
    if settings.password is not None:
        pair = f"{settings.user}:{secret(settings.password, lookup).reveal()}".encode()
        headers["Authorization"] = f"Basic {base64.b64encode(pair).decode('ascii')}"
    elif settings.token is not None:
        headers["Authorization"] = f"Bearer {secret(settings.token, lookup).reveal()}"
    return Reader("mlflow", settings.url, PATHS, answers, clock, lambda: headers, POSTED)


def stranger(settings: Mlflow, answers: Counterpart, clock: Clock) -> Reader:
    """As somebody who has no credentials."""
    return Reader("mlflow", settings.url, PATHS, answers, clock)


def experiment(m: Reader, name: str) -> Mapping[str, Any] | None:
    """An experiment by its name; None where the server has none."""
    path = f"{API}/experiments/get-by-name"
    answer = m.get(path, {"experiment_name": name}, absent=GONE)
    return None if answer is None else dict(inside(answer, "experiment", where=path))


def experiment_name(m: Reader, identity: str) -> str:
    """Name of an experiment by its id."""
    path = f"{API}/experiments/get"
    return str(inside(m.get(path, {"experiment_id": identity}), "experiment", "name", kind=str, where=path))


def run(m: Reader, identity: str) -> Mapping[str, Any] | None:
    """A run by its id; None where the server has none."""
    path = f"{API}/runs/get"
    answer = m.get(path, {"run_id": identity}, absent=GONE)
    return None if answer is None else dict(inside(answer, "run", where=path))


def runs(m: Reader, home: str, most: int, view: str = "ACTIVE_ONLY") -> Iterator[Mapping[str, Any]]:
    """Runs of an experiment, the newest first."""
    token, given = "", 0
    while given < most:
        body = {
            "experiment_ids": [home], "max_results": min(100, most - given), "run_view_type": view,
            "order_by": ["attributes.start_time DESC"], **({"page_token": token} if token else {}),
        }  # fmt: skip
        answer = inside(m.posted(SEARCH, body), where=SEARCH)
        for row in answer.get("runs", ()):
            given += 1
            yield row
        token = answer.get("next_page_token", "")
        if not token:
            return


def history(m: Reader, identity: str, metric: str) -> list[Mapping[str, Any]]:
    """Every value that was ever logged of a metric."""
    path, token = f"{API}/metrics/get-history", ""
    found: list[Mapping[str, Any]] = []
    for _ in range(_MOST_PAGES):
        query = {"run_id": identity, "metric_key": metric, "max_results": "1000", **({"page_token": token} if token else {})}
        answer = inside(m.get(path, query), where=path)
        found += list(answer.get("metrics", ()))
        token = answer.get("next_page_token", "")
        if not token:
            return found
    raise Unanswered(f"the metric {metric[:60]!r} has more values than are read", where=f"mlflow {path}")


def run_files(m: Reader, identity: str, below: str = "") -> dict[str, bytes]:
    """Files of a run below a folder of it -> content; names are relative to that folder."""
    listed = _walked(m, f"{API}/artifacts/list", {"run_id": identity}, "path", below)
    return {_under(below, p): _content(m, "/get-artifact", {"run_id": identity, "path": p}) for p in listed}


def model_files(m: Reader, model: str) -> dict[str, bytes]:
    """Files of a logged model (MLflow 3) -> content."""
    there = quote(model, safe="")
    listed = _walked(m, f"{API}/logged-models/{there}/artifacts/directories", {}, "artifact_directory_path", "")
    path = f"/ajax-api/2.0/mlflow/logged-models/{there}/artifacts/files"
    return {p: _content(m, path, {"artifact_file_path": p}) for p in listed}


def _walked(m: Reader, path: str, query: Mapping[str, str], name: str, below: str) -> list[str]:
    """Paths of all files below a folder."""
    folders: list[str] = [below]
    found: list[str] = []
    while folders:
        here, token = folders.pop(), ""
        for _ in range(_MOST_PAGES):
            asked = {**query, **({name: here} if here else {}), **({"page_token": token} if token else {})}
            answer = inside(m.get(path, asked), where=path)
            for row in answer.get("files", ()):
                (folders if row.get("is_dir") else found).append(str(row["path"]))
            token = answer.get("next_page_token", "")
            if not token:
                break
        if len(found) + len(folders) > _MOST_FILES:
            raise Unanswered(f"there are more than {_MOST_FILES} files", where=f"mlflow {path}")
    return sorted(found)


def _under(below: str, path: str) -> str:
    return path.removeprefix(f"{below}/") if below else path


def _content(m: Reader, path: str, query: Mapping[str, str]) -> bytes:
    found = m.content(path, query)
    if found is None:
        raise Unanswered("a file that is listed is not there", where=f"mlflow {path}")
    return found
