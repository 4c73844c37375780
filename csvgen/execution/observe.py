"""Observations: expected beside actual, compared here and nowhere else, recorded whether they hold or not.

A step does not assert; it observes. The comparison and the record are one act, so that no expectation can be checked
without being written down and none can be written down without being checked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation, localcontext
from fractions import Fraction

from csvgen.model.execution import Comparison, Observation

PASSED_BY_PERSON = "passed: "
"""How the actual text of a judgement begins that lets a step pass."""


class ExpectationFailed(AssertionError):
    """What was observed is not what was expected. The step is FAILED."""


class Blocked(Exception):
    """The step cannot be carried out on this target: a port or a precondition is missing. The case is BLOCKED."""


def judge(comparison: Comparison, expected: str, actual: str, tolerance: str = "") -> bool:
    """Whether the actual value meets the expectation.

    `digits`: actual is ``a|b`` and agrees in at least `expected` significant digits. `at-least`, `at-most`: decimals.
    `contains-each`: every line of `expected` that is not blank stands in actual. `same-number`, `rounds-to`: decimals, compared
    exactly; `rounds-to` rounds actual half up, away from zero, to the decimals `expected` is written with. `within`: the two differ
    by no more than `tolerance`, in exact decimals. `blank`: actual has no character. `refused`: the system declined, actual begins
    with ``refused``. `recorded`: an action without expectation of its own. `judged`: a person compared; actual is their verdict and
    what they saw, ``passed: the label reads 7.35``.
    """
    if comparison == "within":
        return _within(expected, actual, tolerance)
    if comparison in _NUMBERS:
        return _compare(comparison, expected, actual)
    return _TEXTS[comparison](expected, actual)


def _each(expected: str, actual: str) -> bool:
    parts = [part for part in expected.splitlines() if part.strip()]
    return bool(parts) and all(part in actual for part in parts)


_TEXTS: Mapping[str, Callable[[str, str], bool]] = {
    "equal": lambda expected, actual: actual == expected,
    "not-equal": lambda expected, actual: actual != expected,
    "contains": lambda expected, actual: bool(expected) and expected in actual,
    "contains-each": _each,
    "blank": lambda _, actual: not actual,
    "refused": lambda _, actual: actual.startswith("refused"),
    "recorded": lambda _, actual: bool(actual),
    "judged": lambda _, actual: actual.startswith(PASSED_BY_PERSON) and bool(actual.removeprefix(PASSED_BY_PERSON).strip()),
}


def _compare(comparison: str, expected: str, actual: str) -> bool:
    try:
        if comparison == "digits":
            certified, _, computed = actual.partition("|")
            return agreement(certified, computed) >= Decimal(expected)
        wanted, value = Decimal(expected), Decimal(actual)
    except (InvalidOperation, ValueError, ZeroDivisionError):
        return False
    return wanted.is_finite() and value.is_finite() and _NUMBERS[comparison](wanted, value)


def allowed(tolerance: str) -> Fraction | None:
    """A tolerance as a number; None for what is none: blank, negative, not finite, not a decimal."""
    found = _exact(tolerance)
    return found if found is not None and found >= 0 else None


def _within(expected: str, actual: str, tolerance: str) -> bool:
    wanted, value, limit = _exact(expected), _exact(actual), allowed(tolerance)
    return wanted is not None and value is not None and limit is not None and abs(value - wanted) <= limit


def _exact(text: str) -> Fraction | None:
    """A decimal without any rounding; None for no finite decimal, and for one too far from 1 to be a measured value."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return Fraction(number) if number.is_finite() and abs(number.adjusted()) <= _FAR else None


_FAR = 400
"""Powers of ten beyond which nothing was measured; a longer way would only take memory."""


def rounded(value: Decimal, like: Decimal) -> Decimal:
    """The value, rounded half up (away from zero) to the decimal places another is written with."""
    with localcontext() as context:
        context.prec = 2 + sum(len(n.as_tuple().digits) + abs(n.adjusted()) for n in (value, like))
        return value.quantize(like, ROUND_HALF_UP)


_NUMBERS: Mapping[str, Callable[[Decimal, Decimal], bool]] = {
    "digits": lambda wanted, value: value >= wanted,
    "at-least": lambda wanted, value: value >= wanted,
    "at-most": lambda wanted, value: value <= wanted,
    "same-number": lambda wanted, value: value == wanted,
    "rounds-to": lambda wanted, value: rounded(value, wanted) == wanted,
}


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


def observation(
    what: str, comparison: Comparison, expected: str, actual: str, *, source: str, unit: str = "", tolerance: str = ""
) -> Observation:
    """Judge and describe. Nothing may be blank: an expectation or a source that says nothing is an error of the step.

    That nothing should be there is an expectation of its own: comparison `blank`, with words such as ``(blank)``.
    """
    if not what or not source or (comparison != "recorded" and not expected):
        raise ValueError("an observation needs what was looked at, an expectation and a source")
    if (comparison == "within") != bool(tolerance) or (tolerance and (allowed(tolerance) is None or _exact(expected) is None)):
        raise ValueError(
            "the comparison `within`, and no other, needs a number expected and a tolerance that is a decimal of 0 or more"
        )
    holds = judge(comparison, expected, actual, tolerance)
    return Observation(
        what=what,
        comparison=comparison,
        expected=expected,
        actual=actual,
        unit=unit,
        source=source,
        holds=holds,
        tolerance=tolerance,
    )
