"""Case numbers that were given out and are never used again: whoever counts finds each number among the cases or here."""

from __future__ import annotations

import re

from csvgen.model.base import Phase
from csvgen.model.protocol import Protocol
from csvgen.model.report import Block, Paragraph
from csvgen.report.spec_blocks import table
from csvgen.report.wording import say

_KEY = re.compile(r"(?P<requirement>[A-Z][A-Z0-9-]*-\d+)/(?P<criterion>[^/]+)/(?P<script>[^/]+)(?:/(?P<data>.+))?", re.DOTALL)
"""How the lock names a drafted case."""
_NEXT = re.compile(r"/(?=[^/=]+=)")
"""Between two of the data of a key; a slash within a value stays."""
_WHY = (
    "A number is withdrawn when the specification no longer asks for its case in this form, or a person ends it. The lock of the case "
    "numbers (protocols.lock) records that, and neither reason nor day: both stand in the history of that file and of the specification. "
    "A case that is drafted again for the same thing gets a new number."
)


def withdrawn(protocol: Protocol, phase: Phase) -> tuple[Block, ...]:
    """The withdrawn numbers of a phase with what the lock knows of each; nothing where there is none."""
    rows = [(case, *_told(key)) for case, key in protocol.withdrawn if case.startswith(f"TC-{phase}-")]
    if not rows:
        return ()
    columns = "Case:16:id|Requirement:18:id|Criterion:14|Script and data it had:52"
    caption = say("Case numbers withdrawn from the {phase}, never used again", phase=phase)
    return (table(caption, columns, rows), Paragraph(_WHY))


def _told(key: str) -> tuple[str, str, str]:
    """Requirement, criterion, and script with its data; of a case written by hand the key alone."""
    found = _KEY.fullmatch(key)
    if found is None:
        return say("none"), say("none"), key
    data = f": {_NEXT.sub('; ', found['data'])}" if found["data"] else ""
    return found["requirement"], found["criterion"], f"{found['script']}{data}"
