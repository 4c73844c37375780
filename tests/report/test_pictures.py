"""Pictures: that they show what the tables say, that the report's digest binds them, and that no sign is colour alone."""

from __future__ import annotations

import io
import itertools
import zipfile
from dataclasses import replace

import pikepdf
import pytest
from lxml import etree
from PIL import Image

from csvgen.model.execution import Verdict
from csvgen.model.picture import Bar, Bars, Control, Net, Picture, Place, Reading, Way
from csvgen.model.report import Facts, Table
from csvgen.report import pdf, pictures, word
from csvgen.report.picture_layout import HIGHEST, laid
from csvgen.report.picture_marks import Area, Rule, Shape, Words, hatched
from csvgen.report.picture_png import SCALE, png

from .material import material, report_of
from .outside import packed, page_texts, part
from .sample import HOSTILE, report

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
WP = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"
BARS = Picture("Last verdicts", "IQ: PASSED 3, FAILED 1.", Bars((Bar("IQ", (("PASSED", 3, "good"), ("FAILED", 1, "bad"))),)))
LOOP = Net(
    tuple(Place(str(n), f"Place {n} " + "x" * n * 4, "storage; part", n == 3) for n in range(9)),
    tuple(Way(a, b, "record", "how " * 30) for a, b in zip("0120000718", "1203567885", strict=True)),
)
CHART = Control(
    "time",
    "s",
    tuple(Reading(f"OQ-001, step {n}", v, v < "2") for n, v in enumerate(("0.9", "1.2", "2.4"))),
    (("at most", "2"),),
    "1.50",
    (),
)
EVERY = (BARS, Picture("Ways", "a", LOOP), Picture("Readings", "b", CHART), pictures.risk_heat(material("risk").spec))


def holding(*blocks):
    return replace(report(banner=""), blocks=blocks)


def numbers(picture: Picture) -> dict[str, dict[str, int]]:
    assert isinstance(picture.shows, Bars)
    return {bar.label: {name: n for name, n, _ in bar.parts} for bar in picture.shows.bars}


def test_the_digest_of_a_report_binds_every_number_of_a_picture():
    changed = replace(BARS, shows=Bars((Bar("IQ", (("PASSED", 4, "good"), ("FAILED", 1, "bad"))),)))
    assert len({holding(p).digest for p in (*EVERY, changed, replace(BARS, alt="other"), replace(BARS, shows=None))}) == 7


@pytest.mark.parametrize("picture", EVERY, ids=lambda p: p.caption[:12])
def test_everything_lies_within_the_picture_and_boxes_do_not_overlap(picture):
    for total in (482.0, 300.0):
        found = laid(picture, total)
        assert found.height <= HIGHEST
        for mark in found.marks:
            if isinstance(mark, Words):
                assert mark.left >= -0.5, mark
                assert mark.y <= found.height, mark
            if isinstance(mark, Area):
                assert mark.x >= -0.01
                assert mark.x + mark.width <= found.width + 0.01
        boxes = [m for m in found.marks if isinstance(m, Area)]
        for one, other in itertools.combinations(boxes, 2):
            apart = (
                one.x + one.width <= other.x + 0.01 or other.x + other.width <= one.x + 0.01
                or one.y + one.height <= other.y + 0.01 or other.y + other.height <= one.y + 0.01
            )  # fmt: skip
            assert apart, (one, other)


def test_a_flow_of_very_many_ways_back_still_has_boxes_with_room():
    places = tuple(Place(str(n), f"Place {n}", "storage", outside=False) for n in range(6))
    ways = tuple(Way(str(n % 6), str((n * 5) % 6), "r", "h") for n in range(60))
    found = laid(Picture("c", "a", Net(places, ways)), 482.0)
    assert all(m.width > 20 for m in found.marks if isinstance(m, Area))


@pytest.mark.needs("pdftotext")
def test_the_pdf_holds_lines_and_text_and_no_image(tmp_path):
    path = tmp_path / "pictures.pdf"
    path.write_bytes(pdf.draw(holding(*EVERY)))
    text = "".join(packed(page) for page in page_texts(path))
    for number, picture in enumerate(EVERY, 1):
        assert packed(f"Figure {number} {picture.caption}") in text
        assert all(packed(word_) in text for word_ in laid(picture, 482.0).words)
    with pikepdf.open(path) as file:
        assert not [o for o in file.objects if isinstance(o, pikepdf.Stream) and o.get("/Subtype") == "/Image"]


def test_word_has_the_picture_its_caption_field_and_its_words():
    made = word.draw(holding(*EVERY))
    assert made == word.draw(holding(*EVERY))
    document = etree.fromstring(part(made, "word/document.xml"))
    shown = list(document.iter(f"{WP}docPr"))
    assert [(d.get("id"), d.get("descr")) for d in shown] == [(str(n), p.alt) for n, p in enumerate(EVERY, 1)]
    assert [f.get(f"{W}instr").split()[1] for f in document.iter(f"{W}fldSimple")] == ["Figure"] * len(EVERY)
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        images = [Image.open(io.BytesIO(archive.read(n))) for n in archive.namelist() if n.startswith("word/media/")]
    extents = sorted((int(e.get("cx")), int(e.get("cy"))) for e in document.iter(f"{WP}extent"))
    for extent, size in zip(extents, sorted(image.size for image in images), strict=True):
        assert all(abs(emu / 12700 * SCALE - pixels) <= 1 for emu, pixels in zip(extent, size, strict=True))


@pytest.mark.needs("pdftotext")
def test_no_data_is_a_sentence_and_no_frame(tmp_path):
    nothing = pictures.run_history((), "IQ")
    assert nothing.shows is None
    made = word.draw(holding(nothing))
    assert not list(etree.fromstring(part(made, "word/document.xml")).iter(f"{W}drawing"))
    assert packed("There is no formal run of the IQ.") in packed(part(made, "word/document.xml").decode())
    path = tmp_path / "nothing.pdf"
    path.write_bytes(pdf.draw(holding(nothing)))
    assert packed("There is no formal run of the IQ.") in "".join(packed(p) for p in page_texts(path))


def test_a_part_differs_from_another_without_its_colour_and_has_its_word_and_number():
    forms = {
        tone: sorted((m.x, m.to_x) for m in hatched(0, 0, 40, 11, tone) if isinstance(m, Rule))
        for tone in ("bad", "open", "quiet")
    }
    assert forms["quiet"] == []
    assert len(forms["bad"]) > 5
    assert all(x == to_x for x, to_x in forms["open"])
    assert any(x != to_x for x, to_x in forms["bad"])
    assert "PASSED 3, FAILED 1" in laid(BARS, 482.0).words
    points = [m for m in laid(Picture("c", "a", CHART), 482.0).marks if isinstance(m, Shape)]
    assert [len(p.corners) for p in points] == [1, 1, 3]
    gray = Image.open(io.BytesIO(png(laid(BARS, 482.0)))).convert("L")
    assert gray.size == (round(482 * SCALE), round(laid(BARS, 482.0).height * SCALE))


def test_hostile_text_stays_text():
    places = (Place("a", HOSTILE[0], HOSTILE[6], outside=False), Place("b", "\n".join(HOSTILE[:8]), "x", outside=True))
    bad = holding(Picture(HOSTILE[1], "\n".join(HOSTILE), Net(places, (Way("a", "b", HOSTILE[7], HOSTILE[2]),))))
    document = etree.fromstring(part(word.draw(bad), "word/document.xml"))
    told = next(document.iter(f"{WP}docPr")).get("descr")
    assert "<script>" in told
    assert "[U+0007]" in told
    assert "\u202e" not in told
    pdf.draw(bad)


# ------------------------------------------------------------------ the same numbers as the tables


def test_coverage_counts_the_rows_of_the_table_below_it():
    blocks = report_of("pq-report").blocks
    at = next(n for n, b in enumerate(blocks) if isinstance(b, Picture) and b.caption.startswith("Coverage"))
    assert isinstance(blocks[at + 1], Facts)
    below = blocks[at + 2]
    assert isinstance(below, Table)
    told = numbers(blocks[at])
    assert sum(sum(words.values()) for words in told.values()) == len(below.rows)
    assert told["priority high"]["PASSED"] == sum(row[2] == "high" and row[3] == "PASSED" for row in below.rows)


def test_verdicts_and_runs_are_those_of_the_records():
    m = material("oq-report")
    assert numbers(pictures.verdicts(m.matrix, "OQ")) == {"IQ": {"PASSED": 1}, "OQ": {"PASSED": 2, "BLOCKED": 1}}
    history = numbers(pictures.run_history(m.runs, "IQ"))
    assert history == {"IQ-001": {"FAILED": 1}, "IQ-002": {"PASSED": 1}}
    stopped = replace(m.runs[0], seal=m.runs[0].seal.model_copy(update={"aborted": "power cut", "aborted_by": "N. Tester"}))
    assert list(numbers(pictures.run_history((stopped,), "IQ"))) == ["IQ-001 (aborted, does not count)"]
    many = tuple(replace(m.runs[0], plan=m.runs[0].plan.model_copy(update={"run": f"IQ-{n:03d}"})) for n in range(30))
    told = pictures.run_history(many, "IQ")
    assert next(iter(numbers(told))) == "IQ-010"
    assert "10 earlier runs stand in the table" in told.caption


def heat(picture: Picture) -> list[int]:
    return [sum(n for row in panel.cells for cell in row for _, n, _ in cell) for panel in picture.shows.panels]


def test_every_risk_lies_in_both_panels_and_a_failed_test_takes_it_back():
    m = material("risk")
    whole = len(m.spec.risks)
    claimed = pictures.risk_heat(m.spec)
    assert heat(claimed) == [whole, whole]
    before, after = claimed.shows.panels
    assert before.cells != after.cells
    matrix = material("pq-report").matrix
    risk = "RA-QC-005"
    passed = matrix.model_copy(update={"reverse": tuple(r.model_copy(update={"final": Verdict.PASSED}) for r in matrix.reverse)})
    failed = matrix.model_copy(update={"reverse": tuple(r.model_copy(update={"final": Verdict.FAILED}) for r in matrix.reverse)})
    assert any(risk in r.risks for r in matrix.reverse)
    held, back = (pictures.risk_heat(m.spec, x).shows.panels for x in (passed, failed))
    assert back[1].cells == before.cells
    assert held[1].cells != before.cells
    assert heat(pictures.risk_heat(m.spec, passed)) == [whole, whole]


def test_every_way_of_the_data_flow_is_drawn_and_told():
    spec = material("urs").spec
    found = pictures.data_flow(spec)
    flow = spec.system.data_flow
    assert len(found.shows.ways) == len(flow.flows)
    assert all(f.how in found.alt for f in flow.flows)
    without = replace(spec, system=spec.system.model_copy(update={"data_flow": None}))
    assert pictures.data_flow(without).shows is None
