"""Facts as probes tell them: name, value, unit and source, all text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from csvgen.errors import ConfigError
from csvgen.views import Fact, Unanswered

NONE = "(none)"
"""Said where the platform answered that there is no such thing: an answer, and different from no answer."""
_LONGEST = 2_000


class NotAllowed(ConfigError):
    """A call that could change the target, or that no probe needs, was stopped before it left."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A number with its unit."""

    value: int
    unit: str


def facts(source: str, told: Mapping[str, Any]) -> tuple[Fact, ...]:
    """One fact for each name. yes and no for bools, words joined by semicolons for several, `NONE` for nothing."""
    return tuple(
        Fact(name, said(value), value.unit if isinstance(value, Measured) else "", source) for name, value in told.items()
    )


def said(value: Any) -> str:
    """A value in one line that is never blank."""
    if isinstance(value, Measured):
        return str(value.value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str | int):
        text = " ".join(str(value).split())
    elif value is None:
        text = ""
    else:
        text = listed(value)
    return text[:_LONGEST] or NONE


def listed(values: Iterable[Any]) -> str:
    """Several values in one line, in order of the alphabet, each once."""
    return "; ".join(sorted({" ".join(str(v).split()) for v in values}))


def need(value: Any, setting: str) -> str:
    """A setting that a probe cannot do without. Raises Unanswered naming it."""
    if not value:
        raise Unanswered(f"the settings of the platform do not say {setting}", hint=f"add {setting}")
    return str(value)


def inside(answer: Any, *names: str, kind: type = dict, where: str) -> Any:
    """A part of an answer that has to be there. Raises Unanswered for an answer of another shape: nothing is guessed."""
    for name in names:
        if not isinstance(answer, dict) or name not in answer:
            raise Unanswered(f"the answer has no {name!r}: it is not of the shape that is documented", where=where)
        answer = answer[name]
    if not isinstance(answer, kind):
        raise Unanswered(f"the answer is no {kind.__name__} where one is documented", where=where)
    return answer
