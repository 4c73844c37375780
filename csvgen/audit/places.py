"""The four kinds of places outside that a checkpoint can go to, and what they hold."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from csvgen.audit.checkpoint import Checkpoint, read_checkpoint
from csvgen.audit.witness import Contradicted, Prove, Witness
from csvgen.canonical import digest_bytes, write_once
from csvgen.clock import stored
from csvgen.crypto.notes import Note, read_note
from csvgen.crypto.timestamps import TimeAuthority
from csvgen.errors import BadInput, NotIntact
from csvgen.store.worm import Taken, WormStore

NOTE, TOKEN = ".note", ".tst"
"""A signed note; a DER TimeStampToken over all its bytes."""
_LARGEST = 1_000_000


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

    @property
    def words(self) -> str: ...

    def take(self, deposit: Deposit, prove: Prove) -> tuple[Deposit, str]: ...


class Keeper(Anchor, Protocol):
    """An anchor that can be read back."""

    def held(self) -> tuple[Held, ...]: ...


@dataclass(frozen=True)
class WitnessAnchor:
    name: str
    witness: Witness

    @property
    def words(self) -> str:
        return f"witness {self.witness.verifier.name} at {self.witness.url}"

    def take(self, deposit: Deposit, prove: Prove) -> tuple[Deposit, str]:
        note = self.witness.cosign(deposit.note, prove)
        (vouched,) = note.vouched([self.witness.verifier])
        moment = stored(vouched.moment) if vouched.moment else ""
        return replace(deposit, note=note), f"cosigned by {vouched.by.name} at {moment}"


@dataclass(frozen=True)
class TimeAnchor:
    name: str
    authority: TimeAuthority

    @property
    def words(self) -> str:
        return f"time stamps of {self.authority.url}"

    def take(self, deposit: Deposit, prove: Prove) -> tuple[Deposit, str]:  # noqa: ARG002 - only a witness wants a proof
        token = self.authority.stamp(bytes(deposit.note))
        return replace(deposit, token=token), f"stamped by {self.authority.url}, token {digest_bytes(token)}"


@dataclass(frozen=True)
class FolderAnchor:
    """Write-once files, beside the protocols so that version control carries them to other machines."""

    name: str
    folder: Path

    @property
    def words(self) -> str:
        return f"folder {self.folder}"

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

    @property
    def words(self) -> str:
        return f"{self.store}, locked for {self.retention.days} days"

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
