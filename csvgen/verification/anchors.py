"""The audit trail against what others saw of it: checkpoints that travel with it, and those that somebody else kept.

What travels with a trail was kept by whoever hands it over. It proves as much as the keys of log and witnesses do, which must come
from outside; and it can be the state of yesterday. Only what an anchor gives back itself tells that nothing newer exists.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from csvgen.audit.anchored import Finding, Pin, report
from csvgen.audit.anchored import Outside as Seen
from csvgen.audit.anchors import NOTE, TOKEN, Held
from csvgen.canonical import Digest, digest_bytes
from csvgen.crypto.trust import Trust
from csvgen.model.audit import Event
from csvgen.model.signature import SignatureRecord
from csvgen.model.verification import Outcome
from csvgen.verification.checks import Checks
from csvgen.verification.outside import Outside

CHECKPOINTS = "checkpoints"
NO_ANCHOR = (
    "a checkpoint that somebody else kept (--anchor): without one nobody can know whether a newer state of the trail exists"
)
NO_KEY = "keys of the checkpoints (checkpoints.vkey beside the trust roots)"
_RECEIPTS = "anchors hold what the trail tells"
_PERIODS = "no period is without a checkpoint"


@dataclass(frozen=True)
class Trail:
    """A trail with everything that others saw of it."""

    bodies: Sequence[bytes]
    travelled: tuple[Held, ...]
    """Notes and time stamps that came with it."""
    pins: tuple[Pin, ...]
    """States that signatures of people fix."""


def travelled(folder: Path) -> tuple[Held, ...]:
    """Notes and time stamps that lie with a trail."""
    files = sorted(p for p in folder.glob("*") if p.suffix in {NOTE, TOKEN} and p.is_file() and not p.is_symlink())
    return tuple(Held("package", p.name, p.read_bytes()) for p in files)


def pins_of(records: Iterable[SignatureRecord]) -> Iterable[Pin]:
    """The states of the trail that signatures of people fix."""
    for record in records:
        source = f"the signature of {record.person} on {record.record}"
        yield Pin(record.audit_count, _raw(record.audit_head), source, linear=True)
        if record.audit_root is not None:
            yield Pin(record.audit_count, _raw(record.audit_root), source)


def _raw(text: Digest | str) -> bytes:
    return bytes.fromhex(str(text).removeprefix("sha256:"))


def seen(trail: Trail, trust: Trust, outside: Outside) -> Seen:
    """Everything that others saw, and whom to believe about it."""
    kept = tuple(Held("outside", Path(k.name).name, k.data) for k in outside.kept or () if Path(k.name).suffix in {NOTE, TOKEN})
    roots = (outside.times or trust).roots
    held = (*trail.travelled, *kept)
    if not outside.verifiers:  # over notes that nobody is believed for, a time stamp says nothing either
        held = tuple(h for h in held if h.name.endswith(NOTE))
    return Seen(held, outside.verifiers, roots, trail.pins)


def check_anchors(trail: Trail, trust: Trust, outside: Outside, checks: Checks, subject: str, *, alone: bool) -> None:
    """One check for each question. What was not configured is a note; of a trail by itself (`alone`) it is unknown."""
    notes = any(h.name.endswith(NOTE) for h in trail.travelled) or outside.kept is not None
    others = seen(trail, trust, outside)
    for finding in report(trail.bodies, others)[1:]:  # order and links are checked before, and told by event
        if finding.name == _RECEIPTS and not others.held:
            checks.note(finding.name, "no checkpoint came with the trail, and no anchor was asked", subject)
        else:
            _add(checks, finding, subject, soft=not alone and outside.kept is None)
    if notes and not outside.verifiers:
        checks.lacks(NO_KEY)
    if outside.kept is None:
        checks.lacks(NO_ANCHOR)


def _add(checks: Checks, finding: Finding, subject: str, *, soft: bool) -> None:
    if finding.outcome is Outcome.FAILS and finding.name != _PERIODS:
        checks.add(finding.name, finding.faults, "", subject)
    elif finding.outcome is Outcome.FAILS:  # what a later checkpoint fixes is fixed, though nobody saw it in time
        checks.note(finding.name, "; ".join(finding.faults), subject)
        checks.lacks("a checkpoint in every period")
    elif finding.outcome is Outcome.HOLDS:
        checks.add(finding.name, [], finding.detail, subject)
    elif finding.outcome is Outcome.UNKNOWN and not soft:
        checks.unknown(finding.name, finding.detail, subject)
    else:
        checks.note(finding.name, finding.detail, subject)


def told(trail: Trail, events: Iterable[Event]) -> list[str]:
    """Checkpoints that the trail tells of and that did not come with it, though others did."""
    there = {str(digest_bytes(h.data)) for h in trail.travelled if h.name.endswith(NOTE)}
    if not there:
        return []
    facts = ((e, {c.field: c.new for c in e.changes}) for e in events if e.action == "checkpoint" and e.record == "trail")
    return [
        f"the checkpoint of event {e.seq} ({f.get('size')} events) is not here" for e, f in facts if f.get("note") not in there
    ]
