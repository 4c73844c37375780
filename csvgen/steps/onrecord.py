"""Procedures and training as they are put on record: one version once, and days that can be true."""

from __future__ import annotations

import datetime as dt

from pytest_bdd import when

from csvgen.canonical import digest_bytes
from csvgen.clock import parsed
from csvgen.steps.access import account
from csvgen.steps.common import Bench, answer, phrase


def _day(bench: Bench, days: int) -> str:
    """A day by the clock of the system."""
    return (parsed(bench.port("Installation").clock().utc).date() + dt.timedelta(days=days)).isoformat()


def _name(bench: Bench, name: str) -> str:
    return f"SOP-{name}-{digest_bytes(bench.lot(name).encode()).hex[:8].upper()}"


@when(phrase('the "{role}" puts the procedure "{name}" version "{version}" on record, in effect in {days:d} days'))
def procedure(bench: Bench, role: str, name: str, version: str, days: int) -> None:
    identity, begins = _name(bench, name), _day(bench, days)
    args = (identity, "Constructed procedure", version, begins, "made for this case")
    outcome = bench.port("Pipeline").register_procedure(bench.actors.session(role), *args)
    bench.world.take("Pipeline.register_procedure", outcome)
    bench.observe.note(f"{identity} version {version} from {begins}", answer(outcome), source="Pipeline.register_procedure")


@when(
    phrase(
        'the "{role}" records that the new account was trained in the procedure "{name}" version "{version}" in {days:d} days, valid until in {until:d} days'
    )
)
def training(bench: Bench, role: str, name: str, version: str, days: int, until: int) -> None:
    """Days from today, negative for days that are past."""
    told = (_day(bench, days), _day(bench, until))
    args = (account(bench).user_id, _name(bench, name), version, *told, "trained")
    outcome = bench.port("Pipeline").register_training(bench.actors.session(role), *args)
    bench.world.take("Pipeline.register_training", outcome)
    what = f"training of {account(bench).user_id} on {told[0]}, valid until {told[1]}"
    bench.observe.note(what, answer(outcome), source="Pipeline.register_training")
