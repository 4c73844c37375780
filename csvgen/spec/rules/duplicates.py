"""The same thing said twice, and ids that the eye takes for one another."""

from __future__ import annotations

import re
from collections.abc import Iterator

from csvgen.spec.facts import word_key
from csvgen.spec.registry import Context, Found, Index, Item, rule

_FEWEST = 4
"""Content words of the shortest statement that is compared: "The system shall lock accounts" is too little to judge."""
_NOT = word_key("not")


def _place(item: Item) -> str:
    return f"{item.id} ({item.file}:{item.place[0]})"


@rule("URS111", "index")
def said_once(index: Index, _context: Context) -> Iterator[Found]:
    """Two statements have the same content words, or one has a single word more: they will be tested twice and changed once.

    A statement is the sum of the numbers of its words, so that each is compared with all others in one look-up a word. Numbers are
    words: statements that differ in a figure, or in one word put for another, differ in what they ask.
    """
    first: dict[int, Item] = {}
    spoken = [(r, r.says["words"], sum(r.says["words"])) for r in index.of("requirement") if len(r.says["words"]) >= _FEWEST]
    for r, _, total in spoken:
        first.setdefault(total, r)
    for r, words, total in spoken:
        if (other := first[total]) is not r:
            yield Found(r, f"{r.id} has the same words as {_place(other)}", "statement", "keep one, or say what differs")
            continue
        for word in words if len(words) > _FEWEST else ():
            if (shorter := first.get(total - word)) is not None:
                if word == _NOT:
                    yield Found(r, f"{r.id} says the opposite of {_place(shorter)}", "statement", "one of them is wrong")
                else:
                    message = f"{r.id} says with one word more what {_place(shorter)} says"
                    yield Found(r, message, "statement", "keep one, or say what differs")
                break


@rule("URS113", "index")
def titles_tell_apart(index: Index, _context: Context) -> Iterator[Found]:
    """Two requirements have the same title: whoever reads a table of the matrix cannot tell them apart."""
    first: dict[int, Item] = {}
    for r in index.of("requirement"):
        if (other := first.setdefault(r.says["title"], r)) is not r:
            yield Found(r, f"the title of {r.id} is that of {_place(other)}", "title", "name what this one is about")


@rule("RSK214", "index")
def failures_once(index: Index, _context: Context) -> Iterator[Found]:
    """The same failure with the same cause is rated twice for one requirement: two ratings of one risk may contradict each other."""
    first: dict[tuple[int, str], Item] = {}
    for risk in index.of("risk"):
        for requirement in risk.says["requirements"]:
            if (other := first.setdefault((risk.says["failure"], requirement), risk)) is not risk:
                yield Found(
                    risk, f"{risk.id} rates the failure of {requirement} that {_place(other)} rates", "failure_mode", "keep one"
                )


_PADDING = re.compile(r"(?:(?<=-)|^)0+(?=[0-9])")


@rule("URS135", "index")
def ids_tell_apart(index: Index, _context: Context) -> Iterator[Found]:
    """Two ids differ only in characters that look alike or in padding: O and 0, I, L and 1, 01 and 001."""
    first: dict[str, Item] = {}
    for item in index.items:
        seen = _PADDING.sub("", item.id.replace("O", "0").replace("I", "1").replace("L", "1"))
        if (other := first.setdefault(seen, item)).id != item.id:
            yield Found(
                item,
                f"{item.id} looks like {_place(other)}",
                hint="ids are read aloud and typed; choose one that nobody mistakes",
            )
