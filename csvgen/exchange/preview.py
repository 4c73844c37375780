"""A plan, shown before anything is written: `as_text` for a person, `as_json` for programs, `summary` for a last line."""

from __future__ import annotations

from typing import Any

from csvgen.canonical import canonical_json
from csvgen.diagnostics import Location, one_line
from csvgen.exchange.changes import Plan
from csvgen.exchange.plan import in_order

_SHOWN = 200
"""Characters of a line that are shown."""


def as_text(plan: Plan) -> str:
    """The plan for a person at a terminal: every change with its old and new words, then one line with the numbers."""
    lines: list[str] = []
    for change in plan.changes:
        lines.append(f"change  {change.held.id}  {change.field}  (from {one_line(str(change.source))})")
        for step in change.steps:
            lines.append(f"        {'.'.join(map(str, step.path))}")
            lines += (f"        {sign} {line}" for sign, value in (("-", step.old), ("+", step.new)) for line in _shown(value))
    lines += (f"new     {e.id}  {_short(str(e.fields.get('title', '')))}  (from {one_line(str(e.place))})" for e in plan.added)
    lines += (f"absent  {h.id}  stays in {h.file.name}" for h in plan.absent)
    lines += (f"refused {one_line(c.id or '(no id)')}  {one_line(c.why)}  ({one_line(_at(c.place))})" for c in plan.conflicts)
    return "\n".join((*lines, summary(plan)))


def summary(plan: Plan) -> str:
    """The numbers of a plan in one line."""
    touched = len({c.held.id for c in plan.changes})
    return (
        f"{len(plan.added)} new, {len(plan.changes)} fields of {touched} requirements changed, {len(plan.unchanged)} unchanged, "
        f"{len(plan.absent)} absent (they stay), {len(plan.conflicts)} conflicts"
    )


def as_json(plan: Plan) -> dict[str, Any]:
    """The plan for programs; values in full."""
    return {
        "new": [{"id": e.id, "fields": in_order(e.fields), "place": str(e.place)} for e in plan.added],
        "changes": [
            {
                "id": c.held.id, "field": c.field, "old": c.old, "new": c.new, "file": c.held.place.file,
                "line": c.held.place.line, "place": str(c.source),
            }
            for c in plan.changes
        ],
        "unchanged": list(plan.unchanged),
        "absent": [{"id": h.id, "file": h.place.file, "line": h.place.line} for h in plan.absent],
        "conflicts": [{"id": c.id, "why": c.why, "place": _at(c.place)} for c in plan.conflicts],
    }  # fmt: skip


def _at(place: Location) -> str:
    return str(place) if place.line else place.file


def _shown(value: Any) -> list[str]:
    if value is None:
        return []
    text = value if isinstance(value, str) else canonical_json(value).decode("utf-8")
    return [_short(line) for line in text.strip("\n").split("\n")]


def _short(text: str) -> str:
    found = one_line(text)
    return found if len(found) <= _SHOWN else f"{found[:_SHOWN]}…"
