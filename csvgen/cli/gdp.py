"""gdp: what a reviewer checks line by line in a finished package, as findings."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import click

from csvgen.cli.project import say
from csvgen.diagnostics import Severity, many
from csvgen.errors import ConfigError, Exit


@click.command()
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--format", "form", type=click.Choice(["text", "json", "github", "sarif"]), default="text")
@click.option("--strict", is_flag=True, help="Warnings are findings too.")
def gdp(path: Path, form: str, strict: bool) -> Exit:
    """Check the good documentation practice of a finished package PATH (folder, zip or tar): dates in order, nothing blank, observations
    and no canned words, evidence inside its run, nobody answering for their own work, totals, pages, versions, conclusion.

    It reads records; whether they are authentic is csvgen verify's to say. csvgen explain CODE tells of a finding.
    Exit codes: 0 nothing found, 1 findings, 2 no package.
    """
    from csvgen import rendering
    from csvgen.spec.pages import title
    from csvgen.verification.archive import unpacked
    from csvgen.verification.gdp import RULES, lint, read
    from csvgen.verification.recognise import Kind, recognise

    with ExitStack() as stack:
        kind, found = recognise(path)
        if kind not in (Kind.PACKAGE, Kind.ARCHIVE):
            raise ConfigError(f"this is no package but {kind}", where=str(path), hint="csvgen export package makes one")
        folder = stack.enter_context(unpacked(found)) if kind is Kind.ARCHIVE else found
        items = lint(read(folder)).items
    match form:
        case "json":
            click.echo(rendering.render_json(items))
        case "sarif":
            click.echo(rendering.render_sarif(items, [], title))
        case "github":
            click.echo(rendering.render_github(items), nl=bool(items))
        case _:
            click.echo(rendering.render_text(items), nl=bool(items))
    errors = sum(d.severity is Severity.ERROR for d in items)
    warnings = sum(d.severity is Severity.WARNING for d in items)
    say(
        f"{many(len(RULES), 'rule')}: {many(errors, 'error')}, {many(warnings, 'warning')}. Whether the records are authentic: csvgen verify"
    )
    return Exit.FINDINGS if errors or (strict and warnings) else Exit.FINE
