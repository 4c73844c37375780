"""How many of each kind of record a package holds: written into its manifest, and counted again (21 CFR 11.10(b))."""

from __future__ import annotations

from collections.abc import Sequence

from csvgen.exchange.results.kept import Kept
from csvgen.model.evidence import Evidence
from csvgen.model.protocol import Protocol
from csvgen.model.spec import Spec
from csvgen.signature.approvals import Approval


def counted(
    spec: Spec,
    protocol: Protocol,
    approvals: Sequence[Approval],
    runs: Sequence[Evidence],
    events: int,
    imports: Sequence[Kept] = (),
) -> dict[str, int]:
    """Kind of record -> number. Imports are counted where there are any: manifests of before know of none."""
    executions = [r for run in runs for r in run.results]
    others = {"imports": len(imports), "imported results": sum(len(k.results.results) for k in imports if k.results)}
    return {
        "requirements": len(spec.requirements),
        "risks": len(spec.risks),
        "test cases": len(protocol.cases),
        "records": len({a.document.id for a in approvals}),
        "record revisions": len(approvals),
        "signatures": sum(len(a.signatures) for a in approvals),
        "runs": len(runs),
        "executions": len(executions),
        "evidence files": sum(len(s.attachments) for r in executions for s in r.steps),
        "audit events": events,
        **(others if imports else {}),
    }
