"""Attended cases: a person carries out what the step library does not know, and judges every check. Keyboard first.

A step with a definition is executed by the library, as in any case, and shown. A step without one is the person's: instruction and
expected result stand there before anything can be answered. Of a check with a definition, both have to hold: what the library
compared cannot be lifted by a person, only made worse. Where a case goes on after an earlier step did not pass, a person said so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from _pytest.fixtures import FixtureRequest

from csvgen.evidence.attachments import attachment_file
from csvgen.evidence.attended import Begun, Segment
from csvgen.evidence.attended import answer as answer_of
from csvgen.execution import attended_answers as answers
from csvgen.execution import compat, executor
from csvgen.execution.attended_recorder import AttendedRecorder
from csvgen.execution.compat import StepIndex
from csvgen.execution.recorder import difference
from csvgen.model.attended import Flag, Performer
from csvgen.model.execution import StepResult, Verdict
from csvgen.model.protocol import Feature, Step, TestCase

ACTIONS = "a attach a file, c correct an earlier answer, q pause"
LOST = (
    "the case was interrupted after the step library had begun to act; what its steps hold in their process is lost, and they are not "
    "executed twice"
)


class Left(Exception):
    """The person pauses, or went away. Nothing that was answered is lost."""


class Desk(Protocol):
    """Where a person is asked. Whoever implements it shows everything as harmless text."""

    def at(self, case: AttendedCase) -> None:
        """The case that is carried out from now on; a desk that shows more than lines looks at it when it asks."""
        ...

    def show(self, *lines: str) -> None:
        """What stands at this point: the case, the step, what the library observed."""
        ...

    def tell(self, *lines: str) -> None:
        """What has just happened, or why something is asked again."""
        ...

    def ask(self, prompt: str, kind: str, letters: str = "") -> str:
        """One line, as typed. `kind` names the question, `letters` are the answers there are. Raises Left when nobody answers any more."""
        ...

    def act(self, prompt: str, kind: str) -> tuple[str, str]:
        """A letter of `ACTIONS` or an empty one, and words as typed. A desk with buttons never takes words for an action."""
        ...

    def file(self) -> answers.Picked | str | None:
        """A file the person names, read; a text says why it cannot be attached; None when there is none after all."""
        ...

    def second(self, first: Performer) -> Performer | None:
        """Another person, authenticated now; None when nobody is there, or whoever came is refused."""
        ...


@dataclass(eq=False)
class Attendant:
    """Who attends the run of this process, and what the steps need for it. A pytest plugin: it hears what cannot be collected."""

    desk: Desk
    worker: str
    segment: Segment
    known: answers.Known
    parts: Mapping[str, Begun] = field(default_factory=dict)
    heads: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Case -> what is shown above it: requirement and risk in words."""
    run: str = ""
    """What is executed: system and run, as the head of each case shows them."""
    formal: bool = False
    left: str = ""
    """Why the person left before the end; empty when they did not."""
    problems: list[str] = field(default_factory=list)
    refused: tuple[str, ...] = ()
    """Why a formal run may not go on with what is here; nothing was recorded then."""

    @property
    def by(self) -> Performer:
        return self.segment.by

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            self.problems += [line for line in str(report.longrepr).splitlines() if line.strip()]

    def pytest_internalerror(self, excrepr: Any) -> None:
        self.problems.append(str(excrepr).strip().splitlines()[-1])


def attend(
    request: FixtureRequest, feature: Feature, case: TestCase, recorder: AttendedRecorder, index: StepIndex, attendant: Attendant
) -> None:
    """Carry out one case. Raises Left when the person leaves it, executor.NotPassed when it did not pass."""
    from csvgen.execution.attended_session import SessionCase
    from csvgen.model.protocol import CHARTER

    kind = SessionCase if CHARTER in case.tags else AttendedCase
    kind(request, feature, case, recorder, index, attendant).go()


class AttendedCase:
    """One case at the desk."""

    def __init__(
        self, request: FixtureRequest, feature: Feature, case: TestCase, recorder: AttendedRecorder, index: StepIndex,
        attendant: Attendant,
    ) -> None:  # fmt: skip
        self.request, self.feature, self.case, self.recorder, self.index = request, feature, case, recorder, index
        self.attendant, self.desk, self.by = attendant, attendant.desk, attendant.by
        self.file_flags: list[Flag] = []
        self.here: tuple[int, Step, bool] | None = None
        """The step that is open: number, step, and whether the library executes it."""

    def go(self) -> None:
        hook = self.request.config.hook
        bdd_feature, scenario = compat.bdd_objects(self.feature, self.case)
        common: dict[str, Any] = {"request": self.request, "feature": bdd_feature, "scenario": scenario}
        self.desk.at(self)
        self._head()
        hook.pytest_bdd_before_scenario(**common)
        try:
            for number, step in enumerate(self.case.steps, 1):
                if number <= len(self.recorder.answered):
                    continue
                result = self.step(number, step, scenario.steps[number - 1], common)
                self.attendant.known.add(self.case.id, result)
                self.desk.tell(f"   step {number}: {result.verdict}{f' ({result.reason})' if result.reason else ''}")
                if self.stops(result):
                    break
            self._last_word()
        finally:
            hook.pytest_bdd_after_scenario(**common)
        worse = [s for s in self.recorder.results if s.verdict is not Verdict.PASSED]
        if worse:
            first = worse[0]
            raise executor.NotPassed(first.verdict, f"step {first.number} ({first.keyword} {first.text}): {first.reason}")

    def _head(self) -> None:
        case, part = self.case, self.recorder.part
        serves = (
            f"requirement {', '.join(case.requirements) or 'none'}   risk {', '.join(case.risks) or 'none'} ({case.priority})"
        )
        self.desk.show("", "=" * 72, f"{self.attendant.run}   {case.phase}   {case.id} {case.title}", f"   {serves}")
        self.desk.show(*(f"   {line}" for line in self.attendant.heads.get(case.id, ())))
        if part is not None:
            where = f"in step {part.interrupted}" if part.interrupted else "between two steps"
            self.desk.show(f"   GOES ON: {part.how}, {where}; {len(part.steps)} of {len(case.steps)} steps are answered")

    # ------------------------------------------------------------ one step

    def step(self, number: int, step: Step, bdd_step: Any, common: dict[str, Any]) -> StepResult:
        found = self.index.matches(step.keyword.lower(), step.text, self.request.node)
        lost = bool(found) and self._lost(number)
        self.recorder.open(step)
        self._show_step(number, step, bool(found))
        if lost:
            return self.recorder.close(Verdict.ERROR, LOST)
        if found:
            try:
                verdict, reason = executor.perform(self.request, step, bdd_step, common, self.index, self.recorder)
            except BaseException as torn:
                self.recorder.close(Verdict.ERROR, f"interrupted: {type(torn).__name__}")
                raise
            self._show_library()
            judged = step.keyword == "Then" and verdict is Verdict.PASSED and all(o.holds for o in self.recorder.seen)
            if not judged:
                return self.recorder.close(verdict, reason)
        return self.answer(number, step)

    def _lost(self, number: int) -> bool:
        """Whether the step library acted in an earlier process: before this step, or perhaps in it."""
        part = self.recorder.part
        return part is not None and (part.interrupted == number or any(s.code is not None for s in part.steps))

    def _show_step(self, number: int, step: Step, library: bool) -> None:
        self.here = (number, step, library)
        how = "the step library executes it" if library else "you carry it out"
        self.desk.show("", f"-- step {number} of {len(self.case.steps)}   {step.keyword}   ({how})")
        lines = answers.whole(step).split("\n")
        self.desk.show(f"   Instruction  {lines[0]}", *(f"                {line}" for line in lines[1:]))
        lines = answers.expectation(step).split("\n")
        self.desk.show(f"   EXPECTED     {lines[0]}", *(f"                {line}" for line in lines[1:]))

    def _show_library(self) -> None:
        for seen in self.recorder.seen:
            word = "recorded" if seen.comparison == "recorded" else "holds" if seen.holds else "DOES NOT HOLD"
            self.desk.show(f"   {word}: {difference(seen)}   [{seen.source}]")
        for kept in self.recorder.kept:  # what the next steps ask a person to look at lies here
            assert self.recorder.folder is not None
            place = attachment_file(self.recorder.folder, kept.sha256)
            self.desk.show(f"   kept: {answers.harmless(kept.name)} ({kept.media_type}, {kept.size} bytes): {place}")

    # ------------------------------------------------------------ what the person answers

    def answer(self, number: int, step: Step, about: str = "Actual result") -> StepResult:
        """Ask until there is an answer: actual result, verdict, and what these ask for."""
        expected = answers.expectation(step)
        self.file_flags = []
        while True:
            actual = self._actual(number, about)
            letter = self.one_of(
                "Verdict (p passed, f failed, b blocked, n not executed, r type the result again)", "pfbnr", "verdict"
            )
            if letter == "r":
                continue
            seconds = self.recorder.seconds
            reason, note = self._reason(letter), self._note(letter)
            witness, stays = self._witnessed(number, letter)
            if stays:
                continue
            break
        word, verdict = answers.VERDICTS[letter]
        flags = [*self.file_flags, *self._interrupted(number), *self.attendant.known.of_words(expected, actual)]
        flags += answers.too_fast(seconds)
        self.recorder.judge(expected, answers.spoken(letter, actual), self.by)
        told = f"{word}: {reason}" if reason else f"{word}: {actual}"
        if witness is not None and not witness[1]:
            verdict, told = Verdict.FAILED, f"the second person does not agree: {witness[2]}"
        return self.recorder.close(
            verdict, "" if verdict is Verdict.PASSED else told, by=self.by, witness=witness[0] if witness else None, note=note,
            flags=tuple(flags),
        )  # fmt: skip

    def _actual(self, number: int, about: str) -> str:
        while True:
            action, typed = self.desk.act(f"   {about} ({ACTIONS})", "actual")
            if action:
                self.act(action, number)
            elif answers.says_nothing(typed):
                self.desk.tell("   The actual result may not be blank: say what you saw or did.")
            else:
                return answers.harmless(typed)

    def act(self, letter: str, number: int) -> None:
        if letter == "a":
            self.attach()
        elif letter == "c":
            self.correct()
        elif self._would_lose(number):
            self.desk.tell("   Not now: steps of this case that the step library executed would be lost. Finish the case first.")
        else:
            if self.recorder.kept:
                self.desk.tell("   The files of this step are attached again when you go on.")
            raise Left(f"paused by {self.by.shown}")

    def _would_lose(self, number: int) -> bool:
        acted = any(s.code is not None for s in self.recorder.answered)
        left = enumerate(self.case.steps[number - 1 :], number)
        return any(self.index.matches(s.keyword.lower(), s.text, self.request.node) and (acted or n == number) for n, s in left)

    def words(self, prompt: str, kind: str) -> str:
        """Words that may not be blank."""
        while True:
            typed = self.desk.ask(f"   {prompt}", kind)
            if not answers.says_nothing(typed):
                return answers.harmless(typed)
            self.desk.tell("   This may not be blank.")

    def one_of(self, prompt: str, letters: str, kind: str) -> str:
        while True:
            typed = self.desk.ask(f"   {prompt}", kind, letters).strip().lower()
            if len(typed) == 1 and typed in letters:
                return typed
            self.desk.tell(f"   One letter of: {', '.join(letters)}")

    def _reason(self, letter: str) -> str:
        """Blocked and not executed need one (RR-X08)."""
        return self.words(f"Reason why it was {answers.VERDICTS[letter][0]}", "reason") if letter in "bn" else ""

    def _note(self, letter: str) -> str:
        typed = self.desk.ask("   Note for the deviation (blank for none)", "note") if letter == "f" else ""
        return "" if answers.says_nothing(typed) else answers.harmless(typed)

    def _witnessed(self, number: int, letter: str) -> tuple[tuple[Performer, bool, str] | None, bool]:
        """The second person, whether they agree and what they say; and whether the step stays open because nobody came."""
        if not self.case.witnessed(number) or letter not in "pf":
            return None, False
        self.desk.show("   This step needs a second person, who looks at the same and types the own user id and password.")
        other = self.desk.second(self.by)
        if other is None:
            self.desk.tell("   Without a second person the step stays open.")
            return None, True
        agrees = self.one_of(f"{other.printed_name}, is the answer as you see it? (y yes, n no)", "yn", "agree") == "y"
        return (other, agrees, "" if agrees else self.words("What do you see", "sees")), False

    def _interrupted(self, number: int) -> list[Flag]:
        part = self.recorder.part
        again = part is not None and part.interrupted == number
        return [Flag(kind="interrupted", words=f"begun again: {part.how}")] if part is not None and again else []

    # ------------------------------------------------------------ files

    def attach(self) -> None:
        """One file, hashed as it is read. What a reviewer should know of it needs a reason (RR-X04)."""
        picked = self.desk.file()
        if picked is None:
            return
        if isinstance(picked, str):
            self.desk.tell(f"   Not attached: {picked}.")
            return
        flags = []
        started, now = self.recorder.step_started, self.recorder.now
        for flag in self.attendant.known.of_file(picked.data, picked.changed, started, now):
            self.desk.tell(f"   LOOK: {flag.words}.")
            flags.append(flag.model_copy(update={"reason": self.words("Reason why it is evidence here", "file-reason")}))
        made = self.recorder.attach(picked.data, name=picked.name, media_type=picked.media_type, kind=picked.kind)
        self.file_flags += (f.model_copy(update={"words": f"{made.id}: {f.words}"}) for f in flags)
        self.desk.tell(f"   attached {made.id}  {picked.name}  {made.size} bytes  {made.sha256}")

    # ------------------------------------------------------------ corrections

    def correctable(self, result: StepResult) -> bool:
        """Whether it is an answer of a person."""
        return bool(answer_of(result))

    def correct(self) -> None:
        """Another answer to an earlier step of the case; the first one is kept (RR-X07)."""
        own = {s.number: s for s in self.recorder.answered if self.correctable(s)}
        if not own:
            self.desk.tell("   No step of this case was answered by a person yet.")
            return
        for n, s in own.items():
            self.desk.show(f"   step {n}  {s.verdict}  {answers.words_of(answer_of(s))}")
        typed = self.desk.ask("   Number of the step to correct (blank for none)", "number").strip()
        if not typed.isdecimal() or int(typed) not in own:
            return
        number = int(typed)
        step = self.case.steps[number - 1]
        self.desk.show(f"   Instruction  {answers.whole(step)}", f"   EXPECTED     {answers.expectation(step)}")
        actual = self.words("Corrected actual result", "corrected")
        letter = self.one_of("Verdict (p passed, f failed, b blocked, n not executed)", "pfbn", "verdict")
        reason, note = self._reason(letter), self._note(letter)
        why = self.words("Why the first answer was wrong", "why")
        witness, stays = self._witnessed(number, letter)
        if stays:
            return
        word, verdict = answers.VERDICTS[letter]
        told = "" if verdict is Verdict.PASSED else f"{word}: {reason or actual}"
        more: dict[str, Any] = {"note": note or own[number].note}
        if witness is not None:
            more["witness"] = witness[0]
            if not witness[1]:
                verdict, told = Verdict.FAILED, f"the second person does not agree: {witness[2]}"
        made = self.recorder.correct(number, answers.spoken(letter, actual), verdict, told, why, self.by, **more)
        self.desk.tell(f"   step {number} is corrected: {own[number].verdict} -> {made.verdict}; the first answer is kept")

    # ------------------------------------------------------------ the way on

    def stops(self, result: StepResult) -> bool:
        """After a step that did not pass: whether the case ends here. Nobody drifts on by pressing Enter."""
        if result.verdict is Verdict.PASSED or result.number == len(self.case.steps):
            return False
        if result.by is None:
            self.recorder.stopped = f"step {result.number}, which the step library executed, did not pass"
            return True
        if self.one_of("The step did not pass. g go on with the next step, s stop the case here", "gs", "way") == "g":
            return False
        why = self.words("Reason for stopping", "stop-reason")
        self.recorder.stopped = f"stopped after step {result.number} by {self.by.shown}: {why}"
        return True

    def _last_word(self) -> None:
        """The case is answered; until it is finished, answers can be corrected."""
        self.here = None
        while True:
            said = ", ".join(f"{s.number} {s.verdict}" for s in self.recorder.results)
            action, typed = self.desk.act(f"\n   {self.case.id}: {said}. Enter finishes the case (c correct, q pause)", "last")
            if not action and not typed.strip():
                return
            if action == "c":
                self.correct()
            elif action == "q":
                raise Left(f"paused by {self.by.shown}")
