"""Importing results of other tools: keep the files, read them, map what they say, put it up for acceptance. All of it or nothing."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from csvgen import __version__
from csvgen.audit.ledger import Change, Ledger
from csvgen.canonical import Digest, canonical_json, digest_bytes
from csvgen.clock import Clock, stored
from csvgen.errors import NotIntact, Refused
from csvgen.exchange.readers.base import Unreadable
from csvgen.exchange.results.kept import IMPORT, RAW, RESULTS, Kept, import_id, raw_problems, read_import
from csvgen.exchange.results.mapping import Given, read_mapping, table
from csvgen.exchange.results.recognise import read
from csvgen.exchange.results.seen import Raw, clean
from csvgen.exchange.results.taking import ALONE, raws, take
from csvgen.model.audit import Actor
from csvgen.model.imported import ForeignResults, Form, ImportRecord, MappingTable, RawFile, raw_digest
from csvgen.verification.imported import told
from csvgen.workflow.state import ProjectState

_NO_MAPPING = "not said: no mapping file was given"


@dataclass(frozen=True)
class Imported:
    """What came of an import."""

    kept: Kept
    again: bool
    """The same files had been imported before: nothing of them was written anew (RR-X10)."""
    mapped: bool
    """A table was made: the first, or a next one by another mapping."""
    remarks: tuple[str, ...]
    """What of the mapping came to nothing, and ids that nobody knows."""


def import_results(
    state: ProjectState, ledger: Ledger, clock: Clock, actor: Actor, source: Path, form: Form | None, mapping: Path | None
) -> Imported:
    """Take in a file or folder of results with their mapping; whatever is refused, nothing of it stays."""
    cases, requirements = set(state.protocol.case), set(state.spec.requirement)
    known = cases | requirements
    given = read_mapping(mapping.read_bytes(), mapping.name, known) if mapping else None
    root = state.config.imported(state.spec.system.id)
    root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".incoming-", dir=root) as temporary:
        incoming = Path(temporary) / "import"
        files = take(source, incoming / RAW)
        raw = raw_digest(files)
        place = root / import_id(raw)
        if (place / IMPORT).is_file():
            return _again(ledger, clock, actor, _same(read_import(place), raw, ledger), given, known)
        results, claims = _read(raws(incoming / RAW, files), form, source)
        _refuse_prefilled(state, claims)
        record = _record(state, clock, actor, source, files, results)
        body = canonical_json(results)
        (incoming / RESULTS).write_bytes(body)
        first, remarks = _table(record, results, given, known, 1, clock, actor)
        with ledger.change(actor) as change:
            if not (place / IMPORT).is_file():
                shutil.rmtree(place, ignore_errors=True)  # begun by a process that died before its import was recorded
                incoming.rename(place)
                facts = {"raw": record.raw, "results": record.results, "importer": record.importer, "files": str(len(files))}
                facts["table"] = _write(change, place, first, given)
                change.file(place / IMPORT, canonical_json(record))
                change.note("import-results", record.id, facts=facts)
    kept = read_import(place)
    return Imported(kept, again=False, mapped=True, remarks=remarks)


def _read(files: tuple[Raw, ...], form: Form | None, source: Path) -> tuple[ForeignResults, tuple[str, ...]]:
    """As `recognise.read`; what cannot be read is named as it was handed in."""
    try:
        return read(files, form)
    except Unreadable as problem:
        alone = problem.where.partition(":")[0] == ALONE
        where = clean(source.name, 200) + problem.where.removeprefix(ALONE) if alone else problem.where
        raise Unreadable(problem.message, where=where, hint=problem.hint) from None


def _same(kept: Kept, raw: str, ledger: Ledger) -> Kept:
    if kept.record.raw != raw:
        raise NotIntact("another import has this id", where=kept.record.id)
    if problems := (*kept.problems, *raw_problems(kept), *told([kept], ledger.events(record_id=kept.record.id))):
        raise NotIntact(
            f"the import that is here is damaged: {problems[0]}", where=kept.record.id, hint="csvgen verify tells more"
        )
    return kept


def _again(ledger: Ledger, clock: Clock, actor: Actor, kept: Kept, given: Given | None, known: set[str]) -> Imported:
    """The same files: the same import. With another mapping than the newest, a next table."""
    newest = kept.table
    if kept.results is None or newest is None:
        raise NotIntact("this import is not whole", where=kept.record.id)
    if given is None or given.digest == newest.mapping:
        return Imported(kept, again=True, mapped=False, remarks=())
    made, remarks = _table(kept.record, kept.results, given, known, newest.number + 1, clock, actor)
    with ledger.change(actor) as change:
        if (kept.folder / f"table-{made.number:03d}.json").exists():
            raise Refused("somebody mapped these results meanwhile", where=kept.record.id, hint="import again")
        sha256 = _write(change, kept.folder, made, given)
        change.note("map-results", kept.record.id, facts={"table": sha256, "number": str(made.number)})
    return Imported(read_import(kept.folder), again=True, mapped=True, remarks=remarks)


def _record(
    state: ProjectState, clock: Clock, actor: Actor, source: Path, files: tuple[RawFile, ...], results: ForeignResults
) -> ImportRecord:
    raw = raw_digest(files)
    return ImportRecord(
        id=import_id(raw),
        system=state.spec.system.id,
        name=clean(source.resolve().name, 200),
        raw=raw,
        files=files,
        results=digest_bytes(canonical_json(results)),
        importer=f"csvgen {__version__}, reader {results.form} {results.reader}",
        imported=stored(clock.now()),
        by=actor.person,
        by_name=actor.printed_name,
    )


def _table(
    record: ImportRecord, results: ForeignResults, given: Given | None, known: set[str], number: int, clock: Clock, actor: Actor
) -> tuple[MappingTable, tuple[str, ...]]:
    rows, remarks = table(results.results, given, known)
    made = MappingTable(
        import_id=record.id,
        number=number,
        results=record.results,
        mapping=given.digest if given else None,
        source=given.mapping.source if given else _NO_MAPPING,
        rows=rows,
        made=stored(clock.now()),
        by=actor.person,
    )
    return made, remarks


def _write(change: Change, place: Path, made: MappingTable, given: Given | None) -> Digest:
    if given is not None:
        change.file(place / f"mapping-{made.number:03d}.yaml", given.data)
    return change.file(place / f"table-{made.number:03d}.json", canonical_json(made))


def _refuse_prefilled(state: ProjectState, claims: tuple[str, ...]) -> None:
    """Results that say they are of a run of csvgen, or of a paper copy: the one has its own record, the other is executed here (RR-X02)."""
    if not claims:
        return
    run = next((r.run for r in state.runs if any(r.run in c for c in claims)), "")
    why = (
        f"the run {run} was executed here and is evidence by itself; a copy of it is none"
        if run
        else "no such run was executed here: results that were filled in elsewhere are no execution"
    )
    more = f" and {len(claims) - 1} more" if len(claims) > 1 else ""
    raise Refused(f"it says that it is of an execution under csvgen ({clean(claims[0], 120)}{more}); {why}", rule="RR-X02")
