"""The steps of QC release from outside: bytes and parameters in, products out, the same every time; bad input named, nothing half made."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csvgen.canonical import canonical_json, digest_bytes
from csvgen.errors import BadInput, NotIntact
from csvgen.pipeline import calibration, impurity, instruments, numbers, potency
from csvgen.pipeline.calibration import Unfit
from csvgen.pipeline.confidence import Interval
from csvgen.pipeline.evaluation import Estimate
from csvgen.pipeline.flow.bundle import Bundle, InProcess
from csvgen.pipeline.flow.definition import shipped
from csvgen.pipeline.flow.performing import Carried, carry_out
from csvgen.pipeline.instruments import Chromatogram, Plate
from csvgen.pipeline.method import ImpurityMethod, Method, PeakSuitability, PlateSuitability, PotencyMethod
from csvgen.pipeline.qc import neutral, results
from csvgen.pipeline.rounding import IN
from tests.pipeline import references as reference

DATA = Path(__file__).parents[2] / "requirements_specs" / "qc-release" / "data"
ASM = Path(__file__).parent / "data" / "allotropy"
GEN5 = (DATA / "gen5-bca-plate.txt").read_bytes()
EMPOWER = (DATA / "empower-pq.json").read_bytes()
PEAKS = (DATA / "peaks-lot-a.csv").read_bytes()
METHOD = Method(
    id="BCA-01",
    title="Protein",
    potency=PotencyMethod(
        model="linear", label_claim="1200", unit="ug/mL", r_squared="0.990", low="95.0", high="105.0", decimals=1
    ),
    impurity=ImpurityMethod(main="Main", excluded=("Solvent", 'a "quoted", name'), each="0.20", total="0.50", decimals=2),
)
POTENCY = ["read-plate", "plate-suitability", "calibration", "calibration-suitability", "potency", "potency-report"]
IMPURITY = ["read-chromatogram", "chromatogram-suitability", "impurity", "impurity-report"]


def carried(method: Method = METHOD, sample: str = "SPL1", **files: tuple[str, bytes]) -> Carried:
    parts = [{"plate": "potency", "chromatogram": "impurity"}[name] for name in files]
    return carry_out(
        shipped("qc-release"),
        {name: data for name, (_, data) in files.items()},
        results.parameters(method, sample, parts),
        executor=InProcess(Bundle.shipped()),
        now=lambda: "",
        files={name: file for name, (file, _) in files.items()},
    )


def with_potency(**changed: object) -> Method:
    return METHOD.model_copy(update={"potency": METHOD.potency.model_copy(update=changed)})


def plate_csv(*rows: str, unit: str = "") -> bytes:
    head = ["#qc-plate/2", f"unit,{unit}"] if unit else ["#qc-plate/1"]
    return "\n".join([*head, "kind,id,level_or_dilution,signal", *rows, f"end,{len(rows)}", ""]).encode()


LINE = ("standard,STD1,0,0.01", "standard,STD2,500,0.51", "standard,STD3,1000,1.00", "standard,STD4,1500,1.49")


# ------------------------------------------------------------------ the whole way


def test_every_intermediate_is_a_product_with_a_digest() -> None:
    found = carried(plate=("p.txt", GEN5), chromatogram=("c.csv", PEAKS))
    assert [s.step for s in found.steps] == POTENCY + IMPURITY
    assert {s.state for s in found.steps} == {"performed"}
    given = {digest_bytes(GEN5), digest_bytes(PEAKS)}
    made = {d for s in found.steps for d in s.outputs.values()}
    assert len(made) == len(found.steps) == len(found.products)
    assert all(set(s.inputs.values()) <= given | made for s in found.steps)
    assert set(found.products) == {
        "plate-data", "plate-suitability", "calibration", "calibration-suitability", "potency-estimate", "potency-values",
        "chromatogram-data", "chromatogram-suitability", "impurity-estimates", "impurity-values",
    }  # fmt: skip


def test_the_values_are_those_of_the_whole_in_one_call() -> None:
    found = results.values(carried(plate=("p.txt", GEN5), chromatogram=("c.csv", PEAKS)).products)
    plate, peaks = instruments.read("p.txt", GEN5), instruments.read("c.csv", PEAKS)
    assert isinstance(plate, Plate)
    assert isinstance(peaks, Chromatogram)
    whole = potency.evaluate(METHOD.potency, plate, "SPL1").values + impurity.evaluate(METHOD.impurity, *peaks.injections).values
    assert found == whole
    assert [v.part for v in found] == ["potency", *["impurity"] * 4]
    (first, *_) = found
    assert (first.reported, first.lower, first.upper) == ("100.5", "99.8", "101.2")


def test_one_part_alone() -> None:
    alone = carried(plate=("p.txt", GEN5))
    assert [s.state for s in alone.steps] == ["performed"] * 6 + ["not applicable"] * 4
    assert [v.name for v in results.values(alone.products)] == ["potency"]


def test_an_invalid_plate_stops_everything_and_is_told() -> None:
    method = with_potency(suitability=PlateSuitability(levels=("2000", "5000")))
    found = carried(method, plate=("p.txt", GEN5), chromatogram=("c.csv", PEAKS))
    assert found.invalid.startswith("system suitability not met: set of calibrators is missing at 5000 ug/mL")
    assert [s.state for s in found.steps] == ["performed", "invalid", *["not reached"] * 8]
    assert results.values(found.products) == ()
    assert found.facts["plate-suitability.set of calibrators"].endswith("not met")


def test_the_logistic_way() -> None:
    levels = {"0": ".050 .052", "3": ".080 .083", "10": ".440 .450", "30": "1.05 1.03", "100": "1.90 1.87", "300": "2.28 2.30"}
    rows = [
        f"standard,S{level},{level},0{s}" if s[0] == "." else f"standard,S{level},{level},{s}"
        for level, two in levels.items()
        for s in two.split()
    ]
    method = with_potency(model="four-parameter logistic", label_claim="40", unit="ng/mL", low="80", high="125")
    found = carried(method, "S1", plate=("p.csv", plate_csv(*rows, "sample,S1,1,1.20", "sample,S1,1,1.18", unit="ng/mL")))
    (value,) = results.values(found.products)
    assert found.invalid == ""
    assert "delta method" in value.interval
    assert Fraction(value.lower_unrounded) < Fraction(value.unrounded) < Fraction(value.upper_unrounded)
    beyond = carried(method, "S1", plate=("p.csv", plate_csv(*rows, "sample,S1,1,2.9", unit="ng/mL")))
    assert "the signal 2.9 lies beyond the ends of the curve" in beyond.invalid
    assert {s.step: s.state for s in beyond.steps}["potency"] == "invalid"


def test_the_same_bytes_in_another_process_with_other_threads_and_hash_seed() -> None:
    """All intermediates of a plate with a logistic curve, whose search runs in floats, and of a peak table."""
    code = (
        "import sys, importlib.util as u; s = u.spec_from_file_location('t', sys.argv[1]);"
        "m = u.module_from_spec(s); s.loader.exec_module(m); print(m.fingerprint())"
    )
    environment = dict(os.environ, OPENBLAS_NUM_THREADS="1", OPENBLAS_CORETYPE="Prescott", PYTHONHASHSEED="77")
    run = subprocess.run([sys.executable, "-c", code, __file__], capture_output=True, text=True, env=environment, check=True)
    assert run.stdout == fingerprint() + "\n"


def fingerprint() -> str:
    points = {"1": "0.081", "3": "0.14", "10": "0.46", "30": "1.04", "100": "1.88", "300": "2.31", "1000": "2.44"}
    rows = [f"standard,S,{x},{y}" for x, y in points.items()]
    logistic = with_potency(model="four-parameter logistic", label_claim="40", low="80", high="125")
    found = carried(logistic, "S1", plate=("p.csv", plate_csv(*rows, "sample,S1,1,1.18")), chromatogram=("c.csv", PEAKS))
    assert not found.invalid
    return str(digest_bytes(canonical_json({n: digest_bytes(b) for n, b in found.products.items()})))


# ------------------------------------------------------------------ bad input


@pytest.mark.parametrize(
    ("rows", "unit", "words"),
    [
        ((*LINE, "sample,S1,1,NaN"), "", "p.csv:7: not a decimal number: 'NaN'"),
        ((*LINE, "sample,S1,1,Infinity"), "", "p.csv:7: not a decimal number"),
        ((*LINE, "sample,S1,1,-inf"), "", "p.csv:7: not a decimal number"),
        (("standard,STD1,-5,0.01", *LINE[1:], "sample,S1,1,1"), "", "p.csv:3: the level lies below zero: -5"),
        ((*LINE, "sample,S1,1,1"), "mg/mL", "p.csv: the levels of the file are in mg/mL, the method potency is in ug/mL"),
        ((*LINE, "sample,S2,1,1"), "", "the plate holds no undiluted well of sample 'S1'; its samples are S2"),
        ((LINE[0], LINE[1], "sample,S1,1,1"), "", "too few points: 2"),
        (("standard,STD1,0,1", "standard,STD2,5,1", "standard,STD3,9,1", "sample,S1,1,1"), "", "all signals are equal"),
    ],
)
def test_bad_plates_are_refused_by_name(rows: tuple[str, ...], unit: str, words: str) -> None:
    with pytest.raises(BadInput) as caught:
        carried(sample="S1", plate=("p.csv", plate_csv(*rows, unit=unit)))
    assert words in str(caught.value) or words in caught.value.message
    assert caught.value.where


def test_the_right_unit_is_taken() -> None:
    found = carried(with_potency(label_claim="1000"), "S1", plate=("p.csv", plate_csv(*LINE, "sample,S1,1,1", unit="ug/mL")))
    assert results.values(found.products)[0].verdict == IN


def test_swapped_files_are_refused() -> None:
    with pytest.raises(BadInput, match="this file is none"):
        carried(sample="S1", plate=("c.csv", PEAKS))
    with pytest.raises(BadInput, match="this file is none"):
        carried(sample="SPL1", chromatogram=("p.txt", GEN5))


@pytest.mark.parametrize(
    ("level", "words"), [("unit", "must name the unit"), ("unit,", "must name the unit"), ("unit, ug", "must name the unit")]
)
def test_a_plate_2_must_name_its_unit(level: str, words: str) -> None:
    data = plate_csv(*LINE, unit="ug/mL").replace(b"unit,ug/mL", level.encode())
    with pytest.raises(BadInput, match=words):
        instruments.read("p.csv", data)


def test_the_blanks_of_real_and_constructed_plates() -> None:
    real = instruments.read("p.txt", GEN5)
    assert isinstance(real, Plate)
    assert real.blanks == ("0.001", "0.001", "0.001")
    assert {s.well for s in real.standards} == {f"{row}{column}" for row in "ABCDEFG" for column in (1, 2, 3)}
    made = instruments.read("p.csv", plate_csv("blank,B,,0.02", "standard,S,1,1"))
    assert isinstance(made, Plate)
    assert made.blanks == ("0.02",)


# ------------------------------------------------------------------ chromatograms

PEAKS_2 = (
    "SST,1,Main,1000,5.01,1.1,5200,2.9", "SST,2,Main,1010,5.02,1.1,5300,3.0",
    "S1,1,Main,998,5.00,1.2,5000,2.8", "S1,1,Imp,1.5,4.2,,,", "S1,2,Main,999,5.00,1.2,5000,2.8", "S1,2,Imp,1.4,4.2,,,",
)  # fmt: skip


def peaks_csv(*rows: str) -> bytes:
    head = "sample,injection,name,area,retention,tailing,plates,resolution"
    return "\n".join(["#qc-peaks/2", head, *rows, f"end,{len(rows)}", ""]).encode()


def peak_method(**asked: object) -> Method:
    changed = METHOD.impurity.model_copy(update={"injections": 2, "suitability": PeakSuitability(sample="SST", **asked)})
    return METHOD.model_copy(update={"impurity": changed})


def test_a_sample_set_with_a_suitability_solution() -> None:
    method = peak_method(injections=2, area_rsd="1.0", tailing="2.0", plates="2000", resolution="2.0", retention_low="4.9")
    found = carried(method, "S1", chromatogram=("c.csv", peaks_csv(*PEAKS_2)))
    assert found.invalid == ""
    value = results.values(found.products)[0]
    assert (value.name, value.reported, value.lower != "") == ("impurity Imp", "0.15", True)
    failed = carried(peak_method(area_rsd="0.5"), "S1", chromatogram=("c.csv", peaks_csv(*PEAKS_2)))
    assert "relative standard deviation of the area of Main is 0.70" in failed.invalid
    assert results.values(failed.products) == ()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("Imp,1.5,4.2", "Main,1.5,4.2", "a second time"),
        ("Imp,1.5,4.2", "Imp,-1.5,4.2", "the area lies below zero"),
        ("1000,5.01", "1000,-5.01", "the retention lies below zero"),
        ("1000,5.01", "1000,NaN", "not a decimal number"),
        ("SST,1,Main", ",1,Main", "not a name"),
    ],
)
def test_a_damaged_sample_set_is_refused(old: str, new: str, words: str) -> None:
    with pytest.raises(BadInput, match=words) as caught:
        instruments.read("c.csv", "\n".join(peaks_csv(*PEAKS_2).decode().replace(old, new, 1).split("\n")).encode())
    assert caught.value.where.startswith("c.csv:")


def test_the_empower_file_answers_for_retention_and_for_nothing_it_does_not_hold() -> None:
    base = ImpurityMethod(main="Acetone", each="30", total="75", decimals=2)

    def asked(**criteria: object) -> Carried:
        method = METHOD.model_copy(update={"impurity": base.model_copy(update={"suitability": PeakSuitability(**criteria)})})
        return carried(method, "PQ Std 5.0x", chromatogram=("e.json", EMPOWER))

    assert asked(retention_low="1.2", retention_high="1.3").invalid == ""
    assert "retention time of Acetone, injection 1 is 1.24871000263731 min" in asked(retention_low="1.3").invalid
    for criterion, name in (("tailing", "tailing factor"), ("plates", "plate count"), ("resolution", "resolution")):
        assert f"{name} of Acetone, injection 1 is not to be had from the file" in asked(**{criterion: "1"}).invalid
    assert "is not to be had from the file" in asked(area_rsd="2").invalid


def test_an_empower_file_that_holds_the_figures_answers() -> None:
    content = json.loads(EMPOWER)
    for result in content["values"]["results"]:
        for peak in result["peaks"]:
            peak["fields"] |= {"USPTailing": 1.3, "USPPlateCount": 4200.0, "USPResolution": 3.1}
    chromatogram = instruments.read("e.json", json.dumps(content).encode())
    assert isinstance(chromatogram, Chromatogram)
    assert {(p.tailing, p.plates, p.resolution) for i in chromatogram.injections for p in i.peaks} == {("1.3", "4200.0", "3.1")}
    content["values"]["results"][0]["peaks"][0]["fields"]["USPTailing"] = -1
    with pytest.raises(BadInput, match="the tailing lies below zero"):
        instruments.read("e.json", json.dumps(content).encode())


def test_replicate_injections_of_empower_keep_their_order_and_figures() -> None:
    content = json.loads(EMPOWER)
    for kind in ("results", "injections", "channels"):
        for number, one in enumerate(content["values"][kind], 1):
            one["fields"] |= {"SampleName": "S1", "Injection": number}
    chromatogram = instruments.read("e.json", json.dumps(content).encode())
    assert isinstance(chromatogram, Chromatogram)
    assert [(i.sample, i.number) for i in chromatogram.injections] == [("S1", "1"), ("S1", "2")]
    assert [i.peaks[0].retention for i in chromatogram.injections] == ["1.24871000263731", "1.24782669210297"]


# ------------------------------------------------------------------ beside reference values


def test_the_empower_example_beside_the_expected_model() -> None:
    """Every peak: area, relative area and retention time of the Allotrope Simple Model that its makers expect."""
    expected = json.loads((ASM / "empower-pq.asm.json").read_bytes())["liquid chromatography aggregate document"]
    chromatogram = instruments.read("e.json", EMPOWER)
    assert isinstance(chromatogram, Chromatogram)
    compared = 0
    documents = [
        m for d in expected["liquid chromatography document"] for m in d["measurement aggregate document"]["measurement document"]
    ]
    for injection, document in zip(chromatogram.injections, documents, strict=True):
        percents = impurity.area_percent(injection.peaks)
        (processed,) = document["processed data aggregate document"]["processed data document"]
        for peak, wanted in zip(injection.peaks, processed["peak list"]["peak"], strict=True):
            assert peak.name == wanted["written name"]
            assert peak.area == repr(wanted["peak area"]["value"])
            assert float(60 * Fraction(peak.retention)) == pytest.approx(wanted["retention time"]["value"], rel=1e-12)
            assert float(percents[peak.name]) == pytest.approx(wanted["relative peak area"]["value"], rel=1e-12)
            compared += 1
    assert compared == 8


def test_the_gen5_example_beside_the_expected_model() -> None:
    expected = json.loads((ASM / "gen5-bca-plate.asm.json").read_bytes())["plate reader aggregate document"][
        "plate reader document"
    ]
    plate = instruments.read("p.txt", GEN5)
    assert isinstance(plate, Plate)
    wanted = {}
    for document in expected:
        (measured,) = document["measurement aggregate document"]["measurement document"]
        wanted[measured["sample document"]["location identifier"]] = repr(measured["absorbance"]["value"])
    ours = {s.well: s.signal for s in (*plate.standards, *plate.samples)}
    assert {w: s for w, s in wanted.items() if w not in ("H1", "H2", "H3")} == ours
    assert plate.blanks == tuple(wanted[w] for w in ("H1", "H2", "H3"))


def test_results_beside_those_of_the_instruments() -> None:
    gen5 = reference.beside("p.txt", GEN5)
    assert [r.met for r in gen5] == [True] * 7
    assert gen5[-1].off == "median 0.028 %, greatest 0.30 %"
    assert len(reference.beside("e.json", EMPOWER)) == 8
    assert all(r.met for r in reference.beside("e.json", EMPOWER))
    assert reference.beside("c.csv", PEAKS) == ()
    assert reference.table(gen5)[0] == ("result", "csvgen", "reference", "off", "limit", "within")


@pytest.mark.parametrize(
    ("file", "data"),
    [
        ("p.txt", GEN5.replace(b"\t1185.551\t", b"\t1186.551\t")),
        ("e.json", EMPOWER.replace(b"27.9385948662659", b"27.9385958662659")),
    ],
)
def test_a_result_that_is_off_shows(file: str, data: bytes) -> None:
    assert data not in (GEN5, EMPOWER)
    rows = reference.beside(file, data)
    assert not all(r.met for r in rows)
    assert any("NO" in row for row in reference.table(rows))


# ------------------------------------------------------------------ what travels between steps

TEXT = st.text(
    st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_categories=("Cc", "Cf", "Cs", "Co", "Cn")),
    min_size=1,
    max_size=20,
).filter(str.strip)


@given(
    main=TEXT,
    excluded=st.lists(TEXT, max_size=3),
    injections=st.integers(1, 6),
    sample=TEXT,
    tailing=st.sampled_from(["", "2.0"]),
)
def test_a_method_comes_back_from_its_parameters(
    main: str, excluded: list[str], injections: int, sample: str, tailing: str
) -> None:
    method = ImpurityMethod(
        main=main,
        excluded=tuple(excluded),
        each="0.2",
        total="0.5",
        decimals=2,
        injections=injections,
        suitability=PeakSuitability(sample=sample, tailing=tailing),
    )
    text = results.parameters(METHOD.model_copy(update={"impurity": method}), "S1", ["impurity"])
    assert all(isinstance(v, str) for v in text.values())
    assert results.part_of(text, "impurity", ImpurityMethod) == method


def test_parameters_that_are_no_method_are_refused() -> None:
    text = results.parameters(METHOD, "S1", ["potency"])
    for change in (
        {"potency.model": "cubic"}, {"potency.low": "low"}, {"potency.decimals": "x"}, {"potency.unknown": "1"},
        {"potency.suitability.levels": "not json"}, {"potency.suitability.levels": '["x"]'}, {"potency.model.x": "1"},
    ):  # fmt: skip
        with pytest.raises(BadInput):
            results.part_of(text | change, "potency", PotencyMethod)
    with pytest.raises(BadInput, match="has no part 'impurity'"):
        results.parameters(METHOD.model_copy(update={"impurity": None}), "S1", ["impurity"])


@given(st.fractions(), st.fractions(), st.booleans())
def test_estimates_come_back_exactly(value: Fraction, half: Fraction, bounded: bool) -> None:
    interval = Interval(value - abs(half), value + abs(half), 3, "3.18244630528", "Fieller") if bounded else None
    found = (Estimate("potency", "potency", value, interval, "outside"),)
    assert neutral.estimates(neutral.of_estimates(found)) == found


def test_long_fractions_travel_whole() -> None:
    value = Fraction(10**5000 + 1, 3**4001)
    assert numbers.from_ratio(numbers.ratio(value)) == value
    for text in ("1/0", "1", "0x1/2", "1/2 ", "a/b", ""):
        with pytest.raises(BadInput, match="not an exact value"):
            numbers.from_ratio(text)


def test_a_calibration_comes_back_and_a_forged_one_does_not() -> None:
    plate = instruments.read("p.txt", GEN5)
    assert isinstance(plate, Plate)
    fit = potency.calibrate(plate, "linear")
    data = neutral.of_fit(fit)
    assert neutral.fit(data) == fit
    assert neutral.plate(neutral.of_plate(plate)) == plate
    content = json.loads(data)
    content["told"]["B1"] = "0.0017"
    with pytest.raises(NotIntact, match="one thing in fractions and another in decimals"):
        neutral.fit(canonical_json(content))
    for wrong in (b"{}\n", b"[]\n", b"nonsense", canonical_json({"format": neutral.CALIBRATION}), neutral.of_plate(plate)):
        with pytest.raises(NotIntact):
            neutral.fit(wrong)
        with pytest.raises(NotIntact):
            neutral.estimates(wrong)
        with pytest.raises(NotIntact):
            neutral.chromatogram(wrong)
    with pytest.raises(NotIntact):
        neutral.plate(data)
    with pytest.raises(NotIntact):
        results.values({"potency-values": b'[{"name":"potency"}]\n'})


def test_rounding_sees_the_exact_value() -> None:
    """A tie that 25 digits and floats both miss: 105.05 less 1e-30 is 105.0, and 105.05 itself is 105.1."""
    tie = Estimate("potency", "potency", Fraction("105.05"))
    below = Estimate("potency", "potency", Fraction("105.05") - Fraction(1, 10**30))
    found = [potency.report(METHOD.potency, neutral.estimates(neutral.of_estimates((e,)))[0]).values[0] for e in (tie, below)]
    assert [v.reported for v in found] == ["105.1", "105.0"]
    assert [v.unrounded for v in found] == ["105.05", "105.05"]
    assert [v.verdict for v in found] == ["out of specification", IN]


def test_a_calibration_that_cannot_be_used_makes_the_run_invalid_not_the_file_bad() -> None:
    rows = [f"standard,S,{x},{y}" for x, y in zip(range(6), ("0.1", "0.5", "0.4", "1.0", "1.5", "2.0"), strict=True)]
    found = carried(with_potency(model="four-parameter logistic"), "S1", plate=("p.csv", plate_csv(*rows, "sample,S1,1,1")))
    assert found.invalid.startswith("system suitability not met: the signals do not rise throughout")
    with pytest.raises(Unfit):
        calibration.fit("four-parameter logistic", [str(x) for x in range(6)], ["0.1", "0.5", "0.4", "1.0", "1.5", "2.0"])
