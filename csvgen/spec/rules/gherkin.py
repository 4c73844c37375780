"""Criteria and scenarios that have to become Gherkin."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from typing import get_args

from csvgen.errors import CsvgenError
from csvgen.model import spec as noun
from csvgen.model.base import Asked, Level
from csvgen.patterns import bind
from csvgen.spec.registry import Context, Hit, error

_TECHNIQUES = get_args(Asked)
_KEYWORD = re.compile(r"^(Given|When|Then|And|But|\*) \S")
_HAZARD = re.compile(r"^(\||\"\"\"|```|#)")


def _criteria(r: noun.Requirement, *, written: bool) -> Iterator[tuple[int, str, noun.Criterion]]:
    for number, c in enumerate(r.criteria):
        if (c.pattern is None) is written:
            yield number, f"{r.id}/{c.id}", c


@error("PRT401", "requirement")
def patterns_exist(r: noun.Requirement, _context: Context) -> Iterator[Hit]:
    """A criterion names a verification pattern that does not exist."""
    for number, key, c in _criteria(r, written=False):
        try:
            bind.find(c.pattern or "")
        except CsvgenError as problem:
            yield Hit(f"{key}: {problem.message}", ("criteria", number, "pattern"), problem.hint, key)


@error("PRT402", "requirement")
def patterns_fit(r: noun.Requirement, context: Context) -> Iterator[Hit]:
    """The parameters of a criterion do not fit its pattern."""
    for number, key, c in _criteria(r, written=False):
        try:
            pattern = bind.find(c.pattern or "")
        except CsvgenError:
            continue
        for text in bind.problems(pattern, c.parameters, context.oracles, context.files):
            yield Hit(f"{key}: {text}", ("criteria", number, "parameters"), about=key)


@error("PRT403", "requirement")
def one_kind_of_criterion(r: noun.Requirement, _context: Context) -> Iterator[Hit]:
    """A criterion has a pattern and given / when / then: one of them would not be looked at."""
    for number, key, c in _criteria(r, written=False):
        if c.given or c.when or c.then:
            yield Hit(f"{key} has a pattern and given/when/then", ("criteria", number, "pattern"), "keep one of them", key)


@error("PRT404", "requirement")
def criteria_look_at_something(r: noun.Requirement, _context: Context) -> Iterator[Hit]:
    """A written criterion of the OQ has no then: it would pass without having looked at anything."""
    for number, key, c in _criteria(r, written=True):
        if r.phase == "OQ" and not c.then:
            yield Hit(f"{key} has neither a pattern nor a then: it looks at nothing", ("criteria", number, "id"), about=key)


@error("PRT405", "requirement")
def criteria_are_gherkin(r: noun.Requirement, _context: Context) -> Iterator[Hit]:
    """A line of a written criterion cannot stand in a feature file as it is."""
    for number, key, c in _criteria(r, written=True):
        if "<tc>" in c.title:
            yield Hit(f"{key}: <tc> in a title is where the case id goes", ("criteria", number, "title"), about=key)
        for name in ("given", "when", "then"):
            for line_number, line in enumerate(getattr(c, name)):
                if _HAZARD.match(line) or "<" in line or ">" in line:
                    yield Hit(f"{key}: the step {line!r} cannot stand in Gherkin as it is", ("criteria", number, name, line_number),
                              "avoid <, >, and a leading |, # or quotes", key)  # fmt: skip


@error("PQS552", "scenario")
def scenarios_look_at_something(s: noun.Scenario, _context: Context) -> Iterator[Hit]:
    """A business scenario has no steps that look at anything."""
    if not s.steps and not s.then:
        yield Hit(f"{s.id} has no steps that look at anything", ("id",), "add steps, or given / when / then")


@error("PQS553", "scenario")
def scenario_keywords(s: noun.Scenario, _context: Context) -> Iterator[Hit]:
    """A step of a business scenario begins with no keyword."""
    for number, line in enumerate(s.steps):
        if not _KEYWORD.match(line):
            yield Hit(f"{s.id}: the step {line!r} does not begin with Given, When, Then, And or But", ("steps", number))


@error("PQS554", "scenario")
def named_users_have_a_role(s: noun.Scenario, _context: Context) -> Iterator[Hit]:
    """A person is named for a business role that takes no part in the scenario."""
    for role in s.named_users:
        if role not in s.end_users:
            hint = f"end users of the scenario: {', '.join(s.end_users)}"
            yield Hit(f"{s.id}: somebody is named for {role!r}, which is no end user of it", ("named_users", role), hint)


@error("PRT406", "scenario")
def scenario_text(s: noun.Scenario, _context: Context) -> Iterator[Hit]:
    """A step of a business scenario holds < or >, which Gherkin reads as a placeholder."""
    if "<tc>" in s.title:
        yield Hit(f"{s.id}: <tc> in a title is where the case id goes", ("title",))
    for name in ("steps", "given", "when", "then"):
        for number, line in enumerate(getattr(s, name)):
            if "<" in line or ">" in line:
                yield Hit(f"{s.id}: the step {line!r} holds < or >", (name, number))


@error("PRT407", "protocol")
def depth_policy(p: noun.ProtocolSettings, _context: Context) -> Iterator[Hit]:
    """The depth policy must give each priority its techniques, by names that scripts have, and a worse one no fewer: else cases drop out."""
    if not p.depth:
        return  # depth.yaml says it, or the policy that comes with csvgen
    asked: dict[str, Level] = {}
    for level in get_args(Level):  # from the best to the worst
        if level not in p.depth:
            yield Hit(f"protocol.yaml gives no depth for {level} priority", ("depth",))
        elif not p.depth[level]:
            yield Hit(f"the depth for {level} priority is empty: none of its cases would be drafted", ("depth", level),
                      f"name its techniques: {', '.join(_TECHNIQUES)}")  # fmt: skip
        elif less := [t for t in asked if t not in p.depth[level] and t in _TECHNIQUES]:
            yield Hit(f"{level} priority asks for less than {asked[less[0]]} priority: {', '.join(less)} is missing", ("depth", level),
                      "a worse priority asks for all that a better one asks for")  # fmt: skip
        for technique in p.depth.get(level, ()):
            asked.setdefault(technique, level)
        for number, technique in enumerate(p.depth.get(level, ())):
            if technique not in _TECHNIQUES:
                near = difflib.get_close_matches(technique, _TECHNIQUES, n=1)
                hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(_TECHNIQUES)}"
                yield Hit(f"no script has the technique {technique!r}", ("depth", level, number), hint)
