"""The pilot study for tests: its files, its plan, files made from changed copies of it, and the steps performed on them."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

import pandas as pd
import pyreadstat

from csvgen.pipeline.clinical.plan import Plan
from csvgen.pipeline.clinical.plan_file import read_plan
from csvgen.pipeline.flow.bundle import Bundle, InProcess
from csvgen.pipeline.flow.definition import shipped
from csvgen.pipeline.flow.performing import Carried, carry_out

EXAMPLE = Path(__file__).parents[2] / "examples" / "clinical"
FILES = {"dm": "sdtm_dm.xpt", "ex": "sdtm_ex.xpt", "ts": "sdtm_ts.xpt", "analysis": "adam_adtte.xpt"}
PLAN_TEXT = (EXAMPLE / "plan.yaml").read_bytes()
PLAN: Plan = read_plan(PLAN_TEXT, "plan.yaml")


def original(name: str) -> bytes:
    """The bytes of a file of the pilot."""
    return (EXAMPLE / "data" / FILES.get(name, name)).read_bytes()


def given() -> dict[str, bytes]:
    """All four inputs."""
    return {name: original(name) for name in FILES}


@cache
def _frame(name: str) -> pd.DataFrame:
    encoding = "WINDOWS-1252" if name == "ts" else None
    return pyreadstat.read_xport(EXAMPLE / "data" / FILES.get(name, name), encoding=encoding)[0]


def frame(name: str) -> pd.DataFrame:
    """A file of the pilot as a frame of its own."""
    return _frame(name).copy()


def xpt(data: pd.DataFrame, name: str, version: int = 5) -> bytes:
    """A frame as XPORT, written without any of our code."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made.xpt"
        pyreadstat.write_xport(data, str(path), table_name=name, file_format_version=version)
        return path.read_bytes()


def perform(inputs: dict[str, bytes], plan: Plan = PLAN) -> Carried:
    """The steps of the pipeline on these bytes."""
    return carry_out(
        shipped("clinical"),
        inputs,
        plan.parameters(),
        executor=InProcess(Bundle.shipped()),
        now=lambda: "2026-11-21T00:00:00.000000Z",
        files={name: f"{name}.xpt" for name in inputs},
    )


@cache
def pilot() -> Carried:
    """The pilot as it is."""
    return perform(given())


def records(carried: Carried, product: str) -> list[dict[str, str]]:
    """A derived table, read without any of our code."""
    import csv
    import io

    return list(csv.DictReader(io.StringIO(carried.products[product].decode("utf-8"))))
