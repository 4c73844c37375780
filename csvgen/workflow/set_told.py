"""What the documents of the set tell of other records: every document with its standing, every signature, and who took part."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from csvgen.canonical import Digest, digest
from csvgen.clock import shown
from csvgen.evidence import attachments
from csvgen.model.people import Account
from csvgen.model.spec import DocumentKind
from csvgen.report.compose import Material
from csvgen.report.deviation_blocks import SignatureLine
from csvgen.report.summary_blocks import DocumentLine
from csvgen.trace.matrix import reported
from csvgen.trace.set_content import EXECUTED, REPORTED, SET
from csvgen.workflow import telling
from csvgen.workflow.state import CODES, ProjectState, tells_of_results
from csvgen.workflow.telling import standing_word

TELL_OF_CHALLENGE: tuple[DocumentKind, ...] = ("oq-report", "validation-summary", "release-certificate")
"""Kinds of documents that say what the newest whole challenge came to, or that there is none."""


def stands_on(kind: DocumentKind) -> tuple[DocumentKind, ...]:
    """Kinds of composed documents that a document of the set refers to."""
    named = tuple(k for k in SET[kind].on if k in CODES)
    return named or REPORTED[:4]


def derived(state: ProjectState, kind: DocumentKind) -> dict[str, str]:
    """Every record a document of the set was made from, by the digest of its newest revision."""
    kinds = {*SET[kind].on, *stands_on(kind)}
    newest = {a.document.id: a.document for a in state.approvals if a.document.kind in kinds}
    found: dict[str, str] = {f"{d.id} r{d.revision}": d.digest for d in newest.values()}
    if tells_of_results(kind):
        found |= {f"run {r.run}, seal": str(r.digest) for r in state.runs if reported(r)}
        found["matrix"] = digest(state.matrix)
    return found


def material(
    state: ProjectState,
    kind: DocumentKind,
    identity: str,
    revision: int,
    composed: str,
    content: Digest,
    made_from: Mapping[str, str],
    people: Callable[[], Sequence[Account]],
) -> Material:
    """What the documents around plan, protocols and reports print: of all phases together. `people` is asked only where it is printed."""
    results = tells_of_results(kind)
    return Material(
        kind=kind,
        id=identity,
        revision=revision,
        composed=composed,
        content=content,
        derived_from=made_from,
        spec=state.spec,
        protocol=state.protocol,
        runs=state.runs if results else (),
        deviations=state.deviations if results else (),
        matrix=state.matrix if results else None,
        overall=state.overall if results else None,
        references=telling.references(state, stands_on(kind)),
        history=telling.history(state, identity, revision, composed),
        signatures=signature_log(state) if kind == "training-log" else deviation_lines(state),
        timeline=telling.timeline(state) if results else (),
        documents=documents(state, kind),
        people=people() if kind == "training-log" else (),
        challenge=state.challenge if kind in TELL_OF_CHALLENGE else None,
        opened=attachments.content,
    )


def documents(state: ProjectState, but: DocumentKind) -> Sequence[DocumentLine]:
    """Every composed document in its newest revision, in the order of a validation; `but` is the one that is being made."""
    found = []
    for kind in CODES:
        approval = state.latest(state.document_id(kind)) if kind != but else None
        if approval is None:
            continue
        d, word = approval.document, standing_word(state, approval)
        done = word == "approved" and approval.completed
        found.append(
            DocumentLine(
                kind=kind, id=d.id, title=d.title, revision=d.revision, standing=word,
                when=shown(approval.completed).removesuffix(" +00:00") if done else "",
                signers="\n".join(f"{s.record.meaning}: {s.record.printed_name}" for s in approval.signatures),
            )
        )  # fmt: skip
    return found


def signature_log(state: ProjectState) -> Sequence[SignatureLine]:
    """Every signature on the records a validation consists of, in every revision; what does not verify is listed as such."""
    kinds = (*REPORTED, "procedure", *EXECUTED)
    found = []
    for approval in state.approvals:
        d = approval.document
        if d.kind not in kinds:
            continue
        problems = approval.standing(state.trust, state.external).problems
        for s in (*approval.signatures, *([approval.withdrawn] if approval.withdrawn else [])):
            place = next((i for i, x in enumerate(approval.signatures, 1) if x.record.number == s.record.number), 0)
            bad = next((p.partition(": ")[2] or p for p in problems if place and p.startswith(f"signature {place}")), "")
            r = s.record
            found.append(
                SignatureLine(record=f"{d.id} r{d.revision}", title=d.title, meaning=r.meaning, printed_name=r.printed_name,
                              role=r.role, signed=r.signed, person=r.person, invalid=bad)
            )  # fmt: skip
        found += [
            SignatureLine(record=f"{d.id} r{d.revision}", title=d.title, meaning=i.claims.get("meaning", "unknown"), signed="",
                          role=i.claims.get("role", "unknown"), printed_name=i.claims.get("printed_name") or i.name, invalid=i.problem)
            for i in approval.invalid
        ]  # fmt: skip
    return found


def deviation_lines(state: ProjectState) -> Sequence[SignatureLine]:
    """The same, under the ids by which the form of a deviation looks for its signatures."""
    return sorted((replace(s, record=s.record.rpartition(" r")[0]) for s in signature_log(state)), key=lambda s: s.signed)
