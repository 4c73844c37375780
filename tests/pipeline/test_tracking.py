"""Runs on a real MLflow server: sent, sealed, and every forgery over there found."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from csvgen.canonical import canonical_json, digest, digest_bytes
from csvgen.clock import SystemClock, stored
from csvgen.errors import BadInput, ConfigError, Refused
from csvgen.model.counterpart import Counterpart
from csvgen.pipeline.core import Core
from csvgen.pipeline.experiments import Server, numbers_of, statement
from csvgen.pipeline.flow.record import RunInput, RunRecord
from csvgen.pipeline.tracking import KIND, Tracked, Tracking, check_tracked
from csvgen.targets.mlflow.part import part as platform
from csvgen.targets.mlflow.settings import Mlflow

from ..counterparts import free_port
from ..counterparts.mlflow_server import Tracker, mlflow_server

pytestmark = pytest.mark.filterwarnings("ignore::Warning:mlflow", "ignore::DeprecationWarning")
VALUES = canonical_json([
    {"name": "potency", "part": "potency", "reported": "99.80", "unrounded": "99.7966", "verdict": "in specification"},
    {"name": "Impurity B", "part": "impurity", "reported": "< 0.05", "unrounded": "0.03", "verdict": "in specification"},
])  # fmt: skip


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tracker]:
    with mlflow_server(tmp_path_factory.mktemp("mlflow")) as running:
        yield running


class Bench:
    """An opened instance with runs in it, tracked on a server."""

    def __init__(self, home: Path, url: str) -> None:
        from .conftest import Hands, Lab

        self.lab = Lab(home)
        self.core: Core = self.lab.app._core
        self.hands = Hands()
        self.tracking = Tracking(self.core, url)

    def actor(self) -> Any:
        return self.core.actor(self.core.directory.session(self.lab.session("analyst")))

    def run(self, number: int = 1, *, announced: bool = True, parameters: dict[str, str] | None = None) -> RunRecord:
        now = stored(dt.datetime(2026, 11, 21, 9, number, tzinfo=dt.UTC))
        with self.core.results.kept(VALUES, "potency-values") as sha256:
            record = RunRecord(
                id=f"RUN-{number:04d}", pipeline="qc-release", pipeline_version="1.0", subject=f"lot/L-{number}",
                operator="a.analyst", operator_name="Anna Analyst (fictitious)", started=now, ended=now, artifact="ART-0001",
                definition=digest(1), code=digest(2), lock=digest(3), ticket="CHG-17", commit="0f" * 20,
                parameters=parameters or {"sample": "S1", "potency.limits[0].low": "95.0"},
                inputs={"plate": RunInput(record="file/L-1:plate.csv", version=1, sha256=digest(4))}, steps=(),
                facts={"potency.r_squared": "0.9991", "potency.model": "linear"}, products={"potency-values": sha256},
                outputs=digest(5), environment={"python": "3"}, valid="yes",
            )  # fmt: skip
        with self.core.ledger.change(self.actor(), "run") as change:
            change.put("run", record.id, record.model_dump())
            if announced:
                self.tracking.announce(change, record)
        return record

    def sent(self, number: int = 1) -> str:
        outcome = self.tracking.send(self.actor(), self.run(number).id)
        assert outcome.accepted, outcome.message
        return outcome.facts["mlflow_run"]

    def known(self, run: str = "RUN-0001") -> Tracked:
        return self.core.known(KIND, run, Tracked)[0]

    def told(self) -> list[str]:
        return [str(d) for d in check_tracked(self.core.ledger)]


@pytest.fixture
def bench(home: Path, server: Tracker) -> Iterator[Bench]:
    made = Bench(home, server.url)
    yield made
    made.lab.app.close()
    for run in server.client.search_runs([e.experiment_id for e in server.client.search_experiments()]):
        server.client.delete_run(run.info.run_id)  # the next test's instance is a copy of the same one, and would find these


def test_what_arrives_is_what_the_run_was(bench: Bench, server: Tracker) -> None:
    run = server.client.get_run(bench.sent())
    assert run.data.params == {"sample": "S1", "potency.limits_5b_0_5d_.low": "95.0"}
    assert run.data.metrics == {"fact.potency.r_squared": 0.9991, "result.potency-values.potency": 99.8}
    assert run.data.tags["csvgen.ticket"] == "CHG-17"
    assert run.data.tags["csvgen.commit"] == "0f" * 20
    assert run.data.tags["csvgen.product.potency-values"] == digest_bytes(VALUES)
    assert run.data.tags["csvgen.record"] == bench.core.ledger.latest("run", "RUN-0001").sha256
    assert run.info.status == "FINISHED"
    assert bench.known().shown.artifacts == {
        "products/potency-values": digest_bytes(VALUES), "run.json": bench.core.ledger.latest("run", "RUN-0001").sha256,
    }  # fmt: skip
    assert bench.told() == []


def test_the_seal_is_in_the_trail_with_who_sent_it(bench: Bench) -> None:
    identity = bench.sent()
    (event,) = bench.core.ledger.events(action="seal-tracking")
    assert event.person == bench.lab.user("analyst")
    changed = {c.field: c.new for c in event.changes}
    assert changed["mlflow_run"] == identity
    assert changed["seal"] == digest(bench.known().shown)


FORGERIES = {
    "tag": (lambda s, r: s.client.set_tag(r, "csvgen.ticket", "CHG-99"), "tag 'csvgen.ticket' is 'CHG-99', sealed was 'CHG-17'"),
    "tag added": (lambda s, r: s.client.set_tag(r, "approved", "yes"), "tag 'approved' was added: 'yes'"),
    "tag removed": (lambda s, r: s.client.delete_tag(r, "csvgen.commit"), "tag 'csvgen.commit' is gone"),
    "parameter added": (lambda s, r: s.client.log_param(r, "limit", "80"), "parameter 'limit' was added: '80'"),
    "parameter changed": (
        lambda s, r: s.sql("UPDATE params SET value = '80.0' WHERE run_uuid = ? AND key LIKE 'potency%'", r),
        "parameter 'potency.limits_5b_0_5d_.low' is '80.0', sealed was '95.0'",
    ),
    "parameter removed": (lambda s, r: s.sql("DELETE FROM params WHERE run_uuid = ? AND key = 'sample'", r), "parameter 'sample' is gone"),
    "metric logged again": (
        lambda s, r: s.client.log_metric(r, "result.potency-values.potency", 101.0),
        "metric 'result.potency-values.potency' is 99.8@0, 101.0@0, sealed was 99.8@0",
    ),
    "metric changed": (
        lambda s, r: [
            s.sql(f"UPDATE {table} SET value = 0.5 WHERE run_uuid = ? AND key LIKE 'fact%'", r) for table in ("metrics", "latest_metrics")
        ],
        "metric 'fact.potency.r_squared' is 0.5@0, sealed was 0.9991@0",
    ),
    "metric added": (lambda s, r: s.client.log_metric(r, "yield", 1.0), "metric 'yield' was added: 1.0@0"),
    "metric removed": (
        lambda s, r: [s.sql(f"DELETE FROM {table} WHERE run_uuid = ? AND key LIKE 'fact%'", r) for table in ("metrics", "latest_metrics")],
        "metric 'fact.potency.r_squared' is gone",
    ),
    "artifact overwritten": (lambda s, r: s.client.log_text(r, "[]", "products/potency-values"), "artifact 'products/potency-values' is"),
    "artifact added": (lambda s, r: s.client.log_text(r, "ok", "approval.txt"), "artifact 'approval.txt' was added"),
    "artifact deleted": (lambda s, r: stored_file(s, r, "run.json").unlink(), "artifact 'run.json' is gone"),
    "renamed": (lambda s, r: s.client.update_run(r, name="RUN-9999"), "its name is 'RUN-9999', sealed was 'RUN-"),
    "status": (lambda s, r: s.client.update_run(r, status="FAILED"), "its status is 'FAILED', sealed was 'FINISHED'"),
    "user": (lambda s, r: s.sql("UPDATE runs SET user_id = 'mallory' WHERE run_uuid = ?", r), "its user is 'mallory'"),
    "start": (lambda s, r: s.sql("UPDATE runs SET start_time = 1 WHERE run_uuid = ?", r), "its started is '1'"),
    "moved": (
        lambda s, r: s.sql("UPDATE runs SET experiment_id = ? WHERE run_uuid = ?", s.client.create_experiment(f"other {r}"), r),
        "its experiment is 'other ",
    ),
    "deleted": (lambda s, r: s.client.delete_run(r), "was deleted on the server"),
    "removed for good": (
        lambda s, r: [s.sql(f"DELETE FROM {t} WHERE run_uuid = ?", r) for t in ("tags", "params", "metrics", "latest_metrics", "runs")],
        "any more",
    ),
}  # fmt: skip


def stored_file(server: Tracker, run: str, name: str) -> Path:
    (found,) = (server.folder / "artifacts").rglob(f"{run}/artifacts/{name}")
    return found


def as_probed(server: Tracker, sealed: dict[str, str]) -> dict[str, str]:
    """What the target `platform` tells of the same runs, by GET alone and without MLflow's client."""
    said = Counterpart(kind="real server", name="MLflow", version=server.version)
    probes = platform(Mlflow(url=server.url, counterpart=said, sealed_runs=sealed), SystemClock()).probes
    return {fact.name: fact.value for fact in probes["sealed-runs"]()}


def test_each_forgery_on_the_server_is_named(bench: Bench, server: Tracker) -> None:
    runs = {forgery: (f"RUN-{n:04d}", bench.sent(n)) for n, forgery in enumerate(FORGERIES, 1)}
    bench.sent(len(FORGERIES) + 1)
    assert bench.told() == []
    sealed = {known.mlflow_run: known.seal for known in (bench.known(v.id) for v in bench.core.ledger.all(KIND))}
    probed = as_probed(server, sealed)
    assert (probed["sealed runs"], probed["runs that are not as they were sealed"]) == (str(len(FORGERIES) + 1), "(none)"), probed
    for forgery, (act, _) in FORGERIES.items():
        act(server, runs[forgery][1])
    probed = as_probed(server, sealed)
    found = set(probed["runs that are not as they were sealed"].split("; ")), set(probed["runs that are gone"].split("; "))
    assert found[0] | found[1] == {identity for _, identity in runs.values()}, "the probe of a platform finds each of them too"
    assert found[1] == {runs["deleted"][1], runs["removed for good"][1]}
    assert (
        f"{runs['tag'][1]} tag csvgen.ticket is 'CHG-99', the record says 'CHG-17'"
        in probed["not as the record among the files says"]
    )
    told: dict[str, list[str]] = {}
    for difference in check_tracked(bench.core.ledger):
        told.setdefault(difference.run, []).append(difference.what)
    for forgery, (_, words) in FORGERIES.items():
        assert [what for what in told.get(runs[forgery][0], []) if words in what], (forgery, told)
    assert told.keys() == {run for run, _ in runs.values()}, "the last run is as it was"


def test_a_run_that_calls_itself_ours_is_told(bench: Bench, server: Tracker) -> None:
    bench.sent()
    tags = dict(server.client.get_run(bench.known().mlflow_run).data.tags)
    forged = server.client.create_run("0", tags=tags).info.run_id
    (told,) = check_tracked(bench.core.ledger)
    assert (told.kind, told.run) == ("stranger", forged)


def test_a_seal_that_was_written_anew_is_found(bench: Bench, server: Tracker) -> None:
    """Whoever can write to the ledger through the program and seals the forgery, cannot seal another run record with it."""
    run = bench.sent()
    server.client.set_tag(run, "csvgen.record", digest("another record"))
    shown = Server(server.url).shown(run)
    for seal in (bench.known().seal, digest(shown)):
        forged = bench.known().model_copy(update={"shown": shown, "seal": seal})
        with bench.core.ledger.change(bench.actor(), "forged") as change:
            change.put(KIND, "RUN-0001", forged.model_dump())
        assert [d for d in check_tracked(bench.core.ledger) if d.kind == "seal"]


def test_a_server_that_is_down_loses_nothing(home: Path, tmp_path: Path) -> None:
    port = free_port()
    bench = Bench(home, f"http://127.0.0.1:{port}")
    record = bench.run()
    outcome = bench.tracking.send(bench.actor(), record.id)
    assert not outcome.accepted
    assert "could not be sent" in outcome.message
    assert bench.known().state == "pending"
    assert bench.core.ledger.events(action="tracking-failed")
    assert [d.kind for d in check_tracked(bench.core.ledger)] == ["pending"]
    bench.run(2)  # announced, and its process died before it was sent
    with mlflow_server(tmp_path / "mlflow", port=port) as server:
        half = server.client.create_run("0", tags={"csvgen.instance": bench.core.keys.fingerprint, "csvgen.run": record.id})
        assert [o.accepted for o in bench.tracking.send_pending(bench.lab.session("analyst"))] == [True, True]
        assert bench.tracking.send_pending(bench.lab.session("analyst")) == ()
        assert bench.told() == []
        assert server.client.get_run(half.info.run_id).info.lifecycle_stage == "deleted"
    assert {d.kind for d in check_tracked(bench.core.ledger)} == {"unreachable"}
    assert len(check_tracked(bench.core.ledger)) == 2
    bench.lab.app.close()


def test_what_may_not_be_sent(bench: Bench) -> None:
    bench.sent()
    with pytest.raises(Refused, match="was sent already"):
        bench.tracking.send(bench.actor(), "RUN-0001")
    with pytest.raises(BadInput, match="no tracked"):
        bench.tracking.send(bench.actor(), bench.run(3, announced=False).id)
    with pytest.raises(Refused, match="may not"):
        bench.tracking.send_pending(bench.lab.session("auditor"))


@pytest.mark.parametrize("url", ["", "file:///tmp/x", "sqlite:///x.db", "http://me:secret@127.0.0.1:5000"])
def test_addresses_that_are_none(url: str) -> None:
    with pytest.raises(ConfigError):
        Server(url)


def test_long_and_strange_parameters_arrive_whole_or_as_digests(bench: Bench, server: Tracker) -> None:
    parameters = {"long": "x" * 7000, "a[": "1", "a_5b_": "2", "k" * 300: "3", "../x": "4", "ü": "5"}
    outcome = bench.tracking.send(bench.actor(), bench.run(1, parameters=parameters).id)
    assert outcome.accepted, outcome.message
    there = server.client.get_run(outcome.facts["mlflow_run"]).data.params
    assert there["long"] == digest("x" * 7000)
    assert sorted(v for k, v in there.items() if k != "long") == ["1", "2", "3", "4", "5"]


def test_a_server_that_cuts_values_is_not_believed(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """MLflow shortens long values without a word; what it shows must be what was sent, or the run stays pending."""
    monkeypatch.setattr("csvgen.pipeline.experiments._LONGEST_VALUE", 100_000)
    outcome = bench.tracking.send(bench.actor(), bench.run(1, parameters={"long": "x" * 7000}).id)
    assert not outcome.accepted
    assert "does not show the parameters it was sent" in outcome.message


def test_only_numbers_are_metrics(bench: Bench) -> None:
    record = bench.run()
    facts = {"a": "1.5", "b": "NaN", "c": "Infinity", "d": "yes", "e": "1e400", "f": "-2E-3"}
    found = numbers_of(record.model_copy(update={"facts": facts}), {"t": b"name,reported\n", "u": b"[1, 2", "v": b"[1]\n"})
    assert found == {"fact.a": "1.5", "fact.f": "-2E-3"}


def test_an_invalid_run_is_told_as_failed(bench: Bench) -> None:
    record = bench.run().model_copy(update={"valid": "no", "why": "R squared 0.90 is below 0.99"})
    said = statement(record, {}, "instance")
    assert (said.status, said.tags["csvgen.why"]) == ("FAILED", "R squared 0.90 is below 0.99")


@pytest.mark.slow
@pytest.mark.needs("weed")
def test_artifacts_in_a_locked_bucket(home: Path, tmp_path: Path) -> None:
    """Overwriting an artifact through MLflow appears to work; the check finds it, and the bytes that were sent are still there."""
    from ..counterparts.seaweedfs import seaweedfs

    with seaweedfs(tmp_path / "store") as store:
        bucket = store.bucket()
        rule = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 1}}
        store.client.put_object_lock_configuration(
            Bucket=bucket, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule}
        )
        environment = {**store.environment, "MLFLOW_S3_ENDPOINT_URL": store.endpoint, "AWS_DEFAULT_REGION": "us-east-1"}
        with mlflow_server(tmp_path / "mlflow", artifacts=f"s3://{bucket}/runs", environment=environment) as server:
            bench = Bench(home, server.url)
            run = bench.sent()
            assert bench.told() == []
            server.client.log_text(run, "[]", "products/potency-values")
            assert "artifact 'products/potency-values'" in bench.told()[0]
            versions = store.client.list_object_versions(Bucket=bucket)["Versions"]
            held = [v for v in versions if v["Key"].endswith("potency-values")]
            assert len(held) == 2
            first = next(v for v in held if not v["IsLatest"])
            kept = store.client.get_object(Bucket=bucket, Key=first["Key"], VersionId=first["VersionId"])
            assert digest_bytes(kept["Body"].read()) == bench.known().shown.artifacts["products/potency-values"]
            assert kept["ObjectLockMode"] == "COMPLIANCE"
            with pytest.raises(store.client.exceptions.ClientError):
                store.client.delete_object(Bucket=bucket, Key=first["Key"], VersionId=first["VersionId"])
            bench.lab.app.close()


def test_the_values_are_frozen(bench: Bench) -> None:
    said = statement(bench.run(), {"potency-values": VALUES}, "instance")
    with pytest.raises(dataclasses.FrozenInstanceError):
        said.name = "other"  # type: ignore[misc]
