"""Proof that one event lies in the trail of a checkpoint, as one small text file (C2SP tlog-proof): no other event is needed to check it.

c2sp.org/tlog-proof@v1
index 72
<hashes, one a line>

<the signed note>
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from csvgen.audit import merkle
from csvgen.audit.checkpoint import Checkpoint, read_checkpoint
from csvgen.crypto.notes import ED25519, Note, Verifier, read_note
from csvgen.errors import NotIntact

_FIRST = "c2sp.org/tlog-proof@v1"
_MOST = 63


@dataclass(frozen=True, slots=True)
class Proof:
    """What a proof file says. Nothing is known before `verify_proof`."""

    index: int
    """Number of the event less one."""
    hashes: tuple[bytes, ...]
    note: Note

    def __bytes__(self) -> bytes:
        lines = [_FIRST, f"index {self.index}", *(base64.b64encode(h).decode("ascii") for h in self.hashes), ""]
        return ("\n".join(lines) + "\n").encode() + bytes(self.note)


def read_proof(data: bytes, where: str = "proof") -> Proof:
    """Raises NotIntact for what is no proof, or spelt in another way."""
    head, blank, note = data.partition(b"\n\n")
    try:
        first, index, *hashes = head.decode("ascii").split("\n")
        found = Proof(
            int(index.removeprefix("index ")),
            tuple(base64.b64decode(h, validate=True) for h in hashes),
            read_note(note, where),
        )
    except ValueError:
        raise NotIntact("this is no proof of an event (C2SP tlog-proof)", where=where) from None
    if first != _FIRST or not blank or len(found.hashes) > _MOST or bytes(found) != data:
        raise NotIntact("this is no proof of an event (C2SP tlog-proof)", where=where)
    return found


def make_proof(seq: int, hashes: Sequence[bytes], note: Note) -> Proof:
    """For event `seq`, with the hashes of `Ledger.inclusion(seq, size)` for the size of the note."""
    return Proof(seq - 1, tuple(hashes), note)


def verify_proof(data: bytes, body: bytes, verifiers: Iterable[Verifier], where: str = "proof") -> Checkpoint:
    """The checkpoint of the log in which these exact bytes are an event, by a note that a believed key signed. Raises NotIntact."""
    proof = read_proof(data, where)
    checkpoint = read_checkpoint(proof.note, where)
    vouched = proof.note.vouched(verifiers, where)
    if not any(v.by.kind == ED25519 and v.by.name == checkpoint.origin for v in vouched):
        raise NotIntact("no key of this log that is believed signed the checkpoint", where=where)
    merkle.verify_inclusion(merkle.leaf_hash(body), proof.index, checkpoint.size, proof.hashes, checkpoint.root)
    return checkpoint
