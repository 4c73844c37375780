"""A desk in another process than the person's page: what is shown goes out as one JSON line for each question, answers come in as lines.

The page may answer several questions at once: a step with its verdict and note, a correction. What was not answered that way is asked
by itself; so whoever is at the other end can never be stuck, and the order of the questions is that of the terminal.
"""

from __future__ import annotations

import json
import os
import select
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from csvgen.evidence.attended import answer as answer_of
from csvgen.execution import attended_answers as answers
from csvgen.execution.attended import Left
from csvgen.execution.recorder import difference
from csvgen.model.attended import Performer

if TYPE_CHECKING:
    from csvgen.execution.attended import AttendedCase

_READ = 65_536


class Lines:
    """Two pipes to whoever started this process."""

    def __init__(self, inward: int, outward: int) -> None:
        self._inward, self._outward = inward, outward
        self._rest = b""

    def read(self, seconds: float | None = None) -> dict[str, Any] | None:
        """The next message; None at the end, or when none came in so many seconds."""
        while b"\n" not in self._rest:
            ready, _, _ = select.select([self._inward], [], [], seconds)
            got = os.read(self._inward, _READ) if ready else b""
            if not got:
                return None
            self._rest += got
        line, _, self._rest = self._rest.partition(b"\n")
        found: dict[str, Any] = json.loads(line)
        return found

    def write(self, **message: Any) -> None:
        """Nobody there to read is no fault: it is noticed at the next question."""
        data = json.dumps(message, ensure_ascii=True).encode("ascii") + b"\n"
        try:
            while data:
                data = data[os.write(self._outward, data) :]
        except BrokenPipeError:
            return


class DeskApart:
    """The desk of a case whose person sits elsewhere. `idle`: seconds after which nobody is there any more."""

    def __init__(self, lines: Lines, idle: float) -> None:
        self._lines = lines
        self._idle = idle
        self._case: AttendedCase | None = None
        self._told: list[str] = []
        self._given: dict[str, Any] = {}
        self._turn = 0

    # ------------------------------------------------------------ the desk

    def at(self, case: AttendedCase) -> None:
        self._case = case

    def show(self, *lines: str) -> None:
        """What stands here goes out with the next question, in parts and not as lines."""

    def tell(self, *lines: str) -> None:
        self._told += (answers.harmless(line) for line in lines)

    def ask(self, prompt: str, kind: str, letters: str = "") -> str:
        return str(self._get(kind, prompt, letters))

    def act(self, prompt: str, kind: str) -> tuple[str, str]:
        letter, words = self._get(kind, prompt)
        return str(letter), str(words)

    def file(self) -> answers.Picked | str | None:
        """A file that was received, checked, and laid down by whoever started this process."""
        found = self._get("file", "File")
        if not found:
            return None
        try:
            data = Path(found["path"]).read_bytes()
            Path(found["path"]).unlink()  # what is not evidence yet lies nowhere longer than it has to
        except OSError as problem:
            return f"the file cannot be read ({type(problem).__name__})"
        return answers.Picked(answers.harmless(found["name"]) or "file", data, found["media_type"], None, found["kind"])

    def second(self, first: Performer) -> Performer | None:
        """Who this is was proved at the other end, just now, and never to this process: no password comes here."""
        found = self._get("second", f"a second person beside {first.shown}")
        return Performer.model_validate(found) if found else None

    # ------------------------------------------------------------ questions and answers

    def _get(self, kind: str, prompt: str, letters: str = "") -> Any:
        while kind not in self._given:
            self._given = {}
            self._turn += 1
            self._lines.write(
                kind="question",
                turn=self._turn,
                ask=kind,
                prompt=prompt.strip(),
                letters=letters,
                told=self._told,
                **self._shown(),
            )
            self._told = []
            self._given = self._next()
        return self._given.pop(kind)

    def _next(self) -> dict[str, Any]:
        """The answers to the question that stands. Raises Left where nobody gives any."""
        while True:
            message = self._lines.read(self._idle)
            if message is None:
                raise Left("nobody answered any more")
            if "leave" in message:
                raise Left(str(message["leave"]))
            if message.get("turn") == self._turn:
                given: dict[str, Any] = message["given"]
                return given

    def _shown(self) -> dict[str, Any]:
        """The case as it stands, in parts."""
        case = self._case
        if case is None:
            return {"case": None, "step": None, "answered": [], "session": []}
        return {
            "case": _head(case),
            "step": _step(case),
            "answered": [
                {
                    "number": s.number, "keyword": s.keyword, "text": s.text, "verdict": str(s.verdict), "reason": s.reason,
                    "actual": answers.words_of(answer_of(s)), "before": [c.actual for c in s.corrections],
                    "expected": answers.expectation(case.case.steps[s.number - 1]), "correctable": case.correctable(s),
                    "witnessed": case.case.witnessed(s.number),
                }
                for s in case.recorder.answered
            ],
            "session": [{"number": e.number, "kind": e.kind, "text": e.text} for e in case.recorder.session],
        }  # fmt: skip


def _head(attended: AttendedCase) -> Mapping[str, Any]:
    case, part = attended.case, attended.recorder.part
    return {
        "id": case.id, "title": case.title, "phase": case.phase, "requirements": list(case.requirements), "risks": list(case.risks),
        "priority": case.priority, "steps": len(case.steps), "words": list(attended.attendant.heads.get(case.id, ())),
        "goes_on": part.how if part is not None else "",
    }  # fmt: skip


def _step(attended: AttendedCase) -> Mapping[str, Any] | None:
    if attended.here is None:
        return None
    number, step, library = attended.here
    recorder = attended.recorder
    return {
        "number": number, "keyword": step.keyword, "library": library, "instruction": answers.whole(step),
        "expected": answers.expectation(step), "witnessed": attended.case.witnessed(number),
        "seen": [
            {"holds": o.holds, "recorded": o.comparison == "recorded", "words": difference(o), "source": o.source}
            for o in recorder.seen
        ],
        "kept": [
            {"id": a.id, "name": a.name, "media_type": a.media_type, "size": a.size, "sha256": str(a.sha256)} for a in recorder.kept
        ],
    }  # fmt: skip
