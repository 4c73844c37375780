"""A part of a platform: its probes by name, and who answers each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from csvgen.model.counterpart import Counterpart
from csvgen.views import Fact

Probe = Callable[[], tuple[Fact, ...]]


@dataclass(frozen=True)
class Part:
    """Probes of one service. Making a part asks nobody anything."""

    name: str
    instance: str
    """Which account, workspace or repository: what evidence is of."""
    probes: Mapping[str, Probe]
    counterparts: Mapping[str, Callable[[], Counterpart]]
