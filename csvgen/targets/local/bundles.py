"""Signed step code as a forger would offer it, and past the application. Part of the harness, never of the system."""

from __future__ import annotations

import base64
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from csvgen.canonical import Digest
from csvgen.clock import SystemClock
from csvgen.crypto import certificates
from csvgen.errors import BadInput
from csvgen.pipeline import bundle_signing
from csvgen.pipeline.artifacts import CODE, FOLDER
from csvgen.ports import Outcome

STRAY = b"VALUE = 1\n"


def _place(home: Path, fields: Mapping[str, str]) -> Path:
    return home / FOLDER / Digest(fields["manifest"]).hex


def _step(folder: Path) -> Path:
    """A module of the code, always the same one."""
    return next(p for p in sorted((folder / CODE).rglob("*.py")) if p.stat().st_size > 0)


def offered(home: Path, fields: Mapping[str, str], offer: str) -> tuple[dict[str, bytes], bytes]:
    """Files and signature of a copy of an artifact, given the fields of its record. Raises BadInput for an offer nobody knows."""
    signature = base64.b64decode(fields["signature"])
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(shutil.copytree(_place(home, fields), Path(scratch) / "bundle"))
        match offer:
            case "as it was signed":
                pass
            case "unsigned":
                signature = b""
            case "signed by an unknown key":
                signature = _strange(folder, fields)
            case "altered after signing":
                _write(_step(folder), _step(folder).read_bytes() + b"\n")
            case "with a file added after signing":
                _write(folder / CODE / "stray.py", STRAY)
            case "with a file left out after signing":
                _step(folder).unlink()
            case _:
                raise BadInput(f"no offer {offer!r} of an artifact")
        return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}, signature


def _strange(folder: Path, fields: Mapping[str, str]) -> bytes:
    """A right signature in the builder's name, by a key that an authority of somebody else certified."""
    now = SystemClock().now()
    authority = certificates.make_root("Another organisation", now, demonstration=True)
    stranger = certificates.issue_person(
        authority, person=fields["builder"], printed_name=fields["builder_name"], organisation="Another organisation", now=now
    )
    return bundle_signing.sign(folder, stranger, authority.certificate)


def tampered(home: Path, fields: Mapping[str, str], manner: str) -> Outcome:
    """One byte of the stored code of an artifact changed, or changed back: the same act."""
    if manner not in ("changed", "put back"):
        raise BadInput(f"no manner {manner!r} to tamper with an artifact")
    path = _step(_place(home, fields))
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    _write(path, bytes(data))
    return Outcome(True, f"one byte of {path.name} in the stored artifact was {manner} past the application", path.name)


def _write(path: Path, data: bytes) -> None:
    mode = path.stat().st_mode if path.exists() else 0o400
    if path.exists():
        path.chmod(0o600)
    path.write_bytes(data)
    path.chmod(mode)
