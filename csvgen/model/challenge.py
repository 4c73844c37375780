"""Challenge: scripts run on a system that was broken on purpose, to see that they can fail. Never evidence that the system works.

The files have the form of a run's, under formats of their own, so that no reader takes one for the other:

    challenge.json       what is to be challenged, by which faults; names the challenge before it
    trials/T001/         run.json (a `Trial`), the journal of the trial, its evidence
    seal.json seal.p7s   written last, over all of it
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from csvgen.model.base import Id, Level, Line, Name, Sha256, Stamp, Value
from csvgen.model.execution import CaseResult, Observation, PlannedCase, SealedFile

CHALLENGE = "challenge.json"
TRIALS = "trials"


class ChallengedRow(Value):
    """One way to fail with the fault that brings it about, and the scripts that have to notice."""

    risk: str
    """Row of the FMEA; empty for a fault that a pattern must detect and no row names."""
    failure_mode: str
    fault: Name
    cases: tuple[str, ...]


class Script(Value):
    """A test script as it is challenged."""

    case: str
    digest: Sha256
    title: str
    requirements: tuple[str, ...]
    criterion: str
    """``ac-1 Attempts around the limit``."""
    priority: Level


class ChallengePlan(Value):
    """challenge.json, written first."""

    format: Literal["csvgen.challenge/1"] = "csvgen.challenge/1"
    challenge: str
    """``CH-001``, numbered without gaps in each system."""
    system: str
    scope: Literal["complete", "partial"]
    spec: Sha256
    scripts: tuple[Script, ...]
    """Every script of the challenge in the wording that was executed."""
    rows: tuple[ChallengedRow, ...]
    """Rows of the FMEA."""
    faults: str
    """Distribution that seeds the faults, with its version."""
    baseline: Sha256
    """Components and configuration of the disposable instance before any fault."""
    previous: Sha256 | None
    """Seal of the challenge before this one: the ledger."""
    created: Stamp
    account: str


class Trial(Value):
    """run.json of a trial: some scripts, once, on a copy of the disposable instance. By its format it is no plan of a run."""

    format: Literal["csvgen.trial/1"] = "csvgen.trial/1"
    challenge: str
    trial: str
    system: str
    manner: Literal["no fault", "fault", "falsified"]
    fault: str = ""
    target: str
    planned: tuple[PlannedCase, ...]
    created: Stamp


class Seeding(Value):
    """What the port Faults answered."""

    fault: str
    act: Literal["inject", "withdraw"]
    accepted: bool
    message: str


class Falsification(Value):
    """One phrase of a Then, shown something else than what is there."""

    phrase: str
    case: str
    step: int
    tried: int
    """Falsified observations the step was shown, up to the one it noticed."""
    falsified: str = ""
    """What was falsified and how, when the step noticed."""
    noticed: Observation | None = None
    """The observation that did not hold; None when the step stayed green, or broke without deciding."""
    reason: str = ""
    """Why nothing was noticed."""


class ChallengeSummary(Value):
    """What a sealed challenge says in one look."""

    rows: int
    killed: int
    """Rows of which a script failed for the right reason."""
    scripts: int
    unproven: int
    phrases: int
    blind: int
    """Phrases of a Then that noticed no falsified observation."""


class ChallengeSeal(Value):
    """seal.json, written last. A seal is nobody's signature."""

    format: Literal["csvgen.challenge-seal/1"] = "csvgen.challenge-seal/1"
    challenge: str
    plan: Sha256
    heads: dict[str, Sha256]
    """``T001/main`` -> SHA-256 of the last line of its journal."""
    files: tuple[SealedFile, ...]
    summary: ChallengeSummary
    sealed: Stamp


class Justification(Value):
    """Why a script that no seeded fault can turn red is believed all the same."""

    requirement: Id = Field(description="The requirement.", examples=["URS-QC-027", "URS-LIMS-003"])
    criterion: Name | None = Field(
        default=None, description="Its criterion; left out, the justification stands for all of them.", examples=["ac-1", "ac-2"]
    )
    negative_test: Line = Field(
        description="The script that shows the refusing side of the same control, by its id or in words.",
        examples=["TC-OQ-0123 refuses one character less", "the scripts of technique negative of this requirement"],
    )
    falsified_observation: Line = Field(
        description="What the check of the steps showed: that the Then of this script turns red for a falsified observation.",
        examples=[
            "turns red when the answer of the system is turned (CH-001)",
            "turns red when a digit of the value that was read is changed (CH-002)",
        ],
    )
    no_fault: Line = Field(
        description="Why no fault can be seeded that this script would notice.",
        examples=[
            "The script reads what the supplier's library returns; the library cannot be altered on a validation instance.",
            "The control is in the hardware of the time server, of which the validation instance has none of its own.",
        ],
    )


class Justifications(Value):
    """unproven.yaml: approved with the risk assessment, by quality."""

    format: Literal["csvgen.unproven/1"] = Field(
        description="Says that this file justifies unproven scripts, and which edition of the form.",
        examples=["csvgen.unproven/1"],
    )
    justifications: tuple[Justification, ...] = Field(description="One for each requirement or criterion with unproven scripts.")


# ------------------------------------------------------------ read back


@dataclass(frozen=True, kw_only=True)
class TrialRecord:
    """A trial read back from its folder."""

    plan: Trial
    results: tuple[CaseResult, ...]
    seedings: tuple[Seeding, ...]
    falsifications: tuple[Falsification, ...]
    baselines: tuple[str, ...]
    """Digest of components and configuration as read before the fault and after it."""
    problems: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Challenge:
    """A challenge read back: what was planned, what happened, whether it is sealed, and what does not hold."""

    plan: ChallengePlan
    trials: tuple[TrialRecord, ...]
    seal: ChallengeSeal | None
    digest: str | None
    """Of the seal."""
    folder: str
    problems: tuple[str, ...] = ()

    @property
    def sealed(self) -> bool:
        return self.seal is not None and not self.problems


@dataclass(frozen=True, kw_only=True)
class Kill:
    """A script that failed for the right reason: at a Then, by an observation."""

    case: str
    trial: str
    fault: str
    step: int
    text: str
    what: str
    expected: str
    observed: str


@dataclass(frozen=True, kw_only=True)
class RowResult:
    row: ChallengedRow
    state: Literal["killed", "survived", "not seeded", "not green", "not run"]
    """`not green`: no script of the row passed without the fault, so none could tell."""
    kills: tuple[Kill, ...]
    silent: tuple[str, ...]
    """Scripts that stayed green with the fault."""
    other: tuple[tuple[str, str], ...]
    """Scripts that decided nothing (ERROR, BLOCKED, red without a fault), with the reason."""
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class ScriptResult:
    script: Script
    kill: Kill | None
    tried: tuple[str, ...]
    """Faults that were seeded while it ran."""
    reason: str = ""
    """Why it is unproven."""

    @property
    def proven(self) -> bool:
        return self.kill is not None
