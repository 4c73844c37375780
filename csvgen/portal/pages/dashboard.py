"""The dashboard: figures counted from the records, what they rest on, and which periodic reviews are due."""

from __future__ import annotations

from starlette.responses import Response

from csvgen.identity.settings import read_security
from csvgen.portal.routing import Pages
from csvgen.portal.visit import Visit
from csvgen.workflow import reading_trail
from csvgen.workflow.deviating import age
from csvgen.workflow.figures import Figures, assumed, figures

PAGES = Pages()
_SHOWN = 12
_MOST = 10_000
"""Minutes that somebody may assume."""


@PAGES.get(
    "/dashboard", may="use", words="coverage, risk, verdicts, cycle times, work saved, reviews due", nav="Dashboard", order=25
)
def dashboard(visit: Visit) -> Response:
    found: Figures = visit.once("figures", figures)
    work = assumed(
        found.work,
        {
            a.key: (_minutes(visit, f"{a.key}-hand", a.by_hand), _minutes(visit, f"{a.key}-left", a.with_csvgen))
            for a in found.work
        },
    )
    seen, review = visit.once("trail reviewed", lambda s: reading_trail.reviewed_up_to(a for a in s.approvals if s.valid(a)))
    events = visit.room.ledger.head().count
    points = read_security(visit.room.config.security).open_points(*visit.directory.security_days())
    now = visit.now
    return visit.page(
        "dashboard.html", title="Dashboard", f=found, work=work, hours=sum(a.minutes for a in work) / 60, went=found.went[-_SHOWN:],
        cycles=list(reversed(found.cycles))[:_SHOWN], open=[s for s in found.deviations if s.open], age=lambda s: age(s.opened.opened, s.closed or now),
        seen=seen, review=review, events=events, points=points, own=[a for a, b in zip(work, found.work, strict=True) if a != b],
    )  # fmt: skip


def _minutes(visit: Visit, name: str, default: int) -> int:
    return min(_MOST, visit.number(name, default, 0))
