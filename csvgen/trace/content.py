"""What a document of each kind says, as one digest, independent of its layout. Approval binds it; staleness is its change."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from csvgen.canonical import Digest, digest
from csvgen.model.base import PHASES, Phase
from csvgen.model.evidence import Evidence
from csvgen.model.matrix import Matrix
from csvgen.model.protocol import Protocol
from csvgen.model.signature import DocumentFormat
from csvgen.model.spec import DocumentKind, Spec
from csvgen.protocol.draft import priority_of
from csvgen.risk.scheme import rating_scheme
from csvgen.trace.conclusion import conclude
from csvgen.trace.matrix import Disposed
from csvgen.trace.set_content import SET, Records, no_records, set_content

COMPOSED: tuple[DocumentKind, ...] = (
    "plan", "urs", "fs", "risk", "iq-protocol", "oq-protocol", "pq-protocol", "iq-report", "oq-report", "pq-report", *SET,
)  # fmt: skip
"""Kinds of document that are composed from the project and drawn as PDF and Word."""


def phase_of(kind: DocumentKind) -> Phase | None:
    """The phase a kind of document belongs to, if any."""
    return next((p for p in PHASES if kind.startswith(f"{p.lower()}-")), None)


def specification_content(kind: DocumentKind, spec: Spec) -> Digest:
    """The parts of the specification that a plan, URS, FS or risk assessment says."""
    match kind:
        case "plan":
            return spec.part_digest("plan", "settings", "suppliers", "depth")
        case "urs":
            return spec.part_digest("urs", "oracles", "files", "suppressions")
        case "fs":
            return spec.part_digest("fs", "installation")
        case "risk":
            return digest([spec.part_digest("risk", "unproven"), rating_scheme(spec).digest])
        case _:
            raise KeyError(kind)


def protocol_content(phase: Phase, spec: Spec, protocol: Protocol) -> Digest:
    """The cases of the phase, and what their expected values rest on; for the PQ its environment and business processes too."""
    parts = ("oracles", "files", "settings", "depth", "installation", *(("pq",) if phase == "PQ" else ()))
    return digest([protocol.digest_of(phase), spec.part_digest(*parts)])


def report_content(
    phase: Phase, spec: Spec, protocol: Protocol, matrix: Matrix, runs: Sequence[Evidence], deviations: Sequence[Disposed]
) -> Digest:
    """Every run of the phase, what its cases came to, the deviations, the outcome by rule, and findings set aside, if any."""
    conclusion = conclude(phase, protocol, matrix, runs, deviations)
    seals = [r.digest for r in runs if r.run in conclusion.runs]
    cases = {c.id for c in protocol.of(phase)}
    rows = [r for r in matrix.reverse if r.case in cases]
    disposed = [[d.id, d.decision, d.record] for d in deviations if d.run in conclusion.runs]
    outcome = [conclusion.outcome, conclusion.reasons, conclusion.restrictions]
    aside = [spec.suppressions] if spec.suppressions else []  # without any, the digest of reports approved before there were some
    return digest([protocol.digest_of(phase), seals, rows, disposed, outcome, *aside])


def content_of(
    kind: DocumentKind,
    spec: Spec,
    protocol: Protocol,
    matrix: Callable[[], Matrix],
    runs: Sequence[Evidence],
    deviations: Sequence[Disposed],
    bound: DocumentFormat = "csvgen.document/2",
    records: Records = no_records,
) -> Digest:
    """Any composed kind. `bound` is the format of the record that is compared: a document keeps the rule it was signed under."""
    phase = phase_of(kind)
    if kind in SET:
        said = digest(set_content(kind, spec, protocol, matrix, runs, deviations, records))
    elif phase is None:
        said = specification_content(kind, spec)
    elif kind.endswith("-protocol"):
        said = protocol_content(phase, spec, protocol)
    else:
        said = report_content(phase, spec, protocol, matrix(), runs, deviations)
    language = [spec.system.language] if spec.system.language != "en" else []  # it came later: English says nothing
    return said if bound == "csvgen.document/1" else digest([said, quoted(kind, spec), *language])


def quoted(kind: DocumentKind, spec: Spec) -> object:
    """What a document prints beside its own part of the specification: its route, and what it quotes or counts of other parts."""
    route = spec.settings.route(kind)
    phase = phase_of(kind)
    if phase is not None:
        served = [r for r in spec.requirements if r.phase == phase]
        return [route, served, {r.id: priority_of(spec, r.id) for r in served}]
    match kind:
        case "urs":
            sections = [[s.id, s.requirement] for s in spec.installation.sections]
            return [route, sections, [[s.id, s.covers] for s in spec.scenarios]]
        case "plan" | "risk":
            how = {r.id: [r.phase, r.verification, priority_of(spec, r.id)] for r in spec.requirements}
            return [route, how, spec.depth or spec.settings.depth]
        case _:
            return [route]
