"""The landing under Object Lock, on a real server: SeaweedFS, started for these tests."""

from __future__ import annotations

import datetime as dt
import io
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from csvgen.errors import ConfigError, NotIntact, Refused
from csvgen.pipeline.landing import LockedStore, opened
from csvgen.pipeline.landing.inventory import inventory
from csvgen.pipeline.landing.place import Landed, key_of
from csvgen.store.worm import WormStore

from ..counterparts import free_port
from ..counterparts.seaweedfs import Store, seaweedfs
from .conftest import Lab
from .test_landing import MEGABYTE, Stream

pytestmark = pytest.mark.needs("weed")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """With the side door open, for the tests that go through it; nothing else here does."""
    with seaweedfs(tmp_path_factory.mktemp("seaweedfs"), side_door=True) as found:
        yield found


@pytest.fixture
def credentials(server: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)


def soon(days: float = 1) -> dt.datetime:
    return dt.datetime.now(dt.UTC) + dt.timedelta(days=days)


@pytest.fixture
def store(server: Store, credentials: None) -> LockedStore:
    return LockedStore(WormStore(server.bucket(), "raw/", server.endpoint), soon)


def land(store: LockedStore, data: bytes, name: str = "plate.csv") -> Landed:
    with store.landed(io.BytesIO(data), name) as landed:
        return landed


def delete(server: Store, store: LockedStore, landed: Landed, version: str | None) -> None:
    named = {"VersionId": version} if version else {}
    server.client.delete_object(Bucket=store.store.bucket, Key=f"raw/{key_of(landed.digest)}", **named)


def test_a_file_is_locked_and_its_version_pinned(store: LockedStore, server: Store) -> None:
    landed = land(store, b"well 1")
    assert (landed.size, landed.place) == (6, str(store.store))
    assert landed.version
    assert landed.until > soon(0.9).isoformat()
    with pytest.raises(server.client.exceptions.ClientError, match="AccessDenied"):
        delete(server, store, landed, landed.version)
    assert store.read(landed.digest, "plate.csv") == b"well 1"
    assert inventory(store, {"file/L-1:a": landed}) == ()


def test_what_is_put_over_it_changes_nothing_and_is_named(store: LockedStore, server: Store) -> None:
    landed = land(store, b"well 1")
    store.pins = lambda _: landed.version
    key = f"raw/{key_of(landed.digest)}"
    server.client.put_object(Bucket=store.store.bucket, Key=key, Body=b"forged")
    assert store.read(landed.digest, "plate.csv") == b"well 1"
    assert [f.fault for f in inventory(store, {"file/L-1:a": landed})] == ["replaced", "unregistered"]


def test_a_delete_marker_hides_nothing_from_us_and_is_named(store: LockedStore, server: Store) -> None:
    landed = land(store, b"well 1")
    delete(server, store, landed, None)
    assert store.read(landed.digest, "plate.csv") == b"well 1"
    assert [f.fault for f in inventory(store, {"file/L-1:a": landed})] == ["replaced"]


def test_an_object_deleted_under_lock_through_a_side_door_is_reported(store: LockedStore, server: Store) -> None:
    first, second = land(store, b"well 1"), land(store, b"well 2")
    registered = {"file/L-1:a": first, "file/L-1:b": second}
    assert server.delete_past_s3(store.store.bucket, f"raw/{key_of(first.digest)}") == 204
    (found,) = inventory(store, registered)
    assert (found.fault, found.name) == ("missing", "file/L-1:a")
    store.pins = lambda _: first.version
    with pytest.raises(NotIntact, match="the stored file is missing"):
        store.read(first.digest, "a.csv")


def test_a_file_that_nobody_registered_stays_and_is_adopted(store: LockedStore) -> None:
    with pytest.raises(Refused, match="no such lot"), store.landed(io.BytesIO(b"well 1"), "plate.csv") as landed:
        raise Refused("no such lot")
    (found,) = inventory(store, {})
    assert found.fault == "unregistered"
    store._until = lambda: soon(9)
    again = land(store, b"well 1")
    assert again.version == landed.version
    assert again.until > soon(8).isoformat(), "kept as long as what arrives now"
    assert inventory(store, {"file/L-1:a": again}) == ()


def test_a_large_file_goes_in_parts_in_constant_memory(store: LockedStore) -> None:
    source = Stream(96)
    tracemalloc.start()
    try:
        with store.landed(source, "scan.raw") as landed:
            pass
        assert sum(len(piece) for piece in store.pieces(landed.digest, "scan.raw")) == 96 * MEGABYTE
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert landed.digest.hex == source.hashed.hexdigest()
    assert peak < 60 * MEGABYTE, "a few parts of 8 MiB, not the file"
    assert store.store.lock_of(key_of(landed.digest), landed.version)
    with store.landed(Stream(96), "scan.raw") as again:
        assert (again.digest, again.version) == (landed.digest, landed.version)
    assert len(store.store.listing()) == 1


@pytest.mark.slow
def test_a_gigabyte_goes_in_parts_in_constant_memory(store: LockedStore) -> None:
    source = Stream(1024)
    tracemalloc.start()
    try:
        with store.landed(source, "scan.raw") as landed:
            pass
        assert sum(len(piece) for piece in store.pieces(landed.digest, "scan.raw")) == 1024 * MEGABYTE
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert landed.digest.hex == source.hashed.hexdigest()
    assert peak < 60 * MEGABYTE


def test_a_bucket_without_lock_takes_nothing(server: Store, credentials: None) -> None:
    bare = LockedStore(WormStore(server.bucket(lock=False), "", server.endpoint), soon)
    with pytest.raises(Refused, match="the landing store did not do it: the store refused: Invalid"):
        land(bare, b"well 1")
    assert inventory(bare, {}) == ()
    assert bare.facts()["lock of the landing"] == "this bucket has no Object Lock"


def test_a_server_that_does_not_answer_is_no_missing_file(credentials: None) -> None:
    absent = LockedStore(WormStore("bucket", "", f"http://127.0.0.1:{free_port()}"), soon, lambda _: "v1")
    for ask in (lambda: land(absent, b"well 1"), lambda: absent.read(land_nowhere(), "plate.csv")):
        with pytest.raises(Refused, match=r"plate.csv: the landing store did not do it: the store cannot be asked"):
            ask()


def land_nowhere():
    from csvgen.canonical import digest_bytes

    return digest_bytes(b"well 1")


def test_a_server_that_fills_up_takes_nothing_more(tmp_path: Path, credentials: None) -> None:
    """Seven volumes serve the first bucket; the next one finds none left, and the server refuses each put."""
    with seaweedfs(tmp_path, volumes=7) as full:
        store = LockedStore(WormStore(full.bucket(), "raw/", full.endpoint), soon)
        with pytest.raises(Refused, match="the landing store did not do it: the store refused: InternalError"):
            land(store, b"well 1")
        assert inventory(store, {}) == ()


# ------------------------------------------------------------------ an instance on it


@pytest.fixture
def locked(home: Path, server: Store, credentials: None) -> Iterator[Callable[[], Lab]]:
    """Opens an instance whose settings name a bucket under lock."""
    bucket = server.bucket()
    (home / "instance.toml").write_text(f'[pipeline]\nlanding = "s3://{bucket}/raw?endpoint={server.endpoint}"\n')
    made: list[Lab] = []

    def open_() -> Lab:
        made.append(Lab(home))
        return made[-1]

    yield open_
    for lab in made:
        lab.app.close()


def test_an_instance_lands_its_files_under_lock(locked: Callable[[], Lab], server: Store) -> None:
    lab = locked()
    outcome = lab.ingest("L-1", lab.plate("1.000"))
    fields = lab.app.records.read(lab.session("auditor"), "file/L-1:plate.csv").fields
    assert fields["place"].startswith("s3://csvgen-")
    assert fields["object_version"]
    assert fields["kept_until"] > soon(3640).isoformat(), "retention_days of the instance"
    assert not [p for p in (lab.home / "raw").rglob("*") if p.is_file()]
    assert lab.process("L-1").accepted
    assert lab.app.arrivals.register.check_landing(lab.session("quality")).accepted
    assert lab.app.installation.storage()["lock of the landing"] == "Object Lock, COMPLIANCE mode"
    lab.app.close()

    lab = locked()
    assert lab.app.lots.check_file(lab.session("analyst"), "L-1", "plate.csv").accepted, "the pin is read from the registry"
    key = f"raw/{key_of(land_digest(outcome.facts['sha256']))}"
    assert server.delete_past_s3(fields["place"].split("/")[2], key) == 204
    found = lab.app.arrivals.register.check_landing(lab.session("quality"))
    assert not found.accepted
    assert "file/L-1:plate.csv version 1: missing" in found.message
    assert {(e.record, e.field, e.new) for e in lab.events("landing-fault")} == {
        ("file/L-1:plate.csv", "fault", "missing"),
        ("file/L-1:plate.csv", "name", "file/L-1:plate.csv version 1"),
    }
    assert [d.state for d in lab.app.lots.deviations(lab.session("auditor"), "L-1")] == ["open"]


def land_digest(text: str):
    from csvgen.canonical import Digest

    return Digest(text)


def test_the_line_cannot_be_moved_under_files_that_lie_elsewhere(locked: Callable[[], Lab]) -> None:
    lab = locked()
    lab.ingest("L-1", lab.plate("1.000"))
    lab.app.close()
    (lab.home / "instance.toml").write_text("")
    lab = locked()
    with pytest.raises(ConfigError, match=r"the files of this instance lie in s3://csvgen-.*, its settings name local"):
        lab.ingest("L-2", lab.plate("1.001"))
    with pytest.raises(NotIntact, match="missing"):
        lab.app.runs.process(lab.session("analyst"), "L-1")


def test_a_refused_put_registers_nothing(locked: Callable[[], Lab], server: Store) -> None:
    lab = locked()
    bucket = server.bucket(lock=False)
    lab.app.arrivals.register._core.raw = opened(f"s3://{bucket}/raw?endpoint={server.endpoint}", lab.home / "raw", soon)
    with pytest.raises(Refused, match="the landing store did not do it"):
        lab.ingest("L-1", lab.plate("1.000"))
    assert lab.view("L-1") is None
    assert [e.action for e in lab.events("ingest-refused")] == ["ingest-refused"]
