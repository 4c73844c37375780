"""A data set as it was read: variables, rows of text, and for each row the digest by which derived records name it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from pydantic import ValidationError

from csvgen.canonical import Digest, canonical_json, digest, read_canonical
from csvgen.errors import NotIntact
from csvgen.model.base import Value, first_fault

Kind = Literal["text", "number"]


class Variable(Value):
    """A variable as the file describes it."""

    name: str
    label: str
    kind: Kind
    length: int
    """Bytes in the file; a number has at most eight."""
    format: str = ""
    """The SAS format, ``DATE9``; empty for none."""


class Source(Value):
    """What a derived record says of one row it was made from. ADaM keeps the first three as SRCDOM, SRCSEQ and a row number."""

    domain: str
    row: int
    """Place in the file, from 1."""
    seq: str
    """Sequence number of the row in its domain; empty where the domain has none."""
    digest: str


@dataclass(frozen=True)
class Row:
    """One row of a data set."""

    domain: str
    number: int
    values: Mapping[str, str]
    """Numbers as decimal text; a missing value is empty, a special missing of SAS is ``.A`` to ``.Z`` or ``._``."""

    def __getitem__(self, name: str) -> str:
        """The value, or an empty text for any missing one and for a variable that is not there."""
        value = self.values.get(name, "")
        return "" if is_missing(value) else value

    @cached_property
    def source(self) -> Source:
        """How a derived record names this row."""
        seq = self.values.get(f"{self.domain}SEQ", "")
        return Source(domain=self.domain, row=self.number, seq=seq, digest=digest(dict(self.values)))


class Dataset(Value):
    """A whole file."""

    format: Literal["csvgen.dataset/1"] = "csvgen.dataset/1"
    domain: str
    label: str
    encoding: str
    """The encoding its text was read in."""
    file: str
    """Digest of the file."""
    variables: tuple[Variable, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the variables, in order."""
        return tuple(v.name for v in self.variables)

    def each(self) -> Iterator[Row]:
        """The rows, by name of variable."""
        names = self.names
        for number, row in enumerate(self.rows, 1):
            yield Row(self.domain, number, dict(zip(names, row, strict=True)))

    def bytes(self) -> bytes:
        """The canonical form: what a step gives."""
        return canonical_json(self)


def read_dataset(data: bytes, where: str) -> Dataset:
    """A data set from its canonical form. Raises NotIntact."""
    try:
        return Dataset.model_validate(read_canonical(data, where))
    except ValidationError as problem:
        raise NotIntact(f"not a data set: {first_fault(problem)}", where=where) from None


def is_missing(value: str) -> bool:
    """Whether a value is missing, ordinarily or specially."""
    return not value or (len(value) == 2 and value[0] == "." and (value[1] == "_" or value[1].isupper()))  # noqa: PLR2004 - ``.A``


def file_digest(data: bytes) -> Digest:
    """The digest a data set names its file by."""
    from csvgen.canonical import digest_bytes

    return digest_bytes(data)
