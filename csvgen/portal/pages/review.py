"""Review by exception: gauges, a navigator of cases, expected beside observed, and the evidence beside it."""

from __future__ import annotations

from itertools import islice
from typing import Any

from starlette.responses import Response

from csvgen.errors import NotIntact
from csvgen.portal.differences import marked
from csvgen.portal.routing import Pages
from csvgen.portal.showing import shown_as
from csvgen.portal.views import url
from csvgen.portal.visit import Visit
from csvgen.signature.approvals import Approval
from csvgen.workflow import commenting
from csvgen.workflow.queue import refused
from csvgen.workflow.reading import revision
from csvgen.workflow.reviewing import GAUGES, Card, Review, attachment, review
from csvgen.workflow.signing import Waiting
from csvgen.workflow.state import ProjectState

PAGES = Pages()
_PAGE = 25


@PAGES.get("/review/{id}", may="use", words="a protocol, report or executed record, gone through by exception")
def page(visit: Visit) -> Response:
    identity = visit.part("id")
    approval = revision(visit.state, identity)
    found = reviewed(visit, approval)
    only, at = visit.asked("only"), visit.asked("case")
    cards = found.only(only)
    place = commenting.place(visit.room.ledger, visit.account.id, approval.document)
    card = next((c for c in cards if c.id == at), None) or (cards[0] if cards else None)
    seen = _seen(visit, f"{identity} {approval.document.digest}", card)
    said = commenting.threads(visit.room.ledger, approval.document)
    number = next((n for n, c in enumerate(cards) if card is not None and c.id == card.id), 0)
    first = number // _PAGE * _PAGE
    turns = {
        "before": cards[first - _PAGE].id if first else "",
        "after": cards[first + _PAGE].id if first + _PAGE < len(cards) else "",
    }
    return visit.page(
        "review.html", title=f"Review of {identity}", approval=approval, d=approval.document, review=found, gauges=GAUGES, only=only,
        cards=cards[first : first + _PAGE], all=len(cards), card=card, number=number, first=first, per_page=_PAGE, turns=turns, seen=seen,
        place=place,
        total=len(found.cards), steps=_neighbours(identity, only, cards, number), evidence=_evidence(visit, card), marked=marked,
        threads=[t for t in said if card is not None and t.case == card.id], open_threads=[t for t in said if t.open],
        mine=_waits_for(visit, approval), changed_here=[c for c in found.changed if card is not None and f"/{card.id}/" in f"/{c.path}/"],
    )  # fmt: skip


def reviewed(visit: Visit, approval: Approval) -> Review:
    """The record as it is gone through, made once while what it tells of stays."""

    def made_of(state: ProjectState) -> tuple[object, ...]:
        revisions = (a for a in state.approvals if a.document.id == approval.document.id)
        return approval, *revisions, state.trust, state.protocol, state.runs, state.deviations, state.challenge

    name = f"review {approval.document.id} r{approval.document.revision}"
    found: Review = visit.once(name, lambda state: review(state, approval), made_of)
    return found


def _waits_for(visit: Visit, approval: Approval) -> bool:
    """Whether the visitor is the one who signs it next."""
    station = approval.awaiting
    return station is not None and not refused(
        visit.state, visit.directory, visit.account, Waiting(approval, station, ""), visit.now
    )


def _seen(visit: Visit, key: str, card: Card | None) -> set[str]:
    """Cases of this record that were opened since the log-in: what the progress counts."""
    seat = visit.here
    known = [*seat.place.get(key, "").split(), *([card.id] if card is not None else [])]
    seat.place[key] = " ".join(dict.fromkeys(known))
    return set(known)


def _neighbours(identity: str, only: str, cards: tuple[Card, ...], number: int) -> dict[str, str]:
    """Where the keys lead: j and k to the neighbours, n to the next exception, f to the first that failed."""

    def to(card: Card) -> str:
        return url("/review", identity, only=only, case=card.id) + "#case"

    found = dict.fromkeys("jknf", "")
    if number + 1 < len(cards):
        found["j"] = to(cards[number + 1])
    if number > 0:
        found["k"] = to(cards[number - 1])
    if marked_one := next((c for c in islice(cards, number + 1, None) if c.marks), None):
        found["n"] = to(marked_one)
    if failed := next((c for c in cards if "failed" in c.marks), None):
        found["f"] = to(failed)
    return found


# ------------------------------------------------------------ evidence


def _evidence(visit: Visit, card: Card | None) -> dict[str, Any] | None:
    """The piece of evidence that is open beside, as far as it can be shown."""
    digest = visit.asked("evidence")
    if not digest or card is None or not card.run:
        return None
    named, data = attachment(visit.state, card.run, digest)
    shown: dict[str, Any] = {
        "named": named,
        "run": card.run,
        "whole": bool(data),
        "hex": str(named.sha256).removeprefix("sha256:"),
    }
    return shown | shown_as(named, data)


@PAGES.get("/evidence/{run}/{digest}", may="use", words="a piece of evidence, as it was recorded")
def evidence(visit: Visit) -> Response:
    """Apart from the pages, under a policy that lets nothing run; what is not what was recorded is not given."""
    named, data = attachment(visit.state, visit.part("run"), visit.part("digest"))
    if not data and named.size:
        raise NotIntact("this evidence is missing, or is not what was recorded", where=named.id)
    return visit.file(data, named.name or named.id, named.media_type, inside=visit.asked("show") == "yes")


# ------------------------------------------------------------ my place


@PAGES.post("/review/{id}/place", may="use", words="keep my place in a review")
def keep_place(visit: Visit) -> Response:
    identity, case = visit.part("id"), visit.field("case")
    approval = revision(visit.state, identity)
    commenting.keep_place(visit.room.ledger, visit.actor, approval.document, case)
    return visit.go(url("/review", identity, case=case, only=visit.form.get("only", "")), f"Your place is kept at {case}.")
