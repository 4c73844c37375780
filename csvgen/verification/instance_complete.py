"""Whether everything is there that a decision rests on. A check of what is there finds nothing where something was taken away."""

from __future__ import annotations

from collections.abc import Iterator

from csvgen.audit.ledger import Version
from csvgen.pipeline.deviations import OUT_OF_SPECIFICATION
from csvgen.pipeline.flow.record import RunRecord
from csvgen.pipeline.nouns import Lot
from csvgen.pipeline.rounding import IN, OUT
from csvgen.verification.checks import Checks
from csvgen.verification.instance_seen import Seen

WHOLE, INVESTIGATED = "what was decided has all it rests on", "every failing value was investigated"
_DECIDED = ("reviewed", "released", "rejected")
_TABLES = ("processed", "reviewed", "released", "rejected")


def check_complete(seen: Seen, checks: Checks) -> None:
    """Every lot and study that was decided on, and every value out of specification."""
    lots = {n: v for n, v in seen.latest("status").items() if v.content.get("state") in _DECIDED}
    studies = {n: v for n, v in seen.latest("study-state").items() if v.content.get("tables") in _TABLES}
    faults = [f for n, v in lots.items() for f in _lot(seen, n, str(v.content["state"]))]
    faults += [f for n, v in studies.items() for f in _study(seen, n, str(v.content["tables"]))]
    good = f"{len(lots)} lots and {len(studies)} studies: run, review packet, certificate, as far as each has come"
    checks.over(len(lots) + len(studies), WHOLE, faults, good)
    told = list(_failing(seen))
    checks.over(len(told), INVESTIGATED, [why for why in told if why], f"{len(told)} failing parts of runs")


def _lot(seen: Seen, name: str, state: str) -> Iterator[str]:
    lot = _read(seen.latest("lot").get(name))
    if lot is None:
        yield f"lot {name} is {state}, and there is no record of it"
        return
    ran = [run for r in lot.runs if isinstance(run := seen.runs.get(r), RunRecord)]
    if not ran:
        yield f"lot {name} is {state}, and there is no run of it"
    if lot.review is None:
        yield f"lot {name} is {state}, and no review packet was drawn"
    if state != "released":
        return
    if lot.verdict != IN or not lot.tests or not any(run.valid == "yes" for run in ran):
        yield f"lot {name} is released, and it is {lot.verdict} with {len(lot.tests)} results"
    if name not in seen.certified:
        yield f"lot {name} is released, and it has no certificate"
    if waiting := [d.id for d in _deviations(seen, f"lot/{name}") if d.content.get("state") == "open"]:
        yield f"lot {name} is released with an open deviation: {', '.join(waiting)}"


def _study(seen: Seen, name: str, tables: str) -> Iterator[str]:
    study = seen.latest("study").get(name)
    if study is None or not isinstance(seen.runs.get(str(study.content.get("run"))), RunRecord):
        yield f"tables of {name} are {tables}, and there is no {'run that made them' if study else 'record of the study'}"
    waiting = [d.id for d in _deviations(seen, f"study/{name}") if d.content.get("state") == "open"]
    if tables == "released" and waiting:
        yield f"tables of {name} are released with an open deviation: {', '.join(waiting)}"


def _failing(seen: Seen) -> Iterator[str]:
    """For each part of each run that gave a failing value: why its investigation is missing; empty when there is one."""
    opened = {
        (str(now.content.get("lot")), str(v.content.get("run")), str(now.content.get("part")))  # it follows a new integration
        for name, now in seen.latest("deviation").items()
        if now.content.get("kind") == OUT_OF_SPECIFICATION
        for v in seen.records["deviation"][name]
    }
    for version in seen.latest("lot").values():
        lot = _read(version)
        values = (*lot.tests, *(w.value for w in lot.withdrawn)) if lot else ()
        for run, part in dict.fromkeys((v.run, v.part) for v in values if v.verdict == OUT and v.run in seen.runs):
            investigated = (version.id, run, part) in opened
            yield "" if investigated else f"lot {version.id}: {part} of {run} is out of specification, and nobody investigated it"


def _deviations(seen: Seen, subject: str) -> tuple[Version, ...]:
    return seen.about.get(subject, ())


def _read(version: Version | None) -> Lot | None:
    """None too for a record that cannot be read, which is told with the results of the lots."""
    try:
        return Lot.model_validate(version.content) if version else None
    except ValueError:
        return None
