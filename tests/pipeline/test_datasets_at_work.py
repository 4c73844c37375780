"""A version of a table as the source of a clinical domain, by the application as it stands: registered, linked, moved on, vacuumed."""

from __future__ import annotations

import pytest

from csvgen.errors import BadInput, NotIntact
from csvgen.pipeline.instance import Settings

from .clinical_lab import PLAN_TEXT, frame, original, pilot
from .conftest import Lab

deltalake = pytest.importorskip("deltalake")
pyarrow = pytest.importorskip("pyarrow")
STUDY = "CDISCPILOT01"


def write(table: str, data, **more) -> None:
    rows = data.astype(object).where(data.notna(), None)
    told = deltalake.CommitProperties(custom_metadata={"ticket": "CHG-21", "commit": "feedc0de"})
    deltalake.write_deltalake(table, pyarrow.Table.from_pandas(rows, preserve_index=False), commit_properties=told, **more)


def test_a_run_stays_when_its_table_moves_on_and_is_refused_when_the_version_is_gone(home, tmp_path):
    Settings(delta=str(tmp_path / "tables")).write(home)
    dm = str(tmp_path / "tables" / "dm")
    write(dm, frame("dm"))
    lab = Lab(home)
    try:
        app, analyst = lab.app, lab.session("analyst")
        app.sources.register_sender(
            lab.session("administrator"), "SPONSOR-1", "Sponsor (fictitious)", "sponsor", "contract signed"
        )
        app.studies.register(analyst, PLAN_TEXT, "plan 1.0")
        quality = (lab.session("quality"), f"{STUDY}:1", "agreed", lab.user("quality"), lab.password("quality"))
        lab.app.study_decisions.approve(*quality)
        with pytest.raises(BadInput, match="no dataset 'demographics@0' is registered"):
            app.studies.link(analyst, STUDY, "dm", "demographics", 0)
        told = app.datasets.register(analyst, "demographics", "dm", 0)
        assert (told.facts["ticket"], told.facts["rows"]) == ("CHG-21", str(len(frame("dm"))))
        app.studies.link(analyst, STUDY, "dm", "demographics", 0)
        for name in ("ex", "ts", "analysis"):
            app.studies.ingest(analyst, STUDY, name, f"{name}.xpt", original(name), {"sender": "SPONSOR-1"})
        run = app.studies.process(analyst, STUDY)
        assert app.studies.product(analyst, STUDY, "adsl") == pilot().products["adsl"]

        write(dm, frame("dm").head(100), mode="overwrite")  # the table moves on
        assert app.datasets.check(lab.session("auditor"), "demographics", 0).accepted
        again = app.studies.repeat(analyst, STUDY)
        assert again.accepted
        assert again.facts["outputs"] == run.facts["outputs"]
        assert app.records.read(analyst, "dataset/demographics@0").fields["ticket"] == "CHG-21"
        traced = app.provenance.trace(analyst, run.facts["run"])
        assert any("dataset/demographics" in step.target + step.source for step in traced.up)

        table = deltalake.DeltaTable(dm)
        table.vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)
        gone = app.datasets.check(analyst, "demographics", 0)
        assert not gone.accepted
        assert "gone" in gone.message
        assert app.datasets.problems()
        before = len(app._core.ledger.all("run"))
        with pytest.raises(NotIntact, match="gone"):
            app.studies.repeat(analyst, STUDY)
        assert len(app._core.ledger.all("run")) == before, "no run without its input"
        assert app.studies.product(analyst, STUDY, "adsl") == pilot().products["adsl"], "what was made stays"
    finally:
        lab.app.close()
