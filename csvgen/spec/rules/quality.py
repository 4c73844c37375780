"""Quality of a requirement as a sentence: one thing, measurable, free of words that mean different things to different readers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from csvgen.model import spec as noun
from csvgen.model.base import PLACEHOLDER
from csvgen.spec.registry import Context, Hit, error, rule
from csvgen.spec.rules.texts import plain
from csvgen.spec.rules.wording import wish

_SHALL = re.compile(r"\bshall\b", re.IGNORECASE)


@error("URS103", "requirement")
def met_otherwise_needs_reason(r: noun.Requirement, _context: Context) -> Iterator[Hit]:
    """A requirement not verified by test must say what stands for the test, and why that is enough."""
    if r.verification != "test" and r.covered is None:
        yield Hit(f"{r.id} is met by {r.verification} but does not say by what", ("verification",), "add covered: {by, reason}")
    if r.verification == "test" and r.covered is not None:
        yield Hit(f"{r.id} is verified by test and also claims to be covered otherwise", ("covered",), "keep one")


@rule("URS106", "requirement")
def one_shall(r: noun.Requirement, _context: Context) -> Iterator[Hit]:
    """A requirement says one testable thing: exactly one "shall" in its statement."""
    count = len(_SHALL.findall(plain(r.statement)))
    if (
        count != 1 and not wish(r) and r.statement != PLACEHOLDER
    ):  # URS120 says which word stands for it, URS110 that none is there
        text = "no shall" if not count else f"{count} times shall"
        yield Hit(f"the statement of {r.id} has {text}", ("statement",), "one requirement, one shall")
