"""What may be asked of a route of the JSON interface: named once, held against what is sent, and told in the OpenAPI document.

A page of the room takes what it can use of an address and leaves the rest; a program is better served by being told that it erred.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from csvgen.errors import BadInput

_TEXT = r"^[ -~\u00a1-\u00ac\u00ae-\u034e\u0350-\u052f]*$"
"""ASCII, Latin, Greek and Cyrillic, and no character that hides."""
_MOST = 200
_PAGES = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One name of a query, with what its value may be."""

    name: str
    words: str
    kind: Literal["text", "number", "choice", "day"] = "text"
    choices: tuple[str, ...] = ()
    needed: bool = False

    @property
    def schema(self) -> dict[str, Any]:
        """As JSON Schema."""
        if self.kind == "number":
            return {"type": "integer", "minimum": 1, "maximum": _PAGES, "default": 1}
        if self.kind == "choice":
            return {"type": "string", "enum": list(self.choices)}
        if self.kind == "day":
            return {"type": "string", "format": "date", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
        return {"type": "string", "maxLength": _MOST, "pattern": _TEXT}

    def fault(self, value: str) -> str:
        """Why a value cannot be used, or an empty string."""
        if self.kind == "number":
            fits = re.fullmatch(r"[1-9][0-9]{0,6}", value) is not None and int(value) <= _PAGES
            return "" if fits else f"a whole number from 1 to {_PAGES}"
        if self.kind == "choice":
            return "" if value in self.choices else f"one of {', '.join(self.choices)}"
        if self.kind == "day":
            return "" if _day(value) else "a day such as 2026-11-22"
        fits = len(value) <= _MOST and re.fullmatch(_TEXT.removesuffix("$"), value) is not None
        return "" if fits else f"plain text of at most {_MOST} characters"


def _day(text: str) -> bool:
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return False
    return re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) is not None


def check(declared: tuple[Query, ...], given: Iterable[tuple[str, str]]) -> None:
    """Raises BadInput for a name that is not declared, is there twice or is missing, and for a value that does not fit."""
    names = {q.name: q for q in declared}
    seen: set[str] = set()
    for name, value in given:
        if name not in names:
            raise BadInput("this is not asked for here", where=name[:_MOST], hint=f"known: {', '.join(names) or 'nothing'}")
        if name in seen:
            raise BadInput("this is given twice", where=name)
        seen.add(name)
        if fault := names[name].fault(value):
            raise BadInput(f"this is not {fault}", where=name)
    if missing := [q.name for q in declared if q.needed and q.name not in seen]:
        raise BadInput("this is missing", where=missing[0])


PAGE = Query(name="page", kind="number", words="which part of the list, from 1; beyond the end is the last")
