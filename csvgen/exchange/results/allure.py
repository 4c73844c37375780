"""Allure results: a folder with one JSON per case and the files of evidence beside them, for the allure tool.

Files are named by digests and never by what a run calls them. Evidence that a viewer could execute (HTML, SVG, scripts) is given
as plain text.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from csvgen.canonical import Digest
from csvgen.diagnostics import many
from csvgen.exchange.results.copied import Case, Copy, comparison, microseconds, of_people, of_session, read_attachment, said
from csvgen.exchange.results.naming import history, stable_uuid
from csvgen.exchange.results.verdicts import WORDS
from csvgen.exchange.results.writing import json_line
from csvgen.model.execution import Attachment, Observation, StepResult

_ENDINGS = {
    "text/plain": ".txt", "text/csv": ".csv", "application/json": ".json", "application/xml": ".xml", "text/xml": ".xml",
    "image/png": ".png", "image/jpeg": ".jpg", "image/gif": ".gif", "application/pdf": ".pdf", "application/zip": ".zip",
}  # fmt: skip
"""What a viewer shows and cannot execute. Everything else is plain text when it is text, and bytes otherwise."""
_BYTES = "application/octet-stream"


def files(copy: Copy) -> Iterator[tuple[str, bytes]]:
    """Name and content of every file, case by case. Raises NotIntact for evidence that is not what was recorded."""
    yield "environment.properties", _environment(copy)
    mark = " | ".join(copy.marks)
    yield (
        "executor.json",
        json_line({"name": "csvgen", "type": "csvgen", "buildName": copy.headline, "reportName": f"copy of run {copy.headline}"}),
    )
    written: set[str] = set()
    for case in copy.cases:
        for attachment in (a for s in case.result.steps for a in s.attachments):
            name = _source(attachment)
            if name not in written:
                written.add(name)
                yield name, read_attachment(copy, attachment)
        uuid = stable_uuid("allure", copy, case.id)
        yield f"{uuid}-result.json", json_line(_result(copy, case, uuid, mark))


def _result(copy: Copy, case: Case, uuid: str, mark: str) -> dict[str, Any]:
    result, system = case.result, copy.evidence.plan.system
    message = "" if result.verdict == "PASSED" else case.said
    name = history(system, case.id)
    found: dict[str, Any] = {
        "uuid": uuid, "historyId": name, "testCaseId": name, "fullName": f"{system}:{case.id}", "name": case.name,
        "status": WORDS[result.verdict].allure, "statusDetails": {"message": message, "trace": copy.statement},
        "stage": "finished", **_times(result.started, result.finished),
        "labels": list(_labels(copy, case)),
        "parameters": [_parameter(*fact) for fact in (("verdict", str(result.verdict)), ("mark", mark), *copy.facts.items(), *of_session(result)) if fact[1]],
        "steps": [_step(step) for step in result.steps],
    }  # fmt: skip
    return found


def _parameter(name: str, value: str) -> dict[str, Any]:
    """Excluded from the identity of a test: the same case in another run is the same case."""
    return {"name": name, "value": value, "excluded": True}


def _labels(copy: Copy, case: Case) -> Iterator[dict[str, str]]:
    plan = copy.evidence.plan
    labels = [
        ("framework", "csvgen"), ("epic", plan.system), *(("feature", r) for r in case.requirements), ("parentSuite", f"copy of run {copy.headline}"),
        ("suite", str(plan.phase)), ("subSuite", case.feature or "as recorded"), ("thread", case.result.worker), ("run", plan.run), ("seal", copy.seal or "none"),
        *(("requirement", r) for r in case.requirements), *(("risk", r) for r in case.risks), *(("tag", m.split(":")[0]) for m in copy.marks),
        *(("tag", t) for t in (*case.requirements, *case.risks)),
    ]  # fmt: skip
    yield from ({"name": name, "value": value} for name, value in labels)


def _step(step: StepResult) -> dict[str, Any]:
    return {
        "name": f"{step.keyword} {step.text}", "status": WORDS[step.verdict].allure,
        "statusDetails": {"message": said(step.verdict, step.reason)} if step.reason else {}, "stage": "finished",
        **_times(step.started, step.finished),
        "parameters": [
            *(p for o in step.observations for p in _observed(o)),
            *(_parameter(*told) for told in of_people(step)),
            *(_parameter(f"{a.id}, taken out", many(a.redacted, "place")) for a in step.attachments if a.redacted),
        ],
        "attachments": [{"name": a.name, "source": _source(a), "type": _shown(a)} for a in step.attachments],
    }  # fmt: skip


def _observed(observation: Observation) -> Iterator[dict[str, Any]]:
    unit = f" {observation.unit}" if observation.unit else ""
    if observation.comparison != "recorded":
        yield _parameter(f"{observation.what}, expected ({comparison(observation)})", observation.expected + unit)
    yield _parameter(f"{observation.what}, observed at {observation.source}", observation.actual + unit)
    if observation.redacted:
        yield _parameter(f"{observation.what}, taken out", ", ".join(observation.redacted))


def _shown(attachment: Attachment) -> str:
    kind = attachment.media_type.partition(";")[0].strip().lower()
    if kind in _ENDINGS:
        return kind
    return "text/plain" if kind.startswith("text/") or kind.endswith(("+xml", "/javascript")) else _BYTES


def _source(attachment: Attachment) -> str:
    ending = _ENDINGS.get(_shown(attachment), "")
    return f"{Digest(attachment.sha256).hex}-attachment{ending}"


def _times(started: str | None, finished: str | None) -> dict[str, int]:
    """A case that never began has none."""
    found = {"start": started, "stop": finished or started}
    return {name: microseconds(moment) // 1000 for name, moment in found.items() if moment}


def _environment(copy: Copy) -> bytes:
    """A Java properties file: blanks in keys, and whatever could begin a line or an escape, are written as escapes."""
    lines = [f"{_property(name.replace(' ', '_'))}={_property(value)}" for name, value in copy.facts.items()]
    return ("\n".join(lines) + "\n").encode("ascii")


def _property(text: str) -> str:
    units = text.encode("utf-16-be", "surrogatepass")
    codes = [int.from_bytes(units[n : n + 2], "big") for n in range(0, len(units), 2)]
    return "".join(chr(c) if " " <= chr(c) <= "~" and chr(c) not in "\\=:#!" else f"\\u{c:04x}" for c in codes)
