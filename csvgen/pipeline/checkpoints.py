"""Checkpoints of an instance's trail, to be kept by somebody else: what was signed today, no copy of yesterday can deny.

The anchor in the folder goes back with the folder. A checkpoint (C2SP tlog-checkpoint) that lies elsewhere does not: the trail must
go on from it for ever (`csvgen verify FOLDER --anchor KEPT`). Its key lies with the other keys of the instance; who steals it can sign
checkpoints, and cannot change those that others keep.
"""

from __future__ import annotations

from pathlib import Path

from csvgen.audit.checkpoint import key_at, read_checkpoint, sign_checkpoint
from csvgen.audit.places import NOTE
from csvgen.canonical import digest_bytes, write_once
from csvgen.clock import Clock
from csvgen.crypto.notes import NoteKey
from csvgen.errors import NotIntact
from csvgen.pipeline.anchored import AnchoredLedger
from csvgen.pipeline.core import ANCHOR, DATABASE, KEYS
from csvgen.store.database import open_database

KEY = "checkpoint.key"
ROOT = "ca.pem"


def checkpoint_key(home: Path) -> NoteKey:
    """The key of the instance's log, made the first time. Its name holds a part of the digest of the instance's trust root."""
    root = digest_bytes((home / KEYS / ROOT).read_bytes()).hex[:16]
    return key_at(home / KEYS / KEY, lambda _: f"csvgen/instance/{root}")


def take(home: Path, clock: Clock, to: Path) -> tuple[Path, str]:
    """Write a checkpoint of the trail as it is now into the folder `to`, named by the number of events; the file, and the line (`vkey`) of the key.

    Nothing in the instance changes, so whoever may read its keys may do it, by a clock too. Raises NotIntact, signing nothing, when the trail
    is not the one its anchor tells of, or its records are not those it tells of.
    """
    database = open_database(f"sqlite:///{home / DATABASE}")
    try:
        ledger = AnchoredLedger(database, clock, home / ANCHOR)
        if problems := ledger.problems():
            raise NotIntact(f"no checkpoint is made of a trail with problems: {problems[0]}", where="audit trail")
        key, head = checkpoint_key(home), ledger.head()
        note = sign_checkpoint(head.count, ledger.root(head.count), head.hash, key)
    finally:
        database.close()
    path = to / f"{read_checkpoint(note).name}{NOTE}"
    to.mkdir(parents=True, exist_ok=True)
    write_once(path, bytes(note))
    return path, key.verifier.vkey
