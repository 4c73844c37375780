"""Checks across data sets: what makes the study unusable is refused, what a person should know is a finding. Every check is listed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from typing import Literal

from csvgen.errors import BadInput
from csvgen.model.base import Value
from csvgen.pipeline.clinical.dataset import Dataset, Row
from csvgen.pipeline.clinical.dates import when
from csvgen.pipeline.clinical.domains import check, some
from csvgen.pipeline.clinical.plan import Plan


class Finding(Value):
    """The outcome of one check that refuses nothing."""

    check: str
    serious: Literal["yes", "no"] = "no"
    """Whether it puts the data in doubt, so that quality must decide."""
    count: int
    of: int
    where: tuple[str, ...]
    """Every place it was found at: domain and row, for a person to look up."""


def conform(data: Mapping[str, Dataset], plan: Plan) -> tuple[Finding, ...]:
    """Check each data set and all together. `data` by input name. Raises BadInput."""
    for name, found in data.items():
        check(found, plan, f"{name}.xpt")
    subjects = {row["USUBJID"]: row for row in data["dm"].each()}
    for name, found in data.items():
        if name in ("dm", "ts"):
            continue
        if strange := [f"{r['USUBJID']} (row {r.number})" for r in found.each() if r["USUBJID"] not in subjects]:
            raise BadInput(f"subject that DM does not know: {some(strange)}", where=f"{name}.xpt")
    known = {*plan.arms, *plan.not_randomised}
    for row in subjects.values():
        for name in ("ARM", "ACTARM"):
            if row[name] not in known:
                raise BadInput(f"the plan knows no arm {row[name][:40]!r}", where=f"dm.xpt row {row.number} {name}")
        if plan.races and row["RACE"] not in plan.races:
            raise BadInput(f"the plan has no code for the race {row['RACE'][:40]!r}", where=f"dm.xpt row {row.number} RACE")
    return tuple(_findings(data, plan))


def _findings(data: Mapping[str, Dataset], plan: Plan) -> Iterable[Finding]:
    dm, ex = list(data["dm"].each()), list(data["ex"].each())
    treated = {row["USUBJID"] for row in ex}
    randomised = [row for row in dm if row["ARM"] in plan.arms]
    yield _finding("not randomised: in no analysis table unless treated", dm, lambda r: r["ARM"] not in plan.arms)
    yield _finding("treated without being randomised", dm, lambda r: r["ARM"] not in plan.arms and r["USUBJID"] in treated, "yes")
    yield _finding("randomised and never treated", randomised, lambda r: r["USUBJID"] not in treated)
    yield _finding("actual arm (ACTARM) is not the planned arm (ARM)", randomised, lambda r: r["ACTARM"] != r["ARM"])
    yield _finding(
        "death flag and date of death do not go together", dm, lambda r: (r["DTHFL"] == "Y") != bool(r["DTHDTC"]), "yes"
    )
    yield _finding("date of death after the end of participation", dm, _died_later)
    yield _finding("end of an interval of exposure is missing (EXENDTC)", ex, lambda r: not r["EXENDTC"])
    yield _finding("a date is not complete", [*dm, *ex], _partial)
    yield _finding("interval of exposure overlaps the one before it", ex, _overlaps(ex), "yes")
    yield _finding("dose of more than zero in the control arm", ex, _dosed_control(dm, plan), "yes")


def _finding(text: str, rows: Iterable[Row], wrong: Callable[[Row], bool], serious: Literal["yes", "no"] = "no") -> Finding:
    listed = list(rows)
    places = tuple(f"{r.domain} row {r.number}" for r in listed if wrong(r))
    return Finding(check=text, serious=serious, count=len(places), of=len(listed), where=places)


def _died_later(row: Row) -> bool:
    ends, died = row["RFPENDTC"], row["DTHDTC"]
    return bool(ends and died) and when(died).first > when(ends).last


def _partial(row: Row) -> bool:
    return any(when(v).flag for n, v in row.values.items() if n.endswith("DTC") and v)


def _overlaps(ex: list[Row]) -> Callable[[Row], bool]:
    ordered = sorted(ex, key=lambda r: (r["USUBJID"], when(r["EXSTDTC"]).first))
    late: set[int] = set()
    for before, after in pairwise(ordered):
        same = before["USUBJID"] == after["USUBJID"]
        if same and before["EXENDTC"] and when(after["EXSTDTC"]).first <= when(before["EXENDTC"]).first:
            late.add(after.number)
    return lambda r: r.number in late


def _dosed_control(dm: list[Row], plan: Plan) -> Callable[[Row], bool]:
    control = {r["USUBJID"] for r in dm if r["ARM"] == plan.control}
    return lambda r: r["USUBJID"] in control and r["EXDOSE"] not in ("", "0")
