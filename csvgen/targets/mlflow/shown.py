"""A run as the server shows it, in the form the pipeline seals (`csvgen.pipeline.experiments.Shown`), read by GET alone.

The server keeps every tag, metric and file open for changes after a run has ended, and no date of a change. So nothing it says can show
that a run is as it was; only a digest that was kept elsewhere can. Where a run carries csvgen's own record, what differs is named too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from csvgen.canonical import digest, digest_bytes
from csvgen.pipeline.experiments import OWN, RECORD, Shown, statement
from csvgen.pipeline.flow.record import RunRecord
from csvgen.targets.mlflow.client import experiment_name, history, run, run_files
from csvgen.targets.probing.facts import Measured, facts
from csvgen.targets.probing.reader import Reader
from csvgen.views import Fact

_GET = "/api/2.0/mlflow/runs/get"


def sealed_runs(m: Reader, seals: Mapping[str, str]) -> tuple[Fact, ...]:
    """Each sealed run against the digest of what the server shows now, and against the record among its files."""
    gone, differ, forged, without = [], [], [], []
    now: dict[str, str] = {}
    for identity, seal in seals.items():
        found = run(m, identity)
        if found is None or found["info"].get("lifecycle_stage") != "active":
            gone.append(identity)
            continue
        files = run_files(m, identity)
        seen = shown(m, found, files)
        now[f"digest of {identity}"] = digest(seen)
        if now[f"digest of {identity}"] != seal:
            differ.append(identity)
        record = _record(files)
        if record is None:
            without.append(identity)
        else:
            forged += [f"{identity} {words}" for words in against_record(record, files, seen)]
    return facts(
        m.source(_GET),
        {
            "sealed runs": Measured(len(seals), "runs"), "runs that are gone": gone, "runs that are not as they were sealed": differ,
            "not as the record among the files says": forged, "runs without such a record": without, **now,
        },
    )  # fmt: skip


def shown(m: Reader, found: Mapping[str, Any], files: Mapping[str, bytes]) -> Shown:
    """All of a run that somebody could change on the server."""
    info, data = found["info"], found.get("data", {})
    identity = str(info["run_id"])
    return Shown(
        name=str(info.get("run_name")), experiment=experiment_name(m, str(info["experiment_id"])), status=str(info["status"]),
        stage=str(info["lifecycle_stage"]), user=str(info.get("user_id")), started=str(info.get("start_time")), ended=str(info.get("end_time")),
        params=_named(data.get("params")), tags=_named(data.get("tags")),
        metrics={str(k["key"]): _logged(m, identity, str(k["key"])) for k in data.get("metrics", ())},
        artifacts={name: digest_bytes(content) for name, content in files.items()}, linked=_linked(found),
    )  # fmt: skip


def _named(rows: Any) -> dict[str, str]:
    return {str(r["key"]): str(r.get("value", "")) for r in rows or ()}


def _logged(m: Reader, identity: str, metric: str) -> tuple[str, ...]:
    rows = [(int(r["timestamp"]), int(r.get("step", 0)), float(r["value"])) for r in history(m, identity, metric)]
    return tuple(f"{value!r}@{step}" for _, step, value in sorted(rows, key=lambda r: (r[0], r[1], str(r[2]))))


def _linked(found: Mapping[str, Any]) -> tuple[str, ...]:
    used, made = found.get("inputs", {}), found.get("outputs", {})
    told = [f"dataset {d['dataset']['name']} {d['dataset']['digest']}" for d in used.get("dataset_inputs", ())]
    told += [f"model {d['model_id']}" for d in used.get("model_inputs", ())]
    told += [f"made model {d['model_id']}" for d in made.get("model_outputs", ())]
    return tuple(sorted(told))


def _record(files: Mapping[str, bytes]) -> RunRecord | None:
    """The record of csvgen among the files; None where there is none that can be read."""
    try:
        return RunRecord.model_validate(json.loads(files[RECORD]))
    except (KeyError, ValueError, ValidationError):
        return None


def against_record(record: RunRecord, files: Mapping[str, bytes], seen: Shown) -> Iterator[str]:
    """In words, each tag and parameter of ours, and each product, that is not what the record says."""
    beginning = "products/"
    products = {name.removeprefix(beginning): content for name, content in files.items() if name.startswith(beginning)}
    said = statement(record, products, seen.tags.get(f"{OWN}instance", ""))
    tags = {k: v for k, v in seen.tags.items() if k.startswith(OWN)}
    for word, wanted, there in (("tag", said.tags, tags), ("parameter", said.params, seen.params)):
        for name in sorted({*wanted, *there}):
            if wanted.get(name) != there.get(name):
                yield f"{word} {name} is {there.get(name)!r}, the record says {wanted.get(name)!r}"
    for name in sorted({*products, *record.products}):
        if name not in products or digest_bytes(products[name]) != record.products.get(name):
            yield f"product {name} is not the one the record names"
