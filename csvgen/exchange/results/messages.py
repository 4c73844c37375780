"""Cucumber Messages (NDJSON, github.com/cucumber/messages): a run for the html-formatter and everything else that reads them.

Statuses come from the table in `verdicts`. Readers judge a scenario by its steps alone; where the verdict of a case is worse
than that of each of its steps (set-up, tear-down, a process that died) a hook step carries it.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from csvgen.exchange.results.copied import (
    Case,
    Copy,
    check_attachment,
    lasted,
    microseconds,
    of_session,
    read_attachment,
    said,
    seen,
)
from csvgen.exchange.results.gherkin_documents import MEDIA_TYPE, documents
from csvgen.exchange.results.verdicts import SEVERITY, WORDS
from csvgen.exchange.results.writing import json_line
from csvgen.model.execution import StepResult

PROTOCOL = "34.2.0"
"""Version of the messages that are written here."""
LARGE = 262_144
"""Bytes of evidence that still travel inside a message; larger files stay in the run folder and are named by their place there."""
LOG = "text/x.cucumber.log+plain"
_RUN, _HOOK = "run", "verdict-of-the-case"
_UNRECORDED = "nothing of this step was recorded"

Envelope = dict[str, Any]
_Body = tuple[str, Literal["IDENTITY", "BASE64"]]


def write(copy: Copy) -> Iterator[bytes]:
    """The lines of the file. Raises NotIntact for evidence that is not what was recorded."""
    return map(json_line, envelopes(copy))


def envelopes(copy: Copy) -> Iterator[Envelope]:
    yield {"meta": _meta(copy)}
    pickles: dict[str, Mapping[str, Any]] = {}
    for document in documents(copy):
        yield {"source": {"uri": document.uri, "data": document.text, "mediaType": MEDIA_TYPE}}
        yield {"gherkinDocument": document.tree}
        pickles |= document.pickles
        yield from ({"pickle": pickle} for pickle in document.pickles.values())
    if any(_worse(case) for case in copy.cases):
        yield {
            "hook": {"id": _HOOK, "name": "verdict of the case", "type": "AFTER_TEST_CASE", "sourceReference": {"uri": "csvgen"}}
        }
    begun = copy.evidence.plan.created
    yield {"testRunStarted": {"id": _RUN, "timestamp": _moment(begun)}}
    log = {"mediaType": LOG, "contentEncoding": "IDENTITY"}
    facts = "\n".join(f"{name}: {value}" for name, value in copy.facts.items())
    yield {
        "attachment": {"testRunStartedId": _RUN, "body": facts, "fileName": "copy of a run", **log, "timestamp": _moment(begun)}
    }
    for case in copy.cases:
        yield from _case(copy, case, pickles[case.id])
    finished: Envelope = {"testRunStartedId": _RUN, "timestamp": _moment(copy.ended), "success": copy.all_passed}
    yield {"testRunFinished": finished | {"message": copy.statement}}


def _meta(copy: Copy) -> Envelope:
    """Of the recorder, as the run knows it: nothing here is of the machine that exports."""
    environment = copy.evidence.environment
    python, _, version = (environment.python if environment else "unknown").partition(" ")
    system, _, release = (environment.platform if environment else "unknown").partition(" ")
    return {
        "protocolVersion": PROTOCOL,
        "implementation": {"name": "csvgen", "version": environment.csvgen if environment else "unknown"},
        "runtime": {"name": python or "unknown", "version": version},
        "os": {"name": system or "unknown", "version": release.rpartition(" ")[0]},
        "cpu": {"name": release.rpartition(" ")[2] or "unknown"},
        "ci": {"name": f"copy of run {copy.headline}", "buildNumber": copy.seal or "no seal"},
    }


def _worse(case: Case) -> bool:
    """Whether the verdict of the case is worse than what a reader would make of its steps."""
    own = SEVERITY.index(WORDS[case.result.verdict].cucumber)
    return own > max((SEVERITY.index(WORDS[s.verdict].cucumber) for s in case.result.steps), default=SEVERITY.index("SKIPPED"))


def _case(copy: Copy, case: Case, pickle: Mapping[str, Any]) -> Iterator[Envelope]:
    """A case that never began has the time of its plan, and says so in every step."""
    result, started = case.result, f"{case.id}/started"
    begun = result.started or copy.evidence.plan.created
    ended = result.finished or next((s.finished for s in reversed(result.steps) if s.finished), begun)
    steps = [{"id": f"{case.id}/{n}", "pickleStepId": p["id"]} for n, p in enumerate(pickle["steps"], 1)]
    hook = [{"id": f"{case.id}/verdict", "hookId": _HOOK}] if _worse(case) else []
    yield {"testCase": {"id": case.id, "pickleId": pickle["id"], "testRunStartedId": _RUN, "testSteps": [*steps, *hook]}}
    worker = {"workerId": result.worker} if result.worker else {}
    yield {"testCaseStarted": {"id": started, "testCaseId": case.id, "attempt": 0, "timestamp": _moment(begun), **worker}}
    recorded = dict(zip((s["id"] for s in steps), result.steps, strict=False))
    last = begun
    for number, step in enumerate(steps):
        of = {"testCaseStartedId": started, "testStepId": step["id"]}
        told = recorded.get(step["id"])
        last = (told.started if told else None) or last
        yield {"testStepStarted": {**of, "timestamp": _moment(last)}}
        if number == 0:
            yield _text(copy.statement, of, last)
        if told is not None:
            yield from _evidence(copy, told, of, last)
            last = told.finished or last
        if number == len(steps) - 1 and (noted := "\n".join(f"{name}: {words}" for name, words in of_session(result))):
            yield _text(noted, of, last)
        yield {"testStepFinished": {**of, "testStepResult": _result(case, told), "timestamp": _moment(last)}}
    for step in hook:
        of = {"testCaseStartedId": started, "testStepId": step["id"]}
        yield {"testStepStarted": {**of, "timestamp": _moment(ended)}}
        status = {"status": WORDS[result.verdict].cucumber, "duration": _duration(0), "message": case.said}
        yield {"testStepFinished": {**of, "testStepResult": status, "timestamp": _moment(ended)}}
    yield {"testCaseFinished": {"testCaseStartedId": started, "timestamp": _moment(ended), "willBeRetried": False}}


def _result(case: Case, step: StepResult | None) -> Envelope:
    if step is None:
        why = f"{_UNRECORDED} ({case.said})"
        return {"status": "SKIPPED", "duration": _duration(0), "message": f"NOT_RUN: {why}"}
    found: Envelope = {"status": WORDS[step.verdict].cucumber, "duration": _duration(lasted(step.started, step.finished))}
    return found if found["status"] == "PASSED" else found | {"message": said(step.verdict, step.reason)}


def _evidence(copy: Copy, step: StepResult, of: Mapping[str, str], moment: str) -> Iterator[Envelope]:
    unseen = (
        [said(step.verdict, step.reason)] if WORDS[step.verdict].cucumber == "UNDEFINED" else []
    )  # readers show no message there
    if lines := "\n".join((*unseen, *seen(step))):
        yield _text(lines, of, step.finished or moment)
    for attachment in step.attachments:
        when = {"timestamp": _moment(attachment.captured)}
        if attachment.size > LARGE:
            place = check_attachment(copy, attachment)
            yield {"externalAttachment": {"url": place, "mediaType": attachment.media_type, **of, **when}}
        else:
            body, encoding = _body(read_attachment(copy, attachment), attachment.media_type)
            content = {"body": body, "contentEncoding": encoding, "mediaType": attachment.media_type, "fileName": attachment.name}
            yield {"attachment": {**content, **of, **when}}


def _body(data: bytes, media_type: str) -> _Body:
    """Text as it is, where it is what it says; everything else in base 64."""
    coded = base64.b64encode(data).decode("ascii")
    if not media_type.startswith("text/") and media_type != "application/json":
        return coded, "BASE64"
    try:
        return data.decode("utf-8"), "IDENTITY"
    except UnicodeDecodeError:  # it says it is text, and is none
        return coded, "BASE64"


def _text(body: str, of: Mapping[str, str], moment: str) -> Envelope:
    return {"attachment": {"body": body, "contentEncoding": "IDENTITY", "mediaType": LOG, **of, "timestamp": _moment(moment)}}


def _moment(stored: str) -> dict[str, int]:
    return _duration(microseconds(stored))


def _duration(microseconds: int) -> dict[str, int]:
    seconds, rest = divmod(microseconds, 1_000_000)
    return {"seconds": seconds, "nanos": rest * 1000}
