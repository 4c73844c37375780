"""check, explain, schema, draft."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from csvgen.cli.project import Project, say, system_option
from csvgen.errors import ConfigError, Exit

if TYPE_CHECKING:
    from csvgen.diagnostics import Diagnostic


@click.command()
@click.argument("named", nargs=-1)
@click.option(
    "--format", "form", type=click.Choice(["text", "concise", "json", "github"]), default="text", help="How findings are printed."
)
@click.pass_obj
def check(folder: Path, named: tuple[str, ...], form: str) -> Exit:
    """Check the specification (and protocols) of the systems NAMED, or of all."""
    from csvgen.diagnostics import Severity, as_json, render_github, render_text
    from csvgen.protocol.files import read_protocol
    from csvgen.spec.load import load_system, systems

    project = Project(folder)
    config = project.config
    chosen = named or systems(config.requirements_specs)
    if not chosen:
        raise ConfigError("there is no system under requirements_specs/")
    items: list[Diagnostic] = []
    sources: dict[str, list[str]] = {}
    said = []
    for system in chosen:
        loaded = load_system(config.requirements_specs, system)
        items += loaded.findings.items
        sources |= loaded.sources
        if (config.protocol_folder(system)).is_dir():
            found = read_protocol(config.protocol_folder(system), system)[1].items
            base = os.path.relpath(config.protocol_folder(system), config.root)
            items += (replace(d, location=replace(d.location, file=f"{base}/{d.location.file}")) for d in found)
        if loaded.spec is not None:
            said.append(
                f"{system}: {len(loaded.spec.requirements)} requirements, {len(loaded.spec.risks)} risks, {len(loaded.spec.functions)} functions"
            )
    if form == "json":
        click.echo(json.dumps(as_json(items), indent=1, ensure_ascii=False))
    elif items:
        click.echo(render_github(items) if form == "github" else render_text(items, sources if form == "text" else None))
    errors = sum(d.severity is Severity.ERROR for d in items)
    warnings = sum(d.severity is Severity.WARNING for d in items)
    for line in said:
        say(line)
    say(f"{errors} errors, {warnings} warnings." + ("" if errors else " Next: csvgen draft"))
    return Exit.FINDINGS if errors else Exit.FINE


@click.command()
@click.argument("code")
def explain(code: str) -> Exit:
    """Explain the rule CODE, for example URS102, or a pattern, for example audit-entry@1."""
    from csvgen.patterns.catalogue import catalogue
    from csvgen.spec.rules import RULES

    if code in catalogue():
        pattern = catalogue()[code]
        click.echo(
            f"{pattern.name}  {pattern.title}\n\n{pattern.purpose}\n\nPorts: {', '.join(pattern.ports)}\nClauses: {', '.join(pattern.clauses) or 'none'}\n"
        )
        for parameter in pattern.parameters:
            columns = f" (columns: {', '.join(parameter.columns)})" if parameter.columns else ""
            click.echo(f"  {parameter.name}: {parameter.kind}{columns}\n      {parameter.about}")
        click.echo("")
        for script in pattern.scripts:
            click.echo(f"  {script.technique:<9} {script.title} - {script.why}")
        return Exit.FINE
    if code not in RULES:
        raise ConfigError(f"there is no rule or pattern {code!r}", hint=f"rules: {', '.join(sorted(RULES))}")
    click.echo(f"{code}\n\n{(RULES[code].__doc__ or '').strip()}")
    return Exit.FINE


@click.command()
def schema() -> Exit:
    """Print the JSON Schema of the specification files."""
    from csvgen.spec.schema import json_schema

    click.echo(json.dumps(json_schema(), indent=1, ensure_ascii=False, sort_keys=True))
    return Exit.FINE


@click.command()
@system_option
@click.option(
    "--check", "only_check", is_flag=True, help="Write nothing; exit 1 if a file is stale, edited, missing or an orphan."
)
@click.pass_obj
def draft(folder: Path, named: str | None, only_check: bool) -> Exit:
    """Draft the protocols of a system from its specification."""
    from csvgen.protocol.draft import draft as make
    from csvgen.protocol.files import State, read_lock, standings, write_drafted
    from csvgen.spec.load import load_system
    from csvgen.templates import Templates

    project = Project(folder, named)
    config, system = project.config, project.system
    loaded = load_system(config.requirements_specs, system)
    if loaded.spec is None or loaded.findings.errors:
        raise ConfigError(f"the specification of {system} has {len(loaded.findings.errors)} errors", hint="csvgen check")
    target = config.protocol_folder(system)
    drafted = make(loaded.spec, read_lock(target), Templates(config.templates, str))
    found = standings(target, drafted)
    changed = [s for s in found if s.state not in (State.FRESH, State.BY_HAND)]
    for s in changed:
        marks = [*(f"+{i}" for i in s.added), *(f"~{i}" for i in s.changed), *(f"-{i}" for i in s.removed)]
        shown = " ".join(marks[:8]) + (f" and {len(marks) - 8} more" if len(marks) > 8 else "")  # noqa: PLR2004
        click.echo(f"{s.state:<8} {s.path}  {shown}".rstrip())
    for shortfall in drafted.shortfalls:
        say(f"gap: {shortfall.requirement}: {shortfall.what}: {shortfall.reason}")
    if only_check:
        say(f"{len(found) - len(changed)} fresh or hand-written, {len(changed)} not as the specification says")
        return Exit.FINDINGS if changed else Exit.FINE
    written = write_drafted(target, drafted, found)
    say(
        f"{len(written)} written, {len(found) - len(written)} unchanged, {len(drafted.shortfalls)} gaps. Next: csvgen report plan urs fs risk"
    )
    return Exit.FINE
