"""What a platform says of itself, against what was approved. What could not be read blocks the case: it is no answer, and never a pass."""

from __future__ import annotations

import re

from pytest_bdd import then, when

from csvgen.errors import CsvgenError
from csvgen.execution.observe import Blocked
from csvgen.model.execution import Comparison
from csvgen.ports import Fact
from csvgen.steps.common import Bench, phrase
from csvgen.views import Unanswered

_SUBJECT = re.compile(r"(?P<probe>[a-z0-9.-]+): (?P<fact>.+)")
_LIMIT = re.compile(r"(?P<by>at least|at most) (?P<number>-?[0-9]+(?:\.[0-9]+)?)")
_BY: dict[str, Comparison] = {"at least": "at-least", "at most": "at-most"}


@when(phrase('the platform is asked for "{subject}"'))
def asked(bench: Bench, subject: str) -> None:
    """``subject``: probe and fact, ``aws.bucket-lock: mode``. The fact itself is looked at by the step behind this one."""
    port = bench.port("Probes")
    parts = _SUBJECT.fullmatch(subject)
    if parts is None:
        raise CsvgenError(f"{subject!r} names no probe and fact", hint="aws.bucket-lock: mode")
    name = parts["probe"]
    if name not in port.probes():
        services = {p.partition(".")[0] for p in port.probes()}
        if name.partition(".")[0] not in services:
            raise Blocked(f"the settings of the platform {bench.target.name} do not name {name.partition('.')[0]}")
        raise CsvgenError(f"there is no probe {name!r}", hint=f"probes: {', '.join(port.probes())}")
    try:
        bench.observe.note("counterpart", port.counterpart(name), source=f"settings and answers of {name}")
        told: tuple[Fact, ...] = port.probe(name)
    except Unanswered as problem:
        raise Blocked(
            f"{name}: {problem.message}"
            + (f" ({problem.where})" if problem.where else "")
            + (f"; {problem.hint}" if problem.hint else "")
        ) from None
    bench.world.facts["platform"] = {f"{name}: {fact.name}": fact for fact in told}
    bench.attach(
        [("fact", "value", "unit", "source"), *((f.name, f.value, f.unit, f.source) for f in told)], name=f"{name} as read"
    )
    bench.observe.note("facts read", str(len(told)), source=told[0].source if told else name)


@then(phrase('the platform tells "{subject}" as "{expected}"'))
def tells(bench: Bench, subject: str, expected: str) -> None:
    """``expected``: a value, word for word, or ``at least N``, ``at most N`` for a number."""
    told: dict[str, Fact] = bench.world.facts["platform"]
    if subject not in told:
        raise CsvgenError(
            f"the probe tells nothing of {subject.partition(': ')[2]!r}", hint=f"it tells of: {'; '.join(told)}"[:600]
        )
    fact, limit = told[subject], _LIMIT.fullmatch(expected)
    if limit is None:
        bench.observe(subject, expected=expected, actual=fact.value, unit=fact.unit, source=fact.source)
    else:
        bench.observe(
            subject, expected=limit["number"], actual=fact.value, unit=fact.unit, source=fact.source, by=_BY[limit["by"]]
        )
