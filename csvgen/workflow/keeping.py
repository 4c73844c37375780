"""Sealed runs put where csvgen.toml says evidence is kept: at once when a formal run is sealed, or later by hand; the trail tells of both.

A run that cannot be kept is sealed all the same: what it recorded does not wait for a network. It is told, and `csvgen status` tells it
until it is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from csvgen.audit.ledger import Ledger
from csvgen.config import Config
from csvgen.errors import ConfigError, CsvgenError
from csvgen.evidence.keeping import EvidenceStore, FolderStore, Kept, LockedStore, keep
from csvgen.model.audit import Actor
from csvgen.model.evidence import Evidence, RunRead
from csvgen.store.worm import named

KEPT = "run-keep"
_KNOWN = {"redact", "store", "retention_days"}


@dataclass(frozen=True)
class Place:
    """Where evidence is kept, and for how many days after the seal."""

    name: str
    """As it may be told and recorded: bucket and prefix, or the folder as it was named."""
    store: EvidenceStore
    days: int


def place(config: Config, line: str | None = None, days: int | None = None) -> Place:
    """The store named, or that of [evidence]. Raises ConfigError, and WormError for a store that cannot be asked."""
    said = config.evidence
    if unknown := sorted({*said} - _KNOWN):
        raise ConfigError(
            f"unknown setting evidence.{unknown[0]}", where="csvgen.toml", hint=f"known: {', '.join(sorted(_KNOWN))}"
        )
    line = line or said.get("store", "")
    if not line:
        raise ConfigError("nothing says where evidence is kept", hint="--store, or [evidence] store in csvgen.toml")
    wanted = str(days) if days is not None else said.get("retention_days", "")
    if not wanted.isdecimal() or not int(wanted):
        raise ConfigError(
            "nothing says how long evidence is kept", hint="--retention-days, or [evidence] retention_days in csvgen.toml"
        )
    if "://" in line:
        locked = named(line, "store")
        locked.require_lock()
        return Place(str(locked), LockedStore(locked), int(wanted))
    return Place(line, FolderStore(config.root / line), int(wanted))


def keep_run(evidence: RunRead, where: Place, ledger: Ledger, actor: Actor) -> Kept:
    """Every file of a sealed run into the store, and an event for a formal one. Raises NotIntact, WormError, OSError."""
    kept = keep(evidence, where.store, where.days)
    facts = {"store": where.name, "seal": str(evidence.digest), "until": f"{kept.until:%Y-%m-%d}", "files": str(kept.files)}
    if evidence.plan.mode == "formal" and facts not in _told(ledger, evidence.run):
        with ledger.change(actor) as change:
            change.note(KEPT, evidence.run, facts=facts)
    return kept


def keep_sealed(config: Config, evidence: RunRead, ledger: Ledger, actor: Actor) -> tuple[str, str]:
    """A formal run that was just sealed, kept where [evidence] says: where it is kept, or why it is not; neither without such a store."""
    if evidence.seal is None or evidence.plan.mode != "formal" or "store" not in config.evidence:
        return "", ""
    try:
        where = place(config)
        kept = keep_run(evidence, where, ledger, actor)
    except CsvgenError as problem:
        return "", problem.message
    except OSError as problem:
        return "", f"{type(problem).__name__}: {problem.strerror}"
    return f"{where.name}, {kept.files} files until {kept.until:%Y-%m-%d}", ""


def store_name(config: Config) -> str:
    """The store of [evidence] as it may be told; empty where there is none. Raises ConfigError for one that is not spelled."""
    line = config.evidence.get("store", "")
    return str(named(line, "store")) if "://" in line else line


def unkept(config: Config, runs: Sequence[Evidence], ledger: Ledger) -> tuple[str, ...]:
    """Sealed formal runs of which the trail does not tell that they are kept where [evidence] says now."""
    if not (name := store_name(config)):
        return ()
    there = {(f["store"], f["seal"]) for f in _told(ledger)}
    return tuple(r.run for r in runs if r.seal is not None and r.plan.mode == "formal" and (name, str(r.digest)) not in there)


def _told(ledger: Ledger, run: str = "") -> list[dict[str, str]]:
    return [{c.field: c.new for c in e.changes} for e in ledger.events(record_id=run, action=KEPT)]
