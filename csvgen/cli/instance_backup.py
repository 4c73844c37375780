"""pipeline backup, restore, restore-test: a copy of all an instance is made of, and an instance from it."""

from __future__ import annotations

from pathlib import Path

import click

from csvgen.cli.instances import FORMAT, desk, instance_options, told
from csvgen.cli.project import say
from csvgen.errors import BadInput, Exit

BACKUP = click.argument("saved", metavar="BACKUP", type=click.Path(path_type=Path, file_okay=False))
TARGET = click.argument("target", metavar="NEW", type=click.Path(path_type=Path, file_okay=False))
DIGEST = click.option(
    "--sha256", default="", metavar="DIGEST", help="What `pipeline backup` told: it finds a backup replaced as a whole."
)


@click.command("backup")
@click.argument("target", metavar="NEW", type=click.Path(path_type=Path, file_okay=False))
@instance_options
@FORMAT
def backup(target: Path, home: Path, person: str, form: str) -> Exit:
    """Write a backup of the instance into the folder NEW, which is not there yet. Keep the digest it tells somewhere else."""
    with desk(home, person) as at:
        outcome = at.app.backups.backup(at.session, str(target))
    if form == "text" and outcome.accepted:
        click.echo(outcome.reference)
    return told(outcome, form)


@click.command("restore-test")
@BACKUP
@TARGET
@DIGEST
@instance_options
@FORMAT
def restore_test(saved: Path, target: Path, sha256: str, home: Path, person: str, form: str) -> Exit:
    """Restore BACKUP of the instance into the folder NEW, to see that it can be done; the audit trail tells of it."""
    with desk(home, person) as at:
        return told(at.app.backups.restore(at.session, str(saved), str(target), _digest(sha256)), form)


@click.command("restore")
@BACKUP
@TARGET
@DIGEST
def restore(saved: Path, target: Path, sha256: str) -> Exit:
    """Restore BACKUP into the folder NEW when the instance is lost. The restored audit trail begins by telling of it."""
    from csvgen.canonical import Digest
    from csvgen.clock import SystemClock
    from csvgen.pipeline import backup as backups

    given = _digest(sha256)
    done = backups.restore(saved, target, SystemClock(), Digest(given) if given else None)
    click.echo(backups.told(done))
    click.echo(str(done.digest))
    if not given:
        say("no --sha256 was given: a backup that was replaced as a whole would not have been noticed")
    return Exit.FINE


def _digest(text: str) -> str:
    from csvgen.canonical import Digest

    if not text:
        return ""
    try:
        return str(Digest(text))
    except ValueError:
        raise BadInput(
            "this is no digest", where="--sha256", hint="sha256: and 64 hex digits, as `pipeline backup` told it"
        ) from None
