"""Every page of the room at an address that shows something of the worked example. What is added to the room is found by its route."""

from __future__ import annotations

import re
from collections.abc import Mapping

from csvgen.identity.rights import own_matrix
from csvgen.portal.routing import EVERYBODY, Route, routes

from .worked import Worked

_FILES = ("/static/{name}", "/evidence/{run}/{digest}", "/documents/{id}/r/{revision}/file/{number}", "/documents/{id}/r/{revision}/copy",
          "/runs/{run}/stream", "/sign-on/callback", "/documents/{id}/handover/{digest}")  # fmt: skip
"""What is got by these is no page, or one that goes on to another by itself."""
PEOPLE = ("ruth.amsel", "ines.halvorsen", "mara.ivens", "nadia.corso", "oskar.lindqvist", "tomas.feld", "pavel.broz")


def pages(project: Worked) -> Mapping[str, tuple[str, str]]:
    """Name of a page -> who looks at it, and its address."""
    state = project.state
    deviation = state.deviations[-1]
    run = next(r for r in state.runs if r.run == "OQ-001")
    step = next(
        (r.case, a)
        for r in run.results
        for s in r.steps
        for a in s.attachments
        if a.media_type == "text/plain" or a.kind == "table"
    )
    requirement = next(row for row in state.matrix.rows if row.requirement in state.protocol.case[deviation.case].requirements)
    named = {
        "queue": "/", "documents": "/documents", "document": "/documents/QCR-URS", "review-protocol": "/review/QCR-OQP",
        "review-record": f"/review/QCR-RUN-OQ-001?case={step[0]}&evidence={step[1].sha256}", "review-failed": "/review/QCR-RUN-OQ-001?only=not-run",
        "review-report": "/review/QCR-IQR", "batch": "/batch", "matrix": "/matrix", "matrix-cases": "/matrix?view=cases", "gaps": "/matrix?view=gaps",
        "requirement": f"/requirements/{requirement.requirement}", "risk": f"/risks/{requirement.risks[0]}", "case": f"/cases/{deviation.case}",
        "trace": f"/trace?id={deviation.id}", "deviations": "/deviations", "deviation": f"/deviations/{deviation.id}", "runs": "/runs",
        "run": "/runs/OQ-001", "progress": "/runs/OQ-001/progress", "attended": "/attended", "audit": "/audit", "audit-review": "/audit/review",
        "audit-checks": "/audit/checks?run=yes", "verify": "/verify?thing=qc-release/runs/OQ-001&run=yes", "dashboard": "/dashboard",
        "people": "/people", "person": "/people/nadia.corso", "rights": "/rights", "signed": "/signed/QCR-URS/1/1",
        "withdraw": "/documents/QCR-RUN-OQ-001/withdraw", "paper": "/documents/QCR-RUN-OQ-001/paper", "conclude": "/conclude/oq-report",
        "handover": "/documents/QCR-RUN-OQ-001/handover", "handovers": "/handovers", "abandon": "/runs/OQ-001/abandon",
        "refused": "/sign/QCR-URS", "sign-record": "/sign/QCR-RUN-OQ-001", "absent": "/requirements/URS-NO-1", "attended-none": "/attended/OQ-001",
    }  # fmt: skip
    found = {name: (_who(project, address), address) for name, address in named.items()}
    found |= {name: ("pavel.broz", named[name]) for name in ("queue", "sign-record", "batch", "review-record")}
    known = {_route(address).path for address in named.values()} | {"/login"}
    for route in _pages():
        if route.path not in known:
            address = _filled(
                route.path,
                {"run": "OQ-001", "case": deviation.case, "digest": str(step[1].sha256), "revision": "1", "number": "1"},
            )
            found[re.sub(r"[^a-z]+", "-", address.casefold()).strip("-")] = (_who(project, address), address)
    return found


def _pages() -> tuple[Route, ...]:
    return tuple(
        r for r in routes() if r.method == "GET" and r.gives is None and r.path not in _FILES and not r.path.startswith("/api/")
    )


def _filled(path: str, values: Mapping[str, str]) -> str:
    kind = path.split("/")[1]
    own = {"people": "nadia.corso", "deviations": "DEV-001", "runs": "OQ-001"}.get(kind, "QCR-URS")
    return re.sub(r"\{([a-z]+)(?::[a-z]+)?\}", lambda m: values.get(m.group(1), own), path)


def _route(address: str) -> Route:
    path = address.partition("?")[0]
    fixed = [r for r in _pages() if r.path == path]
    return (fixed or [r for r in _pages() if re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", r.path), path)])[0]


def _who(project: Worked, address: str) -> str:
    """Somebody whose role holds the function of the page."""
    may, matrix = _route(address).may, own_matrix()
    roles = {"ruth.amsel": "quality", "ines.halvorsen": "administrator", "mara.ivens": "validation-lead", "nadia.corso": "tester",
             "oskar.lindqvist": "process-owner", "tomas.feld": "system-owner", "pavel.broz": "reviewer"}  # fmt: skip
    return next((p for p in PEOPLE if may == EVERYBODY or matrix.holds(roles[p], may)), PEOPLE[0])
