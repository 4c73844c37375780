"""A store that nobody can make forget: S3 with Object Lock in COMPLIANCE mode, where not even the owner deletes before the time.

An object is put under a key once (`If-None-Match: *`) and locked until a date; afterwards the store is asked whether it really
holds the lock, because stores exist that answer "yes" and forget. What is read is always one version of a key, from the listing of
all versions: a delete marker or a later version hides nothing. Credentials come from where boto3 finds them (environment, profile,
role of the machine), never from a file of the project.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, BinaryIO
from urllib.parse import parse_qsl, urlsplit

from csvgen.errors import ConfigError, CsvgenError, Exit, NotIntact
from csvgen.extras import how_to_add

_LARGEST = 10_000_000
PART = 8 * 1024 * 1024
"""Bytes of one part of a large object: a few of them are in memory at a time, and 80 GB fit in the 10,000 parts S3 allows."""
ALGORITHM = "sha256".upper()
"""As the protocol spells it; a rule code would look the same."""
_PIECE = 1024 * 1024


class WormError(CsvgenError):
    """The store cannot be reached, refused, or does not hold what it said it would."""

    exit_code = Exit.FINDINGS


class Taken(WormError):
    """There is an object under this key already."""


class Gone(WormError):
    """There is no such version."""


@dataclass(frozen=True, slots=True)
class WormObject:
    """One version of one key, as the store lists it."""

    key: str
    version: str
    newest: bool
    """Whether a reader who names no version gets this one."""
    size: int = field(default=0, compare=False)


@dataclass(frozen=True)
class WormStore:
    """One bucket, and a prefix in it."""

    bucket: str
    prefix: str = ""
    endpoint: str | None = None
    """URL of a store that is not Amazon's."""
    region: str = "us-east-1"
    profile: str | None = None

    @cached_property
    def client(self) -> Any:
        """The client of boto3, made when it is first needed."""
        try:
            import boto3
            from botocore.config import Config as Settings
        except ImportError:
            raise ConfigError("a store of kind s3 needs boto3", hint=how_to_add("worm")) from None

        session = boto3.Session(profile_name=self.profile) if self.profile else boto3.Session()
        settings = Settings(connect_timeout=5, read_timeout=20, retries={"total_max_attempts": 3, "mode": "standard"})
        return session.client("s3", endpoint_url=self.endpoint, region_name=self.region, config=settings)

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}"

    def require_lock(self) -> None:
        """Raise ConfigError when the bucket was made without Object Lock: nothing in it would be safe."""
        with self.asked("lock configuration"):
            try:
                found = self.client.get_object_lock_configuration(Bucket=self.bucket)
            except self.client.exceptions.ClientError as problem:
                if _code(problem) not in {"ObjectLockConfigurationNotFoundError", "NoSuchObjectLockConfiguration"}:
                    raise
                found = {}
        if found.get("ObjectLockConfiguration", {}).get("ObjectLockEnabled") != "Enabled":
            raise ConfigError("this bucket has no Object Lock", where=str(self), hint="a bucket can be given one when it is made")

    def put(self, key: str, data: bytes, until: dt.datetime) -> str:
        """Put an object that stays until `until` (to the second) and return its version. Raises Taken, WormError."""
        until = _to_the_second(until)
        with self.asked(key), self._once(key):
            answer = self.client.put_object(
                Bucket=self.bucket,
                Key=self.prefix + key,
                Body=data,
                IfNoneMatch="*",
                ObjectLockMode="COMPLIANCE",
                ObjectLockRetainUntilDate=until,
                ChecksumSHA256=_checksum(data),
            )
        return self._held(key, str(answer.get("VersionId", "")), until)

    def put_large(self, key: str, source: BinaryIO, until: dt.datetime) -> str:
        """As `put`, of a stream of any length, in parts of `PART` bytes. What is not completed is taken back: parts are not locked yet."""
        first = _filled(source)
        if len(first) < PART:
            return self.put(key, first, until)
        until = _to_the_second(until)
        place = {"Bucket": self.bucket, "Key": self.prefix + key}
        lock = {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": until}
        with self.asked(key), self._once(key):
            upload = self.client.create_multipart_upload(**place, **lock, ChecksumAlgorithm=ALGORITHM)["UploadId"]
            try:
                parts = [self._part(place, upload, n, piece) for n, piece in enumerate(_pieces(first, source), 1)]
                answer = self.client.complete_multipart_upload(
                    **place, UploadId=upload, MultipartUpload={"Parts": parts}, IfNoneMatch="*"
                )
            except BaseException:
                with suppress(Exception):  # the first problem is the one to tell; what is left of the parts is no object
                    self.client.abort_multipart_upload(**place, UploadId=upload)
                raise
        return self._held(key, str(answer.get("VersionId", "")), until)

    def _part(self, place: dict[str, str], upload: str, number: int, data: bytes) -> dict[str, object]:
        checksum = _checksum(data)
        answer = self.client.upload_part(**place, UploadId=upload, PartNumber=number, Body=data, ChecksumSHA256=checksum)
        return {"PartNumber": number, "ETag": answer["ETag"], "ChecksumSHA256": checksum}

    @contextmanager
    def _once(self, key: str) -> Iterator[None]:
        try:
            yield
        except self.client.exceptions.ClientError as problem:
            if _code(problem) in {"PreconditionFailed", "412"}:
                raise Taken("there is an object under this key", where=f"{self}{key}") from None
            raise

    def _held(self, key: str, version: str, until: dt.datetime) -> str:
        held = self.lock_of(key, version) if version else None
        if held is None or held < until:
            raise WormError("the store took the object and does not lock it", where=f"{self}{key}", hint="it is no WORM store")
        return version

    def retain(self, key: str, version: str, until: dt.datetime) -> None:
        """Keep a version longer than it is kept already. Raises WormError when the store does not."""
        until = _to_the_second(until)
        wanted = {"Mode": "COMPLIANCE", "RetainUntilDate": until}
        with self.asked(key):
            self.client.put_object_retention(Bucket=self.bucket, Key=self.prefix + key, VersionId=version, Retention=wanted)
        self._held(key, version, until)

    def lock_of(self, key: str, version: str) -> dt.datetime | None:
        """Until when a version cannot be deleted by anybody; None when it can."""
        with self.asked(key):
            found = self.client.head_object(Bucket=self.bucket, Key=self.prefix + key, VersionId=version)
        if found.get("ObjectLockMode") != "COMPLIANCE" or "ObjectLockRetainUntilDate" not in found:
            return None
        until: dt.datetime = found["ObjectLockRetainUntilDate"]
        return until.astimezone(dt.UTC)

    def listing(self, beginning: str = "") -> tuple[WormObject, ...]:
        """Every version of every key (that begins so), delete markers left out: what they hide is listed all the same."""
        with self.asked("listing"):
            wanted = {"Bucket": self.bucket, "Prefix": self.prefix + beginning}
            pages = self.client.get_paginator("list_object_versions").paginate(**wanted)
            rows = [row for page in pages for row in page.get("Versions", ())]
        found = (
            WormObject(row["Key"].removeprefix(self.prefix), row["VersionId"], bool(row["IsLatest"]), int(row.get("Size", 0)))
            for row in rows
        )
        return tuple(sorted(found, key=lambda o: (o.key, o.version)))

    def read(self, key: str, version: str) -> bytes:
        """The bytes of one version. Raises NotIntact for more than any checkpoint has, WormError."""
        with self.asked(key):
            answer = self.client.get_object(Bucket=self.bucket, Key=self.prefix + key, VersionId=version)
            data: bytes = answer["Body"].read(_LARGEST + 1)
        if len(data) > _LARGEST:
            raise NotIntact("this object is no checkpoint", where=f"{self}{key}")
        return data

    def stream(self, key: str, version: str) -> Iterator[bytes]:
        """The bytes of one version, piece by piece. Raises Gone, WormError."""
        with self.asked(key):
            answer = self.client.get_object(Bucket=self.bucket, Key=self.prefix + key, VersionId=version)
            yield from answer["Body"].iter_chunks(_PIECE)

    @contextmanager
    def asked(self, what: str) -> Iterator[None]:
        """Errors of the library in our words; its own texts may quote headers, so only code and kind are passed on."""
        from boto3.exceptions import Boto3Error
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except ClientError as problem:
            kind = Gone if _code(problem) in {"NoSuchKey", "NoSuchVersion", "404"} else WormError
            raise kind(f"the store refused: {_code(problem)}", where=f"{self}{what}") from None
        except (BotoCoreError, Boto3Error) as problem:
            hint = "credentials come from the environment or an AWS profile" if "Credential" in type(problem).__name__ else ""
            raise WormError(f"the store cannot be asked ({type(problem).__name__})", where=f"{self}{what}", hint=hint) from None


_MAY_SAY = ("endpoint", "region", "profile")


def named(line: str, setting: str) -> WormStore:
    """``s3://bucket/prefix?endpoint=URL&region=R&profile=P``. Nothing is asked of a server yet. Raises ConfigError, naming the setting."""
    parts = urlsplit(line)
    if parts.scheme != "s3" or not parts.hostname or parts.port or parts.fragment:
        raise ConfigError(f"{setting} cannot be {line[:60]!r}", hint=f'{setting} = "local" or "s3://bucket/prefix?endpoint=..."')
    if parts.username or parts.password:
        raise ConfigError(f"{setting} holds a credential", hint="credentials come from the environment or an AWS profile")
    said = dict(parse_qsl(parts.query, keep_blank_values=True))
    if strange := sorted(set(said) - set(_MAY_SAY)):
        raise ConfigError(f"{setting} says {strange[0]!r}, which means nothing", hint=f"it may say {', '.join(_MAY_SAY)}")
    path = parts.path.strip("/")
    return WormStore(
        parts.netloc,
        f"{path}/" if path else "",
        said.get("endpoint") or None,
        said.get("region") or "us-east-1",
        said.get("profile") or None,
    )


def _code(problem: Any) -> str:
    return str(problem.response.get("Error", {}).get("Code", "unknown"))


def _checksum(data: bytes) -> str:
    return base64.b64encode(hashlib.sha256(data).digest()).decode("ascii")


def _to_the_second(moment: dt.datetime) -> dt.datetime:
    return moment.astimezone(dt.UTC).replace(microsecond=0)


def _pieces(first: bytes, source: BinaryIO) -> Iterator[bytes]:
    yield first
    while piece := _filled(source):
        yield piece


def _filled(source: BinaryIO) -> bytes:
    """`PART` bytes, or what is left: one reading of a stream may give less."""
    found = bytearray()
    while len(found) < PART and (piece := source.read(PART - len(found))):
        found += piece
    return bytes(found)
