"""The help page of each rule: ``<CODE>.md`` beside this file. What `csvgen explain` prints, and what the tests run.

A page is Markdown: ``# CODE Title``, prose, and fenced blocks. A block whose info string begins with ``bad`` or ``good`` is an
example; the words after it say what the block replaces in a small sound specification, see tests/spec/test_pages.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import resources

from csvgen.errors import ConfigError

_TITLE = re.compile(r"^# ([A-Z]{3}\d{3}) (.+)$", re.MULTILINE)
_BLOCK = re.compile(r"^```(bad|good) ([^\n]+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Example:
    good: bool
    replaces: str
    """Words of the info string: ``requirement``, ``risk``, ``file urs/urs.yaml``, ..."""
    text: str


@dataclass(frozen=True, slots=True)
class Page:
    code: str
    title: str
    text: str
    examples: tuple[Example, ...]


@cache
def _names() -> tuple[str, ...]:
    return tuple(sorted(p.name.removesuffix(".md") for p in resources.files(__name__).iterdir() if p.name.endswith(".md")))


@cache
def page(code: str) -> Page:
    """The page of a rule. Raises ConfigError naming the nearest codes."""
    if code not in _names():
        import difflib

        near = difflib.get_close_matches(code.upper(), _names(), n=3, cutoff=0.5)
        raise ConfigError(
            f"there is no rule or pattern {code!r}", hint=f"near: {', '.join(near)}" if near else "csvgen explain lists them"
        )
    text = resources.files(__name__).joinpath(f"{code}.md").read_text(encoding="utf-8")
    found = _TITLE.match(text)
    if found is None or found[1] != code:
        raise ConfigError(f"the page of {code} does not begin with its code and title")
    examples = tuple(Example(m[1] == "good", m[2].strip(), m[3]) for m in _BLOCK.finditer(text))
    return Page(code, found[2], text.strip(), examples)


def title(code: str) -> str:
    """What a rule is about, in one line; the code itself when it has no page."""
    return page(code).title if code in _names() else code


def titles() -> dict[str, str]:
    """Every code with its title, in order."""
    return {code: page(code).title for code in _names()}
