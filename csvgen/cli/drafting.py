"""draft, adopt, number: protocols from the specification, and cases written by hand beside them."""

from __future__ import annotations

import gc
import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from csvgen.cli.project import Project, say, system_option
from csvgen.diagnostics import one_line
from csvgen.errors import ConfigError, Exit
from csvgen.model.base import PHASES, Phase

if TYPE_CHECKING:
    from csvgen.protocol.files import Standing
    from csvgen.protocol.redraft import Drafting, Plan
    from csvgen.workflow.drafting import Touched

_PHASE = click.Choice(list(PHASES), case_sensitive=False)
_SHOWN_FILES, _SHOWN_GAPS = 40, 20
"""Files told scenario by scenario, and gaps told one by one; JSON tells all."""


@click.command()
@system_option
@click.option(
    "--check",
    "only_check",
    is_flag=True,
    help="Write nothing and believe nothing remembered; exit 1 if a file is not as drafted.",
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How the changes are printed.")
@click.option("--anew", is_flag=True, help="Draft everything, whatever is remembered of the last draft.")
@click.pass_obj
def draft(folder: Path, named: str | None, only_check: bool, form: str, anew: bool) -> Exit:
    """Draft the protocols of a system from its specification: shown scenario by scenario (+ ~ -), then written.

    Files edited by hand are never overwritten, and what was approved stays beside its approval. Exit codes: 0 written, or with --check
    all as drafted; 1 edited files or, with --check, anything else to do; 2 the specification has errors.
    """
    from csvgen.protocol.files import alone, put, refuse_edited

    gc.set_threshold(100_000)  # many values that live to the end, and no circles worth looking for
    project = Project(folder, named)
    drafting = _drafting(project, remember=not only_check, anew=anew)
    plan = drafting.plan()
    target, unsettled = project.config.protocol_folder(project.system), plan.unsettled
    signed = _touched(project, plan) if project.config.approvals(project.system).is_dir() else ()
    if form == "text":
        _tell(plan, signed)
    refused = _refused(plan)
    written: tuple[str, ...] = ()
    if not only_check and not refused:
        with alone(target):
            written = put(target, plan.lock, plan.files, plan.standings)
        with suppress(OSError):  # a folder nobody may write to costs time, nothing else
            drafting.remember(plan)
    if form == "json":
        click.echo(json.dumps(_content(project.system, plan, signed, written), indent=1, ensure_ascii=False))
    if only_check:
        say(
            f"{plan.fresh + plan.by_hand - _outdated(plan)} fresh or hand-written, {len(unsettled)} not as the specification says"
        )
        return Exit.FINDINGS if unsettled else Exit.FINE
    refuse_edited(plan.standings)
    unchanged = plan.fresh + len(plan.standings) - len(written)
    say(f"{len(written)} written, {unchanged} unchanged, {len(plan.shortfalls)} gaps. Next: csvgen report plan urs fs risk")
    return Exit.FINE


def _drafting(project: Project, *, remember: bool, anew: bool) -> Drafting:
    from csvgen.protocol.redraft import Drafting
    from csvgen.templates import Templates

    config, system = project.config, project.system
    kept = config.output / system if remember else None
    if anew and kept is not None:
        (kept / "draft.memory").unlink(missing_ok=True)
    return Drafting(config.requirements_specs, system, config.protocol_folder(system), Templates(config.templates, str), kept)


def _touched(project: Project, plan: Plan) -> tuple[Touched, ...]:
    from csvgen.workflow.drafting import touched

    return touched(project.config, project.system, plan.spec.system.prefix, plan.spec.settings, plan.unsettled)


def _refused(plan: Plan) -> bool:
    from csvgen.protocol.files import State

    return any(s.state is State.EDITED for s in plan.standings)


def _outdated(plan: Plan) -> int:
    return sum(s.outdated for s in plan.standings)


# ------------------------------------------------------------------ telling


def _tell(plan: Plan, signed: tuple[Touched, ...]) -> None:
    unsettled = plan.unsettled
    for number, s in enumerate(unsettled):
        click.echo(_headline(s))
        if number < _SHOWN_FILES:
            for line in _changes(s):
                click.echo(one_line(line))
    if len(unsettled) > _SHOWN_FILES:
        say(f"the scenarios of the first {_SHOWN_FILES} files are shown; --format json tells all")
    for t in signed:
        for line in t.told:
            click.echo(one_line(line))
    for shortfall in plan.shortfalls[:_SHOWN_GAPS]:
        say(one_line(f"gap: {shortfall.requirement}: {shortfall.what}: {shortfall.reason}"))
    if len(plan.shortfalls) > _SHOWN_GAPS:
        say(f"and {len(plan.shortfalls) - _SHOWN_GAPS} more gaps; the protocol lists them, and so does --format json")


def _headline(s: Standing) -> str:
    change = s.change
    counts = [f"{sign}{len(ids)}" for sign, ids in (("+", change.added), ("~", change.changed), ("-", change.removed)) if ids]
    more = "  what it was drafted from has changed since it was adopted" if s.outdated else ""
    return one_line(f"{s.state:<8} {s.path}  {' '.join(counts)}".rstrip() + more)


def _changes(s: Standing) -> list[str]:
    lines = [f"    {line}" for line in s.change.about]
    if str(s.state) == "stale" and not (s.change.about or s.change.scenarios):
        lines.append("    what it follows from has changed; its words have not")
    for c in s.change.scenarios:
        lines += [f"  {c.sign} {c.name}", *(f"      {line}" for line in c.lines)]
        if c.sign == "-":
            lines.append(f"      retired: {', '.join(c.removed)}")
    return lines


def _content(system: str, plan: Plan, signed: tuple[Touched, ...], written: tuple[str, ...]) -> dict[str, object]:
    files = [
        {
            "path": s.path, "state": str(s.state), "outdated": s.outdated, "written": s.path in written, "about": list(s.change.about),
            "scenarios": [c.content() for c in s.change.scenarios],
        }
        for s in plan.standings
    ]  # fmt: skip
    gaps = [{"requirement": g.requirement, "what": g.what, "reason": g.reason} for g in plan.shortfalls]
    return {
        "format": "csvgen.draft/1", "system": system, "settled": not plan.unsettled, "fresh": plan.fresh, "files": files,
        "approvals": [t.content() for t in signed], "gaps": gaps,
    }  # fmt: skip


# ------------------------------------------------------------------ by hand


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--reason", required=True, help="Why the case is better written by hand; it is recorded for ever and printed.")
@system_option
@click.pass_obj
def adopt(folder: Path, file: Path, reason: str, named: str | None) -> Exit:
    """Make an edited feature FILE a hand-written one. Its cases keep their ids; drafting leaves it alone from then on.

    After a change of what the file had been drafted from, draft --check asks to look at it again; adopt says that somebody did.
    """
    from csvgen.workflow.drafting import adopt_file

    project = Project(folder, named)
    made = adopt_file(project.config, project.system, project.ledger, project.operator, file, reason)
    click.echo(f"{made.path}  {len(made.cases)} cases, by hand: {', '.join(made.cases)}")
    if made.left_out:
        say(f"drafting would give {', '.join(made.left_out)}, too; nothing executes them now")
    say("Recorded in protocols.lock and the audit trail. Next: csvgen check")
    return Exit.FINE


@click.command()
@click.argument("phase", type=_PHASE, required=False)
@click.argument("keys", nargs=-1)
@click.option("--retire", metavar="ID", help="End the use of an id that was given to a case written by hand.")
@system_option
@click.pass_obj
def number(folder: Path, phase: Phase | None, keys: tuple[str, ...], retire: str | None, named: str | None) -> Exit:
    """Give cases written by hand their permanent ids from protocols.lock: one for each of KEYS, names of your own choice in a PHASE.

    A key keeps its id for ever: asked again, it is told again.
    """
    from csvgen.protocol import adopt as by_hand

    project = Project(folder, named)
    target = project.config.protocol_folder(project.system)
    if retire is not None:
        if phase is not None:
            raise ConfigError("--retire takes an id and nothing else", hint="csvgen number --retire TC-OQ-0042")
        click.echo(f"{retire}  retired; it was {one_line(by_hand.retire(target, retire))}")
        return Exit.FINE
    if phase is None or not keys:
        raise ConfigError("name a phase and at least one key", hint='csvgen number OQ "label printer, out of paper"')
    for key, tc in by_hand.number(target, phase, keys).items():
        click.echo(f"{tc}  {key}")
    return Exit.FINE
