"""Step code of a package: what a run executed is the code its protocol was approved with, where the approval lists it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from csvgen.errors import NotIntact
from csvgen.model.approved_code import ApprovedCode
from csvgen.model.evidence import Evidence
from csvgen.verification.checks import Checks
from csvgen.verification.history import by_digest

if TYPE_CHECKING:
    from csvgen.verification.evidence import Material


def check_step_code(material: Material, checks: Checks) -> None:
    """One check over all runs; it says which runs nothing could be compared of."""
    there, faults = by_digest(material), list[str]()
    compared, unlisted = 0, list[str]()
    for run in material.runs:
        order = there.get(str(run.plan.order))
        protocol = there.get(str(order.content.get("document"))) if order is not None and order.content else None
        if protocol is None:
            continue  # that is a fault of its own: what ran is what was approved and ordered
        try:
            approved = protocol.code
        except NotIntact as problem:
            faults.append(f"{run.run}: {problem}")
            continue
        if approved is None:
            unlisted.append(run.run)
            continue
        compared += sum(step.code is not None for result in run.results for step in result.steps)
        faults += [f"{run.run}: {fault}" for fault in _steps(approved, run)]
        faults += [f"{run.run}: {fault}" for fault in _files(approved, {f.file: f.sha256 for f in run.code})]
    told = f"{compared} executed steps, each with the definition that was approved"
    if unlisted:
        told += f"; not compared, because their protocol was approved without a list of step code: {', '.join(unlisted)}"
    checks.add("step code that ran is the step code that was approved", faults, told, "protocols/.../approvals")


def _steps(approved: ApprovedCode, run: Evidence) -> Iterator[str]:
    for result in run.results:
        for step in result.steps:
            if step.code is None:
                continue  # nothing ran, or a person carried it out
            wanted = approved.of(result.case, step.number)
            if wanted is None:
                yield f"{result.case} step {step.number} ran {step.code.file}:{step.code.line}, and no step code was approved for it"
            elif (wanted.function, wanted.sha256) != (step.code.function, step.code.sha256):
                yield (
                    f"{result.case} step {step.number} ran {step.code.file}:{step.code.line} ({step.code.sha256[:19]}), "
                    f"approved was {wanted.told} ({wanted.sha256[:19]})"
                )


def _files(approved: ApprovedCode, ran: Mapping[str, str]) -> Iterator[str]:
    """Of files that are not the project's a run of some cases knows only those it needed."""
    for name, sha256 in approved.files.items() if ran else ():
        found = ran.get(name, "" if name.startswith("project/") else sha256)
        if found != sha256:
            yield f"{name} was {found[:19] or 'not there'} in the run, and approved as {sha256[:19]}"
