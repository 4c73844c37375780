"""init, schema: a project to begin with, and what an editor needs to know of its files."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import click

from csvgen.cli.project import say
from csvgen.errors import ConfigError, CsvgenError, Exit
from csvgen.presets import PRESETS

SCHEMAS = Path(".csvgen/schemas")
_FILES = {
    "csvgen.toml": "csvgen.toml",
    ".gitignore": "gitignore",
    ".pre-commit-config.yaml": "pre-commit-config.yaml",
    ".vscode/settings.json": "settings.json",
    ".vscode/extensions.json": "extensions.json",
}
_SPECIFICATION = {
    "system.yaml": "system.yaml",
    "plan.yaml": "plan.yaml",
    "protocol.yaml": "protocol.yaml",
    "installation.yaml": "installation.yaml",
    "urs/10-requirements.yaml": "urs.yaml",
    "risk/risks.yaml": "risk.yaml",
    "fs/functions.yaml": "fs.yaml",
    "pq/scenarios.yaml": "pq.yaml",
}


class _Bare(str):
    """A text of the template itself, printed as it stands."""

    __slots__ = ()


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@click.option("--system", help="Short name of the system; the name of the folder if left out.")
@click.option("--name", help="Name of the system as documents print it.")
@click.option("--prefix", help="Beginning of all ids of documents, for example QCR.")
@click.option(
    "--preset",
    "presets",
    type=click.Choice(PRESETS),
    multiple=True,
    help="Requirements, risks and reviews for a regulation; may be given for each.",
)
@click.option("--example", metavar="NAME", help="A worked example instead, whole: lims-http, ...")
@click.pass_obj
def init(
    project: Path, folder: Path | None, system: str | None, name: str | None, prefix: str | None, presets: tuple[str, ...],
    example: str | None,
) -> Exit:  # fmt: skip
    """Begin a project in FOLDER (here, if left out): settings, a specification to be written, and help for the editor.

    What a person has to decide reads TO BE WRITTEN; csvgen check finds each of them. Nothing that is there is overwritten. In a project
    that is there already, --system adds one more system to it. With --example a worked example is written, ready to be drafted and run.
    """
    root = (folder or project).resolve()
    there = (root / "csvgen.toml").is_file()
    if example is not None:
        if there or any((system, name, prefix, presets)):
            raise ConfigError(
                "an example is a project of its own, written whole into a folder without one",
                hint="csvgen init FOLDER --example NAME",
            )
        return _example(root, example)
    if there and system is None:
        raise ConfigError(
            "this is a project already", where=str(root / "csvgen.toml"), hint="csvgen init --system NAME adds a system to it"
        )
    values = _values(root, system, name, prefix)
    rendered = {
        path: text for path, text in _rendered(values, presets).items() if not there or path.startswith("requirements_specs/")
    }
    files = {path: text.encode() for path, text in (rendered | ({} if there else _schemas(SCHEMAS))).items()}
    _put(root, files)
    for path in sorted(set(files) - set(_schemas(SCHEMAS))):
        click.echo(path)
    where = "" if root == Path.cwd() else f"cd {os.path.relpath(root)}; "
    say(f"{len(files)} files written. Next: {where}csvgen check   it names every text that is still to be written")
    say(f"An editor with a YAML language server (VS Code proposes one) completes and explains the keys by {SCHEMAS}/.")
    say("After an update of csvgen: csvgen schema --folder .csvgen/schemas")
    return Exit.FINE


@click.command()
@click.option("--kind", help="Only one kind of file: urs, risk, system, ...")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file.")
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), help="Write one file for each kind into this folder.")
def schema(kind: str | None, out: Path | None, folder: Path | None) -> Exit:
    """Print the JSON Schema of the specification files: of all of them, or of one kind."""
    from csvgen.canonical import write
    from csvgen.spec.schema import KINDS, json_schema, schema_of, text_of

    if kind is not None and kind not in KINDS:
        raise ConfigError(f"there is no kind of file {kind!r}", hint=f"kinds: {', '.join(KINDS)}")
    if folder is not None and (kind is not None or out is not None):
        raise ConfigError("--folder writes every kind under its own name; it does not go with --kind or --out")
    wanted = _schemas(folder) if folder else {str(out or ""): text_of(schema_of(kind) if kind else json_schema())}
    for path, text in wanted.items():
        if not path:
            click.echo(text, nl=False)
            continue
        try:
            write(Path(path), text.encode())
        except OSError as problem:
            raise ConfigError(f"cannot be written: {problem.strerror}", where=path) from None
        say(f"written: {path}")
    return Exit.FINE


def _schemas(folder: Path) -> dict[str, str]:
    """Path -> text of the schema of each kind of file."""
    from csvgen.spec.schema import KINDS, schema_of, text_of

    return {(folder / f"{kind}.schema.json").as_posix(): text_of(schema_of(kind)) for kind in KINDS}


def _values(root: Path, system: str | None, name: str | None, prefix: str | None) -> dict[str, str]:
    """What the templates are filled with, checked by the model of system.yaml itself."""
    from pydantic import ValidationError

    from csvgen.model.system import System

    chosen = system if system is not None else root.name
    asked = {
        "id": chosen,
        "name": name if name is not None else chosen.replace("-", " ").capitalize(),
        "prefix": prefix if prefix is not None else "".join(c for c in chosen if c.isalnum())[:3].upper(),
    }
    try:
        System.model_validate(asked)
    except ValidationError as problem:  # most keys are missing; only what was given is asked about
        wrong = [str(e["loc"][0]) for e in problem.errors() if e["loc"][0] in asked and e["type"] != "missing"]
    hints = {
        "id": "--system: lower-case letters and digits, joined by hyphens, for example qc-release",
        "name": "--name: one line of printable text",
        "prefix": "--prefix: two to ten capital letters or digits, a letter first",
    }
    if wrong:
        raise ConfigError(f"this cannot be used: {asked[wrong[0]]!r}", hint=hints[wrong[0]])
    return {"system": asked["id"], "called": asked["name"], "prefix": asked["prefix"]}


def _rendered(values: dict[str, str], presets: tuple[str, ...]) -> dict[str, str]:
    """Path -> text of each file. What is filled in stands in quotes, as JSON spells them: YAML and TOML read the same."""
    from csvgen.exchange.model import PLACEHOLDER
    from csvgen.presets import writing
    from csvgen.spec.schema import GLOBS
    from csvgen.templates import Templates

    def quoted(value: Any) -> str:
        return value if isinstance(value, _Bare) else json.dumps(str(value), ensure_ascii=False)

    templates = Templates(None, quoted, {"raw": _Bare})
    base = f"requirements_specs/{values['system']}"
    files = _FILES | {f"{base}/{path}": name for path, name in _SPECIFICATION.items()}
    globs = {f"./{SCHEMAS}/{kind}.schema.json": f"requirements_specs/*/{glob}" for kind, glob in GLOBS.items()}
    chosen = tuple(p for p in PRESETS if p in presets)
    said = {"sections": writing.sections(chosen, values["prefix"]), "left_out": writing.left_out(chosen)}
    made = {f"{base}/{path}": text for path, text in writing.files(chosen, values["prefix"]).items()}
    return made | {
        path: templates.render(f"project/{name}.j2", todo=PLACEHOLDER, schemas=globs, **said, **values)
        for path, name in files.items()
    }


def _example(root: Path, example: str) -> Exit:
    """A worked example, as it ships."""
    from csvgen.cli.examples import files

    found = files(example)
    _put(root, found)
    for path in sorted(found):
        click.echo(path)
    say(f"{len(found)} files written. README.md there says how it is run: csvgen draft, then csvgen run")
    return Exit.FINE


def _put(root: Path, files: dict[str, bytes]) -> None:
    """Raises ConfigError for what is in the way; then nothing was written."""
    if taken := sorted(path for path in files if _in_the_way(root, path)):
        raise ConfigError(
            "nothing was written, because this is in the way: " + ", ".join(taken),
            hint="choose an empty folder, or move these away",
        )
    _write_all(root, files)


def _in_the_way(root: Path, path: str) -> bool:
    """Whether something is there already, or stands where a folder is needed. A link leads elsewhere, so it is in the way."""
    target = root / path
    between = [p for p in target.parents if p.is_relative_to(root)]
    return os.path.lexists(target) or any(os.path.lexists(p) and (p.is_symlink() or not p.is_dir()) for p in between)


def _write_all(root: Path, files: dict[str, bytes]) -> None:
    """All of them, or none: what was written is taken away again when one cannot be."""
    from csvgen.canonical import write_once

    written: list[Path] = []
    try:
        for path, data in files.items():
            write_once(root / path, data)
            written.append(root / path)
    except (OSError, CsvgenError) as problem:
        for done in written:
            done.unlink(missing_ok=True)
        raise ConfigError(f"nothing was written: {getattr(problem, 'strerror', None) or problem}", where=path) from None
