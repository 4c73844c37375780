"""What step code stands on: packages as they are installed, each with version and digest of its files, and the Python below.

A wheel's ``RECORD`` (PEP 376, PEP 627) lists every installed file with SHA-256 and size. Of it count the lines that decide what runs:
not compiled files, which each machine makes anew; not scripts and other files outside the folder of packages; not the notes an
installer leaves about itself. What is left is the same for one wheel wherever it is installed, so its digest can be approved on one
machine and asked for on another.

The list says what *was* installed. Whether the files still are that is another question, answered by `altered`: it reads every file once
in a process and afterwards looks at the stamps that the file system keeps (inode, size, times of content and of change; the last
cannot be set by a program). The same holds for folders: one whose stamps are the same lists the same names. A run asks it each time; the
first time costs about a second, later ones some hundredths.
A module of the standard library or of a locked package that is found elsewhere (a folder named by PYTHONPATH, the folder the program was
started in) is told of too: it would run in place of the one that was locked.
Not looked at are the compiled files that Python keeps beside sources: who can write those can write into the process as well.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import os
import pkgutil
import platform
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from email import message_from_string
from functools import cached_property, lru_cache
from importlib import metadata
from importlib.machinery import FileFinder, ModuleSpec, PathFinder
from operator import attrgetter
from pathlib import Path, PurePosixPath

import csvgen
from csvgen.canonical import Digest, digest, digest_file
from csvgen.errors import ConfigError
from csvgen.extras import how_to_add
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
    found = {name: f"{_version(d)} {_record(d).digest}" for name, d in _needed(definition).items()}
    found["csvgen"] = f"{csvgen.__version__} {_ground()}"
    return Lock(python=platform.python_version(), packages=dict(sorted(found.items())))


def altered(definition: Definition) -> tuple[str, ...]:
    """Every file of the locked packages that is not what was installed, is gone, came beside them or would run instead; in words. Empty: none."""
    found: list[str] = []
    lists: dict[str, list[_List]] = {}
    for name, distribution in _needed(definition).items():
        root = str(distribution.locate_file(""))
        listed = _record(distribution)
        found += [f"package {name}: {path} {problem}" for path, problem in _problems(root, listed)]
        lists.setdefault(root, []).append(listed)
    owned = {root: _together(*there) for root, there in lists.items()}
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
        raise ConfigError(f"the package {name} is not installed", hint=how_to_add("pipeline")) from None


def _normal(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")


@dataclass(frozen=True, eq=False)
class _List:
    """What matters of one RECORD: pairs of path and hash, sorted."""

    lines: tuple[tuple[str, str], ...]

    @cached_property
    def digest(self) -> Digest:
        """Over all of it."""
        return digest([list(line) for line in self.lines])


def _record(distribution: metadata.Distribution) -> _List:
    text = distribution.read_text("RECORD")
    if not text:
        name = distribution.metadata["Name"]
        raise ConfigError(
            f"the package {name} has no list of its files (RECORD), so it cannot be locked", hint="install it from a wheel"
        )
    return _listed(text)


@lru_cache(maxsize=256)
def _listed(text: str) -> _List:
    rows = (row for row in csv.reader(text.splitlines()) if row)
    return _List(tuple(sorted((row[0], row[1]) for row in rows if len(row) > 1 and _matters(row[0]))))


def _version(distribution: metadata.Distribution) -> str:
    return _stated(distribution.read_text("METADATA") or "") or distribution.version


@lru_cache(maxsize=256)
def _stated(text: str) -> str:
    """The version in the metadata of a package: parsing them takes longer than reading them."""
    return str(message_from_string(text)["Version"] or "")


@lru_cache(maxsize=16)
def _together(*lists: _List) -> frozenset[str]:
    """The paths of several packages."""
    return frozenset(path for listed in lists for path, _ in listed.lines)


def _matters(path: str) -> bool:
    parts = PurePosixPath(path).parts
    outside = path.startswith("/") or ".." in parts or "__pycache__" in parts or path.endswith(".pyc")
    note = len(parts) > 1 and parts[0].endswith(".dist-info") and parts[-1] in _NOTES
    return not (outside or note)


def _ground() -> Digest:
    """What steps use of csvgen itself: the ground under all rooms, and the two shapes a step sees."""
    return digest([component_digest(Path(csvgen.__file__).parent, "ground"), digest_file(Path(step.__file__))])


_seen: dict[str, tuple[Stamp, str]] = {}
"""File -> its stamps and its digest when it was read last, in this process."""
_entered: dict[str, tuple[Stamp, tuple[str, ...], frozenset[str]]] = {}
"""Folder -> its stamps when it was listed last, in this process; its folders, and its files that could run."""
_stamp: Callable[[os.stat_result], Stamp] = attrgetter("st_ino", "st_size", "st_mtime_ns", "st_ctime_ns")


_SETTLED_NS = 10**9
"""Longer than a file system takes to tell two changes apart."""


def _settled(stamp: Stamp) -> bool:
    """Whether the last change is long ago: only then a later one is sure to get another stamp."""
    return time.time_ns() - stamp[3] > _SETTLED_NS


def _problems(root: str, listed: _List) -> Iterator[tuple[str, str]]:
    """Path and problem of every file of a package that is not what was installed."""
    for path, told in listed.lines:
        place = f"{root}/{path}"
        try:
            stamp = _stamp(os.stat(place))  # noqa: PTH116 - thousands of files for each run, and Path.stat costs twice as much
        except OSError:
            yield path, "is gone"
            continue
        known = _seen.get(place)
        if known is None or known[0] != stamp:
            known = (stamp, _spelled(place))
            if _settled(stamp):
                _seen[place] = known
        if told and known[1] != told:
            yield path, "is not what was installed"


def _spelled(path: str) -> str:
    """The digest of a file as RECORD spells it: ``sha256=`` and URL-safe base64 without padding."""
    with Path(path).open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").digest()
    return "sha256=" + base64.urlsafe_b64encode(found).rstrip(b"=").decode("ascii")


def _strangers(root: str, paths: AbstractSet[str]) -> Iterator[str]:
    """Files that could run, inside the folders of locked packages, and that no list names."""
    waiting = list(_tops(frozenset(paths)))
    while waiting:
        inside = waiting.pop()
        folders, files = _inside(root, inside)
        waiting += folders
        yield from sorted(files - paths)


@lru_cache(maxsize=16)
def _tops(paths: frozenset[str]) -> tuple[str, ...]:
    """The folders that are packages, last first."""
    return tuple(sorted({p.split("/")[0] for p in paths if p.endswith("/__init__.py") and p.count("/") == 1}, reverse=True))


def _inside(root: str, inside: str) -> tuple[tuple[str, ...], frozenset[str]]:
    """Folders and files that could run in one folder, seen from the root; listed anew when its stamps are others than last time."""
    place = f"{root}/{inside}"
    try:
        stamp = _stamp(os.stat(place))  # noqa: PTH116 - before it is listed: what comes meanwhile is found the next time
        known = _entered.get(place)
        if known is None or known[0] != stamp:
            with os.scandir(place) as found:
                entries = [(e.name, e.is_dir(), e.is_symlink()) for e in found]
            folders = sorted((n for n, folder, link in entries if folder and not link and n != "__pycache__"), reverse=True)
            files = frozenset(f"{inside}/{n}" for n, folder, _ in entries if not folder and n.endswith(_RUNS))
            known = (stamp, tuple(f"{inside}/{n}" for n in folders), files)
            if _settled(stamp):
                _entered[place] = known
    except OSError:
        return (), frozenset()
    return known[1], known[2]


def _instead(owned: Mapping[str, AbstractSet[str]]) -> Iterator[str]:
    """Modules, loaded already or found next, that come neither from Python itself nor from where the locked packages lie."""
    names = _importable(*map(frozenset, owned.values()))
    places = (*_of_python(), *(f"{os.path.realpath(root)}/" for root in owned))
    loaded = [(n, getattr(m, "__spec__", None)) for n, m in sys.modules.copy().items() if n.partition(".")[0] in names]
    next_found = ((n, PathFinder.find_spec(n)) for n in sorted(names & _offered(names, places)))
    for name, spec in dict([*next_found, *loaded]).items():
        if isinstance(spec, ModuleSpec) and spec.has_location and not _real(spec.origin or "").startswith(places):
            yield f"the module {name} comes from {spec.origin}, neither from Python nor from its locked package"


@lru_cache(maxsize=16)
def _importable(*paths: frozenset[str]) -> frozenset[str]:
    """The names of modules that locked packages and the standard library give."""
    tops = {p.split("/")[0].removesuffix(".py") for there in paths for p in there if p.endswith(".py")}
    return frozenset((tops | sys.stdlib_module_names) - {*sys.builtin_module_names})


def _offered(names: frozenset[str], places: tuple[str, ...]) -> AbstractSet[str]:
    """Names that could be found outside of `places`; all of them when something on the path is no folder and cannot be listed."""
    offered: set[str] = set()
    for entry in sys.path:
        try:
            finder = pkgutil.get_importer(entry or os.getcwd())  # noqa: PTH109 - as Python itself does
            if isinstance(finder, FileFinder) and not f"{os.path.realpath(finder.path)}/".startswith(places):
                offered.update(n.partition(".")[0] for n in os.listdir(finder.path))  # noqa: PTH208 - names alone
        except OSError:
            continue  # nothing can be imported from there
        if finder is not None and not isinstance(finder, FileFinder):
            return names
    return offered


@lru_cache(maxsize=1)
def _of_python() -> tuple[str, ...]:
    """The folders of the standard library, also when this is a virtual environment."""
    base = {"installed_base": sys.base_prefix, "platbase": sys.base_exec_prefix, "installed_platbase": sys.base_exec_prefix}
    return tuple(f"{os.path.realpath(sysconfig.get_path(key, vars=base))}/" for key in ("stdlib", "platstdlib"))


@lru_cache(maxsize=8192)
def _real(path: str) -> str:
    return os.path.realpath(path)
