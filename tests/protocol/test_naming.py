"""Titles of scripts: no two of a protocol are equal, each value has its name, and none is cut within a word."""

from __future__ import annotations

import re

import pytest

from csvgen.config import load_config
from csvgen.patterns.catalogue import Script
from csvgen.protocol.naming import BLANK, LONGEST, named, shortened
from csvgen.report.case_blocks import titles
from csvgen.workflow.state import read_state

from ..report.material import material
from ..tiny import REPOSITORY

SCRIPT = Script(
    id="s", technique="negative", title="a value is refused", why="w", rows="rows", columns=("value", "words"), key=("value",),
    steps=('When the form "{{ form }}" takes "<value>"', 'Then it is refused with "<words>"'),
)  # fmt: skip


def made(*values: str, **given: object) -> tuple[str, list[str], tuple[str, ...]]:
    rows = tuple({"value": v, "words": "no"} for v in values)
    title, told, more = named(SCRIPT, {"form": "instrument", "field": "unused", **given}, rows)
    return title, [re.sub(r"<([^<>]+)>", lambda m, row=row: row[m[1]], title) for row in told], more


def test_every_drafted_title_is_its_own():
    cases = read_state(load_config(REPOSITORY), "qc-release").protocol.cases
    assert len(cases) > 700
    assert len({c.title for c in cases}) == len(cases)
    assert [c.title for c in cases if re.search(r"\w\.\.\.|\(\)|: [;)]|<|>", c.title)] == []


def test_a_title_names_its_data_and_only_what_its_steps_use():
    title, told, more = made("a", "b")
    assert title == "a value is refused (form: instrument; value: <value>)"
    assert told == ["a value is refused (form: instrument; value: a)", "a value is refused (form: instrument; value: b)"]
    assert more == ()


def test_a_row_more_renames_no_script_that_was_approved():
    before = made("a")[1]
    assert made("a", "b")[1][:1] == before
    assert made("a", "x " * LONGEST, "")[1][:1] == before, "though the rows now have a column in short"


def test_a_blank_says_so_and_a_long_value_ends_with_a_word():
    _, told, more = made("", "word " * 20)
    assert more == ("value in short",)
    assert f"value: {BLANK})" in told[0]
    assert told[1].endswith("word ... (100 characters))")
    assert shortened("x" * LONGEST) == "x" * LONGEST
    assert shortened("y" * 99) == f"{'y' * LONGEST} ... (99 characters)"


def test_the_combined_fields_of_a_form_have_their_own_names():
    script = SCRIPT.model_copy(update={"columns": ("first", "second"), "key": ("first", "second"), "steps": ("Then it is",)})
    title, _, _ = named(script, {"fields": ("from", "until")}, ({"first": "1", "second": "2"},))
    assert title == "a value is refused (from: <first>; until: <second>)"


@pytest.mark.parametrize("kind", ["oq-protocol"])
def test_titles_that_were_written_alike_are_told_apart_in_documents(kind):
    from dataclasses import replace

    protocol = material(kind).protocol
    feature = protocol.features[0]
    case = feature.cases[0]
    alike = tuple(replace(case, id=f"TC-OQ-{n:04d}", title="the same", rule=f"ac-{min(n, 2)} criterion") for n in range(1, 5))
    found = titles(replace(protocol, features=(replace(feature, cases=alike),)))
    assert len(set(found.values())) == len(alike)
    assert found["TC-OQ-0001"] == "the same (ac-1 criterion)"
    assert found["TC-OQ-0003"].endswith("(TC-OQ-0003)"), "nothing but the number tells it from the next"
