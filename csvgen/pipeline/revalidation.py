"""Periodic re-validation: until when the validated state of a pipeline or a method holds, and what follows when it ends.

A change (another artifact, a changed method) ends it at once unless evidence came with the change; time ends it on the due date. Then
a deviation is opened, once, and processing stops by policy (settings ``revalidation_blocks``, ``revalidation_days``,
``extension_days``) until quality signs that it was done, or that it may wait. EU GMP Annex 11, 11; Annex 15, 4.

Record kinds: ``revalidation`` (one for each pipeline and changed method, kept by the system) and ``revalidation-act``, the signed acts.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Literal

from csvgen.audit.ledger import Change, system_actor
from csvgen.canonical import Digest
from csvgen.clock import stored
from csvgen.errors import BadInput, NotIntact, Refused
from csvgen.identity.directory import Session
from csvgen.model.base import Line, Stamp, Value
from csvgen.pipeline.core import Core, line
from csvgen.pipeline.deviations import Deviation, open_deviation
from csvgen.pipeline.judged import once
from csvgen.pipeline.nouns import Day
from csvgen.pipeline.signing import Signatures, word_of
from csvgen.pipeline.sources import as_day
from csvgen.ports import Outcome

OVERDUE = "overdue revalidation"
_WORDS = {"completed": "re-validated", "extended": "extended"}
_NONE = "none: "
_LONGEST_ID = 40


class Revalidation(Value):
    """The validated state of a pipeline or method (record kind ``revalidation``, id ``qc-release`` or ``LIN-01``)."""

    subject: Line
    state: Literal["current", "due"]
    """``due``: a change ended it, whatever the day."""
    due: Day
    """Last day on which it holds."""
    why: Line
    """What brought it to this state."""
    act: str = ""
    """Signed act that set the due date; empty when the first promotion did."""
    extended: Day = ""
    """Day until which quality lets it wait; empty without extension."""
    extension: str = ""
    """Signed act of the extension."""
    deviation: str = ""
    """Deviation opened for this end; once."""


class RevalidationAct(Value):
    """What quality signs: that re-validation was done, on this evidence, or that it may wait until a day."""

    id: str
    subject: Line
    act: Literal["completed", "extended"]
    until: Day
    evidence: Line
    """Digest of the report or package; of an extension ``none: extension``."""
    reason: Line
    by: str
    at: Stamp


class Revalidations:
    """Showing, completing, extending."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._signatures = Signatures(core)

    def due(self, session: str) -> tuple[Revalidation, ...]:
        """The state of every pipeline and changed method, by id. A deviation is opened for each that has ended."""
        self._core.admit(session, "revalidation", "revalidation")
        for version in self._core.ledger.all("revalidation"):
            tell(self._core, Revalidation.model_validate(version.content))
        return tuple(Revalidation.model_validate(v.content) for v in self._core.ledger.all("revalidation"))

    def complete(self, session: str, subject: str, evidence: str, reason: str, user_id: str, password: str) -> Outcome:
        """Sign that re-validation was done. `evidence` is the digest of its report or package; there is no completion without."""
        with self._core.acting(session, "complete_revalidation", f"revalidation/{subject[:_LONGEST_ID]}") as acting:
            state, _ = self._core.known("revalidation", subject, Revalidation)
            line(reason, "reason")
            try:
                proof = Digest(evidence)
            except ValueError:
                raise Refused("re-validation is complete with the digest of its evidence, sha256:...", rule="RR-F01") from None
            if proof in {v.content["evidence"] for v in self._core.ledger.all("revalidation-act")}:
                raise Refused(f"the evidence {proof} was used for an earlier re-validation already", rule="RR-F01")
            until = _day_after(self._today(), int(self._core.configuration()["revalidation_days"]))
            return self._signed(acting, state, "completed", (until, proof, reason), (user_id, password))

    def extend(self, session: str, subject: str, until: str, reason: str, user_id: str, password: str) -> Outcome:
        """Sign that re-validation may wait until a day: at most ``extension_days`` after the due date, however often it is extended."""
        with self._core.acting(session, "extend_revalidation", f"revalidation/{subject[:_LONGEST_ID]}") as acting:
            state, _ = self._core.known("revalidation", subject, Revalidation)
            line(reason, "reason")
            day = _day(until)
            days = int(self._core.configuration()["extension_days"])
            last = _day_after(state.due, days)
            if not max(self._today(), state.due) <= day <= last:
                words = (
                    f"re-validation of {subject} was due on {state.due}; it may be extended by {days} days at most, until {last}"
                )
                raise Refused(f"{words}, and not into the past", rule="RR-F01")
            return self._signed(acting, state, "extended", (day, f"{_NONE}extension", reason), (user_id, password))

    def _signed(
        self,
        acting: Session,
        state: Revalidation,
        act: Literal["completed", "extended"],
        told: tuple[str, str, str],
        components: tuple[str, str],
    ) -> Outcome:
        until, evidence, reason = told
        hand = self._signatures.hand(acting, _WORDS[act], reason, *components)
        done = RevalidationAct(
            id=f"RV-{len(self._core.ledger.all('revalidation-act')) + 1:04d}",
            subject=state.subject,
            act=act,
            until=until,
            evidence=evidence,
            reason=reason,
            by=acting.account.id,
            at=stored(self._core.clock.now()),
        )
        if act == "completed":
            after = Revalidation(
                subject=state.subject, state="current", due=until, why=f"re-validated: {reason}"[:400], act=done.id
            )
        else:
            after = state.model_copy(update={"extended": until, "extension": done.id})
        with self._core.ledger.change(self._core.actor(acting), reason) as change:
            version = change.put("revalidation-act", done.id, done.model_dump())
            self._signatures.make(change, version, hand)
            change.put("revalidation", state.subject, after.model_dump())
            self._dispose(change, state, f"{done.id}: {act} until {until}")
        return Outcome(
            True, f"re-validation of {state.subject} {act} until {until}", f"revalidation-act/{done.id}", {"until": until}
        )

    def _dispose(self, change: Change, state: Revalidation, words: str) -> None:
        """The signed act is quality's decision on the deviation, too."""
        found = self._core.latest("deviation", state.deviation, Deviation) if state.deviation else None
        if found and found[0].state == "open":
            closed = found[0].model_copy(update={"state": "closed", "decision": "accept", "disposition": words})
            change.put("deviation", state.deviation, closed.model_dump(), reason=words)

    def _today(self) -> str:
        return today(self._core)


# ---------------------------------------------------------------- what others say and ask


def started(core: Core, change: Change, subject: str, why: str) -> None:
    """The first time something is validated here: the interval begins."""
    due = _day_after(today(core), int(core.configuration()["revalidation_days"]))
    change.put("revalidation", subject, Revalidation(subject=subject, state="current", due=due, why=why).model_dump(), reason=why)


def changed(core: Core, change: Change, subject: str, why: str, evidence: str) -> None:
    """Something validated was changed. With evidence of the change the interval begins anew; without, re-validation is due now."""
    if not evidence.startswith("sha256:"):
        now = Revalidation(subject=subject, state="due", due=today(core), why=f"{why}; evidence {evidence or 'none'}"[:400])
        change.put("revalidation", subject, now.model_dump(), reason=why)
        return
    started(core, change, subject, f"{why}; evidence {evidence}")


def require(core: Core, subjects: Sequence[str]) -> None:
    """Raises Refused, by policy, when re-validation of a pipeline or method is due and not extended; opens the deviation once."""
    for subject in subjects:
        found = core.latest("revalidation", subject, Revalidation)
        if found is None:
            continue  # a method that was never changed; a pipeline has its state from its promotion, see `approved`
        words = tell(core, found[0])
        if words and core.configuration()["revalidation_blocks"] == "yes":
            raise Refused(f"{words}; nothing is processed until quality signs that it was done, or extends it", rule="RR-F01")


def tell(core: Core, state: Revalidation) -> str:
    """Why a validated state does not hold today; empty when it does. The deviation is opened by the system, the first time it is told."""
    words = ended(state, today(core))
    for act in filter(None, (state.act, state.extension)):
        _require_signature(core, act)
    if words and not state.deviation:
        subject = f"{'method' if state.subject.isupper() else 'pipeline'}/{state.subject}"
        with core.ledger.change(system_actor("QC release, due dates"), words) as change:
            opened = open_deviation(core, change, subject, OVERDUE, words)
            change.put("revalidation", state.subject, state.model_copy(update={"deviation": opened}).model_dump())
    return words


def ended(state: Revalidation, day: str) -> str:
    """Why a validated state does not hold on a day; empty when it does. Pure."""
    if state.extended and day <= state.extended:
        return ""
    if state.state == "due":
        return f"re-validation of {state.subject} is due: {state.why}"
    if day > state.due:
        late = f", and was extended until {state.extended}" if state.extended else ""
        return f"re-validation of {state.subject} was due on {state.due}{late}"
    return ""


def evidence_of(text: str, *, needed: bool) -> str:
    """Evidence as a record names it: a digest, or ``none: `` and a reason. Raises BadInput, Refused when it is needed and not there."""
    line(text, "evidence", blank=True)
    if text.startswith(_NONE) and any(c.isalnum() for c in text.removeprefix(_NONE)):
        return text
    try:
        return str(Digest(text))
    except ValueError:
        if text:
            raise BadInput(f"the evidence is a digest, sha256:..., or '{_NONE}' with a reason; not {text[:60]!r}") from None
    if needed:
        raise Refused(f"the evidence is missing: the digest of a report or package, or '{_NONE}' with a reason", rule="RR-F01")
    return f"{_NONE}not asked for"


def today(core: Core) -> str:
    """The day by the clock of the instance, UTC."""
    return stored(core.clock.now())[:10]


def _require_signature(core: Core, act: str) -> None:
    """Raises NotIntact when an act that a state rests on is not signed by quality as it stands."""
    record = f"revalidation-act/{act}"

    def judge() -> None:
        content, _ = core.known("revalidation-act", act, RevalidationAct)
        judged = Signatures(core).of(record)
        signed = [j.record for j in judged if j.valid and j.record and word_of(j.record) == _WORDS[content.act]]
        if not any("quality" in s.role.split(", ") for s in signed) or len(signed) != len(judged):
            why = next((j.status for j in judged if not j.valid), "there is none")
            raise NotIntact(f"the signature of quality does not hold: {why}", where=record)

    once(core, "signed by quality", [record], judge)


def _day(text: str) -> str:
    try:
        return as_day(text)
    except ValueError:
        raise BadInput(f"not a day: {text[:20]!r} (2026-11-21)") from None


def _day_after(day: str, days: int) -> str:
    return (dt.date.fromisoformat(day) + dt.timedelta(days=days)).isoformat()
