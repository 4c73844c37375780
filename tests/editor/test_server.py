"""What a person sees in an editor: the language server of YAML editors, run without one, with the schemas and settings of init."""

from __future__ import annotations

import re

import pytest

from csvgen.marks import load
from csvgen.spec.files import MANY, SINGLE
from csvgen.spec.schema import KINDS

from .conftest import SPECIFICATIONS

pytestmark = pytest.mark.needs("yaml-language-server")

URS = """format: csvgen.urs/1
requirements:
  - id: URS-LIMS-001
    title: {title}
    statement: {statement}
    rationale: 2024-01-02
    category: access
    gxp: {gxp}
    phase: {phase}
    {more}
"""
GOOD = {"title": "Lock", "statement": "The system shall lock.", "gxp": '"yes"', "phase": "OQ", "more": ""}
START = "format: csvgen.urs/1\nrequirements:\n  - id: URS-LIMS-001\n"


@pytest.fixture
def urs(project):
    """A file that is not there: only its place says what it is."""
    return project / SPECIFICATIONS / "other" / "urs" / "deep" / "10.yaml"


@pytest.fixture
def said(server, urs):
    """What is said of a requirement with some values changed: (line, column, message) of each."""

    def said(**changed: str) -> list[tuple[int, int, str]]:
        found = server.problems(urs, URS.format(**(GOOD | changed)))
        return [(p["range"]["start"]["line"] + 1, p["range"]["start"]["character"] + 1, p["message"]) for p in found]

    return said


def test_every_file_of_the_worked_examples_and_of_init_is_clean(server, project):
    files = sorted(p for p in (project / SPECIFICATIONS).rglob("*.yaml") if "data" not in p.parts)
    assert len(files) > 25
    assert {p.relative_to(project / SPECIFICATIONS).parts[0] for p in files} >= {"lims", "qc-release", "csvgen"}
    assert {str(p.relative_to(project)): found for p in files if (found := server.problems(p))} == {}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_file_finds_its_schema(server, project, kind):
    """By the settings, for files that carry no line about their schema."""
    name = (
        next((n for n, k in SINGLE.items() if k.name == kind), None)
        or f"{next(f for f, k in MANY.items() if k.name == kind)}/x.yaml"
    )
    found = server.problems(project / SPECIFICATIONS / "another" / name, "format: no such form\n")
    assert any("csvgen." in p["message"] for p in found), found


def test_the_line_at_the_top_is_enough_without_settings(server, project):
    """A file of init, elsewhere at the same depth: no setting names it, its own first line does."""
    text = (project / SPECIFICATIONS / "lims" / "risk" / "risks.yaml").read_text(encoding="utf-8")
    place = project / "archive" / "lims" / "risk" / "risks.yaml"
    assert server.problems(place, text) == []
    assert server.problems(place, text.replace("rating: low", "ratng: low", 1))
    assert server.problems(place, text.replace("rating: low", "ratng: low", 1).partition("\n")[2]) == []


def test_a_bad_value_is_marked_where_it_stands(said):
    assert said() == []
    assert said(phase="XQ") == [(9, 12, 'Value is not accepted. Valid values: "IQ", "OQ", "PQ".')]
    assert [(line, column) for line, column, _ in said(more="colour: red")] == [(10, 5)]
    assert [(line, column) for line, column, _ in said(more="criteria: [{id: Upper, title: x}]")] == [(10, 21)]
    assert [(line, column) for line, column, _ in said(more="attributes: {a: [list]}")] == [(10, 21)]


UNQUOTED = ["1.10", "1.0", "007", "0x1F", "1e3", ".5", "-3", "true", "False", "yes", "no", "on", "2024-01-02", "2024-01-02 10:00", "12:30:45", ".inf", ".nan", "1_000"]  # fmt: skip


@pytest.mark.parametrize("scalar", UNQUOTED)
def test_what_csvgen_takes_as_text_the_editor_does_not_flag(said, scalar):
    marked, findings = load(f"title: {scalar}\n".encode(), "x.yaml")
    assert not findings
    assert marked.value == {"title": scalar}
    assert said(title=scalar, statement=scalar) == []
    assert said(more=f"attributes: {{Old number: {scalar}}}") == []
    assert said(more=f"criteria: [{{id: ac-1, title: x, given: [{scalar}], parameters: {{a: {scalar}, b: [{scalar}], c: [{{d: {scalar}}}]}}}}]") == []  # fmt: skip


@pytest.mark.parametrize("empty", ["", "null", "~"])
def test_an_empty_value_is_flagged_and_the_message_says_what_to_do(said, empty):
    """An editor cannot tell a bare null from nothing at all; in quotes it is a text."""
    assert [(line, message) for line, _, message in said(title=empty)] == [
        (4, "A text is expected. An empty value is none; put null, ~ and the like in quotes if they are the text.")
    ]
    assert said(title=f'"{empty or "x"}"') == []


@pytest.mark.parametrize(
    ("value", "fine"), [("yes", True), ('"yes"', True), ("no", True), ("'no'", True), ("maybe", False), ("true", False)]
)
def test_yes_and_no_with_and_without_quotes(said, value, fine):
    assert (said(gxp=value) == []) is fine


@pytest.mark.parametrize(("value", "fine"), [("4", True), ('"4"', True), ("2", False), ('"2"', False), ("four", False)])
def test_categories_of_software_with_and_without_quotes(server, project, value, fine):
    text = (project / SPECIFICATIONS / "lims" / "system.yaml").read_text(encoding="utf-8")
    assert (
        server.problems(project / SPECIFICATIONS / "other" / "system.yaml", text.replace('gamp: "4"', f"gamp: {value}")) == []
    ) is fine


def test_typing_a_key_proposes_the_keys_with_their_words(server, urs):
    found = server.completions(urs, START + "    ra|\n")
    assert {"rationale", "statement", "criteria", "phase"} <= set(found)
    assert "what goes wrong without it" in found["rationale"]["documentation"]
    assert found["rationale"]["insertText"].strip() == "rationale:"
    assert "id" not in found
    assert "importance" not in found


def test_typing_a_value_proposes_the_words_of_the_set(server, urs):
    found = server.completions(urs, START + "    category: |\n")
    assert {"audit-trail", "e-signature", "data-integrity", "access"} <= set(found)
    assert found["audit-trail"]["documentation"] == "Who did what, when and why."
    assert {'"yes"', '"no"'} == set(server.completions(urs, START + "    gxp: |\n"))


def test_digits_are_proposed_in_quotes(server, project):
    found = server.completions(
        project / SPECIFICATIONS / "other" / "system.yaml", "format: csvgen.system/1\ncomponents:\n  - id: x\n    gamp: |\n"
    )
    assert {item["insertText"] for item in found.values()} == {'"1"', '"3"', '"4"', '"5"'}


def test_a_typed_value_proposes_the_keys_of_its_type(server, urs):
    start = START + "    criteria:\n      - id: ac-1\n        inputs:\n          amount:\n"
    assert {"decimal", "enumeration", "role", "duration"} <= set(server.completions(urs, start + "            type: |\n"))
    assert {"unit", "low", "high"} <= set(server.completions(urs, start + "            type: decimal\n            |\n"))
    assert "low" not in server.completions(urs, start + "            type: role\n            |\n")


def test_resting_on_a_key_explains_it_with_an_example(server, project):
    risk = project / SPECIFICATIONS / "other" / "risk" / "risks.yaml"
    shown = server.hover(risk, "format: csvgen.risk/1\nrisks:\n  - id: RA-LIMS-001\n    sev|erity: {rating: high, reason: x}\n")
    assert "no control changes it" in shown
    assert re.search(r"Example:\s+```yaml\s+rating: high\s+reason: ", shown)


def test_resting_on_a_word_explains_the_set(server, urs):
    shown = server.hover(urs, START + "    phase: O|Q\n")
    assert "`OQ`: Operational qualification" in shown
