"""An execution of csvgen on many workers under Apache Airflow 3: one mapped task for each shard, and one that puts them together.

Airflow decides where and when; what is executed, by whom and whether it is whole, csvgen decides. Every task starts the Python csvgen is
installed for, so that Airflow's own packages stay out of the tools that are on record. A task that failed is not tried again: a shard is
never executed twice. A failed case makes its shard red, and the merge runs all the same; what is missing it names.

Variables of the environment, on every worker: CSVGEN_PYTHON (that Python), CSVGEN_PROJECT (a checkout of the project, with its seal key in
place), CSVGEN_SHARDS (a folder that all workers reach: plan and shards go there). For a formal run also CSVGEN_ACCOUNT and
CSVGEN_TOKEN_FILE of the technical account the order names, and one records database for all workers (docs/scale-out.md).
"""

from __future__ import annotations

import datetime as dt
import os
import re
import shutil
import subprocess
from pathlib import Path

from airflow.sdk import Param, TriggerRule, dag, get_current_context, task
from airflow.sdk.exceptions import AirflowFailException

FINDINGS = 1
"""Exit code of a command that did its work and has findings: here, cases that did not pass."""


def project() -> Path:
    return Path(os.environ["CSVGEN_PROJECT"])


def shared() -> Path:
    """The folder of this run of the DAG, on the storage that all workers reach."""
    run = re.sub(r"[^A-Za-z0-9.-]", "_", str(get_current_context()["dag_run"].run_id))
    return Path(os.environ["CSVGEN_SHARDS"]) / run


def formal() -> list[str]:
    return ["--formal"] if get_current_context()["params"]["formal"] else []


def csvgen(*arguments: str) -> int:
    """One command; its words go to the log of the task. Fails the task for everything but success and findings."""
    done = subprocess.run(
        [os.environ["CSVGEN_PYTHON"], "-m", "csvgen", *arguments], cwd=project(), capture_output=True, text=True, check=False
    )
    print(done.stdout, done.stderr, sep="\n")
    if done.returncode not in (0, FINDINGS):
        raise AirflowFailException(done.stderr.strip() or f"csvgen ended with {done.returncode}")
    return done.returncode


@task
def plan() -> list[int]:
    """The plan all shards carry; the numbers of the shards."""
    params = get_current_context()["params"]
    shards = int(params["shards"])
    phase = [str(params["phase"])] if params["phase"] else []
    if csvgen("plan", *phase, "--shards", str(shards), "--out", str(shared() / "shards.json"), *formal()):
        raise AirflowFailException("no plan was made; the log says why")
    return list(range(1, shards + 1))


@task(retries=0)
def shard(number: int) -> int:
    """Execute one shard and hand its folder over, also when cases failed: that is evidence too."""
    plan_file, of = shared() / "shards.json", get_current_context()["params"]["shards"]
    code = csvgen("run", "--plan", str(plan_file), "--shard", f"{number}/{of}", *formal())
    made = sorted(project().glob(f"output/*/shards/*/{number}of{of}/shards.json"))
    mine = [p.parent for p in made if p.read_bytes() == plan_file.read_bytes()]
    if not mine:
        raise AirflowFailException("the shard was refused; the log says why")
    shutil.copytree(mine[0], shared() / "shards" / mine[0].name)
    if code:
        raise AirflowFailException("cases of this shard did not pass")
    return number


@task(retries=0, trigger_rule=TriggerRule.ALL_DONE)
def merge() -> None:
    """Put together what was handed over. Red when a shard is missing or wrong, and when a case did not pass."""
    if csvgen("merge", str(shared() / "shards"), "--plan", str(shared() / "shards.json"), *formal()):
        raise AirflowFailException("not everything passed, or not everything is there; the log says what")


@dag(
    schedule=None,
    start_date=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    catchup=False,
    params={
        "phase": Param("", type="string", enum=["", "IQ", "OQ", "PQ"], description="Phase; empty: all of them"),
        "shards": Param(3, type="integer", minimum=1, maximum=1000, description="Number of shards"),
        "formal": Param(False, type="boolean", description="Execute the issued order of the phase"),
    },
    tags=["csvgen", "GxP"],
)
def csvgen_shards() -> None:
    """Execute protocols of csvgen in shards, and merge them."""
    shard.expand(number=plan()) >> merge()


csvgen_shards()
