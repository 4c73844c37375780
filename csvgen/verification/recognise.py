"""What a path holds, told by its content. A name or a suffix is anybody's to choose; it decides nothing here."""

from __future__ import annotations

import json
import re
import zipfile
from enum import StrEnum
from pathlib import Path
from typing import Any

from csvgen.errors import ConfigError
from csvgen.pipeline.instance import is_instance

_HEAD = 8192
_LARGEST = 16_000_000
"""A single record, note or proof is a few thousand bytes; beyond this a file is not read to find out what it is."""
_NOTE = re.compile(rb"\A[^\n]+\n\d+\n[A-Za-z0-9+/=]+\n(?:[^\n]+\n)*\n\xe2\x80\x94 ")
"""A C2SP checkpoint: origin, size, root, and a signature line behind an empty line."""
_PROOF = b"c2sp.org/tlog-proof@"
_TARS = ((b"\x1f\x8b", 0), (b"\xfd7zXZ\x00", 0), (b"BZh", 0), (b"ustar", 257))
_WORD = b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_EXCEL = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"


class Kind(StrEnum):
    """What can be verified."""

    PACKAGE = "package"
    ARCHIVE = "archive of a package"
    PARTIAL = "PARTIAL copy"
    PDF = "PDF"
    WORD = "Word"
    EXCEL = "Excel"
    SIGNATURE = "signature record"
    APPROVALS = "approvals"
    RUN = "run"
    CHALLENGE = "challenge"
    CHALLENGES = "challenges of a system"
    IMPORTED = "imported evidence"
    TRAIL = "audit trail"
    CHECKPOINT = "checkpoint"
    PROOF = "inclusion proof"
    INSTANCE = "instance of a pipeline"
    RUN_RECORD = "run record of a pipeline"
    OUTSIDE_RUN = "steps of a pipeline performed outside of an instance"
    CERTIFICATE = "data of a certificate of analysis"


_OF_FORMAT = {
    "csvgen.package": Kind.PACKAGE, "csvgen.partial": Kind.PARTIAL, "csvgen.signature": Kind.SIGNATURE, "csvgen.document": Kind.APPROVALS,
    "csvgen.event": Kind.TRAIL, "csvgen.seal": Kind.RUN, "csvgen.run": Kind.RUN,
    "csvgen.import": Kind.IMPORTED, "csvgen.trial": Kind.RUN, "csvgen.challenge": Kind.CHALLENGE, "csvgen.challenge-seal": Kind.CHALLENGE,
    "csvgen.pipeline-run": Kind.RUN_RECORD, "csvgen.outside-run": Kind.OUTSIDE_RUN, "qc.certificate": Kind.CERTIFICATE,
}  # fmt: skip
_NAMED = {
    Kind.PACKAGE: {"package.json"}, Kind.PARTIAL: {"partial.json"}, Kind.APPROVALS: {"document.json"}, Kind.RUN: {"run.json", "seal.json"},
    Kind.CHALLENGE: {"challenge.json", "seal.json"}, Kind.IMPORTED: {"import.json"},
}  # fmt: skip
"""What stands for the folder it lies in, by its one name: another file there would be answered for by the folder and looked at by nobody."""
KNOWN = (
    "a package (folder, zip or tar), a partial copy, a signed PDF, Word or Excel file, a signature record (.json with its .p7s beside it), a folder of"
    " approvals, a run, a challenge or the folder of all, imported evidence, an audit trail (events.jsonl), a checkpoint, an inclusion proof, the"
    " folder of an instance of a pipeline, a"
    " run record or the data of a certificate that came out of one"
)


def recognise(path: Path) -> tuple[Kind, Path]:
    """What is there, and the file or folder to verify: for package.json its package, for a .p7s the record beside it.

    Raises ConfigError, saying what can be verified, for what is nothing of the kind.
    """
    try:
        found = _folder(path) if path.is_dir() else _file(path)
    except OSError as problem:
        raise ConfigError(f"cannot be read: {problem.strerror}", where=str(path)) from None
    if found is None:
        raise ConfigError("this is nothing that can be verified", where=str(path), hint=f"verify takes {KNOWN}")
    return found


_FOLDERS: tuple[tuple[set[str], Kind], ...] = (
    ({"package.json", "package.p7s"}, Kind.PACKAGE), ({"partial.json", "partial.p7s"}, Kind.PARTIAL), ({"run.json"}, Kind.RUN),
    ({"challenge.json"}, Kind.CHALLENGE), ({"import.json"}, Kind.IMPORTED),
)  # fmt: skip
"""Names that tell what a folder is, the first that is found."""


def _folder(path: Path) -> tuple[Kind, Path] | None:
    names = {p.name for p in path.iterdir()}
    told = next((kind for known, kind in _FOLDERS if names & known), None)
    if told is not None:
        return told, path
    if any(path.glob("CH-*/challenge.json")):
        return Kind.CHALLENGES, path
    if "document.json" in names or any(path.glob("r*/document.json")) or any(path.glob("*/r*/document.json")):
        return Kind.APPROVALS, path
    if "events.jsonl" in names:
        return Kind.TRAIL, path / "events.jsonl"
    return (Kind.INSTANCE, path) if is_instance(path) else None


def _file(path: Path) -> tuple[Kind, Path] | None:
    if not path.is_file():
        return None
    with path.open("rb") as stream:
        head = stream.read(_HEAD)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zip(path), path
    if head.startswith(b"{"):
        return _json(path)
    if head.startswith(b"\x30"):
        return _signed(path)
    marked = {
        Kind.PDF: head.startswith(b"%PDF-"),
        Kind.ARCHIVE: any(head[place : place + len(mark)] == mark for mark, place in _TARS),
        Kind.CHECKPOINT: is_note(head),
        Kind.PROOF: head.startswith(_PROOF),
    }
    return next(((kind, path) for kind, found in marked.items() if found), None)


def is_note(data: bytes) -> bool:
    """Whether this begins as a checkpoint does: a C2SP signed note whose text has origin, size and root."""
    return _NOTE.match(data) is not None


def _zip(path: Path) -> Kind:
    """An Office file says what its main part is; everything else that is a ZIP can only be an archive."""
    try:
        with zipfile.ZipFile(path) as archive:
            if "[Content_Types].xml" not in archive.namelist():
                return Kind.ARCHIVE
            with archive.open("[Content_Types].xml") as stream:
                types = stream.read(_LARGEST)
    except (zipfile.BadZipFile, OSError, RuntimeError, ValueError, EOFError):
        types = b""
    return Kind.EXCEL if _EXCEL in types and _WORD not in types else Kind.WORD


def _json(path: Path) -> tuple[Kind, Path] | None:
    """A record says its format; of an audit trail the first line does."""
    with path.open("rb") as stream:
        first = stream.readline(_LARGEST)
    value = _object(first) or (_object(path.read_bytes()) if path.stat().st_size <= _LARGEST else None)
    kind = _OF_FORMAT.get(str((value or {}).get("format", "")).partition("/")[0])
    if kind is None or path.name not in _NAMED.get(kind, {path.name}):
        return None
    return kind, path.parent if kind in _NAMED else path


def _object(data: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _signed(path: Path) -> tuple[Kind, Path] | None:
    """A detached signature is verified with the record it lies beside."""
    beside = path.with_suffix(".json")
    if beside == path or not beside.is_file() or path.suffix != ".p7s":
        return None
    return _file(beside)
