"""Typed values of given / when / then: figures, limits, units, choices, roles, and the steps that use them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from decimal import Decimal

from csvgen.catalog.units import nearest, units
from csvgen.model import spec as noun
from csvgen.model.urs import DecimalInput, DurationInput, EnumerationInput, Input, RoleInput
from csvgen.spec.registry import Context, Hit, error, rule

_DECIMAL = re.compile(r"[+-]?[0-9]{1,40}(?:\.[0-9]{1,40})?")
_NAMED = re.compile(r"\{([a-z][a-z0-9.-]{0,63})\}")
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
        if c.technique == "positive" and "value" in known:
            below = "low" in known and known["value"] < known["low"]
            if below or ("high" in known and known["value"] > known["high"]):
                limit = f"below {known['low']}" if below else f"above {known['high']}"
                yield Hit(
                    f"{key} is {known['value']}, {limit}",
                    (*path, "value"),
                    "correct it, or set technique: negative or boundary",
                    f"{r.id}/{c.id}",
                )


@error("URS125", "requirement")
def limits_in_order(r: noun.Requirement, _context: Context) -> Iterator[Hit]:
    """The lowest allowed value of an input lies above the highest: no value could be right."""
    for path, key, c, value in _inputs(r):
        known = _figures(value)
        if "low" in known and "high" in known and known["low"] > known["high"]:
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


@error("URS129", "requirement")
def steps_name_inputs(r: noun.Requirement, _context: Context) -> Iterator[Hit]:
    """A step names an {input} that its criterion does not have: the braces would stand in the test."""
    for number, c in enumerate(r.criteria):
        for key, line_number, line in _steps(c):
            for name in _NAMED.findall(line):
                if name not in c.inputs:
                    near = difflib.get_close_matches(name, c.inputs, n=1)
                    hint = f"did you mean {{{near[0]}}}?" if near else "add it under inputs, or take the braces away"
                    yield Hit(
                        f"{r.id}/{c.id}: a step names {{{name}}}, which is no input",
                        ("criteria", number, key, line_number),
                        hint,
                        f"{r.id}/{c.id}",
                    )


@rule("URS130", "requirement")
def inputs_are_used(r: noun.Requirement, _context: Context) -> Iterator[Hit]:
    """An input is named by no step: it looks as if it were tested and is not."""
    for number, c in enumerate(r.criteria):
        if c.inputs:
            named = {name for _, _, line in _steps(c) for name in _NAMED.findall(line)}
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
