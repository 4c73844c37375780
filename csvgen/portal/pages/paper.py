"""A signature by hand: its scan is registered by one person, and compared with the paper by another, as `csvgen sign --paper`."""

from __future__ import annotations

from starlette.responses import Response

from csvgen.errors import BadInput, CsvgenError, Refused
from csvgen.portal.routing import Pages
from csvgen.portal.views import url
from csvgen.portal.visit import Visit
from csvgen.signature.approvals import Approval
from csvgen.workflow import gates
from csvgen.workflow.paper import register
from csvgen.workflow.reading import revision
from csvgen.workflow.uploads import BadUpload, receive

PAGES = Pages()
_FIELDS = ("printed_name", "dated", "original")


@PAGES.get("/documents/{id}/paper", may="register paper", words="the page on which a signature by hand is registered")
def page(visit: Visit) -> Response:
    return _page(visit, revision(visit.state, visit.part("id")))


def _page(visit: Visit, approval: Approval, problem: CsvgenError | None = None, status: int = 200) -> Response:
    d, station = approval.document, approval.awaiting
    on_paper = station is not None and station.by == "paper"
    return visit.page(
        "paper.html", status, title=f"Signature by hand on {d.id}", d=d, station=station, on_paper=on_paper, problem=problem,
        gate=gates.may_sign(visit.state, approval) if on_paper else "", kept={n: visit.form.get(n, "") for n in _FIELDS},
        most=visit.room.settings.upload_bytes // 1_000_000,
    )  # fmt: skip


@PAGES.post("/documents/{id}/paper", may="register paper", words="register the scan of a signature by hand", files=True)
def registered(visit: Visit) -> Response:
    identity = visit.part("id")
    approval = revision(visit.state, identity)
    try:
        sent = visit.sent("scan", "scan the signed page, then choose the file")
        scan = receive(sent.name, sent.data)
        printed_name, dated, original = (" ".join(visit.form.get(n, "").split()) for n in _FIELDS)
        made = register(
            visit.room.publisher(visit.actor), identity, scan.data, printed_name=printed_name, dated=dated, original=original,
            registrar=visit.account, now=visit.now, where=scan.name,
        )  # fmt: skip
    except (BadInput, Refused) as problem:
        if isinstance(problem, BadUpload):
            visit.refused("upload", f"{problem.message}: {problem.where}")
        return _page(visit, approval, problem, 422 if isinstance(problem, BadInput) else 403)
    return visit.go(
        url("/documents", made.id), f"{made.id} is registered: a second person compares the scan with the paper and signs it."
    )
