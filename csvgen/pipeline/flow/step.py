"""What a step is given and what it gives. A step is a function of these and of nothing else: no clock, no file, no network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Work:
    """What a step is given."""

    inputs: Mapping[str, bytes]
    """By the names the step takes. An optional one that was not given is absent."""
    parameters: Mapping[str, str]
    files: Mapping[str, str] = field(default_factory=dict)
    """Input -> name of the file it came as, for readers that go by it."""


@dataclass(frozen=True, slots=True)
class Made:
    """What a step gives: every output it declares, or `invalid` and nothing else."""

    outputs: Mapping[str, bytes]
    facts: Mapping[str, str] = field(default_factory=dict)
    """What the run record tells beside the outputs (system suitability, counts); text, flat."""
    invalid: str = ""
    """Why the run gives no result (system suitability not met). Later steps are not performed."""


Step = Callable[[Work], Made]
"""Raises BadInput, with a place, for data it cannot use."""
