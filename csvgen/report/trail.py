"""A copy of the audit trail to read: every event with old and new values and its reason, drawn by the writers all documents share."""

from __future__ import annotations

from csvgen import __version__
from csvgen.audit.export import NOTHING, TrailCopy, plain_lines
from csvgen.canonical import digest_bytes
from csvgen.clock import shown
from csvgen.model.audit import Event
from csvgen.model.report import Column, Heading, Paragraph, Report, Table

_COLUMNS = (
    Column("No.", 0.05, "id"),
    Column("Time (UTC)", 0.10),
    Column("Who", 0.15),
    Column("What", 0.11),
    Column("Record", 0.15, "id"),
    Column("Old value -> new value", 0.29),
    Column("Reason", 0.15),
)


def trail_report(copy: TrailCopy, project: str) -> Report:
    """The copy as neutral blocks. A partial one carries its filter in the banner, which stands on every page (rule RR-B04)."""
    partial = copy.selection.partial
    whole = f"{len(copy.events)} of {copy.head.count} events" if partial else f"all {copy.head.count} events"
    facts = (
        ("Copy", copy.label),
        ("Events", whole),
        ("Head of the trail", copy.head.hash),
        ("Merkle root", copy.root),
        ("Made", shown(copy.made)),
    )
    said = (
        "This copy leaves events out. What it leaves out, its filter says."
        if partial
        else "This copy holds every event up to the head of the trail named here."
    )
    return Report(
        id="AUDIT-TRAIL",
        title="Audit trail",
        subtitle=project,
        revision=1,
        organisation=project,
        system=project,
        status="PARTIAL COPY" if partial else "COPY",
        banner=f"PARTIAL COPY: {copy.selection}" if partial else "",
        date=shown(copy.made),
        made_by=f"csvgen {__version__}",
        made_from=(("audit trail", copy.head.hash),),
        content=digest_bytes(b"".join(body for body, _ in copy.events)),
        official="elsewhere",
        cover=facts,
        blocks=(
            Heading(1, "Events"),
            Paragraph(said),
            Table(_COLUMNS, tuple(_row(event) for _, event in copy.events), empty="No event fits the filter."),
        ),
    )


def _row(event: Event) -> tuple[str, ...]:
    who = f"{event.printed_name} ({event.person}), {event.role}"
    when = shown(event.at) + (f" (clock in doubt since event {event.clock})" if event.clock else "")
    version = f" version {event.version}" if event.version else ""
    changes = "\n".join(plain_lines(event)) or NOTHING
    return (str(event.seq), when, who, event.action, f"{event.record}{version}", changes, event.reason)


def draw_trail(copy: TrailCopy, project: str) -> bytes:
    """The copy as PDF."""
    from csvgen.report import pdf

    return pdf.draw(trail_report(copy, project))
