"""Where data come from: instruments with their calibrations, and senders. Records; who changes them is said in `source_keeping`.

Each calibration is a version of the instrument's record, so the trail holds all of them, and a file is judged by the one in force
when it was measured, not by the newest.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from csvgen.model.base import Line, Value

_WRITTEN_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def as_day(text: str) -> str:
    """A calendar day as it is written on record. Raises ValueError for anything else, other spellings of a day included:

    ``20261121`` and ``2026-W47-6`` are days too, and would be kept as something that nobody entered.
    """
    if not _WRITTEN_DAY.fullmatch(text):
        raise ValueError(f"a day is written like 2026-11-21, not {text[:40]!r}")
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text} is no day of the calendar") from None
    return text


def _day(text: str) -> str:
    return as_day(text) if text else ""


Day = Annotated[str, AfterValidator(_day)]
"""A calendar day, ``2026-11-21``, or empty."""

SOURCE_ID = r"^[A-Z][A-Z0-9-]{1,39}$"


class Instrument(Value):
    """A registered source of data (21 CFR 11.10(h)), as of one calibration (21 CFR 211.68(a), 211.160(b)(4))."""

    id: str = Field(pattern=SOURCE_ID)
    kind: Line
    named: Line
    """What the instrument calls itself in its files: serial number, or system name."""
    calibration_due: Day
    """Last day on which this calibration holds; empty for an instrument that is not calibrated."""
    calibrated_on: Day = ""
    """First day on which it holds; empty when it was not said, and then it holds for all time before."""
    certificate: str = Field(default="", max_length=100)
    """Number of the certificate."""
    certificate_file: str = ""
    """Record of the certificate itself, ``file/instrument/PR-001:CAL-1.pdf``."""
    state: Literal["not calibrated", "in use", "retired"] = "in use"

    @model_validator(mode="after")
    def _in_order(self) -> Instrument:
        if self.calibrated_on and self.calibration_due and self.calibrated_on > self.calibration_due:
            raise ValueError(f"a calibration of {self.calibrated_on} cannot have been due on {self.calibration_due} already")
        return self

    def holds(self, day: str) -> bool:
        """Whether this calibration is in force on a day."""
        return self.calibrated_on <= day and (not self.calibration_due or day <= self.calibration_due)

    @property
    def calibration(self) -> str:
        """The calibration in one line, as a file record names it."""
        since = f" from {self.calibrated_on}" if self.calibrated_on else ""
        number = f"certificate {self.certificate}," if self.certificate else "no certificate number,"
        return f"{number}{since} due {self.calibration_due or 'never'}"


class Sender(Value):
    """Somebody who sends files: a contract laboratory, a sponsor, a data management group. Record kind ``sender``."""

    id: str = Field(pattern=SOURCE_ID)
    name: Line
    kind: Line
    state: Literal["in use", "retired"] = "in use"


def in_force(versions: Sequence[Instrument], day: str) -> Instrument | None:
    """The calibration that holds on a day, or None. `versions` are all versions of the record, oldest first.

    Of one calibration (one `calibrated_on`) its last version counts: a due date that was corrected is not believed any more.
    """
    calibrations = {v.calibrated_on: v for v in versions if v.state != "not calibrated"}
    holding = [c for c in calibrations.values() if c.holds(day)]
    return max(holding, key=lambda c: c.calibrated_on, default=None)
