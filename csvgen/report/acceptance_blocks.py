"""The acceptance criteria of the plan beside what the records say: csvgen judges no criterion that is written in words, it counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from csvgen.model.evidence import Evidence
from csvgen.model.matrix import Matrix
from csvgen.model.report import Block, Bullets, Facts, Paragraph
from csvgen.model.spec import Spec
from csvgen.report.deviation_blocks import SignatureLine
from csvgen.report.wording import joined, own, say
from csvgen.trace.matrix import Disposed, reported

_WHOSE = (
    "What the records say of them, counted when this report was composed. csvgen judges no criterion that is written in words: whoever signs "
    "this report does."
)
_MET = ("passed", "procedure", "vendor-evidence", "inspection", "not-applicable", "restricted")


def criteria(
    spec: Spec, matrix: Matrix, deviations: Sequence[Disposed], runs: Sequence[Evidence], signatures: Sequence[SignatureLine]
) -> tuple[Block, ...]:  # fmt: skip
    """The criteria word for word, then the numbers that bear on them."""
    return Bullets(tuple(map(own, spec.plan.acceptance)), numbered=True), *_counted(spec, matrix, deviations, runs, signatures)


def _counted(
    spec: Spec, matrix: Matrix, deviations: Sequence[Disposed], runs: Sequence[Evidence], signatures: Sequence[SignatureLine]
) -> tuple[Block, ...]:  # fmt: skip
    states = Counter(row.coverage for row in matrix.rows)
    unmet = [row.requirement for row in matrix.rows if row.coverage not in _MET]
    restricted = [row.requirement for row in matrix.rows if row.coverage == "restricted"]
    gaps = {gap.subject for gap in matrix.gaps}
    formal = [r.run for r in runs if reported(r)]
    reviewed = [run for run in formal if _reviewed(f"{spec.system.prefix}-RUN-{run}", signatures)]
    return (
        Paragraph(_WHOSE),
        Facts(
            (
                ("Requirements by state", joined(", ", [joined(" ", (str(n), say(c.replace("-", " ")))) for c, n in states.items()])),
                ("Requirements neither passed, met otherwise nor restricted", _named(unmet)),
                ("Restricted requirements", _named(restricted)),
                ("Restricted requirements that are gap rows", _named([r for r in restricted if r in gaps])),
                ("Deviations without a signed disposition", _named([d.id for d in deviations if d.open])),
                ("Executed records reviewed by a second person",
                 joined("", (say("{done} of {all}", done=str(len(reviewed)), all=str(len(formal))), *_not(formal, reviewed)))),
            )
        ),
    )  # fmt: skip


def _named(ids: Sequence[str]) -> str:
    return joined(": ", (str(len(ids)), ", ".join(ids))) if ids else "0"


def _not(formal: Sequence[str], reviewed: Sequence[str]) -> tuple[str, ...]:
    missing = [run for run in formal if run not in reviewed]
    return (say("; not: {names}", names=", ".join(missing)),) if missing else ()


def _reviewed(record: str, signatures: Sequence[SignatureLine]) -> bool:
    """Whether somebody signed a record as reviewed who did not sign it as performed."""
    held = [s for s in signatures if s.record == record and not s.invalid]
    performed = {s.person for s in held if s.meaning == "performed"}
    return any(s.meaning == "reviewed" and s.person not in performed for s in held)
