"""Typed values of given / when / then: figures, limits, units, choices, roles, and the steps that use them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal

from csvgen.catalog.units import nearest, units
from csvgen.model import spec as noun
from csvgen.model.urs import DecimalInput, DurationInput, EnumerationInput, Input, RoleInput
from csvgen.spec.registry import Context, Hit, error, rule

_DECIMAL = re.compile(r"[+-]?[0-9]{1,40}(?:\.[0-9]{1,40})?")
_NAMED = re.compile(r"\{([a-z][a-z0-9.-]{0,63})\}")
_BRACED = re.compile(r"\{\s{0,3}([^\W\d_][\w.-]{0,63})\s{0,3}\}")
"""One word in braces, as it may be meant for a name. {"key": 1}, {} and {1,3} are data."""
_FIGURES = ("value", "low", "high", "resolution")


def _inputs(r: noun.Requirement) -> Iterator[tuple[tuple[str | int, ...], str, noun.Criterion, Input]]:
    """Path, name as criterion/input, criterion and typed value."""
    for number, c in enumerate(r.criteria):
        for name, value in c.inputs.items():
            yield ("criteria", number, "inputs", name), f"{r.id}/{c.id}: the input {name}", c, value


def _figures(value: Input) -> dict[str, Decimal]:
    """The figures of a measured value that are figures."""
    if not isinstance(value, DecimalInput | DurationInput):
        return {}
    given = {key: getattr(value, key) for key in _FIGURES}
    return {key: Decimal(text) for key, text in given.items() if text is not None and _DECIMAL.fullmatch(text)}


@error("URS123", "requirement")
def figures_are_decimals(r: noun.Requirement, _context: Context) -> Iterator[Hit]:
    """A typed value, limit or resolution is no decimal figure, or a length of time or a resolution is not above zero."""
    for path, key, c, value in _inputs(r):
        if isinstance(value, DecimalInput | DurationInput):
            known = _figures(value)
            for name in _FIGURES:
                text = getattr(value, name)
                if text is not None and name not in known:
                    yield Hit(
                        f"{key} has the {name} {text!r}, which is no decimal",
                        (*path, name),
                        "digits and one point: 1.10",
                        f"{r.id}/{c.id}",
                    )
                elif (
                    text is not None
                    and known[name] <= 0
                    and (name == "resolution" or (isinstance(value, DurationInput) and name == "value"))
                ):
                    yield Hit(f"{key} has the {name} {text}, which is not above zero", (*path, name), about=f"{r.id}/{c.id}")


@error("URS124", "requirement")
def positive_within_limits(r: noun.Requirement, _context: Context) -> Iterator[Hit]:
    """The value of a positive criterion lies outside its own limits; only a negative or boundary criterion goes there."""
    for path, key, c, value in _inputs(r):
        known = _figures(value)
        if c.technique == "positive" and "value" in known and not _crossed(known):
            below = "low" in known and known["value"] < known["low"]
            if below or ("high" in known and known["value"] > known["high"]):
                limit = f"below {known['low']}" if below else f"above {known['high']}"
                yield Hit(
                    f"{key} is {known['value']}, {limit}",
                    (*path, "value"),
                    "correct it, or set technique: negative or boundary",
                    f"{r.id}/{c.id}",
                )


def _crossed(known: Mapping[str, Decimal]) -> bool:
    """Whether the limits are in the wrong order; URS125 says so."""
    return "low" in known and "high" in known and known["low"] > known["high"]


@rule("URS138", "requirement")
def technique_fits_values(r: noun.Requirement, _context: Context) -> Iterator[Hit]:
    """A boundary criterion has no value at or beside a limit, or a negative one has only values that are allowed."""
    for number, c in enumerate(r.criteria):
        if c.technique == "positive" or not c.inputs:
            continue
        known = {name: _figures(value) for name, value in c.inputs.items()}
        limited = {n: f for n, f in known.items() if "value" in f and ("low" in f or "high" in f) and not _crossed(f)}
        if not limited:
            continue
        first = next(iter(limited))
        at, key = ("criteria", number, "inputs", first, "value"), f"{r.id}/{c.id}"
        if c.technique == "boundary" and not any(_beside_a_limit(f) for f in limited.values()):
            yield Hit(f"{key} tests a boundary, and its value {limited[first]['value']} of {first} is at no limit nor beside one", at,
                      "take the limit, or one step of the resolution beyond it", key)  # fmt: skip
        if c.technique == "negative" and len(limited) == len(c.inputs) and all(map(_inside, limited.values())):
            yield Hit(f"{key} is negative, and all its values lie inside their limits", at,
                      "take a value that must be refused, or correct the technique", key)  # fmt: skip


def _inside(known: Mapping[str, Decimal]) -> bool:
    return known.get("low", known["value"]) <= known["value"] <= known.get("high", known["value"])


def _beside_a_limit(known: Mapping[str, Decimal]) -> bool:
    """At a limit or one step from it; without a resolution a step is one in the last place that is written."""
    last = min(int(f.as_tuple().exponent) for f in known.values())
    step = known.get("resolution", Decimal(1).scaleb(last))
    return any(abs(known["value"] - known[name]) <= step for name in ("low", "high") if name in known)


@error("URS125", "requirement")
def limits_in_order(r: noun.Requirement, _context: Context) -> Iterator[Hit]:
    """The lowest allowed value of an input lies above the highest: no value could be right."""
    for path, key, c, value in _inputs(r):
        known = _figures(value)
        if _crossed(known):
            yield Hit(
                f"{key} has low {known['low']} above high {known['high']}", (*path, "low"), "exchange them", f"{r.id}/{c.id}"
            )


@error("URS126", "requirement")
def units_are_known(r: noun.Requirement, _context: Context) -> Iterator[Hit]:
    """The unit of a typed value is not in the closed list of units."""
    for path, key, c, value in _inputs(r):
        if isinstance(value, DecimalInput) and value.unit not in units():
            near = nearest(value.unit)
            hint = (
                f"did you mean {', '.join(near)}?"
                if near
                else "units are spelled as UCUM spells them; 1 for a number without one"
            )
            yield Hit(f"{key} has the unit {value.unit!r}, which is not in the list", (*path, "unit"), hint, f"{r.id}/{c.id}")


@error("URS127", "requirement")
def choices_are_listed(r: noun.Requirement, _context: Context) -> Iterator[Hit]:
    """The word of an enumeration is not among its allowed words, or one of these stands twice; only a negative criterion goes there."""
    for path, key, c, value in _inputs(r):
        if isinstance(value, EnumerationInput):
            if value.value not in value.values and c.technique != "negative":
                near = difflib.get_close_matches(value.value, value.values, n=1)
                hint = f"did you mean {near[0]!r}?" if near else f"allowed: {', '.join(value.values)}"
                yield Hit(f"{key} is {value.value!r}, which is not among its values", (*path, "value"), hint, f"{r.id}/{c.id}")
            for number, word in enumerate(value.values):
                if word in value.values[:number]:
                    yield Hit(f"{key} allows {word!r} twice", (*path, "values", number), "keep one", f"{r.id}/{c.id}")


@rule("URS128", "requirement")
def roles_are_known(r: noun.Requirement, context: Context) -> Iterator[Hit]:
    """A typed value names a role that system.yaml does not have."""
    known = context.roles
    for path, key, c, value in _inputs(r) if known is not None else ():
        if isinstance(value, RoleInput) and known is not None and value.value not in known:
            near = difflib.get_close_matches(value.value, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"roles: {', '.join(sorted(known))}"
            yield Hit(f"{key} names the role {value.value!r}, unknown to system.yaml", (*path, "value"), hint, f"{r.id}/{c.id}")


def _steps(c: noun.Criterion) -> Iterator[tuple[str, int, str]]:
    for key in ("given", "when", "then"):
        for number, line in enumerate(getattr(c, key)):
            yield key, number, line


def _as_a_name(text: str) -> str:
    return text.casefold().replace("_", "-")


_OF_STEPS = re.compile(r"\{(?:new|blank|lot|today(?:[+-]\d+)?)\}")
"""Places that steps of data entry fill in themselves (`csvgen.steps.entry`)."""


@error("URS129", "requirement")
def steps_name_inputs(r: noun.Requirement, _context: Context) -> Iterator[Hit]:
    """A step names an {input} that its criterion does not have: the braces would stand in the test."""
    for number, c in enumerate(r.criteria):
        for key, line_number, line in _steps(c):
            for found in _BRACED.finditer(line) if "{" in line else ():
                if found[0][1:-1] not in c.inputs and not _OF_STEPS.fullmatch(found[0]):
                    near = difflib.get_close_matches(_as_a_name(found[1]), c.inputs, n=1)
                    hint = f"did you mean {{{near[0]}}}?" if near else "add it under inputs, or take the braces away"
                    yield Hit(
                        f"{r.id}/{c.id}: a step names {found[0]}, which is no input",
                        ("criteria", number, key, line_number),
                        hint,
                        f"{r.id}/{c.id}",
                    )


@rule("URS130", "requirement")
def inputs_are_used(r: noun.Requirement, _context: Context) -> Iterator[Hit]:
    """An input is named by no step: it looks as if it were tested and is not."""
    for number, c in enumerate(r.criteria):
        if c.inputs:
            # A name that is written otherwise is a finding of URS129, which names this one.
            named = {_as_a_name(name) for _, _, line in _steps(c) for name in _BRACED.findall(line)}
            named |= {n for name in named for n in difflib.get_close_matches(name, c.inputs, n=1) if name not in c.inputs}
            for name in c.inputs:
                if name not in named:
                    yield Hit(f"{r.id}/{c.id}: no step names the input {name}", ("criteria", number, "inputs", name),
                              f"write {{{name}}} in a step, or remove it", f"{r.id}/{c.id}")  # fmt: skip


@rule("URS131", "requirement")
def resolution_fits(r: noun.Requirement, _context: Context) -> Iterator[Hit]:
    """A value or a limit is finer than the resolution: the system cannot tell it from its neighbour."""
    for path, key, c, value in _inputs(r):
        known = _figures(value)
        step = known.get("resolution", Decimal(0))
        if step > 0:
            for name in ("value", "low", "high"):
                # Beyond the precision of the context a remainder would not be exact; such figures are not measured values.
                if name in known and abs(known[name]) < step * 10**20 and known[name] % step:
                    yield Hit(f"{key} has the {name} {known[name]}, no multiple of its resolution {step}", (*path, name),
                              "correct one of them", f"{r.id}/{c.id}")  # fmt: skip
