"""export package, verify, find, target."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import click

from csvgen.cli.project import Project, say, system_option
from csvgen.config import find_root
from csvgen.errors import BadInput, ConfigError, Exit

KINDS = ("requirement", "risk", "case", "record", "signature", "run", "execution", "deviation")
"""What `find` finds."""


@click.group()
def export() -> None:
    """Copies for others."""


@export.command("package")
@click.argument("destination", type=click.Path(path_type=Path), required=False)
@click.option(
    "--only", default="", metavar="REQUIREMENT", help="A partial copy about one requirement; it says PARTIAL everywhere."
)
@click.option("--zip", "archive", is_flag=True, help="One zip file instead of a folder.")
@system_option
@click.pass_obj
def export_package(folder: Path, destination: Path | None, only: str, archive: bool, named: str | None) -> Exit:
    """Make the package: one folder (or zip) with everything, sealed (default: output/<system>/package).

    index.html in it is the page to begin with; SHA256SUMS and check_package.py check it without csvgen.

    With --only a sealed PARTIAL copy: one requirement, its cases, executions and evidence files, as a PDF to read and as data.
    """
    from csvgen.workflow.keys import seal_key
    from csvgen.workflow.package import export_package as make
    from csvgen.workflow.partial import export_partial

    project = Project(folder, named)
    output, seal = project.config.output / project.system, seal_key(project.config)
    if only:
        place = destination or output / f"partial-{only}"
        copy = export_partial(project.state, project.ledger, project.clock, project.operator, seal, place, only)
        say(f"PARTIAL copy, {copy.filter}: {len(copy.files)} files -> {place}")
        return Exit.FINE
    place = destination or output / ("package.zip" if archive else "package")
    manifest = make(project.state, project.ledger, project.clock, project.operator, seal, place, say, archive=archive)
    state = "complete" if manifest.complete else f"NOT complete: {manifest.gaps} gap(s)"
    say(f"{len(manifest.files)} files, {manifest.signatures} signatures, {manifest.audit_count} audit events; {state} -> {place}")
    return Exit.FINE


@click.command()
@click.argument("path", type=click.Path(exists=True, path_type=Path), required=False)
@click.option(
    "--trust",
    type=click.Path(exists=True, path_type=Path),
    help="Trust roots from outside of what is verified: a PEM file, or a folder with roots.pem and what belongs to it.",
)
@click.option(
    "--anchor",
    type=click.Path(exists=True, path_type=Path),
    help="Checkpoints of the audit trail that somebody else kept: a file, or a folder (a copy of a WORM store).",
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@click.option("--schema", is_flag=True, help="Print the JSON Schema of --format json, and verify nothing.")
@click.pass_obj
def verify(folder: Path, path: Path | None, trust: Path | None, anchor: Path | None, form: str, schema: bool) -> Exit:
    """Verify PATH offline: numbered checks from the signatures back to the specification, and every signature's answers.

    PATH is a package (folder, zip, tar), a signed PDF, Word or Excel file, a signature record, a folder of approvals, a run, imported
    evidence, an audit trail, a checkpoint or an inclusion proof; its content decides which. No project, database, account or network is needed. Of an
    instance of a pipeline the servers that its settings name are asked.

    Trust roots come from --trust, or from the project this is run in; what lies inside PATH is not believed (a copy you keep is).
    Exit codes: 0 verified, 1 not, 2 usage.
    """
    from csvgen.clock import SystemClock, stored
    from csvgen.verification.outside import bring, trust_file
    from csvgen.verification.report import json_text, report, schema_text, text_lines
    from csvgen.verification.verify import verify as verified

    if schema:
        click.echo(schema_text(), nl=False)
        return Exit.FINE
    if path is None:
        raise ConfigError("name what is to be verified", hint="csvgen verify PATH --trust root.pem")
    source = trust_file(trust) if trust else _project_trust(folder, path)
    try:
        brought = bring(path, source, _project_times(folder, source), anchor)
    except BadInput as problem:
        raise ConfigError(problem.message, where=problem.where, hint="--trust takes the trust roots as PEM") from None
    found = brought.told(verified(path, brought.trust, brought.outside))
    if not brought.trust.roots:
        source = None
    if source is not None and trust is None:  # whoever hands over a folder with a csvgen.toml in it chooses them
        found = replace(
            found,
            missing=(*found.missing, "trust roots that came another way (--trust): those of the project around here were taken"),
        )
    if form == "json":
        names = {"trust": str(source) if source else None, "anchor": str(anchor) if anchor else None}
        click.echo(json_text(report(found, path=str(path), checked=stored(SystemClock().now()), **names)))
    else:
        for line in text_lines(found, str(source) if source else None):
            click.echo(line)
    return Exit.FINE if found else Exit.FINDINGS


def _project_trust(folder: Path, path: Path) -> Path | None:
    """The project's trust file, unless it or the project lies inside what is verified: a package cannot vouch for itself."""
    root = find_root(folder.resolve())
    if root is None or path.resolve() in (root, *root.parents):
        return None
    found = Project(folder).config.trust
    inside = path.resolve() in found.resolve().parents
    return found if found.exists() and not inside else None


def _project_times(folder: Path, source: Path | None) -> Path | None:
    """The roots of the project's time-stamp authority, when its own trust file is the one that is used."""
    root = find_root(folder.resolve())
    config = Project(folder).config if root is not None else None
    named = config.time_stamps.get("trust") if config is not None and config.trust == source else None
    return config.root / named if config is not None and named else None


@click.command()
@click.argument("identity", required=False, default="")
@click.option("--kind", type=click.Choice(KINDS), default=None)
@click.option("--revision", type=int, default=0)
@click.option("--person", default="", help="User id of a signer, or of an account that executed.")
@click.option("--since", default="", help="Date (UTC) or time with offset, included.")
@click.option("--until", default="", help="Date (UTC) or time with offset, included.")
@click.option("--requirement", default="")
@click.option("--clause", default="", help="11.10(e); 11.10 finds its paragraphs too.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@system_option
@click.pass_obj
def find(
    folder: Path, /, identity: str, kind: str | None, revision: int, person: str, since: str, until: str, requirement: str,
    clause: str, form: str, named: str | None,
) -> Exit:  # fmt: skip
    """Find records by IDENTITY (an id or a part of it), revision, person, date, requirement or clause; says where each lies.

    The audit trail has its own search: csvgen audit search.
    """
    from csvgen.diagnostics import one_line
    from csvgen.workflow.finding import Query, lines, moment
    from csvgen.workflow.finding import find as found

    query = Query(
        id=identity, kind=kind or "", revision=revision, person=person, requirement=requirement, clause=clause,
        since=moment(since) if since else "", until=moment(until, end=True) if until else "",
    )  # fmt: skip
    hits = found(Project(folder, named).state, query)
    if form == "json":
        click.echo(json.dumps([asdict(h) for h in hits], indent=1, ensure_ascii=False))
    else:
        for line in lines(hits):
            click.echo(one_line(line))
    say(f"{len(hits)} found")
    return Exit.FINE if hits else Exit.FINDINGS


@click.group()
def target() -> None:
    """Systems under validation."""


@target.command("install")
@click.argument("name")
@click.option("--set", "values", multiple=True, metavar="KEY=VALUE", help="Configuration value of the new instance.")
@click.pass_obj
def target_install(folder: Path, name: str, values: tuple[str, ...]) -> Exit:
    """Install a fresh validation instance of the local target NAME."""
    from csvgen.targets.local.install import install
    from csvgen.targets.local.outside import parts
    from csvgen.workflow.running import target_settings

    config = Project(folder).config
    settings = target_settings(config, name)
    if settings.get("adapter") != "local":
        raise ConfigError(f"only local targets are installed by csvgen; {name} is {settings.get('adapter')!r}")
    pairs = dict(v.partition("=")[::2] for v in values)
    home = config.root / settings["home"]
    install(home, pairs, parts(settings))
    say(f"instance installed in {home}")
    return Exit.FINE


@target.command("configure")
@click.argument("name")
@click.argument("key")
@click.argument("value")
@click.option("--reason", required=True, help="Kept in the audit trail of the system.")
@click.pass_obj
def target_configure(folder: Path, name: str, key: str, value: str, reason: str) -> Exit:
    """Change a configuration value of the target NAME, as its administrator does, through the application."""
    from csvgen.ports import Configurable
    from csvgen.targets import bind
    from csvgen.workflow.running import target_settings

    config = Project(folder).config
    bound = bind(name, target_settings(config, name))
    try:
        if not isinstance(bound, Configurable):
            raise ConfigError(f"the adapter of {name} cannot change a configuration; change it in the system itself")
        outcome = bound.configure(key, value, reason)
    finally:
        bound.close()
    say(f"{'accepted' if outcome.accepted else 'refused'}: {outcome.message}")
    return Exit.FINE if outcome.accepted else Exit.FINDINGS
