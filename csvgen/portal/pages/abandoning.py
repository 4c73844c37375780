"""Closing a formal run that began and never came to its end, as aborted; the same verb as `csvgen abandon`."""

from __future__ import annotations

from starlette.responses import Response

from csvgen.errors import BadInput, CsvgenError, Refused
from csvgen.model.evidence import Evidence
from csvgen.portal.absent import absent
from csvgen.portal.routing import Pages
from csvgen.portal.views import url
from csvgen.portal.visit import Visit
from csvgen.workflow import ledger_of_runs, running
from csvgen.workflow.keeping import keep_sealed

PAGES = Pages()


@PAGES.get("/runs/{run}/abandon", may="withdraw", words="the page on which a run that never came to its end is closed as aborted")
def page(visit: Visit) -> Response:
    return _page(visit)


def unfinished(run: Evidence) -> bool:
    """Whether it is a run that can be closed so."""
    return run.plan.mode == "formal" and run.seal is None


def _page(visit: Visit, problem: CsvgenError | None = None, status: int = 200) -> Response:
    run = visit.state.run(visit.part("run"))
    if run is None:
        return absent(visit, "run", visit.part("run"))
    return visit.page(
        "abandon.html", status, title=f"Close {run.run} as aborted", run=run, plan=run.plan, unfinished=unfinished(run), problem=problem,
        tally=ledger_of_runs.tally(run), standing=ledger_of_runs.standing_of(visit.state, run), reason=visit.form.get("reason", ""),
    )  # fmt: skip


@PAGES.post("/runs/{run}/abandon", may="withdraw", words="close a run that never came to its end as aborted, with a reason")
def abandon(visit: Visit) -> Response:
    name, room = visit.part("run"), visit.room
    if visit.state.run(name) is None:
        return absent(visit, "run", name)
    try:
        closed = running.abandon(visit.state, name, visit.field("reason"), room.ledger, room.clock, visit.actor)
    except (BadInput, Refused) as problem:
        return _page(visit, problem, 422 if isinstance(problem, BadInput) else 403)
    for told in closed.irregular:
        visit.here.tell(f"{name}: {told}")
    if "store" in room.config.evidence:
        where, why_not = keep_sealed(room.config, closed, room.ledger, visit.actor)
        kept = f"{name} is sealed here and nowhere else: {why_not}" if why_not else f"{name} is kept in {where}"
        visit.here.tell(kept)
    opened = next((o.id for o in visit.anew().opened if o.run == name), None)
    waits = f"; {opened} waits for an investigation" if opened else ""
    return visit.go(url("/runs", name), f"{name} is closed as aborted{waits}.")
