"""What a reviewer should look at in an executed run (RR-X05): signs that somebody wrote instead of looking.

Worked out from the record alone, so that whoever reviews a run years later finds the same. A flag forbids nothing; the executed record
lists what was found, and its reviewer signs below it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from csvgen.clock import parsed
from csvgen.model.evidence import Evidence
from csvgen.model.execution import Observation, StepResult, Verdict
from csvgen.model.protocol import ATTENDED, Protocol

QUICK_SECONDS = 2.0
"""Nobody reads an instruction, carries it out and writes down what was seen in less."""
_ANSWERED = {Verdict.PASSED, Verdict.FAILED, Verdict.NOT_APPLICABLE}


def flags(run: Evidence, protocol: Protocol, runs: Sequence[Evidence]) -> tuple[str, ...]:
    """One sentence for each; `runs` are all there are, to find a person in two places."""
    return (*_texts(run, protocol), *_quick(run, protocol), *_two_places(run, runs))


def _by_hand(run: Evidence, protocol: Protocol) -> Iterator[tuple[str, StepResult]]:
    """The steps a person carried out: of an attended case, where no step code ran."""
    for result in run.results:
        case = protocol.case.get(result.case)
        if case is not None and ATTENDED in case.tags:
            for step in result.steps:
                if step.code is None and step.verdict in _ANSWERED:
                    yield f"{result.case} step {step.number}", step


def _texts(run: Evidence, protocol: Protocol) -> Iterator[str]:
    """Words that were copied: from the expectation, or from another step."""
    seen: dict[str, str] = {}
    for place, step in _by_hand(run, protocol):
        for o in step.observations:
            said = _said(o)
            if said and said == _words(o.expected or step.text):
                yield f"{place}: what was observed is word for word what was expected"
            elif said and said in seen and seen[said] != place:
                yield f"{place}: the same words as at {seen[said]}"
            seen.setdefault(said, place)


def _said(o: Observation) -> str:
    """The words a person wrote down, without the verdict they may begin with."""
    words = _words(o.actual)
    return next((words.removeprefix(f"{v}: ") for v in ("passed", "failed") if words.startswith(f"{v}: ")), words)


def _words(text: str) -> str:
    return " ".join(text.casefold().split()).strip(" .")


def _quick(run: Evidence, protocol: Protocol) -> Iterator[str]:
    for place, step in _by_hand(run, protocol):
        if step.started and step.finished:
            took = (parsed(step.finished) - parsed(step.started)).total_seconds()
            if took < QUICK_SECONDS and not any(f.kind == "too-fast" for f in step.flags):  # told once, as it was at the terminal
                yield f"{place}: carried out and answered within {took:.1f} s"


def _two_places(run: Evidence, runs: Sequence[Evidence]) -> Iterator[str]:
    """One person in two runs at the same time. A technical account, which has an owner, may be in many."""
    if run.plan.account_owner:
        return
    for other in runs:
        same = other.run != run.run and (other.plan.account, other.plan.account_owner) == (run.plan.account, "")
        if same and run.plan.created < _end(other) and other.plan.created < _end(run):
            yield f"{run.plan.account} was in {other.run} at the same time"


def _end(run: Evidence) -> str:
    """When a run ended; of one that was never sealed, the last that is known of it."""
    if run.seal is not None:
        return run.seal.sealed
    return max((s.finished for r in run.results for s in r.steps if s.finished), default=run.plan.created)
