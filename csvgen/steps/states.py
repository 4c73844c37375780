"""The life of a lot as a state machine: bringing it into a state, asking for an act in any state, and what a refusal left behind."""

from __future__ import annotations

from pytest_bdd import given, then, when

from csvgen.errors import CsvgenError
from csvgen.ports import AuditEntry, Outcome
from csvgen.steps.common import Bench, answer, last, phrase
from csvgen.steps.lots import PLATE_INSTRUMENT, PLATE_METHOD, constructed_plate, ingest, plate, view
from csvgen.steps.records import ACTS as ASKED
from csvgen.steps.records import Function, record_of
from csvgen.steps.refusing import refused_for
from csvgen.steps.trail import entries_of

FILE_BEFORE = "plate.csv"
STATES = ("registered", "processed", "reviewed", "released", "rejected")
_ROLES = ("analyst", "reviewer", "quality")


def _another_file(bench: Bench, role: str, lot: str) -> Outcome:
    """A file the lot does not have yet: one it has would be answered as known, whatever the state."""
    metadata = {"instrument": PLATE_INSTRUMENT, "sample": "S1", "method": PLATE_METHOD}
    return ingest(bench, role, lot, "another.csv", constructed_plate(("1.001",), lot=f"{lot} again"), **metadata)


ACTS: dict[str, tuple[str, Function]] = ASKED | {"take another file": ("Pipeline.ingest", _another_file)}
"""Acts in the words of a machine -> the verb that is asked, and how."""


def act(bench: Bench, role: str, lot: str, name: str) -> Outcome:
    """Ask for an act on a lot of this case."""
    if name not in ACTS:
        raise CsvgenError(f"the step library knows no act {name!r}; it knows {', '.join(ACTS)}")
    verb, function = ACTS[name]
    return bench.world.take(verb, function(bench, role, bench.lot(lot)))


def _log_in(bench: Bench) -> None:
    for role in _ROLES:
        bench.actors.log_in(role)


def _disposed(bench: Bench, lot: str) -> Outcome:
    """Quality decides that the data of each open deviation stand for what they are: a review waits for that."""
    person, outcome = bench.actors.account("quality"), Outcome(True, "no open deviation")
    for found in bench.port("Pipeline").deviations(bench.actors.session("quality"), bench.lot(lot)):
        if found.state == "open" and outcome.accepted:
            args = (found.id, "reject", "the result stands", person.user_id, person.password)
            outcome = bench.port("Pipeline").dispose(bench.actors.session("quality"), *args)
    return outcome


@given(phrase('lot "{lot}" has begun with the sample signal "{signal}"'))
def begun(bench: Bench, lot: str, signal: str) -> None:
    come(bench, lot, "registered", signal)


@given(phrase('lot "{lot}" has come to the state "{state}" with the sample signal "{signal}"'))
def come(bench: Bench, lot: str, state: str, signal: str) -> None:
    """By the roles whose duty each step is. A deviation on the way is decided, as the review asks for it."""
    if state not in STATES:
        raise CsvgenError(f"the step library cannot bring a lot to the state {state!r}; it can to {', '.join(STATES)}")
    _log_in(bench)
    if state == "registered":
        metadata = {"instrument": PLATE_INSTRUMENT, "sample": "S1", "method": PLATE_METHOD}
        content = constructed_plate((signal,), lot=bench.lot(lot))
        outcome = ingest(bench, "analyst", bench.lot(lot), FILE_BEFORE, content, **metadata)
    else:
        outcome = plate(bench, "analyst", bench.lot(lot), signal)
    steps = {"reviewed": ["reviewed"], "released": ["reviewed", "released"], "rejected": ["reviewed", "rejected"]}.get(state, [])
    if steps and outcome.accepted:
        outcome = _disposed(bench, lot)
    for meaning in steps:
        role, asked = ("reviewer", "be signed as reviewed") if meaning == "reviewed" else ("quality", f"be {meaning}")
        if outcome.accepted:
            outcome = ACTS[asked][1](bench, role, bench.lot(lot))
    found = view(bench, bench.lot(lot)).state if outcome.accepted else ""
    if found != state:
        raise CsvgenError(f"lot {bench.lot(lot)} could not be brought to the state {state}: {outcome.message}")
    bench.observe.note(f"lot {bench.lot(lot)}", found, source="Pipeline.lot")


@when(phrase('lot "{lot}" is taken the way "{way}"'))
def taken(bench: Bench, lot: str, way: str) -> None:
    """``analyst: be processed; reviewer: be signed as reviewed``; the way ends where an act is refused."""
    _log_in(bench)
    answers: list[tuple[str, Outcome]] = []
    for one in way.split("; "):
        role, _, name = one.partition(": ")
        answers.append((one, act(bench, role, lot, name)))
        if not answers[-1][1].accepted:
            break
    bench.world.facts["way"] = answers
    bench.observe.note(f"acts asked for lot {bench.lot(lot)}", f"{len(answers)} of {len(way.split('; '))}", source="ports")


@then("the system accepts each act of the way")
def way_accepted(bench: Bench) -> None:
    last(bench)
    for name, outcome in bench.world.facts["way"]:
        bench.observe(name, expected="accepted: ", actual=answer(outcome), by="contains", source="answer to the act")


@when(phrase('the "{role}" asks for lot "{lot}" to "{name}"'))
def asks(bench: Bench, role: str, lot: str, name: str) -> None:
    account, _ = bench.actors.log_in(role)
    outcome = act(bench, role, lot, name)
    bench.world.facts["asked by"] = account.user_id
    bench.observe.note(f"that lot {bench.lot(lot)} should {name}, asked by the {role}", answer(outcome), source=bench.world.about)


# ------------------------------------------------------------ what a refusal left behind


@given(phrase('the record and the audit trail of lot "{lot}" have been read'))
def remembered(bench: Bench, lot: str) -> None:
    fields, trail = record_of(bench, lot).fields, entries_of(bench, lot)
    bench.world.facts |= {"fields": fields, "trail": trail}
    told = f"{len(fields)} fields, {len({e.number for e in trail})} entries"
    bench.observe.note(f"record and audit trail of lot {bench.lot(lot)}", told, source="Records.read, AuditTrail.entries")


@then(phrase('the system refuses it because the lot is "{state}"'))
def refuses_for_state(bench: Bench, state: str) -> None:
    """A refusal for want of authority, of a session or of a component would prove nothing about the state."""
    refused_for(bench, "rule")
    outcome, source = last(bench), bench.world.about
    bench.observe("state named by the refusal", expected=state, actual=outcome.message, by="contains", source=source)


def grown(before: tuple[AuditEntry, ...], after: tuple[AuditEntry, ...]) -> str:
    """What came to a trail, in words: ``nothing``, or each new event; what was there before and is not any more is told first."""
    lost = sorted({e.number for e in before} - {e.number for e in after})
    told = [f"entry {number} is gone" for number in lost]
    known = {e.number for e in before}
    new = {e.number: e for e in after if e.number not in known}
    told += [f"{e.action} by {e.user_id}" for _, e in sorted(new.items())]
    return "; ".join(told) or "nothing"


@then(phrase('the audit trail of lot "{lot}" has grown by the refusal only'))
def trail_grown(bench: Bench, lot: str) -> None:
    before: tuple[AuditEntry, ...] = bench.world.facts["trail"]
    after = entries_of(bench, lot)
    told, words = grown(before, after), last(bench).message
    new = [e for e in after if e.number not in {b.number for b in before}]
    numbers = {e.number for e in new}
    refused = f"-refused by {bench.world.facts.get('asked by', '')}"  # by whoever asked, where a step says who
    bench.observe("new entries", expected="1", actual=str(len(numbers)), source=f"AuditTrail.entries, before and after: {told}")
    bench.observe("what the new entry tells of", expected=refused, actual=told, by="contains", source="AuditTrail.entries")
    reasons = "; ".join(dict.fromkeys(e.reason for e in new)) or "(no reason)"
    bench.observe("reason of the new entry", expected=words, actual=reasons, by="contains", source="AuditTrail.entries")
