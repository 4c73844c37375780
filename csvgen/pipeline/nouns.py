"""The records of the application: lots, files, runs, deviations, instruments. Frozen; a change is a new version."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from csvgen.model.base import Line, Sha256, Stamp, Value
from csvgen.pipeline.evaluation import ReportedValue
from csvgen.pipeline.method import Method
from csvgen.pipeline.rounding import IN, OUT

INCOMPLETE = "incomplete"
NOT_PROCESSED = "not processed"
INVALID = "invalid run"

Part = Literal["potency", "impurity"]
Standing = Literal["accepted", "quarantined"]


def _day(text: str) -> str:
    return dt.date.fromisoformat(text).isoformat() if text else ""


Day = Annotated[str, AfterValidator(_day)]
"""A calendar day, ``2026-11-21``, or empty."""


class Instrument(Value):
    """A registered source of data (21 CFR 11.10(h))."""

    id: str = Field(pattern=r"^[A-Z][A-Z0-9-]{1,39}$")
    kind: Line
    named: Line
    """What the instrument calls itself in its files: serial number, or system name."""
    calibration_due: Day


class FileRecord(Value):
    """One version of a raw file of a lot, as registered on arrival. The bytes lie in the raw store under their digest."""

    lot: str
    name: str
    digest: Sha256
    """SHA-256 on arrival. Not named sha256: the ledger keeps the digest of the record itself under that name."""
    size: int
    part: Part
    standing: Standing
    why: str
    """Of a quarantined file: the reason."""
    instrument: str
    sample: str
    metadata: Mapping[str, str]
    by: str
    at: Stamp


class FileEntry(Value):
    """What a lot says of one of its files: the newest version."""

    version: int
    sha256: Sha256
    part: Part
    standing: Standing
    instrument: str
    sample: str


class Lot(Value):
    """The lot record: what its signatures bind.

    Its place in life is kept beside it (record kind ``status``): a signature changes the state, not what it signs.
    """

    lot: str
    method: str
    method_version: int
    files: Mapping[str, FileEntry]
    tests: tuple[ReportedValue, ...] = ()
    verdict: str = NOT_PROCESSED
    runs: tuple[str, ...] = ()
    sampled_on: Day = ""
    storage: str = Field(default="", max_length=400)
    comment: str = Field(default="", max_length=400)

    @property
    def done(self) -> tuple[str, ...]:
        """Parts that have a reportable result."""
        return tuple(dict.fromkeys(t.part for t in self.tests))

    def missing(self, method: Method) -> tuple[str, ...]:
        """Parts the method needs that have no result yet."""
        return tuple(p for p in method.needed if p not in self.done)


BY_HAND = ("comment", "sampled_on", "storage")
"""Fields of a lot that a person may change; all others are the system's."""


def verdict(tests: tuple[ReportedValue, ...], missing: tuple[str, ...]) -> str:
    """Out of specification wins over incomplete: a bad result is not softened by what is still to come."""
    if any(t.verdict == OUT for t in tests):
        return OUT
    return INCOMPLETE if missing else IN


class Run(Value):
    """The record of one run: from these inputs, by this code, with these parameters, came these outputs."""

    id: str
    lot: str
    operator: str
    operator_name: str
    started: Stamp
    ended: Stamp
    method: str
    method_version: int
    parameters: Mapping[str, str]
    inputs: Mapping[str, str]
    """File name -> digest of the bytes read."""
    code: Sha256
    """Digest of the shipped source files of the pipeline."""
    suitability: Mapping[str, str]
    outputs: Sha256
    """Digest of the reported values alone: the same inputs give the same digest in any lot, at any time."""
    valid: Literal["yes", "no"]
    why: str = ""


DeviationKind = Literal["no instrument", "out of specification"]


class Deviation(Value):
    """A deviation of a lot (DV-) or the investigation of an out of specification result (INV-)."""

    id: str
    lot: str
    kind: DeviationKind
    state: Literal["open", "closed"]
    reason: str
    decision: Literal["", "accept", "reject"] = ""
    disposition: str = ""
    """The reason of the person who decided."""
