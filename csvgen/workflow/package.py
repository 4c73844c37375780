"""The package: everything a validation of one system consists of, in one folder, sealed.

package.json package.p7s          manifest and seal: read these first
README.txt                        what is what, and how to check it without csvgen
index.html                        the same for a browser: documents, runs, what is open; every link
SHA256SUMS check_package.py       sums for sha256sum, and a program of 100 lines that checks them, and the chains
requirements_specs/<system>/      the specification as it was approved
protocols/<system>/               feature files, lock, approvals (signed records)
runs/<run>/                       journals, evidence, seals
challenges/<challenge>/           scripts on systems broken on purpose: that they can fail; no evidence of the system
imported/<id>/                    results of other tools as they came, what they are about; beside the runs, never in their place
documents/                        signed PDF and Word files; beside them the text and matrix they were drawn from (.json)
matrix.json matrix.xlsx           requirement to evidence, both ways
audit/events.jsonl                the audit trail, one event a line
audit/checkpoints/                states of the trail, signed; with what witnesses and time-stamp authorities said about them
trust/chain.pem                   revocation lists and authorities between; never a root
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from csvgen import __version__
from csvgen.audit.anchors import checkpoint, kept, open_anchors
from csvgen.audit.ledger import Ledger
from csvgen.canonical import canonical_json, digest_bytes, digest_file
from csvgen.clock import Clock, stored
from csvgen.crypto import cms
from csvgen.crypto.keys import Credential
from csvgen.crypto.trust import chain_file
from csvgen.errors import Refused
from csvgen.evidence.challenge_record import FOLDER
from csvgen.exchange.results.kept import FOLDER as IMPORTED
from csvgen.model.audit import Actor
from csvgen.model.evidence import Evidence
from csvgen.model.package import PackagedFile, PackageManifest
from csvgen.report.wording import shipped_wording
from csvgen.templates import Templates
from csvgen.trace.clauses import answers
from csvgen.trace.open_clauses import open_clauses
from csvgen.verification.belonging import bound_files, strangers
from csvgen.verification.counts import counted
from csvgen.workflow.pack import add_guides, zipped
from csvgen.workflow.state import CODES, ProjectState

MANIFEST, SEAL, CHAIN = "package.json", "package.p7s", "trust/chain.pem"


def export_package(
    state: ProjectState,
    ledger: Ledger,
    clock: Clock,
    actor: Actor,
    credential: Credential,
    destination: Path,
    tell: Callable[[str], None] = lambda _: None,
    *,
    archive: bool = False,
) -> PackageManifest:
    """Make the package in `destination`, which must not exist; with `archive` as one zip. Nothing is left behind if it cannot be made.

    The export is an event, and the trail with it goes to every anchor first; one that is out of reach stops nobody, and is told.
    """
    if destination.exists():
        raise Refused("this exists; a package is never overwritten", where=str(destination), hint="name another, or move it away")
    destination.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".package-", dir=destination.parent) as temporary:
        folder = Path(temporary) / "package"
        sources = tuple(_sources(state))
        _refuse_odd(state, sources)
        for source, name in sources:
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
        with ledger.change(actor) as change:
            facts = {"to": destination.name, "matrix": digest_bytes(canonical_json(state.matrix))}
            change.note("export-package", state.spec.system.id, facts=facts)
        anchors = open_anchors(state.config)
        for problem in checkpoint(ledger, anchors, clock, actor, "export").problems:
            tell(problem)
        made = stored(clock.now())
        _write(folder / "matrix.json", canonical_json(state.matrix))
        _write(folder / "matrix.xlsx", _workbook(state, made))
        bodies = ledger.bodies()
        _write(folder / "audit" / "events.jsonl", b"".join(bodies))
        for name, data in kept(anchors, len(bodies)).items():
            _write(folder / "audit" / "checkpoints" / name, data)
        _write(folder / "README.txt", _readme(state, made).encode("utf-8"))
        add_guides(folder, state, made)
        manifest = PackageManifest(
            system=state.spec.system.id,
            system_name=state.spec.system.name,
            system_version=state.spec.system.version,
            demonstration=state.spec.system.demonstration == "yes",
            made=made,
            made_by=f"csvgen {__version__}",
            spec=state.spec.digest,
            matrix=digest_bytes(canonical_json(state.matrix)),
            audit_count=len(bodies),
            audit_head=digest_bytes(bodies[-1]),
            complete=state.matrix.complete,
            gaps=len(state.matrix.gaps),
            signatures=sum(len(a.signatures) for a in state.approvals),
            files=tuple(
                PackagedFile(path=p.relative_to(folder).as_posix(), size=p.stat().st_size, sha256=digest_file(p))
                for p in sorted(folder.rglob("*"))
                if p.is_file()
            ),
            counts=counted(state.spec, state.protocol, state.approvals, _formal(state), len(bodies), state.imports),
        )
        body = canonical_json(manifest)
        _write(folder / MANIFEST, body)
        _write(folder / SEAL, cms.sign(body, credential, clock.now()))
        if archive:
            zipped(folder, Path(temporary) / "package.zip")
            folder = Path(temporary) / "package.zip"
        folder.rename(destination)
    return manifest


def _formal(state: ProjectState) -> list[Evidence]:
    return [r for r in state.runs if r.plan.mode == "formal"]


def _sources(state: ProjectState) -> Iterator[tuple[Path, str]]:
    """Files of the project and their names in the package."""
    config, system = state.config, state.spec.system.id
    for root, name in (
        (config.requirements_specs / system, f"requirements_specs/{system}"),
        (config.protocol_folder(system), f"protocols/{system}"),
    ):
        for path in sorted(p for p in root.rglob("*") if p.is_file() and p.suffix not in {".staged", ".pyc"}):
            yield path, f"{name}/{path.relative_to(root).as_posix()}"
    executed = [(Path(run.folder), f"runs/{run.run}") for run in _formal(state)]
    executed += [(Path(c.folder), f"{FOLDER}/{Path(c.folder).name}") for c in state.challenges]
    executed += [(k.folder, f"{IMPORTED}/{k.folder.name}") for k in state.imports]
    for folder, name in executed:
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            yield path, f"{name}/{path.relative_to(folder).as_posix()}"
    if chain_file(config.trust).is_file():
        yield chain_file(config.trust), CHAIN
    for approval in state.approvals:
        document = approval.document
        if document.kind in CODES:
            folder = config.documents(system) / document.id / f"r{document.revision}"
            kept = (n for n in bound_files(document) if (folder / n).is_file())  # documents composed by csvgen 0.1 have none
            yield from ((folder / name, f"documents/{name}") for name in (*(r.file for r in document.renditions), *kept))


def _refuse_odd(state: ProjectState, sources: Sequence[tuple[Path, str]]) -> None:
    """Raises Refused for a link (it could lead to a key, and would hand it out) and for a file that would look signed and is not."""
    links = [source for source, _ in sources if source.is_symlink()]
    executed = {f"runs/{r.run}/" for r in _formal(state)} | {f"{FOLDER}/{Path(c.folder).name}/" for c in state.challenges}
    executed |= {f"{IMPORTED}/{k.folder.name}/" for k in state.imports}
    odd = strangers([name for _, name in sources], state.spec.system.id, state.approvals, executed)
    if links or odd:
        why = (
            "is a link; what it leads to would be handed out"
            if links
            else "belongs to no record; in a package it would look signed"
        )
        raise Refused(f"this {why}", where=str(links[0] if links else odd[0]), hint="move it out of the folder")


def _workbook(state: ProjectState, made: str) -> bytes:
    from csvgen.report import excel
    from csvgen.report.compose import BANNER, clause_table

    words = shipped_wording(state.spec.system.language)
    banner = words.say(BANNER) if state.spec.system.demonstration == "yes" else ""
    identity = f"{state.spec.system.prefix}-RTM"
    return excel.draw(
        state.matrix,
        title=words.say("Traceability matrix of {system}", system=state.spec.system.name),
        document_id=identity,
        made_by=f"csvgen {__version__}",
        date=made[:10],
        banner=banner,
        extra={words.say("Clauses"): clause_table(answers(state.spec, state.matrix), words)},
        clauses=open_clauses(state.spec, state.matrix),
        wording=words,
    )


def _readme(state: ProjectState, made: str) -> str:
    templates, language = Templates(state.config.templates, str), shipped_wording(state.spec.system.language).language
    return templates.render(
        f"package/{language}/README.txt.j2" if language else "package/README.txt.j2",
        system=state.spec.system,
        made=made,
        version=__version__,
        complete=state.matrix.complete,
        gaps=len(state.matrix.gaps),
    )


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
