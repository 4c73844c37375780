"""Whether the clock of this host and that of a server agree well enough for times of both to be compared."""

from __future__ import annotations

import datetime as dt
import email.utils

from csvgen.clock import Clock
from csvgen.views import Unanswered

SKEW = "300"
"""Seconds by which the clock of the other side may differ where no description says otherwise."""


def in_step(clock: Clock, date: str | None, where: str, allowed: str = SKEW) -> None:
    """Raises Unanswered where the header ``Date`` of an answer is further off than allowed. Without a date nothing is known, and nothing said."""
    try:
        told = email.utils.parsedate_to_datetime(date or "")
    except (ValueError, TypeError):
        return
    off = abs((clock.now() - told.astimezone(dt.UTC)).total_seconds())
    if off > float(allowed):
        raise Unanswered(
            f"clock skew: this clock and that of the server differ by {off:.0f} s; {allowed} s are allowed",
            where=where, hint="set the clocks right; times of evidence and of the system cannot be compared",
        )  # fmt: skip
