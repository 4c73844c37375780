"""One record: what it is, who signed it, what became of it, its files, and what can be done with it now."""

from __future__ import annotations

from starlette.responses import Response

from csvgen.portal.pages.withdrawing import ends
from csvgen.portal.routing import Pages
from csvgen.portal.views import url
from csvgen.portal.visit import Visit
from csvgen.trace.content import COMPOSED
from csvgen.workflow import commenting, gates
from csvgen.workflow.concluding import concludes
from csvgen.workflow.handover_file import handed_over, signers
from csvgen.workflow.queue import refused
from csvgen.workflow.reading import rendition, revision
from csvgen.workflow.reviewing import reviewable
from csvgen.workflow.signing import Waiting, able
from csvgen.workflow.telling import reading_copy, told

PAGES = Pages()
_MOST = 200
"""Changes that are listed one by one."""


@PAGES.get("/documents/{id}", may="use", words="one record with its signatures, files and revisions")
def document(visit: Visit) -> Response:
    state = visit.state
    approval = revision(state, visit.part("id"), visit.number("r", 0, 0))
    d, value = approval.document, told(state, approval)
    newest = state.superseded_by(approval) is None
    stations = []
    for s in d.signatures:
        item = Waiting(approval, s, "")
        done = s.number in approval.done
        who = "" if done or approval.ended or not newest else able(state, visit.people, item, visit.now)
        stations.append((s, done, who.partition(": ")[2]))
    mine, why_not, gate = False, "", ""
    if newest and (station := approval.awaiting) is not None:
        gate = gates.may_sign(state, approval)
        why_not = refused(state, visit.directory, visit.account, Waiting(approval, station, gate), visit.now)
        mine = not why_not
    changed = state.void(approval)
    revisions = [a for a in state.approvals if a.document.id == d.id]
    return visit.page(
        "document.html", title=f"{d.id} r{d.revision}", approval=approval, d=d, value=value, stations=stations, mine=mine,
        why_not=why_not, gate=gate, changed=changed[:_MOST], more=max(0, len(changed) - _MOST), revisions=revisions, newest=newest,
        reviewable=reviewable(approval), threads=commenting.threads(visit.room.ledger, record=d.id),
        concludes=concludes(d.kind), withdrawable=ends(value["life"]), handable=newest and bool(signers(state, visit.directory, d.id)),
        handed=visit.may("export") and handed_over(state, visit.room.ledger, d),
        composable=newest and d.kind in (*COMPOSED, "procedure") and (bool(approval.ended) or not state.current(approval)),
    )  # fmt: skip


@PAGES.post("/documents/{id}/compose", may="compose", words="compose the next revision of a document and put it up for signature")
def compose(visit: Visit) -> Response:
    """As `csvgen report KIND`: the answer to a record that was sent back, or that says something else than the project now."""
    d = revision(visit.state, visit.part("id")).document
    publisher = visit.room.publisher(visit.actor)
    made = publisher.procedure(d.id) if d.kind == "procedure" else publisher.document(d.kind) if d.kind in COMPOSED else None
    if made is None:
        return visit.go(url("/documents", d.id), f"{d.id} says what its newest revision says; no new one was composed.")
    return visit.go(
        url("/documents", d.id),
        f"{made.id} revision {made.revision} is composed and waits for {len(made.signatures)} signatures.",
    )


@PAGES.get("/documents/{id}/r/{revision}/file/{number}", may="use", words="a readable file of a record, as it is signed")
def file(visit: Visit) -> Response:
    number = visit.part("number")
    approval = revision(visit.state, visit.part("id"), _whole(visit.part("revision")))
    named, data, _ = rendition(visit.state, approval, _whole(number))
    return visit.file(data, named.file.rpartition("/")[2], named.media_type)


@PAGES.get(
    "/documents/{id}/r/{revision}/copy", may="use", words="a copy for reading that says on every page where the record stands"
)
def copy(visit: Visit) -> Response:
    approval = revision(visit.state, visit.part("id"), _whole(visit.part("revision")))
    d = approval.document
    return visit.file(reading_copy(visit.state, approval), f"{d.id}-r{d.revision}-copy.pdf", "application/pdf")


def _whole(text: str) -> int:
    """A whole number of an address; what is none is the number of nothing."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else -1  # noqa: PLR2004
