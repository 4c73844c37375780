"""The investigation of a result out of specification (21 CFR 211.192; FDA guidance on investigating out of specification results).

    laboratory investigation -> assignable cause  -> signed by quality: the result is invalid, retests as planned
                             -> no cause          -> full investigation -> assignable cause, or none
    no assignable cause      -> the result stands; the lot can only be rejected

The failing result is never removed: invalidated, it stays beside what came after it, with cause, evidence and signature. How many
retests there are is part of what is signed, before any of them is measured; each of them is reported, none is averaged with another.
"""

from __future__ import annotations

from csvgen.canonical import digest_bytes
from csvgen.clock import stored
from csvgen.diagnostics import many
from csvgen.errors import BadInput, Refused
from csvgen.identity.directory import Session
from csvgen.model.base import hazard
from csvgen.pipeline import life
from csvgen.pipeline.core import Core, line
from csvgen.pipeline.deviations import OUT_OF_SPECIFICATION, Deviation, Phase, PhaseName
from csvgen.pipeline.flow.record import RunRecord
from csvgen.pipeline.nouns import FileRecord, Lot, RetestPlan, Withdrawn
from csvgen.pipeline.runs import method_of, with_tests
from csvgen.pipeline.sheet import KINDS
from csvgen.pipeline.signing import Signatures
from csvgen.ports import Outcome

PHASES: tuple[PhaseName, ...] = ("laboratory investigation", "full investigation")
"""Phases people record, in their order; the conclusion comes with the signature that decides."""
_MOST_WORDS = 4_000


class Investigations:
    """Recording the phases of an investigation, and invalidating a result by a signed assignable cause."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._signatures = Signatures(core)

    def investigate(
        self, session: str, investigation: str, phase: str, findings: str, cause: str, evidence: tuple[str, ...]
    ) -> Outcome:
        """Record what one phase found. An assignable cause needs evidence: names of records, or where else it can be seen.

        Raises Refused for a phase out of order (RR-F01), a cause without evidence, or an investigation that is closed (RR-F05).
        """
        with self._core.acting(session, "investigate", f"deviation/{investigation[:40]}") as acting:
            found = self._open(investigation)
            life.after(found.lot, life.state(self._core.state(found.lot)), "investigated")
            name = self._in_order(found, phase)
            self._check_words(findings, cause, evidence)
            made = Phase(
                phase=name,
                findings=findings,
                cause=cause,
                evidence=evidence,
                by=acting.account.id,
                printed_name=acting.account.printed_name,
                at=stored(self._core.clock.now()),
            )
            new = found.model_copy(update={"phases": (*found.phases, made)})
            with self._core.ledger.change(self._core.actor(acting), f"{phase}: {findings[:200]}") as change:
                change.put("deviation", found.id, new.model_dump(), action="investigate")
        told = f"assignable cause: {cause}" if cause else "no assignable cause found"
        return Outcome(True, f"{found.id}: {phase} recorded, {told}", f"deviation/{found.id}", {"phase": phase, "cause": cause})

    def invalidate(self, session: str, investigation: str, retests: str, reason: str, user_id: str, password: str) -> Outcome:
        """Sign the assignable cause: the result counts no more and stays to be seen, and so many retests are planned.

        Raises Refused without a recorded cause (RR-F05), for a signer who measured, brought in the data or recorded the cause
        (RR-G02), and for another number of retests than the method allows.
        """
        with self._core.acting(session, "invalidate", f"deviation/{investigation[:40]}") as acting:
            found = self._open(investigation)
            lot, _ = self._core.known("lot", found.lot, Lot)
            state = life.after(lot.lot, life.state(self._core.state(lot.lot)), "investigated")
            cause = self._signed_cause(found, acting)
            count = self._planned(lot, retests)
            line(reason, "reason")
            withdrawn = [t for t in lot.tests if t.run == found.run and t.part == found.part]
            if not withdrawn:
                raise Refused(f"the result {found.id} is about is not in force any more", rule="RR-F05")
            hand = self._signatures.hand(acting, "invalidated", reason, user_id, password)
            decided = found.model_copy(
                update={
                    "state": "closed",
                    "decision": "invalidate",
                    "disposition": reason,
                    "retests": count,
                    "phases": (*found.phases, self._conclusion(acting, cause)),
                }
            )
            measured = self._measured(found) if method_of(self._core, lot).retest_by == "another analyst" else ()
            with self._core.ledger.change(self._core.actor(acting), reason) as change:
                version = change.put("deviation", found.id, decided.model_dump())
                self._signatures.make(change, version, hand)
                plan = RetestPlan(
                    investigation=found.id, part=withdrawn[0].part, count=count, after=change.head.count, not_by=measured
                )
                gone = tuple(
                    Withdrawn(value=t, by=f"deviation/{found.id}", reason=f"assignable cause: {cause.cause}") for t in withdrawn
                )
                after = lot.model_copy(update={"withdrawn": (*lot.withdrawn, *gone), "retests": (*lot.retests, plan)})
                after = with_tests(after, method_of(self._core, lot), tuple(t for t in lot.tests if t not in withdrawn))
                change.put("lot", lot.lot, after.model_dump(), reason=f"{found.id}: {cause.cause}")
                change.put("status", lot.lot, {"lot": lot.lot, "state": state}, reason=f"{found.id}: result invalidated")
        words = f"{found.id}: {found.part} of {found.run} is invalid ({cause.cause}); {many(count, 'retest')} planned"
        return Outcome(True, words, f"deviation/{found.id}", {"retests": str(count), "part": found.part})

    # ------------------------------------------------------------ gates

    def _open(self, investigation: str) -> Deviation:
        found, _ = self._core.known("deviation", investigation, Deviation)
        if found.kind != OUT_OF_SPECIFICATION:
            raise BadInput(
                f"{found.id} is a deviation ({found.kind}); only results out of specification are investigated in phases"
            )
        if found.state != "open":
            raise Refused(f"{found.id} is closed: it was decided with {found.decision}", rule="RR-F05")
        return found

    def _in_order(self, found: Deviation, phase: str) -> PhaseName:
        name = next((p for p in PHASES if p == phase), None)
        if name is None:
            raise BadInput(f"no phase {phase[:40]!r}; the phases are {', '.join(PHASES)}")
        done = [p.phase for p in found.phases]
        if found.cause is not None:
            raise Refused(f"{found.id} has an assignable cause already; it waits for the signature of quality", rule="RR-F05")
        if name in done:
            raise Refused(f"the {name} of {found.id} is on record already", rule="RR-F05")
        if PHASES.index(name) != len(done):
            raise Refused(f"{found.id} cannot begin the {name}; still missing: {PHASES[len(done)]}", rule="RR-F01")
        return name

    def _check_words(self, findings: str, cause: str, evidence: tuple[str, ...]) -> None:
        if len(findings) > _MOST_WORDS:
            raise BadInput(f"the findings have {len(findings)} characters; the limit is {_MOST_WORDS}")
        if found := hazard(findings, newline=True):
            raise BadInput(f"the findings hold {found}")
        if not any(c.isalnum() for c in findings):
            raise Refused("the findings are missing", rule="RR-E07")
        if cause:
            line(cause, "assignable cause")
            if not evidence:
                raise Refused("an assignable cause needs evidence: name the records that show it", rule="RR-F05")
        for item in evidence:
            line(item, "evidence")
            kind, _, identity = item.partition("/")
            if kind in KINDS and self._core.ledger.latest(kind, identity) is None:
                raise BadInput(f"the evidence {item[:80]!r} names a record that is not there")

    def _signed_cause(self, found: Deviation, acting: Session) -> Phase:
        cause = found.cause
        if cause is None:
            raise Refused(f"{found.id} has no assignable cause; without one the result stands", rule="RR-F05")
        person, name = acting.account.id, acting.account.printed_name
        if person in self._measured(found):
            raise Refused(f"{name} measured or brought in the result of {found.id} and may not invalidate it", rule="RR-G02")
        if person == cause.by:
            raise Refused(f"{name} recorded the cause of {found.id}; another person must sign it", rule="RR-G02")
        return cause

    def _measured(self, found: Deviation) -> tuple[str, ...]:
        """Who ran and who brought in what the investigated result was calculated from."""
        run, _ = self._core.known("run", found.run, RunRecord)
        inputs = [i for i in run.inputs.values() if i.record.startswith("file/")]
        kept = [v for i in inputs for v in self._core.ledger.versions("file", i.record.removeprefix("file/"))[: i.version]]
        return tuple(sorted({run.operator, *(FileRecord.model_validate(v.content).by for v in kept)}))

    def _planned(self, lot: Lot, retests: str) -> int:
        most = method_of(self._core, lot).retests
        if not (retests.isascii() and retests.isdigit() and 1 <= int(retests[:4]) <= most):
            raise Refused(
                f"the method {lot.method} allows 1 to {most} retests, fixed before any of them is measured; not {retests[:20]!r}",
                rule="RR-F05",
            )
        return int(retests)

    def _conclusion(self, acting: Session, cause: Phase) -> Phase:
        return Phase(
            phase="conclusion",
            findings="The assignable cause is established; the result is invalid.",
            evidence=(f"{cause.phase} of {cause.at}, {digest_bytes(cause.findings.encode()).short}",),
            by=acting.account.id,
            printed_name=acting.account.printed_name,
            at=stored(self._core.clock.now()),
        )
