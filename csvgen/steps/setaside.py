"""A file that was brought in by accident: proposed to be set aside by one person, decided by quality, and never processed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from pytest_bdd import then, when

from csvgen.errors import CsvgenError
from csvgen.execution.observe import Blocked
from csvgen.ports import Outcome, RecordView
from csvgen.steps.access import WRONG
from csvgen.steps.common import Bench, answer, phrase

_MISSING = "(not told)"


def _port(bench: Bench) -> Any:
    """The functions stand beside the port Pipeline: not every system knows this act."""
    port = cast("Any", bench.port("Pipeline"))
    if not hasattr(port, "propose_aside"):
        raise Blocked(f"the target {bench.target.name} offers no setting aside of files")
    return port


def _propose(bench: Bench, role: str, file: str, lot: str, cause: str, evidence: tuple[str, ...]) -> None:
    outcome: Outcome = _port(bench).propose_aside(bench.actors.session(role), bench.lot(lot), file, cause, evidence)
    bench.world.take("Pipeline.propose_aside", outcome)
    if outcome.accepted:
        bench.world.facts["proposal"] = outcome.reference
    bench.observe.note(f"proposal of the {role} on {file}", answer(outcome), source="Pipeline.propose_aside")


@when(phrase('the "{role}" proposes that the file "{file}" of lot "{lot}" is set aside because "{cause}"'))
def propose(bench: Bench, role: str, file: str, lot: str, cause: str) -> None:
    """The evidence is the registration of the file itself, where the label can be read."""
    _propose(bench, role, file, lot, cause, (f"file/{bench.lot(lot)}:{file}",))


@when(phrase('the "{role}" proposes without evidence that the file "{file}" of lot "{lot}" is set aside because "{cause}"'))
def propose_without(bench: Bench, role: str, file: str, lot: str, cause: str) -> None:
    _propose(bench, role, file, lot, cause, ())


def proposal(bench: Bench) -> str:
    found = str(bench.world.facts.get("proposal", ""))
    if not found:
        raise CsvgenError("no proposal was put on record before this step")
    return found


@when(phrase('the "{role}" decides on the proposal: "{decision}"'))
def decide(bench: Bench, role: str, decision: str) -> None:
    port, session, person = _port(bench), bench.actors.session(role), bench.actors.account(role)
    identity = proposal(bench).partition("/")[2]
    ways: dict[str, Callable[[], Outcome]] = {
        "sign": lambda: port.set_aside(session, identity, "cause established", person.user_id, person.password),
        "sign with a wrong password": lambda: port.set_aside(session, identity, "cause established", person.user_id, WRONG),
        "refuse": lambda: port.refuse_aside(session, identity, "the file belongs to the lot"),
    }
    if decision not in ways:
        raise CsvgenError(f"the step library knows no decision {decision!r}; it knows {', '.join(ways)}")
    outcome = bench.world.take("Pipeline.set_aside", ways[decision]())
    bench.observe.note(f"decision of the {role} on {identity}: {decision}", answer(outcome), source="Pipeline.set_aside")


@then(
    phrase(
        'the proposal of the "{role}" is "{state}" because "{cause}", decided by "{decider}", and tells what the file reads: "{reads}"'
    )
)
def decided(bench: Bench, role: str, state: str, cause: str, decider: str, reads: str) -> None:
    """Who asked, why, who decided, what the file would have given, and whose valid signature is on it."""
    name = proposal(bench)
    record: RecordView | None = bench.port("Records").read(bench.actors.session("analyst"), name)
    fields = record.fields if record else {}
    who = "nobody" if decider == "nobody" else bench.actors.account(decider).user_id
    expected = {"by": bench.actors.account(role).user_id, "state": state, "cause": cause}
    for field, value in expected.items():
        bench.observe(f"{field} of {name}", expected=value, actual=fields.get(field, _MISSING), source=f"Records.read {name}")
    actual = fields.get("decided_by", "") or "nobody"
    bench.observe(f"who decided {name}", expected=who, actual=actual, source=f"Records.read {name}")
    told = fields.get("reads", _MISSING)
    bench.observe(f"what {name} says of the file", expected=reads, actual=told, by="contains", source=f"Records.read {name}")
    made = bench.port("Signing").signatures(bench.actors.session("analyst"), name)
    signers = ", ".join(s.user_id for s in made if s.valid) or "nobody"
    bench.observe(
        f"valid signatures on {name}",
        expected=who if state == "set aside" else "nobody",
        actual=signers,
        source=f"Signing.signatures {name}",
    )


@then(phrase('the file "{file}" of lot "{lot}" has the standing "{standing}", and its stored bytes are whole'))
def kept(bench: Bench, file: str, lot: str, standing: str) -> None:
    name = f"file/{bench.lot(lot)}:{file}"
    record: RecordView | None = bench.port("Records").read(bench.actors.session("analyst"), name)
    actual = record.fields.get("standing", _MISSING) if record else _MISSING
    bench.observe(f"standing of {file}", expected=standing, actual=actual, source=f"Records.read {name}")
    outcome = bench.port("Pipeline").check_file(bench.actors.session("analyst"), bench.lot(lot), file)
    bench.observe(f"check of {file}", expected="accepted: ", actual=answer(outcome), by="contains", source="Pipeline.check_file")
