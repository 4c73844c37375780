"""One file, one record or one run by itself: what can be known of it without the package it belongs to, and no more."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from csvgen.canonical import read_canonical
from csvgen.clock import shown
from csvgen.crypto.trust import Trust
from csvgen.errors import CsvgenError
from csvgen.evidence.read import RUN, SEAL, SEAL_SIGNATURE, read_run, sealed_folders
from csvgen.evidence.seal import complete
from csvgen.model.evidence import Evidence
from csvgen.model.signature import DocumentRecord
from csvgen.model.verification import Answer, SignatureAnswers
from csvgen.signature import approvals
from csvgen.signature.approvals import read_approval
from csvgen.verification import answers
from csvgen.verification.asking import ask
from csvgen.verification.checks import Checks
from csvgen.verification.outside import Outside

TIME = "a proven time"
PACKAGE = "the package, which tells how many signatures there must be and what was signed elsewhere"


def check_pdf(path: Path, trust: Trust, outside: Outside, checks: Checks) -> None:
    """A PDF by itself: its signatures, and what was appended after them."""
    from csvgen.signature.pdf_inspect import inspect

    seen = inspect(path.read_bytes(), trust, times=outside.times)
    checks.add(
        "PDF can be read and nothing is odd about it",
        list(seen.problems),
        f"{len(seen.signatures)} signatures and seals",
        path.name,
    )
    found = [answers.of_pdf(path.name, s) for s in seen.signatures]
    people = [s for s in seen.signatures if not s.is_seal]
    _document(checks, found, bool(people), path.name)
    if seen.signatures:
        checks.add(
            "last signature covers the whole file",
            [] if seen.whole_file else ["something stands behind the last signature"],
            "to the last byte",
            path.name,
        )
        empty = [f"the signature field {name} is empty" for name in seen.unsigned_fields]
        checks.add("every place for a signature is filled", empty, "no signature field is empty", path.name)
    _closing(checks, found)


def check_office(form: str, path: Path, trust: Trust, outside: Outside, checks: Checks) -> None:
    """A Word or Excel file by itself."""
    from csvgen.signature import excel, word

    seen = (excel if form == "Excel" else word).inspect(path.read_bytes(), trust, times=outside.times)
    good = f"{len(seen.signatures)} signatures"
    checks.add(f"{form} file can be read and nothing is odd about it", list(seen.problems), good, path.name)
    found = [answers.of_office(path.name, form, s) for s in seen.signatures]
    _document(checks, found, bool(found), path.name)
    checks.note(
        "number of signatures", "the format cannot tell that a whole signature was taken away; the package can", path.name
    )
    _closing(checks, found)


def check_signature(path: Path, trust: Trust, outside: Outside, checks: Checks) -> None:
    """One signature record; with document.json beside it also whether it stands on that."""
    beside = path.parent / approvals.DOCUMENT
    document = _record(beside)
    found = [answers.of_record(path, path.name, document, trust, outside.external)]
    _document(checks, found, anybody=True, subject=path.name, whole=document is not None)
    if document is None:
        checks.note("what was signed", f"the record it stands on ({approvals.DOCUMENT}) is not here", path.name)
    else:
        checks.note("what was signed", f"{document.id} revision {document.revision}: {document.title}", path.name)
    _closing(checks, found)


def check_approvals(folder: Path, trust: Trust, outside: Outside, checks: Checks) -> None:
    """Signed records in folders: one revision, one record, or all records of a system."""
    places = [folder] if (folder / approvals.DOCUMENT).is_file() else [p.parent for p in sorted(_documents(folder))]
    records = {place: read_approval(place) for place in places}
    checks.add("records can be read", [p for a in records.values() for p in a.problems], f"{len(records)} record revisions")
    found = [a for place in records for a in of_place(place, trust, outside.external)]
    _document(checks, found, bool(found), folder.name or ".")
    newest = {a.document.id: a for a in sorted(records.values(), key=lambda a: a.document.revision)}
    standings = {name: a.standing(Trust.none) for name, a in newest.items()}
    faults = [f"{name}: {p}" for name, s in standings.items() for p in s.problems]
    faults += [f"{name} lacks the signature {m.meaning} ({m.role})" for name, s in standings.items() for m in s.missing]
    faults += [f"{name} was {a.ended}" for name, a in newest.items() if a.ended]
    checks.add("newest revisions carry the signatures they ask for", faults, ", ".join(newest))
    _closing(checks, found)


def _documents(folder: Path) -> Iterable[Path]:
    return {*folder.glob(f"r*/{approvals.DOCUMENT}"), *folder.glob(f"*/r*/{approvals.DOCUMENT}")}


def of_place(place: Path, trust: Trust, external: Trust) -> list[SignatureAnswers]:
    """Every signature in the folder of one revision, those too that cannot be read as one, or whose record cannot be read."""
    label = f"{place.parent.name} {place.name}"
    document = _record(place / approvals.DOCUMENT)
    return [answers.of_record(p, f"{label} {p.name}", document, trust, external) for p in answers.record_files(place)]


def _record(path: Path) -> DocumentRecord | None:
    """Leniently: signatures are shown also where their record cannot be read, or leaves something out."""
    try:
        data = path.read_bytes()
        found = DocumentRecord.model_validate(read_canonical(data, path.name))
    except (CsvgenError, OSError, ValueError):
        return None
    return found if approvals.document_file(found) == data else None


def check_run(folder: Path, trust: Trust, _outside: Outside, checks: Checks) -> None:
    """One run: its journal, its evidence, and the seal over them."""
    run = read_run(folder)
    checks.add(
        "journals are unbroken and every evidence file is there, unchanged",
        list(run.problems),
        f"{run.run}: {len(run.results)} executions planned and recorded",
        RUN,
    )
    checks.add("times of the record never go back", disorder(run), "in every journal, and to the seal", RUN)
    if run.seal is None:
        checks.add(
            "run is sealed", [f"there is no readable {SEAL}: the run was begun and not ended, and counts for nothing"], "", SEAL
        )
        return
    faults = [] if run.seal.run == run.run else [f"carries the seal of {run.seal.run}"]
    faults += falsely_complete(run)
    checks.add("run is sealed", faults, f"sealed {shown(run.seal.sealed)}", SEAL)
    found = []
    for place in sealed_folders(run):
        container = place / SEAL_SIGNATURE
        name = container.relative_to(folder).as_posix()
        what = "seal of a run" if place == folder else "seal of a shard"
        sealed = (place / SEAL).read_bytes() if (place / SEAL).is_file() else b""
        found.append(answers.of_seal(sealed, container.read_bytes() if container.is_file() else b"", name, what, trust))
    if run.plan.shard is not None:
        checks.note("what it is", f"{run.plan.shard.shown} of a run; alone it is no evidence of anything (csvgen merge)", RUN)
        checks.lacks("the other shards of the run, and that they are all of one plan")
    if run.plan.merged is not None:
        checks.note("what it is", _put_together(run), RUN)
    _document(checks, found, anybody=True, subject=SEAL_SIGNATURE)
    if run.aborted:
        checks.note("closed as aborted", f"by {run.seal.aborted_by}: {run.seal.aborted}; it counts for nothing", run.run)
    verdicts = ", ".join(f"{n} {verdict}" for verdict, n in run.seal.summary.verdicts.items())
    checks.note("what it says", f"{verdicts}; a seal is nobody's signature, and says nothing about approval", run.run)
    _closing(checks, found)


def _put_together(run: Evidence) -> str:
    shards = run.plan.merged.shards if run.plan.merged is not None else ()
    wrong = [f"shard {s.number}: {s.left_out}" for s in shards if s.left_out]
    return f"{len(shards)} shards, each with its own chain and seal" + (f"; left out: {'; '.join(wrong)}" if wrong else "")


def disorder(run: Evidence) -> list[str]:
    """Where the times of a run go back: from its plan through its journals to its seal."""
    faults = list(run.disorder)
    times = [t for r in run.results for t in (r.started, r.finished) if t]
    if times and min(times) < run.plan.created:
        faults.append(f"{run.run} has a case that began before the run ({min(times)}, {run.plan.created})")
    if times and run.seal is not None and run.seal.sealed < max(times):
        faults.append(f"{run.run} was sealed before its last case ended ({run.seal.sealed}, {max(times)})")
    return faults


def falsely_complete(run: Evidence) -> list[str]:
    """A seal that says complete over a run in which a case has no end, or a process died."""
    wrong = run.seal is not None and run.seal.complete and not complete(run)
    return ["its seal says complete, but a case has no end or a process died over it"] if wrong else []


def _document(checks: Checks, found: list[SignatureAnswers], anybody: bool, subject: str, *, whole: bool = True) -> None:
    """The five questions over all signatures, each a check of its own; the answers one by one go with them."""
    checks.signed(found)
    checks.add("somebody signed", [] if anybody else ["nobody signed this"], f"{len(found)} signatures and seals", subject)
    if not found:
        return
    ask(checks, "signatures are intact", found, "intact", "the signed bytes are those that were signed", subject)
    ask(checks, "signatures are valid", found, "valid", "each value is its certificate's", subject)
    if whole:
        ask(checks, "signatures cover the whole", found, "whole", "nothing stands there that they are not over", subject)
    ask(checks, "signers are trusted", found, "trusted", "vouched for by a trusted root at the time of signing", subject)


def _closing(checks: Checks, found: list[SignatureAnswers]) -> None:
    """What stays open for something verified by itself."""
    if any(s.time_proven is not Answer.YES for s in found):
        checks.note("time", f"{answers.NO_TIME_STAMP}; no time stamp of an authority that is trusted here vouches for it")
        checks.lacks(TIME)
    checks.lacks(PACKAGE)
