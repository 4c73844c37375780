"""JSON Lines: one requirement a line, as canonical JSON. Keys and values are those of urs/*.yaml, and

``format``    ``csvgen.requirements/1``, on every line
``system``    the system
``risks``     ids of its risks; not read back
``exported``  id and digest at the time of the export; what was changed since is told by them
"""

from __future__ import annotations

from typing import Any

from csvgen.canonical import canonical_json
from csvgen.diagnostics import Location
from csvgen.errors import BadInput
from csvgen.exchange.changes import FIELDS, Base
from csvgen.exchange.export import FORMAT, Export, Own, base, exported
from csvgen.exchange.model import Entry
from csvgen.exchange.readers.base import json_of

_OURS = ("format", "system", "risks", "exported")


def write(export: Export) -> bytes:
    """One line for each requirement, in the order of the specification."""
    return b"".join(
        canonical_json(
            dict(h.fields)
            | {"format": FORMAT, "system": export.system, "risks": list(export.threats[h.id]), "exported": exported(h)}
        )
        for h in export.requirements
    )


def read(data: bytes, name: str) -> Own:
    """The entries of a file `write` made, edited or not. Raises BadInput with file and line."""
    entries: list[Entry] = []
    bases: dict[str, Base] = {}
    system = ""
    for number, line in enumerate(data.split(b"\n"), 1):
        if not line.strip():
            continue
        where = f"{name}:{number}"
        value = json_of(line, where)
        if not isinstance(value, dict) or value.get("format") != FORMAT:
            raise BadInput(f"this line is no object of the format {FORMAT}", where=where)
        if not texts_only(value):
            raise BadInput("values are texts, lists and objects of texts here", where=where, hint='write "1.10", not 1.10')
        entry = Entry(fields={k: v for k, v in value.items() if k not in _OURS}, place=Location(name, number, 1))
        entries.append(entry)
        system = system or str(value.get("system", ""))
        if (found := base(str(value.get("exported", "")))) is not None:
            bases[entry.id] = found
    return Own(source=name, reader="csvgen json lines", entries=tuple(entries), system=system, columns=FIELDS, bases=bases)


def texts_only(value: Any) -> bool:
    """Whether a value is made of what a specification is made of. `json_of` has bounded the depth and left numbers as text."""
    todo = [value]
    while todo:
        inner = todo.pop()
        if isinstance(inner, dict):
            todo += inner.values()
        elif isinstance(inner, list):
            todo += inner
        elif not isinstance(inner, str):
            return False
    return True
