"""What came of it since a point of the case: accounts, and entries of the audit trail.

A refusal has to be on record and to change nothing. Both are seen from outside: the accounts and the end of the trail are noted, and
what is there later is compared with them.
"""

from __future__ import annotations

import datetime as dt

from pytest_bdd import given, then, when

from csvgen.canonical import canonical_json, digest_bytes
from csvgen.clock import SystemClock, parsed, stored
from csvgen.errors import CsvgenError
from csvgen.ports import AccountView, AuditEntry, Secret
from csvgen.steps.access import account, kind_of
from csvgen.steps.common import Bench, answer, phrase
from csvgen.steps.grouped import in_one
from csvgen.steps.trail import WELL_FORMED, form_of, well_timed

_RECENT = "60"
"""Seconds within which an entry just made is asked for."""

NOT_PROVED = "(not authenticated)"


def _accounts(bench: Bench) -> tuple[AccountView, ...]:
    bench.actors.log_in("administrator", anew=True)
    found: tuple[AccountView, ...] = bench.actors.access.accounts(bench.actors.session("administrator"))
    return tuple(sorted(found, key=lambda a: a.user_id))


def end_of_trail(bench: Bench) -> int:
    """Number of the latest entry: that of the log-in of whoever asks for it."""
    known, outcome = bench.actors.log_in("auditor", anew=True)
    own = bench.port("AuditTrail").entries(bench.actors.session("auditor"), f"account/{known.user_id}")
    numbers = [e.number for e in own if e.action == "log-in"]
    if not outcome.accepted or not numbers:
        raise CsvgenError("the audit trail has no entry of the log-in just made")
    return int(numbers[-1])


def since(bench: Bench) -> tuple[AuditEntry, ...]:
    """Entries after the point noted, without what any case leaves that takes its time (`_passing`)."""
    if "trail noted" not in bench.world.facts:
        raise CsvgenError("no step before this one noted the end of the audit trail")
    number, known = bench.world.facts["trail noted"], bench.actors.known()
    bench.actors.log_in("auditor", anew=True)
    found: tuple[AuditEntry, ...] = bench.port("AuditTrail").entries(bench.actors.session("auditor"), "", number)
    return tuple(e for e in found if not _passing(e, known))


def _passing(entry: AuditEntry, known: frozenset[str]) -> bool:
    """Prepared people log in, their idle sessions end, and a step asks whether a session is alive before it uses it."""
    if entry.action in {"log-in", "session-locked"}:
        return entry.user_id in known
    return entry.action == "access-refused" and entry.new == "whoami"


@given("the accounts and the end of the audit trail are noted")
@when("the accounts and the end of the audit trail are noted")
def noted(bench: Bench) -> None:
    accounts = _accounts(bench)
    bench.world.facts["accounts noted"] = accounts
    if not accounts:
        raise CsvgenError("the system lists no account")
    bench.world.facts["trail noted"] = end_of_trail(bench)
    if "lot" in bench.world.facts:
        bench.world.facts["lot noted"] = lot_told(bench)
    if "artifact" in bench.world.facts:
        bench.world.facts["artifact noted"] = _artifact_told(bench)
    bench.observe.note("accounts", f"{len(accounts)}, {_digest(accounts)}", source="Access.accounts")
    bench.observe.note("last entry of the audit trail", str(bench.world.facts["trail noted"]), source="AuditTrail.entries")


@given("the end of the audit trail is noted")
def end_noted(bench: Bench) -> None:
    bench.world.facts["trail noted"] = end_of_trail(bench)
    bench.observe.note("last entry of the audit trail", str(bench.world.facts["trail noted"]), source="AuditTrail.entries")


def _digest(values: tuple[AccountView, ...]) -> str:
    return str(digest_bytes(b"".join(canonical_json(v) for v in values)))


def _shown(view: AccountView | None) -> str:
    return f"{view.printed_name}, {'; '.join(view.roles)}, {view.state}" if view else "no such account"


@then("every account is as noted, and there is no other")
def accounts_as_noted(bench: Bench) -> None:
    if "accounts noted" not in bench.world.facts:
        raise CsvgenError("no step before this one noted the accounts")
    before = {a.user_id: a for a in bench.world.facts["accounts noted"]}
    now = _accounts(bench)
    after = {a.user_id: a for a in now}
    source = "Access.accounts, before and after"
    for user_id in sorted(before.keys() | after.keys()):
        if before.get(user_id) != after.get(user_id):
            expected, actual = _shown(before.get(user_id)), _shown(after.get(user_id))
            bench.observe(f"account {user_id}", expected=expected, actual=actual, source=source)
    bench.observe(
        f"digest of {len(before)} accounts: id, printed name, roles, state",
        expected=_digest(tuple(bench.world.facts["accounts noted"])),
        actual=_digest(now),
        source=source,
    )


def lot_told(bench: Bench) -> dict[str, str]:
    """All the system tells the auditor of the lot at hand: fields, version, state, files, results, deviations, signatures."""
    lot: str = bench.world.facts["lot"]
    bench.actors.log_in("auditor")
    session = bench.actors.session("auditor")
    record, view = bench.port("Records").read(session, lot), bench.port("Pipeline").lot(session, lot)
    if record is None or view is None:
        raise CsvgenError(f"the system tells nothing of lot {lot}")
    return {
        **{f"field {name}": value for name, value in record.fields.items()},
        "version and state of the record": f"{record.version}, {record.state}",
        "state and verdict of the lot": f"{view.state}, {view.verdict}",
        "files": canonical_json(view.files).decode(),
        "results": canonical_json(view.tests).decode(),
        "deviations": canonical_json(bench.port("Pipeline").deviations(session, lot)).decode(),
        "signatures": canonical_json(bench.port("Signing").signatures(session, lot)).decode(),
    }


@then("that lot is as noted in fields, version, state, files, results, deviations and signatures")
def lot_as_noted(bench: Bench) -> None:
    if "lot noted" not in bench.world.facts:
        raise CsvgenError("no step before this one noted a lot")
    before, after = bench.world.facts["lot noted"], lot_told(bench)
    source = "Records.read, Pipeline.lot, Pipeline.deviations, Signing.signatures, before and after"
    in_one(bench, f"lot {bench.world.facts['lot']}, before and after", before, after, source=source)


def _artifact_told(bench: Bench) -> str:
    """Version, state and digest of all fields of the artifact at hand, as the auditor reads them."""
    bench.actors.log_in("auditor")
    record = bench.port("Records").read(bench.actors.session("auditor"), f"artifact/{bench.world.facts['artifact']}")
    if record is None:
        raise CsvgenError(f"the system tells nothing of the artifact {bench.world.facts['artifact']}")
    return f"version {record.version}, {record.state}, {digest_bytes(canonical_json(record.fields))}"


@then("that artifact is as noted in version, state and every field")
def artifact_as_noted(bench: Bench) -> None:
    if "artifact noted" not in bench.world.facts:
        raise CsvgenError("no step before this one noted an artifact")
    bench.observe(
        f"artifact {bench.world.facts['artifact']}: version, state, digest of all fields",
        expected=bench.world.facts["artifact noted"],
        actual=_artifact_told(bench),
        source="Records.read, before and after",
    )


def _person(bench: Bench, who: str) -> tuple[str, str]:
    """User id and printed name of somebody the sentence names."""
    match who:
        case "new account":
            return account(bench).user_id, account(bench).printed_name
        case "new account, not authenticated":
            return account(bench).user_id, NOT_PROVED
        case "id that nobody has":
            return bench.user("nobody"), NOT_PROVED
        case "id of the system's own actor":
            return "system", NOT_PROVED
        case _:
            known = bench.actors.account(who)
            return known.user_id, known.printed_name


@then(phrase('since then the audit trail tells that the "{who}" did "{action}"'))
@then(phrase('since then the audit trail tells that the "{who}" did "{action}" because "{words}"'))
def tells_since(bench: Bench, who: str, action: str, words: str = "") -> None:
    """The latest entry of that act: who, with printed name; when, with offset; why, where a reason is asked for."""
    user_id, printed = _person(bench, who)
    found = [e for e in since(bench) if e.action == action]
    told = f"{found[-1].user_id} ({found[-1].printed_name}): {found[-1].action}; {found[-1].reason}" if found else "no such entry"
    source = "AuditTrail.entries"
    bench.observe("who, what", expected=f"{user_id} ({printed}): {action}", actual=told, by="contains", source=source)
    if words:
        bench.observe("why", expected=words, actual=found[-1].reason if found else "no such entry", by="contains", source=source)
    if found:  # without one the checks above have failed
        when_told(bench, found[-1])


_JUST_NOW = f"made no more than {_RECENT} s before it was asked for"


def _age(entry: AuditEntry, asked: dt.datetime) -> str:
    try:
        seconds = abs((asked - parsed(entry.at)).total_seconds())
    except ValueError:
        return "made at no time that can be read"
    return _JUST_NOW if seconds <= int(_RECENT) else f"made {seconds:.3f} s before it was asked for"


def when_told(bench: Bench, entry: AuditEntry) -> None:
    """Time and offset of an entry, and that the time is that of the act."""
    asked = SystemClock().now()
    well_timed(bench, entry)
    bench.observe(
        f"entry {entry.number}: time between the entry and the recorder's question",
        expected=_RECENT,
        actual=f"{abs((asked - parsed(entry.at)).total_seconds()):.3f}",
        unit="s",
        by="at-most",
        source=f"AuditTrail.entries ({entry.at}), recorder's clock ({stored(asked)})",
    )


@then(phrase('since then the audit trail tells of nothing but "{actions}"'))
def nothing_but(bench: Bench, actions: str) -> None:
    """Each entry is one of these acts, and each of these acts has an entry."""
    allowed = actions.split("; ")
    found = sorted({e.action for e in since(bench)})
    bench.observe(
        "acts since the point noted", expected="; ".join(sorted(allowed)), actual="; ".join(found), source="AuditTrail.entries"
    )


@then("since then the audit trail tells of nothing")
def nothing_told(bench: Bench) -> None:
    """Each change of a record has its entry: where there is none, nothing was made, changed or removed."""
    told = "; ".join(f"entry {e.number}: {e.action} of {e.record or 'the system'} by {e.user_id}" for e in since(bench))
    bench.observe("acts since the point noted", expected="none", actual=told or "none", source="AuditTrail.entries")


@then(phrase('since then the audit trail tells of each of the refusals of the "{role}"'))
def each_refusal_told(bench: Bench, role: str) -> None:
    """One entry for each refused call, in their order: who, when with offset, and the words of the refusal as the reason."""
    known = bench.actors.account(role)
    refusals = [(name, o) for name, o in bench.world.facts["cells"].items() if kind_of(o) == "authority"]
    entries = [e for e in since(bench) if e.action == "authority-refused" and e.user_id == known.user_id]
    source = "answer to the function, AuditTrail.entries"
    bench.observe("entries of refusals", expected=str(len(refusals)), actual=str(len(entries)), source=source)
    asked = SystemClock().now()
    expected, actual = {}, {}
    for (name, outcome), entry in zip(refusals, entries, strict=True):
        expected[name] = f"{known.user_id} ({known.printed_name}): {outcome.message}; {WELL_FORMED}; {_JUST_NOW}"
        actual[name] = f"{entry.user_id} ({entry.printed_name}): {entry.reason}; {form_of(entry)}; {_age(entry, asked)}"
    in_one(bench, "entries of the refusals: who, why, when", expected, actual, source=f"{source}, recorder's clock")


@then("no entry since then holds a password of the new account")
def no_password_told(bench: Bench) -> None:
    """Compared here; the passwords themselves are in no observation."""
    secrets: list[Secret] = bench.world.facts.get("passwords", [])
    if not secrets:
        raise CsvgenError("no step before this one set a password")
    entries = since(bench)
    holding = [e for e in entries if any(s.reveal() in canonical_json(e).decode() for s in secrets)]
    bench.observe("entries looked at", expected="1", actual=str(len(entries)), by="at-least", source="AuditTrail.entries")
    bench.observe(
        "entries that hold a password", expected="0", actual=str(len(holding)), source="AuditTrail.entries, every field"
    )


@then("the password the new account had before still opens it, and the refused one does not")
def password_as_before(bench: Bench) -> None:
    known, refused = account(bench), bench.world.facts["passwords"][-1]
    wrong = bench.actors.access.log_in(known.user_id, refused)
    right = bench.actors.access.log_in(known.user_id, known.password)
    bench.observe(
        "log-in with the refused password", expected="a refusal", actual=answer(wrong), by="refused", source="Access.log_in"
    )
    bench.observe(
        "log-in with the password before", expected="accepted: ", actual=answer(right), by="contains", source="Access.log_in"
    )


@then("the password of the new account still opens it")
def password_opens(bench: Bench) -> None:
    known = account(bench)
    opened = bench.actors.access.log_in(known.user_id, known.password)
    bench.observe("log-in with the password", expected="accepted: ", actual=answer(opened), by="contains", source="Access.log_in")
