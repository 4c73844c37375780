"""Names that formats ask for, worked out from the record: the same run and case give the same name on any machine."""

from __future__ import annotations

import uuid

from csvgen.canonical import digest
from csvgen.exchange.results.copied import Copy

_SPACE = uuid.UUID("d9b0b1a4-6f0c-5d55-9a2e-2f6f3c1f7a51")
"""A name space of our own (RFC 9562, 5.5)."""


def stable_uuid(what: str, copy: Copy, case: str = "") -> str:
    """Of one run, or of a case in it; two runs of one name in two projects differ."""
    return str(uuid.uuid5(_SPACE, f"{what}\n{copy.identity}\n{case.encode('ascii', 'backslashreplace').decode()}"))


def history(system: str, case: str) -> str:
    """Of a case, over all its runs."""
    return digest([system, case]).hex[:32]
