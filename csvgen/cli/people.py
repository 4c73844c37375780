"""pki and people: who there is, and the keys they hold."""

from __future__ import annotations

from pathlib import Path

import click

from csvgen.cli.project import Project, ask_secret, need_terminal, say, system_option
from csvgen.errors import BadInput, ConfigError, Exit


@click.group()
def pki() -> None:
    """The certificate authority of a project."""


@pki.command("init")
@system_option
@click.pass_obj
def pki_init(folder: Path, named: str | None) -> Exit:
    """Make the project's root and the key of its seal. The custodian types a passphrase."""
    from csvgen.spec.load import load_system
    from csvgen.workflow.keys import make_authority

    project = Project(folder, named)
    loaded = load_system(project.config.requirements_specs, project.system)
    if loaded.spec is None:
        raise ConfigError("the specification cannot be read", hint="csvgen check")
    need_terminal("making the authority")
    passphrase = ask_secret("Passphrase of the custodian")
    if ask_secret("The same again") != passphrase:
        raise ConfigError("the two passphrases differ; nothing was made")
    s = loaded.spec.system
    make_authority(
        project.config,
        project.ledger,
        project.clock,
        project.operator,
        organisation=s.organisation,
        demonstration=s.demonstration == "yes",
        passphrase=passphrase,
    )
    say(f"Root for readers to import: {project.config.trust}")
    return Exit.FINE


@click.group("people")
def people_group() -> None:
    """People and technical accounts."""


@people_group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_obj
def people_import(folder: Path, file: Path) -> Exit:
    """Register the accounts listed in FILE (YAML); each person sets a password later (people activate)."""
    from pydantic import ValidationError

    from csvgen.marks import load
    from csvgen.model.people import Account

    marked, findings = load(file.read_bytes(), file.name)
    if marked is None:
        raise BadInput(findings[0].message, where=str(findings[0].location))
    entries = marked.value.get("accounts") if isinstance(marked.value, dict) else None
    if not isinstance(entries, list):
        raise BadInput("there is no list of accounts in this file", where=file.name)
    accounts = []
    for index, entry in enumerate(entries):
        try:
            accounts.append(Account.model_validate(entry))
        except ValidationError as problem:
            first = problem.errors()[0]
            place = marked.at(("accounts", index, *(p for p in first["loc"])))
            raise BadInput(f"{'.'.join(map(str, first['loc']))}: {first['msg']}", where=str(place)) from None
    if not accounts:
        raise BadInput("there are no accounts in this file", where=file.name)
    project = Project(folder)
    for account in accounts:
        project.directory.add(project.operator, account)
        say(f"{account.id}  {account.printed_name}  {', '.join(account.roles)}")
    return Exit.FINE


@people_group.command("activate")
@click.argument("person")
@system_option
@click.pass_obj
def people_activate(folder: Path, person: str, named: str | None) -> Exit:
    """PERSON sets a password; the custodian issues the certificate. Both type at this terminal."""
    from csvgen.identity.directory import Directory
    from csvgen.model.audit import Actor
    from csvgen.spec.load import load_system
    from csvgen.workflow.keys import issue_to_person

    project = Project(folder, named)
    directory: Directory = project.directory
    account = directory.account(person)
    if account is None:
        raise BadInput(f"no account {person!r}", hint="csvgen people list")
    loaded = load_system(project.config.requirements_specs, project.system)
    if loaded.spec is None:
        raise ConfigError("the specification cannot be read", hint="csvgen check")
    need_terminal("setting a password")
    password = ask_secret(f"New password of {account.printed_name}")
    if ask_secret("The same again") != password:
        raise ConfigError("the two passwords differ; nothing was changed")
    if problem := directory.password_problem(person, password):
        raise BadInput(problem)
    passphrase = ask_secret("Passphrase of the custodian")
    actor = Actor(person, account.printed_name, ", ".join(account.roles), project.source)
    directory.set_password(actor, person, password)
    issue_to_person(
        project.config, directory, project.clock, project.operator,
        person=person, password=password, passphrase=passphrase, organisation=loaded.spec.system.organisation,
    )  # fmt: skip
    say(f"{person} is active and holds a signing key under the new password.")
    return Exit.FINE


@people_group.command("list")
@click.pass_obj
def people_list(folder: Path) -> Exit:
    """All accounts: id, state, roles, and whether they may sign."""
    for account in Project(folder).directory.accounts():
        right = (
            "can never sign"
            if account.kind == "technical"
            else "has a signing key"
            if account.certificate
            else "no signing key yet"
        )
        click.echo(
            f"{account.id:<24} {account.kind:<10} {account.state:<8} {account.printed_name:<34} {', '.join(account.roles)}; {right}"
        )
    return Exit.FINE
