"""A small pipeline of a team's own, as a folder of step code, for tests of what all pipelines share."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from csvgen.pipeline.flow.approved import Approved
from csvgen.pipeline.flow.bundle import Bundle, InProcess, pins_now
from csvgen.pipeline.flow.definition import Definition, read_definition
from csvgen.pipeline.flow.flows import Given
from csvgen.pipeline.flow.performing import Executor

ASSAY = '''\
"""Two steps: counting rows, and a value of them."""
from csvgen.canonical import canonical_json
from csvgen.errors import BadInput
from csvgen.pipeline.flow.step import Made, Work

from arithmetic import total
from .arithmetic import FACTOR


def count(work: Work) -> Made:
    lines = work.inputs["table"].decode().split()
    if not lines:
        raise BadInput("the table is empty", where="line 1")
    if "unsuitable" in lines:
        return Made({}, {"rows": str(len(lines))}, invalid="system suitability not met")
    return Made({"rows": canonical_json(lines)}, {"rows": str(len(lines))})


def value(work: Work) -> Made:
    return Made({"value": canonical_json(str(total(work.inputs["rows"]) * FACTOR) + work.parameters["value.unit"])})
'''
ARITHMETIC = """\
import json

FACTOR = 2


def total(rows: bytes) -> int:
    return sum(int(r) for r in json.loads(rows))
"""
DEFINITION = """\
format: csvgen.pipeline/1
id: tiny
version: "1.0"
title: Tiny pipeline for tests
subject: lot
inputs:
  - {name: table, title: numbers}
steps:
  - {id: count, version: "1.0", title: Count, function: "assay:count", takes: [table], gives: [rows]}
  - {id: value, version: "1.0", title: Value, function: "assay:value", takes: [rows], gives: [value], parameters: [value.]}
results: [value]
distributions: [xmltodict]
"""


def definition(text: str = DEFINITION) -> Definition:
    return read_definition(text.encode(), "tiny.yaml")


@dataclass
class Tiny:
    """A folder of step code, what was approved of it, and how it is asked for; a test changes one of these."""

    root: Path
    text: str = DEFINITION
    executor: Executor | None = None
    ticket: str = "CHG-100"
    commit: str = "0a1b2c3"
    artifact: str = "ART-0001"
    approved: list[Approved] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        (self.root / "assay.py").write_text(ASSAY)
        (self.root / "arithmetic.py").write_text(ARITHMETIC)
        self.approve()

    def approve(self) -> None:
        """As quality would: what lies there now may run."""
        self.pins = pins_now(definition(self.text), Bundle(self.root))

    def licence(self, _core: object, _pipeline: str, _method: str = "", _version: int = 0) -> Approved:
        bundle, found = Bundle(self.root), definition(self.text)
        executor = self.executor or InProcess(bundle, tuple(found.distributions))
        return Approved(self.artifact, found, bundle, self.pins, executor, self.ticket, self.commit)

    def edit(self, name: str, before: str, after: str) -> None:
        path = self.root / name
        text = path.read_text()
        assert before in text
        path.write_text(text.replace(before, after))


def given(data: bytes = b"1 2 3", record: str = "file/L-1:table.txt", version: int = 1) -> dict[str, Given]:
    return {"table": Given(record, version, data, "table.txt")}


UNIT = {"value.unit": " mg", "other": "unseen"}
