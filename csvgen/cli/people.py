"""people: who there is, and the keys they hold."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from csvgen.cli.project import Project, ask_secret, need_terminal, say, system_option
from csvgen.errors import BadInput, ConfigError, Exit, Refused

if TYPE_CHECKING:
    from csvgen.model.people import Account, State

_REASON = click.option("--reason", required=True, help="Kept in the audit trail.")
_PERSON = click.argument("person")


@click.group("people")
def people_group() -> None:
    """People and technical accounts."""


# ------------------------------------------------------------ who there is


@people_group.command("add")
@_PERSON
@click.option("--name", required=True, help="Full printed name, as signatures show it.")
@click.option("--role", "roles", multiple=True, required=True, help="Repeatable.")
@click.option("--email", default="", help="Where the owner is told of a reset.")
@click.option("--owner", default="", help="Makes a technical account; the person who answers for it.")
@click.option("--reason-for-name", "name_reason", default="", help="Why an unusual name is a person's.")
@click.pass_obj
def people_add(folder: Path, person: str, name: str, roles: tuple[str, ...], email: str, owner: str, name_reason: str) -> Exit:
    """Register PERSON, or with --owner a technical account. A person sets a password later (people activate)."""
    entry = {
        "id": person, "kind": "technical" if owner else "person", "printed_name": name, "owner": owner, "roles": list(roles),
        "email": email, "name_reason": name_reason,
    }  # fmt: skip
    project = Project(folder)
    account = _account(entry)
    project.directory.refuse_unknown(account.roles)
    project.directory.add(project.operator, account)
    say(f"{account.id}  {account.printed_name}  {', '.join(account.roles)}  registered")
    return Exit.FINE


def _account(entry: object) -> Account:
    from pydantic import ValidationError

    from csvgen.model.people import Account

    try:
        return Account.model_validate(entry)
    except ValidationError as problem:
        first = problem.errors()[0]
        raise BadInput(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None


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
    project.directory.refuse_unknown(role for account in accounts for role in account.roles)
    for account in accounts:
        project.directory.add(project.operator, account)
        say(f"{account.id}  {account.printed_name}  {', '.join(account.roles)}")
    return Exit.FINE


@people_group.command("list")
@click.option("--as-of", "when", default="", metavar="TIME", help="As it was then: 2026-11-01T12:00Z.  [default: now]")
@click.option("--format", "form", type=click.Choice(["text", "csv", "json"]), default="text")
@click.pass_obj
def people_list(folder: Path, when: str, form: str) -> Exit:
    """The access list: everybody with roles, rights, start, last change and end, as of any time."""
    from csvgen.clock import shown, stored
    from csvgen.diagnostics import one_line
    from csvgen.identity import access_list

    project = Project(folder)
    moment = access_list.moment(when) if when else stored(project.clock.now())
    directory = project.directory
    found = access_list.as_of(directory.ledger, moment, directory.matrix, directory.policy.idle_seconds)
    if form == "json":
        click.echo(json.dumps({"as_of": moment, "accounts": [a.row() for a in found]}, indent=1, ensure_ascii=False))
        return Exit.FINE
    if form == "csv":
        text = io.StringIO()
        writer = csv.DictWriter(text, access_list.Access.COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(a.harmless() for a in found)
        click.echo(text.getvalue(), nl=False)
        return Exit.FINE
    for a in found:
        owner = f", of {a.owner}" if a.owner else ""
        device = f", device {a.device}" if a.device else ""
        row = a.row()
        click.echo(one_line(f"{a.id:<24} {a.kind + owner:<10} {a.state:<8} {a.printed_name:<34} {row['roles']}{device}"))
        click.echo(one_line(f"{'':<24} since {row['start']}, changed {row['change']}{', ended ' + row['end'] if a.end else ''}"))
        click.echo(one_line(f"{'':<24} may: {row['rights'] or 'nothing'}"))
        for anomaly in a.anomalies:
            click.echo(one_line(f"{'':<24} ANOMALY {anomaly}"))
    say(f"{len(found)} accounts as of {shown(moment)}")
    if when:
        return Exit.FINE
    for point in project.security.open_points(*directory.security_days()):
        say(f"open: {point}")
    return Exit.FINE


# ------------------------------------------------------------ beginning


@people_group.command("activate")
@_PERSON
@system_option
@click.pass_obj
def people_activate(folder: Path, person: str, named: str | None) -> Exit:
    """PERSON sets a password; the custodian issues the certificate. Both type at this terminal.

    After a reset, PERSON first types the one-time secret, and the identity has been verified again.
    """
    from csvgen.spec.load import load_system
    from csvgen.workflow.keys import fit, issue_to_person, root_key

    project = Project(folder, named)
    directory, account = project.directory, _known(project, person)
    after_reset = directory.begins(account, founding=project.founding)
    fit(directory, person)
    loaded = load_system(project.config.requirements_specs, project.system)
    if loaded.spec is None:
        raise ConfigError("the specification cannot be read", hint="csvgen check")
    need_terminal("setting a password")
    once = ask_secret("One-time secret of the reset") if after_reset else ""
    password = _new_password(project, account)
    root = root_key(project.config, ask_secret("Passphrase of the custodian"))  # opened first: nobody is half activated
    if after_reset:
        directory.redeem(person, once, password)
    else:
        directory.set_password(directory.as_owner(account), person, password)
    issue_to_person(
        project.config, directory, project.clock, project.operator,
        person=person, password=password, root=root, organisation=loaded.spec.system.organisation,
    )  # fmt: skip
    say(f"{person} is active and holds a signing key under the new password.")
    return Exit.FINE


def _new_password(project: Project, account: Account) -> str:
    password = ask_secret(f"New password of {account.printed_name}")
    if ask_secret("The same again") != password:
        raise ConfigError("the two passwords differ; nothing was changed")
    if problem := project.directory.password_problem(account.id, password):
        raise BadInput(problem)
    return password


def _known(project: Project, person: str) -> Account:
    account = project.directory.account(person)
    if account is None:
        raise BadInput(f"no account {person!r}", hint="csvgen people list")
    return account


@people_group.command("token")
@_PERSON
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="New file, readable by you alone.")
@_REASON
@click.pass_obj
def people_token(folder: Path, person: str, out: Path, reason: str) -> Exit:
    """Make a token for the technical account PERSON. Programs act with it: CSVGEN_ACCOUNT=PERSON CSVGEN_TOKEN_FILE=FILE."""
    from csvgen.identity.secret_files import keep

    project = Project(folder)
    keep(out, lambda: project.directory.make_token(project.operator, person, reason))
    say(f"token of {person} -> {out}; an earlier one is void")
    return Exit.FINE


# ------------------------------------------------------------ what is on record of a person


@people_group.command("role")
@_PERSON
@click.argument("roles", nargs=-1, required=True)
@_REASON
@click.pass_obj
def people_role(folder: Path, person: str, roles: tuple[str, ...], reason: str) -> Exit:
    """Give PERSON these ROLES, and no others."""
    project = Project(folder)
    project.directory.give_roles(project.operator, person, roles, reason)
    say(f"{person}: {', '.join(roles)}")
    return Exit.FINE


@people_group.command("train")
@_PERSON
@click.option("--role", required=True)
@click.option("--subject", required=True, help="What the person was trained in.")
@click.option("--on", "day", required=True, help="Day of the training, 2026-11-21.")
@click.pass_obj
def people_train(folder: Path, person: str, role: str, subject: str, day: str) -> Exit:
    """Put a training of PERSON for a role on record."""
    from csvgen.model.people import Training

    project = Project(folder)
    project.directory.refuse_unknown([role])
    project.directory.train(project.operator, person, Training(role=role, subject=subject, on=day))
    say(f"{person}: trained as {role} on {day}")
    return Exit.FINE


@people_group.command("identify")
@_PERSON
@click.option("--method", required=True, help="How the identity was established.")
@click.option("--by", required=True, help="Who established it.")
@click.option("--on", "day", required=True, help="Day, 2026-11-21.")
@click.pass_obj
def people_identify(folder: Path, person: str, method: str, by: str, day: str) -> Exit:
    """Put on record how the identity of PERSON was verified."""
    from csvgen.model.people import IdentityCheck

    project = Project(folder)
    project.directory.identify(project.operator, person, IdentityCheck(method=method, verified_by=by, on=day))
    say(f"{person}: identity verified on {day} by {by}")
    return Exit.FINE


@people_group.command("review")
@_REASON
@click.pass_obj
def people_review(folder: Path, reason: str) -> Exit:
    """Put the periodic check of accounts and passwords on record; the reason says what was found."""
    project = Project(folder)
    project.directory.reviewed(project.operator, reason)
    say("periodic check on record")
    return Exit.FINE


# ------------------------------------------------------------ end, lock, reset


def _state(name: str, state: State, words: str) -> None:
    @people_group.command(name, help=words)
    @_PERSON
    @_REASON
    @click.pass_obj
    def change(folder: Path, person: str, reason: str) -> Exit:
        project = Project(folder)
        project.directory.put_into(project.operator, person, state, reason)
        say(f"{person}: {state}")
        return Exit.FINE


_state("lock", "locked", "Lock PERSON out, at once and in every process.")
_state("unlock", "active", "Open the locked account of PERSON again; its password stays.")
_state("retire", "retired", "End the account of PERSON for ever; the id stays taken.")


@people_group.command("reset")
@_PERSON
@_REASON
@click.pass_obj
def people_reset(folder: Path, person: str, reason: str) -> Exit:
    """PERSON forgot the password: makes a one-time secret that can do nothing but choose a new one.

    The signing key under the old password is lost; the identity is verified again before a new certificate (people identify,
    people activate).
    """
    need_terminal("a reset")
    project = Project(folder)
    once = project.directory.reset(project.operator, person, reason)
    say(f"One-time secret for {person}, shown once: {once}")
    return Exit.FINE


# ------------------------------------------------------------ what people do with their own password


def _own(project: Project) -> tuple[str, str, str]:
    need_terminal("this act of a person")
    return project.ask_who()


@people_group.command("acknowledge")
@click.argument("policy")
@click.pass_obj
def people_acknowledge(folder: Path, policy: str) -> Exit:
    """Acknowledge, with your password, the POLICY (name and revision) by which you answer for acts under your signature."""
    project = Project(folder)
    person, password, code = _own(project)
    project.directory.acknowledge(person, password, policy, code)
    say(f"{person}: {policy} acknowledged")
    return Exit.FINE


@people_group.command("password")
@click.pass_obj
def people_password(folder: Path) -> Exit:
    """Replace your own password; your signing key and your device go under the new one."""
    project = Project(folder)
    person, old, code = _own(project)
    new = ask_secret("New password")
    if ask_secret("The same again") != new:
        raise ConfigError("the two passwords differ; nothing was changed")
    project.directory.change_password(person, old, new, code)
    say(f"{person}: password replaced")
    return Exit.FINE


@people_group.command("enrol")
@click.pass_obj
def people_enrol(folder: Path) -> Exit:
    """Enrol your device for one-time codes; its first code confirms it."""
    from csvgen.identity.factors import enrolment_uri

    project = Project(folder)
    person, password, _ = _own(project)
    key = project.directory.enrol(person, password)
    say(f"For your device, shown once:\n  {enrolment_uri(key, person, f'csvgen {project.config.project}')}\n  {key}")
    project.directory.confirm_enrolment(person, password, ask_secret("First one-time code"))
    say(f"{person}: device enrolled; it is asked for from now on")
    return Exit.FINE


@people_group.command("lost")
@_REASON
@click.pass_obj
def people_lost(folder: Path, reason: str) -> Exit:
    """Report your own device lost or suspect: it is out of use at once. An administrator resets what else is lost."""
    project = Project(folder)
    need_terminal("this act of a person")
    person, password = str(click.prompt("User id", err=True)), ask_secret("Password")
    project.directory.lose(person, password, reason)
    say(f"{person}: device out of use; another one needs an identity check")
    return Exit.FINE


# ------------------------------------------------------------ sessions


@click.command()
@click.pass_obj
def login(folder: Path) -> Exit:
    """Begin a session that later commands of yours go on with. A signature takes all components again."""
    from csvgen.identity.secret_files import replace

    need_terminal("a log-in")
    project = Project(folder)
    session = project.enter(keep=True, instead_of=project.kept_session())
    replace(project.session_file, session.id)
    say(f"{session.account.printed_name} is logged in; csvgen logout ends the session.")
    return Exit.FINE


@click.command()
@click.pass_obj
def logout(folder: Path) -> Exit:
    """End the session of csvgen login."""
    project = Project(folder)
    kept = project.kept_session()
    if not kept:
        raise Refused("not logged in", rule="RR-D01")
    project.session_file.unlink()
    project.directory.log_out(project.directory.resume(kept))
    say("logged out")
    return Exit.FINE
