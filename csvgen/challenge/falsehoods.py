"""What can be untrue of an answer: each way in which a value read from a system could be another one, the plain ways first.

An outcome is turned, a text altered or emptied, a number shifted, a time moved, an entry of a list missing, bytes changed. What
holds other values is altered part by part. Pure; nothing here knows a step or a system.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from itertools import zip_longest
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from csvgen.clock import parsed, stored

Falsehood = tuple[str, Any]
"""In words what was done to a value, and the value then."""

_DIGEST = re.compile(r"(sha256:)?[0-9a-f]{64}")
_ALTERED, _INVENTED = "(falsified)", "(invented)"
_FAR = Decimal(1000)
_DEEP = 6
"""Values in values in values: beyond this nothing is altered any more."""


def falsehoods(value: Any, kind: Any = None, deep: int = _DEEP) -> Iterator[Falsehood]:  # noqa: C901 - a table of types
    """Every falsehood of a value as it comes out of a port. A value that could not be another one has none.

    `kind` is the type it is declared with: where nothing is there, it says what could be.
    """
    if deep == 0:
        return
    if (made := _invented(value, kind)) is not None:
        yield "one invented", made
        if value is None:  # what is invented is empty where it can be: what it could hold comes next
            yield from ((f"one invented, {words}", other) for words, other in falsehoods(made, kind, deep - 1))
    if value is None:
        return
    if isinstance(value, bool):
        yield "turned", not value
    elif isinstance(value, int | float):
        yield "number shifted", value + 1
        yield "number shifted far", value + 1_000_000
    elif isinstance(value, str):
        yield from _text(value)
    elif isinstance(value, bytes):
        yield from _bytes(value, deep)
    elif isinstance(value, dt.datetime):
        yield "time moved", value + dt.timedelta(days=1)
    elif isinstance(value, Mapping):
        yield from _mapping(value, deep)
    elif isinstance(value, list | tuple):
        yield from _sequence(value, deep)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        yield from _parts(value, deep)


def _invented(value: Any, kind: Any) -> Any:
    """A value with one thing that is not there: for a list or table an entry, for nothing at all a value. None where nobody can tell."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        rest = [a for a in arguments if a is not type(None)]
        return _invented(value, rest[0]) if len(rest) == 1 else None
    if value is None:
        return _example(kind)
    if origin is tuple and isinstance(value, tuple) and not value:
        entry = _example(arguments[0])
        return None if entry is None else (entry,)
    if isinstance(value, Mapping) and not value:
        return {_INVENTED: _INVENTED}
    return [_INVENTED] if value == [] else None


def _example(kind: Any) -> Any:
    """Some value of a declared type; None where there is none to be made."""
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        declared = _declared(kind)
        return kind(**{f.name: _example(declared[f.name]) for f in dataclasses.fields(kind)})
    plain = {str: _INVENTED, int: 1, bool: True, bytes: _INVENTED.encode()}
    if kind in plain:
        return plain[kind]
    return {tuple: (), Mapping: {}}.get(get_origin(kind))


_hints: dict[type, dict[str, Any]] = {}


def _declared(kind: type) -> Mapping[str, Any]:
    if kind not in _hints:
        _hints[kind] = get_type_hints(kind)
    return _hints[kind]


def _text(value: str) -> Iterator[Falsehood]:
    if _DIGEST.fullmatch(value):
        yield "digest altered", value[:-1] + ("0" if value[-1] != "0" else "1")
    elif (moved := _moved(value)) is not None:
        yield "time moved", moved
    elif (number := _number(value)) is not None:
        yield "number shifted", str(number + _FAR)
        yield "number shifted", str(number - _FAR)
        yield "last digit altered", str(number + _last(number))
    yield "text altered", _ALTERED
    if value:
        yield "text emptied", ""


def _number(value: str) -> Decimal | None:
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _last(number: Decimal) -> Decimal:
    """One unit of the last digit a number is written with."""
    exponent = number.as_tuple().exponent
    return Decimal(1).scaleb(exponent) if isinstance(exponent, int) else Decimal(1)


def _moved(value: str) -> str | None:
    try:
        return stored(parsed(value) + dt.timedelta(days=1))
    except ValueError:
        return None


def _bytes(value: bytes, deep: int) -> Iterator[Falsehood]:
    try:
        content = json.loads(value)
    except (ValueError, RecursionError):
        content = None
    if isinstance(content, dict | list):
        for words, other in falsehoods(content, None, deep - 1):
            yield f"in its data: {words}", json.dumps(other, ensure_ascii=False).encode()
        return
    if value.startswith(b"%PDF-"):
        yield from _pages(value)
    middle = len(value) // 2
    if value:
        yield "one byte changed", value[:middle] + bytes([value[middle] ^ 1]) + value[middle + 1 :]
        yield "cut off", value[:middle]
        yield "emptied", b""
    yield "bytes altered", _ALTERED.encode()


def _pages(value: bytes) -> Iterator[Falsehood]:
    """A PDF of other pages. One that cannot be read has only the falsehoods of its bytes."""
    import io

    from pypdf import PdfReader, PdfWriter
    from pypdf.errors import PyPdfError

    try:
        pages = list(PdfReader(io.BytesIO(value)).pages)
    except PyPdfError:
        return
    for words, kept in (("last page twice", [*pages, *pages[-1:]]), ("first page missing", pages[1:])):
        if kept:
            writer, made = PdfWriter(), io.BytesIO()
            for page in kept:
                writer.add_page(page)
            writer.write(made)
            yield words, made.getvalue()


def _mapping(value: Mapping[Any, Any], deep: int) -> Iterator[Falsehood]:
    if value:
        yield "emptied", {}
    for key in value:
        yield f"{key} missing", {k: v for k, v in value.items() if k != key}
    yield from _in_turn([_of_key(value, key, deep) for key in value])


def _of_key(value: Mapping[Any, Any], key: Any, deep: int) -> Iterator[Falsehood]:
    for words, other in falsehoods(value[key], None, deep - 1):
        yield f"{key}: {words}", {**value, key: other}


def _sequence(value: list[Any] | tuple[Any, ...], deep: int) -> Iterator[Falsehood]:
    kind = type(value) if type(value) in (list, tuple) else tuple
    if not value:
        return
    yield "emptied", kind()
    yield "first missing", kind(value[1:])
    yield "last missing", kind(value[:-1])
    yield "last twice", kind([*value, value[-1]])
    if list(reversed(value)) != list(value):
        yield "order turned", kind(reversed(value))
    yield from _everywhere(value, kind, deep)
    yield from _in_turn([_of_place(value, kind, place, deep) for place in range(len(value))])


def _of_place(value: list[Any] | tuple[Any, ...], kind: type, place: int, deep: int) -> Iterator[Falsehood]:
    for words, other in falsehoods(value[place], None, deep - 1):
        yield f"{place + 1} of {len(value)}: {words}", kind([*value[:place], other, *value[place + 1 :]])


def _everywhere(value: list[Any] | tuple[Any, ...], kind: type, deep: int) -> Iterator[Falsehood]:
    """One field, altered in every entry: a step that looks for one entry among many meets it wherever it looks."""
    if not (dataclasses.is_dataclass(value[0]) and all(type(v) is type(value[0]) for v in value)):
        return
    for field in dataclasses.fields(value[0]):
        ways = [list(falsehoods(getattr(v, field.name), None, deep - 1)) for v in value]
        for number in range(max(len(w) for w in ways)):
            altered = [
                dataclasses.replace(v, **{field.name: w[min(number, len(w) - 1)][1]}) if w else v
                for v, w in zip(value, ways, strict=True)
            ]
            words = next(w[min(number, len(w) - 1)][0] for w in ways if w)
            yield f"{field.name} of each: {words}", kind(altered)


def _parts(value: Any, deep: int) -> Iterator[Falsehood]:
    yield from _in_turn([_of_field(value, field.name, deep) for field in dataclasses.fields(value) if field.init])


def _of_field(value: Any, name: str, deep: int) -> Iterator[Falsehood]:
    kind = _declared(type(value)).get(name)
    for words, other in falsehoods(getattr(value, name), kind, deep - 1):
        yield f"{name}: {words}", dataclasses.replace(value, **{name: other})


def _in_turn(many: list[Iterator[Falsehood]]) -> Iterator[Falsehood]:
    """One of each, then the second of each: what is plain comes before what lies deep in the first part."""
    nothing = object()
    for row in zip_longest(*many, fillvalue=nothing):
        yield from (found for found in row if found is not nothing)  # type: ignore[misc]


def texts(value: Any, least: int = 6, deep: int = _DEEP) -> Iterator[str]:
    """Every text of at least so many characters in a value: names that an answer gives."""
    if deep == 0 or isinstance(value, bytes):
        return
    if isinstance(value, str):
        if len(value) >= least:
            yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from texts(part, least, deep - 1)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from texts(part, least, deep - 1)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            yield from texts(getattr(value, field.name), least, deep - 1)


def swapped(value: Any, known: Mapping[str, str], deep: int = _DEEP) -> Iterator[Falsehood]:  # noqa: C901, PLR0912 - a table of types
    """A text anywhere in a value, replaced by one the case knows already: for a Then that something must not be."""
    if deep == 0:
        return
    if isinstance(value, str):
        yield from ((f"replaced by {name}", other) for name, other in known.items() if other != value)
    elif isinstance(value, bytes):
        try:
            content = json.loads(value)
        except (ValueError, RecursionError):
            return
        for words, other in swapped(content, known, deep - 1):
            yield f"in its data: {words}", json.dumps(other, ensure_ascii=False).encode()
    elif isinstance(value, Mapping):
        for key, part in value.items():
            yield from ((f"{key}: {words}", {**value, key: other}) for words, other in swapped(part, known, deep - 1))
    elif isinstance(value, list | tuple):
        kind = type(value) if type(value) in (list, tuple) else tuple
        for place, part in enumerate(value):
            for words, other in swapped(part, known, deep - 1):
                yield f"{place + 1} of {len(value)}: {words}", kind([*value[:place], other, *value[place + 1 :]])
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            for words, other in swapped(getattr(value, field.name), known, deep - 1):
                yield f"{field.name}: {words}", dataclasses.replace(value, **{field.name: other})
