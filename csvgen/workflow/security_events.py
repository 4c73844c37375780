"""Requests that a door turned away, as events of the audit trail with their alert (21 CFR 11.300(d), RR-E12)."""

from __future__ import annotations

from collections.abc import Mapping

from csvgen.diagnostics import one_line
from csvgen.identity.alerts import raise_alert
from csvgen.identity.directory import Directory
from csvgen.model.audit import Actor

NOBODY = "(not logged in)"
_LONGEST = 200


def note_refused(directory: Directory, actor: Actor | None, why: str, facts: Mapping[str, str]) -> None:
    """Put a refused request on record; `facts` is what was asked of whom and how often, `actor` who was logged in, if anybody was.

    What stands in a request was written by whoever sent it: it becomes one harmless, short line.
    """
    told = {name: one_line(value)[:_LONGEST] for name, value in facts.items()}
    by = actor or Actor(NOBODY, "(not authenticated)", "none", directory.source)
    with directory.ledger.change(by) as change:
        change.note("request-refused", "", reason=one_line(why)[:_LONGEST], facts=told)
        raise_alert(
            change, directory.bell, directory.clock, about=by.person, what="request refused", why=f"{why} ({told.get('asked', '')})",
            source=directory.source,
        )  # fmt: skip
    directory.tell()
