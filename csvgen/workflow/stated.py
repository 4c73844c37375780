"""A reason or a rationale that a person states in their own words: printable, not blank, and more than a mark."""

from __future__ import annotations

from pydantic import TypeAdapter, ValidationError

from csvgen.errors import BadInput
from csvgen.model.base import PLACEHOLDER, Text

_TEXT: TypeAdapter[str] = TypeAdapter(Text)


def stated(text: str, what: str, rule: str) -> str:
    """The text. Raises BadInput, naming what it was to be, for one that says nothing or holds hidden characters."""
    try:
        found = _TEXT.validate_python(text.strip())
    except ValidationError as problem:
        raise BadInput(f"{what}: {problem.errors()[0]['msg']}", rule=rule) from None
    if not any(c.isalnum() for c in found) or PLACEHOLDER in found:
        raise BadInput(f"{what} says nothing: {found!r}", hint="say it in your own words", rule=rule)
    return found
