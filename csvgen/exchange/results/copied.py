"""A run as every export sees it: the cases in the order of the plan, what is known of their wording, and what the copy must say of itself.

The words of a case come from the protocol only where its digest is the digest that was planned; where the protocol at hand
says something else by now, the copy shows what the record holds and says so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path

from csvgen import __version__
from csvgen.canonical import digest, digest_bytes, digest_file
from csvgen.clock import parsed
from csvgen.diagnostics import many
from csvgen.errors import NotIntact
from csvgen.evidence.attachments import attachment_file
from csvgen.evidence.read import SEAL
from csvgen.model.evidence import Evidence
from csvgen.model.execution import Attachment, CaseResult, Observation, StepResult, Verdict
from csvgen.model.protocol import Protocol, TestCase

_HALF = re.compile("[\ud800-\udfff]")
AS_RECORDED = "The wording of these cases is not in the protocol at hand; names and steps are as the run recorded them."

_NAMED = 15
"""So many cases are named of a changed order."""


@dataclass(frozen=True)
class Case:
    """A planned case with its result and, where the protocol still says what was executed, its wording."""

    result: CaseResult
    wording: TestCase | None
    title: str

    @property
    def id(self) -> str:
        return self.result.case

    @property
    def name(self) -> str:
        return f"{self.id} {self.title}".rstrip()

    @property
    def requirements(self) -> tuple[str, ...]:
        return self.wording.requirements if self.wording else ()

    @property
    def risks(self) -> tuple[str, ...]:
        return self.wording.risks if self.wording else ()

    @property
    def feature(self) -> str:
        return self.wording.feature if self.wording else ""

    @property
    def said(self) -> str:
        """The verdict with its reason; the verdict alone where there is none."""
        return said(self.result.verdict, self.result.reason)


@dataclass(frozen=True)
class Copy:
    evidence: Evidence
    cases: tuple[Case, ...]
    features: Mapping[str, str]
    """Path -> text of the feature files that hold the wording of at least one case."""

    @property
    def run(self) -> str:
        return self.evidence.run

    @property
    def folder(self) -> Path:
        return Path(self.evidence.folder)

    @cached_property
    def seal(self) -> str:
        """Digest of the seal; empty for a run without one."""
        return str(self.evidence.digest or "")

    @cached_property
    def identity(self) -> str:
        """Digest of plan and seal: no other run has it."""
        return digest([self.evidence.plan, self.seal])

    @cached_property
    def marks(self) -> tuple[str, ...]:
        """What keeps this run from counting, or makes it less than a whole one."""
        plan, seal = self.evidence.plan, self.evidence.seal
        found = []
        if plan.mode != "formal":
            found.append("ENGINEERING RUN: it counts for nothing")
        if plan.scope == "partial":
            found.append("PARTIAL: not all cases were planned")
        if plan.scope == "retest":
            found.append("RETEST: only the cases of a retest were planned")
        if seal is None:
            found.append("NOT SEALED: it counts for nothing")
        elif not seal.complete and plan.scope != "partial":
            found.append(f"NOT COMPLETE: {seal.summary.executed} of {seal.summary.planned} planned cases were executed")
        return (*found, *(f"DOES NOT HOLD: {problem}" for problem in self.evidence.problems))

    @cached_property
    def headline(self) -> str:
        """Run, system and marks in one line."""
        return " | ".join((f"{self.run} of {self.evidence.plan.system}", *(mark.split(":")[0] for mark in self.marks)))

    @cached_property
    def statement(self) -> str:
        """What every export says in itself."""
        seal = f"seal {self.seal}" if self.seal else "no seal"
        return (
            f"This is a copy of run {self.run} of the system {self.evidence.plan.system}, {seal}, made by csvgen {__version__}. "
            f"The record is the run folder {self.run}; csvgen verify checks it."
            + "".join(f" {mark}." for mark in self.marks)
        )  # fmt: skip

    @cached_property
    def facts(self) -> dict[str, str]:
        """What a reader needs to find the record again and to judge what it is; empty facts are left out."""
        plan, seal, environment = self.evidence.plan, self.evidence.seal, self.evidence.environment
        found = {
            "copy": self.statement, "run": plan.run, "seal": self.seal or "none", "system": plan.system, "phase": plan.phase, "mode": plan.mode,
            "scope": plan.scope, "target": plan.target, "protocol": plan.protocol, "specification": plan.spec or "", "order": plan.order or "",
            "executed by": plan.account, "owner of the account": plan.account_owner, "planned": plan.created, "sealed": seal.sealed if seal else "",
            "secrets taken out": "; ".join(f"{name}: {state}, {many(places, 'place')}" for name, state, places in self.evidence.redactions),
            "order of execution": _otherwise(self.evidence),
            "recorded by": f"csvgen {environment.csvgen}" if environment else "", "platform": environment.platform if environment else "",
        }  # fmt: skip
        return {name: value for name, value in found.items() if value}

    @cached_property
    def ended(self) -> str:
        """When it was sealed, or the last moment the record tells of."""
        if self.evidence.seal is not None:
            return self.evidence.seal.sealed
        moments = (
            m for c in self.cases for m in (c.result.finished, c.result.started, *(s.finished for s in c.result.steps)) if m
        )
        return max((self.evidence.plan.created, *moments))

    @property
    def all_passed(self) -> bool:
        """Whether each planned case passed in a run that is sealed as complete, or as a part that says so."""
        seal = self.evidence.seal
        finished = seal is not None and seal.summary.executed == seal.summary.planned
        return finished and bool(self.cases) and all(c.result.verdict is Verdict.PASSED for c in self.cases)

    @property
    def whole(self) -> bool:
        """Whether it is a formal run of a whole protocol."""
        seal, plan = self.evidence.seal, self.evidence.plan
        return plan.mode == "formal" and plan.scope == "complete" and seal is not None and seal.complete


def copy_of(evidence: Evidence, protocol: Protocol | None) -> Copy:
    """A run to be exported. Raises NotIntact where it carries a seal and is not what was sealed.

    A run that was never sealed is exported with that mark, and with everything that does not hold in it.
    """
    folder = Path(evidence.folder)
    if evidence.problems and (folder / SEAL).exists():
        more = f" (and {len(evidence.problems) - 1} more)" if len(evidence.problems) > 1 else ""
        raise NotIntact(
            f"this run is not what was sealed: {evidence.problems[0]}{more}",
            where=str(folder),
            hint="csvgen verify names all of it",
        )
    wordings = {c.id: c for c in protocol.cases} if protocol else {}
    planned = {p.case: p.digest for p in evidence.plan.planned}
    told = dict(_titles(folder))
    cases = []
    for result in evidence.results:
        wording = wordings.get(result.case)
        if wording is not None and not wording.digest == result.case_digest == planned[result.case]:
            wording = None
        cases.append(Case(result, wording, wording.title if wording else told.get(result.case, "")))
    used = {c.feature for c in cases}
    texts = {f.path: f.text for f in (protocol.features if protocol else ()) if f.path in used}
    return Copy(evidence, tuple(cases), texts)


def _titles(folder: Path) -> Iterator[tuple[str, str]]:
    """Titles as the journals tell them; what a journal cannot tell has been reported by whoever read the run."""
    for path in sorted([*folder.glob("journal.*.jsonl"), *folder.glob("shards/*/journal.*.jsonl")]):
        with path.open("rb") as stream:
            for line in stream:
                if b'"kind":"case-started"' not in line or not line.endswith(b"\n"):
                    continue
                try:
                    content = json.loads(line)["content"]
                    yield str(content["case"]), str(content["title"])
                except (ValueError, KeyError, TypeError):
                    continue


def read_attachment(copy: Copy, attachment: Attachment) -> bytes:
    """The bytes of a piece of evidence. Raises NotIntact when they are not those that were recorded."""
    path = attachment_file(copy.folder, attachment.sha256)
    with _readable(attachment, path):
        data = path.read_bytes()
    _refuse_other(digest_bytes(data), attachment, path)
    return data


def check_attachment(copy: Copy, attachment: Attachment) -> str:
    """Where a piece of evidence lies below the run folder, its bytes held against their digest. Raises NotIntact."""
    path = attachment_file(copy.folder, attachment.sha256)
    with _readable(attachment, path):
        found = digest_file(path)
    _refuse_other(found, attachment, path)
    return path.relative_to(copy.folder).as_posix()


@contextmanager
def _readable(attachment: Attachment, path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as problem:
        raise NotIntact(f"evidence {attachment.id} cannot be read: {problem.strerror}", where=str(path)) from None


def _refuse_other(found: str, attachment: Attachment, path: Path) -> None:
    if found != attachment.sha256:
        raise NotIntact(f"evidence {attachment.id} was changed", where=str(path), hint="nothing was exported")


# ------------------------------------------------------------ words and times


def said(verdict: Verdict, reason: str) -> str:
    return f"{verdict}: {reason}" if reason else str(verdict)


def seen(step: StepResult) -> Iterator[str]:
    """What a step observed and attached, and the code that ran, a line each."""
    for o in step.observations:
        unit = f" {o.unit}" if o.unit else ""
        expected = "" if o.comparison == "recorded" else f"expected ({comparison(o)}) {o.expected!r}{unit}, "
        taken = f"; taken out: {', '.join(o.redacted)}" if o.redacted else ""
        yield f"{o.what}: {expected}observed {o.actual!r}{unit}; read at {o.source}; {'holds' if o.holds else 'DOES NOT HOLD'}{taken}"
    for a in step.attachments:
        taken = f"; secrets taken out in {many(a.redacted, 'place')}" if a.redacted else ""
        yield f"evidence {a.id} {a.name!r} {a.media_type} {a.size} bytes {a.sha256}{taken}"
    yield from (f"{name}: {words}" for name, words in of_people(step))
    if step.code is not None:
        yield f"step code {step.code.file}:{step.code.line} {step.code.function} {step.code.sha256}"


def of_people(step: StepResult) -> Iterator[tuple[str, str]]:
    """What people add to a step they carried out: who, the second person, earlier answers, what a reviewer should look at."""
    if step.by is not None:
        yield "carried out by", f"{step.by.shown}, {step.by.role}"
    if step.witness is not None:
        yield "second person", step.witness.shown
    for c in step.corrections:
        yield "corrected", f"it was {said(Verdict(c.verdict), c.reason)}, {c.actual!r}; {c.why}; by {c.by.shown} at {c.at}"
    for flag in step.flags:
        yield "to be looked at", flag.words + (f" ({flag.reason})" if flag.reason else "")
    if step.note:
        yield "note for the deviation", step.note


def of_session(result: CaseResult) -> Iterator[tuple[str, str]]:
    """The entries of an unscripted session, in the words of the person."""
    for entry in result.session:
        yield f"{entry.kind} {entry.number}", f"{entry.text} ({entry.by.shown} at {entry.at})"


def _otherwise(evidence: Evidence) -> str:
    """Where the order of execution was another than planned, and the first cases from there on; empty where it was the planned one."""
    told = []
    for shard, place, cases in evidence.turned:
        more = f" and {len(cases) - _NAMED} more" if len(cases) > _NAMED else ""
        where = f"in {shard} " if shard else ""
        told.append(f"{where}another than planned from case {place} on: {', '.join(cases[:_NAMED])}{more}")
    return "; ".join(told)


def comparison(seen: Observation) -> str:
    """How expected and observed were compared: with the tolerance, where there is one."""
    return f"{seen.comparison} +/- {seen.tolerance}" if seen.tolerance else seen.comparison


def microseconds(moment: str) -> int:
    """Since 1970, as an integer: no float ever holds a time of record."""
    return (parsed(moment) - parsed("1970-01-01T00:00:00.000000Z")) // timedelta(microseconds=1)


def lasted(started: str | None, finished: str | None) -> int:
    """Microseconds between two moments; nothing where one is missing or a clock stepped back between them."""
    return max(0, microseconds(finished) - microseconds(started)) if started and finished else 0


def clean(text: str) -> str:
    """Text that has a UTF-8 form: half of a surrogate pair becomes the replacement character."""
    return text if text.isascii() else _HALF.sub("\N{REPLACEMENT CHARACTER}", text)
