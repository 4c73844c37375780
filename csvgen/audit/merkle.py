"""Merkle trees by RFC 6962 section 2.1 (the same as RFC 9162 section 2.1 and C2SP merkle-tree): roots, proofs, and their verification.

Pure functions over SHA-256 hashes of 32 bytes; nothing here knows of events or databases. A leaf of the audit trail is the exact
bytes of one event (`leaf_hash`), its index is its number less one.

Every proof shows that the leaves of a range lie in a tree. `proof_ranges` says of which other ranges a proof gives the hashes, and
whoever verifies works that out anew from the sizes alone: a proof can be of one length and of one shape only. One leaf is a range of
one, an older tree is the range from nought, and subtrees as in the Merkle tree certificates draft are any other range that is a
subtree of every tree that holds it.

    >>> leaves = [leaf_hash(text) for text in (b"", b"0", b"10")]
    >>> verify_inclusion(leaves[1], 1, 3, inclusion_proof(1, leaves), root(leaves))
    >>> verify_consistency(2, 3, consistency_proof(2, leaves), root(leaves[:2]), root(leaves))
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import sha256

from csvgen.errors import NotIntact

Range = tuple[int, int]
"""Leaves from the first number up to, but without, the second."""

EMPTY = sha256(b"").digest()
"""Root of a tree without leaves."""
_SIZE = 32
_MOST = (1 << 63) - 1


def leaf_hash(data: bytes) -> bytes:
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


class Frontier:
    """The root of a growing tree, kept in one hash for each bit of its size."""

    def __init__(self, peaks: Iterable[tuple[int, bytes]] = ()) -> None:
        """`peaks`: number of leaves and hash of complete subtrees, from the left, each smaller than the one before."""
        self._peaks = [(size, _hash(peak)) for size, peak in peaks]

    @property
    def peaks(self) -> tuple[tuple[int, bytes], ...]:
        return tuple(self._peaks)

    @property
    def size(self) -> int:
        return sum(size for size, _ in self._peaks)

    def append(self, leaf: bytes, size: int = 1) -> None:
        """Add a leaf, or the root of a complete subtree of `size` leaves where the tree is a multiple of that size."""
        peaks = self._peaks
        while peaks and peaks[-1][0] == size:
            leaf = node_hash(peaks.pop()[1], leaf)
            size *= 2
        peaks.append((size, leaf))

    def root(self) -> bytes:
        if not self._peaks:
            return EMPTY
        *rest, (_, found) = self._peaks
        for _, peak in reversed(rest):
            found = node_hash(peak, found)
        return found


def root(leaves: Sequence[bytes]) -> bytes:
    """Root over leaf hashes, level by level: an odd one out goes up as it is, which gives the tree of the RFC."""
    level = list(leaves)
    while len(level) > 1:
        pairs = iter(level)
        above = [sha256(b"\x01" + left + right).digest() for left, right in zip(pairs, pairs, strict=False)]
        if len(level) % 2:
            above.append(level[-1])
        level = above
    return level[0] if level else EMPTY


def split(size: int) -> int:
    """The largest power of two smaller than `size` (at least 2): where a tree of that size is cut."""
    return 1 << (size - 1).bit_length() - 1


def proof_ranges(start: int, end: int, size: int) -> tuple[Range, ...]:
    """The ranges whose hashes prove that the leaves from `start` to `end` lie in a tree of `size`, in the order of the RFC.

    Raises ValueError for a range that is not empty and no subtree: its hash could not be found in that tree.
    """
    if not _is_subtree(start, end, size):
        raise ValueError(f"leaves {start} to {end} are no subtree of a tree of {size}")
    found: list[Range] = []
    low, high, whole = 0, size, True
    while (start, end) != (low, high):
        middle = low + split(high - low)
        if end <= middle:
            found.append((middle, high))
            high = middle
        else:
            found.append((low, middle))
            whole = whole and start >= middle
            low, start = middle, max(start, middle)
    if not whole:  # the range is cut in this tree, and its last piece is known to nobody yet
        found.append((low, high))
    return tuple(reversed(found))


def proof(start: int, end: int, size: int, hash_of: Callable[[int, int], bytes]) -> tuple[bytes, ...]:
    """The hashes of `proof_ranges`, each asked of `hash_of(first, behind the last)`."""
    return tuple(hash_of(low, high) for low, high in proof_ranges(start, end, size))


def inclusion_proof(index: int, leaves: Sequence[bytes]) -> tuple[bytes, ...]:
    """That leaf `index` (from 0) lies in the tree over these leaf hashes."""
    return proof(index, index + 1, len(leaves), lambda low, high: root(leaves[low:high]))


def consistency_proof(old: int, leaves: Sequence[bytes]) -> tuple[bytes, ...]:
    """That the tree over the first `old` leaf hashes (at least 1) is the beginning of the tree over all."""
    return proof(0, old, len(leaves), lambda low, high: root(leaves[low:high]))


def verify_inclusion(leaf: bytes, index: int, size: int, hashes: Sequence[bytes], tree: bytes) -> None:
    """That the leaf with this hash stands at `index` (from 0) of the tree of `size` leaves with root `tree`. Raises NotIntact."""
    _verify((index, index + 1), size, hashes, _hash(leaf), _hash(tree))


def verify_consistency(old: int, new: int, hashes: Sequence[bytes], old_tree: bytes, new_tree: bytes) -> None:
    """That the tree of `old` leaves is the beginning of the tree of `new` leaves. Raises NotIntact.

    An empty tree is the beginning of every tree, so nothing is proved by it: old 0 is refused, but for 0 and 0 with the root of nothing.
    """
    if old == new == 0:
        if hashes or not old_tree == new_tree == EMPTY:
            raise NotIntact("an empty tree has the digest of nothing as its root, and needs no proof")
    else:
        _verify((0, old), new, hashes, old_tree, new_tree)


def verify_subtree_inclusion(leaf: bytes, index: int, subtree: Range, hashes: Sequence[bytes], tree: bytes) -> None:
    """That a leaf stands at `index` of a whole tree, shown by the root `tree` of a subtree around it. Raises NotIntact."""
    start, end = subtree
    if start and not _is_subtree(start, end, end):
        raise NotIntact(f"leaves {start} to {end} are no subtree")
    verify_inclusion(leaf, index - start, end - start, hashes, tree)


def verify_subtree_consistency(subtree: Range, size: int, hashes: Sequence[bytes], subtree_root: bytes, tree: bytes) -> None:
    """That the leaves of a subtree of the tree of `size` leaves have the root `subtree_root`. Raises NotIntact.

    By the draft an empty subtree lies in every tree: then only its own root is looked at, and nothing is said about `tree`.
    """
    start, end = subtree
    if 0 <= start == end <= size:
        if hashes or subtree_root != EMPTY:
            raise NotIntact("an empty subtree has the digest of nothing as its root, and needs no proof")
    else:
        _verify(subtree, size, hashes, subtree_root, tree)


def _verify(part: Range, size: int, hashes: Sequence[bytes], part_root: bytes, tree: bytes) -> None:
    """Work out both roots from the proof; where the part is the whole there is nothing to work out, and they must be the same."""
    start, end = part
    if not _is_subtree(start, end, size):
        raise NotIntact(f"leaves {start} to {end} are no subtree of a tree of {size}")
    if part == (0, size):
        if hashes or part_root != tree:
            raise NotIntact("two roots of one size must be the same, and need no proof")
        return
    needed = proof_ranges(start, end, size)
    if len(hashes) != len(needed):
        raise NotIntact(f"the proof has {len(hashes)} hashes where {len(needed)} are needed")
    known = dict(zip(needed, map(_hash, hashes), strict=True))
    if not any(start <= low < end for low, _ in needed):  # the part is one node of the tree, and no hash of the proof lies in it
        known[part] = _hash(part_root)
    if _worked_out(start, end, known) != part_root or _worked_out(0, size, known) != tree:
        raise NotIntact("the proof does not lead from the one root to the other")


def _worked_out(low: int, high: int, known: Mapping[Range, bytes]) -> bytes:
    if (low, high) in known:
        return known[low, high]
    middle = low + split(high - low)
    return node_hash(_worked_out(low, middle, known), _worked_out(middle, high, known))


def _is_subtree(start: int, end: int, size: int) -> bool:
    """Whether these leaves, at least one, hang under one node of every tree that ends with them, so that they have a hash of their own."""
    return 0 <= start < end <= size <= _MOST and start % (1 << (end - start - 1).bit_length()) == 0


def _hash(value: bytes) -> bytes:
    if len(value) != _SIZE:
        raise NotIntact(f"a hash of a tree has {_SIZE} bytes, this has {len(value)}")
    return value
