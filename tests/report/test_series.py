"""Control charts and calibrations: readings and limits of the records, limits by the stated rule, and nothing left out in silence."""

from __future__ import annotations

import itertools
import json
import statistics
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from csvgen.model.execution import Attachment
from csvgen.model.picture import Picture
from csvgen.model.report import Paragraph
from csvgen.report import neutral, pdf, readback, readback_pdf
from csvgen.report.outline import outline
from csvgen.report.picture_layout import laid
from csvgen.report.picture_marks import Rule, Shape
from csvgen.report.series import CHART_HEAD, calibrations, control_charts, process_limits
from csvgen.steps.results import certified_set, limits_of, on_the_line

from .material import D, at, material, seen
from .sample import HOSTILE, report

_FILE = Path(__file__).parents[2] / "requirements_specs/qc-release/data/nist/Norris.dat"
_CERTIFIED = certified_set(_FILE.read_text(encoding="ascii"), "linear")
NORRIS = tuple(zip(_CERTIFIED.x, _CERTIFIED.y, strict=True))
"""NIST StRD Norris: level and signal; R squared certified as 0.999993745883712."""


def kept(name: str, kind: str = "table") -> Attachment:
    return Attachment(
        id="TC-PQ-0001.1.1", name=name, media_type="application/json", size=9, sha256=D, captured=at(241), kind=kind
    )


def runs_with(*, observations=(), attachments=(), run: str = "PQ-001"):
    """The runs of the sample; the first step of one of them looked at other things."""

    def changed(r):
        result = r.results[0]
        step = result.steps[0].model_copy(update={"observations": observations, "attachments": attachments})
        return replace(r, results=(result.model_copy(update={"steps": (step,)}), *r.results[1:]))

    return tuple(changed(r) if r.run == run else r for r in material("pq-report").runs)


def with_readings(*values: str, by: str = "at-most", tolerance: str = ""):
    read = tuple(
        seen("time taken", "2", v, comparison=by, unit="s", holds=v != "2.4").model_copy(update={"tolerance": tolerance})
        for v in values
    )
    return runs_with(observations=read)


def nothing(_run, _kept):
    return b""


def holding(*rows):
    data = json.dumps([list(row) for row in rows]).encode()
    return lambda _run, _kept: data


def charts(runs, opened=nothing):
    return control_charts(runs, "PQ", opened)


# ------------------------------------------------------------------ control charts


def test_readings_are_charted_from_three_on_with_the_limits_of_the_script_and_their_mean():
    (found,) = charts(with_readings("0.9", "1.2", "2.4"))
    assert found.shows.limits == (("at most", "2"),)
    assert [(r.value, r.holds) for r in found.shows.readings] == [("0.9", True), ("1.2", True), ("2.4", False)]
    assert found.shows.centre == "1.50"
    assert found.shows.process == ()
    assert "3 readings, 1 beyond an approved limit (triangle); fewer than 10 readings, so no process limits" in found.caption
    assert "2.4 in PQ-001, TC-PQ-0001, step 1" in found.alt
    (both,) = charts(with_readings("1", "2", "3", by="within", tolerance="0.5"))
    assert both.shows.limits == (("at most", "2.5"), ("at least", "1.5"))


def test_process_limits_are_those_of_individual_values_and_moving_ranges():
    values = ["1.00", "1.10", "0.95", "1.05", "1.20", "0.90", "1.00", "1.15", "1.05", "1.75"]
    (found,) = charts(with_readings(*values))
    numbers = [float(v) for v in values]
    moving = statistics.fmean(abs(b - a) for a, b in itertools.pairwise(numbers))
    mean = statistics.fmean(numbers)
    (_, upper), (_, lower) = found.shows.process
    assert float(upper) == pytest.approx(mean + 3 * moving / 1.128, abs=6e-4)
    assert float(lower) == pytest.approx(mean - 3 * moving / 1.128, abs=6e-4)
    assert "1 beyond a process limit only (square); process limits: mean ± 3 x mean moving range / 1.128" in found.caption
    corners = [len(m.corners) for m in laid(found, 482.0).marks if isinstance(m, Shape)]
    assert corners == [1] * 9 + [4], "the last point is a square"
    assert process_limits([Decimal(v) for v in values[:9]])[1] == ()


def test_what_is_beyond_an_approved_limit_is_a_triangle_whatever_the_process_does():
    (found,) = charts(with_readings(*["1.0", "1.1"] * 5, "2.4"))
    assert [len(m.corners) for m in laid(found, 482.0).marks if isinstance(m, Shape)] == [1] * 10 + [3]
    assert "1 beyond an approved limit (triangle), none beyond a process limit only" in found.caption


@pytest.mark.parametrize("values", [("0.9", "1.2"), ("NaN", "Infinity", "1E+999999999"), ("a", "b", "c")])
def test_what_cannot_be_charted_is_said(values):
    (found,) = charts(with_readings(*values))
    assert found.shows is None
    assert "nothing to chart" in found.empty


def test_equal_readings_are_told_and_no_flat_chart_is_drawn_of_them():
    (found,) = charts(with_readings("2", "2.0", "2"))
    assert found.shows is None
    assert "time taken: 3 readings, each 2 s; at most 2: none beyond an approved limit." in found.empty
    (beyond,) = charts(with_readings("2.4", "2.4", "2.4"))
    assert beyond.shows is not None, "what is beyond a limit is always drawn"
    few = charts(with_readings("2", "2"))
    assert "nothing to chart" in few[0].empty


LOTS = [("potency", f"LOT-{n}", value, "%", "95.0", "105.0") for n, value in enumerate(("100.5", "69.8", "100.5"))]


def test_a_limit_at_the_height_of_the_mean_is_drawn_upon_it_and_not_under_it():
    (found,) = control_charts(with_readings("1", "2", "3"), "PQ", nothing)
    shown = laid(found, 480.0)
    across = [m for m in shown.marks if isinstance(m, Rule) and m.to_x - m.x > 250]
    mean, limit = across
    assert (mean.dashed, limit.dashed) == (False, True)  # what is drawn later lies upon what was drawn before
    assert mean.y == limit.y
    assert limit.thick > mean.thick


def test_three_control_charts_stand_on_an_upright_page():
    (found,) = control_charts(with_readings("2", "2", "2"), "PQ", nothing)
    drawn = pdf.draw(replace(report(), banner="", title="Report", blocks=((found,) * 3 + (Paragraph("and so on " * 600),))))
    pages = {r.page for r in readback_pdf.runs(drawn)[1] if r.text.startswith("Figure ")}
    assert len(pages) == 1


def test_a_table_declared_as_a_control_chart_is_one_with_the_limits_it_names():
    declared = runs_with(attachments=(kept("control chart: reported values"),))
    (found,) = charts(declared, holding(CHART_HEAD, *LOTS))
    assert found.shows.limits == (("at most", "105.0"), ("at least", "95.0"))
    assert [(r.value, r.holds) for r in found.shows.readings] == [("100.5", True), ("69.8", False), ("100.5", True)]
    assert found.shows.readings[1].label == "LOT-1, TC-PQ-0001.1.1 in PQ-001"


def test_a_table_of_another_name_kind_or_phase_is_none():
    for attachment in (kept("reported values"), kept("control chart: values", "file")):
        (found,) = charts(runs_with(attachments=(attachment,)), holding(CHART_HEAD, *LOTS))
        assert found.shows is None
    earlier = runs_with(attachments=(kept("control chart: values"),), run="OQ-001")
    assert charts(earlier, holding(CHART_HEAD, *LOTS))[0].shows is None


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([("quantity", "value"), ("potency", "1")], "it has the columns quantity, value"),
        ([CHART_HEAD, ("potency", "LOT-1", "about 100", "%", "", "")], "is 'about 100', no number to draw"),
        ([], "the table cannot be read"),
    ],
)
def test_what_was_declared_and_cannot_be_drawn_is_told(rows, told):
    found = charts(runs_with(attachments=(kept("control chart: values"),)), holding(*rows))
    assert found[-1].shows is None
    assert told in found[-1].empty
    assert "TC-PQ-0001.1.1 in PQ-001" in found[-1].empty


# ------------------------------------------------------------------ calibrations


def calibrated(*rows, name="calibration: linear"):
    return calibrations(runs_with(attachments=(kept(name),)), holding(*rows))


def test_a_calibration_shows_points_line_and_the_certified_r_squared():
    (found,) = calibrated(("level", "signal"), *NORRIS)
    assert _CERTIFIED.values["r-squared"].startswith(found.shows.r_squared), "cut off, not rounded up"
    assert len(found.shows.points) == 36
    assert "line fitted by csvgen by least squares" in found.caption
    certified = {name: Decimal(value) for name, value in _CERTIFIED.values.items()}
    lines = {level: Decimal(line) for level, _, line in found.shows.points}
    assert lines["999.0"] == pytest.approx(certified["B0"] + certified["B1"] * 999, abs=Decimal("1e-6"))


def test_the_line_of_the_system_is_drawn_where_the_table_names_it_and_a_wrong_one_shows():
    rows = [("1", "2.0", "2.1"), ("2", "4.1", "4.0"), ("3", "6.0", "6.0")]
    (found,) = calibrated(("level", "signal", "line"), *rows)
    assert "line as the system computed it" in found.caption
    assert found.shows.points == tuple(rows)
    (wrong,) = calibrated(("level", "signal", "line"), *[(x, y, "4") for x, y, _ in rows])
    assert Decimal(wrong.shows.r_squared) < Decimal("0.01")
    stems = [m for m in laid(wrong, 482.0).marks if isinstance(m, Rule) and m.x == m.to_x and m.thick == 0.5]
    assert max(abs(m.to_y - m.y) for m in stems) > 20


def test_what_the_step_library_attaches_is_drawn_with_the_line_the_system_computed():
    points = on_the_line(_CERTIFIED, {**_CERTIFIED.values, "n": "36"})
    (found,) = calibrated(("level", "signal", "line"), *points)
    assert "line as the system computed it" in found.caption
    assert found.shows.r_squared == calibrated(("level", "signal"), *NORRIS)[0].shows.r_squared
    assert on_the_line(_CERTIFIED, {"refused": "too few points"}) == [], "nothing is made up where the system computed nothing"


@pytest.mark.parametrize(
    ("limit", "bounds"),
    [
        ("95.0 to 105.0 %", ("95.0", "105.0")),
        ("not more than 0.20 %", ("", "0.20")),
        ("not less than 98.0 %", ("98.0", "")),
        ("", ("", "")),
        ("as agreed", ("", "")),
    ],
)
def test_limits_are_those_the_system_spells(limit, bounds):
    assert limits_of(limit) == bounds


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([("level", "signal"), ("1", "2"), ("2", "3")], "2 points"),
        ([("level", "signal"), ("1", "2"), ("1", "3"), ("1", "4")], "all levels or all signals are equal"),
        ([("level", "signal"), ("1", "2"), ("2", "=A1"), ("3", "4")], "a cell is no number"),
        ([("a", "b", "c", "d"), ("1", "2", "3", "4")], "it has the columns a, b, c, d"),
    ],
)
def test_a_table_no_curve_can_be_drawn_of_is_told(rows, told):
    (found,) = calibrated(*rows)
    assert found.shows is None
    assert told in found.empty


def test_no_calibration_is_a_sentence():
    (found,) = calibrations(material("pq-report").runs, nothing)
    assert found.empty == "No run attached a calibration: there is no curve to draw."


# ------------------------------------------------------------------ drawn and read back


def test_plots_keep_their_words_in_the_pdf_with_hostile_names_too():
    bad = " ".join(HOSTILE)
    pictures = [
        *charts(
            runs_with(attachments=(kept(f"control chart: {bad}"),)),
            holding(CHART_HEAD, *[(bad, bad, v, bad, "", "5") for v in "123"]),
        ),
        *calibrated((f"level {bad}", f"signal {bad}"), *NORRIS, name=f"calibration: {bad}"),
    ]
    assert all(isinstance(p, Picture) and p.shows is not None for p in pictures)
    made = replace(report(banner=""), blocks=tuple(pictures))
    again = neutral.read(neutral.kept(made))
    assert again.digest == made.digest
    data = pdf.draw(made)
    assert readback_pdf.differences(readback.of_outline(outline(again)), data) == []
    other = replace(made, blocks=(replace(pictures[0], shows=replace(pictures[0].shows, centre="9.99")), *pictures[1:]))
    faults = readback_pdf.differences(readback.of_outline(outline(other)), data)
    assert any("'mean 2.0' stands where" in fault for fault in faults), "another mean is found in the words of the picture"
