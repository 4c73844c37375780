"""ReqIF: .reqif files and .reqifz archives of them, read by the reqif library. Rich text becomes plain text; its pictures are shown as lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from csvgen.exchange.columns import distinct, mapped
from csvgen.exchange.model import Read
from csvgen.exchange.readers.base import Columns, Found, Options, Unreadable, plain_xml, unpacked
from csvgen.exchange.readers.prose import Sections, obliges
from csvgen.exchange.readers.raised import lowered, raised, resolved

_BLOCKS = {"p", "div", "li", "h1", "h2", "h3", "h4", "h5", "h6", "tr", "pre", "ul", "ol", "table", "dt", "dd"}
_CHAPTER = "ReqIF.ChapterName"
PARENT = "Parent in the file"
"""Attribute of a requirement that stands below another one: the id of that one, as the file has it."""


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
            above: list[tuple[int, str]] = []
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
                    above = [(level, name) for level, name in above if level < node.level]
                    if self._object(by_id[node.spec_object], sections, node.level + 1, above[-1][1] if above else ""):
                        above.append((node.level, self._names[node.spec_object]))
        for identity, thing in by_id.items():
            if identity not in seen:
                self._object(thing, Sections(), 1)
                self._found.aside(self._place(thing), identity, "an object that no specification shows; it is read all the same")
        for problem in self._bundle.exceptions:
            self._found.leftover(self._place(), problem.get_description()[:500], "a part of the file that is not of the schema")

    def _place(self, thing: Any = None) -> Any:
        node = getattr(thing, "xml_node", None)
        return self._found.place(getattr(node, "sourceline", 0) or 0, self._member)

    def _object(self, thing: Any, sections: Sections, level: int, parent: str = "") -> bool:
        """Whether the object is a requirement, which others may stand below."""
        values, place = self._values(thing), self._place(thing)
        if (chapter := values.get(_CHAPTER, "").strip()) and not values.get("ReqIF.Text", "").strip():
            sections.enter(level, chapter)
            more = "\n".join(f"{k}: {v}" for k, v in values.items() if k != _CHAPTER and v.strip())
            self._found.aside(place, "\n".join(filter(None, [chapter, more])), "a heading")
            return False
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
            return False
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
        if parent:
            attributes[PARENT] = parent
        self._found.entry(place, given, {**attributes, **self._links.get(thing.identifier, {})})
        return True

    def _id_of(self, thing: Any) -> str:
        """The id people know an object by."""
        names = self._attribute_names(thing)
        values = {names.get(a.definition_ref, ""): a.value for a in thing.attributes if a.attribute_type.name == "STRING"}
        fields, _ = mapped(tuple(values), self._options.columns, self._options.remembered)
        said = next((str(values[n]) for n, f in fields.items() if f == "id" and values[n]), "")
        return said or str(thing.long_name or thing.identifier)

    def _attribute_names(self, thing: Any) -> dict[str, str]:
        """Identifier of a definition -> its name; two of one name are counted."""
        definitions = self._definitions(thing)
        names = distinct([d.long_name or d.identifier for d in definitions])
        return {d.identifier: name for d, name in zip(definitions, names, strict=True)}

    def _definitions(self, thing: Any) -> list[Any]:
        return getattr(self._types.get(thing.spec_object_type), "attribute_definitions", None) or []

    def _values(self, thing: Any) -> dict[str, str]:
        """Name of an attribute -> its value as text; where the object has none, the default of the definition."""
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
                found[name] = self._text(node, thing)
            elif isinstance(attribute.value, list):
                found[name] = ", ".join(str(self._words.get(v, v)) for v in attribute.value)
            else:
                found[name] = self._line_ends(str(attribute.value or ""), thing)
        said = {a.definition_ref for a in thing.attributes}
        for definition in self._definitions(thing):
            if definition.identifier not in said and (default := self._default(definition, thing)):
                found[names[definition.identifier]] = default
        return found

    def _default(self, definition: Any, thing: Any) -> str:
        """What holds for every object that says nothing else."""
        node = definition.xml_node.find("DEFAULT-VALUE") if definition.xml_node is not None else None
        if node is None:
            return ""
        if chosen := [r.text or "" for r in node.iter("ENUM-VALUE-REF")]:
            return ", ".join(str(self._words.get(v, v)) for v in chosen)
        if (rich := node.find(".//THE-VALUE")) is not None:
            return self._text(rich, thing)
        return next((v for inner in node if (v := inner.get("THE-VALUE"))), "")

    def _text(self, node: Any, thing: Any) -> str:
        return _plain(resolved("".join(self._rich(node, thing))))

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
            elif why := _unseen(child, tag):
                self._found.leftover(self._place(thing), self._text(child, thing), f"holds {why} text; it is not imported")
            elif tag == "a" or (tag not in _BLOCKS and _shift(child, tag)):
                inner, address, shift = "".join(self._rich(child, thing)), child.get("href", ""), _shift(child, tag)
                inner = shift(inner) if shift is not None else inner
                out.append(f"{inner} ({address})" if address not in ("", inner) else inner)
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


_SHIFTS: dict[str, Callable[[str], str]] = {"sup": raised, "sub": lowered, "super": raised}


def _style(node: Any) -> dict[str, str]:
    pairs = (part.partition(":") for part in node.get("style", "").casefold().split(";"))
    return {name.strip(): value.replace("!important", "").strip() for name, _, value in pairs}


def _shift(node: Any, tag: str) -> Callable[[str], str] | None:
    return _SHIFTS.get(tag) or _SHIFTS.get(_style(node).get("vertical-align", ""))


def _unseen(node: Any, tag: str) -> str:
    """Why a piece of rich text is not valid or not seen; empty for any other."""
    style = _style(node)
    if tag in {"del", "s", "strike"} or "line-through" in style.get("text-decoration", "") + style.get(
        "text-decoration-line", ""
    ):
        return "struck-out"
    if style.get("display") == "none" or style.get("visibility") == "hidden":
        return "hidden"
    white = re.sub(r"\s", "", style.get("color", "")) in {"white", "#fff", "#ffffff", "rgb(255,255,255)"}
    return "white" if white and not {"background", "background-color"} & set(style) else ""


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
