"""What a report says of its runs, held against the runs: every case, step, verdict, observed value, attachment and total.

It reads the text of the report, neutral or out of a file, and knows nothing of the code that composed it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from csvgen.model.evidence import Evidence
from csvgen.model.execution import CaseResult, Observation, StepResult, Verdict
from csvgen.report.case_blocks import BLANK_VALUE, HOLDS, PAIR, RECORDED
from csvgen.report.excerpts import HEAD, KEPT, SHOWN, WHOLE, WITH_DIGEST, digest_of
from csvgen.report.readback import Grid, Line, Reading, squeezed
from csvgen.report.result_blocks import OTHERS, PASSED, PLANNED
from csvgen.report.text import shown
from csvgen.report.wording import Wording, spelled
from csvgen.trace.matrix import reported

_STEP, _EXPECTED, _OBSERVED, _VERDICT = 0, 2, 3, 4
_STEP_COLUMNS = 7
_RESULT_COLUMNS, _INDEX_COLUMNS = 6, 7
_UNCOMPARED = ("recorded", "refused", "blank", "judged", "contains-each")


def report_faults(reading: Reading, runs: Sequence[Evidence], label: str, finals: Mapping[str, str] | None = None) -> list[str]:
    """Where the text of a report differs from the runs it names. `label` names the text.

    `finals`: what every case of the phase came to when the report was made; None where that cannot be known, and totals are left alone.
    """
    found = [*_steps(reading, runs), *_results(reading, runs), *_index(reading, runs)]
    found += _totals(reading, finals) if finals is not None else ()
    return [f"{label}: {fault}" for fault in found]


# ------------------------------------------------------------------ step by step


def _steps(reading: Reading, runs: Sequence[Evidence]) -> Iterator[str]:
    tables = _case_tables(reading)
    for run in runs:
        for result in run.results:
            table = tables.pop((result.case, run.run), None)
            if table is None:
                yield f"does not print {result.case} of {run.run} step by step"
                continue
            facts, grid = table
            if not facts or facts.rows[0][0] not in _both(result.verdict):
                yield f"{result.case} in {run.run}: prints the verdict {facts.rows[0][0] if facts else 'nowhere'}, the run says {result.verdict}"
            yield from (f"{result.case} in {run.run}: {fault}" for fault in _case(result, grid, reading.words))
    for case, name in tables:
        yield f"prints {case} of {name}, which no run it names executed"


def _both(verdict: str) -> tuple[str, str]:
    """A verdict as documents spell it, and as they did before."""
    return spelled(verdict), str(verdict)


def _case_tables(reading: Reading) -> dict[tuple[str, str], tuple[Grid | None, Grid]]:
    """Case and run -> facts and steps below the heading that names both."""
    found: dict[tuple[str, str], tuple[Grid | None, Grid]] = {}
    key: tuple[str, str] | None = None
    facts: Grid | None = None
    for piece in reading.pieces:
        if isinstance(piece, Line):
            heading = re.fullmatch(r"[\d.]+ (?P<case>\S+) .*\((?P<run>\S+)\)", piece.text)
            if heading and not piece.leads:
                key, facts = (heading["case"], heading["run"]), None
        elif isinstance(piece, Grid) and key is not None:
            if not piece.titles:
                facts = facts or piece
            elif len(piece.titles) == _STEP_COLUMNS:
                found[key] = (facts, piece)
                key = None
    return found


def _case(result: CaseResult, grid: Grid, words: Wording) -> Iterator[str]:
    rows = [row for row in grid.rows if len(row) == _STEP_COLUMNS]
    printed = [n for n, _ in Counter(row[_STEP] for row in rows).items()]
    asked = [str(s.number) for s in result.steps]
    if printed != asked:
        yield f"prints the steps {', '.join(printed) or 'none'}; the run has {', '.join(asked) or 'none'}"
    for step in result.steps:
        own = [row for row in rows if row[_STEP] == str(step.number)]
        if own:
            yield from (f"step {step.number}: {fault}" for fault in _step(step, own, words))


def _step(step: StepResult, rows: list[tuple[str, ...]], words: Wording) -> Iterator[str]:
    if rows[0][_VERDICT] not in _both(step.verdict):
        yield f"prints the verdict '{rows[0][_VERDICT]}', the run says {step.verdict}"
    if len(rows) < len(step.observations):
        yield f"prints {len(rows)} of {len(step.observations)} observations"
    files = {a.id: str(a.sha256) for a in step.attachments}
    for seen, row in zip(step.observations, rows, strict=False):
        if not (_printed(seen.actual, row[_OBSERVED], words, files) or _paired(seen, row[_OBSERVED], words)):
            yield f"prints '{row[_OBSERVED][:60]}' as observed, the run says '{seen.actual[:60]}'"
        if seen.expected and seen.comparison not in _UNCOMPARED and not _holds(seen.expected, row[_EXPECTED], words):
            yield f"prints '{row[_EXPECTED][:60]}' as expected, the run says '{seen.expected[:60]}'"
        good = words.all((HOLDS, RECORDED) if seen.comparison == "recorded" else (HOLDS,))
        if row is not rows[0] and (row[_VERDICT] in good) != seen.holds:
            yield f"prints that '{seen.what[:60]}' {row[_VERDICT]}, the run says otherwise"


def _paired(seen: Observation, cell: str, words: Wording) -> bool:
    """Whether a cell tells which of two numbers is the certified one, and both as the run has them."""
    certified, between, computed = seen.actual.partition("|")
    wanted = words.say(PAIR, certified=shown(certified), computed=shown(computed))
    return seen.comparison == "digits" and bool(between) and squeezed(cell).startswith(squeezed(wanted))


def _holds(value: str, cell: str, words: Wording) -> bool:
    """Whether a cell shows an expected value: whole, or the beginning of a long one with its length."""
    printed = squeezed(cell)
    if squeezed(shown(value)) in printed:
        return True
    if len(value) <= SHOWN:
        return False
    number = str(len(value))
    digest = words.say(WITH_DIGEST, number=number, digest=digest_of(value))
    earlier = words.say(WHOLE, number=number)  # as reports were printed before they told the digest
    ways = (f"{shown(value[:HEAD].rstrip())} ... {digest}", f"{shown(value[:SHOWN])} ... {earlier}")
    return any(squeezed(way) in printed for way in ways)


def _printed(actual: str, cell: str, words: Wording, files: Mapping[str, str]) -> bool:
    """Whether a cell shows an observed value: at its beginning, or a part of a long one with its length and digest. `files`: the attachments
    of the step and their digests, of which one is the value where the record cuts it.
    """
    value, printed = squeezed(shown(actual)), squeezed(cell)
    if not value:
        return printed.startswith(squeezed(words.say(BLANK_VALUE)))
    if printed.startswith(value):
        return True
    told = _extent(printed, words)
    kept = KEPT.search(actual)
    if told is None or told["number"] not in {str(len(actual)), *([kept["number"]] if kept else ())}:
        return False
    digest = told["digest"] if "digest" in told.re.groupindex else ""
    if digest and not kept and digest != digest_of(actual):
        return False
    if digest and kept and digest != files.get(kept["name"], ""):
        return False
    part = printed[: told.start()].removeprefix("...").removesuffix("...")
    return bool(part) and part.replace("/", "") in value.replace("/", "")


def _extent(printed: str, words: Wording) -> re.Match[str] | None:
    """The place of a cell that says how long a value is, and what its digest is where it says it."""
    for phrase in (WITH_DIGEST, WHOLE):
        told = squeezed(words.say(phrase, number="NUMBER", **({"digest": "DIGEST"} if phrase is WITH_DIGEST else {})))
        pattern = re.escape(told).replace("NUMBER", r"(?P<number>\d+)").replace("DIGEST", "(?P<digest>sha256:[0-9a-f]{64})")
        if found := re.search(pattern, printed):
            return found
    return None


# ------------------------------------------------------------------ tables over all


def _results(reading: Reading, runs: Sequence[Evidence]) -> Iterator[str]:
    names = {run.run for run in runs}
    wanted = Counter((r.case, run.run, str(r.verdict)) for run in runs for r in run.results)
    rows = _rows(reading, _RESULT_COLUMNS)
    cases = {case for case, _, _ in wanted}
    verdicts = {word: str(v) for v in Verdict for word in _both(v)}
    said = Counter(
        (row[0], row[2], verdicts[row[3]]) for row in rows if row[0] in cases and row[2] in names and row[3] in verdicts
    )
    if not said and wanted:
        yield "has no table of results"
        return
    for case, run, verdict in sorted((wanted - said).keys() | (said - wanted).keys()):
        where = (
            "is not in its table of results" if wanted[case, run, verdict] else "stands in its table of results, and in no run"
        )
        yield f"{case} {verdict} in {run} {where}"


def _index(reading: Reading, runs: Sequence[Evidence]) -> Iterator[str]:
    """The index of attachments: each attachment of each run, with its digest, and no other."""
    wanted = {(run.run, a.id): str(a.sha256) for run in runs for r in run.results for s in r.steps for a in s.attachments}
    names = {run.run for run in runs}
    said = {
        (row[0], row[1]): row[-1] for row in _rows(reading, _INDEX_COLUMNS) if row[0] in names and row[-1].startswith("sha256:")
    }
    for run, name in sorted(wanted.keys() | said.keys()):
        here, there = said.get((run, name), "nothing"), wanted.get((run, name), "nothing")
        if here != there:
            yield f"index of attachments: {name} of {run} stands there as {here[:19]}, the run has {there[:19]}"


def _rows(reading: Reading, columns: int) -> list[tuple[str, ...]]:
    return [
        row
        for piece in reading.pieces
        if isinstance(piece, Grid) and len(piece.titles) == columns
        for row in piece.rows
        if len(row) == columns
    ]


def _totals(reading: Reading, finals: Mapping[str, str]) -> Iterator[str]:
    """The facts that count cases: planned, passed in their last run, and each other verdict."""
    counted = Counter(finals.values())
    planned, passed = reading.words.all((PLANNED, PASSED))
    grids = (p for p in reading.pieces if isinstance(p, Grid) and not p.titles)
    totals = next((p for p in grids if {planned, passed} <= {row[0] for row in p.rows}), None)
    if totals is None:
        yield "prints no totals"
        return
    said = {row[0]: row[1] for row in totals.rows if len(row) == 2}  # noqa: PLR2004 - name and value
    for name, printed, value in (("planned", planned, len(finals)), ("passed", passed, counted["PASSED"])):
        if said.get(printed) != str(value):
            yield f"counts {said.get(printed, 'no')} cases as {name}; in the runs they are {value}"
    for verdict in (str(v) for v in Verdict if v is not Verdict.PASSED):
        there = next((said[w] for w in (reading.words.say(OTHERS, verdict=one) for one in _both(verdict)) if w in said), "0")
        if there != str(counted[verdict]):
            yield f"counts {there} cases as {verdict} in their last run; in the runs they are {counted[verdict]}"


def named_runs(derived_from: Mapping[str, str], runs: Sequence[Evidence]) -> list[Evidence]:
    """The runs a report says it was made from."""
    return [r for r in runs if f"run {r.run}, seal" in derived_from and reported(r)]
