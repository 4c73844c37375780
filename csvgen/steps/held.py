"""What the system holds of a lot, noted before an act and compared after it: a refusal changes nothing but what tells of it."""

from __future__ import annotations

from dataclasses import asdict

from pytest_bdd import given, then, when

from csvgen.canonical import digest
from csvgen.errors import CsvgenError
from csvgen.ports import AuditEntry, LotView, RecordView
from csvgen.steps.common import Bench, phrase

NOTHING = "(nothing)"
_OWN = frozenset({"copy", "duplicate-arrival"})
"""Entries that tell of an act and of no change: a copy handed out, a file that was there already."""


def held(bench: Bench, lot: str) -> dict[str, str]:
    """Everything the system shows of a lot, under names: fields of each version, files, results, deviations, signatures, stored files."""
    session = bench.actors.session("analyst")
    pipeline = bench.port("Pipeline")
    found: dict[str, str] = {}
    versions: tuple[RecordView, ...] = bench.port("Records").history(session, lot)
    for version in versions:
        found[f"version {version.version} of the record"] = version.id
        found |= {f"field {name} in version {version.version}": value for name, value in version.fields.items()}
    view: LotView | None = pipeline.lot(session, lot)
    if view is not None:
        found |= {"state": view.state, "verdict": view.verdict} | {f"file {n}": d for n, d in view.files.items()}
        found |= {f"result of {t.name}": f"{t.reported} {t.unit}, {t.verdict}" for t in view.tests}
        found |= {f"deviation {d.id}": f"{d.state} {d.decision}".strip() for d in pipeline.deviations(session, lot)}
        signatures = bench.port("Signing").signatures(session, lot)
        found |= {f"signature {n}": f"{s.meaning} by {s.user_id}, {s.status}" for n, s in enumerate(signatures, 1)}
    return found


def _stored(bench: Bench) -> str:
    """Files without record, and records without file, as the system itself counts and names them."""
    found = bench.port("Pipeline").check_landing(bench.actors.session("quality"))
    counted = str(found.facts.get("findings", "(not counted)"))
    return counted if found.accepted else f"{counted}: {found.message}"


def entries(bench: Bench, lot: str) -> tuple[AuditEntry, ...]:
    return tuple(bench.port("AuditTrail").entries(bench.actors.session("analyst"), lot))


@given(phrase('all that the system holds of lot "{lot}" has been noted'))
@when(phrase('all that the system holds of lot "{lot}" is noted'))
def noted(bench: Bench, lot: str) -> None:
    for role in ("analyst", "quality"):
        bench.actors.log_in(role)
    found = held(bench, bench.lot(lot))
    bench.world.facts["held"] = found, _stored(bench), entries(bench, bench.lot(lot))
    told = f"{len(found)} facts" if found else "nothing is known of it"
    bench.observe.note(f"lot {bench.lot(lot)} before", told, source="Records, Pipeline, Signing, AuditTrail")


@then(phrase('the system holds of lot "{lot}" what was noted, and one entry more that tells of the attempt'))
def as_noted(bench: Bench, lot: str) -> None:
    if "held" not in bench.world.facts:
        raise CsvgenError(f"no step noted what the system holds of lot {bench.lot(lot)}")
    before, stored, trail = bench.world.facts["held"]
    for role in ("analyst", "quality"):
        bench.actors.log_in(role)
    after = held(bench, bench.lot(lot))
    source = "Records.history, Pipeline.lot, Signing.signatures; before and after"
    told = [
        f"{n}: {before.get(n, NOTHING)} -> {after.get(n, NOTHING)}" for n in {**before, **after} if before.get(n) != after.get(n)
    ]
    bench.observe(f"facts of lot {bench.lot(lot)}", expected=str(len(before)), actual=str(len(after)), source=source)
    bench.observe(
        f"what is not as before ({len(before)} facts)", expected="none", actual="; ".join(told) or "none", source=source
    )
    bench.observe(
        "stored files without record, or lost",
        expected=stored,
        actual=_stored(bench),
        source="Pipeline.check_landing, before and after",
    )
    now = entries(bench, bench.lot(lot))
    first, kept = (str(digest([asdict(e) for e in some])) for some in (trail, now[: len(trail)]))
    bench.observe(
        f"the first {len(trail)} audit entries, by their digest", expected=first, actual=kept, source="AuditTrail.entries"
    )
    added = {e.number: e.action for e in now[len(trail) :]}
    bench.observe(
        "audit entries added", expected="1", actual=str(len(added)), source=f"AuditTrail.entries: {', '.join(added.values())}"
    )
    strange = [a for a in added.values() if not a.endswith("-refused") and a not in _OWN]
    bench.observe(
        "added entries that tell of a change", expected="none", actual=", ".join(strange) or "none", source="AuditTrail.entries"
    )
