"""Comments on a record, a case or a step; answers; and closing one's own. Each word is an event of the audit trail."""

from __future__ import annotations

from starlette.responses import Response

from csvgen.errors import BadInput
from csvgen.portal.pages.review import reviewed
from csvgen.portal.routing import Pages
from csvgen.portal.views import url
from csvgen.portal.visit import Visit
from csvgen.workflow import commenting
from csvgen.workflow.reading import revision
from csvgen.workflow.reviewing import reviewable

PAGES = Pages()


@PAGES.post("/documents/{id}/comment", may="use", words="comment on a record")
def on_record(visit: Visit) -> Response:
    identity = visit.part("id")
    try:
        made = _comment(visit, "", "")
    except BadInput as problem:
        return _again(visit, problem)
    return visit.go(url("/documents", identity) + "#comments", f"Comment {made} is on record.")


@PAGES.post("/review/{id}/comment", may="use", words="comment on a case or a step of a record")
def on_step(visit: Visit) -> Response:
    identity, case = visit.part("id"), visit.form.get("case", "")
    try:
        made = _comment(visit, case, visit.form.get("step", ""))
    except BadInput as problem:
        return _again(visit, problem)
    return visit.go(url("/review", identity, case=case) + "#comments", f"Comment {made} is on record.")


def _again(visit: Visit, problem: BadInput) -> Response:
    """What was typed is shown once more beside what is wrong with it: nobody writes four thousand characters twice."""
    words = visit.form.get("words", "")
    kept = {n: visit.form[n] for n in ("case", "step", "comment", "close") if n in visit.form}
    return visit.page(
        "comment.html", 422, title="This comment is not on record", problem=problem, words=words, kept=kept, identity=visit.part("id"),
        most=commenting.LONGEST, action=visit.request.url.path,
    )  # fmt: skip


def _comment(visit: Visit, case: str, step: str) -> str:
    approval = revision(visit.state, visit.part("id"))
    cases = [c.id for c in reviewed(visit, approval).cards] if case and reviewable(approval) else []
    return commenting.comment(
        visit.room.ledger,
        visit.actor,
        approval.document,
        case=case,
        step=step,
        words=visit.field("words"),
        cases=cases,
        now=visit.now,
    )


@PAGES.post("/documents/{id}/answer", may="use", words="answer a comment, or close one's own")
def answer_on_record(visit: Visit) -> Response:
    try:
        thread = _answer(visit)
    except BadInput as problem:
        return _again(visit, problem)
    return visit.go(url("/documents", visit.part("id")) + "#comments", f"What you said to {thread.id} is on record.")


@PAGES.post("/review/{id}/answer", may="use", words="answer a comment on a case, or close one's own")
def answer_on_step(visit: Visit) -> Response:
    try:
        thread = _answer(visit)
    except BadInput as problem:
        return _again(visit, problem)
    return visit.go(
        url("/review", visit.part("id"), case=thread.case) + "#comments", f"What you said to {thread.id} is on record."
    )


def _answer(visit: Visit) -> commenting.Thread:
    document = revision(visit.state, visit.part("id")).document
    return commenting.answer(
        visit.room.ledger, visit.actor, document, visit.field("comment"), words=visit.form.get("words", ""), now=visit.now,
        close=visit.form.get("close") == "yes",
    )  # fmt: skip
