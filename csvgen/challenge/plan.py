"""What is to be challenged: rows of the FMEA that name a fault, their scripts, and the faults that patterns must detect. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from csvgen.errors import BadInput
from csvgen.model.base import Phase
from csvgen.model.challenge import ChallengedRow, Script
from csvgen.model.protocol import ATTENDED, Protocol, TestCase
from csvgen.model.spec import Spec
from csvgen.patterns.bind import IQ_PATTERNS, find
from csvgen.patterns.faults import faults

PHASES: tuple[Phase, ...] = ("IQ", "OQ")
"""Phases whose scripts a machine executes on any instance; business scenarios are carried out by people."""


@dataclass(frozen=True)
class Selection:
    """A whole challenge, or only some rows and faults of it."""

    risks: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        return not self.risks and not self.faults


def executable(protocol: Protocol) -> tuple[TestCase, ...]:
    """The scripts a challenge can execute."""
    return tuple(c for phase in PHASES for c in protocol.of(phase) if ATTENDED not in c.tags)


def rows(spec: Spec, protocol: Protocol, wanted: Selection) -> tuple[ChallengedRow, ...]:
    """Rows of the FMEA that name a fault, and for each fault asked for that no row names a row of its own.

    Raises BadInput for a risk or fault that is not there, or a row without any script.
    """
    cases = executable(protocol)
    for name in wanted.risks:
        if name not in spec.risk:
            raise BadInput(f"there is no risk {name!r}", rule="CHL009")
        if (named := spec.risk[name].challenge) is None or named.fault is None:
            raise BadInput(
                f"{name} names no fault",
                rule="CHL009",
                hint="challenge: {how: ..., fault: ...} at the risk; csvgen explain faults",
            )
    found = []
    for risk in spec.risks:
        fault = risk.challenge.fault if risk.challenge is not None else None
        if fault is None or (wanted.risks and risk.id not in wanted.risks) or (wanted.faults and fault not in wanted.faults):
            continue
        linked = tuple(c.id for c in cases if risk.id in c.risks)
        found.append(ChallengedRow(risk=risk.id, failure_mode=risk.failure_mode, fault=fault, cases=linked))
    named_here = {row.fault for row in found}
    return (*found, *(_of_patterns(name, spec, cases) for name in wanted.faults if name not in named_here))


def _of_patterns(name: str, spec: Spec, cases: Iterable[TestCase]) -> ChallengedRow:
    known = faults().get(name)
    if known is None:
        raise BadInput(f"there is no fault {name!r}", rule="CHL009", hint="csvgen explain faults")
    demanded = demands(spec, cases)
    linked = tuple(case for case, listed in demanded.items() if name in listed)
    return ChallengedRow(risk="", failure_mode=known.broken, fault=name, cases=linked)


def demands(spec: Spec, cases: Iterable[TestCase]) -> Mapping[str, tuple[str, ...]]:
    """Script -> faults its pattern must detect; none for a script written by hand."""
    return {case.id: _demanded(spec, case) for case in cases}


def _demanded(spec: Spec, case: TestCase) -> tuple[str, ...]:
    part = case.rule.partition(" ")[0]
    found: list[str] = []
    for identity in case.requirements:
        requirement = spec.requirement.get(identity)
        for criterion in requirement.criteria if requirement is not None else ():
            if criterion.id == part and criterion.pattern is not None:
                found += find(criterion.pattern).faults
    for section in spec.installation.sections:
        if section.id == part:
            found += [f for kind in dict.fromkeys(i.kind for i in section.items) for f in find(IQ_PATTERNS[kind]).faults]
    return tuple(dict.fromkeys(found))


def scripts(cases: Iterable[TestCase]) -> tuple[Script, ...]:
    """The scripts as the plan keeps them."""
    return tuple(
        Script(case=c.id, digest=c.digest, title=c.title, requirements=c.requirements, criterion=c.rule, priority=c.priority)
        for c in cases
    )  # fmt: skip


def sweep(
    left: Iterable[str], demanded: Mapping[str, tuple[str, ...]], tried: Mapping[str, Iterable[str]]
) -> tuple[str, tuple[str, ...]] | None:
    """The fault that most of the scripts nobody saw red yet must detect, and these scripts; None when there is no such fault."""
    waiting: dict[str, list[str]] = {}
    for case in left:
        for fault in demanded.get(case, ()):
            if fault not in tried.get(case, ()):
                waiting.setdefault(fault, []).append(case)
    if not waiting:
        return None
    fault = max(sorted(waiting), key=lambda name: len(waiting[name]))
    return fault, tuple(waiting[fault])
