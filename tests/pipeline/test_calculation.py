"""Properties of numbers, rounding, calibration and statistics, against formulations that are not the product's."""

from __future__ import annotations

import math
import statistics as standard
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csvgen.errors import BadInput
from csvgen.pipeline import calibration, numbers, rounding, statistics

DECIMALS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-1_000_000, max_value=1_000_000, places=6)
FRACTIONS = st.fractions(min_value=-10_000, max_value=10_000, max_denominator=10_000)
PLENTY = Context(prec=80)


# ------------------------------------------------------------------ numbers


@pytest.mark.parametrize(
    "text",
    [
        "",
        " 1",
        "1 ",
        "NaN",
        "nan",
        "Infinity",
        "-inf",
        "1/3",
        "1_000",
        "0x10",
        "1,5",
        "１",
        "٣",
        "1e9999",
        "--1",
        ".",
        "1e",
        "9" * 61,
    ],
)
def test_what_is_not_a_decimal_number(text: str) -> None:
    with pytest.raises(BadInput, match="not a decimal number"):
        numbers.number(text)


@given(DECIMALS)
def test_decimal_text_is_the_exact_fraction(value: Decimal) -> None:
    assert numbers.number(str(value)) == Fraction(value)


@given(FRACTIONS)
def test_text_is_correctly_rounded_to_25_digits(value: Fraction) -> None:
    spelled = numbers.text(value)
    assert "E" not in spelled.upper()
    assert len(spelled.replace("-", "").replace(".", "").lstrip("0")) <= 25
    if value:
        exponent = math.floor(math.log10(abs(value))) - 24
        assert abs(Fraction(spelled) - value) <= Fraction(10) ** (exponent + 1) / 2


@given(st.fractions(min_value=0, max_value=10_000, max_denominator=10_000))
def test_root_squared_is_the_value(value: Fraction) -> None:
    found = Fraction(numbers.root(value))
    assert abs(found * found - value) <= value / Fraction(10) ** 24


@given(st.integers(min_value=0, max_value=10**12))
def test_root_of_a_square_is_exact(value: int) -> None:
    assert numbers.root(Fraction(value * value)) == str(value)


# ------------------------------------------------------------------ rounding


@given(DECIMALS, st.integers(min_value=0, max_value=6))
def test_half_up_as_decimal_quantize_has_it(value: Decimal, places: int) -> None:
    expected = value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP, context=PLENTY)
    wanted = str(abs(expected)) if not expected else str(expected)
    assert rounding.reported(Fraction(value), places) == wanted


@given(FRACTIONS, st.integers(min_value=0, max_value=6))
def test_half_up_is_nearest_and_ties_go_away_from_zero(value: Fraction, places: int) -> None:
    found, unit = Fraction(rounding.reported(value, places)), Fraction(1, 10**places)
    assert abs(found - value) <= unit / 2
    if abs(found - value) == unit / 2:
        assert abs(found) > abs(value)


@pytest.mark.parametrize(
    ("value", "places", "expected"),
    [("105.05", 1, "105.1"), ("105.04", 1, "105.0"), ("94.95", 1, "95.0"), ("94.949", 1, "94.9"), ("0.205", 2, "0.21"),
     ("-0.04", 1, "0.0"), ("-0.05", 1, "-0.1"), ("0.5", 0, "1"), ("2.5", 0, "3"), ("0", 3, "0.000"), ("1234.5678", 2, "1234.57")],
)  # fmt: skip
def test_reported(value: str, places: int, expected: str) -> None:
    assert rounding.reported(Fraction(value), places) == expected


@pytest.mark.parametrize(
    ("low", "high", "value", "verdict"),
    [("95.0", "105.0", "95.0", rounding.IN), ("95.0", "105.0", "105.0", rounding.IN), ("95.0", "105.0", "94.9", rounding.OUT),
     ("95.0", "105.0", "105.1", rounding.OUT), ("", "0.20", "0.20", rounding.IN), ("", "0.20", "0.21", rounding.OUT),
     ("90", "", "90", rounding.IN), ("90", "", "89", rounding.OUT)],
)  # fmt: skip
def test_limits_are_inclusive(low: str, high: str, value: str, verdict: str) -> None:
    assert rounding.Limits(low, high).verdict(value) == verdict


def test_limits_in_words() -> None:
    assert str(rounding.Limits("95.0", "105.0")) == "95.0 to 105.0 %"
    assert str(rounding.Limits(high="0.20")) == "not more than 0.20 %"
    assert str(rounding.Limits(low="90")) == "not less than 90 %"


# ------------------------------------------------------------------ calibration

LEVELS = st.lists(st.decimals(min_value=0, max_value=10_000, places=3), min_size=4, max_size=12, unique=True)
COEFFICIENTS = st.decimals(min_value=-1000, max_value=1000, places=4)


def exact(values: list[Fraction]) -> list[str]:
    return [format(Decimal(v.numerator) / Decimal(v.denominator), "f") for v in values]


@given(LEVELS, st.tuples(COEFFICIENTS, COEFFICIENTS, COEFFICIENTS), st.sampled_from(sorted(calibration.MODELS)))
def test_an_exact_curve_is_recovered_exactly(levels: list[Decimal], wanted: tuple[Decimal, ...], model: str) -> None:
    powers = calibration.MODELS[model]
    signals = [sum((Fraction(wanted[p]) * Fraction(x) ** p for p in powers), Fraction(0)) for x in levels]
    flat = len({*signals}) == 1
    if flat and (0 in powers or not signals[0]):
        with pytest.raises(BadInput, match="all signals are equal"):
            calibration.fit(model, [str(x) for x in levels], exact(signals))
        return
    fit = calibration.fit(model, [str(x) for x in levels], exact(signals))
    assert dict(fit.parameters) == {f"B{p}": Fraction(wanted[p]) for p in powers}
    assert fit.residual_variance == 0
    assert fit.r_squared == 1


@given(st.lists(st.tuples(st.integers(0, 1000), st.integers(-1000, 1000)), min_size=3, max_size=15))
def test_linear_as_the_standard_library_has_it(points: list[tuple[int, int]]) -> None:
    x, y = [p[0] for p in points], [p[1] for p in points]
    if len({*x}) < 2 or len({*y}) < 2:
        with pytest.raises(BadInput):
            calibration.fit("linear", [str(v) for v in x], [str(v) for v in y])
        return
    slope, intercept = standard.linear_regression(x, y)
    fit = calibration.fit("linear", [str(v) for v in x], [str(v) for v in y])
    assert math.isclose(float(fit.parameter("B1")), slope, rel_tol=1e-9, abs_tol=1e-9)
    assert math.isclose(float(fit.parameter("B0")), intercept, rel_tol=1e-9, abs_tol=1e-7)
    assert math.isclose(float(fit.r_squared), standard.correlation(x, y) ** 2, rel_tol=1e-9, abs_tol=1e-9)


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(-100, 100)), min_size=4, max_size=10), st.randoms())
def test_the_order_of_points_does_not_matter(points: list[tuple[int, int]], random) -> None:
    mixed = random.sample(points, len(points))
    try:
        first = calibration.fit("quadratic", *map(list, zip(*[(str(a), str(b)) for a, b in points], strict=True)))
    except BadInput:
        return
    assert calibration.fit("quadratic", *map(list, zip(*[(str(a), str(b)) for a, b in mixed], strict=True))) == first


@pytest.mark.parametrize(
    ("model", "x", "y", "words"),
    [
        ("cubic", "123", "123", "no calibration model"),
        ("linear", "123", "12", "needs pairs"),
        ("linear", "12", "12", "too few points: 2"),
        ("proportional", "1", "2", "too few points: 1"),
        ("quadratic", "123", "123", "too few points: 3"),
        ("linear", "555", "123", "do not determine"),
        ("quadratic", "1122", "1234", "do not determine"),
        ("proportional", "00", "12", "do not determine"),
        ("linear", "123", "777", "all signals are equal"),
    ],
)
def test_refusals(model: str, x: str, y: str, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        calibration.fit(model, list(x), list(y))


@pytest.mark.parametrize(("x", "y"), [("NaN", "1"), ("1", "NaN"), ("Infinity", "1"), ("1", "-inf"), ("", "1"), ("one", "1")])
def test_refuses_what_is_no_number(x: str, y: str) -> None:
    with pytest.raises(BadInput, match="not a decimal number"):
        calibration.fit("linear", ["1", "2", x], ["1", "2", y])


def test_refuses_a_negative_level_but_not_a_negative_signal() -> None:
    with pytest.raises(BadInput, match="below zero"):
        calibration.fit("linear", ["-1", "2", "3"], ["1", "2", "4"])
    assert calibration.fit("linear", ["1", "2", "3"], ["-1", "-2", "-4"]).parameter("B1") < 0


# ------------------------------------------------------------------ statistics


@given(st.lists(st.integers(-10_000, 10_000), min_size=2, max_size=30))
def test_summary_as_the_standard_library_has_it(values: list[int]) -> None:
    found = statistics.summary([str(v) for v in values])
    assert Fraction(found["mean"]) == pytest.approx(standard.fmean(values), rel=1e-12, abs=1e-12)
    assert float(found["sd"]) == pytest.approx(standard.stdev(values), rel=1e-9, abs=1e-9)
    assert (found["lag-1"] == statistics.UNDEFINED) == (len({*values}) == 1)


def test_lag_1_of_a_known_series() -> None:
    assert statistics.summary(["1", "2", "3"]) == {"n": "3", "mean": "2", "sd": "1", "lag-1": "0"}
    assert statistics.summary(["1", "-1", "1", "-1"])["lag-1"] == "-0.75"


@pytest.mark.parametrize("values", [[], ["5"], ["1", "NaN"], ["1", "Infinity"], ["1", ""]])
def test_statistics_refuse(values: list[str]) -> None:
    with pytest.raises(BadInput):
        statistics.summary(values)
