"""pipeline: instances in which the shipped pipelines work, and what people do in them."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from csvgen.cli.project import Project, say
from csvgen.config import find_root
from csvgen.errors import Exit

if TYPE_CHECKING:
    from csvgen.pipeline.demonstration import Shown

_FORMAT = click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")


@click.group()
def pipeline() -> None:
    """GxP data pipelines: raw files in, results that people answer for out."""


@pipeline.command("run")
@click.argument("name", metavar="PIPELINE")
@click.option("--home", type=click.Path(path_type=Path), help="Folder of the demonstration.  [default: output/pipeline/PIPELINE]")
@_FORMAT
@click.pass_obj
def pipeline_run(folder: Path, name: str, home: Path | None, form: str) -> Exit:
    """Show PIPELINE from end to end in a new DEMONSTRATION instance: no server, no set-up, real files, fictitious people.

    Results stand beside reference values; exit code 1 when one differs by more than its stated limit. In an instance of your own,
    lots are processed by csvgen pipeline process.
    """
    from csvgen.clock import SystemClock
    from csvgen.pipeline import demonstration

    place = home or _aside(_output(folder) / "pipeline" / name)
    made = demonstration.demonstrate(demonstration.folder(), name, place, SystemClock(), say)
    if form == "json":
        click.echo(json.dumps(_as_data(made), indent=1, ensure_ascii=False))
    else:
        _print(made)
    return Exit.FINE if made.agrees else Exit.FINDINGS


def _output(folder: Path) -> Path:
    """The output folder of the project around here; without a project a folder of this name."""
    root = find_root(folder.resolve())
    return Project(folder).config.output if root is not None else folder / "output"


def _aside(home: Path) -> Path:
    """The place of a new demonstration. An earlier one is moved aside with its trust root, never deleted."""
    if home.exists():
        number = 1
        while (aside := home.with_name(f"{home.name}-{number}")).exists():
            number += 1
        home.rename(aside)
        if (trust := home.with_name(f"{home.name}-trust")).exists():
            trust.rename(aside.with_name(f"{aside.name}-trust"))
        say(f"an earlier demonstration was moved to {aside}")
    return home


def _as_data(made: Shown) -> dict[str, Any]:
    return {
        "demonstration": True,
        "instance": str(made.home),
        "trust": str(made.trust),
        "results": [asdict(c) for c in made.compared],
        "runs": dict(made.runs),
        "states": dict(made.states),
        "certificates": {name: str(path) for name, path in made.certificates.items()},
        "agrees": made.agrees,
    }


def _print(made: Shown) -> None:
    from csvgen.diagnostics import one_line

    subject = ""
    for c in made.compared:
        if c.subject != subject:
            subject = c.subject
            click.echo(one_line(f"{subject}: {made.states[subject]}, run {made.runs[subject]}"))
            if subject in made.certificates:
                click.echo(one_line(f"    certificate {made.certificates[subject]}"))
        click.echo(one_line(f"    {c.test}: {c.reported}, {c.verdict} (unrounded {c.unrounded})"))
        mark = "ok  " if c.agrees else "FAIL"
        click.echo(
            one_line(f"        {mark} reference {c.reference}: {c.source}; differs {c.difference or '?'} %, limit {c.within} %")
        )
    say("DEMONSTRATION: fictitious people, simulated signatures, not a GxP record.")
    say(f"csvgen verify {made.home} --trust {made.trust}")
