"""Every function of the access matrix, as a role uses it on things that are there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pytest_bdd import given, then, when

from csvgen.errors import CsvgenError
from csvgen.execution.observe import Blocked
from csvgen.ports import Outcome, Secret
from csvgen.steps.access import account, create, good_password, lock
from csvgen.steps.common import Bench, answer, phrase
from csvgen.steps.lots import PLATE_INSTRUMENT, PLATE_METHOD, plate
from csvgen.steps.refusing import refusal
from csvgen.steps.sessionless import answered

Cell = Callable[[Bench, str, str], Any]
"""How a function is used: bench, session of the role, the role."""


@given("the things that the access matrix is about: a lot with an open deviation, an account to retire, a locked account")
def matrix_things(bench: Bench) -> None:
    for role in ("analyst", "administrator"):
        bench.actors.log_in(role)
    lot = bench.lot("CELLS")
    made = plate(bench, "analyst", lot, "1.200")
    found = bench.port("Pipeline").deviations(bench.actors.session("analyst"), lot)
    if not found:
        raise CsvgenError(f"lot {lot} has no deviation: {made.message}")
    bench.world.facts |= {"lot": lot, "deviation": found[0].id}
    for name in ("leaver", "locked"):
        created = create(bench, bench.user(name), "analyst")
        if not created.accepted:
            raise CsvgenError(f"the account could not be created: {created.message}")
        bench.world.facts[name] = account(bench).user_id
    lock(bench, account(bench))
    bench.observe.note("lot and its deviation", f"{lot}, {found[0].id}", source="Pipeline.deviations")


def _beside(bench: Bench, port: str, verb: str) -> Any:
    """A function the target offers beside the port."""
    function = getattr(bench.port(port), verb, None)
    if function is None:
        raise Blocked(f"the target {bench.target.name} does not offer {port}.{verb}")
    return function


def _new_account(bench: Bench, session: str, role: str) -> Outcome:
    secret = Secret(good_password())
    return bench.actors.access.create_account(session, bench.user(f"by-{role}"), "Cell Of The Matrix", ("analyst",), secret)


def _file(bench: Bench, session: str, _role: str) -> Any:
    metadata = {"instrument": PLATE_INSTRUMENT, "sample": "S1", "method": PLATE_METHOD}
    return bench.port("Pipeline").ingest(session, bench.world.facts["lot"], "second.csv", b"not a plate", metadata)


def _signed(meaning: str) -> Cell:
    def function(bench: Bench, session: str, role: str) -> Any:
        person = bench.actors.account(role)
        lot = bench.world.facts["lot"]
        return bench.port("Signing").sign(session, lot, meaning, "cell of the matrix", person.user_id, person.password)

    return function


def _disposed(bench: Bench, session: str, role: str) -> Any:
    person, reason = bench.actors.account(role), "cell of the matrix"
    deviation = bench.world.facts["deviation"]
    return bench.port("Pipeline").dispose(session, deviation, "reject", reason, person.user_id, person.password)


def _configured(bench: Bench, session: str, _role: str) -> Any:
    value = bench.port("Installation").configuration()["retention_days"]  # as it is: no other case is disturbed
    return bench.port("Records").change(session, "configuration/retention_days", "value", value, "cell of the matrix")


def _instrument(bench: Bench, session: str, _role: str) -> Any:
    due = bench.port("Records").read(session, "instrument/PR-001").fields["calibration_due"]
    return bench.port("Records").change(session, "instrument/PR-001", "calibration_due", due, "cell of the matrix")


def _lot_verb(port: str, verb: str, *more: str | bytes) -> Cell:
    return lambda bench, session, _role: getattr(bench.port(port), verb)(session, bench.world.facts["lot"], *more)


def _logged_out(bench: Bench, _session: str, role: str) -> Any:
    person = bench.actors.account(role)
    own = bench.actors.access.log_in(person.user_id, person.password).reference
    return bench.actors.access.log_out(own)


def _run(bench: Bench, session: str) -> str:
    """The run of the lot prepared, as the role sees it."""
    found = bench.port("Pipeline").lot(session, bench.world.facts["lot"])
    return str(found.run_record["id"])


def _by_hand(verb: str, *about: str) -> Cell:
    """A function that is a signature; what it is about need not be there, for authority is asked first."""

    def function(bench: Bench, session: str, role: str) -> Any:
        person, given_ = bench.actors.account(role), tuple(bench.world.facts.get(a, a) for a in about)
        return getattr(bench.port("Pipeline"), verb)(session, *given_, "cell of the matrix", person.user_id, person.password)

    return function


def _investigated(bench: Bench, session: str, _role: str) -> Any:
    return bench.port("Pipeline").investigate(
        session, bench.world.facts["deviation"], "laboratory investigation", "cell of the matrix", "", ()
    )


def _built(bench: Bench, session: str, role: str) -> Any:
    person = bench.actors.account(role)
    return bench.port("Pipeline").build_artifact(session, "qc-release", "CHG cell", "0000000", person.user_id, person.password)


def _pipeline(verb: str, *args: Any) -> Cell:
    return lambda bench, session, _role: getattr(bench.port("Pipeline"), verb)(session, *args)


def _form(name: str) -> Cell:
    """A form with something in every field; authority is asked before anything of it is read."""

    def function(bench: Bench, session: str, _role: str) -> Any:
        entry = bench.port("Entry")
        return entry.enter(session, name, dict.fromkeys(entry.forms(session)[name], "x"), "cell of the matrix")

    return function


CELLS: Mapping[str, Cell] = {
    "log out": _logged_out,
    "ask who is logged in": lambda b, s, _r: b.actors.access.whoami(s),
    "create an account": _new_account,
    "retire an account": lambda b, s, _r: b.actors.access.retire_account(s, b.world.facts["leaver"], "cell of the matrix"),
    "unlock an account": lambda b, s, _r: _beside(b, "Access", "unlock_account")(
        s, b.world.facts["locked"], "cell of the matrix"
    ),
    "list the accounts": lambda b, s, _r: b.actors.access.accounts(s),
    "change the configuration": _configured,
    "change an instrument record": _instrument,
    "read a record": _lot_verb("Records", "read"),
    "read the history of a record": _lot_verb("Records", "history"),
    "copy a record": _lot_verb("Records", "copy"),
    "change a lot record": _lot_verb("Records", "change", "storage", "shelf 7", "cell of the matrix"),
    "read the audit trail": _lot_verb("AuditTrail", "entries"),
    "export the audit trail": lambda b, s, _r: b.port("AuditTrail").export_outcome(s),
    "verify the audit trail": lambda b, s, _r: b.port("AuditTrail").integrity(s),
    "sign a lot as reviewed": _signed("reviewed"),
    "release a lot": _signed("released"),
    "reject a lot": _signed("rejected"),
    "dispose a deviation": _disposed,
    "read signatures": _lot_verb("Signing", "signatures"),
    "bring in a file": _file,
    "process a lot": _lot_verb("Pipeline", "process"),
    "read a lot": _lot_verb("Pipeline", "lot"),
    "read deviations": _lot_verb("Pipeline", "deviations"),
    "check a stored file": _lot_verb("Pipeline", "check_file", "plate.csv"),
    "ask for a review packet": _lot_verb("Signing", "review_packet"),
    "record an investigation": _investigated,
    "invalidate a result": _by_hand("invalidate", "deviation", "1"),
    "change the integration of a chromatogram": _lot_verb("Pipeline", "reintegrate", "plate.csv", b"", "cell of the matrix"),
    "sign a changed integration": _by_hand("sign_integration", "RI-0001"),
    "read a certificate of analysis": _lot_verb("Pipeline", "certificate"),
    "decide on a file in quarantine": _by_hand("decide_quarantined", "lot", "plate.csv", "accept"),
    "repeat a run": lambda b, s, _r: b.port("Pipeline").repeat(s, _run(b, s), "cell of the matrix"),
    "trace a record": lambda b, s, _r: b.port("Pipeline").trace(s, f"lot/{b.world.facts['lot']}"),
    "check all stored files": _pipeline("check_landing"),
    "build an artifact": _built,
    "review a promotion": _by_hand("review_promotion", "ART-0001", "production", "none: cell"),
    "approve a promotion": _by_hand("approve_promotion", "ART-0001", "production"),
    "withdraw an artifact": _by_hand("withdraw_artifact", "ART-0001"),
    "extend a due re-validation": _by_hand("extend_revalidation", "qc-release", "2000-01-01"),
    "sign that re-validation was done": _by_hand("complete_revalidation", "qc-release", "none: cell"),
    "register a procedure": _pipeline("register_procedure", "SOP-CELL", "Cell", "1", "2000-01-01", "cell of the matrix"),
    "say which procedures are needed": _pipeline("require_procedures", "LIN-01", (), "cell of the matrix"),
    "record training": _pipeline(
        "register_training", "val.analyst", "SOP-QC-001", "1", "2000-01-01", "2000-01-02", "cell of the matrix"
    ),
    "register or retire a source of data": _form("instrument"),
    "record a calibration": _form("calibration"),
    "propose a change of a material": _form("material"),
    "propose a change of a method": _form("method"),
    "make a backup": lambda b, s, _r: b.port("Continuity").backup(s),
    "restore a backup": lambda b, s, _r: b.port("Continuity").restore(s, "none"),
    "register an artifact": _pipeline("register_artifact", {"manifest.json": b"{}"}, b""),
    "approve a change of a method": _by_hand("approve_method", "MC-0001"),
    "enrol a device for one-time codes": lambda b, s, r: b.port("SecondFactor").enrol_device(s, b.actors.account(r).password),
    "type a one-time code for a signature": lambda b, s, _r: b.port("SecondFactor").type_code(s, Secret("000000")),
    "calculate": lambda b, s, _r: b.port("Pipeline").statistics(s, ("1.0", "2.0", "4.0")),
}
"""Function, in the words of the access matrix -> how a role uses it on the things prepared."""


@when(phrase('the "{role}" uses each of the functions "{functions}"'))
def use_each(bench: Bench, role: str, functions: str) -> None:
    names = functions.split("; ")
    if unknown := [n for n in names if n not in CELLS]:
        raise CsvgenError(f"the step library knows no function {unknown[0]!r}; it knows {', '.join(CELLS)}")
    bench.world.facts["cells"] = {n: answered(CELLS[n], bench, bench.actors.session(role), role) for n in names}
    bench.observe.note(f"functions used by the {role}", str(len(names)), source="ports of the target")


@then("the system accepts each of them")
def each_accepted(bench: Bench) -> None:
    for name, given_answer in bench.world.facts["cells"].items():
        bench.observe(name, expected="accepted: ", actual=answer(given_answer), by="contains", source="answer to the function")


@then("the system refuses each of them for lack of authority")
def each_refused(bench: Bench) -> None:
    for name, given_answer in bench.world.facts["cells"].items():
        told = f"answer to the function: {given_answer.message}"
        bench.observe(name, expected="refused; reason: authority", actual=refusal(given_answer), source=told)
