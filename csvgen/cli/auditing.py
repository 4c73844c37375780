"""audit: the trail read, searched, copied, checked, anchored, reviewed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from csvgen.cli.project import Project, say, system_option
from csvgen.errors import Exit, Refused

if TYPE_CHECKING:
    from csvgen.audit.anchored import Finding, Outside
    from csvgen.audit.selection import Selection

_MARK = {"holds": "ok  ", "fails": "FAIL", "unknown": "??  ", "note": "note"}


@click.group()
def audit() -> None:
    """The audit trail of this project's records."""


def _filters(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options that choose events."""
    for option in (
        click.option("--until", default="", metavar="TIME", help="Before this time; a day is meant to its end."),
        click.option("--since", default="", metavar="TIME", help="At this time or later: 2026-11-21, or 2026-11-21T08:30+01:00."),
        click.option("--action", default="", help="Only this action, for example modify."),
        click.option("--person", default="", help="Only what this person did."),
        click.option(
            "--record",
            default="",
            help="Only this record: account/mara.ivens, account/ for all of a kind, QCR-VP, or QCR-VP r1 for one revision.",
        ),
    ):
        function = option(function)
    return function


def _selection(record: str, person: str, action: str, since: str, until: str, words: str = "") -> Selection:
    from csvgen.audit.selection import Selection, moment

    return Selection(record, person, action, moment(since) if since else None, moment(until, end=True) if until else None, words)


@audit.command("show")
@_filters
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@click.pass_obj
def audit_show(folder: Path, /, form: str, **chosen: str) -> Exit:
    """The events, oldest first, each changed field from its old to its new value."""
    return _show(folder, _selection(**chosen), form)


@audit.command("search")
@click.argument("words")
@_filters
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@click.pass_obj
def audit_search(folder: Path, /, words: str, form: str, **chosen: str) -> Exit:
    """Events that say WORDS anywhere: names, values, reasons. Exit code 1 when there is none."""
    return _show(folder, _selection(**chosen, words=words), form, empty=Exit.FINDINGS)


def _show(folder: Path, selection: Selection, form: str, empty: Exit = Exit.FINE) -> Exit:
    from csvgen.audit.export import plain_lines
    from csvgen.clock import shown
    from csvgen.diagnostics import one_line

    count = 0
    for _, e in selection.of(Project(folder).ledger.each_body()):
        count += 1
        if form == "json":
            click.echo(e.model_dump_json())
            continue
        doubt = f" (clock in doubt since event {e.clock})" if e.clock else ""
        name = e.printed_name if e.printed_name.startswith("(") else f"({e.printed_name})"
        click.echo(one_line(f"{e.seq:>5} {shown(e.at)}{doubt} {e.person} {name} {e.action} {e.record}".rstrip()))
        if e.reason:
            click.echo(one_line(f"        reason: {e.reason}"))
        for line in plain_lines(e):
            click.echo(one_line(f"        {line}"))
    say(f"{count} events ({selection})")
    return Exit.FINE if count else empty


@audit.command("export")
@click.argument("destination", type=click.Path(path_type=Path))
@_filters
@click.option("--words", default="", help="Only events that say this anywhere.")
@click.option("--format", "form", type=click.Choice(["jsonl", "csv", "pdf", "tiles"]), default="jsonl")
@click.pass_obj
def audit_export(folder: Path, /, destination: Path, form: str, words: str, **chosen: str) -> Exit:
    """Write a copy of the trail to DESTINATION, which must not exist; a filtered one says PARTIAL everywhere.

    tiles: a folder in the layout of C2SP tlog-tiles, always of the whole trail up to the newest checkpoint.
    """
    from csvgen.workflow.trail import export_tiles, export_trail

    project, selection = Project(folder), _selection(**chosen, words=words)
    if destination.exists():
        raise Refused("this exists; a copy is never written over another", where=str(destination))
    if form == "tiles":
        if selection.partial:
            raise Refused("tiles are of the whole trail; leave the filter out", where="--format tiles")
        for line in export_tiles(project.ledger, project.clock, project.operator, project.config, destination):
            say(line)
        return Exit.FINE
    from csvgen.canonical import write_once
    from csvgen.report.before import shared_language

    language = shared_language(project.config.requirements_specs)
    data, copy = export_trail(project.ledger, project.clock, project.operator, selection, form, project.config.project, language)  # type: ignore[arg-type]

    write_once(destination, data)
    say(f"{len(copy.events)} of {copy.head.count} events, {copy.label} -> {destination}")
    return Exit.FINE


@audit.command("check")
@click.pass_obj
def audit_check(folder: Path) -> Exit:
    """Hold the trail and the records against themselves, and against everything the anchors of the project hold."""
    from csvgen.audit.anchored import outside_of
    from csvgen.diagnostics import one_line

    project = Project(folder)
    ledger = project.ledger
    problems = ledger.problems()
    guards = ledger.guard_problems()
    for problem in (*problems, *guards):
        click.echo(one_line(problem))
    head = ledger.head()
    say(f"{head.count} events, head {head.hash}: {'unbroken' if not problems else f'{len(problems)} problems'}")
    sound = _report(project, outside_of(project.config))
    return Exit.FINDINGS if problems or guards or not sound else Exit.FINE


@audit.command("verify")
@click.argument("kept", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--keys", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="vkey lines of log and witnesses to believe."
)
@click.pass_obj
def audit_verify(folder: Path, kept: Path, keys: Path | None) -> Exit:
    """Hold the trail against checkpoints in KEPT, a folder that somebody else kept; anchors are not asked.

    For things outside of a project (a package, a copy of the trail, a proof) there is csvgen verify.
    """
    from csvgen.audit.anchored import outside_kept

    project = Project(folder)
    return Exit.FINE if _report(project, outside_kept(project.config, kept, keys)) else Exit.FINDINGS


def _report(project: Project, outside: Outside) -> bool:
    """Print the answers; whether none of them is no or unknown."""
    from csvgen.audit.anchored import report
    from csvgen.diagnostics import one_line

    findings: tuple[Finding, ...] = report(project.ledger.bodies(), outside)
    for number, finding in enumerate(findings, 1):
        click.echo(one_line(f"{number:>3} {_MARK[finding.outcome]} {finding.name}: {finding.detail}"))
        for fault in finding.faults[1:]:
            click.echo(one_line(f"         {fault}"))
    return all(f.outcome in {"holds", "note"} for f in findings)


@audit.command("checkpoint")
@click.pass_obj
def audit_checkpoint(folder: Path) -> Exit:
    """Sign the state of the trail and take it to every anchor."""
    from csvgen.audit.anchors import checkpoint, open_anchors
    from csvgen.diagnostics import one_line

    project = Project(folder)
    made = checkpoint(project.ledger, open_anchors(project.config), project.clock, project.operator, "on demand")
    for name, receipt in made.receipts:
        say(one_line(f"{name}: {receipt}"))
    for problem in made.problems:
        click.echo(one_line(problem))
    say(f"{made.size} events, root {made.root.hex()}")
    return Exit.FINDINGS if made.problems else Exit.FINE


@audit.command("anchors")
@click.pass_obj
def audit_anchors(folder: Path) -> Exit:
    """What each anchor holds now, and the keys this project believes. Exit code 1 when one cannot be asked."""
    from csvgen.audit.anchored import outside_of
    from csvgen.audit.anchors import configured
    from csvgen.clock import shown, stored
    from csvgen.diagnostics import one_line

    project = Project(folder)
    outside = outside_of(project.config)
    for anchor in configured(project.config):
        click.echo(one_line(f"{anchor.name}: {anchor.words}"))
        for item in (h for h in outside.held if h.anchor == anchor.name):
            lock = f"  locked until {shown(stored(item.locked_until))}" if item.locked_until else ""
            click.echo(one_line(f"        {item.name}{lock}"))
    for verifier in outside.verifiers:
        click.echo(one_line(f"believed: {verifier.vkey}"))
    for line in outside.silent:
        click.echo(one_line(line))
    return Exit.FINDINGS if outside.silent else Exit.FINE


@audit.command("prove")
@click.argument("seq", type=click.IntRange(min=1))
@click.argument("destination", type=click.Path(path_type=Path), required=False)
@click.pass_obj
def audit_prove(folder: Path, seq: int, destination: Path | None) -> Exit:
    """Write a proof that event SEQ lies in the trail of the newest checkpoint, and the event beside it (csvgen verify checks it)."""
    from csvgen.canonical import write_once
    from csvgen.workflow.trail import prove

    project = Project(folder)
    proof, body = prove(project.ledger, project.config, seq)
    place = destination or Path(f"event-{seq}.tlog-proof")
    write_once(place, bytes(proof))
    write_once(place.with_suffix(".json"), body)
    say(f"{place} and {place.with_suffix('.json')}; csvgen verify {place}")
    return Exit.FINE


@audit.command("review")
@click.argument("name")
@_filters
@click.option("--first", type=click.IntRange(min=1), default=1, show_default=True, help="Number of the first event.")
@click.option("--last", type=click.IntRange(min=1), help="Number of the last event; the newest when not given.")
@click.option("--findings", default="", help="What was found, in your words. Without it only what stands out is shown.")
@system_option
@click.pass_obj
def audit_review(
    folder: Path, /, name: str, named: str | None, first: int, last: int | None, findings: str, **chosen: str
) -> Exit:
    """Put a review of the trail up for signature under NAME: scope, counts, what stands out, and your findings.

    Without --findings nothing is put up: the events that stand out are shown, to be looked at first.
    """
    from csvgen.audit.review import review
    from csvgen.canonical import Digest
    from csvgen.clock import shown
    from csvgen.diagnostics import one_line

    project = Project(folder, named)
    bodies = project.ledger.bodies()
    end = last or len(bodies)
    root = Digest(f"sha256:{project.ledger.root(min(end, len(bodies))).hex()}")
    content = review(bodies, first, end, _selection(**chosen), root, findings or "not written yet")
    for flagged in content.flagged:
        what = f"{flagged.action} {flagged.record}".rstrip()
        click.echo(one_line(f"{flagged.event:>5} {shown(flagged.at)} {flagged.person} {what}: {flagged.why}"))
    say(f"events {first} to {end} ({content.selection}): {content.reviewed} taken, {len(content.flagged)} stand out")
    say(", ".join(f"{c.name} {c.events}" for c in content.actions))
    if not findings:
        say("look at them, then say what you found: --findings")
        return Exit.FINDINGS
    record = project.publisher().trail_review(name, json.loads(content.model_dump_json()))
    say(f"{record.id} revision {record.revision} waits to be signed: csvgen sign {record.id}")
    return Exit.FINE


@audit.command("resolve-clock")
@click.option("--reason", required=True, help="What was wrong with the clock, and how the times before were judged.")
@click.pass_obj
def audit_resolve_clock(folder: Path, reason: str) -> Exit:
    """Answer for a step of the clock: later events are no longer marked as doubtful (rule RR-E14)."""
    project = Project(folder)
    event = project.ledger.resolve_clock(project.operator, reason)
    say(f"event {event.seq} answers for the clock")
    return Exit.FINE
