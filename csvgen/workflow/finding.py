"""find: any record by id, revision, person, date, requirement or clause (21 CFR 11.10(c)), with the place where it lies.

The audit trail is searched by `csvgen audit search`; here are the records themselves, read from the files of the project.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from csvgen.clock import shown, stored
from csvgen.errors import ConfigError
from csvgen.model.evidence import Evidence
from csvgen.model.signature import WITHDRAWN
from csvgen.signature.approvals import Approval
from csvgen.workflow.state import ProjectState


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One record, or one revision, signature or execution of it."""

    kind: str
    """requirement, risk, case, record, signature, run, execution, deviation."""
    id: str
    title: str
    revision: int = 0
    """0: this kind has none."""
    people: tuple[str, ...] = ()
    times: tuple[str, ...] = ()
    """Times of record (UTC): composed, signed, begun, ended."""
    requirements: tuple[str, ...] = ()
    where: str
    """Path in the project."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What is asked for; everything given must hold. Without anything everything is found."""

    id: str = ""
    """The id, or a part of it; upper and lower case are one."""
    kind: str = ""
    revision: int = 0
    person: str = ""
    since: str = ""
    until: str = ""
    """Times of record, both included."""
    requirement: str = ""
    clause: str = ""
    """``11.10(e)``; ``11.10`` finds its paragraphs too."""


def moment(text: str, *, end: bool = False) -> str:
    """A date (UTC), or a time with its offset, as a time of record. Raises ConfigError for a time that does not say its offset."""
    try:
        if len(text) == len("2026-01-01"):
            day = dt.datetime.combine(dt.date.fromisoformat(text), dt.time.max if end else dt.time.min, dt.UTC)
            return stored(day)
        return stored(dt.datetime.fromisoformat(text))
    except ValueError:
        raise ConfigError(
            f"{text!r} is no date and no time with offset", hint="2026-11-21, or 2026-11-21T08:30:00+01:00"
        ) from None


def find(state: ProjectState, query: Query) -> tuple[Hit, ...]:
    """Everything that answers to the query, by kind and id."""
    citing = _citing(state, query.clause) if query.clause else frozenset[str]()
    found = (h for h in _records(state) if _answers(h, query))
    return tuple(h for h in found if not query.clause or citing.intersection(h.requirements))


def _citing(state: ProjectState, clause: str) -> frozenset[str]:
    def cites(cited: str) -> bool:
        return cited == clause or (cited.startswith(clause) and cited[len(clause)] in "(.")

    return frozenset(r.id for r in state.spec.requirements if any(cites(c) for c in r.clauses))


def _answers(hit: Hit, query: Query) -> bool:
    inside = [t for t in hit.times if (not query.since or t >= query.since) and (not query.until or t <= query.until)]
    wanted = (
        query.id.casefold() in hit.id.casefold(),
        query.kind in ("", hit.kind),
        query.revision in (0, hit.revision),
        not query.person or query.person in hit.people,
        not (query.since or query.until) or bool(inside),
        not query.requirement or query.requirement in hit.requirements,
    )
    return all(wanted)


def _records(state: ProjectState) -> Iterator[Hit]:
    serves = {c.id: c.requirements for c in state.protocol.cases}
    specification = _place(state, state.config.requirements_specs / state.spec.system.id)
    for r in state.spec.requirements:
        yield Hit(kind="requirement", id=r.id, title=r.title, requirements=(r.id,), where=specification)
    for risk in state.spec.risks:
        yield Hit(kind="risk", id=risk.id, title=risk.failure_mode, requirements=risk.requirements, where=specification)
    folder = state.config.protocol_folder(state.spec.system.id)
    for case in state.protocol.cases:
        place = f"{_place(state, folder / case.feature)}:{case.line}"
        yield Hit(kind="case", id=case.id, title=case.title, requirements=case.requirements, where=place)
    runs = {run.run: _all(serves, [p.case for p in run.plan.planned]) for run in state.runs}
    for approval in state.approvals:
        yield from _approval(state, approval, runs, serves)
    for run in state.runs:
        yield from _run(state, run, serves)
    for o in state.opened:
        place = _place(state, state.config.runs(state.spec.system.id) / o.run)
        yield Hit(kind="deviation", id=o.id, title=f"{o.case} in {o.run}", requirements=serves.get(o.case, ()), where=place)


def _approval(
    state: ProjectState, approval: Approval, runs: dict[str, tuple[str, ...]], serves: dict[str, tuple[str, ...]]
) -> Iterator[Hit]:
    document = approval.document
    said = approval.content if isinstance(approval.content, dict) else {}
    about = runs.get(str(said.get("run", "")), ()) or serves.get(str(said.get("case", "")), ())
    folder = state.config.approvals(state.spec.system.id) / document.id / f"r{document.revision}"
    where = _place(state, folder)
    signatures = {s.name: s.record for s in approval.signatures}
    if approval.withdrawn is not None:
        signatures[WITHDRAWN] = approval.withdrawn.record
    records = list(signatures.values())
    yield Hit(
        kind="record", id=document.id, revision=document.revision, title=document.title, requirements=about, where=where,
        people=tuple(dict.fromkeys(r.person for r in records)), times=(document.composed, *(r.signed for r in records)),
    )  # fmt: skip
    for name, r in signatures.items():
        yield Hit(
            kind="signature", id=document.id, revision=document.revision, title=f"{r.printed_name}, {r.meaning}", people=(r.person,),
            times=(r.signed,), requirements=about, where=f"{where}/{name}.json",
        )  # fmt: skip


def _run(state: ProjectState, run: Evidence, serves: dict[str, tuple[str, ...]]) -> Iterator[Hit]:
    where = _place(state, Path(run.folder))
    ended = run.seal.sealed if run.seal is not None else ""
    yield Hit(
        kind="run", id=run.run, title=f"{run.plan.phase} {run.plan.mode}", people=(run.plan.account, run.plan.account_owner),
        times=tuple(t for t in (run.plan.created, ended) if t), requirements=_all(serves, [p.case for p in run.plan.planned]),
        where=where,
    )  # fmt: skip
    for result in run.results:
        moments = [t for s in result.steps for t in (s.started, s.finished) if t]
        yield Hit(
            kind="execution", id=f"{result.case} in {run.run}", title=str(result.verdict), people=(run.plan.account,),
            times=tuple(moments[:1] + moments[-1:]), requirements=serves.get(result.case, ()), where=where,
        )  # fmt: skip


def _all(serves: dict[str, tuple[str, ...]], cases: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(r for case in cases for r in serves.get(case, ())))


def _place(state: ProjectState, path: Path) -> str:
    return path.relative_to(state.config.root).as_posix() if path.is_relative_to(state.config.root) else str(path)


def lines(hits: Iterable[Hit]) -> Iterator[str]:
    """One line a hit: kind, id and revision, what, who, when (with offset), where."""
    for h in hits:
        name = f"{h.id} r{h.revision}" if h.revision else h.id
        when = f"  {shown(h.times[-1])}" if h.times else ""
        who = f"  {', '.join(h.people)}" if h.people else ""
        yield f"{h.kind:<11} {name}  {h.title}{who}{when}  {h.where}"
