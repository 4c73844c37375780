"""What `csvgen report` prints and draws beside documents for signature: the proposal of documents, and copies of single records."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from csvgen.cli.project import say
from csvgen.diagnostics import one_line
from csvgen.errors import ConfigError, Exit

if TYPE_CHECKING:
    from csvgen.workflow.state import ProjectState

FORMS = ("script", "deviation-form")


def proposals(state: ProjectState) -> Exit:
    """Each kind of document with its proposal, its reasons, the decision and how both compare. Exit 1 while one is open."""
    from csvgen.trace.proposal import proposed

    found = proposed(state.spec)
    for p in found:
        click.echo(f"{p.kind:<24} proposed: {p.proposal:<11} decided: {p.decision:<12} {p.standing}")
        for reason in p.reasons:
            click.echo(f"    because {one_line(reason)}")
        if p.words:
            click.echo(f"    the plan says: {one_line(p.words)}")
    open_ones = [p for p in found if p.standing.startswith("open")]
    say(f"{len(found)} kinds of document; the plan decides nothing about {len(open_ones)} that are proposed as needed")
    return Exit.FINDINGS if open_ones else Exit.FINE


def copies(state: ProjectState, form: str, names: tuple[str, ...], run: str) -> Exit:
    """Draw the form of each name as PDF and Word, and say where."""
    from csvgen.workflow import copies as drawn

    if not names:
        raise ConfigError(f"{form} of what?", hint="csvgen report script TC-OQ-0001, csvgen report deviation-form DEV-001")
    if run and form != "script":
        raise ConfigError("--run is for script CASE", hint="csvgen report script TC-OQ-0001 --run OQ-001")
    for name in names:
        made = drawn.script(state, name, run) if form == "script" else drawn.deviation(state, name)
        for path in drawn.save(state, made):
            click.echo(path)
        say(f"{made.id}  {one_line(made.subtitle)}  a copy for reading, not signed")
    return Exit.FINE
