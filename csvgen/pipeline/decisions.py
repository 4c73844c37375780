"""Decisions by signature: review, release, rejection of a lot, disposition of a deviation (port Signing, Pipeline.dispose).

Each has its gates before any secret is looked at: order of the life, separation of duties, completeness, deviations, raw
files intact. What is missing is said in the refusal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack

from csvgen.canonical import Digest
from csvgen.clock import stored
from csvgen.diagnostics import many
from csvgen.errors import BadInput, Refused
from csvgen.identity.directory import Session
from csvgen.pipeline import aside, conditions, life, materials
from csvgen.pipeline.certificates import Certificates
from csvgen.pipeline.core import Core, line, named
from csvgen.pipeline.deviations import (
    OUT_OF_SPECIFICATION,
    Deviation,
    Phase,
    deviations_of,
    kinds,
    refuse_blocked,
    refuse_rejected,
)
from csvgen.pipeline.flow.record import RunRecord
from csvgen.pipeline.forms import FORMS, render
from csvgen.pipeline.nouns import Lot
from csvgen.pipeline.reintegration import of_lot as integrations_of
from csvgen.pipeline.review import Reviews
from csvgen.pipeline.rounding import IN
from csvgen.pipeline.runs import method_of
from csvgen.pipeline.separation import refuse_own
from csvgen.pipeline.sheet import Sheets, find, identify
from csvgen.pipeline.signing import Signatures, meanings, word_of
from csvgen.ports import Outcome, RecordCopy, SignatureView

MEANINGS: tuple[life.Act, ...] = ("reviewed", "released", "rejected")
DECISIONS = ("accept", "reject")
"""How a deviation is disposed of; an assignable cause and a changed integration have verbs of their own."""


class Decisions:
    """What people decide by signature, and how signatures are shown."""

    def __init__(self, core: Core, reviews: Reviews, certificates: Certificates) -> None:
        self._core = core
        self._reviews = reviews
        self._certificates = certificates
        self._signatures = Signatures(core)
        self._sheets = Sheets(core)

    # ------------------------------------------------------------ signing lots

    def sign(
        self, session: str, record: str, meaning: str, reason: str, user_id: str, password: str, packet: str = ""
    ) -> Outcome:
        """Sign a lot as reviewed, released or rejected. The first signing of a session takes user id and password.

        A review signs the lot together with the review packet this session was shown; `packet` may say its digest, to be sure.
        A release gives the certificate of analysis, in the same change.
        """
        act = life.act(meaning) if meaning in MEANINGS else None
        if act is None or meaning not in meanings():
            self._core.admit(session, "signatures", named(record))
            raise BadInput(f"no meaning {meaning[:40]!r}; a lot is signed as {', '.join(MEANINGS)}", rule="RR-M03")
        with self._core.acting(session, f"sign_{meaning}", named(record)) as acting:
            kind, lot_id = identify(record)
            if kind != "lot":
                raise BadInput(f"{record[:80]!r} is not a lot; only lots are signed, deviations are disposed")
            lot, version = self._core.known("lot", lot_id, Lot)
            line(reason, "reason", blank=meaning != "rejected")
            state = life.after(lot_id, life.state(self._core.state(lot_id)), act)
            self._gates(lot, acting, act)
            self._intact(lot)
            shown = self._reviews.of_session(acting.id, lot_id, packet) if act == "reviewed" else None
            hand = self._signatures.hand(acting, meaning, reason, user_id, password)
            facts: dict[str, str] = {}
            with ExitStack() as kept, self._core.ledger.change(self._core.actor(acting), reason or meaning) as change:
                if shown is not None:
                    kept.enter_context(self._core.results.kept(shown.data, "review packet"))
                    lot = lot.model_copy(update={"review": shown.shown})
                    version = change.put("lot", lot_id, lot.model_dump(), action="review")
                    facts["packet"] = str(shown.shown.packet)
                signed = self._signatures.make(change, version, hand)
                change.put("status", lot_id, {"lot": lot_id, "state": state}, reason=f"signed as {meaning}")
                if act == "released":
                    facts["certificate"] = self._certificates.issue(change, lot, version, hand, signed, kept)
                for deviation in self._deviations(lot) if act == "rejected" else ():
                    if deviation.state == "open":
                        closed = self._decided(deviation, acting, "reject", reason)
                        change.put("deviation", deviation.id, closed.model_dump(), reason=f"lot rejected: {reason}")
        facts |= {"version": str(version.number), "components": ", ".join(signed.components), "state": state}
        if notes := self._sheets.of(f"lot/{lot_id}").notes:
            facts["notes"] = "; ".join(notes)
        told = f"; certificate {facts['certificate']} issued" if "certificate" in facts else ""
        return Outcome(True, f"lot {lot_id} signed as {meaning}{told}", f"signature/lot/{lot_id}#{signed.number}", facts)

    def review_packet(self, session: str, lot: str) -> RecordCopy:
        """The lot, every record about it and its audit trail, to be read before the review is signed in this session."""
        return self._reviews.packet(session, lot)

    def review_lines(self, session: str, lot: str) -> tuple[str, ...]:
        """The review packet as a terminal shows it; the review signed in this session binds it, whole."""
        return self._reviews.packet_lines(session, lot)

    def _gates(self, lot: Lot, session: Session, act: life.Act) -> None:
        """Separation of duties, completeness, deviations; in the words of what is missing."""
        if act == "reviewed":
            self._may_review(lot, session)
        else:
            refuse_own(self._core, f"lot/{lot.lot}", session, "decide on its release")
            self._may_decide(lot, session)
        if act == "released":
            self._may_release(lot, session)

    def _may_review(self, lot: Lot, session: Session) -> None:
        person, name = session.account.id, session.account.printed_name
        refuse_own(self._core, f"lot/{lot.lot}", session, "review it")
        integrations = integrations_of(self._core, lot.lot)
        if any(r.by == person for r in integrations):
            raise Refused(f"{name} changed an integration of lot {lot.lot} and may not review it", rule="RR-G02")
        refuse_blocked(self._core, f"lot/{lot.lot}", "reviewed")
        if waiting := [r.id for r in integrations if r.state == "waiting"]:
            raise Refused(f"lot {lot.lot} has a changed integration that is not signed: {', '.join(waiting)}", rule="RR-F04")
        aside.refuse_waiting(self._core, lot.lot, life.life().acts["reviewed"].words)
        if quarantined := [name for name, entry in lot.files.items() if entry.standing == "quarantined"]:
            raise Refused(f"lot {lot.lot} has a file in quarantine: {', '.join(quarantined)}", rule="RR-H01")
        if unread := self._unread(lot):
            words = f"lot {lot.lot} has data that were not processed: {', '.join(unread)}"
            raise Refused(f"{words}; what was measured is reported, also where the method does not ask for it", rule="RR-F05")
        if lot.verdict == IN:
            self._named(lot)

    def _unread(self, lot: Lot) -> list[str]:
        """Accepted files for a test that has no result, which no run ever read."""
        parts = method_of(self._core, lot).parts
        read = {str(i.sha256) for r in lot.runs for i in self._core.known("run", r, RunRecord)[0].inputs.values()}
        waiting = {n: e for n, e in lot.files.items() if e.standing == "accepted" and e.part in parts and e.part not in lot.done}
        return [name for name, entry in waiting.items() if str(entry.sha256) not in read]

    def _may_decide(self, lot: Lot, session: Session) -> None:
        judged = [j for j in self._signatures.of(f"lot/{lot.lot}") if j.valid and j.record and word_of(j.record) == "reviewed"]
        if not judged:
            raise Refused(f"lot {lot.lot} has no valid review signature", rule="RR-F01")
        if session.account.id in [j.record.person for j in judged if j.record]:
            name = session.account.printed_name
            raise Refused(f"{name} reviewed lot {lot.lot} and may not decide on its release", rule="RR-G02")

    def _may_release(self, lot: Lot, session: Session) -> None:
        self._reviews.refuse_overtaken(lot)
        if missing := lot.missing(method_of(self._core, lot)):
            raise Refused(
                f"lot {lot.lot} is incomplete and cannot be released: no result for {', '.join(missing)}", rule="RR-X12"
            )
        if lot.verdict != IN:
            raise Refused(f"lot {lot.lot} is {lot.verdict} and cannot be released", rule="RR-F04")
        aside.refuse_outside(self._core, lot.lot)
        self._named(lot)
        refuse_blocked(self._core, f"lot/{lot.lot}", "released")
        refuse_rejected(self._core, f"lot/{lot.lot}")
        if unmet := conditions.unmet(self._core, (method_of(self._core, lot).pipeline, lot.method), self._people(lot, session)):
            raise Refused(f"lot {lot.lot} cannot be released: {'; '.join(unmet)}", rule="RR-F04")

    def _named(self, lot: Lot) -> None:
        """A lot that could be released says what it is; asked before the review too, because saying it later makes that void."""
        if why := materials.unfit(self._core, lot):
            hint = f"csvgen pipeline lot {lot.lot} --material ID --manufactured DAY --reason ..."
            raise Refused(f"lot {lot.lot} cannot be released: {why}", rule="RR-F04", hint=hint)

    def _people(self, lot: Lot, session: Session) -> tuple[tuple[str, str], ...]:
        """Who acted on the results, with the time of each act: operators, reviewers, and whoever is about to release."""
        ran = [(run.operator, str(run.ended)) for run, _ in self._core.of_lot("run", lot.lot, RunRecord)]
        made = (j.record for j in self._signatures.of(f"lot/{lot.lot}") if j.valid and j.record)
        return (*ran, *((r.person, str(r.signed)) for r in made), (session.account.id, stored(self._core.clock.now())))

    def _deviations(self, lot: Lot) -> tuple[Deviation, ...]:
        return deviations_of(self._core, f"lot/{lot.lot}")

    def _intact(self, lot: Lot) -> None:
        for name, entry in lot.files.items():
            self._core.raw.read(Digest(entry.sha256), name)

    # ------------------------------------------------------------ deviations

    def dispose(self, session: str, deviation: str, decision: str, reason: str, user_id: str, password: str) -> Outcome:
        """Decide on a deviation, by signature: accept (the data stand) or reject (nothing about it can be released)."""
        with self._core.acting(session, "dispose", f"deviation/{deviation[:40]}") as acting:
            found, _ = self._core.known("deviation", deviation, Deviation)
            if found.state != "open":
                raise Refused(f"{deviation} is closed: it was decided with {found.decision}", rule="RR-F05")
            if decision not in DECISIONS:
                raise BadInput(f"no decision {decision[:40]!r}; the decisions are {', '.join(DECISIONS)}")
            if decision not in kinds()[found.kind].decisions:
                words = f"{deviation} is about a result out of specification; it cannot be accepted"
                raise Refused(
                    words
                    if found.kind == OUT_OF_SPECIFICATION
                    else f"{deviation} ({found.kind}) cannot be decided with {decision}",
                    rule="RR-F04",
                )
            refuse_own(self._core, found.subject or f"lot/{found.lot}", acting, f"dispose of {found.id}")
            line(reason, "reason")
            hand = self._signatures.hand(acting, "disposed", reason, user_id, password)
            decided = self._decided(found, acting, decision, reason)
            with self._core.ledger.change(self._core.actor(acting), reason) as change:
                version = change.put("deviation", deviation, decided.model_dump())
                self._signatures.make(change, version, hand)
        return Outcome(True, f"{deviation} disposed: {decision}", f"deviation/{deviation}", {"decision": decision})

    def _decided(self, found: Deviation, acting: Session, decision: str, reason: str) -> Deviation:
        """The deviation as decided; of an investigation the conclusion is on record too: the result stands."""
        update: dict[str, object] = {"state": "closed", "decision": decision, "disposition": reason}
        if found.kind == OUT_OF_SPECIFICATION:
            conclusion = Phase(
                phase="conclusion",
                findings=f"No assignable cause was signed; the result stands. {reason}",
                by=acting.account.id,
                printed_name=acting.account.printed_name,
                at=stored(self._core.clock.now()),
            )
            update["phases"] = (*found.phases, conclusion)
        return found.model_copy(update=update)

    # ------------------------------------------------------------ showing

    def signatures(self, session: str, record: str) -> tuple[SignatureView, ...]:
        """Every signature ever made on a record, in order, each with its status as of now."""
        self._core.admit(session, "signatures", named(record))
        kind, identity = find(self._core, record)
        return self._sheets.signature_views(kind, identity)

    def manifestation(self, session: str, record: str, form: str) -> str:
        """The record in one readable form, as text; each form shows name, time, meaning and status of every signature."""
        self._core.admit(session, "signatures", named(record))
        if form not in FORMS:
            raise BadInput(f"no form {form[:40]!r}; the forms are {', '.join(FORMS)}")
        return render(self._sheets.of(record), form)

    def forms(self) -> tuple[str, ...]:
        """The readable forms there are."""
        return FORMS

    def check_signatures(self, session: str, record: str, signatures: Sequence[Mapping[str, bytes]]) -> Outcome:
        """Judge signatures offered for a record, each as ``record`` (signed JSON) and ``cms``. Accepted when whole and valid."""
        self._core.admit(session, "signatures", named(record))
        kind, identity = identify(record)
        problems = self._signatures.check(f"{kind}/{identity}", [(bytes(s["record"]), bytes(s["cms"])) for s in signatures])
        if problems:
            return Outcome(False, "; ".join(problems))
        return Outcome(True, f"{many(len(signatures), 'signature')} on {kind}/{identity}: valid")
