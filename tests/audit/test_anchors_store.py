"""Qualification of a store under Object Lock: what an anchor relies on, asked of the real server through its own protocol.

Thirty-one questions, numbered as in the installation qualification of a store. A pass is the right outcome, not only an error:
after each refusal the bytes must still be there. Stores that are emulators fail some of these and pass the obvious ones.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from csvgen.errors import ConfigError
from csvgen.store.worm import Taken, WormError, WormStore

from ..counterparts import free_port
from ..counterparts.seaweedfs import Store, seaweedfs

pytestmark = pytest.mark.needs("weed")

WORDS = b"a checkpoint"
DAY = dt.timedelta(days=1)


def soon(days: float = 1) -> dt.datetime:
    return (dt.datetime.now(dt.UTC) + dt.timedelta(days=days)).replace(microsecond=0)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with seaweedfs(tmp_path_factory.mktemp("seaweedfs")) as found:
        yield found


@dataclass
class Bench:
    """One bucket with lock, and words for what the checks do."""

    s3: Any
    bucket: str
    plain: str

    def put(self, key: str, data: bytes = WORDS, **more: Any) -> str:
        return str(self.s3.put_object(Bucket=self.bucket, Key=key, Body=data, **more)["VersionId"])

    def compliance(self, key: str, until: dt.datetime | None = None) -> str:
        return self.put(key, ObjectLockMode="COMPLIANCE", ObjectLockRetainUntilDate=until or soon())

    def governance(self, key: str) -> str:
        return self.put(key, ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=soon())

    def delete(self, key: str, version: str | None = None, **more: Any) -> Any:
        named = {"VersionId": version} if version else {}
        return self.s3.delete_object(Bucket=self.bucket, Key=key, **named, **more)

    def retain(self, key: str, version: str, mode: str, until: dt.datetime, **more: Any) -> None:
        wanted = {"Mode": mode, "RetainUntilDate": until}
        self.s3.put_object_retention(Bucket=self.bucket, Key=key, VersionId=version, Retention=wanted, **more)

    def hold(self, key: str, version: str, status: str) -> None:
        self.s3.put_object_legal_hold(Bucket=self.bucket, Key=key, VersionId=version, LegalHold={"Status": status})

    def head(self, key: str, version: str) -> Any:
        return self.s3.head_object(Bucket=self.bucket, Key=key, VersionId=version, ChecksumMode="ENABLED")

    def there(self, key: str, version: str, data: bytes = WORDS) -> None:
        assert self.s3.get_object(Bucket=self.bucket, Key=key, VersionId=version)["Body"].read() == data

    def refused(self, act: Callable[[], Any], *codes: str) -> None:
        with pytest.raises(self.s3.exceptions.ClientError) as problem:
            act()
        assert problem.value.response["Error"]["Code"] in codes, problem.value.response["Error"]


@pytest.fixture(scope="module")
def bench(store: Store) -> Bench:
    return Bench(store.client, store.bucket(), store.bucket(lock=False))


def bucket_with_lock(b: Bench) -> None:
    assert b.bucket in {row["Name"] for row in b.s3.list_buckets()["Buckets"]}


def lock_configuration(b: Bench) -> None:
    found = b.s3.get_object_lock_configuration(Bucket=b.bucket)["ObjectLockConfiguration"]
    assert found["ObjectLockEnabled"] == "Enabled"


def versioning_is_on(b: Bench) -> None:
    assert b.s3.get_bucket_versioning(Bucket=b.bucket)["Status"] == "Enabled"


def compliance_is_kept(b: Bench) -> None:
    until = soon()
    found = b.head("04", b.compliance("04", until))
    assert found["ObjectLockMode"] == "COMPLIANCE"
    assert found["ObjectLockRetainUntilDate"] == until


def version_is_not_deleted(b: Bench) -> None:
    version = b.compliance("05")
    b.refused(lambda: b.delete("05", version), "AccessDenied")
    b.there("05", version)


def bypass_does_not_help(b: Bench) -> None:
    version = b.compliance("06")
    b.refused(lambda: b.delete("06", version, BypassGovernanceRetention=True), "AccessDenied")
    b.there("06", version)


def batch_delete_does_not_help(b: Bench) -> None:
    version = b.compliance("07")
    batch = {"Objects": [{"Key": "07", "VersionId": version}]}
    answer = b.s3.delete_objects(Bucket=b.bucket, Delete=batch, BypassGovernanceRetention=True)
    assert [row["Code"] for row in answer["Errors"]] == ["AccessDenied"]
    b.there("07", version)


def overwriting_keeps_the_version(b: Bench) -> None:
    version = b.compliance("08")
    b.put("08", b"another")
    b.there("08", version)


def delete_marker_keeps_the_version(b: Bench) -> None:
    version = b.compliance("09")
    assert b.delete("09")["DeleteMarker"]
    b.there("09", version)


def retention_is_not_shortened(b: Bench) -> None:
    until = soon(10)
    version = b.compliance("10", until)
    b.refused(lambda: b.retain("10", version, "COMPLIANCE", soon(1), BypassGovernanceRetention=True), "AccessDenied")
    assert b.head("10", version)["ObjectLockRetainUntilDate"] == until


def mode_is_not_weakened(b: Bench) -> None:
    version = b.compliance("11")
    b.refused(lambda: b.retain("11", version, "GOVERNANCE", soon(20), BypassGovernanceRetention=True), "AccessDenied")
    assert b.head("11", version)["ObjectLockMode"] == "COMPLIANCE"


def retention_is_extended(b: Bench) -> None:
    version, until = b.compliance("12"), soon(30)
    b.retain("12", version, "COMPLIANCE", until)
    assert b.head("12", version)["ObjectLockRetainUntilDate"] == until


def governance_holds(b: Bench) -> None:
    version = b.governance("13")
    b.refused(lambda: b.delete("13", version), "AccessDenied")
    b.there("13", version)


def governance_gives_way_to_bypass(b: Bench) -> None:
    version = b.governance("14")
    b.delete("14", version, BypassGovernanceRetention=True)
    b.refused(lambda: b.there("14", version), "NoSuchVersion", "NoSuchKey")


def governance_becomes_compliance(b: Bench) -> None:
    version = b.governance("15")
    b.retain("15", version, "COMPLIANCE", soon(2), BypassGovernanceRetention=True)
    b.refused(lambda: b.delete("15", version, BypassGovernanceRetention=True), "AccessDenied")


def legal_hold_is_kept(b: Bench) -> None:
    version = b.put("16")
    b.hold("16", version, "ON")
    assert b.s3.get_object_legal_hold(Bucket=b.bucket, Key="16", VersionId=version)["LegalHold"]["Status"] == "ON"


def legal_hold_holds(b: Bench) -> None:
    version = b.put("17")
    b.hold("17", version, "ON")
    b.refused(lambda: b.delete("17", version, BypassGovernanceRetention=True), "AccessDenied")
    b.there("17", version)


def legal_hold_ends(b: Bench) -> None:
    version = b.put("18")
    b.hold("18", version, "ON")
    b.hold("18", version, "OFF")
    b.delete("18", version)
    b.refused(lambda: b.there("18", version), "NoSuchVersion", "NoSuchKey")


def versioning_is_not_suspended(b: Bench) -> None:
    wanted = {"Status": "Suspended"}
    b.refused(
        lambda: b.s3.put_bucket_versioning(Bucket=b.bucket, VersioningConfiguration=wanted),
        "InvalidBucketState",
        "InvalidRequest",
    )
    versioning_is_on(b)


def bucket_is_not_deleted(b: Bench) -> None:
    version = b.compliance("20")
    b.refused(lambda: b.s3.delete_bucket(Bucket=b.bucket), "BucketNotEmpty", "AccessDenied")
    b.there("20", version)


def past_dates_are_refused(b: Bench) -> None:
    b.refused(lambda: b.compliance("21", soon(-1)), "InvalidArgument", "InvalidRequest")


def mode_needs_a_date(b: Bench) -> None:
    b.refused(lambda: b.put("22", ObjectLockMode="COMPLIANCE"), "InvalidArgument", "InvalidRequest")


def _with_default(b: Bench) -> str:
    rule = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 1}}
    wanted = {"ObjectLockEnabled": "Enabled", "Rule": rule}
    b.s3.put_object_lock_configuration(Bucket=b.bucket, ObjectLockConfiguration=wanted)
    try:
        return b.put("23")
    finally:
        b.s3.put_object_lock_configuration(Bucket=b.bucket, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled"})


def default_retention_is_applied(b: Bench) -> None:
    assert b.head("23", _with_default(b))["ObjectLockMode"] == "COMPLIANCE"


def default_retention_holds(b: Bench) -> None:
    version = _with_default(b)
    b.refused(lambda: b.delete("23", version, BypassGovernanceRetention=True), "AccessDenied")
    b.there("23", version)


def no_lock_where_there_is_none(b: Bench) -> None:
    until = {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": soon()}
    b.refused(lambda: b.s3.put_object(Bucket=b.plain, Key="25", Body=WORDS, **until), "InvalidRequest", "InvalidArgument")


def wrong_checksum_is_refused(b: Bench) -> None:
    wrong = base64.b64encode(hashlib.sha256(b"other").digest()).decode()
    b.refused(
        lambda: b.put("26", ChecksumAlgorithm="SHA256", ChecksumSHA256=wrong),
        "BadDigest",
        "InvalidRequest",
        "XAmzContentChecksumMismatch",
    )
    b.refused(lambda: b.s3.get_object(Bucket=b.bucket, Key="26"), "NoSuchKey")


def checksum_is_told(b: Bench) -> None:
    version = b.put("27", ChecksumAlgorithm="SHA256")
    assert b.head("27", version)["ChecksumSHA256"] == base64.b64encode(hashlib.sha256(WORDS).digest()).decode()


def second_put_is_refused(b: Bench) -> None:
    version = b.put("28", IfNoneMatch="*")
    b.refused(lambda: b.put("28", b"second", IfNoneMatch="*"), "PreconditionFailed")
    assert b.s3.get_object(Bucket=b.bucket, Key="28")["Body"].read() == WORDS
    b.there("28", version)


def _in_parts(b: Bench, key: str) -> str:
    until = {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": soon()}
    upload = b.s3.create_multipart_upload(Bucket=b.bucket, Key=key, **until)["UploadId"]
    part = b.s3.upload_part(Bucket=b.bucket, Key=key, UploadId=upload, PartNumber=1, Body=WORDS)
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    return str(b.s3.complete_multipart_upload(Bucket=b.bucket, Key=key, UploadId=upload, MultipartUpload=parts)["VersionId"])


def upload_in_parts_is_locked(b: Bench) -> None:
    assert b.head("29", _in_parts(b, "29"))["ObjectLockMode"] == "COMPLIANCE"


def upload_in_parts_is_not_deleted(b: Bench) -> None:
    version = _in_parts(b, "30")
    b.refused(lambda: b.delete("30", version, BypassGovernanceRetention=True), "AccessDenied")
    b.there("30", version)


def after_the_time_it_can_be_deleted(b: Bench) -> None:
    """The one check that has to wait: the clock is the server's."""
    version = b.compliance("31", (dt.datetime.now(dt.UTC) + dt.timedelta(seconds=3)).replace(microsecond=0))
    b.refused(lambda: b.delete("31", version), "AccessDenied")
    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            b.delete("31", version)
            break
        except b.s3.exceptions.ClientError:
            time.sleep(0.2)
    b.refused(lambda: b.there("31", version), "NoSuchVersion", "NoSuchKey")


CHECKS = (
    bucket_with_lock, lock_configuration, versioning_is_on, compliance_is_kept, version_is_not_deleted, bypass_does_not_help,
    batch_delete_does_not_help, overwriting_keeps_the_version, delete_marker_keeps_the_version, retention_is_not_shortened,
    mode_is_not_weakened, retention_is_extended, governance_holds, governance_gives_way_to_bypass, governance_becomes_compliance,
    legal_hold_is_kept, legal_hold_holds, legal_hold_ends, versioning_is_not_suspended, bucket_is_not_deleted,
    past_dates_are_refused, mode_needs_a_date, default_retention_is_applied, default_retention_holds, no_lock_where_there_is_none,
    wrong_checksum_is_refused, checksum_is_told, second_put_is_refused, upload_in_parts_is_locked, upload_in_parts_is_not_deleted,
    after_the_time_it_can_be_deleted,
)  # fmt: skip


@pytest.mark.parametrize("check", CHECKS, ids=[f"{n:02d}-{c.__name__}" for n, c in enumerate(CHECKS, 1)])
def test_the_store_does_what_an_anchor_relies_on(check: Callable[[Bench], None], bench: Bench) -> None:
    check(bench)


def test_there_are_thirty_one_checks() -> None:
    assert len(CHECKS) == len(set(CHECKS)) == 31


# ------------------------------------------------------------------ our hand on it


@pytest.fixture
def worm(store: Store, monkeypatch: pytest.MonkeyPatch) -> WormStore:
    for name, value in store.environment.items():
        monkeypatch.setenv(name, value)
    return WormStore(store.bucket(), "checkpoints/", store.endpoint)


def test_an_object_is_put_once_and_read_by_version(worm: WormStore, store: Store) -> None:
    version = worm.put("a.note", WORDS, soon())
    with pytest.raises(Taken):
        worm.put("a.note", b"second", soon())
    store.client.put_object(Bucket=worm.bucket, Key="checkpoints/a.note", Body=b"by somebody else")
    store.client.delete_object(Bucket=worm.bucket, Key="checkpoints/a.note")
    assert worm.read("a.note", version) == WORDS
    assert [(o.key, o.newest) for o in worm.listing()] == [("a.note", False)] * 2
    assert worm.lock_of("a.note", version) is not None


def test_a_bucket_without_lock_is_no_anchor(worm: WormStore, store: Store) -> None:
    with pytest.raises(ConfigError, match="no Object Lock"):
        WormStore(store.bucket(lock=False), "", store.endpoint).require_lock()
    worm.require_lock()


def test_a_store_that_does_not_lock_what_it_takes_is_found_out(worm: WormStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that answers yes and forgets the lock: the answer of HEAD is made to say nothing of it."""
    monkeypatch.setattr(WormStore, "lock_of", lambda *_: None)
    with pytest.raises(WormError, match="does not lock it"):
        worm.put("b.note", WORDS, soon())


def test_errors_name_the_place_and_no_secret(
    store: Store, worm: WormStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(WormError, match="NoSuchBucket"):
        WormStore("not-there", "", store.endpoint).listing()
    with pytest.raises(WormError, match="cannot be asked"):
        WormStore("not-there", "", f"http://127.0.0.1:{free_port()}").listing()
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-wrong-secret")
    with pytest.raises(WormError) as problem:
        WormStore(worm.bucket, "", store.endpoint).listing()
    assert "a-wrong-secret" not in str(problem.value)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    with pytest.raises(WormError, match="NoCredentials") as problem:
        WormStore(worm.bucket, "", store.endpoint).listing()
    assert "environment or an AWS profile" in str(problem.value)
