"""Promotion of artifacts: development, qualification, production, each by two signatures that are not the builder's.

A promotion (record kind ``promotion``, ``ART-0001:qualification``) is what its signatures bind: the artifact as registered, the
environment, the evidence. Nobody stores whether it counts; that is found out from the signatures whenever code is to run. The
newest promotion of a pipeline in an environment is in force; those before it are superseded, and a withdrawn one leaves nothing.
"""

from __future__ import annotations

from typing import Literal, get_args

from csvgen.audit.ledger import Version
from csvgen.clock import stored
from csvgen.errors import BadInput, Refused
from csvgen.identity.directory import Session
from csvgen.model.base import Line, Sha256, Stamp, Value
from csvgen.pipeline.artifacts import Artifact, require_signed
from csvgen.pipeline.core import Core, line
from csvgen.pipeline.deviations import refuse_blocked
from csvgen.pipeline.judged import signatures_on
from csvgen.pipeline.revalidation import changed, evidence_of, started
from csvgen.pipeline.signing import VOID, Signatures, word_of
from csvgen.ports import Outcome

Environment = Literal["development", "qualification", "production"]
ENVIRONMENTS: tuple[Environment, ...] = get_args(Environment)
REVIEWED, PROMOTED, WITHDRAWN = "change reviewed", "promoted", "withdrawn"


class Promotion(Value):
    """An artifact on its way into one environment."""

    format: Literal["csvgen.promotion/1"] = "csvgen.promotion/1"
    artifact: str
    artifact_digest: Sha256
    """Digest of the record of the artifact."""
    pipeline: str
    environment: Environment
    ticket: Line
    commit: Line
    builder: str
    evidence: Line
    """Digest of the report or package that shows it valid, or ``none: `` and why not."""
    by: str
    at: Stamp

    @property
    def id(self) -> str:
        """Id of its record."""
        return f"{self.artifact}:{self.environment}"


class Withdrawal(Value):
    """The end of an artifact, in every environment. It holds from the moment it is there, whatever becomes of its signature."""

    artifact: str
    reason: Line
    by: str
    at: Stamp


class Promotions:
    """What people decide about artifacts, by signature."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._signatures = Signatures(core)

    def review(
        self, session: str, artifact: str, environment: str, evidence: str, reason: str, user_id: str, password: str
    ) -> Outcome:
        """Put an artifact up for an environment and sign as its reviewer: a second person, who did not build it.

        Raises Refused out of order, for a builder who reviews their own work, for a withdrawn artifact; NotIntact when the files
        are not what was signed.
        """
        with self._core.acting(session, "review_promotion", f"artifact/{artifact[:40]}") as acting:
            found, version = self._core.known("artifact", artifact, Artifact)
            wanted = environment_of(environment)
            line(reason, "reason")
            self._not_builder(acting, found, "review")
            self._may_enter(found, wanted)
            require_signed(self._core, found)
            promotion = Promotion(
                artifact=found.id,
                artifact_digest=version.sha256,
                pipeline=found.pipeline,
                environment=wanted,
                ticket=found.ticket,
                commit=found.commit,
                builder=found.builder,
                evidence=evidence_of(evidence, needed=wanted == "production"),
                by=acting.account.id,
                at=stored(self._core.clock.now()),
            )
            hand = self._signatures.hand(acting, REVIEWED, reason, user_id, password)
            with self._core.ledger.change(self._core.actor(acting), f"{found.ticket}: {reason}") as change:
                put = change.put("promotion", promotion.id, promotion.model_dump(), action="review-promotion")
                self._signatures.make(change, put, hand)
        words = f"artifact {found.id} reviewed for {wanted}; quality has to approve it"
        return Outcome(True, words, f"promotion/{promotion.id}", {"evidence": promotion.evidence})

    def approve(self, session: str, artifact: str, environment: str, reason: str, user_id: str, password: str) -> Outcome:
        """Approve a reviewed promotion for quality: from now on this artifact runs in this environment, and no other of its pipeline."""
        with self._core.acting(session, "approve_promotion", f"artifact/{artifact[:40]}") as acting:
            found, _ = self._core.known("artifact", artifact, Artifact)
            wanted = environment_of(environment)
            line(reason, "reason")
            self._not_builder(acting, found, "approve")
            self._may_enter(found, wanted)
            require_signed(self._core, found)
            promotion, version = self._reviewed(acting, f"{found.id}:{wanted}")
            hand = self._signatures.hand(acting, PROMOTED, reason, user_id, password)
            before = in_force(self._core, found.pipeline, wanted)
            with self._core.ledger.change(self._core.actor(acting), f"{found.ticket}: {reason}") as change:
                self._signatures.make(change, version, hand)
                change.note("promote", f"artifact/{found.id}", facts={"environment": wanted, "evidence": promotion.evidence})
                if wanted == self._core.configuration()["environment"]:
                    if before is None:
                        started(self._core, change, found.pipeline, f"artifact {found.id} promoted to {wanted}")
                    else:
                        why = f"artifact {found.id} replaced {before.artifact} in {wanted}"
                        changed(self._core, change, found.pipeline, why, promotion.evidence)
        ended = f"; {before.artifact} is superseded" if before and before.artifact != found.id else ""
        return Outcome(True, f"artifact {found.id} promoted to {wanted}{ended}", f"promotion/{promotion.id}", {})

    def withdraw(self, session: str, artifact: str, reason: str, user_id: str, password: str) -> Outcome:
        """Withdraw an artifact for quality: it runs nowhere any more, and nothing takes its place by itself."""
        with self._core.acting(session, "withdraw_artifact", f"artifact/{artifact[:40]}") as acting:
            found, _ = self._core.known("artifact", artifact, Artifact)
            line(reason, "reason")
            if withdrawn(self._core, found.id):
                raise Refused(f"artifact {found.id} is withdrawn already")
            hand = self._signatures.hand(acting, WITHDRAWN, reason, user_id, password)
            content = Withdrawal(artifact=found.id, reason=reason, by=acting.account.id, at=stored(self._core.clock.now()))
            with self._core.ledger.change(self._core.actor(acting), reason) as change:
                put = change.put("withdrawal", found.id, content.model_dump(), action="withdraw-artifact")
                self._signatures.make(change, put, hand)
        return Outcome(True, f"artifact {found.id} withdrawn", f"withdrawal/{found.id}")

    # ------------------------------------------------------------ gates

    def _not_builder(self, acting: Session, artifact: Artifact, act: str) -> None:
        if acting.account.id == artifact.builder:
            raise Refused(f"{acting.account.printed_name} built artifact {artifact.id} and may not {act} it", rule="RR-G02")

    def _may_enter(self, artifact: Artifact, wanted: Environment) -> None:
        """Raises Refused for what is withdrawn or in force, out of order, and while a deviation about the pipeline waits for quality."""
        refuse_blocked(self._core, f"pipeline/{artifact.pipeline}", "promoted")
        if withdrawn(self._core, artifact.id):
            raise Refused(f"artifact {artifact.id} is withdrawn", rule="RR-F01")
        now = in_force(self._core, artifact.pipeline, wanted)
        if now is not None and now.artifact == artifact.id:
            raise Refused(f"artifact {artifact.id} is promoted to {wanted} already", rule="RR-F01")
        for earlier in ENVIRONMENTS[: ENVIRONMENTS.index(wanted)]:
            if problem := self.problem(artifact.id, earlier):
                raise Refused(f"artifact {artifact.id} cannot go to {wanted}: {problem}", rule="RR-F01")

    def _reviewed(self, acting: Session, identity: str) -> tuple[Promotion, Version]:
        found = self._core.latest("promotion", identity, Promotion)
        words = identity.replace(":", " for ")
        valid = [j.record for j in self._signatures.of(f"promotion/{identity}") if j.valid and j.record]
        reviewers = [record.person for record in valid if word_of(record) == REVIEWED]
        if found is None or not reviewers:
            raise Refused(f"artifact {words} has no valid review signature", rule="RR-F01")
        if acting.account.id in reviewers:
            raise Refused(f"{acting.account.printed_name} reviewed artifact {words} and may not approve it", rule="RR-G02")
        return found

    # ------------------------------------------------------------ what counts

    def problem(self, artifact: str, environment: Environment) -> str:
        """Why the promotion of an artifact to an environment does not count now; empty when it does."""
        found = self._core.latest("promotion", f"{artifact}:{environment}", Promotion)
        if found is None:
            return f"it is not promoted to {environment}"
        promotion, _ = found
        record, version = self._core.known("artifact", artifact, Artifact)
        if (promotion.artifact_digest, promotion.builder) != (version.sha256, record.builder):
            return f"the record of {artifact} is not the one that was promoted"
        judged = [j for j in self._signatures.of(f"promotion/{promotion.id}") if j.status != VOID]
        if invalid := [j.status for j in judged if not j.valid]:
            return f"a signature on its promotion to {environment} does not hold: {invalid[0]}"
        signed = [(word_of(j.record), j.record.person, j.record.role.split(", ")) for j in judged if j.record]
        if [word for word, _, _ in signed] != [REVIEWED, PROMOTED]:
            return f"its promotion to {environment} is not reviewed and approved"
        (_, reviewer, first), (_, approver, second) = signed
        if len({reviewer, approver, record.builder}) < len(signed) + 1 or "reviewer" not in first or "quality" not in second:
            return f"its promotion to {environment} breaks the separation of duties"
        return ""


def environment_of(text: str) -> Environment:
    """An environment by its name. Raises BadInput."""
    found = next((e for e in ENVIRONMENTS if e == text), None)
    if found is None:
        raise BadInput(f"no environment {text[:40]!r}; the environments are {', '.join(ENVIRONMENTS)}")
    return found


def withdrawn(core: Core, artifact: str) -> bool:
    """Whether an artifact is withdrawn."""
    return core.ledger.latest("withdrawal", artifact) is not None


def in_force(core: Core, pipeline: str, environment: Environment) -> Promotion | None:
    """The newest approved promotion of a pipeline in an environment, whether or not its signatures still hold. None when there is none."""
    found = [Promotion.model_validate(v.content) for v in core.ledger.all("promotion")]
    there = [(at, p) for p in found if (p.pipeline, p.environment) == (pipeline, environment) and (at := _approved_at(core, p))]
    return max(there, key=lambda pair: pair[0])[1] if there else None


def _approved_at(core: Core, promotion: Promotion) -> int:
    """Number of the event of the newest approval signature on a promotion; 0 without one."""
    return max((v.event for v in signatures_on(core, f"promotion/{promotion.id}") if v.content["meaning"] == PROMOTED), default=0)
