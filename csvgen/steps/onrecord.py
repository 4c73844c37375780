"""Procedures and training as they are put on record: one version once, and days that can be true."""

from __future__ import annotations

from pytest_bdd import then, when

from csvgen.canonical import digest_bytes
from csvgen.ports import RecordView
from csvgen.steps.access import account
from csvgen.steps.common import Bench, answer, last, phrase
from csvgen.steps.entry import filled
from csvgen.steps.grouped import in_one


def _name(bench: Bench, name: str) -> str:
    return f"SOP-{name}-{digest_bytes(bench.lot(name).encode()).hex[:8].upper()}"


@when(phrase('the "{role}" puts the procedure "{name}" version "{version}" on record, in effect from "{day}"'))
def procedure(bench: Bench, role: str, name: str, version: str, day: str) -> None:
    identity, begins = _name(bench, name), filled(bench, day)
    args = (identity, "Constructed procedure", version, begins, "made for this case")
    outcome = bench.port("Pipeline").register_procedure(bench.actors.session(role), *args)
    bench.world.take("Pipeline.register_procedure", outcome)
    bench.world.facts["put on record"] = {"id": identity, "version": version, "effective_from": begins}
    bench.observe.note(f"{identity} version {version} from {begins}", answer(outcome), source="Pipeline.register_procedure")


@when(
    phrase(
        'the "{role}" records that the new account was trained in the procedure "{name}" version "{version}" on "{day}", valid until "{until}"'
    )
)
def training(bench: Bench, role: str, name: str, version: str, day: str, until: str) -> None:
    told = (filled(bench, day), filled(bench, until))
    args = (account(bench).user_id, _name(bench, name), version, *told, "trained")
    outcome = bench.port("Pipeline").register_training(bench.actors.session(role), *args)
    bench.world.take("Pipeline.register_training", outcome)
    bench.world.facts["put on record"] = dict(
        zip(("person", "procedure", "version", "trained_on", "expires"), (*args[:3], *told), strict=True)
    )
    what = f"training of {account(bench).user_id} on {told[0]}, valid until {told[1]}"
    bench.observe.note(what, answer(outcome), source="Pipeline.register_training")


@then("the record of it says what was put on record")
def says(bench: Bench) -> None:
    """Read anew, field by field."""
    outcome, wanted = last(bench), bench.world.facts["put on record"]
    bench.actors.log_in("auditor")
    record: RecordView | None = bench.port("Records").read(bench.actors.session("auditor"), outcome.reference)
    told = record.fields if record else {}
    actual = {name: told.get(name, "(not told)") for name in wanted}
    in_one(bench, f"fields of {outcome.reference}", wanted, actual, source="Records.read")
