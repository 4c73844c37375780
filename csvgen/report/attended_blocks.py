"""Blocks about what people did in an attended case: who, second persons, corrections with the first answer, flags, notes of a session."""

from __future__ import annotations

from collections.abc import Iterator

from csvgen.clock import shown
from csvgen.model.execution import CaseResult
from csvgen.model.report import Block
from csvgen.report.spec_blocks import table
from csvgen.report.wording import joined, say
from csvgen.report.wording import told as sentence


def facts(result: CaseResult) -> tuple[tuple[str, str], ...]:
    """Who carried a case out, and whom they had beside them."""
    people = "; ".join(f"{p.shown}, {p.role}" for p in result.performed_by)
    beside = dict.fromkeys((s.witness.shown, str(s.number)) for s in result.steps if s.witness is not None)
    second = joined("; ", [say("{person}, step {step}", person=who, step=step) for who, step in beside])
    rows = (("Carried out by", people), ("Second person", second))
    return tuple((name, words) for name, words in rows if words)


def told(result: CaseResult) -> Iterator[Block]:
    """What stands beside the steps; nothing for a case without people, and no table without a row."""
    case = result.case
    entries = [(str(e.number), say(e.kind), shown(e.at), e.text, e.by.shown) for e in result.session]
    corrections = [
        (str(s.number), c.actual, c.reason or say("none"), f"{c.why}\n{c.by.shown}, {shown(c.at)}")
        for s in result.steps
        for c in s.corrections
    ]
    flags = [
        (str(s.number), sentence(f.words), f.reason or say("none: left to the reviewer")) for s in result.steps for f in s.flags
    ]
    notes = [(str(s.number), s.note) for s in result.steps if s.note]
    tables = (
        (say("Notes of the session {case}", case=case), "Number:9|Kind:12|Time:24|In the person's words:35|By:20", entries),
        (
            say("Corrected answers of {case}: what stood there first", case=case),
            "Step:7|First answer:33|Its reason:20|Why, by whom, when:40",
            corrections,
        ),
        (say("To be looked at in {case}", case=case), "Step:7|What:55|Reason given:38", flags),
        (say("Notes for the deviation of {case}", case=case), "Step:7|Note:93", notes),
    )
    for caption, columns, rows in tables:
        if rows:
            yield table(caption, columns, rows)
