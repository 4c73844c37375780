"""The records of a study: its plan and deliveries, its place in life, and the acts that hold its data still. Frozen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from csvgen.model.base import Line, Sha256, Stamp, Value
from csvgen.pipeline.clinical.plan import Plan

DataState = Literal["open", "frozen", "locked"]
TableState = Literal["none", "processed", "reviewed", "released", "rejected"]
Act = Literal["freeze", "lock", "reopen"]

NEXT: Mapping[Act, tuple[tuple[DataState, ...], DataState]] = {
    "freeze": (("open",), "frozen"),
    "lock": (("frozen",), "locked"),
    "reopen": (("frozen", "locked"), "open"),
}
"""Act -> the states of the data it is possible in, and the state it leads to."""
NEEDED = ("dm", "ex")
"""Inputs without which nothing is derived."""
MEANINGS: Mapping[Act, str] = {"freeze": "data frozen", "lock": "data locked", "reopen": "data reopened"}
"""Act -> the meaning its signature has."""


class Delivery(Value):
    """What a study says of one of its inputs: the newest version of its file."""

    version: int
    sha256: Sha256
    domain: str
    rows: int
    encoding: str
    standing: str
    sender: str
    record: Line
    """The record it comes from: ``file/study/S-1:dm.xpt``, ``dataset/dm``."""
    by: str
    at: Stamp


class PlanVersion(Value):
    """One version of the plan of a study (kind ``study-plan``, ``CDISCPILOT01:1``): what the signature that approves it binds."""

    study: str
    subject: Line
    number: int
    plan: Plan
    reason: Line
    by: str
    at: Stamp


class Study(Value):
    """The study record (kind ``study``): what its signatures bind. Its place in life is kept beside it (kind ``study-state``)."""

    study: str
    subject: Line
    """``study/CDISCPILOT01``: by it deviations and the trail find what belongs together."""
    plan: Plan
    plan_version: int = 0
    """Number of the approved plan this is; 0 while none is approved: deliveries are judged by it, and nothing is derived."""
    files: Mapping[str, Delivery] = {}
    """Input of the pipeline -> its delivery."""
    run: str = ""
    """The run whose tables are in force; empty before the first and after any change of plan or data."""
    outputs: str = ""
    """Digest over the results of that run."""
    runs: tuple[str, ...] = ()


class StudyState(Value):
    """Where a study stands."""

    study: str
    subject: Line
    data: DataState = "open"
    tables: TableState = "none"


class Hold(Value):
    """One act on the data of a study (kind ``study-hold``, ``CDISCPILOT01:1``): signed by quality, never changed."""

    study: str
    subject: Line
    act: Act
    files: Mapping[str, Sha256]
    """Input -> digest of the file it holds for."""
    reason: Line
    by: str
    at: Stamp
