"""Step code as part of what is approved: listed when a protocol is composed, and held against what is at hand before it is executed.

Looking at the files costs a digest of each and starts nothing; it says at once which step would run other code. What the steps really
resolve to is known to the process that executes them, which compares once more and refuses before its first case.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from csvgen.errors import ConfigError, Refused
from csvgen.execution.approved_code import changed_files
from csvgen.execution.process import run_pytest
from csvgen.model.approved_code import ApprovedCode
from csvgen.model.base import Phase
from csvgen.report.wording import say
from csvgen.signature.approvals import CODE, Approval
from csvgen.trace.content import phase_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from csvgen.workflow.state import ProjectState

_FAR = "elsewhere/"


def listed(state: ProjectState, phase: Phase) -> ApprovedCode:
    """The step code that the protocol of a phase resolves to now. Raises ConfigError where it cannot be resolved."""
    if not state.protocol.of(phase):
        return ApprovedCode()  # a phase without cases may have no folder
    said: list[str] = []
    with tempfile.TemporaryDirectory(prefix="csvgen-code-") as folder:
        report = Path(folder) / "code.json"
        place = str(state.config.protocol_folder(state.spec.system.id) / phase)
        options = ("--csvgen-dry", "--csvgen-dry-report", str(report))
        run_pytest(state.config.root, [place], None, said.append, formal=False, options=options)
        found = json.loads(report.read_bytes()) if report.is_file() else {"findings": [{"rule": "DRY004", "message": _end(said)}]}
    if broken := [f for f in found["findings"] if f["rule"] == "DRY004"]:
        raise ConfigError(
            f"the step code of the {phase} cannot be looked up: {broken[0]['message']}",
            hint=f"csvgen run --dry {phase} tells of every step; step code is part of what is approved",
        )
    return ApprovedCode.model_validate_json(json.dumps(found["code"]))


def _end(said: Sequence[str]) -> str:
    return " ".join(" ".join(said).split())[-400:] or "pytest said nothing"


def differing(state: ProjectState, approved: ApprovedCode, phase: Phase, cases: Sequence[str] = ()) -> list[str]:
    """Files of step code that are not what was approved, as far as they can be found again; see `csvgen.execution.stepcode.named`."""
    from csvgen.execution.stepcode import now, project_files
    from csvgen.model.execution import CodeFile

    protocols = state.config.protocol_folder(state.spec.system.id)
    names = {name for name in approved.files if not name.startswith(_FAR)}
    there = set(project_files(state.config.root, protocols, phase)) if protocols.is_dir() else set()
    files = now([CodeFile(file=name, sha256="") for name in sorted(names | there)], state.config.root)
    return changed_files(approved, {f.file: f.sha256 for f in files}, cases)


def stands(state: ProjectState, approval: Approval, phase: Phase) -> bool:
    """Whether a revision of a protocol still names the step code at hand; one that lists none says nothing of it."""
    code = approval.code
    if code is None:
        return True
    far = any(name.startswith(_FAR) for name in code.files)  # where it lies only pytest knows
    return listed(state, phase) == code if far else not differing(state, code, phase)


def changed(state: ProjectState, approval: Approval) -> list[str]:
    """What of the step code is not as a revision of a protocol names it; nothing for a record that names none."""
    code, phase = approval.code, phase_of(approval.document.kind)
    return differing(state, code, phase) if code is not None and phase is not None else []


def told_since(state: ProjectState, approval: Approval) -> list[str]:
    """For `csvgen status`: the files of step code that are not what a revision of a protocol names, and how to mend it."""
    if approval.ended or not (found := changed(state, approval)):
        return []
    word = "approved" if state.valid(approval) else "put up for signature"
    mend = f"no formal run begins with it: put the files back, or csvgen report {approval.document.kind}"
    return [f"STEP CODE DIFFERS from what was {word}: {told}" for told in found] + [mend]


def of_order(state: ProjectState, order: Approval) -> Approval | None:
    """The protocol, in the revision that an execution order names."""
    return next((a for a in state.approvals if str(a.document.digest) == str((order.content or {}).get("document"))), None)


def refuse_other_code(state: ProjectState, protocol: Approval | None, cases: Sequence[str], order: str = "") -> None:
    """Raises Refused where the step code at hand is not the code a protocol was approved with (RR-F02). `order`: id of the order, if one waits."""
    approved = protocol.code if protocol is not None else None
    phase = phase_of(protocol.document.kind) if protocol is not None else None
    if protocol is None or approved is None or phase is None or not (found := differing(state, approved, phase, cases)):
        return
    document, newest = protocol.document, state.latest(protocol.document.id)
    again = newest.code if newest is not None and newest is not protocol and state.valid(newest) else None
    anew = f"; then withdraw {order} and order anew" if order else ""
    if newest is not None and again is not None and not differing(state, again, phase, cases):
        mend = f"{document.id} r{newest.document.revision} is approved with it{anew}"
    else:
        mend = f"put the files back, or revise the protocol (csvgen report {document.kind}) and have it approved{anew}"
        if any("csvgen/" in told for told in found):
            mend += ". Another csvgen brings other step code; it is approved like any other"
    raise Refused(
        f"the step code is not the code that {document.id} r{document.revision} was approved with: {'; '.join(found)}",
        rule="RR-F02", hint=mend,
    )  # fmt: skip


def told(state: ProjectState, phase: Phase) -> tuple[str, ...]:
    """For the report of a phase: by which approval the step code of each of its runs is bound, or that by none."""
    bound: dict[tuple[str, int], list[str]] = {}
    for run in state.runs:
        if run.plan.phase != phase or run.plan.mode != "formal":
            continue
        order = next((a for a in state.approvals if a.document.digest == run.plan.order), None)
        protocol = of_order(state, order) if order is not None else None
        if protocol is None:
            continue  # the report says elsewhere that it has no order
        name = f"{protocol.document.id} r{protocol.document.revision}"
        key = (name, 0 if protocol.code is None else len(protocol.code.files))
        bound.setdefault(key, []).append(run.run)
    return tuple(_bound(name, files, runs) for (name, files), runs in bound.items())


def _bound(name: str, files: int, runs: Sequence[str]) -> str:
    """By which approval the step code of some runs is bound; `files`: none where the approval lists none."""
    named = ", ".join(runs)
    if not files:
        return say(
            "Step code of {runs}: {name} was approved without a list of it; what ran was not compared with an approval.",
            runs=named, name=name,
        )  # fmt: skip
    counted = say("{number} file" if files == 1 else "{number} files", number=str(files))
    return say(
        "Step code of {runs}: bound by the approval of {name} ({files}); a run with other step code is refused.",
        runs=named, name=name, files=counted,
    )  # fmt: skip


def options(state: ProjectState, order: Approval) -> tuple[str, ...]:
    """For the process that executes: the approved step code it compares with what its steps resolve to."""
    protocol = of_order(state, order)
    if protocol is None or protocol.code is None or protocol.folder is None:
        return ()
    return ("--csvgen-code", str(protocol.folder / CODE))
