"""Observations: expected beside actual, compared here and nowhere else, recorded whether they hold or not.

A step does not assert; it observes. The comparison and the record are one act, so that no expectation can be checked
without being written down and none can be written down without being checked.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation, localcontext
from fractions import Fraction

from csvgen.model.execution import Comparison, Observation


class ExpectationFailed(AssertionError):
    """What was observed is not what was expected. The step is FAILED."""


class Blocked(Exception):
    """The step cannot be carried out on this target: a port or a precondition is missing. The case is BLOCKED."""


def judge(comparison: Comparison, expected: str, actual: str) -> bool:
    """Whether the actual value meets the expectation.

    `digits`: actual is ``a|b`` and agrees in at least `expected` significant digits. `at-least`, `at-most`: decimals.
    `refused`: the system declined, actual begins with ``refused``. `recorded`: an action without expectation of its own.
    """
    match comparison:
        case "equal":
            return actual == expected
        case "not-equal":
            return actual != expected
        case "contains":
            return bool(expected) and expected in actual
        case "refused":
            return actual.startswith("refused")
        case "recorded":
            return bool(actual)
        case "at-least" | "at-most" | "digits":
            return _compare(comparison, expected, actual)


def _compare(comparison: str, expected: str, actual: str) -> bool:
    try:
        if comparison == "digits":
            certified, _, computed = actual.partition("|")
            return agreement(certified, computed) >= Decimal(expected)
        limit, value = Decimal(expected), Decimal(actual)
    except (InvalidOperation, ValueError, ZeroDivisionError):
        return False
    if not (limit.is_finite() and value.is_finite()):
        return False
    return value >= limit if comparison == "at-least" else value <= limit


def agreement(certified: str, computed: str) -> Decimal:
    """Correct significant digits of a computed value (log relative error): -log10(|computed - certified| / |certified|).

    With a certified value of zero the absolute error counts. Exact agreement counts as the digits the certified value
    has. Source: NIST/ITL StRD, background information.
    """
    reference, value = Fraction(certified), Fraction(computed)
    error = abs(value - reference)
    digits = Decimal(len(re.sub(r"[eE].*|[^0-9]", "", certified).lstrip("0")) or 1)
    if not error:
        return digits
    relative = error / abs(reference) if reference else error
    with localcontext() as context:
        context.prec = 30
        exact = -(Decimal(relative.numerator) / Decimal(relative.denominator)).log10()
    return min(exact, digits)


def observation(what: str, comparison: Comparison, expected: str, actual: str, *, source: str, unit: str = "") -> Observation:
    """Judge and describe. Nothing may be blank: an expectation or a source that says nothing is an error of the step."""
    if not what or not source or (comparison not in {"recorded", "equal"} and not expected):
        raise ValueError("an observation needs what was looked at, an expectation and a source")
    holds = judge(comparison, expected, actual)
    return Observation(what=what, comparison=comparison, expected=expected, actual=actual, unit=unit, source=source, holds=holds)
