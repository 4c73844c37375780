"""`csvgen verify` of an instance whose study was derived from versions of Delta tables."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from csvgen.model.verification import Outcome
from csvgen.pipeline.datasets import Datasets
from csvgen.pipeline.instance import Settings

from ..counterparts import free_port
from ..pipeline.clinical_lab import FILES, PLAN_TEXT, frame, original
from .instances import Thief, answer, checked, failed, settled, worked

deltalake = pytest.importorskip("deltalake")
pa = pytest.importorskip("pyarrow")
STUDY = "CDISCPILOT01"
TABLES, AGAIN = "tables are the versions that were registered", "results come out again from the same inputs"
PLANNED = "studies follow plans that quality approved before data were derived"
INPUTS, GIVEN = "inputs of the runs are those registered", "studies say what their runs gave"
LANDED = "raw files are those registered on arrival"


@pytest.fixture(scope="module")
def made(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("tables")
    store = base / "store"

    def work(lab) -> None:
        studies, analyst = lab.app.studies, lab.session("analyst")
        lab.app.sources.register_sender(
            lab.session("administrator"), "SPONSOR-1", "Example sponsor (fictitious)", "sponsor", "contract 1"
        )
        studies.register(analyst, PLAN_TEXT, "plan 1.0")
        quality = (lab.session("quality"), f"{STUDY}:1", "agreed", lab.user("quality"), lab.password("quality"))
        lab.app.study_decisions.approve(*quality)
        for name in ("dm", "ex"):
            rows = frame(name).astype(object).where(frame(name).notna(), None)
            deltalake.write_deltalake(str(store / name), pa.Table.from_pandas(rows, preserve_index=False))
            Datasets(lab.app._core).register(analyst, name, name, 0)
            assert studies.link(analyst, STUDY, name, name, 0).accepted
        for name in ("ts", "analysis"):
            studies.ingest(analyst, STUDY, name, FILES[name], original(name), {"sender": "SPONSOR-1"})
        assert studies.process(analyst, STUDY).accepted

    return worked(shared, base, Settings(delta=str(store)), work)


@pytest.fixture
def base(made: Path, tmp_path: Path) -> Path:
    copy = Path(shutil.copytree(made, tmp_path / "copy"))
    settled(copy, Settings(delta=str(copy / "store")))
    return copy


def parquet(base: Path, table: str) -> Path:
    return next((base / "store" / table).glob("*.parquet"))


def test_a_run_with_tables_is_performed_again_from_the_pinned_versions(base: Path) -> None:
    rows = frame("dm").astype(object).where(frame("dm").notna(), None)
    deltalake.write_deltalake(str(base / "store" / "dm"), pa.Table.from_pandas(rows, preserve_index=False), mode="append")
    found = checked(base)
    assert found, found.bottom_line
    assert answer(found, AGAIN) == (Outcome.HOLDS, "1 of 1 runs performed again, each output the same byte for byte")
    assert answer(found, TABLES) == (Outcome.HOLDS, "2 versions, schema, files and rows")


def test_a_changed_table_is_named_and_no_landed_file_is(base: Path) -> None:
    path = parquet(base, "ex")
    path.write_bytes(path.read_bytes().replace(b"PLACEBO", b"PLACEBA"))
    found = failed(base)
    assert found.keys() == {TABLES, AGAIN}
    assert "dataset/ex@0: dataset ex version 0: the table has the content" in found[TABLES]
    assert "RUN-0001: cannot be performed again: dataset ex version 0: the table has the content" in found[AGAIN]


def test_a_version_taken_away_by_vacuum_is_named(base: Path) -> None:
    table = str(base / "store" / "dm")
    deltalake.write_deltalake(table, pa.table({"STUDYID": ["x"]}), mode="overwrite", schema_mode="overwrite")
    deltalake.DeltaTable(table).vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)
    found = failed(base)
    assert found.keys() == {TABLES, AGAIN}
    assert "dm version 0: this version of the table is gone: its file" in found[TABLES]


def test_a_store_of_tables_that_does_not_answer_leaves_it_unknown(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    settled(base, Settings(delta=f"s3://tables?endpoint=http://127.0.0.1:{free_port()}"))
    found = checked(base)
    assert {c.name for c in found.unknown} == {TABLES, AGAIN}
    assert not found.failed
    assert not found


def test_settings_that_name_no_store_of_tables_leave_it_unknown(base: Path) -> None:
    settled(base, Settings())
    assert {c.name for c in checked(base).unknown} == {TABLES, AGAIN}


def test_other_rows_in_the_registry_are_found(base: Path) -> None:
    other = "sha256:" + "0" * 64
    Thief(base).rewrite("dataset", "dm@0", lambda c: c.update(rows=other), rehash=True, with_keys=True)
    found = failed(base)
    assert {INPUTS, GIVEN, TABLES, AGAIN} <= found.keys()
    assert "RUN-0001 dm: the run read sha256:" in found[INPUTS]
    assert LANDED not in found


def test_tables_called_released_that_nobody_signed_are_found(base: Path) -> None:
    Thief(base).rewrite("study-state", STUDY, lambda c: c.update(tables="released", data="locked"), rehash=True, with_keys=True)
    found = failed(base)
    assert found.keys() == {"tables and data of studies carry valid signatures"}
    (words,) = found.values()
    assert f"tables of {STUDY} are released without a valid signature as tables reviewed, tables released" in words
    assert f"the data of {STUDY} are locked, the signed acts led to open" in words


def test_tables_derived_by_a_plan_nobody_approved_are_found(base: Path) -> None:
    """The study says it follows plan 2, which is there, and which nobody signed."""
    Thief(base).rewrite("study", STUDY, lambda c: c.update(plan_version=2), rehash=True, with_keys=True)
    assert f"study {STUDY}: RUN-0001 followed a plan that no version of the plan says" in failed(base)[PLANNED]


def test_another_plan_than_the_approved_one_is_found(base: Path) -> None:
    Thief(base).rewrite("study-plan", f"{STUDY}:1", lambda c: c["plan"].update(pooled="999"), rehash=True, with_keys=True)
    found = failed(base)
    assert f"study {STUDY}: RUN-0001 followed a plan that no version of the plan says" in found[PLANNED]


def test_an_approval_by_who_registered_the_plan_counts_for_nothing(base: Path) -> None:
    """Whoever owns the machine can write who registered it; the signature is on another content then."""
    Thief(base).rewrite("study-plan", f"{STUDY}:1", lambda c: c.update(by="val.quality"), rehash=True, with_keys=True)
    assert "which no other person of quality approved by a valid signature" in failed(base)[PLANNED]


def test_tables_that_no_run_made_are_found(base: Path) -> None:
    Thief(base).rewrite("study", STUDY, lambda c: c.update(run=""), rehash=True, with_keys=True)
    assert (
        f"tables of {STUDY} are processed, and there is no run that made them"
        in failed(base)["what was decided has all it rests on"]
    )
