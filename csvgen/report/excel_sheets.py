"""What stands on each sheet of the matrix workbook, before it is written."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from csvgen.canonical import Digest, digest
from csvgen.errors import BadInput
from csvgen.model.base import PHASES
from csvgen.model.matrix import Attempt, Link, Matrix
from csvgen.model.report import Table
from csvgen.report.result_blocks import BY_OTHER_MEANS, OWN_DETAIL
from csvgen.report.text import BLANK, one_line, visible
from csvgen.report.wording import IN_ENGLISH, Wording
from csvgen.risk.rate import LEVELS
from csvgen.trace.open_clauses import KIND, WHY

NEIGHBOURS = "{first} to {last}: {number} {verdict}"
"""Cases whose numbers follow each other, in one line."""
OTHER = "Other"
"""Column of cases that belong to no phase."""
NONE = "None."
_STYLES = {"text": "csv cell", "id": "csv cell", "place": "csv cell", "verdict": "csv word", "mono": "csv code"}
_TITLE_LIMIT = 240
_CHARACTERS = 150.0
"""Width of an extra table: characters of the body font."""


@dataclass(frozen=True, slots=True)
class Item:
    """Text of a cell, and where it leads: a sheet and its data row from 1."""

    text: str
    sheet: str
    row: int

    def target(self, top: int) -> str:
        """The cell it leads to; the titles of every sheet stand in row `top`."""
        return f"'{self.sheet}'!A{self.row + top}"


Cell = Item | str
"""A text that leads nowhere is a text."""


def words(cell: Cell) -> str:
    """The text of a cell."""
    return cell if isinstance(cell, str) else cell.text


@dataclass(frozen=True, slots=True)
class Made(Collection[Sequence[Cell]]):
    """Rows that are made each time they are asked for, and kept by nobody."""

    count: int
    make: Callable[[], Iterable[Sequence[Cell]]]

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[Sequence[Cell]]:
        return iter(self.make())

    def __contains__(self, row: object) -> bool:
        return any(row == one for one in self)


@dataclass(frozen=True, slots=True)
class Grid:
    """A sheet that is one table."""

    name: str
    title: str
    titles: tuple[str, ...]
    widths: tuple[float, ...]
    """In characters."""
    styles: tuple[str, ...]
    rows: Collection[Sequence[Cell]]
    """Walked once while the sheet is written; see `Made` for rows that need not be in memory."""
    frozen: str = "B"
    """First column that scrolls."""
    lists: frozenset[str] = frozenset()
    """Letters of columns whose cells name several cases with their verdicts."""

    def column(self, title: str) -> str:
        """The letter of a column among the first 26."""
        return chr(ord("A") + self.titles.index(title))


def worded(value: str, wording: Wording) -> str:
    """A word of a closed list: as the record spells it in English, as documents print it in another language."""
    return wording.say(value.replace("-", " ")) if wording.language else value


def _in(grid: Grid, wording: Wording) -> Grid:
    """A sheet with its name, title and titles in a language; its rows are there already."""
    if not wording.language:
        return grid
    name, title = wording.say(grid.name), wording.say(grid.title)
    return replace(grid, name=name, title=title, titles=tuple(t if t in PHASES else wording.say(t) for t in grid.titles))


def grids(
    matrix: Matrix, extra: Mapping[str, Table | Grid], wording: Wording = IN_ENGLISH, clauses: Sequence[str] = ()
) -> tuple[Grid, ...]:  # fmt: skip
    """All sheets between Summary and About, in order. `clauses`: those that nothing answers, listed after the gaps."""
    attempts = _attempts(matrix)
    places = _Places(
        {
            "Matrix": _first(row.requirement for row in matrix.rows),
            "Reverse": _first(row.case for row in matrix.reverse),
            "Evidence": _first(case for case, _ in attempts),
        },
        wording,
    )
    fixed = (_matrix(matrix, places), _reverse(matrix, places), _gaps(matrix, places, clauses), _evidence(attempts, places))
    added = (table if isinstance(table, Grid) else extra_grid(name, table) for name, table in extra.items())
    return (*(_in(grid, wording) for grid in fixed), *added)


@dataclass(frozen=True, slots=True)
class _Places:
    """Sheet -> id -> its first data row, from 1."""

    rows: Mapping[str, Mapping[str, int]]
    wording: Wording = IN_ENGLISH

    def word(self, value: str) -> str:
        """A word of a closed list in the language of the workbook."""
        return worded(value, self.wording)

    def told(self, text: str, *, own: bool = False) -> str:
        """A sentence of the matrix in the language of the workbook; `own`: of words that are the project's."""
        return text if own else self.wording.recognised(text)

    def item(self, text: str, *sheets: str, key: str = "") -> Cell:
        """Text that leads to the row of `key` (or of itself) on the first of the sheets that has one."""
        for sheet in sheets:
            if row := self.rows[sheet].get(key or text, 0):
                return Item(text, self.wording.say(sheet), row)
        return text

    def items(self, ids: Sequence[str], sheet: str) -> Cell:
        """Ids in one cell. It leads on if there is one only: LibreOffice sets no line ends in a cell with a link."""
        return self.item(ids[0], sheet) if len(ids) == 1 else _joined(ids)

    def cases(self, links: Sequence[Link]) -> Cell:
        """Cases with their verdicts; neighbours of one verdict are one line, which leads to the first of them."""
        lines = list(_lines_of(links, self.wording))
        return self.item(lines[0], "Reverse", key=links[0].case) if len(lines) == 1 else _joined(lines)


_COPY = "This workbook is a working copy for filtering and sorting. The record is the matrix named above."
_SIGNED = "This workbook tells of the matrix named above. Its signatures stand on the sheet Signatures; csvgen verify says whether they hold."

_RENDITION = (
    "This workbook holds tables of the document named above, cell by cell as it prints them. Its signatures stand on the sheet Signatures; "
    "csvgen verify says whether they hold. The official rendition is the PDF."
)


def about(
    matrix: Matrix, sheets: Sequence[Grid], made_by: str, *, signed: bool, wording: Wording = IN_ENGLISH
) -> Iterator[tuple[str, list[tuple[str, str, str]]]]:
    """Sections of the last sheet: name, value and style of each of their rows."""
    say = wording.say
    yield (
        say("Made from"),
        [
            (say("Matrix (content digest)"), str(digest(matrix)), "csv code"),
            (say("Specification"), str(matrix.spec), "csv code"),
            *((say("Protocol {phase}", phase=phase), str(found), "csv code") for phase, found in sorted(matrix.protocol.items())),
            *((say("Run {run}", run=run), str(found), "csv code") for run, found in sorted(matrix.runs.items())),
            (say("Made by"), made_by, "csv cell"),
        ],
    )
    yield say("Sheets"), [(grid.name, grid.title, "csv cell") for grid in sheets]
    links = "A cell that names one item, or one row of cases, leads to it or to its first."
    yield say("How to use it"), _use(say(_SIGNED if signed else _COPY), wording, (say("Links"), say(links), "csv cell"))


def about_tables(
    content: Digest, sheets: Sequence[Grid], made_by: str, wording: Wording = IN_ENGLISH
) -> Iterator[tuple[str, list[tuple[str, str, str]]]]:  # fmt: skip
    """Sections of the last sheet of a workbook that shows tables of a document."""
    say = wording.say
    made = [(say("Document (content digest)"), str(content), "csv code"), (say("Made by"), made_by, "csv cell")]
    yield say("Made from"), made
    yield say("Sheets"), [(grid.name, grid.title, "csv cell") for grid in sheets]
    yield say("How to use it"), _use(say(_RENDITION), wording)


def _use(status: str, wording: Wording, *more: tuple[str, str, str]) -> list[tuple[str, str, str]]:
    say = wording.say
    printed = "Uncontrolled when printed: compare the content digest in the footer with the record."
    return [
        (say("Status"), status, "csv cell"),
        (say("Printed copies"), say(printed), "csv cell"),
        *more,
        (say("Contents"), say("No macros, no links to other files, no hidden sheets."), "csv cell"),
    ]


def _first(ids: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for n, name in enumerate(ids, 1):
        found.setdefault(name, n)
    return found


def _joined(texts: Iterable[str]) -> str:
    """One under the other; the comma holds where the line end is lost."""
    return ",\n".join(texts)


def _lines_of(links: Sequence[Link], wording: Wording) -> Iterator[str]:
    """``TC-OQ-0003 to 0011: 9 PASSED`` where numbers and verdict follow each other; else one line a case."""
    rows: list[list[Link]] = []
    for link in links:
        last = rows[-1][-1] if rows else None
        if last is not None and link.final == last.final and _number(link.case) == _next(_number(last.case)):
            rows[-1].append(link)
        else:
            rows.append([link])
    for row in rows:
        first, last = row[0], row[-1]
        end = "".join(_number(last.case)[1:])
        yield (
            f"{first.case} {first.final}"
            if len(row) == 1
            else wording.say(NEIGHBOURS, first=first.case, last=end, number=str(len(row)), verdict=str(first.final))
        )


def _number(case: str) -> tuple[str, str]:
    """A case id as what stands before its number, and its number."""
    stem = case.rstrip("0123456789")
    return stem, case[len(stem) :]


def _next(number: tuple[str, str]) -> tuple[str, str]:
    stem, digits = number
    return (stem, str(int(digits) + 1).zfill(len(digits))) if digits.isascii() and digits.isdigit() else ("", "")


def _filled(
    count: int, make: Callable[[], Iterable[Sequence[Cell]]], columns: int, places: _Places
) -> Collection[Sequence[Cell]]:
    """The rows, or one that says there are none: an Excel table has at least one, and nothing is left blank."""
    return Made(count, make) if count else ((places.wording.say(NONE), *(BLANK,) * (columns - 1)),)


def _matrix(matrix: Matrix, places: _Places) -> Grid:
    """One row for each requirement."""
    phase_of = {row.case: row.phase for row in matrix.reverse if row.phase in PHASES}
    cases = {link.case for row in matrix.rows for link in row.links}
    phases = (*PHASES, OTHER) if cases - phase_of.keys() else PHASES

    def linked(links: Sequence[Link], phase: str) -> Cell:
        return places.cases([link for link in links if phase_of.get(link.case, OTHER) == phase])

    rows = lambda: (  # noqa: E731 - made when they are written
        (
            row.requirement, row.title, places.word(row.category), _joined(row.clauses), _joined(row.functions),
            _joined(row.risks), row.priority if row.priority in LEVELS else places.word(row.priority), places.word(row.verification),
            *(linked(row.links, phase) for phase in phases),
            _joined(dict.fromkeys(a.deviation for k in row.links for a in k.attempts if a.deviation)),
            places.word(row.coverage), places.told(row.reason, own=row.coverage in BY_OTHER_MEANS and not row.imported),
            _joined(places.told(r) for r in row.residual),
        )
        for row in matrix.rows
    )  # fmt: skip
    titles = (
        "Requirement", "Title", "Category", "Clauses", "Functions", "Risks", "Priority", "Verification", *phases, "Deviations",
        "Coverage", "Reason", "Residual risk",
    )  # fmt: skip
    count = len(phases)
    return Grid(
        "Matrix", "Traceability: requirement to risk, case, verdict and coverage", titles,
        (13, 28, 13, 17, 11, 13, 9, 12, *(30,) * count, 11, 14, 32, 28),
        (*("csv cell",) * 8, *("csv word",) * count, "csv cell", "csv word", "csv cell", "csv cell"),
        _filled(len(matrix.rows), rows, len(titles), places), frozen="C",
        lists=frozenset(chr(ord("A") + 8 + n) for n in range(count)),
    )  # fmt: skip


def _reverse(matrix: Matrix, places: _Places) -> Grid:
    """One row for each case."""
    rows = lambda: (  # noqa: E731
        (
            places.item(row.case, "Evidence"), row.title, row.phase, places.items(row.requirements, "Matrix"),
            _joined(row.risks), row.final, _joined(row.runs),
        )
        for row in matrix.reverse
    )  # fmt: skip
    titles = ("Case", "Title", "Phase", "Requirements", "Risks", "Final verdict", "Runs")
    styles = (*("csv cell",) * 5, "csv word", "csv cell")
    return Grid(
        "Reverse", "Traceability reversed: case to requirement", titles, (18, 46, 9, 20, 18, 18, 16), styles,
        _filled(len(matrix.reverse), rows, len(titles), places), frozen="C",
    )  # fmt: skip


def _gaps(matrix: Matrix, places: _Places, clauses: Sequence[str]) -> Grid:
    """One row for each gap, then one for each clause that nothing answers."""

    def rows() -> Iterator[Sequence[Cell]]:  # made when they are written
        for gap in matrix.gaps:
            detail = places.told(gap.detail, own=gap.kind in OWN_DETAIL)
            yield places.word(gap.kind), places.item(gap.subject, "Matrix", "Reverse"), detail
        for clause in clauses:
            yield places.word(KIND), clause, places.wording.say(WHY)

    titles = ("Gap", "Subject", "Detail")
    return Grid(
        "Gaps", "Gaps: what is not covered", titles, (28, 22, 60), ("csv cell",) * 3,
        _filled(len(matrix.gaps) + len(clauses), rows, len(titles), places),
    )  # fmt: skip


def _attempts(matrix: Matrix) -> list[tuple[str, Attempt]]:
    """Every execution of every case, each once, in the order of the reverse rows, then of the requirements."""
    found: dict[str, tuple[Attempt, ...]] = {}
    for row in matrix.rows:
        for link in row.links:
            found.setdefault(link.case, link.attempts)
    order = dict.fromkeys((*(row.case for row in matrix.reverse), *found))
    return [(case, attempt) for case in order for attempt in found.get(case, ())]


def _evidence(attempts: Sequence[tuple[str, Attempt]], places: _Places) -> Grid:
    """One row for each execution of a case."""
    rows = lambda: (  # noqa: E731
        (
            places.item(case, "Reverse"), a.run, a.verdict, a.reason, _joined(a.evidence),
            a.deviation,
        )
        for case, a in attempts
    )  # fmt: skip
    titles = ("Case", "Run", "Verdict", "Reason", "Evidence", "Deviation")
    styles = ("csv cell", "csv cell", "csv word", "csv cell", "csv cell", "csv cell")
    return Grid(
        "Evidence", "Evidence: every execution of every case", titles, (18, 14, 18, 46, 26, 16), styles,
        _filled(len(attempts), rows, len(titles), places),
    )  # fmt: skip


def extra_grid(name: str, table: Table) -> Grid:
    """A table of a report as a sheet; two columns of one title are told apart, as Excel demands."""
    if any(len(row) != len(table.columns) for row in table.rows):
        raise BadInput(f"a row of the table does not have {len(table.columns)} cells", where=name)
    titles: list[str] = []
    for column in table.columns:
        base = visible(one_line(column.title)).strip()[:_TITLE_LIMIT] or BLANK
        title, n = base, 1
        while title.lower() in {other.lower() for other in titles}:
            n += 1
            title = f"{base} ({n})"
        titles.append(title)
    filled = table.rows or ((table.empty, *(BLANK,) * (len(titles) - 1)),)
    styles = tuple(_STYLES[column.kind] for column in table.columns)
    widths = tuple(max(column.width * _CHARACTERS, 9.0) for column in table.columns)
    return Grid(name, table.caption or name, tuple(titles), widths, styles, filled)
