"""sign-on: the organisation's identity provider, and whose its subjects are."""

from __future__ import annotations

from pathlib import Path

import click

from csvgen.cli.project import Project, need_terminal, say
from csvgen.diagnostics import one_line
from csvgen.errors import BadInput, ConfigError, Exit


@click.group("sign-on")
def sign_on() -> None:
    """Single sign-on with the organisation's identity provider ([sign_on] in csvgen.toml)."""


@sign_on.command("check")
@click.pass_obj
def sign_on_check(folder: Path) -> Exit:
    """Look at the settings and ask the provider to describe itself. Nobody logs in, nothing is written."""
    from csvgen.identity.sign_on import Provider
    from csvgen.identity.sign_on_settings import Settings

    project = Project(folder)
    if not project.config.sign_on:
        raise ConfigError("there is no [sign_on] in csvgen.toml", hint="docs/single-sign-on.md")
    settings = Settings.read(project.config.sign_on, project.config.root)
    settings.secret()
    Provider.discovered(settings)
    wanted = [*(f"acr {' or '.join(settings.acr)}" for _ in settings.acr[:1]), *(f"amr {m}" for m in sorted(settings.amr))]
    say(f"{one_line(settings.issuer)} answers; every log-in must show {', '.join(map(one_line, wanted))}")
    return Exit.FINE


@sign_on.command("link")
@click.argument("person")
@click.option("--reason", required=True, help="Who watched the log-in, and how the person was known.")
@click.pass_obj
def sign_on_link(folder: Path, person: str, reason: str) -> Exit:
    """PERSON logs in at the provider, here and now; the subject is theirs from then on, for ever, and no password here serves any more."""
    from csvgen.identity.signed_on import SignedOn

    need_terminal("linking a person")
    project = Project(folder)
    directory = project.directory
    if not isinstance(directory, SignedOn):
        raise ConfigError("there is no [sign_on] in csvgen.toml", hint="docs/single-sign-on.md")
    account = directory.account(person)
    if account is None:
        raise BadInput(f"no account {person[:40]!r}", hint="csvgen people list")
    proof = project.prove(f"{one_line(account.printed_name)} has to log in now")
    directory.link(project.operator, person, proof, reason)
    say(f"{person} signs on as {one_line(proof.subject)} at {one_line(proof.issuer)} ({', '.join(proof.components)}).")
    return Exit.FINE
