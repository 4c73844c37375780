"""people roles, people policy: which role may do what, and the rules for passwords and sessions, put in force by an act."""

from __future__ import annotations

from pathlib import Path

import click

from csvgen.cli.people import people_group
from csvgen.cli.project import Project, say
from csvgen.errors import BadInput, Exit

__all__ = ["people_group"]

_REASON = click.option("--reason", required=True, help="Kept in the audit trail.")


@people_group.command("roles")
@_REASON
@click.pass_obj
def people_roles(folder: Path, reason: str) -> Exit:
    """Put roles.yaml in force: which role may use which function."""
    from csvgen.identity.admission import put_in_force
    from csvgen.identity.rights import project_matrix

    project = Project(folder)
    matrix = project_matrix(project.config.root)
    put_in_force(project.directory, project.operator, matrix, reason)
    say(f"{len(matrix.roles)} roles in force")
    return Exit.FINE


@people_group.command("policy")
@click.option(
    "--set", "given", multiple=True, required=True, metavar="RULE=NUMBER", help="Repeatable; RULE= takes an earlier act back."
)
@_REASON
@click.pass_obj
def people_policy(folder: Path, given: tuple[str, ...], reason: str) -> Exit:
    """Make a rule for passwords, lock-out or sessions stricter than csvgen.toml, at once and for everybody."""
    from csvgen.identity.admission import floor
    from csvgen.identity.tightening import tighten

    project = Project(folder)
    if wrong := [g for g in given if "=" not in g]:
        raise BadInput(f"{wrong[0][:60]!r} is no rule with its number", hint="--set failures_to_lock=2")
    rules = {name.strip(): value for name, _, value in (g.partition("=") for g in given)}
    directory = project.directory
    stand = tighten(directory, project.operator, floor(directory, project.security.policy), rules, reason)
    say(f"set by an act: {', '.join(f'{n} {v}' for n, v in stand.items()) or 'nothing; csvgen.toml counts'}")
    return Exit.FINE


__all__ = ["people_group"]  # the group these commands belong to; with this module read, it is whole
