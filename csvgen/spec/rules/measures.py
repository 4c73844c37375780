"""Figures of a statement: that there is one to measure against, and that it has a unit."""

from __future__ import annotations

import re
from collections.abc import Iterator

from csvgen.model import spec as noun
from csvgen.spec.registry import Context, Hit, rule
from csvgen.spec.rules.texts import plain
from csvgen.spec.rules.wording import FIGURE

_PERIOD = re.compile(
    r"\b(?:an?|per|each|every)\s(?:[\w-]{1,20}\s){0,2}(?:second|minute|hour|day|week|month|year)s?\b", re.IGNORECASE
)
_MEASURED = re.compile(
    r"\b(?:response times?|processing times?|load(?:ing)? times?|throughput|latency|uptime|availability of|concurrent users?"
    r"|simultaneous users?|a (?:maximum|minimum) of)\b",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(r"\b(?:configur|defin|specifi|approv|agreed|validated|set by|limit)", re.IGNORECASE)


@rule("URS114", "requirement")
def something_to_measure_against(r: noun.Requirement, _context: Context) -> Iterator[Hit]:
    """A requirement about speed, load or amount has no figure: no result could fail it."""
    statement = plain(r.statement)
    measured = _MEASURED.search(statement)
    if r.category != "performance" and measured is None:
        return
    if FIGURE.search(statement) or _PERIOD.search(statement) or (r.category != "performance" and _ELSEWHERE.search(statement)):
        return
    about = f'speaks of "{measured[0].casefold()}"' if measured else "is about performance"
    yield Hit(
        f"{r.id} {about} but has no figure to measure against", ("statement",), "give value, unit and load: 20 lots within 60 s"
    )


_NUMBER = r"(?P<number>[0-9]{1,9}(?:[.,][0-9]{1,9})?)(?![0-9.,]?[0-9])"
_END = r"(?=\s{0,2}(?:$|[;)]|\.(?:\s|$)|\s(?:of|when|if|after|from|once|unless)\b))"
_TIME = re.compile(rf"\b(?P<word>within|every|after)\s{_NUMBER}{_END}", re.IGNORECASE)
_LIMIT = re.compile(
    rf"\b(?P<word>at\s(?:least|most)|(?:no|not)\s(?:more|less)\sthan|up\sto|exceed|under|below|above|less\sthan|more\sthan)\s{_NUMBER}"
    r"(?=\s{0,2}(?:$|[;)]|\.(?:\s|$)))",
    re.IGNORECASE,
)
_NO_UNIT = re.compile(r"\b(?:numbers?|count|index|score|ratio|factor|pH|level|version|grade|rating|r squared)\b", re.IGNORECASE)


@rule("URS115", "requirement")
def figures_have_units(r: noun.Requirement, _context: Context) -> Iterator[Hit]:
    """A limit in a statement is a bare number: within 30 of what?"""
    statement = plain(r.statement)
    found = _TIME.search(statement)
    if found is None and r.category == "performance" and not _NO_UNIT.search(statement):
        found = _LIMIT.search(statement)
    if found is not None:
        yield Hit(
            f'{r.id} says "{" ".join(found[0].split())}" without a unit',
            ("statement",),
            "write the unit, or what is counted, behind the number",
        )
