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
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from csvgen.errors import ConfigError, CsvgenError, Exit, NotIntact

_LARGEST = 10_000_000


class WormError(CsvgenError):
    """The store cannot be reached, refused, or does not hold what it said it would."""

    exit_code = Exit.FINDINGS


class Taken(WormError):
    """There is an object under this key already."""


@dataclass(frozen=True, slots=True)
class WormObject:
    """One version of one key, as the store lists it."""

    key: str
    version: str
    newest: bool
    """Whether a reader who names no version gets this one."""


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
    def _client(self) -> Any:
        try:
            import boto3
            from botocore.config import Config as Settings
        except ImportError:
            raise ConfigError("an anchor of kind s3 needs boto3", hint="pip install 'csvgen[worm]'") from None

        session = boto3.Session(profile_name=self.profile) if self.profile else boto3.Session()
        settings = Settings(connect_timeout=5, read_timeout=20, retries={"total_max_attempts": 3, "mode": "standard"})
        return session.client("s3", endpoint_url=self.endpoint, region_name=self.region, config=settings)

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}"

    def require_lock(self) -> None:
        """Raise ConfigError when the bucket was made without Object Lock: nothing in it would be safe."""
        with self._asked("lock configuration"):
            try:
                found = self._client.get_object_lock_configuration(Bucket=self.bucket)
            except self._client.exceptions.ClientError as problem:
                if _code(problem) not in {"ObjectLockConfigurationNotFoundError", "NoSuchObjectLockConfiguration"}:
                    raise
                found = {}
        if found.get("ObjectLockConfiguration", {}).get("ObjectLockEnabled") != "Enabled":
            raise ConfigError("this bucket has no Object Lock", where=str(self), hint="a bucket can be given one when it is made")

    def put(self, key: str, data: bytes, until: dt.datetime) -> str:
        """Put an object that stays until `until` (to the second) and return its version. Raises Taken, WormError."""
        until = until.astimezone(dt.UTC).replace(microsecond=0)
        with self._asked(key):
            try:
                answer = self._client.put_object(
                    Bucket=self.bucket,
                    Key=self.prefix + key,
                    Body=data,
                    IfNoneMatch="*",
                    ObjectLockMode="COMPLIANCE",
                    ObjectLockRetainUntilDate=until,
                    ChecksumSHA256=base64.b64encode(hashlib.sha256(data).digest()).decode("ascii"),
                )
            except self._client.exceptions.ClientError as problem:
                if _code(problem) in {"PreconditionFailed", "412"}:
                    raise Taken("there is an object under this key", where=f"{self}{key}") from None
                raise
        version = str(answer.get("VersionId", ""))
        held = self.lock_of(key, version) if version else None
        if held is None or held < until:
            raise WormError("the store took the object and does not lock it", where=f"{self}{key}", hint="it is no WORM store")
        return version

    def lock_of(self, key: str, version: str) -> dt.datetime | None:
        """Until when a version cannot be deleted by anybody; None when it can."""
        with self._asked(key):
            found = self._client.head_object(Bucket=self.bucket, Key=self.prefix + key, VersionId=version)
        if found.get("ObjectLockMode") != "COMPLIANCE" or "ObjectLockRetainUntilDate" not in found:
            return None
        until: dt.datetime = found["ObjectLockRetainUntilDate"]
        return until.astimezone(dt.UTC)

    def listing(self) -> tuple[WormObject, ...]:
        """Every version of every key, delete markers left out: what they hide is listed all the same."""
        with self._asked("listing"):
            pages = self._client.get_paginator("list_object_versions").paginate(Bucket=self.bucket, Prefix=self.prefix)
            rows = [row for page in pages for row in page.get("Versions", ())]
        found = (WormObject(row["Key"].removeprefix(self.prefix), row["VersionId"], bool(row["IsLatest"])) for row in rows)
        return tuple(sorted(found, key=lambda o: (o.key, o.version)))

    def read(self, key: str, version: str) -> bytes:
        """The bytes of one version. Raises NotIntact for more than any checkpoint has, WormError."""
        with self._asked(key):
            answer = self._client.get_object(Bucket=self.bucket, Key=self.prefix + key, VersionId=version)
            data: bytes = answer["Body"].read(_LARGEST + 1)
        if len(data) > _LARGEST:
            raise NotIntact("this object is no checkpoint", where=f"{self}{key}")
        return data

    @contextmanager
    def _asked(self, what: str) -> Iterator[None]:
        """Errors of the library in our words; its own texts may quote headers, so only code and kind are passed on."""
        from boto3.exceptions import Boto3Error
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except ClientError as problem:
            raise WormError(f"the store refused: {_code(problem)}", where=f"{self}{what}") from None
        except (BotoCoreError, Boto3Error) as problem:
            hint = "credentials come from the environment or an AWS profile" if "Credential" in type(problem).__name__ else ""
            raise WormError(f"the store cannot be asked ({type(problem).__name__})", where=f"{self}{what}", hint=hint) from None


def _code(problem: Any) -> str:
    return str(problem.response.get("Error", {}).get("Code", "unknown"))
