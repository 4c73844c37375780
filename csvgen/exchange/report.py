"""An import, shown: what would be written, what was assumed, what is no requirement, and what was not understood with its reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from csvgen.diagnostics import Location, one_line
from csvgen.exchange.changes import Plan
from csvgen.exchange.importing import Draft
from csvgen.exchange.model import Leftover
from csvgen.exchange.plan import in_order
from csvgen.exchange.preview import as_json as plan_as_json
from csvgen.exchange.preview import as_text as plan_as_text
from csvgen.exchange.readers.base import Columns, TableRead

_SHOWN = 160
_PLACES = 5


def as_text(draft: Draft, plan: Plan) -> str:
    """The preview for a person. Text of the files is shown on one line, with hidden characters visible."""
    lines = [f"{one_line(read.source)}: {len(read.entries)} entries read as {read.reader}" for read in draft.reads]
    for columns in _columns(draft):
        pairs = ", ".join(f"{_short(c)} = {f}" for c, f in columns.fields.items())
        lines.append(f"columns at {_at(columns.place)} ({columns.source}): {pairs}")
    lines += ["", "What would be written"]
    for entry in draft.entries:
        original = entry.fields.get("attributes", {}).get("Original id")
        was = f" (was {one_line(original)})" if original else ""
        lines.append(f"  {entry.id}{was}  {_short(entry.fields.get('title', ''))}  [{_at(entry.place)}]")
    lines += _section(
        "Assumed, because the file does not say it",
        (f"{name}: {_short(value)}  {n} times" for (name, value), n in draft.assumed.items()),
    )
    lines += _section(
        "Ids changed",
        [
            f"{len(draft.renamed)}: capital letters and digits joined by hyphens, beginning with URS-; the original is kept as an attribute"
        ]
        if draft.renamed
        else [],
    )
    lines += _section("Made plain", (f"{why}: {n}" for why, n in draft.changed.items()))
    lines += _section("Carried as attributes", (f"{_short(name)}: {n} entries" for name, n in draft.carried.items()))
    lines += _section("Not a requirement", _grouped(draft.asides))
    lines += _section(
        "Not understood, and not imported", (f"{_at(x.place)}: {_full(x.why)}\n      {_full(x.text)}" for x in draft.leftovers)
    )
    lines += [
        "",
        "In the specification",
        *(f"  {line}" for line in plan_as_text(plan).split("\n") if not line.startswith("new     ")),
    ]
    return "\n".join(lines)


def as_json(draft: Draft, plan: Plan, written: Sequence[str]) -> dict[str, Any]:
    """The same for programs, with every value in full."""
    return {
        "format": "csvgen.import/1",
        "files": [{"name": r.source, "reader": r.reader, "entries": len(r.entries)} for r in draft.reads],
        "columns": [
            {"place": _at(c.place), "header": list(c.header), "fields": dict(c.fields), "source": c.source}
            for c in _columns(draft)
        ],
        "entries": [{"place": _at(e.place), "fields": in_order(e.fields)} for e in draft.entries],
        "assumed": [{"field": name, "value": value, "entries": n} for (name, value), n in draft.assumed.items()],
        "renamed": [{"from": old, "to": new, "place": _at(place)} for old, new, place in draft.renamed],
        "made_plain": dict(draft.changed),
        "attributes": dict(draft.carried),
        "not_a_requirement": _pieces(draft.asides),
        "not_understood": _pieces(draft.leftovers),
        "plan": plan_as_json(plan),
        "written": list(written),
    }


def _columns(draft: Draft) -> list[Columns]:
    return [c for read in draft.reads if isinstance(read, TableRead) for c in read.columns]


def _section(title: str, items: Any) -> list[str]:
    found = [f"  {item}" for item in items]
    return ["", title, *found] if found else []


def _grouped(pieces: Sequence[Leftover]) -> list[str]:
    """Pieces by their reason, with the first places and texts of each."""
    count = Counter(p.why for p in pieces)
    lines = []
    for why, n in count.most_common():
        lines.append(f"{why}: {n}")
        some = [p for p in pieces if p.why == why]
        lines += [f"    {_at(p.place)}  {_short(p.text)}" for p in some[:_PLACES]]
        lines += [f"    and {n - _PLACES} more"] if n > _PLACES else []
    return lines


def _pieces(pieces: Sequence[Leftover]) -> list[dict[str, str]]:
    return [{"place": _at(p.place), "text": p.text, "why": p.why} for p in pieces]


def _at(place: Location) -> str:
    return one_line(f"{place.file}:{place.line}" if place.line else place.file)


def _full(text: str) -> str:
    return one_line(" / ".join(text.split("\n")))


def _short(text: str) -> str:
    shown = _full(text)
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
