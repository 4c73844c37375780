"""Time stamps that end: found in time, and renewed by a further stamp over the whole file (PAdES B-LTA, ETSI EN 319 142-1, 5.4).

A stamp is worth something as long as the certificate of its authority lasts. Before that, the file gets another stamp, which covers
all that stood there, the earlier stamp and what proves it included. The signatures stay as they are.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from csvgen.audit.ledger import Ledger
from csvgen.canonical import digest_bytes
from csvgen.clock import Clock, stored
from csvgen.crypto.timestamps import TimeAuthority
from csvgen.crypto.trust import Trust
from csvgen.errors import CsvgenError, Refused
from csvgen.model.audit import Actor
from csvgen.signature import pdf_archive
from csvgen.workflow.renditions import PDF
from csvgen.workflow.state import ProjectState, documents_folder


@dataclass(frozen=True)
class Ending:
    """A signed PDF file whose newest time stamp ends."""

    record: str
    """``TNY-VP r1``"""
    path: Path
    ends: dt.datetime
    """When the certificate of its authority ends, UTC."""


def endings(state: ProjectState, moment: dt.datetime, within: dt.timedelta) -> Iterator[Ending]:
    """Every signed PDF file of every revision whose proof of time ends before `moment` + `within`, oldest records first."""
    for approval in state.approvals:
        document = approval.document
        for rendition in document.renditions:
            path = documents_folder(state, document) / rendition.file
            if rendition.media_type != PDF or not approval.signatures or not path.is_file():
                continue
            end = pdf_archive.due(path.read_bytes())
            if end is not None and end < moment + within:
                yield Ending(f"{document.id} r{document.revision}", path, end)


def renew(ending: Ending, authority: TimeAuthority, trust: Trust, ledger: Ledger, clock: Clock, actor: Actor) -> dt.datetime:
    """Put a further stamp on one file; file and event become true together. Returns the new end.

    Raises Refused when the proof has ended already, or when the authority's new certificate lasts no longer than the old one's;
    NoTimeStamp or NoAnswer when an authority does not answer. Then nothing was changed.
    """
    before = ending.path.read_bytes()
    after = pdf_archive.renew(before, authority, trust=trust, moment=clock.now())
    end = pdf_archive.due(after)
    if end is None or end <= ending.ends:
        raise Refused(
            f"a further stamp would end at {stored(end or ending.ends)}, no later than the one that is there", where=ending.path.name,
            hint="the authority has not renewed its own certificate yet",
        )  # fmt: skip
    with ledger.change(actor, "time stamp renewed before it ends") as change:
        if ending.path.read_bytes() != before:
            raise CsvgenError("somebody else changed this file meanwhile", where=ending.path.name, hint="csvgen renew once more")
        sha256 = change.file(ending.path, after)
        facts = {"file": ending.path.name, "before": digest_bytes(before), "after": sha256, "lasts until": stored(end)}
        change.note("renew", ending.record, facts=facts)
    return end
