"""A check of the steps themselves: each Then is shown something else than what is there, and has to turn red.

While a case runs, what the target answers to a Then is written down. When the Then was green, it is carried out again, not on the
system but on what was written down: first unchanged, which must be green again, then with one answer after the other falsified, until
an observation does not hold. The system is asked nothing twice, and the record of the case is not touched. What a Then looks at is what
the ports answer it, the latest answers, and what earlier steps of the case kept; all three are falsified.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from typing import Any

from csvgen.challenge.falsehoods import falsehoods
from csvgen.challenge.phrases import phrase_of
from csvgen.clock import SystemClock
from csvgen.errors import CsvgenError
from csvgen.execution.observe import ExpectationFailed
from csvgen.execution.recorder import Attach, CaseRecorder, Observe
from csvgen.execution.session import WorkerRecorder
from csvgen.model.challenge import Falsification
from csvgen.model.execution import Observation, Verdict
from csvgen.ports import Target

MOST = 3_000
"""Falsified observations a phrase is shown in one case."""


@dataclass(frozen=True)
class Call:
    """One question to a port and what came back."""

    port: str
    verb: str
    asked: str
    answer: Any = None
    raised: BaseException | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        return self.port, self.verb, self.asked


class Witness:
    """A target that answers as it does, and writes down what it answered."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self.calls: list[Call] = []
        self.missing: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._target, name)

    def port(self, name: str) -> Any:
        found = self._target.port(name)
        if found is None:
            self.missing.add(name)
            return None
        return _Watched(name, found, self.calls)


class _Watched:
    def __init__(self, name: str, port: object, calls: list[Call]) -> None:
        self._name, self._port, self._calls = name, port, calls

    def __getattr__(self, verb: str) -> Any:
        asked = getattr(self._port, verb)
        if not callable(asked):
            return asked

        def ask(*arguments: Any, **named: Any) -> Any:
            question = repr((arguments, sorted(named.items())))
            try:
                answer = asked(*arguments, **named)
            except Exception as problem:
                self._calls.append(Call(self._name, verb, question, raised=problem))
                raise
            self._calls.append(Call(self._name, verb, question, answer))
            return answer

        return ask


class Diverged(CsvgenError):
    """A falsified answer made the step ask for something it had not asked before; nothing is known of the answer."""


class Replayed:
    """A target that knows what was written down and nothing else."""

    def __init__(self, witness: Witness, calls: list[Call]) -> None:
        self.name, self.instance = witness.name, witness.instance
        self._missing = witness.missing
        self._answers: dict[tuple[str, str, str], list[Call]] = {}
        for call in calls:
            self._answers.setdefault(call.key, []).append(call)

    def port(self, name: str) -> Any:
        return None if name in self._missing else _ReplayedPort(name, self._answers)

    def close(self) -> None:
        """Nothing was started."""


class _ReplayedPort:
    def __init__(self, name: str, answers: dict[tuple[str, str, str], list[Call]]) -> None:
        self._name, self._answers = name, answers

    def __getattr__(self, verb: str) -> Callable[..., Any]:
        def ask(*arguments: Any, **named: Any) -> Any:
            waiting = self._answers.get((self._name, verb, repr((arguments, sorted(named.items())))))
            if not waiting:
                raise Diverged(f"{self._name}.{verb} was not asked this before")
            call = waiting.pop(0) if len(waiting) > 1 else waiting[0]
            if call.raised is not None:
                raise call.raised
            return deepcopy(call.answer)

        return ask


@dataclass
class _Then:
    """A Then that is going on: its phrase, and what the case knew before it."""

    phrase: str
    world: Any
    calls: list[Call] = field(default_factory=list)


class Falsifier:
    """Sits between the steps and the target of one trial. Each phrase is looked at until it noticed something, once a case."""

    def __init__(self) -> None:
        self._noticed: set[str] = set()
        self._going: _Then | None = None
        self._witness: Witness | None = None
        self._recorder: WorkerRecorder | None = None

    def watch(self, target: Target, recorder: WorkerRecorder) -> Target:
        """The target as the steps get it."""
        self._witness, self._recorder = Witness(target), recorder
        return self._witness  # type: ignore[return-value]

    def before(self, step: Any, arguments: Mapping[str, Any]) -> None:
        self._going = None
        if step.type == "then" and self._witness is not None:
            phrase = phrase_of(step.name)
            self._witness.calls.clear()
            if phrase not in self._noticed:
                bench = arguments.get("bench")
                self._going = _Then(phrase, deepcopy(bench.world) if bench is not None else None)

    def after(self, request: Any, step: Any, function: Any, arguments: Mapping[str, Any]) -> None:
        """The step was green: show it falsehoods."""
        going, witness = self._going, self._witness
        if going is None or witness is None or self._recorder is None or step.type != "then":
            return
        self._going = None
        going.calls = list(witness.calls)
        recorder: CaseRecorder = request.node.recorder
        number = len(recorder.results) + 1
        told = {"phrase": going.phrase, "case": recorder.case.id, "step": number}
        if "bench" not in arguments:
            found = Falsification(**told, tried=0, reason="the step does not stand on the bench; nobody can come between it and the system")
        else:
            shown = _Shown(witness, going, recorder.case.steps[number - 1], recorder, function, arguments)
            found = shown.look(told)
        if found.noticed is not None:
            self._noticed.add(going.phrase)
        self._recorder.note("falsified", result=found)


class _Shown:
    """One green Then, carried out again on what was written down."""

    def __init__(self, witness: Witness, going: _Then, step: Any, recorder: CaseRecorder, function: Any, arguments: Mapping[str, Any]) -> None:
        self._witness, self._going, self._step, self._recorder = witness, going, step, recorder
        self._function, self._arguments = function, arguments

    def look(self, told: Mapping[str, Any]) -> Falsification:
        verdict, _, reason = self._again(self._going.calls, self._going.world)
        if verdict is not Verdict.PASSED:
            return Falsification(**told, tried=0, reason=f"carried out again on the same answers the step is {verdict}: {reason}"[:400])
        tried, broke = 0, ""
        for words, calls, world in self._falsehoods():
            if tried == MOST:
                break
            tried += 1
            verdict, noticed, reason = self._again(calls, world)
            if noticed is not None:
                return Falsification(**told, tried=tried, falsified=words[:400], noticed=noticed)
            if verdict is not Verdict.PASSED:
                broke = f"; {words} made it {verdict}: {reason}"
        return Falsification(**told, tried=tried, reason=f"{tried} falsified observations, none noticed{broke}"[:400])

    def _falsehoods(self) -> Iterator[tuple[str, list[Call], Any]]:
        """What was falsified in words, with the answers and the memory of the case as they are then; each source in turn."""
        nothing = object()
        for row in zip_longest(*self._sources(), fillvalue=nothing):
            yield from (found for found in row if found is not nothing)  # type: ignore[misc]

    def _sources(self) -> list[Iterator[tuple[str, list[Call], Any]]]:
        going = self._going
        made = [self._of_call(number, call) for number, call in enumerate(going.calls) if call.raised is None]
        if going.world is not None:
            made += [self._of_outcome(number) for number in reversed(range(len(going.world.outcomes)))]
            made += [self._of_fact(key, value) for key, value in going.world.facts.items()]
        return made

    def _of_call(self, number: int, call: Call) -> Iterator[tuple[str, list[Call], Any]]:
        calls = self._going.calls
        for words, answer in falsehoods(call.answer):
            yield f"{call.port}.{call.verb}, {words}", [*calls[:number], replace(call, answer=answer), *calls[number + 1 :]], self._going.world

    def _of_outcome(self, number: int) -> Iterator[tuple[str, list[Call], Any]]:
        about, outcome = self._going.world.outcomes[number]
        for words, other in falsehoods(outcome):
            world = deepcopy(self._going.world)
            world.outcomes[number] = (about, other)
            if number == len(world.outcomes) - 1:
                world.last = other
            yield f"answer to {about}, {words}", self._going.calls, world

    def _of_fact(self, key: str, value: Any) -> Iterator[tuple[str, list[Call], Any]]:
        for words, other in falsehoods(value):
            world = deepcopy(self._going.world)
            world.facts[key] = other
            yield f"{key!r} as an earlier step read it, {words}", self._going.calls, world

    def _again(self, calls: list[Call], world: Any) -> tuple[Verdict, Observation | None, str]:
        """Verdict, the observation that did not hold, and the reason."""
        shadow = CaseRecorder(self._recorder.case, SystemClock(), None, None, "falsified")
        shadow.open(self._step)
        observe, attach = Observe(lambda: shadow), Attach(lambda: shadow)
        target = Replayed(self._witness, calls)
        bench = self._arguments["bench"].before(target, deepcopy(world), observe, attach)
        replaced = {"bench": bench, "observe": observe, "attach": attach, "target": target}
        try:
            self._function(**{name: replaced.get(name, value) for name, value in self._arguments.items()})
            verdict, reason = Verdict.PASSED, ""
        except ExpectationFailed as failure:
            verdict, reason = Verdict.FAILED, str(failure)
        except Exception as problem:  # noqa: BLE001 - whatever a falsehood does to a step is what is looked at
            verdict, reason = Verdict.ERROR, f"{type(problem).__name__}: {problem}"
        result = shadow.close(verdict, reason)
        failed = next((o for o in result.observations if not o.holds), None)
        return result.verdict, failed if result.verdict is Verdict.FAILED else None, result.reason
