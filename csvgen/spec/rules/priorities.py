"""What the schemes make of the ratings in the index."""

from __future__ import annotations

from collections.abc import Mapping

from csvgen.errors import CsvgenError
from csvgen.model.base import Level
from csvgen.risk.scheme import rate, scheme
from csvgen.spec.registry import Context, Index


def priorities(index: Index, context: Context) -> Mapping[str, Level]:
    """Id of each risk -> its initial priority. Ratings that are no grades of their scheme have none; other rules say so."""
    known: dict[tuple[str, ...], Level | None] = {}
    found: dict[str, Level] = {}
    for risk in index.of("risk"):
        name, grades = risk.says["scheme"], risk.says["grades"]
        key = (name, *(part for pair in grades.items() for part in pair))
        if key not in known:
            try:
                known[key] = rate(context.schemes.get(name) or scheme(name), grades).priority
            except CsvgenError:
                known[key] = None
        if (priority := known[key]) is not None:
            found[risk.id] = priority
    return found
