"""CTRF, the Common Test Report Format (https://ctrf.io, schema 0.0 and 1.0)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from csvgen.exchange.readers.base import Unreadable
from csvgen.exchange.results.json_text import Number, list_of, load, object_of, text_of
from csvgen.exchange.results.seen import Found, Raw, Seen
from csvgen.model.imported import ForeignVerdict

VERSION = 1
_MILLI = Decimal("0.001")
_COUNTED = ("passed", "failed", "skipped", "pending", "other")


def read(files: Sequence[Raw], found: Found) -> None:
    """All tests of all files."""
    for raw in files:
        results = object_of(object_of(load(raw), raw.name).get("results"), raw.name)
        tool = object_of(results.get("tool") or {}, raw.name)
        found.tool = f"{text_of(tool.get('name'))} {text_of(tool.get('version'))}".strip()
        found.note("tool", text_of(tool.get("name")))
        tests = [object_of(t, raw.name) for t in list_of(results.get("tests"), raw.name)]
        for test in tests:
            _test(test, raw, found)
        _counted(object_of(results.get("summary") or {}, raw.name), tests, raw, found)


def _counted(summary: Mapping[str, Any], tests: Sequence[Mapping[str, Any]], raw: Raw, found: Found) -> None:
    """The summary must say what the tests say: a file that was cut or edited does not."""
    if not summary:
        found.odd(raw.name, "it has no summary")
        return
    said = {n: text_of(summary.get(n)) for n in (*_COUNTED, "tests")}
    there = {n: str(sum(text_of(t.get("status")) == n for t in tests)) for n in _COUNTED} | {"tests": str(len(tests))}
    odd = [f"{n} {said[n] or 'nothing'}, {there[n]} there" for n in said if said[n] != there[n]]
    if odd:
        raise Unreadable(f"its summary does not count its tests: {'; '.join(odd)}", where=raw.name)


def _test(test: Mapping[str, Any], raw: Raw, found: Found) -> None:
    name, word = text_of(test.get("name")), text_of(test.get("status"))
    suite = test.get("suite")
    group = [text_of(s) for s in suite] if isinstance(suite, list) else [text_of(suite)]
    identity = "::".join(g for g in (*group, name) if g) if not name.startswith(tuple(g for g in group if g)) else name
    verdict = found.verdict(word, identity)
    reason = text_of(test.get("message")) or text_of(test.get("rawStatus")) or word or "it has no status"
    retries, earlier = text_of(test.get("retries")), list_of(test.get("retryAttempts"), raw.name)
    words = [text_of(object_of(e, raw.name).get("status")) for e in earlier]
    again = test.get("flaky") is True or any(w != "passed" for w in words) or retries not in ("", "0")
    if verdict is ForeignVerdict.PASSED and again:
        verdict, reason = ForeignVerdict.FLAKY, f"passed when it was run again ({retries or len(earlier)} retries)"
    steps = [text_of(object_of(s, raw.name).get("status")) for s in list_of(test.get("steps"), raw.name)]
    if verdict is ForeignVerdict.PASSED and any(s != "passed" for s in steps):
        verdict, reason = ForeignVerdict.UNKNOWN, "it says passed, and one of its steps does not"
    duration = test.get("duration")
    if isinstance(duration, str) and not isinstance(duration, Number):
        found.odd(identity, "a duration written as text")
    found.add(
        Seen(
            identity=identity,
            title=name,
            status=", ".join((*words, word or "none")),
            verdict=verdict,
            reason="" if verdict is ForeignVerdict.PASSED else reason,
            started=found.epoch(text_of(test.get("start")), _MILLI, identity),
            seconds=found.seconds(text_of(duration), _MILLI, identity),
            carries=_carries(test, raw, found),
        )
    )


def _carries(test: Mapping[str, Any], raw: Raw, found: Found) -> tuple[str, ...]:
    tags = [text_of(t) for t in list_of(test.get("tags"), raw.name)]
    pairs = [(k, text_of(v)) for n in ("extra", "labels") for k, v in object_of(test.get(n) or {}, raw.name).items()]
    for tag in tags:
        found.note("tag", tag)
    for name, value in pairs:
        found.note(name, value)
    return (*tags, *(f"{k}={v}" for k, v in pairs if v))
