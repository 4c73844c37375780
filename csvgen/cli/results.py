"""export results, export attestation: copies of an executed run for other tools; export edms: of its documents. Joined to the group of ``export package``."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from csvgen.cli.exporting import export
from csvgen.cli.project import Project, say, system_option
from csvgen.config import find_root
from csvgen.diagnostics import many, one_line
from csvgen.errors import ConfigError, Exit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from csvgen.exchange.results.copied import Copy
    from csvgen.model.protocol import Protocol

__all__ = ["export"]

_FILES = {"cucumber-messages": ("messages", ".ndjson"), "junit": ("junit", ".junit.xml"), "ctrf": ("ctrf", ".ctrf.json")}
"""Format of one file -> module of its writer, suffix."""
_FOLDERS = {"allure": "-allure-results"}
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_OUT = click.Path(path_type=Path, allow_dash=True)


@export.command("results")
@click.argument("run")
@click.option("--to", "wanted", type=click.Choice([*_FILES, *_FOLDERS]), required=True, help="Format of the copy.")
@click.option(
    "--out",
    "-o",
    type=_OUT,
    default=None,
    help="File, or - for standard output; a new folder for allure.  [default: named after the run]",
)
@click.option("--force", is_flag=True, help="Replace the file if it is there.")
@system_option
@click.pass_obj
def results(folder: Path, run: str, wanted: str, out: Path | None, force: bool, named: str | None) -> Exit:
    """Copy an executed RUN for other tools. RUN is a name (OQ-001) or the folder of a run.

    The record stays the run folder; the copy says so, and what keeps the run from counting. The same run gives the same bytes.
    A run that is not what was sealed is not copied (exit code 1).
    """
    copy = _read(folder, run, named)
    if wanted in _FOLDERS:
        place = out or _default(copy, _FOLDERS[wanted])
        _write_folder(copy, place, force=force)
    else:
        module, suffix = _FILES[wanted]
        place = out or _default(copy, suffix)
        writer = importlib.import_module(f"csvgen.exchange.results.{module}")
        _write_file(writer.write(copy), place, force=force)
    _tell(copy, place)
    return Exit.FINE


@export.command("attestation")
@click.argument("run")
@click.option("--out", "-o", type=_OUT, default=None, help="File, or - for standard output.  [default: RUN.intoto.jsonl]")
@click.option("--force", is_flag=True, help="Replace the file if it is there.")
@system_option
@click.pass_obj
def attestation(folder: Path, run: str, out: Path | None, force: bool, named: str | None) -> Exit:
    """Attest a sealed RUN for others: in-toto test-result in a DSSE envelope, signed with the key of the seal.

    It is PASSED only for a formal run of a whole protocol in which every planned case passed. The act is an event of the audit trail.
    """
    from csvgen.crypto.trust import trust_at
    from csvgen.workflow.attesting import attest
    from csvgen.workflow.keys import seal_key

    copy = _read(folder, run, named)
    place = out or _default(copy, ".intoto.jsonl")
    _may_write(place, force=force)
    project = Project(folder, named)
    made = attest(copy, project.ledger, project.operator, seal_key(project.config), trust_at(project.config.trust))
    _write_file([made], place, force=force)
    _tell(copy, place)
    return Exit.FINE


def _read(folder: Path, run: str, named: str | None) -> Copy:
    from csvgen.evidence.read import RUN, read_run
    from csvgen.exchange.results.copied import copy_of

    place = Path(run)
    if not (place / RUN).is_file():
        project = Project(folder, named)
        place = project.config.runs(project.system) / run
        if not _NAME.fullmatch(run) or not (place / RUN).is_file():
            raise ConfigError(f"there is no run {run!r}", hint="csvgen find --kind run")
    evidence = read_run(place)
    return copy_of(evidence, _protocol(folder, evidence.plan.system))


def _protocol(folder: Path, system: str) -> Protocol | None:
    """The protocol of the system in the project around here, if there is one; its words are believed only where their digests agree."""
    from csvgen.protocol.files import read_protocol

    if find_root(folder.resolve()) is None or not _NAME.fullmatch(system):
        return None
    place = Project(folder).config.protocol_folder(system)
    return read_protocol(place, system)[0] if place.is_dir() else None


def _default(copy: Copy, suffix: str) -> Path:
    """Here, under the name of the run; a record from elsewhere may call itself anything."""
    if not _NAME.fullmatch(copy.run):
        raise ConfigError(f"the run calls itself {copy.run!r}, which is no name for a file", hint="--out names one")
    return Path(f"{copy.run}{suffix}")


def _may_write(place: Path, *, force: bool) -> None:
    if str(place) == "-":
        return
    if place.is_dir():
        raise ConfigError("this is a folder", where=str(place), hint="--out names a file")
    if place.exists() and not force:
        raise ConfigError("this file is there already", where=str(place), hint="--force replaces it")
    if not place.parent.is_dir():
        raise ConfigError("there is no such folder", where=str(place.parent))


def _write_file(pieces: Iterable[bytes], place: Path, *, force: bool) -> None:
    from csvgen.exchange.results.writing import save

    _may_write(place, force=force)
    if str(place) == "-":
        for piece in pieces:
            click.echo(piece, nl=False)
    else:
        save(place, pieces)


def _write_folder(copy: Copy, place: Path, *, force: bool) -> None:
    from csvgen.exchange.results.allure import files
    from csvgen.exchange.results.writing import save_folder

    if force or str(place) == "-":
        raise ConfigError("this format is a folder of files", hint="--out names a folder that is not there yet")
    if place.exists():
        raise ConfigError(
            "this is there already; results of two runs are never mixed", where=str(place), hint="--out names another"
        )
    if not place.parent.is_dir():
        raise ConfigError("there is no such folder", where=str(place.parent))
    save_folder(place, files(copy))


def _tell(copy: Copy, place: Path) -> None:
    say(f"copy of run {one_line(copy.headline)}: {many(len(copy.cases), 'case')} -> {place}")
    for mark in copy.marks:
        say(f"  {one_line(mark)}")


@export.command("edms")
@click.argument("source", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("destination", type=click.Path(path_type=Path), required=False)
@click.option("--check", "only_check", is_flag=True, help="SOURCE is a submission folder: check it, and write nothing.")
def edms(source: Path, destination: Path | None, only_check: bool) -> Exit:
    """Write the documents of the package SOURCE as a submission folder for an EDMS, with CMIS properties and a loader table.

    The folder is read back before the command ends. Whether the package itself is to be believed is for csvgen verify.
    """
    from csvgen.exchange.edms import SIGNED, check, submit

    if only_check == (destination is not None):
        raise ConfigError("name a package and a folder to write, or one folder with --check")
    if only_check:
        faults = tuple(check(source))
        for fault in faults:
            click.echo(one_line(fault))
        say(f"{len(faults)} findings" if faults else "the submission folder is as it was handed over")
        return Exit.FINDINGS if faults else Exit.FINE
    assert destination is not None
    items = submit(source, destination)
    for item in items:
        click.echo(one_line(f"{item.status:<20} {item.file}  {item.title}"))
    open_ = sum(i.status != SIGNED for i in items)
    say(
        f"{len(items)} files -> {destination}, read back"
        + (f"; {open_} of them do not carry all signatures they need" if open_ else "")
    )
    return Exit.FINE
