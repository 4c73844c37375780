"""Records: changing, deleting, earlier versions, copies, and the functions of the permission matrix."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from pytest_bdd import given, then, when

from csvgen.errors import CsvgenError
from csvgen.ports import Outcome, RecordCopy, RecordView, Secret
from csvgen.steps.access import good_password
from csvgen.steps.common import Bench, answer, phrase
from csvgen.steps.lots import PLATE_INSTRUMENT, PLATE_METHOD, constructed_plate, ingest, plate, view


def record_of(bench: Bench, lot: str, role: str = "analyst") -> RecordView:
    found: RecordView | None = bench.port("Records").read(bench.actors.session(role), bench.lot(lot))
    if found is None:
        raise CsvgenError(f"the system has no record of lot {bench.lot(lot)}")
    return found


@when(phrase('the "{role}" changes "{field}" of lot "{lot}" to "{value}" because "{reason}"'))
def change(bench: Bench, role: str, field: str, lot: str, value: str, reason: str) -> None:
    bench.world.facts["before"] = record_of(bench, lot).fields.get(field, "")
    outcome = bench.port("Records").change(bench.actors.session(role), bench.lot(lot), field, value, reason.strip())
    bench.world.take("Records.change", outcome)
    bench.observe.note(
        f"{field} of lot {bench.lot(lot)} to {value!r}, reason {reason!r}", answer(outcome), source="Records.change"
    )


@when(phrase('the "{role}" changes "{field}" of lot "{lot}" to each of "{values}"'))
def change_each(bench: Bench, role: str, field: str, lot: str, values: str) -> None:
    for number, value in enumerate(values.split("; "), 1):
        outcome = bench.port("Records").change(
            bench.actors.session(role), bench.lot(lot), field, value, f"correction number {number}"
        )
        if not outcome.accepted:
            raise CsvgenError(f"{field} could not be set to {value!r}: {outcome.message}")
        bench.observe.note(f"{field} set to {value!r}", answer(outcome), source="Records.change")


@then(phrase('the history of lot "{lot}" shows "{field}" as each of "{values}" in that order'))
def history(bench: Bench, lot: str, field: str, values: str) -> None:
    versions: tuple[RecordView, ...] = bench.port("Records").history(bench.actors.session("analyst"), bench.lot(lot))
    seen = [v.fields.get(field, "") for v in versions]
    distinct = [value for index, value in enumerate(seen) if value and (index == 0 or value != seen[index - 1])]
    source = f"Records.history ({len(versions)} versions)"
    bench.observe(f"values of {field} over the versions", expected=values, actual="; ".join(distinct), source=source)


@then(phrase('"{field}" of lot "{lot}" is not "{value}"'))
def unchanged(bench: Bench, field: str, lot: str, value: str) -> None:
    actual = record_of(bench, lot).fields.get(field, "")
    bench.observe(f"{field} of lot {bench.lot(lot)}", expected=value, actual=actual, by="not-equal", source="Records.read")
    bench.observe(f"{field} as before the attempt", expected=bench.world.facts["before"], actual=actual, source="Records.read")


@when(phrase('the "{role}" deletes lot "{lot}" because "{reason}"'))
def delete(bench: Bench, role: str, lot: str, reason: str) -> None:
    outcome = bench.world.take("Records.delete", bench.port("Records").delete(bench.actors.session(role), bench.lot(lot), reason))
    bench.observe.note(f"deletion of lot {bench.lot(lot)} by the {role}", answer(outcome), source="Records.delete")


# ------------------------------------------------------------ copies


@when(phrase('the "{role}" takes a copy of lot "{lot}"'))
def take_copy(bench: Bench, role: str, lot: str) -> None:
    copy: RecordCopy | None = bench.port("Records").copy(bench.actors.session(role), bench.lot(lot))
    if copy is None:
        raise CsvgenError(f"the system gave no copy of lot {bench.lot(lot)}")
    bench.world.facts["copy"] = copy
    bench.attach(copy.electronic, name=f"electronic copy of {bench.lot(lot)}", media_type=copy.electronic_type)
    bench.attach(copy.human, name=f"human-readable copy of {bench.lot(lot)}", media_type=copy.human_type)
    told = f"{len(copy.human)} bytes {copy.human_type}, {len(copy.electronic)} bytes {copy.electronic_type}"
    bench.observe.note(f"copy of lot {bench.lot(lot)}", told, source="Records.copy")


def _strings(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set().union(*(_strings(v) for v in value.values()), *({str(k)} for k in value)) if value else set()
    if isinstance(value, list):
        return set().union(*(_strings(v) for v in value)) if value else set()
    return {str(value)}


@then(phrase('the electronic copy of lot "{lot}" holds every field, signature and audit entry'))
def electronic_copy(bench: Bench, lot: str) -> None:
    copy: RecordCopy = bench.world.facts["copy"]
    values = _strings(json.loads(copy.electronic))
    session = bench.actors.session("auditor")
    record: RecordView = bench.port("Records").read(session, bench.lot(lot))
    fields = [v for v in record.fields.values() if v]
    signatures = [s for x in bench.port("Signing").signatures(session, bench.lot(lot)) for s in (x.printed_name, x.meaning)]
    entries = [str(e.number) for e in bench.port("AuditTrail").entries(session, bench.lot(lot))]
    for what, wanted in (("fields", fields), ("signatures", signatures), ("audit entries", entries)):
        missing = [w for w in wanted if w not in values]
        actual = f"{len(wanted) - len(missing)} of {len(wanted)}" + (f"; missing {missing[:3]}" if missing else "")
        bench.observe(
            f"{what} found in the electronic copy",
            expected=f"{len(wanted)} of {len(wanted)}",
            actual=actual,
            source="Records.copy",
        )
        bench.observe(
            f"number of {what} looked for", expected="1", actual=str(len(wanted)), by="at-least", source="Records.read and others"
        )


@then(phrase('the human-readable copy of lot "{lot}" shows every reported value, signer and meaning'))
def human_copy(bench: Bench, lot: str) -> None:
    copy: RecordCopy = bench.world.facts["copy"]
    text = copy.human.decode("utf-8", "replace")
    session = bench.actors.session("auditor")
    wanted = [t.reported for t in view(bench, bench.lot(lot)).tests]
    wanted += [s for x in bench.port("Signing").signatures(session, bench.lot(lot)) for s in (x.printed_name, x.meaning)]
    for value in wanted:
        actual = value if value in text else f"not in the {len(text)} characters of the copy"
        bench.observe("shown in the human-readable copy", expected=value, actual=actual, source="Records.copy")
    bench.observe(
        "number of values looked for",
        expected="3",
        actual=str(len(wanted)),
        by="at-least",
        source="Pipeline.lot, Signing.signatures",
    )


# ------------------------------------------------------------ permission matrix

Function = Callable[[Bench, str, str], Outcome]


def _as_outcome(value: Any, what: str) -> Outcome:
    """Verbs that only read answer with data; no data and a refusal kind means no authority."""
    if isinstance(value, Outcome):
        return value
    return Outcome(bool(value), f"{what} given" if value else f"{what} not given")


def _sign(meaning: str) -> Function:
    def function(bench: Bench, role: str, lot: str) -> Outcome:
        account = bench.actors.account(role)
        signing = bench.port("Signing")
        outcome: Outcome = signing.sign(
            bench.actors.session(role), lot, meaning, "matrix cell", account.user_id, account.password
        )
        return outcome

    return function


def _ingest(bench: Bench, role: str, lot: str) -> Outcome:
    metadata = {"instrument": PLATE_INSTRUMENT, "sample": "S1", "method": PLATE_METHOD}
    return ingest(bench, role, lot, "plate.csv", constructed_plate(("1.000",)), **metadata)


def _create(bench: Bench, role: str, _lot: str) -> Outcome:
    access = bench.actors.access
    secret = Secret(good_password())
    return access.create_account(
        bench.actors.session(role), bench.user(f"cell-{role}"), "Cell Of The Matrix", ("analyst",), secret
    )


def _export(bench: Bench, role: str, _lot: str) -> Outcome:
    """Accepted when the trail was given; a refusal is the system's own."""
    outcome: Outcome = bench.port("AuditTrail").export_outcome(bench.actors.session(role))
    return outcome


FUNCTIONS: dict[str, tuple[str, Function]] = {
    "ingest": ("none", _ingest),
    "process": ("registered", lambda b, role, lot: b.port("Pipeline").process(b.actors.session(role), lot)),
    "change a record": (
        "processed",
        lambda b, role, lot: b.port("Records").change(b.actors.session(role), lot, "storage", "shelf 7", "cell of the matrix"),
    ),
    "review": ("processed", _sign("reviewed")),
    "release": ("reviewed", _sign("released")),
    "reject": ("reviewed", _sign("rejected")),
    "create an account": ("none", _create),
    "export the audit trail": ("none", _export),
}
"""Function -> state the lot must be in for it, and how it is used."""


def bring_to(bench: Bench, lot: str, state: str, signal: str = "1.000") -> None:
    """A lot in a state of its life, by the roles whose duty each step is."""
    for role in ("analyst", "reviewer", "quality"):
        bench.actors.log_in(role)
    if state == "none":
        return
    outcome = _ingest(bench, "analyst", lot) if state == "registered" else plate(bench, "analyst", lot, signal)
    if outcome.accepted and state in ("reviewed", "released", "rejected"):
        outcome = _sign("reviewed")(bench, "reviewer", lot)
    if outcome.accepted and state in ("released", "rejected"):
        outcome = _sign(state)(bench, "quality", lot)
    if not outcome.accepted:
        raise CsvgenError(f"lot {lot} could not be brought to the state {state}: {outcome.message}")


@given(phrase('a lot prepared for "{function}"'))
def prepared(bench: Bench, function: str) -> None:
    if function not in FUNCTIONS:
        raise CsvgenError(f"the step library knows no function {function!r}; it knows {', '.join(FUNCTIONS)}")
    state, _ = FUNCTIONS[function]
    bench.world.facts["lot"] = bench.lot("CELL")
    bring_to(bench, bench.world.facts["lot"], state)
    bench.observe.note(
        f"lot prepared for {function}", f"{bench.world.facts['lot']} in the state {state}", source="Pipeline, Signing"
    )


@when(phrase('the "{role}" uses the function "{function}" on that lot'))
def use(bench: Bench, role: str, function: str) -> None:
    outcome = _as_outcome(FUNCTIONS[function][1](bench, role, bench.world.facts["lot"]), function)
    bench.world.take(f"function {function}", outcome)
    bench.observe.note(f"{function} by the {role}", answer(outcome), source=bench.world.about)


@given(phrase('lot "{lot}" is brought to the state "{state}" with the sample signal "{signal}"'))
def brought(bench: Bench, lot: str, state: str, signal: str) -> None:
    bring_to(bench, bench.lot(lot), state, signal)
    bench.observe.note(f"lot {bench.lot(lot)}", view(bench, bench.lot(lot)).state, source="Pipeline.lot")


# ------------------------------------------------------------ continuity


@when(phrase('the "{role}" makes a backup and restores it into an empty environment'))
def backup(bench: Bench, role: str) -> None:
    continuity = bench.port("Continuity")
    made: Outcome = continuity.backup(bench.actors.session(role))
    restored: Outcome = continuity.restore(bench.actors.session(role), made.reference)
    bench.world.take("Continuity.backup, Continuity.restore", restored)
    bench.observe.note("backup and restore", f"{answer(made)}; {answer(restored)}", source=bench.world.about)


@then(phrase('lot "{lot}" is restored identically'))
def restored(bench: Bench, lot: str) -> None:
    before: RecordView = record_of(bench, lot)
    outcome = bench.world.last
    after = (outcome.facts if outcome else {}).get(bench.lot(lot), "(not in the restored environment)")
    expected = json.dumps(dict(sorted(before.fields.items())), ensure_ascii=False)
    bench.observe(f"record of lot {bench.lot(lot)} after restore", expected=expected, actual=after, source="Continuity.restore")
