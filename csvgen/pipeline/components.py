"""What exactly is installed: one digest for each component, and the versions of the packages it stands on."""

from __future__ import annotations

import platform
import sqlite3
from importlib import metadata
from pathlib import Path

import csvgen
from csvgen.canonical import Digest, digest, digest_file
from csvgen.ports import ComponentState

COMPONENTS: dict[str, tuple[str, ...]] = {
    "audit": ("audit",),
    "crypto": ("crypto",),
    "ground": (
        "__init__.py", "canonical.py", "clock.py", "diagnostics.py", "errors.py", "extras.py", "marks.py", "model", "ports.py", "views.py",
        "targets/__init__.py", "targets/local/__init__.py", "targets/local/bench_clock.py", "targets/local/desk.py",
        "targets/local/server.py", "targets/local/wire.py",
    ),
    "identity": ("identity",),
    "pipeline": ("pipeline",),
    "report": ("report",),
    "signature": ("signature",),
    "store": ("store",),
}  # fmt: skip
"""Component -> its folders and files. Together they hold every file of this package that the process of an instance loads."""

PACKAGES = (
    "allotropy", "alembic", "argon2-cffi", "asn1crypto", "cryptography", "numpy",
    "pandas", "pyHanko", "pydantic", "PyYAML", "SQLAlchemy",
    "scipy", "statsmodels", "polars", "pyreadstat", "reportlab", "pikepdf", "model-signing", "sigstore",
)  # fmt: skip
"""What results, documents and signatures of an instance stand on. Cases are numbered in this order: what came later comes last."""


def component_digests() -> dict[str, Digest]:
    """Component -> digest over its shipped source files, as sorted pairs of relative path and SHA-256.

    Compiled files do not count; line ends do. A release records these digests, an IQ compares them.
    """
    return {name: component_digest(Path(csvgen.__file__).parent, name) for name in COMPONENTS}


def component_digest(package: Path, name: str) -> Digest:
    """The digest of one component over the files of a package folder. Paths count from the component's own folder, if it is one."""
    places = COMPONENTS[name]
    root = package / name if places == (name,) else package
    found = (p for place in places for p in ((package / place).rglob("*") if (package / place).is_dir() else (package / place,)))
    files = sorted(p for p in found if p.is_file() and "__pycache__" not in p.parts)
    return digest([[p.relative_to(root).as_posix(), digest_file(p)] for p in files])


def states() -> tuple[ComponentState, ...]:
    """Components with their digests, then packages with their versions, then what all of it runs on."""
    own = tuple(ComponentState(n, "component", csvgen.__version__, str(d)) for n, d in component_digests().items())
    below = (("Python", platform.python_version()), ("SQLite", sqlite3.sqlite_version))
    versions = (*((name, metadata.version(name)) for name in PACKAGES), *below)
    return (*own, *(ComponentState(name, "package", version) for name, version in versions))
