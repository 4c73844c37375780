"""What the journals of a run say, line by line, believing nothing: cases, steps, readings, and what does not hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

from csvgen.canonical import digest_file
from csvgen.evidence.attachments import attachment_path
from csvgen.evidence.attended import WORKER, AttendedLines
from csvgen.evidence.drift import Reading
from csvgen.evidence.proving import Part
from csvgen.model.execution import (
    UNEXECUTED,
    Attachment,
    CaseResult,
    ClockOffset,
    CodeFile,
    Environment,
    PlannedCase,
    StepCode,
    StepResult,
    TargetState,
    Verdict,
    worst,
)


class Gathered:
    """What the journals of all workers say.

    Without `steps` a case lets go of its steps once it has ended and all of them were looked at; what was attached, and the step code that
    ran, is known all the same.
    """

    def __init__(self, *, steps: bool = True) -> None:
        self.steps = steps
        self.cases: dict[str, CaseResult] = {}
        self.attached: dict[str, tuple[Attachment, ...]] = {}
        """Case that ended -> what its steps attached."""
        self.used: dict[str, tuple[StepCode, ...]] = {}
        """Case that ended -> the step definitions that ran in it."""
        self.files: dict[str, str] = {}
        """Path below the run folder -> digest of a file that was read to its end and holds."""
        self._codes: dict[tuple[object, ...], StepCode] = {}
        self.open: dict[str, dict[str, Any]] = {}
        self.environments: list[Environment] = []
        self.targets: list[TargetState] = []
        self.readings: list[Reading] = []
        self.of_shards: list[str] = []
        """What stands against a shard as a whole: it drifted, or its test runner broke."""
        self.problems: list[str] = []
        self.clocks: list[tuple[str, ClockOffset]] = []
        self.disorder: list[str] = []
        self.unfinished: list[str] = []
        """Journals that do not end with the word that their worker is finished."""
        self.redactions: dict[str, tuple[str, int]] = {}
        self.code: dict[str, str] = {}
        self.left_out: dict[str, str] = {}
        self.unsealable: list[str] = []
        self.order: list[tuple[str, str]] = []
        """When a case was begun, and which."""
        self.turned: list[tuple[str, int, tuple[str, ...]]] = []
        """Shards that executed their cases in another order than planned; see `Evidence.turned`."""
        self.trial: list[Mapping[str, Any]] = []
        """Entries that only a trial of a challenge has."""
        self.lost: dict[str, str] = {}
        """Case -> why what a shard may have recorded of it counts for nothing."""
        self.attended = AttendedLines(self)
        self._kinds: Mapping[str, Callable[[str, Mapping[str, Any], Mapping[str, Any]], None]] = {
            "worker-started": self.attended.started, "worker-finished": self.attended.finished, "environment": self._environment,
            "clock": self._clock, "target": self._target, "fault": self._of_trial, "falsified": self._of_trial,
            "case-started": self._case_started, "step-started": self._step_started, "step": self._step,
            "case-finished": self._case_finished, "attending": self.attended.attending, "paused": self.attended.paused,
            "case-resumed": self.attended.resumed, "correction": self.attended.correction, "session-note": self.attended.entry,
            "redaction": self._redaction, "code": self._code, "collected": self._collected,
        }  # fmt: skip
        """What each kind of line tells; a new kind is a line here."""

    def take(self, worker: str, entries: Iterable[Mapping[str, Any]]) -> None:
        """Each line by its kind. A kind nobody here knows is a problem: what it tells would go unread."""
        last: Mapping[str, Any] | None = None
        for last in entries:
            known = self._kinds.get(last["kind"])
            if known is None:
                self.problems.append(f"journal of {worker}: a line of the kind {last['kind']!r} is not known here")
            else:
                known(worker, last, last["content"])
        if last is not None:
            self.attended.torn(worker, last)

    def watched(self, name: str, entries: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
        """The same lines; at their end it is known where their times go back, and whether the journal ends as a recorder ends it."""
        last: Mapping[str, Any] | None = None
        for entry in entries:
            if last is not None and str(entry["at"]) < str(last["at"]):
                self.disorder.append(
                    f"{name}: line {entry['seq']} is of {entry['at']}, the line before it of {last['at']}: the clock stepped back"
                )
            last = entry
            yield entry
        attended = name.removeprefix("journal.").startswith(WORKER)  # who went on after it named the line it ends with
        if not attended and (last is None or last["kind"] != "worker-finished"):
            self.unfinished.append(name)

    def _environment(self, _worker: str, _entry: Mapping[str, Any], content: Mapping[str, Any]) -> None:
        self.environments.append(Environment.model_validate(content["environment"]))

    def _clock(self, _worker: str, _entry: Mapping[str, Any], content: Mapping[str, Any]) -> None:
        self.clocks.append((str(content["when"]), ClockOffset.model_validate(content["offset"])))

    def _target(self, worker: str, _entry: Mapping[str, Any], content: Mapping[str, Any]) -> None:
        state = TargetState.model_validate(content["state"])
        self.targets.append(state)
        self.readings.append(Reading(worker, str(content["when"]), state))

    def _redaction(self, _worker: str, _entry: Mapping[str, Any], content: Mapping[str, Any]) -> None:
        """Which secrets were looked for, and in how many places of the record each was taken out, over all workers."""
        for name, state in content["redactions"]:
            self._taken_out(str(name), str(state), int(content["places"].get(name, 0)))

    def _taken_out(self, name: str, state: str, places: int) -> None:
        known, before = self.redactions.get(name, (state, 0))
        self.redactions[name] = (known, before + places)

    def _code(self, _worker: str, _entry: Mapping[str, Any], content: Mapping[str, Any]) -> None:
        """One digest for each file of step code, over the whole run and all of its workers."""
        for file in map(CodeFile.model_validate, content["files"]):
            if self.code.setdefault(file.file, file.sha256) != file.sha256:
                self._may_not_be_sealed(f"the step code {file.file} was changed while the run went")

    def _collected(self, _worker: str, _entry: Mapping[str, Any], content: Mapping[str, Any]) -> None:
        """What was about to be executed, and why a formal run was refused."""
        options = " ".join(f"{flag} {value}".strip() for flag, value in sorted(content["options"].items()))
        for case in content["left_out"]:
            self.left_out[case] = f"planned, and left out{f' ({options})' if options else ''}"
        for reason in content["refused"]:
            self._may_not_be_sealed(f"the run was refused before anything was executed: {reason}")

    def _may_not_be_sealed(self, why: str) -> None:
        if why not in self.unsealable:
            self.unsealable.append(why)

    def _of_trial(self, _worker: str, entry: Mapping[str, Any], _content: Mapping[str, Any]) -> None:
        self.trial.append(entry)

    def _case_started(self, worker: str, entry: Mapping[str, Any], content: Mapping[str, Any]) -> None:
        self._once(content["case"])
        self.order.append((entry["at"], content["case"]))
        self.open[content["case"]] = {
            "digest": content["digest"], "started": entry["at"], "steps": [], "told": [], "going": None, "worker": worker,
        }  # fmt: skip

    def _step_started(self, _worker: str, entry: Mapping[str, Any], content: Mapping[str, Any]) -> None:
        self.open[content["case"]]["going"] = (content["number"], content["keyword"], content["text"], entry["at"])

    def _step(self, _worker: str, _entry: Mapping[str, Any], content: Mapping[str, Any]) -> None:
        step = self._step_of(content["result"])
        self._reasoned(f"{content['case']} step {step.number}", step)
        part = self.open[content["case"]]
        part["steps"].append(step)
        part.get("told", []).append(content["result"])
        part["going"] = None

    def _case_finished(self, _worker: str, _entry: Mapping[str, Any], content: Mapping[str, Any]) -> None:
        part = self.open.pop(content["result"]["case"])
        told = content["result"]
        before = part.get("told")
        if before and before == told.get("steps"):  # word for word what its lines said: looked at already
            told = {**told, "steps": tuple(part["steps"])}
        result = CaseResult.model_validate(told)
        self.attended.check(result, part)
        self._ended(result)
        self._reasoned(result.case, result)
        if result.verdict is not worst([s.verdict for s in result.steps]) and result.verdict is Verdict.PASSED:
            self.problems.append(f"{result.case} says PASSED but not all of its steps do")

    def _ended(self, result: CaseResult) -> None:
        """A case with its steps, as long as they are asked for."""
        self.attached[result.case], self.used[result.case] = result.attached, result.used
        self.cases[result.case] = result if self.steps else result.model_copy(update={"steps": ()})

    def _step_of(self, told: Mapping[str, Any]) -> StepResult:
        """A step from its line; a definition that ran a thousand times is there once."""
        code = told.get("code") if isinstance(told, dict) else None
        if isinstance(code, dict):
            key = (*code, *map(str, code.values()), *map(type, code.values()))
            known = self._codes.get(key)
            if known is None:
                known = self._codes[key] = StepCode.model_validate(code)
            told = {**told, "code": known}
        return StepResult.model_validate(told)

    def _reasoned(self, what: str, result: StepResult | CaseResult) -> None:
        """What was not carried out says why, or it is a blank (RR-X08)."""
        if result.verdict in UNEXECUTED and not result.reason.strip():
            self.problems.append(f"{what} says {result.verdict} and no reason")

    def join(self, part: Part) -> None:
        """What one shard says: its problems are those of the whole, its results those of its cases."""
        found = part.evidence
        self.environments += found.environments
        self.targets += found.targets
        self.clocks += found.clocks
        self.of_shards += [f"{found.run}: {told}" for told in found.irregular]
        self.disorder += found.disorder
        self.unfinished += found.unfinished
        self.code |= {f.file: f.sha256 for f in found.code}
        self.turned += [(f"shard {part.number}", place, cases) for _, place, cases in found.turned]
        for name, state, places in found.redactions:
            self._taken_out(name, state, places)
        self.attached |= found.attached
        self.used |= found.used
        for result in found.ends:
            self._once(result.case)
            self.cases[result.case] = result.model_copy(update={"worker": f"{part.number}.{result.worker}"})

    def _once(self, case: str) -> None:
        if case in self.cases or case in self.open:
            self.problems.append(f"{case} was executed twice in one run")

    def check_attachments(self, folder: Path) -> None:
        """Every attachment is there with the content it was attached with, sealed or not: no seal may cover a changed one."""
        going = (s.attachments for part in self.open.values() for s in part["steps"])
        for attachment in chain.from_iterable((*self.attached.values(), *going)):
            name = attachment_path(attachment.sha256)
            path = folder / name
            if not path.is_file():
                self.problems.append(f"evidence {attachment.id} is missing")
            elif name not in self.files and digest_file(path) != attachment.sha256:
                self.problems.append(f"evidence {attachment.id} was changed")
            else:
                self.files[name] = attachment.sha256

    def ended(self, planned: Iterable[PlannedCase]) -> Iterator[CaseResult]:
        """`result` of each planned case; of one that was torn, too, it is known then what it attached."""
        for one in planned:
            found = self.result(one.case, one.digest)
            if one.case in self.open:
                self.attached[one.case], self.used[one.case] = found.attached, found.used
            yield found if self.steps else found.model_copy(update={"steps": ()})

    def result(self, case: str, digest: str) -> CaseResult:
        """The result of a planned case; NOT_RUN when there is none, ERROR when the process died inside it."""
        if case in self.cases:
            return self.cases[case]
        if case in self.open:
            part = self.open[case]
            going = part["going"]
            where = f"in step {going[0]} ({going[1]} {going[2]})" if going else "between two steps"
            reason = f"the run ended {where}; nothing after it was recorded"
            if part.get("how"):
                reason = f"{part['how']} {where}; it was not gone on with"
            return CaseResult(
                case=case, case_digest=part["digest"], verdict=Verdict.ERROR, reason=reason,
                started=part["started"], steps=tuple(part["steps"]), worker=part["worker"],
            )  # fmt: skip
        reason = self.lost.get(case) or self.left_out.get(case, "planned, and never started")
        return CaseResult(case=case, case_digest=digest, verdict=Verdict.NOT_RUN, reason=reason)

    def one_code(self) -> None:
        """One step definition has one source over the whole run: what ran first is what ran last."""
        known: dict[tuple[str, int, str], str] = {}
        for code in dict.fromkeys(code for used in self.used.values() for code in used):
            if known.setdefault((code.file, code.line, code.function), code.sha256) != code.sha256:
                self._may_not_be_sealed(f"the step code {code.file}:{code.line} was changed while the run went")
