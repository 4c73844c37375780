"""What step code stands on: packages as they are installed, each with version and digest of its files, and the Python below.

A wheel's ``RECORD`` (PEP 376, PEP 627) lists every installed file with SHA-256 and size. Of it count the lines that decide what runs:
not compiled files, which each machine makes anew; not scripts and other files outside the folder of packages; not the notes an
installer leaves about itself. What is left is the same for one wheel wherever it is installed, so its digest can be approved on one
machine and asked for on another.

The list says what *was* installed. Whether the files still are that is another question, answered by `altered`: it reads every file once
in a process and afterwards looks at the stamps that the file system keeps (inode, size, times of content and of change; the last
cannot be set by a program). A run asks it each time; the first time costs about a second, later ones some hundredths.
A module of the standard library or of a locked package that is found elsewhere (a folder named by PYTHONPATH, the folder the program was
started in) is told of too: it would run in place of the one that was locked.
Not looked at are the compiled files that Python keeps beside sources: who can write those can write into the process as well.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import os
import platform
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib import metadata
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path, PurePosixPath

import csvgen
from csvgen.canonical import Digest, digest, digest_file
from csvgen.errors import ConfigError
from csvgen.model.base import Value
from csvgen.pipeline.components import component_digest
from csvgen.pipeline.flow import step
from csvgen.pipeline.flow.definition import Definition

_NOTES = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json")
"""Of an installation, not of a package."""
_GROUND = ("pydantic",)
"""Packages under the part of csvgen that steps use."""
_RUNS = (".py", ".so", ".pth")

Stamp = tuple[int, int, int, int]


class Lock(Value):
    """Packages with version and digest of their installed files, and the Python they run on."""

    python: str
    packages: Mapping[str, str]
    """Name -> ``version sha256:...``."""

    @property
    def digest(self) -> Digest:
        """Over the whole lock."""
        return digest(self)


def lock_of(definition: Definition) -> Lock:
    """What is installed of the packages a definition names, of all that these require, and of the ground csvgen gives to steps.

    Raises ConfigError for a package that is not installed, or was installed without a list of its files.
    """
    found = {name: f"{d.version} {_digest_of(d)}" for name, d in _needed(definition).items()}
    found["csvgen"] = f"{csvgen.__version__} {_ground()}"
    return Lock(python=platform.python_version(), packages=dict(sorted(found.items())))


def altered(definition: Definition) -> tuple[str, ...]:
    """Every file of the locked packages that is not what was installed, is gone, came beside them or would run instead; in words. Empty: none."""
    found: list[str] = []
    owned: dict[str, set[str]] = {}
    for name, distribution in _needed(definition).items():
        root = str(distribution.locate_file(""))
        lines = _record(distribution)
        found += [f"package {name}: {p} {problem}" for p, told in lines if (problem := _problem(f"{root}/{p}", told))]
        owned.setdefault(root, set()).update(p for p, _ in lines)
    for root, paths in owned.items():
        found += [f"{path} lies in a locked package and is not part of it" for path in _strangers(root, paths)]
    return (*found, *_instead(owned))


@lru_cache(maxsize=64)
def _names(wanted: tuple[str, ...]) -> tuple[str, ...]:
    """The packages named and all they require in this environment, without extras; spelled as PEP 503 does."""
    from packaging.requirements import Requirement

    done: set[str] = set()
    waiting = [_normal(n) for n in wanted]
    while waiting:
        name = waiting.pop()
        if name in done:
            continue
        done.add(name)
        for text in _installed(name).requires or ():
            required = Requirement(text)
            if required.marker is None or required.marker.evaluate({"extra": ""}):
                waiting.append(_normal(required.name))
    return tuple(sorted(done))


def _needed(definition: Definition) -> dict[str, metadata.Distribution]:
    return {name: _installed(name) for name in _names((*definition.distributions, *_GROUND))}


def _installed(name: str) -> metadata.Distribution:
    try:
        return metadata.distribution(name)
    except metadata.PackageNotFoundError:
        raise ConfigError(f"the package {name} is not installed", hint="pip install 'csvgen[pipeline]'") from None


def _normal(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")


def _record(distribution: metadata.Distribution) -> tuple[tuple[str, str], ...]:
    text = distribution.read_text("RECORD")
    if not text:
        name = distribution.metadata["Name"]
        raise ConfigError(
            f"the package {name} has no list of its files (RECORD), so it cannot be locked", hint="install it from a wheel"
        )
    return _lines(text)


@lru_cache(maxsize=256)
def _lines(text: str) -> tuple[tuple[str, str], ...]:
    """The lines that matter, as pairs of path and hash, sorted."""
    rows = (row for row in csv.reader(text.splitlines()) if row)
    return tuple(sorted((row[0], row[1]) for row in rows if len(row) > 1 and _matters(row[0])))


def _matters(path: str) -> bool:
    parts = PurePosixPath(path).parts
    outside = path.startswith("/") or ".." in parts or "__pycache__" in parts or path.endswith(".pyc")
    note = len(parts) > 1 and parts[0].endswith(".dist-info") and parts[-1] in _NOTES
    return not (outside or note)


def _digest_of(distribution: metadata.Distribution) -> Digest:
    return _listed(_record(distribution))


@lru_cache(maxsize=256)
def _listed(lines: tuple[tuple[str, str], ...]) -> Digest:
    return digest([list(line) for line in lines])


def _ground() -> Digest:
    """What steps use of csvgen itself: the ground under all rooms, and the two shapes a step sees."""
    return digest([component_digest(Path(csvgen.__file__).parent, "ground"), digest_file(Path(step.__file__))])


_seen: dict[str, tuple[Stamp, str]] = {}
"""File -> its stamps and its digest when it was read last, in this process."""


def _problem(path: str, told: str) -> str:
    try:
        state = os.stat(path)  # noqa: PTH116 - thousands of files for each run, and Path.stat costs twice as much
    except OSError:
        return "is gone"
    stamp = (state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns)
    known = _seen.get(path)
    if known is None or known[0] != stamp:
        known = _seen[path] = (stamp, _spelled(path))
    return "is not what was installed" if told and known[1] != told else ""


def _spelled(path: str) -> str:
    """The digest of a file as RECORD spells it: ``sha256=`` and URL-safe base64 without padding."""
    with Path(path).open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").digest()
    return "sha256=" + base64.urlsafe_b64encode(found).rstrip(b"=").decode("ascii")


def _strangers(root: str, paths: set[str]) -> Iterator[str]:
    """Files that could run, inside the folders of locked packages, and that no list names."""
    tops = sorted({p.split("/")[0] for p in paths if p.endswith("/__init__.py") and p.count("/") == 1})
    for top in tops:
        for folder, folders, files in os.walk(f"{root}/{top}"):
            folders[:] = [f for f in folders if f != "__pycache__"]
            inside = folder[len(root) + 1 :]
            for name in files:
                if name.endswith(_RUNS) and (path := f"{inside}/{name}") not in paths:
                    yield path


def _instead(owned: Mapping[str, set[str]]) -> Iterator[str]:
    """Modules, loaded already or found next, that come neither from Python itself nor from where the locked packages lie."""
    tops = {p.split("/")[0].removesuffix(".py") for paths in owned.values() for p in paths if p.endswith(".py")}
    names = (tops | sys.stdlib_module_names) - {*sys.builtin_module_names}
    places = (*_of_python(), *(f"{os.path.realpath(root)}/" for root in owned))
    loaded = [(n, getattr(m, "__spec__", None)) for n, m in sys.modules.copy().items() if n.partition(".")[0] in names]
    for name, spec in dict([*((n, PathFinder.find_spec(n)) for n in sorted(names)), *loaded]).items():
        if isinstance(spec, ModuleSpec) and spec.has_location and not _real(spec.origin or "").startswith(places):
            yield f"the module {name} comes from {spec.origin}, neither from Python nor from its locked package"


@lru_cache(maxsize=1)
def _of_python() -> tuple[str, ...]:
    """The folders of the standard library, also when this is a virtual environment."""
    base = {"installed_base": sys.base_prefix, "platbase": sys.base_exec_prefix, "installed_platbase": sys.base_exec_prefix}
    return tuple(f"{os.path.realpath(sysconfig.get_path(key, vars=base))}/" for key in ("stdlib", "platstdlib"))


@lru_cache(maxsize=8192)
def _real(path: str) -> str:
    return os.path.realpath(path)
