"""The neutral text of a document as a file: what its record binds by digest, kept, so that every drawing can be held against it.

The SHA-256 of the file is the text digest that the document prints and its record binds.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from csvgen.canonical import canonical_json, read_canonical
from csvgen.errors import NotIntact
from csvgen.model.report import Block, Column, Report, Table, content_of

ENDING = ".text.json"
_BLOCKS: dict[str, Any] = {kind.__name__: kind for kind in get_args(Block)}


def kept(report: Report) -> bytes:
    """The report as the bytes whose digest is `Report.digest`."""
    return canonical_json(content_of(report))


def read(data: bytes, where: str = "") -> Report:
    """The report again. Raises NotIntact for what no csvgen up to this one wrote."""
    try:
        value = dict(read_canonical(data, where))
        if value.pop("type") != "report":
            raise NotIntact("this is not the text of a document", where=where)
        blocks = tuple(_block(name, content) for name, content in value.pop("blocks"))
        hints = get_type_hints(Report)
        return Report(blocks=blocks, **{name: _rebuilt(hints[name], given) for name, given in value.items()})
    except (KeyError, TypeError, ValueError, AttributeError, StopIteration) as odd:
        raise NotIntact(f"not the text of a document in a form known here ({type(odd).__name__}: {odd})", where=where) from None


def _block(name: str, content: Any) -> Any:
    kind = _BLOCKS[name]
    if kind is Table:
        columns = tuple(Column(title, float(width), look) for title, width, look in content["columns"])
        rows = tuple(tuple(str(cell) for cell in row) for row in content["rows"])
        return Table(columns, rows, **{key: value for key, value in content.items() if key not in ("columns", "rows")})
    return _rebuilt(kind, content)


def _rebuilt(hint: Any, value: Any) -> Any:
    """A value of JSON as what the type says: dataclasses by their fields, lists as tuples."""
    if is_dataclass(hint):
        hints = get_type_hints(hint)
        if set(value) - {f.name for f in fields(hint)}:
            raise ValueError(f"unknown keys in {getattr(hint, '__name__', hint)}")
        return hint(**{key: _rebuilt(hints[key], given) for key, given in value.items()})  # type: ignore[operator]
    if get_origin(hint) is tuple:
        inner = get_args(hint)
        kinds = [inner[0]] * len(value) if inner[-1] is Ellipsis else inner
        return tuple(_rebuilt(kind, given) for kind, given in zip(kinds, value, strict=True))
    if get_origin(hint) in (Union, UnionType) and value is not None:
        return _rebuilt(next(k for k in get_args(hint) if is_dataclass(k) and {f.name for f in fields(k)} == set(value)), value)
    if hint is float:
        return float(value)
    return value
