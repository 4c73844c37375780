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
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from csvgen.audit.chain import read_event
from csvgen.audit.checkpoint import (
    checkpoint_key,
    key_file,
    sign_checkpoint,
    trust_key,
    trusted_keys,
)
from csvgen.audit.places import (
    NOTE,
    TOKEN,
    Anchor,
    Deposit,
    FolderAnchor,
    Held,
    TimeAnchor,
    WitnessAnchor,
    WormAnchor,
    checkpoint_of,
    read_held,
)
from csvgen.audit.settings import AuditSettings, audit_settings
from csvgen.audit.witness import Contradicted, Witness
from csvgen.canonical import digest_bytes
from csvgen.clock import Clock, parsed
from csvgen.config import Config
from csvgen.crypto.notes import Note, NoteKey, Verifier, read_verifiers
from csvgen.crypto.timestamps import TimeAuthority, authority_at, time_authority
from csvgen.errors import BadInput, ConfigError, CsvgenError
from csvgen.model.audit import Actor
from csvgen.store.worm import WormStore

if TYPE_CHECKING:
    from csvgen.audit.ledger import Ledger  # a package is verified against its anchors without any database

__all__ = [
    "NOTE", "TOKEN", "Anchor", "Anchors", "Deposit", "FolderAnchor", "Held", "Made", "TimeAnchor", "WitnessAnchor", "WormAnchor",
    "checkpoint", "checkpoint_of", "configured", "due", "held", "kept", "open_anchors", "read_held", "settle",
]  # fmt: skip

_CHECKPOINT = b'{"action":"checkpoint",'
"""How the bytes of the event begin that tells of a checkpoint."""


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


def _checked(table: Mapping[str, str], where: str) -> str:
    """The kind of an anchor whose settings are known, there, and without a secret. Raises ConfigError."""
    kind = table.get("kind", "")
    if kind not in _SETTINGS:
        raise ConfigError("kind is missing or not known", where=where, hint=f"one of {', '.join(_SETTINGS)}")
    must, may = _SETTINGS[kind]
    if unknown := sorted({*table} - must - may - {"kind"}):
        hint = f"known for {kind}: {', '.join(sorted(must | may))}; credentials come from the environment, never from this file"
        raise ConfigError(f"unknown setting {unknown[0]!r}", where=where, hint=hint)
    if missing := sorted(must - {*table}):
        raise ConfigError(f"{missing[0]!r} is missing", where=where)
    for address in (table[n] for n in ("url", "endpoint") if n in table):
        parts = urlsplit(address)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.password:
            raise ConfigError("url or endpoint is no plain http or https address", where=where)
    return kind


def _anchor(config: Config, name: str, table: Mapping[str, str]) -> WitnessAnchor | TimeAnchor | FolderAnchor | WormAnchor:
    where = f"[anchor.{name}]"
    kind = _checked(table, where)
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


def settle(ledger: Ledger, config: Config, actor: Actor) -> None:
    """Refuse settings that cannot be meant, and put every change of those that can on record (rule RR-E11). Raises ConfigError.

    They hold no secret. A project that sets nothing has nothing on record.
    """
    configured(config)
    audit_settings(config)
    content = {
        "anchors": {name: dict(table) for name, table in config.anchors.items()},
        "audit": dict(config.audit),
        "time_stamps": dict(config.time_stamps),
    }
    kept = ledger.latest("settings", "anchors")
    if (kept is None and not any(content.values())) or (kept is not None and kept.content == content):
        return
    with ledger.change(actor, "the anchors of csvgen.toml differ from those on record") as change:
        change.put("settings", "anchors", content)


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


def due(ledger: Ledger, settings: AuditSettings, now: dt.datetime) -> str:
    """Why a checkpoint is due now by number of events or by time, or an empty string."""
    newest = first = None
    for body in ledger.each_body():
        first = first or body
        newest = body if _CHECKPOINT in body else newest
    count = ledger.head().count
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
