"""Case design: which scripts of a pattern a priority asks for, with which rows, and what was counted about them.

What was approved stays: rows of a combined table whose keys are active in the lock come first and unchanged, in the order of the
lock, so that a value added to a factor adds rows and moves none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from csvgen.model.depth import Depth
from csvgen.patterns.bind import chosen, rows_of, wanted
from csvgen.patterns.catalogue import Pattern, Script
from csvgen.patterns.factors import Row
from csvgen.patterns.machine import proof
from csvgen.patterns.policy import strength_of
from csvgen.patterns.tables import Table, combined, model_of, row_of

Approved = Sequence[tuple[str, str]]
"""Script id and the rest of the key (``/role=analyst/function=ingest``) of active rows of one criterion, in the order of the lock."""


@dataclass(frozen=True, slots=True)
class Designed:
    """One script with its rows."""

    script: Script
    rows: tuple[Row, ...]
    proof: str = ""
    """What the checker counted, for the line above the table; empty where nothing is combined."""
    missing: str = ""
    """What the checker did not find although the policy asks for it."""


def designed(pattern: Pattern, given: Mapping[str, Any], depth: Depth, approved: Approved = ()) -> tuple[Designed, ...]:
    """The scripts of a pattern at a depth, those without any row left out. Raises BadInput where rows pass their limit."""
    fitting = [s for s in pattern.scripts if wanted(s, given)]
    asked: set[str] = {*depth.techniques, *pattern.floor}
    tables: dict[object, Table] = {}
    found = []
    for script in (s for s in fitting if s.technique in asked):
        if not script.factors:
            found.append(Designed(script, rows_of(script, given), proof(script.generator, given)))
            continue
        sharing = [s for s in fitting if _table_of(s) == _table_of(script)]
        if _table_of(script) not in tables:
            tables[_table_of(script)] = combined(script, given, strength_of(depth), _seeds(sharing, given, approved))
        found.append(_combined(script, sharing, asked, tables[_table_of(script)]))
    return tuple(d for d in found if d.rows)


def _table_of(script: Script) -> object:
    """Scripts of one table show different outcomes of the same combinations."""
    return tuple(script.factors.items()), script.constraints, script.rules, script.strength


def _seeds(sharing: Iterable[Script], given: Mapping[str, Any], approved: Approved) -> list[Row]:
    models = {s.id: model_of(s, given) for s in sharing}
    found = (row_of(rest, models[script]) for script, rest in approved if script in models)
    return [row for row in found if row is not None]


def _combined(script: Script, sharing: Sequence[Script], asked: set[str], table: Table) -> Designed:
    rows = chosen(script, table.rows)
    kind = "full decision table" if table.full else "covering array"
    drafted = [s for s in sharing if s.technique in asked]
    if sum(any(chosen(s, [row]) for s in drafted) for row in table.rows) < len(table.rows):
        return Designed(
            script, rows, f"{len(rows)} of {len(table.rows)} rows of the {kind}; this depth does not ask for the others"
        )
    others = [s.id for s in drafted if s is not script]
    together = f" together with {' and '.join(others)}" if others else ""
    missing = "" if table.proof.holds else f"{kind}: {table.proof.sentence}"
    return Designed(script, rows, f"{kind}{together}: {table.proof.sentence}", missing)


def constraint_lines(pattern: Pattern, given: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Id and words of each constraint a criterion gives, for the description above its tables."""
    names = [p.name for p in pattern.parameters if p.kind == "constraints" and p.name in given]
    return [
        (c["id"], f"{' and '.join(f'{k}={v}' for k, v in c.items() if k not in ('id', 'reason'))} cannot be: {c['reason']}")
        for name in names
        for c in given[name]
    ]
