"""verify(package): from the seal and the signatures back to the specification. No network, no database, no account.

Trust roots come from outside. Without them every signature can be mathematically right and still be anybody's, so trust is
unknown then, and unknown is not true.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from cryptography import x509
from pydantic import ValidationError

from csvgen.audit.ledger import chain_problems
from csvgen.canonical import digest_bytes, digest_file, read_canonical
from csvgen.clock import parsed
from csvgen.crypto import certificates, cms
from csvgen.errors import NotIntact
from csvgen.model.audit import Event
from csvgen.model.package import PackageManifest
from csvgen.model.verification import Verification
from csvgen.signature.approvals import Approval, load
from csvgen.spec.load import load_system
from csvgen.verification.checks import Checks
from csvgen.verification.documents import check_documents
from csvgen.verification.evidence import Material, check_evidence
from csvgen.verification.history import told_runs

MANIFEST, SEAL = "package.json", "package.p7s"
T = TypeVar("T")


def verify_package(folder: Path, roots: tuple[x509.Certificate, ...]) -> Verification:
    """Every check of a package, in order. Never raises for what is in the folder: damage is a failed check."""
    checks = Checks()
    manifest = _guarded(checks, "manifest can be read", lambda: _manifest(folder, checks))
    if manifest is None:
        return checks.result()
    _guarded(checks, "seal of the package", lambda: _seal(folder, roots, checks))
    if not _files(folder, manifest, checks):
        checks.note(
            "further checks", "left out: the files are not those that were sealed, so nothing read from them could be believed"
        )
        return checks.result()
    approvals = _guarded(checks, "records can be read", lambda: load(folder / "protocols" / manifest.system / "approvals"))
    if approvals is None:
        return checks.result()
    _guarded(checks, "specification", lambda: _specification(folder, manifest, checks))
    _guarded(checks, "signatures", lambda: _signatures(manifest, approvals, roots, checks))
    material = _guarded(checks, "evidence can be read", lambda: Material.read(folder, manifest, approvals, roots))
    if material is not None:
        _guarded(checks, "evidence", lambda: check_evidence(material, checks))
        _guarded(checks, "documents", lambda: check_documents(folder, material, roots, checks))
    _guarded(checks, "audit trail", lambda: _audit(folder, manifest, approvals, material, checks))
    checks.note("time", "times rest on the clock of the recording system; no time-stamp authority was configured")
    checks.note("revocation", "certificates are judged at the claimed time; this package carries no revocation information")
    text = "complete: no gap row" if manifest.complete else f"NOT complete: {manifest.gaps} gap row(s), listed in matrix.json"
    checks.note("coverage", text)
    return checks.result()


def _guarded(checks: Checks, name: str, work: Callable[[], T]) -> T | None:
    """Damage can surface anywhere; wherever it does, it is a failed check with its place."""
    try:
        return work()
    except Exception as problem:  # noqa: BLE001 - a hostile package may be shaped in any way
        text = str(problem).split("\n", 1)[0] or type(problem).__name__
        checks.add(name, [text], "")
        return None


def _manifest(folder: Path, checks: Checks) -> PackageManifest:
    path = folder / MANIFEST
    if not path.exists():
        raise NotIntact("there is no package.json; this is not a package", where=str(folder))
    try:
        manifest = PackageManifest.model_validate(read_canonical(path.read_bytes(), MANIFEST))
    except ValidationError:
        raise NotIntact("not a manifest of a format known here", where=MANIFEST) from None
    checks.add(
        "manifest can be read",
        [],
        f"{len(manifest.files)} files of {manifest.system_name} {manifest.system_version}, made {manifest.made}",
        MANIFEST,
    )
    return manifest


def _seal(folder: Path, roots: tuple[x509.Certificate, ...], checks: Checks) -> None:
    signer = cms.verify((folder / MANIFEST).read_bytes(), (folder / SEAL).read_bytes(), f"{SEAL} over {MANIFEST}")
    kind = ["the certificate is a person's; a seal must be a system's"] if certificates.is_person(signer.certificate) else []
    checks.add(
        "seal of the package is intact and valid",
        kind,
        f"sealed by {certificates.common_name(signer.certificate)} (a seal, not a signature)",
        SEAL,
    )
    trust(checks, "seal of the package is trusted", [(signer.certificate, signer.claimed)], roots, SEAL)


def trust(
    checks: Checks,
    name: str,
    signers: list[tuple[x509.Certificate, dt.datetime]],
    roots: tuple[x509.Certificate, ...],
    subject: str,
) -> None:
    """Trust as a check of its own: unknown without roots, failing when no root vouches."""
    if not roots:
        checks.unknown(name, "no trust root was given (--trust); who signed cannot be known", subject)
        return
    bad = [certificates.common_name(c) for c, moment in signers if not certificates.trusted(c, roots, moment)]
    faults = [f"no trusted root vouches for {n} at the claimed time" for n in dict.fromkeys(bad)]
    checks.add(name, faults, f"{len(signers)} certificate(s) vouched for by a trusted root at the claimed time", subject)


def _files(folder: Path, manifest: PackageManifest, checks: Checks) -> bool:
    listed = {f.path: f for f in manifest.files}
    there = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_symlink() or not p.is_dir()}
    there = {name: p for name, p in there.items() if name not in (MANIFEST, SEAL)}
    faults = [f"{name} is missing" for name in sorted(listed.keys() - there.keys())]
    faults += [f"{name} does not belong to the package" for name in sorted(there.keys() - listed.keys())]
    for name in sorted(listed.keys() & there.keys()):
        if there[name].is_symlink():
            faults.append(f"{name} is a link, not a file")
        elif not there[name].is_file():
            faults.append(f"{name} is not a regular file")
        elif there[name].stat().st_size != listed[name].size or digest_file(there[name]) != listed[name].sha256:
            faults.append(f"{name} was changed")
    return checks.add("every file is there, unchanged, and nothing else", faults, f"{len(listed)} files agree with their SHA-256")


def _specification(folder: Path, manifest: PackageManifest, checks: Checks) -> None:
    loaded = load_system(folder / "requirements_specs", manifest.system)
    if loaded.spec is None:
        first = loaded.findings.errors[0]
        raise NotIntact(f"the specification cannot be read: {first.message}", where=str(first.location))
    faults = [] if loaded.spec.digest == manifest.spec else ["the specification is not the one the manifest names"]
    checks.add(
        "specification",
        faults,
        f"{len(loaded.spec.requirements)} requirements, {len(loaded.spec.risks)} risks, digest {loaded.spec.digest.short}",
    )


def _signatures(
    manifest: PackageManifest, approvals: tuple[Approval, ...], roots: tuple[x509.Certificate, ...], checks: Checks
) -> None:
    """Signature records: intact, on their record, in order, by the right role and person, complete in number."""
    faults: list[str] = []
    for approval in approvals:
        found = approval.standing(())
        faults += [f"{approval.document.id} r{approval.document.revision}: {p}" for p in found.problems]
    newest = {a.document.id: a for a in approvals}
    for approval in newest.values():
        missing = approval.standing(()).missing
        faults += [f"{approval.document.id} lacks the signature {m.meaning} ({m.role})" for m in missing]
    count = sum(len(a.signatures) for a in approvals)
    if count != manifest.signatures:
        faults.append(f"the manifest counts {manifest.signatures} signatures, {count} are there")
    checks.add(
        "signature records are intact, valid, on their record and complete",
        faults,
        f"{count} signatures on {len(approvals)} records, each over its record's digest",
    )
    signers = [(s.certificate, parsed(s.record.signed)) for a in approvals for s in a.signatures]
    trust(checks, "signers are trusted", signers, roots, "signature records")


def _audit(
    folder: Path, manifest: PackageManifest, approvals: tuple[Approval, ...], material: Material | None, checks: Checks
) -> None:
    """The trail: unbroken, as long as sealed, telling of every signature, and every signature naming a state it had."""
    name = "audit/events.jsonl"
    bodies = (folder / name).read_bytes().splitlines(keepends=True)
    faults = list(chain_problems(bodies))
    if len(bodies) != manifest.audit_count:
        faults.append(f"the manifest counts {manifest.audit_count} events, {len(bodies)} are there")
    if bodies and digest_bytes(bodies[-1]) != manifest.audit_head:
        faults.append("the last event is not the one the manifest names")
    fixed = max((s.record.audit_count for a in approvals for s in a.signatures), default=0)
    rest = f"signatures of people fix the first {fixed}, the seal alone the last {len(bodies) - fixed}"
    good = f"{len(bodies)} events in one chain; {rest}"
    checks.add("audit trail is unbroken", faults, good, name)
    if faults:
        return
    events = [Event.model_validate(read_canonical(b)) for b in bodies]
    heads = {0: digest_bytes(b"")} | {n: digest_bytes(b) for n, b in enumerate(bodies, 1)}
    told = {c.new: e for e in events if e.action == "sign" for c in e.changes if c.field == "signature"}
    wrong: list[str] = []
    for approval in approvals:
        for signature in approval.signatures:
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
    checks.add(
        "signatures and audit trail tell of each other", wrong, "every signature is an event, every sign event a signature", name
    )
    if material is not None:
        checks.add(
            "runs and audit trail tell of each other",
            told_runs(material, events),
            "every run was begun and sealed as the trail tells",
            name,
        )
    checks.add(
        "signers held the role they signed in",
        _roles(events, approvals),
        "roles as the audit trail tells them at each signature",
        name,
    )


def _roles(events: list[Event], approvals: tuple[Approval, ...]) -> list[str]:
    """The trail tells of each account's roles and state; a signature counts only in a role held at that moment."""
    faults = []
    for approval in approvals:
        for signature in approval.signatures:
            record = signature.record
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


__all__ = ["trust", "verify_package"]
