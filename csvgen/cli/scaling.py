"""plan, merge, and the shard of run: one execution on many machines."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from csvgen.cli.evidence import say_kept, say_of
from csvgen.cli.project import Project, say, system_option
from csvgen.diagnostics import one_line
from csvgen.errors import BadInput, ConfigError, Exit
from csvgen.model.base import PHASES, Phase

if TYPE_CHECKING:
    from csvgen.model.evidence import RunRead
    from csvgen.model.shard import ShardPlan

_SHARD = re.compile(r"([1-9][0-9]{0,4})/([1-9][0-9]{0,4})")
_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("phase", type=click.Choice(list(PHASES), case_sensitive=False), required=False)
@click.option("--shards", type=click.IntRange(1, 10_000), default=2, show_default=True, help="Number of shards.")
@click.option("--formal", is_flag=True, help="Plan the execution of the order that was issued for the PHASE.")
@click.option("--out", type=_FILE, help="Write the plan to this file instead of to the output.")
@system_option
@click.pass_obj
def plan(folder: Path, phase: Phase | None, shards: int, formal: bool, out: Path | None, named: str | None) -> Exit:
    """Divide an execution among shards, each for a machine of its own.

    Every shard is executed by `csvgen run --plan FILE --shard 1/4`, and `csvgen merge` puts them together.
    """
    from csvgen.canonical import canonical_json, digest, write_once
    from csvgen.workflow.scaling import make_plan

    project = Project(folder, named)
    made = make_plan(project.state, phase, shards, project.clock, formal=formal)
    if not made.cases:
        raise BadInput(f"there is no case to execute in {phase or 'this protocol'}", hint="csvgen draft")
    if out is None:
        click.echo(canonical_json(made).decode("utf-8"), nl=False)
    else:
        out.parent.mkdir(parents=True, exist_ok=True)
        write_once(out, canonical_json(made))
    for number in range(1, made.shards + 1):
        mine = made.of_shard(number)
        say(f"shard {number} of {made.shards}: {len(mine)} cases in {len({c.group for c in mine})} groups")
    say(f"{made.run}: {len(made.cases)} cases, plan {digest(made).short}")
    return Exit.FINE


def execute_shard(project: Project, file: Path, shard: str, workers: int, *, formal: bool) -> Exit:
    """One shard of the plan in a file; a formal one is kept at once where [evidence] says, whichever machine it ran on.

    Raises ConfigError for a shard that is not spelled, or that the plan does not have.
    """
    from csvgen.workflow.scaling import run_shard

    spelled, made = _SHARD.fullmatch(shard), read_plan(file)
    if spelled is None or int(spelled[2]) != made.shards:
        raise ConfigError(f"{shard!r} is no shard of this plan, which has {made.shards}", hint=f"--shard 1/{made.shards}")
    if workers:
        _need_xdist()
    project.named = project.named or made.system
    ledger, account = (project.ledger, project.operator.person) if formal else (None, "")
    evidence = run_shard(
        project.state, made, int(spelled[1]), project.clock, say, workers=workers, ledger=ledger, account=account
    )  # fmt: skip
    return max(told(evidence), say_kept(project, evidence)) if formal else told(evidence)


def read_plan(file: Path) -> ShardPlan:
    from csvgen.evidence.read import read_shard_plan

    return read_shard_plan(file)


def _need_xdist() -> None:
    from importlib.util import find_spec

    from csvgen.extras import how_to_add

    if find_spec("xdist") is None:
        raise ConfigError("several workers on one machine need pytest-xdist", hint=how_to_add("scale"))


@click.command()
@click.argument("shards", nargs=-1, required=True, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--plan", "file", type=_FILE, help="The plan; without it the one that the shards carry.")
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), help="Folder of the merged run; among the runs without it."
)
@click.option(
    "--incomplete", metavar="REASON", default="", help="Merge although shards are missing or wrong: their cases count as not run."
)
@click.option("--formal", is_flag=True, help="These are the shards of a formal run.")
@system_option
@click.pass_obj
def merge(
    folder: Path, shards: tuple[Path, ...], file: Path | None, out: Path | None, incomplete: str, formal: bool, named: str | None
) -> Exit:
    """Put SHARDS together: folders of shards, or folders that hold them, from wherever they were brought.

    Proves that they are disjoint, complete, of one plan, one system under validation and one set of tools, and names what is missing,
    twice, foreign or changed.
    """
    from csvgen.workflow.scaling import merge as put_together

    if out is not None and formal:
        raise ConfigError("a formal run has its place among the runs", hint="leave out --out")
    project = Project(folder, named)
    ledger, account = (project.ledger, project.operator.person) if formal else (None, "")
    evidence = put_together(
        project.config, shards, project.clock, plan=read_plan(file) if file else None, out=out, reason=incomplete,
        ledger=ledger, account=account,
    )  # fmt: skip
    return max(told(evidence), say_kept(project, evidence)) if formal else told(evidence)


def told(evidence: RunRead) -> Exit:
    """What did not pass on stdout, the sum on stderr; FINE only when every case passed and nothing stands against the run as a whole."""
    from csvgen.model.execution import Verdict

    for result in evidence.ends:
        if result.verdict is not Verdict.PASSED:
            click.echo(f"{result.verdict:<10} {result.case}  {result.reason}")
    verdicts = ", ".join(f"{n} {v}" for v, n in (evidence.seal.summary.verdicts.items() if evidence.seal else ()))
    for odd in evidence.irregular:
        say(one_line(f"{evidence.run} as a whole: {odd}"))
    passed = all(r.verdict is Verdict.PASSED for r in evidence.ends) and not evidence.irregular
    merged, shard = evidence.plan.merged, evidence.plan.shard
    say_of(evidence)
    if shard is not None:
        say(
            f"{shard.shown} of {evidence.run.rpartition('.')[0]}: {verdicts or 'no case'}; it counts once it is merged -> {evidence.folder}"
        )
        return Exit.FINE if passed else Exit.FINDINGS
    complete = "complete" if evidence.seal is not None and evidence.seal.complete else "NOT complete"
    number = f"{sum(not s.left_out for s in merged.shards)} shards, " if merged else ""
    say(f"run {evidence.run}: {number}{complete}: {verdicts or 'not sealed'} -> {evidence.folder}")
    return Exit.FINE if evidence.ends and passed else Exit.FINDINGS
