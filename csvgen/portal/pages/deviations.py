"""Deviations: what was observed, the investigation, the disposition up for signature, the retest, the end. Open ones first."""

from __future__ import annotations

from collections import Counter
from typing import get_args

from starlette.responses import Response

from csvgen.errors import BadInput
from csvgen.model.deviation import Cause, Classification, Decision
from csvgen.portal.absent import absent
from csvgen.portal.paging import part
from csvgen.portal.routing import Pages
from csvgen.portal.views import url
from csvgen.portal.visit import Visit
from csvgen.workflow.deviating import Standing, age, investigation, original, standings
from csvgen.workflow.gates import may_order
from csvgen.workflow.repetition import Asked

PAGES = Pages()


@PAGES.get("/deviations", may="use", words="all deviations, open ones first", nav="Deviations", order=40)
def deviations(visit: Visit) -> Response:
    found: tuple[Standing, ...] = visit.once("deviations", standings)
    standing, words = visit.asked("standing"), visit.asked("find").strip()
    counts = Counter(s.life for s in found)
    chosen = [
        s
        for s in found
        if standing in ("", s.life)
        and all(w in f"{s.id} {s.opened.run} {s.opened.case} {s.classification}".casefold() for w in words.casefold().split())
    ]
    return visit.page(
        "deviations.html", title="Deviations", part=part(chosen, visit.number("page")), counts=dict(sorted(counts.items())),
        total=len(found), asked={"standing": standing, "find": words}, age=lambda s: age(s.opened.opened, s.closed or visit.now),
    )  # fmt: skip


@PAGES.get("/deviations/{id}", may="use", words="one deviation: as observed, investigation, disposition, retest")
def deviation(visit: Visit) -> Response:
    return _page(visit, visit.part("id"))


def _page(visit: Visit, identity: str, status: int = 200, problem: BadInput | None = None) -> Response:
    found: tuple[Standing, ...] = visit.once("deviations", standings)
    one = next((s for s in found if s.id == identity), None)
    if one is None:
        return absent(visit, "deviation", identity)
    state = visit.state
    run, result = original(state, one.opened)
    step = next((s for s in result.steps if s.number == one.opened.step), None) if result is not None else None
    said = one.disposed.record.investigation if one.disposed.record else None
    case = state.protocol.case.get(one.opened.case)
    phase = next((p for p in ("IQ", "OQ", "PQ") if p == one.opened.phase), None)
    again = said.retest if said is not None and said.decision == "retest" and not one.open else ()
    return visit.page(
        "deviation.html", status, title=identity, one=one, run=run, result=result, step=step, told=said, case=case, problem=problem,
        serves=case.requirements if case is not None else (),
        age=age(one.opened.opened, one.closed or visit.now), typed=visit.form, ticked=visit.lists.get("retest", ()),
        cases=[c.id for c in state.protocol.of(phase)] if phase else [], choices=_CHOICES,
        again=again, hindered=may_order(state, phase, Asked(again)) if phase and again else "",
        executors=[a for a in visit.directory.accounts() if a.kind == "technical" and a.state == "active"] if again else [],
    )  # fmt: skip


_CHOICES = {
    "cause": get_args(Cause),
    "classification": get_args(Classification),
    "decision": get_args(Decision),
}


@PAGES.post("/deviations/{id}/investigate", may="investigate", words="put the disposition of a deviation up for signature")
def investigate(visit: Visit) -> Response:
    """The same verb as `csvgen deviation investigate`. What cannot be used comes back with everything that was typed."""
    identity = visit.part("id")
    typed = visit.lists.get("retest", ())
    retest = [word for line in typed for word in line.replace(",", " ").split()]
    try:
        record = visit.room.publisher(visit.actor).deviation(identity, investigation(visit.form, retest))
    except BadInput as problem:
        return _page(visit, identity, 422, problem)
    return visit.go(
        url("/deviations", identity), f"{record.id} r{record.revision} waits for {len(record.signatures)} signatures."
    )


@PAGES.post("/deviations/{id}/retest", may="order", words="order the retest that a signed disposition released")
def retest(visit: Visit) -> Response:
    """The same verb as `csvgen order --retest`: the cases are those of the disposition, never typed here."""
    identity = visit.part("id")
    one = next((s for s in standings(visit.state) if s.id == identity), None)
    if one is None:
        return absent(visit, "deviation", identity)
    record = one.disposed.record
    if one.open or record is None or record.investigation.decision != "retest":
        raise BadInput(f"no signed disposition of {identity} decided for a retest", rule="RR-F02")
    account = visit.directory.account(visit.field("account"))
    if account is None or account.kind != "technical":
        raise BadInput("choose a registered technical account that will execute", rule="RR-D01")
    made = visit.room.publisher(visit.actor).order(
        record.phase, record.investigation.retest, account.id, account.owner, carry_over=visit.form.get("carry_over", "").strip()
    )
    return visit.go(url("/documents", made.id), f"{made.id}: {made.title}. It waits for its issue by signature.")
