"""Runs of an experiment and versions of models: which change they were made under, which run made them, which bytes they are."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from csvgen.canonical import digest, digest_bytes
from csvgen.targets.mlflow.client import API, GONE, SEARCH, experiment, experiment_name, model_files, run, run_files
from csvgen.targets.mlflow.client import runs as listed
from csvgen.targets.probing.facts import Measured, facts, inside
from csvgen.targets.probing.reader import Reader
from csvgen.views import Fact, Unanswered

_BY_NAME = f"{API}/experiments/get-by-name"
_VERSION = f"{API}/model-versions/get"
_ENDED = ("FINISHED", "FAILED", "KILLED")


def one_experiment(m: Reader, name: str) -> tuple[Fact, ...]:
    """Whether it is there and in use, and where its files lie."""
    found = experiment(m, name)
    where = urlsplit(str((found or {}).get("artifact_location", "")))
    return facts(
        m.source(_BY_NAME),
        {
            "is there": found is not None, "state": (found or {}).get("lifecycle_stage"), "files lie at": f"{where.scheme}:" if where.scheme else None,
            "files pass through the server": where.scheme == "mlflow-artifacts",
        },
    )  # fmt: skip


def change_runs(m: Reader, name: str, ticket: str, form: str, most: int) -> tuple[Fact, ...]:
    """The change ticket of each run. A parameter cannot be given another value through MLflow; a tag can, by anybody who may change the run."""
    try:
        fits = re.compile(form)
    except re.error:
        raise Unanswered("mlflow.ticket_form is no regular expression") from None
    home = experiment(m, name)
    if home is None:
        raise Unanswered(f"there is no experiment {name!r}", where="mlflow")
    seen = list(listed(m, str(home["experiment_id"]), most))
    deleted = list(listed(m, str(home["experiment_id"]), most, "DELETED_ONLY"))
    said = {str(r["info"]["run_id"]): (_of(r, "params", ticket), _of(r, "tags", ticket)) for r in seen}
    tickets = {i: param or tag for i, (param, tag) in said.items()}
    ended = {str(r["info"]["run_id"]): int(r["info"].get("end_time") or 0) for r in seen}
    return facts(
        m.source(SEARCH, "POST (search)"),
        {
            "runs": Measured(len(seen), "runs"), "runs that were deleted": [str(r["info"]["run_id"]) for r in deleted],
            "runs that have not ended": [str(r["info"]["run_id"]) for r in seen if r["info"]["status"] not in _ENDED],
            "runs without a change ticket": [i for i, t in tickets.items() if not fits.fullmatch(t)],
            "runs whose ticket is a tag alone": [i for i, (param, tag) in said.items() if tag and not param],
            "runs whose tag and parameter differ": [i for i, (param, tag) in said.items() if param and tag and param != tag],
            "runs with metrics from after their end": [i for i, r in zip(ended, seen, strict=True) if ended[i] and _late(r, ended[i])],
            "tickets": [t for t in tickets.values() if t], "started by": [r["info"].get("user_id") for r in seen],
            "latest run": next(iter(tickets), None), "ticket of the latest run": next(iter(tickets.values()), None),
        },
    )  # fmt: skip


def _of(found: Mapping[str, Any], part: str, name: str) -> str:
    rows = found.get("data", {}).get(part, ())
    return next((str(r.get("value", "")) for r in rows if r.get("key") == name), "")


def _late(found: Mapping[str, Any], end: int) -> bool:
    return any(int(m.get("timestamp") or 0) > end for m in found.get("data", {}).get("metrics", ()))


def model_versions(m: Reader, versions: Sequence[str], ticket: str) -> tuple[Fact, ...]:
    """State of each version, and the run it came of."""
    made: tuple[Fact, ...] = ()
    for which in versions:
        found = _version(m, which)
        if found is None:
            made += facts(m.source(_VERSION), {f"{which} is there": False})
            continue
        source = run(m, str(found["run_id"])) if found.get("run_id") else None
        info = (source or {}).get("info", {})
        known = source or {}
        home = experiment_name(m, str(info["experiment_id"])) if info else None
        made += facts(
            m.source(_VERSION),
            {
                f"{which} is there": True, f"state of {which}": found.get("status"), f"aliases of {which}": found.get("aliases", ()),
                f"registered by, {which}": found.get("user_id"), f"source run of {which}": found.get("run_id"),
                f"experiment of {which}": home, f"source run of {which} ended": info.get("status") == "FINISHED" and info.get("lifecycle_stage") == "active",
                f"ticket of {which}": _of(known, "params", ticket) or _of(known, "tags", ticket),
            },
        )  # fmt: skip
    return made


def model_digests(m: Reader, versions: Sequence[str], signed: Mapping[str, str]) -> tuple[Fact, ...]:
    """The bytes of each version against the list of those that were signed. The digest is that of the map from file to digest."""
    now: dict[str, str] = {}
    files: dict[str, int] = {}
    for which in versions:
        found = _version(m, which)
        if found is None:
            raise Unanswered(f"there is no model version {which}", where=f"mlflow {_VERSION}")
        content = _files(m, found)
        if not content:
            raise Unanswered(f"no files were found of {which}", where=f"mlflow {found.get('source')}")
        now[which], files[which] = digest({n: digest_bytes(b) for n, b in content.items()}), len(content)
    return facts(
        m.source("/get-artifact"),
        {
            "model versions": Measured(len(now), "versions"), "versions that nobody signed": [w for w in now if w not in signed],
            "versions with other bytes than were signed": [w for w in now if w in signed and signed[w] != now[w]],
            **{f"digest of {w}": d for w, d in now.items()}, **{f"files of {w}": Measured(n, "files") for w, n in files.items()},
        },
    )  # fmt: skip


def _version(m: Reader, which: str) -> Mapping[str, Any] | None:
    name, _, number = which.rpartition("/")
    answer = m.get(_VERSION, {"name": name, "version": number}, absent=GONE)
    return None if answer is None else dict(inside(answer, "model_version", where=_VERSION))


def _files(m: Reader, version: Mapping[str, Any]) -> dict[str, bytes]:
    """Files of a version, wherever its source says they are. A store that the server does not pass on cannot be read from here."""
    source, identity = str(version.get("source", "")), str(version.get("run_id", ""))
    if source.startswith("models:/m-"):
        return model_files(m, source.removeprefix("models:/"))
    if source.startswith("runs:/"):
        identity, _, below = source.removeprefix("runs:/").partition("/")
        return run_files(m, identity, below)
    root = str(((run(m, identity) or {}).get("info", {})).get("artifact_uri", "")) if identity else ""
    if root and source.startswith(f"{root}/"):
        return run_files(m, identity, source.removeprefix(f"{root}/"))
    raise Unanswered(
        "the files of the model lie in a store of their own, which the server does not show",
        where=f"mlflow {urlsplit(source).scheme}:",
    )
