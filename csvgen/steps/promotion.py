"""Which code may run: artifacts, their promotion by signatures, re-validation; and what a release needs of people and procedures."""

from __future__ import annotations

import datetime as dt
import re

from pytest_bdd import given, then, when

from csvgen.canonical import digest_bytes
from csvgen.clock import parsed, stored
from csvgen.errors import CsvgenError
from csvgen.ports import Outcome, Secret
from csvgen.steps.access import account, good_password
from csvgen.steps.common import Bench, answer, phrase
from csvgen.steps.lots import PLATE_INSTRUMENT, PLATE_METHOD, constructed_plate
from csvgen.steps.provenance import record_of_run

ORDER = ("development", "qualification", "production")
"""Environments, none of which may be left out."""


def _artifact(bench: Bench) -> str:
    if "artifact" not in bench.world.facts:
        raise CsvgenError("no step before this one built an artifact")
    return str(bench.world.facts["artifact"])


def _way(bench: Bench) -> tuple[str, ...]:
    """The environments up to the one this instance is."""
    here = bench.port("Installation").configuration()["environment"]
    return ORDER[: ORDER.index(here) + 1]


def build(bench: Bench, role: str, pipeline: str) -> Outcome:
    """An artifact under a ticket and a commit that no other case uses."""
    person, ticket = bench.actors.account(role), f"CHG {bench.lot('ticket')}"
    commit = digest_bytes(ticket.encode()).partition(":")[2][:40]
    outcome: Outcome = bench.port("Pipeline").build_artifact(
        bench.actors.session(role), pipeline, ticket, commit, person.user_id, person.password
    )
    if outcome.accepted:
        bench.world.facts |= {"artifact": outcome.reference.partition("/")[2], "ticket": ticket, "commit": commit}
    return outcome


@when(phrase('the "{role}" builds the code of the pipeline "{pipeline}" as an artifact under a change ticket of its own'))
def when_built(bench: Bench, role: str, pipeline: str) -> None:
    outcome = bench.world.take("Pipeline.build_artifact", build(bench, role, pipeline))
    bench.observe.note(f"artifact of {pipeline}", answer(outcome), source="Pipeline.build_artifact")


def _review(bench: Bench, role: str, environment: str, evidence: str) -> Outcome:
    person = bench.actors.account(role)
    outcome: Outcome = bench.port("Pipeline").review_promotion(
        bench.actors.session(role),
        _artifact(bench),
        environment,
        evidence,
        "compared with the ticket",
        person.user_id,
        person.password,
    )
    return outcome


def _approve(bench: Bench, role: str, environment: str) -> Outcome:
    person = bench.actors.account(role)
    outcome: Outcome = bench.port("Pipeline").approve_promotion(
        bench.actors.session(role), _artifact(bench), environment, "as tested", person.user_id, person.password
    )
    return outcome


@when(phrase('the "{role}" signs the review of its promotion to "{environment}"'))
def when_reviewed(bench: Bench, role: str, environment: str) -> None:
    outcome = bench.world.take("Pipeline.review_promotion", _review(bench, role, environment, _evidence(bench)))
    bench.observe.note(f"review of {_artifact(bench)} by the {role}", answer(outcome), source="Pipeline.review_promotion")


@when(phrase('the "{role}" approves its promotion to "{environment}"'))
def when_approved(bench: Bench, role: str, environment: str) -> None:
    outcome = bench.world.take("Pipeline.approve_promotion", _approve(bench, role, environment))
    bench.observe.note(f"approval of {_artifact(bench)} by the {role}", answer(outcome), source="Pipeline.approve_promotion")


def _evidence(bench: Bench) -> str:
    """A digest that no other case uses: evidence counts once."""
    return str(digest_bytes(f"evidence {bench.lot('evidence')} {bench.world.facts.get('artifact')}".encode()))


def _promote(bench: Bench, evidence: str) -> Outcome:
    for environment in _way(bench):
        for outcome in (_review(bench, "reviewer", environment, evidence), _approve(bench, "quality", environment)):
            if not outcome.accepted:
                return outcome
    return outcome


@given("the code in force has been built, reviewed and promoted anew under a change ticket of its own")
@when("the code is built, reviewed and promoted anew, with evidence of its re-validation")
def promoted(bench: Bench) -> None:
    outcome = build(bench, "analyst", "qc-release")
    outcome = _promote(bench, _evidence(bench)) if outcome.accepted else outcome
    bench.world.take("Pipeline.build_artifact, .review_promotion, .approve_promotion", outcome)
    bench.observe.note(f"promotion of {bench.world.facts.get('artifact')}", answer(outcome), source=bench.world.about)


@when("the code is built, reviewed and promoted anew, without evidence of re-validation")
def promoted_unproved(bench: Bench) -> None:
    outcome = build(bench, "analyst", "qc-release")
    outcome = _promote(bench, "none: to be re-validated afterwards") if outcome.accepted else outcome
    bench.world.take("Pipeline.build_artifact, .review_promotion, .approve_promotion", outcome)
    bench.observe.note(f"promotion of {bench.world.facts.get('artifact')}", answer(outcome), source=bench.world.about)


@when(phrase('the "{role}" withdraws that artifact'))
def withdraw(bench: Bench, role: str) -> None:
    person = bench.actors.account(role)
    outcome = bench.port("Pipeline").withdraw_artifact(
        bench.actors.session(role), _artifact(bench), "a defect was found", person.user_id, person.password
    )
    bench.world.take("Pipeline.withdraw_artifact", outcome)
    bench.observe.note(f"withdrawal of {_artifact(bench)}", answer(outcome), source="Pipeline.withdraw_artifact")


@then(phrase('the run record of lot "{lot}" names that artifact, its change ticket and its commit'))
def ran(bench: Bench, lot: str) -> None:
    run, _, record = record_of_run(bench, lot)
    for what in ("artifact", "ticket", "commit"):
        actual = str(record.get(what) or "(not named)")
        bench.observe(f"{what} of {run}", expected=str(bench.world.facts[what]), actual=actual, source="Pipeline.run_record")


@then(phrase('the run record of lot "{lot}" names another artifact'))
def ran_other(bench: Bench, lot: str) -> None:
    run, _, record = record_of_run(bench, lot)
    bench.observe(
        f"artifact of {run}", expected=_artifact(bench), actual=record["artifact"], by="not-equal", source="Pipeline.run_record"
    )


# ------------------------------------------------------------ re-validation


@when(phrase('the "{role}" extends the re-validation of "{subject}" by {days:d} day'))
@when(phrase('the "{role}" extends the re-validation of "{subject}" by {days:d} days'))
def extend(bench: Bench, role: str, subject: str, days: int) -> None:
    person = bench.actors.account(role)
    until = stored(parsed(bench.port("Installation").clock().utc) + dt.timedelta(days=days))[:10]
    outcome = bench.port("Pipeline").extend_revalidation(
        bench.actors.session(role), subject, until, "work is planned", person.user_id, person.password
    )
    bench.world.take("Pipeline.extend_revalidation", outcome)
    bench.observe.note(f"extension until {until} by the {role}", answer(outcome), source="Pipeline.extend_revalidation")


@when(phrase('the "{role}" signs that "{subject}" is re-validated, with "{evidence}" as evidence'))
def complete(bench: Bench, role: str, subject: str, evidence: str) -> None:
    person = bench.actors.account(role)
    named = _evidence(bench) if evidence == "the digest of a report" else evidence
    outcome = bench.port("Pipeline").complete_revalidation(
        bench.actors.session(role), subject, named, "re-validated", person.user_id, person.password
    )
    bench.world.take("Pipeline.complete_revalidation", outcome)
    bench.observe.note(f"re-validation signed by the {role}", answer(outcome), source="Pipeline.complete_revalidation")


# ------------------------------------------------------------ people and procedures


@when(phrase('the new account ingests and processes a constructed plate with the sample signal "{signal}" as lot "{lot}"'))
def new_account_plate(bench: Bench, signal: str, lot: str) -> None:
    """The person of the new account sets a password of their own first, as everybody has to."""
    access, person, own = bench.actors.access, account(bench), Secret(f"{good_password()}-own")
    first = access.log_in(person.user_id, person.password)
    changed = access.set_password(first.reference, own)
    session = access.log_in(person.user_id, own) if changed.accepted else changed
    if not session.accepted:
        raise CsvgenError(f"the new account could not set a password and log in: {session.message}")
    metadata = {"instrument": PLATE_INSTRUMENT, "sample": "S1", "method": PLATE_METHOD}
    content, pipeline = constructed_plate((signal,), lot=bench.lot(lot)), bench.port("Pipeline")
    outcome = pipeline.ingest(session.reference, bench.lot(lot), "plate.csv", content, metadata)
    outcome = pipeline.process(session.reference, bench.lot(lot)) if outcome.accepted else outcome
    bench.world.take("Pipeline.ingest, Pipeline.process", outcome)
    bench.observe.note(f"lot {bench.lot(lot)} by {person.user_id}", answer(outcome), source=bench.world.about)


def _today(bench: Bench) -> dt.date:
    return parsed(bench.port("Installation").clock().utc).date()


@when(phrase('the "{role}" records the training of the new account in "{procedure}" version "{version}"'))
def train(bench: Bench, role: str, procedure: str, version: str) -> None:
    today = _today(bench)
    outcome = bench.port("Pipeline").register_training(
        bench.actors.session(role),
        account(bench).user_id,
        procedure,
        version,
        today.isoformat(),
        (today + dt.timedelta(days=365)).isoformat(),
        "trained",
    )
    bench.world.take("Pipeline.register_training", outcome)
    bench.observe.note(f"training of {account(bench).user_id}", answer(outcome), source="Pipeline.register_training")


def _procedure(bench: Bench) -> str:
    return re.sub(r"[^A-Z0-9-]+", "-", f"SOP-{bench.lot('sop')}".upper())[:40].rstrip("-")


@given(phrase('the "{role}" has said that the method "{method}" needs a procedure that is in effect from tomorrow'))
def need_procedure(bench: Bench, role: str, method: str) -> None:
    name, begins = _procedure(bench), (_today(bench) + dt.timedelta(days=1)).isoformat()
    pipeline, session = bench.port("Pipeline"), bench.actors.session(role)
    made = pipeline.register_procedure(session, name, "Constructed procedure", "1", begins, "made for this case")
    outcome = pipeline.require_procedures(session, method, (name,), "made for this case") if made.accepted else made
    if not outcome.accepted:
        raise CsvgenError(f"the procedure could not be asked for: {outcome.message}")
    bench.observe.note(f"procedure {name}, in effect from {begins}", answer(outcome), source="Pipeline.require_procedures")


@when(phrase('the "{role}" says that the method "{method}" needs no procedure any more'))
def need_none(bench: Bench, role: str, method: str) -> None:
    outcome = bench.port("Pipeline").require_procedures(bench.actors.session(role), method, (), "put back as it was")
    bench.world.take("Pipeline.require_procedures", outcome)
    bench.observe.note(f"procedures of {method}", answer(outcome), source="Pipeline.require_procedures")
