"""Requirements in running text: an id at the head of a line or paragraph, the section around it, labelled lines inside it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from csvgen.exchange.columns import label

_PART = r"[^\W_]+"
_ID = rf"{_PART}(?:[-_./‐-―−\u200b-\u200f]+{_PART})*"
_HEAD = re.compile(
    rf"^\s*[\[(]?(?P<id>{_ID})[\])]?[^\S\t]*(?P<mark>[:\u2013\u2014|]|\.(?=\s)|-(?=\s)|\t|$)?\s*(?P<rest>.*)$", re.DOTALL
)
_OBLIGES = re.compile(
    r"\b(?:shall|must|should|will|not allowed|may not|ha(?:s|ve) to|(?:is|are) to be|needs? to|required to)\b|\bonly\b[^.;\n]*\bmay\b",
    re.IGNORECASE,
)
_METADATA = re.compile(r"^[^\n:]{1,40}:(?:\s|$)")


def obliges(text: str) -> bool:
    """Whether a text says what somebody or something has to do."""
    return _OBLIGES.search(text) is not None


def is_metadata(text: str) -> bool:
    """A line such as ``Domain: Laboratory``."""
    return _METADATA.match(text) is not None


def split_head(text: str, bold: str, *, heading: bool = False) -> tuple[str, str] | None:
    """Id and the rest of a text that begins with one.

    In bold any token with a digit is an id; elsewhere it must look like one (letters, a joint, digits), and outside headings a mark must
    follow it.
    """
    found = _HEAD.match(text)
    if found is None:
        return None
    raw = found["id"]
    if not any(c.isdigit() for c in raw) or not raw[0].isalpha():
        return None
    stressed = bold.strip().strip("[]():.\t ") == raw
    structured = re.search(r"[^\W_][-_.‐-―−]+[^\W_]*\d", raw) is not None and raw[:2].isupper()
    if stressed or (structured and (heading or found["mark"] is not None or text.lstrip().startswith(("[", "(")))):
        return raw, found["rest"].strip()
    return None


class Sections:
    """The headings around a place. The title of the document (level 1) is left out as soon as there is a deeper one."""

    def __init__(self) -> None:
        self._open: list[tuple[int, str]] = []

    def enter(self, level: int, text: str) -> None:
        self._open = [(n, t) for n, t in self._open if n < level] + [(level, text)]

    @property
    def path(self) -> str:
        deep = [t for n, t in self._open if n > 1] or [t for _, t in self._open]
        return " > ".join(deep)

    @property
    def of_requirements(self) -> bool:
        return any("requirement" in t.casefold() for n, t in self._open if n > 1)


def fields_of(identity: str, head: str, body: Sequence[str]) -> dict[str, Any]:
    """Id, statement and labelled fields from the head line of a requirement and the lines below it."""
    kept, fields = [], {"id": identity}
    for line in body:
        said = label(line)
        if said is not None and said[0] not in fields:
            fields[said[0]] = said[1]
        else:
            kept.append(line)
    return {**fields, "statement": "\n".join([head, *kept] if head else kept).strip("\n")}
