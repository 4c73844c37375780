"""The numbers of a matrix workbook, and the cases it names beside each requirement, worked out again from the matrix itself."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from csvgen.errors import NotIntact
from csvgen.model.base import PHASES
from csvgen.model.execution import Verdict
from csvgen.model.matrix import Matrix
from csvgen.report.excel_sheets import NEIGHBOURS, OTHER, worded
from csvgen.report.readback import Grid, Reading, plain
from csvgen.report.readback_excel import Sheet, columns, names, read
from csvgen.report.text import BLANK, shown
from csvgen.report.wording import IN_ENGLISH, Wording, shipped_wording
from csvgen.verification.workbook import workbook_faults

_ONE = re.compile(r"(?P<first>\S+) (?P<verdict>[A-Z_]+)")


def matrix_faults(
    data: bytes, matrix: Matrix, name: str = "matrix.xlsx", words: Wording = IN_ENGLISH, clauses: Sequence[str] | None = None
) -> list[str]:  # fmt: skip
    """Where a workbook says otherwise than the matrix: coverage, verdicts, gaps, cases by phase, totals. `clauses` as of `workbook_faults`."""
    first, second = words.all(("Summary", "Matrix"))
    sheets = read(data, (first, second), name)
    if missing := [n for n in (first, second) if n not in sheets]:
        raise NotIntact(f"the sheet {missing[0]} is not there to be seen", where=name)
    return [
        *workbook_faults(data, matrix, words, clauses),
        *_totals(sheets[first], matrix, words),
        *_cases(sheets[second], matrix, words),
    ]


def package_faults(data: bytes, matrix: Matrix, language: str, clauses: Sequence[str] | None = None) -> list[str]:
    """The same of the workbook of a package, in the language of its system; an earlier csvgen wrote it in English in every language."""
    words = shipped_wording(language)
    before = words.language and words.say("Summary") not in names(data, "matrix.xlsx")
    return matrix_faults(data, matrix, words=IN_ENGLISH if before else words, clauses=clauses)


def tables_faults(data: bytes, reading: Reading, name: str, leave: Collection[str] = ("About", "Signatures")) -> list[str]:
    """Where a workbook of a document's tables says otherwise than the document. A sheet holds one table, or several of one form.

    `leave`: sheets that tell of the workbook itself.
    """
    leave = reading.words.all(leave)
    wanted = [n for n in names(data, name) if n not in leave]
    sheets = read(data, wanted, name)
    faults = [f"the sheet {n} is hidden" for n in wanted if n not in sheets]
    grids = [p for p in reading.pieces if isinstance(p, Grid) and p.titles]
    for sheet, rows in sheets.items():
        told = [tuple(_told(cell) for cell in row) for row in rows]
        at, same = next(((n, g) for n, row in enumerate(told) for g in grids if row[: len(g.titles)] == g.titles), (-1, None))
        if same is None:
            faults.append(f"the sheet {sheet} shows a table that the document does not have")
            continue
        rest = [row[: len(same.titles)] for row in told[at + 1 :] if any(row)]
        for grid in (g for g in grids if g.titles == same.titles):
            whole = [row if len(row) > 1 else (row[0], *[BLANK] * (len(grid.titles) - 1)) for row in grid.rows]
            rest = rest[len(whole) :] if rest[: len(whole)] == whole else rest
        faults += [f"the sheet {sheet}: the row '{' '.join(rest[0])[:90]}' does not stand so in the document"] if rest else []
    return faults


def _told(cell: str) -> str:
    return plain(shown(cell.replace("_x005F_", "_")))


def _totals(sheet: Sheet, matrix: Matrix, words: Wording) -> Iterator[str]:
    said: dict[str, str] = {}
    for row in sheet:
        if len(row) > 1 and row[0] and row[1]:
            said.setdefault(row[0], row[1])
    coverage, verdicts = Counter(worded(r.coverage, words) for r in matrix.rows), Counter(str(r.final) for r in matrix.reverse)
    numbers = (("Requirements", len(matrix.rows)), ("Cases", len(matrix.reverse)), ("Gaps", len(matrix.gaps)))
    wanted = {words.say(name): number for name, number in numbers}
    wanted |= {word: coverage[word] for word in said if word in coverage or word == worded("passed", words)}
    wanted |= {str(v): verdicts[str(v)] for v in Verdict if str(v) in said or verdicts[str(v)]}
    wanted |= {word: coverage[word] for word in coverage}
    for word, count in wanted.items():
        if said.get(word) != str(count):
            yield f"the sheet Summary says {word} {said.get(word, 'nowhere')}, the matrix has {count}"


def _cases(sheet: Sheet, matrix: Matrix, words: Wording) -> Iterator[str]:
    """Cases and verdicts that stand in the columns of the phases, row by row."""
    phase_of = {r.case: r.phase for r in matrix.reverse}
    other = words.say(OTHER)
    phases = [*PHASES, *([other] if any(other in row for row in sheet) else [])]
    rows = columns(sheet, (words.say("Requirement"), *phases))
    row_of = _row_of(words)
    if rows is None:
        yield "the sheet Matrix has no columns for the phases"
        return
    for row, found in zip(matrix.rows, rows, strict=False):
        for phase, cell in zip(phases, found[1:], strict=True):
            wanted = {
                k.case: str(k.final)
                for k in row.links
                if (p := phase_of.get(k.case, "")) == phase or (phase == other and p not in PHASES)
            }
            if (said := dict(_named(cell, row_of))) != wanted:
                odd = min((said.items() ^ wanted.items()), key=str)
                yield f"the sheet Matrix, {row.requirement}, {phase}: {odd[0]} {odd[1]} stands only in one of workbook and matrix"


def _row_of(words: Wording) -> re.Pattern[str]:
    """A line of neighbours as a workbook in this language writes it."""
    parts = words.say(NEIGHBOURS, first="\0", last="\0", number="\0", verdict="\0").split("\0")
    forms = (r"(?P<first>\S*?)(?P<from>\d+)", r"(?P<to>\d+)", r"(?P<count>\d+)", r"(?P<verdict>[A-Z_]+)")
    return re.compile("".join(re.escape(part) + form for part, form in zip(parts, (*forms, ""), strict=True)))


def _named(cell: str, row_of: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    """Case and verdict of every case that a cell names, alone or in a row of neighbours."""
    for line in (part.strip() for part in cell.split(",")):
        if found := row_of.fullmatch(line):
            first, wide = int(found["from"]), len(found["from"])
            numbers = range(first, int(found["to"]) + 1)
            if len(numbers) != int(found["count"]):
                yield line, "does not count itself"
            yield from ((f"{found['first']}{n:0{wide}}", found["verdict"]) for n in numbers)
        elif found := _ONE.fullmatch(line):
            yield found["first"], found["verdict"]
        elif line and line != "–":
            yield line, "cannot be read"
