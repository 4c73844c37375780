"""Checks of the audit trail: its bytes, its order, and that it and the signed records tell of each other."""

from __future__ import annotations

from pathlib import Path

from csvgen.audit.ledger import chain_problems
from csvgen.canonical import digest_bytes, read_canonical
from csvgen.crypto.trust import Trust
from csvgen.model.audit import Event
from csvgen.model.package import PackageManifest
from csvgen.signature.approvals import Approval
from csvgen.verification.checks import Checks
from csvgen.verification.evidence import Material
from csvgen.verification.history import told_runs
from csvgen.verification.outside import Outside

EVENTS = "audit/events.jsonl"


def read_bodies(path: Path) -> list[bytes]:
    """The events as the exact bytes that were hashed, one a line."""
    return path.read_bytes().splitlines(keepends=True)


def check_trail(
    folder: Path, manifest: PackageManifest, approvals: tuple[Approval, ...], material: Material | None, checks: Checks
) -> None:
    """The trail of a package: unbroken, as long as sealed, telling of every signature, and every signature naming a state it had."""
    bodies = read_bodies(folder / EVENTS)
    faults = list(chain_problems(bodies))
    if len(bodies) != manifest.audit_count:
        faults.append(f"the manifest counts {manifest.audit_count} events, {len(bodies)} are there")
    if bodies and digest_bytes(bodies[-1]) != manifest.audit_head:
        faults.append("the last event is not the one the manifest names")
    fixed = max((s.record.audit_count for a in approvals for s in a.signatures), default=0)
    rest = f"signatures of people fix the first {fixed}, the seal alone the last {len(bodies) - fixed}"
    checks.add("audit trail is unbroken", faults, f"{len(bodies)} events in one chain; {rest}", EVENTS)
    if faults:
        return
    events = [Event.model_validate(read_canonical(b)) for b in bodies]
    good = "every signature is an event, every sign event a signature"
    checks.add("signatures and audit trail tell of each other", _told(bodies, events, approvals), good, EVENTS)
    if material is not None:
        good = "every run was begun and sealed as the trail tells"
        checks.add("runs and audit trail tell of each other", told_runs(material, events), good, EVENTS)
    good = "roles as the audit trail tells them at each signature"
    checks.add("signers held the role they signed in", _roles(events, approvals), good, EVENTS)


def _told(bodies: list[bytes], events: list[Event], approvals: tuple[Approval, ...]) -> list[str]:
    heads = {0: digest_bytes(b"")} | {n: digest_bytes(b) for n, b in enumerate(bodies, 1)}
    told = {c.new: e for e in events if e.action == "sign" for c in e.changes if c.field == "signature"}
    wrong: list[str] = []
    for signature in (s for a in approvals for s in a.signatures):
        record = signature.record
        label = f"{record.record} {record.meaning} by {record.person}"
        if heads.get(record.audit_count) != record.audit_head:
            wrong.append(f"{label}: names a state the trail never had")
        event = told.pop(str(signature.digest), None)
        if event is None:
            wrong.append(f"{label}: the trail does not tell of it")
        elif event.person != record.person:
            wrong.append(f"{label}: the trail tells of {event.person}")
    wrong += [f"event {e.seq} tells of a signature of {e.person} on {e.record} that is not in the package" for e in told.values()]
    return wrong


def _roles(events: list[Event], approvals: tuple[Approval, ...]) -> list[str]:
    """The trail tells of each account's roles and state; a signature counts only in a role held at that moment."""
    faults = []
    for record in (s.record for a in approvals for s in a.signatures):
        held = {"roles": "", "state": "", "kind": ""}
        for event in events[: record.audit_count]:
            if event.record == f"account/{record.person}":
                held |= {c.field: c.new for c in event.changes if c.field in held}
        if (
            record.role not in held["roles"].replace('"', " ").replace(",", " ").strip("[] ").split()
            or held["state"] != "active"
            or held["kind"] != "person"
        ):
            faults.append(f"{record.record}: {record.person} did not hold the role {record.role} with an active account")
    return faults


def check_export(path: Path, trust: Trust, outside: Outside, checks: Checks) -> None:
    """An audit trail by itself: the events, and what was kept beside them."""
    bodies = read_bodies(path)
    checks.add("audit trail is unbroken", list(chain_problems(bodies)), f"{len(bodies)} events in one chain", path.name)


def check_checkpoint(path: Path, trust: Trust, outside: Outside, checks: Checks) -> None:
    """A checkpoint by itself."""


def check_proof(path: Path, trust: Trust, outside: Outside, checks: Checks) -> None:
    """A proof that one event lies in the trail of a checkpoint."""
