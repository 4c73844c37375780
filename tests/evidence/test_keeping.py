"""Runs kept elsewhere, in a folder and under Object Lock on a real server: once each, provable, and every loss is named."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from csvgen.canonical import digest_bytes, digest_file
from csvgen.errors import BadInput, NotIntact
from csvgen.evidence.keeping import Checked, EvidenceStore, FolderStore, LockedStore, check, keep
from csvgen.evidence.read import read_run
from csvgen.store.worm import WormStore

from ..counterparts.seaweedfs import Store, seaweedfs
from .conftest import Run

DAYS = 30


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """With the side door of the filer open, for the tests that go through it."""
    with seaweedfs(tmp_path_factory.mktemp("seaweedfs"), side_door=True) as found:
        yield found


@pytest.fixture
def locked(server: Store, monkeypatch: pytest.MonkeyPatch) -> LockedStore:
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    return LockedStore(WormStore(server.bucket(), "evidence/", server.endpoint))


@pytest.fixture
def recent(sealed: Run) -> Run:
    """Sealed as of today: a lock ends in the future."""
    (sealed.folder / "seal.json").unlink()
    (sealed.folder / "seal.p7s").unlink()
    sealed.clock = type(sealed.clock)(dt.datetime.now(dt.UTC), 1)
    assert sealed.seal().sealed
    return sealed


def kept(run: Run, store: EvidenceStore) -> Checked:
    return check("probe", run.folder.name, run.folder, store, DAYS)


def key_of(path: Path) -> str:
    name = digest_file(path).hex
    return f"sha256/{name[:2]}/{name}"


# ------------------------------------------------------------------ both kinds


@pytest.fixture(params=["folder", pytest.param("locked", marks=pytest.mark.needs("weed"))])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> EvidenceStore:
    return FolderStore(tmp_path / "kept") if request.param == "folder" else request.getfixturevalue("locked")


def test_every_file_is_kept_once_and_found_again_without_the_run(recent: Run, store: EvidenceStore, tmp_path: Path) -> None:
    files = [p for p in recent.folder.rglob("*") if p.is_file()]
    distinct = len({digest_file(p) for p in files}) + 1
    first = keep(recent.read(), store, DAYS)
    assert (first.files, first.written) == (len(files) + 1, distinct)
    assert keep(recent.read(), store, DAYS).written == 0
    assert kept(recent, store).faults == ()
    copy = tmp_path / "elsewhere"
    shutil.move(recent.folder, copy)
    alone = check("probe", "OQ-001", None, store, DAYS)
    assert (alone.files, alone.faults, alone.until) == (len(files) + 1, (), first.until)
    for path in copy.rglob("*"):
        if path.is_file():
            assert store.read(key_of(path), digest_file(path)) == path.read_bytes()


def test_what_is_not_there_is_named(recent: Run, store: EvidenceStore) -> None:
    told = kept(recent, store)
    assert len(told.faults) == told.files
    assert all(fault.endswith("is not there") for fault in told.faults)
    assert any(fault.startswith("journal.main.jsonl (sha256/") for fault in told.faults)
    with pytest.raises(BadInput, match="knows no run of this name"):
        check("probe", "OQ-001", None, store, DAYS)
    with pytest.raises(BadInput, match="no name of a run"):
        check("probe", "../x", None, store, DAYS)


def test_only_a_sealed_and_sound_run_is_kept(finished: Run, store: EvidenceStore) -> None:
    with pytest.raises(NotIntact, match="only a sealed run is kept: it was never sealed"):
        keep(finished.read(), store, DAYS)
    finished.seal()
    (finished.folder / "more.txt").write_bytes(b"x")
    with pytest.raises(NotIntact, match=r"more\.txt is not part of the sealed run"):
        keep(finished.read(), store, DAYS)
    assert store.keys("") == ()


def test_a_changed_file_of_a_folder_is_named(recent: Run, tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "kept")
    keep(recent.read(), store, DAYS)
    path = store.folder / key_of(recent.journal)
    path.chmod(0o644)
    path.write_bytes(b"forged")
    assert kept(recent, store).faults == (f"journal.main.jsonl ({key_of(recent.journal)}) was changed",)
    with pytest.raises(NotIntact, match="was changed"):
        keep(recent.read(), store, DAYS)


# ------------------------------------------------------------------ under lock

pytestmark = pytest.mark.needs("weed")


def faults(run: Run, store: LockedStore) -> tuple[str, ...]:
    return tuple(f.removeprefix(f"journal.main.jsonl ({key_of(run.journal)}) ") for f in kept(run, store).faults)


def test_nobody_can_delete_what_is_kept(recent: Run, locked: LockedStore, server: Store) -> None:
    until = keep(recent.read(), locked, DAYS).until
    key = key_of(recent.journal)
    (version,) = [o.version for o in locked.store.listing(key)]
    assert locked.store.lock_of(key, version) == until.replace(microsecond=0)
    with pytest.raises(server.client.exceptions.ClientError, match="AccessDenied"):
        server.client.delete_object(Bucket=locked.store.bucket, Key=f"evidence/{key}", VersionId=version)
    assert kept(recent, locked).faults == ()


def test_a_delete_marker_and_a_version_put_over_are_named(recent: Run, locked: LockedStore, server: Store) -> None:
    keep(recent.read(), locked, DAYS)
    place = {"Bucket": locked.store.bucket, "Key": f"evidence/{key_of(recent.journal)}"}
    server.client.delete_object(**place)
    assert faults(recent, locked) == ("was deleted: a delete marker hides it",)
    server.client.put_object(**place, Body=b"forged")
    assert faults(recent, locked) == ("was put over: another version holds other bytes",)
    assert locked.read(key_of(recent.journal), digest_file(recent.journal)) == recent.journal.read_bytes()
    assert keep(recent.read(), locked, DAYS).written == 0, "what was kept is there still"


def test_what_was_taken_away_past_the_protocol_is_named(recent: Run, locked: LockedStore, server: Store) -> None:
    keep(recent.read(), locked, DAYS)
    key = key_of(recent.journal)
    assert server.delete_past_s3(locked.store.bucket, f"evidence/{key}") < 300
    assert faults(recent, locked) == ("is not there",)
    place = {"Bucket": locked.store.bucket, "Key": f"evidence/{key}"}
    server.client.put_object(**place, Body=recent.journal.read_bytes())
    assert faults(recent, locked) == ("is not locked in COMPLIANCE mode",)
    assert server.delete_past_s3(locked.store.bucket, f"evidence/{key}") < 300
    server.client.put_object(**place, Body=b"forged")
    assert faults(recent, locked) == ("was changed: no version of it holds the bytes that were kept",)
    with pytest.raises(NotIntact, match="holds other bytes than its name says"):
        keep(recent.read(), locked, DAYS)


def test_a_lock_that_ends_too_early_is_named_and_made_longer(recent: Run, locked: LockedStore) -> None:
    keep(recent.read(), locked, 1)
    found = kept(recent, locked)
    assert len(found.faults) == found.files
    assert all("only, and must be until" in fault for fault in found.faults)
    assert keep(recent.read(), locked, DAYS).written == 0
    assert kept(recent, locked).faults == ()


def test_an_index_that_is_none_is_not_believed(recent: Run, locked: LockedStore) -> None:
    data = b"{}\n"
    locked.store.put(f"runs/probe/OQ-009/{digest_bytes(data).hex}.json", data, dt.datetime.now(dt.UTC) + dt.timedelta(days=1))
    with pytest.raises(NotIntact, match="no index of a run"):
        check("probe", "OQ-009", None, locked, DAYS)
    locked.store.put("runs/probe/OQ-008/" + "0" * 64 + ".json", data, dt.datetime.now(dt.UTC) + dt.timedelta(days=1))
    with pytest.raises(NotIntact, match="not there as it was kept"):
        check("probe", "OQ-008", None, locked, DAYS)


def test_a_run_read_back_from_the_store_is_the_run(recent: Run, locked: LockedStore, tmp_path: Path) -> None:
    keep(recent.read(), locked, DAYS)
    back = tmp_path / "back"
    for path in (p for p in recent.folder.rglob("*") if p.is_file()):
        target = back / path.relative_to(recent.folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(locked.read(key_of(path), digest_file(path)))
    assert read_run(back).digest == recent.read().digest
    assert read_run(back).sealed
