"""Withdrawing a record, or what was asked of signers with it: by signature and with a reason, as `csvgen withdraw`."""

from __future__ import annotations

from starlette.responses import Response

from csvgen.errors import CsvgenError, Refused
from csvgen.model import lifecycle
from csvgen.model.signature import REASONS, STATEMENTS, WITHDRAWN
from csvgen.portal.routing import Pages
from csvgen.portal.stating import act_proved, asked, elsewhere, of_form, step_up
from csvgen.portal.views import url
from csvgen.portal.visit import Visit
from csvgen.signature.approvals import Approval
from csvgen.workflow.queue import refuse_unseen, withdraw_shown
from csvgen.workflow.reading import revision
from csvgen.workflow.signing import SigningDesk, refuse_words

PAGES = Pages()


@PAGES.get("/documents/{id}/withdraw", may="withdraw", words="the page on which a record is withdrawn")
def page(visit: Visit) -> Response:
    return _page(visit, revision(visit.state, visit.part("id")))


def _page(visit: Visit, approval: Approval, problem: CsvgenError | None = None, status: int = 200) -> Response:
    d, life = approval.document, visit.state.life(approval)
    kept = {n: visit.form.get(n, "") if problem is not None else "" for n in ("reason", "meaning", "reason_code")}
    return visit.page(
        "withdraw.html", status, title=f"Withdraw {d.id} r{d.revision}", d=d, approval=approval, life=life, ends=ends(life), problem=problem,
        kept=kept, meaning=WITHDRAWN, statement=STATEMENTS[WITHDRAWN], reasons=REASONS[WITHDRAWN],
        **asked(visit, "withdraw", d.id, str(d.digest)),
    )  # fmt: skip


def ends(life: str) -> bool:
    """Whether a record of this state can be withdrawn."""
    return any((first, second) == (life, WITHDRAWN) for first, second, _ in lifecycle.STEPS)


@PAGES.post("/documents/{id}/withdraw", may="withdraw", words="withdraw a record by signature; nobody may rely on it any more")
def withdraw(visit: Visit) -> Response:
    identity, digest = visit.part("id"), visit.field("digest")
    approval = revision(visit.state, identity)
    try:
        if elsewhere(visit) and "secret" not in visit.form:
            return _step_up(visit, approval, digest)
        given = act_proved(visit, "withdraw", identity, digest) if elsewhere(visit) else of_form(visit)
        state = visit.anew()
        with visit.room.hashing:
            desk = SigningDesk(state, visit.directory, visit.room.clock)
            made = withdraw_shown(desk, state, visit.who, (identity, digest), given)
    except Refused as problem:
        if visit.who.ended:
            raise
        return _page(visit, approval, problem, 403)
    for trouble in visit.room.fix(visit.actor, "withdraw"):
        visit.here.tell(f"A checkpoint of the audit trail did not get to an anchor: {trouble}")
    return visit.go(url("/documents", identity), f"You withdrew {identity} r{made.record.revision}. It stays visible for ever.")


def _step_up(visit: Visit, approval: Approval, digest: str) -> Response:
    d = approval.document
    last = max((d.composed, *(s.record.signed for s in approval.signatures)))
    refuse_unseen(d, digest)
    refuse_words(d.id, ", ".join(visit.account.roles), of_form(visit), (WITHDRAWN,), visit.now, last)
    return step_up(visit, "withdraw", d.id, digest, url("/documents", d.id, "withdraw"))
