"""Drift: whether the system under validation was one and the same from the first reading of a run to the last (RR-X09).

Every worker reads version and configuration when it first needs the system and again when it lets go of it. What differs between
any two readings is told, one sentence for each component, value or identity; which of the cases ran before and which after is
not known, so that it stands against the run as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from csvgen.model.execution import TargetState
from csvgen.model.qualification import Installation

_ABSENT = "(absent)"


@dataclass(frozen=True)
class Reading:
    """One reading of the system by one worker."""

    worker: str
    when: str
    """``start`` or ``end``."""
    state: TargetState

    @property
    def told(self) -> str:
        return f"{self.when} of {self.worker}"


def drift(readings: Sequence[Reading], *, old: bool = False) -> tuple[str, ...]:
    """What differs from the first reading, and who never read the end. `old`: recorded by csvgen 0.1, where a missing end says nothing."""
    found = list(_unread(readings)) if not old else []
    for other in readings[1:]:
        found += _differing(readings[0], other)
    return tuple(dict.fromkeys(found))


def off_baseline(installation: Installation, state: TargetState) -> Iterator[str]:
    """How a reading differs from the installation that was approved, item by item."""
    found = {"component": {c.name: c.sha256 for c in state.components if c.sha256}, "configuration": dict(state.configuration)}
    for item in (item for section in installation.sections for item in section.items if item.kind in found):
        actual = found[item.kind].get(item.subject, _ABSENT)
        if actual != item.expected:
            yield f"{item.kind} {item.subject} is {actual!r}, the baseline says {item.expected!r}"


def _unread(readings: Sequence[Reading]) -> Iterator[str]:
    for worker in dict.fromkeys(r.worker for r in readings):
        seen = [r.when for r in readings if r.worker == worker]
        if seen.count("start") > seen.count("end"):
            yield f"{worker} read the system at its start and never again"
        elif "start" not in seen:
            yield f"{worker} read the system at its end only"


def _differing(first: Reading, other: Reading) -> Iterator[str]:
    before, after = _facts(first.state), _facts(other.state)
    for name in dict.fromkeys([*before, *after]):
        was, now = before.get(name, _ABSENT), after.get(name, _ABSENT)
        if was != now:
            yield f"{name}: {was!r} at the {first.told}, {now!r} at the {other.told}"


def _facts(state: TargetState) -> Mapping[str, str]:
    """What is compared of a reading, by a name people know; the time of the reading is not."""
    found = {"system": state.name, "instance": state.instance}
    for c in state.components:  # one name may stand twice: each has its say
        name, said = f"component {c.name}", " ".join(part for part in (c.version, c.sha256) if part)
        found[name] = f"{found[name]}, {said}" if name in found else said
    return found | {f"configuration {key}": value for key, value in state.configuration}
