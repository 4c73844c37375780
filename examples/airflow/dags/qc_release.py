"""QC release testing under Apache Airflow 3: one task for each step, and one group of them for each lot.

Airflow decides when and for which lots; what is calculated, by which code, csvgen decides. Each task starts the Python whose packages
were locked with the steps (Airflow's own packages stay out of it) and hands digests on; the bytes lie in a folder, written once.
`deployment.json` beside this file names steps and pins; code that is not the pinned code does not run. Made by

    echo '{"pipeline": "qc-release"}' | python -m csvgen.pipeline.stepwise deploy > deployment.json

Variables of the environment: CSVGEN_PYTHON (the Python csvgen is installed for), CSVGEN_WORK (folder of bytes and records),
CSVGEN_INBOX (one folder for each lot: plate.csv or chromatogram.csv, parameters.json).
"""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

from airflow.sdk import Param, dag, get_current_context, task, task_group
from airflow.sdk.exceptions import AirflowFailException

DEPLOYMENT = json.loads((Path(__file__).parent / "deployment.json").read_text(encoding="utf-8"))
LOT = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,94}[A-Za-z0-9])?")
INPUTS = {"plate": "plate.csv", "chromatogram": "chromatogram.csv"}


def ask(verb: str, **request: Any) -> dict[str, Any]:
    """One answer of csvgen. What it refuses fails the task at once: trying again would be refused again."""
    done = subprocess.run(
        [os.environ["CSVGEN_PYTHON"], "-m", "csvgen.pipeline.stepwise", verb],
        input=json.dumps(request), capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise AirflowFailException(done.stderr.strip() or f"csvgen ended with {done.returncode}")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@task(task_id="lots")
def chosen() -> list[str]:
    """The lots asked for."""
    lots = list(get_current_context()["params"]["lots"])
    if strange := [lot for lot in lots if not LOT.fullmatch(lot)]:
        raise AirflowFailException(f"not a lot number: {strange[0]!r}")
    if len(set(lots)) != len(lots):
        raise AirflowFailException("a lot is named twice")
    return lots


@task
def begin(lot: str) -> dict[str, Any]:
    """Hash and keep the files of a lot."""
    context = get_current_context()
    run, params = context["dag_run"], context["params"]
    folder = Path(os.environ["CSVGEN_INBOX"]) / lot
    told = {
        "name": "Apache Airflow",
        "dag_id": run.dag_id,
        "run_id": run.run_id,
        "operator": getattr(run, "triggering_user_name", None) or "(nobody named)",
        "note": str(params["note"]),
        "ticket": str(params["ticket"]),
    }
    return ask(
        "begin", deployment=DEPLOYMENT, store=str(Path(os.environ["CSVGEN_WORK"]) / "store"), subject=f"lot/{lot}", told=told,
        files={name: str(folder / file) for name, file in INPUTS.items() if (folder / file).is_file()},
        parameters=json.loads((folder / "parameters.json").read_text(encoding="utf-8")),
    )  # fmt: skip


@task
def step(name: str, work: dict[str, Any], before: list[dict[str, Any]]) -> dict[str, Any]:
    """One step."""
    return ask("step", step=name, work=work, before=before)


@task
def end(work: dict[str, Any], before: list[dict[str, Any]]) -> dict[str, str]:
    """Write the record of the run; hand on what it comes to."""
    record = ask("end", work=work, before=before)
    run = re.sub(r"[^A-Za-z0-9.+-]", "_", record["id"])
    path = Path(os.environ["CSVGEN_WORK"]) / "runs" / run / f"{record['subject'].removeprefix('lot/')}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("x", encoding="utf-8") as stream:
        json.dump(record, stream, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        stream.write("\n")
    return {"lot": record["subject"], "valid": record["valid"], "outputs": record["outputs"]}


@task_group
def release(lot: str) -> None:
    """All steps for one lot."""
    work = begin(lot)
    answers: list[Any] = []
    for name in DEPLOYMENT["steps"]:
        answers.append(step.override(task_id=name)(name, work, list(answers)))
    end(work, answers)


@dag(
    schedule=None,
    start_date=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    catchup=False,
    params={
        "lots": Param(["L-1"], type="array", items={"type": "string"}, minItems=1, description="Lots to be tested"),
        "ticket": Param("", type="string", pattern="^[A-Z]+-[0-9]+$|^$", description="Change ticket"),
        "note": Param("", type="string", description="Note of the operator"),
    },
    tags=["csvgen", "GxP"],
)
def qc_release() -> None:
    """Release testing of lots by csvgen."""
    release.expand(lot=chosen())


qc_release()
