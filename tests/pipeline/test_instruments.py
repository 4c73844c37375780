"""Instrument files: the real ones are read whole, and whatever is done to them is refused with its place."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest

from csvgen.errors import BadInput
from csvgen.pipeline import impurity, instruments, instruments_gen5, potency
from csvgen.pipeline.instruments import Chromatogram, Peak, Plate

DATA = Path(__file__).parents[2] / "requirements_specs" / "qc-release" / "data"
GEN5 = (DATA / "gen5-bca-plate.txt").read_bytes()
EMPOWER = (DATA / "empower-pq.json").read_bytes()
PLATE = b"#qc-plate/1\nkind,id,level_or_dilution,signal\nstandard,STD1,0,0.0\nstandard,STD2,5,0.5\nsample,S1,1,0.2\nblank,B,,0.0\nend,4\n"
PEAKS = b"#qc-peaks/1\nname,area\nMain,99.8\nImpurity A,0.2\nend,2\n"


def gen5_printed() -> dict[str, tuple[str, str]]:
    """Well -> (signal, concentration) as Gen5 itself printed them, read here line by line."""
    lines = GEN5.decode().splitlines()
    start = lines.index("Results") + 2
    found = {}
    for row in range(8):
        signals, _, concentrations = (lines[start + 3 * row + i].split("\t") for i in range(3))
        for column in range(1, 13):
            found[f"{signals[0]}{column}"] = (signals[column], concentrations[column])
    return found


# ------------------------------------------------------------------ the real files


def test_the_real_plate_is_read_whole() -> None:
    plate = instruments.read("any name.txt", GEN5)
    assert isinstance(plate, Plate)
    assert [s.id for s in plate.standards[::3]] == [f"STD{i}" for i in range(1, 8)]
    assert [Fraction(s.level) for s in plate.standards[::3]] == [
        Fraction(v) for v in ["2000", "666.67", "222.22", "74.074", "24.691", "8.2305", "2.7435"]
    ]
    assert plate.sample_ids == tuple(f"SPL{i}" for i in range(1, 7))
    assert {(s.id, Fraction(s.dilution)) for s in plate.samples} == {
        (f"SPL{i}", Fraction(1, d)) for i in range(1, 7) for d in (1, 2, 4, 8)
    }
    assert len(plate.samples) == 72
    assert plate.instrument == ""
    printed = gen5_printed()
    read = sorted([Fraction(s.signal) for s in (*plate.standards, *plate.samples)])
    assert read == sorted(Fraction(signal) for well, (signal, _) in printed.items() if well not in ("H1", "H2", "H3"))


def test_our_concentrations_against_those_of_gen5() -> None:
    plate = instruments.read("plate.txt", GEN5)
    assert isinstance(plate, Plate)
    fit = potency.calibrate(plate, "linear")
    off = {
        well: abs(potency.concentration(fit, signal) / Fraction(printed) - 1)
        for well, (signal, printed) in gen5_printed().items()
        if int(well[1:]) > 3
    }
    undiluted = max(v for well, v in off.items() if well[0] in "AE")
    assert len(off) == 72
    assert 0 < undiluted < Fraction(4, 10_000)
    assert max(off.values()) < Fraction(3, 1_000)


def test_our_area_percent_against_those_of_empower() -> None:
    chromatogram = instruments.read("set.json", EMPOWER)
    assert isinstance(chromatogram, Chromatogram)
    assert chromatogram.sample_ids == ("PQ Std 5.0x", "PQ Std 10x")
    assert chromatogram.instrument == "Alliance"
    compared = 0
    for injection, result in zip(chromatogram.injections, json.loads(EMPOWER)["values"]["results"], strict=True):
        ours = impurity.area_percent(injection.peaks)
        for peak in result["peaks"]:
            fields = peak["fields"]
            assert abs(ours[fields["Name"]] - Fraction(repr(fields["PctArea"]))) < Fraction(1, 10**12)
            compared += 1
    assert compared == 8


def test_line_ends_of_windows_change_nothing() -> None:
    assert instruments.read("a.txt", GEN5.replace(b"\n", b"\r\n")) == instruments.read("a.txt", GEN5)


# ------------------------------------------------------------------ Gen5, damaged


def whole(data: bytes) -> bool:
    """Whether the check of structure lets a Gen5 file pass (the converter is slow and not asked)."""
    lines = instruments.text_lines("f.txt", data)
    instruments_gen5._checked("f.txt", lines, instruments_gen5._sections("f.txt", lines))
    return True


def test_no_truncation_of_the_real_plate_passes() -> None:
    assert whole(GEN5)
    for length in range(len(GEN5)):
        with pytest.raises(BadInput):
            whole(GEN5[:length])


def test_no_missing_line_of_the_tables_passes() -> None:
    lines = GEN5.splitlines(keepends=True)
    for index in range(lines.index(b"Layout\n"), len(lines)):
        if lines[index].strip():
            with pytest.raises(BadInput, match=r"f\.txt:\d+|f\.txt"):
                whole(b"".join([*lines[:index], *lines[index + 1 :]]))


@pytest.mark.parametrize(
    ("old", "new", "words", "line"),
    [
        (b"1.998\t2.023", b"NaN\t2.023", "not a decimal number: 'NaN'", 50),
        (b"1.998\t2.023", b"OVRFLW\t2.023", "not a decimal number: 'OVRFLW'", 50),
        (b"1.998\t2.023", b"\t2.023", "not a decimal number: ''", 50),
        (b"1.998\t2.023", b"2.023", "cells where the plate has", 50),
        (b"2000\t2000\t2000", b"-2000\t2000\t2000", "below zero", 32),
        (b"\n\t2000\t2000\t2000\t1\t1", b"\n\t2000\t2000\t2000\t0\t1", "leaves no sample", 32),
        (b"\nB\tSTD2", b"\nA\tSTD2", "a row is missing or twice", 33),
        (b"\nB\t1.112", b"\nA\t1.112", "a row is missing or twice", 53),
        (b"\nResults\n", b"\nLayout\n", "out of its place", 48),
        (b"Software Version", b"Soft Version", "not a Gen5 export", 1),
        (b"SPL1:1\tSPL1:1\tSPL1:1", b"\tSPL1:1\tSPL1:1", "has no id", 31),
    ],
)
def test_a_damaged_plate_is_refused_at_its_line(old: bytes, new: bytes, words: str, line: int) -> None:
    assert GEN5.count(old) >= 1
    with pytest.raises(BadInput, match=words) as caught:
        instruments.read("plate.txt", GEN5.replace(old, new, 1))
    assert caught.value.where == f"plate.txt:{line}"


def test_a_converter_that_reads_something_else_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    real = instruments_gen5._converted.__wrapped__  # past the memory of files converted before

    def off_by_a_little(file: str, data: bytes):
        return real(file, data.replace(b"1.998\t2.023", b"1.999\t2.023"))

    monkeypatch.setattr(instruments_gen5, "_converted", off_by_a_little)
    with pytest.raises(BadInput, match=r"the converter reads 1\.999 in well A4, the file says 1\.998"):
        instruments.read("plate.txt", GEN5)


# ------------------------------------------------------------------ Empower, damaged


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b'"Name": "Acetophenone"', b'"Name": "Acetone"', "a second time"),
        (b'"Name": "Acetone"', b'"Name": null', "without name"),
        (b'"Area": 394015.0', b'"Area": -394015.0', "below zero"),
        (b'"Area": 394015.0', b'"Area": null', "is not a number"),
        (b'"Area": 394015.0', b'"Area": NaN', "NaN is not a measured value"),
        (b'"Area": 394015.0', b'"Area": "394015"', "is not a number"),
        (b'"Area": 394015.0', b'"Area": 394015.0, "Area": 1.0', "stands twice"),
        (b'"results"', b'"result"', "not an Empower sample set"),
        (b'"values"', b'"value"', "not an Empower sample set"),
    ],
)
def test_a_damaged_sample_set_is_refused(old: bytes, new: bytes, words: str) -> None:
    assert old in EMPOWER
    with pytest.raises(BadInput, match=words) as caught:
        instruments.read("set.json", EMPOWER.replace(old, new, 1))
    assert caught.value.where.startswith("set.json")


@pytest.mark.parametrize("share", [0.0001, 0.25, 0.5, 0.75, 0.9999])
def test_a_truncated_sample_set_is_refused_with_its_line(share: float) -> None:
    with pytest.raises(BadInput, match="truncated or not JSON") as caught:
        instruments.read("set.json", EMPOWER[: int(len(EMPOWER) * share)])
    assert caught.value.where.removeprefix("set.json:").isdigit()


@pytest.mark.parametrize("content", [b"[]", b"{}", b"null", b"1", b'{"values": {"results": []}}', b"[" * 100_000])
def test_json_of_another_kind_is_refused(content: bytes) -> None:
    with pytest.raises(BadInput):
        instruments.read("set.json", content)


# ------------------------------------------------------------------ our own forms


def test_the_two_forms() -> None:
    plate = instruments.read("p.csv", PLATE)
    assert isinstance(plate, Plate)
    assert ([s.level for s in plate.standards], [s.signal for s in plate.samples]) == (["0", "5"], ["0.2"])
    peaks = instruments.read("p.csv", PEAKS)
    assert isinstance(peaks, Chromatogram)
    assert peaks.injections[0].peaks == (Peak("Main", "99.8"), Peak("Impurity A", "0.2"))


@pytest.mark.parametrize("whole_file", [PLATE, PEAKS])
def test_no_truncation_of_the_forms_passes(whole_file: bytes) -> None:
    for length in range(len(whole_file)):
        with pytest.raises(BadInput):
            instruments.read("p.csv", whole_file[:length])
    lines = whole_file.splitlines(keepends=True)
    for index in range(len(lines)):
        with pytest.raises(BadInput):
            instruments.read("p.csv", b"".join([*lines[:index], *lines[index + 1 :]]))


@pytest.mark.parametrize(
    ("base", "old", "new", "words", "line"),
    [
        (PLATE, b"#qc-plate/1", b"#qc-plate/9", "line 1 must name the form", 1),
        (PLATE, b"kind,id", b"id,kind", "line 2 must be", 2),
        (PLATE, b"0.5\n", b"NaN\n", "not a decimal number", 4),
        (PLATE, b"0.5\n", b"Infinity\n", "not a decimal number", 4),
        (PLATE, b"STD2,5", b"STD2,-5", "below zero", 4),
        (PLATE, b"S1,1", b"S1,0", "leaves no sample", 5),
        (PLATE, b"S1,1", b"S1,-1", "below zero", 5),
        (PLATE, b"sample", b"probe", "kind must be", 5),
        (PLATE, b"B,,", b"B,1,", "kind must be", 6),
        (PLATE, b"S1,1,0.2", b"S1,1,0.2,x", "cells where", 5),
        (PLATE, b"S1,", b"=1+1,", "not a name", 5),
        (PLATE, b"end,4", b"end,5", "truncated", 7),
        (PEAKS, b"Impurity A", b"Main", "a second time", 4),
        (PEAKS, b"0.2", b"-0.2", "below zero", 4),
        (PEAKS, b"0.2", b"nan", "not a decimal number", 4),
        (PEAKS, b"Impurity A", b"", "not a name", 4),
    ],
)
def test_a_damaged_form_is_refused_at_its_line(base: bytes, old: bytes, new: bytes, words: str, line: int) -> None:
    with pytest.raises(BadInput, match=words) as caught:
        instruments.read("p.csv", base.replace(old, new, 1))
    assert caught.value.where == f"p.csv:{line}"


def test_rows_are_needed() -> None:
    with pytest.raises(BadInput, match="no rows"):
        instruments.read("p.csv", b"#qc-peaks/1\nname,area\nend,0\n")


# ------------------------------------------------------------------ any file


@pytest.mark.parametrize(("name", "data"), [("a.txt", GEN5), ("a.json", EMPOWER), ("a.csv", PLATE), ("a.csv", PEAKS)])
def test_re_encoded_files_are_refused(name: str, data: bytes) -> None:
    for recoded in (b"\xef\xbb\xbf" + data, data.decode().encode("utf-16"), data.replace(b"a", b"\xe4", 1)):
        with pytest.raises(BadInput, match="re-encoded") as caught:
            instruments.read(name, recoded)
        assert ":" in caught.value.where


@pytest.mark.parametrize("name", ["a.txt", "a.json", "a.csv"])
def test_empty_and_binary_files_are_refused(name: str) -> None:
    with pytest.raises(BadInput, match="empty"):
        instruments.read(name, b"")
    with pytest.raises(BadInput):
        instruments.read(name, b"\x00\x01\x02\n")


def test_unknown_kinds_and_giants_are_refused() -> None:
    with pytest.raises(BadInput, match="no reader"):
        instruments.read("a.exe", PLATE)
    with pytest.raises(BadInput, match="the limit is"):
        instruments.read("a.csv", b"x" * (instruments.MAX_BYTES + 1))


def test_the_shipped_bad_files() -> None:
    told = {}
    for path in sorted((DATA / "bad").iterdir()):
        try:
            instruments.read(path.name, path.read_bytes())
        except BadInput as refusal:
            told[path.name] = refusal.message
    assert set(told) == {"plate-truncated.csv", "plate-nan.csv", "peaks-negative.csv", "peaks-duplicate.csv"}
    assert "truncated" in told["plate-truncated.csv"]
