"""run, abandon: protocols executed, in whichever way, and a run closed that never came to its end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from csvgen.cli import scaling
from csvgen.cli.evidence import say_kept, say_of
from csvgen.cli.project import Project, say, system_option
from csvgen.diagnostics import one_line
from csvgen.errors import ConfigError, Exit
from csvgen.model.base import PHASES, Phase

if TYPE_CHECKING:
    from csvgen.model.evidence import RunRead


@click.command()
@click.argument("phase", required=False)
@click.argument("paths", nargs=-1)
@click.option("--formal", is_flag=True, help="Execute the order that was issued for the PHASE.")
@click.option("--attended", is_flag=True, help="Carry out the attended cases at this terminal, as yourself.")
@click.option("--resume", default="", metavar="RUN", help="With --attended: go on with a run that was paused.")
@click.option(
    "--plan", "file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Execute one shard of this plan."
)
@click.option("--shard", metavar="I/N", help="The shard: 2/4.")
@click.option("--workers", "-n", type=click.IntRange(0, 256), default=0, help="Processes that share a shard on this machine.")
@click.option("--dry", is_flag=True, help="Resolve every step without executing anything: undefined, ambiguous, unused.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="Of a dry run.")
@system_option
@click.pass_obj
def run(
    folder: Path, phase: str | None, paths: tuple[str, ...], formal: bool, attended: bool, resume: str, file: Path | None,
    shard: str | None, workers: int, dry: bool, form: str, named: str | None,
) -> Exit:  # fmt: skip
    """Run protocols: those of a PHASE, or the files and cases that PATHS name.

    Without --formal it is an engineering run, recorded, that counts for nothing.

    Cases with the tag attended are a person's: `csvgen run OQ --attended`, and in a formal run after its automated part
    `csvgen run OQ --formal --attended`. See docs/attended.md.

    With --dry nothing runs at all: exit code 1 when a step has no definition or several, or a definition of the project no step.
    """
    project = Project(folder, named)
    if file is not None or shard is not None or workers:
        if file is None or shard is None or phase is not None:
            raise ConfigError("a shard needs its plan, and takes no phase", hint="csvgen run --plan FILE --shard 1/4")
        return scaling.execute_shard(project, file, shard, workers, formal=formal)
    asked, paths = _selected(phase, paths)
    if dry and (formal or attended):
        raise ConfigError("a dry run executes nothing and is no formal run", hint="csvgen run OQ --dry")
    if formal and (asked is None or paths):
        raise ConfigError("a formal run takes a phase and nothing else", hint="csvgen run OQ --formal")
    if resume and not attended:
        raise ConfigError("only an attended run is gone on with", hint="csvgen run --attended --resume RUN")
    return _executed(project, asked, paths, formal=formal, attended=attended, resume=resume, dry=form if dry else "")


def _executed(
    project: Project, phase: Phase | None, paths: tuple[str, ...], *, formal: bool, attended: bool, resume: str, dry: str
) -> Exit:
    from csvgen.workflow.engineering import engineering_run

    base = project.config.protocol_folder(project.system)
    named = list(paths) or [str(base / phase) if phase else str(base)]
    if dry:
        return _dry(project, named, dry)
    if attended:
        from csvgen.cli.attending import attend

        return attend(project, phase, named, resume, formal=formal)
    if not formal:
        return _told(engineering_run(project.config, project.system, named, say)[0])
    from csvgen.workflow.running import formal_run

    evidence = formal_run(project.state, cast("Phase", phase), project.ledger, project.clock, say, project.operator.person)
    return max(_told(evidence), say_kept(project, evidence))


def _told(evidence: RunRead) -> Exit:
    """What became of the cases, and what of the run is told beside them."""
    from csvgen.model.execution import Verdict

    for result in evidence.ends:
        if result.verdict is not Verdict.PASSED:
            click.echo(f"{result.verdict:<10} {result.case}  {result.reason}")
    for place in evidence.disorder:
        say(f"times of this run cannot be relied on: {place}")
    say_of(evidence)
    verdicts = ", ".join(f"{n} {v}" for v, n in (evidence.seal.summary.verdicts.items() if evidence.seal else ()))
    say(f"run {evidence.run}: {verdicts or 'not sealed'} -> {evidence.folder}")
    for told in counterparts(evidence):
        say(one_line(told))
    for told in evidence.irregular:
        say(one_line(f"run {evidence.run} as a whole: {told}"))
    if evidence.waits:
        phase = evidence.plan.phase
        say(f"{len(evidence.plan.attended)} attended cases wait for a person: csvgen run {phase} --formal --attended")
    passed = bool(evidence.ends) and all(r.verdict is Verdict.PASSED for r in evidence.ends)
    return Exit.FINE if passed and not evidence.irregular else Exit.FINDINGS


def counterparts(evidence: RunRead) -> list[str]:
    """Who answered in this run, one line each; nothing where no step asked for the target."""
    found = evidence.target_start
    return [] if found is None else [f"Counterpart: {c.words}" for c in found.counterparts]


def _selected(first: str | None, paths: tuple[str, ...]) -> tuple[Phase | None, tuple[str, ...]]:
    """The phase, if the first word names one; else it is a path like the others."""
    if first is None or first.upper() in PHASES:
        return cast("Phase", first.upper()) if first else None, paths
    return None, (first, *paths)


def _dry(project: Project, named: list[str], form: str) -> Exit:
    from csvgen.rendering import render_text
    from csvgen.workflow.engineering import dry_run

    resolved = dry_run(project.config, named)
    if form == "json":
        click.echo(json.dumps(resolved.content(), indent=1, ensure_ascii=False))
    else:
        first, *rest = resolved.summary()
        click.echo("\n".join(filter(None, (first, render_text(resolved.findings.items), *rest))))
    return Exit.FINDINGS if resolved.findings.items or not resolved.cases else Exit.FINE


@click.command()
@click.argument("run")
@click.option("--reason", required=True, help="Why it never came to its end, and what is known of it.")
@system_option
@click.pass_obj
def abandon(folder: Path, run: str, reason: str, named: str | None) -> Exit:
    """Close a formal RUN that began and was never sealed, as aborted. It is kept, counts for nothing, and opens a deviation."""
    from csvgen.workflow import running

    project = Project(folder, named)
    evidence = running.abandon(project.state, run, reason, project.ledger, project.clock, project.operator)
    opened = next((o for o in Project(folder, named).state.opened if o.run == run), None)
    for told in evidence.irregular:
        say(one_line(f"{run}: {told}"))
    say(
        f"{run} is closed as aborted; {opened.id if opened else 'its deviation'} waits for an investigation (csvgen deviation investigate)"
    )
    return say_kept(project, evidence)
