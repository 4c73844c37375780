"""Evidence: what can be proved. A run read back from its folder, sealed or visibly not.

`Evidence` holds every step of every case. `Outcome` holds what each case came to: it is what a process keeps in hand that seals a run of
many thousand steps, or tells how one went. Both are read by the same reader, which has looked at every line either way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from csvgen.canonical import Digest
from csvgen.model.execution import (
    Attachment,
    CaseResult,
    ClockOffset,
    CodeFile,
    Environment,
    RunPlan,
    Seal,
    StepCode,
    TargetState,
)


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """What is told of a run beside its cases."""

    plan: RunPlan
    environment: Environment | None
    target_start: TargetState | None
    target_end: TargetState | None
    seal: Seal | None
    """None: the run was never sealed (killed, power cut, still going). It is readable and never counts."""
    digest: Digest | None
    """Digest of the seal."""
    folder: str
    problems: tuple[str, ...] = ()
    """What does not hold when the folder is read: broken chain, missing file, open step."""
    clocks: tuple[tuple[str, ClockOffset], ...] = ()
    """"start" or "end", with what was read of the recorder's clock then; none in runs of csvgen 0.1."""
    drift: tuple[str, ...] = ()
    """What differs between two readings of the system under validation, or was not read again at the end (RR-X09)."""

    environments: tuple[Environment, ...] = ()
    """Of every process that recorded something."""
    targets: tuple[TargetState, ...] = ()
    """Every reading of the system under validation, in the order of the journals."""
    plan_digest: Digest | None = None
    """Digest of run.json, byte for byte."""

    waits: bool = False
    """Not sealed, because a person has still to carry out cases of it: its automated part came to its end, and nothing is wrong with it."""
    disorder: tuple[str, ...] = ()
    """Where the times of a journal go back. The record is whole; when things happened is not what its times say."""
    unfinished: tuple[str, ...] = ()
    """Journals whose process died, or is still going: they do not end with the word that it is finished."""
    redactions: tuple[tuple[str, str, int], ...] = ()
    """Name of a secret, what was done about it, places it was taken out of. No value is kept anywhere."""

    code: tuple[CodeFile, ...] = ()
    """Every file of step code with its digest; none in runs of csvgen 0.1."""
    order: tuple[str, ...] = ()
    """The cases in the order in which they were begun, over all workers."""
    heads: tuple[tuple[str, Digest], ...] = ()
    """Worker -> digest of the last line of its journal."""
    turned_shards: tuple[tuple[str, int, tuple[str, ...]], ...] = ()
    """Of a merged run, whose shards go on beside each other: those that executed their cases in another order than theirs, as in `turned`."""
    unsealable: tuple[str, ...] = ()
    """Why this run may not be sealed although its record is whole: it was refused, or step code changed while it went."""

    @property
    def reordered(self) -> bool:
        """Whether cases were executed in another order than planned."""
        began = set(self.order)
        return list(self.order) != [p.case for p in self.plan.planned if p.case in began]

    @property
    def turned(self) -> tuple[tuple[str, int, tuple[str, ...]], ...]:
        """Where cases were executed in another order than planned: in which shard ("" for a run that has none), from which place on, counted
        from 1, and the cases from there on as they were executed. Empty where the order was the planned one.
        """
        if not self.reordered:
            return self.turned_shards
        began = set(self.order)
        planned = [p.case for p in self.plan.planned if p.case in began]
        same = next((n for n, (a, b) in enumerate(zip(planned, self.order, strict=False)) if a != b), len(self.order))
        return (("", same + 1, self.order[same:]),)

    @property
    def run(self) -> str:
        return self.plan.run

    @property
    def sealed(self) -> bool:
        return self.seal is not None and not self.problems

    @property
    def aborted(self) -> bool:
        """Closed by a person because it never came to its end. It is kept, and never counts."""
        return self.seal is not None and bool(self.seal.aborted)

    @property
    def irregular(self) -> tuple[str, ...]:
        """What stands against the run as a whole, whatever its cases came to; its deviation says it.

        Runs of csvgen 0.1 kept no rule about drift: what people signed of them is judged as it was then.
        """
        told: list[str] = []
        if self.seal is not None and self.seal.aborted:
            told = [f"closed as aborted by {self.seal.aborted_by}: {self.seal.aborted}", *self.seal.faults]
        if self.seal is not None and self.seal.ended:
            told.append(self.seal.ended)
        return (*told, *(self.drift if self.clocks else ()))


@dataclass(frozen=True, kw_only=True)
class Evidence(RunRecord):
    """A run with all that was recorded of it."""

    results: tuple[CaseResult, ...]
    """In the order of the plan; a planned case without a record is here as NOT_RUN."""

    @property
    def ends(self) -> tuple[CaseResult, ...]:
        """As `Outcome.ends`, with their steps."""
        return self.results

    @property
    def attached(self) -> Mapping[str, tuple[Attachment, ...]]:
        """As `Outcome.attached`."""
        return {r.case: r.attached for r in self.results}

    @property
    def used(self) -> Mapping[str, tuple[StepCode, ...]]:
        """As `Outcome.used`."""
        return {r.case: r.used for r in self.results}


@dataclass(frozen=True, kw_only=True)
class Outcome(RunRecord):
    """A run with what each of its cases came to."""

    ends: tuple[CaseResult, ...]
    """In the order of the plan, each without its steps; a planned case without a record is here as NOT_RUN."""
    attached: Mapping[str, tuple[Attachment, ...]]
    """Case -> what its steps attached."""
    used: Mapping[str, tuple[StepCode, ...]]
    """Case -> the step definitions that ran in it."""


RunRead = Evidence | Outcome
