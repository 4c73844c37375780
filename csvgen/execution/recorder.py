"""The recorder: a small state machine per case, fed by the executor and by pytest's three phases.

A step is opened before anything of it runs and closed with a verdict; a step never opened is NOT_RUN; set-up and
tear-down can only make the verdict of a case worse. What a step observed decides, not whether it raised: an observation
that does not hold makes the step FAILED even if the step swallowed the failure, and a Then that observed nothing is an
ERROR, because a check that looks at nothing proves nothing. What was seen is judged as it was seen; only then secrets are taken
out of what is kept. A comparison that the kept values no longer show does not count.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from csvgen.canonical import Digest, joined, plain, text_of
from csvgen.clock import Clock, stored
from csvgen.errors import NotRecorded
from csvgen.evidence import kinds
from csvgen.evidence.attachments import keep
from csvgen.evidence.journal import Journal
from csvgen.evidence.redaction import Redaction
from csvgen.execution.observe import ExpectationFailed, judge, observation
from csvgen.model.execution import (
    UNEXECUTED,
    Attachment,
    AttachmentKind,
    CaseResult,
    Comparison,
    Observation,
    StepCode,
    StepResult,
    Verdict,
    worst,
)
from csvgen.model.protocol import EVERY_STEP, Step, TestCase

MAX_TEXT = 4_000
"""Longest observed value kept in the record itself; a longer one is attached as a file and the record says so."""


class CannotShow(Exception):
    """What was compared cannot be kept: the step is an ERROR, for evidence that nobody can check is none."""


class CaseRecorder:
    """Records one execution of one case."""

    def __init__(
        self,
        case: TestCase,
        clock: Clock,
        journal: Journal | None,
        folder: Path | None,
        worker: str,
        redaction: Redaction | None = None,
    ) -> None:
        self.case = case
        self.redaction = Redaction() if redaction is None else redaction
        self._clock = clock
        self._journal = journal
        self.folder = folder
        self._worker = worker
        self._results: list[StepResult] = []
        self._told: list[Any] = []
        """The results as they were journalled: the line of the finished case says them again."""
        self._texts: list[str] = []
        """The same, spelled; of steps that ended while no secret was known."""
        self._phases: list[tuple[Verdict, str]] = []
        self._open: Step | None = None
        self._step_started = ""
        self._observations: list[Observation] = []
        self._attachments: list[Attachment] = []
        self._code: StepCode | None = None
        self.stopped = ""
        """Why steps were not reached, where a person decided so."""
        self._lost = ""
        """Why a file this step wanted to keep was not kept."""
        self._started = stored(clock.now())
        self._begin()

    def _begin(self) -> None:
        self._tell(
            "case-started", self._started, {"case": self.case.id, "digest": str(self.case.digest), "title": self.case.title}
        )

    @property
    def began(self) -> bool:
        """Whether a step of this execution was opened."""
        return bool(self._results) or self._open is not None

    @property
    def results(self) -> tuple[StepResult, ...]:
        """Steps so far; those never reached are added when the case is finished."""
        unreached = self.case.steps[len(self._results) :] if self._open is None else ()
        return (*self._results, *(self._unreached(len(self._results) + n, s) for n, s in enumerate(unreached, 1)))

    # ------------------------------------------------------------ steps

    def open(self, step: Step) -> None:
        self._open = step
        self._step_started = stored(self._clock.now())
        self._observations, self._attachments, self._code, self._lost = [], [], None, ""
        content: dict[str, Any] = {
            "case": self.case.id,
            "number": len(self._results) + 1,
            "keyword": step.keyword,
            "text": step.text,
        }
        if step.table:
            content["table"] = plain(step.table)
        if step.doc:
            content["doc"] = step.doc
        self._tell("step-started", self._step_started, content)

    def code(self, code: StepCode) -> None:
        """Name the step definition that runs."""
        self._code = code

    def close(self, verdict: Verdict, reason: str = "", **told: Any) -> StepResult:
        """Close the open step. Observations have the last word over PASSED. `told` is what a person adds (`StepResult`)."""
        step = self._open
        assert step is not None, "no step is open"
        if verdict is Verdict.PASSED:
            verdict, reason = (Verdict.ERROR, self._lost) if self._lost else self._from_observations(step)
        if verdict in UNEXECUTED and not reason.strip():
            verdict, reason = Verdict.ERROR, f"the step said {verdict} without a reason; a blank is no reason"
        result = StepResult.assembled(
            number=len(self._results) + 1,
            keyword=step.keyword,
            text=step.text,
            verdict=verdict,
            reason=self.redaction.text(reason)[:MAX_TEXT],
            started=self._step_started,
            finished=stored(self._clock.now()),
            observations=tuple(self._observations),
            attachments=tuple(self._attachments),
            code=self._code,
            **told,
        )
        self._open = None
        self._keep(result)
        return result

    def _keep(self, result: StepResult) -> None:
        self._results.append(result)
        if self._journal is not None:
            self._told.append(plain(result))
            at = result.finished or stored(self._clock.now())
            if self._journal.repeats:
                self._texts.append(text_of(self._told[-1]))
                self._journal.repeat("step", at, joined({"case": text_of(self.case.id), "result": self._texts[-1]}))
            else:
                self._journal.tell("step", at, {"case": self.case.id, "result": self._told[-1]})

    def _from_observations(self, step: Step) -> tuple[Verdict, str]:
        for seen in self._observations:
            if not seen.holds:
                return Verdict.FAILED, difference(seen)
        if step.keyword == "Then" and not any(o.comparison != "recorded" for o in self._observations):
            return Verdict.ERROR, "the step compared nothing with an expectation; a check that looks at nothing proves nothing"
        if EVERY_STEP in self.case.tags and not self._observations and not self._attachments:
            return Verdict.ERROR, "the step left neither observation nor file; the depth policy asks for evidence at every step"
        return Verdict.PASSED, ""

    def _unreached(self, number: int, step: Step) -> StepResult:
        reason = self.stopped or self._why_unreached()
        return StepResult(number=number, keyword=step.keyword, text=step.text, verdict=Verdict.NOT_RUN, reason=reason)

    def _why_unreached(self) -> str:
        """The step that did not pass; without one, why the case was not begun."""
        if (bad := next((s.number for s in self._results if s.verdict is not Verdict.PASSED), 0)) != 0:
            return f"step {bad} did not pass"
        told = next((reason for _, reason in self._phases if reason), "its set-up did not pass")
        return f"the case was not begun: {told}"

    # ------------------------------------------------------------ what steps call

    def observe(
        self, what: str, comparison: Comparison, expected: str, actual: str, source: str, unit: str, tolerance: str = ""
    ) -> Observation:
        """Judge, then keep. Raises CannotShow where the comparison holds and what may be kept does not show it."""
        if self._open is None:
            raise RuntimeError("observe may only be called while a step runs")
        seen = observation(what, comparison, expected, actual, source=source, unit=unit, tolerance=tolerance)
        seen, shows = self._without_secrets(seen)
        if len(seen.actual) > MAX_TEXT:
            attached = self.attach(seen.actual.encode("utf-8"), name="observed value", media_type="text/plain")
            kept = f"{seen.actual[:MAX_TEXT]} ... ({len(seen.actual)} characters; whole value in {attached.id})"
            seen = seen.model_copy(update={"actual": kept})
        self._observations.append(seen)
        if not shows:
            raise CannotShow(
                f"{seen.what}: the comparison needs the secret {', '.join(seen.redacted)}, which is kept in no record"
            )
        return seen

    def _without_secrets(self, seen: Observation) -> tuple[Observation, bool]:
        """The observation as it is kept, and whether it still shows what was found. Redacted, it can only hold less than before."""
        fields = {name: getattr(seen, name) for name in ("what", "expected", "actual", "unit", "source")}
        named = tuple(dict.fromkeys(n for text in fields.values() for n in self.redaction.names_in(text)))
        if not named:
            return seen, True
        kept = {name: self.redaction.text(text) for name, text in fields.items()}
        shown = judge(seen.comparison, kept["expected"], kept["actual"], seen.tolerance)
        return seen.model_copy(update={**kept, "redacted": named, "holds": seen.holds and shown}), shown or not seen.holds

    def attach(self, data: bytes, *, name: str, media_type: str = "", kind: AttachmentKind = "file") -> Attachment:
        """Keep a file with the step that runs. Raises ValueError for content that is not of the kind, BadInput where a secret would stay."""
        if self._open is None:
            raise RuntimeError("attach may only be called while a step runs")
        kinds.require(kind, data, media_type)
        data, taken = self.redaction.data(data, name)
        if taken:
            kinds.require(kind, data, media_type)
        name, media_type = self.redaction.text(name), media_type or kinds.media_type(kind, data)
        identity = f"{self.case.id}.{len(self._results) + 1}.{len(self._attachments) + 1}"
        captured = stored(self._clock.now())
        if self.folder is None:
            from csvgen.canonical import digest_bytes

            made = Attachment(
                id=identity, name=name, media_type=media_type, size=len(data), sha256=digest_bytes(data), captured=captured
            )
        else:
            try:
                made = keep(self.folder, data, identity=identity, name=name, media_type=media_type, captured=captured)
            except NotRecorded as problem:
                self._lost = problem.message  # whatever the step makes of it
                raise
        made = made.model_copy(update={"kind": kind, "redacted": taken})
        self._attachments.append(made)
        return made

    # ------------------------------------------------------------ the end

    def phase(self, verdict: Verdict, reason: str) -> None:
        """What set-up or tear-down of the case came to; only ever makes the verdict worse."""
        self._phases.append((verdict, self.redaction.text(reason)))

    def finish(self, reason: str = "") -> CaseResult:
        """Verdict of the case from its steps and phases. A case without any step result is NOT_RUN or worse, never PASSED."""
        if self._open is not None:
            self.close(Verdict.ERROR, "the step was left open; the executor was torn out of it")
        for unreached in self.results[len(self._results) :]:
            self._keep(unreached)
        steps = worst(s.verdict for s in self._results)
        verdict = worst([steps, *(v for v, _ in self._phases)])
        if steps is Verdict.NOT_RUN and self._phases:
            verdict = worst(v for v, _ in self._phases)
        of_phase = next((r for v, r in self._phases if v is verdict), "")
        of_step = next((s.reason for s in self._results if s.verdict is verdict and s.reason), "")
        told = reason or (of_phase if steps is Verdict.NOT_RUN else "") or of_step or of_phase
        finished = stored(self._clock.now())
        result = CaseResult.assembled(
            case=self.case.id,
            case_digest=self.case.digest,
            verdict=verdict,
            reason="" if verdict is Verdict.PASSED else self.redaction.text(told)[:MAX_TEXT],
            started=self._started,
            finished=finished,
            steps=tuple(self._results),
            worker=self._worker,
            **self._more(),
        )
        if self._journal is not None:
            self._tell_finished(self._journal, result, finished)
            self._journal.sync()
        return result

    def _tell_finished(self, journal: Journal, result: CaseResult, at: str) -> None:
        content = {name: plain(v) for name, v in result.fields_said().items() if name != "steps"}
        spoken = self._spoken()
        if journal.repeats and spoken is self._told and len(self._texts) == len(spoken):
            parts = {name: text_of(v) for name, v in content.items()} | {"steps": f"[{','.join(self._texts)}]"}
            journal.repeat("case-finished", at, joined({"result": joined(parts)}))
        else:
            journal.tell("case-finished", at, {"result": {**content, "steps": spoken}})

    def _spoken(self) -> list[Any]:
        """The results of the steps as the journal tells them."""
        return self._told

    def _more(self) -> dict[str, Any]:
        """What else stands in the result of the case."""
        return {}

    def _write(self, kind: Any, **content: Any) -> None:
        if self._journal is not None:
            self._journal.write(kind, stored(self._clock.now()), **content)

    def _tell(self, kind: Any, at: str, content: dict[str, Any]) -> None:
        """`_write`, of content that is plain, at a moment that it tells itself."""
        if self._journal is not None:
            self._journal.tell(kind, at, content)


class Observe:
    """The `observe` fixture: compare and record in one act."""

    def __init__(self, recorder: Callable[[], CaseRecorder]) -> None:
        self._recorder = recorder

    def __call__(
        self, what: str, *, expected: str, actual: str, source: str, unit: str = "", by: Comparison = "equal", tolerance: str = ""
    ) -> None:
        """Raises ExpectationFailed when `actual` does not meet `expected`; the record is made either way.

        With a `tolerance`, a decimal, both are numbers, and `actual` may be so far from `expected` and no further.
        """
        comparison: Comparison = "within" if tolerance and by == "equal" else by
        seen = self._recorder().observe(what, comparison, expected, actual, source, unit, tolerance)
        if not seen.holds:
            raise ExpectationFailed(difference(seen))

    def note(self, what: str, actual: str, *, source: str, unit: str = "") -> None:
        """What an action came to, where nothing is expected yet: the answer of the system, the id of a record."""
        self._recorder().observe(what, "recorded", "", actual or "(empty)", source, unit)


class Attach:
    """The `attach` fixture: keep a piece of evidence by its digest."""

    def __init__(self, recorder: Callable[[], CaseRecorder]) -> None:
        self._recorder = recorder

    def __call__(
        self, data: bytes | str | kinds.Rows, *, name: str, media_type: str = "", kind: AttachmentKind = "file"
    ) -> Digest:
        """The digest of what is kept. Rows of text are a table; a `kind` is checked against the content (`evidence.kinds`).

        Without a kind and a media type it is a text, as it ever was.
        """
        if not isinstance(data, bytes | str):
            kind, content = "table", kinds.table(data)
        else:
            content = data.encode("utf-8") if isinstance(data, str) else data
        media_type = media_type or ("text/plain" if kind == "file" else "")
        return Digest(self._recorder().attach(content, name=name, media_type=media_type, kind=kind).sha256)


_WORDS = {
    "equal": "expected {e}, observed {a}",
    "not-equal": "expected anything but {e}, observed {a}",
    "contains": "expected to find {e} in {a}",
    "contains-each": "expected to find each line of {e} in {a}",
    "at-least": "expected at least {e}, observed {a}",
    "at-most": "expected at most {e}, observed {a}",
    "digits": "expected agreement in {e} significant digits: {a}",
    "same-number": "expected the number {e}, observed {a}",
    "rounds-to": "expected a number that rounds to {e}, observed {a}",
    "within": "expected {e} +/- {t}, observed {a}",
    "blank": "expected nothing to be there, observed {a}",
    "refused": "expected a refusal, observed: {a}",
    "recorded": "observed {a}",
    "judged": "expected {e}, a person found {a}",
}


def difference(seen: Observation) -> str:
    """One sentence on what was expected and what was there."""
    unit = f" {seen.unit}" if seen.unit else ""
    expected, actual = f"{seen.expected!r}{unit}", f"{seen.actual!r}{unit}"
    return f"{seen.what}: " + _WORDS[seen.comparison].format(e=expected, a=actual, t=f"{seen.tolerance}{unit}")
