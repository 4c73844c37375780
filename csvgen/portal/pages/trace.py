"""trace ID: a box that takes any id or digest, and the chain from requirement to evidence through what it names."""

from __future__ import annotations

from starlette.responses import Response

from csvgen.portal.pages.matrix import index
from csvgen.portal.routing import Pages
from csvgen.portal.views import url
from csvgen.portal.visit import Visit
from csvgen.workflow.tracing import Known

PAGES = Pages()


def address(known: Known) -> str:
    """The page of a thing; for what has none, its chain."""
    pages = {"requirement": "/requirements", "risk": "/risks", "case": "/cases", "run": "/runs", "deviation": "/deviations"}
    if known.kind in pages:
        return url(pages[known.kind], known.id)
    if known.kind == "document":
        return url("/documents", known.id)
    return url("/trace", id=known.id)


@PAGES.get("/trace", may="use", words="where any id or digest stands in the chain from requirement to evidence")
def trace(visit: Visit) -> Response:
    asked = visit.asked("id").strip()[:200]
    known = index(visit)
    answer = known.look(asked)
    chains = [known.chain(each) for each in answer.exact[:5]]
    return visit.page(
        "trace.html", title=f"Trace {asked}" if asked else "Trace", asked=asked, answer=answer, chains=chains, address=address,
        attached=known.evidence, count=len(known.known),
    )  # fmt: skip
