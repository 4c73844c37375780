"""The matrix as lists: what is open first, filters that all must fit, both ways."""

from __future__ import annotations

import pytest

from csvgen.trace.listing import Wanted, cases, gaps, listing, requirements

from .conftest import F, P


@pytest.fixture
def found(bench):
    bench.run("OQ-001", {"TC-OQ-0001": F, "TC-OQ-0002": P})
    bench.dispose("DEV-001", "OQ-001", "TC-OQ-0001", "retest", signed=False)
    return listing(bench.spec, bench.matrix, {c.id: c.priority for c in bench.protocol.cases})


def names(lines) -> list[str]:
    return [getattr(line.row, "requirement", None) or line.row.case for line in lines]


def test_what_is_open_stands_first_and_the_rest_as_specified(found):
    assert [line.row.coverage for line in found.requirements] == ["failed", "gap", "gap", "procedure"]
    assert names(found.requirements) == ["URS-TNY-002", "URS-TNY-001", "URS-TNY-003", "URS-TNY-004"]
    assert names(found.cases)[0] == "TC-OQ-0001"
    assert names(found.cases)[-1] == "TC-OQ-0002"
    assert found.coverage == {"failed": 1, "gap": 2, "procedure": 1}
    assert found.verdicts == {"FAILED": 1, "NOT_RUN": 2, "PASSED": 1}
    assert sum(found.kinds.values()) == len(found.gaps)


def test_a_requirement_is_found_by_its_cases_and_a_case_by_its_requirements(found):
    assert names(requirements(found, Wanted(words="tc-oq-0002"))) == ["URS-TNY-003"]
    assert names(requirements(found, Wanted(words="tc-pq-0001"))) == ["URS-TNY-002", "URS-TNY-003"]
    assert set(names(cases(found, Wanted(words="URS-TNY-003")))) == {"TC-OQ-0002", "TC-PQ-0001"}
    assert names(cases(found, Wanted(words="urs-tny-003 both"))) == ["TC-PQ-0001"]
    assert names(requirements(found, Wanted(words="RA-TNY-001"))) == ["URS-TNY-001"]


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        (Wanted(standing="failed"), ["URS-TNY-002"]),
        (Wanted(phase="IQ"), ["URS-TNY-001"]),
        (Wanted(phase="OQ", standing="gap"), ["URS-TNY-003"]),
        (Wanted(priority="high", phase="OQ"), ["URS-TNY-002", "URS-TNY-003"]),
        (Wanted(priority="not rated"), ["URS-TNY-004"]),
        (Wanted(standing="passed"), []),
    ],
)
def test_parts_of_a_filter_must_all_fit(found, wanted, ids):
    assert names(requirements(found, wanted)) == ids


def test_cases_are_filtered_by_verdict_phase_and_priority(found):
    assert names(cases(found, Wanted(standing="PASSED"))) == ["TC-OQ-0002"]
    assert names(cases(found, Wanted(phase="PQ"))) == ["TC-PQ-0001"]
    assert names(cases(found, Wanted(priority="low"))) == []
    assert next(line for line in found.cases if line.row.case == "TC-OQ-0001").deviations == ("DEV-001",)


def test_gaps_are_filtered_by_kind_and_words(found):
    assert [g.subject for g in gaps(found, Wanted(standing="deviation-open"))] == ["DEV-001"]
    assert {g.kind for g in gaps(found, Wanted(words="TC-PQ-0001"))} >= {"case-not-run"}
