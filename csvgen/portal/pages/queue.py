"""My queue: what waits for me and why, oldest first; what I may not sign, and who can."""

from __future__ import annotations

from starlette.responses import Response

from csvgen.portal.paging import part
from csvgen.portal.routing import Pages
from csvgen.portal.visit import Visit
from csvgen.workflow.queue import queue
from csvgen.workflow.signing import waiting
from csvgen.workflow.voiding import void_records

PAGES = Pages()


@PAGES.get("/", may="use", words="what waits for me, and what waits for others", nav="My queue", order=10)
def mine(visit: Visit) -> Response:
    items = visit.once("waiting", waiting)
    here, elsewhere = queue(visit.state, visit.directory, visit.people, visit.account, items, visit.now)
    void = visit.once("void", void_records)
    return visit.page(
        "queue.html",
        title="My queue",
        mine=part(here, visit.number("page")),
        others=part(elsewhere, visit.number("others")),
        void=void,
    )
