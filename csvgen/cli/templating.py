"""template: the look of documents, checked before one is composed."""

from __future__ import annotations

from pathlib import Path

import click

from csvgen.cli.project import Project, say
from csvgen.diagnostics import many
from csvgen.errors import BadInput, Exit


@click.group(name="template")
def template() -> None:
    """The templates of the project: Word styles, colours and logo, wording."""


@template.command(name="check")
@click.pass_obj
def check(folder: Path) -> Exit:
    """Check reference.docx, theme.toml and the wording under the project's templates, and list everything that is wrong."""
    from csvgen.rendering import render_text
    from csvgen.report.template_check import check_templates
    from csvgen.signature.word import refusals

    project = Project(folder)
    findings, looked = check_templates(project.config.templates, refusals)
    if findings.items:
        click.echo(render_text(findings.items))
    say(f"{many(len(looked), 'template')} of the project looked at, {many(len(findings.items), 'finding')}")
    return Exit.FINDINGS if findings.items else Exit.FINE


@template.command(name="write")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--form", "as_form", is_flag=True, help="With content controls: a first page of your own, which csvgen fills by their tags."
)
def write(file: Path, *, as_form: bool) -> Exit:
    """Write csvgen's own reference document to FILE, to give it the look of your house. An existing file is left as it is."""
    from csvgen.canonical import write as put
    from csvgen.report.form_start import with_tags
    from csvgen.report.word import default_reference

    if file.exists():
        raise BadInput("there is a file of this name already", where=str(file), hint="choose another name")
    put(file, with_tags(default_reference()) if as_form else default_reference())
    what = "its words, styles, page and header around the content controls" if as_form else "its styles, page and header"
    say(f"{file} written: change {what}, and put it into the project's templates as reference.docx")
    return Exit.FINE
