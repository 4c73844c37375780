"""pipeline ingest, process, review, release, reject, dispose, show, status: the daily work in an instance."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from csvgen.cli.instances import FORMAT, REASON, asked, desk, instance_options, pairs, telling, told
from csvgen.cli.project import say
from csvgen.diagnostics import many
from csvgen.errors import BadInput, ConfigError, Exit


@click.command("ingest")
@click.argument("lot")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--method", default="", help="Method of the lot; needed with its first file.")
@click.option("--sample", default="", help="Name of the sample in the file.")
@click.option("--instrument", default="", help="Registered instrument it comes from; without one a deviation is opened.")
@click.option("--material", default="", help="Material the lot is a lot of; with the first file, or by csvgen pipeline lot.")
@click.option("--manufactured", default="", metavar="DAY", help="Day the lot was made; goes with --material.")
@click.option(
    "--expires", default="", metavar="DAY", help="Expiry or retest date, if earlier than the rule of the material says."
)
@click.option("--fact", "facts", multiple=True, metavar="KEY=VALUE", help="More metadata, kept with the file; repeatable.")
@instance_options
@FORMAT
def ingest(
    lot: str,
    files: tuple[Path, ...],
    method: str,
    sample: str,
    instrument: str,
    material: str,
    manufactured: str,
    expires: str,
    facts: tuple[str, ...],
    home: Path,
    person: str,
    form: str,
) -> Exit:
    """Bring in raw FILES of LOT: hashed, registered, kept where nothing is written twice."""
    given = {"method": method, "sample": sample, "instrument": instrument}
    given |= {"material": material, "manufactured_on": manufactured, "expires_on": expires}
    more = pairs(facts, "--fact")
    if twice := sorted({k for k, v in given.items() if v} & set(more)):
        raise ConfigError(f"{twice[0]} is given twice", where="--fact", hint=f"--{twice[0].removesuffix('_on')} alone")
    metadata = {k: v for k, v in given.items() if v} | more
    code = Exit.FINE
    with desk(home, person) as at, telling(form) as tell:
        for number, path in enumerate(files, 1):
            say(f"{number}/{len(files)} {path.name}")
            with path.open("rb") as stream:
                outcome = at.app.arrivals.bring(at.session, lot, path.name, stream, metadata, "csvgen pipeline ingest")
            code = max(code, tell(outcome))
    return code


def _decide(home: Path, person: str, lot: str, meaning: str, reason: str | None, *, full: bool = False) -> Exit:
    """Show what is to be signed, ask, sign. For a review that is the packet, which the signature binds."""
    from csvgen.diagnostics import one_line
    from csvgen.pipeline.forms import printed_text

    with desk(home, person) as at:
        if meaning == "reviewed":
            decisions = at.app.decisions
            lines = decisions.review_lines(at.session, lot)
            if full:
                lines = tuple(printed_text(decisions.review_packet(at.session, lot).human.decode("utf-8")).splitlines())
            for line in lines:
                click.echo(one_line(line))
        else:
            at.show(f"lot/{lot}")
        why = asked(reason)
        return told(at.sign(lambda user, password: at.app.decisions.sign(at.session, f"lot/{lot}", meaning, why, user, password)))


@click.command("review")
@click.argument("lot")
@click.option("--full", is_flag=True, help="Every field of every version and event, nothing shortened.")
@REASON
@instance_options
def review(lot: str, reason: str | None, full: bool, home: Path, person: str) -> Exit:
    """Show LOT with its results, deviations and audit trail, and sign it as reviewed."""
    return _decide(home, person, lot, "reviewed", reason, full=full)


@click.command("release")
@click.argument("lot")
@REASON
@instance_options
def release(lot: str, reason: str | None, home: Path, person: str) -> Exit:
    """Sign LOT as released: the quality unit's decision, by somebody who did not review it."""
    return _decide(home, person, lot, "released", reason)


@click.command("reject")
@click.argument("lot")
@REASON
@instance_options
def reject(lot: str, reason: str | None, home: Path, person: str) -> Exit:
    """Sign LOT as rejected: the quality unit's decision."""
    return _decide(home, person, lot, "rejected", reason)


@click.command("dispose")
@click.argument("deviation")
@click.argument("decision")
@REASON
@instance_options
def dispose(deviation: str, decision: str, reason: str | None, home: Path, person: str) -> Exit:
    """Decide on DEVIATION by signature; DECISION: accept (the data stand) or reject (no release)."""
    with desk(home, person) as at:
        at.show(f"deviation/{deviation}")
        why = asked(reason)
        return told(
            at.sign(lambda user, password: at.app.decisions.dispose(at.session, deviation, decision, why, user, password))
        )


@click.command("certificate")
@click.argument("lot")
@click.argument("destination", type=click.Path(path_type=Path))
@click.option("--draft", is_flag=True, help="What it would say as of now, of a lot that is not released; marked on every page.")
@click.option("--copy", is_flag=True, help="Marked as a copy, with what was found of its signature.")
@instance_options
def certificate(lot: str, destination: Path, draft: bool, copy: bool, home: Path, person: str) -> Exit:
    """Write the certificate of analysis of LOT to DESTINATION (a signed PDF), and its data beside it as JSON."""
    from csvgen.canonical import write_once

    with desk(home, person) as at:
        certificates = at.app.certificates
        hand_out = (
            certificates.certificate_draft if draft else certificates.certificate_copy if copy else certificates.certificate
        )
        found = hand_out(at.session, lot)
    for path, data in ((destination, found.human), (destination.with_suffix(".json"), found.electronic)):
        write_once(path, data)
        say(str(path))
    return Exit.FINE


@click.command("show")
@click.argument("record")
@instance_options
@FORMAT
def show(record: str, home: Path, person: str, form: str) -> Exit:
    """Show RECORD (lot/L-1, run/RUN-0001, file/L-1:plate.txt; a name without kind is a lot's) with its signatures."""
    from csvgen.diagnostics import one_line

    with desk(home, person) as at:
        text = at.app.decisions.manifestation(at.session, record, "data" if form == "json" else "screen")
    for line in text.splitlines():
        click.echo(line if form == "json" else one_line(line))
    return Exit.FINE


@click.command("status")
@instance_options
@FORMAT
def status(home: Path, person: str, form: str) -> Exit:
    """Every lot and study, where it stands, and what waits for whom."""
    from csvgen.diagnostics import one_line

    with desk(home, person) as at:
        rows, studies = at.app.standing.lots(at.session), at.app.standing.studies(at.session)
    if form == "json":
        click.echo(json.dumps([asdict(r) for r in rows] + [asdict(s) for s in studies], indent=1, ensure_ascii=False))
        return Exit.FINE
    for r in rows:
        waits = f"waits for {r.waits_for}: {r.what}" if r.waits_for else "done"
        click.echo(one_line(f"{r.lot:<16} {r.state:<10} {r.verdict:<22} {waits}"))
    for s in studies:
        waits = f"waits for {s.waits_for}: {s.what}" if s.waits_for else "done"
        click.echo(one_line(f"{s.study:<16} {s.words}; {waits}"))
    say(_counted(len(rows), len(studies), sum(map(bool, [*(r.waits_for for r in rows), *(s.waits_for for s in studies)]))))
    return Exit.FINE


def _counted(lots: int, studies: int, waiting: int) -> str:
    """``1 lot, 2 studies, 2 wait for somebody``; what there is none of is not told, unless there is nothing at all."""
    told = [*([many(lots, "lot")] if lots else []), *([f"{studies} {'study' if studies == 1 else 'studies'}"] if studies else [])]
    return ", ".join((*(told or ["no lots and no studies"]), f"{waiting} {'waits' if waiting == 1 else 'wait'} for somebody"))


@click.command("check")
@instance_options
def check(home: Path, person: str) -> Exit:
    """Ask the instance whether its audit trail is unbroken. From outside, and offline: csvgen verify FOLDER."""
    with desk(home, person) as at:
        return told(at.app.trail.integrity(at.session))


@click.command("trail")
@click.argument("record", default="")
@click.option("--full", is_flag=True, help="A line for each field of each event, nothing shortened.")
@instance_options
@FORMAT
def trail(record: str, full: bool, home: Path, person: str, form: str) -> Exit:
    """The audit trail: all of it, or of one RECORD; a lot brings its files, runs, deviations and signatures with it."""
    from csvgen.diagnostics import one_line
    from csvgen.pipeline import telling

    with desk(home, person) as at:
        entries = at.app.trail.entries(at.session, record)
    if form == "json":
        click.echo(json.dumps([asdict(e) for e in entries], indent=1, ensure_ascii=False))
    how = " ".join(("csvgen pipeline trail", *([record] if record else []), "--full"))
    for line in (telling.fields(entries) if full else telling.trail(entries, how).lines) if form == "text" else ():
        click.echo(one_line(line))
    if record and not entries:
        raise BadInput(f"the audit trail tells nothing of {record!r}")
    return Exit.FINE
