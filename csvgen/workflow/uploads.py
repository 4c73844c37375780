"""A file that a browser sends as evidence: what it is follows from its content, never from its name or from what the sender says.

Pictures, PDF and plain text are taken. A picture is opened as a report opens it, with the same limits: what no report could
show is refused while the person can still take another.
"""

from __future__ import annotations

from dataclasses import dataclass

from csvgen.errors import BadInput
from csvgen.evidence import kinds
from csvgen.execution.attended_answers import harmless
from csvgen.model.execution import AttachmentKind
from csvgen.report.thumbnails import small

_NAME = 120
_TAKEN = "pictures (PNG, JPEG, GIF, WebP, TIFF, BMP), PDF and plain text in UTF-8 are taken"


class BadUpload(BadInput):
    """A file that is not taken. Doors put it on record: it may have been a mistake, and it may have been tried."""


@dataclass(frozen=True, slots=True)
class Received:
    """A file that may become evidence."""

    name: str
    data: bytes
    media_type: str
    kind: AttachmentKind


def receive(name: str, data: bytes) -> Received:
    """Raises BadUpload, with the reason, for what is empty, hostile, broken, or of no kind that is taken."""
    shown = harmless(name.replace("\\", "/").rsplit("/", 1)[-1])[-_NAME:] or "file"
    if not data:
        raise BadUpload("the file is empty", where=shown, hint="choose it again")
    kind = kinds.media_type("image", data)
    if kind.startswith("image/"):
        try:
            small(data, kind)
        except BadInput as problem:
            raise BadUpload(f"this picture is not taken: {problem.message}", where=shown, hint="take another picture") from None
        return Received(shown, data, kind, "image")
    if data.startswith(b"%PDF-"):
        return Received(shown, data, "application/pdf", "file")
    try:
        kinds.require("text", data, "")
    except ValueError:
        raise BadUpload("this kind of file is not taken", where=shown, hint=_TAKEN) from None
    return Received(shown, data, "text/plain", "text")
