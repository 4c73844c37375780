"""Checks of the audit trail: its bytes, its order, and that it and the signed records tell of each other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cryptography import x509

from csvgen.audit.anchors import TOKEN
from csvgen.audit.chain import chain_problems
from csvgen.audit.checkpoint import read_checkpoint
from csvgen.audit.proof import read_proof, verify_proof
from csvgen.canonical import digest_bytes, read_canonical
from csvgen.clock import shown, stored
from csvgen.crypto.keys import fingerprint
from csvgen.crypto.notes import read_note
from csvgen.crypto.timestamps import NotTrusted, verify_token
from csvgen.crypto.trust import Trust
from csvgen.errors import NotIntact
from csvgen.model.audit import Event
from csvgen.model.package import PackageManifest
from csvgen.signature.approvals import Approval
from csvgen.signature.record import Signature
from csvgen.verification import anchors
from csvgen.verification.anchors import Trail
from csvgen.verification.checks import Checks
from csvgen.verification.evidence import Material
from csvgen.verification.history import told_runs
from csvgen.verification.imported import told as told_imports
from csvgen.verification.kept import check_kept
from csvgen.verification.outside import Outside
from csvgen.verification.people_told import check_people_told

CHECKPOINTS = "audit/checkpoints"
EVENTS = "audit/events.jsonl"


def read_bodies(path: Path) -> list[bytes]:
    """The events as the exact bytes that were hashed, one a line."""
    return path.read_bytes().splitlines(keepends=True)


def check_trail(
    folder: Path,
    manifest: PackageManifest,
    approvals: tuple[Approval, ...],
    material: Material | None,
    trust: Trust,
    checks: Checks,
) -> Trail | None:
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
        return None
    events = [Event.model_validate(read_canonical(b)) for b in bodies]
    good = "every signature is an event, every sign event a signature"
    checks.add("signatures and audit trail tell of each other", _told(bodies, events, approvals), good, EVENTS)
    if material is not None:
        good = "every run was begun and sealed as the trail tells"
        checks.add("runs and audit trail tell of each other", told_runs(material, events), good, EVENTS)
        check_kept(material.runs, events, EVENTS, checks)
        check_people_told(folder, material, events, checks)
        if material.imported or any(e.action == "import-results" for e in events):
            good = "every import and every table of it as the trail tells"
            checks.add("imports and audit trail tell of each other", told_imports(material.imported, events), good, EVENTS)
    good = "roles as the audit trail tells them at each signature"
    checks.add("signers held the role they signed in", _roles(events, approvals), good, EVENTS)
    checks.add("revocations of the trail are in the lists", _unlisted(events, trust), f"{len(trust.crls)} lists", EVENTS)
    records = [s.record for a in approvals for s in a.signatures]
    trail = Trail(bodies, anchors.travelled(folder / CHECKPOINTS), tuple(anchors.pins_of(records)))
    checks.add(
        "checkpoints that the trail tells of are here", anchors.told(trail, events), f"{len(trail.travelled)} files", CHECKPOINTS
    )
    return trail


def _told(bodies: list[bytes], events: list[Event], approvals: tuple[Approval, ...]) -> list[str]:
    heads = {0: digest_bytes(b"")} | {n: digest_bytes(b) for n, b in enumerate(bodies, 1)}
    told = {c.new: e for e in events if e.action in ("sign", "withdraw") for c in e.changes if c.field == "signature"}
    wrong: list[str] = []
    for signature in _all(approvals):
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


def _all(approvals: tuple[Approval, ...]) -> Iterator[Signature]:
    """Every signature, also those that end the way of a revision."""
    for approval in approvals:
        yield from approval.signatures
        if approval.withdrawn is not None:
            yield approval.withdrawn


def _roles(events: list[Event], approvals: tuple[Approval, ...]) -> list[str]:
    """The trail tells of each account's roles, state and certificate; a signature counts only with what was held at that moment."""
    faults = []
    for signature in _all(approvals):
        record = signature.record
        held = {"roles": "", "state": "", "kind": "", "certificate": ""}
        for event in events[: record.audit_count]:
            if event.record == f"account/{record.person}":
                held |= {c.field: c.new for c in event.changes if c.field in held}
        kind = "external" if record.signer == "external" else "person"
        roles = held["roles"].replace('"', " ").replace(",", " ").strip("[] ").split()
        if record.role not in roles or (held["state"], held["kind"]) != ("active", kind):
            faults.append(f"{record.record}: {record.person} did not hold the role {record.role} with an active account")
        elif _another(held["certificate"], signature):
            faults.append(f"{record.record}: signed with another certificate than the trail tells for {record.person}")
    return faults


def _unlisted(events: list[Event], trust: Trust) -> list[str]:
    """Certificates that the trail tells to be revoked and that no list here names: an old list was put back in the place of the newer one.

    A registered certificate is its own authority's to revoke; of it, our own word on whose it is stands in our list.
    """
    told: dict[str, dict[str, str]] = {}
    for event in events:
        if event.record.startswith("certificate/"):
            told.setdefault(event.record, {}).update({c.field: c.new for c in event.changes})
    listed = {(crl.issuer.rfc4514_string(), f"{entry.serial_number:x}") for crl in trust.crls for entry in crl}
    return [
        f"{name.removeprefix('certificate/')} of {c.get('person') or 'the seal'} was revoked {c['revoked']}, and no list here says so"
        for name, c in told.items()
        if c.get("revoked") and c.get("origin") != "registered" and (c.get("issuer", ""), c.get("serial", "")) not in listed
    ]


def _another(told: str, signature: Signature) -> bool:
    """Whether the account had another certificate at that moment; a certificate of the same name is not the same certificate."""
    try:
        return bool(told) and fingerprint(x509.load_pem_x509_certificate(told.encode("utf-8"))) != fingerprint(
            signature.certificate
        )
    except ValueError:
        return True


def check_export(path: Path, trust: Trust, outside: Outside, checks: Checks) -> None:
    """An audit trail by itself, with what lies beside it: anybody can chain events anew, so without a checkpoint nothing is shown."""
    bodies = read_bodies(path)
    broken = list(chain_problems(bodies))
    checks.add("audit trail is unbroken", broken, f"{len(bodies)} events in one chain", path.name)
    trail = Trail(bodies, anchors.travelled(path.parent / anchors.CHECKPOINTS) or anchors.travelled(path.parent), ())
    if not trail.travelled and outside.kept is None:
        why = "no checkpoint lies beside it and none was given (--anchor); whoever can write the file can write it anew"
        checks.unknown("the trail is the one that others saw", why, path.name)
        return
    anchors.check_anchors(trail, trust, outside, checks, path.name, alone=True)
    checks.lacks("what the events tell of: records and signatures are in the package")


def check_checkpoint(path: Path, trust: Trust, outside: Outside, checks: Checks) -> None:
    """A signed note by itself: who signed it, what it says, and the time stamp beside it."""
    data = path.read_bytes()
    note = read_note(data, path.name)
    found = read_checkpoint(note, path.name)
    checks.note("what it says", f"{found.size} events of {found.origin}, root {found.root.hex()}", path.name)
    if not outside.verifiers:
        checks.unknown("signed by keys that are believed", f"no key was given: {anchors.NO_KEY}", path.name)
    else:
        vouched = note.vouched(outside.verifiers, path.name)
        own = any(v.by.name == found.origin for v in vouched)
        names = ", ".join(f"{v.by.name}" + (f" at {shown(stored(v.moment))}" if v.moment else "") for v in vouched)
        faults = [] if own else ["no believed key of the log itself signed it"]
        checks.add("signed by keys that are believed", faults, names, path.name)
    token = path.with_suffix(TOKEN)
    if token.is_file():
        _time_stamp(token, data, (outside.times or trust).roots, checks)
    else:
        checks.note("time", "no time stamp lies beside it", path.name)
        checks.lacks("a proven time")
    checks.lacks("the trail it is of")


def _time_stamp(token: Path, data: bytes, roots: tuple[x509.Certificate, ...], checks: Checks) -> None:
    name = "time stamp over it holds"
    try:
        proven = verify_token(token.read_bytes(), data, roots=roots, where=token.name)
        checks.add(name, [], f"{shown(stored(proven.moment))} by {proven.authority}", token.name)
    except NotTrusted as problem:
        checks.unknown(name, problem.message, token.name)
    except NotIntact as problem:
        checks.add(name, [problem.message], "", token.name)


def check_proof(path: Path, _trust: Trust, outside: Outside, checks: Checks) -> None:
    """A proof that one event lies in the trail of a checkpoint. The event itself lies beside it: alone, or in a copy of the trail."""
    data, name = path.read_bytes(), "event lies in the log"
    number = read_proof(data, path.name).index + 1
    body = _event_beside(path, number)
    if body is None:
        why = f"event {number} is not beside it: {path.stem}.json, or events.jsonl"
        checks.unknown(name, why, path.name)
        return
    if not outside.verifiers:
        checks.unknown(name, f"no key was given: {anchors.NO_KEY}", path.name)
        return
    log = verify_proof(data, body, outside.verifiers, path.name)
    told = Event.model_validate(read_canonical(body, path.name))
    faults = [] if told.seq == number else [f"the event says that its number is {told.seq}, and it is proved at {number}"]
    who = f"{told.printed_name}: {told.action} {told.record}, {shown(told.at)}"
    checks.add(name, faults, f"event {number} of the first {log.size} of {log.origin}: {who}", path.name)
    checks.lacks("the rest of the trail")


def _event_beside(path: Path, number: int) -> bytes | None:
    alone, whole = path.with_suffix(".json"), path.with_name("events.jsonl")
    if alone.is_file():
        return alone.read_bytes()
    bodies = read_bodies(whole) if whole.is_file() else []
    return bodies[number - 1] if number <= len(bodies) else None
