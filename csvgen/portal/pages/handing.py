"""Records for a signer of another organisation: handed over as one file, and taken back with their answer (21 CFR 11.30), as `csvgen handover`."""

from __future__ import annotations

from starlette.responses import Response

from csvgen.errors import BadInput, CsvgenError, NotIntact, Refused
from csvgen.portal.routing import Pages
from csvgen.portal.views import url
from csvgen.portal.visit import Visit
from csvgen.signature.approvals import Approval
from csvgen.workflow.handover import take_back
from csvgen.workflow.handover_file import hand_over_here, handed_over, packed, signers, unpacked
from csvgen.workflow.reading import revision

PAGES = Pages()


@PAGES.get("/documents/{id}/handover", may="export", words="hand-overs of a record to signers of other organisations")
def page(visit: Visit) -> Response:
    return _page(visit, revision(visit.state, visit.part("id")))


def _page(visit: Visit, approval: Approval, problem: CsvgenError | None = None, status: int = 200) -> Response:
    d = approval.document
    return visit.page(
        "handover.html", status, title=f"Hand over {d.id}", d=d, station=approval.awaiting, problem=problem,
        signers=signers(visit.state, visit.directory, d.id), handed=handed_over(visit.state, visit.room.ledger, d),
    )  # fmt: skip


@PAGES.post("/documents/{id}/handover", may="export", words="hand a record over to a signer of another organisation")
def hand_over(visit: Visit) -> Response:
    identity = visit.part("id")
    approval = revision(visit.state, identity)
    try:
        person = visit.form.get("signer", "")
        hand_over_here(visit.state, visit.directory, visit.room.clock, visit.actor, identity, person)
    except (BadInput, Refused) as problem:
        return _page(visit, approval, problem, 422 if isinstance(problem, BadInput) else 403)
    said = f"{identity} is handed over to {person}. Send the file, and tell its digest by another channel."
    return visit.go(url("/documents", identity, "handover"), said)


@PAGES.get("/documents/{id}/handover/{digest}", may="export", words="the file of a hand-over, to be sent to its signer")
def file(visit: Visit) -> Response:
    d = revision(visit.state, visit.part("id")).document
    name, data = packed(visit.state, visit.room.ledger, d, visit.part("digest"))
    return visit.file(data, name, "application/zip")


@PAGES.get("/handovers", may="record", words="the page on which the answer to a hand-over is taken back")
def answers(visit: Visit) -> Response:
    return _answers(visit)


def _answers(visit: Visit, problem: CsvgenError | None = None, status: int = 200) -> Response:
    return visit.page(
        "handovers.html",
        status,
        title="Take a hand-over back",
        problem=problem,
        most=visit.room.settings.upload_bytes // 1_000_000,
    )


@PAGES.post("/handovers", may="record", words="take a hand-over back with the signature of another organisation", files=True)
def answered(visit: Visit) -> Response:
    try:
        sent = visit.sent("answer", "the folder of the hand-over with its answer, as one ZIP")
        with unpacked(sent.data) as folder:
            made = take_back(visit.anew(), visit.directory, visit.room.clock, visit.actor, folder)
    except (BadInput, NotIntact, Refused) as problem:
        if isinstance(problem, BadInput):
            visit.refused("upload", problem.message)
        return _answers(visit, problem, 422 if isinstance(problem, BadInput) else 409 if isinstance(problem, NotIntact) else 403)
    for trouble in visit.room.fix(visit.actor, "sign"):
        visit.here.tell(f"A checkpoint of the audit trail did not get to an anchor: {trouble}")
    r = made.record
    return visit.go(
        url("/documents", r.record), f"{r.record} r{r.revision}: {r.meaning} by {r.printed_name} ({r.role}) is on record."
    )
