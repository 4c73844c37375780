"""pipeline artifact, promote, method, revalidation, procedure, source: what is approved, by whom, and until when."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from csvgen.cli.instances import FORMAT, REASON, asked, desk, instance_options, told
from csvgen.cli.project import say
from csvgen.errors import Exit

ENVIRONMENT = click.Choice(["development", "qualification", "production"])


@click.group("artifact")
def artifact() -> None:
    """Step code, signed by who built it."""


@artifact.command("build")
@click.argument("pipeline")
@click.option("--ticket", required=True, help="Change ticket.")
@click.option("--commit", required=True, help="Commit the code was made from, or 'release 1.2.3'.")
@click.option(
    "--from", "source", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Folder of a team's own pipeline."
)
@instance_options
def artifact_build(pipeline: str, ticket: str, commit: str, source: Path | None, home: Path, person: str) -> Exit:
    """Build PIPELINE as an artifact and sign it: the code that comes with csvgen, or a folder of your own."""
    with desk(home, person) as at:
        build = at.app.artifacts.build
        return told(at.sign(lambda user, word: build(at.session, pipeline, ticket, commit, user, word, source)))


@click.group("promote")
def promote() -> None:
    """The way of an artifact into development, qualification and production: reviewed by one, approved by another."""


@promote.command("review")
@click.argument("artifact")
@click.argument("environment", type=ENVIRONMENT)
@click.option(
    "--evidence", default="", help="Digest of the report or package that shows it valid; 'none: why' where there is none."
)
@REASON
@instance_options
def promote_review(artifact: str, environment: str, evidence: str, reason: str | None, home: Path, person: str) -> Exit:
    """Sign as reviewer that ARTIFACT may go to ENVIRONMENT."""
    with desk(home, person) as at:
        at.show(f"artifact/{artifact}")
        why, review = asked(reason), at.app.promotions.review
        return told(at.sign(lambda user, word: review(at.session, artifact, environment, evidence, why, user, word)))


@promote.command("approve")
@click.argument("artifact")
@click.argument("environment", type=ENVIRONMENT)
@REASON
@instance_options
def promote_approve(artifact: str, environment: str, reason: str | None, home: Path, person: str) -> Exit:
    """Sign for quality that ARTIFACT runs in ENVIRONMENT from now on."""
    with desk(home, person) as at:
        at.show(f"artifact/{artifact}")
        at.show(f"promotion/{artifact}:{environment}")
        why, approve = asked(reason), at.app.promotions.approve
        return told(at.sign(lambda user, word: approve(at.session, artifact, environment, why, user, word)))


@promote.command("withdraw")
@click.argument("artifact")
@REASON
@instance_options
def promote_withdraw(artifact: str, reason: str | None, home: Path, person: str) -> Exit:
    """Withdraw ARTIFACT: it runs nowhere any more."""
    with desk(home, person) as at:
        at.show(f"artifact/{artifact}")
        why, withdraw = asked(reason), at.app.promotions.withdraw
        return told(at.sign(lambda user, word: withdraw(at.session, artifact, why, user, word)))


@click.group("method")
def method() -> None:
    """Changes of a method: proposed with a ticket, effective when quality has signed."""


@method.command("change")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--ticket", required=True, help="Change ticket.")
@click.option("--evidence", default="", help="Digest of the validation of the change; without it re-validation is due at once.")
@click.option("--reason", required=True, help="Kept in the audit trail.")
@instance_options
def method_change(file: Path, ticket: str, evidence: str, reason: str, home: Path, person: str) -> Exit:
    """Propose the method in FILE (YAML), new or changed."""
    with desk(home, person) as at:
        text = file.read_text(encoding="utf-8", errors="replace")
        return told(at.app.methods.change(at.session, text, ticket, evidence, reason))


@method.command("approve")
@click.argument("change")
@REASON
@instance_options
def method_approve(change: str, reason: str | None, home: Path, person: str) -> Exit:
    """Sign for quality that the method of CHANGE (MC-0001) is effective. Lots that began before keep theirs."""
    with desk(home, person) as at:
        at.show(f"method-change/{change}")
        why, approve = asked(reason), at.app.methods.approve
        return told(at.sign(lambda user, word: approve(at.session, change, why, user, word)))


@click.group("revalidation")
def revalidation() -> None:
    """Periodic re-validation: when it is due, that it was done, that it may wait."""


@revalidation.command("due")
@instance_options
@FORMAT
def revalidation_due(home: Path, person: str, form: str) -> Exit:
    """What is due when. What is overdue gets its deviation now: run this daily."""
    from csvgen.canonical import plain
    from csvgen.diagnostics import one_line

    with desk(home, person) as at:
        found = at.app.revalidations.due(at.session)
    rows = [plain(r) for r in found]
    if form == "json":
        click.echo(json.dumps(rows, indent=1, ensure_ascii=False))
        return Exit.FINE
    for row in rows:
        click.echo(one_line(", ".join(f"{k} {v}" for k, v in row.items() if v not in ("", None))))
    return Exit.FINE


@revalidation.command("complete")
@click.argument("subject")
@click.option("--evidence", required=True, help="Digest of the report that shows it.")
@REASON
@instance_options
def revalidation_complete(subject: str, evidence: str, reason: str | None, home: Path, person: str) -> Exit:
    """Sign for quality that SUBJECT (a pipeline or a method) was re-validated."""
    with desk(home, person) as at:
        at.show(f"revalidation/{subject}")
        why, complete = asked(reason), at.app.revalidations.complete
        return told(at.sign(lambda user, word: complete(at.session, subject, evidence, why, user, word)))


@revalidation.command("extend")
@click.argument("subject")
@click.argument("until", metavar="DAY")
@REASON
@instance_options
def revalidation_extend(subject: str, until: str, reason: str | None, home: Path, person: str) -> Exit:
    """Sign for quality that the re-validation of SUBJECT may wait until DAY (2027-03-31)."""
    with desk(home, person) as at:
        at.show(f"revalidation/{subject}")
        why, extend = asked(reason), at.app.revalidations.extend
        return told(at.sign(lambda user, word: extend(at.session, subject, until, why, user, word)))


@click.group("procedure")
def procedure() -> None:
    """Procedures in effect and people trained in them: conditions of release."""


@procedure.command("add")
@click.argument("name", metavar="ID")
@click.option("--title", required=True)
@click.option("--version", "version", required=True)
@click.option("--from", "since", required=True, metavar="DAY", help="In effect from this day.")
@click.option("--until", default="", metavar="DAY", help="And until this one.")
@click.option("--reason", required=True, help="Kept in the audit trail.")
@instance_options
def procedure_add(name: str, title: str, version: str, since: str, until: str, reason: str, home: Path, person: str) -> Exit:
    """Put the procedure ID on record."""
    with desk(home, person) as at:
        return told(at.app.conditions.register_procedure(at.session, name, title, version, since, until, reason))


@procedure.command("require")
@click.argument("subject")
@click.argument("names", metavar="IDS...", nargs=-1, required=True)
@click.option("--reason", required=True, help="Kept in the audit trail.")
@instance_options
def procedure_require(subject: str, names: tuple[str, ...], reason: str, home: Path, person: str) -> Exit:
    """Make procedures a condition of release for SUBJECT, a pipeline or a method."""
    with desk(home, person) as at:
        return told(at.app.conditions.require_procedures(at.session, subject, names, reason))


@procedure.command("trained")
@click.argument("user")
@click.argument("name", metavar="ID")
@click.option("--version", "version", required=True)
@click.option("--on", "day", required=True, metavar="DAY")
@click.option("--expires", default="", metavar="DAY")
@click.option("--reason", required=True, help="Kept in the audit trail.")
@instance_options
def procedure_trained(user: str, name: str, version: str, day: str, expires: str, reason: str, home: Path, person: str) -> Exit:
    """Put on record that USER was trained in the procedure ID."""
    with desk(home, person) as at:
        return told(at.app.conditions.register_training(at.session, user, name, version, day, expires, reason))


@click.command("tracking")
@instance_options
@FORMAT
def tracking(home: Path, person: str, form: str) -> Exit:
    """Send the runs that the tracking server has not been told of yet, and seal what it then shows."""
    from csvgen.diagnostics import one_line

    with desk(home, person) as at:
        outcomes = at.app.provenance.send_pending(at.session)
    if form == "json":
        click.echo(json.dumps([asdict(o) for o in outcomes], indent=1, ensure_ascii=False))
    for outcome in outcomes if form == "text" else ():
        click.echo(one_line(outcome.message))
    say(f"{sum(o.accepted for o in outcomes)} of {len(outcomes)} told")
    return Exit.FINE if all(o.accepted for o in outcomes) else Exit.FINDINGS
