"""What all readers share: options, kinds of pieces, limits, and the careful opening of JSON, XML and ZIP."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from csvgen.diagnostics import Location, one_line
from csvgen.errors import BadInput, Exit
from csvgen.exchange.model import Entry, Leftover, Read

MAX_BYTES = 50_000_000
"""Of one imported file."""
MAX_UNPACKED = 200_000_000
MAX_PACKED_FILES = 5_000
MAX_DEPTH = 60
"""Of nested JSON or XML: no format read here needs more."""


class Unreadable(BadInput):
    """A file that is not what it was given as, or is built to do harm. Nothing of it is imported."""

    exit_code = Exit.USAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class Aside(Leftover):
    """A piece that is no requirement and is not meant to be one (title, heading, metadata, prose), or a remark on how a piece was read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Which column of a table was taken for which field; the others became attributes."""

    place: Location
    header: tuple[str, ...]
    fields: Mapping[str, str]
    source: str
    """``--map``, ``remembered`` or ``guessed``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRead(Read):
    """What was found in a file that holds tables."""

    columns: tuple[Columns, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a person said about the files to be read."""

    columns: Mapping[str, str] = field(default_factory=dict)
    """Column -> field, from ``--map``."""
    remembered: Mapping[tuple[str, ...], Mapping[str, str]] = field(default_factory=dict)
    """Header row -> column -> field, from earlier imports."""
    drafted: Mapping[str, str] | None = None
    """Generator and version of machine-written text, from ``--drafted-by``."""


class Found:
    """What a reader gathers on its way through a file."""

    def __init__(self, source: str, reader: str) -> None:
        self.source, self.reader = source, reader
        self.entries: list[Entry] = []
        self.leftovers: list[Leftover] = []
        self.columns: list[Columns] = []

    def place(self, line: int = 0, part: str = "") -> Location:
        """A place of the file; `part` names a sheet or a member of it."""
        return Location(f"{self.source} {part}" if part else self.source, line, 0)

    def entry(self, place: Location, fields: Mapping[str, Any], attributes: Mapping[str, str] | None = None) -> None:
        """An entry of what is not blank; attributes that are blank say nothing."""
        kept = {k: v for k, v in (attributes or {}).items() if v.strip()}
        given = {k: v for k, v in fields.items() if v not in ("", [], {}, None)}
        self.entries.append(Entry(fields={**given, **({"attributes": kept} if kept else {})}, place=place))

    def aside(self, place: Location, text: str, why: str) -> None:
        self.leftovers.append(Aside(place=place, text=text, why=why))

    def leftover(self, place: Location, text: str, why: str) -> None:
        self.leftovers.append(Leftover(place=place, text=text, why=why))

    def read(self) -> TableRead:
        return TableRead(
            source=self.source,
            reader=self.reader,
            entries=tuple(self.entries),
            leftovers=tuple(self.leftovers),
            columns=tuple(self.columns),
        )


# ------------------------------------------------------------------ text, JSON, XML, ZIP


def text_of(data: bytes, name: str) -> tuple[str, str]:
    """Text and its encoding: UTF-8 with or without BOM, UTF-16 with BOM, else Windows-1252 if every byte has a meaning there."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = ("utf-8-sig", "cp1252")
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            break
        return text.replace("\r\n", "\n").replace("\r", "\n"), encoding
    raise Unreadable("not text in UTF-8, UTF-16 or Windows-1252", where=name, hint="save the file as UTF-8")


def utf8(data: bytes, name: str) -> str:
    """Text of a format that is defined as UTF-8."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = data.count(b"\n", 0, problem.start) + 1
        raise Unreadable(f"not UTF-8 at byte {problem.start}", where=f"{name}:{line}", hint="save the file as UTF-8") from None


def each_once(where: str) -> Callable[[list[tuple[str, Any]]], dict[str, Any]]:
    """For objects of JSON: a key that stands twice is refused, for readers differ in which of the two they believe."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            twice = next(k for i, (k, _) in enumerate(pairs) if k in [p[0] for p in pairs[:i]])
            raise Unreadable(f"the key {one_line(twice)!r} stands twice in one object", where=where)
        return found

    return once


def json_of(data: bytes, name: str) -> Any:
    """A JSON document; numbers stay the text they are written as, duplicate keys and deep nesting are refused."""
    try:
        return json.loads(utf8(data, name), object_pairs_hook=each_once(name), parse_int=str, parse_float=str, parse_constant=str)
    except json.JSONDecodeError as problem:
        raise Unreadable(f"not JSON: {problem.msg}", where=f"{name}:{problem.lineno}") from None
    except RecursionError:
        raise Unreadable(f"JSON nested deeper than any format needs (limit {MAX_DEPTH})", where=name) from None


_DECLARES = re.compile(r"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)


def plain_xml(data: bytes, name: str) -> str:
    """XML text without a document type: entities are how XML reads other files and grows without end."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text, _ = text_of(data, name)
    else:
        text = utf8(data, name)
    if _DECLARES.search(text):
        raise Unreadable("this XML declares a document type or entities; such files are not opened", where=name)
    return text


def unpacked(data: bytes, name: str) -> dict[str, bytes]:
    """Name -> content of a ZIP, after its directory was found to be of a sane size. XML parts may declare no entities."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = [i for i in archive.infolist() if not i.is_dir()]
            total = sum(i.file_size for i in infos)
            if len(infos) > MAX_PACKED_FILES or total > MAX_UNPACKED:
                message = (
                    f"{len(infos)} files of {total} bytes in one archive; the limits are {MAX_PACKED_FILES} and {MAX_UNPACKED}"
                )
                raise Unreadable(message, where=name)
            if any(i.flag_bits & 1 for i in infos):
                raise Unreadable("this file is locked by a password", where=name, hint="save it without one")
            found = {i.filename: archive.read(i) for i in infos}
    except (zipfile.BadZipFile, RuntimeError, EOFError, OSError, ValueError, zipfile_error()) as problem:
        raise Unreadable(f"not a ZIP archive that can be opened: {problem}", where=name) from None
    for part, content in found.items():
        if part.endswith((".xml", ".rels", ".reqif", ".vml")):
            plain_xml(content, f"{name} {part}")
    return found


def zipfile_error() -> type[Exception]:
    """What damaged compressed data raises."""
    import zlib

    return zlib.error


def text(value: Any) -> str:
    """A value of JSON or YAML as text on lines: lists one a line, mappings as ``key: value``; nothing of it is left out."""
    return "\n".join(_lines(value, 0))


def _lines(value: Any, depth: int) -> list[str]:
    if depth > MAX_DEPTH:
        raise Unreadable(f"nested deeper than {MAX_DEPTH} levels")
    if value is None:
        return []
    if isinstance(value, bool):
        return ["true" if value else "false"]
    if isinstance(value, str):
        return value.split("\n")
    out: list[str] = []
    if isinstance(value, Mapping):
        for key, inner in value.items():
            lines = _lines(inner, depth + 1)
            if len(lines) == 1 and not isinstance(inner, list | Mapping):
                out.append(f"{key}: {lines[0]}")
            else:
                out += [f"{key}:", *(f"  {line}" for line in lines)]
        return out
    for inner in value:
        first, *rest = _lines(inner, depth + 1) or [""]
        out += (
            [f"- {first}", *(f"  {line}" for line in rest)]
            if isinstance(inner, Mapping | list) or len(value) > 1
            else [first, *rest]
        )
    return out
