"""What the depth policy asks for and a requirement does not show by itself: gaps, and what is shown elsewhere or has no meaning there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from csvgen.model.base import Phase
from csvgen.model.protocol import TECHNIQUES, Protocol, TestCase
from csvgen.model.report import Block
from csvgen.model.spec import Spec
from csvgen.report import depth_blocks
from csvgen.report.case_blocks import neighbours
from csvgen.report.spec_blocks import table
from csvgen.report.wording import joined, say, told

_NAMES = re.compile(r"[a-z]+(?:-[a-z]+)+")
_GENERAL = ("transition", "sneak", "audit-content", "no-change")
"""Techniques that one requirement shows for others: states, trail entries, and that a refusal changes nothing."""
_MOST = 8
"""Requirements that are told of one row; how many follow is said."""


def shortfalls(protocol: Protocol, phase: Phase, spec: Spec, remarks: Mapping[str, tuple[str, ...]]) -> tuple[Block, ...]:
    """What the depth policy asked for the requirements of a phase and did not get, and why; one row for what is told of several."""
    served = {r.id for r in spec.requirements if r.phase == phase}
    asked = [(s.requirement, s.what, told(s.reason)) for s in protocol.shortfalls if s.requirement in served]
    noted: dict[tuple[str, str], list[str]] = {}
    for requirement, texts in sorted(remarks.items()):
        for technique, _, reason in (text.partition(":") for text in texts if requirement in served):
            noted.setdefault((technique.strip(), reason.strip()), []).append(requirement)
    used = _used(protocol, spec) if noted else {}
    rows = [
        (technique, _told(reason, used), ", ".join(requirements))
        for (technique, reason), requirements in sorted(noted.items(), key=lambda row: (row[0][0], -len(row[1]), row[1]))
    ]
    general = [
        (technique, _where(used[technique])) for technique in _GENERAL if technique in used and technique in {t for t, _ in noted}
    ]
    if phase == "IQ":
        rows += _of_items(spec, protocol)
    none = "Every technique the policy asks for in this phase is drafted, or does not apply."
    asked_for = table(
        "Techniques the depth policy asks for that are not drafted: gaps", "Requirement:16:id|Technique:18|Reason:66", asked, none
    )
    not_used = table(
        "Techniques that requirements do not use themselves: why, and where they are shown",
        "Technique:15:id|Reason, and where it is shown:53|Requirements:32",
        rows,
        "There is none in this phase.",
    )
    elsewhere = table(
        "Scripts that show states, trail entries and unchanged records", "Technique:17:id|Requirements and cases:83", general
    )
    return (asked_for, not_used, elsewhere) if general else (asked_for, not_used)


def _of_items(spec: Spec, protocol: Protocol) -> list[tuple[str, str, str]]:
    """What a comparison with the baseline cannot have; one row for the requirements of which the same is told."""
    found: dict[tuple[str, str], list[str]] = {}
    for requirement, technique, reason in depth_blocks.not_for_items(spec, protocol):
        found.setdefault((technique, reason), []).append(requirement)
    return [(technique, reason, ", ".join(requirements)) for (technique, reason), requirements in found.items()]


def _used(protocol: Protocol, spec: Spec) -> Mapping[str, Sequence[TestCase]]:
    """Name of a pattern, or of a technique, -> the cases that are drafted from it or use it."""
    pattern = {(r.id, c.id): c.pattern.partition("@")[0] for r in spec.requirements for c in r.criteria if c.pattern is not None}
    found: dict[str, list[TestCase]] = {}
    for case in protocol.cases:
        found.setdefault(case.technique, []).append(case)
        names = {pattern.get((requirement, case.rule.partition(" ")[0]), "") for requirement in case.requirements}
        for name in names - {"", case.technique}:
            found.setdefault(name, []).append(case)
    return found


def _told(reason: str, used: Mapping[str, Sequence[TestCase]]) -> str:
    """The reason; and the cases of the patterns it names."""
    named = [name for name in dict.fromkeys(_NAMES.findall(reason)) if name in used and name not in TECHNIQUES]
    lines = [say("{name} is shown by {cases}", name=name, cases=_where(used[name])) for name in named]
    return joined("\n", (told(reason), *lines)) if lines else told(reason)


def _where(cases: Iterable[TestCase]) -> str:
    """Requirement by requirement, its cases."""
    found: dict[str, list[str]] = {}
    for case in cases:
        for requirement in case.requirements[:1]:
            found.setdefault(requirement, []).append(case.id)
    lines = [joined("", (f"{requirement} (", neighbours(ids), ")")) for requirement, ids in sorted(found.items())]
    more = [say("{number} further requirements", number=str(len(lines) - _MOST))] if len(lines) > _MOST else []
    return joined(", ", (*lines[:_MOST], *more))
