"""Digests over content, strict reading back, files that are whole or not there."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csvgen.canonical import (
    Digest,
    canonical_json,
    digest,
    normalised_zip,
    place,
    read_canonical,
    stage,
    text_of,
    write,
    write_once,
)
from csvgen.errors import BadInput, NotIntact

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(JSON)
def test_round_trip(value: object) -> None:
    assert read_canonical(canonical_json(value)) == value


@given(JSON)
def test_it_is_the_spelling_of_the_standard_library(value: object) -> None:
    """The encoder is made once, which the library does not do; what it writes is what the library writes, and so a digest stays a digest."""
    said = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    assert canonical_json(value) == f"{said}\n".encode()
    assert text_of(value) == said


@pytest.mark.parametrize("value", [{"a": {1.5}}, [b"x"], {"a": [object()]}])
def test_what_has_no_spelling_leaves_nothing_behind_in_the_encoder(value: object) -> None:
    for _ in range(2):
        with pytest.raises(TypeError):
            text_of(value)
    assert text_of({"a": [1, {"b": None}]}) == '{"a":[1,{"b":null}]}'


@given(st.dictionaries(st.text(), st.integers(), min_size=2))
def test_order_of_keys_means_nothing(value: dict[str, int]) -> None:
    assert digest(value) == digest(dict(reversed(value.items())))


@given(st.dictionaries(st.text(), st.text(), min_size=1), st.data())
def test_no_other_spelling_is_read(value: dict[str, str], data: st.DataObject) -> None:
    """Whatever single byte is inserted, the record is not read as the same thing."""
    body = canonical_json(value)
    at = data.draw(st.integers(0, len(body)))
    changed = body[:at] + data.draw(st.sampled_from([b" ", b"\n", b"\t", b"0"])) + body[at:]
    with contextlib.suppress(NotIntact):
        assert read_canonical(changed) != value


@pytest.mark.parametrize("value", [1.5, float("nan"), {"a": 0.1}, object(), b"bytes"])
def test_values_without_one_spelling_are_refused(value: object) -> None:
    with pytest.raises(TypeError):
        canonical_json(value)


def test_decimals_keep_their_digits() -> None:
    assert canonical_json(Decimal("1.10")) == b'"1.10"\n'


def test_hash_seed_and_locale_do_not_matter() -> None:
    code = "from csvgen.canonical import digest; print(digest({'b': {'x', 'ä', 'z'}, 'a': ('1', None)}))"
    said = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed, "LC_ALL": locale},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed, locale in (("1", "C"), ("77", "C.UTF-8"))
    }
    assert len(said) == 1


@pytest.mark.parametrize("text", ["", "sha256:xyz", "sha256:" + "A" * 64, "md5:" + "0" * 64, "sha256:" + "0" * 63])
def test_only_digests_are_digests(text: str) -> None:
    with pytest.raises(ValueError, match="not a digest"):
        Digest(text)


def test_a_record_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    write_once(path, b"one")
    write_once(path, b"one")
    with pytest.raises(BadInput, match="never overwritten"):
        write_once(path, b"two")
    assert path.read_bytes() == b"one"
    assert [p.name for p in tmp_path.iterdir()] == ["r.json"]


def test_a_file_is_replaced_whole_or_not(tmp_path: Path) -> None:
    path = tmp_path / "f"
    write(path, b"old")
    staged = stage(path, b"new")
    assert path.read_bytes() == b"old"
    place(staged, path)
    assert path.read_bytes() == b"new"
    assert [p.name for p in tmp_path.iterdir()] == ["f"]


def test_zip_bytes_depend_on_content_only() -> None:
    entries = [("b.xml", b"2"), ("a.xml", b"1"), ("[Content_Types].xml", b"0")]
    assert normalised_zip(entries, first="[Content_Types].xml") == normalised_zip(reversed(entries), first="[Content_Types].xml")
