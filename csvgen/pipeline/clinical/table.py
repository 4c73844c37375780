"""Derived tables: columns that know their derivation, records that know their source rows. Written as CSV with a trace beside it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, Literal, TypeVar

from pydantic import ValidationError

from csvgen.canonical import canonical_json, read_canonical
from csvgen.errors import NotIntact
from csvgen.model.base import Value, first_fault
from csvgen.pipeline.clinical.dataset import Row, Source, Variable

_About = TypeVar("_About")
_LONGEST_LABEL = 40


@dataclass(frozen=True)
class Column(Generic[_About]):
    """One variable of a derived table, and how it is made."""

    name: str
    label: str
    kind: Literal["text", "number", "day"]
    derivation: str
    source: str
    """Variables it is made from, ``EX.EXSTDTC``."""
    of: Callable[[_About], str]
    """The value for one record, as text."""

    def variable(self, length: int) -> Variable:
        """As a data set describes it. A day is a number of format DATE9."""
        form = "DATE9" if self.kind == "day" else ""
        kind: Literal["text", "number"] = "text" if self.kind == "text" else "number"
        return Variable(name=self.name, label=self.label[:_LONGEST_LABEL], kind=kind, length=length, format=form)


class Ref(Value):
    """The records of another table that a record was made from: all whose variables have these values."""

    table: str
    where: Mapping[str, str]


class Traced(Value):
    """Where one record of a derived table comes from."""

    table: str
    key: tuple[str, ...]
    rule: str
    """Rule and version, ``adsl/1.0``."""
    rows: tuple[Source, ...] = ()
    records: tuple[Ref, ...] = ()


@dataclass(frozen=True)
class Record:
    """One derived record."""

    values: tuple[str, ...]
    sources: tuple[Row, ...] = ()
    records: tuple[Ref, ...] = ()


@dataclass(frozen=True)
class Shape(Generic[_About]):
    """What a derived table is: name, key, columns, rule."""

    name: str
    label: str
    rule: str
    key: tuple[str, ...]
    columns: tuple[Column[_About], ...]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the variables, in order."""
        return tuple(c.name for c in self.columns)

    @cached_property
    def _places(self) -> tuple[int, ...]:
        return tuple(self.names.index(n) for n in self.key)

    def record(self, about: _About, sources: Sequence[Row] = (), records: Sequence[Ref] = ()) -> Record:
        """Derive one record from what it is about."""
        return Record(tuple(c.of(about) for c in self.columns), tuple(sources), tuple(records))

    def key_of(self, values: Sequence[str]) -> tuple[str, ...]:
        """The key of a record."""
        return tuple(values[i] for i in self._places)

    def written(self, records: Sequence[Record]) -> tuple[bytes, bytes]:
        """Table (CSV, RFC 4180 but for line feeds alone) and trace (canonical JSON lines). Raises NotIntact for a key that is twice."""
        keys = [self.key_of(r.values) for r in records]
        if len(set(keys)) != len(keys):
            raise NotIntact(f"two records of {self.name} have one key")
        traced = (
            Traced(table=self.name, key=key, rule=self.rule, rows=tuple(s.source for s in r.sources), records=r.records)
            for key, r in zip(keys, records, strict=True)
        )
        return write_csv(self.names, (r.values for r in records)), b"".join(canonical_json(t) for t in traced)


def write_csv(names: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """A table as bytes: UTF-8, a comma, quotes where they are needed, line feeds."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(rows)
    return out.getvalue().encode("utf-8")


def read_csv(data: bytes, where: str) -> list[dict[str, str]]:
    """The records of a table made here. Raises NotIntact."""
    try:
        rows = list(csv.reader(io.StringIO(data.decode("utf-8"), newline=""), strict=True))
        names, *body = rows
        records = [dict(zip(names, row, strict=True)) for row in body]
    except (ValueError, csv.Error) as problem:
        raise NotIntact(f"not a table made here: {problem}", where=where) from None
    if write_csv(names, body) != data:
        raise NotIntact("the bytes are not the one spelling of this table", where=where)
    return records


def read_trace(data: bytes, where: str) -> Iterator[Traced]:
    """The trace of a table. Raises NotIntact."""
    for line in data.splitlines(keepends=True):
        try:
            yield Traced.model_validate(read_canonical(line, where))
        except ValidationError as problem:
            raise NotIntact(f"not a trace: {first_fault(problem)}", where=where) from None


def described(shape: Shape[_About], records: Sequence[Mapping[str, str]]) -> tuple[Variable, ...]:
    """The variables of a table as a data set describes them, text as long as its longest value."""
    return tuple(
        c.variable(max((len(r[c.name].encode()) for r in records), default=1) or 1 if c.kind == "text" else 8)
        for c in shape.columns
    )
