"""The record of a run: from these inputs, by this code, with these parameters, came these outputs. Written once, never changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from csvgen.model.base import Line, Sha256, Stamp, Value


class StepRun(Value):
    """One step in one run."""

    step: str
    version: str
    state: Literal["performed", "invalid", "not applicable", "not reached"]
    why: str = ""
    image: str = ""
    """Image by digest; empty when the step ran from the bundle."""
    parameters: Mapping[str, str] = {}
    inputs: Mapping[str, Sha256] = {}
    outputs: Mapping[str, Sha256] = {}
    started: str = ""
    ended: str = ""


class RunInput(Value):
    """One input of a run, by the record it comes from."""

    record: Line
    """``file/L-1:plate.txt``, ``dataset/reference-values``."""
    version: int
    """Version of the record; of a dataset the version of the table."""
    sha256: Sha256


class RunContents(Value):
    """What is said of steps that were performed, whoever performed them. 21 CFR 11.10(e), ALCOA+: who, when, from what, by what, to what, and
    under which change.
    """

    id: str
    pipeline: str
    pipeline_version: str
    subject: str
    """``lot/L-1``, ``study/CDISCPILOT01``."""
    operator: str
    operator_name: str
    started: Stamp
    ended: Stamp
    artifact: str
    """Id of the signed artifact whose code ran; a run outside of an instance has none."""
    definition: Sha256
    code: Sha256
    """Digest of the bundle of step code."""
    lock: Sha256
    """Digest of the locked packages with their versions."""
    ticket: str
    """Change ticket under which this code was promoted."""
    commit: str
    """Commit the code was made from."""
    parameters: Mapping[str, str]
    inputs: Mapping[str, RunInput]
    steps: tuple[StepRun, ...]
    facts: Mapping[str, str]
    products: Mapping[str, Sha256]
    """Every output of every step; the bytes lie in the results store under their digest."""
    outputs: Sha256
    """Digest over the results alone."""
    environment: Mapping[str, str]
    valid: Literal["yes", "no"]
    why: str = ""
    repeats: str = ""
    """Id of the run this one repeats."""
    difference: str = ""
    """Of a repeat: empty when the outputs are identical, else what differs and where it comes from."""
    method: str = ""
    method_version: int = 0

    @property
    def at_fault(self) -> frozenset[str]:
        """Digests of the inputs for which an invalid run is invalid: those its failing step goes back to. Empty for a valid run.

        What else the run was given is as good as it was: a bad chromatogram says nothing against the plate beside it.
        """
        failing = [s for s in self.steps if s.state == "invalid"]
        if self.valid == "yes" or not failing:
            return frozenset(str(i.sha256) for i in self.inputs.values() if self.valid == "no")
        made_by = {name: step for step in self.steps for name in step.outputs}
        names, waiting = set[str](), [name for step in failing for name in step.inputs]
        while waiting:
            if (name := waiting.pop()) not in names:
                names.add(name)
                waiting += made_by[name].inputs if name in made_by else ()
        return frozenset(str(given.sha256) for name, given in self.inputs.items() if name in names)


class RunRecord(RunContents):
    """One run of an instance (record kind ``run``): made in a session of a person, from approved code, and kept by the ledger."""

    format: Literal["csvgen.pipeline-run/1"] = "csvgen.pipeline-run/1"


class OutsideRecord(RunContents):
    """Steps that an orchestrator performed one at a time, with no session, no approval and no ledger: never a record of the system.

    A format of its own, so that nothing that reads run records reads it; and the mark, so that people see it in the file.
    """

    format: Literal["csvgen.outside-run/1"] = "csvgen.outside-run/1"
    ledger: Literal["none: no record of the system, no result of a lot"] = "none: no record of the system, no result of a lot"
