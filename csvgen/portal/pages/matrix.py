"""The matrix, live: requirements with their cases and cases with their requirements, what is open first; one requirement, risk, case."""

from __future__ import annotations

from starlette.responses import Response

from csvgen.model.spec import Spec
from csvgen.portal.absent import absent
from csvgen.portal.paging import part
from csvgen.portal.routing import Pages
from csvgen.portal.visit import Visit
from csvgen.risk.residual import residual_status
from csvgen.risk.scheme import assess, rating_scheme
from csvgen.trace import listing as lists
from csvgen.trace.listing import Listing, Wanted
from csvgen.workflow import past
from csvgen.workflow.state import ProjectState
from csvgen.workflow.tracing import Index

PAGES = Pages()
_VIEWS = ("requirements", "cases", "gaps")


def listed(state: ProjectState) -> Listing:
    return lists.listing(state.spec, state.matrix, {c.id: c.priority for c in state.protocol.cases})


def listed_of(state: ProjectState) -> tuple[object, ...]:
    return state.spec, state.matrix, state.protocol


def index(visit: Visit) -> Index:
    """The index of the project as it is now; made once while its files stay."""
    return visit.once("index", Index)


@PAGES.get("/matrix", may="use", words="the traceability matrix, both ways, gaps first", nav="Matrix", order=30)
def matrix(visit: Visit) -> Response:
    found: Listing = visit.once("matrix", listed, listed_of)
    view = visit.asked("view") if visit.asked("view") in _VIEWS else "requirements"
    wanted = Wanted(visit.asked("find").strip(), visit.asked("standing"), visit.asked("phase"), visit.asked("priority"))
    chosen: tuple[object, ...] = {"requirements": lists.requirements, "cases": lists.cases, "gaps": lists.gaps}[view](
        found, wanted
    )
    counts = {"requirements": found.coverage, "cases": found.verdicts, "gaps": found.kinds}[view]
    total = {"requirements": len(found.requirements), "cases": len(found.cases), "gaps": len(found.gaps)}
    return visit.page(
        "matrix.html", title="Matrix", view=view, part=part(chosen, visit.number("page")), counts=counts, total=total,
        asked={"view": view, "find": wanted.words, "standing": wanted.standing, "phase": wanted.phase, "priority": wanted.priority},
        passed=lists.passed, complete=visit.state.matrix.complete,
    )  # fmt: skip


@PAGES.get("/requirements/{id}", may="use", words="one requirement: risks, cases, runs, evidence, deviations, history")
def requirement(visit: Visit) -> Response:
    state, identity = visit.state, visit.part("id")
    said = state.spec.requirement.get(identity)
    if said is None:
        return absent(visit, "requirement", identity)
    known = index(visit)
    row = known.rows[identity]
    words = visit.once("words of urs", lambda s: past.words(s, "urs"))
    approved, changed = past.since_approved(state, "urs", identity, words)
    cases = [(link, state.protocol.case.get(link.case)) for link in row.links]
    deviations = [known.deviations[d] for d in dict.fromkeys(a.deviation for k in row.links for a in k.attempts if a.deviation)]
    page = part(cases, visit.number("page"), 25)
    return visit.page(
        "requirement.html", title=identity, req=said, row=row, part=page, risks=_risks(visit, row.risks), deviations=deviations,
        functions=[f for f in state.spec.functions if f.id in row.functions], history=past.history(state, "urs", identity, words),
        approved=approved, changed=changed, gaps=[g for g in state.matrix.gaps if g.subject == identity],
        attached=lambda run, name: known.evidence.get(f"{run} {name}"), passed=lists.passed,
    )  # fmt: skip


def _risks(visit: Visit, names: tuple[str, ...]) -> list[dict[str, object]]:
    """Each risk with its class and priority as rated, and what its residual rating is worth now."""
    state, known = visit.state, index(visit)
    scheme, words = rating_scheme(state.spec), visit.once("words of risk", lambda s: past.words(s, "risk"))
    found: list[dict[str, object]] = []
    for name in names:
        risk = state.spec.risk[name]
        verdicts = {c: known.reverse[c].final for c in known.cases_of_risk(name)}
        since, changed = past.since_approved(state, "risk", name, words)
        found.append(
            {
                "risk": risk, "assessed": assess(risk, scheme), "residual": residual_status(risk, scheme, verdicts), "cases": verdicts,
                "since": since, "changed": changed,
            }
        )  # fmt: skip
    return found


@PAGES.get("/risks/{id}", may="use", words="one risk: ratings, requirements, cases, what the residual rating is worth")
def risk(visit: Visit) -> Response:
    identity = visit.part("id")
    if identity not in visit.state.spec.risk:
        return absent(visit, "risk", identity)
    (told,) = _risks(visit, (identity,))
    spec: Spec = visit.state.spec
    rows = [index(visit).rows[r] for r in spec.risk[identity].requirements if r in index(visit).rows]
    words = visit.once("words of risk", lambda s: past.words(s, "risk"))
    return visit.page(
        "risk.html", title=identity, told=told, rows=rows, reverse=index(visit).reverse,
        history=past.history(visit.state, "risk", identity, words),
    )  # fmt: skip


@PAGES.get("/cases/{id}", may="use", words="one test case: steps, requirements, executions, evidence")
def case(visit: Visit) -> Response:
    identity, known = visit.part("id"), index(visit)
    said, row = visit.state.protocol.case.get(identity), known.reverse.get(identity)
    if said is None or row is None:
        return absent(visit, "case", identity)
    results = [(run, r) for run in visit.state.runs for r in run.results if r.case == identity]
    counted = {a.run for a in known.links[identity].attempts} if identity in known.links else set()
    rows = [known.rows[r] for r in said.requirements if r in known.rows]
    return visit.page(
        "case.html", title=identity, script=said, row=row, rows=rows, results=list(reversed(results)), counted=counted,
        deviations=[d for d in known.deviations.values() if d.case == identity],
    )  # fmt: skip
