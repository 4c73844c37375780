"""pipeline study, source: studies of a clinical data group, and where data come from."""

from __future__ import annotations

import json
from pathlib import Path

import click

from csvgen.cli.instances import FORMAT, REASON, asked, desk, instance_options, told
from csvgen.cli.project import say
from csvgen.errors import Exit


@click.group("study")
def study() -> None:
    """Studies: their plan, deliveries, derived tables, and who answers for them."""


@study.command("register")
@click.argument("plan", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--reason", required=True, help="Kept in the audit trail.")
@instance_options
def study_register(plan: Path, reason: str, home: Path, person: str) -> Exit:
    """Take a study by its PLAN (YAML), or a new version of its plan. Nothing is derived by it before quality has approved it."""
    with desk(home, person) as at:
        return told(at.app.studies.register(at.session, plan.read_bytes(), reason))


@study.command("approve")
@click.argument("plan", metavar="PLAN")
@REASON
@instance_options
def study_approve(plan: str, reason: str | None, home: Path, person: str) -> Exit:
    """Sign for quality that data are derived by PLAN (CDISCPILOT01:1) from now on. Tables made by another plan are superseded."""
    with desk(home, person) as at:
        at.show(f"study-plan/{plan}")
        why, approve = asked(reason), at.app.study_decisions.approve
        return told(at.sign(lambda user, word: approve(at.session, plan, why, user, word)))


@study.command("ingest")
@click.argument("identity", metavar="STUDY")
@click.argument("name", metavar="INPUT")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--sender", default="", help="Registered sender; without one the file is quarantined.")
@click.option("--encoding", default="", help="As the sender declared it, of a file that is not UTF-8.")
@click.option("--records", default="", help="Number of records in the sender's manifest.")
@click.option("--sha256", default="", help="Digest in the sender's manifest.")
@instance_options
@FORMAT
def study_ingest(
    identity: str,
    name: str,
    file: Path,
    sender: str,
    encoding: str,
    records: str,
    sha256: str,
    home: Path,
    person: str,
    form: str,
) -> Exit:
    """Bring in FILE as the INPUT (dm, ex, ts, findings, analysis) of STUDY."""
    given = {"sender": sender, "encoding": encoding, "records": records, "sha256": sha256}
    with desk(home, person) as at:
        metadata = {k: v for k, v in given.items() if v}
        return told(at.app.studies.ingest(at.session, identity, name, file.name, file.read_bytes(), metadata), form)


@study.command("link")
@click.argument("identity", metavar="STUDY")
@click.argument("name", metavar="INPUT")
@click.argument("dataset")
@click.argument("version", type=click.IntRange(0))
@instance_options
@FORMAT
def study_link(identity: str, name: str, dataset: str, version: int, home: Path, person: str, form: str) -> Exit:
    """Take VERSION of the registered DATASET, instead of a file, as the INPUT of STUDY."""
    with desk(home, person) as at:
        return told(at.app.studies.link(at.session, identity, name, dataset, version), form)


@study.command("process")
@click.argument("identity", metavar="STUDY")
@instance_options
@FORMAT
def study_process(identity: str, home: Path, person: str, form: str) -> Exit:
    """Derive the tables of STUDY from its deliveries."""
    with desk(home, person) as at:
        return told(at.app.studies.process(at.session, identity), form)


@study.command("hold")
@click.argument("identity", metavar="STUDY")
@click.argument("act", type=click.Choice(["freeze", "lock", "reopen"]))
@REASON
@instance_options
def study_hold(identity: str, act: str, reason: str | None, home: Path, person: str) -> Exit:
    """Freeze, lock or reopen the data of STUDY, by signature of quality."""
    with desk(home, person) as at:
        at.show(f"study/{identity}")
        why, hold = asked(reason), at.app.study_decisions.hold
        return told(at.sign(lambda user, word: hold(at.session, identity, act, why, user, word)))  # type: ignore[arg-type]


@study.command("sign")
@click.argument("identity", metavar="STUDY")
@click.argument("meaning", type=click.Choice(["reviewed", "released", "rejected"]))
@REASON
@instance_options
def study_sign(identity: str, meaning: str, reason: str | None, home: Path, person: str) -> Exit:
    """Sign the tables of STUDY that are in force."""
    from csvgen.diagnostics import one_line

    with desk(home, person) as at:
        for line in at.app.decisions.manifestation(at.session, f"study/{identity}", "screen").splitlines():
            click.echo(one_line(line))
        why, sign = asked(reason), at.app.study_decisions.sign
        return told(at.sign(lambda user, word: sign(at.session, identity, meaning, why, user, word)))


@study.command("table")
@click.argument("identity", metavar="STUDY")
@click.argument("name")
@click.argument("destination", type=click.Path(path_type=Path))
@instance_options
def study_table(identity: str, name: str, destination: Path, home: Path, person: str) -> Exit:
    """Write a table in force (adsl, adtte, efficacy, adsl-xpt, define, ...) to DESTINATION."""
    from csvgen.canonical import write_once

    with desk(home, person) as at:
        write_once(destination, at.app.studies.product(at.session, identity, name))
    say(str(destination))
    return Exit.FINE


@study.command("rows")
@click.argument("run")
@click.argument("table")
@click.argument("key", nargs=-1, required=True)
@instance_options
def study_rows(run: str, table: str, key: tuple[str, ...], home: Path, person: str) -> Exit:
    """The source rows that the record KEY of TABLE (ADSL, ADTTE, ...) was made from, as JSON."""
    from csvgen.canonical import plain

    with desk(home, person) as at:
        found = at.app.studies.rows(at.session, run, table, key)
    click.echo(json.dumps(plain(found), indent=1, ensure_ascii=False))
    return Exit.FINE


@click.group("source")
def source() -> None:
    """Where data come from: instruments with their calibration, and senders."""


@source.command("instrument")
@click.argument("identity", metavar="ID")
@click.option("--kind", required=True, help="plate reader, HPLC system, ...")
@click.option("--named", required=True, help="What it calls itself in its files.")
@click.option("--reason", required=True, help="Kept in the audit trail.")
@instance_options
def source_instrument(identity: str, kind: str, named: str, reason: str, home: Path, person: str) -> Exit:
    """Register the instrument ID. Its files are accepted once its calibration is on record."""
    with desk(home, person) as at:
        return told(at.app.sources.register_instrument(at.session, identity, kind, named, reason))


@source.command("calibrate")
@click.argument("identity", metavar="ID")
@click.argument("certificate", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--number", required=True, help="Number of the certificate.")
@click.option("--on", "day", required=True, metavar="DAY", help="Day of the calibration.")
@click.option("--due", required=True, metavar="DAY", help="Day the next one is due.")
@click.option("--reason", required=True, help="Kept in the audit trail.")
@instance_options
def source_calibrate(
    identity: str, certificate: Path, number: str, day: str, due: str, reason: str, home: Path, person: str
) -> Exit:
    """Put the calibration of the instrument ID on record, with its CERTIFICATE (PDF), which lands among the raw files."""
    with desk(home, person) as at, certificate.open("rb") as stream:
        return told(at.app.sources.calibrate(at.session, identity, number, day, due, stream, reason))


@source.command("sender")
@click.argument("identity", metavar="ID")
@click.option("--name", required=True)
@click.option("--kind", required=True, help="sponsor, laboratory, ...")
@click.option("--reason", required=True, help="Kept in the audit trail.")
@instance_options
def source_sender(identity: str, name: str, kind: str, reason: str, home: Path, person: str) -> Exit:
    """Register the sender ID, somebody outside who may send files."""
    with desk(home, person) as at:
        return told(at.app.sources.register_sender(at.session, identity, name, kind, reason))


@source.command("retire")
@click.argument("name", metavar="SOURCE")
@click.option("--reason", required=True, help="Kept in the audit trail.")
@instance_options
def source_retire(name: str, reason: str, home: Path, person: str) -> Exit:
    """Take nothing any more from SOURCE (instrument/PR-001, sender/SPONSOR-1)."""
    with desk(home, person) as at:
        return told(at.app.sources.retire(at.session, name, reason))
