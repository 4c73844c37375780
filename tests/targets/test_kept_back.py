"""docs/platforms.md says for each adapter which test shows what it does when an answer is kept back: each of them is there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ADAPTERS = {p.name for p in (ROOT / "csvgen" / "targets").iterdir() if (p / "__init__.py").is_file()} - {
    "kit",
    "platform",
    "probing",
}


def test_every_adapter_stands_in_the_table_with_tests_that_exist() -> None:
    page = (ROOT / "docs" / "platforms.md").read_text(encoding="utf-8")
    part = page.partition("## When an answer is kept back")[2].partition("\n## ")[0]
    rows = [line.strip("|").split("|") for line in part.splitlines() if line.startswith("|")][2:]
    told = {word for row in rows for word in re.findall(r"[a-z]+", row[0].partition("(")[0])} - {"real", "server"}
    forges = {"github", "gitlab"}
    assert (told - forges) | ({"forge"} if forges <= told else set()) == ADAPTERS
    for row in rows:
        (file,) = re.findall(r"`(tests/\S+\.py)`", row[0])
        there = set(re.findall(r"^def (test_\w+)", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE))
        named = {name for cell in row[1:] for name in re.findall(r"`(test_\w+)`", cell)}
        assert len(row) == 7, row[0]
        assert all(cell.strip() for cell in row), row[0]
        assert named, row[0]
        assert named <= there, (file, named - there)
