"""The recorder of a case that a person carries out: it can go on from an earlier segment, be left, corrected, and take notes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from csvgen.canonical import plain
from csvgen.clock import Clock, parsed, stored
from csvgen.evidence.attended import Begun, answer
from csvgen.evidence.journal import Journal
from csvgen.evidence.redaction import Redaction
from csvgen.execution.observe import observation
from csvgen.execution.recorder import MAX_TEXT, CaseRecorder
from csvgen.model.attended import Correction, Flag, Performer
from csvgen.model.execution import Attachment, CaseResult, Observation, StepResult, Verdict
from csvgen.model.protocol import TestCase
from csvgen.model.unscripted import EntryKind, SessionEntry, issues_told

JUDGED = "judged by a person"


class AttendedRecorder(CaseRecorder):
    """Records one attended case. What a person answered is forced to disk at once: nobody is asked for it twice."""

    def __init__(
        self,
        case: TestCase,
        clock: Clock,
        journal: Journal | None,
        folder: Path | None,
        worker: str,
        part: Begun | None,
        redaction: Redaction | None = None,
    ) -> None:
        self.part = part
        self.session: list[SessionEntry] = list(part.session) if part else []
        super().__init__(case, clock, journal, folder, worker, redaction)
        if part is not None:
            self._results = list(part.steps)
            self._started = part.started

    def _spoken(self) -> list[Any]:
        """Answers of earlier segments and corrections too: what counts in the end."""
        return [plain(result) for result in self._results]

    def _begin(self) -> None:
        if self.part is None:
            super()._begin()
        else:
            self._write("case-resumed", case=self.case.id, digest=self.case.digest, answered=len(self.part.steps))

    # ------------------------------------------------------------ what is known of the case so far

    @property
    def answered(self) -> tuple[StepResult, ...]:
        """Steps that have their result."""
        return tuple(self._results)

    @property
    def seen(self) -> tuple[Observation, ...]:
        """What the open step observed so far."""
        return tuple(self._observations)

    @property
    def kept(self) -> tuple[Attachment, ...]:
        """Files of the open step."""
        return tuple(self._attachments)

    @property
    def step_started(self) -> str:
        return self._step_started

    @property
    def now(self) -> str:
        return stored(self._clock.now())

    @property
    def seconds(self) -> float:
        """How long the open step has been shown."""
        return (parsed(self.now) - parsed(self._step_started)).total_seconds()

    # ------------------------------------------------------------ what a person does

    def close(self, verdict: Verdict, reason: str = "", **told: Any) -> StepResult:
        made = super().close(verdict, reason, **told)
        self._sync()
        return made

    def judge(self, expected: str, said: str, by: Performer) -> None:
        """What a person found at the open step, compared by them with what is expected. `said` begins with the verdict."""
        self.observe(JUDGED, "judged", expected, said, by.shown, "")

    def correct(
        self, number: int, said: str, verdict: Verdict, reason: str, why: str, by: Performer, **told: Any
    ) -> StepResult:  # fmt: skip
        """Another answer in the place of an earlier one, which is kept; the verdict is worked out anew (RR-X07)."""
        before = self._results[number - 1]
        first = next(o for o in before.observations if o.comparison == "judged")
        made = observation(JUDGED, "judged", first.expected, said[:MAX_TEXT], source=by.shown)
        seen = tuple(made if o is first else o for o in before.observations)
        if verdict is Verdict.PASSED and not all(o.holds for o in seen):
            verdict = Verdict.FAILED
        kept = Correction(
            actual=answer(before), verdict=str(before.verdict), reason=before.reason, why=why, by=by, at=self.now,
        )  # fmt: skip
        flags = before.flags
        if verdict is Verdict.PASSED and before.verdict is not Verdict.PASSED:
            words = f"corrected from {before.verdict} to {verdict} by {by.shown}"
            flags = (*flags, Flag(kind="verdict-lifted", words=words, reason=why))
        changed = {"verdict": verdict, "reason": reason[:MAX_TEXT], "observations": seen, "flags": flags, **told}
        result = before.model_copy(update={**changed, "corrections": (*before.corrections, kept)})
        self._results[number - 1] = result
        self._write("correction", case=self.case.id, result=result)
        self._sync()
        return result

    def jot(self, kind: EntryKind, text: str, by: Performer) -> SessionEntry:
        """One entry of an unscripted session; it is on record when this returns."""
        entry = SessionEntry(number=len(self.session) + 1, kind=kind, text=text[:MAX_TEXT], by=by, at=self.now)
        self.session.append(entry)
        self._write("session-note", case=self.case.id, entry=entry)
        self._sync()
        return entry

    def leave(self, by: Performer) -> None:
        """The person pauses. The case stays open; nothing of it is finished."""
        self._write("paused", case=self.case.id, by=by, number=len(self._results) + 1 if self._open is not None else 0)
        self._sync()

    def finish(self, reason: str = "") -> CaseResult:
        """As ever; the issues of a session are why its case did not pass, whatever else went wrong in it."""
        return super().finish(reason or issues_told(self.session))

    def _more(self) -> dict[str, Any]:
        people = (p for s in self._results for p in (s.by, *(c.by for c in s.corrections)) if p is not None)
        return {"performed_by": tuple(dict.fromkeys(people)), "session": tuple(self.session)}

    def _sync(self) -> None:
        if self._journal is not None:
            self._journal.sync()
