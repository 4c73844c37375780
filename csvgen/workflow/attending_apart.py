"""`python -m csvgen.workflow.attending_apart`: one sitting of a person at an attended run, in a process of its own, for a door that has many visitors.

The first line of its input names project, run, person and actor; the door has authenticated them. Everything else is
`workflow.attending`, as at the terminal: the same gates, journal and seal. When the input ends, the person has left; so a door that
dies leaves a paused run, and never one that somebody seems to hold.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from csvgen.clock import Clock, SystemClock
from csvgen.config import Config, load_config
from csvgen.errors import CsvgenError, Refused
from csvgen.evidence.read import Standing
from csvgen.execution.attended_apart import DeskApart, Lines
from csvgen.model.audit import Actor
from csvgen.workflow import attending, opening
from csvgen.workflow.keeping import keep_sealed
from csvgen.workflow.state import read_state


def main() -> int:
    lines = _own_pipes()
    order = lines.read()
    if order is None:
        return 2
    try:
        found, said = sit(lines, order)
    except CsvgenError as problem:
        lines.write(
            kind="ended",
            outcome="refused",
            message=problem.message,
            hint=problem.hint or "",
            rule=problem.rule or "",
            left=0,
            said=[],
        )
        return 1
    sealed = found.evidence.seal is not None
    lines.write(
        kind="ended", outcome="sealed" if sealed else "paused", message="", hint="", rule="", left=len(found.left), said=said
    )
    return 0


def sit(lines: Lines, order: dict[str, Any]) -> tuple[Standing, list[str]]:
    """Carry out what is left of the run, until its end or until the person leaves; and what is to be told."""
    config, clock = load_config(Path(order["root"])), SystemClock()
    ledger, actor = opening.records(config, clock), Actor(**order["actor"])
    directory, _, _ = opening.people(config, ledger, clock, actor.source)
    account = directory.account(actor.person)
    if account is None:
        raise Refused(f"{actor.person} is not known any more", rule="RR-G01")
    attending.refuse_attendant(directory, account, actor)
    state = read_state(config, order["system"])
    waiting = attending.open_formal(state, order["phase"], order["resume"], ledger, account, clock)
    if waiting.name != order["run"]:
        raise Refused(f"{order['run']} does not wait any more; {waiting.name} does", rule="RR-F02")
    said: list[str] = []
    desk = DeskApart(lines, float(order["idle"]))
    found = attending.attend(config, waiting, desk, attending.performer(account), actor, ledger, clock, said.append)
    return found, said + _after(config, clock, actor, found)


def _after(config: Config, clock: Clock, actor: Actor, found: Standing) -> list[str]:
    """As after every run: a checkpoint of the trail, and a sealed run is kept where the project says."""
    ledger = opening.records(config, clock)
    said = [f"anchor: {problem}" for problem in opening.fix(config, ledger, clock, actor, "run")]
    where, why_not = keep_sealed(config, found.evidence, ledger, actor)
    if why_not:
        said.append(f"NOT KEPT YET: {found.evidence.run} is sealed here and nowhere else: {why_not}")
    elif where:
        said.append(f"{found.evidence.run} is kept in {where}")
    return said


def _own_pipes() -> Lines:
    """The pipes, away from where steps and their children read and write."""
    inward, outward = os.dup(0), os.dup(1)
    empty = os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, 0)
    os.close(empty)
    os.dup2(2, 1)
    return Lines(inward, outward)


if __name__ == "__main__":
    sys.exit(main())
