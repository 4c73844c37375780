"""sphinx-needs: needs.json as its builder writes it. The current version is read; others, and needs that are no requirements, are shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from csvgen.exchange.columns import guess, mapped
from csvgen.exchange.model import Read
from csvgen.exchange.readers.base import Found, Options, Unreadable, json_of, text

_REQUIREMENTS = ("req", "need", "urs", "story", "feature")
_NOISE = {
    "id_complete",
    "id_parent",
    "content_node",
    "is_need",
    "is_part",
    "is_external",
    "external_css",
    "full_title",
    "sections",
    "content_id",
}
"""What the builder adds for its own layout and says elsewhere."""


def read(data: bytes, name: str, options: Options) -> Read:
    """A needs.json. Raises Unreadable when it has no versions with needs."""
    document = json_of(data, name)
    versions = document.get("versions") if isinstance(document, Mapping) else None
    if not isinstance(versions, Mapping) or not versions:
        raise Unreadable("not a needs.json: it has no versions", where=name)
    current = str(document.get("current_version", ""))
    if current not in versions:
        if len(versions) > 1:
            raise Unreadable(f"the current version {current!r} is none of {', '.join(versions)}", where=name)
        current = next(iter(versions))
    found = Found(name, "needs")
    for version, inner in versions.items():
        needs = inner.get("needs") if isinstance(inner, Mapping) else None
        if not isinstance(needs, Mapping):
            raise Unreadable(f"the version {version!r} has no needs", where=name)
        if version != current:
            found.aside(
                found.place(0, f"version {version}"), ", ".join(needs), f"needs of another version than the current {current}"
            )
            continue
        for key, need in needs.items():
            if not isinstance(need, Mapping):
                raise Unreadable(f"the need {key!r} is not an object", where=name)
            _need(key, need, found, options)
    return found.read()


def _need(key: str, need: Mapping[str, Any], found: Found, options: Options) -> None:
    kind, place = text(need.get("type", "req")), found.place(0, f"need {key}")
    values = {str(k): text(v).strip() for k, v in need.items()}
    statement = values.get("content", "") or values.get("description", "")
    if not any(word in kind.casefold() for word in _REQUIREMENTS):
        found.leftover(place, f"{key} {values.get('title', '')}", f"a need of the type {kind!r} is no user requirement")
        return
    rest = {
        k: v
        for k, v in values.items()
        if k not in {*_NOISE, "id", "title", "content", "description", "lineno", "type_color", "type_style"}
    }
    names = tuple(rest)
    asked, _ = mapped(names, options.columns, options.remembered)
    known = {
        c: f
        for c, f in (asked or guess(names)).items()
        if f not in {"id", "title", "statement", "category"} or c in options.columns
    }
    fields = {"id": values.get("id", key), "title": values.get("title", ""), "statement": statement or values.get("title", "")}
    attributes = {k: v for k, v in rest.items() if k not in known and v not in {"false", "null"}}
    if (more := values.get("description", "")) and more != statement:
        attributes["description"] = more
    if section := " > ".join(reversed([text(s) for s in need.get("sections") or []])):
        attributes["Section"] = section
    if "docname" in attributes and "lineno" in values:
        attributes["docname"] += f":{values['lineno']}"
    found.entry(place, {**fields, **{f: rest[c] for c, f in known.items()}}, attributes)
