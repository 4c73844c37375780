"""Rules about what documents say: nothing blank, numbers that agree with each other, pages that count, a conclusion that follows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from csvgen.model.execution import Verdict
from csvgen.model.signature import DocumentRecord
from csvgen.report.outline import APPROVAL_HEAD, IDENTITY, PAGE
from csvgen.report.readback import Grid, Line, Reading
from csvgen.report.readback_pdf import runs as painted
from csvgen.report.result_blocks import AND_MORE, CASES_AGAIN, DEVIATIONS, OTHERS, OUTCOMES, PASSED, PLANNED
from csvgen.report.summary_blocks import OUTCOMES as OVERALL
from csvgen.report.text import BLANK
from csvgen.report.wording import Wording, spelled
from csvgen.verification.documents import PDF
from csvgen.verification.gdp import Hit, Package, rule

_PLACEHOLDER = re.compile(
    r"\b(?:TBD|TBC|TO(?:DO)|FIX(?:ME)|to be (?:determined|defined|confirmed|completed)|lorem ipsum|"
    r"(?:noch|später) (?:zu )?(?:bestimmen|ergänzen|festzulegen|festlegen|klären|auszufüllen|ausfüllen)|noch offen: bitte)\b|\?\?\?|<<[^<>]{1,40}>>",
    re.IGNORECASE,
)
_HEADING = re.compile(r"(?P<number>\d+(?:\.\d+)*) \S")
_RESULTS = 6


def _place(document: DocumentRecord) -> str:
    return f"documents/{document.id}-r{document.revision}"


def _grids(reading: Reading) -> Iterator[tuple[str, Grid]]:
    """Every table with the line before it."""
    before = ""
    for piece in reading.pieces:
        if isinstance(piece, Line):
            before = piece.text
        elif isinstance(piece, Grid):
            yield before, piece


@rule("GDP301")
def blank(package: Package) -> Iterator[Hit]:
    """No cell is blank, and none is filled with a dash: what does not apply says so, with the reason."""
    for document, reading in package.texts:
        for before, grid in _grids(reading):
            if grid.titles == reading.words.all(APPROVAL_HEAD):
                continue
            for row in grid.rows:
                if any(cell.strip() in ("", BLANK, "-", "--") for cell in row):
                    yield Hit(
                        _place(document),
                        document.id,
                        f"{document.id}: a blank cell in the row '{row[0][:50]}' below '{before[:60]}'",
                    )


@rule("GDP302")
def empty_section(package: Package) -> Iterator[Hit]:
    """A section holds something: a heading is not followed by one of its own level or above."""
    for document, reading in package.texts:
        last: tuple[int, str] | None = None
        for piece in reading.pieces:
            found = _HEADING.match(piece.text) if isinstance(piece, Line) and piece.heading else None
            level = found["number"].count(".") + 1 if found else 0
            if last and level and level <= last[0]:
                yield Hit(
                    _place(document),
                    document.id,
                    f"{document.id}: the section '{last[1][:80]}' is empty",
                    "say that it does not apply, and why",
                )
            last = (level, piece.text) if level and isinstance(piece, Line) else None


@rule("GDP303")
def placeholder(package: Package) -> Iterator[Hit]:
    """What was to be filled in later was filled in."""
    for document, reading in package.texts:
        executed = document.kind.endswith("-report")  # what a system answered may hold anything
        for piece in reading.pieces:
            texts = (
                (piece.text,)
                if isinstance(piece, Line)
                else ()
                if executed or not isinstance(piece, Grid)
                else (c for r in piece.rows for c in r)
            )
            for found in (m[0] for t in texts if (m := _PLACEHOLDER.search(t))):
                yield Hit(_place(document), document.id, f"{document.id} still says '{found}'")


# ------------------------------------------------------------------ numbers


@rule("GDP311")
def totals(package: Package) -> Iterator[Hit]:
    """Totals, table of results and index of attachments of a report agree with each other."""
    for document, reading in package.texts:
        if not document.kind.endswith("-report"):
            continue
        for fault in (*_totals(reading), *_exceptions(reading)):
            yield Hit(_place(document), document.id, f"{document.id}: {fault}")


def _said(reading: Reading) -> dict[str, str]:
    """The totals of the report: how many cases are planned, passed, and of each other verdict."""
    words = reading.words
    names = {words.say(PLANNED): "Planned", words.say(PASSED): "Passed"}
    names |= {words.say(OTHERS, verdict=word): str(v) for v in Verdict for word in (str(v), spelled(v))}
    for _, grid in _grids(reading):
        said = {names[row[0]]: row[1] for row in grid.rows if len(row) == 2 and row[0] in names}  # noqa: PLR2004 - name and value
        if not grid.titles and {"Planned", "Passed"} <= said.keys():
            return said
    return {}


def _rows(reading: Reading) -> list[tuple[str, ...]]:
    """Rows of the table of results: case, title, run, verdict, ..."""
    every = (row for _, grid in _grids(reading) if len(grid.titles) == _RESULTS for row in grid.rows)
    verdicts = {word for v in Verdict for word in (str(v), spelled(v))}
    return [row for row in every if len(row) == _RESULTS and row[3] in verdicts]


def _totals(reading: Reading) -> Iterator[str]:
    said, rows = _said(reading), _rows(reading)
    planned, passed = said.get("Planned", ""), said.get("Passed", "")
    counted = sum(int(value) for name, value in said.items() if (name in set(Verdict) or name == "Passed") and value.isdecimal())
    if planned.isdecimal() and counted != int(planned):
        yield f"{planned} cases are planned, and the verdicts add up to {counted}"
    last = {row[0]: row[3] for row in rows}
    if passed.isdecimal() and int(passed) > Counter(last.values())["PASSED"]:
        yield f"{passed} cases are counted as passed, and the table of results shows {Counter(last.values())['PASSED']}"


def _exceptions(reading: Reading) -> Iterator[str]:
    """Each row of the review by exception names as many as it counts."""
    words = reading.words
    nothing, one_by_one = words.say("none"), words.all((CASES_AGAIN, DEVIATIONS))
    before, after = words.say(AND_MORE, number="0").split("0")
    shortened = re.compile(rf"{re.escape(before)}(\d+){re.escape(after)}$")
    label = words.say("Table {number}", number="").split()[0]
    for over, grid in _grids(reading):
        if len(grid.titles) == 3 and over.partition(" ")[0] == label and _is_counting(grid):  # noqa: PLR2004 - what, number, which
            for what, number, which in grid.rows:
                named = 0 if which == nothing else len(re.split(r"; |, ", shortened.sub("", which)))
                if (number == "0" and which != nothing) or (number != "0" and which == nothing):
                    yield f"'{what}' counts {number} and names {which[:60]}"
                elif not shortened.search(which) and what in one_by_one and named != int(number):
                    yield f"'{what}' counts {number} and names {named}"


def _is_counting(grid: Grid) -> bool:
    return all(len(row) == 3 and row[1].isdecimal() for row in grid.rows)  # noqa: PLR2004 - what, number, which


@rule("GDP312")
def pages(package: Package) -> Iterator[Hit]:
    """Every page of every PDF carries its number, how many there are, and id and revision of the document."""
    for document, reading in package.texts:
        numbered = _numbered(reading.words)
        for file in (r.file for r in document.renditions if r.media_type == PDF):
            count, found = painted((package.folder / "documents" / file).read_bytes(), file)
            on_page: dict[int, list[str]] = {n: [] for n in range(1, count + 1)}
            for run in found:
                on_page[run.page].append(run.text)
            for number, texts in on_page.items():
                numbers = [m.groups() for t in texts if (m := numbered.fullmatch("".join(t.split())))]
                if numbers != [(str(number), str(count))]:
                    yield Hit(f"documents/{file}", document.id, f"page {number} of {count} is numbered {_told(numbers)}")
                revision = reading.words.say("Revision {number}", number=str(document.revision))
                ident = f"{document.id} · {revision}"
                if "".join(ident.split()) not in "".join("".join(texts).split()):
                    yield Hit(f"documents/{file}", document.id, f"page {number} does not carry '{ident}'")


def _numbered(words: Wording) -> re.Pattern[str]:
    """The number of a page as documents of a language print it, without its blanks."""
    parts = re.split(r"\d", "".join(words.say(PAGE, page="0", total="0").split()))
    return re.compile(r"(\d+)".join(map(re.escape, parts)))


def _told(numbers: list[tuple[str, ...]]) -> str:
    return " and ".join(f"{a} of {b}" for a, b in numbers) or "not at all"


@rule("GDP313")
def named_version(package: Package) -> Iterator[Hit]:
    """A document names the id, the revision and the system version that its record has; and the system is the one that is released."""
    version = package.material.spec.system.version
    for document, reading in package.texts:
        facts: dict[str, str] = {}
        ident, revision, *_, system = reading.words.all(IDENTITY)
        about = reading.words.say("version {version}", version=document.system_version)
        for _, grid in _grids(reading):
            if not grid.titles and grid.rows[0][0] == ident:
                facts = {row[0]: row[1] for row in grid.rows if len(row) == 2}  # noqa: PLR2004 - name and value
                break
        wanted = {ident: document.id, revision: str(document.revision)}
        for name, value in wanted.items():
            if facts.get(name) != value:
                yield Hit(
                    _place(document), document.id, f"{document.id} r{document.revision} says {name} {facts.get(name, 'nowhere')}"
                )
        if about not in facts.get(system, ""):
            yield Hit(
                _place(document),
                document.id,
                f"{document.id} does not name the version {document.system_version} on its first page",
            )
        if document.system_version != version:
            message = f"{document.id} is about version {document.system_version}; the specification is of version {version}"
            yield Hit(_place(document), document.id, message, "compose it again for the version that is released")


@rule("GDP321")
def conclusion(package: Package) -> Iterator[Hit]:
    """The conclusion of a report is no better than its own results."""
    for document, reading in package.texts:
        said, found = _said(reading), _outcome(reading)
        if not document.kind.endswith("-report") or found is None or not said:
            continue
        outcome, printed = found
        if outcome == "eligible" and said["Planned"] != said["Passed"]:
            message = f"{document.id} concludes '{printed[:40]}', and {said['Passed']} of {said['Planned']} cases passed"
            yield Hit(_place(document), document.id, message)
        if outcome != "not eligible" and any(d.open for d in package.deviations if d.run.startswith(document.kind[:2].upper())):
            yield Hit(_place(document), document.id, f"{document.id} concludes '{printed[:40]}' over an open deviation")


def _outcome(reading: Reading) -> tuple[str, str] | None:
    """What a report says its rule gives, and in which words; None where it says nothing of the kind."""
    known = {reading.words.say(phrase): outcome for names in (OUTCOMES, OVERALL) for outcome, phrase in names.items()}
    cells = (row[1] for _, grid in _grids(reading) if not grid.titles for row in grid.rows)
    return next(((known[cell], cell) for cell in cells if cell in known), None)


@rule("GDP322")
def accounted(package: Package) -> Iterator[Hit]:
    """Every case of the protocol stands in the results of its report, or is counted there as not run."""
    for document, reading in package.texts:
        phase = document.kind[:2].upper()
        current = document.derived_from.get(f"{phase} protocol, cases")
        if not document.kind.endswith("-report") or current != str(package.material.protocol.digest_of(phase)):  # type: ignore[arg-type]
            continue
        said = _said(reading)
        there = {row[0] for row in _rows(reading)}
        missing = [c.id for c in package.material.protocol.of(phase) if c.id not in there]  # type: ignore[arg-type]
        told = int(said.get("NOT_RUN", "0")) if said.get("NOT_RUN", "0").isdecimal() else 0
        if len(missing) > told:
            yield Hit(
                _place(document),
                document.id,
                f"{document.id} leaves out {', '.join(missing[:8])}: approved, and neither executed nor accounted for",
            )
