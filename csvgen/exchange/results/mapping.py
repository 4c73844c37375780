"""Which foreign result is about which case or requirement: mapping.yaml, and the table that comes of it. Nothing is guessed.

A result is mapped by a row of mapping.yaml, or automatically by an id of ours that it carries as a property or tag. A name that
merely looks alike maps nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from collections.abc import Mapping as Map
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from csvgen.canonical import Digest, digest_bytes
from csvgen.errors import BadInput
from csvgen.exchange.results.seen import clean
from csvgen.marks import load
from csvgen.model.base import first_fault
from csvgen.model.imported import ForeignResult, MappedResult, Mapping, MappingEntry

FORMAT = "csvgen.imported-mapping/1"
NONE = "none"
_HEAD = ("format", "source", "mappings")
_ID = re.compile(r"(?<![A-Z0-9-])[A-Z][A-Z0-9]*(?:-[A-Z0-9]+)+(?![A-Z0-9-])")


@dataclass(frozen=True)
class Given:
    """A mapping file as it was handed in."""

    mapping: Mapping
    data: bytes
    name: str

    @property
    def digest(self) -> Digest:
        return digest_bytes(self.data)


def read_mapping(data: bytes, name: str, known: Collection[str] | None) -> Given:
    """The mapping in a file. Raises BadInput, naming the line, for what is no mapping or names an id that is not `known` (None: any)."""
    marked, findings = load(data, name)
    if marked is None:
        raise BadInput(findings[0].message, where=str(findings[0].location), hint=findings[0].hint)
    value = marked.value
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise BadInput("this is no mapping of results", where=name, hint=f"it begins with format: {FORMAT}")
    if strange := [k for k in value if k not in _HEAD]:
        raise BadInput(f"unknown key {clean(str(strange[0]), 60)!r}", where=str(marked.key_at((strange[0],))))
    rows = value.get("mappings") or []
    try:
        entries = tuple(MappingEntry.model_validate(_ids(row)) for row in rows)
        mapping = Mapping(source=value.get("source", ""), mappings=entries)
    except (ValidationError, TypeError) as problem:
        said = first_fault(problem) if isinstance(problem, ValidationError) else "mappings is a list of result, to and reason"
        raise BadInput(said, where=name, hint="each mapping has result, to and reason; the file has a source") from None
    for number, entry in enumerate(entries):
        if unknown := [i for i in entry.to if known is not None and i not in known]:
            place = str(marked.at(("mappings", number, "to")))
            raise BadInput(f"there is no case or requirement {clean(unknown[0], 60)!r}", where=place, hint="csvgen find ID")
    return Given(mapping, data, name)


def _ids(row: Any) -> Any:
    """A row with `to` as a list: one id, a list of them, or none."""
    if not isinstance(row, dict) or "to" not in row:
        return row
    to = row["to"]
    return {**row, "to": () if to == NONE else (to,) if isinstance(to, str) else tuple(to)}


def table(
    results: Iterable[ForeignResult], given: Given | None, known: Collection[str]
) -> tuple[tuple[MappedResult, ...], tuple[str, ...]]:
    """A row for every result, and what of the mapping came to nothing. Raises BadInput for rows that contradict each other."""
    entries = given.mapping.mappings if given else ()
    exact: dict[str, list[MappingEntry]] = {}
    patterns: list[tuple[re.Pattern[str], MappingEntry]] = []
    for entry in entries:
        if "*" in entry.result:
            patterns.append((re.compile(".*".join(re.escape(p) for p in entry.result.split("*")), re.DOTALL), entry))
        else:
            exact.setdefault(entry.result, []).append(entry)
    used: set[MappingEntry] = set()
    rows = []
    for result in results:
        matching = [*exact.get(result.identity, ()), *(e for p, e in patterns if p.fullmatch(result.identity))]
        used.update(matching)
        rows.append(_mapped(result, matching) if matching else _automatic(result, known))
    idle = tuple(f"no result fits the mapping of {clean(e.result, 120)!r}" for e in entries if e not in used)
    return tuple(rows), idle + _strange(results, known)


def _mapped(result: ForeignResult, entries: list[MappingEntry]) -> MappedResult:
    to = tuple(dict.fromkeys(i for e in entries for i in e.to))
    if to and any(not e.to for e in entries):
        raise BadInput(
            f"one row of the mapping leaves {clean(result.identity, 120)!r} out and another maps it", hint="keep one of the two"
        )
    reason = "; ".join(dict.fromkeys(e.reason for e in entries))
    return MappedResult(result=result.identity, verdict=result.verdict, to=to, how="mapping" if to else "left out", reason=reason)


def _automatic(result: ForeignResult, known: Collection[str]) -> MappedResult:
    found = {i: carried for carried in result.carries for i in _ID.findall(carried) if i in known}
    if not found:
        reason = "no row of the mapping fits, and it carries no id of a case or requirement"
        return MappedResult(result=result.identity, verdict=result.verdict, to=(), how="unmapped", reason=reason)
    reason = f"it carries {', '.join(dict.fromkeys(found.values()))}"
    return MappedResult(result=result.identity, verdict=result.verdict, to=tuple(sorted(found)), how="automatic", reason=reason)


def _strange(results: Iterable[ForeignResult], known: Collection[str]) -> tuple[str, ...]:
    """Ids that look like ours and are none: a requirement that was renumbered, or of another system."""
    heads = {i.partition("-")[0] for i in known}
    odd = {i for r in results for c in r.carries for i in _ID.findall(c) if i.partition("-")[0] in heads and i not in known}
    return tuple(f"results carry {i}, which is no case or requirement of this system" for i in sorted(odd))


def summary(rows: Iterable[MappedResult]) -> Map[str, Map[str, int]]:
    """Id -> verdict -> number of results mapped to it."""
    found: dict[str, dict[str, int]] = {}
    for row in rows:
        for about in row.to:
            counts = found.setdefault(about, {})
            counts[str(row.verdict)] = counts.get(str(row.verdict), 0) + 1
    return {about: dict(sorted(counts.items())) for about, counts in sorted(found.items())}
