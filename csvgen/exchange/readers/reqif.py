"""ReqIF: .reqif files and .reqifz archives of them, read by the reqif library. Rich text becomes plain text; its pictures are shown as lost."""

from __future__ import annotations

import re
from typing import Any

from csvgen.exchange.columns import mapped
from csvgen.exchange.model import Read
from csvgen.exchange.readers.base import Columns, Found, Options, Unreadable, plain_xml, unpacked
from csvgen.exchange.readers.prose import Sections, obliges

_BLOCKS = {"p", "div", "li", "h1", "h2", "h3", "h4", "h5", "h6", "tr", "pre", "ul", "ol", "table", "dt", "dd"}
_CHAPTER = "ReqIF.ChapterName"


def read(data: bytes, name: str, options: Options) -> Read:
    """A ReqIF exchange. Raises Unreadable for XML of another form, entities, and archives of insane size."""
    found = Found(name, "reqif")
    if data[:2] == b"PK":
        members = unpacked(data, name)
        if not any(m.lower().endswith(".reqif") for m in members):
            raise Unreadable("there is no .reqif in this archive", where=name)
        for member, content in members.items():
            if member.lower().endswith(".reqif"):
                _Exchange(_parsed(content, f"{name} {member}"), found, options, member).read()
            else:
                found.leftover(found.place(0, member), member, "an attached file is not imported")
    else:
        _Exchange(_parsed(data, name), found, options, "").read()
    return found.read()


def _parsed(data: bytes, name: str) -> Any:
    from reqif.parser import ReqIFParser

    try:
        bundle = ReqIFParser.parse_from_string(plain_xml(data, name))
    except Unreadable:
        raise
    except Exception as problem:  # noqa: BLE001 - the library raises whatever a damaged file makes it stumble on
        raise Unreadable(f"not ReqIF: {str(problem) or type(problem).__name__}", where=name) from None
    if bundle.core_content is None or bundle.core_content.req_if_content is None:
        raise Unreadable("this ReqIF file has no content", where=name)
    return bundle


class _Exchange:
    def __init__(self, bundle: Any, found: Found, options: Options, member: str) -> None:
        self._bundle, self._content = bundle, bundle.core_content.req_if_content
        self._found, self._options, self._member = found, options, member
        types = self._content.spec_types or []
        self._types = {t.identifier: t for t in types}
        enumerations = (v for d in self._content.data_types or [] for v in getattr(d, "values", None) or [])
        self._words = {v.identifier: v.long_name or v.key or v.identifier for v in enumerations}
        self._names = {o.identifier: self._id_of(o) for o in self._content.spec_objects or []}
        self._links = self._relations()
        self._shown: set[str] = set()

    def read(self) -> None:
        """Every object in the order of the specifications, then those no specification shows."""
        seen: set[str] = set()
        by_id = {o.identifier: o for o in self._content.spec_objects or []}
        for specification in self._content.specifications or []:
            sections = Sections()
            self._found.aside(self._place(), specification.long_name or specification.identifier, "the title")
            for node in self._bundle.iterate_specification_hierarchy(specification):
                if node.spec_object not in by_id:
                    self._found.leftover(
                        self._place(), node.spec_object, "the specification shows an object that is not in the file"
                    )
                elif node.spec_object in seen:
                    self._found.aside(self._place(), node.spec_object, "an object that is shown more than once")
                else:
                    seen.add(node.spec_object)
                    self._object(by_id[node.spec_object], sections, node.level + 1)
        for identity, thing in by_id.items():
            if identity not in seen:
                self._object(thing, Sections(), 1)
                self._found.aside(self._place(thing), identity, "an object that no specification shows; it is read all the same")
        for problem in self._bundle.exceptions:
            self._found.leftover(self._place(), problem.get_description()[:500], "a part of the file that is not of the schema")

    def _place(self, thing: Any = None) -> Any:
        node = getattr(thing, "xml_node", None)
        return self._found.place(getattr(node, "sourceline", 0) or 0, self._member)

    def _object(self, thing: Any, sections: Sections, level: int) -> None:
        values, place = self._values(thing), self._place(thing)
        if (chapter := values.get(_CHAPTER, "").strip()) and not values.get("ReqIF.Text", "").strip():
            sections.enter(level, chapter)
            more = "\n".join(f"{k}: {v}" for k, v in values.items() if k != _CHAPTER and v.strip())
            self._found.aside(place, "\n".join(filter(None, [chapter, more])), "a heading")
            return
        header = tuple(values)
        fields, source = mapped(header, self._options.columns, self._options.remembered)
        kind = self._types.get(thing.spec_object_type)
        if thing.spec_object_type not in self._shown:
            self._shown.add(thing.spec_object_type)
            self._found.columns.append(Columns(place=place, header=header, fields=fields, source=source))
        given = {field: values[name] for name, field in fields.items() if values[name].strip()}
        if "id" not in given and not obliges(said := given.get("statement", thing.description or "")):
            self._found.aside(
                place,
                "\n".join(dict.fromkeys(filter(None, [said, *values.values()]))) or thing.identifier,
                "an object without an id: prose",
            )
            return
        if "id" not in given:
            given["id"] = thing.long_name if thing.long_name and " " not in thing.long_name else thing.identifier
        attributes = {name: value for name, value in values.items() if name not in fields}
        if "statement" not in given and thing.description:
            given["statement"] = thing.description
        elif thing.description:
            attributes["DESC"] = thing.description
        if kind is not None and kind.long_name:
            attributes["Kind of object"] = kind.long_name
        if sections.path:
            attributes["Section"] = sections.path
        self._found.entry(place, given, {**attributes, **self._links.get(thing.identifier, {})})

    def _id_of(self, thing: Any) -> str:
        """The id people know an object by."""
        names = self._attribute_names(thing)
        values = {names.get(a.definition_ref, ""): a.value for a in thing.attributes if a.attribute_type.name == "STRING"}
        fields, _ = mapped(tuple(values), self._options.columns, self._options.remembered)
        said = next((str(values[n]) for n, f in fields.items() if f == "id" and values[n]), "")
        return said or str(thing.long_name or thing.identifier)

    def _attribute_names(self, thing: Any) -> dict[str, str]:
        kind = self._types.get(thing.spec_object_type)
        return {d.identifier: d.long_name or d.identifier for d in getattr(kind, "attribute_definitions", None) or []}

    def _values(self, thing: Any) -> dict[str, str]:
        """Name of an attribute -> its value as text."""
        names = self._attribute_names(thing)
        found: dict[str, str] = {}
        for attribute in thing.attributes:
            name = names.get(attribute.definition_ref, attribute.definition_ref)
            node = (
                attribute.xml_node.find("THE-VALUE")
                if attribute.attribute_type.name == "XHTML" and attribute.xml_node is not None
                else None
            )
            if node is not None:
                found[name] = _plain("".join(self._rich(node, thing)))
            elif isinstance(attribute.value, list):
                found[name] = ", ".join(str(self._words.get(v, v)) for v in attribute.value)
            else:
                found[name] = self._line_ends(str(attribute.value or ""), thing)
        return found

    def _line_ends(self, value: str, thing: Any) -> str:
        """StrictDoc writes a line end as a backslash and the letter n; nobody else does."""
        tool = getattr(self._bundle.req_if_header, "source_tool_id", None) or ""
        if tool.casefold() != "strictdoc" or "\\n" not in value:
            return value
        self._found.aside(self._place(thing), value, "\\n, as StrictDoc writes it, was read as a line end")
        return value.replace("\\n", "\n")

    def _rich(self, node: Any, thing: Any) -> list[str]:
        """Rich text as pieces of plain text: blocks on lines of their own, items with a dash, pictures named."""
        out = [_flowing(node.text)]
        for child in node:
            tag = child.tag.rsplit("}", 1)[-1] if isinstance(child.tag, str) else ""
            if tag == "br":
                out.append("\n")
            elif tag in {"object", "img"}:
                source = child.get("data") or child.get("src") or ""
                self._found.leftover(self._place(thing), source, "a picture or attachment in a text is not imported")
                out.append(f"[picture: {source}]")
            elif tag:
                inner = "".join(self._rich(child, thing))
                mark = "- " if tag == "li" else ""
                out.append(f"\n{mark}{inner.strip() if tag == 'li' else inner}\n" if tag in _BLOCKS else inner)
                out.append(" | " if tag in {"td", "th"} else "")
            out.append(_flowing(child.tail))
        return out

    def _relations(self) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for relation in self._content.spec_relations or []:
            kind = self._types.get(relation.relation_type_ref)
            name = f"Link {getattr(kind, 'long_name', None) or 'to'}"
            mine = found.setdefault(relation.source, {})
            mine[name] = "\n".join(filter(None, [mine.get(name, ""), self._names.get(relation.target, relation.target)]))
        return found


def _flowing(text: str | None) -> str:
    """Text of XML as it flows: how its source is broken into lines means nothing."""
    return re.sub(r"[ \t\r\n]+", " ", text or "")


def _plain(text: str) -> str:
    """Lines without the layout of the XML file around them; no more than one blank line together."""
    lines: list[str] = []
    for line in text.split("\n"):
        words = _flowing(line).strip(" ")
        if words or (lines and lines[-1]):
            lines.append(words)
    while lines and not lines[-1]:
        lines.pop()
    return "\n".join(line for i, line in enumerate(lines) if line or not lines[i + 1].startswith("- "))
