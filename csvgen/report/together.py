"""Which rows of a table stay on one page with the next: one rule for Word and PDF.

A low table with a name of its own is not cut. Any other, the steps of a script among them, is cut between its rows, so that no page stays
half empty for the sake of what comes next; two rows stay together at its beginning (with heading and titles above) and at its end, unless
they are so high that either can stand alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, pairwise
from typing import TypeVar

from csvgen.report import look

_LOW = 0.2
"""Part of a page up to which a table of few rows is not cut."""
_PAIR = 0.13
"""Part of a page up to which two rows at the beginning or end of a table stay together."""
_LETTER = 0.5
"""Mean width of a letter, as a part of the type size."""

Row = TypeVar("Row")


def kept(
    rows: Iterable[Row], count: int, height: Callable[[Row], float], room: float, *, script: bool = False
) -> Iterator[tuple[Row, bool]]:
    """Each of `count` rows, and whether it stays with the next; `height` of a row and of a page (`room`) in points.

    `script`: the rows are steps below the head of their case. Cases follow each other by the hundred, and would leave their pages a third empty.
    Rows are taken one ahead. They are asked for their height at the ends of the table only; all of them where there are few.
    """
    whole = False
    if count <= look.WHOLE and not script:
        rows = tuple(rows)
        whole = sum(map(height, rows)) <= _LOW * room
    ends = {0, count - 2}
    for n, (row, after) in enumerate(pairwise(chain(rows, (None,)))):
        assert row is not None
        yield row, after is not None and (whole or (n in ends and height(row) + height(after) <= _PAIR * room))


def estimated(texts: Sequence[str], widths: Sequence[float]) -> float:
    """About how high a row is whose cells are so wide, in points: who sets the text in the end decides."""
    lines = max(_lines(text, width) for text, width in zip(texts, widths, strict=True))
    return lines * look.CELL * look.LEAD + 2 * look.PAD


def _lines(text: str, width: float) -> int:
    letters = max((width - 2 * look.PAD) / (look.CELL * _LETTER), 1.0)
    return sum(max(math.ceil(len(part) / letters), 1) for part in text.split("\n"))
