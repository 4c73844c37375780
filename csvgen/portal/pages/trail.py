"""The audit trail: filtered, read, reviewed, copied, and held against what is kept outside."""

from __future__ import annotations

import json
import threading

from starlette.responses import Response

from csvgen.audit.export import plain_lines
from csvgen.audit.selection import Selection
from csvgen.errors import BadInput
from csvgen.portal.paging import SIZE
from csvgen.portal.routing import Pages
from csvgen.portal.views import url
from csvgen.portal.visit import Visit
from csvgen.report.before import shared_language
from csvgen.workflow import reading_trail
from csvgen.workflow.trail import export_trail

PAGES = Pages()
_FIELDS = ("record", "person", "action", "since", "until", "words")
_FORMS = {"pdf": "application/pdf", "csv": "text/csv", "jsonl": "application/jsonl"}
_LINES, _WIDE = 4, 260
"""As many changed fields, and characters of each, stand in the row itself."""
_holding = threading.Semaphore(1)
"""Whoever holds the whole trail against itself reads all of it: one at a time."""


def _asked(visit: Visit) -> dict[str, str]:
    given = visit.form or visit.request.query_params
    return {name: str(given.get(name, "")).strip()[:200] for name in _FIELDS}


def _selection(asked: dict[str, str]) -> Selection:
    return reading_trail.selection(**asked)


@PAGES.get(
    "/audit", may="use", words="the audit trail, filtered by record, person, action, time, words", nav="Audit trail", order=60
)
def trail(visit: Visit) -> Response:
    asked = _asked(visit)
    problem = None
    try:
        wanted = _selection(asked)
    except BadInput as found:
        problem, wanted = found, Selection()
    page = reading_trail.page(visit.room.ledger, wanted, visit.number("page"), SIZE)
    seen, review = _seen(visit)
    return visit.page(
        "trail.html", 422 if problem else 200, title="Audit trail", found=page, asked=asked, wanted=wanted, problem=problem,
        told=lambda e: list(plain_lines(e)), long=_long, why=reading_trail.why_look, lines=_LINES, wide=_WIDE, seen=seen, review=review, forms=_FORMS,
    )  # fmt: skip


def _seen(visit: Visit) -> tuple[int, str]:
    return visit.once("trail reviewed", lambda s: reading_trail.reviewed_up_to(a for a in s.approvals if s.valid(a)))


def _long(lines: list[str]) -> bool:
    """Whether a row of the list shows less than all of them."""
    return len(lines) > _LINES or any(len(line) > _WIDE for line in lines)


@PAGES.post("/audit/export", may="export", words="a copy of the audit trail, whole or filtered")
def export(visit: Visit) -> Response:
    """The same verb as `csvgen audit export`; that a copy was made is itself an event."""
    form, wanted = visit.field("form"), _selection(_asked(visit))
    if form not in _FORMS:
        raise BadInput("a copy is made as PDF, CSV or JSON Lines")
    config = visit.room.config
    language = shared_language(config.requirements_specs)
    data, copy = export_trail(visit.room.ledger, visit.room.clock, visit.actor, wanted, form, config.project, language)  # type: ignore[arg-type]
    part = "partial" if wanted.partial else "complete"
    return visit.file(data, f"audit-trail-{visit.room.system}-{part}-to-{copy.head.count}.{form}", _FORMS[form])


@PAGES.get(
    "/audit/review", may="review trail", words="what stands out in the trail since the last review, and the form to review it"
)
def review(visit: Visit) -> Response:
    return _review(visit)


def _review(visit: Visit, status: int = 200, problem: BadInput | None = None) -> Response:
    asked, approvals = _asked(visit), visit.state.approvals
    seen, before = _seen(visit)
    count = visit.room.ledger.head().count
    given = visit.form or visit.request.query_params
    first, last = _number(given.get("first", ""), min(seen + 1, count)), _number(given.get("last", ""), count)
    content = None
    try:
        content = reading_trail.reviewing(visit.room.ledger, _selection(asked), first, last, "not written yet")
    except BadInput as found:
        problem = problem or found
    return visit.page(
        "trail_review.html", 422 if problem else status, title="Review of the audit trail", asked=asked, content=content, first=first, last=last,
        count=count, before=before, seen=seen, name=given.get("name") or reading_trail.next_name(approvals),
        findings=str(visit.form.get("findings", "")), problem=problem,
        waiting=[a for a in approvals if a.document.kind == "trail-review" and a.awaiting is not None],
    )  # fmt: skip


def _number(text: str, default: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 10 else default  # noqa: PLR2004


@PAGES.post("/audit/review", may="review trail", words="put a review of the audit trail up for signature")
def reviewed(visit: Visit) -> Response:
    """The same verb as `csvgen audit review`. The scope is the one that was shown, to its last event, even when others came since."""
    name, findings = visit.field("name").strip(), visit.field("findings").strip()
    if not (name.isascii() and name.replace("-", "").isalnum() and len(name) <= 20):  # noqa: PLR2004
        return _review(visit, 422, BadInput("the number of a review is letters, digits and hyphens", where=name))
    try:
        first, last = _number(visit.field("first"), 0), _number(visit.field("last"), 0)
        content = reading_trail.reviewing(visit.room.ledger, _selection(_asked(visit)), first, last, findings)
    except BadInput as problem:
        return _review(visit, 422, problem)
    record = visit.room.publisher(visit.actor).trail_review(name, json.loads(content.model_dump_json()))
    return visit.go(url("/documents", record.id), f"{record.id} r{record.revision} waits to be signed as reviewed.")


@PAGES.get("/audit/checks", may="use", words="the trail held against itself and against everything kept outside")
def checks(visit: Visit) -> Response:
    """The same as `csvgen audit check`, done when it is asked for: an answer of yesterday says nothing about today."""
    if visit.asked("run") != "yes":
        return visit.page("trail_checks.html", title="Integrity of the audit trail", held=None, at="")
    with _holding:
        held = reading_trail.held(visit.room.ledger, visit.room.config)
    return visit.page("trail_checks.html", title="Integrity of the audit trail", held=held, at=visit.now)
