"""JUnit XML: testsuites/testsuite/testcase. The format has no specification; what it says is told by children of a testcase.

The shape follows what pytest, Surefire, Gradle and GoogleTest write. A testcase with a child that is not known is not a pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from csvgen.exchange.readers.base import Unreadable
from csvgen.exchange.results.seen import Found, Raw, Seen, first, whole
from csvgen.exchange.results.xml_stream import End, Start, stream
from csvgen.model.imported import ForeignVerdict, worst

VERSION = 1
_SILENT = {"properties", "property", "system-out", "system-err", "attachments", "attachment"}
_ASKED = ("failure", "error", "skipped", "flakyFailure", "flakyError", "rerunFailure", "rerunError")


@dataclass
class _Case:
    attributes: dict[str, str]
    depth: int
    words: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    carries: list[str] = field(default_factory=list)


@dataclass
class _Suite:
    name: str
    first: int
    """Number of the first result of the suite."""
    counted: int
    """Failures and errors that it says it has; -1 where it does not say."""


def read(files: Sequence[Raw], found: Found) -> None:
    """All testcases of all files."""
    for raw in files:
        _File(raw, found).read()


class _File:
    def __init__(self, raw: Raw, found: Found) -> None:
        self.raw, self.found = raw, found
        self.suites: list[_Suite] = []
        self.case: _Case | None = None

    def read(self) -> None:
        for event in stream(self.raw):
            if isinstance(event, End):
                self._end(event)
            elif event.depth == 1 and event.tag not in ("testsuites", "testsuite"):
                raise Unreadable(f"its root is {event.tag!r}, not testsuites or testsuite", where=self.raw.name)
            else:
                self._start(event)

    def _start(self, event: Start) -> None:
        if self.case is not None:
            self._inside(self.case, event)
        elif event.tag in ("testsuites", "testsuite"):
            said = event.attributes
            counts = [whole(said.get(n, "")) for n in ("failures", "errors")]
            counted = -1 if None in counts else sum(c or 0 for c in counts)
            self.suites.append(_Suite(said.get("name", ""), len(self.found.seen), counted))
        elif event.tag == "testcase":
            self.case = _Case(dict(event.attributes), event.depth)
        elif event.tag == "property":
            self.found.note(event.attributes.get("name", ""), event.attributes.get("value", ""))

    def _inside(self, case: _Case, event: Start) -> None:
        said = event.attributes
        if event.tag == "property":
            self.found.note(said.get("name", ""), said.get("value", ""))
            case.carries.append(f"{said.get('name', '')}={said.get('value', '')}")
        elif event.depth == case.depth + 1 and event.tag not in _SILENT:
            case.words.append(event.tag)
            case.reasons.append(said.get("message", ""))

    def _end(self, event: End) -> None:
        if self.case is not None and event.depth == self.case.depth + 1 and event.tag in _ASKED:
            self.case.reasons.append(event.text)
        elif event.tag == "testcase" and self.case is not None and event.depth == self.case.depth:
            self._close(self.case)
            self.case = None
        elif event.tag in ("testsuites", "testsuite") and self.suites and self.case is None:
            self._close_suite(self.suites.pop())

    def _close(self, case: _Case) -> None:
        said, found = case.attributes, self.found
        group = said.get("classname", "") or (self.suites[-1].name if self.suites else "")
        identity = "::".join(p for p in (group, said.get("name", "")) if p)
        words = list(case.words)
        claimed = [f"status {said[n]}" for n in ("status", "result") if said.get(n, "").strip()]
        verdicts = [found.verdict(w, identity) for w in (*words, *(c.lower() for c in claimed))] or [ForeignVerdict.PASSED]
        verdict = worst(verdicts)
        if claimed and not words and verdict not in (ForeignVerdict.PASSED, ForeignVerdict.SKIPPED, ForeignVerdict.NOT_RUN):
            verdict = ForeignVerdict.UNKNOWN
            found.odd(identity, f"says {claimed[0]!r} and shows neither failure nor error")
        found.add(
            Seen(
                identity=identity,
                title=said.get("name", ""),
                status=", ".join((*words, *claimed)) or "no child element",
                verdict=verdict,
                reason="" if verdict is ForeignVerdict.PASSED else first(case.reasons) or ", ".join(words or claimed),
                started=found.moment(said.get("timestamp", ""), identity),
                seconds=found.seconds(said.get("time", ""), Decimal(1), identity),
                carries=tuple(case.carries),
            )
        )

    def _close_suite(self, suite: _Suite) -> None:
        """A suite that counts more failures than its testcases show lost one: a set-up of a class, for example."""
        inside = self.found.seen[suite.first :]
        shown = sum(s.verdict not in (ForeignVerdict.PASSED, ForeignVerdict.SKIPPED, ForeignVerdict.NOT_RUN) for s in inside)
        if suite.counted > shown:
            self.found.odd(suite.name or self.raw.name, f"counts {suite.counted} failures and errors; its testcases show {shown}")
            self.found.not_passed(suite.first, ForeignVerdict.UNKNOWN, "its suite counts a failure that no testcase shows")
