"""A copy of the audit trail to read: every event with old and new values and its reason, drawn by the writers all documents share."""

from __future__ import annotations

from csvgen import __version__
from csvgen.audit.export import NOTHING, TrailCopy, plain_lines
from csvgen.audit.selection import Selection
from csvgen.canonical import digest_bytes
from csvgen.clock import shown, stored
from csvgen.model.audit import Event
from csvgen.model.report import Column, Heading, Paragraph, Report, Table
from csvgen.report.wording import IN_ENGLISH, Wording, in_language, joined, say

_COLUMNS = (
    Column("No.", 0.05, "id"),
    Column("Time (UTC)", 0.10),
    Column("Who", 0.15),
    Column("What", 0.11),
    Column("Record", 0.15, "id"),
    Column("Old value -> new value", 0.29),
    Column("Reason", 0.15),
)


def trail_report(copy: TrailCopy, project: str, words: Wording = IN_ENGLISH) -> Report:
    """The copy as neutral blocks. A partial one carries its filter in the banner, which stands on every page (rule RR-B04).

    What events say stays as it was recorded, in every language: names of actions and fields, values, reasons.
    """
    partial = copy.selection.partial
    number, every = str(len(copy.events)), str(copy.head.count)
    whole = say("{number} of {all} events", number=number, all=every) if partial else say("all {number} events", number=every)
    facts = (
        (say("Copy"), _label(copy)),
        (say("Events"), whole),
        (say("Head of the trail"), copy.head.hash),
        (say("Merkle root"), copy.root),
        (say("Made"), shown(copy.made)),
    )
    said = (
        "This copy leaves events out. What it leaves out, its filter says."
        if partial
        else "This copy holds every event up to the head of the trail named here."
    )
    report = Report(
        id="AUDIT-TRAIL",
        title=words.say("Audit trail"),
        subtitle=project,
        revision=1,
        organisation=project,
        system=project,
        status="PARTIAL COPY" if partial else "COPY",
        banner=say("PARTIAL COPY: {filter}", filter=_filter(copy.selection)) if partial else "",
        date=shown(copy.made),
        made_by=f"csvgen {__version__}",
        made_from=((say("audit trail"), copy.head.hash),),
        content=digest_bytes(b"".join(body for body, _ in copy.events)),
        official="elsewhere",
        cover=facts,
        blocks=(
            Heading(1, "Events"),
            Paragraph(said),
            Table(_COLUMNS, tuple(_row(event, words) for _, event in copy.events), empty="No event fits the filter."),
        ),
    )
    return in_language(report, words)


def _label(copy: TrailCopy) -> str:
    """As `TrailCopy.label` says it in data."""
    return say("PARTIAL: {filter}", filter=_filter(copy.selection)) if copy.selection.partial else say("COMPLETE")


def _filter(wanted: Selection) -> str:
    """As a filter says itself in data, in phrases."""
    parts = [
        *([say("record {record}", record=wanted.record)] if wanted.record else ()),
        *([say("person {person}", person=wanted.person)] if wanted.person else ()),
        *([say("action {action}", action=wanted.action)] if wanted.action else ()),
        *([say("from {when}", when=shown(stored(wanted.since)))] if wanted.since else ()),
        *([say("before {when}", when=shown(stored(wanted.until)))] if wanted.until else ()),
        *([say("words {words}", words=repr(wanted.words))] if wanted.words else ()),
    ]
    return joined(", ", parts)


def _row(event: Event, words: Wording) -> tuple[str, ...]:
    who = f"{event.printed_name} ({event.person}), {event.role}"
    doubt = f" ({words.say('clock in doubt since event {number}', number=str(event.clock))})" if event.clock else ""
    version = f" {words.say('version {number}', number=str(event.version))}" if event.version else ""
    nothing = words.say(NOTHING)
    changes = "\n".join(plain_lines(event, nothing)) or nothing
    return (str(event.seq), shown(event.at) + doubt, who, event.action, f"{event.record}{version}", changes, event.reason)


def draw_trail(copy: TrailCopy, project: str, words: Wording = IN_ENGLISH) -> bytes:
    """The copy as PDF."""
    from csvgen.report import pdf

    return pdf.draw(trail_report(copy, project, words))
