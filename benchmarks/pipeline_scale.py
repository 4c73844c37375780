"""Ten thousand lots as one batch against one by one, in one run, with the same digests.

    python benchmarks/pipeline_scale.py [--lots 10000] [--workers 2] [--write]

The data are made from a fixed seed: for each lot a plate of calibrators and samples, and a list of peaks; some are out of specification,
some fail their system suitability, some are no data at all. "Steps alone" performs the pipeline qc-release over all lots with nothing
written: by `carry_out` in this process, one after the other, and by workers. "With records" writes into an instance: a batch as a whole,
and, for as many lots as `--single` says, each lot with its own check of the approved code and its own change of the ledger.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from results import write_section

from csvgen.canonical import digest
from csvgen.clock import SystemClock
from csvgen.errors import BadInput
from csvgen.pipeline.flow.bundle import Bundle, InProcess, pins_now
from csvgen.pipeline.flow.definition import shipped
from csvgen.pipeline.flow.flows import Flows, Given
from csvgen.pipeline.flow.performing import carry_out
from csvgen.pipeline.many import Batch, Task, record_alone
from csvgen.pipeline.qc import results
from csvgen.pipeline.release import QcRelease
from csvgen.pipeline.workers import Crew, Job
from csvgen.targets.local.install import ACCOUNTS, install, master

SEED = 20261121
PIPELINE = "qc-release"
LEVELS = (0, 250, 500, 750, 1000, 1250, 1500)


def tasks(count: int) -> Iterator[Task]:
    """Made lots, always the same."""
    chance = random.Random(SEED)
    method = next(m for m in master().methods if m.id == "LIN-01")
    parameters = results.parameters(method, "S1", ["potency", "impurity"])
    for number in range(count):
        lot = f"L-{number:05d}"
        noise = 0.002 if chance.random() > 0.01 else 0.4  # noqa: PLR2004 - one in a hundred has no straight line
        rows = [f"standard,{lot}-{level},{level},{max(0, level / 1000 + chance.gauss(0, noise)):.5f}" for level in LEVELS]
        potency = chance.gauss(1.0, 0.02)
        rows += [f"sample,S1,1,{potency + chance.gauss(0, 0.003):.5f}" for _ in range(3)]
        plate = "\n".join(["#qc-plate/1", "kind,id,level_or_dilution,signal", *rows, f"end,{len(rows)}", ""])
        if chance.random() < 0.005:  # noqa: PLR2004 - and one in two hundred came broken
            plate = plate[: len(plate) // 2]
        areas = {"Main": 100_000.0, **{f"Impurity {n}": abs(chance.gauss(60, 40)) for n in "ABCDE"}}
        peaks = [f"{name},{area:.2f}" for name, area in areas.items()]
        chromatogram = "\n".join(["#qc-peaks/1", "name,area", *peaks, f"end,{len(peaks)}", ""])
        given = {
            "plate": Given(f"file/{lot}:plate.csv", 1, plate.encode(), "plate.csv"),
            "chromatogram": Given(f"file/{lot}:peaks.csv", 1, chromatogram.encode(), "peaks.csv"),
        }
        yield Task(f"lot/{lot}", given, parameters, method.id, 1)


def jobs(count: int) -> Iterator[Job]:
    for task in tasks(count):
        inputs = {name: g.data for name, g in task.given.items()}
        yield Job(task.subject, inputs, task.parameters, {name: g.file for name, g in task.given.items()})


def one_by_one(count: int) -> tuple[dict[str, str], float]:
    """Outputs by lot and seconds: the steps of each lot in this process."""
    definition, bundle = shipped(PIPELINE), Bundle.shipped()
    executor, found = InProcess(bundle), {}
    for job in jobs(1):
        carry_out(definition, job.inputs, job.parameters, executor=executor, now=lambda: "", files=job.files)  # libraries loaded
    begun = time.perf_counter()
    for job in jobs(count):
        try:
            carried = carry_out(definition, job.inputs, job.parameters, executor=executor, now=lambda: "", files=job.files)
            found[job.key] = str(carried.outputs(definition))
        except BadInput:
            found[job.key] = ""
    return found, time.perf_counter() - begun


def by_workers(count: int, workers: int) -> tuple[dict[str, str], float]:
    """The same by worker processes, their start included."""
    definition, bundle = shipped(PIPELINE), Bundle.shipped()
    crew = Crew(definition, bundle, pins_now(definition, bundle), InProcess(bundle), workers)
    begun = time.perf_counter()
    found = {d.key: str(d.carried.outputs(definition)) if d.carried else "" for d in crew.perform(jobs(count))}
    return found, time.perf_counter() - begun


def with_records(home: Path, count: int, single: int, workers: int) -> dict[str, float | str]:
    """A batch of all, then some one at a time, in one instance."""
    import json

    install(home, {})
    accounts = json.loads((home / ACCOUNTS).read_bytes())["analyst"]
    with QcRelease(home, SystemClock()) as app:
        core = app._core  # noqa: SLF001 - no port offers the many yet
        acting = core.directory.session(app.access.log_in(accounts["user_id"], accounts["password"]).reference)
        events = core.ledger.head().count
        begun = time.perf_counter()
        batch = Batch(core, PIPELINE, workers=workers).perform(acting, tasks(count))
        seconds = time.perf_counter() - begun
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        events = core.ledger.head().count - events
        flows, done = Flows(core), 0
        begun = time.perf_counter()
        for task in tasks(single):
            try:
                performed = flows.perform(acting, PIPELINE, task.subject, task.given, task.parameters)
            except BadInput:
                continue
            with core.ledger.change(core.actor(acting), "run") as change:
                record_alone(change, task, performed)
            done += 1
        alone = (time.perf_counter() - begun) / single
        assert core.ledger.problems() == ()
        table = Batch(core, PIPELINE).table(batch.id)
        invalid = sum(v.content["valid"] == "no" for v in core.ledger.all("run")[: batch.performed])
    found: dict[str, float | str] = {
        "memory": memory,
        "invalid": invalid,
        "seconds": seconds,
        "alone": alone,
        "events": events,
        "outputs": batch.outputs,
    }
    return found | {"performed": batch.performed, "failed": batch.failed, "rows": table.height, "parts": batch.parts}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lots", type=int, default=10_000)
    parser.add_argument("--single", type=int, default=200)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    alone, slow = one_by_one(asked.lots)
    together, quick = by_workers(asked.lots, asked.workers)
    assert alone == together, "every lot has the digest it has alone"
    with tempfile.TemporaryDirectory(prefix="csvgen-bench-") as folder:
        told = with_records(Path(folder) / "instance", asked.lots, asked.single, asked.workers)
    assert told["outputs"] == digest(alone), "and so has the batch"
    worker = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    rate = asked.lots / float(told["seconds"])
    text = f"""`python benchmarks/pipeline_scale.py --lots {asked.lots} --single {asked.single} --workers {asked.workers} --write`, Python \
{platform.python_version()}, {os.cpu_count()} cores. Pipeline {PIPELINE} {shipped(PIPELINE).version}, seed {SEED}.

| {asked.lots:,} lots | seconds | lots per second | ratio |
|---|---|---|---|
| steps alone, one by one in one process | {slow:.1f} | {asked.lots / slow:,.0f} | 1.00 |
| steps alone, {asked.workers} workers, their start included | {quick:.1f} | {asked.lots / quick:,.0f} | {slow / quick:.2f} |
| with records, one by one (of {asked.single} lots) | {told["alone"] * asked.lots:,.0f} (worked out) | {1 / float(told["alone"]):,.1f} | 1.00 |
| with records, as a batch | {float(told["seconds"]):.1f} | {rate:,.0f} | {rate * float(told["alone"]):,.1f} |

- The digest of results of every lot is the same in all ways (asserted); the whole batch: `{told["outputs"]}`.
- {told["performed"]:,} lots have a run ({told["invalid"]:,} of them without result: system suitability not met), \
{told["failed"]:,} were refused and are named with their reason; {told["rows"]:,} reported values in the table.
- {told["events"]:,} events in {told["parts"]} changes and two more; the trail was walked afterwards without a finding.
- Most memory until the batch was closed: {float(told["memory"]):,.0f} MB here (the ledger keeps what it wrote last), {worker:,.0f} MB in the largest worker.
- One by one looks through the approved code and the packages it stands on for each lot; a batch does so once here and once in each worker."""
    print(text)
    if asked.write:
        write_section("Ten thousand lots at once", text)


if __name__ == "__main__":
    main()
