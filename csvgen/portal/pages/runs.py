"""Runs: the ledger of all of them, one run with its cases and steps, and how far a run has come that goes on."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import anyio
from anyio import to_thread
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from csvgen.evidence.progress import Follower, Progress
from csvgen.model.evidence import Evidence
from csvgen.model.execution import WORST, CaseResult
from csvgen.portal.absent import absent
from csvgen.portal.pages.abandoning import unfinished
from csvgen.portal.pages.matrix import index
from csvgen.portal.paging import part
from csvgen.portal.room import STREAM_SECONDS
from csvgen.portal.routing import Pages
from csvgen.portal.visit import Visit
from csvgen.workflow import ledger_of_runs
from csvgen.workflow.ledger_of_runs import Line
from csvgen.workflow.state import ProjectState

PAGES = Pages()
_CASES = 20
_LOOKS, _EVERY = int(STREAM_SECONDS / 2), 2.0
"""A stream looks so often, so many seconds apart, and ends: the browser comes again by itself, and is let in again or not."""


@PAGES.get("/runs", may="use", words="all runs: formal, engineering, aborted, voided; challenges apart", nav="Runs", order=50)
def runs(visit: Visit) -> Response:
    found: tuple[Line, ...] = visit.once("runs", ledger_of_runs.ledger)
    what, words = visit.asked("standing"), visit.asked("find").strip()
    counts = Counter(_kind(line) for line in found)
    chosen = [
        line
        for line in found
        if what in ("", _kind(line))
        and all(
            w in f"{line.run} {line.what} {line.standing} {line.account} {line.phase}".casefold()
            for w in words.casefold().split()
        )
    ]
    return visit.page(
        "runs.html", title="Runs", part=part(chosen, visit.number("page")), counts=dict(sorted(counts.items())), total=len(found),
        asked={"standing": what, "find": words}, trials=visit.once("trials", ledger_of_runs.trials),
    )  # fmt: skip


def _kind(line: Line) -> str:
    if not line.here:
        return "voided" if line.standing.startswith("voided") else "issued"
    if line.what == "engineering":
        return "engineering"
    first = line.standing.partition(":")[0].partition(" ")[0]
    return {"aborted": "aborted", "damaged": "damaged", "open": "open"}.get(first, "formal")


@PAGES.get("/runs/{run}", may="use", words="one run: its cases, steps, observations and evidence")
def run(visit: Visit) -> Response:
    evidence = visit.state.run(visit.part("run"))
    if evidence is None:
        return absent(visit, "run", visit.part("run"))
    verdict, words = visit.asked("standing"), visit.asked("find").strip()
    listed: _Listed = visit.once(f"run {evidence.run}", lambda s: _listed(s, evidence), lambda s: (s.protocol, evidence))
    wanted = words.casefold().split()
    chosen = [
        result
        for result, said in listed.lines
        if (not verdict or result.verdict == verdict) and (not wanted or all(w in said for w in wanted))
    ]
    record = visit.state.latest(visit.state.document_id("run-record", evidence.run))
    order = visit.state.latest(visit.state.document_id("execution-order", evidence.run))
    return visit.page(
        "run.html", title=evidence.run, run=evidence, plan=evidence.plan, standing=ledger_of_runs.standing_of(visit.state, evidence),
        part=part(chosen, visit.number("page"), _CASES), counts=listed.counts, total=len(evidence.results),
        asked={"standing": verdict, "find": words}, titles=listed.titles, record=record, order=order,
        deviations=[d for d in index(visit).deviations.values() if d.run == evidence.run],
        progress=_follower(evidence).look() if evidence.seal is None else None, unfinished=unfinished(evidence),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Listed:
    """The cases of a run as they are listed, worst first, each with the words it is found by."""

    lines: tuple[tuple[CaseResult, str], ...]
    titles: Mapping[str, str]
    counts: Mapping[str, int]


def _listed(state: ProjectState, run: Evidence) -> _Listed:
    titles = {c.id: c.title for c in state.protocol.cases}
    worst_first = sorted(run.results, key=lambda r: WORST.index(r.verdict))
    lines = tuple((r, f"{r.case} {titles.get(r.case, '')}".casefold()) for r in worst_first)
    return _Listed(lines, titles, dict(ledger_of_runs.tally(run)))


# ------------------------------------------------------------ a run that goes on


def _follower(evidence: Evidence) -> Follower:
    return Follower(Path(evidence.folder), len(evidence.plan.planned))


@PAGES.get("/runs/{run}/progress", may="use", words="how far a run has come", quiet=True)
def progress(visit: Visit) -> Response:
    """A page that can be loaded again and again, for whoever has no script."""
    evidence = visit.state.run(visit.part("run"))
    if evidence is None:
        return absent(visit, "run", visit.part("run"))
    return visit.page("progress.html", title=f"{evidence.run}, progress", run=evidence, progress=_follower(evidence).look())


@PAGES.get("/runs/{run}/stream", may="use", words="the same as it goes on, as events", quiet=True)
def stream(visit: Visit) -> Response:
    """Server-sent events: one at once, one at each change. The stream ends by itself, and the browser asks again."""
    evidence = visit.state.run(visit.part("run"))
    if evidence is None:
        return absent(visit, "run", visit.part("run"))
    room, person, begun = visit.room, visit.account.id, visit.room.steady()
    if not room.streams.open(person, begun):
        why = f"one person follows at most {room.settings.streams} runs at a time"
        visit.refused("streams", why)
        return PlainTextResponse(f"{why}; close another page, or load the one that shows the progress again", 429)
    return _Stream(_events(_follower(evidence)), lambda: room.streams.close(person, begun))


class _Stream(StreamingResponse):
    """Events, and what to do when they end: also when the browser leaves before the first."""

    def __init__(self, events: AsyncIterator[str], ended: Callable[[], None]) -> None:
        super().__init__(events, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})
        self._ended = ended

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._ended()


async def _events(follower: Follower) -> AsyncIterator[str]:
    before: Progress | None = None
    yield "retry: 3000\n\n"
    for _ in range(_LOOKS):
        now = await to_thread.run_sync(follower.look)
        if now != before:
            yield f"event: progress\ndata: {json.dumps(asdict(now), ensure_ascii=True)}\n\n"
            before = now
        if now.sealed:
            yield "event: sealed\ndata: {}\n\n"
            return
        await anyio.sleep(_EVERY)
