"""The trail in the database against itself: chain, numbers, stored digests, stored tree, and each record against the event that tells of it.

One pass over the events and one over the records in the order of their events, with little memory. What this cannot see is a history
written anew as a whole, or cut off at its end together with its records: against that stand checkpoints kept elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, select

from csvgen.audit import merkle
from csvgen.audit.chain import Told, Walk
from csvgen.audit.tree import WIDTH, raw
from csvgen.canonical import digest_bytes
from csvgen.store.database import query
from csvgen.store.tables import record, tree_node

_PAGE = 10 * WIDTH
_STATED = re.compile(rb'\{"field":"sha256","new":"(sha256:[0-9a-f]{64})"')


def pages(connection: Connection, columns: str = "seq, body") -> Iterator[list[Any]]:
    """Number and body, and whatever else is asked, of every event, in order, many at a time."""
    last = -(1 << 63)
    select = f"SELECT {columns} FROM audit_event WHERE seq > ? ORDER BY seq LIMIT ?"  # noqa: S608 - columns of our own
    while rows := query(connection, select, last, _PAGE):
        last = rows[-1][0]
        yield rows


def bodies(rows: list[Any]) -> list[bytes]:
    """The bodies of a page."""
    return [row[1] if type(row[1]) is bytes else raw(row[1]) for row in rows]


def problems(connection: Connection) -> Iterator[str]:
    """Every way in which the database is not what was written, by event and record. The connection must show one state throughout."""
    by_event = select(record).order_by(record.c.event, record.c.kind, record.c.id, record.c.version)
    with connection.execute(by_event, execution_options={"stream_results": True, "yield_per": 1000}) as versions:
        yield from _problems(connection, _Records(iter(versions)))


def _problems(connection: Connection, records: _Records) -> Iterator[str]:
    walk, about_records = Walk(stored=True), list[str]()
    for rows in pages(connection, "seq, body, hash"):
        yield from walk.problems(bodies(rows), [row[2] for row in rows])
        for told in walk.told:
            about_records += records.against(told)
        walk.told.clear()
        if walk.ended:
            return
    yield from _tree(connection, walk.nodes)
    if walk.ordered:  # otherwise the numbers that records name are not those of their events any more
        yield from about_records
        yield from records.rest()


def _tree(connection: Connection, nodes: list[bytes]) -> Iterator[str]:
    """Stored nodes against those worked out, level by level."""
    found = {(row.level, row.number): bytes(row.hash) for row in connection.execute(select(tree_node))}
    level, width = 1, WIDTH
    while nodes:
        for number, made in enumerate(nodes):
            first, last = number * width + 1, (number + 1) * width
            there = found.pop((level, number), None)
            if there is None:
                yield f"events {first} to {last}: their node of the Merkle tree is missing"
            elif there != made:
                yield f"events {first} to {last}: not those of which the stored Merkle tree tells"
        full = len(nodes) // WIDTH
        nodes = [merkle.root(nodes[n * WIDTH : (n + 1) * WIDTH]) for n in range(full)]
        level, width = level + 1, width * WIDTH
    for level, number in sorted(found):
        yield f"node {number} of level {level} of the Merkle tree: there are no events for it"


class _Records:
    """All versions of all records, in the order of the events that tell of them."""

    def __init__(self, rows: Iterator[Any]) -> None:
        self._rows = rows
        self._row = next(rows, None)

    def against(self, told: Told) -> Iterator[str]:
        """The versions up to this event, and whether the one it tells of is among them."""
        there = False
        while self._row is not None and self._row.event <= told.seq:
            row = self._row
            is_it = row.event == told.seq and (f"{row.kind}/{row.id}", row.version) == (told.record, told.version)
            stated = _STATED.findall(told.body) if is_it else ()
            yield from self._wrong(row, told=is_it)
            if stated and stated[-1].decode() != row.sha256:
                yield f"{_name(row)}: not the content that event {told.seq} tells of"
            there = there or is_it
            self._row = next(self._rows, None)
        if not there:
            yield f"record {told.record} version {told.version}: event {told.seq} tells of it, but it is missing"

    def rest(self) -> Iterator[str]:
        while self._row is not None:
            yield from self._wrong(self._row, told=False)
            self._row = next(self._rows, None)

    @staticmethod
    def _wrong(row: Any, *, told: bool) -> Iterator[str]:
        if digest_bytes(raw(row.body)) != row.sha256:
            yield f"{_name(row)}: content differs from its digest"
        if not told:
            yield f"{_name(row)}: no audit event tells of it"


def _name(row: Any) -> str:
    return f"record {row.kind}/{row.id} version {row.version}"
