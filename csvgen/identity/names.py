"""Ids and printed names: what counts as the same, what the eye takes for the same, and what reads like an account many use."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from importlib import resources

from csvgen.model.people import Account

_ALIKE = str.maketrans("oil\u0430\u0435\u043e\u0440\u0441\u0445\u0443\u0456\u0458\u0455\u03bf", "011ae0pcxy1js0")
"""What the eye takes for the same: 0 and o, 1 and i and l, and letters of other scripts that are drawn as Latin ones."""

_PERSON_ID = re.compile(r"[a-z][a-z0-9]*(?:[.-][a-z0-9]+)*")
_LONGEST_ID = 40
_WORDS_OF_A_NAME = 2


def folded(text: str) -> str:
    """Text without its differences of case, width and outer blanks (RR-P01)."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def alike(text: str) -> str:
    """Two ids that a reader could take for each other give the same text: `folded`, without separators, look-alikes as one."""
    return "".join(c for c in folded(text).translate(_ALIKE) if c.isalnum())


def claimed(text: str) -> str:
    """A user id somebody typed, as it may stand in an event. What has not the form of an id may be a password in the wrong field."""
    return text if len(text) <= _LONGEST_ID and _PERSON_ID.fullmatch(text) else "(not a user id)"


@cache
def _shared_words() -> frozenset[str]:
    lines = resources.files("csvgen.identity").joinpath("data", "shared-names.txt").read_text("utf-8").splitlines()
    return frozenset(line.strip() for line in lines if line.strip() and not line.startswith("#"))


def shared(account: Account) -> str:
    """Why an account reads as one that several people use, or an empty string.

    Neither id nor printed name may be made of words for jobs, rooms and devices ("labuser", "qc-team", "operator1"), and the
    printed name has at least two words with letters. A person whose name is none of this is accepted with a stated reason
    (`Account.name_reason`), which is on record; an id never is, for ids are chosen (21 CFR 11.10(d), 11.100(a)).
    """
    if _generic(account.id):
        return f"the id {account.id!r} reads like an account that several people use; an id names one person"
    if account.name_reason and any(c.isalnum() for c in account.name_reason):
        return ""
    name = re.sub(r"\([^()]*\)", " ", account.printed_name)
    words = [w for w in name.split() if any(c.isalpha() for c in w)]
    if len(words) < _WORDS_OF_A_NAME:
        return f"the printed name {account.printed_name!r} is not a person's full name"
    if any(_generic(w) for w in words):
        return f"the printed name {account.printed_name!r} reads like a job or a place, not like a person"
    return ""


def _generic(text: str) -> bool:
    """Whether a text is made of words of the list and digits alone."""
    rest = "".join(c for c in folded(text) if c.isalpha())
    reached = {0}
    for at in range(len(rest)):
        if at in reached:
            reached |= {at + n for n in range(1, len(rest) - at + 1) if rest[at : at + n] in _shared_words()}
    return bool(rest) and len(rest) in reached
