"""An import on disk, read back believing nothing.

imported/<id>/import.json       what was kept, by which importer, by whom and when; written last, with the event of the trail
              raw/              the files as they came
              results.json      what the reader found in them
              table-001.json    which result is about what; a new mapping makes the next
              mapping-001.yaml  the mapping file it was made with, where there was one
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from csvgen.canonical import digest_file
from csvgen.errors import NotIntact
from csvgen.evidence.read import read_bytes, read_model
from csvgen.exchange.results.mapping import summary
from csvgen.model.imported import ForeignResults, ImportRecord, MappingTable, Support, raw_digest

FOLDER, IMPORT, RESULTS, RAW = "imported", "import.json", "results.json", "raw"
_TABLE = re.compile(r"table-\d{3}\.json")
ACCEPTANCE = "csvgen.imported-evidence/1"


@dataclass(frozen=True)
class Kept:
    """One import with its newest table."""

    folder: Path
    record: ImportRecord
    results: ForeignResults | None
    tables: tuple[tuple[MappingTable, str], ...]
    """Every table with the digest of its file, in order."""
    problems: tuple[str, ...] = ()

    @property
    def table(self) -> MappingTable | None:
        return self.tables[-1][0] if self.tables else None

    def content(self) -> dict[str, Any]:
        """What a person who accepts the import signs: it names every file by digest and says in figures what is in them."""
        if self.results is None or self.table is None:
            raise NotIntact("this import is not whole", where=str(self.folder))
        r, t = self.record, self.table
        return {
            "format": ACCEPTANCE,
            "import": r.id,
            "name": r.name,
            "raw": r.raw,
            "importer": r.importer,
            "imported": r.imported,
            "imported_by": r.by,
            "tool": self.results.tool,
            "results": r.results,
            "table": self.tables[-1][1],
            "mapped_by": t.by,
            "source": t.source,
            "verdicts": self.results.counts(),
            "mapped": summary(t.rows),
            "automatic": sum(row.how == "automatic" for row in t.rows),
            "left_out": sum(row.how == "left out" for row in t.rows),
            "unmapped": sum(row.how == "unmapped" for row in t.rows),
            "findings": [f"{o.place}: {o.what}" for o in self.results.oddities],
        }


def read_imports(folder: Path) -> tuple[Kept, ...]:
    """Every import, in the order in which they were made. A folder without import.json was never finished and is none."""
    found = [read_import(p.parent) for p in sorted(folder.glob(f"IMP-*/{IMPORT}"))] if folder.is_dir() else []
    return tuple(sorted(found, key=lambda k: (k.record.imported, k.record.id)))


def read_import(folder: Path) -> Kept:
    """Raises NotIntact when import.json cannot be read; everything else is in `problems`. Raw files are not hashed here."""
    record = read_model(ImportRecord, read_bytes(folder / IMPORT), folder / IMPORT)
    problems: list[str] = []
    results: ForeignResults | None = None
    tables: list[tuple[MappingTable, str]] = []
    try:
        results = read_model(ForeignResults, read_bytes(folder / RESULTS), folder / RESULTS)
        if digest_file(folder / RESULTS) != record.results:
            problems.append(f"{RESULTS} is not the one that was imported")
        paths = sorted(p for p in folder.glob("table-*.json") if _TABLE.fullmatch(p.name))
        tables += [(read_model(MappingTable, read_bytes(p), p), digest_file(p)) for p in paths]
    except NotIntact as problem:
        problems.append(str(problem))
    if (folder.name, raw_digest(record.files)) != (record.id, record.raw) or record.id != import_id(record.raw):
        problems.append(f"{IMPORT} names another import, or other files, than it is of")
    problems += _of_tables(folder, record, tables)
    return Kept(folder, record, results, tuple(tables), tuple(f"{folder.name}: {p}" for p in problems))


def _of_tables(folder: Path, record: ImportRecord, tables: Sequence[tuple[MappingTable, str]]) -> Iterator[str]:
    for number, (table, _) in enumerate(tables, 1):
        name, beside = f"table-{number:03d}.json", folder / f"mapping-{number:03d}.yaml"
        if (table.import_id, table.number, table.results) != (record.id, number, record.results):
            yield f"{name} is of another import, or of other results"
        if (digest_file(beside) if beside.is_file() else None) != table.mapping:
            yield f"{beside.name} is not the mapping that {name} was made with"
    if not tables:
        yield "it has no table"


def raw_problems(kept: Kept) -> tuple[str, ...]:
    """Where the raw files are not those that were taken in: each is hashed, none may be missing or added."""
    listed = {f"{RAW}/{f.path}": f for f in kept.record.files}
    own = {IMPORT, RESULTS} | {f"table-{n:03d}.json" for n in range(1, len(kept.tables) + 1)}
    own |= {f"mapping-{t.number:03d}.yaml" for t, _ in kept.tables if t.mapping is not None}
    there = {p.relative_to(kept.folder).as_posix(): p for p in kept.folder.rglob("*") if p.is_symlink() or not p.is_dir()}
    found = [f"{name} is missing" for name in sorted(listed.keys() - there.keys())]
    found += [f"{name} was not taken in" for name in sorted(there.keys() - listed.keys() - own) if not name.endswith(".staged")]
    found += [
        f"{name} was changed"
        for name in sorted(listed.keys() & there.keys())
        if there[name].is_symlink() or digest_file(there[name]) != listed[name].sha256
    ]
    return tuple(f"{kept.folder.name}: {f}" for f in found)


def accepts(kept: Kept, content: Any) -> bool:
    """Whether what a person signed is this import, with its newest table, as it lies here."""
    return not kept.problems and content == kept.content()


def supports(imports: Sequence[Kept], accepted: Callable[[Kept], bool]) -> tuple[Support, ...]:
    """Every mapped result beside what it is about, accepted or not. An import that is not whole supports nothing."""
    found = []
    for kept in imports:
        if kept.problems or kept.table is None:
            continue
        said = accepted(kept)
        found += [
            Support(
                evidence=kept.record.id, result=row.result, verdict=row.verdict, about=about, how=row.how, reason=row.reason,
                accepted=said,
            )
            for row in kept.table.rows
            for about in row.to
        ]  # fmt: skip
    return tuple(found)


def import_id(raw: str) -> str:
    """``IMP-0123456789AB``: by the digest of the raw files."""
    return f"IMP-{raw.removeprefix('sha256:')[:12].upper()}"
