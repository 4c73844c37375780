"""What an MLflow server is sent of a run, and what it shows of it. The one file that speaks to MLflow.

Runs there can be changed by anybody the server lets in, also after they have ended; so nothing read here is believed. It is
compared with what was sealed (`csvgen.pipeline.tracking`).
"""

from __future__ import annotations

import json
import math
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cached_property
from pathlib import Path
from typing import Any

from csvgen.canonical import Digest, canonical_json, digest, digest_bytes, digest_file
from csvgen.clock import parsed
from csvgen.errors import ConfigError, CsvgenError
from csvgen.extras import how_to_add
from csvgen.model.base import Sha256, Value
from csvgen.pipeline.flow.record import RunRecord

RECORD = "run.json"
"""Name of the run record among the artifacts."""
OWN = "csvgen."
"""What our tags begin with."""
_LONGEST_NAME, _LONGEST_VALUE = 250, 6000  # mlflow.utils.validation; a longer value is cut there without a word
_QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",  # a sending that failed is pending and can be repeated: nobody waits for minutes
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
}


class ServerTrouble(CsvgenError):
    """The tracking server gave no answer, or one that says no."""


class NoSuchRun(ServerTrouble):
    """The server has no run of this id."""


@dataclass(frozen=True)
class Statement:
    """What is sent of one run."""

    name: str
    params: Mapping[str, str]
    metrics: Mapping[str, str]
    """Decimal text."""
    tags: Mapping[str, str]
    artifacts: Mapping[str, bytes]
    started: int
    """Milliseconds since 1970."""
    ended: int
    status: str


class Shown(Value):
    """One run as the server shows it: everything of it that could be changed there."""

    name: str
    experiment: str
    status: str
    stage: str
    """``active`` or ``deleted``."""
    user: str
    started: str
    ended: str
    params: Mapping[str, str]
    metrics: Mapping[str, tuple[str, ...]]
    """Every value ever logged, each as ``value@step``, in the order of the server."""
    tags: Mapping[str, str]
    artifacts: Mapping[str, Sha256]
    linked: tuple[str, ...] = ()
    """Data sets and models the run is said to have used or made."""


def statement(record: RunRecord, products: Mapping[str, bytes], instance: str) -> Statement:
    """What is sent of a run: its parameters, its numbers, its digests, and as files its products and the record itself."""
    content = canonical_json(record)
    tags = {
        "instance": instance, "run": record.id, "subject": record.subject, "pipeline": f"{record.pipeline} {record.pipeline_version}",
        "operator": record.operator, "ticket": record.ticket, "commit": record.commit, "artifact": record.artifact,
        "definition": record.definition, "code": record.code, "lock": record.lock, "outputs": record.outputs,
        "valid": record.valid, "why": record.why, "record": digest_bytes(content), "parameters": digest(record.parameters),
        **{f"input.{name}": given.sha256 for name, given in record.inputs.items()},
        **{f"product.{name}": sha256 for name, sha256 in record.products.items()},
        **{f"image.{s.step}": s.image for s in record.steps if s.image},
    }  # fmt: skip
    return Statement(
        name=record.id,
        params={k: _short(v) for k, v in _named(record.parameters).items()},
        metrics=numbers_of(record, products),
        tags={k: _short(v) for k, v in _named({OWN + k: v for k, v in tags.items() if v}).items()},
        artifacts={RECORD: content, **{f"products/{name}": data for name, data in products.items()}},
        started=_milliseconds(record.started),
        ended=_milliseconds(record.ended),
        status="FINISHED" if record.valid == "yes" else "FAILED",
    )


def numbers_of(record: RunRecord, products: Mapping[str, bytes]) -> dict[str, str]:
    """Numeric facts of the steps, and the reported values of products that are lists of named values. Text stays text."""
    found = {f"fact.{key}": value for key, value in record.facts.items()}
    for product, data in products.items():
        for row in rows_of(data):
            if "name" in row and "reported" in row:
                found[f"result.{product}.{row['name']}"] = str(row["reported"])
    return _named({key: value for key, value in found.items() if _finite(value)})


@dataclass(frozen=True)
class Server:
    """A tracking server at an http(s) address. Credentials are MLflow's own environment variables, never part of an address."""

    url: str

    def __post_init__(self) -> None:
        if not self.url.startswith(("http://", "https://")) or "@" in self.url:
            raise ConfigError("a tracking server is an http or https address without a password in it", where="tracking")

    @cached_property
    def _client(self) -> Any:
        """Loaded when something is sent or asked, not when the address is known: it is large."""
        for name, value in _QUIET.items():
            os.environ.setdefault(name, value)
        try:
            from mlflow import MlflowClient
        except ModuleNotFoundError:
            raise ConfigError("sending runs to MLflow needs its client", hint=how_to_add("tracking")) from None
        return MlflowClient(tracking_uri=self.url, registry_uri=self.url)

    def send(self, experiment: str, said: Statement) -> str:
        """Make a run of the statement; its id. What an earlier sending of the same run left half done is put away.

        Raises ServerTrouble.
        """
        from mlflow.entities import Metric, Param

        with _answers(self.url):
            home = self._experiment(experiment)
            for left in self._claiming(said.tags[f"{OWN}instance"], said.tags[f"{OWN}run"]):
                self._client.delete_run(left)
            run = self._client.create_run(home, start_time=said.started, tags=dict(said.tags), run_name=said.name)
            identity = str(run.info.run_id)
            params = [Param(k, v) for k, v in said.params.items()]
            metrics = [Metric(k, float(v), said.ended, 0) for k, v in said.metrics.items()]
            for at in range(0, max(len(params), len(metrics)), 100):  # no more than 100 parameters are taken at once
                self._client.log_batch(identity, metrics=metrics[at : at + 100], params=params[at : at + 100])
            with tempfile.TemporaryDirectory(prefix="csvgen-") as folder:
                for name, data in said.artifacts.items():
                    path = Path(folder) / name
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(data)
                self._client.log_artifacts(identity, folder)
            self._client.set_terminated(identity, status=said.status, end_time=said.ended)
            return identity

    def shown(self, identity: str) -> Shown:
        """A run with everything that belongs to it, files read. Raises NoSuchRun, ServerTrouble."""
        with _answers(self.url):
            run = self._client.get_run(identity)
            info = run.info
            return Shown(
                name=str(info.run_name),
                experiment=str(self._client.get_experiment(info.experiment_id).name),
                status=str(info.status),
                stage=str(info.lifecycle_stage),
                user=str(info.user_id),
                started=str(info.start_time),
                ended=str(info.end_time),
                params={str(k): str(v) for k, v in run.data.params.items()},
                metrics={str(k): self._history(identity, k) for k in run.data.metrics},
                tags={str(k): str(v) for k, v in run.data.tags.items()},
                artifacts=self._files(identity),
                linked=_linked(run),
            )

    def claiming(self, instance: str) -> tuple[str, ...]:
        """Ids of the runs, not deleted, that call themselves runs of this instance. Raises ServerTrouble."""
        with _answers(self.url):
            return tuple(self._claiming(instance))

    # ------------------------------------------------------------ pieces

    def _experiment(self, name: str) -> str:
        found = self._client.get_experiment_by_name(name)
        return str(found.experiment_id if found else self._client.create_experiment(name))

    def _claiming(self, instance: str, run: str = "") -> Iterator[str]:
        which = f"tags.`{OWN}instance` = '{instance}'" + (f" and tags.`{OWN}run` = '{run}'" if run else "")
        homes = [e.experiment_id for e in self._client.search_experiments()]
        token = None
        while homes:
            page = self._client.search_runs(homes, filter_string=which, page_token=token)
            yield from (str(r.info.run_id) for r in page)
            token = page.token
            if not token:
                return

    def _history(self, identity: str, key: str) -> tuple[str, ...]:
        logged = sorted(self._client.get_metric_history(identity, key), key=lambda m: (m.timestamp, m.step, str(m.value)))
        return tuple(f"{m.value!r}@{m.step}" for m in logged)

    def _files(self, identity: str) -> dict[str, Digest]:
        with tempfile.TemporaryDirectory(prefix="csvgen-") as folder:
            root = Path(folder)
            if not self._client.list_artifacts(identity):
                return {}
            fetched = Path(self._client.download_artifacts(identity, "", str(root)))
            return {p.relative_to(fetched).as_posix(): digest_file(p) for p in sorted(fetched.rglob("*")) if p.is_file()}


@contextmanager
def _answers(url: str) -> Iterator[None]:
    """MLflow tells of servers that are down, and of those that say no, in several kinds of errors."""
    from mlflow.exceptions import MlflowException

    try:
        yield
    except MlflowException as problem:
        missing = problem.error_code == "RESOURCE_DOES_NOT_EXIST"
        raise (NoSuchRun if missing else ServerTrouble)(_words(problem), where=url) from None
    except OSError as problem:  # among them all errors of requests
        raise ServerTrouble(_words(problem), where=url) from None


def _words(problem: Exception) -> str:
    first = str(problem).splitlines()[0] if str(problem) else type(problem).__name__
    return "".join(c if c.isprintable() else " " for c in first)[:300]


def _linked(run: Any) -> tuple[str, ...]:
    data = [f"dataset {d.dataset.name} {d.dataset.digest}" for d in getattr(run.inputs, "dataset_inputs", None) or ()]
    used = [f"model {m.model_id}" for m in getattr(run.inputs, "model_inputs", None) or ()]
    made = [f"made model {m.model_id}" for m in getattr(run.outputs, "model_outputs", None) or ()]
    return tuple(sorted([*data, *used, *made]))


def rows_of(data: bytes) -> list[dict[str, Any]]:
    """The rows of a product that is a JSON list of named values; none of any other."""
    if not data.startswith(b"["):
        return []
    try:
        found = json.loads(data)
    except ValueError:
        return []
    return [row for row in found if isinstance(row, dict)]


def _finite(text: str) -> bool:
    try:
        return Decimal(text).is_finite() and math.isfinite(float(text))
    except (InvalidOperation, ValueError):
        return False


def _named(values: Mapping[str, str]) -> dict[str, str]:
    """The same values under names MLflow takes: other letters become their numbers; else the digest of the name."""
    found: dict[str, str] = {}
    for key, value in values.items():
        name = "".join(c if c.isascii() and (c.isalnum() or c in "-_. ") else f"_{ord(c):x}_" for c in key)
        if len(name) > _LONGEST_NAME or name in found or name.startswith("."):
            name = digest(key).replace("sha256:", "sha256-")
        found[name] = value
    return found


def _short(value: str) -> str:
    return value if len(value) <= _LONGEST_VALUE else digest(value)


def _milliseconds(stamp: str) -> int:
    return int(parsed(stamp).timestamp() * 1000)
