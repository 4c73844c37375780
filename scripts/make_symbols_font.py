"""Make csvgen/report/fonts/CsvgenSymbols.ttf: signs that the Liberation faces lack, taken out of DejaVu Sans.

    python scripts/make_symbols_font.py DejaVuSans.ttf

DejaVu Sans 2.37 may be changed and passed on under another name (its licence stands beside the fonts). Run once; the result is kept.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

TARGET = Path(__file__).parents[1] / "csvgen" / "report" / "fonts" / "CsvgenSymbols.ttf"
SIGNS = "✓✔✗✘☐☑☒⚠ℹ★☆⇒⇐⇔⇑⇓∀∃∅∈∉⊂⊆∝∠∧∨∪∴≅⊕⊗⌀⏎①②③④⑤⑥⑦⑧⑨⑩⅓⅔⅕⅖⅗⅘⅙⅚▶◀◆◇"
NAMES = {1: "csvgen Symbols", 2: "Regular", 3: "csvgen Symbols 1", 4: "csvgen Symbols", 6: "CsvgenSymbols"}


def main() -> int:
    """Cut and rename."""
    font = TTFont(sys.argv[1])
    options = Options()
    options.hinting = False
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13]
    subsetter = Subsetter(options)
    subsetter.populate(text=SIGNS)
    subsetter.subset(font)
    for record in font["name"].names:
        if record.nameID in NAMES:
            record.string = NAMES[record.nameID]
    font["head"].created = font["head"].modified = 0
    font.recalcTimestamp = False
    font.save(TARGET)
    return 0


if __name__ == "__main__":
    sys.exit(main())
