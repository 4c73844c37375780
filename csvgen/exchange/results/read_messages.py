"""Cucumber Messages: one JSON envelope a line (https://github.com/cucumber/messages). Read line by line, at any length.

Attempts are declared; steps without a finish were not run. A file without the end of its run was cut off and is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from csvgen.exchange.readers.base import Unreadable
from csvgen.exchange.results.json_text import list_of, object_of, parse, text_of
from csvgen.exchange.results.seen import Found, Raw, Seen, clean, whole
from csvgen.model.imported import ForeignVerdict, worst

VERSION = 1
ENVELOPES = (
    "meta", "source", "gherkinDocument", "pickle", "parameterType", "stepDefinition", "hook", "testRunStarted", "testCase",
    "testCaseStarted", "testStepStarted", "testStepFinished", "testCaseFinished", "testRunFinished", "attachment",
    "externalAttachment", "undefinedParameterType", "parseError", "testRunHookStarted", "testRunHookFinished", "suggestion",
)  # fmt: skip
_LINE = 20_000_000
_NANO = Decimal("0.000000001")
_NOTHING = "no result"


@dataclass
class _Attempt:
    case: str
    number: int
    started: str | None
    place: str
    words: dict[str, str] = field(default_factory=dict)
    seconds: Decimal = Decimal(0)
    reason: str = ""
    finished: bool = False


def read(files: Sequence[Raw], found: Found) -> None:
    """All pickles of all files: those that were executed with every attempt, the others as not run."""
    for raw in files:
        _Run(raw, found).read()


class _Run:
    def __init__(self, raw: Raw, found: Found) -> None:
        self.raw, self.found = raw, found
        self.pickles: dict[str, Mapping[str, Any]] = {}
        self.cases: dict[str, tuple[str, list[str]]] = {}
        self.attempts: dict[str, _Attempt] = {}
        self.ended = False
        self.broken = ""

    def read(self) -> None:
        take = {
            "meta": self._meta, "pickle": self._pickle, "testCase": self._case, "testCaseStarted": self._started,
            "testStepFinished": self._step, "testCaseFinished": self._finished, "testRunHookFinished": self._hook,
            "testRunFinished": self._end, "parseError": self._unparsed,
        }  # fmt: skip
        for place, envelope in _lines(self.raw):
            for name, message in envelope.items():
                if name not in ENVELOPES:
                    self.found.odd(place, f"the message {clean(name, 60)!r} is not known; it is left aside")
                elif name in take:
                    take[name](object_of(message, place), place)
        if not self.ended:
            said = "the file ends before the run does; a result that was cut off could say otherwise"
            raise Unreadable(said, where=self.raw.name)
        self._emit()

    def _meta(self, message: Mapping[str, Any], place: str) -> None:
        made = object_of(message.get("implementation") or {}, place)
        self.found.tool = f"{text_of(made.get('name'))} {text_of(made.get('version'))}".strip()
        self.found.note("implementation", text_of(made.get("name")))

    def _pickle(self, message: Mapping[str, Any], place: str) -> None:
        for tag in list_of(message.get("tags"), place):
            self.found.note("tag", text_of(object_of(tag, place).get("name")))
        self._once(self.pickles, text_of(message.get("id")), message, place)

    def _case(self, message: Mapping[str, Any], place: str) -> None:
        steps = [text_of(object_of(s, place).get("id")) for s in list_of(message.get("testSteps"), place)]
        self._once(self.cases, text_of(message.get("id")), (text_of(message.get("pickleId")), steps), place)

    def _started(self, message: Mapping[str, Any], place: str) -> None:
        number = whole(text_of(message.get("attempt"))) or 0
        attempt = _Attempt(text_of(message.get("testCaseId")), number, self._moment(message, place), place)
        self._once(self.attempts, text_of(message.get("id")), attempt, place)

    def _step(self, message: Mapping[str, Any], place: str) -> None:
        attempt = self._attempt(message, place)
        result = object_of(message.get("testStepResult") or {}, place)
        attempt.words[text_of(message.get("testStepId"))] = text_of(result.get("status")) or _NOTHING
        attempt.reason = attempt.reason or text_of(result.get("message"))
        attempt.seconds += self._duration(object_of(result.get("duration") or {}, place), place)

    def _finished(self, message: Mapping[str, Any], place: str) -> None:
        self._attempt(message, place).finished = True

    def _hook(self, message: Mapping[str, Any], place: str) -> None:
        result = object_of(message.get("result") or {}, place)
        if text_of(result.get("status")) != "PASSED":
            self.broken = "a hook of the run did not pass"
            self.found.odd(place, self.broken)

    def _end(self, message: Mapping[str, Any], place: str) -> None:
        self.ended = True
        if isinstance(message.get("exception"), dict):
            self.broken = "the run ended with an exception"
            self.found.odd(place, self.broken)

    def _unparsed(self, message: Mapping[str, Any], place: str) -> None:
        self.found.odd(place, f"a file could not be parsed and was not executed: {clean(text_of(message.get('message')), 200)}")

    # ------------------------------------------------------------ results

    def _emit(self) -> None:
        first = len(self.found.seen)
        executed: dict[str, list[_Attempt]] = {}
        for attempt in self.attempts.values():
            if attempt.case not in self.cases:
                raise Unreadable("an attempt of a test case that the file does not have", where=attempt.place)
            executed.setdefault(self.cases[attempt.case][0], []).append(attempt)
        for identity, pickle in self.pickles.items():
            attempts = executed.pop(identity, [])
            if not attempts:
                self.found.add(self._seen(pickle, _NOTHING, ForeignVerdict.NOT_RUN, "it was never begun"))
            for attempt in attempts:
                self._attempted(pickle, attempt)
        if executed:
            raise Unreadable("a test case of a pickle that the file does not have", where=self.raw.name)
        if self.broken:
            self.found.not_passed(first, ForeignVerdict.ERROR, self.broken)

    def _attempted(self, pickle: Mapping[str, Any], attempt: _Attempt) -> None:
        steps = self.cases[attempt.case][1]
        words = [attempt.words.get(s, _NOTHING) for s in steps] + [w for s, w in attempt.words.items() if s not in steps]
        verdict = worst(self.found.verdict(w if w == _NOTHING else w.lower(), attempt.place) for w in words)
        reason = attempt.reason or next((w for w in words if w != "PASSED"), "it has no step")
        if not attempt.finished:
            verdict, reason = worst([verdict, ForeignVerdict.NOT_RUN]), "it was begun and never finished"
        status = ", ".join(dict.fromkeys(words)) or _NOTHING
        self.found.add(
            self._seen(
                pickle, status, verdict, "" if verdict is ForeignVerdict.PASSED else reason, attempt.number, attempt.started,
                f"{attempt.seconds.normalize():f}" if attempt.seconds else "",
            )
        )  # fmt: skip

    def _seen(
        self, pickle: Mapping[str, Any], status: str, verdict: ForeignVerdict, reason: str,
        attempt: int | None = None, started: str | None = None, seconds: str = "",
    ) -> Seen:  # fmt: skip
        uri, name = text_of(pickle.get("uri")), text_of(pickle.get("name"))
        where = object_of(pickle.get("location") or {}, self.raw.name)
        nodes = "/".join(text_of(n) for n in list_of(pickle.get("astNodeIds"), self.raw.name))
        line = text_of(where.get("line"))
        tags = tuple(text_of(object_of(t, self.raw.name).get("name")) for t in list_of(pickle.get("tags"), self.raw.name))
        return Seen(
            identity=f"{uri}::{name}", title=name, status=status, verdict=verdict, reason=reason,
            place=f"{uri}:{line}" if line else nodes, started=started, seconds=seconds, carries=tags, attempt=attempt,
        )  # fmt: skip

    # ------------------------------------------------------------ pieces

    def _once(self, into: dict[str, Any], identity: str, value: Any, place: str) -> None:
        if not identity or identity in into:
            raise Unreadable(f"the id {clean(identity, 60)!r} stands twice, or is missing", where=place)
        into[identity] = value

    def _attempt(self, message: Mapping[str, Any], place: str) -> _Attempt:
        found = self.attempts.get(text_of(message.get("testCaseStartedId")))
        if found is None:
            raise Unreadable("it tells of an attempt that was never begun", where=place)
        return found

    def _moment(self, message: Mapping[str, Any], place: str) -> str | None:
        said = object_of(message.get("timestamp") or {}, place)
        return self.found.epoch(text_of(said.get("seconds")), Decimal(1), place)

    def _duration(self, said: Mapping[str, Any], place: str) -> Decimal:
        whole = self.found.seconds(text_of(said.get("seconds")), Decimal(1), place)
        rest = self.found.seconds(text_of(said.get("nanos")), _NANO, place)
        return Decimal(whole or 0) + Decimal(rest or 0)


def _lines(raw: Raw) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Place and envelope of every line that is not blank."""
    with raw.path.open("rb") as file:
        number = 0
        while line := file.readline(_LINE + 1):
            number += 1
            place = f"{raw.name}:{number}"
            if len(line) > _LINE:
                raise Unreadable(f"a line of more than {_LINE} bytes", where=place)
            if line.strip():
                yield place, object_of(parse(line, place), place)
