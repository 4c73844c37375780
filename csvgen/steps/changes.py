"""A change on its way to the result: its ticket and commit, and the signed code it brought."""

from __future__ import annotations

import json

from pytest_bdd import given, then, when

from csvgen.canonical import digest_bytes
from csvgen.errors import CsvgenError
from csvgen.ports import AuditEntry, RecordCopy, RecordView
from csvgen.steps.common import Bench, answer, phrase
from csvgen.steps.gates import another_change
from csvgen.steps.provenance import MISSING, record_of_run

TICKETS = {"left out": "", "blanks": "   ", "a dash": "-", "a line break": "CHG 1\nCHG 2"}
"""Change tickets that are none."""


def _artifact(bench: Bench) -> RecordView:
    name = f"artifact/{bench.world.facts.get('artifact', '')}"
    found: RecordView | None = bench.port("Records").read(bench.actors.session("analyst"), name)
    if found is None:
        raise CsvgenError(f"the system has no record {name}")
    return found


# ------------------------------------------------------------ ticket and commit


@given("the change before it was built, reviewed and promoted under a change ticket of its own")
def change_before(bench: Bench) -> None:
    outcome = another_change(bench)
    if not outcome.accepted:
        raise CsvgenError(f"the code could not be promoted: {outcome.message}")
    bench.world.facts["before"] = {name: bench.world.facts[name] for name in ("ticket", "commit")}
    bench.observe.note("change before it", str(bench.world.facts["ticket"]), source="Pipeline.approve_promotion")


@then(phrase('the certificate of lot "{lot}" names change ticket and commit'))
def certified(bench: Bench, lot: str) -> None:
    bench.actors.log_in("quality")
    copy: RecordCopy = bench.port("Pipeline").certificate(bench.actors.session("quality"), bench.lot(lot))
    bench.attach(copy.human, name=f"certificate of {bench.lot(lot)}", media_type=copy.human_type)
    runs = json.loads(copy.electronic).get("runs") or [{}]
    for name in ("ticket", "commit"):
        wanted = str(bench.world.facts[name])
        actual = str(runs[-1].get(name) or MISSING)
        bench.observe(f"{name} in the data of the certificate", expected=wanted, actual=actual, source="Pipeline.certificate")


@then("the audit trail names the change ticket at building, review and approval of that code")
def trail_names(bench: Bench) -> None:
    bench.actors.log_in("auditor")
    entries: tuple[AuditEntry, ...] = bench.port("AuditTrail").entries(bench.actors.session("auditor"), "")
    artifact = str(bench.world.facts["artifact"])
    for what, action in (("building", "register-artifact"), ("review", "review-promotion"), ("approval", "promote")):
        found = [e for e in entries if e.action == action and artifact in e.record]
        actual = found[-1].reason if found else "(no such entry)"
        bench.observe(
            f"reason of the entry of the {what}", expected=str(bench.world.facts["ticket"]), actual=actual, by="contains",
            source="AuditTrail.entries",
        )  # fmt: skip


@then(phrase('traced from the change ticket before, lot "{lot}" is reached and lot "{other}" is not'))
def trace_apart(bench: Bench, lot: str, other: str) -> None:
    for name in ("ticket", "commit"):
        asked = str(bench.world.facts["before"][name])
        found = bench.port("Pipeline").trace(bench.actors.session("analyst"), asked)
        reached = {s.target for s in found.down}
        actual = f"lot/{bench.lot(lot)}" if f"lot/{bench.lot(lot)}" in reached else "(not reached)"
        bench.observe(
            f"lot {lot}, forward from the {name} before", expected=f"lot/{bench.lot(lot)}", actual=actual, source="Pipeline.trace"
        )
        strays = ", ".join(sorted(n for n in reached if bench.lot(other) in n)) or "none"
        bench.observe(f"records of lot {other} reached", expected="none", actual=strays, source="Pipeline.trace")


@when(phrase('the "{role}" builds the code of the pipeline "{pipeline}" under a change ticket that is "{ticket}"'))
def built_without(bench: Bench, role: str, pipeline: str, ticket: str) -> None:
    if ticket not in TICKETS:
        raise CsvgenError(f"the step library knows no change ticket {ticket!r}; it knows {', '.join(TICKETS)}")
    person = bench.actors.account(role)
    commit = str(digest_bytes(bench.lot("no ticket").encode())).partition(":")[2][:40]
    outcome = bench.port("Pipeline").build_artifact(
        bench.actors.session(role), pipeline, TICKETS[ticket], commit, person.user_id, person.password
    )
    bench.world.take("Pipeline.build_artifact", outcome)
    bench.observe.note(f"build under a change ticket that is {ticket}", answer(outcome), source="Pipeline.build_artifact")


# ------------------------------------------------------------ signed code


@then(phrase('the run record of lot "{lot}" names the digest of the code of that artifact'))
def run_names_code(bench: Bench, lot: str) -> None:
    run, _, record = record_of_run(bench, lot)
    fields = _artifact(bench).fields
    for name in ("code", "definition", "lock"):
        actual = str(record.get(name) or MISSING)
        source = "Pipeline.run_record, Records.read of the artifact"
        bench.observe(
            f"digest of {name} in {run}", expected=fields.get(name, "(not in the artifact)"), actual=actual, source=source
        )


@when(phrase('a copy of that artifact is offered to the system "{offer}"'))
def offered(bench: Bench, offer: str) -> None:
    port = bench.port("Pipeline")
    files, signature = port.offer_artifact(bench.actors.session("analyst"), bench.world.facts["artifact"], offer)
    outcome = port.register_artifact(bench.actors.session("analyst"), files, signature)
    bench.world.take("Pipeline.register_artifact", outcome)
    bench.observe.note(f"copy of the artifact, {offer}", answer(outcome), source="Pipeline.register_artifact")


@when(phrase("one byte of the stored code of that artifact is {manner} outside the application"))
def tampered(bench: Bench, manner: str) -> None:
    port, session = bench.port("Pipeline"), bench.actors.session("analyst")
    outcome = port.tamper_artifact(session, bench.world.facts["artifact"], manner)
    bench.observe.note("stored code", outcome.message, source="past the application")


@when("that byte is put back outside the application")
def put_back(bench: Bench) -> None:
    port, session = bench.port("Pipeline"), bench.actors.session("analyst")
    outcome = port.tamper_artifact(session, bench.world.facts["artifact"], "put back")
    bench.observe.note("stored code", outcome.message, source="past the application")
