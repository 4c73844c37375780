"""What changed since a record was signed: named field by field, and nothing when nothing did."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csvgen.signature.void import changes

SAID = {
    "urs": [
        {"id": "URS-1", "statement": "The file shall say 1.", "clauses": ["11.10(a)"]},
        {"id": "URS-2", "statement": "The file shall say 2.", "clauses": []},
    ],
    "files": {"a.md": "sha256:00"},
}


def test_same_words_are_no_change():
    assert changes(SAID, copy.deepcopy(SAID)) == ()


@pytest.mark.parametrize(
    ("change", "path", "old", "new"),
    [
        (lambda s: s["urs"][1].update(statement="The file shall say 3."), "urs/URS-2/statement", "The file shall say 2.", "The file shall say 3."),
        (lambda s: s["urs"].pop(0), "urs/URS-1", None, ""),
        (lambda s: s["urs"].insert(0, {"id": "URS-0", "statement": "New."}), "urs/URS-0", "", "id: URS-0, statement: New."),
        (lambda s: s["files"].update({"b.md": "sha256:11"}), "files/b.md", "", "sha256:11"),
        (lambda s: s["urs"][0]["clauses"].append("11.50"), "urs/URS-1/clauses/2", "", "11.50"),
        (lambda s: s["urs"].reverse(), "urs, order", "URS-1, URS-2", "URS-2, URS-1"),
    ],
)  # fmt: skip
def test_change_is_named_by_id_not_by_place(change, path, old, new):
    now = copy.deepcopy(SAID)
    change(now)
    (found,) = changes(SAID, now)
    assert found.path == path
    assert found.new == new
    assert old is None or found.old == old
    assert found.told


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@given(json, json)
@settings(max_examples=300, deadline=None)
def test_no_difference_is_told_exactly_when_there_is_none(before, now):
    """Of values that JSON tells apart: it has one kind of truth and one of numbers, Python mixes them."""
    import json as text

    same = text.dumps(before, sort_keys=True) == text.dumps(now, sort_keys=True)
    assert (not changes(text.loads(text.dumps(before)), text.loads(text.dumps(now)))) is same
