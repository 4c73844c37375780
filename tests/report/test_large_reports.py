"""Reports of many cases: nothing is found by going through all of them for each."""

from __future__ import annotations

from dataclasses import replace

from csvgen.model.execution import Verdict
from csvgen.model.protocol import Feature, Protocol
from csvgen.model.report import Heading
from csvgen.report.case_blocks import case_list, executed
from csvgen.report.result_blocks import exceptions, results
from csvgen.report.spec_blocks import risk_summary
from csvgen.report.thumbnails import Thumbnails, nothing_kept
from csvgen.trace.matrix import trace

from .material import case, result, run, seen, spec_with, step


class Read(tuple):  # noqa: SLOT001 - a subclass that counts
    """Results of a run, counting how often somebody goes through them."""

    times = 0

    def __iter__(self):
        Read.times += 1
        return super().__iter__()


def read(name, *found):
    made = run(name, 60, *found)
    return replace(made, results=Read(made.results))


def test_a_report_looks_no_case_up_by_going_through_all():
    spec = spec_with(())

    def of(count):
        cases = tuple(case(f"TC-OQ-{n:04d}", "URS-QC-006", "t", "boundary", ("Then", "it is so")) for n in range(count))
        protocol = Protocol(
            system="qc-release",
            features=(Feature(path="OQ/x.feature", phase="OQ", title="F", fingerprint="", text="", cases=cases),),
        )
        runs = tuple(
            read(name, *(result(c, Verdict.PASSED, 61, step(1, c, seen("w", "a", "a"))) for c in cases))
            for name in ("OQ-001", "OQ-002")
        )
        return protocol, runs, trace(spec, protocol, runs, ())

    few = of(20)
    Read.times = 0
    first, again = results(few[0], "OQ", few[1], ())[:2]
    assert [row[:3:2] for row in first.rows[:3]] == [
        ("TC-OQ-0000", "OQ-001"), ("TC-OQ-0000", "OQ-002"), ("TC-OQ-0001", "OQ-001"),
    ]  # fmt: skip
    assert [row[0] for row in again.rows] == [f"TC-OQ-{n:04d}" for n in range(20)]
    assert exceptions(few[0], "OQ", few[1], (), few[2])[0].rows[1][:2] == ("Cases executed more than once", "20")
    assert 0 < Read.times < 20  # a few times each of the two runs, whatever the number of cases


def test_results_and_lists_of_cases_are_in_their_order_and_executed_scripts_stand_below_their_feature():
    ids = ("TC-OQ-0007", "TC-OQ-0003", "TC-OQ-0005", "TC-OQ-0001")
    cases = [case(name, "URS-QC-006", f"title of {name}", "boundary", ("Then", "it is so")) for name in ids]
    features = tuple(
        Feature(path=f"OQ/{n}.feature", phase="OQ", title=f"Feature {n}", fingerprint="", text="", cases=(cases[n], cases[n + 2]))
        for n in (0, 1)
    )
    protocol = Protocol(system="qc-release", features=features)
    outside = case("TC-OQ-0099", "URS-QC-006", "gone", "boundary", ("Then", "it is so"))
    executed_run = run("OQ-001", 60, *(result(c, Verdict.PASSED, 61, step(1, c, seen("w", "a", "a"))) for c in (*cases, outside)))
    (listed,) = case_list(protocol, "OQ")
    (told, *_) = results(protocol, "OQ", (executed_run,), ())
    assert [row[0] for row in listed.rows] == [row[0] for row in told.rows] == sorted(ids)
    assert (listed.columns[0].kind, told.columns[0].kind) == ("place", "place")
    blocks = executed(protocol, "OQ", (executed_run,), (), Thumbnails(nothing_kept))
    headings = [(b.level, str(b.text)[:22]) for b in blocks if isinstance(b, Heading)]
    assert headings == [
        (2, "Feature 0 (OQ-001)"), (3, "TC-OQ-0007 title of TC"), (3, "TC-OQ-0005 title of TC"),
        (2, "Feature 1 (OQ-001)"), (3, "TC-OQ-0003 title of TC"), (3, "TC-OQ-0001 title of TC"),
        (2, "Run OQ-001"), (3, "TC-OQ-0099 is not in t"),
    ]  # fmt: skip
    assert next(b.anchor for b in blocks if isinstance(b, Heading) and b.level == 3) == "OQ-001-TC-OQ-0007"


def test_more_risks_than_a_cell_can_hold_are_counted_and_not_cut_in_silence():
    spec = spec_with(())
    many = replace(spec, risks=tuple(spec.risks[0].model_copy(update={"id": f"RA-QC-{n:05d}"}) for n in range(3000)))
    ((_, number, named),) = [row for row in risk_summary(many)[0].rows if row[1] != "0"]
    assert number == "3000"
    assert named.endswith("RA-QC-00999 and 2000 more")
    assert len(named) < 32_767
    few = risk_summary(spec)[0].rows
    assert sorted(name for row in few for name in row[2].split(", ") if name != "none") == sorted(r.id for r in spec.risks)
