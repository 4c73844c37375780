"""A changed integration of a chromatogram is a recorded act, never a quiet new version of a file (21 CFR 211.194(a)(4), 211.68(b)).

The person who changes it gives the instrument's new export and a reason. What is recorded: each peak with its old and new area, the
results before and after, both files, and the run that calculated anew. Nothing takes effect before a second person has signed it. A
change that turns a failing result into a passing one is flagged and needs the signature of quality as well, by another person; that
signature decides the investigation of the failing result. So it is with a change before the first result: nobody can say what the
integration before it would have given. After review the integration of a lot is not changed any more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import pairwise
from typing import Literal

from csvgen.audit.ledger import Change
from csvgen.canonical import Digest
from csvgen.clock import stored
from csvgen.errors import BadInput, Refused
from csvgen.identity.directory import Session
from csvgen.model.base import Line, Sha256, Stamp, Value
from csvgen.pipeline import instruments, numbers
from csvgen.pipeline.core import Core
from csvgen.pipeline.instruments import Chromatogram
from csvgen.pipeline.nouns import FileRecord, Lot, Result

NONE = "(no such peak)"


class PeakChange(Value):
    """One peak before and after."""

    injection: str
    """Number of the injection in the file, from 1, and its sample."""
    peak: str
    old: str
    """Area; `NONE` for a peak that was not there."""
    new: str


class Signed(Value):
    """One of the signatures a reintegration has."""

    meaning: Line
    person: str


class Reintegration(Value):
    """A changed integration (record kind ``reintegration``)."""

    id: str
    lot: str
    file: str
    old_version: int
    old: Sha256
    new: Sha256
    """Digest of the new export; its bytes lie in the raw store like those of any file."""
    peaks: tuple[PeakChange, ...]
    reason: Line
    by: str
    name: str
    at: Stamp
    run: str
    """The run that calculated the results after; empty while the lot has no result yet."""
    before: tuple[Result, ...]
    after: tuple[Result, ...]
    turns: Literal["yes", "no"]
    """Whether a result out of specification comes into specification by it."""
    state: Literal["waiting", "in effect", "refused"]
    needs: tuple[Line, ...]
    """Meanings of the signatures it needs, in order, each by another person."""
    signed: tuple[Signed, ...] = ()

    @property
    def waits_for(self) -> str:
        """The meaning of the next signature; empty when it has all."""
        return next(iter(self.needs[len(self.signed) :]), "") if self.state == "waiting" else ""


def changes(old: Chromatogram, new: Chromatogram) -> tuple[PeakChange, ...]:
    """Every peak whose area is another, or that came or went. Raises BadInput when the two are not of the same injections."""
    if [i.sample for i in old.injections] != [i.sample for i in new.injections] or old.instrument != new.instrument:
        raise BadInput("the new file is not of the same injections on the same instrument: that is a new measurement")
    return tuple(_changed(old, new))


def _changed(old: Chromatogram, new: Chromatogram) -> Iterator[PeakChange]:
    for number, (before, after) in enumerate(zip(old.injections, new.injections, strict=True), 1):
        areas = ({p.name: p.area for p in before.peaks}, {p.name: p.area for p in after.peaks})
        for peak in dict.fromkeys((*areas[0], *areas[1])):
            was, now = areas[0].get(peak, NONE), areas[1].get(peak, NONE)
            if _area(was) != _area(now):
                yield PeakChange(injection=f"{number} {before.sample}".strip(), peak=peak, old=was, new=now)


def _area(text: str) -> Fraction | None:
    return None if text == NONE else numbers.number(text)


def chromatogram(name: str, data: bytes) -> Chromatogram:
    """A file that must be a chromatogram. Raises BadInput."""
    found = instruments.read(name, data)
    if not isinstance(found, Chromatogram):
        raise BadInput("only the integration of a chromatogram can be changed, and this file is none", where=name)
    return found


def refuse_silent(core: Core, lot: Lot, file: FileRecord, *, invalid: frozenset[str]) -> None:
    """Raises Refused when the newest version of a chromatogram changes the integration of the one before without a record of it.

    A version after a run whose system suitability failed is a new measurement; `invalid` holds the digests such runs were given.
    """
    if file.part != "impurity":
        return
    if waiting := [r.id for r in of_lot(core, lot.lot) if r.file == file.name and r.state == "waiting"]:
        raise Refused(
            f"file {file.name} has a changed integration that waits for its signature: {', '.join(waiting)}", rule="RR-F04"
        )
    kept = [FileRecord.model_validate(v.content) for v in core.ledger.versions("file", f"{lot.lot}:{file.name}")]
    accepted = list(dict.fromkeys(f.digest for f in kept if f.standing == "accepted"))
    in_effect = {(str(r.old), str(r.new)) for r in of_lot(core, lot.lot) if r.state == "in effect"}
    for old, new in pairwise(accepted):
        if str(old) in invalid or (str(old), str(new)) in in_effect:
            continue
        before, after = (chromatogram(file.name, core.raw.read(Digest(d), file.name)) for d in (old, new))
        raise Refused(
            f"file {file.name} of lot {lot.lot} came a second time with {_told(before, after)}; "
            "a changed integration is put on record with its reason (reintegrate), a new measurement comes under a name of its own",
            rule="RR-E07",
        )


def _told(before: Chromatogram, after: Chromatogram) -> str:
    try:
        found = changes(before, after)
    except BadInput:
        return "other injections"
    return "; ".join(f"{c.peak} {c.old} -> {c.new}" for c in found[:5]) or "other content"


def of_lot(core: Core, lot: str) -> tuple[Reintegration, ...]:
    """The changed integrations of a lot, by id."""
    return tuple(r for r, _ in core.of_lot("reintegration", lot, Reintegration))


def put(change: Change, record: Reintegration, *, action: str = "", reason: str = "") -> None:
    """Write one version of the record."""
    change.put("reintegration", record.id, record.model_dump(), action=action, reason=reason)


def turned(before: tuple[Result, ...], after: tuple[Result, ...], out: str) -> bool:
    """Whether a value that was out of specification is so no more, or is gone."""
    now: Mapping[str, str] = {r.name: r.verdict for r in after}
    return any(r.verdict == out and now.get(r.name) != out for r in before)


def begun(core: Core, acting: Session, lot: Lot, file: str) -> dict[str, str]:
    """The fields of a new record that say who and when."""
    return {
        "id": f"RI-{len(core.ledger.all('reintegration')) + 1:04d}",
        "lot": lot.lot,
        "file": file,
        "by": acting.account.id,
        "name": acting.account.printed_name,
        "at": stored(core.clock.now()),
    }
