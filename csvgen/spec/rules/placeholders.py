"""Text that somebody meant to write later."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from csvgen.spec.registry import Context, Hit, error
from csvgen.spec.rules.texts import NOUNS, Path, folded, plain, quoted, texts, unquoted, whole

# Capitals only: "to be defined by the administrator" is a requirement, "TODO list" may be a title, X marks a place in a number, and TBA is
# a solvent too.
_DONE = r"(?:written|defined|decided|determined|confirmed|completed|specified|agreed|announced|added)"
_SURE = re.compile(
    rf"\bTO BE {_DONE.upper()}\b|\bTBD\b|\bT\.B\.[ADC]\."
    r"|\bTBC\b(?=\s{0,3}(?:$|[)\].,;:?!]|with\b|by\b))|(?:^|[\[(<:=]\s?|\b(?:is|are|still|yet|remains?)\s)TBA\b(?=\s?(?:$|[)\]>.,;:?!]))"
    r"|\b(?:TODO|FIXME)\b(?!-|\s(?i:list|item|app|entr|board|manage))"
)
_PROSE = re.compile(
    rf"(?:^|[\[(<:=]\s?|[.;!?–—]\s|\b(?:is|are|still|yet|remains?)\s)to be {_DONE}"
    r"\s?(?=[.;)\]>]|$)|[\[(<]\s?t\.?b\.?[acd]\.?\s?[)\]>]|^t\.?b\.?[acd]\.?$|\?{2,}|(?<![\w./#_-])XXX(?![\w/#_-]|\.\w)"
    r"|\blorem ipsum\b|[\[<](?:insert|fill in|please (?:add|describe|enter)|your text)\b[^\]>]{0,80}[\]>]",
    re.IGNORECASE,
)
_SIGNS = (
    "to be ", "tbd", "t.b", "tbc", "tba", "todo", "fixme", "??", "xxx", "lorem", "[", "<",
)  # fmt: skip
"""Every placeholder within a text holds one of these; most texts hold none and need no closer look."""

_NOTHING = frozenset({"-", "--", "---", "~", "null", ".", "..", "...", "…", "–", "—", "_", "?"})
"""Said by somebody who says nothing."""
_NO_ANSWER = frozenset({"n/a", "n.a.", "na", "none", "nil"})
"""An answer to "which settings?", but none to "why?"."""
_SILENT = _NOTHING | _NO_ANSWER
_OWED = frozenset({
    "title", "statement", "rationale", "reason", "intended_use", "purpose", "name", "responsibility", "likeness", "failure_mode", "cause",
    "effect", "behaviour", "process", "method", "text", "what", "how", "source", "organisation",
})  # fmt: skip
"""Keys under which "none" answers nothing."""
_DATA = frozenset({"parameters", "inputs", "values"})
"""What a test sends and compares: three question marks may be just that."""
_COMPARED = _DATA | {"expected", "subject", "working"}


@error("URS110", *NOUNS)
def nothing_left_to_write(noun: Any, _context: Context) -> Iterator[Hit]:
    """A placeholder stands where text belongs: nobody can approve what is still to be written."""
    together = whole(noun).casefold()
    seen = folded(together)
    inside = any(sign in seen for sign in _SIGNS)
    if not inside and _SILENT.isdisjoint(together.split("\n")):
        return
    for path, text in texts(noun):
        if found := (_placeholder(path, text) if inside else "") or _as_a_whole(path, text):
            key = next((str(p) for p in reversed(path) if isinstance(p, str)), "")
            yield Hit(f"{key} still has a placeholder: {quoted(found)}", path, "write what belongs here, or remove the key")


def is_placeholder(text: str) -> bool:
    """Whether a text of a specification is, or holds, one."""
    return bool(_placeholder((), text) or _as_a_whole((), text))


def _placeholder(path: Path, text: str) -> str:
    """One within a text; what is quoted is a word that the system shows or takes."""
    said = folded(text).casefold()
    if not any(sign in said for sign in _SIGNS):
        return ""
    said = unquoted(text)
    said = said if said.strip('" ') else plain(text)
    found = _SURE.search(said) or (_PROSE.search(said) if _DATA.isdisjoint(path) else None)
    return found[0].strip() if found is not None else ""


def _as_a_whole(path: Path, text: str) -> str:
    """The whole text, where it says nothing."""
    said = plain(text).casefold()
    key = next((p for p in reversed(path) if isinstance(p, str)), "")
    silent = said in _NOTHING or (said in _NO_ANSWER and key in _OWED)
    return plain(text) if silent and _COMPARED.isdisjoint(path) else ""
