"""What was accepted is looked at: a yes proves nothing until what was asked for is there, and the trail says who did it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pytest_bdd import then

from csvgen.errors import CsvgenError
from csvgen.ports import AccountView, DeviationView, RecordView
from csvgen.steps.access import account
from csvgen.steps.common import Bench, answer, last, phrase
from csvgen.steps.lots import view
from csvgen.steps.since import since, tells_since

_NONE = "(not there)"


def _account(bench: Bench, user_id: str) -> str:
    """Printed name, roles and state of an account as the administrator reads them; how often, where it is not listed once."""
    bench.actors.log_in("administrator")
    found: tuple[AccountView, ...] = bench.actors.access.accounts(bench.actors.session("administrator"))
    listed = [a for a in found if a.user_id == user_id]
    if len(listed) != 1:
        return f"listed {len(listed)} times"
    return f"{listed[0].printed_name}, {'; '.join(listed[0].roles)}, {listed[0].state}"


# ------------------------------------------------------------ accounts, sessions, passwords


@then("the session that was opened is that of the new account")
def own_session(bench: Bench) -> None:
    known, opened = account(bench), last(bench)
    seen = bench.actors.access.whoami(opened.reference)
    source = f"Access.whoami with the session of the log-in: {answer(seen)}"
    bench.observe("whose session it is", expected=known.user_id, actual=seen.reference or _NONE, source=source)


@then(phrase('the new account is listed once, active, as it was asked for, with the role "{role}"'))
def listed_once(bench: Bench, role: str) -> None:
    known = account(bench)
    bench.observe(
        f"account {known.user_id}: printed name, roles, state",
        expected=f"{known.printed_name}, {role}, active",
        actual=_account(bench, known.user_id),
        source="Access.accounts",
    )


@then("the password just set opens the new account, and the one before does not")
def opens_now(bench: Bench) -> None:
    known, before = account(bench), bench.world.facts.get("password before")
    if before is None:
        raise CsvgenError("no step before this one set another password")
    old = bench.actors.access.log_in(known.user_id, before)
    new = bench.actors.access.log_in(known.user_id, known.password)
    source = "Access.log_in"
    bench.observe("log-in with the password before", expected="a refusal", actual=answer(old), by="refused", source=source)
    bench.observe("log-in with the password just set", expected="accepted: ", actual=answer(new), by="contains", source=source)


# ------------------------------------------------------------ one cell of the access matrix

_STATE: Mapping[str, str] = {
    "ingest": "registered", "process": "processed", "change a record": "processed", "review": "reviewed", "release": "released",
    "reject": "rejected",
}  # fmt: skip
"""State the lot prepared is in when the function was used on it."""
_ENTRY: Mapping[str, str] = {
    "ingest": "ingest", "process": "process", "change a record": "modify", "review": "sign", "release": "sign", "reject": "sign",
    "create an account": "create", "export the audit trail": "export",
}  # fmt: skip
"""Act of the entry that tells of it."""


@then(phrase('what the function "{function}" is for is done, and the audit trail tells that the "{role}" did it'))
def function_done(bench: Bench, function: str, role: str) -> None:
    if function not in _ENTRY:
        raise CsvgenError(f"the step library knows no function {function!r}; it knows {', '.join(_ENTRY)}")
    lot: str = bench.world.facts["lot"]
    if function in _STATE:
        bench.actors.log_in("analyst")
        bench.observe(f"state of lot {lot}", expected=_STATE[function], actual=view(bench, lot).state, source="Pipeline.lot")
    if function == "change a record":
        record: RecordView | None = bench.port("Records").read(bench.actors.session("analyst"), lot)
        actual = (record.fields.get("storage") if record else None) or _NONE
        bench.observe(f"storage of lot {lot}", expected="shelf 7", actual=actual, source="Records.read")
    if function == "create an account":
        made = bench.user(f"cell-{role}")
        expected = "Cell Of The Matrix, analyst, active"
        bench.observe(f"account {made}", expected=expected, actual=_account(bench, made), source="Access.accounts")
    tells_since(bench, role, _ENTRY[function])


# ------------------------------------------------------------ many cells at once

_GIVEN: Mapping[str, str] = {
    "read a record": "the record was given", "read the history of a record": "a list that is not empty was given",
    "copy a record": "the copy was given", "read the audit trail": "a list that is not empty was given",
    "read a lot": "the lot was given", "read deviations": "a list that is not empty was given",
    "list the accounts": "a list that is not empty was given", "read signatures": "an empty list was given",
    "calculate": "the values were given", "trace a record": "the trace was given", "ask for a review packet": "the copy was given",
}  # fmt: skip
"""What a function that reads gives of the things prepared: the lot of the cells is processed, has a deviation, and nobody signed it."""


def _state(name: str) -> Callable[[Bench], str]:
    return lambda bench: _account(bench, bench.world.facts[name]).rpartition(", ")[2]


def _deviation(bench: Bench) -> str:
    bench.actors.log_in("analyst")
    found: tuple[DeviationView, ...] = bench.port("Pipeline").deviations(
        bench.actors.session("analyst"), bench.world.facts["lot"]
    )
    return next((f"{d.state}, {d.decision}" for d in found if d.id == bench.world.facts["deviation"]), _NONE)


_LEFT: Mapping[str, tuple[str, str, Callable[[Bench], str]]] = {
    "retire an account": ("state of the account", "retired", _state("leaver")),
    "unlock an account": ("state of the account", "active", _state("locked")),
    "dispose a deviation": ("state and decision of the deviation", "closed, reject", _deviation),
}
"""Function -> what is looked at when it was used, what it must read, and how it is read."""
_TOLD: Mapping[str, tuple[str, ...]] = {
    "log out": ("log-out of account",), "retire an account": ("retire of account",), "copy a record": ("copy of lot",),
    "unlock an account": ("modify of account", "unlock of account"), "export the audit trail": ("export",),
    "dispose a deviation": ("modify of deviation", "sign of signature"), "repeat a run": ("process of run",),
}  # fmt: skip
"""Functions that leave entries, and what each entry tells of: an act, and a record that changed by it. Those that change a setting or an
instrument are used with the value there is, so that no other case is disturbed; a value that stays has no entry."""


@then(phrase('each of them gave what it is for, and the audit trail tells which of them the "{role}" did'))
def each_done(bench: Bench, role: str) -> None:
    """What a function that reads gave; what one that acts left, read back; and the entries of the role, no more and no fewer acts."""
    answers = bench.world.facts["cells"]
    for name in [n for n in answers if n in _GIVEN]:
        given = answers[name].message
        bench.observe(f"answer of: {name}", expected=_GIVEN[name], actual=given, source="answer to the function")
    for name in [n for n in answers if n in _LEFT]:
        what, wanted, read = _LEFT[name]
        bench.observe(f"{name}: {what}", expected=wanted, actual=read(bench), source="read back")
    user = bench.actors.account(role).user_id
    told = {f"{e.action} of {e.record.partition('/')[0]}".removesuffix(" of ") for e in since(bench) if e.user_id == user}
    expected = {act for n in answers for act in _TOLD.get(n, ())}
    bench.observe(
        f"acts of {user} since the point noted",
        expected="; ".join(sorted(expected)),
        actual="; ".join(sorted(told)),
        source="AuditTrail.entries",
    )
