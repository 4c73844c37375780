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
        for key, value in document.items():
            if key != "catalog":
                walk.found.aside(walk.found.place(0, f"/{key}"), text(value), "beside the catalog")
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
            if key not in {"id", "uuid", "title", "groups", "controls"}:
                self.found.aside(place, self._said(text(value[key])), f"{key} of a catalog or group")
        for key, inner in (("groups", self.group), ("controls", self.control)):
            for number, part in enumerate(value.get(key, ())):
                inner(part, f"{path}/{key}/{number}", level + 1)

    def control(self, value: Mapping[str, Any], path: str, level: int) -> None:
        place, identity = self.found.place(0, path), value["id"]
        props = _props(value)
        statement = [
            line
            for part in value.get("parts", ())
            if part.get("name") == "statement"
            for line in self._part(part, "", inner=True)
        ]
        title = self._said(value.get("title", ""))
        if any(p["name"] == "status" and str(p["value"]).lower() == "withdrawn" for p in value.get("props", ())):
            self.found.aside(place, f"{identity} {title}", "a withdrawn control is not imported")
        else:
            attributes = {"Section": self._sections.path, **{k.capitalize(): v for k, v in props.items()}}
            for part in value.get("parts", ()):
                if part.get("name") != "statement":
                    name = str(part.get("title") or part.get("name", "part")).capitalize()
                    kept = attributes.get(name, "")
                    attributes[name] = "\n".join(filter(None, [kept, *self._part(part, "")]))
            known = {"id", "title", "props", "parts", "params", "controls"}
            more = {k.capitalize(): text(v) for k, v in value.items() if k not in known}
            more["Parameters"] = "\n".join(line for p in value.get("params", ()) for line in self._whole(p))
            more["Parts in detail"] = "\n".join(line for part in value.get("parts", ()) for line in _details(part))
            for name, said in more.items():
                attributes[name] = "\n".join(filter(None, [attributes.get(name, ""), said]))
            self.found.entry(place, {"id": identity, "title": title, "statement": "\n".join(statement) or title}, attributes)
        for number, inner in enumerate(value.get("controls", ())):
            self.control(inner, f"{path}/controls/{number}", level + 1)

    def _part(self, part: Mapping[str, Any], indent: str, *, inner: bool = False) -> list[str]:
        """The prose of a part and of those inside it, each with its label."""
        label = next((p["value"] for p in part.get("props", ()) if p["name"] == "label"), "")
        title = self._said(part.get("title", "")) if inner else ""
        said = " ".join(filter(None, [label, title, self._said(part.get("prose", ""))]))
        lines = [indent + line for line in said.split("\n")] if said else []
        deeper = indent + "  " if said else indent
        return [*lines, *(line for below in part.get("parts", ()) for line in self._part(below, deeper, inner=True))]

    def _whole(self, parameter: Mapping[str, Any]) -> list[str]:
        """A parameter as it is put into texts, and below it whatever else is said about it."""
        shown = {"id", "values"} if parameter.get("values") else {"id", "select"} if parameter.get("select") else {"id", "label"}
        rest = text({k: v for k, v in parameter.items() if k not in shown})
        return [f"{parameter['id']}: {self._parameter(parameter['id'])}", *(f"  {line}" for line in rest.split("\n") if line)]

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


def _props(value: Mapping[str, Any]) -> dict[str, str]:
    """Name of a property -> its value, one a line where there are several, with whatever else is said about it."""
    found: dict[str, str] = {}
    for prop in value.get("props", ()):
        more = "; ".join(f"{k}: {text(v)}" for k, v in prop.items() if k not in {"name", "value"})
        said = f"{prop['value']} ({more})" if more else str(prop["value"])
        name = prop["name"]
        found[name] = f"{found[name]}\n{said}" if name in found else said
    return found


def _details(part: Mapping[str, Any]) -> list[str]:
    """What a part and those inside it say beside prose, title and first label."""
    props = list(part.get("props", ()))
    label = next((p for p in props if p["name"] == "label" and set(p) == {"name", "value"}), None)
    rest = {k: v for k, v in part.items() if k not in {"id", "name", "title", "prose", "parts", "props"}}
    rest |= {"props": more} if (more := [p for p in props if p is not label]) else {}
    lines = text({str(part.get("id") or part.get("name", "part")): rest}).split("\n") if rest else []
    return [*lines, *(line for inner in part.get("parts", ()) for line in _details(inner))]
