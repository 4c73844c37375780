"""export edms: the documents of a package for a document management system. Joined to the group of ``export package``."""

from __future__ import annotations

from pathlib import Path

import click

from csvgen.cli.project import say
from csvgen.cli.results import export
from csvgen.diagnostics import one_line
from csvgen.errors import ConfigError, Exit

__all__ = ["export"]


@export.command("edms")
@click.argument("source", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("destination", type=click.Path(path_type=Path), required=False)
@click.option("--check", "only_check", is_flag=True, help="SOURCE is a submission folder: check it, and write nothing.")
def edms(source: Path, destination: Path | None, only_check: bool) -> Exit:
    """Write the documents of the package SOURCE as a submission folder for an EDMS, with CMIS properties and a loader table.

    The folder is read back before the command ends. Whether the package itself is to be believed is for csvgen verify.
    """
    from csvgen.exchange.edms import SIGNED, check, submit

    if only_check == (destination is not None):
        raise ConfigError("name a package and a folder to write, or one folder with --check")
    if only_check:
        faults = tuple(check(source))
        for fault in faults:
            click.echo(one_line(fault))
        say(f"{len(faults)} findings" if faults else "the submission folder is as it was handed over")
        return Exit.FINDINGS if faults else Exit.FINE
    assert destination is not None
    items = submit(source, destination)
    for item in items:
        click.echo(one_line(f"{item.status:<20} {item.file}  {item.title}"))
    open_ = sum(i.status != SIGNED for i in items)
    say(
        f"{len(items)} files -> {destination}, read back"
        + (f"; {open_} of them do not carry all signatures they need" if open_ else "")
    )
    return Exit.FINE
