"""Every hand-worked oracle, worked again with fractions from its own inputs. Nothing of the pipeline takes part.

Three looks at each: the result follows from the inputs by the method named; every line of the working is right; the inputs are
what stands in the data file it speaks of.
"""

from __future__ import annotations

import ast
import decimal
import itertools
import math
import operator
import re
from fractions import Fraction
from pathlib import Path

import pytest

from csvgen.model.spec import Oracle
from csvgen.spec.load import load_system, systems

ROOT = Path(__file__).parents[2] / "requirements_specs"


def oracles() -> dict[str, Oracle]:
    found = {}
    for system in systems(ROOT):
        spec = load_system(ROOT, system).spec
        assert spec is not None
        found |= spec.oracle
    return found


ORACLES = oracles()


def half_up(value: Fraction, decimals: int) -> str:
    """Decimal text, half away from zero, by whole numbers only."""
    scaled = abs(value) * 10**decimals
    whole = scaled.numerator // scaled.denominator
    if (scaled - whole) * 2 >= 1:
        whole += 1
    digits = str(whole).rjust(decimals + 1, "0")
    text = digits if not decimals else f"{digits[:-decimals]}.{digits[-decimals:]}"
    return f"-{text}" if value < 0 else text


def cut(value: Fraction, decimals: int) -> str:
    """The first digits of a value, the rest left off: how an unrounded value is written down."""
    return half_up(Fraction(int(value * 10**decimals), 10**decimals), decimals)


def mean(values: list[Fraction]) -> Fraction:
    return sum(values, Fraction()) / len(values)


def signals(row: dict[str, str]) -> list[Fraction]:
    return [Fraction(v) for v in (row.get("signals") or row["signal"]).split()]


def potencies(oracle: Oracle) -> dict[str, Fraction]:
    """Least squares by deviations from the means (the working of ORA-PLATE-1 goes by sums: another way to the same line)."""
    points = [(Fraction(r["standard"]), s) for r in oracle.inputs if "standard" in r for s in signals(dict(r))]
    level, signal = mean([x for x, _ in points]), mean([y for _, y in points])
    slope = sum((x - level) * (y - signal) for x, y in points) / sum((x - level) ** 2 for x, _ in points)
    intercept = signal - slope * level
    claim = Fraction(re.search(r"label claim \((\d+)", oracle.method)[1])  # type: ignore[index]
    wells: dict[str, list[Fraction]] = {}
    for row in oracle.inputs:
        if "sample" in row:
            wells.setdefault(row["sample"], []).extend(signals(dict(row)))
    return {name: 100 * (mean(values) - intercept) / slope / claim for name, values in wells.items()}


def root(value: Fraction) -> Fraction:
    """Square root to 30 decimals, cut, by whole numbers only."""
    return Fraction(math.isqrt(int(value * 10**60)), 10**30)


def weighted(oracle: Oracle) -> dict[str, Fraction]:
    """Parameters and their standard deviations by deviations from the weighted means (the workings go by sums)."""
    power = 2 if "1/x2" in oracle.method.split(",")[0] else 1
    points = [(Fraction(r["level"]), Fraction(r["signal"]), 1 / Fraction(r["level"]) ** power) for r in oracle.inputs]
    total = sum(w for _, _, w in points)
    level, signal = (sum(p[i] * p[2] for p in points) / total for i in (0, 1))
    spread = sum(w * (x - level) ** 2 for x, _, w in points)
    slope = sum(w * (x - level) * (y - signal) for x, y, w in points) / spread
    intercept = signal - slope * level
    left = sum(w * (y - intercept - slope * x) ** 2 for x, y, w in points)
    variance = left / (len(points) - 2)
    return {
        "n": Fraction(len(points)),
        "r-squared": 1 - left / sum(w * (y - signal) ** 2 for _, y, w in points),
        "B0": intercept,
        "B1": slope,
        "residual-sd": root(variance),
        "sd:B1": root(variance / spread),
        "sd:B0": root(variance * (1 / total + level**2 / spread)),
    }


def logistic(oracle: Oracle) -> dict[str, Fraction]:
    """The curve of the expected parameters goes through the mean of the signals at every level: no curve has a smaller sum of squares.

    Standard deviations: residual variance times the inverse of J'J, whose derivatives are taken here as central differences with 60
    digits (the working has them from formulas).
    """
    parameters = {n: Fraction(oracle.expected[n]) for n in "ABCD"}
    assert parameters["B"].denominator == 1
    points: dict[Fraction, list[Fraction]] = {}
    for row in oracle.inputs:
        points.setdefault(Fraction(row["level"]), []).append(Fraction(row["signal"]))
    for level, found in points.items():
        assert on_curve(parameters, level) == mean(found), level
    count = sum(map(len, points.values()))
    every = [s for found in points.values() for s in found]
    left = sum((s - mean(found)) ** 2 for found in points.values() for s in found)
    exact = {**parameters, "n": Fraction(count), "r-squared": 1 - left / sum((s - mean(every)) ** 2 for s in every)}
    if not left:
        return exact
    variance = left / (count - 4)
    slopes = [[derivative(parameters, n, level) for n in "ABCD"] for level, found in points.items() for _ in found]
    products = [[sum(row[i] * row[j] for row in slopes) for j in range(4)] for i in range(4)]
    spread = inverted(products)
    return {**exact, "residual-sd": root(variance)} | {f"sd:{n}": root(variance * spread[i][i]) for i, n in enumerate("ABCD")}


def on_curve(parameters: dict[str, Fraction], level: Fraction) -> Fraction:
    """Signal at a level, exact for a slope that is a whole number."""
    a, b, c, d = (parameters[n] for n in "ABCD")
    return d + (a - d) / (1 + (level / c) ** int(b))


def derivative(parameters: dict[str, Fraction], name: str, level: Fraction) -> Fraction:
    """By one parameter; the power with its logarithm in 60 digits, its own difference quotient by B."""
    if name != "B":
        step = Fraction(1, 10**20)
        more, less = ({**parameters, name: parameters[name] + s} for s in (step, -step))
        return (on_curve(more, level) - on_curve(less, level)) / (2 * step)
    if not level:
        return Fraction(0)
    a, b, c, d = (parameters[n] for n in "ABCD")
    with decimal.localcontext() as context:
        context.prec = 60
        ratio = context.divide(
            decimal.Decimal(level.numerator), decimal.Decimal(level.denominator) * decimal.Decimal(str(float(c)))
        )
        step = decimal.Decimal(1).scaleb(-20)
        powers = [context.power(ratio, decimal.Decimal(int(b)) + s) for s in (step, -step)]
        signals_ = [d + (a - d) / (1 + Fraction(p)) for p in powers]
    return (signals_[0] - signals_[1]) / (2 * Fraction(step))


def inverted(matrix: list[list[Fraction]]) -> list[list[Fraction]]:
    """By cofactors."""

    def determinant(rows: list[list[Fraction]]) -> Fraction:
        if not rows:
            return Fraction(1)
        return sum((-1) ** i * v * determinant([r[:i] + r[i + 1 :] for r in rows[1:]]) for i, v in enumerate(rows[0]))

    whole, size = determinant(matrix), range(len(matrix))

    def minor(i: int, j: int) -> list[list[Fraction]]:
        return [r[:j] + r[j + 1 :] for k, r in enumerate(matrix) if k != i]

    return [[(-1) ** (i + j) * determinant(minor(j, i)) / whole for j in size] for i in size]


STUDENT = Fraction("3.18244630528371")
"""0.975, 3 degrees of freedom: the t with t / sqrt(3) / (1 + t t / 3) + atan(t / sqrt(3)) = 0.475 pi; checked below."""


def limits(oracle: Oracle) -> dict[str, Fraction]:
    """Fieller's limits by Graybill's form: centre and half width about the mean level, with g = t t s2 / (b b Sxx)."""
    points = [(Fraction(r["standard"]), s) for r in oracle.inputs if "standard" in r for s in signals(dict(r))]
    wells = [s for r in oracle.inputs if "sample" in r for s in signals(dict(r))]
    level, signal = mean([x for x, _ in points]), mean([y for _, y in points])
    spread = sum((x - level) ** 2 for x, _ in points)
    slope = sum((x - level) * (y - signal) for x, y in points) / spread
    variance = sum((y - signal - slope * (x - level)) ** 2 for x, y in points) / (len(points) - 2)
    g = STUDENT**2 * variance / (slope**2 * spread)
    away = (mean(wells) - signal) / slope
    inside = (1 - g) * (Fraction(1, len(wells)) + Fraction(1, len(points))) + away**2 / spread
    half = STUDENT / slope * root(variance * inside) / (1 - g)
    claim = Fraction(re.search(r"label claim \((\d+)", oracle.method)[1])  # type: ignore[index]
    centre = level + away / (1 - g)
    return {"lower": 100 * (centre - half) / claim, "upper": 100 * (centre + half) / claim}


def test_students_t_is_that_of_three_degrees_of_freedom() -> None:
    """Closed form of its distribution, for odd degrees of freedom (Abramowitz and Stegun 26.7.3)."""
    u = float(STUDENT) / math.sqrt(3)
    assert math.isclose((math.atan(u) + u / (1 + u * u)) / math.pi + 0.5, 0.975, abs_tol=1e-14)


def worked(oracle: Oracle) -> dict[str, Fraction]:
    """Expected name -> exact value."""
    if any("level" in row for row in oracle.inputs):
        return logistic(oracle) if "A" in oracle.expected else weighted(oracle)
    if any(name.endswith(" lower") for name in oracle.expected):
        return {f"potency {name}": value for name, value in limits(oracle).items()}
    if any("standard" in row for row in oracle.inputs):
        by_sample = potencies(oracle)
        single = {"potency": next(iter(by_sample.values()))} if len(by_sample) == 1 else {}
        return single | {f"potency {name}": value for name, value in by_sample.items()}
    areas = {row["peak"]: Fraction(row["area"]) for row in oracle.inputs}
    counted = sum(area for name, area in areas.items() if name != "Solvent")
    impurities = {f"impurity {name}": 100 * area / counted for name, area in areas.items() if name not in ("Solvent", "Main")}
    return impurities | {"total impurities": sum(impurities.values(), Fraction())}


@pytest.mark.parametrize("identity", sorted(ORACLES))
def test_expected_values_follow_from_the_inputs(identity: str) -> None:
    oracle = ORACLES[identity]
    exact = worked(oracle)
    named = {k: k.removesuffix(" unrounded").removesuffix(" reported") for k in oracle.expected}
    assert set(named.values()) <= set(exact) | {"sum"}
    for name, text in oracle.expected.items():
        value = exact[named[name]]
        decimals = len(text.partition(".")[2])
        wanted = cut(value, decimals) if name.endswith(" unrounded") else half_up(value, decimals)
        assert text == wanted, f"{name}: exactly {float(value)!r}"


@pytest.mark.parametrize("identity", sorted(ORACLES))
def test_author_and_checker_are_two_people(identity: str) -> None:
    author, checker = (re.sub(r"\(.*?\)|[^a-z]", "", p.casefold()) for p in (ORACLES[identity].author, ORACLES[identity].checker))
    assert author
    assert checker
    assert author != checker


# ------------------------------------------------------------------ the working, line by line


OPERATIONS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}
ARITHMETIC = re.compile(r"[-\d.\s+x/()]*\d[-\d.\s+x/()]*")


def value_of(text: str) -> Fraction:
    """An expression of figures, + - x / and brackets, exactly."""

    def walk(node: ast.expr) -> Fraction:
        if isinstance(node, ast.Constant):
            return Fraction(ast.get_source_segment(source, node) or "")
        if isinstance(node, ast.UnaryOp):
            return -walk(node.operand)
        assert isinstance(node, ast.BinOp)
        return OPERATIONS[type(node.op)](walk(node.left), walk(node.right))

    source = text.replace("...", "").replace("x", "*").strip()
    return walk(ast.parse(source, mode="eval").body)


def equations(line: str) -> list[list[str]]:
    """The parts of each chain a = b = c of a line that are arithmetic; words around them are left out."""
    chains = []
    for chain in re.split(r";|,\s(?=[a-z])|: ", line):
        parts = [re.sub(r"\s*%$", "", p.strip().split(" %")[0]) for p in chain.split("=")]
        found = [p for p in parts if ARITHMETIC.fullmatch(p)]
        if len(found) > 1:
            chains.append(found)
    return chains


def test_the_reader_of_workings_reads() -> None:
    assert equations("mean = (1 + 2) / 2 = 1.5; total = 2 x 3 = 6 %, reported 6 %") == [["(1 + 2) / 2", "1.5"], ["2 x 3", "6"]]
    assert value_of("100 x (1.5 - 0.5) / 4") == 25


@pytest.mark.parametrize("identity", sorted(ORACLES))
def test_every_line_of_the_working_is_right(identity: str) -> None:
    seen = 0
    for line in ORACLES[identity].working:
        for chain in equations(line):
            for left, right in itertools.pairwise(chain):
                a, b = value_of(left), value_of(right)
                allowed = abs(b) / 10**6 if "..." in left + right else 0
                assert abs(a - b) <= allowed, f"{line}: {left} is {float(a)}, not {right}"
                seen += 1
    assert seen >= 3, "too little of the working could be read"


# ------------------------------------------------------------------ the data files


def test_the_plate_oracle_takes_its_signals_from_the_file() -> None:
    """Read as a person reads it: the wells of the layout, and the first line of each row of results."""
    text = (ROOT / "qc-release" / "data" / "gen5-bca-plate.txt").read_bytes().decode("utf-8").replace("\r\n", "\n")
    layout, results = text.split("\nLayout\n")[1].split("\nResults\n")
    names = {
        (row[0], n): cell
        for row in (line.split("\t") for line in layout.split("\n"))
        if row[0]
        for n, cell in enumerate(row[1:-1], 1)
    }
    levels: dict[tuple[str, int], str] = {}
    letter = ""
    for row in (line.split("\t") for line in layout.split("\n")):
        letter = row[0] or letter
        if row[-1] == "Conc/Dil":
            levels |= {(letter, n): cell for n, cell in enumerate(row[1:-1], 1)}
    read = {
        (row[0], n): cell
        for row in (line.split("\t") for line in results.split("\n\n")[0].split("\n"))
        if row[0]
        for n, cell in enumerate(row[1:-1], 1)
    }
    for row in ORACLES["ORA-PLATE-1"].inputs:
        if "standard" in row:
            wells = [w for w, name in names.items() if name.startswith("STD") and levels[w] == row["standard"]]
        else:
            wells = [w for w, name in names.items() if name.split(":")[0] == row["sample"] and levels[w] == "1"]
        assert " ".join(read[w] for w in wells) == row["signals"], row


def test_the_peak_oracle_takes_its_areas_from_the_file() -> None:
    lines = (ROOT / "qc-release" / "data" / "peaks-lot-a.csv").read_text(encoding="utf-8").splitlines()[2:-1]
    assert [f"{r['peak']},{r['area']}" for r in ORACLES["ORA-PEAKS-1"].inputs] == lines
