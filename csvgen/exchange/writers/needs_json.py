"""needs.json, as Sphinx-Needs exports and imports it: requirements and risks as needs, linked from requirement to risk.

``title`` is the title and ``content`` the statement of a requirement; its other fields are options of the same name, as one
text each (`csvgen.exchange.cells`). ``exported`` says what a requirement was when it was exported. No time is written: the
file depends on the requirements only.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from csvgen.diagnostics import Location
from csvgen.errors import BadInput
from csvgen.exchange.cells import flat, unflat
from csvgen.exchange.changes import FIELDS, Base, Held
from csvgen.exchange.export import FORMAT, Export, Own, base, exported
from csvgen.exchange.model import Entry
from csvgen.exchange.readers.base import json_of

_VERSION = "1"
_SAME = {"id": "id", "title": "title", "statement": "content"}
"""Field -> key of a need."""
_OPTIONS = tuple(f for f in FIELDS if f not in _SAME)


def write(export: Export) -> bytes:
    """The file, indented and with sorted keys."""
    needs = {h.id: _need(h, export.threats[h.id]) for h in export.requirements} | {
        r.id: _shaped("risk", r.id, r.failure_mode, "", [i for i in r.requirements if i in export.threats]) for r in export.risks
    }
    version = {
        "creator": {"program": "csvgen", "version": export.made_by},
        "filters": {},
        "filters_amount": 0,
        "needs": needs,
        "needs_amount": len(needs),
    }
    value = {"format": FORMAT, "project": export.system, "current_version": _VERSION, "versions": {_VERSION: version}}
    return (json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode("utf-8")


def _need(h: Held, risks: tuple[str, ...]) -> dict[str, Any]:
    fields = h.fields
    options = {f: flat(f, fields.get(f)) for f in _OPTIONS}
    need = _shaped("req", h.id, fields["title"], fields["statement"], risks) | options | {"exported": exported(h)}
    return need | {"tags": [fields["category"], fields["phase"]], "status": "draft" if fields.get("drafted") else "open"}


def _shaped(kind: str, name: str, title: str, content: str, links: Any) -> dict[str, Any]:
    names = {"req": "Requirement", "risk": "Risk"}
    return {
        "id": name, "type": kind, "type_name": names[kind], "title": title, "content": content, "status": None, "tags": [],
        "links": list(links), "sections": [], "docname": None, "lineno": None, "external_url": None, "is_external": False,
        "is_need": True, "is_part": False, "parts": {},
    }  # fmt: skip


def read(data: bytes, name: str) -> Own:
    """The entries of a file `write` made, edited or not. Raises BadInput with file and id."""
    value = json_of(data, name)
    versions = _inner(value, "versions")
    needs = _inner(_inner(versions, str(_inner(value, "current_version"))), "needs")
    if not isinstance(needs, Mapping):
        raise BadInput("there are no needs of the current version", where=name)
    entries: list[Entry] = []
    bases: dict[str, Base] = {}
    for key, need in needs.items():
        where = f"{name} {key}"
        if not isinstance(need, Mapping):
            raise BadInput("a need must be an object", where=where)
        if need.get("type") == "risk":
            continue
        values = {f: unflat(f, _text(need, _SAME.get(f, f), where), f"{where} {f}") for f in FIELDS}
        entry = Entry(fields={f: v for f, v in values.items() if v is not None}, place=Location(where))
        entries.append(entry)
        if (found := base(_text(need, "exported", where))) is not None:
            bases[entry.id] = found
    system = str(value.get("project", ""))
    return Own(source=name, reader="csvgen needs", entries=tuple(entries), system=system, columns=FIELDS, bases=bases)


def _inner(value: Any, key: str) -> Any:
    return value.get(key) if isinstance(value, Mapping) else None


def _text(need: Mapping[str, Any], key: str, where: str) -> str:
    found = need.get(key, "")
    if found is None:
        return ""
    if not isinstance(found, str):
        raise BadInput(f"{key} must be a text", where=where)
    return found
