"""Reports of the real target, read item by item: right ones pass; each check is seen to fail on a report that was altered."""

from __future__ import annotations

import dataclasses
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from csvgen.errors import BadInput, CsvgenError
from csvgen.execution.observe import ExpectationFailed
from csvgen.patterns.catalogue import catalogue
from csvgen.ports import RecordCopy
from csvgen.steps import held, report, trail
from csvgen.steps.reading import read, shown
from csvgen.steps.records import bring_to
from csvgen.targets import bind

from .cases import Case

EXAMPLE = catalogue()["report-content@1"].example


@pytest.fixture(scope="module")
def case(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    """Two lots, the first released, in an instance that the tests of this file share."""
    home = shutil.copytree(installed, tmp_path_factory.mktemp("reports") / "instance")
    target = bind("validation", {"adapter": "local", "home": str(home)})
    made = Case(target, "REPORTS", {})
    made.log_in("auditor")
    bring_to(made, made.lot("ONE"), "released")
    bring_to(made, made.lot("TWO"), "processed", "0.990")
    yield made
    target.close()


@pytest.fixture(scope="module")
def certificate(case: Case) -> RecordCopy:
    return case.port("Pipeline").certificate(case.actors.session("analyst"), case.lot("ONE"))


def items(name: str) -> str:
    return next(r["items"] for r in EXAMPLE["reports"] if r["report"] == name)


def altered(copy: RecordCopy, old: str, new: str) -> RecordCopy:
    """The copy of a record as HTML with one piece of its text replaced."""
    text = copy.human.decode()
    assert old in text
    return dataclasses.replace(copy, human=text.replace(old, new, 1).encode())


# ------------------------------------------------------------ reading


@pytest.mark.needs("pdftotext")
def test_a_pdf_is_read_as_another_reader_reads_it(certificate, tmp_path):
    path = tmp_path / "certificate.pdf"
    path.write_bytes(certificate.human)
    text = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, check=True, text=True).stdout
    lines = {" ".join(line.split()) for line in text.splitlines()} - {""}
    reading = read(certificate)
    mine = {" ".join(" ".join(row).split()) for row in reading.sections[""]}
    assert len(mine & lines) > 50
    assert {line for line in mine - lines if line.startswith(("Batch", "Status", "potency "))} == set()
    assert len(reading.pages) == text.count("\f")


def test_items_by_their_word_and_by_column_and_row(certificate):
    reading = read(certificate)
    assert shown(reading, "Status") == ["RELEASED"]
    assert shown(reading, "Date of manufacture") == ["not stated"]
    assert shown(reading, "Result of potency") == ["100.0 %"]
    assert shown(reading, "Value before rounding of potency") == ["100"]
    assert (
        shown(reading, "Content digest") == [str(json.loads(json.dumps(shown(reading, "Content digest")[0])))] * 2
    )  # cover and end
    assert shown(reading, "Result of nothing") == shown(reading, "Nothing") == []


def test_a_page_is_read_under_its_headings():
    html = b"<title>x</title><style>p{}</style><h1>A</h1><p>words</p><table><tr><th>Lot</th><td>L-1 &amp; <b>more</b></td></tr></table><h2>B</h2><table><tr><td>Lot</td><td>L-2</td></tr></table>"
    reading = read(RecordCopy(html, "text/html", b"", ""))
    assert reading.sections == {"A": (("words",), ("Lot", "L-1 & more")), "B": (("Lot", "L-2"),)}
    assert (shown(reading, "Lot"), shown(reading, "B: Lot")) == (["L-1 & more"], ["L-2"])


def test_a_form_nobody_can_read_here_is_an_error():
    with pytest.raises(BadInput, match="application/zip"):
        read(RecordCopy(b"PK", "application/zip", b"", ""))
    with pytest.raises(BadInput, match="cannot be read"):
        read(RecordCopy(b"%PDF-1.7\n", "application/pdf", b"", ""))


# ------------------------------------------------------------ steps, right and wrong


def test_the_certificate_shows_what_it_must(case, certificate):
    case.world.facts["report"] = certificate
    case.observe.made.clear()
    report.shows_items(case, items("certificate of analysis"), "ONE")
    assert len(case.observe.made) == 2 * 6
    report.nothing_of(case, "TWO")
    report.numbered(case)
    assert case.observe.made[-1].actual == f"{len(read(certificate).pages)} of {len(read(certificate).pages)}"


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ("Batch = text another", "Batch"),
        ("Colour = text red", "how often the report shows Colour: expected '1', observed '0'"),
        ("Content digest = text x", "expected '1', observed '2'"),
        ("Result of potency = text 100.1 %", "Result of potency"),
    ],
)
def test_an_item_that_is_wrong_missing_or_there_twice_is_seen(case, certificate, wanted, words):
    case.world.facts["report"] = certificate
    with pytest.raises(ExpectationFailed, match=words):
        report.shows_items(case, wanted, "ONE")


def test_what_belongs_to_another_lot_is_seen_in_either_form(case, certificate):
    for strange in (
        case.lot("TWO"),
        next(iter(case.port("Pipeline").lot(case.actors.session("analyst"), case.lot("TWO")).files.values())),
    ):
        case.world.facts["report"] = dataclasses.replace(certificate, electronic=certificate.electronic + strange.encode())
        with pytest.raises(ExpectationFailed, match="in the data"):
            report.nothing_of(case, "TWO")
        case.world.facts["report"] = RecordCopy(
            f"<h1>A</h1><p>see {strange}</p>".encode(), "text/html", b"{}", "application/json"
        )
        with pytest.raises(ExpectationFailed, match="in the form for people"):
            report.nothing_of(case, "TWO")


def test_a_name_that_only_begins_alike_is_not_the_other_lot(case, certificate):
    case.world.facts["report"] = dataclasses.replace(certificate, electronic=f"{case.lot('TWO')}-A".encode())
    report.nothing_of(case, "TWO")


def test_a_page_number_that_is_wrong_or_missing_is_seen(case, certificate, monkeypatch):
    case.world.facts["report"] = certificate
    right = read(certificate)
    for pages in (("Page 2 of 3", *right.pages[1:]), (*right.pages[:-1], "no number"), (*right.pages, "Page 3 of 3 Page 4 of 4")):
        monkeypatch.setattr(report, "read", lambda _, pages=pages: dataclasses.replace(right, pages=pages))
        with pytest.raises(ExpectationFailed, match="number of page"):
            report.numbered(case)


def test_the_copy_of_a_record_and_what_was_altered_in_it(case):
    report.ask(case, "auditor", "copy of the record", "ONE")
    copy = case.world.facts["report"]
    wanted = "Lot = lot number; State = text released; Potency = text 100.0 %; Verdict = field verdict"
    report.shows_items(case, wanted, "ONE")
    report.numbered(case)
    report.handed_out(case, "ONE", "copy", "auditor")
    with pytest.raises(ExpectationFailed, match="person"):
        report.handed_out(case, "ONE", "copy", "analyst")
    for old, new in (
        ("100.0 %, in", "100.1 %, in"),
        (f"<td>{case.lot('ONE')}</td>", "<td>LOT-X</td>"),
        ("<th>Verdict</th>", "<th>Verdikt</th>"),
    ):
        case.world.facts["report"] = altered(copy, old, new)
        with pytest.raises(ExpectationFailed):
            report.shows_items(case, wanted, "ONE")
    case.world.facts["report"] = altered(copy, "<h2>", "<p>Page 1 of 1</p><h2>")
    with pytest.raises(ExpectationFailed, match="pages"):
        report.numbered(case)


def test_the_export_shows_each_entry_once(case):
    case.log_in("auditor")
    trail.export(case, "auditor")
    report.export_shows(case, "ONE", "TWO")
    export = case.world.facts["export"]
    line = next(n for n in export.splitlines(keepends=True) if case.lot("TWO").encode() in n)
    for wrong in (export.replace(line, b""), export + line, export.replace(line, line.replace(b"val.analyst", b"val.reviewer"))):
        case.world.facts["export"] = wrong
        with pytest.raises(ExpectationFailed, match="not there once"):
            report.export_shows(case, "ONE", "TWO")


def test_refused_reports_are_refusals_and_nothing_is_handed_out(case):
    for row in EXAMPLE["refusals"]:
        case.world.facts.pop("report", None)
        lot = {"none": "NONE", "reviewed": "TWO", "rejected": "TWO"}[row["state"]]
        report.ask(case, row["role"], row["report"], lot)
        assert not case.world.last.accepted
        assert row["words"] in case.world.last.message
        report.none_given(case)
    case.world.facts["report"] = RecordCopy(b"x", "text/plain", b"", "")
    with pytest.raises(ExpectationFailed):
        report.none_given(case)


@pytest.mark.parametrize("cell", ["Batch", "Batch =", "= lot number", "Batch = lot number;"])
def test_items_that_are_written_wrongly_are_an_error(cell):
    with pytest.raises(CsvgenError, match="item = source"):
        report.items_of(cell)


def test_a_source_nobody_knows_is_an_error(case, certificate):
    case.world.facts["report"] = certificate
    for source in ("somewhere", "field no.such", "text "):
        with pytest.raises(CsvgenError):
            report.shows_items(case, f"Batch = {source}", "ONE")


# ------------------------------------------------------------ what the system holds


def test_nothing_changed_is_told_from_something(case):
    case.log_in("quality")
    held.noted(case, "TWO")
    with pytest.raises(ExpectationFailed, match="audit entries added"):  # nobody tried anything
        held.as_noted(case, "TWO")
    case.port("Records").change(case.actors.session("analyst"), case.lot("TWO"), "verdict", "x", "not allowed")
    held.as_noted(case, "TWO")
    held.noted(case, "TWO")
    assert case.port("Records").change(case.actors.session("analyst"), case.lot("TWO"), "comment", "now", "allowed").accepted
    with pytest.raises(ExpectationFailed, match="facts of lot"):
        held.as_noted(case, "TWO")
