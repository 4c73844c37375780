"""A small project of its own for each test, and the command line on it without a process."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

SMALL = Path(__file__).parents[1] / "spec" / "small"
SETTINGS = '[csvgen]\nproject = "probe"\nrecords = "sqlite:///records/r.db"\n'


@dataclass
class Said:
    code: int
    out: str
    error: str


@dataclass
class Project:
    root: Path

    @property
    def specs(self) -> Path:
        return self.root / "requirements_specs"

    @property
    def protocols(self) -> Path:
        return self.root / "protocols" / "probe"

    def edit(self, file: str, old: str, new: str) -> None:
        """Replace the first occurrence of a text that must be there."""
        path = self.root / file if file.startswith("protocols") else self.specs / "probe" / file
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {file}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    def csvgen(self, *arguments: str) -> Said:
        """The command as its door runs it; what the door would print of an error is in `error`."""
        from csvgen.cli import cli
        from csvgen.errors import CsvgenError

        done = CliRunner().invoke(cli, ["-C", str(self.root), *arguments], standalone_mode=False)
        if isinstance(done.exception, CsvgenError):
            return Said(int(done.exception.exit_code), done.stdout, str(done.exception))
        if done.exception is not None:
            raise done.exception
        return Said(int(done.return_value or 0), done.stdout, done.stderr)

    def files(self) -> dict[str, bytes]:
        """Everything below protocols/probe, by name."""
        return {p.relative_to(self.protocols).as_posix(): p.read_bytes() for p in self.protocols.rglob("*") if p.is_file()}

    def ids(self) -> dict[str, str]:
        """Key -> active id of the lock."""
        from csvgen.protocol.files import read_lock

        return dict(read_lock(self.protocols)._active)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    shutil.copytree(SMALL, tmp_path / "requirements_specs")
    (tmp_path / "csvgen.toml").write_text(SETTINGS, encoding="utf-8")
    return Project(tmp_path)


@pytest.fixture
def drafted(project: Project) -> Project:
    assert project.csvgen("draft").code == 0
    return project
