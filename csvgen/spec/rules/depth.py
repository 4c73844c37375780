"""depth.yaml: a policy that asks for more where the risk is higher, and says what it means."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from csvgen.model.base import Level
from csvgen.model.depth import Depth, DepthPolicy
from csvgen.patterns.policy import default
from csvgen.spec.registry import Context, Hit, error

_LEVELS: tuple[Level, ...] = ("low", "medium", "high")
_STANDS_ON = {"boundary-3": "boundary", "sneak": "transition"}
"""Technique -> the one without which it says little: a neighbour inside a limit nobody tried, a refused way where no allowed one was gone."""


@error("PRT440", "depth")
def worse_asks_for_no_less(p: DepthPolicy, _context: Context) -> Iterator[Hit]:
    """A worse priority asks for less than a better one: fewer techniques, weaker combinations, less evidence, no challenge."""
    for better, worse in pairwise(_LEVELS):
        for key, what in _less(p.of(better), p.of(worse)):
            yield Hit(f"{worse} priority asks for less than {better} priority: {what}", (worse, key),
                      "a worse priority asks for all that a better one asks for")  # fmt: skip


def _less(better: Depth, worse: Depth) -> Iterator[tuple[str, str]]:
    if lost := [t for t in better.techniques if t not in worse.techniques]:
        yield "techniques", f"{', '.join(lost)} is missing"
    if int(worse.strength or "0") < int(better.strength or "0"):
        yield "strength", f"strength {worse.strength or 'none'} below {better.strength}"
    if int(worse.full_table) < int(better.full_table):
        yield "full_table", f"a full table of {worse.full_table} rows below {better.full_table}"
    if (better.evidence, worse.evidence) == ("every-step", "observed"):
        yield "evidence", "evidence of checks only, not of every step"
    if (better.challenge, worse.challenge) == ("yes", "no"):
        yield "challenge", "no challenge"


@error("PRT441", "depth")
def one_policy(_p: DepthPolicy, context: Context) -> Iterator[Hit]:
    """depth.yaml and protocol.yaml both say how deep to test: one of them would not hold."""
    if context.settings is not None and context.settings.depth:
        yield Hit(
            "protocol.yaml has a depth policy, too, under its key depth", ("format",), "take the key depth out of protocol.yaml"
        )


@error("PRT442", "depth")
def techniques_mean_something(p: DepthPolicy, _context: Context) -> Iterator[Hit]:
    """A technique stands twice or without the one it builds on, or combinations and their strength are not said together."""
    for level in _LEVELS:
        depth = p.of(level)
        for number, technique in enumerate(depth.techniques):
            at = (level, "techniques", number)
            if technique in depth.techniques[:number]:
                yield Hit(f"{level} priority names {technique} twice", at, "keep one")
            if (base := _STANDS_ON.get(technique)) is not None and base not in depth.techniques:
                yield Hit(f"{level} priority asks for {technique} without {base}", at, f"add {base}")
        if ("combination" in depth.techniques) != (depth.strength is not None):
            yield Hit(
                f"{level} priority says combination or its strength, but not both", (level, "techniques"),
                "strength says how many factors are combined in every way: 2 for pairs",
            )  # fmt: skip


@error("PRT443", "depth")
def charters_at_low_priority(p: DepthPolicy, _context: Context) -> Iterator[Hit]:
    """An unscripted session stands for scripts above low priority."""
    for level in _LEVELS[1:]:
        if p.of(level).charter == "charter":
            yield Hit(f"{level} priority is shown by a charter", (level, "charter"), "a charter is for low priority")


@error("PRT444", "depth")
def tables_fit_their_limit(p: DepthPolicy, _context: Context) -> Iterator[Hit]:
    """The limit of rows is lower than the full table that the same priority asks for, or leaves no row at all."""
    for level in _LEVELS:
        depth = p.of(level)
        if int(depth.row_limit) < max(1, int(depth.full_table)):
            yield Hit(
                f"{level} priority asks for tables of {depth.full_table} rows and allows {depth.row_limit}", (level, "row_limit")
            )


@error("PRT445", "depth")
def name_is_its_own(p: DepthPolicy, _context: Context) -> Iterator[Hit]:
    """A policy of the project has the name of the one that comes with csvgen, and another content."""
    if p.id == default().id and p != default():
        yield Hit(f"{p.id} is the name of the policy that comes with csvgen", ("id",), "give it a name and a version of its own")
