"""Where a file comes from, judged on arrival: accepted, or quarantined with the reason. Pure but for the registry it is given.

| given instrument | the file names | standing |
|---|---|---|
| registered, calibrated when it measured | the same, or nothing | accepted |
| registered | another one | quarantined |
| registered, not calibrated when it measured | anything | quarantined |
| retired, or not registered | anything | quarantined |
| none | a registered one | accepted for that one |
| none | one not registered | quarantined |
| none | nothing | accepted, and a deviation is opened: review waits for quality |

"When it measured" is the file's own time, if it says one, else its arrival. A file whose own time lies after its arrival, by more than
the setting `ahead_seconds`, is quarantined: one of the two clocks is wrong. A time without zone counts in the zone it is latest in.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from csvgen.canonical import digest_bytes
from csvgen.errors import BadInput
from csvgen.pipeline.acquired import after_arrival
from csvgen.pipeline.files import Standing
from csvgen.pipeline.sources import Instrument, Sender, in_force


@dataclass(frozen=True, slots=True)
class Judged:
    """What is known of the origin of a file."""

    standing: Standing
    instrument: str = ""
    why: str = ""
    calibration: str = ""


def refuse_altered(content: bytes, declared: Mapping[str, str], where: str) -> None:
    """A file whose sender declared its digest (``sha256``) is that file. Raises BadInput."""
    found = digest_bytes(content)
    if (told := declared.get("sha256", "").lower()) and told.removeprefix("sha256:") != found.hex:
        raise BadInput(f"the file has the digest {found}, its manifest says {told[:80]}", where=where)


def judge(
    registered: Mapping[str, Sequence[Instrument]], given: str, named: str, measured: Sequence[str], now: dt.datetime, ahead: int
) -> Judged:
    """The table above. `registered` holds every version of each instrument; `measured` are the file's own times; `ahead` seconds."""
    newest = {identity: versions[-1] for identity, versions in registered.items()}
    instrument = newest.get(given) if given else next((i for i in newest.values() if named and i.named == named), None)
    if why := _stranger(instrument, given, named):
        return Judged("quarantined", why=why)
    if late := [m for m in measured if after_arrival(m, now, dt.timedelta(seconds=ahead))]:
        why = f"the file says it was measured at {late[-1]}, after it arrived"
        return Judged("quarantined", instrument.id if instrument else "", why)
    if instrument is None:
        return Judged("accepted")
    if instrument.state == "retired":
        return Judged("quarantined", instrument.id, f"the instrument {instrument.id} is retired")
    return _calibrated(registered[instrument.id], [m[:10] for m in measured] or [now.date().isoformat()])


def _stranger(instrument: Instrument | None, given: str, named: str) -> str:
    """Why the file cannot come from where it is said to come from."""
    if instrument is None and given:
        return f"the instrument {given[:40]!r} is not registered"
    if instrument is None and named:
        return f"the file names the instrument {named[:40]!r}, which is not registered"
    if instrument and named and named != instrument.named:
        return f"the file names the instrument {named[:40]!r}, but {instrument.id} is {instrument.named!r}"
    return ""


def _calibrated(versions: Sequence[Instrument], days: Sequence[str]) -> Judged:
    newest = versions[-1]
    holding = [in_force(versions, day) for day in days]
    found = next((h for h in holding if h), None)
    if found and all(holding):
        return Judged("accepted", newest.id, calibration=found.calibration)
    if newest.state == "not calibrated":
        return Judged("quarantined", newest.id, f"the instrument {newest.id} was never calibrated")
    day = next(day for day, held in zip(days, holding, strict=True) if held is None)
    if newest.calibrated_on and day < newest.calibrated_on:
        why = f"no calibration of {newest.id} holds on {day}; the last one begins on {newest.calibrated_on}"
    else:
        why = f"the calibration of {newest.id} was due on {newest.calibration_due}, the file is of {day}"
    return Judged("quarantined", newest.id, why)


def judge_sender(sender: Sender | None, given: str) -> Judged:
    """A file from outside: accepted from a registered sender, quarantined from any other."""
    if sender is None:
        return Judged("quarantined", why=f"the sender {given[:40]!r} is not registered" if given else "no sender was given")
    if sender.state == "retired":
        return Judged("quarantined", why=f"the sender {sender.id} is retired")
    return Judged("accepted")
