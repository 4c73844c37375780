"""Citations: what is an error, what a note, what is said once; and what a category asks for."""

from __future__ import annotations

import re

import pytest

from csvgen.catalog.clauses import canonical, find, nearest
from csvgen.model import spec as noun
from csvgen.spec.check import RULES
from csvgen.spec.registry import Context

CODES = sorted(code for code, rule in RULES.items() if code.startswith("CIT") and "requirement" in rule.on)


def codes(*clauses: str, statement: str = "The probe shall greet.", **more: object) -> list[str]:
    values = {"id": "URS-P-001", "title": "A", "rationale": "R.", "category": "function", "gxp": "yes", "phase": "OQ"}
    r = noun.Requirement.model_validate({**values, "statement": statement, "clauses": clauses, **more})
    return [code for code in CODES for _ in RULES[code].check(r, Context(folder="probe"))]


@pytest.mark.parametrize(
    "citation",
    ["21 CFR 211.142(b)", "211.150", "21 CFR 58.130", "EU GMP Chapter 4", "Annex 15", "ICH Q9", "ISO 13485 4.1.6", "21 CFR 812.140", "Ph. Eur. 2.2.46"],
)  # fmt: skip
def test_what_the_catalog_does_not_hold_is_a_note(citation: str) -> None:
    assert codes(citation) == ["CIT304"]
    r = noun.Requirement.model_construct(id="URS-P-001", title="A", statement="S.", clauses=(citation,))
    (hit,) = RULES["CIT304"].check(r, Context(folder="probe"))
    assert re.search(r"\b11\.|A11-", hit.hint) is None


@pytest.mark.parametrize("citation", ["11.10(z)", "21 CFR 11.142(b)", "11.99", "21 CFR Part 11, 11.10(z)", "see above", "11.10(e) audit trail"])  # fmt: skip
def test_what_the_catalog_holds_in_whole_is_an_error(citation: str) -> None:
    assert codes(citation) == ["CIT301"]


@pytest.mark.parametrize(
    ("citation", "code"),
    [
        ("11.1O(e)", "CIT319"),
        ("11.010(e)", "CIT319"),
        ("Part 11", "CIT317"),
        ("11.10(d) audit trails", "CIT310"),
        ("21 CFR 820.70(i)", "CIT318"),
        ("A11-15.3", "CIT316"),
        ("EU GMP Annex 22", "CIT316"),
    ],
)
def test_one_mistake_in_a_citation_is_one_finding(citation: str, code: str) -> None:
    assert codes(citation) == [code]


def test_the_superseded_paragraph_makes_a_sentence() -> None:
    r = noun.Requirement.model_construct(id="URS-P-001", title="A", statement="S.", clauses=("21 CFR 820.70(i)",))
    (hit,) = RULES["CIT318"].check(r, Context(folder="probe"))
    assert hit.message.count("820.70(i)") == 1
    assert "21 CFR 820.70(i) is a paragraph that" in hit.message


@pytest.mark.parametrize(
    ("written", "identity"),
    [
        ("Annex 11-9", "A11-9"),
        ("EU GMP Annex 11: 9", "A11-9"),
        ("Annex 11, clause 12.1", "A11-12.1"),
        ("21 CFR Part 11, 11.10 (e)", "11.10(e)"),
        ("21 CFR Part 11, § 11.10(e)", "11.10(e)"),
        ("Part 11, section 11.10(e)", "11.10(e)"),
        ("21 CFR 11, 11.10(e)", "11.10(e)"),
        ("21 CFR, Part 211, 211.68(b)", "211.68(b)"),
    ],
)
def test_ways_of_writing_one_clause(written: str, identity: str) -> None:
    assert canonical(written) == identity
    assert find(written) is not None
    assert codes(written) == []


def test_annexes_with_other_numbers_are_others() -> None:
    assert canonical("Annex 119") == "Annex119"
    assert canonical("Annex 15-9") == "Annex15-9"


def test_hints_stay_within_a_regulation() -> None:
    assert all(i.startswith("211.") for i in nearest("211.150"))
    assert nearest("21 CFR 58.130") == nearest("ICH Q9") == ()
    assert nearest("11.10(z)")[0].startswith("11.10(")


CHANGES = "When a user changes a limit the system shall record the old and the new value."


@pytest.mark.parametrize(
    ("category", "clauses"),
    [
        ("audit-trail", ["11.10(d)"]),
        ("audit-trail", ["11.10(a)"]),
        ("e-signature", ["11.10(e)"]),
        ("access", ["11.10(e)", "A11-9"]),
    ],
)
def test_category_without_a_clause_of_its_own(category: str, clauses: list[str]) -> None:
    assert codes(*clauses, statement=CHANGES, category=category) == ["CIT321"]


@pytest.mark.parametrize(
    ("category", "clauses"),
    [
        ("audit-trail", ["11.10(d)", "11.10(e)"]),
        ("audit-trail", ["A11-9"]),
        ("audit-trail", ["21 CFR 211.68(b)"]),
        ("e-signature", ["11.200(a)(1)"]),
        ("e-signature", ["Annex 11, clause 14"]),
        ("access", ["A11-12.3"]),
        ("access", ["11.300(b)"]),
        ("function", ["11.10(d)"]),
    ],
)
def test_category_with_one(category: str, clauses: list[str]) -> None:
    assert "CIT321" not in codes(*clauses, statement=CHANGES, category=category)
