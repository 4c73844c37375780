"""Verify: the numbered checks over a package, a document or a run of this project, and the very command that repeats them offline."""

from __future__ import annotations

import threading

from starlette.responses import Response

from csvgen.portal.paging import part
from csvgen.portal.routing import Pages
from csvgen.portal.visit import Visit
from csvgen.workflow.verifying import command, things, verified

PAGES = Pages()
_working = threading.Semaphore(1)
"""A package is read as a whole: one at a time, so that many who ask do not take all cores from those who read and sign."""


@PAGES.get(
    "/verify",
    may="use",
    words="numbered checks over a package, document or run, and the command that repeats them",
    nav="Verify",
    order=70,
)
def verify(visit: Visit) -> Response:
    there = things(visit.state)
    name = visit.asked("thing") or (there[0].name if there else "")
    chosen = next((t for t in there if t.name == name), None)
    done = None
    if visit.asked("run") == "yes" and name:
        with _working:
            done = verified(visit.state, name)
    return visit.page(
        "verify.html", title="Verify", there=part(there, visit.number("page")), chosen=chosen, done=done, at=visit.now if done else "",
        command=command(visit.room.config, chosen.name) if chosen else "", asked={"thing": visit.asked("thing")},
    )  # fmt: skip
