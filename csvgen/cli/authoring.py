"""check, explain, draft."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from csvgen.cli.project import Project, say, system_option
from csvgen.errors import ConfigError, Exit

if TYPE_CHECKING:
    from csvgen.patterns.catalogue import Pattern

FORMATS = ("text", "concise", "json", "github", "sarif", "junit")


@click.command()
@click.argument("named", nargs=-1)
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", help="How findings are printed.")
@click.option("--strict", is_flag=True, help="Warnings count as errors.")
@click.option("--anew", is_flag=True, help="Read every file, whatever is remembered of the last check.")
@click.option("--watch", is_flag=True, help="Check again whenever a file changes, until interrupted.")
@click.pass_obj
def check(folder: Path, named: tuple[str, ...], form: str, strict: bool, anew: bool, watch: bool) -> Exit:
    """Check the specification (and protocols) of the systems NAMED, or of all."""
    from csvgen.cli.checking import Check, watched
    from csvgen.spec.files import systems

    config = Project(folder).config
    chosen = named or systems(config.requirements_specs)
    if not chosen:
        raise ConfigError("there is no system under requirements_specs/", hint="csvgen init")
    if watch and form not in {"text", "concise"}:
        raise ConfigError(f"--watch prints for people; it does not go with --format {form}")
    job = Check(config, chosen, bool(named), form, strict=strict, anew=anew)
    return watched(job) if watch else job.run()


@click.command()
@click.argument("code", required=False)
def explain(code: str | None) -> Exit:
    """Explain the rule CODE, for example URS102; a pattern, for example audit-entry@1; or a risk scheme, for example rpn-1-5.

    Without CODE: all rules. The words patterns, schemes and units list what there is of each.
    """
    from csvgen.catalog.units import units
    from csvgen.patterns.catalogue import catalogue
    from csvgen.risk.read import shipped
    from csvgen.spec.pages import page, titles

    match code:
        case None:
            lines = [f"{known}  {title}" for known, title in titles().items()]
            lines.append("\nMore: csvgen explain patterns, schemes, units; or the name of a pattern or scheme")
        case "patterns":
            lines = [f"{name}  {pattern.title}" for name, pattern in catalogue().items()]
        case "schemes":
            lines = sorted(shipped())
        case "units":
            kinds: dict[str, list[str]] = {}
            for unit, dimension in units().items():
                kinds.setdefault(dimension, []).append(unit)
            lines = [f"{dimension}: {' '.join(found)}" for dimension, found in kinds.items()]
        case _ if code in catalogue():
            lines = _pattern(catalogue()[code])
        case _ if code in shipped():
            lines = [shipped()[code].read_text(encoding="utf-8").rstrip()]
        case _:
            lines = [page(code.upper()).text]
    click.echo("\n".join(lines))
    return Exit.FINE


def _pattern(pattern: Pattern) -> list[str]:
    lines = [f"{pattern.name}  {pattern.title}", "", pattern.purpose, ""]
    lines += [f"Ports: {', '.join(pattern.ports)}", f"Clauses: {', '.join(pattern.clauses) or 'none'}", ""]
    for parameter in pattern.parameters:
        columns = f" (columns: {', '.join(parameter.columns)})" if parameter.columns else ""
        lines += [f"  {parameter.name}: {parameter.kind}{columns}", f"      {parameter.about}"]
    return [*lines, "", *(f"  {script.technique:<9} {script.title} - {script.why}" for script in pattern.scripts)]


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
