"""Signing: one page that shows what is signed and asks for everything anew; and many records in one sitting, each of them shown."""

from __future__ import annotations

from starlette.responses import Response

from csvgen.errors import CsvgenError, Refused
from csvgen.model.signature import DECLINED, REASONS, STATEMENTS
from csvgen.portal.routing import Pages
from csvgen.portal.stating import act, act_proved, asked, elsewhere, of_form, step_up
from csvgen.portal.views import url
from csvgen.portal.visit import Visit
from csvgen.signature.manifestation import DEMONSTRATION
from csvgen.signature.record import Signature
from csvgen.workflow.queue import item_of, queue, refuse_unseen, refused, sign_shown
from csvgen.workflow.renditions import manifestation_of
from csvgen.workflow.signing import Act, SigningDesk, Waiting, able, refuse_words, waiting
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
        problem=problem, kept=kept, demonstration=DEMONSTRATION if d.demonstration else "", **asked(visit, "sign", d.id, str(d.digest)),
    )  # fmt: skip


@PAGES.post("/sign/{id}", may="use", words="sign one record, or send it back with a reason")
def sign(visit: Visit) -> Response:
    identity, digest = visit.part("id"), visit.field("digest")
    item = item_of(visit.state, identity)
    try:
        if elsewhere(visit) and "secret" not in visit.form:
            return _step_up(visit, item, digest)
        given = act_proved(visit, "sign", identity, digest) if elsewhere(visit) else of_form(visit)
        made = _signed(visit, identity, digest, given)
    except Refused as problem:
        if visit.who.ended:
            raise
        return _page(visit, item, problem, 403)
    verb = "You sent back" if made.record.meaning == DECLINED else f"You signed as {made.record.meaning}:"
    return visit.go(
        f"/signed/{made.record.record}/{made.record.revision}/{made.record.number}", f"{verb} {identity} r{made.record.revision}."
    )


def _step_up(visit: Visit, item: Waiting, digest: str) -> Response:
    """What was stated is held against the record first: nobody logs in at the provider for a signature that cannot be made."""
    station, given = item.station, of_form(visit)
    refuse_unseen(item.document, digest)
    refuse_words(item.document.id, station.role, given, (station.meaning, DECLINED), visit.now, item.last)
    return step_up(visit, "sign", item.document.id, digest, url("/sign", item.document.id))


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
        kept=visit.form if problem is not None else {}, chosen=visit.lists.get("record", ()), **asked(visit, "sign"),
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
        given_act = act(proved, given["meaning"], given["reason_code"], visit.form.get("reason", ""))
        try:
            _signed(visit, identity, given["digest"], given_act)
        except Refused as problem:
            if visit.who.ended:
                raise
            told = f"signed before it: {', '.join(done)}" if done else "nothing was signed"
            visit.anew()
            return _batch(visit, Refused(f"{identity}: {problem.message}; {told}", hint=problem.hint, rule=problem.rule), 403)
        done.append(identity)
    return visit.go("/", f"You signed {len(done)} records: {', '.join(done)}.")
