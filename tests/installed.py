"""Instances of the QC release as they are installed, each made once for all workers of a test run. Everybody gets a copy of their own.

A copy has keys, accounts and passwords of the one it is a copy of, and shares no file with it: what a test changes, no other test sees.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path

from csvgen.canonical import digest
from csvgen.targets.local.install import install

from .tiny import cheap_secrets, once


def instance(shared: Path, to: Path, settings: Mapping[str, str], *, cheap: bool = True) -> Path:
    """A copy of the instance with these settings; it lies in the folder that workers share. Where it is not `cheap`, passwords are
    hashed at the cost with which it ships."""

    def make(folder: Path) -> None:
        with cheap_secrets() if cheap else nullcontext():
            install(folder, settings)

    name = f"instance-{'cheap' if cheap else 'real'}-{digest(dict(settings)).hex[:12]}"
    return Path(shutil.copytree(once(shared / name, make), to))
