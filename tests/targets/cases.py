"""A case as the steps see it, without a run around it: ports of a real target, observations that are kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from csvgen.execution.observe import ExpectationFailed, observation
from csvgen.model.execution import Observation
from csvgen.ports import Target
from csvgen.steps.common import Actors, Names, World


@dataclass
class Observed:
    """Keeps what is observed, and fails as the recorder does."""

    made: list[Observation] = field(default_factory=list)

    def __call__(self, what: str, *, expected: str, actual: str, by: Any = "equal", source: str, unit: str = "") -> None:
        found = observation(what, by, expected, actual, source=source, unit=unit)
        self.made.append(found)
        if not found.holds:
            raise ExpectationFailed(f"{what}: expected {expected!r}, observed {actual!r}")

    def note(self, what: str, actual: str, *, source: str) -> None:
        self.made.append(observation(what, "recorded", "", actual, source=source))


class Case:
    """What `csvgen.steps.common.Bench` is to a step."""

    def __init__(self, target: Target, name: str, sessions: dict[str, str], testdata: Any = None) -> None:
        names = Names("run", f"TC-{name}")
        self.target, self.lot, self.user = target, names.lot, names.user
        self.actors = Actors(target, sessions)
        self.observe, self.world, self.testdata = Observed(), World(), testdata

    def port(self, name: str) -> Any:
        return self.target.port(name)

    def attach(self, data: bytes | str, *, name: str, media_type: str) -> None:
        assert data is not None and name and media_type

    def log_in(self, *roles: str) -> None:
        for role in roles:
            self.actors.log_in(role)
