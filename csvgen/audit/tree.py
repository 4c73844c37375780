"""The Merkle tree over the events as it is stored: roots and proofs of any state of the trail from a few hundred rows.

The tree is cut into tiles of 256 hashes, eight levels high, as C2SP tlog-tiles does. Tile n of level 0 holds the leaf hashes of events
256 n + 1 to 256 n + 256 and is worked out from them. The hash of each full tile is stored when its last event is written, in the same
transaction, and is a hash in a tile of the next level. A root or a proof looks at two tiles of each level at most.

Nothing here is believed because it is stored: `csvgen.audit.chain` works the whole tree out anew from the events.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from csvgen.audit import merkle
from csvgen.canonical import Digest
from csvgen.errors import NotIntact
from csvgen.store.tables import tree_node
from csvgen.store.writing import Transaction

WIDTH = 256
_HEIGHT = 8

Query = Callable[..., list[Any]]
"""Rows of a SELECT with question marks for the values that follow it."""


class Tree:
    """The tree over the first `size` events."""

    def __init__(self, query: Query, size: int) -> None:
        self._query = query
        self.size = size
        self._tiles: dict[tuple[int, int], list[bytes]] = {}

    def root(self) -> bytes:
        return self.hash_of(0, self.size) if self.size else merkle.EMPTY

    def inclusion(self, index: int) -> tuple[bytes, ...]:
        """That the event with number `index` + 1 is the leaf `index`. Raises ValueError when there is none."""
        return merkle.proof(index, index + 1, self.size, self.hash_of)

    def consistency(self, old: int) -> tuple[bytes, ...]:
        """That the tree over the first `old` events (at least 1) is the beginning of this one. Raises ValueError when it cannot be."""
        return merkle.proof(0, old, self.size, self.hash_of)

    def entries(self, number: int) -> list[bytes]:
        """The events of tile `number` of level 0: their exact bytes."""
        first = number * WIDTH
        rows = self._query(
            "SELECT body FROM audit_event WHERE seq > ? AND seq <= ? ORDER BY seq", first, min(first + WIDTH, self.size)
        )
        return [raw(row[0]) for row in rows]

    def width(self, level: int, number: int) -> int:
        """How many hashes this tile has by now: 256, or fewer at the right edge."""
        return max(0, min(WIDTH, (self.size >> _HEIGHT * level) - number * WIDTH))

    def tile(self, level: int, number: int) -> list[bytes]:
        """The hashes of a tile. Raises NotIntact when one of them is missing."""
        key = (level, number)
        if key not in self._tiles:
            first, width = number * WIDTH, self.width(level, number)
            if level:
                select = "SELECT hash FROM tree_node WHERE level = ? AND number >= ? AND number < ? ORDER BY number"
                found = [bytes(row[0]) for row in self._query(select, level, first, first + width)]
            else:
                found = [merkle.leaf_hash(body) for body in self.entries(number)]
            if len(found) != width:
                raise NotIntact(
                    f"tile {number} of level {level} of the stored Merkle tree has {len(found)} hashes instead of {width}",
                    where="audit trail",
                )
            self._tiles[key] = found
        return self._tiles[key]

    def hash_of(self, low: int, high: int) -> bytes:
        """Hash over the leaves from `low` up to, but without, `high`."""
        size = high - low
        if size & (size - 1):
            middle = low + merkle.split(size)
            return merkle.node_hash(self.hash_of(low, middle), self.hash_of(middle, high))
        level = (size.bit_length() - 1) // _HEIGHT
        first, last = low >> _HEIGHT * level, high >> _HEIGHT * level
        number = first // WIDTH
        return merkle.root(self.tile(level, number)[first - number * WIDTH : last - number * WIDTH])


def complete_tiles(transaction: Transaction, size: int) -> None:
    """Store the hash of every tile that event `size` has filled."""
    level = 0
    while size and size % WIDTH == 0:
        tree = Tree(transaction.rows, size << _HEIGHT * level)
        size //= WIDTH
        transaction.add(tree_node, level + 1, size - 1, merkle.root(tree.tile(level, size - 1)))
        level += 1


def raw(body: Any) -> bytes:
    """A body as its bytes. SQLite hands out text for a value that was edited as text; that must be found, not stumble."""
    return body.encode("utf-8") if isinstance(body, str) else bytes(body)


def as_digest(root: bytes) -> Digest:
    return Digest(f"sha256:{root.hex()}")
