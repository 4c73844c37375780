"""report, sign, order, run, abandon, record, deviation, release, trace, status: the work in its order."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, cast, get_args

import click

from csvgen.cli.project import Project, say, system_option
from csvgen.diagnostics import one_line
from csvgen.errors import BadInput, ConfigError, Exit
from csvgen.model.base import PHASES, Phase

if TYPE_CHECKING:
    from csvgen.model.matrix import Row
    from csvgen.model.spec import DocumentKind

_PHASE = click.Choice(list(PHASES), case_sensitive=False)


@click.command()
@click.argument("kinds", nargs=-1)
@click.option("--proposed", is_flag=True, help="Print which documents are proposed and why, beside what the plan decides.")
@click.option(
    "--conclusion", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="With one report or summary: YAML with outcome and text, what you conclude; never better than the rule.",
)  # fmt: skip
@click.option("--run", "of_run", default="", metavar="RUN", help="With script: the run that executed it.  [default: the last]")
@system_option
@click.pass_obj
def report(
    folder: Path, kinds: tuple[str, ...], proposed: bool, conclusion: Path | None, of_run: str, named: str | None
) -> Exit:  # fmt: skip
    r"""Compose documents and publish them for signature.

    \b
    KINDS: plan urs fs risk iq-protocol oq-protocol pq-protocol
           iq-report oq-report pq-report procedures
           system-description supplier-assessment design-specification
           configuration-baseline training-log deviation-log evidence-index
           traceability-matrix regulatory-assessment
           validation-summary release-certificate
    Copies for reading, not signed: script CASE [--run RUN]
                                    deviation-form DEVIATION
    """
    from csvgen.cli import forms
    from csvgen.rendering import render_text
    from csvgen.trace.content import COMPOSED
    from csvgen.workflow.gates import procedures

    project = Project(folder, named)
    if (done := forms.aside(project, kinds, of_run, proposed=proposed)) is not None:
        return done
    for kind in kinds:
        if kind not in (*COMPOSED, "procedures"):
            raise ConfigError(f"there is no document kind {kind!r}", hint=f"kinds: {', '.join(COMPOSED)}, procedures")
    publisher = project.publisher()
    written = forms.written(conclusion, kinds, project.directory, publisher.actor)
    for kind in kinds:
        made = (
            [publisher.procedure(p) for p in procedures(project.state)]
            if kind == "procedures"
            else [publisher.document(cast("DocumentKind", kind), written)]
        )
        for record in made:
            if record is None:
                say(f"{kind}: unchanged since its newest revision")
            else:
                if kind in COMPOSED and publisher.findings.items:
                    click.echo(render_text(publisher.findings.items))
                say(f"{record.id} revision {record.revision}  {record.title}  waits for {len(record.signatures)} signatures")
    return Exit.FINE


@click.command()
@click.argument("phase", type=_PHASE)
@click.option(
    "--retest", multiple=True, metavar="CASE", help="Repeat only this case, released by a signed disposition or a change."
)
@click.option("--changed", is_flag=True, help="Every case that has no result in the wording of the approved revision.")
@click.option("--change-reference", default="", metavar="ID", help="The change that asks for it, where no disposition does.")
@click.option("--carry-over", default="", metavar="TEXT", help="Why results of the earlier revision hold for the cases left out.")
@click.option("--account", required=True, help="Technical account that will execute.")
@system_option
@click.pass_obj
def order(
    folder: Path, phase: Phase, retest: tuple[str, ...], changed: bool, change_reference: str, carry_over: str, account: str, named: str | None
) -> Exit:  # fmt: skip
    """Order the formal execution of a PHASE; a trained person issues it by signature."""
    from csvgen.workflow import repetition

    project = Project(folder, named)
    found = project.directory.account(account)
    if found is None or found.kind != "technical":
        raise BadInput(f"{account!r} is not a registered technical account", hint="csvgen people list", rule="RR-D01")
    cases = (*retest, *(repetition.changed(project.state, phase) if changed else ()))
    if changed and not cases:
        raise BadInput(f"every case of the {phase} has a result in its present wording, or the {phase} was never executed")
    made = project.publisher()
    record = made.order(phase, cases, found.id, found.owner, change=change_reference, carry_over=carry_over)
    say(f"{record.id}  {record.title}  waits for its issue by signature")
    return Exit.FINE


@click.command()
@click.argument("runs", nargs=-1, required=True)
@system_option
@click.pass_obj
def record(folder: Path, runs: tuple[str, ...], named: str | None) -> Exit:
    """Put the executed record of RUNS up for signature (performed, reviewed)."""
    publisher = Project(folder, named).publisher()
    for name in runs:
        made = publisher.run_record(name)
        for told in publisher.flags(name):
            say(one_line(f"for the reviewer: {told}"))
        say(f"{made.id}  {made.title}  waits for {len(made.signatures)} signatures")
    return Exit.FINE


@click.group()
def deviation() -> None:
    """Deviations of the runs."""


@deviation.command("list")
@system_option
@click.pass_obj
def deviation_list(folder: Path, named: str | None) -> Exit:
    """Every deviation the formal runs opened, and where it stands. Exit 1 while one is open."""
    state = Project(folder, named).state
    for o, d in zip(state.opened, state.deviations, strict=True):
        click.echo(f"{o.id}  {o.case} in {o.run}  {o.verdict}  {d.decision}{'' if d.signed else ' (disposition not signed)'}")
        click.echo(f"         expected {o.expected!r}, observed {o.actual!r}")
    if not state.opened:
        say("No deviation.")
    return Exit.FINDINGS if any(d.open for d in state.deviations) else Exit.FINE


@deviation.command("investigate")
@click.argument("identity")
@click.option(
    "--file",
    "file",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="YAML with the investigation.",
)
@system_option
@click.pass_obj
def deviation_investigate(folder: Path, identity: str, file: Path, named: str | None) -> Exit:
    """Put the disposition of deviation IDENTITY up for signature, with the investigation in FILE."""
    from pydantic import ValidationError

    from csvgen.marks import load
    from csvgen.model.deviation import Investigation

    marked, findings = load(file.read_bytes(), file.name)
    if marked is None:
        raise BadInput(findings[0].message, where=str(findings[0].location))
    try:
        investigation = Investigation.model_validate(marked.value)
    except ValidationError as problem:
        first = problem.errors()[0]
        raise BadInput(f"{'.'.join(map(str, first['loc']))}: {first['msg']}", where=str(marked.at(tuple(first["loc"])))) from None
    made = Project(folder, named).publisher().deviation(identity, investigation)
    say(f"{made.id}  {made.title}  waits for {len(made.signatures)} signatures")
    return Exit.FINE


@click.command()
@click.argument("phase", type=_PHASE)
@click.option("--reason", required=True)
@click.option("--condition", multiple=True, required=True, help="What must hold while the phase is open; repeatable.")
@system_option
@click.pass_obj
def release(folder: Path, phase: Phase, reason: str, condition: tuple[str, ...], named: str | None) -> Exit:
    """Put a conditional release of a PHASE up for signature: the only way round the order IQ, OQ, PQ."""
    made = Project(folder, named).publisher().conditional_release(phase, reason, condition)
    say(f"{made.id}  {made.title}  waits for {len(made.signatures)} signatures")
    return Exit.FINE


@click.command()
@click.argument("identity", required=False)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@system_option
@click.pass_obj
def trace(folder: Path, identity: str | None, form: str, named: str | None) -> Exit:
    """Trace requirements to evidence: all of them, or the one named. Exit 1 while there is a gap."""
    from csvgen.canonical import plain
    from csvgen.signature.void import VOID
    from csvgen.trace.clauses import OPEN, answers
    from csvgen.workflow.voiding import void_records

    state = Project(folder, named).state
    matrix = state.matrix
    rows = [
        r
        for r in matrix.rows
        if identity in (None, r.requirement) or identity in r.risks or any(link.case == identity for link in r.links)
    ]
    if identity is not None and not rows:
        raise BadInput(f"nothing is called {identity!r}")
    if form == "json":
        click.echo(json.dumps(plain(matrix if identity is None else rows), indent=1, ensure_ascii=False))
        return Exit.FINE if matrix.complete else Exit.FINDINGS
    for r in rows:
        click.echo(f"{r.requirement:<12} {r.coverage:<16} {r.priority:<10} {r.title}: {r.reason}")
        for link in r.links if identity is not None else ():
            click.echo(f"    {link.case}  {link.final:<8} {link.title}")
            for a in link.attempts:
                click.echo(
                    f"        {a.run}  {a.verdict}  {a.deviation}  evidence: {', '.join(a.evidence) or 'none'}  {a.reason}".rstrip()
                )
        _imported(r if identity is not None else None)
    say(f"{len(matrix.rows)} requirements, {len(matrix.gaps)} gaps")
    unanswered = [a.clause for a in answers(state.spec, matrix) if a.state == OPEN]
    if unanswered and identity is None:
        say(f"21 CFR Part 11: no requirement cites {', '.join(unanswered)}")
    for gap in matrix.gaps if identity is None else ():
        say(f"gap: {gap.kind}: {gap.subject}: {gap.detail}")
    for approval, changed in void_records(state) if identity is None else ():
        say(f"{VOID}: {approval.document.id} r{approval.document.revision} was changed after it was signed")
        for change in changed:
            say(f"    changed since: {one_line(change.told)}")
    return Exit.FINE if matrix.complete else Exit.FINDINGS


def _imported(row: Row | None) -> None:
    """Results of other tools beside a requirement, each with what it is about and whether anybody accepted it."""
    for i in row.imported if row is not None else ():
        standing = "accepted" if i.accepted else "NOT ACCEPTED, counts for nothing"
        click.echo(f"    imported {i.evidence}  {i.verdict}  {one_line(i.result)}  for {i.about}  ({i.how}; {standing})")


@click.command()
@system_option
@click.option("--config", "show_config", is_flag=True, help="Print each setting with its source.")
@click.pass_obj
def status(folder: Path, named: str | None = None, show_config: bool = False) -> Exit:
    """Where the project stands, and what comes next."""
    from csvgen.model.spec import DocumentKind
    from csvgen.signature.void import VOID
    from csvgen.workflow import step_code
    from csvgen.workflow.keeping import store_name, unkept
    from csvgen.workflow.repetition import unfinished
    from csvgen.workflow.signing import waiting
    from csvgen.workflow.state import CODES
    from csvgen.workflow.telling import INVALID, damaged, signature_words, standing_word, written

    project = Project(folder, named)
    if show_config:
        for name, source in project.config.sources.items():
            click.echo(f"{name:<20} {getattr(project.config, name)}  ({source})")
        return Exit.FINE
    state = project.state
    click.echo(
        f"{state.spec.system.name} {state.spec.system.version}: {len(state.spec.requirements)} requirements, {len(state.protocol.cases)} cases, {len(state.runs)} runs"
    )
    files = written(project.ledger)
    for found in filter(None, (state.latest(state.document_id(kind)) for kind in get_args(DocumentKind) if kind in CODES)):
        click.echo(f"  {found.document.id:<10} r{found.document.revision}  {one_line(standing_word(state, found))}")
        told = [line for line in signature_words(state, found) if line.startswith((INVALID, VOID, "handwritten"))]
        told += [f"DAMAGED {name}: {problem}" for name, problem in damaged(state, found, files).items()]
        told += [f"changed since: {change.told}" for change in state.void(found)]
        told += step_code.told_since(state, found)
        for line in told:
            click.echo(f"      {one_line(line)}")
    if state.stale:
        click.echo(f"  {len(state.stale)} feature files are not as the specification says (csvgen draft)")
    for item in waiting(state):
        click.echo(
            f"  waits: {item.document.id} r{item.document.revision} for {item.station.meaning} ({item.station.role})"
            + (" on paper" if item.station.by == "paper" else "")
            + (f": {one_line(item.refusal)}" if item.refusal else "")
        )
    for waits in filter(None, (unfinished(state, phase) for phase in PHASES)):
        click.echo(f"  {one_line(waits)}")
    for run in unkept(project.config, state.runs, project.ledger):
        click.echo(
            f"  NOT KEPT YET: {run} is sealed, and not in {one_line(store_name(project.config))}: csvgen evidence keep {run}"
        )
    click.echo(f"  gaps: {len(state.matrix.gaps)}")
    return Exit.FINE
