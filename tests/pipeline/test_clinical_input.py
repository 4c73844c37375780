"""What a data group is sent in practice: cut off, re-encoded, swapped, doubled, of the wrong study. Each is refused by name."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from csvgen.errors import BadInput, ConfigError, NotIntact
from csvgen.pipeline.clinical import xport
from csvgen.pipeline.clinical.dates import when
from csvgen.pipeline.clinical.domains import check
from csvgen.pipeline.clinical.layout import read_layout
from csvgen.pipeline.clinical.plan import of
from csvgen.pipeline.clinical.plan_file import read_plan
from tests.pipeline.clinical_lab import PLAN, PLAN_TEXT, frame, given, original, perform, records, xpt

# ------------------------------------------------------------------ the file itself


def _second_member(data: bytes) -> bytes:
    return data + original("ex")[240:]


def _renamed(data: bytes) -> bytes:
    """The same rows under another name, as a swapped file would have them."""
    at = data.index(b"SAS     DM      ") + 8
    return data[:at] + b"VS      " + data[at + 8 :]


FILES: list[tuple[str, Callable[[bytes], bytes], str]] = [
    ("empty", lambda _: b"", "the file is empty"),
    ("cut inside a card", lambda d: d[:40_010], "cut off: 40010 bytes are no whole number of records of 80 bytes"),
    ("cut at a card", lambda d: d[:40_000], r"cut off: row \d+ has \d+ of \d+ bytes"),
    ("the last card lost", lambda d: d[:-80], r"cut off: row 306 has \d+ of \d+ bytes"),
    ("only the header", lambda d: d[:400], "cut off or not XPORT version 5: the variable header is missing"),
    ("cut in the descriptions", lambda d: d[:1600], "no header of the rows follows"),
    ("no row", lambda d: d[: d.index(b"HEADER RECORD*******OBS") + 80], "the data set has no row"),
    ("CSV", lambda _: frame("dm").to_csv(index=False).encode(), "not a SAS XPORT file"),
    ("version 8", lambda _: xpt(frame("dm"), "DM", version=8), "an XPORT file of version 8"),
    ("two members", _second_member, "the file holds more than one data set"),
    ("another name", _renamed, "the file holds the data set VS, expected is DM"),
    ("another domain", lambda _: original("ex"), "the file holds the data set EX, expected is DM"),
    ("bytes put in between", lambda d: d[:50_000] + b"x" * 80 + d[50_000:], r"cut off: row 307 has \d+ of \d+ bytes"),
    ("a hidden character", lambda d: d.replace(b"Placebo", b"Plac\x07bo", 1), r"dm.xpt row \d+ ARM: the text holds U\+0007"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "words"), [f[1:] for f in FILES], ids=[f[0] for f in FILES])
def test_a_file_that_is_not_whole_is_refused_by_name(change: Callable[[bytes], bytes], words: str) -> None:
    with pytest.raises(BadInput) as refused:
        perform(given() | {"dm": change(original("dm"))})
    import re

    assert re.search(words, str(refused.value)), str(refused.value)
    assert "dm.xpt" in refused.value.where


def test_readstat_alone_would_have_taken_the_file_that_was_cut_off() -> None:
    """Why the structure is read beside it: 146 of 306 rows, and no word about it."""
    import io

    import pyreadstat

    assert len(pyreadstat.read_xport(io.BytesIO(original("dm")[:40_000]))[0]) < 306


def test_an_encoding_nobody_declared_is_refused_with_the_place_of_the_byte() -> None:
    plan = PLAN.model_copy(update={"encodings": {}})
    with pytest.raises(BadInput, match="not UTF-8: byte 0x92 in row 8, TSVAL, and no other encoding is declared"):
        perform(given(), plan)


def test_a_declared_encoding_that_does_not_fit_is_refused() -> None:
    data = original("ts").replace(b"\x92", b"\x81")  # 0x81 means nothing in Windows-1252
    with pytest.raises(BadInput, match="not WINDOWS-1252 as declared: byte 0x81 in row 8, TSVAL"):
        perform(given() | {"ts": data})


def test_a_file_that_was_re_encoded_on_the_way_is_refused() -> None:
    """Each of its two characters outside ASCII became three bytes, so that nothing stands where the header says."""
    data = original("ts").decode("cp1252", "replace").encode("utf-8")
    with pytest.raises(BadInput, match=r"cut off|not XPORT|altered|no whole number|no row|variable|lies at"):
        xport.read(data, "TS", declared="WINDOWS-1252")


def test_an_encoding_that_is_not_known_is_no_setting() -> None:
    with pytest.raises(ConfigError, match="unknown encoding EBCDIC"):
        read_plan(PLAN_TEXT.replace(b"WINDOWS-1252", b"EBCDIC"), "plan.yaml")


def test_special_missing_values_keep_their_letter_and_count_as_missing() -> None:
    data = frame("dm")
    data.loc[0, "DMDY"] = np.nan
    made = bytearray(xpt(data, "DM"))
    layout = read_layout(bytes(made), "dm.xpt")
    field = next(f for f in layout.fields if f.name.strip() == b"DMDY")
    at = made.index(b"HEADER RECORD*******OBS") + 80 + field.offset
    assert made[at : at + 8] == b".\0\0\0\0\0\0\0"
    made[at : at + 1] = b"C"
    found = xport.read(bytes(made), "DM")
    first = next(found.each())
    assert dict(first.values)["DMDY"] == ".C"
    assert first["DMDY"] == ""


def test_a_number_that_is_infinite_is_refused() -> None:
    assert xport._decimal(float("nan"), "") == ""
    with pytest.raises(BadInput, match="infinity is not a value"):
        xport._decimal(float("inf"), "ex.xpt row 1 EXDOSE")


def test_lengths_in_the_header_are_not_believed() -> None:
    data = bytearray(original("dm"))
    data[640 + 4 : 640 + 6] = struct.pack(">h", 30_000)
    with pytest.raises(BadInput, match="is described as type 2, length 30000"):
        xport.read(bytes(data), "DM")


@pytest.mark.parametrize("seed", range(4))
def test_whatever_happens_to_a_byte_it_is_read_or_refused(seed: int) -> None:
    """No other error comes out, and what is read has as many rows as the file has room for."""
    chance = random.Random(seed)
    for _ in range(30):
        name = chance.choice(["dm", "ex", "ts"])
        data = bytearray(original(name))
        head = data.index(b"HEADER RECORD*******OBS") + 80
        data = data[: head + 80 * chance.choice([49, 98, 147])]  # 49 cards are 16 rows of DM; 98 and 147 fit it as well
        for _ in range(chance.choice([1, 1, 2, 5])):
            at = chance.randrange(head if chance.random() < 0.8 else len(data))
            data[at] = chance.choice([0, 32, 48, 255, chance.randrange(256)])
        try:
            found = xport.read(bytes(data), name.upper(), declared="WINDOWS-1252")
            check(found, PLAN, name)
        except (BadInput, NotIntact) as refusal:
            assert refusal.message
        else:
            width = sum(v.length for v in found.variables)
            assert len(found.rows) == (len(data) - head) // width


# ------------------------------------------------------------------ what it says


def _set(name: str, row: int, column: str, value: object) -> Callable[[], dict[str, bytes]]:
    def made() -> dict[str, bytes]:
        data = frame(name)
        data.loc[row, column] = value
        return {name: xpt(data, name.upper())}

    return made


def _frame(name: str, change: Callable[[pd.DataFrame], pd.DataFrame]) -> Callable[[], dict[str, bytes]]:
    return lambda: {name: xpt(change(frame(name)), name.upper())}


def _strange_subject() -> dict[str, bytes]:
    data = frame("ex")
    data.loc[3, "USUBJID"] = "01-999-0001"
    return {"ex": xpt(data, "EX")}


SAID: list[tuple[str, Callable[[], dict[str, bytes]], str]] = [
    ("subject twice", _frame("dm", lambda d: pd.concat([d, d.iloc[[4]]])), "dm.xpt: USUBJID must be unique; there twice: 01-701-1034"),
    ("key twice", _set("ex", 1, "EXSEQ", 1.0), "ex.xpt: USUBJID, EXSEQ must be unique; there twice: 01-701-1015 1"),
    ("subject unknown", _strange_subject, r"ex.xpt: subject that DM does not know: 01-999-0001 \(row 4\)"),
    ("subject lost", _frame("dm", lambda d: d.drop(index=0)), "subject that DM does not know: 01-701-1015"),
    ("another study", _set("ex", 9, "STUDYID", "CDISCPILOT02"), "ex.xpt row 10 STUDYID: study 'CDISCPILOT02', expected is"),
    ("domain in the rows", _set("ex", 0, "DOMAIN", "CM"), "ex.xpt row 1 DOMAIN: domain 'CM', expected is 'EX'"),
    ("variable missing", _frame("ex", lambda d: d.drop(columns="EXDOSE")), "ex.xpt: the variable EXDOSE is missing"),
    ("text for a number", _frame("ex", lambda d: d.assign(EXDOSE=d.EXDOSE.astype(str))), "ex.xpt: the variable EXDOSE is of type text"),
    ("no dose", _set("ex", 2, "EXDOSE", np.nan), "ex.xpt row 3 EXDOSE: the value is missing"),
    ("negative dose", _set("ex", 2, "EXDOSE", -54.0), "ex.xpt row 3 EXDOSE: lies below zero: -54"),
    ("negative age", _set("dm", 2, "AGE", -1.0), "dm.xpt row 3 AGE: lies below zero: -1"),
    ("no date", _set("ex", 0, "EXSTDTC", "02JAN2014"), "ex.xpt row 1 EXSTDTC: not an ISO 8601 date: '02JAN2014'"),
    ("no day of the calendar", _set("ex", 0, "EXSTDTC", "2014-02-30"), "ex.xpt row 1 EXSTDTC: not a day of the calendar"),
    ("in the future", _set("ex", 0, "EXENDTC", "2031-01-01"), "ex.xpt row 1 EXENDTC: 2031-01-01 lies after 2017-06-16"),
    ("ends before it begins", _set("ex", 0, "EXENDTC", "2014-01-01"), "ex.xpt row 1 EXENDTC: ends on 2014-01-01, before it begins"),
    ("death before treatment", _set("dm", 0, "DTHDTC", "2013-12-31"), "dm.xpt row 1 DTHDTC: Time to Death: it would end on 2013-12-31"),
    ("arm unknown", _set("dm", 0, "ARM", "Placebo 2"), "dm.xpt row 1 ARM: the plan knows no arm 'Placebo 2'"),
    ("race unknown", _set("dm", 0, "RACE", "OTHER"), "dm.xpt row 1 RACE: the plan has no code for the race 'OTHER'"),
]  # fmt: skip


@pytest.mark.parametrize(("made", "words"), [s[1:] for s in SAID], ids=[s[0] for s in SAID])
def test_data_that_cannot_be_are_refused_with_file_row_and_variable(made: Callable[[], dict[str, bytes]], words: str) -> None:
    inputs = given()
    del inputs["analysis"]
    with pytest.raises(BadInput) as refused:
        perform(inputs | made())
    import re

    assert re.search(words, str(refused.value)), str(refused.value)


def test_missing_input_is_refused() -> None:
    with pytest.raises(BadInput, match="missing its input ex"):
        perform({"dm": original("dm")})


def test_times_given_of_a_subject_nobody_knows_or_a_censoring_that_is_none() -> None:
    data = frame("analysis")
    data.loc[0, "CNSR"] = 2.0
    with pytest.raises(BadInput, match=r"analysis.xpt row 1 CNSR: 2 is neither 0"):
        perform(given() | {"analysis": xpt(data, "ADTTE")})


def test_findings_that_refuse_nothing_are_counted_with_every_place() -> None:
    import json

    dm, ex = frame("dm"), frame("ex")
    dm.loc[0, "DTHFL"] = "Y"
    ex.loc[1, "EXSTDTC"] = "2014-01-16"
    ex.loc[0, "EXDOSE"] = 54.0
    found = {
        f["check"]: f for f in json.loads(perform(given() | {"dm": xpt(dm, "DM"), "ex": xpt(ex, "EX")}).products["conformance"])
    }
    serious = {c: f["where"] for c, f in found.items() if f["serious"] == "yes" and f["count"]}
    assert serious == {
        "death flag and date of death do not go together": ["DM row 1"],
        "interval of exposure overlaps the one before it": ["EX row 2"],
        "dose of more than zero in the control arm": ["EX row 1"],
    }
    assert found["end of an interval of exposure is missing (EXENDTC)"]["count"] == 6
    assert found["not randomised: in no analysis table unless treated"]["count"] == 52


# ------------------------------------------------------------------ dates, cut-off, plan


@pytest.mark.parametrize(
    ("text", "first", "last", "flag"),
    [
        ("2014-01-02", "2014-01-02", "2014-01-02", ""),
        ("2014-01-02T11:45", "2014-01-02", "2014-01-02", ""),
        ("2016-02", "2016-02-01", "2016-02-29", "D"),
        ("1900-02", "1900-02-01", "1900-02-28", "D"),
        ("2014", "2014-01-01", "2014-12-31", "M"),
    ],
)
def test_dates_that_end_early(text: str, first: str, last: str, flag: str) -> None:
    found = when(text)
    assert (found.first.isoformat(), found.last.isoformat(), found.flag) == (first, last, flag)


@pytest.mark.parametrize(
    "text", ["", "14-01-02", "2014-13", "2014-00-01", "2014-1-2", "2014-01-02T24:00", "2014/01/02", "2014-01-02 ", "٢٠١٤"]
)
def test_text_that_is_no_date(text: str) -> None:
    with pytest.raises(BadInput, match="not a"):
        when(text)


def test_partial_dates_are_completed_by_the_rule_and_flagged() -> None:
    ex = frame("ex")
    mine = ex.index[ex.USUBJID == "01-701-1015"]
    ex.loc[mine[0], "EXSTDTC"] = "2014-01"
    ex.loc[mine[-1], "EXENDTC"] = "2014-07"
    carried = perform(given() | {"ex": xpt(ex, "EX")})
    found = next(r for r in records(carried, "adsl") if r["USUBJID"] == "01-701-1015")
    assert [found[n] for n in ("TRTSDT", "TRTSDTF", "TRTEDT", "TRTEDTF", "TRTDUR")] == [
        "2014-01-01",
        "D",
        "2014-07-31",
        "D",
        "212",
    ]


def test_after_the_cut_off_nothing_has_happened() -> None:
    cut = "2013-06-30"
    found = records(perform(given(), PLAN.model_copy(update={"cut_off": cut})), "adsl")
    whole = {r["USUBJID"]: r for r in records(perform(given()), "adsl")}
    dm = frame("dm").set_index("USUBJID")
    assert {r["USUBJID"] for r in found} == {u for u in whole if dm.DMDTC[u] <= cut}
    for r in found:
        before = whole[r["USUBJID"]]
        assert (r["SAFFL"] == "Y") == (before["TRTSDT"] <= cut)
        assert r["TRTEDT"] <= cut
        if r["SAFFL"] == "Y":
            assert r["TRTEDT"] == min(before["TRTEDT"], cut)
            assert r["TRTSDT"] == before["TRTSDT"]
        assert r["DTHDT"] == (before["DTHDT"] if before["DTHDT"] <= cut else "")
    assert {r["EOTSTT"] for r in found} == {"", "COMPLETED", "DISCONTINUED", "ONGOING"}


def test_without_a_cut_off_in_the_plan_the_one_of_ts_holds() -> None:
    data = frame("ts")
    data.loc[data.TSPARMCD == "DCUTDTC", "TSVAL"] = "2013-06-30"
    by_ts = perform(given() | {"ts": xpt(data, "TS")})
    by_plan = perform(given(), PLAN.model_copy(update={"cut_off": "2013-06-30"}))
    assert by_ts.products["adsl"] == by_plan.products["adsl"]
    assert by_ts.products["adsl-trace"] != by_plan.products["adsl-trace"]  # one names the row of TS, the other the plan


def test_baseline_of_a_findings_domain_is_the_last_value_before_treatment() -> None:
    """Of subject 01-701-1015, first treated on 2014-01-02."""
    row = {"STUDYID": "CDISCPILOT01", "DOMAIN": "VS", "USUBJID": "01-701-1015", "VSTEST": "Weight", "VSTESTCD": "WEIGHT"}
    values = [
        (1, 80.5, "2013-12-26"),
        (2, 81.25, "2014-01-02"),
        (3, 90.0, "2014-01-03"),
        (4, np.nan, "2014-01-02"),
        (5, 70.0, "2013-12-30"),
    ]
    data = pd.DataFrame([row | {"VSSEQ": float(s), "VSSTRESN": v, "VSDTC": d} for s, v, d in values])
    found = records(perform(given() | {"findings": xpt(data, "VS")}), "baseline")
    mine = [r for r in found if r["PARAMCD"] == "WEIGHT"]
    assert [(r["USUBJID"], r["AVAL"], r["ADT"], r["ADY"], r["SRCDOM"], r["SRCSEQ"]) for r in mine] == [
        ("01-701-1015", "81.25", "2014-01-02", "1", "VS", "2")
    ]
    assert {r["PARAMCD"] for r in found} == {"AGE", "SEX", "RACE", "ETHNIC", "FDOSE", "WEIGHT"}
    age = next(r for r in found if r["PARAMCD"] == "AGE" and r["USUBJID"] == "01-701-1015")
    assert (age["AVAL"], age["ADT"], age["ADY"]) == ("63", "2013-12-26", "-7")


def test_a_plan_is_the_same_after_it_was_parameters_of_a_run() -> None:
    assert of(PLAN.parameters()) == PLAN
    assert all(isinstance(v, str) for v in PLAN.parameters().values())


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b"control: Placebo", b"control: Placbo", "is none of the arms"),
        (b'"81"', b'"0"', "two arms or two races have one code"),
        (b'last_visit: "12"', b'last_visit: "twelve"', "last_visit"),
        (b'received: "2017-06-16"', b'received: "2017-06"', "a day is written"),
        (b"study: CDISCPILOT01", b"study: ../../etc", "study"),
    ],
)
def test_a_plan_that_cannot_be_followed_is_refused(old: bytes, new: bytes, words: str) -> None:
    assert old in PLAN_TEXT
    with pytest.raises(ConfigError, match=words):
        read_plan(PLAN_TEXT.replace(old, new), "plan.yaml")
