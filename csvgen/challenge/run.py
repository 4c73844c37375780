"""Carry out a challenge: a template instance installed once, a copy of it for each trial, and the scripts through the product's own execution."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from csvgen.canonical import Digest, canonical_json, write_once
from csvgen.challenge import plan as planning
from csvgen.challenge.phrases import covering
from csvgen.challenge.plan import Selection
from csvgen.challenge.stage import MARK, require_disposable
from csvgen.clock import Clock, stored
from csvgen.config import Config
from csvgen.errors import ConfigError, NotIntact
from csvgen.evidence.challenge_record import baseline, challenges, next_number, read_challenge, read_trial
from csvgen.evidence.challenge_results import kill, seeded
from csvgen.evidence.read import RUN
from csvgen.execution.process import run_pytest
from csvgen.execution.session import planned
from csvgen.model.challenge import CHALLENGE, TRIALS, Challenge, ChallengePlan, Trial, TrialRecord
from csvgen.model.execution import Verdict
from csvgen.model.protocol import Protocol, TestCase
from csvgen.model.spec import Spec
from csvgen.steps.common import target_state
from csvgen.targets import bind, breaker, disposable

Tell = Callable[[str], None]


@dataclass
class Bench:
    """One challenge that is going on: its folder, the template instance and the trials so far."""

    config: Config
    spec: Spec
    protocol: Protocol
    clock: Clock
    tell: Tell
    folder: Path
    template: Path
    name: str
    trials: list[TrialRecord] = field(default_factory=list)

    def trial(self, manner: str, cases: Sequence[TestCase], fault: str = "") -> TrialRecord:
        """Execute cases once on a fresh copy of the template. Raises NotIntact when nothing of it can be read back."""
        number = f"T{len(self.trials) + 1:03d}"
        made = Trial(
            challenge=self.name, trial=number, system=self.spec.system.id, manner=manner, fault=fault,
            target=self.spec.settings.target, planned=planned(cases), created=stored(self.clock.now()),
        )  # fmt: skip
        folder = self.folder / TRIALS / number
        folder.mkdir(parents=True)
        write_once(folder / RUN, canonical_json(made))
        home = self.template.with_name(number)
        shutil.copytree(self.template, home)
        said: list[str] = []
        try:
            place = self.config.protocol_folder(self.spec.system.id)
            arguments = [f"{place / c.feature}::{c.id}" for c in cases]
            run_pytest(self.config.root, arguments, folder, said.append, formal=False, options=("--csvgen-trial", str(home)))
        finally:
            shutil.rmtree(home)
        if not any(folder.glob("journal.*.jsonl")):
            raise NotIntact(f"{number} recorded nothing: {' | '.join(said[-3:])}", where=str(folder))
        record, _ = read_trial(folder)
        self.trials.append(record)
        self.tell(f"{number} {fault or manner}: {_told(record)}")
        return record


def _told(trial: TrialRecord) -> str:
    if trial.plan.manner == "fault" and (why := seeded(trial)):
        return f"not seeded: {why}"
    if trial.plan.manner == "falsified":
        noticed = {f.phrase for f in trial.falsifications if f.noticed is not None}
        return f"{len(noticed)} of {len({f.phrase for f in trial.falsifications})} phrases noticed"
    green = sum(r.verdict is Verdict.PASSED for r in trial.results)
    kills = sum(kill(trial, r) is not None for r in trial.results)
    return f"{len(trial.results)} scripts, {green} green" + (f", {kills} red at a Then" if trial.plan.fault else "")


def carry_out(
    config: Config, spec: Spec, protocol: Protocol, clock: Clock, wanted: Selection, account: str, tell: Tell
) -> Challenge:
    """Every row that is wanted, and with a whole challenge also the faults of patterns and the falsified observations.

    Raises ConfigError where nothing can break the target, BadInput for a selection that is none. What was begun stays, not sealed.
    """
    target, settings = spec.settings.target, config.targets.get(spec.settings.target)
    if settings is None:
        raise ConfigError(f"csvgen.toml names no target {target!r}", hint=f"add [target.{target}] with adapter = ...")
    faults = breaker(target, settings)
    if not faults:
        raise ConfigError(
            f"nothing here can break {target} on purpose", rule="CHL001",
            hint="install the distribution csvgen-faults beside csvgen, in an environment that validates nothing",
        )  # fmt: skip
    rows = planning.rows(spec, protocol, wanted)
    if not rows:
        raise ConfigError(
            "no risk names a fault", rule="CHL009", hint="challenge: {how: ..., fault: ...} at a risk; csvgen explain faults"
        )
    every = planning.executable(protocol)
    linked = {case for row in rows for case in row.cases}
    cases = every if wanted.whole else tuple(c for c in every if c.id in linked)
    ledger = config.challenges(spec.system.id)
    with tempfile.TemporaryDirectory(prefix="csvgen-challenge-") as scratch:
        template = Path(scratch) / "template"
        disposable(target, settings, template, configured(spec))
        before = _baseline(target, settings, template)
        earlier = challenges(ledger)
        name = next_number(ledger)
        folder = ledger / name
        bench = Bench(config, spec, protocol, clock, tell, folder, template, name)
        made = ChallengePlan(
            challenge=name, system=spec.system.id, scope="complete" if wanted.whole else "partial", spec=spec.digest,
            scripts=planning.scripts(cases), rows=rows, faults=faults, baseline=before,
            previous=earlier[-1].digest if earlier else None, created=stored(clock.now()), account=account,
        )  # fmt: skip
        write_once(folder / CHALLENGE, canonical_json(made))
        _trials(bench, made, cases, whole=wanted.whole)
    return read_challenge(folder)


def _trials(bench: Bench, made: ChallengePlan, cases: Sequence[TestCase], *, whole: bool) -> None:
    by_id = {c.id: c for c in cases}
    sound = bench.trial("no fault", cases)
    fine = {r.case for r in sound.results if r.verdict is Verdict.PASSED}
    red: set[str] = set()
    tried: dict[str, list[str]] = {}

    def challenge(fault: str, ids: Iterable[str]) -> None:
        wanted = [by_id[c] for c in ids if c in fine]
        if wanted:
            trial = bench.trial("fault", wanted, fault)
            red.update(r.case for r in trial.results if kill(trial, r) is not None and not seeded(trial))
        for case in ids:
            tried.setdefault(case, []).append(fault)

    for fault in dict.fromkeys(row.fault for row in made.rows):
        linked = {case for row in made.rows if row.fault == fault for case in row.cases}
        challenge(fault, [c.id for c in cases if c.id in linked])
    if not whole:
        return
    demanded = planning.demands(bench.spec, cases)
    while (found := planning.sweep((c.id for c in cases if c.id in fine - red), demanded, tried)) is not None:
        challenge(*found)
    bench.trial("falsified", covering(c for c in cases if c.id in fine))


def configured(spec: Spec) -> dict[str, str]:
    """The configuration of the approved baseline, so that the disposable instance is like the one that is validated."""
    return {
        item.subject: item.expected
        for section in spec.installation.sections
        for item in section.items
        if item.kind == "configuration" and item.subject != MARK
    }


def _baseline(target: str, settings: Mapping[str, str], home: Path) -> Digest:
    """Components and configuration of the instance. Raises Refused when it is not disposable."""
    bound = bind(target, {**settings, "root": "", "home": str(home), "install": "no"})
    try:
        require_disposable(bound)
        return baseline(target_state(bound))
    finally:
        bound.close()
