"""Strict YAML: nothing is typed, every surprise is a finding with its place, nothing hangs or explodes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csvgen import marks


def test_everything_is_literal() -> None:
    read, findings = marks.load(
        b"version: 1.10\nno: yes\noctal: 0123\ndate: 2026-11-21\nempty:\nnothing: ~\nhex: 0x1F\n", "f.yaml"
    )
    assert not findings
    assert read is not None
    assert read.value == {
        "version": "1.10", "no": "yes", "octal": "0123", "date": "2026-11-21", "empty": "", "nothing": "~", "hex": "0x1F",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "rule", "place"),
    [
        (b"a: 1\na: 2\n", "YML009", (2, 1)),
        (b"a:\n  b: 1\n  b: 2\n", "YML009", (3, 3)),
        (b"a:\n\tb: 1\n", "YML003", (2, 1)),
        (b"a: &x 1\n", "YML006", (1, 4)),
        (b"a: *x\n", "YML006", (1, 4)),
        (b"a: !!python/object/apply:os.system [ls]\n", "YML007", (1, 4)),
        (b"a: !!binary aGk=\n", "YML007", (1, 4)),
        (b"? [a]\n: 1\n", "YML008", (1, 3)),
        (b"a: 1\n---\nb: 1\n", "YML010", (2, 1)),
        (b"a: \xff\n", "YML002", (1, 1)),
        (b"a: b\x01\n", "YML004", (1, 5)),
        (b"[" * 100_001, "YML001", (1, 1)),
        (b"[" * 3_000 + b"]" * 3_000, "YML005", (1, 41)),
        (b"a: " + b"x" * 200_000, "YML001", (1, 1)),
        (b"a: 1\n" * 2_000_000, "YML001", (1, 1)),
        (b"a: [1, 2\n", "YML003", (2, 1)),
    ],
)
def test_surprises_are_findings(text: bytes, rule: str, place: tuple[int, int]) -> None:
    read, findings = marks.load(text, "f.yaml")
    assert read is None
    first = findings[0]
    assert (first.rule, (first.location.line, first.location.column)) == (rule, place)
    assert first.location.file == "f.yaml"


def test_alias_bomb_is_refused_at_its_first_anchor() -> None:
    bomb = b"a: &a [x, x]\n" + b"".join(b"%c: &%c [*%c, *%c]\n" % (c + 1, c + 1, c, c) for c in range(97, 120))
    read, findings = marks.load(bomb, "f.yaml")
    assert read is None
    assert findings[0].rule == "YML006"


def test_places_of_values_and_keys() -> None:
    read, _ = marks.load(b"list:\n  - one: 1\n    two: x\n", "f.yaml")
    assert read is not None
    assert read.at(("list", 0, "two")).line == 3
    assert read.key_at(("list", 0, "two")).column == 5
    assert read.at(("list", 0, "missing")).line == 2, "a missing thing is placed at what is around it"


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_give_a_value_or_findings(data: bytes) -> None:
    read, findings = marks.load(data, "f.yaml")
    assert (read is None) == bool(findings)


TREES = st.recursive(
    st.text(max_size=20), lambda t: st.lists(t, max_size=4) | st.dictionaries(st.text(max_size=8), t, max_size=4), max_leaves=15
)


@settings(max_examples=200, deadline=None)
@given(TREES)
def test_what_yaml_writes_is_read_back_as_text(tree: object) -> None:
    import yaml

    text = yaml.safe_dump(tree, allow_unicode=True, default_style='"')
    read, findings = marks.load(text.encode("utf-8", "surrogatepass"), "f.yaml")
    if read is not None:
        assert read.value == tree
    else:
        assert findings
