"""docs/part11.md: every rule has its row, what it names exists, and what it calls a test is one."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "part11.md"

RULES = {
    "B": range(1, 7), "C": range(1, 5), "D": range(1, 5), "G": range(1, 4), "H": range(1, 3), "E": range(1, 15), "F": range(1, 7),
    "I": range(1, 3), "J": range(1, 2), "K": range(1, 4), "O": range(1, 4), "M": range(1, 8), "L": range(1, 9), "U": range(1, 5),
    "N": range(1, 11), "P": range(1, 7), "T": range(1, 8), "AI": range(1, 4),
}  # fmt: skip
"""Every rule the records layer answers, by letter and number."""

WANTED = [
    f"RR-{letter}{number if letter == 'AI' else f'{number:02d}'}" for letter, numbers in RULES.items() for number in numbers
]
_NAMED = re.compile(r"`((?:csvgen|tests|docs|scripts|examples|templates|benchmarks)/[^`\s]+)`")


def _rows() -> list[list[str]]:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| RR-")]


ROWS = _rows() if PAGE.exists() else []


@cache
def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def missing(name: str) -> str:
    """What of ``path::symbol`` is not there, or an empty string."""
    path, _, symbol = name.partition("::")
    if not (ROOT / path).exists():
        return f"no file {path}"
    last = symbol.split("[", 1)[0].rpartition(".")[2]
    if last and not re.search(
        rf"(?m)^\s*(?:async )?(?:def|class) {re.escape(last)}\b|^\s*{re.escape(last)}\b\s*[:=]", _text(ROOT / path)
    ):
        return f"no {symbol} in {path}"
    return ""


def test_every_rule_has_exactly_one_row() -> None:
    assert sorted(row[0] for row in ROWS) == sorted(WANTED)


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_a_row_says_what_is_asked_and_what_it_names_exists(row: list[str]) -> None:
    rule, asked, where, shown = row
    assert asked, rule
    assert where, rule
    named = _NAMED.findall(f"{where} {shown}")
    assert not [why for name in named if (why := missing(name))]
    if not where.startswith("Answer:"):
        assert _NAMED.search(where), f"{rule} names no code"
        tests = [name for name in _NAMED.findall(shown) if name.startswith("tests/") and "::test_" in name]
        assert tests, f"{rule} names no test"
    else:
        assert len(where) > len("Answer: ") + 30, f"{rule} is answered without a reason"


@pytest.mark.parametrize(
    "name", ["csvgen/nothing.py", "csvgen/clock.py::Sundial", "tests/architecture/test_part11.py::test_nothing"]
)
def test_the_look_finds_what_is_not_there(name: str) -> None:
    assert missing(name)
