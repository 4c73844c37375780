"""My queue: what waits for me and why, oldest first; what I may not sign, and who can."""

from __future__ import annotations

from starlette.responses import Response

from csvgen.portal.paging import part
from csvgen.portal.routing import Pages
from csvgen.portal.visit import Visit
from csvgen.workflow.queue import queue
from csvgen.workflow.signing import waiting
from csvgen.workflow.tasks import Task, of_comments, tasks
from csvgen.workflow.voiding import void_records

PAGES = Pages()


@PAGES.get("/", may="use", words="what waits for me, and what waits for others", nav="My queue", order=10)
def mine(visit: Visit) -> Response:
    items = visit.once("waiting", waiting)
    here, elsewhere = queue(visit.state, visit.directory, visit.people, visit.account, items, visit.now)
    void = visit.once("void", void_records)
    work = own_tasks(visit)
    return visit.page(
        "queue.html",
        title="My queue",
        mine=part(here, visit.number("page")),
        others=part(elsewhere, visit.number("others")),
        void=void,
        work=part(work, visit.number("work")),
    )


def own_tasks(visit: Visit) -> tuple[Task, ...]:
    """What the visitor can do that is no signature, the oldest first."""
    found = [t for t in visit.once("tasks", tasks) if visit.may(t.may)]
    found += of_comments(visit.room.threads(), visit.account.id, composes=visit.may("compose"))
    return tuple(sorted(found, key=lambda t: (t.since, t.about)))
