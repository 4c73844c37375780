"""What the recording instance can say about itself and its surroundings. What it cannot learn it calls unavailable."""

from __future__ import annotations

import platform
import subprocess
from email import message_from_string
from functools import cache
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

from csvgen import __version__
from csvgen.model.execution import Component, Environment

UNAVAILABLE = "unavailable"


def environment(project: Path, time_zone: str = "UTC") -> Environment:
    """Interpreter, operating system, versions of csvgen and everything it stands on, commit and state of the project."""
    commit, dirty = _git(project)
    return Environment(
        csvgen=__version__,
        python=f"{platform.python_implementation()} {platform.python_version()}",
        platform=f"{platform.system()} {platform.release()} {platform.machine()}",
        packages=_closure("csvgen"),
        commit=commit,
        dirty=dirty,
        clock="operating system clock; its offset to a standard is read at the start and at the end of the run",
        time_zone=time_zone,
    )


@cache
def _closure(name: str) -> tuple[Component, ...]:
    """Installed packages that `name` needs, directly or through others, extras left aside unless installed."""
    found: dict[str, Component] = {}
    waiting = [name]
    while waiting:
        current = waiting.pop()
        key = current.lower().replace("_", "-")
        if key in found:
            continue
        try:
            package = distribution(current)
        except PackageNotFoundError:
            continue
        version, needs = _told(package)
        found[key] = Component(name=key, version=version)
        for line in needs:
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate({"extra": "pipeline"}):
                waiting.append(requirement.name)
    return tuple(found[k] for k in sorted(found))


def _told(package: Distribution) -> tuple[str, list[str]]:
    """Version of a package, and what it needs. The pages of prose below are not read: nobody here needs them, and each run would wait."""
    text = package.read_text("METADATA") or package.read_text("PKG-INFO")
    told: Any = message_from_string(text.partition("\n\n")[0]) if text else package.metadata
    return told["Version"], told.get_all("Requires-Dist") or []


def _git(project: Path) -> tuple[str, str]:
    def ask(*arguments: str) -> str | None:
        try:
            done = subprocess.run(  # noqa: S603 - fixed program, fixed arguments
                ["git", "-C", str(project), *arguments],  # noqa: S607 - found on PATH like every developer's git
                capture_output=True, text=True, timeout=10, check=False,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired):
            return None
        return done.stdout.strip() if done.returncode == 0 else None

    commit, status = ask("rev-parse", "HEAD"), ask("status", "--porcelain", "--", ".")
    if commit is None or status is None:
        return UNAVAILABLE, UNAVAILABLE
    return commit, "clean" if not status else f"{len(status.splitlines())} files differ from the commit"
