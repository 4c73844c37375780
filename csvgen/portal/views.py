"""Templates of the room: everything printed is escaped, and characters that make text lie are made visible."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import quote, urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from csvgen.clock import shown
from csvgen.model.base import hazard
from csvgen.portal.static import address_of
from csvgen.report.look import tone

_KEPT = "\n\t"
_SIGNS = {"good": "\u2713", "bad": "\u2717", "open": "\u25cb", "quiet": "\u2013", "plain": ""}


@cache
def environment() -> Environment:
    """One for the process; templates are ours, what they print is anybody's."""
    made = Environment(
        loader=PackageLoader("csvgen.portal", "templates"), autoescape=True, undefined=StrictUndefined, finalize=harmless,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    made.globals |= {"url": url, "static": address_of}
    filters: dict[str, Callable[..., Any]] = {"time": time, "short": short, "tone": tone_of, "sign": sign_of, "word": word}
    made.filters |= filters
    return made


def harmless(value: Any) -> Any:
    """Text without characters that hide, turn or fake other text: each is shown as its number instead."""
    if isinstance(value, Markup) or not isinstance(value, str) or not hazard(value.replace("\t", " "), newline=True):
        return value
    return "".join(c if c in _KEPT or not hazard(c, newline=False) else f"\\u{ord(c):04x}" for c in value)


def url(path: str, *parts: object, **query: object) -> str:
    """An address of the room: parts become path segments, whatever they hold; empty parts of a query are left out."""
    tail = "".join(f"/{quote(str(part), safe='')}" for part in parts)
    asked = urlencode({k: v for k, v in query.items() if v not in ("", None)})
    return (f"{path.rstrip('/')}{tail}" or "/") + (f"?{asked}" if asked else "")


def time(stored: str) -> str:
    """A time of record as people read it; what is none is shown as it is."""
    try:
        return shown(stored)
    except ValueError:
        return stored


def short(digest: str) -> str:
    """The first 12 characters of a digest."""
    return str(digest).removeprefix("sha256:")[:12]


def tone_of(words: str) -> str:
    """Class of a verdict or a standing, by its first word; beside the word itself there is a sign, so that colour says nothing alone."""
    said = words.lower()
    if said.startswith(("approved", "reviewed", "closed", "issued", "executed", "valid", "signed by")):
        return "good"
    if said.startswith(("void", "invalid", "damaged", "declined", "withdrawn", "passed with")):
        return "bad"
    found = tone(words).name
    return "open" if found == "plain" and " of " in said and "signatures" in said else found


def sign_of(words: str) -> str:
    return _SIGNS[tone_of(words)]


def word(verdict: object) -> str:
    """A verdict as people read it: NOT_RUN is ``not run``."""
    return str(verdict).replace("_", " ").lower()
