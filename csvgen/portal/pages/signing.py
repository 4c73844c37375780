"""Signing: one page that shows what is signed and asks for everything anew; and many records in one sitting, each of them shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from csvgen.errors import CsvgenError, Refused
from csvgen.identity.signed_on import SignedOn
from csvgen.model.signature import DECLINED, REASONS, STATEMENTS
from csvgen.portal.routing import Pages
from csvgen.portal.visit import Visit
from csvgen.signature.manifestation import DEMONSTRATION
from csvgen.signature.record import Signature
from csvgen.workflow import keys
from csvgen.workflow.queue import item_of, queue, refused, sign_shown
from csvgen.workflow.renditions import manifestation_of
from csvgen.workflow.signing import Act, SigningDesk, Waiting, able, waiting
from csvgen.workflow.voiding import note_void

PAGES = Pages()


@PAGES.get("/sign/{id}", may="use", words="the page on which one record is signed or sent back")
def page(visit: Visit) -> Response:
    return _page(visit, item_of(visit.state, visit.part("id")))


def _page(visit: Visit, item: Waiting, problem: CsvgenError | None = None, status: int = 200) -> Response:
    state, d = visit.state, item.document
    if why := refused(state, visit.directory, visit.account, item, visit.now):
        who = able(state, visit.directory.accounts(), item, visit.now)
        raise problem or Refused(f"you may not sign {d.id}: {why}", hint=f"who can: {who}", rule="RR-G02")
    offered = [m for m in (item.station.meaning, DECLINED) if not item.refusal or m == DECLINED]
    kept = {n: visit.form.get(n, "") if problem is not None else "" for n in ("reason", "meaning", "reason_code")}
    return visit.page(
        "sign.html", status, title=f"Sign {d.id} r{d.revision}", item=item, d=d, offered=offered, statements=STATEMENTS, reasons=REASONS,
        problem=problem, kept=kept, demonstration=DEMONSTRATION if d.demonstration else "", **_asked(visit),
    )  # fmt: skip


def _asked(visit: Visit) -> dict[str, Any]:
    """Which components the next signing of this session takes (21 CFR 11.200(a)(1))."""
    directory, session = visit.directory, visit.who
    first = session.signings == 0
    elsewhere = isinstance(directory, SignedOn) and directory.linked(session.account.id)
    return {
        "first": first, "code": first and directory.asks_code(session.account.id), "elsewhere": elsewhere,
        "token_label": keys.token_of(directory, session.account.id),
    }  # fmt: skip


def _act(form: Mapping[str, str], meaning: str, reason_code: str, reason: str) -> Act:
    """What the person stated and proved. A field that is missing is empty, and what is empty is refused where it is needed."""
    return Act(
        meaning=meaning, reason_code=reason_code, reason=" ".join(reason.split()), user_id=form.get("user_id", "").strip(),
        password=form.get("password", ""), one_time=form.get("code", "").strip(), pin=form.get("pin", ""),
    )  # fmt: skip


@PAGES.post("/sign/{id}", may="use", words="sign one record, or send it back with a reason")
def sign(visit: Visit) -> Response:
    identity = visit.part("id")
    item = item_of(visit.state, identity)
    act = _act(visit.form, visit.form.get("meaning", ""), visit.form.get("reason_code", ""), visit.form.get("reason", ""))
    try:
        made = _signed(visit, identity, visit.field("digest"), act)
    except Refused as problem:
        if visit.who.ended:
            raise
        return _page(visit, item, problem, 403)
    verb = "You sent back" if made.record.meaning == DECLINED else f"You signed as {made.record.meaning}:"
    return visit.go(
        f"/signed/{made.record.record}/{made.record.revision}/{made.record.number}", f"{verb} {identity} r{made.record.revision}."
    )


def _signed(visit: Visit, identity: str, digest: str, act: Act) -> Signature:
    """One signature, as at the command line: records that became void are told first, the trail is fixed afterwards."""
    room, state = visit.room, visit.anew()
    note_void(state, room.ledger, visit.actor)
    with room.hashing:
        made = sign_shown(SigningDesk(state, visit.directory, room.clock), state, visit.who, (identity, digest), act)
    for problem in room.fix(visit.actor, "sign"):
        visit.here.tell(f"A checkpoint of the audit trail did not get to an anchor: {problem}")
    return made


@PAGES.get("/signed/{id}/{revision}/{number}", may="use", words="a signature as it prints, and the signed files")
def signed(visit: Visit) -> Response:
    state, identity = visit.state, visit.part("id")
    found = [
        (a, s)
        for a in state.approvals
        for s in a.signatures
        if a.document.id == identity
        and (str(a.document.revision), str(s.record.number)) == (visit.part("revision"), visit.part("number"))
    ]
    if not found:
        raise Refused(f"there is no such signature on {identity}")
    approval, signature = found[-1]
    mine, _ = queue(state, visit.directory, visit.people, visit.account, visit.once("waiting", waiting), visit.now)
    return visit.page(
        "signed.html", title=f"Signature on {identity}", d=approval.document, signature=signature,
        lines=manifestation_of(signature.record).lines(), next=mine[0] if mine else None,
    )  # fmt: skip


# ------------------------------------------------------------ many at once


@PAGES.get("/batch", may="use", words="every record that waits for me, to be signed in one sitting", nav="Sign several", order=15)
def batch(visit: Visit) -> Response:
    return _batch(visit)


def _batch(visit: Visit, problem: CsvgenError | None = None, status: int = 200) -> Response:
    mine, _ = queue(visit.state, visit.directory, visit.people, visit.account, visit.once("waiting", waiting), visit.now)
    ready = [p for p in mine if not p.item.refusal]
    return visit.page(
        "batch.html", status, title="Sign several records", places=ready, statements=STATEMENTS, reasons=REASONS, problem=problem,
        **_asked(visit),
    )  # fmt: skip


@PAGES.post("/batch", may="use", words="sign the chosen records, each by a signature of its own")
def sign_batch(visit: Visit) -> Response:
    """Each record gets its own meaning, reason and signature; the first that is refused ends the sitting, and what is signed stays."""
    chosen = visit.lists.get("record", ())
    if not chosen:
        return _batch(visit, Refused("no record was chosen; nothing was signed", rule="RR-M03"), 403)
    done: list[str] = []
    for identity in chosen:
        given = {n: visit.form.get(f"{n} {identity}", "") for n in ("meaning", "reason_code", "digest")}
        proved = visit.form if not done else {**visit.form, "user_id": "", "code": ""}
        act = _act(proved, given["meaning"], given["reason_code"], visit.form.get("reason", ""))
        try:
            _signed(visit, identity, given["digest"], act)
        except Refused as problem:
            if visit.who.ended:
                raise
            told = f"signed before it: {', '.join(done)}" if done else "nothing was signed"
            visit.anew()
            return _batch(visit, Refused(f"{identity}: {problem.message}; {told}", hint=problem.hint, rule=problem.rule), 403)
        done.append(identity)
    return visit.go("/", f"You signed {len(done)} records: {', '.join(done)}.")
