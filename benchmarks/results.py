"""RESULTS.md: one section for each benchmark, replaced as a whole."""

from __future__ import annotations

import re
from pathlib import Path

RESULTS = Path(__file__).parent / "RESULTS.md"


def write_section(title: str, text: str) -> None:
    """Put `text` under ``## title``, in the place of what stood there."""
    kept = RESULTS.read_text(encoding="utf-8")
    section = f"## {title}\n\n{text.strip()}\n"
    pattern = re.compile(rf"^## {re.escape(title)}\n.*?(?=^## |\Z)", re.DOTALL | re.MULTILINE)
    there = pattern.search(kept)
    kept = pattern.sub(lambda _: f"{section}\n", kept) if there else f"{kept.rstrip()}\n\n{section}"
    RESULTS.write_text(kept.rstrip() + "\n", encoding="utf-8")
