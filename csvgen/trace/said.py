"""What a composed document says, part by part, as plain JSON: kept beside it, so that a later change can be named field by field.

The digest that approval binds (`content`) is not taken over this; it only has to be rich enough to tell what changed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from csvgen.canonical import plain
from csvgen.model.evidence import Evidence
from csvgen.model.matrix import Matrix
from csvgen.model.protocol import Protocol
from csvgen.model.spec import DocumentKind, Spec
from csvgen.trace.conclusion import conclude
from csvgen.trace.content import phase_of, quoted
from csvgen.trace.matrix import Disposed
from csvgen.trace.set_content import SET, Records, no_records, set_content

_PARTS: dict[str, tuple[str, ...]] = {
    "plan": ("plan", "settings", "suppliers"),
    "urs": ("urs", "oracles", "files", "suppressions"),
    "fs": ("fs", "installation"),
    "risk": ("risk", "unproven"),
    "protocol": ("oracles", "files", "settings", "installation"),
    "report": (),
}


def said(
    kind: DocumentKind,
    spec: Spec,
    protocol: Protocol,
    matrix: Callable[[], Matrix],
    runs: Sequence[Evidence],
    deviations: Sequence[Disposed],
    records: Records = no_records,
) -> dict[str, Any]:
    """Part -> content, JSON types only. Whatever `csvgen.trace.content.content_of` binds has its words here."""
    if kind in SET:
        bound = set_content(kind, spec, protocol, matrix, runs, deviations, records)
        told: dict[str, Any] = plain({**bound, "quoted": quoted(kind, spec)})
        return told
    parts, phase = spec.parts(), phase_of(kind)
    family = kind.partition("-")[2] if phase else kind
    found: dict[str, Any] = {
        n: parts[n] for n in ("system", *_PARTS[family]) if n in parts and (family != "report" or n != "system")
    }
    if phase == "PQ" and family == "protocol":
        found["pq"] = parts["pq"]
    if phase is not None:
        found["cases"] = [
            {
                "id": c.id, "title": c.title, "requirements": c.requirements, "risks": c.risks, "priority": c.priority,
                "technique": c.technique, "ports": c.ports, "steps": [s.content() for s in c.steps],
            }
            for c in protocol.of(phase)
        ]  # fmt: skip
    if phase is not None and family == "report":
        concluded = conclude(phase, protocol, matrix(), runs, deviations)
        cases = {c.id for c in protocol.of(phase)}
        found |= {
            "runs": {r.run: r.digest for r in runs if r.run in concluded.runs},
            "results": [r for r in matrix().reverse if r.case in cases],
            "deviations": [{"id": d.id, "decision": d.decision, "record": d.record} for d in deviations if d.run in concluded.runs],
            "conclusion": {
                "outcome": concluded.outcome, "reasons": concluded.reasons, "restrictions": concluded.restrictions,
            },
            "suppressions": spec.suppressions,
        }  # fmt: skip
    found["quoted"] = quoted(kind, spec)
    content: dict[str, Any] = plain(found)
    return content
