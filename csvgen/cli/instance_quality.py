"""pipeline investigate, invalidate, reintegrate, quarantine, aside, trace, repeat: what is done when a result or a file is not as it should be."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from csvgen.cli.instances import FORMAT, REASON, asked, desk, instance_options, told
from csvgen.cli.project import say
from csvgen.diagnostics import many
from csvgen.errors import Exit

if TYPE_CHECKING:
    from csvgen.ports import TraceStep


@click.command("investigate")
@click.argument("investigation")
@click.option("--phase", type=click.Choice(["laboratory investigation", "full investigation"]), required=True)
@click.option("--findings", required=True, help="What was looked at and found.")
@click.option("--cause", default="", help="The assignable cause; leave it out when none was found.")
@click.option("--evidence", multiple=True, help="Name of a record (file/L-1:note.csv), or where else it can be seen; repeatable.")
@instance_options
@FORMAT
def investigate(
    investigation: str, phase: str, findings: str, cause: str, evidence: tuple[str, ...], home: Path, person: str, form: str
) -> Exit:
    """Record what a phase of an INVESTIGATION (INV-0001) found."""
    with desk(home, person) as at:
        return told(at.app.investigations.investigate(at.session, investigation, phase, findings, cause, evidence), form)


@click.command("invalidate")
@click.argument("investigation")
@click.argument("retests")
@REASON
@instance_options
def invalidate(investigation: str, retests: str, reason: str | None, home: Path, person: str) -> Exit:
    """Sign that the assignable cause of an INVESTIGATION is established: the result is invalid, and RETESTS are measured, all reported."""
    with desk(home, person) as at:
        at.show(f"deviation/{investigation}")
        why = asked(reason)
        return told(
            at.sign(lambda user, word: at.app.investigations.invalidate(at.session, investigation, retests, why, user, word))
        )


@click.command("reintegrate")
@click.argument("lot")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--reason", required=True, help="Why the integration was changed.")
@instance_options
@FORMAT
def reintegrate(lot: str, file: Path, reason: str, home: Path, person: str, form: str) -> Exit:
    """Bring in FILE, the chromatogram of LOT with a changed integration. It shows old, new and reason, and waits for signatures."""
    with desk(home, person) as at:
        return told(at.app.integrations.reintegrate(at.session, lot, file.name, file.read_bytes(), reason), form)


@click.command("integration")
@click.argument("integration")
@click.option("--refuse", is_flag=True, help="Refuse the change; the first integration stays.")
@REASON
@instance_options
def integration(integration: str, refuse: bool, reason: str | None, home: Path, person: str) -> Exit:
    """Sign a changed INTEGRATION (RI-0001): as second person, and as quality where a failing result would pass."""
    with desk(home, person) as at:
        at.show(f"reintegration/{integration}")
        why = asked(reason)
        if refuse:
            return told(at.app.integrations.refuse_integration(at.session, integration, why))
        return told(at.sign(lambda user, word: at.app.integrations.sign_integration(at.session, integration, why, user, word)))


@click.command("quarantine")
@click.argument("lot")
@click.argument("file")
@click.argument("decision", type=click.Choice(["accept", "reject"]))
@REASON
@instance_options
def quarantine(lot: str, file: str, decision: str, reason: str | None, home: Path, person: str) -> Exit:
    """Decide by signature on FILE of LOT, which lies in quarantine."""
    with desk(home, person) as at:
        at.show(f"file/{lot}:{file}")
        why = asked(reason)
        arrivals = at.app.arrivals
        return told(at.sign(lambda user, word: arrivals.decide_quarantined(at.session, lot, file, decision, why, user, word)))


@click.group("aside")
def aside() -> None:
    """A file that was brought in by accident, set aside before it is processed: proposed by one person, signed by quality."""


@aside.command("propose")
@click.argument("lot")
@click.argument("file")
@click.option("--cause", required=True, help="Why it does not belong here: wrong sample, brought in twice.")
@click.option(
    "--evidence",
    multiple=True,
    required=True,
    help="Name of a record (file/L-1:note.csv), or where else it can be seen; repeatable.",
)
@instance_options
@FORMAT
def aside_propose(lot: str, file: str, cause: str, evidence: tuple[str, ...], home: Path, person: str, form: str) -> Exit:
    """Propose that FILE of LOT is never processed. Not by who brought it in, and never of a file that reads out of limit."""
    with desk(home, person) as at:
        return told(at.app.aside.propose(at.session, lot, file, cause, evidence), form)


@aside.command("sign")
@click.argument("proposal")
@click.option("--refuse", is_flag=True, help="Refuse it; the file stays as it is.")
@REASON
@instance_options
def aside_sign(proposal: str, refuse: bool, reason: str | None, home: Path, person: str) -> Exit:
    """Sign for quality that the file of PROPOSAL (SA-0001) is set aside. It is kept, and shown wherever its lot is."""
    with desk(home, person) as at:
        at.show(f"set-aside/{proposal}")
        why = asked(reason)
        if refuse:
            return told(at.app.aside.refuse(at.session, proposal, why))
        return told(at.sign(lambda user, word: at.app.aside.sign(at.session, proposal, why, user, word)))


@click.command("landing")
@instance_options
@FORMAT
def landing(home: Path, person: str, form: str) -> Exit:
    """Read every landed file again and compare it with what was registered; each difference is put on record."""
    with desk(home, person) as at:
        return told(at.app.arrivals.register.check_landing(at.session), form)


@click.command("anchor")
@click.argument("home", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--to", "folder", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder outside of the instance."
)
def anchor(home: Path, folder: Path) -> Exit:
    """Sign the state of the audit trail of the instance in HOME and write it to a folder that somebody else keeps.

    Prints the line of the key; put it into checkpoints.vkey beside the trust roots, once. Then: csvgen verify HOME --anchor FOLDER.
    """
    from csvgen.clock import SystemClock
    from csvgen.errors import ConfigError
    from csvgen.pipeline.checkpoints import take
    from csvgen.pipeline.instance import is_instance

    if not is_instance(home):
        raise ConfigError("there is no instance of a pipeline here", where=str(home))
    if folder.resolve().is_relative_to(home.resolve()):
        raise ConfigError(
            "what lies in the instance goes back with it", where=str(folder), hint="a folder that somebody else keeps"
        )
    path, vkey = take(home, SystemClock(), folder)
    say(f"checkpoint written to {path}; its key:")
    click.echo(vkey)
    return Exit.FINE


@click.command("trace")
@click.argument("name", metavar="ID")
@instance_options
@FORMAT
def trace(name: str, home: Path, person: str, form: str) -> Exit:
    """What ID came from and what came of it: a record, run, lot, change ticket, commit, file name or digest."""
    from csvgen.diagnostics import one_line

    with desk(home, person) as at:
        found = at.app.provenance.trace(at.session, name)
    if form == "json":
        click.echo(json.dumps(asdict(found), indent=1, ensure_ascii=False))
        return Exit.FINE

    def line(step: TraceStep) -> str:
        return one_line(f"    {step.source}  --{step.words}->  {step.target}")

    for title, steps in ((f"{', '.join(found.found)} came from", found.up), ("and of it came", found.down)):
        click.echo(one_line(title))
        for step in steps:
            click.echo(line(step))
    say(f"{many(len(found.up), 'step')} back, {len(found.down)} on")
    return Exit.FINE


@click.command("repeat")
@click.argument("run")
@click.option("--reason", required=True, help="Kept in the audit trail.")
@instance_options
@FORMAT
def repeat(run: str, reason: str, home: Path, person: str, form: str) -> Exit:
    """Perform RUN again on the same inputs with the code approved now: identical outputs, or the difference explained."""
    with desk(home, person) as at:
        return told(at.app.provenance.repeat(at.session, run, reason), form)


@click.command("record")
@click.argument("run")
@click.argument("destination", type=click.Path(path_type=Path))
@instance_options
def record(run: str, destination: Path, home: Path, person: str) -> Exit:
    """Write the record of RUN to DESTINATION, as the bytes whose digest the audit trail holds (csvgen verify reads it)."""
    from csvgen.canonical import write_once

    with desk(home, person) as at:
        write_once(destination, at.app.provenance.run_record(at.session, run))
    say(str(destination))
    return Exit.FINE
