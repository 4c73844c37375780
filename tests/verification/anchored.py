"""A project whose trail others saw: two packages of two days, a time-stamp authority, and a place outside that keeps checkpoints."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from csvgen.crypto.certificates import pem
from csvgen.crypto.trust import Trust, trust_at
from csvgen.model.verification import Verification
from csvgen.verification.outside import Outside, read_outside
from csvgen.verification.package import verify_package

from ..counterparts.openssl_tsa import openssl_tsa
from ..tiny import Tiny, cheap_secrets


@dataclass(frozen=True)
class Anchored:
    """What lies where. Only `trust` and `anchor` are out of the attacker's reach."""

    root: Path

    @property
    def owner(self) -> Tiny:
        return Tiny(self.root / "project")

    @property
    def package(self) -> Path:
        return self.root / "package"

    @property
    def yesterday(self) -> Path:
        """The package as it was before the PQ was executed: honest, and old."""
        return self.root / "yesterday"

    @property
    def trust(self) -> Path:
        """A folder as a reader has it: roots, keys of checkpoints, roots of the time-stamp authority."""
        return self.root / "project" / "trust"

    @property
    def anchor(self) -> Path:
        """A copy of what the place outside holds today."""
        return self.root / "project" / "checkpoints"

    @property
    def believed(self) -> Trust:
        return trust_at(self.trust / "roots.pem")

    def outside(self, *, anchor: bool = True) -> Outside:
        return read_outside(self.trust / "roots.pem", anchor=self.anchor if anchor else None)

    def verify(self, folder: Path, *, anchor: bool = False) -> Verification:
        return verify_package(folder, self.believed, self.outside(anchor=anchor))


def make(tiny: Tiny, folder: Path) -> None:
    """Build it from a project that closed its OQ."""
    project = tiny.copy(folder / "project")
    with openssl_tsa(folder / "tsa") as tsa, cheap_secrets():
        (project.root / "trust" / "time-stamps.pem").write_bytes(pem(tsa.roots))
        settings = project.root / "csvgen.toml"
        there = settings.read_text(encoding="utf-8")
        settings.write_text(f'{there}\n[time_stamps]\nurl = "{tsa.url}"\ntrust = "trust/time-stamps.pem"\n', encoding="utf-8")
        project.export(folder / "yesterday")
        project.execute("PQ")
        project.review("PQ-001")
        project.close_phase("PQ")
        project.export(folder / "package")
    shutil.rmtree(folder / "tsa")
