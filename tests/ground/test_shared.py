"""What tests share, and how little: copies of one instance have no file in common, and a smaller tier loses no case."""

from __future__ import annotations

from pathlib import Path

import pytest

from csvgen.canonical import digest_file

from ..installed import instance
from ..tiers import each, some


def state(home: Path) -> dict[str, str]:
    return {p.relative_to(home).as_posix(): str(digest_file(p)) for p in home.rglob("*") if p.is_file()}


def test_what_is_done_to_one_copy_of_an_instance_no_other_sees(shared: Path, tmp_path: Path) -> None:
    one, two = (instance(shared, tmp_path / name, {}) for name in ("one", "two"))
    before = state(two)
    assert len(before) > 20
    assert state(one) == before
    for number, path in enumerate(sorted(p for p in one.rglob("*") if p.is_file())):
        path.chmod(0o600)
        if number % 2:
            path.unlink()
        else:
            with path.open("ab") as stream:
                stream.write(b"changed")
    assert state(two) == before
    assert state(instance(shared, tmp_path / "three", {})) == before, "nor is it what later copies are made of"


def test_other_settings_are_another_instance(shared: Path, tmp_path: Path) -> None:
    one, two = instance(shared, tmp_path / "one", {}), instance(shared, tmp_path / "two", {"idle_seconds": "600"}, cheap=False)
    assert state(one)["qc.db"] != state(two)["qc.db"]


def test_a_sample_keeps_some_and_marks_the_rest_slow() -> None:
    found = each(4, range(10))
    assert [v for v in found if isinstance(v, int)] == [0, 4, 8]
    slow = [v for v in found if not isinstance(v, int)]
    assert [p.values for p in slow] == [(1,), (2,), (3,), (5,), (6,), (7,), (9,)]
    assert [m.name for p in slow for m in p.marks] == ["slow"] * 7
    first, second = each(2, [("a", "b"), ("c", "d")])
    assert (first, second.values) == (("a", "b"), ("c", "d"))


def test_a_sample_of_nothing_is_refused() -> None:
    with pytest.raises(AssertionError, match="would take none"):
        some("abc", lambda _: False)
