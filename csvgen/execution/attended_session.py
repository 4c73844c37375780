"""An unscripted session as an attended case: the person explores by the charter, and every note and issue is on record at once.

That notes are on record is looked at, not asked. Every issue makes the check of issues fail, so that the case opens a deviation: a
session with an issue never passes, and no issue can be talked away at the end. Beyond its time box a session goes on, and is flagged.
"""

from __future__ import annotations

from typing import Any

from csvgen.evidence.attended import answer as answer_of
from csvgen.execution import attended_answers as answers
from csvgen.execution.attended import AttendedCase, Left
from csvgen.model.attended import Flag
from csvgen.model.execution import StepResult, Verdict
from csvgen.model.protocol import Step
from csvgen.model.unscripted import issues, issues_told
from csvgen.protocol.charter import part, time_box

_KEYS = "n note, i issue, a attach a file, d done, q pause"
_SOURCE = "journal of the run"
_MINUTE = 60.0


class SessionCase(AttendedCase):
    """One unscripted session."""

    def step(self, number: int, step: Step, bdd_step: Any, common: dict[str, Any]) -> StepResult:
        which = part(step)
        if not which:
            return super().step(number, step, bdd_step, common)
        self.recorder.open(step)
        self._show_step(number, step, which == "notes")
        if which == "explore":
            return self._explore(number)
        if which == "notes":
            count = sum(e.kind != "conclusion" for e in self.recorder.session)
            self.recorder.observe("notes and issues on record", "at-least", "1", str(count), _SOURCE, "")
            return self.recorder.close(Verdict.PASSED)
        if which == "issues" and self._issues:
            return self._tell_issues()
        about = "Conclusion" if which == "conclusion" else "That there was no issue, in your words"
        made = self.answer(number, step, about)
        if which == "conclusion":
            self.recorder.jot("conclusion", answers.words_of(answer_of(made)), self.by)
        return made

    def stops(self, result: StepResult) -> bool:
        """A session is always concluded, whatever was found."""
        return False if part(self.case.steps[result.number - 1]) else super().stops(result)

    def correctable(self, result: StepResult) -> bool:
        """An issue that is on record stays one; that there was none can be corrected as long as there is none."""
        of_issues = part(self.case.steps[result.number - 1]) == "issues"
        return super().correctable(result) and not (of_issues and self._issues)

    @property
    def _issues(self) -> tuple[str, ...]:
        return issues(self.recorder.session)

    def _explore(self, number: int) -> StepResult:
        self.file_flags = []
        before = self.recorder.part.spent if self.recorder.part and self.recorder.part.interrupted == number else 0.0
        box = time_box(self.case) or 0
        for entry in self.recorder.session:
            self.desk.show(f"   {entry.number}. {entry.kind}: {entry.text}")
        while True:
            spent = before + self.recorder.seconds
            over = spent > box * _MINUTE
            left = "BEYOND THE TIME BOX" if over else "time box"
            typed = self.desk.ask(f"   [{spent / _MINUTE:.0f} of {box} min, {left}] {_KEYS}", "explore").strip()
            letter, words = typed[:1].lower(), typed[1:].strip()
            if typed[1:2].strip() or letter not in ("n", "i", "a", "d", "q"):
                self.desk.tell("   A letter first; a note or an issue in words after it: n the list is empty at first")
            elif letter == "q":
                raise Left(f"paused by {self.by.shown}")
            elif letter == "a":
                self.attach()
            elif letter == "d" and self._done():
                break
            elif letter in ("n", "i"):
                self._jot(letter, words)
        spent = before + self.recorder.seconds
        return self._explored(number, spent, box)

    def _done(self) -> bool:
        if self.recorder.session:
            return True
        self.desk.tell("   A session without a note is no record: write at least one.")
        return False

    def _jot(self, letter: str, words: str) -> None:
        kind = "issue" if letter == "i" else "note"
        text = (
            answers.harmless(words) if words and not answers.says_nothing(words) else self.words(f"The {kind} in words", "entry")
        )
        entry = self.recorder.jot("issue" if letter == "i" else "note", text, self.by)
        self.desk.tell(f"   {kind} {entry.number} is on record")

    def _explored(self, number: int, spent: float, box: int) -> StepResult:
        notes = sum(e.kind == "note" for e in self.recorder.session)
        minutes = f"{spent / _MINUTE:.1f}"
        words = f"{notes} notes and {len(self._issues)} issues in {minutes} minutes"
        self.recorder.observe("the session", "recorded", "", words, self.by.shown, "")
        flags = [*self.file_flags, *self._interrupted(number)]
        if spent > box * _MINUTE:
            self.desk.tell(f"   The session took {minutes} minutes, longer than its time box of {box}.")
            flags.append(Flag(kind="time-box", words=f"took {minutes} minutes; the time box is {box}"))
        return self.recorder.close(Verdict.PASSED, by=self.by, flags=tuple(flags))

    def _tell_issues(self) -> StepResult:
        """One observation for each issue, none of which can hold."""
        for number, text in enumerate(self._issues, 1):
            said = answers.spoken("f", text)
            self.recorder.observe(f"issue {number}", "judged", "nothing that stands against the mission", said, self.by.shown, "")
            self.desk.tell(f"   issue {number}: {text}")
        return self.recorder.close(Verdict.FAILED, issues_told(self.recorder.session), by=self.by)
