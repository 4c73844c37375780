"""Attachments: files named by the digest of their content, written once, referred to by step and case."""

from __future__ import annotations

from pathlib import Path

from csvgen.canonical import Digest, digest_bytes, write_once
from csvgen.errors import NotRecorded
from csvgen.model.evidence import Evidence
from csvgen.model.execution import Attachment

FOLDER = "evidence"


def attachment_path(sha256: str) -> str:
    """Path below the run folder: ``evidence/ab/abcdef...``."""
    hexadecimal = Digest(sha256).hex
    return f"{FOLDER}/{hexadecimal[:2]}/{hexadecimal}"


def attachment_file(folder: Path, sha256: str) -> Path:
    """The file itself: in the run folder, or in the folder of the shard it was attached in. Where it is in neither, where it should be."""
    own = folder / attachment_path(sha256)
    if own.is_file():
        return own
    return next((p for p in sorted(folder.glob(f"shards/*/{attachment_path(sha256)}"))), own)


def keep(folder: Path, data: bytes, *, identity: str, name: str, media_type: str, captured: str) -> Attachment:
    """Store content and describe it. The same content twice is stored once; each description is its own. Raises NotRecorded."""
    sha256 = digest_bytes(data)
    try:
        write_once(folder / attachment_path(sha256), data)
    except OSError as problem:
        raise NotRecorded.of(problem, f"the evidence {identity} ({len(data)} bytes)") from None
    return Attachment(id=identity, name=name, media_type=media_type, size=len(data), sha256=sha256, captured=captured)


def content(run: Evidence, kept: Attachment) -> bytes:
    """What was attached, as it was kept; no bytes where the file is not there or is not the one that was kept."""
    try:
        data = attachment_file(Path(run.folder), kept.sha256).read_bytes()
    except OSError:
        return b""
    return data if digest_bytes(data) == kept.sha256 else b""
