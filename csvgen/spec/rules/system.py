"""Identity, records and intended use."""

from __future__ import annotations

from collections.abc import Iterator

from csvgen.model import spec as noun
from csvgen.spec.registry import Context, Hit, error


@error("SYS701", "system")
def predicate_rules(s: noun.System, _context: Context) -> Iterator[Hit]:
    """A record kept under a predicate rule must name one, and the decision must have its reason (21 CFR 11.1(b))."""
    for number, r in enumerate(s.records):
        if r.required == "yes" and not r.predicate:
            yield Hit(f"the record {r.id} is a required one but names no predicate rule", ("records", number, "predicate"))
