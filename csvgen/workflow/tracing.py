"""trace ID: whatever the id names (requirement, risk, function, case, run, evidence, deviation, record, or a digest of any of them), where it
stands in the chain from requirement to evidence.

The index is made once for a state of the project. Asking it looks at dictionaries and sorted lists, never at files.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from csvgen.canonical import Digest
from csvgen.model.evidence import Evidence
from csvgen.model.execution import Attachment, CaseResult, StepResult
from csvgen.model.matrix import Link, ReverseRow, Row
from csvgen.model.spec import Risk
from csvgen.trace.matrix import Disposed
from csvgen.workflow.state import ProjectState

Kind = Literal["requirement", "function", "risk", "case", "run", "evidence", "deviation", "document", "step code"]
_SHORTEST = 6
"""So many digits of a digest are enough to look for it."""
_HEX = frozenset("0123456789abcdef")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Something that has an id."""

    kind: Kind
    id: str
    title: str
    digest: str = ""
    """64 hexadecimal digits; empty where it has no digest of its own."""
    run: str = ""
    """Of evidence, a deviation, a record of a run: the run it belongs to."""
    case: str = ""
    """Of evidence and a deviation: the case."""
    revision: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a text names."""

    exact: tuple[Known, ...]
    near: tuple[Known, ...]
    """Ids that begin with the text; where nothing is called so, then also ids and titles that hold it."""
    more: int
    """So many further ones are not told."""


@dataclass(frozen=True, slots=True)
class Step:
    """One case of a chain with what became of it."""

    row: ReverseRow
    link: Link | None


@dataclass(frozen=True, slots=True)
class Chain:
    """From requirement to evidence, as far as it runs through one thing."""

    known: Known
    requirements: tuple[Row, ...]
    risks: tuple[Risk, ...]
    steps: tuple[Step, ...]
    """Cases; at most as many as were asked for."""
    cases: int
    """How many there are."""
    runs: tuple[Evidence, ...]
    deviations: tuple[Disposed, ...]
    documents: tuple[Known, ...]


class Index:
    """Everything that has an id or a digest, and how one leads to the other."""

    def __init__(self, state: ProjectState) -> None:
        self._state = state
        matrix = state.matrix
        self.rows = {row.requirement: row for row in matrix.rows}
        self.reverse = {row.case: row for row in matrix.reverse}
        self.links = {link.case: link for row in matrix.rows for link in row.links}
        self.deviations = {d.id: d for d in state.deviations}
        self._cases_of_risk: dict[str, list[str]] = {}
        for row in matrix.reverse:
            for risk in dict.fromkeys(row.risks):
                self._cases_of_risk.setdefault(risk, []).append(row.case)
        self.known = tuple(_everything(state))
        self._records = tuple(k for k in self.known if k.kind == "document")
        self._by_id: dict[str, list[Known]] = {}
        for each in self.known:
            for name in {each.id.casefold(), f"{each.id} r{each.revision}".casefold() if each.revision else each.id.casefold()}:
                self._by_id.setdefault(name, []).append(each)
        self._names = sorted(self._by_id)
        self._digests = sorted((k.digest, n) for n, k in enumerate(self.known) if k.digest)
        self._of_runs: dict[tuple[str, int], Chain] = {}
        self._words = tuple(f"{k.id} {k.title}".casefold() for k in self.known)

    def cases_of_risk(self, risk: str) -> tuple[str, ...]:
        """Cases that name a risk, in the order of the protocol."""
        return tuple(self._cases_of_risk.get(risk, ()))

    @cached_property
    def evidence(self) -> dict[str, tuple[Evidence, CaseResult, StepResult, Attachment]]:
        """Id of a piece of evidence in a run (``OQ-001 TC-OQ-0001.2.1``) -> where it was attached."""
        return {
            evidence_id(run.run, attached.id): (run, result, step, attached)
            for run in self._state.runs
            for result in run.results
            for step in result.steps
            for attached in step.attachments
        }

    def look(self, text: str, most: int = 40) -> Answer:
        """What `text` names: an id in any case, ``ID rN``, or a digest or its first digits."""
        asked = " ".join(text.split()).casefold()
        if not asked:
            return Answer((), (), 0)
        exact = [*self._by_id.get(asked, ()), *self._with_digest(asked.removeprefix("sha256:"))]
        told, near, more = {id(e) for e in exact}, list[Known](), 0
        for each in self._like(asked, inside=not exact):
            if id(each) in told:
                continue
            told.add(id(each))
            if len(near) < most:
                near.append(each)
            else:
                more += 1
        return Answer(tuple(dict.fromkeys(exact)), tuple(near), more)

    def _with_digest(self, digits: str) -> Iterator[Known]:
        if len(digits) < _SHORTEST or not _HEX.issuperset(digits):
            return
        place = bisect_left(self._digests, (digits, -1))
        while place < len(self._digests) and self._digests[place][0].startswith(digits):
            yield self.known[self._digests[place][1]]
            place += 1

    def _like(self, asked: str, *, inside: bool) -> Iterator[Known]:
        """Ids that begin with it; with `inside` also ids and titles that hold its words, which takes a look at all of them."""
        place = bisect_left(self._names, asked)
        while place < len(self._names) and self._names[place].startswith(asked):
            yield from self._by_id[self._names[place]]
            place += 1
        if not inside:
            return
        first, *further = asked.split()
        yield from (
            each
            for each, said in zip(self.known, self._words, strict=True)
            if first in said and (not further or all(w in said for w in further))
        )

    # ------------------------------------------------------------ the chain

    def chain(self, known: Known, most: int = 60) -> Chain:
        """What leads to it, and what it leads to. At most `most` cases are told one by one. That of a run is long: it is made once."""
        if known.kind != "run":
            return self._chain(known, most)
        if (known.id, most) not in self._of_runs:
            self._of_runs[known.id, most] = self._chain(known, most)
        return self._of_runs[known.id, most]

    def _chain(self, known: Known, most: int) -> Chain:
        cases, requirements, risks = self._through(known)
        for case in cases:
            if (row := self.reverse.get(case)) is not None:
                requirements += row.requirements
                risks += row.risks
        rows = tuple(self.rows[r] for r in dict.fromkeys(requirements) if r in self.rows)
        if known.kind in ("requirement", "function"):
            risks = [r for row in rows for r in row.risks]
        names = dict.fromkeys(cases)
        through = self._runs(known, names)
        steps = tuple(Step(self.reverse[c], self.links.get(c)) for c in list(names)[:most] if c in self.reverse)
        return Chain(
            known=known,
            requirements=rows,
            risks=tuple(self._state.spec.risk[r] for r in dict.fromkeys(risks) if r in self._state.spec.risk),
            steps=steps,
            cases=len(names),
            runs=tuple(r for r in self._state.runs if r.run in through),
            deviations=self._deviations(known, names),
            documents=self._documents(known),
        )

    def _through(self, known: Known) -> tuple[list[str], list[str], list[str]]:
        """Cases, requirements and risks a thing is directly about."""
        state, name = self._state, known.id
        if known.kind == "requirement":
            return [link.case for link in self.rows[name].links], [name], []
        if known.kind == "function":
            served = [row.requirement for row in self.rows.values() if name in row.functions]
            return [link.case for r in served for link in self.rows[r].links], served, []
        if known.kind == "risk":
            return list(self._cases_of_risk.get(name, ())), list(state.spec.risk[name].requirements), [name]
        if known.kind == "case":
            return [name], [], []
        run = state.run(known.run) if known.run else None
        if known.case in self.reverse:
            return [known.case], [], []
        return ([p.case for p in run.plan.planned], [], []) if run is not None else ([], [], [])

    def _runs(self, known: Known, cases: dict[str, None]) -> set[str]:
        if known.run:
            return {known.run}
        return {a.run for c in cases if (link := self.links.get(c)) is not None for a in link.attempts}

    def _deviations(self, known: Known, cases: dict[str, None]) -> tuple[Disposed, ...]:
        if known.kind == "deviation":
            return (self.deviations[known.id],)
        if known.kind in ("run", "document") and known.run:
            return tuple(d for d in self.deviations.values() if d.run == known.run)
        return tuple(d for d in self.deviations.values() if d.case in cases)

    def _documents(self, known: Known) -> tuple[Known, ...]:
        """Records that are about the same run or the same deviation; never the thing itself."""
        ours = [k for k in self._records if k is not known]
        if known.kind == "deviation":
            named = self._state.document_id("deviation", known.id)
            return tuple(k for k in ours if k.id == named)
        return tuple(k for k in ours if known.run and k.run == known.run)


def evidence_id(run: str, attached: str) -> str:
    """A piece of evidence is numbered in its case; the run makes the number one of a kind."""
    return f"{run} {attached}"


def _everything(state: ProjectState) -> Iterator[Known]:
    spec = state.spec
    for r in spec.requirements:
        yield Known(kind="requirement", id=r.id, title=r.title)
    for f in spec.functions:
        yield Known(kind="function", id=f.id, title=f.title)
    for risk in spec.risks:
        yield Known(kind="risk", id=risk.id, title=risk.failure_mode)
    for case in state.protocol.cases:
        yield Known(kind="case", id=case.id, title=case.title, digest=case.digest.hex)
    for run in state.runs:
        yield from _of_run(run)
    for o in state.opened:
        yield Known(kind="deviation", id=o.id, title=f"{o.case} in {o.run}", run=o.run, case=o.case)
    runs = {run.run for run in state.runs}
    newest = {a.document.id: a.document.revision for a in state.approvals}
    for a in state.approvals:
        d, said = a.document, a.content if isinstance(a.content, dict) else {}
        about = str(said.get("run", ""))
        title = d.title if d.revision == newest[d.id] else f"{d.title} (an earlier revision)"
        yield Known(
            kind="document", id=d.id, title=title, digest=d.digest.hex, revision=d.revision, run=about if about in runs else "",
            case=str(said.get("case", "")) if d.kind == "deviation" else "",
        )  # fmt: skip


def _of_run(run: Evidence) -> Iterator[Known]:
    """The run, its seal by digest, each piece of evidence by its number and by its digest, and the step code it ran."""
    sealed = run.digest.hex if run.digest is not None else ""
    yield Known(kind="run", id=run.run, title=f"{run.plan.phase} {run.plan.mode}, {run.plan.scope}", digest=sealed, run=run.run)
    for result in run.results:
        for step in result.steps:
            for a in step.attachments:
                yield Known(
                    kind="evidence", id=evidence_id(run.run, a.id), title=a.name, digest=Digest(a.sha256).hex, run=run.run, case=result.case
                )  # fmt: skip
    for code in run.code:
        if code.sha256:
            yield Known(
                kind="step code", id=code.file, title=f"as {run.run} executed it", digest=Digest(code.sha256).hex, run=run.run
            )
