"""What a conformance check comes to: one line for each thing that was looked at."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from csvgen.model.counterpart import NOT_SAID, Counterpart

Standing = Literal["holds", "FINDING", "BLOCKED", "not asked"]


@dataclass(frozen=True, slots=True)
class Looked:
    """One thing that was looked at."""

    about: str
    """Target, or the port and verb: ``Access.log_in``."""
    what: str
    """The sentence of the protocol that is checked."""
    standing: Standing
    seen: str = ""
    """What came instead, or why it was not asked."""


@dataclass(frozen=True, slots=True)
class Conformance:
    """A checked adapter."""

    target: str
    instance: str
    counterparts: tuple[Counterpart, ...]
    ports: tuple[str, ...]
    lacking: tuple[str, ...]
    faults: str
    """The distribution that can break the system for challenge evidence, or that there is none."""
    looked: tuple[Looked, ...] = field(default=())

    @property
    def holds(self) -> bool:
        """Whether something was looked at and all of it is as the ports say."""
        return any(x.standing == "holds" for x in self.looked) and not any(
            x.standing in ("FINDING", "BLOCKED") for x in self.looked
        )

    def count(self, standing: Standing) -> int:
        return sum(x.standing == standing for x in self.looked)

    def lines(self) -> list[str]:
        """As a person reads it: findings first."""
        said = [f"Counterpart: {c.words}" for c in self.counterparts] or [f"Counterpart: {NOT_SAID.words}"]
        head = [f"Target {self.target}, instance {self.instance}", *said, f"Ports: {', '.join(self.ports) or 'none'}"]
        head += [
            f"Not offered: {', '.join(self.lacking) or 'none'}; a case that needs one of them is BLOCKED",
            f"Faults: {self.faults}",
        ]
        order = ("FINDING", "BLOCKED", "not asked", "holds")
        rows = sorted(self.looked, key=lambda x: order.index(x.standing))
        told = [f"{x.standing:<9} {x.about}: {x.what}{f' -- {x.seen}' if x.seen else ''}" for x in rows]
        return [*head, *told, ", ".join(f"{self.count(s)} {s}" for s in ("holds", "FINDING", "BLOCKED", "not asked"))]

    def content(self) -> dict[str, object]:
        """As JSON tells it."""
        return {
            "format": "csvgen.target-check/1", "target": self.target, "instance": self.instance, "holds": self.holds,
            "counterparts": [c.model_dump(mode="json") | {"words": c.words} for c in self.counterparts],
            "ports": list(self.ports), "not_offered": list(self.lacking), "faults": self.faults,
            "looked": [{"about": x.about, "what": x.what, "standing": x.standing, "seen": x.seen} for x in self.looked],
        }  # fmt: skip
