"""Attachments: files named by the digest of their content, written once, referred to by step and case."""

from __future__ import annotations

from pathlib import Path

from csvgen.canonical import Digest, digest_bytes, write_once
from csvgen.evidence.journal import CannotRecord
from csvgen.model.execution import Attachment

FOLDER = "evidence"


def attachment_path(sha256: str) -> str:
    """Path below the run folder: ``evidence/ab/abcdef...``."""
    hexadecimal = Digest(sha256).hex
    return f"{FOLDER}/{hexadecimal[:2]}/{hexadecimal}"


def keep(folder: Path, data: bytes, *, identity: str, name: str, media_type: str, captured: str) -> Attachment:
    """Store content and describe it. The same content twice is stored once; each description is its own."""
    sha256 = digest_bytes(data)
    try:
        write_once(folder / attachment_path(sha256), data)
    except OSError as problem:
        raise CannotRecord(f"{name!r} cannot be kept as evidence: {problem.strerror}", where=identity, hint="make room") from None
    return Attachment(id=identity, name=name, media_type=media_type, size=len(data), sha256=sha256, captured=captured)
