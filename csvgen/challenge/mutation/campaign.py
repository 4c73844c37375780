"""A campaign: a seeded sample of the reached mutants, each run against the OQ, written down line by line.

The journal is one file of JSON lines: first what the campaign is (seed, sample, digest of what was measured), then one line a mutant.
A campaign that was ended goes on behind its last whole line; one over other sources, cases or settings is refused.

The order of the cases of a mutant is the order of depth: those of low, then what medium adds, then what high adds, the quickest first.
The depth of the first red case is therefore the lowest at which the mutant is found, and one pass gives all three scores.

With a budget a mutant is given cases of so many seconds at each depth: in turn one of each feature that reaches it, so that different
scripts look at it before the second case of one does; first those that execute lines of its file, and most of all lines near it, which
few others execute, for these are about what stands there. A mutant that survives within the budget counts as survived although other cases
that reach it were not asked: the score can only be too low.

Every 25th entry is a control: the cases of the mutant before, in the same order, against the released code. One that is red means that
reds of this campaign may not be the mutants' doing.
"""

from __future__ import annotations

import difflib
import itertools
import json
import os
import random
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Literal

from csvgen.canonical import Digest, digest
from csvgen.challenge.mutation import reach as reaching
from csvgen.challenge.mutation.levels import LEVELS, Case
from csvgen.challenge.mutation.mutants import Mutant, mutants_of, mutated, sources, text_of
from csvgen.challenge.mutation.processes import Driven, Zygote, copied
from csvgen.challenge.mutation.reach import Bench, Reach
from csvgen.errors import BadInput, CsvgenError
from csvgen.model.base import Level

CONTROL = 25
FORMAT = "csvgen.mutation/1"
Outcome = Literal["killed", "error", "timeout", "survived"]


@dataclass(frozen=True)
class Plan:
    """What a campaign works off."""

    basis: Digest
    seed: int
    sample: int
    mutants: tuple[Mutant, ...]
    """Drawn, in the order of the draw."""
    discarded: int
    """Drawn and put back: they do not compile, or compile to the same code."""
    population: Mapping[str, tuple[int, int]]
    """File -> mutants reached by a case, mutants reached by none."""
    budget: float = 0.0
    """Seconds of cases at each depth for one mutant; 0: every case that reaches it."""

    @property
    def digest(self) -> Digest:
        return digest([str(self.basis), str(self.seed), str(self.sample), str(self.budget), [m.id for m in self.mutants]])


def population(folder: Path, basis: Digest, show: Callable[[str], None]) -> tuple[Mutant, ...]:
    """Every mutant of the rooms; kept beside the measurement, for finding them takes a minute."""
    kept = folder / "population.json"
    if kept.is_file() and (found := json.loads(kept.read_bytes()))["basis"] == str(basis):
        return tuple(Mutant(**m) for m in found["mutants"])
    made: list[Mutant] = []
    for number, path in enumerate(sources(), 1):
        made += mutants_of(path)
        show(f"found {len(made)} mutants in {number} of {len(sources())} files")
    kept.write_text(json.dumps({"basis": str(basis), "mutants": [asdict(m) for m in made]}), "ascii")
    return tuple(made)


def drawn(everything: Sequence[Mutant], reach: Reach, seed: int, sample: int, files: str = "", budget: float = 0.0) -> Plan:
    """A simple random sample, without replacement, of the mutants that at least one case reaches; of files whose path begins with `files`."""
    counts: dict[str, tuple[int, int]] = {}
    reached: list[Mutant] = []
    for mutant in (m for m in everything if m.path.startswith(files)):
        hit = bool(reach.needed(mutant))
        have = counts.get(mutant.path, (0, 0))
        counts[mutant.path] = (have[0] + hit, have[1] + (not hit))
        if hit:
            reached.append(mutant)
    random.Random(seed).shuffle(reached)  # noqa: S311 - a draw that can be repeated
    found: list[Mutant] = []
    discarded = 0
    for mutant in reached:
        if len(found) == sample:
            break
        if mutated(mutant) is None:
            discarded += 1
        else:
            found.append(mutant)
    return Plan(reach.basis, seed, sample, tuple(found), discarded, counts, budget)


class Journal:
    """The lines of a campaign on disk."""

    def __init__(self, path: Path, plan: Plan) -> None:
        self._path, self._alone = path, threading.Lock()
        head = {"format": FORMAT, "plan": str(plan.digest), "seed": plan.seed, "sample": plan.sample, "basis": str(plan.basis)}
        head |= {"budget": plan.budget} if plan.budget else {}
        self.entries: list[dict[str, Any]] = []
        if path.is_file():
            whole = path.read_bytes()
            whole = whole[: whole.rfind(b"\n") + 1]  # a torn last line was never written
            lines = [json.loads(line) for line in whole.splitlines()]
            if lines and lines[0] != head:
                raise BadInput(
                    "this journal is of another campaign: other seed, sample, sources or cases", where=str(path),
                    hint="name another folder, or remove the journal",
                )  # fmt: skip
            self.entries = lines[1:]
            path.write_bytes(whole)
        if not path.is_file() or not path.stat().st_size:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._append(head)

    def add(self, entry: dict[str, Any]) -> None:
        with self._alone:
            self.entries.append(entry)
            self._append(entry)

    def _append(self, entry: dict[str, Any]) -> None:
        with self._path.open("ab") as stream:
            stream.write(json.dumps(entry, sort_keys=True).encode("ascii") + b"\n")
            stream.flush()
            os.fsync(stream.fileno())


class Campaign:
    """Works off a plan with as many workers as wanted."""

    def __init__(self, bench: Bench, cases: Sequence[Case], reach: Reach, plan: Plan, journal: Journal) -> None:
        self._bench, self._reach, self._plan, self._journal = bench, reach, plan, journal
        self._cases = {c.key: c for c in cases}
        self._keys = {c.node: c.key for c in cases}
        self._template = bench.folder / "template"

    def run(self, show: Callable[[str], None]) -> None:
        """Work off what the journal does not hold yet."""
        done = {e.get("mutant") or e.get("control") for e in self._journal.entries}
        zygote = Zygote(self._bench.folder, "zygote", self._reach.modules["server"])
        waiting: SimpleQueue[tuple[int, Driven]] = SimpleQueue()
        drivers = [self._bench.driver(f"driver-{n}", self._reach.modules["driver"]) for n in range(self._bench.workers)]
        for pair in enumerate(drivers):
            waiting.put(pair)

        def one(task: tuple[str, Mutant]) -> None:
            name, mutant = task
            number, driver = waiting.get()
            try:
                entry = self._tried(zygote, driver, number, mutant, control=name if name.startswith("control") else "")
                self._journal.add(entry)
                show(self._told(entry))
            finally:
                waiting.put((number, driver))

        try:
            if not self._template.is_dir() and (problem := zygote.install(self._template, self._bench.settings)):
                raise CsvgenError(f"the released system cannot be installed: {problem}")
            with ThreadPoolExecutor(self._bench.workers) as pool:
                working = [pool.submit(one, t) for t in self._tasks() if t[0] not in done]
                try:
                    for work in working:
                        work.result()
                except BaseException:
                    pool.shutdown(wait=False, cancel_futures=True)
                    raise
        finally:
            zygote.close()
            for driver in drivers:
                driver.close()

    def _tasks(self) -> Iterator[tuple[str, Mutant]]:
        for number, mutant in enumerate(self._plan.mutants, 1):
            yield mutant.id, mutant
            if number % CONTROL == 0:
                yield f"control-{number}", mutant

    def ordered(self, mutant: Mutant) -> list[Case]:
        """The cases a mutant needs, in the order of depth, then of time."""
        needed = [self._cases[key] for key in self._reach.needed(mutant)]
        return sorted(needed, key=lambda c: (LEVELS.index(c.level), self._reach.seconds[c.key], c.key))

    def asked(self, mutant: Mutant) -> list[Case]:
        """Those of the ordered that are executed: all of them, or of each depth as many as the budget has seconds for."""
        if not self._plan.budget:
            return self.ordered(mutant)
        found: list[Case] = []
        for level in LEVELS:
            spent = 0.0
            cases = [c for c in self.ordered(mutant) if c.level == level]
            cases.sort(key=lambda c: -self._reach.weight(c.key, mutant))  # those of one weight stay in the order of time
            for case in in_turn(cases):
                if spent and spent + self._reach.seconds[case.key] > self._plan.budget:
                    continue
                spent += self._reach.seconds[case.key]
                found.append(case)
        return found

    def _tried(self, zygote: Zygote, driver: Driven, number: int, mutant: Mutant, *, control: str) -> dict[str, Any]:
        started = time.monotonic()
        text = text_of(mutant.path) if control else mutated(mutant)
        assert text is not None
        change = {"mutant": {"module": mutant.module, "path": mutant.path, "text": text}}
        home, cases = self._bench.folder / f"home-{number}", self.asked(mutant)
        anew, problem = self._reach.at_installation(mutant), ""
        if anew:
            shutil.rmtree(home, ignore_errors=True)
            problem = zygote.install(home, self._bench.settings, **change)
        else:
            copied(self._template, home)
        if problem:
            outcome: Outcome = "timeout" if problem == "timeout" else "error"
            found = {
                "outcome": outcome,
                "level": "low",
                "case": "",
                "reason": f"no instance can be installed: {problem}",
                "ran": 0,
            }
        else:
            found = self._executed(driver, zygote.server(f"worker-{number}", **change), home, cases)
        about = {"mutant": mutant.id, "operator": mutant.operator, "diff": diff(mutant, text)}
        about = {"control": control, "of": mutant.id} if control else about
        more = {
            "path": mutant.path,
            "line": mutant.line,
            "cases": len(self._reach.needed(mutant)),
            "installed": "yes" if anew else "no",
        }
        return {**about, **found, **more, "seconds": round(time.monotonic() - started, 2)}

    def _executed(self, driver: Driven, server: Sequence[str], home: Path, cases: Sequence[Case]) -> dict[str, Any]:
        told = driver.ask(home, server, [(c.node, self._reach.limit(c.key)) for c in cases])
        ran, red = len(told.cases), told.red
        if told.end != "done":
            key = self._keys.get(told.case, "")
            outcome: Outcome = "timeout" if told.end == "timeout" else "error"
            return {"outcome": outcome, "level": self._level(key), "case": key, "reason": told.end, "ran": ran}
        if red is None:
            if ran != len(cases):
                raise CsvgenError(f"{len(cases)} cases were asked for, {ran} were executed")
            return {"outcome": "survived", "level": "", "case": "", "reason": "", "ran": ran}
        key = self._keys[red["case"]]
        outcome = "killed" if red["verdict"] == "FAILED" else "error"
        return {"outcome": outcome, "level": self._level(key), "case": key, "reason": red["reason"], "ran": ran}

    def _level(self, key: str) -> Level:
        return self._cases[key].level if key in self._cases else "low"

    def _told(self, entry: dict[str, Any]) -> str:
        done = sum("mutant" in e for e in self._journal.entries)
        name = entry.get("control") or f"{entry['path']}:{entry['line']} {entry['operator']} {entry['mutant']}"
        by = f" by {entry['case']}" if entry["case"] else ""
        return f"{done} of {len(self._plan.mutants)}: {entry['outcome']}{by}: {name} ({entry['ran']} cases, {entry['seconds']} s)"


def in_turn(cases: Sequence[Case]) -> list[Case]:
    """The first case of each feature, then the second of each, and so on; features in the order of their first."""
    features: dict[str, list[Case]] = {}
    for case in cases:
        features.setdefault(case.node.partition("::")[0], []).append(case)
    return [case for row in itertools.zip_longest(*features.values()) for case in row if case is not None]


def diff(mutant: Mutant, text: str) -> str:
    """The change, without context."""
    lines = difflib.unified_diff(text_of(mutant.path).splitlines(), text.splitlines(), lineterm="", n=0)
    return "\n".join(line for line in lines if not line.startswith(("---", "+++", "@@")))


def measured(bench: Bench, cases: Sequence[Case], kept: Path, show: Callable[[str], None]) -> Reach:
    """The measurement kept beside the campaign when it is of the same sources and cases; else measured now."""
    basis = reaching.basis_of(cases, bench.settings)
    found = reaching.read(kept, basis)
    if found is None:
        found = reaching.measure(bench, cases, show)
        reaching.write(kept, found)
    return found
