"""Doorstop: one YAML file an item, its name the id. Inactive items are shown and not imported."""

from __future__ import annotations

from pathlib import PurePath

from csvgen.exchange.model import Read
from csvgen.exchange.readers.base import Found, Options, Unreadable, text
from csvgen.marks import load

_SETTINGS = ".doorstop.yml"
_KEYS = {"active", "level", "text", "ref", "links", "normative", "derived", "header", "reviewed", "references"}


def read(data: bytes, name: str, _options: Options) -> Read:
    """One item. Raises Unreadable with its line for YAML that is not of this form."""
    marked, findings = load(data, name)
    if marked is None:
        raise Unreadable(findings[0].message, where=str(findings[0].location), hint=findings[0].hint)
    found, item = Found(name, "doorstop"), marked.value
    if PurePath(name).name == _SETTINGS:
        found.aside(found.place(1), text(item), "settings of a Doorstop document")
        return found.read()
    if not isinstance(item, dict) or not {"text", "level"} <= set(item):
        raise Unreadable("not a Doorstop item: it has no text and level", where=name)
    identity, statement, header = PurePath(name).stem, text(item["text"]).strip(), text(item.get("header", "")).strip()
    level = text(item["level"])
    if item.get("active", "true") != "true":
        found.aside(found.place(1), f"{identity} {statement}", "an inactive item is not imported")
    elif item.get("normative", "true") != "true":
        found.aside(found.place(1), f"{identity} {level} {header} {statement}".strip(), "a heading or remark, not normative")
    else:
        attributes = {"Level": level, "Links": text(item.get("links", "")), "Reference": text(item.get("ref", ""))}
        more = {k: text(v) for k, v in item.items() if k not in _KEYS or k in {"derived", "reviewed", "references"}}
        kept = {**attributes, **{k.capitalize(): v for k, v in more.items() if (k, v) != ("derived", "false") and v != "null"}}
        found.entry(found.place(1), {"id": identity, "title": header, "statement": statement or header}, kept)
    return found.read()
