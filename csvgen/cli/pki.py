"""pki: the certificate authority of a project, and the certificates and keys of its people."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import click

from csvgen.cli.project import Project, ask_secret, need_terminal, say, system_option
from csvgen.diagnostics import one_line
from csvgen.errors import BadInput, ConfigError, Exit, Refused

if TYPE_CHECKING:
    from csvgen.identity.directory import Directory
    from csvgen.model.certificate import Certificate
    from csvgen.workflow.authority import Authority

_IDENTITY = "How it was made sure that the certificate is this person's: what was looked at, by whom."
CUSTODIAN = "Passphrase of the custodian"


@click.group()
def pki() -> None:
    """The certificate authority of a project: certificates issued, registered, revoked and renewed."""


@pki.command("init")
@system_option
@click.pass_obj
def pki_init(folder: Path, named: str | None) -> Exit:
    """Make the project's root, the key of its seal and the first revocation list. The custodian types a passphrase."""
    from csvgen.spec.load import load_system
    from csvgen.workflow.keys import make_authority

    project = Project(folder, named)
    loaded = load_system(project.config.requirements_specs, project.system)
    if loaded.spec is None:
        raise ConfigError("the specification cannot be read", hint="csvgen check")
    need_terminal("making the authority")
    passphrase = ask_secret(CUSTODIAN)
    if ask_secret("The same again") != passphrase:
        raise ConfigError("the two passphrases differ; nothing was made")
    s = loaded.spec.system
    make_authority(
        project.config, project.ledger, project.clock, project.operator,
        organisation=s.organisation, demonstration=s.demonstration == "yes", passphrase=passphrase,
    )  # fmt: skip
    say(f"Root for readers to import: {project.config.trust}")
    return Exit.FINE


@pki.command("issue")
@click.argument("person")
@system_option
@click.pass_obj
def pki_issue(folder: Path, person: str, named: str | None) -> Exit:
    """A new key and certificate for PERSON, under the person's own password. Both type at this terminal."""
    from csvgen.workflow.keys import issue_to_person, root_key

    project = Project(folder, named)
    authority = _authority(project, "issuing a certificate")
    password = _proved(project, person)
    issue_to_person(
        project.config, project.directory, project.clock, project.operator,
        person=person, password=password, root=root_key(project.config, ask_secret(CUSTODIAN)), organisation=authority.organisation,
    )  # fmt: skip
    say(f"{person} holds a new signing key under the password. What the old one signed stays signed.")
    return Exit.FINE


@pki.command("import")
@click.argument("person")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--identity", required=True, help=_IDENTITY)
@system_option
@click.pass_obj
def pki_import(folder: Path, person: str, file: Path, identity: str, named: str | None) -> Exit:
    """Register the key and certificate in FILE (PKCS#12) that the organisation's own authority issued to PERSON.

    The root of that authority belongs into the project's trust file first: whom a project believes is decided by hand.
    """
    project = Project(folder, named)
    authority = _authority(project, "registering a certificate")
    data = file.read_bytes()
    password = _proved(project, person)
    opens = ask_secret(f"Passphrase of {file.name}")
    _told(authority.register(person, data, opens, password, ask_secret(CUSTODIAN), identity), "registered")
    return Exit.FINE


@pki.command("token")
@click.argument("person")
@click.option("--label", required=True, help="Label of the token.")
@click.option("--new-key", is_flag=True, help="Make a key on the token and certify it here.")
@click.option("--identity", default="", help=f"For a certificate the organisation put on the token. {_IDENTITY}")
@system_option
@click.pass_obj
def pki_token(folder: Path, person: str, label: str, new_key: bool, identity: str, named: str | None) -> Exit:
    """Let PERSON sign with a key on a token (PKCS#11). The PIN is typed at this terminal and kept nowhere."""
    from csvgen.crypto.token_keys import module

    if new_key == bool(identity):
        raise ConfigError("either --new-key, or --identity for the certificate that is on the token")
    project = Project(folder, named)
    authority, driver = _authority(project, "using a token"), module()
    _proved(project, person)
    pin = ask_secret(f"PIN of the token {one_line(label)}")
    passphrase = ask_secret(CUSTODIAN)
    if new_key:
        _told(authority.issue_on_token(person, label, pin, passphrase, driver), "issued")
    else:
        _told(authority.register_token(person, label, pin, passphrase, identity, driver), "registered")
    return Exit.FINE


@pki.command("revoke")
@click.argument("certificate")
@click.option(
    "--reason",
    required=True,
    help="key-compromise, affiliation-changed, superseded, cessation-of-operation or privilege-withdrawn.",
)
@click.option("--since", default="", help="Since when the key may have been in other hands: 2026-11-21T08:00:00+01:00.")
@system_option
@click.pass_obj
def pki_revoke(folder: Path, certificate: str, reason: str, since: str, named: str | None) -> Exit:
    """Revoke CERTIFICATE (the beginning of its fingerprint, see `pki list`; or a person's id for the one in use).

    What was signed with it counts no more, unless a time stamp of somebody else shows that it is older. To end a person's right to sign
    and keep what they signed, retire the account instead.
    """
    project = Project(folder, named)
    authority = _authority(project, "revoking a certificate")
    found = _chosen(project, authority, certificate)
    moment = _moment(since) if since else None
    _told(authority.revoke(found.fingerprint, ask_secret(CUSTODIAN), reason, moment), "revoked")
    say(f"Readers need the new list: {_chain(project)}")
    return Exit.FINE


@pki.command("crl")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False)
@system_option
@click.pass_obj
def pki_crl(folder: Path, file: Path | None, named: str | None) -> Exit:
    """Publish the revocation list with today's date; or take over the list in FILE of another authority that is trusted here."""
    project = Project(folder, named)
    authority = _authority(project, "publishing the revocation list")
    made = authority.take_list(file.read_bytes(), str(file)) if file else authority.publish(ask_secret(CUSTODIAN))
    say(f"{len(made)} revoked certificate(s) -> {_chain(project)}")
    return Exit.FINE


@pki.command("list")
@system_option
@click.pass_obj
def pki_list(folder: Path, named: str | None) -> Exit:
    """Every certificate on record: state, person, where its key lies, and until when it is valid."""
    from csvgen.workflow.authority import Authority, status

    project = Project(folder, named)
    now = project.clock.now()
    for c in Authority(project.config, project.directory, project.clock, project.caller, "").listed():
        told = f"{c.revoked[:10]}, {c.reason}" if c.revoked else f"until {c.until[:10]}"
        line = f"{c.fingerprint[7:23]}  {status(c, now):<13} {told:<34} {c.origin:<10} {c.person or '(seal)':<24} {c.key}  {c.subject}"
        click.echo(one_line(line))
    return Exit.FINE


@pki.command("renew")
@click.argument("person", required=False)
@click.option("--seal", is_flag=True, help="Renew the key and certificate of the seal.")
@system_option
@click.pass_obj
def pki_renew(folder: Path, person: str | None, seal: bool, named: str | None) -> Exit:
    """A new certificate before the old one expires: for PERSON, or for the seal. What the old one signed stays signed."""
    from csvgen.crypto.token_keys import module
    from csvgen.workflow.keys import issue_to_person, root_key, token_of

    if seal == bool(person):
        raise ConfigError("either a person or --seal")
    project = Project(folder, named)
    authority = _authority(project, "renewing a certificate")
    if not person:
        _told(authority.renew_seal(ask_secret(CUSTODIAN)), "issued")
        return Exit.FINE
    password = _proved(project, person)
    if token := token_of(project.directory, person):
        pin = ask_secret(f"PIN of the token {one_line(token)}")
        _told(authority.renew_on_token(person, pin, ask_secret(CUSTODIAN), module()), "issued")
        return Exit.FINE
    issue_to_person(
        project.config, project.directory, project.clock, project.operator,
        person=person, password=password, root=root_key(project.config, ask_secret(CUSTODIAN)), organisation=authority.organisation,
    )  # fmt: skip
    say(f"{person} holds a new signing key under the password. What the old one signed stays signed.")
    return Exit.FINE


# ------------------------------------------------------------------ shared


def _authority(project: Project, what: str) -> Authority:
    from csvgen.spec.load import load_system
    from csvgen.workflow.authority import Authority

    loaded = load_system(project.config.requirements_specs, project.system)
    if loaded.spec is None:
        raise ConfigError("the specification cannot be read", hint="csvgen check")
    need_terminal(what)
    return Authority(project.config, project.directory, project.clock, project.operator, loaded.spec.system.organisation)


def _proved(project: Project, person: str) -> str:
    """The person is here and proves it with the components of a log-in; gives back the secret for the key to lie under.

    That is the password; of a person who signs on at the identity provider, a secret chosen now, which the provider never sees.
    """
    from csvgen.identity.signed_on import SignedOn

    account = project.directory.account(person)
    if account is None:
        raise BadInput(f"no account {person!r}", hint="csvgen people list")
    directory = project.directory
    if isinstance(directory, SignedOn) and directory.linked(person):
        session = directory.admit(project.prove(f"{one_line(account.printed_name)} has to log in now"))
        directory.log_out(session)
        if session.account.id != person:
            raise Refused(f"{session.account.id} logged in, not {person}", rule="RR-N02")
        return _new_secret(directory, person)
    password = ask_secret(f"Password of {one_line(account.printed_name)}")
    code = ask_secret("One-time code") if directory.asks_code(person) else ""
    directory.log_out(directory.log_in(person, password, code))
    return password


def _new_secret(directory: Directory, person: str) -> str:
    secret = ask_secret("New secret of the key")
    if problem := directory.password_problem(person, secret):
        raise Refused(problem, rule="RR-P02")
    if ask_secret("The same again") != secret:
        raise ConfigError("the two secrets differ; nothing was made")
    return secret


def _chosen(project: Project, authority: Authority, text: str) -> Certificate:
    from csvgen.workflow.keys import certificate_of

    if (mine := certificate_of(project.directory, text)) is not None:
        return mine
    wanted = text.removeprefix("sha256:")
    found = [c for c in authority.listed() if c.fingerprint.removeprefix("sha256:").startswith(wanted)]
    if len(wanted) < _SHORTEST or len(found) != 1:
        raise BadInput(f"{text[:80]!r} names {len(found)} certificates, not one", hint="csvgen pki list")
    return found[0]


_SHORTEST = 8
"""Digits of a fingerprint that have to be typed."""


def _moment(text: str) -> dt.datetime:
    try:
        moment: dt.datetime | None = dt.datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ConfigError(f"{text!r} is not a time with its zone", hint="2026-11-21T08:00:00+01:00")
    return moment.astimezone(dt.UTC)


def _chain(project: Project) -> Path:
    from csvgen.crypto.trust import chain_file

    return chain_file(project.config.trust)


def _told(certificate: Certificate, what: str) -> None:
    say(one_line(f"{what}: {certificate.subject}; fingerprint {certificate.fingerprint[7:23]}...; key {certificate.key}"))


@pki.command("recover")
@click.argument("person")
@click.option("--reason", required=True, help="Kept in the audit trail.")
@click.pass_obj
def pki_recover(folder: Path, person: str, reason: str) -> Exit:
    """Unlock the administrator PERSON where no administrator is left who could. The custodian types the passphrase."""
    from csvgen.model.audit import Actor
    from csvgen.workflow.authority import Authority

    project = Project(folder)
    need_terminal("recovering an administrator")
    custodian = Actor("custodian", "custodian of the authority", "custodian", project.caller.source)
    authority = Authority(project.config, project.directory, project.clock, custodian, organisation="")
    authority.recover(person, ask_secret(CUSTODIAN), reason)
    say(f"{person} is unlocked")
    return Exit.FINE
