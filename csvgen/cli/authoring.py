"""check, draft."""

from __future__ import annotations

from pathlib import Path

import click

from csvgen.cli.project import Project, say, system_option
from csvgen.errors import ConfigError, Exit

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
