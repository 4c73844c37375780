"""Versions of Delta tables as inputs: what was registered is given, and nothing that calls itself the same."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path

import pytest

from csvgen.canonical import digest_bytes
from csvgen.errors import BadInput, ConfigError, NotIntact, Refused
from csvgen.pipeline import datasets
from csvgen.pipeline.datasets import Datasets
from csvgen.pipeline.flow import tracing
from csvgen.pipeline.flow.flows import Flows
from csvgen.pipeline.instance import Settings

from ..counterparts.seaweedfs import KEY, SECRET, seaweedfs
from .flowing import UNIT, Tiny, definition

deltalake = pytest.importorskip("deltalake")
pa = pytest.importorskip("pyarrow")


def write(table: str, rows: dict, *, ticket: str = "CHG-9", commit: str = "feedc0de", **more) -> None:
    told = deltalake.CommitProperties(custom_metadata={"ticket": ticket, "commit": commit})
    deltalake.write_deltalake(table, pa.table(rows), commit_properties=told, **more)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Two versions of a table of reference values: 3 rows, then 4."""
    write(str(tmp_path / "store/ref"), {"name": ["a", "b", "c"], "value": [1.5, None, 3.0]})
    write(str(tmp_path / "store/ref"), {"name": ["d"], "value": [4.25]}, mode="append", ticket="CHG-10")
    return tmp_path / "store"


class Desk:
    def __init__(self, lab, store: str) -> None:
        self.lab, self.datasets, self.core = lab, Datasets(lab.app._core, store), lab.app._core

    def register(self, version: int = 0, *, name: str = "reference-values", table: str = "ref", who: str = "analyst"):
        return self.datasets.register(self.lab.session(who), name, table, version)


@pytest.fixture
def desk(lab, store: Path) -> Desk:
    return Desk(lab, str(store))


def test_a_version_is_registered_with_who_made_it_under_what(desk: Desk) -> None:
    told = desk.register(1)
    assert "version 1 of ref, 4 rows in 2 files (ticket CHG-10, commit feedc0de)" in told.message
    kept = desk.core.ledger.latest("dataset", "reference-values@1").content
    assert (kept["ticket"], kept["commit"], kept["count"], kept["files"]) == ("CHG-10", "feedc0de", 4, 2)
    assert kept["by"] == desk.lab.user("analyst")
    assert kept["columns"] == ["name: string", "value: double"]
    assert desk.lab.events("register-dataset")


def test_the_commit_of_an_older_version_is_its_own(desk: Desk) -> None:
    desk.register(0)
    assert desk.core.ledger.latest("dataset", "reference-values@0").content["ticket"] == "CHG-9"


def test_the_pinned_version_stays_when_the_table_moves_on(desk: Desk, store: Path) -> None:
    desk.register(0)
    before = desk.datasets.given("reference-values", 0)
    write(str(store / "ref"), {"name": ["z"], "value": [9.0]}, mode="overwrite")
    after = desk.datasets.given("reference-values", 0)
    assert after == before
    assert after.data == b'{"name":"a","value":"1.5"}\n{"name":"b","value":null}\n{"name":"c","value":"3.0"}\n'
    assert (after.record, after.version) == ("dataset/reference-values", 0)


def test_compaction_is_another_version_and_leaves_the_pinned_one(desk: Desk, store: Path) -> None:
    desk.register(1)
    table = deltalake.DeltaTable(str(store / "ref"))
    table.optimize.compact()
    assert desk.datasets.given("reference-values", 1).data.count(b"\n") == 4
    desk.register(2)
    kept = [v.content for v in desk.core.ledger.all("dataset")]
    assert kept[0]["content"] != kept[1]["content"]


def test_a_version_taken_away_by_vacuum_is_refused(desk: Desk, store: Path) -> None:
    desk.register(0)
    write(str(store / "ref"), {"name": ["z"], "value": [9.0]}, mode="overwrite")
    deltalake.DeltaTable(str(store / "ref")).vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)
    with pytest.raises(NotIntact, match=r"ref version 0: this version of the table is gone: its file .* was removed"):
        desk.datasets.given("reference-values", 0)
    assert ["is gone" in p for p in desk.datasets.problems()] == [True]


def parquet(store: Path) -> Path:
    log = (store / "ref/_delta_log/00000000000000000000.json").read_text()
    return store / "ref" / next(json.loads(x)["add"]["path"] for x in log.splitlines() if "add" in json.loads(x))


def test_a_changed_parquet_file_is_found(desk: Desk, store: Path) -> None:
    """Another value, written by the same library into a whole and valid file of the same name."""
    from pyarrow import parquet as pq

    desk.register(0)
    path = parquet(store)
    pq.write_table(pa.table({"name": ["a", "b", "c"], "value": [1.5, None, 3.01]}), path)
    with pytest.raises(NotIntact, match=r"the table has the content sha256:.*, registered was sha256:"):
        desk.datasets.given("reference-values", 0)


def test_a_file_that_is_no_parquet_any_more_is_named(desk: Desk, store: Path) -> None:
    desk.register(0)
    parquet(store).write_bytes(b"PAR1")
    with pytest.raises(NotIntact, match="the file is no Parquet"):
        desk.datasets.given("reference-values", 0)


def test_a_rewritten_log_is_found(desk: Desk, store: Path) -> None:
    log = store / "ref/_delta_log/00000000000000000000.json"
    desk.register(0)
    desk.register(1)
    log.write_text(log.read_text().replace("CHG-9", "CHG-8"))
    with pytest.raises(NotIntact, match="the log of the table says something else"):
        desk.datasets.given("reference-values", 0)
    lines = [x for x in log.read_text().splitlines() if "add" not in json.loads(x)]
    log.write_text("\n".join(lines))
    with pytest.raises(NotIntact, match="registered was"):  # version 1 without the file of version 0
        desk.datasets.given("reference-values", 1)


def test_a_table_put_in_the_place_of_another_is_found(desk: Desk, store: Path) -> None:
    desk.register(0)
    (store / "ref").rename(store / "old")
    write(str(store / "ref"), {"name": ["a", "b", "c"], "value": [1.5, None, 3.0]})
    with pytest.raises(NotIntact, match="registered was"):
        desk.datasets.given("reference-values", 0)


@pytest.mark.parametrize(
    ("table", "version", "words"),
    [("ref", 7, "this version of the table is not there"), ("none", 0, "not there"), ("../ref", 0, "not the name of a table"),
     ("/etc", 0, "not the name of a table"), ("ref", -1, "not there")],
)  # fmt: skip
def test_what_is_not_there_is_not_registered(desk: Desk, table: str, version: int, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        desk.register(version, table=table)
    assert desk.core.ledger.all("dataset") == ()
    assert desk.lab.events("register-dataset-refused")


def test_a_version_is_registered_once_under_a_name(desk: Desk) -> None:
    desk.register(0)
    with pytest.raises(BadInput, match="is registered as reference-values already"):
        desk.register(0)
    with pytest.raises(BadInput, match="no dataset 'reference-values@1' is registered"):
        desk.datasets.given("reference-values", 1)


def test_only_who_brings_in_data_registers(desk: Desk) -> None:
    with pytest.raises(Refused, match="may not register a version of a table"):
        desk.register(0, who="reviewer")


def test_values_are_given_as_text_each_in_one_way(tmp_path: Path) -> None:
    when = dt.datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=dt.UTC)
    rows = {
        "big": [2**62], "exact": [Decimal("1.10")], "day": [when.date()], "at": [when], "yes": [True], "raw": [b"\x00\xff"],
        "small": [0.1], "nan": [float("nan")], "inf": [float("-inf")], "text": ["naïve \u2028"],
    }  # fmt: skip
    write(str(tmp_path / "t"), rows)
    told = json.loads(datasets.read(str(tmp_path / "t"), 0).rows)
    assert told.pop("at").startswith("2026-01-02 03:04:05.000006")
    assert told == {
        "big": str(2**62), "exact": "1.10", "day": "2026-01-02", "yes": "true", "raw": "00ff", "small": "0.1", "nan": "nan",
        "inf": "-inf", "text": "naïve \u2028",
    }  # fmt: skip


def test_a_nested_column_is_refused_with_its_name(tmp_path: Path) -> None:
    write(str(tmp_path / "t"), {"a": [[1, 2]]})
    with pytest.raises(BadInput, match="column a: a column of type list"):
        datasets.read(str(tmp_path / "t"), 0)


def test_partitions_and_later_columns_are_part_of_the_rows(tmp_path: Path) -> None:
    write(str(tmp_path / "t"), {"p": ["x y", "z"], "a": [1, 2]}, partition_by=["p"])
    write(str(tmp_path / "t"), {"p": ["z"], "a": [3], "b": ["new"]}, mode="append", schema_mode="merge")
    found = sorted(
        json.loads(x)["p"] + json.loads(x)["a"] + str(json.loads(x)["b"])
        for x in datasets.read(str(tmp_path / "t"), 1).rows.splitlines()
    )
    assert found == ["x y1None", "z2None", "z3new"]


def test_without_a_store_of_tables_that_is_said(lab) -> None:
    with pytest.raises(ConfigError, match="names no store of tables"):
        Datasets(lab.app._core).register(lab.session("analyst"), "reference-values", "ref", 0)


# ---------------------------------------------------------------- in a pipeline


TABLES = """\
from csvgen.canonical import canonical_json
from csvgen.pipeline.flow.step import Made, Work
import json

def count(work: Work) -> Made:
    return Made({"rows": canonical_json([json.loads(x)["name"] for x in work.inputs["table"].splitlines()])})

def value(work: Work) -> Made:
    return Made({"value": work.inputs["rows"]})
"""


def test_a_run_over_a_dataset_its_repetition_and_its_trace(desk: Desk, store: Path, tmp_path: Path, monkeypatch) -> None:
    tiny = Tiny(tmp_path / "bundle")
    (tiny.root / "assay.py").write_text(TABLES)
    tiny.text = tiny.text.replace("{name: table, ", "{name: table, kind: dataset, ")
    tiny.approve()
    desk.register(0)
    flows = Flows(desk.core, approve=tiny.licence)
    acting = desk.core.admit(desk.lab.session("analyst"), "process")
    performed = flows.perform(
        acting, definition(tiny.text).id, "lot/L-1", {"table": desk.datasets.given("reference-values", 0)}, UNIT
    )
    with flows.recorded(acting, performed):
        pass
    assert performed.products["value"] == b'["a","b","c"]\n'
    source = performed.record.inputs["table"]
    assert (source.record, source.version) == ("dataset/reference-values", 0)
    assert source.sha256 == digest_bytes(desk.datasets.given("reference-values", 0).data)

    found = tracing.trace(desk.core, "CHG-9")
    assert {"dataset/reference-values@0", "run/RUN-0001", "product/RUN-0001:value"} <= set(found.nodes)

    desk.core.settings = Settings(delta=str(store))
    assert flows.repeat(acting, "RUN-0001").same
    write(str(store / "ref"), {"name": ["z"], "value": [9.0]}, mode="overwrite")
    assert flows.repeat(acting, "RUN-0001").same
    deltalake.DeltaTable(str(store / "ref")).vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)
    with pytest.raises(NotIntact, match="is gone"):
        flows.repeat(acting, "RUN-0001")


# ---------------------------------------------------------------- on a store of objects


@pytest.mark.needs("weed")
def test_the_same_on_an_object_store(lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with seaweedfs(tmp_path / "weed") as server:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
        bucket = server.bucket(lock=False)
        options = {
            "aws_endpoint": server.endpoint, "aws_region": "us-east-1", "aws_allow_http": "true", "aws_conditional_put": "etag",
            "aws_virtual_hosted_style_request": "false",
        }  # fmt: skip
        write(f"s3://{bucket}/ref", {"name": ["a"], "value": [1.5]}, storage_options=options)
        desk = Desk(lab, f"s3://{bucket}?endpoint={server.endpoint}")
        desk.register(0)
        write(f"s3://{bucket}/ref", {"name": ["b"], "value": [2.5]}, storage_options=options, mode="overwrite")
        assert desk.datasets.given("reference-values", 0).data == b'{"name":"a","value":"1.5"}\n'
        assert SECRET not in json.dumps(desk.core.ledger.latest("dataset", "reference-values@0").content)
        listed = server.client.list_objects_v2(Bucket=bucket, Prefix="ref/part")["Contents"]
        for key in (entry["Key"] for entry in listed):
            server.client.delete_object(Bucket=bucket, Key=key)
        with pytest.raises(NotIntact, match="is gone"):
            desk.datasets.given("reference-values", 0)


def test_plain_text_is_spoken_on_this_machine_only() -> None:
    with pytest.raises(ConfigError, match="plain text"):
        datasets.read("s3://b/t?endpoint=http://store.example", 0)
