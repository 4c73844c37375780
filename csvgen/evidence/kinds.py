"""Kinds of evidence: what is said of a file is checked against its content where that can be done.

A file that is called JSON and is none, or a picture that no viewer opens, would only be noticed by the inspector.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence

from csvgen.canonical import canonical_json
from csvgen.model.execution import AttachmentKind

Rows = Sequence[Sequence[str]]

_IMAGES: Mapping[str, Callable[[bytes], bool]] = {
    "image/png": lambda data: data.startswith(b"\x89PNG\r\n\x1a\n"),
    "image/jpeg": lambda data: data.startswith(b"\xff\xd8\xff"),
    "image/gif": lambda data: data.startswith((b"GIF87a", b"GIF89a")),
    "image/webp": lambda data: data.startswith(b"RIFF") and data[8:12] == b"WEBP",
    "image/tiff": lambda data: data.startswith((b"II*\x00", b"MM\x00*")),
    "image/bmp": lambda data: data.startswith(b"BM"),
}
"""Formats of pictures by the bytes they begin with."""

MEDIA_TYPES: Mapping[AttachmentKind, str] = {
    "text": "text/plain", "json": "application/json", "csv": "text/csv", "table": "application/json", "log-extract": "text/plain",
    "audit-trail-extract": "text/plain", "image": "", "screenshot": "", "playwright-trace": "application/zip",
    "file": "application/octet-stream",
}  # fmt: skip
"""What a kind is when nothing else is said; a picture says it itself."""


def table(rows: Rows) -> bytes:
    """Rows of text, the first of them the head, as they are kept. Raises ValueError for rows of several lengths."""
    made = canonical_json([[str(cell) for cell in row] for row in rows])
    require("table", made, "")
    return made


def media_type(kind: AttachmentKind, data: bytes) -> str:
    """The media type of what a kind of evidence holds."""
    found = (name for name, begins in _IMAGES.items() if begins(data))
    return MEDIA_TYPES[kind] or next(found, "application/octet-stream")


def require(kind: AttachmentKind, data: bytes, said: str) -> None:
    """Raise ValueError when the content is not of the kind, or a picture of another media type than `said`."""
    fault = _CHECKS.get(kind, _nothing)(data)
    if not fault and kind in ("image", "screenshot") and said and said != media_type(kind, data):
        fault = f"the picture is {media_type(kind, data)}, not {said}"
    if fault:
        raise ValueError(f"this is no evidence of the kind {kind!r}: {fault}")


def _nothing(_data: bytes) -> str:
    return ""


def _text(data: bytes) -> str:
    try:
        decoded = data.decode("utf-8")
    except UnicodeDecodeError as problem:
        return f"byte {problem.start} is no UTF-8 text"
    return "it holds a NUL character" if "\0" in decoded else ""


def _json(data: bytes) -> str:
    try:
        json.loads(data.decode("utf-8"), parse_constant=_no_number)
    except (ValueError, RecursionError) as problem:
        return f"it does not parse ({problem})"
    return ""


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _csv(data: bytes) -> str:
    if fault := _text(data):
        return fault
    try:
        return _rectangular(list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)))
    except csv.Error as problem:
        return f"it does not parse ({problem})"


def _table(data: bytes) -> str:
    if fault := _json(data):
        return fault
    rows = json.loads(data)
    if not isinstance(rows, list) or not all(isinstance(r, list) and all(isinstance(c, str) for c in r) for r in rows):
        return "a table is a list of rows, a row a list of texts"
    return _rectangular(rows)


def _rectangular(rows: list[list[str]]) -> str:
    if not rows or not rows[0]:
        return "it has no head"
    odd = next((n for n, row in enumerate(rows, 1) if len(row) != len(rows[0])), 0)
    return f"row {odd} has {len(rows[odd - 1])} cells, the head {len(rows[0])}" if odd else ""


def _image(data: bytes) -> str:
    return "" if any(begins(data) for begins in _IMAGES.values()) else f"it begins like no {', '.join(_IMAGES)}"


def _trace(data: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return "" if any(n.endswith(".trace") for n in archive.namelist()) else "the archive holds no file *.trace"
    except zipfile.BadZipFile:
        return "it is no ZIP archive"


_CHECKS: Mapping[AttachmentKind, Callable[[bytes], str]] = {
    "text": _text, "log-extract": _text, "audit-trail-extract": _text, "json": _json, "csv": _csv, "table": _table,
    "image": _image, "screenshot": _image, "playwright-trace": _trace,
}  # fmt: skip
