"""A piece of evidence as it is shown beside the steps: a picture, a table, a text, what a browser did; anything else is a file to take away.

All of it was written by others. Nothing runs: a picture goes out as points, everything else as escaped text, each up to a limit.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from typing import Any

from csvgen.model.execution import Attachment

_PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")
_READABLE = ("text/plain", "text/csv", "application/json")
"""What is shown as text although nobody said what it is."""
_TEXT = 100_000
"""Characters of a text that are shown; the rest is in the file."""
_ROWS = 500
"""Rows of a table that are shown."""
_MEMBERS, _UNPACKED = 50, 4_000_000
"""Files of a trace that are looked into, and bytes taken out of each: what an archive says of itself is not believed."""
_TRACE = (
    "What the browser did, as the trace tells. With pictures and pages: take the file away, and npx playwright show-trace FILE."
)


def shown_as(named: Attachment, data: bytes) -> dict[str, Any]:
    """How it is shown: picture, table, trace or text; anything else is a file to be taken away."""
    if not data or (named.kind == "file" and named.media_type not in (*_PICTURES, *_READABLE)):
        return {"form": "file"}
    if named.media_type in _PICTURES:
        return {"form": "picture"}
    return _trace(data) if named.kind == "playwright-trace" else _read(named, data)


def _read(named: Attachment, data: bytes) -> dict[str, Any]:
    """What is text: a table where its form says so, JSON with a line for each value, else as it is."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return {"form": "file"}
    rows = _rows(text) if named.kind == "table" else _lines(text) if "csv" in (named.kind, named.media_type[5:]) else None
    if rows:
        return {"form": "table", **_cut(rows)}
    if named.kind == "json" or named.media_type == "application/json":
        text = _spread(text)
    return {"form": "text", "text": text[:_TEXT], "cut": max(0, len(text) - _TEXT)}


def _cut(rows: Sequence[Sequence[object]]) -> dict[str, Any]:
    cells = [[str(c) for c in r] for r in rows[: _ROWS + 1]]
    return {"head": cells[0], "rows": cells[1:], "cut": max(0, len(rows) - 1 - _ROWS)}


def _rows(text: str) -> list[list[object]] | None:
    """Rows of text, the first of them the head (`csvgen.evidence.kinds.table`); None where it is none of that form."""
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return rows if isinstance(rows, list) and all(isinstance(r, list) for r in rows) else None


def _lines(text: str) -> list[list[str]] | None:
    """Rows of comma-separated values; None where they are not of one width."""
    try:
        rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True))
    except csv.Error:
        return None
    return rows if rows and rows[0] and all(len(r) == len(rows[0]) for r in rows) else None


def _spread(text: str) -> str:
    """JSON with a line for each value, as long as that says the same; the digest is of the bytes, not of this."""
    try:
        made = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text
    return made if "".join(made.split()) == "".join(text.split()) else text


# ------------------------------------------------------------ what a browser did


def _trace(data: bytes) -> dict[str, Any]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = [n for n in archive.namelist() if n.endswith(".trace")][:_MEMBERS]
            events = [event for name in names for event in _events(archive, name)]
    except (zipfile.BadZipFile, RuntimeError, OSError, EOFError, ValueError, zlib.error):
        return {"form": "file"}
    failed = {str(e.get("callId")): _fault(e["error"]) for e in events if e.get("type") == "after" and e.get("error")}
    acts = [e for e in events if e.get("type") == "before"]
    if not acts:
        return {"form": "file"}
    rows = [[str(n), _act(e), _about(e), failed.get(str(e.get("callId")), "")] for n, e in enumerate(acts, 1)]
    return {"form": "trace", "said": _TRACE, **_cut([["No.", "Did", "At", "What went wrong"], *rows])}


def _events(archive: zipfile.ZipFile, name: str) -> Iterator[dict[str, Any]]:
    """The events of one file of a trace, as far as they are read."""
    with archive.open(name) as member:
        text = member.read(_UNPACKED).decode("utf-8", "replace")
    for line in text.splitlines():
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
            continue  # the last line of what was read may be a part of one
        if isinstance(event, dict):
            yield event


def _act(event: dict[str, Any]) -> str:
    return str(event.get("title") or event.get("apiName") or f"{event.get('class', '')}.{event.get('method', '')}")[:200]


def _about(event: dict[str, Any]) -> str:
    """Where it was done; never what was typed."""
    asked = event.get("params")
    return str(asked.get("selector") or asked.get("url") or "")[:400] if isinstance(asked, dict) else ""


def _fault(error: object) -> str:
    told = error.get("error", error) if isinstance(error, dict) else error
    return str(told.get("message", "") if isinstance(told, dict) else told)[:400] or "it failed"
