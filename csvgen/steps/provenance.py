"""Where a result comes from: the record of a run, traces in both directions, the repeat of a run, the check of all stored files."""

from __future__ import annotations

import json
from typing import Any

from pytest_bdd import given, then, when

from csvgen.canonical import digest_bytes
from csvgen.clock import SystemClock, parsed, stored
from csvgen.errors import CsvgenError, Refused
from csvgen.ports import Outcome, TraceView
from csvgen.steps.common import Bench, answer, last, phrase
from csvgen.steps.lots import CLOCKS_DIFFER, Sent, file_record, view
from csvgen.steps.refusing import refused_for

MISSING = "(not named)"
FIELDS = ("definition", "code", "lock", "outputs", "artifact", "ticket", "commit", "environment", "parameters", "products")
"""What a run record names beside its inputs, its person and its times."""
_DIGESTS = frozenset({"definition", "code", "lock", "outputs"})

_NAME = 100
"""Characters of an id that the name of a file of evidence repeats: a digest is whole in it."""


def run_of(bench: Bench, lot: str) -> str:
    """The newest run of a lot."""
    found = view(bench, bench.lot(lot)).run_record.get("id", "")
    if not found:
        raise CsvgenError(f"lot {bench.lot(lot)} has no run")
    return found


def record_of_run(bench: Bench, lot: str) -> tuple[str, bytes, dict[str, Any]]:
    """The newest run of a lot: its id, its record as handed out, and the same read."""
    run = run_of(bench, lot)
    data = bytes(bench.port("Pipeline").run_record(bench.actors.session("analyst"), run))
    return run, data, json.loads(data)


def refused(refusal: Refused) -> Outcome:
    """A refusal of a function that gives no outcome, as an answer that can be judged."""
    return Outcome(False, refusal.message, "", {"kind": getattr(refusal, "kind", "rule"), "rule": refusal.rule})


@then(phrase('the system refuses it by the rule "{rule}"'))
def refuses_by_rule(bench: Bench, rule: str) -> None:
    """A refusal by another rule (a state that does not fit, a lot that is not there) proves nothing about this one."""
    refused_for(bench, rule, "rule", "rule")


# ------------------------------------------------------------ the record of a run


@then(phrase('the run record of lot "{lot}" names the file "{file}" by the SHA-256 of the file sent'))
def run_names_input(bench: Bench, lot: str, file: str) -> None:
    run, data, record = record_of_run(bench, lot)
    bench.attach(data, name=f"record of {run}", media_type="application/json")
    sent: Sent = bench.world.facts["sent"][lot, file]
    found = {i["record"].rpartition(":")[2]: i["sha256"] for i in record.get("inputs", {}).values()}
    bench.observe(
        f"input {file} of {run}",
        expected=digest_bytes(sent.content),
        actual=found.get(file, MISSING),
        source="Pipeline.run_record; digest computed again by the recorder",
    )
    bench.observe(f"inputs of {run}", expected="1", actual=str(len(found)), source="Pipeline.run_record")


@then(phrase('the run record of lot "{lot}" names the "{role}" as operator, and times between the arrival of "{file}" and now'))
def run_names_operator(bench: Bench, lot: str, role: str, file: str) -> None:
    run, _, record = record_of_run(bench, lot)
    sent: Sent = bench.world.facts["sent"][lot, file]
    account = bench.actors.account(role)
    told = f"{record.get('operator_name', MISSING)} ({record.get('operator', MISSING)})"
    bench.observe(
        f"operator of {run}", expected=f"{account.printed_name} ({account.user_id})", actual=told, source="Pipeline.run_record"
    )
    now = SystemClock().now()
    started, ended = (parsed(str(record[name])) for name in ("started", "ended"))
    off = max((sent.begun - started).total_seconds(), (started - ended).total_seconds(), (ended - now).total_seconds(), 0.0)
    bench.observe(
        f"start and end of {run} outside the time it was asked for, or out of order",
        expected=CLOCKS_DIFFER,
        actual=f"{off:.3f}",
        unit="s",
        by="at-most",
        source=f"Pipeline.run_record: {record['started']} to {record['ended']}; recorder's clock: {stored(sent.begun)} to {stored(now)}",
    )


@then(phrase('the run record of lot "{lot}" names code, packages, parameters, products, outputs, artifact, ticket and commit'))
def run_is_whole(bench: Bench, lot: str) -> None:
    run, _, record = record_of_run(bench, lot)
    bench.observe(
        f"whether {run} is valid", expected="yes", actual=str(record.get("valid", MISSING)), source="Pipeline.run_record"
    )
    for name in FIELDS:
        value = record.get(name) or MISSING
        told = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
        if name in _DIGESTS:
            bench.observe(f"{name} of {run}", expected="sha256:", actual=told, by="contains", source="Pipeline.run_record")
        else:
            bench.observe(f"{name} of {run}", expected=MISSING, actual=told, by="not-equal", source="Pipeline.run_record")
    products = record.get("products") or {}
    without = ", ".join(n for n, d in products.items() if not str(d).startswith("sha256:")) or "none"
    bench.observe(f"products of {run} without digest", expected="none", actual=without, source="Pipeline.run_record")


@then(phrase('the run records of lot "{lot}" and lot "{other}" name other inputs and other outputs'))
def runs_differ(bench: Bench, lot: str, other: str) -> None:
    (run, _, one), (second, _, two) = record_of_run(bench, lot), record_of_run(bench, other)
    for what in ("inputs", "outputs"):
        told = [json.dumps(r.get(what, MISSING), sort_keys=True) for r in (one, two)]
        source = "Pipeline.run_record"
        bench.observe(f"{what} of {second} against {run}", expected=told[0], actual=told[1], by="not-equal", source=source)


@when(phrase('the "{role}" tries to change the operator in the run record of lot "{lot}"'))
def change_run(bench: Bench, role: str, lot: str) -> None:
    run, data, _ = record_of_run(bench, lot)
    bench.world.facts["run record"] = data
    outcome = bench.port("Records").change(bench.actors.session(role), f"run/{run}", "operator", "somebody.else", "correction")
    bench.world.take("Records.change", outcome)
    bench.observe.note(f"change of {run} by the {role}", answer(outcome), source="Records.change")


@when(phrase('the "{role}" tries to delete the run record of lot "{lot}"'))
def delete_run(bench: Bench, role: str, lot: str) -> None:
    run, data, _ = record_of_run(bench, lot)
    bench.world.facts["run record"] = data
    outcome = bench.world.take("Records.delete", bench.port("Records").delete(bench.actors.session(role), f"run/{run}", "wrong"))
    bench.observe.note(f"deletion of {run} by the {role}", answer(outcome), source="Records.delete")


@then(phrase('the run record of lot "{lot}" is the same to the byte'))
def run_as_before(bench: Bench, lot: str) -> None:
    run, data, _ = record_of_run(bench, lot)
    before = digest_bytes(bench.world.facts["run record"])
    bench.observe(f"record of {run}", expected=before, actual=digest_bytes(data), source="Pipeline.run_record, before and after")


@then(phrase('the file "{later}" of lot "{other}" was received after the file "{file}" of lot "{lot}"'))
def received_after(bench: Bench, later: str, other: str, file: str, lot: str) -> None:
    """By the system's own clock, whatever it differs from the recorder's: one that stands still has no order."""
    first, second = (file_record(bench, *which)[1].fields.get("at", "") for which in ((file, lot), (later, other)))
    order = "later" if parsed(second) > parsed(first) else "at the same time" if second == first else "earlier"
    bench.observe(f"receipt of {later} against {file}", expected="later", actual=order, source=f"Records.read: {first}, {second}")


# ------------------------------------------------------------ traces


def _trace(bench: Bench, role: str, asked: str) -> TraceView:
    found: TraceView = bench.port("Pipeline").trace(bench.actors.session(role), asked)
    lines = [
        f"{way}\t{s.source}\t{s.words}\t{s.target}" for way, steps in (("up", found.up), ("down", found.down)) for s in steps
    ]
    name = asked if len(asked) <= _NAME else f"{asked[:_NAME]}..."
    bench.attach("\n".join(lines), name=f"trace of {name}", media_type="text/tab-separated-values")
    told = f"Pipeline.trace: {len(found.up)} back, {len(found.down)} forward"
    bench.observe(f"steps of the trace of {asked}", expected="1", actual=str(len(lines)), by="at-least", source=told)
    return found


def _traced(bench: Bench, what: str, wanted: str, reached: set[str]) -> None:
    """The record itself, or one version of it: ``run/RUN-1`` is not reached where ``run/RUN-10`` is."""
    found = next((name for name in sorted(reached) if name.partition("@")[0] == wanted), "")
    actual, source = (wanted, f"Pipeline.trace: {found}") if found else ("(not reached)", "Pipeline.trace")
    bench.observe(what, expected=wanted, actual=actual, source=source)


@then(
    phrase(
        'traced from the change ticket and from the commit of its code, lot "{lot}" with its run and result "{test}" is reached'
    )
)
def trace_forth(bench: Bench, lot: str, test: str) -> None:
    run, _, record = record_of_run(bench, lot)
    for kind in ("ticket", "commit"):
        named = str(record.get(kind) or MISSING)
        bench.observe(f"{kind} of {run}", expected=MISSING, actual=named, by="not-equal", source="Pipeline.run_record")
        reached = {s.target for s in _trace(bench, "analyst", named).down}
        for what, wanted in (
            ("run", f"run/{run}"),
            ("result", f"result/{bench.lot(lot)}:{test}"),
            ("lot", f"lot/{bench.lot(lot)}"),
        ):
            _traced(bench, f"{what} of lot {lot}, forward from the {kind}", wanted, reached)


@then(
    phrase(
        'traced back from lot "{lot}", its file "{file}", its instrument "{instrument}", artifact, commit and ticket are reached'
    )
)
def trace_back(bench: Bench, lot: str, file: str, instrument: str) -> None:
    run, _, record = record_of_run(bench, lot)
    for kind in ("artifact", "ticket", "commit"):
        named = str(record.get(kind) or MISSING)
        bench.observe(f"{kind} of {run}", expected=MISSING, actual=named, by="not-equal", source="Pipeline.run_record")
    reached = {s.source for s in _trace(bench, "analyst", f"lot/{bench.lot(lot)}").up}
    wanted = {
        "run": f"run/{run}",
        "file": f"file/{bench.lot(lot)}:{file}",
        "instrument": f"instrument/{instrument}",
        **{kind: f"{kind}/{record[kind]}" for kind in ("artifact", "commit", "ticket")},
    }
    for what, name in wanted.items():
        _traced(bench, f"{what}, back from the lot", name, reached)


@then(phrase('traced from the SHA-256 of the file "{file}" of lot "{lot}", that lot is reached and lot "{other}" is not'))
def trace_digest(bench: Bench, file: str, lot: str, other: str) -> None:
    sent: Sent = bench.world.facts["sent"][lot, file]
    reached = {s.target for s in _trace(bench, "analyst", digest_bytes(sent.content)).down}
    _traced(bench, f"lot {lot}, forward from the digest of its file", f"lot/{bench.lot(lot)}", reached)
    strays = ", ".join(sorted(n for n in reached if bench.lot(other) in n)) or "none"
    bench.observe(f"records of lot {other} reached", expected="none", actual=strays, source="Pipeline.trace")


@when(phrase('the "{role}" asks for the trace of "{name}"'))
def trace_unknown(bench: Bench, role: str, name: str) -> None:
    try:
        found = bench.port("Pipeline").trace(bench.actors.session(role), name)
    except Refused as refusal:
        outcome = refused(refusal)
    else:
        outcome = Outcome(True, f"{len(found.up)} steps back, {len(found.down)} forward")
    bench.world.take("Pipeline.trace", outcome)
    bench.observe.note(f"trace of {name}", answer(outcome), source="Pipeline.trace")


# ------------------------------------------------------------ repeats of a run


@when(phrase('the "{role}" repeats the run of lot "{lot}"'))
def repeat_run(bench: Bench, role: str, lot: str) -> None:
    found = view(bench, bench.lot(lot))
    bench.world.facts["repeated"] = found
    run = found.run_record["id"]
    outcome = bench.world.take("Pipeline.repeat", bench.port("Pipeline").repeat(bench.actors.session(role), run, "repeated"))
    bench.observe.note(f"repeat of {run}", answer(outcome), source="Pipeline.repeat")


@then(phrase('the repeat is a run of its own with the digest of outputs of the first, and lot "{lot}" reports what it reported'))
def repeat_same(bench: Bench, lot: str) -> None:
    before = bench.world.facts["repeated"]
    first = before.run_record["id"]
    again = last(bench).facts.get("run", first)
    bench.observe("id of the repeat", expected=first, actual=again, by="not-equal", source="Pipeline.repeat")
    record = json.loads(bench.port("Pipeline").run_record(bench.actors.session("analyst"), again))
    bench.observe(f"run that {again} repeats", expected=first, actual=record["repeats"] or MISSING, source="Pipeline.run_record")
    bench.observe(
        f"digest of outputs of {again}",
        expected=before.run_record["outputs"],
        actual=record["outputs"],
        source="Pipeline.run_record",
    )
    told = [[f"{t.name} {t.unrounded} {t.reported} {t.verdict}" for t in v.tests] for v in (before, view(bench, bench.lot(lot)))]
    bench.observe(f"results of lot {lot}", expected="; ".join(told[0]), actual="; ".join(told[1]), source="Pipeline.lot")


# ------------------------------------------------------------ the check of all stored files


def _findings(outcome: Outcome) -> str:
    if "findings" not in outcome.facts:
        raise CsvgenError(f"the check of all stored files gave no count: {outcome.message}")
    return outcome.facts["findings"]


@given(phrase('the "{role}" has checked all stored files'))
def checked_before(bench: Bench, role: str) -> None:
    """Files damaged by earlier cases stay damaged; what counts here is what comes on top."""
    outcome = bench.port("Pipeline").check_landing(bench.actors.session(role))
    bench.world.facts["findings"] = _findings(outcome)
    bench.observe.note("findings to begin with", bench.world.facts["findings"], source="Pipeline.check_landing")


@when(phrase('the stored file "{file}" of lot "{lot}" is "{damage}" outside the application'))
def damaged(bench: Bench, file: str, lot: str, damage: str) -> None:
    pipeline = bench.port("Pipeline")
    ways = {"changed": pipeline.damage_file, "removed": pipeline.remove_file}
    if damage not in ways:
        raise CsvgenError(f"the step library knows no damage {damage!r}")
    outcome = ways[damage](bench.actors.session("analyst"), bench.lot(lot), file)
    if not outcome.accepted:
        raise CsvgenError(f"the file could not be {damage}: {outcome.message}")
    bench.observe.note(f"{file} of lot {bench.lot(lot)}", outcome.message, source="past the application")


@when(phrase('the "{role}" checks all stored files'))
def check_all(bench: Bench, role: str) -> None:
    outcome = bench.world.take("Pipeline.check_landing", bench.port("Pipeline").check_landing(bench.actors.session(role)))
    bench.observe.note("check of all stored files", answer(outcome), source="Pipeline.check_landing")


@then(phrase("the check finds {count:d} fault more than before"))
@then(phrase("the check finds {count:d} faults more than before"))
def found_more(bench: Bench, count: int) -> None:
    expected = str(int(bench.world.facts["findings"]) + count)
    bench.observe("faults found", expected=expected, actual=_findings(last(bench)), source="Pipeline.check_landing")


@then(phrase('the deviation of lot "{lot}" tells of the file "{file}" that it is "{fault}"'))
def fault_told(bench: Bench, lot: str, file: str, fault: str) -> None:
    found = bench.port("Pipeline").deviations(bench.actors.session("analyst"), bench.lot(lot))
    told = "; ".join(d.reason for d in found) or "no deviation"
    for what, expected in (("file", f"{bench.lot(lot)}:{file}"), ("fault", fault)):
        bench.observe(
            f"{what} named by the deviation", expected=expected, actual=told, by="contains", source="Pipeline.deviations"
        )
