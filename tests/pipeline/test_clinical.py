"""Tables of the pilot study against the reference ADaM sets, and against statistics worked out another way."""

from __future__ import annotations

import io
import json
import math
import subprocess
import sys
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

from csvgen.pipeline.clinical import xport
from csvgen.pipeline.clinical.reference import beside, rows
from csvgen.pipeline.clinical.xport import iso_day
from tests.pipeline.clinical_lab import EXAMPLE, FILES, PLAN, frame, given, original, perform, pilot, records, xpt

REFERENCES = {"ADSL": original("adam_adsl.xpt"), "ADTTE": original("adam_adtte.xpt")}


def by_pandas(data: bytes, encoding: str = "utf-8") -> pd.DataFrame:
    """A file by the reader of pandas, which shares nothing with ours but the format. It reads zero as 5.4e-79, which is mended here."""
    found = pd.read_sas(io.BytesIO(data), format="xport", encoding=encoding)
    for column in found.select_dtypes("float"):
        found[column] = found[column].where(~(found[column].abs() < 1e-70), 0.0)
    return found


def independent(name: str) -> pd.DataFrame:
    """A file of the pilot by pandas."""
    return by_pandas(original(name), "cp1252" if name == "ts" else "utf-8")


# ------------------------------------------------------------------ reading


@pytest.mark.parametrize("name", FILES)
def test_every_value_is_what_another_reader_finds(name: str) -> None:
    found = xport.read(original(name), "", declared="WINDOWS-1252")
    other = independent(name)
    assert list(found.names) == list(other.columns)
    assert len(found.rows) == len(other)
    for index, variable in enumerate(found.variables):
        ours = [row[index] for row in found.rows]
        if variable.kind == "number":
            theirs = ["" if pd.isna(v) else v for v in other[variable.name]]
            assert [float(o) if o else "" for o in ours] == theirs, variable.name
        else:
            assert ours == ["" if pd.isna(v) else v for v in other[variable.name]], variable.name


def test_the_byte_that_is_not_utf8_is_the_character_it_means() -> None:
    found = xport.read(original("ts"), "TS", declared="WINDOWS-1252")
    assert found.encoding == "WINDOWS-1252"
    texts = [text for row in found.rows for text in row if not text.isascii()]
    assert texts[0] == "Patients with Probable Mild to Moderate Alzheimer\N{RIGHT SINGLE QUOTATION MARK}s Disease"
    assert len(texts) == original("ts").count(b"\x92") == 2
    assert not any("\N{REPLACEMENT CHARACTER}" in text for row in found.rows for text in row)
    assert xport.read(original("dm"), "DM", declared="WINDOWS-1252").encoding == "UTF-8"


def test_labels_types_lengths_and_formats_are_kept() -> None:
    found = {v.name: v for v in xport.read(original("ex"), "EX").variables}
    assert found["EXSTDTC"].model_dump() == {
        "name": "EXSTDTC", "label": "Start Date/Time of Treatment", "kind": "text", "length": 10, "format": "$10",
    }  # fmt: skip
    assert (found["EXDOSE"].kind, found["EXDOSE"].length, found["EXDOSE"].label) == ("number", 8, "Dose")
    assert next(v.format for v in xport.read(original("adam_adsl.xpt"), "ADSL").variables if v.name == "TRTSDT") == "DATE9"


# ------------------------------------------------------------------ reference ADaM


def test_every_derived_variable_stands_beside_its_reference_and_every_difference_is_explained() -> None:
    found = beside(pilot().products, REFERENCES)
    compared = {b.reference: b for b in found if b.ours}
    assert {b.reference for b in found} == {
        f"{table}.{column}"
        for table, file in (("ADSL", "adam_adsl.xpt"), ("ADTTE", "adam_adtte.xpt"))
        for column in independent(file)
    }
    assert all(b.compared == (102 if name == "ADTTE.ADT" else 254) for name, b in compared.items())
    assert all(b.same + len(b.differences) == b.compared for b in found)
    assert {name: len(b.differences) for name, b in compared.items() if b.differences} == {
        "ADSL.TRT01A": 12,
        "ADSL.TRT01AN": 12,
        "ADSL.DISCONFL": 1,
        "ADTTE.TRTA": 12,
        "ADTTE.TRTAN": 12,
    }
    assert all(d.explanation for b in found for d in b.differences)
    assert all(b.not_derived for b in found if not b.ours)
    table = rows(found)
    assert len(table) == len(found) + 1
    assert ("ADSL.TRTEDT", "ADSL.TRTEDT", "254", "254", "0", "") in table


def test_the_twelve_whose_actual_arm_differs_never_had_the_dose_of_their_planned_arm() -> None:
    """The explanation of the differences, from the raw data: all were to have 81 mg, none did."""
    ours = {r["USUBJID"] for r in records(pilot(), "adsl") if r["TRT01A"] != r["TRT01P"]}
    ex = frame("ex")
    assert len(ours) == 12
    assert set(ex[ex.USUBJID.isin(ours)].EXDOSE) == {54.0}


def test_a_difference_nobody_can_explain_is_shown_as_such() -> None:
    changed = frame("dm")
    changed.loc[changed.USUBJID == "01-701-1015", "AGE"] = 64.0
    changed.loc[changed.USUBJID == "01-701-1023", "ACTARM"] = "Xanomeline Low Dose"
    found = {b.reference: b for b in beside(perform(given() | {"dm": xpt(changed, "DM")}).products, REFERENCES)}
    assert [(d.subject, d.ours, d.reference, d.explanation) for d in found["ADSL.AGE"].differences] == [
        ("01-701-1015", "64", "63", "")
    ]
    assert "NOT EXPLAINED" in next(r for r in rows(tuple(found.values())) if r[0] == "ADSL.AGE")[-1]
    assert len(found["ADSL.TRT01A"].differences) == 13


def test_what_explains_the_actual_arm_explains_nothing_else() -> None:
    """The ages of this subject are made to look like the codes of two arms."""
    changed, reference = frame("dm"), frame("adam_adsl.xpt")
    changed.loc[changed.USUBJID == "01-701-1181", "AGE"] = 54.0
    reference.loc[reference.USUBJID == "01-701-1181", "AGE"] = 81.0
    made = perform(given() | {"dm": xpt(changed, "DM")}).products
    found = {b.reference: b for b in beside(made, {"ADSL": xpt(reference, "ADSL")})}
    assert [(d.ours, d.reference, d.explanation) for d in found["ADSL.AGE"].differences] == [("54", "81", "")]


def test_the_reference_of_other_subjects_is_no_reference() -> None:
    fewer = frame("adam_adsl.xpt").iloc[1:]
    with pytest.raises(Exception, match="1 subjects are in one of the two only"):
        beside(pilot().products, {"ADSL": xpt(fewer, "ADSL")})


def test_exposure_worked_out_another_way() -> None:
    """Dates, duration, dose from the raw files by pandas, against our table; the reference plays no part."""
    dm, ex = independent("dm").set_index("USUBJID"), independent("ex")
    ex["end"] = ex.EXENDTC.replace("", np.nan).fillna(ex.USUBJID.map(dm.RFENDTC))
    ex["days"] = (pd.to_datetime(ex.end) - pd.to_datetime(ex.EXSTDTC)).dt.days + 1
    ex["mg"] = ex.days * ex.EXDOSE
    by = ex.groupby("USUBJID").agg(start=("EXSTDTC", "min"), end=("end", "max"), mg=("mg", "sum"))
    for r in records(pilot(), "adsl"):
        own = by.loc[r["USUBJID"]]
        assert (r["TRTSDT"], r["TRTEDT"]) == (own.start, own.end)
        assert Decimal(r["CUMDOSE"]) == Decimal(str(own.mg))
        assert int(r["TRTDUR"]) == (pd.Timestamp(own.end) - pd.Timestamp(own.start)).days + 1


def test_imputed_ends_are_flagged_and_only_those() -> None:
    flagged = {r["USUBJID"] for r in records(pilot(), "adsl") if r["TRTEDTF"]}
    ex = frame("ex")
    assert flagged == set(ex[ex.EXENDTC == ""].USUBJID)
    assert len(flagged) == 6


def test_averages_are_rounded_half_up_on_the_exact_value() -> None:
    """74.25 is a tie: half to even, and floats, would say 74.2. The reference says 74.3."""
    found = {r["USUBJID"]: r for r in records(pilot(), "adsl")}
    assert (found["01-704-1065"]["CUMDOSE"], found["01-704-1065"]["TRTDUR"], found["01-704-1065"]["AVGDD"]) == (
        "4455",
        "60",
        "74.3",
    )
    assert round(4455 / 60, 1) == 74.2


# ------------------------------------------------------------------ time to event


def test_times_end_where_the_raw_data_say() -> None:
    found = {(r["USUBJID"], r["PARAMCD"]): r for r in records(pilot(), "adtte")}
    dm = frame("dm").set_index("USUBJID")
    ex = frame("ex")
    last = set(ex[ex.VISITNUM == 12].USUBJID)
    assert len(found) == 2 * 254
    for (subject, parameter), r in found.items():
        if parameter == "TTDTH":
            died = dm.DTHDTC[subject]
            assert (r["CNSR"], r["ADT"]) == (("0", died) if died else ("1", dm.RFPENDTC[subject][:10]))
        else:
            assert r["CNSR"] == ("1" if subject in last else "0")
        assert int(r["AVAL"]) == (pd.Timestamp(r["ADT"]) - pd.Timestamp(r["STARTDT"])).days + 1
    assert sum(r["CNSR"] == "0" for (_, p), r in found.items() if p == "TTDTH") == 3
    sources = {(r["SRCDOM"], r["SRCVAR"]) for r in found.values()}
    assert sources == {("EX", "EXENDTC"), ("DM", "RFENDTC"), ("DM", "DTHDTC"), ("DM", "RFPENDTC")}


# ------------------------------------------------------------------ statistics


def statistics() -> dict[tuple[str, str, str], dict[str, str]]:
    return {(r["PARAMCD"], r["ARM"], r["STATCD"]): r for r in records(pilot(), "efficacy")}


def times(parameter: str, arm: str) -> tuple[np.ndarray, np.ndarray]:
    """Times and events of an arm, from the reference file by pandas or from our derived table."""
    if parameter == "TTDE":
        data = independent("analysis")
        data = data[data.TRTP.eq(arm)]
        return data.AVAL.to_numpy(float), (data.CNSR == 0).to_numpy()
    data = pd.DataFrame([r for r in records(pilot(), "adtte") if r["PARAMCD"] == parameter and r["TRTP"] == arm])
    return data.AVAL.to_numpy(float), (data.CNSR == "0").to_numpy()


ARMS = ("Placebo", "Xanomeline High Dose", "Xanomeline Low Dose")
PARAMETERS = ("TTDE", "TTDISC", "TTDTH")


def close(text: str, expected: float, digits: float = 1e-8) -> None:
    assert float(text) == pytest.approx(expected, rel=digits, abs=1e-300)


@pytest.mark.parametrize("parameter", PARAMETERS)
@pytest.mark.parametrize("arm", ARMS)
def test_rates_and_limits(parameter: str, arm: str) -> None:
    found, (length, event) = statistics(), times(parameter, arm)
    n, k = len(length), int(event.sum())
    assert found[parameter, arm, "N"]["AVALC"] == str(n)
    assert found[parameter, arm, "EVENTS"]["AVALC"] == str(k)
    exact = Fraction(k, n)
    close(found[parameter, arm, "RATE"]["AVAL"], float(exact))
    judged = stats.binomtest(k, n)
    for code, method in (("W", "wilson"), ("E", "exact")):
        limits = judged.proportion_ci(0.95, method=method)
        close(found[parameter, arm, f"RATE{code}L"]["AVAL"], limits.low)
        close(found[parameter, arm, f"RATE{code}U"]["AVAL"], limits.high)


@pytest.mark.parametrize("parameter", PARAMETERS)
@pytest.mark.parametrize("arm", ARMS)
def test_kaplan_meier_from_exact_products(parameter: str, arm: str) -> None:
    found, (length, event) = statistics(), times(parameter, arm)
    for day in PLAN.days:
        survival, sum_ = Fraction(1), Fraction(0)
        for moment in sorted({t for t, e in zip(length, event, strict=True) if e and t <= float(day)}):
            risk, failed = int((length >= moment).sum()), int(((length == moment) & event).sum())
            survival *= Fraction(risk - failed, risk)
            sum_ += Fraction(failed, risk * (risk - failed))
        key = (parameter, arm, f"KM{day}")
        if key not in found:
            assert not event.any()
            continue
        if found[key]["AVAL"] == "":
            assert float(day) > length.max()
            continue
        close(found[key]["AVAL"], float(survival))
        close(found[parameter, arm, f"KM{day}SE"]["AVAL"], float(survival) * math.sqrt(sum_))


def test_medians_of_the_reference_parameter() -> None:
    """By scipy; the arm without a median says so."""
    found = statistics()
    for arm in ARMS:
        length, event = times("TTDE", arm)
        curve = stats.ecdf(stats.CensoredData(uncensored=length[event], right=length[~event])).sf
        below = curve.quantiles[curve.probabilities <= 0.5]
        shown = found["TTDE", arm, "MEDIAN"]
        assert (shown["AVAL"], shown["AVALC"]) == ((str(int(below[0])),) * 2 if len(below) else ("", "not reached"))


@pytest.mark.parametrize("parameter", PARAMETERS)
@pytest.mark.parametrize("arm", ARMS[1:])
def test_log_rank(parameter: str, arm: str) -> None:
    parts = [times(parameter, a) for a in (arm, "Placebo")]
    judged = stats.logrank(*(stats.CensoredData(uncensored=t[e], right=t[~e]) for t, e in parts))
    found = statistics()
    close(found[parameter, arm, "LRCHI"]["AVAL"], judged.statistic**2)
    close(found[parameter, arm, "LRP"]["AVAL"], judged.pvalue, 1e-7)


def efron(beta: float, length: np.ndarray, event: np.ndarray, x: np.ndarray) -> float:
    """Minus the log of Efron's partial likelihood, written out (Efron 1977)."""
    total, weight = 0.0, np.exp(beta * x)
    for moment in np.unique(length[event]):
        failed = (length == moment) & event
        at_risk, d = weight[length >= moment].sum(), failed.sum()
        total += beta * x[failed].sum()
        total -= sum(math.log(at_risk - i / d * weight[failed].sum()) for i in range(d))
    return -total


@pytest.mark.parametrize("parameter", PARAMETERS)
@pytest.mark.parametrize("arm", ARMS[1:])
def test_cox_at_the_maximum_of_the_likelihood(parameter: str, arm: str) -> None:
    found, parts = statistics(), [times(parameter, a) for a in (arm, "Placebo")]
    length, event = (np.concatenate([p[i] for p in parts]) for i in (0, 1))
    x = np.concatenate([np.ones(len(parts[0][0])), np.zeros(len(parts[1][0]))])
    if not parts[0][1].any():
        assert found[parameter, arm, "HR"]["AVALC"] == f"not estimable: no event in {arm}"
        assert (parameter, arm, "HRLCL") not in found
        return
    best = optimize.minimize_scalar(efron, bracket=(-1, 1), args=(length, event.astype(bool), x), tol=1e-12).x
    close(found[parameter, arm, "HR"]["AVAL"], math.exp(best), 1e-6)
    h = 1e-4
    curvature = (efron(best + h, length, event, x) - 2 * efron(best, length, event, x) + efron(best - h, length, event, x)) / h**2
    reach = stats.norm.ppf(0.975) / math.sqrt(curvature)
    close(found[parameter, arm, "HRLCL"]["AVAL"], math.exp(best - reach), 1e-4)
    close(found[parameter, arm, "HRUCL"]["AVAL"], math.exp(best + reach), 1e-4)


@pytest.mark.parametrize("arm", ARMS[1:])
def test_risk_difference_by_newcombes_formula(arm: str) -> None:
    found = statistics()
    (p1, l1, u1), (p0, l0, u0) = (
        [float(found["TTDE", a, code]["AVAL"]) for code in ("RATE", "RATEWL", "RATEWU")] for a in (arm, "Placebo")
    )
    close(found["TTDE", arm, "RD"]["AVAL"], p1 - p0)
    close(found["TTDE", arm, "RDLCL"]["AVAL"], p1 - p0 - math.hypot(p1 - l1, u0 - p0))
    close(found["TTDE", arm, "RDUCL"]["AVAL"], p1 - p0 + math.hypot(u1 - p1, p0 - l0))


def test_values_have_ten_digits_and_are_shown_as_their_rounding_says() -> None:
    for r in records(pilot(), "efficacy"):
        if not r["AVAL"]:
            assert r["AVALC"].startswith(("not ", "after "))
            continue
        assert len(r["AVAL"].lstrip("-0.").replace(".", "")) <= 10
        assert "e" not in r["AVAL"].lower()
        if r["STATCD"].endswith("P"):
            assert (r["AVALC"] == "<0.0001") == (Decimal(r["AVAL"]) < Decimal("0.0001"))


# ------------------------------------------------------------------ the same again, elsewhere


def test_the_same_bytes_in_another_process_with_another_hash_seed() -> None:
    code = (
        "from tests.pipeline.clinical_lab import pilot\n"
        "from csvgen.pipeline.flow.definition import shipped\n"
        "print(pilot().outputs(shipped('clinical')))"
    )
    from csvgen.pipeline.flow.definition import shipped

    environment = {"PYTHONHASHSEED": "7", "TZ": "Pacific/Apia", "LC_ALL": "C", "PATH": "/usr/bin:/bin", "PYTHONPATH": "."}
    there = subprocess.run(
        [sys.executable, "-c", code], cwd=EXAMPLE.parents[1], env=environment, capture_output=True, text=True, check=True
    )
    assert there.stdout.strip() == pilot().outputs(shipped("clinical"))


@pytest.mark.parametrize(("product", "name"), [("adsl-xpt", "ADSL"), ("adtte-xpt", "ADTTE"), ("baseline-xpt", "ADBASE")])
def test_transport_files_say_what_the_tables_say(product: str, name: str) -> None:
    data = pilot().products[product]
    assert b"01JAN60:00:00:00" in data[:720]
    other = by_pandas(data)
    table = records(pilot(), product.removesuffix("-xpt"))
    assert list(other.columns) == list(table[0])
    days = {v.name for v in xport.read(data, name).variables if v.format.startswith("DATE")}
    assert days
    for column in other:
        ours = [r[column] for r in table]
        if column in days:
            assert ["" if pd.isna(v) else iso_day(str(int(v))) for v in other[column]] == ours
        elif other[column].dtype == float:
            assert ["" if pd.isna(v) else v for v in other[column]] == [float(o) if o else "" for o in ours]
        else:
            assert ["" if pd.isna(v) else v for v in other[column]] == ours


def test_the_metadata_describe_every_variable_of_every_table() -> None:
    found = json.loads(pilot().products["define"])
    for table in found["tables"]:
        told = [v["name"] for v in table["variables"]]
        assert told == list(records(pilot(), table["product"])[0])
        assert all(v["label"] for v in table["variables"])
    assert {s["input"]: (s["rows"], s["encoding"]) for s in found["sources"]} == {
        "dm": (306, "UTF-8"), "ex": (591, "UTF-8"), "ts": (48, "WINDOWS-1252"), "analysis": (254, "UTF-8"),
    }  # fmt: skip
