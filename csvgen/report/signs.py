"""Signs in the data of scripts that stand for something else, explained where the scripts are: those that occur, and no others."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from csvgen.model.protocol import TestCase
from csvgen.model.report import Block
from csvgen.report.rule_words import rules_in
from csvgen.report.spec_blocks import table
from csvgen.report.text import shown
from csvgen.report.wording import say

_SIGNS = (
    (r"\{new\}", "{new}", "a name that no other case uses, made when the case is executed"),
    (r"\{lot\}", "{lot}", "the lot of the case, named after run and case"),
    (r"\{blank\}", "{blank}", "nothing: the field is left empty"),
    (r"\{today\}", "{today}", "the day of the execution, by the clock of the system"),
    (r"\{today[+-]\d+\}", "{today+30}, {today-10}", "so many days later or earlier than the day of the execution"),
    (r"\{id\}", "{id}", "the id that was given out before"),
    (r"\[tab\]", "[tab]", "a tab character"),
    (r"\[end\]", "[end]", "the end of a line"),
    (r"\[quote\]", "[quote]", "a quotation mark"),
    (r"\[blank\]", "[blank]", "a space"),
    (r"\[bell\]", "[bell]", "a control character that does not print"),
    (r"\[nothing\]", "[nothing]", "no character: what stood there is taken away"),
    (r"= field [\w.]", "= field ...", "the value that the record has in this field"),
    (r"= text \S", "= text ...", "exactly these characters"),
)
"""Pattern, the sign as it is printed, what it stands for."""
_ANY = re.compile(r"[{\[]|= ")
_NUMBERED = "a character that does not print, or that the fonts of this document do not have: its number in Unicode"


def key(cases: Sequence[TestCase]) -> tuple[Block, ...]:
    """Tables of the signs that stand in the titles and steps of these cases, and of the rules they name; nothing where there is none."""
    texts = [part for c in cases for part in (c.title, *(s.text for s in c.steps))]
    return (*key_of(texts), *rules_in("\n".join(texts)))


def key_of(texts: Iterable[str]) -> tuple[Block, ...]:
    """The same of any texts that are printed."""
    text = "\n".join(texts)
    rows = [(sign, say(words)) for pattern, sign, words in _SIGNS if re.search(pattern, text)] if _ANY.search(text) else []
    odd = "" if text.isascii() else "".join(sorted(set(text)))
    rows += [("[U+FF12]", say(_NUMBERED))] if shown(odd) != odd else []
    return (table("Signs that stand for data", "Sign:30|Stands for:70", rows),) if rows else ()
