"""Words of a sentence, made comparable: one folding, one light stemming, phrases of up to four words.

Everything here is linear in the length of the text and takes no notice of the order of a hash, so that the same text always gives
the same words.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

MOST = 20_000
"""Characters that are looked at: the rest of a longer text is not a requirement any more."""

_TOKEN = re.compile(r"[^\W_]+")
_LONGEST = 4
_LEAST = 4
_EMPTY = (
    "a an and any are as at be been being by can could each for from has have if in into is it its may must no not of on or our shall"
    " should so such than that the their them these they this those to under using via was were when where which while will within"
)
_STOP = frozenset(_EMPTY.split())
_TAKEN_OFF = "ations ation ating ated ates ate ings ing ions ion ies ied ers er als al es ed y e s"
_ENDINGS = sorted(_TAKEN_OFF.split(), key=lambda e: (-len(e), e))


def folded(text: str) -> str:
    """Compatibility forms unified, invisible format characters (joiners, direction marks) left out, case gone."""
    if text.isascii():
        return text[:MOST].casefold()
    kept = "".join(c for c in unicodedata.normalize("NFKC", text[:MOST]) if unicodedata.category(c) != "Cf")
    return kept.casefold()


@lru_cache(maxsize=8192)
def stem(word: str) -> str:
    """One ending taken off, at least four letters left: archive, archives, archival and archiving meet."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _LEAST and not word.endswith("ss"):
            return word[: -len(ending)]
    return word


@lru_cache(maxsize=64)  # the same sentence is looked at from each clause it cites
def stems(text: str) -> tuple[str, ...]:
    """The stems of a text in their order, without words that carry no subject."""
    return tuple(stem(w[:40]) for w in _TOKEN.findall(folded(text)) if w not in _STOP)


@lru_cache(maxsize=64)
def grams(words: tuple[str, ...]) -> frozenset[str]:
    """Every run of one to four successive stems."""
    return frozenset(" ".join(words[i : i + n]) for n in range(1, _LONGEST + 1) for i in range(len(words) - n + 1))


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that name or hint at a subject: ``audit trail`` stands together, ``user & role`` anywhere in the sentence."""

    text: str
    parts: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> Phrase:
        parts = tuple(" ".join(stems(part)) for part in text.split("&"))
        if not all(parts) or any(part.count(" ") >= _LONGEST for part in parts):
            raise ValueError(f"no phrase of one to {_LONGEST} words: {text!r}")
        return cls(text, parts)

    def stands_in(self, found: frozenset[str]) -> bool:
        return found.issuperset(self.parts)
