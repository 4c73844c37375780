"""Bad input, one table: where each is found, in which words, and that nothing came of it and nothing was overwritten."""

from __future__ import annotations

import contextlib
import ctypes
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from csvgen.errors import BadInput, Refused
from csvgen.pipeline.landing.inventory import inventory

from .conftest import DATA, LEVELS, Lab
from .test_arrivals import at_work
from .test_landing import Stream

ROOT = Path(__file__).parents[2]
GEN5 = (DATA / "gen5-bca-plate.txt").read_bytes()
EMPOWER = (DATA / "empower-pq.json").read_bytes()
REAL = {"method": "BCA-01", "sample": "SPL1"}
PEAKS = {"instrument": "HP-001"}

Before = dict[str, object]


def standing(lab: Lab) -> Before:
    """All that must be as it was: bytes in both stores, and every record but the trail."""
    stores = {
        p.relative_to(lab.home).as_posix(): p.read_bytes()
        for part in ("raw", "results")
        for p in (lab.home / part).rglob("*")
        if p.is_file()
    }
    kinds = ("lot", "file", "run", "status", "deviation", "certificate")
    ledger = lab.app._core.ledger
    return stores | {f"{v.kind}/{v.id}": (v.number, v.sha256) for kind in kinds for v in ledger.all(kind)}


def plate(*rows: str, form: tuple[str, ...] = ("#qc-plate/1",)) -> bytes:
    return "\n".join([*form, "kind,id,level_or_dilution,signal", *rows, f"end,{len(rows)}", ""]).encode()


def standards(levels: tuple[tuple[str, str], ...] = LEVELS) -> list[str]:
    return [f"standard,STD{i},{level},{signal}" for i, (level, signal) in enumerate(levels, 1)]


GOOD = "sample,S1,1,1.000"


# ------------------------------------------------------------------ found on arrival: refused, nothing kept

REFUSED: dict[str, tuple[str, bytes, dict[str, str], str]] = {
    "truncated plate": ("plate.txt", GEN5[:3000], REAL, "truncated"),
    "truncated sample set": ("peaks.json", EMPOWER[: len(EMPOWER) // 2], PEAKS, "truncated or not JSON"),
    "truncated at a line end": ("plate.csv", b"\n".join(Lab.plate("1.000").split(b"\n")[:-2]) + b"\n", {}, "truncated"),
    "truncated within a line": ("plate.csv", Lab.plate("1.000")[:-3], {}, "truncated"),
    "re-encoded to UTF-16": ("plate.txt", GEN5.decode().encode("utf-16"), REAL, "re-encoded"),
    "re-encoded with a mark": ("plate.csv", b"\xef\xbb\xbf" + Lab.plate("1.000"), {}, "re-encoded"),
    "re-encoded to Latin-1": ("plate.csv", plate(*standards(), "sample,S1é,1,1.0").decode().encode("latin-1"), {}, "re-encoded"),
    "decimal commas": ("plate.csv", plate(*standards(), 'sample,S1,1,"1,000"'), {}, "5 cells where"),
    "swapped for another kind of file": ("plate.csv", Lab.peaks(Main="99.8"), PEAKS | {"swapped": "yes"}, "was it swapped"),
    "swapped for the plate of another sample": ("second.csv", plate(*standards(), "sample,S7,1,1.0"), {}, "holds no sample 'S1'"),
    "empty": ("plate.csv", b"", {}, "the file is empty"),
    "no rows": ("plate.csv", plate(), {}, "no rows"),
    "negative concentration": ("plate.csv", plate("standard,STD1,-500,0.5", GOOD), {}, "the level lies below zero: -500"),
    "negative dilution": ("plate.csv", plate(*standards(), "sample,S1,-1,1.0"), {}, "the dilution lies below zero: -1"),
    "dilution of nothing": ("plate.csv", plate(*standards(), "sample,S1,0,1.0"), {}, "dilution of zero"),
    "not a number": ("plate.csv", plate(*standards(), "sample,S1,1,NaN"), {}, "NaN"),
    "infinite": ("plate.csv", plate(*standards(), "sample,S1,1,inf"), {}, "inf"),
    "infinite concentration": ("plate.csv", plate("standard,STD1,Infinity,0.5", GOOD), {}, "Infinity"),
    "not a number in a sample set": ("peaks.json", EMPOWER.replace(b'"Area": ', b'"Area": NaN, "Was": ', 1), PEAKS, "NaN"),
    "a date that is none": ("plate.txt", GEN5.replace(b"10/10/2022", b"31/31/2022"), REAL, "cannot read this file"),
    "two lots with one id, by supplier": ("second.csv", Lab.plate("0.9"), {"supplier": "Other"}, "two lots cannot have one id"),
    "two lots with one id, by method": ("second.csv", Lab.plate("0.9"), {"method": "BCA-01"}, "is tested by method LIN-01, not BCA-01"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_refused_on_arrival(lab, case: str) -> None:
    name, content, metadata, words = REFUSED[case]
    lot = "L-2" if metadata is REAL else "L-1"
    lab.ingest("L-1", lab.plate("1.000"), supplier="First")
    before = standing(lab)
    with pytest.raises(BadInput, match=words):
        lab.ingest(lot, content, name, **metadata)
    assert standing(lab) == before
    (told,) = lab.events("ingest-refused")
    assert (told.user_id, told.record) == (lab.user("analyst"), f"lot/{lot}")
    assert words in told.reason


def test_a_gigabyte_is_refused_without_reading_it(lab) -> None:
    before, source = standing(lab), Stream(1024)
    with pytest.raises(BadInput, match="more than 20000000 bytes"):
        lab.app.arrivals.bring(lab.session("analyst"), "L-1", "plate.csv", source, {"method": "LIN-01"}, "folder")
    assert standing(lab) == before
    assert source._number < 25


@pytest.mark.parametrize(
    ("name", "words"), [("second.csv", "one measurement counts once"), ("plate.csv", "a later version replaced")]
)
def test_duplicated_within_a_lot(lab, name: str, words: str) -> None:
    lab.ingest("L-1", lab.plate("1.000"))
    if name == "plate.csv":
        lab.ingest("L-1", lab.plate("0.990"))
    before = standing(lab)
    with pytest.raises(Refused, match=words):
        lab.ingest("L-1", lab.plate("1.000"), name)
    assert standing(lab) == before


# ------------------------------------------------------------------ found on arrival: kept, and nothing comes of it before quality says


def test_duplicated_for_another_lot_is_a_deviation(lab) -> None:
    at_work(lab)
    lab.ingest("L-1", lab.plate("1.000"))
    outcome = lab.ingest("L-2", lab.plate("1.000"))
    assert outcome.facts["deviation"] == "DV-0001"
    lab.process("L-2")
    for meaning, who in (("reviewed", "reviewer"), ("released", "quality")):
        with pytest.raises(Refused, match=r"DV-0001|still missing: review"):
            lab.sign("L-2", meaning, who)


@pytest.mark.parametrize("date", [b"10/10/2099", b"12/31/2098"])
def test_a_date_in_the_future_is_quarantined(lab, date: bytes) -> None:
    outcome = lab.ingest("L-1", GEN5.replace(b"10/10/2022", date), "plate.txt", **REAL)
    assert not outcome.accepted
    assert "after it arrived" in outcome.message
    before = standing(lab)
    with pytest.raises(Refused, match=r"has no file that can be processed: file plate.txt is quarantined"):
        lab.process("L-1")
    assert standing(lab) == before


# ------------------------------------------------------------------ found in processing: no result

UNUSABLE: dict[str, tuple[bytes, str]] = {
    "units of another method": (plate(*standards(), GOOD, form=("#qc-plate/2", "unit,mg/mL")), "of the file are in mg/mL"),
    "one calibrator": (plate("standard,STD1,500,0.5", GOOD), "too few points: 1"),
    "calibrators all of one level": (
        plate("standard,STD1,500,0.5", "standard,STD2,500,0.51", "standard,STD3,500,0.52", GOOD),
        "the levels do not determine a linear calibration",
    ),
    "all calibrators with one signal": (plate(*standards(tuple((level, "0.700") for level, _ in LEVELS)), GOOD), "all signals are equal"),
    "a flat plate": (plate(*standards(tuple((level, "0.000") for level, _ in LEVELS)), "sample,S1,1,0.000"), "all signals are equal"),
    "beyond every number": (plate(*standards(), "sample,S1,1,1e999"), "not a decimal number"),
}  # fmt: skip


@pytest.mark.parametrize("case", UNUSABLE)
def test_no_result_comes_of_it(lab, case: str) -> None:
    """Refused by name: no value, no verdict, no run, and no way to release."""
    content, words = UNUSABLE[case]
    lab.ingest("L-1", content)
    before = standing(lab)
    with pytest.raises(BadInput, match=words):
        lab.process("L-1")
    assert standing(lab) == before
    (told,) = lab.events("process-refused")
    assert words in told.reason
    view = lab.view("L-1")
    assert (view.tests, view.state) == ((), "registered")
    with pytest.raises(Refused, match="still missing: processing"):
        lab.sign("L-1", "reviewed", "reviewer")


@pytest.mark.parametrize("readings", [["1.000"] * 12, ["1.000", "1.00", "1"]])
def test_replicates_that_are_all_equal_are_a_deviation(lab, readings: list[str]) -> None:
    outcome = lab.ingest("L-1", plate(*standards(), *[f"sample,S1,1,{r}" for r in readings]))
    assert "deviation DV-0001 opened: replicates without scatter" in outcome.message
    (found,) = lab.app.lots.deviations(lab.session("auditor"), "L-1")
    assert f"all {len(readings)} readings of sample S1 are 1.000" in found.reason
    lab.process("L-1")
    with pytest.raises(Refused, match="open deviation: DV-0001"):
        lab.sign("L-1", "reviewed", "reviewer")


@pytest.mark.parametrize("readings", [["1.000"] * 2, ["1.000", "1.000", "1.001"]])
def test_replicates_that_scatter_or_are_two_are_none(lab, readings: list[str]) -> None:
    assert lab.ingest("L-1", plate(*standards(), *[f"sample,S1,1,{r}" for r in readings])).accepted
    assert lab.app.lots.deviations(lab.session("auditor"), "L-1") == ()


# ------------------------------------------------------------------ a store that fills up


@pytest.fixture
def narrow(home: Path) -> Iterator[Lab]:
    """An instance whose landing is a file system of 64 KiB."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"tmpfs", os.fsencode(home / "raw"), b"tmpfs", 0, b"size=64k,mode=0700"):
        pytest.skip(f"no file system can be mounted here ({os.strerror(ctypes.get_errno())})")
    lab = Lab(home)
    try:
        yield lab
    finally:
        lab.app.close()
        libc.umount2(os.fsencode(home / "raw"), 2)


def test_a_landing_that_fills_up(narrow) -> None:
    lab = narrow
    lab.ingest("L-1", lab.plate("1.000"))
    filler = lab.home / "raw" / "filler"
    with filler.open("wb", buffering=0) as out, contextlib.suppress(OSError):
        while out.write(b"x" * 1024):
            pass
    before = standing(lab)
    big = plate(*standards(), *[f"sample,S{n},1,1.000" for n in range(1, 300)])
    with pytest.raises(Refused, match=r"plate.csv: the landing store is full .*; nothing of this file was kept"):
        lab.ingest("L-2", big)
    with pytest.raises(Refused, match="the landing store is full"):
        lab.ingest("L-1", big)
    assert standing(lab) == before
    assert len(lab.events("ingest-refused")) == 2
    assert lab.process("L-1").accepted, "what landed before is there"
    filler.unlink()
    assert lab.ingest("L-2", big).accepted


# ------------------------------------------------------------------ a killed step

_KILLED = """
import os, signal, sys
from pathlib import Path
from tests.pipeline.conftest import Lab
lab = Lab(Path(sys.argv[1]))
core = lab.app._core
def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)
if sys.argv[2] == "step":
    kept, names = core.results.kept, []
    def keep(data, name):
        names.append(name)
        return die() if len(names) == 3 else kept(data, name)
    core.results.kept = keep
    lab.process("L-1")
elif sys.argv[2] == "before the commit":
    core.ledger.change = die
    lab.app.runs.process(lab.session("analyst"), "L-1")
else:
    from csvgen.pipeline.register import Register
    Register._registered = die
    lab.ingest("L-1", lab.plate("0.990"), "second.csv")
"""


def killed(lab: Lab, when: str) -> Lab:
    """The same instance, opened again after another process was killed at its work."""
    lab.app.close()
    done = subprocess.run([sys.executable, "-c", _KILLED, lab.home, when], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == -9, done.stderr
    return Lab(lab.home)


def test_a_step_that_is_killed_leaves_no_result(lab) -> None:
    lab.ingest("L-1", lab.plate("1.000"))
    before = {k: v for k, v in standing(lab).items() if not k.startswith("results/")}
    again = killed(lab, "step")
    try:
        assert {k: v for k, v in standing(again).items() if not k.startswith("results/")} == before
        assert again.view("L-1").tests == ()
        assert again.app._core.ledger.problems() == ()
        assert again.process("L-1").accepted
        assert again.view("L-1").tests[0].reported == "100.0"
    finally:
        again.app.close()


def test_an_arrival_killed_before_its_registration_is_named_and_can_come_again(lab) -> None:
    lab.ingest("L-1", lab.plate("1.000"))
    again = killed(lab, "arrival")
    try:
        core = again.app._core
        assert set(again.view("L-1").files) == {"plate.csv"}
        assert [f.fault for f in inventory(core.raw, core.files.landed())] == ["unregistered"]
        assert core.ledger.problems() == ()
        assert again.ingest("L-1", again.plate("0.990"), "second.csv").accepted
        assert inventory(core.raw, core.files.landed()) == ()
    finally:
        again.app.close()
