"""System suitability: each criterion met, not met, and asked of a file that cannot answer; nothing that fails gives a result."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import statsmodels.api as sm

from csvgen.pipeline import impurity, potency, suitability
from csvgen.pipeline.instruments import Chromatogram, Injection, Peak, Plate, Sample, Standard
from csvgen.pipeline.method import ImpurityMethod, PeakSuitability, PlateSuitability, PotencyMethod
from csvgen.pipeline.rounding import IN, OUT

METHOD = PotencyMethod(model="linear", label_claim="100", unit="ug/mL", r_squared="0.99", low="90.0", high="110.0", decimals=1)
LEVELS = {"0": ("0.01", "0.02"), "50": ("0.51", "0.50"), "100": ("1.00", "1.02"), "150": ("1.50", "1.49")}
SAMPLE = ("1.00", "1.01", "1.02")


def plate(levels=LEVELS, sample=SAMPLE, blanks=("0.01", "0.02"), unit="") -> Plate:
    standards = tuple(Standard(f"STD{level}", level, s) for level, signals in levels.items() for s in signals)
    return Plate(standards, tuple(Sample("S1", "1", s) for s in sample), "", unit, tuple(blanks))


def evaluated(given: Plate | None = None, **asked: object):
    method = METHOD.model_copy(update={"suitability": PlateSuitability(**asked)})
    return potency.evaluate(method, given or plate(), "S1")


ALL = {"levels": ("0", "50", "100", "150"), "calibrators": 4, "replicates": 2, "wells": 3, "blank": "0.05", "cv": "5", "differ": "yes",
       "back_calculated": "5", "back_calculated_lowest": "10", "half_width": "10", "lack_of_fit": "10"}  # fmt: skip


def test_a_good_plate_meets_all_criteria_and_says_so() -> None:
    found = evaluated(**ALL)
    (value,) = found.values
    assert value.verdict == IN
    assert found.suitability["set of calibrators"] == "complete (0, 50, 100, 150 ug/mL): met"
    assert found.suitability["number of calibrators read back"].startswith("3 of 3 (100 % of them within 5 % of nominal")
    assert sum(v.endswith(": met") for v in found.suitability.values()) == 3 + 4 + 1 + 4 + 1 + 2 + 1 + 1
    assert value.interval.startswith("95 % two-sided, Fieller")
    assert Fraction(value.lower) < Fraction(value.reported) < Fraction(value.upper)


@pytest.mark.parametrize(
    ("given", "asked", "reason"),
    [
        (plate({k: v for k, v in LEVELS.items() if k != "50"}), {"levels": ("0", "50", "100", "150")},
         "set of calibrators is missing at 50 ug/mL, the method asks for 0, 50, 100, 150 ug/mL"),
        (plate({k: v for k, v in LEVELS.items() if k != "50"}), {"calibrators": 4}, "number of calibrators is 3, the method asks for 4 or more"),
        (plate({**LEVELS, "50": ("0.51",)}), {"replicates": 2}, "wells of calibrator 50 is 1, the method asks for 2 or more"),
        (plate(sample=("1.00",)), {"wells": 2}, "undiluted wells of sample S1 is 1, the method asks for 2 or more"),
        (plate(blanks=("0.05", "0.06")), {"blank": "0.054"}, "mean signal of the blanks is 0.055, the method asks for 0.054 or less"),
        (plate(blanks=()), {"blank": "0.05"}, "mean signal of the blanks is not to be had from the file"),
        (plate(sample=("1.0", "1.2")), {"cv": "10"}, "coefficient of variation of sample S1 is 12.85648693066450044365172 %, the method asks for 10 % or less"),
        (plate({**LEVELS, "50": ("0.4", "0.6")}), {"cv": "10"}, "coefficient of variation of calibrator 50 is 28.28"),
        (plate(sample=("1.0",)), {"cv": "10"}, "coefficient of variation of sample S1 is not to be had from the file"),
        (plate({k: (v[0], v[0]) for k, v in LEVELS.items()}, ("1.0", "1.0")), {"differ": "yes"}, "scatter of replicates is all equal"),
        (plate({k: v[:1] for k, v in LEVELS.items()}, ("1.0",)), {"differ": "yes"}, "scatter of replicates is not to be had from the file"),
        (plate({**LEVELS, "50": ("0.43", "0.44")}), {"back_calculated": "5"}, "number of calibrators read back is 2 of 3 (50 off by -1"),
        (plate({k: v[:1] for k, v in LEVELS.items()}), {"lack_of_fit": "10"}, "F of the lack of fit is not to be had from the file"),
        (plate({**LEVELS, "50": ("0.45", "0.44")}), {"lack_of_fit": "10"}, "F of the lack of fit is "),
        (plate(), {"half_width": "0.1"}, "half width of the confidence interval is "),
    ],
)  # fmt: skip
def test_what_a_plate_lacks_makes_the_run_invalid_and_is_named(given: Plate, asked: dict[str, object], reason: str) -> None:
    assert evaluated(given).values
    found = evaluated(given, **asked)
    assert found.values == ()
    assert found.invalid.startswith("system suitability not met: ")
    assert reason in found.invalid
    assert any(v.endswith("not met") for v in found.suitability.values())


def test_every_failing_criterion_is_named_at_once() -> None:
    found = evaluated(plate(sample=("1.0",), blanks=()), blank="0.05", wells=2)
    assert found.invalid.count("the method asks for") == 2


@pytest.mark.parametrize(("share", "met"), [("100", False), ("67", False), ("66", True)])
def test_a_share_of_the_calibrators_may_suffice(share: str, met: bool) -> None:
    given = plate({**LEVELS, "50": ("0.43", "0.44")})
    assert bool(evaluated(given, back_calculated="5", back_calculated_share=share).values) == met


def test_the_lowest_calibrator_has_its_own_limit() -> None:
    given = plate({**LEVELS, "50": ("0.45", "0.46")})
    assert not evaluated(given, back_calculated="5").values
    assert evaluated(given, back_calculated="5", back_calculated_lowest="20").values


@pytest.mark.parametrize(("limit", "met"), [("12.8564869306645004436517", False), ("12.8564869306645004436518", True)])
def test_a_criterion_is_judged_on_the_exact_value(limit: str, met: bool) -> None:
    """100*sqrt(0.02)/1.1 = 12.856486930664500443651716...: the last digit written decides."""
    levels = {k: v for k, v in LEVELS.items() if k != "0"}
    assert bool(evaluated(plate(levels, ("1.0", "1.2")), cv=limit).values) == met


def test_the_lack_of_fit_as_statsmodels_has_it() -> None:
    given = plate({**LEVELS, "50": ("0.47", "0.46")})
    x, y = np.array([float(s.level) for s in given.standards]), np.array([float(s.signal) for s in given.standards])
    whole = sm.OLS(y, np.array([[float(v == level) for level in sorted({*x})] for v in x])).fit()
    statistic, _, _ = whole.compare_f_test(sm.OLS(y, sm.add_constant(x)).fit())
    ours = suitability.lack_of_fit(given, potency.calibrate(given, "linear"))
    assert float(ours) == pytest.approx(statistic, rel=1e-9)


# ------------------------------------------------------------------ outside the calibrators


def test_extrapolation_can_fail_a_lot_but_not_pass_it() -> None:
    short = {k: v for k, v in LEVELS.items() if k in ("0", "50", "100")}
    inside = evaluated(plate(short, ("0.99",)))
    assert (inside.values[0].verdict, inside.values[0].flag) == (IN, "")
    passing = evaluated(plate(short, ("1.05",)))
    assert passing.values == ()
    assert "outside the calibrators, 0 to 100 ug/mL: nothing was calibrated there" in passing.invalid
    failing = evaluated(plate(short, ("1.50",)))
    assert failing.invalid == ""
    assert (failing.values[0].verdict, failing.values[0].flag) == (OUT, "outside the calibrators, 0 to 100 ug/mL")


def test_one_well_outside_is_enough() -> None:
    short = {k: v for k, v in LEVELS.items() if k in ("0", "50", "100")}
    assert "outside the calibrators" in evaluated(plate(short, ("0.90", "1.05"))).invalid


def test_a_negative_concentration_is_flagged_and_out() -> None:
    found = evaluated(plate(sample=("-0.5",)))
    assert found.values[0].verdict == OUT
    assert Fraction(found.values[0].unrounded) < 0
    assert found.values[0].flag


# ------------------------------------------------------------------ injections

PEAKS = ImpurityMethod(main="Main", each="0.20", total="0.50", decimals=2)


def injection(
    number: str, area: str = "100", *, sample: str = "SST", retention="5.0", tailing="1.2", plates="6000", resolution="2.5"
):
    return Injection(sample, (Peak("A", "0.1", "4.0"), Peak("Main", area, retention, tailing, plates, resolution)), number)


def judged(seen, **asked: object):
    method = PEAKS.model_copy(update={"suitability": PeakSuitability(sample="SST", **asked)})
    return suitability.of_injections(method, Chromatogram(tuple(seen), ""), "S1")


GOOD = [injection(str(i), area) for i, area in enumerate(["100", "101", "99", "100.5", "99.5"], 1)]
ASKED = {"injections": 5, "area_rsd": "2.0", "retention_rsd": "1.0", "retention_low": "4.5", "retention_high": "5.5",
         "tailing": "2.0", "plates": "2000", "resolution": "2.0"}  # fmt: skip


def test_a_good_solution_meets_all_criteria() -> None:
    found = judged(GOOD, **ASKED)
    assert found.invalid == ""
    assert len(found.criteria) == 3 + 5 * 5


@pytest.mark.parametrize(
    ("injections", "reason"),
    [
        (GOOD[:4], "injections of SST is 4, the method asks for 5 or more"),
        ([*GOOD[:4], injection("5", "110")], "relative standard deviation of the area of Main is 4."),
        ([*GOOD[:4], injection("5", retention="5.4")], "relative standard deviation of the retention time of Main is 3."),
        (
            [*GOOD[:4], injection("5", retention="5.6")],
            "retention time of Main, injection 5 is 5.6 min, the method asks for 5.5 min or less",
        ),
        (
            [*GOOD[:4], injection("5", retention="4.4")],
            "retention time of Main, injection 5 is 4.4 min, the method asks for 4.5 min or more",
        ),
        (
            [*GOOD[:4], injection("5", tailing="2.1")],
            "tailing factor of Main, injection 5 is 2.1, the method asks for 2.0 or less",
        ),
        (
            [*GOOD[:4], injection("5", plates="1999")],
            "plate count of Main, injection 5 is 1999, the method asks for 2000 or more",
        ),
        (
            [*GOOD[:4], injection("5", resolution="1.99")],
            "resolution of Main, injection 5 is 1.99, the method asks for 2.0 or more",
        ),
        ([*GOOD[:4], injection("5", tailing="")], "tailing factor of Main, injection 5 is not to be had from the file"),
        (
            [*GOOD[:4], injection("5", retention="")],
            "relative standard deviation of the retention time of Main is not to be had from the file",
        ),
        (
            [*GOOD[:4], Injection("SST", (Peak("A", "1"),), "5")],
            "relative standard deviation of the area of Main is not to be had",
        ),
        ([injection("1", sample="S1")], "suitability solution SST is not to be had from the file"),
    ],
)
def test_what_a_solution_lacks_is_named(injections, reason: str) -> None:
    found = judged(injections, **ASKED)
    assert reason in found.invalid


def test_a_criterion_not_asked_for_is_not_judged() -> None:
    assert judged([injection("1", tailing="9")]).criteria == ()
    assert judged([injection("1", tailing="9")], plates="1").invalid == ""


def test_replicate_injections_are_averaged_as_the_method_says() -> None:
    method = PEAKS.model_copy(update={"injections": 3})
    three = [Injection("S1", (Peak("Main", main), Peak("Imp", imp)), n) for n, main, imp in (("1", "99.9", "0.1"), ("2", "99.8", "0.2"), ("3", "99.85", "0.15"))]  # fmt: skip
    found = {v.name: v for v in impurity.evaluate(method, *three).values}
    value = found["impurity Imp"]
    assert (value.unrounded, value.reported, value.verdict) == ("0.15", "0.15", IN)
    # t(2) = 4.3027, sd = 0.05: 0.15 -+ 4.3027*0.05/sqrt(3) = 0.0258 and 0.2742
    assert (value.lower, value.upper) == ("0.03", "0.27")
    assert "mean of 3 replicates" in value.interval


def test_a_peak_of_one_injection_counts_with_zero_in_the_others() -> None:
    method = PEAKS.model_copy(update={"injections": 2})
    two = [Injection("S1", (Peak("Main", "99.8"), Peak("Imp", "0.2")), "1"), Injection("S1", (Peak("Main", "100"),), "2")]
    found = {v.name: v for v in impurity.evaluate(method, *two).values}
    assert found["impurity Imp"].unrounded == "0.1"


def test_neither_more_nor_fewer_injections_than_the_method_says() -> None:
    from csvgen.errors import BadInput

    chromatogram = Chromatogram((injection("1", sample="S1"), injection("2", sample="S1")), "")
    for count in (1, 3):
        with pytest.raises(BadInput, match=r"the file holds 2 injections of sample 'S1'; (one is|3 are) needed"):
            impurity.injections_of(PEAKS.model_copy(update={"injections": count}), chromatogram, "S1")
    assert len(impurity.injections_of(PEAKS.model_copy(update={"injections": 2}), chromatogram, "S1")) == 2
