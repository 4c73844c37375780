"""CTRF (Common Test Report Format, ctrf.io): one JSON document, written case by case.

Files of evidence are named by their place in the run folder; they are not part of the document.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from csvgen import __version__
from csvgen.evidence.attachments import attachment_file
from csvgen.exchange.results.copied import Case, Copy, lasted, microseconds
from csvgen.exchange.results.naming import stable_uuid
from csvgen.exchange.results.verdicts import WORDS, Ctrf
from csvgen.exchange.results.writing import json_line
from csvgen.model.execution import Attachment, CaseResult, StepResult

VERSION = "0.0.0"
"""Of the specification: the schema as it is published has no other number yet."""
_STATUSES: tuple[Ctrf, ...] = ("passed", "failed", "skipped", "pending", "other")


def write(copy: Copy) -> Iterator[bytes]:
    plan = copy.evidence.plan
    head = {
        "reportFormat": "CTRF", "specVersion": VERSION, "reportId": stable_uuid("ctrf", copy), "runId": plan.run,
        "timestamp": copy.ended, "generatedBy": f"csvgen {__version__}", "extra": {**copy.facts, "marks": list(copy.marks)},
    }  # fmt: skip
    environment = copy.evidence.environment
    results = {
        "tool": {"name": "csvgen", "version": environment.csvgen if environment else "unknown"},
        "summary": _summary(copy),
        "environment": {"reportName": f"copy of run {copy.headline}", "appName": plan.system, "testEnvironment": plan.target},
    }
    yield _open(head) + b',"results":' + _open(results) + b',"tests":['
    for number, case in enumerate(copy.cases):
        yield (b",\n" if number else b"\n") + json_line(_test(copy, case)).rstrip()
    yield b"\n]}}\n"


def _open(value: dict[str, Any]) -> bytes:
    """An object without its closing brace."""
    return json_line(value).rstrip()[:-1]


def _summary(copy: Copy) -> dict[str, Any]:
    counts = Counter(WORDS[c.result.verdict].ctrf for c in copy.cases)
    verdicts = Counter(str(c.result.verdict) for c in copy.cases)
    begun, ended = _milliseconds(copy.evidence.plan.created), _milliseconds(copy.ended)
    return {
        "tests": len(copy.cases), **{status: counts[status] for status in _STATUSES},
        "start": begun, "stop": ended, "duration": max(0, ended - begun), "extra": {"verdicts": dict(sorted(verdicts.items()))},
    }  # fmt: skip


def _test(copy: Copy, case: Case) -> dict[str, Any]:
    result = case.result
    labels = {"requirement": list(case.requirements), "risk": list(case.risks), "mark": list(copy.marks)}
    attachments = [a for step in result.steps for a in step.attachments]
    found: dict[str, Any] = {
        "testId": case.id, "executionId": f"{copy.run}/{case.id}", "name": case.name, "status": WORDS[result.verdict].ctrf,
        "rawStatus": str(result.verdict), "duration": lasted(result.started, result.finished) // 1000,
        "start": _milliseconds(result.started) if result.started else None, "stop": _milliseconds(result.finished) if result.finished else None,
        "suite": [copy.evidence.plan.system, copy.evidence.plan.phase, case.feature or "as recorded"],
        "message": result.reason, "tags": [*case.requirements, *case.risks], "labels": {name: value for name, value in labels.items() if value},
        "type": "validation", "filePath": case.feature, "threadId": result.worker,
        "steps": [_step(s) for s in result.steps], "attachments": [_attachment(copy, a) for a in attachments],
        "extra": {"caseDigest": result.case_digest, "run": copy.run, "seal": copy.seal or "none", **_people(result)},
    }  # fmt: skip
    return {name: value for name, value in found.items() if value not in (None, "", [], {})}


def _people(result: CaseResult) -> dict[str, Any]:
    """Who carried an attended case out, and what they noted in an unscripted session."""
    record = json.loads(result.model_dump_json(include={"performed_by", "session"}))
    return {name: value for name, value in record.items() if value}


def _step(step: StepResult) -> dict[str, Any]:
    """The whole record of the step goes with it; nothing of it has a field of its own here."""
    name = f"{step.keyword} {step.text}"
    return {"name": name, "status": WORDS[step.verdict].ctrf, "extra": json.loads(step.model_dump_json())}


def _attachment(copy: Copy, attachment: Attachment) -> dict[str, Any]:
    about = {"sha256": attachment.sha256, "size": attachment.size, "captured": attachment.captured, "lies in": "the run folder"}
    return {
        "attachmentId": attachment.id, "name": attachment.name, "contentType": attachment.media_type,
        "path": attachment_file(copy.folder, attachment.sha256).relative_to(copy.folder).as_posix(), "extra": about,
    }  # fmt: skip


def _milliseconds(moment: str) -> int:
    return microseconds(moment) // 1000
