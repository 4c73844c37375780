"""The life of a lot: a state machine as data, and the words of its refusals. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

from pydantic import Field

from csvgen.errors import Refused
from csvgen.model.base import Line, Value
from csvgen.pipeline.data_files import table

State = Literal["registered", "processed", "reviewed", "released", "rejected"]
STATES: tuple[State, ...] = get_args(State)
Act = Literal["ingest", "process", "reviewed", "released", "rejected", "change", "investigated", "reintegrate", "set aside"]


ACTS: tuple[Act, ...] = get_args(Act)


class Transition(Value):
    """An act: from which states it is possible, and where it leads."""

    words: Line
    from_: tuple[State, ...] = Field(alias="from")
    to: State | None = None
    """None keeps the state, except that a reviewed lot is back at processed: the act changes what was signed. No act leaves an
    end of the life: the decision of the quality unit is nobody else's to undo."""


class Life(Value):
    """The table ``data/life.yaml``."""

    format: Literal["qc.life/1"]
    order: Mapping[State, Line]
    ends: tuple[State, ...]
    acts: Mapping[Act, Transition]


def state(text: str) -> State:
    """A stored state as one of the known ones. Raises KeyError for any other text."""
    return {s: s for s in STATES}[text]  # type: ignore[index]


def act(text: str) -> Act | None:
    """An act by its name, or None."""
    return next((a for a in ACTS if a == text), None)


def life() -> Life:
    """The table."""
    return table("life", Life)


def after(lot: str, state: State, act: Act) -> State:
    """The state after an act. Raises Refused, with words that say what is missing, when the act is not possible now."""
    transition = life().acts[act]
    if state in transition.from_:
        signed = state not in ("registered", "processed")
        return transition.to or ("processed" if signed else state)
    order = list(life().order)
    if state in order and (ahead := [s for s in order[order.index(state) + 1 :] if s in transition.from_]):
        between = order[order.index(state) + 1 : order.index(ahead[0]) + 1]
        missing = ", ".join(life().order[s] for s in between)
        raise Refused(f"lot {lot} cannot {transition.words}: it is {state}; still missing: {missing}", rule="RR-F01")
    raise Refused(f"lot {lot} cannot {transition.words}: it is already {state}", rule="RR-F01")
