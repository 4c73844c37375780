"""JSON of other tools: read with its numbers as they are written, and asked for its parts without trusting any of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from csvgen.exchange.readers.base import Unreadable, each_once, utf8
from csvgen.exchange.results.seen import Raw

MAX_BYTES = 100_000_000
"""Of one JSON file: it is held in memory as a whole."""


class Number(str):
    """A number as it is written, so that a text of digits can be told from it."""

    __slots__ = ()


def load(raw: Raw) -> Any:
    """The whole of a JSON file. Raises Unreadable."""
    if raw.path.stat().st_size > MAX_BYTES:
        raise Unreadable(
            f"more than {MAX_BYTES} bytes of JSON in one file", where=raw.name, hint="XML and Messages are read at any length"
        )
    return parse(raw.path.read_bytes(), raw.name)


def parse(data: bytes, where: str) -> Any:
    """One JSON text; a key that stands twice in an object is refused."""
    try:
        return json.loads(
            utf8(data, where), object_pairs_hook=each_once(where), parse_int=Number, parse_float=Number, parse_constant=Number
        )
    except json.JSONDecodeError as problem:
        ends = problem.pos >= len(data.decode("utf-8-sig").rstrip()) or "Unterminated" in problem.msg
        said = (
            "the file ends in the middle; a result that was cut off could say otherwise" if ends else f"not JSON: {problem.msg}"
        )
        raise Unreadable(said, where=f"{where}:{problem.lineno}") from None
    except RecursionError:
        raise Unreadable("JSON nested deeper than any format needs", where=where) from None


def object_of(value: Any, where: str) -> Mapping[str, Any]:
    """The value, which must be an object."""
    if not isinstance(value, dict):
        raise Unreadable("an object is expected here", where=where)
    return value


def list_of(value: Any, where: str) -> list[Any]:
    """The value, which must be a list; nothing at all is an empty one."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise Unreadable("a list is expected here", where=where)
    return value


def text_of(value: Any) -> str:
    """A text or a number as text; anything else says nothing."""
    return value if isinstance(value, str) else ""
