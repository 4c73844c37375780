"""Backup and restore: what was saved is given back whole, what was damaged is refused, and what came later is told not to be in it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, cast

from pytest_bdd import then, when

from csvgen.canonical import canonical_json, digest
from csvgen.clock import shown
from csvgen.errors import CsvgenError, Refused
from csvgen.ports import AuditEntry, Outcome, Target
from csvgen.steps.common import Bench, answer, last, phrase
from csvgen.steps.lots import PLATE_INSTRUMENT, PLATE_METHOD, constructed_plate

_NO_RECORDS = frozenset({"backup", "session", "status", "pipeline", "revalidation"})
"""What audit entries are about that is no record of its own to be read back."""


def session_of(target: Target, role: str) -> str:
    access = cast("Any", target.port("Access"))
    person = access.test_account(role)
    opened: Outcome = access.log_in(person.user_id, person.password)
    if not opened.accepted:
        raise CsvgenError(f"the {role} could not log in: {opened.message}")
    return opened.reference


def _trail(target: Target) -> tuple[AuditEntry, ...]:
    return tuple(cast("Any", target.port("AuditTrail")).entries(session_of(target, "auditor"), ""))


def _records(target: Target, names: list[str]) -> dict[str, str]:
    """Record -> digest over all its versions; what cannot be read says so, and is no silence."""
    found, session, records = {}, session_of(target, "auditor"), cast("Any", target.port("Records"))
    for name in names:
        try:
            versions = [asdict(v) for v in records.history(session, name)]
        except Refused as refusal:
            if refusal.message.startswith("the session"):
                session = session_of(target, "auditor")
                versions = [asdict(v) for v in records.history(session, name)]
            else:
                versions = [{"refused": refusal.message}]
        found[name] = f"{len(versions)} versions, {digest(versions)}"
    return found


def _named(trail: tuple[AuditEntry, ...], through: int) -> list[str]:
    """Every record that the trail tells of, up to an event."""
    found = {e.record for e in trail if e.number <= through and "/" in e.record}
    return sorted(name for name in found if name.partition("/")[0] not in _NO_RECORDS)


def _entries(trail: tuple[AuditEntry, ...], through: int) -> list[dict[str, Any]]:
    return [asdict(e) for e in trail if e.number <= through]


def _findings(target: Target) -> str:
    outcome: Outcome = cast("Any", target.port("Pipeline")).check_landing(session_of(target, "auditor"))
    counted = outcome.facts.get("findings", "(not said)")
    return counted if outcome.accepted else f"{counted}: {outcome.message}"


@when(phrase('the "{role}" makes a backup'))
def backup(bench: Bench, role: str) -> None:
    bench.actors.log_in(role)
    outcome = bench.world.take("Continuity.backup", bench.port("Continuity").backup(bench.actors.session(role)))
    bench.world.facts |= {"backup": outcome.reference, "saved": outcome.facts}
    bench.observe.note("backup", answer(outcome), source="Continuity.backup")


@when("all that the system holds is read, to be compared later")
def remembered(bench: Bench) -> None:
    """As of the recovery point: nothing but this case works on the system, so nothing changes between backup and reading."""
    trail = _trail(bench.target)
    through = int(bench.world.facts["saved"]["events"])
    names = _named(trail, through)
    bench.world.facts["system"] = {"trail": _entries(trail, through), "records": _records(bench.target, names)}
    told = f"{len(names)} records; {len(bench.world.facts['system']['trail'])} lines of the audit trail up to event {through}"
    bench.observe.note("read from the system", told, source="Records.history, AuditTrail.entries")


@when(phrase('the "{role}" restores the backup into an environment that is "{environment}"'))
def restore(bench: Bench, role: str, environment: str) -> None:
    bench.actors.log_in(role)
    port, session = bench.port("Continuity"), bench.actors.session(role)
    outcome = bench.world.take("Continuity.restore", port.restore(session, bench.world.facts["backup"], environment))
    bench.world.facts["environment"] = outcome.reference
    bench.observe.note("restore", answer(outcome), source="Continuity.restore")


def restored_system(bench: Bench) -> Target:
    """The environment that "there" means: the second site, where the case had the system put up at one, or what was restored."""
    if "site" in bench.world.facts:
        site: Target = bench.world.facts["site"]
        return site
    found: Target = bench.port("Continuity").restored(bench.world.facts["environment"])
    if "started" not in bench.world.facts:
        bench.world.facts["started"] = True
        what = "restored environment, in a process of its own: identity of the system"
        bench.observe(what, expected=bench.target.instance, actual=found.instance, source="Continuity.restored")
    return found


@then("the restored environment is the same system, in a process of its own")
def same_system(bench: Bench) -> None:
    target = restored_system(bench)
    bench.observe("identity of the system", expected=bench.target.instance, actual=target.instance, source="Continuity.restored")


@then("every record is there in every version, and no other")
def records_same(bench: Bench) -> None:
    target, before = restored_system(bench), bench.world.facts["system"]["records"]
    trail = _trail(target)
    through = int(bench.world.facts["saved"]["events"])
    after = _records(target, _named(trail, through))
    for kind in sorted({n.partition("/")[0] for n in (*before, *after)}):
        told = [_told(found, kind) for found in (before, after)]
        bench.attach(told[0][1], name=f"{kind} records of the system", media_type="text/tab-separated-values")
        where = next((f"; first difference: {n}" for n in sorted({*before, *after}) if before.get(n) != after.get(n)), "")
        source = f"Records.history of both{where}"
        bench.observe(f"{kind} records, all versions", expected=told[0][0], actual=told[1][0], source=source)
    bench.observe("records compared", expected="1", actual=str(len(before)), by="at-least", source="Records.history")


def _told(records: Mapping[str, str], kind: str) -> tuple[str, str]:
    found = [f"{name}\t{value}" for name, value in sorted(records.items()) if name.partition("/")[0] == kind]
    return f"{len(found)} record{'' if len(found) == 1 else 's'}, {digest(found)}", "\n".join(found)


@then("the audit trail is there to the recovery point, entry by entry, and goes on with the entry of the restore")
def trail_same(bench: Bench) -> None:
    through, before = int(bench.world.facts["saved"]["events"]), bench.world.facts["system"]["trail"]
    trail = _trail(restored_system(bench))
    after = _entries(trail, through)
    bench.attach(canonical_json(after), name="audit trail of the restored environment", media_type="application/json")
    different = next((f"; first difference at entry {b['number']}" for a, b in zip(after, before, strict=False) if a != b), "")
    bench.observe(
        "lines of the audit trail", expected=str(len(before)), actual=str(len(after)), source="AuditTrail.entries of both"
    )
    bench.observe(
        "content of the audit trail",
        expected=str(digest(before)),
        actual=str(digest(after)),
        source=f"AuditTrail.entries of both{different}",
    )
    following = next((f"{e.action}: {e.reason}" for e in trail if e.number == through + 1), "no entry")
    bench.observe("first entry after it", expected="restored", actual=following, by="contains", source="AuditTrail.entries")


@then("the system's own check of the audit trail finds it unbroken there")
def trail_unbroken(bench: Bench) -> None:
    target = restored_system(bench)
    outcome: Outcome = cast("Any", target.port("AuditTrail")).integrity(session_of(target, "auditor"))
    bench.observe(
        "check of the restored trail", expected="accepted: ", actual=answer(outcome), by="contains", source="AuditTrail.integrity"
    )


@then(
    phrase(
        'the file "{file}" of lot "{lot}" is there, byte by byte, and the check of all stored files finds what it finds in the system'
    )
)
def files_same(bench: Bench, file: str, lot: str) -> None:
    target = restored_system(bench)
    outcome: Outcome = cast("Any", target.port("Pipeline")).check_file(session_of(target, "analyst"), bench.lot(lot), file)
    bench.observe(f"check of {file}", expected="accepted: ", actual=answer(outcome), by="contains", source="Pipeline.check_file")
    expected, actual = _findings(bench.target), _findings(target)
    bench.observe("findings among all stored files", expected=expected, actual=actual, source="Pipeline.check_landing of both")


@then(phrase('the signatures of lot "{lot}" are there, each as valid as before'))
def signatures_same(bench: Bench, lot: str) -> None:
    told, valid = [], []
    for target in (bench.target, restored_system(bench)):
        found = cast("Any", target.port("Signing")).signatures(session_of(target, "auditor"), bench.lot(lot))
        valid.append(f"{sum(s.status == 'valid' for s in found)} of {len(found)}")
        told.append(
            "; ".join(f"{s.meaning} by {s.printed_name} ({s.user_id}) at {s.at} {s.offset}: {s.status}" for s in found) or "none"
        )
    if told[0] == "none":
        raise CsvgenError(f"lot {bench.lot(lot)} carries no signature that could be there")
    bench.observe(f"signatures of lot {bench.lot(lot)}", expected=told[0], actual=told[1], source="Signing.signatures of both")
    bench.observe("signatures there that are valid", expected=valid[0], actual=valid[1], source="Signing.signatures of both")


@then(phrase('work goes on there: a new lot "{lot}" is ingested, processed and reviewed'))
def works(bench: Bench, lot: str) -> None:
    target, name = restored_system(bench), bench.lot(lot)
    pipeline, signing = cast("Any", target.port("Pipeline")), cast("Any", target.port("Signing"))
    person = cast("Any", target.port("Access")).test_account("reviewer")
    metadata = {"instrument": PLATE_INSTRUMENT, "sample": "S1", "method": PLATE_METHOD}
    steps: dict[str, Callable[[], Outcome]] = {
        "ingest": lambda: pipeline.ingest(
            session_of(target, "analyst"), name, "plate.csv", constructed_plate(("1.000",), lot=name), metadata
        ),
        "processing": lambda: pipeline.process(session_of(target, "analyst"), name),
        "review": lambda: _reviewed(signing, session_of(target, "reviewer"), name, person),
    }
    for what, act in steps.items():
        bench.observe(what, expected="accepted: ", actual=answer(act()), by="contains", source="the restored environment")


def _reviewed(signing: Any, session: str, lot: str, person: Any) -> Outcome:
    signing.review_packet(session, lot)
    outcome: Outcome = signing.sign(session, lot, "reviewed", "data reviewed", person.user_id, person.password)
    return outcome


# ------------------------------------------------------------ the recovery point


@then("the answer names the recovery point: the last entry of the audit trail before the backup")
def recovery_point(bench: Bench) -> None:
    made: Mapping[str, str] = bench.world.facts["saved"]
    before = [e for e in _trail(bench.target) if e.number <= int(made["events"])]
    newest = max(before, key=lambda e: e.number)
    told = last(bench)
    bench.observe(
        "number of the last event",
        expected=made["events"],
        actual=told.facts.get("events", "(not told)"),
        source="Continuity.restore",
    )
    bench.observe("last event before the backup", expected=str(newest.number), actual=made["events"], source="AuditTrail.entries")
    for part in (f"event {newest.number} of {shown(newest.at)}", "nothing that came later is in it"):
        bench.observe("words of the answer", expected=part, actual=told.message, by="contains", source="Continuity.restore")


@then(phrase('lot "{lot}" is in the system, and not in the restored environment'))
def only_here(bench: Bench, lot: str) -> None:
    for target, expected in ((bench.target, "there"), (restored_system(bench), "not there")):
        found = cast("Any", target.port("Pipeline")).lot(session_of(target, "analyst"), bench.lot(lot))
        actual = "there" if found is not None else "not there"
        what = "in the system" if target is bench.target else "in the restored environment"
        bench.observe(f"lot {bench.lot(lot)} {what}", expected=expected, actual=actual, source="Pipeline.lot")


# ------------------------------------------------------------ damage


@when(phrase('the backup is damaged: "{damage}"'))
def damaged(bench: Bench, damage: str) -> None:
    outcome: Outcome = bench.port("Continuity").damage_backup(bench.world.facts["backup"], damage)
    if not outcome.accepted:
        raise CsvgenError(f"the backup could not be damaged: {outcome.message}")
    bench.observe.note("damage", outcome.message, source="Continuity.damage_backup (validation instance only)")


@then(phrase('in the environment there is "{what}"'))
def left(bench: Bench, what: str) -> None:
    found = ", ".join(bench.port("Continuity").left_in(bench.world.facts["environment"])) or "nothing"
    bench.observe("what lies in the environment", expected=what, actual=found, source="folder of the environment")


# ------------------------------------------------------------ in one step (backup-restore@1)


@when(phrase('the "{role}" makes a backup and restores it into an empty environment'))
def backup_and_restore(bench: Bench, role: str) -> None:
    backup(bench, role)
    if last(bench).accepted:
        restore(bench, role, "empty")


@then(phrase('lot "{lot}" is restored identically'))
def restored(bench: Bench, lot: str) -> None:
    if not last(bench).accepted:
        raise CsvgenError(f"nothing was restored: {last(bench).message}")
    told = []
    for target in (bench.target, restored_system(bench)):
        found = cast("Any", target.port("Records")).read(session_of(target, "analyst"), bench.lot(lot))
        told.append(json.dumps(dict(sorted(found.fields.items())), ensure_ascii=False) if found else "(not there)")
    bench.observe(
        f"record of lot {bench.lot(lot)} after restore", expected=told[0], actual=told[1], source="Records.read of both"
    )


# ------------------------------------------------------------ at a second site


@when("the system is put up from that backup at the second site")
def second_site(bench: Bench) -> None:
    found: Target = bench.port("SecondSite").put_up(bench.world.facts["backup"])
    bench.world.facts["site"] = found
    bench.observe(
        "identity of the system there", expected=bench.target.instance, actual=found.instance, source="SecondSite.put_up"
    )


@then(phrase('lot "{lot}" is at the second site, field by field'))
def at_second_site(bench: Bench, lot: str) -> None:
    told = []
    for target in (bench.target, bench.world.facts["site"]):
        found = cast("Any", target.port("Records")).read(session_of(target, "analyst"), bench.lot(lot))
        told.append(json.dumps(dict(sorted(found.fields.items())), ensure_ascii=False) if found else "(not there)")
    bench.observe(f"record of lot {bench.lot(lot)}", expected=told[0], actual=told[1], source="Records.read at both sites")
