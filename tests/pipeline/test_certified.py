"""The arithmetic against certified values: every NIST reference set with the digits demanded of it, and the naive formulas failing.

DEMANDED says how many significant digits must be right, set by set. Exact arithmetic owes all that the certificates have; what scipy
finds as a float is only a starting point, and owes what a starting point needs.
"""

from __future__ import annotations

import subprocess
import sys
import warnings
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import least_squares

from csvgen.pipeline import calibration, logistic, numbers, statistics

from . import strd

ROOT = Path(__file__).parents[2]
OURS = {"Norris": "linear", "Pontius": "quadratic", "NoInt1": "proportional", "NoInt2": "proportional"}
EXACT_DIGITS = 14.0
"""Of every certified value of every linear, univariate and ANOVA set. Certificates are printed with 15 digits, the last one rounded."""
SEARCHED = dict.fromkeys(strd.names("nls"), 6.0) | {
    "Bennett5": 5.0,
    "Kirby2": 4.0,
    "Lanczos3": 5.0,
    "ENSO": 5.5,
    "MGH17": 6.0,
    "Hahn1": 2.0,
}
"""Digits of the parameters that scipy's search must find, from both starting values."""
MISLED = {("BoxBOD", 0)}
"""Set and start from which the search ends in another valley: why `logistic` starts from nine places."""
OFFICIAL = {"lls": 11, "univ": 9, "anova": 11, "nls": 27}


def half_a_unit(certified: str) -> Fraction:
    """Half a unit in the last place the certified value is printed with."""
    return Fraction(10) ** int(Decimal(certified).as_tuple().exponent) / 2


def check(certified: dict[str, str], computed: dict[str, str]) -> None:
    assert certified
    for name, value in certified.items():
        assert strd.lre(value, computed[name]) >= EXACT_DIGITS, name
        assert abs(Fraction(computed[name]) - Fraction(value)) <= half_a_unit(value) * Fraction("1.0000001"), name


def design(name: str, found: strd.Regression) -> tuple[list[str], list[list[Fraction]]]:
    """Names of the parameters and the columns of their predictors."""
    parameters = sorted((k for k in found.certified if k.startswith("B")), key=lambda k: int(k[1:]))
    x = [[Fraction(v) for v in row] for row in found.x]
    if name == "Longley":
        return parameters, [[Fraction(1), *row] for row in x]
    return parameters, [[row[0] ** int(k[1:]) for k in parameters] for row in x]


def regressed(name: str) -> tuple[strd.Regression, dict[str, str]]:
    found = strd.certified_regression("lls", name)
    parameters, columns = design(name, found)
    y = [Fraction(v) for v in found.y]
    fit = calibration.regress(columns, y, [Fraction(1)] * len(y), centred="B0" in parameters, what=name)
    computed = {k: numbers.text(v) for k, v in zip(parameters, fit.estimates, strict=True)}
    computed |= {f"sd:{k}": numbers.root(fit.covariance[i][i]) for i, k in enumerate(parameters)}
    return found, computed | {"residual-sd": numbers.root(fit.residual_variance), "r-squared": numbers.text(fit.r_squared)}


def test_every_set_of_nist_is_here() -> None:
    assert {kind: len(strd.names(kind)) for kind in OFFICIAL} == OFFICIAL


# ------------------------------------------------------------------ exact arithmetic: all digits


@pytest.mark.parametrize("name", strd.names("lls"))
def test_least_squares_agrees_with_every_printed_digit(name: str) -> None:
    found, computed = regressed(name)
    assert len(found.certified) == 2 * len([k for k in found.certified if k.startswith("B")]) + 2
    check(found.certified, computed)


@pytest.mark.parametrize("name", sorted(OURS))
def test_our_models_agree_with_every_printed_digit(name: str) -> None:
    found = strd.certified_regression("lls", name)
    computed = calibration.fit(OURS[name], [row[0] for row in found.x], found.y).as_text()
    check(found.certified, computed)
    assert computed["n"] == str(len(found.y))


@pytest.mark.parametrize("name", strd.names("univ"))
def test_statistics_agree_with_every_printed_digit(name: str) -> None:
    certified, values = strd.univariate("univ", name)
    assert len(values) == int(certified["n"])
    check(certified, statistics.summary(values))


@pytest.mark.parametrize("name", strd.names("anova"))
def test_analysis_of_variance_agrees_with_every_printed_digit(name: str) -> None:
    certified, groups = strd.anova(name)
    computed = statistics.one_way([[Fraction(v) for v in g] for g in groups]).as_text()
    for key, value in certified.items():  # these certificates cut the last digit off instead of rounding it
        assert strd.lre(value, computed[key]) >= EXACT_DIGITS, key


@pytest.mark.parametrize("name", ["Cancel1", "Offset1"])
def test_statistics_of_ill_conditioned_sets(name: str) -> None:
    certified, values = strd.univariate("exact", name)
    check(certified, statistics.summary(values))


def test_calibration_of_an_ill_conditioned_set() -> None:
    found = strd.certified_regression("exact", "FarLine1")
    check(found.certified, calibration.fit("linear", [row[0] for row in found.x], found.y).as_text())


def test_the_ill_conditioned_sets_are_what_the_script_makes(tmp_path: Path) -> None:
    subprocess.run([sys.executable, str(ROOT / "scripts" / "make_exact_sets.py"), str(tmp_path)], check=True)
    made = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    assert made == {p.name: p.read_bytes() for p in strd.EXACT.iterdir()}
    assert set(made) == {"Cancel1.dat", "Offset1.dat", "FarLine1.dat"}


# ------------------------------------------------------------------ the naive formulas fail


def fails(certified: dict[str, str], naive: dict[str, float], statistic: str) -> bool:
    return strd.lre(certified[statistic], naive[statistic]) < EXACT_DIGITS - 1


@pytest.mark.parametrize(
    ("statistic", "kind", "name"),
    [("mean", "exact", "Cancel1"), ("sd", "exact", "Offset1"), ("lag-1", "exact", "Offset1"), ("sd", "univ", "NumAcc3"),
     ("sd", "univ", "NumAcc4"), ("lag-1", "univ", "NumAcc4"), ("sd", "univ", "Mavro"), ("sd", "univ", "Michelso"),
     ("lag-1", "univ", "Mavro")],
)  # fmt: skip
def test_the_naive_formula_fails_for_replicates(statistic: str, kind: str, name: str) -> None:
    certified, values = strd.univariate(kind, name)
    assert fails(certified, strd.naive_summary(values), statistic)


@pytest.mark.parametrize("statistic", ["B0", "B1", "sd:B0", "sd:B1", "residual-sd", "r-squared"])
def test_the_naive_formula_fails_for_a_line(statistic: str) -> None:
    found = strd.certified_regression("exact", "FarLine1")
    assert fails(found.certified, strd.naive_line([row[0] for row in found.x], found.y), statistic)


@pytest.mark.parametrize("statistic", ["between", "within", "F", "r-squared"])
@pytest.mark.parametrize("name", ["AtmWtAg", "SmLs04", "SmLs07"])
def test_the_naive_formula_fails_for_analysis_of_variance(name: str, statistic: str) -> None:
    certified, groups = strd.anova(name)
    assert fails(certified, strd.naive_anova(groups), statistic)


def test_the_naive_formulas_are_right_on_easy_data() -> None:
    """They fail for want of digits, not because they are written down wrongly."""
    certified, values = strd.univariate("univ", "Lottery")
    naive = strd.naive_summary(values)
    assert all(strd.lre(certified[k], naive[k]) > 13 for k in ("mean", "sd", "lag-1"))
    found = strd.certified_regression("lls", "Norris")
    line = strd.naive_line([row[0] for row in found.x], found.y)
    assert all(strd.lre(found.certified[k], line[k]) > 10 for k in line)
    certified, groups = strd.anova("SmLs01")
    assert all(strd.lre(certified[k], v) > 12 for k, v in strd.naive_anova(groups).items())


@pytest.mark.parametrize(("name", "at_most"), [("Filip", 1.0), ("Pontius", 8.0), ("Wampler5", 8.0)])
def test_floating_point_least_squares_has_not_these_digits(name: str, at_most: float) -> None:
    """Why linear least squares is rational here and not numpy's: on these sets it is not good enough."""
    found = strd.certified_regression("lls", name)
    parameters, columns = design(name, found)
    floats = np.array([[float(v) for v in row] for row in columns])
    estimates = np.linalg.lstsq(floats, np.array([float(v) for v in found.y]), rcond=None)[0]
    assert min(strd.lre(found.certified[k], float(v)) for k, v in zip(parameters, estimates, strict=True)) < at_most


def test_the_check_would_see_a_wrong_last_digit() -> None:
    found = strd.certified_regression("lls", "Norris")
    x = [row[0] for row in found.x]
    computed = calibration.fit("linear", x, found.y).as_text()
    with pytest.raises(AssertionError):
        check(found.certified, computed | {"B1": "1.00211681802055"})
    with pytest.raises(AssertionError):
        check(found.certified, calibration.fit("linear", x, [*found.y[:-1], str(Decimal(found.y[-1]) + 1)]).as_text())


# ------------------------------------------------------------------ nonlinear least squares


def searched(name: str, start: int) -> tuple[strd.Curve, np.ndarray]:
    """What scipy's search finds, called as `logistic` calls it (Levenberg-Marquardt, differences for derivatives)."""
    curve, model = strd.curve(name), strd.MODELS[name]
    x = curve.x if len(curve.x) > 1 else curve.x[0]
    y = np.log(curve.y) if name in strd.LOGARITHMIC else curve.y
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        settings = {"method": "lm", "xtol": 1e-15, "ftol": 1e-15, "gtol": 1e-15, "max_nfev": 20_000, "x_scale": "jac"}
        return curve, least_squares(lambda p: model(x, *p) - y, curve.starts[start], **settings).x


@pytest.mark.parametrize("start", [0, 1])
@pytest.mark.parametrize("name", strd.names("nls"))
def test_the_search_finds_the_certified_valley(name: str, start: int) -> None:
    curve, found = searched(name, start)
    right = min(strd.lre(c, float(v)) for c, v in zip(curve.certified, found, strict=True))
    if (name, start) in MISLED:
        assert right < 1
        return
    assert right >= SEARCHED[name]


def rational(above: int) -> logistic.Curve:
    """(b1 + b2 x + ...) / (1 + b_k x + ...), `above` parameters in the numerator; exact."""

    def curve(x: list[Fraction], estimates: logistic.Estimates) -> tuple[list[Fraction], list[logistic.Estimates]]:
        values, slopes = [], []
        for v in x:
            top = sum((b * v**i for i, b in enumerate(estimates[:above])), Fraction(0))
            bottom = 1 + sum((b * v**i for i, b in enumerate(estimates[above:], 1)), Fraction(0))
            kept = [Fraction(numbers.decimal(s)) for s in (
                top / bottom,
                *(v**i / bottom for i in range(above)),
                *(-top * v**i / bottom**2 for i in range(1, len(estimates) - above + 1)),
            )]  # fmt: skip
            values.append(kept[0])
            slopes.append(tuple(kept[1:]))
        return values, slopes

    return curve


def saturating(x: list[Fraction], estimates: logistic.Estimates) -> tuple[list[Fraction], list[logistic.Estimates]]:
    """b1 (1 - exp(-b2 x)), to 60 digits."""
    a, b = estimates
    power = [Fraction(numbers.WORKING.exp(numbers.decimal(-b * v))) for v in x]
    return [a * (1 - p) for p in power], [(1 - p, a * v * p) for v, p in zip(x, power, strict=True)]


def growth(x: list[Fraction], estimates: logistic.Estimates) -> tuple[list[Fraction], list[logistic.Estimates]]:
    """b1 / (1 + exp(b2 - b3 x)), to 60 digits."""
    a, b, c = estimates
    power = [Fraction(numbers.WORKING.exp(numbers.decimal(b - c * v))) for v in x]
    slopes = [(1 / (1 + p), -a * p / (1 + p) ** 2, a * v * p / (1 + p) ** 2) for v, p in zip(x, power, strict=True)]
    kept = [tuple(Fraction(numbers.decimal(s)) for s in row) for row in slopes]
    return [Fraction(numbers.decimal(a / (1 + p))) for p in power], kept


@pytest.mark.parametrize(
    ("name", "model"),
    [
        pytest.param("Hahn1", rational(4), marks=pytest.mark.slow),
        pytest.param("Thurber", rational(4), marks=pytest.mark.slow),
        ("Kirby2", rational(3)),
        ("Misra1a", saturating),
        ("Rat42", growth),
    ],
)
def test_settling_gives_every_certified_digit(name: str, model) -> None:
    """From the few digits of the search to all of the certificate, the parameters and the residual: what `logistic` relies on."""
    curve, found = searched(name, 1)
    lines = strd.text("nls", name)
    rows = [line.split() for line in lines[60:] if line.strip()]
    y, x = [Fraction(r[0]) for r in rows], [Fraction(r[1]) for r in rows]
    start = tuple(Fraction(float(v)) for v in found)
    settled = logistic.settled(lambda e: model(x, e), start, y, lambda e: e)
    assert settled is not None
    values, slopes = model(x, settled)
    residual = sum(((a - b) ** 2 for a, b in zip(y, values, strict=True)), Fraction(0))
    spread = calibration.inverse(
        [[calibration.dot(p, q) for q in zip(*slopes, strict=True)] for p in zip(*slopes, strict=True)], name
    )
    variance = residual / (len(y) - len(settled))
    deviations = [numbers.root(spread[i][i] * variance) for i in range(len(settled))]
    computed = [*map(numbers.text, settled), numbers.text(residual), *deviations]
    for certified, value in zip([*curve.certified, curve.residual, *curve.deviations], computed, strict=True):
        assert abs(Fraction(value) - Fraction(certified)) <= half_a_unit(certified) * Fraction("1.001"), (name, certified, value)
