"""evidence: how much a run weighs, which step code it ran, and keeping it where nobody can take it away."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from csvgen.cli.project import Project, say, system_option
from csvgen.diagnostics import many, one_line
from csvgen.errors import BadInput, Exit

if TYPE_CHECKING:
    from csvgen.model.audit import Actor
    from csvgen.model.evidence import Evidence, RunRead

_RUN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_SHARD = re.compile(r"(.+)\.([0-9]+of[0-9]+)")
"""A shard that waits for its merge: OQ-001.2of4."""


@click.group()
def evidence() -> None:
    """Evidence of the runs: its size, its step code, and a store that keeps it."""


def _folder(project: Project, run: str) -> Path:
    if not _RUN.fullmatch(run):
        raise BadInput(f"{run!r} is no name of a run", hint="OQ-001")
    if (shard := _SHARD.fullmatch(run)) is not None:
        return project.config.output / project.system / "shards" / shard[1] / shard[2]
    return project.config.runs(project.system) / run


def _read(project: Project, run: str) -> Evidence:
    from csvgen.evidence.read import read_run

    folder = _folder(project, run)
    if not folder.is_dir():
        raise BadInput(f"there is no run {run!r}", where=str(folder.parent))
    return read_run(folder)


@evidence.command("size")
@click.argument("run", required=False)
@system_option
@click.pass_obj
def size(folder: Path, run: str | None, named: str | None) -> Exit:
    """Bytes of a RUN by kind, and its largest files; without a RUN one line for each."""
    from csvgen.evidence.size import in_words, weigh

    project = Project(folder, named)
    if run is None:
        names = sorted(p.parent.name for p in project.config.runs(project.system).glob("*/run.json"))
        found = [weigh(_read(project, name)) for name in names]
        for w in found:
            click.echo(f"{w.run:<28} {w.files:>6} files {in_words(w.size):>10}")
        say(f"{many(len(found), 'run')}, {in_words(sum(w.size for w in found))}")
        return Exit.FINE
    weight = weigh(_read(project, run))
    click.echo(f"{weight.run}: {weight.files} files, {in_words(weight.size)}")
    for kind, files, amount in weight.kinds:
        click.echo(f"  {kind:<20} {files:>6} files {in_words(amount):>10}")
    click.echo("largest:")
    for amount, identity, name in weight.largest:
        click.echo(f"  {in_words(amount):>10}  {one_line(f'{identity}  {name}'.rstrip())}")
    return Exit.FINE


@evidence.command("code")
@click.argument("run")
@click.argument("other", required=False)
@system_option
@click.pass_obj
def code(folder: Path, run: str, other: str | None, named: str | None) -> Exit:
    """Step code a RUN executed with, against that of an OTHER run, or against the files at hand. Exit 1 when they differ."""
    from csvgen.execution.stepcode import differences, findable, now

    project = Project(folder, named)
    first = _read(project, run)
    if not first.code:
        raise BadInput(f"{run} recorded no step code", hint="runs of csvgen 0.1 did not")
    if other is None:
        kept = findable(first.code)
        against, found, left = "the files at hand", differences(kept, now(kept, project.config.root)), len(first.code) - len(kept)
    else:
        second = _read(project, other)
        against, found, left = other, differences(first.code, second.code), 0
    for line in found:
        click.echo(one_line(line))
    more = f"; {many(left, 'file')} from elsewhere cannot be compared" if left else ""
    say(f"{run} against {against}: {many(len(first.code) - left, 'file')}, {many(len(found), 'difference')}{more}")
    return Exit.FINDINGS if found else Exit.FINE


# ------------------------------------------------------------------ kept elsewhere

_store = click.option(
    "--store", "line", metavar="URL", help="s3://bucket/prefix?endpoint=URL, or a folder; else [evidence] store."
)
_days = click.option("--retention-days", "days", type=click.IntRange(1), help="From the seal on; else [evidence] retention_days.")


def say_kept(project: Project, sealed: RunRead, actor: Actor | None = None) -> Exit:
    """Put a formal run that was just sealed where csvgen.toml says. Exit 1, and loudly, when it could not be kept."""
    from csvgen.workflow.keeping import keep_sealed

    if sealed.seal is None or sealed.plan.mode != "formal" or "store" not in project.config.evidence:
        return Exit.FINE
    where, why_not = keep_sealed(project.config, sealed, project.ledger, actor or project.operator)
    if why_not:
        say(one_line(f"NOT KEPT YET: {sealed.run} is sealed here and nowhere else: {why_not}"))
        say(f"keep it as soon as the store can be reached: csvgen evidence keep {sealed.run}")
        return Exit.FINDINGS
    say(one_line(f"{sealed.run} is kept in {where}"))
    return Exit.FINE


def say_of(evidence: RunRead) -> None:
    """What of a run is told beside its verdicts: secrets that were taken out, another order, its size."""
    from csvgen.evidence.size import in_words, weigh

    for name, state, places in evidence.redactions:
        say(f"secret {name}: {state}" + (f", {many(places, 'place')}" if state == "taken out" else ""))
    for shard, place, _ in evidence.turned:
        where = f"{shard} " if shard else ""
        say(f"{where}executed in another order than planned from case {place} on; the journal has it")
    weight = weigh(evidence)
    say(f"evidence: {many(weight.files, 'file')}, {in_words(weight.size)} (csvgen evidence size {evidence.run})")


@evidence.command("keep")
@click.argument("runs", nargs=-1, required=True)
@_store
@_days
@system_option
@click.pass_obj
def keep_(folder: Path, runs: tuple[str, ...], line: str | None, days: int | None, named: str | None) -> Exit:
    """Put every file of sealed RUNS into a store, each once, locked until the seal plus the retention."""
    from csvgen.workflow.keeping import keep_run, place

    project = Project(folder, named)
    where = place(project.config, line, days)
    for run in runs:
        kept = keep_run(_read(project, run), where, project.ledger, project.operator)
        say(
            f"{run}: {kept.files} files in {where.name}, {kept.written} written, {kept.files - kept.written} there already; until {kept.until:%Y-%m-%d}"
        )
    return Exit.FINE


@evidence.command("check")
@click.argument("runs", nargs=-1, required=True)
@_store
@_days
@system_option
@click.pass_obj
def check_(folder: Path, runs: tuple[str, ...], line: str | None, days: int | None, named: str | None) -> Exit:
    """Ask the store for every file of RUNS: its digest, its lock and the date. Without the folder of a run its kept index is used."""
    from csvgen.evidence.keeping import FolderStore, check
    from csvgen.workflow.keeping import place

    project = Project(folder, named)
    where = place(project.config, line, days)
    store = where.store
    found = 0
    for run in runs:
        local = _folder(project, run)
        checked = check(project.system, run, local if local.is_dir() else None, store, where.days)
        for fault in checked.faults:
            click.echo(one_line(f"{run}: {fault}"))
        found += len(checked.faults)
        lock = (
            "a folder locks nothing" if isinstance(store, FolderStore) else f"COMPLIANCE until {checked.until:%Y-%m-%d} or later"
        )
        say(
            f"{run}: {checked.files} files asked for in {where.name}, {many(len(checked.faults), 'fault')}; {lock if not checked.faults else 'NOT as it was kept'}"
        )
    return Exit.FINDINGS if found else Exit.FINE


@evidence.command("fetch")
@click.argument("runs", nargs=-1, required=True)
@click.option(
    "--into", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder that gets a new folder for each run."
)
@_store
@system_option
@click.pass_obj
def fetch_(folder: Path, runs: tuple[str, ...], into: Path, line: str | None, named: str | None) -> Exit:
    """Bring kept RUNS back from the store, byte for byte: OQ-001, or the shards OQ-001.1of4 that another machine sealed, to be merged."""
    from csvgen.evidence.keeping import fetch
    from csvgen.evidence.read import read_run
    from csvgen.workflow.keeping import place

    project = Project(folder, named)
    where = place(project.config, line, 1)  # nothing is kept here, so nothing is kept for long
    faults = 0
    for run in runs:
        found = read_run(fetch(project.system, run, where.store, into))
        for problem in found.problems:
            click.echo(one_line(f"{run}: {problem}"))
        faults += len(found.problems)
        say(
            one_line(
                f"{run}: {many(sum(p.is_file() for p in Path(found.folder).rglob('*')), 'file')} from {where.name} -> {found.folder}"
            )
        )
    return Exit.FINDINGS if faults else Exit.FINE
