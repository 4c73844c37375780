"""The stored tree: the same roots and proofs as over all leaves, at every size; nodes in the same transaction; filled in by the migration."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from csvgen.audit import merkle
from csvgen.audit.ledger import Ledger, open_ledger
from csvgen.audit.tree import Tree
from csvgen.clock import FixedClock
from csvgen.errors import NotIntact
from csvgen.model.audit import Actor
from csvgen.store.database import Database, open_database

START = dt.datetime(2026, 11, 21, 8, 0, tzinfo=dt.UTC)
ANNA = Actor("anna", "Anna (fictitious)", "tester", "tests")


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Ledger, list[bytes]]]:
    """1,300 events, written in pieces of one, a few, and hundreds."""
    database = open_database(f"sqlite:///{tmp_path_factory.mktemp('tree') / 'r.db'}")
    ledger = open_ledger(database, FixedClock(START))
    for size in (1, 254, 1, 1, 255, 300, 212, 256, 20):
        with ledger.change(ANNA) as change:
            for _ in range(size):
                change.note("log-in", "account/anna")
    yield ledger, [merkle.leaf_hash(b) for b in ledger.bodies()]
    database.close()


SIZES = [0, 1, 2, 3, 255, 256, 257, 511, 512, 513, 768, 1000, 1024, 1279, 1280, 1299, 1300]


def test_roots_are_those_over_all_leaves(long: tuple[Ledger, list[bytes]]) -> None:
    ledger, leaves = long
    assert len(leaves) == 1300
    for size in SIZES:
        assert ledger.root(size) == merkle.root(leaves[:size])
    assert ledger.root() == merkle.root(leaves)
    assert ledger.problems() == ()


def test_proofs_are_those_over_all_leaves(long: tuple[Ledger, list[bytes]]) -> None:
    ledger, leaves = long
    for size in SIZES[1:]:
        root = merkle.root(leaves[:size])
        for seq in {1, size, size // 2 + 1, max(1, size - 256)}:
            proof = ledger.inclusion(seq, size)
            assert proof == merkle.inclusion_proof(seq - 1, leaves[:size])
            merkle.verify_inclusion(leaves[seq - 1], seq - 1, size, proof, root)
        for old in (n for n in SIZES[1:] if n <= size):
            proof = ledger.consistency(old, size)
            assert proof == merkle.consistency_proof(old, leaves[:size])
            merkle.verify_consistency(old, size, proof, merkle.root(leaves[:old]), root)


def test_there_is_no_proof_of_what_is_not_there(long: tuple[Ledger, list[bytes]]) -> None:
    ledger, _ = long
    for ask in (
        lambda: ledger.inclusion(0),
        lambda: ledger.inclusion(1301),
        lambda: ledger.inclusion(11, 10),
        lambda: ledger.consistency(0),
        lambda: ledger.consistency(11, 10),
        lambda: ledger.root(1301),
        lambda: ledger.root(-1),
    ):
        with pytest.raises(ValueError, match=r"subtree|the trail has"):
            ask()


def test_tiles_have_the_shape_of_tlog_tiles(long: tuple[Ledger, list[bytes]]) -> None:
    ledger, leaves = long
    with ledger.tree(1300) as tree:
        assert [tree.width(0, n) for n in range(7)] == [256, 256, 256, 256, 256, 20, 0]
        assert [tree.width(1, n) for n in range(2)] == [5, 0]
        assert tree.width(2, 0) == 0
        assert [h for n in range(6) for h in tree.tile(0, n)] == leaves
        assert tree.tile(1, 0) == [merkle.root(leaves[n * 256 : n * 256 + 256]) for n in range(5)]
        assert [merkle.leaf_hash(b) for b in tree.entries(5)] == leaves[1280:]


def test_a_tile_of_tiles_is_complete_at_65536_leaves() -> None:
    """The second level, without writing so many events: leaf hashes are asked of a function."""
    leaves = [merkle.leaf_hash(str(n).encode()) for n in range(65_536 + 300)]
    ones = [merkle.root(leaves[n * 256 : n * 256 + 256]) for n in range(257)]

    def query(statement: str, *values: int) -> list[tuple[bytes]]:
        if "audit_event" in statement:
            return [(str(n).encode(),) for n in range(values[0], values[1])]
        level, first, last = values
        return [(h,) for h in {1: ones, 2: [merkle.root(ones[:256])]}[level][first:last]]

    for size in (65_535, 65_536, 65_537, 65_836):
        tree = Tree(query, size)
        assert tree.root() == merkle.root(leaves[:size])
        for index in (0, 65_000, size - 1):
            merkle.verify_inclusion(leaves[index], index, size, tree.inclusion(index), tree.root())
        merkle.verify_consistency(40_000, size, tree.consistency(40_000), merkle.root(leaves[:40_000]), tree.root())


def test_the_root_inside_a_change_counts_what_is_not_committed_yet(store) -> None:
    database = open_database(store.url)
    ledger = open_ledger(database, FixedClock(START))
    with ledger.change(ANNA) as change:
        for _ in range(300):
            change.note("log-in", "account/anna")
        inside, head = change.root(), change.head
    assert head.count == 300
    assert inside == f"sha256:{ledger.root().hex()}"
    assert ledger.root() == merkle.root([merkle.leaf_hash(b) for b in ledger.bodies()])
    database.close()


def test_nodes_of_a_change_that_fails_are_gone(store) -> None:
    database = open_database(store.url)
    ledger = open_ledger(database, FixedClock(START))
    with pytest.raises(ZeroDivisionError), ledger.change(ANNA) as change:
        for _ in range(300):
            change.note("log-in", "account/anna")
        1 / 0  # noqa: B018
    assert rows(store, "SELECT count(*) FROM tree_node") == [(0,)]
    with ledger.change(ANNA) as change:
        for _ in range(256):
            change.note("log-in", "account/anna")
    assert rows(store, "SELECT level, number FROM tree_node") == [(1, 0)]
    assert ledger.problems() == ()
    database.close()


def rows(store, statement: str) -> list[tuple]:
    with store.connection() as connection:
        return [tuple(row) for row in connection.execute(statement).fetchall()]


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE tree_node SET hash = X'" + "00" * 32 + "' WHERE number = 0", "events 1 to 256: not those of which the stored Merkle tree tells"),
        ("DELETE FROM tree_node WHERE number = 1", "events 257 to 512: their node of the Merkle tree is missing"),
        ("INSERT INTO tree_node (level, number, hash) VALUES (1, 2, X'" + "00" * 32 + "')", "node 2 of level 1 of the Merkle tree: there are no events for it"),
    ],
)  # fmt: skip
def test_a_touched_node_is_found(store, statement: str, words: str) -> None:
    database = open_database(store.url)
    ledger = open_ledger(database, FixedClock(START))
    with ledger.change(ANNA) as change:
        for _ in range(600):
            change.note("log-in", "account/anna")
    assert ledger.problems() == ()
    store.run(statement, guards=False)
    assert ledger.problems() == (words,)
    if "DELETE" in statement:
        with pytest.raises(NotIntact, match="tile 0 of level 1 of the stored Merkle tree has 1 hashes instead of 2"):
            ledger.root()
    database.close()


def test_nodes_only_grow(store) -> None:
    database = open_database(store.url)
    with open_ledger(database, FixedClock(START)).change(ANNA) as change:
        for _ in range(256):
            change.note("log-in", "account/anna")
    for statement in ("UPDATE tree_node SET number = 7", "DELETE FROM tree_node"):
        with pytest.raises(Exception, match="tree_node is append-only"):
            store.run(statement)
    if store.kind == "sqlite":
        with pytest.raises(sqlite3.IntegrityError, match="tree_node is append-only: no again"):
            store.run("INSERT OR REPLACE INTO tree_node SELECT level, number, X'00' FROM tree_node")
    database.close()


# ------------------------------------------------------------------ databases of earlier versions


def test_a_database_of_an_earlier_version_gets_its_nodes(long: tuple[Ledger, list[bytes]], tmp_path: Path) -> None:
    """A database of schema 0001 with 1,300 events: what the migration fills in is what the ledger writes."""
    ledger, leaves = long
    path = tmp_path / "old.db"
    database = open_database(f"sqlite:///{path}")
    database.close()
    back_to_schema_1(path, list(ledger.bodies()))
    database = open_database(f"sqlite:///{path}")
    migrated = open_ledger(database, FixedClock(START))
    assert migrated.problems() == ()
    assert migrated.root() == merkle.root(leaves)
    with migrated.change(ANNA) as change:
        for _ in range(250):
            change.note("log-in", "account/anna")
    assert migrated.problems() == ()
    with pytest.raises(sqlite3.IntegrityError, match="append-only"), sqlite3.connect(path) as connection:
        connection.execute("DELETE FROM tree_node")
    connection.close()
    database.close()


def back_to_schema_1(path: Path, bodies: list[bytes]) -> None:
    from csvgen.canonical import digest_bytes

    connection = sqlite3.connect(path)
    for n, body in enumerate(bodies, 1):
        connection.execute("INSERT INTO audit_event (seq, body, hash) VALUES (?, ?, ?)", (n, body, digest_bytes(body)))
    connection.execute("DROP TABLE tree_node")
    connection.execute("UPDATE alembic_version SET version_num = '0001'")
    connection.commit()
    connection.close()


def test_a_ledger_opens_on_a_database_being_migrated_by_another(tmp_path: Path) -> None:
    """Two that open an old database at once: one migrates, the other finds it done."""
    import threading

    path = tmp_path / "old.db"
    open_database(f"sqlite:///{path}").close()
    back_to_schema_1(path, [])
    opened: list[Database] = []
    threads = [threading.Thread(target=lambda: opened.append(open_database(f"sqlite:///{path}"))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened) == 2
    for database in opened:
        assert open_ledger(database, FixedClock(START)).problems() == ()
        database.close()
