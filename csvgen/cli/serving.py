"""serve: the review room, in which people review and sign in a browser."""

from __future__ import annotations

from pathlib import Path

import click

from csvgen.cli.project import Project, say, system_option
from csvgen.diagnostics import one_line
from csvgen.errors import Exit


@click.command()
@click.option(
    "--port", type=click.IntRange(0, 65_535), help="Listen on this port; 0 takes a free one.  [default: [portal] port, or 8137]"
)
@click.option("--routes", is_flag=True, help="Print each page and act with the roles that may use it, and open nothing.")
@system_option
@click.pass_obj
def serve(folder: Path, port: int | None, routes: bool, named: str | None) -> Exit:
    """Open the review room: review, comment, send back and sign in a browser.

    It listens on this machine alone unless [portal] in csvgen.toml says otherwise, and then only with TLS. Whoever comes logs in with
    the password and device of csvgen; nothing is signed without them.
    """
    from csvgen.portal.serving import serve as open_room
    from csvgen.portal.serving import settings_of

    project = Project(folder, named)
    if routes:
        return _routes(project)
    open_room(project.config, project.system, settings_of(project.config, port), lambda words: say(one_line(words)))
    return Exit.FINE


def _routes(project: Project) -> Exit:
    from csvgen.portal.routing import role_table

    for name, words, function, roles in role_table(project.directory.matrix):
        click.echo(one_line(f"{name:<44} {function:<18} {', '.join(roles)}"))
        click.echo(one_line(f"{'':<44} {words}"))
    return Exit.FINE
