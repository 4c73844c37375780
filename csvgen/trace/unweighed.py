"""What the rule of a validation does not weigh and whoever signs has to know. Pure.

The rule looks at cases, deviations and gaps. It says nothing of a challenge that the depth policy asks for and nobody made, and nothing of
installations on which nobody executed the IQ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from csvgen.model.base import Level
from csvgen.model.evidence import Evidence
from csvgen.model.protocol import Protocol
from csvgen.model.spec import Spec
from csvgen.model.system import Environment
from csvgen.risk.scheme import LEVELS, assess, rating_scheme
from csvgen.trace.matrix import counts


@dataclass(frozen=True, slots=True)
class Demanded:
    """The challenge that the depth policy asks for."""

    levels: tuple[Level, ...]
    """Priorities at which it asks, the highest first; empty where it asks for none."""
    risks: int
    """Risks of these priorities."""
    scripts: int
    """Scripts of the OQ of these priorities."""


def demanded(spec: Spec, protocol: Protocol) -> Demanded:
    """What the policy asks to be challenged, counted."""
    levels = tuple(level for level in reversed(LEVELS) if spec.asked(level).challenge == "yes")
    scheme = rating_scheme(spec)
    risks = sum(assess(r, scheme).priority in levels for r in spec.risks)
    return Demanded(levels, risks, sum(c.priority in levels for c in protocol.of("OQ")))


@dataclass(frozen=True, slots=True)
class Installed:
    """An environment of the system with the runs of the IQ that were executed on it."""

    environment: Environment
    runs: tuple[str, ...]


def installed(spec: Spec, runs: Sequence[Evidence]) -> tuple[Installed, ...]:
    """Every environment that the specification describes. A run belongs to the one that is called as its target is."""
    made = [r for r in runs if counts(r) and r.plan.phase == "IQ"]
    return tuple(Installed(e, tuple(r.run for r in made if r.plan.target == e.id)) for e in spec.system.environments)


def elsewhere(spec: Spec, runs: Sequence[Evidence]) -> tuple[str, ...]:
    """Targets on which the IQ was executed and that the specification describes as no environment."""
    described = {e.id for e in spec.system.environments}
    return tuple(
        dict.fromkeys(r.plan.target for r in runs if counts(r) and r.plan.phase == "IQ" and r.plan.target not in described)
    )


def unqualified(spec: Spec, runs: Sequence[Evidence]) -> tuple[Environment, ...]:
    """Environments without an IQ of their own."""
    return tuple(i.environment for i in installed(spec, runs) if not i.runs)
