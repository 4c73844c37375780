"""Reading NIST StRD files (certified values from their headers, never from a copy), and the formulas that lose digits."""

from __future__ import annotations

import lzma
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import groupby, pairwise
from pathlib import Path

import numpy as np

NIST = Path(__file__).parent / "data" / "nist"
EXACT = Path(__file__).parents[2] / "requirements_specs" / "qc-release" / "data" / "exact"
NUMBER = r"[-+]?[0-9]*\.?[0-9]+(?:E[-+]?[0-9]+)?"


@dataclass(frozen=True)
class Regression:
    certified: dict[str, str]
    x: tuple[tuple[str, ...], ...]
    """The predictors of each observation."""
    y: tuple[str, ...]


@dataclass(frozen=True)
class Curve:
    starts: tuple[tuple[float, ...], tuple[float, ...]]
    certified: tuple[str, ...]
    deviations: tuple[str, ...]
    residual: str
    """Residual sum of squares."""
    x: np.ndarray
    y: np.ndarray


def text(kind: str, name: str) -> list[str]:
    folder = EXACT if kind == "exact" else NIST / kind
    packed = folder / f"{name}.dat.xz"
    data = lzma.decompress(packed.read_bytes()) if packed.exists() else (folder / f"{name}.dat").read_bytes()
    return data.decode("ascii").replace("\r\n", "\n").splitlines()


def names(kind: str) -> tuple[str, ...]:
    return tuple(sorted({p.name.split(".")[0] for p in (NIST / kind).iterdir()}, key=str.lower))


def certified_regression(kind: str, name: str) -> Regression:
    lines = text(kind, name)
    start = max(i for i, line in enumerate(lines) if re.match(r"Data:\s+y", line))
    certified: dict[str, str] = {}
    for line in lines[:start]:
        if match := re.fullmatch(rf"\s*(B[0-9]+)\s+({NUMBER})\s+({NUMBER})\s*", line):
            certified[match[1]], certified[f"sd:{match[1]}"] = match[2], match[3]
        if match := re.fullmatch(rf"\s*(Standard Deviation|R-Squared)\s+({NUMBER})\s*", line):
            certified["residual-sd" if match[1].startswith("S") else "r-squared"] = match[2]
    rows = [line.split() for line in lines[start + 1 :] if line.strip()]
    return Regression(certified, tuple(tuple(r[1:]) for r in rows), tuple(r[0] for r in rows))


def univariate(kind: str, name: str) -> tuple[dict[str, str], list[str]]:
    lines = text(kind, name)
    patterns = {
        "n": rf"(?:Number of Observations:|^n\s*=)\s*({NUMBER})",
        "mean": rf"(?:ybar:|^mean\s*=)\s*({NUMBER})",
        "sd": rf"(?:\bs:|^standardDeviation\s*=)\s*({NUMBER})",
        "lag-1": rf"(?:r\(1\):|^autocorrelationCoefficient\s*=)\s*({NUMBER})",
    }
    certified = {key: re.search(pattern, "\n".join(lines), re.MULTILINE)[1] for key, pattern in patterns.items()}
    last = max(i for i, line in enumerate(lines) if line.strip() and not re.fullmatch(rf"\s*{NUMBER}\s*", line))
    return certified, [line.strip() for line in lines[last + 1 :] if line.strip()]


def anova(name: str) -> tuple[dict[str, str], list[list[str]]]:
    lines = text("anova", name)
    whole = "\n".join(lines)
    between = re.search(rf"^Between \w+\s+[0-9]+\s+({NUMBER})\s+{NUMBER}\s+({NUMBER})\s*$", whole, re.MULTILINE)
    within = re.search(rf"^Within \w+\s+[0-9]+\s+({NUMBER})\s+{NUMBER}\s*$", whole, re.MULTILINE)
    certified = {
        "between": between[1],
        "within": within[1],
        "F": between[2],
        "r-squared": re.search(rf"Certified R-Squared\s+({NUMBER})", whole)[1],
        "residual-sd": re.search(rf"Standard Deviation\s+({NUMBER})", whole)[1],
    }
    start = max(i for i, line in enumerate(lines) if line.startswith("Data:"))
    rows = [line.split() for line in lines[start + 1 :] if line.strip()]
    return certified, [[r[1] for r in group] for _, group in groupby(rows, key=lambda r: r[0])]


def curve(name: str) -> Curve:
    lines = text("nls", name)
    rows = [
        [float(match[2]), float(match[3]), match[4], match[5]]
        for line in lines
        if (match := re.fullmatch(rf"\s*(b[0-9]+)\s*=\s*({NUMBER})\s+({NUMBER})\s+({NUMBER})\s+({NUMBER})\s*", line))
    ]
    start = max(i for i, line in enumerate(lines) if re.match(r"Data:\s+y", line))
    data = np.array([[float(v) for v in line.split()] for line in lines[start + 1 :] if line.strip()])
    return Curve(
        (tuple(r[0] for r in rows), tuple(r[1] for r in rows)),
        tuple(r[2] for r in rows),
        tuple(r[3] for r in rows),
        next(re.search(rf"({NUMBER})\s*$", line)[1] for line in lines if line.startswith("Residual Sum of Squares")),
        data[:, 1:].T,
        data[:, 0],
    )


def lre(certified: str, computed: str | float) -> float:
    """Log relative error: correct significant digits, at most the 15 that doubles and certificates have."""
    wanted = Fraction(certified)
    if isinstance(computed, float) and not math.isfinite(computed):
        return 0.0
    found = Fraction(computed)
    if wanted == found:
        return 15.0
    off = abs(found - wanted) / abs(wanted) if wanted else abs(found)
    return max(0.0, min(15.0, -float(Decimal(off.numerator).log10() - Decimal(off.denominator).log10())))


# ------------------------------------------------------------------ formulas that lose digits


def naive_summary(values: Sequence[str]) -> dict[str, float]:
    """Mean by adding up; sd and autocorrelation by sums of squares, as on a pocket calculator."""
    y, n = [float(v) for v in values], len(values)
    total = squares = 0.0
    for v in y:
        total += v
        squares += v * v
    mean = total / n
    spread = squares - n * mean * mean
    lagged = sum(a * b for a, b in pairwise(y)) - mean * (2 * total - y[0] - y[-1]) + (n - 1) * mean * mean
    return {
        "mean": mean,
        "sd": math.sqrt(spread / (n - 1)) if spread > 0 else math.nan,
        "lag-1": lagged / spread if spread else math.nan,
    }


def naive_line(x: Sequence[str], y: Sequence[str]) -> dict[str, float]:
    """The sums every textbook prints."""
    a, b, n = [float(v) for v in x], [float(v) for v in y], len(x)
    sx, sy, sxx, syy = sum(a), sum(b), sum(v * v for v in a), sum(v * v for v in b)
    sxy = sum(v * w for v, w in zip(a, b, strict=True))
    below = n * sxx - sx * sx
    slope = (n * sxy - sx * sy) / below if below else math.nan
    intercept = (sy - slope * sx) / n
    left = (syy - intercept * sy - slope * sxy) / (n - 2)
    across = below * (n * syy - sy * sy)
    return {
        "B0": intercept,
        "B1": slope,
        "sd:B0": math.sqrt(left * sxx / below) if left * below > 0 else math.nan,
        "sd:B1": math.sqrt(left * n / below) if left * below > 0 else math.nan,
        "residual-sd": math.sqrt(left) if left > 0 else math.nan,
        "r-squared": (n * sxy - sx * sy) ** 2 / across if across else math.nan,
    }


def naive_anova(groups: Sequence[Sequence[str]]) -> dict[str, float]:
    """Sums of squares less the correction for the mean."""
    values = [[float(v) for v in g] for g in groups]
    n = sum(map(len, values))
    total = sum(map(sum, values))
    correction = total * total / n
    between = sum(sum(g) ** 2 / len(g) for g in values) - correction
    within = sum(v * v for g in values for v in g) - correction - between
    f = (between / (len(values) - 1)) / (within / (n - len(values))) if within else math.nan
    return {
        "between": between,
        "within": within,
        "F": f,
        "r-squared": between / (between + within) if between + within else math.nan,
    }


# ------------------------------------------------------------------ the nonlinear models, as their headers state them

Model = Callable[..., np.ndarray]
_exp, _pi = np.exp, np.pi
MODELS: dict[str, Model] = {
    "Bennett5": lambda x, a, b, c: a * (b + x) ** (-1 / c),
    "BoxBOD": lambda x, a, b: a * (1 - _exp(-b * x)),
    "Chwirut1": lambda x, a, b, c: _exp(-a * x) / (b + c * x),
    "Chwirut2": lambda x, a, b, c: _exp(-a * x) / (b + c * x),
    "DanWood": lambda x, a, b: a * x**b,
    "Eckerle4": lambda x, a, b, c: (a / b) * _exp(-0.5 * ((x - c) / b) ** 2),
    "ENSO": lambda x, a, b, c, d, e, f, g, h, i: (
        a
        + b * np.cos(2 * _pi * x / 12)
        + c * np.sin(2 * _pi * x / 12)
        + e * np.cos(2 * _pi * x / d)
        + f * np.sin(2 * _pi * x / d)
        + h * np.cos(2 * _pi * x / g)
        + i * np.sin(2 * _pi * x / g)
    ),
    "Gauss1": lambda x, a, b, c, d, e, f, g, h: (
        a * _exp(-b * x) + c * _exp(-((x - d) ** 2) / e**2) + f * _exp(-((x - g) ** 2) / h**2)
    ),
    "Hahn1": lambda x, a, b, c, d, e, f, g: (a + b * x + c * x**2 + d * x**3) / (1 + e * x + f * x**2 + g * x**3),
    "Kirby2": lambda x, a, b, c, d, e: (a + b * x + c * x**2) / (1 + d * x + e * x**2),
    "Lanczos1": lambda x, a, b, c, d, e, f: a * _exp(-b * x) + c * _exp(-d * x) + e * _exp(-f * x),
    "MGH09": lambda x, a, b, c, d: a * (x**2 + x * b) / (x**2 + x * c + d),
    "MGH10": lambda x, a, b, c: a * _exp(b / (x + c)),
    "MGH17": lambda x, a, b, c, d, e: a + b * _exp(-x * d) + c * _exp(-x * e),
    "Misra1a": lambda x, a, b: a * (1 - _exp(-b * x)),
    "Misra1b": lambda x, a, b: a * (1 - (1 + b * x / 2) ** -2),
    "Misra1c": lambda x, a, b: a * (1 - (1 + 2 * b * x) ** -0.5),
    "Misra1d": lambda x, a, b: a * b * x * (1 + b * x) ** -1,
    "Nelson": lambda x, a, b, c: a - b * x[0] * _exp(-c * x[1]),
    "Rat42": lambda x, a, b, c: a / (1 + _exp(b - c * x)),
    "Rat43": lambda x, a, b, c, d: a / (1 + _exp(b - c * x)) ** (1 / d),
    "Roszman1": lambda x, a, b, c, d: a - b * x - np.arctan(c / (x - d)) / _pi,
    "Thurber": lambda x, a, b, c, d, e, f, g: (a + b * x + c * x**2 + d * x**3) / (1 + e * x + f * x**2 + g * x**3),
}
MODELS |= dict.fromkeys(("Gauss2", "Gauss3"), MODELS["Gauss1"]) | dict.fromkeys(("Lanczos2", "Lanczos3"), MODELS["Lanczos1"])
LOGARITHMIC = {"Nelson"}
"""Models of log(y)."""
