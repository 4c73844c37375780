"""JUnit XML, in the form the JUnit schema of Jenkins' xUnit plugin asks for (junit-10.xsd).

That schema allows properties on a suite and not on a test case, so each case stands in a suite of its own with the facts about
it and about the run: whichever suite a tool shows, it says which run it is a copy of.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from csvgen.clock import parsed
from csvgen.exchange.results.copied import Case, Copy, clean, lasted, of_session, said, seen
from csvgen.exchange.results.verdicts import WORDS

_UNHELD = re.compile("[^\\t\\n\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""A carriage return is among them: a reader would make a line feed of it."""


def write(copy: Copy) -> Iterator[bytes]:
    from lxml import etree

    counts = Counter(WORDS[c.result.verdict].junit for c in copy.cases)
    attributes = {
        "name": xml(copy.headline), "tests": str(len(copy.cases)), "failures": str(counts["failure"]), "errors": str(counts["error"]),
        "time": _seconds(sum(lasted(c.result.started, c.result.finished) for c in copy.cases)),
    }  # fmt: skip
    sink = io.BytesIO()
    with etree.xmlfile(sink, encoding="utf-8") as file:
        file.write_declaration()
        with file.element("testsuites", attributes):
            for case in copy.cases:
                file.write("\n")
                file.write(_suite(etree, copy, case), pretty_print=True)
                file.flush()
                yield _drained(sink)
    yield _drained(sink) + b"\n"


def _drained(sink: io.BytesIO) -> bytes:
    data = sink.getvalue()
    sink.seek(0)
    sink.truncate()
    return data


def _suite(etree: Any, copy: Copy, case: Case) -> Any:
    result, element = case.result, WORDS[case.result.verdict].junit
    spent = _seconds(lasted(result.started, result.finished))
    suite = etree.Element(
        "testsuite", name=xml(case.id), tests="1", failures=str(int(element == "failure")), errors=str(int(element == "error")),
        skipped=str(int(element == "skipped")), time=spent, timestamp=_whole_second(result.started or copy.evidence.plan.created),
    )  # fmt: skip
    properties = etree.SubElement(suite, "properties")
    for name, value in _properties(copy, case):
        etree.SubElement(properties, "property", name=name, value=xml(value))
    inner = etree.SubElement(suite, "testcase", name=xml(case.name), classname=xml(_group(copy, case)), time=spent)
    if element:
        said_so = etree.SubElement(inner, element, type=str(result.verdict), message=xml(case.said))
        said_so.text = xml("\n".join(f"step {s.number}: {said(s.verdict, s.reason)}" for s in result.steps if s.reason))
    etree.SubElement(inner, "system-out").text = xml("\n".join(_told(copy, case)))
    return suite


def _properties(copy: Copy, case: Case) -> Iterator[tuple[str, str]]:
    yield "case", case.id
    yield "case digest", case.result.case_digest
    yield "verdict", str(case.result.verdict)
    yield from (("requirement", r) for r in case.requirements)
    yield from (("risk", r) for r in case.risks)
    if case.feature:
        yield "feature", case.feature
    yield from (("mark", mark) for mark in copy.marks)
    yield from copy.facts.items()


def _group(copy: Copy, case: Case) -> str:
    """Tools build a tree at the dots: system, phase, feature."""
    feature = case.feature.removesuffix(".feature").partition("/")[2] or "as recorded"
    return f"{copy.evidence.plan.system}.{copy.evidence.plan.phase}.{feature.replace('.', '_')}"


def _told(copy: Copy, case: Case) -> Iterator[str]:
    yield copy.statement
    for step in case.result.steps:
        yield f"{step.number}. {step.keyword} {step.text}: {said(step.verdict, step.reason)}"
        yield from (f"   {line}" for line in seen(step))
    yield from (f"{name}: {words}" for name, words in of_session(case.result))


def xml(text: str) -> str:
    """Text with what XML 1.0 cannot hold (section 2.2) made visible."""
    return _UNHELD.sub(lambda found: f"\\u{ord(found[0]):04x}", clean(text))


def _seconds(microseconds: int) -> str:
    """To the millisecond: the schema knows no more."""
    whole, rest = divmod(microseconds // 1000, 1000)
    return f"{whole}.{rest:03d}"


def _whole_second(stored: str) -> str:
    """The schema of JUnit has neither fractions nor a zone; the time is UTC."""
    return parsed(stored).strftime("%Y-%m-%dT%H:%M:%S")
