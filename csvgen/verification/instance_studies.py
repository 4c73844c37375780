"""Checks of what an instance says of its studies: deliveries, plan and run in force, and the signatures that released tables rest on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from csvgen.audit.ledger import Version
from csvgen.pipeline.clinical.planning import APPROVED
from csvgen.pipeline.clinical.study import MEANINGS, NEXT, Study
from csvgen.pipeline.flow.record import RunRecord
from csvgen.pipeline.signing import word_of
from csvgen.signature.record import Signature
from csvgen.verification.checks import Checks
from csvgen.verification.instance_seen import Seen, digest_of

PLANNED = "studies follow plans that quality approved before data were derived"
GIVEN, DECIDED = "studies say what their runs gave", "tables and data of studies carry valid signatures"
_NEEDS = {"reviewed": ("tables reviewed",), "released": ("tables reviewed", "tables released"), "rejected": ("tables rejected",)}
_OF_DELIVERY = ("encodings.", "received")
"""Parameters that a delivery says, not the plan."""


def check_studies(seen: Seen, held: Mapping[str, Signature], checks: Checks) -> None:
    """Every study as it is now."""
    studies = seen.latest("study")
    if not studies:
        return
    checks.add(GIVEN, [f for v in studies.values() for f in _given(seen, v)], f"{len(studies)} studies")
    checks.add(PLANNED, [f for v in studies.values() for f in _planned(seen, v, held)], f"{len(studies)} studies")
    checks.add(DECIDED, [f for v in studies.values() for f in _decided(seen, v, held)], f"{len(studies)} studies")


def _given(seen: Seen, version: Version) -> Iterator[str]:
    try:
        study = Study.model_validate(version.content)
    except ValueError as problem:
        yield f"study {version.id} cannot be read: {str(problem).splitlines()[0]}"
        return
    for name, entry in study.files.items():
        registered = seen.source(entry.record, entry.version)
        if registered is None or digest_of(registered) != entry.sha256:
            yield f"study {study.study}: {name} is not {entry.record} version {entry.version} as registered"
    if not study.run:
        return
    run = seen.runs.get(study.run)
    if not isinstance(run, RunRecord) or run.subject != study.subject:
        yield f"study {study.study}: there is no run {study.run} of it"
        return
    if run.outputs != study.outputs:
        yield f"study {study.study}: its tables are not those {run.id} gave"
    if {n: i.sha256 for n, i in run.inputs.items()} != {n: e.sha256 for n, e in study.files.items() if n in run.inputs}:
        yield f"study {study.study}: {run.id} read other deliveries than those in force"
    planned = {k: v for k, v in study.plan.parameters().items() if not k.startswith(_OF_DELIVERY)}
    ran = {k: v for k, v in run.parameters.items() if not k.startswith(_OF_DELIVERY)}
    for key in sorted(k for k in {*planned, *ran} if planned.get(k) != ran.get(k)):
        yield f"{run.id}: {key} was {ran.get(key, 'not given')}, the plan of {study.study} says {planned.get(key, 'nothing of it')}"


def _planned(seen: Seen, version: Version, held: Mapping[str, Signature]) -> Iterator[str]:
    """Every version of a study from which tables came, not only the newest: what was derived stays derived."""
    derived: dict[tuple[str, int], Version] = {}
    for each in seen.records["study"][version.id]:
        if run := str(each.content.get("run") or ""):
            derived.setdefault((run, int(each.content.get("plan_version") or 0)), each)
    for (run, number), study in derived.items():
        plan = seen.version("study-plan", f"{version.id}:{number}", 1)
        if plan is None or plan.content.get("plan") != study.content.get("plan"):
            yield f"study {version.id}: {run} followed a plan that no version of the plan says"
            continue
        signed = {(s.record.record, s.record.record_digest): s for s in held.values() if word_of(s.record) == APPROVED}
        found = signed.get((f"study-plan/{plan.id}", plan.sha256))
        if found is None or "quality" not in found.record.role.split(", ") or found.record.person == plan.content.get("by"):
            yield f"study {version.id}: {run} followed plan {number}, which no other person of quality approved by a valid signature"
            continue
        made = seen.latest("run").get(run)
        if made is not None and found.record.audit_count >= made.event:
            yield f"study {version.id}: {run} was performed before plan {number} was approved"


def _decided(seen: Seen, version: Version, held: Mapping[str, Signature]) -> Iterator[str]:
    state = seen.latest("study-state").get(version.id)
    if state is None:
        return
    on = f"study/{version.id}"
    signed: dict[str, str] = {}
    for found in held.values():
        record = found.record
        if (record.record, record.revision, record.record_digest) == (on, version.number, version.sha256):
            signed[word_of(record)] = record.person
    tables = str(state.content.get("tables"))
    if missing := [m for m in _NEEDS.get(tables, ()) if m not in signed]:
        yield f"tables of {version.id} are {tables} without a valid signature as {', '.join(missing)}"
    if signed.get("tables reviewed") and signed.get("tables reviewed") in (
        signed.get("tables released"),
        _operator(seen, version),
    ):
        yield f"tables of {version.id} were reviewed by {signed['tables reviewed']}, who also made or released them"
    yield from _held(seen, version.id, str(state.content.get("data")), held)


def _held(seen: Seen, study: str, data: str, held: Mapping[str, Signature]) -> Iterator[str]:
    """The state of the data is where the signed acts led."""
    acts = sorted((v for i, v in seen.latest("study-hold").items() if i.rpartition(":")[0] == study), key=lambda v: v.event)
    words: dict[str, str] = {str(act): meaning for act, meaning in MEANINGS.items()}
    reached = "open"
    for act in acts:
        name = str(act.content.get("act"))
        on = {(s.record.record, s.record.record_digest): word_of(s.record) for s in held.values()}
        if on.get((f"study-hold/{act.id}", act.sha256)) != words.get(name):
            yield f"study-hold/{act.id} ({name}) is not signed"
        reached = next((after for known, (_, after) in NEXT.items() if known == name), reached)
    if reached != data:
        yield f"the data of {study} are {data}, the signed acts led to {reached}"


def _operator(seen: Seen, version: Version) -> str:
    run = seen.latest("run").get(str(version.content.get("run")))
    return str(run.content.get("operator")) if run else ""
