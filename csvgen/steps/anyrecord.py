"""Any record of any system: the one that came of the latest entry is changed, deleted, signed, and looked for in trail and export.

Written for systems of others: nothing here knows of lots. "That record" is the one that the latest accepted entry of a form made.
"""

from __future__ import annotations

from pytest_bdd import given, then, when

from csvgen.errors import CsvgenError
from csvgen.ports import AuditEntry, RecordView, Secret, SignatureView
from csvgen.steps.access import WRONG
from csvgen.steps.common import Bench, answer, phrase
from csvgen.steps.records import same
from csvgen.steps.since import when_told


def _that(bench: Bench) -> str:
    made = [o.reference for about, o in bench.world.outcomes if about.startswith("Entry.enter") and o.accepted and o.reference]
    if not made:
        raise CsvgenError("no entry before this step made a record")
    return made[-1]


def _session(bench: Bench, role: str) -> str:
    bench.actors.log_in(role)
    return bench.actors.session(role)


@when(phrase('the "{role}" changes "{field}" of that record to "{value}" because "{reason}"'))
def change(bench: Bench, role: str, field: str, value: str, reason: str) -> None:
    record = _that(bench)
    outcome = bench.port("Records").change(_session(bench, role), record, field, value, reason)
    bench.world.take("Records.change", outcome)
    bench.observe.note(f"{field} of {record} to {value!r}, reason {reason!r}", answer(outcome), source="Records.change")


@when(phrase('the "{role}" deletes that record because "{reason}"'))
def delete(bench: Bench, role: str, reason: str) -> None:
    record = _that(bench)
    outcome = bench.world.take("Records.delete", bench.port("Records").delete(_session(bench, role), record, reason))
    bench.observe.note(f"deletion of {record} by the {role}", answer(outcome), source="Records.delete")


@then(phrase('that record shows "{field}" as "{value}"'))
def shows(bench: Bench, field: str, value: str) -> None:
    """Read anew by the auditor, who changed nothing."""
    record = _that(bench)
    view: RecordView | None = bench.port("Records").read(_session(bench, "auditor"), record)
    actual = view.fields.get(field, "(no such field)") if view else "(no such record)"
    same(bench, f"{field} of {record}", value, actual, source="Records.read")


@then(
    phrase('the audit trail tells that the "{role}" changed "{field}" of that record from "{old}" to "{new}" because "{reason}"')
)
def change_told(bench: Bench, role: str, field: str, old: str, new: str, reason: str) -> None:
    """The latest entry about that field: who, old and new value, reason, and when, with offset."""
    record, account = _that(bench), bench.actors.account(role)
    entries: tuple[AuditEntry, ...] = bench.port("AuditTrail").entries(_session(bench, "auditor"), record)
    found = [e for e in entries if e.field == field]
    entry = found[-1] if found else None
    source = "AuditTrail.entries"
    who = f"{entry.user_id} ({entry.printed_name})" if entry else "no such entry"
    bench.observe("who", expected=f"{account.user_id} ({account.printed_name})", actual=who, source=source)
    if entry is None:  # unreachable: the check above has failed
        return
    bench.observe("new value", expected=new, actual=entry.new, source=source)
    bench.observe("reason", expected=reason, actual=entry.reason, source=source)
    when_told(bench, entry)
    bench.observe("value before", expected=old, actual=entry.old, source=source)


# ------------------------------------------------------------ refused log-ins


def _refused(bench: Bench, role: str) -> list[AuditEntry]:
    known = bench.actors.account(role)
    entries: tuple[AuditEntry, ...] = bench.port("AuditTrail").entries(_session(bench, "auditor"))
    return [e for e in entries if e.action == "log-in-refused" and e.record.rpartition("/")[2] == known.user_id]


@given(phrase('the refused log-ins of the "{role}" in the audit trail are counted'))
def counted(bench: Bench, role: str) -> None:
    found = bench.world.facts[f"refused log-ins of {role}"] = len(_refused(bench, role))
    bench.observe.note(f"refused log-ins of the {role} so far", str(found), source="AuditTrail.entries")


@then(phrase('the audit trail tells of one refused log-in of the "{role}" more'))
def one_more(bench: Bench, role: str) -> None:
    """One entry more than was counted, and its time is now."""
    found, before = _refused(bench, role), bench.world.facts[f"refused log-ins of {role}"]
    source = "AuditTrail.entries"
    bench.observe(f"refused log-ins of the {role}", expected=str(before + 1), actual=str(len(found)), source=source)
    when_told(bench, found[-1])


# ------------------------------------------------------------ signatures


def _sign(bench: Bench, role: str, meaning: str, user_id: str, password: Secret, how: str) -> None:
    record = _that(bench)
    outcome = bench.port("Signing").sign(_session(bench, role), record, meaning, "checked", user_id, password)
    bench.world.take("Signing.sign", outcome)
    bench.observe.note(
        f"signature of the {role} on {record} as {meaning!r}, entering {how}", answer(outcome), source="Signing.sign"
    )


@given(phrase('the "{role}" has signed that record as "{meaning}"'))
def signed(bench: Bench, role: str, meaning: str) -> None:
    account = bench.actors.account(role)
    _sign(bench, role, meaning, account.user_id, account.password, "user id and password")
    if bench.world.last is None or not bench.world.last.accepted:
        raise CsvgenError("the record could not be signed")


@when(phrase('the "{role}" signs that record as "{meaning}" entering "{components}"'))
def sign_with(bench: Bench, role: str, meaning: str, components: str) -> None:
    account, other = bench.actors.account(role), bench.actors.account("analyst")
    entered = {
        "user id and password": (account.user_id, account.password),
        "a wrong password": (account.user_id, WRONG),
        "no password": (account.user_id, Secret("")),
        "another person's user id": (other.user_id, account.password),
        "another person's user id and password": (other.user_id, other.password),
    }
    if components not in entered:
        raise CsvgenError(f"the step library knows no components {components!r}; it knows {', '.join(entered)}")
    _sign(bench, role, meaning, *entered[components], components)


def _signatures(bench: Bench) -> tuple[SignatureView, ...]:
    return tuple(bench.port("Signing").signatures(_session(bench, "auditor"), _that(bench)))


@then("that record carries no signature")
def none(bench: Bench) -> None:
    actual = ", ".join(f"{s.meaning} by {s.user_id}" for s in _signatures(bench)) or "none"
    bench.observe(f"signatures of {_that(bench)}", expected="none", actual=actual, source="Signing.signatures")


@then(phrase('that record carries the signature of the "{role}" as "{meaning}", and it is {state}'))
def carries(bench: Bench, role: str, meaning: str, state: str) -> None:
    """`state`: ``valid`` or ``void``, as the system says it of the record as it is now."""
    account = bench.actors.account(role)
    found = [s for s in _signatures(bench) if s.user_id == account.user_id]
    source = "Signing.signatures"
    told = f"{found[-1].printed_name}: {found[-1].meaning}" if found else "no such signature"
    bench.observe("printed name and meaning", expected=f"{account.printed_name}: {meaning}", actual=told, source=source)
    status = found[-1].status if found else "no such signature"
    bench.observe("status of the signature", expected=state, actual=status.split(":")[0].strip(), source=f"{source}: {status}")


# ------------------------------------------------------------ the copy of the trail


@when(phrase('the "{role}" exports the audit trail as the system offers it'))
def export(bench: Bench, role: str) -> None:
    session = _session(bench, role)
    bench.world.facts["entries"] = bench.port("AuditTrail").entries(session)
    bench.world.facts["export"] = bench.port("AuditTrail").export(session)
    bench.attach(bench.world.facts["export"], name="export of the audit trail", media_type="application/octet-stream")
    bench.observe.note("export", f"{len(bench.world.facts['export'])} bytes", source="AuditTrail.export")


@then("each entry of the audit trail stands in the export")
def complete(bench: Bench) -> None:
    """Whatever the form of the export: for each entry shown one line of its own that holds its number and every value of it."""
    entries: tuple[AuditEntry, ...] = bench.world.facts["entries"]
    lines = bench.world.facts["export"].decode("utf-8", "replace").splitlines()
    source = "AuditTrail.entries, AuditTrail.export"
    bench.observe("entries looked for", expected="1", actual=str(len(entries)), by="at-least", source=source)
    left, missing = list(lines), []
    for entry in entries:
        parts = [
            p for p in (str(entry.number), entry.user_id, entry.record, entry.field, entry.old, entry.new, entry.reason) if p
        ]
        fitting = next((line for line in left if all(part in line for part in parts)), None)
        if fitting is None:
            missing.append(f"entry {entry.number} ({entry.action} of {entry.record})")
        else:
            left.remove(fitting)
    told = f"{len(missing)}: {'; '.join(missing[:5])}" if missing else "0"
    bench.observe("entries that the export lacks", expected="0", actual=told, source=source)
