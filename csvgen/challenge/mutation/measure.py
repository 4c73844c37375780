"""One mutation measurement from beginning to end: protocols, reach, sample, campaign, page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from csvgen.canonical import write
from csvgen.challenge.mutation import campaign, score
from csvgen.challenge.mutation.levels import protocols
from csvgen.challenge.mutation.processes import scratch
from csvgen.challenge.mutation.reach import Bench, basis_of
from csvgen.config import load_config
from csvgen.errors import BadInput, NotIntact


@dataclass(frozen=True)
class Wanted:
    """What is to be measured."""

    project: Path
    system: str
    sample: int = 1000
    seed: int = 1
    workers: int = 1
    folder: Path | None = None
    """Journal and measurement; by default ``output/<system>/mutation``."""
    budget: float = 0.0
    """Seconds of cases at each depth for one mutant; 0: every case that reaches it."""
    page: Path | None = None
    equivalent: Path | None = None
    files: str = ""
    """Only mutants of files whose path begins so, as ``audit/``: for trying, not for the figure."""
    only: str = ""
    """Only cases whose key begins so, as ``URS-QC-020``: for trying, not for the figure."""
    settings: tuple[str, ...] = ("failures_to_lock=3", "idle_seconds=5")
    """Of the instance, as the qualified one has them."""


def mutate(wanted: Wanted, show: Callable[[str], None]) -> list[str]:
    """Measure what is not measured yet, and give the table. Raises BadInput for a wish that makes no sense or another journal."""
    if wanted.sample < 1 or wanted.workers < 1 or wanted.budget < 0:
        raise BadInput("a sample and its workers are at least one, a budget is not negative")
    config = load_config(wanted.project)
    folder = (wanted.folder or config.output / wanted.system / "mutation").resolve()
    named = score.equivalents(wanted.equivalent) if wanted.equivalent else {}
    features = folder / "features"
    with scratch(folder) as place:
        for old in features.rglob("*.feature"):
            old.unlink()
        cases = tuple(c for c in protocols(config, wanted.system, features) if c.key.startswith(wanted.only))
        if not cases:
            raise BadInput(f"no case of the OQ has a key that begins with {wanted.only!r}")
        bench = Bench(config.root, wanted.system, features, place, wanted.settings, wanted.workers)
        reach = campaign.measured(bench, cases, folder / "reach.json", show)
        plan = campaign.drawn(
            campaign.population(folder, reach.basis, show), reach, wanted.seed, wanted.sample, wanted.files, wanted.budget
        )
        journal = campaign.Journal(folder / f"journal-{wanted.seed}-{wanted.sample}.jsonl", plan)
        campaign.Campaign(bench, cases, reach, plan, journal).run(show)
        if basis_of(cases, wanted.settings) != reach.basis:
            raise NotIntact("the sources were changed while the campaign was at work", hint="remove its journal, and begin anew")
    found = score.score(journal.entries, [c for c in cases if c.key in reach.seconds], named)
    if wanted.page is not None:
        part = "".join(
            f" --{name} {value}"
            for name, value in (("budget", wanted.budget), ("files", wanted.files), ("only", wanted.only))
            if value
        )
        command = f"python -m csvgen.challenge.mutation -s {wanted.system} --seed {wanted.seed} --sample {wanted.sample}{part}"
        text = score.page(
            found,
            plan.population,
            reach,
            seed=wanted.seed,
            sample=wanted.sample,
            discarded=plan.discarded,
            budget=plan.budget,
            command=command,
        )
        write(wanted.page, text.encode("utf-8"))
    return [score.WARNING, "", *score.table(found, plan.population)]
