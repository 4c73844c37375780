"""Gates of approval: what waits for its approval is used before, after, and when the approval is taken back; and who may give it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from pytest_bdd import given, then, when

from csvgen.canonical import digest_bytes
from csvgen.clock import parsed, stored
from csvgen.errors import CsvgenError
from csvgen.ports import Outcome, Secret, TestAccount
from csvgen.steps.access import good_password
from csvgen.steps.common import Bench, answer, last, phrase
from csvgen.steps.lots import PLATE_INSTRUMENT, PLATE_METHOD, constructed_plate, view

AUTHOR = "author who is of quality too"
UNKNOWN = "XX-999"
"""An instrument that is not registered: what comes from it waits in quarantine."""
_PIPELINE = "qc-release"
_METHOD = """\
id: {id}
title: Constructed data, potency decides (made for this case)
required: [potency]
potency: {{model: linear, label_claim: "1000", unit: ug/mL, r_squared: "0.990", low: "95.0", high: "105.0", decimals: "1"}}
impurity: {{main: Main, excluded: [Solvent], each: "0.20", total: "0.50", decimals: "2"}}
"""
_ORDER = ("development", "qualification", "production")


@dataclass(frozen=True)
class Hand:
    """Somebody at work: session, and the components of a signature."""

    session: str
    user_id: str
    password: Secret


def hand_of(bench: Bench, role: str) -> Hand:
    if role == AUTHOR:
        return _author(bench)
    bench.actors.log_in(role)
    person = bench.actors.account(role)
    return Hand(bench.actors.session(role), person.user_id, person.password)


def _author(bench: Bench) -> Hand:
    """A person with the roles of author and approver, made for this case: only the rule of two persons can refuse them."""
    access, own = bench.actors.access, Secret(f"{good_password()}-own")
    if "author" not in bench.world.facts:
        bench.actors.log_in("administrator")
        first = Secret(good_password())
        user = bench.user("both")
        made = access.create_account(
            bench.actors.session("administrator"), user, "Author And Approver", ("analyst", "quality"), first
        )
        opened = access.log_in(user, first) if made.accepted else made
        changed = access.set_password(opened.reference, own) if opened.accepted else opened
        if not changed.accepted:
            raise CsvgenError(f"the account of the author could not be made: {changed.message}")
        bench.world.facts["author"] = TestAccount(user, "Author And Approver", "analyst and quality", own)
        bench.observe.note("account of the author", f"{user}, analyst and quality", source="Access.create_account")
    person: TestAccount = bench.world.facts["author"]
    return Hand(access.log_in(person.user_id, person.password).reference, person.user_id, person.password)


def _must(outcome: Outcome, what: str) -> Outcome:
    if not outcome.accepted:
        raise CsvgenError(f"{what}: {outcome.message}")
    return outcome


def _fresh(bench: Bench, name: str) -> str:
    """A lot that nothing was done with yet."""
    count = bench.world.facts["lots used"] = int(bench.world.facts.get("lots used", 0)) + 1
    return bench.lot(f"{name}{count}")


def _ingest(bench: Bench, by: Hand, lot: str, method: str = PLATE_METHOD, instrument: str = PLATE_INSTRUMENT) -> Outcome:
    metadata = {"instrument": instrument, "sample": "S1", "method": method}
    content = constructed_plate(("1.000",), lot=lot)
    outcome: Outcome = bench.port("Pipeline").ingest(by.session, lot, "plate.csv", content, metadata)
    return outcome


def _processed(bench: Bench, lot: str) -> Outcome:
    outcome: Outcome = bench.port("Pipeline").process(hand_of(bench, "analyst").session, lot)
    bench.world.facts["used"] = lot
    return outcome


# ------------------------------------------------------------ code


def _way(bench: Bench) -> tuple[str, ...]:
    here = bench.port("Installation").configuration()["environment"]
    return _ORDER[: _ORDER.index(here) + 1]


def _built(bench: Bench, author: str) -> str:
    by, ticket = hand_of(bench, author), f"CHG {bench.lot('gate')}"
    commit = digest_bytes(ticket.encode()).partition(":")[2][:40]
    made = bench.port("Pipeline").build_artifact(by.session, _PIPELINE, ticket, commit, by.user_id, by.password)
    bench.world.facts |= {"ticket": ticket, "commit": commit}
    return str(_must(made, "the code could not be built").reference.partition("/")[2])


def _reviewed(bench: Bench, artifact: str, environment: str, evidence: str) -> None:
    by = hand_of(bench, "reviewer")
    args = (artifact, environment, evidence, "compared with the ticket", by.user_id, by.password)
    _must(bench.port("Pipeline").review_promotion(by.session, *args), "the promotion could not be reviewed")


def _promoted(bench: Bench, artifact: str, environment: str, role: str = "quality") -> Outcome:
    by = hand_of(bench, role)
    args = (artifact, environment, "as tested", by.user_id, by.password)
    outcome: Outcome = bench.port("Pipeline").approve_promotion(by.session, *args)
    return outcome


def _withdrawn(bench: Bench, artifact: str) -> Outcome:
    by = hand_of(bench, "quality")
    outcome: Outcome = bench.port("Pipeline").withdraw_artifact(
        by.session, artifact, "a defect was found", by.user_id, by.password
    )
    return outcome


def _new_code(bench: Bench, author: str, evidence: str) -> str:
    """Built, reviewed for every environment up to this one, and approved for all but this one."""
    artifact, way = _built(bench, author), _way(bench)
    for environment in way:
        _reviewed(bench, artifact, environment, evidence)
        if environment != way[-1]:
            _must(_promoted(bench, artifact, environment), "the promotion to an earlier environment could not be approved")
    return artifact


def evidence_of(bench: Bench, name: str) -> str:
    return str(digest_bytes(f"evidence {bench.lot(name)}".encode()))


def method_of(bench: Bench, key: str, prefix: str) -> str:
    """Name of a method made for the case."""
    return f"{prefix}-{int(digest_bytes(bench.lot(key).encode()).hex[:8], 16) % 10**6:06d}"


def bring_into_force(bench: Bench, key: str, name: str, text: str, told: str) -> None:
    """A method proposed by the analyst and approved by quality; cases after it ask for it by the fact `method`."""
    by, quality = hand_of(bench, "analyst"), hand_of(bench, "quality")
    pipeline = bench.port("Pipeline")
    made = pipeline.change_method(by.session, text, f"CHG {name}", evidence_of(bench, key), "a new method is needed")
    if made.accepted:
        args = (made.reference.partition("/")[2], "as validated", quality.user_id, quality.password)
        made = pipeline.approve_method(quality.session, *args)
    if not made.accepted:
        raise CsvgenError(f"the method could not be brought into force: {made.message}")
    bench.attach(text, name=f"method {name}", media_type="text/plain")
    bench.world.facts["method"] = name
    bench.observe.note("method in force", f"{name}, {told}", source="Pipeline.approve_method")


def _wait_code(bench: Bench, author: str) -> None:
    """The code in force is withdrawn, so that nothing but the new code could run."""
    lot = _fresh(bench, "INFORCE")
    _must(_ingest(bench, hand_of(bench, "analyst"), lot), "a lot could not be brought in")
    _must(_processed(bench, lot), "a lot could not be processed")
    before = view(bench, lot).run_record["artifact"]
    bench.world.facts["artifact"] = _new_code(bench, author, evidence_of(bench, "gate"))
    _must(_withdrawn(bench, before), f"artifact {before} could not be withdrawn")


def _use_code(bench: Bench) -> Outcome:
    lot = _fresh(bench, "RUN")
    _must(_ingest(bench, hand_of(bench, "analyst"), lot), "a lot could not be brought in")
    return _processed(bench, lot)


def another_change(bench: Bench) -> Outcome:
    """Code in force under a change ticket and a commit that only this module uses."""
    return _restore_code(bench)


def _restore_code(bench: Bench) -> Outcome:
    """Code in force, with evidence of its re-validation: what other cases stand on."""
    artifact = _new_code(bench, "analyst", evidence_of(bench, "put back"))
    return _promoted(bench, artifact, _way(bench)[-1])


# ------------------------------------------------------------ method, extension, quarantine


def _wait_method(bench: Bench, author: str) -> None:
    name = method_of(bench, "method", "GT")
    by = hand_of(bench, author)
    args = (_METHOD.format(id=name), f"CHG {bench.lot('method')}", evidence_of(bench, "method"), "a new method is needed")
    made = _must(bench.port("Pipeline").change_method(by.session, *args), "the method could not be proposed")
    bench.world.facts |= {"method": name, "proposal": made.reference.partition("/")[2]}


def _approve_method(bench: Bench, role: str) -> Outcome:
    by = hand_of(bench, role)
    args = (bench.world.facts["proposal"], "as validated", by.user_id, by.password)
    outcome: Outcome = bench.port("Pipeline").approve_method(by.session, *args)
    return outcome


def _use_method(bench: Bench) -> Outcome:
    lot = _fresh(bench, "BYMETHOD")
    outcome = _ingest(bench, hand_of(bench, "analyst"), lot, bench.world.facts["method"])
    return _processed(bench, lot) if outcome.accepted else outcome


def _wait_extension(bench: Bench, author: str) -> None:
    artifact = _new_code(bench, author, "none: to be re-validated afterwards")
    bench.world.facts["artifact"] = artifact
    _must(_promoted(bench, artifact, _way(bench)[-1]), "the code could not be promoted")


def _extend(bench: Bench, role: str) -> Outcome:
    by = hand_of(bench, role)
    until = stored(parsed(bench.port("Installation").clock().utc) + dt.timedelta(days=1))[:10]
    outcome: Outcome = bench.port("Pipeline").extend_revalidation(
        by.session, _PIPELINE, until, "work is planned", by.user_id, by.password
    )
    return outcome


def _wait_data(bench: Bench, author: str) -> None:
    """Twice the same kind of data: one file for the use before, one for the use after."""
    lot = bench.world.facts["quarantined"] = _fresh(bench, "UNKNOWN")
    outcome = _ingest(bench, hand_of(bench, author), lot, instrument=UNKNOWN)
    if outcome.accepted:
        raise CsvgenError(f"data of an unknown instrument were not put in quarantine: {outcome.message}")


def _accept_data(bench: Bench, role: str) -> Outcome:
    by = hand_of(bench, role)
    args = (bench.world.facts["quarantined"], "plate.csv", "accept", "instrument established", by.user_id, by.password)
    outcome: Outcome = bench.port("Pipeline").decide_quarantined(by.session, *args)
    return outcome


@dataclass(frozen=True)
class Gate:
    """Something that counts only when it is approved."""

    wait: Callable[[Bench, str], None]
    """Bring it to where it waits, by an author."""
    use: Callable[[Bench], Outcome]
    approve: Callable[[Bench, str], Outcome]
    put_back: Callable[[Bench], Outcome] | None = None
    """What other cases need again afterwards."""


GATES: dict[str, Gate] = {
    "code of the pipeline": Gate(
        _wait_code, _use_code, lambda b, role: _promoted(b, b.world.facts["artifact"], _way(b)[-1], role), _restore_code
    ),
    "method of analysis": Gate(_wait_method, _use_method, _approve_method),
    "extension of a due re-validation": Gate(_wait_extension, _use_code, _extend, _restore_code),
    "data of an unknown instrument": Gate(_wait_data, lambda b: _processed(b, b.world.facts["quarantined"]), _accept_data),
}
"""What waits, in the words of a criterion."""


def _gate(name: str) -> Gate:
    if name not in GATES:
        raise CsvgenError(f"the step library knows no gate {name!r}; it knows {', '.join(GATES)}")
    return GATES[name]


@given(phrase('a "{gate}" waits for its approval'))
def waits(bench: Bench, gate: str) -> None:
    _gate(gate).wait(bench, "analyst")
    bench.observe.note(gate, "made, and not approved", source="ports of the target")


@given(phrase('a "{gate}" of an author who is of quality too waits for its approval'))
def waits_for_author(bench: Bench, gate: str) -> None:
    _gate(gate).wait(bench, AUTHOR)
    bench.observe.note(gate, f"made by {bench.world.facts['author'].user_id}, and not approved", source="ports of the target")


@when(phrase('the "{gate}" is used'))
def used(bench: Bench, gate: str) -> None:
    outcome = bench.world.take(f"use of the {gate}", _gate(gate).use(bench))
    bench.observe.note(f"use of the {gate}", answer(outcome), source="ports of the target")


@when(phrase('the "{role}" approves the "{gate}"'))
def approves(bench: Bench, role: str, gate: str) -> None:
    outcome = bench.world.take(f"approval of the {gate}", _gate(gate).approve(bench, role))
    bench.observe.note(f"approval by the {role}", answer(outcome), source="ports of the target")


@when(phrase('its author approves the "{gate}"'))
def author_approves(bench: Bench, gate: str) -> None:
    approves(bench, AUTHOR, gate)


@when("the approval of the code is withdrawn")
def withdrawn(bench: Bench) -> None:
    outcome = bench.world.take("Pipeline.withdraw_artifact", _withdrawn(bench, bench.world.facts["artifact"]))
    bench.observe.note("withdrawal", answer(outcome), source="Pipeline.withdraw_artifact")


@then(phrase('the "{gate}" is put back as other cases need it'))
def put_back(bench: Bench, gate: str) -> None:
    again = _gate(gate).put_back
    outcome = again(bench) if again is not None else Outcome(True, "nothing was changed that others stand on")
    bench.observe(
        "what other cases stand on", expected="accepted: ", actual=answer(outcome), by="contains", source="ports of the target"
    )


@then("no result came of it")
def no_result(bench: Bench) -> None:
    lot = bench.world.facts.get("used", "")
    found = bench.port("Pipeline").lot(hand_of(bench, "analyst").session, lot) if lot and not last(bench).accepted else None
    actual = ", ".join(f"{t.name} {t.reported}" for t in found.tests) if found and found.tests else "none"
    bench.observe("reportable results", expected="none", actual=actual, source="Pipeline.lot")
