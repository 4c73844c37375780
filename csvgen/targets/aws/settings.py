"""What is to be read of an AWS account. Credentials come by the usual chain of AWS (environment, profile, role), never from here."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from csvgen.model.base import Line, Value
from csvgen.model.counterpart import Said

Account = Annotated[str, StringConstraints(pattern=r"^[0-9]{12}$")]


class Aws(Value):
    """One account in one region, and the names of what a validation looks at there. What is not named is not probed."""

    account: Account
    region: Line
    profile: Line | None = None
    endpoint: Line | None = None
    """Address of another service than that of AWS; then `counterpart` says what it is."""
    s3_endpoint: Line | None = None
    """Address for S3 alone, where another server answers it; then `s3_counterpart` says what it is."""
    counterpart: Said | None = None
    s3_counterpart: Said | None = None
    bucket: Line | None = None
    """Bucket in which raw data land."""
    table: Line | None = None
    """DynamoDB table in which every landed file is registered."""
    ingest_role: Line | None = None
    """ARN of the role that registers files: it may put, and neither change nor delete."""
    trail: Line | None = None
    digests_from: Line | None = None
    """Digest files of the trail that end after this time are looked at: ``2026-11-01T00:00:00Z``."""
    user_pool: Line | None = None
    user_pool_client: Line | None = None
    repository: Line | None = None
    image_digest: Line | None = None
    """``sha256:...`` of the released image."""
    task_definition: Line | None = None
    key: Line | None = None
    registry_entries: Annotated[int, Field(ge=1, le=1000)] = 100
    """Entries of the registry that are compared with the store, at most."""
    digest_files: Annotated[int, Field(ge=1, le=2000)] = 48
    """Digest files that are checked, at most, from the newest backwards."""
