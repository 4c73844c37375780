"""challenge: break a disposable instance on purpose, and see whether the scripts notice."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from csvgen.cli.project import Project, at_terminal, say, system_option
from csvgen.diagnostics import one_line
from csvgen.errors import ConfigError, Exit

if TYPE_CHECKING:
    from csvgen.diagnostics import Diagnostic
    from csvgen.model.challenge import Challenge


FILE = click.Path(path_type=Path)


@click.command()
@click.option("--mutate", is_flag=True, help="Measure with mutants of the source of the components instead.")
@click.option("--sample", type=click.IntRange(1), help="With --mutate: how many mutants.  [default: 1000]")
@click.option("--seed", type=int, help="With --mutate: of the draw.  [default: 1]")
@click.option("--workers", type=click.IntRange(1), help="With --mutate: processes at once.  [default: 1]")
@click.option("--folder", "kept", type=FILE, help="With --mutate: journal and figures.  [default: output/SYSTEM/mutation]")
@click.option("--page", type=FILE, help="With --mutate: write the results as a Markdown page.")
@click.option("--equivalent", type=FILE, help="With --mutate: a file that names equivalent mutants, each with its reason.")
@click.option("--fault", "faults", multiple=True, metavar="NAME", help="Only this fault; repeatable (csvgen explain faults).")
@click.option("--risk", "risks", multiple=True, metavar="RISK", help="Only this row of the risk assessment; repeatable.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@system_option
@click.pass_obj
def challenge(
    folder: Path,
    mutate: bool,
    sample: int | None,
    seed: int | None,
    workers: int | None,
    kept: Path | None,
    page: Path | None,
    equivalent: Path | None,
    faults: tuple[str, ...],
    risks: tuple[str, ...],
    form: str,
    named: str | None,
) -> Exit:
    """Break a disposable instance on purpose and see whether the scripts notice.

    For every row of the risk assessment that names a fault: the linked scripts run without it and have to be green, then with it, and
    one of them has to fail at a Then by what it observed. Without --fault and --risk also: for scripts nobody saw red, the faults their
    patterns must detect; and each Then is shown falsified observations. Records: output/<system>/challenges. Needs csvgen-faults.

    With --mutate the score of the generated OQ on mutants of the source: an engineering measure, never an acceptance criterion.

    Exit 1 when a row survived, a Then is blind, or a script at high priority is unproven and not justified.
    """
    measured = {
        "sample": sample, "seed": seed, "workers": workers, "folder": kept, "page": page, "equivalent": equivalent,
    }  # fmt: skip
    given = {name: value for name, value in measured.items() if value is not None}
    if mutate:
        return _measure(folder, named, given)
    if given:
        raise ConfigError(f"--{next(iter(given))} belongs to --mutate", hint="csvgen challenge --help")
    from csvgen.challenge.plan import Selection
    from csvgen.challenge.run import carry_out
    from csvgen.evidence.challenge_record import seal_challenge
    from csvgen.trace.challenge_findings import findings
    from csvgen.workflow.keys import has_seal_key, seal_key

    project = Project(folder, named)
    state = project.state
    if state.findings.errors:
        raise ConfigError(f"the protocol has findings: {state.findings.errors[0].message}", hint="csvgen check")

    def tell(line: str) -> None:
        if at_terminal():
            say(one_line(line))

    account = project.caller.person
    made = carry_out(project.config, state.spec, state.protocol, project.clock, Selection(risks, faults), account, tell)
    if has_seal_key(project.config):
        made = seal_challenge(Path(made.folder), seal_key(project.config), project.clock)
    found = findings(made, state.spec)
    click.echo(json.dumps(_data(made, found), indent=1, ensure_ascii=False) if form == "json" else "\n".join(_lines(made, found)))
    say(f"challenge {made.plan.challenge} ({made.plan.scope}){'' if made.sealed else ', not sealed'} -> {made.folder}")
    return Exit.FINDINGS if found or made.problems else Exit.FINE


def _measure(folder: Path, named: str | None, given: dict[str, Any]) -> Exit:
    """Mutants of the source under the generated protocol; what is measured is no finding."""
    from csvgen.challenge.mutation.measure import Wanted, mutate

    def tell(line: str) -> None:
        if at_terminal():
            say(one_line(line))

    project = Project(folder, named)
    for line in mutate(Wanted(project.config.root, project.system, **given), tell):
        click.echo(line)
    return Exit.FINE


def _data(made: Challenge, found: tuple[Diagnostic, ...]) -> dict[str, object]:
    from csvgen.canonical import plain
    from csvgen.evidence.challenge_results import further, phrases, rows, scripts, summary

    content: dict[str, object] = plain(
        {
            "format": "csvgen.challenge-result/1", "challenge": made.plan.challenge, "scope": made.plan.scope, "seal": made.digest,
            "summary": summary(made), "rows": rows(made), "further": further(made), "scripts": scripts(made), "phrases": phrases(made),
            "findings": [{"rule": d.rule, "about": d.about, "message": d.message} for d in found], "problems": made.problems,
        }
    )  # fmt: skip
    return content


def _lines(made: Challenge, found: tuple[Diagnostic, ...]) -> list[str]:
    from csvgen.evidence.challenge_results import further, phrases, rows, summary

    lines = []
    for r in rows(made):
        lines.append(f"{r.row.risk or '(pattern)':<12} {r.state:<11} {r.row.fault}: {r.row.failure_mode}")
        lines += [f"    {k.case} step {k.step}: {k.what}: expected {k.expected!r}, observed {k.observed!r}" for k in r.kills[:1]]
        if len(r.kills) > 1:
            lines.append(f"    and {', '.join(k.case for k in r.kills[1:])}")
        lines += [f"    {r.reason}"] if r.reason else []
    for fault, kills, why in further(made):
        lines.append(
            f"{'(pattern)':<12} {'not seeded' if why else 'killed' if kills else 'survived':<11} {fault}: {why or ', '.join(k.case for k in kills)}"
        )
    n = summary(made)
    lines.append(f"{n.rows} rows challenged, {n.killed} noticed by a script for the right reason")
    if made.plan.scope == "complete":
        lines.append(
            f"{n.scripts} scripts, {n.unproven} unproven; {n.phrases} phrases of Then, {n.blind} that noticed no falsehood"
        )
        lines += [f"    Then {p.phrase}: {p.reason}" for p in phrases(made) if p.noticed is None]
    lines += [f"{d.severity}: {d.message} [{d.rule}]" for d in found]
    lines += [f"damaged: {p}" for p in made.problems]
    return [one_line(line) for line in lines]
