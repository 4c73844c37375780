"""target list, target check: which systems a project names, and whether their adapters answer as the ports say."""

from __future__ import annotations

import json
from pathlib import Path

import click

from csvgen.cli.project import Project, say
from csvgen.cli.proof import target
from csvgen.diagnostics import one_line
from csvgen.errors import Exit

__all__ = ["target"]

_FORMAT = click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)


@target.command("list")
@_FORMAT
@click.pass_obj
def target_list(folder: Path, form: str) -> Exit:
    """The targets of this project with their adapters, and the adapters this csvgen ships with. Nothing is bound."""
    from csvgen.targets import ADAPTERS

    named = {name: settings.get("adapter", name) for name, settings in sorted(Project(folder).config.targets.items())}
    if form == "json":
        click.echo(json.dumps({"targets": named, "adapters": sorted(ADAPTERS)}, indent=1, ensure_ascii=False))
        return Exit.FINE
    for name, adapter in named.items():
        click.echo(one_line(f"{name}  {adapter}{'' if adapter in ADAPTERS else '  (your own)'}"))
    say(f'adapters of this csvgen: {", ".join(sorted(ADAPTERS))}; your own: adapter = "module:function"')
    return Exit.FINE


@target.command("check")
@click.argument("name")
@click.option(
    "--role", "roles", multiple=True, help="Role whose prepared account logs in; the first of the usual ones, if left out."
)
@_FORMAT
@click.pass_obj
def target_check(folder: Path, name: str, roles: tuple[str, ...], form: str) -> Exit:
    """Bind the target NAME and look whether its adapter answers as the ports say.

    Nothing is created, changed or signed; a log-in leaves what a log-in leaves. Exit codes: 0 all that was looked at holds; 1 something does
    not, or could not be asked; 2 there is no such target, or it cannot be bound as it is configured.
    """
    from csvgen.targets import bind, breaker
    from csvgen.targets.kit.check import ROLES, check
    from csvgen.views import Unanswered
    from csvgen.workflow.running import target_settings

    settings = target_settings(Project(folder).config, name)
    try:
        bound = bind(name, settings)
    except Unanswered as kept:
        click.echo(one_line(f"BLOCKED   {name}: {' '.join(str(kept).split())}"))
        return Exit.FINDINGS
    try:
        found = check(bound, faults=breaker(name, settings), roles=roles or ROLES)
    finally:
        bound.close()
    click.echo(
        json.dumps(found.content(), indent=1, ensure_ascii=False) if form == "json" else "\n".join(map(one_line, found.lines()))
    )
    return Exit.FINE if found.holds else Exit.FINDINGS


@target.command("schema")
@click.option("--of", "adapter", type=click.Choice(["http", "browser"]), default="http", show_default=True, help="Adapter.")
def target_schema(adapter: str) -> Exit:
    """Print the JSON Schema of the description of an HTTP or browser system, for editors."""
    from csvgen.targets.browser import description as browser
    from csvgen.targets.http import description as http

    made = browser.schema() if adapter == "browser" else http.schema()
    click.echo(json.dumps(made, indent=1, ensure_ascii=False))
    return Exit.FINE
