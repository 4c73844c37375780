"""The probes of the landing against a real server with Object Lock (SeaweedFS): what it keeps is its own behaviour, not an emulator's."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
from typing import Any

import pytest
from botocore.exceptions import ClientError

from csvgen.clock import SystemClock
from csvgen.steps.probes import asked, tells
from csvgen.targets.aws import landing
from csvgen.targets.aws.client import Service, Services
from csvgen.targets.aws.settings import Aws
from csvgen.targets.platform.target import PlatformTarget
from csvgen.targets.probing.part import Part

from ...counterparts.seaweedfs import seaweedfs
from ..cases import Case, ExpectationFailed

pytestmark = pytest.mark.slow


class Registry:
    """The registry stands elsewhere; here its rows."""

    def __init__(self, *rows: dict[str, str]) -> None:
        self.rows = rows

    def source(self, operation: str) -> str:
        return operation

    def pages(self, *_arguments: Any, **_options: Any) -> Any:
        return [{k: {"S": v} for k, v in row.items()} for row in self.rows]


class Attaching(Case):
    """Tables are attached by rows."""

    def attach(self, data: Any, *, name: str, media_type: str = "") -> None:
        assert data and name and not media_type


def as_the_protocol_asks(ask: Service, probe: Any) -> Case:
    """The first of the two steps of a generated case, over the target of a platform that has this probe."""
    part = Part("aws", "store", {"registry-against-store": probe}, {"registry-against-store": lambda: ask.counterpart})
    case = Attaching(PlatformTarget("validation", "store", (part,), SystemClock()), "PQ-0001", {})
    asked(case, "aws.registry-against-store: missing")
    return case


def test_the_lock_is_kept_and_its_loss_is_found(tmp_path, monkeypatch):
    with seaweedfs(tmp_path, side_door=True) as store:
        for name, value in store.environment.items():
            monkeypatch.setenv(name, value)
        bucket, s3 = store.bucket(), store.client
        rule = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 3650}}}
        s3.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration=rule)
        settings = Aws(
            account="123456789012", region="us-east-1", s3_endpoint=store.endpoint,
            s3_counterpart={"kind": "real server", "name": "SeaweedFS", "version": "4.48"},
        )  # fmt: skip
        ask: Service = Services(settings, SystemClock())("s3")
        lock = {f.name: f for f in landing.bucket_lock(ask, bucket)}
        assert (lock["mode"].value, lock["retention"].value, lock["lock"].value) == ("COMPLIANCE", "3650", "yes")
        assert lock["mode"].source.endswith("[real server SeaweedFS 4.48]")
        assert landing.bucket_versioning(ask, bucket)[0].value == "Enabled"
        plain = {f.name: f.value for f in landing.bucket_lock(ask, store.bucket(lock=False))}
        assert (plain["lock"], plain["mode"]) == ("no", "(none)")

        data, until = b"raw", (dt.datetime.now(dt.UTC) + dt.timedelta(days=30)).replace(microsecond=0)
        put = s3.put_object(
            Bucket=bucket, Key="a.csv", Body=data, ChecksumSHA256=base64.b64encode(hashlib.sha256(data).digest()).decode(),
            ObjectLockMode="COMPLIANCE", ObjectLockRetainUntilDate=until,
        )  # fmt: skip
        row = {
            "object_key": "a.csv",
            "sha256": hashlib.sha256(data).hexdigest(),
            "version_id": put["VersionId"],
            "retain_until": until.isoformat(),
        }

        def differs(*rows: dict[str, str]) -> dict[str, str]:
            return {f.name: f.value for f in landing.registry_against_store(Registry(*rows), ask, "t", bucket, 10)}

        with pytest.raises(ClientError, match="AccessDenied"):
            s3.put_object_retention(
                Bucket=bucket, Key="a.csv", VersionId=put["VersionId"], BypassGovernanceRetention=True,
                Retention={"Mode": "COMPLIANCE", "RetainUntilDate": dt.datetime.now(dt.UTC) + dt.timedelta(days=1)},
            )  # fmt: skip
        assert differs(row)["entries that differ"] == "0", "the real store kept what the emulator gives away"
        assert differs({**row, "sha256": "0" * 64})["another digest"] == "a.csv"
        assert differs({**row, "retain_until": "2099-01-01T00:00:00+00:00"})["retention shortened"] == "a.csv"
        assert store.delete_past_s3(bucket, "a.csv") == 204
        assert differs(row)["missing"] == "a.csv", "the side door of the filer was used, and the registry tells"
        case = as_the_protocol_asks(ask, lambda: landing.registry_against_store(Registry(row), ask, "t", bucket, 10))
        with pytest.raises(ExpectationFailed, match=r"expected '\(none\)', observed 'a.csv'"):
            tells(case, "aws.registry-against-store: missing", "(none)")
        told = case.observe.made[-1]
        assert (told.holds, told.actual) == (False, "a.csv")
        assert "real server SeaweedFS 4.48" in " ".join(o.actual for o in case.observe.made), "who answered stands beside it"
