"""Evidence: what can be proved. A run read back from its folder, sealed or visibly not."""

from __future__ import annotations

from dataclasses import dataclass

from csvgen.canonical import Digest
from csvgen.model.execution import CaseResult, ClockOffset, CodeFile, Environment, RunPlan, Seal, TargetState


@dataclass(frozen=True, kw_only=True)
class Evidence:
    plan: RunPlan
    environment: Environment | None
    target_start: TargetState | None
    target_end: TargetState | None
    results: tuple[CaseResult, ...]
    """In the order of the plan; a planned case without a record is here as NOT_RUN."""
    seal: Seal | None
    """None: the run was never sealed (killed, power cut, still going). It is readable and never counts."""
    digest: Digest | None
    """Digest of the seal."""
    folder: str
    problems: tuple[str, ...] = ()
    """What does not hold when the folder is read: broken chain, missing file, open step."""
    clocks: tuple[tuple[str, ClockOffset], ...] = ()
    """"start" or "end", with what was read of the recorder's clock then; none in runs of csvgen 0.1."""
    redactions: tuple[tuple[str, str, int], ...] = ()
    """Name of a secret, what was done about it, places it was taken out of. No value is kept anywhere."""

    code: tuple[CodeFile, ...] = ()
    """Every file of step code with its digest; none in runs of csvgen 0.1."""
    order: tuple[str, ...] = ()
    """The cases in the order in which they were begun, over all workers."""
    unsealable: tuple[str, ...] = ()
    """Why this run may not be sealed although its record is whole: it was refused, or step code changed while it went."""

    @property
    def reordered(self) -> bool:
        """Whether cases were executed in another order than planned."""
        began = set(self.order)
        return list(self.order) != [p.case for p in self.plan.planned if p.case in began]

    @property
    def run(self) -> str:
        return self.plan.run

    @property
    def sealed(self) -> bool:
        return self.seal is not None and not self.problems
