"""Is this trail the one that others saw? A pure report over the events and what came from outside.

Each question has its own answer: order and links inside; signatures of the checkpoints; length against the longest state seen
outside; content against every state seen outside; what the trail tells of its anchors against what they hold; periods without any
checkpoint; time stamps; order of times. The inputs are what the anchors themselves list, never a copy in the database.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from cryptography import x509

from csvgen.audit import merkle
from csvgen.audit.anchors import (
    NOTE,
    TOKEN,
    FolderAnchor,
    Held,
    TimeAnchor,
    WitnessAnchor,
    WormAnchor,
    checkpoint_of,
    configured,
    held,
    read_held,
)
from csvgen.audit.chain import chain_problems, read_event
from csvgen.audit.checkpoint import Checkpoint, trusted_keys
from csvgen.audit.settings import AuditSettings, audit_settings
from csvgen.canonical import digest_bytes
from csvgen.clock import parsed, stored
from csvgen.config import Config
from csvgen.crypto.notes import COSIGNATURE, ED25519, Note, Verifier, Vouched, read_verifiers
from csvgen.crypto.timestamps import NotTrusted, ProvenTime, verify_token
from csvgen.errors import NotIntact
from csvgen.model.audit import Event
from csvgen.model.verification import Outcome

_OWN = b'"record":"trail"'
"""In the bytes of an event that only tells of checkpoints; inside of a text the quotes would be escaped."""
_AT = re.compile(rb'"at":"([0-9TZ:.-]{27})"')
_ANCHOR = "anchor "
"""Facts of a checkpoint event: ``anchor NAME`` -> receipt."""


@dataclass(frozen=True, slots=True)
class Pin:
    """A state of the trail that something outside of it fixes: a signature record, a sealed manifest."""

    size: int
    digest: bytes
    """32 bytes: root of the tree over the first `size` events or, with `linear`, digest of event number `size`."""
    source: str
    linear: bool = False


@dataclass(frozen=True)
class Outside:
    """Everything that did not come from the database."""

    held: tuple[Held, ...] = ()
    verifiers: tuple[Verifier, ...] = ()
    """Keys of the log and of witnesses, believed."""
    roots: tuple[x509.Certificate, ...] = ()
    """Roots of time-stamp authorities, believed."""
    pins: tuple[Pin, ...] = ()
    silent: tuple[str, ...] = ()
    """Anchors that could not be asked, each with why."""
    settings: AuditSettings = field(default_factory=AuditSettings)


def outside_of(config: Config) -> Outside:
    """What the anchors of a project hold now, asked of each. Nothing is made; an anchor that does not answer is named."""
    anchors = configured(config)
    found, silent = held(a for a in anchors if isinstance(a, FolderAnchor | WormAnchor))
    witnesses = [a.witness.verifier for a in anchors if isinstance(a, WitnessAnchor)]
    roots = [root for a in anchors if isinstance(a, TimeAnchor) for root in a.authority.roots]
    verifiers = dict.fromkeys((*trusted_keys(config), *witnesses))
    return Outside(found, tuple(verifiers), tuple(dict.fromkeys(roots)), (), silent, audit_settings(config))


def outside_kept(config: Config, folder: Path, keys: Path | None = None) -> Outside:
    """As `outside_of`, of files that somebody else kept in a folder; with `keys` only those of that file are believed."""
    files = sorted(p for p in folder.rglob("*") if p.is_file() and not p.is_symlink()) if folder.is_dir() else [folder]
    verifiers = read_verifiers(keys.read_text(encoding="utf-8"), str(keys)) if keys is not None else trusted_keys(config)
    roots = [root for a in configured(config) if isinstance(a, TimeAnchor) for root in a.authority.roots]
    item = read_held(((p.name, p.read_bytes()) for p in files), str(folder))
    return Outside(item, verifiers, tuple(dict.fromkeys(roots)), settings=audit_settings(config))


def believed(outside: Outside) -> list[tuple[Note, Checkpoint]]:
    """Notes from outside that a believed key of the log signed, with what they say, by size."""
    return [(k.note, k.checkpoint) for k in _believed(outside)[0]]


@dataclass(frozen=True, slots=True)
class Finding:
    """Answer to one question."""

    name: str
    outcome: Outcome
    detail: str
    faults: tuple[str, ...] = ()
    """One line each, naming events or anchors; none when it holds."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """A held note that a believed key signed."""

    item: Held
    note: Note
    checkpoint: Checkpoint
    witnesses: tuple[Vouched, ...]

    @property
    def source(self) -> str:
        return f"{self.item.anchor}/{self.item.name}"


def report(bodies: Sequence[bytes], outside: Outside) -> tuple[Finding, ...]:
    """The trail as the exact bytes of its events, against everything outside. Nothing is fetched, nothing is written."""
    broken = tuple(chain_problems(bodies))
    findings = [_finding("events are whole, in order and linked", broken, f"{len(bodies)} events")]
    kept, refused = _believed(outside)
    findings.append(_signatures(kept, refused, outside))
    findings.append(_tail(len(bodies), kept, outside.pins))
    findings.append(_history(bodies, kept, outside.pins))
    if not broken:
        findings.append(_told([read_event(body) for body in bodies if _OWN in body], outside))
        findings.append(_periods(bodies, kept, outside.settings))
    times, stamps = _time_stamps(kept, outside)
    findings.append(stamps)
    if not broken and times:
        findings.append(_times(bodies, times, outside.settings.tolerance))
    return tuple(findings)


@dataclass(frozen=True, slots=True)
class Moment:
    """The first `size` events were there at `at`, says somebody else."""

    size: int
    at: dt.datetime
    """UTC; of a time stamp the latest it can have been, by its accuracy."""
    by: str


def moments(bodies: Sequence[bytes], outside: Outside) -> tuple[Moment, ...]:
    """Proven times of states of this trail, by size: an event is as old as the first one that covers it.

    Only checkpoints count whose signature, root here, and time stamp or cosignature hold.
    """
    kept, _ = _believed(outside)
    kept = [k for k in kept if k.checkpoint.size <= len(bodies)]
    roots = _roots(bodies, {k.checkpoint.size for k in kept})
    kept = [k for k in kept if roots[k.checkpoint.size] == k.checkpoint.root]
    stamps, _ = _time_stamps(kept, outside)
    found = [Moment(size, time.moment + time.accuracy, time.authority) for size, time in stamps.items()]
    found += [Moment(k.checkpoint.size, v.moment, v.by.name) for k in kept for v in k.witnesses if v.moment is not None]
    return tuple(sorted(found, key=lambda m: (m.size, m.at, m.by)))


def _finding(name: str, faults: Iterable[str], good: str) -> Finding:
    wrong = tuple(faults)
    if not wrong:
        return Finding(name, Outcome.HOLDS, good)
    more = f" and {len(wrong) - 1} more" if len(wrong) > 1 else ""
    return Finding(name, Outcome.FAILS, wrong[0] + more, wrong)


# ------------------------------------------------------------------ what is held


def _believed(outside: Outside) -> tuple[list[_Kept], list[str]]:
    """Notes under a believed key of the log, and a line for each that is none."""
    kept: list[_Kept] = []
    refused: list[str] = []
    if not outside.verifiers:
        return kept, refused
    for item in (h for h in outside.held if h.name.endswith(NOTE)):
        source = f"{item.anchor}/{item.name}"
        try:
            note, found = checkpoint_of(item)
            vouched = note.vouched(outside.verifiers, source)
            if not any(v.by.kind == ED25519 and v.by.name == found.origin for v in vouched):
                refused.append(f"{source}: not signed by a key of the log that is believed")
                continue
        except NotIntact as problem:
            refused.append(f"{source}: {problem.message}")
            continue
        kept.append(_Kept(item, note, found, tuple(v for v in vouched if v.by.kind == COSIGNATURE)))
    return sorted(kept, key=lambda k: k.checkpoint.size), refused


def _signatures(kept: Sequence[_Kept], refused: Sequence[str], outside: Outside) -> Finding:
    name = "checkpoints are signed by keys that are believed"
    notes = [h for h in outside.held if h.name.endswith(NOTE)]
    if not notes:
        said = "no checkpoint from outside: a trail that was written anew from the beginning would look like this one"
        return Finding(name, Outcome.NOTE, said)
    if not outside.verifiers:
        return Finding(name, Outcome.UNKNOWN, f"{len(notes)} checkpoints, and no key to believe was given")
    cosigned = sum(bool(k.witnesses) for k in kept)
    unlocked = [
        f"{h.anchor}/{h.name}: the store no longer locks it" for h in outside.held if h.version and h.locked_until is None
    ]
    return _finding(name, [*refused, *unlocked], f"{len(kept)} checkpoints, {cosigned} of them cosigned by witnesses")


# ------------------------------------------------------------------ against the events


def _tail(count: int, kept: Sequence[_Kept], pins: Sequence[Pin]) -> Finding:
    name = "the trail is as long as others saw it"
    seen = [(k.checkpoint.size, k.source) for k in kept] + [(p.size, p.source) for p in pins]
    if not seen:
        return Finding(name, Outcome.NOTE, f"{count} events; nobody outside tells how many there must be")
    size, source = max(seen)
    gone = (
        f"{source} saw {size} events and {count} are here: the last {size - count} were cut off, or an older state was put back"
    )
    return _finding(name, [gone] if size > count else [], f"{count} events, {size} of them seen outside")


def _history(bodies: Sequence[bytes], kept: Sequence[_Kept], pins: Sequence[Pin]) -> Finding:
    """Every state seen outside must be a beginning of this trail. What differs is named by the states on both sides of it."""
    name = "the trail continues every state that others saw"
    states = [Pin(k.checkpoint.size, k.checkpoint.root, k.source) for k in kept]
    states += [
        Pin(k.checkpoint.size, bytes.fromhex(k.checkpoint.head.hex), k.source, linear=True)
        for k in kept
        if k.checkpoint.head is not None
    ]
    states += pins
    if not states:
        return Finding(name, Outcome.NOTE, "no state from outside to compare with")
    faults = list(_two_trails(kept))
    roots, before = _roots(bodies, {p.size for p in states if not p.linear}), 0
    for pin in sorted((p for p in states if p.size <= len(bodies)), key=lambda p: (p.size, p.linear)):
        if _state(bodies, roots, pin) == pin.digest:
            before = max(before, pin.size)
        else:
            where = f"among events {before + 1} to {pin.size}" if pin.size > before else f"among the first {pin.size} events"
            faults.append(f"{pin.source} saw another trail: {where} at least one was changed, put in, taken out or moved")
    sizes = {p.size for p in states}
    return _finding(name, dict.fromkeys(faults), f"{len(states)} states of {len(sizes)} lengths")


def _state(bodies: Sequence[bytes], roots: Mapping[int, bytes], pin: Pin) -> bytes:
    """What this trail was at that length, in the terms of the pin."""
    if not pin.linear:
        return roots[pin.size]
    return bytes.fromhex(digest_bytes(bodies[pin.size - 1] if pin.size else b"").hex)


def _two_trails(kept: Sequence[_Kept]) -> Iterator[str]:
    first: dict[int, _Kept] = {}
    for found in kept:
        other = first.setdefault(found.checkpoint.size, found)
        if other.checkpoint.root != found.checkpoint.root:
            yield f"two trails: {other.source} and {found.source} are both signed for {found.checkpoint.size} events, and differ"


def _roots(bodies: Sequence[bytes], sizes: set[int]) -> dict[int, bytes]:
    tree, found = merkle.Frontier(), {0: merkle.EMPTY}
    for number, body in enumerate(bodies, 1):
        tree.append(merkle.leaf_hash(body))
        if number in sizes:
            found[number] = tree.root()
    return found


def _facts(event: Event) -> Mapping[str, str]:
    return {c.field: c.new for c in event.changes}


def _told(events: Sequence[Event], outside: Outside) -> Finding:
    """Receipts in the trail against what the anchors hold, and anchors that never got a checkpoint after they failed."""
    name = "anchors hold what the trail tells"
    asked = {h.anchor for h in outside.held}
    digests = {(h.anchor, h.name): digest_bytes(h.data) for h in outside.held}
    faults, failing, receipts = list(outside.silent), dict[str, str](), 0
    for event in events:
        facts = _facts(event)
        if event.action == "checkpoint":
            file = f"{facts.get('size', '').zfill(12)}{NOTE}"
            for anchor in (f.removeprefix(_ANCHOR) for f in facts if f.startswith(_ANCHOR)):
                failing.pop(anchor, None)
                receipts += 1
                if anchor in asked and (anchor, file) not in digests:
                    faults.append(f"anchor {anchor} no longer holds {file}, which event {event.seq} tells that it took")
                elif anchor in asked and digests[anchor, file] != facts.get("note"):
                    faults.append(f"anchor {anchor} holds another {file} than event {event.seq} tells of")
        elif event.action in {"anchor-missing", "anchor-contradicts"}:
            anchor, size, why = (facts.get(name, "") for name in ("anchor", "size", "problem"))
            failing[anchor] = f"anchor {anchor} has no checkpoint since {size} events (event {event.seq}: {why})"
    faults += failing.values()
    return _finding(name, faults, f"{receipts} receipts in the trail, {len(digests)} files outside")


def _periods(bodies: Sequence[bytes], kept: Sequence[_Kept], settings: AuditSettings) -> Finding:
    """An absent period is a finding, as absent log files are elsewhere: somebody could have taken its checkpoints away."""
    name = "no period is without a checkpoint"
    sizes = sorted({k.checkpoint.size for k in kept if 0 < k.checkpoint.size <= len(bodies)})
    if not sizes:
        return Finding(name, Outcome.NOTE, "no checkpoint from outside")
    faults = []
    for older, newer in pairwise((*sizes, len(bodies))):
        idle = all(_OWN in body for body in bodies[older:newer])
        if newer - older > 2 * settings.checkpoint_events:
            faults.append(f"no checkpoint between event {older} and event {newer}; one is due every {settings.checkpoint_events}")
        elif not idle and (days := _time(bodies[newer - 1]) - _time(bodies[older])) > 2 * settings.checkpoint_period:
            faults.append(f"no checkpoint between event {older} and event {newer}, {days.days} days apart")
    early = f"; the first {sizes[0]} events were fixed at once" if sizes[0] > 2 * settings.checkpoint_events else ""
    return _finding(name, faults, f"{len(sizes)} checkpoints up to event {sizes[-1]}{early}")


def _time(body: bytes) -> dt.datetime:
    found = _AT.search(body)
    assert found is not None  # the walk along the chain read it
    return parsed(found[1].decode("ascii"))


# ------------------------------------------------------------------ times


def _time_stamps(kept: Sequence[_Kept], outside: Outside) -> tuple[dict[int, ProvenTime], Finding]:
    """Size -> proven time of each checkpoint with a token that holds."""
    name = "time stamps hold"
    tokens = [h for h in outside.held if h.name.endswith(TOKEN)]
    if not tokens:
        said = "no time stamp by anybody else: times rest on the clock of this system and on the witnesses"
        return {}, Finding(name, Outcome.NOTE, said)
    notes = {(k.item.anchor, k.item.name.removesuffix(NOTE)): k for k in kept}
    proven: dict[int, ProvenTime] = {}
    faults: list[str] = []
    untrusted = 0
    for token in tokens:
        over = notes.get((token.anchor, token.name.removesuffix(TOKEN)))
        if over is None:
            faults.append(f"{token.anchor}/{token.name}: no checkpoint that is believed lies beside it")
            continue
        try:
            found = verify_token(token.data, bytes(over.note), roots=outside.roots, where=f"{token.anchor}/{token.name}")
            proven.setdefault(over.checkpoint.size, found)
        except NotTrusted:
            untrusted += 1
        except NotIntact as problem:
            faults.append(f"{token.anchor}/{token.name}: {problem.message}")
    if untrusted and not faults:
        return proven, Finding(
            name, Outcome.UNKNOWN, f"{untrusted} of {len(tokens)} time stamps are by nobody a given root vouches for"
        )
    return proven, _finding(name, faults, f"{len(tokens)} time stamps")


def _times(bodies: Sequence[bytes], proven: Mapping[int, ProvenTime], tolerance: dt.timedelta) -> Finding:
    """Each event lies between the last time stamp before it and the first one over it, give or take the tolerance of the clocks."""
    name = "times of events fit the time stamps"
    faults: list[str] = []
    bounds = sorted((size, time) for size, time in proven.items() if 0 < size <= len(bodies))
    for (older, low), (newer, high) in pairwise([(0, None), *bounds, (len(bodies), None)]):
        latest = high.moment + high.accuracy + tolerance if high is not None else None
        earliest = low.moment - low.accuracy - tolerance if low is not None else None
        for number, body in enumerate(bodies[older:newer], older + 1):
            moment = _time(body)
            if latest is not None and high is not None and moment > latest:
                faults.append(f"event {number} says {stored(moment)}; {high.authority} saw it at {stored(high.moment)}")
            elif earliest is not None and low is not None and moment < earliest:
                faults.append(
                    f"event {number} says {stored(moment)}; it was not there yet for {low.authority} at {stored(low.moment)}"
                )
    covered = bounds[-1][0] if bounds else 0
    return _finding(name, faults, f"{covered} events lie before a proven time")
