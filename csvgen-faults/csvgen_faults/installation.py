"""Faults of the installation: other code, another package, another setting than released and approved."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import csvgen
from csvgen.pipeline.core import Core
from csvgen_faults import fault
from csvgen_faults.patching import NothingToReplace, replace

Anything = Callable[..., Any]
_ALTERED = Path("identity") / "passwords.py"
_PACKAGE = "alembic"
_SETTING, _VALUE = "source_wait_seconds", "901"
_SERVE = (
    "import sys; sys.path.insert(0, sys.argv[1]); from csvgen.targets.local import server; sys.exit(server.main(sys.argv[2:]))"
)


def _served() -> list[str]:
    """What this process was told to serve: the folder of the instance, and a door where there is one."""
    return sys.argv[sys.argv.index("--") + 1 :]


@fault("installation-component-altered")
def _() -> None:
    """One line is added to a file of a copy of the code, and the process becomes one that runs this copy."""
    copy = Path(tempfile.mkdtemp(prefix="altered-", dir=_served()[0]))
    shutil.copytree(Path(csvgen.__file__).parent, copy / "csvgen", ignore=shutil.ignore_patterns("__pycache__"))
    altered = copy / "csvgen" / _ALTERED
    if not altered.is_file():
        raise NothingToReplace(f"the released code has no {_ALTERED}")
    altered.write_bytes(altered.read_bytes() + b"\n# changed after the release\n")
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-c", _SERVE, str(copy), *_served()])  # noqa: S606 - our own interpreter


@fault("installation-package-other-version")
def _() -> None:
    """A folder that Python looks into first holds the package with the number of another version."""
    found = metadata.distribution(_PACKAGE)
    files = [f for f in found.files or () if ".." not in f.parts and "__pycache__" not in f.parts]
    if not files:
        raise NothingToReplace(f"{_PACKAGE} does not say which files it has")
    place = Path(tempfile.mkdtemp(prefix="package-", dir=_served()[0]))
    for file in files:
        (place / file).parent.mkdir(parents=True, exist_ok=True)
        data = Path(str(file.locate())).read_bytes()
        (place / file).write_bytes(data.replace(found.version.encode(), b"0.9.9") if _tells(file.parts) else data)
    sys.path.insert(0, str(place))


def _tells(parts: tuple[str, ...]) -> bool:
    """Whether a file says the version of its package."""
    return parts[-1] == "METADATA" or parts == (_PACKAGE, "__init__.py")


@fault("installation-setting-other-value")
def _() -> None:
    replace(Core, "configuration", lambda original, core: original(core) | {_SETTING: _VALUE})
