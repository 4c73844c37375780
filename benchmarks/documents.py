"""What a report of many step rows costs as Word, PDF and workbook, beside other engines on the same rows.

    python benchmarks/documents.py [--rivals PYTHON] [--write]

Everything in one run: some seven minutes on a machine that does nothing else, four of them WeasyPrint's.
CPU seconds (user + system) and peak memory of one process for each figure; the least of the repeats. Rows of 8 columns, a third of them
with wrapped text. `--rivals`: the Python of a virtual environment that holds typst, weasyprint and xlsxwriter; without it they are left out.
The raw canvas draws the same wrapped lines with ReportLab and nothing else: no head, no rules, no page numbers, no tags.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from csvgen.model.report import Report

HERE = Path(__file__).parent
ROOT = HERE.parent
FOOT, VERDICT = 50, 4
"""Points at the foot of a page of the raw canvas; column of the workbook that holds a verdict."""
TITLE = "Documents of many rows"
HEAD = ("Step", "Instruction", "Expected", "Observed", "Verdict", "Evidence", "Dev.", "Run")
SHARES = (0.05, 0.26, 0.2, 0.2, 0.08, 0.08, 0.06, 0.07)
LONG = "a person sets the value on the panel and compares the reading with the printed certificate of the reference, line by line"


def rows(count: int) -> list[tuple[str, ...]]:
    return [
        (
            str(n), LONG if n % 3 == 0 else f"set the value to {n}", f"the value is {n}", f"{n} mV [Pipeline.lot]",
            "PASSED" if n % 50 else "FAILED", f"{n}.1", "none", "OQ-001",
        )
        for n in range(1, count + 1)
    ]  # fmt: skip


def report(count: int) -> Report:
    from csvgen.canonical import digest
    from csvgen.model.report import Column, Heading, Report, Table

    kinds = ("id", "text", "text", "text", "verdict", "id", "id", "text")
    columns = tuple(Column(t, w, k) for t, w, k in zip(HEAD, SHARES, kinds, strict=True))
    blocks = (Heading(1, "Steps"), Table(columns, tuple(rows(count)), "Steps")) if count else ()
    return Report(
        id="B-1", title="Report", subtitle="System 1", revision=1, organisation="House", system="System", status="for measuring",
        banner="", date="2026-11-21", made_by="csvgen", made_from=(), content=digest("any"), official="pdf", cover=(), blocks=blocks,
    )  # fmt: skip


# ------------------------------------------------------------------ what is measured, one process each


def docx(count: int) -> bytes:
    from csvgen.report import word

    return word.draw(report(count))


def pdf(count: int) -> bytes:
    from csvgen.report import pdf as drawn

    return drawn.draw(report(count))


def canvas(count: int) -> bytes:
    import io

    from reportlab.pdfgen.canvas import Canvas

    from csvgen.report.fonts import Face
    from csvgen.report.pdf_page import register_fonts
    from csvgen.report.text import wrap

    register_fonts()
    out = io.BytesIO()
    size = (841.89, 595.28)
    pen = Canvas(out, pagesize=size, pageCompression=1, initialFontName=Face.SANS.value)
    pen.setFont(Face.SANS.value, 8)
    y = 540.0
    for row in rows(count):
        cells = [wrap(text, share * 728 - 6.4, Face.SANS, 8.0) for text, share in zip(row, SHARES, strict=True)]
        high = max(map(len, cells)) * 11 + 6
        if y - high < FOOT:
            pen.showPage()
            pen.setFont(Face.SANS.value, 8)
            y = 540.0
        x = 57.0
        for lines, share in zip(cells, SHARES, strict=True):
            for n, line in enumerate(lines):
                pen.drawString(x + 3, y - 11 * (n + 1), line)
            x += share * 728
        y -= high
    pen.save()
    return out.getvalue()


def lines(count: int) -> Iterator[tuple[str, ...]]:
    """Rows of the workbook, each made when it is asked for."""
    return (tuple("PASSED" if n == VERDICT else f"{r}.{n} as observed" for n in range(12)) for r in range(count))


def book(count: int, given: Callable[[], Iterable[tuple[str, ...]]]) -> bytes:
    """A workbook of csvgen with one listing; its other sheets are empty."""
    from csvgen.canonical import digest
    from csvgen.model.matrix import Matrix
    from csvgen.report import excel
    from csvgen.report.excel_sheets import Grid, Made

    styles = tuple("csv word" if n == VERDICT else "csv cell" for n in range(12))
    listing = Grid("Listing", "Listing", tuple(f"C{n}" for n in range(12)), (12.5,) * 12, styles, Made(count, given))
    empty = Matrix(system="s", version="1", spec=digest("any"), protocol={}, runs={}, rows=(), reverse=(), gaps=())
    return excel.draw(empty, title="t", document_id="B-1", made_by="csvgen", extra={"Listing": listing})


def xlsx(count: int) -> bytes:
    return book(count, lambda: lines(count))


def xlsx_held(count: int) -> bytes:
    """The same from rows that whoever asks for it has in memory."""
    held = list(lines(count))
    return book(count, lambda: held)


def written(count: int, given: Iterable[tuple[str, ...]], **options: bool) -> bytes:
    """The same rows by XlsxWriter, with borders, wrapped, and one column in colour. Its `constant_memory` cannot lay a table over them."""
    import io

    import xlsxwriter as engine

    out = io.BytesIO()
    book = engine.Workbook(out, options)
    sheet = book.add_worksheet("Listing")
    plain = book.add_format({"text_wrap": True, "valign": "top", "bottom": 1})
    good = book.add_format({"text_wrap": True, "valign": "top", "bottom": 1, "font_color": "#1A6334"})
    for r, row in enumerate(given, 1):
        for n, text in enumerate(row):
            sheet.write_string(r, n, text, good if n == VERDICT else plain)
    if not options:
        sheet.add_table(0, 0, count, 11, {"columns": [{"header": f"C{n}"} for n in range(12)]})
    sheet.freeze_panes(1, 1)
    book.close()
    return out.getvalue()


def xlsxwriter(count: int) -> bytes:
    return written(count, lines(count))


def xlsxwriter_held(count: int) -> bytes:
    return written(count, list(lines(count)))


def xlsxwriter_constant(count: int) -> bytes:
    return written(count, lines(count), constant_memory=True)


def typst(count: int) -> bytes:
    import typst as engine

    cells = ",".join(json.dumps(text) for row in rows(count) for text in row)
    widths = ",".join(f"{share}fr" for share in SHARES)
    head = ",".join(json.dumps(text) for text in HEAD)
    source = (
        f'#set page(paper: "a4", flipped: true)\n#set text(size: 8pt)\n#table(columns: ({widths}), table.header({head}), {cells})'
    )
    return engine.compile(source.encode())


def weasyprint(count: int) -> bytes:
    from html import escape

    from weasyprint import HTML

    body = "".join("<tr>" + "".join(f"<td>{escape(t)}</td>" for t in row) + "</tr>" for row in rows(count))
    head = "".join(f"<th>{escape(t)}</th>" for t in HEAD)
    style = "@page{size:A4 landscape}table{table-layout:fixed;width:100%;font-size:8pt;border-collapse:collapse}td{border-bottom:.5pt solid #ccc}"
    return HTML(string=f"<style>{style}</style><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>").write_pdf()


def held(count: int) -> bytes:
    """The rows as they are handed to the writers, after a first document has loaded what they load."""
    docx(0)
    given = report(count)
    return bytes(len(given.blocks))


OWN = {"docx": docx, "pdf": pdf, "canvas": canvas}
WORKBOOKS = {
    "xlsx": xlsx,
    "xlsxwriter": xlsxwriter,
    "xlsxwriter_constant": xlsxwriter_constant,
    "xlsx_held": xlsx_held,
    "xlsxwriter_held": xlsxwriter_held,
}
OTHERS = {"typst": typst, "weasyprint": weasyprint, "held": held, **WORKBOOKS}


def one(name: str, count: int) -> None:
    begun = resource.getrusage(resource.RUSAGE_SELF)
    data = {**OWN, **OTHERS}[name](count)
    used = resource.getrusage(resource.RUSAGE_SELF)
    cpu = used.ru_utime + used.ru_stime - begun.ru_utime - begun.ru_stime
    sys.stdout.write(json.dumps({"cpu": cpu, "mb": used.ru_maxrss / 1024, "size": len(data)}))


# ------------------------------------------------------------------ the table


Figures = dict[str, float]


def measure(python: str, name: str, count: int, repeats: int) -> Figures:
    found = []
    for _ in range(repeats):
        command = [python, str(HERE / "documents.py"), "--one", name, str(count)]
        done = subprocess.run(
            command, capture_output=True, check=True, text=True, env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}
        )
        found.append(json.loads(done.stdout))
    return min(found, key=lambda f: f["cpu"])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 5000, 20_000])
    parser.add_argument("--rivals", default="")
    parser.add_argument("--rival-size", type=int, default=20_000, help="Rows of the other engines' documents.")
    parser.add_argument("--cells", type=int, default=100_000, help="Rows of the workbook.")
    parser.add_argument("--repeats", type=int, default=3, help="Of csvgen and the raw canvas; the other engines run once.")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--one", nargs=2, metavar=("WHAT", "ROWS"))
    arguments = parser.parse_args()
    if arguments.one:
        one(arguments.one[0], int(arguments.one[1]))
        return
    said = table(arguments)
    print(said)
    if arguments.write:
        from results import write_section

        write_section(TITLE, said)


def table(arguments: argparse.Namespace) -> str:
    sizes, repeats = arguments.sizes, arguments.repeats
    begun = os.getloadavg()[0]
    found = {(n, c): measure(sys.executable, n, c, repeats) for n in OWN for c in (0, *sizes)}
    told = (
        f"python benchmarks/documents.py --sizes {' '.join(map(str, sizes))} --repeats {repeats} --rival-size {arguments.rival_size}"
        + " --rivals PYTHON" * bool(arguments.rivals)
    )
    said = [
        f"{time.strftime('%Y-%m-%d')}, Python {platform.python_version()}, {platform.machine()}; `{told}`.",
        f"CPU seconds, the least of {repeats} processes; in brackets the peak of the whole process in MB. 0 rows is what loading libraries, fonts and",
        "the reference document takes.",
        "",
        "| rows x 8 | " + " | ".join(OWN) + " |",
        "|---|" + "---|" * len(OWN),
    ]
    for count in (0, *sizes):
        cells = " | ".join(f"{found[n, count]['cpu']:.2f} ({found[n, count]['mb']:.0f})" for n in OWN)
        said.append(f"| {count:,} | {cells} |")
    few, many = sizes[0], sizes[-1]
    net = {key: value["cpu"] - found[key[0], 0]["cpu"] for key, value in found.items()}
    said.append("")
    for name in ("docx", "pdf"):
        growth = (net[name, many] / many) / (net[name, few] / few)
        said.append(f"- {name}: a row of {many:,} costs {growth:.2f} of one of {few:,} (asked: at most 1.3).")
    said.append(f"- docx beyond what loading takes, {many:,} rows: {net['docx', many]:.2f} s (asked: under 1 s).")
    rest = [found["docx", c]["mb"] - measure(sys.executable, "held", c, 1)["mb"] for c in (few, many)]
    said += [
        f"- docx memory beyond what loading and the rows themselves take: {rest[0]:.0f} MB at {few:,}, {rest[1]:.0f} MB at {many:,} (asked: flat).",
        "  What grows is the text whose digest is printed in the file.",
        f"- pdf : raw canvas, {many:,} rows: {net['pdf', many] / net['canvas', many]:.2f} (asked: at most 1.5).",
    ]
    if arguments.rivals:
        said += engines(arguments, found)
        said += workbooks(arguments)
    said += [
        "",
        f"Load of the machine when it began {begun:.1f}, when it ended {os.getloadavg()[0]:.1f}, on {os.cpu_count()} cores: above the cores, seconds are rough.",
    ]
    return "\n".join(said)


def engines(arguments: argparse.Namespace, found: Mapping[tuple[str, int], Figures]) -> list[str]:
    """Other engines beside csvgen's PDF."""
    size, said = arguments.rival_size, []
    own = found.get(("pdf", size)) or measure(sys.executable, "pdf", size, arguments.repeats)
    for name, asked in (("typst", 3), ("weasyprint", 30)):
        other = measure(arguments.rivals, name, size, 1)
        said.append(
            f"- {name} : pdf, {size:,} rows: {other['cpu'] / own['cpu']:.1f} ({other['cpu']:.1f} s and {other['mb']:.0f} MB beside "
            f"{own['cpu']:.1f} s and {own['mb']:.0f} MB; asked: at least {asked} at 20,000)."
        )
    return said


def workbooks(arguments: argparse.Namespace) -> list[str]:
    """Large workbooks beside XlsxWriter's, from rows that are made when they are asked for and from rows in memory."""
    pythons = {n: sys.executable if n.startswith("xlsx_") or n == "xlsx" else arguments.rivals for n in WORKBOOKS}
    found = {n: measure(python, n, arguments.cells, 1) for n, python in pythons.items()}
    names = {
        "xlsx": "csvgen", "xlsxwriter": "XlsxWriter as it is when nothing is set", "xlsxwriter_constant": "XlsxWriter, `constant_memory`: no table over the rows",
        "xlsx_held": "csvgen, all rows in the caller's memory", "xlsxwriter_held": "XlsxWriter, the same",
    }  # fmt: skip
    own, other, held, theirs = (found[n] for n in ("xlsx", "xlsxwriter", "xlsx_held", "xlsxwriter_held"))
    asked_for = (
        f"- xlsx : XlsxWriter, rows made when they are asked for: {own['cpu'] / other['cpu']:.2f} of its time (asked: at most 1.4), "
        f"{own['mb'] / other['mb']:.2f} of its memory (asked: 0.2). Interpreter and libraries are in it."
    )
    in_memory = (
        f"- xlsx : XlsxWriter, rows in memory: {held['cpu'] / theirs['cpu']:.2f} of its time, {held['mb'] / theirs['mb']:.2f} of its memory; "
        f"what the rows take ({held['mb'] - own['mb']:.0f} MB) is on both sides."
    )
    return [
        "",
        f"| xlsx, {arguments.cells:,} x 12 styled | CPU s | peak of the process, MB | file, MB |",
        "|---|---|---|---|",
        *(f"| {names[n]} | {f['cpu']:.1f} | {f['mb']:.0f} | {f['size'] / 1e6:.1f} |" for n, f in found.items()),
        "",
        asked_for,
        in_memory,
    ]


if __name__ == "__main__":
    main()
