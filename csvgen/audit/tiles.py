"""The trail in the layout of C2SP tlog-tiles, so that tools of strangers can read and check it.

    checkpoint                        the newest signed note, that of this size
    tile/<level>/<number>[.p/<n>]     hashes of the Merkle tree, 256 to a tile
    tile/entries/<number>[.p/<n>]     events, each with its length before it

The layout gives an entry two bytes for its length. An event beyond 65,535 bytes cannot stand in a bundle: that bundle is left out and
named, its hashes are there all the same, and the events lie in full in a copy as JSON Lines.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from csvgen.audit.tree import WIDTH, Tree
from csvgen.crypto.notes import Note

_LONGEST = 0xFFFF


@dataclass(frozen=True, slots=True)
class TileFile:
    path: str
    data: bytes
    missing: str = ""
    """Why a bundle of entries could not be written; then there are no data."""


def tiles(tree: Tree, note: Note) -> Iterator[TileFile]:
    """All files of the log of `tree.size` events, whose checkpoint is `note`."""
    level = 0
    while tree.size >> 8 * level:
        for number in range(_tiles(tree.size >> 8 * level)):
            width = tree.width(level, number)
            yield TileFile(f"tile/{level}/{_place(number, width)}", b"".join(tree.tile(level, number)))
        level += 1
    for number in range(_tiles(tree.size)):
        yield _bundle(tree, number)
    yield TileFile("checkpoint", bytes(note))


def _bundle(tree: Tree, number: int) -> TileFile:
    entries = tree.entries(number)
    path = f"tile/entries/{_place(number, len(entries))}"
    long = [number * WIDTH + n for n, entry in enumerate(entries, 1) if len(entry) > _LONGEST]
    if long:
        return TileFile(path, b"", f"event {long[0]} is longer than {_LONGEST} bytes")
    return TileFile(path, b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries))


def _tiles(hashes: int) -> int:
    return -(-hashes // WIDTH)


def _place(number: int, width: int) -> str:
    """``x001/x234/067``, and ``.p/<width>`` where the tile is not full."""
    groups = [f"{number % 1000:03d}"]
    while number := number // 1000:
        groups.append(f"x{number % 1000:03d}")
    path = "/".join(reversed(groups))
    return path if width == WIDTH else f"{path}.p/{width}"
