"""What is told of records and their signatures, wherever people read of them: in documents, on the terminal, as data.

One place decides the words APPROVED, VOID, INVALID, so that no form shows a signature otherwise than another (21 CFR 11.50(b)).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from csvgen.audit.chain import read_event
from csvgen.audit.ledger import Ledger
from csvgen.canonical import digest_bytes, write_once
from csvgen.clock import shown
from csvgen.errors import Refused
from csvgen.evidence.attended import attended_flags
from csvgen.model.base import Phase
from csvgen.model.deviation import WHOLE_RUN
from csvgen.model.report import TimelineEntry
from csvgen.model.signature import SignatureRecord
from csvgen.model.spec import DocumentKind
from csvgen.report.compose import Reference, SignatureLine
from csvgen.report.wording import joined, say
from csvgen.report.wording import told as sentence
from csvgen.signature.approvals import Approval
from csvgen.signature.handwritten import Handwritten
from csvgen.signature.void import VOID
from csvgen.trace.flags import flags
from csvgen.workflow import gates, step_code
from csvgen.workflow.renditions import PDF
from csvgen.workflow.revised import since_approved
from csvgen.workflow.state import ProjectState, documents_folder

INVALID = "INVALID"
_MARKS = (INVALID, VOID, "WITHDRAWN", "DECLINED", "SUPERSEDED")
"""Words a copy is marked with instead of COPY."""
_WRITING = tuple(f'"action":"{action}"'.encode() for action in ("publish", "sign", "renew"))
"""Acts that write readable files, as they stand in an event."""


def standing_word(state: ProjectState, approval: Approval) -> str:  # noqa: PLR0911 - one line for each word
    """Where a revision stands, in a few words; what is wrong comes before what is well."""
    document, standing = approval.document, approval.standing(state.trust, state.external)
    count = say("{done} of {all} signatures", done=str(len(approval.done)), all=str(len(document.signatures)))
    if approval.invalid:
        plural = "s" * (len(approval.invalid) > 1)
        return joined(": ", (INVALID, say(f"{{number}} signature{plural} cannot be verified", number=str(len(approval.invalid)))))
    if standing.problems:
        return f"{INVALID}: {standing.problems[0]}"
    if approval.withdrawn is not None:
        r = approval.withdrawn.record
        return say(
            "WITHDRAWN by {person}, {when}: {reason}", person=f"{r.printed_name} ({r.role})", when=shown(r.signed), reason=r.why
        )
    if standing.declined is not None:
        r = standing.declined
        return say(
            "DECLINED by {person}, {when}: {reason}", person=f"{r.printed_name} ({r.role})", when=shown(r.signed), reason=r.why
        )
    if (newer := state.superseded_by(approval)) is not None:
        return say("superseded by r{number} ({count})", number=str(newer.document.revision), count=count)
    if state.void(approval):
        told = say("signed by {number}, and changed since; a new revision is needed", number=str(len(approval.signatures)))
        return joined(": ", (VOID, told))
    if standing.approved:
        return say("approved")
    return say("signed, not trusted") if standing.complete else count


def signature_words(state: ProjectState, approval: Approval) -> tuple[str, ...]:
    """One line for each signature of a revision, valid or not, electronic or by hand: none is left out (RR-M04, RR-M07)."""
    standing = approval.standing(state.trust, state.external)
    void = bool(state.void(approval))
    found: list[str] = []
    for signature in (*approval.signatures, *([approval.withdrawn] if approval.withdrawn else [])):
        words = words_of(signature.record)
        problem = _problem(approval, signature.record.number, standing.problems)
        judged = signature.judged(state.trust, state.external)
        if problem or judged.trusted is False:
            found.append(f"{INVALID} ({problem or judged.reason}): {words}")
        else:
            mark = f"{VOID} (the record was changed afterwards): " if void else ""
            trust = "" if judged.trusted else f" (not known whether trusted: {judged.reason})"
            found.append(f"{mark}{words}{trust}")
    found += [f"{i.told}: {i.problem}" for i in approval.invalid]
    found += [paper_words(state, sheet) for sheet in approval.paper]
    return tuple(found)


def words_of(record: SignatureRecord) -> str:
    """One line with the items of 21 CFR 11.50: who, as whom, with which meaning, when, and why."""
    r = record
    return f"{r.meaning} by {r.printed_name} ({r.role}), signed {shown(r.signed)}; {r.why}"


def _problem(approval: Approval, number: int, problems: Sequence[str]) -> str:
    """What the standing says of one signature, by its place."""
    if number == 0:
        return ""
    place = next((i for i, s in enumerate(approval.signatures, 1) if s.record.number == number), 0)
    return next((p.partition(": ")[2] or p for p in problems if p.startswith(f"signature {place}")), "")


def paper_words(state: ProjectState, sheet: Approval) -> str:
    """A signature by hand, in words that no electronic signature has."""
    said, standing = Handwritten.model_validate(sheet.content), sheet.standing(state.trust, state.external)
    if standing.problems:
        return f"{INVALID}: {standing.problems[0]}: {said.told('')}"
    if not standing.complete:
        return said.told("")
    r = sheet.signatures[-1].record
    trust = "" if standing.approved else " (not known whether trusted)"
    return said.told(f"{r.printed_name} ({r.role}), {shown(r.signed)}{trust}")


def written(ledger: Ledger) -> Mapping[tuple[str, str], str]:
    """Digest of each readable file as the trail last told of it, by record (``QCR-VP r1``) and name of the file."""
    found: dict[tuple[str, str], str] = {}
    for body in ledger.each_body():
        if not any(action in body for action in _WRITING):
            continue
        event = read_event(body)
        facts = {c.field: c.new for c in event.changes}
        names = {facts["file"]: facts["after"]} if event.action == "renew" else facts
        found |= {(event.record, name): digest for name, digest in names.items()}
    return found


def damaged(state: ProjectState, approval: Approval, files: Mapping[tuple[str, str], str]) -> Mapping[str, str]:
    """What is wrong with the readable files of a revision, by name: each is the one the trail tells of, to the byte, or it is told.

    `files` is what `written` found. Of a file the trail at hand does not know (a clone elsewhere) nothing is said.
    """
    d, found = approval.document, dict[str, str]()
    for rendition in d.renditions:
        path, expected = documents_folder(state, d) / rendition.file, files.get((f"{d.id} r{d.revision}", rendition.file))
        if expected is not None and not path.is_file():
            found[rendition.file] = "the file is missing"
        elif expected is not None and str(digest_bytes(path.read_bytes())) != expected:
            found[rendition.file] = "the file was changed since csvgen wrote it; csvgen verify tells more"
    return found


def told(state: ProjectState, approval: Approval) -> dict[str, Any]:
    """A revision as data: the items of 21 CFR 11.50 as fields of their own, and what is to be thought of each signature (RR-M06)."""
    d = approval.document
    words = signature_words(state, approval)
    signed = [*approval.signatures, *([approval.withdrawn] if approval.withdrawn else [])]
    rows = [
        {
            "number": s.record.number, "printed_name": s.record.printed_name, "person": s.record.person, "role": s.record.role,
            "meaning": s.record.meaning, "statement": s.record.statement, "reason_code": s.record.reason_code or "",
            "reason": s.record.reason, "signed": s.record.signed, "shown": shown(s.record.signed), "offset": s.record.offset,
            "status": _status(text), "digest": str(s.digest),
        }
        for s, text in zip(signed, words, strict=False)
    ]  # fmt: skip
    rows += [
        {"number": "", "printed_name": i.claims.get("printed_name", ""), "person": "", "role": i.claims.get("role", ""),
         "meaning": i.claims.get("meaning", ""), "statement": "", "reason_code": "", "reason": i.problem,
         "signed": i.claims.get("signed", ""), "shown": i.claims.get("signed", ""), "offset": "", "status": INVALID, "digest": ""}
        for i in approval.invalid
    ]  # fmt: skip
    return {
        "record": d.id, "revision": d.revision, "kind": d.kind, "title": d.title, "digest": str(d.digest), "content": str(d.content),
        "standing": standing_word(state, approval), "life": state.life(approval), "signatures": rows,
        "handwritten": [paper_words(state, sheet) for sheet in approval.paper],
        "changed_since": [{"field": c.path, "signed": c.old, "now": c.new} for c in state.void(approval)],
        "renditions": [{"file": r.file, "media_type": r.media_type, "sha256": str(r.sha256), "official": r.official} for r in d.renditions],
    }  # fmt: skip


def reading_copy(state: ProjectState, approval: Approval) -> bytes:
    """The PDF of a revision for reading, marked on every page with where it stands. Raises Refused where there is no PDF."""
    from csvgen.report.marked import marked_copy

    document, standing = approval.document, standing_word(state, approval)
    rendition = next((r for r in document.renditions if r.media_type == PDF and r.official), None)
    if rendition is None:
        raise Refused(f"{document.id} has no PDF")
    data = (documents_folder(state, document) / rendition.file).read_bytes()
    first = standing.split()[0].strip(":,").upper()
    word = first if first in _MARKS else "COPY"
    about = (
        f"copy for reading of {rendition.file}, sha256 {digest_bytes(data).short}; signatures can be checked in the original only"
    )
    return marked_copy(data, word, (about, standing[:150]))


def _status(words: str) -> str:
    return next(
        (mark for mark in (INVALID, VOID) if words.startswith(mark)), "valid" if "(not known" not in words else "trust unknown"
    )


# ------------------------------------------------------------ what documents print of other records


def references(state: ProjectState, kinds: Sequence[DocumentKind]) -> Sequence[Reference]:
    """The documents a document stands on, with when they were approved, or why they are not."""
    found = []
    for kind in kinds:
        approval = state.latest(state.document_id(kind))
        if approval is not None:
            d, word = approval.document, standing_word(state, approval)
            when = (
                shown(approval.completed)
                if word == "approved" and approval.completed
                else say("not approved: {standing}", standing=word)
            )
            found.append(Reference(id=d.id, title=d.title, revision=d.revision, digest=d.digest, approved=when))
    return found


def history(state: ProjectState, identity: str, revision: int, composed: str) -> Sequence[tuple[str, str, str]]:
    """Revision, time and change of every revision up to this one: computed from records, never typed (RR-K02)."""
    earlier = [a for a in state.approvals if a.document.id == identity]
    rows = [(str(a.document.revision), shown(a.document.composed), _fate(state, a)) for a in earlier]
    if not earlier:
        return [(str(revision), shown(composed), say("initial issue"))]
    last = earlier[-1]
    told = since_approved(state, last.document.kind, earlier)
    if code := step_code.changed(state, last):
        told = joined(". ", (told, say("Step code changed: {files}", files="; ".join(code))))
    if last.ended:
        told = say("after r{number} was {ended}: {what}", number=str(last.document.revision), ended=say(last.ended), what=told)
    return [*rows, (str(revision), shown(composed), told)]


def _fate(state: ProjectState, approval: Approval) -> str:
    """What became of an earlier revision."""
    first = say("initial issue" if approval.document.revision == 1 else "content changed")
    if approval.ended:
        last = approval.withdrawn or approval.signatures[-1]
        how, who, why = say(approval.ended), last.record.printed_name, last.record.why
        return joined("; ", (first, say("{ended} by {person}: {reason}", ended=how, person=who, reason=why)))
    if approval.awaiting is not None:
        return joined("; ", (first, say("never fully signed")))
    if approval.completed and state.valid(approval):
        return joined("; ", (first, say("approved {when}", when=shown(approval.completed))))
    return first


def signature_lines(state: ProjectState, phase: Phase) -> Sequence[SignatureLine]:
    """Signatures on the records behind a report. What does not verify is listed as such."""
    kinds = ("execution-order", "run-record", "deviation", "conditional-release")
    found = []
    for approval in state.approvals:
        d = approval.document
        if d.kind not in kinds or phase not in _phase_of(approval):
            continue
        problems = approval.standing(state.trust, state.external).problems
        for s in (*approval.signatures, *([approval.withdrawn] if approval.withdrawn else [])):
            problem = _problem(approval, s.record.number, problems)
            found.append(
                SignatureLine(record=d.id, title=d.title, meaning=s.record.meaning, printed_name=s.record.printed_name,
                              role=s.record.role, signed=s.record.signed, invalid=problem)
            )  # fmt: skip
        found += [
            SignatureLine(record=d.id, title=d.title, meaning=i.claims.get("meaning", "unknown"), role=i.claims.get("role", "unknown"),
                          printed_name=i.claims.get("printed_name") or i.name, signed="", invalid=i.problem)
            for i in approval.invalid
        ]  # fmt: skip
    return sorted(found, key=lambda s: s.signed)


def copies(state: ProjectState, phase: Phase) -> Sequence[tuple[str, str, str, str]]:
    """Every issued execution copy of a phase: copy, issued when and by whom, what became of it, its run (RR-K03)."""
    rows = []
    for order in gates.issued(state, phase):
        d, first = order.document, order.signatures[0].record
        life = state.life(order)
        newer = state.superseded_by(order)
        fate = say("withdrawn, replaced by r{number}", number=str(newer.document.revision)) if newer and not order.ended else None
        fate = fate or say("withdrawn" if order.ended else life)
        run = str(order.content["run"]) if life not in ("withdrawn", "issued") else say("none")
        issued = say("{when} by {person}", when=shown(first.signed), person=first.printed_name)
        rows.append((f"{d.id} r{d.revision}", issued, fate, run))
    return rows


def repetitions(state: ProjectState, phase: Phase) -> Sequence[tuple[str, str, str, str]]:
    """Every order of a phase that executed again: its run, the cases, what released them, and why the other results stay."""
    rows = []
    for order in gates.issued(state, phase):
        said = order.content
        again, stay = said["retest"], said.get("carried", [])
        released = [*said.get("released_by", []), *([said["change_reference"]] if said.get("change_reference") else [])]
        if not again and not released:
            continue
        reason = str(said["carry_over"]) if said.get("carry_over") else say("none of an earlier revision stayed")
        why = say("{number} cases not executed again: {reason}", number=str(len(stay)), reason=reason) if stay else reason
        cases, by = ", ".join(again) or say("the whole phase"), ", ".join(released) or say("as the order says")
        rows.append((str(said["run"]), cases, by, why))
    return rows


def engineering(state: ProjectState, phase: Phase) -> Sequence[tuple[str, str, str, str]]:
    """Engineering runs with cases of a phase since its protocol was first approved: run, time, cases and what they came to, digest.

    They count for nothing. They are told so that nobody can try until it passes and show the last attempt only.
    """
    protocols = (a for a in state.approvals if a.document.id == state.document_id(gates.protocol_kind(phase)))
    since = min((a.completed for a in protocols if a.completed and state.valid(a)), default="")
    rows = []
    for run in state.runs:
        cases = [r for r in run.results if state.protocol.case.get(r.case) and state.protocol.case[r.case].phase == phase]
        if run.plan.mode != "engineering" or not since or run.plan.created < since or not cases:
            continue
        verdicts = Counter(str(r.verdict) for r in cases)
        counted = ", ".join(f"{n} {v}" for v, n in sorted(verdicts.items()))
        came_to = say("{number} cases: {verdicts}", number=str(len(cases)), verdicts=counted)
        came_to = joined("; ", (came_to, *map(sentence, run.irregular)))
        rows.append((run.run, shown(run.plan.created), came_to, str(run.digest) if run.digest else say("never sealed")))
    return rows


def flagged(state: ProjectState, phase: Phase) -> Sequence[str]:
    """What the reviewers of the executed records of a phase were asked to look at: what those records list."""
    return [
        f"{run.run}: {told}"
        for run in state.runs
        if run.plan.phase == phase and run.plan.mode == "formal"
        for told in dict.fromkeys((*flags(run, state.protocol, state.runs), *attended_flags(run)))
    ]


def timeline(state: ProjectState) -> tuple[TimelineEntry, ...]:
    """Approvals, runs and deviations in order of time, up to now."""
    found: list[TimelineEntry] = []
    for approval in state.approvals:
        d = approval.document
        problems = approval.standing(state.trust, state.external).problems
        for s in (*approval.signatures, *([approval.withdrawn] if approval.withdrawn else [])):
            r = s.record
            bad = f"{INVALID} " if _problem(approval, r.number, problems) else ""
            found.append(
                TimelineEntry(r.signed, "approval", f"{d.id} r{d.revision} {bad}{r.meaning}", f"{r.printed_name} ({r.role})")
            )
    for run in state.runs:
        if run.plan.mode != "formal":
            continue
        account = say("{account} (owner {owner})", account=run.plan.account, owner=str(run.plan.account_owner))
        number, scope = len(run.plan.planned), say(run.plan.scope)
        cases = say("{number} case" if number == 1 else "{number} cases", number=str(number))
        begins = say("{run} begins, {cases}, {scope}", run=run.run, cases=cases, scope=scope)
        found.append(TimelineEntry(run.plan.created, "run", begins, account))
        if run.seal is not None:
            verdicts = ", ".join(f"{v} {k}" for k, v in sorted(run.seal.summary.verdicts.items()))
            ended = "{run} closed as aborted: {verdicts}" if run.aborted else "{run} sealed: {verdicts}"
            text = say(ended, run=run.run, verdicts=verdicts)
            who = say("recorder (seal, not a signature)")
            who = joined("; ", (str(run.seal.aborted_by), who)) if run.aborted else who
            found.append(TimelineEntry(run.seal.sealed, "run", text, who))
    found += [
        TimelineEntry(
            o.opened,
            "deviation",
            say("{deviation} opened by {run} as a whole", deviation=o.id, run=o.run)
            if o.case == WHOLE_RUN
            else say("{deviation} opened by {case}", deviation=o.id, case=o.case),
            say("recorder"),
        )
        for o in state.opened
    ]
    return tuple(sorted(found, key=lambda e: (e.when, e.what)))


def _phase_of(approval: Approval) -> str:
    content = approval.content or {}
    return str(content.get("phase") or content.get("run") or "")


def write_features(approval: Approval, folder: Path) -> None:
    """The feature files a revision of a protocol was composed from, to the byte its record binds. Raises Refused where it keeps none."""
    if not approval.features:
        raise Refused(f"{approval.document.id} r{approval.document.revision} keeps no feature files",
                      hint="said.json beside its record says the words of its cases")  # fmt: skip
    for path, text in approval.features.items():
        write_once(folder / path, text.encode("utf-8"))
