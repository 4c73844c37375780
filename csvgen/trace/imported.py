"""Imported evidence in the matrix: shown beside a requirement, never a reason for its coverage (RR-X13)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from csvgen.model.imported import Support
from csvgen.model.matrix import Row


def beside(row: Row, imported: Sequence[Support]) -> Row:
    """The row with the imported results about it or its cases. Its coverage stays what the executed cases made it."""
    about = {row.requirement, *(link.case for link in row.links)}
    found = tuple(s for s in imported if s.about in about)
    if not found:
        return row
    return row.model_copy(update={"imported": found, "reason": f"{row.reason}; {_words(row, found)}"})


def _words(row: Row, found: Sequence[Support]) -> str:
    accepted = [s for s in found if s.accepted]
    waiting = len(found) - len(accepted)
    verdicts = ", ".join(f"{n} {v}" for v, n in sorted(Counter(str(s.verdict) for s in accepted).items()))
    told = [f"imported evidence beside it: {verdicts}" if accepted else "imported evidence beside it"]
    if waiting:
        told.append(f"{waiting} not accepted by signature, which count for nothing")
    if row.coverage == "gap":
        told.append(
            "for a high-priority requirement it never stands alone (RR-X13)"
            if row.priority == "high"
            else "it stands beside executed cases, never in their place"
        )
    return "; ".join(told)
