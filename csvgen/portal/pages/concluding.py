"""What a person concludes in a report, in their own words: never better than the printed rule gives, as `csvgen report --conclusion`."""

from __future__ import annotations

from typing import cast

from starlette.responses import Response

from csvgen.errors import BadInput, CsvgenError, Refused
from csvgen.model.spec import DocumentKind
from csvgen.portal.routing import Pages
from csvgen.portal.views import url
from csvgen.portal.visit import Visit
from csvgen.workflow import gates
from csvgen.workflow.concluding import OUTCOMES, author, by_rule, typed

PAGES = Pages()


@PAGES.get("/conclude/{kind}", may="compose", words="the page on which a person writes the conclusion of a report")
def page(visit: Visit) -> Response:
    return _page(visit)


def _page(visit: Visit, problem: CsvgenError | None = None, status: int = 200) -> Response:
    kind = visit.part("kind")
    rule = by_rule(visit.state, kind)
    known = cast("DocumentKind", kind)
    identity = visit.state.document_id(known)
    kept = {n: visit.form.get(n, "") for n in ("outcome", "text")}
    return visit.page(
        "conclude.html", status, title=f"Conclude {identity}", kind=kind, id=identity, newest=visit.state.latest(identity), rule=rule,
        outcomes=OUTCOMES, hindered=gates.may_compose(visit.state, known), problem=problem, kept=kept,
        by=f"{visit.account.printed_name} ({visit.account.id})",
    )  # fmt: skip


@PAGES.post(
    "/conclude/{kind}", may="compose", words="write a conclusion into the next revision of a report, and put it up for signature"
)
def conclude(visit: Visit) -> Response:
    kind = visit.part("kind")
    by_rule(visit.state, kind)
    try:
        written = typed(visit.form.get("outcome", ""), visit.form.get("text", ""), author(visit.directory, visit.actor))
        made = visit.room.publisher(visit.actor).document(cast("DocumentKind", kind), written)
    except (BadInput, Refused) as problem:
        return _page(visit, problem, 422 if isinstance(problem, BadInput) else 403)
    identity = visit.state.document_id(cast("DocumentKind", kind))
    if made is None:
        return visit.go(url("/documents", identity), f"{identity} says exactly that already; no new revision was composed.")
    return visit.go(
        url("/documents", made.id),
        f"{made.id} revision {made.revision} carries your conclusion and waits for {len(made.signatures)} signatures.",
    )
