"""Imported evidence: results that another tool produced, kept as they came. They never count by themselves.

raw files -> results, one value whatever the format -> a table that says which case or requirement each result is about and why ->
a record that a person accepts by signature. Even then they stand beside what was executed here, never in its place.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Literal

from csvgen.canonical import digest
from csvgen.model.base import Line, Sha256, Stamp, Text, Value

Form = Literal["junit", "cucumber-json", "cucumber-messages", "allure", "robot", "ctrf"]
How = Literal["mapping", "automatic", "left out", "unmapped"]
"""How a result came to what it is about: by a row of the mapping, by an id of ours that it carries; on purpose to nothing, or to nothing."""


class ForeignVerdict(StrEnum):
    """What a result of another tool is taken for. Only PASSED is passed."""

    PASSED = "PASSED"
    FAILED = "FAILED"
    ERROR = "ERROR"
    SKIPPED = "SKIPPED"
    NOT_RUN = "NOT_RUN"
    UNDEFINED = "UNDEFINED"
    FLAKY = "FLAKY"
    """Passed after it had failed. Which of the two is true, nobody knows."""
    UNKNOWN = "UNKNOWN"
    """The status is none that the table knows, or the file contradicts itself."""


_WORST = tuple(ForeignVerdict[n] for n in ("FAILED", "ERROR", "FLAKY", "UNKNOWN", "UNDEFINED", "SKIPPED", "NOT_RUN", "PASSED"))


def worst(verdicts: Iterable[ForeignVerdict]) -> ForeignVerdict:
    """The verdict of a whole from those of its parts; of nothing at all NOT_RUN, never PASSED."""
    return min(verdicts, key=_WORST.index, default=ForeignVerdict.NOT_RUN)


class ForeignResult(Value):
    """One test of another tool, with all its attempts."""

    identity: str
    """What the other tool calls it; one result of an import has it."""
    title: str
    status: str
    """The other tool's own words, attempt by attempt."""
    verdict: ForeignVerdict
    reason: str = ""
    """Why it is not PASSED."""
    started: Stamp | None = None
    """None where the file says no time, or a time without a zone."""
    seconds: str = ""
    carries: tuple[str, ...] = ()
    """Properties and tags it has, as they are written."""


class Oddity(Value):
    """Something in a file that a person who accepts it should know."""

    place: str
    what: str


class ForeignResults(Value):
    """results.json: what the reader found in the raw files. The same files and reader give the same bytes."""

    format: Literal["csvgen.imported-results/1"] = "csvgen.imported-results/1"
    form: Form
    reader: int
    """Version of the reader of this form."""
    tool: str
    """The tool that wrote the file, as the file says."""
    results: tuple[ForeignResult, ...]
    oddities: tuple[Oddity, ...] = ()

    def counts(self) -> dict[str, int]:
        """Verdict -> number of results."""
        return {str(v): n for v in ForeignVerdict if (n := sum(r.verdict is v for r in self.results))}


class RawFile(Value):
    path: str
    size: int
    sha256: Sha256


def raw_digest(files: Iterable[RawFile]) -> str:
    """What an import is named by: every file by path and digest. The name it was handed in under is no part of it."""
    return digest([[f.path, f.sha256] for f in files])


class ImportRecord(Value):
    """import.json, written last: what was kept, by which importer, by whom and when."""

    format: Literal["csvgen.import/1"] = "csvgen.import/1"
    id: str
    """``IMP-`` and the first twelve digits of `raw`: the same files are the same import."""
    system: str
    name: str
    """Name of the file or folder as it was handed in."""
    raw: Sha256
    files: tuple[RawFile, ...]
    results: Sha256
    importer: str
    """Program, reader and version."""
    imported: Stamp
    by: str
    by_name: str


class MappingEntry(Value):
    """A row of mapping.yaml."""

    result: Line
    """Identity of a result, or a pattern of it: * stands for any text."""
    to: tuple[str, ...]
    """Ids of cases or requirements; none for a result that is left out on purpose."""
    reason: Text


class Mapping(Value):
    """mapping.yaml: which foreign result is about what."""

    source: Line
    """Who executed, what, in which version: what the files do not say of themselves."""
    mappings: tuple[MappingEntry, ...] = ()


class MappedResult(Value):
    """A row of the table: one result, what it is about, and why that was said."""

    result: str
    verdict: ForeignVerdict
    to: tuple[str, ...]
    how: How
    reason: str


class MappingTable(Value):
    """table-001.json and on: every result of an import with what it is about. A person accepts exactly one of these."""

    format: Literal["csvgen.imported-table/1"] = "csvgen.imported-table/1"
    import_id: str
    number: int
    results: Sha256
    mapping: Sha256 | None = None
    """Digest of the mapping file, kept beside it."""
    source: str
    rows: tuple[MappedResult, ...]
    made: Stamp
    by: str

    @property
    def mapped(self) -> tuple[MappedResult, ...]:
        return tuple(r for r in self.rows if r.to)


class Support(Value):
    """One imported result beside a requirement in the matrix. It is never a reason for a coverage."""

    evidence: str
    """Id of the import."""
    result: str
    verdict: ForeignVerdict
    about: str
    """The case or requirement it was mapped to."""
    how: How
    reason: str
    accepted: bool
    """Whether a person accepted the import, with this table, by signature."""
