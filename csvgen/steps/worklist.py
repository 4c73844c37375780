"""Where lots stand and whom they wait for, and many lots processed at once."""

from __future__ import annotations

from typing import Any

from pytest_bdd import then, when

from csvgen.errors import CsvgenError
from csvgen.execution.observe import Blocked
from csvgen.ports import LotStanding, Outcome
from csvgen.steps.common import Bench, answer, phrase
from csvgen.steps.lots import view

_MISSING = "(not on the list)"


def _port(bench: Bench) -> Any:
    """The functions stand beside the port Pipeline."""
    port: Any = bench.port("Pipeline")
    if not hasattr(port, "standing"):
        raise Blocked(f"the target {bench.target.name} offers no list of work")
    return port


@then(phrase('the work list of the "{role}" says that lot "{lot}" is "{state}" and waits for "{who}": "{what}"'))
def waits_for(bench: Bench, role: str, lot: str, state: str, who: str, what: str) -> None:
    """Once, and as the state is; the words hold what is told of records of the case, whose numbers nobody knows beforehand."""
    bench.actors.log_in(role)
    rows: tuple[LotStanding, ...] = _port(bench).standing(bench.actors.session(role))
    found = [row for row in rows if row.lot == bench.lot(lot)]
    bench.observe(f"lines of lot {bench.lot(lot)}", expected="1", actual=str(len(found)), source="Pipeline.standing")
    row = found[0] if found else LotStanding(bench.lot(lot), _MISSING, "", (), _MISSING, _MISSING)
    bench.observe("state", expected=state, actual=row.state, source="Pipeline.standing")
    bench.observe("waits for", expected=who, actual=row.waits_for or "nobody", source="Pipeline.standing")
    bench.observe("what for", expected=what, actual=row.what or "nothing", by="contains", source="Pipeline.standing")
    told = view(bench, bench.lot(lot))
    bench.observe(
        "verdict", expected=told.verdict or "none", actual=row.verdict or "none", source="Pipeline.standing, Pipeline.lot"
    )
    session = bench.actors.session("analyst")
    waiting = sorted(d.id for d in bench.port("Pipeline").deviations(session, bench.lot(lot)) if d.state == "open")
    actual = ", ".join(sorted(row.open_deviations)) or "none"
    bench.observe(
        "open deviations", expected=", ".join(waiting) or "none", actual=actual, source="Pipeline.standing, Pipeline.deviations"
    )


@then(phrase('lot "{lot}" is among the lots that can be processed now'))
def can_be_processed(bench: Bench, lot: str) -> None:
    _among(bench, lot, "among the lots that can be processed now")


@then(phrase('lot "{lot}" is not among the lots that can be processed now'))
def can_not_be_processed(bench: Bench, lot: str) -> None:
    _among(bench, lot, "not among the lots that can be processed now")


def _among(bench: Bench, lot: str, expected: str) -> None:
    bench.actors.log_in("analyst")
    found: tuple[str, ...] = _port(bench).waiting(bench.actors.session("analyst"))
    actual = f"{'' if bench.lot(lot) in found else 'not '}among the lots that can be processed now"
    bench.observe(f"lot {bench.lot(lot)}", expected=expected, actual=actual, source="Pipeline.waiting")


# ------------------------------------------------------------ many at once


@when(phrase('the "{role}" processes the lots "{lots}" as one batch'))
def batch(bench: Bench, role: str, lots: str) -> None:
    names = tuple(bench.lot(name) for name in lots.split(", "))
    bench.actors.log_in(role)
    try:
        came: tuple[Outcome, ...] = _port(bench).process_batch(bench.actors.session(role), names)
    except CsvgenError as problem:
        facts = {"kind": str(getattr(problem, "kind", "")), "rule": problem.rule}
        refused = Outcome(False, problem.message, "", facts)
        bench.world.take("Pipeline.process_batch", refused)
        bench.observe.note("batch", answer(refused), source="Pipeline.process_batch")
        return
    bench.world.facts["came"] = dict(zip([*lots.split(", "), "(batch)"], came, strict=False))
    bench.world.facts["batch"] = came[-1]
    bench.observe.note("batch", answer(came[-1]), source="Pipeline.process_batch")


@when(phrase('the "{role}" processes the lots "{lots}" one by one in one call'))
def each(bench: Bench, role: str, lots: str) -> None:
    names = tuple(bench.lot(name) for name in lots.split(", "))
    bench.actors.log_in(role)
    came: tuple[Outcome, ...] = _port(bench).process_each(bench.actors.session(role), names)
    bench.world.facts["came"] = dict(zip(lots.split(", "), came, strict=False))
    bench.observe.note("lots", f"{len(came)} answers", source="Pipeline.process_each")


@then(phrase('of lot "{lot}" it is told "{words}"'))
def told_of(bench: Bench, lot: str, words: str) -> None:
    found: Outcome | None = bench.world.facts["came"].get(lot)
    actual = answer(found) if found else "(nothing)"
    bench.observe(
        f"answer for {bench.lot(lot)}", expected=words, actual=actual, by="contains", source=bench.world.about or "Pipeline"
    )


@then(phrase("the batch tells of {performed:d} processed and {failed:d} not, and its record of the same"))
def batch_tells(bench: Bench, performed: int, failed: int) -> None:
    """The answer, and the closed record it names."""
    made: Outcome = bench.world.facts["batch"]
    words = f"{performed} {'lot' if performed == 1 else 'lots'} processed, {failed} not"
    bench.observe("answer", expected=words, actual=answer(made), by="contains", source="Pipeline.process_batch")
    bench.actors.log_in("analyst")
    record = bench.port("Records").read(bench.actors.session("analyst"), made.reference)
    fields = record.fields if record else {}
    expected = {
        "performed": str(performed),
        "failed": str(failed),
        "state": "closed",
        "operator": bench.actors.account("analyst").user_id,
    }
    for field, value in expected.items():
        bench.observe(
            f"{field} of {made.reference}", expected=value, actual=fields.get(field, "(not told)"), source="Records.read"
        )


@then(phrase('lots "{first}" and "{second}" were processed alike: same outputs, runs one after the other'))
def alike(bench: Bench, first: str, second: str) -> None:
    """Same code, parameters and readings give one digest of outputs, alone and in a batch."""
    one, two = (view(bench, bench.lot(lot)) for lot in (first, second))
    for what, expected, actual in (
        (
            "reported values",
            *("; ".join(f"{t.name} {t.unrounded} {t.reported} {t.verdict}" for t in v.tests) for v in (one, two)),
        ),
        ("digest of the code", *(v.run_record.get("code", "(none)") for v in (one, two))),
        ("artifact", *(v.run_record.get("artifact", "(none)") for v in (one, two))),
        ("operator", *(v.run_record.get("operator", "(none)") for v in (one, two))),
    ):
        bench.observe(what, expected=expected, actual=actual, source="Pipeline.lot of both")
    number = one.run_record.get("id", "(none)")
    head, dash, count = number.rpartition("-")
    follows = f"{head}{dash}{int(count) + 1:0{len(count)}d}" if count.isdigit() else f"a run after {number}"
    bench.observe("run of the second", expected=follows, actual=two.run_record.get("id", "(none)"), source="Pipeline.lot of both")
