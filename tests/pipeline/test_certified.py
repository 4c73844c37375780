"""The arithmetic against values certified by NIST, read from the headers of the reference data sets themselves."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from csvgen.pipeline import calibration, statistics

DATA = Path(__file__).parents[2] / "requirements_specs" / "qc-release" / "data" / "nist"
NUMBER = r"[-+]?[0-9]*\.?[0-9]+(?:E[-+]?[0-9]+)?"
REGRESSION = (
    ("Norris", "linear", 36),
    ("Pontius", "quadratic", 40),
    ("NoInt1", "proportional", 11),
    ("NoInt2", "proportional", 3),
)
UNIVARIATE = (("Lew", 200), ("Lottery", 218), ("Mavro", 50), ("Michelso", 100))


def regression(name: str) -> tuple[dict[str, str], list[str], list[str]]:
    lines = (DATA / f"{name}.dat").read_text("ascii").splitlines()
    certified: dict[str, str] = {}
    for line in lines[30:48]:  # "Certified Values (lines 31 to ..)" says each header
        if match := re.fullmatch(rf"\s*(B[0-2])\s+({NUMBER})\s+({NUMBER})\s*", line):
            certified[match[1]], certified[f"sd:{match[1]}"] = match[2], match[3]
        if match := re.fullmatch(rf"\s*(Standard Deviation|R-Squared)\s+({NUMBER})\s*", line):
            certified["residual-sd" if match[1].startswith("S") else "r-squared"] = match[2]
    rows = [line.split() for line in lines[60:] if len(line.split()) == 2]
    return certified, [r[1] for r in rows], [r[0] for r in rows]


def univariate(name: str) -> tuple[dict[str, str], list[str]]:
    text = (DATA / f"{name}.dat").read_text("ascii")
    patterns = {
        "n": rf"(?:Number of Observations:|^n\s*=)\s*({NUMBER})",
        "mean": rf"(?:ybar:|^mean\s*=)\s*({NUMBER})",
        "sd": rf"(?:\bs:|^standardDeviation\s*=)\s*({NUMBER})",
        "lag-1": rf"(?:r\(1\):|^autocorrelationCoefficient\s*=)\s*({NUMBER})",
    }
    certified = {key: re.search(pattern, text, re.MULTILINE)[1] for key, pattern in patterns.items()}
    lines = text.splitlines()
    last = max(i for i, line in enumerate(lines) if line.strip() and not re.fullmatch(rf"\s*{NUMBER}\s*", line))
    return certified, [line.strip() for line in lines[last + 1 :] if line.strip()]


def lre(certified: str, computed: str) -> float:
    """Log relative error: correct significant digits."""
    wanted, found = Fraction(certified), Fraction(computed)
    return math.inf if wanted == found else -math.log10(abs((found - wanted) / wanted))


def half_a_unit(certified: str) -> Fraction:
    """Half a unit in the last place the certified value is printed with."""
    return Fraction(10) ** int(Decimal(certified).as_tuple().exponent) / 2


def check(certified: dict[str, str], computed: dict[str, str]) -> None:
    for name, value in certified.items():
        assert lre(value, computed[name]) >= 14, name
        assert abs(Fraction(computed[name]) - Fraction(value)) <= half_a_unit(value), name


@pytest.mark.parametrize(("name", "model", "observations"), REGRESSION)
def test_regression_agrees_with_every_printed_digit(name: str, model: str, observations: int) -> None:
    certified, x, y = regression(name)
    powers = calibration.MODELS[model]
    assert set(certified) == {"residual-sd", "r-squared", *(f"B{p}" for p in powers), *(f"sd:B{p}" for p in powers)}
    assert len(x) == observations
    computed = calibration.fit(model, x, y).as_text()
    check(certified, computed)
    assert computed["n"] == str(observations)


@pytest.mark.parametrize(("name", "observations"), UNIVARIATE)
def test_statistics_agree_with_every_printed_digit(name: str, observations: int) -> None:
    certified, values = univariate(name)
    assert len(values) == observations == int(certified["n"])
    check(certified, statistics.summary(values))


def test_the_check_would_see_a_wrong_last_digit() -> None:
    certified, x, y = regression("Norris")
    computed = calibration.fit("linear", x, y).as_text()
    with pytest.raises(AssertionError):
        check(certified, computed | {"B1": "1.00211681802055"})
    with pytest.raises(AssertionError):
        check(certified, calibration.fit("linear", x, [*y[:-1], str(Decimal(y[-1]) + 1)]).as_text())
