"""pipeline dataset, qualify-landing: versions of tables as inputs, and what the store of raw files promises."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from csvgen.cli.instances import FORMAT, desk, instance_options, told
from csvgen.cli.project import say
from csvgen.errors import ConfigError, Exit


@click.group("dataset")
def dataset() -> None:
    """Versions of Delta tables, registered as inputs of a pipeline."""


@dataset.command("register")
@click.argument("name")
@click.argument("table")
@click.argument("version", type=click.IntRange(0))
@instance_options
@FORMAT
def dataset_register(name: str, table: str, version: int, home: Path, person: str, form: str) -> Exit:
    """Register VERSION of TABLE, which lies in the store that instance.toml names (delta), under NAME."""
    with desk(home, person) as at:
        return told(at.app.datasets.register(at.session, name, table, version), form)


@dataset.command("show")
@click.argument("name")
@click.argument("version", type=click.IntRange(0))
@instance_options
@FORMAT
def dataset_show(name: str, version: int, home: Path, person: str, form: str) -> Exit:
    """Read VERSION of the table registered under NAME again; exit code 1 when it is gone or not what was registered."""
    from csvgen.diagnostics import one_line

    with desk(home, person) as at:
        outcome = at.app.datasets.check(at.session, name, version)
    for label, value in outcome.facts.items() if form == "text" else ():
        click.echo(one_line(f"{label}: {value}"))
    return told(outcome, form)


@click.command("qualify-landing")
@click.argument("home", type=click.Path(exists=True, file_okay=False, path_type=Path))
@FORMAT
def qualify_landing(home: Path, form: str) -> Exit:
    """Ask the store of raw files of the instance in HOME what it promises: Object Lock of a bucket, permissions of a folder.

    Each question is printed with its answer; exit code 1 when one fails. In a bucket it takes two others, made for the questions.
    """
    from csvgen.diagnostics import one_line
    from csvgen.pipeline.instance import is_instance
    from csvgen.pipeline.landing.qualifying import qualify_landing as qualified

    if not is_instance(home):
        raise ConfigError("there is no instance of a pipeline here", where=str(home))
    found = qualified(home)
    if form == "json":
        click.echo(json.dumps({**asdict(found), "passed": found.passed}, indent=1, ensure_ascii=False))
        return Exit.FINE if found.passed else Exit.FINDINGS
    click.echo(one_line(f"landing {found.landing}: {found.promise}"))
    for a in found.answers:
        click.echo(one_line(f"{a.number:>3} {'ok  ' if a.passed else 'FAIL'} {a.question}{f': {a.told}' if a.told else ''}"))
    say(f"{sum(a.passed for a in found.answers)} of {len(found.answers)} as they must be")
    return Exit.FINE if found.passed else Exit.FINDINGS
