"""verify(package): from the seal and the signatures back to the specification. No network, no database, no account.

Trust roots come from outside. Without them every signature can be mathematically right and still be anybody's, so trust is
unknown then, and unknown is not true.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from pydantic import ValidationError

from csvgen.canonical import read_canonical
from csvgen.clock import shown, stored
from csvgen.crypto.trust import Trust, read_chain
from csvgen.errors import NotIntact
from csvgen.evidence.challenge_record import FOLDER
from csvgen.exchange.results.kept import FOLDER as IMPORTED
from csvgen.exchange.results.kept import IMPORT
from csvgen.model.base import first_fault
from csvgen.model.challenge import CHALLENGE
from csvgen.model.package import PackageManifest
from csvgen.model.verification import Answer, SignatureAnswers, Verification
from csvgen.signature.approvals import Approval, load
from csvgen.spec.load import load_system
from csvgen.verification import answers
from csvgen.verification.anchors import check_anchors
from csvgen.verification.asking import ask
from csvgen.verification.belonging import check_belonging, check_templates
from csvgen.verification.challenges import check_ledger
from csvgen.verification.checks import Checks
from csvgen.verification.counts import counted
from csvgen.verification.documents import check_documents, of_document
from csvgen.verification.equal import FILES, check_equal
from csvgen.verification.evidence import Material, check_evidence
from csvgen.verification.imported import check_imported
from csvgen.verification.index import check_index
from csvgen.verification.outside import NOTHING, Outside
from csvgen.verification.sealed import check_files, check_seal, content
from csvgen.verification.single import of_place
from csvgen.verification.times import proven
from csvgen.verification.trail import EVENTS, check_trail

MANIFEST, SEAL, CHAIN = "package.json", "package.p7s", "trust/chain.pem"
_VOUCHED = "every certificate vouched for by a trusted root at the time of signing"


def verify_package(folder: Path, trust: Trust, outside: Outside = NOTHING) -> Verification:
    """Every check of a package, in order. Never raises for what is in the folder: damage is a failed check."""
    checks = Checks()
    manifest = checks.guarded("manifest can be read", lambda: _manifest(folder, checks))
    if manifest is None:
        return checks.result()
    trust = trust.plus(checks.guarded("revocation lists can be read", lambda: _lists(folder)) or Trust.none)
    checks.guarded("seal of the package", lambda: check_seal(folder, MANIFEST, SEAL, "package", trust, checks))
    own = (MANIFEST, SEAL)
    changed = checks.guarded(
        "every file is there, unchanged, and nothing else", lambda: check_files(folder, manifest.files, own, "package", checks)
    )
    found = checks.guarded("signatures one by one", lambda: _one_by_one(folder, manifest, changed, trust, outside)) or []
    if changed is None or changed:
        text = "left out: the files are not those that were sealed, so nothing read from them could be believed"
        checks.note("further checks", text)
        checks.signed(found)
        return checks.result()
    approvals = checks.guarded("records can be read", lambda: load(folder / "protocols" / manifest.system / "approvals"))
    if approvals is None:
        return checks.result()
    checks.guarded("specification", lambda: _specification(folder, manifest, checks))
    checks.guarded("signatures", lambda: _signatures(manifest, approvals, checks))
    checks.guarded("places of files", lambda: _belonging(folder, manifest, approvals, checks))
    material = checks.guarded("evidence can be read", lambda: Material.read(folder, manifest, approvals, trust))
    trail = checks.guarded("audit trail", lambda: check_trail(folder, manifest, approvals, material, trust, checks))
    if trail is not None:
        checks.guarded("checkpoints", lambda: check_anchors(trail, trust, outside, checks, EVENTS, alone=False))
        found = checks.guarded("times of signatures", lambda: proven(found, trail, approvals, trust, outside)) or found
    checks.signed(found)
    ask(checks, "signers are trusted", [a for a in found if a.form == "record"], "trusted", _VOUCHED, "signature records")
    if material is not None:
        checks.guarded("evidence", lambda: check_evidence(material, checks))
        if material.challenges:
            checks.guarded("challenges", lambda: check_ledger(folder / FOLDER, trust, outside, checks))
        checks.guarded("imported evidence", lambda: check_imported(material, checks))
        checks.guarded("documents", lambda: check_documents(folder, material, trust, outside, checks))
        checks.guarded(FILES, lambda: check_equal(folder, material, checks))
        checks.guarded("index page", lambda: check_index(folder, material, checks))
        checks.guarded("counts", lambda: _counts(manifest, material, checks))
    _closing(manifest, trust, found, checks)
    return checks.result()


def _lists(folder: Path) -> Trust:
    """Revocation lists and authorities between that travel with the package: signed data, whoever hands them over; never roots."""
    path = folder / CHAIN
    return read_chain(path.read_bytes(), CHAIN) if path.is_file() and not path.is_symlink() else Trust.none


def _belonging(folder: Path, manifest: PackageManifest, approvals: tuple[Approval, ...], checks: Checks) -> None:
    runs = {p.parent.name for p in folder.glob("runs/*/run.json")}
    runs_and_challenges = {f"runs/{run}/" for run in runs} | {
        f"{FOLDER}/{p.parent.name}/" for p in folder.glob(f"{FOLDER}/*/{CHALLENGE}")
    }
    runs_and_challenges |= {f"{IMPORTED}/{p.parent.name}/" for p in folder.glob(f"{IMPORTED}/*/{IMPORT}")}
    check_belonging([f.path for f in manifest.files], manifest.system, approvals, runs_and_challenges, checks)
    check_templates(approvals, checks)


def _counts(manifest: PackageManifest, material: Material, checks: Checks) -> None:
    if not manifest.counts:
        checks.note("counts", "written before 0.2.0, where manifests counted signatures and events only")
        return
    found = counted(material.spec, material.protocol, material.approvals, material.runs, manifest.audit_count, material.imported)
    names = sorted(found.keys() | manifest.counts.keys())
    odd = [(n, manifest.counts.get(n, 0), found.get(n, 0)) for n in names]
    faults = [f"{name}: the manifest says {said}, {there} are there" for name, said, there in odd if said != there]
    checks.add("records are as many as the manifest counts", faults, ", ".join(f"{n} {name}" for name, n in found.items()))


def _closing(manifest: PackageManifest, trust: Trust, found: list[SignatureAnswers], checks: Checks) -> None:
    """What was not configured, and what that leaves open."""
    if all(a.time_proven is Answer.YES for a in found if a.form == "record"):
        checks.note("time", "somebody else than the recording system vouches for the time of every signature")
    else:
        checks.note("time", "times rest on the clock of the recording system, where no time stamp or witness proves them")
        checks.lacks("a proven time for every signature")
    if trust.crls:
        newest = max(c.last_update_utc for c in trust.crls)
        checks.note(
            "revocation", f"revocation lists up to {shown(stored(newest))}; of what was revoked later nothing is known here"
        )
    else:
        checks.note("revocation", "certificates are judged at the claimed time; this package carries no revocation information")
    text = "complete: no gap row" if manifest.complete else f"NOT complete: {manifest.gaps} gap row(s), listed in matrix.json"
    checks.note("coverage", text)


def _manifest(folder: Path, checks: Checks) -> PackageManifest:
    path = folder / MANIFEST
    if not path.exists():
        raise NotIntact("there is no package.json; this is not a package", where=str(folder))
    try:
        manifest = PackageManifest.model_validate(read_canonical(path.read_bytes(), MANIFEST))
    except ValidationError as odd:
        raise NotIntact(f"not a manifest of a format known here: {first_fault(odd)}", where=MANIFEST) from None
    checks.add(
        "manifest can be read",
        [],
        f"{len(manifest.files)} files of {manifest.system_name} {manifest.system_version}, made {shown(manifest.made)}",
        MANIFEST,
    )
    return manifest


def _one_by_one(
    folder: Path, manifest: PackageManifest, changed: list[str] | None, trust: Trust, outside: Outside
) -> list[SignatureAnswers]:
    """Every signature with its answers, also when the files are damaged: an invalid one is shown, never left out.

    Of a damaged package only those documents are looked into that were changed; the signature records are read all.
    """
    found = [answers.of_seal(content(folder / MANIFEST), content(folder / SEAL), SEAL, "seal of the package", trust)]
    root = folder / "protocols" / manifest.system / "approvals"
    for place in sorted(p for p in root.glob("*/r*") if p.is_dir()):
        found += of_place(place, trust, outside.external)
    there = {a.subject for a in found}
    for name in changed or ():
        path = PurePosixPath(name)
        if path.match("protocols/*/approvals/*/r*/*.json") and answers.NAME.fullmatch(path.name):
            subject = f"{path.parts[-3]} {path.parts[-2]} {path.name}"
            if subject not in there:
                found.append(answers.absent(subject, path.name))
        elif path.match("documents/*"):
            found += of_document(folder / name, name, trust, outside.times)
    return found


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


def _signatures(manifest: PackageManifest, approvals: tuple[Approval, ...], checks: Checks) -> None:
    """Signature records: intact, on their record, in order, by the right role and person, complete in number."""
    faults: list[str] = []
    for approval in approvals:
        found = approval.standing(Trust.none)
        faults += [f"{approval.document.id} r{approval.document.revision}: {p}" for p in found.problems]
    newest = {a.document.id: a for a in approvals}
    for approval in newest.values():
        missing = () if approval.ended else approval.standing(Trust.none).missing
        faults += [f"{approval.document.id} lacks the signature {m.meaning} ({m.role})" for m in missing]
    count = sum(len(a.signatures) for a in approvals)
    if count != manifest.signatures:
        faults.append(f"the manifest counts {manifest.signatures} signatures, {count} are there")
    checks.add(
        "signature records are intact, valid, on their record and complete",
        faults,
        f"{count} signatures on {len(approvals)} records, each over its record's digest",
    )
