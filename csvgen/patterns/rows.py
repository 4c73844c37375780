"""Rows of test data worked out from declared limits, in exact decimals. Pure functions, named in the pattern files.

The expected outcome of each row is worked out here from the declared rule, independently of the system under validation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, InvalidOperation

from csvgen.errors import BadInput

Row = Mapping[str, str]

_MOST_DIGITS = 24
"""Enough for any measured value; arithmetic on it stays exact in the 28 digits of the decimal context."""


def decimal(text: str, name: str) -> Decimal:
    """Literal decimal text. Raises BadInput for anything else, NaN and infinities included."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise BadInput(f"parameter {name}: {text!r} is not a decimal number") from None
    if not value.is_finite():
        raise BadInput(f"parameter {name}: {text!r} is not a finite number")
    if abs(value.adjusted()) > _MOST_DIGITS or len(value.as_tuple().digits) > _MOST_DIGITS:
        raise BadInput(f"parameter {name}: {text[:40]!r} has more than {_MOST_DIGITS} digits")
    return value


def whole(text: str, name: str, least: int = 1) -> int:
    """A whole number, not below `least`. Raises BadInput."""
    value = decimal(text, name)
    if value != value.to_integral_value() or value < least:
        raise BadInput(f"parameter {name}: {text!r} is not a whole number of {least} or more")
    return int(value)


def rounded_limits(parameters: Mapping[str, str]) -> tuple[Row, ...]:
    """Values around two inclusive limits that are compared with the half-up rounded value.

    For limits 95.0 and 105.0 at one decimal and a step of 0.001 below the reported digit, the first value that still
    rounds into the limits and the last that does not, on both sides; the limits themselves; and the rounding trap:
    a value such as 105.05 that binary floating point holds as slightly less, and that half-up must round to 105.1.

    Reads low, high, decimals, step, scale. Rows: technique, value, signal (value / scale), reported, verdict.
    """
    low, high = decimal(parameters["low"], "low"), decimal(parameters["high"], "high")
    step, scale = decimal(parameters["step"], "step"), decimal(parameters["scale"], "scale")
    places = Decimal(1).scaleb(-whole(parameters["decimals"], "decimals", least=0))
    half = places / 2
    if scale <= 0:
        raise BadInput("rounded-limits needs a scale above zero")
    if not (low < high and 0 < step < half):
        raise BadInput("rounded-limits needs low < high and a step smaller than half a unit of the last reported place")
    middle = (low + high) / 2
    values = [
        ("positive", middle),
        ("negative", low - 10 * places),
        ("negative", high + 10 * places),
        ("boundary", low - half - step),
        ("boundary", low - half),
        ("boundary", low),
        ("boundary", high),
        ("boundary", high + half - step),
        ("boundary", high + half),
    ]
    rows = []
    for technique, value in values:
        reported = value.quantize(places, ROUND_HALF_UP)
        verdict = "in specification" if low <= reported <= high else "out of specification"
        rows.append(
            {
                "technique": technique,
                "value": _text(value),
                "signal": _text(value / scale),
                "reported": format(reported, "f"),
                "verdict": verdict,
            }
        )
    return tuple(rows)


def limits(parameters: Mapping[str, str]) -> tuple[Row, ...]:
    """Values around declared limits, one step of the resolution apart: never a float, never a value the system cannot tell apart.

    Reads low, high (at least one of them), resolution, and `limits`: inclusive (the default: a limit is itself allowed) or exclusive.
    Rows: technique, class, value, outcome (accepts or refuses). `boundary` is the limit and its neighbour on the other side of
    the rule, `boundary-3` the neighbour left over; `positive` a value well inside, `negative` one well outside each limit.
    """
    step = decimal(parameters["resolution"], "resolution")
    ends = {name: decimal(parameters[name], name) for name in ("low", "high") if name in parameters}
    kind = parameters.get("limits", "inclusive")
    if kind not in {"inclusive", "exclusive"}:
        raise BadInput(f"limits are inclusive or exclusive, not {kind!r}")
    if step <= 0 or not ends:
        raise BadInput("limits need low or high, and a resolution above zero")
    for name, end in ends.items():
        if end % step:
            raise BadInput(
                f"{name} {parameters[name]} is no multiple of the resolution {parameters['resolution']}: it cannot be entered"
            )
    first = ends.get("low", ends.get("high", Decimal(0)) - 20 * step) + (step if kind == "exclusive" and "low" in ends else 0)
    last = ends.get("high", first + 20 * step) - (step if kind == "exclusive" and "high" in ends else 0)
    if first > last:
        raise BadInput(f"no value lies between {' and '.join(parameters[name] for name in ends)}")
    middle = first + (last - first) // step // 2 * step
    found = [("positive", "well inside", middle)]
    for name, end in ends.items():
        out = -step if name == "low" else step
        beside = (
            f"one step {'below' if name == 'low' else 'above'} {name}",
            f"one step {'above' if name == 'low' else 'below'} {name}",
        )
        near, far = (out, -out) if kind == "inclusive" else (-out, out)
        found += [
            ("negative", f"well {'below' if name == 'low' else 'above'} {name}", end + 10 * out),
            ("boundary", name, end),
            ("boundary", beside[near != out], end + near),
            ("boundary-3", beside[far != out], end + far),
        ]
    places = Decimal(1).scaleb(min(0, int(step.as_tuple().exponent)))
    rows: dict[tuple[str, str], Row] = {}
    for technique, name, value in found:
        outcome = "accepts" if first <= value <= last else "refuses"
        text = format(value.quantize(places), "f")
        rows.setdefault((technique, text), {"technique": technique, "class": name, "value": text, "outcome": outcome})
    return tuple(rows.values())


ROUNDING: Mapping[str, str] = {"half-up": ROUND_HALF_UP, "half-even": ROUND_HALF_EVEN, "truncate": ROUND_DOWN}
"""Rounding rules by name; half-up rounds away from zero, truncate towards it."""


def rounding(parameters: Mapping[str, str]) -> tuple[Row, ...]:
    """Values at the tie between two reported digits, beside it, and at the next digit: what tells the rounding rules apart.

    At a tie after an even digit half-up and half-even differ; after an odd one, half-even and truncate do; one step below the next digit
    truncate stands alone. One step below the tie a value that is rounded twice, first to more digits, goes the wrong way.

    Reads rule, digits, near (where the values lie), step (distance from tie and digit), scale. Rows: technique, class, value,
    signal (value / scale), reported.
    """
    rule = parameters["rule"]
    if rule not in ROUNDING:
        raise BadInput(f"the rounding rules are {', '.join(ROUNDING)}, not {rule!r}")
    near, step, scale = (decimal(parameters[name], name) for name in ("near", "step", "scale"))
    unit = Decimal(1).scaleb(-whole(parameters["digits"], "digits", least=0))
    if scale <= 0:
        raise BadInput("rounding needs a scale above zero")
    if not 0 < step < unit / 2:
        raise BadInput("rounding needs a step above zero and below half a unit of the last reported digit")
    even = near.quantize(unit, ROUND_DOWN)
    even -= even % (2 * unit)
    away = unit.copy_sign(near)
    found = (
        ("boundary", "tie after an even digit", even + away / 2),
        ("boundary", "tie after an odd digit", even + away + away / 2),
        ("boundary", "one step below the tie", even + away / 2 - step.copy_sign(near)),
        ("boundary-3", "one step above the tie", even + away / 2 + step.copy_sign(near)),
        ("boundary-3", "one step below the next digit", even + away - step.copy_sign(near)),
        ("boundary-3", "the next digit", even + away),
    )
    return tuple(
        {
            "technique": technique,
            "class": name,
            "value": _text(value),
            "signal": _text(value / scale),
            "reported": format(value.quantize(unit, ROUNDING[rule]), "f"),
        }
        for technique, name, value in found
    )


def entered_limits(parameters: Mapping[str, str]) -> tuple[Row, ...]:
    """As `limits`, for values that are typed in: each row has the words with which a value beyond its limit is refused.

    Reads what `limits` reads, and `below` and `above` (words). With `counted`: days, the limits are days from the system's own day, and a
    value is the place ``{today+1}`` that a step fills.
    """
    counted = parameters.get("counted", "")
    if counted not in {"", "days"}:
        raise BadInput(f"limits are counted in days or not at all, not in {counted!r}")
    rows = []
    for row in limits(parameters):
        end = "low" if row["class"].endswith("low") else "high"
        words = parameters.get({"low": "below", "high": "above"}[end], "") if row["outcome"] == "refuses" else ""
        if row["outcome"] == "refuses" and not words:
            raise BadInput(
                f"a value that is {row['class']} is refused, and {'below' if end == 'low' else 'above'} does not say in which words"
            )
        rows.append({**row, "value": _day(row["value"]) if counted else row["value"], "words": words})
    return tuple(rows)


def _day(days: str) -> str:
    count = whole(days, "days from today", least=-10_000)
    return f"{{today{count:+d}}}" if count else "{today}"


def most_characters(parameters: Mapping[str, str]) -> tuple[Row, ...]:
    """Lengths around the greatest one: itself and one less are accepted, one more is refused. Reads longest."""
    longest = whole(parameters["longest"], "longest", least=2)
    found = (("boundary", longest, "accepts"), ("boundary", longest + 1, "refuses"), ("boundary-3", longest - 1, "accepts"))
    return tuple({"technique": t, "written": f"{n} characters long", "outcome": outcome} for t, n, outcome in found)


def text_lengths(parameters: Mapping[str, str]) -> tuple[Row, ...]:
    """Lengths around a minimum: one below is refused, the minimum and one above are accepted. Reads minimum."""
    minimum = whole(parameters["minimum"], "minimum")
    return (
        {"technique": "negative", "length": str(minimum - 1), "outcome": "refuses"},
        {"technique": "boundary", "length": str(minimum), "outcome": "accepts"},
        {"technique": "boundary", "length": str(minimum + 1), "outcome": "accepts"},
    )


def counts_to_limit(parameters: Mapping[str, str]) -> tuple[Row, ...]:
    """Attempts around a limit: one below leaves the account open, the limit locks it. Reads limit."""
    limit = whole(parameters["limit"], "limit")
    below: tuple[Row, ...] = ({"technique": "boundary", "count": str(limit - 1), "outcome": "accepts"},) if limit > 1 else ()
    return (
        *below,
        {"technique": "negative", "count": str(limit), "outcome": "refuses"},
    )


GENERATORS: Mapping[str, Callable[[Mapping[str, str]], tuple[Row, ...]]] = {
    "limits": limits,
    "entered-limits": entered_limits,
    "most-characters": most_characters,
    "rounded-limits": rounded_limits,
    "rounding": rounding,
    "text-lengths": text_lengths,
    "counts-to-limit": counts_to_limit,
}


def _text(value: Decimal) -> str:
    normal = value.normalize()
    return format(normal, "f")
