"""export requirements: copies of requirements in the formats of other tools. Joined to the group of ``export package``."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from csvgen import __version__
from csvgen.cli.project import Project, say, system_option
from csvgen.cli.proof import export
from csvgen.errors import ConfigError, Exit

if TYPE_CHECKING:
    from csvgen.exchange.export import Export

__all__ = ["export"]

_FORMATS = {
    "reqif": ("reqif_file", ".reqif"), "xlsx": ("workbook", ".xlsx"), "csv": ("csv_file", ".csv"),
    "needs": ("needs_json", ".needs.json"), "jsonl": ("json_lines", ".jsonl"),
}  # fmt: skip
"""Format -> module of its writer, suffix of its files."""


@export.command("requirements")
@click.option("--to", "wanted", type=click.Choice(list(_FORMATS)), required=True, help="Format of the copy.")
@click.option(
    "--out", "-o", type=click.Path(path_type=Path, allow_dash=True), default=None,
    help="File, or - for standard output.  [default: SYSTEM-requirements and the suffix of the format]",
)  # fmt: skip
@click.option("--force", is_flag=True, help="Replace the file if it is there.")
@click.option("--bom", is_flag=True, help="Begin a csv with a byte order mark, by which Excel knows UTF-8.")
@system_option
@click.pass_obj
def requirements(folder: Path, wanted: str, out: Path | None, force: bool, bom: bool, named: str | None) -> Exit:
    """Copy the requirements of a system for other tools, to be edited there and brought back with csvgen import.

    The same requirements give the same bytes. Findings of csvgen check do not stop it, as long as the files can be read.
    """
    from csvgen.canonical import digest_bytes
    from csvgen.exchange.export import gather

    if bom and wanted != "csv":
        raise ConfigError(f"--bom is for csv, not for {wanted}")
    project = Project(folder, named)
    made = gather(project.config.requirements_specs, project.system, f"csvgen {__version__}")
    data = _written(made, wanted, bom=bom)
    place = out or Path(f"{project.system}-requirements{_FORMATS[wanted][1]}")
    if str(place) == "-":
        click.echo(data, nl=False)
    elif place.is_dir():
        raise ConfigError("this is a folder", where=str(place), hint="--out names a file")
    elif place.exists() and not force:
        raise ConfigError("this file is there already; somebody may have edited it", where=str(place), hint="--force replaces it")
    else:
        _save(place, data)
    say(f"{len(made.requirements)} requirements of {project.system} -> {place}  {digest_bytes(data)}")
    return Exit.FINE


def _written(made: Export, form: str, *, bom: bool) -> bytes:
    """The bytes in a format; each writer is loaded when it is needed."""
    module, _ = _FORMATS[form]
    writer = importlib.import_module(f"csvgen.exchange.writers.{module}")
    data: bytes = writer.write(made, bom=True) if bom else writer.write(made)
    return data


def _save(place: Path, data: bytes) -> None:
    from csvgen.canonical import write

    if not place.parent.is_dir():
        raise ConfigError("there is no such folder", where=str(place.parent))
    try:
        write(place, data)
    except OSError as problem:
        raise ConfigError(f"cannot be written: {problem.strerror}", where=str(place)) from None
