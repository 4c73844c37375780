"""Rules across files, over facts alone; and the citation rules, which must find what the catalog finds."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml

from csvgen.catalog.citations import findings
from csvgen.model import spec as noun
from csvgen.spec.check import RULES
from csvgen.spec.facts import content_words, word_key
from csvgen.spec.registry import Context, Index, Item

CONTEXT = Context(folder="probe")
LABELLED = Path(__file__).parents[1] / "catalog" / "labelled.yaml"


def stated(identity: str, statement: str, line: int = 1) -> Item:
    words = [word_key(w) for w in sorted(content_words(statement))]
    return Item("requirement", identity, "urs/1.yaml", (line, 3), {}, {"words": words})


def rated(identity: str, severity: str = "high", reasons: Iterable[int] = (), **says: Any) -> Item:
    grades = {"severity": severity, "probability": "medium", "detectability": "low"}
    known = {
        "requirements": ["URS-P-001"],
        "scheme": "gamp5-two-step",
        "grades": grades,
        "reasons": list(reasons),
        "failure": identity,
    }
    return Item(
        "risk", identity, "risk/1.yaml", (1, 1), {}, {**known, "improved": False, "challenge": False, "drafted": False, **says}
    )


def found(code: str, *items: Item) -> list[tuple[str, str]]:
    return [(f.item.id, f.message) for f in RULES[code].check(Index(items, complete=True), CONTEXT)]


ONE = "The system shall record user, time and reason of each change."


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ("Of each change the system shall record reason, times and user.", "has the same words as URS-P-001 (urs/1.yaml:7)"),
        (
            "The system shall record user, time, value and reason of each change.",
            "with one word more what URS-P-001 (urs/1.yaml:7) says",
        ),
        ("The system shall not record user, time and reason of each change.", "the opposite of URS-P-001 (urs/1.yaml:7)"),
    ],
)
def test_statements_that_are_nearly_one(other: str, words: str) -> None:
    assert [i for i, m in found("URS111", stated("URS-P-001", ONE, 7), stated("URS-P-002", other)) if words in m] == ["URS-P-002"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (ONE, "The system shall record user, time and place of each change."),
        ("The system shall lock an account after 3 failed log-ins in a row.", "The system shall lock an account after 5 failed log-ins in a row."),
        ("The system shall lock accounts.", "The system shall lock accounts."),
        (ONE, "The system shall record user, time, old value and reason of each change."),
    ],
)  # fmt: skip
def test_statements_that_differ(one: str, other: str) -> None:
    assert found("URS111", stated("URS-P-001", one), stated("URS-P-002", other)) == []


def test_of_many_equal_statements_each_is_one_finding() -> None:
    assert len(found("URS111", *(stated(f"URS-P-{n:03d}", ONE) for n in range(50)))) == 49


@pytest.mark.parametrize(
    ("one", "other"), [("URS-LO-1", "URS-10-1"), ("URS-P-001", "URS-P-1"), ("URS-P-O1", "URS-P-01"), ("PQ-P-1I", "PQ-P-11")]
)
def test_ids_that_look_alike(one: str, other: str) -> None:
    assert [i for i, _ in found("URS135", stated(one, "x"), stated(other, "x"))] == [other]


@pytest.mark.parametrize(
    ("one", "other"), [("URS-P-001", "URS-P-010"), ("URS-P-100", "URS-P-10"), ("URS-P-A1", "URS-P-B1"), ("URS-P-0", "URS-P-1")]
)
def test_ids_that_do_not(one: str, other: str) -> None:
    assert found("URS135", stated(one, "x"), stated(other, "x")) == []


def test_a_reason_is_copied_from_the_fifth_time_on() -> None:
    assert found("RSK211", *(rated(f"RA-P-{n}", reasons=[1, n + 10, n + 90]) for n in range(4))) == []
    five = found("RSK211", *(rated(f"RA-P-{n}", reasons=[1, n + 10, n + 90]) for n in range(5)))
    assert [i for i, _ in five] == ["RA-P-0"]
    assert "5 initial ratings" in five[0][1]


def test_ten_risks_of_one_severity() -> None:
    assert found("RSK215", *(rated(f"RA-P-{n}") for n in range(9))) == []
    assert len(found("RSK215", *(rated(f"RA-P-{n}") for n in range(10)))) == 1
    assert found("RSK215", rated("RA-P-X", "low"), *(rated(f"RA-P-{n}") for n in range(10))) == []


def test_a_grade_that_no_scheme_knows_is_left_to_its_own_rule() -> None:
    says = {"verification": "procedure", "gxp": "yes"}
    r = Item("requirement", "URS-P-001", "f", (1, 1), {}, says)
    assert [i for i, _ in found("RSK209", r, rated("RA-P-1"))] == ["RA-P-1"]
    assert found("RSK209", r, rated("RA-P-1", "enormous")) == []
    assert found("RSK209", r, rated("RA-P-1", scheme="nobody-knows")) == []


def test_a_risk_is_the_same_only_for_the_same_requirement() -> None:
    one, other = rated("RA-P-1", failure="x | y"), rated("RA-P-2", failure="x | y", requirements=["URS-P-002"])
    assert found("RSK214", one, other) == []
    assert [i for i, _ in found("RSK214", one, rated("RA-P-3", failure="x | y"))] == ["RA-P-3"]


# ------------------------------------------------------------------ citations

CITED = (
    "11.10(d)",
    "11.10(e)",
    "11.10(k)(1)",
    "11.50(a)(1)",
    "11.70",
    "11.300(b)",
    "A11-7.1",
    "A11-9",
    "A11-12.1",
    "21 CFR 211.68(b)",
)


def by_the_rules(clauses: tuple[str, ...], statement: str) -> set[tuple[str, str]]:
    values = {"id": "URS-P-001", "title": "T", "rationale": "R", "category": "function", "gxp": "yes", "phase": "OQ"}
    r = noun.Requirement.model_validate({**values, "statement": statement, "clauses": clauses})
    codes = [f"CIT3{n}" for n in range(10, 20)]
    return {(code, h.message.partition(": ")[2]) for code in codes for h in RULES[code].check(r, CONTEXT)}


def test_the_quick_look_passes_over_nothing_that_the_catalog_finds() -> None:
    """Bare clauses are looked at closely only when the text names subjects of others alone."""
    lines = [line["text"] for line in yaml.safe_load(LABELLED.read_text(encoding="utf-8"))["lines"]][::7]
    some = 0
    for number, text in enumerate(lines):
        clauses = (CITED[number % len(CITED)], CITED[(number * 3 + 1) % len(CITED)])
        said = f"T\n{text}"
        direct = {
            (f.rule, f.message)
            for n, clause in enumerate(clauses)
            for f in findings(clause, said, [c for m, c in enumerate(clauses) if m != n])
        }
        assert direct <= by_the_rules(clauses, text), text
        some += len(direct)
    assert some >= 3, "the lines have to hold something to find"


def test_citations_inside_a_statement_are_judged_too() -> None:
    assert {c for c, _ in by_the_rules((), "The system shall keep an audit trail per 21 CFR Part 11.")} == {"CIT317"}
    assert by_the_rules(("11.10(e)",), "The system shall keep an audit trail per 21 CFR Part 11.") == set()
    assert {c for c, _ in by_the_rules((), "The system shall show names as § 11.010(e) asks.")} >= {"CIT319"}
    assert by_the_rules((), "The system shall weigh 11.10 kg in 11 parts.") == set()
