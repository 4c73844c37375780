"""OSCAL catalogs in JSON: controls with their nested statements; parameters are put in visibly, as [Assignment: label]."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from csvgen.exchange.model import Read
from csvgen.exchange.readers.base import MAX_DEPTH, Found, Options, Unreadable, json_of, text
from csvgen.exchange.readers.prose import Sections

_INSERT = re.compile(r"\{\{\s*(?:insert:\s*)?param\s*,?\s*([^\s}]+)\s*\}\}")


def read(data: bytes, name: str, _options: Options) -> Read:
    """A catalog. Raises Unreadable for JSON of another form."""
    document = json_of(data, name)
    catalog = document.get("catalog") if isinstance(document, Mapping) else None
    if not isinstance(catalog, Mapping):
        raise Unreadable("not an OSCAL catalog", where=name)
    try:
        walk = _Walk(Found(name, "oscal"))
        walk.parameters(catalog, 0)
        walk.group(catalog, "/catalog", 0)
    except (AttributeError, TypeError, KeyError) as problem:
        raise Unreadable(f"not an OSCAL catalog: {problem}", where=name) from None
    return walk.found.read()


class _Walk:
    def __init__(self, found: Found) -> None:
        self.found = found
        self._sections = Sections()
        self._parameters: dict[str, Mapping[str, Any]] = {}

    def parameters(self, value: Any, depth: int) -> None:
        """Every parameter by its id: a control may use those of another."""
        if depth > MAX_DEPTH:
            raise Unreadable(f"groups and controls nested deeper than {MAX_DEPTH}", where=self.found.source)
        for parameter in value.get("params", ()):
            self._parameters[parameter["id"]] = parameter
        for key in ("groups", "controls"):
            for inner in value.get(key, ()):
                self.parameters(inner, depth + 1)

    def group(self, value: Mapping[str, Any], path: str, level: int) -> None:
        place = self.found.place(0, path)
        metadata = value.get("metadata", {})
        title = self._said(value.get("title", metadata.get("title", "")))
        if title:
            self._sections.enter(level + 1, title)
            self.found.aside(place, title, "the title" if not level else "a group")
        for key in value:
            if key in {"metadata", "back-matter", "parts", "props", "links"}:
                self.found.aside(place, self._said(text(value[key])), f"{key} of a catalog or group")
        for key, inner in (("groups", self.group), ("controls", self.control)):
            for number, part in enumerate(value.get(key, ())):
                inner(part, f"{path}/{key}/{number}", level + 1)

    def control(self, value: Mapping[str, Any], path: str, level: int) -> None:
        place, identity = self.found.place(0, path), value["id"]
        props = {p["name"]: p["value"] for p in value.get("props", ())}
        statement = [line for part in value.get("parts", ()) if part.get("name") == "statement" for line in self._part(part, "")]
        title = self._said(value.get("title", ""))
        if props.get("status", "").lower() == "withdrawn":
            self.found.aside(place, f"{identity} {title}", "a withdrawn control is not imported")
        else:
            attributes = {"Section": self._sections.path, **{k.capitalize(): v for k, v in props.items()}}
            for part in value.get("parts", ()):
                if part.get("name") != "statement":
                    name = str(part.get("title") or part.get("name", "part")).capitalize()
                    kept = attributes.get(name, "")
                    attributes[name] = "\n".join(filter(None, [kept, *self._part(part, "")]))
            known = {"id", "title", "props", "parts", "params", "controls"}
            attributes |= {k.capitalize(): text(v) for k, v in value.items() if k not in known}
            attributes["Parameters"] = "\n".join(f"{p['id']}: {self._parameter(p['id'])}" for p in value.get("params", ()))
            self.found.entry(place, {"id": identity, "title": title, "statement": "\n".join(statement) or title}, attributes)
        for number, inner in enumerate(value.get("controls", ())):
            self.control(inner, f"{path}/controls/{number}", level + 1)

    def _part(self, part: Mapping[str, Any], indent: str) -> list[str]:
        """The prose of a part and of those inside it, each with its label."""
        label = next((p["value"] for p in part.get("props", ()) if p["name"] == "label"), "")
        said = " ".join(filter(None, [label, self._said(part.get("prose", ""))]))
        lines = [indent + line for line in said.split("\n")] if said else []
        deeper = indent + "  " if said else indent
        return [*lines, *(line for inner in part.get("parts", ()) for line in self._part(inner, deeper))]

    def _said(self, prose: str, depth: int = 0) -> str:
        return _INSERT.sub(lambda m: self._parameter(m[1], depth), prose)

    def _parameter(self, identity: str, depth: int = 0) -> str:
        """What a parameter says: its values, its choices, or its label; an unknown one by its id."""
        parameter = self._parameters.get(identity)
        if parameter is None or depth > MAX_DEPTH // 10:
            return f"[Assignment: {identity}]"
        if values := parameter.get("values"):
            return f"[{', '.join(map(str, values))}]"
        select = parameter.get("select", {})
        choices: Sequence[str] = select.get("choice", ())
        if choices:
            said = "; ".join(self._said(c, depth + 1) for c in choices)
            return f"[Selection ({select.get('how-many', 'one')}): {said}]"
        return f"[Assignment: {parameter.get('label', identity)}]"
