r"""The help page of each rule: ``<CODE>.md`` beside this file. What `csvgen explain` prints, and what the tests run.

A page is Markdown: ``# CODE Title``, prose for a validation engineer, and fenced blocks. A block whose info string begins with
``bad`` or ``good`` is an example, and the tests lay it over the small sound specification of tests/spec/small (the system
``probe``): a bad one must be found by this rule, a good one must not, and must be free of errors. All bad blocks of a page are
one example; so are all good ones; ``bad 2 requirement`` belongs to a second bad example.

After ``bad`` or ``good`` stands what the block is:

    requirement, risk, function, scenario, section, oracle
        Keys of one entry, laid over the entry with the same id, or over the first one if the block names no id. An id that is
        not there makes a new entry, with the values of the first where the block is silent. Keys of keys are merged; a list or
        a text takes the place of what was there.
    system, plan, protocol, suppliers, suppressions, installation, assessment
        Keys of that file, laid over it in the same way; assessment is the head of the risk file.
    depth
        Keys of depth.yaml, laid over the shipped policy under another name; the key depth of protocol.yaml goes, unless a block brings it.
    file PATH
        The whole file PATH below the system's folder, character by character.
    bytes PATH
        The same for what Markdown cannot hold: ``\xNN`` is one byte, ``\xNN{100}`` a hundred of them.
    without PATH
        That file is removed; the block is empty.
    feature PATH
        A file below protocols/probe/. A lock that knows TC-OQ-0001 and TC-OQ-0002 is there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import resources

from csvgen.errors import ConfigError

_TITLE = re.compile(r"^# ([A-Z]{3}\d{3}) (.+)$", re.MULTILINE)
_BLOCK = re.compile(r"^```(bad|good) (?:(\d+) )?([^\n]+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Example:
    """One block. Those with the same `good` and `number` are laid over the specification together."""

    good: bool
    replaces: str
    """Words of the info string: ``requirement``, ``risk``, ``file urs/urs.yaml``, ..."""
    text: str
    number: int = 1


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
    examples = tuple(Example(m[1] == "good", m[3].strip(), m[4], int(m[2] or 1)) for m in _BLOCK.finditer(text))
    return Page(code, found[2], text.strip(), examples)


def title(code: str) -> str:
    """What a rule is about, in one line; the code itself when it has no page."""
    return page(code).title if code in _names() else code


def titles() -> dict[str, str]:
    """Every code with its title, in order."""
    return {code: page(code).title for code in _names()}
