"""A PDF read back: its text layer, run by run with its place, held against what the document must say.

The text is what the fonts' ToUnicode maps say of the glyphs; that glyphs look like their text is a matter of the embedded fonts.
Cells are found by where their column begins, so that a value under the wrong head is a difference too.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pikepdf

from csvgen.errors import NotIntact
from csvgen.report.outline import APPROVAL_HEAD, PAGE
from csvgen.report.readback import MOST, Drawn, Grid, Line, Reading, cell_name, squeezed
from csvgen.report.text import BLANK

_NEAR = 0.8
"""Points: columns and base lines this close are the same."""
_BF = re.compile(rb"begin(bfchar|bfrange)(.*?)endbf", re.DOTALL)
_HEX = re.compile(rb"<([0-9A-Fa-f\s]*)>|(\[)|(\])")
_TEXT = ("Tj", "TJ", "'", '"')
_OPERATORS = "q Q cm BT ET Tm Td TD T* TL Tf Tr Tj TJ ' \" Do"
_INVISIBLE = 3
_DEEP = 4
_PAGE = "\x00"
"""Stands for a page number in what is wanted."""
_DIGITS = re.compile(r"\d+")
_LOST = 6
"""So many runs in a row that fit nowhere, and the places of the two are lost."""


@dataclass(frozen=True, slots=True)
class Run:
    page: int
    x: float
    y: float
    text: str
    hidden: bool = False


# ------------------------------------------------------------------ the text layer


def runs(data: bytes, where: str = "") -> tuple[int, list[Run]]:
    """Number of pages, and every run of text in the order in which it is painted. Raises NotIntact for what is no PDF."""
    try:
        with pikepdf.open(io.BytesIO(data)) as pdf:
            fonts: dict[Any, Any] = {}
            found = [run for n, page in enumerate(pdf.pages, 1) for run in _painted(page, n, (1, 0, 0, 1, 0, 0), fonts, 0)]
            return len(pdf.pages), found
    except (pikepdf.PdfError, KeyError, ValueError, TypeError, AttributeError, IndexError) as odd:
        raise NotIntact(f"not a PDF that can be read ({type(odd).__name__})", where=where) from None


Matrix = tuple[float, float, float, float, float, float]


def _times(a: Matrix, b: Matrix) -> Matrix:
    return (
        a[0] * b[0] + a[1] * b[2], a[0] * b[1] + a[1] * b[3], a[2] * b[0] + a[3] * b[2], a[2] * b[1] + a[3] * b[3],
        a[4] * b[0] + a[5] * b[2] + b[4], a[4] * b[1] + a[5] * b[3] + b[5],
    )  # fmt: skip


def _painted(holder: Any, page: int, base: Matrix, seen: dict[Any, Any], deep: int) -> Iterator[Run]:  # noqa: C901, PLR0912 - one line an operator
    """Runs of a page or of a form it draws (ISO 32000-1, 9.4); forms are followed, so that no text hides in one."""
    resources = holder.Resources if "/Resources" in holder else pikepdf.Dictionary()
    fonts: Any = resources.get("/Font", {})
    state, mode = base, 0
    stack: list[tuple[Matrix, Any, int]] = []
    line: Matrix = (1, 0, 0, 1, 0, 0)
    decode, leading = None, 0.0
    blank: tuple[float, float] | None = None
    for instruction in pikepdf.parse_content_stream(holder, _OPERATORS):
        operands: Any = instruction.operands
        name = str(instruction.operator)
        match name:
            case "q":
                stack.append((state, decode, mode))
            case "Q":
                state, decode, mode = stack.pop() if stack else (base, decode, mode)
            case "cm":
                state = _times(_matrix(operands), state)
            case "BT":
                line = (1, 0, 0, 1, 0, 0)
            case "Tm":
                line = _matrix(operands)
            case "Td" | "TD":
                leading = -float(operands[1]) if name == "TD" else leading
                line = _times((1, 0, 0, 1, float(operands[0]), float(operands[1])), line)
            case "TL":
                leading = float(operands[0])
            case "T*" | "'" | '"':
                line = _times((1, 0, 0, 1, 0, -leading), line)
            case "Tf":
                font = fonts[str(operands[0])]
                key = font.objgen if font.is_indirect else (page, str(operands[0]), deep)
                decode = seen.get(key) or seen.setdefault(key, _Font(font))
            case "Tr":
                mode = int(operands[0])
            case "Do":
                form = resources.XObject[str(operands[0])]
                if form.get("/Subtype") == "/Form" and deep < _DEEP:
                    inner = _matrix(form.Matrix) if "/Matrix" in form else (1, 0, 0, 1, 0, 0)
                    yield from _painted(form, page, _times(inner, state), seen, deep + 1)
        if name in _TEXT and decode is not None:
            text = decode.text(operands[-1])
            at = _times(line, state)
            if text.strip():
                begun = (
                    blank[0] if blank is not None and blank[1] == at[5] else at[4]
                )  # a line may begin with blanks of their own
                yield Run(page, begun, at[5], text, hidden=mode == _INVISIBLE)
                blank = None
            else:
                blank = (at[4], at[5])


def _matrix(values: Any) -> Matrix:
    a, b, c, d, e, f = (float(v) for v in values)
    return (a, b, c, d, e, f)


class _Font:
    """Codes of one font as text."""

    def __init__(self, font: Any) -> None:
        self._wide = font.get("/Subtype") == "/Type0"
        self._map = dict(_mapped(bytes(font.ToUnicode.read_bytes()))) if "/ToUnicode" in font else {}

    def text(self, shown: Any) -> str:
        strings = [shown] if isinstance(shown, pikepdf.String) else [s for s in shown if isinstance(s, pikepdf.String)]
        return "".join(self._one(bytes(s)) for s in strings)

    def _one(self, codes: bytes) -> str:
        numbers = [int.from_bytes(codes[n : n + 2], "big") for n in range(0, len(codes), 2)] if self._wide else list(codes)
        return "".join(self._map.get(n, "\ufffd" if self._map or self._wide else chr(n)) for n in numbers)


def _mapped(cmap: bytes) -> Iterator[tuple[int, str]]:
    """Code and text from a ToUnicode map (ISO 32000-1, 9.10.3)."""
    for kind, body in _BF.findall(cmap):
        tokens = [t[1] or t[2] or bytes.fromhex(t[0].decode("ascii")) for t in _HEX.findall(body)]
        at = 0
        while at < len(tokens):
            first = int.from_bytes(tokens[at], "big")
            if kind == b"bfchar":
                yield first, tokens[at + 1].decode("utf-16-be")
                at += 2
                continue
            last, at = int.from_bytes(tokens[at + 1], "big"), at + 2
            if tokens[at] == b"[":
                end = tokens.index(b"]", at)
                yield from ((first + n, t.decode("utf-16-be")) for n, t in enumerate(tokens[at + 1 : end]))
                at = end + 1
            else:
                start = int.from_bytes(tokens[at], "big")
                width = len(tokens[at])
                yield from ((first + n, (start + n).to_bytes(width, "big").decode("utf-16-be")) for n in range(last - first + 1))
                at += 1


# ------------------------------------------------------------------ held against what is wanted


@dataclass(frozen=True, slots=True)
class _Row:
    """What is painted side by side: cells without white space, and how to name each."""

    cells: tuple[str, ...]
    grid: Grid | None = None
    number: int = -1
    """Row of the grid; -1 for its head."""
    key: str = ""
    """The heading whose page number stands in it."""


def differences(wanted: Reading, data: bytes, where: str = "", *, own_head: bool = False) -> list[str]:
    """Where the pages say otherwise than wanted; the first ones only. Raises NotIntact for what is no PDF.

    `own_head`: `wanted` was read from a file whose head may carry more (a corporate Word file); what the first page carries, all must.
    """
    pages, found = runs(data, where)
    walk = _Walk(wanted, pages, found, own_head=own_head)
    return walk.faults[:MOST]


class _Walk:
    """One pass over what is painted and what is wanted, side by side."""

    def __init__(self, wanted: Reading, pages: int, found: list[Run], *, own_head: bool) -> None:
        self.faults: list[str] = []
        self._own_head, self._words = own_head, wanted.words
        self._runs, self._at, self._page, self._pages = found, 0, 0, pages
        self._furniture = tuple(squeezed(t) for t in wanted.furniture)
        self._place, self._begun, self._lost = "the beginning", False, 0
        self._edges: dict[int, float] = {}
        self._stands: dict[str, int] = {}
        self._said: list[tuple[str, int, str]] = []
        """Headings with their pages; and of each page number that is told: heading, page it is told on, number."""
        self._again_line = ""
        """What a page may say at its top that goes on with the piece in hand, and nothing else."""
        self._odd: set[int] = set()
        self._told = False
        """The first cell of the row in hand has been read: a page that goes on with the row may say it again."""
        if hidden := next((r for r in found if r.hidden), None):
            self.faults.append(f"page {hidden.page} holds text that no page shows: '{hidden.text[:60]}'")
        for piece in wanted.pieces:
            self._again_line = squeezed(piece.again)
            if not self._piece(Line(piece.words) if isinstance(piece, Drawn) else piece):
                self.faults.append(f"after {self._place}: what follows cannot be laid beside the record, and was not compared")
                return
        self.faults += self._astray()
        rest = self._peek(None)
        if rest is not None:
            self.faults.append(f"page {rest.page}: behind the end there is more: '{rest.text[:60]}'")
        elif self._page != pages:
            self.faults.append(f"{pages} pages, and the text ends on page {self._page}")

    def _piece(self, piece: Line | Grid) -> bool:
        if isinstance(piece, Line):
            row = _Row((squeezed(piece.text), _PAGE) if piece.leads else (squeezed(piece.text),), key=piece.key)
            self._peek(row)
            before = self._page
            done = self._row(row)
            if piece.heading and piece.key:  # documents of 0.1.0 have none
                self._stands[piece.key] = before
            self._place = f"'{piece.text[:70]}'"
            return done
        self._edges, self._begun = {}, False
        if piece.pages is not None:
            return self._leading(piece, *piece.pages)
        if piece.titles and not self._row(_Row(tuple(map(squeezed, piece.titles)), piece)):
            return False
        self._begun = True
        return all(self._row(_Row(tuple(map(squeezed, row)), piece, n)) for n, row in enumerate(piece.rows))

    def _leading(self, piece: Grid, title: str, keys: tuple[str, ...]) -> bool:
        """A table with a column of page numbers."""
        last = [_PAGE if key else BLANK for key in keys] or [""]
        rows = [(*row, page) for row, page in zip(piece.rows, last, strict=True)] if keys else piece.rows
        grid = Grid((*piece.titles, title), tuple(rows))
        if not self._row(_Row(tuple(map(squeezed, grid.titles)), grid)):
            return False
        self._begun = True
        named = zip(grid.rows, keys or ("",), strict=True)
        return all(self._row(_Row(tuple(map(squeezed, row)), grid, n, key)) for n, (row, key) in enumerate(named))

    def _astray(self) -> Iterator[str]:
        """Page numbers that are not those of the headings they stand for."""
        for key, page, number in self._said:
            if key in self._stands and int(number) != self._stands[key]:
                yield f"page {page}: {key} is said to stand on page {number}, and stands on page {self._stands[key]}"

    # -------------------------------------------------------------- rows

    def _pens(self, grid: Grid | None) -> bool:
        """Rows to be signed: what stands in the boxes keeps no line with the words beside them."""
        return grid is not None and grid.titles == self._words.all(APPROVAL_HEAD)

    def _row(self, row: _Row) -> bool:
        """Take what is painted for a row. False when it cannot be found any more."""
        left, last, base = list(row.cells), -1, None
        self._odd = set()
        while any(left):
            self._told = bool(row.cells[0]) and not left[0]
            run = self._peek(row)
            if run is None:
                self.faults.append(f"after {self._place}: the pages end before '{max(left)[:60]}'")
                return False
            text = squeezed(run.text)
            column = self._column(row, left, text, run, last)
            if column is None:
                if not self._mismatch(row, left, run):
                    return False
                continue
            if row.grid is not None and left[column] == row.cells[column]:
                base = self._beginning(row, column, run, base)
            if left[column] == _PAGE:
                self._said.append((row.key, run.page, text))
            left[column] = "" if left[column] == _PAGE else left[column][len(text) :]
            last, self._lost = column, 0
            self._at += 1
        return True

    def _column(self, row: _Row, left: list[str], text: str, run: Run, last: int) -> int | None:
        """The cell a run goes on with: the one whose column begins where it stands, the one in hand, or one that has not begun."""

        def fits(n: int) -> bool:
            begun = left[n] != row.cells[n]
            edge = self._edges.get(n)
            where = row.grid is None or begun or edge is None or self._pens(row.grid) or abs(edge - run.x) <= _NEAR
            return where and (left[n].startswith(text) if left[n] != _PAGE else bool(_DIGITS.fullmatch(text)))

        def apart(n: int) -> bool:  # cells of one text go on with the same words: where a line begins tells whose it is
            return row.grid is None or abs(self._edges.get(n, run.x + 2 * _NEAR) - run.x) > _NEAR

        order = sorted(range(len(left)), key=lambda n: (apart(n), n != last, left[n] == row.cells[n], n))
        return next((n for n in order if left[n] and fits(n)), None)

    def _beginning(self, row: _Row, column: int, run: Run, base: tuple[int, float] | None) -> tuple[int, float]:
        """Where a cell begins: columns keep their left edges, and cells of a row their base line."""
        if row.grid is not None and len(row.cells) == len(row.grid.titles or row.cells):
            self._edges.setdefault(column, run.x)
        if base is not None and not self._pens(row.grid) and (base[0] != run.page or abs(base[1] - run.y) > _NEAR):
            self.faults.append(f"page {run.page}: {self._name(row, column)}: '{run.text[:60]}' does not stand in its row")
        return base or (run.page, run.y)

    def _mismatch(self, row: _Row, left: list[str], run: Run) -> bool:
        """Tell of a run that fits nowhere, give up the cell it stands in, and go on with the next. False when all is lost."""
        self._lost += 1
        self._at += 1
        near = {n: abs(edge - run.x) for n, edge in self._edges.items() if n < len(left)}
        column = min(near, key=lambda n: near[n]) if near and min(near.values()) <= _NEAR else None
        if column is None:
            column = next((n for n, text in enumerate(left) if text and n not in self._odd), None)
        if column is not None and column not in self._odd:
            wanted = row.cells[column] if row.cells[column] != _PAGE else "a page number"
            self.faults.append(
                f"page {run.page}: {self._name(row, column)}: '{run.text[:60]}' stands where '{wanted[:60]}' belongs"
            )
            self._odd.add(column)
            left[column] = ""
        return self._lost < _LOST and len(self.faults) < MOST

    def _name(self, row: _Row, column: int) -> str:
        if row.grid is None:
            return f"after {self._place}"
        if row.number < 0:
            return f"after {self._place}, head of the table"
        return f"after {self._place}, {cell_name(row.grid, row.number, column)}"

    # -------------------------------------------------------------- pages

    def _peek(self, row: _Row | None) -> Run | None:
        """The next run of the body; at a new page what every page carries and the repeated head of a table are taken first."""
        while self._at < len(self._runs) and self._runs[self._at].page != self._page:
            self._page += 1
            self._carried(self._page)
            if row is not None and self._again_line:
                self._again((self._again_line,))
            if row is not None and row.grid is not None and row.grid.titles and self._begun:
                self._again(tuple(map(squeezed, row.grid.titles)))
            if row is not None and row.grid is not None and row.number >= 0 and self._told:
                self._goes_on(row.cells[0])
        return self._runs[self._at] if self._at < len(self._runs) else None

    def _carried(self, page: int) -> None:
        """Banner, header and footer, in any order, each whole; ``Page 3 of 9`` among them. Another text among them is passed over."""
        at, left = self._take(
            [*self._furniture, squeezed(self._words.say(PAGE, page=str(page), total=str(self._pages)))], self._at
        )
        odd = ""
        while any(left) and (skip := self._next_of(left, at)):
            odd = odd or self._runs[at].text
            at, left = self._take(left, at + skip)
        if self._own_head and page == 1:
            self._furniture = tuple(f for f, text in zip(self._furniture, left, strict=False) if not text)
            left = left[-1:]
        if missing := [text for text in left if text]:
            odd = odd or (self._runs[at].text if at < len(self._runs) else "nothing")
            self.faults.append(f"page {page} does not carry '{missing[0][:60]}' (there is '{odd[:60]}')")
        self._at = at

    def _next_of(self, left: list[str], at: int) -> int:
        """How many runs of this page stand before one that goes on with one of the texts; 0 if none does soon."""
        for skip in range(1, _LOST):
            if at + skip >= len(self._runs) or self._runs[at + skip].page != self._page:
                return 0
            if any(text and text.startswith(squeezed(self._runs[at + skip].text)) for text in left):
                return skip
        return 0

    def _again(self, titles: tuple[str, ...]) -> None:
        at, left = self._take(list(titles), self._at)
        if not any(left):
            self._at = at

    def _goes_on(self, first: str) -> None:
        """Pass over the first cell of a row that a page said again: the whole of it, where its column begins, and nothing else."""
        at, left, edge = self._at, first, self._edges.get(0)
        while left and edge is not None and at < len(self._runs) and self._runs[at].page == self._page:
            text = squeezed(self._runs[at].text)
            if not left.startswith(text) or abs(self._runs[at].x - edge) > _NEAR:
                return
            left, at = left[len(text) :], at + 1
        if not left:
            self._at = at

    def _take(self, left: list[str], at: int) -> tuple[int, list[str]]:
        """As many runs of the page as go on with one of these texts, and what is left of them."""
        last = 0
        while any(left) and at < len(self._runs) and self._runs[at].page == self._page:
            text = squeezed(self._runs[at].text)
            order = [last, *(n for n in range(len(left)) if n != last)]
            column = next((n for n in order if left[n] and left[n].startswith(text)), None)
            if column is None:
                break
            left[column], last, at = left[column][len(text) :], column, at + 1
        return at, left
