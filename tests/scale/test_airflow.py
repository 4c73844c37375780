"""The DAG under a real Airflow 3: shards as mapped tasks, and the merge behind them."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from csvgen.evidence.read import read_run
from csvgen.model.execution import Verdict

from ..counterparts.airflow import Airflow
from ..tiny import SYSTEM

DAG = Path(__file__).parents[2] / "examples" / "airflow" / "dags" / "csvgen_shards.py"


def under_airflow(project: Path, tmp_path: Path) -> Airflow:
    (tmp_path / "dags").mkdir()
    shutil.copyfile(DAG, tmp_path / "dags" / DAG.name)
    (tmp_path / "airflow").mkdir()
    environment = {
        "CSVGEN_PYTHON": sys.executable, "CSVGEN_PROJECT": str(project), "CSVGEN_SHARDS": str(tmp_path / "shared"),
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
    }  # fmt: skip
    return Airflow(tmp_path / "airflow", tmp_path / "dags", {k: v for k, v in environment.items() if v})


@pytest.mark.slow
@pytest.mark.needs("airflow")
@pytest.mark.parametrize("passes", [True, False], ids=["all passes", "a case fails"])
def test_the_dag_executes_shards_and_merges_them(wide: Path, tmp_path: Path, passes: bool) -> None:
    project = Path(shutil.copytree(wide, tmp_path / "project"))
    if passes:
        (project / "two.txt").write_text("2\n", encoding="utf-8")
    done = under_airflow(project, tmp_path).test("csvgen_shards", {"phase": "", "shards": 3, "formal": False})
    assert (done.returncode == 0) is passes, done.stdout[-3000:] + done.stderr[-3000:]
    (folder,) = (project / "output" / SYSTEM / "runs").iterdir()
    run = read_run(folder)
    assert run.sealed and run.seal is not None and run.seal.complete
    assert run.plan.merged is not None
    assert [s.number for s in run.plan.merged.shards] == [1, 2, 3]
    failed = [r.case for r in run.results if r.verdict is not Verdict.PASSED]
    assert (len(run.results), len(failed)) == (7, 0 if passes else 1)
    assert ("state=success" if passes else "state=failed") in (done.stdout + done.stderr).replace("'", "").lower()
