"""Our own exports, known by their mark and read back: `read`. Files of other tools are the business of `csvgen.exchange.readers`."""

from __future__ import annotations

import importlib

from csvgen.errors import BadInput
from csvgen.exchange.export import FORMAT, Own

_HEAD = 4096
_MARK = FORMAT.encode()
_ZIP = b"PK\x03\x04"
_BOM = b"\xef\xbb\xbf"


def read(data: bytes, name: str) -> Own | None:
    """What stands in one of our files, edited or not; None for a file that is none of ours.

    `name`: of the file, without folders, for places. Raises BadInput with file and place for one of ours that cannot be
    read any more. Feed `entries`, `columns` and `bases` to `csvgen.exchange.plan.plan`.
    """
    if data.startswith(_ZIP):
        return _workbook(data, name)
    head = data[:_HEAD].removeprefix(_BOM).lstrip()
    first = head.split(b"\n", 1)[0].strip()
    if head.startswith(b"<"):
        return _other("reqif_file", data, name) if b"<COMMENT>" + _MARK + b"</COMMENT>" in head else None
    if first == b"{":
        return _other("needs_json", data, name) if b'"format": "' + _MARK + b'"' in data else None
    if first.startswith(b"{"):
        return _other("json_lines", data, name) if b'"' + _MARK + b'"' in first else None
    return _other("csv_file", data, name) if _MARK in first else None


def _other(module: str, data: bytes, name: str) -> Own:
    """Each writer reads its own; it is loaded when it is needed."""
    found: Own = importlib.import_module(f"csvgen.exchange.writers.{module}").read(data, name)
    return found


def _workbook(data: bytes, name: str) -> Own | None:
    from csvgen.exchange.writers.workbook_read import is_ours, only_plain, opened, read_book

    try:
        book = opened(data, name)
    except BadInput:
        return None  # no workbook at all: another reader says what is wrong with it
    if not is_ours(book):
        return None
    only_plain(data, name)
    return read_book(book, name)
