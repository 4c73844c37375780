"""A delivery judged before it is kept: readable, what its manifest says, and right by the structural rules of its data set. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from csvgen.errors import BadInput
from csvgen.pipeline.clinical import xport
from csvgen.pipeline.clinical.dataset import Dataset
from csvgen.pipeline.clinical.domains import check
from csvgen.pipeline.clinical.plan import INPUTS, Plan
from csvgen.pipeline.clinical.row_lines import read_lines
from csvgen.pipeline.judging import refuse_altered

MOST_BYTES = 100_000_000
"""Longest file that is taken: a run holds it in memory some forty times over."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """What was found in a file."""

    domain: str
    rows: int
    encoding: str


def delivered(plan: Plan, name: str, file_name: str, content: bytes, manifest: Mapping[str, str], today: str) -> Delivered:
    """Judge one file. `manifest`: ``encoding``, ``records``, ``sha256`` as the sender declared them; `today`, ``2026-11-21``.

    XPORT does not tell how many rows it holds: a file cut off exactly between two rows looks whole. Only ``records`` or ``sha256`` of
    the sender's manifest find it. Raises BadInput.
    """
    if len(content) > MOST_BYTES:
        raise BadInput(f"the file has {len(content)} bytes; the limit is {MOST_BYTES}", where=file_name)
    refuse_altered(content, manifest, file_name)
    declared = manifest.get("encoding") or plan.encodings.get(name, "")
    return _judged(xport.read(content, INPUTS[name], declared=declared, where=file_name), plan, file_name, manifest, today)


def linked(plan: Plan, name: str, table: str, rows: bytes, today: str) -> Delivered:
    """As `delivered`, of the rows of a registered version of a table."""
    return _judged(read_lines(rows, INPUTS[name], table), plan, table, {}, today)


def _judged(data: Dataset, plan: Plan, file_name: str, manifest: Mapping[str, str], today: str) -> Delivered:
    if (records := manifest.get("records", "")) and records != str(len(data.rows)):
        raise BadInput(f"the file holds {len(data.rows)} rows, its manifest says {records[:20]}", where=file_name)
    check(data, plan.model_copy(update={"received": today}), file_name)
    return Delivered(data.domain, len(data.rows), data.encoding)
