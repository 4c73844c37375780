"""Anchors: places outside the records database that hold its checkpoints, so that its owner cannot rewrite what happened.

A checkpoint goes first to witnesses, who cosign it, then to a time-stamp authority, then to the places that keep it: what is kept
carries the cosignatures, and its token is over all of them. What an anchor took is told by the event "checkpoint"; one that could
not be reached is an event "anchor-missing", and a finding until a later checkpoint reaches it; one that saw another trail is an
event "anchor-contradicts". The act that asked for the checkpoint is done either way: it is in the trail before.

    [anchor.git]        kind = "folder"      path = "checkpoints"
    [anchor.worm]       kind = "s3"          bucket, retention_days; endpoint, region, prefix, profile
    [anchor.clock]      kind = "time-stamp"  (url, trust; else those of [time_stamps])
    [anchor.witness]    kind = "witness"     url, key (a vkey line)
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from csvgen.audit.chain import read_event
from csvgen.audit.checkpoint import (
    Checkpoint,
    checkpoint_key,
    key_file,
    read_checkpoint,
    sign_checkpoint,
    trust_key,
    trusted_keys,
)
from csvgen.audit.ledger import Ledger
from csvgen.audit.settings import AuditSettings, audit_settings
from csvgen.audit.witness import Contradicted, Prove, Witness
from csvgen.canonical import digest_bytes, write_once
from csvgen.clock import Clock, parsed, stored
from csvgen.config import Config
from csvgen.crypto.notes import Note, NoteKey, Verifier, read_note, read_verifiers
from csvgen.crypto.timestamps import TimeAuthority, authority_at, time_authority
from csvgen.errors import BadInput, ConfigError, CsvgenError, NotIntact
from csvgen.model.audit import Actor
from csvgen.store.worm import Taken, WormStore

NOTE, TOKEN = ".note", ".tst"
"""A signed note; a DER TimeStampToken over all its bytes."""
_LARGEST = 1_000_000
_CHECKPOINT = b'{"action":"checkpoint",'
"""How the bytes of the event begin that tells of a checkpoint."""


@dataclass(frozen=True, slots=True)
class Held:
    """One file that a place outside holds."""

    anchor: str
    name: str
    """``000000000057.note`` or ``.tst``: the size of the trail, so that names sort as it grew."""
    data: bytes
    locked_until: dt.datetime | None = None
    """Until when nobody can delete it, as the store says now; None for a place without such a lock."""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Deposit:
    """A checkpoint on its way past the anchors, gaining cosignatures and a token."""

    note: Note
    moment: dt.datetime
    token: bytes | None = None

    @property
    def files(self) -> dict[str, bytes]:
        name = read_checkpoint(self.note).name
        return {name + NOTE: bytes(self.note)} | ({name + TOKEN: self.token} if self.token is not None else {})


class Anchor(Protocol):
    """Somebody outside. `take` gives back the deposit with what this one added, and a receipt in words.

    Raises Contradicted when it saw another trail, another CsvgenError when it could not be reached or refused.
    """

    @property
    def name(self) -> str: ...

    def take(self, deposit: Deposit, prove: Prove) -> tuple[Deposit, str]: ...


class Keeper(Anchor, Protocol):
    """An anchor that can be read back."""

    def held(self) -> tuple[Held, ...]: ...


@dataclass(frozen=True)
class WitnessAnchor:
    name: str
    witness: Witness

    def take(self, deposit: Deposit, prove: Prove) -> tuple[Deposit, str]:
        note = self.witness.cosign(deposit.note, prove)
        (vouched,) = note.vouched([self.witness.verifier])
        moment = stored(vouched.moment) if vouched.moment else ""
        return replace(deposit, note=note), f"cosigned by {vouched.by.name} at {moment}"


@dataclass(frozen=True)
class TimeAnchor:
    name: str
    authority: TimeAuthority

    def take(self, deposit: Deposit, prove: Prove) -> tuple[Deposit, str]:  # noqa: ARG002 - only a witness wants a proof
        token = self.authority.stamp(bytes(deposit.note))
        return replace(deposit, token=token), f"stamped by {self.authority.url}, token {digest_bytes(token)}"


@dataclass(frozen=True)
class FolderAnchor:
    """Write-once files, beside the protocols so that version control carries them to other machines."""

    name: str
    folder: Path

    def take(self, deposit: Deposit, prove: Prove) -> tuple[Deposit, str]:  # noqa: ARG002
        for name, data in deposit.files.items():
            path = self.folder / name
            if name.endswith(NOTE) and path.exists():
                _same_state(path.read_bytes(), deposit.note, str(path))
                return deposit, f"was in {self.folder.name}/"
            write_once(path, data)
        return deposit, f"kept in {self.folder.name}/"

    def held(self) -> tuple[Held, ...]:
        files = sorted(
            p for p in self.folder.glob("*") if p.suffix in {NOTE, TOKEN} and p.is_file() and not p.name.startswith(".")
        )
        return tuple(Held(self.name, p.name, _small(p)) for p in files)


@dataclass(frozen=True)
class WormAnchor:
    name: str
    store: WormStore
    retention: dt.timedelta

    def take(self, deposit: Deposit, prove: Prove) -> tuple[Deposit, str]:  # noqa: ARG002
        self.store.require_lock()
        until = deposit.moment + self.retention
        receipts = []
        for name, data in deposit.files.items():
            try:
                version = self.store.put(name, data, until)
            except Taken:
                first = next(o for o in self.store.listing() if o.key == name)
                if name.endswith(NOTE):
                    _same_state(self.store.read(name, first.version), deposit.note, f"{self.store}{name}")
                version = first.version
            receipts.append(f"{name} version {version}")
        return deposit, f"{self.store}: {', '.join(receipts)}"

    def held(self) -> tuple[Held, ...]:
        """Every version of every key, from the listing of the store itself."""
        return tuple(
            Held(self.name, o.key, self.store.read(o.key, o.version), self.store.lock_of(o.key, o.version), o.version)
            for o in self.store.listing()
            if Path(o.key).suffix in {NOTE, TOKEN}
        )


def _same_state(held: bytes, note: Note, where: str) -> None:
    """A place that holds this size already must hold the same text; anything else is two trails under one name."""
    if read_note(held, where).text != note.text:
        raise Contradicted("this place holds another checkpoint of that size: there are two trails", where=where)


def _small(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(_LARGEST)


# ------------------------------------------------------------------ the anchors of a project


@dataclass(frozen=True)
class Anchors:
    """The key of the log, and everybody a checkpoint goes to, in that order."""

    key: NoteKey
    witnesses: tuple[WitnessAnchor, ...] = ()
    clocks: tuple[TimeAnchor, ...] = ()
    keepers: tuple[FolderAnchor | WormAnchor, ...] = ()
    settings: AuditSettings = field(default_factory=AuditSettings)
    known: tuple[Verifier, ...] = ()
    """Keys that are believed: of the log, earlier ones too, and of witnesses."""

    @property
    def in_order(self) -> tuple[Anchor, ...]:
        return (*self.witnesses, *self.clocks, *self.keepers)

    @property
    def verifiers(self) -> tuple[Verifier, ...]:
        return tuple(dict.fromkeys((self.key.verifier, *(a.witness.verifier for a in self.witnesses), *self.known)))


def open_anchors(config: Config) -> Anchors:
    """The anchors of csvgen.toml, with the key of the log, which is made the first time. Raises ConfigError."""
    fresh = not key_file(config).exists()
    key = checkpoint_key(config)
    if fresh:
        trust_key(config, key.verifier)
    found = configured(config)
    return Anchors(
        key,
        tuple(a for a in found if isinstance(a, WitnessAnchor)),
        tuple(a for a in found if isinstance(a, TimeAnchor)),
        tuple(a for a in found if isinstance(a, FolderAnchor | WormAnchor)),
        audit_settings(config),
        trusted_keys(config),
    )


def configured(config: Config) -> tuple[WitnessAnchor | TimeAnchor | FolderAnchor | WormAnchor, ...]:
    """All anchors, in no order; a folder beside the protocols when none of those named keeps anything. Raises ConfigError."""
    found = [_anchor(config, name, table) for name, table in config.anchors.items()]
    if config.time_stamps and not any(isinstance(a, TimeAnchor) for a in found):
        found.append(TimeAnchor("time-stamp", _authority(config, "time-stamp", {})))
    if not any(isinstance(a, FolderAnchor | WormAnchor) for a in found):
        found.append(FolderAnchor("folder", config.protocols.parent / "checkpoints"))
    return tuple(found)


_SETTINGS: Mapping[str, tuple[set[str], set[str]]] = {
    "folder": ({"path"}, set()),
    "s3": ({"bucket", "retention_days"}, {"endpoint", "region", "prefix", "profile"}),
    "time-stamp": (set(), {"url", "trust"}),
    "witness": ({"url", "key"}, set()),
}
"""Kind -> settings it must have, settings it may have. Secrets have no place here: see `store.worm`."""


def _anchor(config: Config, name: str, table: Mapping[str, str]) -> WitnessAnchor | TimeAnchor | FolderAnchor | WormAnchor:
    where, kind = f"[anchor.{name}]", table.get("kind", "")
    if kind not in _SETTINGS:
        raise ConfigError("kind is missing or not known", where=where, hint=f"one of {', '.join(_SETTINGS)}")
    must, may = _SETTINGS[kind]
    if unknown := sorted({*table} - must - may - {"kind"}):
        hint = f"known for {kind}: {', '.join(sorted(must | may))}; credentials come from the environment, never from this file"
        raise ConfigError(f"unknown setting {unknown[0]!r}", where=where, hint=hint)
    if missing := sorted(must - {*table}):
        raise ConfigError(f"{missing[0]!r} is missing", where=where)
    if kind == "folder":
        return FolderAnchor(name, config.root / table["path"])
    if kind == "s3":
        days = table["retention_days"]
        if not days.isascii() or not days.isdigit() or not 0 < int(days) < 50_000:  # noqa: PLR2004 - 136 years
            raise ConfigError("retention_days is no whole number above nought", where=where)
        options = {k: table[k] for k in ("endpoint", "region", "prefix", "profile") if k in table}
        return WormAnchor(name, WormStore(table["bucket"], **options), dt.timedelta(days=int(days)))
    if kind == "time-stamp":
        return TimeAnchor(name, _authority(config, name, table))
    try:
        (verifier,) = read_verifiers(table["key"], where)
    except (BadInput, ValueError):
        raise ConfigError("key is no vkey line of a witness", where=where) from None
    return WitnessAnchor(name, Witness(table["url"], verifier))


def _authority(config: Config, name: str, table: Mapping[str, str]) -> TimeAuthority:
    where = f"[anchor.{name}]"
    if {"url", "trust"} <= {*table}:
        return authority_at(table["url"], config.root / table["trust"], where)
    found = time_authority(config)
    if found is None or "url" in table or "trust" in table:
        raise ConfigError("url and trust of the time-stamp authority are missing", where=where, hint="or give a [time_stamps]")
    return found


# ------------------------------------------------------------------ making a checkpoint


@dataclass(frozen=True, slots=True)
class Made:
    """A checkpoint and where it got to."""

    size: int
    root: bytes
    note: Note
    receipts: tuple[tuple[str, str], ...]
    """Name of an anchor, and what it gave in return."""
    problems: tuple[str, ...] = ()
    """One for each anchor that did not take it."""


def checkpoint(ledger: Ledger, anchors: Anchors, clock: Clock, actor: Actor, why: str) -> Made:
    """Sign the state of the trail as it is now, take it to every anchor, and write down who took it."""
    head = ledger.head()
    root = ledger.root(head.count)
    deposit = Deposit(sign_checkpoint(head.count, root, head.hash, anchors.key), clock.now())
    receipts: list[tuple[str, str]] = []
    failed: list[tuple[str, CsvgenError]] = []
    for anchor in anchors.in_order:
        try:
            deposit, receipt = anchor.take(deposit, ledger.consistency)
            receipts.append((anchor.name, receipt))
        except CsvgenError as problem:
            failed.append((anchor.name, problem))
    facts = {
        "size": str(head.count),
        "root": root.hex(),
        "note": digest_bytes(bytes(deposit.note)),
        "key": anchors.key.verifier.vkey,
        "why": why,
        **{f"anchor {name}": receipt for name, receipt in receipts},
    }
    with ledger.change(actor) as change:
        change.note("checkpoint", "trail", facts=facts)
        for name, failure in failed:
            action = "anchor-contradicts" if isinstance(failure, Contradicted) else "anchor-missing"
            change.note(action, "trail", facts={"anchor": name, "size": str(head.count), "problem": failure.message})
    problems = tuple(f"anchor {name}: {failure.message}" for name, failure in failed)
    return Made(head.count, root, deposit.note, tuple(receipts), problems)


def due(ledger: Ledger, anchors: Anchors, now: dt.datetime) -> str:
    """Why a checkpoint is due now by number of events or by time, or an empty string."""
    newest = first = None
    for body in ledger.each_body():
        first = first or body
        newest = body if _CHECKPOINT in body else newest
    count = ledger.head().count
    settings = anchors.settings
    size = read_event(newest).seq if newest is not None else 0
    if count - size >= settings.checkpoint_events:
        return f"{count - size} events since the last checkpoint"
    start = newest or first
    if start is not None and count > size and now - parsed(read_event(start).at) >= settings.checkpoint_period:
        return "the period for a checkpoint is over"
    return ""


def held(keepers: Iterable[FolderAnchor | WormAnchor]) -> tuple[tuple[Held, ...], tuple[str, ...]]:
    """What they hold, and a line for each that cannot be asked."""
    found: list[Held] = []
    silent: list[str] = []
    for keeper in keepers:
        try:
            found += keeper.held()
        except CsvgenError as problem:
            silent.append(f"anchor {keeper.name}: {problem.message}")
    return tuple(found), tuple(silent)


def kept(anchors: Anchors, size: int) -> dict[str, bytes]:
    """Notes and tokens up to `size` with their file names, and the keys as this project knows them: what travels with a copy of the trail.

    Of several places the first counts; that they agree is for `anchored.report` to say.
    """
    files: dict[str, bytes] = {}
    for item in held(anchors.keepers)[0]:
        if item.name.split(".")[0].isdigit() and int(item.name.split(".")[0]) <= size:
            files.setdefault(item.name, item.data)
    keys = "".join(f"{v.vkey}\n" for v in anchors.verifiers)
    return files | {"keys.vkey": keys.encode("utf-8")}


def read_held(files: Iterable[tuple[str, bytes]], anchor: str) -> tuple[Held, ...]:
    """Files of a folder of somebody else as what an anchor holds. Raises BadInput when no note is among them."""
    found = tuple(Held(anchor, name, data) for name, data in files if Path(name).suffix in {NOTE, TOKEN})
    if not any(h.name.endswith(NOTE) for h in found):
        raise BadInput("there is no checkpoint here", where=anchor)
    return found


def checkpoint_of(item: Held) -> tuple[Note, Checkpoint]:
    """What a held note says. Raises NotIntact when it is none, or lies under the name of another size."""
    where = f"{item.anchor}/{item.name}"
    note = read_note(item.data, where)
    found = read_checkpoint(note, where)
    if item.name != found.name + NOTE:
        raise NotIntact("this checkpoint lies under the name of another size", where=where)
    return note, found
