"""What exactly is installed: one digest for each component, and the versions of the packages it stands on."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

import csvgen
from csvgen.canonical import Digest, digest, digest_file
from csvgen.ports import ComponentState

COMPONENTS = ("audit", "crypto", "identity", "pipeline", "signature", "store")
PACKAGES = (
    "allotropy", "alembic", "argon2-cffi", "asn1crypto", "cryptography", "numpy",
    "pandas", "pyHanko", "pydantic", "PyYAML", "SQLAlchemy",
)  # fmt: skip


def component_digests() -> dict[str, Digest]:
    """Component -> digest over its shipped source files, as sorted pairs of relative path and SHA-256.

    Compiled files do not count; line ends do. A release records these digests, an IQ compares them.
    """
    package = Path(csvgen.__file__).parent
    return {name: _folder(package / name) for name in COMPONENTS}


def _folder(folder: Path) -> Digest:
    files = sorted(p for p in folder.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
    return digest([[p.relative_to(folder).as_posix(), digest_file(p)] for p in files])


def states() -> tuple[ComponentState, ...]:
    """Components with their digests, then packages with their versions."""
    own = tuple(ComponentState(n, "component", csvgen.__version__, str(d)) for n, d in component_digests().items())
    return (*own, *(ComponentState(name, "package", metadata.version(name)) for name in PACKAGES))
