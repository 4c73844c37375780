"""suggest: paragraphs a requirement may be about. csvgen ranks, a person decides."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from csvgen.cli.project import Project, need_terminal, say, system_option
from csvgen.errors import ConfigError, Exit

if TYPE_CHECKING:
    from csvgen.catalog.suggest import Suggestion
    from csvgen.exchange.changes import Held


@click.command()
@click.argument("ids", nargs=-1)
@system_option
@click.option("--limit", default=3, show_default=True, type=click.IntRange(1, 20), help="Most paragraphs for one requirement.")
@click.option("--confirm", is_flag=True, help="Ask for each, at a terminal, and write what you choose into the requirement.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How suggestions are printed.")
@click.pass_obj
def suggest(folder: Path, ids: tuple[str, ...], named: str | None, limit: int, confirm: bool, form: str) -> Exit:
    """Suggest paragraphs of Part 11 and Annex 11 for the requirements IDS, or for all that cite none.

    Each with the words that spoke for it. Nothing is written unless you choose it with --confirm.
    """
    from csvgen.catalog.suggest import suggest as near
    from csvgen.exchange.changes import held
    from csvgen.rendering import json_text

    project = Project(folder, named)
    if confirm:
        need_terminal("choosing clauses")
    there = held(project.config.requirements_specs, project.system)
    known = {h.id: h for h in there}
    if unknown := [i for i in ids if i not in known]:
        raise ConfigError(f"there is no requirement {unknown[0]}", hint=f"it is not under urs/ of {project.system}")
    chosen = [known[i] for i in ids] or [h for h in there if not h.fields.get("clauses")]
    found = [(h, near(f"{h.fields.get('title', '')}\n{h.fields.get('statement', '')}", limit)) for h in chosen]
    if form == "json":
        click.echo(json_text([_as_json(h, suggested) for h, suggested in found]))
        return Exit.FINE
    for h, suggested in found:
        click.echo(_as_text(h, suggested))
        if confirm and suggested:
            _ask(h, suggested)
    near_ones = sum(bool(s) for _, s in found)
    say(f"requirements: {len(found)}, with a suggestion: {near_ones}. A suggestion is a ranking of words, not a judgement.")
    return Exit.FINE


def _as_text(h: Held, suggested: tuple[Suggestion, ...]) -> str:
    from csvgen.diagnostics import one_line

    lines = [f"{h.id}  {one_line(str(h.fields.get('title', '')))}"]
    if cited := h.fields.get("clauses"):
        lines.append(f"      cites {one_line(', '.join(cited))}")
    for number, s in enumerate(suggested, 1):
        lines.append(f"  {number}. {s.score:.2f}  {s.clause.id} {s.clause.heading}: {', '.join(s.words)}")
    return "\n".join(lines if suggested else [*lines, "      no paragraph is near"])


def _as_json(h: Held, suggested: tuple[Suggestion, ...]) -> dict[str, object]:
    return {
        "id": h.id,
        "cites": list(h.fields.get("clauses", ())),
        "suggestions": [
            {"clause": s.clause.id, "heading": s.clause.heading, "score": f"{s.score:.2f}", "words": list(s.words)}
            for s in suggested
        ],
    }


def _ask(h: Held, suggested: tuple[Suggestion, ...]) -> None:
    """What a person types is what is cited; nothing typed changes nothing."""
    from csvgen.exchange.model import Entry
    from csvgen.exchange.plan import apply, plan

    while True:
        typed = (
            click.prompt("      Cite (numbers, blank for none)", default="", show_default=False, err=True)
            .replace(",", " ")
            .split()
        )
        if all(t.isdecimal() and 1 <= int(t) <= len(suggested) for t in typed):
            break
        say(f"      numbers from 1 to {len(suggested)}, with blanks between them")
    if not typed:
        return
    clauses = [*h.fields.get("clauses", ()), *(suggested[int(t) - 1].clause.id for t in typed)]
    entry = Entry(fields={"id": h.id, "clauses": list(dict.fromkeys(clauses))}, place=h.place)
    apply(plan(_now(h), [entry], ("id", "clauses")), h.file)
    say(f"      written to {h.file.name}")


def _now(h: Held) -> tuple[Held, ...]:
    """The requirements of the same system as they stand now: the file may have been written a moment ago."""
    from csvgen.exchange.changes import held

    folder = next(p for p in h.file.parents if p.name == "urs").parent
    return held(folder.parent, folder.name)
