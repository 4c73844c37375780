"""Checks of order: what was ordered, what it was ordered from, and that nothing happened before what had to come first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from csvgen.crypto.trust import Trust
from csvgen.evidence.attended import PART
from csvgen.evidence.read import standing
from csvgen.model.audit import Event
from csvgen.model.base import PHASES, Phase
from csvgen.model.evidence import Evidence
from csvgen.signature.approvals import Approval
from csvgen.trace.matrix import Disposed, counts
from csvgen.trace.set_content import AROUND, REPORTED

if TYPE_CHECKING:
    from csvgen.verification.evidence import Material


def by_digest(material: Material, kind: str = "") -> dict[str, Approval]:
    """Every revision of every record (of a kind), by the digest that other records name it by."""
    return {str(a.document.digest): a for a in material.approvals if kind in ("", a.document.kind)}


def orders(material: Material) -> list[str]:
    """Each run against its signed order, and each order against the protocol that was approved when it was issued."""
    faults = []
    there = by_digest(material)
    newest = {a.document.id: a for a in material.approvals if a.document.kind == "execution-order"}
    for run in material.runs:
        order = there.get(str(run.plan.order))
        if order is None or not order.content or order.document.kind != "execution-order":
            faults.append(f"{run.run}: its execution order is not in the package")
            continue
        said, plan = order.content, run.plan
        if said["run"] != run.run or not order.standing(Trust.none).complete:
            faults.append(f"{run.run}: {order.document.id} is not a complete order of this run")
        asked = (plan.phase, str(plan.protocol), plan.target, plan.account, plan.account_owner)
        if (said["phase"], said["protocol"], said["target"], said["account"], said["account_owner"]) != asked:
            faults.append(f"{run.run}: was not executed as ordered (phase, wording, target and account compared)")
        faults += [f"{run.run}: {fault}" for fault in _protocol(material, run, there.get(str(said["document"])))]
        faults += [f"{run.run}: {fault}" for fault in _cases(material, run, tuple(said["retest"]))]
        if tuple(said.get("attended", ())) != plan.attended:
            faults.append(f"{run.run}: left other cases to people than the order did")
        if plan.spec != material.spec.digest and not _approved_from(material, str(plan.spec)):
            faults.append(f"{run.run}: executed against another specification than any that was approved")
    used = {str(r.plan.order) for r in material.runs}
    idle = [a for a in newest.values() if str(a.document.digest) not in used and not a.ended]
    faults += [f"{a.document.id}: ordered, and no run is there" for a in idle]
    return faults


def _protocol(material: Material, run: Evidence, protocol: Approval | None) -> list[str]:
    """The protocol document that an order names: of this phase, signed, and approving the wording that was executed."""
    phase = run.plan.phase
    if protocol is None or not protocol.standing(Trust.none).complete:
        return ["the protocol it was ordered from is not there with all its signatures"]
    if protocol.document.kind != f"{phase.lower()}-protocol":
        return [f"was ordered from {protocol.document.id}, which is no protocol of the {phase}"]
    if protocol.document.derived_from.get(f"{phase} protocol, cases") != str(run.plan.protocol):
        return ["the protocol it was ordered from approves another wording"]
    last = protocol.document.revision == max(
        a.document.revision for a in material.approvals if a.document.id == protocol.document.id
    )
    if last and phase in PHASES and run.plan.protocol != material.protocol.digest_of(phase):
        return ["executed another wording of the protocol than the package holds"]
    return []


def _cases(material: Material, run: Evidence, retest: tuple[str, ...]) -> list[str]:
    """What was planned is what was ordered: the cases named, or every case of the phase. None is left out in silence."""
    planned = [(p.case, p.digest) for p in run.plan.planned]
    phase = run.plan.phase
    if phase in PHASES and run.plan.protocol == material.protocol.digest_of(phase):
        asked = [(c.id, str(c.digest)) for c in material.protocol.of(phase) if not retest or c.id in retest]
        return [] if sorted(planned) == sorted(asked) else ["planned other cases than were ordered"]
    return [] if not retest or {case for case, _ in planned} == set(retest) else ["planned other cases than were ordered"]


def _approved_from(material: Material, specification: str) -> bool:
    """Whether a fully signed document of the package was made from this state of the specification."""
    return any(
        a.document.derived_from.get("specification") == specification and a.standing(Trust.none).complete
        for a in material.approvals
    )


def repetitions(material: Material, deviations: Sequence[Disposed]) -> list[str]:
    """Orders since csvgen 0.2 say what released a repetition and what stayed: held against the deviations, revisions and earlier runs."""
    faults: list[str] = []
    there = by_digest(material)
    known = {d.id: d for d in deviations}
    reasoned: set[tuple[str, str]] = set()
    for run in material.runs:
        order = there.get(str(run.plan.order))
        if order is None or not order.content or order.content.get("format") != "csvgen.execution-order/2":
            continue
        said = order.content
        label = f"{run.run}, ordered by {order.document.id}"
        for identity in said["released_by"]:
            d = known.get(identity)
            if d is None or d.decision != "retest" or d.record is None:
                faults.append(f"{label}: {identity} released no retest by signature")
            elif d.record.investigation.cause == "script" and _document_of(material, there, d.run) == said["document"]:
                faults.append(
                    f"{label}: {identity} found a fault of the script, and no new revision of the protocol was approved"
                )
        if said["retest"] and not said["released_by"] and not said["change_reference"]:
            faults.append(f"{label}: neither a disposition nor a change released the repetition")
        if said["carry_over"]:
            reasoned.add((str(run.plan.phase), str(run.plan.protocol)))
        present = run.plan.phase in PHASES and run.plan.protocol == material.protocol.digest_of(run.plan.phase)
        if said["retest"] and present and list(said["carried"]) != _stayed(material, run):
            faults.append(f"{label}: names other cases whose results carry over than there are")
        if said["carried"] and (run.plan.phase, str(run.plan.protocol)) not in reasoned:
            faults.append(f"{label}: results of an earlier revision of the protocol stay, and nobody says why")
    return faults


def _document_of(material: Material, there: Mapping[str, Approval], run: str) -> str:
    """Digest of the protocol record that a run was ordered from."""
    order = next((there.get(str(r.plan.order)) for r in material.runs if r.run == run), None)
    return str((order.content or {}).get("document", "")) if order is not None else ""


def _stayed(material: Material, run: Evidence) -> list[str]:
    """Cases a run left out whose last result, in the wording the package holds, is of another revision than the run executed."""
    again = {p.case for p in run.plan.planned}
    last: dict[str, tuple[str, str]] = {}
    for other in material.runs:
        if counts(other) and other.plan.phase == run.plan.phase and other.run < run.run:
            last |= {r.case: (str(r.case_digest), str(other.plan.protocol)) for r in other.results}
    cases = material.protocol.of(run.plan.phase) if run.plan.phase in PHASES else ()
    now = str(run.plan.protocol)
    return [c.id for c in cases if c.id not in again and c.id in last and last[c.id][0] == c.digest and last[c.id][1] != now]


def phases(material: Material) -> list[str]:
    """OQ after a closed IQ, PQ after a closed OQ: at the issue of each order a report (or conditional release) was signed."""
    faults = []
    there = by_digest(material, "execution-order")
    for run in material.runs:
        order = there.get(str(run.plan.order))
        position = PHASES.index(run.plan.phase) if run.plan.phase in PHASES else 0
        if order is None or not position:
            continue
        before: Phase = PHASES[position - 1]
        closing = [a for a in material.approvals if _closes(a, before) and a.standing(Trust.none).complete]
        if not any(a.completed <= order.completed for a in closing):
            when = order.completed or "never"
            faults.append(f"{run.run} was issued {when}, when no report or conditional release of the {before} was signed")
    return faults


def _closes(approval: Approval, phase: Phase) -> bool:
    kind = approval.document.kind
    return kind == f"{phase.lower()}-report" or (kind == "conditional-release" and (approval.content or {}).get("phase") == phase)


def derived(material: Material) -> list[str]:
    """The digests a document says it was made from, against the records and runs of the package."""
    records = {f"{a.document.id} r{a.document.revision}": a for a in material.approvals}
    known = {name: str(a.document.digest) for name, a in records.items()}
    known |= {f"run {r.run}, seal": str(r.digest) for r in material.runs}
    known |= {f"challenge {c.plan.challenge}, seal": str(c.digest) for c in material.challenges}
    faults = []
    for approval in material.approvals:
        label = f"{approval.document.id} r{approval.document.revision}"
        for name, stated in approval.document.derived_from.items():
            record = name in records or name.startswith(("run ", "challenge ")) or name.rpartition(" r")[2].isdecimal()
            if record and known.get(name) != stated:
                faults.append(f"{label}: was made from another {name} than the package holds")
            elif (
                name in records
                and approval.document.kind.endswith("-protocol")
                and records[name].completed > approval.document.composed
            ):
                faults.append(f"{label}: was composed before {name} was approved")
            elif name in records and not _closed(approval, records[name]):
                faults.append(f"{label}: stands on {name}, which was not approved when it was composed")
    return faults


def _closed(approval: Approval, below: Approval) -> bool:
    """What closes a validation stands on approved documents alone: a plan, a report; of orders and copies there may be withdrawn ones."""
    stands = {"validation-summary": (*REPORTED, *AROUND), "release-certificate": ("validation-summary",)}.get(
        approval.document.kind, ()
    )
    if below.document.kind not in stands or (below.document.kind in AROUND and below.ended):
        return True
    return below.standing(Trust.none).complete and below.completed <= approval.document.composed


def times(material: Material) -> list[str]:
    """Approved, issued, executed, reviewed, reported: in this order, by the times of record."""
    faults: list[str] = []
    there = by_digest(material)

    def ordered(*moments: tuple[str, str]) -> None:
        known = [(name, moment) for name, moment in moments if moment]
        for (earlier, first), (later, second) in pairwise(known):
            if first > second:
                faults.append(f"{later} ({second}) is before {earlier} ({first})")

    for run in material.runs:
        order = there.get(str(run.plan.order))
        protocol = there.get(order.content["document"]) if order is not None and order.content else None
        record = material.approval("run-record", run.run)
        report = material.approval(f"{run.plan.phase.lower()}-report")
        steps = [s for r in run.results for s in r.steps if s.started and s.finished]
        ordered(
            (f"approval of the protocol of {run.run}", protocol.completed if protocol else ""),
            (f"issue of {run.run}", order.completed if order else ""),
            (f"begin of {run.run}", run.plan.created),
            (f"first step of {run.run}", min((s.started or "" for s in steps), default="")),
            (f"last step of {run.run}", max((s.finished or "" for s in steps), default="")),
            (f"seal of {run.run}", run.seal.sealed if run.seal else ""),
            (f"review of {run.run}", record.completed if record else ""),
            (f"report on {run.run}", report.document.composed if report and run.seal else ""),
            (f"approval of the report on {run.run}", report.completed if report and run.seal else ""),
        )
        faults += [f"{run.run}: {place}" for place in run.disorder]
        for step in steps:
            ordered((f"start of a step of {run.run}", step.started or ""), ("its end", step.finished or ""))
            for a in step.attachments:
                ordered(
                    (f"start of the step of {a.id}", step.started or ""),
                    (f"capture of {a.id}", a.captured),
                    ("end of its step", step.finished or ""),
                )
    return faults


def told_runs(material: Material, events: list[Event]) -> list[str]:
    """The trail tells of every run and how it was closed, and every run it tells of is in the package."""
    words = {"run-begin": "began", "run-seal": "was sealed", "run-abandon": "was closed as aborted"}
    facts = [(e, {c.field: c.new for c in e.changes}) for e in events if e.action in words]
    begun = {e.record: found.get("order", "") for e, found in facts if e.action == "run-begin"}
    sealed = {e.record: found.get("seal", "") for e, found in facts if e.action in ("run-seal", "run-abandon")}
    closed = {e.record: e.person for e, _ in facts if e.action == "run-abandon"}
    there = {r.run: r for r in material.runs}
    times_told = Counter((e.action, e.record) for e, _ in facts)
    faults = [f"{name}: the trail tells {n} times that it {words[act]}" for (act, name), n in sorted(times_told.items()) if n > 1]
    faults += [f"the trail tells of {name}, which is not in the package" for name in sorted(begun.keys() - there.keys())]
    for name, run in there.items():
        if name not in begun:
            faults.append(f"{name}: the trail does not tell that it began")
        elif begun[name] != str(run.plan.order):
            faults.append(f"{name}: the trail tells that it began by another order")
        if sealed.get(name, "None") != str(run.digest):
            told = "was sealed otherwise" if name in sealed else "was never sealed"
            faults.append(f"{name}: the trail tells that it {told}")
        by = run.seal.aborted_by if run.seal is not None else ""
        if closed.get(name, "") != by:
            faults.append(
                f"{name}: was closed as aborted by {by or 'nobody'}, and the trail tells of {closed.get(name) or 'nobody'}"
            )
    return [*faults, *_told_shards(there, events), *_told_parts(there, events)]


def _told_shards(there: dict[str, Evidence], events: list[Event]) -> list[str]:
    """Every shard that was sealed by the trail lies in its run with that seal, and no other does."""
    told = {
        e.record.removeprefix("shard/"): c.new for e in events if e.action == "shard-seal" for c in e.changes if c.field == "seal"
    }
    found: dict[str, str] = {}
    for name, run in there.items():
        shards = run.plan.merged.shards if run.plan.merged is not None else ()
        total = max((s.number for s in shards), default=0)
        found |= {f"{name}.{s.number}of{total}": str(s.seal) for s in shards if s.seal is not None and s.folder.count(".") == 0}
    faults = [
        f"{name}: the trail does not tell that this shard was sealed so"
        for name in sorted(found)
        if told.get(name) != found[name]
    ]
    return faults + [f"the trail tells of the shard {name}, which is in no run" for name in sorted(told.keys() - found.keys())]


def _told_parts(runs: dict[str, Evidence], events: list[Event]) -> list[str]:
    """Where a run was carried out in parts, its journals end as the trail tells they ended with each part."""
    faults = []
    for event in (e for e in events if e.action == PART and e.record in runs):
        ends = standing(Path(runs[event.record].folder)).heads
        told = {c.field.removeprefix("head "): c.new for c in event.changes if c.field.startswith("head ")}
        faults += [
            f"{event.record}: the trail tells that the journal of {worker} ended otherwise"
            for worker, head in told.items()
            if ends.get(worker) != head
        ]
    return faults
