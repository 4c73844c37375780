"""Imported evidence: the files as they came, what follows from them, who accepted it. Everything is worked out again from the files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from csvgen.canonical import canonical_json
from csvgen.crypto.trust import Trust
from csvgen.errors import BadInput, CsvgenError
from csvgen.exchange.results.kept import RAW, RESULTS, Kept, accepts, raw_problems, read_import
from csvgen.exchange.results.mapping import read_mapping, table
from csvgen.exchange.results.recognise import READERS, read
from csvgen.exchange.results.taking import raws
from csvgen.model.audit import Event
from csvgen.model.imported import MappingTable
from csvgen.signature.approvals import Approval, latest
from csvgen.verification.checks import Checks
from csvgen.verification.outside import Outside

if TYPE_CHECKING:
    from csvgen.verification.evidence import Material

KIND = "imported-evidence"
WHAT = "executed by another tool, outside of csvgen: it stands beside what was executed here and decides no coverage"


def check_import(folder: Path, _trust: Trust, _outside: Outside, checks: Checks) -> None:
    """One import by itself."""
    kept = read_import(folder)
    _check((kept,), checks)
    checks.note("acceptance", "who accepted it by signature stands in the approvals of its system, and in the package")
    checks.lacks("whether anybody accepted it")


def check_imported(material: Material, checks: Checks) -> None:
    """The imports of a package, and their acceptance."""
    if not material.imported and not _signed(material.approvals):
        return
    _check(material.imported, checks)
    good = f"{sum(accepted(material, k) for k in material.imported)} of {len(material.imported)} imports accepted by signature"
    checks.add("imported evidence was accepted as it is here", _acceptances(material), good, "protocols/.../approvals")


def accepted(material: Material, kept: Kept) -> bool:
    """Whether the newest acceptance of an import is complete, and over what lies here."""
    found = _of(material, kept)
    return found is not None and found.standing(Trust.none).complete and accepts(kept, found.content)


def told(imports: Sequence[Kept], events: Sequence[Event]) -> list[str]:
    """The trail tells of every import and every table, and each that it tells of is in the package."""
    said = [(e, {c.field: c.new for c in e.changes}) for e in events if e.action in ("import-results", "map-results")]
    there = {k.record.id: k for k in imports}
    faults = [f"the trail tells of {n}, which is not here" for n in sorted({e.record for e, _ in said} - there.keys())]
    times = Counter(e.record for e, _ in said if e.action == "import-results")
    for name, kept in there.items():
        if times[name] != 1:
            faults.append(f"{name}: the trail tells {times[name]} times that it was imported")
        first = next((f for e, f in said if e.record == name and e.action == "import-results"), {})
        if first and (first.get("raw"), first.get("results")) != (kept.record.raw, kept.record.results):
            faults.append(f"{name}: the trail tells that other files or results were imported")
        tables = [f.get("table") for e, f in said if e.record == name]
        if tables != [d for _, d in kept.tables]:
            faults.append(f"{name}: the trail tells of other tables than there are")
    return faults


def _check(imports: Sequence[Kept], checks: Checks) -> None:
    broken = [p for k in imports for p in (*k.problems, *raw_problems(k))]
    files = sum(len(k.record.files) for k in imports)
    checks.add("imported files are those that were taken in", broken, f"{files} files in {len(imports)} imports", "imported")
    whole = [k for k in imports if not k.problems and not raw_problems(k)]
    faults, other = _read_again(whole)
    checks.add("imported results follow from the files", faults, "every file read again", "imported")
    if other:
        checks.note("imported results", f"{', '.join(other)}: read by another version of the reader, and not read again")
        checks.lacks("whether imported results follow from files that another version of csvgen read")
    tables = [f"{k.record.id}: {f}" for k in whole for f in _mapped_again(k)]
    checks.add("tables of imported results follow from their mappings", tables, "every row worked out again", "imported")
    if imports:
        checks.note("imported evidence", WHAT)


def _read_again(imports: Sequence[Kept]) -> tuple[list[str], list[str]]:
    faults, other = [], []
    for kept in imports:
        assert kept.results is not None  # an import without problems has results
        if READERS[kept.results.form].version != kept.results.reader:
            other.append(kept.record.id)
            continue
        try:
            again, claims = read(raws(kept.folder / RAW, kept.record.files), kept.results.form)
        except CsvgenError as problem:
            faults.append(f"{kept.record.id}: cannot be read again: {problem.message}")
            continue
        if canonical_json(again) != (kept.folder / RESULTS).read_bytes():
            faults.append(f"{kept.record.id}: {RESULTS} is not what the files say")
        if claims:
            faults.append(f"{kept.record.id}: says that it is of an execution under csvgen")
    return faults, other


def _mapped_again(kept: Kept) -> list[str]:
    """Tables are worked out with the ids that table and mapping name: these were known then, whatever the specification says now."""
    assert kept.results is not None  # as above
    faults = []
    for made, _ in kept.tables:
        beside = kept.folder / f"mapping-{made.number:03d}.yaml"
        try:
            given = read_mapping(beside.read_bytes(), beside.name, None) if made.mapping is not None else None
            known = {i for row in made.rows for i in row.to} | {
                i for e in (given.mapping.mappings if given else ()) for i in e.to
            }
            rows, _ = table(kept.results.results, given, known)
        except BadInput as problem:
            faults.append(f"{beside.name}: {problem.message}")
            continue
        if rows != made.rows or (given is not None and given.mapping.source != made.source):
            faults.append(f"{_name(made)} is not what its mapping gives")
    return faults


def _name(made: MappingTable) -> str:
    return f"table-{made.number:03d}.json"


def _acceptances(material: Material) -> list[str]:
    there = {k.record.id: k for k in material.imported}
    faults = []
    for approval in _signed(material.approvals):
        said, name = approval.content or {}, f"{approval.document.id} r{approval.document.revision}"
        kept = there.get(str(said.get("import")))
        if kept is None:
            faults.append(f"{name}: accepts an import that is not in the package")
        elif approval.document.id != f"{material.spec.system.prefix}-{kept.record.id}":
            faults.append(f"{name}: accepts the import of another record")
        elif approval == _of(material, kept) and not accepts(kept, said):
            faults.append(f"{name}: accepts other files, results or mappings than are in the package")
        own = {said.get("imported_by"), said.get("mapped_by")}
        faults += [f"{name}: {s.record.person} accepts what they imported" for s in approval.signatures if s.record.person in own]
    return faults


def _of(material: Material, kept: Kept) -> Approval | None:
    return latest(material.approvals, f"{material.spec.system.prefix}-{kept.record.id}")


def _signed(approvals: Sequence[Approval]) -> tuple[Approval, ...]:
    return tuple(a for a in approvals if a.document.kind == KIND)
