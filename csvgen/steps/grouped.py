"""Many values compared one by one and told in one row: what differs has a row of its own, what does not is listed in a file of the evidence."""

from __future__ import annotations

from collections.abc import Mapping

from csvgen.errors import CsvgenError
from csvgen.steps.common import Bench

LONG = 300
"""Characters of a list beyond which a report prints its beginning, length and digest; such a list is kept as a file, too."""
MISSING, BLANK = "(not there)", "(blank)"


def listed(values: Mapping[str, str]) -> str:
    return "\n".join(f"{name}: {value or BLANK}" for name, value in values.items())


def in_one(bench: Bench, what: str, expected: Mapping[str, str], actual: Mapping[str, str], *, source: str) -> None:
    """Every value of both is compared. A difference is a row of its own, with its name; without any, the two lists are one row.

    Raises CsvgenError where there is nothing to compare.
    """
    if not expected:
        raise CsvgenError(f"{what}: there is nothing to compare with")
    names = (*expected, *(name for name in actual if name not in expected))
    for name in names:
        wanted, found = expected.get(name, MISSING), actual.get(name, MISSING)
        if wanted != found:
            bench.observe(
                f"{what}: {name}", expected=wanted or BLANK, actual=found, by="equal" if wanted else "blank", source=source
            )
    ordered = {name: actual[name] for name in names}
    whole, seen = listed(expected), listed(ordered)
    if max(len(whole), len(seen)) > LONG:
        table = "\n".join(
            f"{name}\n    expected {expected[name] or BLANK}\n    observed {ordered[name] or BLANK}" for name in names
        )
        bench.attach(table + "\n", name=what, media_type="text/plain")
    bench.observe(f"{what} ({len(expected)})", expected=whole, actual=seen, source=source)
