"""Dates of SDTM: ISO 8601 text that may end early (``2013-02``). Completed by a stated rule, and the completion is flagged.

The rule: a start takes the first day that the text allows, an end the last day. The flag says what was not collected, as ADaM
flags it (ADaMIG 1.3, section 3.1.3): ``D`` the day, ``M`` month and day, ``Y`` the whole date.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from dataclasses import dataclass
from typing import Literal

from csvgen.errors import BadInput

_SHAPE = re.compile(
    r"(?P<year>[0-9]{4})(?:-(?P<month>[0-9]{2})(?:-(?P<day>[0-9]{2})"
    r"(?:T(?P<hour>[0-9]{2})(?::(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:\.[0-9]+)?)?)?(?:Z|[+-][0-9]{2}:[0-9]{2})?)?)?)?"
)
_DECEMBER = 12
_LAST_HOUR, _LAST_MINUTE = 23, 59

Flag = Literal["", "D", "M", "Y"]


@dataclass(frozen=True, slots=True)
class When:
    """A collected date: the first and the last day it may mean."""

    first: dt.date
    last: dt.date
    flag: Flag
    """What was not collected."""


def when(text: str, where: str = "") -> When:
    """A date from its text. Raises BadInput for text that is no ISO 8601 date, or no day of the calendar."""
    found = _SHAPE.fullmatch(text)
    if not found:
        raise BadInput(f"not an ISO 8601 date: {text[:40]!r}", where=where)
    year, month, day = (int(found[p]) if found[p] else 0 for p in ("year", "month", "day"))
    hour, minute, second = (int(found[p] or 0) for p in ("hour", "minute", "second"))
    if hour > _LAST_HOUR or minute > _LAST_MINUTE or second > _LAST_MINUTE:
        raise BadInput(f"not a time of day: {text[:40]!r}", where=where)
    try:
        if day:
            exact = dt.date(year, month, day)
            return When(exact, exact, "")
        if month:
            last = calendar.monthrange(year, month)[1]
            return When(dt.date(year, month, 1), dt.date(year, month, last), "D")
        return When(dt.date(year, 1, 1), dt.date(year, _DECEMBER, 31), "M")
    except (ValueError, calendar.IllegalMonthError):
        raise BadInput(f"not a day of the calendar: {text[:40]!r}", where=where) from None


def days(start: dt.date, end: dt.date) -> int:
    """Days from start to end, both counted; there is no day zero in a count of days of treatment."""
    return (end - start).days + 1


def study_day(start: dt.date, day: dt.date) -> int:
    """Study day: the start is day 1, the day before it is day -1 (SDTMIG 3.3, section 4.4.4)."""
    distance = (day - start).days
    return distance + 1 if distance >= 0 else distance
