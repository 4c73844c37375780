"""check: the specification and the protocols of some systems."""

from __future__ import annotations

from pathlib import Path

import click

from csvgen.cli.project import Project
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
