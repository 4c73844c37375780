"""Backup and restore of an instance: all of it or nothing, as of a recovery point that is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from csvgen.canonical import digest_bytes
from csvgen.clock import SystemClock
from csvgen.errors import BadInput, ConfigError, NotIntact, Refused
from csvgen.pipeline import backup
from csvgen.pipeline.core import DATABASE, RAW
from csvgen.pipeline.reach import leading_out, listening, reach, writable
from csvgen.pipeline.release import QcRelease
from csvgen.targets.local.install import ACCOUNTS


@pytest.fixture
def saved(lab, tmp_path: Path) -> Path:
    lab.processed("L-1")
    place = tmp_path / "backups" / "first"
    lab.app.backups.backup(lab.session("administrator"), str(place))
    return place


def test_everything_of_the_instance_is_in_it_and_nothing_of_others(lab, saved: Path):
    there = {p.relative_to(saved / "content").as_posix() for p in (saved / "content").rglob("*") if p.is_file()}
    left = {p.relative_to(lab.home).as_posix() for p in lab.home.rglob("*") if p.is_file()} - there
    assert left <= {"lock", "server.log", ACCOUNTS, f"{DATABASE}-wal", f"{DATABASE}-shm"}
    manifest = json.loads((saved / backup.MANIFEST).read_bytes())
    assert set(manifest["files"]) == there
    assert manifest["outside"] == []


def test_the_entry_of_the_backup_comes_after_it(lab, saved: Path):
    manifest = json.loads((saved / backup.MANIFEST).read_bytes())
    entry = lab.events("backup")[-1]
    assert entry.number == manifest["events"] + 1


def test_restored_it_is_the_same_and_goes_on(lab, saved: Path, tmp_path: Path):
    before = {v.id: v.sha256 for v in lab.app._core.ledger.all("lot")}
    lab.processed("L-2")
    done = backup.restore(saved, tmp_path / "home", SystemClock())
    assert "nothing that came later is in it" in backup.told(done)
    assert f"event {done.manifest.events} of " in backup.told(done)
    with QcRelease(tmp_path / "home", SystemClock()) as app:
        assert {v.id: v.sha256 for v in app._core.ledger.all("lot")} == before
        assert app._core.ledger.problems() == ()
        assert app._core.ledger.events()[done.manifest.events].action == "restored"
        assert (tmp_path / "home").stat().st_mode & 0o777 == 0o700
        raw = next(p for p in (tmp_path / "home" / RAW).rglob("*") if p.is_file())
        assert raw.stat().st_mode & 0o777 == 0o444


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.chmod(0o600)
    path.write_bytes(data)


@pytest.mark.parametrize(
    "what", ["database", "raw file", "missing", "strange", "cut", "link", "manifest", "every byte of the list"]
)
def test_a_damaged_backup_leaves_nothing(saved: Path, tmp_path: Path, what: str):
    content = saved / "content"
    raw = next(p for p in (content / RAW).rglob("*") if p.is_file())
    match what:
        case "database":
            _flip(content / DATABASE)
        case "raw file":
            _flip(raw)
        case "missing":
            raw.unlink()
        case "strange":
            (content / "stray").write_bytes(b"x")
        case "cut":
            (content / DATABASE).write_bytes((content / DATABASE).read_bytes()[:5000])
        case "link":
            raw.rename(tmp_path / "elsewhere")
            raw.symlink_to(tmp_path / "elsewhere")
        case "manifest":
            _flip(saved / backup.MANIFEST)
        case _:
            data = (saved / backup.MANIFEST).read_bytes()
            for at in range(0, len(data), 97):
                (saved / backup.MANIFEST).write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
                with pytest.raises(NotIntact):
                    backup.read(saved)
            return
    with pytest.raises(NotIntact):
        backup.restore(saved, tmp_path / "home", SystemClock())
    assert [p.name for p in tmp_path.iterdir() if "home" in p.name] == []


def test_a_forged_backup_is_found_by_who_kept_its_digest(lab, saved: Path, tmp_path: Path):
    told = digest_bytes((saved / backup.MANIFEST).read_bytes())
    assert str(told) in {e.new for e in lab.events("backup")}, "the audit trail keeps it"
    manifest = json.loads((saved / backup.MANIFEST).read_bytes())
    del manifest["digest"]
    name = next(n for n in manifest["files"] if n.startswith(RAW))
    (saved / "content" / name).unlink()
    del manifest["files"][name]
    (saved / backup.MANIFEST).write_bytes(backup.sealed(manifest))
    with pytest.raises(NotIntact, match="this is not the backup"):
        backup.restore(saved, tmp_path / "home", SystemClock(), told)
    assert backup.restore(saved, tmp_path / "home", SystemClock()).manifest.events, "without the digest nobody can tell"


def test_names_that_lead_out_are_refused(saved: Path, tmp_path: Path):
    manifest = json.loads((saved / backup.MANIFEST).read_bytes())
    del manifest["digest"]
    manifest["files"]["../outside"] = manifest["files"][DATABASE]
    (saved / backup.MANIFEST).write_bytes(backup.sealed(manifest))
    with pytest.raises(NotIntact):
        backup.restore(saved, tmp_path / "home", SystemClock())
    assert not (tmp_path / "outside").exists()


def test_nothing_is_written_over_what_is_there(lab, saved: Path, tmp_path: Path):
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "work").write_text("x")
    with pytest.raises(ConfigError, match="not empty"):
        backup.restore(saved, tmp_path / "home", SystemClock())
    assert [p.name for p in (tmp_path / "home").iterdir()] == ["work"]
    with pytest.raises(ConfigError, match="no backup here"):
        backup.restore(tmp_path, tmp_path / "other", SystemClock())
    session = lab.session("administrator")
    for folder in (str(saved), str(lab.home / "inside")):
        with pytest.raises(BadInput, match="outside of the instance"):
            lab.app.backups.backup(session, folder)


def test_what_the_disk_does_not_take_leaves_nothing(lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    lab.processed("L-1")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backup, "_copy", full)
    with pytest.raises(Refused, match="No space left"):
        lab.app.backups.backup(lab.session("administrator"), str(tmp_path / "backup"))
    assert [p.name for p in tmp_path.iterdir() if "backup" in p.name] == []
    assert lab.events("backup-refused")


# ------------------------------------------------------------ who can reach it


def test_reach_tells_openings(tmp_path: Path):
    tmp_path.chmod(0o700)
    (tmp_path / "file").touch(mode=0o600)
    assert reach(tmp_path)["who may reach the store"] == "its owner alone"
    assert (writable(tmp_path), leading_out(tmp_path)) == ((), ())
    (tmp_path / "file").chmod(0o622)
    (tmp_path / "link").symlink_to("/")
    for mode, told in ((0o750, "its owner and its group"), (0o701, "everybody on the host")):
        tmp_path.chmod(mode)
        assert reach(tmp_path)["who may reach the store"] == told
    assert (writable(tmp_path), leading_out(tmp_path)) == (("file",), ("link",))


def test_a_port_that_listens_is_told():
    import socket

    before = listening()
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert set(listening()) - set(before) == {f"tcp {server.getsockname()[1]}"}
    assert listening() == before
