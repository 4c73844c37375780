"""Rules about what evidence shows: the value it stands for, something a person can look at, its label with run, step and pages."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import pairwise

from csvgen.canonical import digest_bytes
from csvgen.errors import BadInput
from csvgen.evidence.attachments import content
from csvgen.model.evidence import Evidence
from csvgen.model.execution import Attachment, CaseResult, Observation, StepResult, TargetState
from csvgen.report import neutral
from csvgen.report.readback import Grid, Reading
from csvgen.report.thumbnails import is_picture, pages_of, small
from csvgen.trace.matrix import counts, reported
from csvgen.verification.gdp import Hit, Package, rule
from csvgen.verification.gdp_runs import runs

_TEXTS = ("text", "json", "csv", "table", "log-extract", "audit-trail-extract")
_COMPARED = ("equal", "contains", "contains-each", "same-number", "at-least", "at-most", "within", "recorded")
"""Comparisons whose actual value is read, word for word, from what was looked at."""
_BYTES = 16 * 1024 * 1024
_INDEX = 7
"""Columns of an index of attachments."""


def _kept(package: Package) -> Iterator[tuple[Evidence, CaseResult, StepResult, Attachment]]:
    for run in runs(package):
        for result in run.results:
            for step in result.steps:
                for kept in step.attachments:
                    yield run, result, step, kept


@rule("GDP125")
def shows_another_thing(package: Package) -> Iterator[Hit]:
    """An observation that names a text or table beside it as its source has its value from there."""
    for run, result, step, kept in _kept(package):
        claims = [o for o in step.observations if _is_of(o, kept)]
        if not claims or kept.redacted or kept.size > _BYTES or not _is_text(kept):
            continue
        held = _words(content(run, kept))
        for seen in claims:
            if held is not None and not _stands(seen.actual, held):
                message = (
                    f"{result.case} step {step.number} in {run.run}: '{_short(seen.actual)}' was observed in {kept.name}, "
                    f"and the evidence {kept.id} does not hold it"
                )
                yield Hit(f"runs/{run.run}", kept.id, message, "the file may belong to another step, user, record or time")


def _is_of(seen: Observation, kept: Attachment) -> bool:
    """Whether an observation says that it was read from this attachment: by its whole name, or by its id."""
    return (
        seen.comparison in _COMPARED
        and not seen.redacted
        and bool(seen.actual.strip())
        and seen.source.strip() in (kept.name.strip(), kept.id)
    )


def _is_text(kept: Attachment) -> bool:
    return kept.kind in _TEXTS or kept.media_type.startswith("text/") or kept.media_type == "application/json"


def _words(data: bytes) -> str | None:
    """A text as its words; of JSON every text and number in it. None for what is no text, or is not there."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    try:
        parsed = json.loads(text, parse_float=str, parse_int=str)
    except (ValueError, RecursionError):
        parsed = None
    leaves = " ".join(_leaves(parsed)) if isinstance(parsed, list | dict) else ""
    return " ".join(f"{text} {leaves}".split()) if text else None


def _leaves(value: object) -> Iterator[str]:
    """Iteratively: what was attached may be nested as deep as its reader allows."""
    left = [value]
    while left:
        item = left.pop()
        if isinstance(item, dict):
            left += [*item.values(), *item.keys()]
        elif isinstance(item, list):
            left += item
        else:
            yield str(item)


def _stands(actual: str, held: str) -> bool:
    return " ".join(actual.split()) in held


def _short(text: str) -> str:
    return " ".join(text.split())[:60]


@rule("GDP126")
def not_labelled(package: Package) -> Iterator[Hit]:
    """Every attachment stands in the index of the report of its run: run, case, step and number, digest, and how many pages it has."""
    for document, reading in package.texts:
        phase = document.kind[:2].upper()
        if not document.kind.endswith("-report"):
            continue
        place = f"documents/{document.id}-r{document.revision}"
        told = _index(reading)
        bound = {
            n.removeprefix("run ").removesuffix(", seal"): d for n, d in document.derived_from.items() if n.startswith("run ")
        }
        paged = (package.folder / f"{place}{neutral.ENDING}").is_file()  # csvgen 0.1 counted no pages
        for run, result, step, kept in _kept(package):
            if run.plan.phase != phase or not reported(run) or bound.get(run.run) != str(run.digest):
                continue
            where = f"{kept.id} ({result.case} step {step.number}, {run.run})"
            row = told.get((run.run, kept.id))
            if row is None or row[-1] != kept.sha256:
                what = "does not stand" if row is None else "stands with another digest"
                yield Hit(place, kept.id, f"{document.id}: the attachment {where} {what} in the index of attachments")
            elif (
                paged
                and (number := pages_of(run, kept, content))
                and reading.words.say("pages: {number}", number=str(number)) not in row[2]
            ):
                yield Hit(
                    place, kept.id, f"{document.id}: the attachment {where} has {number} pages, and its label says '{row[2]}'"
                )


def _index(reading: Reading) -> Mapping[tuple[str, str], tuple[str, ...]]:
    """Run and id -> row of the index of attachments."""
    grids = (g for g in reading.pieces if isinstance(g, Grid) and len(g.titles) == _INDEX)
    return {(row[0], row[1]): row for g in grids for row in g.rows if len(row) == _INDEX}


@rule("GDP127")
def no_picture(package: Package) -> Iterator[Hit]:
    """A picture that serves as evidence can be looked at: it is of the kind it is said to be, whole, and of a size that can be opened."""
    seen: dict[str, str] = {}
    for run, _, _, kept in _kept(package):
        if not is_picture(kept):
            continue
        key = f"{kept.sha256} {kept.media_type}"
        if key not in seen:
            seen[key] = _unshown(run, kept)
        if seen[key]:
            yield Hit(f"runs/{run.run}", kept.id, f"the picture {kept.id} ({kept.name}) in {run.run} is not shown: {seen[key]}")


def _unshown(run: Evidence, kept: Attachment) -> str:
    data = content(run, kept)
    if digest_bytes(data) != kept.sha256:
        return "the file is not there"
    try:
        small(data, kept.media_type)
    except BadInput as problem:
        return problem.message
    return ""


@rule("GDP135")
def another_configuration(package: Package) -> Iterator[Hit]:
    """One configuration throughout: what differs between two runs that count was changed under a change, after a deviation people signed."""
    known = [(r, r.target_start) for r in runs(package) if counts(r) and r.target_start is not None]
    ordered = sorted(known, key=lambda pair: pair[0].plan.created)
    for (before, one), (run, other) in pairwise(ordered):
        changed = _changed(one, other)
        if changed and not _released(package, before):
            message = f"{run.run} was executed with another configuration than {before.run}: {', '.join(changed[:5])}"
            yield Hit(f"runs/{run.run}", run.run, message, "a change needs a reference, and the cases it touches a retest")


def _changed(one: TargetState, other: TargetState) -> list[str]:
    before, after = dict(one.configuration), dict(other.configuration)
    names = sorted({n for n, _ in set(before.items()) ^ set(after.items())})
    return [f"{n} {before.get(n, '(none)')} -> {after.get(n, '(none)')}" for n in names]


def _released(package: Package, before: Evidence) -> bool:
    """Whether a deviation of that run was dispositioned with the reference of a change."""
    return any(
        d.run == before.run and d.signed and d.record is not None and (d.record.investigation.change_reference or "").strip()
        for d in package.deviations
    )
