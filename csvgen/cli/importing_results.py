"""import-results: what other tools executed, as evidence that a person has to accept."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast, get_args

import click

from csvgen.cli.project import Project, say, system_option
from csvgen.diagnostics import many, one_line
from csvgen.errors import Exit
from csvgen.model.imported import Form

if TYPE_CHECKING:
    from csvgen.exchange.results.kept import Kept

_SHOWN = 200
"""Rows printed of the table; the file holds all."""


@click.command("import-results")
@click.argument("source", type=click.Path(exists=True, path_type=Path), metavar="FILE|FOLDER")
@click.option(
    "--as", "written_as", type=click.Choice(list(get_args(Form))), default=None, help="Format; told by the content otherwise."
)
@click.option(
    "--map", "mapping", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="mapping.yaml: which result is about which case or requirement, each with its reason.",
)  # fmt: skip
@click.option("--statuses", is_flag=True, help="Print the table of foreign statuses, too.")
@system_option
@click.pass_obj
def import_results(
    folder: Path, source: Path, written_as: str | None, mapping: Path | None, statuses: bool, named: str | None
) -> Exit:
    """Keep the results that another tool wrote, show what they are about, and put them up for acceptance by signature.

    They never count by themselves: accepted, they stand in the matrix beside what was executed here. The same files again are the
    same import. Exit 1 when a result is unmapped, unknown or no pass, or something about the files or the mapping was found.
    """
    from csvgen.exchange.results.statuses import lines
    from csvgen.workflow.imported import import_results as take_in

    project = Project(folder, named)
    done = take_in(
        project.state, project.ledger, project.clock, project.operator, source, cast("Form | None", written_as), mapping
    )  # fmt: skip
    kept = done.kept
    if statuses and kept.results is not None:
        for line in lines([kept.results.form]):
            click.echo(line)
    _show(kept)
    for remark in done.remarks:
        say(f"finding: {one_line(remark)}")
    if done.again:
        say(
            f"{kept.record.id} is here already: imported {kept.record.imported} by {one_line(kept.record.by_name)}. The same files"
            " are the same import; nothing of them was written again."
        )
    fresh = Project(folder, named)
    there = fresh.state.latest(fresh.state.document_id("imported-evidence", kept.record.id))
    if done.again and not done.mapped and (there is not None or not (kept.table and kept.table.mapped)):
        return Exit.FINE
    made = fresh.publisher().imported_evidence(kept) if kept.table and kept.table.mapped else None
    if made is None:
        say("nothing is mapped: there is nothing to accept. Map the results: csvgen import-results ... --map mapping.yaml")
    else:
        say(f"{made.id} revision {made.revision}  {one_line(made.title)}  waits for {len(made.signatures)} signature(s)")
    return Exit.FINDINGS if done.remarks or _open(kept) else Exit.FINE


def _open(kept: Kept) -> bool:
    """Whether something in it is no pass, mapped to nothing, or odd."""
    results, table = kept.results, kept.table
    if results is None or table is None:
        return True
    return bool(results.oddities) or any(r.verdict != "PASSED" or r.how == "unmapped" for r in table.rows)


def _show(kept: Kept) -> None:
    results, table = kept.results, kept.table
    if results is None or table is None:
        return
    reasons = {r.identity: r.reason for r in results.results}
    for row in table.rows[:_SHOWN]:
        about = ", ".join(row.to) or row.how.upper()
        click.echo(f"{row.verdict:<9} {about:<16} {row.how:<10} {one_line(row.result)}")
        click.echo(f"{'':<9} {_why(row.reason, reasons[row.result])}")
    if len(table.rows) > _SHOWN:
        click.echo(f"and {len(table.rows) - _SHOWN} more in {kept.folder.name}/table-{table.number:03d}.json")
    for oddity in results.oddities:
        say(f"finding: {one_line(oddity.place)}: {one_line(oddity.what)}")
    counts = ", ".join(f"{n} {v}" for v, n in results.counts().items())
    unmapped = sum(r.how == "unmapped" for r in table.rows)
    say(
        f"{kept.record.id}: {many(len(results.results), 'result')} of {one_line(results.tool)} ({results.form}): {counts}; {unmapped} unmapped"
    )


def _why(*reasons: str) -> str:
    said: Sequence[str] = [one_line(r) for r in reasons if r]
    return "; ".join(r if len(r) <= 200 else f"{r[:197]}..." for r in said)  # noqa: PLR2004
