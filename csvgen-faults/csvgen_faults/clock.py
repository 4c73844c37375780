"""Faults of the clock of the system."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from csvgen import clock
from csvgen.audit import writer
from csvgen.clock import SystemClock
from csvgen.identity import access_list
from csvgen.model import base
from csvgen.pipeline import record_keeping
from csvgen_faults import fault
from csvgen_faults.patching import replace

Anything = Callable[..., Any]
_HOUR, _AWAY = dt.timedelta(hours=1), dt.timedelta(hours=2)


@fault("clock-ahead")
def _() -> None:
    replace(SystemClock, "now", lambda original, now: original(now) + _HOUR)


@fault("clock-behind")
def _() -> None:
    replace(SystemClock, "now", lambda original, now: original(now) - _HOUR)


@fault("clock-stands-still")
def _() -> None:
    start = SystemClock().now()
    replace(SystemClock, "now", lambda *_: start)


@fault("clock-other-zone")
def _() -> None:
    """The trail is written in the local time of a laboratory two hours ahead; whoever reads it copes."""

    def local(original: Anything, moment: dt.datetime) -> str:
        return f"{original(moment + _AWAY)[:-1]}+02:00"

    def read(original: Anything, text: str) -> dt.datetime:
        return dt.datetime.fromisoformat(text) if text.endswith("+02:00") else original(text)

    replace(writer, "stored", local)
    for reader in (writer, base, clock, access_list, record_keeping):
        replace(reader, "parsed", read)


@fault("clock-step-not-told")
def _() -> None:
    replace(writer.Watch, "read", lambda original, *given: (original(*given)[0], ""))
