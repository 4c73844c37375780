"""Robot Framework output.xml (schema 3 to 5, https://github.com/robotframework/robotframework/tree/master/doc/schema).

A test passes when it says PASS, at least one of its keywords was run, and set-up and tear-down of every suite around it passed;
results that rebot --merge put over a failure are FLAKY. Times have no zone in this format and are left in the raw file.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from csvgen.exchange.readers.base import Unreadable
from csvgen.exchange.results.seen import Found, Raw, Seen
from csvgen.exchange.results.xml_stream import End, Start, stream
from csvgen.model.imported import ForeignVerdict

VERSION = 1
_MERGED = "re-executed and results merged"
_OLD = re.compile(r"Old status:\s*(?:</?\w+[^>]*>\s*)*(\w[\w ]*)")


_RUN_WHEN_DRY = {"Import Library", "Import Resource", "Import Variables", "Set Library Search Order"}


@dataclass
class _Keyword:
    name: str
    depth: int
    leaf: bool = True
    word: str = ""


@dataclass
class _Test:
    name: str
    depth: int
    tags: list[str] = field(default_factory=list)
    ran: bool = False
    """Whether a keyword without keywords inside was run: a dry run passes everything that holds others."""
    keywords: list[_Keyword] = field(default_factory=list)
    word: str = ""
    message: str = ""
    seconds: str = ""


@dataclass
class _Suite:
    name: str
    depth: int
    first: int
    around: str = ""
    """Kind of the keyword that is being read, when it is set-up or tear-down of the suite itself."""
    broken: str = ""


def read(files: Sequence[Raw], found: Found) -> None:
    """All tests (or tasks) of all files."""
    for raw in files:
        _File(raw, found).read()


class _File:
    def __init__(self, raw: Raw, found: Found) -> None:
        self.raw, self.found = raw, found
        self.suites: list[_Suite] = []
        self.test: _Test | None = None
        self.timed = False

    def read(self) -> None:
        for event in stream(self.raw):
            if isinstance(event, End):
                self._end(event)
            elif event.depth == 1:
                if event.tag != "robot":
                    raise Unreadable(f"its root is {event.tag!r}, not robot", where=self.raw.name)
                self.found.tool = event.attributes.get("generator", "")
                self.found.note("generator", self.found.tool)
            elif self.test is not None:
                self._inside(self.test, event)
            else:
                self._start(event)
        if self.timed:
            self.found.odd(self.raw.name, "its times have no zone; no time is recorded")

    def _start(self, event: Start) -> None:
        inside = self.suites[-1] if self.suites else None
        if event.tag == "suite":
            self.suites.append(_Suite(event.attributes.get("name", ""), event.depth, len(self.found.seen)))
        elif event.tag == "test":
            self.test = _Test(event.attributes.get("name", ""), event.depth)
        elif inside is None:
            return
        elif event.tag == "kw" and event.depth == inside.depth + 1:
            inside.around = event.attributes.get("type", "").lower()
        elif (
            event.tag == "status"
            and event.depth == inside.depth + 2
            and inside.around in ("setup", "teardown")
            and event.attributes.get("status") not in ("PASS", "SKIP", "NOT RUN")
        ):
            inside.broken = f"{'set-up' if inside.around == 'setup' else 'tear-down'} of the suite {inside.name!r}"

    def _inside(self, test: _Test, event: Start) -> None:
        if event.tag == "kw":
            for outer in test.keywords:
                outer.leaf = False
            test.keywords.append(_Keyword(event.attributes.get("name", ""), event.depth))
        if event.tag != "status":
            return
        if event.depth == test.depth + 1:
            test.word = event.attributes.get("status", "")
            test.seconds = self.found.seconds(event.attributes.get("elapsed", ""), Decimal(1), test.name)
            self.timed = self.timed or bool(event.attributes.get("start") or event.attributes.get("starttime"))
        elif test.keywords and event.depth == test.keywords[-1].depth + 1:
            test.keywords[-1].word = event.attributes.get("status", "")

    def _end(self, event: End) -> None:
        test = self.test
        if test is not None and event.tag == "tag" and event.depth <= test.depth + 2:
            test.tags.append(event.text.strip())
            self.found.note("tag", event.text.strip())
        elif test is not None and event.tag == "status" and event.depth == test.depth + 1:
            test.message = event.text
        elif test is not None and event.tag == "kw" and test.keywords:
            done = test.keywords.pop()
            test.ran = test.ran or (done.leaf and done.word not in ("NOT RUN", "NOT_RUN", "") and done.name not in _RUN_WHEN_DRY)
        elif test is not None and event.tag == "test" and event.depth == test.depth:
            self._close(test)
            self.test = None
        elif event.tag == "kw" and self.suites and event.depth == self.suites[-1].depth + 1:
            self.suites[-1].around = ""
        elif event.tag == "suite" and self.suites and event.depth == self.suites[-1].depth:
            suite = self.suites.pop()
            if suite.broken:
                self.found.odd(self._name(suite.name), f"the {suite.broken} did not pass")
                self.found.not_passed(suite.first, ForeignVerdict.FAILED, f"the {suite.broken} did not pass")

    def _name(self, last: str) -> str:
        return ".".join((*(s.name for s in self.suites), last))

    def _close(self, test: _Test) -> None:
        identity = self._name(test.name)
        verdict = self.found.verdict(test.word, identity)
        reason = test.message.strip() or test.word or "it has no status"
        if verdict is ForeignVerdict.PASSED and not test.ran:
            verdict, reason = ForeignVerdict.NOT_RUN, "none of its keywords was run (a dry run?)"
        if _MERGED in test.message:
            old = _OLD.search(test.message)
            before = old[1].strip() if old else "an earlier result"
            if verdict is ForeignVerdict.PASSED and before != "PASS":
                verdict, reason = ForeignVerdict.FLAKY, f"passed when it was run again, after {before}"
        self.found.add(
            Seen(
                identity=identity,
                title=test.name,
                status=test.word or "none",
                verdict=verdict,
                reason="" if verdict is ForeignVerdict.PASSED else reason,
                seconds=test.seconds,
                carries=tuple(test.tags),
            )
        )
