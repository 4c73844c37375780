"""The workbook beside the matrix: an inspector opens this one, so it must tell of the same coverage, verdicts and gaps."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence

from csvgen.catalog.clauses import clauses as known
from csvgen.errors import NotIntact
from csvgen.model.matrix import Matrix
from csvgen.report.excel_sheets import worded
from csvgen.report.wording import IN_ENGLISH, Wording
from csvgen.signature import xml
from csvgen.signature.opc import Package
from csvgen.trace.open_clauses import KIND

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_LINK = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_BOOK = "/xl/workbook.xml"
_NOTHING = "None."
"""First cell of a table without rows."""

Rows = list[tuple[str, ...]]


def workbook_faults(
    data: bytes, matrix: Matrix, words: Wording = IN_ENGLISH, clauses: Sequence[str] | None = None
) -> list[str]:  # fmt: skip
    """Where the deciding columns of the workbook differ from the matrix. Raises NotIntact for what is no sound workbook.

    `clauses`: those that nothing answers, by the specification; None where that of its day is not known. Earlier csvgen listed none.
    """
    package = Package.read(data)
    faults = []
    for name, heads, wanted in _wanted(matrix, words):
        sheet, titles = words.say(name), words.all(heads)
        found = _table(package, sheet, titles, words.say(_NOTHING))
        if name == "Gaps":
            found, open_ones = _without_clauses(found, words)
            if open_ones and not _fits(open_ones, clauses):
                faults.append(f"the sheet {sheet} tells other clauses without answer than there are")
        if found != wanted:
            odd = [row for row in found if row not in wanted] or [row for row in wanted if row not in found]
            told = "; ".join(" ".join(row) for row in odd[:3]) or "another order or number of rows"
            faults.append(f"the sheet {sheet} says otherwise than matrix.json: {told}")
    return faults


def _without_clauses(rows: Rows, words: Wording) -> tuple[Rows, list[str]]:
    """The gaps of the matrix, and the clauses that stand after them."""
    kind = worded(KIND, words)
    return [row for row in rows if row[0] != kind], [row[1] for row in rows if row[0] == kind]


def _fits(told: Sequence[str], wanted: Sequence[str] | None) -> bool:
    """Whether the clauses are those wanted; where these are not known, whether each is one, told once."""
    return list(told) == list(wanted) if wanted is not None else len(set(told)) == len(told) and set(told) <= known().keys()


def _wanted(matrix: Matrix, words: Wording) -> Iterator[tuple[str, tuple[str, ...], Rows]]:
    """Sheet, titles of its deciding columns, and what must stand in them."""
    yield "Matrix", ("Requirement", "Coverage"), [(r.requirement, worded(r.coverage, words)) for r in matrix.rows]
    yield "Reverse", ("Case", "Final verdict"), [(r.case, str(r.final)) for r in matrix.reverse]
    yield "Gaps", ("Gap", "Subject"), [(worded(g.kind, words), g.subject) for g in matrix.gaps]
    attempts = {link.case: link.attempts for row in matrix.rows for link in row.links}
    order = dict.fromkeys((*(r.case for r in matrix.reverse), *attempts))
    yield (
        "Evidence",
        ("Case", "Run", "Verdict"),
        [(case, a.run, str(a.verdict)) for case in order for a in attempts.get(case, ())],
    )


def _table(package: Package, sheet: str, titles: tuple[str, ...], nothing: str) -> Rows:
    """The columns under these titles, row by row."""
    rows = _rows(package, sheet)
    for number, row in enumerate(rows):
        places = {text: column for column, text in row.items()}
        if all(t in places for t in titles):
            found = [tuple(r.get(places[t], "") for t in titles) for r in rows[number + 1 :]]
            return [] if found and found[0][0] == nothing and len(found) == 1 else found
    raise NotIntact(f"the sheet {sheet} has no columns {', '.join(titles)}", where="matrix.xlsx")


def _rows(package: Package, sheet: str) -> list[dict[str, str]]:
    """Rows of a sheet, each by column letters; only text written in place counts, as csvgen writes it."""
    book = xml.parse(package.parts[_BOOK], _BOOK)
    targets = {r.id: r.target for r in package.relationships("/xl/_rels/workbook.xml.rels")}
    for found in book.iter(f"{{{_MAIN}}}sheet"):
        if found.get("name") != sheet:
            continue
        if found.get("state", "visible") != "visible":
            raise NotIntact(f"the sheet {sheet} is hidden", where="matrix.xlsx")
        part = posixpath.normpath(posixpath.join("/xl", targets[found.get(_LINK, "")]))
        root = xml.parse(package.parts[part], part)
        return [_cells(row) for row in root.iter(f"{{{_MAIN}}}row")]
    raise NotIntact(f"there is no sheet {sheet}", where="matrix.xlsx")


def _cells(row: xml.Element) -> dict[str, str]:
    written = {}
    for cell in row.iterchildren(f"{{{_MAIN}}}c"):
        if cell.get("t") == "inlineStr":
            text = "".join(t.text or "" for t in cell.iter(f"{{{_MAIN}}}t"))
            written[cell.get("r", "").rstrip("0123456789")] = text
    return written
