"""Potency and impurities: worked by hand, on real files, at the limits, and without an answer."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csvgen.errors import BadInput
from csvgen.pipeline import impurity, instruments, potency
from csvgen.pipeline.instruments import Injection, Peak, Plate, Sample, Standard
from csvgen.pipeline.rounding import IN, OUT
from csvgen.targets.local.install import master

DATA = Path(__file__).parents[2] / "requirements_specs" / "qc-release" / "data"
METHODS = {m.id: m for m in master().methods}
LINEAR = tuple(
    Standard(f"STD{i}", level, signal)
    for i, (level, signal) in enumerate([("0", "0"), ("500", "0.5"), ("1000", "1"), ("1500", "1.5")])
)


def plate(*signals: str, standards: tuple[Standard, ...] = LINEAR) -> Plate:
    return Plate(standards, tuple(Sample("S1", "1", s) for s in signals), "")


def test_potency_worked_by_hand() -> None:
    # levels 0 250 500 750 1000; slope 0.000984, intercept 0.008 (fractions on paper); mean signal 0.98
    standards = tuple(
        Standard("STD", level, signal)
        for level, signal in zip(["0", "250", "500", "750", "1000"], ["0.01", "0.24", "0.51", "0.76", "0.98"], strict=True)
    )
    found = potency.evaluate(METHODS["LIN-01"].potency, plate("0.97", "0.99", "0.98", standards=standards), "S1")
    (value,) = found.values
    assert Fraction(value.unrounded).limit_denominator(10**6) == Fraction(100 * 972, 984)
    assert (value.name, value.reported, value.unit, value.verdict) == ("potency", "98.8", "%", IN)
    assert found.suitability["B1"] == "0.000984"
    assert found.suitability["B0"] == "0.008"


@given(st.integers(min_value=0, max_value=2_000_000))
def test_potency_is_100_times_the_signal_on_an_exact_line(millionths: int) -> None:
    signal = Fraction(millionths, 1_000_000)
    (value,) = potency.evaluate(METHODS["LIN-01"].potency, plate(f"{millionths}e-6"), "S1").values
    assert Fraction(value.unrounded) == 100 * signal
    tenths = (1000 * signal + Fraction(1, 2)) // 1
    assert Fraction(value.reported) == Fraction(tenths, 10)
    assert value.verdict == (IN if 950 <= tenths <= 1050 else OUT)


@pytest.mark.parametrize(
    ("signal", "reported", "verdict"),
    [("1.0504", "105.0", IN), ("1.0505", "105.1", OUT), ("1.0500", "105.0", IN), ("1.051", "105.1", OUT),
     ("0.9495", "95.0", IN), ("0.9494", "94.9", OUT), ("0.950", "95.0", IN), ("0.949", "94.9", OUT)],
)  # fmt: skip
def test_around_the_limits(signal: str, reported: str, verdict: str) -> None:
    (value,) = potency.evaluate(METHODS["LIN-01"].potency, plate(signal), "S1").values
    assert (value.reported, value.verdict) == (reported, verdict)


def test_potency_of_the_real_plate() -> None:
    real = instruments.read("p.txt", (DATA / "gen5-bca-plate.txt").read_bytes())
    assert isinstance(real, Plate)
    found = {s: potency.evaluate(METHODS["BCA-01"].potency, real, s).values[0] for s in real.sample_ids}
    assert {s: v.reported for s, v in found.items()} == {
        "SPL1": "100.5", "SPL2": "104.6", "SPL3": "150.9", "SPL4": "69.8", "SPL5": "136.6", "SPL6": "76.9",
    }  # fmt: skip
    assert [s for s, v in found.items() if v.verdict == IN] == ["SPL1", "SPL2"]


def test_only_undiluted_wells_count() -> None:
    mixed = Plate(LINEAR, (Sample("S1", "1.0", "1"), Sample("S1", "0.5", "0.1"), Sample("S2", "1", "7")), "")
    assert potency.evaluate(METHODS["LIN-01"].potency, mixed, "S1").values[0].reported == "100.0"
    with pytest.raises(BadInput, match="holds no undiluted well of sample 'S3'; its samples are S1, S2"):
        potency.evaluate(METHODS["LIN-01"].potency, mixed, "S3")


def test_a_bad_calibration_gives_no_result() -> None:
    scattered = tuple(
        Standard("STD", level, signal)
        for level, signal in zip(["0", "500", "1000", "1500"], ["0", "0.9", "0.8", "1.5"], strict=True)
    )
    found = potency.evaluate(METHODS["LIN-01"].potency, plate("1", standards=scattered), "S1")
    assert found.values == ()
    assert found.invalid.startswith("system suitability not met: R squared of the calibration is 0.8")


def test_suitability_is_judged_on_the_exact_value() -> None:
    method = METHODS["LIN-01"].potency
    fit = potency.calibrate(plate("1", standards=(*LINEAR[:3], Standard("S", "1500", "1.2"))), "linear")
    at = method.model_copy(update={"r_squared": "0.9"})
    assert Fraction(9, 10) < fit.r_squared < 1
    assert potency.evaluate(at, plate("1", standards=(*LINEAR[:3], Standard("S", "1500", "1.2"))), "S1").values
    exactly_one = method.model_copy(update={"r_squared": "1"})
    assert potency.evaluate(exactly_one, plate("1"), "S1").values


# ------------------------------------------------------------------ impurities


def injection(**areas: str) -> Injection:
    return Injection("", tuple(Peak(name.replace("_", "-"), area) for name, area in areas.items()))


def test_impurities_worked_by_hand() -> None:
    found = impurity.evaluate(METHODS["LIN-01"].impurity, injection(Solvent="500000", Main="997600", Imp_A="1450", Imp_B="950"))
    told = {v.name: (v.unrounded, v.reported, v.verdict) for v in found.values}
    assert told == {
        "impurity Imp-A": ("0.145", "0.15", IN),
        "impurity Imp-B": ("0.095", "0.10", IN),
        "total impurities": ("0.24", "0.24", IN),  # 0.25 if the rounded values were added
        "area Main": ("99.76", "99.76", "for information"),
    }


@pytest.mark.parametrize(("area", "reported", "verdict"), [("0.2049", "0.20", IN), ("0.205", "0.21", OUT), ("0.2", "0.20", IN)])
def test_around_the_limit_of_an_impurity(area: str, reported: str, verdict: str) -> None:
    rest = str(100 - Decimal(area))
    found = impurity.evaluate(METHODS["LIN-01"].impurity, injection(Main=rest, Imp=area))
    assert (found.values[0].reported, found.values[0].verdict) == (reported, verdict)


def test_the_total_can_fail_alone() -> None:
    found = impurity.evaluate(METHODS["LIN-01"].impurity, injection(Main="99.4", A="0.2", B="0.2", C="0.2"))
    assert [v.verdict for v in found.values if v.name != "area Main"] == [IN, IN, IN, OUT]


@given(st.dictionaries(st.text("abcdef", min_size=1, max_size=4), st.integers(0, 10**9), min_size=1, max_size=8))
def test_area_percent_sums_to_100(areas: dict[str, int]) -> None:
    peaks = tuple(Peak(name, str(area)) for name, area in areas.items())
    if not sum(areas.values()):
        with pytest.raises(BadInput, match="no area"):
            impurity.area_percent(peaks)
        return
    parts = impurity.area_percent(peaks)
    assert sum(parts.values()) == 100
    assert impurity.area_percent((*peaks, Peak("solvent", "123456")), ("solvent",)) == parts


def test_without_main_peak_there_is_no_result() -> None:
    found = impurity.evaluate(METHODS["LIN-01"].impurity, injection(Imp="1"))
    assert found.values == ()
    assert found.invalid == "system suitability not met: no peak 'Main' among Imp"
