"""What `csvgen report` prints and draws beside documents for signature: the proposal of documents, and copies of single records."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from csvgen.cli.project import Project, say
from csvgen.diagnostics import one_line
from csvgen.errors import BadInput, ConfigError, Exit

if TYPE_CHECKING:
    from pathlib import Path

    from csvgen.identity.directory import Directory
    from csvgen.model.audit import Actor
    from csvgen.model.signature import WrittenConclusion
    from csvgen.workflow.state import ProjectState

FORMS = ("script", "deviation-form")


def aside(project: Project, kinds: tuple[str, ...], run: str, *, proposed: bool) -> Exit | None:
    """What was asked for where that is no document for signature; None where it is one. Raises ConfigError for a wrong use."""
    if proposed:
        if kinds:
            raise ConfigError("--proposed tells of every kind and composes none", hint="csvgen report --proposed")
        return proposals(project)
    if not kinds:
        raise ConfigError("name a kind of document", hint="csvgen report --help")
    if kinds[0] in FORMS:
        return copies(project.state, kinds[0], kinds[1:], run)
    if run:
        raise ConfigError("--run is for script CASE", hint="csvgen report script TC-OQ-0001 --run OQ-001")
    return None


def proposals(project: Project) -> Exit:
    """Each kind of document with its proposal, its reasons, the decision and how both compare. Exit 1 while one is open.

    It follows from the specification alone: no records, no keys and nobody in office are needed.
    """
    from csvgen.spec.load import load_system
    from csvgen.spec.proposal import proposed

    spec = load_system(project.config.requirements_specs, project.system).spec
    if spec is None:
        raise ConfigError("the specification cannot be read", hint="csvgen check")
    found = proposed(spec)
    for p in found:
        click.echo(f"{p.kind:<24} proposed: {p.proposal:<11} decided: {p.decision:<12} {p.standing}")
        for reason in p.reasons:
            click.echo(f"    because {one_line(reason)}")
        if p.words:
            click.echo(f"    the plan says: {one_line(p.words)}")
    open_ones = [p for p in found if p.standing.startswith("open")]
    say(f"{len(found)} kinds of document; the plan decides nothing about {len(open_ones)} that are proposed as needed")
    return Exit.FINDINGS if open_ones else Exit.FINE


def written(file: Path | None, kinds: tuple[str, ...], directory: Directory, actor: Actor) -> WrittenConclusion | None:
    """The conclusion a file holds, by the person at work here; None without a file. Raises BadInput for a fault, with its place.

    A conclusion is drawn by a person: a technical account is refused.
    """
    if file is None:
        return None
    if len(kinds) != 1:
        raise ConfigError("a conclusion belongs to one report", hint="csvgen report validation-summary --conclusion FILE")
    from pydantic import ValidationError

    from csvgen.marks import load
    from csvgen.model.signature import WrittenConclusion
    from csvgen.workflow.concluding import author

    by = author(directory, actor)
    marked, findings = load(file.read_bytes(), file.name)
    if marked is None or not isinstance(marked.value, dict):
        where = str(findings[0].location) if findings else file.name
        raise BadInput(findings[0].message if findings else "this says neither outcome nor text", where=where)
    try:
        return WrittenConclusion.model_validate({**marked.value, "by": by})
    except ValidationError as problem:
        first = problem.errors()[0]
        place = tuple(p for p in first["loc"] if p != "by")
        raise BadInput(f"{'.'.join(map(str, first['loc']))}: {first['msg']}", where=str(marked.at(place))) from None


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
