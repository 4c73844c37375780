"""StrictDoc: .sdoc files, read by StrictDoc's own parser."""

from __future__ import annotations

import re
from typing import Any

from csvgen.exchange.columns import mapped
from csvgen.exchange.model import Read
from csvgen.exchange.readers.base import Columns, Found, Options, Unreadable, text_of
from csvgen.exchange.readers.prose import Sections, obliges

MAX_BYTES = 5_000_000
"""The parser needs a second for every 100 kB."""


def read(data: bytes, name: str, options: Options) -> Read:
    """A StrictDoc document. Raises Unreadable with the line where the parser stops."""
    from strictdoc.backend.sdoc.reader import SDReader
    from strictdoc.helpers.exception import StrictDocException

    if len(data) > MAX_BYTES:
        raise Unreadable(f"the file has {len(data)} bytes; the limit for this format is {MAX_BYTES}", where=name, hint="split it")
    text, _ = text_of(data, name)
    try:
        document = SDReader.read(text, file_path=name)
    except StrictDocException as problem:
        where = re.search(r":(\d+):\d+: ", str(problem))
        what = str(problem).partition("Error: ")[2].rpartition(": ")[2] or str(problem)
        raise Unreadable(f"not StrictDoc: {what}", where=f"{name}:{where[1]}" if where else name) from None
    except (AssertionError, AttributeError, KeyError, RuntimeError) as problem:
        raise Unreadable(f"not StrictDoc: {str(problem) or type(problem).__name__}", where=name) from None
    walk = _Walk(Found(name, "strictdoc"), options)
    walk.found.aside(walk.found.place(1), document.title, "the title")
    _about(document.config, walk.found)
    walk.nodes(document.section_contents, 2)
    return walk.found.read()


def _about(config: Any, found: Found) -> None:
    """What the head of a document says beside its title."""
    for name in ("uid", "version", "date", "classification", "requirement_prefix"):
        if said := getattr(config, name, None):
            found.aside(found.place(1), f"{name.upper()}: {said}", "metadata of the document")
    for pair in getattr(getattr(config, "custom_metadata", None), "entries", None) or []:
        found.aside(found.place(1), f"{pair.key}: {pair.value}", "metadata of the document")


def _file(entry: Any) -> str:
    """Path of a file that a node points to, and what of it."""
    if entry is None:
        return ""
    names = ("element", "id", "g_line_range", "hash", "deprecated_function", "deprecated_clazz")
    more = [f"{n.removeprefix('g_').removeprefix('deprecated_')}: {said}" for n in names if (said := getattr(entry, n, None))]
    return f"{entry.g_file_path} ({', '.join(more)})" if more else str(entry.g_file_path)


class _Walk:
    def __init__(self, found: Found, options: Options) -> None:
        self.found = found
        self._options = options
        self._sections = Sections()
        self._shown: set[tuple[str, ...]] = set()

    def nodes(self, nodes: list[Any], level: int) -> None:
        for node in nodes:
            if not hasattr(node, "ordered_fields_lookup"):
                self.found.leftover(
                    self.found.place(), str(getattr(node, "file", "")), "another file is included here; import it too"
                )
                continue
            place = self.found.place(node.ng_line_start or 0)
            values = {
                name: "\n".join(f.get_text_value().strip("\n") for f in fields)
                for name, fields in node.ordered_fields_lookup.items()
            }
            if node.node_type == "SECTION":
                title = values.pop("TITLE", "")
                self._sections.enter(level, title)
                self.found.aside(place, "\n".join([title, *(f"{k}: {v}" for k, v in values.items())]), "a heading")
            elif node.node_type == "TEXT" and not obliges(values.get("STATEMENT", "")):
                self.found.aside(place, values.get("STATEMENT", ""), "prose")
            else:
                self._requirement(node, place, values)
            self.nodes(node.section_contents or [], level + 1)

    def _requirement(self, node: Any, place: Any, values: dict[str, str]) -> None:
        header = tuple(values)
        fields, source = mapped(header, self._options.columns, self._options.remembered)
        if header not in self._shown:
            self._shown.add(header)
            self.found.columns.append(Columns(place=place, header=header, fields=fields, source=source))
        attributes = {name: value for name, value in values.items() if name not in fields}
        for relation in node.relations:
            name = " ".join(filter(None, [str(relation.ref_type), str(relation.role or "")]))
            target = str(getattr(relation, "ref_uid", "") or _file(getattr(relation, "g_file_entry", None)))
            attributes[name] = "\n".join(filter(None, [attributes.get(name, ""), target]))
        if node.node_type != "REQUIREMENT":
            attributes["Kind of node"] = node.node_type
        if self._sections.path:
            attributes["Section"] = self._sections.path
        self.found.entry(place, {field: values[name] for name, field in fields.items()}, attributes)
