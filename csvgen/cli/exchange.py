"""import: requirements that other tools keep."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from csvgen.cli.project import Project, say, system_option
from csvgen.errors import ConfigError, Exit

if TYPE_CHECKING:
    from csvgen.exchange.model import Leftover, Read
    from csvgen.exchange.readers.base import Options

_FORMATS = ("auto", "markdown", "csv", "excel", "word", "reqif", "strictdoc", "doorstop", "needs", "oscal", "suite")


@click.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@system_option
@click.option("--into", default="urs/imported.yaml", show_default=True, help="File of the system for new requirements.")
@click.option(
    "--from",
    "source",
    type=click.Choice(_FORMATS),
    default="auto",
    help="Format of the files; told by name and content otherwise.",
)
@click.option("--map", "columns", multiple=True, metavar="COLUMN=FIELD", help="Which field a column is; remembered with --write.")
@click.option("--set", "given", multiple=True, metavar="FIELD=VALUE", help="A value where the files say nothing.")
@click.option(
    "--prefix", default=None, metavar="URS-NAME", help="Begins ids that do not begin with URS-, and numbers what has no id."
)
@click.option("--drafted-by", default=None, metavar='"GENERATOR VERSION"', help="Marks the text as written by a machine.")
@click.option("--accept-leftovers", is_flag=True, help="Write although some content was not understood; it is not imported.")
@click.option("--write", is_flag=True, help="Write. Without it nothing is written: this is a preview.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How the preview is printed.")
@click.pass_obj
def import_(
    folder: Path, files: tuple[Path, ...], named: str | None, into: str, source: str, columns: tuple[str, ...], given: tuple[str, ...],
    prefix: str | None, drafted_by: str | None, accept_leftovers: bool, write: bool, form: str,
) -> Exit:  # fmt: skip
    """Show what importing FILES (or folders) would write, and what of them was not understood; with --write, write it.

    Exit code 1 when content was not understood or cannot be put beside what the specification says.
    """
    from csvgen.exchange import report
    from csvgen.exchange.columns import asked_for, recall, remember
    from csvgen.exchange.export import Own, risks_of
    from csvgen.exchange.importing import Asked, drafted, planned, readable, returned
    from csvgen.exchange.plan import apply, held, texts
    from csvgen.exchange.readers.base import Options, TableRead
    from csvgen.rendering import json_text

    project = Project(folder, named)
    root, system = project.config.requirements_specs, project.system
    target = _target(root / system, into)
    mark = _drafted(drafted_by)
    options = Options(columns=asked_for(columns), remembered=recall(project.config.root), drafted=mark)
    reads, unread = _read(files, source, options)
    asked = Asked(prefix=_prefix(prefix), number=prefix is not None, given=_given(given), drafted=mark)
    existing = held(root, system)
    own = [r for r in reads if isinstance(r, Own)]
    if own and len(reads) > 1:
        raise ConfigError("a file that csvgen exported is imported alone", where=own[0].source)
    if own and own[0].system not in ("", system):
        say(
            f"{own[0].source} was exported from the system {own[0].system}; it is compared with {system} as a file of another system"
        )
    draft = returned(own[0], risks_of(root, system, existing)) if own else drafted(reads, existing, asked)
    draft = replace(draft, leftovers=(*draft.leftovers, *unread))
    plan = planned(draft, existing)
    lost = bool(draft.leftovers)
    refused = bool(plan.conflicts) or (lost and not accept_leftovers)
    written: list[str] = []
    if write and not refused and plan:
        readable(texts(plan, target))
        written = [os.path.relpath(p, project.config.root) for p in apply(plan, target)]
    if form == "json":
        click.echo(json_text(report.as_json(draft, plan, written)))
    else:
        click.echo(report.as_text(draft, plan))
    if write and not refused:
        learnt = {c.header: c.fields for r in reads if isinstance(r, TableRead) for c in r.columns if c.source == "--map"}
        if learnt and remember(project.config.root, learnt):
            say("the columns are remembered in .csvgen/import-mappings.yaml")
    say(_last_words(len(draft.entries), len(draft.leftovers), written, write=write, refused=refused))
    return Exit.FINDINGS if refused else Exit.FINE


def _last_words(entries: int, lost: int, written: Sequence[str], *, write: bool, refused: bool) -> str:
    said = f"{entries} requirements, {lost} pieces not understood. "
    if refused:
        return said + "Nothing was written: mend the file, or leave those pieces out with --accept-leftovers."
    if not write:
        return said + "Nothing is written yet: add --write."
    return said + (
        f"Written: {', '.join(written)}. Next: csvgen check" if written else "The specification says all of it already."
    )


def _read(files: Sequence[Path], source: str, options: Options) -> tuple[list[Read], list[Leftover]]:
    """Every file named, and every readable file of a folder named; and the other files of the folder."""
    from csvgen.diagnostics import Location
    from csvgen.exchange.model import Leftover
    from csvgen.exchange.readers import FORMATS, named, read_file
    from csvgen.exchange.readers.base import MAX_BYTES, Unreadable

    asked = None if source == "auto" else named(source)
    suffixes = asked.suffixes if asked else tuple(s for f in FORMATS for s in f.suffixes)
    found: list[tuple[Path, str]] = []
    unread: list[Leftover] = []
    for file in files:
        if file.is_dir():
            everything = [(p, p.relative_to(file).as_posix()) for p in sorted(file.rglob("*")) if p.is_file()]
            inside = [(p, name) for p, name in everything if p.suffix.lower() in suffixes]
            found += inside
            unread += (
                Leftover(place=Location(name), text=name, why=f"not read: suffix {p.suffix or '(none)'}")
                for p, name in everything
                if p.suffix.lower() not in suffixes
            )
            if not inside:
                raise ConfigError("this folder holds no file that can be imported", where=str(file))
        else:
            found.append((file, file.name))
    reads = []
    for path, name in found:
        try:
            if path.stat().st_size > MAX_BYTES:
                raise Unreadable(
                    f"the file has {path.stat().st_size} bytes; the limit is {MAX_BYTES}", where=name, hint="split it"
                )
            data = path.read_bytes()
        except OSError as problem:
            raise ConfigError(f"cannot be read: {problem.strerror}", where=str(path)) from None
        reads.append((_returned(data, name) if asked is None else None) or read_file(data, name, options, asked))
    return reads, unread


def _returned(data: bytes, name: str) -> Read | None:
    """A file of our own making; an archive is looked over before any library opens it."""
    from csvgen.exchange import own
    from csvgen.exchange.readers.base import unpacked

    if data.startswith(b"PK"):
        unpacked(data, name)
    return own.read(data, name)


def _target(folder: Path, into: str) -> Path:
    if not re.fullmatch(r"urs/[A-Za-z0-9][A-Za-z0-9._-]*\.yaml", into):
        raise ConfigError(f"--into {into!r} is no file of requirements", hint="for example urs/imported.yaml")
    return folder / into


def _prefix(prefix: str | None) -> str:
    found = (prefix or "URS").rstrip("-")
    if not re.fullmatch(r"URS(?:-[A-Z0-9]+)*", found):
        raise ConfigError(
            f"--prefix {prefix!r} must begin with URS", hint="capital letters and digits joined by hyphens: URS-LIMS"
        )
    return found


def _drafted(said: str | None) -> dict[str, str] | None:
    if said is None:
        return None
    generator, _, version = said.strip().rpartition(" ")
    if not generator.strip():
        raise ConfigError(
            f"--drafted-by {said!r} does not say a generator and its version", hint='--drafted-by "example-model 2025-06"'
        )
    return {"generator": generator.strip(), "version": version}


def _given(pairs: Sequence[str]) -> dict[str, Any]:
    from csvgen.exchange.importing import SETTABLE

    found = {}
    for pair in pairs:
        name, mark, value = pair.partition("=")
        if not mark or name.strip() not in SETTABLE or not value.strip():
            raise ConfigError(f"--set {pair!r} is not FIELD=VALUE", hint=f"fields: {', '.join(SETTABLE)}")
        found[name.strip()] = value.strip()
    return found
