"""report, sign, order, run, record, deviation, release, trace, status: the work in its order."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, cast, get_args

import click

from csvgen.cli.project import Project, say, system_option
from csvgen.diagnostics import many, one_line
from csvgen.errors import BadInput, ConfigError, Exit
from csvgen.model.base import PHASES, Phase

if TYPE_CHECKING:
    from csvgen.model.evidence import Evidence
    from csvgen.model.spec import DocumentKind

_PHASE = click.Choice(list(PHASES), case_sensitive=False)


@click.command()
@click.argument("kinds", nargs=-1, required=True)
@system_option
@click.pass_obj
def report(folder: Path, kinds: tuple[str, ...], named: str | None) -> Exit:
    """Compose documents and publish them for signature.

    KINDS: plan urs fs risk iq-protocol oq-protocol pq-protocol iq-report oq-report pq-report procedures
    """
    from csvgen.trace.content import COMPOSED
    from csvgen.workflow.gates import procedures

    project = Project(folder, named)
    for kind in kinds:
        if kind not in (*COMPOSED, "procedures"):
            raise ConfigError(f"there is no document kind {kind!r}", hint=f"kinds: {', '.join(COMPOSED)}, procedures")
    publisher = project.publisher()
    for kind in kinds:
        made = (
            [publisher.procedure(p) for p in procedures(project.state)]
            if kind == "procedures"
            else [publisher.document(cast("DocumentKind", kind))]
        )
        for record in made:
            if record is None:
                say(f"{kind}: unchanged since its newest revision")
            else:
                say(f"{record.id} revision {record.revision}  {record.title}  waits for {len(record.signatures)} signatures")
    return Exit.FINE


@click.command()
@click.argument("phase", type=_PHASE)
@click.option("--retest", multiple=True, metavar="CASE", help="Repeat only this case, released by a signed disposition.")
@click.option("--account", required=True, help="Technical account that will execute.")
@system_option
@click.pass_obj
def order(folder: Path, phase: Phase, retest: tuple[str, ...], account: str, named: str | None) -> Exit:
    """Order the formal execution of a PHASE; a trained person issues it by signature."""
    project = Project(folder, named)
    found = project.directory.account(account)
    if found is None or found.kind != "technical":
        raise BadInput(f"{account!r} is not a registered technical account", hint="csvgen people list", rule="RR-D01")
    record = project.publisher().order(phase, retest, found.id, found.owner)
    say(f"{record.id}  {record.title}  waits for its issue by signature")
    return Exit.FINE


@click.command()
@click.argument("phase", required=False)
@click.argument("paths", nargs=-1)
@click.option("--formal", is_flag=True, help="Execute the order that was issued for the PHASE.")
@click.option("--dry", is_flag=True, help="Resolve every step without executing anything: undefined, ambiguous, unused.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="Of a dry run.")
@system_option
@click.pass_obj
def run(folder: Path, phase: str | None, paths: tuple[str, ...], formal: bool, dry: bool, form: str, named: str | None) -> Exit:
    """Run protocols: those of a PHASE, or the files and cases that PATHS name. Without --formal it is an engineering run, recorded, that counts for nothing.

    With --dry nothing runs at all: exit code 1 when a step has no definition or several, or a definition of the project no step.
    """
    from csvgen.model.execution import Verdict
    from csvgen.workflow.running import engineering_run, formal_run

    project = Project(folder, named)
    phase, paths = _selected(phase, paths)
    if dry:
        if formal:
            raise ConfigError("a dry run executes nothing and is no formal run", hint="csvgen run OQ --dry")
        return _dry(project, phase, paths, form)
    if formal and (phase is None or paths):
        raise ConfigError("a formal run takes a phase and nothing else", hint="csvgen run OQ --formal")
    if formal:
        evidence = formal_run(project.state, cast("Phase", phase), project.ledger, project.clock, say, project.operator.person)
    else:
        base = project.config.protocol_folder(project.system)
        evidence, _ = engineering_run(
            project.config, project.system, list(paths) or [str(base / phase) if phase else str(base)], say
        )
    for result in evidence.results:
        if result.verdict is not Verdict.PASSED:
            click.echo(f"{result.verdict:<10} {result.case}  {result.reason}")
    _say_of(evidence)
    verdicts = ", ".join(f"{n} {v}" for v, n in (evidence.seal.summary.verdicts.items() if evidence.seal else ()))
    say(f"run {evidence.run}: {verdicts or 'not sealed'} -> {evidence.folder}")
    return Exit.FINE if evidence.results and all(r.verdict is Verdict.PASSED for r in evidence.results) else Exit.FINDINGS


def _selected(first: str | None, paths: tuple[str, ...]) -> tuple[str | None, tuple[str, ...]]:
    """The phase, if the first word names one; else it is a path like the others."""
    if first is None or first.upper() in PHASES:
        return first and first.upper(), paths
    return None, (first, *paths)


def _say_of(evidence: Evidence) -> None:
    """What of a run is told beside its verdicts: secrets that were taken out, another order, its size."""
    from csvgen.evidence.size import in_words, weigh

    for name, state, places in evidence.redactions:
        say(f"secret {name}: {state}" + (f", {many(places, 'place')}" if state == "taken out" else ""))
    if evidence.reordered:
        say("executed in another order than planned; the journal has it")
    weight = weigh(evidence)
    say(f"evidence: {many(weight.files, 'file')}, {in_words(weight.size)} (csvgen evidence size {evidence.run})")


def _dry(project: Project, phase: str | None, paths: tuple[str, ...], form: str) -> Exit:
    from csvgen.rendering import render_text
    from csvgen.workflow.running import dry_run

    base = project.config.protocol_folder(project.system)
    resolved = dry_run(project.config, list(paths) or [str(base / phase) if phase else str(base)])
    if form == "json":
        click.echo(json.dumps(resolved.content(), indent=1, ensure_ascii=False))
    else:
        first, *rest = resolved.summary()
        click.echo("\n".join(filter(None, (first, render_text(resolved.findings.items), *rest))))
    return Exit.FINDINGS if resolved.findings.items or not resolved.cases else Exit.FINE


@click.command()
@click.argument("runs", nargs=-1, required=True)
@system_option
@click.pass_obj
def record(folder: Path, runs: tuple[str, ...], named: str | None) -> Exit:
    """Put the executed record of RUNS up for signature (performed, reviewed)."""
    publisher = Project(folder, named).publisher()
    for name in runs:
        made = publisher.run_record(name)
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
        click.echo(
            f"{o.id}  {o.case} in {o.run}  {o.result.verdict}  {d.decision}{'' if d.signed else ' (disposition not signed)'}"
        )
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


@click.command()
@system_option
@click.option("--config", "show_config", is_flag=True, help="Print each setting with its source.")
@click.pass_obj
def status(folder: Path, named: str | None = None, show_config: bool = False) -> Exit:
    """Where the project stands, and what comes next."""
    from csvgen.model.spec import DocumentKind
    from csvgen.signature.void import VOID
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
    click.echo(f"  gaps: {len(state.matrix.gaps)}")
    return Exit.FINE
