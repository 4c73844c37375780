"""Fields of a requirement as one text each, for formats that know nothing but text: `flat`, and back: `unflat`.

Texts stay as they are. A list of words stands one a line (as JSON where a line cannot carry an entry). What has keys stands as
YAML, as in a specification: people edit it there too.
"""

from __future__ import annotations

import json
from typing import Any

from csvgen.errors import BadInput
from csvgen.exchange.yaml_text import dump
from csvgen.marks import load

LISTS = frozenset({"clauses", "impact", "given", "when", "then"})
"""Fields of a requirement or criterion that are lists of texts."""
YAML = frozenset({"covered", "drafted", "attributes", "parameters", "inputs"})
ROWS = frozenset({"criteria"})


def flat(name: str, value: Any) -> str:
    """The value of a field as text; empty for none."""
    if value is None or value in ([], {}):
        return ""
    if name in LISTS:
        return "\n".join(value) if all(map(_fits_line, value)) else json.dumps(value, ensure_ascii=True)
    return dump(value)[:-1] if name in YAML | ROWS else str(value)


def _fits_line(text: str) -> bool:
    return text.isprintable() and text == text.strip() != "" and not text.startswith("[")


def unflat(name: str, text: str, where: str) -> Any:
    """The value that a text stands for, None for none. Raises BadInput at `where` for text that stands for no value."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        return None
    if name in LISTS:
        return _listed(text, where)
    if name in YAML:
        return _parsed(name, text, where, dict)
    return _parsed(name, text, where, list) if name in ROWS else text


def _listed(text: str, where: str) -> list[str]:
    if not text.startswith("["):
        return [line.strip() for line in text.split("\n") if line.strip()]
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list) or not all(isinstance(entry, str) for entry in found):
        raise BadInput("this begins with [ and is no JSON list of texts", where=where, hint="write one entry a line")
    return found


def _parsed(name: str, text: str, where: str, kind: type) -> Any:
    marked, findings = load(text.encode("utf-8", "surrogatepass"), where)
    if marked is None:
        first = findings[0]
        raise BadInput(
            f"{name}: line {first.location.line} of this text is not YAML as in a specification: {first.message}",
            where=where, hint=first.hint or "key: value, one a line",
        )  # fmt: skip
    if not isinstance(marked.value, kind):
        raise BadInput(f"{name} must be {'keys with values' if kind is dict else 'a list'}", where=where)
    return marked.value
