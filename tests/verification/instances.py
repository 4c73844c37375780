"""An instance in the hands of somebody who owns the machine: every file can be changed, every row, and whatever key lies in the folder.

`Thief` changes one thing and then makes the rest fit, as far as it is told to: the row alone; the row, its event and every digest
after it (`rehash`); the anchor as well, whose key lies in the folder (`with_keys`).
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from csvgen.audit import merkle
from csvgen.canonical import Digest, canonical_json, digest_bytes
from csvgen.clock import SystemClock
from csvgen.crypto.trust import trust_at
from csvgen.model.audit import Head
from csvgen.model.verification import Outcome, Verification
from csvgen.pipeline import anchored, demonstration
from csvgen.pipeline.core import Core
from csvgen.pipeline.instance import FILE, Settings
from csvgen.pipeline.landing.place import key_of
from csvgen.store.database import open_database
from csvgen.verification.outside import read_outside
from csvgen.verification.verify import verify

from ..installed import instance
from ..pipeline.conftest import Lab
from ..tiny import Stages, cheap_secrets, once

Content = dict[str, Any]


def demonstrated(base: Path) -> Path:
    """The instance of a demonstration, with a cheap profile of the two slow hashes."""
    with cheap_secrets():
        demonstration.demonstrate(demonstration.folder(), "qc-release", base, SystemClock(), lambda _: None)
    return base


def shown(stages: Stages) -> Path:
    """The same, made once for all; copy it before you change anything."""
    return once(stages.root / "demonstrated", demonstrated)


def worked(shared: Path, base: Path, settings: Settings, work: Callable[[Lab], object]) -> Path:
    """An instance with these settings, in which somebody worked; its trust root is kept beside it. `shared`: see `tests.installed`."""
    home = instance(shared, base / "instance", {})
    with cheap_secrets():
        (home / FILE).unlink(missing_ok=True)
        settings.write(home)
        lab = Lab(home)
        try:
            work(lab)
        finally:
            lab.app.close()
    (base / "trust").mkdir()
    shutil.copy(home / "keys" / "ca.pem", base / "trust" / "roots.pem")
    return base


def settled(base: Path, settings: Settings) -> None:
    """Other settings for an instance: where its parts are now. An honest change: it is opened once, and that is on record."""
    (base / "instance" / FILE).unlink()
    settings.write(base / "instance")
    Core(base / "instance", SystemClock()).close()


def checked(base: Path, kept: Path | None = None) -> Verification:
    return verify(
        base / "instance", trust_at(base / "trust" / "roots.pem"), read_outside(base / "trust" / "roots.pem", None, kept)
    )


def answer(found: Verification, name: str) -> tuple[Outcome, str]:
    """What the check of this name says."""
    (check,) = (c for c in found.checks if c.name == name)
    return check.outcome, check.detail


def failed(base: Path) -> dict[str, str]:
    """Name of each check that fails, with what it says."""
    return failing(checked(base))


def failing(found: Verification) -> dict[str, str]:
    """As `failed`, of what was found already."""
    return {c.name: c.detail for c in found.checks if c.outcome is Outcome.FAILS}


class Thief:
    """Whoever has the folder."""

    def __init__(self, base: Path) -> None:
        self.home = base / "instance"

    # ------------------------------------------------------------ files

    def stored(self, folder: str, sha256: str) -> Path:
        return self.home / folder / key_of(Digest(sha256))

    def overwrite(self, path: Path, data: bytes) -> None:
        path.chmod(0o644)
        path.write_bytes(data)
        path.chmod(0o444)

    def bend(self, path: Path) -> None:
        """One byte in the middle."""
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        self.overwrite(path, bytes(data))

    # ------------------------------------------------------------ records

    def latest(self, kind: str, identity: str = "") -> tuple[str, int, Content]:
        """Id, version and content of the newest version of a record; of the first of its kind without an id."""
        with sqlite3.connect(self.home / "qc.db") as connection:
            row = connection.execute(
                "SELECT id, version, body FROM record WHERE kind = ? AND id LIKE ? ORDER BY id, version DESC",
                (kind, identity or "%"),
            ).fetchone()
        return row[0], row[1], json.loads(row[2])

    def content(self, kind: str, identity: str = "") -> Content:
        return self.latest(kind, identity)[2]

    def rewrite(
        self, kind: str, identity: str, change: Callable[[Content], None], *, rehash: bool = False, with_keys: bool = False
    ) -> None:
        """Change the newest version of a record in its row; `rehash`: and all that tells of it, to the end of the trail."""
        identity, version, content = self.latest(kind, identity)
        change(content)
        body = canonical_json(content)
        sha256 = digest_bytes(body)
        with sqlite3.connect(self.home / "qc.db") as connection:
            guards = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
            for name, _ in guards:
                connection.execute(f"DROP TRIGGER {name}")
            of = (kind, identity, version)
            event = connection.execute("SELECT event FROM record WHERE kind = ? AND id = ? AND version = ?", of).fetchone()[0]
            told = sha256 if rehash else digest_bytes(body)
            connection.execute(
                "UPDATE record SET body = ?, sha256 = ? WHERE kind = ? AND id = ? AND version = ?", (body, told, *of)
            )
            if rehash:
                self._rehash(connection, event, sha256, content)
            for _, sql in guards:
                connection.execute(sql)
        if with_keys:
            self.anchor()

    def _rehash(self, connection: sqlite3.Connection, event: int, sha256: str, content: Content) -> None:
        """The event says the new values; every later event names the digest of the one before it; the tree fits."""
        rows = connection.execute("SELECT seq, body FROM audit_event ORDER BY seq").fetchall()
        previous, leaves = digest_bytes(b""), []
        for seq, body in rows:
            said = json.loads(body)
            if seq == event:
                for told in said["changes"]:
                    if told["field"] == "sha256":
                        told["new"] = sha256
                    elif told["field"] in content and isinstance(content[told["field"]], str):
                        told["new"] = content[told["field"]]
            made = canonical_json(said | {"previous": previous})
            previous = digest_bytes(made)
            leaves.append(merkle.leaf_hash(made))
            connection.execute("UPDATE audit_event SET body = ?, hash = ? WHERE seq = ?", (made, previous, seq))
        for number in range(len(leaves) // 256):
            node = merkle.root(leaves[number * 256 : (number + 1) * 256])
            connection.execute("UPDATE tree_node SET hash = ? WHERE level = 1 AND number = ?", (node, number))

    def anchor(self) -> None:
        """With the key that lies in the folder, the anchor tells of the trail as it is now."""
        database = open_database(f"sqlite:///{self.home / 'qc.db'}")
        ledger = anchored.AnchoredLedger(database, SystemClock(), self.home / "trail.head")
        with database.read() as connection:
            head, guards = anchored._reached(connection), anchored.guards_digest(connection)
        assert isinstance(head, Head)
        ledger._write(anchored._Anchor(head, head, guards))
        database.close()
