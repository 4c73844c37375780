"""A check of the steps themselves: each Then is shown something else than what is there, and has to turn red.

While a case runs, what the target answers to a Then is written down. When the Then was green, it is carried out again, not on the
system but on what was written down: first unchanged, which must be green again, then with one answer after the other falsified, until
an observation does not hold. The system is asked nothing twice, and the record of the case is not touched. What a Then looks at is what
the ports answer it, the latest answers, and what earlier steps of the case kept; all three are falsified.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice, zip_longest
from typing import Any, get_type_hints

from csvgen.challenge.falsehoods import falsehoods, swapped, texts
from csvgen.challenge.phrases import phrase_of
from csvgen.clock import SystemClock
from csvgen.errors import CsvgenError
from csvgen.execution.observe import ExpectationFailed
from csvgen.execution.recorder import Attach, CaseRecorder, Observe
from csvgen.execution.session import WorkerRecorder
from csvgen.model.challenge import Falsification
from csvgen.model.execution import Observation, Verdict
from csvgen.ports import PORTS, Target
from csvgen.steps.common import copied

MOST = 3_000
"""Falsified observations a phrase is shown in one case."""
_NAMES = 40
"""Texts of the answers that are tried in the place of others."""


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

    def __init__(self, target: Target, calls: list[Call] | None = None, place: str = "") -> None:
        self._target, self._place = target, place
        self.calls: list[Call] = [] if calls is None else calls

    def __getattr__(self, name: str) -> Any:
        return getattr(self._target, name)

    @property
    def elsewhere(self) -> Elsewhere | None:
        """As a system that a port gave out; None for the target itself."""
        return Elsewhere(self.name, self.instance, self, self._place) if self._place else None

    def __deepcopy__(self, _: object) -> Witness:
        """A process is behind it."""
        return self

    def port(self, name: str) -> Any:
        found = self._target.port(name)
        return None if found is None else _Watched(f"{self._place}{name}", found, self.calls)


@dataclass(frozen=True)
class Elsewhere:
    """A system that a port gave out, as one restored from a backup: what it is called, and who watches it."""

    name: str
    instance: str
    witness: Witness
    place: str


class _Watched:
    def __init__(self, name: str, port: object, calls: list[Call]) -> None:
        self._name, self._port, self._calls = name, port, calls

    def __getattr__(self, verb: str) -> Any:
        asked = getattr(self._port, verb)
        if not callable(asked):
            return asked

        @functools.wraps(asked)
        def ask(*arguments: Any, **named: Any) -> Any:
            question = repr((arguments, sorted(named.items())))
            try:
                answer = asked(*arguments, **named)
            except Exception as problem:
                self._calls.append(Call(self._name, verb, question, raised=problem))
                raise
            if isinstance(answer, Target):
                place = f"{self._name}.{verb}, "
                answer = Witness(answer, self._calls, place)
                self._calls.append(Call(self._name, verb, question, Elsewhere(answer.name, answer.instance, answer, place)))
            else:
                self._calls.append(Call(self._name, verb, question, answer))
            return answer

        return ask

    def __dir__(self) -> list[str]:
        return dir(self._port)


class Diverged(CsvgenError):
    """A falsified answer made the step ask for something it had not asked before; nothing is known of the answer."""


class Replayed:
    """A target that knows what was written down and nothing else. Its ports have the functions of the real ones, and one more if asked."""

    def __init__(
        self, witness: Witness, calls: list[Call], *, one_more: bool = False, elsewhere: Elsewhere | None = None
    ) -> None:
        told = witness if elsewhere is None else elsewhere
        self.name, self.instance = told.name, told.instance
        self._place = "" if elsewhere is None else elsewhere.place
        self._witness, self._calls, self._one_more = witness, calls, one_more
        self._answers: dict[tuple[str, str, str], list[Call]] = {}
        for call in calls:
            self._answers.setdefault(call.key, []).append(call)

    def port(self, name: str) -> Any:
        found = self._witness.port(name)
        return None if found is None else _ReplayedPort(f"{self._place}{name}", found, self, one_more=self._one_more)

    def answer(self, port: str, verb: str, asked: str) -> Any:
        """What was answered then. Raises what was raised then, and Diverged for what was not asked."""
        waiting = self._answers.get((port, verb, asked))
        if not waiting:
            raise Diverged(f"{port}.{verb} was not asked this before")
        call = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        if call.raised is not None:
            raise call.raised
        if isinstance(call.answer, Elsewhere):
            return Replayed(call.answer.witness, self._calls, one_more=self._one_more, elsewhere=call.answer)
        return copied(call.answer)

    def close(self) -> None:
        """Nothing was started."""


class _ReplayedPort:
    def __init__(self, name: str, real: object, target: Replayed, *, one_more: bool) -> None:
        self._name, self._real, self._target, self._one_more = name, real, target, one_more

    def __dir__(self) -> list[str]:
        return [*dir(self._real), *(["function_of_nobody"] if self._one_more else [])]

    def __getattr__(self, verb: str) -> Callable[..., Any]:
        real = getattr(self._real, verb, lambda: None)

        @functools.wraps(real)
        def ask(*arguments: Any, **named: Any) -> Any:
            return self._target.answer(self._name, verb, repr((arguments, sorted(named.items()))))

        return ask


@dataclass
class _Then:
    """A Then that is going on: its phrase, and what the case knew before it."""

    phrase: str
    bench: Any
    """As it was: the memory of the case and its sessions."""
    calls: list[Call] = field(default_factory=list)


@dataclass(frozen=True)
class Shown:
    """What a Then is shown: in words what is untrue of it, the answers, and the memory of the case."""

    words: str
    calls: list[Call]
    world: Any
    one_more: bool = False


class Falsifier:
    """Sits between the steps and the target of one trial. Each phrase is looked at until it noticed something, once a case."""

    def __init__(self) -> None:
        self._noticed: set[str] = set()
        self._had: dict[str, Any] = {}
        """What cases kept, by name: something that is not there in another case could be there."""
        self._going: _Then | None = None
        self._witness: Witness | None = None
        self._recorder: WorkerRecorder | None = None

    def watch(self, target: Target, recorder: WorkerRecorder) -> Target:
        """The target as the steps get it."""
        self._witness, self._recorder = Witness(target), recorder
        return self._witness

    def before(self, step: Any, arguments: Mapping[str, Any]) -> None:
        self._going = None
        if step.type == "then" and self._witness is not None:
            phrase = phrase_of(step.name)
            self._witness.calls.clear()
            bench = arguments.get("bench")
            if bench is not None:
                self._had |= {key: copied(value) for key, value in bench.world.facts.items()}
            if phrase not in self._noticed:
                self._going = _Then(phrase, bench.kept() if bench is not None else None)

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
            found = Falsification(
                **told, tried=0, reason="the step does not stand on the bench; nobody can come between it and the system"
            )
        else:
            found = _Shown(witness, going, recorder, function, arguments, self._had).look(told)
        if found.noticed is not None:
            self._noticed.add(going.phrase)
        self._recorder.note("falsified", result=found)


class _Shown:
    """One green Then, carried out again on what was written down."""

    def __init__(
        self,
        witness: Witness,
        going: _Then,
        recorder: CaseRecorder,
        function: Any,
        arguments: Mapping[str, Any],
        had: Mapping[str, Any],
    ) -> None:
        self._witness, self._going, self._recorder = witness, going, recorder
        self._step = recorder.case.steps[len(recorder.results)]
        self._function, self._arguments = function, arguments
        self._world = going.bench.world
        self._had = had

    def look(self, told: Mapping[str, Any]) -> Falsification:
        verdict, _, reason = self._again(Shown("nothing", self._going.calls, self._world))
        if verdict is not Verdict.PASSED:
            return Falsification(
                **told, tried=0, reason=f"carried out again on the same answers the step is {verdict}: {reason}"[:400]
            )
        tried, broke = 0, ""
        for shown in islice(self._falsehoods(), MOST):
            tried += 1
            verdict, noticed, reason = self._again(shown)
            if noticed is not None:
                return Falsification(**told, tried=tried, falsified=shown.words[:400], noticed=noticed)
            if verdict is not Verdict.PASSED:
                broke = f"; {shown.words} made it {verdict}: {reason}"
        return Falsification(**told, tried=tried, reason=f"{tried} falsified observations, none noticed{broke}"[:400])

    def _falsehoods(self) -> Iterator[Shown]:
        """Each source in turn, the plain ways first; then answers exchanged for others that the case knows."""
        calls, world = self._going.calls, self._world
        ways = [self._of_call(n, falsehoods(c.answer, _answers(c))) for n, c in enumerate(calls) if c.raised is None]
        ways += [self._of_outcome(number) for number in reversed(range(len(world.outcomes)))]
        ways += [self._of_fact(key, value) for key, value in world.facts.items()]
        nothing = object()
        for row in zip_longest(*ways, fillvalue=nothing):
            yield from (found for found in row if found is not nothing)  # type: ignore[misc]
        for number, call in enumerate(calls):
            others = [
                (f"that to {o.asked}"[:80], o.answer)
                for o in calls
                if o.key != call.key and (o.port, o.verb) == (call.port, call.verb)
            ]
            yield from self._of_call(number, iter(others))
        yield Shown("ports, one more function that takes no session", calls, world, one_more=True)
        words = {f"what the step names as {key}": value for key, value in self._arguments.items()}
        known = {key: value for key, value in {**world.facts, **words}.items() if isinstance(value, str) and value}
        for key, value in self._had.items():
            if key not in world.facts:
                yield self._with_fact(key, value, f"{key!r} is there, as another case had it")
        for number, call in enumerate(calls):
            yield from self._of_call(number, swapped(call.answer, known))
            yield from self._of_call(number, _named(call, known))
        answered = dict.fromkeys(islice((t for c in calls for t in texts(c.answer)), _NAMES))
        for key, value in world.facts.items():
            for told, other in swapped(value, {f"{t[:40]!r} of an answer": t for t in answered}):
                yield self._with_fact(key, other, f"{key!r} as an earlier step read it, {told}")

    def _of_call(self, number: int, ways: Iterator[tuple[str, Any]]) -> Iterator[Shown]:
        calls = self._going.calls
        call = calls[number]
        for words, answer in ways:
            yield Shown(
                f"{call.port}.{call.verb}, {words}", [*calls[:number], replace(call, answer=answer), *calls[number + 1 :]], self._world
            )  # fmt: skip

    def _of_outcome(self, number: int) -> Iterator[Shown]:
        about, outcome = self._world.outcomes[number]
        for words, other in falsehoods(outcome):
            world = self._world.copied()
            world.outcomes[number] = (about, other)
            if number == len(world.outcomes) - 1:
                world.last = other
            yield Shown(f"answer to {about}, {words}", self._going.calls, world)

    def _of_fact(self, key: str, value: Any) -> Iterator[Shown]:
        for words, other in falsehoods(value):
            yield self._with_fact(key, other, f"{key!r} as an earlier step read it, {words}")

    def _with_fact(self, key: str, value: Any, words: str) -> Shown:
        world = self._world.copied()
        world.facts[key] = value
        return Shown(words, self._going.calls, world)

    def _again(self, shown: Shown) -> tuple[Verdict, Observation | None, str]:
        """Verdict, the observation that did not hold, and the reason."""
        shadow = CaseRecorder(self._recorder.case, SystemClock(), None, None, "falsified")
        shadow.open(self._step)
        observe, attach = Observe(lambda: shadow), Attach(lambda: shadow)
        here = self._going.bench.target  # a case may have gone over to a system that a port gave out
        witness = here if isinstance(here, Witness) else self._witness
        target = Replayed(witness, shown.calls, one_more=shown.one_more, elsewhere=witness.elsewhere)
        bench = self._going.bench.before(target, shown.world.copied(), observe, attach)
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


def _named(call: Call, known: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    """An invented entry with a name that the case knows: for a Then that something is not there."""
    for words, answer in falsehoods(call.answer, _answers(call)):
        if words.endswith("one invented"):
            yield from ((f"{words}, {more}", other) for more, other in swapped(answer, known))


def _answers(call: Call) -> Any:
    """The declared type of an answer."""
    port = PORTS.get(call.port.rpartition(", ")[2])
    return get_type_hints(getattr(port, call.verb, None) or object).get("return") if port else None
