"""Qualification of a store under Object Lock: thirty-one questions, asked of the real server through its own protocol.

A pass is the right outcome, not only an error: after each refusal the bytes must still be there. Stores that are emulators fail some
of these and pass the obvious ones. The questions are asked in two buckets made for them, one with lock and one without, beside the
bucket that is used; what they lock stays there up to thirty days.
"""

from __future__ import annotations

import base64
import contextlib
import datetime as dt
import hashlib
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from csvgen.store.worm import ALGORITHM, WormStore

WORDS = b"written once"
_WAIT = 30


class Failed(Exception):
    """The store did not do what was asked of it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one question came to."""

    number: int
    question: str
    passed: bool
    told: str
    """What was found instead; empty for a pass."""


def expect(found: object, wanted: object, what: str) -> None:
    """Raise Failed unless these are the same."""
    if found != wanted:
        raise Failed(f"{what}: {found!r} where {wanted!r} is right")


def soon(days: float = 1) -> dt.datetime:
    """A moment so many days ahead, to the second, as the protocol has it."""
    return (dt.datetime.now(dt.UTC) + dt.timedelta(days=days)).replace(microsecond=0)


@dataclass
class Bench:
    """One bucket with lock and one without, and words for what the questions do."""

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
        expect(self.s3.get_object(Bucket=self.bucket, Key=key, VersionId=version)["Body"].read(), data, "bytes")

    def refused(self, act: Callable[[], Any], *codes: str) -> None:
        try:
            act()
        except self.s3.exceptions.ClientError as problem:
            code = problem.response["Error"]["Code"]
            if code not in codes:
                raise Failed(f"refused with {code}, where {' or '.join(codes)} is right") from None
        else:
            raise Failed("allowed, and must be refused")

    def close(self) -> None:
        """Take away what is not locked."""
        for bucket in (self.bucket, self.plain):
            with contextlib.suppress(self.s3.exceptions.ClientError):
                for page in self.s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
                    for row in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
                        with contextlib.suppress(self.s3.exceptions.ClientError):
                            self.s3.delete_object(Bucket=bucket, Key=row["Key"], VersionId=row["VersionId"])
                self.s3.delete_bucket(Bucket=bucket)


@contextlib.contextmanager
def bench(store: WormStore) -> Iterator[Bench]:
    """Two buckets for the questions beside the bucket of the store; afterwards what can be removed of them is."""
    name = f"{store.bucket[:40]}-qualification-{secrets.token_hex(3)}"
    made = Bench(store.client, name, f"{name}-p")
    made.s3.create_bucket(Bucket=made.bucket, ObjectLockEnabledForBucket=True)
    made.s3.create_bucket(Bucket=made.plain)
    try:
        yield made
    finally:
        made.close()


def qualify(store: WormStore) -> tuple[Answer, ...]:
    """Ask all questions. Raises WormError when the store cannot be asked at all."""
    with store.asked("qualification"), bench(store) as made:
        return tuple(ask(made, number, check) for number, check in enumerate(CHECKS, 1))


def ask(made: Bench, number: int, check: Callable[[Bench], None]) -> Answer:
    """One question with its answer. An error nobody expected is a failure too."""
    question = check.__name__.lstrip("_").replace("_", " ")
    try:
        check(made)
    except Failed as problem:
        return Answer(number, question, passed=False, told=str(problem))
    except made.s3.exceptions.ClientError as problem:
        return Answer(number, question, passed=False, told=f"the store refused: {problem.response['Error']['Code']}")
    except KeyError as problem:
        return Answer(number, question, passed=False, told=f"the answer of the store holds no {problem}")
    return Answer(number, question, passed=True, told="")


def bucket_with_lock(b: Bench) -> None:
    expect(b.bucket in {row["Name"] for row in b.s3.list_buckets()["Buckets"]}, True, "the bucket is listed")


def lock_configuration(b: Bench) -> None:
    found = b.s3.get_object_lock_configuration(Bucket=b.bucket)["ObjectLockConfiguration"]
    expect(found["ObjectLockEnabled"], "Enabled", "the store answers")


def versioning_is_on(b: Bench) -> None:
    expect(b.s3.get_bucket_versioning(Bucket=b.bucket)["Status"], "Enabled", "the store answers")


def compliance_is_kept(b: Bench) -> None:
    until = soon()
    found = b.head("04", b.compliance("04", until))
    expect(found["ObjectLockMode"], "COMPLIANCE", "the store answers")
    expect(found["ObjectLockRetainUntilDate"], until, "the store answers")


def version_is_not_deleted(b: Bench) -> None:
    version = b.compliance("05")
    b.refused(lambda: b.delete("05", version), "AccessDenied")
    b.there("05", version)


def privilege_does_not_help(b: Bench) -> None:
    version = b.compliance("06")
    b.refused(lambda: b.delete("06", version, BypassGovernanceRetention=True), "AccessDenied")
    b.there("06", version)


def batch_delete_does_not_help(b: Bench) -> None:
    version = b.compliance("07")
    batch = {"Objects": [{"Key": "07", "VersionId": version}]}
    answer = b.s3.delete_objects(Bucket=b.bucket, Delete=batch, BypassGovernanceRetention=True)
    expect([row["Code"] for row in answer["Errors"]], ["AccessDenied"], "the store answers")
    b.there("07", version)


def overwriting_keeps_the_version(b: Bench) -> None:
    version = b.compliance("08")
    b.put("08", b"another")
    b.there("08", version)


def delete_marker_keeps_the_version(b: Bench) -> None:
    version = b.compliance("09")
    expect(b.delete("09")["DeleteMarker"], True, "a delete marker was put")
    b.there("09", version)


def retention_is_not_shortened(b: Bench) -> None:
    until = soon(10)
    version = b.compliance("10", until)
    b.refused(lambda: b.retain("10", version, "COMPLIANCE", soon(1), BypassGovernanceRetention=True), "AccessDenied")
    expect(b.head("10", version)["ObjectLockRetainUntilDate"], until, "the store answers")


def mode_is_not_weakened(b: Bench) -> None:
    version = b.compliance("11")
    b.refused(lambda: b.retain("11", version, "GOVERNANCE", soon(20), BypassGovernanceRetention=True), "AccessDenied")
    expect(b.head("11", version)["ObjectLockMode"], "COMPLIANCE", "the store answers")


def retention_is_extended(b: Bench) -> None:
    version, until = b.compliance("12"), soon(30)
    b.retain("12", version, "COMPLIANCE", until)
    expect(b.head("12", version)["ObjectLockRetainUntilDate"], until, "the store answers")


def governance_holds(b: Bench) -> None:
    version = b.governance("13")
    b.refused(lambda: b.delete("13", version), "AccessDenied")
    b.there("13", version)


def governance_gives_way_to_privilege(b: Bench) -> None:
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
    expect(
        b.s3.get_object_legal_hold(Bucket=b.bucket, Key="16", VersionId=version)["LegalHold"]["Status"], "ON", "the store answers"
    )


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
    expect(b.head("23", _with_default(b))["ObjectLockMode"], "COMPLIANCE", "the store answers")


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
        lambda: b.put("26", ChecksumAlgorithm=ALGORITHM, ChecksumSHA256=wrong),
        "BadDigest",
        "InvalidRequest",
        "XAmzContentChecksumMismatch",
    )
    b.refused(lambda: b.s3.get_object(Bucket=b.bucket, Key="26"), "NoSuchKey")


def checksum_is_told(b: Bench) -> None:
    version = b.put("27", ChecksumAlgorithm=ALGORITHM)
    expect(
        b.head("27", version)["ChecksumSHA256"], base64.b64encode(hashlib.sha256(WORDS).digest()).decode(), "the store answers"
    )


def second_put_is_refused(b: Bench) -> None:
    version = b.put("28", IfNoneMatch="*")
    b.refused(lambda: b.put("28", b"second", IfNoneMatch="*"), "PreconditionFailed")
    expect(b.s3.get_object(Bucket=b.bucket, Key="28")["Body"].read(), WORDS, "the store answers")
    b.there("28", version)


def _in_parts(b: Bench, key: str) -> str:
    until = {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": soon()}
    upload = b.s3.create_multipart_upload(Bucket=b.bucket, Key=key, **until)["UploadId"]
    part = b.s3.upload_part(Bucket=b.bucket, Key=key, UploadId=upload, PartNumber=1, Body=WORDS)
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    return str(b.s3.complete_multipart_upload(Bucket=b.bucket, Key=key, UploadId=upload, MultipartUpload=parts)["VersionId"])


def upload_in_parts_is_locked(b: Bench) -> None:
    expect(b.head("29", _in_parts(b, "29"))["ObjectLockMode"], "COMPLIANCE", "the store answers")


def upload_in_parts_is_not_deleted(b: Bench) -> None:
    version = _in_parts(b, "30")
    b.refused(lambda: b.delete("30", version, BypassGovernanceRetention=True), "AccessDenied")
    b.there("30", version)


def after_the_time_it_can_be_deleted(b: Bench) -> None:
    """The one check that has to wait: the clock is the server's."""
    version = b.compliance("31", (dt.datetime.now(dt.UTC) + dt.timedelta(seconds=3)).replace(microsecond=0))
    b.refused(lambda: b.delete("31", version), "AccessDenied")
    end = time.monotonic() + _WAIT
    while time.monotonic() < end:
        try:
            b.delete("31", version)
            break
        except b.s3.exceptions.ClientError:
            time.sleep(0.2)
    b.refused(lambda: b.there("31", version), "NoSuchVersion", "NoSuchKey")


CHECKS = (
    bucket_with_lock, lock_configuration, versioning_is_on, compliance_is_kept, version_is_not_deleted, privilege_does_not_help,
    batch_delete_does_not_help, overwriting_keeps_the_version, delete_marker_keeps_the_version, retention_is_not_shortened,
    mode_is_not_weakened, retention_is_extended, governance_holds, governance_gives_way_to_privilege, governance_becomes_compliance,
    legal_hold_is_kept, legal_hold_holds, legal_hold_ends, versioning_is_not_suspended, bucket_is_not_deleted,
    past_dates_are_refused, mode_needs_a_date, default_retention_is_applied, default_retention_holds, no_lock_where_there_is_none,
    wrong_checksum_is_refused, checksum_is_told, second_put_is_refused, upload_in_parts_is_locked, upload_in_parts_is_not_deleted,
    after_the_time_it_can_be_deleted,
)  # fmt: skip
