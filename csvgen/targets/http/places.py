"""Places in texts: what the port was asked with, and parts of an answer by JSON pointer (RFC 6901)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from csvgen.errors import ConfigError
from csvgen.views import Secret, Unreachable

_PLACE = re.compile(r"\{\{|\}\}|\{(?P<name>[^{}]*)\}")
MISSING = object()


def at(document: Any, pointer: str) -> Any:
    """The value a pointer names, or `MISSING`. ``/`` alone is the document itself."""
    if pointer in ("", "/"):
        return document
    for part in pointer[1:].split("/"):
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(document, Mapping) and name in document:
            document = document[name]
        elif isinstance(document, list) and name.isdecimal() and int(name) < len(document):
            document = document[int(name)]
        else:
            return MISSING
    return document


def text(value: Any) -> str:
    """A JSON value as the ports carry it: decimals as they were written, nothing as blank."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else str(value) if isinstance(value, int) else json.dumps(value, ensure_ascii=False)


def filled(template: str, given: Mapping[str, Any], answer: Any = MISSING, *, where: str = "", path: bool = False) -> str:
    """A text with its places filled. Raises Unreachable for a part the answer has not, ConfigError for a name nobody gave.

    `path`: what is filled in stands in a path, and cannot leave its segment.
    """

    def one(place: re.Match[str]) -> str:
        name = place["name"]
        if name is None:
            return place[0][0]
        if name.startswith("/"):
            found = at(answer, name) if answer is not MISSING else MISSING
            if found is MISSING:
                raise Unreachable(f"the answer has no {name}, which the description names", where=where)
            return text(found)
        if name not in given:
            raise ConfigError(f"the place {{{name}}} is not known here; known: {', '.join(sorted(given)) or 'none'}", where=where)
        value = given[name]
        told = value.reveal() if isinstance(value, Secret) else text(value)
        return quote(told, safe="") if path else told

    return _PLACE.sub(one, template)


def optional(template: str, given: Mapping[str, Any], answer: Any) -> str:
    """As `filled`; blank where the answer has no such part."""
    try:
        return filled(template, given, answer)
    except Unreachable:
        return ""


def body(template: Any, given: Mapping[str, Any], where: str) -> Any:
    """JSON with its places filled; a text that is one place alone and stands for a list or mapping becomes it."""
    if isinstance(template, Mapping):
        return {filled(k, given, where=where): body(v, given, where) for k, v in template.items()}
    if isinstance(template, list | tuple):
        return [body(v, given, where) for v in template]
    whole = re.fullmatch(r"\{([a-z_]+)\}", template)
    if whole and isinstance(given.get(whole[1]), Mapping | list | tuple):
        value = given[whole[1]]
        return dict(value) if isinstance(value, Mapping) else list(value)
    return filled(template, given, where=where)
