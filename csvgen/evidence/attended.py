"""What the journals of a run tell of the cases a person carries out: segments, pauses, corrections, notes of a session.

Each time a person attends a run, a segment begins: a journal of its own (``journal.attended-001.jsonl``). Its first line names the
digests with which the journals before it end, so that the segments are one chain. A case can begin in one segment and end in a later.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from csvgen.clock import parsed
from csvgen.model.attended import Performer
from csvgen.model.execution import CaseResult, StepResult, Verdict
from csvgen.model.unscripted import SessionEntry, issues

if TYPE_CHECKING:
    from csvgen.evidence.gathered import Gathered
    from csvgen.model.evidence import Evidence

WORKER = "attended-"
PART = "run-part"
"""Event of the audit trail: a part of a run came to its end, and the run goes on."""


@dataclass(frozen=True)
class Segment:
    """A segment to be written: who attends, and what it goes on from."""

    by: Performer
    follows: Mapping[str, str]
    """Worker -> digest of the last line of its journal."""


@dataclass(frozen=True)
class Begun:
    """A case that was begun and is not finished: what is recorded of it."""

    started: str
    steps: tuple[StepResult, ...] = ()
    session: tuple[SessionEntry, ...] = ()
    interrupted: int = 0
    """Number of the step that was going on; 0 when none was."""
    how: str = ""
    """How that came, in words."""
    spent: float = 0.0
    """Seconds the step that was going on has had."""


@dataclass
class AttendedLines:
    """Reads the lines that only attended cases have, into what `Gathered` knows of each case."""

    gathered: Gathered
    follows: dict[str, Mapping[str, str]] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)
    """Workers whose journal has its last line."""

    def started(self, worker: str, _entry: Mapping[str, Any], content: Mapping[str, Any]) -> None:
        if "follows" in content:
            self.follows[worker] = dict(content["follows"])

    def finished(self, worker: str, _entry: Mapping[str, Any], _content: Mapping[str, Any]) -> None:
        self.ended.add(worker)

    def attending(self, _worker: str, _entry: Mapping[str, Any], content: Mapping[str, Any]) -> None:
        Performer.model_validate(content["by"])

    def paused(self, _worker: str, entry: Mapping[str, Any], content: Mapping[str, Any]) -> None:
        part = self.gathered.open[content["case"]]
        part["how"] = f"paused at {entry['at']} by {Performer.model_validate(content['by']).shown}"

    def resumed(self, worker: str, _entry: Mapping[str, Any], content: Mapping[str, Any]) -> None:
        part = self.gathered.open.get(content["case"])
        if part is None or part["digest"] != content["digest"] or len(part["steps"]) != content["answered"]:
            self.gathered.problems.append(f"{content['case']} goes on in {worker}, but not from where it was left")
            part = self.gathered.open.setdefault(
                content["case"], {"digest": content["digest"], "started": _entry["at"], "steps": [], "going": None}
            )
        part.update(worker=worker, going=None, how="")

    def correction(self, _worker: str, _entry: Mapping[str, Any], content: Mapping[str, Any]) -> None:
        """The answer in force from here on; it must keep the one before."""
        result = StepResult.model_validate(content["result"])
        steps = self.gathered.open[content["case"]]["steps"]
        before: StepResult = steps[result.number - 1]
        kept = result.corrections[-1]
        if (
            result.corrections[:-1] != before.corrections
            or (kept.actual, kept.verdict, kept.reason) != (answer(before), str(before.verdict), before.reason)
            or not kept.why
        ):
            self.gathered.problems.append(f"{content['case']} step {result.number}: a correction does not keep the first value")
        steps[result.number - 1] = result
        self.gathered.open[content["case"]].pop("told", None)  # its steps are not what their lines said any more

    def entry(self, _worker: str, _entry: Mapping[str, Any], content: Mapping[str, Any]) -> None:
        self.gathered.open[content["case"]].setdefault("session", []).append(SessionEntry.model_validate(content["entry"]))

    def check(self, result: CaseResult, part: Mapping[str, Any]) -> None:
        """A case that people carried out says at its end what its lines said: no answer and no issue is lost on the way."""
        if not result.performed_by and not result.session and not part.get("session"):
            return
        if result.steps != tuple(part["steps"]) or result.session != tuple(part.get("session", ())):
            self.gathered.problems.append(f"{result.case} ends with other answers or notes than were recorded on the way")
        if result.verdict is Verdict.PASSED and issues(result.session):
            self.gathered.problems.append(f"{result.case} says PASSED although its session found issues")

    def torn(self, worker: str, last: Mapping[str, Any]) -> None:
        """At the end of a journal: how long the step that was going on had had until then."""
        for part in self.gathered.open.values():
            if part["worker"] == worker and part["going"]:
                seconds = (parsed(last["at"]) - parsed(part["going"][3])).total_seconds()
                part["spent"] = part.get("spent", 0.0) + max(seconds, 0.0)

    def chain(self, heads: Mapping[str, str]) -> None:
        """Each segment goes on from journals that are still as they were then."""
        for worker, named in self.follows.items():
            changed = [w for w, head in named.items() if heads.get(w) != head]
            missing = [w for w in heads if w < worker and w.startswith(WORKER) and w not in named]
            self.gathered.problems += [f"journal of {worker}: goes on from another journal of {w} than is there" for w in changed]
            self.gathered.problems += [f"journal of {worker}: does not go on from the journal of {w}" for w in missing]

    def parts(self) -> dict[str, Begun]:
        """The cases that were begun and not finished."""
        return {case: _part(found) for case, found in self.gathered.open.items()}


def _part(found: Mapping[str, Any]) -> Begun:
    going = found["going"]
    how = found.get("how") or "the process ended there without a word"
    return Begun(
        started=found["started"], steps=tuple(found["steps"]), session=tuple(found.get("session", ())),
        interrupted=going[0] if going else 0, how=how, spent=found.get("spent", 0.0),
    )  # fmt: skip


def answer(result: StepResult) -> str:
    """What a person answered at a step, with the word of the verdict before it."""
    return next((o.actual for o in result.observations if o.comparison == "judged"), "")


def attended_flags(evidence: Evidence) -> tuple[str, ...]:
    """What was flagged while people carried out cases, for the reviewer."""
    return tuple(
        f"{r.case} step {s.number}: {f.words}" + (f" (reason: {f.reason})" if f.reason else "")
        for r in evidence.results
        for s in r.steps
        for f in s.flags
    )
