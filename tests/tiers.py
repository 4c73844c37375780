"""Which of many like cases the normal tier takes. None is lost: the others are slow, and `make test-all` takes them all."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest


def some(values: Iterable[Any], kept: Callable[[Any], bool]) -> list[Any]:
    """Parameters, of which those that are not kept are slow. At least one is kept: a sample of nothing proves nothing."""
    every = list(values)
    assert any(kept(value) for value in every), "the normal tier would take none"
    return [value if kept(value) else pytest.param(*_parts(value), marks=pytest.mark.slow) for value in every]


def _parts(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


def each(step: int, values: Iterable[Any]) -> list[Any]:
    """The first of each `step` is kept."""
    every = list(values)
    return some(every, lambda value: every.index(value) % step == 0)
