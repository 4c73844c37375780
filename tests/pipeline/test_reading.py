"""The same measurement is known again however it is spelled; what is another measurement by one digit is not, and that is said."""

from __future__ import annotations

import json
import random
from collections.abc import Callable

import pytest

from csvgen.errors import Refused
from csvgen.pipeline import instruments
from csvgen.pipeline.files import FileIndex
from csvgen.pipeline.instruments import Chromatogram, Plate
from csvgen.pipeline.reading import reading_of
from csvgen.pipeline.register import Arriving

from .conftest import DATA, Lab
from .test_arrivals import at_work, deviations
from .test_investigation import failed, invalidate, investigate

GEN5 = (DATA / "gen5-bca-plate.txt").read_bytes()
EMPOWER = (DATA / "empower-pq.json").read_bytes()
PLATE = (
    b"#qc-plate/1\nkind,id,level_or_dilution,signal\n"
    b"standard,STD1,0,0.050\nstandard,STD2,500,0.550\nblank,BLK,,0.048\n"
    b"sample,S1,1,0.820\nsample,S1,0.5,0.431\nsample,S2,1,0.917\nend,6\n"
)
PEAKS = (
    b"#qc-peaks/2\nsample,injection,name,area,retention,tailing,plates,resolution\n"
    b"S1,1,Main,99.80,4.1,1.1,5000,\nS1,1,Impurity A,0.20,5.2,1.0,6000,3.1\n"
    b"S2,1,Main,99.70,4.1,1.1,5000,\nS2,1,Impurity A,0.30,5.2,1.0,6000,3.1\nend,4\n"
)


def read(data: bytes, name: str = "file.csv") -> Plate | Chromatogram:
    return instruments.read(name, data)


def of(data: bytes, sample: str = "S1", name: str = "file.csv") -> str:
    return reading_of(read(data, name), sample)


def reordered(data: bytes, header: int = 2) -> bytes:
    """Another order of its rows, the same for every run of the test."""
    lines = data.decode().splitlines()
    rows = lines[header:-1]
    random.Random(7).shuffle(rows)
    assert rows != lines[header:-1]
    return "\n".join([*lines[:header], *rows, lines[-1], ""]).encode()


def swapped(*pairs: tuple[str, str]) -> Callable[[bytes], bytes]:
    def work(data: bytes) -> bytes:
        for old, new in pairs:
            assert old.encode() in data
            data = data.replace(old.encode(), new.encode())
        return data

    return work


SPELLED = {
    "line ends": lambda d: d.replace(b"\n", b"\r\n"),
    "trailing zeros": swapped(("0.820", "0.8200"), ("500,", "500.0,"), ("0.5,0.431", "0.50,0.4310")),
    "exponents and signs": swapped(("0.820", "82e-2"), ("0.050", "+.05")),
    "order": reordered,
    "names of calibrators and blanks": swapped(("STD1", "CAL-A"), ("STD2", "CAL-B"), ("BLK", "Water")),
    "a unit said": swapped(("#qc-plate/1\n", "#qc-plate/2\nunit,ug/mL\n")),
    "the other sample left out": swapped(("sample,S2,1,0.917\n", ""), ("end,6", "end,5")),
}
OTHER = {
    "one digit of a well": swapped(("0.820", "0.821")),
    "one digit of a calibrator": swapped(("0.550", "0.551")),
    "one digit of a blank": swapped(("0.048", "0.049")),
    "a dilution": swapped(("S1,0.5", "S1,0.25")),
    "a well left out": swapped(("sample,S1,0.5,0.431\n", ""), ("end,6", "end,5")),
    "a well twice": swapped(("sample,S1,0.5,0.431\n", "sample,S1,0.5,0.431\nsample,S1,0.5,0.431\n"), ("end,6", "end,7")),
    "a calibrator left out": swapped(("standard,STD1,0,0.050\n", ""), ("end,6", "end,5")),
}


@pytest.mark.parametrize("how", SPELLED)
def test_a_plate_spelled_otherwise(how: str) -> None:
    other = SPELLED[how](PLATE)
    assert other != PLATE
    assert of(other) == of(PLATE)


@pytest.mark.parametrize("how", OTHER)
def test_another_plate_by_one_thing(how: str) -> None:
    assert of(OTHER[how](PLATE)) != of(PLATE)


def test_a_sample_under_another_name_and_the_samples_of_one_plate() -> None:
    """Renamed it is the same measurement; its neighbour, with the same calibrators and blanks, is another."""
    assert of(swapped(("S1", "X-9"))(PLATE), "X-9") == of(PLATE)
    assert of(PLATE, "S2") != of(PLATE)


def as_csv(plate: Plate) -> bytes:
    """The numbers of a plate in the form of a simple export, in another order and with names of its own."""
    rows = [f"sample,unknown-{s.id},{s.dilution},{s.signal}" for s in plate.samples]
    rows += [f"blank,W{i},,{signal}" for i, signal in enumerate(plate.blanks)]
    rows += [f"standard,C{i},{s.level},{s.signal}" for i, s in enumerate(plate.standards)]
    return "\n".join(["#qc-plate/1", "kind,id,level_or_dilution,signal", *rows, f"end,{len(rows)}", ""]).encode()


def test_a_gen5_export_and_the_same_numbers_as_a_simple_plate() -> None:
    plate = read(GEN5, "plate.txt")
    assert isinstance(plate, Plate)
    assert plate.blanks
    for sample in plate.sample_ids:
        assert of(as_csv(plate), f"unknown-{sample}") == reading_of(plate, sample)
    assert len({reading_of(plate, s) for s in plate.sample_ids}) == len(plate.sample_ids)


def test_a_chromatogram_spelled_otherwise() -> None:
    first = of(PEAKS)
    assert of(reordered(PEAKS)) == first
    assert of(swapped(("99.80", "99.8"), ("S1,1", "S1,7"))(PEAKS)) == first
    assert of(swapped(("S1", "Z-1"))(PEAKS), "Z-1") == first
    assert of(Lab.peaks(Main="99.8", Impurity_A="0.2"), "anything") == first, "as a simple export, without sample"


def test_another_chromatogram_by_one_thing() -> None:
    first = of(PEAKS)
    assert of(PEAKS, "S2") != first
    assert of(swapped(("0.20,", "0.21,"))(PEAKS)) != first
    assert of(swapped(("Impurity A", "Impurity B"))(PEAKS)) != first, "a peak is what it is called"
    assert (
        of(swapped(("S2", "S1"), ("S1,1,Main,99.70", "S1,2,Main,99.70"), ("S1,1,Impurity A,0.30", "S1,2,Impurity A,0.30"))(PEAKS))
        != first
    )


def test_an_empower_set_under_another_sample_name() -> None:
    other = swapped(("PQ Std 10x", "Renamed"))(EMPOWER)
    first = of(EMPOWER, "PQ Std 10x", "set.json")
    assert of(other, "Renamed", "set.json") == first
    assert of(json.dumps(json.loads(other), indent=3).encode(), "Renamed", "set.json") == first
    assert of(EMPOWER, "PQ Std 5.0x", "set.json") != first


# ------------------------------------------------------------------ on arrival


def crlf(data: bytes) -> bytes:
    return data.replace(b"\n", b"\r\n")


@pytest.mark.parametrize("again", [crlf, swapped((",S1,", ",S7,"))], ids=["exported anew", "under another sample name"])
def test_for_another_lot_quality_decides(lab: Lab, again: Callable[[bytes], bytes]) -> None:
    at_work(lab)
    lab.ingest("L-1", lab.plate("1.000", "1.001"))
    lab.ingest("L-2", again(lab.plate("1.000", "1.001")), sample="S7" if again is not crlf else "S1")
    ((state, reason),) = deviations(lab, "L-2")
    assert state == "open"
    assert "has the readings, exported anew, of file plate.csv version 1 of lot L-1" in reason
    assert deviations(lab, "L-1") == []


def test_two_samples_of_one_plate_serve_two_lots(lab: Lab) -> None:
    """They share calibrators, and are no repetition of one another; also when the plate is exported once for each."""
    at_work(lab)
    plate = lab.plate("1.000").replace(b"end,5", b"sample,S2,1,1.004\nend,6")
    lab.ingest("L-1", plate, sample="S1")
    lab.ingest("L-2", plate, sample="S2")
    lab.ingest("L-3", lab.plate("1.002").replace(b",S1,", b",S3,"), sample="S3")
    assert [deviations(lab, lot) for lot in ("L-1", "L-2", "L-3")] == [[], [], []]


def test_one_digit_makes_another_measurement(lab: Lab) -> None:
    """The limit: whoever changes a number has made it up, and no comparison of files can tell."""
    at_work(lab)
    lab.ingest("L-1", lab.plate("1.000"))
    lab.ingest("L-2", lab.plate("1.001"))
    assert deviations(lab, "L-2") == []


def test_exported_anew_under_another_name_it_is_no_second_measurement(lab: Lab) -> None:
    lab.ingest("L-1", lab.plate("1.000"))
    with pytest.raises(
        Refused, match=r"again\.csv holds the readings of plate\.csv version 1, exported anew; one measurement counts once"
    ):
        lab.ingest("L-1", crlf(lab.plate("1.000")), "again.csv")
    assert set(lab.view("L-1").files) == {"plate.csv"}
    assert len([p for p in (lab.home / "raw").rglob("*") if p.is_file()]) == 1


def test_exported_anew_under_its_own_name_it_is_the_next_version(lab: Lab) -> None:
    lab.ingest("L-1", lab.plate("1.000"))
    assert lab.ingest("L-1", crlf(lab.plate("1.000"))).facts["version"] == "2"
    assert lab.ingest("L-1", lab.plate("1.002")).facts["version"] == "3"
    with pytest.raises(Refused, match=r"version [12], exported anew, which a later version replaced"):
        lab.ingest("L-1", lab.plate("1.0000"))


def test_a_planned_retest_is_not_the_first_one_exported_anew(lab: Lab) -> None:
    """One plate measured once and brought in twice would make two retests of it."""
    failed(lab)
    investigate(lab)
    invalidate(lab, retests="2")
    first = lab.plate("0.999")
    assert lab.ingest("L-1", first, "retest-1.csv", who="analyst-2").accepted
    for content in (crlf(first), lab.plate("0.900").replace(b"0.900", b"0.9000")):
        with pytest.raises(Refused, match="one measurement counts once"):
            lab.ingest("L-1", content, "retest-2.csv", who="analyst-2")
    assert lab.ingest("L-1", lab.plate("1.003"), "retest-2.csv", who="analyst-2").accepted


def test_inside_one_delivery(lab: Lab) -> None:
    at_work(lab)
    core, register = lab.app._core, lab.app.arrivals.register
    acting = core.admit(lab.session("analyst"), "ingest")

    def said(subject: str, name: str, data: bytes) -> tuple[Arriving, bytes]:
        return Arriving(subject, name, part="potency", sample="S1", reading=of(data)), data

    plate = lab.plate("1.000")
    with pytest.raises(Refused, match="one measurement counts once"):
        register.arrive_all(acting, [said("lot/L-8", "a.csv", plate), said("lot/L-8", "b.csv", crlf(plate))])
    assert core.ledger.latest("file", "L-8:a.csv") is None, "all of a delivery, or none of it"
    first, second = register.arrive_all(acting, [said("lot/L-8", "a.csv", plate), said("lot/L-9", "b.csv", crlf(plate))])
    assert (first.deviation, bool(second.deviation)) == ("", True)


def test_the_index_finds_it_after_opening_anew(lab: Lab) -> None:
    """The index is read from the records; it knows no less than the one that was kept along."""
    lab.ingest("L-1", lab.plate("1.000"))
    core = lab.app._core
    kept = core.ledger.latest("file", "L-1:plate.csv")
    assert kept is not None
    asked = core.files.of(kept.content["digest"])[0].file.model_copy(update={"digest": f"sha256:{0:064x}", "sample": "S9"})
    for index in (core.files, FileIndex(core.database)):
        assert [k.id for k in index.like(asked)] == ["L-1:plate.csv"]
        assert not index.like(asked.model_copy(update={"reading": ""}))
        assert not index.like(asked.model_copy(update={"part": "impurity"}))
