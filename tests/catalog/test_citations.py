"""Ten mistakes of citations, each as it was seen in public documents, each beside a right citation that must stay silent."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csvgen.catalog.citations import findings
from csvgen.catalog.cite import cited_in
from csvgen.catalog.clauses import clauses
from csvgen.catalog.subjects import owners, subjects
from csvgen.marks import load

ROOT = Path(__file__).parents[2]
TRAINED = "education, training, and experience"
NECESSARY = f'11.10(i) "{TRAINED} necessary to perform their assigned tasks"'

BAD = [
    # rule, severity, citation, what the requirement says, what the hint must name
    ("CIT310", "error", "11.10(d) audit trails", "", "11.10(e)"),
    ("CIT310", "error", "11.10(k) operational system checks", "", "11.10(f)"),
    ("CIT310", "error", "11.10(j) personnel access", "", "11.10(d)"),
    ("CIT310", "error", "21 CFR 11.10(g) - sequencing", "", "11.10(f)"),
    ("CIT310", "error", "authority checks per § 11.10(h)", "", "11.10(g)"),
    ("CIT310", "warning", "11.10(d)", "The system shall keep an audit trail of every change.", "11.10(e)"),
    ("CIT311", "error", "11.70 two identification components", "", "11.200(a)(1)"),
    ("CIT311", "error", "11.1(e) audit trail", "", "11.10(e)"),
    ("CIT311", "warning", "11.300(a)", "The system shall write an audit trail of changes.", "11.10(e)"),
    ("CIT312", "error", "11.10(f) input verification, range checks", "", "A11-6"),
    ("CIT312", "warning", "11.10(f) sequence of steps, audit trail", "", "11.10(e)"),
    ("CIT313", "error", NECESSARY, "", TRAINED),
    ("CIT313", "error", "11.10(i)", f'Per 11.10(i) people need "{TRAINED} necessary to perform" a task.', TRAINED),
    (
        "CIT313",
        "error",
        "11.10(d)",
        'Staff see "limiting all system access to authorized individuals only".',
        "Limiting system access",
    ),
    ("CIT314", "error", "11.50 (Subpart C)", "", "Subpart B"),
    ("CIT314", "error", "11.200(a)(1)", "Two components, Subpart B, 11.200(a)(1).", "Subpart C"),
    ("CIT315", "error", "A11-4.2 inventory", "", "A11-4.3"),
    ("CIT315", "error", "Annex 11 clause 4.3 URS", "", "A11-4.4"),
    ("CIT315", "error", "EU GMP Annex 11, 12.4 access authorisations", "", "A11-12.3"),
    ("CIT315", "warning", "A11-8.1", "Every change shall be written to an audit trail.", "A11-9"),
    ("CIT316", "error", "Annex 11 clause 12.1 MFA", "", "2011"),
    ("CIT316", "error", "Annex 11 (2025) clause 12.1", "", "2011"),
    ("CIT316", "error", "draft Annex 11, 11.3", "", "2011"),
    ("CIT316", "error", "A11-15.3", "", "2011"),
    ("CIT316", "error", "EU GMP Annex 22", "", "2011"),
    ("CIT317", "warning", "21 CFR Part 11", "The system shall keep an audit trail per 21 CFR Part 11.", "11.10(e)"),
    ("CIT317", "warning", "Part 11", "Reports shall be in PDF.", "no paragraph is near"),
    ("CIT317", "warning", "EU Annex 11", "Data shall be restored from a backup.", "A11-7.2"),
    ("CIT318", "warning", "CSA guidance, September 2025", "", "2026-02-03"),
    ("CIT318", "warning", "Computer Software Assurance (2025-09-24)", "", "2026-02-03"),
    ("CIT318", "warning", "21 CFR 820.70(i)", "", "ISO 13485"),
    ("CIT319", "error", "11.010(e)", "", "11.10(e)"),
    ("CIT319", "error", "11.1O(e)", "", "11.10(e)"),
    ("CIT319", "error", "§11.10e", "", "11.10(e)"),
    ("CIT319", "error", "11.10(E)", "", "11.10(e)"),
    ("CIT319", "error", "11.50(a)(l)", "", "11.50(a)(1)"),
    ("CIT319", "error", "11.10(\u0435)", "", "11.10(e)"),  # Cyrillic
    ("CIT319", "error", "11.10(\u200be)", "", "11.10(e)"),  # invisible
    ("CIT319", "error", "A11-04.2", "", "A11-4.2"),
]

GOOD = [
    ("11.10(e) audit trails", ""),
    ("11.10(f) operational system checks", ""),
    ("11.10(d) personnel access", ""),
    ("11.10(d)", "Only people with an account shall get access to the system; each log-in enters the audit trail."),
    ("11.10(a)", "The system shall write an audit trail."),  # anything may be validated
    ("11.200(a)(1) two identification components", ""),
    ("11.10(f) operational system checks, sequence of steps and events", ""),
    (f'11.10(i) "{TRAINED} to perform their assigned tasks"', ""),
    ('11.10(i) "Determination that persons ... have the education, training, and experience"', ""),
    ("11.10(e)", 'The screen shall show the button "show the history of this record again" and an audit trail.'),
    ("11.50 (Subpart B)", "Signed records show the printed name of the signer."),
    ("11.50(a)(1)", "Printed name of the signer. Records of Subpart C systems are made elsewhere."),
    ("A11-4.3 inventory", ""),
    ("A11-4.4 URS", ""),
    ("A11-12.3 access authorisations", ""),
    ("Annex 11 clause 12.1 access controls", "Users shall log in with multi-factor authentication."),
    ("Annex 11 (2011), clause 9", "Audit trail."),
    ("CSA guidance of 2026-02-03", ""),
    ("21 CFR 211.68(b)", "Calculations shall be right."),
    ("11.10(e)", "Audit trail."),
    ("11.10.e", "Audit trail."),
    ("§ 11.10(k)(1)", "The manual shall be controlled."),
    ("21\u00a0CFR 11.10 (e)", "Audit trail."),
    ("A11-9", "Audit trail."),
    (
        "11.10(e)",
        "The trail shall be retained as long as its records and be added to each copy of a record.",
    ),  # its own words, though not its name
    ("no citation at all", "Audit trail."),
    ("", ""),
]


@pytest.mark.parametrize(("rule", "severity", "citation", "said", "named"), BAD, ids=[f"{b[0]} {b[2][:40]!a}" for b in BAD])
def test_mistake_is_found_and_the_hint_names_what_is_right(rule, severity, citation, said, named):
    found = [f for f in findings(citation, said) if f.rule == rule]
    assert [f.severity for f in found] == [severity]
    assert named in found[0].hint
    assert found[0].message.isprintable()


@pytest.mark.parametrize(("citation", "said"), GOOD, ids=[f"{i} {g[0][:40]!a}" for i, g in enumerate(GOOD)])
def test_right_citation_is_left_alone(citation, said):
    assert not list(findings(citation, said))


def test_every_rule_of_the_ten_has_a_bad_example():
    assert {b[0] for b in BAD} == {f"CIT{n}" for n in range(310, 320)}


def test_a_subject_that_another_citation_carries_is_no_shift():
    said = "The system shall keep the audit trail for fifteen years."
    assert [f.rule for f in findings("11.10(g)", said)] == ["CIT310"]
    assert not list(findings("11.10(g)", said, beside=["11.10(e)"]))


def test_a_whole_regulation_is_no_finding_beside_its_paragraph():
    assert not list(findings("21 CFR Part 11", "Audit trail.", beside=["21 CFR 11.10(e)"]))
    assert not list(findings("21 CFR Part 11", "Audit trail per 21 CFR Part 11, § 11.10(e)."))
    assert [f.rule for f in findings("21 CFR Part 11", "Audit trail.", beside=["A11-9"])] == ["CIT317"]


def test_each_of_several_citations_is_judged_with_its_own_words():
    found = list(findings("11.10(d) audit trail; 11.10(e) audit trail; 11.10(g) sequence of steps", ""))
    assert [(f.rule, f.message.split(" is about")[0]) for f in found] == [("CIT310", "11.10(d)"), ("CIT310", "11.10(g)")]


def test_shipped_specifications_have_no_mistake():
    judged = 0
    for file in sorted((ROOT / "requirements_specs").glob("*/urs/*.yaml")):
        marked, _ = load(file.read_bytes(), file.name)
        for r in marked.value["requirements"]:
            for citation in r["clauses"]:
                others = [c for c in r["clauses"] if c != citation]
                assert not list(findings(citation, f"{r['title']}. {r['statement']}", others)), (r["id"], citation)
                judged += 1
    assert judged > 50


def test_lines_of_others_give_only_the_broad_citation():
    """Of 319 lines those that cite Part 11 as a whole are found, and nothing else is."""
    marked, _ = load((ROOT / "tests/catalog/labelled.yaml").read_bytes(), "labelled.yaml")
    found = [
        (entry["id"], f.rule)
        for entry in marked.value["lines"]
        for cited in cited_in(entry["text"])
        for f in findings(cited.text, entry["text"])
    ]
    assert {rule for _, rule in found} == {"CIT317"}
    assert {i for i, _ in found} == {e["id"] for e in marked.value["lines"] if "21 CFR Part 11" in e["text"]}


def test_what_is_cited_is_found_where_it_stands():
    text = "Per 21 CFR Part 11, \u202e§ 11.10(e)\u202c and EU GMP Annex 11 clause 9; version 11.2 of 11.10 mg, Part 11 of the manual; 11.50(a)(1), A11-12.4."
    found = cited_in(text)
    assert [(c.regulation, c.id) for c in found] == [
        ("part11", ""), ("part11", "11.10(e)"), ("annex11", "A11-9"), ("part11", "11.50(a)(1)"), ("annex11", "A11-12.4"),
    ]  # fmt: skip
    assert all(text[c.start : c.end] == c.text for c in found)
    assert all(c.tidy for c in found)


def test_a_number_inside_a_citation_is_not_a_second_one():
    assert [(c.regulation, c.id, c.draft) for c in cited_in("see draft Annex 11 clause 11.3 there")] == [
        ("annex11", "A11-11.3", True)
    ]
    assert [c.id for c in cited_in("21 CFR Part 11.10(e)")] == ["11.10(e)"]
    assert [c.id for c in cited_in("EU Annex 11, § 11.10(e)")] == ["", "11.10(e)"]
    assert [c.id for c in cited_in("EU Annex 11, 11.10 and 12 months")] == [""]
    assert [c.text for c in cited_in("Annex 11 12 months")] == ["Annex 11"]
    assert [c.id for c in cited_in("Annex 11, 9 (audit trails)")] == [""]
    assert [c.id for c in cited_in("Annex 11 clause 9 (audit trails)")] == ["A11-9"]


@pytest.mark.parametrize("identity", sorted(i for i in clauses() if clauses()[i].catalog != "predicate"))
def test_every_clause_is_read_back_as_itself(identity):
    shapes = [identity] if identity.startswith("A11") else [identity, f"21 CFR {identity}", f"see § {identity}."]
    for shape in shapes:
        assert [(c.id, c.tidy) for c in cited_in(shape)] == [(identity, True)], shape


HOSTILE = {
    "digits": "11." * 33_000,
    "brackets": "11.10(" * 16_000,
    "quotes": '"' * 100_000,
    "blanks": "11.10" + " " * 100_000 + "(e)",
    "lead words": "part § 21 CFR " * 7_000,
    "annexes": "Annex 11 " * 11_000,
    "guidance": "CSA September 2025" * 5_000,
    "right to left": "\u202e11.10(e)\u2067 audit \u05d0" * 5_000,
    "surrogates and controls": "\ud800\x00\x1b[2J11.10(e)\ufffe" * 5_000,
    "one word": "a" * 100_000,
    "wide forms": "\ufdfa11.10(e)" * 8_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_ends_and_raises_nothing(text):
    """100 000 characters; a pattern that goes back on itself would not come to an end in the time of the whole suite."""
    assert all(text[c.start : c.end] == c.text for c in cited_in(text))
    assert all(f.rule.startswith("CIT31") for f in findings(text, text, [text]))
    assert all(f.rule.startswith("CIT31") for f in findings("11.10(d)", text[:20_000]))


PIECES = ["11", "1l", "I|", "ı1", "İ", "ſ", ".", "10", "1O", "1s", "0l0", "(", ")", "e", "(e)", "(L)", "²", "١", "§", " ", "21 CFR ", "Part ", "Annex 11",
          " clause ", "A11-", "P", "12.4", "draft ", "(2025)", "CSA ", "September 2025", "820.70(i)", '"', "audit trail", "\u200f", "\ufdfa", "\n"]  # fmt: skip


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join), st.lists(st.sampled_from(PIECES), max_size=8).map("".join))
def test_no_mixture_of_pieces_raises(citation, said):
    assert all(citation[c.start : c.end] == c.text for c in cited_in(citation))
    assert all(f.message and f.hint for f in findings(citation, said, [said]))


def test_subjects_name_clauses_that_can_be_cited():
    assert not subjects().keys() - clauses().keys()
    assert not [i for i in subjects() if clauses()[i].citable != "yes"]
    citable = {c.id for c in clauses().values() if c.catalog != "predicate" and c.citable == "yes"}
    assert citable - subjects().keys() == {"11.100(c)"}  # its two items say what it asks for


def test_every_naming_phrase_belongs_to_a_subject():
    assert len(owners()) > 300
    assert {i for ids in owners().values() for i in ids} == subjects().keys()
    assert len(owners(claimed=True)) > len(owners())
