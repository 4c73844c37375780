"""Write docs/patterns.md from the pattern files. With --check: say whether it is the one that would be written, and write nothing."""

from __future__ import annotations

import sys
from pathlib import Path

from csvgen.patterns.pages import book

PAGE = Path(__file__).parents[1] / "docs" / "patterns.md"


def main(arguments: list[str]) -> int:
    made = book()
    if arguments == ["--check"]:
        same = PAGE.is_file() and PAGE.read_text(encoding="utf-8") == made
        print(f"{PAGE.name} is {'as made' if same else 'not what the pattern files say: python scripts/make_pattern_pages.py'}")
        return 0 if same else 1
    PAGE.write_text(made, encoding="utf-8", newline="\n")
    print(f"written: {PAGE.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
