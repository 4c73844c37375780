"""The JSON interface: what the pages show, for programs, and never anything that is not on a page. It reads and does nothing.

Let in by the same session, role matrix and guard as the pages. Its description at /api/openapi.json is made of the routes themselves.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from starlette.responses import Response

from csvgen import __version__
from csvgen.errors import BadInput
from csvgen.portal import answers
from csvgen.portal.openapi import Description, describe
from csvgen.portal.pages.matrix import index, listed, listed_of
from csvgen.portal.pages.queue import own_tasks
from csvgen.portal.paging import SIZE, part
from csvgen.portal.queries import PAGE, Query
from csvgen.portal.routing import Pages, routes
from csvgen.portal.visit import Visit
from csvgen.trace import listing as lists
from csvgen.trace.listing import OPEN_FIRST, Wanted
from csvgen.workflow import ledger_of_runs, past, reading_trail
from csvgen.workflow.deviating import standings
from csvgen.workflow.queue import Place, queue
from csvgen.workflow.signing import waiting
from csvgen.workflow.tracing import Chain, Known

PAGES = Pages()
_CHAINS = 5
_FIND = Query(name="find", words="each of these words stands in the line")


def _about(found: Any) -> dict[str, int]:
    return {"page": found.number, "pages": found.pages, "total": found.total}


def _none(visit: Visit, what: str, name: str) -> Response:
    return visit.json(answers.Problem.of(BadInput(f"there is no {what} of this name", where=name)), 404)


@PAGES.json("/api/queue", may="use", words="what waits for whoever asks, and what waits for others", gives=answers.Queue)
def mine(visit: Visit) -> Response:
    here, elsewhere = queue(visit.state, visit.directory, visit.people, visit.account, visit.once("waiting", waiting), visit.now)
    work = (answers.TaskLine(kind=t.kind, about=t.about, words=t.words, since=t.since) for t in own_tasks(visit))
    return visit.json(answers.Queue(mine=tuple(map(_place, here)), others=tuple(map(_place, elsewhere)), work=tuple(work)))


def _place(place: Place) -> answers.QueueLine:
    item, d = place.item, place.item.document
    return answers.QueueLine(
        record=d.id, revision=d.revision, digest=str(d.digest), title=d.title, since=item.last, station=item.station.number,
        meaning=item.station.meaning, role=item.station.role, not_now=item.refusal, not_mine=place.refusal, who=place.who,
    )  # fmt: skip


@PAGES.json(
    "/api/matrix", may="use", words="the traceability matrix, requirement by requirement, what is open first", gives=answers.MatrixPart,
    query=(
        _FIND, Query(name="standing", kind="choice", choices=OPEN_FIRST, words="coverage"),
        Query(name="phase", kind="choice", choices=("IQ", "OQ", "PQ"), words="phase"),
        Query(name="priority", kind="choice", choices=("high", "medium", "low"), words="priority by risk"), PAGE,
    ),
)  # fmt: skip
def matrix(visit: Visit) -> Response:
    found = visit.once("matrix", listed, listed_of)
    wanted = Wanted(visit.asked("find"), visit.asked("standing"), visit.asked("phase"), visit.asked("priority"))
    shown = part(lists.requirements(found, wanted), visit.number("page"))
    lines = tuple(
        answers.MatrixLine(
            requirement=r.requirement, title=r.title, coverage=r.coverage, reason=r.reason, priority=r.priority, phase=line.phase, risks=r.risks,
            cases=tuple(k.case for k in r.links), cases_passed=lists.passed(r.links),
        )
        for line in shown.shown
        for r in (line.row,)
    )  # fmt: skip
    return visit.json(answers.MatrixPart(**_about(shown), complete=visit.state.matrix.complete, lines=lines))


@PAGES.json("/api/requirements/{id}", may="use", words="one requirement with its cases and executions", gives=answers.Requirement)
def requirement(visit: Visit) -> Response:
    state, identity = visit.state, visit.part("id")
    said = state.spec.requirement.get(identity)
    if said is None:
        return _none(visit, "requirement", identity)
    row = index(visit).rows[identity]
    approved, changed = past.since_approved(state, "urs", identity, visit.once("words of urs", lambda s: past.words(s, "urs")))
    cases = tuple(
        answers.Case(
            case=k.case, title=k.title, technique=k.technique, final=str(k.final),
            executions=tuple(
                answers.Execution(run=a.run, verdict=str(a.verdict), reason=a.reason, evidence=a.evidence, deviation=a.deviation) for a in k.attempts
            ),
        )
        for k in row.links
    )  # fmt: skip
    return visit.json(
        answers.Requirement(
            id=said.id, title=said.title, statement=said.statement, rationale=said.rationale, phase=said.phase, coverage=row.coverage,
            reason=row.reason, priority=row.priority, clauses=tuple(said.clauses), functions=row.functions, risks=row.risks, cases=cases,
            approved_in=approved, changed_since=len(changed),
        )
    )  # fmt: skip


@PAGES.json(
    "/api/trace", may="use", words="where an id or digest stands in the chain from requirement to evidence", gives=answers.Trace,
    query=(Query(name="id", words="any id, ID rN, or six or more digits of a digest", needed=True),),
)  # fmt: skip
def trace(visit: Visit) -> Response:
    known = index(visit)
    answer = known.look(visit.asked("id"))
    chains = tuple(_chain(known.chain(each)) for each in answer.exact[:_CHAINS])
    return visit.json(answers.Trace(chains=chains, near=tuple(map(_found, answer.near)), more=answer.more))


def _found(known: Known) -> answers.Found:
    return answers.Found(kind=known.kind, id=known.id, revision=known.revision, title=known.title, digest=known.digest)


def _chain(chain: Chain) -> answers.Chain:
    return answers.Chain(
        about=_found(chain.known), requirements=tuple(r.requirement for r in chain.requirements), risks=tuple(r.id for r in chain.risks),
        cases=tuple(s.row.case for s in chain.steps), cases_in_all=chain.cases, runs=tuple(r.run for r in chain.runs),
        deviations=tuple(d.id for d in chain.deviations), records=tuple(map(_found, chain.documents)),
    )  # fmt: skip


@PAGES.json("/api/runs", may="use", words="every run, the newest first", gives=answers.RunPart, query=(PAGE,))
def runs(visit: Visit) -> Response:
    shown = part(visit.once("runs", ledger_of_runs.ledger), visit.number("page"))
    lines = tuple(
        answers.RunLine(
            run=r.run, what=r.what, phase=r.phase, standing=r.standing, planned_at=r.at, ended_at=r.ended, account=r.account, planned=r.planned,
            executed=r.executed, verdicts=dict(r.verdicts), counted=r.counted,
        )
        for r in shown.shown
    )  # fmt: skip
    return visit.json(answers.RunPart(**_about(shown), lines=lines))


@PAGES.json("/api/deviations", may="use", words="every deviation, open ones first", gives=answers.DeviationPart, query=(PAGE,))
def deviations(visit: Visit) -> Response:
    shown = part(visit.once("deviations", standings), visit.number("page"))
    lines = tuple(
        answers.DeviationLine(
            id=s.id, run=s.opened.run, case=s.opened.case, step=s.opened.step, life=s.life, open=s.open, classification=s.classification,
            decision=s.disposed.decision, opened=s.opened.opened, closed=s.closed, expected=s.opened.expected, observed=s.opened.actual,
        )
        for s in shown.shown
    )  # fmt: skip
    return visit.json(answers.DeviationPart(**_about(shown), lines=lines))


@PAGES.json(
    "/api/audit", may="use", words="the audit trail, the newest event first", gives=answers.EventPart,
    query=(
        Query(name="record", words="kind/id, kind/ for all of a kind, or a document with or without its revision"),
        Query(name="person", words="user id"), Query(name="action", words="create, sign, log-in-refused, ..."),
        Query(name="since", kind="day", words="this day and later"), Query(name="words", words="stands anywhere in the event"), PAGE,
    ),
)  # fmt: skip
def trail(visit: Visit) -> Response:
    names = ("record", "person", "action", "since", "words")
    wanted = reading_trail.selection(**{n: visit.asked(n) for n in names}, until="")
    found = reading_trail.page(visit.room.ledger, wanted, visit.number("page"), SIZE)
    lines = tuple(
        answers.EventLine(
            seq=e.seq, at=e.at, person=e.person, printed_name=e.printed_name, role=e.role, action=e.action, record=e.record, version=e.version,
            changes=tuple(answers.ChangeLine(field=c.field, old=c.old, new=c.new) for c in e.changes), reason=e.reason, source=e.source,
        )
        for e in found.events
    )  # fmt: skip
    return visit.json(
        answers.EventPart(
            page=found.number,
            pages=found.pages,
            total=found.taken,
            events_in_all=found.head.count,
            head=str(found.head.hash),
            lines=lines,
        )
    )


@PAGES.json("/api/openapi.json", may="use", words="what the JSON interface answers, as OpenAPI 3.1", gives=Description)
def description(visit: Visit) -> Response:
    return visit.json(_description(visit.room.cookie))


@cache
def _description(cookie: str) -> Description:
    return Description(**describe(routes(), cookie, __version__))
