"""`csvgen verify` of an instance whose raw files lie under Object Lock, on a real store: SeaweedFS, with the side door open."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from csvgen.canonical import Digest
from csvgen.model.verification import Outcome
from csvgen.pipeline.instance import Settings
from csvgen.pipeline.landing.place import key_of

from ..counterparts import free_port
from ..counterparts.seaweedfs import Store, seaweedfs
from .instances import Thief, answer, checked, failed, settled, worked

pytestmark = pytest.mark.needs("weed")
PLACE, LANDED, LOOSE = (
    "raw files lie where the settings say",
    "raw files are those registered on arrival",
    "no raw file is there unregistered",
)
AGAIN = "results come out again from the same inputs"
RELEASED = ("L-1", "L-2", "L-3")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with seaweedfs(tmp_path_factory.mktemp("seaweedfs"), side_door=True) as found, pytest.MonkeyPatch.context() as patch:
        for name, value in found.environment.items():
            patch.setenv(name, value)
        yield found


@pytest.fixture(scope="module")
def bucket(server: Store) -> str:
    return server.bucket()


@pytest.fixture(scope="module")
def made(server: Store, bucket: str, shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three lots, each with a file of its own; nothing a test does to one of them is seen with another."""

    def work(lab) -> None:
        for number, lot in enumerate(RELEASED):
            lab.bring(lot, "released" if number == 0 else "processed", f"1.00{number}")

    return worked(shared, tmp_path_factory.mktemp("landing"), Settings(landing=line(server, bucket)), work)


def line(server: Store, bucket: str) -> str:
    return f"s3://{bucket}/raw?endpoint={server.endpoint}"


@pytest.fixture
def base(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "copy"))


def key(base: Path, lot: str) -> str:
    return f"raw/{key_of(Digest(Thief(base).content('file', f'{lot}:plate.csv')['digest']))}"


def test_files_are_read_back_by_version_and_runs_performed_again_from_them(made: Path) -> None:
    found = checked(made)
    assert found, found.bottom_line
    assert answer(found, AGAIN) == (Outcome.HOLDS, "3 of 3 runs performed again, each output the same byte for byte")
    assert answer(found, LANDED)[1].endswith("; the store locks each of them")
    assert not [p for p in (made / "instance" / "raw").rglob("*") if p.is_file()]


def test_another_bucket_in_the_settings_is_named(base: Path, server: Store) -> None:
    settled(base, Settings(landing=line(server, server.bucket())))
    found = failed(base)
    assert "files were registered in s3://" in found[PLACE]
    assert "missing" in found[LANDED]
    assert "cannot be performed again" in found[AGAIN]


def test_a_store_that_does_not_answer_leaves_it_unknown(base: Path, bucket: str) -> None:
    settled(base, Settings(landing=f"s3://{bucket}/raw?endpoint=http://127.0.0.1:{free_port()}"))
    found = checked(base)
    assert {LANDED, AGAIN} <= {c.name for c in found.unknown}
    assert not {LANDED, AGAIN} & {c.name for c in found.failed}
    assert not found
    assert answer(found, AGAIN)[1].startswith("3 of 3 runs cannot be performed again; RUN-0001: ")


def test_a_copy_that_is_not_locked_is_named(base: Path, bucket: str, server: Store) -> None:
    """The same bytes put once more without a lock, and the registry made to point at them."""
    here = key(base, "L-2")
    data = server.client.get_object(Bucket=bucket, Key=here)["Body"].read()
    version = server.client.put_object(Bucket=bucket, Key=here, Body=data)["VersionId"]
    thief = Thief(base)
    thief.rewrite("file", "L-2:plate.csv", lambda c: c.update(object_version=version), rehash=True, with_keys=True)
    found = failed(base)
    assert "file/L-2:plate.csv version 1: not locked: it is not locked in COMPLIANCE mode" in found[LANDED]


def test_what_is_put_over_a_file_is_named_and_not_read(made: Path, bucket: str, server: Store) -> None:
    server.client.put_object(Bucket=bucket, Key=key(made, "L-2"), Body=b"forged")
    found = failed(made)
    assert "file/L-2:plate.csv version 1: replaced" in found[LOOSE]
    assert not {LANDED, AGAIN} & found.keys()


def test_a_file_deleted_past_its_lock_is_named(made: Path, bucket: str, server: Store) -> None:
    """Through the side door, as whoever owns the disks of the store can; the last test of this file, for it cannot be undone."""
    assert server.delete_past_s3(bucket, key(made, "L-3")) == 204
    found = failed(made)
    assert "file/L-3:plate.csv version 1: missing: nothing lies under its digest" in found[LANDED]
    assert "RUN-0003: cannot be performed again: file/L-3:plate.csv: the stored file is missing" in found[AGAIN]
    assert "L-1" not in found[LANDED] + found[AGAIN]
