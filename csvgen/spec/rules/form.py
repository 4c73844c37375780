"""The form of a statement: who does what, and on what condition (EARS, Mavin et al., Easy Approach to Requirements Syntax, 2009).

    The <system> shall ...                           always
    When <event>, the <system> shall ...             on an event
    While <state>, the <system> shall ...            in a state
    Where <feature is included>, the ...             with an option
    If <something unwanted>, then the <system> ...   against something unwanted

Several conditions stand in the order where, while, when or if. Only what plainly leaves these forms is a finding.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from csvgen.model import spec as noun
from csvgen.spec.registry import Context, Hit, rule
from csvgen.spec.rules.texts import plain

_SHALL = re.compile(r"\bshall\b", re.IGNORECASE)
_CONDITION = re.compile(r"(?:^|,\s{0,2}(?:and\s)?)(where|while|when|if)\b", re.IGNORECASE)
_NOBODY = re.compile(r"\s{0,3}(?:(shall)\b|(it|this|that|they|these|those|there)\sshall\b)", re.IGNORECASE)
_ORDER = {"where": 0, "while": 1, "when": 2, "if": 2}
_FORMS = (
    "The <system> shall ...; When <event>, the <system> shall ...; While <state>, ...; Where <option>, ...; If <fault>, then ..."
)


@rule("URS116", "requirement")
def form_of_a_statement(r: noun.Requirement, _context: Context) -> Iterator[Hit]:
    """A statement leaves the forms of EARS: no actor before shall, a condition that never ends, or conditions out of order."""
    statement = plain(r.statement)
    verb = _SHALL.search(statement)
    if verb is None:
        return  # URS106 says so
    if nobody := _NOBODY.match(statement):
        word = (nobody[2] or "").casefold()
        said = f'"{word} shall" names nobody' if word else "the statement begins with shall"
        yield Hit(f"{r.id} does not say who: {said}", ("statement",), "name the system or the person; a statement is read alone")
        return
    before = statement[: verb.start()]
    conditions = [c.casefold() for c in _CONDITION.findall(before)]
    if not conditions or not before[:5].casefold().startswith(tuple(_ORDER)):
        return
    if "," not in before:
        yield Hit(f"the condition of {r.id} has no end: no comma between {conditions[0]!r} and shall", ("statement",), _FORMS)
    elif any(_ORDER[one] > _ORDER[other] for one, other in pairwise(conditions)):
        yield Hit(
            f"the conditions of {r.id} stand in the order {', '.join(conditions)}",
            ("statement",),
            "where, while, then when or if",
        )
