"""Life of a controlled record: the states it can be in, and every step from one to another (21 CFR 11.10(f)).

What is not in the table is refused. A document is drafted, signed and in the end superseded; an execution copy (an order with its
run) is issued from an approved protocol, executed, reviewed and closed.
"""

from __future__ import annotations

from typing import Literal, get_args

from csvgen.errors import Refused

State = Literal[
    "draft", "in review", "approved", "issued", "in execution", "executed", "reviewed", "closed",
    "superseded", "declined", "withdrawn",
]  # fmt: skip
STATES: tuple[State, ...] = get_args(State)

STEPS: tuple[tuple[State, State, str], ...] = (
    ("draft", "in review", "the revision is published for signature"),
    ("in review", "approved", "the last station of its route has signed"),
    ("in review", "declined", "a station declines, with a reason"),
    ("approved", "issued", "a trained person issues an execution copy by signature"),
    ("approved", "superseded", "a later revision is approved"),
    ("issued", "in execution", "the run begins"),
    ("in execution", "executed", "the run is sealed"),
    ("executed", "reviewed", "the executed record is signed as performed and reviewed"),
    ("reviewed", "closed", "the report on the run is approved"),
    ("draft", "withdrawn", "withdrawn with a reason"),
    ("in review", "withdrawn", "withdrawn with a reason"),
    ("declined", "withdrawn", "withdrawn with a reason"),
    ("approved", "withdrawn", "withdrawn with a reason"),
    ("issued", "withdrawn", "withdrawn with a reason"),
    ("in execution", "withdrawn", "withdrawn with a reason"),
    ("executed", "withdrawn", "withdrawn with a reason"),
    ("reviewed", "withdrawn", "withdrawn with a reason"),
)
"""From, to, by what: the whole table (RR-F01)."""

_ALLOWED = frozenset((first, second) for first, second, _ in STEPS)


def step(record: str, before: State, after: State) -> str:
    """The step as an event tells it, ``in review -> approved``. Raises Refused for a step that is not in the table."""
    if (before, after) not in _ALLOWED:
        ways = ", ".join(second for first, second, _ in STEPS if first == before)
        raise Refused(
            f"{record} is {before} and cannot become {after}", hint=f"from here it can become: {ways or 'nothing'}", rule="RR-F01"
        )
    return f"{before} -> {after}"
