"""renew: time stamps of signed documents, before they end."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from csvgen.cli.project import Project, say, system_option
from csvgen.errors import ConfigError, Exit, Refused


@click.command()
@click.option(
    "--within", "days", type=click.IntRange(1, 36_500), default=180, show_default=True, help="Days in which a stamp ends."
)
@click.option("--list", "only_list", is_flag=True, help="Say which would be renewed, and change nothing.")
@system_option
@click.pass_obj
def renew(folder: Path, days: int, named: str | None, *, only_list: bool) -> Exit:
    """Renew the time stamps of signed PDF files that end soon. Due once a year or so; a job may do it."""
    from csvgen.clock import shown, stored
    from csvgen.crypto.timestamps import time_authority
    from csvgen.workflow import renewal

    project = Project(folder, named)
    authority = time_authority(project.config)
    if authority is None:
        raise ConfigError(
            "no time-stamp authority is configured", where="csvgen.toml", hint="[time_stamps] url = ..., trust = ..."
        )
    found, refused = tuple(renewal.endings(project.state, project.clock.now(), dt.timedelta(days=days))), 0
    for ending in found:
        if only_list:
            click.echo(f"{ending.record}  {ending.path.name}  ends {shown(stored(ending.ends))}")
            continue
        try:
            end = renewal.renew(ending, authority, project.state.trust, project.ledger, project.clock, project.operator)
        except Refused as problem:
            refused += 1
            click.echo(f"{ending.record}  {ending.path.name}  NOT renewed: {problem.message}")
            continue
        click.echo(f"{ending.record}  {ending.path.name}  lasts until {shown(stored(end))}")
    say(
        f"{len(found)} time stamps end within {days} days; {'nothing was changed' if only_list else f'{len(found) - refused} renewed'}"
    )
    return Exit.FINDINGS if refused else Exit.FINE
