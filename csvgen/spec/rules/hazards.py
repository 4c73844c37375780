"""Characters that are allowed and still deceive: look-alikes, damaged encodings, odd blanks."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from csvgen.spec.registry import Context, Hit, rule
from csvgen.spec.rules.texts import NOUNS, Path, quoted, texts, whole

_WORD = re.compile(r"[^\W\d_]{2,}")
_CYRILLIC = re.compile(r"[\u0400-\u052f]")
_GREEK_DRAWN_AS_LATIN = re.compile(r"[\u0391\u0392\u0395-\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03bf]")
"""Greek letters that look like Latin ones. µm, Δt and λmax are how laboratories write."""
_ALIKE = re.compile(
    "[\u0391\u0392\u0395-\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03bf]+"
    "|[\u0405\u0406\u0408\u0410\u0412\u0415\u041a\u041c-\u041e\u0420-\u0423\u0425"
    "\u0430\u0435\u043a\u043e\u0440\u0441\u0443\u0445\u0455\u0456\u0458\u04bb\u0501]+"
)
"""A word of Greek, or of Cyrillic letters, each drawn like a Latin one."""
_OTHER_SCRIPT = re.compile(r"[\u0370-\u03ff\u0400-\u052f]")
_DAMAGED = re.compile(
    "\ufffd|\u00c3[\u0080-\u00bf\u0152-\u2122]|\u00e2\u20ac[\u0080-\u00bf\u0152-\u2122]|\u00c2[\u00a0-\u00bf](?![a-z])"
)
"""The replacement character, and UTF-8 that was read as Windows-1252: ä as Ã¤, an apostrophe as â€™, ° as Â°."""
_ODD_BLANK = re.compile("[\u1680\u2000-\u200a\u205f\u3000]")
_HARD_BLANK = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_COMPARED = frozenset({"given", "when", "then", "steps", "parameters", "inputs", "subject", "expected", "source"})
"""What a program compares letter by letter."""


def _unusual(noun: Any) -> Iterator[tuple[Path, str]]:
    """The texts that hold more than ASCII."""
    if not whole(noun).isascii():
        yield from ((path, text) for path, text in texts(noun) if not text.isascii())


@rule("TXT905", *NOUNS)
def one_script_a_word(noun: Any, _context: Context) -> Iterator[Hit]:
    """A word mixes letters of two scripts that look alike: no search finds it, and no step matches it."""
    for path, text in _unusual(noun):
        for word in _WORD.findall(text):
            strange = [c for c in word if _CYRILLIC.match(c) or _GREEK_DRAWN_AS_LATIN.match(c)]
            if strange and any(unicodedata.name(c, "").startswith("LATIN") for c in word):
                name = unicodedata.name(strange[0], "").capitalize()
                yield Hit(
                    f"the word {quoted(word)} holds {strange[0]!r}, U+{ord(strange[0]):04X} {name}", path, "type the word again"
                )
                break
        else:
            if word := _in_disguise(text):
                yield Hit(
                    f"the word {quoted(word)} looks Latin and is spelled with {unicodedata.name(word[0], '').split()[0].capitalize()} letters",
                    path,
                    "type the word again",
                )


def _in_disguise(text: str) -> str:
    """A word of look-alikes only, among Latin words and without any plain word of its own script."""
    if not (_CYRILLIC.search(text) or _GREEK_DRAWN_AS_LATIN.search(text)):
        return ""
    words = _WORD.findall(text)
    others = [w for w in words if _OTHER_SCRIPT.search(w)]
    if len(others) < len(words) and (alike := [w for w in others if _ALIKE.fullmatch(w)]) == others:
        return alike[0] if alike else ""
    return ""


@rule("TXT906", *NOUNS)
def undamaged(noun: Any, _context: Context) -> Iterator[Hit]:
    """Text was damaged by a wrong encoding on its way here: what was written can only be guessed."""
    for path, text in _unusual(noun):
        if found := _DAMAGED.search(text):
            around = text[max(0, found.start() - 15) : found.end() + 15]
            yield Hit(f"the text was damaged by a wrong encoding: {quoted(around)}", path, "read the source again as UTF-8")


@rule("TXT907", *NOUNS)
def plain_blanks(noun: Any, _context: Context) -> Iterator[Hit]:
    """A blank of unusual width stands in a text, or a hard blank in a text that programs compare."""
    for path, text in _unusual(noun):
        found = (_ODD_BLANK if _COMPARED.isdisjoint(path) else _HARD_BLANK).search(text)
        if found:
            name = unicodedata.name(found[0], "").lower()
            around = text[max(0, found.start() - 15) : found.end() + 15]
            yield Hit(f"U+{ord(found[0]):04X} {name} stands in {quoted(around)}", path, "type a plain blank")
