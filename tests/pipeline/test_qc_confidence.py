"""Confidence limits against their definition, against scipy and statsmodels, and against the share of cases they promise."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from csvgen.errors import BadInput
from csvgen.pipeline import calibration, confidence, numbers
from csvgen.pipeline.calibration import LOGISTIC, Unfit

X = ["10", "20", "40", "60", "80", "100"] * 2
Y = ["0.112", "0.198", "0.417", "0.588", "0.823", "0.989", "0.094", "0.211", "0.396", "0.611", "0.790", "1.017"]
READ = [Fraction("0.52"), Fraction("0.49"), Fraction("0.50")]


def floats(values) -> np.ndarray:
    return np.array([float(v) for v in values])


@pytest.mark.parametrize(
    ("freedom", "printed"), [(1, "12.706"), (2, "4.303"), (5, "2.571"), (10, "2.228"), (30, "2.042"), (120, "1.980")]
)
def test_the_quantiles_are_those_of_the_printed_tables(freedom: int, printed: str) -> None:
    assert f"{float(confidence.quantile(freedom)):.3f}" == printed
    assert len(confidence.quantile(freedom).replace(".", "")) <= 12


def test_no_degree_of_freedom_no_limits() -> None:
    with pytest.raises(BadInput, match="0 degrees of freedom"):
        confidence.quantile(0)


@pytest.mark.parametrize(("model", "power"), [("linear", 0), ("linear 1/x", 1), ("linear 1/x2", 2), ("proportional", 0)])
def test_fieller_by_its_definition(model: str, power: int) -> None:
    """At both limits the miss of the line equals t standard errors, with the covariance as statsmodels has it."""
    fit = calibration.fit(model, X, Y)
    found = confidence.of_level(fit, READ)
    columns = sm.add_constant(floats(X)) if model != "proportional" else floats(X)[:, None]
    theirs = sm.WLS(floats(Y), columns, weights=floats(X) ** -power).fit()
    mean = float(sum(READ)) / len(READ)
    level = float(calibration.level_of(fit, sum(READ) / len(READ)))
    t = stats.t.ppf(0.975, len(X) - columns.shape[1])
    for limit in (float(found.low), float(found.high)):
        at = np.array([1.0, limit]) if model != "proportional" else np.array([limit])
        variance = theirs.mse_resid * level**power / len(READ) + at @ theirs.cov_params() @ at
        assert (mean - at @ theirs.params) ** 2 == pytest.approx(t**2 * variance, rel=1e-7)
    assert found.low < Fraction(level) < found.high
    assert (found.freedom, found.how) == (len(X) - columns.shape[1], "Fieller")
    assert str(found).startswith("95 % two-sided, Fieller, t = ")


def test_fieller_against_the_classical_approximation() -> None:
    """For a steep line both agree: t*s/b * sqrt(1/m + 1/n + (x - mean)**2/Sxx), as textbooks of analytical chemistry give it."""
    fit = calibration.fit("linear", X, Y)
    found = confidence.of_level(fit, READ)
    x, slope = floats(X), float(fit.parameter("B1"))
    level = float(calibration.level_of(fit, sum(READ) / 3))
    s = math.sqrt(fit.residual_variance)
    half = stats.t.ppf(0.975, 10) * s / slope * math.sqrt(1 / 3 + 1 / 12 + (level - x.mean()) ** 2 / ((x - x.mean()) ** 2).sum())
    assert float(found.high - found.low) / 2 == pytest.approx(half, rel=0.01)


def test_the_limits_hold_the_true_level_as_often_as_they_promise() -> None:
    chance = np.random.default_rng(20261121)
    hit = runs = 0
    for _ in range(1200):
        true = chance.uniform(15, 95)
        y = [f"{0.05 + 0.01 * float(x) + 0.01 * chance.standard_normal():.9f}" for x in X]
        read = [Fraction(f"{0.05 + 0.01 * true + 0.01 * chance.standard_normal():.9f}") for _ in range(2)]
        found = confidence.of_level(calibration.fit("linear", X, y), read)
        hit += found.low <= Fraction(true) <= found.high
        runs += 1
    assert stats.binomtest(hit, runs, 0.95).pvalue > 0.01
    assert 0.93 < hit / runs < 0.97


def test_a_line_that_cannot_be_told_from_level_has_no_limits() -> None:
    fit = calibration.fit("linear", ["1", "2", "3", "4"], ["1", "3", "2", "2.5"])
    with pytest.raises(Unfit, match="cannot be told from zero"):
        confidence.of_level(fit, [Fraction(2)])


def test_a_line_without_scatter_has_limits_of_no_width() -> None:
    fit = calibration.fit("linear", ["0", "1", "2"], ["0", "1", "2"])
    found = confidence.of_level(fit, [Fraction("1.5")])
    assert found.low == found.high == Fraction("1.5")


def test_no_limits_below_zero_where_the_scatter_depends_on_the_level() -> None:
    fit = calibration.fit("linear 1/x", X, Y)
    with pytest.raises(Unfit, match="not above zero"):
        confidence.of_level(fit, [Fraction(-1)])


def test_no_limits_from_a_parabola() -> None:
    fit = calibration.fit("quadratic", X, Y)
    with pytest.raises(BadInput):
        confidence.of_level(fit, READ)


# ------------------------------------------------------------------ the delta method

LEVELS = [level for level in ("0", "1", "3", "10", "30", "100", "300", "1000") for _ in range(3)]


def curve(seed: int) -> calibration.Fit:
    chance = np.random.default_rng(seed)
    y = [2.5 - 2.45 / (1 + (float(x) / 40) ** 1.2) + 0.02 * chance.standard_normal() for x in LEVELS]
    return calibration.fit(LOGISTIC, LEVELS, [f"{v:.5f}" for v in y])


def level(parameters, signal: float) -> float:
    a, b, c, d = parameters
    return c * ((a - signal) / (signal - d)) ** (1 / b)


def test_the_delta_method_by_differences() -> None:
    """The same with derivatives taken by differences in floats."""
    fit = curve(3)
    read = [Fraction("1.1"), Fraction("1.2"), Fraction("1.15")]
    found = confidence.of_level(fit, read)
    best = [float(v) for _, v in fit.parameters]
    slopes = []
    for i in range(4):
        step = 1e-6 * max(abs(best[i]), 1e-3)
        up, down = ([*best[:i], best[i] + s, *best[i + 1 :]] for s in (step, -step))
        slopes.append(sum(level(up, float(y)) - level(down, float(y)) for y in read) / 3 / (2 * step))
    by_signal = [(level(best, float(y) + 1e-6) - level(best, float(y) - 1e-6)) / 2e-6 for y in read]
    covariance = np.array(fit.covariance, dtype=float)
    variance = np.array(slopes) @ covariance @ np.array(slopes)
    variance += float(fit.residual_variance) * sum(v**2 for v in by_signal) / 9
    half = stats.t.ppf(0.975, 20) * math.sqrt(variance)
    mean = sum(level(best, float(y)) for y in read) / 3
    assert [float(found.low), float(found.high)] == pytest.approx([mean - half, mean + half], rel=1e-6)
    assert (found.freedom, found.how) == (20, "delta method")


@pytest.mark.slow
def test_the_delta_method_holds_the_true_level_about_as_often_as_it_promises() -> None:
    chance = np.random.default_rng(7)
    hit = 0
    for seed in range(60):
        fit = curve(1000 + seed)
        true = 60.0
        signal = 2.5 - 2.45 / (1 + (true / 40) ** 1.2)
        found = confidence.of_level(fit, [Fraction(f"{signal + 0.02 * chance.standard_normal():.6f}") for _ in range(3)])
        hit += found.low <= Fraction(true) <= found.high
    assert stats.binomtest(hit, 60, 0.95).pvalue > 0.01


def test_the_start_of_the_curve_has_no_limits() -> None:
    fit = curve(3)
    with pytest.raises(Unfit, match="at level zero"):
        confidence.of_level(fit, [fit.parameter("A")])


# ------------------------------------------------------------------ means


@given(st.lists(st.integers(-1000, 1000), min_size=2, max_size=12))
@settings(max_examples=60)
def test_limits_of_a_mean_as_scipy_has_them(values: list[int]) -> None:
    found = confidence.of_mean([Fraction(v) for v in values])
    sem = stats.sem(values)
    low, high = stats.t.interval(0.95, len(values) - 1, loc=np.mean(values), scale=sem) if sem else (np.mean(values),) * 2
    assert [float(found.low), float(found.high)] == pytest.approx([low, high], rel=1e-9, abs=1e-9)


def test_scaling_moves_both_limits() -> None:
    found = confidence.of_mean([Fraction(1), Fraction(3)])
    scaled = found.scaled(Fraction(1, 2))
    assert (scaled.low, scaled.high, str(scaled)) == (found.low / 2, found.high / 2, str(found))
    assert numbers.text(found.low + found.high) == "4"
