"""When a file says it was measured. Its own clock, mostly without zone; nothing is guessed where it says nothing."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator
from typing import Any

from csvgen.errors import BadInput

FARTHEST = dt.timedelta(hours=14)
"""A time without zone may be of any zone; the one farthest ahead of UTC is UTC+14."""

_GEN5 = re.compile(r"^Date\t([^\t\r\n]+)\r?\nTime\t([^\t\r\n]+)\r?$", re.MULTILINE)
_GEN5_FORMS = ("%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %H:%M:%S")


def acquired(file: str, data: bytes) -> tuple[str, ...]:
    """The times at which a readable instrument file says it was measured, ISO 8601 as far as it says, oldest first.

    Gen5: Date and Time of the plate (month first, as Gen5 writes them). Empower: DateAcquired of each result. The CSV forms say
    none. Raises BadInput for a time that cannot be read.
    """
    found: list[dt.datetime] = []
    if file.endswith(".txt"):
        found = [_gen5(file, f"{day} {time}") for day, time in _GEN5.findall(data.decode("utf-8"))]
    elif file.endswith(".json"):
        found = [_iso(file, said) for said in _dates(json.loads(data))]
    return tuple(moment.isoformat() for moment in sorted(found, key=utc_at_the_earliest))


def utc_at_the_earliest(moment: dt.datetime) -> dt.datetime:
    """The earliest moment a time can mean: a time without zone is taken for one of the zone farthest ahead."""
    return moment.astimezone(dt.UTC) if moment.tzinfo else moment.replace(tzinfo=dt.UTC) - FARTHEST


def after_arrival(said: str, now: dt.datetime, tolerance: dt.timedelta) -> bool:
    """Whether a time lies after the arrival in every zone it may mean, by more than the tolerance."""
    return utc_at_the_earliest(dt.datetime.fromisoformat(said)) > now + tolerance


def _gen5(file: str, said: str) -> dt.datetime:
    for form in _GEN5_FORMS:
        try:
            return dt.datetime.strptime(said, form)  # noqa: DTZ007 - the file says no zone
        except ValueError:
            continue
    raise BadInput(f"the time of measurement cannot be read: {said[:60]!r}", where=file)


def _iso(file: str, said: str) -> dt.datetime:
    try:
        return dt.datetime.fromisoformat(said)
    except ValueError:
        raise BadInput(f"the time of measurement cannot be read: {said[:60]!r}", where=file) from None


def _dates(value: Any) -> Iterator[str]:
    for result in value["values"]["results"]:
        if isinstance(said := result["fields"].get("DateAcquired"), str):
            yield said
