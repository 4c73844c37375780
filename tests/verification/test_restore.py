"""docs/backup-and-restore.md, word by word: a project backed up and restored into an empty place is the same in every hash (RR-C03)."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from csvgen.canonical import digest_file
from csvgen.verification.outside import read_outside
from csvgen.verification.package import verify_package

from ..tiny import Tiny, clean_environment

PAGE = (Path(__file__).parents[2] / "docs" / "backup-and-restore.md").read_text(encoding="utf-8")
BACKUP, RESTORE = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)


def run(script: str, folder: Path, source: Path) -> subprocess.CompletedProcess[str]:
    names = {"PROJECT": source, "STATE": source / "records", "BACKUP": folder / "backup", "RESTORED": folder / "restored"}
    names["RESTORED_STATE"] = folder / "restored" / "records"
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"} | {name: str(path) for name, path in names.items()}
    return subprocess.run(["sh", "-c", "set -eu\n" + script], env=environment, capture_output=True, text=True, check=False)


def hashes(root: Path) -> dict[str, str]:
    """Every file but the database, whose pages may lie otherwise; what it says is compared apart."""
    files = (p for p in root.rglob("*") if p.is_file() and not p.name.startswith("records.db"))
    return {p.relative_to(root).as_posix(): digest_file(p) for p in files}


@pytest.fixture
def project(stages, tmp_path: Path) -> Tiny:
    made = stages.at("oq-closed").copy(tmp_path / "source")
    made.export(made.root / "output" / "tiny" / "package")
    return made


def test_restored_project_is_the_same_and_goes_on(project, tmp_path):
    """While a writer has the database open: what is committed is in the backup."""
    ledger = project.ledger
    assert run(BACKUP, tmp_path, project.root).returncode == 0
    before, trail = hashes(project.root), ledger.bodies()
    shutil.rmtree(project.root)
    done = run(RESTORE, tmp_path, project.root)
    assert done.returncode == 0, done.stderr
    restored = Tiny(tmp_path / "restored")
    assert hashes(restored.root) == before
    assert restored.ledger.bodies() == trail
    assert not restored.ledger.problems()
    roots = restored.root / "trust" / "roots.pem"
    old = verify_package(restored.root / "output" / "tiny" / "package", restored.state.trust, read_outside(roots))
    assert old, old.failed
    assert restored.directory.log_in("ruth.amsel", restored.password("ruth.amsel")), "people get in with what they know"
    new = verify_package(restored.export(tmp_path / "again"), restored.state.trust, read_outside(roots))
    assert new, new.failed


def test_command_says_that_the_restored_trail_is_whole(project, tmp_path):
    assert run(BACKUP + RESTORE.replace("umask 077\n", ""), tmp_path, project.root).returncode == 0
    command = [sys.executable, "-m", "csvgen", "-C", str(tmp_path / "restored"), "audit", "check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=clean_environment(), cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", ["project/one.txt", "state/records.db", "state/seal.p12"])
def test_damaged_backup_is_not_restored(name, project, tmp_path):
    assert run(BACKUP, tmp_path, project.root).returncode == 0
    path = tmp_path / "backup" / name
    path.write_bytes(path.read_bytes() + b"x")
    done = run(RESTORE, tmp_path, project.root)
    assert done.returncode != 0
    assert name in done.stdout
    assert not (tmp_path / "restored").exists()


def test_backup_is_for_its_owner_only(project, tmp_path):
    assert run(BACKUP, tmp_path, project.root).returncode == 0
    for name in ("state/records.db", "state/seal.p12", "state/root.key"):
        assert (tmp_path / "backup" / name).stat().st_mode & 0o077 == 0, name


def test_old_backup_put_back_is_shorter_than_the_anchor_knows(project, tmp_path):
    """The backup itself is honest; only the checkpoints that lie elsewhere tell that more had happened."""
    assert run(BACKUP, tmp_path, project.root).returncode == 0
    project.export(tmp_path / "later")
    assert run(RESTORE, tmp_path, project.root).returncode == 0
    restored = Tiny(tmp_path / "restored")
    roots = project.root / "trust" / "roots.pem"
    outside = read_outside(roots, anchor=project.root / "checkpoints")
    package = restored.root / "output" / "tiny" / "package"
    assert [c.name for c in verify_package(package, project.state.trust, outside).failed] == [
        "the trail is as long as others saw it"
    ]
