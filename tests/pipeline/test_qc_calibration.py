"""Weighted and logistic calibration against statsmodels and scipy, against the definition of least squares, and where they refuse."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import curve_fit

from csvgen.errors import BadInput
from csvgen.pipeline import calibration, logistic, numbers
from csvgen.pipeline.calibration import LOGISTIC, Unfit

LEVELS = [level for level in ("0", "1", "3", "10", "30", "100", "300", "1000") for _ in range(3)]


def sigmoid(x: float, a: float, b: float, c: float, d: float) -> float:
    return d + (a - d) / (1 + (x / c) ** b) if x else a


def signals(seed: int, a: float = 0.05, b: float = 1.2, c: float = 40.0, d: float = 2.5, *, scatter: float = 0.02) -> list[str]:
    chance = np.random.default_rng(seed)
    return [f"{sigmoid(float(x), a, b, c, d) * (1 + scatter * chance.standard_normal()):.4f}" for x in LEVELS]


def floats(values: list[str]) -> np.ndarray:
    return np.array([float(v) for v in values])


# ------------------------------------------------------------------ weighted lines


@given(
    st.lists(st.tuples(st.integers(1, 5000), st.integers(-2000, 2000)), min_size=4, max_size=15),
    st.sampled_from([("linear", 0), ("linear 1/x", 1), ("linear 1/x2", 2)]),
)
@settings(max_examples=60)
def test_weighted_lines_as_statsmodels_has_them(points: list[tuple[int, int]], model: tuple[str, int]) -> None:
    x, y = [p[0] for p in points], [p[1] for p in points]
    if len({*x}) < 2 or len({*y}) < 2:
        return
    ours = calibration.fit(model[0], [str(v) for v in x], [str(v) for v in y])
    levels = np.array(x, dtype=float)
    theirs = sm.WLS(np.array(y, dtype=float), sm.add_constant(levels), weights=levels ** -model[1]).fit()
    assert [float(v) for _, v in ours.parameters] == pytest.approx(list(theirs.params), rel=1e-6, abs=1e-6)
    assert [math.sqrt(v) for v in ours.variances] == pytest.approx(list(theirs.bse), rel=1e-6, abs=1e-6)
    assert float(ours.r_squared) == pytest.approx(theirs.rsquared, rel=1e-6, abs=1e-7)
    assert float(ours.residual_variance) == pytest.approx(theirs.mse_resid, rel=1e-6, abs=1e-7)
    assert np.array(ours.covariance, dtype=float) == pytest.approx(theirs.cov_params(), rel=1e-6, abs=1e-6)


def test_a_weighted_line_worked_by_hand() -> None:
    # x = 1, 2, 4 with y = 1, 3, 4 and w = 1/x = 1, 1/2, 1/4: Sw 7/4, Swx 3, Swy 7/2, Swxx 7, Swxy 8
    # B1 = (7/4*8 - 3*7/2)/(7/4*7 - 9) = (7/2)/(13/4) = 14/13, B0 = (7/2 - 3*14/13)/(7/4) = 2/13
    fit = calibration.fit("linear 1/x", ["1", "2", "4"], ["1", "3", "4"])
    assert (fit.parameter("B1"), fit.parameter("B0")) == (Fraction(14, 13), Fraction(2, 13))
    assert (fit.lowest, fit.highest, fit.freedom) == (1, 4, 1)


def test_weights_change_the_answer() -> None:
    x, y = ["1", "2", "4", "8"], ["1", "3", "4", "9"]
    found = {m: calibration.fit(m, x, y).parameter("B1") for m in ("linear", "linear 1/x", "linear 1/x2")}
    assert len({*found.values()}) == 3


@pytest.mark.parametrize("model", ["linear 1/x", "linear 1/x2"])
def test_a_calibrator_at_zero_has_no_weight(model: str) -> None:
    with pytest.raises(BadInput, match="a calibrator at level zero has no weight"):
        calibration.fit(model, ["0", "1", "2"], ["0", "1", "2.5"])


# ------------------------------------------------------------------ the logistic curve


@pytest.mark.parametrize("seed", range(4))
def test_the_logistic_curve_as_scipy_has_it(seed: int) -> None:
    y = signals(seed)
    ours = calibration.fit(LOGISTIC, LEVELS, y)
    model = np.vectorize(sigmoid)
    theirs, covariance = curve_fit(model, floats(LEVELS), floats(y), [0.05, 1.2, 40.0, 2.5], ftol=1e-14, xtol=1e-14)
    assert [float(v) for _, v in ours.parameters] == pytest.approx(list(theirs), rel=1e-6)
    assert np.array(ours.covariance, dtype=float) == pytest.approx(covariance, rel=1e-4)
    off = floats(y) - model(floats(LEVELS), *theirs)
    assert float(ours.residual_variance) == pytest.approx(float(off @ off) / (len(y) - 4), rel=1e-9)
    assert float(ours.r_squared) == pytest.approx(
        1 - float(off @ off) / float(((floats(y) - floats(y).mean()) ** 2).sum()), rel=1e-9
    )


def squares(parameters: list[Fraction], y: list[str]) -> Fraction:
    """The sum of squares, to 60 digits, by a formulation of the curve that is not the product's: the power taken of x/C itself."""
    a, b, c, d = parameters
    total = Fraction(0)
    for x, signal in zip(LEVELS, y, strict=True):
        power = Fraction(0)
        if x != "0":
            power = Fraction(numbers.WORKING.power(numbers.decimal(Fraction(x) / c), numbers.decimal(b)))
        total += (Fraction(signal) - (a + d * power) / (1 + power)) ** 2
    return total


@pytest.mark.parametrize("y", [signals(5), signals(7, a=3.0, d=0.2)], ids=["rising", "falling"])
def test_the_recorded_digits_are_those_of_the_least_sum_of_squares(y: list[str]) -> None:
    """A change of any parameter in its 12th digit, up or down, makes the sum of squares greater, by as much both ways."""
    fit = calibration.fit(LOGISTIC, LEVELS, y)
    best = [value for _, value in fit.parameters]
    least = squares(best, y)
    for i, value in enumerate(best):
        step = abs(value) / 10**12
        up, down = (squares([*best[:i], value + s, *best[i + 1 :]], y) - least for s in (step, -step))
        assert up > 0
        assert down > 0
        assert abs(up - down) < (up + down) / 10**6


def test_the_same_digits_from_other_starting_points() -> None:
    """What a processor and its libraries can change is where the steps begin; where they end is recorded."""
    y = [Fraction(v) for v in signals(8)]
    x = [Fraction(v) for v in LEVELS]
    found = logistic._found(x, y)
    ends = set()
    for factor in (1.0, 1 + 1e-7, 1 - 1e-4, 1.01):
        start = tuple(Fraction(v * factor) for v in found)
        settled = logistic.settled(lambda e: logistic._curve(e, x), start, y, logistic._scales)
        assert settled is not None
        ends.add(tuple(numbers.text(v) for v in settled))
    assert len(ends) == 1


@given(st.tuples(st.integers(0, 20), st.integers(8, 25), st.integers(20, 300), st.integers(100, 400)))
@settings(max_examples=25, deadline=None)
def test_a_curve_without_scatter_is_recovered(wanted: tuple[int, ...]) -> None:
    a, b, c, d = Fraction(wanted[0], 100), Fraction(wanted[1], 10), Fraction(wanted[2]), Fraction(wanted[3], 100)
    y = []
    for x in LEVELS[::3]:
        power = Fraction(numbers.WORKING.power(numbers.decimal(Fraction(x) / c), numbers.decimal(b))) if x != "0" else Fraction(0)
        y.append(f"{numbers.decimal(d + (a - d) / (1 + power)):.50f}")
    fit = calibration.fit(LOGISTIC, LEVELS[::3], y)
    for (_, found), exact in zip(fit.parameters, (a, b, c, d), strict=True):
        assert abs(found - exact) <= Fraction(1, 10**20) * max(abs(exact), 1)


def test_level_and_signal_belong_together() -> None:
    fit = calibration.fit(LOGISTIC, LEVELS, signals(9))
    a, b, c, d = (float(v) for _, v in fit.parameters)
    for level in (0.5, 7.0, 40.0, 250.0, 999.0):
        signal = sigmoid(level, a, b, c, d)
        assert float(calibration.level_of(fit, Fraction(signal))) == pytest.approx(level, rel=1e-9)
    assert calibration.level_of(fit, fit.parameter("A")) == 0


@pytest.mark.parametrize("which", ["A", "D"])
def test_a_signal_beyond_the_curve_has_no_level(which: str) -> None:
    fit = calibration.fit(LOGISTIC, LEVELS, signals(9))
    beyond = fit.parameter(which) + (Fraction(1, 1000) if which == "D" else -Fraction(1, 1000))
    with pytest.raises(Unfit, match="lies beyond the ends of the curve"):
        calibration.level_of(fit, beyond)
    with pytest.raises(Unfit):
        calibration.level_of(fit, fit.parameter("D"))


@pytest.mark.parametrize(
    ("levels", "values", "words"),
    [
        ("0 1 3 10 30 100", "0.1 0.2 0.5 0.4 1.5 2.0", "do not rise throughout: the mean at level 10"),
        ("0 1 3 10 30 100", "2.0 1.5 1.6 0.7 0.3 0.1", "do not fall throughout: the mean at level 3"),
        ("0 1 3 10 30 100", "0.1 0.2 0.2 0.7 1.5 2.0", "do not rise throughout: the mean at level 3"),
        (
            "0 0 1 1 3 3 10 10 30 30",
            "0.1 0.11 0.2 0.21 0.9 0.91 1.5 1.51 1.2 1.21",
            "do not rise throughout: the mean at level 30",
        ),
        ("0 1 2 3 4 5", "1 1.5 2 2.5 3 3.5", "did not come to rest|lies outside the calibrators"),
        ("0 1 2 3 4 5", "1 2 4 8 16 32", "did not come to rest|lies outside the calibrators"),
    ],
)
def test_data_that_are_no_sigmoid_give_no_curve(levels: str, values: str, words: str) -> None:
    with pytest.raises(Unfit, match=words):
        calibration.fit(LOGISTIC, levels.split(), values.split())


@pytest.mark.parametrize("levels", [("0", "1", "3", "10", "20", "30"), ("0", "200", "300", "500", "700", "900")])
def test_a_curve_whose_middle_no_calibrator_surrounds_is_none(levels: tuple[str, ...]) -> None:
    """Data without scatter from a curve with its middle at 100: the search ends there, and all of one half is guessed."""
    y = [f"{sigmoid(float(x), 0.05, 1.2, 100.0, 2.5):.15f}" for x in levels]
    with pytest.raises(Unfit, match="the middle of the curve, 100, lies outside the calibrators"):
        calibration.fit(LOGISTIC, levels, y)


@pytest.mark.parametrize(
    ("levels", "values", "words"),
    [
        ("0 1 3 10", "0.1 0.2 0.5 0.9", "too few points: 4"),
        ("0 1 1 10 10", "0.1 0.2 0.3 0.9 1.0", "too few of them differ"),
        ("0 1 3 10 30", "1 1 1 1 1", "all signals are equal"),
        ("0 1 3 10 NaN", "1 2 3 4 5", "not a decimal number"),
        ("0 1 3 10 30", "1 2 3 4 Infinity", "not a decimal number"),
        ("-1 1 3 10 30", "1 2 3 4 5", "below zero"),
    ],
)
def test_what_is_not_enough_for_a_curve_is_refused(levels: str, values: str, words: str) -> None:
    with pytest.raises(BadInput, match=words) as caught:
        calibration.fit(LOGISTIC, levels.split(), values.split())
    assert not isinstance(caught.value, Unfit)


def test_replicates_may_scatter_where_the_curve_is_flat() -> None:
    """The means of the two lowest levels stand the wrong way round, by less than the replicates scatter."""
    y = signals(1)
    y[:6] = ["0.080", "0.040", "0.072", "0.044", "0.071", "0.060"]
    assert sum(map(float, y[:3])) > sum(map(float, y[3:6]))
    assert calibration.fit(LOGISTIC, LEVELS, y).parameter("C") > 0
    with pytest.raises(Unfit, match="do not rise throughout: the mean at level 1 does"):
        calibration.fit(LOGISTIC, LEVELS, [*["0.500"] * 3, *["0.060"] * 3, *y[6:]])


def test_a_search_that_does_not_end_gives_no_curve(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logistic, "_MOST_STEPS", 2)
    with pytest.raises(Unfit, match="did not come to rest"):
        calibration.fit(LOGISTIC, LEVELS, signals(1))
