"""The score of a campaign: how many mutants the OQ finds at each depth, with its interval, and the page that tells it.

A mutant is found when a case FAILED (what a step observed is not what was expected), when the system could not answer or start
(error), or when a case took longer than it may (time out); the three are counted apart. Mutants named as equivalent, each with
its reason, are taken out of the sample. Interval: Wilson score, 95 %.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from csvgen.challenge.mutation.levels import LEVELS, Case
from csvgen.challenge.mutation.mutants import ROOMS
from csvgen.challenge.mutation.reach import Reach
from csvgen.errors import BadInput
from csvgen.marks import load
from csvgen.model.base import Level, Line, Text, Value, first_fault

Z = 1.959963984540054
"""97.5th percentile of the normal distribution."""


class Equivalent(Value):
    """A mutant that no case could find, because nothing that can be observed differs."""

    id: str
    where: Line
    change: Text
    reason: Text


class Equivalents(Value):
    """The file ``equivalent.yaml``."""

    format: Literal["csvgen.equivalent-mutants/1"]
    mutants: tuple[Equivalent, ...] = ()


def equivalents(path: Path) -> Mapping[str, Equivalent]:
    """By mutant. Raises BadInput for a faulty file; a file that is not there names none."""
    if not path.is_file():
        return {}
    marked, findings = load(path.read_bytes(), path.name)
    if marked is None:
        raise BadInput(findings[0].message, where=str(findings[0].location))
    try:
        found = Equivalents.model_validate(marked.value)
    except ValidationError as problem:
        raise BadInput(first_fault(problem), where=path.name) from None
    return {m.id: m for m in found.mutants}


def wilson(hits: int, of: int) -> tuple[float, float]:
    """Score interval of a proportion, 95 % (E. B. Wilson, 1927)."""
    if not of:
        return 0.0, 1.0
    share, squared = hits / of, Z * Z
    centre = (share + squared / (2 * of)) / (1 + squared / of)
    half = Z / (1 + squared / of) * math.sqrt(share * (1 - share) / of + squared / (4 * of * of))
    return max(centre - half, 0.0), min(centre + half, 1.0)


@dataclass(frozen=True)
class Row:
    """The score at one depth."""

    level: Level
    cases: int
    failed: int
    errors: int
    timeouts: int
    of: int

    @property
    def found(self) -> int:
        return self.failed + self.errors + self.timeouts

    @property
    def words(self) -> str:
        """Share and interval."""
        low, high = wilson(self.found, self.of)
        return f"{_percent(self.found, self.of)} ({low * 100:.1f} to {high * 100:.1f})"


@dataclass(frozen=True)
class Score:
    """What a campaign found."""

    rows: tuple[Row, ...]
    rooms: Mapping[str, tuple[Row, ...]]
    survivors: tuple[Mapping[str, Any], ...]
    equivalent: tuple[Equivalent, ...]
    wrong: tuple[str, ...]
    """Mutants named as equivalent that a case found: the file is wrong."""
    controls: int
    red_controls: tuple[Mapping[str, Any], ...]
    seconds: float
    """Mean of one mutant."""


def score(entries: Sequence[Mapping[str, Any]], cases: Sequence[Case], named: Mapping[str, Equivalent]) -> Score:
    """Count the entries of a journal."""
    tried = [e for e in entries if "mutant" in e]
    counted = [e for e in tried if e["mutant"] not in named or e["outcome"] != "survived"]
    controls = [e for e in entries if "control" in e]
    rooms = {room: _rows([e for e in counted if e["path"].startswith(f"{room}/")], cases) for room in ROOMS}
    return Score(
        _rows(counted, cases),
        rooms,
        tuple(e for e in counted if e["outcome"] == "survived"),
        tuple(named[e["mutant"]] for e in tried if e["mutant"] in named and e["outcome"] == "survived"),
        tuple(e["mutant"] for e in tried if e["mutant"] in named and e["outcome"] != "survived"),
        len(controls),
        tuple(e for e in controls if e["outcome"] != "survived"),
        sum(e["seconds"] for e in tried) / max(len(tried), 1),
    )


def _rows(counted: Sequence[Mapping[str, Any]], cases: Sequence[Case]) -> tuple[Row, ...]:
    rows = []
    for number, level in enumerate(LEVELS, 1):
        within = LEVELS[:number]
        at = Counter(e["outcome"] for e in counted if e["outcome"] != "survived" and e["level"] in within)
        many = sum(c.level in within for c in cases)
        rows.append(Row(level, many, at["killed"], at["error"], at["timeout"], len(counted)))
    return tuple(rows)


def _percent(hits: int, of: int) -> str:
    return f"{100 * hits / of:.1f} %" if of else "-"


WARNING = "An engineering measure of the scripts. It is not an acceptance criterion, and no verdict or release rests on it."


def table(found: Score, population: Mapping[str, tuple[int, int]]) -> list[str]:
    """The score by depth as a Markdown table, over what a case reaches and over everything."""
    reached, unreached = _totals(population)
    share = reached / max(reached + unreached, 1)
    lines = ["| depth | cases | found by a failed step | by an error | by time out | survived | score of the reached, % (95 %) | of all |",
             "|---|---|---|---|---|---|---|---|"]  # fmt: skip
    for row in found.rows:
        over = f"{100 * share * row.found / row.of:.1f} %" if row.of else "-"
        counts = (row.cases, row.failed, row.errors, row.timeouts, row.of - row.found)
        lines.append(f"| {row.level} | {' | '.join(map(str, counts))} | {row.words} | {over} |")
    return lines


def _totals(population: Mapping[str, tuple[int, int]]) -> tuple[int, int]:
    return sum(r for r, _ in population.values()), sum(u for _, u in population.values())


def page(
    found: Score, population: Mapping[str, tuple[int, int]], reach: Reach, *, seed: int, sample: int, discarded: int, command: str, budget: float = 0.0
) -> str:  # fmt: skip
    """benchmarks/MUTATION.md."""
    reached, unreached = _totals(population)
    tried = found.rows[0].of + len(found.equivalent)
    made = (
        f"Made by `{command}`. Seed {seed}; {tried} of {sample} mutants tried; {discarded} drawn and put back, for they do not compile or "
        "compile to the same code."
    )
    about = (
        f"Population: {reached + unreached} mutants of `csvgen/audit`, `signature`, `identity` and `pipeline`, by the operators of cosmic-ray; "
        f"{reached} on lines that a case executes in the server process, {unreached} on lines that none does (last table). The sample is drawn "
        "from the reached; the last column multiplies its score by their share, as if none of the others could be found."
    )
    if budget:
        partly = sum(e["ran"] < e["cases"] for e in found.survivors)
        about += (
            f" At each depth a mutant was given {budget:g} s of the cases that reach it, in turn of different features: of the survivors "
            f"{partly} were not shown to every case that reaches them, and count as survived all the same."
        )
    controls = f"Controls (released code, same cases): {found.controls}, of them red: {len(found.red_controls)}."
    lines = [
        "# Mutation of the components under the generated OQ",
        "",
        WARNING,
        "",
        made,
        "",
        about,
        "",
        *table(found, population),
        "",
    ]
    lines += [f"Mean {found.seconds:.1f} s a mutant. {controls}", ""]
    if found.red_controls:
        lines += ["**Controls were red: reds of this campaign may not be the mutants' doing.**", ""]
        lines += [f"- {e['case']}: {e['reason']}" for e in found.red_controls] + [""]
    if found.wrong:
        lines += [f"**Named as equivalent, but found: {', '.join(found.wrong)}**", ""]
    if reach.unfit:
        lines += ["Cases left out, because they do not pass alone against the released system:", ""]
        lines += [f"- {case}: {why}" for case, why in sorted(reach.unfit.items())] + [""]
    lines += ["## By component, at high depth", "", "| component | mutants tried | found | score, % (95 %) |"]
    lines += ["|---|---|---|---|"]
    lines += [f"| {room} | {rows[-1].of} | {rows[-1].found} | {rows[-1].words} |" for room, rows in found.rooms.items()]
    lines += ["", f"## Survivors ({len(found.survivors)})", ""]
    for entry in sorted(found.survivors, key=lambda e: (e["path"], e["line"])):
        lines += [f"- `{entry['path']}:{entry['line']}` {entry['operator']} ({entry['mutant']}, {entry['ran']} of {entry['cases']} cases)", "",
                  "  ```diff", *(f"  {line}" for line in entry["diff"].splitlines()), "  ```"]  # fmt: skip
    lines += ["", f"## Equivalent, taken out ({len(found.equivalent)})", ""]
    for one in sorted(found.equivalent, key=lambda m: (m.where, m.id)):
        lines += [f"- {one.id} `{one.where}`: `{' '.join(one.change.split())}`: {' '.join(one.reason.split())}"]
    lines += ["", "## Population by file", "", "| file | mutants | reached | not reached |", "|---|---|---|---|"]
    lines += [f"| {path} | {r + u} | {r} | {u} |" for path, (r, u) in sorted(population.items())]
    return "\n".join(lines) + "\n"
