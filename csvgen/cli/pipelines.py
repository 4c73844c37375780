"""pipeline: instances in which the shipped pipelines work, and what people do in them."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from csvgen.cli import (
    instance_backup,
    instance_change,
    instance_data,
    instance_many,
    instance_materials,
    instance_quality,
    instance_studies,
    instance_work,
)
from csvgen.cli.instances import FORMAT, ask_new_password, desk, instance_options, opened, told
from csvgen.cli.project import Project, need_terminal, say
from csvgen.config import find_root
from csvgen.errors import ConfigError, Exit, Refused

if TYPE_CHECKING:
    from csvgen.pipeline.demonstration import Shown


@click.group()
def pipeline() -> None:
    """GxP data pipelines: raw files in, results that people answer for out."""


@pipeline.command("run")
@click.argument("name", metavar="PIPELINE")
@click.option("--home", type=click.Path(path_type=Path), help="Folder of the demonstration.  [default: output/pipeline/PIPELINE]")
@FORMAT
@click.pass_obj
def pipeline_run(folder: Path, name: str, home: Path | None, form: str) -> Exit:
    """Show PIPELINE from end to end in a new DEMONSTRATION instance: no server, no set-up, real files, fictitious people.

    Results stand beside reference values; exit code 1 when one differs by more than its stated limit. In an instance of your own,
    lots are processed by csvgen pipeline process.
    """
    from csvgen.clock import SystemClock
    from csvgen.pipeline import demonstration

    demonstration.plan(demonstration.folder(), name)  # before anything is moved
    place = home or _aside(_output(folder) / "pipeline" / name)
    made = demonstration.demonstrate(demonstration.folder(), name, place, SystemClock(), say)
    if form == "json":
        click.echo(json.dumps(_as_data(made), indent=1, ensure_ascii=False))
    else:
        _print(made)
    say("DEMONSTRATION: fictitious people, simulated signatures, not a GxP record.")
    say(f"verify it: csvgen verify {made.home} --trust {made.trust}")
    return Exit.FINE if made.agrees else Exit.FINDINGS


def _output(folder: Path) -> Path:
    """The output folder of the project around here; without a project a folder of this name."""
    root = find_root(folder.resolve())
    return Project(folder).config.output if root is not None else folder / "output"


def _aside(home: Path) -> Path:
    """The place of a new demonstration. An earlier one is moved aside, never deleted."""
    if home.exists():
        number = 1
        while (aside := home.with_name(f"{home.name}-{number}")).exists():
            number += 1
        home.rename(aside)
        say(f"an earlier demonstration was moved to {aside}")
    return home


def _as_data(made: Shown) -> dict[str, Any]:
    return {
        "demonstration": True,
        "instance": str(made.home),
        "trust": str(made.trust),
        "results": [asdict(c) for c in made.compared],
        "runs": dict(made.runs),
        "states": dict(made.states),
        "certificates": {name: str(path) for name, path in made.certificates.items()},
        "agrees": made.agrees,
    }


def _print(made: Shown) -> None:
    from csvgen.diagnostics import one_line

    subject = ""
    for c in made.compared:
        if c.subject != subject:
            subject = c.subject
            click.echo(one_line(f"{subject}: {made.states[subject]}, run {made.runs[subject]}"))
            if subject in made.certificates:
                click.echo(one_line(f"    certificate {made.certificates[subject]}"))
        if c.unit != "%":
            mark = "ok  " if c.agrees else "FAIL"
            click.echo(one_line(f"    {mark} {c.test}: {c.reported}{f'; {c.source}' if c.source else ''}"))
            continue
        more = f", {c.verdict} (unrounded {c.unrounded})" if c.unrounded else ""
        click.echo(one_line(f"    {c.test}: {c.reported}{more}"))
        mark = "ok  " if c.agrees else "FAIL"
        click.echo(
            one_line(
                f"        {mark} reference {c.reference}: {c.source}; differs {c.difference or '?'} {c.unit}, limit {c.within} {c.unit}"
            )
        )


# ------------------------------------------------------------ an instance of one's own


@pipeline.command("install")
@click.argument("home", type=click.Path(path_type=Path, file_okay=False))
@click.option("--organisation", required=True, help="As the trust root names it.")
@click.option("--administrator", "person", required=True, metavar="USER", help="User id of the first account.")
@click.option("--name", "printed_name", required=True, help="Printed name of the administrator.")
@click.option(
    "--master", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="YAML with instruments, methods and materials."
)
@click.option("--set", "values", multiple=True, metavar="KEY=VALUE", help="Configuration value; repeatable.")
@click.pass_obj
def pipeline_install(
    folder: Path, home: Path, organisation: str, person: str, printed_name: str, master: Path | None, values: tuple[str, ...]
) -> Exit:
    """Install an instance in the empty folder HOME, with its administrator, who types a password.

    Where its parts are is taken from [pipeline] of csvgen.toml, if there is one, and kept in HOME/instance.toml. Every signature takes a
    one-time code beside the password (pipeline account device), unless --set second_factor=none says that it does not, for ever.
    """
    from csvgen.clock import SystemClock
    from csvgen.pipeline import instance, setup
    from csvgen.pipeline.master import Master
    from csvgen.pipeline.master import read as read_master
    from csvgen.pipeline.settings import FOR_WORK

    need_terminal("installing an instance")
    if strange := [v for v in values if "=" not in v]:
        raise ConfigError(f"{strange[0]!r} is no KEY=VALUE", where="--set")
    root = find_root(folder.resolve())
    settings = instance.of(Project(folder).config.pipeline if root is not None else {})
    data = read_master(master) if master else Master()
    password = ask_new_password(printed_name)
    clock = SystemClock()
    setup.create(
        home, clock, organisation=organisation, configuration=FOR_WORK | dict(v.split("=", 1) for v in values), instruments=data.instruments,
        methods=data.methods, materials=data.materials, administrator=(person, printed_name, password), demonstration=False,
        parts=settings,
    )  # fmt: skip
    say(f"instance installed in {home}; hand {home / 'keys' / 'ca.pem'} to whoever verifies")
    return Exit.FINE


@pipeline.group("account")
def pipeline_account() -> None:
    """Accounts of an instance."""


@pipeline_account.command("add")
@click.argument("user")
@click.option("--name", "printed_name", required=True, help="Full printed name, as signatures show it.")
@click.option(
    "--role", "roles", multiple=True, required=True, help="analyst, reviewer, quality, auditor, administrator; repeatable."
)
@instance_options
def account_add(user: str, printed_name: str, roles: tuple[str, ...], home: Path, person: str) -> Exit:
    """Make the account USER with a first password; its owner replaces it before signing (pipeline account password)."""
    with desk(home, person) as at:
        return told(at.app.access.create_account(at.session, user, printed_name, roles, ask_new_password(printed_name)))


@pipeline_account.command("password")
@instance_options
def account_password(home: Path, person: str) -> Exit:
    """Set the own password; with it comes the own signing key."""
    need_terminal("setting a password")
    with opened(home) as app:
        from csvgen.cli.project import ask_secret

        old = ask_secret("Password")
        session = app.access.log_in(person, old).reference
        try:
            outcome = app.access.set_password(session, ask_new_password(person), old)
        except BaseException:  # a new password ends every session of its owner; a refused one does not
            with suppress(Refused):
                app.access.log_out(session)
            raise
        return told(outcome)


@pipeline_account.command("device")
@instance_options
def account_device(home: Path, person: str) -> Exit:
    """Enrol the own device for one-time codes. Its key is shown once, here; the first code of the device puts it in use."""
    from csvgen.cli.project import ask_secret
    from csvgen.identity.factors import enrolment_uri

    with desk(home, person) as at:
        password = ask_secret("Password once more")
        key = at.app.access.enrol_device(at.session, password)
        say(f"For your device, shown once:\n  {enrolment_uri(key, person, 'csvgen pipeline')}\n  {key}")
        return told(at.app.access.confirm_device(at.session, password, ask_secret("First one-time code")))


@pipeline_account.command("lost")
@click.argument("user")
@click.option("--reason", required=True, help="Kept in the audit trail.")
@instance_options
def account_lost(user: str, reason: str, home: Path, person: str) -> Exit:
    """Take the device of USER out of use: the own one, or as administrator any."""
    with desk(home, person) as at:
        return told(at.app.access.report_device(at.session, user, reason))


@pipeline_account.command("identified")
@click.argument("user")
@click.option("--method", required=True, help="How: for example, passport seen in person.")
@click.option("--reason", required=True, help="Kept in the audit trail.")
@instance_options
def account_identified(user: str, method: str, reason: str, home: Path, person: str) -> Exit:
    """Put on record that the identity of USER was verified again; then a new device can be enrolled."""
    with desk(home, person) as at:
        return told(at.app.access.verify_identity(at.session, user, method, reason))


@pipeline_account.command("retire")
@click.argument("user")
@click.option("--reason", required=True, help="Kept in the audit trail.")
@instance_options
def account_retire(user: str, reason: str, home: Path, person: str) -> Exit:
    """End the account USER for ever; its id stays taken."""
    with desk(home, person) as at:
        return told(at.app.access.retire_account(at.session, user, reason))


@pipeline_account.command("unlock")
@click.argument("user")
@click.option("--reason", required=True, help="Kept in the audit trail.")
@instance_options
def account_unlock(user: str, reason: str, home: Path, person: str) -> Exit:
    """Open the locked account USER again; its password stays."""
    with desk(home, person) as at:
        return told(at.app.access.unlock_account(at.session, user, reason))


for _command in (
    instance_work.ingest, instance_many.process, instance_work.status, instance_work.review, instance_work.release,
    instance_work.reject, instance_work.certificate, instance_work.dispose, instance_quality.investigate, instance_quality.invalidate,
    instance_quality.reintegrate, instance_quality.integration, instance_quality.quarantine, instance_quality.aside, instance_work.show, instance_work.trail,
    instance_quality.trace, instance_quality.repeat, instance_quality.record, instance_quality.landing, instance_quality.anchor, instance_work.check,
    instance_change.artifact, instance_change.promote, instance_change.method, instance_change.revalidation,
    instance_materials.material, instance_materials.lot,
    instance_change.procedure, instance_data.dataset, instance_data.qualify_landing, instance_backup.backup,
    instance_backup.restore_test, instance_backup.restore, instance_studies.source, instance_studies.study, instance_change.tracking,
):  # fmt: skip
    pipeline.add_command(_command)
