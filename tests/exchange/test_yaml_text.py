"""What is written as YAML reads back letter by letter, whatever the text; and looks as a person would write it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csvgen.exchange.yaml_text import WIDTH, dump
from csvgen.marks import load

PIECES = st.sampled_from(
    ["a", "The system shall", " ", "  ", "\n", "\n\n", "\t", ": ", ":", "#", " #", "- ", "? ", "|", ">", "'", '"', "\\", "{", "}", "[", "]", ",",
     "&a", "*a", "!t", "%", "@", "`", "---", "...", "yes", "1.10", "null", "~", "é", "日本語", "\u00a0", "\u2009", "\u2028", "\u0085", "\x00", "\x1b",
     "\ufeff", "\u200b", "\u202e", "\U0001f600", "\ufffe", "\r\n", "x" * 150, "word " * 40, "URS-QC-001", "<tc>", "=", "<<", "0x1F", "2024-01-01"]
)  # fmt: skip
HOSTILE = st.one_of(st.text(st.characters(exclude_categories=["Cs"]), max_size=300), st.lists(PIECES, max_size=12).map("".join))
VALUES = st.recursive(
    HOSTILE, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(HOSTILE, inner, max_size=4), max_leaves=12
)


def back(text: str):
    marked, findings = load(text.encode("utf-8"), "x.yaml")
    assert marked is not None, (findings, text)
    return marked.value


@settings(max_examples=1500, deadline=None)
@given(HOSTILE)
def test_any_text_reads_back(text):
    for value in (text, {"key": text}, [text], {"a": [{"b": text, "c": [text]}]}):
        assert back(dump(value)) == value


@settings(max_examples=400, deadline=None)
@given(VALUES)
def test_any_value_reads_back(value):
    assert back(dump(value)) == value


@settings(max_examples=400, deadline=None)
@given(HOSTILE)
def test_no_line_is_too_long_or_ends_with_a_blank_nobody_sees(text):
    lines = dump({"requirements": [{"statement": text, "a": {"b": text}}]}).split("\n")
    assert all(len(line) <= WIDTH and not line.endswith(" ") for line in lines)


def test_it_looks_as_written_by_hand():
    value = {
        "format": "csvgen.urs/1",
        "requirements": [
            {
                "id": "URS-QC-001",
                "statement": "The system shall compute " + "something useful " * 10 + "always.",
                "gxp": "yes",
                "clauses": ["21 CFR 211.194(a)(4)", "11.10(a)"],
                "rationale": "Two things:\n- one\n- two",
                "criteria": [],
            }
        ],
    }
    assert dump(value, "Imported.\nTwo lines.") == (
        "# Imported.\n# Two lines.\n"
        "format: csvgen.urs/1\n"
        "requirements:\n"
        "  - id: URS-QC-001\n"
        "    statement: >-\n"
        "      The system shall compute something useful something useful something useful something useful something useful\n"
        "      something useful something useful something useful something useful something useful always.\n"
        '    gxp: "yes"\n'
        "    clauses:\n"
        '      - "21 CFR 211.194(a)(4)"\n'
        '      - "11.10(a)"\n'
        "    rationale: |-\n"
        "      Two things:\n"
        "      - one\n"
        "      - two\n"
        "    criteria: []\n"
    )


@pytest.mark.parametrize("value", [1, None, {"a": 1}, {1: "a"}, ["a", 2.5], {"a": False}])
def test_only_text_is_written(value):
    with pytest.raises(ValueError, match="text"):
        dump(value)


def test_half_a_character_is_refused():
    with pytest.raises(ValueError, match="U\\+D800"):
        dump({"a": "\ud800"})
